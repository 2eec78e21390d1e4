/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/traffic.c - see traffic.h. */
#include "detect/traffic.h"

#include <netinet/in.h>

#include "lib/rd.h"

enum kind traffic_amplifier_port(uint16_t port)
{
	switch (port) {
#define AMPLIFIER(symbol, name, number, title)                                                     \
	case number:                                                                               \
		return number == 0 ? KIND_NONE : KIND_AMPLIFICATION_##symbol;
		AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
	case 4500: /* IKE through NAT (RFC 3948) */
		return KIND_AMPLIFICATION_IKE;
	case 138:
		return KIND_AMPLIFICATION_NETBIOS;
	default:
		return KIND_NONE;
	}
}

/* Does the payload look like an answer of that protocol? Cheap tests only, for those whose port is
 * also a favourite source port of floods that are no reflection. A payload not captured is
 * believed. */
static bool looks_like_answer(enum kind kind, const struct pkt *pkt)
{
	uint16_t first, second;
	struct rd r;

	if (pkt->payload_len < 4 || pkt->frag == FRAG_LATER)
		return pkt->payload_wire_len > 0 || pkt->frag == FRAG_LATER;
	r = rd_over(pkt->bytes + pkt->payload_offset, pkt->payload_len);
	first = rd_be16(&r);
	second = rd_be16(&r);
	switch (kind) {
	case KIND_AMPLIFICATION_DNS:
	case KIND_AMPLIFICATION_MDNS:
		return second & 0x8000; /* QR: RFC 1035 4.1.1 */
	case KIND_AMPLIFICATION_NTP: {
		unsigned mode = first >> 8 & 7; /* server, control, private: RFC 5905, 9327 */

		return mode == 4 || mode == 6 || mode == 7;
	}
	case KIND_AMPLIFICATION_SNMP:
		return first >> 8 == 0x30; /* SEQUENCE: RFC 1157 */
	case KIND_AMPLIFICATION_CLDAP:
		return first >> 8 == 0x30; /* RFC 1798 */
	default:
		return true;
	}
}

/* The first block of a TFTP transfer comes from a port of its own (RFC 1350 4). */
static bool is_tftp_first_block(const struct pkt *pkt)
{
	struct rd r;

	if (pkt->payload_wire_len < 100 || pkt->payload_len < 4)
		return false;
	r = rd_over(pkt->bytes + pkt->payload_offset, pkt->payload_len);
	return rd_be32(&r) == 0x00030001;
}

static bool is_unverified(const struct pkt *pkt)
{
	return pkt->standing == STANDING_STRAY || pkt->standing == STANDING_OPENING ||
	       pkt->standing == STANDING_UNANSWERED;
}

/* Protocols whose honest requests go from their own port to the same port too: there the ports do
 * not tell an answer from a request. */
static bool is_symmetric(enum kind kind)
{
	switch (kind) {
	case KIND_AMPLIFICATION_IKE:
	case KIND_AMPLIFICATION_RIP:
	case KIND_AMPLIFICATION_BACNET:
	case KIND_AMPLIFICATION_NETBIOS:
	case KIND_AMPLIFICATION_COAP:
	case KIND_AMPLIFICATION_WSD:
		return true;
	default:
		return false;
	}
}

enum kind traffic_amplification_kind(const struct pkt *pkt)
{
	bool same_port = pkt->key.port[0] == pkt->key.port[1];
	enum kind kind;

	if (pkt->key.proto != IPPROTO_UDP || !is_unverified(pkt))
		return KIND_NONE;
	kind = traffic_amplifier_port(pkt->key.port[0]);
	if (kind != KIND_NONE && !(same_port && is_symmetric(kind)) && looks_like_answer(kind, pkt))
		return kind;
	if (pkt->frag != FRAG_LATER && is_tftp_first_block(pkt))
		return KIND_AMPLIFICATION_TFTP;
	return KIND_NONE;
}

static enum kind tcp_kind(const struct pkt *pkt)
{
	unsigned flags = pkt->tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);

	if ((flags & (TCP_SYN | TCP_FIN | TCP_RST)) == TCP_SYN)
		return flags & TCP_ACK ? KIND_FLOOD_SYNACK : KIND_FLOOD_SYN;
	if (flags & TCP_RST)
		return KIND_FLOOD_RST;
	if (flags & TCP_FIN)
		return KIND_FLOOD_FIN;
	return KIND_FLOOD_ACK;
}

enum kind traffic_flood_kind(const struct pkt *pkt)
{
	if (!is_unverified(pkt) || addr_is_multicast(&pkt->key.addr[1]))
		return KIND_NONE;
	if (pkt->frag == FRAG_LATER && pkt->standing == STANDING_STRAY)
		return KIND_FLOOD_FRAG;
	switch (pkt->key.proto) {
	case IPPROTO_TCP:
		return tcp_kind(pkt);
	case IPPROTO_UDP:
		return traffic_amplification_kind(pkt) == KIND_NONE ? KIND_FLOOD_UDP : KIND_NONE;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return KIND_FLOOD_ICMP;
	default:
		return KIND_FLOOD_OTHER;
	}
}
