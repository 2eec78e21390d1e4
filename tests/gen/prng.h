/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/prng.h - numbers that look random and are the same everywhere.
 *
 * splitmix64 (Steele, Lea, Flood 2014): one word of state, so that each piece and each conversation
 * has a generator of its own. Adding a piece to a capture therefore changes no other packet in it.
 * Only integers and exactly rounded floating point are used, no libm: the same seed gives the same
 * bytes with any compiler.
 */
#ifndef WEIR_GEN_PRNG_H
#define WEIR_GEN_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *p)
{
	uint64_t z = p->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0 … n − 1; n > 0. */
static inline uint32_t prng_below(struct prng *p, uint32_t n)
{
	return (uint32_t)((prng_next(p) >> 32) * n >> 32);
}

/* low … high, both included. */
static inline uint32_t prng_between(struct prng *p, uint32_t low, uint32_t high)
{
	return low + prng_below(p, high - low + 1);
}

/* 0 <= x < 1. */
static inline double prng_unit(struct prng *p)
{
	return (double)(prng_next(p) >> 11) * 0x1p-53;
}

/* True in that share (0..1) of the calls. */
static inline bool prng_chance(struct prng *p, double share)
{
	return prng_unit(p) < share;
}

/*
 * Exponentially distributed with that mean. −log2 of the draw is taken as its leading zeros and a
 * straight line through the rest, which has mean 1.5 (the exact curve: 1.44) and needs no
 * logarithm.
 */
static inline int64_t prng_exponential(struct prng *p, int64_t mean)
{
	uint64_t draw = prng_next(p) | 1;
	int zeros = __builtin_clzll(draw);
	double fraction = (double)(draw << zeros << 1 >> 12) * 0x1p-52;

	return (int64_t)((double)mean * ((double)zeros + 1.0 - fraction) / 1.5);
}

#endif
