/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/keyed.h - a capped table of things with a key, cheap to walk, to merge and to empty.
 *
 * Set-associative: a key may stand in the eight places of one set only, whose hashes share a
 * cache line; so a miss costs one line, no chain can grow, and a thing never moves. A list of the
 * places in use makes walking and emptying cost what was used, not what there is room for. When a
 * set is full the lightest thing in it gives way, if it weighs no more than the newcomer: the
 * owner keeps the weights, so "the least goes first" is his to define.
 *
 * An entry is a struct that begins with struct keyed_head and goes on with its key (no padding of
 * unknown content in the key: it is hashed and compared as bytes).
 */
#ifndef WEIR_LIB_KEYED_H
#define WEIR_LIB_KEYED_H

#include <stddef.h>
#include <stdint.h>

#define KEYED_WAYS 8

struct keyed_head {
	uint64_t weight;
	uint32_t place;	   /* its number */
	uint32_t position; /* of that number in the list of those in use */
};

struct keyed {
	uint64_t *hashes; /* by place; 0: free */
	uint8_t *entries; /* by place */
	uint32_t
		*used; /* places in use, in the order they were taken as long as none was removed */
	uint32_t count;
	uint32_t set_mask;
	uint32_t entry_size, key_size;
	uint64_t seed;
	uint64_t evicted; /* gave way to others */
	uint64_t refused; /* found every place of their set taken by heavier ones */
};

/* An empty table of places (a power of two >= 8) for entries of entry_size, with keys of
 * key_size. -ENOMEM. */
int keyed_open(
	struct keyed *table, uint32_t places, size_t entry_size, size_t key_size, uint64_t seed);

/* Fine on one that is all zero. */
void keyed_close(struct keyed *table);

/* Of a key, with the table's seed; never 0. */
uint64_t keyed_hash(const struct keyed *table, const void *key);

/* Asks for the set of that hash, which is looked into soon: the memory comes meanwhile. */
static inline void keyed_prefetch(const struct keyed *table, uint64_t hash)
{
	__builtin_prefetch(&table->hashes[((uint32_t)(hash >> 32) & table->set_mask) * KEYED_WAYS]);
}

/* The entry of that key, or NULL. hash is keyed_hash() of a table with the same seed and key
 * size. */
void *keyed_find_hashed(const struct keyed *table, const void *key, uint64_t hash);

/* The entry of that key, or a new one, zeroed but for head and key, with weight 0. NULL when its
 * set is full of heavier ones; weight 0 pushes nothing out. */
void *keyed_take_hashed(struct keyed *table, const void *key, uint64_t hash, uint64_t weight);

static inline void *keyed_find(const struct keyed *table, const void *key)
{
	return table->count ? keyed_find_hashed(table, key, keyed_hash(table, key)) : NULL;
}

static inline void *keyed_take(struct keyed *table, const void *key, uint64_t weight)
{
	return keyed_take_hashed(table, key, keyed_hash(table, key), weight);
}

/* The i-th entry in use, i < count. Stays where it is until it is removed, gives way, or all is
 * cleared. */
static inline void *keyed_at(const struct keyed *table, uint32_t i)
{
	return table->entries + (size_t)table->used[i] * table->entry_size;
}

/* Its hash, for use with another table of the same seed and key size. */
static inline uint64_t keyed_hash_of(const struct keyed *table, const void *entry)
{
	const struct keyed_head *head = entry;

	return table->hashes[head->place];
}

/* Frees the place of an entry; the last of the list takes its position there. */
void keyed_remove(struct keyed *table, void *entry);

/* Empties it at the cost of what was in use. */
void keyed_clear(struct keyed *table);

/* A weight for long-lived entries: those silent for longer than a dozen seconds are lighter than
 * all others, then the amount decides. */
static inline uint64_t keyed_weight(int64_t last_ns, uint64_t amount)
{
	uint64_t age = last_ns > 0 ? (uint64_t)last_ns >> 33 : 0; /* steps of 8.6 s */

	return (age + 1) << 28 | (amount < 1U << 28 ? amount : (1U << 28) - 1);
}

#endif
