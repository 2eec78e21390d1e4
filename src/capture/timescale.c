/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture/timescale.c - see timescale.h. 128-bit intermediates: 2^64 ticks * 10^9 < 2^94. */
#include "capture/timescale.h"

#include "types.h"

#define RESOLUTION_IS_BINARY 0x80
#define RESOLUTION_EXPONENT 0x7f
#define DECIMALS_OF_NS 9
#define DECIMALS_OF_U64 19 /* 10^19 < 2^64 */

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

struct timescale timescale_from(uint8_t resolution, int64_t offset_s)
{
	unsigned exponent = resolution & RESOLUTION_EXPONENT;
	struct timescale scale = { .multiplier = 1, .divisor = 1, .offset_s = offset_s };

	if (resolution & RESOLUTION_IS_BINARY) {
		scale.multiplier = NS_PER_S;
		scale.shift = exponent;
	} else if (exponent <= DECIMALS_OF_NS) {
		scale.multiplier = power_of_ten(DECIMALS_OF_NS - exponent);
	} else if (exponent - DECIMALS_OF_NS <= DECIMALS_OF_U64) {
		scale.divisor = power_of_ten(exponent - DECIMALS_OF_NS);
	} else {
		scale.divisor = 0;
	}
	return scale;
}

int64_t timescale_ns_exact(const struct timescale *scale, uint64_t ticks)
{
	unsigned __int128 since = 0;
	__int128 ns;

	if (scale->divisor > 0)
		since = (unsigned __int128)ticks * scale->multiplier / scale->divisor >>
			scale->shift;
	ns = (__int128)since + (__int128)scale->offset_s * NS_PER_S;
	if (ns > TIMESCALE_MAX_NS)
		return TIMESCALE_MAX_NS;
	return ns < -TIMESCALE_MAX_NS ? -TIMESCALE_MAX_NS : (int64_t)ns;
}
