/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/flows.h - the full slots: conversations in which both sides proved themselves.
 *
 * A fixed pool of slots, found through chained heads. When no slot is free a hand goes round the
 * pool, looks at a few and lets the most finished or longest silent of them go. One that spoke
 * among the last TRACK_BATCH_MAX packets of the lane is never touched: so pointers given out stay
 * good for a batch, and what goes does not depend on where batches end.
 */
#ifndef WEIR_TRACK_FLOWS_H
#define WEIR_TRACK_FLOWS_H

#include "track/track.h"

struct flow_table {
	struct flow *slots; /* slots[0] is never used: index 0 is the end of a chain */
	uint32_t *heads;
	uint32_t head_mask;
	uint32_t cap, used, hand, free_list, untouched;
	uint32_t peak;
	uint32_t turn; /* packets of the lane so far; wraps */
	uint64_t made, evicted, refused;
	struct flow_end_hook hook;
};

/* cap: slots, >= 16. is_huge: see pages_take(). -ENOMEM. */
int flows_open(struct flow_table *table, uint32_t cap, bool is_huge, struct flow_end_hook hook);
void flows_close(struct flow_table *table);

static inline uint32_t *flows_head(const struct flow_table *table, uint64_t hash)
{
	return &table->heads[(uint32_t)hash & table->head_mask];
}

/* The flow of that key in either direction, or NULL. */
struct flow *flows_find(const struct flow_table *table, const struct flow_key *key, uint64_t hash);

/* A new zeroed slot with key, hash and turn set, or NULL when every slot in reach spoke just
 * now. */
struct flow *flows_make(struct flow_table *table, const struct flow_key *key, uint64_t hash);

/* The same key is used anew: the flow is over and not found any more, but keeps its slot until it
 * is swept or evicted, since others may still point to it. Its hash is changed by that. */
void flows_retire(struct flow *flow);

/* Calls the hook and frees the slot. */
void flows_end(struct flow_table *table, struct flow *flow);

/* Calls for each flow that holds a slot. */
void flows_walk(const struct flow_table *table, struct flow_end_hook hook);

/* Lets go what is over or idle at now_ns, in a 64th of the table. */
void flows_sweep(struct flow_table *table, int64_t now_ns);

#endif
