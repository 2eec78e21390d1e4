/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/tcp_pending_test.c - the way of TCP to its full slot: every step of the diagram in
 * tcp_pending.c, from either side, of both sides or of one, and who never gets there.
 */
#include "track/track_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "track/flows.h"

#define ACK TCP_ACK
#define SYN TCP_SYN
#define FIN TCP_FIN
#define RST TCP_RST

static struct tracker *tracker;

static int set_up(void **state)
{
	(void)state;
	tracker = tracker_of(64, 1024, (struct flow_end_hook){ 0 });
	return tracker ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tracker_close(tracker);
	return 0;
}

static uint64_t flows_ever(void)
{
	return stats_of(tracker).flows;
}

static void handshake(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	assert_int_equal(say(&talk, CLIENT, SYN, 100, 0, 0), STANDING_OPENING);
	assert_int_equal(talk.pkt.events, EVENT_NEW);
	assert_int_equal(talk.pkt.side, 0);
	assert_int_equal(talk.pkt.seen, 1);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 101, 0), STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, EVENT_ANSWERED);
	assert_int_equal(talk.pkt.side, 1);
	assert_null(talk.flow);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 0), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, EVENT_HANDSHAKE | EVENT_TURN);
	assert_non_null(talk.flow);
	assert_int_equal(talk.pkt.seen, 3);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_ESTABLISHED);
	assert_int_equal(talk.flow->packets[0], 2);
	assert_int_equal(talk.flow->packets[1], 1);
	assert_true(addr_equal(&talk.flow->key.addr[0], &talk.addr[CLIENT]));
	assert_true(talk.flow->first_ns <= T0 + MS(1) && talk.flow->first_ns > T0 - MS(2));
	assert_int_equal(talk.flow->last_ns, T0 + MS(3));
	assert_int_equal(stats_of(tracker).handshakes, 1);
}

/* The higher address may open as well as the lower. */
static void handshake_from_the_higher_address(void **state)
{
	struct talk talk = talk_between(tracker, 2, 1);

	(void)state;
	shake_hands(&talk);
	assert_non_null(talk.flow);
	assert_int_equal(talk.pkt.side, 0);
	assert_true(addr_equal(&talk.flow->key.addr[0], &talk.addr[CLIENT]));
	assert_int_equal(say(&talk, SERVER, ACK, 501, 101, 10), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.side, 1);
}

static void the_last_ack_may_carry_the_request(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	say(&talk, CLIENT, ACK | TCP_PSH, 101, 501, 70);
	assert_int_equal(talk.pkt.events, EVENT_HANDSHAKE | EVENT_TURN | EVENT_FIRST_PAYLOAD);
	say(&talk, CLIENT, ACK | TCP_PSH, 171, 501, 70);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(talk.flow->payload_packets[0], 2);
	assert_int_equal(talk.flow->bytes[0], 220);
}

static void only_the_right_number_completes_it(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 502, 0), STANDING_UNANSWERED);
	assert_int_equal(say(&talk, CLIENT, TCP_PSH, 101, 501, 0), STANDING_UNANSWERED);
	assert_int_equal(say(&talk, CLIENT, ACK, 0x80000000, 501, 0), STANDING_UNANSWERED);
	assert_int_equal(flows_ever(), 0);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 0), STANDING_VERIFIED);
}

static void a_syn_again_is_a_retransmission_or_new(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	assert_int_equal(say(&talk, CLIENT, SYN, 100, 0, 0), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, EVENT_RETRANSMIT);
	assert_int_equal(say(&talk, CLIENT, SYN, 900000, 0, 0), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 101, 0), STANDING_STRAY); /* too late */
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 900001, 0), STANDING_ANSWER);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 900001, 0), STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, EVENT_RETRANSMIT);
	say(&talk, CLIENT, ACK, 900001, 501, 0);
	assert_non_null(talk.flow);
	assert_int_equal(stats_of(tracker).retransmits, 2);
}

static void a_syn_may_carry_payload(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 400);
	assert_int_equal(
		say(&talk, SERVER, SYN | ACK, 500, 101, 0), STANDING_ANSWER); /* not taken */
	say(&talk, CLIENT, ACK, 101, 501, 400);
	assert_non_null(talk.flow);
}

/* A guessed acknowledgement is no answer, however near. */
static void a_syn_ack_must_acknowledge(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 0x10000000, 0, 0);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 0x10000002, 0), STANDING_STRAY);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 0x0ff00000, 0), STANDING_STRAY);
	assert_int_equal(say(&talk, CLIENT, SYN | ACK, 500, 0x10000001, 0), STANDING_STRAY);
	assert_int_equal(talk.pkt.events, 0);
}

static void both_opening_at_once_is_nobodys_answer(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	assert_int_equal(say(&talk, SERVER, SYN, 500, 0, 0), STANDING_STRAY);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 101, 0), STANDING_ANSWER);
}

static void refusals(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	assert_int_equal(say(&talk, SERVER, RST | ACK, 0, 101, 0), STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, EVENT_REFUSED);
	assert_int_equal(
		say(&talk, SERVER, RST | ACK, 0, 101, 0), STANDING_STRAY);	/* once is enough */
	assert_int_equal(say(&talk, CLIENT, SYN, 300, 0, 0), STANDING_OPENING); /* tries again */
	assert_int_equal(talk.pkt.events, EVENT_NEW);
	assert_int_equal(stats_of(tracker).refused, 1);
}

static void the_opener_breaks_off(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	assert_int_equal(say(&talk, CLIENT, RST, 101, 0, 0), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, EVENT_CLOSED);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 0), STANDING_UNANSWERED); /* over */
	assert_int_equal(say(&talk, SERVER, ACK, 501, 101, 9), STANDING_UNANSWERED);
	assert_int_equal(flows_ever(), 0);
	talk = talk_between(tracker, 1, 3);
	say(&talk, CLIENT, SYN, 100, 0, 0);
	assert_int_equal(
		say(&talk, CLIENT, RST, 101, 0, 0), STANDING_STRAY); /* nobody had answered */
	assert_int_equal(talk.pkt.events, 0);
	talk = talk_between(tracker, 1, 4);
	say(&talk, CLIENT, SYN, 100, 0, 0);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	assert_int_equal(
		say(&talk, SERVER, RST, 501, 0, 0), STANDING_ANSWER); /* the answerer does */
	assert_int_equal(talk.pkt.events, 0);
}

/* Reflected SYN-ACKs: who gets one he did not ask for answers with RST, and that is no scan of
 * his. */
static void syn_acks_out_of_the_blue(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 101, 0), STANDING_STRAY);
	assert_int_equal(talk.pkt.events, EVENT_NEW);
	assert_int_equal(say(&talk, SERVER, SYN | ACK, 500, 101, 0), STANDING_STRAY);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(say(&talk, CLIENT, RST, 101, 0, 0), STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(talk.pkt.side, 0);
	talk = talk_between(tracker, 3, 2);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	assert_int_equal(say(&talk, SERVER, RST, 501, 0, 0), STANDING_STRAY);
}

static void a_capture_that_begins_with_the_syn_ack(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 0), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, EVENT_HANDSHAKE | EVENT_TURN);
	assert_true(addr_equal(&talk.flow->key.addr[0], &talk.addr[CLIENT]));
	talk = talk_between(tracker, 1, 3);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	say(&talk, CLIENT, SYN, 100, 0, 0); /* out of order */
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, CLIENT, ACK, 101, 501, 0);
	assert_int_equal(talk.pkt.events, EVENT_HANDSHAKE | EVENT_TURN);
}

static const struct flow *picked_up_in_the_middle(
	unsigned first, uint16_t client_port, uint16_t server_port)
{
	struct talk talk = talk_between(tracker, 1, 2 + first);
	uint32_t mine[2] = { 1000000, 5000000 };

	talk.port[CLIENT] = client_port;
	talk.port[SERVER] = server_port;
	assert_int_equal(say(&talk, first, ACK, mine[first], mine[!first], 100), STANDING_STRAY);
	assert_int_equal(talk.pkt.events, EVENT_NEW);
	mine[first] += 100;
	assert_int_equal(say(&talk, !first, ACK, mine[!first], mine[first], 200), STANDING_ANSWER);
	mine[!first] += 200;
	assert_int_equal(say(&talk, !first, ACK, mine[!first], mine[first], 200), STANDING_ANSWER);
	mine[!first] += 200;
	assert_int_equal(say(&talk, first, ACK, mine[first], mine[!first], 0), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, EVENT_TURN);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_MIDSTREAM);
	assert_int_equal(
		say(&talk, !first, ACK, mine[!first], mine[first], 200), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events & ~EVENT_FIRST_PAYLOAD, 0);
	return talk.flow;
}

/* Whoever speaks first there, the one with the service's port was asked. */
static void in_the_middle_from_either_side(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		const struct flow *flow = picked_up_in_the_middle(first, 40000, 80);

		assert_int_equal(flow->key.port[0], 40000);
		assert_int_equal(flow->packets[CLIENT], first == CLIENT ? 2 : 3);
		assert_int_equal(flow->packets[SERVER], first == CLIENT ? 3 : 2);
	}
	assert_int_equal(picked_up_in_the_middle(SERVER, 49152, 6667)->key.port[0], 49152);
	assert_int_equal(picked_up_in_the_middle(SERVER, 1024, 1023)->key.port[0], 1024);
}

static void in_the_middle_of_equals_who_spoke_first(void **state)
{
	(void)state;
	assert_int_equal(picked_up_in_the_middle(CLIENT, 6881, 6882)->key.port[0], 6881);
	assert_int_equal(picked_up_in_the_middle(SERVER, 6881, 6882)->key.port[0], 6882);
	assert_int_equal(picked_up_in_the_middle(SERVER, 40000, 50000)->key.port[0], 50000);
}

static void in_the_middle_the_numbers_must_match(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, ACK, 1000000, 5000000, 100);
	assert_int_equal(say(&talk, SERVER, ACK, 5000000, 0x80000000, 100), STANDING_STRAY);
	assert_int_equal(say(&talk, CLIENT, ACK, 1000100, 5000100, 0), STANDING_UNANSWERED);
	assert_int_equal(say(&talk, SERVER, ACK, 5000100, 1000100, 100), STANDING_ANSWER);
	assert_int_equal(say(&talk, CLIENT, ACK, 1000100, 0x80000000, 0), STANDING_UNANSWERED);
	assert_int_equal(say(&talk, CLIENT, ACK, 1000100, 5000200, 0), STANDING_VERIFIED);
}

/* Who was taken for the answerer opens anew: nobody had seen who opened the first time. */
static void ports_used_anew_after_the_middle(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, SERVER, ACK, 5000000, 1000000, 100);
	say(&talk, CLIENT, ACK | FIN, 1000000, 5000100, 0);
	assert_int_equal(say(&talk, CLIENT, SYN, 777, 0, 0), STANDING_OPENING);
	assert_int_equal(talk.pkt.side, 0);
	say(&talk, SERVER, SYN | ACK, 500, 778, 0);
	say(&talk, CLIENT, ACK, 778, 501, 0);
	assert_non_null(talk.flow);
}

static void only_the_client_is_captured(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 0), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, EVENT_ANSWERED);
	assert_int_equal(say(&talk, CLIENT, ACK | TCP_PSH, 101, 501, 80), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(say(&talk, CLIENT, ACK, 181, 1501, 0), STANDING_STREAM);
	assert_int_equal(talk.pkt.events, EVENT_STREAM);
	for (uint32_t i = 2; i < 50; i++) { /* a download: nothing but acknowledgements */
		assert_int_equal(say(&talk, CLIENT, ACK, 181, 501 + 1000 * i, 0), STANDING_STREAM);
		assert_int_equal(talk.pkt.events, 0);
	}
	assert_int_equal(say(&talk, CLIENT, ACK | TCP_PSH, 101, 501, 80), STANDING_STREAM);
	assert_int_equal(talk.pkt.events, EVENT_RETRANSMIT);
	assert_int_equal(flows_ever(), 0);
}

static void only_the_server_is_captured(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, SERVER, SYN | ACK, 500, 101, 0);
	assert_int_equal(say(&talk, SERVER, ACK, 501, 181, 0), STANDING_UNANSWERED);
	assert_int_equal(say(&talk, SERVER, ACK, 501, 181, 1000), STANDING_UNANSWERED);
	assert_int_equal(say(&talk, SERVER, ACK, 1501, 181, 1000), STANDING_STREAM);
	assert_int_equal(talk.pkt.events, EVENT_STREAM);
	assert_int_equal(talk.pkt.side, 1);
	assert_int_equal(say(&talk, SERVER, ACK, 2501, 181, 1000), STANDING_STREAM);
	assert_int_equal(flows_ever(), 0);
}

static void one_side_from_the_middle(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);
	unsigned standing = 0;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		standing = say(&talk, SERVER, ACK, 7000 + 1000 * i, 181, 1000);
	assert_int_equal(standing, STANDING_STREAM);
	assert_int_equal(talk.pkt.events, EVENT_STREAM);
}

/* The same segment over and over is not progress, and neither are numbers that jump. */
static void a_flood_is_no_stream(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2), jumper = talk_between(tracker, 3, 2);
	uint64_t seed = 5;

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		assert_int_not_equal(say(&talk, CLIENT, ACK, 101, 501, 0), STANDING_STREAM);
	for (unsigned i = 0; i < 200; i++)
		assert_int_not_equal(
			say(&talk, CLIENT, ACK | TCP_PSH, 101, 501, 900), STANDING_STREAM);
	for (unsigned i = 0; i < 200; i++)
		assert_int_not_equal(say(&talk, CLIENT, ACK | FIN, 1001, 501, 0), STANDING_STREAM);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_not_equal(
			say(&jumper, CLIENT, ACK, 101, (uint32_t)roll(&seed), 0), STANDING_STREAM);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_not_equal(
			say(&jumper, CLIENT, ACK, (uint32_t)roll(&seed), 7, 0), STANDING_STREAM);
	assert_int_equal(flows_ever(), 0);
}

/* Whoever saw no answer cannot go on as if, where the answers are in the capture. */
static void going_on_without_the_answer(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, 100, 0, 0);
	say(&talk, SERVER, SYN | ACK, 0x90000000, 101, 0);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(
			say(&talk, CLIENT, ACK, 101 + 100 * i, 777, 100), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, 0);
}

static void a_stream_ends_with_its_numbers(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		say(&talk, CLIENT, ACK, 100 + 100 * i, 501, 100);
	assert_int_equal(talk.pkt.standing, STANDING_STREAM);
	assert_int_equal(say(&talk, CLIENT, ACK, 0x70000000, 501, 100), STANDING_UNANSWERED);
	say(&talk, CLIENT, ACK, 0x70000000 + 100, 501, 100);
	say(&talk, CLIENT, ACK, 0x70000000 + 200, 501, 100);
	assert_int_equal(say(&talk, CLIENT, ACK, 0x70000000 + 300, 501, 100), STANDING_STREAM);
	assert_int_equal(talk.pkt.events, EVENT_STREAM);
}

static void lone_rst_leaves_nothing(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	assert_int_equal(say(&talk, CLIENT, RST, 100, 0, 0), STANDING_STRAY);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(stats_of(tracker).pending, 0);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(handshake),
		IN(handshake_from_the_higher_address),
		IN(the_last_ack_may_carry_the_request),
		IN(only_the_right_number_completes_it),
		IN(a_syn_again_is_a_retransmission_or_new),
		IN(a_syn_may_carry_payload),
		IN(a_syn_ack_must_acknowledge),
		IN(both_opening_at_once_is_nobodys_answer),
		IN(refusals),
		IN(the_opener_breaks_off),
		IN(syn_acks_out_of_the_blue),
		IN(a_capture_that_begins_with_the_syn_ack),
		IN(in_the_middle_from_either_side),
		IN(in_the_middle_of_equals_who_spoke_first),
		IN(in_the_middle_the_numbers_must_match),
		IN(ports_used_anew_after_the_middle),
		IN(only_the_client_is_captured),
		IN(only_the_server_is_captured),
		IN(one_side_from_the_middle),
		IN(a_flood_is_no_stream),
		IN(going_on_without_the_answer),
		IN(a_stream_ends_with_its_numbers),
		IN(lone_rst_leaves_nothing),
	};

	return cmocka_run_group_tests_name("tcp_pending", tests, NULL, NULL);
}
