/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of track/stream.c: a table of segments in, bytes and gaps out; and random cuts, orders,
 * repetitions of one text, which must always give that text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "track/stream.h"

#define OUT_MAX 8192

struct out {
	char text[2][OUT_MAX];
	size_t len[2];
};

static void put(struct out *out, unsigned side, const char *bytes, size_t len)
{
	assert_true(out->len[side] + len < OUT_MAX);
	memcpy(out->text[side] + out->len[side], bytes, len);
	out->len[side] += len;
	out->text[side][out->len[side]] = '\0';
}

static void take_data(void *context, unsigned side, const uint8_t *bytes, size_t len)
{
	put(context, side, (const char *)bytes, len);
}

static void take_gap(void *context, unsigned side, uint64_t missing)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "<%llu>", (unsigned long long)missing);

	put(context, side, text, (size_t)len);
}

static void open_pool(struct stream_pool *pool, size_t bytes)
{
	*pool = (struct stream_pool){ .data = take_data, .gap = take_gap };
	assert_int_equal(blocks_open(bytes, &pool->blocks), 0);
}

static void close_pool(struct stream_pool *pool)
{
	assert_int_equal(blocks_used(pool->blocks), 0);
	blocks_close(pool->blocks);
}

/* A segment; its number counts from the first byte of its side. */
struct segment {
	unsigned side;
	int32_t at;
	const char *text;
	unsigned flags;
	int32_t ack;	  /* of the other side's bytes; -1: none */
	uint32_t cut_off; /* bytes on the wire that the capture has not */
};

static struct pkt packet_of(const struct segment *segment, uint32_t base)
{
	uint32_t len = (uint32_t)strlen(segment->text);

	return (struct pkt){
		.bytes = (const uint8_t *)segment->text,
		.captured_len = len,
		.payload_len = len,
		.payload_wire_len = len + segment->cut_off,
		.tcp_seq = base + (uint32_t)segment->at,
		.tcp_ack = base + (uint32_t)segment->ack,
		.tcp_flags = (uint8_t)(segment->flags | (segment->ack >= 0 ? TCP_ACK : 0)),
		.side = (uint8_t)segment->side,
	};
}

static void see(struct stream_pool *pool, struct stream *stream, struct out *out,
	const struct segment *segment, uint32_t base)
{
	struct pkt pkt = packet_of(segment, base);

	stream_see(pool, stream, &pkt, out);
}

#define CLIENT(at, text)                                                                           \
	{                                                                                          \
		0, (at), (text), 0, -1, 0                                                          \
	}
#define SERVER_ACK(acked)                                                                          \
	{                                                                                          \
		1, 0, "", 0, (acked), 0                                                            \
	}

static const struct stream_case {
	const char *name;
	struct segment segments[8];
	const char *first, *last; /* what comes out when the first, the last wins; NULL: the same */
	bool is_over;
	unsigned conflicts;
} cases[] = {
	{ "in order", { CLIENT(0, "abc"), CLIENT(3, "def") }, "abcdef", NULL, false, 0 },
	{ "out of order", { CLIENT(3, "def"), CLIENT(0, "abc") }, "abcdef", NULL, false, 0 },
	{ "reversed", { CLIENT(4, "e"), CLIENT(3, "d"), CLIENT(2, "c"), CLIENT(0, "ab") }, "abcde",
		NULL, false, 0 },
	{ "sent again", { CLIENT(0, "abc"), CLIENT(0, "abc"), CLIENT(3, "d") }, "abcd", NULL, false,
		0 },
	{ "sent again longer", { CLIENT(0, "abc"), CLIENT(1, "bcde") }, "abcde", NULL, false, 0 },
	{ "keepalive", { CLIENT(0, "abc"), CLIENT(2, "x"), CLIENT(3, "d") }, "abcd", NULL, false,
		0 },
	{ "overlap that waits, the same", { CLIENT(2, "cde"), CLIENT(4, "efg"), CLIENT(0, "ab") },
		"abcdefg", NULL, false, 0 },
	{ "overlap that waits, different", { CLIENT(2, "cdX"), CLIENT(4, "efg"), CLIENT(0, "ab") },
		"abcdXfg", "abcdefg", false, 1 },
	{ "a piece within another", { CLIENT(2, "cdefg"), CLIENT(3, "XY"), CLIENT(0, "ab") },
		"abcdefg", "abcXYfg", false, 1 },
	{ "a piece around others",
		{ CLIENT(2, "C"), CLIENT(4, "E"), CLIENT(1, "bcdef"), CLIENT(0, "a") }, "abCdEf",
		"abcdef", false, 1 },
	{ "in order over one that waits", { CLIENT(2, "XY"), CLIENT(0, "abcdef") }, "abXYef",
		"abcdef", false, 1 },
	{ "a hole that the receiver does not have",
		{ CLIENT(0, "a"), CLIENT(3, "d"), SERVER_ACK(4) }, "a<2>d", NULL, false, 0 },
	{ "a hole that was acknowledged before", { CLIENT(0, "a"), SERVER_ACK(3), CLIENT(3, "d") },
		"a<2>d", NULL, false, 0 },
	{ "a hole still open", { CLIENT(0, "a"), CLIENT(3, "d"), SERVER_ACK(2) }, "a", NULL, false,
		0 },
	{ "two holes, one acknowledged",
		{ CLIENT(0, "a"), CLIENT(3, "d"), CLIENT(6, "g"), SERVER_ACK(4), CLIENT(4, "ef") },
		"a<2>defg", NULL, false, 0 },
	{ "cut off by the capture", { { 0, 0, "ab", 0, -1, 5 }, CLIENT(7, "h") }, "ab<5>h", NULL,
		false, 0 },
	{ "cut off in the capture, and waited",
		{ { 0, 3, "de", 0, -1, 2 }, CLIENT(0, "abc"), CLIENT(7, "h"), SERVER_ACK(8) },
		"abcde<2>h", NULL, false, 0 },
	{ "the last bytes with FIN",
		{ { 0, 0, "abc", TCP_FIN, -1, 0 }, { 1, 0, "", TCP_FIN, -1, 0 } }, "abc", NULL,
		true, 0 },
	{ "FIN before the last bytes",
		{ { 0, 3, "d", TCP_FIN, -1, 0 }, { 1, 0, "", TCP_FIN, -1, 0 }, CLIENT(0, "abc") },
		"abcd", NULL, true, 0 },
	{ "FIN, but bytes are missing",
		{ { 0, 3, "d", TCP_FIN, -1, 0 }, { 1, 0, "", TCP_FIN, -1, 0 } }, "", NULL, false,
		0 },
	{ "bytes behind FIN",
		{ { 0, 0, "ab", TCP_FIN, -1, 0 }, CLIENT(1, "bcdef"), CLIENT(2, "c") }, "ab", NULL,
		false, 0 },
	{ "data with SYN", { { 0, -1, "ab", TCP_SYN, -1, 0 }, CLIENT(2, "c") }, "abc", NULL, false,
		0 },
};

static void play(const struct stream_case *c, bool is_last_wins, uint32_t base)
{
	struct stream_pool pool;
	struct stream stream = { 0 };
	struct out out = { 0 };

	open_pool(&pool, BLOCK_MAX);
	pool.is_last_wins = is_last_wins;
	stream_begin(&stream, 0, base);
	stream_begin(&stream, 1, base);
	for (unsigned i = 0; i < 8 && c->segments[i].text; i++)
		see(&pool, &stream, &out, &c->segments[i], base);
	if (strcmp(out.text[0], is_last_wins && c->last ? c->last : c->first) != 0)
		fail_msg("%s (base %u): \"%s\"", c->name, base, out.text[0]);
	assert_int_equal(stream_is_over(&stream), c->is_over);
	assert_int_equal(pool.stats.conflicts, c->conflicts);
	stream_clear(&pool, &stream);
	close_pool(&pool);
}

static void table_of_cases(void **state)
{
	static const uint32_t bases[] = { 1000, 0, UINT32_MAX - 2, 0x7fffffff };

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (unsigned b = 0; b < 4; b++) {
			play(&cases[i], false, bases[b]);
			play(&cases[i], true, bases[b]);
		}
}

static void at_the_end_what_waits_is_given(void **state)
{
	static const struct segment segments[] = { CLIENT(0, "a"), CLIENT(3, "d"), CLIENT(9, "j") };
	struct stream_pool pool;
	struct stream stream = { 0 };
	struct out out = { 0 };

	(void)state;
	open_pool(&pool, BLOCK_MAX);
	stream_begin(&stream, 0, 7);
	for (unsigned i = 0; i < 3; i++)
		see(&pool, &stream, &out, &segments[i], 7);
	stream_flush(&pool, &stream, &out);
	assert_string_equal(out.text[0], "a<2>d<5>j");
	assert_int_equal(pool.stats.gaps, 2);
	assert_int_equal(pool.stats.gap_bytes, 7);
	assert_int_equal(pool.stats.bytes, 3);
	close_pool(&pool);
}

static void picked_up_in_its_middle_the_first_segment_begins(void **state)
{
	static const struct segment segments[] = { CLIENT(50, "abc"), CLIENT(40, "old"),
		CLIENT(53, "d") };
	struct stream_pool pool;
	struct stream stream = { 0 };
	struct out out = { 0 };

	(void)state;
	open_pool(&pool, BLOCK_MAX);
	for (unsigned i = 0; i < 3; i++)
		see(&pool, &stream, &out, &segments[i], 1000);
	assert_string_equal(out.text[0], "abcd");
	close_pool(&pool);
}

/* Too many pieces, or no memory: the hole is given up, nothing else is lost. */
static void caps_give_up_the_hole(void **state)
{
	struct stream_pool pool;
	struct stream stream = { 0 };
	struct out out = { 0 };

	(void)state;
	open_pool(&pool, BLOCK_MAX);
	stream_begin(&stream, 0, 0);
	for (int32_t i = 0; i <= STREAM_EARLY_PIECES; i++) {
		struct segment segment = CLIENT(10 + i * 4, "ab");

		see(&pool, &stream, &out, &segment, 0);
	}
	assert_memory_equal(out.text[0], "<10>ab", 6);
	assert_true(pool.stats.gaps >= 1);
	stream_flush(&pool, &stream, &out);
	for (unsigned i = 0, count = 0; i < out.len[0]; i++)
		if (out.text[0][i] == 'a')
			assert_true(++count <= STREAM_EARLY_PIECES + 1);
	close_pool(&pool);
}

/* What was said before it was clear where the side begins. */
static void what_was_kept_is_what_it_begins_with(void **state)
{
	static const struct segment early[] = { { 0, -1, "ab", TCP_SYN, -1, 0 }, CLIENT(4, "ef"),
		CLIENT(1, "bcd"), CLIENT(0, "ab") };

	(void)state;
	for (unsigned is_wanted = 0; is_wanted < 2; is_wanted++) {
		struct stream_pool pool;
		struct stream stream = { 0 };
		struct out out = { 0 };

		open_pool(&pool, BLOCK_MAX);
		for (unsigned i = 0; i < 4; i++) {
			struct pkt pkt = packet_of(&early[i], UINT32_MAX - 1);

			assert_true(stream_keep(&pool, &stream, &pkt));
		}
		assert_string_equal(out.text[0], "");
		stream_begin_kept(&pool, &stream, 0, UINT32_MAX - 1, is_wanted, &out);
		assert_string_equal(out.text[0], is_wanted ? "abcdef" : "");
		see(&pool, &stream, &out, &(struct segment)CLIENT(0, "abcdefg"), UINT32_MAX - 1);
		assert_string_equal(out.text[0], "abcdefg");
		close_pool(&pool);
	}
}

static void a_reset_must_hit_the_window(void **state)
{
	struct stream stream = { 0 };
	struct pkt pkt = { .tcp_flags = TCP_RST, .tcp_seq = 1000 };

	(void)state;
	stream_begin(&stream, 0, 1000);
	assert_true(stream_is_reset(&stream, &pkt));
	pkt.tcp_seq = 999;
	assert_true(stream_is_reset(&stream, &pkt));
	pkt.tcp_seq = 900;
	assert_false(stream_is_reset(&stream, &pkt));
	pkt.tcp_seq = 1000 + 70000;
	assert_false(stream_is_reset(&stream, &pkt));
	pkt.tcp_seq = 1000;
	pkt.tcp_flags = TCP_ACK;
	assert_false(stream_is_reset(&stream, &pkt));
}

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* Cut at random with overlaps, sent in any order, some twice: always the same bytes. */
static void any_cut_and_order_gives_the_same(void **state)
{
	enum { LEN = 2000, PIECES = 60 };
	char text[LEN + 1];
	uint32_t random = 4711;

	(void)state;
	for (unsigned i = 0; i < LEN; i++)
		text[i] = (char)('a' + i * i % 23);
	text[LEN] = '\0';
	for (unsigned round = 0; round < 300; round++) {
		struct stream_pool pool;
		struct stream stream = { 0 };
		static struct out out;
		unsigned at[PIECES], len[PIECES];

		memset(&out, 0, sizeof(out));
		for (unsigned i = 0; i < PIECES; i++) {
			/* The first forty cover all, the others lie anywhere. */
			at[i] = i < 40 ? i * 50 : next_random(&random) % LEN;
			len[i] = 50 + next_random(&random) % 70;
			if (at[i] + len[i] > LEN)
				len[i] = LEN - at[i];
		}
		open_pool(&pool, BLOCK_MAX);
		pool.is_last_wins = round & 1;
		stream_begin(&stream, 0, 0xfffffc00);
		for (unsigned left = PIECES; left > 0; left--) {
			unsigned i = next_random(&random) % left;
			char piece[128];

			memcpy(piece, text + at[i], len[i]);
			piece[len[i]] = '\0';
			see(&pool, &stream, &out, &(struct segment)CLIENT((int32_t)at[i], piece),
				0xfffffc00);
			at[i] = at[left - 1];
			len[i] = len[left - 1];
		}
		assert_string_equal(out.text[0], text);
		assert_int_equal(pool.stats.conflicts, 0);
		close_pool(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_cases),
		cmocka_unit_test(at_the_end_what_waits_is_given),
		cmocka_unit_test(picked_up_in_its_middle_the_first_segment_begins),
		cmocka_unit_test(caps_give_up_the_hole),
		cmocka_unit_test(what_was_kept_is_what_it_begins_with),
		cmocka_unit_test(a_reset_must_hit_the_window),
		cmocka_unit_test(any_cut_and_order_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
