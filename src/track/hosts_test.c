/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/hosts_test.c - counting, places, eviction, merging, ranking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "track/hosts.h"

static struct hosts *hosts;

static int set_up(void **state)
{
	(void)state;
	return hosts_open(16, 7, &hosts);
}

static int tear_down(void **state)
{
	(void)state;
	hosts_close(hosts);
	return 0;
}

static struct addr v4(uint32_t number)
{
	return addr_from_v4((uint8_t[]){ (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number });
}

static void see_in(
	struct hosts *table, uint32_t from, uint32_t to, uint32_t len, enum standing standing)
{
	struct pkt pkt = { .ip_version = 4, .ip_len = len, .standing = (uint8_t)standing };
	struct pkt *list[] = { &pkt };

	pkt.key.addr[0] = v4(from);
	pkt.key.addr[1] = v4(to);
	hosts_see(table, list, 1);
}

static void see(uint32_t from, uint32_t to, uint32_t len, enum standing standing)
{
	see_in(hosts, from, to, len, standing);
}

static struct host_talk talk_of(const struct hosts *table, uint32_t number)
{
	struct host_talk list[64];
	unsigned count = hosts_top(table, list, 64);
	struct addr addr = v4(number);

	for (unsigned i = 0; i < count; i++)
		if (addr_equal(&list[i].addr, &addr))
			return list[i];
	return (struct host_talk){ 0 };
}

static void test_counts_both_directions(void **state)
{
	(void)state;
	see(1, 2, 100, STANDING_VERIFIED);
	see(2, 1, 1000, STANDING_ANSWER);
	see(1, 2, 50, STANDING_STREAM);
	assert_int_equal(talk_of(hosts, 1).packets[0], 2);
	assert_int_equal(talk_of(hosts, 1).bytes[0], 150);
	assert_int_equal(talk_of(hosts, 1).packets[1], 1);
	assert_int_equal(talk_of(hosts, 1).bytes[1], 1000);
	assert_int_equal(talk_of(hosts, 2).bytes[0], 1000);
	assert_int_equal(talk_of(hosts, 2).bytes[1], 150);
}

static void test_unverified_senders_take_no_place(void **state)
{
	struct hosts_stats stats = { 0 };
	struct pkt arp = { 0 };
	struct pkt *list[] = { &arp };

	(void)state;
	for (uint32_t i = 100; i < 10100; i++)
		see(i, 1, 60, i % 2 ? STANDING_OPENING : STANDING_UNANSWERED);
	hosts_see(hosts, list, 1);
	hosts_stats_add(hosts, &stats);
	assert_int_equal(stats.hosts, 1);
	assert_int_equal(stats.evicted, 0);
	assert_int_equal(talk_of(hosts, 1).packets[1], 10000);
}

/* Who has a place is counted whatever the standing. */
static void test_only_proven_senders_are_counted(void **state)
{
	(void)state;
	see(5, 1, 60, STANDING_OPENING);
	see(1, 5, 60, STANDING_ANSWER);
	see(5, 1, 70, STANDING_UNANSWERED);
	assert_int_equal(talk_of(hosts, 5).packets[0], 0);
	see(5, 1, 70, STANDING_VERIFIED);
	assert_int_equal(talk_of(hosts, 5).packets[0], 1);
	assert_int_equal(talk_of(hosts, 5).bytes[0], 70);
}

static void test_unspecified_is_no_host(void **state)
{
	struct pkt pkt = { .ip_version = 6, .ip_len = 100, .standing = STANDING_VERIFIED };
	struct pkt *list[] = { &pkt };
	struct host_talk out[4];

	(void)state;
	hosts_see(hosts, list, 1);
	assert_int_equal(hosts_top(hosts, out, 4), 0);
}

static void test_the_least_is_evicted_and_counted(void **state)
{
	struct hosts_stats stats = { 0 };
	uint64_t packets = 0, bytes = 0;
	struct host_talk list[64];
	unsigned count;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		see(1, 2, 1500, STANDING_VERIFIED);
	for (uint32_t i = 100; i < 600; i++)
		see(0x0a000001, i, 60, STANDING_OPENING);
	hosts_stats_add(hosts, &stats);
	assert_in_range(stats.hosts, 8, 16);
	assert_int_equal(stats.hosts + stats.evicted, 502);
	assert_int_equal(talk_of(hosts, 1).packets[0], 100);
	assert_int_equal(talk_of(hosts, 2).packets[1], 100);
	count = hosts_top(hosts, list, 64);
	assert_int_equal(count, stats.hosts);
	for (unsigned i = 0; i < count; i++) {
		packets += list[i].packets[0] + list[i].packets[1];
		bytes += list[i].bytes[0] + list[i].bytes[1];
	}
	assert_int_equal(packets + stats.evicted_packets, 100 + 100 + 500);
	assert_int_equal(bytes + stats.evicted_bytes, 2 * 150000 + 500 * 60);
}

static void test_merge_is_as_if_counted_together(void **state)
{
	struct hosts *other;
	struct hosts_stats stats = { 0 };

	(void)state;
	assert_int_equal(hosts_open(64, 7, &other), 0);
	see(1, 2, 100, STANDING_VERIFIED);
	see_in(other, 2, 1, 30, STANDING_VERIFIED);
	see_in(other, 3, 1, 40, STANDING_VERIFIED);
	hosts_merge(hosts, other);
	assert_int_equal(talk_of(hosts, 1).bytes[1], 70);
	assert_int_equal(talk_of(hosts, 2).bytes[0], 30);
	assert_int_equal(talk_of(hosts, 2).bytes[1], 100);
	assert_int_equal(talk_of(hosts, 3).packets[0], 1);
	assert_int_equal(talk_of(other, 1).bytes[1], 70);
	for (uint32_t i = 100; i < 1000; i++)
		see_in(other, 9, i, 60, STANDING_OPENING);
	hosts_merge(hosts, other);
	hosts_stats_add(hosts, &stats);
	assert_true(stats.evicted > 900 - 64);
	hosts_close(other);
}

static void test_top_ranks_by_bytes_then_address(void **state)
{
	struct host_talk list[3];

	(void)state;
	see(9, 4, 100, STANDING_OPENING);
	see(9, 3, 100, STANDING_OPENING);
	see(9, 5, 400, STANDING_OPENING);
	see(9, 6, 50, STANDING_OPENING);
	assert_int_equal(hosts_top(hosts, list, 0), 0);
	assert_int_equal(hosts_top(hosts, list, 3), 3);
	for (unsigned i = 0; i < 3; i++) {
		struct addr expected = v4((uint32_t[]){ 5, 3, 4 }[i]);

		assert_true(addr_equal(&list[i].addr, &expected));
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_counts_both_directions),
		CASE(test_unverified_senders_take_no_place),
		CASE(test_only_proven_senders_are_counted),
		CASE(test_unspecified_is_no_host),
		CASE(test_the_least_is_evicted_and_counted),
		CASE(test_merge_is_as_if_counted_together),
		CASE(test_top_ranks_by_bytes_then_address),
	};

	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
