/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slate.h - what one worker makes of a batch of frames: packets, sorted by lane, and run.
 */
#ifndef WEIR_SLATE_H
#define WEIR_SLATE_H

#include "decode/decode.h"
#include "lane.h"

struct slate {
	struct pkt *pkts;
	struct pkt **sorted; /* its own, by lane */
	struct flow **flows;
	/* of its share of the frames; of the rest, counted elsewhere */
	struct decode_stats ours, others;
};

/* Room for cap packets. -ENOMEM; slate_close() after any failure. */
int slate_open(struct slate *slate, unsigned cap);
void slate_close(struct slate *slate);

/* Of pkts[0..count), those whose lane is l with l % workers == worker are sorted by lane (a
 * counting sort, so their order is kept), and these lanes run. counts: packets by lane. */
void slate_run(struct slate *slate, struct lane *lanes, unsigned count, const unsigned *counts,
	unsigned worker, unsigned workers);

#endif
