/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * sanity.h - packets that no honest stack sends, whoever they are for.
 *
 * Only what is wrong on any network (RFC 791, 1122, 6890, 9293): private, documentation and
 * benchmark addresses are at home in LANs and labs.
 */
#ifndef WEIR_BPF_SANITY_H
#define WEIR_BPF_SANITY_H

#include "packet.h"

#define SANITY_IP4_BROADCAST 0xffffffffU

/* Neither SYN, RST nor ACK: NULL, FIN and Xmas scans (RFC 9293 3.10.7.4 drops what has no ACK). */
static __always_inline int sanity_flags_are_bad(__u8 flags)
{
	if (!(flags & (PACKET_SYN | PACKET_RST | PACKET_ACK)))
		return 1;
	return (flags & PACKET_SYN) && (flags & (PACKET_FIN | PACKET_RST));
}

/* 0.0.0.0 is what a host without an address sends from, to everybody (DHCP, IGMP). */
static __always_inline int sanity_is_bogon4(const struct packet *p)
{
	__u32 source = packet_addr_ip4(&p->source), destination;
	__u8 first = source >> 24;

	if (first != 0 && first != 127 && first < 224)
		return 0;
	destination = packet_addr_ip4(&p->destination);
	return source != 0 || (destination >> 28 != 0xe && destination != SANITY_IP4_BROADCAST);
}

/* Multicast; ::/96 (RFC 4291 2.5.5.1) with ::1. :: is a host without an address, to everybody. */
static __always_inline int sanity_is_bogon6(const struct packet *p)
{
	const struct wire_addr *source = &p->source;

	if (source->byte[0] == 0xff)
		return 1;
	if (packet_addr_word(source, 0) || source->word[2])
		return 0;
	return source->word[3] || p->destination.byte[0] != 0xff;
}

/* Loopback and unset addresses, with which a host honestly speaks to itself. */
static __always_inline int sanity_is_own(const struct packet *p)
{
	__u32 last = packet_addr_ip4(&p->source);

	if (p->ip_version == 4)
		return last >> 24 == 127 || last == 0;
	return packet_addr_word(&p->source, 0) == 0 && p->source.word[2] == 0 && last <= 1;
}

static __always_inline int sanity_is_land(const struct packet *p)
{
	return packet_addr_word(&p->source, 1) == packet_addr_word(&p->destination, 1) &&
	       packet_addr_word(&p->source, 0) == packet_addr_word(&p->destination, 0) &&
	       !sanity_is_own(p);
}

static __always_inline enum wire_reason sanity_flaw(
	const struct packet *p, const struct wire_settings *set)
{
	if (p->flaw == PACKET_BAD_HEADER)
		return WIRE_REASON_BAD_HEADER;
	if (p->flaw == PACKET_BAD_FRAGMENT)
		return WIRE_REASON_BAD_FRAGMENT;
	return set->drops_unreadable ? WIRE_REASON_UNREADABLE : WIRE_REASON_UNREADABLE_PASSED;
}

/* A reason to drop (or, UNREADABLE_PASSED, not to look further); WIRE_REASON_COUNT: sane. */
static __always_inline enum wire_reason sanity_judge(
	const struct packet *p, const struct wire_settings *set)
{
	if (p->flaw)
		return sanity_flaw(p, set);
	if (sanity_is_land(p))
		return WIRE_REASON_LAND;
	if (p->protocol == PACKET_TCP && p->fragment != PACKET_LATER &&
		sanity_flags_are_bad(p->tcp_flags))
		return WIRE_REASON_BAD_FLAGS;
	if (set->drops_bogons && (p->ip_version == 4 ? sanity_is_bogon4(p) : sanity_is_bogon6(p)))
		return WIRE_REASON_BOGON;
	return WIRE_REASON_COUNT;
}

#endif
