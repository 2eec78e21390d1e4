/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/merge.c - see merge.h.
 *
 * Each source has a window of frames read ahead; a binary heap of the sources, by the time of
 * their next frame and then by their place in the list, says whose turn it is. A source may be
 * read again only when none of its frames are in the batch being filled, because reading makes
 * them invalid: so the batch ends when a source runs dry, and all that ran dry are read again at
 * the start of the next one. When only one source is left there is nothing to compare, and it is
 * read straight into the caller's batch.
 */
#include "capture/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Frames read ahead per source, and over all of them: 65,536 frames are 2.6 MB. */
#define AHEAD_MAX 1024U
#define AHEAD_MIN 64U
#define AHEAD_MAX_TOTAL 65536U

struct stream {
	struct source *source;
	struct frame *frames;
	unsigned at, count; /* frames[at..count) are next */
	bool is_ended;
	bool is_damaged;
	struct err err;
};

struct turn {
	int64_t time_ns;
	unsigned stream;
};

struct merge {
	struct stream *streams;
	struct frame *frames; /* of all streams */
	struct turn *heap;    /* streams with frames at hand, the next one first */
	unsigned stream_count, heap_count, ahead;
	unsigned open_count; /* streams not ended */
};

static inline bool turn_is_before(const struct turn *a, const struct turn *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->stream < b->stream;
}

/* Moves the turn at index down to where it belongs. */
static void heap_sink(struct merge *m, unsigned index)
{
	struct turn turn = m->heap[index];

	for (;;) {
		unsigned child = 2 * index + 1;

		if (child >= m->heap_count)
			break;
		if (child + 1 < m->heap_count &&
			turn_is_before(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!turn_is_before(&m->heap[child], &turn))
			break;
		m->heap[index] = m->heap[child];
		index = child;
	}
	m->heap[index] = turn;
}

static void heap_push(struct merge *m, unsigned stream)
{
	const struct stream *s = &m->streams[stream];
	struct turn turn = { .time_ns = s->frames[s->at].time_ns, .stream = stream };
	unsigned index = m->heap_count++;

	while (index > 0 && turn_is_before(&turn, &m->heap[(index - 1) / 2])) {
		m->heap[index] = m->heap[(index - 1) / 2];
		index = (index - 1) / 2;
	}
	m->heap[index] = turn;
}

/* Reads into frames; notes the end and a damage. Returns how many came. */
static unsigned stream_read(struct merge *m, struct stream *s, struct frame *frames, unsigned cap)
{
	int n = s->source->ops->read(s->source, frames, cap, &s->err);

	if (n > 0)
		return (unsigned)n;
	s->is_ended = true;
	s->is_damaged = n < 0;
	m->open_count--;
	return 0;
}

/* Reads all that ran dry. Nothing of what they gave before is in use now. */
static void streams_refill(struct merge *m)
{
	for (unsigned i = 0; i < m->stream_count; i++) {
		struct stream *s = &m->streams[i];

		if (s->is_ended || s->at < s->count)
			continue;
		s->at = 0;
		s->count = stream_read(m, s, s->frames, m->ahead);
		if (s->count > 0)
			heap_push(m, i);
	}
}

/* The heap's next two: up to which turn the first may go on without asking again. */
static const struct turn *heap_second(const struct merge *m)
{
	if (m->heap_count < 2)
		return NULL;
	if (m->heap_count > 2 && turn_is_before(&m->heap[2], &m->heap[1]))
		return &m->heap[2];
	return &m->heap[1];
}

/* Takes frames of the stream whose turn it is for as long as it is. False: that stream ran dry. */
static bool merge_take_turn(struct merge *m, struct frame *frames, unsigned cap, unsigned *n)
{
	struct stream *s = &m->streams[m->heap[0].stream];
	struct turn turn = m->heap[0];
	const struct turn *second = heap_second(m);

	do {
		frames[(*n)++] = s->frames[s->at++];
		if (s->at == s->count) {
			m->heap[0] = m->heap[--m->heap_count];
			if (m->heap_count > 0)
				heap_sink(m, 0);
			return false;
		}
		turn.time_ns = s->frames[s->at].time_ns;
	} while (*n < cap && (!second || turn_is_before(&turn, second)));
	m->heap[0] = turn;
	heap_sink(m, 0);
	return true;
}

/* The one source that is left, read without a detour. */
static unsigned merge_read_last(struct merge *m, struct frame *frames, unsigned cap)
{
	for (unsigned i = 0; i < m->stream_count; i++)
		if (!m->streams[i].is_ended)
			return stream_read(m, &m->streams[i], frames, cap);
	return 0;
}

unsigned merge_read(struct merge *m, struct frame *frames, unsigned cap)
{
	unsigned n = 0;

	if (cap == 0)
		return 0;
	if (m->open_count > 1)
		streams_refill(m);
	if (m->heap_count == 0)
		return merge_read_last(m, frames, cap);
	while (n < cap && m->heap_count > 0)
		if (!merge_take_turn(m, frames, cap, &n))
			break;
	return n;
}

unsigned merge_peek(struct merge *m, struct frame *frames, unsigned cap)
{
	unsigned n = 0;
	bool is_more = true;

	streams_refill(m);
	for (unsigned round = 0; is_more && n < cap; round++) {
		is_more = false;
		for (unsigned i = 0; i < m->stream_count && n < cap; i++) {
			const struct stream *s = &m->streams[i];

			if (round >= s->count - s->at)
				continue;
			frames[n++] = s->frames[s->at + round];
			is_more = true;
		}
	}
	return n;
}

static unsigned ahead_for(unsigned count)
{
	unsigned ahead = count > 0 ? AHEAD_MAX_TOTAL / count : 0;

	if (ahead > AHEAD_MAX)
		return AHEAD_MAX;
	return ahead < AHEAD_MIN ? AHEAD_MIN : ahead;
}

static int merge_allocate(struct merge *m, unsigned count)
{
	m->ahead = ahead_for(count);
	m->streams = calloc(count, sizeof(*m->streams));
	m->heap = calloc(count, sizeof(*m->heap));
	m->frames = calloc((size_t)count * m->ahead, sizeof(*m->frames));
	return m->streams && m->heap && m->frames ? 0 : -ENOMEM;
}

int merge_open(struct source **sources, unsigned count, struct err *err, struct merge **ret_merge)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (!m || (count > 0 && merge_allocate(m, count) < 0)) {
		merge_close(m);
		for (unsigned i = 0; i < count; i++)
			source_close(sources[i]);
		return err_set(err, -ENOMEM, "cannot read %u captures at once: no memory", count);
	}
	for (unsigned i = 0; i < count; i++) {
		m->streams[i].source = sources[i];
		m->streams[i].frames = m->frames + (size_t)i * m->ahead;
	}
	m->stream_count = m->open_count = count;
	*ret_merge = m;
	return 0;
}

void merge_stats(const struct merge *m, struct source_stats *ret_stats)
{
	struct source_stats sum = { 0 };

	for (unsigned i = 0; i < m->stream_count; i++) {
		struct source_stats one;

		m->streams[i].source->ops->stats(m->streams[i].source, &one);
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.bytes_total += one.bytes_total;
		sum.bytes_done += one.bytes_done;
		sum.snapped += one.snapped;
		sum.kernel_drops += one.kernel_drops;
		sum.skipped_blocks += one.skipped_blocks;
	}
	*ret_stats = sum;
}

unsigned merge_source_count(const struct merge *m)
{
	return m->stream_count;
}

const struct source *merge_source(const struct merge *m, unsigned index)
{
	return m->streams[index].source;
}

const char *merge_source_error(const struct merge *m, unsigned index)
{
	return m->streams[index].is_damaged ? m->streams[index].err.text : NULL;
}

void merge_close(struct merge *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < m->stream_count; i++)
		source_close(m->streams[i].source);
	free(m->streams);
	free(m->heap);
	free(m->frames);
	free(m);
}
