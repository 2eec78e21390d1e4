/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/text_test.c - tables: what goes in, what a person reads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"

#define COUNT_OF(list) (sizeof(list) / sizeof(*(list)))
#define SECOND 1000000000LL

static void test_count(void **state)
{
	char text[TEXT_NUMBER_MAX];

	(void)state;
	assert_string_equal(text_count(0, text), "0");
	assert_string_equal(text_count(999, text), "999");
	assert_string_equal(text_count(1000, text), "1,000");
	assert_string_equal(text_count(37412, text), "37,412");
	assert_string_equal(text_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void test_rates(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{ 0, "0 pps" },
		{ 0.02, "0.02 pps" },
		{ 0.4, "0.4 pps" },
		{ 8, "8 pps" },
		{ 8.4, "8.4 pps" },
		{ 84, "84 pps" },
		{ 840, "840 pps" },
		{ 999.4, "999 pps" },
		{ 999.6, "1.0 kpps" },
		{ 1600, "1.6 kpps" },
		{ 37412, "37.4 kpps" },
		{ 162000, "162 kpps" },
		{ 999600, "1.0 Mpps" },
		{ 2.3e6, "2.3 Mpps" },
		{ 1e9, "1.0 Gpps" },
		{ 1e18, "1.0 Epps" },
		{ 1e30, "1.0e+12 Epps" },
		{ -1600, "-1.6 kpps" },
		{ NAN, "? pps" },
		{ INFINITY, "? pps" },
		{ -INFINITY, "? pps" },
	};
	char text[TEXT_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(text_packet_rate(rows[i].value, text), rows[i].text);
	assert_string_equal(text_bit_rate(2.3e6, text), "2.3 Mbit/s");
	assert_string_equal(text_bytes(77123456, text), "77.1 MB");
	assert_string_equal(text_bytes(64, text), "64 B");
	assert_string_equal(text_bytes(UINT64_MAX, text), "18.4 EB");
}

static void test_quantities(void **state)
{
	static const struct {
		double value;
		const char *unit, *text;
	} rows[] = {
		{ 37412, "addresses", "37,412 addresses" },
		{ 2.5, "names", "2.5 names" },
		{ 3, "", "3" },
		{ 0.25, NULL, "0.25" },
		{ 0.97, "share", "97 %" },
		{ 0.004, "share", "0.4 %" },
		{ 0.996, "share", "99.6 %" },
		{ 1, "share", "100 %" },
		{ 0, "share", "0 %" },
		{ NAN, "share", "? %" },
		{ 1e9, "share", "1.0e+11 %" },
		{ 1600, "pps", "1.6 kpps" },
		{ 1e6, "bps", "1.0 Mbit/s" },
		{ 1500, "bytes", "1.5 kB" },
		{ 642, "s", "10 min 42 s" },
		{ 40, "ms", "40 ms" },
		{ -1, "s", "-1 s" },
		{ 1e300, "s", "1.00e+300 s" },
		{ NAN, "s", "? s" },
		{ -5, "packets", "-5 packets" },
		{ 12345.6, "ports", "12,346 ports" },
	};
	char text[TEXT_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(text_quantity(rows[i].value, rows[i].unit, text), rows[i].text);
}

static void test_durations(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0 s" },
		{ -5, "0 s" },
		{ 1, "0 us" },
		{ 740000, "740 us" },
		{ 999600, "1 ms" },
		{ 640 * SECOND / 1000, "640 ms" },
		{ 999600000, "1 s" },
		{ 237 * SECOND / 10, "23.7 s" },
		{ 23 * SECOND, "23 s" },
		{ 5996 * SECOND / 100, "1 min" },
		{ 60 * SECOND, "1 min" },
		{ 642 * SECOND, "10 min 42 s" },
		{ 3600 * SECOND, "1 h" },
		{ 7500 * SECOND, "2 h 5 min" },
		{ (3 * 24 + 4) * 3600 * SECOND, "3 d 4 h" },
		{ INT64_MAX, "106751 d 23 h" },
	};
	char text[TEXT_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(text_duration(rows[i].ns, text), rows[i].text);
}

static void test_times(void **state)
{
	char text[TEXT_NUMBER_MAX];

	(void)state;
	assert_string_equal(
		text_timestamp(1538129689303795999, text), "2018-09-28T10:14:49.303795+0000");
	assert_string_equal(text_timestamp(-1, text), "1969-12-31T23:59:59.999999+0000");
	assert_string_equal(text_timestamp(INT64_MAX, text), "2262-04-11T23:47:16.854775+0000");
	assert_string_equal(text_timestamp(INT64_MIN, text), "1677-09-21T00:12:43.145224+0000");
	assert_string_equal(text_time(1538129689303795999, text), "2018-09-28 10:14:49");
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("µs → ▁"), 6);
	assert_int_equal(text_columns("日本"), 4);
	assert_int_equal(text_columns("e\xcc\x81"), 1);
	assert_int_equal(text_columns("\xff\xc3"), 2);
	assert_int_equal(text_prefix_bytes("日本", 3), 3);
	assert_int_equal(text_prefix_bytes("abc", 5), 3);
	assert_int_equal(text_prefix_bytes("abc", 0), 0);
}

static void test_clean(void **state)
{
	static const struct {
		const char *raw;
		bool is_ascii;
		const char *clean;
	} rows[] = {
		{ "plain µ", false, "plain µ" },
		{ "plain µ → … ×", true, "plain u -> ... x" },
		{ "\x1b[31mred", false, "\\x1b[31mred" },
		{ "a\nb\tc\x7f", false, "a\\x0ab\\x09c\\x7f" },
		{ "\xc2\x9b"
		  "31m",
			false, "\\xc2\\x9b31m" }, /* CSI as one character */
		{ "\xe2\x80\xae"
		  "gpj",
			false, "\\xe2\\x80\\xaegpj" },		       /* right-to-left override */
		{ "\xff\xc0\x80", false, "\\xff\\xc0\\x80" },	       /* bad byte, overlong NUL */
		{ "\xed\xa0\x80", false, "\\xed\\xa0\\x80" },	       /* surrogate */
		{ "\xf4\x90\x80\x80", false, "\\xf4\\x90\\x80\\x80" }, /* beyond Unicode */
		{ "\xe6\x97", false, "\\xe6\\x97" },		       /* cut short */
		{ "日", true, "\\xe6\\x97\\xa5" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(
			text_clean(rows[i].raw, rows[i].is_ascii, out, sizeof(out)), rows[i].clean);
	assert_string_equal(text_clean("ab日", false, out, 5), "ab"); /* never half a character */
	assert_string_equal(text_clean("abc", false, out, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_quantities),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
