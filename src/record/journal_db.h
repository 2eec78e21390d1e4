/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal_db.h - the SQLite file below the journal: opening, schema, statements, rows.
 *
 * Everything fails fast: another process's lock is waited for at most JOURNAL_LOCK_MS, and a commit
 * only writes to the page cache (WAL, synchronous NORMAL), so a crash of ours loses nothing, and a
 * crash of the machine, after which the kernel's maps are empty too, at most the last moments. Only
 * journal_db_checkpoint() waits for the disk. Functions return 0 or −errno: -EBUSY (locked),
 * -ENOSPC, -EROFS, -EIO, -ENOMEM, -EUCLEAN (damaged), -EINVAL (the row is refused);
 * journal_db_why() then has the reason in words.
 */
#ifndef WEIR_RECORD_JOURNAL_DB_H
#define WEIR_RECORD_JOURNAL_DB_H

#include <sqlite3.h>
#include <stdio.h>

#include "decide/decide.h"
#include "lib/err.h"

#define JOURNAL_SCHEMA 1   /* PRAGMA user_version; see upgrades[] in journal_db.c */
#define JOURNAL_LOCK_MS 20 /* a fifth of a window */
/* 1 GiB at 4096 bytes a page: a journal that grows for another reason must not fill the disk. */
#define JOURNAL_PAGES_MAX 262144

/* STATEMENT(symbol, SQL): prepared once. */
/* clang-format off */
#define JOURNAL_STATEMENTS(STATEMENT) \
	STATEMENT(BEGIN, "BEGIN IMMEDIATE") \
	STATEMENT(COMMIT, "COMMIT") \
	STATEMENT(ROLLBACK, "ROLLBACK") \
	STATEMENT(PUT_MITIGATION, \
		"INSERT OR REPLACE INTO mitigation VALUES" \
		"(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)") \
	STATEMENT(IN_FORCE, \
		"SELECT * FROM mitigation " \
		"WHERE state IN ('shadow','asked','in_force') ORDER BY id") \
	STATEMENT(PUT_INCIDENT, "INSERT OR REPLACE INTO incident VALUES(?1,?2,?3,?4,?5,?6)") \
	STATEMENT(INCIDENTS, \
		"SELECT json FROM incident " \
		"WHERE last_ns >= ?1 ORDER BY last_ns DESC, id LIMIT ?2") \
	STATEMENT(PUT_ALLOWED, "INSERT OR REPLACE INTO allowed VALUES(?1,?2,?3)") \
	STATEMENT(DROP_ALLOWED, "DELETE FROM allowed WHERE addr = ?1 AND bits = ?2") \
	STATEMENT(ALLOWED, "SELECT addr, bits, expires_ns FROM allowed ORDER BY addr, bits") \
	STATEMENT(PRUNE_MITIGATIONS, \
		"DELETE FROM mitigation WHERE id IN (SELECT id FROM mitigation WHERE " \
		"state IN ('failed','released') AND ended_ns < ?1 LIMIT 500)") \
	STATEMENT(PRUNE_INCIDENTS, \
		"DELETE FROM incident WHERE rowid IN " \
		"(SELECT rowid FROM incident WHERE last_ns < ?1 LIMIT 500)") \
	STATEMENT(PRUNE_MORE, \
		"DELETE FROM incident WHERE rowid IN (SELECT rowid FROM incident " \
		"ORDER BY last_ns DESC LIMIT 500 OFFSET ?1)") \
	STATEMENT(PRUNE_ALLOWED, \
		"DELETE FROM allowed WHERE expires_ns > 0 AND expires_ns < ?1")
/* clang-format on */

#define STATEMENT(symbol, sql) STATEMENT_##symbol,
enum journal_statement { JOURNAL_STATEMENTS(STATEMENT) STATEMENT_COUNT };
#undef STATEMENT

struct journal_db {
	sqlite3 *sqlite; /* NULL: not open */
	sqlite3_stmt *statements[STATEMENT_COUNT];
	int wal_pages; /* after the last commit */
};

/* An incident as it lies in the file; its JSON is made when it is journalled, not when it is
 * written. */
struct journal_incident {
	char id[INCIDENT_ID_MAX];
	const char *kind, *severity; /* static storage */
	int64_t first_ns, last_ns;
	char json[]; /* ends with 0 */
};

struct journal_allow {
	struct addr addr;
	unsigned bits;
	int64_t expires_ns; /* 0: for good */
	bool is_removed;
};

/* Opens or creates it, checks it, and brings an older schema up to date. -EUCLEAN: damaged.
 * -EOPNOTSUPP: of a newer weir. On failure it is closed. */
int journal_db_open(const char *path, struct err *err, struct journal_db *ret_db);
void journal_db_close(struct journal_db *db);

/* Renames the file and what SQLite keeps beside it to path.damaged-TIME, given in ret_aside. */
int journal_db_set_aside(const char *path, char *ret_aside, size_t size);

const char *journal_db_why(const struct journal_db *db);

/* Runs a statement without a result; number is its ?1 where it has one. */
int journal_db_run(struct journal_db *db, enum journal_statement statement, int64_t number);

/* Moves the log into the file; this waits for the disk. */
void journal_db_checkpoint(struct journal_db *db);

/* For journal_rows.c: a statement, reset, with nothing bound; steps it to its end. */
sqlite3_stmt *journal_db_statement(struct journal_db *db, enum journal_statement statement);
int journal_db_finish(struct journal_db *db, sqlite3_stmt *statement);
int journal_db_error(int code);

int journal_put_mitigation(struct journal_db *db, const struct mitigation *mitigation);
int journal_put_incident(struct journal_db *db, const struct journal_incident *incident);
int journal_put_allow(struct journal_db *db, const struct journal_allow *allow);

/* Rows that make no sense (a file from elsewhere) are left out and counted in *ret_refused. */
int journal_get_in_force(struct journal_db *db,
	void (*call)(void *context, const struct mitigation *mitigation), void *context,
	uint64_t *ret_refused);
int journal_get_allowed(struct journal_db *db,
	void (*call)(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns),
	void *context, uint64_t *ret_refused);
int journal_get_incidents(struct journal_db *db, int64_t since_ns, unsigned cap,
	void (*call)(void *context, const char *json), void *context);

#endif
