/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flood_report_test.c - what is reported of a flood adds up: packets, times, senders;
 * however long it lasts, and into however many lanes it is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/detectors.h"
#include "detect/play.h"
#include "detect/volume.h"

#define WEB "192.0.2.80"

/* Tenths of the default limits, so that a test needs few packets. */
static void low(struct conf *conf)
{
	conf->flood.host_pps = 2000;
	conf->flood.host_mbps = 20;
	conf->flood.prefix_pps = 4000;
	conf->flood.prefix_mbps = 40;
}

static struct pkt to_web(uint8_t proto, struct addr from, uint32_t number)
{
	struct pkt pkt = fixture_pkt(
		proto, from, (uint16_t)(1024 + mix(number) % 60000), fixture_addr(WEB), 80);

	if (proto == 6)
		pkt.tcp_flags = TCP_SYN;
	return pkt;
}

static struct pkt syn_of_one(uint32_t number)
{
	return to_web(6, fixture_addr("203.0.113.9"), number);
}

static struct pkt syn_spoofed(uint32_t number)
{
	return to_web(6, stranger(number), number);
}

static const char *reason_of(const struct fixture *f, enum kind kind)
{
	const struct fixture_finding *last = fixture_last(f, kind);

	return last ? last->finding.reason : "";
}

static struct fixture *after(struct play what, void (*adjust)(struct conf *conf))
{
	struct fixture *f = fixture_open(&detector_flood, adjust);

	play(f, what);
	fixture_end(f);
	return f;
}

static struct pkt ack_various(uint32_t number)
{
	struct pkt pkt = to_web(6, stranger(number), number);

	pkt.tcp_flags = TCP_ACK;
	pkt.ip_len = 40 + mix(number) % 900;
	return pkt;
}

static struct pkt ack_uniform(uint32_t number)
{
	struct pkt pkt = ack_various(number);

	pkt.ip_len = 40;
	return pkt;
}

static void what_is_reported_adds_up(void **state)
{
	struct play what = { T0 + 17, 2400, 8040, syn_of_one, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, low);
	unsigned count;

	(void)state;
	fixture_list(f, &count);
	assert_in_range(count, 3, 6); /* at once, once a second, at the end */
	assert_int_equal(packets_found(f, KIND_FLOOD_SYN), 8040);
	assert_int_equal(window_found(f).start_ns, T0 + 17);
	assert_int_equal(window_found(f).end_ns, play_time(&what, 8039));
	assert_string_equal(reason_of(f, KIND_FLOOD_SYN), "until it ended");
	fixture_close(f);
}

static struct pkt udp_of_one(uint32_t number)
{
	struct pkt pkt = to_web(17, fixture_addr("203.0.113.9"), number);

	pkt.key.port[0] = 4444;
	return pkt;
}

/* A single sender is believed to be a flood only after many seconds; by then nothing may be
 * forgotten, not even when the capture begins with it. */
static void a_late_verdict_counts_from_the_beginning(void **state)
{
	struct play what = { T0, 7000, 7000 * 16, udp_of_one, STANDING_UNANSWERED, 0 };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_int_equal(packets_found(f, KIND_FLOOD_UDP), 7000 * 16);
	assert_int_equal(window_found(f).start_ns, T0);
	fixture_close(f);
	f = fixture_open(&detector_flood, NULL);
	what.pps = 5;
	what.count = 50;
	what.at_ns = play(f, what);
	what.pps = 7000;
	what.count = 7000 * 16;
	play(f, what);
	fixture_end(f);
	assert_in_range(packets_found(f, KIND_FLOOD_UDP), 7000 * 16, 7000 * 16 + 50);
	fixture_close(f);
}

/* Thin and long: the senders are counted anew each minute, the attack goes on. */
static void minutes_do_not_interrupt(void **state)
{
	struct play what = { T0, 150, 150 * 140, syn_spoofed, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);
	const struct fixture_finding *list;
	unsigned count, ends = 0;

	(void)state;
	assert_int_equal(packets_found(f, KIND_FLOOD_SYN), 150 * 140);
	assert_int_equal(window_found(f).start_ns, T0);
	list = fixture_list(f, &count);
	assert_in_range(count, 120, 145);
	for (unsigned i = 0; i < count; i++) {
		ends += strcmp(list[i].finding.reason, "until it ended") == 0;
		assert_true(list[i].finding.confidence >= 0.5 && list[i].finding.confidence <= 1);
	}
	assert_true(ends <= 1);
	fixture_close(f);
}

static void two_attacks_are_told_apart(void **state)
{
	struct play what = { T0, 2400, 4800, syn_of_one, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = fixture_open(&detector_flood, low);
	uint64_t first;

	(void)state;
	play(f, what);
	fixture_until(f, T0 + S(20));
	first = packets_found(f, KIND_FLOOD_SYN);
	assert_int_equal(first, 4800);
	what.at_ns = T0 + S(20);
	play(f, what);
	fixture_end(f);
	/* What is no more than usual (240 pps by now) at its beginning is not counted. */
	assert_in_range(packets_found(f, KIND_FLOOD_SYN), 9600 - 700, 9600);
	fixture_close(f);
}

static void strangers_in_one_window(void **state)
{
	struct play what = { T0, 150000, 12000, syn_spoofed, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, low);
	unsigned count;
	const struct fixture_finding *list = fixture_list(f, &count);

	(void)state;
	assert_int_equal(count, 1);
	assert_int_equal(list[0].source_count, 12000);
	assert_float_equal(finding_evidence(&list[0].finding, "sources", 0), 12000, 0);
	assert_null(list[0].finding.targets);
	fixture_close(f);
	what.pps = 8000; /* over fifteen windows */
	f = after(what, low);
	assert_int_equal(fixture_last(f, KIND_FLOOD_SYN)->source_count, 12000);
	fixture_close(f);
}

/* The whole run with so many lanes; findings come without their sketches. */
static unsigned run_lanes(unsigned lane_count, struct finding *out, unsigned cap)
{
	struct conf conf;
	struct networks *networks;
	struct volume volume;
	struct tally_table merged, *lanes = calloc(lane_count, sizeof(*lanes));
	struct findings findings = { .list = out, .cap = cap };
	struct detector_env env = { .conf = &conf, .seed = 9 };

	conf_default(&conf);
	low(&conf);
	assert_int_equal(networks_open_empty(&networks), 0);
	assert_int_equal(networks_build(networks), 0);
	env.networks = networks;
	assert_int_equal(detector_flood.init(&volume, &env), 0);
	assert_int_equal(detector_flood.summary_init(&merged, &volume, true), 0);
	for (unsigned l = 0; l < lane_count; l++)
		assert_int_equal(detector_flood.summary_init(&lanes[l], &volume, false), 0);
	for (unsigned w = 0; w < 30; w++) {
		struct window window = { T0 + MS(100) * w, T0 + MS(100) * (w + 1) };

		for (uint32_t i = 0; i < 300; i++) {
			struct pkt pkt = i % 3 ? syn_spoofed(i + 300 * w)
					       : ack_uniform(i + 300 * w),
				   *pkts = &pkt;
			struct flow *flow = NULL;

			pkt.time_ns = window.start_ns + i;
			pkt.standing = STANDING_OPENING;
			detector_flood.packets(
				&volume, &lanes[mix(i) % lane_count], &pkts, &flow, 1);
		}
		for (unsigned l = 0; l < lane_count; l++)
			detector_flood.merge(&merged, &lanes[l]);
		detector_flood.judge(&volume, &merged, window, &findings);
	}
	for (unsigned l = 0; l < lane_count; l++)
		detector_flood.summary_close(&lanes[l]);
	detector_flood.summary_close(&merged);
	detector_flood.close(&volume);
	networks_close(networks);
	free(lanes);
	return findings.count;
}

static void lanes_change_nothing(void **state)
{
	static const unsigned splits[] = { 2, 7, 32 };
	struct finding one[64], other[64];
	unsigned count = run_lanes(1, one, 64);

	(void)state;
	assert_true(count >= 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(run_lanes(splits[i], other, 64), count);
		for (unsigned k = 0; k < count; k++) {
			other[k].sources = one[k].sources = NULL;
			other[k].targets = one[k].targets = NULL;
			assert_int_equal(one[k].packets, other[k].packets);
			assert_float_equal(one[k].observed, other[k].observed, 0);
			assert_float_equal(one[k].evidence[1].value, other[k].evidence[1].value, 0);
			assert_int_equal(one[k].window.start_ns, other[k].window.start_ns);
			assert_int_equal(one[k].window.end_ns, other[k].window.end_ns);
			assert_string_equal(one[k].reason, other[k].reason);
			assert_int_equal(one[k].kind, other[k].kind);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_reported_adds_up),
		cmocka_unit_test(a_late_verdict_counts_from_the_beginning),
		cmocka_unit_test(minutes_do_not_interrupt),
		cmocka_unit_test(two_attacks_are_told_apart),
		cmocka_unit_test(strangers_in_one_window),
		cmocka_unit_test(lanes_change_nothing),
	};

	return cmocka_run_group_tests_name("flood_report", tests, NULL, NULL);
}
