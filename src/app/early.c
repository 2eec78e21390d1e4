/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/early.c - see early.h.
 */
#include "app/early.h"

#include <string.h>

#define SETS (EARLY_SLOTS / EARLY_WAYS)

static uint64_t name_of(const struct pkt *pkt)
{
	return pkt->hash | 1;
}

static struct early *set_of(struct early_table *table, const struct pkt *pkt, unsigned half)
{
	return &table->slots[half][(pkt->hash >> 24) % SETS * EARLY_WAYS];
}

static unsigned half_of(const struct early_table *table, const struct early *early)
{
	return early >= table->slots[1];
}

struct early *early_find(struct early_table *table, const struct pkt *pkt)
{
	for (unsigned half = 0; table->used > 0 && half < 2; half++) {
		struct early *set = set_of(table, pkt, half);

		for (unsigned i = 0; i < EARLY_WAYS; i++)
			if (set[i].hash == name_of(pkt))
				return &set[i];
	}
	return NULL;
}

void early_free(struct early_table *table, struct stream_pool *pool, struct early *early)
{
	if (early->hash == 0)
		return;
	stream_clear(pool, &early->stream);
	table->bytes[half_of(table, early)] -= early->bytes[0] + early->bytes[1];
	table->used--;
	memset(early, 0, sizeof(*early));
}

void early_clear(struct early_table *table, struct stream_pool *pool)
{
	for (unsigned half = 0; half < 2; half++)
		for (unsigned i = 0; i < EARLY_SLOTS; i++)
			early_free(table, pool, &table->slots[half][i]);
}

static void keep(struct early_table *table, struct stream_pool *pool, struct early *early,
	const struct pkt *pkt)
{
	uint32_t *all = &table->bytes[half_of(table, early)], len = pkt->payload_len;
	uint32_t end = pkt->tcp_seq + ((pkt->tcp_flags & TCP_SYN) != 0) + len;

	if (len == 0)
		return;
	if (early->bytes[0] + early->bytes[1] + len > EARLY_EACH || *all + len > EARLY_BYTES ||
		!stream_keep(pool, &early->stream, pkt)) {
		table->refused++;
		return;
	}
	/* Sent again it is counted again, which only makes the room smaller. */
	early->bytes[pkt->side] += len;
	*all += len;
	if ((int32_t)(end - early->end[pkt->side]) > 0)
		early->end[pkt->side] = end;
}

void early_syn(
	struct early_table *table, struct stream_pool *pool, const struct pkt *pkt, bool is_ours)
{
	struct early *set = set_of(table, pkt, is_ours), *place = early_find(table, pkt);

	/* Sent again without an answer: what is there is as good. */
	if (place && place->begin[0] == pkt->tcp_seq + 1)
		return;
	for (unsigned i = 0; !place && i < EARLY_WAYS; i++)
		place = set[i].hash == 0 ? &set[i] : NULL;
	if (!place) {
		place = set;
		for (unsigned i = 1; i < EARLY_WAYS; i++)
			if (set[i].time_ns < place->time_ns)
				place = &set[i];
		table->refused++;
	}
	early_free(table, pool, place);
	place->hash = name_of(pkt);
	place->time_ns = pkt->time_ns;
	place->begin[0] = place->end[0] = pkt->tcp_seq + 1;
	table->used++;
	keep(table, pool, place, pkt);
}

void early_answer(struct early_table *table, struct stream_pool *pool, const struct pkt *pkt)
{
	struct early *early = early_find(table, pkt);

	if (!early)
		return;
	if (pkt->tcp_flags & TCP_SYN) {
		early->has_server = true;
		early->is_accepted = pkt->tcp_ack != early->begin[0];
		early->begin[1] = early->end[1] = pkt->tcp_seq + 1;
	}
	if (early->has_server)
		keep(table, pool, early, pkt);
}
