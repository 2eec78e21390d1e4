/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/roles_test.c - who is what in an incident, how many of them, and who is listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "correlate/case_fixture.h"

/* Most distinct addresses that are counted exactly. */
#define EXACT_MAX 24576

static const struct role_list *role(const struct scene *scene, enum role which)
{
	return &scene_incident(scene, 0)->roles[which];
}

static void targets_of_groups_and_all_are_the_hosts(void **state)
{
	struct distinct hosts = crowd_open("192.0.2.0", 40, 20);
	struct finding finding = plausible(KIND_FLOOD_SYN, 0);
	struct scene scene;

	(void)state;
	finding.to = (struct addr){ 0 };
	finding.to_bits = 0;
	finding.targets = &hosts;
	for (unsigned scope = SCOPE_GROUP; scope <= SCOPE_TOTAL; scope++) {
		finding.scope = (enum scope)scope;
		scene_open(&scene, NULL);
		scene_take(&scene, &finding);
		scene_finish(&scene);
		assert_int_equal(role(&scene, ROLE_TARGET)->count, 40);
		assert_int_equal(role(&scene, ROLE_TARGET)->list[0].bits, 128);
		scene_close(&scene);
	}
	crowd_close(&hosts);
}

/* What senders of a kind are, when there are few of them. */
static enum role role_of(enum kind kind)
{
	if (kind_is_amplification(kind) || kind == KIND_FLOOD_SYNACK || kind == KIND_REFLECTOR_OPEN)
		return ROLE_REFLECTOR;
	if (kind == KIND_ABUSE_LAND || kind == KIND_ABUSE_BOGON)
		return ROLE_COUNT;
	return ROLE_ZOMBIE;
}

static void check_roles(enum kind kind, const struct distinct *sources, enum role expected)
{
	struct finding finding = plausible(kind, 0);
	bool has_controller = finding.to_role == ROLE_CONTROLLER;
	bool has_target = kind != KIND_SCAN_HORIZONTAL && kind != KIND_SCAN_MIRAI;
	struct scene scene;

	finding.sources = sources;
	scene_open(&scene, NULL);
	scene_take(&scene, &finding);
	assert_int_equal(scene_finish(&scene), 1);
	for (unsigned r = ROLE_ZOMBIE; r < ROLE_CONTROLLER; r++)
		assert_int_equal(
			role(&scene, (enum role)r)->count, r == expected ? sources->count : 0);
	assert_int_equal(role(&scene, ROLE_CONTROLLER)->count, has_controller);
	assert_int_equal(scene_incident(&scene, 0)->source_count, sources->count);
	assert_int_equal(role(&scene, ROLE_TARGET)->count, has_target && !has_controller);
	scene_close(&scene);
}

static void senders_have_the_role_of_their_kind(void **state)
{
	struct distinct few = crowd_open("198.51.100.0", INCIDENT_CREDIBLE_SOURCES, 2);
	struct distinct many = crowd_open("198.51.100.0", INCIDENT_CREDIBLE_SOURCES + 1, 2);

	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++) {
		enum role few_are = role_of((enum kind)kind), many_are = few_are;

		if (few_are == ROLE_ZOMBIE && plausible((enum kind)kind, 0).is_spoofable)
			many_are = ROLE_COUNT;
		check_roles((enum kind)kind, &few, few_are);
		check_roles((enum kind)kind, &many, many_are);
	}
	crowd_close(&few);
	crowd_close(&many);
}

static void a_scanner_and_its_targets_are_named(void **state)
{
	struct distinct hosts = crowd_open("192.0.2.0", 60, 1);
	struct finding finding = plausible(KIND_SCAN_HORIZONTAL, 0);
	struct addr stranger = address(SCENE_STRANGER);
	struct scene scene;

	(void)state;
	finding.targets = &hosts;
	scene_open(&scene, NULL);
	scene_take(&scene, &finding);
	scene_finish(&scene);
	assert_int_equal(role(&scene, ROLE_TARGET)->count, 60);
	assert_int_equal(role(&scene, ROLE_ZOMBIE)->count, 1);
	assert_true(addr_equal(&role(&scene, ROLE_ZOMBIE)->list[0].addr, &stranger));
	assert_int_equal(role(&scene, ROLE_ZOMBIE)->list[0].packets, 1000);
	scene_close(&scene);
	crowd_close(&hosts);
}

/* To one target, then to many: all of it is what the one machine does. */
static void a_flooder_has_all_its_targets(void **state)
{
	struct distinct hosts = crowd_open("203.0.113.0", 12, 30);
	struct finding one = plausible(KIND_BOT_FLOODER, 0), many = plausible(KIND_BOT_FLOODER, 1);
	struct addr loudest = address(SCENE_STRANGER);
	struct scene scene;

	(void)state;
	many.to = (struct addr){ 0 };
	many.to_bits = 0;
	many.targets = &hosts;
	scene_open(&scene, NULL);
	scene_take(&scene, &one);
	scene_take(&scene, &many);
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(role(&scene, ROLE_ZOMBIE)->count, 1);
	assert_int_equal(role(&scene, ROLE_TARGET)->count, 12);
	assert_true(addr_equal(&role(&scene, ROLE_TARGET)->list[0].addr, &loudest));
	assert_int_equal(role(&scene, ROLE_TARGET)->list[0].packets, 1030);
	scene_close(&scene);
	crowd_close(&hosts);
}

/* The victims' prefix must not take the place of our server. */
static void a_reflector_to_a_prefix_stays_the_subject(void **state)
{
	struct distinct victims = crowd_open("203.0.113.0", 12, 30);
	struct finding finding = plausible(KIND_REFLECTOR_OPEN, 0);
	struct addr server = address(SCENE_TARGET), prefix = address("203.0.113.0");
	struct scene scene;

	(void)state;
	finding.scope = SCOPE_PREFIX;
	finding.to = prefix;
	finding.to_bits = 120;
	for (unsigned is_counted = 0; is_counted < 2; is_counted++) {
		finding.targets = is_counted ? &victims : NULL;
		scene_open(&scene, NULL);
		scene_take(&scene, &finding);
		scene_finish(&scene);
		assert_true(addr_equal(&scene_incident(&scene, 0)->subject, &server));
		assert_int_equal(scene_incident(&scene, 0)->subject_bits, 128);
		assert_int_equal(role(&scene, ROLE_REFLECTOR)->count, 1);
		assert_true(addr_equal(&role(&scene, ROLE_REFLECTOR)->list[0].addr, &server));
		assert_int_equal(role(&scene, ROLE_TARGET)->count, is_counted ? 12 : 1);
		assert_int_equal(role(&scene, ROLE_TARGET)->list[0].bits, is_counted ? 128 : 120);
		assert_true(addr_equal(&role(&scene, ROLE_TARGET)->list[0].addr, &prefix));
		scene_close(&scene);
	}
	crowd_close(&victims);
}

static void check_count(uint32_t addresses, bool is_exact)
{
	struct distinct crowd = crowd_open("198.18.0.0", addresses, 1);
	struct finding finding = plausible(KIND_AMPLIFICATION_NTP, 0);
	struct scene scene;

	finding.sources = &crowd;
	scene_open(&scene, NULL);
	scene_take(&scene, &finding);
	scene_finish(&scene);
	assert_int_equal(role(&scene, ROLE_REFLECTOR)->is_estimate, !is_exact);
	assert_int_equal(scene_incident(&scene, 0)->source_count_is_estimate, !is_exact);
	assert_in_range(role(&scene, ROLE_REFLECTOR)->count,
		is_exact ? addresses : addresses / 100 * 90,
		is_exact ? addresses : addresses / 100 * 110);
	assert_int_equal(role(&scene, ROLE_REFLECTOR)->listed, 100);
	scene_close(&scene);
	crowd_close(&crowd);
}

static void counts_are_true_or_said_to_be_estimates(void **state)
{
	(void)state;
	check_count(EXACT_MAX, true);
	check_count(EXACT_MAX + 1, false);
	check_count(100000, false);
}

static void list_seven(struct conf *conf)
{
	conf->report.list_max = 7;
}

static void list_all(struct conf *conf)
{
	conf->report.list_max = 100000;
}

static void lists_are_cut_and_the_loudest_first(void **state)
{
	struct distinct quiet = crowd_open("198.51.100.0", 1200, 1);
	struct distinct loud = crowd_open("198.51.100.200", 3, 50);
	struct addr first = address("198.51.100.200"), fourth = address("198.51.100.0");
	struct finding finding = plausible(KIND_AMPLIFICATION_NTP, 0);

	(void)state;
	for (unsigned all = 0; all < 2; all++) {
		struct scene scene;
		const struct role_list *list;

		scene_open(&scene, all ? list_all : list_seven);
		finding.sources = &quiet;
		scene_take(&scene, &finding);
		finding.sources = &loud;
		scene_take(&scene, &finding);
		scene_finish(&scene);
		list = role(&scene, ROLE_REFLECTOR);
		assert_int_equal(list->count, 1200);
		assert_int_equal(list->listed, all ? INCIDENT_ROLE_LIST : 7);
		assert_int_equal(list->list[0].packets, 51);
		assert_true(addr_equal(&list->list[0].addr, &first));
		assert_true(addr_equal(&list->list[3].addr, &fourth));
		scene_close(&scene);
	}
	crowd_close(&quiet);
	crowd_close(&loud);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_of_groups_and_all_are_the_hosts),
		cmocka_unit_test(senders_have_the_role_of_their_kind),
		cmocka_unit_test(a_scanner_and_its_targets_are_named),
		cmocka_unit_test(a_flooder_has_all_its_targets),
		cmocka_unit_test(a_reflector_to_a_prefix_stays_the_subject),
		cmocka_unit_test(counts_are_true_or_said_to_be_estimates),
		cmocka_unit_test(lists_are_cut_and_the_loudest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
