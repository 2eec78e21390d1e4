/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_index.c - which mitigation lies where, and the small tools of the gate's files.
 *
 * An open-addressing table by id, at most half full, that doubles; removal shifts back what
 * follows, so there are no tombstones and a table that was full once is as quick as a new one. Ids
 * come from the process that reads packets, so they are hashed with a secret seed.
 */
#include "respond/gate_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/hash.h"

#define INDEX_PLACES_FIRST 256
#define EXPIRED_AT_ONCE 256 /* collected before they are removed, as removing moves others */

int gate_index_open(struct gate_index *index)
{
	*index = (struct gate_index){ .mask = INDEX_PLACES_FIRST - 1 };
	if (getrandom(&index->seed, sizeof(index->seed), 0) != sizeof(index->seed))
		return -EIO;
	index->entries = calloc(INDEX_PLACES_FIRST, sizeof(*index->entries));
	return index->entries ? 0 : -ENOMEM;
}

void gate_index_close(struct gate_index *index)
{
	free(index->entries);
	*index = (struct gate_index){ 0 };
}

static uint32_t home(const struct gate_index *index, uint64_t mitigation)
{
	return (uint32_t)hash_bytes(&mitigation, sizeof(mitigation), index->seed) & index->mask;
}

/* The place of that id, or the free one where it would go. */
static struct gate_entry *place(const struct gate_index *index, uint64_t mitigation)
{
	uint32_t at = home(index, mitigation);

	while (index->entries[at].mitigation && index->entries[at].mitigation != mitigation)
		at = (at + 1) & index->mask;
	return &index->entries[at];
}

struct gate_entry *gate_index_find(const struct gate_index *index, uint64_t mitigation)
{
	struct gate_entry *entry;

	if (!mitigation || !index->entries)
		return NULL;
	entry = place(index, mitigation);
	return entry->mitigation ? entry : NULL;
}

static int grow(struct gate_index *index)
{
	struct gate_index wider = { .mask = index->mask * 2 + 1, .seed = index->seed };

	wider.entries = calloc((size_t)wider.mask + 1, sizeof(*wider.entries));
	if (!wider.entries)
		return -ENOMEM;
	for (uint32_t i = 0; i <= index->mask; i++)
		if (index->entries[i].mitigation)
			*place(&wider, index->entries[i].mitigation) = index->entries[i];
	wider.count = index->count;
	free(index->entries);
	*index = wider;
	return 0;
}

struct gate_entry *gate_index_add(struct gate_index *index, uint64_t mitigation)
{
	struct gate_entry *entry;

	if (!mitigation || (index->count >= index->mask / 2 && grow(index)))
		return NULL;
	entry = place(index, mitigation);
	*entry = (struct gate_entry){ .mitigation = mitigation };
	index->count++;
	return entry;
}

void gate_index_remove(struct gate_index *index, uint64_t mitigation)
{
	struct gate_entry *entry = gate_index_find(index, mitigation);
	uint32_t hole, next;

	if (!entry)
		return;
	hole = next = (uint32_t)(entry - index->entries);
	index->count--;
	/* What follows moves into the hole unless its home lies behind it. */
	for (;;) {
		uint32_t wanted;

		next = (next + 1) & index->mask;
		if (!index->entries[next].mitigation)
			break;
		wanted = home(index, index->entries[next].mitigation);
		if (((next - wanted) & index->mask) < ((next - hole) & index->mask))
			continue;
		index->entries[hole] = index->entries[next];
		hole = next;
	}
	index->entries[hole] = (struct gate_entry){ 0 };
}

unsigned gate_index_expired(
	const struct gate_index *index, uint64_t now_ns, uint64_t *ids, unsigned cap)
{
	unsigned count = 0;

	for (uint32_t i = 0; i <= index->mask && count < cap; i++)
		if (index->entries[i].mitigation && index->entries[i].expires_ns <= now_ns)
			ids[count++] = index->entries[i].mitigation;
	return count;
}

void gate_index_list(struct gate_index *index, uint64_t now_ns,
	void (*call)(void *context, uint64_t mitigation, enum verb verb,
		const struct wire_prefix *prefix, uint64_t expires_ns),
	void *context)
{
	uint64_t ids[EXPIRED_AT_ONCE];
	unsigned count;

	for (uint32_t i = 0; call && i <= index->mask; i++) {
		const struct gate_entry *entry = &index->entries[i];

		if (entry->mitigation && entry->expires_ns > now_ns)
			call(context, entry->mitigation, entry->verb, &entry->prefix,
				entry->expires_ns);
	}
	do {
		count = gate_index_expired(index, now_ns, ids, EXPIRED_AT_ONCE);
		for (unsigned i = 0; i < count; i++)
			gate_index_remove(index, ids[i]);
	} while (count == EXPIRED_AT_ONCE);
}

void *gate_array_add(struct gate_array *array, size_t size)
{
	char *added;

	if (array->count == array->room) {
		uint32_t room = array->room ? array->room * 2 : 16;
		void *list = reallocarray(array->list, room, size);

		if (!list)
			return NULL;
		array->list = list;
		array->room = room;
	}
	added = (char *)array->list + array->count++ * size;
	memset(added, 0, size);
	return added;
}

void gate_array_remove(struct gate_array *array, size_t size, uint32_t position)
{
	char *at = (char *)array->list + position * size;

	memmove(at, at + size, (--array->count - position) * size);
}

void gate_array_close(struct gate_array *array)
{
	free(array->list);
	*array = (struct gate_array){ 0 };
}

bool gate_prefix_equal(const struct wire_prefix *a, const struct wire_prefix *b)
{
	return a->bits == b->bits && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

static struct addr masked(const struct wire_prefix *prefix, unsigned bits)
{
	struct addr addr = addr_from_v6(prefix->addr.byte);

	return addr_mask(&addr, bits);
}

bool gate_prefix_holds(const struct wire_prefix *outer, const struct wire_prefix *inner)
{
	struct addr cut, own = masked(outer, outer->bits);

	if (outer->bits > inner->bits)
		return false;
	cut = masked(inner, outer->bits);
	return addr_equal(&cut, &own);
}

bool gate_prefix_is_sound(const struct wire_prefix *prefix)
{
	static const struct wire_prefix all_v4 = { .bits = ADDR_V4_BITS,
		.addr.byte = { [10] = 0xff, [11] = 0xff } };
	struct addr cut, own = addr_from_v6(prefix->addr.byte);

	if (prefix->bits > 128)
		return false;
	cut = masked(prefix, prefix->bits);
	return addr_equal(&cut, &own) &&
	       (prefix->bits >= ADDR_V4_BITS || !gate_prefix_holds(prefix, &all_v4));
}
