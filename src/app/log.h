/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/log.h - the events of one lane in one window.
 *
 * A lane has one log: a block of memory in which events are put behind one another with the bytes
 * of their texts. What does not fit is counted. Events come in classes with a share of the block
 * each, so that a flood of one class leaves room for the others. At the end of a window all logs
 * are read in the order of time, then lane, and emptied.
 */
#ifndef WEIR_APP_LOG_H
#define WEIR_APP_LOG_H

#include "app/event.h"

struct app_log;

struct app_log_stats {
	uint64_t events;
	uint64_t lost; /* found no room */
};

/* bytes: of the block, >= 64 KiB. -ENOMEM. */
int app_log_open(size_t bytes, struct app_log **ret_log);
void app_log_close(struct app_log *log);

/* Copies the event and its texts, which are cut at their caps (4096 bytes each). false: lost. */
bool app_log_add(struct app_log *log, const struct app_event *event);

/* Calls take for all events of all logs in the order of time, then of the logs, then as they were
 * added, and empties the logs. */
void app_logs_drain(struct app_log *const *logs, unsigned count,
	void (*take)(void *context, const struct app_event *event), void *context);

/* Where the texts of an event are: fills list, returns how many there are (<= APP_TEXTS_MAX). */
#define APP_TEXTS_MAX (1 + DNS_ANSWERS)
unsigned app_event_texts(struct app_event *event, struct app_text *list[APP_TEXTS_MAX]);

/* Bytes of the event that mean something. */
size_t app_event_size(const struct app_event *event);

/* Adds to stats. */
void app_log_stats_add(const struct app_log *log, struct app_log_stats *stats);

#endif
