/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/test_anomalies_transport.h - packets of anomaly_test.c: IPv6 chains, transport, tunnels,
 * cuts.
 *
 * A builder starts a packet and appends its headers; packet_finish() is the caller's. A spoiler
 * changes a finished packet, and puts those checksums right that are not its subject.
 */
#ifndef WEIR_DECODE_TEST_ANOMALIES_TRANSPORT_H
#define WEIR_DECODE_TEST_ANOMALIES_TRANSPORT_H

#include "decode/test_anomalies_ip.h"

static inline void chain_long(struct packet *p)
{
	eth6(p, 60);
	for (unsigned i = 0; i < 8; i++)
		add_padding_header(p, 60);
	add_padding_header(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void chain_endless(struct packet *p)
{
	eth6(p, 60);
	for (unsigned i = 0; i < 60; i++)
		add_padding_header(p, 60);
}

static inline void chain_order(struct packet *p)
{
	eth6(p, 60);
	add_padding_header(p, 0);
	add_padding_header(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void chain_repeated(struct packet *p)
{
	eth6(p, 43);
	BYTES(p, 43, 0, 4, 0, 0, 0, 0, 0);
	BYTES(p, 6, 0, 4, 0, 0, 0, 0, 0);
	add_tcp(p, 1234, 80, TCP_ACK);
}

/* All that RFC 8200 4.1 lists, in its order. */
static inline void chain_full(struct packet *p)
{
	eth6(p, 0);
	add_padding_header(p, 60);
	add_padding_header(p, 43);
	BYTES(p, 60, 0, 4, 0, 0, 0, 0, 0);
	add_padding_header(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void chain_split(struct packet *p)
{
	eth6(p, 44);
	add_fragment_header(p, 60, 0, true);
	BYTES(p, 6, 3, 1, 4, 0, 0, 0, 0);
}

static inline void chain_split_header(struct packet *p)
{
	eth6(p, 44);
	add_fragment_header(p, 6, 0, true);
	packet_fill(p, 1, 16);
}

static inline void chain_beyond(struct packet *p)
{
	eth6(p, 60);
	BYTES(p, 6, 9, 1, 4, 0, 0, 0, 0);
}

static inline void atomic(struct packet *p)
{
	eth6(p, 44);
	add_fragment_header(p, 6, 0, false);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void frag6_unaligned(struct packet *p)
{
	eth6(p, 44);
	add_fragment_header(p, 17, 64, true);
	packet_fill(p, 1, 13);
}

static inline void frag6_oversize(struct packet *p)
{
	eth6(p, 44);
	add_fragment_header(p, 17, 65528, false);
	packet_fill(p, 1, 16);
}

static inline void frag6_at_8(struct packet *p)
{
	eth6(p, 44);
	add_fragment_header(p, 6, 8, false);
	packet_fill(p, 1, 16);
}

static inline void routing_0(struct packet *p)
{
	eth6(p, 43);
	BYTES(p, 6, 0, 0, 1, 0, 0, 0, 0);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void option6_long(struct packet *p)
{
	eth6(p, 60);
	BYTES(p, 6, 0, 1, 5, 0, 0, 0, 0);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void option6_many(struct packet *p)
{
	eth6(p, 60);
	BYTES(p, 6, 15, 0, 0, 0, 0, 0, 0);
	packet_fill(p, 0, 120);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void jumbo_where_length(struct packet *p)
{
	eth6(p, 0);
	BYTES(p, 6, 0, 0xc2, 4, 0, 1, 0, 0);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void jumbo_odd(struct packet *p)
{
	eth6(p, 0);
	BYTES(p, 6, 0, 0xc2, 3, 0, 1, 0, 0);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void no_length(struct packet *p)
{
	put16(packet_layer(p, 0) + 4, 0);
}

static inline void jumbo(struct packet *p)
{
	no_length(p);
	p->wire_extra = 65536 - 28;
}

static inline void ah6(struct packet *p)
{
	eth6(p, 51);
	BYTES(p, 6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1);
	packet_fill(p, 0xee, 12);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void ah4(struct packet *p)
{
	eth4(p, 51);
	BYTES(p, 6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1);
	packet_fill(p, 0xee, 12);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void ah4_short(struct packet *p)
{
	eth4(p, 51);
	BYTES(p, 6, 40, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1);
}

static inline void offset_low(struct packet *p)
{
	packet_layer(p, 1)[12] = 0x40;
	packet_sum(p);
}

static inline void offset_high(struct packet *p)
{
	packet_layer(p, 1)[12] = 0xf0;
	packet_sum(p);
}

static inline void tcp_too_short(struct packet *p)
{
	eth4(p, 6);
	packet_fill(p, 1, 12);
}

static inline void tcp_sum(struct packet *p)
{
	packet_layer(p, 1)[17] ^= 1;
}

static inline void udp_sum(struct packet *p)
{
	packet_layer(p, 1)[7] ^= 1;
}

static inline void udp_sum_zero(struct packet *p)
{
	put16(packet_layer(p, 1) + 6, 0);
}

static inline void udp6(struct packet *p)
{
	eth6(p, 17);
	add_udp(p, 53, 4000);
}

static inline void icmp_sum(struct packet *p)
{
	packet_layer(p, 1)[3] ^= 1;
}

static inline void flags(struct packet *p, uint8_t value)
{
	packet_layer(p, 1)[13] = value;
	packet_sum(p);
}

static inline void flags_none(struct packet *p)
{
	flags(p, 0);
}

static inline void flags_syn_fin(struct packet *p)
{
	flags(p, TCP_SYN | TCP_FIN | TCP_ACK);
}

static inline void flags_syn_rst(struct packet *p)
{
	flags(p, TCP_SYN | TCP_RST);
}

static inline void flags_xmas(struct packet *p)
{
	flags(p, TCP_FIN | TCP_PSH | TCP_URG);
}

static inline void flags_fin(struct packet *p)
{
	flags(p, TCP_FIN);
}

static inline void flags_ecn(struct packet *p)
{
	flags(p, TCP_SYN | TCP_ECE | TCP_CWR);
}

static inline void port_zero(struct packet *p)
{
	put16(packet_layer(p, 1), 0);
	packet_sum(p);
}

static inline void port_zero_to(struct packet *p)
{
	put16(packet_layer(p, 1) + 2, 0);
	packet_sum(p);
}

static inline void tcp_option(struct packet *p, uint8_t tcp_flags, const void *bytes, size_t len)
{
	eth4(p, 6);
	add_tcp_options(p, 1234, 80, tcp_flags, bytes, len);
}

static inline void tcp_option_long(struct packet *p)
{
	tcp_option(p, TCP_ACK, "\x01\x05\x0a\x00", 4);
}

static inline void tcp_option_short(struct packet *p)
{
	tcp_option(p, TCP_ACK, "\x05\x01\x00\x00", 4);
}

static inline void tcp_option_cut(struct packet *p)
{
	tcp_option(p, TCP_ACK, "\x01\x01\x01\x05", 4);
}

static inline void tcp_option_ends(struct packet *p)
{
	tcp_option(p, TCP_ACK, "\x01\x00\x05\x01", 4);
}

static inline void syn_payload(struct packet *p)
{
	tcp_option(p, TCP_SYN, "\x02\x04\x05\xb4", 4);
	packet_fill(p, 1, 10);
}

static inline void syn_fast_open(struct packet *p)
{
	tcp_option(p, TCP_SYN, "\x02\x04\x05\xb4\x22\x02\x01\x01", 8);
	packet_fill(p, 1, 10);
}

static inline void syn_fast_open_trial(struct packet *p)
{
	tcp_option(p, TCP_SYN, "\xfe\x04\xf9\x89", 4);
	packet_fill(p, 1, 10);
}

static inline void udp_low(struct packet *p)
{
	put16(packet_layer(p, 1) + 4, 7);
}

static inline void udp_high(struct packet *p)
{
	put16(packet_layer(p, 1) + 4, 100);
}

static inline void udp_too_short(struct packet *p)
{
	eth4(p, 17);
	packet_fill(p, 1, 6);
}

static inline void udp_with_options(struct packet *p)
{
	put16(packet_layer(p, 1) + 4, 20);
	p->len -= 28;
	packet_sum(p);
	p->len += 28;
}

static inline void ping(struct packet *p)
{
	eth4(p, 1);
	add_icmp(p, 8, 0, 77);
}

static inline void ping6(struct packet *p)
{
	eth6(p, 58);
	add_icmp(p, 128, 0, 77);
}

static inline void to_broadcast(struct packet *p)
{
	destination(p, 0xffffffff);
}

static inline void to_all6(struct packet *p)
{
	address6(p, 24, "\377\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
}

static inline void icmp_short(struct packet *p)
{
	eth4(p, 1);
	packet_fill(p, 1, 5);
}

static inline void sctp_short(struct packet *p)
{
	eth4(p, 132);
	packet_fill(p, 1, 5);
}

static inline void tunnels_deep(struct packet *p)
{
	eth4(p, 4);
	for (unsigned i = 0; i < PKT_TUNNELS_MAX; i++)
		add_ip4(p, 4);
	add_ip4(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void tunnel_version(struct packet *p)
{
	eth4(p, 4);
	add_ip6(p, 59);
}

static inline void cut_ip(struct packet *p)
{
	p->len = 14 + 16;
	p->wire_extra = 10;
}

static inline void cut_options(struct packet *p)
{
	p->len = 14 + 22;
	p->wire_extra = 26;
}

static inline void cut_tcp(struct packet *p)
{
	p->len = 14 + 20 + 10;
	p->wire_extra = 10;
}

static inline void short_ip(struct packet *p)
{
	p->len = 14 + 16;
}

#endif
