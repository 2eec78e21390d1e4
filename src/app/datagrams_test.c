/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/datagrams_test.c - tests for datagrams.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/scene_fixture.h"
#include "conf/networks.h"
#include "lib/prefix.h"

#define S(seconds) ((seconds)*NS_PER_S)

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
	scene_datagram(&scene, CLIENT, dns_question, sizeof(dns_question) - 1);
	assert_int_equal(scene_count(&scene, APP_EXCHANGE), 0);
	scene_wait(&scene, MS(19));
	scene_datagram(&scene, SERVER, dns_answer, sizeof(dns_answer) - 1);
	exchange = &scene_event(&scene, APP_EXCHANGE, 0)->exchange;
	assert_int_equal(exchange->bytes[0], sizeof(dns_question) - 1);
	assert_int_equal(exchange->bytes[1], sizeof(dns_answer) - 1);
	assert_int_equal(exchange->proto, PROTO_DNS);
	assert_false(exchange->is_echo);
	assert_int_equal(scene_event(&scene, APP_EXCHANGE, 0)->key.port[1], 53);
	assert_int_equal(scene_count(&scene, APP_DNS), 1);
	assert_int_equal(
		scene_event(&scene, APP_DNS, 0)->flow, scene_event(&scene, APP_EXCHANGE, 0)->flow);
	scene_close(&scene);
}

static void echo(struct scene *scene, unsigned side, uint8_t type, const char *payload)
{
	struct pkt pkt;

	scene->talk.port[0] = scene->talk.port[1] = 9;
	pkt = talk_packet(&scene->talk, side, IPPROTO_ICMP);
	pkt.icmp_type = type;
	scene_packet(scene, &pkt, payload, strlen(payload));
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
	assert_int_equal(scene_count(&scene, APP_EXCHANGE), 2);
	assert_true(scene_event(&scene, APP_EXCHANGE, 0)->exchange.is_echo);
	assert_true(scene_event(&scene, APP_EXCHANGE, 0)->exchange.is_repeated);
	assert_false(scene_event(&scene, APP_EXCHANGE, 1)->exchange.is_repeated);
	assert_int_equal(scene_event(&scene, APP_EXCHANGE, 1)->exchange.bytes[1], 4);
	scene_close(&scene);
}

static void a_flood_of_openings_is_looked_at_up_to_a_number(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 16, 8);
	for (unsigned i = 0; i < 1000; i++) {
		scene.talk.port[0] = (uint16_t)(1000 + i);
		scene_datagram(&scene, CLIENT, "x", 1);
	}
	assert_int_equal(scene_stats(&scene).datagrams_skipped, 1000 - 256);
	scene_wait(&scene, MS(100));
	scene_datagram(&scene, CLIENT, "x", 1);
	assert_int_equal(scene_stats(&scene).datagrams_skipped, 1000 - 256);
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
	scene_datagram(&scene, CLIENT, dns_question, sizeof(dns_question) - 1);
	for (unsigned i = 0; i < 4000; i++) {
		scene.talk.addr[0] = host(3 + i);
		if (i % 400 == 0)
			app_turn(scene.app, scene.talk.now_ns);
		if (i == 3999) {
			scene.talk.addr[0] = host(1);
			scene.talk.port[0]++;
		}
		scene_datagram(&scene, CLIENT, dns_question, sizeof(dns_question) - 1);
	}
	assert_true(scene_stats(&scene).datagrams_skipped > 0);
	scene.talk.addr[0] = host(1);
	scene_datagram(&scene, SERVER, dns_answer, sizeof(dns_answer) - 1);
	scene.talk.port[0]--;
	scene_datagram(&scene, SERVER, dns_answer, sizeof(dns_answer) - 1);
	assert_int_equal(scene_count(&scene, APP_EXCHANGE), 2);
	assert_int_equal(scene_count(&scene, APP_DNS), 2);
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
		scene_datagram(&scene, CLIENT, "ping of mine", 12);
		scene_datagram(&scene, SERVER, "pong", 4);
		scene_wait(&scene, S(10));
	}
	assert_int_equal(scene_count(&scene, APP_EXCHANGE), 1);
	assert_int_equal(scene_count(&scene, APP_BURST), 2);
	scene_sweep(&scene, S(200));
	assert_int_equal(scene_event(&scene, APP_FLOW, 0)->flow_end.end, FLOW_END_IDLE);
	assert_int_equal(scene_event(&scene, APP_FLOW, 0)->flow_end.rhythm.messages[1], 3);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_and_its_answer),
		cmocka_unit_test(echoes_should_repeat_the_question),
		cmocka_unit_test(a_flood_of_openings_is_looked_at_up_to_a_number),
		cmocka_unit_test(a_flood_of_strangers_does_not_drown_what_ours_ask),
		cmocka_unit_test(talks_of_datagrams_have_bursts_and_a_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
