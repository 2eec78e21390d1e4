/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/pages.c - see pages.h. */
#include "lib/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Tables are taken and given back by one thread. */
static size_t taken;

static size_t rounded(size_t size)
{
	return (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* A huge page begins at a multiple of its size: takes one more and gives back what stands over. */
static void *take_aligned(size_t size)
{
	uint8_t *memory = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (memory == MAP_FAILED)
		return NULL;
	before = (HUGE_PAGE - (uintptr_t)memory % HUGE_PAGE) % HUGE_PAGE;
	if (before > 0)
		munmap(memory, before);
	if (before < HUGE_PAGE)
		munmap(memory + before + size, HUGE_PAGE - before);
	return memory + before;
}

void *pages_take(size_t size, bool is_huge)
{
	void *memory = take_aligned(rounded(size));

	if (!memory)
		return NULL;
	if (is_huge)
		madvise(memory, rounded(size), MADV_HUGEPAGE);
	taken += size;
	return memory;
}

void pages_give(void *memory, size_t size)
{
	if (!memory)
		return;
	munmap(memory, rounded(size));
	taken -= size;
}

size_t pages_taken(void)
{
	return taken;
}
