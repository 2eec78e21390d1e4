/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/track_memory_test.c - every allocation of a tracker fails once: it says -ENOMEM and leaves
 * nothing behind (AddressSanitizer looks for leaks).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/failing.h"
#include "lib/pages.h"

static void *pages_or_fail(size_t size, bool is_huge)
{
	return fails_now() ? NULL : pages_take(size, is_huge);
}

#define calloc calloc_or_fail
#define pages_take pages_or_fail
#include "track/flows.c"
#include "track/pending.c"
#include "track/track.c"
#undef calloc
#undef pages_take

static void a_tracker_needs_all_its_memory(void **state)
{
	const struct tracker_limits limits = { .flows = 64, .pending = 64, .seed = 1 };
	struct tracker *tracker = NULL;
	size_t before = pages_taken();
	unsigned try = 0;

	(void)state;
	while (!tracker && try < 20) {
		int result;

		calls_left = ++try;
		result = tracker_open(&limits, (struct flow_end_hook){ 0 }, &tracker);
		assert_int_equal(result, tracker ? 0 : -ENOMEM);
		if (!tracker)
			assert_int_equal(pages_taken(), before);
	}
	assert_int_equal(try, 5);
	tracker_close(tracker);
	assert_int_equal(pages_taken(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tracker_needs_all_its_memory),
	};

	return cmocka_run_group_tests_name("track_memory", tests, NULL, NULL);
}
