/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flooder_test.c - hosts of ours that flood are found; busy honest ones are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"
#include "detect/detectors.h"

#define BOT "10.0.0.66"
#define TARGET "203.0.113.80"

static int set_up(void **state)
{
	*state = fixture_open(&detector_flooder, NULL);
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	return 0;
}

static int64_t at_us(int64_t us)
{
	return FIXTURE_START_NS + us * 1000;
}

static unsigned found(struct fixture *f)
{
	return fixture_count(f, KIND_BOT_FLOODER);
}

/* Sends count copies at that rate, with rising source ports. */
static void pour(
	struct fixture *f, struct pkt pkt, unsigned count, unsigned pps, enum standing standing)
{
	for (unsigned i = 0; i < count; i++) {
		pkt.key.port[0] = (uint16_t)(1024 + i % 60000);
		fixture_send(f, at_us((int64_t)i * 1000000 / pps), &pkt, standing, 0);
	}
}

static void check_last(struct fixture *f, const char *reason, unsigned proto, unsigned port)
{
	const struct fixture_finding *kept = fixture_last(f, KIND_BOT_FLOODER);
	struct addr bot = fixture_addr(BOT), target = fixture_addr(TARGET);

	assert_non_null(kept);
	assert_true(addr_equal(&kept->finding.from, &bot));
	assert_true(addr_equal(&kept->finding.to, &target));
	assert_non_null(strstr(kept->finding.reason, reason));
	assert_int_equal(kept->finding.proto, proto);
	assert_int_equal(kept->finding.port, port);
}

static void test_syn_flood(void **state)
{
	struct fixture *f = *state;
	unsigned count;
	uint64_t packets = 0;
	const struct fixture_finding *list;

	pour(f, fixture_tcp(BOT, 1, TARGET, 80, TCP_SYN), 15000, 5000, STANDING_OPENING);
	fixture_end(f);
	check_last(f, "SYN", 6, 80);
	list = fixture_list(f, &count);
	assert_in_range(count, 15, 25);
	for (unsigned i = 0; i < count; i++)
		packets += list[i].finding.packets;
	assert_int_equal(packets, 15000);
	assert_string_equal(list[0].finding.evidence[0].name, "pps");
	assert_true(list[count - 1].finding.observed > 4000);
	assert_true(list[count - 1].finding.observed < 6000);
	assert_true(list[0].finding.expected == 1000);
	assert_int_equal(list[0].finding.window.start_ns, FIXTURE_START_NS);
}

/* The target answers every SYN, nobody completes a handshake. */
static void test_syn_flood_of_a_server_with_cookies(void **state)
{
	struct fixture *f = *state;
	struct pkt syn = fixture_tcp(BOT, 1, TARGET, 80, TCP_SYN);

	for (unsigned i = 0; i < 10000; i++) {
		syn.key.port[0] = (uint16_t)(1024 + i);
		fixture_half_open(f, at_us(i * 250), &syn);
	}
	fixture_end(f);
	check_last(f, "SYN", 6, 80);
}

static void test_other_floods(void **state)
{
	static const struct {
		const char *reason;
		unsigned proto, port;
	} rows[] = {
		{ "TCP segments", 6, 443 },
		{ "replies", 6, 443 },
		{ "datagrams", 17, 9987 },
		{ "ICMP requests", 1, 0 },
		{ "another protocol", 47, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f = fixture_open(&detector_flooder, NULL);
		struct pkt pkts[] = {
			fixture_tcp(BOT, 1, TARGET, 443, TCP_ACK),
			fixture_tcp(BOT, 1, TARGET, 443, TCP_RST),
			fixture_udp(BOT, 1, TARGET, 9987, 500),
			fixture_echo(BOT, TARGET, 1, false),
			fixture_pkt(47, fixture_addr(BOT), 0, fixture_addr(TARGET), 0),
		};

		pour(f, pkts[i], 12000, 4000, STANDING_UNANSWERED);
		fixture_end(f);
		check_last(f, rows[i].reason, rows[i].proto, rows[i].port);
		fixture_close(f);
	}
}

static void test_ipv6_and_fragments(void **state)
{
	struct fixture *f = *state;
	struct pkt fragment = fixture_udp("2001:db8::66", 0, "2a00:1450::1", 0, 1400);
	struct pkt echo = fixture_echo("2001:db8::67", "2a00:1450::1", 3, false);

	fragment.frag = FRAG_LATER;
	for (unsigned i = 0; i < 12000; i++) {
		fixture_send(f, at_us(i * 250), &fragment, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 250), &echo, STANDING_UNANSWERED, 0);
	}
	fixture_end(f);
	assert_true(found(f) >= 30);
	assert_int_equal(fixture_last(f, KIND_BOT_FLOODER)->finding.to_bits, 128);
}

/* A whole network is the target; no address of it gets much. */
static void test_flood_of_many(void **state)
{
	struct fixture *f = *state;
	const struct fixture_finding *kept;

	for (unsigned i = 0; i < 60000; i++) {
		struct pkt pkt = fixture_pkt(
			17, fixture_addr(BOT), 5, fixture_addr_at("203.0.113.0", i % 200), 53);

		fixture_send(f, at_us(i * 100), &pkt, STANDING_UNANSWERED, 0);
	}
	fixture_end(f);
	kept = fixture_last(f, KIND_BOT_FLOODER);
	assert_non_null(kept);
	assert_true(addr_is_zero(&kept->finding.to));
	assert_int_equal(kept->target_count, 200);
	assert_true(kept->finding.expected == 5000);
	assert_true(finding_evidence(&kept->finding, "targets", 0) == 200);
}

/* More such sources than sketches. */
static void test_many_floods_of_many(void **state)
{
	struct fixture *f = *state;
	unsigned with_targets = 0, count;
	const struct fixture_finding *list;

	for (unsigned i = 0; i < 12 * 20000; i++) {
		struct pkt pkt = fixture_pkt(17, fixture_addr_at("10.0.0.0", 1 + i % 12), 5,
			fixture_addr_at("203.0.113.0", i / 12 % 20), 53);

		fixture_send(f, at_us(i * 10), &pkt, STANDING_UNANSWERED, 0);
	}
	fixture_end(f);
	list = fixture_list(f, &count);
	for (unsigned i = 0; i < count; i++)
		with_targets += list[i].target_count > 0;
	assert_true(with_targets > 0);
	assert_true(with_targets < count);
}

static void test_a_burst_is_no_flood(void **state)
{
	struct fixture *f = *state;

	pour(f, fixture_udp(BOT, 1, TARGET, 5000, 500), 2500, 20000, STANDING_UNANSWERED);
	fixture_until(f, at_us(30000000));
	assert_int_equal(found(f), 0);
	/* nor is the next one, half a minute later */
	for (unsigned i = 0; i < 2500; i++) {
		struct pkt pkt = fixture_udp(BOT, 1, TARGET, 5000, 500);

		fixture_send(f, at_us(30000000 + i * 50), &pkt, STANDING_UNANSWERED, 0);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_scan_is_not_a_flood(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 60000; i++) {
		struct pkt pkt = fixture_pkt(
			6, fixture_addr(BOT), 5, fixture_addr_at("198.18.0.0", i % 20000), 23);

		pkt.tcp_flags = TCP_SYN;
		fixture_send(f, at_us(i * 50), &pkt, STANDING_OPENING, EVENT_NEW);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Backup, upload, speed test over TCP: everything is verified. */
static void test_backup(void **state)
{
	struct fixture *f = *state;

	pour(f, fixture_tcp(BOT, 1, TARGET, 443, TCP_ACK), 60000, 20000, STANDING_VERIFIED);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* iperf3 -u, and media: a control connection, and 8,000 datagrams/s that nobody answers. */
static void test_udp_speed_test(void **state)
{
	struct fixture *f = *state;
	struct pkt syn = fixture_tcp(BOT, 40000, TARGET, 5201, TCP_SYN);

	fixture_answer(f, at_us(0), &syn);
	pour(f, fixture_udp(BOT, 1, TARGET, 5201, 1400), 40000, 8000, STANDING_UNANSWERED);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_control_connection_excuses_only_so_much(void **state)
{
	struct fixture *f = *state;
	struct pkt syn = fixture_tcp(BOT, 40000, TARGET, 80, TCP_SYN);

	fixture_answer(f, at_us(0), &syn);
	pour(f, fixture_udp(BOT, 1, TARGET, 80, 1400), 60000, 20000, STANDING_UNANSWERED);
	fixture_end(f);
	assert_true(found(f) > 0);
}

static void test_old_conversation_excuses_nothing(void **state)
{
	struct fixture *f = *state;
	struct pkt syn = fixture_tcp(BOT, 40000, TARGET, 80, TCP_SYN);
	struct pkt flood = fixture_udp(BOT, 1, TARGET, 80, 1400);

	fixture_answer(f, at_us(0), &syn);
	for (unsigned i = 0; i < 20000; i++)
		fixture_send(f, at_us(400000000 + i * 200), &flood, STANDING_UNANSWERED, 0);
	fixture_end(f);
	assert_true(found(f) > 0);
}

/* A resolver that forwards 3,000 queries/s, each from a port of its own. */
static void test_resolver(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 15000; i++) {
		struct pkt query = fixture_udp(BOT, (uint16_t)(1024 + i), TARGET, 53, 40);

		fixture_answer(f, at_us((int64_t)i * 333), &query);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Thousands behind one address open connections to one popular site. */
static void test_nat_gateway(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 10000; i++) {
		struct pkt syn = fixture_tcp(BOT, (uint16_t)(1024 + i), TARGET, 443, TCP_SYN);

		fixture_answer(f, at_us((int64_t)i * 400), &syn);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* The same where only what goes out was captured. */
static void test_one_way_capture(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 6000; i++) {
		struct pkt pkt = fixture_tcp(BOT, (uint16_t)(1024 + i), TARGET, 443, TCP_SYN);

		fixture_send(f, at_us((int64_t)i * 800), &pkt, STANDING_OPENING, EVENT_NEW);
		pkt.tcp_flags = TCP_ACK;
		fixture_send(
			f, at_us((int64_t)i * 800 + 10), &pkt, STANDING_UNANSWERED, EVENT_ANSWERED);
		fixture_send(f, at_us((int64_t)i * 800 + 20), &pkt, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us((int64_t)i * 800 + 30), &pkt, STANDING_STREAM, EVENT_STREAM);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Our server is flooded by others and its kernel says no, to the few who are real and the many
 * who are not. */
static void test_victim(void **state)
{
	struct fixture *f = *state;
	struct pkt real = fixture_tcp(TARGET, 7, BOT, 80, TCP_ACK);

	for (unsigned i = 0; i < 30000; i++) {
		struct pkt spoofed =
			fixture_pkt(6, fixture_addr_at("198.18.0.0", i), 7, fixture_addr(BOT), 80);
		struct pkt back;

		spoofed.tcp_flags = TCP_ACK;
		fixture_send(f, at_us(i * 100), &spoofed, STANDING_STRAY, 0);
		back = fixture_reverse(&spoofed);
		back.tcp_flags = TCP_RST;
		fixture_send(f, at_us(i * 100), &back, STANDING_STRAY, 0);
		fixture_send(f, at_us(i * 100), &real, STANDING_STRAY, 0);
		back = fixture_reverse(&real);
		back.tcp_flags = TCP_RST;
		fixture_send(f, at_us(i * 100), &back, STANDING_STRAY, 0);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Says "port unreachable", as routers and hosts do, up to what it got. */
static void test_unreachables(void **state)
{
	struct fixture *f = *state;
	struct pkt in = fixture_udp(TARGET, 5, BOT, 9, 100),
		   out = fixture_echo(BOT, TARGET, 0, false);
	struct pkt in6 = fixture_udp("2a00::1", 5, "2001:db8::9", 9, 100);
	struct pkt out6 = fixture_echo("2001:db8::9", "2a00::1", 0, false);

	out.icmp_type = 3;
	out6.icmp_type = 1;
	for (unsigned i = 0; i < 10000; i++) {
		fixture_send(f, at_us(i * 300), &in, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 300 + 1), &out, STANDING_STRAY, 0);
		fixture_send(f, at_us(i * 300), &in6, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 300 + 1), &out6, STANDING_STRAY, 0);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* VoIP, games, live streams up to a dozen Mbit/s; and what stays inside, goes to groups, comes
 * in. */
static void test_below_the_limit_or_not_ours(void **state)
{
	struct fixture *f = *state;
	struct pkt media = fixture_udp(BOT, 1, TARGET, 5004, 1300);
	struct pkt syslog = fixture_udp(BOT, 514, "192.0.2.99", 514, 200);
	struct pkt group = fixture_udp(BOT, 1, "239.1.2.3", 5004, 1300);
	struct pkt incoming = fixture_udp(TARGET, 1, BOT, 5004, 1300);
	struct pkt arp = { 0 };

	for (unsigned i = 0; i < 20000; i++) {
		if (i % 6 == 0)
			fixture_send(f, at_us(i * 200), &media, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 200), &syslog, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 200), &group, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 200), &incoming, STANDING_UNANSWERED, 0);
		fixture_send(f, at_us(i * 200), &arp, STANDING_NONE, 0);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* A flood to one target is found beside a scan that fills every table. */
static void test_overload_keeps_the_loudest(void **state)
{
	struct fixture *f = *state;
	struct pkt flood = fixture_udp(BOT, 1, TARGET, 53, 500);

	for (unsigned i = 0; i < 60000; i++) {
		struct pkt probe = fixture_pkt(
			6, fixture_addr("10.0.0.7"), 5, fixture_addr_at("198.18.0.0", i * 3), 23);

		probe.tcp_flags = TCP_SYN;
		fixture_send(f, at_us(i * 33), &probe, STANDING_OPENING, EVENT_NEW);
		if (i % 15 == 0)
			fixture_send(f, at_us(i * 33), &flood, STANDING_UNANSWERED, 0);
	}
	fixture_end(f);
	check_last(f, "datagrams", 17, 53);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_syn_flood),
		CASE(test_syn_flood_of_a_server_with_cookies),
		cmocka_unit_test(test_other_floods),
		CASE(test_ipv6_and_fragments),
		CASE(test_flood_of_many),
		CASE(test_many_floods_of_many),
		CASE(test_a_burst_is_no_flood),
		CASE(test_scan_is_not_a_flood),
		CASE(test_backup),
		CASE(test_udp_speed_test),
		CASE(test_control_connection_excuses_only_so_much),
		CASE(test_old_conversation_excuses_nothing),
		CASE(test_resolver),
		CASE(test_nat_gateway),
		CASE(test_one_way_capture),
		CASE(test_victim),
		CASE(test_unreachables),
		CASE(test_below_the_limit_or_not_ours),
		CASE(test_overload_keeps_the_loudest),
	};

	return cmocka_run_group_tests_name("flooder", tests, NULL, NULL);
}
