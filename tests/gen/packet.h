/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/packet.h - builds Ethernet frames with IPv4 or IPv6, TCP, UDP, ICMP in them.
 *
 * Lengths and checksums come out right unless the caller spoils them afterwards; frames are padded
 * to the 60 bytes that a capture of a received frame shows at least. IPv4 or IPv6 follows from the
 * addresses.
 */
#ifndef WEIR_GEN_PACKET_H
#define WEIR_GEN_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define PACKET_MAX 2048 /* longest frame */
#define ETHERNET_BYTES 14

enum ip_proto {
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_GRE = 47,
	PROTO_ICMP6 = 58,
};

struct packet {
	int64_t time_ns;
	uint32_t len;
	uint8_t bytes[PACKET_MAX];
};

/* The parts of the IP header that callers care about, and the ports. */
struct head {
	struct addr from, to;
	uint16_t from_port, to_port;
	uint16_t id;	      /* IPv4 identification */
	uint16_t frag_offset; /* bytes, a multiple of 8; IPv4 only */
	bool more_fragments;
	uint8_t ttl;		/* 0: 64 */
	uint8_t options_len;	/* IPv4, a multiple of 4 */
	const uint8_t *options; /* IPv4 */
};

struct tcp {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint8_t options_len; /* a multiple of 4 */
	const uint8_t *options;
};

/* The SYN options of a common stack (MSS 1460, SACK permitted, window scale 7), 12 bytes. */
extern const uint8_t tcp_syn_options[12];

static inline void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* Copies text without its final 0; returns its length. */
static inline size_t put_text(uint8_t *at, const char *text)
{
	size_t len = 0;

	for (; text[len]; len++)
		at[len] = (uint8_t)text[len];
	return len;
}

/* Writes the Ethernet and IP headers for len bytes of IP payload; returns where these go,
 * already zeroed when short. len at most PACKET_MAX less the headers. */
uint8_t *packet_ip(struct packet *packet, const struct head *head, uint8_t proto, size_t len);

void packet_tcp(struct packet *packet, const struct head *head, const struct tcp *tcp,
	const void *payload, size_t len);
void packet_udp(struct packet *packet, const struct head *head, const void *payload, size_t len);

/* rest: the four bytes after the checksum, host order. ICMPv6 when the addresses are IPv6. */
void packet_icmp(struct packet *packet, const struct head *head, uint8_t type, uint8_t code,
	uint32_t rest, const void *payload, size_t len);

/* A UDP datagram with header and checksum in out (8 + len bytes), to be cut into fragments. */
void udp_datagram(uint8_t *out, const struct head *head, const void *payload, size_t len);

/* One IPv4 fragment: bytes [offset, offset + take) of an IP payload of len bytes. */
void packet_fragment(struct packet *packet, const struct head *head, uint8_t proto,
	const uint8_t *whole, size_t len, size_t offset, size_t take);

/* Puts an 802.1Q tag with that VLAN into a frame. */
void packet_tag(struct packet *packet, uint16_t vlan);

/* Internet checksum (RFC 1071) of bytes in the order of this machine, to be stored with memcpy. */
uint16_t internet_checksum(const void *bytes, size_t len);

#endif
