/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/input.h - the bytes of a capture, wherever they come from.
 *
 * A reader of a file format sees one thing: a stretch of memory [at, end) that it eats from the
 * front. For a regular file that may be the whole file, mapped, which takes no memory of ours.
 * Everything else (a pipe, a file handed over at an offset, gzip'd content, recognised by its
 * magic, or where no mapping is allowed) goes through one buffer, allocated once, that is refilled
 * when it runs dry. Refilling moves bytes, so a reader that has
 * given out frames passes may_read = false: it gets -EAGAIN instead and ends its batch. Frames so
 * stay valid until the next read of the source, and a slow pipe gives its frames as they come.
 */
#ifndef WEIR_CAPTURE_INPUT_H
#define WEIR_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/mapping.h"
#include "lib/err.h"

/* Largest captured frame. Loopback and BIG TCP frames reach hundreds of KiB, libpcap's own limit
 * for most link types is 256 KiB; anything above 16 MiB is a damaged length field. */
#define FRAME_MAX_BYTES (16U << 20)

/* Largest piece of a file that has to be in memory at once: a frame with headers and options. */
#define INPUT_PIECE_MAX_BYTES (FRAME_MAX_BYTES + (1U << 20))

/* Refilled at a time; grows only for a piece that needs more. It fits second-level caches: measured
 * on a file of 60-byte packets, 47 M packets per CPU second, with 4 MiB 42 M. */
#define INPUT_WINDOW_BYTES (256U << 10)

struct inflater;

/* How to read; tests and the fuzzer choose small and odd ones. */
struct input_options {
	size_t window_bytes;	/* first size of the buffer's used part */
	size_t piece_max_bytes; /* a piece beyond it is damage; the buffer's full size */
	bool is_mapping_allowed;
};

#define INPUT_OPTIONS_DEFAULT                                                                      \
	(struct input_options)                                                                     \
	{                                                                                          \
		.window_bytes = INPUT_WINDOW_BYTES, .piece_max_bytes = INPUT_PIECE_MAX_BYTES,      \
		.is_mapping_allowed = true,                                                        \
	}

struct input {
	const uint8_t *at, *end; /* what is here and not yet taken */
	uint64_t end_offset;	 /* where end is in the (inflated) content */
	uint64_t skip_bytes;	 /* still to be thrown away before at */
	char *name;		 /* as the user wrote it, "standard input" for "-" */
	uint8_t *buffer;	 /* NULL when mapped */
	size_t window_bytes;
	struct input_options options;
	struct mapping mapping;
	struct inflater *inflater; /* NULL: the bytes are as in the file */
	uint64_t file_bytes;	   /* size of a regular file, 0 when it is none */
	uint64_t taken_bytes;	   /* read from the file so far (buffered inputs) */
	int fd;
	int failure;	  /* −errno that ended it, 0 while all is well */
	bool is_ended;	  /* nothing will come after end */
	bool is_fd_ours;  /* to be closed */
	char reason[160]; /* why it failed, a clause */
};

/* Opens a file; "-" is standard input. -errno with a message. */
int input_open(
	const char *path, struct input_options options, struct err *err, struct input **ret_input);

/* The same for an open descriptor, which it takes over, also on failure. */
int input_open_fd(int fd, const char *name, struct input_options options, struct err *err,
	struct input **ret_input);

/* The slow half of input_need(). */
int input_refill(struct input *input, size_t need_bytes, bool may_read);

/* 1: need_bytes are at `at`. 0: the input ends before. -EAGAIN: they would have to be read first,
 * and that was not allowed. -EMSGSIZE: more than a piece may have. Other -errno: reading failed;
 * the clause in reason says why, and it stays that way. */
static inline int input_need(struct input *input, size_t need_bytes, bool may_read)
{
	if (!input->skip_bytes && (size_t)(input->end - input->at) >= need_bytes)
		return 1;
	return input_refill(input, need_bytes, may_read);
}

/* Takes bytes that are here: never more than input_need() confirmed. */
static inline void input_take(struct input *input, size_t len_bytes)
{
	input->at += len_bytes;
}

/* Takes bytes that nobody wants to see, here or not; the next need finds out if they exist. */
void input_skip(struct input *input, uint64_t len_bytes);

/* Bytes here and not yet taken. */
static inline size_t input_left(const struct input *input)
{
	return (size_t)(input->end - input->at);
}

/* Position of `at` in the (inflated) content. */
static inline uint64_t input_offset(const struct input *input)
{
	return input->end_offset - input_left(input);
}

/* What the previous batch pointed to is not needed any more. */
void input_release(struct input *input);

/* The mapped file lost bytes while it was read (mapping.h). */
bool input_is_shrunk(const struct input *input);

/* How far in the file we are and how large it is, both 0 when that cannot be known. */
void input_progress(const struct input *input, uint64_t *ret_done_bytes, uint64_t *ret_total_bytes);

/* NULL is fine. */
void input_close(struct input *input);

#endif
