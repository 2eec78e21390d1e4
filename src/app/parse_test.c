/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of app/parse.c: bytes that wait, lines, sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/app_fixture.h"

static void held_bytes_are_kept_in_order(void **state)
{
	struct fixture fixture;
	size_t len;

	(void)state;
	fixture_open(&fixture, NULL, 80);
	assert_true(parse_hold(&fixture.parse, 0, (const uint8_t *)"abc", 3, 10));
	assert_true(parse_hold(&fixture.parse, 0, (const uint8_t *)"defgh", 5, 10));
	assert_false(parse_hold(&fixture.parse, 0, (const uint8_t *)"xyz", 3, 10));
	assert_int_equal(fixture.refused, 1);
	assert_memory_equal(parse_held(&fixture.parse, 0, &len), "abcdefgh", 8);
	assert_int_equal(len, 8);
	parse_drop(&fixture.parse, 0, 3);
	assert_memory_equal(parse_held(&fixture.parse, 0, &len), "defgh", 5);
	assert_true(parse_hold(&fixture.parse, 0, (const uint8_t *)"ijklm", 5, 10));
	assert_memory_equal(parse_held(&fixture.parse, 0, &len), "defghijklm", 10);
	parse_held(&fixture.parse, 1, &len);
	assert_int_equal(len, 0);
	parse_drop(&fixture.parse, 0, 100);
	assert_int_equal(blocks_used(fixture.memory.blocks), 0);
	fixture_close(&fixture);
}

/* Single bytes put behind and taken from the front, over many times the size of a block. */
static void holds_move_on_through_their_block(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_open(&fixture, NULL, 80);
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t byte = (uint8_t)(i * 7);
		const uint8_t *held;
		size_t len;

		assert_true(parse_hold(&fixture.parse, 1, &byte, 1, 400));
		held = parse_held(&fixture.parse, 1, &len);
		assert_int_equal(held[len - 1], byte);
		assert_int_equal(held[0], (uint8_t)((i + 1 - len) * 7));
		if (len == 300)
			parse_drop(&fixture.parse, 1, 1);
	}
	assert_int_equal(blocks_used(fixture.memory.blocks), 512);
	fixture_close(&fixture);
}

static void holds_grow_to_their_largest(void **state)
{
	static uint8_t bytes[HOLD_MAX];
	struct fixture fixture;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	fixture_open(&fixture, NULL, 80);
	for (size_t at = 0; at < sizeof(bytes); at += 256)
		assert_true(parse_hold(&fixture.parse, 0, bytes + at, 256, HOLD_MAX));
	assert_memory_equal(parse_held(&fixture.parse, 0, &len), bytes, sizeof(bytes));
	assert_false(parse_hold(&fixture.parse, 0, bytes, 1, 2 * HOLD_MAX));
	parse_drop(&fixture.parse, 0, 1000);
	assert_true(parse_hold(&fixture.parse, 0, bytes, 1000, HOLD_MAX));
	assert_int_equal(parse_held(&fixture.parse, 0, &len)[len - 1], bytes[999]);
	fixture_close(&fixture);
}

static void an_empty_pool_refuses_and_changes_nothing(void **state)
{
	static uint8_t bytes[40000];
	struct fixture fixture;
	size_t len;

	(void)state;
	fixture_open_small(&fixture, NULL, 80, BLOCK_MAX);
	memset(bytes, 'b', sizeof(bytes));
	assert_true(parse_hold(&fixture.parse, 0, bytes, 20000, HOLD_MAX));
	assert_true(parse_hold(&fixture.parse, 1, bytes, 20000, HOLD_MAX));
	assert_false(parse_hold(&fixture.parse, 0, bytes, 40000, HOLD_MAX));
	parse_held(&fixture.parse, 0, &len);
	assert_int_equal(len, 20000);
	assert_int_equal(fixture.refused, 1);
	fixture_close(&fixture);
}

/* --- lines --- */

struct lines {
	char text[512];
	bool skipping, stops;
};

static bool take_line(void *context, unsigned side, struct app_text line)
{
	struct lines *lines = context;
	size_t len;

	(void)side;
	len = strlen(lines->text);
	snprintf(lines->text + len, sizeof(lines->text) - len, "%.*s|", (int)line.len, line.at);
	return !lines->stops || line.len != 4 || memcmp(line.at, "stop", 4) != 0;
}

/* Feeds in pieces; returns how many bytes were used. */
static size_t lines_of(const char *input, size_t piece, size_t max, struct lines *lines)
{
	struct fixture fixture;
	size_t len = strlen(input), used = 0;

	fixture_open(&fixture, NULL, 25);
	while (used < len) {
		size_t part = len - used < piece ? len - used : piece;
		size_t now = parse_lines(&fixture.parse, 0, (const uint8_t *)input + used, part,
			max, &lines->skipping, take_line, lines);

		used += now;
		if (now < part)
			break;
		if (lines->stops && strstr(lines->text, "stop|"))
			break;
	}
	fixture_close(&fixture);
	return used;
}

static void lines_are_the_same_however_cut(void **state)
{
	static const struct {
		const char *input, *lines;
	} cases[] = {
		{ "one\r\ntwo\nthree", "one|two|" },
		{ "\n\r\n\n", "|||" },
		{ "a\rb\r\r\nc\n", "a\rb\r|c|" },
		{ "0123456789\n", "0123456789|" },
		{ "0123456789\r\nx\n", "0123456789|x|" },
		{ "0123456789abc\nx\n", "0123456789|x|" },
		{ "0123456789abcdefghijklmnopqrstuvw\r\nnext\n", "0123456789|next|" },
		{ "0123456789abcdefghijklmnop", "0123456789|" },
		{ "012345678\r\n", "012345678|" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t piece = 1; piece <= strlen(cases[i].input); piece++) {
			struct lines lines = { 0 };

			lines_of(cases[i].input, piece, 10, &lines);
			assert_string_equal(lines.text, cases[i].lines);
		}
}

static void a_line_can_stop_the_rest(void **state)
{
	static const char input[] = "go\nstop\r\nother protocol\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof(input); piece++) {
		struct lines lines = { .stops = true };

		assert_int_equal(lines_of(input, piece, 100, &lines), 9);
		assert_string_equal(lines.text, "go|stop|");
	}
}

static void sums(void **state)
{
	uint8_t all[256], twice[512], text[] = "AAAABBBB";

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(parse_entropy(all, 256), 255); /* 8 bits */
	assert_int_equal(parse_entropy(text, 4), 0);
	assert_int_equal(parse_entropy(text, 8), 32);
	assert_int_equal(parse_entropy(all, 16), 128);
	/* The same bytes twice are as mixed; the long way gives what the short one does. */
	memcpy(twice, all, 128);
	memcpy(twice + 128, all, 128);
	assert_int_equal(parse_entropy(twice, 256), 224);
	memcpy(twice + 256, twice, 256);
	assert_int_equal(parse_entropy(twice, 512), 224);
	assert_int_equal(parse_entropy(all, 0), 0);
	assert_int_equal(parse_printable(text, 8), 255);
	assert_int_equal(parse_printable(all, 256), (95 + 5) * 255 / 256);
	assert_int_equal(parse_printable((const uint8_t *)"a\n\x01\xff", 4), 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_bytes_are_kept_in_order),
		cmocka_unit_test(holds_move_on_through_their_block),
		cmocka_unit_test(holds_grow_to_their_largest),
		cmocka_unit_test(an_empty_pool_refuses_and_changes_nothing),
		cmocka_unit_test(lines_are_the_same_however_cut),
		cmocka_unit_test(a_line_can_stop_the_rest),
		cmocka_unit_test(sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
