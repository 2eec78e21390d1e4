/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * filter.h - the signature filters of a target, asked of a packet.
 *
 * The settings say whether there are any at all; filter_targets, whether a destination has some. So
 * hosts without pay one look-up in a small trie, and only while another has a filter. What a filter
 * compares is in packet_features.h.
 */
#ifndef WEIR_BPF_FILTER_H
#define WEIR_BPF_FILTER_H

#include "maps.h"
#include "packet.h"
#include "packet_features.h"

/* An address cut to its first bits, as the keeper wrote it. */
static __always_inline void filter_key(
	const struct wire_addr *addr, __u32 bits, struct wire_prefix *ret_key)
{
	ret_key->bits = bits;
	ret_key->addr = *addr;
	for (__u32 i = 0; i < 4; i++) {
		if (bits <= 32 * i)
			ret_key->addr.word[i] = 0;
		else if (bits < 32 * (i + 1))
			ret_key->addr.word[i] &= PACKET_BE(32, ~0U << (32 * (i + 1) - bits));
	}
}

static __always_inline struct wire_filters *filters_of(const struct packet *p)
{
	__u32 *bits = bpf_map_lookup_elem(&filter_targets, &p->destination_key);
	struct wire_prefix key;

	if (!bits)
		return (void *)0;
	if (*bits >= PACKET_ADDR_BITS)
		return bpf_map_lookup_elem(&filters, &p->destination_key);
	filter_key(&p->destination, *bits, &key);
	return bpf_map_lookup_elem(&filters, &key);
}

/* True when a filter matches whose lease holds; its hits are counted. */
static __noinline int filter_walk(struct wire_filters *list, const struct packet *p,
	const __u8 *start, const __u8 *end, __u64 now)
{
	struct packet_bytes bytes = { .start = start, .end = end };
	struct wire_features features;

	packet_features(bytes, p, &features);
	for (__u32 i = 0; i < WIRE_FILTERS; i++) {
		struct wire_filter *filter = &list->filter[i];

		if (i >= list->used)
			break;
		if (!filter_matches(filter, &features, bytes, p) || now >= filter->expires_ns)
			continue;
		__sync_fetch_and_add(&filter->hits, 1);
		__sync_fetch_and_add(&filter->bytes, p->frame_bytes);
		filter->last_hit_ns = now;
		return 1;
	}
	return 0;
}

#endif
