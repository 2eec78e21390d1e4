/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/ranges.c - sorted, disjoint ranges of addresses. */
#include "keeper/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct addr mapped = { { { [10] = 0xff, [11] = 0xff } } }; /* ::ffff:0:0/96 */

static bool holds_all_of_v4(const struct addr *addr, unsigned bits)
{
	struct addr above = addr_mask(&mapped, bits);

	return bits < ADDR_V4_BITS && addr_equal(&above, addr);
}

unsigned ranges_cut(const struct prefix *prefix, struct wire_prefix cut[ADDR_V4_BITS])
{
	unsigned count = 0;

	if (!holds_all_of_v4(&prefix->addr, prefix->bits)) {
		cut[0].bits = prefix->bits;
		memcpy(cut[0].addr.byte, prefix->addr.byte, sizeof(cut[0].addr.byte));
		return 1;
	}
	/* The sibling of each step down to ::ffff:0:0/96. */
	for (unsigned bits = prefix->bits + 1U; bits <= ADDR_V4_BITS; bits++) {
		struct addr sibling = addr_mask(&mapped, bits);

		sibling.byte[(bits - 1) / 8] ^= (uint8_t)(0x80 >> (bits - 1) % 8);
		cut[count].bits = bits;
		memcpy(cut[count++].addr.byte, sibling.byte, sizeof(sibling.byte));
	}
	return count;
}

static struct range range_of(const struct wire_prefix *prefix)
{
	struct range range;

	memcpy(range.first, prefix->addr.byte, sizeof(range.first));
	memcpy(range.last, prefix->addr.byte, sizeof(range.last));
	for (unsigned bit = prefix->bits; bit < 128; bit++)
		range.last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return range;
}

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	int order = memcmp(a->first, b->first, sizeof(a->first));

	/* Of two that begin together the longer one first, so that it swallows the other. */
	return order != 0 ? order : memcmp(b->last, a->last, sizeof(a->last));
}

static uint32_t swallow(struct range *list, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || memcmp(list[i].last, list[kept - 1].last, 16) > 0)
			list[kept++] = list[i];
	return kept;
}

int ranges_set(struct ranges *ranges, const struct prefix *prefixes, uint32_t count)
{
	struct wire_prefix cut[ADDR_V4_BITS];
	struct range *list;
	uint32_t pieces = 0;

	for (uint32_t i = 0; i < count; i++)
		pieces += ranges_cut(&prefixes[i], cut);
	list = calloc(pieces + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	pieces = 0;
	for (uint32_t i = 0; i < count; i++) {
		unsigned number = ranges_cut(&prefixes[i], cut);

		for (unsigned k = 0; k < number; k++)
			list[pieces++] = range_of(&cut[k]);
	}
	qsort(list, pieces, sizeof(*list), compare);
	ranges_close(ranges);
	ranges->list = list;
	ranges->count = swallow(list, pieces);
	return 0;
}

bool ranges_touch(const struct ranges *ranges, const struct wire_prefix *prefix)
{
	struct range wanted = range_of(prefix);
	uint32_t low = 0, high = ranges->count;

	/* The first that does not end before it. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(ranges->list[middle].last, wanted.first, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count && memcmp(ranges->list[low].first, wanted.last, 16) <= 0;
}

void ranges_close(struct ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct ranges){ 0 };
}
