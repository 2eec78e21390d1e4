/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/engine/engine_parts_test.c - clock, curve and crew by themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "clock.h"
#include "crew.h"
#include "curve.h"

#define AT(seconds) ((int64_t)((seconds)*1e9))

static enum clock_step step(struct stream_clock *clock, int64_t time_ns, int64_t *ret_seen_ns)
{
	enum clock_step what = clock_see(clock, &time_ns, true);

	*ret_seen_ns = time_ns;
	if (what != CLOCK_SAME_WINDOW)
		clock_enter(clock, time_ns);
	return what;
}

static void test_clock_goes_forward(void **state)
{
	struct stream_clock clock = { .base_ns = AT(0.1) };
	int64_t seen;

	(void)state;
	assert_int_equal(step(&clock, AT(1000.05), &seen), CLOCK_FIRST);
	assert_true(clock.window.start_ns == AT(1000) && clock.window.end_ns == AT(1000.1));
	assert_int_equal(step(&clock, AT(1000.09), &seen), CLOCK_SAME_WINDOW);
	assert_int_equal(step(&clock, AT(1000.1), &seen), CLOCK_NEXT);
	assert_int_equal(step(&clock, AT(1005), &seen), CLOCK_NEXT);
	assert_int_equal(step(&clock, AT(1015.1), &seen), CLOCK_GAP);
	assert_true(clock.late == 0);
}

static void test_clock_takes_the_late_as_now_and_a_jump_as_an_epoch(void **state)
{
	struct stream_clock clock = { .base_ns = AT(0.1) };
	int64_t seen, time_ns = AT(500);

	(void)state;
	step(&clock, AT(1000.05), &seen);
	assert_int_equal(step(&clock, AT(1000.01), &seen), CLOCK_SAME_WINDOW);
	assert_true(seen == AT(1000.05) && clock.late == 1);
	assert_int_equal(step(&clock, AT(998), &seen), CLOCK_BACK);
	assert_true(clock.now_ns == AT(998));
	assert_int_equal(clock_see(&clock, &time_ns, false), CLOCK_SAME_WINDOW);
	assert_true(time_ns == AT(998));
}

static void test_clock_before_1970_and_absurd_times(void **state)
{
	struct stream_clock clock = { .base_ns = AT(0.1) };
	int64_t seen;

	(void)state;
	assert_int_equal(step(&clock, -AT(0.25), &seen), CLOCK_FIRST);
	assert_true(clock.window.start_ns == -AT(0.3));
	assert_int_equal(step(&clock, AT(4.2e9), &seen), CLOCK_GAP);
	assert_int_equal(clock.absurd, 2);
}

static void test_curve_keeps_its_sum_while_the_step_grows(void **state)
{
	struct curve curve = { 0 };
	uint64_t packets = 0, bytes = 0;

	(void)state;
	for (int64_t i = 0; i < 1000; i++)
		curve_add(&curve, AT(1) + i * i * 1000000, 100);
	curve_add(&curve, AT(0.5), 100); /* before the first: counted with it */
	curve_shrink(&curve, 80);
	assert_true(curve.used <= 80);
	for (unsigned i = 0; i < curve.used; i++) {
		packets += curve.packets[i];
		bytes += curve.bytes[i];
	}
	assert_int_equal(packets, 1001);
	assert_int_equal(bytes, 100100);
}

static void test_curve_survives_the_longest_time(void **state)
{
	struct curve curve = { 0 };

	(void)state;
	curve_add(&curve, INT64_MIN, 1);
	curve_add(&curve, INT64_MAX, 1);
	curve_add(&curve, 0, 1);
	assert_true(curve.used <= CURVE_STEPS);
}

struct sum {
	atomic_uint calls;
	unsigned parts[CREW_MAX];
};

static void add_part(void *context, unsigned worker, unsigned workers)
{
	struct sum *sum = context;

	assert_true(worker < workers);
	sum->parts[worker]++;
	atomic_fetch_add(&sum->calls, 1);
}

static void test_crew_runs_every_part_of_every_step(void **state)
{
	static const unsigned sizes[] = { 1, 2, 7 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct sum sum = { 0 };
		struct crew *crew;

		assert_int_equal(crew_open(sizes[i], NULL, &crew), 0);
		assert_int_equal(crew_size(crew), sizes[i]);
		for (unsigned n = 1; n <= 200; n++) {
			crew_run(crew, add_part, &sum);
			assert_int_equal(atomic_load(&sum.calls), n * sizes[i]);
		}
		for (unsigned worker = 0; worker < sizes[i]; worker++)
			assert_int_equal(sum.parts[worker], 200);
		crew_close(crew);
	}
	crew_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_goes_forward),
		cmocka_unit_test(test_clock_takes_the_late_as_now_and_a_jump_as_an_epoch),
		cmocka_unit_test(test_clock_before_1970_and_absurd_times),
		cmocka_unit_test(test_curve_keeps_its_sum_while_the_step_grows),
		cmocka_unit_test(test_curve_survives_the_longest_time),
		cmocka_unit_test(test_crew_runs_every_part_of_every_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
