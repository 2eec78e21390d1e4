/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/hosts_memory_test.c - every allocation of hosts and assume fails once.
 *
 * Their files and the table they stand on are compiled into this test with an allocator that
 * fails at a given call.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/failing.h"

#define calloc calloc_or_fail
#define aligned_alloc aligned_alloc_or_fail
#include "lib/keyed.c"
#include "track/assume.c"
/* Static function of one name in both files. */
#define ranks_before hosts_ranks_before
#include "track/hosts.c"
#undef calloc
#undef aligned_alloc

static void test_hosts(void **state)
{
	struct hosts *hosts = NULL;

	(void)state;
	for (calls_left = 1; calls_left <= 2;) {
		unsigned at = calls_left;

		assert_int_equal(hosts_open(64, 7, &hosts), -ENOMEM);
		assert_null(hosts);
		calls_left = at + 1;
	}
	assert_int_equal(hosts_open(64, 7, &hosts), 0);
	calls_left = 0;
	hosts_close(hosts);
}

static void test_assume(void **state)
{
	struct assume *assume = NULL;

	(void)state;
	for (calls_left = 1; calls_left <= 1 + 2 * 3;) {
		unsigned at = calls_left;

		assert_int_equal(assume_open(7, &assume), -ENOMEM);
		assert_null(assume);
		calls_left = at + 1;
	}
	assert_int_equal(assume_open(7, &assume), 0);
	calls_left = 0;
	assume_close(assume);
	assume_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_assume),
	};

	return cmocka_run_group_tests_name("hosts_memory", tests, NULL, NULL);
}
