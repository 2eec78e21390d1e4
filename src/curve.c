/* SPDX-License-Identifier: GPL-2.0-or-later */
/* curve.c - see curve.h. */
#include "curve.h"

#define FIRST_STEP_NS NS_PER_MS
#define LONGEST_STEP_NS (INT64_MAX / CURVE_STEPS / 4)

static void halve(struct curve *curve)
{
	for (unsigned i = 0; i < CURVE_STEPS; i++) {
		bool has_pair = 2 * i + 1 < CURVE_STEPS;

		curve->packets[i] =
			has_pair ? curve->packets[2 * i] + curve->packets[2 * i + 1] : 0;
		curve->bytes[i] = has_pair ? curve->bytes[2 * i] + curve->bytes[2 * i + 1] : 0;
	}
	curve->step_ns *= 2;
	curve->used = (curve->used + 1) / 2;
}

void curve_add(struct curve *curve, int64_t time_ns, uint32_t len)
{
	uint64_t step = 0;

	if (curve->step_ns == 0) {
		curve->step_ns = FIRST_STEP_NS;
		curve->start_ns = time_ns;
	}
	if (time_ns > curve->start_ns) {
		/* Unsigned: the distance between any two times fits. */
		uint64_t offset_ns = (uint64_t)time_ns - (uint64_t)curve->start_ns;

		while (offset_ns / (uint64_t)curve->step_ns >= CURVE_STEPS &&
			curve->step_ns < LONGEST_STEP_NS)
			halve(curve);
		step = offset_ns / (uint64_t)curve->step_ns;
		if (step >= CURVE_STEPS)
			step = CURVE_STEPS - 1;
	}
	curve->packets[step]++;
	curve->bytes[step] += len;
	if (step + 1 > curve->used)
		curve->used = (unsigned)step + 1;
}

void curve_shrink(struct curve *curve, unsigned steps)
{
	while (curve->used > steps)
		halve(curve);
}
