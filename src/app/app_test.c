/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/app_test.c - tests for app.c and rhythm.c: what is told of a conversation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/scene_fixture.h"

#define S(seconds) ((seconds)*NS_PER_S)

static void a_conversation_is_told_from_begin_to_end(void **state)
{
	struct scene scene;
	const struct app_event *told;

	(void)state;
	scene_open(&scene, 16, 8);
	scene_handshake(&scene);
	told = scene_event(&scene, APP_CONNECT, 0);
	assert_false(told->connect.is_midstream);
	assert_true(addr_equal(&told->key.addr[0], &scene.talk.addr[0]));
	scene_says(&scene, CLIENT, "hello there\n");
	scene_says(&scene, SERVER, "and to you too\n");
	scene_close_talk(&scene);
	assert_int_equal(scene_count(&scene, APP_FLOW), 0);
	scene_sweep(&scene, S(10));
	told = scene_event(&scene, APP_FLOW, 0);
	assert_int_equal(told->flow_end.end, FLOW_END_CLOSED);
	assert_int_equal(told->flow_end.payload_bytes[0], 12);
	assert_int_equal(told->flow_end.payload_bytes[1], 15);
	assert_int_equal(told->flow_end.rhythm.messages[0], 1);
	assert_int_equal(told->flow_end.rhythm.first[1][0], 15);
	assert_true(told->flow_end.rhythm.entropy[0] > 64);
	assert_int_equal(told->flow, fixture_event(&scene.told, APP_CONNECT, 0)->flow);
	assert_int_equal(scene_stats(&scene).streams_now, 0);
	scene_close(&scene);
}

static void without_payload_no_slot_is_taken(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene_handshake(&scene);
	scene_close_talk(&scene);
	scene_sweep(&scene, S(10));
	assert_int_equal(scene_count(&scene, APP_FLOW), 1);
	assert_int_equal(scene_stats(&scene).streams, 0);
	assert_int_equal(scene_event(&scene, APP_FLOW, 0)->flow_end.rhythm.messages[0], 0);
	scene_close(&scene);
}

static void picked_up_in_its_middle(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene.seq[0] = 1000;
	scene.seq[1] = 2000;
	scene_says(&scene, CLIENT, "one");
	scene_says(&scene, SERVER, "two");
	scene_says(&scene, CLIENT, "three");
	assert_true(scene_event(&scene, APP_CONNECT, 0)->connect.is_midstream);
	scene_segment(&scene, SERVER, TCP_RST, scene.seq[1], 0, NULL, 0);
	scene_sweep(&scene, S(10));
	assert_int_equal(scene_event(&scene, APP_FLOW, 0)->flow_end.end, FLOW_END_RESET);
	assert_true(scene_event(&scene, APP_FLOW, 0)->flow_end.is_midstream);
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
	scene_says(&scene, SERVER, "the end of a page");
	scene_says(&scene, CLIENT, "");
	scene_says(&scene, SERVER, "");
	scene_says(&scene, CLIENT, "GET /next HTTP/1.1\r\nHost: example.com\r\n\r\n");
	scene_says(&scene, SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_true(addr_equal(
		&scene_event(&scene, APP_CONNECT, 0)->key.addr[0], &scene.talk.addr[CLIENT]));
	assert_int_equal(scene_count(&scene, APP_HTTP), 1);
	assert_true(app_text_is(scene_event(&scene, APP_HTTP, 0)->http.uri, "/next"));
	scene_close(&scene);
}

static void refused_and_never_answered(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	scene_segment(&scene, CLIENT, TCP_SYN, 100, 0, NULL, 0);
	scene_segment(&scene, SERVER, TCP_RST | TCP_ACK, 0, 101, NULL, 0);
	assert_int_equal(scene_count(&scene, APP_REFUSED), 1);
	assert_true(addr_equal(
		&scene_event(&scene, APP_REFUSED, 0)->key.addr[0], &scene.talk.addr[CLIENT]));
	assert_false(scene_event(&scene, APP_REFUSED, 0)->connect.was_unanswered);
	scene.talk.port[0]++;
	for (unsigned i = 0; i < 5; i++) {
		scene_segment(&scene, CLIENT, TCP_SYN, 100, 0, NULL, 0);
		scene_wait(&scene, S(1));
	}
	assert_int_equal(scene_count(&scene, APP_REFUSED), 2);
	assert_true(scene_event(&scene, APP_REFUSED, 1)->connect.was_unanswered);
	assert_int_equal(scene_event(&scene, APP_REFUSED, 1)->key.port[1], 80);
	scene_close(&scene);
}

static void bursts_have_a_second_between_them(void **state)
{
	struct scene scene;
	const struct app_event *told;

	(void)state;
	scene_open(&scene, 16, 8);
	scene_handshake(&scene);
	scene_says(&scene, CLIENT, "abcde");
	scene_says(&scene, SERVER, "abc");
	scene_wait(&scene, MS(900));
	scene_says(&scene, CLIENT, "ab");
	scene_wait(&scene, S(5));
	scene_says(&scene, SERVER, "x"); /* the server breaks the silence: no burst of the client */
	scene_says(&scene, CLIENT, "y");
	assert_int_equal(scene_count(&scene, APP_BURST), 0);
	scene_wait(&scene, S(30));
	scene_says(&scene, CLIENT, "hello");
	told = scene_event(&scene, APP_BURST, 0);
	assert_int_equal(told->burst.bytes[0], 8);
	assert_int_equal(told->burst.bytes[1], 4);
	assert_int_equal(told->burst.number, 1);
	assert_true(told->time_ns - told->burst.end_ns >= S(30));
	/* What was said before, again, is nothing new: nor is a keepalive. */
	scene_wait(&scene, S(30));
	scene.seq[0] -= 5;
	scene_says(&scene, CLIENT, "hello");
	scene_wait(&scene, S(30));
	scene.seq[0] -= 1;
	scene_says(&scene, CLIENT, "o");
	assert_int_equal(scene_count(&scene, APP_BURST), 1);
	scene_close(&scene);
}

static void the_rhythm_of_a_shell(void **state)
{
	struct scene scene;
	const struct app_rhythm *rhythm;

	(void)state;
	scene_open(&scene, 16, 8);
	scene_handshake(&scene);
	scene_says(&scene, CLIENT, "up\n");
	for (unsigned i = 0; i < 3; i++) {
		scene_wait(&scene, S(20));
		scene_says(&scene, SERVER, "id\n");
		scene_says(&scene, CLIENT, "uid=0(root) gid=0(root)\n");
	}
	scene_wait(&scene, S(1));
	scene_says(&scene, SERVER, "exit\n");
	scene_wait(&scene, S(5));
	scene_says(&scene, CLIENT, "bye\n");
	scene_close_talk(&scene);
	scene_sweep(&scene, S(10));
	rhythm = &scene_event(&scene, APP_FLOW, scene_count(&scene, APP_FLOW) - 1)->flow_end.rhythm;
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
	scene_handshake(&scene);
	for (unsigned i = 0; i < 13; i++) {
		scene_says(&scene, CLIENT, "tick");
		scene_wait(&scene, S(10));
	}
	assert_int_equal(scene_count(&scene, APP_FLOW), 2);
	assert_int_equal(scene_event(&scene, APP_FLOW, 1)->flow_end.end, FLOW_END_ONGOING);
	assert_int_equal(scene_event(&scene, APP_FLOW, 1)->flow_end.payload_bytes[0], 13 * 4);
	app_input_end(scene.app);
	scene_walk(&scene);
	assert_int_equal(scene_event(&scene, APP_FLOW, 2)->flow_end.end, FLOW_END_INPUT);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
