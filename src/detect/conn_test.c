/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/conn_test.c - silent connections that are held are found; everybody who says something
 * is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/conn_internal.h"
#include "detect/detect_fixture.h"
#include "detect/detectors.h"
#include "lib/hash.h"
#include "track/track.h"

#define SERVER "192.0.2.10"
#define START_NS FIXTURE_START_NS
#define FLOWS 8000

/* One flow slot for each connection of a test, as track would have them. */
static struct flow flows[FLOWS];

static int set_up(void **state)
{
	memset(flows, 0, sizeof(flows));
	*state = fixture_open(&detector_conn, NULL);
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	return 0;
}

static struct pkt packet_of(struct addr source, unsigned i)
{
	struct pkt pkt =
		fixture_pkt(6, source, (uint16_t)(1024 + i % 60000), fixture_addr(SERVER), 443);

	pkt.tcp_flags = TCP_ACK;
	return pkt;
}

/* Completes the handshake of connection i. */
static void connect_to(struct fixture *f, int64_t time_ns, unsigned i, struct addr source)
{
	struct pkt pkt = packet_of(source, i);

	flows[i] = (struct flow){ .key = pkt.key, .tcp_state = TCP_STATE_ESTABLISHED };
	pkt.seen = 3;
	fixture_send_flow(
		f, time_ns, &pkt, &flows[i], STANDING_VERIFIED, EVENT_HANDSHAKE | EVENT_TURN);
}

/* Connection i sends len bytes, as the packet_number-th packet. */
static void say(
	struct fixture *f, int64_t time_ns, unsigned i, uint32_t len, uint32_t packet_number)
{
	struct pkt pkt = packet_of(flows[i].key.addr[0], i);

	pkt.payload_wire_len = len;
	pkt.seen = packet_number;
	fixture_send_flow(f, time_ns, &pkt, &flows[i], STANDING_VERIFIED, 0);
}

/* The server sends on connection i. */
static void serve(struct fixture *f, int64_t time_ns, unsigned i, uint32_t packet_number)
{
	struct pkt request = packet_of(flows[i].key.addr[0], i), pkt = fixture_reverse(&request);

	pkt.payload_wire_len = 500;
	pkt.seen = packet_number;
	fixture_send_flow(f, time_ns, &pkt, &flows[i], STANDING_VERIFIED, 0);
}

static void hang_up(struct fixture *f, int64_t time_ns, unsigned i)
{
	struct pkt pkt = packet_of(flows[i].key.addr[0], i);

	fixture_send_flow(f, time_ns, &pkt, &flows[i], STANDING_VERIFIED, EVENT_CLOSED);
}

static int64_t at_ms(int64_t ms)
{
	return START_NS + ms * NS_PER_MS;
}

static struct addr bot(unsigned i)
{
	return fixture_addr_at("203.0.113.0", i);
}

static unsigned found(struct fixture *f)
{
	return fixture_count(f, KIND_CONN_EXHAUSTION);
}

static void test_silent_connections_of_many(void **state)
{
	struct fixture *f = *state;
	const struct fixture_finding *kept;

	for (unsigned i = 0; i < 1500; i++)
		connect_to(f, at_ms(i), i, bot(i % 300));
	fixture_until(f, at_ms(10500));
	assert_int_equal(found(f), 0); /* not yet lasting */
	fixture_until(f, at_ms(13000));
	assert_in_range(found(f), 1, 3); /* told once a second */
	kept = fixture_last(f, KIND_CONN_EXHAUSTION);
	assert_true(addr_equal(&kept->finding.to, &(struct addr[]){ fixture_addr(SERVER) }[0]));
	assert_true(addr_is_zero(&kept->finding.from));
	assert_int_equal(kept->finding.port, 443);
	assert_int_equal(kept->finding.proto, 6);
	assert_false(kept->finding.is_spoofable);
	assert_int_equal(kept->source_count, 300);
	assert_true(kept->finding.observed == 1500);
	assert_true(kept->finding.expected == 1000);
	assert_true(finding_evidence(&kept->finding, "silent_share", 0) == 1);
	assert_true(finding_evidence(&kept->finding, "sources", 0) == 300);
	assert_true(finding_evidence(&kept->finding, "lasting", 0) >= 10);
}

/* The first finding tells of all openings, later ones only of what is new. */
static void test_findings_add_up(void **state)
{
	struct fixture *f = *state;
	uint64_t packets = 0;
	unsigned count;
	const struct fixture_finding *list;

	for (unsigned i = 0; i < 2000; i++)
		connect_to(f, at_ms(10 * (int64_t)i), i, bot(i));
	fixture_until(f, at_ms(32000));
	list = fixture_list(f, &count);
	assert_true(count > 5);
	for (unsigned i = 0; i < count; i++)
		packets += list[i].finding.packets;
	assert_int_equal(packets, 3 * 2000);
	assert_int_equal(list[0].finding.window.start_ns, START_NS);
	assert_int_equal(list[count - 1].source_count, 2000);
}

static void test_one_source(void **state)
{
	struct fixture *f = *state;
	const struct fixture_finding *kept;

	for (unsigned i = 0; i < 250; i++)
		connect_to(f, at_ms(i), i, bot(7));
	for (unsigned i = 250; i < 350; i++) { /* others are served meanwhile */
		connect_to(f, at_ms(i), i, bot(i));
		say(f, at_ms(i) + 1, i, 300, 4);
	}
	fixture_until(f, at_ms(12500));
	assert_true(found(f) > 0);
	kept = fixture_last(f, KIND_CONN_EXHAUSTION);
	assert_true(addr_equal(&kept->finding.from, &(struct addr[]){ bot(7) }[0]));
	assert_int_equal(kept->finding.from_bits, 128);
	assert_true(kept->finding.observed == 250);
	assert_true(kept->finding.expected == 200);
}

/* Sources of a service that is told of are not told of one by one as well. */
static void test_one_incident_not_many(void **state)
{
	struct fixture *f = *state;
	unsigned count;
	const struct fixture_finding *list;

	for (unsigned i = 0; i < 1500; i++)
		connect_to(f, at_ms(0), i, bot(i % 5));
	fixture_until(f, at_ms(12500));
	list = fixture_list(f, &count);
	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++)
		assert_true(addr_is_zero(&list[i].finding.from));
}

static void test_tiny_words_are_silence(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 1200; i++) {
		connect_to(f, at_ms(i), i, bot(i));
		say(f, at_ms(i) + 1, i, 1, 4);
	}
	fixture_until(f, at_ms(15000));
	assert_true(found(f) > 0);
}

static void test_it_ends_when_they_leave(void **state)
{
	struct fixture *f = *state;
	unsigned before;

	for (unsigned i = 0; i < 1500; i++)
		connect_to(f, at_ms(0), i, bot(i));
	fixture_until(f, at_ms(12000));
	before = found(f);
	assert_true(before > 0);
	for (unsigned i = 0; i < 700; i++)
		hang_up(f, at_ms(12050), i);
	for (unsigned i = 700; i < 1500; i++)
		fixture_flow_end(f, &flows[i]);
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), before);
	assert_int_equal(((struct conn_state *)fixture_state(f))->services.count, 0);
	assert_int_equal(((struct conn_state *)fixture_state(f))->sources.count, 0);
	assert_int_equal(((struct conn_state *)fixture_state(f))->gatherings_used, 0);
}

/* Closed by packets and then let go by track: counted once. */
static void test_an_end_counts_once(void **state)
{
	struct fixture *f = *state;
	struct conn_state *s = fixture_state(f);

	for (unsigned i = 0; i < 100; i++)
		connect_to(f, at_ms(0), i, bot(1));
	for (unsigned i = 0; i < 40; i++) {
		hang_up(f, at_ms(100), i);
		fixture_flow_end(f, &flows[i]);
		hang_up(f, at_ms(150), i);
	}
	fixture_until(f, at_ms(300));
	assert_int_equal(((struct conn_service *)keyed_at(&s->services, 0))->holding.open, 60);
	assert_int_equal(((struct conn_service *)keyed_at(&s->services, 0))->holding.silent, 60);
}

static void test_flash_crowd(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5000; i++) {
		connect_to(f, at_ms(i / 5), i, bot(i));
		say(f, at_ms(i / 5) + 50 * NS_PER_MS, i, 400, 4);
	}
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
}

/* A gateway with 5,000 active flows and the spare connections browsers keep. */
static void test_nat_gateway(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5000; i++) {
		connect_to(f, at_ms(i), i, bot(1));
		if (i % 20 != 0)
			say(f, at_ms(i) + 1, i, 200, 4);
	}
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
}

/* Idle now, but each has said what it wants: push services, monitoring, pools of a database. */
static void test_push_service(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3000; i++) {
		connect_to(f, at_ms(i), i, bot(i % 900));
		say(f, at_ms(i) + 2 * NS_PER_S, i, 14, 4);
	}
	fixture_until(f, at_ms(300000));
	assert_int_equal(found(f), 0);
}

/* They listen and say nothing: the server feeds them. */
static void test_feed(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 1500; i++)
		connect_to(f, at_ms(0), i, bot(i));
	for (unsigned n = 0; n < 20; n++)
		for (unsigned i = 0; i < 1500; i++)
			serve(f, at_ms(100 + 100 * (int64_t)n), i, 4 + n);
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
}

/* Typed letter by letter. */
static void test_telnet(void **state)
{
	struct fixture *f = *state;

	for (unsigned n = 0; n < 20; n++) {
		for (unsigned i = 0; i < 1200; i++) {
			if (n == 0)
				connect_to(f, at_ms(0), i, bot(i));
			say(f, at_ms(100 + 100 * (int64_t)n), i, 1, 4 + n);
		}
	}
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
}

/* A monitor that connects and leaves at once, all day. */
static void test_health_checks(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < FLOWS; i++) {
		connect_to(f, at_ms(10 * (int64_t)i), i, bot(3));
		hang_up(f, at_ms(10 * (int64_t)i + 1), i);
	}
	fixture_until(f, at_ms(100000));
	assert_int_equal(found(f), 0);
}

/* Picked up in their middle: nobody knows what they said before. */
static void test_midstream(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2000; i++) {
		struct pkt pkt = packet_of(bot(i), i);

		flows[i] = (struct flow){ .key = pkt.key, .tcp_state = TCP_STATE_MIDSTREAM };
		fixture_send_flow(f, at_ms(i), &pkt, &flows[i], STANDING_VERIFIED, EVENT_TURN);
	}
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
}

/* More services in one window than there is room for: nothing is invented, and what remains is
 * sane. */
static void test_overload_forgets_but_does_not_invent(void **state)
{
	struct fixture *f = *state;
	struct conn_state *s = fixture_state(f);
	static struct flow many[60000];

	for (unsigned i = 0; i < 60000; i++) {
		struct pkt pkt = fixture_pkt(6, bot(1), (uint16_t)(1024 + i % 60000),
			fixture_addr_at("198.51.0.0", i), 80);

		pkt.seen = 3;
		many[i] = (struct flow){ .key = pkt.key };
		fixture_send_flow(
			f, at_ms(i / 600), &pkt, &many[i], STANDING_VERIFIED, EVENT_HANDSHAKE);
	}
	for (unsigned i = 0; i < 60000; i++) {
		struct pkt pkt = fixture_pkt(6, bot(1), (uint16_t)(1024 + i % 60000),
			fixture_addr_at("198.51.0.0", i), 80);

		pkt.payload_wire_len = 100;
		fixture_send_flow(f, at_ms(200 + i / 600), &pkt, &many[i], STANDING_VERIFIED, 0);
	}
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
	assert_true(s->services.count <= CONN_SERVICE_PLACES);
	assert_true(s->services.evicted > 0);
	for (uint32_t i = 0; i < s->services.count; i++)
		assert_true(
			((struct conn_service *)keyed_at(&s->services, i))->holding.silent <= 1);
}

/* Words that found no place in the table: everybody is believed to have spoken. */
static void test_lost_words_are_forgiven(void **state)
{
	struct fixture *f = *state;
	static struct flow strangers[40000];

	for (unsigned i = 0; i < 1500; i++)
		connect_to(f, at_ms(0), i, bot(i));
	fixture_until(f, at_ms(5000));
	for (unsigned i = 0; i < 40000; i++) {
		struct pkt pkt = fixture_pkt(
			6, fixture_addr_at("198.51.0.0", i), 1024, fixture_addr(SERVER), 80);

		pkt.payload_wire_len = 100;
		strangers[i] = (struct flow){ .key = pkt.key, .marks = FLOW_MARK_OPEN };
		fixture_send_flow(f, at_ms(5000), &pkt, &strangers[i], STANDING_VERIFIED, 0);
		fixture_flow_end(f, &strangers[i]);
	}
	fixture_until(f, at_ms(30000));
	assert_int_equal(found(f), 0);
}

static void adjust_small(struct conf *conf)
{
	conf->conn.connections = 10;
	conf->conn.silent_share = 0.5;
}

static void test_configuration_counts(void **state)
{
	struct fixture *f = fixture_open(&detector_conn, adjust_small);

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		connect_to(f, at_ms(i), i, bot(i));
		if (i % 2)
			say(f, at_ms(i) + 1, i, 100, 4);
	}
	fixture_until(f, at_ms(12000));
	assert_true(found(f) > 0);
	fixture_close(f);
}

/* More crowded services than can have their sources collected: told of all the same. */
static void test_more_services_than_gatherings(void **state)
{
	struct fixture *f = fixture_open(&detector_conn, adjust_small);
	unsigned with_sources = 0, count;
	const struct fixture_finding *list;

	(void)state;
	for (unsigned i = 0; i < 20 * 12; i++) {
		struct pkt pkt =
			fixture_pkt(6, bot(i), 1024, fixture_addr(SERVER), (uint16_t)(1 + i % 20));

		pkt.seen = 3;
		flows[i] = (struct flow){ .key = pkt.key };
		fixture_send_flow(f, at_ms(i), &pkt, &flows[i], STANDING_VERIFIED, EVENT_HANDSHAKE);
	}
	fixture_until(f, at_ms(11300));
	list = fixture_list(f, &count);
	assert_int_equal(count, 20);
	for (unsigned i = 0; i < count; i++)
		with_sources += list[i].source_count == 12;
	assert_int_equal(with_sources, CONN_GATHERINGS);
	fixture_close(f);
}

static struct fixture *hooked;

static void pass_flow_end(void *context, const struct flow *flow)
{
	(void)context;
	fixture_flow_end(hooked, flow);
}

/* Gives one packet to the real tracker and what it made of it to the detector. */
static void track(struct fixture *f, struct tracker *tracker, int64_t time_ns, struct pkt pkt,
	uint32_t seq, uint32_t ack)
{
	struct pkt *list[] = { &pkt };
	struct flow *flow;

	pkt.time_ns = time_ns;
	pkt.tcp_seq = seq;
	pkt.tcp_ack = ack;
	pkt.hash = hash_addr(&pkt.key.addr[pkt.key.port[1] != 443], 1) + pkt.key.port[0] +
		   pkt.key.port[1];
	tracker_see(tracker, list, &flow, 1);
	fixture_send_flow(f, time_ns, &pkt, flow, pkt.standing, pkt.events);
	fixture_until(f, time_ns); /* the flow may be gone after the next packet */
}

/* Handshakes as track sees them, silence, and then the end of the input. */
static void test_with_the_tracker(void **state)
{
	struct fixture *f = *state;
	struct conn_state *s = fixture_state(f);
	struct tracker_limits limits = { .flows = 4096, .pending = 4096, .seed = 1 };
	struct tracker *tracker;

	hooked = f;
	assert_int_equal(
		tracker_open(&limits, (struct flow_end_hook){ pass_flow_end, NULL }, &tracker), 0);
	for (unsigned i = 0; i < 1100; i++) {
		struct pkt syn = packet_of(bot(i), i), ack = syn, syn_ack = fixture_reverse(&syn);

		syn.tcp_flags = TCP_SYN;
		syn_ack.tcp_flags = TCP_SYN | TCP_ACK;
		track(f, tracker, at_ms(i), syn, 100, 0);
		track(f, tracker, at_ms(i), syn_ack, 500, 101);
		track(f, tracker, at_ms(i), ack, 101, 501);
		if (i < 50) { /* some break off */
			ack.tcp_flags = TCP_RST;
			track(f, tracker, at_ms(i), ack, 101, 501);
		}
	}
	fixture_until(f, at_ms(13000));
	assert_true(found(f) > 0);
	assert_true(fixture_last(f, KIND_CONN_EXHAUSTION)->finding.observed == 1050);
	for (unsigned part = 0; part < 64; part++) /* everything is over by then */
		tracker_sweep(tracker, at_ms(9999000));
	fixture_end(f);
	assert_int_equal(s->services.count, 0);
	tracker_close(tracker);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_silent_connections_of_many),
		CASE(test_findings_add_up),
		CASE(test_one_source),
		CASE(test_one_incident_not_many),
		CASE(test_tiny_words_are_silence),
		CASE(test_it_ends_when_they_leave),
		CASE(test_an_end_counts_once),
		CASE(test_flash_crowd),
		CASE(test_nat_gateway),
		CASE(test_push_service),
		CASE(test_feed),
		CASE(test_telnet),
		CASE(test_health_checks),
		CASE(test_midstream),
		CASE(test_overload_forgets_but_does_not_invent),
		CASE(test_lost_words_are_forgiven),
		CASE(test_with_the_tracker),
		cmocka_unit_test(test_configuration_counts),
		cmocka_unit_test(test_more_services_than_gatherings),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
