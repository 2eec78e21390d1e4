/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/addr_test.c - addresses and prefixes as text, masks, order, multicast. */
#include "lib/addr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct addr parse(const char *text)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	return addr;
}

static void test_text_both_ways(void **state)
{
	/* text, how it is printed, its length */
	static const struct {
		const char *text, *printed;
		unsigned bits;
	} cases[] = {
		{ "192.0.2.7", "192.0.2.7", 128 },
		{ "192.0.2.0/24", "192.0.2.0/24", 120 },
		{ "192.0.2.7/32", "192.0.2.7", 128 },
		{ "0.0.0.0/0", "0.0.0.0/0", 96 },
		{ "2001:DB8:0:0::1", "2001:db8::1", 128 },
		{ "2001:db8::/32", "2001:db8::/32", 32 },
		{ "::/0", "::/0", 0 },
		{ "::", "::", 128 },
		{ "::ffff:192.0.2.7", "192.0.2.7", 128 },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8", 104 },
		{ "::ffff:0:0/96", "0.0.0.0/0", 96 },
		{ "8000::/1", "8000::/1", 1 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 127 },
	};
	char text[ADDR_TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr addr;
		unsigned bits;

		assert_int_equal(addr_prefix_parse(cases[i].text, &addr, &bits), 0);
		assert_int_equal(bits, cases[i].bits);
		assert_string_equal(addr_prefix_format(&addr, bits, text), cases[i].printed);
	}
}

static void test_refused_text(void **state)
{
	static const char *const texts[] = { "", "/", "x", "192.0.2", "192.0.2.256", "192.0.2.7 ",
		" 192.0.2.7", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8",
		"192.0.2.0/ 24", "192.0.2.0/24x", "192.0.2.0/24/24", "192.0.2.1/24",
		"192.0.2.0/99999999999999999999", "2001:db8::/129", "2001:db8::1/64",
		":::", "2001:db8::g", "fe80::1%eth0", "/24", "192.0.2.7\n",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999",
		"00001111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb" };

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct addr addr = { .word = { 1, 2 } };
		unsigned bits = 77;

		assert_int_equal(addr_prefix_parse(texts[i], &addr, &bits), -EINVAL);
		assert_true(addr.word[0] == 1 && addr.word[1] == 2 && bits == 77);
	}
}

static void test_mask(void **state)
{
	struct addr ones;

	(void)state;
	memset(ones.byte, 0xff, sizeof(ones.byte));
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct addr masked = addr_mask(&ones, bits);

		for (unsigned i = 0; i < 128; i++)
			assert_int_equal(masked.byte[i / 8] >> (7 - i % 8) & 1, i < bits);
	}
}

static void test_kinds(void **state)
{
	static const uint8_t v4[4] = { 192, 0, 2, 7 };
	static const char *const multicast[] = { "224.0.0.0", "239.255.255.255", "255.255.255.255",
		"ff02::1", "ff00::" };
	static const char *const unicast[] = { "223.255.255.255", "240.0.0.0", "255.255.255.254",
		"fe80::1", "::", "0.0.0.0" };
	struct addr a = addr_from_v4(v4), b = parse("192.0.2.7"), c = addr_from_v6(a.byte);

	(void)state;
	assert_true(addr_equal(&a, &b) && addr_equal(&a, &c));
	assert_true(addr_is_v4(&a));
	b = parse("::1:192.0.2.7");
	assert_false(addr_is_v4(&b));
	b = parse("::192.0.2.7");
	assert_false(addr_is_v4(&b));
	b = parse("::");
	assert_true(addr_is_zero(&b) && !addr_is_zero(&a));
	for (unsigned i = 0; i < sizeof(multicast) / sizeof(multicast[0]); i++) {
		a = parse(multicast[i]);
		assert_true(addr_is_multicast(&a));
	}
	for (unsigned i = 0; i < sizeof(unicast) / sizeof(unicast[0]); i++) {
		a = parse(unicast[i]);
		assert_false(addr_is_multicast(&a));
	}
}

static void test_order(void **state)
{
	static const char *const ordered[] = { "::", "::1", "0.0.0.0", "10.0.0.1", "10.0.0.2",
		"10.0.1.0", "255.255.255.255", "2001:db8::", "ffff::" };

	(void)state;
	for (unsigned i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
		for (unsigned k = 0; k < sizeof(ordered) / sizeof(ordered[0]); k++) {
			struct addr a = parse(ordered[i]), b = parse(ordered[k]);
			int order = addr_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
			assert_int_equal(addr_equal(&a, &b), i == k);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_both_ways),
		cmocka_unit_test(test_refused_text),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
