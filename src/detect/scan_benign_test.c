/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_benign_test.c - what looks like a scan and is none: each of the false alarms that
 * operators hate, and the victims of floods. None of them may give any finding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"
#include "detect/detectors.h"

#define T0 FIXTURE_START_NS
#define MS(n) ((int64_t)(n)*NS_PER_MS)
#define S(n) ((int64_t)(n)*NS_PER_S)

/* Says nothing was found, and closes. */
static void expect_nothing(struct fixture *f)
{
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* Sends an opening to the i-th host or port; it is answered unless is_dead. */
static void try_one(struct fixture *f, int64_t time_ns, const struct pkt *opening, bool is_dead)
{
	if (is_dead)
		fixture_open_only(f, time_ns, opening);
	else
		fixture_answer(f, time_ns, opening);
}

static struct pkt syn(const char *from, uint16_t from_port, struct addr to, uint16_t port)
{
	struct pkt pkt = fixture_tcp(from, from_port, "198.51.100.1", port, TCP_SYN);

	pkt.key.addr[1] = to;
	return pkt;
}

static void a_crawler(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 3000; i++) {
		struct pkt pkt = syn("10.0.0.5", (uint16_t)(i + 1024),
			fixture_addr_at("198.18.0.0", i * 37), 80);

		try_one(f, T0 + MS(10) * i, &pkt, i % 10 == 0);
	}
	expect_nothing(f);
}

/* Thousands of people behind one address; 5 % of what they try is dead. */
static void a_nat_gateway(void **unused)
{
	static const uint16_t ports[] = { 443, 443, 443, 443, 80, 80, 993, 5222, 8080, 22 };
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 10000; i++) {
		struct pkt pkt = syn("192.0.2.254", (uint16_t)i,
			fixture_addr_at("198.18.0.0", i * 13), ports[i % 10]);

		try_one(f, T0 + MS(5) * i, &pkt, i % 21 == 7);
	}
	expect_nothing(f);
}

/* A resolver asks thousands of servers, a fifth of them dead. */
static void a_resolver(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 5000; i++) {
		struct pkt pkt =
			fixture_udp("192.0.2.53", (uint16_t)(1024 + i * 11), "198.18.0.1", 53, 40);

		pkt.key.addr[1] = fixture_addr_at("198.18.0.1", i * 3);
		try_one(f, T0 + MS(4) * i, &pkt, i % 5 == 0);
	}
	expect_nothing(f);
}

/* The same, in a capture that has only the questions. */
static void a_resolver_seen_one_way(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 5000; i++) {
		struct pkt pkt =
			fixture_udp("192.0.2.53", (uint16_t)(1024 + i * 11), "198.18.0.1", 53, 40);

		pkt.key.addr[1] = fixture_addr_at("198.18.0.1", i * 3);
		fixture_open_only(f, T0 + MS(4) * i, &pkt);
	}
	expect_nothing(f);
}

/* A resolver's answers seen alone; one client refuses an answer that came late. */
static void a_server_seen_one_way(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 5000; i++) {
		struct pkt many =
			fixture_udp("192.0.2.53", 53, "198.18.0.1", (uint16_t)(1024 + i * 11), 200);
		struct pkt one = fixture_udp(
			"192.0.2.54", 27015, "203.0.113.7", (uint16_t)(1024 + i * 11), 200);

		many.key.addr[1] = fixture_addr_at("198.18.0.1", i % 700);
		fixture_open_only(f, T0 + MS(4) * i, &many);
		if (i % 100 == 0)
			fixture_refuse(f, T0 + MS(4) * i, &one);
		else
			fixture_open_only(f, T0 + MS(4) * i, &one);
	}
	expect_nothing(f);
}

/* 200 hosts pinged and 4 services asked, each minute, a few always down. */
static void a_monitoring_system(void **unused)
{
	static const uint16_t ports[] = { 22, 80, 443, 5666 };
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 2000; i++) {
		bool is_down = i % 200 % 40 == 3;
		struct pkt ping = fixture_echo("10.0.0.9", "10.1.0.0", (uint16_t)i, false);

		ping.key.addr[1] = fixture_addr_at("10.1.0.0", i % 200);
		try_one(f, T0 + MS(300) * i, &ping, is_down);
		for (unsigned k = 0; k < 4; k++) {
			struct pkt pkt = syn("10.0.0.9", (uint16_t)(i * 4 + k),
				fixture_addr_at("10.1.0.0", i % 200), ports[k]);

			try_one(f, T0 + MS(300) * i + MS(10) * (k + 1), &pkt, is_down);
		}
	}
	expect_nothing(f);
}

/* File sharing: thousands of peers, most dead, each at a port of its own, but 5 % at the usual
 * one. */
static void peers(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 4000; i++) {
		uint16_t port = i % 20 == 0 ? 6881 : (uint16_t)(10000 + i * 7919 % 50000);
		struct pkt tcp = syn("10.0.0.6", (uint16_t)(i + 1024),
			fixture_addr_at("198.18.0.0", i * 41), port);
		struct pkt udp = fixture_udp("10.0.0.6", 51413, "198.18.0.0", port, 100);

		udp.key.addr[1] = tcp.key.addr[1];
		try_one(f, T0 + MS(70) * i, &tcp, i % 4 != 1);
		try_one(f, T0 + MS(70) * i + MS(5), &udp, i % 4 != 1);
	}
	expect_nothing(f);
}

static void a_browser(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 400; i++) {
		struct pkt pkt = syn("10.0.0.7", (uint16_t)(1024 + i),
			fixture_addr_at("198.18.0.0", i % 5), i % 9 == 0 ? 80 : 443);

		try_one(f, T0 + MS(100) * i, &pkt, false);
	}
	expect_nothing(f);
}

/* Dead IPv6: each site is tried in vain first. */
static void a_browser_whose_way_out_is_broken(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 80; i++) {
		struct pkt pkt =
			fixture_tcp("2001:db8::7", (uint16_t)(1024 + i), "2600::1", 443, TCP_SYN);

		pkt.key.addr[1] = fixture_addr_at("2600::1", i);
		fixture_open_only(f, T0 + S(3) * i, &pkt);
	}
	expect_nothing(f);
}

static void passive_ftp(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 500; i++) {
		struct pkt pkt = syn("10.0.0.7", (uint16_t)(1024 + i),
			fixture_addr("198.51.100.21"), i == 0 ? 21 : (uint16_t)(40000 + i * 17));

		try_one(f, T0 + MS(200) * i, &pkt, i % 30 == 29);
	}
	expect_nothing(f);
}

/* 90 ports of one host, of which the last few are refused by it. */
static void a_traceroute(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 90; i++) {
		struct pkt pkt =
			fixture_udp("10.0.0.7", 51000, "198.51.100.9", (uint16_t)(33434 + i), 32);

		if (i >= 60)
			fixture_refuse(f, T0 + MS(50) * i, &pkt);
		else
			fixture_open_only(f, T0 + MS(50) * i, &pkt);
	}
	expect_nothing(f);
}

/* NTP of old clients, and DHT: both ports the same. */
static void symmetric_protocols(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 300; i++) {
		struct pkt pkt = fixture_udp("192.0.2.123", 123, "198.18.0.0", 123, 48);

		pkt.key.addr[1] = fixture_addr_at("198.18.0.0", i);
		try_one(f, T0 + MS(50) * i, &pkt, i % 10 != 0);
	}
	expect_nothing(f);
}

/* Its answers to a spoofed flood go out to thousands: SYN-ACKs, RSTs, echo replies, port
 * unreachables. */
static void a_victim_of_backscatter(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 5000; i++) {
		struct pkt pkt = fixture_tcp(
			"192.0.2.80", 80, "198.18.0.0", (uint16_t)(1024 + i), TCP_SYN | TCP_ACK);
		struct pkt echo = fixture_echo("192.0.2.80", "198.18.0.0", (uint16_t)i, true);

		pkt.key.addr[1] = fixture_addr_at("198.18.0.0", i * 101);
		echo.key.addr[1] = pkt.key.addr[1];
		pkt.tcp_flags = i % 2 ? TCP_SYN | TCP_ACK : TCP_RST | TCP_ACK;
		fixture_send(f, T0 + MS(2) * i, &pkt, STANDING_STRAY, i % 2 ? EVENT_NEW : 0);
		fixture_send(f, T0 + MS(2) * i, &echo, STANDING_OPENING, EVENT_NEW);
	}
	expect_nothing(f);
}

/* A spoofed flood that the target answers and refuses; the flooders are many and tried one host
 * each. */
static void a_flooded_host_that_answers(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 60000; i++) {
		struct pkt pkt = syn("198.18.0.0", (uint16_t)i, fixture_addr("192.0.2.80"), 80);

		pkt.key.addr[0] = fixture_addr_at("198.18.0.0", i * 7919 % 100000);
		if (i % 3 == 0)
			fixture_refuse(f, T0 + MS(10000) / 60000 * i, &pkt);
		else
			fixture_half_open(f, T0 + MS(10000) / 60000 * i, &pkt);
	}
	expect_nothing(f);
}

/* Everybody wants one server: thousands of clients; and the server's own work on few backends. */
static void a_popular_server(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 30000; i++) {
		struct pkt pkt =
			syn("198.18.0.0", (uint16_t)(1024 + i), fixture_addr("192.0.2.80"), 443);
		struct pkt own = syn("192.0.2.80", (uint16_t)(1024 + i),
			fixture_addr_at("10.0.0.1", i % 40), 5432);

		pkt.key.addr[0] = fixture_addr_at("198.18.0.0", i % 3000);
		try_one(f, T0 + MS(10000) / 30000 * i, &pkt, false);
		try_one(f, T0 + MS(10000) / 30000 * i, &own, false);
	}
	expect_nothing(f);
}

/* Discovery: questions to groups, which nobody answers from the group's address. */
static void discovery(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 300; i++) {
		struct pkt pkt =
			fixture_udp("10.0.0.7", (uint16_t)(50000 + i % 3), "239.0.0.0", 1900, 100);

		pkt.key.addr[1] = fixture_addr_at("239.0.0.0", i);
		try_one(f, T0 + MS(20) * i, &pkt, i % 20 != 0);
	}
	expect_nothing(f);
}

/* What is neither TCP, UDP nor an echo, or was never opened, does not count. */
static void other_traffic(void **unused)
{
	struct fixture *f = fixture_open(&detector_scan, NULL);

	(void)unused;
	for (unsigned i = 0; i < 300; i++) {
		struct pkt gre = fixture_pkt(
			47, fixture_addr("10.0.0.7"), 0, fixture_addr_at("198.18.0.0", i), 0);
		struct pkt none = gre;

		none.ip_version = 0;
		fixture_open_only(f, T0 + MS(20) * i, &gre);
		fixture_open_only(f, T0 + MS(20) * i, &none);
	}
	expect_nothing(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crawler),
		cmocka_unit_test(a_nat_gateway),
		cmocka_unit_test(a_resolver),
		cmocka_unit_test(a_resolver_seen_one_way),
		cmocka_unit_test(a_server_seen_one_way),
		cmocka_unit_test(a_monitoring_system),
		cmocka_unit_test(peers),
		cmocka_unit_test(a_browser),
		cmocka_unit_test(a_browser_whose_way_out_is_broken),
		cmocka_unit_test(passive_ftp),
		cmocka_unit_test(a_traceroute),
		cmocka_unit_test(symmetric_protocols),
		cmocka_unit_test(a_victim_of_backscatter),
		cmocka_unit_test(a_flooded_host_that_answers),
		cmocka_unit_test(a_popular_server),
		cmocka_unit_test(discovery),
		cmocka_unit_test(other_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
