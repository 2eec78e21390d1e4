/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * egress.bpf.c - packets that leave (tc, clsact egress): remembered, and judged.
 *
 * Remembered is what the guard needs under attack: TCP connections (flows), UDP requests to
 * amplifiers' ports (requests), what servers put into SYN-ACKs (offers); of inside addresses
 * only. Judged are two things: who is in quarantine may not leave but for ARP, neighbour discovery,
 * DHCP and what is allowed; and, with BCP 38, a source that is not ours does not go out.
 * The hook also sees what goes in to a network behind this machine: neither is from inside, nor is
 * it spoofed when its destination is ours.
 *
 * A packet of a known connection costs one look-up. What cannot be read to its ports is judged by
 * its addresses, and passes without any; the stack here has made or forwarded it.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flows.h"
#include "lists.h"
#include "maps.h"
#include "parse.h"
#include "reply.h"
#include "verdict.h"

char egress_license[] SEC("license") = "Dual BSD/GPL";

/* Headers to the end of TCP options, with two tags and IPv6, lie in so many bytes. */
#define EGRESS_PULL_BYTES 128

struct egress {
	const struct wire_settings *settings;
	__u64 now;
	const struct packet *packet;
};

static __always_inline bool egress_is_inside(const struct wire_prefix *addr)
{
	return bpf_map_lookup_elem(&targets, addr);
}

/* Where even a host in quarantine may send to: the portal, the resolver, the operator. */
static __always_inline bool egress_is_allowed(const struct packet *p, __u64 now)
{
	const struct wire_prefix *key = &p->destination_key;
	const struct wire_lease *lease = bpf_map_lookup_elem(&allowed, key);

	return lease && (lease_holds(lease, now) || lists_wider(key, true, p->frame_bytes, now));
}

/* The first 32 bits of an IPv6 address, or an IPv4 address, in host order. */
static __always_inline __u32 egress_addr_head(const struct packet *p, const struct wire_addr *addr)
{
	return bpf_ntohl(p->ip_version == 6 ? addr->word[0] : addr->word[3]);
}

static __always_inline bool egress_is_dhcp(const struct packet *p)
{
	if (p->protocol != PACKET_UDP)
		return false;
	if (p->ip_version == 4) /* client, server (RFC 2131) */
		return p->destination_port == 67 || p->destination_port == 68;
	return p->destination_port == 546 || p->destination_port == 547; /* RFC 8415 */
}

/* Router and neighbour solicitation, advertisement and redirect (RFC 4861). */
static __always_inline bool egress_is_neighbour(const struct packet *p)
{
	return p->ip_version == 6 && p->protocol == PACKET_ICMP6 && p->source_port >= 133 &&
	       p->source_port <= 137;
}

static __always_inline bool egress_is_quarantined(struct egress *e)
{
	const struct packet *p = e->packet;
	struct wire_lease *lease = bpf_map_lookup_elem(&quarantined, &p->source);

	if (!lease || !lease_holds(lease, e->now))
		return false;
	if (egress_is_neighbour(p) || egress_is_dhcp(p))
		return false;
	if (e->settings->has_allowed && egress_is_allowed(p, e->now))
		return false;
	lease_hit(lease, p->frame_bytes, e->now);
	return true;
}

/* Addresses that a router does not pass on, and those a host uses that has none yet. */
static __always_inline bool egress_is_link_local(const struct packet *p)
{
	__u32 from = egress_addr_head(p, &p->source), to = egress_addr_head(p, &p->destination);

	if (p->ip_version == 4)
		return from >> 16 == 0xa9fe || to >> 8 == 0xe00000 ||
		       (from == 0 && egress_is_dhcp(p));
	if (from >> 22 == 0xfe80 >> 6 || to >> 16 == 0xff02)
		return true;
	return false;
}

/* BCP 38: leaving us, and not from us. */
static __always_inline bool egress_is_spoofed(const struct packet *p)
{
	return !egress_is_inside(&p->source_key) && !egress_is_link_local(p) &&
	       !egress_is_inside(&p->destination_key);
}

static __always_inline enum wire_reason egress_judge(struct egress *e)
{
	if (e->settings->has_quarantined && egress_is_quarantined(e))
		return WIRE_REASON_QUARANTINED;
	if (e->settings->checks_spoofing && egress_is_spoofed(e->packet))
		return WIRE_REASON_SPOOFED;
	return WIRE_REASON_EGRESS_CLEAN;
}

static __always_inline void egress_key(const struct packet *p, struct wire_flow_key *ret_key)
{
	flow_key_set(ret_key, &p->source, &p->destination,
		FLOW_KEY_PORTS(p->source_port, p->destination_port, p->protocol));
}

/* A SYN-ACK says no to what the client has not asked for, so a "yes" that was heard once counts. */
static __always_inline void egress_offer_merge(
	struct wire_offer *offer, const struct wire_offer *known)
{
	if (!offer->mss)
		offer->mss = known->mss;
	if (offer->window_scale == REPLY_NO_SCALE)
		offer->window_scale = known->window_scale;
	offer->has_sack |= known->has_sack;
	offer->has_timestamps |= known->has_timestamps;
}

static __always_inline bool egress_offer_is_same(
	const struct wire_offer *offer, const struct wire_offer *known)
{
	return offer->mss == known->mss && offer->window == known->window &&
	       offer->window_scale == known->window_scale && offer->ttl == known->ttl &&
	       offer->has_sack == known->has_sack && offer->has_timestamps == known->has_timestamps;
}

/* Learns what a server offers. Written only when it is new. A global
 * function as well. */
__noinline int egress_offer(struct __sk_buff *skb, const struct packet *p)
{
	const __u8 *tcp = (const __u8 *)(long)skb->data, *end = (const __u8 *)(long)skb->data_end;
	__u32 zero = 0;
	struct reply_work *work = bpf_map_lookup_elem(&reply_work, &zero);
	struct wire_offer *known;
	struct wire_offer_key key;
	struct wire_offer offer;
	__u32 at;

	if (!work || !p)
		return 0;
	at = p->transport_offset;
	asm volatile("" : "+r"(at)); /* what is checked is what is used: not read again */
	if (at > EGRESS_PULL_BYTES)
		return 0;
	key = (struct wire_offer_key){ .addr = p->source, .port = p->source_port };
	known = bpf_map_lookup_elem(&offers, &key);
	tcp += at;
	reply_options_read(work, tcp, end, p->tcp_header_bytes);
	offer = (struct wire_offer){
		.mss = work->client.mss,
		.window_scale = work->client.window_scale,
		.has_sack = work->client.has_sack,
		.has_timestamps = work->client.has_timestamps,
		.ttl = p->ttl,
		.window = p->tcp_window,
	};
	if (known)
		egress_offer_merge(&offer, known);
	if (!known || !egress_offer_is_same(&offer, known))
		bpf_map_update_elem(&offers, &key, &offer, BPF_ANY);
	return 0;
}

/* Opening and closing segments of an inside address. */
static __always_inline void egress_tcp_change(
	struct __sk_buff *skb, const struct packet *p, const struct wire_flow_key *key, __u64 now)
{
	if (p->tcp_flags & PACKET_RST) {
		bpf_map_delete_elem(&flows, key);
	} else if (p->tcp_flags & PACKET_SYN) {
		flow_write(key, now, WIRE_FLOW_ANSWERED, p->tcp_sequence + 1);
		if (p->tcp_flags & PACKET_ACK)
			egress_offer(skb, p);
	} else if (p->tcp_flags & PACKET_FIN) {
		flow_write(key, now, WIRE_FLOW_CLOSING, 0);
	} else if (p->tcp_flags & PACKET_ACK) {
		flow_write(key, now, WIRE_FLOW_OPEN, 0);
	}
}

static __always_inline void egress_tcp(struct __sk_buff *skb, const struct packet *p, __u64 now)
{
	struct wire_flow_key key;
	struct wire_flow *flow;

	egress_key(p, &key);
	if (!(p->tcp_flags & (PACKET_SYN | PACKET_FIN | PACKET_RST))) {
		flow = bpf_map_lookup_elem(&flows, &key);
		if (flow) {
			if (flow->state == WIRE_FLOW_ANSWERED)
				flow->state = WIRE_FLOW_OPEN;
			if (!flow_is_younger(flow, now, FLOWS_REFRESH_NS))
				flow->seen_ns = now;
			return;
		}
	}
	if (egress_is_inside(&p->source_key))
		egress_tcp_change(skb, p, &key, now);
}

#define PORT(number) case number:
static __always_inline bool egress_is_amplifier(__u16 port)
{
	switch (port) {
		WIRE_AMPLIFIER_PORTS(PORT)
		return true;
	default:
		return false;
	}
}
#undef PORT

static __always_inline void egress_remember(
	struct __sk_buff *skb, const struct packet *p, __u64 now)
{
	struct wire_flow_key key;

	if (p->flaw || p->fragment == PACKET_LATER)
		return;
	if (p->protocol == PACKET_TCP)
		egress_tcp(skb, p, now);
	else if (p->protocol == PACKET_UDP && egress_is_amplifier(p->destination_port) &&
		 egress_is_inside(&p->source_key)) {
		egress_key(p, &key);
		request_remember(&key, now);
	}
}

/* The parser of all but plain packets: a global function, so that the verifier walks it once and by
 * itself. */
__noinline int egress_parse(struct __sk_buff *skb, struct packet *p)
{
	struct packet_bytes bytes = { (void *)(long)skb->data, (void *)(long)skb->data_end, NULL };

	if (p)
		parse_any(bytes, skb->len, p);
	return 0;
}

static __always_inline void egress_pull(struct __sk_buff *skb)
{
	__u32 wanted = skb->len < EGRESS_PULL_BYTES ? skb->len : EGRESS_PULL_BYTES;

	if ((void *)(long)skb->data_end - (void *)(long)skb->data < (long)wanted)
		bpf_skb_pull_data(skb, wanted);
}

/* Other filters of the interface still have their say on what passes. */
SEC("tc")
int weir_egress(struct __sk_buff *skb)
{
	enum wire_reason reason = WIRE_REASON_EGRESS_CLEAN;
	struct packet p = {};
	struct egress e = { .packet = &p, .now = bpf_ktime_get_ns() };
	struct packet_bytes bytes = { NULL, NULL, NULL };
	__u32 zero = 0;
	int happens;

	e.settings = bpf_map_lookup_elem(&settings, &zero);
	if (!e.settings)
		return TC_ACT_UNSPEC;
	egress_pull(skb);
	bytes.start = (void *)(long)skb->data;
	bytes.end = (void *)(long)skb->data_end;
	if (!parse_plain(bytes, skb->len, &p))
		egress_parse(skb, &p);
	if (p.ip_version)
		reason = egress_judge(&e);
	happens = verdict_make(skb, &p, e.settings, reason, true, true, false);
	if (happens && !verdict_is_pass(reason))
		return TC_ACT_SHOT;
	if (p.ip_version)
		egress_remember(skb, &p, e.now);
	return TC_ACT_UNSPEC;
}
