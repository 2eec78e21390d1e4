/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * anomalies.h - what can be wrong with a packet: one list, a bit each in pkt.anomalies.
 *
 * ANOMALY(symbol, name, severity, meaning): severity is how bad one such packet is by itself:
 *   0 counted only, 1 odd (broken senders do it), 2 abuse (nothing honest sends it).
 * At most 64. Sources: RFC 791, 792, 793/9293, 1858, 3128, 5722, 6890, 7112, 8200.
 */
#ifndef WEIR_ANOMALIES_H
#define WEIR_ANOMALIES_H

#define ANOMALIES(ANOMALY)                                                                         \
	ANOMALY(TRUNCATED, "truncated", 0, "the bytes end within a header")                        \
	ANOMALY(LINK_UNKNOWN, "link_unknown", 0, "link type or EtherType without IP")              \
	ANOMALY(IP_VERSION, "ip_version", 1, "IP version does not match the frame")                \
	ANOMALY(IP_HEADER_LENGTH, "ip_header_length", 1,                                           \
		"IPv4 header below 5 words or beyond the frame")                                   \
	ANOMALY(IP_TOTAL_LENGTH, "ip_total_length", 1,                                             \
		"IP length shorter than its headers or longer than the frame")                     \
	ANOMALY(IP_CHECKSUM, "ip_checksum", 1, "IPv4 header checksum is wrong")                    \
	ANOMALY(IP_TTL_ZERO, "ip_ttl_zero", 1, "TTL or hop limit 0 on the wire")                   \
	ANOMALY(IP_OPTION_BAD, "ip_option_bad", 1, "IP option with an impossible length")          \
	ANOMALY(IP_SOURCE_ROUTE, "ip_source_route", 2,                                             \
		"source routing asked for (LSRR, SSRR, IPv6 type 0)")                              \
	ANOMALY(IP_OPTION, "ip_option", 0, "IP options other than source routing, router alert")   \
	ANOMALY(IP_RESERVED_FLAG, "ip_reserved_flag", 1, "the IPv4 reserved flag is set")          \
	ANOMALY(IP_BOGON_SOURCE, "ip_bogon_source", 1, "source that no host can have (RFC 6890)")  \
	ANOMALY(IP_MARTIAN, "ip_martian", 1, "destination that no host can have (RFC 1812 5.3.7)") \
	ANOMALY(LAND, "land", 2, "same address and port on both sides (LAND)")                     \
	ANOMALY(FRAG_TINY, "frag_tiny", 2,                                                         \
		"fragment cut within a transport header (RFC 1858, 3128)")                         \
	ANOMALY(FRAG_OVERLAP, "frag_overlap", 2, "fragments overlap (teardrop; RFC 5722)")         \
	ANOMALY(FRAG_OVERSIZE, "frag_oversize", 2,                                                 \
		"fragments reach beyond 65535 bytes (ping of death)")                              \
	ANOMALY(FRAG_UNALIGNED, "frag_unaligned", 1,                                               \
		"fragment, not the last, not a multiple of 8 bytes")                               \
	ANOMALY(IP6_CHAIN_LONG, "ip6_chain_long", 2, "more than 8 IPv6 extension headers")         \
	ANOMALY(IP6_CHAIN_ORDER, "ip6_chain_order", 1,                                             \
		"IPv6 extension header repeated or out of order (RFC 8200 4.1)")                   \
	ANOMALY(IP6_CHAIN_SPLIT, "ip6_chain_split", 2,                                             \
		"first fragment without the whole header chain (RFC 7112)")                        \
	ANOMALY(IP6_ATOMIC_FRAG, "ip6_atomic_frag", 0,                                             \
		"IPv6 fragment header on a whole packet (RFC 6946)")                               \
	ANOMALY(IP6_OPTION_BAD, "ip6_option_bad", 1, "IPv6 option with an impossible length")      \
	ANOMALY(IP6_AH_CHAIN, "ip6_ah_chain", 0, "authentication header in the chain")             \
	ANOMALY(TCP_DATA_OFFSET, "tcp_data_offset", 1,                                             \
		"TCP data offset below 5 words or beyond the packet")                              \
	ANOMALY(TCP_CHECKSUM, "tcp_checksum", 0, "TCP checksum is wrong")                          \
	ANOMALY(TCP_SYN_FIN, "tcp_syn_fin", 2, "SYN and FIN together")                             \
	ANOMALY(TCP_SYN_RST, "tcp_syn_rst", 2, "SYN and RST together")                             \
	ANOMALY(TCP_NULL, "tcp_null", 2, "no TCP flag at all")                                     \
	ANOMALY(TCP_XMAS, "tcp_xmas", 2, "FIN, PSH and URG without ACK")                           \
	ANOMALY(TCP_FIN_NO_ACK, "tcp_fin_no_ack", 1, "FIN without ACK")                            \
	ANOMALY(TCP_PORT_ZERO, "tcp_port_zero", 1, "TCP port 0")                                   \
	ANOMALY(TCP_OPTION_BAD, "tcp_option_bad", 1, "TCP option with an impossible length")       \
	ANOMALY(TCP_SYN_PAYLOAD, "tcp_syn_payload", 0, "SYN with payload (and no TCP Fast Open)")  \
	ANOMALY(UDP_LENGTH, "udp_length", 1, "UDP length below 8 or beyond the packet")            \
	ANOMALY(UDP_CHECKSUM, "udp_checksum", 0, "UDP checksum is wrong")                          \
	ANOMALY(UDP_PORT_ZERO, "udp_port_zero", 1, "UDP destination port 0")                       \
	ANOMALY(ICMP_CHECKSUM, "icmp_checksum", 0, "ICMP checksum is wrong")                       \
	ANOMALY(ICMP_BROADCAST, "icmp_broadcast", 1,                                               \
		"echo request to a broadcast or multicast address (smurf)")                        \
	ANOMALY(TUNNEL_DEPTH, "tunnel_depth", 1, "more tunnels in one another than are followed")  \
	ANOMALY(TIME_BACKWARDS, "time_backwards", 0, "timestamp before that of an earlier packet") \
	ANOMALY(TIME_ABSURD, "time_absurd", 0,                                                     \
		"timestamp before 1990 or after 2100, or nanoseconds out of range")

enum anomaly {
#define ANOMALY(symbol, name, severity, meaning) ANOMALY_##symbol,
	ANOMALIES(ANOMALY)
#undef ANOMALY
		ANOMALY_COUNT
};

_Static_assert(ANOMALY_COUNT <= 64, "anomalies are bits of a uint64_t");

#define ANOMALY_BIT(symbol) (1ULL << ANOMALY_##symbol)

struct anomaly_info {
	const char *name;
	unsigned severity;
	const char *meaning;
};

extern const struct anomaly_info anomaly_infos[ANOMALY_COUNT];

#endif
