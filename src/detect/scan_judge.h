/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_judge.h - the state of the scan detector, and the thresholds that make a scan of it.
 *
 * Once a second of packet time all watched probes are gone through twice: first they are tallied,
 * and sources that got too far with the ports of one host are counted by host (a crowd of them is
 * a flood of random ports, not a crowd of scanners); then those beyond a threshold, with news, are
 * reported.
 */
#ifndef WEIR_DETECT_SCAN_JUDGE_H
#define WEIR_DETECT_SCAN_JUDGE_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/scan_table.h"

#define SCAN_FINDINGS_MAX 64   /* a judging; the others' turn comes in the next one */
#define SCAN_SKETCHES 32       /* of these, so many with a list of hosts */
#define SCAN_SKETCH_SLOTS 1024 /* 768 hosts exactly, then a sample */
#define SCAN_CROWD_HOSTS 256   /* hosts for which a crowd is counted at a time */

struct scan_crowd {
	struct addr to;
	int64_t since_ns;
	uint32_t count;
};

struct scan_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct scan_table table;
	struct window last; /* the last that was judged; both 0: none */
	int64_t swept_ns;   /* when the watched were gone through last */
	uint32_t turn;	    /* index of the probe to begin with */
	struct scan_crowd crowds[SCAN_CROWD_HOSTS];
	struct distinct sketches[SCAN_SKETCHES];
	struct distinct_entry *sketch_slots;
	unsigned sketch_count; /* given out in this judging, by the caller set to 0 */
	unsigned finding_count;
	uint64_t uncounted; /* records that found no room in a window */
};

/* How many members make this probe worth a look? Always at least 1. */
uint32_t scan_watch_from(const struct scan_state *state, const struct scan_key *key);

/* Goes through the watched probes as of now_ns and reports what is a scan. */
void scan_judge_watched(struct scan_state *state, int64_t now_ns, struct findings *findings);

#endif
