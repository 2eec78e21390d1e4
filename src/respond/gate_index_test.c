/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/gate_index_test.c - the table by id against a plain list, and the tools for prefixes. */
#include "respond/gate_index.h"

#include <stdlib.h>

#include "respond/respond_fixture.h"

/* Ids that come and go in a fixed disorder, checked against an array of what should be there. */
static void finds_what_was_added(void **state)
{
	enum { IDS = 5000 };
	static bool there[IDS + 1];
	struct gate_index index;
	uint32_t count = 0, number = 1;

	(void)state;
	assert_int_equal(gate_index_open(&index), 0);
	assert_null(gate_index_add(&index, 0));
	assert_null(gate_index_find(&index, 0));
	for (unsigned step = 0; step < 40000; step++) {
		uint64_t id;

		number = number * 1664525U + 1013904223U;
		id = number % IDS + 1;
		if (there[id]) {
			gate_index_remove(&index, id);
			gate_index_remove(&index, id);
			count--;
		} else {
			struct gate_entry *entry = gate_index_add(&index, id);

			assert_non_null(entry);
			entry->expires_ns = id;
			count++;
		}
		there[id] = !there[id];
	}
	assert_int_equal(index.count, count);
	for (uint64_t id = 1; id <= IDS; id++) {
		const struct gate_entry *entry = gate_index_find(&index, id);

		assert_int_equal(entry != NULL, there[id]);
		assert_true(!entry || entry->expires_ns == id);
	}
	gate_index_list(&index, IDS / 2, NULL, NULL);
	for (uint64_t id = 1; id <= IDS; id++)
		assert_int_equal(gate_index_find(&index, id) != NULL, there[id] && id > IDS / 2);
	gate_index_close(&index);
}

static void arrays_keep_their_order(void **state)
{
	struct gate_array array = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		*(uint32_t *)gate_array_add(&array, sizeof(uint32_t)) = i;
	gate_array_remove(&array, sizeof(uint32_t), 0);
	gate_array_remove(&array, sizeof(uint32_t), 98);
	gate_array_remove(&array, sizeof(uint32_t), 50);
	assert_int_equal(array.count, 97);
	assert_int_equal(((uint32_t *)array.list)[0], 1);
	assert_int_equal(((uint32_t *)array.list)[50], 52);
	gate_array_close(&array);
	gate_array_close(&array);
}

static void prefixes_hold_one_another(void **state)
{
	struct wire_prefix net = prefix_of("198.51.100.0/24"), host = prefix_of("198.51.100.7");
	struct wire_prefix other = prefix_of("198.51.101.7"), half = prefix_of("198.51.100.128/25");
	struct wire_prefix six = prefix_of("2001:db8::/32"), all = { 0 };

	(void)state;
	assert_true(gate_prefix_holds(&net, &host));
	assert_true(gate_prefix_holds(&net, &half));
	assert_true(gate_prefix_holds(&net, &net));
	assert_false(gate_prefix_holds(&host, &net));
	assert_false(gate_prefix_holds(&net, &other));
	assert_false(gate_prefix_holds(&half, &host));
	assert_true(gate_prefix_equal(&net, &net));
	assert_false(gate_prefix_equal(&net, &host));
	assert_true(gate_prefix_is_sound(&net));
	assert_true(gate_prefix_is_sound(&six));
	assert_false(gate_prefix_is_sound(&all));
	net.addr.byte[15] = 1;
	assert_false(gate_prefix_is_sound(&net));
	net.bits = 200;
	assert_false(gate_prefix_is_sound(&net));
	net = prefix_of("0.0.0.0/0");
	assert_true(gate_prefix_is_sound(&net));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(arrays_keep_their_order),
		cmocka_unit_test(prefixes_hold_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
