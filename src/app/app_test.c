/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app.c, reading.c, rhythm.c and datagrams.c: packets go through a tracker and the
 * application layer of one lane, as lane.c does it; what comes out of the log is looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/app_fixture.h"
#include "conf/networks.h"
#include "lib/prefix.h"
#include "track/track_fixture.h"

#define S(seconds) ((seconds)*NS_PER_S)

struct scene {
	struct tracker *tracker;
	struct app *app;
	struct fixture told; /* only its list of events is used */
	struct talk talk;
	uint32_t seq[2];
};

static void on_flow_end(void *context, const struct flow *flow)
{
	app_flow_end(((struct scene *)context)->app, flow);
}

static void scene_open_in(
	struct scene *scene, uint32_t streams, uint32_t parsers, const struct networks *networks)
{
	struct app_limits limits = { .streams = streams,
		.parsers = parsers,
		.hold_bytes = 256U << 10,
		.log_bytes = 1U << 20,
		.seed = 5,
		.networks = networks };

	memset(scene, 0, sizeof(*scene));
	fixture_open(&scene->told, NULL, 80);
	assert_int_equal(app_open(&limits, &scene->app), 0);
	scene->tracker = tracker_of(256, 8192, (struct flow_end_hook){ on_flow_end, scene });
	assert_non_null(scene->tracker);
	scene->talk = talk_between(scene->tracker, 1, 2);
}

static void scene_open(struct scene *scene, uint32_t streams, uint32_t parsers)
{
	scene_open_in(scene, streams, parsers, NULL);
}

static void scene_close(struct scene *scene)
{
	tracker_close(scene->tracker);
	app_close(scene->app);
	fixture_close(&scene->told);
}

static void collect(struct scene *scene)
{
	fixture_collect(&scene->told, app_log(scene->app));
}

static unsigned count(struct scene *scene, enum app_event_type type)
{
	collect(scene);
	return fixture_count(&scene->told, type);
}

static const struct app_event *event(struct scene *scene, enum app_event_type type, unsigned index)
{
	const struct app_event *found;

	collect(scene);
	found = fixture_event(&scene->told, type, index);
	assert_non_null(found);
	return found;
}

/* The packet goes through both, from memory of just its size. */
static void send_packet(struct scene *scene, struct pkt *pkt, const void *payload, size_t len)
{
	uint8_t *bytes = calloc(1, 42 + len);

	assert_non_null(bytes);
	if (len)
		memcpy(bytes + 42, payload, len);
	pkt->bytes = bytes;
	pkt->transport_offset = 34;
	pkt->captured_len = pkt->wire_len = (uint32_t)(42 + len);
	pkt->payload_len = pkt->payload_wire_len = (uint32_t)len;
	pkt->ip_len = (uint32_t)(40 + len);
	scene->talk.flow = see(scene->tracker, pkt);
	app_see(scene->app, pkt, scene->talk.flow);
	free(bytes);
}

static void segment(struct scene *scene, unsigned side, uint8_t flags, uint32_t seq, uint32_t ack,
	const void *payload, size_t len)
{
	struct pkt pkt = talk_packet(&scene->talk, side, IPPROTO_TCP);

	pkt.tcp_flags = flags;
	pkt.tcp_seq = seq;
	pkt.tcp_ack = ack;
	send_packet(scene, &pkt, payload, len);
}

static void handshake(struct scene *scene)
{
	segment(scene, CLIENT, TCP_SYN, 100, 0, NULL, 0);
	segment(scene, SERVER, TCP_SYN | TCP_ACK, 500, 101, NULL, 0);
	segment(scene, CLIENT, TCP_ACK, 101, 501, NULL, 0);
	scene->seq[0] = 101;
	scene->seq[1] = 501;
}

static void says_bytes(struct scene *scene, unsigned side, const void *bytes, size_t len)
{
	segment(scene, side, TCP_ACK | TCP_PSH, scene->seq[side], scene->seq[!side], bytes, len);
	scene->seq[side] += (uint32_t)len;
}

static void says(struct scene *scene, unsigned side, const char *text)
{
	says_bytes(scene, side, text, strlen(text));
}

static void closes(struct scene *scene)
{
	segment(scene, CLIENT, TCP_FIN | TCP_ACK, scene->seq[0], scene->seq[1], NULL, 0);
	scene->seq[0]++;
	segment(scene, SERVER, TCP_FIN | TCP_ACK, scene->seq[1], scene->seq[0], NULL, 0);
	scene->seq[1]++;
}

static void waits(struct scene *scene, int64_t ns)
{
	scene->talk.now_ns += ns;
	app_turn(scene->app, scene->talk.now_ns);
}

/* Long enough for every flow that is over to be swept. */
static void sweep(struct scene *scene, int64_t ns)
{
	waits(scene, ns);
	for (unsigned i = 0; i < 64; i++)
		tracker_sweep(scene->tracker, scene->talk.now_ns);
}

static void datagram(struct scene *scene, unsigned side, const void *bytes, size_t len)
{
	struct pkt pkt = talk_packet(&scene->talk, side, IPPROTO_UDP);

	send_packet(scene, &pkt, bytes, len);
}

static struct app_stats stats(const struct scene *scene)
{
	struct app_stats sum = { 0 };

	app_stats_add(scene->app, &sum);
	return sum;
}

/* --- flows --- */

static void a_conversation_is_told_from_begin_to_end(void **state)
{
	struct scene scene;
	const struct app_event *told;

	(void)state;
	scene_open(&scene, 16, 8);
	handshake(&scene);
	told = event(&scene, APP_CONNECT, 0);
	assert_false(told->connect.is_midstream);
	assert_true(addr_equal(&told->key.addr[0], &scene.talk.addr[0]));
	says(&scene, CLIENT, "hello there\n");
	says(&scene, SERVER, "and to you too\n");
	closes(&scene);
	assert_int_equal(count(&scene, APP_FLOW), 0);
	sweep(&scene, S(10));
	told = event(&scene, APP_FLOW, 0);
	assert_int_equal(told->flow_end.end, FLOW_END_CLOSED);
	assert_int_equal(told->flow_end.payload_bytes[0], 12);
	assert_int_equal(told->flow_end.payload_bytes[1], 15);
	assert_int_equal(told->flow_end.rhythm.messages[0], 1);
	assert_int_equal(told->flow_end.rhythm.first[1][0], 15);
	assert_int_equal(told->flow_end.rhythm.printable[0], 255);
	assert_true(told->flow_end.rhythm.entropy[0] > 64);
	assert_int_equal(told->flow, fixture_event(&scene.told, APP_CONNECT, 0)->flow);
	assert_int_equal(stats(&scene).streams_now, 0);
	scene_close(&scene);
}

static void without_payload_no_slot_is_taken(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	handshake(&scene);
	closes(&scene);
	sweep(&scene, S(10));
	assert_int_equal(count(&scene, APP_FLOW), 1);
	assert_int_equal(stats(&scene).streams, 0);
	assert_int_equal(event(&scene, APP_FLOW, 0)->flow_end.rhythm.messages[0], 0);
	scene_close(&scene);
}

static void picked_up_in_its_middle(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.seq[0] = 1000;
	scene.seq[1] = 2000;
	says(&scene, CLIENT, "one");
	says(&scene, SERVER, "two");
	says(&scene, CLIENT, "three");
	assert_true(event(&scene, APP_CONNECT, 0)->connect.is_midstream);
	segment(&scene, SERVER, TCP_RST, scene.seq[1], 0, NULL, 0);
	sweep(&scene, S(10));
	assert_int_equal(event(&scene, APP_FLOW, 0)->flow_end.end, FLOW_END_RESET);
	assert_true(event(&scene, APP_FLOW, 0)->flow_end.is_midstream);
	scene_close(&scene);
}

/* The opening was not seen and the server speaks first: its port names it. */
static void picked_up_where_the_server_speaks(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.seq[0] = 1000;
	scene.seq[1] = 2000;
	says(&scene, SERVER, "the end of a page");
	says(&scene, CLIENT, "");
	says(&scene, SERVER, "");
	says(&scene, CLIENT, "GET /next HTTP/1.1\r\nHost: example.com\r\n\r\n");
	says(&scene, SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_true(
		addr_equal(&event(&scene, APP_CONNECT, 0)->key.addr[0], &scene.talk.addr[CLIENT]));
	assert_int_equal(count(&scene, APP_HTTP), 1);
	assert_true(app_text_is(event(&scene, APP_HTTP, 0)->http.uri, "/next"));
	scene_close(&scene);
}

static void refused_and_never_answered(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	segment(&scene, CLIENT, TCP_SYN, 100, 0, NULL, 0);
	segment(&scene, SERVER, TCP_RST | TCP_ACK, 0, 101, NULL, 0);
	assert_int_equal(count(&scene, APP_REFUSED), 1);
	assert_true(
		addr_equal(&event(&scene, APP_REFUSED, 0)->key.addr[0], &scene.talk.addr[CLIENT]));
	assert_false(event(&scene, APP_REFUSED, 0)->connect.was_unanswered);
	scene.talk.port[0]++;
	for (unsigned i = 0; i < 5; i++) {
		segment(&scene, CLIENT, TCP_SYN, 100, 0, NULL, 0);
		waits(&scene, S(1));
	}
	assert_int_equal(count(&scene, APP_REFUSED), 2);
	assert_true(event(&scene, APP_REFUSED, 1)->connect.was_unanswered);
	assert_int_equal(event(&scene, APP_REFUSED, 1)->key.port[1], 80);
	scene_close(&scene);
}

static void bursts_have_a_second_between_them(void **state)
{
	struct scene scene;
	const struct app_event *told;

	(void)state;
	scene_open(&scene, 16, 8);
	handshake(&scene);
	says(&scene, CLIENT, "abcde");
	says(&scene, SERVER, "abc");
	waits(&scene, MS(900));
	says(&scene, CLIENT, "ab");
	waits(&scene, S(5));
	says(&scene, SERVER, "x"); /* the server breaks the silence: no burst of the client */
	says(&scene, CLIENT, "y");
	assert_int_equal(count(&scene, APP_BURST), 0);
	waits(&scene, S(30));
	says(&scene, CLIENT, "hello");
	told = event(&scene, APP_BURST, 0);
	assert_int_equal(told->burst.bytes[0], 8);
	assert_int_equal(told->burst.bytes[1], 4);
	assert_int_equal(told->burst.number, 1);
	assert_true(told->time_ns - told->burst.end_ns >= S(30));
	/* What was said before, again, is nothing new: nor is a keepalive. */
	waits(&scene, S(30));
	scene.seq[0] -= 5;
	says(&scene, CLIENT, "hello");
	waits(&scene, S(30));
	scene.seq[0] -= 1;
	says(&scene, CLIENT, "o");
	assert_int_equal(count(&scene, APP_BURST), 1);
	scene_close(&scene);
}

static void the_rhythm_of_a_shell(void **state)
{
	struct scene scene;
	const struct app_rhythm *rhythm;

	(void)state;
	scene_open(&scene, 16, 8);
	handshake(&scene);
	says(&scene, CLIENT, "up\n");
	for (unsigned i = 0; i < 3; i++) {
		waits(&scene, S(20));
		says(&scene, SERVER, "id\n");
		says(&scene, CLIENT, "uid=0(root) gid=0(root)\n");
	}
	waits(&scene, S(1));
	says(&scene, SERVER, "exit\n");
	waits(&scene, S(5));
	says(&scene, CLIENT, "bye\n");
	closes(&scene);
	sweep(&scene, S(10));
	rhythm = &event(&scene, APP_FLOW, count(&scene, APP_FLOW) - 1)->flow_end.rhythm;
	assert_int_equal(rhythm->messages[0], 5);
	assert_int_equal(rhythm->messages[1], 4);
	assert_int_equal(rhythm->prompts, 4);
	assert_int_equal(rhythm->obeyed, 3);
	assert_int_equal(rhythm->idle_s, 60);
	/* 20, 20, 20 and 1 s */
	assert_float_equal(rhythm->pause_mean, 2.25, 0.01);
	assert_float_equal(rhythm->pause_squares, 6.73, 0.05);
	assert_int_equal(rhythm->keepalives[0], 2);
	assert_int_equal(rhythm->small[1], 4);
	assert_int_equal(rhythm->first[0][1], 24);
	scene_close(&scene);
}

static void a_long_conversation_is_told_each_minute(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	handshake(&scene);
	for (unsigned i = 0; i < 13; i++) {
		says(&scene, CLIENT, "tick");
		waits(&scene, S(10));
	}
	assert_int_equal(count(&scene, APP_FLOW), 2);
	assert_int_equal(event(&scene, APP_FLOW, 1)->flow_end.end, FLOW_END_ONGOING);
	assert_int_equal(event(&scene, APP_FLOW, 1)->flow_end.payload_bytes[0], 13 * 4);
	app_input_end(scene.app);
	tracker_walk(scene.tracker, (struct flow_end_hook){ on_flow_end, &scene });
	assert_int_equal(event(&scene, APP_FLOW, 2)->flow_end.end, FLOW_END_INPUT);
	scene_close(&scene);
}

/* --- readings --- */

static const char irc_client[] = "PASS secret\r\nNICK bot12\r\nUSER a b c :d\r\nJOIN #owned key\r\n"
				 "PRIVMSG #owned :ready\r\n";
static const char irc_server[] = ":irc.example 001 bot12 :Welcome\r\n"
				 ":irc.example 332 bot12 #owned :.scan start\r\n"
				 ":boss!b@c PRIVMSG #owned :.http http://x/y\r\n";

static unsigned find_irc(struct scene *scene, enum irc_what what)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count(scene, APP_IRC); i++)
		found += event(scene, APP_IRC, i)->irc.what == what;
	return found;
}

static void a_protocol_is_recognised_by_its_bytes(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.talk.port[1] = 4444;
	handshake(&scene);
	says(&scene, CLIENT, irc_client);
	says(&scene, SERVER, irc_server);
	assert_int_equal(find_irc(&scene, IRC_REGISTER), 1);
	assert_int_equal(find_irc(&scene, IRC_WELCOME), 1);
	assert_int_equal(find_irc(&scene, IRC_TOPIC), 1);
	assert_int_equal(stats(&scene).by_proto[PROTO_IRC], 1);
	closes(&scene);
	sweep(&scene, S(10));
	assert_int_equal(event(&scene, APP_FLOW, 0)->flow_end.proto, PROTO_IRC);
	scene_close(&scene);
}

/* One parser has both; what it was is known from the greeting's first byte. */
static void imap_is_not_counted_as_pop3(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.talk.port[1] = 143;
	handshake(&scene);
	says(&scene, SERVER, "* OK IMAP4rev1 ready\r\n");
	says(&scene, CLIENT, "a LOGIN bob x\r\n");
	says(&scene, SERVER, "a OK\r\n");
	assert_int_equal(stats(&scene).by_proto[PROTO_IMAP], 1);
	assert_int_equal(stats(&scene).by_proto[PROTO_POP3], 0);
	scene_close(&scene);
}

/* Cuts both sides anew in each round, mixes and repeats the segments within each side. */
static void send_mixed(struct scene *scene, uint64_t *random)
{
	static const struct {
		const char *text;
		uint32_t len;
	} sides[2] = { { irc_client, sizeof(irc_client) - 1 },
		{ irc_server, sizeof(irc_server) - 1 } };

	for (unsigned side = 0; side < 2; side++) {
		uint32_t at[64], len[64], pieces = 0, done = 0, first = scene->seq[side];

		while (done < sides[side].len && pieces < 63) {
			uint32_t part = 1 + (uint32_t)(roll(random) % 20);

			if (part > sides[side].len - done || pieces == 62)
				part = sides[side].len - done;
			at[pieces] = done;
			len[pieces++] = part;
			done += part;
			if (done > 3 && roll(random) % 3 == 0)
				done -= 3; /* so that they overlap */
		}
		while (pieces > 0) {
			uint32_t i = (uint32_t)(roll(random) % pieces);

			segment(scene, side, TCP_ACK, first + at[i], scene->seq[!side],
				sides[side].text + at[i], len[i]);
			if (roll(random) % 4 == 0)
				continue; /* and once more */
			at[i] = at[pieces - 1];
			len[i] = len[--pieces];
		}
		scene->seq[side] = first + sides[side].len;
	}
}

/* Events of the parser only: times and those of packets differ, of course. */
static void assert_same_irc(struct scene *one, struct scene *other)
{
	unsigned events = count(one, APP_IRC);

	assert_int_equal(count(other, APP_IRC), events);
	for (unsigned i = 0; i < events; i++) {
		struct app_event left = *event(one, APP_IRC, i);

		left.time_ns = event(other, APP_IRC, i)->time_ns;
		left.flow = event(other, APP_IRC, i)->flow;
		assert_true(fixture_events_are_equal(&left, event(other, APP_IRC, i)));
	}
}

/* The first len bytes are in the SYN (RFC 7413); they are sent again after it, too. */
static void fast_open(struct scene *scene, const char *text, uint32_t len)
{
	segment(scene, CLIENT, TCP_SYN, 100, 0, text, len);
	segment(scene, SERVER, TCP_SYN | TCP_ACK, 500, 101 + len, NULL, 0);
	segment(scene, CLIENT, TCP_ACK, 101 + len, 501, NULL, 0);
	scene->seq[0] = 101;
	scene->seq[1] = 501;
}

static void any_segmentation_gives_the_same_events(void **state)
{
	struct scene whole, mixed;
	uint64_t random = 20231114;

	(void)state;
	scene_open(&whole, 16, 8);
	whole.talk.port[1] = 4444;
	handshake(&whole);
	says(&whole, CLIENT, irc_client);
	says(&whole, SERVER, irc_server);
	assert_true(count(&whole, APP_IRC) >= 4);
	for (unsigned round = 0; round < 60; round++) {
		scene_open(&mixed, 16, 8);
		mixed.talk.port[1] = 4444;
		fast_open(&mixed, irc_client, round % 2 ? (uint32_t)(roll(&random) % 40) : 0);
		send_mixed(&mixed, &random);
		assert_same_irc(&whole, &mixed);
		scene_close(&mixed);
	}
	scene_close(&whole);
}

/* The stream is picked up where the hole ends; nothing is read across it. */
static void a_gap_is_told_to_the_parser(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	handshake(&scene);
	says(&scene, CLIENT, irc_client);
	scene.seq[1] += 5000;
	says(&scene, SERVER, "garbage until the line ends\r\n:b!b@c PRIVMSG #owned :.die\r\n");
	assert_int_equal(stats(&scene).gaps, 0);
	segment(&scene, CLIENT, TCP_ACK, scene.seq[0], scene.seq[1], NULL, 0);
	assert_int_equal(stats(&scene).gaps, 1);
	assert_int_equal(stats(&scene).gap_bytes, 5000);
	scene_close(&scene);
}

static void when_all_are_busy_nobody_gives_way(void **state)
{
	struct scene scene;
	struct app_stats sum;

	(void)state;
	scene_open(&scene, 16, 8);
	for (unsigned i = 0; i < 40; i++) {
		scene.talk.port[0] = (uint16_t)(40000 + i);
		handshake(&scene);
		says(&scene, CLIENT, "NICK abc\r\n");
	}
	sum = stats(&scene);
	assert_int_equal(sum.streams, 16);
	assert_int_equal(sum.streams_refused, 24);
	assert_int_equal(sum.streams_evicted, 0);
	assert_true(sum.parsers_refused >= 8);
	scene_close(&scene);
}

static void the_longest_silent_gives_way(void **state)
{
	struct scene scene;
	struct app_stats sum;

	(void)state;
	scene_open(&scene, 16, 8);
	for (unsigned i = 0; i < 40; i++) {
		scene.talk.port[0] = (uint16_t)(40000 + i);
		handshake(&scene);
		says(&scene, CLIENT, "NICK abc\r\n");
		waits(&scene, MS(500));
	}
	sum = stats(&scene);
	assert_int_equal(sum.streams, 40);
	assert_int_equal(sum.streams_evicted, 24);
	assert_int_equal(sum.streams_refused, 0);
	assert_int_equal(sum.streams_now, 16);
	/* The first one speaks again: it takes a slot anew. */
	scene.talk.port[0] = 40000;
	scene.seq[0] = 101 + 10;
	says(&scene, CLIENT, "USER a b c :d\r\n");
	assert_int_equal(stats(&scene).streams, 41);
	scene_close(&scene);
}

/* --- datagrams --- */

static const char dns_question[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
				   "\x07"
				   "example\x03org\x00\x00\x01\x00\x01";
static const char dns_answer[] = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
				 "\x07"
				 "example\x03org\x00\x00\x01\x00\x01"
				 "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";

static void a_datagram_and_its_answer(void **state)
{
	struct scene scene;
	const struct app_exchange *exchange;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.talk.port[1] = 53;
	datagram(&scene, CLIENT, dns_question, sizeof(dns_question) - 1);
	assert_int_equal(count(&scene, APP_EXCHANGE), 0);
	waits(&scene, MS(19));
	datagram(&scene, SERVER, dns_answer, sizeof(dns_answer) - 1);
	exchange = &event(&scene, APP_EXCHANGE, 0)->exchange;
	assert_int_equal(exchange->bytes[0], sizeof(dns_question) - 1);
	assert_int_equal(exchange->bytes[1], sizeof(dns_answer) - 1);
	assert_int_equal(exchange->delay_ns, MS(20));
	assert_int_equal(exchange->proto, PROTO_DNS);
	assert_false(exchange->is_echo);
	assert_int_equal(event(&scene, APP_EXCHANGE, 0)->key.port[1], 53);
	assert_int_equal(count(&scene, APP_DNS), 1);
	assert_int_equal(event(&scene, APP_DNS, 0)->flow, event(&scene, APP_EXCHANGE, 0)->flow);
	scene_close(&scene);
}

static void echo(struct scene *scene, unsigned side, uint8_t type, const char *payload)
{
	struct pkt pkt;

	scene->talk.port[0] = scene->talk.port[1] = 9;
	pkt = talk_packet(&scene->talk, side, IPPROTO_ICMP);
	pkt.icmp_type = type;
	send_packet(scene, &pkt, payload, strlen(payload));
}

static void echoes_should_repeat_the_question(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	echo(&scene, CLIENT, 8, "abcdefgh");
	echo(&scene, SERVER, 0, "abcdefgh");
	echo(&scene, CLIENT, 8, "whoami");
	echo(&scene, SERVER, 0, "root");
	assert_int_equal(count(&scene, APP_EXCHANGE), 2);
	assert_true(event(&scene, APP_EXCHANGE, 0)->exchange.is_echo);
	assert_true(event(&scene, APP_EXCHANGE, 0)->exchange.is_repeated);
	assert_false(event(&scene, APP_EXCHANGE, 1)->exchange.is_repeated);
	assert_int_equal(event(&scene, APP_EXCHANGE, 1)->exchange.bytes[1], 4);
	scene_close(&scene);
}

static void a_flood_of_openings_is_looked_at_up_to_a_number(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	for (unsigned i = 0; i < 1000; i++) {
		scene.talk.port[0] = (uint16_t)(1000 + i);
		datagram(&scene, CLIENT, "x", 1);
	}
	assert_int_equal(stats(&scene).datagrams_skipped, 1000 - 256);
	waits(&scene, MS(100));
	datagram(&scene, CLIENT, "x", 1);
	assert_int_equal(stats(&scene).datagrams_skipped, 1000 - 256);
	scene_close(&scene);
}

/* Of a thousand strangers a window's share is heard; what one of ours asks is, too, and its answer
 * finds the question. */
static void a_flood_of_strangers_does_not_drown_what_ours_ask(void **state)
{
	struct prefix ours = { .addr = host(1), .bits = 128 };
	struct networks *networks;
	struct scene scene;

	(void)state;
	assert_int_equal(networks_open_empty(&networks), 0);
	assert_int_equal(networks_add(networks, &ours), 0);
	assert_int_equal(networks_build(networks), 0);
	scene_open_in(&scene, 16, 8, networks);
	scene.talk.port[1] = 53;
	datagram(&scene, CLIENT, dns_question, sizeof(dns_question) - 1);
	for (unsigned i = 0; i < 4000; i++) {
		scene.talk.addr[0] = host(3 + i);
		if (i % 400 == 0)
			app_turn(scene.app, scene.talk.now_ns);
		if (i == 3999) {
			scene.talk.addr[0] = host(1);
			scene.talk.port[0]++;
		}
		datagram(&scene, CLIENT, dns_question, sizeof(dns_question) - 1);
	}
	assert_true(stats(&scene).datagrams_skipped > 0);
	scene.talk.addr[0] = host(1);
	datagram(&scene, SERVER, dns_answer, sizeof(dns_answer) - 1);
	scene.talk.port[0]--;
	datagram(&scene, SERVER, dns_answer, sizeof(dns_answer) - 1);
	assert_int_equal(count(&scene, APP_EXCHANGE), 2);
	assert_int_equal(count(&scene, APP_DNS), 2);
	scene_close(&scene);
	networks_close(networks);
}

static void talks_of_datagrams_have_bursts_and_a_flow(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.talk.port[1] = 9999;
	for (unsigned i = 0; i < 4; i++) {
		datagram(&scene, CLIENT, "ping of mine", 12);
		datagram(&scene, SERVER, "pong", 4);
		waits(&scene, S(10));
	}
	assert_int_equal(count(&scene, APP_EXCHANGE), 1);
	assert_int_equal(count(&scene, APP_BURST), 2);
	sweep(&scene, S(200));
	assert_int_equal(event(&scene, APP_FLOW, 0)->flow_end.end, FLOW_END_IDLE);
	assert_int_equal(event(&scene, APP_FLOW, 0)->flow_end.rhythm.messages[1], 3);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_is_told_from_begin_to_end),
		cmocka_unit_test(without_payload_no_slot_is_taken),
		cmocka_unit_test(picked_up_in_its_middle),
		cmocka_unit_test(picked_up_where_the_server_speaks),
		cmocka_unit_test(refused_and_never_answered),
		cmocka_unit_test(bursts_have_a_second_between_them),
		cmocka_unit_test(the_rhythm_of_a_shell),
		cmocka_unit_test(a_long_conversation_is_told_each_minute),
		cmocka_unit_test(a_protocol_is_recognised_by_its_bytes),
		cmocka_unit_test(imap_is_not_counted_as_pop3),
		cmocka_unit_test(any_segmentation_gives_the_same_events),
		cmocka_unit_test(a_gap_is_told_to_the_parser),
		cmocka_unit_test(when_all_are_busy_nobody_gives_way),
		cmocka_unit_test(the_longest_silent_gives_way),
		cmocka_unit_test(a_datagram_and_its_answer),
		cmocka_unit_test(echoes_should_repeat_the_question),
		cmocka_unit_test(a_flood_of_openings_is_looked_at_up_to_a_number),
		cmocka_unit_test(a_flood_of_strangers_does_not_drown_what_ours_ask),
		cmocka_unit_test(talks_of_datagrams_have_bursts_and_a_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
