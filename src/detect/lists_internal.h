/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/lists_internal.h - what the parts of lists share. */
#ifndef WEIR_DETECT_LISTS_INTERNAL_H
#define WEIR_DETECT_LISTS_INTERNAL_H

#include "detect/lists.h"

/* One line of a list, understood. */
struct list_line {
	enum list_entry_kind kind;
	struct addr addr;
	uint8_t bits;
	uint16_t port;
	struct app_text text; /* of all but addresses; letters as they came */
	struct app_text note; /* what the list says of it: "Dridex" */
};

/* Reads a line without its end. False: it holds nothing that may be listed. */
bool list_line_read(struct app_text line, struct list_line *ret_line);

/* A date in a comment: "# Last updated: 2024-02-08 15:10:03 UTC". 0: none. */
int64_t list_comment_date(struct app_text line);
bool list_is_comment(struct app_text line);

/* Adds an entry of the source that is being read. -ENOMEM, -ENOSPC. */
int lists_add(struct lists *lists, const struct list_line *line);

/* Adds a warning, cut to fit; more than there is room for are dropped. */
void lists_warn(struct lists *lists, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
