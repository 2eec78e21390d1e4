/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/merge_test.c - order, ties, batches that end early, damaged and empty sources, random
 * merges compared with a stable sort.
 */
#include "capture/merge.h"
#include "capture/testing.h"

#include <signal.h>

/* A source of given times that gives few frames at a time, each a byte of memory which the next
 * read overwrites: so a frame that is used too long is seen by its content. */
#define FAKE_BATCH_MAX 64

struct fake {
	struct source source;
	const int64_t *times_ns;
	unsigned count, at, batch;
	int result; /* after the last frame */
	uint32_t bytes[FAKE_BATCH_MAX];
};

static unsigned fakes_open;

static int fake_read(struct source *source, struct frame *frames, unsigned cap, struct err *err)
{
	struct fake *fake = (struct fake *)source;
	unsigned n = 0;

	memset(fake->bytes, 0xee, sizeof(fake->bytes));
	for (; n < cap && n < fake->batch && fake->at < fake->count; n++, fake->at++) {
		fake->bytes[n] = fake->at;
		frames[n] = (struct frame){
			.time_ns = fake->times_ns[fake->at],
			.bytes = (const uint8_t *)&fake->bytes[n],
			.number = fake->at + 1,
			.captured_len = 4,
			.wire_len = 5,
			.file = source->file,
		};
	}
	if (n == 0 && fake->result < 0)
		return err_set(err, fake->result, "fake %u broke", source->file);
	return (int)n;
}

static void fake_stats(const struct source *source, struct source_stats *ret_stats)
{
	const struct fake *fake = (const struct fake *)source;

	*ret_stats = (struct source_stats){ fake->at, 4 * fake->at, 100, 50, fake->at, 1, 2 };
}

static void fake_close(struct source *source)
{
	fakes_open--;
	free(source);
}

static struct source *fake_open(
	uint16_t file, const int64_t *times_ns, unsigned count, unsigned batch, int result)
{
	static const struct source_ops ops = { "fake", fake_read, fake_stats, fake_close };
	struct fake *fake = calloc(1, sizeof(*fake));

	*fake = (struct fake){
		.source = { .ops = &ops, .name = "fake", .file = file },
		.times_ns = times_ns,
		.count = count,
		.batch = batch,
		.result = result,
	};
	fakes_open++;
	return &fake->source;
}

/* Reads all; checks that each frame's bytes are still its own. Returns how many came. */
static unsigned read_all(struct merge *m, struct frame *all, unsigned all_cap, unsigned cap)
{
	unsigned count = 0;
	unsigned n;

	while ((n = merge_read(m, all + count, cap < all_cap - count ? cap : all_cap - count)) >
		0) {
		for (unsigned i = count; i < count + n; i++) {
			uint32_t number;

			memcpy(&number, all[i].bytes, sizeof(number));
			assert_int_equal(number + 1, all[i].number);
		}
		count += n;
	}
	return count;
}

static void order_and_ties(void **state)
{
	static const int64_t a[] = { 10, 20, 20, 40 }, b[] = { 5, 20, 30 }, c[] = { 20 };
	static const char expected[] = "1a0a0b0c1b2a1c0d";
	struct source *sources[3] = {
		fake_open(0, a, 4, 64, 0),
		fake_open(1, b, 3, 64, 0),
		fake_open(2, c, 1, 64, 0),
	};
	struct frame all[16];
	struct merge *m;
	char got[17] = "";

	(void)state;
	assert_int_equal(merge_open(sources, 3, NULL, &m), 0);
	assert_int_equal(merge_source_count(m), 3);
	assert_ptr_equal(merge_source(m, 1), sources[1]);
	assert_int_equal(merge_read(m, all, 0), 0);
	assert_int_equal(read_all(m, all, 9, 9), 8);
	for (unsigned i = 0; i < 8; i++) {
		got[2 * i] = (char)('0' + all[i].file);
		got[2 * i + 1] = (char)('a' + all[i].number - 1);
	}
	assert_string_equal(got, expected);
	assert_int_equal(merge_read(m, all, 9), 0);
	merge_close(m);
	assert_int_equal(fakes_open, 0);
}

/* A source that goes back in time keeps its own order. */
static void backwards_within_a_source(void **state)
{
	static const int64_t a[] = { 10, 3, 12 }, b[] = { 7, 11 };
	static const int64_t expected[] = { 7, 10, 3, 11, 12 };
	struct source *sources[2] = { fake_open(0, a, 3, 64, 0), fake_open(1, b, 2, 64, 0) };
	struct frame all[8];
	struct merge *m;

	(void)state;
	assert_int_equal(merge_open(sources, 2, NULL, &m), 0);
	assert_int_equal(read_all(m, all, 8, 8), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(all[i].time_ns, expected[i]);
	merge_close(m);
}

static void damage_is_kept(void **state)
{
	static const int64_t a[] = { 1, 2 }, b[] = { 1, 5, 6 };
	struct source *sources[3] = {
		fake_open(0, a, 2, 64, -EBADMSG),
		fake_open(1, b, 3, 64, 0),
		fake_open(2, NULL, 0, 64, -EIO),
	};
	struct source_stats stats;
	struct frame all[8];
	struct merge *m;

	(void)state;
	assert_int_equal(merge_open(sources, 3, NULL, &m), 0);
	assert_int_equal(read_all(m, all, 8, 8), 5);
	assert_string_equal(merge_source_error(m, 0), "fake 0 broke");
	assert_null(merge_source_error(m, 1));
	assert_string_equal(merge_source_error(m, 2), "fake 2 broke");
	merge_stats(m, &stats);
	assert_int_equal(stats.packets, 5);
	assert_int_equal(stats.bytes, 20);
	assert_int_equal(stats.bytes_total, 300);
	assert_int_equal(stats.bytes_done, 150);
	assert_int_equal(stats.snapped, 5);
	assert_int_equal(stats.kernel_drops, 3);
	assert_int_equal(stats.skipped_blocks, 6);
	merge_close(m);
}

static void none_and_one(void **state)
{
	static const int64_t a[] = { 9, 8, 7, 6, 5 };
	struct source *one[1] = { fake_open(0, a, 5, 2, -EIO) };
	struct frame all[8];
	struct merge *m;

	(void)state;
	assert_int_equal(merge_open(NULL, 0, NULL, &m), 0);
	assert_int_equal(merge_read(m, all, 8), 0);
	assert_int_equal(merge_peek(m, all, 8), 0);
	merge_close(m);
	assert_int_equal(merge_open(one, 1, NULL, &m), 0);
	assert_int_equal(merge_read(m, all, 8), 2);
	assert_int_equal(read_all(m, all, 8, 8), 3);
	assert_non_null(merge_source_error(m, 0));
	merge_close(m);
	merge_close(NULL);
}

/* What was peeked at is read all the same. */
static void peek(void **state)
{
	static const int64_t a[] = { 1, 2, 3, 4 }, b[] = { 10 };
	struct source *sources[3] = {
		fake_open(0, a, 4, 3, 0),
		fake_open(1, b, 1, 64, 0),
		fake_open(2, NULL, 0, 64, 0),
	};
	struct source *one[1] = { fake_open(5, a, 4, 3, 0) };
	struct frame all[8];
	struct merge *m;

	(void)state;
	assert_int_equal(merge_open(sources, 3, NULL, &m), 0);
	assert_int_equal(merge_peek(m, all, 3), 3);
	assert_int_equal(all[0].file, 0);
	assert_int_equal(all[1].file, 1);
	assert_int_equal(all[2].number, 2);
	assert_int_equal(merge_peek(m, all, 8), 4);
	assert_int_equal(read_all(m, all, 8, 8), 5);
	merge_close(m);
	assert_int_equal(merge_open(one, 1, NULL, &m), 0);
	assert_int_equal(merge_peek(m, all, 8), 3);
	assert_int_equal(read_all(m, all, 8, 2), 4);
	assert_int_equal(all[3].number, 4);
	merge_close(m);
}

/* Many sources, whole batches of equal times, all sizes: a stable sort by (time, source) is the
 * same. */
#define RANDOM_SOURCES 40
#define RANDOM_FRAMES 150

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % limit;
}

static void random_merge(unsigned sources, unsigned cap)
{
	static int64_t times_ns[RANDOM_SOURCES][RANDOM_FRAMES];
	static struct frame all[RANDOM_SOURCES * RANDOM_FRAMES + 1];
	struct source *list[RANDOM_SOURCES];
	unsigned total = 0;
	struct merge *m;

	for (unsigned i = 0; i < sources; i++) {
		unsigned count = random_below(RANDOM_FRAMES);

		for (unsigned k = 0; k < count; k++)
			times_ns[i][k] = (k ? times_ns[i][k - 1] : 0) + random_below(3);
		list[i] = fake_open(
			(uint16_t)i, times_ns[i], count, 1 + random_below(FAKE_BATCH_MAX), 0);
		total += count;
	}
	assert_int_equal(merge_open(list, sources, NULL, &m), 0);
	assert_int_equal(read_all(m, all, sizeof(all) / sizeof(all[0]), cap), total);
	for (unsigned i = 1; i < total; i++) {
		const struct frame *f = &all[i - 1], *g = &all[i];

		assert_true(f->time_ns < g->time_ns ||
			    (f->time_ns == g->time_ns &&
				    (f->file < g->file ||
					    (f->file == g->file && f->number < g->number))));
	}
	merge_close(m);
}

static void random_merges(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 60; round++)
		random_merge(1 + random_below(RANDOM_SOURCES), 1 + random_below(300));
	assert_int_equal(fakes_open, 0);
}

/* The same with real files through tiny buffers, where frames do become invalid. */
static void real_files(void **state)
{
	static const enum way ways[] = { WAY_TINY, WAY_MAPPED, WAY_GZIP_TINY };
	struct source *sources[3];
	struct frame frames[16];
	int64_t last_ns = 0;
	unsigned total = 0, n;
	struct merge *m;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct made made;

		made_open(&made, ORDER_LITTLE);
		put_pcap_header(&made, 0xa1b23c4d, 4, 1);
		for (unsigned k = 0; k < 500; k++)
			put_pcap_packet(&made, k, i, 4 + k % 90, 200);
		assert_int_equal(way_open(made.bytes, made.len, ways[i], NULL, &sources[i]), 0);
		made_close(&made);
	}
	assert_int_equal(merge_open(sources, 3, NULL, &m), 0);
	while ((n = merge_read(m, frames, 16)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			unsigned k = (unsigned)(frames[i].number - 1);

			assert_in_range(frames[i].time_ns - k * NS_PER_S, 0, 2);
			assert_int_equal(frames[i].captured_len, 4 + k % 90);
			assert_true(frames[i].time_ns >= last_ns);
			assert_int_equal((uint8_t)(frames[i].bytes[1] - frames[i].bytes[0]), 8);
			last_ns = frames[i].time_ns;
		}
		total += n;
	}
	assert_int_equal(total, 1500);
	merge_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_ties),
		cmocka_unit_test(backwards_within_a_source),
		cmocka_unit_test(damage_is_kept),
		cmocka_unit_test(none_and_one),
		cmocka_unit_test(peek),
		cmocka_unit_test(random_merges),
		cmocka_unit_test(real_files),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
