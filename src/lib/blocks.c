/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/blocks.c - see blocks.h.
 *
 * The pool is counted in units of BLOCK_MIN; a block is named by its first unit, from 1. What a
 * unit begins is in marks; a free block has the links of its list in its own bytes.
 */
#include "lib/blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pages.h"

#define ORDERS 8	/* 512 << 7 is 64 KiB */
#define MARK_TAKEN 0x80 /* | order; a free block has 0x40 | order, a unit within one 0 */
#define MARK_FREE 0x40
#define MARK_ORDER 0x0f

_Static_assert(BLOCK_MIN << (ORDERS - 1) == BLOCK_MAX, "orders reach from least to largest");

struct links {
	uint32_t next, before; /* blocks; 0: none */
};

struct blocks {
	uint8_t *memory, *marks;
	uint32_t units;
	uint32_t free[ORDERS];
	size_t used;
};

static size_t whole(size_t bytes)
{
	return bytes < BLOCK_MAX ? BLOCK_MAX : bytes / BLOCK_MAX * BLOCK_MAX;
}

static struct links links_of(const struct blocks *blocks, uint32_t block)
{
	struct links links;

	memcpy(&links, blocks_at(blocks, block), sizeof(links));
	return links;
}

static void set_links(struct blocks *blocks, uint32_t block, struct links links)
{
	memcpy(blocks_at(blocks, block), &links, sizeof(links));
}

static void put_free(struct blocks *blocks, uint32_t block, unsigned order)
{
	uint32_t next = blocks->free[order];

	blocks->marks[block - 1] = (uint8_t)(MARK_FREE | order);
	set_links(blocks, block, (struct links){ .next = next });
	if (next) {
		struct links links = links_of(blocks, next);

		links.before = block;
		set_links(blocks, next, links);
	}
	blocks->free[order] = block;
}

static void remove_free(struct blocks *blocks, uint32_t block, unsigned order)
{
	struct links links = links_of(blocks, block), other;

	if (links.next) {
		other = links_of(blocks, links.next);
		other.before = links.before;
		set_links(blocks, links.next, other);
	}
	if (links.before) {
		other = links_of(blocks, links.before);
		other.next = links.next;
		set_links(blocks, links.before, other);
	} else {
		blocks->free[order] = links.next;
	}
	blocks->marks[block - 1] = 0;
}

int blocks_open(size_t bytes, struct blocks **ret_blocks)
{
	struct blocks *blocks = calloc(1, sizeof(*blocks));

	bytes = whole(bytes);
	if (!blocks || bytes / BLOCK_MIN >= UINT32_MAX)
		goto fail;
	blocks->units = (uint32_t)(bytes / BLOCK_MIN);
	blocks->memory = pages_take(bytes, false);
	blocks->marks = calloc(blocks->units, 1);
	if (!blocks->memory || !blocks->marks)
		goto fail;
	/* Backwards, so that the first ones are taken first. */
	for (uint32_t unit = blocks->units; unit > 0; unit -= 1U << (ORDERS - 1))
		put_free(blocks, unit - (1U << (ORDERS - 1)) + 1, ORDERS - 1);
	*ret_blocks = blocks;
	return 0;

fail:
	blocks_close(blocks);
	return -ENOMEM;
}

void blocks_close(struct blocks *blocks)
{
	if (!blocks)
		return;
	pages_give(blocks->memory, (size_t)blocks->units * BLOCK_MIN);
	free(blocks->marks);
	free(blocks);
}

uint32_t blocks_take(struct blocks *blocks, size_t len)
{
	unsigned wanted = 0, order;
	uint32_t block;

	if (len > BLOCK_MAX)
		return 0;
	while ((size_t)BLOCK_MIN << wanted < len)
		wanted++;
	for (order = wanted; order < ORDERS && !blocks->free[order];)
		order++;
	if (order == ORDERS)
		return 0;
	block = blocks->free[order];
	remove_free(blocks, block, order);
	while (order > wanted) {
		order--;
		put_free(blocks, block + (1U << order), order);
	}
	blocks->marks[block - 1] = (uint8_t)(MARK_TAKEN | wanted);
	blocks->used += (size_t)BLOCK_MIN << wanted;
	return block;
}

void blocks_give(struct blocks *blocks, uint32_t block)
{
	unsigned order;

	if (!block)
		return;
	order = blocks->marks[block - 1] & MARK_ORDER;
	blocks->used -= (size_t)BLOCK_MIN << order;
	blocks->marks[block - 1] = 0;
	for (; order + 1 < ORDERS; order++) {
		uint32_t other = ((block - 1) ^ (1U << order)) + 1;

		if (blocks->marks[other - 1] != (MARK_FREE | order))
			break;
		remove_free(blocks, other, order);
		if (other < block)
			block = other;
	}
	put_free(blocks, block, order);
}

uint8_t *blocks_at(const struct blocks *blocks, uint32_t block)
{
	return blocks->memory + (size_t)(block - 1) * BLOCK_MIN;
}

size_t blocks_size(const struct blocks *blocks, uint32_t block)
{
	return block ? (size_t)BLOCK_MIN << (blocks->marks[block - 1] & MARK_ORDER) : 0;
}

size_t blocks_used(const struct blocks *blocks)
{
	return blocks->used;
}

size_t blocks_memory(size_t bytes)
{
	return sizeof(struct blocks) + whole(bytes) + whole(bytes) / BLOCK_MIN;
}
