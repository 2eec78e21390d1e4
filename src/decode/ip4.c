/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/ip4.c - the IPv4 header: lengths, options, fragments, addresses (RFC 791), and AH behind
 * it.
 *
 * Addresses are noted before anything is judged, so that a flood of broken headers still has a
 * target. Two questions about addresses: may it be a source (bogon), may it be a destination
 * (martian)? Only blocks that are wrong on any network count (RFC 6890, RFC 1122 3.2.1.3): private,
 * documentation and benchmark networks are at home in LANs and labs.
 */
#include "decode/checksum.h"
#include "decode/decode_internal.h"

#define IP4_HEADER_BYTES 20
#define IP4_TOTAL_MAX 65535
#define IP4_AUTH_MAX 4 /* authentication headers in one another that are followed */
#define FRAG_TCP_BYTES_MIN                                                                         \
	20 /* RFC 1858 asks for 16, which holds the flags; no honest MTU cuts there */
#define FRAG_OTHER_BYTES_MIN 8

static struct addr addr_of_word(uint32_t word_in_memory_order)
{
	struct addr a;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	a.word[1] = (uint64_t)word_in_memory_order << 32 | 0xffff0000;
#else
	a.word[1] = 0xffff00000000 | word_in_memory_order;
#endif
	a.word[0] = 0;
	return a;
}

static bool is_multicast_or_broadcast(const uint8_t *address)
{
	return address[0] >> 4 == 0xe || load_be32(address) == 0xffffffff;
}

/* 0.0.0.0 is what a host without address sends from (DHCP, IGMP), never to one host. */
COLD static bool is_bogon_source(
	const struct cursor *c, const uint8_t *source, const uint8_t *destination)
{
	if (load_be32(source) == 0)
		return !is_multicast_or_broadcast(destination);
	if (source[0] == 127)
		return !c->is_loopback_link && destination[0] != 127;
	return source[0] == 0 || source[0] >= 224;
}

COLD static bool is_martian_destination(
	const struct cursor *c, const uint8_t *source, const uint8_t *destination)
{
	if (destination[0] == 127)
		return !c->is_loopback_link && source[0] != 127;
	return destination[0] == 0 ||
	       (destination[0] >= 240 && load_be32(destination) != 0xffffffff);
}

/* First bytes that are nobody's: 0, 127, 224 and up. */
static inline bool is_special(uint8_t first)
{
	return first == 0 || first == 127 || first >= 224;
}

static inline void ip4_addresses(struct cursor *c, const uint8_t *header)
{
	const uint8_t *source = header + 12, *destination = header + 16;

	c->ip_addresses = source;
	c->pkt->key.addr[0] = addr_of_word(checksum_load32(source));
	c->pkt->key.addr[1] = addr_of_word(checksum_load32(destination));
	if (LIKELY(!is_special(source[0]) && !is_special(destination[0])))
		return;
	if (is_bogon_source(c, source, destination))
		c->anomalies |= ANOMALY_BIT(IP_BOGON_SOURCE);
	if (is_martian_destination(c, source, destination))
		c->anomalies |= ANOMALY_BIT(IP_MARTIAN);
}

static void ip4_option(struct cursor *c, uint8_t type)
{
	switch (type) {
	case 131: /* loose source and record route */
	case 137: /* strict: the checksum is for the last hop of the list */
		c->anomalies |= ANOMALY_BIT(IP_SOURCE_ROUTE);
		c->is_readdressed = true;
		break;
	case 148: /* router alert (RFC 2113): IGMP, RSVP */
		break;
	default:
		c->anomalies |= ANOMALY_BIT(IP_OPTION);
	}
}

COLD static void ip4_options(struct cursor *c, struct rd options)
{
	while (rd_left(&options) > 0) {
		uint8_t type = rd_u8(&options), len;

		if (type == 0)
			return;
		if (type == 1)
			continue;
		len = rd_u8(&options);
		if (len < 2 || !rd_skip(&options, len - 2u)) {
			c->anomalies |= ANOMALY_BIT(IP_OPTION_BAD);
			return;
		}
		ip4_option(c, type);
	}
}

/* Total length as far as it can be believed. 0: the frame's, where the card was to segment (see
 * OFFLOAD_BYTES_MIN). */
static inline uint64_t ip4_length(struct cursor *c, const uint8_t *header, uint64_t wire_left)
{
	uint16_t total = load_be16(header + 2);

	if (UNLIKELY(total == 0) && wire_left > OFFLOAD_BYTES_MIN &&
		(header[9] == PROTO_TCP || header[9] == PROTO_UDP))
		return wire_left;
	if (UNLIKELY(total > wire_left))
		c->anomalies |= ANOMALY_BIT(IP_TOTAL_LENGTH);
	return total;
}

/* A checksum of 0 is left to the network card. */
static inline void ip4_checksum(struct cursor *c, const uint8_t *header, size_t len)
{
	uint64_t sum = (uint64_t)checksum_load32(header) + checksum_load32(header + 4) +
		       checksum_load32(header + 8) + checksum_load32(header + 12) +
		       checksum_load32(header + 16);

	if (UNLIKELY(len > IP4_HEADER_BYTES))
		sum = checksum_add(sum, header + IP4_HEADER_BYTES, len - IP4_HEADER_BYTES);
	if (UNLIKELY(checksum_fold(sum) != 0xffff) && load_be16(header + 10) != 0)
		c->anomalies |= ANOMALY_BIT(IP_CHECKSUM);
}

/* True when a transport header follows. field: flags and offset. The cursor stands behind the
 * header. */
COLD static bool ip4_fragment(
	struct cursor *c, const uint8_t *header, size_t header_len, uint16_t field)
{
	struct pkt *pkt = c->pkt;
	uint64_t len = cursor_wire_left(c);
	unsigned offset = (field & 0x1fffu) * 8;
	bool has_more = field & 0x2000;

	cursor_count(c, LAYER_FRAGMENT);
	pkt->frag_id = load_be16(header + 4);
	pkt->frag_offset = (uint16_t)offset;
	pkt->frag = offset ? FRAG_LATER : FRAG_FIRST;
	if (has_more && len % 8)
		c->anomalies |= ANOMALY_BIT(FRAG_UNALIGNED);
	if (header_len + offset + len > IP4_TOTAL_MAX)
		c->anomalies |= ANOMALY_BIT(FRAG_OVERSIZE);
	if (pkt->key.proto == PROTO_TCP ? offset == 8 || (!offset && len < FRAG_TCP_BYTES_MIN)
					: !offset && len < FRAG_OTHER_BYTES_MIN)
		c->anomalies |= ANOMALY_BIT(FRAG_TINY);
	if (offset)
		cursor_payload_here(c);
	return offset == 0;
}

/* The parts that hardly any packet has. */
COLD static void ip4_oddities(struct cursor *c, const uint8_t *header)
{
	if (header[8] == 0)
		c->anomalies |= ANOMALY_BIT(IP_TTL_ZERO);
	if (header[6] & 0x80)
		c->anomalies |= ANOMALY_BIT(IP_RESERVED_FLAG);
}

/* Authentication headers; the transport header stands behind the last. */
COLD static bool ip4_auth_headers(struct cursor *c)
{
	for (unsigned i = 0; i < IP4_AUTH_MAX && c->pkt->key.proto == PROTO_AH; i++) {
		if (!ip_auth_header(c, &c->pkt->key.proto)) {
			cursor_payload_here(c);
			cursor_short(c, ANOMALY_BIT(IP_TOTAL_LENGTH));
			return false;
		}
		cursor_transport_here(c);
	}
	return true;
}

/* Lengths that leave something to read. Moves behind the options. header_len: IHL in bytes. */
static bool ip4_bounds(struct cursor *c, const uint8_t *header, size_t header_len)
{
	uint64_t wire_left = cursor_wire_left(c) + IP4_HEADER_BYTES;
	uint64_t len = ip4_length(c, header, wire_left);

	c->pkt->ip_len = cursor_believable(c, c->pkt->ip_offset, c->pkt->ip_offset + len);
	if (UNLIKELY(header_len < IP4_HEADER_BYTES || header_len > wire_left)) {
		c->anomalies |= ANOMALY_BIT(IP_HEADER_LENGTH);
		return false;
	}
	if (UNLIKELY(len < header_len)) {
		c->anomalies |= ANOMALY_BIT(IP_TOTAL_LENGTH);
		return false;
	}
	cursor_bound(c, len - IP4_HEADER_BYTES);
	if (UNLIKELY(!rd_skip(&c->rd, header_len - IP4_HEADER_BYTES))) {
		c->anomalies |= ANOMALY_BIT(TRUNCATED);
		return false;
	}
	return true;
}

/* An unreadable header: nothing of it is payload. */
COLD static bool ip4_stop(struct cursor *c)
{
	c->rd.end = c->rd.at;
	c->wire_end = 0;
	cursor_transport_here(c);
	cursor_payload_here(c);
	return false;
}

bool ip4_decode(struct cursor *c)
{
	const uint8_t *header = rd_bytes(&c->rd, IP4_HEADER_BYTES);
	size_t header_len;

	if (UNLIKELY(!header)) {
		cursor_short(c, ANOMALY_BIT(IP_HEADER_LENGTH));
		return false;
	}
	if (UNLIKELY(header[0] >> 4 != 4)) {
		c->anomalies |= ANOMALY_BIT(IP_VERSION);
		return false;
	}
	cursor_count(c, LAYER_IPV4);
	cursor_enter_ip(c, header, 4);
	c->pkt->key.proto = header[9];
	c->pkt->ttl = header[8];
	ip4_addresses(c, header);
	if (UNLIKELY(header[8] == 0 || header[6] & 0x80))
		ip4_oddities(c, header);
	header_len = (header[0] & 15u) * 4;
	if (UNLIKELY(!ip4_bounds(c, header, header_len)))
		return ip4_stop(c);
	ip4_checksum(c, header, header_len);
	if (UNLIKELY(header_len > IP4_HEADER_BYTES))
		ip4_options(c, rd_over(header + IP4_HEADER_BYTES, header_len - IP4_HEADER_BYTES));
	cursor_transport_here(c);
	if (UNLIKELY(load_be16(header + 6) & 0x3fff) &&
		!ip4_fragment(c, header, header_len, load_be16(header + 6)))
		return false;
	return LIKELY(c->pkt->key.proto != PROTO_AH) || ip4_auth_headers(c);
}

uint32_t ip4_header_bytes(const struct pkt *pkt)
{
	return (pkt->bytes[pkt->ip_offset] & 15u) * 4;
}

/* RFC 4302: next header, length in words less 2, reserved, SPI, sequence number, ICV. */
bool ip_auth_header(struct cursor *c, uint8_t *ret_next)
{
	const uint8_t *header = rd_bytes(&c->rd, 12);

	if (!header || !rd_skip(&c->rd, header[1] > 1 ? (header[1] - 1u) * 4 : 0))
		return false;
	cursor_count(c, LAYER_AH);
	*ret_next = header[0];
	return true;
}

static bool ip4_is_plausible(struct rd rd, uint64_t wire_left)
{
	const uint8_t *header = rd_bytes(&rd, IP4_HEADER_BYTES);
	unsigned header_len, len;

	if (!header)
		return false;
	header_len = (header[0] & 15u) * 4;
	len = load_be16(header + 2);
	if (header_len < IP4_HEADER_BYTES)
		return false;
	return (len >= header_len && len <= wire_left) ||
	       (len == 0 && wire_left > OFFLOAD_BYTES_MIN);
}

static bool ip6_is_plausible(struct rd rd, uint64_t wire_left)
{
	const uint8_t *header = rd_bytes(&rd, 40);

	return header && load_be16(header + 4) + 40u <= wire_left;
}

bool ip_is_plausible(struct rd rd, uint64_t wire_left)
{
	if (rd_left(&rd) == 0)
		return false;
	if (*rd.at >> 4 == 4)
		return ip4_is_plausible(rd, wire_left);
	return *rd.at >> 4 == 6 && ip6_is_plausible(rd, wire_left);
}
