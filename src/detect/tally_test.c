/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/tally_test.c - what is counted for a target, and that the cut into lanes does not change
 * it. */
#include "detect/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/detect_fixture.h"

#define T0 FIXTURE_START_NS
#define SEED 77

static const struct tally_limits small = {
	.targets = 64, .sets = { { 256, 8 }, { 1024, 4 } }, .seed = SEED
};
static const struct tally_limits large = {
	.targets = 256, .sets = { { 1024, 64 }, { 16384, 4 } }, .seed = SEED
};

static struct tally_table table;

static int set_up(void **state)
{
	(void)state;
	return tally_open(&table, &small);
}

static int tear_down(void **state)
{
	(void)state;
	tally_close(&table);
	return 0;
}

static struct pkt syn_from(uint32_t source, int64_t time_ns)
{
	struct pkt pkt = fixture_pkt(6, fixture_addr_at("203.0.0.0", source),
		(uint16_t)(1000 + source), fixture_addr("192.0.2.1"), 80);

	pkt.tcp_flags = TCP_SYN;
	pkt.time_ns = time_ns;
	pkt.events = EVENT_NEW;
	return pkt;
}

static struct tally *of(struct tally_table *from, const char *target, enum kind kind)
{
	struct addr addr = fixture_addr(target);

	return tally_of(from, &addr, kind);
}

static void counts_what_came(void **state)
{
	struct pkt pkt = syn_from(1, T0 + 5);
	struct tally *tally;

	(void)state;
	tally_packet(&table, KIND_FLOOD_SYN, &pkt);
	pkt = syn_from(2, T0 + 3); /* out of order */
	tally_packet(&table, KIND_FLOOD_SYN, &pkt);
	pkt.events = EVENT_RETRANSMIT;
	pkt.time_ns = T0 + 9;
	pkt.frag = FRAG_FIRST;
	tally_packet(&table, KIND_FLOOD_SYN, &pkt);
	tally = of(&table, "192.0.2.1", KIND_FLOOD_SYN);
	assert_int_equal(tally->packets, 3);
	assert_int_equal(tally->bytes, 120);
	assert_int_equal(tally->openings, 2);
	assert_int_equal(tally->repeats, 1);
	assert_int_equal(tally->fragments, 1);
	assert_int_equal(tally->first_ns, T0 + 3);
	assert_int_equal(tally->last_ns, T0 + 9);
	assert_int_equal(tally->proto, 6);
	assert_int_equal(distinct_count(&tally->sources), 2);
	assert_int_equal(tally->target_port.value, 80);
	assert_int_equal(tally->target_port.votes, 3);
	assert_int_equal(tally->length.value, 40);
}

static void kinds_and_targets_are_apart(void **state)
{
	struct pkt pkt = syn_from(1, T0);

	(void)state;
	tally_packet(&table, KIND_FLOOD_SYN, &pkt);
	tally_packet(&table, KIND_FLOOD_ACK, &pkt);
	pkt.key.addr[1] = fixture_addr("192.0.2.2");
	tally_packet(&table, KIND_FLOOD_SYN, &pkt);
	assert_int_equal(table.used, 3);
	assert_int_equal(of(&table, "192.0.2.1", KIND_FLOOD_SYN)->packets, 1);
	assert_int_equal(of(&table, "192.0.2.2", KIND_FLOOD_SYN)->packets, 1);
	assert_int_equal(of(&table, "192.0.2.2", KIND_FLOOD_ACK)->packets, 0); /* made by asking */
	assert_int_equal(table.used, 4);
}

static void later_fragments_have_no_ports_to_count(void **state)
{
	struct pkt pkt = syn_from(1, T0);

	(void)state;
	pkt.frag = FRAG_LATER;
	tally_packet(&table, KIND_FLOOD_FRAG, &pkt);
	assert_int_equal(of(&table, "192.0.2.1", KIND_FLOOD_FRAG)->target_port.votes, 0);
	assert_int_equal(of(&table, "192.0.2.1", KIND_FLOOD_FRAG)->length.votes, 1);
}

static void tunnels_are_counted_at_their_end(void **state)
{
	struct pkt pkt = syn_from(1, T0);

	(void)state;
	pkt.tunnels = 1;
	pkt.outer_proto = 47;
	pkt.outer[0] = fixture_addr("198.51.100.1");
	pkt.outer[1] = fixture_addr("192.0.2.77");
	tally_tunnel(&table, &pkt);
	assert_int_equal(of(&table, "192.0.2.77", KIND_FLOOD_OTHER)->packets, 1);
	assert_int_equal(of(&table, "192.0.2.77", KIND_FLOOD_OTHER)->proto, 47);
	assert_int_equal(table.used, 1);
}

static void majorities(void **state)
{
	struct majority majority = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		majority_vote(&majority, i % 4 ? 53 : i, 1);
	assert_int_equal(majority.value, 53);
	assert_in_range(majority.votes, 50, 75);     /* between 2 × share - 1 and share */
	majority_vote(&majority, 9, majority.votes); /* a draw */
	assert_int_equal(majority.votes, 0);
	majority_vote(&majority, 9, 3);
	majority_vote(&majority, 7, 10);
	assert_int_equal(majority.value, 7);
	assert_int_equal(majority.votes, 7);
	majority_vote(&majority, 1, 0);
	assert_int_equal(majority.value, 7);
}

static void a_full_table_says_what_it_lost(void **state)
{
	struct pkt pkt = syn_from(1, T0);

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		pkt.key.addr[1] = fixture_addr_at("192.0.2.0", i);
		tally_packet(&table, KIND_FLOOD_SYN, &pkt);
	}
	assert_int_equal(table.used, 64);
	assert_int_equal(table.lost, 36);
	assert_null(of(&table, "192.0.2.99", KIND_FLOOD_SYN));
	tally_clear(&table);
	assert_non_null(of(&table, "192.0.2.99", KIND_FLOOD_SYN));
	assert_int_equal(of(&table, "192.0.2.99", KIND_FLOOD_SYN)->packets, 0);
}

/* Window after window, every block of the pools comes back. */
static void clearing_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 700; i++) {
			struct pkt pkt = syn_from(i, T0);

			tally_packet(&table, KIND_FLOOD_SYN, &pkt);
			tally_packet(&table, KIND_FLOOD_ACK, &pkt);
		}
		assert_int_equal(
			distinct_count(&of(&table, "192.0.2.1", KIND_FLOOD_SYN)->sources), 700);
		tally_clear(&table);
		assert_int_equal(table.used, 0);
	}
	assert_int_equal(table.sets.denied, 0);
}

/* The same packets in so many lanes, cut at random: merged they are the same. */
static void merge_lanes(unsigned lane_count, uint32_t packets, struct tally_table *ret_merged)
{
	struct tally_table *lanes = calloc(lane_count, sizeof(*lanes));
	uint32_t random = 1;

	assert_int_equal(tally_open(ret_merged, &large), 0);
	for (unsigned l = 0; l < lane_count; l++)
		assert_int_equal(tally_open(&lanes[l], &small), 0);
	for (uint32_t i = 0; i < packets; i++) {
		struct pkt pkt = syn_from(i % 12000, T0 + i);

		random = random * 1664525 + 1013904223;
		pkt.key.addr[1] = fixture_addr_at("192.0.2.0", i % 7 == 0 ? i % 50 : 1);
		tally_packet(&lanes[(random >> 16) % lane_count], KIND_FLOOD_SYN, &pkt);
	}
	for (unsigned l = 0; l < lane_count; l++) {
		tally_merge(ret_merged, &lanes[l]);
		assert_int_equal(lanes[l].used, 0);
		tally_close(&lanes[l]);
	}
	free(lanes);
}

static void assert_same(struct tally_table *a, struct tally_table *b)
{
	assert_int_equal(a->used, b->used);
	for (uint32_t i = 0; i < a->used; i++) {
		const struct tally *one = &a->list[i];
		const struct tally *two = tally_of(b, &one->target, (enum kind)one->kind);

		assert_int_equal(one->packets, two->packets);
		assert_int_equal(one->bytes, two->bytes);
		assert_int_equal(one->openings, two->openings);
		assert_int_equal(one->first_ns, two->first_ns);
		assert_int_equal(one->last_ns, two->last_ns);
		assert_int_equal(one->target_port.votes, two->target_port.votes);
		assert_int_equal(distinct_count(&one->sources), distinct_count(&two->sources));
	}
}

static void lanes_merge_to_the_same(void **state)
{
	struct tally_table one, other;

	(void)state;
	merge_lanes(1, 600, &one);
	merge_lanes(32, 600, &other);
	assert_same(&one, &other);
	assert_int_equal(of(&one, "192.0.2.1", KIND_FLOOD_SYN)->packets, 514 + 1);
	tally_close(&one);
	tally_close(&other);
}

/* 12,000 senders in one window: each lane sees few enough to name them all. */
static void thousands_of_senders_are_exact(void **state)
{
	struct tally_table merged, split;

	(void)state;
	merge_lanes(32, 14000, &merged);
	merge_lanes(31, 14000, &split);
	assert_true(distinct_is_exact(&of(&merged, "192.0.2.1", KIND_FLOOD_SYN)->sources));
	assert_in_range(
		distinct_count(&of(&merged, "192.0.2.1", KIND_FLOOD_SYN)->sources), 10000, 12000);
	assert_same(&merged, &split);
	tally_close(&merged);
	tally_close(&split);
}

static void merging_into_a_full_table(void **state)
{
	struct tally_table from;
	struct pkt pkt = syn_from(1, T0);

	(void)state;
	assert_int_equal(tally_open(&from, &large), 0);
	for (uint32_t i = 0; i < 100; i++) {
		pkt.key.addr[1] = fixture_addr_at("192.0.2.0", i);
		tally_packet(&from, KIND_FLOOD_SYN, &pkt);
		tally_packet(&from, KIND_FLOOD_SYN, &pkt);
	}
	from.lost = 5;
	tally_merge(&table, &from);
	assert_int_equal(table.lost, 5 + 36 * 2);
	assert_int_equal(from.lost, 0);
	tally_close(&from);
}

static void merging_what_was_only_answered(void **state)
{
	struct tally_table from;

	(void)state;
	assert_int_equal(tally_open(&from, &small), 0);
	of(&from, "192.0.2.1", KIND_FLOOD_SYN)->answered = 4;
	of(&from, "192.0.2.1", KIND_FLOOD_SYN)->asked = 2;
	tally_merge(&table, &from);
	assert_int_equal(of(&table, "192.0.2.1", KIND_FLOOD_SYN)->answered, 4);
	assert_int_equal(of(&table, "192.0.2.1", KIND_FLOOD_SYN)->asked, 2);
	assert_int_equal(of(&table, "192.0.2.1", KIND_FLOOD_SYN)->first_ns, 0);
	tally_close(&from);
	tally_close(&from);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(counts_what_came),
		IN(kinds_and_targets_are_apart),
		IN(later_fragments_have_no_ports_to_count),
		IN(tunnels_are_counted_at_their_end),
		cmocka_unit_test(majorities),
		IN(a_full_table_says_what_it_lost),
		IN(clearing_leaves_nothing),
		cmocka_unit_test(lanes_merge_to_the_same),
		cmocka_unit_test(thousands_of_senders_are_exact),
		IN(merging_into_a_full_table),
		IN(merging_what_was_only_answered),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
