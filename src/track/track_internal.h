/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/track_internal.h - what the files of track share with one another and nobody else.
 */
#ifndef WEIR_TRACK_TRACK_INTERNAL_H
#define WEIR_TRACK_TRACK_INTERNAL_H

#include "track/flows.h"
#include "track/pending.h"
#include "track/track.h"

struct tracker {
	struct flow_table flows;
	struct pending_table pending;
	struct track_stats stats;
	uint64_t seed;
};

static inline uint32_t track_tick(const struct pkt *pkt)
{
	return (uint32_t)((uint64_t)pkt->time_ns >> PENDING_TICK_SHIFT);
}

/* Sets pkt->side by the entry. */
void track_take_side(const struct pending *entry, struct pkt *pkt);

/* A new entry of which the packet's sender is the given side. */
struct pending *track_new_entry(
	struct tracker *tracker, struct pkt *pkt, enum pending_state state, uint8_t side);

/* Counts the packet (pkt->side is set) and sets pkt->seen. */
void track_count_entry(struct pending *entry, struct pkt *pkt);
void track_count_flow(struct tracker *tracker, struct flow *flow, struct pkt *pkt);

/* One side has proved itself with this packet, the opener or who spoke first: turns the entry into
 * a flow, by pkt->side, not yet counting the packet. NULL when no slot is to be had; the packet is
 * verified all the same. */
struct flow *track_promote(struct tracker *tracker, struct pending *entry, struct pkt *pkt);

/* TCP, by where the packet was found; entry may be NULL. Both return the flow or NULL. */
struct flow *track_tcp_flow(struct tracker *tracker, struct flow *flow, struct pkt *pkt);
struct flow *track_tcp_pending(struct tracker *tracker, struct pending *entry, struct pkt *pkt);

/* Distance from b to a in TCP sequence space (RFC 9293 3.4). */
static inline int32_t seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* Near enough to be the same conversation, also across losses of the capture: the largest window
 * that hosts commonly offer is 16 MiB. Guessing blindly hits it once in 128 tries. */
#define TRACK_SEQ_NEAR (1 << 24)

static inline bool seq_is_near(uint32_t a, uint32_t b)
{
	int32_t distance = seq_after(a, b);

	return distance > -TRACK_SEQ_NEAR && distance < TRACK_SEQ_NEAR;
}

/* A probe whether the other side is still there: the last byte again, or none (RFC 9293 3.8.4). */
static inline bool seq_is_keepalive(const struct pkt *pkt, uint32_t next)
{
	return pkt->payload_wire_len <= 1 && pkt->tcp_seq + 1 == next &&
	       !(pkt->tcp_flags & (TCP_SYN | TCP_FIN));
}

/* The larger of the two, but a number far off is where things go on from now. */
static inline uint32_t seq_latest(uint32_t known, uint32_t seen)
{
	return seq_after(seen, known) > 0 || !seq_is_near(seen, known) ? seen : known;
}

/* Sequence number after this segment: SYN and FIN count as one (RFC 9293 3.4). */
static inline uint32_t seq_end(const struct pkt *pkt)
{
	return pkt->tcp_seq + pkt->payload_wire_len + ((pkt->tcp_flags & TCP_SYN) != 0) +
	       ((pkt->tcp_flags & TCP_FIN) != 0);
}

#endif
