/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/abuse_tally.c - see abuse_tally.h. */
#include "detect/abuse_tally.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash.h"

const struct abuse_rule_info abuse_rules[ABUSE_RULE_COUNT] = {
#define RULE(symbol, abuse, class) { ANOMALY_##symbol, KIND_##abuse, ABUSE_##class },
	ABUSE_RULES(RULE)
#undef RULE
};

const uint64_t abuse_anomalies = 0
#define RULE(symbol, abuse, class) | ANOMALY_BIT(symbol)
	ABUSE_RULES(RULE)
#undef RULE
	;

int abuse_table_open(struct abuse_table *table, uint32_t places, uint32_t slot_count, uint64_t seed)
{
	*table = (struct abuse_table){ .slot_count = slot_count, .seed = seed };
	table->slots = calloc(places, distinct_bytes(slot_count));
	if (!table->slots)
		return -ENOMEM;
	if (keyed_open(&table->keyed, places, sizeof(struct abuse_entry), sizeof(struct abuse_key),
		    seed) < 0) {
		abuse_table_close(table);
		return -ENOMEM;
	}
	return 0;
}

void abuse_table_close(struct abuse_table *table)
{
	keyed_close(&table->keyed);
	free(table->slots);
	*table = (struct abuse_table){ .seed = 0 };
}

struct abuse_entry *abuse_table_take(
	struct abuse_table *table, const struct abuse_key *key, uint64_t packets)
{
	struct abuse_entry *entry = keyed_take(&table->keyed, key, packets);
	struct distinct_entry *slots;

	if (!entry || entry->sources.slots)
		return entry;
	slots = table->slots + (size_t)entry->head.place * table->slot_count;
	memset(slots, 0,
		distinct_bytes(table->slot_count)); /* whoever was here before may have used them */
	distinct_init(&entry->sources, slots, table->slot_count);
	return entry;
}

static void count_packet(struct abuse_table *table, const struct abuse_key *key,
	const struct pkt *pkt, enum abuse_rule rule)
{
	struct abuse_entry *entry = abuse_table_take(table, key, 1);
	const struct addr *source = &pkt->key.addr[0];

	if (!entry) {
		table->lost++;
		return;
	}
	if (entry->packets++ == 0) {
		entry->first_ns = pkt->time_ns;
		entry->proto = pkt->key.proto;
	}
	entry->last_ns = pkt->time_ns;
	entry->bytes += pkt->ip_len;
	entry->verified += pkt->standing == STANDING_VERIFIED;
	entry->counts[rule]++;
	entry->head.weight = entry->packets;
	if (pkt->frag != FRAG_LATER)
		majority_vote(&entry->port, pkt->key.port[1], 1);
	distinct_add(&entry->sources, source, hash_addr(source, table->seed), 1);
}

void abuse_table_packet(struct abuse_table *table, const struct pkt *pkt, uint64_t without)
{
	struct abuse_key key = { .target = pkt->key.addr[1], .kind = KIND_NONE };

	for (unsigned i = 0; i < ABUSE_RULE_COUNT; i++) {
		const struct abuse_rule_info *rule = &abuse_rules[i];

		if (!(pkt->anomalies & ~without & 1ULL << rule->anomaly) || key.kind == rule->kind)
			continue;
		key.kind = rule->kind;
		count_packet(table, &key, pkt, (enum abuse_rule)i);
	}
}

void abuse_entry_add(struct abuse_entry *entry, const struct abuse_entry *from)
{
	if (entry->packets == 0) {
		entry->first_ns = from->first_ns;
		entry->proto = from->proto;
	}
	if (from->first_ns < entry->first_ns)
		entry->first_ns = from->first_ns;
	if (entry->packets == 0 || from->last_ns > entry->last_ns)
		entry->last_ns = from->last_ns;
	entry->packets += from->packets;
	entry->bytes += from->bytes;
	entry->verified += from->verified;
	for (unsigned i = 0; i < ABUSE_RULE_COUNT; i++)
		entry->counts[i] += from->counts[i];
	majority_vote(&entry->port, from->port.value, from->port.votes);
	distinct_merge(&entry->sources, &from->sources);
}

void abuse_table_merge(struct abuse_table *table, struct abuse_table *other)
{
	for (uint32_t i = 0; i < other->keyed.count; i++) {
		const struct abuse_entry *from = keyed_at(&other->keyed, i);
		struct abuse_entry *entry = abuse_table_take(table, &from->key, from->packets);

		if (!entry) {
			table->lost += from->packets;
			continue;
		}
		abuse_entry_add(entry, from);
		entry->head.weight = entry->packets;
	}
	table->lost += other->lost;
	abuse_table_clear(other);
}

void abuse_table_clear(struct abuse_table *table)
{
	keyed_clear(&table->keyed);
	table->lost = 0;
}
