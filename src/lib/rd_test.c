/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/rd_test.c - the cursor gives what is there and nothing else.
 *
 * Every length is read from a block of exactly that size, so AddressSanitizer sees a single byte
 * too many.
 */
#include "lib/rd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_values(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0xff, 0xfe, 0xfd, 0xfc, 0x80, 0, 0, 0, 0,
		0, 0, 0x09, 0xaa };
	struct rd r = rd_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(rd_left(&r), 16);
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_be16(&r), 0x0203);
	assert_int_equal(rd_be32(&r), 0xfffefdfc);
	assert_true(rd_be64(&r) == 0x8000000000000009);
	assert_ptr_equal(rd_bytes(&r, 1), &bytes[15]);
	assert_int_equal(rd_left(&r), 0);
	assert_false(r.failed);
	assert_ptr_equal(rd_bytes(&r, 0), &bytes[16]);
	assert_true(rd_skip(&r, 0));
	assert_false(r.failed);
}

/* One kind of read, by the bytes it takes. */
static uint64_t read_of(struct rd *r, unsigned width)
{
	switch (width) {
	case 1:
		return rd_u8(r);
	case 2:
		return rd_be16(r);
	case 4:
		return rd_be32(r);
	case 8:
		return rd_be64(r);
	default:
		return rd_skip(r, width);
	}
}

static void check_short(unsigned width, unsigned there)
{
	uint8_t *bytes = calloc(1, there > 0 ? there : 1);
	struct rd r = rd_over(bytes, there);
	uint64_t value;

	assert_non_null(bytes);
	memset(bytes, 0xff, there);
	value = read_of(&r, width);
	assert_true(r.failed == (there < width));
	assert_true(!r.failed || value == 0);
	assert_int_equal(rd_left(&r), r.failed ? there : there - width);
	free(bytes);
}

static void test_every_length(void **state)
{
	static const unsigned widths[] = { 1, 2, 3, 4, 8, 16 };

	(void)state;
	for (unsigned i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		for (unsigned there = 0; there <= 17; there++)
			check_short(widths[i], there);
}

/* Once failed it stays so, moves no more and gives zeros, also where bytes would be left. */
static void test_failure_stays(void **state)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct rd r = rd_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(rd_u8(&r), 1);
	assert_false(rd_skip(&r, 4));
	assert_true(r.failed);
	assert_int_equal(rd_left(&r), 3);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_be16(&r), 0);
	assert_null(rd_bytes(&r, 0));
	assert_int_equal(rd_left(&r), 3);
}

static void test_huge_lengths(void **state)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	static const size_t lengths[] = { 5, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2,
		(size_t)1 << 32 };

	(void)state;
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct rd r = rd_over(bytes, sizeof(bytes));

		assert_null(rd_bytes(&r, lengths[i]));
		assert_true(r.failed);
		assert_ptr_equal(r.at, bytes);
	}
}

static void test_nothing(void **state)
{
	struct rd r = rd_over("", 0);

	(void)state;
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_true(r.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_failure_stays),
		cmocka_unit_test(test_huge_lengths),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
