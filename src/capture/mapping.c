/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/mapping.c - see mapping.h.
 *
 * The table of mappings is what the signal handler reads, in whatever thread touched the missing
 * page: fixed, atomic, and a slot's size is written before its start. In the handler only mmap is
 * called, a plain system call. The handler replaces everything from the missing page to the end
 * of the mapping, as the file has nothing there any more.
 */
#include "capture/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

/* One system call for some hundred thousand packets; so much of a file counts as our memory. */
#define RELEASE_STEP_BYTES (32UL << 20)

enum slot_state {
	SLOT_FREE,
	SLOT_TAKEN,
};

struct mapping_slot {
	atomic_int state;
	atomic_uintptr_t start; /* 0: nothing to guard */
	atomic_size_t size_bytes;
	atomic_bool is_shrunk;
};

static struct mapping_slot slots[MAPPINGS_MAX];
static struct sigaction previous_action;
static uintptr_t page_bytes;
static pthread_mutex_t guard_lock = PTHREAD_MUTEX_INITIALIZER;

/* Puts zero pages where address and all after it in its mapping were. False: no mapping of ours. */
static bool guard_repair(uintptr_t address)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		uintptr_t start = atomic_load(&slots[i].start);
		size_t size_bytes = atomic_load(&slots[i].size_bytes);

		if (!start || address < start || address - start >= size_bytes)
			continue;
		uintptr_t page = address & ~(page_bytes - 1);
		void *zeros = mmap((void *)page, start + size_bytes - page, PROT_READ,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		if (zeros == MAP_FAILED)
			return false;
		atomic_store(&slots[i].is_shrunk, true);
		return true;
	}
	return false;
}

static void guard_handle(int number, siginfo_t *info, void *context)
{
	int saved_errno = errno;
	bool is_repaired = info->si_code == BUS_ADRERR && guard_repair((uintptr_t)info->si_addr);

	errno = saved_errno;
	if (is_repaired)
		return;
	if (previous_action.sa_flags & SA_SIGINFO)
		previous_action.sa_sigaction(number, info, context);
	else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN)
		previous_action.sa_handler(number);
	else
		sigaction(number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

/* Makes sure that the handler is in place, also when somebody else has put theirs there since. */
static void guard_install(void)
{
	struct sigaction action = { .sa_sigaction = guard_handle, .sa_flags = SA_SIGINFO };
	struct sigaction current;

	pthread_mutex_lock(&guard_lock);
	page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, NULL, &current);
	if (current.sa_sigaction != guard_handle)
		previous_action = current;
	if (current.sa_sigaction != guard_handle || !(current.sa_flags & SA_SIGINFO))
		sigaction(SIGBUS, &action, NULL);
	pthread_mutex_unlock(&guard_lock);
}

static int slot_take(unsigned *ret_slot)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		int expected = SLOT_FREE;

		if (!atomic_compare_exchange_strong(&slots[i].state, &expected, SLOT_TAKEN))
			continue;
		*ret_slot = i;
		return 0;
	}
	return -ENOSPC;
}

int mapping_open(struct mapping *mapping, int fd, size_t size_bytes)
{
	unsigned slot;
	int r = slot_take(&slot);

	if (r < 0)
		return r;
	guard_install();
	void *bytes = mmap(NULL, size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);

	if (bytes == MAP_FAILED) {
		r = -errno;
		atomic_store(&slots[slot].state, SLOT_FREE);
		return r;
	}
	madvise(bytes, size_bytes, MADV_SEQUENTIAL);
	atomic_store(&slots[slot].is_shrunk, false);
	atomic_store(&slots[slot].size_bytes, size_bytes);
	atomic_store(&slots[slot].start, (uintptr_t)bytes);
	*mapping = (struct mapping){ .bytes = bytes, .size_bytes = size_bytes, .slot = slot };
	return 0;
}

void mapping_release(struct mapping *mapping, size_t done_bytes)
{
	if (done_bytes - mapping->released_bytes < RELEASE_STEP_BYTES)
		return;
	size_t upto = done_bytes & ~(page_bytes - 1);

	madvise((void *)(mapping->bytes + mapping->released_bytes), upto - mapping->released_bytes,
		MADV_DONTNEED);
	mapping->released_bytes = upto;
}

bool mapping_is_shrunk(const struct mapping *mapping)
{
	return mapping->bytes && atomic_load(&slots[mapping->slot].is_shrunk);
}

void mapping_close(struct mapping *mapping)
{
	if (!mapping->bytes)
		return;
	atomic_store(&slots[mapping->slot].start, 0);
	munmap((void *)mapping->bytes, mapping->size_bytes);
	atomic_store(&slots[mapping->slot].state, SLOT_FREE);
	*mapping = (struct mapping){ 0 };
}
