/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/decode.c - from a frame to a pkt: turns the crank described in decode_internal.h.
 *
 * Each frame is counted once as IP or not IP (LAYER_OTHER), so that nothing is lost on the way;
 * layers are counted as often as they occur. The flow hash is in key.h.
 */
#include "decode/decode.h"

#include "decode/decode_internal.h"
#include "decode/key.h"

const char *const layer_names[LAYER_COUNT] = {
#define LAYER(symbol, name) [LAYER_##symbol] = name,
	LAYERS(LAYER)
#undef LAYER
};

/* A capture may say a frame was shorter than its bytes; then the bytes are right. */
static inline uint32_t frame_wire_len(const struct frame *frame)
{
	return frame->wire_len > frame->captured_len ? frame->wire_len : frame->captured_len;
}

/* Zeroes all but outer, which is read only when tunnels say so. In pieces: for the whole of it
 * compilers use a string instruction, whose start takes longer than all of decoding. */
static inline void pkt_zero(struct pkt *pkt)
{
	const size_t len = offsetof(struct pkt, outer);
	uint8_t *bytes = (uint8_t *)pkt;

	_Static_assert(offsetof(struct pkt, outer) > 128, "two pieces of 64 bytes and a rest");
	memset(bytes, 0, 64);
	memset(bytes + 64, 0, 64);
	memset(bytes + 128, 0, len - 128);
}

static inline void pkt_begin(struct pkt *pkt, const struct frame *frame)
{
	pkt_zero(pkt);
	pkt->time_ns = frame->time_ns;
	pkt->bytes = frame->bytes;
	pkt->captured_len = frame->captured_len;
	pkt->wire_len = frame_wire_len(frame);
	pkt->file = frame->file;
}

/* One turn: link layers, an IP header and what it carries. Says what the tunnel holds, if it is
 * one. */
static inline enum next decode_turn(struct cursor *c, enum next next)
{
	bool has_transport;

	next = link_walk(c, next);
	if (UNLIKELY(next == NEXT_NONE))
		return NEXT_NONE;
	if (UNLIKELY(!cursor_is_near(c))) {
		c->anomalies |= ANOMALY_BIT(LINK_UNKNOWN);
		return NEXT_NONE;
	}
	has_transport = LIKELY(next == NEXT_IP4) ? ip4_decode(c) : ip6_decode(c);
	return LIKELY(has_transport) ? transport_decode(c) : NEXT_NONE;
}

static inline void count_frame(struct decode_stats *stats, const struct pkt *pkt)
{
	stats->frames++;
	stats->bytes += pkt->wire_len;
	if (LIKELY(pkt->ip_version))
		stats->ip_packets++;
	else
		stats->layers[LAYER_OTHER]++;
	for (uint64_t bits = pkt->anomalies; UNLIKELY(bits); bits &= bits - 1)
		stats->anomalies[__builtin_ctzll(bits)]++;
}

static enum next decode_first(struct cursor *c, uint16_t link_type)
{
	enum next next;

	if (LIKELY(link_type == LINK_TYPE_ETHERNET))
		return NEXT_ETHERNET;
	next = link_first(link_type);
	if (UNLIKELY(next == NEXT_NONE)) {
		c->stats->unknown_link++;
		c->anomalies |= ANOMALY_BIT(LINK_UNKNOWN);
	}
	c->is_loopback_link = next == NEXT_LOOPBACK || (next >= NEXT_IP4 && next <= NEXT_IP);
	return next;
}

void decode_rehash(struct pkt *pkt, uint64_t seed)
{
	struct key_hash hash = key_hash(&pkt->key, seed);

	pkt->hash = hash.hash;
	pkt->lane = hash.lane;
}

void decode_frame(
	const struct frame *frame, uint64_t seed, struct pkt *pkt, struct decode_stats *stats)
{
	struct cursor c = {
		.rd = rd_over(frame->bytes, frame->captured_len),
		.frame = frame->bytes,
		.wire_end = frame_wire_len(frame),
		.pkt = pkt,
		.stats = stats,
	};
	enum next next;

	pkt_begin(pkt, frame);
	next = decode_first(&c, frame->link_type);
	while (next != NEXT_NONE)
		next = decode_turn(&c, next);
	pkt->anomalies = c.anomalies;
	decode_rehash(pkt, seed);
	count_frame(stats, pkt);
}

uint64_t decode_key_hash(const struct flow_key *key, uint64_t seed)
{
	return key_hash(key, seed).hash;
}

void decode_stats_add(struct decode_stats *stats, const struct decode_stats *other)
{
	stats->frames += other->frames;
	stats->bytes += other->bytes;
	stats->ip_packets += other->ip_packets;
	stats->unknown_link += other->unknown_link;
	for (unsigned i = 0; i < LAYER_COUNT; i++)
		stats->layers[i] += other->layers[i];
	for (unsigned i = 0; i < ANOMALY_COUNT; i++)
		stats->anomalies[i] += other->anomalies[i];
}

bool decode_knows_link_type(uint16_t link_type)
{
	return link_first(link_type) != NEXT_NONE;
}
