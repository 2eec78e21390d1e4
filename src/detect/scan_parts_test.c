/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_parts_test.c - the tables of the scan detector one by one, and every allocation
 * failing once.
 *
 * The detector's own files are compiled into this test with an allocator that fails at a given
 * call.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/failing.h"

#define calloc calloc_or_fail
#include "detect/scan.c"
#include "detect/scan_items.c"
#include "detect/scan_summary.c"
#include "detect/scan_table.c"
#undef calloc

#define SEED 7

static struct addr host(uint32_t number)
{
	struct addr addr = addr_from_v4((const uint8_t[4]){ 10, 0, 0, 0 });

	addr.byte[13] = (uint8_t)(number >> 16);
	addr.byte[14] = (uint8_t)(number >> 8);
	addr.byte[15] = (uint8_t)number;
	return addr;
}

static void note(struct scan_items *items, struct scan_pool *pool, uint32_t number,
	enum scan_outcome outcome, uint32_t tick)
{
	struct addr addr = host(number);

	scan_items_note(items, pool, &addr, hash_addr(&addr, SEED), outcome, tick);
}

static void items_are_exact_then_estimated(void **unused)
{
	struct scan_item slots[SCAN_ITEMS_INLINE] = { 0 };
	struct scan_items items;
	struct scan_pool pool;

	(void)unused;
	assert_int_equal(scan_pool_open(&pool, (const uint32_t[]){ 1, 1 }), 0);
	scan_items_init(&items, slots);
	for (uint32_t i = 0; i < 100000; i++) {
		note(&items, &pool, i, SCAN_TRIED, 0);
		note(&items, &pool, i, SCAN_TRIED, 0);
		if (i < 1536)
			assert_int_equal(scan_items_count(&items), i + 1);
	}
	assert_int_equal(items.tier, 2);
	assert_in_range(scan_items_count(&items), 92000, 108000);
	scan_items_release(&items, &pool);
	assert_int_equal(pool.free_count[1], 1);
	scan_pool_close(&pool);
}

static void items_without_blocks_are_sampled_early(void **unused)
{
	struct scan_item slots[2][SCAN_ITEMS_INLINE] = { 0 };
	struct scan_items items[2];
	struct scan_pool pool;

	(void)unused;
	assert_int_equal(scan_pool_open(&pool, (const uint32_t[]){ 1, 1 }), 0);
	pool.free_count[0] = 0;
	for (unsigned k = 0; k < 2; k++) {
		scan_items_init(&items[k], slots[k]);
		for (uint32_t i = 0; i < 4000; i++)
			note(&items[k], &pool, i, SCAN_TRIED, 0);
	}
	assert_int_equal(items[0].tier, 2); /* the next tier that had one */
	assert_int_equal(items[1].tier, 0);
	assert_in_range(scan_items_count(&items[1]), 1000, 16000);
	scan_pool_close(&pool);
}

static void outcomes_settle(void **unused)
{
	struct scan_item slots[SCAN_ITEMS_INLINE] = { 0 };
	struct scan_items items;
	struct scan_pool pool;
	struct scan_tally tally;

	(void)unused;
	assert_int_equal(scan_pool_open(&pool, (const uint32_t[]){ 1, 1 }), 0);
	scan_items_init(&items, slots);
	note(&items, &pool, 1, SCAN_TRIED, 100);
	note(&items, &pool, 2, SCAN_TRIED, 100);
	note(&items, &pool, 3, SCAN_TRIED, 100);
	note(&items, &pool, 2, SCAN_ANSWERED, 101);
	note(&items, &pool, 2, SCAN_REFUSED, 102); /* an answer stays an answer */
	note(&items, &pool, 3, SCAN_REFUSED, 101);
	note(&items, &pool, 4, SCAN_ANSWERED, 101); /* its attempt was not noted */
	tally = scan_items_tally(&items, 102);
	assert_int_equal(tally.failed, 1);
	assert_int_equal(tally.refused, 1);
	assert_int_equal(tally.answered, 2);
	assert_int_equal(tally.tried, 3); /* 1 may still be answered */
	assert_int_equal(scan_items_tally(&items, 130).failed, 2);
	scan_pool_close(&pool);
}

static void old_items_are_forgotten(void **unused)
{
	struct scan_item slots[SCAN_ITEMS_INLINE] = { 0 };
	struct scan_items items;
	struct scan_pool pool;

	(void)unused;
	assert_int_equal(scan_pool_open(&pool, (const uint32_t[]){ 1, 1 }), 0);
	scan_items_init(&items, slots);
	for (uint32_t i = 0; i < 20; i++)
		note(&items, &pool, i, SCAN_TRIED, 1000 * i);
	assert_int_equal(items.tier, 1);
	scan_items_forget(&items, &pool, slots, 19000, 10000);
	assert_int_equal(scan_items_count(&items), 11);
	scan_items_forget(&items, &pool, slots, 19000, 2000);
	assert_int_equal(scan_items_count(&items), 3);
	assert_int_equal(items.tier, 0); /* back in its owner */
	assert_int_equal(pool.free_count[0], 1);
	for (uint32_t i = 0; i < 3000; i++)
		note(&items, &pool, i, SCAN_TRIED, 20000);
	assert_true(items.depth > 0);
	scan_items_forget(&items, &pool, slots, 20000, 2000);
	assert_int_equal(scan_items_count(&items), 0); /* a sample begins anew */
	scan_pool_close(&pool);
}

static struct scan_key source_key(uint32_t number, uint16_t port)
{
	return (struct scan_key){
		.source = host(number), .port = port, .proto = 6, .aim = AIM_HOSTS
	};
}

static struct scan_probe *take(
	struct scan_table *table, uint32_t number, int64_t now_ns, uint32_t hosts)
{
	struct scan_key key = source_key(number, 23);
	struct scan_probe *probe = scan_table_take(table, &key, now_ns);

	probe->last_ns = now_ns;
	for (uint32_t i = 0; i < hosts; i++)
		note(&probe->items, &table->pool, i, SCAN_TRIED, 0);
	scan_table_weigh(table, probe);
	return probe;
}

static void the_least_advanced_go_first(void **unused)
{
	struct scan_table table;
	struct scan_key key = source_key(1000000, 23);
	struct scan_probe *probe;

	(void)unused;
	assert_int_equal(scan_table_open(&table, 4096, 300 * NS_PER_S, SEED), 0);
	take(&table, 1000000, NS_PER_S, 2);
	for (uint32_t i = 0; i < 100000; i++)
		take(&table, i, NS_PER_S + i, 1);
	probe = scan_table_find(&table, &key);
	assert_non_null(probe);
	assert_int_equal(scan_items_count(&probe->items), 2);
	assert_true(table.evicted > 90000);
	for (uint32_t i = 0; i < 100000; i++) /* 300 s later it is as good as gone */
		take(&table, i, 400 * NS_PER_S + i, 1);
	assert_null(scan_table_find(&table, &key));
	scan_table_close(&table);
}

static void the_watched_are_found_in_order(void **unused)
{
	struct scan_table table;
	struct scan_probe *first, *second;
	uint32_t index = 0;

	(void)unused;
	assert_int_equal(scan_table_open(&table, 4096, 300 * NS_PER_S, SEED), 0);
	assert_null(scan_table_next_watched(&table, &index));
	index = 0;
	scan_table_watch(&table, take(&table, 1, 0, 1));
	scan_table_watch(&table, take(&table, 2, 0, 1));
	scan_table_watch(&table, take(&table, 3, 0, 1));
	scan_table_unwatch(&table, take(&table, 3, 0, 0));
	first = scan_table_next_watched(&table, &index);
	second = scan_table_next_watched(&table, &index);
	assert_non_null(first);
	assert_true(first < second);
	assert_null(scan_table_next_watched(&table, &index));
	scan_table_reset(&table);
	index = 0;
	assert_null(scan_table_next_watched(&table, &index));
	assert_null(scan_table_find(&table, &first->key));
	scan_table_close(&table);
}

static void top_ports_are_kept(void **unused)
{
	struct scan_top top = { .count = { 0 } };

	(void)unused;
	for (unsigned i = 0; i < 900; i++) {
		scan_top_note(&top, 23);
		scan_top_note(&top, i % 3 ? 2323 : 23);
		scan_top_note(&top, (uint16_t)(10000 + i));
	}
	assert_in_range(scan_top_of(&top, 23), 900, 1200);
	assert_in_range(scan_top_four(&top), 1200, 2100);
	assert_int_equal(scan_top_of(&top, 7), 0);
	scan_top_halve(&top);
	assert_in_range(scan_top_of(&top, 23), 450, 600);
}

static struct pkt syn_of(struct addr from, struct addr to, uint32_t ms)
{
	return (struct pkt){ .key = { .addr = { from, to }, .port = { 1, 80 }, .proto = 6 },
		.ip_version = 4,
		.time_ns = ms * NS_PER_MS,
		.standing = STANDING_OPENING,
		.events = EVENT_NEW,
		.tcp_flags = TCP_SYN };
}

static void give(struct scan_summary *summary, struct pkt *pkt)
{
	struct flow *flow = NULL;

	scan_summary_packets(summary, &pkt, &flow, 1);
}

static void a_flooded_host_takes_little_room(void **unused)
{
	struct scan_summary summary;

	(void)unused;
	assert_int_equal(scan_summary_init(&summary, SEED, false), 0);
	for (uint32_t i = 0; i < 10000; i++) {
		struct pkt pkt = syn_of(host(i), host(77), 0);

		give(&summary, &pkt);
	}
	assert_in_range(summary.attempts.count, SCAN_HOST_BURST, SCAN_HOST_BURST + 2);
	assert_in_range(summary.dropped, 9900, 10000);
	for (uint32_t i = 0; i < 20000; i++) { /* 10 s more at 2,000 a second: the leak */
		struct pkt pkt = syn_of(host(i), host(77), i / 2);

		give(&summary, &pkt);
	}
	assert_in_range(summary.attempts.count, SCAN_HOST_BURST + 180, SCAN_HOST_BURST + 220);
	scan_summary_close(&summary);
}

static void one_source_passes_up_to_a_cap(void **unused)
{
	struct scan_summary summary;

	(void)unused;
	assert_int_equal(scan_summary_init(&summary, SEED, false), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		struct pkt pkt = syn_of(host(5), host(77), 0);

		give(&summary, &pkt);
	}
	assert_in_range(summary.attempts.count, SCAN_SAME_SOURCE_MAX - 1, SCAN_SAME_SOURCE_MAX);
	scan_summary_close(&summary);
}

static void mirai_has_room_of_its_own(void **unused)
{
	struct scan_summary summary;

	(void)unused;
	assert_int_equal(scan_summary_init(&summary, SEED, false), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		struct pkt pkt = syn_of(host(i), host(i * 256), 0);

		give(&summary, &pkt);
	}
	assert_int_equal(summary.attempts.count, SCAN_LANE_ATTEMPTS - SCAN_MIRAI_MAX);
	assert_true(summary.dropped > 0);
	for (uint32_t i = 0; i < 2000; i++) {
		struct pkt pkt = syn_of(host(i), host(77), 0);

		pkt.tcp_seq = 10U << 24 | 77;
		give(&summary, &pkt);
	}
	assert_int_equal(summary.attempts.count, SCAN_LANE_ATTEMPTS);
	scan_summary_close(&summary);
}

static void time_going_back_opens_the_bucket(void **unused)
{
	struct scan_summary summary;

	(void)unused;
	assert_int_equal(scan_summary_init(&summary, SEED, false), 0);
	for (uint32_t k = 0; k < 3; k++) {
		static const uint32_t at_ms[] = { 3600000, 3595000, 0 }; /* disorder, then a jump */

		for (uint32_t i = 0; i < 200; i++) {
			struct pkt pkt = syn_of(host(i), host(77), at_ms[k]);

			give(&summary, &pkt);
		}
		assert_in_range(summary.attempts.count, k < 2 ? 64 : 128, k < 2 ? 66 : 132);
	}
	scan_summary_close(&summary);
}

static void outcomes_are_bounded_too(void **unused)
{
	struct scan_summary summary, merged;

	(void)unused;
	assert_int_equal(scan_summary_init(&summary, SEED, false), 0);
	assert_int_equal(scan_summary_init(&merged, SEED, true), 0);
	for (uint32_t k = 0; k < 40; k++) {
		for (uint32_t i = 0; i < 5000; i++) {
			struct pkt pkt = syn_of(host(k < 20 ? 77 : i * 7), host(i), k * 100);

			pkt.side = k % 2; /* also the opener that goes on */
			pkt.events = EVENT_ANSWERED | EVENT_HANDSHAKE;
			give(&summary, &pkt);
		}
		assert_in_range(summary.outcomes.count, 1, SCAN_LANE_OUTCOMES);
		scan_summary_merge(&merged, &summary);
		assert_int_equal(summary.outcomes.count, 0);
	}
	assert_int_equal(merged.outcomes.count, SCAN_MERGED_LANES * SCAN_LANE_OUTCOMES);
	assert_true(merged.outcomes.lost > 0);
	assert_true(merged.dropped > 0);
	scan_summary_clear(&merged);
	assert_int_equal(merged.outcomes.count + merged.outcomes.lost, 0);
	scan_summary_close(&summary);
	scan_summary_close(&merged);
}

/* Every allocation fails once; nothing is left behind. */
static void missing_memory_is_said(void **unused)
{
	struct conf conf;
	struct scan_state state;
	struct scan_summary summary;
	struct detector_env env = { .conf = &conf, .seed = SEED };
	unsigned n;

	(void)unused;
	conf_default(&conf);
	for (n = 1;; n++) {
		int r;

		calls_left = n;
		r = detector_scan.init(&state, &env);
		if (r == 0)
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(n, 9); /* pool 5, table 3 (one not counted here), sketches 1 */
	for (n = 1;; n++) {
		int r;

		calls_left = n;
		r = detector_scan.summary_init(&summary, &state, false);
		if (r == 0)
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(n, 4);
	calls_left = 0;
	detector_scan.summary_close(&summary);
	detector_scan.close(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_exact_then_estimated),
		cmocka_unit_test(items_without_blocks_are_sampled_early),
		cmocka_unit_test(outcomes_settle),
		cmocka_unit_test(old_items_are_forgotten),
		cmocka_unit_test(the_least_advanced_go_first),
		cmocka_unit_test(the_watched_are_found_in_order),
		cmocka_unit_test(top_ports_are_kept),
		cmocka_unit_test(a_flooded_host_takes_little_room),
		cmocka_unit_test(one_source_passes_up_to_a_cap),
		cmocka_unit_test(mirai_has_room_of_its_own),
		cmocka_unit_test(time_going_back_opens_the_bucket),
		cmocka_unit_test(outcomes_are_bounded_too),
		cmocka_unit_test(missing_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
