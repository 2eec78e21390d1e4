/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/tunnel.c - IP in IP, GRE (RFC 2784, 2890, 2637), ERSPAN, VXLAN (RFC 7348), Geneve (RFC
 * 8926), GTP-U (3GPP TS 29.281).
 *
 * The pkt stays the outer packet until an inner IP header has been read, so a tunnel that carries
 * something else is just a packet of its protocol. Over UDP anybody can send to a tunnel's port:
 * there the header must be flawless and an IP packet that fits must follow, else it is plain UDP.
 * Fragments of tunnel packets are not followed: without reassembly only the first could be.
 */
#include "decode/decode_internal.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000 /* RFC 1701; deprecated, not followed */
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK 0x0080 /* version 1 only */
#define GRE_VERSION 0x0007
#define GTP_HAS_NEXT 0x04
#define GTP_OPTIONAL 0x07
#define GTP_NEXT_MAX 8	/* GTP extension headers; real ones have one or two */
#define VLAN_TAGS_MAX 4 /* within an overlay's Ethernet */

#define PORT_GTP_U 2152
#define PORT_VXLAN 4789
#define PORT_GENEVE 6081
#define PORT_VXLAN_OLD 8472 /* Linux's default from before the number was assigned */

bool tunnel_is_udp_port(uint16_t port)
{
	return port == PORT_VXLAN || port == PORT_GTP_U || port == PORT_GENEVE ||
	       port == PORT_VXLAN_OLD;
}

/* The header of another IP packet has been read: what was said of the outer one no longer holds. */
void cursor_enter_inner(struct cursor *c)
{
	struct pkt *pkt = c->pkt;

	if (pkt->tunnels == 0) {
		pkt->outer[0] = pkt->key.addr[0];
		pkt->outer[1] = pkt->key.addr[1];
		pkt->outer_proto = pkt->key.proto;
	}
	pkt->tunnels++;
	pkt->key.port[0] = pkt->key.port[1] = 0;
	c->is_loopback_link = false;
}

static bool has_room(struct cursor *c)
{
	if (c->pkt->tunnels < PKT_TUNNELS_MAX)
		return true;
	c->anomalies |= ANOMALY_BIT(TUNNEL_DEPTH);
	return false;
}

/* Type I is Ethernet at once; II has 8 bytes and is told by GRE's sequence number; III has 12 and
 * perhaps 8 more (draft-foschiano-erspan). */
static enum next erspan(struct cursor *c, unsigned type, bool has_sequence)
{
	const uint8_t *header;
	size_t len = type == ETHER_ERSPAN_3 ? 12 : has_sequence ? 8 : 0;

	header = rd_bytes(&c->rd, len);
	if (!header) {
		cursor_short(c, 0);
		return NEXT_NONE;
	}
	if (len && header[0] >> 4 != (len == 12 ? 2 : 1))
		return NEXT_NONE;
	if (len == 12 && header[11] & 1 && !rd_skip(&c->rd, 8))
		return NEXT_NONE;
	cursor_count(c, LAYER_ERSPAN);
	if (len == 12 && (header[10] >> 2 & 31) == 2) /* frame type: IP without Ethernet */
		return NEXT_IP;
	return NEXT_ETHERNET;
}

static enum next gre_payload(struct cursor *c, uint16_t type, bool has_sequence)
{
	switch (type) {
	case ETHER_IPV4:
		return NEXT_IP4;
	case ETHER_IPV6:
		return NEXT_IP6;
	case ETHER_BRIDGED:
		return NEXT_ETHERNET;
	case ETHER_PPP:
		return NEXT_PPP;
	case ETHER_MPLS:
	case ETHER_MPLS_UPSTREAM:
		return NEXT_MPLS;
	case ETHER_ERSPAN_2:
	case ETHER_ERSPAN_3:
		return erspan(c, type, has_sequence);
	default:
		return NEXT_NONE;
	}
}

/* Bytes of the optional fields. Version 1 is PPTP: a key that is length and call, and an ACK. */
static size_t gre_optional_len(uint16_t flags)
{
	size_t len = 0;

	if (flags & GRE_CHECKSUM)
		len += 4;
	if (flags & GRE_KEY)
		len += 4;
	if (flags & GRE_SEQUENCE)
		len += 4;
	if ((flags & GRE_VERSION) == 1 && flags & GRE_ACK)
		len += 4;
	return len;
}

static enum next gre(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 4);
	uint16_t flags, type;

	cursor_count(c, LAYER_GRE);
	if (!header) {
		cursor_short(c, 0);
		return NEXT_NONE;
	}
	flags = load_be16(header);
	type = load_be16(header + 2);
	if (flags & GRE_ROUTING || (flags & GRE_VERSION) > 1)
		return NEXT_NONE;
	if (!rd_skip(&c->rd, gre_optional_len(flags))) {
		cursor_short(c, 0);
		return NEXT_NONE;
	}
	if ((flags & GRE_VERSION) == 1 && (type != ETHER_PPP || !(flags & GRE_SEQUENCE)))
		return NEXT_NONE; /* an acknowledgement without payload */
	return gre_payload(c, type, flags & GRE_SEQUENCE);
}

enum next tunnel_ip(struct cursor *c)
{
	enum next next;

	if (c->pkt->key.proto == PROTO_GRE)
		next = gre(c);
	else
		next = c->pkt->key.proto == PROTO_IPIP ? NEXT_IP4 : NEXT_IP6;
	if (c->pkt->key.proto != PROTO_GRE)
		cursor_count(c, LAYER_IPIP);
	if (next == NEXT_NONE || c->pkt->frag != FRAG_NONE)
		return NEXT_NONE;
	return has_room(c) ? next : NEXT_NONE;
}

/* The cursor at an Ethernet frame: does IP follow, perhaps behind VLAN tags? */
static bool is_plausible_ethernet(const struct cursor *c)
{
	struct rd rd = c->rd;
	uint16_t type = 0;

	rd_skip(&rd, 12);
	for (unsigned tags = 0; tags <= VLAN_TAGS_MAX; tags++) {
		type = rd_be16(&rd);
		if (type != ETHER_VLAN && type != ETHER_QINQ)
			break;
		rd_skip(&rd, 2);
	}
	if (rd.failed || rd_left(&rd) == 0 || (type != ETHER_IPV4 && type != ETHER_IPV6) ||
		*rd.at >> 4 != (type == ETHER_IPV4 ? 4 : 6))
		return false;
	return ip_is_plausible(rd, cursor_wire_left(c) - (size_t)(rd.at - c->rd.at));
}

static enum next vxlan(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 8);

	if (!header || load_be32(header) != 0x08000000 || header[7] != 0 ||
		!is_plausible_ethernet(c))
		return NEXT_NONE;
	cursor_count(c, LAYER_VXLAN);
	return NEXT_ETHERNET;
}

static bool is_plausible_ip(const struct cursor *c, uint16_t type)
{
	return rd_left(&c->rd) > 0 && *c->rd.at >> 4 == (type == ETHER_IPV4 ? 4 : 6) &&
	       ip_is_plausible(c->rd, cursor_wire_left(c));
}

static enum next geneve(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 8);
	uint16_t type;

	if (!header || header[0] >> 6 || header[1] & 0x3f || header[7] != 0)
		return NEXT_NONE;
	if (!rd_skip(&c->rd, (header[0] & 0x3fu) * 4))
		return NEXT_NONE;
	type = load_be16(header + 2);
	if (type == ETHER_BRIDGED && is_plausible_ethernet(c)) {
		cursor_count(c, LAYER_GENEVE);
		return NEXT_ETHERNET;
	}
	if ((type != ETHER_IPV4 && type != ETHER_IPV6) || !is_plausible_ip(c, type))
		return NEXT_NONE;
	cursor_count(c, LAYER_GENEVE);
	return NEXT_IP;
}

/* Extension headers: length in units of 4, content, type of the next as the last byte. */
static bool gtp_extensions(struct cursor *c, uint8_t type)
{
	for (unsigned i = 0; type != 0; i++) {
		size_t len = rd_u8(&c->rd) * 4u;

		if (i == GTP_NEXT_MAX || len == 0 || !rd_skip(&c->rd, len - 2))
			return false;
		type = rd_u8(&c->rd);
	}
	return !c->rd.failed;
}

/* Version 1, GTP rather than GTP', a G-PDU of just the length that UDP has. */
static enum next gtp(struct cursor *c)
{
	uint64_t wire_left = cursor_wire_left(c);
	const uint8_t *header = rd_bytes(&c->rd, 8), *optional;

	if (!header || (header[0] & 0xf8) != 0x30 || header[1] != 0xff ||
		load_be16(header + 2) + 8u != wire_left)
		return NEXT_NONE;
	if (header[0] & GTP_OPTIONAL) {
		optional = rd_bytes(&c->rd, 4);
		if (!optional || (header[0] & GTP_HAS_NEXT && !gtp_extensions(c, optional[3])))
			return NEXT_NONE;
	}
	if (!ip_is_plausible(c->rd, cursor_wire_left(c)))
		return NEXT_NONE;
	cursor_count(c, LAYER_GTP);
	return NEXT_IP;
}

enum next tunnel_udp(struct cursor *c)
{
	enum next next;

	switch (c->pkt->key.port[1]) {
	case PORT_GTP_U:
		next = gtp(c);
		break;
	case PORT_GENEVE:
		next = geneve(c);
		break;
	default:
		next = vxlan(c);
	}
	return next == NEXT_NONE || has_room(c) ? next : NEXT_NONE;
}
