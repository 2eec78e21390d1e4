/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/aims_test.c - what an aim remembers, learns and forgets, and who gives way to whom. */
#include "detect/aims.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"
#include "lib/hash.h"

#define T0 FIXTURE_START_NS
#define MS(ms) ((ms)*NS_PER_MS)
#define S(seconds) ((seconds)*NS_PER_S)
#define KIND KIND_FLOOD_SYN

static struct aims aims;

static int set_up(void **state)
{
	(void)state;
	return aims_open(&aims, 64, 5);
}

static int tear_down(void **state)
{
	(void)state;
	aims_close(&aims);
	return 0;
}

static struct aim *host_aim(uint32_t number)
{
	struct addr addr = fixture_addr_at("10.0.0.0", number);

	return aims_of(&aims, SCOPE_HOST, &addr, 128, KIND, 0);
}

/* A window of 100 ms that ends at end_ns, with so many packets of 100 bytes. */
static void feed(
	struct aim *aim, int64_t end_ns, uint64_t packets, uint64_t openings, uint64_t answered)
{
	struct tally tally = { .target = aim->target,
		.packets = packets,
		.bytes = packets * 100,
		.openings = openings,
		.answered = answered,
		.first_ns = end_ns - MS(90),
		.last_ns = end_ns - MS(10),
		.proto = 6 };

	aims_add(&aims, aim, &tally, (struct window){ end_ns - MS(100), end_ns });
}

static void steadily(struct aim *aim, int64_t from_ns, unsigned windows, uint64_t packets)
{
	for (unsigned i = 1; i <= windows; i++)
		feed(aim, from_ns + MS(100) * i, packets, packets, 0);
}

static void scopes_kinds_and_lengths_are_apart(void **state)
{
	struct addr addr = fixture_addr("10.0.0.0");
	struct aim *host = aims_of(&aims, SCOPE_HOST, &addr, 128, KIND, 0);

	(void)state;
	assert_ptr_equal(aims_of(&aims, SCOPE_HOST, &addr, 128, KIND, 0), host);
	assert_ptr_equal(aims_find(&aims, SCOPE_HOST, &addr, 128, KIND), host);
	assert_null(aims_find(&aims, SCOPE_PREFIX, &addr, 128, KIND));
	assert_null(aims_find(&aims, SCOPE_HOST, &addr, 112, KIND));
	assert_null(aims_find(&aims, SCOPE_HOST, &addr, 128, KIND_FLOOD_ACK));
	assert_ptr_not_equal(aims_of(&aims, SCOPE_GROUP, &addr, 0, KIND, 4), host);
	assert_int_equal(aims_of(&aims, SCOPE_GROUP, &addr, 0, KIND, 4)->group, 4);
	assert_int_equal(host->group, 0);
}

/* A sum over T of a steady rate holds T times the rate. */
static void sums_hold_rates(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	steadily(aim, T0, 3000, 100);
	assert_float_equal(aim->sums[AIM_1S].packets, 1000, 60);
	assert_float_equal(aim->sums[AIM_10S].packets, 10000, 100);
	assert_float_equal(aim->sums[AIM_60S].packets, 60000, 600);
	assert_float_equal(aim->sums[AIM_10S].bytes, 1000000, 10000);
	assert_float_equal(aim->peak_pps, 1000, 1e-6);
	assert_float_equal(aim->peak_bps, 800000, 1e-6);
	aims_pass(&aims, aim, aim->last_ns + 10 * NS_PER_S);
	assert_float_equal(aim->sums[AIM_10S].packets, 10000 * exp(-1), 50);
	assert_float_equal(aim->sums[AIM_1S].packets, 0, 0.1);
	assert_float_equal(aim->seen_s, 309.9, 0.2);
}

static void time_does_not_run_backwards(void **state)
{
	struct aim *aim = host_aim(1);
	double before;

	(void)state;
	steadily(aim, T0, 10, 100);
	before = aim->sums[AIM_1S].packets;
	aims_pass(&aims, aim, T0);
	assert_float_equal(aim->sums[AIM_1S].packets, before, 0);
	assert_int_equal(aim->last_ns, T0 + NS_PER_S);
}

static void windows_span_from_first_to_last(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	steadily(aim, T0, 10, 5);
	feed(aim, T0 + MS(1100), 0, 0, 3);
	assert_int_equal(aim->first_ns, T0 + MS(10));
	assert_int_equal(aim->latest_ns, T0 + MS(990));
	assert_int_equal(aim->packets, 50);
}

static void what_was_answered(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	assert_float_equal(aim_answered_share(aim), 0, 0);
	feed(aim, T0, 100, 100, 25);
	assert_float_equal(aim_answered_share(aim), 0.25, 1e-9);
	feed(aim, T0, 0, 0, 200);
	assert_float_equal(aim_answered_share(aim), 1, 0);
}

/* One that opens once and then repeats himself must not hide behind the answers of others. */
static void repeating_is_not_being_answered(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	feed(aim, T0, 10, 10, 10);
	assert_float_equal(aim_answered_share(aim), 1, 0);
	feed(aim, T0, 5000, 1, 0);
	assert_true(aim_answered_share(aim) < 0.03);
}

static void openings_settle_within_a_second(void **state)
{
	struct aim *aim = host_aim(1), *none = host_aim(2);
	unsigned windows = 0;

	(void)state;
	while (!windows || !aim_is_settled(aim))
		feed(aim, T0 + MS(100) * ++windows, 50, 50, 0);
	assert_in_range(windows, 7, 15);
	feed(aim, T0 + MS(100) * (windows + 1), 5000, 5000, 0); /* a crowd all at once */
	assert_false(aim_is_settled(aim));
	aims_pass(&aims, aim, aim->last_ns + 2 * NS_PER_S); /* and nothing more */
	assert_true(aim_is_settled(aim));
	feed(none, T0, 1000, 0, 0);
	assert_true(aim_is_settled(none));
}

static void what_it_gets_from_the_start_is_usual(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	for (unsigned i = 1; i <= 3000; i++) {
		feed(aim, T0 + MS(100) * i, 200, 0, 0);
		assert_float_equal(aim_learn(aim, 2000, 0.1), 0, 0);
	}
	assert_float_equal(aim->usual_pps, 2000, 1);
}

static void what_is_far_above_is_not_learned(void **state)
{
	struct aim *aim = host_aim(1);
	double sum = 0, before;

	(void)state;
	for (unsigned i = 1; i <= 400; i++) {
		feed(aim, T0 + MS(100) * i, 10, 0, 0);
		aim_learn(aim, 100, 0.1);
	}
	before = aim->usual_pps;
	assert_float_equal(before, 100, 1);
	for (unsigned i = 401; i <= 410; i++) {
		feed(aim, T0 + MS(100) * i, 150, 0, 0);
		sum = aim_learn(aim, 1500, 0.1);
	}
	assert_float_equal(sum, 13.5, 0.5); /* 15 baselines, less one and a half, for a second */
	assert_float_equal(aim->usual_pps, before, 0);
}

static void calm_is_low_and_usual(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	for (unsigned i = 1; i <= 79; i++) {
		feed(aim, T0 + MS(100) * i, 2, 0, 0);
		aim_learn(aim, 20, 0.1);
		assert_false(aim_is_calm(aim)); /* nobody knows yet */
	}
	steadily(aim, T0 + S(8), 20, 2);
	assert_true(aim_is_calm(aim));
	steadily(aim, T0 + S(10), 20, 6); /* three times */
	assert_false(aim_is_calm(aim));
	aim->usual_pps = 5000;
	assert_true(aim_is_calm(aim));
	steadily(aim, T0 + S(12), 20, 15); /* usual or not, that is how an attack begins */
	assert_false(aim_is_calm(aim));
	feed(aim, T0 + S(14) + MS(100), 0, 0, 900); /* but all of it was wanted */
	assert_true(aim_is_calm(aim));
}

static void ebb(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	steadily(aim, T0, 100, 50);
	assert_false(aim_has_ebbed(aim));
	aims_pass(&aims, aim, aim->last_ns + S(3));
	assert_true(aim_has_ebbed(aim));
}

/* Short bursts far apart do not add up. */
static void silence_counts(void **state)
{
	struct aim *aim = host_aim(1);
	double most = 0;

	(void)state;
	for (unsigned i = 1; i <= 100; i++) {
		feed(aim, T0 + 5 * NS_PER_S * i, 50, 0, 0);
		most = fmax(most, aim_learn(aim, 500, 0.1));
	}
	assert_true(aim->seen_s > 400);
	assert_true(most < 6);
}

/* Senders, votes and what was not reported are of one minute; an attack's packets are kept. */
static void minutes_begin_anew(void **state)
{
	struct aim *aim = host_aim(1);
	struct distinct_entry slots[16] = { 0 };
	struct tally tally = { .target = aim->target,
		.packets = 3,
		.bytes = 300,
		.first_ns = T0,
		.last_ns = T0,
		.length = { 100, 3 } };
	struct addr from = fixture_addr("203.0.113.1");

	(void)state;
	distinct_init(&tally.sources, slots, 16);
	distinct_add(&tally.sources, &from, hash_addr(&from, 5), 3);
	aims_add(&aims, aim, &tally, (struct window){ T0 - MS(100), T0 });
	assert_int_equal(distinct_count(&aim->sources), 1);
	assert_int_equal(distinct_count(&aim->targets), 0); /* a host is its own target */
	aims_pass(&aims, aim, T0 + 60 * NS_PER_S);
	assert_int_equal(distinct_count(&aim->sources), 1);
	aims_pass(&aims, aim, T0 + 60 * NS_PER_S + 1);
	assert_int_equal(distinct_count(&aim->sources), 0);
	assert_int_equal(aim->packets, 0);
	assert_int_equal(aim->length.votes, 0);
	aims_add(&aims, aim, &tally, (struct window){ aim->last_ns, aim->last_ns + MS(100) });
	aim->reported_ns = aim->last_ns;
	aims_pass(&aims, aim, aim->last_ns + 61 * NS_PER_S);
	assert_int_equal(distinct_count(&aim->sources), 0);
	assert_int_equal(aim->packets, 3);
}

static void senders_due_while_an_attack_lasts(void **state)
{
	struct aim *aim = host_aim(1);

	(void)state;
	aims_pass(&aims, aim, T0);
	aims_pass(&aims, aim, T0 + 6 * NS_PER_S);
	assert_float_equal(aim_senders_due(aim, 500), 500, 0);
	aim->reported_ns = T0;
	assert_float_equal(aim_senders_due(aim, 500), 50, 1e-6);
	aims_pass(&aims, aim, T0 + 60 * NS_PER_S);
	assert_float_equal(aim_senders_due(aim, 500), 500, 1e-6);
}

/* More aims than places: the ones that matter are still there. */
static void the_busiest_and_the_attacked_stay(void **state)
{
	(void)state;
	steadily(host_aim(1), T0, 10, 1000);
	host_aim(2)->reported_ns = T0;
	host_aim(2)->is_listed = true;
	for (uint32_t i = 100; i < 2000; i++)
		feed(host_aim(i), T0 + NS_PER_S, 2, 2, 0);
	assert_int_equal(host_aim(1)->packets, 10000);
	assert_true(host_aim(2)->reported_ns == T0);
	assert_true(aims.evicted > 1000);
}

/* What was busy an hour ago is worth less than what is busy now. */
static void old_fame_fades(void **state)
{
	struct aim *now;

	(void)state;
	for (uint32_t i = 0; i < 400; i++)
		steadily(host_aim(i), T0, 2, 100000);
	now = host_aim(5000);
	steadily(now, T0 + 3600 * NS_PER_S, 10, 5);
	for (uint32_t i = 0; i < 30; i++)
		feed(host_aim(6000 + i), T0 + 3602 * NS_PER_S, 2, 2, 0);
	assert_int_equal(host_aim(5000)->packets, 50);
}

static void spread_of(const struct aim *aim, const char *expected)
{
	struct addr prefix;
	unsigned bits;
	char text[ADDR_TEXT_MAX];

	aim_spread(aim, &prefix, &bits);
	assert_string_equal(addr_prefix_format(&prefix, bits, text), expected);
}

static struct aim *region(const char *prefix, unsigned bits)
{
	struct addr addr = fixture_addr(prefix);

	return aims_of(&aims, SCOPE_PREFIX, &addr, bits, KIND, 0);
}

static void hit(struct aim *aim, const char *base, uint32_t from, uint32_t count, uint64_t packets)
{
	for (uint32_t i = from; i < from + count; i++) {
		struct tally tally = {
			.target = fixture_addr_at(base, i), .packets = packets, .bytes = packets
		};

		aims_add(&aims, aim, &tally, (struct window){ T0, T0 + MS(100) });
	}
}

static void the_smallest_prefix_that_holds_it(void **state)
{
	struct aim *aim = region("10.20.0.0", 112);

	(void)state;
	spread_of(aim, "10.20.0.0/16"); /* nothing known */
	hit(aim, "10.20.48.0", 0, 1, 10);
	spread_of(aim, "10.20.48.0");
	hit(aim, "10.20.48.0", 1, 255, 10);
	spread_of(aim, "10.20.48.0/24");
	hit(aim, "10.20.48.0", 256, 4096 - 256, 10);
	spread_of(aim, "10.20.48.0/20");
	aim = region("2001:db8:1::", 48);
	for (unsigned i = 0; i < 256; i++) {
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:1:ab%02x::5", i);
		hit(aim, text, 0, 1, 3);
	}
	spread_of(aim, "2001:db8:1:ab00::/56");
}

/* What the rest of the network gets by the way is not part of it, be it many little or one much. */
static void stragglers_do_not_widen_it(void **state)
{
	struct aim *aim = region("10.20.0.0", 112);

	(void)state;
	hit(aim, "10.20.48.0", 0, 256, 100);
	for (uint32_t i = 0; i < 500; i++)
		hit(aim, "10.20.0.0", i * 131, 1, 1);
	hit(aim, "10.20.200.9", 0, 1, 1500);
	spread_of(aim, "10.20.48.0/24");
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(scopes_kinds_and_lengths_are_apart),
		IN(sums_hold_rates),
		IN(time_does_not_run_backwards),
		IN(windows_span_from_first_to_last),
		IN(what_was_answered),
		IN(repeating_is_not_being_answered),
		IN(openings_settle_within_a_second),
		IN(what_it_gets_from_the_start_is_usual),
		IN(what_is_far_above_is_not_learned),
		IN(calm_is_low_and_usual),
		IN(ebb),
		IN(silence_counts),
		IN(minutes_begin_anew),
		IN(senders_due_while_an_attack_lasts),
		IN(the_busiest_and_the_attacked_stay),
		IN(old_fame_fades),
		IN(the_smallest_prefix_that_holds_it),
		IN(stragglers_do_not_widen_it),
	};

	return cmocka_run_group_tests_name("aims", tests, NULL, NULL);
}
