/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/kad.c - Kad, the network of eMule and aMule, over UDP; TDL-4 hid in it.
 *
 * A message is 0xe4, an opcode, and what belongs to it; 0xe5 the same, compressed. Two bytes are
 * little to know a protocol by, so a message must have exactly the length its opcode and its own
 * counts ask for (eMule's opcodes.h and the protocol notes of Brunner, "A performance evaluation of
 * the Kad protocol", 2006). Those of the second version are read; the first has died out.
 */
#include <string.h>

#include "app/parser.h"
#include "lib/rd.h"

#define KAD 0xe4
#define ID_LEN 16
#define CONTACT_LEN 25 /* id, address, two ports, version */

enum opcode {
	BOOTSTRAP_REQ = 0x01,
	BOOTSTRAP_RES = 0x09,
	HELLO_REQ = 0x11,
	HELLO_RES = 0x19,
	REQ = 0x21,
	RES = 0x29,
	PING = 0x60,
	PONG = 0x61,
};

/* id, own port, version, count of tags, tags; the tags are not read. */
static bool is_hello(struct rd *r, const uint8_t **ret_id)
{
	uint16_t port;
	uint8_t version;

	*ret_id = rd_bytes(r, ID_LEN);
	port = rd_be16(r);
	version = rd_u8(r);
	return !r->failed && port != 0 && version >= 2 && version <= 0x0f && rd_left(r) >= 1 &&
	       rd_left(r) <= 64;
}

static bool is_contacts(struct rd *r, size_t count)
{
	return !r->failed && rd_left(r) == count * CONTACT_LEN;
}

/* Own id, port, version, 16-bit count (little endian), contacts. */
static bool is_bootstrap(struct rd *r, const uint8_t **ret_id)
{
	uint16_t count;

	*ret_id = rd_bytes(r, ID_LEN);
	rd_skip(r, 3);
	count = rd_be16(r);
	return is_contacts(r, (size_t)(count >> 8 | (count & 0xff) << 8));
}

/* How many are wanted (2, 4 or 11), whom, and by whom. */
static bool is_request(struct rd *r, const uint8_t **ret_id)
{
	uint8_t wanted = rd_u8(r) & 0x1f;

	*ret_id = rd_bytes(r, ID_LEN);
	return !r->failed && (wanted == 2 || wanted == 4 || wanted == 11) && rd_left(r) == ID_LEN;
}

static bool is_response(struct rd *r, const uint8_t **ret_id)
{
	uint8_t count;

	*ret_id = rd_bytes(r, ID_LEN);
	count = rd_u8(r);
	return is_contacts(r, count);
}

/* The name of the message, NULL when it is none. */
static const char *what_of(struct rd *r, const uint8_t **ret_id)
{
	switch (rd_u8(r)) {
	case BOOTSTRAP_REQ:
		return rd_left(r) == 0 && !r->failed ? "kad2 bootstrap" : NULL;
	case BOOTSTRAP_RES:
		return is_bootstrap(r, ret_id) ? "kad2 bootstrap answer" : NULL;
	case HELLO_REQ:
		return is_hello(r, ret_id) ? "kad2 hello" : NULL;
	case HELLO_RES:
		return is_hello(r, ret_id) ? "kad2 hello answer" : NULL;
	case REQ:
		return is_request(r, ret_id) ? "kad2 request" : NULL;
	case RES:
		return is_response(r, ret_id) ? "kad2 answer" : NULL;
	case PING:
		return rd_left(r) == 0 && !r->failed ? "kad2 ping" : NULL;
	case PONG:
		return rd_left(r) == 2 && !r->failed ? "kad2 pong" : NULL;
	default:
		return NULL;
	}
}

static bool kad_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	struct app_event event = { .type = APP_P2P };
	const uint8_t *id = NULL;
	const char *what;

	if (rd_u8(&r) != KAD)
		return false;
	what = what_of(&r, &id);
	if (!what)
		return false;
	event.p2p = (struct app_p2p){
		.proto = PROTO_KAD,
		.what = { what, (uint32_t)strlen(what) },
		.id = { (const char *)id, id ? ID_LEN : 0 },
		.side = pkt->side,
	};
	parse_tell(parse, &event);
	return true;
}

const struct datagram_parser datagram_kad = {
	.proto = PROTO_KAD,
	.ports = { 4672, 4665 },
	.see = kad_see,
};
