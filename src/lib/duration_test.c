/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/duration_test.c - what is a length of time and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/duration.h"

static void test_good(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} rows[] = { { "1", 1 }, { "90", 90 }, { "90s", 90 }, { "10m", 600 }, { "1h", 3600 },
		{ "2d", 172800 }, { "1w", 604800 }, { "1h30m", 5400 }, { "1w2d3h4m5s", 788645 },
		{ "0h5m", 300 }, { "366d", DURATION_MAX_S }, { "007", 7 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t seconds = 0;

		assert_int_equal(duration_parse(rows[i].text, &seconds), 0);
		assert_int_equal(seconds, rows[i].seconds);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = { { "", -EINVAL }, { "m", -EINVAL }, { "10x", -EINVAL }, { "-5", -EINVAL },
		{ "+5", -EINVAL }, { " 5", -EINVAL }, { "5 m", -EINVAL }, { "1.5h", -EINVAL },
		{ "1h30", -EINVAL }, { "30m1h", -EINVAL }, { "1m1m", -EINVAL }, { "1M", -EINVAL },
		{ "0", -ERANGE }, { "0s", -ERANGE }, { "367d", -ERANGE },
		{ "99999999999999999999", -ERANGE }, { "31622400w", -ERANGE } };

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t seconds = 4711;

		assert_int_equal(duration_parse(rows[i].text, &seconds), rows[i].result);
		assert_int_equal(seconds, 4711);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
