/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/bittorrent.c - BitTorrent: the handshake of peers over TCP (BEP 3), and over UDP messages of
 * the DHT (BEP 5) and the first packet of uTP (BEP 29).
 *
 * A handshake is 68 bytes: 19, "BitTorrent protocol", 8 bytes of features, info hash, peer id. Who
 * exchanges it transfers content, which the botnets that only borrow the DHT do not. Of a DHT
 * message the method and the sender's node id are told, or for look-ups of peers the info hash. A
 * datagram that begins as a DHT message and does not go on as one is told as odd: Hajime and Mozi
 * put something of their own in its place.
 */
#include <string.h>

#include "app/bencode.h"
#include "app/parser.h"
#include "lib/rd.h"

#define HANDSHAKE_LEN 68
#define PREFIX_LEN 20
#define HASH_AT 28
#define ID_LEN 20

static const uint8_t prefix[PREFIX_LEN] = "\x13"
					  "BitTorrent protocol";

static void tell(
	struct parse *parse, const char *what, struct app_text id, unsigned side, bool is_odd)
{
	struct app_event event = { .type = APP_P2P };

	event.p2p = (struct app_p2p){
		.proto = PROTO_BITTORRENT,
		.what = { what, (uint32_t)strlen(what) },
		.id = id,
		.side = (uint8_t)side,
		.is_odd = is_odd,
	};
	parse_tell(parse, &event);
}

static enum verdict recognise(const struct opening *opening)
{
	unsigned side = opening->len[0] > 0 ? 0 : 1;
	uint32_t len = opening->len[side] < PREFIX_LEN ? opening->len[side] : PREFIX_LEN;

	if (memcmp(opening->bytes[side] ? opening->bytes[side] : prefix, prefix, len) != 0)
		return VERDICT_NO;
	return len == PREFIX_LEN ? VERDICT_YES : VERDICT_MAYBE;
}

static void stream_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	const uint8_t *held;
	size_t held_len;

	(void)state;
	if (parse->is_side_done[side])
		return;
	parse_held(parse, side, &held_len);
	len = len < HANDSHAKE_LEN - held_len ? len : HANDSHAKE_LEN - held_len;
	if (!parse_hold(parse, side, bytes, len, HANDSHAKE_LEN)) {
		parse->is_side_done[side] = true;
		return;
	}
	held = parse_held(parse, side, &held_len);
	if (held_len < HANDSHAKE_LEN)
		return;
	if (memcmp(held, prefix, PREFIX_LEN) == 0)
		tell(parse, "handshake", (struct app_text){ (const char *)held + HASH_AT, ID_LEN },
			side, false);
	parse_drop(parse, side, held_len);
	parse->is_side_done[side] = true;
}

const struct stream_parser parser_bittorrent = {
	.proto = PROTO_BITTORRENT,
	.recognise = recognise,
	.data = stream_data,
};

/* The id of 20 bytes in the arguments of a question or the values of an answer. */
static struct app_text id_in(struct app_text dictionary, const char *key)
{
	struct app_text id = bencode_value((const uint8_t *)dictionary.at, dictionary.len, key);

	return id.len == ID_LEN ? id : (struct app_text){ 0 };
}

/* The methods of BEP 5, as static words. */
static const char *method_of(struct app_text method)
{
	static const char *const methods[] = { "ping", "find_node", "get_peers", "announce_peer" };

	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (app_text_is(method, methods[i]))
			return methods[i];
	return "other query";
}

/* Does it begin as DHT messages do? Keys are sorted, so "a", "e" or "r" comes first. */
static bool begins_as_dht(const uint8_t *bytes, size_t len)
{
	return len >= 12 &&
	       (memcmp(bytes, "d1:ad2:id20:", 12) == 0 || memcmp(bytes, "d1:rd2:id20:", 12) == 0);
}

static bool see_dht(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	static const char kinds[] = { 'q', 'r', 'e' };
	struct app_text kind, inner, id;
	bool is_whole = bencode_len(bytes, len) == len;

	kind = is_whole ? bencode_value(bytes, len, "y") : (struct app_text){ 0 };
	if (kind.len != 1 || !memchr(kinds, kind.at[0], sizeof(kinds))) {
		if (begins_as_dht(bytes, len))
			tell(parse, "dht", (struct app_text){ 0 }, side, true);
		return begins_as_dht(bytes, len);
	}
	if (kind.at[0] == 'e') {
		tell(parse, "error", (struct app_text){ 0 }, side, false);
		return true;
	}
	inner = bencode_value(bytes, len, kind.at[0] == 'q' ? "a" : "r");
	id = id_in(inner, "id");
	tell(parse, kind.at[0] == 'q' ? method_of(bencode_value(bytes, len, "q")) : "response", id,
		side, id.len == 0);
	return true;
}

/* ST_SYN of version 1: sequence number 1, nothing acknowledged, no time difference yet. */
static bool is_utp_syn(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	uint8_t type = rd_u8(&r), extension = rd_u8(&r);
	uint32_t difference, window;
	uint16_t sequence, acknowledged;

	rd_skip(&r, 2 + 4);
	difference = rd_be32(&r);
	window = rd_be32(&r);
	sequence = rd_be16(&r);
	acknowledged = rd_be16(&r);
	return !r.failed && type == 0x41 && extension <= 2 && len <= 40 && difference == 0 &&
	       window > 0 && sequence == 1 && acknowledged == 0;
}

static bool datagram_see(
	struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	if (len >= 12 && bytes[0] == 'd')
		return see_dht(parse, pkt->side, bytes, len);
	if (!is_utp_syn(bytes, len))
		return false;
	tell(parse, "utp", (struct app_text){ 0 }, pkt->side, false);
	return true;
}

const struct datagram_parser datagram_bittorrent = {
	.proto = PROTO_BITTORRENT,
	.ports = { 6881 },
	.see = datagram_see,
};
