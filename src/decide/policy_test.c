/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide/policy_test.c - tests for policy.c, measures.c, evidence.c: each rung, each false
 * alarm. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decide/decide_fixture.h"
#include "decide/features.h"

static struct stage stage;

static int end(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static void play(void (*make)(struct packet *packet), unsigned windows)
{
	for (unsigned i = 0; i < windows; i++) {
		stage_attack(&stage, make, 200);
		stage_window(&stage, true);
	}
}

/* What the kernel part would then drop. */
static bool is_dropped(void (*make)(struct packet *packet))
{
	struct memory_sample sample = { 0 };
	struct packet packet;
	const struct mitigation *m;

	make(&packet);
	packet.pkt.bytes = packet.bytes;
	features_make(&packet.pkt, &sample.features, sample.deep);
	for (unsigned i = 0; (m = stage_find(&stage, VERB_FILTER, i)); i++)
		if (filter_matches(&m->filter, &sample))
			return true;
	return false;
}

static void a_flood_gets_a_filter_within_300_ms(void **state)
{
	const struct mitigation *m;

	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage_good_hour(&stage);
	play(attack_uniform, 2);
	m = stage_find(&stage, VERB_FILTER, 0);
	assert_non_null(m);
	assert_int_equal(m->state, MITIGATION_IN_FORCE);
	assert_true(m->coverage > 0.9);
	assert_true(m->collateral >= 0 && m->collateral <= 0.01);
	assert_non_null(strstr(m->why, "source port 4444"));
	assert_non_null(strstr(m->why, "of the attack's packets"));
	assert_string_equal(m->incident, stage.incident.id);
	assert_true(is_dropped(attack_uniform));
	play(attack_uniform, 20);
	assert_null(stage_find(&stage, VERB_FILTER, 1));
	assert_null(stage_find(&stage, VERB_LIMIT_CLASS, 0));
	assert_int_equal(stage.applied, 1);
}

/* It looks like the game that is played there, so neither filter nor limit is to be had. */
static void what_cannot_be_told_from_the_game_is_left(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage_good_hour(&stage);
	play(attack_random, 40);
	assert_int_equal(stage.applied, 0);
	assert_non_null(strstr(decider_reason(stage.decider, stage.incident.id), "good traffic"));
}

static void without_good_traffic_the_class_is_limited(void **state)
{
	const struct mitigation *m;

	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	play(attack_random, 40);
	assert_null(stage_find(&stage, VERB_FILTER, 0));
	m = stage_find(&stage, VERB_LIMIT_CLASS, 0);
	assert_non_null(m);
	assert_int_equal(m->class, WIRE_CLASS_UDP);
	assert_true(m->rate_pps >= 100);
	assert_non_null(strstr(m->why, "Nothing narrower would do"));
}

static void a_mix_gets_several_filters(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage_good_hour(&stage);
	for (unsigned i = 0; i < 10; i++) {
		stage_attack(&stage, attack_uniform, 200);
		stage_attack(&stage, attack_other, 200);
		stage_window(&stage, true);
	}
	assert_true(is_dropped(attack_uniform) && is_dropped(attack_other));
	assert_non_null(stage_find(&stage, VERB_FILTER, 1));
}

static void a_new_shape_is_learned_anew(void **state)
{
	uint64_t first;

	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage_good_hour(&stage);
	play(attack_uniform, 5);
	first = stage_find(&stage, VERB_FILTER, 0)->id;
	assert_false(is_dropped(attack_other));
	play(attack_other, 6);
	assert_true(is_dropped(attack_other));
	assert_int_equal(stage_find(&stage, VERB_FILTER, 0)->id, first);
	/* The old one is left to its release. */
	play(attack_other, 300);
	assert_null(stage_find(&stage, VERB_LIMIT_CLASS, 0));
}

static void answers_are_filtered_the_resolvers_pass(void **state)
{
	struct packet packet;

	(void)state;
	stage_open(&stage, KIND_AMPLIFICATION_DNS);
	for (int64_t second = 3000; second > 10; second -= 2) {
		packet_make(&packet, 17, 53, STAGE_TARGET, (uint16_t)stage_random(),
			60 + stage_random() % 200);
		packet_scramble(&packet);
		stage_send(&stage, &packet, STANDING_ANSWER, stage.now_ns - second * NS_PER_S);
	}
	play(attack_dns, 5);
	assert_true(is_dropped(attack_dns));
	assert_null(stage_find(&stage, VERB_BLOCK, 0));
}

static void nothing_happens(enum severity severity, float confidence, enum wire_mode mode)
{
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.incident.severity = severity;
	stage.incident.confidence = confidence;
	stage.picture.mode = mode;
	stage_good_hour(&stage);
	play(attack_uniform, 30);
	assert_int_equal(stage.applied, 0);
}

static void what_is_mild_is_only_told(void **state)
{
	(void)state;
	nothing_happens(SEVERITY_LOW, 0.9F, WIRE_MODE_ENFORCE);
}

static void what_is_unsure_is_only_told(void **state)
{
	(void)state;
	nothing_happens(SEVERITY_HIGH, 0.5F, WIRE_MODE_ENFORCE);
}

static void learning_orders_nothing_and_says_so(void **state)
{
	(void)state;
	nothing_happens(SEVERITY_HIGH, 0.9F, WIRE_MODE_LEARN);
	assert_non_null(strstr(decider_reason(stage.decider, stage.incident.id), "learn"));
	assert_string_equal(decider_reason(stage.decider, "nobody"), "");
}

static void in_shadow_mode_it_only_counts(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.picture.mode = WIRE_MODE_SHADOW;
	stage_good_hour(&stage);
	play(attack_uniform, 20);
	assert_int_equal(stage_find(&stage, VERB_FILTER, 0)->state, MITIGATION_SHADOW);
	assert_int_equal(stage.applied, 1);
	stage.picture.mode = WIRE_MODE_ENFORCE;
	play(attack_uniform, 1);
	assert_int_equal(stage_find(&stage, VERB_FILTER, 0)->state, MITIGATION_IN_FORCE);
	stage.picture.mode = WIRE_MODE_SHADOW;
	play(attack_uniform, 1);
	assert_int_equal(stage_find(&stage, VERB_FILTER, 0)->state, MITIGATION_SHADOW);
}

/* A download, a backup: no incident, no order. */
static void without_an_incident_nothing_is_ordered(void **state)
{
	struct packet packet;

	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.picture.incident_count = 0;
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned k = 0; k < 200; k++) {
			packet_make(&packet, 6, 443, STAGE_TARGET, 50000, 1400);
			stage_send(&stage, &packet, STANDING_VERIFIED, stage.now_ns + k);
		}
		stage_window(&stage, true);
	}
	assert_int_equal(stage.applied, 0);
}

/* The kernel part answers SYNs by itself: no filter is needed, and it is told. */
static void cookies_are_told_and_enough(void **state)
{
	const struct mitigation *m;

	(void)state;
	stage_open(&stage, KIND_FLOOD_SYN);
	stage.picture.host_count = 1;
	for (unsigned i = 0; i < 20; i++) {
		stage.host.counts.classes[WIRE_CLASS_SYN].active_until_ns =
			(uint64_t)(stage.now_ns - STAGE_START_NS) + 3 * NS_PER_S;
		stage.host.counts.classes[WIRE_CLASS_SYN].dropped += 1000;
		stage_window(&stage, true);
	}
	m = stage_find(&stage, VERB_COOKIES, 0);
	assert_non_null(m);
	assert_int_equal(m->origin, ORIGIN_KERNEL);
	assert_int_equal(m->hits, 19000);
	assert_string_equal(m->incident, stage.incident.id);
	assert_int_equal(stage.applied, 0);
	assert_int_equal(decider_release(stage.decider, m->id, stage.now_ns), -EPERM);
	for (unsigned i = 0; i < 40; i++)
		stage_window(&stage, true);
	assert_null(stage_find(&stage, VERB_COOKIES, 0));
}

static void attack_syn(struct packet *packet)
{
	packet_make(packet, 6, (uint16_t)(1024 + stage_random() % 60000), STAGE_TARGET, 80, 0);
	packet->pkt.tcp_flags = 0x02;
	packet_scramble(packet);
}

/* Of a host behind this machine that nobody completes handshakes for. */
static void without_cookies_syns_are_limited(void **state)
{
	const struct mitigation *m;

	(void)state;
	stage_open(&stage, KIND_FLOOD_SYN);
	stage.picture.host_count = 1;
	play(attack_syn, 20);
	assert_int_equal(stage.applied, 0);
	stage.host.is_without_cookies = true;
	play(attack_syn, 40);
	m = stage_find(&stage, VERB_LIMIT_CLASS, 0);
	assert_non_null(m);
	assert_int_equal(m->class, WIRE_CLASS_SYN);
	assert_null(stage_find(&stage, VERB_COOKIES, 0));
}

static void proved_senders_are_blocked(void **state)
{
	(void)state;
	stage_open(&stage, KIND_CONN_EXHAUSTION);
	stage_set_senders(&stage, ROLE_ZOMBIE, "203.0.113.1", 5);
	stage.incident.is_spoofable = false;
	stage_windows(&stage, 30);
	assert_int_equal(stage.applied, 5);
	assert_non_null(strstr(stage_find(&stage, VERB_BLOCK, 0)->why, "203.0.113.1"));
}

static void forged_senders_are_never_blocked(void **state)
{
	static const enum kind kinds[] = { KIND_CONN_EXHAUSTION, KIND_SCAN_HORIZONTAL,
		KIND_ABUSE_FLAGS };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		if (i > 0)
			stage_close(&stage);
		stage_open(&stage, kinds[i]);
		stage_set_senders(&stage, ROLE_ZOMBIE, "203.0.113.1", 5);
		stage.incident.subject = stage_addr("203.0.113.1");
		stage_windows(&stage, 30);
		assert_int_equal(stage.applied, 0);
	}
}

static void reflectors_are_never_blocked(void **state)
{
	(void)state;
	stage_open(&stage, KIND_AMPLIFICATION_OTHER);
	stage_set_senders(&stage, ROLE_REFLECTOR, "203.0.113.1", 40);
	stage.incident.is_spoofable = false;
	play(attack_random, 40);
	assert_null(stage_find(&stage, VERB_BLOCK, 0));
}

static void few_true_senders_are_limited(void **state)
{
	(void)state;
	stage_open(&stage, KIND_AMPLIFICATION_OTHER);
	stage_set_senders(&stage, ROLE_REFLECTOR, "203.0.113.1", 10);
	stage.incident.is_spoofable = false;
	stage_good_hour(&stage);
	play(attack_random, 40);
	assert_non_null(stage_find(&stage, VERB_LIMIT_SOURCE, 9));
	assert_int_equal(stage_find(&stage, VERB_LIMIT_SOURCE, 0)->rate_pps, 100);
}

static void the_allowlist_is_never_touched(void **state)
{
	(void)state;
	stage_open(&stage, KIND_CONN_EXHAUSTION);
	stage_set_senders(&stage, ROLE_ZOMBIE, "192.0.2.14", 4); /* .14, .15 are allowed */
	stage.incident.is_spoofable = false;
	stage_windows(&stage, 30);
	assert_int_equal(stage.applied, 2);
	assert_null(stage_find(&stage, VERB_BLOCK, 2));
}

/* Behind it sit many of our users: blocking it would cost too much. */
static void a_nat_gateway_is_not_blocked(void **state)
{
	struct packet packet;

	(void)state;
	stage_open(&stage, KIND_SCAN_VERTICAL);
	stage.incident.subject = stage_addr("203.0.113.5");
	stage.incident.is_spoofable = false;
	for (int64_t second = 3000; second > 10; second--) {
		packet_make(&packet, 6, 50000, STAGE_TARGET, 443, 100);
		if (second % 10 == 0)
			packet.pkt.key.addr[0] = stage_addr("203.0.113.5");
		stage_send(&stage, &packet, STANDING_VERIFIED, stage.now_ns - second * NS_PER_S);
	}
	stage_windows(&stage, 30);
	assert_int_equal(stage.applied, 0);
	assert_non_null(strstr(decider_reason(stage.decider, stage.incident.id), "203.0.113.5"));
}

static void a_proved_scanner_is_blocked_a_portal_not(void **state)
{
	(void)state;
	stage_open(&stage, KIND_SCAN_HORIZONTAL);
	stage.incident.subject = stage_addr("203.0.113.5");
	stage.incident.is_spoofable = false;
	stage_good_hour(&stage);
	stage.conf.policy.collateral_max = 0.05;
	stage_windows(&stage, 30);
	assert_int_equal(stage.applied, 1);
	assert_non_null(stage_find(&stage, VERB_BLOCK, 0));
}

static void blocks_have_a_cap(void **state)
{
	(void)state;
	stage_open(&stage, KIND_CONN_EXHAUSTION);
	stage.conf.policy.blocks_max = 3;
	stage_set_senders(&stage, ROLE_ZOMBIE, "203.0.113.1", 20);
	stage.incident.is_spoofable = false;
	stage_windows(&stage, 30);
	assert_int_equal(stage.applied, 3);
	assert_non_null(strstr(decider_reason(stage.decider, stage.incident.id), "blocks_max"));
}

static void without_a_gate_the_firewall_blocks(void **state)
{
	(void)state;
	stage_open(&stage, KIND_CONN_EXHAUSTION);
	stage.picture.has_gate = false;
	stage_set_senders(&stage, ROLE_ZOMBIE, "203.0.113.1", 2);
	stage.incident.is_spoofable = false;
	stage.picture.mode = WIRE_MODE_SHADOW;
	stage_windows(&stage, 10);
	assert_int_equal(stage.applied, 0); /* the firewall has no shadow mode */
	assert_non_null(stage_find(&stage, VERB_NFT_BLOCK, 1));
	stage.picture.mode = WIRE_MODE_ENFORCE;
	stage_windows(&stage, 1);
	assert_int_equal(stage.applied, 2);
	stage.picture.mode = WIRE_MODE_SHADOW;
	stage_windows(&stage, 1);
	assert_int_equal(stage.revoked, 2);
}

static void without_a_gate_a_flood_is_only_told(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.picture.has_gate = false;
	play(attack_uniform, 20);
	assert_int_equal(stage.applied, 0);
}

static void the_program_runs_once_an_incident(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.conf.policy.command = "/bin/true";
	stage.conf.policy.lease_s = 4;
	stage_good_hour(&stage);
	play(attack_uniform, 20);
	assert_non_null(stage_find(&stage, VERB_COMMAND, 0));
	assert_null(stage_find(&stage, VERB_COMMAND, 1));
	assert_int_equal(stage.applied, 2);
	/* It lies in no map, and is not asked for again; its lease is renewed as long as the
	 * incident goes on, and it is over when nothing is to be enforced any more. */
	stage_windows(&stage, 100);
	assert_int_equal(stage.applied, 2);
	assert_true(stage.extended >= 1);
	assert_int_equal(stage_find(&stage, VERB_COMMAND, 0)->state, MITIGATION_IN_FORCE);
	stage.revoked = 0;
	stage.picture.mode = WIRE_MODE_SHADOW;
	stage_windows(&stage, 1);
	assert_int_equal(stage.revoked, 1);
	stage.picture.mode = WIRE_MODE_ENFORCE;
	stage_windows(&stage, 5);
	assert_int_equal(stage.applied, 2);
}

static void a_refused_rung_is_followed_by_the_next_without_a_storm(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.keeper_says = -EPERM;
	play(attack_uniform, 300);
	/* filter, then the limit; neither again */
	assert_int_equal(stage.applied, 2);
	assert_null(stage_find(&stage, VERB_FILTER, 0));
}

static void a_refused_sender_does_not_save_the_others(void **state)
{
	(void)state;
	stage_open(&stage, KIND_CONN_EXHAUSTION);
	stage_set_senders(&stage, ROLE_ZOMBIE, "203.0.113.1", 2);
	stage.incident.is_spoofable = false;
	stage.keeper_says = -EPERM;
	stage_windows(&stage, 10);
	assert_int_equal(stage.applied, 2);
	stage.keeper_says = 0;
	stage_set_senders(&stage, ROLE_ZOMBIE, "203.0.113.1", 5);
	stage_windows(&stage, 60);
	assert_int_equal(stage.applied, 5);
	/* Nor does what the operator takes back come again. */
	assert_int_equal(
		decider_release(stage.decider, stage_find(&stage, VERB_BLOCK, 0)->id, stage.now_ns),
		0);
	stage_windows(&stage, 60);
	assert_int_equal(stage.applied, 5);
}

static void a_busy_keeper_is_asked_again(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.keeper_says = -EBUSY;
	play(attack_uniform, 3);
	assert_int_equal(stage.applied, 1);
	stage.keeper_says = 0;
	play(attack_uniform, 12);
	assert_int_equal(stage.applied, 2);
	assert_int_equal(stage_find(&stage, VERB_FILTER, 0)->state, MITIGATION_IN_FORCE);
}

static void a_carpet_is_filtered_as_a_prefix(void **state)
{
	const struct mitigation *m;

	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.incident.scope = SCOPE_PREFIX;
	stage.incident.subject = stage_addr("198.51.100.0");
	stage.incident.subject_bits = ADDR_V4_BITS + 24;
	play(attack_uniform, 5);
	m = stage_find(&stage, VERB_FILTER, 0);
	assert_non_null(m);
	assert_int_equal(m->bits, ADDR_V4_BITS + 24);
}

static void a_group_has_no_address_to_protect(void **state)
{
	(void)state;
	stage_open(&stage, KIND_FLOOD_UDP);
	stage.incident.scope = SCOPE_TOTAL;
	stage.incident.subject = (struct addr){ 0 };
	stage.incident.subject_bits = 0;
	play(attack_uniform, 20);
	assert_int_equal(stage.applied, 0);
}

/* All that was ordered in a run, as one text. */
static void run_once(char *text, size_t size)
{
	unsigned count;
	const struct mitigation *const *list;
	size_t used = 0;

	stage_open(&stage, KIND_FLOOD_UDP);
	stage_good_hour(&stage);
	play(attack_uniform, 10);
	play(attack_dns, 10);
	list = decider_mitigations(stage.decider, &count);
	for (unsigned i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%llu %s\n",
			(unsigned long long)list[i]->id, list[i]->why);
}

static void the_same_pictures_give_the_same_orders(void **state)
{
	static char first[8192], second[8192];

	(void)state;
	run_once(first, sizeof(first));
	stage_close(&stage);
	run_once(second, sizeof(second));
	assert_true(strlen(first) > 100);
	assert_string_equal(first, second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(a_flood_gets_a_filter_within_300_ms),
		TEST(what_cannot_be_told_from_the_game_is_left),
		TEST(without_good_traffic_the_class_is_limited),
		TEST(a_mix_gets_several_filters),
		TEST(a_new_shape_is_learned_anew),
		TEST(answers_are_filtered_the_resolvers_pass),
		TEST(what_is_mild_is_only_told),
		TEST(what_is_unsure_is_only_told),
		TEST(learning_orders_nothing_and_says_so),
		TEST(in_shadow_mode_it_only_counts),
		TEST(without_an_incident_nothing_is_ordered),
		TEST(cookies_are_told_and_enough),
		TEST(without_cookies_syns_are_limited),
		TEST(proved_senders_are_blocked),
		TEST(forged_senders_are_never_blocked),
		TEST(reflectors_are_never_blocked),
		TEST(few_true_senders_are_limited),
		TEST(the_allowlist_is_never_touched),
		TEST(a_nat_gateway_is_not_blocked),
		TEST(a_proved_scanner_is_blocked_a_portal_not),
		TEST(blocks_have_a_cap),
		TEST(without_a_gate_the_firewall_blocks),
		TEST(without_a_gate_a_flood_is_only_told),
		TEST(the_program_runs_once_an_incident),
		TEST(a_refused_rung_is_followed_by_the_next_without_a_storm),
		TEST(a_refused_sender_does_not_save_the_others),
		TEST(a_busy_keeper_is_asked_again),
		TEST(a_carpet_is_filtered_as_a_prefix),
		TEST(a_group_has_no_address_to_protect),
		TEST(the_same_pictures_give_the_same_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
