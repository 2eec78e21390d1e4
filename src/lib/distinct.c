/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/distinct.c - adaptive sampling in an open-addressing table; see distinct.h. */
#include "lib/distinct.h"

void distinct_init(struct distinct *d, struct distinct_entry *slots, uint32_t slot_count)
{
	*d = (struct distinct){ .slots = slots, .slot_count = slot_count };
}

static int is_kept(uint64_t hash, uint32_t depth)
{
	return (hash & ((1ULL << depth) - 1)) == 0;
}

/* The low bits decide what is kept, so the place comes from the high ones. */
static uint32_t place_of(const struct distinct *d, uint64_t hash)
{
	return (uint32_t)(hash >> 32) & (d->slot_count - 1);
}

static void insert(struct distinct *d, const struct distinct_entry *entry)
{
	uint32_t mask = d->slot_count - 1;

	for (uint32_t i = place_of(d, entry->hash);; i = (i + 1) & mask) {
		struct distinct_entry *slot = &d->slots[i];

		if (slot->hash == entry->hash) {
			slot->packets += entry->packets;
			return;
		}
		if (slot->hash == 0) {
			*slot = *entry;
			d->count++;
			return;
		}
	}
}

/* Moves the entry at i to where it is found now that earlier slots may have become free. */
static void reseat(struct distinct *d, uint32_t i)
{
	struct distinct_entry entry = d->slots[i];

	d->slots[i].hash = 0;
	d->count--;
	insert(d, &entry);
}

static void deepen(struct distinct *d)
{
	uint32_t start = 0;

	d->depth++;
	for (uint32_t i = 0; i < d->slot_count; i++) {
		if (d->slots[i].hash != 0 && !is_kept(d->slots[i].hash, d->depth)) {
			d->slots[i].hash = 0;
			d->count--;
		}
	}
	/* Start behind a free slot, so that no run of entries is entered in its middle. */
	while (d->slots[start].hash != 0)
		start++;
	for (uint32_t k = 1; k < d->slot_count; k++) {
		uint32_t i = (start + k) & (d->slot_count - 1);

		if (d->slots[i].hash != 0)
			reseat(d, i);
	}
}

static void add_entry(struct distinct *d, const struct distinct_entry *entry)
{
	if (!is_kept(entry->hash, d->depth))
		return;
	insert(d, entry);
	while (d->count > d->slot_count / 4 * 3)
		deepen(d);
}

void distinct_add(struct distinct *d, const struct addr *addr, uint64_t hash, uint64_t packets)
{
	/* 0 marks a free slot. An odd stand-in would be dropped first; bit 63 alone is kept
	 * longest. */
	struct distinct_entry entry = { *addr, hash ? hash : 1ULL << 63, packets };

	add_entry(d, &entry);
}

void distinct_merge(struct distinct *d, const struct distinct *other)
{
	if (other->count == 0 && other->depth <= d->depth)
		return;
	while (d->depth < other->depth)
		deepen(d);
	for (uint32_t i = 0; i < other->slot_count; i++)
		if (other->slots[i].hash != 0)
			add_entry(d, &other->slots[i]);
}

void distinct_clear(struct distinct *d)
{
	if (d->count > 0)
		memset(d->slots, 0, distinct_bytes(d->slot_count));
	d->count = 0;
	d->depth = 0;
}

/* Is a listed before b? */
static int ranks_before(const struct distinct_entry *a, const struct distinct_entry *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets;
	return addr_compare(&a->addr, &b->addr) < 0;
}

/* out[0..count) is a heap whose root ranks last; restores it after the root changed. */
static void sift_down(struct distinct_entry *heap, unsigned count, unsigned at)
{
	for (;;) {
		unsigned last = at;

		for (unsigned child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
			if (ranks_before(&heap[last], &heap[child]))
				last = child;
		if (last == at)
			return;
		struct distinct_entry held = heap[at];

		heap[at] = heap[last];
		heap[last] = held;
		at = last;
	}
}

static void sort_heap(struct distinct_entry *heap, unsigned count)
{
	while (count > 1) {
		struct distinct_entry last = heap[0];

		heap[0] = heap[--count];
		heap[count] = last;
		sift_down(heap, count, 0);
	}
}

unsigned distinct_top(const struct distinct *d, struct distinct_entry *out, unsigned cap)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < d->slot_count && cap > 0; i++) {
		const struct distinct_entry *entry = &d->slots[i];

		if (entry->hash == 0)
			continue;
		if (count < cap) {
			out[count++] = *entry;
			for (unsigned k = count == cap ? count / 2 : 0; k-- > 0;)
				sift_down(out, count, k);
		} else if (ranks_before(entry, &out[0])) {
			out[0] = *entry;
			sift_down(out, count, 0);
		}
	}
	for (unsigned k = count < cap ? count / 2 : 0; k-- > 0;)
		sift_down(out, count, k);
	sort_heap(out, count);
	return count;
}
