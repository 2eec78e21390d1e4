/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/eve_log.c - the event file of a running weir; see eve_log.h.
 *
 * A write that went only in part (the disk is full) is taken back where the file allows it; else
 * the next event begins with a new line, so that one torn line never spoils the one after it.
 */
#include "record/eve_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide/decide.h"
#include "record/eve_app.h"
#include "record/json_value.h"

struct eve_log {
	char *path; /* NULL: none */
	int fd;
	bool is_torn;	/* the last line has no end */
	int64_t second; /* of the last event of a protocol, and how many it has had */
	unsigned in_second;
	struct eve_log_stats stats;
};

/* O_NONBLOCK: a pipe without a reader fails at once. Group may read, others not: it names people's
 * addresses. */
static int open_file(const char *path)
{
	int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);

	return fd < 0 ? -errno : fd;
}

int eve_log_open(const char *path, struct err *err, struct eve_log **ret_log)
{
	struct eve_log *log = calloc(1, sizeof(*log));
	int result = -ENOMEM;

	if (!log)
		return err_set(err, result, "no memory for the event file");
	log->fd = -1;
	if (path && *path) {
		log->path = strdup(path);
		if (log->path)
			result = log->fd = open_file(path);
		if (result < 0) {
			err_write(err,
				"cannot open the event file %s: %s (run.events in the "
				"configuration)",
				path, strerror(-result));
			eve_log_close(log);
			return result;
		}
	}
	*ret_log = log;
	return 0;
}

static void note_loss(struct eve_log *log, const char *why)
{
	log->stats.lost++;
	snprintf(log->stats.trouble, sizeof(log->stats.trouble), "event lost: %s", why);
}

/* Takes back the part of a line that could be written. */
static void untear(struct eve_log *log, size_t part)
{
	struct stat file;

	log->is_torn = fstat(log->fd, &file) != 0 || !S_ISREG(file.st_mode) ||
		       file.st_size < (off_t)part ||
		       ftruncate(log->fd, file.st_size - (off_t)part) != 0;
}

static void write_line(struct eve_log *log, char *line, size_t len)
{
	ssize_t written;

	do {
		written = write(log->fd, line, len);
	} while (written < 0 && errno == EINTR);
	if (written == (ssize_t)len) {
		log->is_torn = false;
		log->stats.written++;
		log->stats.trouble[0] = '\0';
		return;
	}
	note_loss(log, written < 0 ? strerror(errno) : "the disk is full");
	if (written > 0)
		untear(log, (size_t)written);
}

/* Takes the reference. The line begins with a new line when the one before has no end. */
static void write_event(struct eve_log *log, json_t *event)
{
	size_t size = event ? json_dumpb(event, NULL, 0, JSON_STYLE) : 0;
	char *line = size ? malloc(size + 2) : NULL;
	size_t start = log->is_torn;

	if (line) {
		line[0] = '\n';
		json_dumpb(event, line + start, size, JSON_STYLE);
		line[start + size] = '\n';
		write_line(log, line, start + size + 1);
	} else {
		note_loss(log, "no memory");
	}
	free(line);
	json_decref(event);
}

void eve_log_incident(
	struct eve_log *log, const struct incident *incident, int64_t now_ns, unsigned list_max)
{
	if (!log->path)
		return;
	write_event(log, eve_incident(incident, now_ns, list_max));
	if (incident->severity >= SEVERITY_MEDIUM)
		write_event(log, eve_alert(incident, now_ns));
}

static json_t *event_of(const char *type, int64_t now_ns, json_t *value)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "timestamp", value_time(now_ns));
	fields_put(&fields, "event_type", json_string(type));
	fields_put(&fields, type, value);
	return fields_end(&fields);
}

void eve_log_mitigation(struct eve_log *log, const struct mitigation *mitigation, int64_t now_ns)
{
	if (log->path)
		write_event(log, event_of("mitigation", now_ns, value_mitigation(mitigation)));
}

void eve_log_stats(struct eve_log *log, json_t *stats, int64_t now_ns)
{
	if (log->path)
		write_event(log, event_of("stats", now_ns, stats));
	else
		json_decref(stats);
}

void eve_log_app(struct eve_log *log, const struct conf *conf, const struct app_event *event)
{
	int64_t second = event->time_ns / NS_PER_S;

	if (!log->path || !eve_app_is_wanted(conf, event))
		return;
	if (second != log->second) {
		log->second = second;
		log->in_second = 0;
	}
	if (log->in_second == EVE_LOG_PROTOCOLS_PER_S) {
		log->stats.held_back++;
		return;
	}
	log->in_second++;
	write_event(log, eve_app(event));
}

int eve_log_reopen(struct eve_log *log)
{
	int fd;

	if (!log->path)
		return 0;
	fd = open_file(log->path);
	if (fd < 0) {
		snprintf(log->stats.trouble, sizeof(log->stats.trouble), "cannot reopen: %s",
			strerror(-fd));
		return fd;
	}
	close(log->fd);
	log->fd = fd;
	log->is_torn = false;
	return 0;
}

void eve_log_state(const struct eve_log *log, struct eve_log_stats *ret_stats)
{
	*ret_stats = log->stats;
}

void eve_log_close(struct eve_log *log)
{
	if (!log)
		return;
	if (log->fd >= 0)
		close(log->fd);
	free(log->path);
	free(log);
}
