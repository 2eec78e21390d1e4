/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/maps_test.c - hits out of maps that the test makes itself, as the kernel part has them.
 * Needs the right to make BPF maps.
 */
#include "watch/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/addr.h"

static struct maps *maps;
static int fds[MSG_MAP_COUNT]; /* copies, for writing */

static int make(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, options,
		.map_flags = type == BPF_MAP_TYPE_LPM_TRIE ? BPF_F_NO_PREALLOC : 0);

	return bpf_map_create(type, NULL, key, value, count, &options);
}

static int make_map(enum msg_map map)
{
	switch (map) {
	case MSG_MAP_samples:
		return make(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)sysconf(_SC_PAGESIZE));
	case MSG_MAP_targets:
		return make(BPF_MAP_TYPE_LPM_TRIE, sizeof(struct wire_prefix),
			sizeof(struct wire_target), 16);
	case MSG_MAP_filters:
		return make(BPF_MAP_TYPE_HASH, sizeof(struct wire_prefix),
			sizeof(struct wire_filters), 16);
	case MSG_MAP_blocked_prefixes:
		return make(BPF_MAP_TYPE_LPM_TRIE, sizeof(struct wire_prefix),
			sizeof(struct wire_lease), 16);
	case MSG_MAP_limited_sources:
		return make(
			BPF_MAP_TYPE_HASH, sizeof(struct wire_addr), sizeof(struct wire_meter), 16);
	default:
		return make(
			BPF_MAP_TYPE_HASH, sizeof(struct wire_addr), sizeof(struct wire_lease), 16);
	}
}

static int setup(void **state)
{
	int given[MSG_MAP_COUNT];
	struct err err = { "" };

	(void)state;
	maps = NULL;
	for (unsigned i = 0; i < MSG_MAP_COUNT; i++) {
		fds[i] = make_map(i);
		if (fds[i] < 0) {
			while (i-- > 0)
				close(fds[i]);
			return 0;
		}
	}
	for (unsigned i = 0; i < MSG_MAP_COUNT; i++)
		given[i] = dup(fds[i]);
	return maps_open(given, &err, &maps);
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; maps && i < MSG_MAP_COUNT; i++)
		close(fds[i]);
	maps_close(maps);
	return 0;
}

static void need_maps(void)
{
	if (!maps) {
		printf("needs the right to make BPF maps\n");
		skip();
	}
}

static struct mitigation measure_of(uint64_t id, enum verb verb, const char *whom)
{
	struct mitigation mitigation = { .id = id, .verb = verb, .state = MITIGATION_IN_FORCE };
	unsigned bits;

	assert_int_equal(addr_prefix_parse(whom, &mitigation.whom, &bits), 0);
	mitigation.bits = (uint8_t)bits;
	return mitigation;
}

static struct wire_prefix key_of(const char *text)
{
	struct wire_prefix key = { 0 };
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	key.bits = bits;
	memcpy(key.addr.byte, addr.byte, sizeof(addr.byte));
	return key;
}

static void put(enum msg_map map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(fds[map], key, value, BPF_ANY), 0);
}

static void put_filter(const char *target, uint64_t first, uint64_t second, uint64_t hits)
{
	struct wire_prefix key = key_of(target);
	struct wire_filters filters = { .used = 2 };

	filters.filter[0] = (struct wire_filter){
		.mitigation = first, .expires_ns = 9, .hits = hits, .bytes = 10 * hits
	};
	filters.filter[1] = (struct wire_filter){
		.mitigation = second, .expires_ns = second ? 9 : 0, .hits = 1, .bytes = 60
	};
	put(MSG_MAP_filters, &key, &filters);
}

static void put_limit(const char *target, uint64_t mitigation, uint64_t hits)
{
	struct wire_prefix key = key_of(target);
	struct wire_target value = { 0 };

	value.limit_mitigation[WIRE_CLASS_ICMP] = mitigation;
	value.limit_hits[WIRE_CLASS_ICMP] = hits;
	put(MSG_MAP_targets, &key, &value);
}

static const struct gate_hit *find(const struct gate_hit *hits, unsigned count, uint64_t id)
{
	for (unsigned i = 0; i < count; i++)
		if (hits[i].mitigation == id)
			return &hits[i];
	return NULL;
}

/* What is in no map is not said to be missing. */
static void leaves_out_what_is_in_no_map(void **state)
{
	struct mitigation all[] = { measure_of(1, VERB_NFT_BLOCK, "203.0.113.1"),
		measure_of(2, VERB_COMMAND, "203.0.113.2"),
		measure_of(3, VERB_COOKIES, "198.51.100.1"),
		measure_of(4, VERB_STATEFUL, "198.51.100.1"),
		measure_of(5, VERB_BLOCK, "203.0.113.5"),
		measure_of(6, VERB_LIMIT_CLASS, "198.51.100.1"),
		measure_of(7, VERB_BLOCK, "203.0.113.7"),
		measure_of(8, VERB_BLOCK, "203.0.113.8") };
	const struct mitigation *list[8];
	struct gate_hit hits[8];

	(void)state;
	need_maps();
	for (unsigned i = 0; i < 8; i++)
		list[i] = &all[i];
	all[5].origin = ORIGIN_KERNEL;
	all[6].state = MITIGATION_ASKED;
	all[7].state = MITIGATION_RELEASED;
	assert_int_equal(maps_hits(maps, list, 8, 5 * NS_PER_S, hits), 1);
	assert_int_equal(hits[0].mitigation, 5);
	assert_false(hits[0].is_there);
}

static void finds_what_is_there(void **state)
{
	struct mitigation all[] = { measure_of(1, VERB_BLOCK, "203.0.113.1"),
		measure_of(2, VERB_BLOCK, "203.0.113.0/24"),
		measure_of(3, VERB_QUARANTINE, "198.51.100.3"),
		measure_of(4, VERB_LIMIT_SOURCE, "203.0.113.4"),
		measure_of(5, VERB_BLOCK, "203.0.113.5") };
	const struct mitigation *list[] = { &all[0], &all[1], &all[2], &all[3], &all[4] };
	struct wire_lease lease = { .mitigation = 1, .hits = 10, .bytes = 100 };
	struct wire_meter meter = { .mitigation = 4, .hits = 40, .bytes = 400 };
	struct wire_prefix key = key_of("203.0.113.0/24");
	struct gate_hit hits[5];

	(void)state;
	need_maps();
	put(MSG_MAP_blocked, &all[0].whom, &lease);
	lease.mitigation = 2;
	put(MSG_MAP_blocked_prefixes, &key, &lease);
	lease.mitigation = 3;
	put(MSG_MAP_quarantined, &all[2].whom, &lease);
	put(MSG_MAP_limited_sources, &all[3].whom, &meter);
	lease.mitigation = 99; /* the place is another's */
	put(MSG_MAP_blocked, &all[4].whom, &lease);
	assert_int_equal(maps_hits(maps, list, 5, 5 * NS_PER_S, hits), 5);
	for (unsigned i = 0; i < 4; i++)
		assert_true(hits[i].is_there && hits[i].mitigation == i + 1);
	assert_true(hits[0].hits == 10 && hits[3].hits == 40 && hits[3].bytes == 400);
	assert_true(hits[4].mitigation == 5 && !hits[4].is_there);
}

static void adds_up_the_entries_of_one_measure(void **state)
{
	struct mitigation all[] = { measure_of(1, VERB_FILTER, "198.51.100.0/24"),
		measure_of(2, VERB_FILTER, "198.51.100.7"),
		measure_of(3, VERB_FILTER, "198.51.100.8"),
		measure_of(4, VERB_LIMIT_CLASS, "198.51.100.0/24") };
	const struct mitigation *list[] = { &all[0], &all[1], &all[2], &all[3] };
	struct gate_hit hits[4];
	unsigned count;

	(void)state;
	need_maps();
	put_filter("198.51.100.0/24", 1, 0, 100);
	put_filter("198.51.100.7", 2, 1, 50);
	put_limit("198.51.100.0/24", 4, 7);
	put_limit("198.51.100.1", 4, 8);
	put_limit("192.0.2.0/24", 5, 1000);
	count = maps_hits(maps, list, 4, 5 * NS_PER_S, hits);
	assert_int_equal(count, 4);
	assert_true(find(hits, count, 1)->hits == 101 && find(hits, count, 1)->bytes == 1060);
	assert_true(find(hits, count, 2)->hits == 50 && find(hits, count, 2)->is_there);
	assert_false(find(hits, count, 3)->is_there);
	assert_true(find(hits, count, 4)->hits == 15 && find(hits, count, 4)->is_there);
	/* All targets are walked once a second only. */
	count = maps_hits(maps, list, 4, 5 * NS_PER_S + 1, hits);
	assert_int_equal(count, 3);
	assert_null(find(hits, count, 4));
	assert_int_equal(maps_hits(maps, list, 4, 6 * NS_PER_S, hits), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leaves_out_what_is_in_no_map, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(
			adds_up_the_entries_of_one_measure, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
