/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/ip6.c - the IPv6 header and its chain of extension headers (RFC 8200).
 *
 * The chain is walked whatever its order, because hosts do so; what RFC 8200 4.1 does not recommend
 * is noted. A chain longer than IP6_CHAIN_USUAL is noted too, and walked on, so that nobody hides
 * ports behind padding; at IP6_CHAIN_MAX headers it ends. A fragment header ends it in all but the
 * first fragment. Routing headers with segments left and home address options make the checksum
 * cover other addresses than the header shows: then it is not judged.
 */
#include "decode/decode_internal.h"

#define IP6_HEADER_BYTES 40
#define IP6_CHAIN_USUAL 8 /* RFC 8200 4.1 lists 7; mobility, HIP or Shim6 make one more */
#define IP6_CHAIN_MAX 32
#define IP6_OPTION_MAX 64 /* of one header; RFC 8504 5.3 suggests 8 */
#define IP6_PAYLOAD_MAX 65535
#define OPTION_PAD_1 0x00
#define OPTION_JUMBO 0xc2 /* RFC 2675 */
#define OPTION_HOME 0xc9  /* RFC 6275 6.3: the address the checksum covers */

struct chain {
	uint8_t next;	      /* type of the header at the cursor */
	uint8_t rank;	      /* of the last one in the recommended order */
	uint8_t last_special; /* mobility, HIP or Shim6: the packet, when nothing follows */
	bool needs_jumbo;     /* payload length 0 with hop-by-hop options */
	uint16_t seen;	      /* bit by rank */
};

enum ip6_rank {
	RANK_HOP_BY_HOP = 1,
	RANK_DESTINATION_EARLY,
	RANK_ROUTING,
	RANK_FRAGMENT,
	RANK_AH,
	RANK_DESTINATION,
	RANK_MOBILITY, /* these three stand where their own RFC says: only repetition counts */
	RANK_HIP,
	RANK_SHIM6,
};

static bool is_prefix_zero(const uint8_t *address, unsigned len)
{
	static const uint8_t zero[16];

	return memcmp(address, zero, len) == 0;
}

static bool is_loopback(const uint8_t *address)
{
	return is_prefix_zero(address, 15) && address[15] == 1;
}

static bool is_mapped(const uint8_t *address)
{
	return is_prefix_zero(address, 10) && address[10] == 0xff && address[11] == 0xff;
}

/* RFC 4291 2.5.5: ::/96 is deprecated, ::ffff:0:0/96 is for APIs only; neither is ever on a
 * wire. */
static bool is_bogon_source(
	const struct cursor *c, const uint8_t *source, const uint8_t *destination)
{
	if (source[0] == 0xff || is_mapped(source))
		return true;
	if (!is_prefix_zero(source, 12))
		return false;
	if (is_loopback(source))
		return !c->is_loopback_link && !is_loopback(destination);
	return !is_prefix_zero(source, 16) || destination[0] != 0xff;
}

static bool is_martian_destination(
	const struct cursor *c, const uint8_t *source, const uint8_t *destination)
{
	if (is_loopback(destination))
		return !c->is_loopback_link && !is_loopback(source);
	return is_prefix_zero(destination, 12) || is_mapped(destination);
}

static void ip6_addresses(struct cursor *c, const uint8_t *header)
{
	const uint8_t *source = header + 8, *destination = header + 24;

	c->ip_addresses = source;
	c->pkt->key.addr[0] = addr_from_v6(source);
	c->pkt->key.addr[1] = addr_from_v6(destination);
	if ((source[0] == 0 || source[0] == 0xff) && is_bogon_source(c, source, destination))
		c->anomalies |= ANOMALY_BIT(IP_BOGON_SOURCE);
	if (destination[0] == 0 && is_martian_destination(c, source, destination))
		c->anomalies |= ANOMALY_BIT(IP_MARTIAN);
}

/* Where the packet ends. header: the fixed one, just read. */
static void ip6_bounds(struct cursor *c, const uint8_t *header, struct chain *chain)
{
	uint64_t wire_left = cursor_wire_left(c), len = load_be16(header + 4);

	if (UNLIKELY(len == 0)) {
		chain->needs_jumbo = header[6] == PROTO_HOP_BY_HOP;
		if (chain->needs_jumbo ||
			(wire_left > OFFLOAD_BYTES_MIN &&
				(header[6] == PROTO_TCP || header[6] == PROTO_UDP)))
			len = wire_left;
	}
	if (UNLIKELY(len > wire_left))
		c->anomalies |= ANOMALY_BIT(IP_TOTAL_LENGTH);
	cursor_bound(c, len);
	c->pkt->ip_len = cursor_believable(c, c->pkt->ip_offset, c->wire_end);
}

/* A jumbo payload: the length counts from the end of the fixed header. */
static void ip6_jumbo(struct cursor *c, struct chain *chain, uint32_t len)
{
	uint64_t start = c->pkt->ip_offset + IP6_HEADER_BYTES, end = start + len;

	if (!chain->needs_jumbo || len <= IP6_PAYLOAD_MAX) {
		c->anomalies |= ANOMALY_BIT(IP6_OPTION_BAD);
		return;
	}
	chain->needs_jumbo = false;
	if (end > c->wire_end)
		c->anomalies |= ANOMALY_BIT(IP_TOTAL_LENGTH);
	else if ((uint64_t)(c->rd.end - c->frame) > end)
		c->rd.end = c->frame + end;
	c->wire_end = end;
	c->pkt->ip_len = cursor_believable(c, c->pkt->ip_offset, end);
}

static void ip6_option(struct cursor *c, struct chain *chain, uint8_t type, struct rd data)
{
	if (type == OPTION_HOME)
		c->is_readdressed = true;
	if (type != OPTION_JUMBO)
		return;
	if (rd_left(&data) == 4)
		ip6_jumbo(c, chain, rd_be32(&data));
	else
		c->anomalies |= ANOMALY_BIT(IP6_OPTION_BAD);
}

static void ip6_options(struct cursor *c, struct chain *chain, struct rd options)
{
	unsigned steps = 0;

	while (rd_left(&options) > 0) {
		const uint8_t *data;
		uint8_t type = rd_u8(&options), len;

		if (steps++ == IP6_OPTION_MAX) {
			c->anomalies |= ANOMALY_BIT(IP6_OPTION_BAD);
			return;
		}
		if (type == OPTION_PAD_1)
			continue;
		len = rd_u8(&options);
		data = rd_bytes(&options, len);
		if (!data) {
			c->anomalies |= ANOMALY_BIT(IP6_OPTION_BAD);
			return;
		}
		ip6_option(c, chain, type, rd_over(data, len));
	}
}

/* RFC 5095 forbids type 0, which lets a sender bounce packets between hosts. */
static void ip6_routing(struct cursor *c, const uint8_t *header)
{
	if (header[2] == 0)
		c->anomalies |= ANOMALY_BIT(IP_SOURCE_ROUTE);
	if (header[3] != 0)
		c->is_readdressed = true;
}

/* The header chain does not fit into the packet. Cut by the first fragment, RFC 7112 forbids it. */
static bool ip6_chain_short(struct cursor *c)
{
	cursor_short(c, c->pkt->frag == FRAG_FIRST ? ANOMALY_BIT(IP6_CHAIN_SPLIT)
						   : ANOMALY_BIT(IP_TOTAL_LENGTH));
	return false;
}

/* Hop-by-hop, destination, routing, mobility, HIP, Shim6: next header, length in units of 8 less
 * 1. */
static bool ip6_generic(struct cursor *c, struct chain *chain)
{
	const uint8_t *header = c->rd.at;
	uint8_t type = chain->next;
	size_t len;

	if (rd_left(&c->rd) < 8)
		return ip6_chain_short(c);
	len = (header[1] + 1u) * 8;
	if (!rd_skip(&c->rd, len))
		return ip6_chain_short(c);
	chain->next = header[0];
	if (type == PROTO_ROUTING)
		ip6_routing(c, header);
	else if (type == PROTO_HOP_BY_HOP || type == PROTO_DESTINATION)
		ip6_options(c, chain, rd_over(header + 2, len - 2));
	else
		chain->last_special = type;
	return true;
}

static bool ip6_later_fragment(struct cursor *c, uint8_t proto, unsigned offset)
{
	c->pkt->frag = FRAG_LATER;
	c->pkt->frag_offset = (uint16_t)offset;
	if (proto == PROTO_TCP && offset == 8)
		c->anomalies |= ANOMALY_BIT(FRAG_TINY);
	return false;
}

/* True when the chain goes on. */
static bool ip6_fragment(struct cursor *c, struct chain *chain)
{
	const uint8_t *header = rd_bytes(&c->rd, 8);
	uint64_t len = cursor_wire_left(c);
	unsigned field, offset;

	if (!header)
		return ip6_chain_short(c);
	chain->next = header[0];
	field = load_be16(header + 2);
	offset = field & 0xfff8;
	if (!(field & 0xfff9)) {
		c->anomalies |= ANOMALY_BIT(IP6_ATOMIC_FRAG);
		return true;
	}
	cursor_count(c, LAYER_FRAGMENT);
	c->pkt->frag_id = load_be32(header + 4);
	if ((field & 1) && len % 8)
		c->anomalies |= ANOMALY_BIT(FRAG_UNALIGNED);
	if (offset + len > IP6_PAYLOAD_MAX)
		c->anomalies |= ANOMALY_BIT(FRAG_OVERSIZE);
	if (offset)
		return ip6_later_fragment(c, chain->next, offset);
	c->pkt->frag = FRAG_FIRST;
	return true;
}

static uint8_t ip6_rank(const struct chain *chain)
{
	switch (chain->next) {
	case PROTO_HOP_BY_HOP:
		return RANK_HOP_BY_HOP;
	case PROTO_DESTINATION:
		return chain->rank < RANK_DESTINATION_EARLY ? RANK_DESTINATION_EARLY
							    : RANK_DESTINATION;
	case PROTO_ROUTING:
		return RANK_ROUTING;
	case PROTO_FRAGMENT:
		return RANK_FRAGMENT;
	case PROTO_AH:
		return RANK_AH;
	case PROTO_MOBILITY:
		return RANK_MOBILITY;
	case PROTO_HIP:
		return RANK_HIP;
	case PROTO_SHIM6:
		return RANK_SHIM6;
	default:
		return 0;
	}
}

/* Twice the same, or behind one that belongs behind it. */
static void ip6_order(struct cursor *c, struct chain *chain, uint8_t rank)
{
	if (chain->seen & 1u << rank || (rank < RANK_MOBILITY && rank < chain->rank) ||
		(rank == RANK_HOP_BY_HOP && chain->seen))
		c->anomalies |= ANOMALY_BIT(IP6_CHAIN_ORDER);
	chain->seen |= (uint16_t)(1u << rank);
	if (rank < RANK_MOBILITY && rank > chain->rank)
		chain->rank = rank;
}

static bool ip6_extension(struct cursor *c, struct chain *chain)
{
	if (chain->next == PROTO_FRAGMENT)
		return ip6_fragment(c, chain);
	if (chain->next != PROTO_AH)
		return ip6_generic(c, chain);
	c->anomalies |= ANOMALY_BIT(IP6_AH_CHAIN);
	return ip_auth_header(c, &chain->next) || ip6_chain_short(c);
}

/* True when chain->next is an upper layer, at the cursor. */
static bool ip6_walk(struct cursor *c, struct chain *chain)
{
	for (unsigned count = 0;; count++) {
		uint8_t rank = ip6_rank(chain);

		if (LIKELY(rank == 0))
			return true;
		if (count == IP6_CHAIN_USUAL)
			c->anomalies |= ANOMALY_BIT(IP6_CHAIN_LONG);
		if (count == IP6_CHAIN_MAX || !cursor_is_near(c)) {
			c->anomalies |= ANOMALY_BIT(IP6_CHAIN_LONG);
			return false;
		}
		ip6_order(c, chain, rank);
		if (!ip6_extension(c, chain))
			return false;
	}
}

/* Behind the chain: what the packet is. */
static bool ip6_finish(struct cursor *c, struct chain *chain, bool is_upper)
{
	struct pkt *pkt = c->pkt;

	if (UNLIKELY(chain->needs_jumbo))
		c->anomalies |= ANOMALY_BIT(IP_TOTAL_LENGTH);
	if (UNLIKELY(chain->next == PROTO_NO_NEXT && chain->last_special))
		chain->next = chain->last_special;
	pkt->key.proto = chain->next;
	cursor_transport_here(c);
	cursor_payload_here(c);
	return is_upper;
}

bool ip6_decode(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, IP6_HEADER_BYTES);
	struct chain chain = { 0 };

	if (UNLIKELY(!header)) {
		cursor_short(c, ANOMALY_BIT(IP_TOTAL_LENGTH));
		return false;
	}
	if (UNLIKELY(header[0] >> 4 != 6)) {
		c->anomalies |= ANOMALY_BIT(IP_VERSION);
		return false;
	}
	cursor_count(c, LAYER_IPV6);
	cursor_enter_ip(c, header, 6);
	c->pkt->ttl = header[7];
	if (UNLIKELY(header[7] == 0))
		c->anomalies |= ANOMALY_BIT(IP_TTL_ZERO);
	ip6_addresses(c, header);
	chain.next = header[6];
	ip6_bounds(c, header, &chain);
	return ip6_finish(c, &chain, ip6_walk(c, &chain));
}

uint32_t ip6_fragment_data(const struct pkt *pkt)
{
	struct rd rd = rd_over(pkt->bytes, pkt->captured_len);
	const uint8_t *header;
	uint8_t next;

	rd_skip(&rd, pkt->ip_offset);
	header = rd_bytes(&rd, IP6_HEADER_BYTES);
	if (!header)
		return pkt->transport_offset;
	next = header[6];
	for (unsigned count = 0; count < IP6_CHAIN_MAX; count++) {
		header = rd_bytes(&rd, 8);
		if (!header)
			break;
		if (next == PROTO_FRAGMENT && load_be16(header + 2) & 0xfff9)
			return (uint32_t)(rd.at - pkt->bytes);
		rd_skip(&rd, next == PROTO_AH	      ? header[1] * 4u
			     : next == PROTO_FRAGMENT ? 0
						      : header[1] * 8u);
		next = header[0];
	}
	return pkt->transport_offset;
}
