/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * flows.h - what the kernel part remembers of conversations: TCP connections and UDP requests.
 *
 * Written where packets leave (egress.bpf.c), for what the inside says cannot be forged from the
 * outside; read where they arrive (guard.bpf.c), and only while a target is under attack. A
 * connection of which only our SYN or SYN-ACK is known counts for a packet that acknowledges it:
 * so SYNs from forged addresses, answered before the mark was passed, do not open a way for other
 * forged packets. Both maps are LRU: what is used stays.
 */
#ifndef WEIR_BPF_FLOWS_H
#define WEIR_BPF_FLOWS_H

#include <stdbool.h>

#include "maps.h"
#include "wire.h"

/* A connection whose side here has sent FIN: FIN-WAIT-2 and TIME-WAIT of Linux, 60 s each
 * (net.ipv4.tcp_fin_timeout, TCP_TIMEWAIT_LEN). */
#define FLOWS_CLOSING_NS 120000000000ULL

/* An entry that is younger is not written again: a busy connection costs a look-up, no more. */
#define FLOWS_REFRESH_NS 1000000000ULL

/* The last word of a key. The key is written as its hash and its comparison read it, by words (see
 * PACKET_ADDR). */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FLOW_KEY_PORTS(inside_port, outside_port, protocol)                                        \
	((inside_port) | (__u64)(outside_port) << 16 | (__u64)(protocol) << 32)
#else
#define FLOW_KEY_PORTS(inside_port, outside_port, protocol)                                        \
	((__u64)(inside_port) << 48 | (__u64)(outside_port) << 32 | (__u64)(protocol) << 24)
#endif

static __always_inline void flow_key_set(struct wire_flow_key *key, const struct wire_addr *inside,
	const struct wire_addr *outside, __u64 ports)
{
	packet_addr_set(&key->inside, packet_addr_word(inside, 0), packet_addr_word(inside, 1));
	packet_addr_set(&key->outside, packet_addr_word(outside, 0), packet_addr_word(outside, 1));
	__builtin_memcpy(__builtin_assume_aligned(&key->inside_port, 8), &ports, sizeof(ports));
}

/* Times of other processors may be a little ahead: then it was just now. */
static __always_inline bool flow_is_younger(const struct wire_flow *flow, __u64 now, __u64 age_ns)
{
	return (__s64)(now - flow->seen_ns) < (__s64)age_ns;
}

static __always_inline bool flow_is_live(const struct wire_flow *flow, __u64 now)
{
	bool is_closing = flow->state == WIRE_FLOW_CLOSING;

	return flow_is_younger(flow, now, is_closing ? FLOWS_CLOSING_NS : WIRE_FLOW_NS);
}

/* Writes an entry, and counts it when there is no place. */
static __always_inline void flow_write(
	const struct wire_flow_key *key, __u64 now, __u32 state, __u32 answer)
{
	struct wire_flow flow = { .seen_ns = now, .state = state, .answer = answer };

	if (bpf_map_update_elem(&flows, key, &flow, BPF_ANY))
		count_loss(WIRE_LOSS_FLOWS);
}

/* True when a TCP packet from the outside belongs to a connection that the inside has part in.
 * acknowledged: its acknowledgement number, 0 without. */
static __always_inline bool flow_is_known(
	const struct wire_flow_key *key, __u32 acknowledged, __u64 now)
{
	struct wire_flow *flow = bpf_map_lookup_elem(&flows, key);

	if (!flow || !flow_is_live(flow, now))
		return false;
	if (flow->state != WIRE_FLOW_ANSWERED)
		return true;
	if (flow->answer != acknowledged)
		return false;
	flow->state = WIRE_FLOW_OPEN;
	return true;
}

/* A UDP answer from an amplifier's port: asked for, or sent by somebody else's wish. */
static __always_inline bool request_is_known(const struct wire_flow_key *key, __u64 now)
{
	const struct wire_flow *request = bpf_map_lookup_elem(&requests, key);

	return request && flow_is_younger(request, now, WIRE_REQUEST_NS);
}

static __always_inline void request_remember(const struct wire_flow_key *key, __u64 now)
{
	struct wire_flow *request = bpf_map_lookup_elem(&requests, key);
	struct wire_flow fresh = { .seen_ns = now, .state = WIRE_FLOW_OPEN };

	if (request)
		request->seen_ns = now;
	else if (bpf_map_update_elem(&requests, key, &fresh, BPF_ANY))
		count_loss(WIRE_LOSS_FLOWS);
}

#endif
