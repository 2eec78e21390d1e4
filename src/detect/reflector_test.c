/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/reflector_test.c - servers of ours that reflect are found; busy honest ones are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"
#include "detect/detectors.h"

#define SERVER "192.0.2.53"
#define VICTIM "203.0.113.80"

static int set_up(void **state)
{
	*state = fixture_open(&detector_reflector, NULL);
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	return 0;
}

static int64_t at_ms(int64_t ms)
{
	return FIXTURE_START_NS + ms * NS_PER_MS;
}

static unsigned found(struct fixture *f)
{
	return fixture_count(f, KIND_REFLECTOR_OPEN);
}

/* What is asked: 32 bytes, of which word makes the difference. */
struct question {
	uint8_t bytes[32];
};

static struct question question_of(uint16_t id, uint32_t word)
{
	struct question question = { .bytes = { (uint8_t)(id >> 8), (uint8_t)id } };

	memcpy(&question.bytes[12], &word, sizeof(word));
	return question;
}

/* One request and its answers. The question's bytes must stay valid until the window is over, so
 * they are kept in a ring. */
static void ask(struct fixture *f, int64_t time_ns, struct addr client, struct addr server,
	uint16_t port, struct question question, unsigned answers, uint32_t answer_len)
{
	static struct question kept[65536];
	static unsigned next;
	struct question *bytes = &kept[next++ % 65536];
	struct pkt request = fixture_pkt(17, client, 4444, server, port), answer;

	*bytes = question;
	request.payload_len = sizeof(*bytes);
	request.payload_wire_len = sizeof(*bytes);
	request.ip_len += sizeof(*bytes);
	request.bytes = bytes->bytes;
	request.payload_offset = 0;
	fixture_send(f, time_ns, &request, STANDING_OPENING, EVENT_NEW);
	answer = fixture_reverse(&request);
	answer.payload_wire_len = answer_len;
	answer.ip_len = 28 + answer_len;
	for (unsigned i = 0; i < answers; i++)
		fixture_send(f, time_ns + 1, &answer, STANDING_ANSWER, i == 0 ? EVENT_ANSWERED : 0);
}

static void test_dns_reflector(void **state)
{
	struct fixture *f = *state;
	struct addr victim = fixture_addr(VICTIM), server = fixture_addr(SERVER);
	const struct fixture_finding *list;
	unsigned count;
	uint64_t packets = 0, bytes = 0;

	for (unsigned i = 0; i < 1000; i++)
		ask(f, at_ms(5 * i), victim, server, 53, question_of((uint16_t)(i * 7), 1), 1,
			3000);
	fixture_end(f);
	list = fixture_list(f, &count);
	assert_in_range(count, 30, 50);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(list[i].finding.kind, KIND_REFLECTOR_OPEN);
		assert_true(addr_equal(&list[i].finding.from, &server));
		assert_true(addr_equal(&list[i].finding.to, &victim));
		assert_int_equal(list[i].finding.scope, SCOPE_HOST);
		packets += list[i].finding.packets;
		bytes += list[i].finding.bytes;
	}
	assert_int_equal(packets, 1000);
	assert_int_equal(bytes, 1000 * 3028);
	assert_int_equal(list[0].finding.port, 53);
	assert_int_equal(list[0].finding.window.start_ns, FIXTURE_START_NS);
	assert_false(list[0].finding.is_spoofable);
	assert_true(list[0].finding.observed >= 100);
	assert_true(list[0].finding.expected == 100);
	assert_true(finding_evidence(&list[0].finding, "amplification", 0) > 40);
	assert_true(finding_evidence(&list[0].finding, "different_questions", 0) == 1);
	assert_true(list[0].finding.peak_pps >= 200);
}

/* One question, many answers; and the /64 of an IPv6 victim. */
static void test_memcached_reflector(void **state)
{
	struct fixture *f = *state;
	struct addr victim = fixture_addr("2a00:1450::5"), server = fixture_addr("2001:db8::11");

	for (unsigned i = 0; i < 3; i++)
		ask(f, at_ms(100 * i), victim, server, 11211, question_of(0, 1), 500, 1400);
	fixture_end(f);
	assert_true(found(f) > 0);
	assert_int_equal(fixture_last(f, KIND_REFLECTOR_OPEN)->finding.port, 11211);
}

static void test_low_rate_is_found_within_a_minute(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 300; i++)
		ask(f, at_ms(250 * i), fixture_addr(VICTIM), fixture_addr(SERVER), 53,
			question_of(0, 1), 1, 1400);
	fixture_end(f);
	assert_true(found(f) > 0);
}

static void test_carpet(void **state)
{
	struct fixture *f = *state;
	const struct fixture_finding *kept;

	for (unsigned i = 0; i < 5100; i++)
		ask(f, at_ms(2 * i), fixture_addr_at("203.0.113.0", i % 256), fixture_addr(SERVER),
			53, question_of((uint16_t)i, 9), 1, 3000);
	fixture_end(f);
	assert_true(found(f) > 0);
	kept = fixture_last(f, KIND_REFLECTOR_OPEN);
	assert_int_equal(kept->finding.scope, SCOPE_PREFIX);
	assert_int_equal(kept->finding.to_bits, ADDR_V4_BITS + 24);
	assert_true(
		addr_equal(&kept->finding.to, &(struct addr[]){ fixture_addr("203.0.113.0") }[0]));
	assert_int_equal(kept->target_count, 50); /* of the last window */
}

/* More networks than there are sketches: told of, some without the list of targets. */
static void test_many_carpets_at_once(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 20 * 16 * 160; i++)
		ask(f, at_ms(i / 20), fixture_addr_at("198.18.0.0", i % 20 * 256 + i / 20 % 16 * 3),
			fixture_addr(SERVER), 53, question_of((uint16_t)i, 9), 1, 3000);
	fixture_end(f);
	assert_true(found(f) > 20);
	assert_int_equal(fixture_lost(f), 0);
}

/* When single clients are told of, their network is not told of on top. */
static void test_no_carpet_beside_single_victims(void **state)
{
	struct fixture *f = *state;
	const struct fixture_finding *list;
	unsigned count;

	for (unsigned i = 0; i < 4000; i++)
		ask(f, at_ms(i), fixture_addr_at("203.0.113.0", i % 10), fixture_addr(SERVER), 53,
			question_of(0, 9), 1, 3000);
	fixture_end(f);
	list = fixture_list(f, &count);
	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++)
		if (list[i].finding.window.start_ns > at_ms(2000))
			assert_int_equal(list[i].finding.scope, SCOPE_HOST);
}

/* Thousands of resolvers, a few of them busy, ordinary names, signed answers. */
static void test_authoritative_server(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 30000; i++) {
		struct addr resolver = i % 3 ? fixture_addr_at("198.18.0.0", i % 3000 * 7)
					     : fixture_addr_at("203.0.113.0", i % 12);

		ask(f, at_ms(2 * i), resolver, fixture_addr(SERVER), 53,
			question_of((uint16_t)i, i / 50), 1, i % 4 ? 120 : 1100);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_signed_zone_and_busy_resolver(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3000; i++)
		ask(f, at_ms(20 * i), fixture_addr(VICTIM), fixture_addr(SERVER), 53,
			question_of((uint16_t)i, i), 1, 1200);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_resolver_for_inside(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5000; i++)
		ask(f, at_ms(i), fixture_addr_at("10.0.0.0", i % 5), fixture_addr(SERVER), 53,
			question_of(0, 1), 1, 1200);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Our resolver asks the world: it is the client there. */
static void test_recursion(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5000; i++)
		ask(f, at_ms(i), fixture_addr(SERVER), fixture_addr("198.51.100.1"), 53,
			question_of(0, 1), 1, 1200);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_ntp_server(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5000; i++)
		ask(f, at_ms(i), fixture_addr_at("203.0.113.0", i % 20), fixture_addr(SERVER), 123,
			question_of(0, 1), 1, 48);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Walks a table of one of our routers: many different questions, big answers. */
static void test_snmp_monitoring(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 4000; i++)
		ask(f, at_ms(10 * i), fixture_addr(VICTIM), fixture_addr(SERVER), 161,
			question_of(0, i), 1, 1400);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_turn_relay(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 300; i++)
		ask(f, at_ms(20 * i), fixture_addr(VICTIM), fixture_addr(SERVER), 3478,
			question_of(0, 1), 20, 1200);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_vpn_through_nat(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 500; i++)
		ask(f, at_ms(10 * i), fixture_addr(VICTIM), fixture_addr(SERVER), 4500,
			question_of(0, 1), 10, 1300);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* Only one direction is in the capture: not to be judged. */
static void test_answers_without_questions(void **state)
{
	struct fixture *f = *state;
	struct pkt answer = fixture_udp(SERVER, 53, VICTIM, 4444, 1200);

	for (unsigned i = 0; i < 5000; i++)
		fixture_send(f, at_ms(i), &answer, STANDING_UNANSWERED, 0);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

static void test_multicast_and_other_protocols(void **state)
{
	struct fixture *f = *state;
	struct pkt mdns = fixture_udp(SERVER, 5353, "224.0.0.251", 5353, 900);
	struct pkt tcp = fixture_tcp(SERVER, 53, VICTIM, 4444, TCP_ACK);
	struct pkt ping = fixture_echo(SERVER, VICTIM, 53, false);

	for (unsigned i = 0; i < 5000; i++) {
		fixture_send(f, at_ms(i), &mdns, STANDING_OPENING, 0);
		fixture_send(f, at_ms(i), &tcp, STANDING_VERIFIED, 0);
		fixture_send(f, at_ms(i), &ping, STANDING_OPENING, 0);
	}
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* So slow that each minute forgets it. */
static void test_old_answers_decay(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 400; i++)
		ask(f, at_ms(1000 * i), fixture_addr(VICTIM), fixture_addr(SERVER), 53,
			question_of(0, 1), 1, 3000);
	fixture_end(f);
	assert_int_equal(found(f), 0);
}

/* More clients than fit: the loudest stays, and is found. */
static void test_overload_keeps_the_loudest(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 60000; i++) {
		ask(f, at_ms(i / 20), fixture_addr_at("198.18.0.0", i), fixture_addr(SERVER), 53,
			question_of(0, i), 1, 100);
		if (i % 50 == 0)
			ask(f, at_ms(i / 20), fixture_addr(VICTIM), fixture_addr(SERVER), 53,
				question_of(0, 1), 1, 3000);
	}
	fixture_end(f);
	assert_true(found(f) > 0);
	assert_true(addr_equal(&fixture_last(f, KIND_REFLECTOR_OPEN)->finding.to,
		&(struct addr[]){ fixture_addr(VICTIM) }[0]));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_dns_reflector),
		CASE(test_memcached_reflector),
		CASE(test_low_rate_is_found_within_a_minute),
		CASE(test_carpet),
		CASE(test_many_carpets_at_once),
		CASE(test_no_carpet_beside_single_victims),
		CASE(test_authoritative_server),
		CASE(test_signed_zone_and_busy_resolver),
		CASE(test_resolver_for_inside),
		CASE(test_recursion),
		CASE(test_ntp_server),
		CASE(test_snmp_monitoring),
		CASE(test_turn_relay),
		CASE(test_vpn_through_nat),
		CASE(test_answers_without_questions),
		CASE(test_multicast_and_other_protocols),
		CASE(test_old_answers_decay),
		CASE(test_overload_keeps_the_loudest),
	};

	return cmocka_run_group_tests_name("reflector", tests, NULL, NULL);
}
