/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/app.h - the application layer of one lane: from packets with their flows to events.
 *
 * Stream slots are given to flows that carry payload, parser slots and holds to those whose
 * protocol is being read; all from fixed pools. When a pool is empty the longest silent one gives
 * way, never one that spoke just now; what is refused or given up is counted. Datagrams need no
 * slot; those of senders that have not proved themselves are looked at up to a number a window,
 * ours and strangers' each, so that a flood from outside does not drown what ours ask.
 */
#ifndef WEIR_APP_APP_H
#define WEIR_APP_APP_H

#include "app/log.h"

struct app;

struct app_limits {
	uint32_t streams;  /* slots, >= 16 */
	uint32_t parsers;  /* of these that are parsed at a time, >= 8 */
	size_t hold_bytes; /* of all holds and of segments that came too early, >= 256 KiB */
	size_t log_bytes;
	bool is_last_wins; /* of bytes that were sent twice with other content */
	uint64_t seed;
	const struct networks *networks; /* NULL: all senders are alike */
};

struct app_stats {
	uint64_t streams, streams_now, streams_evicted, streams_refused;
	uint64_t parsers_refused, parsers_given_up; /* too little memory; not what they seemed */
	uint64_t stream_bytes, gap_bytes, gaps;
	uint64_t out_of_order, overlaps, conflicts; /* segments; conflict: with other content */
	uint64_t holds_refused;
	uint64_t datagrams_skipped;	    /* of unproved senders beyond what is looked at */
	uint64_t by_proto[APP_PROTO_COUNT]; /* conversations and datagrams recognised */
	struct app_log_stats log;
};

/* -ENOMEM. */
int app_open(const struct app_limits *limits, struct app **ret_app);

/* The next packet of the lane, tracked; flow may be NULL. */
void app_see(struct app *app, const struct pkt *pkt, struct flow *flow);

/* The flow leaves its slot. */
void app_flow_end(struct app *app, const struct flow *flow);

/* Flows that end from now on do so because the input ends. */
void app_input_end(struct app *app);

/* A window ends. */
void app_turn(struct app *app, int64_t now_ns);

struct app_log *app_log(const struct app *app);

void app_stats_add(const struct app *app, struct app_stats *stats);

/* Bytes taken for such limits. */
size_t app_memory(const struct app_limits *limits);

/* NULL is fine. */
void app_close(struct app *app);

#endif
