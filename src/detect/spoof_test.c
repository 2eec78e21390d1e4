/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/spoof_test.c - false names that leave are told at the edge of a network only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/decode.h"
#include "detect/detect_fixture.h"
#include "detect/detectors.h"

#define T0 FIXTURE_START_NS
#define MS(n) ((int64_t)(n)*NS_PER_MS)
#define S(n) ((int64_t)(n)*NS_PER_S)

static void say_what_is_inside(struct conf *conf)
{
	conf->networks.count = 1; /* the fixture has its own list */
}

static struct fixture *open_edge(void)
{
	return fixture_open(&detector_spoof, say_what_is_inside);
}

/* count packets of one that has proved its address, 1 ms apart. */
static void prove(struct fixture *f, int64_t start_ns, const char *from, unsigned count)
{
	struct pkt pkt = fixture_tcp(from, 4000, "198.51.100.7", 443, TCP_ACK);

	for (unsigned i = 0; i < count; i++)
		fixture_send(f, start_ns + MS(i), &pkt, STANDING_VERIFIED, 0);
}

/* count SYNs, 10 ms apart, to 203.0.113.80 from so many addresses, beginning with that one. */
static void forge(struct fixture *f, int64_t start_ns, const char *from, unsigned count,
	unsigned senders, enum standing standing)
{
	for (unsigned i = 0; i < count; i++) {
		struct pkt pkt = fixture_tcp("0.0.0.0", 4000, "203.0.113.80", 80, TCP_SYN);

		pkt.key.addr[0] = fixture_addr_at(from, i % senders);
		fixture_send(f, start_ns + MS(10 * i), &pkt, standing, 0);
	}
}

static unsigned end(struct fixture *f)
{
	unsigned count;

	fixture_end(f);
	count = fixture_count(f, KIND_ABUSE_SPOOF);
	fixture_close(f);
	return count;
}

static void forged_senders_are_told_with_their_target(void **unused)
{
	struct fixture *f = open_edge();
	struct addr target = fixture_addr("203.0.113.80");
	const struct fixture_finding *found;

	(void)unused;
	prove(f, T0, "192.0.2.5", 200);
	forge(f, T0 + S(1), "198.18.0.1", 300, 300, STANDING_OPENING);
	fixture_end(f);
	found = fixture_last(f, KIND_ABUSE_SPOOF);
	assert_non_null(found);
	assert_memory_equal(&found->finding.to, &target, sizeof(target));
	assert_true(addr_is_zero(&found->finding.from));
	assert_true(found->finding.is_spoofable);
	assert_int_equal(found->finding.scope, SCOPE_HOST);
	assert_int_equal(found->finding.port, 80);
	assert_true(found->finding.confidence >= 0.7F);
	assert_true(found->source_count > 20);
	assert_float_equal(finding_evidence(&found->finding, "proved_ours", 0), 200, 0);
	fixture_close(f);
}

static void the_number_must_be_reached_within_ten_seconds(void **unused)
{
	struct fixture *f = open_edge();

	(void)unused;
	prove(f, T0, "192.0.2.5", 200);
	for (unsigned i = 0; i < 30; i++)
		forge(f, T0 + S(1) + S(2) * i, "198.18.0.1", 1, 1, STANDING_OPENING);
	assert_int_equal(end(f), 0);
	f = open_edge();
	prove(f, T0, "192.0.2.5", 200);
	forge(f, T0 + S(1), "198.18.0.1", 9, 9, STANDING_OPENING);
	assert_int_equal(end(f), 0);
	f = open_edge();
	prove(f, T0, "192.0.2.5", 200);
	forge(f, T0 + S(1), "198.18.0.1", 10, 10, STANDING_UNANSWERED);
	assert_int_equal(end(f), 1);
}

static void many_targets_are_told_as_a_total(void **unused)
{
	struct fixture *f = open_edge();
	const struct fixture_finding *found;

	(void)unused;
	prove(f, T0, "192.0.2.5", 200);
	for (unsigned i = 0; i < 40; i++) {
		struct pkt pkt = fixture_udp("203.0.113.80", 4000, "198.18.0.1", 53, 40);

		pkt.key.addr[1] = fixture_addr_at("198.18.0.1", i);
		fixture_send(f, T0 + S(1) + MS(10 * i), &pkt, STANDING_OPENING, 0);
	}
	fixture_end(f);
	found = fixture_last(f, KIND_ABUSE_SPOOF);
	assert_non_null(found);
	assert_int_equal(found->finding.scope, SCOPE_TOTAL);
	assert_true(found->target_count > 5);
	assert_true(found->finding.confidence < 0.4F); /* only one name: whose? */
	fixture_close(f);
	f = open_edge();
	prove(f, T0, "192.0.2.5", 200);
	for (unsigned i = 0; i < 400; i++) { /* a dark prefix that was forgotten is scanned */
		struct pkt pkt = fixture_tcp("0.0.0.0", 4000, "203.0.113.1", 23, TCP_SYN);

		pkt.key.addr[0] = fixture_addr_at("198.18.0.1", i % 40);
		pkt.key.addr[1] = fixture_addr_at("203.0.113.1", i * 7 % 200);
		fixture_send(f, T0 + S(1) + MS(10 * i), &pkt, STANDING_OPENING, 0);
	}
	fixture_end(f);
	assert_true(fixture_last(f, KIND_ABUSE_SPOOF)->finding.confidence < 0.6F);
	fixture_close(f);
}

/* A router in transit, a prefix of ours that is missing in the configuration. */
static void strangers_that_talk_with_one_another_are_not_at_our_edge(void **unused)
{
	struct fixture *f = open_edge();

	(void)unused;
	prove(f, T0, "192.0.2.5", 1000);
	prove(f, T0, "203.0.113.9", 20);
	forge(f, T0 + S(2), "198.18.0.1", 3000, 300, STANDING_OPENING);
	assert_int_equal(end(f), 0);
}

/* One direction only is seen: it goes on steadily, so somebody answers elsewhere. */
static void asymmetric_routing_is_no_forgery(void **unused)
{
	struct fixture *f = open_edge();

	(void)unused;
	prove(f, T0, "192.0.2.5", 1000);
	forge(f, T0 + S(1), "198.18.0.1", 300, 3, STANDING_STREAM);
	forge(f, T0 + S(5), "198.18.0.1", 30, 3, STANDING_OPENING);
	assert_int_equal(end(f), 0);
}

static void without_networks_or_traffic_of_ours_nothing_is_known(void **unused)
{
	struct fixture *f = fixture_open(&detector_spoof, NULL);

	(void)unused;
	prove(f, T0, "192.0.2.5", 200);
	forge(f, T0 + S(1), "198.18.0.1", 300, 300, STANDING_OPENING);
	assert_int_equal(end(f), 0);
	f = open_edge();
	prove(f, T0, "192.0.2.5", 99);
	forge(f, T0 + S(1), "198.18.0.1", 300, 300, STANDING_OPENING);
	assert_int_equal(end(f), 0);
}

/* What has an end in our network, leaks out of a NAT, answers, goes to a group, or is an error. */
static void what_else_leaves_is_not_counted(void **unused)
{
	static const char *const leaks[] = { "192.0.2.9", "10.1.2.3", "192.168.1.7", "172.16.4.4",
		"100.64.9.9", "169.254.3.3" };
	struct fixture *f = open_edge();
	struct pkt pkt;

	(void)unused;
	prove(f, T0, "192.0.2.5", 200);
	for (unsigned i = 0; i < sizeof(leaks) / sizeof(leaks[0]); i++)
		forge(f, T0 + S(1), leaks[i], 40, 1, STANDING_OPENING);
	forge(f, T0 + S(1), "198.18.0.1", 40, 40, STANDING_STRAY);
	for (unsigned i = 0; i < 40; i++) {
		pkt = fixture_udp("198.18.0.1", 5353, "224.0.0.251", 5353, 40);
		fixture_send(f, T0 + S(1) + MS(i), &pkt, STANDING_OPENING, 0);
		pkt = fixture_echo("198.18.0.1", "203.0.113.80", 1, false);
		pkt.icmp_type = 11;
		fixture_send(f, T0 + S(1) + MS(i), &pkt, STANDING_OPENING, 0);
		pkt = fixture_udp("198.18.0.1", 5353, "203.0.113.80", 53, 40);
		pkt.tunnels = 1;
		fixture_send(f, T0 + S(1) + MS(i), &pkt, STANDING_OPENING, 0);
	}
	assert_int_equal(end(f), 0);
}

static void it_is_told_once_a_second_and_no_packet_twice(void **unused)
{
	struct fixture *f = open_edge();
	const struct fixture_finding *list;
	uint64_t packets = 0;
	unsigned count;

	(void)unused;
	prove(f, T0, "192.0.2.5", 200);
	forge(f, T0 + S(1), "198.18.0.1", 1000, 300, STANDING_OPENING);
	fixture_end(f);
	list = fixture_list(f, &count);
	assert_in_range(count, 9, 12);
	for (unsigned i = 0; i < count; i++)
		packets += list[i].finding.packets;
	assert_in_range(packets, 900, 1000);
	fixture_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_senders_are_told_with_their_target),
		cmocka_unit_test(the_number_must_be_reached_within_ten_seconds),
		cmocka_unit_test(many_targets_are_told_as_a_total),
		cmocka_unit_test(strangers_that_talk_with_one_another_are_not_at_our_edge),
		cmocka_unit_test(asymmetric_routing_is_no_forgery),
		cmocka_unit_test(without_networks_or_traffic_of_ours_nothing_is_known),
		cmocka_unit_test(what_else_leaves_is_not_counted),
		cmocka_unit_test(it_is_told_once_a_second_and_no_packet_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
