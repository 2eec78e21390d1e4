/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/engine/gate_view_test.c - what the kernel part counts becomes findings.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate_view.h"

#define START_NS (1700000000LL * NS_PER_S)
#define WINDOW_NS (100 * NS_PER_MS)
#define BOOT_NS (1000ULL * NS_PER_S) /* CLOCK_MONOTONIC at START_NS */
#define HOSTS 64

struct scene {
	struct conf conf;
	struct gate_view *view;
	struct gate_host before[HOSTS], now[HOSTS];
	unsigned hosts, window;
	bool are_captured;
	struct finding list[256];
	struct findings findings;
};

static struct scene *scene_open(unsigned hosts)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	conf_default(&scene->conf);
	assert_int_equal(gate_view_open(7, &scene->view), 0);
	scene->hosts = hosts;
	for (unsigned i = 0; i < hosts; i++) {
		const uint8_t bytes[4] = { 198, 51, 100, (uint8_t)(1 + i) };

		scene->now[i].addr = addr_from_v4(bytes);
	}
	scene->findings = (struct findings){ scene->list, 0, 256, 0 };
	return scene;
}

static void scene_close(struct scene *scene)
{
	gate_view_close(scene->view);
	free(scene);
}

static int64_t end_of_window(const struct scene *scene)
{
	return START_NS + (int64_t)(scene->window + 1) * WINDOW_NS;
}

/* Packets to a host in this window, of which some are dropped. */
static void send_packets(
	struct scene *scene, unsigned host, enum wire_class class, uint64_t packets)
{
	struct wire_class_state *state = &scene->now[host].counts.classes[class];
	uint64_t end_ns = BOOT_NS + (scene->window + 1) * (uint64_t)WINDOW_NS;

	state->packets += packets;
	state->bytes += packets * 60;
	state->dropped += packets / 2;
	state->slot = (uint32_t)(end_ns >> WIRE_SLOT_SHIFT);
	state->count = (uint32_t)(packets / 3);
	state->prev = (uint32_t)(packets * 2 / 3);
	state->active_until_ns = end_ns + 5 * NS_PER_S;
}

static void sample(struct scene *scene, unsigned host, enum wire_class class, uint8_t flags,
	uint16_t source_port, uint8_t from)
{
	const uint8_t bytes[4] = { 203, 0, 113, from };
	struct wire_sample wire = { .weight = 16, .class = (uint8_t) class };
	struct pkt pkt = {
		.ip_version = 4, .tcp_flags = flags, .time_ns = end_of_window(scene) - NS_PER_MS
	};

	pkt.key.addr[0] = addr_from_v4(bytes);
	pkt.key.addr[1] = scene->now[host].addr;
	pkt.key.port[0] = source_port;
	pkt.key.port[1] = 80;
	pkt.key.proto = class == WIRE_CLASS_ANSWER ? IPPROTO_UDP : IPPROTO_TCP;
	gate_view_sample(scene->view, &wire, &pkt);
}

/* Ends the window. Returns how many findings it gave. */
static unsigned judge(struct scene *scene)
{
	struct gate_look look = {
		.window = { end_of_window(scene) - WINDOW_NS, end_of_window(scene) },
		.monotonic_ns = BOOT_NS + (scene->window + 1) * (uint64_t)WINDOW_NS,
		.before = scene->before,
		.before_count = scene->window > 0 ? scene->hosts : 0,
		.now = scene->now,
		.now_count = scene->hosts,
		.are_captured = scene->are_captured,
	};

	scene->findings.count = 0;
	gate_view_judge(scene->view, &scene->conf, NULL, &look, &scene->findings);
	memcpy(scene->before, scene->now, sizeof(scene->now));
	scene->window++;
	return scene->findings.count;
}

static void calm(struct scene *scene)
{
	for (unsigned i = 0; i < scene->hosts; i++)
		for (unsigned class = 0; class < WIRE_CLASS_COUNT; class ++)
			scene->now[i].counts.classes[class].active_until_ns = 0;
}

static void nothing_active_is_nothing_found(void **state)
{
	struct scene *scene = scene_open(3);

	(void)state;
	send_packets(scene, 0, WIRE_CLASS_SYN, 100);
	calm(scene);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(judge(scene), 0);
	gate_view_close(NULL);
	scene_close(scene);
}

static void an_active_class_is_told_at_once_each_second_and_at_its_end(void **state)
{
	struct scene *scene = scene_open(3);
	uint64_t packets = 0;
	unsigned reports = 0;

	(void)state;
	judge(scene);
	for (unsigned i = 0; i < 25; i++) {
		send_packets(scene, 1, WIRE_CLASS_SYN, 1000);
		sample(scene, 1, WIRE_CLASS_SYN, TCP_SYN, 4000, (uint8_t)i);
		if (judge(scene) == 0) {
			assert_true(i > 0);
			continue;
		}
		const struct finding *finding = &scene->list[0];

		reports++;
		packets += finding->packets;
		assert_int_equal(scene->findings.count, 1);
		assert_int_equal(finding->kind, KIND_FLOOD_SYN);
		assert_int_equal(finding->scope, SCOPE_HOST);
		assert_true(addr_equal(&finding->to, &scene->now[1].addr));
		assert_string_equal(finding->detector, "gate");
		assert_true(finding->is_spoofable && finding->port == 80);
		assert_true(finding->expected == 2000);
		assert_in_range((uint64_t)finding->observed, 5000, 16000);
		assert_int_equal(distinct_count(finding->sources), i == 0 ? 1 : 10);
	}
	assert_int_equal(reports, 3);
	calm(scene);
	assert_int_equal(judge(scene), 1);
	packets += scene->list[0].packets;
	assert_int_equal(packets, 25 * 500);
	assert_string_equal(scene->list[0].reason, "until it ended");
	for (unsigned i = 0; i < 150; i++)
		assert_int_equal(judge(scene), 0);
	/* A host that is not known from the window before. */
	scene->window = 0;
	scene_close(scene);
}

static void samples_say_which_kind(void **state)
{
	static const struct {
		enum wire_class class;
		uint8_t flags;
		uint16_t port;
		enum kind kind;
	} rows[] = {
		{ WIRE_CLASS_TCP, TCP_ACK, 5, KIND_FLOOD_ACK },
		{ WIRE_CLASS_TCP, TCP_RST, 5, KIND_FLOOD_RST },
		{ WIRE_CLASS_TCP, TCP_FIN | TCP_ACK, 5, KIND_FLOOD_FIN },
		{ WIRE_CLASS_TCP, TCP_SYN | TCP_ACK, 443, KIND_FLOOD_SYNACK },
		{ WIRE_CLASS_ANSWER, 0, 53, KIND_AMPLIFICATION_DNS },
		{ WIRE_CLASS_ANSWER, 0, 11211, KIND_AMPLIFICATION_MEMCACHED },
		{ WIRE_CLASS_ANSWER, 0, 7, KIND_AMPLIFICATION_OTHER },
		{ WIRE_CLASS_ICMP, 0, 0, KIND_FLOOD_ICMP },
		{ WIRE_CLASS_FRAGMENT, 0, 0, KIND_FLOOD_FRAG },
		{ WIRE_CLASS_UDP, 0, 0, KIND_FLOOD_UDP },
		{ WIRE_CLASS_OTHER, 0, 0, KIND_FLOOD_OTHER },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *scene = scene_open(1);

		send_packets(scene, 0, rows[i].class, 3000);
		sample(scene, 0, rows[i].class, rows[i].flags, rows[i].port, 1);
		assert_int_equal(judge(scene), 1);
		assert_int_equal(scene->list[0].kind, rows[i].kind);
		if (kind_is_amplification(rows[i].kind)) {
			assert_false(scene->list[0].is_spoofable);
			assert_int_equal(scene->list[0].port, rows[i].port);
		}
		scene_close(scene);
	}
}

static void without_samples_it_waits_a_little(void **state)
{
	struct scene *scene = scene_open(1);
	unsigned waited = 0;

	(void)state;
	do
		send_packets(scene, 0, WIRE_CLASS_ANSWER, 3000);
	while (judge(scene) == 0 && ++waited < 10);
	assert_int_equal(waited, 2);
	assert_int_equal(scene->list[0].kind, KIND_AMPLIFICATION_OTHER);
	assert_null(scene->list[0].sources);
	scene_close(scene);
}

static void two_kinds_at_once_are_two(void **state)
{
	struct scene *scene = scene_open(1);

	(void)state;
	send_packets(scene, 0, WIRE_CLASS_ANSWER, 3000);
	for (unsigned i = 0; i < 10; i++)
		sample(scene, 0, WIRE_CLASS_ANSWER, 0, i % 2 ? 53 : 123, (uint8_t)i);
	assert_int_equal(judge(scene), 2);
	assert_int_equal(scene->list[0].kind, KIND_AMPLIFICATION_DNS);
	assert_int_equal(scene->list[1].kind, KIND_AMPLIFICATION_NTP);
	assert_int_equal(scene->list[0].packets + scene->list[1].packets, 1500);
	scene_close(scene);
}

static void what_is_captured_too_is_not_counted_twice(void **state)
{
	struct scene *scene = scene_open(1);
	uint64_t first = 0, later = 0;

	(void)state;
	scene->are_captured = true;
	for (unsigned i = 0; i < 30; i++) {
		send_packets(scene, 0, WIRE_CLASS_SYN, 1000);
		if (judge(scene) > 0)
			*(i == 0 ? &first : &later) += scene->list[0].packets;
	}
	assert_true(first > 0);
	assert_int_equal(later, 0);
	scene_close(scene);
}

static void hosts_of_one_prefix_are_a_carpet(void **state)
{
	struct scene *scene = scene_open(20);

	(void)state;
	judge(scene);
	for (unsigned i = 0; i < 12; i++) {
		for (unsigned host = 0; host < 20; host++) {
			send_packets(scene, host, WIRE_CLASS_SYN, 500);
			sample(scene, host, WIRE_CLASS_SYN, TCP_SYN, 9, (uint8_t)host);
		}
		if (judge(scene) == 0)
			continue;
		assert_int_equal(scene->findings.count, 1);
		assert_int_equal(scene->list[0].scope, SCOPE_PREFIX);
		assert_int_equal(scene->list[0].to_bits, 96 + 27);
		assert_int_equal(distinct_count(scene->list[0].targets), 20);
		assert_int_equal(distinct_count(scene->list[0].sources), 20);
		assert_int_equal(scene->list[0].packets, i == 0 ? 5000 : 50000);
	}
	/* One that gets more than all others is an attack on that one. */
	scene_close(scene);
	scene = scene_open(20);
	for (unsigned host = 0; host < 20; host++)
		send_packets(scene, host, WIRE_CLASS_SYN, host == 3 ? 100000 : 500);
	assert_int_equal(judge(scene), 20);
	assert_int_equal(scene->list[0].scope, SCOPE_HOST);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_active_is_nothing_found),
		cmocka_unit_test(an_active_class_is_told_at_once_each_second_and_at_its_end),
		cmocka_unit_test(samples_say_which_kind),
		cmocka_unit_test(without_samples_it_waits_a_little),
		cmocka_unit_test(two_kinds_at_once_are_two),
		cmocka_unit_test(what_is_captured_too_is_not_counted_twice),
		cmocka_unit_test(hosts_of_one_prefix_are_a_carpet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
