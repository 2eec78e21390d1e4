/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables.h - what the engine stands on, the one that inspects and the one that is live: the lanes
 * and the detectors, and how they share memory.total.
 */
#ifndef WEIR_TABLES_H
#define WEIR_TABLES_H

#include "decode/decode.h"
#include "lane.h"
#include "lib/err.h"

#define HOSTS_PER_LANE 4096

struct tables {
	struct lane_limits limits;
	struct panel panel;
	struct lane lanes[DECODE_LANES];
	uint64_t memory_bytes; /* reckoned, when all are full */
};

/* Sizes the tables and opens them. is_huge: lib/pages.h. reserved_bytes: of memory.total, for what
 * else the caller has. env is not kept, but what it points to must outlive the tables. −errno with
 * a message; tables_close() after any failure. */
int tables_open(struct tables *tables, const struct detector_env *env, bool is_huge,
	uint64_t reserved_bytes, struct err *err);

/* All closed and opened anew, of the same size. -ENOMEM. */
int tables_reopen(struct tables *tables, const struct detector_env *env);

/* Closes the lanes only: nothing is seen any more. */
void tables_close_lanes(struct tables *tables);

/* Fine on one that is all zero. */
void tables_close(struct tables *tables);

#endif
