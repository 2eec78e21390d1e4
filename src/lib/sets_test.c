/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/sets_test.c - sets grow through the tiers while there are blocks, and give every block
 * back. */
#include "lib/sets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "lib/hash.h"

#define SEED 11
#define OWN 16

static const struct sets_tier tiers[SETS_TIERS] = { { 64, 2 }, { 1024, 1 } };

struct owned {
	struct distinct set;
	struct distinct_entry own[OWN];
};

static struct sets sets;

static int set_up(void **state)
{
	(void)state;
	return sets_open(&sets, tiers);
}

static int tear_down(void **state)
{
	(void)state;
	sets_close(&sets);
	return 0;
}

static void begin(struct owned *owned)
{
	*owned = (struct owned){ 0 };
	distinct_init(&owned->set, owned->own, OWN);
}

static struct addr addr_of(uint32_t number)
{
	uint8_t bytes[4] = { 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number };

	return addr_from_v4(bytes);
}

static void add(struct owned *owned, uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++) {
		struct addr addr = addr_of(i);

		sets_add(&sets, &owned->set, &addr, hash_addr(&addr, SEED), 1);
	}
}

static uint64_t packets_of(const struct owned *owned)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < owned->set.slot_count; i++)
		sum += owned->set.slots[i].hash ? owned->set.slots[i].packets : 0;
	return sum;
}

static void drop(struct owned *owned)
{
	sets_reset(&sets, &owned->set, owned->own, OWN);
}

static uint32_t blocks_left(unsigned tier)
{
	return sets.tiers[tier].unused_count;
}

static void grows_through_the_tiers(void **state)
{
	struct owned owned;

	(void)state;
	begin(&owned);
	add(&owned, 0, 12);
	assert_int_equal(owned.set.slot_count, OWN);
	add(&owned, 12, 1);
	assert_int_equal(owned.set.slot_count, 64);
	add(&owned, 13, 35);
	assert_int_equal(owned.set.slot_count, 64);
	add(&owned, 48, 1);
	assert_int_equal(owned.set.slot_count, 1024);
	assert_int_equal(blocks_left(0), 2); /* the one it outgrew is free again */
	add(&owned, 0, 768);
	assert_true(distinct_is_exact(&owned.set));
	assert_int_equal(distinct_count(&owned.set), 768);
	assert_int_equal(packets_of(&owned), 768 + 49);
	assert_int_equal(sets.denied, 0);
	drop(&owned);
	assert_int_equal(blocks_left(1), 1);
	assert_int_equal(distinct_count(&owned.set), 0);
	assert_ptr_equal(owned.set.slots, owned.own);
}

/* Without a block it samples; with one it grows on, though what was lost stays lost. */
static void samples_when_there_is_no_block(void **state)
{
	struct owned greedy, second, third, late;

	(void)state;
	begin(&greedy);
	begin(&second);
	begin(&third);
	begin(&late);
	add(&greedy, 0, 100);
	add(&second, 0, 40);
	add(&third, 0, 40);
	add(&late, 0, 100);
	assert_int_equal(late.set.slot_count, OWN);
	assert_true(late.set.depth > 0);
	assert_true(sets.denied > 0);
	assert_in_range(distinct_count(&late.set), 30, 300);
	drop(&second);
	add(&late, 100, 900);
	assert_int_equal(late.set.slot_count, 64);
	assert_in_range(distinct_count(&late.set), 500, 2000);
	drop(&greedy);
	add(&late, 1000, 9000);
	assert_int_equal(late.set.slot_count, 1024);
	assert_in_range(distinct_count(&late.set), 8000, 12000);
}

/* A block that was used and given back is as good as new. */
static void blocks_come_back_empty(void **state)
{
	struct owned owned;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		begin(&owned);
		add(&owned, round * 1000, 700);
		assert_int_equal(distinct_count(&owned.set), 700);
		assert_int_equal(packets_of(&owned), 700);
		drop(&owned);
	}
	assert_int_equal(blocks_left(0), 2);
	assert_int_equal(blocks_left(1), 1);
}

static void merging_adds_up(void **state)
{
	struct owned to, from;

	(void)state;
	begin(&to);
	begin(&from);
	add(&from, 0, 40);
	sets_merge(&sets, &to.set, &from.set);
	assert_int_equal(distinct_count(&to.set), 40);
	drop(&from);
	begin(&from);
	add(&from, 20, 40);
	sets_merge(&sets, &to.set, &from.set);
	assert_int_equal(distinct_count(&to.set), 60);
	assert_int_equal(packets_of(&to), 80);
	assert_int_equal(distinct_count(&from.set), 40); /* stays as it is */
	drop(&from);
	sets_merge(&sets, &to.set, &from.set);
	assert_int_equal(distinct_count(&to.set), 60);
}

/* The same senders in every window: no need for a larger block. */
static void merging_the_same_does_not_grow(void **state)
{
	struct owned to, from;

	(void)state;
	begin(&to);
	begin(&from);
	add(&from, 0, 40);
	for (unsigned i = 0; i < 100; i++)
		sets_merge(&sets, &to.set, &from.set);
	assert_int_equal(to.set.slot_count, 64);
	assert_int_equal(distinct_count(&to.set), 40);
	assert_int_equal(packets_of(&to), 4000);
}

/* What one part had to sample makes the whole a sample of that depth, in any order. */
static void merging_samples(void **state)
{
	struct owned to, parts[4], back;

	(void)state;
	begin(&to);
	begin(&back);
	for (unsigned i = 0; i < 4; i++) {
		begin(&parts[i]);
		distinct_init(&parts[i].set, parts[i].own, OWN);
		for (uint32_t k = 0; k < (i == 2 ? 200U : 5U); k++) {
			struct addr addr = addr_of(i * 1000 + k);

			distinct_add(&parts[i].set, &addr, hash_addr(&addr, SEED), 1);
		}
	}
	assert_true(parts[2].set.depth > 0);
	for (unsigned i = 0; i < 4; i++) {
		sets_merge(&sets, &to.set, &parts[i].set);
		sets_merge(&sets, &back.set, &parts[3 - i].set);
	}
	assert_int_equal(to.set.depth, parts[2].set.depth);
	assert_int_equal(back.set.depth, to.set.depth);
	assert_int_equal(back.set.count, to.set.count);
}

/* A sample that happened to keep nobody is not the same as an empty set. */
static void an_empty_sample_counts(void **state)
{
	struct owned to;
	const struct distinct nobody = { .depth = 3 };

	(void)state;
	begin(&to);
	add(&to, 0, 40);
	sets_merge(&sets, &to.set, &nobody);
	assert_int_equal(to.set.depth, 3);
}

static void without_tiers(void **state)
{
	static const struct sets_tier none[SETS_TIERS] = { { 0, 5 }, { 64, 0 } };
	struct sets bare;
	struct owned owned;
	struct addr addr = addr_of(1);

	(void)state;
	assert_int_equal(sets_open(&bare, none), 0);
	begin(&owned);
	for (uint32_t i = 0; i < 1000; i++) {
		addr = addr_of(i);
		sets_add(&bare, &owned.set, &addr, hash_addr(&addr, SEED), 1);
	}
	assert_int_equal(owned.set.slot_count, OWN);
	assert_true(bare.denied > 0);
	sets_reset(&bare, &owned.set, owned.own, OWN);
	sets_close(&bare);
	sets_close(&bare);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(grows_through_the_tiers),
		IN(samples_when_there_is_no_block),
		IN(blocks_come_back_empty),
		IN(merging_adds_up),
		IN(merging_the_same_does_not_grow),
		IN(merging_samples),
		IN(an_empty_sample_counts),
		cmocka_unit_test(without_tiers),
	};

	return cmocka_run_group_tests_name("sets", tests, NULL, NULL);
}
