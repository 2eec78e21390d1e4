/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/tcp_flow_test.c - TCP that holds a full slot: what belongs to it, what strangers throw in,
 * how it ends, and how its ports are used again.
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

static void spoofed_resets_miss(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	shake_hands(&talk);
	for (unsigned side = 0; side < 2; side++)
		for (uint32_t i = 2; i < 32; i++) {
			assert_int_equal(say(&talk, side, RST, i << 27, 0, 0), STANDING_STRAY);
			assert_null(talk.flow);
		}
	/* Knowing what is acknowledged does not help: a reset is believed by its own number. */
	assert_int_equal(say(&talk, CLIENT, RST | ACK, 0x80000000, 501, 0), STANDING_STRAY);
	assert_int_equal(say(&talk, SERVER, ACK, 501, 101, 9), STANDING_VERIFIED);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_ESTABLISHED);
	assert_int_equal(say(&talk, SERVER, RST, 510, 0, 0), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, EVENT_CLOSED);
}

static void a_blind_syn_on_a_live_flow(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	shake_hands(&talk);
	assert_int_equal(say(&talk, CLIENT, SYN, 101, 0, 0), STANDING_STRAY);
	assert_int_equal(say(&talk, SERVER, SYN, 501, 0, 0), STANDING_STRAY);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 5), STANDING_VERIFIED);
	assert_int_equal(flows_ever(), 1);
}

/* Random numbers hit by chance once in 64 (2 x 2^25 of 2^32); the flow holds its state all the
 * same. */
static void an_ack_flood_does_not_feed_flows(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);
	uint64_t seed = 99;
	unsigned fed = 0;

	(void)state;
	shake_hands(&talk);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t seq = (uint32_t)roll(&seed), ack = (uint32_t)roll(&seed);

		fed += say(&talk, CLIENT, ACK, seq, ack, 0) == STANDING_VERIFIED;
		if (i % 500 == 0)
			assert_int_equal(say(&talk, SERVER, ACK, 501, 101, 1), STANDING_VERIFIED);
	}
	assert_true(fed < 20000 / 40);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 502, 5), STANDING_VERIFIED);
	assert_int_equal(say(&talk, SERVER, ACK, 502, 106, 5), STANDING_VERIFIED);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_ESTABLISHED);
	assert_int_equal(flows_ever(), 1);
}

static void losses_of_the_capture_are_bridged(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	shake_hands(&talk);
	/* 100 MB of the server are missing: the client's own number, then the server's
	 * acknowledgement. */
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 100000501, 0), STANDING_VERIFIED);
	assert_int_equal(say(&talk, SERVER, ACK, 100000501, 101, 9), STANDING_VERIFIED);
	assert_int_equal(say(&talk, SERVER, ACK, 100000510, 0x60000000, 9), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, 0);
}

static void retransmissions_and_keepalives(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	shake_hands(&talk);
	say(&talk, CLIENT, ACK, 101, 501, 100);
	say(&talk, CLIENT, ACK, 101, 501, 100);
	assert_int_equal(talk.pkt.events, EVENT_RETRANSMIT);
	say(&talk, CLIENT, ACK, 151, 501, 100); /* half of it new */
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, CLIENT, ACK, 250, 501, 0); /* keep-alive without a byte */
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, CLIENT, ACK, 250, 501, 1); /* and with the last one */
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, SERVER, ACK, 501, 251, 0);
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, SERVER, ACK, 501, 251, 0); /* an acknowledgement again is none */
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(talk.flow->retransmits, 1);
	say(&talk, SERVER, SYN | ACK, 500, 101, 0); /* the last ACK was lost on its way */
	assert_int_equal(talk.pkt.events, EVENT_RETRANSMIT);
	say(&talk, CLIENT, FIN | ACK, 251, 501, 0);
	say(&talk, CLIENT, FIN | ACK, 251, 501, 0);
	assert_int_equal(talk.pkt.events, EVENT_RETRANSMIT);
	assert_int_equal(stats_of(tracker).retransmits, 3);
}

static void keepalives_of_half_seen_streams(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		say(&talk, CLIENT, ACK, 100 + 100 * i, 501, 100);
	assert_int_equal(say(&talk, CLIENT, ACK, 599, 501, 1), STANDING_STREAM);
	assert_int_equal(talk.pkt.events, 0);
}

static void closing_from_both_sides(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	shake_hands(&talk);
	say(&talk, CLIENT, FIN | ACK, 101, 501, 0);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_CLOSING);
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, SERVER, ACK, 501, 102, 300);
	say(&talk, SERVER, FIN | ACK, 801, 102, 0);
	assert_int_equal(talk.pkt.events, EVENT_CLOSED);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_CLOSED);
	assert_int_equal(say(&talk, CLIENT, ACK, 102, 802, 0), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, 0);
	say(&talk, SERVER, RST, 802, 0, 0);
	assert_int_equal(talk.pkt.events, 0); /* closed once */
}

static void ports_used_anew_after_the_end(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);
	struct flow *first;

	(void)state;
	shake_hands(&talk);
	first = talk.flow;
	say(&talk, SERVER, RST, 501, 0, 0);
	assert_int_equal(say(&talk, CLIENT, SYN, 90000, 0, 0), STANDING_OPENING);
	assert_int_equal(talk.pkt.events, EVENT_NEW);
	say(&talk, SERVER, SYN | ACK, 700, 90001, 0);
	say(&talk, CLIENT, ACK, 90001, 701, 0);
	assert_non_null(talk.flow);
	assert_ptr_not_equal(talk.flow, first);
	assert_int_equal(talk.flow->packets[0], 2);
	assert_int_equal(flows_ever(), 2);
}

/* In one batch: whoever was given the first flow still reads the first flow. */
static void ports_used_anew_within_a_batch(void **state)
{
	static const struct {
		uint8_t side, flags;
		uint32_t seq, ack;
	} script[] = {
		{ CLIENT, SYN, 100, 0 },
		{ SERVER, SYN | ACK, 500, 101 },
		{ CLIENT, ACK, 101, 501 },
		{ CLIENT, RST, 101, 0 },
		{ CLIENT, SYN, 900, 0 },
		{ SERVER, SYN | ACK, 700, 901 },
		{ CLIENT, ACK, 901, 701 },
	};
	struct talk talk = talk_between(tracker, 1, 2);
	struct pkt pkts[7], *batch[7];
	struct flow *flows[7];

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		pkts[i] = talk_packet(&talk, script[i].side, IPPROTO_TCP);
		pkts[i].tcp_flags = script[i].flags;
		pkts[i].tcp_seq = script[i].seq;
		pkts[i].tcp_ack = script[i].ack;
		batch[i] = &pkts[i];
	}
	tracker_see(tracker, batch, flows, 7);
	assert_non_null(flows[2]);
	assert_ptr_equal(flows[2], flows[3]);
	assert_non_null(flows[6]);
	assert_ptr_not_equal(flows[2], flows[6]);
	assert_int_equal(flows[2]->packets[0], 3);
	assert_int_equal(flows[2]->next_seq[0], 101);
	assert_int_equal(flows[6]->next_seq[0], 901);
}

static void a_new_syn_after_long_silence(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	shake_hands(&talk);
	talk.now_ns += 59 * NS_PER_S;
	assert_int_equal(say(&talk, CLIENT, SYN, 900, 0, 0), STANDING_STRAY);
	talk.now_ns += 2 * NS_PER_S;
	assert_int_equal(say(&talk, CLIENT, SYN, 900, 0, 0), STANDING_OPENING);
}

static void numbers_wrap(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, SYN, UINT32_MAX, 0, 0);
	say(&talk, SERVER, SYN | ACK, UINT32_MAX - 1, 0, 0);
	assert_int_equal(say(&talk, CLIENT, ACK, 0, UINT32_MAX, 100), STANDING_VERIFIED);
	assert_int_equal(say(&talk, SERVER, ACK, UINT32_MAX, 100, 100), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(talk.flow->next_seq[1], 99);
}

/* What a capture cut off says nothing; what cannot be a header is nobody's. */
static void headers_that_cannot_be_read(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);
	struct pkt pkt;

	(void)state;
	shake_hands(&talk);
	pkt = talk_packet(&talk, CLIENT, IPPROTO_TCP);
	pkt.anomalies = ANOMALY_BIT(TRUNCATED);
	assert_null(see(tracker, &pkt));
	assert_int_equal(pkt.standing, STANDING_NONE);
	pkt.anomalies = ANOMALY_BIT(TCP_DATA_OFFSET);
	pkt.tcp_flags = ACK;
	assert_null(see(tracker, &pkt));
	assert_int_equal(pkt.standing, STANDING_STRAY);
	assert_int_equal(stats_of(tracker).pending, 1);
}

/* Three half-verified ones wait while every slot is busy: they are heard as verified, without a
 * flow. */
static void no_slot_is_no_lie(void **state)
{
	struct tracker *small = tracker_of(16, 1024, (struct flow_end_hook){ 0 });
	struct talk talk;

	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		talk = talk_between(small, 10 + i, 2);
		shake_hands(&talk);
	}
	talk = talk_between(small, 1, 2);
	shake_hands(&talk);
	assert_null(talk.flow);
	assert_int_equal(talk.pkt.standing, STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, EVENT_HANDSHAKE);
	assert_int_equal(say(&talk, CLIENT, ACK, 101, 501, 50), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(say(&talk, SERVER, ACK, 501, 151, 50), STANDING_ANSWER);
	assert_int_equal(say(&talk, CLIENT, ACK, 151, 551, 50), STANDING_VERIFIED);
	assert_int_equal(stats_of(small).flows_refused, 3);
	assert_int_equal(stats_of(small).flows, 16);
	assert_int_equal(stats_of(small).flows_evicted, 0);
	tracker_close(small);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(spoofed_resets_miss),
		IN(a_blind_syn_on_a_live_flow),
		IN(an_ack_flood_does_not_feed_flows),
		IN(losses_of_the_capture_are_bridged),
		IN(retransmissions_and_keepalives),
		IN(keepalives_of_half_seen_streams),
		IN(closing_from_both_sides),
		IN(ports_used_anew_after_the_end),
		IN(ports_used_anew_within_a_batch),
		IN(a_new_syn_after_long_silence),
		IN(numbers_wrap),
		IN(headers_that_cannot_be_read),
		IN(no_slot_is_no_lie),
	};

	return cmocka_run_group_tests_name("tcp_flow", tests, NULL, NULL);
}
