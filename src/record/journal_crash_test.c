/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal_crash_test.c - kill -9 in the middle of writing, again and again.
 *
 * A child journals one mitigation after the other and tells each id through a pipe once it is
 * written; it is killed at a random moment. Then the file is whole, and every id that was told is
 * in it.
 */
#include "record/journal_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#define ROUNDS 20

static void write_for_ever(const char *path, int tell, uint64_t id)
{
	struct mitigation mitigation = made_mitigation(id);
	struct journal *journal;

	if (journal_open(path, NULL, &journal) < 0)
		_exit(1);
	for (;; mitigation.id++) {
		if (journal_mitigation(journal, &mitigation) != 0 ||
			write(tell, &mitigation.id, sizeof(mitigation.id)) < 0)
			_exit(2);
		if (mitigation.id % 100 == 0)
			journal_tend(journal, FIXTURE_NOW_NS);
	}
}

static void assert_whole(const char *path)
{
	sqlite3_stmt *statement;
	sqlite3 *sqlite;

	assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(sqlite, "PRAGMA integrity_check", -1, &statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	sqlite3_close(sqlite);
}

/* Returns the last id that was told. */
static uint64_t crash_once(const char *path, uint64_t id)
{
	int tell[2], status;
	uint64_t told, last = 0;
	pid_t child;

	assert_int_equal(pipe(tell), 0);
	child = fork();
	if (child == 0) {
		close(tell[0]);
		write_for_ever(path, tell[1], id);
	}
	close(tell[1]);
	assert_int_equal(read(tell[0], &last, sizeof(last)), sizeof(last));
	usleep((useconds_t)(rand() % 10000));
	kill(child, SIGKILL);
	while (read(tell[0], &told, sizeof(told)) == sizeof(told))
		last = told;
	close(tell[0]);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	return last;
}

static void test_kill(void **state)
{
	struct place *place = *state;
	struct journal_stats stats;
	uint64_t last = 0;
	struct seen seen;

	srand((unsigned)getpid());
	for (unsigned round = 0; round < ROUNDS; round++) {
		last = crash_once(place->path, last + 1);
		place_open(place);
		journal_stats(place->journal, &stats);
		assert_string_equal(stats.trouble, "");
		in_force(place, &seen);
		assert_true(seen.is_in_order);
		assert_true(seen.last_id == last || seen.last_id == last + 1);
		assert_int_equal(seen.count, seen.last_id); /* none is missing */
		last = seen.last_id;
		place_close(place);
		assert_whole(place->path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
		test_kill, place_set_up, place_tear_down) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
