/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal_rows.c - mitigations, incidents and allow entries as rows, both ways.
 *
 * Lists are written by their names, which never change, so a journal outlives changes of their
 * order. What is read is checked like anything from outside.
 */
#include <errno.h>
#include <string.h>

#include "record/journal_db.h"

/* Numbers are of SQLite's type; those beyond it (no real counter gets there) are held at its
 * end. */
static void bind_count(sqlite3_stmt *row, int column, uint64_t value)
{
	sqlite3_bind_int64(row, column, value > INT64_MAX ? INT64_MAX : (sqlite3_int64)value);
}

static void bind_text(sqlite3_stmt *row, int column, const char *text)
{
	sqlite3_bind_text(row, column, text, -1, SQLITE_STATIC);
}

int journal_put_mitigation(struct journal_db *db, const struct mitigation *mitigation)
{
	sqlite3_stmt *row = journal_db_statement(db, STATEMENT_PUT_MITIGATION);
	bool has_filter = mitigation->verb == VERB_FILTER;

	bind_count(row, 1, mitigation->id);
	bind_text(row, 2, verb_names[mitigation->verb]);
	bind_text(row, 3, mitigation_state_names[mitigation->state]);
	bind_text(row, 4, mitigation_origin_names[mitigation->origin]);
	sqlite3_bind_blob(row, 5, mitigation->whom.byte, 16, SQLITE_STATIC);
	sqlite3_bind_int(row, 6, mitigation->bits);
	sqlite3_bind_int64(row, 7, mitigation->class);
	sqlite3_bind_int64(row, 8, mitigation->rate_pps);
	sqlite3_bind_blob(row, 9, &mitigation->filter,
		has_filter ? (int)sizeof(mitigation->filter) : 0, SQLITE_STATIC);
	bind_text(row, 10, mitigation->incident);
	bind_text(row, 11, kind_info(mitigation->kind)->name);
	sqlite3_bind_int64(row, 12, mitigation->begins_ns);
	sqlite3_bind_int64(row, 13, mitigation->expires_ns);
	sqlite3_bind_int64(row, 14, mitigation->ended_ns);
	sqlite3_bind_int64(row, 15, mitigation->last_hit_ns);
	bind_count(row, 16, mitigation->hits);
	bind_count(row, 17, mitigation->bytes);
	sqlite3_bind_double(row, 18, mitigation->coverage);
	sqlite3_bind_double(row, 19, mitigation->collateral);
	bind_text(row, 20, mitigation->why);
	return journal_db_finish(db, row);
}

static const char *column_text(sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	return text ? (const char *)text : "";
}

/* Place of a name in a list. */
static bool column_name(sqlite3_stmt *row, int column, const char *const *names, unsigned count,
	unsigned *ret_index)
{
	const char *text = column_text(row, column);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

static bool column_bytes(sqlite3_stmt *row, int column, void *bytes, int size)
{
	const void *blob = sqlite3_column_blob(row, column);

	if (!blob || sqlite3_column_bytes(row, column) != size)
		return false;
	memcpy(bytes, blob, (size_t)size);
	return true;
}

static bool column_prefix(sqlite3_stmt *row, int column, struct addr *ret_addr, unsigned *ret_bits)
{
	int bits = sqlite3_column_int(row, column + 1);

	if (!column_bytes(row, column, ret_addr->byte, 16) || bits < 0 || bits > 128)
		return false;
	*ret_bits = (unsigned)bits;
	return true;
}

static bool column_number(sqlite3_stmt *row, int column, uint32_t *ret_number)
{
	sqlite3_int64 number = sqlite3_column_int64(row, column);

	*ret_number = (uint32_t)number;
	return number >= 0 && number <= UINT32_MAX;
}

static bool get_names(sqlite3_stmt *row, struct mitigation *mitigation)
{
	unsigned verb, state, origin;

	if (!column_name(row, 1, verb_names, VERB_COUNT, &verb) ||
		!column_name(row, 2, mitigation_state_names, MITIGATION_STATE_COUNT, &state) ||
		!column_name(row, 3, mitigation_origin_names, ORIGIN_COUNT, &origin))
		return false;
	mitigation->verb = (enum verb)verb;
	mitigation->state = (enum mitigation_state)state;
	mitigation->origin = (enum mitigation_origin)origin;
	snprintf(mitigation->incident, sizeof(mitigation->incident), "%s", column_text(row, 9));
	mitigation->kind = kind_by_name(column_text(row, 10));
	snprintf(mitigation->why, sizeof(mitigation->why), "%s", column_text(row, 19));
	return true;
}

static bool get_mitigation(sqlite3_stmt *row, struct mitigation *mitigation)
{
	unsigned bits;

	memset(mitigation, 0, sizeof(*mitigation));
	mitigation->id = (uint64_t)sqlite3_column_int64(row, 0);
	if (mitigation->id == 0 || !get_names(row, mitigation) ||
		!column_prefix(row, 4, &mitigation->whom, &bits) ||
		!column_number(row, 6, &mitigation->class) ||
		mitigation->class >= WIRE_CLASS_COUNT ||
		!column_number(row, 7, &mitigation->rate_pps))
		return false;
	if (mitigation->verb == VERB_FILTER &&
		!column_bytes(row, 8, &mitigation->filter, sizeof(mitigation->filter)))
		return false;
	mitigation->bits = (uint8_t)bits;
	mitigation->begins_ns = sqlite3_column_int64(row, 11);
	mitigation->expires_ns = sqlite3_column_int64(row, 12);
	mitigation->ended_ns = sqlite3_column_int64(row, 13);
	mitigation->last_hit_ns = sqlite3_column_int64(row, 14);
	mitigation->hits = (uint64_t)sqlite3_column_int64(row, 15);
	mitigation->bytes = (uint64_t)sqlite3_column_int64(row, 16);
	mitigation->coverage = sqlite3_column_double(row, 17);
	mitigation->collateral = sqlite3_column_double(row, 18);
	return true;
}

int journal_get_in_force(struct journal_db *db,
	void (*call)(void *context, const struct mitigation *mitigation), void *context,
	uint64_t *ret_refused)
{
	sqlite3_stmt *rows = journal_db_statement(db, STATEMENT_IN_FORCE);
	struct mitigation mitigation;
	int code;

	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		if (get_mitigation(rows, &mitigation))
			call(context, &mitigation);
		else
			++*ret_refused;
	}
	sqlite3_reset(rows);
	return journal_db_error(code);
}

int journal_put_incident(struct journal_db *db, const struct journal_incident *incident)
{
	sqlite3_stmt *row = journal_db_statement(db, STATEMENT_PUT_INCIDENT);

	bind_text(row, 1, incident->id);
	sqlite3_bind_int64(row, 2, incident->first_ns);
	sqlite3_bind_int64(row, 3, incident->last_ns);
	bind_text(row, 4, incident->kind);
	bind_text(row, 5, incident->severity);
	bind_text(row, 6, incident->json);
	return journal_db_finish(db, row);
}

int journal_get_incidents(struct journal_db *db, int64_t since_ns, unsigned cap,
	void (*call)(void *context, const char *json), void *context)
{
	sqlite3_stmt *rows = journal_db_statement(db, STATEMENT_INCIDENTS);
	int code, count = 0;

	sqlite3_bind_int64(rows, 1, since_ns);
	sqlite3_bind_int64(rows, 2, cap);
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		call(context, column_text(rows, 0));
		count++;
	}
	sqlite3_reset(rows);
	return code == SQLITE_DONE ? count : journal_db_error(code);
}

int journal_put_allow(struct journal_db *db, const struct journal_allow *allow)
{
	sqlite3_stmt *row = journal_db_statement(
		db, allow->is_removed ? STATEMENT_DROP_ALLOWED : STATEMENT_PUT_ALLOWED);

	sqlite3_bind_blob(row, 1, allow->addr.byte, 16, SQLITE_STATIC);
	sqlite3_bind_int(row, 2, (int)allow->bits);
	if (!allow->is_removed)
		sqlite3_bind_int64(row, 3, allow->expires_ns);
	return journal_db_finish(db, row);
}

int journal_get_allowed(struct journal_db *db,
	void (*call)(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns),
	void *context, uint64_t *ret_refused)
{
	sqlite3_stmt *rows = journal_db_statement(db, STATEMENT_ALLOWED);
	struct addr addr;
	unsigned bits;
	int code;

	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		if (column_prefix(rows, 0, &addr, &bits))
			call(context, &addr, bits, sqlite3_column_int64(rows, 2));
		else
			++*ret_refused;
	}
	sqlite3_reset(rows);
	return journal_db_error(code);
}
