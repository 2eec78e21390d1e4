/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/test_packets.h - builds packets for the tests of this stage, from outside to inside.
 *
 * Each function appends one header; packet_finish() then fills in lengths and checksums from the
 * innermost outwards. A test that wants something wrong writes it into the bytes afterwards, and
 * calls packet_sum() when the checksums shall be right all the same. Default addresses: 10.0.0.1 →
 * 10.0.0.2 and 2001:db8::1 → 2001:db8::2.
 */
#ifndef WEIR_DECODE_TEST_PACKETS_H
#define WEIR_DECODE_TEST_PACKETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/checksum.h"
#include "decode/decode.h"

#define TEST_SEED 0x5eed5eed5eed5eedULL
#define LAYERS_TRACK 16

enum fix { FIX_IP4, FIX_IP6, FIX_TCP, FIX_UDP, FIX_ICMP, FIX_PPPOE, FIX_GTP };

struct packet {
	uint8_t bytes[4096];
	size_t len;
	uint32_t wire_extra; /* bytes that were on the wire and are not here */
	uint16_t link_type;
	unsigned fix_count;
	struct {
		enum fix kind;
		size_t offset;
	} fixes[LAYERS_TRACK];
};

#define BYTES(packet, ...)                                                                         \
	packet_bytes(packet, (const uint8_t[]){ __VA_ARGS__ },                                     \
		sizeof((const uint8_t[]){ __VA_ARGS__ }))

static inline void packet_bytes(struct packet *p, const void *bytes, size_t len)
{
	assert_true(p->len + len <= sizeof(p->bytes));
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static inline void packet_fill(struct packet *p, uint8_t byte, size_t len)
{
	for (size_t i = 0; i < len; i++)
		packet_bytes(p, &byte, 1);
}

static inline void packet_be16(struct packet *p, uint16_t value)
{
	BYTES(p, (uint8_t)(value >> 8), (uint8_t)value);
}

static inline void packet_fix(struct packet *p, enum fix kind)
{
	p->fixes[p->fix_count].kind = kind;
	p->fixes[p->fix_count++].offset = p->len;
}

static inline void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* An empty packet on a link type; its layers follow. */
static inline void packet_start(struct packet *p, uint16_t link_type)
{
	memset(p, 0, sizeof(*p));
	p->link_type = link_type;
}

static inline void add_ethernet(struct packet *p, uint16_t type)
{
	BYTES(p, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1);
	packet_be16(p, type);
}

static inline void add_vlan(struct packet *p, uint16_t id, uint16_t type)
{
	packet_be16(p, id);
	packet_be16(p, type);
}

/* options: a multiple of 4 bytes, or NULL. */
static inline void add_ip4_options(struct packet *p, uint8_t proto, const void *options, size_t len)
{
	packet_fix(p, FIX_IP4);
	BYTES(p, (uint8_t)(0x45 + len / 4), 0, 0, 0, 0x12, 0x34, 0, 0, 64, proto, 0, 0);
	BYTES(p, 10, 0, 0, 1, 10, 0, 0, 2);
	packet_bytes(p, options, len);
}

static inline void add_ip4(struct packet *p, uint8_t proto)
{
	add_ip4_options(p, proto, "", 0);
}

static inline void add_ip6(struct packet *p, uint8_t next)
{
	packet_fix(p, FIX_IP6);
	BYTES(p, 0x60, 0, 0, 0, 0, 0, next, 64);
	BYTES(p, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	BYTES(p, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);
}

/* An IPv6 extension header of 8 bytes with padding in it (hop-by-hop, destination). */
static inline void add_padding_header(struct packet *p, uint8_t next)
{
	BYTES(p, next, 0, 1, 4, 0, 0, 0, 0);
}

static inline void add_fragment_header(
	struct packet *p, uint8_t next, uint16_t offset, bool has_more)
{
	BYTES(p, next, 0);
	packet_be16(p, (uint16_t)(offset | has_more));
	BYTES(p, 0xca, 0xfe, 0, 1);
}

static inline void add_tcp_options(struct packet *p, uint16_t source, uint16_t destination,
	uint8_t flags, const void *options, size_t len)
{
	packet_fix(p, FIX_TCP);
	packet_be16(p, source);
	packet_be16(p, destination);
	BYTES(p, 1, 2, 3, 4, 5, 6, 7, 8, (uint8_t)((5 + len / 4) << 4), flags, 0x10, 0, 0, 0, 0, 0);
	packet_bytes(p, options, len);
}

static inline void add_tcp(struct packet *p, uint16_t source, uint16_t destination, uint8_t flags)
{
	add_tcp_options(p, source, destination, flags, "", 0);
}

static inline void add_udp(struct packet *p, uint16_t source, uint16_t destination)
{
	packet_fix(p, FIX_UDP);
	packet_be16(p, source);
	packet_be16(p, destination);
	BYTES(p, 0, 0, 0, 0);
}

static inline void add_icmp(struct packet *p, uint8_t type, uint8_t code, uint16_t id)
{
	packet_fix(p, FIX_ICMP);
	BYTES(p, type, code, 0, 0);
	packet_be16(p, id);
	BYTES(p, 0, 1);
}

static inline void add_gtp(struct packet *p, uint8_t flags)
{
	packet_fix(p, FIX_GTP);
	BYTES(p, flags, 0xff, 0, 0, 0, 0, 0, 1);
}

/* Index of the IP header that the layer belongs to. */
static inline const uint8_t *packet_ip_of(const struct packet *p, unsigned fix)
{
	while (p->fixes[fix].kind != FIX_IP4 && p->fixes[fix].kind != FIX_IP6)
		fix--;
	return p->bytes + p->fixes[fix].offset;
}

static inline uint16_t packet_transport_sum(const struct packet *p, unsigned fix, uint8_t proto)
{
	size_t offset = p->fixes[fix].offset, len = p->len - offset;
	const uint8_t *ip = packet_ip_of(p, fix);
	uint8_t pseudo[4] = { 0, proto, (uint8_t)(len >> 8), (uint8_t)len };
	bool is_v4 = ip[0] >> 4 == 4;
	uint64_t sum = 0;

	if (!(is_v4 && proto == 1)) {
		sum = checksum_add(sum, pseudo, 4);
		sum = is_v4 ? checksum_add(sum, ip + 12, 8) : checksum_add(sum, ip + 8, 32);
	}
	return (uint16_t)~checksum_fold(checksum_add(sum, p->bytes + offset, len));
}

static inline void packet_sum_at(struct packet *p, unsigned fix, size_t field, uint8_t proto)
{
	uint8_t *at = p->bytes + p->fixes[fix].offset + field;
	uint16_t sum;

	memset(at, 0, 2);
	sum = packet_transport_sum(p, fix, proto);
	if (sum == 0 && proto == 17)
		sum = 0xffff;
	memcpy(at, &sum, 2);
}

static inline void packet_sum_ip4(struct packet *p, unsigned fix)
{
	uint8_t *header = p->bytes + p->fixes[fix].offset;
	uint16_t sum;

	memset(header + 10, 0, 2);
	sum = (uint16_t)~checksum_fold(checksum_add(0, header, (header[0] & 15u) * 4));
	memcpy(header + 10, &sum, 2);
}

/* All checksums, innermost first. */
static inline void packet_sum(struct packet *p)
{
	for (unsigned i = p->fix_count; i-- > 0;) {
		enum fix kind = p->fixes[i].kind;

		if (kind == FIX_IP4)
			packet_sum_ip4(p, i);
		else if (kind == FIX_TCP)
			packet_sum_at(p, i, 16, 6);
		else if (kind == FIX_UDP)
			packet_sum_at(p, i, 6, 17);
		else if (kind == FIX_ICMP)
			packet_sum_at(p, i, 2, packet_ip_of(p, i)[0] >> 4 == 4 ? 1 : 58);
	}
}

/* All lengths and checksums. */
static inline void packet_finish(struct packet *p)
{
	for (unsigned i = 0; i < p->fix_count; i++) {
		uint8_t *at = p->bytes + p->fixes[i].offset;
		size_t len = p->len - p->fixes[i].offset;

		if (p->fixes[i].kind == FIX_IP4)
			put16(at + 2, len);
		else if (p->fixes[i].kind == FIX_IP6)
			put16(at + 4, len - 40);
		else if (p->fixes[i].kind == FIX_UDP)
			put16(at + 4, len);
		else if (p->fixes[i].kind == FIX_PPPOE)
			put16(at + 4, len - 6);
		else if (p->fixes[i].kind == FIX_GTP)
			put16(at + 2, len - 8);
	}
	packet_sum(p);
}

/* The header of the given layer, counted from 0 among those that have a length or checksum. */
static inline uint8_t *packet_layer(struct packet *p, unsigned fix)
{
	return p->bytes + p->fixes[fix].offset;
}

/* Decodes the first captured bytes, from memory of just that size, so that a sanitizer sees
 * every step beyond. Every field of the pkt is dirty before. pkt->bytes is not valid afterwards. */
static inline struct pkt decode_bytes_of(
	const struct packet *p, size_t captured, uint32_t wire_len, struct decode_stats *stats)
{
	uint8_t *copy = malloc(captured + !captured);
	struct frame frame = { .bytes = copy,
		.captured_len = (uint32_t)captured,
		.wire_len = wire_len,
		.link_type = p->link_type,
		.time_ns = 1000,
		.file = 3,
		.number = 1 };
	struct pkt pkt;

	assert_non_null(copy);
	memcpy(copy, p->bytes, captured);
	memset(&pkt, 0xa5, sizeof(pkt));
	decode_frame(&frame, TEST_SEED, &pkt, stats);
	free(copy);
	pkt.bytes = p->bytes;
	return pkt;
}

static inline struct pkt decode_packet(const struct packet *p, struct decode_stats *stats)
{
	struct decode_stats unused = { 0 };

	return decode_bytes_of(
		p, p->len, (uint32_t)p->len + p->wire_extra, stats ? stats : &unused);
}

/* The names of anomaly bits, for messages; two results stay valid. */
static inline const char *anomaly_text(uint64_t bits)
{
	static char text[2][512];
	static unsigned turn;
	char *out = text[turn++ & 1];
	size_t len = 0;

	out[0] = 0;
	for (unsigned i = 0; i < ANOMALY_COUNT; i++)
		if (bits >> i & 1 && len < 480)
			len += (size_t)snprintf(out + len, 512 - len, " %s", anomaly_infos[i].name);
	return out;
}

static inline void assert_anomalies(uint64_t found, uint64_t expected, const char *what)
{
	if (found != expected)
		fail_msg("%s: found%s, expected%s", what, anomaly_text(found),
			anomaly_text(expected));
}

#endif
