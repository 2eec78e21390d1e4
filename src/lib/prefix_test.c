/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/prefix_test.c - the flattened set against the obvious one: look at every prefix, take the
 * longest.
 *
 * prefix.c is compiled into this test with an allocator that can fail, so that those paths run too.
 */
#include "lib/prefix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/failing.h"

#define calloc calloc_or_fail
#define realloc realloc_or_fail
#include "lib/prefix.c" /* NOLINT(bugprone-suspicious-include) */
#undef calloc
#undef realloc

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &prefix.addr, &bits), 0);
	prefix.bits = (uint8_t)bits;
	return prefix;
}

static void add(struct prefix_set *set, const char *text, uint32_t value)
{
	struct prefix prefix = prefix_of(text);

	assert_int_equal(prefix_set_add(set, &prefix, value), 0);
}

static uint32_t find(const struct prefix_set *set, const char *text)
{
	struct prefix prefix = prefix_of(text);

	return prefix_set_find(set, &prefix.addr);
}

static struct prefix_set *open_set(void)
{
	struct prefix_set *set = NULL;

	if (prefix_set_open(&set) < 0 || !set)
		abort();
	return set;
}

static void test_longest_wins(void **state)
{
	struct prefix_set *set = open_set();

	(void)state;
	assert_int_equal(find(set, "10.1.2.3"), PREFIX_VALUE_NONE);
	add(set, "10.1.2.0/24", 3);
	add(set, "10.0.0.0/8", 1);
	add(set, "10.1.0.0/16", 2);
	add(set, "10.1.2.3", 4);
	add(set, "2001:db8::/32", 5);
	add(set, "10.1.0.0/16", 2); /* twice, the same */
	assert_int_equal(find(set, "10.1.2.3"), PREFIX_VALUE_NONE);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "10.1.2.3"), 4);
	assert_int_equal(find(set, "10.1.2.4"), 3);
	assert_int_equal(find(set, "10.1.3.0"), 2);
	assert_int_equal(find(set, "10.0.255.255"), 1);
	assert_int_equal(find(set, "10.255.255.255"), 1);
	assert_int_equal(find(set, "11.0.0.0"), PREFIX_VALUE_NONE);
	assert_int_equal(find(set, "9.255.255.255"), PREFIX_VALUE_NONE);
	assert_int_equal(find(set, "2001:db8:ffff::1"), 5);
	assert_int_equal(find(set, "2001:db9::"), PREFIX_VALUE_NONE);
	add(set, "11.0.0.0/8", 6);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "11.0.0.0"), 6);
	assert_int_equal(find(set, "10.1.2.4"), 3);
	prefix_set_close(set);
	prefix_set_close(NULL);
}

static void test_ends_of_the_world(void **state)
{
	struct prefix_set *set = open_set();

	(void)state;
	add(set, "::/0", 1);
	add(set, "::", 2);
	add(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 3);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "::"), 2);
	assert_int_equal(find(set, "::1"), 1);
	assert_int_equal(find(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), 1);
	assert_int_equal(find(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 3);
	/* ::/0 is all of IPv6, and none of IPv4 though that is mapped into it. */
	assert_int_equal(find(set, "0.0.0.0"), PREFIX_VALUE_NONE);
	assert_int_equal(find(set, "255.255.255.255"), PREFIX_VALUE_NONE);
	assert_int_equal(find(set, "::fffe:ffff:ffff"), 1);
	assert_int_equal(find(set, "::1:0:0:0"), 1);
	add(set, "0.0.0.0/1", 4);
	add(set, "255.255.255.255", 5);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "127.255.255.255"), 4);
	assert_int_equal(find(set, "128.0.0.0"), PREFIX_VALUE_NONE);
	assert_int_equal(find(set, "255.255.255.255"), 5);
	add(set, "0.0.0.0/0", 6);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "127.255.255.255"), 4);
	assert_int_equal(find(set, "128.0.0.0"), 6);
	assert_int_equal(find(set, "::1:0:0:0"), 1);
	prefix_set_close(set);
}

static void test_empty(void **state)
{
	struct prefix_set *set = open_set();

	(void)state;
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "::"), PREFIX_VALUE_NONE);
	assert_int_equal(find(set, "192.0.2.1"), PREFIX_VALUE_NONE);
	prefix_set_close(set);
}

static void test_refusals(void **state)
{
	struct prefix_set *set = open_set();
	struct prefix prefix = prefix_of("192.0.2.0/24"), clash = { .bits = 0 };

	(void)state;
	assert_int_equal(prefix_set_add(set, &prefix, PREFIX_VALUE_NONE), -EINVAL);
	prefix.bits = 129;
	assert_int_equal(prefix_set_add(set, &prefix, 1), -EINVAL);
	prefix.bits = ADDR_V4_BITS + 16;
	assert_int_equal(prefix_set_add(set, &prefix, 1), -EINVAL);
	add(set, "198.51.100.0/24", 1);
	add(set, "192.0.2.0/24", 7);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	add(set, "192.0.2.0/24", 8);
	assert_int_equal(prefix_set_build(set, &clash), -EEXIST);
	assert_int_equal(clash.bits, ADDR_V4_BITS + 24);
	assert_int_equal(clash.addr.byte[14], 2);
	assert_int_equal(prefix_set_build(set, NULL), -EEXIST);
	assert_int_equal(find(set, "192.0.2.1"), 7);
	prefix_set_close(set);
}

static void test_cap(void **state)
{
	struct prefix_set *set = open_set();
	struct prefix prefix = prefix_of("10.0.0.0");
	uint32_t last = PREFIX_SET_MAX - 1;

	(void)state;
	for (uint32_t i = 0; i < PREFIX_SET_MAX; i++) {
		prefix.addr.byte[13] = (uint8_t)(i >> 16);
		prefix.addr.byte[14] = (uint8_t)(i >> 8);
		prefix.addr.byte[15] = (uint8_t)i;
		assert_int_equal(prefix_set_add(set, &prefix, i), 0);
	}
	assert_int_equal(prefix_set_add(set, &prefix, last), -ENOSPC);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(prefix_set_find(set, &prefix.addr), last);
	assert_int_equal(find(set, "10.0.1.2"), 258);
	prefix_set_close(set);
}

#define RANDOM_PREFIXES 200

/* Few different bits, so that prefixes lie in one another, beside one another and at the ends. */
static struct addr random_addr(uint64_t *state)
{
	struct addr addr = { .word = { 0 } };
	uint64_t r = next_random(state);
	static const uint8_t bytes[4] = { 0, 0xff, 0x80, 0x7f };

	for (unsigned i = 0; i < 16; i++)
		addr.byte[i] = bytes[r >> 2 * i & 3];
	if (r >> 60 < 8) {
		memset(addr.byte, 0, 10);
		memset(&addr.byte[10], 0xff, 2);
	}
	return addr;
}

static uint32_t find_slowly(const struct prefix *prefixes, unsigned count, const struct addr *addr)
{
	unsigned best_bits = 0;
	uint32_t best = PREFIX_VALUE_NONE;

	for (unsigned i = 0; i < count; i++) {
		struct addr masked = addr_mask(addr, prefixes[i].bits);

		if (addr_is_v4(addr) && prefixes[i].bits < ADDR_V4_BITS)
			continue;
		if (addr_equal(&masked, &prefixes[i].addr) && prefixes[i].bits >= best_bits) {
			best_bits = prefixes[i].bits;
			best = prefixes[i].bits;
		}
	}
	return best;
}

/* The value is the length: so a prefix that comes up twice has the same value twice. */
static void check_random(uint64_t seed)
{
	struct prefix prefixes[RANDOM_PREFIXES];
	struct prefix_set *set = open_set(), *backwards = open_set();

	for (unsigned i = 0; i < RANDOM_PREFIXES; i++) {
		struct addr addr = random_addr(&seed);

		prefixes[i].bits = (uint8_t)(next_random(&seed) % 129);
		prefixes[i].addr = addr_mask(&addr, prefixes[i].bits);
		assert_int_equal(prefix_set_add(set, &prefixes[i], prefixes[i].bits), 0);
	}
	for (unsigned i = RANDOM_PREFIXES; i-- > 0;)
		assert_int_equal(prefix_set_add(backwards, &prefixes[i], prefixes[i].bits), 0);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(prefix_set_build(backwards, NULL), 0);
	assert_in_range(set->ranges.count, 1, 2 * RANDOM_PREFIXES + 3);
	for (unsigned i = 0; i < 2000; i++) {
		struct addr addr = random_addr(&seed);
		uint32_t expected = find_slowly(prefixes, RANDOM_PREFIXES, &addr);

		assert_int_equal(prefix_set_find(set, &addr), expected);
		assert_int_equal(prefix_set_find(backwards, &addr), expected);
	}
	prefix_set_close(set);
	prefix_set_close(backwards);
}

static void test_against_the_obvious(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		check_random(seed);
}

static void test_memory(void **state)
{
	struct prefix_set *set = NULL;
	struct prefix prefix = prefix_of("192.0.2.0/24"), other = prefix_of("10.0.0.0/8");

	(void)state;
	calls_left = 1;
	assert_int_equal(prefix_set_open(&set), -ENOMEM);
	assert_null(set);
	set = open_set();
	calls_left = 1;
	assert_int_equal(prefix_set_add(set, &prefix, 1), -ENOMEM);
	assert_int_equal(prefix_set_add(set, &prefix, 1), 0);
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(prefix_set_add(set, &other, 2), 0);
	for (unsigned at = 1; at <= 3; at++) {
		calls_left = at;
		assert_int_equal(prefix_set_build(set, NULL), -ENOMEM);
		assert_int_equal(find(set, "192.0.2.1"), 1);
		assert_int_equal(find(set, "10.0.0.1"), PREFIX_VALUE_NONE);
	}
	calls_left = 0;
	assert_int_equal(prefix_set_build(set, NULL), 0);
	assert_int_equal(find(set, "10.0.0.1"), 2);
	prefix_set_close(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_wins),
		cmocka_unit_test(test_ends_of_the_world),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_against_the_obvious),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
