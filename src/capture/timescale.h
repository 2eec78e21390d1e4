/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/timescale.h - what one tick of a pcapng interface is worth (draft-ietf-opsawg-pcapng
 * 4.2, if_tsresol and if_tsoffset).
 *
 * A tick is 10^-n or 2^-n seconds, n up to 127, counted from 1970 plus a signed number of
 * seconds. Times that no nanosecond counter can hold stop at TIMESCALE_MAX_NS (the year 2116) on
 * either side, so that sums of a few of them cannot overflow.
 */
#ifndef WEIR_CAPTURE_TIMESCALE_H
#define WEIR_CAPTURE_TIMESCALE_H

#include <stdint.h>

#define TIMESCALE_MAX_NS (1LL << 62)
#define TIMESCALE_MICROSECONDS 6 /* if_tsresol when the interface has none */

struct timescale {
	uint64_t multiplier; /* ns = offset + ticks * multiplier / divisor >> shift */
	uint64_t divisor;    /* 0: ticks are worth nothing */
	unsigned shift;
	int64_t offset_s;
};

/* resolution: the if_tsresol byte. */
struct timescale timescale_from(uint8_t resolution, int64_t offset_s);

/* The slow and exact way, for any scale. */
int64_t timescale_ns_exact(const struct timescale *scale, uint64_t ticks);

static inline int64_t timescale_ns(const struct timescale *scale, uint64_t ticks)
{
	uint64_t ns;

	if (scale->divisor == 1 && scale->shift == 0 && scale->offset_s == 0 &&
		!__builtin_mul_overflow(ticks, scale->multiplier, &ns) && ns < TIMESCALE_MAX_NS)
		return (int64_t)ns;
	return timescale_ns_exact(scale, ticks);
}

#endif
