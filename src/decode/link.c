/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/link.c - what lies between the start of a frame (or the end of a tunnel header) and IP.
 *
 * One small function a layer; each reads its header and says what comes next. link_walk() goes on
 * until that is IP or nothing known. Lengths of 802.3, PPPoE bound what follows, so padding is not
 * taken for packet.
 */
#include "decode/decode_internal.h"

/* https://www.tcpdump.org/linktypes.html; 12 and 14 are what some systems write for raw IP. */
static const struct {
	uint16_t number;
	uint8_t next; /* enum next */
} link_types[] = {
	{ LINK_TYPE_ETHERNET, NEXT_ETHERNET },
	{ 113, NEXT_COOKED },
	{ 276, NEXT_COOKED_2 },
	{ 101, NEXT_IP },
	{ 12, NEXT_IP },
	{ 14, NEXT_IP },
	{ 228, NEXT_IP4 },
	{ 229, NEXT_IP6 },
	{ 0, NEXT_LOOPBACK },
	{ 108, NEXT_LOOPBACK },
	{ 9, NEXT_PPP },
	{ 50, NEXT_HDLC },
	{ 51, NEXT_PPPOE },
	{ 104, NEXT_HDLC },
	{ 192, NEXT_PPI },
};

#define ARPHRD_LOOPBACK 772 /* Linux: the device is lo */

enum next link_first(uint16_t link_type)
{
	for (unsigned i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++)
		if (link_types[i].number == link_type)
			return link_types[i].next;
	return NEXT_NONE;
}

/* Not IP, and nothing that leads to it. Said only of whole frames, not of what is inside a
 * tunnel. */
static enum next link_unknown(struct cursor *c)
{
	if (c->pkt->ip_version == 0)
		c->anomalies |= ANOMALY_BIT(LINK_UNKNOWN);
	return NEXT_NONE;
}

static enum next link_short(struct cursor *c)
{
	c->anomalies |= ANOMALY_BIT(TRUNCATED);
	return NEXT_NONE;
}

static bool is_zero_macs(const uint8_t *header)
{
	static const uint8_t zero[12];

	return memcmp(header, zero, sizeof(zero)) == 0;
}

/* Linux's loopback device has an Ethernet header of zeros. */
static inline enum next link_ethernet(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 14);

	if (UNLIKELY(!header))
		return link_short(c);
	cursor_count(c, LAYER_ETHERNET);
	c->type = load_be16(header + 12);
	if (UNLIKELY(header[0] == 0 && is_zero_macs(header)))
		c->is_loopback_link = true;
	return NEXT_ETHERTYPE;
}

static enum next link_vlan(struct cursor *c)
{
	const uint8_t *tag = rd_bytes(&c->rd, 4);

	if (!tag)
		return link_short(c);
	cursor_count(c, LAYER_VLAN);
	c->vlan = load_be16(tag) & 0x0fff;
	c->type = load_be16(tag + 2);
	return NEXT_ETHERTYPE;
}

/* An 802.3 frame: IP only behind LLC/SNAP (RFC 1042). */
static enum next link_llc(struct cursor *c)
{
	static const uint8_t snap[6] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };
	const uint8_t *header;

	if (c->type <= ETHER_LENGTH_MAX && c->type < cursor_wire_left(c))
		cursor_bound(c, c->type);
	header = rd_bytes(&c->rd, 8);
	if (!header || memcmp(header, snap, sizeof(snap)) != 0)
		return link_unknown(c);
	c->type = load_be16(header + 6);
	return c->type < ETHER_TYPE_MIN ? link_unknown(c) : NEXT_ETHERTYPE;
}

static enum next link_ethertype(struct cursor *c)
{
	switch (c->type) {
	case ETHER_IPV4:
		return NEXT_IP4;
	case ETHER_IPV6:
		return NEXT_IP6;
	case ETHER_VLAN:
	case ETHER_QINQ:
	case ETHER_QINQ_OLD:
		return link_vlan(c);
	case ETHER_MPLS:
	case ETHER_MPLS_UPSTREAM:
		return NEXT_MPLS;
	case ETHER_PPPOE:
		return NEXT_PPPOE;
	case ETHER_ARP:
		cursor_count(c, LAYER_ARP);
		return NEXT_NONE;
	case ETHER_PPPOE_DISCOVERY:
		cursor_count(c, LAYER_PPPOE);
		return link_unknown(c);
	default:
		return c->type < ETHER_TYPE_MIN ? link_llc(c) : link_unknown(c);
	}
}

/* Labels do not say what they carry; behind the last one stands IP, if the first nibble says so. */
static enum next link_mpls(struct cursor *c)
{
	const uint8_t *label = rd_bytes(&c->rd, 4);

	if (!label)
		return link_short(c);
	cursor_count(c, LAYER_MPLS);
	if (!(label[2] & 1))
		return NEXT_MPLS;
	if (rd_left(&c->rd) == 0)
		return link_short(c);
	if (*c->rd.at >> 4 == 4)
		return NEXT_IP4;
	return *c->rd.at >> 4 == 6 ? NEXT_IP6 : link_unknown(c);
}

/* RFC 2516: version and type 1, code 0 for a session. */
static enum next link_pppoe(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 6);

	if (!header)
		return link_short(c);
	cursor_count(c, LAYER_PPPOE);
	if (header[0] != 0x11 || header[1] != 0)
		return link_unknown(c);
	if (load_be16(header + 4) < cursor_wire_left(c))
		cursor_bound(c, load_be16(header + 4));
	return NEXT_PPP;
}

/* RFC 1661, 1662: address and control may be there or not, the protocol may be one odd byte. */
static enum next link_ppp(struct cursor *c)
{
	uint16_t protocol;

	cursor_count(c, LAYER_PPP);
	if (rd_left(&c->rd) >= 2 && c->rd.at[0] == 0xff && c->rd.at[1] == 0x03)
		rd_skip(&c->rd, 2);
	protocol = rd_u8(&c->rd);
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | rd_u8(&c->rd));
	if (c->rd.failed)
		return link_short(c);
	switch (protocol) {
	case 0x0021:
		return NEXT_IP4;
	case 0x0057:
		return NEXT_IP6;
	case 0x0281:
	case 0x0283:
		return NEXT_MPLS;
	default:
		return link_unknown(c);
	}
}

/* Cisco's HDLC has an EtherType behind address (0x0f unicast, 0x8f broadcast) and control; all
 * else here is PPP. */
static enum next link_hdlc(struct cursor *c)
{
	const uint8_t *header;

	if (rd_left(&c->rd) > 0 && *c->rd.at != 0x0f && *c->rd.at != 0x8f)
		return NEXT_PPP;
	header = rd_bytes(&c->rd, 4);
	if (!header)
		return link_short(c);
	c->type = load_be16(header + 2);
	return NEXT_ETHERTYPE;
}

/* The address family in the byte order of whoever captured; the numbers of IPv6 are those of Linux,
 * NetBSD and OpenBSD, FreeBSD, Darwin. */
static enum next link_loopback(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 4);
	uint32_t family;

	if (!header)
		return link_short(c);
	family = load_be32(header);
	if (family > UINT16_MAX)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return NEXT_IP4;
	case 10:
	case 24:
	case 28:
	case 30:
		return NEXT_IP6;
	default:
		return link_unknown(c);
	}
}

static enum next link_cooked(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 16);

	if (!header)
		return link_short(c);
	c->is_loopback_link = load_be16(header + 2) == ARPHRD_LOOPBACK;
	c->type = load_be16(header + 14);
	return c->type < ETHER_TYPE_MIN ? link_unknown(c) : NEXT_ETHERTYPE;
}

static enum next link_cooked_2(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 20);

	if (!header)
		return link_short(c);
	c->is_loopback_link = load_be16(header + 8) == ARPHRD_LOOPBACK;
	c->type = load_be16(header);
	return c->type < ETHER_TYPE_MIN ? link_unknown(c) : NEXT_ETHERTYPE;
}

/* Per-Packet Information: little-endian, its own length and the link type that follows. */
static enum next link_ppi(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, 8);
	unsigned len, link_type;
	enum next next;

	if (!header)
		return link_short(c);
	len = header[2] | (unsigned)header[3] << 8;
	link_type = header[4] | (unsigned)header[5] << 8;
	if (len < 8 || !rd_skip(&c->rd, len - 8))
		return link_short(c);
	next = header[6] || header[7] ? NEXT_NONE : link_first((uint16_t)link_type);
	if (next == NEXT_NONE)
		return link_unknown(c);
	return next;
}

static enum next link_ip(struct cursor *c)
{
	if (rd_left(&c->rd) == 0)
		return link_short(c);
	if (*c->rd.at >> 4 == 4)
		return NEXT_IP4;
	if (*c->rd.at >> 4 == 6)
		return NEXT_IP6;
	c->anomalies |= ANOMALY_BIT(IP_VERSION);
	return NEXT_NONE;
}

COLD static enum next link_step(struct cursor *c, enum next next)
{
	switch (next) {
	case NEXT_ETHERNET:
		return link_ethernet(c);
	case NEXT_ETHERTYPE:
		return link_ethertype(c);
	case NEXT_IP:
		return link_ip(c);
	case NEXT_MPLS:
		return link_mpls(c);
	case NEXT_PPPOE:
		return link_pppoe(c);
	case NEXT_PPP:
		return link_ppp(c);
	case NEXT_HDLC:
		return link_hdlc(c);
	case NEXT_LOOPBACK:
		return link_loopback(c);
	case NEXT_COOKED:
		return link_cooked(c);
	case NEXT_COOKED_2:
		return link_cooked_2(c);
	case NEXT_PPI:
		return link_ppi(c);
	default:
		return next;
	}
}

enum next link_walk(struct cursor *c, enum next next)
{
	if (LIKELY(next == NEXT_ETHERNET)) {
		next = link_ethernet(c);
		if (LIKELY(next == NEXT_ETHERTYPE && c->type == ETHER_IPV4))
			return NEXT_IP4;
	}
	for (unsigned depth = 0; depth < LINK_DEPTH_MAX; depth++) {
		if (next <= NEXT_IP6)
			return next;
		next = link_step(c, next);
	}
	return next <= NEXT_IP6 ? next : link_unknown(c);
}
