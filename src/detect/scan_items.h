/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_items.h - the hosts or ports that one prober tried, and what became of each.
 *
 * A set with an outcome and a time for each member, kept as lib/distinct keeps its addresses:
 * exact until the biggest block is full, then a fair sample (members whose hash ends in `depth`
 * zero bits), so that numbers stay right when somebody scans a million hosts. It begins with a few
 * slots inside its owner and moves to blocks of a fixed pool as it grows; with no block left it
 * samples earlier. An attempt fails when it was refused, or when no answer came within
 * SCAN_SETTLE_NS.
 */
#ifndef WEIR_DETECT_SCAN_ITEMS_H
#define WEIR_DETECT_SCAN_ITEMS_H

#include "types.h"

#define SCAN_TICK_NS (NS_PER_S / 10)  /* resolution of the times kept */
#define SCAN_SETTLE_NS (3 * NS_PER_S) /* the first two SYN retransmissions (RFC 6298: 1 s, 2 s) */
#define SCAN_ITEMS_INLINE 8	      /* slots inside the owner; 3/4 of them are used */
#define SCAN_BLOCK_TIERS 2

enum scan_outcome {
	SCAN_TRIED, /* nothing came back yet */
	SCAN_REFUSED,
	SCAN_ANSWERED,
};

struct scan_item {
	struct addr addr; /* a host; or a port in the last two bytes */
	uint32_t hash;	  /* 0: free slot */
	uint32_t outcome : 2;
	uint32_t tick : 30; /* of the first attempt; wraps, as do differences of it */
};

struct scan_items {
	struct scan_item *slots;
	uint32_t block; /* of the pool, when tier > 0 */
	uint16_t slot_count, count;
	uint8_t depth, tier;
};

/* Blocks of 64 and of 2048 slots, taken at start. */
struct scan_pool {
	struct scan_item *blocks[SCAN_BLOCK_TIERS];
	uint32_t *free[SCAN_BLOCK_TIERS]; /* a stack of block numbers */
	uint32_t free_count[SCAN_BLOCK_TIERS], block_count[SCAN_BLOCK_TIERS];
	struct scan_item *scratch; /* as many slots as the biggest block has */
};

/* How many, estimated when depth > 0. tried = failed + answered; what may still be answered is in
 * none. */
struct scan_tally {
	uint32_t tried, failed, answered, refused;
};

/* counts: how many blocks of each tier, >= 1. -ENOMEM. */
int scan_pool_open(struct scan_pool *pool, const uint32_t counts[SCAN_BLOCK_TIERS]);
void scan_pool_close(struct scan_pool *pool);

/* All blocks are free again; for when every owner is forgotten at once. */
void scan_pool_reset(struct scan_pool *pool);

/* An empty set over SCAN_ITEMS_INLINE zeroed slots of its owner. */
void scan_items_init(struct scan_items *items, struct scan_item *inline_slots);

/* Gives its block back. The set is then unusable until the next init. */
void scan_items_release(struct scan_items *items, struct scan_pool *pool);

/* Notes an attempt, or what became of one; an answer outweighs a refusal outweighs an attempt.
 * hash: that of hash_addr(). tick: scan_tick() of now; the first one stays. */
void scan_items_note(struct scan_items *items, struct scan_pool *pool, const struct addr *addr,
	uint64_t hash, enum scan_outcome outcome, uint32_t tick);

/* Forgets what was tried longer than that many ticks ago; a sampled set is emptied, so that it
 * becomes exact. */
void scan_items_forget(struct scan_items *items, struct scan_pool *pool,
	struct scan_item *inline_slots, uint32_t tick, uint32_t ticks);

/* Members, estimated when depth > 0. */
static inline uint32_t scan_items_count(const struct scan_items *items)
{
	return (uint32_t)items->count << items->depth;
}

/* Is it among the failed at that time? */
bool scan_item_failed(const struct scan_item *item, uint32_t tick);

struct scan_tally scan_items_tally(const struct scan_items *items, uint32_t tick);

static inline uint32_t scan_tick(int64_t time_ns)
{
	return (uint32_t)(uint64_t)(time_ns / SCAN_TICK_NS) & 0x3fffffff;
}

/* Ticks from then to now, going round. */
static inline uint32_t scan_ticks_since(uint32_t then, uint32_t now)
{
	return (now - then) & 0x3fffffff;
}

#endif
