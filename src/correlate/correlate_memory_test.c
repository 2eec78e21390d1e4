/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/correlate_memory_test.c - every allocation of the correlator fails once.
 *
 * Its file and the sets are compiled into this test with an allocator that fails at a given call.
 * The start must say -ENOMEM and leave nothing behind (AddressSanitizer looks for leaks); at the
 * end only the lists may be missing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/failing.h"

#define calloc calloc_or_fail
#include "correlate/correlate.c"
#include "lib/sets.c"
#undef calloc

#include "correlate/case_fixture.h"

#define TRIES_MAX 100

static void a_start_needs_all_its_memory(void **state)
{
	struct conf conf;
	struct detector_env env = { .conf = &conf, .seed = 7 };
	struct correlator *correlator = NULL;
	unsigned try = 0;
	int result = -1;

	(void)state;
	conf_default(&conf);
	while (result != 0 && try < TRIES_MAX) {
		assert_null(correlator);
		calls_left = ++try;
		result = correlator_open(&env, &correlator);
		assert_true(result == 0 || result == -ENOMEM);
	}
	calls_left = 0;
	assert_in_range(try, 5, TRIES_MAX - 1);
	correlator_close(correlator);
}

static void without_memory_for_lists_incidents_are_still_told(void **state)
{
	static const enum scope scopes[] = { SCOPE_HOST, SCOPE_PREFIX };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, 0);
		struct scene scene;

		finding.scope = scopes[i];
		scene_open(&scene, NULL);
		scene_take(&scene, &finding);
		calls_left = 1;
		assert_int_equal(scene_finish(&scene), 1);
		assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_TARGET].count, 1);
		assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_TARGET].listed, 0);
		assert_true(scene_incident(&scene, 0)->story[0] != '\0');
		scene_close(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_needs_all_its_memory),
		cmocka_unit_test(without_memory_for_lists_incidents_are_still_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
