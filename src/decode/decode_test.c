/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode/decode_test.c - fields of IP and transport, counters and the flow hash. */
#include "decode/test_packets.h"

static void test_fields(void **state)
{
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 1);
	add_ethernet(&p, 0x0800);
	add_ip4(&p, 6);
	add_tcp_options(&p, 443, 50000, TCP_ACK | TCP_PSH, "\1\1\10\12\0\0\0\1\0\0\0\2", 12);
	packet_bytes(&p, "hello", 5);
	packet_finish(&p);
	packet_fill(&p, 0, 6); /* Ethernet's padding */
	p.wire_extra = 3;
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "fields");
	assert_int_equal(pkt.time_ns, 1000);
	assert_int_equal(pkt.file, 3);
	assert_int_equal(pkt.captured_len, p.len);
	assert_int_equal(pkt.wire_len, p.len + 3);
	assert_int_equal(pkt.ip_offset, 14);
	assert_int_equal(pkt.transport_offset, 34);
	assert_int_equal(pkt.payload_offset, 66);
	assert_int_equal(pkt.payload_len, 5);
	assert_int_equal(pkt.payload_wire_len, 5);
	assert_int_equal(pkt.ip_len, 57);
	assert_int_equal(pkt.ttl, 64);
	assert_int_equal(pkt.tcp_seq, 0x01020304);
	assert_int_equal(pkt.tcp_ack, 0x05060708);
	assert_int_equal(pkt.tcp_window, 0x1000);
	assert_int_equal(pkt.tcp_flags, TCP_ACK | TCP_PSH);
	assert_true(addr_is_v4(&pkt.key.addr[0]));
	assert_int_equal(pkt.key.addr[0].byte[15], 1);
	assert_int_equal(pkt.key.addr[1].byte[15], 2);
	assert_int_equal(pkt.frag, FRAG_NONE);
	assert_int_equal(pkt.outer_proto, 0);
	assert_int_equal(pkt.key.pad | pkt.pad | pkt.events | pkt.standing, 0);
}

static void test_snapped(void **state)
{
	struct decode_stats stats = { 0 };
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 1);
	add_ethernet(&p, 0x86dd);
	add_ip6(&p, 17);
	add_udp(&p, 53, 4000);
	packet_fill(&p, 7, 500);
	packet_finish(&p);
	pkt = decode_bytes_of(&p, 96, (uint32_t)p.len, &stats);
	assert_anomalies(pkt.anomalies, 0, "snapped");
	assert_int_equal(pkt.ip_version, 6);
	assert_int_equal(pkt.key.port[0], 53);
	assert_int_equal(pkt.payload_len, 96 - 62);
	assert_int_equal(pkt.payload_wire_len, 500);
	assert_int_equal(pkt.ip_len, 548);
	assert_int_equal(stats.bytes, p.len);
}

/* What a host captures before its card segments, and Linux's BIG TCP, has length 0. */
static void test_offloaded(void **state)
{
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 1);
	add_ethernet(&p, 0x0800);
	add_ip4(&p, 6);
	add_tcp(&p, 1, 2, TCP_ACK);
	packet_fill(&p, 7, 3000);
	packet_finish(&p);
	put16(packet_layer(&p, 0) + 2, 0);
	packet_sum_ip4(&p, 0);
	put16(packet_layer(&p, 1) + 16, 0x1111);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "ipv4");
	assert_int_equal(pkt.ip_len, 3040);
	assert_int_equal(pkt.payload_wire_len, 3000);
	packet_start(&p, 1);
	add_ethernet(&p, 0x86dd);
	add_ip6(&p, 6);
	add_tcp(&p, 1, 2, TCP_ACK);
	packet_fill(&p, 7, 3000);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "ipv6");
	assert_int_equal(pkt.payload_wire_len, 3000);
}

/* A checksum that waits for the card holds the pseudo header's sum. */
static void test_partial_checksum(void **state)
{
	struct packet p;
	struct pkt pkt;
	uint16_t sum;

	(void)state;
	packet_start(&p, 1);
	add_ethernet(&p, 0x0800);
	add_ip4(&p, 6);
	add_tcp(&p, 1, 2, TCP_ACK);
	packet_finish(&p);
	sum = checksum_fold(checksum_add(
		checksum_add(0, packet_layer(&p, 0) + 12, 8), (const uint8_t[]){ 0, 6, 0, 20 }, 4));
	memcpy(packet_layer(&p, 1) + 16, &sum, 2);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "partial");
}

static void check_ports(
	uint8_t proto, uint8_t type, uint16_t first, uint16_t second, enum layer layer)
{
	struct decode_stats stats = { 0 };
	struct packet p;
	struct pkt pkt;

	packet_start(&p, 101);
	if (proto == 58)
		add_ip6(&p, proto);
	else
		add_ip4(&p, proto);
	if (proto == 132)
		BYTES(&p, 0x12, 0x34, 0x00, 0x50, 1, 2, 3, 4, 0, 0, 0, 0);
	else
		add_icmp(&p, type, 3, 0xbeef);
	packet_fill(&p, 1, 20);
	packet_finish(&p);
	pkt = decode_packet(&p, &stats);
	assert_int_equal(pkt.key.port[0], first);
	assert_int_equal(pkt.key.port[1], second);
	assert_int_equal(stats.layers[layer], 1);
	assert_int_equal(pkt.payload_len, layer == LAYER_ICMP || layer == LAYER_ICMPV6 ? 20
					  : layer == LAYER_SCTP			       ? 20
										       : 28);
}

static void test_ports(void **state)
{
	(void)state;
	check_ports(1, 8, 0xbeef, 0xbeef, LAYER_ICMP);
	check_ports(1, 0, 0xbeef, 0xbeef, LAYER_ICMP);
	check_ports(1, 14, 0xbeef, 0xbeef, LAYER_ICMP);
	check_ports(1, 42, 0xbeef, 0xbeef, LAYER_ICMP);
	check_ports(1, 3, 3, 3, LAYER_ICMP);
	check_ports(1, 11, 11, 3, LAYER_ICMP);
	check_ports(58, 128, 0xbeef, 0xbeef, LAYER_ICMPV6);
	check_ports(58, 1, 1, 3, LAYER_ICMPV6);
	check_ports(132, 0, 0x1234, 80, LAYER_SCTP);
	check_ports(2, 0, 0, 0, LAYER_IGMP);
	check_ports(50, 0, 0, 0, LAYER_ESP);
	check_ports(89, 0, 0, 0, LAYER_OTHER_IP);
}

static struct flow_key swapped(const struct flow_key *key)
{
	struct flow_key other = *key;

	other.addr[0] = key->addr[1];
	other.addr[1] = key->addr[0];
	other.port[0] = key->port[1];
	other.port[1] = key->port[0];
	return other;
}

static void test_hash_is_symmetric(void **state)
{
	struct pkt pkt = { 0 }, back = { 0 };

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		for (unsigned j = 0; j < 32; j++)
			pkt.key.addr[j / 16].byte[j % 16] = (uint8_t)(i * 31 + j * j * 7);
		pkt.key.port[0] = (uint16_t)(i * 7919);
		pkt.key.port[1] = (uint16_t)(i / 3);
		pkt.key.proto = (uint8_t)i;
		pkt.key.vlan = i & 0xfff;
		back.key = swapped(&pkt.key);
		decode_rehash(&pkt, i);
		decode_rehash(&back, i);
		assert_true(pkt.hash == back.hash);
		assert_true(pkt.hash == decode_key_hash(&pkt.key, i));
		assert_true(pkt.hash != decode_key_hash(&pkt.key, i + 1));
		assert_int_equal(pkt.lane, back.lane);
		assert_true(pkt.lane < DECODE_LANES);
		pkt.key.port[1]++;
		back.lane = pkt.lane;
		decode_rehash(&pkt, i);
		assert_true(pkt.hash != back.hash);
		assert_int_equal(pkt.lane, back.lane);
	}
}

/* Ports that go with the other address make another flow. */
static void test_hash_keeps_sides(void **state)
{
	struct flow_key key = {
		.addr[0].byte[15] = 1, .addr[1].byte[15] = 2, .port = { 10, 20 }, .proto = 6
	};
	struct flow_key other = key;

	(void)state;
	other.port[0] = 20;
	other.port[1] = 10;
	assert_true(decode_key_hash(&key, 1) != decode_key_hash(&other, 1));
	other = key;
	other.vlan = 1;
	assert_true(decode_key_hash(&key, 1) != decode_key_hash(&other, 1));
	other = key;
	other.proto = 17;
	assert_true(decode_key_hash(&key, 1) != decode_key_hash(&other, 1));
}

/* Neighbouring addresses and ports, as scans and floods have them, spread over lanes and over
 * the low and high bits of the hash: no cell is further from the mean than 6 standard
 * deviations. */
static void test_hash_spreads(void **state)
{
	enum { COUNT = 65536, CELLS = 256 };
	unsigned lanes[DECODE_LANES] = { 0 }, low[CELLS] = { 0 }, high[CELLS] = { 0 };
	struct pkt pkt = { .key = { .port = { 0, 80 }, .proto = 6 } };
	const uint8_t target[4] = { 192, 0, 2, 1 };

	(void)state;
	pkt.key.addr[1] = addr_from_v4(target);
	for (unsigned i = 0; i < COUNT; i++) {
		const uint8_t source[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };

		pkt.key.addr[0] = addr_from_v4(source);
		pkt.key.port[0] = (uint16_t)(1024 + i % 16);
		decode_rehash(&pkt, 42);
		lanes[pkt.lane]++;
		low[pkt.hash % CELLS]++;
		high[pkt.hash >> 56]++;
	}
	for (unsigned i = 0; i < DECODE_LANES; i++)
		assert_in_range(lanes[i], 2048 - 6 * 45, 2048 + 6 * 45);
	for (unsigned i = 0; i < CELLS; i++) {
		assert_in_range(low[i], 256 - 6 * 16, 256 + 6 * 16);
		assert_in_range(high[i], 256 - 6 * 16, 256 + 6 * 16);
	}
}

static void test_stats_add(void **state)
{
	struct decode_stats a = { 0 }, b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(a) / sizeof(uint64_t); i++) {
		((uint64_t *)&a)[i] = i;
		((uint64_t *)&b)[i] = 1000 * i;
	}
	decode_stats_add(&a, &b);
	for (size_t i = 0; i < sizeof(a) / sizeof(uint64_t); i++)
		assert_int_equal(((uint64_t *)&a)[i], 1001 * i);
	for (unsigned i = 0; i < LAYER_COUNT; i++)
		assert_non_null(layer_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_snapped),
		cmocka_unit_test(test_offloaded),
		cmocka_unit_test(test_partial_checksum),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_hash_is_symmetric),
		cmocka_unit_test(test_hash_keeps_sides),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_stats_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
