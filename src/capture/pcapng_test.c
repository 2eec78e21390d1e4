/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/pcapng_test.c - pcapng files: sections, interfaces, clocks, block kinds, damage, by
 * every way in.
 */
#include "capture/testing.h"
#include "capture/timescale.h"

#include <signal.h>

#define BLOCK_NAMES 4
#define BLOCK_UNSEEN 0x0badcafe

/* Several interfaces with different link types and clocks, all three packet blocks, what is
 * skipped. */
static void everything_at_once(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	for (enum order order = ORDER_BIG; order <= ORDER_LITTLE; order++) {
		made_open(&m, order);
		put_section(&m, order);
		put_block(&m, BLOCK_UNSEEN, "?", 1);
		put_interface(&m, 1, 50, -1, 0);	 /* µs */
		put_interface(&m, 101, 0, 9, 0);	 /* ns */
		put_interface(&m, 113, 0, 3, -7200);	 /* ms, two hours off */
		put_interface(&m, 228, 0, 0x80 | 20, 0); /* 2^-20 s */
		put_enhanced(&m, 0, 5000001, 61, 61);
		put_enhanced(&m, 1, 5000000002, 20, 1500);
		put_block(&m, BLOCK_NAMES, "names and such", 14);
		put_obsolete(&m, 2, 7205003, 30, 30);
		put_simple(&m, 50, 90); /* cut to the 50 of interface 0 */
		put_enhanced(&m, 3, 5ULL << 20 | 1 << 19, 0, 0);
		seen = seen_by_all_ways(&m);
		assert_int_equal(seen.result, 0);
		assert_int_equal(seen.count, 5);
		assert_int_equal(seen.list[0].frame.time_ns, 5000001000);
		assert_int_equal(seen.list[0].frame.link_type, 1);
		assert_int_equal(seen.list[1].frame.time_ns, 5000000002);
		assert_int_equal(seen.list[1].frame.link_type, 101);
		assert_int_equal(seen.list[1].frame.wire_len, 1500);
		assert_int_equal(seen.list[2].frame.time_ns, 5003000000);
		assert_int_equal(seen.list[2].frame.link_type, 113);
		assert_int_equal(seen.list[3].frame.time_ns, 5003000000);
		assert_int_equal(seen.list[3].frame.captured_len, 50);
		assert_int_equal(seen.list[3].frame.wire_len, 90);
		assert_int_equal(seen.list[4].frame.time_ns, 5500000000);
		assert_int_equal(seen.list[4].frame.number, 5);
		assert_int_equal(seen.stats.skipped_blocks, 2);
		assert_int_equal(seen.stats.snapped, 2);
		seen_close(&seen);
		made_close(&m);
	}
}

/* A second section has its own byte order and its own interfaces. */
static void sections(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	made_open(&m, ORDER_BIG);
	put_section(&m, ORDER_BIG);
	put_interface(&m, 1, 0, -1, 0);
	put_interface(&m, 101, 0, -1, 0);
	put_enhanced(&m, 1, 1000000, 40, 40);
	put_section(&m, ORDER_LITTLE);
	put_interface(&m, 113, 0, 9, 0);
	put_enhanced(&m, 0, 2000000000, 40, 40);
	put_section(&m, ORDER_BIG);
	put_section(&m, ORDER_LITTLE);
	put_interface(&m, 12, 0, 9, 0);
	put_simple(&m, 8, 8);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.list[0].frame.link_type, 101);
	assert_int_equal(seen.list[1].frame.link_type, 113);
	assert_int_equal(seen.list[1].frame.time_ns, 2 * NS_PER_S);
	assert_int_equal(seen.list[2].frame.time_ns, 2 * NS_PER_S);
	seen_close(&seen);
	put_enhanced(&m, 1, 0, 40, 40);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, -EBADMSG);
	assert_non_null(strstr(seen.err.text, "interface 1, but the section describes 1"));
	seen_close(&seen);
	made_close(&m);
}

static void timescales(void **state)
{
	static const struct {
		uint8_t resolution;
		int64_t offset_s;
		uint64_t ticks;
		int64_t ns;
	} cases[] = {
		{ 6, 0, 1, 1000 },
		{ 0, 0, 3, 3000000000 },
		{ 9, -1, 5, -999999995 },
		{ 12, 0, 1999, 1 },
		{ 28, 0, UINT64_MAX, 1 },
		{ 29, 0, UINT64_MAX, 0 },
		{ 127, 4, UINT64_MAX, 4 * NS_PER_S },
		{ 0x80, 0, 3, 3000000000 },
		{ 0x80 | 32, 0, 1ULL << 31, 500000000 },
		{ 0x80 | 127, 0, UINT64_MAX, 0 },
		{ 9, 0, UINT64_MAX, TIMESCALE_MAX_NS },
		{ 6, 0, UINT64_MAX, TIMESCALE_MAX_NS },
		{ 0, INT64_MAX, UINT64_MAX, TIMESCALE_MAX_NS },
		{ 6, INT64_MIN, 0, -TIMESCALE_MAX_NS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct timescale scale = timescale_from(cases[i].resolution, cases[i].offset_s);

		assert_int_equal(timescale_ns(&scale, cases[i].ticks), cases[i].ns);
		assert_int_equal(timescale_ns_exact(&scale, cases[i].ticks), cases[i].ns);
	}
}

static void odd_but_read(void **state)
{
	struct made m;
	struct seen seen;
	uint8_t *large = calloc(1, FRAME_MAX_BYTES + (5U << 20));

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_section(&m, ORDER_LITTLE);
	put_interface(&m, 1, 60, -1, 0);
	put_enhanced(&m, 0, 1, 70000, 70000); /* beyond snaplen */
	put_enhanced(&m, 0, 2, 40, 20);	      /* beyond the wire */
	put_block(&m, BLOCK_UNSEEN, large, FRAME_MAX_BYTES + (5U << 20));
	put_block(&m, BLOCK_UNSEEN, "", 0);
	put_enhanced(&m, 0, 3, FRAME_MAX_BYTES, FRAME_MAX_BYTES);
	put_simple(&m, 20, 25); /* says 25, has 20 */
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.list[1].frame.wire_len, 40);
	assert_int_equal(seen.list[3].frame.captured_len, 20);
	assert_int_equal(seen.stats.skipped_blocks, 2);
	seen_close(&seen);
	made_close(&m);
	free(large);
}

static void put_start(struct made *m)
{
	made_open(m, ORDER_LITTLE);
	put_section(m, ORDER_LITTLE);
	put_interface(m, 1, 0, -1, 0);
	put_enhanced(m, 0, 1, 60, 60);
}

static void expect_damage(struct made *m, const char *clause)
{
	struct seen seen = seen_by_all_ways(m);

	assert_int_equal(seen.result, -EBADMSG);
	assert_int_equal(seen.count, 1);
	assert_non_null(strstr(seen.err.text, "made: packet 2 at byte "));
	assert_non_null(strstr(seen.err.text, clause));
	seen_close(&seen);
	made_close(m);
}

static void put_words(struct made *m, const uint32_t *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put_number(m, words[i], 4);
}

/* Blocks of bare numbers, each wrong in one place. */
static void damage_in_blocks(void **state)
{
	static const struct {
		uint32_t words[9];
		const char *clause;
	} cases[] = {
		{ { 6, 8, 8 }, "block of 8 bytes" },
		{ { 6, 12, 12 }, "packet block of 12 bytes" },
		{ { 6, 32, 0, 0, 0, 4, 4, 32 }, "captured length 4 in a block of 32 bytes" },
		{ { 6, 36, 0, 0, 0, 0xffffffff, 4, 0, 36 }, "captured length 4294967295" },
		{ { 6, 32, 0, 0, 0, 0, 0, 36 }, "block of 32 bytes says 36 at its end" },
		{ { 6, 32, 9, 0, 0, 0, 0, 32 }, "interface 9, but the section describes 1" },
		{ { 6, 0xfffffff0 }, "a block of 4294967280 bytes is larger than the" },
		{ { 6, 400 }, "the capture ends within a block (36 of 400 bytes are there)" },
		{ { 5, 16, 0, 12 }, "block of 16 bytes says 12 at its end" },
		{ { 5, 4000 }, "the capture ends within a skipped block" },
		{ { 1, 16, 0, 16 }, "interface description of 16 bytes" },
		{ { 0x0a0d0d0a, 28, 0x1a2b3c4e }, "byte-order magic 0x4e3c2b1a" },
		{ { 0x0a0d0d0a, 16, 0x1a2b3c4d, 16 }, "section header of 16 bytes" },
		{ { 0x0a0d0d0a, 28, 0x1a2b3c4d, 2, 0, 0, 28 }, "pcapng version 2 is not known" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m;

		put_start(&m);
		put_words(&m, cases[i].words, 9);
		expect_damage(&m, cases[i].clause);
	}
}

/* A simple packet needs the description of interface 0. */
static void simple_without_interface(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	made_open(&m, ORDER_BIG);
	put_section(&m, ORDER_BIG);
	put_simple(&m, 20, 20);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, -EBADMSG);
	assert_int_equal(seen.count, 0);
	assert_non_null(strstr(seen.err.text, "packet 1 at byte 28 cannot be read: it came from "
					      "interface 0, but the section describes 0"));
	seen_close(&seen);
	made_close(&m);
}

static void too_many_interfaces(void **state)
{
	struct source *source;
	struct seen seen = { 0 };
	struct made m;

	(void)state;
	made_open(&m, ORDER_BIG);
	put_section(&m, ORDER_BIG);
	for (unsigned i = 0; i < 65537; i++)
		put_interface(&m, 1, 0, -1, 0);
	assert_int_equal(way_open(m.bytes, m.len, WAY_MAPPED, &seen.err, &source), 0);
	seen_read(&seen, source, 8);
	assert_int_equal(seen.result, -EBADMSG);
	assert_non_null(strstr(seen.err.text, "more than 65536 interfaces in a section"));
	seen_close(&seen);
	made_close(&m);
}

/* Options that lie about their length are ignored, those before them count. */
static void options_out_of_bounds(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_section(&m, ORDER_LITTLE);
	put_words(&m, (const uint32_t[]){ 1, 36, 1, 0, 1 << 16 | 9, 9, 0xfff0U << 16 | 14, 0, 36 },
		9);
	put_words(
		&m, (const uint32_t[]){ 1, 28, 1, 0, 4 << 16 | 9, 9, 28 }, 7); /* 4 long: not it */
	put_enhanced(&m, 0, 1, 4, 4);
	put_enhanced(&m, 1, 1, 4, 4);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.list[0].frame.time_ns, 1);
	assert_int_equal(seen.list[1].frame.time_ns, 1000);
	seen_close(&seen);
	made_close(&m);
}

static void cut_anywhere(void **state)
{
	struct made m;
	size_t start, whole;

	(void)state;
	put_start(&m);
	start = m.len;
	put_block(&m, BLOCK_NAMES, "sixteen letters.", 16);
	put_enhanced(&m, 0, 1, 9, 9);
	whole = m.len;
	for (; m.len >= 4; m.len--) {
		struct seen seen = seen_by_all_ways(&m);
		bool is_clean = m.len == whole || m.len == start || m.len == start + 28 ||
				m.len == 28 || m.len == 52;

		assert_int_equal(seen.result, is_clean ? 0 : -EBADMSG);
		assert_int_equal(seen.count, m.len == whole ? 2 : m.len >= start ? 1 : 0);
		seen_close(&seen);
	}
	made_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(sections),
		cmocka_unit_test(timescales),
		cmocka_unit_test(odd_but_read),
		cmocka_unit_test(damage_in_blocks),
		cmocka_unit_test(simple_without_interface),
		cmocka_unit_test(too_many_interfaces),
		cmocka_unit_test(options_out_of_bounds),
		cmocka_unit_test(cut_anywhere),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
