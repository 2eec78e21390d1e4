/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/blocks.h - a fixed pool of memory in blocks of 512 bytes to 64 KiB (a buddy system).
 *
 * For bytes that wait: of streams and of parsers. Taken once, never grown. A block is halved until
 * it fits, and given back blocks join their other half again, so the pool cannot be worn into
 * pieces by those who take only small ones. Names are numbers, not pointers: 4 bytes in a slot.
 */
#ifndef WEIR_LIB_BLOCKS_H
#define WEIR_LIB_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#define BLOCK_MIN 512
#define BLOCK_MAX 65536

struct blocks;

/* bytes: rounded down to a multiple of BLOCK_MAX, at least one of these. -ENOMEM. */
int blocks_open(size_t bytes, struct blocks **ret_blocks);
void blocks_close(struct blocks *blocks);

/* A block of at least len <= BLOCK_MAX bytes; 0: there is none, or len is too much. */
uint32_t blocks_take(struct blocks *blocks, size_t len);
/* 0 is fine. */
void blocks_give(struct blocks *blocks, uint32_t block);

uint8_t *blocks_at(const struct blocks *blocks, uint32_t block);
size_t blocks_size(const struct blocks *blocks, uint32_t block);

/* Bytes in blocks that are taken. */
size_t blocks_used(const struct blocks *blocks);

/* Bytes taken from the system for such a pool. */
size_t blocks_memory(size_t bytes);

#endif
