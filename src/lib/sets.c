/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/sets.c - pools of blocks behind sets.h. */
#include "lib/sets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

int sets_open(struct sets *sets, const struct sets_tier tiers[SETS_TIERS])
{
	*sets = (struct sets){ 0 };
	for (unsigned t = 0; t < SETS_TIERS; t++) {
		uint32_t blocks = tiers[t].block_count;

		if (tiers[t].slot_count == 0 || blocks == 0)
			continue;
		sets->tiers[t].memory = calloc(blocks, distinct_bytes(tiers[t].slot_count));
		sets->tiers[t].unused = calloc(blocks, sizeof(uint32_t));
		if (!sets->tiers[t].memory || !sets->tiers[t].unused) {
			sets_close(sets);
			return -ENOMEM;
		}
		sets->tiers[t].slot_count = tiers[t].slot_count;
		sets->tiers[t].block_count = blocks;
		sets->tiers[t].unused_count = blocks;
		for (uint32_t i = 0; i < blocks; i++)
			sets->tiers[t].unused[i] = blocks - 1 - i;
	}
	return 0;
}

void sets_close(struct sets *sets)
{
	for (unsigned t = 0; t < SETS_TIERS; t++) {
		free(sets->tiers[t].memory);
		free(sets->tiers[t].unused);
	}
	*sets = (struct sets){ 0 };
}

static void give_back(struct sets *sets, const struct distinct_entry *slots, uint32_t slot_count)
{
	for (unsigned t = 0; t < SETS_TIERS; t++) {
		const struct distinct_entry *memory = sets->tiers[t].memory;
		size_t all = (size_t)sets->tiers[t].block_count * sets->tiers[t].slot_count;

		if (memory && slots >= memory && slots < memory + all) {
			sets->tiers[t].unused[sets->tiers[t].unused_count++] =
				(uint32_t)((size_t)(slots - memory) / slot_count);
			return;
		}
	}
}

/* Moves d to the next larger block there is; false when there is none. */
static bool grow(struct sets *sets, struct distinct *d)
{
	for (unsigned t = 0; t < SETS_TIERS; t++) {
		uint32_t slot_count = sets->tiers[t].slot_count;
		struct distinct larger, old = *d;

		if (slot_count <= d->slot_count || sets->tiers[t].unused_count == 0)
			continue;
		distinct_init(&larger,
			sets->tiers[t].memory +
				(size_t)sets->tiers[t].unused[--sets->tiers[t].unused_count] *
					slot_count,
			slot_count);
		distinct_merge(&larger, &old);
		distinct_clear(&old);
		give_back(sets, old.slots, old.slot_count);
		*d = larger;
		return true;
	}
	sets->denied++;
	return false;
}

static bool is_full(const struct distinct *d)
{
	return d->count >= d->slot_count / 4 * 3;
}

void sets_add(struct sets *sets, struct distinct *d, const struct addr *addr, uint64_t hash,
	uint64_t packets)
{
	if (is_full(d))
		grow(sets, d);
	distinct_add(d, addr, hash, packets);
}

void sets_merge(struct sets *sets, struct distinct *d, const struct distinct *other)
{
	const struct distinct depth_only = { .depth = other->depth };

	/* First as deep as the other, or what it has dropped would seem not to have been there. One
	 * by one, so that sets with much in common do not grow for it. */
	distinct_merge(d, &depth_only);
	for (uint32_t i = 0; other->count > 0 && i < other->slot_count; i++)
		if (other->slots[i].hash != 0)
			sets_add(sets, d, &other->slots[i].addr, other->slots[i].hash,
				other->slots[i].packets);
}

void sets_reset(
	struct sets *sets, struct distinct *d, struct distinct_entry *own, uint32_t own_count)
{
	distinct_clear(d);
	if (d->slots != own)
		give_back(sets, d->slots, d->slot_count);
	distinct_init(d, own, own_count);
}
