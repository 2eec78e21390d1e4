/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/conn_internal.h - what conn.c (counting) and conn_judge.c (the running numbers) share.
 */
#ifndef WEIR_DETECT_CONN_INTERNAL_H
#define WEIR_DETECT_CONN_INTERNAL_H

#include "lib/keyed.h"
#include "types.h"

#define CONN_LANE_PLACES 512
#define CONN_MERGED_PLACES 8192
#define CONN_SERVICE_PLACES 1024
#define CONN_SOURCE_PLACES 16384
#define CONN_GATHERINGS 16
#define CONN_GATHERING_SLOTS 4096

struct conn_service_key {
	struct addr server;
	uint16_t port, pad[3];
};

struct conn_source_key {
	struct conn_service_key service;
	struct addr source;
};

/* One window's news of a (service, source). */
struct conn_delta {
	struct keyed_head head;
	struct conn_source_key key;
	uint32_t opened, spoke, ended_spoken, ended_silent;
	uint64_t packets, bytes; /* of the openings */
};

struct conn_summary {
	struct keyed deltas;
	uint64_t lost_silent; /* so many fewer are silent than the deltas say */
};

/* The running numbers of a service, or of one source at it. */
struct conn_holding {
	bool is_above; /* too many, too silent, since: */
	int64_t above_ns;
	int64_t open, silent;
	int64_t first_ns;	 /* oldest opening not told of */
	uint64_t packets, bytes; /* of openings not told of */
	double peak_pps, peak_bps;
};

struct conn_service {
	struct keyed_head head;
	struct conn_service_key key;
	struct conn_holding holding;
};

struct conn_source {
	struct keyed_head head;
	struct conn_source_key key;
	struct conn_holding holding;
};

/* Who came to a service that is getting full. */
struct conn_gathering {
	struct conn_service_key service;
	struct distinct sources;
	bool is_used;
};

struct conn_state {
	const struct conf *conf;
	uint64_t seed;
	struct keyed services, sources;
	struct conn_gathering gatherings[CONN_GATHERINGS];
	struct distinct_entry *gathering_slots;
	unsigned gatherings_used;
	bool has_above; /* somebody may be above a limit */
	int64_t checked_ns;
};

/* Adds the merged summary to the running numbers, empties it, and once a second tells what is
 * above. */
void conn_judge(void *state, void *summary, struct window window, struct findings *findings);

#endif
