/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/abuse_test.c - packets that nothing honest sends are told, with their target; a few that
 * are only odd, or at home where they are, are not. Every allocation fails once: the detector's
 * files are compiled into this test with an allocator that does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/failing.h"

#define calloc calloc_or_fail
#include "detect/abuse.c"
#include "detect/abuse_tally.c"
#include "lib/keyed.c"
#undef calloc

#include "detect/detect_fixture.h"

#define T0 FIXTURE_START_NS
#define MS(n) ((int64_t)(n)*NS_PER_MS)
#define S(n) ((int64_t)(n)*NS_PER_S)

/* count packets with those anomalies to 192.0.2.80, from as many sources, step_ns apart. */
static void send_many(struct fixture *f, int64_t start_ns, int64_t step_ns, unsigned count,
	unsigned sources, uint64_t anomalies)
{
	for (unsigned i = 0; i < count; i++) {
		struct pkt pkt = fixture_tcp("203.0.113.1", 4000, "192.0.2.80", 80, 0);

		pkt.key.addr[0] = fixture_addr_at("203.0.113.1", i % sources);
		pkt.anomalies = anomalies;
		fixture_send(f, start_ns + i * step_ns, &pkt, STANDING_STRAY, 0);
	}
}

/* The kind that so many packets with those anomalies give in one second, or KIND_NONE. */
static enum kind kind_of(unsigned count, uint64_t anomalies)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);
	const struct fixture_finding *list;
	enum kind kind = KIND_NONE;
	unsigned found;

	send_many(f, T0, S(1) / count, count, 3, anomalies);
	fixture_end(f);
	list = fixture_list(f, &found);
	if (found > 0)
		kind = list[found - 1].finding.kind;
	fixture_close(f);
	return kind;
}

static void each_rule_has_its_number(void **unused)
{
	static const unsigned least[ABUSE_CLASS_COUNT] = { 3, 10, 100 };

	(void)unused;
	for (unsigned i = 0; i < ABUSE_RULE_COUNT; i++) {
		uint64_t anomalies = 1ULL << abuse_rules[i].anomaly;
		unsigned count = least[abuse_rules[i].class];

		assert_int_equal(kind_of(count - 1, anomalies), KIND_NONE);
		assert_int_equal(kind_of(count, anomalies), abuse_rules[i].kind);
	}
}

static void the_rules_agree_with_the_severities(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ABUSE_RULE_COUNT; i++) {
		unsigned severity = anomaly_infos[abuse_rules[i].anomaly].severity;

		assert_int_equal(severity, abuse_rules[i].class == ABUSE_ODD ? 1 : 2);
	}
	for (unsigned a = 0; a < ANOMALY_COUNT; a++)
		if (anomaly_infos[a].severity == 2)
			assert_true(abuse_anomalies & 1ULL << a);
}

static void other_anomalies_do_not_count(void **unused)
{
	(void)unused;
	assert_int_equal(
		kind_of(1000, ANOMALY_BIT(TCP_CHECKSUM) | ANOMALY_BIT(IP_OPTION)), KIND_NONE);
	assert_int_equal(kind_of(1000, 0), KIND_NONE);
}

static void tells_target_senders_and_anomalies(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);
	struct addr to = fixture_addr("192.0.2.80");
	const struct fixture_finding *found;

	(void)unused;
	send_many(f, T0, MS(1), 500, 200, ANOMALY_BIT(TCP_SYN_FIN));
	send_many(f, T0 + MS(500), MS(1), 100, 200, ANOMALY_BIT(TCP_NULL));
	fixture_end(f);
	found = fixture_last(f, KIND_ABUSE_FLAGS);
	assert_non_null(found);
	assert_memory_equal(&found->finding.to, &to, sizeof(to));
	assert_true(addr_is_zero(&found->finding.from)); /* one of many */
	assert_int_equal(found->finding.port, 80);
	assert_int_equal(found->finding.proto, 6);
	assert_true(found->finding.is_spoofable);
	assert_string_equal(found->finding.reason, "SYN and FIN together");
	assert_float_equal(finding_evidence(&found->finding, "packets", 0), 600, 0);
	assert_float_equal(finding_evidence(&found->finding, "tcp_syn_fin", 0), 500, 0);
	assert_float_equal(finding_evidence(&found->finding, "tcp_null", 0), 100, 0);
	assert_string_equal(found->finding.evidence[0].name, "packets");
	assert_float_equal(found->finding.observed, 600, 0);
	assert_float_equal(found->finding.expected, 10, 0);
	fixture_close(f);
}

static void tells_no_packet_twice(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);
	const struct fixture_finding *list;
	uint64_t packets = 0, sources = 0;
	unsigned count;

	(void)unused;
	send_many(f, T0, MS(10), 3000, 30, ANOMALY_BIT(TCP_XMAS)); /* 30 s */
	fixture_end(f);
	list = fixture_list(f, &count);
	assert_in_range(count, 20, 32);
	for (unsigned i = 0; i < count; i++) {
		packets += list[i].finding.packets;
		sources = list[i].source_count > sources ? list[i].source_count : sources;
		assert_true(list[i].finding.window.start_ns < list[i].finding.window.end_ns);
		if (i > 0)
			assert_true(list[i].finding.window.start_ns >=
				    list[i - 1].finding.window.end_ns);
	}
	assert_int_equal(packets, 3000);
	assert_int_equal(sources, 30);
	assert_float_equal(list[1].finding.peak_pps, 100, 0);
	fixture_close(f);
}

static void a_single_sender_is_named(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);
	struct addr from = fixture_addr("203.0.113.1");
	const struct fixture_finding *found;

	(void)unused;
	send_many(f, T0, MS(1), 50, 1, ANOMALY_BIT(IP_SOURCE_ROUTE));
	fixture_end(f);
	found = fixture_last(f, KIND_ABUSE_HEADER);
	assert_non_null(found);
	assert_memory_equal(&found->finding.from, &from, sizeof(from));
	assert_int_equal(found->finding.from_bits, 128);
	fixture_close(f);
}

/* Who sends one such packet in his own name must not vouch for those in another's. */
static void one_true_sender_vouches_for_nobody(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	for (unsigned i = 0; i < 20; i++) {
		struct pkt pkt = fixture_tcp(
			i ? "203.0.113.1" : "203.0.113.2", 4000, "192.0.2.80", 80, TCP_ACK);

		pkt.anomalies = ANOMALY_BIT(IP_SOURCE_ROUTE);
		fixture_send(f, T0 + MS(i), &pkt, i ? STANDING_STRAY : STANDING_VERIFIED, 0);
	}
	fixture_end(f);
	assert_true(fixture_last(f, KIND_ABUSE_HEADER)->finding.is_spoofable);
	fixture_close(f);
}

static void a_sender_that_proved_itself_is_not_spoofed(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	for (unsigned i = 0; i < 20; i++) {
		struct pkt pkt = fixture_tcp("203.0.113.1", 4000, "192.0.2.80", 80, TCP_ACK);

		pkt.anomalies = ANOMALY_BIT(IP_SOURCE_ROUTE);
		fixture_send(f, T0 + MS(i), &pkt, STANDING_VERIFIED, 0);
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_ABUSE_HEADER), 1);
	assert_false(fixture_last(f, KIND_ABUSE_HEADER)->finding.is_spoofable);
	fixture_close(f);
}

/* Xmas, port after port, from one host: it looks for answers. */
static void a_stealth_scan_is_told_elsewhere(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	for (unsigned i = 0; i < 1000; i++) {
		struct pkt pkt =
			fixture_tcp("203.0.113.1", 4000, "192.0.2.80", (uint16_t)(1 + i), 0x29);

		pkt.anomalies = ANOMALY_BIT(TCP_XMAS);
		fixture_send(f, T0 + MS(i), &pkt, STANDING_STRAY, 0);
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

static void packets_far_apart_do_not_add_up(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	send_many(f, T0, S(2), 60, 1, ANOMALY_BIT(TCP_NULL));
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* 198.18/15 and the like may be at home in a laboratory that says so. */
static void an_inside_bogon_is_at_home(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	for (unsigned k = 0; k < 2; k++) {
		for (unsigned i = 0; i < 200; i++) {
			struct pkt pkt = fixture_udp(
				k ? "240.0.0.1" : "10.0.0.1", 4000, "192.0.2.80", 80, 10);

			pkt.anomalies = ANOMALY_BIT(IP_BOGON_SOURCE);
			fixture_send(f, T0 + S(1) * k + MS(i), &pkt, STANDING_OPENING, EVENT_NEW);
		}
		fixture_until(f, T0 + S(1) * (k + 1));
		assert_int_equal(fixture_count(f, KIND_ABUSE_BOGON) > 0, k);
	}
	assert_true(fixture_last(f, KIND_ABUSE_BOGON)->finding.confidence < 0.5);
	fixture_close(f);
}

static void one_packet_counts_for_each_kind_once(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	send_many(f, T0, MS(1), 20, 2,
		ANOMALY_BIT(TCP_NULL) | ANOMALY_BIT(TCP_XMAS) | ANOMALY_BIT(LAND) |
			ANOMALY_BIT(FRAG_TINY));
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 3);
	assert_float_equal(fixture_last(f, KIND_ABUSE_FLAGS)->finding.observed, 20, 0);
	fixture_close(f);
}

/* Packets to ever new targets push out others that got as few, not the one under attack. */
static void many_targets_do_not_hide_one(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);

	(void)unused;
	for (unsigned i = 0; i < 100000; i++) {
		struct pkt pkt = fixture_tcp("203.0.113.1", 4000, "10.0.0.0", 80, 0);

		pkt.key.addr[1] = fixture_addr_at("10.0.0.0", i);
		pkt.anomalies = ANOMALY_BIT(TCP_NULL);
		fixture_send(f, T0 + MS(i) / 20, &pkt, STANDING_STRAY, 0);
		if (i % 500 == 0)
			send_many(f, T0 + MS(i) / 20, 1, 3, 1, ANOMALY_BIT(TCP_NULL));
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_ABUSE_FLAGS) > 0);
	assert_int_equal(fixture_count(f, KIND_NONE), fixture_count(f, KIND_ABUSE_FLAGS));
	fixture_close(f);
}

/* More targets under attack than are told at a time: their turn comes. */
static void everyones_turn_comes(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);
	const struct fixture_finding *list;
	bool is_seen[150] = { false };
	unsigned count, distinct = 0;

	(void)unused;
	for (unsigned i = 0; i < 150 * 20; i++) {
		struct pkt pkt = fixture_tcp("203.0.113.1", 4000, "10.0.0.0", 80, 0);

		pkt.key.addr[1] = fixture_addr_at("10.0.0.0", i / 20);
		pkt.anomalies = ANOMALY_BIT(LAND);
		fixture_send(f, T0 + MS(i) / 50, &pkt, STANDING_STRAY, 0);
	}
	fixture_until(f, T0 + MS(100));
	assert_int_equal(fixture_count(f, KIND_NONE), FINDINGS_MAX);
	fixture_until(f, T0 + S(1));
	list = fixture_list(f, &count);
	for (unsigned i = 0; i < count; i++)
		is_seen[list[i].finding.to.byte[15]] = true;
	for (unsigned i = 0; i < 150; i++)
		distinct += is_seen[i];
	assert_in_range(distinct, 140, 150); /* a lane has room for 64 targets, eight to a set */
	fixture_close(f);
}

static void the_memory_is_emptied_in_time(void **unused)
{
	struct fixture *f = fixture_open(&detector_abuse, NULL);
	struct abuse_state *state = fixture_state(f);

	(void)unused;
	send_many(f, T0, MS(1), 50, 1, ANOMALY_BIT(LAND));
	fixture_until(f, T0 + S(5));
	assert_int_equal(state->table.keyed.count, 1);
	fixture_until(f, T0 + S(25));
	assert_int_equal(state->table.keyed.count, 0);
	fixture_close(f);
}

/* Time goes back or far on: what was counted is told or forgotten, nothing overflows. */
static void jumps_do_no_harm(void **unused)
{
	static const int64_t starts[] = { T0 - S(86400), INT64_MAX - MS(100), INT64_MIN, 0 };
	struct abuse_table empty = { .seed = 0 };
	struct finding list[8];
	struct findings findings = { .list = list, .cap = 8 };

	(void)unused;
	assert_int_equal(abuse_table_open(&empty, 8, 16, FIXTURE_SEED), 0);
	for (unsigned i = 0; i < 4; i++) {
		struct fixture *f = fixture_open(&detector_abuse, NULL);
		struct abuse_state *state = fixture_state(f);

		send_many(f, T0, MS(1), 50, 1, ANOMALY_BIT(LAND));
		fixture_until(f, T0 + MS(100));
		for (unsigned k = 0; k < 4; k++)
			detector_abuse.judge(state, &empty,
				(struct window){ starts[i ^ k], starts[i ^ k] + MS(100) },
				&findings);
		assert_int_equal(state->table.keyed.count, 0);
		fixture_close(f);
	}
	assert_int_equal(findings.count, 0); /* told when it happened */
	abuse_table_close(&empty);
}

static void full_tables_count_what_they_lose(void **unused)
{
	struct abuse_table lane, merged;

	(void)unused;
	if (abuse_table_open(&lane, 8, 16, 7) < 0) {
		fail();
		return; /* as fail() does; the analyser cannot know */
	}
	assert_int_equal(abuse_table_open(&merged, 8, 16, 7), 0);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 16; i++) {
			struct pkt pkt = fixture_tcp("203.0.113.1", 4000, "10.0.0.0", 80, 0);

			pkt.key.addr[1] = fixture_addr_at("10.0.0.0", round * 16 + i % 8);
			pkt.anomalies = ANOMALY_BIT(LAND);
			abuse_table_packet(&lane, &pkt, 0);
		}
		if (round == 0)
			assert_int_equal(lane.keyed.count, 8);
		if (round == 1)
			lane.lost = 5;
		for (unsigned i = 0; i < lane.keyed.count; i++) /* heavier than what comes next */
			((struct abuse_entry *)keyed_at(&lane.keyed, i))->packets +=
				10 * (1 - round);
		abuse_table_merge(&merged, &lane);
		assert_int_equal(lane.keyed.count, 0);
	}
	assert_int_equal(merged.keyed.count, 8);
	assert_int_equal(merged.lost, 5 + 16);
	abuse_table_close(&lane);
	abuse_table_close(&merged);
}

static void missing_memory_is_said(void **unused)
{
	struct conf conf;
	struct abuse_state state;
	struct abuse_table summary;
	struct detector_env env = { .conf = &conf, .seed = 7 };
	unsigned n;

	(void)unused;
	conf_default(&conf);
	for (n = 1, calls_left = 1; detector_abuse.init(&state, &env) < 0; calls_left = ++n)
		assert_in_range(n, 1, 10);
	assert_in_range(n, 3, 10);
	for (n = 1, calls_left = 1; detector_abuse.summary_init(&summary, &state, false) < 0;
		calls_left = ++n)
		assert_in_range(n, 1, 10);
	assert_in_range(n, 3, 10);
	calls_left = 0;
	detector_abuse.summary_close(&summary);
	detector_abuse.close(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_number),
		cmocka_unit_test(the_rules_agree_with_the_severities),
		cmocka_unit_test(other_anomalies_do_not_count),
		cmocka_unit_test(tells_target_senders_and_anomalies),
		cmocka_unit_test(tells_no_packet_twice),
		cmocka_unit_test(a_single_sender_is_named),
		cmocka_unit_test(one_true_sender_vouches_for_nobody),
		cmocka_unit_test(a_sender_that_proved_itself_is_not_spoofed),
		cmocka_unit_test(a_stealth_scan_is_told_elsewhere),
		cmocka_unit_test(packets_far_apart_do_not_add_up),
		cmocka_unit_test(an_inside_bogon_is_at_home),
		cmocka_unit_test(one_packet_counts_for_each_kind_once),
		cmocka_unit_test(many_targets_do_not_hide_one),
		cmocka_unit_test(everyones_turn_comes),
		cmocka_unit_test(the_memory_is_emptied_in_time),
		cmocka_unit_test(jumps_do_no_harm),
		cmocka_unit_test(full_tables_count_what_they_lose),
		cmocka_unit_test(missing_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
