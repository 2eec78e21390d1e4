/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal.h - what weir has decided and seen, in SQLite: mitigations and incidents.
 *
 * Watch's own file, state_dir/weir.db, WAL. A mitigation is written before it is asked for and
 * again when it is answered, so that after any crash the journal knows every id that the kernel may
 * hold. Nothing here waits long: a locked or full disk is counted, what could not be written is
 * kept in memory (bounded) and tried again, and protection goes on.
 */
#ifndef WEIR_RECORD_JOURNAL_H
#define WEIR_RECORD_JOURNAL_H

#include "decide/decide.h"
#include "lib/err.h"

struct journal;

struct journal_stats {
	uint64_t written, failed, waiting, lost;
	char trouble[160]; /* the last reason, "" when all is well */
};

/* Opens or creates it; a damaged one is set aside as weir.db.damaged-TIME and said: then it
 * returns 0 with a message in err, which the caller prints. path NULL: none, all calls do
 * nothing. Waits at most 2 s for another process's lock. */
int journal_open(const char *path, struct err *err, struct journal **ret_journal);

/* These three: 0 written; -EAGAIN it waits and will be written; -ENOBUFS or -ENOMEM lost, and
 * counted; -EINVAL. */
int journal_mitigation(struct journal *journal, const struct mitigation *mitigation);
int journal_incident(struct journal *journal, const struct incident *incident);

/* Calls for every mitigation that has not ended, in the order of ids. */
int journal_in_force(struct journal *journal,
	void (*call)(void *context, const struct mitigation *mitigation), void *context);

/* The operator's allow entries that `weir allow` added: prefix, wall clock expiry (0: for good). */
int journal_allow(struct journal *journal, const struct addr *addr, unsigned bits,
	int64_t expires_ns, bool is_removed);
int journal_allowed(struct journal *journal,
	void (*call)(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns),
	void *context);

/* Past incidents, newest first, as the JSON of report_json's incidents. Returns how many. */
int journal_incidents(struct journal *journal, int64_t since_ns, unsigned cap,
	void (*call)(void *context, const char *json), void *context);

/* Tries again what waits; deletes what is older than 30 days. Called about once a second. */
void journal_tend(struct journal *journal, int64_t now_ns);

void journal_stats(const struct journal *journal, struct journal_stats *ret_stats);

/* NULL is fine. */
void journal_close(struct journal *journal);

#endif
