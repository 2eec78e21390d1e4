/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/pages.h - memory for large tables: zeroed, and not there until it is touched.
 */
#ifndef WEIR_LIB_PAGES_H
#define WEIR_LIB_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Takes size bytes. is_huge asks the kernel for pages of 2 MiB: a table that is looked up at
 * random then costs one cache miss instead of two, but what is touched a little is there in
 * whole. NULL: no memory. */
void *pages_take(size_t size, bool is_huge);

/* size: as it was taken. NULL is fine. */
void pages_give(void *memory, size_t size);

/* Bytes taken and not given back, by all. */
size_t pages_taken(void);

#endif
