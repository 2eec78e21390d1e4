/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/inflate.c - see inflate.h.
 *
 * One compressed buffer in, the caller's buffer out. A failure does not swallow the content
 * inflated before it in the same call: that is given out first, and the next call finds the
 * failure again.
 */
#include "capture/inflate.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define COMPRESSED_BYTES (128U << 10)
#define FIRST_MAX_BYTES (64U << 10)
#define WINDOW_BITS_GZIP (15 + 16) /* zlib's way to say: gzip header, largest window */
#define GZIP_MAGIC_0 0x1f
#define GZIP_MAGIC_1 0x8b
#define GZIP_METHOD 8 /* deflate */

struct inflater {
	z_stream stream;
	int fd;
	bool is_file_ended; /* no more compressed bytes */
	bool is_done;	    /* no more content */
	bool is_between;    /* a member ended, another may follow */
	int failure;
	const char *reason;
	uint8_t compressed[COMPRESSED_BYTES];
};

bool inflate_is_gzip(const uint8_t *bytes, size_t len)
{
	return len >= 3 && bytes[0] == GZIP_MAGIC_0 && bytes[1] == GZIP_MAGIC_1 &&
	       bytes[2] == GZIP_METHOD;
}

int64_t read_some(int fd, uint8_t *bytes, size_t cap)
{
	for (;;) {
		ssize_t got = read(fd, bytes, cap);

		if (got >= 0)
			return got;
		if (errno == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
}

int inflater_open(int fd, const uint8_t *first, size_t first_len, struct inflater **ret_inflater)
{
	struct inflater *inflater;

	if (first_len > FIRST_MAX_BYTES)
		return -EINVAL;
	inflater = calloc(1, sizeof(*inflater));
	if (!inflater)
		return -ENOMEM;
	inflater->fd = fd;
	memcpy(inflater->compressed, first, first_len);
	inflater->stream.next_in = inflater->compressed;
	inflater->stream.avail_in = (unsigned)first_len;
	if (inflateInit2(&inflater->stream, WINDOW_BITS_GZIP) != Z_OK) {
		free(inflater);
		return -ENOMEM;
	}
	*ret_inflater = inflater;
	return 0;
}

static void inflater_fail(struct inflater *inflater, int failure, const char *reason)
{
	inflater->failure = failure;
	inflater->reason = reason;
	inflater->is_done = true;
}

/* Makes sure there are compressed bytes, or is_file_ended. */
static void inflater_feed(struct inflater *inflater, uint64_t *taken_bytes)
{
	int64_t got;

	if (inflater->stream.avail_in > 0 || inflater->is_file_ended)
		return;
	got = read_some(inflater->fd, inflater->compressed, sizeof(inflater->compressed));
	if (got < 0) {
		inflater_fail(inflater, (int)got, strerror((int)-got));
		return;
	}
	inflater->is_file_ended = got == 0;
	inflater->stream.next_in = inflater->compressed;
	inflater->stream.avail_in = (unsigned)got;
	*taken_bytes += (uint64_t)got;
}

/* Between two members: goes on with the next one, or is done. */
static void inflater_next_member(struct inflater *inflater)
{
	if (inflater->stream.avail_in == 0 || *inflater->stream.next_in != GZIP_MAGIC_0) {
		inflater->is_done = true;
		return;
	}
	inflateReset(&inflater->stream);
	inflater->is_between = false;
}

static void inflater_step(struct inflater *inflater)
{
	bool was_starved = inflater->stream.avail_in == 0;
	int z = inflate(&inflater->stream, Z_NO_FLUSH);

	if (z == Z_STREAM_END)
		inflater->is_between = true;
	else if (z == Z_MEM_ERROR)
		inflater_fail(inflater, -ENOMEM, "no memory");
	else if (z != Z_OK && z != Z_BUF_ERROR)
		inflater_fail(inflater, -EBADMSG,
			inflater->stream.msg ? inflater->stream.msg : "damaged data");
	else if (was_starved && inflater->stream.avail_out > 0)
		inflater_fail(inflater, -EBADMSG, "the compressed data is cut off");
}

int64_t inflater_read(struct inflater *inflater, uint8_t *bytes, size_t cap, uint64_t *taken_bytes,
	const char **ret_reason)
{
	z_stream *stream = &inflater->stream;
	unsigned room = cap < INT_MAX ? (unsigned)cap : INT_MAX;

	stream->next_out = bytes;
	stream->avail_out = room;
	while (!inflater->is_done && stream->avail_out > 0) {
		if (stream->avail_in == 0 && stream->avail_out < room)
			break; /* give what is here before waiting for more */
		inflater_feed(inflater, taken_bytes);
		if (inflater->is_done)
			break;
		if (inflater->is_between)
			inflater_next_member(inflater);
		else
			inflater_step(inflater);
	}
	if (stream->avail_out < room || !inflater->failure)
		return (int64_t)(room - stream->avail_out);
	*ret_reason = inflater->reason;
	return inflater->failure;
}

void inflater_close(struct inflater *inflater)
{
	if (!inflater)
		return;
	inflateEnd(&inflater->stream);
	free(inflater);
}
