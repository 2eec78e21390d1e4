/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/scan_table.c - a set-associative table of probes; see scan_table.h. */
#include "detect/scan_table.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash.h"

#define BITS_A_WORD 64
#define CACHE_LINE 64

int scan_table_open(struct scan_table *table, uint32_t count, int64_t keep_ns, uint64_t seed)
{
	const uint32_t blocks[SCAN_BLOCK_TIERS] = { count / 16, count / 256 };

	*table = (struct scan_table){ .count = count, .seed = seed, .keep_ns = keep_ns };
	if (scan_pool_open(&table->pool, blocks) < 0)
		return -ENOMEM;
	table->places = aligned_alloc(CACHE_LINE, count * sizeof(*table->places));
	table->probes = calloc(count, sizeof(*table->probes));
	table->watched = calloc(count / BITS_A_WORD, sizeof(*table->watched));
	if (!table->places || !table->probes || !table->watched) {
		scan_table_close(table);
		return -ENOMEM;
	}
	memset(table->places, 0, count * sizeof(*table->places));
	return 0;
}

void scan_table_close(struct scan_table *table)
{
	free(table->places);
	free(table->probes);
	free(table->watched);
	scan_pool_close(&table->pool);
	*table = (struct scan_table){ .probes = NULL };
}

/* Where a key may stand: the first place of its set, and its mark. */
struct spot {
	uint32_t first, mark;
};

static struct spot spot_of(const struct scan_table *table, const struct scan_key *key)
{
	uint64_t hash = hash_bytes(key, sizeof(*key), table->seed);

	return (struct spot){ ((uint32_t)hash & (table->count / SCAN_WAYS - 1)) * SCAN_WAYS,
		(uint32_t)(hash >> 32) | 1 };
}

static struct scan_probe *find_at(
	struct scan_table *table, struct spot spot, const struct scan_key *key)
{
	for (uint32_t i = spot.first; i < spot.first + SCAN_WAYS; i++)
		if (table->places[i].mark == spot.mark &&
			memcmp(&table->probes[i].key, key, sizeof(*key)) == 0)
			return &table->probes[i];
	return NULL;
}

struct scan_probe *scan_table_find(struct scan_table *table, const struct scan_key *key)
{
	return find_at(table, spot_of(table, key), key);
}

void scan_table_prefetch(const struct scan_table *table, const struct scan_key *key)
{
	__builtin_prefetch(&table->places[spot_of(table, key).first]);
}

/* Whoever has got least far goes first; those that are over have got nowhere. */
static uint32_t weight_at(const struct scan_table *table, uint32_t i, int64_t now_ns)
{
	const struct scan_place *place = &table->places[i];

	return place->mark == 0 || now_ns - place->last_ns > table->keep_ns ? 0 : place->weight;
}

static uint32_t least_of(const struct scan_table *table, uint32_t first, int64_t now_ns)
{
	uint32_t least = first, least_weight = weight_at(table, first, now_ns);

	for (uint32_t i = first + 1; i < first + SCAN_WAYS; i++) {
		uint32_t weight = weight_at(table, i, now_ns);

		if (weight > least_weight ||
			(weight == least_weight &&
				table->places[i].last_ns >= table->places[least].last_ns))
			continue;
		least = i;
		least_weight = weight;
	}
	return least;
}

static void forget(struct scan_table *table, uint32_t i, int64_t now_ns)
{
	if (table->places[i].mark == 0)
		return;
	table->evicted += now_ns - table->places[i].last_ns <= table->keep_ns;
	scan_table_unwatch(table, &table->probes[i]);
	scan_items_release(&table->probes[i].items, &table->pool);
}

struct scan_probe *scan_table_take(
	struct scan_table *table, const struct scan_key *key, int64_t now_ns)
{
	struct spot spot = spot_of(table, key);
	struct scan_probe *probe = find_at(table, spot, key);
	uint32_t i;

	if (probe)
		return probe;
	i = least_of(table, spot.first, now_ns);
	forget(table, i, now_ns);
	probe = &table->probes[i];
	memset(probe, 0, sizeof(*probe));
	probe->key = *key;
	probe->first_ns = now_ns;
	probe->last_ns = now_ns;
	probe->forgot_ns = now_ns;
	scan_items_init(&probe->items, probe->slots);
	table->places[i] = (struct scan_place){ .mark = spot.mark, .last_ns = now_ns };
	return probe;
}

static uint32_t index_of(const struct scan_table *table, const struct scan_probe *probe)
{
	return (uint32_t)(probe - table->probes);
}

void scan_table_weigh(struct scan_table *table, const struct scan_probe *probe)
{
	struct scan_place *place = &table->places[index_of(table, probe)];

	place->weight =
		probe->key.aim == AIM_SOURCE ? probe->attempts : scan_items_count(&probe->items);
	place->last_ns = probe->last_ns;
}

void scan_table_watch(struct scan_table *table, const struct scan_probe *probe)
{
	uint32_t index = index_of(table, probe);

	table->watched[index / BITS_A_WORD] |= 1ULL << index % BITS_A_WORD;
}

void scan_table_unwatch(struct scan_table *table, const struct scan_probe *probe)
{
	uint32_t index = index_of(table, probe);

	table->watched[index / BITS_A_WORD] &= ~(1ULL << index % BITS_A_WORD);
}

struct scan_probe *scan_table_next_watched(struct scan_table *table, uint32_t *index)
{
	while (*index < table->count) {
		uint64_t left = table->watched[*index / BITS_A_WORD] >> *index % BITS_A_WORD;

		if (left == 0) {
			*index = (*index / BITS_A_WORD + 1) * BITS_A_WORD;
			continue;
		}
		*index += (uint32_t)__builtin_ctzll(left) + 1;
		return &table->probes[*index - 1];
	}
	return NULL;
}

void scan_table_reset(struct scan_table *table)
{
	memset(table->watched, 0, table->count / BITS_A_WORD * sizeof(*table->watched));
	memset(table->places, 0, table->count * sizeof(*table->places));
	scan_pool_reset(&table->pool);
}

void scan_top_note(struct scan_top *top, uint16_t port)
{
	unsigned free_at = SCAN_TOP_PORTS;

	for (unsigned i = 0; i < SCAN_TOP_PORTS; i++) {
		if (top->count[i] == 0) {
			free_at = i;
		} else if (top->port[i] == port) {
			top->count[i]++;
			return;
		}
	}
	if (free_at == SCAN_TOP_PORTS) {
		for (unsigned i = 0; i < SCAN_TOP_PORTS; i++)
			top->count[i]--;
		return;
	}
	top->count[free_at] = 1;
	top->port[free_at] = port;
}

uint32_t scan_top_of(const struct scan_top *top, uint16_t port)
{
	for (unsigned i = 0; i < SCAN_TOP_PORTS; i++)
		if (top->count[i] > 0 && top->port[i] == port)
			return top->count[i];
	return 0;
}

uint32_t scan_top_four(const struct scan_top *top)
{
	uint32_t sum = 0;
	bool is_taken[SCAN_TOP_PORTS] = { false };

	for (unsigned round = 0; round < 4; round++) {
		unsigned best = 0;

		for (unsigned i = 1; i < SCAN_TOP_PORTS; i++)
			if (is_taken[best] || (!is_taken[i] && top->count[i] > top->count[best]))
				best = i;
		sum += is_taken[best] ? 0 : top->count[best];
		is_taken[best] = true;
	}
	return sum;
}

void scan_top_halve(struct scan_top *top)
{
	for (unsigned i = 0; i < SCAN_TOP_PORTS; i++)
		top->count[i] /= 2;
}
