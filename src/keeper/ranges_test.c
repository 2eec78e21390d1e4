/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/ranges_test.c - what touches what, against the obvious way to ask it. */
#include "keeper/ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &prefix.addr, &bits), 0);
	prefix.bits = (uint8_t)bits;
	return prefix;
}

static struct wire_prefix wire_of(const struct prefix *prefix)
{
	struct wire_prefix wire = { .bits = prefix->bits };

	memcpy(wire.addr.byte, prefix->addr.byte, sizeof(wire.addr.byte));
	return wire;
}

static bool touches(const struct ranges *ranges, const char *text)
{
	struct prefix prefix = prefix_of(text);
	struct wire_prefix wire = wire_of(&prefix);

	return ranges_touch(ranges, &wire);
}

static void test_all_of_v6(void **state)
{
	struct prefix all = prefix_of("::/0"), v4 = prefix_of("10.0.0.0/8");
	struct wire_prefix cut[ADDR_V4_BITS];
	struct ranges ranges = { 0 };

	(void)state;
	assert_int_equal(ranges_cut(&v4, cut), 1);
	assert_int_equal(cut[0].bits, 104);
	assert_int_equal(ranges_cut(&all, cut), 96);
	assert_int_equal(ranges_set(&ranges, &all, 1), 0);
	assert_false(touches(&ranges, "192.0.2.1"));
	assert_false(touches(&ranges, "0.0.0.0/0"));
	assert_true(touches(&ranges, "2001:db8::1"));
	assert_true(touches(&ranges, "::1"));
	assert_true(touches(&ranges, "ffff::/16"));
	assert_true(touches(&ranges, "::fffe:0:0"));
	all = prefix_of("::/80");
	assert_int_equal(ranges_cut(&all, cut), 16);
	assert_int_equal(ranges_set(&ranges, &all, 1), 0);
	assert_true(touches(&ranges, "::fffe:0:0"));
	assert_false(touches(&ranges, "10.0.0.0/8"));
	assert_false(touches(&ranges, "2001:db8::/32"));
	assert_int_equal(ranges_set(&ranges, NULL, 0), 0);
	assert_false(touches(&ranges, "::/0"));
	ranges_close(&ranges);
	ranges_close(&ranges);
}

static struct prefix any_prefix(void)
{
	struct prefix prefix = prefix_of("10.0.0.0");

	/* Few different ones, so that they often touch. */
	prefix.addr.byte[14] = (uint8_t)(random() & 3);
	prefix.addr.byte[15] = (uint8_t)random();
	prefix.bits = (uint8_t)(116 + random() % 13);
	prefix.addr = addr_mask(&prefix.addr, prefix.bits);
	return prefix;
}

static bool have_common(const struct prefix *a, const struct prefix *b)
{
	unsigned bits = a->bits < b->bits ? a->bits : b->bits;
	struct addr left = addr_mask(&a->addr, bits), right = addr_mask(&b->addr, bits);

	return addr_equal(&left, &right);
}

static void test_any(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	srandom(1);
	for (unsigned round = 0; round < 500; round++) {
		struct prefix list[8];
		unsigned count = (unsigned)random() % 9;

		for (unsigned i = 0; i < count; i++)
			list[i] = any_prefix();
		assert_int_equal(ranges_set(&ranges, list, count), 0);
		for (unsigned i = 0; i < 50; i++) {
			struct prefix asked = any_prefix();
			struct wire_prefix wire = wire_of(&asked);
			bool expected = false;

			for (unsigned k = 0; k < count; k++)
				expected |= have_common(&list[k], &asked);
			assert_int_equal(ranges_touch(&ranges, &wire), expected);
		}
	}
	ranges_close(&ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_v6),
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
