/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/scan_items.c - a sampled set in an open-addressing table; see scan_items.h. */
#include "detect/scan_items.h"

#include <errno.h>
#include <stdlib.h>

static const uint16_t tier_slots[SCAN_BLOCK_TIERS + 1] = { SCAN_ITEMS_INLINE, 64, 2048 };

#define SLOTS_MAX 2048
#define DEPTH_MAX 16 /* the place in the table comes from the other bits */

int scan_pool_open(struct scan_pool *pool, const uint32_t counts[SCAN_BLOCK_TIERS])
{
	*pool = (struct scan_pool){ .scratch = calloc(SLOTS_MAX, sizeof(struct scan_item)) };
	if (!pool->scratch)
		return -ENOMEM;
	for (unsigned i = 0; i < SCAN_BLOCK_TIERS; i++) {
		pool->block_count[i] = counts[i];
		pool->blocks[i] =
			calloc((size_t)counts[i] * tier_slots[i + 1], sizeof(struct scan_item));
		pool->free[i] = calloc(counts[i], sizeof(uint32_t));
		if (!pool->blocks[i] || !pool->free[i]) {
			scan_pool_close(pool);
			return -ENOMEM;
		}
	}
	scan_pool_reset(pool);
	return 0;
}

void scan_pool_close(struct scan_pool *pool)
{
	for (unsigned i = 0; i < SCAN_BLOCK_TIERS; i++) {
		free(pool->blocks[i]);
		free(pool->free[i]);
	}
	free(pool->scratch);
	*pool = (struct scan_pool){ .scratch = NULL };
}

void scan_pool_reset(struct scan_pool *pool)
{
	for (unsigned i = 0; i < SCAN_BLOCK_TIERS; i++) {
		pool->free_count[i] = pool->block_count[i];
		for (uint32_t k = 0; k < pool->block_count[i]; k++)
			pool->free[i][k] = pool->block_count[i] - 1 - k;
	}
}

void scan_items_init(struct scan_items *items, struct scan_item *inline_slots)
{
	*items = (struct scan_items){ .slots = inline_slots, .slot_count = SCAN_ITEMS_INLINE };
}

static void give_back(struct scan_items *items, struct scan_pool *pool)
{
	unsigned i = items->tier - 1U;

	if (items->tier > 0)
		pool->free[i][pool->free_count[i]++] = items->block;
}

void scan_items_release(struct scan_items *items, struct scan_pool *pool)
{
	give_back(items, pool);
	*items = (struct scan_items){ .slots = NULL };
}

static bool is_kept(uint32_t hash, uint8_t depth)
{
	return (hash & ((1U << depth) - 1)) == 0;
}

/* The member's slot, or the free one where it belongs. */
static struct scan_item *slot_of(const struct scan_items *items, uint32_t hash)
{
	uint32_t mask = items->slot_count - 1U;
	uint32_t at = (hash >> DEPTH_MAX) & mask;

	while (items->slots[at].hash != 0 && items->slots[at].hash != hash)
		at = (at + 1) & mask;
	return &items->slots[at];
}

static void empty_slots(struct scan_items *items)
{
	memset(items->slots, 0, items->slot_count * sizeof(*items->slots));
	items->count = 0;
}

/* Copies the members to the pool's scratch and empties the set. Returns how many there are. */
static unsigned take_out(struct scan_items *items, struct scan_pool *pool)
{
	unsigned count = 0;

	for (unsigned i = 0; i < items->slot_count; i++)
		if (items->slots[i].hash != 0)
			pool->scratch[count++] = items->slots[i];
	empty_slots(items);
	return count;
}

static void put_in(struct scan_items *items, const struct scan_item *item)
{
	if (!is_kept(item->hash, items->depth))
		return;
	*slot_of(items, item->hash) = *item;
	items->count++;
}

/* Moves on to a block of a higher tier. false: none is free. */
static bool grow(struct scan_items *items, struct scan_pool *pool)
{
	for (unsigned tier = items->tier + 1U; tier <= SCAN_BLOCK_TIERS; tier++) {
		unsigned count;

		if (pool->free_count[tier - 1] == 0)
			continue;
		count = take_out(items, pool);
		give_back(items, pool);
		items->tier = (uint8_t)tier;
		items->block = pool->free[tier - 1][--pool->free_count[tier - 1]];
		items->slot_count = tier_slots[tier];
		items->slots = pool->blocks[tier - 1] + (size_t)items->block * items->slot_count;
		empty_slots(items);
		for (unsigned i = 0; i < count; i++)
			put_in(items, &pool->scratch[i]);
		return true;
	}
	return false;
}

static void deepen(struct scan_items *items, struct scan_pool *pool)
{
	unsigned count = take_out(items, pool);

	items->depth++;
	for (unsigned i = 0; i < count; i++)
		put_in(items, &pool->scratch[i]);
}

/* Makes room so that fewer than three quarters are used. false: sampled as thinly as can be. */
static bool make_room(struct scan_items *items, struct scan_pool *pool)
{
	while (items->count >= items->slot_count / 4 * 3) {
		if (grow(items, pool))
			continue;
		if (items->depth == DEPTH_MAX)
			return false;
		deepen(items, pool);
	}
	return true;
}

void scan_items_note(struct scan_items *items, struct scan_pool *pool, const struct addr *addr,
	uint64_t hash, enum scan_outcome outcome, uint32_t tick)
{
	struct scan_item item = { .addr = *addr, .outcome = outcome, .tick = tick };
	struct scan_item *slot;

	item.hash = (uint32_t)hash ? (uint32_t)hash : 1U << 31;
	if (!is_kept(item.hash, items->depth))
		return;
	slot = slot_of(items, item.hash);
	if (slot->hash != 0) {
		if (outcome > slot->outcome)
			slot->outcome = outcome;
		return;
	}
	if (make_room(items, pool))
		put_in(items, &item);
}

/* Back to the slots of the owner, when few are left. */
static void shrink(struct scan_items *items, struct scan_pool *pool, struct scan_item *inline_slots,
	unsigned count)
{
	if (items->tier == 0 || count >= SCAN_ITEMS_INLINE / 4 * 3)
		return;
	give_back(items, pool);
	scan_items_init(items, inline_slots);
	empty_slots(items);
}

void scan_items_forget(struct scan_items *items, struct scan_pool *pool,
	struct scan_item *inline_slots, uint32_t tick, uint32_t ticks)
{
	unsigned kept = 0, count = take_out(items, pool);

	for (unsigned i = 0; i < count && items->depth == 0; i++)
		if (scan_ticks_since(pool->scratch[i].tick, tick) <= ticks)
			pool->scratch[kept++] = pool->scratch[i];
	items->depth = 0;
	shrink(items, pool, inline_slots, kept);
	for (unsigned i = 0; i < kept; i++)
		put_in(items, &pool->scratch[i]);
}

bool scan_item_failed(const struct scan_item *item, uint32_t tick)
{
	if (item->hash == 0 || item->outcome == SCAN_ANSWERED)
		return false;
	return item->outcome == SCAN_REFUSED ||
	       scan_ticks_since(item->tick, tick) >= SCAN_SETTLE_NS / SCAN_TICK_NS;
}

struct scan_tally scan_items_tally(const struct scan_items *items, uint32_t tick)
{
	struct scan_tally tally = { .tried = 0 };

	for (unsigned i = 0; i < items->slot_count; i++) {
		const struct scan_item *item = &items->slots[i];

		tally.failed += scan_item_failed(item, tick);
		tally.answered += item->hash != 0 && item->outcome == SCAN_ANSWERED;
		tally.refused += item->hash != 0 && item->outcome == SCAN_REFUSED;
	}
	tally.failed <<= items->depth;
	tally.answered <<= items->depth;
	tally.refused <<= items->depth;
	tally.tried = tally.failed + tally.answered;
	return tally;
}
