/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/decode_internal.h - the cursor that the files of this stage hand to one another.
 *
 * A frame is read from outside to inside: link_walk() reads link layers until there is IP,
 * ip4_decode() or ip6_decode() reads the IP header and what extends it, transport_decode() the rest
 * and, when that is a tunnel, says which link layer or IP comes next. decode_frame() turns this
 * crank; at most PKT_TUNNELS_MAX tunnels, LINK_DEPTH_MAX link layers between two IP headers and
 * IP6_CHAIN_MAX extension headers bound the work. Two lengths are kept apart everywhere: how far
 * the captured bytes reach (rd.end), and how far the headers say the packet reaches (wire_end).
 */
#ifndef WEIR_DECODE_INTERNAL_H
#define WEIR_DECODE_INTERNAL_H

#include "decode/decode.h"
#include "lib/rd.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* For what few packets need: kept out of the way of the others. */
#define COLD __attribute__((noinline, cold))

#define LINK_DEPTH_MAX 16 /* VLAN tags, MPLS labels, … in one another; real stacks have under 8 */

/* A length of 0 in the header means "what the frame has" for TCP and UDP longer than this: a
 * host that captures before its card segments writes 0. IPv6's minimum MTU: shorter packets are
 * not segmented. */
#define OFFLOAD_BYTES_MIN 1280

#define LINK_TYPE_ETHERNET 1

enum ip_proto {
	PROTO_HOP_BY_HOP = 0,
	PROTO_ICMP = 1,
	PROTO_IGMP = 2,
	PROTO_IPIP = 4,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_IPV6 = 41,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_GRE = 47,
	PROTO_ESP = 50,
	PROTO_AH = 51,
	PROTO_ICMPV6 = 58,
	PROTO_NO_NEXT = 59,
	PROTO_DESTINATION = 60,
	PROTO_SCTP = 132,
	PROTO_MOBILITY = 135,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

enum ether_type {
	ETHER_LENGTH_MAX = 0x05dc, /* up to here the field is an 802.3 length */
	ETHER_TYPE_MIN = 0x0600,
	ETHER_IPV4 = 0x0800,
	ETHER_ARP = 0x0806,
	ETHER_BRIDGED = 0x6558, /* Ethernet inside GRE, Geneve */
	ETHER_VLAN = 0x8100,
	ETHER_IPV6 = 0x86dd,
	ETHER_PPP = 0x880b,
	ETHER_MPLS = 0x8847,
	ETHER_MPLS_UPSTREAM = 0x8848,
	ETHER_PPPOE_DISCOVERY = 0x8863,
	ETHER_PPPOE = 0x8864,
	ETHER_QINQ = 0x88a8,
	ETHER_ERSPAN_2 = 0x88be, /* type I too */
	ETHER_QINQ_OLD = 0x9100,
	ETHER_ERSPAN_3 = 0x22eb,
};

/* What stands at the cursor. */
enum next {
	NEXT_NONE, /* nothing that is followed further */
	NEXT_IP4,
	NEXT_IP6,
	NEXT_IP, /* IPv4 or IPv6, as the first nibble says */
	NEXT_ETHERNET,
	NEXT_ETHERTYPE, /* what cursor.type says */
	NEXT_MPLS,
	NEXT_PPPOE,
	NEXT_PPP,
	NEXT_HDLC,
	NEXT_LOOPBACK, /* BSD's address family */
	NEXT_COOKED,
	NEXT_COOKED_2,
	NEXT_PPI,
};

struct cursor {
	struct rd rd;	      /* at the next header, ends with the captured bytes of the packet */
	const uint8_t *frame; /* where offsets count from */
	uint64_t wire_end;    /* offset at which the headers so far say that the packet ends */
	uint64_t anomalies;
	const uint8_t *ip_addresses; /* source and destination of the innermost IP, adjacent */
	struct pkt *pkt;
	struct decode_stats *stats;
	uint16_t type;	       /* EtherType for NEXT_ETHERTYPE */
	uint16_t vlan;	       /* innermost so far */
	bool is_loopback_link; /* loopback addresses are at home on this link */
	bool is_readdressed; /* the transport checksum covers another address than the header has */
};

static inline uint16_t load_be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t load_be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline size_t cursor_offset(const struct cursor *c)
{
	return (size_t)(c->rd.at - c->frame);
}

/* Bytes of the packet from here on, as the headers say. */
static inline uint64_t cursor_wire_left(const struct cursor *c)
{
	size_t offset = cursor_offset(c);

	return c->wire_end > offset ? c->wire_end - offset : 0;
}

/* Does the capture end before the packet does? */
static inline bool cursor_is_cut(const struct cursor *c)
{
	return (uint64_t)(c->rd.end - c->frame) < c->wire_end;
}

/* A header is not all there: the capture's fault, or else the given anomaly. */
static inline void cursor_short(struct cursor *c, uint64_t anomaly)
{
	c->anomalies |= cursor_is_cut(c) ? ANOMALY_BIT(TRUNCATED) : anomaly;
}

/* From here on the packet has no more than len bytes: what follows is padding or trailer. */
static inline void cursor_bound(struct cursor *c, uint64_t len)
{
	c->wire_end = cursor_offset(c) + len;
	if (rd_left(&c->rd) > len)
		c->rd.end = c->rd.at + len;
}

static inline void cursor_count(struct cursor *c, enum layer layer)
{
	c->stats->layers[layer]++;
}

/* Behind the IP headers stands the transport header, or payload without one. */
static inline void cursor_transport_here(struct cursor *c)
{
	c->pkt->transport_offset = (uint16_t)cursor_offset(c);
}

/* Headers may say more than the frame had on the wire; it is not counted, or a small frame that
 * claims a jumbo payload would look like a flood. */
static inline uint32_t cursor_believable(const struct cursor *c, size_t offset, uint64_t end)
{
	uint64_t wire_end = end < c->pkt->wire_len ? end : c->pkt->wire_len;

	return wire_end > offset ? (uint32_t)(wire_end - offset) : 0;
}

static inline void cursor_payload_here(struct cursor *c)
{
	struct pkt *pkt = c->pkt;
	size_t offset = cursor_offset(c);

	pkt->payload_offset = (uint16_t)offset;
	pkt->payload_len = (uint32_t)rd_left(&c->rd);
	pkt->payload_wire_len = cursor_believable(c, offset, c->wire_end);
}

/* Offsets in struct pkt have 16 bits; this leaves room for the longest extension header, a few
 * authentication headers and a transport header. */
static inline bool cursor_is_near(const struct cursor *c)
{
	return cursor_offset(c) < UINT16_MAX - 8192;
}

/* Called with an IP header's fixed part just read: the pkt is about this one from now on. */
void cursor_enter_inner(struct cursor *c);
static inline void cursor_enter_ip(struct cursor *c, const uint8_t *header, uint8_t version)
{
	struct pkt *pkt = c->pkt;

	if (UNLIKELY(pkt->ip_version != 0))
		cursor_enter_inner(c);
	pkt->ip_version = version;
	pkt->key.vlan = c->vlan;
	pkt->ip_offset = (uint16_t)(header - c->frame);
	c->is_readdressed = false;
}

/* link.c: reads on until IP. */
enum next link_first(uint16_t link_type);
enum next link_walk(struct cursor *c, enum next next);

/* ip4.c, ip6.c: fill the pkt; true when a transport header (pkt->key.proto) follows. */
bool ip4_decode(struct cursor *c);
bool ip6_decode(struct cursor *c);

/* ip4.c: reads an authentication header and gives the protocol behind it; false: it is not all
 * there. */
bool ip_auth_header(struct cursor *c, uint8_t *ret_next);

/* Of a fragment already decoded: bytes of its IPv4 header; where the data behind its IPv6 fragment
 * header begins, in the frame. */
uint32_t ip4_header_bytes(const struct pkt *pkt);
uint32_t ip6_fragment_data(const struct pkt *pkt);

/* Would these be the first bytes of an IP packet that fits into wire_left bytes? */
bool ip_is_plausible(struct rd rd, uint64_t wire_left);

/* transport.c: fills in ports, flags, payload. Gives what stands at the cursor when that is a
 * tunnel. */
enum next transport_decode(struct cursor *c);

/* tunnel.c: the cursor stands behind the IP or UDP header. */
enum next tunnel_ip(struct cursor *c);
enum next tunnel_udp(struct cursor *c);
bool tunnel_is_udp_port(uint16_t port);

#endif
