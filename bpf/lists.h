/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * lists.h - senders that always pass (allowlist) and senders that never do (blocklist).
 *
 * Asked before anything else, for packets to any address. A list without entries costs nothing: the
 * settings say so. Each entry is a lease and ends by the clock of the kernel, with or without the
 * keeper. A lease that has ended and still stands in a trie must not hide a wider one that holds,
 * or the operator's own network could drop off the allowlist until the next sweep: then the wider
 * ones are looked for one by one.
 */
#ifndef WEIR_BPF_LISTS_H
#define WEIR_BPF_LISTS_H

#include <stdbool.h>

#include "clock.h"
#include "maps.h"
#include "packet.h"

static __always_inline int lease_holds(const struct wire_lease *lease, __u64 now)
{
	return lease->expires_ns == 0 || now < lease->expires_ns;
}

static __always_inline void lease_hit(struct wire_lease *lease, __u32 frame_bytes, __u64 now)
{
	__sync_fetch_and_add(&lease->hits, 1);
	__sync_fetch_and_add(&lease->bytes, frame_bytes);
	lease->last_hit_ns = now;
}

/* The first 64 bits of an IPv6 sender: one customer, who may use any address below. */
static __always_inline void lists_network(const struct wire_addr *addr, struct wire_addr *ret_addr)
{
	ret_addr->word[0] = addr->word[0];
	ret_addr->word[1] = addr->word[1];
	ret_addr->word[2] = 0;
	ret_addr->word[3] = 0;
}

/* Asks for ever shorter prefixes. A global function, so that the verifier walks it once. */
__noinline int lists_wider(
	const struct wire_prefix *given, __u32 asks_allowed, __u32 frame_bytes, __u64 now)
{
	struct wire_prefix key; /* Linux 6.1 takes keys from the function's own stack only */

	if (!given)
		return 0;
	key = *given;
	for (__u32 i = 1; i <= PACKET_ADDR_BITS; i++) {
		struct wire_lease *lease;

		key.bits = PACKET_ADDR_BITS - i;
		lease = asks_allowed ? bpf_map_lookup_elem(&allowed, &key)
				     : bpf_map_lookup_elem(&blocked_prefixes, &key);
		if (!lease)
			return 0;
		if (lease_holds(lease, now)) {
			lease_hit(lease, frame_bytes, now);
			return 1;
		}
	}
	return 0;
}

static __always_inline int lists_has_prefix(const struct packet *p, bool asks_allowed)
{
	const struct wire_prefix *key = &p->source_key;
	struct wire_lease *lease = asks_allowed ? bpf_map_lookup_elem(&allowed, key)
						: bpf_map_lookup_elem(&blocked_prefixes, key);
	__u64 now;

	if (!lease)
		return 0;
	now = clock_now();
	if (!lease_holds(lease, now))
		return lists_wider(key, asks_allowed, p->frame_bytes, now);
	lease_hit(lease, p->frame_bytes, now);
	return 1;
}

static __always_inline int lists_has_addr(const struct packet *p, const struct wire_addr *addr)
{
	struct wire_lease *lease = bpf_map_lookup_elem(&blocked, addr);
	__u64 now;

	if (!lease)
		return 0;
	now = clock_now();
	if (!lease_holds(lease, now))
		return 0;
	lease_hit(lease, p->frame_bytes, now);
	return 1;
}

static __always_inline int lists_is_blocked(const struct packet *p)
{
	struct wire_addr network;

	if (lists_has_addr(p, &p->source))
		return 1;
	if (p->ip_version != 6)
		return 0;
	lists_network(&p->source, &network);
	return lists_has_addr(p, &network);
}

/* ALLOWED, BLOCKED, BLOCKED_PREFIX; WIRE_REASON_COUNT: on no list. */
static __always_inline enum wire_reason lists_judge(
	const struct packet *p, const struct wire_settings *set)
{
	if (set->has_allowed && lists_has_prefix(p, true))
		return WIRE_REASON_ALLOWED;
	if (set->has_blocked && lists_is_blocked(p))
		return WIRE_REASON_BLOCKED;
	if (set->has_blocked_prefixes && lists_has_prefix(p, false))
		return WIRE_REASON_BLOCKED_PREFIX;
	return WIRE_REASON_COUNT;
}

#endif
