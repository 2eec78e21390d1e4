/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/prefix.c - prefixes flattened to ranges.
 *
 * Sorted by address, then by length, prefixes come like brackets: each opens inside the one that
 * holds it, or after that has closed. One pass with a stack writes down where the value changes. A
 * range ends where the next begins, so n prefixes give at most 2n + 3 ranges. Addresses are
 * compared as numbers of 128 bits; the ranges of IPv4 lie side by side, and since most packets are
 * IPv4 their starts are kept once more as numbers of 32 bits.
 */
#include "lib/prefix.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#define NESTED_MAX 129 /* prefixes that hold one another differ in length: 0..128 */

struct addition {
	struct prefix prefix;
	uint32_t value;
};

/* From start to the start of the next range; the first starts at 0. */
struct ranges {
	unsigned __int128 *starts;
	uint32_t *values;
	uint32_t count;
	uint32_t *v4_starts; /* of the ranges that IPv4 addresses are in; the first is 0 */
	uint32_t v4_first;   /* which of all ranges is the first of these */
	uint32_t v4_count;
};

struct prefix_set {
	struct addition *additions;
	uint32_t addition_count, addition_cap;
	struct ranges ranges;
};

static unsigned __int128 number_of(const struct addr *addr)
{
	return (unsigned __int128)be64toh(addr->word[0]) << 64 | be64toh(addr->word[1]);
}

static unsigned __int128 last_of(const struct prefix *prefix)
{
	unsigned __int128 all = ~(unsigned __int128)0;

	return number_of(&prefix->addr) | (prefix->bits == 128 ? 0 : all >> prefix->bits);
}

int prefix_set_open(struct prefix_set **ret_set)
{
	struct prefix_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	*ret_set = set;
	return 0;
}

static bool is_valid(const struct prefix *prefix, uint32_t value)
{
	struct addr masked;

	if (prefix->bits > 128 || value == PREFIX_VALUE_NONE)
		return false;
	masked = addr_mask(&prefix->addr, prefix->bits);
	return addr_equal(&masked, &prefix->addr);
}

static int make_room(struct prefix_set *set)
{
	uint32_t cap = set->addition_cap > 0 ? 2 * set->addition_cap : 16;
	struct addition *additions = realloc(set->additions, cap * sizeof(*additions));

	if (!additions)
		return -ENOMEM;
	set->additions = additions;
	set->addition_cap = cap;
	return 0;
}

int prefix_set_add(struct prefix_set *set, const struct prefix *prefix, uint32_t value)
{
	if (!is_valid(prefix, value))
		return -EINVAL;
	if (set->addition_count == PREFIX_SET_MAX)
		return -ENOSPC;
	if (set->addition_count == set->addition_cap && make_room(set) < 0)
		return -ENOMEM;
	set->additions[set->addition_count++] = (struct addition){ *prefix, value };
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct addition *a = left, *b = right;
	int by_addr = addr_compare(&a->prefix.addr, &b->prefix.addr);

	if (by_addr != 0)
		return by_addr;
	if (a->prefix.bits != b->prefix.bits)
		return a->prefix.bits < b->prefix.bits ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);
}

static bool is_same_prefix(const struct addition *a, const struct addition *b)
{
	return a->prefix.bits == b->prefix.bits && addr_equal(&a->prefix.addr, &b->prefix.addr);
}

/* Sorts, and drops what was added twice. */
static int sort_additions(struct prefix_set *set, struct prefix *ret_clash)
{
	struct addition *all = set->additions;
	uint32_t kept = 0;

	if (set->addition_count > 0)
		qsort(all, set->addition_count, sizeof(*all), compare);
	for (uint32_t i = 1; i < set->addition_count; i++) {
		if (is_same_prefix(&all[i - 1], &all[i]) && all[i - 1].value != all[i].value) {
			if (ret_clash)
				*ret_clash = all[i].prefix;
			return -EEXIST;
		}
	}
	for (uint32_t i = 0; i < set->addition_count; i++)
		if (kept == 0 || !is_same_prefix(&all[kept - 1], &all[i]))
			all[kept++] = all[i];
	set->addition_count = kept;
	return 0;
}

/* From start on the value is this one, whatever was said of the same start before. */
static void change_value(struct ranges *ranges, unsigned __int128 start, uint32_t value)
{
	if (ranges->count > 0 && ranges->starts[ranges->count - 1] == start)
		ranges->count--;
	if (ranges->count > 0 && ranges->values[ranges->count - 1] == value)
		return;
	ranges->starts[ranges->count] = start;
	ranges->values[ranges->count++] = value;
}

/* The prefixes that are open at the place the pass has reached, outermost first. */
struct nest {
	unsigned __int128 last[NESTED_MAX];
	uint32_t value[NESTED_MAX];
	unsigned depth;
};

/* Closes the innermost; behind it the value of the one around it holds again. */
static void nest_close(struct nest *nest, struct ranges *ranges)
{
	unsigned __int128 last = nest->last[--nest->depth];

	if (last != ~(unsigned __int128)0)
		change_value(ranges, last + 1,
			nest->depth > 0 ? nest->value[nest->depth - 1] : PREFIX_VALUE_NONE);
}

static void nest_open(struct nest *nest, struct ranges *ranges, const struct addition *addition)
{
	unsigned __int128 first = number_of(&addition->prefix.addr);

	while (nest->depth > 0 && nest->last[nest->depth - 1] < first)
		nest_close(nest, ranges);
	nest->last[nest->depth] = last_of(&addition->prefix);
	nest->value[nest->depth++] = addition->value;
	change_value(ranges, first, addition->value);
}

static void flatten(const struct prefix_set *set, struct ranges *ranges)
{
	/* A prefix of its own without a value, so that ::/0 does not hold all of IPv4. */
	static const struct addition v4_hole = {
		.prefix = { .addr = { { { [10] = 0xff, [11] = 0xff } } }, .bits = ADDR_V4_BITS },
		.value = PREFIX_VALUE_NONE,
	};
	struct nest nest = { .depth = 0 };
	bool has_hole = false;

	change_value(ranges, 0, PREFIX_VALUE_NONE);
	for (uint32_t i = 0; i < set->addition_count; i++) {
		if (!has_hole && compare(&v4_hole, &set->additions[i]) < 0) {
			nest_open(&nest, ranges, &v4_hole);
			has_hole = true;
		}
		has_hole = has_hole || is_same_prefix(&v4_hole, &set->additions[i]);
		nest_open(&nest, ranges, &set->additions[i]);
	}
	if (!has_hole)
		nest_open(&nest, ranges, &v4_hole);
	while (nest.depth > 0)
		nest_close(&nest, ranges);
}

/* The range that holds the number: the last that does not start behind it. */
static uint32_t search(const struct ranges *ranges, unsigned __int128 number)
{
	uint32_t at = 0;

	for (uint32_t left = ranges->count; left > 1; left -= left / 2)
		at += ranges->starts[at + left / 2] <= number ? left / 2 : 0;
	return at;
}

static uint32_t v4_number_of(const struct addr *addr)
{
	uint32_t number;

	memcpy(&number, &addr->byte[12], sizeof(number));
	return be32toh(number);
}

/* As search(), among the ranges of IPv4. The product keeps compilers from making it a branch, which
 * random addresses would mispredict every other time. */
static uint32_t search_v4(const struct ranges *ranges, uint32_t number)
{
	const uint32_t *base = ranges->v4_starts;

	for (uint32_t left = ranges->v4_count; left > 1; left -= left / 2)
		base += (size_t)(base[left / 2] <= number) * (left / 2);
	return ranges->v4_first + (uint32_t)(base - ranges->v4_starts);
}

static void index_v4(struct ranges *ranges)
{
	const unsigned __int128 first = (unsigned __int128)0xffff << 32, last = first | UINT32_MAX;

	ranges->v4_first = search(ranges, first);
	ranges->v4_count = search(ranges, last) - ranges->v4_first + 1;
	ranges->v4_starts[0] = 0;
	for (uint32_t i = 1; i < ranges->v4_count; i++)
		ranges->v4_starts[i] = (uint32_t)ranges->starts[ranges->v4_first + i];
}

static void ranges_close(struct ranges *ranges)
{
	free(ranges->v4_starts);
	free(ranges->starts);
	free(ranges->values);
}

int prefix_set_build(struct prefix_set *set, struct prefix *ret_clash)
{
	struct ranges ranges = { 0 };
	size_t most;
	int r = sort_additions(set, ret_clash);

	if (r < 0)
		return r;
	most = 2 * ((size_t)set->addition_count + 1) + 1;
	ranges.starts = calloc(most, sizeof(*ranges.starts));
	ranges.values = calloc(most, sizeof(*ranges.values));
	ranges.v4_starts = calloc(most, sizeof(*ranges.v4_starts));
	if (!ranges.starts || !ranges.values || !ranges.v4_starts) {
		ranges_close(&ranges);
		return -ENOMEM;
	}
	flatten(set, &ranges);
	index_v4(&ranges);
	ranges_close(&set->ranges);
	set->ranges = ranges;
	return 0;
}

uint32_t prefix_set_find(const struct prefix_set *set, const struct addr *addr)
{
	const struct ranges *ranges = &set->ranges;

	if (ranges->count == 0)
		return PREFIX_VALUE_NONE;
	return ranges->values[addr_is_v4(addr) ? search_v4(ranges, v4_number_of(addr))
					       : search(ranges, number_of(addr))];
}

bool prefix_set_touches(const struct prefix_set *set, const struct prefix *prefix)
{
	const struct ranges *ranges = &set->ranges;
	unsigned __int128 last = last_of(prefix);

	if (ranges->count == 0)
		return false;
	for (uint32_t at = search(ranges, number_of(&prefix->addr));
		at < ranges->count && ranges->starts[at] <= last; at++)
		if (ranges->values[at] != PREFIX_VALUE_NONE)
			return true;
	return false;
}

void prefix_set_close(struct prefix_set *set)
{
	if (!set)
		return;
	ranges_close(&set->ranges);
	free(set->additions);
	free(set);
}
