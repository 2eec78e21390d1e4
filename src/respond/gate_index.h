/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_index.h - which mitigation lies where: a table by id, and small tools for prefixes.
 *
 * Used by each responder for what it has in force.
 */
#ifndef WEIR_RESPOND_GATE_INDEX_H
#define WEIR_RESPOND_GATE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

/* Where a mitigation lies: its verb and prefix give map and key. */
struct gate_entry {
	uint64_t mitigation; /* 0: free place */
	uint64_t expires_ns;
	struct wire_prefix prefix;
	uint32_t verb;
};

struct gate_index {
	struct gate_entry *entries;
	uint32_t count, mask; /* places less one; 0 without entries */
	uint64_t seed;
};

/* A growing array of one kind of record; see gate_array_add. */
struct gate_array {
	void *list;
	uint32_t count, room;
};

int gate_index_open(struct gate_index *index);
void gate_index_close(struct gate_index *index);
struct gate_entry *gate_index_find(const struct gate_index *index, uint64_t mitigation);
/* A new entry with that id, which must not be in it. NULL: no memory, or id 0. */
struct gate_entry *gate_index_add(struct gate_index *index, uint64_t mitigation);
void gate_index_remove(struct gate_index *index, uint64_t mitigation);
/* Calls for those that have not run out at now_ns (call may be NULL), then removes the others. */
void gate_index_list(struct gate_index *index, uint64_t now_ns,
	void (*call)(void *context, uint64_t mitigation, enum verb verb,
		const struct wire_prefix *prefix, uint64_t expires_ns),
	void *context);
/* Ids of those that have run out, at most cap; how many. */
unsigned gate_index_expired(
	const struct gate_index *index, uint64_t now_ns, uint64_t *ids, unsigned cap);
/* Adds room for one more record of that size and returns it, zeroed; NULL without memory. */
void *gate_array_add(struct gate_array *array, size_t size);
/* Removes one; the others keep their order. */
void gate_array_remove(struct gate_array *array, size_t size, uint32_t position);
void gate_array_close(struct gate_array *array);
bool gate_prefix_equal(const struct wire_prefix *a, const struct wire_prefix *b);
/* True when every address of inner is one of outer. */
bool gate_prefix_holds(const struct wire_prefix *outer, const struct wire_prefix *inner);
/* True for a prefix of at most 128 bits with nothing set beyond them, that is not wider than
 * all of IPv4 while holding it (::/0 would cover IPv4 in the tries). */
bool gate_prefix_is_sound(const struct wire_prefix *prefix);

#endif
