/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/distinct_test.c - counting distinct addresses: exact, estimated, merged, in any order.
 *
 * What matters most is tested directly: the sketch of a set of addresses is the same whatever the
 * order they came in and however they were spread over sketches that were merged.
 */
#include "lib/distinct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/hash.h"

#define SEED 42

static struct distinct open_sketch(uint32_t slot_count)
{
	struct distinct d;
	struct distinct_entry *slots = calloc(1, distinct_bytes(slot_count));

	assert_non_null(slots);
	distinct_init(&d, slots, slot_count);
	return d;
}

static struct addr addr_of(uint32_t number)
{
	uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number };

	return addr_from_v4(bytes);
}

static void add(struct distinct *d, uint32_t number, uint64_t packets)
{
	struct addr addr = addr_of(number);

	distinct_add(d, &addr, hash_addr(&addr, SEED), packets);
}

static uint64_t packets_of(const struct distinct *d, uint32_t number)
{
	struct addr addr = addr_of(number);

	for (uint32_t i = 0; i < d->slot_count; i++)
		if (d->slots[i].hash != 0 && addr_equal(&d->slots[i].addr, &addr))
			return d->slots[i].packets;
	return 0;
}

static void assert_same(const struct distinct *a, const struct distinct *b)
{
	static struct distinct_entry left[4096], right[4096];
	unsigned count = distinct_top(a, left, 4096);

	assert_int_equal(a->depth, b->depth);
	assert_int_equal(a->count, b->count);
	assert_int_equal(count, a->count);
	assert_int_equal(distinct_top(b, right, 4096), count);
	for (unsigned i = 0; i < count; i++) {
		assert_true(addr_equal(&left[i].addr, &right[i].addr));
		assert_true(left[i].packets == right[i].packets);
	}
}

static void test_exact(void **state)
{
	struct distinct d = open_sketch(64);

	(void)state;
	assert_int_equal(distinct_count(&d), 0);
	assert_true(distinct_is_exact(&d));
	for (unsigned round = 0; round < 3; round++)
		for (uint32_t i = 0; i < 48; i++)
			add(&d, i, i + 1);
	assert_int_equal(distinct_count(&d), 48);
	assert_true(distinct_is_exact(&d));
	for (uint32_t i = 0; i < 48; i++)
		assert_int_equal(packets_of(&d, i), 3 * (i + 1));
	add(&d, 48, 1); /* beyond three quarters: from here on a sample */
	assert_false(distinct_is_exact(&d));
	distinct_clear(&d);
	assert_int_equal(distinct_count(&d), 0);
	assert_true(distinct_is_exact(&d));
	add(&d, 7, 1);
	assert_int_equal(packets_of(&d, 7), 1);
	free(d.slots);
}

/* 1024 slots keep 384..768 entries: a standard error of about 1.2/sqrt(768) = 4.3 %. */
static void test_estimate(void **state)
{
	static const uint32_t counts[] = { 1000, 10000, 100000, 300000 };
	struct distinct d = open_sketch(1024);

	(void)state;
	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		distinct_clear(&d);
		for (uint32_t k = 0; k < counts[i]; k++)
			add(&d, k, 1);
		assert_in_range(
			distinct_count(&d), counts[i] - counts[i] / 6, counts[i] + counts[i] / 6);
		assert_in_range(d.count, 1, 768);
	}
	free(d.slots);
}

static void test_order_does_not_matter(void **state)
{
	struct distinct up = open_sketch(256), down = open_sketch(256), mixed = open_sketch(256);
	uint32_t n = 5003; /* a prime, so steps of 1000 reach every number once */

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		add(&up, i, i);
		add(&down, n - 1 - i, n - 1 - i);
		add(&mixed, i * 1000 % n, i * 1000 % n);
	}
	assert_same(&up, &down);
	assert_same(&up, &mixed);
	free(up.slots);
	free(down.slots);
	free(mixed.slots);
}

/* Merged from parts that saw few, many, or no addresses, in either direction. */
static void test_merge(void **state)
{
	struct distinct whole = open_sketch(256), few = open_sketch(256), many = open_sketch(256);
	struct distinct forwards = open_sketch(256), backwards = open_sketch(256);

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		add(&whole, i, 2);
		add(i % 50 == 0 ? &few : &many, i, 1);
		add(i % 50 == 0 ? &few : &many, i, 1);
	}
	assert_true(few.depth < many.depth);
	distinct_merge(&forwards, &few);
	distinct_merge(&forwards, &many);
	distinct_merge(&backwards, &many);
	distinct_merge(&backwards, &few);
	assert_same(&forwards, &whole);
	assert_same(&backwards, &whole);
	distinct_clear(&few);
	distinct_merge(&forwards, &few);
	assert_same(&forwards, &whole);
	free(whole.slots);
	free(few.slots);
	free(many.slots);
	free(forwards.slots);
	free(backwards.slots);
}

/* A sketch can be empty and deep, when all it kept was dropped; what it says must not be lost. */
static void test_merge_of_a_deep_empty_one(void **state)
{
	struct distinct d = open_sketch(16), deep = open_sketch(16);

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		add(&d, i, 1);
	deep.depth = 3;
	distinct_merge(&d, &deep);
	assert_int_equal(d.depth, 3);
	for (uint32_t i = 0; i < d.slot_count; i++)
		assert_int_equal(d.slots[i].hash & 7, 0);
	free(d.slots);
	free(deep.slots);
}

/* The hash 0 means a free slot, so it is given another one. */
static void test_hash_zero(void **state)
{
	struct distinct d = open_sketch(16);
	struct addr addr = addr_of(1);

	(void)state;
	distinct_add(&d, &addr, 0, 5);
	distinct_add(&d, &addr, 0, 6);
	assert_int_equal(distinct_count(&d), 1);
	assert_int_equal(packets_of(&d, 1), 11);
	for (uint32_t i = 2; i < 5000; i++)
		add(&d, i, 1);
	assert_int_equal(packets_of(&d, 1), 11);
	free(d.slots);
}

static void test_top(void **state)
{
	struct distinct d = open_sketch(256);
	struct distinct_entry top[200];

	(void)state;
	assert_int_equal(distinct_top(&d, top, 10), 0);
	for (uint32_t i = 0; i < 100; i++)
		add(&d, i, i / 2 + 1); /* pairs with equal counts: the lower address first */
	for (unsigned cap = 0; cap <= 200; cap++) {
		unsigned count = distinct_top(&d, top, cap);

		assert_int_equal(count, cap < 100 ? cap : 100);
		for (uint32_t i = 0; i < count; i++) {
			struct addr expected = addr_of(98 - i / 2 * 2 + i % 2);

			assert_true(addr_equal(&top[i].addr, &expected));
			assert_int_equal(top[i].packets, 50 - i / 2);
		}
	}
	free(d.slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_of_a_deep_empty_one),
		cmocka_unit_test(test_hash_zero),
		cmocka_unit_test(test_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
