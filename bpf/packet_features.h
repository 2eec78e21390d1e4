/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * packet_features.h - what signature filters see of a packet (struct wire_features), and whether
 * one matches.
 *
 * In the kernel and in user space alike, so that what a filter is learned from is what it meets.
 */
#ifndef WEIR_BPF_PACKET_FEATURES_H
#define WEIR_BPF_PACKET_FEATURES_H

#include "packet.h"

/* Eight payload bytes from offset on, the first in the lowest byte; 0 where there are none. Fewer
 * are read as the last eight of the packet, some of which belong to its headers and are shifted
 * out: one load in any case, and no loop for the verifier. */
static __always_inline __u64 features_payload(
	struct packet_bytes bytes, const struct packet *p, __u32 offset)
{
	__u64 readable = (__u64)(bytes.end - bytes.start), missing = 0;
	__u64 from = p->payload_offset + (__u64)offset;
	__u64 end = p->payload_offset + (__u64)p->payload_bytes;
	const __u8 *at;

	if (end > readable)
		end = readable;
	if (from >= end)
		return 0;
	if (end - from < 8)
		missing = 8 - (end - from);
	at = packet_at(bytes, from - missing, 8);
	return at ? PACKET_LE(64, PACKET_LOAD(__u64, at)) >> 8 * missing : 0;
}

static __always_inline __u64 features_word_0(const struct packet *p)
{
	return (__u64)p->protocol | (__u64)p->tcp_flags << 8 | (__u64)p->ttl << 16 |
	       (__u64)p->fragment << 24 | (__u64)p->source_port << 32 |
	       (__u64)p->destination_port << 48;
}

static __always_inline __u64 features_word_1(const struct packet *p)
{
	__u64 payload_bytes = p->payload_bytes > 0xffff ? 0xffff : p->payload_bytes;

	return (__u64)p->ip_bytes | payload_bytes << 16 | (__u64)p->tcp_window << 32 |
	       (__u64)p->ip_id << 48;
}

static __always_inline void packet_features(
	struct packet_bytes bytes, const struct packet *p, struct wire_features *ret_features)
{
	ret_features->word[0] = features_word_0(p);
	ret_features->word[1] = features_word_1(p);
	ret_features->word[2] = features_payload(bytes, p, 0);
	ret_features->word[3] = features_payload(bytes, p, 8);
}

static __always_inline int features_in_range(
	const struct wire_filter *filter, const struct wire_features *features)
{
	__u16 ip_len = (__u16)features->word[1], payload_len = (__u16)(features->word[1] >> 16);
	__u8 ttl = (__u8)(features->word[0] >> 16);

	return ip_len >= filter->ip_len_min && ip_len <= filter->ip_len_max &&
	       payload_len >= filter->payload_len_min && payload_len <= filter->payload_len_max &&
	       ttl >= filter->ttl_min && ttl <= filter->ttl_max;
}

/* A function of its own, so that the verifier forgets what it found out when it returns. */
static __attribute__((noinline, unused)) int filter_deep_matches(const struct wire_filter *filter,
	const struct packet *p, const __u8 *start, const __u8 *end)
{
	struct packet_bytes bytes = { .start = start, .end = end };
	__u32 offset = filter->deep_offset;

	if (offset > WIRE_DEEP_MAX)
		return 0;
	return (features_payload(bytes, p, offset) & filter->deep_mask) == filter->deep_value;
}

/* Whether a filter matches, its lease left aside. Most do not at word 0. */
static __always_inline int filter_matches(const struct wire_filter *filter,
	const struct wire_features *features, struct packet_bytes bytes, const struct packet *p)
{
	if ((features->word[0] & filter->mask[0]) != filter->value[0])
		return 0;
	for (int i = 1; i < WIRE_FEATURE_WORDS; i++)
		if ((features->word[i] & filter->mask[i]) != filter->value[i])
			return 0;
	if (!features_in_range(filter, features))
		return 0;
	return !filter->deep_mask || filter_deep_matches(filter, p, bytes.start, bytes.end);
}

#endif
