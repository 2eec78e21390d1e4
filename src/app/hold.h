/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/hold.h - bytes of one side that wait for more, in a block of the lane's pool.
 *
 * And what is behind parse.owner: the memory of a conversation that is being parsed, for the
 * helpers of parser.h. app.c has one in each parser slot, the tests' fixture makes its own.
 */
#ifndef WEIR_APP_HOLD_H
#define WEIR_APP_HOLD_H

#include "app/parser.h"
#include "lib/blocks.h"

struct hold {
	uint32_t block;	     /* 0: nothing waits */
	uint32_t start, len; /* into the block */
};

struct parse_memory {
	struct blocks *blocks;
	struct hold holds[2];
	uint64_t *refused; /* counts what found no room */
	/* Frees a block of another conversation; false: there is none to be had. May be NULL. */
	bool (*make_room)(struct parse_memory *memory);
	bool wants_restart;
};

/* Gives back what waits on both sides. */
void parse_memory_clear(struct parse_memory *memory);

#endif
