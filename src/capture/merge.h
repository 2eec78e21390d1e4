/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/merge.h - several sources read as one, in the order of their timestamps.
 *
 * Of frames with the same time the one of the earlier source comes first; the order within a
 * source is never changed. A source that is damaged ends there; its message is kept, the others
 * go on.
 */
#ifndef WEIR_CAPTURE_MERGE_H
#define WEIR_CAPTURE_MERGE_H

#include "capture/source.h"

struct merge;

/* Takes ownership of the sources (of the array's content, not the array), also on failure.
 * -ENOMEM. */
int merge_open(struct source **sources, unsigned count, struct err *err, struct merge **ret_merge);

/* Fills at most cap frames in time order, valid until the next call. Returns how many; 0: all
 * ended. */
unsigned merge_read(struct merge *merge, struct frame *frames, unsigned cap);

/* The first frames of every source, before anything is consumed (to look at what is coming):
 * fills at most cap, in turn from all sources. Returns how many. Valid until the first
 * merge_read. */
unsigned merge_peek(struct merge *merge, struct frame *frames, unsigned cap);

/* Summed over the sources. */
void merge_stats(const struct merge *merge, struct source_stats *ret_stats);

unsigned merge_source_count(const struct merge *merge);
const struct source *merge_source(const struct merge *merge, unsigned index);

/* Why a source ended early, or NULL when it did not. */
const char *merge_source_error(const struct merge *merge, unsigned index);

/* Closes the sources too. NULL is fine. */
void merge_close(struct merge *merge);

#endif
