/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/packet.c - headers, lengths, checksums.
 *
 * MAC addresses tell where the capture was taken: at the edge of the inside networks. Inside hosts
 * have one of their own, everybody outside is seen through the router.
 */
#include "gen/packet.h"

#include <string.h>

#define IP4_BYTES 20
#define IP6_BYTES 40
#define TCP_BYTES 20
#define UDP_BYTES 8
#define ICMP_BYTES 8
#define FRAME_BYTES_MIN 60
#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_IP6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define IP4_MORE 0x2000
#define IP4_DONT 0x4000

const uint8_t tcp_syn_options[12] = { 2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7 };

/* Sum of 32-bit words in machine order: the checksum does not depend on byte order (RFC 1071
 * 2(B)). */
static uint64_t sum_add(uint64_t sum, const uint8_t *bytes, size_t len)
{
	uint32_t word;
	uint16_t half;

	for (; len >= 4; len -= 4, bytes += 4) {
		memcpy(&word, bytes, 4);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, bytes, 2);
		sum += half;
		bytes += 2;
		len -= 2;
	}
	if (len) {
		half = 0;
		memcpy(&half, bytes, 1);
		sum += half;
	}
	return sum;
}

static uint16_t sum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

uint16_t internet_checksum(const void *bytes, size_t len)
{
	return sum_fold(sum_add(0, bytes, len));
}

/* Checksum of a transport header and payload with the pseudo header of RFC 9293 3.1 or RFC 8200
 * 8.1. */
static uint16_t transport_checksum(
	const struct head *head, uint8_t proto, const uint8_t *bytes, size_t len)
{
	uint8_t tail[8] = { 0 };
	size_t skip = addr_is_v4(&head->to) ? 12 : 0;
	uint64_t sum;

	put32(tail, (uint32_t)len);
	tail[7] = proto;
	sum = sum_add(0, tail, sizeof(tail));
	sum = sum_add(sum, head->from.byte + skip, 16 - skip);
	sum = sum_add(sum, head->to.byte + skip, 16 - skip);
	return sum_fold(sum_add(sum, bytes, len));
}

static void checksum_store(uint8_t *at, uint16_t checksum)
{
	memcpy(at, &checksum, 2);
}

static bool is_inside(const struct addr *a)
{
	static const uint8_t net6[6] = { 0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00 };

	if (!addr_is_v4(a))
		return memcmp(a->byte, net6, sizeof(net6)) == 0;
	return a->byte[12] == 10 || (a->byte[12] == 198 && a->byte[13] == 51 && a->byte[14] == 100);
}

static void mac_write(uint8_t *at, const struct addr *a)
{
	static const uint8_t router[6] = { 0x02, 0, 0, 0, 0, 1 };

	if (!is_inside(a)) {
		memcpy(at, router, sizeof(router));
		return;
	}
	at[0] = 0x02;
	at[1] = addr_is_v4(a) ? 0x04 : 0x06;
	memcpy(at + 2, a->byte + 12, 4);
}

static uint8_t *ip4_write(uint8_t *at, const struct head *head, uint8_t proto, size_t len)
{
	size_t header = IP4_BYTES + head->options_len;
	uint16_t fragment = head->frag_offset / 8;

	at[0] = 0x40 | header / 4;
	at[1] = 0;
	put16(at + 2, (uint16_t)(header + len));
	put16(at + 4, head->id);
	if (head->more_fragments)
		fragment |= IP4_MORE;
	else if (head->frag_offset == 0 && head->id == 0)
		fragment |= IP4_DONT;
	put16(at + 6, fragment);
	at[8] = head->ttl ? head->ttl : 64;
	at[9] = proto;
	put16(at + 10, 0);
	memcpy(at + 12, head->from.byte + 12, 4);
	memcpy(at + 16, head->to.byte + 12, 4);
	if (head->options_len)
		memcpy(at + IP4_BYTES, head->options, head->options_len);
	checksum_store(at + 10, internet_checksum(at, header));
	return at + header;
}

static uint8_t *ip6_write(uint8_t *at, const struct head *head, uint8_t proto, size_t len)
{
	put32(at, 0x60000000);
	put16(at + 4, (uint16_t)len);
	at[6] = proto;
	at[7] = head->ttl ? head->ttl : 64;
	memcpy(at + 8, head->from.byte, 16);
	memcpy(at + 24, head->to.byte, 16);
	return at + IP6_BYTES;
}

uint8_t *packet_ip(struct packet *packet, const struct head *head, uint8_t proto, size_t len)
{
	bool is_v4 = addr_is_v4(&head->to);
	/* cppcheck-suppress ctuuninitvar ; the frame is written here, not read */
	uint8_t *at = packet->bytes;

	if (len < FRAME_BYTES_MIN)
		memset(at, 0, FRAME_BYTES_MIN + ETHERNET_BYTES + IP6_BYTES);
	mac_write(at, &head->to);
	mac_write(at + 6, &head->from);
	put16(at + 12, is_v4 ? ETHERTYPE_IP4 : ETHERTYPE_IP6);
	at += ETHERNET_BYTES;
	at = is_v4 ? ip4_write(at, head, proto, len) : ip6_write(at, head, proto, len);
	packet->len = (uint32_t)(at - packet->bytes + (ptrdiff_t)len);
	if (packet->len < FRAME_BYTES_MIN)
		packet->len = FRAME_BYTES_MIN;
	return at;
}

void packet_tcp(struct packet *packet, const struct head *head, const struct tcp *tcp,
	const void *payload, size_t len)
{
	size_t header = TCP_BYTES + tcp->options_len;
	uint8_t *at = packet_ip(packet, head, PROTO_TCP, header + len);

	put16(at, head->from_port);
	put16(at + 2, head->to_port);
	put32(at + 4, tcp->seq);
	put32(at + 8, tcp->ack);
	at[12] = (uint8_t)(header / 4 << 4);
	at[13] = tcp->flags;
	put16(at + 14, tcp->window);
	put32(at + 16, 0);
	if (tcp->options_len)
		memcpy(at + TCP_BYTES, tcp->options, tcp->options_len);
	if (len)
		memcpy(at + header, payload, len);
	checksum_store(at + 16, transport_checksum(head, PROTO_TCP, at, header + len));
}

void udp_datagram(uint8_t *out, const struct head *head, const void *payload, size_t len)
{
	uint16_t checksum;

	put16(out, head->from_port);
	put16(out + 2, head->to_port);
	put16(out + 4, (uint16_t)(UDP_BYTES + len));
	put16(out + 6, 0);
	if (len)
		memcpy(out + UDP_BYTES, payload, len);
	checksum = transport_checksum(head, PROTO_UDP, out, UDP_BYTES + len);
	checksum_store(out + 6, checksum ? checksum : 0xffff); /* 0 says: none (RFC 768) */
}

void packet_udp(struct packet *packet, const struct head *head, const void *payload, size_t len)
{
	udp_datagram(packet_ip(packet, head, PROTO_UDP, UDP_BYTES + len), head, payload, len);
}

void packet_icmp(struct packet *packet, const struct head *head, uint8_t type, uint8_t code,
	uint32_t rest, const void *payload, size_t len)
{
	bool is_v4 = addr_is_v4(&head->to);
	uint8_t *at = packet_ip(packet, head, is_v4 ? PROTO_ICMP : PROTO_ICMP6, ICMP_BYTES + len);

	at[0] = type;
	at[1] = code;
	put16(at + 2, 0);
	put32(at + 4, rest);
	if (len)
		memcpy(at + ICMP_BYTES, payload, len);
	checksum_store(at + 2, is_v4 ? internet_checksum(at, ICMP_BYTES + len)
				     : transport_checksum(head, PROTO_ICMP6, at, ICMP_BYTES + len));
}

void packet_fragment(struct packet *packet, const struct head *head, uint8_t proto,
	const uint8_t *whole, size_t len, size_t offset, size_t take)
{
	struct head part = *head;

	part.frag_offset = (uint16_t)offset;
	part.more_fragments = offset + take < len;
	memcpy(packet_ip(packet, &part, proto, take), whole + offset, take);
}

void packet_tag(struct packet *packet, uint16_t vlan)
{
	if (packet->len + 4 > PACKET_MAX)
		return;
	memmove(packet->bytes + 16, packet->bytes + 12, packet->len - 12);
	put16(packet->bytes + 12, ETHERTYPE_VLAN);
	put16(packet->bytes + 14, vlan);
	packet->len += 4;
}
