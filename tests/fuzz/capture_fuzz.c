/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/fuzz/capture_fuzz.c - the readers of capture files against any bytes.
 *
 * The first byte chooses the way in (mapped, through a buffer of a few bytes, gzip'd by us and
 * then inflated, given as gzip itself) and the size of a batch; the rest is the file. Read to its
 * end; every frame must lie within the mapping or the buffer, be numbered in order, and be
 * readable. What the ways give must not differ, so the sum of what was read is compared with that
 * of the mapped one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/reader.h"
#include "lib/hash.h"

#define BATCH_MAX 32
#define PIECE_MAX_BYTES (1U << 20)

enum way { WAY_MAPPED, WAY_BUFFERED, WAY_GZIP, WAY_COUNT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static int memory_file(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	require(fd >= 0);
	require(len == 0 || write(fd, bytes, len) == (ssize_t)len);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int gzip_file(const uint8_t *bytes, size_t len)
{
	z_stream z = { .next_in = (uint8_t *)bytes, .avail_in = (unsigned)len };
	uint8_t *zipped;
	size_t cap;
	int fd;

	require(deflateInit2(&z, 0, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	cap = deflateBound(&z, len) + 64;
	zipped = malloc(cap);
	z.next_out = zipped;
	z.avail_out = (unsigned)cap;
	require(deflate(&z, Z_FINISH) == Z_STREAM_END);
	fd = memory_file(zipped, z.total_out);
	deflateEnd(&z);
	free(zipped);
	return fd;
}

/* Frames lie in what the input holds. */
static bool is_inside(const struct input *input, const struct frame *frame)
{
	const uint8_t *start = input->buffer ? input->buffer : input->mapping.bytes;
	size_t size = input->buffer ? input->options.piece_max_bytes : input->mapping.size_bytes;

	return frame->bytes >= start && frame->captured_len <= size &&
	       (size_t)(frame->bytes - start) <= size - frame->captured_len;
}

/* A hash over everything that came out. */
static uint64_t read_all(struct source *source, unsigned batch)
{
	struct input *input = ((struct reader *)source)->input;
	struct frame frames[BATCH_MAX];
	struct err err = { "" };
	uint64_t sum = 0, number = 0;
	int n;

	while ((n = source->ops->read(source, frames, batch, &err)) > 0) {
		for (int i = 0; i < n; i++) {
			require(is_inside(input, &frames[i]) && frames[i].number == ++number);
			require(frames[i].wire_len >= frames[i].captured_len);
			sum = hash_bytes(frames[i].bytes, frames[i].captured_len,
				sum ^ (uint64_t)frames[i].time_ns);
		}
	}
	require((n == 0) == (err.text[0] == 0));
	return sum + number + (uint64_t)n;
}

static uint64_t read_by(enum way way, const uint8_t *bytes, size_t len, unsigned batch)
{
	struct input_options options = { way == WAY_MAPPED ? 4096 : 1, PIECE_MAX_BYTES,
		way == WAY_MAPPED };
	int fd = way == WAY_GZIP ? gzip_file(bytes, len) : memory_file(bytes, len);
	struct source *source;
	struct input *input;
	struct err err;
	uint64_t sum;
	int r = input_open_fd(fd, "fuzz", options, &err, &input);

	if (r == 0)
		r = source_open_input(input, 0, &err, &source);
	if (r < 0)
		return (uint64_t)r;
	sum = read_all(source, batch);
	source_close(source);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > PIECE_MAX_BYTES)
		return 0;
	enum way way = data[0] % WAY_COUNT;
	unsigned batch = 1 + (data[0] >> 3) % BATCH_MAX;
	bool is_gzip = size > 2 && data[1] == 0x1f && data[2] == 0x8b;
	uint64_t sum = read_by(way, data + 1, size - 1, batch);

	/* Gzip in gzip is inflated once only, so there the ways differ. */
	if (way != WAY_MAPPED && !is_gzip)
		require(sum == read_by(WAY_MAPPED, data + 1, size - 1, BATCH_MAX));
	return 0;
}
