/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/schedule.c - the heap of pieces. See schedule.h.
 *
 * The running piece is out of the heap while it steps, since it changes its own time and may push
 * others.
 */
#include "gen/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/prng.h"

struct schedule {
	struct piece **heap;
	size_t count, cap;
	uint64_t next_order;
	struct prng seeds;
	struct schedule_settings settings;
	struct sink sink;
	int64_t now_ns;
	uint64_t emitted;
	int error;
};

/* A packet that waits for its time. */
struct waiting {
	struct piece piece;
	uint32_t len;
	uint8_t bytes[];
};

static void *checked(void *memory)
{
	if (memory)
		return memory;
	fputs("make_captures: out of memory\n", stderr);
	exit(1);
}

static bool is_before(const struct piece *a, const struct piece *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_push(struct schedule *s, struct piece *piece)
{
	size_t i = s->count++;

	if (s->count > s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->heap = checked(realloc(s->heap, s->cap * sizeof(struct piece *)));
	}
	for (; i && is_before(piece, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = piece;
}

static struct piece *heap_pop(struct schedule *s)
{
	struct piece *first = s->heap[0], *last = s->heap[--s->count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < s->count) {
		if (child + 1 < s->count && is_before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!is_before(s->heap[child], last))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = last;
	return first;
}

struct schedule *schedule_open(const struct schedule_settings *settings, struct sink sink)
{
	struct schedule *s = checked(calloc(1, sizeof(*s)));

	s->settings = *settings;
	s->sink = sink;
	s->seeds.state = settings->seed;
	return s;
}

void schedule_close(struct schedule *s)
{
	if (!s)
		return;
	while (s->count)
		free(s->heap[--s->count]);
	free(s->heap);
	free(s);
}

void *schedule_start(struct schedule *s, size_t size, int64_t at_ns,
	bool (*step)(struct piece *, struct schedule *))
{
	struct piece *piece = checked(calloc(1, size));

	piece->at_ns = at_ns < s->now_ns ? s->now_ns : at_ns;
	piece->order = s->next_order++;
	piece->step = step;
	heap_push(s, piece);
	return piece;
}

void schedule_emit(struct schedule *s, struct packet *packet)
{
	if (s->error || (s->settings.packets && s->emitted >= s->settings.packets))
		return;
	packet->time_ns = s->now_ns;
	if (s->settings.vlan)
		packet_tag(packet, s->settings.vlan);
	s->error = s->sink.put(s->sink.state, packet);
	s->emitted++;
}

static bool waiting_step(struct piece *piece, struct schedule *s)
{
	const struct waiting *waiting = (const struct waiting *)piece;
	struct packet packet;

	packet.len = waiting->len;
	memcpy(packet.bytes, waiting->bytes, waiting->len);
	schedule_emit(s, &packet);
	return false;
}

void schedule_emit_later(struct schedule *s, int64_t at_ns, const struct packet *packet)
{
	struct waiting *waiting =
		schedule_start(s, sizeof(*waiting) + packet->len, at_ns, waiting_step);

	waiting->len = packet->len;
	memcpy(waiting->bytes, packet->bytes, packet->len);
}

uint64_t schedule_seed(struct schedule *s)
{
	return prng_next(&s->seeds);
}

double schedule_scale(const struct schedule *s)
{
	return s->settings.scale;
}

static bool is_over(const struct schedule *s)
{
	return !s->count || s->error || (s->settings.packets && s->emitted >= s->settings.packets);
}

int64_t schedule_run(struct schedule *s)
{
	while (!is_over(s)) {
		struct piece *piece = heap_pop(s);

		s->now_ns = piece->at_ns;
		if (!piece->step(piece, s)) {
			free(piece);
			continue;
		}
		if (piece->at_ns < s->now_ns)
			piece->at_ns = s->now_ns;
		heap_push(s, piece);
	}
	return s->error ? s->error : (int64_t)s->emitted;
}
