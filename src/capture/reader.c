/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture/reader.c - see reader.h: messages, the end of a batch, counters. */
#include "capture/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void reader_init(
	struct reader *reader, const struct source_ops *ops, struct input *input, uint16_t file)
{
	reader->source = (struct source){ .ops = ops, .name = input->name, .file = file };
	reader->input = input;
}

int reader_damage(const struct reader *reader, struct err *err, const char *format, ...)
{
	char what[256];
	va_list args;

	if (!err)
		return -EBADMSG;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (reader->number == 0)
		return err_set(err, -EBADMSG, "%s: nothing can be read: %s; capture it again",
			reader->source.name, what);
	return err_set(err, -EBADMSG,
		"%s: packet %" PRIu64 " at byte %" PRIu64 " cannot be read: %s; "
		"only the %" PRIu64 " packets before it were read",
		reader->source.name, reader->number, input_offset(reader->input), what,
		reader->number - 1);
}

int reader_short(
	const struct reader *reader, int need, size_t need_bytes, const char *what, struct err *err)
{
	const struct input *input = reader->input;

	if (need == -EAGAIN)
		return need;
	if (need == -EMSGSIZE)
		return reader_damage(reader, err,
			"%s of %zu bytes is larger than the %zu that are "
			"read at once: not a length that a capture has",
			what, need_bytes, input->options.piece_max_bytes);
	if (need < 0) {
		reader_damage(reader, err, "%s", input->reason);
		return need;
	}
	return reader_damage(reader, err,
		"the capture ends within %s (%zu of %zu bytes are there): "
		"it was cut off or is still being written",
		what, input->skip_bytes ? 0 : input_left(input), need_bytes);
}

int reader_batch_end(struct reader *reader, unsigned n, int r, struct err *err)
{
	if (input_is_shrunk(reader->input))
		return err_set(err, -EIO,
			"%s: became shorter while it was read, near packet %" PRIu64
			"; copy the file first, or read it when it is complete",
			reader->source.name, reader->number);
	reader->packets += n;
	return n > 0 ? (int)n : r;
}

void reader_stats(const struct source *source, struct source_stats *ret_stats)
{
	const struct reader *reader = (const struct reader *)source;

	*ret_stats = (struct source_stats){
		.packets = reader->packets,
		.bytes = reader->bytes,
		.snapped = reader->snapped,
		.skipped_blocks = reader->skipped_blocks,
	};
	input_progress(reader->input, &ret_stats->bytes_done, &ret_stats->bytes_total);
}

void reader_close(struct source *source)
{
	struct reader *reader = (struct reader *)source;

	input_close(reader->input);
	free(reader);
}
