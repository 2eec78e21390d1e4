/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide/learn_test.c - tests for learn.c, learn_terms.c and features.c. */
#include "decide/learn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decide/decide_fixture.h"
#include "decide/features.h"

#define ATTACK 600
#define GOOD 1500

static struct memory_sample attack[LEARN_ATTACK_MAX + 50], good[LEARN_GOOD_MAX + 50];
static struct learned learned[LEARN_FILTERS_MAX];
static unsigned attack_count, good_count;
static const char *why_not;

static void take(struct memory_sample *sample, struct packet *packet, enum standing standing)
{
	packet->pkt.bytes = packet->bytes;
	*sample = (struct memory_sample){ .weight = 1, .standing = (uint8_t)standing };
	features_make(&packet->pkt, &sample->features, sample->deep);
}

static void add_attack(void (*make)(struct packet *packet), unsigned count)
{
	struct packet packet;

	for (unsigned i = 0; i < count; i++) {
		make(&packet);
		take(&attack[attack_count++], &packet, STANDING_OPENING);
	}
}

/* A game, and the answers of resolvers. */
static void add_good(unsigned count)
{
	struct packet packet;

	for (unsigned i = 0; i < count; i++) {
		if (i % 3)
			packet_make(&packet, 17, (uint16_t)(1024 + stage_random() % 60000),
				STAGE_TARGET, 27015, 40 + stage_random() % 60);
		else
			packet_make(&packet, 17, 53, STAGE_TARGET, (uint16_t)stage_random(),
				60 + stage_random() % 300);
		packet_scramble(&packet);
		take(&good[good_count++], &packet, STANDING_VERIFIED);
	}
}

static unsigned learn(void)
{
	struct learn_input input = { attack, good, attack_count, good_count, 0.01 };
	struct learner *learner;
	unsigned count;

	assert_int_equal(learner_open(&learner), 0);
	count = learner_learn(learner, &input, learned, LEARN_FILTERS_MAX, &why_not);
	learner_close(learner);
	for (unsigned i = 0; i < count; i++) {
		char text[MITIGATION_TEXT_MAX];

		print_message("%s (%.3f, %.3f, %u fields)\n",
			filter_describe(&learned[i].filter, text, sizeof(text)),
			learned[i].coverage, learned[i].collateral, learned[i].fields);
	}
	return count;
}

static int begin(void **state)
{
	(void)state;
	stage_random_begin();
	attack_count = good_count = 0;
	return 0;
}

static void a_uniform_flood_is_marked(void **state)
{
	(void)state;
	add_attack(attack_uniform, ATTACK);
	add_good(GOOD);
	assert_int_equal(learn(), 1);
	assert_true(learned[0].coverage > 0.97);
	assert_true(learned[0].collateral < 0.005);
	assert_true(learned[0].collateral_bound < 0.02);
	assert_true(learned[0].fields >= 2);
}

static void answers_are_told_from_honest_ones(void **state)
{
	(void)state;
	add_attack(attack_dns, ATTACK);
	add_good(GOOD);
	assert_int_equal(learn(), 1);
	assert_true(learned[0].coverage > 0.9);
	assert_true(learned[0].collateral <= 0.01);
}

static void a_mix_gets_a_filter_each(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		add_attack(attack_uniform, 1);
		add_attack(i % 3 ? attack_other : attack_dns, 1);
	}
	add_good(GOOD);
	assert_int_equal(learn(), 3);
	assert_true(learned[0].coverage + learned[1].coverage + learned[2].coverage > 0.9);
}

static void what_looks_like_good_gets_none(void **state)
{
	(void)state;
	add_attack(attack_random, ATTACK);
	add_good(GOOD);
	assert_int_equal(learn(), 0);
	assert_non_null(why_not);
}

/* Only its length marks it: one field is too little when nothing is known of the good. */
static void attack_one_field(struct packet *packet)
{
	packet_make(
		packet, 17, (uint16_t)stage_random(), STAGE_TARGET, (uint16_t)stage_random(), 777);
	packet_scramble(packet);
}

static void without_good_traffic_two_fields_are_asked_for(void **state)
{
	(void)state;
	add_attack(attack_one_field, ATTACK);
	assert_int_equal(learn(), 0);
	begin(NULL);
	add_attack(attack_uniform, ATTACK);
	assert_int_equal(learn(), 1);
	assert_true(learned[0].fields >= 2);
}

static void too_few_samples_teach_nothing(void **state)
{
	(void)state;
	add_attack(attack_uniform, LEARN_ATTACK_MIN - 1);
	assert_int_equal(learn(), 0);
	attack_count = 0;
	assert_int_equal(learn(), 0);
}

static void more_than_the_caps_is_cut(void **state)
{
	(void)state;
	add_attack(attack_uniform, LEARN_ATTACK_MAX + 50);
	add_good(LEARN_GOOD_MAX + 50);
	assert_int_equal(learn(), 1);
}

/* Background that the attack's samples are mixed with does not spoil it. */
static void background_does_not_spoil_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		add_attack(attack_uniform, 1);
		if (i % 10 == 0)
			add_attack(attack_random, 1);
	}
	add_good(GOOD);
	assert_int_equal(learn(), 1);
	assert_true(learned[0].coverage > 0.85);
	assert_true(learned[0].collateral <= 0.01);
}

static void attack_payload(struct packet *packet)
{
	packet_make(packet, 17, (uint16_t)stage_random(), STAGE_TARGET, 27015,
		60 + stage_random() % 30);
	packet_scramble(packet);
	memcpy(packet->bytes + 28 + 20, "\xde\xad\xbe\xef\x01\x02", 6);
}

static void deep_bytes_are_found(void **state)
{
	(void)state;
	add_attack(attack_payload, ATTACK);
	add_good(GOOD);
	assert_int_equal(learn(), 1);
	assert_true(learned[0].filter.deep_mask != 0);
	assert_true(learned[0].coverage > 0.95);
}

static void attack_ack(struct packet *packet)
{
	packet_make(packet, 6, (uint16_t)stage_random(), STAGE_TARGET, 443, 0);
	packet_scramble(packet);
	packet->pkt.tcp_flags = TCP_ACK;
	packet->pkt.tcp_window = 5840;
}

static void tcp_flags_and_window_mark_it(void **state)
{
	(void)state;
	add_attack(attack_ack, ATTACK);
	add_good(GOOD);
	assert_int_equal(learn(), 1);
	assert_int_equal(learned[0].filter.value[0] >> 8 & 0xff, TCP_ACK);
	assert_int_equal(learned[0].filter.value[1] >> 32 & 0xffff, 5840);
}

static void the_same_samples_teach_the_same(void **state)
{
	struct learned first;

	(void)state;
	add_attack(attack_uniform, ATTACK);
	add_good(GOOD);
	assert_int_equal(learn(), 1);
	first = learned[0];
	assert_int_equal(learn(), 1);
	assert_memory_equal(&first.filter, &learned[0].filter, sizeof(first.filter));
}

static void wilson_is_as_in_the_tables(void **state)
{
	(void)state;
	assert_true(wilson_upper(0, 100) > 0.0369 && wilson_upper(0, 100) < 0.0371);
	assert_true(wilson_upper(0.5, 10) > 0.76 && wilson_upper(0.5, 10) < 0.77);
	assert_true(wilson_upper(0, 0) >= 1);
}

static void features_are_laid_out_as_wire_h_says(void **state)
{
	struct wire_features features;
	struct packet packet;

	(void)state;
	packet_make(&packet, 17, 53, STAGE_TARGET, 4000, 9);
	packet.pkt.bytes = packet.bytes;
	packet.bytes[5] = 7;
	packet.bytes[28] = 0xab;
	packet.bytes[36] = 0xcd;
	memory_features(&packet.pkt, &features);
	assert_true(features.word[0] == (17ULL | 60ULL << 16 | 53ULL << 32 | 4000ULL << 48));
	assert_true(features.word[1] == (37ULL | 9ULL << 16 | 7ULL << 48));
	assert_true(features.word[2] == 0xab);
	assert_true(features.word[3] == 0xcd);
	assert_int_equal(features_class(&features), WIRE_CLASS_ANSWER);
}

static void later_fragments_and_icmp_have_their_own(void **state)
{
	struct wire_features features;
	struct packet packet;

	(void)state;
	packet_make(&packet, 17, 53, STAGE_TARGET, 4000, 100);
	packet.pkt.bytes = packet.bytes;
	packet.pkt.frag = FRAG_LATER;
	packet.pkt.payload_offset = 20;
	memory_features(&packet.pkt, &features);
	assert_true(features.word[0] == (17ULL | 60ULL << 16 | 2ULL << 24));
	assert_int_equal(features_class(&features), WIRE_CLASS_FRAGMENT);
	packet_make(&packet, 1, 99, STAGE_TARGET, 99, 100);
	packet.pkt.icmp_type = 8;
	memory_features(&packet.pkt, &features); /* bytes: none */
	assert_true(features.word[0] == (1ULL | 60ULL << 16 | 8ULL << 32));
	assert_true(features.word[2] == 0);
	packet_make(&packet, 132, 99, STAGE_TARGET, 99, 100);
	memory_features(&packet.pkt, &features);
	assert_int_equal(feature_payload_len(&features), 108);
	assert_int_equal(features_class(&features), WIRE_CLASS_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_uniform_flood_is_marked, begin),
		cmocka_unit_test_setup(answers_are_told_from_honest_ones, begin),
		cmocka_unit_test_setup(a_mix_gets_a_filter_each, begin),
		cmocka_unit_test_setup(what_looks_like_good_gets_none, begin),
		cmocka_unit_test_setup(without_good_traffic_two_fields_are_asked_for, begin),
		cmocka_unit_test_setup(too_few_samples_teach_nothing, begin),
		cmocka_unit_test_setup(more_than_the_caps_is_cut, begin),
		cmocka_unit_test_setup(background_does_not_spoil_it, begin),
		cmocka_unit_test_setup(deep_bytes_are_found, begin),
		cmocka_unit_test_setup(tcp_flags_and_window_mark_it, begin),
		cmocka_unit_test_setup(the_same_samples_teach_the_same, begin),
		cmocka_unit_test(wilson_is_as_in_the_tables),
		cmocka_unit_test(features_are_laid_out_as_wire_h_says),
		cmocka_unit_test(later_fragments_and_icmp_have_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
