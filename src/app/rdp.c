/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/rdp.c - parser_rdp: the connection request and confirmation of RDP.
 *
 * [MS-RDPBCGR] 2.2.1.1 and 2.2.1.2: TPKT (RFC 1006), X.224, a cookie ("mstshash=" and a name cut
 * at 9 letters, or a token of a load balancer) and the security protocols that are asked for; the
 * server chooses one. With all but RDP's own security TLS follows, which is then recognised anew;
 * else nothing more can be read. One APP_RDP event a conversation. How a login ends cannot be seen
 * here: detect/bruteforce.c guesses it from how short the conversation is.
 */
#include <string.h>

#include "app/parser.h"
#include "lib/rd.h"

#define TPKT_HEADER 4
#define REQUEST_MAX 1024 /* a cookie, a negotiation request, correlation info: below 300 */
#define COOKIE_MAX 128
#define X224_REQUEST 0xe0
#define X224_CONFIRM 0xd0
#define NEGOTIATION_REQUEST 1
#define NEGOTIATION_RESPONSE 2

struct rdp_state {
	bool has_request, is_told;
	uint32_t protocols; /* requested */
	uint8_t cookie_len;
	char cookie[COOKIE_MAX];
};

/* TPKT version 3, a length that X.224's own one fits to, and its code. */
static bool is_x224(const uint8_t *b, uint8_t code)
{
	uint32_t len = (uint32_t)b[2] << 8 | b[3];

	return b[0] == 3 && b[1] == 0 && len >= 11 && len <= REQUEST_MAX && (b[5] & 0xf0) == code &&
	       b[4] + 5U <= len && b[4] >= 6;
}

static enum verdict recognise_side(const uint8_t *b, uint32_t len, uint8_t code)
{
	if (len < 6)
		return (len >= 1 && b[0] != 3) || (len >= 2 && b[1] != 0) ? VERDICT_NO
									  : VERDICT_MAYBE;
	return is_x224(b, code) ? VERDICT_YES : VERDICT_NO;
}

static bool contains(const uint8_t *bytes, size_t len, const char *what)
{
	return memmem(bytes, len, what, strlen(what)) != NULL;
}

/* ISO transport has other users (S7, MMS): RDP's request has a cookie or a negotiation at its end,
 * theirs has parameters C0 to C2. */
static enum verdict rdp_recognise(const struct opening *opening)
{
	const uint8_t *b = opening->bytes[0];
	uint32_t len = opening->len[0], whole;
	enum verdict verdict = recognise_side(b, len, X224_REQUEST);

	if (verdict != VERDICT_YES)
		return verdict;
	if (opening->len[1] > 0 &&
		recognise_side(opening->bytes[1], opening->len[1], X224_CONFIRM) == VERDICT_NO)
		return VERDICT_NO;
	whole = (uint32_t)b[2] << 8 | b[3];
	if (len < whole && len < OPENING_MAX)
		return VERDICT_MAYBE;
	if (len > whole)
		len = whole;
	if (contains(b + 11, len - 11, "Cookie: ") || opening->port == 3389)
		return VERDICT_YES;
	return len >= 19 && b[11] == NEGOTIATION_REQUEST && b[13] == 8 && b[14] == 0 ? VERDICT_YES
										     : VERDICT_NO;
}

static uint32_t le32(struct rd *r)
{
	uint32_t be = rd_be32(r);

	return be >> 24 | (be >> 8 & 0xff00) | (be << 8 & 0xff0000) | be << 24;
}

/* A line that ends in \r\n, after "Cookie: mstshash=" or another name. */
static void read_cookie(struct rdp_state *s, struct rd *r)
{
	static const char word[] = "Cookie: mstshash=";
	const uint8_t *end = memmem(r->at, rd_left(r), "\r\n", 2);
	size_t len = end ? (size_t)(end - r->at) : 0;

	if (!end || rd_left(r) < 7 || memcmp(r->at, "Cookie:", 7) != 0)
		return;
	if (len > sizeof(word) - 1 && memcmp(r->at, word, sizeof(word) - 1) == 0) {
		size_t size = len - (sizeof(word) - 1);

		s->cookie_len = (uint8_t)(size < COOKIE_MAX ? size : COOKIE_MAX);
		memcpy(s->cookie, r->at + sizeof(word) - 1, s->cookie_len);
	}
	rd_skip(r, len + 2);
}

static void see_request(struct rdp_state *s, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);

	rd_skip(&r, 11);
	s->has_request = true;
	read_cookie(s, &r);
	if (rd_u8(&r) == NEGOTIATION_REQUEST && rd_skip(&r, 3))
		s->protocols = le32(&r);
}

static void tell(struct rdp_state *s, struct parse *parse, bool is_tls)
{
	struct app_event event = { .type = APP_RDP };

	if (s->is_told || !s->has_request)
		return;
	s->is_told = true;
	event.rdp.cookie = (struct app_text){ s->cookie, s->cookie_len };
	event.rdp.protocols = s->protocols;
	event.rdp.is_tls = is_tls;
	parse_tell(parse, &event);
}

static void see_confirm(struct rdp_state *s, struct parse *parse, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	bool is_tls;

	rd_skip(&r, 11);
	is_tls = rd_u8(&r) == NEGOTIATION_RESPONSE && rd_skip(&r, 3) && le32(&r) != 0;
	tell(s, parse, is_tls);
	if (is_tls)
		parse_restart(parse);
	else
		parse->is_done = true;
}

/* What waits is a whole packet of this side's. */
static void see_packet(struct rdp_state *s, struct parse *parse, unsigned side)
{
	size_t len;
	const uint8_t *packet = parse_held(parse, side, &len);

	if (side == 0) {
		see_request(s, packet, len);
		parse->is_side_done[0] = true;
	} else {
		see_confirm(s, parse, packet, len);
	}
	parse_drop(parse, side, len);
}

/* Takes bytes up to what the packet needs. Returns how many; 0: this is none. */
static size_t collect(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	size_t held_len, want = TPKT_HEADER + 2;
	const uint8_t *held = parse_held(parse, side, &held_len);

	if (held_len >= want)
		want = (size_t)held[2] << 8 | held[3];
	want = want - held_len < len ? want - held_len : len;
	if (!parse_hold(parse, side, bytes, want, REQUEST_MAX))
		return 0;
	held = parse_held(parse, side, &held_len);
	if (held_len >= TPKT_HEADER + 2 && !is_x224(held, side ? X224_CONFIRM : X224_REQUEST))
		return 0;
	return want;
}

static bool is_whole(const struct parse *parse, unsigned side)
{
	size_t len;
	const uint8_t *held = parse_held(parse, side, &len);

	return len > TPKT_HEADER && len >= ((size_t)held[2] << 8 | held[3]);
}

static void rdp_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct rdp_state *s = state;

	while (len > 0 && !parse->is_done && !parse->is_side_done[side]) {
		size_t used = collect(parse, side, bytes, len);

		if (used == 0) {
			tell(s, parse, false);
			parse->is_done = true;
			return;
		}
		bytes += used;
		len -= used;
		if (!is_whole(parse, side))
			continue;
		see_packet(s, parse, side);
		if (side == 1 && len > 0) /* of the next protocol */
			parse_hold(parse, side, bytes, len, HOLD_MAX);
		return;
	}
}

static void rdp_end(void *state, struct parse *parse)
{
	if (!parse->is_done)
		tell(state, parse, false);
}

const struct stream_parser parser_rdp = {
	.proto = PROTO_RDP,
	.state_size = sizeof(struct rdp_state),
	.recognise = rdp_recognise,
	.data = rdp_data,
	.end = rdp_end,
};
