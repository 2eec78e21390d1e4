/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gen/writer.c - a buffer in front of a file. See writer.h. */
#include "gen/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (1U << 20)
#define MAGIC_MICRO 0xa1b2c3d4
#define MAGIC_NANO 0xa1b23c4d
#define LINKTYPE_ETHER 1
#define SNAP_BYTES_WHOLE 65535

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap_bytes, link_type;
};

struct record_header {
	uint32_t seconds, fraction, captured, wire;
};

struct writer {
	int fd;
	struct writer_settings settings;
	const char *path;
	size_t used;
	uint8_t buffer[BUFFER_BYTES];
};

static int flush(struct writer *writer)
{
	size_t done = 0;

	while (done < writer->used) {
		ssize_t n = write(writer->fd, writer->buffer + done, writer->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	writer->used = 0;
	return 0;
}

static void append(struct writer *writer, const void *bytes, size_t len)
{
	memcpy(writer->buffer + writer->used, bytes, len);
	writer->used += len;
}

static int file_open(const char *path, struct err *err)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return err_set(
				err, -EINVAL, "a capture is binary: not writing it to a terminal");
		return STDOUT_FILENO;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return fd >= 0 ? fd : err_set(err, -errno, "cannot create %s: %s", path, strerror(errno));
}

int writer_open(const char *path, const struct writer_settings *settings,
	struct writer **ret_writer, struct err *err)
{
	struct file_header header = {
		.magic = settings->is_micro ? MAGIC_MICRO : MAGIC_NANO,
		.major = 2,
		.minor = 4,
		.snap_bytes = settings->snap_bytes ? settings->snap_bytes : SNAP_BYTES_WHOLE,
		.link_type = LINKTYPE_ETHER,
	};
	struct writer *writer;
	int fd = file_open(path, err);

	if (fd < 0)
		return fd;
	writer = malloc(sizeof(*writer));
	if (!writer) {
		close(fd);
		return err_set(err, -ENOMEM, "cannot write %s: out of memory", path);
	}
	writer->fd = fd;
	writer->settings = *settings;
	writer->path = path;
	writer->used = 0;
	append(writer, &header, sizeof(header));
	*ret_writer = writer;
	return 0;
}

int writer_put(void *state, const struct packet *packet)
{
	struct writer *writer = state;
	uint32_t snap = writer->settings.snap_bytes;
	int64_t fraction_ns = packet->time_ns % 1000000000;
	struct record_header header = {
		.seconds = (uint32_t)(packet->time_ns / 1000000000),
		.fraction =
			(uint32_t)(writer->settings.is_micro ? fraction_ns / 1000 : fraction_ns),
		.captured = snap && packet->len > snap ? snap : packet->len,
		.wire = packet->len,
	};

	if (writer->used + sizeof(header) + header.captured > BUFFER_BYTES) {
		int rc = flush(writer);

		if (rc < 0)
			return rc;
	}
	append(writer, &header, sizeof(header));
	append(writer, packet->bytes, header.captured);
	return 0;
}

int writer_close(struct writer *writer, struct err *err)
{
	int rc;

	if (!writer)
		return 0;
	rc = flush(writer);
	if (close(writer->fd) < 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		err_set(err, rc, "cannot write %s: %s", writer->path, strerror(-rc));
	free(writer);
	return rc;
}
