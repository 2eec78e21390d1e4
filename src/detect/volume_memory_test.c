/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/volume_memory_test.c - every allocation of flood and amplification fails once.
 *
 * Their tables are compiled into this test with an allocator that fails at a given call. Each time
 * the start must say -ENOMEM and leave nothing behind (AddressSanitizer looks for leaks).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/failing.h"

#define calloc calloc_or_fail
#include "detect/aims.c"
#include "detect/tally.c"
#include "lib/sets.c"
#undef calloc

#include "detect/volume.h"

#define TRIES_MAX 100

static const struct volume_rules rules = { .detector = "test" };

static int start(struct volume *volume)
{
	struct detector_env env = { .seed = 7 };

	return volume_init(volume, &env, &rules);
}

static void a_state_needs_all_its_memory(void **state)
{
	unsigned try = 0;
	struct volume volume;
	int result = -1;

	(void)state;
	while (result != 0 && try < TRIES_MAX) {
		calls_left = ++try;
		result = start(&volume);
		assert_true(result == 0 || result == -ENOMEM);
	}
	assert_in_range(try, 6, TRIES_MAX - 1);
	volume_close(&volume);
}

static void a_summary_needs_all_its_memory(void **state)
{
	struct volume volume = { .seed = 7 };
	struct tally_table table;

	(void)state;
	for (unsigned is_merged = 0; is_merged < 2; is_merged++) {
		unsigned try = 0;
		int result = -1;

		while (result != 0 && try < TRIES_MAX) {
			calls_left = ++try;
			result = volume_summary_open(&table, &volume, is_merged);
			assert_true(result == 0 || result == -ENOMEM);
		}
		assert_in_range(try, 7, TRIES_MAX - 1);
		tally_close(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_needs_all_its_memory),
		cmocka_unit_test(a_summary_needs_all_its_memory),
	};

	return cmocka_run_group_tests_name("volume_memory", tests, NULL, NULL);
}
