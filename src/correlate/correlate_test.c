/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/correlate_test.c - findings become incidents: joining, names, order, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "correlate/case.h"
#include "correlate/case_fixture.h"

static const struct role_list *role(const struct scene *scene, enum role which)
{
	return &scene_incident(scene, 0)->roles[which];
}

/* Number of incidents two findings make. */
static unsigned incidents_of(const struct finding *first, const struct finding *second)
{
	struct scene scene;
	unsigned count;

	scene_open(&scene, NULL);
	scene_take(&scene, first);
	scene_take(&scene, second);
	count = scene_finish(&scene);
	scene_close(&scene);
	return count;
}

static void same_kind_and_subject_is_one_incident(void **state)
{
	struct finding first = plausible(KIND_FLOOD_SYN, 0), second = plausible(KIND_FLOOD_SYN, 5);
	struct scene scene;
	const struct incident *incident;

	(void)state;
	scene_open(&scene, NULL);
	first.port = 0;
	second.peak_pps = 5000;
	second.confidence = 0.9F;
	second.peak_bps = 1;
	scene_take(&scene, &first);
	scene_take(&scene, &second);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->packets, 2000);
	assert_int_equal(incident->bytes, 200000);
	assert_float_equal(incident->peak_pps, 5000, 0);
	assert_float_equal(incident->peak_bps, 1.6e6, 0);
	assert_int_equal(incident->first_ns, first.window.start_ns);
	assert_int_equal(incident->last_ns, second.window.end_ns);
	assert_int_equal(incident->port, 80);
	assert_int_equal(incident->findings_total, 2);
	assert_float_equal(incident->confidence, 0.9, 1e-6);
	assert_false(incident->is_open);
	scene_close(&scene);
}

static void another_kind_subject_or_scope_is_another(void **state)
{
	struct finding first = plausible(KIND_FLOOD_SYN, 0), second = first;

	(void)state;
	second.to = address("192.0.2.8");
	assert_int_equal(incidents_of(&first, &second), 2);
	second = plausible(KIND_FLOOD_UDP, 0);
	assert_int_equal(incidents_of(&first, &second), 2);
	second = first;
	second.scope = SCOPE_TOTAL;
	assert_int_equal(incidents_of(&first, &second), 2);
	first = second = plausible(KIND_SCAN_HORIZONTAL, 0);
	second.port = 2323;
	assert_int_equal(incidents_of(&first, &second), 1);
	second.from = address("203.0.113.10");
	assert_int_equal(incidents_of(&first, &second), 2);
}

static void quiet_ends_an_incident(void **state)
{
	struct finding first = plausible(KIND_FLOOD_SYN, 100), second = first;
	int64_t quiet_ns = 60 * NS_PER_S;

	(void)state;
	second.window.start_ns = first.window.end_ns + quiet_ns;
	second.window.end_ns = second.window.start_ns + NS_PER_S;
	assert_int_equal(incidents_of(&first, &second), 1);
	assert_int_equal(incidents_of(&second, &first), 1);
	second.window.start_ns++;
	assert_int_equal(incidents_of(&first, &second), 2);
	assert_int_equal(incidents_of(&second, &first), 2);
	second.window = (struct window){ INT64_MAX - 1, INT64_MAX };
	assert_int_equal(incidents_of(&first, &second), 2);
	first.window = (struct window){ INT64_MIN, INT64_MIN + 1 };
	assert_int_equal(incidents_of(&first, &second), 2);
}

static struct finding prefix_finding(const char *prefix, unsigned bits)
{
	struct finding finding = plausible(KIND_FLOOD_SYN, 0);

	finding.scope = SCOPE_PREFIX;
	finding.to = address(prefix);
	finding.to_bits = (uint8_t)bits;
	return finding;
}

static void a_carpet_is_as_wide_as_its_widest_report(void **state)
{
	static const struct {
		const char *prefix;
		unsigned bits;
	} reports[] = { { "10.0.1.0", 120 }, { "10.0.0.0", 112 }, { "10.0.9.0", 120 } };
	struct addr wide = address("10.0.0.0");
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < 3; i++) {
		struct finding finding = prefix_finding(reports[i].prefix, reports[i].bits);

		scene_take(&scene, &finding);
	}
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->subject_bits, 112);
	assert_true(addr_equal(&scene_incident(&scene, 0)->subject, &wide));
	assert_int_equal(role(&scene, ROLE_TARGET)->count, 1);
	assert_int_equal(role(&scene, ROLE_TARGET)->list[0].bits, 112);
	assert_true(addr_equal(&role(&scene, ROLE_TARGET)->list[0].addr, &wide));
	scene_close(&scene);
}

static void carpets_apart_are_two(void **state)
{
	struct finding first = prefix_finding("10.0.1.0", 120);
	struct finding second = prefix_finding("10.0.2.0", 120);

	(void)state;
	assert_int_equal(incidents_of(&first, &second), 2);
}

static void groups_are_told_apart(void **state)
{
	struct finding first = plausible(KIND_FLOOD_SYN, 0), second;
	struct scene scene;

	(void)state;
	first.scope = SCOPE_GROUP;
	first.to = (struct addr){ 0 };
	first.to_bits = 0;
	first.group = "shop";
	second = first;
	assert_int_equal(incidents_of(&first, &second), 1);
	second.group = "mail";
	scene_open(&scene, NULL);
	scene_take(&scene, &first);
	scene_take(&scene, &second);
	assert_int_equal(scene_finish(&scene), 2);
	assert_string_not_equal(scene_incident(&scene, 0)->id, scene_incident(&scene, 1)->id);
	scene_close(&scene);
	first.scope = second.scope = SCOPE_TOTAL;
	first.group = second.group = NULL;
	assert_int_equal(incidents_of(&first, &second), 1);
}

static void ids_are_the_same_for_the_same_input(void **state)
{
	struct finding first = plausible(KIND_FLOOD_SYN, 0), later = plausible(KIND_FLOOD_SYN, 900);
	char ids[2][2][INCIDENT_ID_MAX];

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		struct scene scene;

		scene_open(&scene, NULL);
		scene_take(&scene, &first);
		scene_take(&scene, &later);
		assert_int_equal(scene_finish(&scene), 2);
		for (unsigned i = 0; i < 2; i++)
			memcpy(ids[run][i], scene_incident(&scene, i)->id, INCIDENT_ID_MAX);
		scene_close(&scene);
	}
	assert_string_equal(ids[0][0], ids[1][0]);
	assert_string_equal(ids[0][1], ids[1][1]);
	assert_string_not_equal(ids[0][0], ids[0][1]);
	assert_int_equal(strlen(ids[0][0]), 8);
}

/* More findings of what began do not rename it. */
static void an_id_outlives_what_is_added(void **state)
{
	struct finding finding = plausible(KIND_FLOOD_SYN, 100);
	char id[INCIDENT_ID_MAX];

	(void)state;
	for (unsigned extra = 0; extra < 3; extra++) {
		struct scene scene;

		scene_open(&scene, NULL);
		for (unsigned i = 0; i <= extra; i++) {
			finding = plausible(KIND_FLOOD_SYN, i == 2 ? 90 : 100 + i);
			scene_take(&scene, &finding);
		}
		assert_int_equal(scene_finish(&scene), 1);
		if (extra == 0)
			memcpy(id, scene_incident(&scene, 0)->id, INCIDENT_ID_MAX);
		assert_string_equal(scene_incident(&scene, 0)->id, id);
		scene_close(&scene);
	}
}

static void the_worst_comes_first_then_the_earliest(void **state)
{
	static const struct {
		unsigned second;
		double pps;
		const char *to;
	} floods[] = { { 5, 10, "10.0.0.1" }, { 1, 10, "10.0.0.2" }, { 1, 10, "10.0.0.3" },
		{ 9, 50000, "10.0.0.4" }, { 8, 5000, "10.0.0.5" }, { 7, 5000, "10.0.0.6" } };
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < 6; i++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, floods[i].second);

		finding.peak_pps = floods[i].pps;
		finding.to = address(floods[i].to);
		scene_take(&scene, &finding);
	}
	assert_int_equal(scene_finish(&scene), 6);
	for (unsigned i = 1; i < 6; i++) {
		const struct incident *a = scene_incident(&scene, i - 1);
		const struct incident *b = scene_incident(&scene, i);

		assert_true(a->severity >= b->severity);
		if (a->severity == b->severity)
			assert_true(a->first_ns <= b->first_ns);
		if (a->severity == b->severity && a->first_ns == b->first_ns)
			assert_true(strcmp(a->id, b->id) < 0);
	}
	assert_int_equal(scene_incident(&scene, 0)->severity, SEVERITY_CRITICAL);
	scene_close(&scene);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct scene scene;
	struct correlator_stats stats;
	struct finding finding = plausible(KIND_FLOOD_SYN, 0);
	struct findings lost = { &finding, 1, 1, 3 };

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < CASES_MAX + 5; i++) {
		finding.to.byte[14] = (uint8_t)(i >> 8);
		finding.to.byte[15] = (uint8_t)i;
		scene_take(&scene, &finding);
	}
	finding.to.byte[14] = 0; /* a known one still finds its place */
	correlator_take(scene.correlator, &lost);
	assert_int_equal(lost.count, 0);
	assert_int_equal(lost.lost, 0);
	correlator_stats(scene.correlator, &stats);
	assert_int_equal(stats.findings, CASES_MAX + 6);
	assert_int_equal(stats.incidents_lost, 5);
	assert_int_equal(stats.findings_lost, 3);
	assert_int_equal(scene_finish(&scene), CASES_MAX);
	scene_close(&scene);
}

/* A botnet that guesses passwords blinds nobody to a flood or to a bot of ours. */
static void strangers_leave_places(void **state)
{
	struct finding guess = plausible(KIND_BRUTEFORCE_SSH, 0);
	struct finding flood = plausible(KIND_FLOOD_UDP, 1), bot = plausible(KIND_BOT_C2, 1);
	struct correlator_stats stats;
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	guess.from = address("203.0.0.1");
	for (unsigned i = 0; i < CASES_MAX + 5; i++) {
		guess.from.byte[14] = (uint8_t)(i >> 8);
		guess.from.byte[15] = (uint8_t)i;
		scene_take(&scene, &guess);
	}
	scene_take(&scene, &flood);
	scene_take(&scene, &bot);
	correlator_stats(scene.correlator, &stats);
	assert_int_equal(stats.incidents_lost, CASES_MAX / 2 + 5);
	assert_int_equal(scene_finish(&scene), CASES_MAX / 2 + 2);
	scene_close(&scene);
}

static void nothing_is_fine(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	assert_int_equal(scene_finish(&scene), 0);
	scene_close(&scene);
	correlator_close(NULL);
}

static void what_lasts_to_the_end_is_open(void **state)
{
	struct scene scene;
	unsigned count;

	(void)state;
	for (unsigned is_open = 0; is_open < 2; is_open++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, 0);
		int64_t end_ns = finding.window.end_ns + 2 * NS_PER_S + !is_open;

		scene_open(&scene, NULL);
		scene_take(&scene, &finding);
		correlator_finish(scene.correlator, end_ns);
		correlator_incidents(scene.correlator, &count);
		assert_int_equal(count, 1);
		assert_int_equal(scene_incident(&scene, 0)->is_open, is_open);
		scene_close(&scene);
	}
}

static void the_first_and_the_strongest_findings_are_kept(void **state)
{
	struct distinct crowd = crowd_open("198.51.100.0", 3, 1);
	struct scene scene;
	const struct incident *incident;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < 40; i++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, i);

		finding.packets = i == 30 ? 5000 : 1000 - i;
		finding.sources = finding.targets = &crowd;
		scene_take(&scene, &finding);
	}
	crowd_close(&crowd);
	scene_finish(&scene);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->findings_total, 40);
	assert_int_equal(incident->finding_count, INCIDENT_FINDINGS);
	assert_int_equal(incident->findings[0].packets, 1000);
	assert_int_equal(incident->findings[INCIDENT_FINDINGS - 1].packets, 5000);
	for (unsigned i = 0; i < INCIDENT_FINDINGS; i++) {
		assert_null(incident->findings[i].sources);
		assert_null(incident->findings[i].targets);
	}
	scene_close(&scene);
}

/* The whole way, as engine would: a carpet that swallows a host it hit. */
static void side_effects_are_no_incidents(void **state)
{
	struct finding carpet = prefix_finding("192.0.2.0", 120);
	struct finding host = plausible(KIND_FLOOD_SYN, 0), flags = plausible(KIND_ABUSE_FLAGS, 0);
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	scene_take(&scene, &host);
	scene_take(&scene, &carpet);
	scene_take(&scene, &flags);
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->scope, SCOPE_PREFIX);
	assert_int_equal(scene_incident(&scene, 0)->packets, 2000);
	assert_int_equal(scene_incident(&scene, 0)->findings_total, 3);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_kind_and_subject_is_one_incident),
		cmocka_unit_test(another_kind_subject_or_scope_is_another),
		cmocka_unit_test(quiet_ends_an_incident),
		cmocka_unit_test(a_carpet_is_as_wide_as_its_widest_report),
		cmocka_unit_test(carpets_apart_are_two),
		cmocka_unit_test(groups_are_told_apart),
		cmocka_unit_test(ids_are_the_same_for_the_same_input),
		cmocka_unit_test(an_id_outlives_what_is_added),
		cmocka_unit_test(the_worst_comes_first_then_the_earliest),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(strangers_leave_places),
		cmocka_unit_test(nothing_is_fine),
		cmocka_unit_test(what_lasts_to_the_end_is_open),
		cmocka_unit_test(the_first_and_the_strongest_findings_are_kept),
		cmocka_unit_test(side_effects_are_no_incidents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
