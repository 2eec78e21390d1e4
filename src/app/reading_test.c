/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/reading_test.c - tests for reading.c: which parser reads a stream, who gives way to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/scene_fixture.h"

#define S(seconds) ((seconds)*NS_PER_S)

static const char irc_client[] = "PASS secret\r\nNICK bot12\r\nUSER a b c :d\r\nJOIN #owned key\r\n"
				 "PRIVMSG #owned :ready\r\n";
static const char irc_server[] = ":irc.example 001 bot12 :Welcome\r\n"
				 ":irc.example 332 bot12 #owned :.scan start\r\n"
				 ":boss!b@c PRIVMSG #owned :.http http://x/y\r\n";

static unsigned find_irc(struct scene *scene, enum irc_what what)
{
	unsigned found = 0;

	for (unsigned i = 0; i < scene_count(scene, APP_IRC); i++)
		found += scene_event(scene, APP_IRC, i)->irc.what == what;
	return found;
}

static void a_protocol_is_recognised_by_its_bytes(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.talk.port[1] = 4444;
	scene_handshake(&scene);
	scene_says(&scene, CLIENT, irc_client);
	scene_says(&scene, SERVER, irc_server);
	assert_int_equal(find_irc(&scene, IRC_REGISTER), 1);
	assert_int_equal(find_irc(&scene, IRC_WELCOME), 1);
	assert_int_equal(find_irc(&scene, IRC_TOPIC), 1);
	assert_int_equal(scene_stats(&scene).by_proto[PROTO_IRC], 1);
	scene_close_talk(&scene);
	scene_sweep(&scene, S(10));
	assert_int_equal(scene_event(&scene, APP_FLOW, 0)->flow_end.proto, PROTO_IRC);
	scene_close(&scene);
}

/* One parser has both; what it was is known from the greeting's first byte. */
static void imap_is_not_counted_as_pop3(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.talk.port[1] = 143;
	scene_handshake(&scene);
	scene_says(&scene, SERVER, "* OK IMAP4rev1 ready\r\n");
	scene_says(&scene, CLIENT, "a LOGIN bob x\r\n");
	scene_says(&scene, SERVER, "a OK\r\n");
	assert_int_equal(scene_stats(&scene).by_proto[PROTO_IMAP], 1);
	assert_int_equal(scene_stats(&scene).by_proto[PROTO_POP3], 0);
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

			scene_segment(scene, side, TCP_ACK, first + at[i], scene->seq[!side],
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
	unsigned events = scene_count(one, APP_IRC);

	assert_int_equal(scene_count(other, APP_IRC), events);
	for (unsigned i = 0; i < events; i++) {
		struct app_event left = *scene_event(one, APP_IRC, i);

		left.time_ns = scene_event(other, APP_IRC, i)->time_ns;
		left.flow = scene_event(other, APP_IRC, i)->flow;
		assert_true(fixture_events_are_equal(&left, scene_event(other, APP_IRC, i)));
	}
}

/* The first len bytes are in the SYN (RFC 7413); they are sent again after it, too. */
static void fast_open(struct scene *scene, const char *text, uint32_t len)
{
	scene_segment(scene, CLIENT, TCP_SYN, 100, 0, text, len);
	scene_segment(scene, SERVER, TCP_SYN | TCP_ACK, 500, 101 + len, NULL, 0);
	scene_segment(scene, CLIENT, TCP_ACK, 101 + len, 501, NULL, 0);
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
	scene_handshake(&whole);
	scene_says(&whole, CLIENT, irc_client);
	scene_says(&whole, SERVER, irc_server);
	assert_true(scene_count(&whole, APP_IRC) >= 4);
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
	scene_handshake(&scene);
	scene_says(&scene, CLIENT, irc_client);
	scene.seq[1] += 5000;
	scene_says(
		&scene, SERVER, "garbage until the line ends\r\n:b!b@c PRIVMSG #owned :.die\r\n");
	assert_int_equal(scene_stats(&scene).gaps, 0);
	scene_segment(&scene, CLIENT, TCP_ACK, scene.seq[0], scene.seq[1], NULL, 0);
	assert_int_equal(scene_stats(&scene).gaps, 1);
	assert_int_equal(scene_stats(&scene).gap_bytes, 5000);
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
		scene_handshake(&scene);
		scene_says(&scene, CLIENT, "NICK abc\r\n");
	}
	sum = scene_stats(&scene);
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
		scene_handshake(&scene);
		scene_says(&scene, CLIENT, "NICK abc\r\n");
		scene_wait(&scene, MS(500));
	}
	sum = scene_stats(&scene);
	assert_int_equal(sum.streams, 40);
	assert_int_equal(sum.streams_evicted, 24);
	assert_int_equal(sum.streams_refused, 0);
	assert_int_equal(sum.streams_now, 16);
	/* The first one speaks again: it takes a slot anew. */
	scene.talk.port[0] = 40000;
	scene.seq[0] = 101 + 10;
	scene_says(&scene, CLIENT, "USER a b c :d\r\n");
	assert_int_equal(scene_stats(&scene).streams, 41);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_protocol_is_recognised_by_its_bytes),
		cmocka_unit_test(imap_is_not_counted_as_pop3),
		cmocka_unit_test(any_segmentation_gives_the_same_events),
		cmocka_unit_test(a_gap_is_told_to_the_parser),
		cmocka_unit_test(when_all_are_busy_nobody_gives_way),
		cmocka_unit_test(the_longest_silent_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
