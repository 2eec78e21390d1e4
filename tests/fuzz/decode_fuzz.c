/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/decode_fuzz.c - any two frames of any link type, decoded and put through the fragment table.
 *
 * Input: link type (2 bytes, big-endian), length of the first frame (2 bytes), the first frame, and
 * the rest as the second. Each is decoded from memory of just its size. What must hold of every
 * pkt: offsets in order and within the captured bytes, lengths within those of the frame, a lane
 * there is, a hash that is the same for both directions, each frame counted once, the same again
 * when decoded again.
 */
#include <stdlib.h>

#include "decode/decode.h"
#include "decode/fragments.h"
#include "lib/rd.h"

#define SEED 0x0123456789abcdefULL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_bounds(const struct pkt *pkt)
{
	require(pkt->ip_offset <= pkt->transport_offset);
	require(pkt->transport_offset <= pkt->payload_offset);
	require(pkt->payload_offset + (uint64_t)pkt->payload_len <= pkt->captured_len);
	require(pkt->payload_len <= pkt->payload_wire_len);
	require(pkt->payload_offset + (uint64_t)pkt->payload_wire_len <= pkt->wire_len);
	require(pkt->ip_offset + (uint64_t)pkt->ip_len <= pkt->wire_len);
	require(pkt->anomalies >> ANOMALY_COUNT == 0);
	require(pkt->tunnels <= PKT_TUNNELS_MAX);
	require(pkt->ip_version == 0 || pkt->ip_version == 4 || pkt->ip_version == 6);
	require(pkt->ip_version != 0 || (pkt->payload_len == 0 && pkt->frag == FRAG_NONE));
}

static void check_hash(const struct pkt *pkt)
{
	struct pkt back = *pkt;

	back.key.addr[0] = pkt->key.addr[1];
	back.key.addr[1] = pkt->key.addr[0];
	back.key.port[0] = pkt->key.port[1];
	back.key.port[1] = pkt->key.port[0];
	decode_rehash(&back, SEED);
	require(back.hash == pkt->hash && back.lane == pkt->lane);
	require(pkt->lane < DECODE_LANES);
}

static void check_again(const struct frame *frame, const struct pkt *pkt)
{
	struct decode_stats stats = { 0 };
	struct pkt again;

	decode_frame(frame, SEED, &again, &stats);
	require(memcmp(&again, pkt, offsetof(struct pkt, outer)) == 0);
	require(!pkt->tunnels || memcmp(again.outer, pkt->outer, sizeof(pkt->outer)) == 0);
}

static void see_frame(
	const uint8_t *bytes, size_t len, uint16_t link_type, struct fragments *fragments)
{
	struct decode_stats stats = { 0 };
	uint8_t *copy = malloc(len + !len);
	struct frame frame = {
		.bytes = copy, .captured_len = (uint32_t)len, .link_type = link_type
	};
	struct pkt pkt;
	uint8_t lane;

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	frame.wire_len =
		(uint32_t)len + (len % 3 ? 0 : 100); /* a third of the lengths count as snapped */
	decode_frame(&frame, SEED, &pkt, &stats);
	check_bounds(&pkt);
	check_hash(&pkt);
	check_again(&frame, &pkt);
	require(stats.frames == 1 && stats.ip_packets + stats.layers[LAYER_OTHER] == 1);
	lane = pkt.lane;
	fragments_see(fragments, &pkt, SEED);
	require(pkt.lane == lane);
	check_hash(&pkt);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd rd = rd_over(data, size);
	uint16_t link_type = rd_be16(&rd);
	size_t first = rd_be16(&rd);
	struct fragments *fragments;

	if (rd.failed || fragments_open(8, SEED, &fragments))
		return 0;
	if (first > rd_left(&rd))
		first = rd_left(&rd);
	see_frame(rd.at, first, link_type, fragments);
	see_frame(rd.at + first, rd_left(&rd) - first, link_type, fragments);
	fragments_close(fragments);
	return 0;
}
