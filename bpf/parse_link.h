/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * parse_link.h - from the first byte of an Ethernet frame to its IP header.
 *
 * Walks VLAN tags (802.1Q, 802.1ad and its forerunner 0x9100), LLC/SNAP, PPPoE, and MPLS, in this
 * order, which is the one that networks use. Whatever of them is left over at the end, because
 * there are more tags than we follow or another order, makes the frame unreadable: it may carry IP,
 * so it must not pass for something else. Tunnels behind IP are not entered: the verdict is on the
 * outer packet.
 */
#ifndef WEIR_BPF_PARSE_LINK_H
#define WEIR_BPF_PARSE_LINK_H

#include "packet.h"

#define LINK_VLANS_MAX 4  /* QinQ has 2; carriers' bridges stack 3 */
#define LINK_LABELS_MAX 8 /* service, tunnel, entropy and its indicator, fast reroute: 5 or so */

enum link_type {
	LINK_LENGTH_MAX = 0x05ff, /* up to here an 802.3 length, not an EtherType */
	LINK_IP4 = 0x0800,
	LINK_IP6 = 0x86dd,
	LINK_VLAN = 0x8100,
	LINK_QINQ = 0x88a8,
	LINK_QINQ_OLD = 0x9100,
	LINK_MPLS = 0x8847,
	LINK_MPLS_UPSTREAM = 0x8848,
	LINK_PPPOE = 0x8864,
	LINK_NOTHING = 0x10000, /* ours: what comes is not IP */
	LINK_BROKEN = 0x10001,	/* ours: a header is not all there */
};

/* The walk: at: offset of the next header, limit: of the packet's end as the headers say so far. */
struct link_cursor {
	__u64 at, limit;
	__u32 type; /* enum link_type */
};

static __always_inline int link_is_vlan(__u32 type)
{
	return type == LINK_VLAN || type == LINK_QINQ || type == LINK_QINQ_OLD;
}

static __always_inline int link_is_mpls(__u32 type)
{
	return type == LINK_MPLS || type == LINK_MPLS_UPSTREAM;
}

static __always_inline void link_vlans(
	struct packet_bytes bytes, struct packet *p, struct link_cursor *c)
{
	for (int i = 0; i < LINK_VLANS_MAX; i++) {
		const __u8 *tag;

		if (!link_is_vlan(c->type))
			return;
		tag = packet_at(bytes, c->at, 4);
		if (!tag) {
			c->type = LINK_BROKEN;
			return;
		}
		p->vlan = packet_load16(tag) & 0x0fff;
		c->type = packet_load16(tag + 2);
		c->at += 4;
	}
}

/* 802.3 with LLC: IP only behind SNAP (RFC 1042). */
static __always_inline void link_llc(
	struct packet_bytes bytes, struct packet *p, struct link_cursor *c)
{
	const __u8 *header = packet_at(bytes, c->at, 8);
	__u64 limit = c->at + c->type;

	c->type = LINK_NOTHING;
	if (!header || packet_load32(header) != 0xaaaa0300 || packet_load16(header + 4) != 0)
		return;
	if (limit < c->limit)
		c->limit = limit;
	p->is_tunnelled = 1;
	c->type = packet_load16(header + 6);
	c->at += 8;
}

/* The protocol field of PPP (RFC 1661): one odd byte, or two; address and control may come
 * first. */
static __always_inline void link_ppp(struct packet_bytes bytes, struct link_cursor *c)
{
	const __u8 *header = packet_at(bytes, c->at, 4);
	__u32 protocol;

	c->type = LINK_BROKEN;
	if (!header)
		return;
	if (packet_load16(header) == 0xff03) {
		header += 2;
		c->at += 2;
	}
	protocol = header[0];
	c->at += 1;
	if (!(protocol & 1)) {
		protocol = protocol << 8 | header[1];
		c->at += 1;
	}
	switch (protocol) {
	case 0x0021:
		c->type = LINK_IP4;
		break;
	case 0x0057:
		c->type = LINK_IP6;
		break;
	case 0x0281:
	case 0x0283:
		c->type = LINK_MPLS;
		break;
	default:
		c->type = LINK_NOTHING;
	}
}

/* RFC 2516: version and type 1, code 0 for a session. */
static __always_inline void link_pppoe(
	struct packet_bytes bytes, struct packet *p, struct link_cursor *c)
{
	const __u8 *header = packet_at(bytes, c->at, 6);
	__u64 limit;

	if (!header) {
		c->type = LINK_BROKEN;
		return;
	}
	c->type = LINK_NOTHING;
	if (packet_load16(header) != 0x1100)
		return;
	p->is_tunnelled = 1;
	c->at += 6;
	limit = c->at + packet_load16(header + 4);
	if (limit < c->limit)
		c->limit = limit;
	link_ppp(bytes, c);
}

/* Labels do not say what they carry: behind the last one stands IP, if the first nibble says so. */
static __always_inline void link_mpls(
	struct packet_bytes bytes, struct packet *p, struct link_cursor *c)
{
	p->is_tunnelled = 1;
	c->type = LINK_BROKEN;
	for (int i = 0; i < LINK_LABELS_MAX; i++) {
		const __u8 *label = packet_at(bytes, c->at, 5);
		__u8 version;

		if (!label)
			return;
		c->at += 4;
		if (!(label[2] & 1))
			continue;
		version = label[4] >> 4;
		c->type = version == 4 ? LINK_IP4 : version == 6 ? LINK_IP6 : LINK_NOTHING;
		return;
	}
}

/* Leads the cursor to IP; what else there is, in p->flaw. */
static __always_inline void parse_link(
	struct packet_bytes bytes, struct packet *p, struct link_cursor *c)
{
	const __u8 *header = packet_at(bytes, 0, 14);

	c->at = 14;
	c->limit = p->frame_bytes;
	c->type = header ? packet_load16(header + 12) : LINK_BROKEN;
	if (c->type == LINK_IP4 || c->type == LINK_IP6)
		return;
	link_vlans(bytes, p, c);
	if (c->type <= LINK_LENGTH_MAX)
		link_llc(bytes, p, c);
	c->at = packet_forget(bytes, c->at);
	if (c->type == LINK_PPPOE)
		link_pppoe(bytes, p, c);
	c->at = packet_forget(bytes, c->at);
	if (link_is_mpls(c->type))
		link_mpls(bytes, p, c);
	c->at = packet_forget(bytes, c->at);
	if (c->type == LINK_IP4 || c->type == LINK_IP6)
		return;
	p->flaw = PACKET_NOT_IP;
	if (c->type == LINK_BROKEN || c->type == LINK_PPPOE || link_is_vlan(c->type))
		p->flaw = PACKET_UNREADABLE;
}

#endif
