/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/test_anomalies_ip.h - packets of anomaly_test.c: headers, addresses, fragments.
 *
 * A builder starts a packet and appends its headers; packet_finish() is the caller's. A spoiler
 * changes a finished packet, and puts those checksums right that are not its subject.
 */
#ifndef WEIR_DECODE_TEST_ANOMALIES_IP_H
#define WEIR_DECODE_TEST_ANOMALIES_IP_H

#include "decode/test_packets.h"

static inline void eth4(struct packet *p, uint8_t proto)
{
	packet_start(p, 1);
	add_ethernet(p, 0x0800);
	add_ip4(p, proto);
}

static inline void eth6(struct packet *p, uint8_t next)
{
	packet_start(p, 1);
	add_ethernet(p, 0x86dd);
	add_ip6(p, next);
}

static inline void tcp4(struct packet *p)
{
	eth4(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void tcp6(struct packet *p)
{
	eth6(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void udp4(struct packet *p)
{
	eth4(p, 17);
	add_udp(p, 53, 4000);
	packet_fill(p, 1, 40);
}

static inline void lldp(struct packet *p)
{
	packet_start(p, 1);
	add_ethernet(p, 0x88cc);
	packet_fill(p, 0, 40);
}

static inline void raw(struct packet *p)
{
	packet_start(p, 101);
	add_ip4(p, 6);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void options(struct packet *p, const void *bytes, size_t len)
{
	packet_start(p, 1);
	add_ethernet(p, 0x0800);
	add_ip4_options(p, 6, bytes, len);
	add_tcp(p, 1234, 80, TCP_ACK);
}

static inline void options_bad(struct packet *p)
{
	options(p, "\x07\x09\x04", 4);
}

static inline void options_short(struct packet *p)
{
	options(p, "\x01\x07\x01", 4);
}

static inline void options_route(struct packet *p)
{
	options(p, "\x83\x07\x04\x0a\x00\x00\x09", 8);
}

static inline void options_record(struct packet *p)
{
	options(p, "\x07\x07\x04\x00\x00\x00\x00", 8);
}

static inline void options_alert(struct packet *p)
{
	options(p, "\x94\x04\x00\x00\x01\x01\x00\x00", 8);
}

static inline void wrong_version(struct packet *p)
{
	packet_layer(p, 0)[0] = 0x65;
}

static inline void raw_version(struct packet *p)
{
	packet_layer(p, 0)[0] = 0x25;
}

static inline void short_ihl(struct packet *p)
{
	packet_layer(p, 0)[0] = 0x44;
}

static inline void long_ihl(struct packet *p)
{
	p->len = 14 + 32;
	put16(packet_layer(p, 0) + 2, 32);
	packet_layer(p, 0)[0] = 0x4f;
}

static inline void total_beyond_frame(struct packet *p)
{
	put16(packet_layer(p, 0) + 2, 1000);
	packet_sum_ip4(p, 0);
}

static inline void total_below_header(struct packet *p)
{
	put16(packet_layer(p, 0) + 2, 19);
	packet_sum_ip4(p, 0);
}

static inline void total_zero(struct packet *p)
{
	put16(packet_layer(p, 0) + 2, 0);
	packet_sum_ip4(p, 0);
}

static inline void payload_beyond_frame(struct packet *p)
{
	put16(packet_layer(p, 0) + 4, 1000);
}

static inline void ip_sum(struct packet *p)
{
	packet_layer(p, 0)[11] ^= 1;
}

static inline void ip_sum_zero(struct packet *p)
{
	put16(packet_layer(p, 0) + 10, 0);
}

static inline void ttl_zero(struct packet *p)
{
	packet_layer(p, 0)[8] = 0;
	packet_sum(p);
}

static inline void hops_zero(struct packet *p)
{
	packet_layer(p, 0)[7] = 0;
}

static inline void reserved_flag(struct packet *p)
{
	packet_layer(p, 0)[6] = 0x80;
	packet_sum(p);
}

static inline void source(struct packet *p, uint32_t address)
{
	uint8_t *at = packet_layer(p, 0) + 12;

	put16(at, address >> 16);
	put16(at + 2, address);
	packet_sum(p);
}

static inline void destination(struct packet *p, uint32_t address)
{
	uint8_t *at = packet_layer(p, 0) + 16;

	put16(at, address >> 16);
	put16(at + 2, address);
	packet_sum(p);
}

static inline void from_0(struct packet *p)
{
	source(p, 0x00010203);
}

static inline void from_nobody(struct packet *p)
{
	source(p, 0);
}

static inline void from_nobody_to_all(struct packet *p)
{
	destination(p, 0xffffffff);
	source(p, 0);
}

static inline void from_loopback(struct packet *p)
{
	source(p, 0x7f000001);
}

static inline void from_reserved(struct packet *p)
{
	source(p, 0xf0000001);
}

static inline void from_multicast(struct packet *p)
{
	source(p, 0xe0000001);
}

static inline void from_documentation(struct packet *p)
{
	source(p, 0xc0000201);
}

static inline void to_0(struct packet *p)
{
	destination(p, 0x00000001);
}

static inline void to_loopback(struct packet *p)
{
	destination(p, 0x7f000001);
}

static inline void both_loopback(struct packet *p)
{
	destination(p, 0x7f000001);
	source(p, 0x7f000001);
	put16(packet_layer(p, 1), 80); /* same ports: LAND, but for loopback */
	packet_sum(p);
}

static inline void to_reserved(struct packet *p)
{
	destination(p, 0xf0000001);
}

static inline void zero_macs(struct packet *p)
{
	memset(p->bytes, 0, 12);
	source(p, 0x7f000001);
}

/* which: 8 source, 24 destination. */
static inline void address6(struct packet *p, unsigned which, const char *bytes)
{
	memcpy(packet_layer(p, 0) + which, bytes, 16);
	packet_sum(p);
}

static inline void from_loopback6(struct packet *p)
{
	address6(p, 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
}

static inline void from_compatible6(struct packet *p)
{
	address6(p, 8, "\0\0\0\0\0\0\0\0\0\0\0\0\12\0\0\1");
}

static inline void from_mapped6(struct packet *p)
{
	address6(p, 8, "\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1");
}

static inline void from_multicast6(struct packet *p)
{
	address6(p, 8, "\377\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
}

static inline void from_nobody6(struct packet *p)
{
	address6(p, 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static inline void from_nobody_to_all6(struct packet *p)
{
	address6(p, 24, "\377\2\0\0\0\0\0\0\0\0\0\1\377\0\0\1");
	from_nobody6(p);
}

static inline void to_loopback6(struct packet *p)
{
	address6(p, 24, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
}

static inline void both_loopback6(struct packet *p)
{
	to_loopback6(p);
	from_loopback6(p);
}

static inline void to_unspecified6(struct packet *p)
{
	address6(p, 24, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static inline void land(struct packet *p)
{
	put16(packet_layer(p, 1), 80);
	source(p, 0x0a000002);
}

static inline void land_ports_differ(struct packet *p)
{
	source(p, 0x0a000002);
}

static inline void land6(struct packet *p)
{
	put16(packet_layer(p, 1), 80);
	packet_layer(p, 0)[23] = 2;
	packet_sum(p);
}

static inline void land6_loopback(struct packet *p)
{
	land6(p);
	both_loopback6(p);
}

/* Flags and offset of the IPv4 header. */
static inline void fragment(struct packet *p, uint16_t field)
{
	put16(packet_layer(p, 0) + 6, field);
	packet_sum_ip4(p, 0);
}

static inline void frag_8_of_tcp(struct packet *p)
{
	p->len -= 12;
	put16(packet_layer(p, 0) + 2, 28);
	fragment(p, 0x2000);
}

static inline void frag_at_8(struct packet *p)
{
	fragment(p, 0x0001);
}

static inline void frag_options_cut(struct packet *p)
{
	packet_layer(p, 1)[12] = 0xf0;
	p->len += 4;
	put16(packet_layer(p, 0) + 2, 44);
	fragment(p, 0x2000);
}

static inline void frag_first(struct packet *p)
{
	fragment(p, 0x2000);
}

static inline void frag_last(struct packet *p)
{
	fragment(p, 0x0010);
}

static inline void frag_oversize(struct packet *p)
{
	fragment(p, 0x1fff);
}

static inline void frag_unaligned(struct packet *p)
{
	p->len -= 1;
	put16(packet_layer(p, 0) + 2, 20 + 8 + 39);
	fragment(p, 0x2010);
}

#endif
