/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/flows.c - pool, chains and the hand of flows.h. */
#include "track/flows.h"

#include <errno.h>

#include "lib/pages.h"

/* How long a silent flow is kept. Closed: late segments still belong to it (2 MSL is cut short, as
 * everybody does). TCP: 15 min, above the usual keep-alive of NAT gateways. Others: RFC 4787
 * REQ-5. */
#define IDLE_CLOSED_NS (5 * NS_PER_S)
#define IDLE_TCP_NS (900 * NS_PER_S)
#define IDLE_OTHER_NS (120 * NS_PER_S)

#define CLOSED_BONUS_NS                                                                            \
	(3600 * NS_PER_S) /* a flow that is over counts as silent for so much longer */

#define EVICT_LOOK_AT 16
#define EVICT_LEAPS 4
#define SWEEP_PARTS 64

/* Flips a bit that does not choose the head: it stays in its chain, but no key has this hash. */
#define RETIRED_BIT (1ULL << 63)

int flows_open(struct flow_table *table, uint32_t cap, bool is_huge, struct flow_end_hook hook)
{
	uint32_t head_count = 16;

	while (head_count < cap)
		head_count *= 2;
	*table = (struct flow_table){
		.cap = cap, .head_mask = head_count - 1, .hook = hook, .untouched = 1
	};
	table->slots = pages_take(((size_t)cap + 1) * sizeof(*table->slots), is_huge);
	table->heads = pages_take(head_count * sizeof(*table->heads), is_huge);
	if (table->slots && table->heads)
		return 0;
	flows_close(table);
	return -ENOMEM;
}

void flows_close(struct flow_table *table)
{
	pages_give(table->slots, ((size_t)table->cap + 1) * sizeof(*table->slots));
	pages_give(table->heads, ((size_t)table->head_mask + 1) * sizeof(*table->heads));
	table->slots = NULL;
	table->heads = NULL;
}

static bool is_same_key(const struct flow_key *a, const struct flow_key *b)
{
	if (a->proto != b->proto || a->vlan != b->vlan)
		return false;
	if (addr_equal(&a->addr[0], &b->addr[0]) && addr_equal(&a->addr[1], &b->addr[1]) &&
		a->port[0] == b->port[0] && a->port[1] == b->port[1])
		return true;
	return addr_equal(&a->addr[0], &b->addr[1]) && addr_equal(&a->addr[1], &b->addr[0]) &&
	       a->port[0] == b->port[1] && a->port[1] == b->port[0];
}

struct flow *flows_find(const struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	for (uint32_t i = *flows_head(table, hash); i; i = table->slots[i].chain) {
		struct flow *flow = &table->slots[i];

		if (flow->hash == hash && is_same_key(&flow->key, key))
			return flow;
	}
	return NULL;
}

static int64_t idle_limit(const struct flow *flow)
{
	if (flow->tcp_state == TCP_STATE_CLOSED)
		return IDLE_CLOSED_NS;
	return flow->tcp_state == TCP_STATE_NONE ? IDLE_OTHER_NS : IDLE_TCP_NS;
}

void flows_end(struct flow_table *table, struct flow *flow)
{
	uint32_t index = (uint32_t)(flow - table->slots);
	uint32_t *link = flows_head(table, flow->hash);

	if (table->hook.call)
		table->hook.call(table->hook.context, flow);
	while (*link != index)
		link = &table->slots[*link].chain;
	*link = flow->chain;
	flow->hash = 0;
	flow->last_ns = INT64_MIN;
	flow->key.proto = 0;
	flow->chain = table->free_list;
	table->free_list = index;
	table->used--;
}

static bool is_used(const struct flow *flow)
{
	return flow->last_ns != INT64_MIN;
}

/* Since when it counts as silent. */
static int64_t silent_since(const struct flow *flow)
{
	return flow->tcp_state == TCP_STATE_CLOSED ? flow->last_ns - CLOSED_BONUS_NS
						   : flow->last_ns;
}

/* The one to let go of a few by the hand, when all slots are used; NULL when all of these are
 * busy. */
static struct flow *choose_victim(struct flow_table *table)
{
	struct flow *victim = NULL;

	for (unsigned looked = 0; looked < EVICT_LOOK_AT; looked++) {
		struct flow *flow;

		table->hand = table->hand % table->cap + 1;
		flow = &table->slots[table->hand];
		if (table->turn - flow->turn < TRACK_BATCH_MAX)
			continue;
		if (!victim || silent_since(flow) < silent_since(victim))
			victim = flow;
	}
	return victim;
}

/* Slots that were filled one after the other are busy together, so the hand leaps over them. */
static bool evict(struct flow_table *table)
{
	struct flow *victim = choose_victim(table);

	for (unsigned leaps = 0; leaps < EVICT_LEAPS && !victim; leaps++) {
		table->hand = (table->hand + table->cap / 8 * 3) % table->cap;
		victim = choose_victim(table);
	}
	if (!victim)
		return false;
	table->evicted += victim->tcp_state != TCP_STATE_CLOSED;
	flows_end(table, victim);
	return true;
}

struct flow *flows_make(struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	uint32_t index, *head = flows_head(table, hash);
	struct flow *flow;

	if (!table->free_list && table->untouched > table->cap && !evict(table)) {
		table->refused++;
		return NULL;
	}
	if (table->free_list) {
		index = table->free_list;
		table->free_list = table->slots[index].chain;
	} else {
		index = table->untouched++;
	}
	flow = &table->slots[index];
	*flow = (struct flow){ .key = *key, .hash = hash, .chain = *head, .turn = table->turn };
	*head = index;
	table->made++;
	if (++table->used > table->peak)
		table->peak = table->used;
	return flow;
}

void flows_retire(struct flow *flow)
{
	flow->hash ^= RETIRED_BIT;
	if (flow->tcp_state != TCP_STATE_NONE)
		flow->tcp_state = TCP_STATE_CLOSED;
}

void flows_sweep(struct flow_table *table, int64_t now_ns)
{
	uint32_t last = table->untouched - 1, part = last / SWEEP_PARTS + 1;

	for (uint32_t n = 0; n < part && last > 0; n++) {
		struct flow *flow;

		table->hand = table->hand % last + 1;
		flow = &table->slots[table->hand];
		if (is_used(flow) && now_ns - flow->last_ns > idle_limit(flow))
			flows_end(table, flow);
	}
}

void flows_walk(const struct flow_table *table, struct flow_end_hook hook)
{
	for (uint32_t i = 1; i < table->untouched; i++)
		if (is_used(&table->slots[i]))
			hook.call(hook.context, &table->slots[i]);
}
