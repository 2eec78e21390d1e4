/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/transport.c - TCP (RFC 9293), UDP (RFC 768), ICMP, ICMPv6, SCTP: ports, flags, payload.
 *
 * ICMP has no ports: echo, timestamp and the like carry their identifier as both, so question and
 * answer have one key; all other messages carry type and code. Checksums are judged only when the
 * whole packet is here and a network card cannot have been meant to fill them in.
 */
#include "decode/checksum.h"
#include "decode/decode_internal.h"

#define TCP_HEADER_BYTES 20
#define TCP_OPTION_FAST_OPEN 34 /* RFC 7413 */
#define TCP_OPTION_TRIAL 254	/* RFC 4727; Fast Open used it with this magic before it had 34 */
#define FAST_OPEN_MAGIC 0xf989
#define UDP_HEADER_BYTES 8
#define ICMP_HEADER_BYTES 8
#define SCTP_HEADER_BYTES 12

/* Longer packets were put together by a card or are to be cut by one (an Ethernet frame with
 * tags has 1522), or are jumbo frames, of which summing would cost most. */
#define CHECKSUM_BYTES_MAX 1600

static inline bool checksum_is_judged(const struct cursor *c)
{
	return !cursor_is_cut(c) && c->pkt->frag == FRAG_NONE && !c->is_readdressed &&
	       c->pkt->ip_len <= CHECKSUM_BYTES_MAX;
}

/* The sum over source, destination, protocol and length that TCP, UDP and ICMPv6 add. */
static uint64_t pseudo_header_sum(const struct cursor *c, uint8_t proto, uint32_t len)
{
	const uint8_t *addresses = c->ip_addresses;
	const uint8_t rest[8] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
		(uint8_t)len, 0, 0, 0, proto };
	uint64_t sum = (uint64_t)checksum_load32(rest) + checksum_load32(rest + 4);

	if (LIKELY(c->pkt->ip_version == 4))
		return sum + checksum_load32(addresses) + checksum_load32(addresses + 4);
	return checksum_add(sum, addresses, 32);
}

/* A field that holds just the pseudo header's sum waits for the card to add the rest. */
static bool checksum_is_wrong(
	const struct cursor *c, const uint8_t *segment, uint32_t len, uint16_t field)
{
	uint64_t pseudo = pseudo_header_sum(c, c->pkt->key.proto, len);

	if (LIKELY(checksum_fold(checksum_add(pseudo, segment, len)) == 0xffff))
		return false;
	return field != checksum_fold(pseudo);
}

/* The first fragment ends within its transport header: RFC 1858, for IPv6 RFC 7112. Else the
 * anomaly. */
COLD static void transport_short(struct cursor *c, uint64_t anomaly)
{
	if (c->pkt->frag == FRAG_FIRST)
		anomaly = c->pkt->ip_version == 6
				  ? ANOMALY_BIT(IP6_CHAIN_SPLIT) | ANOMALY_BIT(FRAG_TINY)
				  : ANOMALY_BIT(FRAG_TINY);
	cursor_short(c, anomaly);
}

/* Ports are useful even when the rest of the header is missing. */
COLD static void ports_only(struct cursor *c)
{
	const uint8_t *ports = rd_bytes(&c->rd, 4);

	if (ports) {
		c->pkt->key.port[0] = load_be16(ports);
		c->pkt->key.port[1] = load_be16(ports + 2);
	}
	c->rd.at = c->rd.end;
	cursor_payload_here(c);
}

COLD static uint64_t tcp_flag_anomalies(uint8_t flags)
{
	uint64_t anomalies = 0;

	if (flags & TCP_SYN && flags & TCP_FIN)
		anomalies |= ANOMALY_BIT(TCP_SYN_FIN);
	if (flags & TCP_SYN && flags & TCP_RST)
		anomalies |= ANOMALY_BIT(TCP_SYN_RST);
	if ((flags & (TCP_FIN | TCP_PSH | TCP_URG | TCP_ACK)) == (TCP_FIN | TCP_PSH | TCP_URG))
		anomalies |= ANOMALY_BIT(TCP_XMAS);
	if ((flags & (TCP_FIN | TCP_ACK)) == TCP_FIN)
		anomalies |= ANOMALY_BIT(TCP_FIN_NO_ACK);
	if (!(flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG)))
		anomalies |= ANOMALY_BIT(TCP_NULL);
	return anomalies;
}

/* The usual: SYN or ACK, and nothing that contradicts them. */
static inline bool tcp_flags_are_usual(uint8_t flags)
{
	flags &= TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK;
	return flags == TCP_ACK || flags == TCP_SYN || flags == (TCP_SYN | TCP_ACK) ||
	       flags == (TCP_FIN | TCP_ACK) || flags == TCP_RST;
}

/* option: of len bytes, its kind and length included. */
static bool is_fast_open(const uint8_t *option, uint8_t len)
{
	return option[0] == TCP_OPTION_FAST_OPEN ||
	       (option[0] == TCP_OPTION_TRIAL && len >= 4 &&
		       load_be16(option + 2) == FAST_OPEN_MAGIC);
}

/* The shapes that most packets have, without walking: timestamps alone, maximum segment size
 * alone, and Linux's SYN (both, selective acknowledgement, window scale). */
static inline bool tcp_options_are_usual(const uint8_t *options, size_t len)
{
	if (len == 12)
		return load_be32(options) == 0x0101080a;
	if (len == 20)
		return load_be16(options) == 0x0204 && load_be32(options + 4) == 0x0402080a &&
		       load_be32(options + 16) >> 8 == 0x010303;
	return len == 4 && load_be16(options) == 0x0204;
}

/* True when Fast Open is among the options. */
static bool tcp_options(struct cursor *c, struct rd options)
{
	bool has_fast_open = false;

	if (LIKELY(tcp_options_are_usual(options.at, rd_left(&options))))
		return false;
	while (rd_left(&options) > 0) {
		const uint8_t *option = options.at;
		uint8_t len = 1;

		if (option[0] == 0)
			break;
		if (option[0] > 1)
			len = rd_left(&options) > 1 ? option[1] : 0;
		if (UNLIKELY(len < 1 + (option[0] > 1) || !rd_skip(&options, len))) {
			c->anomalies |= ANOMALY_BIT(TCP_OPTION_BAD);
			break;
		}
		if (UNLIKELY(option[0] >= TCP_OPTION_FAST_OPEN))
			has_fast_open |= is_fast_open(option, len);
	}
	return has_fast_open;
}

/* Moves behind the options; false when the data offset cannot be true, or the capture ends
 * before. */
static bool tcp_data_offset(struct cursor *c, const uint8_t *header)
{
	size_t header_len = (header[12] >> 4) * 4u;
	bool has_fast_open = false;

	if (UNLIKELY(header_len < TCP_HEADER_BYTES)) {
		c->anomalies |= ANOMALY_BIT(TCP_DATA_OFFSET);
		return false;
	}
	if (UNLIKELY(!rd_skip(&c->rd, header_len - TCP_HEADER_BYTES))) {
		transport_short(c, ANOMALY_BIT(TCP_DATA_OFFSET));
		return false;
	}
	if (header_len > TCP_HEADER_BYTES)
		has_fast_open = tcp_options(
			c, rd_over(header + TCP_HEADER_BYTES, header_len - TCP_HEADER_BYTES));
	if (UNLIKELY(header[13] & TCP_SYN && cursor_wire_left(c) > 0) && !has_fast_open)
		c->anomalies |= ANOMALY_BIT(TCP_SYN_PAYLOAD);
	return true;
}

static void tcp_checksum(struct cursor *c, const uint8_t *header)
{
	if (checksum_is_judged(c) &&
		UNLIKELY(checksum_is_wrong(
			c, header, (uint32_t)(c->rd.end - header), checksum_load16(header + 16))))
		c->anomalies |= ANOMALY_BIT(TCP_CHECKSUM);
}

static void tcp_fields(struct pkt *pkt, const uint8_t *header)
{
	pkt->key.port[0] = load_be16(header);
	pkt->key.port[1] = load_be16(header + 2);
	pkt->tcp_seq = load_be32(header + 4);
	pkt->tcp_ack = load_be32(header + 8);
	pkt->tcp_flags = header[13];
	pkt->tcp_window = load_be16(header + 14);
}

static inline void tcp_decode(struct cursor *c)
{
	const uint8_t *header;

	cursor_count(c, LAYER_TCP);
	if (UNLIKELY(rd_left(&c->rd) < TCP_HEADER_BYTES)) {
		transport_short(c, ANOMALY_BIT(TCP_DATA_OFFSET));
		ports_only(c);
		return;
	}
	header = rd_bytes(&c->rd, TCP_HEADER_BYTES);
	tcp_fields(c->pkt, header);
	if (UNLIKELY(!tcp_flags_are_usual(header[13])))
		c->anomalies |= tcp_flag_anomalies(header[13]);
	if (UNLIKELY(!c->pkt->key.port[0] || !c->pkt->key.port[1]))
		c->anomalies |= ANOMALY_BIT(TCP_PORT_ZERO);
	tcp_checksum(c, header);
	if (UNLIKELY(!tcp_data_offset(c, header)))
		c->rd.at = c->rd.end;
	cursor_payload_here(c);
}

/* The length field, or what stands for it: 0 means the rest in a jumbogram (RFC 2675 4) and in
 * what a card is to segment. False when it cannot be true. */
static bool udp_bound(struct cursor *c, uint16_t len)
{
	uint64_t wire_left = cursor_wire_left(c);

	if (len == 0 && c->pkt->ip_len > UINT16_MAX)
		return true;
	if (len < UDP_HEADER_BYTES) {
		c->anomalies |= ANOMALY_BIT(UDP_LENGTH);
		return false;
	}
	len -= UDP_HEADER_BYTES;
	if (len <= wire_left)
		cursor_bound(c, len);
	else if (c->pkt->frag == FRAG_NONE)
		c->anomalies |= ANOMALY_BIT(UDP_LENGTH);
	return len <= wire_left;
}

/* 0: not computed. IPv6 allows it to tunnels only (RFC 6935). */
static void udp_checksum(struct cursor *c, const uint8_t *header)
{
	uint16_t field = checksum_load16(header + 6);
	bool may_be_zero = c->pkt->ip_version == 4 || tunnel_is_udp_port(c->pkt->key.port[1]);

	if (!checksum_is_judged(c) || (field == 0 && may_be_zero))
		return;
	if (field == 0 || checksum_is_wrong(c, header, (uint32_t)(c->rd.end - header), field))
		c->anomalies |= ANOMALY_BIT(UDP_CHECKSUM);
}

static enum next udp_decode(struct cursor *c)
{
	struct pkt *pkt = c->pkt;
	const uint8_t *header;

	cursor_count(c, LAYER_UDP);
	if (UNLIKELY(rd_left(&c->rd) < UDP_HEADER_BYTES)) {
		transport_short(c, ANOMALY_BIT(UDP_LENGTH));
		ports_only(c);
		return NEXT_NONE;
	}
	header = rd_bytes(&c->rd, UDP_HEADER_BYTES);
	pkt->key.port[0] = load_be16(header);
	pkt->key.port[1] = load_be16(header + 2);
	if (UNLIKELY(pkt->key.port[1] == 0))
		c->anomalies |= ANOMALY_BIT(UDP_PORT_ZERO);
	if (LIKELY(udp_bound(c, load_be16(header + 4))))
		udp_checksum(c, header);
	cursor_payload_here(c);
	if (UNLIKELY(tunnel_is_udp_port(pkt->key.port[1])) && pkt->frag == FRAG_NONE)
		return tunnel_udp(c);
	return NEXT_NONE;
}

/* Messages that come in pairs with an identifier behind the checksum. */
static bool icmp_has_identifier(uint8_t version, uint8_t type)
{
	if (version == 6)
		return type == 128 || type == 129 || type == 160 || type == 161;
	return type == 8 || type == 0 || (type >= 13 && type <= 18) || type == 42 || type == 43;
}

static void icmp_checksum(struct cursor *c, const uint8_t *header, size_t len)
{
	uint64_t sum =
		c->pkt->ip_version == 6 ? pseudo_header_sum(c, PROTO_ICMPV6, (uint32_t)len) : 0;

	if (checksum_is_judged(c) && checksum_fold(checksum_add(sum, header, len)) != 0xffff)
		c->anomalies |= ANOMALY_BIT(ICMP_CHECKSUM);
}

/* Echo requests to everybody let a forged source be answered by all of them. */
static void icmp_broadcast(struct cursor *c)
{
	const struct pkt *pkt = c->pkt;
	uint8_t echo_request = pkt->ip_version == 6 ? 128 : 8;

	if (pkt->icmp_type == echo_request && addr_is_multicast(&pkt->key.addr[1]))
		c->anomalies |= ANOMALY_BIT(ICMP_BROADCAST);
}

static void icmp_decode(struct cursor *c, enum layer layer)
{
	struct pkt *pkt = c->pkt;
	size_t len = rd_left(&c->rd);
	const uint8_t *header = rd_bytes(&c->rd, ICMP_HEADER_BYTES);

	cursor_count(c, layer);
	if (UNLIKELY(!header)) {
		transport_short(c, ANOMALY_BIT(TRUNCATED));
		return;
	}
	pkt->icmp_type = header[0];
	pkt->icmp_code = header[1];
	pkt->key.port[0] = header[0];
	pkt->key.port[1] = header[1];
	if (icmp_has_identifier(pkt->ip_version, header[0]))
		pkt->key.port[0] = pkt->key.port[1] = load_be16(header + 4);
	icmp_broadcast(c);
	icmp_checksum(c, header, len);
	cursor_payload_here(c);
}

static void sctp_decode(struct cursor *c)
{
	const uint8_t *header;

	cursor_count(c, LAYER_SCTP);
	if (rd_left(&c->rd) < SCTP_HEADER_BYTES) {
		transport_short(c, ANOMALY_BIT(TRUNCATED));
		ports_only(c);
		return;
	}
	header = rd_bytes(&c->rd, SCTP_HEADER_BYTES);
	c->pkt->key.port[0] = load_be16(header);
	c->pkt->key.port[1] = load_be16(header + 2);
	cursor_payload_here(c);
}

/* What is neither TCP nor UDP. Where no header is read, all behind IP is payload. */
COLD static enum next other_decode(struct cursor *c, uint8_t proto)
{
	cursor_payload_here(c);
	switch (proto) {
	case PROTO_ICMP:
		icmp_decode(c, LAYER_ICMP);
		return NEXT_NONE;
	case PROTO_ICMPV6:
		icmp_decode(c, LAYER_ICMPV6);
		return NEXT_NONE;
	case PROTO_SCTP:
		sctp_decode(c);
		return NEXT_NONE;
	case PROTO_IGMP:
		cursor_count(c, LAYER_IGMP);
		return NEXT_NONE;
	case PROTO_ESP:
		cursor_count(c, LAYER_ESP);
		return NEXT_NONE;
	case PROTO_IPIP:
	case PROTO_IPV6:
	case PROTO_GRE:
		return tunnel_ip(c);
	default:
		cursor_count(c, LAYER_OTHER_IP);
		return NEXT_NONE;
	}
}

/* LAND: an answer would go to the sender itself. Loopback and unset addresses do that honestly. */
COLD static void land(struct cursor *c)
{
	const struct flow_key *key = &c->pkt->key;
	const struct addr *a = &key->addr[0];
	bool is_v4 = c->pkt->ip_version == 4;

	if (c->anomalies & ANOMALY_BIT(TRUNCATED)) /* perhaps before the ports */
		return;
	if (key->port[0] != key->port[1] || (key->proto != PROTO_TCP && key->proto != PROTO_UDP))
		return;
	if (is_v4 && (a->byte[12] == 127 || load_be32(a->byte + 12) == 0))
		return;
	if (!is_v4 && a->word[0] == 0 && load_be32(a->byte + 8) == 0 &&
		load_be32(a->byte + 12) <= 1)
		return;
	c->anomalies |= ANOMALY_BIT(LAND);
}

enum next transport_decode(struct cursor *c)
{
	const struct flow_key *key = &c->pkt->key;
	enum next next = NEXT_NONE;

	if (LIKELY(key->proto == PROTO_TCP))
		tcp_decode(c);
	else if (LIKELY(key->proto == PROTO_UDP))
		next = udp_decode(c);
	else
		next = other_decode(c, key->proto);
	if (UNLIKELY(key->addr[0].word[1] == key->addr[1].word[1]) &&
		addr_equal(&key->addr[0], &key->addr[1]))
		land(c);
	return next;
}
