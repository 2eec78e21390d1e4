/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide/decide_test.c - tests for decide.c, leases.c, store.c, describe.c: lives of
 * mitigations. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decide/decide_fixture.h"
#include "lib/failing.h"

#define calloc calloc_or_fail
#include "decide/decide.c"
#include "decide/learn.c"
#include "decide/store.c"
#undef calloc

static struct stage stage;

static int set_up(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static struct mitigation block_of(const char *text)
{
	struct mitigation wish = { .verb = VERB_BLOCK };
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &wish.whom, &bits), 0);
	wish.bits = (uint8_t)bits;
	return wish;
}

static int add(const struct mitigation *wish, uint64_t *ret_id)
{
	struct err err;

	return decider_add(stage.decider, wish, stage.now_ns, &err, ret_id);
}

static const struct mitigation *find(uint64_t id)
{
	return decider_mitigation(stage.decider, id);
}

static void quiet(unsigned windows)
{
	for (unsigned i = 0; i < windows; i++)
		stage_window(&stage, false);
}

static void start_filter(void)
{
	for (unsigned i = 0; i < 3; i++) {
		stage_attack(&stage, attack_uniform, 200);
		stage_window(&stage, true);
	}
	assert_non_null(stage_find(&stage, VERB_FILTER, 0));
}

static void hit(uint64_t id, uint64_t hits, bool is_there)
{
	stage.hits[0] = (struct gate_hit){ id, hits, hits * 100, is_there };
	stage.picture.hit_count = 1;
}

static void an_operator_blocks_and_releases(void **state)
{
	struct mitigation wish = block_of("203.0.113.0/24");
	uint64_t id = 0;

	(void)state;
	snprintf(wish.why, sizeof(wish.why), "because");
	assert_int_equal(add(&wish, &id), 0);
	quiet(1);
	assert_int_equal(stage.applied, 1);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
	assert_int_equal(find(id)->origin, ORIGIN_OPERATOR);
	assert_string_equal(find(id)->why, "because");
	assert_int_equal(decider_release(stage.decider, id, stage.now_ns), 0);
	assert_int_equal(decider_release(stage.decider, id, stage.now_ns), -ENOENT);
	assert_int_equal(decider_release(stage.decider, 12345, stage.now_ns), -ENOENT);
	quiet(2);
	assert_int_equal(stage.revoked, 1);
	assert_int_equal(find(id)->state, MITIGATION_RELEASED);
}

static void what_was_not_sent_yet_needs_no_revoking(void **state)
{
	struct mitigation wish = block_of("203.0.113.9");
	uint64_t id = 0;

	(void)state;
	assert_int_equal(add(&wish, &id), 0);
	assert_int_equal(decider_release(stage.decider, id, stage.now_ns), 0);
	quiet(2);
	assert_int_equal(stage.applied + stage.revoked, 0);
}

static void bad_wishes_are_refused(void **state)
{
	struct mitigation wish;
	uint64_t id = 0;

	(void)state;
	wish = block_of("192.0.2.1");
	assert_int_equal(add(&wish, &id), -EPERM);
	wish = block_of("192.0.0.0/16"); /* the allowlist lies within */
	assert_int_equal(add(&wish, &id), -EPERM);
	wish = block_of("0.0.0.0/4");
	wish.whom = stage_addr("64.0.0.0");
	assert_int_equal(add(&wish, &id), -EINVAL);
	wish = block_of("203.0.113.9");
	wish.bits = 120;
	assert_int_equal(add(&wish, &id), -EINVAL);
	wish.bits = 200;
	assert_int_equal(add(&wish, &id), -EINVAL);
	wish = block_of("203.0.113.9");
	wish.verb = VERB_COOKIES;
	assert_int_equal(add(&wish, &id), -EINVAL);
	wish.verb = VERB_LIMIT_SOURCE;
	assert_int_equal(add(&wish, &id), -EINVAL);
	wish = block_of("198.51.100.0/24");
	wish.verb = VERB_QUARANTINE;
	assert_int_equal(add(&wish, &id), -EINVAL);
	assert_int_equal(id, 0);
}

static void a_lease_of_the_operator_runs_out(void **state)
{
	struct mitigation wish = block_of("203.0.113.9");
	uint64_t id = 0;

	(void)state;
	wish.expires_ns = stage.now_ns + 2 * NS_PER_S;
	assert_int_equal(add(&wish, &id), 0);
	quiet(15);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
	quiet(10);
	assert_int_equal(find(id)->state, MITIGATION_RELEASED);
	assert_int_equal(stage.revoked, 0); /* the kernel part has ended it by itself */
	quiet(37000);
	assert_null(find(id));
}

static void what_is_not_hit_is_released(void **state)
{
	uint64_t id;

	(void)state;
	start_filter();
	id = stage_find(&stage, VERB_FILTER, 0)->id;
	hit(id, 100, true);
	quiet(295);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
	assert_int_equal(find(id)->hits, 100);
	quiet(20);
	assert_int_equal(find(id)->state, MITIGATION_RELEASED);
	assert_int_equal(stage.revoked, 1);
}

/* The kernel part counts anew when it writes an entry of its maps anew: that is no hit. */
static void fewer_hits_are_no_hit(void **state)
{
	uint64_t id;

	(void)state;
	start_filter();
	id = stage_find(&stage, VERB_FILTER, 0)->id;
	hit(id, 100, true);
	quiet(200);
	hit(id, 7, true);
	quiet(115);
	assert_int_equal(find(id)->state, MITIGATION_RELEASED);
	assert_int_equal(find(id)->hits, 7);
}

/* Not in the picture's hits is not gone. */
static void what_lies_in_no_map_stays(void **state)
{
	struct mitigation wish = block_of("203.0.113.9");
	uint64_t id = 0;

	(void)state;
	wish.verb = VERB_NFT_BLOCK;
	assert_int_equal(add(&wish, &id), 0);
	quiet(200);
	assert_int_equal(stage.applied, 1);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
}

static void what_is_hit_is_renewed(void **state)
{
	uint64_t id;

	(void)state;
	start_filter();
	id = stage_find(&stage, VERB_FILTER, 0)->id;
	for (unsigned i = 0; i < 4000; i++) {
		hit(id, i, true);
		quiet(1);
	}
	assert_true(stage.extended >= 2 && stage.extended <= 4);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
	assert_true(find(id)->expires_ns > stage.now_ns + 100 * NS_PER_S);
}

static void what_is_gone_from_the_kernel_is_put_back(void **state)
{
	uint64_t id;

	(void)state;
	start_filter();
	id = stage_find(&stage, VERB_FILTER, 0)->id;
	hit(id, 0, false);
	quiet(5);
	assert_int_equal(stage.applied, 1); /* it may have been read before it was there */
	quiet(10);
	assert_int_equal(stage.applied, 2);
}

static void a_deaf_keeper_is_asked_three_times(void **state)
{
	(void)state;
	stage.keeper_is_deaf = true;
	start_filter();
	quiet(250);
	assert_int_equal(stage.applied, 3);
	assert_null(stage_find(&stage, VERB_FILTER, 0));
}

static void what_the_journal_knows_is_taken_over(void **state)
{
	struct mitigation m = block_of("203.0.113.9");
	uint64_t id = 0;

	(void)state;
	m.id = 77;
	m.state = MITIGATION_IN_FORCE;
	m.begins_ns = m.last_hit_ns = stage.now_ns;
	m.expires_ns = stage.now_ns + 100 * NS_PER_S;
	assert_int_equal(decider_adopt(stage.decider, &m), 0);
	assert_int_equal(decider_adopt(stage.decider, &m), -EEXIST);
	m.id = 50;
	m.state = MITIGATION_ASKED;
	m.whom = stage_addr("203.0.113.10");
	assert_int_equal(decider_adopt(stage.decider, &m), 0);
	m.id = 60;
	m.origin = ORIGIN_KERNEL;
	assert_int_equal(decider_adopt(stage.decider, &m), 0);
	hit(77, 5, true);
	quiet(1);
	assert_int_equal(stage.applied, 1); /* that whose answer nobody knows */
	assert_null(find(60));
	assert_int_equal(find(77)->hits, 5);
	m = block_of("203.0.113.11");
	assert_int_equal(add(&m, &id), 0);
	assert_true(id > 77);
	hit(77, 5, false);
	quiet(15);
	assert_int_equal(stage.applied, 3); /* and the one that was lost */
}

static void asked_but_there_needs_no_asking(void **state)
{
	struct mitigation m = block_of("203.0.113.9");

	(void)state;
	m.id = 50;
	m.state = MITIGATION_ASKED;
	m.begins_ns = stage.now_ns;
	m.expires_ns = stage.now_ns + 100 * NS_PER_S;
	assert_int_equal(decider_adopt(stage.decider, &m), 0);
	hit(50, 1, true);
	quiet(1);
	assert_int_equal(stage.applied, 0);
	assert_int_equal(find(50)->state, MITIGATION_IN_FORCE);
}

static void what_the_operator_took_back_does_not_return(void **state)
{
	(void)state;
	start_filter();
	assert_int_equal(decider_release(stage.decider, stage_find(&stage, VERB_FILTER, 0)->id,
				 stage.now_ns),
		0);
	for (unsigned i = 0; i < 200; i++) {
		stage_attack(&stage, attack_uniform, 200);
		stage_window(&stage, true);
	}
	assert_null(stage_find(&stage, VERB_FILTER, 0));
}

static void a_clock_that_jumps_does_no_harm(void **state)
{
	uint64_t id;

	(void)state;
	start_filter();
	id = stage_find(&stage, VERB_FILTER, 0)->id;
	stage.now_ns -= 7200 * NS_PER_S;
	quiet(1);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
	assert_true(find(id)->begins_ns <= stage.now_ns);
	assert_true(find(id)->expires_ns - stage.now_ns <=
		    (int64_t)stage.conf.gate.lease_max_s * NS_PER_S);
	stage.now_ns += 4 * 86400 * NS_PER_S;
	quiet(1);
	assert_int_equal(find(id)->state, MITIGATION_RELEASED);
}

static void a_new_configuration_leaves_what_stands(void **state)
{
	struct conf conf = stage.conf;

	(void)state;
	start_filter();
	conf.policy.release_s = 3;
	decider_reload(stage.decider, &conf, stage.networks, stage.allow);
	quiet(2);
	assert_non_null(stage_find(&stage, VERB_FILTER, 0));
	quiet(40);
	assert_null(stage_find(&stage, VERB_FILTER, 0));
	decider_reload(stage.decider, &stage.conf, stage.networks, stage.allow);
}

static void orders_and_mitigations_are_bounded(void **state)
{
	struct mitigation wish = block_of("203.0.113.1");
	uint64_t id = 0, last = 0;
	unsigned count = 0;

	(void)state;
	for (; count < MITIGATIONS_MAX; count++) {
		wish.whom.byte[14] = (uint8_t)(count >> 8);
		wish.whom.byte[15] = (uint8_t)count;
		wish.whom.byte[13] = 1;
		assert_int_equal(add(&wish, &id), 0);
		assert_true(id > last);
		last = id;
	}
	assert_int_equal(add(&wish, &id), -ENOSPC);
	quiet(1);
	assert_int_equal(stage.orders.count, ORDERS_MAX);
	assert_int_equal(stage.orders.lost, MITIGATIONS_MAX - ORDERS_MAX);
	quiet(20);
	assert_int_equal(stage.applied, MITIGATIONS_MAX);
	/* An ended one gives its room. */
	assert_int_equal(decider_release(stage.decider, last, stage.now_ns), 0);
	quiet(1);
	assert_int_equal(add(&wish, &id), 0);
}

static void told_of_strangers_is_no_harm(void **state)
{
	(void)state;
	decider_told(stage.decider, 99, ORDER_APPLY, 0, NULL, 0);
	decider_told(stage.decider, 99, ORDER_REVOKE, -EIO, "x", 0);
}

static void failed_renewals_and_revokes(void **state)
{
	struct mitigation wish = block_of("203.0.113.9");
	uint64_t id = 0;

	(void)state;
	assert_int_equal(add(&wish, &id), 0);
	quiet(1);
	decider_told(stage.decider, id, ORDER_EXTEND, -ENOENT, NULL, 0);
	quiet(20);
	assert_int_equal(stage.applied, 2);
	decider_told(stage.decider, id, ORDER_EXTEND, -EIO, NULL, 0);
	assert_int_equal(find(id)->state, MITIGATION_IN_FORCE);
	assert_int_equal(decider_release(stage.decider, id, stage.now_ns), 0);
	quiet(1);
	decider_told(stage.decider, id, ORDER_REVOKE, -EBUSY, NULL, 0);
	quiet(20);
	assert_int_equal(stage.revoked, 2);
	assert_int_equal(find(id)->state, MITIGATION_RELEASED);
}

static void it_is_said_in_words(void **state)
{
	struct mitigation m = block_of("203.0.113.9");
	char text[MITIGATION_TEXT_MAX], tiny[8];

	(void)state;
	assert_string_equal(
		mitigation_describe(&m, text, sizeof(text)), "drop all from 203.0.113.9");
	m.verb = VERB_FILTER;
	filter_any(&m.filter);
	m.filter.mask[0] = 0xffff0000ffffULL;
	m.filter.value[0] = 6 | (uint64_t)(TCP_SYN | TCP_ACK) << 8 | 80ULL << 32;
	m.filter.ttl_min = 40;
	m.filter.ttl_max = 60;
	m.filter.mask[2] = 0xff00ffULL;
	m.filter.value[2] = 0x420041ULL;
	m.filter.mask[0] |= 0xff00000000ULL;
	assert_string_equal(mitigation_describe(&m, text, sizeof(text)),
		"drop to 203.0.113.9: tcp, flags syn+ack, source port 80, ttl 40-60, payload byte "
		"0: 41 ?? 42");
	assert_int_equal(strlen(mitigation_describe(&m, tiny, sizeof(tiny))), 7);
	for (unsigned verb = 0; verb < VERB_COUNT; verb++) {
		m.verb = verb;
		assert_true(strlen(mitigation_describe(&m, text, sizeof(text))) > 10);
		assert_non_null(verb_names[verb]);
	}
}

static void no_memory_is_said(void **state)
{
	struct decider *decider = NULL;
	unsigned call = 0;
	int r;

	(void)state;
	do {
		calls_left = ++call;
		r = decider_open(&stage.conf, stage.networks, stage.allow, 1, &decider);
		if (r < 0)
			assert_int_equal(r, -ENOMEM);
	} while (r < 0);
	calls_left = 0;
	assert_int_equal(call, 10);
	decider_close(decider);
	decider_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_operator_blocks_and_releases),
		TEST(what_was_not_sent_yet_needs_no_revoking),
		TEST(bad_wishes_are_refused),
		TEST(a_lease_of_the_operator_runs_out),
		TEST(what_is_not_hit_is_released),
		TEST(fewer_hits_are_no_hit),
		TEST(what_lies_in_no_map_stays),
		TEST(what_is_hit_is_renewed),
		TEST(what_is_gone_from_the_kernel_is_put_back),
		TEST(a_deaf_keeper_is_asked_three_times),
		TEST(what_the_journal_knows_is_taken_over),
		TEST(asked_but_there_needs_no_asking),
		TEST(what_the_operator_took_back_does_not_return),
		TEST(a_clock_that_jumps_does_no_harm),
		TEST(a_new_configuration_leaves_what_stands),
		TEST(orders_and_mitigations_are_bounded),
		TEST(told_of_strangers_is_no_harm),
		TEST(failed_renewals_and_revokes),
		TEST(it_is_said_in_words),
		TEST(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
