/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of lib/blocks.c: blocks do not overlap, and given back they join again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/blocks.h"

static void sizes_are_powers_of_two(void **state)
{
	static const struct {
		size_t asked, got;
	} cases[] = { { 1, 512 }, { 512, 512 }, { 513, 1024 }, { 1460, 2048 }, { 65536, 65536 } };
	struct blocks *blocks;

	(void)state;
	assert_int_equal(blocks_open(4 * BLOCK_MAX, &blocks), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t block = blocks_take(blocks, cases[i].asked);

		assert_int_not_equal(block, 0);
		assert_int_equal(blocks_size(blocks, block), cases[i].got);
		assert_int_equal(blocks_used(blocks), cases[i].got);
		blocks_give(blocks, block);
	}
	assert_int_equal(blocks_take(blocks, BLOCK_MAX + 1), 0);
	assert_int_equal(blocks_size(blocks, 0), 0);
	blocks_give(blocks, 0);
	assert_int_equal(blocks_used(blocks), 0);
	blocks_close(blocks);
	blocks_close(NULL);
}

static void a_full_pool_refuses(void **state)
{
	struct blocks *blocks;
	uint32_t taken[2 * BLOCK_MAX / BLOCK_MIN];
	unsigned count = sizeof(taken) / sizeof(*taken);

	(void)state;
	assert_int_equal(blocks_open(2 * BLOCK_MAX, &blocks), 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_not_equal(taken[i] = blocks_take(blocks, 1), 0);
	assert_int_equal(blocks_take(blocks, 1), 0);
	for (unsigned i = 0; i < count; i += 2)
		blocks_give(blocks, taken[i]);
	/* Half of it is free, but nowhere two in a row. */
	assert_int_equal(blocks_take(blocks, 1024), 0);
	for (unsigned i = 1; i < count; i += 2)
		blocks_give(blocks, taken[i]);
	assert_int_not_equal(blocks_take(blocks, BLOCK_MAX), 0);
	assert_int_not_equal(blocks_take(blocks, BLOCK_MAX), 0);
	assert_int_equal(blocks_take(blocks, 1), 0);
	blocks_close(blocks);
}

/* Takes and gives at random; each block is filled with its number, and must still be so. */
static void blocks_do_not_overlap(void **state)
{
	enum { HELD = 64 };
	uint32_t held[HELD] = { 0 }, random = 1;
	size_t used = 0;
	struct blocks *blocks;

	(void)state;
	assert_int_equal(blocks_open(8 * BLOCK_MAX, &blocks), 0);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i;

		random = random * 1664525 + 1013904223;
		i = random >> 8 & (HELD - 1);
		if (held[i]) {
			size_t size = blocks_size(blocks, held[i]);
			const uint8_t *bytes = blocks_at(blocks, held[i]);

			for (size_t at = 0; at < size; at += 97)
				assert_int_equal(bytes[at], i);
			assert_int_equal(bytes[size - 1], i);
			used -= size;
			blocks_give(blocks, held[i]);
			held[i] = 0;
		} else {
			held[i] = blocks_take(blocks, 1U << (random >> 20) % 17);
			if (held[i])
				memset(blocks_at(blocks, held[i]), (int)i,
					blocks_size(blocks, held[i]));
			used += blocks_size(blocks, held[i]);
		}
		assert_int_equal(blocks_used(blocks), used);
	}
	blocks_close(blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_powers_of_two),
		cmocka_unit_test(a_full_pool_refuses),
		cmocka_unit_test(blocks_do_not_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
