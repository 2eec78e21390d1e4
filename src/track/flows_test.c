/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/flows_test.c - the pool of full slots: finding, evicting, sweeping, and the hook. */
#include "track/flows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "track/track_fixture.h"

#define CAP 32
#define HASH 0x1234ULL

struct ended {
	unsigned count;
	uint8_t times[4096]; /* how often the flow of that client port ended */
};

static struct ended ended;
static struct flow_table table;

static void on_end(void *context, const struct flow *flow)
{
	struct ended *to = context;

	to->count++;
	to->times[flow->key.port[0]]++;
}

static int set_up(void **state)
{
	(void)state;
	memset(&ended, 0, sizeof(ended));
	return flows_open(&table, CAP, false, (struct flow_end_hook){ on_end, &ended });
}

static int tear_down(void **state)
{
	(void)state;
	flows_close(&table);
	return 0;
}

static struct flow_key key_of(uint16_t number)
{
	return (struct flow_key){
		.addr = { host(1), host(2) }, .port = { number, 80 }, .proto = 6
	};
}

/* All in one chain, since the hash is the same. */
static struct flow *make(uint16_t number, int64_t last_ns)
{
	struct flow_key key = key_of(number);
	struct flow *flow = flows_make(&table, &key, HASH);

	if (flow) {
		flow->last_ns = last_ns;
		flow->tcp_state = TCP_STATE_ESTABLISHED;
	}
	return flow;
}

static struct flow *find(uint16_t number)
{
	struct flow_key key = key_of(number);

	return flows_find(&table, &key, HASH);
}

static void found_in_both_directions(void **state)
{
	struct flow *flow = make(7, T0);
	struct flow_key back = { .addr = { host(2), host(1) }, .port = { 80, 7 }, .proto = 6 };
	struct flow_key crossed = { .addr = { host(2), host(1) }, .port = { 7, 80 }, .proto = 6 };
	struct flow_key tagged = key_of(7), udp = key_of(7);

	(void)state;
	tagged.vlan = 5;
	udp.proto = 17;
	assert_ptr_equal(find(7), flow);
	assert_ptr_equal(flows_find(&table, &back, HASH), flow);
	assert_null(flows_find(&table, &crossed, HASH));
	assert_null(flows_find(&table, &tagged, HASH));
	assert_null(flows_find(&table, &udp, HASH));
	assert_null(flows_find(&table, &back, HASH + 1));
	assert_int_equal(flow->packets[0], 0);
}

static unsigned sweep_all(int64_t now_ns)
{
	unsigned before = ended.count;

	for (unsigned i = 0; i < 64; i++)
		flows_sweep(&table, now_ns);
	return ended.count - before;
}

/* Whichever of a chain goes, the others are still found. */
static void chains_survive_every_removal(void **state)
{
	(void)state;
	for (unsigned gone = 0; gone < 4; gone++) {
		for (uint16_t i = 0; i < 4; i++)
			make(i, T0);
		flows_end(&table, find((uint16_t)gone));
		for (uint16_t i = 0; i < 4; i++)
			assert_int_equal(find(i) != NULL, i != gone);
		sweep_all(T0 + 9999 * NS_PER_S);
		assert_int_equal(table.used, 0);
	}
	assert_int_equal(ended.count, 16);
	assert_int_equal(table.peak, 4);
}

static void freed_slots_are_used_again(void **state)
{
	struct flow *flow = make(1, T0);

	(void)state;
	flow->marks = 3;
	flow->packets[0] = 9;
	flows_end(&table, flow);
	assert_ptr_equal(make(2, T0), flow);
	assert_int_equal(flow->marks, 0);
	assert_int_equal(flow->packets[0], 0);
	assert_null(find(1));
}

/* The clock of the table: so many packets of the lane have gone by. */
static void let_pass(unsigned packets)
{
	table.turn += packets;
}

static void those_of_the_batch_are_never_evicted(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < CAP; i++)
		assert_non_null(make(i, T0 - i * NS_PER_S));
	assert_null(make(100, T0));
	let_pass(TRACK_BATCH_MAX - 1);
	assert_null(make(100, T0));
	assert_int_equal(table.refused, 2);
	assert_int_equal(ended.count, 0);
	let_pass(1);
	assert_non_null(make(100, T0));
	assert_int_equal(ended.count, 1);
	assert_int_equal(table.evicted, 1);
	assert_int_equal(table.used, CAP);
}

/* Even one whose packets carry old times keeps its slot for the batch. */
static void time_does_not_make_it_evictable(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < CAP; i++)
		make(i, T0);
	let_pass(TRACK_BATCH_MAX);
	find(3)->turn = table.turn;
	find(3)->last_ns = 0;
	for (uint16_t i = 0; i < CAP - 1; i++)
		assert_non_null(make((uint16_t)(100 + i), T0));
	assert_non_null(find(3));
	assert_null(make(300, T0));
	assert_int_equal(ended.count, CAP - 1);
}

static void the_closed_and_the_longest_silent_go(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < CAP; i++)
		make(i, T0 + i * NS_PER_S);
	find(12)->tcp_state = TCP_STATE_CLOSED;
	let_pass(TRACK_BATCH_MAX);
	make(100, T0);
	assert_null(find(12)); /* the hand looked at the first 16 */
	assert_int_equal(table.evicted, 0);
	make(101, T0);
	assert_null(find(16)); /* and then at the others */
	assert_int_equal(table.evicted, 1);
	make(102, T0);
	assert_null(find(0));
	assert_int_equal(ended.count, 3);
}

static void the_hook_is_called_once_for_each(void **state)
{
	uint64_t seed = 42;
	unsigned made = 0;

	(void)state;
	for (uint16_t i = 0; i < 4000; i++) {
		let_pass(1 + roll(&seed) % 600);
		made += make(i, T0 + i * NS_PER_MS) != NULL;
		if (i % 7 == 0 && find((uint16_t)(i - i % 5)))
			flows_end(&table, find((uint16_t)(i - i % 5)));
		if (i % 50 == 0)
			flows_sweep(&table, T0 + 2000 * NS_PER_S);
	}
	sweep_all(T0 + 9999 * NS_PER_S);
	assert_int_equal(table.made, made);
	assert_int_equal(ended.count, made);
	for (unsigned i = 0; i < 4000; i++)
		assert_true(ended.times[i] <= 1);
	assert_int_equal(table.used, 0);
}

static void sweeping_takes_the_idle_of_each_kind(void **state)
{
	(void)state;
	assert_int_equal(sweep_all(T0), 0); /* nothing there */
	make(1, T0);
	make(2, T0)->tcp_state = TCP_STATE_CLOSED;
	make(3, T0)->tcp_state = TCP_STATE_NONE;
	assert_int_equal(sweep_all(T0 + 5 * NS_PER_S), 0);
	assert_int_equal(sweep_all(T0 + 5 * NS_PER_S + 1), 1);
	assert_null(find(2));
	assert_int_equal(sweep_all(T0 + 120 * NS_PER_S + 1), 1);
	assert_null(find(3));
	assert_int_equal(sweep_all(T0 + 900 * NS_PER_S), 0);
	assert_int_equal(sweep_all(T0 + 900 * NS_PER_S + 1), 1);
	assert_int_equal(table.evicted, 0);
}

/* The key may be used anew at once, while pointers to the old flow stay good. */
static void a_retired_flow_keeps_its_slot(void **state)
{
	struct flow *old = make(7, T0), *next;

	(void)state;
	make(8, T0);
	flows_retire(old);
	assert_null(find(7));
	assert_int_equal(ended.count, 0);
	next = make(7, T0);
	assert_ptr_not_equal(next, old);
	assert_ptr_equal(find(7), next);
	assert_int_equal(old->key.port[0], 7);
	assert_int_equal(sweep_all(T0 + 5 * NS_PER_S + 1), 1);
	assert_int_equal(ended.times[7], 1);
	assert_ptr_equal(find(7), next);
	assert_non_null(find(8));
}

static void without_a_hook(void **state)
{
	struct flow_table plain;
	struct flow_key key = key_of(1);

	(void)state;
	assert_int_equal(flows_open(&plain, 16, false, (struct flow_end_hook){ 0 }), 0);
	flows_end(&plain, flows_make(&plain, &key, HASH));
	assert_int_equal(plain.used, 0);
	flows_close(&plain);
	flows_close(&plain);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(found_in_both_directions),
		IN(chains_survive_every_removal),
		IN(freed_slots_are_used_again),
		IN(those_of_the_batch_are_never_evicted),
		IN(time_does_not_make_it_evictable),
		IN(the_closed_and_the_longest_silent_go),
		IN(the_hook_is_called_once_for_each),
		IN(sweeping_takes_the_idle_of_each_kind),
		IN(a_retired_flow_keeps_its_slot),
		IN(without_a_hook),
	};

	return cmocka_run_group_tests_name("flows", tests, NULL, NULL);
}
