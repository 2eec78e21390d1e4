/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/sets.h - distinct sketches that grow, from fixed pools.
 *
 * A set begins with the few slots its owner gives it and moves to a bigger block of the pool as it
 * fills, as long as there are blocks; without one it samples (distinct.h), so nothing is refused
 * and nothing is allocated after the start.
 */
#ifndef WEIR_LIB_SETS_H
#define WEIR_LIB_SETS_H

#include "lib/distinct.h"

#define SETS_TIERS 2

struct sets_tier {
	uint32_t slot_count; /* of a block: a power of two; 0: no such tier */
	uint32_t block_count;
};

struct sets {
	struct {
		struct distinct_entry *memory;
		uint32_t *unused; /* stack of block numbers */
		uint32_t unused_count, slot_count, block_count;
	} tiers[SETS_TIERS];
	uint64_t denied; /* times a set wanted to grow and could not */
};

/* Tiers in ascending size. The memory is touched only as it is used. -ENOMEM. */
int sets_open(struct sets *sets, const struct sets_tier tiers[SETS_TIERS]);
void sets_close(struct sets *sets);

/* As distinct_add and distinct_merge, growing d when it is about to lose exactness, or more of
 * it. */
void sets_add(struct sets *sets, struct distinct *d, const struct addr *addr, uint64_t hash,
	uint64_t packets);
void sets_merge(struct sets *sets, struct distinct *d, const struct distinct *other);

/* Empties d and returns its block; it stands on the owner's own slots again. */
void sets_reset(
	struct sets *sets, struct distinct *d, struct distinct_entry *own, uint32_t own_count);

#endif
