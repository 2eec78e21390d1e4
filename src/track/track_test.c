/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/track_test.c - who earns a full slot and who does not: datagrams, errors, fragments,
 * floods; and that neither the cut into batches nor time that runs backwards changes anything. TCP:
 * tcp_test.c.
 */
#include "track/track_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define UDP IPPROTO_UDP

static struct tracker *tracker;

static int set_up(void **state)
{
	(void)state;
	tracker = tracker_of(1024, 4096, (struct flow_end_hook){ 0 });
	return tracker ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tracker_close(tracker);
	return 0;
}

static void the_third_datagram_proves_it(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	assert_int_equal(tell(&talk, CLIENT, UDP), STANDING_OPENING);
	assert_int_equal(talk.pkt.events, EVENT_NEW);
	assert_int_equal(tell(&talk, CLIENT, UDP), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(talk.pkt.seen, 2);
	assert_int_equal(tell(&talk, SERVER, UDP), STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, EVENT_ANSWERED);
	assert_int_equal(tell(&talk, SERVER, UDP), STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, 0);
	assert_int_equal(tell(&talk, CLIENT, UDP), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.events, EVENT_TURN);
	assert_non_null(talk.flow);
	assert_int_equal(talk.flow->tcp_state, TCP_STATE_NONE);
	assert_int_equal(talk.flow->packets[0], 3);
	assert_int_equal(talk.flow->packets[1], 2);
	assert_int_equal(tell(&talk, SERVER, UDP), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.side, 1);
	assert_int_equal(talk.pkt.seen, 6);
	assert_int_equal(talk.flow->payload_packets[1], 1);
}

static void other_protocols_do_as_udp_does(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	tell(&talk, CLIENT, 47);
	tell(&talk, SERVER, 47);
	assert_int_equal(tell(&talk, CLIENT, 47), STANDING_VERIFIED);
}

static unsigned echo(struct talk *talk, unsigned side, uint8_t proto)
{
	talk->pkt = talk_packet(talk, side, proto);
	talk->pkt.icmp_type = (uint8_t)(proto == IPPROTO_ICMP ? 8 - 8 * side : 128 + side);
	talk->flow = see(tracker, &talk->pkt);
	return talk->pkt.standing;
}

static void an_echo_proves_nothing(void **state)
{
	static const uint8_t protos[] = { IPPROTO_ICMP, IPPROTO_ICMPV6 };

	(void)state;
	for (unsigned p = 0; p < 2; p++) {
		struct talk talk = talk_between(tracker, 1, 2);

		talk.port[0] = talk.port[1] = 77;
		for (unsigned i = 0; i < 20; i++) {
			assert_int_equal(echo(&talk, CLIENT, protos[p]),
				i == 0 ? STANDING_OPENING : STANDING_UNANSWERED);
			assert_int_equal(echo(&talk, SERVER, protos[p]), STANDING_ANSWER);
			assert_int_equal(talk.pkt.events, i == 0 ? EVENT_ANSWERED : 0);
		}
	}
	assert_int_equal(stats_of(tracker).flows, 0);
}

/* An ICMP error from the server about what the client sent it. */
static void send_unreachable(struct talk *talk, uint8_t proto)
{
	static uint8_t bytes[42 + 28];
	struct pkt pkt = talk_packet(talk, SERVER, IPPROTO_ICMP);
	uint8_t *quote = bytes + 42;

	memset(bytes, 0, sizeof(bytes));
	quote[0] = 0x45;
	quote[9] = proto;
	memcpy(quote + 12, &talk->addr[CLIENT].byte[12], 4);
	memcpy(quote + 16, &talk->addr[SERVER].byte[12], 4);
	for (unsigned side = 0; side < 2; side++) {
		quote[20 + 2 * side] = (uint8_t)(talk->port[side] >> 8);
		quote[21 + 2 * side] = (uint8_t)talk->port[side];
	}
	pkt.icmp_type = 3;
	pkt.bytes = bytes;
	pkt.payload_len = 28;
	talk->pkt = pkt;
	talk->flow = see(tracker, &talk->pkt);
}

static void unreachable_refuses_openings(void **state)
{
	struct talk udp = talk_between(tracker, 1, 2), tcp = talk_between(tracker, 3, 2);

	(void)state;
	tell(&udp, CLIENT, UDP);
	send_unreachable(&udp, UDP);
	assert_int_equal(udp.pkt.standing, STANDING_ANSWER);
	assert_int_equal(udp.pkt.events, EVENT_REFUSED);
	send_unreachable(&udp, UDP);
	assert_int_equal(udp.pkt.standing, STANDING_ANSWER);
	assert_int_equal(udp.pkt.events, 0); /* once */
	say(&tcp, CLIENT, TCP_SYN, 100, 0, 0);
	send_unreachable(&tcp, IPPROTO_TCP);
	assert_int_equal(tcp.pkt.events, EVENT_REFUSED);
	assert_int_equal(say(&tcp, CLIENT, TCP_SYN, 100, 0, 0), STANDING_OPENING);
	assert_int_equal(stats_of(tracker).refused, 2);
}

static void errors_about_nothing_known_are_strays(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	send_unreachable(&talk, UDP);
	assert_int_equal(talk.pkt.standing, STANDING_STRAY);
	talk.pkt.payload_len = 3;
	see(tracker, &talk.pkt);
	assert_int_equal(talk.pkt.standing, STANDING_STRAY);
	assert_int_equal(stats_of(tracker).pending, 0); /* and leave nothing */
	tell(&talk, CLIENT, UDP);
	tell(&talk, SERVER, UDP);
	send_unreachable(&talk, UDP);
	assert_int_equal(talk.pkt.standing, STANDING_ANSWER);
	assert_int_equal(talk.pkt.events, 0); /* it had been answered */
	tell(&talk, CLIENT, UDP);
	send_unreachable(&talk, UDP);
	assert_int_equal(talk.pkt.standing, STANDING_ANSWER); /* about a flow */
	assert_int_equal(talk.pkt.events, 0);
}

static unsigned tell_fragment(struct talk *talk, unsigned side)
{
	talk->pkt = talk_packet(talk, side, UDP);
	talk->pkt.frag = FRAG_LATER;
	talk->flow = see(tracker, &talk->pkt);
	return talk->pkt.standing;
}

static void later_fragments_share_the_standing(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	assert_int_equal(tell_fragment(&talk, CLIENT), STANDING_STRAY);
	assert_int_equal(stats_of(tracker).pending, 0);
	tell(&talk, CLIENT, UDP);
	assert_int_equal(tell_fragment(&talk, CLIENT), STANDING_UNANSWERED);
	assert_int_equal(talk.pkt.seen, 1); /* and changes nothing */
	tell(&talk, SERVER, UDP);
	assert_int_equal(tell_fragment(&talk, SERVER), STANDING_ANSWER);
	assert_int_equal(talk.pkt.side, 1);
	assert_int_equal(tell_fragment(&talk, CLIENT), STANDING_UNANSWERED);
	assert_int_equal(stats_of(tracker).flows, 0); /* a fragment proves nothing */
	tell(&talk, CLIENT, UDP);
	assert_int_equal(tell_fragment(&talk, SERVER), STANDING_VERIFIED);
	assert_non_null(talk.flow);
	assert_int_equal(talk.pkt.side, 1);
	assert_int_equal(talk.flow->packets[1], 2);
}

/* The same at both ends: always side 0, so it never answers itself. */
static void land_packets_answer_nobody(void **state)
{
	struct talk talk = talk_between(tracker, 1, 1);

	(void)state;
	talk.port[0] = talk.port[1] = 80;
	for (unsigned i = 0; i < 10; i++) {
		tell(&talk, i % 2, UDP);
		assert_int_equal(talk.pkt.side, 0);
		say(&talk, i % 2, i % 2 ? TCP_SYN | TCP_ACK : TCP_SYN, 100, 101, 0);
		assert_int_equal(talk.pkt.side, 0);
	}
	say(&talk, CLIENT, TCP_ACK, 101, 101, 0);
	assert_int_equal(stats_of(tracker).flows, 0);
	talk.port[1] = 81; /* one host, two ports: a conversation as any other */
	tell(&talk, SERVER, UDP);
	tell(&talk, CLIENT, UDP);
	assert_int_equal(talk.pkt.side, 1);
	assert_int_equal(tell(&talk, SERVER, UDP), STANDING_VERIFIED);
	assert_int_equal(talk.pkt.side, 0);
	tell(&talk, CLIENT, UDP);
	assert_int_equal(talk.pkt.side, 1);
}

static void what_is_not_ip_is_not_tracked(void **state)
{
	struct pkt pkt = { .standing = STANDING_VERIFIED, .events = 0xff, .side = 1, .seen = 4 };

	(void)state;
	assert_null(see(tracker, &pkt));
	assert_int_equal(pkt.standing, STANDING_NONE);
	assert_int_equal(pkt.events, 0);
	assert_int_equal(pkt.side, 0);
	assert_int_equal(pkt.seen, 0);
	assert_int_equal(stats_of(tracker).unverified_packets, 0);
	tracker_see(tracker, NULL, NULL, 0);
}

/* Time that runs backwards (it should not) costs nobody his standing and breaks nothing. */
static void time_may_run_backwards(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	say(&talk, CLIENT, TCP_SYN, 100, 0, 0);
	talk.now_ns -= 5 * NS_PER_S;
	assert_int_equal(say(&talk, SERVER, TCP_SYN | TCP_ACK, 500, 101, 0), STANDING_ANSWER);
	talk.now_ns -= 5 * NS_PER_S;
	assert_int_equal(say(&talk, CLIENT, TCP_ACK, 101, 501, 0), STANDING_VERIFIED);
	assert_int_equal(talk.flow->first_ns, talk.flow->last_ns);
	talk.now_ns -= 1000 * NS_PER_S;
	assert_int_equal(say(&talk, SERVER, TCP_ACK, 501, 101, 9), STANDING_VERIFIED);
	assert_true(talk.flow->last_ns > talk.pkt.time_ns);
	talk.now_ns = 5;
	assert_int_equal(say(&talk, CLIENT, TCP_ACK, 101, 510, 9), STANDING_VERIFIED);
	talk.now_ns = -NS_PER_S;
	tell(&talk, CLIENT, UDP);
	assert_int_equal(talk.pkt.standing, STANDING_OPENING);
	tracker_sweep(tracker, -5);
	assert_int_equal(stats_of(tracker).flows_now, 1);
}

static void silence_ends_what_is_pending(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);

	(void)state;
	tell(&talk, CLIENT, UDP);
	talk.now_ns += 31 * NS_PER_S;
	assert_int_equal(
		tell(&talk, SERVER, UDP), STANDING_OPENING); /* as if it were the first word */
	assert_int_equal(talk.pkt.side, 0);
}

static unsigned flows_ended;

static void on_end(void *context, const struct flow *flow)
{
	assert_ptr_equal(context, &flows_ended);
	assert_int_equal(flow->key.proto, 6);
	flows_ended++;
}

/* Long after the last packet every flow has timed out; one sweep looks at a 64th. */
static void sweep_all(struct tracker *own)
{
	for (unsigned i = 0; i < 64; i++)
		tracker_sweep(own, T0 + 9999 * NS_PER_S);
}

static void sweep_ends_flows(void **state)
{
	struct flow_end_hook hook = { on_end, &flows_ended };
	struct tracker *own = tracker_of(256, 1024, hook);
	struct talk talk;

	(void)state;
	flows_ended = 0;
	for (uint32_t i = 0; i < 100; i++) {
		talk = talk_between(own, 10 + i, 2);
		shake_hands(&talk);
		if (i < 30)
			say(&talk, SERVER, TCP_RST, 501, 0, 0);
	}
	say(&talk, CLIENT, TCP_SYN, 1, 0, 0);
	for (unsigned i = 0; i < 64; i++)
		tracker_sweep(own, T0 + 10 * NS_PER_S);
	assert_int_equal(flows_ended, 30);
	assert_int_equal(stats_of(own).flows_now, 70);
	sweep_all(own);
	assert_int_equal(flows_ended, 100);
	assert_int_equal(stats_of(own).flows_now, 0);
	assert_int_equal(stats_of(own).flows_peak, 100);
	assert_int_equal(stats_of(own).flows_evicted, 0);
	tracker_close(own);
}

/* What a flood of so many spoofed packets, answered or not, makes of 1,000 established flows. */
enum flood { FLOOD_SYN, FLOOD_ANSWERED_SYN, FLOOD_ACK, FLOOD_UDP, FLOOD_RST, FLOOD_KINDS };

#define FLOWS 1000

static void flood_with(enum flood flood, struct talk *from, uint64_t number)
{
	uint32_t seq = (uint32_t)(number >> 20);

	switch (flood) {
	case FLOOD_ANSWERED_SYN:
		say(from, CLIENT, TCP_SYN, seq, 0, 0);
		say(from, SERVER, TCP_SYN | TCP_ACK, (uint32_t)number, seq + 1, 0);
		say(from, CLIENT, TCP_ACK, seq + 1, seq * 7, 0); /* a guess */
		break;
	case FLOOD_SYN:
		say(from, CLIENT, TCP_SYN, seq, 0, 0);
		break;
	case FLOOD_ACK:
		say(from, CLIENT, TCP_ACK, seq, (uint32_t)number, 0);
		break;
	case FLOOD_RST:
		say(from, CLIENT, TCP_RST, seq, (uint32_t)number, 0);
		break;
	default:
		tell(from, CLIENT, UDP);
	}
}

static void assert_all_still_talk(struct talk *talks)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		assert_int_equal(say(&talks[i], CLIENT, TCP_ACK, 101, 501, 10), STANDING_VERIFIED);
		assert_int_equal(say(&talks[i], SERVER, TCP_ACK, 501, 111, 10), STANDING_VERIFIED);
		assert_int_equal(talks[i].flow->tcp_state, TCP_STATE_ESTABLISHED);
	}
}

static void withstand(enum flood flood, unsigned packets)
{
	struct tracker *own = tracker_of(FLOWS + 24, 4096, (struct flow_end_hook){ 0 });
	struct talk *talks = calloc(FLOWS, sizeof(*talks));
	uint64_t seed = 7 + flood;

	for (unsigned i = 0; i < FLOWS; i++) {
		talks[i] = talk_between(own, 0x10000 + i, 2);
		shake_hands(&talks[i]);
		assert_non_null(talks[i].flow);
	}
	for (unsigned i = 0; i < packets; i++) {
		uint64_t number = roll(&seed);
		struct talk from = talk_between(own, 0x800000 | (uint32_t)(number & 0x7fffff), 2);

		from.port[0] = (uint16_t)(number >> 24);
		from.now_ns = T0 + NS_PER_S + i * 1000LL;
		flood_with(flood, &from, number);
		assert_true(from.pkt.standing == STANDING_OPENING ||
			    from.pkt.standing == STANDING_STRAY ||
			    from.pkt.standing == STANDING_UNANSWERED);
	}
	assert_int_equal(stats_of(own).flows, FLOWS);
	assert_int_equal(stats_of(own).flows_evicted, 0);
	assert_all_still_talk(talks);
	free(talks);
	tracker_close(own);
}

static void a_million_spoofed_syns(void **state)
{
	(void)state;
	withstand(FLOOD_SYN, 1000000);
}

static void other_floods(void **state)
{
	(void)state;
	withstand(FLOOD_ANSWERED_SYN, 100000);
	withstand(FLOOD_ACK, 100000);
	withstand(FLOOD_RST, 100000);
	withstand(FLOOD_UDP, 100000);
}

/* More conversations than there is room for: the newest are held, the longest silent let go. */
static void more_flows_than_slots(void **state)
{
	struct tracker *own = tracker_of(8192, 4096, (struct flow_end_hook){ 0 });
	struct talk talk;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		talk = talk_between(own, 10 + i, 2);
		talk.now_ns += i * NS_PER_MS;
		shake_hands(&talk);
		assert_non_null(talk.flow);
	}
	assert_int_equal(stats_of(own).flows, 20000);
	assert_int_equal(stats_of(own).flows_evicted, 20000 - 8192);
	assert_int_equal(stats_of(own).flows_now, 8192);
	assert_int_equal(stats_of(own).flows_refused, 0);
	tracker_close(own);
}

/* A mix of everything, with tables too small for it. */
#define MIX 40000

static void make_mix(struct pkt *pkts)
{
	uint64_t seed = 3;

	for (unsigned i = 0; i < MIX; i++) {
		uint64_t number = roll(&seed);
		uint32_t client =
			number >> 60 ? (uint32_t)(number % 400) : (uint32_t)(number % 100000);
		bool is_back = number >> 33 & 1;
		uint16_t port = (uint16_t)(1000 + (number >> 40) % 3);

		pkts[i] = is_back ? packet(number >> 34 & 1 ? 6 : 17, host(1), 80,
					    host(100 + client), port)
				  : packet(number >> 34 & 1 ? 6 : 17, host(100 + client), port,
					    host(1), 80);
		pkts[i].time_ns = T0 + i * 20000LL;
		pkts[i].tcp_seq = is_back ? 500 : 100;
		pkts[i].tcp_ack = is_back ? 101 : 501;
		pkts[i].tcp_flags = is_back	       ? TCP_SYN | TCP_ACK
				    : number >> 35 & 1 ? TCP_SYN
						       : TCP_ACK;
		if (!is_back && pkts[i].tcp_flags == TCP_ACK)
			pkts[i].tcp_seq = 101;
		if (number >> 36 % 16 == 0)
			pkts[i].tcp_flags = TCP_RST;
	}
}

struct outcome {
	uint64_t digest; /* of what track set in all packets, in their order */
	struct track_stats stats;
	unsigned ended;
};

static void count_end(void *context, const struct flow *flow)
{
	struct outcome *outcome = context;

	(void)flow;
	outcome->ended++;
}

/* Folds in what track has set, and what the flow says at the end of the batch: is it the
 * packet's? */
static void digest(struct outcome *outcome, const struct pkt *pkt, const struct flow *flow)
{
	uint64_t word = (uint64_t)pkt->standing << 56 | (uint64_t)pkt->side << 48 |
			(uint64_t)pkt->events << 32 | pkt->seen;

	outcome->digest =
		(outcome->digest ^ word ^ (flow ? 1ULL << 60 : 0)) * 0x9e3779b97f4a7c15ULL;
	outcome->digest ^= outcome->digest >> 29;
	if (flow)
		assert_int_equal(
			flow->key.port[0] + flow->key.port[1], pkt->key.port[0] + pkt->key.port[1]);
}

static struct outcome run_in_batches(const struct pkt *mix, unsigned size)
{
	static struct pkt pkts[MIX];
	struct pkt *batch[TRACK_BATCH_MAX];
	struct flow *flows[TRACK_BATCH_MAX];
	struct outcome outcome = { 0 };
	struct tracker *own = tracker_of(512, 1024, (struct flow_end_hook){ count_end, &outcome });

	memcpy(pkts, mix, sizeof(pkts));
	for (unsigned first = 0; first < MIX; first += size) {
		unsigned count = MIX - first < size ? MIX - first : size;

		for (unsigned i = 0; i < count; i++)
			batch[i] = &pkts[first + i];
		tracker_see(own, batch, flows, count);
		for (unsigned i = 0; i < count; i++)
			digest(&outcome, batch[i], flows[i]);
	}
	outcome.stats = stats_of(own);
	sweep_all(own);
	tracker_close(own);
	return outcome;
}

static void batches_change_nothing(void **state)
{
	static const unsigned sizes[] = { 7, 64, 1000, TRACK_BATCH_MAX };
	struct pkt *mix = calloc(MIX, sizeof(*mix));
	struct outcome one;

	(void)state;
	make_mix(mix);
	one = run_in_batches(mix, 1);
	assert_true(one.stats.flows > 1000); /* there was something to go wrong */
	assert_true(one.stats.flows_evicted > 100);
	assert_true(one.stats.flows_refused > 0);
	assert_true(one.stats.pending_evicted > 100);
	assert_int_equal(one.ended, one.stats.flows);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct outcome other = run_in_batches(mix, sizes[i]);

		assert_int_equal(other.digest, one.digest);
		assert_memory_equal(&other.stats, &one.stats, sizeof(one.stats));
		assert_int_equal(other.ended, one.ended);
	}
	free(mix);
}

static void opening_and_memory(void **state)
{
	struct tracker_limits limits = { .flows = 1000, .pending = 1000, .seed = 1 };
	struct tracker_limits absurd = { .flows = 16, .pending = UINT32_MAX };
	struct tracker *own = NULL;

	(void)state;
	assert_true(tracker_memory(&limits) > 1000 * (sizeof(struct flow) + 32));
	assert_true(tracker_memory(&limits) < 2000 * (sizeof(struct flow) + 32));
	assert_true(tracker_memory(&absurd) > 1ULL << 36); /* counted, though never taken */
	assert_int_equal(tracker_open(&limits, (struct flow_end_hook){ 0 }, &own), 0);
	tracker_close(own);
	tracker_close(NULL);
}

static void prefetching_changes_nothing(void **state)
{
	struct talk talk = talk_between(tracker, 1, 2);
	struct pkt pkt = talk_packet(&talk, CLIENT, UDP);

	(void)state;
	tracker_prefetch(tracker, &pkt);
	assert_int_equal(stats_of(tracker).pending, 0);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(the_third_datagram_proves_it),
		IN(other_protocols_do_as_udp_does),
		IN(an_echo_proves_nothing),
		IN(unreachable_refuses_openings),
		IN(errors_about_nothing_known_are_strays),
		IN(later_fragments_share_the_standing),
		IN(land_packets_answer_nobody),
		IN(what_is_not_ip_is_not_tracked),
		IN(time_may_run_backwards),
		IN(silence_ends_what_is_pending),
		cmocka_unit_test(sweep_ends_flows),
		cmocka_unit_test(a_million_spoofed_syns),
		cmocka_unit_test(other_floods),
		cmocka_unit_test(more_flows_than_slots),
		cmocka_unit_test(batches_change_nothing),
		cmocka_unit_test(opening_and_memory),
		IN(prefetching_changes_nothing),
	};

	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
