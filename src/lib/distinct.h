/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/distinct.h - how many distinct addresses, and which: exact up to a cap, then a fair sample.
 *
 * Adaptive sampling (Wegman; Flajolet 1990, "On adaptive sampling"): keep every address whose hash
 * ends in `depth` zero bits; when the table is full, raise the depth and drop half. count << depth
 * estimates the number with a relative error of about 1.2/sqrt(cap), and is exact while depth is 0.
 * What is kept depends only on the set of addresses and the cap, never on their order, and two
 * sketches merge without loss: so worker + worker = node, node + node = fleet. Each address carries
 * the number of packets it sent while it was kept.
 */
#ifndef WEIR_LIB_DISTINCT_H
#define WEIR_LIB_DISTINCT_H

#include <stdint.h>

#include "lib/addr.h"

struct distinct_entry {
	struct addr addr;
	uint64_t hash; /* 0: free slot */
	uint64_t packets;
};

struct distinct {
	struct distinct_entry *slots; /* power of two; at most 3/4 are used */
	uint32_t slot_count;
	uint32_t count;
	uint32_t depth;
};

/* Bytes that slots for a sketch need. slot_count: a power of two >= 16. */
static inline size_t distinct_bytes(uint32_t slot_count)
{
	return slot_count * sizeof(struct distinct_entry);
}

/* An empty sketch over the given zeroed slots. */
void distinct_init(struct distinct *d, struct distinct_entry *slots, uint32_t slot_count);

/* Adds packets of an address; hash is hash_addr() with one seed for all sketches that ever meet. */
void distinct_add(struct distinct *d, const struct addr *addr, uint64_t hash, uint64_t packets);

/* Adds all of other to d; other stays as it is. */
void distinct_merge(struct distinct *d, const struct distinct *other);

/* Empties it, touching only what was used. */
void distinct_clear(struct distinct *d);

/* Estimated number of distinct addresses; exact while is_exact. */
static inline uint64_t distinct_count(const struct distinct *d)
{
	return (uint64_t)d->count << d->depth;
}

static inline int distinct_is_exact(const struct distinct *d)
{
	return d->depth == 0;
}

/* Copies at most cap kept entries, most packets first, then by address. Returns how many.
 * scratch-free: selection by a bounded heap, O(count log cap). */
unsigned distinct_top(const struct distinct *d, struct distinct_entry *out, unsigned cap);

#endif
