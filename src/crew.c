/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew.c - see crew.h.
 *
 * A step is announced by a counter. Steps are short (some 100 µs) and follow at once, so waiting
 * is by looking: first without giving up the processor, then with, then asleep, until somebody
 * wakes: a live engine has nothing to do for most of its life.
 */
#include "crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SPIN_ROUNDS 2000
#define YIELD_ROUNDS 200

struct crew_member {
	struct crew *crew;
	pthread_t thread;
	unsigned number;
};

struct crew {
	unsigned size, started;
	crew_part *part;
	void *context;
	_Alignas(64) atomic_uint step; /* counts up */
	_Alignas(64) atomic_uint done; /* members that finished the step */
	atomic_bool is_over;
	atomic_uint sleepers;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	struct crew_member members[CREW_MAX];
};

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static void pause_for(unsigned round)
{
	static const struct timespec nap = { .tv_nsec = 50000 };

	if (round < SPIN_ROUNDS)
		cpu_relax();
	else if (round < SPIN_ROUNDS + YIELD_ROUNDS)
		sched_yield();
	else
		nanosleep(&nap, NULL);
}

/* Until the step is another one. */
static void sleep_until(struct crew *crew, unsigned seen)
{
	pthread_mutex_lock(&crew->lock);
	atomic_fetch_add(&crew->sleepers, 1);
	while (atomic_load(&crew->step) == seen)
		pthread_cond_wait(&crew->woken, &crew->lock);
	atomic_fetch_sub(&crew->sleepers, 1);
	pthread_mutex_unlock(&crew->lock);
}

/* A member that is about to sleep counts itself before it looks at the step for the last time, and
 * here the step comes before the look at the count: so one of the two sees the other. */
static void announce(struct crew *crew)
{
	atomic_fetch_add(&crew->step, 1);
	if (atomic_load(&crew->sleepers) == 0)
		return;
	pthread_mutex_lock(&crew->lock);
	pthread_cond_broadcast(&crew->woken);
	pthread_mutex_unlock(&crew->lock);
}

static void wait_for_step(struct crew *crew, unsigned seen)
{
	for (unsigned round = 0; round < SPIN_ROUNDS + YIELD_ROUNDS; round++) {
		if (atomic_load_explicit(&crew->step, memory_order_acquire) != seen)
			return;
		pause_for(round);
	}
	sleep_until(crew, seen);
}

static void *work(void *argument)
{
	struct crew_member *member = argument;
	struct crew *crew = member->crew;
	unsigned seen = 0;

	for (;;) {
		wait_for_step(crew, seen);
		seen++;
		if (atomic_load_explicit(&crew->is_over, memory_order_relaxed))
			return NULL;
		crew->part(crew->context, member->number, crew->size);
		atomic_fetch_add_explicit(&crew->done, 1, memory_order_release);
	}
}

int crew_open(unsigned workers, struct err *err, struct crew **ret_crew)
{
	struct crew *crew = aligned_alloc(64, (sizeof(*crew) + 63) / 64 * 64);

	if (!crew)
		return err_set(err, -ENOMEM, "no memory for %u workers", workers);
	memset(crew, 0, sizeof(*crew));
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->woken, NULL);
	crew->size = workers;
	for (crew->started = 1; crew->started < workers; crew->started++) {
		struct crew_member *member = &crew->members[crew->started];
		int error;

		member->crew = crew;
		member->number = crew->started;
		error = pthread_create(&member->thread, NULL, work, member);
		if (error) {
			unsigned started = crew->started;

			crew_close(crew);
			return err_set(err, -error,
				"cannot start worker %u of %u: %s; use fewer (--workers)",
				started + 1, workers, strerror(error));
		}
	}
	*ret_crew = crew;
	return 0;
}

void crew_run(struct crew *crew, crew_part *part, void *context)
{
	crew->part = part;
	crew->context = context;
	if (crew->size > 1) {
		atomic_store_explicit(&crew->done, 0, memory_order_relaxed);
		announce(crew);
	}
	part(context, 0, crew->size);
	for (unsigned round = 0;
		atomic_load_explicit(&crew->done, memory_order_acquire) != crew->size - 1; round++)
		pause_for(round);
}

void crew_run_alone(const struct crew *crew, crew_part *part, void *context)
{
	for (unsigned worker = 0; worker < crew->size; worker++)
		part(context, worker, crew->size);
}

unsigned crew_size(const struct crew *crew)
{
	return crew->size;
}

void crew_close(struct crew *crew)
{
	if (!crew)
		return;
	atomic_store_explicit(&crew->is_over, true, memory_order_relaxed);
	announce(crew);
	for (unsigned i = 1; i < crew->started; i++)
		pthread_join(crew->members[i].thread, NULL);
	pthread_cond_destroy(&crew->woken);
	pthread_mutex_destroy(&crew->lock);
	free(crew);
}
