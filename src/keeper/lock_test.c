/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/lock_test.c - one keeper in a directory, and what another one and weir stop see of it. */
#include "keeper/lock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char base[] = "/tmp/weir_lock_test.XXXXXX";
static char directory[64], file[128];

static void test_lock(void **state)
{
	struct lock_note note = { 0 }, mine = { .pid = 4711, .mode = 2 };
	struct err err = { "" };
	int lock = -1, other = -1, seen = -1;

	(void)state;
	assert_int_equal(lock_find(directory, &err, &note, &seen), -ESRCH);
	assert_int_equal(lock_take(directory, &err, &note, &lock), 0);
	assert_int_equal(note.pid, 0);
	assert_int_equal(note.mode, -1);
	assert_int_equal(lock_write(lock, &mine), 0);
	assert_int_equal(lock_take(directory, &err, &note, &other), -EBUSY);
	assert_non_null(strstr(err.text, "process 4711"));
	assert_int_equal(lock_find(directory, &err, &note, &seen), 0);
	assert_int_equal(note.pid, 4711);
	assert_int_equal(note.mode, 2);
	assert_int_equal(lock_has_gone(seen, &note), 0);
	snprintf(mine.stopped, sizeof(mine.stopped), "removed: 3 measures");
	assert_int_equal(lock_write(lock, &mine), 0);
	close(lock);
	assert_int_equal(lock_has_gone(seen, &note), 1);
	assert_string_equal(note.stopped, "removed: 3 measures");
	close(seen);
	/* What is left behind is in nobody's way, and is read. */
	assert_int_equal(lock_find(directory, &err, &note, &seen), -ESRCH);
	assert_int_equal(lock_take(directory, &err, &note, &lock), 0);
	assert_int_equal(note.pid, 4711);
	assert_int_equal(note.mode, 2);
	close(lock);
}

static void test_failures(void **state)
{
	struct lock_note note = { 0 };
	struct err err = { "" };
	char long_one[600];
	int lock = -1;
	FILE *out = fopen(file, "w");

	(void)state;
	fputs("rubbish -5\n", out);
	fclose(out);
	assert_int_equal(lock_take(directory, &err, &note, &lock), 0);
	assert_int_equal(note.pid, 0);
	close(lock);
	assert_int_equal(lock_take("/proc/none/there", &err, &note, &lock), -ENOENT);
	assert_non_null(strstr(err.text, "/proc/none/there"));
	memset(long_one, 'x', sizeof(long_one));
	long_one[0] = '/';
	long_one[sizeof(long_one) - 1] = '\0';
	assert_int_equal(lock_take(long_one, &err, &note, &lock), -ENAMETOOLONG);
	assert_int_equal(lock_find(long_one, &err, &note, &lock), -ENAMETOOLONG);
	unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(lock_take(directory, &err, &note, &lock), -ELOOP);
	assert_int_equal(lock_find(directory, &err, &note, &lock), -ELOOP);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(base))
		return -1;
	snprintf(directory, sizeof(directory), "%s/run", base);
	snprintf(file, sizeof(file), "%s/keeper.pid", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(file);
	rmdir(directory);
	return rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
