/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/traffic_test.c - of which kind a packet is, and that what is verified is of none. */
#include "detect/traffic.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"

#define US "192.0.2.1"
#define THEM "203.0.113.9"

static struct pkt unverified(struct pkt pkt)
{
	pkt.standing = STANDING_OPENING;
	return pkt;
}

static struct pkt tcp(uint8_t flags)
{
	return unverified(fixture_tcp(THEM, 4000, US, 80, flags));
}

static void tcp_by_its_flags(void **state)
{
	static const struct {
		uint8_t flags;
		enum kind kind;
	} table[] = {
		{ TCP_SYN, KIND_FLOOD_SYN },
		{ TCP_SYN | TCP_ECE | TCP_CWR, KIND_FLOOD_SYN },
		{ TCP_SYN | TCP_ACK, KIND_FLOOD_SYNACK },
		{ TCP_ACK, KIND_FLOOD_ACK },
		{ TCP_ACK | TCP_PSH, KIND_FLOOD_ACK },
		{ 0, KIND_FLOOD_ACK },
		{ TCP_RST, KIND_FLOOD_RST },
		{ TCP_RST | TCP_ACK, KIND_FLOOD_RST },
		{ TCP_SYN | TCP_RST, KIND_FLOOD_RST },
		{ TCP_FIN | TCP_ACK, KIND_FLOOD_FIN },
		{ TCP_SYN | TCP_FIN, KIND_FLOOD_FIN },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pkt pkt = tcp(table[i].flags);

		assert_int_equal(traffic_flood_kind(&pkt), table[i].kind);
	}
}

static void others_by_their_protocol(void **state)
{
	struct pkt echo = unverified(fixture_echo(THEM, US, 7, false));
	struct pkt echo6 = unverified(fixture_echo("2001:db8:9::1", "2001:db8::1", 7, false));
	struct pkt udp = unverified(fixture_udp(THEM, 4000, US, 9999, 100));
	struct pkt gre = unverified(fixture_pkt(47, fixture_addr(THEM), 0, fixture_addr(US), 0));

	(void)state;
	assert_int_equal(traffic_flood_kind(&echo), KIND_FLOOD_ICMP);
	assert_int_equal(traffic_flood_kind(&echo6), KIND_FLOOD_ICMP);
	assert_int_equal(traffic_flood_kind(&udp), KIND_FLOOD_UDP);
	assert_int_equal(traffic_flood_kind(&gre), KIND_FLOOD_OTHER);
	assert_int_equal(traffic_amplification_kind(&gre), KIND_NONE);
}

static void who_proved_himself_is_of_no_kind(void **state)
{
	static const uint8_t harmless[] = { STANDING_NONE, STANDING_STREAM, STANDING_ANSWER,
		STANDING_VERIFIED };
	static const uint8_t counted[] = { STANDING_STRAY, STANDING_OPENING, STANDING_UNANSWERED };
	struct pkt pkt = tcp(TCP_ACK), dns = fixture_udp(THEM, 53, US, 4000, 600);

	(void)state;
	for (unsigned i = 0; i < sizeof(harmless); i++) {
		pkt.standing = dns.standing = harmless[i];
		assert_int_equal(traffic_flood_kind(&pkt), KIND_NONE);
		assert_int_equal(traffic_amplification_kind(&dns), KIND_NONE);
	}
	for (unsigned i = 0; i < sizeof(counted); i++) {
		pkt.standing = dns.standing = counted[i];
		assert_int_equal(traffic_flood_kind(&pkt), KIND_FLOOD_ACK);
		assert_int_equal(traffic_amplification_kind(&dns), KIND_AMPLIFICATION_DNS);
	}
}

static void groups_cannot_be_flooded(void **state)
{
	struct pkt pkt = unverified(fixture_udp(THEM, 4000, "239.1.2.3", 5000, 100));

	(void)state;
	assert_int_equal(traffic_flood_kind(&pkt), KIND_NONE);
}

static void fragments_without_a_beginning(void **state)
{
	struct pkt pkt = fixture_udp(THEM, 0, US, 0, 1400);

	(void)state;
	pkt.frag = FRAG_LATER;
	pkt.standing = STANDING_STRAY;
	assert_int_equal(traffic_flood_kind(&pkt), KIND_FLOOD_FRAG);
	pkt.standing = STANDING_UNANSWERED; /* its beginning is known, and nobody asked for it */
	assert_int_equal(traffic_flood_kind(&pkt), KIND_FLOOD_UDP);
	pkt.key.port[0] = 53;
	assert_int_equal(traffic_flood_kind(&pkt), KIND_NONE);
	assert_int_equal(traffic_amplification_kind(&pkt), KIND_AMPLIFICATION_DNS);
}

static void every_amplifier_by_its_port(void **state)
{
	static const struct {
		uint16_t port;
		enum kind kind;
	} table[] = {
#define AMPLIFIER(symbol, name, port, title) { port, KIND_AMPLIFICATION_##symbol },
		AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pkt pkt = unverified(fixture_udp(THEM, table[i].port, US, 40000, 500));
		enum kind kind = table[i].port ? table[i].kind : KIND_NONE;

		assert_int_equal(traffic_amplifier_port(table[i].port), kind);
		assert_int_equal(traffic_amplification_kind(&pkt), kind);
		assert_int_equal(traffic_flood_kind(&pkt), kind ? KIND_NONE : KIND_FLOOD_UDP);
	}
	assert_int_equal(traffic_amplifier_port(4500), KIND_AMPLIFICATION_IKE);
	assert_int_equal(traffic_amplifier_port(138), KIND_AMPLIFICATION_NETBIOS);
	assert_int_equal(traffic_amplifier_port(40000), KIND_NONE);
}

/* Honest requests of these go from their own port to the same one. */
static void the_same_port_at_both_ends(void **state)
{
	static const uint16_t symmetric[] = { 500, 4500, 520, 47808, 137, 138, 5683, 3702 };
	struct pkt pkt;

	(void)state;
	for (unsigned i = 0; i < sizeof(symmetric) / sizeof(symmetric[0]); i++) {
		pkt = unverified(fixture_udp(THEM, symmetric[i], US, symmetric[i], 300));
		assert_int_equal(traffic_amplification_kind(&pkt), KIND_NONE);
		assert_int_equal(traffic_flood_kind(&pkt), KIND_FLOOD_UDP);
	}
	pkt = unverified(fixture_udp(THEM, 11211, US, 11211, 300));
	assert_int_equal(traffic_amplification_kind(&pkt), KIND_AMPLIFICATION_MEMCACHED);
}

/* A datagram with that beginning, of len bytes captured. */
static enum kind kind_of_payload(uint16_t from_port, const uint8_t *payload, uint32_t len)
{
	uint8_t bytes[42 + 16] = { 0 };
	struct pkt pkt = unverified(fixture_udp(THEM, from_port, US, 40000, 200));

	memcpy(bytes + pkt.payload_offset, payload, len);
	pkt.bytes = bytes;
	pkt.payload_len = len;
	return traffic_amplification_kind(&pkt);
}

static void questions_are_no_answers(void **state)
{
	static const uint8_t question[8] = { 0x12, 0x34, 0x01, 0x00 };
	static const uint8_t answer[8] = { 0x12, 0x34, 0x81, 0x80 };
	static const uint8_t modes[][4] = { { 0x23 }, { 0x1b }, { 0x24 }, { 0x16 }, { 0xd7 } };
	static const uint8_t sequence[4] = { 0x30, 0x82, 1, 2 };

	(void)state;
	assert_int_equal(kind_of_payload(53, question, 8), KIND_NONE);
	assert_int_equal(kind_of_payload(53, answer, 8), KIND_AMPLIFICATION_DNS);
	assert_int_equal(kind_of_payload(5353, question, 8), KIND_NONE);
	assert_int_equal(kind_of_payload(5353, answer, 8), KIND_AMPLIFICATION_MDNS);
	assert_int_equal(kind_of_payload(123, modes[0], 4), KIND_NONE); /* client */
	assert_int_equal(kind_of_payload(123, modes[1], 4), KIND_NONE);
	for (unsigned i = 2; i < 5; i++) /* server, control, private */
		assert_int_equal(kind_of_payload(123, modes[i], 4), KIND_AMPLIFICATION_NTP);
	assert_int_equal(kind_of_payload(161, sequence, 4), KIND_AMPLIFICATION_SNMP);
	assert_int_equal(kind_of_payload(161, question, 4), KIND_NONE);
	assert_int_equal(kind_of_payload(389, sequence, 4), KIND_AMPLIFICATION_CLDAP);
	assert_int_equal(kind_of_payload(389, question, 4), KIND_NONE);
	assert_int_equal(kind_of_payload(1900, question, 4), KIND_AMPLIFICATION_SSDP);
	assert_int_equal(
		kind_of_payload(53, question, 3), KIND_AMPLIFICATION_DNS); /* cut: believed */
}

static void an_empty_datagram_is_no_answer(void **state)
{
	struct pkt pkt = unverified(fixture_udp(THEM, 53, US, 40000, 0));

	(void)state;
	assert_int_equal(traffic_amplification_kind(&pkt), KIND_NONE);
	assert_int_equal(traffic_flood_kind(&pkt), KIND_FLOOD_UDP);
}

static void tftp_answers_from_any_port(void **state)
{
	static const uint8_t block1[4] = { 0, 3, 0, 1 }, block2[4] = { 0, 3, 0, 2 };

	(void)state;
	assert_int_equal(kind_of_payload(33333, block1, 4), KIND_AMPLIFICATION_TFTP);
	assert_int_equal(kind_of_payload(33333, block2, 4), KIND_NONE);
	assert_int_equal(kind_of_payload(33333, block1, 3), KIND_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_by_its_flags),
		cmocka_unit_test(others_by_their_protocol),
		cmocka_unit_test(who_proved_himself_is_of_no_kind),
		cmocka_unit_test(groups_cannot_be_flooded),
		cmocka_unit_test(fragments_without_a_beginning),
		cmocka_unit_test(every_amplifier_by_its_port),
		cmocka_unit_test(the_same_port_at_both_ends),
		cmocka_unit_test(questions_are_no_answers),
		cmocka_unit_test(an_empty_datagram_is_no_answer),
		cmocka_unit_test(tftp_answers_from_any_port),
	};

	return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
