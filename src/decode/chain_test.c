/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode/chain_test.c - IPv6 extension headers: where they end, and what they do to checksums. */
#include "decode/test_packets.h"

static void check_chain(const struct packet *p, uint8_t proto, uint8_t transport_offset)
{
	struct pkt pkt = decode_packet(p, NULL);

	assert_anomalies(pkt.anomalies, 0, "chain");
	assert_int_equal(pkt.key.proto, proto);
	assert_int_equal(pkt.transport_offset, transport_offset);
}

static void test_chains(void **state)
{
	struct packet p;

	(void)state;
	packet_start(&p, 101);
	add_ip6(&p, 0);
	add_padding_header(&p, 59);
	packet_finish(&p);
	check_chain(&p, 59, 48);
	packet_start(&p, 101);
	add_ip6(&p, 135);
	BYTES(&p, 59, 0, 5, 0, 0, 0, 0, 0);
	packet_finish(&p);
	check_chain(&p, 135, 48);
	packet_start(&p, 101);
	add_ip6(&p, 139);
	BYTES(&p, 140, 0, 5, 0, 0, 0, 0, 0);
	BYTES(&p, 17, 0, 5, 0, 0, 0, 0, 0);
	add_udp(&p, 1, 2);
	packet_finish(&p);
	check_chain(&p, 17, 56);
	packet_start(&p, 101);
	add_ip6(&p, 60);
	add_padding_header(&p, 50);
	packet_fill(&p, 3, 40);
	packet_finish(&p);
	check_chain(&p, 50, 48);
}

/* Segment routing: the checksum is for the last segment, not for the header's destination; a
 * home address is for the source what that is. */
static void test_readdressed(void **state)
{
	struct packet p;

	(void)state;
	packet_start(&p, 101);
	add_ip6(&p, 43);
	BYTES(&p, 6, 0, 4, 1, 0, 0, 0, 0);
	add_tcp(&p, 1, 2, TCP_ACK);
	packet_finish(&p);
	packet_layer(&p, 1)[16] ^= 1;
	check_chain(&p, 6, 48);
	packet_start(&p, 101);
	add_ip6(&p, 60);
	BYTES(&p, 6, 2, 1, 0, 0xc9, 16);
	packet_fill(&p, 1, 16);
	packet_fill(&p, 0, 2);
	add_tcp(&p, 1, 2, TCP_ACK);
	packet_finish(&p);
	packet_layer(&p, 1)[16] ^= 1;
	check_chain(&p, 6, 64);
}

static void test_fragment_fields(void **state)
{
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 101);
	add_ip6(&p, 44);
	add_fragment_header(&p, 17, 1480, true);
	packet_fill(&p, 1, 64);
	packet_finish(&p);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "later fragment");
	assert_int_equal(pkt.frag, FRAG_LATER);
	assert_int_equal(pkt.frag_id, 0xcafe0001);
	assert_int_equal(pkt.frag_offset, 1480);
	assert_int_equal(pkt.key.proto, 17);
	assert_int_equal(pkt.key.port[0], 0);
	assert_int_equal(pkt.payload_offset, 48);
	assert_int_equal(pkt.payload_len, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_readdressed),
		cmocka_unit_test(test_fragment_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
