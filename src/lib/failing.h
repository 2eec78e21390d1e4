/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/failing.h - allocators that fail at a given call. For tests only.
 *
 * A test includes this, defines calloc (or another) as its failing likeness, includes the .c files
 * it is about, and takes the definitions back. calls_left then says which call is to fail, so that
 * each can fail once.
 */
#ifndef WEIR_LIB_FAILING_H
#define WEIR_LIB_FAILING_H

#include <stdbool.h>
#include <stdlib.h>

static unsigned calls_left; /* until one fails; 0: none fails */

static inline bool fails_now(void)
{
	return calls_left > 0 && --calls_left == 0;
}

static inline void *calloc_or_fail(size_t count, size_t size)
{
	return fails_now() ? NULL : calloc(count, size);
}

static inline void *malloc_or_fail(size_t size)
{
	return fails_now() ? NULL : malloc(size);
}

static inline void *realloc_or_fail(void *old, size_t size)
{
	return fails_now() ? NULL : realloc(old, size);
}

static inline void *aligned_alloc_or_fail(size_t alignment, size_t size)
{
	return fails_now() ? NULL : aligned_alloc(alignment, size);
}

#endif
