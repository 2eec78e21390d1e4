/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew.h - workers that do one step together and then wait for the next.
 *
 * Bulk-synchronous: crew_run() lets every worker do its part of one step and returns when all
 * have. What a step reads was written by an earlier step, so nothing needs a lock.
 */
#ifndef WEIR_CREW_H
#define WEIR_CREW_H

#include "lib/err.h"

#define CREW_MAX 64

struct crew;

/* One worker's part of a step: 0 <= worker < workers. */
typedef void crew_part(void *context, unsigned worker, unsigned workers);

/* workers: 1..CREW_MAX; the caller of crew_run is worker 0, so one needs no thread. −errno. */
int crew_open(unsigned workers, struct err *err, struct crew **ret_crew);

void crew_run(struct crew *crew, crew_part *part, void *context);

/* The same step, all of it by the caller: for so little that waking the others takes longer. */
void crew_run_alone(const struct crew *crew, crew_part *part, void *context);

unsigned crew_size(const struct crew *crew);

/* NULL is fine. */
void crew_close(struct crew *crew);

#endif
