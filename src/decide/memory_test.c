/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide/memory_test.c - tests for memory.c. */
#include "decide/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decide/decide_fixture.h"
#include "lib/failing.h"
#include "lib/pages.h"

static bool pages_fail;

static void *pages_or_fail(size_t size, bool is_huge)
{
	return pages_fail ? NULL : pages_take(size, is_huge);
}

#define calloc calloc_or_fail
#define pages_take pages_or_fail
#include "decide/memory.c"
#undef calloc
#undef pages_take

#define NOW STAGE_START_NS

static struct networks *networks;
static struct memory_sample samples[4096];
static struct addr target;

static int open_networks(void **state)
{
	struct prefix inside = { stage_addr("198.51.100.0"), ADDR_V4_BITS + 24 };

	(void)state;
	target = stage_addr(STAGE_TARGET);
	return networks_open_empty(&networks) < 0 || networks_add(networks, &inside) < 0 ||
	       networks_build(networks) < 0;
}

static int close_networks(void **state)
{
	(void)state;
	networks_close(networks);
	return 0;
}

static int begin(void **state)
{
	struct memory *memory;

	stage_random_begin();
	if (memory_open(16, 1, &memory) < 0)
		return -1;
	*state = memory;
	return 0;
}

static int end(void **state)
{
	memory_close(*state);
	return 0;
}

static void send_to(struct memory *memory, const char *to, enum standing standing, int64_t time_ns)
{
	struct packet packet;
	struct pkt *pkt = &packet.pkt;

	packet_make(&packet, 17, 53, to, 4000, 100);
	pkt->bytes = packet.bytes;
	pkt->standing = (uint8_t)standing;
	pkt->time_ns = time_ns;
	memory_see(memory, networks, &pkt, 1);
}

static void the_newest_come_first(void **state)
{
	for (int64_t i = 0; i < 10; i++)
		send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW + i * NS_PER_S);
	assert_int_equal(memory_recent(*state, &target, 128, NOW + 5 * NS_PER_S, samples, 100), 5);
	assert_true(samples[0].time_ns == NOW + 9 * NS_PER_S);
	assert_int_equal(samples[0].class, WIRE_CLASS_ANSWER);
	assert_int_equal(memory_recent(*state, &target, 128, NOW, samples, 3), 3);
}

static void only_inside_and_no_tunnels(void **state)
{
	struct addr outside = stage_addr("192.0.2.1");
	struct packet packet;
	struct pkt *pkt = &packet.pkt;

	send_to(*state, "192.0.2.1", STANDING_VERIFIED, NOW);
	assert_int_equal(memory_recent(*state, &outside, 128, 0, samples, 10), 0);
	packet_make(&packet, 17, 53, STAGE_TARGET, 4000, 100);
	pkt->tunnels = 1;
	pkt->time_ns = NOW;
	memory_see(*state, networks, &pkt, 1);
	assert_int_equal(memory_recent(*state, &target, 128, 0, samples, 10), 0);
}

static void a_prefix_is_asked_in_turns(void **state)
{
	struct addr prefix = stage_addr("198.51.100.0");

	for (unsigned i = 0; i < 20; i++)
		send_to(*state, "198.51.100.1", STANDING_OPENING, NOW);
	send_to(*state, "198.51.100.2", STANDING_OPENING, NOW);
	assert_int_equal(memory_recent(*state, &prefix, 120, 0, samples, 2), 2);
	assert_int_equal(memory_recent(*state, &prefix, 120, 0, samples, 100), 21);
	assert_int_equal(memory_recent(*state, &prefix, 0, 0, samples, 100), 21);
}

static void good_is_proved_or_of_quiet_times(void **state)
{
	unsigned count;

	for (int64_t i = 0; i < 10; i++) {
		send_to(*state, STAGE_TARGET, STANDING_VERIFIED, NOW + i * NS_PER_S);
		send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW + i * NS_PER_S);
	}
	/* Those of the last two seconds before the attack are not trusted. */
	count = memory_good(*state, &target, 128, NOW + 7 * NS_PER_S, samples, 100);
	assert_int_equal(count, 10 + 5);
	assert_int_equal(memory_good(*state, &target, 128, NOW, samples, 4), 4);
}

static void an_hour_is_remembered(void **state)
{
	for (int64_t minute = 0; minute < 120; minute++)
		for (unsigned i = 0; i < 10; i++)
			send_to(*state, STAGE_TARGET, STANDING_VERIFIED,
				NOW + minute * 60 * NS_PER_S);
	unsigned count = memory_good(*state, &target, 128, NOW + 7200 * NS_PER_S, samples, 4096);
	uint64_t weight = 0;

	assert_true(count >= 11 * PROVED && count <= 12 * PROVED);
	for (unsigned i = 0; i < count; i++) {
		assert_true(samples[i].time_ns >= NOW + 3600 * NS_PER_S);
		weight += samples[i].weight;
	}
	assert_true(weight > 450 && weight <= 600);
}

static void an_attack_is_not_taken_for_good(void **state)
{
	for (unsigned i = 0; i < 50; i++)
		send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW - 60 * NS_PER_S);
	for (unsigned i = 0; i < 500; i++)
		send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW);
	memory_attacked(*state, &target, 128, NOW, NOW + 10 * NS_PER_S);
	for (int64_t i = 0; i < 100; i++)
		send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW + i * 10 * NS_PER_MS);
	/* Much later, another one begins: what was kept is of before the first. */
	unsigned count = memory_good(*state, &target, 128, NOW + 600 * NS_PER_S, samples, 4096);

	for (unsigned i = 0; i < count; i++)
		assert_true(samples[i].time_ns < NOW - MEMORY_NOTICE_NS);
	send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW + 30 * NS_PER_S);
	assert_int_equal(
		memory_good(*state, &target, 128, NOW + 600 * NS_PER_S, samples, 4096), count + 1);
}

static void a_flood_is_sampled(void **state)
{
	struct packet packets[64];
	struct pkt *pkts[64];
	uint64_t weight = 0;
	unsigned count;

	for (unsigned i = 0; i < 64; i++) {
		packet_make(&packets[i], 17, 53, STAGE_TARGET, 4000, 100);
		pkts[i] = &packets[i].pkt;
		pkts[i]->bytes = packets[i].bytes;
	}
	for (unsigned batch = 0; batch < 1000; batch++) {
		for (unsigned i = 0; i < 64; i++)
			pkts[i]->time_ns = NOW + batch * 100000 + i;
		memory_see(*state, networks, pkts, 64);
	}
	assert_true(((struct memory *)*state)->interval > 16);
	count = memory_recent(*state, &target, 128, NOW + 60 * NS_PER_MS, samples, 4096);
	for (unsigned i = 0; i < count; i++)
		weight += samples[i].weight;
	/* 40 ms of 0.1: 25,600 packets; sampling is fair to within a third */
	assert_true(weight > 17000 && weight < 35000);
	for (int64_t i = 0; i < 30; i++)
		for (unsigned k = 0; k < 64; k++)
			send_to(*state, STAGE_TARGET, STANDING_OPENING, NOW + (i + 10) * NS_PER_S);
	assert_true(((struct memory *)*state)->interval <= 4);
}

static void dropped_ones_are_recent_never_good(void **state)
{
	struct wire_sample wire = { .weight = 16, .reason = WIRE_REASON_FILTER };
	struct packet packet;

	packet_make(&packet, 17, 53, STAGE_TARGET, 4000, 100);
	packet.pkt.bytes = packet.bytes;
	packet.pkt.time_ns = NOW;
	memory_see_dropped(*state, &packet.pkt, &wire);
	wire.weight = 0;
	memory_see_dropped(*state, &packet.pkt, &wire);
	packet.pkt.tunnels = 1;
	memory_see_dropped(*state, &packet.pkt, &wire);
	assert_int_equal(memory_recent(*state, &target, 128, 0, samples, 10), 2);
	assert_int_equal(samples[1].weight, 16);
	assert_int_equal(samples[1].was_dropped, 1);
	assert_int_equal(samples[0].weight, 1);
	assert_int_equal(memory_good(*state, &target, 128, NOW * 2, samples, 10), 0);
}

/* 254 targets for 16 places: those with good traffic stay. */
static void a_carpet_does_not_wash_out_the_good(void **state)
{
	char text[32];

	for (unsigned i = 0; i < 100; i++)
		send_to(*state, STAGE_TARGET, STANDING_VERIFIED, NOW);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "198.51.100.%u", i % 254 + 1);
		send_to(*state, text, STANDING_OPENING, NOW + i * 1000);
	}
	assert_true(memory_good(*state, &target, 128, NOW + NS_PER_S, samples, 100) >= PROVED);
}

static void no_memory_is_said(void **state)
{
	struct memory *memory = NULL;

	(void)state;
	calls_left = 1;
	assert_int_equal(memory_open(16, 1, &memory), -ENOMEM);
	pages_fail = true;
	assert_int_equal(memory_open(16, 1, &memory), -ENOMEM);
	pages_fail = false;
	assert_null(memory);
	memory_close(NULL);
	assert_true(memory_bytes(64) < 64 * 65536);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_newest_come_first),
		TEST(only_inside_and_no_tunnels),
		TEST(a_prefix_is_asked_in_turns),
		TEST(good_is_proved_or_of_quiet_times),
		TEST(an_hour_is_remembered),
		TEST(an_attack_is_not_taken_for_good),
		TEST(a_flood_is_sampled),
		TEST(dropped_ones_are_recent_never_good),
		TEST(a_carpet_does_not_wash_out_the_good),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, open_networks, close_networks);
}
