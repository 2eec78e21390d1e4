/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal.c - what is written now, what waits, and what happens when the disk says no; see
 * journal.h.
 *
 * When a write fails, it and all that come after it wait, in their order; once a second
 * journal_tend() tries the first of them, and when that goes, up to DRAIN_MAX in one transaction.
 * So a locked or full disk costs the loop JOURNAL_LOCK_MS a second and no more. A newer state of a
 * mitigation takes the place of the one that waits. When WAITING_MAX wait, or WAITING_INCIDENTS of
 * incidents, which matter less, what comes is lost and counted.
 */
#include "record/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/curve.h"
#include "record/journal_db.h"
#include "record/json_value.h"

#define WAITING_MAX (2 * MITIGATIONS_MAX)
#define WAITING_INCIDENTS 512
#define DRAIN_MAX 512 /* in one tend: some 10 ms */
#define KEPT_NS (30LL * 86400 * NS_PER_S)
#define INCIDENTS_MAX 10000 /* rows: some 100 MB */
#define PRUNE_EVERY_NS (60 * NS_PER_S)
#define CHECKPOINT_PAGES 1000  /* 4 MB of log; SQLite's own figure for wal_autocheckpoint */
#define INCIDENT_ADDRESSES 100 /* of a role, the default of report.list_max */

enum waiting_kind { WAITING_MITIGATION, WAITING_INCIDENT, WAITING_ALLOW };

struct waiting {
	enum waiting_kind kind;
	uint64_t id;   /* of a mitigation */
	void *payload; /* ours to free */
};

struct journal {
	char *path; /* NULL: none */
	struct journal_db db;
	struct waiting *waiting; /* ring of WAITING_MAX */
	unsigned first, count, incidents;
	int64_t pruned_ns;
	char damaged[160]; /* said until there is other trouble */
	struct journal_stats stats;
};

static struct waiting *waiting_at(const struct journal *journal, unsigned index)
{
	return &journal->waiting[(journal->first + index) % WAITING_MAX];
}

static void note_trouble(struct journal *journal, int result)
{
	journal->stats.failed++;
	snprintf(journal->stats.trouble, sizeof(journal->stats.trouble), "%s: %s",
		result == -EBUSY    ? "locked by another process"
		: result == -ENOSPC ? "the disk is full"
				    : "cannot be written",
		journal_db_why(&journal->db));
}

static void note_success(struct journal *journal, unsigned count)
{
	journal->stats.written += count;
	snprintf(journal->stats.trouble, sizeof(journal->stats.trouble), "%s", journal->damaged);
}

/* Sets a damaged file aside and opens a new one. */
static int begin_anew(struct journal *journal, struct err *err)
{
	char aside[4096];
	int result = journal_db_set_aside(journal->path, aside, sizeof(aside));

	if (result < 0)
		return err_set(err, result, "the journal %s is damaged and cannot be renamed: %s",
			journal->path, strerror(-result));
	snprintf(journal->damaged, sizeof(journal->damaged), "was damaged; the old one is %.120s",
		aside);
	note_success(journal, 0);
	return journal_db_open(journal->path, err, &journal->db);
}

int journal_open(const char *path, struct err *err, struct journal **ret_journal)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	int result = 0;

	if (!journal)
		return err_set(err, -ENOMEM, "no memory for the journal");
	if (path) {
		journal->path = strdup(path);
		journal->waiting = calloc(WAITING_MAX, sizeof(*journal->waiting));
		result = journal->path && journal->waiting
				 ? journal_db_open(path, err, &journal->db)
				 : err_set(err, -ENOMEM, "no memory for the journal");
	}
	if (result == -EUCLEAN)
		result = begin_anew(journal, err);
	if (result < 0) {
		journal_close(journal);
		return result;
	}
	if (journal->damaged[0])
		err_write(err, "the journal %s %s", path, journal->damaged);
	*ret_journal = journal;
	return 0;
}

static int put(struct journal *journal, enum waiting_kind kind, const void *payload)
{
	switch (kind) {
	case WAITING_MITIGATION:
		return journal_put_mitigation(&journal->db, payload);
	case WAITING_INCIDENT:
		return journal_put_incident(&journal->db, payload);
	default:
		return journal_put_allow(&journal->db, payload);
	}
}

/* Takes over the payload. -EAGAIN: it waits; -ENOBUFS: it is lost. */
static int queue(struct journal *journal, enum waiting_kind kind, uint64_t id, void *payload)
{
	bool is_full = journal->count == WAITING_MAX ||
		       (kind == WAITING_INCIDENT && journal->incidents == WAITING_INCIDENTS);

	for (unsigned i = 0; id && i < journal->count; i++) {
		struct waiting *older = waiting_at(journal, i);

		if (older->id == id && payload) {
			free(older->payload);
			older->payload = payload;
			return -EAGAIN;
		}
	}
	if (!payload || is_full) {
		free(payload);
		journal->stats.lost++;
		return -ENOBUFS;
	}
	*waiting_at(journal, journal->count++) = (struct waiting){ kind, id, payload };
	journal->incidents += kind == WAITING_INCIDENT;
	return -EAGAIN;
}

static int write_or_wait(struct journal *journal, enum waiting_kind kind, uint64_t id,
	const void *payload, size_t size)
{
	int result = -EAGAIN;
	void *copy;

	if (journal->count == 0 && journal->db.sqlite) {
		result = put(journal, kind, payload);
		if (result == 0)
			note_success(journal, 1);
		else
			note_trouble(journal, result);
	}
	if (result == 0 || result == -EINVAL)
		return result;
	copy = malloc(size);
	if (copy)
		memcpy(copy, payload, size);
	return queue(journal, kind, id, copy);
}

int journal_mitigation(struct journal *journal, const struct mitigation *mitigation)
{
	if (!journal->path)
		return 0;
	if ((unsigned)mitigation->verb >= VERB_COUNT ||
		(unsigned)mitigation->state >= MITIGATION_STATE_COUNT ||
		(unsigned)mitigation->origin >= ORIGIN_COUNT)
		return -EINVAL;
	return write_or_wait(
		journal, WAITING_MITIGATION, mitigation->id, mitigation, sizeof(*mitigation));
}

int journal_incident(struct journal *journal, const struct incident *incident)
{
	struct journal_incident *row;
	json_t *value;
	char *json;
	size_t size;
	int result;

	if (!journal->path)
		return 0;
	value = value_incident(incident, INCIDENT_ADDRESSES);
	json = value ? json_dumps(value, JSON_STYLE) : NULL;
	json_decref(value);
	size = sizeof(*row) + (json ? strlen(json) : 0) + 1;
	row = json ? calloc(1, size) : NULL;
	if (!row) {
		free(json);
		journal->stats.lost++;
		return -ENOMEM;
	}
	memcpy(row->id, incident->id, sizeof(row->id));
	row->kind = kind_info(incident->kind)->name;
	row->severity = severity_names[incident->severity];
	row->first_ns = incident->first_ns;
	row->last_ns = incident->last_ns;
	memcpy(row->json, json, strlen(json)); /* calloc has put the 0 */
	free(json);
	result = write_or_wait(journal, WAITING_INCIDENT, 0, row, size);
	free(row);
	return result;
}

int journal_allow(struct journal *journal, const struct addr *addr, unsigned bits,
	int64_t expires_ns, bool is_removed)
{
	const struct journal_allow allow = { *addr, bits, expires_ns, is_removed };

	if (!journal->path)
		return 0;
	return write_or_wait(journal, WAITING_ALLOW, 0, &allow, sizeof(allow));
}

int journal_in_force(struct journal *journal,
	void (*call)(void *context, const struct mitigation *mitigation), void *context)
{
	if (!journal->db.sqlite)
		return journal->path ? -EIO : 0;
	return journal_get_in_force(&journal->db, call, context, &journal->stats.lost);
}

struct allowed {
	const struct journal *journal;
	void (*call)(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns);
	void *context;
};

/* What waits last about a prefix, or NULL. */
static const struct journal_allow *waiting_allow(
	const struct journal *journal, const struct addr *addr, unsigned bits)
{
	for (unsigned i = journal->count; i-- > 0;) {
		const struct journal_allow *allow = waiting_at(journal, i)->payload;

		if (waiting_at(journal, i)->kind == WAITING_ALLOW && allow->bits == bits &&
			addr_equal(&allow->addr, addr))
			return allow;
	}
	return NULL;
}

static void tell_written(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns)
{
	const struct allowed *allowed = context;

	if (!waiting_allow(allowed->journal, addr, bits))
		allowed->call(allowed->context, addr, bits, expires_ns);
}

static void tell_waiting(const struct allowed *allowed)
{
	const struct journal *journal = allowed->journal;

	for (unsigned i = 0; i < journal->count; i++) {
		const struct journal_allow *allow = waiting_at(journal, i)->payload;

		if (waiting_at(journal, i)->kind == WAITING_ALLOW && !allow->is_removed &&
			waiting_allow(journal, &allow->addr, allow->bits) == allow)
			allowed->call(
				allowed->context, &allow->addr, allow->bits, allow->expires_ns);
	}
}

/* What waits counts too, so that a full disk does not take an operator's word back. */
int journal_allowed(struct journal *journal,
	void (*call)(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns),
	void *context)
{
	struct allowed allowed = { journal, call, context };

	tell_waiting(&allowed);
	if (!journal->db.sqlite)
		return journal->path ? -EIO : 0;
	return journal_get_allowed(&journal->db, tell_written, &allowed, &journal->stats.lost);
}

int journal_incidents(struct journal *journal, int64_t since_ns, unsigned cap,
	void (*call)(void *context, const char *json), void *context)
{
	if (!journal->db.sqlite)
		return journal->path ? -EIO : 0;
	return journal_get_incidents(&journal->db, since_ns, cap, call, context);
}

static void forget_first(struct journal *journal)
{
	struct waiting *first = waiting_at(journal, 0);

	journal->incidents -= first->kind == WAITING_INCIDENT;
	free(first->payload);
	journal->first = (journal->first + 1) % WAITING_MAX;
	journal->count--;
}

/* In one transaction, so it is all of them or none. */
static int drain(struct journal *journal)
{
	unsigned todo = journal->count < DRAIN_MAX ? journal->count : DRAIN_MAX;
	int result = journal_db_run(&journal->db, STATEMENT_BEGIN, 0);

	for (unsigned i = 0; i < todo && result == 0; i++) {
		result =
			put(journal, waiting_at(journal, i)->kind, waiting_at(journal, i)->payload);
		if (result == -EINVAL) { /* will never be taken; the rest shall not wait for it */
			journal->stats.lost++;
			result = 0;
		}
	}
	if (result == 0)
		result = journal_db_run(&journal->db, STATEMENT_COMMIT, 0);
	if (result < 0) {
		note_trouble(journal, result); /* before the rollback has success to report */
		if (!sqlite3_get_autocommit(journal->db.sqlite))
			journal_db_run(&journal->db, STATEMENT_ROLLBACK, 0);
		return result;
	}
	for (unsigned i = 0; i < todo; i++)
		forget_first(journal);
	note_success(journal, todo);
	return 0;
}

/* Opens again a file that could not be opened when a damaged one had been set aside. */
static int reopen(struct journal *journal)
{
	struct err err;
	int result = journal_db_open(journal->path, &err, &journal->db);

	if (result < 0) {
		journal->stats.failed++;
		snprintf(
			journal->stats.trouble, sizeof(journal->stats.trouble), "%.159s", err.text);
	}
	return result;
}

/* Not in the middle of what waits, and each a little at a time: nothing here may take long. */
static void prune(struct journal *journal, int64_t now_ns)
{
	if (time_span_ns(journal->pruned_ns, now_ns) < PRUNE_EVERY_NS && journal->pruned_ns)
		return;
	journal->pruned_ns = now_ns;
	journal_db_run(&journal->db, STATEMENT_PRUNE_MITIGATIONS, now_ns - KEPT_NS);
	journal_db_run(&journal->db, STATEMENT_PRUNE_INCIDENTS, now_ns - KEPT_NS);
	journal_db_run(&journal->db, STATEMENT_PRUNE_MORE, INCIDENTS_MAX);
	journal_db_run(&journal->db, STATEMENT_PRUNE_ALLOWED, now_ns);
}

void journal_tend(struct journal *journal, int64_t now_ns)
{
	int result = 0;

	if (!journal->path || (!journal->db.sqlite && reopen(journal) < 0))
		return;
	if (journal->count)
		result = drain(journal);
	if (result == -EUCLEAN) {
		struct err err = { "" };

		journal_db_close(&journal->db);
		if (begin_anew(journal, &err) < 0)
			snprintf(journal->stats.trouble, sizeof(journal->stats.trouble), "%.159s",
				err.text);
		return;
	}
	if (result == 0 && journal->count == 0)
		prune(journal, now_ns);
	if (journal->db.wal_pages >= CHECKPOINT_PAGES)
		journal_db_checkpoint(&journal->db);
}

void journal_stats(const struct journal *journal, struct journal_stats *ret_stats)
{
	*ret_stats = journal->stats;
	ret_stats->waiting = journal->count;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	while (journal->db.sqlite && journal->count && drain(journal) == 0)
		;
	while (journal->count)
		forget_first(journal);
	journal_db_close(&journal->db);
	free(journal->waiting);
	free(journal->path);
	free(journal);
}
