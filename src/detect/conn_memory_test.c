/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/conn_memory_test.c - every allocation of conn, reflector and flooder fails once.
 *
 * Their files and the table they stand on are compiled into this test with an allocator that
 * fails at a given call. Each time the start must say -ENOMEM and leave nothing behind
 * (AddressSanitizer looks for leaks).
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
#include "detect/conn.c"
#include "detect/reflector.c"
#include "lib/keyed.c"
/* Static functions of one name in two of the files. */
#define count_packet flooder_count_packet
#define delta_of flooder_delta_of
#define merge_one flooder_merge_one
#include "detect/flooder.c"
#undef calloc
#undef aligned_alloc

#include "conf/conf.h"

#define TRIES_MAX 100

static int start(const struct detector *detector, void *state)
{
	struct conf conf;
	struct detector_env env = { .conf = &conf, .seed = 7 };

	conf_default(&conf);
	return detector->init(state, &env);
}

/* How many tries it took until the state was there. */
static unsigned fail_init(const struct detector *detector, void *state)
{
	unsigned at = 1;

	for (; at < TRIES_MAX; at++) {
		int r;

		calls_left = at;
		r = start(detector, state);
		if (r == 0)
			break;
		assert_int_equal(r, -ENOMEM);
	}
	calls_left = 0;
	return at;
}

static unsigned fail_summary(const struct detector *detector, const void *state, void *summary)
{
	unsigned at = 1;

	for (; at < TRIES_MAX; at++) {
		int r;

		calls_left = at;
		r = detector->summary_init(summary, state, false);
		if (r == 0)
			break;
		assert_int_equal(r, -ENOMEM);
	}
	calls_left = 0;
	return at;
}

static void test_missing_memory_is_said(void **unused)
{
	static const struct {
		const struct detector *detector;
		unsigned tables;
	} rows[] = {
		{ &detector_conn, 2 },
		{ &detector_reflector, 2 },
		{ &detector_flooder, 3 },
	};

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct detector *detector = rows[i].detector;
		void *state = calloc(1, detector->state_size);
		void *summary = calloc(1, detector->summary_size);

		assert_int_equal(fail_init(detector, state), 1 + 3 * rows[i].tables + 1);
		assert_int_equal(fail_summary(detector, state, summary), 3 + 1);
		detector->summary_close(summary);
		detector->close(state);
		free(state);
		free(summary);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing_memory_is_said),
	};

	return cmocka_run_group_tests_name("conn_memory", tests, NULL, NULL);
}
