/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/hosts.h - who sends and receives most.
 *
 * One capped table a lane, merged when somebody asks. A receiver is entered always; a sender only
 * when its packet's standing is STREAM or better, so invented addresses take no place: what they
 * sent shows at their target. When a bucket is full the host with the fewest bytes in it goes,
 * and is counted.
 */
#ifndef WEIR_TRACK_HOSTS_H
#define WEIR_TRACK_HOSTS_H

#include "types.h"

struct hosts;

/* Index 0: sent, 1: received. Bytes are IP bytes. */
struct host_talk {
	struct addr addr;
	uint64_t packets[2];
	uint64_t bytes[2];
};

struct hosts_stats {
	uint64_t hosts;		  /* in the table */
	uint64_t evicted;	  /* pushed out, ever */
	uint64_t evicted_packets; /* that these had sent and received */
	uint64_t evicted_bytes;
};

/* cap: hosts, at least 16; rounded up to a power of two. seed: the same for tables that are
 * merged. -ENOMEM. */
int hosts_open(uint32_t cap, uint64_t seed, struct hosts **ret_hosts);

/* Counts packets that track has seen. */
void hosts_see(struct hosts *hosts, struct pkt *const *pkts, unsigned n);

/* Adds all of from to into; from stays as it is. */
void hosts_merge(struct hosts *into, const struct hosts *from);

/* Copies at most cap hosts, most bytes (sent and received) first, then by address. Returns how
 * many. */
unsigned hosts_top(const struct hosts *hosts, struct host_talk *out, unsigned cap);

/* Adds this table's numbers to stats. */
void hosts_stats_add(const struct hosts *hosts, struct hosts_stats *stats);

/* Empties it; what was pushed out stays counted. */
void hosts_clear(struct hosts *hosts);

/* NULL is fine. */
void hosts_close(struct hosts *hosts);

#endif
