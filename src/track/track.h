/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/track.h - who talks to whom, and who has proved to be who he says he is.
 *
 * One tracker a lane. Everything unverified lives in a compact pending table (32 bytes an entry); a
 * full flow slot is taken only when the opener reacts to an answer:
 *   TCP   the third packet of the handshake, with the answerer's number acknowledged; or, picked up
 *         in its middle, a plausible segment from the first side after one from the other;
 *   UDP   and others: the opener speaks again after an answer;
 *   ICMP  never: an echo proves nothing.
 * So a flood from invented addresses can only push out other unverified entries, never a flow.
 */
#ifndef WEIR_TRACK_TRACK_H
#define WEIR_TRACK_TRACK_H

#include "types.h"

struct tracker;

struct tracker_limits {
	uint32_t flows;	  /* full slots of this lane, >= 16 */
	uint32_t pending; /* entries of this lane, >= 16 */
	bool is_huge;	  /* tables in pages of 2 MiB: for long inputs (lib/pages.h) */
	uint64_t seed;	  /* the seed decode_frame() was given, to find quoted packets */
};

struct track_stats {
	uint64_t flows; /* promoted to a full slot, ever */
	uint64_t flows_now, flows_peak;
	uint64_t flows_evicted;	  /* pushed out by newer flows before they ended */
	uint64_t flows_refused;	  /* not promoted: every slot in reach was busy */
	uint64_t pending;	  /* entries made, ever */
	uint64_t pending_evicted; /* pushed out before they were answered or expired */
	uint64_t handshakes, refused, retransmits;
	uint64_t verified_packets, unverified_packets;
};

/* Called for each flow that leaves its slot; the flow is valid during the call. */
struct flow_end_hook {
	void (*call)(void *context, const struct flow *flow);
	void *context;
};

/* -ENOMEM. */
int tracker_open(const struct tracker_limits *limits, struct flow_end_hook hook,
	struct tracker **ret_tracker);

/* Touches the memory that tracking this packet will need. */
void tracker_prefetch(const struct tracker *tracker, const struct pkt *pkt);

#define TRACK_BATCH_MAX 4096

/* Sets standing, side, events and seen of the packets (all of this lane, in order, at most
 * TRACK_BATCH_MAX); ret_flows[i] is the flow of pkts[i] or NULL, valid until the next call. How the
 * packets are cut into batches changes nothing. */
void tracker_see(
	struct tracker *tracker, struct pkt *const *pkts, struct flow **ret_flows, unsigned count);

/* Lets idle and closed flows go; called at the end of a window, looks at a part of the table. */
void tracker_sweep(struct tracker *tracker, int64_t now_ns);

/* Calls for each flow that holds a slot, in the order of the slots; nothing is changed by it. */
void tracker_walk(const struct tracker *tracker, struct flow_end_hook hook);

void tracker_stats_add(const struct tracker *tracker, struct track_stats *stats);

/* Bytes taken for the tables. */
size_t tracker_memory(const struct tracker_limits *limits);

void tracker_close(struct tracker *tracker);

#endif
