/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/ssh.c - parser_ssh: banners, key exchange, and how the login goes.
 *
 * RFC 4253: each side says a line "SSH-2.0-software" (a server perhaps others before), then packets
 * with their length in front, in clear up to NEWKEYS. Of these only KEXINIT is put together, in the
 * hold. One APP_SSH event a conversation, when both KEXINITs are known or no more will be. After
 * NEWKEYS of both sides only the sizes are looked at (ssh_login.h): each failed try and the success
 * are an APP_LOGIN, guessed; one of which nothing can be said but that it was asked for is told at
 * the end as LOGIN_UNKNOWN. After a success the parser is done.
 */
#include <string.h>

#include "app/parser.h"
#include "app/ssh_kex.h"
#include "app/ssh_login.h"
#include "lib/rd.h"

#define LINE_MAX_BYTES 256 /* RFC 4253 4.2: 255 with its end */
#define LINES_MAX 64	   /* of a server before its banner */
#define PACKET_MAX 36864   /* RFC 4253 6.1 asks for 35,000 */
#define SOFTWARE_MAX 192
#define MESSAGE_KEXINIT 20
#define MESSAGE_NEWKEYS 21

enum phase { PHASE_BANNER, PHASE_PACKETS, PHASE_CIPHERED };

struct ssh_side {
	uint8_t phase; /* enum phase */
	bool is_skipping, has_kex;
	uint8_t lines;
	uint8_t software_len;
	uint32_t packet_skip;
	char software[SOFTWARE_MAX];
	char version[SSH_VERSION_SIZE];
	char hassh[33];
};

struct ssh_state {
	struct ssh_side side[2];
	struct ssh_login login;
	bool is_told, is_version_1;
};

_Static_assert(sizeof(struct ssh_state) <= PARSER_STATE_MAX, "fits");

static enum verdict recognise_side(const uint8_t *bytes, uint32_t len)
{
	uint32_t compared = len < 4 ? len : 4;

	if (memcmp(bytes, "SSH-", compared) != 0)
		return VERDICT_NO;
	if (len < 6)
		return VERDICT_MAYBE;
	return (bytes[4] == '1' || bytes[4] == '2') && bytes[5] == '.' ? VERDICT_YES : VERDICT_NO;
}

/* Either side may be silent yet; one that speaks says so at once. */
static enum verdict ssh_recognise(const struct opening *opening)
{
	enum verdict verdict = VERDICT_MAYBE;

	for (unsigned side = 0; side < 2; side++) {
		enum verdict this;

		if (opening->len[side] == 0)
			continue;
		this = recognise_side(opening->bytes[side], opening->len[side]);
		if (this == VERDICT_NO)
			return VERDICT_NO;
		if (this == VERDICT_YES)
			verdict = VERDICT_YES;
	}
	return verdict;
}

static void tell_ssh(struct ssh_state *s, struct parse *parse)
{
	struct app_event event = { .type = APP_SSH };

	if (s->is_told || (s->side[0].software_len == 0 && s->side[1].software_len == 0))
		return;
	s->is_told = true;
	event.ssh.client = (struct app_text){ s->side[0].software, s->side[0].software_len };
	event.ssh.server = (struct app_text){ s->side[1].software, s->side[1].software_len };
	for (unsigned side = 0; side < 2; side++)
		memcpy(event.ssh.version[side], s->side[side].version, SSH_VERSION_SIZE);
	memcpy(event.ssh.hassh, s->side[0].hassh, sizeof(event.ssh.hassh));
	memcpy(event.ssh.hassh_server, s->side[1].hassh, sizeof(event.ssh.hassh_server));
	parse_tell(parse, &event);
}

static void tell_login(struct parse *parse, enum login_result result, uint32_t tries)
{
	struct app_event event = { .type = APP_LOGIN };

	event.login.proto = PROTO_SSH;
	event.login.result = result;
	event.login.tries = tries;
	event.login.is_guessed = true;
	parse_tell(parse, &event);
}

static void give_up(struct ssh_state *s, struct parse *parse)
{
	tell_ssh(s, parse);
	parse->is_done = true;
}

/* version is what stands before the software: "2.0". */
static void take_version(struct ssh_state *s, struct ssh_side *my, struct app_text version)
{
	if (version.len < SSH_VERSION_SIZE)
		memcpy(my->version, version.at, version.len);
	/* 1.99 is a server that can both (RFC 4253 5.1). */
	s->is_version_1 = s->is_version_1 || (version.len > 0 && version.at[0] == '1' &&
						     !app_text_is(version, "1.99"));
}

/* "SSH-2.0-software comments". */
static bool take_line(void *context, unsigned side, struct app_text line)
{
	struct ssh_state *s = context;
	struct ssh_side *my = &s->side[side];
	const char *software;
	size_t len;

	if (line.len < 4 || memcmp(line.at, "SSH-", 4) != 0)
		return ++my->lines < LINES_MAX;
	my->phase = PHASE_PACKETS;
	software = memchr(line.at + 4, '-', line.len - 4);
	len = software ? line.len - (size_t)(software + 1 - line.at) : 0;
	if (len >= SOFTWARE_MAX)
		len = SOFTWARE_MAX - 1;
	if (len)
		memcpy(my->software, software + 1, len);
	my->software_len = (uint8_t)len;
	take_version(s, my,
		(struct app_text){ line.at + 4,
			software ? (uint32_t)(software - line.at - 4) : line.len - 4 });
	return false;
}

static size_t see_banner(
	struct ssh_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct ssh_side *my = &s->side[side];
	size_t used = parse_lines(
		parse, side, bytes, len, LINE_MAX_BYTES, &my->is_skipping, take_line, s);

	if (my->phase == PHASE_BANNER && my->lines >= LINES_MAX)
		give_up(s, parse);
	if (s->is_version_1 && my->phase == PHASE_PACKETS && s->side[!side].phase == PHASE_PACKETS)
		give_up(s, parse);
	return used;
}

/* A packet: its length, that of its padding, and as much of the payload as was needed. */
static void see_packet(
	struct ssh_state *s, struct parse *parse, unsigned side, const uint8_t *packet, size_t have)
{
	struct ssh_side *my = &s->side[side];
	struct rd r = rd_over(packet, have);
	uint32_t len = rd_be32(&r);
	uint8_t padding = rd_u8(&r), message = rd_u8(&r);

	my->packet_skip = (uint32_t)(4 + len - have);
	if (message == MESSAGE_NEWKEYS) {
		my->phase = PHASE_CIPHERED;
		return;
	}
	if (message != MESSAGE_KEXINIT || my->has_kex || padding + 1U >= len)
		return;
	my->has_kex = true;
	ssh_hassh(packet + 5, len - 1 - padding, side == 1, my->hassh);
	if (s->side[!side].has_kex)
		tell_ssh(s, parse);
}

/* How much of the packet must be here; 0: this is none. */
static size_t needed(const struct ssh_side *my, const uint8_t *packet, size_t len)
{
	struct rd r = rd_over(packet, len);
	uint32_t packet_len = rd_be32(&r);

	rd_skip(&r, 1);
	if (len < 6)
		return 6;
	if (packet_len < 2 || packet_len > PACKET_MAX)
		return 0;
	return rd_u8(&r) == MESSAGE_KEXINIT && !my->has_kex ? 4 + packet_len : 6;
}

/* Returns how many bytes were used. */
static size_t see_clear(
	struct ssh_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct ssh_side *my = &s->side[side];
	size_t held_len, want, take;
	const uint8_t *held;

	held = parse_held(parse, side, &held_len);
	want = needed(my, held_len ? held : bytes, held_len ? held_len : len);
	if (held_len == 0 && want > 0 && want <= len) {
		see_packet(s, parse, side, bytes, want);
		return want;
	}
	take = want > held_len && want - held_len < len ? want - held_len : len;
	if (want == 0 || !parse_hold(parse, side, bytes, take, PACKET_MAX + 8)) {
		give_up(s, parse);
		return len;
	}
	held = parse_held(parse, side, &held_len);
	want = needed(my, held, held_len);
	if (want == 0) {
		give_up(s, parse);
	} else if (held_len >= want) {
		see_packet(s, parse, side, held, held_len);
		parse_drop(parse, side, held_len);
	}
	return take;
}

static void note(struct ssh_state *s, struct parse *parse, enum login_result result)
{
	if (result == LOGIN_UNKNOWN)
		return;
	tell_login(parse, result, s->login.tries);
	parse->is_done = s->login.is_over;
}

static void see_ciphered(struct ssh_state *s, struct parse *parse, unsigned side, size_t len)
{
	if (s->login.is_strange) {
		give_up(s, parse);
		return;
	}
	if (side == 0 || s->side[0].phase == PHASE_CIPHERED)
		note(s, parse, ssh_login_see(&s->login, side, (uint32_t)len, parse->now_ns));
}

/* What is left of a banner that is longer than a line may be. */
static size_t skip_line(struct ssh_side *my, const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\n', len);

	my->is_skipping = end == NULL;
	return end ? (size_t)(end - bytes) + 1 : len;
}

static void ssh_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct ssh_state *s = state;

	while (len > 0 && !parse->is_done) {
		struct ssh_side *my = &s->side[side];
		size_t used = len;

		/* Of a packet in clear: NEWKEYS has such a rest, too. */
		if (my->packet_skip > 0) {
			used = my->packet_skip < len ? my->packet_skip : len;
			my->packet_skip -= (uint32_t)used;
		} else if (my->phase == PHASE_PACKETS && my->is_skipping) {
			used = skip_line(my, bytes, len);
		} else if (my->phase == PHASE_BANNER) {
			used = see_banner(s, parse, side, bytes, len);
		} else if (my->phase == PHASE_PACKETS) {
			used = see_clear(s, parse, side, bytes, len);
		} else {
			see_ciphered(s, parse, side, len);
		}
		bytes += used;
		len -= used;
	}
}

static void ssh_end(void *state, struct parse *parse)
{
	struct ssh_state *s = state;

	if (parse->is_done)
		return;
	note(s, parse, ssh_login_end(&s->login));
	tell_ssh(s, parse);
	if (s->login.tries == 0 && s->login.turns > 0)
		tell_login(parse, LOGIN_UNKNOWN, 1);
	parse->is_done = true;
}

/* Sizes cannot be compared any more, and packets not be found. */
static void ssh_gap(void *state, struct parse *parse, unsigned side, uint64_t missing)
{
	(void)side;
	(void)missing;
	if (!parse->is_done)
		give_up(state, parse);
}

const struct stream_parser parser_ssh = {
	.proto = PROTO_SSH,
	.state_size = sizeof(struct ssh_state),
	.recognise = ssh_recognise,
	.data = ssh_data,
	.gap = ssh_gap,
	.end = ssh_end,
};
