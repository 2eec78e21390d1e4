/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - the loop: from frames to a report.
 */
#ifndef WEIR_ENGINE_H
#define WEIR_ENGINE_H

#include "capture/merge.h"
#include "conf/conf.h"
#include "lane.h"
#include "record/report.h"

struct engine;

struct engine_options {
	const struct conf *conf;
	unsigned workers; /* 1..64 */
	unsigned chunk;	  /* frames decoded at a time; 0: the default. Changes no result */
	/* Called now and then with bytes read and in all (0: not known). May be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *progress_context;
	struct event_sink events; /* told every event, in order, on the calling thread */
};

/* Reads all of merge, which stays the caller's and must outlive the engine. −errno with a
 * message when the memory of the configuration does not suffice, or there is none. */
int engine_inspect(const struct engine_options *options, struct merge *merge, struct err *err,
	struct engine **ret_engine);

/* Valid until engine_close(). */
const struct report *engine_report(const struct engine *engine);

/* NULL is fine. */
void engine_close(struct engine *engine);

#endif
