/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal_db.c - opening the journal's file, its schema and its statements; see
 * journal_db.h.
 *
 * The schema's version stands in user_version. upgrades[n] leads from version n to n + 1, all in
 * one transaction, so a file is never between two versions. A file of a newer weir is left alone.
 */
#include "record/journal_db.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OPEN_LOCK_MS 2000 /* at the start there is time: a backup may hold the file for a moment */

/* Addresses are the 16 bytes of struct addr; filter those of struct wire_filter (empty: none). */
static const char *const upgrades[JOURNAL_SCHEMA] = {
	"CREATE TABLE mitigation(id INTEGER PRIMARY KEY, verb TEXT NOT NULL, state TEXT NOT NULL,"
	" origin TEXT NOT NULL, whom BLOB NOT NULL, bits INTEGER NOT NULL, class INTEGER NOT NULL,"
	" rate_pps INTEGER NOT NULL, filter BLOB NOT NULL, incident TEXT NOT NULL,"
	" kind TEXT NOT NULL, begins_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL,"
	" ended_ns INTEGER NOT NULL, last_hit_ns INTEGER NOT NULL, hits INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL, coverage REAL, collateral REAL, why TEXT NOT NULL);"
	"CREATE INDEX mitigation_in_force ON mitigation(id)"
	" WHERE state IN ('shadow','asked','in_force');"
	"CREATE INDEX mitigation_ended ON mitigation(ended_ns);"
	"CREATE TABLE incident(id TEXT NOT NULL, first_ns INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL,"
	" json TEXT NOT NULL, PRIMARY KEY(id, first_ns));"
	"CREATE INDEX incident_last ON incident(last_ns);"
	"CREATE TABLE allowed(addr BLOB NOT NULL, bits INTEGER NOT NULL,"
	" expires_ns INTEGER NOT NULL, PRIMARY KEY(addr, bits)) WITHOUT ROWID;",
};

int journal_db_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return -EINVAL;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	default:
		return -EIO;
	}
}

const char *journal_db_why(const struct journal_db *db)
{
	int code;

	if (!db->sqlite)
		return "it is not open";
	code = sqlite3_system_errno(db->sqlite);
	/* "disk I/O error" and the like say less than what the system said */
	if (code && (sqlite3_errcode(db->sqlite) & 0xff) != SQLITE_BUSY)
		return strerror(code);
	return sqlite3_errmsg(db->sqlite);
}

static int note_wal(void *context, sqlite3 *sqlite, const char *name, int pages)
{
	struct journal_db *db = context;

	(void)sqlite;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static int execute(struct journal_db *db, const char *sql)
{
	return journal_db_error(sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

/* A number that a pragma gives. */
static int ask_number(struct journal_db *db, const char *sql, int *ret_number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return journal_db_error(code);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -EIO : journal_db_error(code);
}

/* Is the file in order, all pages of it? */
static int check(struct journal_db *db)
{
	sqlite3_stmt *statement;
	int result, code = sqlite3_prepare_v2(
			    db->sqlite, "PRAGMA quick_check(1)", -1, &statement, NULL);

	if (code != SQLITE_OK)
		return journal_db_error(code);
	code = sqlite3_step(statement);
	result = journal_db_error(code);
	if (code == SQLITE_ROW) {
		const unsigned char *said = sqlite3_column_text(statement, 0);

		if (!said || strcmp((const char *)said, "ok") != 0)
			result = -EUCLEAN;
	}
	sqlite3_finalize(statement);
	return result;
}

static int upgrade(struct journal_db *db, int from)
{
	char pragma[48];
	int result = execute(db, "BEGIN IMMEDIATE");

	/* somebody may have been faster */
	if (result == 0)
		result = ask_number(db, "PRAGMA user_version", &from);
	for (; result == 0 && from < JOURNAL_SCHEMA; from++)
		result = execute(db, upgrades[from]);
	if (result == 0) {
		snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", from);
		result = execute(db, pragma);
	}
	if (result == 0)
		return execute(db, "COMMIT");
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

static int prepare(struct journal_db *db)
{
#define STATEMENT(symbol, sql) sql,
	static const char *const texts[STATEMENT_COUNT] = { JOURNAL_STATEMENTS(STATEMENT) };
#undef STATEMENT
	int code = SQLITE_OK;

	for (unsigned i = 0; i < STATEMENT_COUNT && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(db->sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			&db->statements[i], NULL);
	return journal_db_error(code);
}

/* What lies in the file is data, never code: no triggers, no views, no extensions. */
static int harden(struct journal_db *db)
{
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)NULL);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
	sqlite3_limit(db->sqlite, SQLITE_LIMIT_LENGTH, 16 << 20);
	return execute(db, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
}

static int set_up(struct journal_db *db, int *ret_version)
{
	char pages[64];
	int result = harden(db);

	sqlite3_busy_timeout(db->sqlite, OPEN_LOCK_MS);
	snprintf(pages, sizeof(pages), "PRAGMA max_page_count = %d", JOURNAL_PAGES_MAX);
	if (result == 0)
		result = check(db);
	if (result == 0)
		result = execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
				     "PRAGMA wal_autocheckpoint = 0;");
	if (result == 0)
		result = execute(db, pages);
	if (result == 0)
		result = ask_number(db, "PRAGMA user_version", ret_version);
	if (result == 0 && (*ret_version > JOURNAL_SCHEMA || *ret_version < 0))
		return -EOPNOTSUPP;
	if (result == 0 && *ret_version < JOURNAL_SCHEMA)
		result = upgrade(db, *ret_version);
	if (result == 0)
		result = prepare(db);
	sqlite3_busy_timeout(db->sqlite, JOURNAL_LOCK_MS);
	sqlite3_wal_hook(db->sqlite, note_wal, db);
	return result;
}

int journal_db_open(const char *path, struct err *err, struct journal_db *ret_db)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
	int version = 0, result;

	*ret_db = (struct journal_db){ 0 };
	result = journal_db_error(sqlite3_open_v2(path, &ret_db->sqlite, flags, NULL));
	if (result == 0) {
		sqlite3_extended_result_codes(ret_db->sqlite, 1);
		result = set_up(ret_db, &version);
	}
	/* a schema that has our number and not our tables is no journal of ours */
	if (result == -EIO && ret_db->sqlite &&
		(sqlite3_errcode(ret_db->sqlite) & 0xff) == SQLITE_ERROR)
		result = -EUCLEAN;
	if (result == -EOPNOTSUPP)
		err_write(err,
			"the journal %s is of a newer weir (schema %d, this one knows %d); start "
			"the newer weir or move the file away",
			path, version, JOURNAL_SCHEMA);
	else if (result < 0)
		err_write(err, "cannot open the journal %s: %s", path, journal_db_why(ret_db));
	if (result < 0)
		journal_db_close(ret_db);
	return result;
}

void journal_db_close(struct journal_db *db)
{
	for (unsigned i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close_v2(db->sqlite);
	*db = (struct journal_db){ 0 };
}

int journal_db_set_aside(const char *path, char *ret_aside, size_t size)
{
	static const char *const companions[] = { "-wal", "-shm" };
	char from[4096], to[4096], stamp[32];
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &parts);
	snprintf(to, sizeof(to), "%s.damaged-%s", path, stamp);
	for (unsigned i = 1; access(to, F_OK) == 0 && i < 100; i++)
		snprintf(to, sizeof(to), "%s.damaged-%s-%u", path, stamp, i);
	snprintf(ret_aside, size, "%s", to);
	if (rename(path, to) != 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++) {
		snprintf(from, sizeof(from), "%s%s", path, companions[i]);
		snprintf(to, sizeof(to), "%s%s", ret_aside, companions[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

sqlite3_stmt *journal_db_statement(struct journal_db *db, enum journal_statement statement)
{
	sqlite3_reset(db->statements[statement]);
	sqlite3_clear_bindings(db->statements[statement]);
	return db->statements[statement];
}

int journal_db_finish(struct journal_db *db, sqlite3_stmt *statement)
{
	int code;

	(void)db;
	do {
		code = sqlite3_step(statement);
	} while (code == SQLITE_ROW);
	sqlite3_reset(statement);
	return journal_db_error(code);
}

int journal_db_run(struct journal_db *db, enum journal_statement statement, int64_t number)
{
	sqlite3_stmt *prepared = journal_db_statement(db, statement);

	if (sqlite3_bind_parameter_count(prepared) > 0)
		sqlite3_bind_int64(prepared, 1, number);
	return journal_db_finish(db, prepared);
}

void journal_db_checkpoint(struct journal_db *db)
{
	if (sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) ==
		SQLITE_OK)
		db->wal_pages = 0;
}
