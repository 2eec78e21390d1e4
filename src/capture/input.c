/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/input.c - see input.h.
 *
 * The buffer is address space of the largest piece, of which only the window in use is ever
 * touched: so growing for one giant packet neither moves nor allocates. A refill moves what is
 * left (less than one piece) to the front and reads behind it until the piece that was asked for
 * is there.
 */
#include "capture/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/inflate.h"

/* Bytes to look at for the gzip magic before anything is decided. */
#define SNIFF_BYTES 3

static int input_fail(struct input *input, int failure, const char *reason)
{
	const char *what = input->inflater ? "it cannot be decompressed" : "it cannot be read";

	snprintf(input->reason, sizeof(input->reason), "%s (%s)", what, reason);
	input->failure = failure;
	input->is_ended = true;
	return failure;
}

/* Reads once behind end. 1: something came, 0: nothing will come any more (see failure). */
static int input_read(struct input *input, size_t room)
{
	const char *reason = NULL;
	uint8_t *to = input->buffer + (input->end - input->buffer);
	int64_t got;

	if (input->inflater) {
		got = inflater_read(input->inflater, to, room, &input->taken_bytes, &reason);
	} else {
		got = read_some(input->fd, to, room);
		input->taken_bytes += got > 0 ? (uint64_t)got : 0;
	}
	if (got <= 0) {
		input->is_ended = true;
		if (got < 0)
			input_fail(input, (int)got, reason ? reason : strerror((int)-got));
		return 0;
	}
	input->end += got;
	input->end_offset += (uint64_t)got;
	return 1;
}

/* Throws away what input_skip() could not. False: there is more to throw than there is here. */
static bool input_skip_here(struct input *input)
{
	size_t len = input_left(input);

	if (input->skip_bytes < len)
		len = input->skip_bytes;
	input->at += len;
	input->skip_bytes -= len;
	return input->skip_bytes == 0;
}

/* Brings the rest to the front of the buffer, so that there is room for need_bytes. */
static void input_make_room(struct input *input, size_t need_bytes)
{
	size_t left = input_left(input);

	if (need_bytes > input->window_bytes)
		input->window_bytes = need_bytes;
	memmove(input->buffer, input->at, left);
	input->at = input->buffer;
	input->end = input->buffer + left;
}

int input_refill(struct input *input, size_t need_bytes, bool may_read)
{
	if (need_bytes > input->options.piece_max_bytes)
		return -EMSGSIZE;
	for (;;) {
		if (input_skip_here(input) && input_left(input) >= need_bytes)
			return 1;
		if (input->is_ended)
			return input->failure;
		if (!may_read)
			return -EAGAIN;
		input_make_room(input, need_bytes);
		input_read(input, input->window_bytes - input_left(input));
	}
}

void input_skip(struct input *input, uint64_t len_bytes)
{
	input->skip_bytes += len_bytes;
	input_skip_here(input);
}

void input_release(struct input *input)
{
	if (input->mapping.bytes)
		mapping_release(&input->mapping, (size_t)(input->at - input->mapping.bytes));
}

bool input_is_shrunk(const struct input *input)
{
	return mapping_is_shrunk(&input->mapping);
}

void input_progress(const struct input *input, uint64_t *ret_done_bytes, uint64_t *ret_total_bytes)
{
	*ret_total_bytes = input->file_bytes;
	*ret_done_bytes = input->inflater ? input->taken_bytes : input_offset(input);
}

static int input_map(struct input *input)
{
	int r = mapping_open(&input->mapping, input->fd, (size_t)input->file_bytes);

	if (r < 0)
		return r;
	input->at = input->mapping.bytes;
	input->end = input->at + input->mapping.size_bytes;
	input->end_offset = input->mapping.size_bytes;
	input->is_ended = true;
	return 0;
}

static int input_allocate(struct input *input)
{
	void *buffer = mmap(NULL, input->options.piece_max_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (buffer == MAP_FAILED)
		return -errno;
	input->buffer = buffer;
	input->at = input->end = input->buffer;
	return 0;
}

/* Looks at the first bytes in the buffer and puts an inflater in between when they are gzip'd. */
static int input_sniff(struct input *input)
{
	int r;

	while (input_left(input) < SNIFF_BYTES && !input->is_ended)
		input_read(input, SNIFF_BYTES - input_left(input));
	if (input->failure)
		return input->failure;
	if (!inflate_is_gzip(input->at, input_left(input)))
		return 0;
	r = inflater_open(input->fd, input->at, input_left(input), &input->inflater);
	if (r < 0)
		return input_fail(input, r, strerror(-r));
	input->at = input->end = input->buffer;
	input->end_offset = 0;
	input->is_ended = false;
	return 0;
}

/* Plain regular files that are read from their start are mapped. */
static bool input_is_mappable(const struct input *input)
{
	uint8_t first[SNIFF_BYTES];

	if (!input->options.is_mapping_allowed || input->file_bytes == 0)
		return false;
	if (input->file_bytes > SIZE_MAX || lseek(input->fd, 0, SEEK_CUR) != 0)
		return false;
	ssize_t got = pread(input->fd, first, sizeof(first), 0);

	return got >= 0 && !inflate_is_gzip(first, (size_t)got);
}

/* A mapping that is refused (not every file system can) is no reason to give up. */
static int input_start(struct input *input)
{
	int r;

	if (input_is_mappable(input) && input_map(input) == 0)
		return 0;
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* of a pipe refused */
	r = input_allocate(input);
	if (r < 0)
		return input_fail(input, r, strerror(-r));
	return input_sniff(input);
}

static int input_new(
	int fd, const char *name, struct input_options options, struct input **ret_input)
{
	struct input *input = calloc(1, sizeof(*input));

	if (!input)
		return -ENOMEM;
	input->fd = fd;
	input->is_fd_ours = fd != STDIN_FILENO;
	input->options = options;
	if (input->options.piece_max_bytes < SNIFF_BYTES)
		input->options.piece_max_bytes = SNIFF_BYTES;
	input->window_bytes = options.window_bytes > 0 ? options.window_bytes : 1;
	if (input->window_bytes > input->options.piece_max_bytes)
		input->window_bytes = input->options.piece_max_bytes;
	input->name = strdup(name);
	if (!input->name) {
		free(input);
		return -ENOMEM;
	}
	*ret_input = input;
	return 0;
}

/* What can be said before a byte was read. */
static int input_check_kind(struct input *input, struct err *err)
{
	struct stat st;

	if (fstat(input->fd, &st) < 0)
		return err_set(err, -errno, "cannot read %s: %s", input->name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR,
			"%s is a directory, not a capture file; name the files in it, such as "
			"%s/*.pcap",
			input->name, input->name);
	if (isatty(input->fd))
		return err_set(err, -ENOTTY,
			"%s is a terminal; give a file, or a pipe: tcpdump -w - | weir inspect -",
			input->name);
	if (S_ISREG(st.st_mode))
		input->file_bytes = (uint64_t)st.st_size;
	return 0;
}

int input_open_fd(int fd, const char *name, struct input_options options, struct err *err,
	struct input **ret_input)
{
	struct input *input;
	int r = input_new(fd, name, options, &input);

	if (r < 0) {
		if (fd != STDIN_FILENO)
			close(fd);
		return err_set(err, r, "cannot read %s: %s", name, strerror(-r));
	}
	r = input_check_kind(input, err);
	if (r < 0)
		goto fail;
	r = input_start(input);
	if (r < 0) {
		err_set(err, r, "%s: %s", name, input->reason);
		goto fail;
	}
	*ret_input = input;
	return 0;
fail:
	input_close(input);
	return r;
}

static const char *advice_for(int error)
{
	switch (error) {
	case ENOENT:
		return "; check the name and the directory you are in";
	case EACCES:
		return "; become a user who may read it, or let its owner chmod it";
	case EMFILE:
		return "; name fewer files at once, or raise ulimit -n";
	default:
		return "";
	}
}

int input_open(
	const char *path, struct input_options options, struct err *err, struct input **ret_input)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return input_open_fd(STDIN_FILENO, "standard input", options, err, ret_input);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		int error = errno;

		return err_set(err, -error, "cannot open capture file %s: %s%s", path,
			strerror(error), advice_for(error));
	}
	return input_open_fd(fd, path, options, err, ret_input);
}

void input_close(struct input *input)
{
	if (!input)
		return;
	mapping_close(&input->mapping);
	if (input->buffer)
		munmap(input->buffer, input->options.piece_max_bytes);
	inflater_close(input->inflater);
	if (input->is_fd_ours)
		close(input->fd);
	free(input->name);
	free(input);
}
