/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/store.c - the mitigations there are and were, in the order of their ids.
 *
 * A fixed pool. An id is the time of birth in µs, or one more than the last when that is not more,
 * so that ids only grow, whatever the clock does and however often weir is started. Those that have
 * ended stay for an hour, or until their room is needed.
 */
#include <errno.h>
#include <stdlib.h>

#include "decide/decide_internal.h"

int store_open(struct store *store)
{
	*store = (struct store){ 0 };
	store->entries = calloc(MITIGATIONS_MAX, sizeof(*store->entries));
	store->spare = calloc(MITIGATIONS_MAX, sizeof(struct entry *));
	store->sorted = calloc(MITIGATIONS_MAX, sizeof(struct mitigation *));
	if (!store->entries || !store->spare || !store->sorted) {
		store_close(store);
		return -ENOMEM;
	}
	for (unsigned i = MITIGATIONS_MAX; i-- > 0;)
		store->spare[store->spare_count++] = &store->entries[i];
	return 0;
}

void store_close(struct store *store)
{
	free(store->entries);
	free(store->spare);
	free(store->sorted);
	*store = (struct store){ 0 };
}

/* Position of the first that is not below the id. */
static unsigned position_of(const struct store *store, uint64_t id)
{
	unsigned low = 0, high = store->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (store->sorted[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct entry *store_find(const struct store *store, uint64_t id)
{
	unsigned at = position_of(store, id);

	return at < store->count && store->sorted[at]->id == id ? store_at(store, at) : NULL;
}

static bool has_ended(const struct entry *entry)
{
	return !mitigation_is_live(&entry->mitigation) && !entry->pending;
}

static void remove_at(struct store *store, unsigned at)
{
	store->spare[store->spare_count++] = store_at(store, at);
	store->count--;
	for (; at < store->count; at++)
		store->sorted[at] = store->sorted[at + 1];
}

static void forget_oldest(struct store *store)
{
	for (unsigned i = 0; i < store->count; i++)
		if (has_ended(store_at(store, i))) {
			remove_at(store, i);
			return;
		}
}

void store_forget(struct store *store, int64_t now_ns)
{
	for (unsigned i = store->count; i-- > 0;)
		if (has_ended(store_at(store, i)) &&
			now_ns - store->sorted[i]->ended_ns > ENDED_KEPT_NS)
			remove_at(store, i);
}

struct entry *store_add(struct store *store, uint64_t id, int64_t now_ns, unsigned reserve)
{
	struct entry *entry;
	unsigned at;

	if (id == 0) {
		id = now_ns > 0 ? (uint64_t)now_ns / 1000 : 0;
		id = id > store->last_id ? id : store->last_id + 1;
	}
	if (store_find(store, id))
		return NULL;
	while (store->spare_count <= reserve) {
		unsigned before = store->spare_count;

		forget_oldest(store);
		if (store->spare_count == before)
			return NULL;
	}
	entry = store->spare[--store->spare_count];
	*entry = (struct entry){ .mitigation = { .id = id } };
	at = position_of(store, id);
	for (unsigned i = store->count++; i > at; i--)
		store->sorted[i] = store->sorted[i - 1];
	store->sorted[at] = &entry->mitigation;
	store->last_id = id > store->last_id ? id : store->last_id;
	return entry;
}

struct entry *store_live(const struct store *store, enum verb verb, const struct addr *whom,
	unsigned bits, uint32_t class)
{
	for (unsigned i = 0; i < store->count; i++) {
		const struct mitigation *m = store->sorted[i];

		if (m->verb == verb && mitigation_is_live(m) && m->bits == bits &&
			addr_equal(&m->whom, whom) && m->class == class)
			return store_at(store, i);
	}
	return NULL;
}

bool store_is_vetoed(const struct store *store, enum verb verb, const struct addr *whom)
{
	for (unsigned i = 0; i < store->count; i++)
		if (store->sorted[i]->verb == verb && store_at(store, i)->is_vetoed &&
			addr_equal(&store->sorted[i]->whom, whom))
			return true;
	return false;
}

unsigned store_count_live(const struct store *store, enum verb verb)
{
	unsigned count = 0;

	for (unsigned i = 0; i < store->count; i++)
		count += store->sorted[i]->verb == verb && mitigation_is_live(store->sorted[i]);
	return count;
}
