/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/pending_test.c - who is found in a bucket, who goes for whom, and what time does to
 * both. */
#include "track/pending.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW 1000000U

/* Bit 32 and up choose the bucket: these all meet in the first. */
static uint64_t same_bucket(uint64_t number)
{
	return number + 1;
}

static int set_up(void **state)
{
	static struct pending_table table;

	*state = &table;
	return pending_open(&table, 64, false);
}

static int tear_down(void **state)
{
	pending_close(*state);
	return 0;
}

static struct pending *put(struct pending_table *table, uint64_t hash, uint32_t tick,
	enum pending_state state, unsigned packets)
{
	struct pending *entry = pending_make(table, hash, tick);

	entry->state = (uint8_t)state;
	entry->packets[0] = (uint16_t)packets;
	return entry;
}

static unsigned standing_in_bucket(const struct pending_table *table, uint64_t hash)
{
	const struct pending *bucket = pending_bucket(table, hash);
	unsigned count = 0;

	for (unsigned way = 0; way < PENDING_WAYS; way++)
		count += bucket[way].state != PENDING_FREE && bucket[way].hash == hash;
	return count;
}

static void finds_what_was_put(void **state)
{
	struct pending_table *table = *state;
	struct pending *entry = put(table, same_bucket(1), NOW, PENDING_SYN, 1);

	assert_ptr_equal(pending_find(table, same_bucket(1), NOW + 5), entry);
	assert_null(pending_find(table, same_bucket(2), NOW));
	assert_null(pending_find(table, 0, NOW)); /* free entries have hash 0 */
	assert_int_equal(entry->first_tick, NOW);
	assert_int_equal(table->made, 1);
	pending_free(entry);
	assert_null(pending_find(table, same_bucket(1), NOW));
}

static void a_hash_of_zero_is_a_hash(void **state)
{
	struct pending_table *table = *state;
	struct pending *entry = put(table, 0, NOW, PENDING_SYN, 1);

	assert_ptr_equal(pending_find(table, 0, NOW), entry);
	put(table, 0, NOW, PENDING_SYN, 1);
	assert_int_equal(standing_in_bucket(table, 0), 1);
}

static void what_is_idle_is_not_found(void **state)
{
	struct pending_table *table = *state;

	put(table, same_bucket(1), NOW, PENDING_SYN, 1);
	assert_non_null(pending_find(table, same_bucket(1), NOW + PENDING_IDLE_TICKS));
	assert_null(pending_find(table, same_bucket(1), NOW + PENDING_IDLE_TICKS + 1));
}

static void a_little_back_in_time_is_now(void **state)
{
	struct pending_table *table = *state;

	put(table, same_bucket(1), NOW, PENDING_SYN, 1);
	assert_non_null(pending_find(table, same_bucket(1), NOW - 1));
	assert_non_null(pending_find(table, same_bucket(1), NOW - PENDING_IDLE_TICKS));
}

/* The ticks wrap after 52 days: neither a neighbour across the wrap is idle, nor is one of weeks
 * ago new. */
static void ticks_wrap(void **state)
{
	struct pending_table *table = *state;

	put(table, same_bucket(1), UINT32_MAX - 5, PENDING_SYN, 1);
	assert_non_null(pending_find(table, same_bucket(1), 10));
	assert_null(pending_find(table, same_bucket(1), 10 + PENDING_IDLE_TICKS));
	assert_null(pending_find(table, same_bucket(1), UINT32_MAX - 5 + (1U << 30)));
	assert_null(pending_find(table, same_bucket(1), UINT32_MAX - 5 + (1U << 31)));
	assert_null(pending_find(table, same_bucket(1), UINT32_MAX - 5 + 3 * (1U << 30)));
}

/* One that has been silent for weeks goes before one that spoke a moment ago. */
static void the_oldest_goes_also_across_half_the_wrap(void **state)
{
	struct pending_table *table = *state;

	for (unsigned i = 0; i < 3; i++)
		put(table, same_bucket(i), NOW + (1U << 31) + 100, PENDING_SYN, 1);
	put(table, same_bucket(3), NOW, PENDING_TCP_BOTH, 9);
	put(table, same_bucket(4), NOW + (1U << 31) + 200, PENDING_SYN, 1);
	assert_int_equal(standing_in_bucket(table, same_bucket(3)), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(standing_in_bucket(table, same_bucket(i)), 1);
}

static void a_key_never_stands_twice(void **state)
{
	struct pending_table *table = *state;
	uint32_t later = NOW + PENDING_IDLE_TICKS + 10;

	for (unsigned i = 0; i < PENDING_WAYS; i++)
		put(table, same_bucket(i), NOW, PENDING_SYN, 1);
	pending_free(
		pending_find(table, same_bucket(0), NOW)); /* a free place before the idle one */
	put(table, same_bucket(2), later, PENDING_SYN, 1);
	assert_int_equal(standing_in_bucket(table, same_bucket(2)), 1);
	assert_int_equal(pending_find(table, same_bucket(2), later)->first_tick, later);
	assert_int_equal(table->evicted, 0); /* what is idle or the same is not pushed out */
}

/* Free, over, idle, one packet, the rest: in that order, and within each the longest silent. */
static void the_least_goes_first(void **state)
{
	struct pending_table *table = *state;

	put(table, same_bucket(0), NOW + 4, PENDING_SYN, 1);
	put(table, same_bucket(1), NOW + 3, PENDING_SYN_ACKED, 2);
	put(table, same_bucket(2), NOW + 5, PENDING_OVER, 2);
	put(table, same_bucket(3), NOW + 2, PENDING_TCP_BOTH, 2);
	put(table, same_bucket(4), NOW + 6, PENDING_SYN, 1);
	assert_int_equal(standing_in_bucket(table, same_bucket(2)), 0);
	assert_int_equal(table->evicted, 0); /* it was over */
	put(table, same_bucket(5), NOW + 7, PENDING_SYN, 2);
	assert_int_equal(standing_in_bucket(table, same_bucket(0)), 0);
	assert_int_equal(table->evicted, 1);
	put(table, same_bucket(6), NOW + 8, PENDING_SYN, 2);
	assert_int_equal(standing_in_bucket(table, same_bucket(4)), 0);
	put(table, same_bucket(7), NOW + 9, PENDING_SYN, 2);
	assert_int_equal(standing_in_bucket(table, same_bucket(3)), 0); /* silent longest */
	assert_int_equal(table->evicted, 3);
}

/* Four that speak on hold out against a flood in their bucket as long as one-packet entries are
 * there; a bucket full of them still takes the newcomer. */
static void a_bucket_full_of_talkers(void **state)
{
	struct pending_table *table = *state;
	unsigned held = 0;

	for (unsigned i = 0; i < 3; i++)
		put(table, same_bucket(i), NOW + i, PENDING_TCP_BOTH, 3);
	for (unsigned i = 0; i < 1000; i++)
		put(table, same_bucket(100 + i), NOW + 3 + i, PENDING_SYN, 1);
	for (unsigned i = 0; i < 3; i++)
		held += standing_in_bucket(table, same_bucket(i));
	assert_int_equal(held, 3);
	put(table, same_bucket(4), NOW + 1004, PENDING_TCP_BOTH, 3);
	assert_non_null(put(table, same_bucket(5), NOW + 1005, PENDING_SYN, 1));
	assert_int_equal(standing_in_bucket(table, same_bucket(5)), 1);
	assert_int_equal(standing_in_bucket(table, same_bucket(0)), 0);
}

static void buckets_do_not_disturb_one_another(void **state)
{
	struct pending_table *table = *state;
	uint64_t other = 1ULL << 32;

	put(table, other, NOW, PENDING_SYN, 1);
	assert_ptr_not_equal(pending_bucket(table, other), pending_bucket(table, 1));
	for (unsigned i = 0; i < 100; i++)
		put(table, same_bucket(i), NOW + 1 + i, PENDING_SYN, 1);
	assert_non_null(pending_find(table, other, NOW + 200));
	pending_prefetch(table, other);
}

static void sizes_are_rounded_up(void **state)
{
	struct pending_table table;

	(void)state;
	assert_int_equal(pending_open(&table, 1, false), 0);
	assert_int_equal(table.bucket_mask, 0);
	put(&table, 1ULL << 40, NOW, PENDING_SYN, 1);
	assert_non_null(pending_find(&table, 1ULL << 40, NOW));
	pending_close(&table);
	assert_int_equal(pending_open(&table, 65, false), 0);
	assert_int_equal(table.bucket_mask, 31);
	pending_close(&table);
	pending_close(&table);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(finds_what_was_put),
		IN(a_hash_of_zero_is_a_hash),
		IN(what_is_idle_is_not_found),
		IN(a_little_back_in_time_is_now),
		IN(ticks_wrap),
		IN(the_oldest_goes_also_across_half_the_wrap),
		IN(a_key_never_stands_twice),
		IN(the_least_goes_first),
		IN(a_bucket_full_of_talkers),
		IN(buckets_do_not_disturb_one_another),
		cmocka_unit_test(sizes_are_rounded_up),
	};

	return cmocka_run_group_tests_name("pending", tests, NULL, NULL);
}
