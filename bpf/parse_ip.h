/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * parse_ip.h - the IP header and what extends it: options, IPv6 chains, AH, fragments (RFC 791,
 * 4302, 8200).
 *
 * Addresses are noted before anything is judged, so lists hold for broken packets too. Extension
 * headers are walked whatever their order, because hosts do so; a chain of more than
 * IP_CHAIN_MAX is unreadable. Each function returns with p->flaw set when the walk is over early.
 */
#ifndef WEIR_BPF_PARSE_IP_H
#define WEIR_BPF_PARSE_IP_H

#include "packet.h"

#define IP_CHAIN_MAX 8 /* RFC 8200 4.1 lists 7, one of them twice */
#define IP_AUTH_MAX 4  /* in one another; more than one is a tunnel in a tunnel */
#define IP_BYTES_MAX 65535

/* Longer than any IP header can say: the kernel puts segments together (BIG TCP) and writes 0. */
#define IP_IS_AGGREGATE(bytes) ((bytes) > IP_BYTES_MAX)

/* at: offset of the next header; end: of the first byte that no longer belongs to the packet. */
struct ip_cursor {
	__u64 at, end;
};

/* The header does not fit into the packet; or it does, and only we cannot see it. */
static __always_inline __u8 ip_flaw_short(
	const struct packet *p, const struct ip_cursor *c, __u64 len)
{
	if (c->at + len <= c->end)
		return PACKET_UNREADABLE;
	return p->fragment == PACKET_FIRST ? PACKET_BAD_FRAGMENT : PACKET_BAD_HEADER;
}

/* Where the packet ends. total: as its header says, limit: end of the frame; false when the frame
 * has less. */
static __always_inline int ip_bounds(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c, __u64 total, __u64 limit)
{
	__u64 left = limit - c->at;
	int fits;

	if (total > left && limit == p->frame_bytes) {
		p->frame_bytes = packet_frame_bytes(bytes, p->frame_bytes);
		left = p->frame_bytes - c->at;
	}
	fits = total <= left;
	if (!fits)
		total = left;
	p->ip_bytes = total > IP_BYTES_MAX ? IP_BYTES_MAX : (__u32)total;
	c->end = c->at + total;
	return fits;
}

/* A fragment: offset in bytes, data from the cursor on. head: bytes of the header before that
 * count (RFC 791: all of it; RFC 8200: none). */
static __always_inline void ip_fragment(
	struct packet *p, const struct ip_cursor *c, __u32 offset, int has_more, __u32 head)
{
	__u64 len = c->end > c->at ? c->end - c->at : 0;

	p->fragment = offset ? PACKET_LATER : PACKET_FIRST;
	/* RFC 1858, 3128: what begins 8 bytes into a TCP header is there to change its flags */
	if ((has_more && (len % 8 || len == 0)) || head + offset + len > IP_BYTES_MAX ||
		(p->protocol == PACKET_TCP && offset == 8))
		p->flaw = PACKET_BAD_FRAGMENT;
}

/* True when the chain goes on. */
static __always_inline int ip6_fragment(struct packet *p, struct ip_cursor *c, const __u8 *header)
{
	__u32 field = packet_load16(header + 2);

	c->at += 8;
	p->protocol = header[0];
	if (!(field & 0xfff9)) /* RFC 6946: a whole packet */
		return 1;
	if (p->fragment) /* twice: nobody can put that together */
		p->flaw = PACKET_BAD_FRAGMENT;
	ip_fragment(p, c, field & 0xfff8, field & 1, 0);
	return p->fragment == PACKET_FIRST;
}

#define IP6_BIT(protocol) (1ULL << (protocol))

static __always_inline int ip6_is_extension(__u32 protocol)
{
	const __u64 low = IP6_BIT(PACKET_HOP_BY_HOP) | IP6_BIT(PACKET_ROUTING) |
			  IP6_BIT(PACKET_FRAGMENT) | IP6_BIT(PACKET_AH) |
			  IP6_BIT(PACKET_DESTINATION);

	if (protocol < 64)
		return low >> protocol & 1;
	return protocol == PACKET_MOBILITY || protocol == PACKET_HIP || protocol == PACKET_SHIM6;
}

/* Next header, length in words less 2, the rest 12 bytes or more (RFC 4302). */
static __always_inline __u64 ip_auth_bytes(const __u8 *header)
{
	__u64 len = (header[1] + 2ULL) * 4;

	return len < 12 ? 12 : len;
}

/* One extension header; true when the chain goes on. special: the last of mobility, HIP, Shim6. */
static __always_inline int ip6_extension(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c, __u8 *special)
{
	const __u8 *header = packet_at(bytes, c->at, 8);
	__u8 type = p->protocol;
	__u64 len;

	if (!header || c->at + 8 > c->end) {
		p->flaw = ip_flaw_short(p, c, 8);
		return 0;
	}
	if (type == PACKET_FRAGMENT)
		return ip6_fragment(p, c, header);
	len = type == PACKET_AH ? ip_auth_bytes(header) : (header[1] + 1ULL) * 8;
	if (type >= PACKET_MOBILITY)
		*special = type;
	p->protocol = header[0];
	if (c->at + len > c->end)
		p->flaw = ip_flaw_short(p, c, len);
	c->at += len;
	return !p->flaw;
}

/* Walks to the transport header. A packet with nothing behind mobility, HIP or Shim6 is one of
 * these. */
static __always_inline void ip6_chain(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c)
{
	__u8 special = 0;

	for (int i = 0; i < IP_CHAIN_MAX && ip6_is_extension(p->protocol); i++) {
		if (!ip6_extension(bytes, p, c, &special))
			return;
		c->at = packet_forget(bytes, c->at);
		c->end = packet_forget(bytes, c->end);
	}
	if (ip6_is_extension(p->protocol))
		p->flaw = PACKET_UNREADABLE;
	else if (special && p->protocol == PACKET_NO_NEXT)
		p->protocol = special;
}

/* IPv4 with authentication headers: what is behind them counts. */
static __always_inline void ip4_auth(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c)
{
	for (int i = 0; i < IP_AUTH_MAX && p->protocol == PACKET_AH; i++) {
		const __u8 *header = packet_at(bytes, c->at, 8);
		__u64 len = header ? ip_auth_bytes(header) : 8;

		if (!header || c->at + len > c->end) {
			p->flaw = ip_flaw_short(p, c, len);
			return;
		}
		p->protocol = header[0];
		c->at = packet_forget(bytes, c->at + len);
	}
	if (p->protocol == PACKET_AH)
		p->flaw = PACKET_UNREADABLE;
}

static __always_inline void ip4_addr(struct wire_addr *addr, __u32 word_as_in_memory)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	packet_addr_set(addr, 0, (__u64)word_as_in_memory << 32 | 0xffff0000);
#else
	packet_addr_set(addr, 0, 0xffff00000000 | word_as_in_memory);
#endif
}

/* The cursor goes behind the header. limit: end of the frame. */
static __always_inline void parse_ip4(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c, __u64 limit)
{
	const __u8 *header = packet_at(bytes, c->at, 20);
	__u32 header_bytes, total, field;

	if (!header || header[0] >> 4 != 4 || c->at + 20 > limit) {
		p->flaw = PACKET_UNREADABLE;
		return;
	}
	p->ip_version = 4;
	ip4_addr(&p->source, PACKET_LOAD(__u32, header + 12));
	ip4_addr(&p->destination, PACKET_LOAD(__u32, header + 16));
	p->ip_id = packet_load16(header + 4);
	p->ttl = header[8];
	p->protocol = header[9];
	header_bytes = (header[0] & 15U) * 4;
	total = packet_load16(header + 2);
	if (total == 0 && IP_IS_AGGREGATE(limit - c->at))
		total = (__u32)(limit - c->at);
	if (!ip_bounds(bytes, p, c, total, limit) || header_bytes < 20 || total < header_bytes)
		p->flaw = PACKET_BAD_HEADER;
	c->at += header_bytes;
	field = packet_load16(header + 6);
	if (!p->flaw && (field & 0x3fff))
		ip_fragment(p, c, (field & 0x1fff) * 8, !!(field & 0x2000), header_bytes);
	if (!p->flaw && p->fragment != PACKET_LATER && p->protocol == PACKET_AH)
		ip4_auth(bytes, p, c);
}

/* What nearly all IPv4 packets are: no options, no fragment, all in one buffer. False, and nothing
 * decided, for all others. header: of 20 bytes at the cursor. */
static __always_inline int parse_ip4_plain(
	const __u8 *header, struct packet *p, struct ip_cursor *c, __u64 limit)
{
	__u32 total = packet_load16(header + 2);

	if (header[0] != 0x45 || (packet_load16(header + 6) & 0x3fff) || header[9] == PACKET_AH ||
		total < 20 || total > limit - c->at)
		return 0;
	p->ip_version = 4;
	ip4_addr(&p->source, PACKET_LOAD(__u32, header + 12));
	ip4_addr(&p->destination, PACKET_LOAD(__u32, header + 16));
	p->ip_id = packet_load16(header + 4);
	p->ttl = header[8];
	p->protocol = header[9];
	p->ip_bytes = total;
	c->end = c->at + total;
	c->at += 20;
	return 1;
}

/* ::ffff:0:0/96 is for programs (RFC 4291 2.5.5.2), never on a wire; in our maps it is IPv4. */
static __always_inline int ip6_is_mapped(const struct wire_addr *addr)
{
	if (packet_addr_word(addr, 0) != 0)
		return 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u32)packet_addr_word(addr, 1) == 0xffff0000;
#else
	return packet_addr_word(addr, 1) >> 32 == 0xffff;
#endif
}

static __always_inline void ip6_addr(struct wire_addr *addr, const __u8 *at)
{
	__u64 first = (__u64)PACKET_LOAD(__u32, at), second = (__u64)PACKET_LOAD(__u32, at + 8);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	first |= (__u64)PACKET_LOAD(__u32, at + 4) << 32;
	second |= (__u64)PACKET_LOAD(__u32, at + 12) << 32;
#else
	first = first << 32 | PACKET_LOAD(__u32, at + 4);
	second = second << 32 | PACKET_LOAD(__u32, at + 12);
#endif
	packet_addr_set(addr, first, second);
}

static __always_inline void parse_ip6(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c, __u64 limit)
{
	const __u8 *header = packet_at(bytes, c->at, 40);
	__u64 total;

	if (!header || header[0] >> 4 != 6 || c->at + 40 > limit) {
		p->flaw = PACKET_UNREADABLE;
		return;
	}
	p->ip_version = 6;
	ip6_addr(&p->source, header + 8);
	ip6_addr(&p->destination, header + 24);
	p->protocol = header[6];
	p->ttl = header[7];
	total = packet_load16(header + 4) + 40ULL;
	if (total == 40 && IP_IS_AGGREGATE(limit - c->at))
		total = limit - c->at;
	if (!ip_bounds(bytes, p, c, total, limit))
		p->flaw = PACKET_BAD_HEADER;
	if (ip6_is_mapped(&p->source) || ip6_is_mapped(&p->destination))
		p->flaw = PACKET_IMPOSSIBLE;
	c->at += 40;
	if (!p->flaw)
		ip6_chain(bytes, p, c);
}

#endif
