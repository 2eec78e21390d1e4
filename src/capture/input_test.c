/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/input_test.c - the bytes below the formats: windows, skipping, gzip and its damage,
 * files that shrink while mapped, descriptors that fail.
 */
#include "capture/inflate.h"
#include "capture/testing.h"

#include <fcntl.h>
#include <signal.h>

static struct input *open_bytes(const struct made *m, struct input_options options)
{
	struct input *input;

	assert_int_equal(
		input_open_fd(memory_file(m->bytes, m->len), "made", options, NULL, &input), 0);
	return input;
}

static struct input_options options_of(size_t window_bytes, size_t piece_max_bytes, bool is_mapped)
{
	return (struct input_options){ window_bytes, piece_max_bytes, is_mapped };
}

/* Takes and skips in steps of all sizes; every byte is where it belongs. */
static void take_and_skip(void **state)
{
	struct made m;

	(void)state;
	made_open(&m, ORDER_BIG);
	put_payload(&m, 50000);
	for (unsigned round = 0; round < 4; round++) {
		struct input *input = open_bytes(&m, options_of(round * 50, 1000, round == 0));
		size_t at = 0;

		for (size_t step = 1; at + step < m.len; step = step * 5 % 997 + 1) {
			assert_int_equal(input_need(input, step, true), 1);
			assert_int_equal(input_offset(input), at);
			assert_memory_equal(input->at, m.bytes + at, step);
			input_take(input, step / 2);
			input_skip(input, step - step / 2);
			at += step;
		}
		assert_int_equal(input_need(input, 1, true), 1);
		input_skip(input, 100000);
		assert_int_equal(input_need(input, 1, true), 0);
		assert_int_equal(input_need(input, 1, true), 0);
		input_close(input);
	}
	made_close(&m);
}

static void pieces_have_a_limit(void **state)
{
	struct source *source;
	struct seen seen = { 0 };
	struct input *input;
	struct made m;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_pcap_header(&m, 0xa1b2c3d4, 4, 1);
	put_pcap_packet(&m, 1, 0, 84, 84);
	put_pcap_packet(&m, 1, 0, 85, 85);
	input = open_bytes(&m, options_of(1, 100, false));
	assert_int_equal(source_open_input(input, 0, &seen.err, &source), 0);
	seen_read(&seen, source, 10);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.result, -EBADMSG);
	assert_non_null(strstr(seen.err.text, "a packet of 101 bytes is larger than the 100"));
	seen_close(&seen);
	made_close(&m);
}

/* Without leave to read, what is not here is not fetched, and nothing moves. */
static void no_reading_without_leave(void **state)
{
	struct input *input;
	const uint8_t *at;
	struct made m;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_payload(&m, 300);
	input = open_bytes(&m, options_of(100, 100, false));
	assert_int_equal(input_need(input, 50, true), 1);
	input_take(input, 50);
	at = input->at;
	assert_int_equal(input_need(input, 60, false), -EAGAIN);
	assert_ptr_equal(input->at, at);
	input_skip(input, 70);
	assert_int_equal(input_need(input, 1, false), -EAGAIN);
	assert_int_equal(input_need(input, 1, true), 1);
	assert_memory_equal(input->at, m.bytes + 120, 1);
	input_close(input);
	made_close(&m);
}

static void progress(void **state)
{
	uint64_t done, total;
	struct made m, zipped;
	struct input *input;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_payload(&m, 5000);
	for (unsigned i = 0; i < 2; i++) {
		input = open_bytes(&m, options_of(100, 100, i == 0));
		assert_int_equal(input_need(input, 40, true), 1);
		input_take(input, 40);
		input_progress(input, &done, &total);
		assert_int_equal(done, 40);
		assert_int_equal(total, 5000);
		input_close(input);
	}
	zipped = made_gzip(m.bytes, m.len, m.len);
	input = open_bytes(&zipped, options_of(10000, 10000, true));
	assert_int_equal(input_need(input, 5000, true), 1);
	input_progress(input, &done, &total);
	assert_int_equal(total, zipped.len);
	assert_int_equal(done, zipped.len);
	input_close(input);
	assert_int_equal(input_open_fd(pipe_file(m.bytes, m.len), "pipe", INPUT_OPTIONS_DEFAULT,
				 NULL, &input),
		0);
	input_progress(input, &done, &total);
	assert_int_equal(total, 0);
	input_close(input);
	made_close(&zipped);
	made_close(&m);
}

static struct made zipped_capture(unsigned packets)
{
	struct made m, zipped;

	made_open(&m, ORDER_LITTLE);
	put_pcap_header(&m, 0xa1b2c3d4, 4, 1);
	for (unsigned i = 0; i < packets; i++)
		put_pcap_packet(&m, i, random() % 1000000, 60, 60);
	zipped = made_gzip(m.bytes, m.len, m.len);
	made_close(&m);
	return zipped;
}

static struct seen read_as_is(const struct made *m)
{
	struct input *input;
	struct source *source;
	struct seen seen = { 0 };
	int fd = memory_file(m->bytes, m->len);

	seen.result = input_open_fd(fd, "made.gz", INPUT_OPTIONS_DEFAULT, &seen.err, &input);
	if (seen.result == 0)
		seen.result = source_open_input(input, 0, &seen.err, &source);
	if (seen.result == 0)
		seen_read(&seen, source, 100);
	return seen;
}

/* What can be inflated is given out, whatever comes after. */
static void gzip_cut_off(void **state)
{
	struct made zipped = zipped_capture(500);
	struct seen seen;

	(void)state;
	zipped.len -= zipped.len / 3;
	seen = read_as_is(&zipped);
	assert_int_equal(seen.result, -EBADMSG);
	assert_in_range(seen.count, 200, 499);
	assert_non_null(strstr(
		seen.err.text, "it cannot be decompressed (the compressed data is cut off)"));
	seen_close(&seen);
	zipped.len = 12;
	seen = read_as_is(&zipped);
	assert_int_equal(seen.result, -EBADMSG);
	assert_non_null(strstr(seen.err.text, "made.gz: it cannot be decompressed"));
	seen_close(&seen);
	made_close(&zipped);
}

static void gzip_damaged(void **state)
{
	struct made zipped = zipped_capture(500);
	struct seen seen;

	(void)state;
	memset(zipped.bytes + zipped.len / 2, 0xff, 64);
	seen = read_as_is(&zipped);
	assert_int_equal(seen.result, -EBADMSG);
	assert_in_range(seen.count, 100, 499);
	assert_non_null(strstr(seen.err.text, "cannot be decompressed"));
	seen_close(&seen);
	made_close(&zipped);
	zipped = zipped_capture(500);
	zipped.bytes[zipped.len - 8] ^= 1; /* the checksum */
	seen = read_as_is(&zipped);
	assert_int_equal(seen.result, -EBADMSG);
	assert_int_equal(seen.count, 500);
	assert_non_null(strstr(seen.err.text, "incorrect data check"));
	seen_close(&seen);
	made_close(&zipped);
}

static void gzip_members_and_padding(void **state)
{
	struct made zipped = zipped_capture(5);
	struct made empty = made_gzip((const uint8_t *)"", 0, 1);
	struct seen seen;

	(void)state;
	put_bytes(&zipped, empty.bytes, empty.len);
	put_bytes(&zipped, empty.bytes, empty.len);
	put_bytes(&zipped, "padding", 7);
	seen = read_as_is(&zipped);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 5);
	seen_close(&seen);
	zipped.bytes[zipped.len - 7] = 0x1f; /* begins like another member, but is none */
	seen = read_as_is(&zipped);
	assert_int_equal(seen.result, -EBADMSG);
	assert_int_equal(seen.count, 5);
	seen_close(&seen);
	made_close(&empty);
	made_close(&zipped);
}

/* The pages are gone before they were touched: no SIGBUS, but an error. */
static void file_shrinks_while_mapped(void **state)
{
	struct frame frames[100];
	struct source *source;
	struct input *input;
	struct err err;
	struct made m;
	int fd, copy, n;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_pcap_header(&m, 0xa1b2c3d4, 4, 1);
	for (unsigned i = 0; i < 2000; i++)
		put_pcap_packet(&m, i, 0, 500, 500);
	fd = memory_file(m.bytes, m.len);
	copy = dup(fd);
	assert_int_equal(input_open_fd(fd, "made", INPUT_OPTIONS_DEFAULT, NULL, &input), 0);
	assert_int_equal(source_open_input(input, 0, &err, &source), 0);
	assert_int_equal(source->ops->read(source, frames, 100, &err), 100);
	assert_int_equal(ftruncate(copy, 60000), 0);
	do
		n = source->ops->read(source, frames, 100, &err);
	while (n > 0);
	assert_int_equal(n, -EIO);
	assert_non_null(strstr(err.text, "made: became shorter while it was read"));
	assert_int_equal(frames[99].bytes[0], frames[99].bytes[0]); /* may be touched */
	source_close(source);
	close(copy);
	made_close(&m);
}

/* A SIGBUS that is not ours goes on to whoever handled it before. */
static unsigned strange_signals;

static void count_signal(int number)
{
	(void)number;
	strange_signals++;
}

static void count_info(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	count_signal(number);
}

static void more_mappings_than_slots(void **state)
{
	static struct mapping mappings[MAPPINGS_MAX];
	struct mapping one_more = { 0 };
	int fd = memory_file("x", 1);
	struct input *input;
	unsigned n;

	(void)state;
	for (n = 0; n < MAPPINGS_MAX; n++)
		assert_int_equal(mapping_open(&mappings[n], fd, 1), 0);
	assert_int_equal(mapping_open(&one_more, fd, 1), -ENOSPC);
	assert_int_equal(input_open_fd(dup(fd), "x", INPUT_OPTIONS_DEFAULT, NULL, &input), 0);
	assert_null(input->mapping.bytes);
	assert_int_equal(input_need(input, 1, true), 1);
	assert_int_equal(*input->at, 'x');
	input_close(input);
	for (unsigned i = 0; i < n; i++)
		mapping_close(&mappings[i]);
	mapping_close(&one_more);
	assert_int_equal(mapping_open(&one_more, -1, 1), -EBADF);
	close(fd);
}

static void pages_are_given_back(void **state)
{
	size_t size_bytes = 80U << 20;
	struct mapping mapping;
	int fd = memory_file("start", 5);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)size_bytes), 0);
	assert_int_equal(mapping_open(&mapping, fd, size_bytes), 0);
	mapping_release(&mapping, 31U << 20);
	assert_int_equal(mapping.released_bytes, 0);
	mapping_release(&mapping, (33U << 20) + 5);
	assert_int_equal(mapping.released_bytes, 33U << 20);
	assert_memory_equal(mapping.bytes, "start", 5);
	mapping_close(&mapping);
	close(fd);
}

static void strange_bus_errors_go_on(void **state)
{
	const struct sigaction with_info = { .sa_sigaction = count_info, .sa_flags = SA_SIGINFO };
	const struct sigaction without = { .sa_handler = count_signal };
	struct sigaction before;
	struct mapping mapping;
	int fd = memory_file("x", 1);

	(void)state;
	sigaction(SIGBUS, NULL, &before);
	for (unsigned i = 0; i < 2; i++) {
		sigaction(SIGBUS, i ? &with_info : &without, NULL);
		assert_int_equal(mapping_open(&mapping, fd, 1), 0);
		raise(SIGBUS);
		assert_int_equal(strange_signals, i + 1);
		mapping_close(&mapping);
	}
	sigaction(SIGBUS, &before, NULL);
	close(fd);
}

static void descriptors_that_fail(void **state)
{
	char path[] = "/tmp/weir-capture-XXXXXX";
	struct input *input;
	struct err err;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(input_open_fd(fd, path, INPUT_OPTIONS_DEFAULT, &err, &input), -EBADF);
	assert_non_null(strstr(err.text, "it cannot be read (Bad file descriptor)"));
	unlink(path);
	assert_int_equal(input_open_fd(-1, "gone", INPUT_OPTIONS_DEFAULT, &err, &input), -EBADF);
	assert_non_null(strstr(err.text, "cannot read gone: Bad file descriptor"));
}

/* The first bytes decide on gzip; when the pipe breaks later, that is said. */
static void gzip_descriptor_that_fails(void **state)
{
	struct inflater *inflater;
	const char *reason = NULL;
	uint8_t bytes[16] = { 0 };
	uint64_t taken = 0;

	(void)state;
	assert_int_equal(inflater_open(-1, bytes, 1 << 20, &inflater), -EINVAL);
	assert_int_equal(inflater_open(-1, (const uint8_t *)"\x1f\x8b\x08", 3, &inflater), 0);
	assert_int_equal(inflater_read(inflater, bytes, 16, &taken, &reason), -EBADF);
	assert_string_equal(reason, "Bad file descriptor");
	inflater_close(inflater);
}

/* A buffer that cannot be had is said; absurd sizes are made sane. */
static void sizes_of_the_buffer(void **state)
{
	struct input *input;
	struct err err;

	(void)state;
	assert_int_equal(input_open_fd(memory_file("abc", 3), "made",
				 options_of(1, SIZE_MAX / 2, false), &err, &input),
		-ENOMEM);
	assert_non_null(strstr(err.text, "made: it cannot be read (Cannot allocate memory)"));
	assert_int_equal(
		input_open_fd(memory_file("abc", 3), "made", options_of(0, 0, false), &err, &input),
		0);
	assert_int_equal(input_need(input, 3, true), 1);
	assert_int_equal(input_need(input, 4, true), -EMSGSIZE);
	input_close(input);
	assert_int_equal(
		input_open_fd(memory_file("abc", 3), "made", options_of(9, 5, false), &err, &input),
		0);
	assert_int_equal(input->window_bytes, 5);
	input_close(input);
}

static void *write_late(void *argument)
{
	int fd = *(int *)argument;

	usleep(20000);
	assert_int_equal(write(fd, "late", 4), 4);
	close(fd);
	return NULL;
}

static void not_blocking_is_waited_for(void **state)
{
	struct input *input;
	pthread_t thread;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_late, &ends[1]), 0);
	assert_int_equal(input_open_fd(ends[0], "late", INPUT_OPTIONS_DEFAULT, NULL, &input), 0);
	assert_int_equal(input_need(input, 4, true), 1);
	assert_memory_equal(input->at, "late", 4);
	assert_int_equal(input_need(input, 5, true), 0);
	input_close(input);
	pthread_join(thread, NULL);
}

/* A file that is handed over somewhere in its middle is read from there. */
static void file_at_an_offset(void **state)
{
	int fd = memory_file("0123456789", 10);
	struct input *input;

	(void)state;
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	assert_int_equal(input_open_fd(fd, "made", INPUT_OPTIONS_DEFAULT, NULL, &input), 0);
	assert_int_equal(input_need(input, 6, true), 1);
	assert_memory_equal(input->at, "456789", 6);
	input_close(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_and_skip),
		cmocka_unit_test(pieces_have_a_limit),
		cmocka_unit_test(no_reading_without_leave),
		cmocka_unit_test(progress),
		cmocka_unit_test(gzip_cut_off),
		cmocka_unit_test(gzip_damaged),
		cmocka_unit_test(gzip_members_and_padding),
		cmocka_unit_test(file_shrinks_while_mapped),
		cmocka_unit_test(more_mappings_than_slots),
		cmocka_unit_test(pages_are_given_back),
		cmocka_unit_test(strange_bus_errors_go_on),
		cmocka_unit_test(descriptors_that_fail),
		cmocka_unit_test(gzip_descriptor_that_fails),
		cmocka_unit_test(sizes_of_the_buffer),
		cmocka_unit_test(not_blocking_is_waited_for),
		cmocka_unit_test(file_at_an_offset),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
