/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/eve_log.h - the event file of a running weir: JSON lines in the shape of Suricata's EVE.
 *
 * An event is one write to a file opened for appending, so other readers and writers see whole
 * lines. What cannot be written at once (full disk, a pipe nobody reads) is counted and lost:
 * protection never waits for a log. After logrotate has renamed the file, eve_log_reopen() begins
 * the new one.
 */
#ifndef WEIR_RECORD_EVE_LOG_H
#define WEIR_RECORD_EVE_LOG_H

#include <jansson.h>

#include "correlate/incident.h"
#include "lib/err.h"

struct eve_log;
struct mitigation;
struct app_event;

/* weir: 500 bytes each, so a busy link writes at most 2 GB an hour; one that logs more wants a
 * collector, not a file beside the journal. */
#define EVE_LOG_PROTOCOLS_PER_S 1000

struct eve_log_stats {
	uint64_t written, lost; /* events */
	uint64_t held_back;	/* of protocols: more than EVE_LOG_PROTOCOLS_PER_S */
	char trouble[160];	/* why the last one was lost, "" when all is well */
};

/* path NULL or "": no file, all calls do nothing. A path that cannot be opened now is an error:
 * −errno with a message. */
int eve_log_open(const char *path, struct err *err, struct eve_log **ret_log);

/* An "incident" event, and from medium severity on an "alert". list_max: addresses of a role. */
void eve_log_incident(
	struct eve_log *log, const struct incident *incident, int64_t now_ns, unsigned list_max);
void eve_log_mitigation(struct eve_log *log, const struct mitigation *mitigation, int64_t now_ns);
/* Takes the reference to stats (the "stats" of the status command). */
void eve_log_stats(struct eve_log *log, json_t *stats, int64_t now_ns);

/* What was said in a conversation (eve_app.h), when the configuration wants it; in each second of
 * packet time so many at most. */
struct conf;
void eve_log_app(struct eve_log *log, const struct conf *conf, const struct app_event *event);

/* Opens the path anew; when that fails the old file goes on, and the next call tries again. 0 or
 * −errno. */
int eve_log_reopen(struct eve_log *log);

void eve_log_state(const struct eve_log *log, struct eve_log_stats *ret_stats);

/* NULL is fine. */
void eve_log_close(struct eve_log *log);

#endif
