/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/cut_test.c - rich packets, cut at every byte and with every byte changed: nothing beyond
 * the end is read (sanitizers watch), offsets stay within, and a cut is never taken for abuse.
 */
#include "decode/test_packets.h"

static void tail(struct packet *p)
{
	add_tcp_options(p, 1234, 80, TCP_SYN,
		"\x02\x04\x05\xb4\x01\x03\x03\x07\x01\x01\x08\x0a\0\0\0\1\0\0\0\0\x04\x02\0\0", 24);
	packet_finish(p);
}

static void many_tunnels(struct packet *p)
{
	packet_start(p, 1);
	add_ethernet(p, 0x88a8);
	add_vlan(p, 1, 0x8100);
	add_vlan(p, 2, 0x8847);
	BYTES(p, 0, 1, 1, 64);
	add_ip4_options(p, 47, "\x94\x04\0\0\x07\x03\x04\0", 8);
	BYTES(p, 0xb0, 0, 0x88, 0xbe, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 1);
	BYTES(p, 0x10, 1, 0, 1, 0, 0, 0, 0);
	add_ethernet(p, 0x86dd);
	add_ip6(p, 0);
	add_padding_header(p, 4);
	add_ip4(p, 17);
	add_udp(p, 9, 2152);
	add_gtp(p, 0x34);
	BYTES(p, 0, 0, 0, 0x85, 1, 0, 0, 0);
	add_ip6(p, 6);
	tail(p);
}

static void long_chain(struct packet *p)
{
	packet_start(p, 276);
	BYTES(p, 0x88, 0x64, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0);
	packet_fix(p, FIX_PPPOE);
	BYTES(p, 0x11, 0, 0, 1, 0, 0, 0x00, 0x57);
	add_ip6(p, 0);
	add_padding_header(p, 60);
	add_padding_header(p, 43);
	BYTES(p, 51, 2, 4, 0, 0, 0, 0, 0);
	packet_fill(p, 1, 16);
	BYTES(p, 60, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1);
	packet_fill(p, 0xee, 12);
	add_padding_header(p, 6);
	tail(p);
}

static void overlays(struct packet *p)
{
	packet_start(p, 192);
	BYTES(p, 0, 0, 8, 0, 1, 0, 0, 0);
	add_ethernet(p, 0x0800);
	add_ip4(p, 17);
	add_udp(p, 9, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x8100);
	add_vlan(p, 2, 0x0800);
	add_ip4(p, 17);
	add_udp(p, 9, 6081);
	BYTES(p, 1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 0);
	add_ethernet(p, 0x0800);
	add_ip4(p, 47);
	BYTES(p, 0x30, 0x01, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 3, 0, 0x21);
	add_ip4(p, 51);
	BYTES(p, 6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1);
	packet_fill(p, 0xee, 12);
	tail(p);
}

static void first_fragment(struct packet *p)
{
	packet_start(p, 1);
	add_ethernet(p, 0x86dd);
	add_ip6(p, 60);
	add_padding_header(p, 44);
	add_fragment_header(p, 60, 0, true);
	add_padding_header(p, 6);
	tail(p);
	packet_fill(p, 1, 4);
	packet_finish(p);
}

static void first_fragment_4(struct packet *p)
{
	packet_start(p, 1);
	add_ethernet(p, 8 + 20 + 48);
	BYTES(p, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0);
	add_ip4(p, 6);
	p->bytes[p->len - 14] = 0x20;
	tail(p);
	packet_fill(p, 1, 4);
	packet_finish(p);
}

static void (*const builders[])(struct packet *) = {
	many_tunnels,
	long_chain,
	overlays,
	first_fragment,
	first_fragment_4,
};

#define BUILDER_COUNT (sizeof(builders) / sizeof(builders[0]))

static unsigned worst(uint64_t anomalies)
{
	unsigned severity = 0;

	for (unsigned i = 0; i < ANOMALY_COUNT; i++)
		if (anomalies >> i & 1 && anomaly_infos[i].severity > severity)
			severity = anomaly_infos[i].severity;
	return severity;
}

static void assert_within(const struct pkt *pkt)
{
	assert_true(pkt->ip_offset <= pkt->transport_offset);
	assert_true(pkt->transport_offset <= pkt->payload_offset);
	assert_true(pkt->payload_offset + (uint64_t)pkt->payload_len <= pkt->captured_len);
	assert_true(pkt->payload_len <= pkt->payload_wire_len);
	assert_true(pkt->ip_offset + (uint64_t)pkt->ip_len <= pkt->wire_len || !pkt->ip_version);
	assert_true(pkt->tunnels <= PKT_TUNNELS_MAX && pkt->lane < DECODE_LANES);
}

static void test_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BUILDER_COUNT; i++) {
		struct packet p;
		struct pkt pkt;

		builders[i](&p);
		pkt = decode_packet(&p, NULL);
		if (worst(pkt.anomalies) > 0)
			fail_msg("packet %u:%s", i, anomaly_text(pkt.anomalies));
		assert_int_equal(pkt.key.proto, 6);
		assert_int_equal(pkt.key.port[1], 80);
		assert_within(&pkt);
	}
}

/* Snapped by the capture (the length on the wire is known), and cut by somebody who lost it. */
static void test_cuts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BUILDER_COUNT; i++) {
		struct packet p;

		builders[i](&p);
		for (size_t len = 0; len < p.len; len++) {
			struct decode_stats stats = { 0 };
			struct pkt snapped = decode_bytes_of(&p, len, (uint32_t)p.len, &stats);
			struct pkt lost = decode_bytes_of(&p, len, (uint32_t)len, &stats);

			assert_within(&snapped);
			assert_within(&lost);
			if (worst(snapped.anomalies) > 0 || worst(lost.anomalies) > 1)
				fail_msg("packet %u at %zu:%s;%s", i, len,
					anomaly_text(snapped.anomalies),
					anomaly_text(lost.anomalies));
			assert_int_equal(
				stats.frames, stats.ip_packets + stats.layers[LAYER_OTHER]);
		}
	}
}

static void test_every_byte_changed(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x2f, 0x40, 0x45, 0x7f, 0x80, 0xff };

	(void)state;
	for (unsigned i = 0; i < BUILDER_COUNT; i++) {
		struct packet p;

		builders[i](&p);
		for (size_t at = 0; at < p.len; at++) {
			uint8_t kept = p.bytes[at];

			for (unsigned j = 0; j < sizeof(values); j++) {
				struct pkt pkt;

				p.bytes[at] = values[j];
				pkt = decode_packet(&p, NULL);
				assert_within(&pkt);
			}
			p.bytes[at] = kept;
		}
	}
}

/* An offset does not fit struct pkt: the frame is not followed to there. */
static void test_far_away(void **state)
{
	static const uint8_t beyond[8] = { 0, 0, 0xff, 0xff, 101 },
			     within[8] = { 0, 0, 0, 0x80, 101 };
	static uint8_t bytes[80000];
	struct frame frame = { .bytes = bytes,
		.captured_len = sizeof(bytes),
		.wire_len = sizeof(bytes),
		.link_type = 192 };
	struct decode_stats stats = { 0 };
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 101);
	add_ip4(&p, 6);
	tail(&p);
	memcpy(bytes, beyond, sizeof(beyond));
	memcpy(bytes + 65535, p.bytes, p.len);
	decode_frame(&frame, TEST_SEED, &pkt, &stats);
	assert_int_equal(pkt.ip_version, 0);
	memcpy(bytes, within, sizeof(within));
	memcpy(bytes + 0x8000, p.bytes, p.len);
	decode_frame(&frame, TEST_SEED, &pkt, &stats);
	assert_int_equal(pkt.ip_version, 4);
	assert_int_equal(pkt.ip_offset, 0x8000);
}

/* Extension headers of the greatest length, in a jumbogram: the walk ends before offsets
 * overflow. */
static void test_endless_extensions(void **state)
{
	static const uint8_t routing[4] = { 43, 0xff, 4, 0 };
	static uint8_t bytes[120000];
	struct frame frame = { .bytes = bytes,
		.captured_len = sizeof(bytes),
		.wire_len = sizeof(bytes),
		.link_type = 229 };
	struct decode_stats stats = { 0 };
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 229);
	add_ip6(&p, 0);
	BYTES(&p, 43, 0, 0xc2, 4, 0, 1, 0xd4, 0x98);
	memcpy(bytes, p.bytes, p.len);
	for (size_t at = p.len; at + 2048 < sizeof(bytes); at += 2048)
		memcpy(bytes + at, routing, sizeof(routing));
	decode_frame(&frame, TEST_SEED, &pkt, &stats);
	assert_true(pkt.anomalies & ANOMALY_BIT(IP6_CHAIN_LONG));
	assert_within(&pkt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_every_byte_changed),
		cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_endless_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
