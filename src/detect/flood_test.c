/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flood_test.c - each test of flood.c fires, and does not just below. What is reported is
 * looked at in flood_report_test.c; what must not be taken for a flood in flood_benign_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/detectors.h"
#include "detect/play.h"

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

static const struct finding *first_of(const struct fixture *f)
{
	unsigned count;
	const struct fixture_finding *list = fixture_list(f, &count);

	assert_true(count > 0);
	return &list[0].finding;
}

static bool is_addr(const struct addr *addr, const char *text)
{
	struct addr expected = fixture_addr(text);

	return addr_equal(addr, &expected);
}

static struct fixture *after(struct play what, void (*adjust)(struct conf *conf))
{
	struct fixture *f = fixture_open(&detector_flood, adjust);

	play(f, what);
	fixture_end(f);
	return f;
}

/* Plays and says how many findings of the kind there are. */
static unsigned findings_of(struct play what, void (*adjust)(struct conf *conf), enum kind kind)
{
	struct fixture *f = after(what, adjust);
	unsigned count = fixture_count(f, kind);

	assert_int_equal(fixture_count(f, KIND_NONE), count);
	fixture_close(f);
	return count;
}

static void the_fixed_limit(void **state)
{
	struct play what = { T0, 2400, 7200, syn_of_one, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, low);
	const struct finding *finding = first_of(f);

	(void)state;
	assert_int_equal(finding->kind, KIND_FLOOD_SYN);
	assert_int_equal(finding->scope, SCOPE_HOST);
	assert_int_equal(finding->port, 80);
	assert_int_equal(finding->proto, 6);
	assert_true(finding->is_spoofable);
	assert_float_equal(finding->expected, 2000, 0);
	assert_true(finding->observed >= 2000);
	assert_non_null(strstr(finding->reason, "fixed limit"));
	assert_float_equal(finding->peak_pps, 2400, 20);
	assert_float_equal(finding->peak_bps, 2400 * 40 * 8, 7000);
	assert_int_equal(finding->to_bits, 128);
	assert_int_equal(finding->from_bits, 128); /* there is but one */
	assert_true(is_addr(&finding->from, "203.0.113.9"));
	fixture_close(f);
	what.pps = 1800;
	what.count = 7200;
	assert_int_equal(findings_of(what, low, KIND_FLOOD_SYN), 0);
}

static struct pkt big_udp(uint32_t number)
{
	struct pkt pkt = to_web(17, fixture_addr("203.0.113.9"), number);

	pkt.ip_len = 1400;
	return pkt;
}

static void the_fixed_limit_in_bits(void **state)
{
	struct play what = { T0, 1950, 1950 * 5, big_udp, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, low);

	(void)state;
	assert_string_equal(first_of(f)->evidence[0].unit, "bps");
	assert_float_equal(first_of(f)->expected, 20e6, 0);
	fixture_close(f);
	what.pps = 1650;
	assert_int_equal(findings_of(what, low, KIND_FLOOD_UDP), 0);
}

/* The usual, for long enough to be known, then more. */
static struct fixture *usual_then(double usual_pps, struct play more)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);
	struct play usual = { T0, usual_pps, (uint32_t)(40 * usual_pps), syn_of_one,
		STANDING_OPENING, EVENT_NEW };

	usual.make = more.make;
	more.at_ns = play(f, usual);
	play(f, more);
	fixture_end(f);
	return f;
}

static unsigned changes(double usual_pps, double then_pps)
{
	struct play more = { 0, then_pps, (uint32_t)(4 * then_pps), syn_of_one, STANDING_OPENING,
		EVENT_NEW };
	struct fixture *f = usual_then(usual_pps, more);
	unsigned count = fixture_count(f, KIND_NONE);

	if (count > 0) {
		assert_non_null(strstr(first_of(f)->reason, "far more"));
		assert_float_equal(first_of(f)->expected, usual_pps, usual_pps / 10);
	}
	fixture_close(f);
	return count;
}

static void a_change(void **state)
{
	(void)state;
	assert_true(changes(20, 1500) > 0);
	assert_int_equal(changes(20, 900), 0); /* below change_pps */
	assert_true(changes(150, 1500) > 0);
	assert_int_equal(changes(250, 1500), 0); /* six times */
}

static void evidence_of_a_thin_flood(void **state)
{
	struct play what = { T0, 150, 3000, syn_spoofed, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);
	const struct finding *finding = first_of(f);

	(void)state;
	assert_int_equal(finding->kind, KIND_FLOOD_SYN);
	assert_non_null(strstr(finding->reason, "never seen"));
	assert_true(finding->observed >= 500);
	assert_float_equal(finding->expected, 500, 0);
	assert_true(finding->confidence > 0.74 && finding->confidence < 1);
	assert_true(addr_is_zero(&finding->from));
	assert_true(fixture_last(f, KIND_FLOOD_SYN)->source_count >= 2500);
	fixture_close(f);
}

static struct pkt syn_of_450(uint32_t number)
{
	return to_web(6, stranger(number % 450), number);
}

static void too_little_evidence(void **state)
{
	struct play what = { T0, 150, 3000, syn_of_450, STANDING_OPENING, EVENT_NEW };

	(void)state;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_SYN), 0); /* too few senders */
	what.make = syn_spoofed;
	what.count = 900;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_SYN), 0); /* too few packets */
	what.count = 2000;
	what.pps = 36;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_SYN), 0); /* too slow */
	what.pps = 45;
	what.count = 3000;
	assert_true(findings_of(what, NULL, KIND_FLOOD_SYN) > 0);
}

/* A third of the strangers complete their handshakes; or a tenth. */
static unsigned partly_answered(unsigned one_in)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);
	unsigned count;

	for (uint32_t i = 0; i < 4000; i++) {
		struct pkt pkt = syn_spoofed(i);

		if (i % one_in == 0)
			fixture_answer(f, T0 + MS(5) * i, &pkt);
		else
			fixture_open_only(f, T0 + MS(5) * i, &pkt);
	}
	fixture_end(f);
	count = fixture_count(f, KIND_NONE);
	fixture_close(f);
	return count;
}

static void a_flood_beside_honest_visitors(void **state)
{
	(void)state;
	assert_true(partly_answered(10) > 0);
	assert_int_equal(partly_answered(3), 0);
}

/* One who sends the same SYN again and again opens once: a busy server must not hide him. */
static void repetition_beside_honest_visitors(void **state)
{
	struct fixture *f = fixture_open(&detector_flood, low);

	(void)state;
	for (uint32_t i = 0; i < 9000; i++) {
		struct pkt same = syn_of_one(5), visitor = syn_spoofed(i);
		int64_t now_ns = T0 + i * (NS_PER_S / 4500);

		fixture_send(f, now_ns, &same, i ? STANDING_UNANSWERED : STANDING_OPENING,
			i ? EVENT_RETRANSMIT : EVENT_NEW);
		if (i % 100 == 0)
			fixture_answer(f, now_ns, &visitor);
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_FLOOD_SYN) > 0);
	fixture_close(f);
}

static struct pkt udp_various(uint32_t number)
{
	struct pkt pkt = to_web(17, stranger(number), number);

	pkt.ip_len = 60 + mix(number) % 900;
	return pkt;
}

static struct pkt udp_uniform(uint32_t number)
{
	struct pkt pkt = to_web(17, stranger(number), number);

	pkt.ip_len = 540;
	return pkt;
}

static struct pkt udp_one_port(uint32_t number)
{
	struct pkt pkt = udp_various(number);

	pkt.key.port[0] = 80; /* as the target's: no reflection */
	return pkt;
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

static void datagrams_and_acks_must_be_uniform(void **state)
{
	struct play what = { T0, 150, 3000, udp_various, STANDING_OPENING, EVENT_NEW };

	(void)state;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_UDP), 0);
	what.make = udp_uniform;
	assert_true(findings_of(what, NULL, KIND_FLOOD_UDP) > 0);
	what.make = udp_one_port;
	assert_true(findings_of(what, NULL, KIND_FLOOD_UDP) > 0);
	what.standing = STANDING_STRAY;
	what.make = ack_various;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_ACK), 0);
	what.make = ack_uniform;
	assert_true(findings_of(what, NULL, KIND_FLOOD_ACK) > 0);
}

static struct pkt of_flags(uint32_t number, uint8_t flags)
{
	struct pkt pkt = to_web(6, stranger(number), number);

	pkt.tcp_flags = flags;
	return pkt;
}

static struct pkt synack_spoofed(uint32_t number)
{
	struct pkt pkt = of_flags(number, TCP_SYN | TCP_ACK);

	pkt.key.port[0] = 443;
	return pkt;
}

static struct pkt rst_spoofed(uint32_t number)
{
	return of_flags(number, TCP_RST);
}

static struct pkt fin_spoofed(uint32_t number)
{
	return of_flags(number, TCP_FIN | TCP_ACK);
}

static struct pkt gre_spoofed(uint32_t number)
{
	return fixture_pkt(47, stranger(number), 0, fixture_addr(WEB), 0);
}

static void every_kind_by_evidence(void **state)
{
	static const struct {
		struct pkt (*make)(uint32_t number);
		enum kind kind;
	} table[] = {
		{ synack_spoofed, KIND_FLOOD_SYNACK },
		{ rst_spoofed, KIND_FLOOD_RST },
		{ fin_spoofed, KIND_FLOOD_FIN },
		{ gre_spoofed, KIND_FLOOD_OTHER },
	};
	struct play what = { T0, 150, 2000, NULL, STANDING_STRAY, 0 };

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fixture *f;

		what.make = table[i].make;
		f = after(what, NULL);
		assert_true(fixture_count(f, table[i].kind) > 0);
		assert_int_equal(fixture_count(f, table[i].kind), fixture_count(f, KIND_NONE));
		/* Reflectors are who they say they are, and their port tells their service. */
		assert_int_equal(first_of(f)->is_spoofable, table[i].kind != KIND_FLOOD_SYNACK);
		if (table[i].kind == KIND_FLOOD_SYNACK)
			assert_int_equal(first_of(f)->port, 443);
		if (table[i].kind == KIND_FLOOD_OTHER)
			assert_int_equal(first_of(f)->port, 0);
		fixture_close(f);
	}
}

/* 0.15 s, as thousands of reflectors do it: over before anything could have been answered. */
static void a_short_capture_is_judged_at_its_end(void **state)
{
	struct play what = { T0, 20000, 3000, synack_spoofed, STANDING_STRAY, EVENT_NEW };

	(void)state;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_SYNACK), 1);
	what.make = syn_spoofed;
	what.standing = STANDING_OPENING;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_SYN), 1);
}

static struct pkt echo_of_one(uint32_t number)
{
	return fixture_echo("203.0.113.9", WEB, (uint16_t)number, false);
}

static void icmp_by_its_rate_answered_or_not(void **state)
{
	struct play what = { T0, 1100, 4400, echo_of_one, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	assert_true(findings_of(what, NULL, KIND_FLOOD_ICMP) > 0);
	what.pps = 900;
	what.count = 3600;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_ICMP), 0);
	for (uint32_t i = 0; i < 4500; i++) {
		struct pkt pkt = echo_of_one(i);

		fixture_answer(f, T0 + i * (NS_PER_S / 1200), &pkt);
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_FLOOD_ICMP) > 0);
	fixture_close(f);
}

static struct pkt fragment_of_one(uint32_t number)
{
	struct pkt pkt = fixture_pkt(17, fixture_addr("203.0.113.9"), 0, fixture_addr(WEB), 0);

	pkt.frag = FRAG_LATER;
	pkt.frag_id = number;
	return pkt;
}

static void fragments_without_a_beginning(void **state)
{
	struct play what = { T0, 2200, 2200 * 5, fragment_of_one, STANDING_STRAY, 0 };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_int_equal(first_of(f)->kind, KIND_FLOOD_FRAG);
	assert_float_equal(finding_evidence(first_of(f), "fragments", 0), 1, 0);
	fixture_close(f);
	what.pps = 1800;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_FRAG), 0);
}

/* Uniform and unanswered, of some dozens or of one at one port, on and on. */
static struct pkt udp_of_60(uint32_t number)
{
	struct pkt pkt = udp_uniform(number);

	pkt.key.addr[0] = stranger(number % 60);
	return pkt;
}

static struct pkt udp_of_one(uint32_t number)
{
	struct pkt pkt = udp_uniform(number);

	pkt.key.addr[0] = fixture_addr("203.0.113.9");
	pkt.key.port[0] = 4444;
	return pkt;
}

static void sustained_floods_of_few(void **state)
{
	struct play what = { T0, 1800, 1800 * 9, udp_of_60, STANDING_UNANSWERED, 0 };

	(void)state;
	assert_true(findings_of(what, NULL, KIND_FLOOD_UDP) > 0);
	what.pps = 900;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_UDP), 0);
	what.make = udp_of_one;
	what.pps = 1800;
	assert_int_equal(findings_of(what, NULL, KIND_FLOOD_UDP), 0); /* may be a stream */
	what.pps = 6500;
	what.count = 6500 * 17;
	assert_true(findings_of(what, NULL, KIND_FLOOD_UDP) > 0);
}

static struct pkt unknown_service(uint32_t number)
{
	struct pkt pkt = to_web(17, stranger(number % 150), number);

	pkt.key.port[0] = 30718;
	pkt.key.port[1] = (uint16_t)(1024 + mix(number) % 60000);
	pkt.ip_len = 200 + mix(number) % 300;
	return pkt;
}

static struct pkt unknown_service_of_90(uint32_t number)
{
	return unknown_service(number % 150 % 90);
}

static struct pkt dns_without_payload(uint32_t number)
{
	static const uint8_t zeros[64];
	struct pkt pkt = unknown_service(number);

	pkt.key.port[0] = 53;
	pkt.bytes = zeros;
	pkt.payload_offset = 0;
	pkt.payload_len = sizeof(zeros);
	return pkt;
}

static void reflection_of_an_unknown_service(void **state)
{
	struct play what = { T0, 150, 3000, unknown_service, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_int_equal(first_of(f)->kind, KIND_AMPLIFICATION_OTHER);
	assert_int_equal(first_of(f)->port, 30718);
	assert_false(first_of(f)->is_spoofable);
	fixture_close(f);
	/* A known port, though the payload says nothing (anonymised captures have it wiped). */
	what.make = dns_without_payload;
	f = after(what, NULL);
	assert_int_equal(first_of(f)->kind, KIND_AMPLIFICATION_DNS);
	fixture_close(f);
	what.make = unknown_service_of_90;
	assert_int_equal(findings_of(what, NULL, KIND_AMPLIFICATION_OTHER), 0);
}

static struct pkt tunnelled(uint32_t number)
{
	struct pkt pkt = udp_uniform(number);

	pkt.key.addr[1] = fixture_addr_at("10.77.0.0", mix(number) % 5000);
	pkt.tunnels = 1;
	pkt.outer_proto = 47;
	pkt.outer[0] = stranger(number % 700);
	pkt.outer[1] = fixture_addr(WEB);
	return pkt;
}

static void tunnels_hit_their_end(void **state)
{
	struct play what = { T0, 150, 3000, tunnelled, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_int_equal(first_of(f)->kind, KIND_FLOOD_OTHER);
	assert_int_equal(first_of(f)->proto, 47);
	assert_true(is_addr(&first_of(f)->to, WEB));
	assert_int_equal(fixture_last(f, KIND_FLOOD_OTHER)->source_count, 700);
	fixture_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fixed_limit),
		cmocka_unit_test(the_fixed_limit_in_bits),
		cmocka_unit_test(a_change),
		cmocka_unit_test(evidence_of_a_thin_flood),
		cmocka_unit_test(too_little_evidence),
		cmocka_unit_test(a_flood_beside_honest_visitors),
		cmocka_unit_test(repetition_beside_honest_visitors),
		cmocka_unit_test(datagrams_and_acks_must_be_uniform),
		cmocka_unit_test(every_kind_by_evidence),
		cmocka_unit_test(a_short_capture_is_judged_at_its_end),
		cmocka_unit_test(icmp_by_its_rate_answered_or_not),
		cmocka_unit_test(fragments_without_a_beginning),
		cmocka_unit_test(sustained_floods_of_few),
		cmocka_unit_test(reflection_of_an_unknown_service),
		cmocka_unit_test(tunnels_hit_their_end),
	};

	return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
