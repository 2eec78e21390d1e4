/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/socks.c - SOCKS4, 4a and 5 (RFC 1928, RFC 1929): who is sent where through a proxy.
 *
 * A conversation of few bytes in fixed steps, client and server in turn. Both sides wait in their
 * holds and the steps are taken as far as there are bytes, so it does not matter which side's bytes
 * were seen first. It is known by both sides: what a SOCKS client says first many binary protocols
 * could say. Once the way is open the conversation is recognised anew.
 */
#include "app/parser.h"
#include "lib/rd.h"

#define USER_MAX 64
#define METHOD_PASSWORD 2
#define METHOD_NONE_FITS 0xff
#define GRANTED_4 0x5a
#define REFUSED_4_LAST 0x5d
#define COMMAND_UDP 3
#define LINE_MAX_4 255 /* of user and host in SOCKS4 */

enum socks_stage {
	SOCKS_GREETING,
	SOCKS_METHOD,
	SOCKS_LOGIN,
	SOCKS_LOGIN_REPLY,
	SOCKS_REQUEST,
	SOCKS_REPLY,
	SOCKS_REPLY_4,
	SOCKS_OVER,
};

enum step { STEP_WAIT, STEP_ON, STEP_BAD, STEP_OPEN, STEP_END };

struct socks_state {
	uint8_t stage; /* enum socks_stage */
	uint8_t version, command;
	uint8_t user_len, host_len;
	char user[USER_MAX], host[255];
	struct addr addr;
	uint16_t port;
	uint32_t tries;
};

static enum verdict recognise_5(const struct opening *opening)
{
	const uint8_t *client = opening->bytes[0], *server = opening->bytes[1];
	uint32_t methods = opening->len[0] >= 2 ? client[1] : 0;

	if (opening->len[0] < 2)
		return VERDICT_MAYBE;
	if (methods == 0 || methods > 16)
		return VERDICT_NO;
	if (opening->len[1] > 0 && server[0] != 5)
		return VERDICT_NO;
	if (opening->len[0] < 2 + methods || opening->len[1] < 2)
		return opening->len[0] > 2 + methods + 400 ? VERDICT_NO : VERDICT_MAYBE;
	if (server[1] == METHOD_NONE_FITS || memchr(client + 2, server[1], methods))
		return VERDICT_YES;
	return VERDICT_NO;
}

static enum verdict recognise_4(const struct opening *opening)
{
	const uint8_t *client = opening->bytes[0], *server = opening->bytes[1];

	if ((opening->len[0] >= 2 && client[1] != 1 && client[1] != 2) ||
		(opening->len[1] >= 1 && server[0] != 0) ||
		(opening->len[1] >= 2 && (server[1] < GRANTED_4 || server[1] > REFUSED_4_LAST)))
		return VERDICT_NO;
	if (opening->len[0] >= OPENING_MAX)
		return VERDICT_NO;
	return opening->len[0] >= 9 && opening->len[1] >= 2 ? VERDICT_YES : VERDICT_MAYBE;
}

static enum verdict socks_recognise(const struct opening *opening)
{
	if (opening->len[0] == 0)
		return opening->len[1] == 0 ? VERDICT_MAYBE : VERDICT_NO;
	if (opening->bytes[0][0] == 5)
		return recognise_5(opening);
	return opening->bytes[0][0] == 4 ? recognise_4(opening) : VERDICT_NO;
}

static void note(char *to, size_t size, uint8_t *ret_len, const uint8_t *from, size_t len)
{
	if (len > size)
		len = size;
	if (len > 0)
		memcpy(to, from, len);
	*ret_len = (uint8_t)len;
}

static void tell(const struct socks_state *s, struct parse *parse, bool is_granted)
{
	struct app_event event = { .type = APP_SOCKS };

	event.socks = (struct app_socks){
		.version = s->version,
		.user = { s->user, s->user_len },
		.host = { s->host, s->host_len },
		.addr = s->addr,
		.port = s->port,
		.is_granted = is_granted,
	};
	parse_tell(parse, &event);
}

static void tell_login(struct socks_state *s, struct parse *parse, bool has_succeeded)
{
	struct app_event event = { .type = APP_LOGIN };

	event.login = (struct app_login){
		.proto = PROTO_SOCKS,
		.result = has_succeeded ? LOGIN_SUCCEEDED : LOGIN_FAILED,
		.user = { s->user, s->user_len },
		.tries = ++s->tries,
	};
	parse_tell(parse, &event);
}

/* A text up to a 0. false: it is not ended. */
static bool ended_text(struct rd *r, const uint8_t **ret_text, size_t *ret_len)
{
	const uint8_t *end = memchr(r->at, 0, rd_left(r));

	if (!end)
		return false;
	*ret_text = r->at;
	*ret_len = (size_t)(end - r->at);
	return rd_skip(r, *ret_len + 1);
}

/* SOCKS4: an address 0.0.0.x means that a name follows (4a). */
static enum step request_4(struct socks_state *s, struct rd *r)
{
	const uint8_t *address, *text;
	size_t len, most = 2 * (LINE_MAX_4 + 1);

	s->command = rd_u8(r);
	s->port = rd_be16(r);
	address = rd_bytes(r, 4);
	if (!address)
		return STEP_WAIT;
	if (!ended_text(r, &text, &len))
		return rd_left(r) > most ? STEP_BAD : STEP_WAIT;
	note(s->user, sizeof(s->user), &s->user_len, text, len);
	if (address[0] == 0 && address[1] == 0 && address[2] == 0 && address[3] != 0) {
		if (!ended_text(r, &text, &len))
			return rd_left(r) > most ? STEP_BAD : STEP_WAIT;
		note(s->host, sizeof(s->host), &s->host_len, text, len);
	} else {
		s->addr = addr_from_v4(address);
	}
	s->stage = SOCKS_REPLY_4;
	return STEP_ON;
}

static enum step greeting(struct socks_state *s, struct rd *r)
{
	s->version = rd_u8(r);
	if (r->failed)
		return STEP_WAIT;
	if (s->version == 4)
		return request_4(s, r);
	if (s->version != 5)
		return STEP_BAD;
	rd_skip(r, rd_u8(r));
	s->stage = SOCKS_METHOD;
	return r->failed ? STEP_WAIT : STEP_ON;
}

static enum step method(struct socks_state *s, struct rd *r)
{
	uint8_t version = rd_u8(r), chosen = rd_u8(r);

	if (r->failed)
		return STEP_WAIT;
	if (version != 5)
		return STEP_BAD;
	if (chosen == METHOD_NONE_FITS)
		return STEP_END;
	if (chosen != 0 && chosen != METHOD_PASSWORD)
		return STEP_BAD; /* GSSAPI and what is private: nothing to read */
	s->stage = chosen == METHOD_PASSWORD ? SOCKS_LOGIN : SOCKS_REQUEST;
	return STEP_ON;
}

static enum step login(struct socks_state *s, struct rd *r)
{
	uint8_t version = rd_u8(r), len = rd_u8(r);
	const uint8_t *user = rd_bytes(r, len);

	rd_skip(r, rd_u8(r));
	if (r->failed)
		return STEP_WAIT;
	if (version != 1)
		return STEP_BAD;
	note(s->user, sizeof(s->user), &s->user_len, user, len);
	s->stage = SOCKS_LOGIN_REPLY;
	return STEP_ON;
}

static enum step login_reply(struct socks_state *s, struct parse *parse, struct rd *r)
{
	uint8_t status;

	rd_u8(r);
	status = rd_u8(r);
	if (r->failed)
		return STEP_WAIT;
	tell_login(s, parse, status == 0);
	s->stage = SOCKS_REQUEST;
	return status == 0 ? STEP_ON : STEP_END;
}

/* An address of SOCKS5. kind 3: a name. */
static bool address_5(struct rd *r, struct socks_state *s)
{
	uint8_t kind = rd_u8(r), len;
	const uint8_t *bytes;

	if (kind == 1) {
		bytes = rd_bytes(r, 4);
		if (bytes && s)
			s->addr = addr_from_v4(bytes);
	} else if (kind == 4) {
		bytes = rd_bytes(r, 16);
		if (bytes && s)
			s->addr = addr_from_v6(bytes);
	} else if (kind == 3) {
		len = rd_u8(r);
		bytes = rd_bytes(r, len);
		if (bytes && s)
			note(s->host, sizeof(s->host), &s->host_len, bytes, len);
	} else {
		return r->failed;
	}
	if (s)
		s->port = rd_be16(r);
	else
		rd_be16(r);
	return true;
}

static enum step request_5(struct socks_state *s, struct rd *r)
{
	uint8_t version = rd_u8(r);

	s->command = rd_u8(r);
	rd_u8(r);
	if (!address_5(r, s) || (!r->failed && version != 5))
		return STEP_BAD;
	if (r->failed)
		return STEP_WAIT;
	s->stage = SOCKS_REPLY;
	return STEP_ON;
}

static enum step reply(struct socks_state *s, struct parse *parse, struct rd *r)
{
	bool is_granted;

	if (s->version == 4) {
		rd_u8(r);
		is_granted = rd_u8(r) == GRANTED_4;
		rd_skip(r, 6);
	} else {
		uint8_t version = rd_u8(r);

		is_granted = rd_u8(r) == 0;
		rd_u8(r);
		if (!address_5(r, NULL) || (!r->failed && version != 5))
			return STEP_BAD;
	}
	if (r->failed)
		return STEP_WAIT;
	tell(s, parse, is_granted);
	s->stage = SOCKS_OVER;
	return is_granted && s->command != COMMAND_UDP ? STEP_OPEN : STEP_END;
}

static unsigned side_of(uint8_t stage)
{
	return stage == SOCKS_METHOD || stage == SOCKS_LOGIN_REPLY || stage == SOCKS_REPLY ||
	       stage == SOCKS_REPLY_4;
}

static enum step take_step(struct socks_state *s, struct parse *parse, struct rd *r)
{
	switch ((enum socks_stage)s->stage) {
	case SOCKS_GREETING:
		return greeting(s, r);
	case SOCKS_METHOD:
		return method(s, r);
	case SOCKS_LOGIN:
		return login(s, r);
	case SOCKS_LOGIN_REPLY:
		return login_reply(s, parse, r);
	case SOCKS_REQUEST:
		return request_5(s, r);
	case SOCKS_REPLY:
	case SOCKS_REPLY_4:
		return reply(s, parse, r);
	case SOCKS_OVER:
		break;
	}
	return STEP_WAIT;
}

static void give_up(struct socks_state *s, struct parse *parse)
{
	if (s->stage == SOCKS_REPLY || s->stage == SOCKS_REPLY_4)
		tell(s, parse, false);
	s->stage = SOCKS_OVER;
	parse->is_done = true;
}

static void socks_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct socks_state *s = state;
	enum step step = STEP_ON;

	if (!parse_hold(parse, side, bytes, len, HOLD_MAX))
		step = STEP_BAD;
	while (step == STEP_ON) {
		struct socks_state before = *s;
		unsigned from = side_of(s->stage);
		size_t held;
		const uint8_t *start = parse_held(parse, from, &held);
		struct rd r = rd_over(start, held);

		step = take_step(s, parse, &r);
		if (step == STEP_WAIT)
			*s = before;
		else
			parse_drop(parse, from, (size_t)(r.at - start));
	}
	if (step == STEP_OPEN)
		parse_restart(parse);
	else if (step == STEP_BAD || step == STEP_END)
		give_up(s, parse);
}

static void socks_gap(void *state, struct parse *parse, unsigned side, uint64_t missing)
{
	(void)side;
	(void)missing;
	give_up(state, parse);
}

static void socks_end(void *state, struct parse *parse)
{
	give_up(state, parse);
}

const struct stream_parser parser_socks = {
	.proto = PROTO_SOCKS,
	.state_size = sizeof(struct socks_state),
	.recognise = socks_recognise,
	.data = socks_data,
	.gap = socks_gap,
	.end = socks_end,
};
