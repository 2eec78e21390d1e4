/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * parse.h - an Ethernet frame to struct packet, in the kernel and in user space alike.
 *
 * parse_link.h leads to IP, parse_ip.h behind its headers, the functions here read the transport
 * header. Nothing is judged but whether the lengths agree; what a packet deserves is the guard's
 * business. Every field is 0 when a header was not reached, and p->flaw says why.
 */
#ifndef WEIR_BPF_PARSE_H
#define WEIR_BPF_PARSE_H

#include "packet.h"
#include "parse_ip.h"
#include "parse_link.h"

static __always_inline void parse_payload(struct packet *p, const struct ip_cursor *c)
{
	p->payload_offset = (__u16)c->at;
	p->payload_bytes = c->end > c->at ? (__u32)(c->end - c->at) : 0;
}

/* The len bytes of a transport header, or NULL with a flaw. */
static __always_inline const __u8 *parse_header(
	struct packet_bytes bytes, struct packet *p, const struct ip_cursor *c, __u64 len)
{
	const __u8 *header = packet_at(bytes, c->at, len);

	if (header && c->at + len <= c->end)
		return header;
	p->flaw = ip_flaw_short(p, c, len);
	return (void *)0;
}

static __always_inline void parse_tcp(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c)
{
	const __u8 *header = parse_header(bytes, p, c, 20);
	__u64 header_bytes;

	if (!header)
		return;
	p->source_port = packet_load16(header);
	p->destination_port = packet_load16(header + 2);
	p->tcp_sequence = packet_load32(header + 4);
	p->tcp_acknowledged = packet_load32(header + 8);
	p->tcp_flags = header[13];
	p->tcp_window = packet_load16(header + 14);
	header_bytes = (header[12] >> 4) * 4ULL;
	p->tcp_header_bytes = (__u8)header_bytes;
	if (header_bytes < 20 || c->at + header_bytes > c->end)
		p->flaw = p->fragment == PACKET_FIRST && header_bytes >= 20 ? PACKET_BAD_FRAGMENT
									    : PACKET_BAD_HEADER;
	c->at += header_bytes;
}

/* A fragmented datagram's length counts all fragments; 0 stands for the rest in an aggregate. */
static __always_inline void parse_udp(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c)
{
	const __u8 *header = parse_header(bytes, p, c, 8);
	__u32 len;

	if (!header)
		return;
	p->source_port = packet_load16(header);
	p->destination_port = packet_load16(header + 2);
	len = packet_load16(header + 4);
	if (len < 8 ? len != 0 || !IP_IS_AGGREGATE(c->end - c->at)
		    : c->at + len > c->end && p->fragment == PACKET_WHOLE)
		p->flaw = PACKET_BAD_HEADER;
	c->at += 8;
}

static __always_inline void parse_icmp(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c)
{
	const __u8 *header = parse_header(bytes, p, c, 8);

	if (!header)
		return;
	p->source_port = header[0];
	p->destination_port = header[1];
	c->at += 8;
}

static __always_inline void parse_transport(
	struct packet_bytes bytes, struct packet *p, struct ip_cursor *c)
{
	if (p->protocol == PACKET_TCP)
		parse_tcp(bytes, p, c);
	else if (p->protocol == PACKET_UDP)
		parse_udp(bytes, p, c);
	else if (p->protocol == (p->ip_version == 4 ? PACKET_ICMP : PACKET_ICMP6))
		parse_icmp(bytes, p, c);
}

/* Whole and plain IPv4 straight behind the Ethernet header: most of all packets, without the
 * detours that the others take. False: it is not that. */
static __always_inline int parse_plain(
	struct packet_bytes bytes, __u32 frame_bytes, struct packet *p)
{
	const __u8 *frame = packet_at(bytes, 0, 34);
	struct ip_cursor c = { .at = 14 };

	packet_start(p, frame_bytes);
	if (!frame || packet_load16(frame + 12) != LINK_IP4 ||
		!parse_ip4_plain(frame + 14, p, &c, frame_bytes))
		return 0;
	p->ip_offset = 14;
	p->transport_offset = 34;
	parse_transport(bytes, p, &c);
	parse_payload(p, &c);
	return 1;
}

/* All other frames. frame_bytes: of the whole frame, as far as it is known without asking. */
static __always_inline void parse_any(
	struct packet_bytes bytes, __u32 frame_bytes, struct packet *p)
{
	struct link_cursor link;
	struct ip_cursor c;

	packet_start(p, frame_bytes);
	parse_link(bytes, p, &link);
	if (p->flaw)
		return;
	p->ip_offset = (__u16)link.at;
	c.at = link.at;
	c.end = link.limit;
	if (link.type == LINK_IP4)
		parse_ip4(bytes, p, &c, link.limit);
	else
		parse_ip6(bytes, p, &c, link.limit);
	if (p->ip_version == 0)
		return;
	p->transport_offset = (__u16)c.at;
	if (!p->flaw && p->fragment != PACKET_LATER)
		parse_transport(bytes, p, &c);
	parse_payload(p, &c);
}

/* Fills in *p. frame_bytes: of the whole frame, of which the bytes between start and end
 * can be read. */
static __always_inline void parse_frame(
	const void *start, const void *end, __u32 frame_bytes, struct packet *p)
{
	struct packet_bytes bytes = { .start = start, .end = end };

	if (!parse_plain(bytes, frame_bytes, p))
		parse_any(bytes, frame_bytes, p);
}

#endif
