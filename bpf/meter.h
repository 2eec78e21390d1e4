/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * meter.h - senders whose rate is limited: a token bucket each.
 *
 * Tokens are added by whoever moves filled_ns on, which only one processor at a time can; they are
 * taken with atomic operations and may fall below zero for a moment. Nobody waits for a lock.
 */
#ifndef WEIR_BPF_METER_H
#define WEIR_BPF_METER_H

#include "clock.h"
#include "lists.h"
#include "maps.h"
#include "packet.h"

#define METER_NS_PER_S 1000000000ULL
#define METER_IDLE_NS_MAX 4000000000ULL /* times a rate of 32 bits still fits into 64 */

static __always_inline void meter_fill(struct wire_meter *meter, __u64 now)
{
	__u64 filled = meter->filled_ns, idle = now - filled, fresh, tokens, until = now;

	if ((__s64)idle <= 0)
		return;
	if (idle > METER_IDLE_NS_MAX)
		idle = METER_IDLE_NS_MAX;
	fresh = idle * meter->rate_pps / METER_NS_PER_S;
	if (fresh == 0)
		return;
	if (idle < METER_IDLE_NS_MAX) /* the part of a token that is left over counts next time */
		until = filled + fresh * METER_NS_PER_S / meter->rate_pps;
	if (__sync_val_compare_and_swap(&meter->filled_ns, filled, until) != filled)
		return;
	tokens = (__s32)meter->tokens > 0 ? meter->tokens : 0;
	tokens += fresh;
	meter->tokens = tokens > meter->burst ? meter->burst : (__u32)tokens;
}

static __always_inline int meter_is_empty(struct wire_meter *meter, const struct packet *p)
{
	__u64 now = clock_now();

	if (now >= meter->expires_ns)
		return 0;
	meter_fill(meter, now);
	if ((__s32)meter->tokens > 0 && (__s32)__sync_fetch_and_add(&meter->tokens, -1) > 0)
		return 0;
	__sync_fetch_and_add(&meter->hits, 1);
	__sync_fetch_and_add(&meter->bytes, p->frame_bytes);
	meter->last_hit_ns = now;
	return 1;
}

/* SOURCE_LIMIT, or WIRE_REASON_COUNT: within its rate, or without one. */
static __noinline enum wire_reason meter_judge(const struct packet *p)
{
	struct wire_meter *meter = bpf_map_lookup_elem(&limited_sources, &p->source);
	struct wire_addr network;

	if (!meter && p->ip_version == 6) {
		lists_network(&p->source, &network);
		meter = bpf_map_lookup_elem(&limited_sources, &network);
	}
	return meter && meter_is_empty(meter, p) ? WIRE_REASON_SOURCE_LIMIT : WIRE_REASON_COUNT;
}

#endif
