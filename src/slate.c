/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slate.c - see slate.h. */
#include "slate.h"

#include <errno.h>
#include <stdlib.h>

int slate_open(struct slate *slate, unsigned cap)
{
	slate->pkts = calloc(cap, sizeof(*slate->pkts));
	slate->sorted = calloc(cap, sizeof(struct pkt *));
	slate->flows = calloc(cap, sizeof(struct flow *));
	return slate->pkts && slate->sorted && slate->flows ? 0 : -ENOMEM;
}

void slate_close(struct slate *slate)
{
	free(slate->pkts);
	free(slate->sorted);
	free(slate->flows);
}

void slate_run(struct slate *slate, struct lane *lanes, unsigned count, const unsigned *counts,
	unsigned worker, unsigned workers)
{
	unsigned ends[DECODE_LANES], begin = 0;

	for (unsigned l = worker; l < DECODE_LANES; l += workers) {
		ends[l] = begin;
		begin += counts[l];
	}
	for (unsigned i = 0; i < count; i++) {
		struct pkt *pkt = &slate->pkts[i];

		if (pkt->lane % workers == worker)
			slate->sorted[ends[pkt->lane]++] = pkt;
	}
	for (unsigned l = worker; l < DECODE_LANES; l += workers)
		if (counts[l] > 0)
			lane_see(&lanes[l], &slate->sorted[ends[l] - counts[l]], slate->flows,
				counts[l]);
}
