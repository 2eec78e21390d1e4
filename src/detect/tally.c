/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/tally.c - see tally.h. */
#include "detect/tally.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash.h"

int tally_open(struct tally_table *table, const struct tally_limits *limits)
{
	*table = (struct tally_table){
		.cap = limits->targets,
		.index_mask = limits->targets * 2 - 1,
		.seed = limits->seed,
	};
	table->list = calloc(limits->targets, sizeof(*table->list));
	table->index = calloc((size_t)limits->targets * 2, sizeof(*table->index));
	table->own = calloc(limits->targets, distinct_bytes(TALLY_OWN_SLOTS));
	if (table->list && table->index && table->own && sets_open(&table->sets, limits->sets) == 0)
		return 0;
	tally_close(table);
	return -ENOMEM;
}

void tally_close(struct tally_table *table)
{
	free(table->list);
	free(table->index);
	free(table->own);
	sets_close(&table->sets);
	table->list = NULL;
	table->index = NULL;
	table->own = NULL;
}

void majority_vote(struct majority *majority, uint32_t value, uint32_t votes)
{
	if (majority->value == value) {
		majority->votes += votes;
	} else if (majority->votes >= votes) {
		majority->votes -= votes;
	} else {
		majority->value = value;
		majority->votes = votes - majority->votes;
	}
}

static struct tally *make(struct tally_table *table, uint32_t *place, const struct addr *target,
	enum kind kind, uint64_t hash)
{
	struct tally *tally = &table->list[table->used];

	*tally = (struct tally){ .target = *target, .kind = (uint16_t)kind, .hash = hash };
	distinct_init(&tally->sources, &table->own[(size_t)table->used * TALLY_OWN_SLOTS],
		TALLY_OWN_SLOTS);
	*place = ++table->used;
	return tally;
}

static struct tally *of_hash(
	struct tally_table *table, const struct addr *target, enum kind kind, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash & table->index_mask;; i = (i + 1) & table->index_mask) {
		struct tally *tally;

		if (table->index[i] == 0)
			return table->used < table->cap
				       ? make(table, &table->index[i], target, kind, hash)
				       : NULL;
		tally = &table->list[table->index[i] - 1];
		if (tally->hash == hash && tally->kind == kind &&
			addr_equal(&tally->target, target))
			return tally;
	}
}

struct tally *tally_of(struct tally_table *table, const struct addr *target, enum kind kind)
{
	return of_hash(table, target, kind, hash_addr(target, table->seed + kind));
}

static void count(struct tally_table *table, struct tally *tally, const struct pkt *pkt,
	const struct addr *source, uint8_t proto)
{
	if (!tally) {
		table->lost++;
		return;
	}
	if (tally->packets++ == 0) {
		tally->first_ns = tally->last_ns = pkt->time_ns;
		tally->proto = proto;
	}
	if (pkt->time_ns > tally->last_ns)
		tally->last_ns = pkt->time_ns;
	if (pkt->time_ns < tally->first_ns)
		tally->first_ns = pkt->time_ns;
	tally->bytes += pkt->ip_len;
	tally->openings += (pkt->events & EVENT_NEW) != 0;
	tally->repeats += (pkt->events & EVENT_RETRANSMIT) != 0;
	tally->fragments += pkt->frag != FRAG_NONE;
	majority_vote(&tally->length, pkt->ip_len, 1);
	sets_add(&table->sets, &tally->sources, source, hash_addr(source, table->seed), 1);
}

void tally_packet(struct tally_table *table, enum kind kind, const struct pkt *pkt)
{
	struct tally *tally = tally_of(table, &pkt->key.addr[1], kind);

	count(table, tally, pkt, &pkt->key.addr[0], pkt->key.proto);
	if (tally && pkt->frag != FRAG_LATER) {
		majority_vote(&tally->source_port, pkt->key.port[0], 1);
		majority_vote(&tally->target_port, pkt->key.port[1], 1);
	}
}

void tally_tunnel(struct tally_table *table, const struct pkt *pkt)
{
	count(table, tally_of(table, &pkt->outer[1], KIND_FLOOD_OTHER), pkt, &pkt->outer[0],
		pkt->outer_proto);
}

static void merge_one(struct tally_table *table, struct tally *to, const struct tally *from)
{
	if (from->packets > 0) {
		if (to->packets == 0 || from->first_ns < to->first_ns)
			to->first_ns = from->first_ns;
		if (to->packets == 0 || from->last_ns > to->last_ns)
			to->last_ns = from->last_ns;
		to->proto = from->proto;
	}
	to->packets += from->packets;
	to->bytes += from->bytes;
	to->openings += from->openings;
	to->answered += from->answered;
	to->asked += from->asked;
	to->repeats += from->repeats;
	to->fragments += from->fragments;
	majority_vote(&to->source_port, from->source_port.value, from->source_port.votes);
	majority_vote(&to->target_port, from->target_port.value, from->target_port.votes);
	majority_vote(&to->length, from->length.value, from->length.votes);
	sets_merge(&table->sets, &to->sources, &from->sources);
}

void tally_merge(struct tally_table *table, struct tally_table *other)
{
	for (uint32_t i = 0; i < other->used; i++) {
		const struct tally *from = &other->list[i];
		struct tally *to = of_hash(table, &from->target, from->kind, from->hash);

		if (to)
			merge_one(table, to, from);
		else
			table->lost += from->packets;
	}
	table->lost += other->lost;
	other->lost = 0;
	tally_clear(other);
}

void tally_clear(struct tally_table *table)
{
	for (uint32_t i = 0; i < table->used; i++)
		sets_reset(&table->sets, &table->list[i].sources,
			&table->own[(size_t)i * TALLY_OWN_SLOTS], TALLY_OWN_SLOTS);
	if (table->used > 0)
		memset(table->index, 0, ((size_t)table->index_mask + 1) * sizeof(*table->index));
	table->used = 0;
}
