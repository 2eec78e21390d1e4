/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/case_test.c - timelines, severity and confidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "correlate/case.h"
#include "correlate/case_fixture.h"

static double timeline_sum(const struct timeline *timeline)
{
	double sum = 0;

	for (unsigned i = 0; i < INCIDENT_TIMELINE; i++)
		sum += timeline->packets[i];
	return sum;
}

static void a_timeline_doubles_and_keeps_its_sum(void **state)
{
	struct timeline timeline = { 0 };
	double sum = 0;

	(void)state;
	for (unsigned i = 0; i < 3600; i++) {
		int64_t at_ns = SCENE_START_NS + (int64_t)i * NS_PER_S;

		timeline_add(&timeline, at_ns, at_ns + NS_PER_S, i);
		sum += i;
		assert_true(timeline.used <= INCIDENT_TIMELINE);
		assert_float_equal(timeline_sum(&timeline), sum, 1e-3);
	}
	assert_int_equal(timeline.step_ns % (100 * NS_PER_MS), 0);
	assert_true(timeline.step_ns * timeline.used >= 3600 * NS_PER_S);
	assert_true(timeline.step_ns * INCIDENT_TIMELINE < 2 * 3700 * NS_PER_S);
}

static void a_timeline_takes_any_time(void **state)
{
	struct timeline timeline = { 0 };

	(void)state;
	timeline_add(&timeline, 0, 1, 1);
	timeline_add(&timeline, -5, -3, 1); /* before its start */
	timeline_add(&timeline, 9, 3, 1);   /* back to front */
	assert_float_equal(timeline.packets[0], 3, 1e-9);
	timeline_add(&timeline, INT64_MIN, INT64_MAX, 120);
	assert_float_equal(timeline_sum(&timeline), 123, 1e-6);
	timeline = (struct timeline){ 0 };
	timeline_add(&timeline, INT64_MIN, INT64_MAX, 120);
	assert_float_equal(timeline_sum(&timeline), 120, 1e-6);
	assert_true(timeline.used <= INCIDENT_TIMELINE);
}

static void spans_stop_at_the_limits(void **state)
{
	(void)state;
	assert_int_equal(case_span_ns(3, 10), 7);
	assert_int_equal(case_span_ns(10, 3), -7);
	assert_true(case_span_ns(INT64_MIN, INT64_MAX) == INT64_MAX);
	assert_true(case_span_ns(INT64_MAX, INT64_MIN) == INT64_MIN);
}

static void folding_nothing_changes_no_timeline(void **state)
{
	struct sets sets = { 0 };
	struct distinct_entry own[2][CASE_OWN_SLOTS] = { 0 };
	struct case_file into = { 0 }, from = { 0 };
	struct finding finding = plausible(KIND_FLOOD_SYN, 0);

	(void)state;
	distinct_init(&into.targets, own[0], CASE_OWN_SLOTS);
	distinct_init(&from.targets, own[1], CASE_OWN_SLOTS);
	case_add(&into, &finding);
	from.incident.first_ns = from.incident.last_ns = finding.window.start_ns;
	case_fold(&sets, &into, &from, false);
	assert_true(from.is_folded);
	assert_float_equal(timeline_sum(&into.incident.timeline), 1000, 1e-6);
}

static float confidence_after(float each, unsigned findings)
{
	struct scene scene;
	float confidence;

	scene_open(&scene, NULL);
	for (unsigned i = 0; i < findings; i++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, i);

		finding.confidence = each;
		scene_take(&scene, &finding);
	}
	scene_finish(&scene);
	confidence = scene_incident(&scene, 0)->confidence;
	scene_close(&scene);
	return confidence;
}

static void what_is_found_again_is_surer(void **state)
{
	(void)state;
	assert_float_equal(confidence_after(0.8F, 1), 0.8, 1e-6);
	assert_float_equal(confidence_after(0.8F, 2), 0.8, 1e-6);
	assert_float_equal(confidence_after(0.8F, 3), 0.9, 1e-6);
	assert_float_equal(confidence_after(1, 1), 0.99, 1e-6);
	assert_float_equal(confidence_after(1, 50), 0.99, 1e-6);
}

static enum severity severity_of(const struct finding *finding)
{
	struct scene scene;
	enum severity severity;

	scene_open(&scene, NULL);
	scene_take(&scene, finding);
	scene_finish(&scene);
	severity = scene_incident(&scene, 0)->severity;
	scene_close(&scene);
	return severity;
}

static void floods_are_as_bad_as_they_are_strong(void **state)
{
	static const struct {
		double pps, bps;
		enum severity severity;
	} rates[] = {
		{ 999, 49e6, SEVERITY_MEDIUM },
		{ 1000, 0, SEVERITY_HIGH },
		{ 0, 50e6, SEVERITY_HIGH },
		{ 19999, 999e6, SEVERITY_HIGH },
		{ 20000, 0, SEVERITY_CRITICAL },
		{ 0, 1000e6, SEVERITY_CRITICAL },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct finding flood = plausible(KIND_FLOOD_UDP, 0);
		struct finding reflection = plausible(KIND_AMPLIFICATION_NTP, 0);

		flood.peak_pps = reflection.peak_pps = rates[i].pps;
		flood.peak_bps = reflection.peak_bps = rates[i].bps;
		assert_int_equal(severity_of(&flood), rates[i].severity);
		assert_int_equal(severity_of(&reflection), rates[i].severity);
	}
}

static void other_kinds_have_their_severity(void **state)
{
	static const struct {
		enum kind kind;
		enum severity severity;
	} kinds[] = {
		{ KIND_CONN_EXHAUSTION, SEVERITY_HIGH },
		{ KIND_REFLECTOR_OPEN, SEVERITY_HIGH },
		{ KIND_BOT_FLOODER, SEVERITY_HIGH },
		{ KIND_ABUSE_LAND, SEVERITY_MEDIUM },
		{ KIND_ABUSE_FRAGMENT, SEVERITY_MEDIUM },
		{ KIND_ABUSE_BOGON, SEVERITY_LOW },
		{ KIND_ABUSE_FLAGS, SEVERITY_MEDIUM },
		{ KIND_ABUSE_HEADER, SEVERITY_MEDIUM },
	};
	struct finding finding;

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		finding = plausible(kinds[i].kind, 0);
		assert_int_equal(severity_of(&finding), kinds[i].severity);
	}
	finding = plausible(KIND_ABUSE_FLAGS, 0);
	finding.packets = 99;
	assert_int_equal(severity_of(&finding), SEVERITY_LOW);
	finding = plausible(KIND_ABUSE_SPOOF, 0);
	finding.confidence = 0.8F;
	assert_int_equal(severity_of(&finding), SEVERITY_MEDIUM);
	finding.confidence = 0.5F;
	assert_int_equal(severity_of(&finding), SEVERITY_LOW);
	for (unsigned kind = KIND_SCAN_HORIZONTAL; kind <= KIND_SCAN_MIRAI; kind++) {
		finding = plausible((enum kind)kind, 0);
		assert_int_equal(severity_of(&finding), SEVERITY_MEDIUM);
		finding.from = address("10.0.0.1");
		assert_int_equal(severity_of(&finding), SEVERITY_HIGH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timeline_doubles_and_keeps_its_sum),
		cmocka_unit_test(a_timeline_takes_any_time),
		cmocka_unit_test(spans_stop_at_the_limits),
		cmocka_unit_test(folding_nothing_changes_no_timeline),
		cmocka_unit_test(what_is_found_again_is_surer),
		cmocka_unit_test(floods_are_as_bad_as_they_are_strong),
		cmocka_unit_test(other_kinds_have_their_severity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
