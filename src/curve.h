/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * curve.h - traffic over time in a fixed number of steps; the step doubles as the capture gets
 * longer.
 */
#ifndef WEIR_CURVE_H
#define WEIR_CURVE_H

#include "types.h"

#define CURVE_STEPS 160

struct curve {
	int64_t start_ns, step_ns; /* step 0: nothing yet */
	unsigned used;
	uint64_t packets[CURVE_STEPS], bytes[CURVE_STEPS];
};

/* Counts a packet of len bytes; one before the first is counted with it. */
void curve_add(struct curve *curve, int64_t time_ns, uint32_t len);

/* Makes it at most so many steps. */
void curve_shrink(struct curve *curve, unsigned steps);

#endif
