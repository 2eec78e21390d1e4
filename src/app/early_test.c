/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of early.c: TCP Fast Open (RFC 7413), through tracker and application layer. However a
 * request is cut between SYN and what follows, and how much of the answer comes before the third
 * packet of the handshake: the same is told as without it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/app_internal.h"
#include "app/scene_fixture.h"

#define REQUEST "GET /weather HTTP/1.1\r\nHost: weir.example\r\nUser-Agent: probe\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nServer: s\r\n\r\nsunny, with some clouds"
#define REQUEST_LEN (sizeof(REQUEST) - 1)
#define ANSWER_LEN (sizeof(ANSWER) - 2) /* of the body 22 bytes */

/* The numbers of SYN and SYN-ACK. */
static void begin(struct scene *scene, uint32_t client, uint32_t server)
{
	scene_open(scene, 16, 8);
	scene->seq[0] = client;
	scene->seq[1] = server;
}

/* All flows are told of; nothing may be kept of them. */
static void close_empty(struct scene *scene)
{
	app_input_end(scene->app);
	early_clear(&scene->app->early, &scene->app->pool);
	assert_int_equal(scene->app->early.used, 0);
	assert_int_equal(scene->app->early.bytes[0] + scene->app->early.bytes[1], 0);
	assert_int_equal(blocks_used(scene->app->pool.blocks), 0);
	scene_close(scene);
}

static void end(struct scene *scene)
{
	app_input_end(scene->app);
	scene_walk(scene);
	close_empty(scene);
}

/* at: of the side's first byte; -1 is its SYN. acked: of the other side's bytes. */
static void segment(struct scene *scene, unsigned side, uint8_t flags, int32_t at, uint32_t acked,
	const char *text, size_t len)
{
	scene_segment(scene, side, flags, scene->seq[side] + 1 + (uint32_t)at,
		flags & TCP_ACK ? scene->seq[!side] + 1 + acked : 0, text, len);
}

static void client(struct scene *scene, size_t from, size_t len, uint32_t acked)
{
	segment(scene, CLIENT, TCP_ACK, (int32_t)from, acked, &REQUEST[from], len);
}

static void server(struct scene *scene, size_t from, size_t len, uint32_t acked)
{
	segment(scene, SERVER, TCP_ACK, (int32_t)from, acked, &ANSWER[from], len);
}

static void syn(struct scene *scene, size_t len)
{
	segment(scene, CLIENT, TCP_SYN, -1, 0, REQUEST, len);
}

static void syn_ack(struct scene *scene, uint32_t acked, size_t len)
{
	segment(scene, SERVER, TCP_SYN | TCP_ACK, -1, acked, ANSWER, len);
}

static void assert_told_as_usual(struct scene *scene)
{
	const struct app_event *event;

	fixture_collect(&scene->told, app_log(scene->app));
	assert_int_equal(fixture_count(&scene->told, APP_HTTP), 1);
	assert_int_equal(fixture_count(&scene->told, APP_CONNECT), 1);
	event = fixture_event(&scene->told, APP_HTTP, 0);
	assert_true(fixture_is(event->http.uri, "/weather"));
	assert_true(fixture_is(event->http.host, "weir.example"));
	assert_true(fixture_is(event->http.user_agent, "probe"));
	assert_int_equal(event->http.status, 200);
	assert_int_equal(event->http.response_body, 22);
	assert_false(fixture_event(&scene->told, APP_CONNECT, 0)->connect.is_midstream);
	assert_int_equal(scene->app->pool.stats.gaps, 0);
	assert_int_equal(scene->app->pool.stats.bytes, REQUEST_LEN + ANSWER_LEN);
	assert_int_equal(scene->app->early.used, 0);
}

/* What every case ends with: all is there. */
static void finish(struct scene *scene)
{
	struct app_event *flow;

	segment(scene, CLIENT, TCP_FIN | TCP_ACK, REQUEST_LEN, ANSWER_LEN, NULL, 0);
	segment(scene, SERVER, TCP_FIN | TCP_ACK, ANSWER_LEN, REQUEST_LEN + 1, NULL, 0);
	assert_told_as_usual(scene);
	scene_walk(scene);
	fixture_collect(&scene->told, app_log(scene->app));
	flow = (struct app_event *)(uintptr_t)fixture_event(&scene->told, APP_FLOW, 0);
	assert_int_equal(flow->flow_end.proto, PROTO_HTTP);
	assert_int_equal(flow->flow_end.rhythm.messages[0], 1);
	assert_int_equal(flow->flow_end.rhythm.messages[1], 1);
	assert_int_equal(flow->flow_end.rhythm.first[0][0], REQUEST_LEN);
	assert_int_equal(flow->flow_end.rhythm.first[1][0], ANSWER_LEN);
	close_empty(scene);
}

static const uint32_t begins[][2] = { { 100, 500 }, { UINT32_MAX, UINT32_MAX - 20 },
	{ 0x7fffffe0, 0x80000010 } };

static void however_much_the_syn_has(void **state)
{
	(void)state;
	for (size_t len = 0; len <= REQUEST_LEN; len++) {
		struct scene scene;

		begin(&scene, begins[len % 3][0], begins[len % 3][1]);
		syn(&scene, len);
		syn_ack(&scene, (uint32_t)len, 0);
		client(&scene, len, 0, 0);
		if (len < REQUEST_LEN)
			client(&scene, len, REQUEST_LEN - len, 0);
		server(&scene, 0, ANSWER_LEN, REQUEST_LEN);
		finish(&scene);
	}
}

/* The first len bytes in the SYN-ACK or behind it, and the client acknowledges as many of them. */
static void however_much_is_answered_early(void **state)
{
	(void)state;
	for (size_t len = 0; len <= ANSWER_LEN; len++)
		for (unsigned kind = 0; kind < 4; kind++) {
			struct scene scene;

			begin(&scene, begins[len % 3][0], begins[len % 3][1]);
			syn(&scene, REQUEST_LEN);
			syn_ack(&scene, REQUEST_LEN, kind == 3 ? len : 0);
			if (kind == 2 && len > 5) {
				server(&scene, 5, len - 5, REQUEST_LEN);
				server(&scene, 0, 5, REQUEST_LEN);
				server(&scene, 3, len - 3, REQUEST_LEN);
			} else if (kind < 3 && len > 0) {
				server(&scene, 0, len, REQUEST_LEN);
			}
			client(&scene, REQUEST_LEN, 0, kind == 0 ? 0 : (uint32_t)len);
			server(&scene, len, ANSWER_LEN - len, REQUEST_LEN);
			finish(&scene);
		}
}

/* The server does not know the client yet: all is sent again. */
static void a_refused_request_is_sent_again(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		struct scene scene;

		begin(&scene, begins[kind][0], begins[kind][1]);
		if (kind == 1)
			segment(&scene, CLIENT, TCP_SYN, -1, 0, "something else altogether", 25);
		else
			syn(&scene, REQUEST_LEN);
		if (kind == 2)
			syn(&scene, 0); /* unanswered, so without it */
		syn_ack(&scene, 0, 0);
		client(&scene, 0, 0, 0);
		client(&scene, 0, REQUEST_LEN, 0);
		server(&scene, 0, ANSWER_LEN, REQUEST_LEN);
		finish(&scene);
	}
}

static void the_syn_is_sent_again(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, 100, 500);
	syn(&scene, REQUEST_LEN);
	syn(&scene, REQUEST_LEN);
	syn_ack(&scene, REQUEST_LEN, 0);
	syn_ack(&scene, REQUEST_LEN, 0);
	server(&scene, 0, ANSWER_LEN, REQUEST_LEN);
	server(&scene, 0, ANSWER_LEN, REQUEST_LEN);
	client(&scene, REQUEST_LEN, 0, 10);
	finish(&scene);
}

/* Who guesses the third packet gets no flow by it, early answer or not. */
static void a_guess_is_no_handshake(void **state)
{
	(void)state;
	for (unsigned is_early = 0; is_early < 2; is_early++) {
		struct scene scene;

		begin(&scene, 100, 500000);
		syn(&scene, REQUEST_LEN);
		syn_ack(&scene, REQUEST_LEN, 0);
		if (is_early)
			server(&scene, 0, ANSWER_LEN, REQUEST_LEN);
		client(&scene, REQUEST_LEN, 0, is_early ? (uint32_t)-70000 : (uint32_t)-1);
		assert_null(scene.talk.flow);
		client(&scene, REQUEST_LEN, 0, (uint32_t)ANSWER_LEN + 1);
		assert_null(scene.talk.flow);
		end(&scene);
	}
}

/* A flood of SYNs with payload takes what is set aside for it. */
static void what_waits_is_bounded(void **state)
{
	static const char payload[1400] = "GET / HTTP/1.1\r\n";
	struct app_stats stats = { 0 };
	struct scene scene;

	(void)state;
	begin(&scene, 100, 500);
	for (unsigned i = 0; i < 5000; i++) {
		scene.talk.addr[CLIENT] = host(1000 + i);
		segment(&scene, CLIENT, TCP_SYN, -1, 0, payload, sizeof(payload));
		/* And some that are answered at length. */
		segment(&scene, SERVER, TCP_SYN | TCP_ACK, -1, sizeof(payload), NULL, 0);
		for (int32_t at = 0; at < 100000; at += 1400)
			if (i % 100 == 0)
				segment(&scene, SERVER, TCP_ACK, at, sizeof(payload), payload,
					sizeof(payload));
		if (i % 100 == 0)
			app_turn(scene.app, scene.talk.now_ns);
		assert_true(scene.app->early.used <= EARLY_SLOTS);
		assert_true(scene.app->early.bytes[0] <= EARLY_BYTES);
		assert_true(blocks_used(scene.app->pool.blocks) <= 2 * EARLY_BYTES);
	}
	app_stats_add(scene.app, &stats);
	assert_true(stats.holds_refused > 0);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(however_much_the_syn_has),
		cmocka_unit_test(however_much_is_answered_early),
		cmocka_unit_test(a_refused_request_is_sent_again),
		cmocka_unit_test(the_syn_is_sent_again),
		cmocka_unit_test(a_guess_is_no_handshake),
		cmocka_unit_test(what_waits_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
