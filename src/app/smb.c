/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/smb.c - SMB 1 to 3 over TCP: who the two are.
 *
 * Messages stand behind a length of 3 bytes (MS-SMB2 2.1, RFC 1002 4.3.1). Both sides name
 * themselves in NTLMSSP (MS-NLMP 2.2.1.2, 2.2.1.3), wherever in the message it stands: the server
 * in its challenge, with the version of its system, the client when it logs in. Nothing else is
 * read, and after the first messages nothing at all.
 */
#include "app/smb.h"

#include <stdio.h>
#include <string.h>

#include "lib/rd.h"

#define MESSAGES_MAX 16 /* of a side: who has not logged in by then will not */
#define NAME_MAX_BYTES 128

static uint16_t le16(struct rd *rd)
{
	uint16_t value = rd_be16(rd);

	return (uint16_t)(value >> 8 | value << 8);
}

static uint32_t le32(struct rd *rd)
{
	uint32_t low = le16(rd);

	return low | (uint32_t)le16(rd) << 16;
}

static bool is_smb(const uint8_t *magic)
{
	return memcmp(magic + 1, "SMB", 3) == 0 && magic[0] >= 0xfc;
}

static enum verdict smb_recognise_side(const uint8_t *bytes, uint32_t len)
{
	if (len == 0)
		return VERDICT_MAYBE;
	if (bytes[0] == 0x81) /* a session request of NetBIOS: the port says the rest */
		return len < 4						  ? VERDICT_MAYBE
		       : bytes[1] == 0 && bytes[2] == 0 && bytes[3] >= 68 ? VERDICT_YES
									  : VERDICT_NO;
	if (bytes[0] != 0)
		return VERDICT_NO;
	if (len < 8)
		return len > 4 && bytes[4] < 0xfc ? VERDICT_NO : VERDICT_MAYBE;
	return is_smb(bytes + 4) ? VERDICT_YES : VERDICT_NO;
}

static enum verdict smb_recognise(const struct opening *opening)
{
	enum verdict client = smb_recognise_side(opening->bytes[0], opening->len[0]);
	enum verdict server = smb_recognise_side(opening->bytes[1], opening->len[1]);

	/* A NetBIOS session request is little proof. */
	if (client == VERDICT_YES && opening->bytes[0][0] == 0x81)
		return opening->port == 139 ? VERDICT_YES : VERDICT_NO;
	return client != VERDICT_MAYBE ? client : server == VERDICT_YES ? VERDICT_YES : client;
}

/* UTF-16LE to the ASCII of it; a name of a host has nothing else. Returns the length. */
static size_t narrow(const uint8_t *bytes, size_t len, char *out, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i + 1 < len && count < size; i += 2)
		out[count++] = bytes[i + 1] == 0 && bytes[i] > ' ' && bytes[i] < 127
				       ? (char)bytes[i]
				       : '?';
	return count;
}

static void tell_host(struct parse *parse, unsigned side, struct app_text name,
	struct app_text domain, struct app_text system)
{
	struct app_event event = { .type = APP_HOST };

	event.host = (struct app_host){
		.name = name,
		.service = { "smb", 3 },
		.model = domain,
		.system = system,
		.addr = parse->key.addr[side],
		.proto = PROTO_SMB,
	};
	parse_tell(parse, &event);
}

/* The attribute-value pair of that kind (MS-NLMP 2.2.2.1). */
static size_t pair_text(const uint8_t *info, size_t info_len, uint16_t kind, char *out, size_t size)
{
	struct rd rd = rd_over(info, info_len);

	for (unsigned i = 0; i < 16 && !rd.failed; i++) {
		uint16_t id = le16(&rd), len = le16(&rd);
		const uint8_t *value = rd_bytes(&rd, len);

		if (id == 0 || !value)
			return 0;
		if (id == kind)
			return narrow(value, len, out, size);
	}
	return 0;
}

/* A field of NTLMSSP: its length, the room for it, where it stands. NULL: not there. */
static const uint8_t *field(const uint8_t *message, size_t len, size_t at, size_t *ret_len)
{
	struct rd rd = rd_over(message, len);
	uint16_t field_len;
	uint32_t offset;

	rd_skip(&rd, at);
	field_len = le16(&rd);
	rd_skip(&rd, 2);
	offset = le32(&rd);
	if (rd.failed || field_len == 0 || offset > len || field_len > len - offset)
		return NULL;
	*ret_len = field_len;
	return message + offset;
}

#define NTLM_UNICODE 1U
#define NTLM_VERSION 0x02000000U

static bool see_challenge(struct parse *parse, unsigned side, const uint8_t *message, size_t len)
{
	struct rd rd = rd_over(message, len);
	char name[NAME_MAX_BYTES], domain[NAME_MAX_BYTES], system[48] = "";
	size_t info_len, name_len, domain_len;
	const uint8_t *info = field(message, len, 40, &info_len);
	uint32_t flags;

	rd_skip(&rd, 20);
	flags = le32(&rd);
	rd_skip(&rd, 24);
	if (flags & NTLM_VERSION) {
		unsigned major = rd_u8(&rd), minor = rd_u8(&rd), build = le16(&rd);

		/* Samba says 6.1 build 0. */
		if (!rd.failed && build > 0)
			snprintf(system, sizeof(system), "Windows %u.%u build %u", major, minor,
				build);
	}
	if (!info)
		return false;
	name_len = pair_text(info, info_len, 3, name, sizeof(name));
	if (name_len == 0)
		name_len = pair_text(info, info_len, 1, name, sizeof(name));
	domain_len = pair_text(info, info_len, 4, domain, sizeof(domain));
	if (name_len == 0)
		return false;
	tell_host(parse, side, (struct app_text){ name, (uint32_t)name_len },
		(struct app_text){ domain, (uint32_t)domain_len },
		(struct app_text){ system, (uint32_t)strlen(system) });
	return true;
}

static bool see_login(struct parse *parse, unsigned side, const uint8_t *message, size_t len)
{
	struct rd rd = rd_over(message, len);
	char name[NAME_MAX_BYTES];
	size_t field_len, name_len;
	const uint8_t *station = field(message, len, 44, &field_len);
	uint32_t flags;

	rd_skip(&rd, 60);
	flags = le32(&rd);
	if (rd.failed || !station || !(flags & NTLM_UNICODE))
		return false;
	name_len = narrow(station, field_len, name, sizeof(name));
	if (name_len == 0)
		return false;
	tell_host(parse, side, (struct app_text){ name, (uint32_t)name_len },
		(struct app_text){ 0 }, (struct app_text){ 0 });
	return true;
}

static void see_message(struct smb_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	static const char signature[8] = "NTLMSSP";
	const uint8_t *at = memmem(bytes, len, signature, sizeof(signature));
	size_t left = at ? len - (size_t)(at - bytes) : 0;
	struct rd rd = rd_over(at ? at : bytes, left);
	uint32_t kind;

	rd_skip(&rd, sizeof(signature));
	kind = le32(&rd);
	if (rd.failed || state->has_told[side])
		return;
	if (kind == 2 && side == 1)
		state->has_told[side] = see_challenge(parse, side, at, left);
	else if (kind == 3 && side == 0)
		state->has_told[side] = see_login(parse, side, at, left);
}

/* A message is here as far as it is kept. */
static void end_kept(struct smb_state *state, struct parse *parse, unsigned side)
{
	size_t len;
	const uint8_t *bytes = parse_held(parse, side, &len);

	if (len > 8 && is_smb(bytes + 4))
		see_message(state, parse, side, bytes + 4, len - 4);
	parse_drop(parse, side, len);
	state->want[side] = 0;
	if (++state->messages[side] >= MESSAGES_MAX || state->has_told[side])
		parse->is_side_done[side] = true;
}

/* The 4 bytes before a message are here. */
static void begin_message(struct smb_state *state, struct parse *parse, unsigned side)
{
	size_t len;
	struct rd rd = rd_over(parse_held(parse, side, &len), 4);
	uint32_t total = rd_be32(&rd) & 0xffffffU;

	state->want[side] = 4 + (total < SMB_MESSAGE_MAX ? total : SMB_MESSAGE_MAX);
	state->left[side] = 4 + total - state->want[side];
}

static void smb_data(
	void *opaque, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct smb_state *state = opaque;

	while (len > 0 && !parse->is_side_done[side]) {
		size_t held, take, want = state->want[side] ? state->want[side] : 4;

		if (state->want[side] == 0 && state->left[side] > 0) {
			take = state->left[side] < len ? state->left[side] : len;
			state->left[side] -= (uint32_t)take;
		} else {
			parse_held(parse, side, &held);
			take = want - held < len ? want - held : len;
			if (!parse_hold(parse, side, bytes, take, 4 + SMB_MESSAGE_MAX)) {
				parse->is_side_done[side] = true;
				return;
			}
			if (held + take == want && state->want[side] == 0)
				begin_message(state, parse, side);
			if (state->want[side] && held + take == state->want[side])
				end_kept(state, parse, side);
		}
		bytes += take;
		len -= take;
	}
}

const struct stream_parser parser_smb = {
	.proto = PROTO_SMB,
	.state_size = sizeof(struct smb_state),
	.recognise = smb_recognise,
	.data = smb_data,
};
