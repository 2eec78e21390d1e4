/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode/checksum_test.c - the fast sum against the plain one of RFC 1071, every length and
 * alignment. */
#include "decode/checksum.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint16_t plain_sum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += checksum_load16(bytes + i);
	if (len & 1)
		sum += checksum_load16((const uint8_t[]){ bytes[len - 1], 0 });
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void fill(uint8_t *bytes, size_t len, uint32_t state)
{
	for (size_t i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = state >> 30 == 3 ? 0xff : (uint8_t)(state >> 24);
	}
}

static void test_lengths(void **state)
{
	static uint8_t bytes[2100];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		fill(bytes, sizeof(bytes), round);
		for (size_t len = 0; len < 2000; len++)
			assert_int_equal(checksum_fold(checksum_add(0, bytes + len % 9, len)),
				plain_sum(bytes + len % 9, len));
	}
}

/* Every carry there can be. */
static void test_carries(void **state)
{
	static uint8_t bytes[65536];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(checksum_fold(checksum_add(0, bytes, sizeof(bytes))), 0xffff);
	assert_int_equal(checksum_fold(checksum_add(UINT64_MAX, bytes, 40)), 0xffff);
	assert_int_equal(checksum_fold(checksum_add(0, bytes, 0)), 0);
	assert_int_equal(checksum_fold(0x0001000100010001), 4);
	assert_int_equal(checksum_fold(0xffffffffffff0000), 0xffff);
}

static void test_parts(void **state)
{
	uint8_t bytes[300];

	(void)state;
	fill(bytes, sizeof(bytes), 7);
	for (size_t cut = 0; cut < sizeof(bytes); cut += 2)
		assert_int_equal(checksum_fold(checksum_add(checksum_add(0, bytes, cut),
					 bytes + cut, sizeof(bytes) - cut)),
			plain_sum(bytes, sizeof(bytes)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_carries),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
