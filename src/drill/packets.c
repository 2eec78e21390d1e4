/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/packets.c - the frames of a rehearsed attack, made from their number.
 *
 * They are floods of the plainest sort, as public captures show them, between addresses that
 * exist only in the lab: invented senders are of 198.18.0.0/15 (RFC 2544), which the lab's
 * internet throws away, or of 2001:db8::/32.
 */
#include "drill/packets.h"

#include <string.h>

#define IP_UDP 17
#define IP_TCP 6
#define IP_ICMP 1
#define SENDER_BASE 0xc6120000U /* 198.18.0.0/15 */
#define GATE 0xc633640aU	/* 198.51.100.10 */
#define BEHIND 0xc000020aU	/* 192.0.2.10 */
#define ZOMBIE 0xc0000242U	/* 192.0.2.66 */
#define VICTIM 0xcb0071c8U	/* 203.0.113.200 */
#define HEADERS4 34		/* Ethernet and IPv4 */

/* splitmix64: numbers that look like chance and are the same again. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static uint32_t sum16(const uint8_t *bytes, unsigned len, uint32_t sum)
{
	for (unsigned i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return len % 2 ? sum + ((uint32_t)bytes[len - 1] << 8) : sum;
}

static unsigned fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void put_ethernet(const struct send_order *order, uint8_t *bytes, unsigned type)
{
	static const uint8_t from[6] = { 0x02, 0, 0, 0, 0, 0x01 };

	memcpy(bytes, order->to_mac, 6);
	memcpy(bytes + 6, from, 6);
	put16(bytes + 12, type);
}

struct ip4 {
	uint32_t from, to;
	unsigned protocol, payload_len, fragment; /* fragment: the 16 bits of flags and offset */
	uint64_t chance;
};

static uint8_t *put_ip4(const struct send_order *order, uint8_t *bytes, const struct ip4 *ip)
{
	uint8_t *at = bytes + 14;

	put_ethernet(order, bytes, 0x0800);
	memset(at, 0, 20);
	at[0] = 0x45;
	put16(at + 2, 20 + ip->payload_len);
	put16(at + 4, (unsigned)(ip->chance >> 48));
	put16(at + 6, ip->fragment);
	at[8] = (uint8_t)(48 + (ip->chance >> 40) % 16);
	at[9] = (uint8_t)ip->protocol;
	put32(at + 12, ip->from);
	put32(at + 16, ip->to);
	put16(at + 10, fold(sum16(at, 20, 0)));
	return at + 20;
}

static uint32_t transport_sum4(const struct ip4 *ip)
{
	return (ip->from >> 16) + (ip->from & 0xffff) + (ip->to >> 16) + (ip->to & 0xffff) +
	       ip->protocol + ip->payload_len;
}

static unsigned tcp4(const struct send_order *order, uint8_t *bytes, struct ip4 ip, unsigned flags,
	unsigned options_len)
{
	static const uint8_t options[20] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		3, 3, 7 };
	uint8_t *at;

	ip.protocol = IP_TCP;
	ip.payload_len = 20 + options_len;
	at = put_ip4(order, bytes, &ip);
	memset(at, 0, 20);
	put16(at, 1024 + (unsigned)(ip.chance >> 16) % 60000);
	put16(at + 2, 80);
	put32(at + 4, (uint32_t)ip.chance);
	put32(at + 8, flags & 0x10 ? (uint32_t)(ip.chance >> 32) : 0);
	put16(at + 12, (5 + options_len / 4) << 12 | flags);
	put16(at + 14, 64240);
	memcpy(at + 20, options, options_len);
	put16(at + 16, fold(sum16(at, ip.payload_len, transport_sum4(&ip))));
	return HEADERS4 + ip.payload_len;
}

static unsigned udp4(const struct send_order *order, uint8_t *bytes, struct ip4 ip,
	unsigned from_port, unsigned to_port, const uint8_t *start, unsigned start_len,
	unsigned len)
{
	uint8_t *at;

	ip.protocol = IP_UDP;
	ip.payload_len = 8 + len;
	at = put_ip4(order, bytes, &ip);
	put16(at, from_port);
	put16(at + 2, to_port);
	put16(at + 4, 8 + len);
	put16(at + 6, 0); /* no checksum, as IPv4 allows */
	memset(at + 8, 0x41, len);
	memcpy(at + 8, start, start_len < len ? start_len : len);
	return HEADERS4 + ip.payload_len;
}

static unsigned icmp4(const struct send_order *order, uint8_t *bytes, struct ip4 ip)
{
	uint8_t *at;

	ip.protocol = IP_ICMP;
	ip.payload_len = 64;
	at = put_ip4(order, bytes, &ip);
	memset(at, 0, 64);
	at[0] = 8;
	put16(at + 4, (unsigned)(ip.chance >> 16) & 0xffff);
	put16(at + 2, fold(sum16(at, 64, 0)));
	return HEADERS4 + 64;
}

/* A fragment from the middle of a datagram that never begins. */
static unsigned fragment4(const struct send_order *order, uint8_t *bytes, struct ip4 ip)
{
	ip.protocol = IP_UDP;
	ip.payload_len = 1000;
	ip.fragment = 0x2000 | 125;
	memset(put_ip4(order, bytes, &ip), 0x42, 1000);
	return HEADERS4 + 1000;
}

static unsigned syn6(const struct send_order *order, uint64_t chance, uint8_t *bytes)
{
	static const uint8_t gate[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x10 };
	uint8_t *ip = bytes + 14, *at = ip + 40;

	put_ethernet(order, bytes, 0x86dd);
	memset(ip, 0, 60);
	ip[0] = 0x60;
	put16(ip + 4, 20);
	ip[6] = IP_TCP;
	ip[7] = 60;
	put32(ip + 8, 0x20010db8);
	put32(ip + 12, 0xffff0000 | (uint32_t)(chance % order->senders >> 16));
	put32(ip + 20, (uint32_t)(chance % order->senders));
	memcpy(ip + 24, gate, 16);
	if (order->is_behind)
		ip[24 + 5] = 2; /* 2001:db8:2::10 */
	put16(at, 1024 + (unsigned)(chance >> 16) % 60000);
	put16(at + 2, 80);
	put32(at + 4, (uint32_t)chance);
	put16(at + 12, 5 << 12 | 0x02);
	put16(at + 14, 64240);
	put16(at + 16, fold(sum16(at, 20, sum16(ip + 8, 32, IP_TCP + 20))));
	return 14 + 60;
}

/* The reflectors of a reflection are few and real; other senders are invented. */
static unsigned reflection(
	const struct send_order *order, uint8_t *bytes, struct ip4 ip, unsigned port)
{
	static const uint8_t dns[12] = { 0, 1, 0x81, 0x80, 0, 1, 0, 20, 0, 0, 0, 1 };
	static const uint8_t ntp[8] = { 0xd7, 0, 0x03, 0x2a, 0, 6, 0, 0x48 };
	unsigned senders = order->senders < 2000 ? order->senders : 2000;

	ip.from = SENDER_BASE + (uint32_t)((ip.chance >> 8) % senders) * 61;
	if (port == 53)
		return udp4(order, bytes, ip, 53, 1024 + (unsigned)(ip.chance >> 16) % 60000, dns,
			sizeof(dns), 1200 + (unsigned)(ip.chance >> 32) % 200);
	return udp4(order, bytes, ip, 123, 80, ntp, sizeof(ntp), 440);
}

unsigned attack_packet(const struct send_order *order, uint64_t number, uint8_t *bytes)
{
	static const uint8_t shape[8] = { 0xde, 0xad, 0x00, 0x01, 0xbe, 0xef, 0x00, 0x02 };
	uint64_t chance = mix(number);
	struct ip4 ip = { SENDER_BASE + (uint32_t)(chance >> 8) % order->senders,
		order->is_behind ? BEHIND : GATE, 0, 0, 0, mix(chance) };

	switch (order->attack) {
	case ATTACK_SYN:
		return order->is_ipv6 ? syn6(order, chance, bytes)
				      : tcp4(order, bytes, ip, 0x02, 20);
	case ATTACK_ACK:
		return tcp4(order, bytes, ip, 0x10, 0);
	case ATTACK_ICMP:
		return icmp4(order, bytes, ip);
	case ATTACK_FRAGMENT:
		return fragment4(order, bytes, ip);
	case ATTACK_DNS:
		return reflection(order, bytes, ip, 53);
	case ATTACK_NTP:
		return reflection(order, bytes, ip, 123);
	case ATTACK_MIXED:
		if (number % 3 == 0)
			return tcp4(order, bytes, ip, 0x02, 20);
		return number % 3 == 1 ? reflection(order, bytes, ip, 53) : icmp4(order, bytes, ip);
	case ATTACK_ZOMBIE:
		ip.from = ZOMBIE;
		ip.to = VICTIM;
		break;
	case ATTACK_CARPET:
		ip.to = (GATE & 0xffffff00) + (uint32_t)(number % 254) + 1;
		break;
	default:
		break;
	}
	return udp4(order, bytes, ip, 1024 + (unsigned)(ip.chance >> 16) % 60000, 27015, shape,
		sizeof(shape), 512);
}
