/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * maps.h - the maps of the kernel part: who writes each, who reads it, what happens when it is
 * full.
 *
 * Keys and values are described in wire.h. One set serves all programs: the loader makes each map
 * once, gives it to every object by its name, pins it (so it outlives the loader) and may set other
 * caps. Maps that only the keeper writes take memory as they grow; those that packets write take it
 * at the start, and are LRU, so a flood can evict but not exhaust.
 */
#ifndef WEIR_BPF_MAPS_H
#define WEIR_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "packet.h"
#include "wire.h"

#define MAP(name, map_kind, map_flag_bits, cap, map_key, map_value)                                \
	struct {                                                                                   \
		__uint(type, map_kind);                                                            \
		__uint(map_flags, map_flag_bits);                                                  \
		__uint(max_entries, cap);                                                          \
		__type(key, map_key);                                                              \
		__type(value, map_value);                                                          \
	} name SEC(".maps")

/* The keeper writes, all programs read. */
MAP(settings, BPF_MAP_TYPE_ARRAY, 0, 1, __u32, struct wire_settings);

/* The keeper writes keys, limits and marks; programs count hits of limits. Full: the keeper says
 * so. */
MAP(targets, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, WIRE_TARGETS_MAX, struct wire_prefix,
	struct wire_target);

/* The guard writes, watch reads. Full: the host that was quiet for longest is forgotten. */
MAP(hosts, BPF_MAP_TYPE_LRU_HASH, 0, WIRE_HOSTS_MAX, struct wire_addr, struct wire_host);

/* Leases: the keeper adds and removes, the programs count what each decided on. Full: -ENOSPC to
 * whoever asked. */
MAP(blocked, BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, WIRE_BLOCKED_MAX, struct wire_addr,
	struct wire_lease);
MAP(blocked_prefixes, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, WIRE_BLOCKED_PREFIXES_MAX,
	struct wire_prefix, struct wire_lease);
MAP(allowed, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, WIRE_ALLOWED_MAX, struct wire_prefix,
	struct wire_lease);
MAP(quarantined, BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, WIRE_QUARANTINED_MAX, struct wire_addr,
	struct wire_lease);
MAP(limited_sources, BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, WIRE_LIMITED_MAX, struct wire_addr,
	struct wire_meter);

/* The keeper writes filters, the guard counts their hits. */
MAP(filter_targets, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, WIRE_FILTER_TARGETS_MAX,
	struct wire_prefix, __u32);
MAP(filters, BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, WIRE_FILTER_TARGETS_MAX, struct wire_prefix,
	struct wire_filters);

/* The egress program writes (of flows, the guard too, when a cookie comes back), the guard reads.
 * Full: the longest unused goes. */
MAP(flows, BPF_MAP_TYPE_LRU_HASH, 0, WIRE_FLOWS_MAX, struct wire_flow_key, struct wire_flow);
MAP(requests, BPF_MAP_TYPE_LRU_HASH, 0, WIRE_REQUESTS_MAX, struct wire_flow_key, struct wire_flow);
MAP(offers, BPF_MAP_TYPE_LRU_HASH, 0, WIRE_OFFERS_MAX, struct wire_offer_key, struct wire_offer);

/* Where a socket of this machine listened, and when it was last told of cookies (ns); see cookie.h.
 * Nobody else's business. */
MAP(listeners, BPF_MAP_TYPE_LRU_HASH, 0, WIRE_OFFERS_MAX, struct wire_offer_key, __u64);

/* Programs write, watch reads. */
MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, 0, WIRE_REASON_COUNT, __u32, struct wire_counter);
MAP(losses, BPF_MAP_TYPE_PERCPU_ARRAY, 0, WIRE_LOSS_COUNT, __u32, __u64);
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WIRE_SAMPLES_BYTES);
} samples SEC(".maps");

/* The packet that each processor is about; of one program at a time. Not on the stack, because that
 * has 512 bytes for all, and because what the verifier does not see it does not tell apart. */
MAP(packets, BPF_MAP_TYPE_PERCPU_ARRAY, 0, 1, __u32, struct packet);

/* The time as each processor last read it: see clock.h. Nobody else's business. */
struct clock_reading {
	__u64 jiffies, now_ns;
};
MAP(clocks, BPF_MAP_TYPE_PERCPU_ARRAY, 0, 1, __u32, struct clock_reading);

static __always_inline void count_loss(__u32 which)
{
	__u64 *count = bpf_map_lookup_elem(&losses, &which);

	if (count)
		*count += 1;
}

#endif
