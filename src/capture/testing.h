/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/testing.h - builds capture files and reads them in every way there is; for tests only.
 *
 * A test writes a file into a struct made, opens it by one of the ways (mapped, buffered, through
 * a buffer so tiny that it is refilled all the time, a pipe that gives a few bytes at a time, and
 * all of it gzip'd) and reads it to a list of what came out, which has to be the same for all
 * ways.
 */
#ifndef WEIR_CAPTURE_TESTING_H
#define WEIR_CAPTURE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/order.h"
#include "capture/reader.h"
#include "lib/hash.h"

struct made {
	uint8_t *bytes;
	size_t len, cap;
	enum order order;
};

static inline void made_open(struct made *m, enum order order)
{
	*m = (struct made){ .order = order };
}

/* Room for len bytes more. */
static inline void made_reserve(struct made *m, size_t len)
{
	if (m->bytes && m->len + len <= m->cap)
		return;
	m->cap = (m->len + len) * 2 + 64;
	m->bytes = realloc(m->bytes, m->cap);
	assert_non_null(m->bytes);
}

static inline void made_close(struct made *m)
{
	free(m->bytes);
	m->bytes = NULL;
}

static inline void put_bytes(struct made *m, const void *bytes, size_t len)
{
	made_reserve(m, len);
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static inline void put_number(struct made *m, uint64_t value, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		unsigned place = m->order == ORDER_LITTLE ? i : len - 1 - i;
		uint8_t byte = (uint8_t)(value >> 8 * place);

		put_bytes(m, &byte, 1);
	}
}

/* Bytes that differ from place to place and from packet to packet. */
static inline void put_payload(struct made *m, size_t len)
{
	made_reserve(m, len);
	for (size_t i = 0; i < len; i++, m->len++)
		m->bytes[m->len] = (uint8_t)(m->len * 7 + i);
}

static inline void put_pcap_header(struct made *m, uint32_t magic, uint32_t minor, uint32_t network)
{
	put_number(m, magic, 4);
	put_number(m, 2, 2);
	put_number(m, minor, 2);
	put_number(m, 0, 8);
	put_number(m, 65535, 4);
	put_number(m, network, 4);
}

static inline void put_pcap_packet(struct made *m, uint32_t seconds, uint32_t fraction,
	uint32_t captured_len, uint32_t wire_len)
{
	put_number(m, seconds, 4);
	put_number(m, fraction, 4);
	put_number(m, captured_len, 4);
	put_number(m, wire_len, 4);
	put_payload(m, captured_len);
}

/* A pcapng block of a type around a body; the body's length is padded to 4. */
static inline void put_block(struct made *m, uint32_t type, const void *body, size_t len)
{
	size_t padded = (len + 3) & ~(size_t)3;

	put_number(m, type, 4);
	put_number(m, padded + 12, 4);
	put_bytes(m, body, len);
	put_bytes(m, "\0\0\0", padded - len);
	put_number(m, padded + 12, 4);
}

static inline void put_section(struct made *m, enum order order)
{
	m->order = order;
	put_number(m, 0x0a0d0d0a, 4);
	put_number(m, 28, 4);
	put_number(m, 0x1a2b3c4d, 4);
	put_number(m, 1, 2);
	put_number(m, 0, 2);
	put_number(m, UINT64_MAX, 8);
	put_number(m, 28, 4);
}

/* resolution < 0: without the option; offset_s 0: the same. */
static inline void put_interface(
	struct made *m, uint16_t link_type, uint32_t snaplen, int resolution, int64_t offset_s)
{
	uint32_t len = 20 + (resolution >= 0 ? 8 : 0) + (offset_s ? 12 : 0) + 4;

	put_number(m, 1, 4);
	put_number(m, len, 4);
	put_number(m, link_type, 4 - 2);
	put_number(m, 0, 2);
	put_number(m, snaplen, 4);
	if (resolution >= 0) {
		put_number(m, 9, 2);
		put_number(m, 1, 2);
		put_bytes(m, &(uint8_t[4]){ (uint8_t)resolution }, 4);
	}
	if (offset_s) {
		put_number(m, 14, 2);
		put_number(m, 8, 2);
		put_number(m, (uint64_t)offset_s, 8);
	}
	put_number(m, 0, 4);
	put_number(m, len, 4);
}

static inline void put_padding(struct made *m, uint32_t len)
{
	put_bytes(m, "\0\0\0", (4 - len % 4) % 4);
}

static inline void put_enhanced(struct made *m, uint32_t interface, uint64_t ticks,
	uint32_t captured_len, uint32_t wire_len)
{
	uint32_t total = 32 + ((captured_len + 3) & ~3U);

	put_number(m, 6, 4);
	put_number(m, total, 4);
	put_number(m, interface, 4);
	put_number(m, ticks >> 32, 4);
	put_number(m, ticks & UINT32_MAX, 4);
	put_number(m, captured_len, 4);
	put_number(m, wire_len, 4);
	put_payload(m, captured_len);
	put_padding(m, captured_len);
	put_number(m, total, 4);
}

static inline void put_obsolete(struct made *m, uint16_t interface, uint64_t ticks,
	uint32_t captured_len, uint32_t wire_len)
{
	uint32_t total = 32 + ((captured_len + 3) & ~3U);

	put_number(m, 2, 4);
	put_number(m, total, 4);
	put_number(m, interface, 2);
	put_number(m, 0xffff, 2);
	put_number(m, ticks >> 32, 4);
	put_number(m, ticks & UINT32_MAX, 4);
	put_number(m, captured_len, 4);
	put_number(m, wire_len, 4);
	put_payload(m, captured_len);
	put_padding(m, captured_len);
	put_number(m, total, 4);
}

static inline void put_simple(struct made *m, uint32_t captured_len, uint32_t wire_len)
{
	uint32_t total = 16 + ((captured_len + 3) & ~3U);

	put_number(m, 3, 4);
	put_number(m, total, 4);
	put_number(m, wire_len, 4);
	put_payload(m, captured_len);
	put_padding(m, captured_len);
	put_number(m, total, 4);
}

/* The ways in. */
enum way {
	WAY_MAPPED,
	WAY_BUFFERED,
	WAY_TINY, /* a buffer of 1 byte that grows only as it must */
	WAY_PIPE,
	WAY_GZIP,
	WAY_GZIP_TINY,
	WAY_GZIP_MEMBERS, /* in pieces compressed by themselves, zeros at the end */
	WAY_GZIP_PIPE,
	WAY_COUNT
};

static inline bool way_is_gzip(enum way way)
{
	return way >= WAY_GZIP;
}

static inline int memory_file(const void *bytes, size_t len)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const uint8_t *)bytes + done, len - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The same bytes gzip'd, each member_bytes a member of its own. */
static inline struct made made_gzip(const uint8_t *bytes, size_t len, size_t member_bytes)
{
	struct made m;

	made_open(&m, ORDER_LITTLE);
	for (size_t at = 0; at < len || at == 0; at += member_bytes) {
		z_stream z = { 0 };

		assert_int_equal(
			deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), 0);
		z.next_in = (uint8_t *)bytes + at;
		z.avail_in = (unsigned)(len - at < member_bytes ? len - at : member_bytes);
		made_reserve(&m, deflateBound(&z, z.avail_in) + 64);
		z.next_out = m.bytes + m.len;
		z.avail_out = (unsigned)(m.cap - m.len);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		m.len += z.total_out;
		deflateEnd(&z);
	}
	return m;
}

struct pipe_writer {
	int fd;
	uint8_t *bytes;
	size_t len;
};

/* Writes pieces of odd sizes and stops when nobody reads (SIGPIPE is ignored in the tests). */
static inline void *pipe_writer_run(void *argument)
{
	struct pipe_writer *writer = argument;
	size_t piece = 1;

	for (size_t done = 0; done < writer->len;) {
		size_t len = writer->len - done < piece ? writer->len - done : piece;
		ssize_t n = write(writer->fd, writer->bytes + done, len);

		if (n <= 0)
			break;
		done += (size_t)n;
		piece = piece * 3 % 70001 + 1;
	}
	close(writer->fd);
	free(writer->bytes);
	free(writer);
	return NULL;
}

/* A pipe that will give these bytes. */
static inline int pipe_file(const void *bytes, size_t len)
{
	struct pipe_writer *writer = malloc(sizeof(*writer));
	pthread_t thread;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*writer = (struct pipe_writer){ .fd = ends[1], .bytes = malloc(len + 1), .len = len };
	memcpy(writer->bytes, bytes, len);
	assert_int_equal(pthread_create(&thread, NULL, pipe_writer_run, writer), 0);
	pthread_detach(thread);
	return ends[0];
}

static inline int way_descriptor(const uint8_t *bytes, size_t len, enum way way)
{
	struct made zipped;
	int fd;

	if (!way_is_gzip(way))
		return way == WAY_PIPE ? pipe_file(bytes, len) : memory_file(bytes, len);
	zipped = made_gzip(bytes, len, way == WAY_GZIP_MEMBERS ? len / 50 + 100 : len + 1);
	if (way == WAY_GZIP_MEMBERS)
		put_bytes(&zipped, "\0\0\0\0\0", 5);
	fd = way == WAY_GZIP_PIPE ? pipe_file(zipped.bytes, zipped.len)
				  : memory_file(zipped.bytes, zipped.len);
	made_close(&zipped);
	return fd;
}

static inline int way_open(
	const uint8_t *bytes, size_t len, enum way way, struct err *err, struct source **ret_source)
{
	struct input_options options = INPUT_OPTIONS_DEFAULT;
	struct input *input;
	int r;

	options.is_mapping_allowed = way == WAY_MAPPED;
	if (way == WAY_TINY || way == WAY_GZIP_TINY)
		options.window_bytes = 1;
	r = input_open_fd(way_descriptor(bytes, len, way), "made", options, err, &input);
	return r < 0 ? r : source_open_input(input, 7, err, ret_source);
}

/* What came out of a source, frame by frame, and how it ended. */
struct seen {
	struct seen_frame {
		struct frame frame; /* bytes: not valid any more */
		uint64_t hash;
	} * list;
	unsigned count, cap;
	int result;
	struct err err;
	struct source_stats stats;
};

static inline void seen_add(struct seen *seen, const struct frame *frame)
{
	if (seen->count == seen->cap) {
		seen->cap = seen->cap ? seen->cap * 2 : 64;
		seen->list = reallocarray(seen->list, seen->cap, sizeof(*seen->list));
		assert_non_null(seen->list);
	}
	seen->list[seen->count++] = (struct seen_frame){
		.frame = *frame,
		.hash = hash_bytes(frame->bytes, frame->captured_len, 1),
	};
}

/* Reads a source to its end and closes it. */
static inline void seen_read(struct seen *seen, struct source *source, unsigned batch)
{
	struct frame *frames = calloc(batch, sizeof(*frames));

	for (;;) {
		seen->result = source->ops->read(source, frames, batch, &seen->err);
		if (seen->result <= 0)
			break;
		for (int i = 0; i < seen->result; i++)
			seen_add(seen, &frames[i]);
	}
	source->ops->stats(source, &seen->stats);
	source_close(source);
	free(frames);
}

static inline void seen_close(struct seen *seen)
{
	free(seen->list);
	*seen = (struct seen){ 0 };
}

static inline void seen_assert_same(const struct seen *a, const struct seen *b)
{
	assert_int_equal(a->result, b->result);
	assert_string_equal(a->err.text, b->err.text);
	assert_int_equal(a->count, b->count);
	for (unsigned i = 0; i < a->count; i++) {
		const struct frame *f = &a->list[i].frame, *g = &b->list[i].frame;

		assert_true(a->list[i].hash == b->list[i].hash && f->time_ns == g->time_ns);
		assert_true(f->captured_len == g->captured_len && f->wire_len == g->wire_len);
		assert_true(f->number == g->number && f->link_type == g->link_type);
	}
	assert_int_equal(a->stats.packets, b->stats.packets);
	assert_int_equal(a->stats.bytes, b->stats.bytes);
	assert_int_equal(a->stats.skipped_blocks, b->stats.skipped_blocks);
}

/* Reads by every way; all must agree, down to the message. Gives what was seen (to be closed). */
static inline struct seen seen_by_all_ways(const struct made *m)
{
	struct seen first = { 0 };

	for (enum way way = 0; way < WAY_COUNT; way++) {
		struct source *source = NULL;
		struct seen seen = { 0 };

		seen.result = way_open(m->bytes, m->len, way, &seen.err, &source);
		if (seen.result == 0)
			seen_read(&seen, source, way == WAY_BUFFERED ? 3 : 1024);
		if (way == WAY_MAPPED) {
			first = seen;
			continue;
		}
		seen_assert_same(&first, &seen);
		seen_close(&seen);
	}
	return first;
}

#endif
