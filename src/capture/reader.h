/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/reader.h - what the readers of both file formats share, for src/capture only.
 *
 * A format has one function that makes the next frame; reader_batch() calls it until the batch is
 * full, the bytes at hand are used up, or something is wrong. A damaged place is not passed:
 * every further read stops there again, with the same message.
 */
#ifndef WEIR_CAPTURE_READER_H
#define WEIR_CAPTURE_READER_H

#include "capture/input.h"
#include "capture/source.h"

struct reader {
	struct source source; /* first: a source is a reader is a format */
	struct input *input;
	uint64_t packets, bytes, snapped, skipped_blocks;
	uint64_t number; /* of the packet being read, from 1; 0: still at the file header */
};

/* 1: a frame. 0: the end. -EAGAIN: not without reading, and may_read is false. -errno with a
 * message. */
typedef int reader_next(
	struct reader *reader, struct frame *ret_frame, bool may_read, struct err *err);

void reader_init(
	struct reader *reader, const struct source_ops *ops, struct input *input, uint16_t file);

/* -EBADMSG with "NAME: packet N at byte B cannot be read: FORMAT; …". */
__attribute__((format(printf, 3, 4))) int reader_damage(
	const struct reader *reader, struct err *err, const char *format, ...);

/* Turns what input_need() refused (0 or -errno, for need_bytes of what) into an error with a
 * message; -EAGAIN passes. */
int reader_short(const struct reader *reader, int need, size_t need_bytes, const char *what,
	struct err *err);

/* Ends a batch of n frames after the last step gave r; returns what source_ops.read returns. */
int reader_batch_end(struct reader *reader, unsigned n, int r, struct err *err);

/* Inline, so that each format's loop is compiled around its own next(). */
static inline __attribute__((always_inline)) int reader_batch(struct reader *reader,
	reader_next *next, struct frame *frames, unsigned cap, struct err *err)
{
	unsigned n = 0;
	int r = 0;

	input_release(reader->input);
	while (n < cap) {
		r = next(reader, &frames[n], n == 0, n == 0 ? err : NULL);
		if (r <= 0)
			break;
		reader->bytes += frames[n].captured_len;
		reader->snapped += frames[n].captured_len < frames[n].wire_len;
		n++;
		reader->number++;
	}
	return reader_batch_end(reader, n, r, err);
}

void reader_stats(const struct source *source, struct source_stats *ret_stats);
void reader_close(struct source *source);

/* The formats. Each takes over the input, also on failure; -EBADMSG, -ENOMEM with a message. */
int pcap_open_input(
	struct input *input, uint16_t file, struct err *err, struct source **ret_source);
int pcapng_open_input(
	struct input *input, uint16_t file, struct err *err, struct source **ret_source);

/* Whether four bytes are the magic of the format. */
bool pcap_is_magic(const uint8_t bytes[4]);
bool pcapng_is_magic(const uint8_t bytes[4]);

/* Recognises the format of an input that it takes over, also on failure. */
int source_open_input(
	struct input *input, uint16_t file, struct err *err, struct source **ret_source);

/* A clause about what bytes that are no capture look like, such as "it starts with 'PK' (a zip
 * archive)". Returns text (cap bytes). */
const char *looks_describe(const uint8_t *bytes, size_t len, char *text, size_t cap);

#endif
