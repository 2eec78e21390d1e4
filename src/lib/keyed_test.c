/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/keyed_test.c - find, take, give way, remove, clear. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/addr.h"
#include "lib/keyed.h"

#define PLACES 64

struct thing {
	struct keyed_head head;
	uint64_t key;
	uint64_t value;
};

static int set_up(void **state)
{
	static struct keyed table;

	*state = &table;
	return keyed_open(&table, PLACES, sizeof(struct thing), sizeof(uint64_t), 7);
}

static int tear_down(void **state)
{
	keyed_close(*state);
	return 0;
}

static struct thing *put(struct keyed *table, uint64_t key, uint64_t weight)
{
	struct thing *thing = keyed_take(table, &key, weight);

	if (thing) {
		thing->head.weight = weight;
		thing->value = key * 3;
	}
	return thing;
}

static void test_finds_what_was_put(void **state)
{
	struct keyed *table = *state;
	uint64_t key = 5, other = 6;

	assert_null(keyed_find(table, &key));
	assert_non_null(put(table, 5, 1));
	assert_ptr_equal(keyed_find(table, &key), keyed_at(table, 0));
	assert_ptr_equal(keyed_take(table, &key, 0), keyed_at(table, 0));
	assert_int_equal(((struct thing *)keyed_find(table, &key))->value, 15);
	assert_int_equal(keyed_hash_of(table, keyed_at(table, 0)), keyed_hash(table, &key));
	assert_null(keyed_find(table, &other));
	assert_int_equal(table->count, 1);
}

/* Fills the table; each set holds eight, the heaviest of those that came. */
static void test_the_lightest_gives_way(void **state)
{
	struct keyed *table = *state;
	uint64_t heavy = 1000000;

	assert_non_null(put(table, heavy, 50));
	for (uint64_t key = 0; key < 1000; key++)
		assert_non_null(put(table, key, 1));
	assert_int_equal(table->count, PLACES);
	assert_int_equal(table->evicted, 1001 - PLACES);
	assert_non_null(keyed_find(table, &heavy));
	for (uint32_t i = 0; i < table->count; i++) {
		struct thing *thing = keyed_at(table, i);

		assert_int_equal(thing->head.position, i);
		assert_int_equal(thing->value, thing->key * 3);
		assert_ptr_equal(keyed_find(table, &thing->key), thing);
	}
}

static void test_weightless_newcomers_are_refused(void **state)
{
	struct keyed *table = *state;

	for (uint64_t key = 0; key < 1000; key++)
		put(table, key, 2);
	table->evicted = 0;
	for (uint64_t key = 1000; key < 1100; key++) {
		assert_null(keyed_take(table, &key, 0));
		assert_null(keyed_take(table, &key, 1));
	}
	assert_int_equal(table->refused, 200);
	assert_int_equal(table->evicted, 0);
}

static void test_remove_keeps_the_others(void **state)
{
	struct keyed *table = *state;

	for (uint64_t key = 0; key < 20; key++)
		assert_non_null(put(table, key, 1));
	for (uint64_t key = 0; key < 20; key += 2)
		keyed_remove(table, keyed_find(table, &key));
	assert_int_equal(table->count, 10);
	for (uint64_t key = 0; key < 20; key++)
		assert_int_equal(keyed_find(table, &key) != NULL, key % 2);
	for (uint64_t key = 1; key < 20; key += 2)
		keyed_remove(table, keyed_find(table, &key));
	assert_int_equal(table->count, 0);
}

static void test_clear_leaves_nothing(void **state)
{
	struct keyed *table = *state;

	for (uint64_t key = 0; key < 40; key++)
		put(table, key, 1);
	keyed_clear(table);
	assert_int_equal(table->count, 0);
	for (uint64_t key = 0; key < 40; key++)
		assert_null(keyed_find_hashed(table, &key, keyed_hash(table, &key)));
	for (uint64_t key = 0; key < 8; key++)
		assert_int_equal(put(table, key, 1)->value, key * 3);
	assert_int_equal(table->count, 8);
}

struct place_of {
	struct keyed_head head;
	struct addr addr;
	uint32_t value;
};

/* Keys as long as an address have a way of their own. */
static void test_addresses_are_told_apart(void **state)
{
	struct keyed table;

	(void)state;
	assert_int_equal(
		keyed_open(&table, 4096, sizeof(struct place_of), sizeof(struct addr), 3), 0);
	for (uint8_t i = 0; i < 200; i++) {
		struct addr addr = { .byte = { [0] = 0x20, [15] = i } };
		struct place_of *place;

		keyed_prefetch(&table, keyed_hash(&table, &addr));
		place = keyed_take(&table, &addr, 1);
		assert_non_null(place);
		place->value = i;
	}
	assert_int_equal(table.count, 200);
	for (uint8_t i = 0; i < 200; i++) {
		struct addr addr = { .byte = { [0] = 0x20, [15] = i } };
		const struct place_of *place = keyed_find(&table, &addr);

		assert_non_null(place);
		assert_int_equal(place->value, i);
		addr.byte[14] = 1;
		assert_null(keyed_find(&table, &addr));
	}
	keyed_close(&table);
}

static void test_weight_puts_time_before_amount(void **state)
{
	(void)state;
	assert_true(keyed_weight(20000000000LL, 0) > keyed_weight(1000000000LL, 1 << 20));
	assert_true(keyed_weight(1000000000LL, 2) > keyed_weight(1000000000LL, 1));
	assert_true(keyed_weight(-5, 1) > 0);
	assert_true(keyed_weight(1, UINT64_MAX) < keyed_weight(1LL << 33, 0));
}

/* An impossible size is refused, as without AddressSanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_no_memory_is_an_error(void **state)
{
	volatile size_t impossible = 1ULL << 43; /* the compiler must not see it coming */
	struct keyed table;

	(void)state;
	assert_int_equal(keyed_open(&table, 1U << 20, impossible, 8, 1), -ENOMEM);
	assert_null(table.hashes);
	keyed_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_finds_what_was_put, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_lightest_gives_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_weightless_newcomers_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remove_keeps_the_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clear_leaves_nothing, set_up, tear_down),
		cmocka_unit_test(test_addresses_are_told_apart),
		cmocka_unit_test(test_weight_puts_time_before_amount),
		cmocka_unit_test(test_no_memory_is_an_error),
	};

	return cmocka_run_group_tests_name("keyed", tests, NULL, NULL);
}
