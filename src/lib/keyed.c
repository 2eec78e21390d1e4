/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/keyed.c - sets of eight places; see keyed.h. */
#include "lib/keyed.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash.h"

/* Kept out of line: the compiler cannot know that a small key does not take the ways of a long
 * one, and warns of them. */
__attribute__((noinline)) uint64_t keyed_hash(const struct keyed *table, const void *key)
{
	uint64_t hash = table->key_size == sizeof(struct addr)
				? hash_addr(key, table->seed)
				: hash_bytes(key, table->key_size, table->seed);

	return hash ? hash : 1;
}

int keyed_open(
	struct keyed *table, uint32_t places, size_t entry_size, size_t key_size, uint64_t seed)
{
	size_t hash_bytes = places * sizeof(*table->hashes);

	*table = (struct keyed){
		.set_mask = places / KEYED_WAYS - 1,
		.entry_size = (uint32_t)entry_size,
		.key_size = (uint32_t)key_size,
		.seed = seed,
	};
	table->hashes = aligned_alloc(KEYED_WAYS * sizeof(*table->hashes), hash_bytes);
	table->entries = calloc(places, entry_size);
	table->used = calloc(places, sizeof(*table->used));
	if (!table->hashes || !table->entries || !table->used) {
		keyed_close(table);
		return -ENOMEM;
	}
	memset(table->hashes, 0, hash_bytes);
	return 0;
}

void keyed_close(struct keyed *table)
{
	free(table->hashes);
	free(table->entries);
	free(table->used);
	*table = (struct keyed){ 0 };
}

static void *entry_at(const struct keyed *table, uint32_t place)
{
	return table->entries + (size_t)place * table->entry_size;
}

/* First place of the set of that hash: its upper half, the lower may choose something else. */
static uint32_t set_of(const struct keyed *table, uint64_t hash)
{
	return ((uint32_t)(hash >> 32) & table->set_mask) * KEYED_WAYS;
}

static int has_key(const struct keyed *table, uint32_t place, const void *key)
{
	const uint8_t *at = (const uint8_t *)entry_at(table, place) + sizeof(struct keyed_head);

	/* Most keys are addresses, and these are compared without a call. */
	return table->key_size == sizeof(struct addr) ? memcmp(at, key, sizeof(struct addr)) == 0
						      : memcmp(at, key, table->key_size) == 0;
}

/* Which ways of the set have this hash, as bits: where in the set something stands is chance, so a
 * branch a way would be guessed wrong. */
static uint32_t ways_with(const struct keyed *table, uint32_t first, uint64_t hash)
{
	uint32_t ways = 0;

	for (uint32_t way = 0; way < KEYED_WAYS; way++)
		ways |= (uint32_t)(table->hashes[first + way] == hash) << way;
	return ways;
}

void *keyed_find_hashed(const struct keyed *table, const void *key, uint64_t hash)
{
	uint32_t first = set_of(table, hash);

	for (uint32_t ways = ways_with(table, first, hash); ways; ways &= ways - 1) {
		uint32_t place = first + (uint32_t)__builtin_ctz(ways);

		if (has_key(table, place, key))
			return entry_at(table, place);
	}
	return NULL;
}

static void *occupy(struct keyed *table, uint32_t place, const void *key, uint64_t hash)
{
	struct keyed_head *head = entry_at(table, place);

	memset(head, 0, table->entry_size);
	head->place = place;
	head->position = table->count;
	memcpy((uint8_t *)head + sizeof(*head), key, table->key_size);
	table->hashes[place] = hash;
	table->used[table->count++] = place;
	return head;
}

static struct keyed_head *lightest(const struct keyed *table, uint32_t first)
{
	struct keyed_head *lightest = entry_at(table, first);

	for (uint32_t place = first + 1; place < first + KEYED_WAYS; place++) {
		struct keyed_head *head = entry_at(table, place);

		if (head->weight < lightest->weight)
			lightest = head;
	}
	return lightest;
}

void *keyed_take_hashed(struct keyed *table, const void *key, uint64_t hash, uint64_t weight)
{
	uint32_t first = set_of(table, hash), place, vacant;
	struct keyed_head *victim;
	void *entry = keyed_find_hashed(table, key, hash);

	if (entry)
		return entry;
	vacant = ways_with(table, first, 0);
	if (vacant)
		return occupy(table, first + (uint32_t)__builtin_ctz(vacant), key, hash);
	victim = weight > 0 ? lightest(table, first) : NULL;
	if (!victim || victim->weight > weight) {
		table->refused++;
		return NULL;
	}
	place = victim->place;
	keyed_remove(table, victim);
	table->evicted++;
	return occupy(table, place, key, hash);
}

void keyed_remove(struct keyed *table, void *entry)
{
	struct keyed_head *head = entry, *last = keyed_at(table, table->count - 1);

	table->hashes[head->place] = 0;
	table->used[head->position] = last->place;
	last->position = head->position;
	table->count--;
}

void keyed_clear(struct keyed *table)
{
	for (uint32_t i = 0; i < table->count; i++)
		table->hashes[table->used[i]] = 0;
	table->count = 0;
}
