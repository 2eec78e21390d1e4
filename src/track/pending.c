/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/pending.c - the buckets of pending.h. */
#include "track/pending.h"

#include <errno.h>

#include "lib/pages.h"

int pending_open(struct pending_table *table, uint32_t entries, bool is_huge)
{
	uint32_t buckets = 1;
	struct pending *memory;

	while (buckets * PENDING_WAYS < entries && buckets < 1U << 28)
		buckets *= 2;
	memory = pages_take((size_t)buckets * PENDING_WAYS * sizeof(*memory), is_huge);
	if (!memory)
		return -ENOMEM;
	*table = (struct pending_table){ .entries = memory, .bucket_mask = buckets - 1 };
	return 0;
}

void pending_close(struct pending_table *table)
{
	pages_give(table->entries,
		((size_t)table->bucket_mask + 1) * PENDING_WAYS * sizeof(*table->entries));
	table->entries = NULL;
}

/* Ticks since its last packet. Packet time does not go back while the table lives; one that is a
 * little in the future all the same has spoken just now. */
static uint32_t silence(const struct pending *entry, uint32_t now_tick)
{
	uint32_t silent = now_tick - entry->last_tick;

	return silent < UINT32_MAX - PENDING_IDLE_TICKS ? silent : 0;
}

static bool is_idle(const struct pending *entry, uint32_t now_tick)
{
	return silence(entry, now_tick) > PENDING_IDLE_TICKS;
}

struct pending *pending_find(const struct pending_table *table, uint64_t hash, uint32_t now_tick)
{
	struct pending *bucket = pending_bucket(table, hash);

	for (unsigned way = 0; way < PENDING_WAYS; way++)
		if (bucket[way].hash == hash && bucket[way].state != PENDING_FREE)
			return is_idle(&bucket[way], now_tick) ? NULL : &bucket[way];
	return NULL;
}

/* How dispensable: higher goes first. Idle and over, then one-packet entries, then the rest, each
 * by the time they have been silent. */
static uint64_t dispensability(const struct pending *entry, uint32_t now_tick)
{
	uint32_t silent = silence(entry, now_tick);
	unsigned rank;

	if (entry->state == PENDING_OVER || silent > PENDING_IDLE_TICKS)
		rank = 3;
	else if (entry->packets[0] + entry->packets[1] <= 1)
		rank = 2;
	else
		rank = 1;
	return (uint64_t)rank << 32 | silent;
}

struct pending *pending_make(struct pending_table *table, uint64_t hash, uint32_t now_tick)
{
	struct pending *bucket = pending_bucket(table, hash), *victim = NULL;
	uint64_t most = 0;

	for (unsigned way = 0; way < PENDING_WAYS; way++) {
		uint64_t dispensable;

		/* An idle entry of the same key is overwritten, so that a key never stands
		 * twice. */
		if (bucket[way].state == PENDING_FREE || bucket[way].hash == hash) {
			victim = &bucket[way];
			most = UINT64_MAX;
			if (bucket[way].hash == hash)
				break;
			continue;
		}
		dispensable = dispensability(&bucket[way], now_tick);
		if (!victim || dispensable > most) {
			victim = &bucket[way];
			most = dispensable;
		}
	}
	table->made++;
	table->evicted += most >> 32 < 3;
	*victim = (struct pending){ .hash = hash, .first_tick = now_tick, .last_tick = now_tick };
	return victim;
}
