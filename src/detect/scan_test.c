/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_test.c - scans are found, with who, whom and how many; what only looks like one is
 * not.
 *
 * Each scenario is played packet by packet through the fixture. The false alarms that operators
 * hate (crawlers, NAT gateways, resolvers, monitoring, peers, traceroute …) are in
 * scan_benign_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"
#include "detect/detectors.h"
#include "detect/scan_judge.h"
#include "lib/hash.h"

#define T0 FIXTURE_START_NS
#define MS(n) ((int64_t)(n)*NS_PER_MS)
#define S(n) ((int64_t)(n)*NS_PER_S)

static struct pkt syn_to(struct addr from, struct addr to, uint16_t port, uint16_t from_port)
{
	struct pkt pkt = fixture_pkt(6, from, from_port, to, port);

	pkt.tcp_flags = TCP_SYN;
	pkt.tcp_seq = 1000;
	return pkt;
}

/* n hosts from base on are tried on the port, step_ns apart; each answered-th answers (0: none). */
static void sweep(struct fixture *f, int64_t start_ns, int64_t step_ns, const char *from,
	const char *base, uint16_t port, unsigned n, unsigned answered)
{
	for (unsigned i = 0; i < n; i++) {
		struct pkt pkt = syn_to(
			fixture_addr(from), fixture_addr_at(base, i), port, (uint16_t)(40000 + i));

		if (answered && i % answered == 0)
			fixture_answer(f, start_ns + i * step_ns, &pkt);
		else
			fixture_open_only(f, start_ns + i * step_ns, &pkt);
	}
}

static void finds_a_horizontal_scan(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *found;
	struct addr from = fixture_addr("203.0.113.9");

	(void)unused;
	sweep(f, T0, MS(50), "203.0.113.9", "192.0.2.1", 23, 100, 10);
	fixture_end(f);
	found = fixture_last(f, KIND_SCAN_HORIZONTAL);
	assert_non_null(found);
	assert_memory_equal(&found->finding.from, &from, sizeof(from));
	assert_int_equal(found->finding.from_bits, 128);
	assert_true(addr_is_zero(&found->finding.to));
	assert_int_equal(found->finding.port, 23);
	assert_int_equal(found->finding.proto, 6);
	assert_int_equal(found->target_count, 90);
	assert_float_equal(found->finding.observed, 90, 0);
	assert_float_equal(found->finding.expected, 25, 0);
	assert_string_equal(found->finding.evidence[0].name, "hosts_failed");
	assert_float_equal(finding_evidence(&found->finding, "tried", 0), 100, 0);
	assert_float_equal(finding_evidence(&found->finding, "answered", 0), 10, 0);
	assert_false(found->finding.is_spoofable); /* it completed handshakes */
	assert_true(found->finding.confidence > 0.8 && found->finding.confidence <= 1);
	assert_int_equal(fixture_count(f, KIND_NONE), fixture_count(f, KIND_SCAN_HORIZONTAL));
	fixture_close(f);
}

static void tells_no_packet_twice(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *list;
	uint64_t packets = 0;
	unsigned count;

	(void)unused;
	sweep(f, T0, MS(50), "203.0.113.9", "192.0.2.1", 23, 200, 0);
	fixture_end(f);
	list = fixture_list(f, &count);
	assert_in_range(count, 2, 12); /* 10 s at most once a second */
	for (unsigned i = 0; i < count; i++) {
		packets += list[i].finding.packets;
		assert_true(list[i].finding.window.start_ns < list[i].finding.window.end_ns);
		assert_true(list[i].finding.window.end_ns <= T0 + S(10) + MS(100));
		if (i > 0 && list[i].finding.packets > 0)
			assert_true(list[i].finding.window.start_ns >=
				    list[i - 1].finding.window.end_ns);
	}
	assert_int_equal(packets, 200);
	assert_float_equal(list[0].finding.peak_pps, 20, 0);
	assert_true(list[0].finding.is_spoofable); /* nobody ever answered it, and it is outside */
	fixture_close(f);
}

static void refusals_are_failures(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 30; i++) {
		struct pkt pkt = syn_to(fixture_addr("2001:db8::66"),
			fixture_addr_at("2001:db8:1::1", i), 22, 4000);

		fixture_refuse(f, T0 + MS(10) * i, &pkt);
	}
	fixture_until(f, T0 + S(2)); /* refusals need no time to settle */
	assert_true(fixture_count(f, KIND_SCAN_HORIZONTAL) > 0);
	assert_float_equal(
		finding_evidence(&fixture_last(f, KIND_SCAN_HORIZONTAL)->finding, "refused", 0), 30,
		0);
	assert_false(
		fixture_last(f, KIND_SCAN_HORIZONTAL)->finding.is_spoofable); /* it is inside */
	fixture_close(f);
}

static void a_few_failures_are_no_scan(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	sweep(f, T0, MS(50), "203.0.113.9", "192.0.2.1", 23, 24, 0);
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

static void failures_far_apart_are_no_scan(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	sweep(f, T0, S(30), "203.0.113.9", "192.0.2.1", 23, 100, 0); /* 10 in 5 minutes */
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

static void a_slow_scan_is_found(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	sweep(f, T0, S(8), "203.0.113.9", "192.0.2.1", 23, 60, 0); /* 37 in 5 minutes */
	fixture_end(f);
	assert_true(fixture_count(f, KIND_SCAN_HORIZONTAL) > 0);
	fixture_close(f);
}

/* nmap -sS: many ports filtered, some closed, a few open and broken off; each SYN sent twice. */
static void finds_a_vertical_scan(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *found;
	struct addr to = fixture_addr("192.0.2.80");

	(void)unused;
	for (unsigned port = 1; port <= 1000; port++) {
		struct pkt pkt =
			fixture_tcp("203.0.113.9", 51000, "192.0.2.80", (uint16_t)port, TCP_SYN);

		if (port % 200 == 0)
			fixture_half_open(f, T0 + MS(1) * port, &pkt);
		else if (port % 100 == 50)
			fixture_refuse(f, T0 + MS(1) * port, &pkt);
		else
			fixture_open_only(f, T0 + MS(1) * port, &pkt);
	}
	fixture_end(f);
	found = fixture_last(f, KIND_SCAN_VERTICAL);
	assert_non_null(found);
	assert_memory_equal(&found->finding.to, &to, sizeof(to));
	assert_int_equal(found->finding.to_bits, 128);
	assert_int_equal(found->finding.port, 0);
	assert_float_equal(found->finding.observed, 995, 0);
	assert_string_equal(found->finding.evidence[0].name, "ports_failed");
	assert_float_equal(finding_evidence(&found->finding, "answered", 0), 5, 0);
	assert_float_equal(finding_evidence(&found->finding, "refused", 0), 10, 0);
	assert_float_equal(finding_evidence(&found->finding, "half_open", 0), 5, 0);
	assert_false(found->finding.is_spoofable);
	assert_int_equal(fixture_count(f, KIND_SCAN_HORIZONTAL), 0);
	fixture_close(f);
}

static void a_huge_scan_is_estimated(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *found;

	(void)unused;
	sweep(f, T0, MS(1), "203.0.113.9", "10.0.0.0", 445, 40000, 0);
	fixture_end(f);
	found = fixture_last(f, KIND_SCAN_HORIZONTAL);
	assert_non_null(found);
	assert_in_range((uint64_t)found->finding.observed, 36000, 44000);
	assert_in_range(found->target_count, 36000, 44000);
	fixture_close(f);
}

static void finds_a_ping_sweep(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *found;

	(void)unused;
	for (unsigned i = 0; i < 18; i++) {
		struct pkt pkt = fixture_echo("192.0.2.109", "192.0.2.1", (uint16_t)(7 * i), false);

		pkt.key.addr[1] = fixture_addr_at("192.0.2.1", i);
		if (i < 11)
			fixture_answer(f, T0 + MS(50) * i, &pkt);
		else
			fixture_open_only(f, T0 + MS(50) * i, &pkt);
	}
	fixture_end(f); /* 1 s after the last: all that is open is settled by the end */
	found = fixture_last(f, KIND_SCAN_HORIZONTAL);
	assert_non_null(found);
	assert_float_equal(found->finding.observed, 7, 0);
	assert_float_equal(finding_evidence(&found->finding, "tried", 0), 18, 0);
	assert_int_equal(found->finding.proto, 1);
	assert_int_equal(found->finding.port, 0);
	assert_int_equal(found->target_count, 7);
	fixture_close(f);
}

/* An infected camera (Hajime): four ports, nobody answers; its orders come from peers, over UDP. */
static void finds_a_worm_with_four_ports(void **unused)
{
	static const uint16_t ports[] = { 23, 2323, 8080, 9527 };
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 160; i++) {
		struct pkt pkt = syn_to(fixture_addr("192.0.2.16"),
			fixture_addr_at("198.51.100.1", i * 977), ports[i % 4], 4000);
		struct pkt peer = fixture_udp(
			"192.0.2.16", 6881, "198.51.100.1", (uint16_t)(i * 401 + 1024), 90);

		peer.key.addr[1] = fixture_addr_at("198.51.100.1", i * 991);
		fixture_open_only(f, T0 + S(1) * i, &pkt);
		fixture_open_only(f, T0 + S(1) * i, &peer);
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_SCAN_HORIZONTAL) > 4);
	assert_int_equal(fixture_last(f, KIND_SCAN_HORIZONTAL)->finding.proto, 6);
	fixture_close(f);
}

static void finds_a_udp_scan_that_is_heard(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	bool is_answered = false;

	(void)unused;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 40; i++) {
			struct pkt pkt = fixture_udp("203.0.113.9", 40000, "192.0.2.1", 1900, 90);

			pkt.key.addr[1] = fixture_addr_at("192.0.2.1", i);
			pkt.key.port[0] = (uint16_t)(40000 + round);
			if (is_answered)
				fixture_answer(f, T0 + S(20) * round + MS(5) * i, &pkt);
			else
				fixture_open_only(f, T0 + S(20) * round + MS(5) * i, &pkt);
			is_answered = false;
		}
		fixture_until(f, T0 + S(20) * round + S(10));
		assert_int_equal(fixture_count(f, KIND_NONE) > 0, round == 1);
		is_answered = true; /* in the second round one host answers */
	}
	assert_int_equal(fixture_last(f, KIND_SCAN_HORIZONTAL)->finding.proto, 17);
	fixture_close(f);
}

/* An ICMP port unreachable from the host itself: bytes as on the wire. */
static void send_unreachable(
	struct fixture *f, int64_t time_ns, const struct pkt *asked, bool is_whole)
{
	uint8_t bytes[42 + 28] = { [42] = 0x45, [51] = 17 };
	struct pkt error = fixture_pkt(1, asked->key.addr[1], 0x0303, asked->key.addr[0], 0x0303);

	memcpy(bytes + 54, &asked->key.addr[0].byte[12], 4);
	memcpy(bytes + 58, &asked->key.addr[1].byte[12], 4);
	for (unsigned i = 0; i < 2; i++) {
		bytes[62 + 2 * i] = (uint8_t)(asked->key.port[i] >> 8);
		bytes[63 + 2 * i] = (uint8_t)asked->key.port[i];
	}
	error.icmp_type = 3;
	error.icmp_code = 3;
	error.bytes = bytes;
	error.payload_offset = 42;
	error.payload_len = is_whole ? 28 : 20;
	fixture_send(f, time_ns, &error, STANDING_ANSWER, EVENT_REFUSED);
	fixture_until(f, time_ns + MS(100)); /* while the bytes are here */
}

static void finds_a_udp_port_scan_by_its_refusals(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 60; i++) {
		struct pkt pkt =
			fixture_udp("203.0.113.9", 40000, "192.0.2.1", (uint16_t)(100 + i), 0);

		fixture_open_only(f, T0 + MS(200) * i, &pkt);
		if (i % 6 < 2)
			send_unreachable(f, T0 + MS(200) * i, &pkt, i % 6 == 0);
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_SCAN_VERTICAL) > 0);
	assert_float_equal(
		finding_evidence(&fixture_last(f, KIND_SCAN_VERTICAL)->finding, "refused", 0), 10,
		0);
	fixture_close(f);
}

static void send_stealth(
	struct fixture *f, int64_t time_ns, struct addr to, uint16_t port, uint64_t anomalies)
{
	struct pkt pkt = fixture_pkt(6, fixture_addr("203.0.113.9"), 51000, to, port);

	pkt.anomalies = anomalies;
	fixture_send(f, time_ns, &pkt, STANDING_STRAY, EVENT_NEW);
}

static void finds_stealth_scans(void **unused)
{
	static const uint64_t anomalies[] = { ANOMALY_BIT(TCP_NULL), ANOMALY_BIT(TCP_XMAS),
		ANOMALY_BIT(TCP_SYN_FIN), ANOMALY_BIT(TCP_SYN_RST), ANOMALY_BIT(TCP_FIN_NO_ACK) };
	const struct fixture_finding *found;

	(void)unused;
	for (unsigned k = 0; k < 5; k++) {
		struct fixture *f = fixture_open(&detector_scan, NULL);

		for (unsigned i = 0; i < 14; i++)
			send_stealth(f, T0 + MS(1) * i, fixture_addr("192.0.2.1"),
				(uint16_t)(i + 1), anomalies[k]);
		fixture_until(f, T0 + S(5));
		assert_int_equal(fixture_count(f, KIND_NONE), 0);
		send_stealth(f, T0 + S(5), fixture_addr("192.0.2.1"), 80, anomalies[k]);
		fixture_end(f);
		found = fixture_last(f, KIND_SCAN_STEALTH);
		assert_non_null(found);
		assert_float_equal(finding_evidence(&found->finding, "tried", 0), 15, 0);
		assert_int_equal(found->finding.to_bits, 128);
		fixture_close(f);
	}
}

static void finds_a_stealth_scan_of_hosts(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 25; i++)
		send_stealth(f, T0 + MS(1) * i, fixture_addr_at("192.0.2.1", i), 80,
			ANOMALY_BIT(TCP_NULL));
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_SCAN_STEALTH), 1);
	assert_int_equal(fixture_last(f, KIND_SCAN_STEALTH)->target_count, 25);
	assert_true(addr_is_zero(&fixture_last(f, KIND_SCAN_STEALTH)->finding.to));
	fixture_close(f);
}

static uint32_t number_of(const struct addr *addr)
{
	return (uint32_t)addr->byte[12] << 24 | (uint32_t)addr->byte[13] << 16 |
	       (uint32_t)addr->byte[14] << 8 | addr->byte[15];
}

static void finds_mirai_by_its_mark(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *found;

	(void)unused;
	for (unsigned i = 0; i < 50; i++) {
		struct pkt pkt = syn_to(fixture_addr("192.0.2.66"),
			fixture_addr_at("198.51.100.7", i * 7919), 23, 4000);

		pkt.tcp_seq = number_of(&pkt.key.addr[1]);
		fixture_open_only(f, T0 + MS(20) * i, &pkt);
	}
	fixture_end(f);
	found = fixture_last(f, KIND_SCAN_MIRAI);
	assert_non_null(found);
	assert_int_equal(found->target_count, 50);
	assert_float_equal(found->finding.expected, 10, 0);
	assert_int_equal(fixture_count(f, KIND_SCAN_HORIZONTAL), 0); /* told once, as what it is */
	fixture_close(f);
}

static void other_sequence_numbers_are_not_mirai(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 24; i++) {
		struct pkt pkt = syn_to(fixture_addr("192.0.2.66"),
			fixture_addr_at("198.51.100.7", i * 7919), 23, 4000);

		pkt.tcp_seq = number_of(&pkt.key.addr[1]) + (i >= 9);
		fixture_open_only(f, T0 + MS(20) * i, &pkt);
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* A flood of random ports from a few hundred real sources: each tries many ports of one host. */
static void a_crowd_is_not_a_crowd_of_scanners(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 40000; i++) {
		struct pkt pkt = syn_to(fixture_addr_at("203.0.113.0", i % 250),
			fixture_addr("192.0.2.1"), (uint16_t)(1 + i * 7919), (uint16_t)(i * 31));

		fixture_open_only(f, T0 + S(20) / 40000 * i, &pkt);
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_SCAN_VERTICAL) < 8);
	fixture_close(f);
}

/* Many scanners at once: a bounded number of findings a judging, but everyone's turn comes. */
static void everyones_turn_comes(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const struct fixture_finding *list;
	unsigned count, distinct = 0;
	bool is_seen[200] = { false };

	(void)unused;
	for (unsigned i = 0; i < 30; i++) {
		for (unsigned k = 0; k < 200; k++) {
			struct pkt pkt = syn_to(fixture_addr_at("198.18.0.0", k),
				fixture_addr_at("10.0.0.0", k * 256 + i), 23, 4000);

			fixture_open_only(f, T0 + MS(30) * i, &pkt);
		}
	}
	fixture_until(f, T0 + S(5));
	assert_in_range(fixture_count(f, KIND_NONE), 1, 2 * SCAN_SKETCHES);
	fixture_until(f, T0 + S(20));
	list = fixture_list(f, &count);
	for (unsigned i = 0; i < count; i++)
		is_seen[list[i].finding.from.byte[15]] = true;
	for (unsigned k = 0; k < 200; k++)
		distinct += is_seen[k];
	assert_int_equal(distinct, 200);
	fixture_close(f);
}

/* A spoofed flood from ever new addresses, while somebody scans slowly. spread: hosts that are
 * flooded. */
static void scan_within_a_flood(unsigned spread, int64_t head_start_ns)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);
	const unsigned flood = 1000000;
	const int64_t flood_ns = S(100);
	const struct fixture_finding *found;
	struct addr from = fixture_addr("203.0.113.9");
	unsigned sent = 0;

	sweep(f, T0, S(2), "203.0.113.9", "192.0.2.1", 23, (unsigned)(head_start_ns / S(2)), 0);
	for (unsigned i = 0; i < flood; i++) {
		struct pkt pkt = syn_to(
			fixture_addr_at("1.0.0.0", hash_bytes(&i, sizeof(i), 1) & 0x7fffffff),
			fixture_addr_at("10.1.0.0", i % spread), 80, (uint16_t)i);
		int64_t time_ns = T0 + head_start_ns + flood_ns / flood * i;

		if (i % (flood / 50) == 0) {
			struct pkt probe =
				syn_to(from, fixture_addr_at("192.0.2.100", sent++), 23, 4000);

			fixture_open_only(f, time_ns, &probe);
		}
		fixture_open_only(f, time_ns, &pkt);
	}
	fixture_end(f);
	found = fixture_last(f, KIND_SCAN_HORIZONTAL);
	assert_non_null(found);
	assert_memory_equal(&found->finding.from, &from, sizeof(from));
	assert_int_equal(fixture_count(f, KIND_NONE), fixture_count(f, KIND_SCAN_HORIZONTAL));
	assert_float_equal(found->finding.observed, head_start_ns / S(2) + 50, 0);
	fixture_close(f);
}

static void a_flood_of_one_host_hides_no_slow_scan(void **unused)
{
	(void)unused;
	scan_within_a_flood(1, 0);
}

static void a_flood_of_a_network_hides_no_scan_that_has_begun(void **unused)
{
	(void)unused;
	scan_within_a_flood(65536, S(10));
}

static void judge_at(struct fixture *f, int64_t start_ns, struct findings *findings)
{
	uint64_t summary[64] = { 0 };

	assert_true(sizeof(summary) >= detector_scan.summary_size);
	detector_scan.judge(fixture_state(f), summary,
		(struct window){ start_ns, start_ns + MS(100) }, findings);
}

/* When time jumps, what was open is settled and told, then all is forgotten. */
static void jumps_are_judged_as_they_stand(void **unused)
{
	static const int64_t jumps[] = { T0 + S(86400), T0 - S(86400), INT64_MAX - MS(100),
		INT64_MIN };

	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		struct fixture *f = fixture_open(&detector_scan, NULL);
		struct finding list[4];
		struct findings findings = { .list = list, .cap = 4 };

		sweep(f, T0, MS(10), "203.0.113.9", "192.0.2.1", 23, 30, 0);
		fixture_until(f, T0 + MS(400));
		judge_at(f, jumps[i], &findings);
		assert_int_equal(findings.count, 1);
		assert_int_equal(distinct_count(list[0].targets), 30);
		assert_true(list[0].window.end_ns <= T0 + MS(400));
		judge_at(f, jumps[i ^ 2], &findings);
		judge_at(f, jumps[i ^ 1], &findings);
		assert_int_equal(findings.count, 1); /* all was forgotten */
		fixture_close(f);
	}
}

static void small_memory(struct conf *conf)
{
	conf->memory.total_bytes = 64 * CONF_MIB;
	conf->scan.hosts = 100;
}

static void obeys_the_configuration(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, small_memory);
	struct scan_state *state = fixture_state(f);

	(void)unused;
	assert_int_equal(state->table.count, 4096);
	sweep(f, T0, MS(10), "203.0.113.9", "192.0.2.1", 23, 99, 0);
	fixture_until(f, T0 + S(10));
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	sweep(f, T0 + S(10), MS(10), "203.0.113.9", "10.0.2.1", 23, 1, 0);
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_SCAN_HORIZONTAL), 1);
	fixture_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_horizontal_scan),
		cmocka_unit_test(tells_no_packet_twice),
		cmocka_unit_test(refusals_are_failures),
		cmocka_unit_test(a_few_failures_are_no_scan),
		cmocka_unit_test(failures_far_apart_are_no_scan),
		cmocka_unit_test(a_slow_scan_is_found),
		cmocka_unit_test(finds_a_vertical_scan),
		cmocka_unit_test(a_huge_scan_is_estimated),
		cmocka_unit_test(finds_a_ping_sweep),
		cmocka_unit_test(finds_a_worm_with_four_ports),
		cmocka_unit_test(finds_a_udp_scan_that_is_heard),
		cmocka_unit_test(finds_a_udp_port_scan_by_its_refusals),
		cmocka_unit_test(finds_stealth_scans),
		cmocka_unit_test(finds_a_stealth_scan_of_hosts),
		cmocka_unit_test(finds_mirai_by_its_mark),
		cmocka_unit_test(other_sequence_numbers_are_not_mirai),
		cmocka_unit_test(a_crowd_is_not_a_crowd_of_scanners),
		cmocka_unit_test(everyones_turn_comes),
		cmocka_unit_test(a_flood_of_one_host_hides_no_slow_scan),
		cmocka_unit_test(a_flood_of_a_network_hides_no_scan_that_has_begun),
		cmocka_unit_test(jumps_are_judged_as_they_stand),
		cmocka_unit_test(obeys_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
