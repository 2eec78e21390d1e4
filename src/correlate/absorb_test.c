/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/absorb_test.c - which incidents are side effects of which, and which are not.
 *
 * The table here is written down a second time, from what attacks do: every pair of kinds there is
 * is tried, so that a row too many is found as well as one that is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "correlate/case.h"
#include "correlate/case_fixture.h"

#define PACKETS 1000

struct pair {
	struct sets sets;
	struct case_file files[2];
	struct distinct_entry own[2][2][CASE_OWN_SLOTS];
};

static struct pair pair;

/* A case of one finding, as the correlator would open it. */
static struct case_file *make(unsigned at, const struct finding *finding)
{
	struct case_file *file = &pair.files[at];
	bool is_sender = case_is_about_sender(finding->kind);

	memset(pair.own[at], 0, sizeof(pair.own[at]));
	*file = (struct case_file){ .incident = { .kind = finding->kind,
					    .scope = finding->scope,
					    .group = finding->group,
					    .subject = is_sender ? finding->from : finding->to,
					    .subject_bits = is_sender ? finding->from_bits
								      : finding->to_bits } };
	distinct_init(&file->sources, pair.own[at][0], CASE_OWN_SLOTS);
	distinct_init(&file->targets, pair.own[at][1], CASE_OWN_SLOTS);
	case_add(file, finding);
	return file;
}

/* Of SCENE_STRANGER against SCENE_TARGET, whatever it is. */
static struct finding act(enum kind kind, unsigned second)
{
	struct finding finding = plausible(kind, second);

	finding.from = address(SCENE_STRANGER);
	finding.to = address(SCENE_TARGET);
	finding.from_bits = finding.to_bits = 128;
	finding.packets = PACKETS;
	return finding;
}

static bool is_flood_part(enum kind kind)
{
	return kind == KIND_ABUSE_FLAGS || kind == KIND_ABUSE_FRAGMENT || kind == KIND_ABUSE_HEADER;
}

static bool is_tcp_noise(enum kind kind)
{
	return kind == KIND_FLOOD_ACK || kind == KIND_FLOOD_RST || kind == KIND_FLOOD_FIN;
}

enum verdict {
	APART,
	PART,  /* is swallowed */
	SMALL, /* is swallowed when it is small */
};

static enum verdict of_amplification(enum kind effect)
{
	if (effect == KIND_FLOOD_ICMP || effect == KIND_FLOOD_UDP)
		return SMALL;
	return effect == KIND_FLOOD_FRAG || effect == KIND_ABUSE_FRAGMENT ||
			       effect == KIND_ABUSE_HEADER
		       ? PART
		       : APART;
}

static enum verdict of_flood(enum kind cause, enum kind effect)
{
	bool is_opening = cause == KIND_FLOOD_SYN || cause == KIND_FLOOD_SYNACK;

	if (is_flood_part(effect))
		return PART;
	if (cause == KIND_FLOOD_ICMP && effect == KIND_FLOOD_FRAG)
		return PART;
	if (cause == KIND_FLOOD_UDP && (effect == KIND_FLOOD_FRAG || effect == KIND_FLOOD_ICMP))
		return SMALL;
	return is_opening && is_tcp_noise(effect) ? SMALL : APART;
}

static enum verdict of_scan(enum kind cause, enum kind effect)
{
	bool is_flags = effect == KIND_ABUSE_FLAGS;

	switch (cause) {
	case KIND_SCAN_MIRAI:
		return effect >= KIND_SCAN_HORIZONTAL && effect < KIND_SCAN_MIRAI ? PART : APART;
	case KIND_SCAN_HORIZONTAL:
		return effect == KIND_SCAN_VERTICAL || effect == KIND_SCAN_STEALTH ? PART : APART;
	case KIND_SCAN_VERTICAL:
		return effect == KIND_SCAN_STEALTH || is_flags ? PART : APART;
	case KIND_SCAN_STEALTH:
		return is_flags ? PART : APART;
	default:
		return APART;
	}
}

static enum verdict expected(enum kind cause, enum kind effect)
{
	if (kind_is_amplification(cause))
		return of_amplification(effect);
	return kind_is_flood(cause) ? of_flood(cause, effect) : of_scan(cause, effect);
}

static void check_pair(enum kind cause, enum kind effect)
{
	enum verdict verdict = expected(cause, effect);
	struct finding first = act(cause, 0), second = act(effect, 1);

	if (expected(effect, cause) != APART)
		return; /* the other way round is tried too */
	for (unsigned order = 0; order < 2; order++) {
		second.packets = PACKETS / 4;
		make(order, &first);
		make(!order, &second);
		cases_absorb(&pair.sets, pair.files, 2);
		if (pair.files[!order].is_folded != (verdict != APART) ||
			pair.files[order].is_folded)
			fail_msg("%s and %s", kind_info(cause)->name, kind_info(effect)->name);
		second.packets = PACKETS / 4 + 1;
		make(order, &first);
		make(!order, &second);
		cases_absorb(&pair.sets, pair.files, 2);
		assert_int_equal(pair.files[!order].is_folded, verdict == PART);
	}
}

static void every_two_kinds_are_one_or_two_incidents(void **state)
{
	(void)state;
	for (unsigned cause = 1; cause < KIND_COUNT; cause++)
		for (unsigned effect = 1; effect < KIND_COUNT; effect++)
			if (cause != effect)
				check_pair((enum kind)cause, (enum kind)effect);
}

static bool is_swallowed(const struct finding *cause, const struct finding *effect)
{
	make(0, cause);
	make(1, effect);
	cases_absorb(&pair.sets, pair.files, 2);
	assert_false(pair.files[0].is_folded);
	return pair.files[1].is_folded;
}

static void what_hits_another_target_is_another_attack(void **state)
{
	(void)state;
	for (unsigned cause = 1; cause < KIND_SCAN_HORIZONTAL; cause++)
		for (unsigned effect = 1; effect < KIND_COUNT; effect++) {
			struct finding first = act((enum kind)cause, 0);
			struct finding second = act((enum kind)effect, 0);

			second.to = address("192.0.2.8");
			second.packets = 1;
			if (expected((enum kind)effect, (enum kind)cause) == APART)
				assert_false(is_swallowed(&first, &second));
		}
}

static void what_another_sender_does_is_another_scan(void **state)
{
	(void)state;
	for (unsigned cause = KIND_SCAN_HORIZONTAL; cause <= KIND_SCAN_MIRAI; cause++)
		for (unsigned effect = KIND_ABUSE_FLAGS; effect <= KIND_SCAN_MIRAI; effect++) {
			struct finding first = act((enum kind)cause, 0);
			struct finding second = act((enum kind)effect, 0);

			second.from = address("203.0.113.10");
			if (cause != effect)
				assert_false(is_swallowed(&first, &second));
			/* Many senders, none named. */
			second.from = first.from = (struct addr){ 0 };
			if (cause != effect)
				assert_false(is_swallowed(&first, &second));
		}
}

static void times_must_meet(void **state)
{
	struct finding cause = act(KIND_AMPLIFICATION_DNS, 1000);
	struct finding effect = act(KIND_FLOOD_FRAG, 0);

	(void)state;
	effect.window.start_ns = cause.window.end_ns + 60 * NS_PER_S;
	effect.window.end_ns = effect.window.start_ns + 1;
	assert_true(is_swallowed(&cause, &effect));
	effect.window.start_ns++;
	assert_false(is_swallowed(&cause, &effect));
	effect.window.end_ns = cause.window.start_ns - 60 * NS_PER_S;
	effect.window.start_ns = effect.window.end_ns - 1;
	assert_true(is_swallowed(&cause, &effect));
	effect.window.end_ns--;
	assert_false(is_swallowed(&cause, &effect));
	effect.window = (struct window){ INT64_MAX - 1, INT64_MAX };
	assert_false(is_swallowed(&cause, &effect));
	effect.window = (struct window){ INT64_MIN, INT64_MIN + 1 };
	assert_false(is_swallowed(&cause, &effect));
}

static struct finding widen(enum kind kind, const char *prefix, unsigned bits)
{
	struct finding finding = act(kind, 0);

	finding.scope = SCOPE_PREFIX;
	finding.to = address(prefix);
	finding.to_bits = (uint8_t)bits;
	return finding;
}

static void a_carpet_swallows_what_happens_within(void **state)
{
	struct finding carpet = widen(KIND_FLOOD_SYN, "192.0.2.0", 120);
	struct finding host = act(KIND_FLOOD_SYN, 1);

	(void)state;
	assert_true(is_swallowed(&carpet, &host));
	assert_int_equal(pair.files[0].incident.packets, 2 * PACKETS);
	host.packets = PACKETS + 1;
	assert_false(is_swallowed(&carpet, &host));
	host.packets = PACKETS;
	host.to = address("192.0.3.7");
	assert_false(is_swallowed(&carpet, &host));
	host = act(KIND_FLOOD_SYN, 3600);
	assert_false(is_swallowed(&carpet, &host));
	host = act(KIND_FLOOD_ACK, 0);
	host.packets = PACKETS / 4;
	assert_true(is_swallowed(&carpet, &host));
	host = widen(KIND_FLOOD_SYN, "192.0.2.64", 122);
	host.packets = 5 * PACKETS;
	assert_true(is_swallowed(&carpet, &host));
}

/* Two as wide as each other are apart because it was quiet in between. */
static void a_carpet_does_not_swallow_its_like(void **state)
{
	struct finding carpet = widen(KIND_FLOOD_SYN, "192.0.2.0", 120), later = carpet;

	(void)state;
	later.window.start_ns += 10 * NS_PER_S;
	later.window.end_ns += 10 * NS_PER_S;
	assert_false(is_swallowed(&carpet, &later));
}

static void a_host_does_not_swallow_the_carpet_around(void **state)
{
	struct finding host = act(KIND_AMPLIFICATION_DNS, 0);
	struct finding carpet = widen(KIND_FLOOD_FRAG, "192.0.2.0", 120);

	(void)state;
	assert_false(is_swallowed(&host, &carpet));
}

/* Groups and the total have no address: they must not swallow everybody's hosts. */
static void a_group_swallows_only_its_own(void **state)
{
	struct finding group = act(KIND_AMPLIFICATION_DNS, 0), effect = act(KIND_FLOOD_FRAG, 0);

	(void)state;
	group.scope = SCOPE_GROUP;
	group.to = (struct addr){ 0 };
	group.to_bits = 0;
	group.group = "shop";
	assert_false(is_swallowed(&group, &effect));
	effect.scope = SCOPE_GROUP;
	effect.to = (struct addr){ 0 };
	effect.to_bits = 0;
	effect.group = "mail";
	assert_false(is_swallowed(&group, &effect));
	effect.group = group.group;
	assert_true(is_swallowed(&group, &effect));
	group.scope = SCOPE_TOTAL;
	group.group = NULL;
	assert_false(is_swallowed(&group, &effect));
	effect.scope = SCOPE_TOTAL;
	effect.group = NULL;
	assert_true(is_swallowed(&group, &effect));
}

/* Two detectors that saw the same packets do not make twice as many of them. */
static void packets_counted_by_both_count_once(void **state)
{
	struct finding flood = act(KIND_FLOOD_SYN, 0), flags = act(KIND_ABUSE_FLAGS, 0);

	(void)state;
	flags.packets = PACKETS - 1;
	assert_true(is_swallowed(&flood, &flags));
	assert_int_equal(pair.files[0].incident.packets, PACKETS);
	flags.packets = PACKETS + 1;
	flags.bytes = 7;
	assert_true(is_swallowed(&flood, &flags));
	assert_int_equal(pair.files[0].incident.packets, PACKETS + 1);
	assert_int_equal(pair.files[0].incident.bytes, 7);
	assert_float_equal(pair.files[0].incident.timeline.packets[0],
		pair.files[1].incident.timeline.packets[0], 0);
}

static double timeline_sum(const struct timeline *timeline)
{
	double sum = 0;

	for (unsigned i = 0; i < INCIDENT_TIMELINE; i++)
		sum += timeline->packets[i];
	return sum;
}

static void what_is_swallowed_is_kept_as_evidence(void **state)
{
	struct finding dns = act(KIND_AMPLIFICATION_DNS, 20), frag = act(KIND_FLOOD_FRAG, 0);
	struct incident *incident = &pair.files[0].incident;
	struct case_file *effect;

	(void)state;
	for (unsigned later = 0; later < 2; later++) {
		frag = act(KIND_FLOOD_FRAG, later * 60);
		make(0, &dns);
		effect = make(1, &frag);
		for (unsigned i = 0; i < 2 * INCIDENT_FINDINGS; i++)
			case_add(effect, &frag);
		cases_absorb(&pair.sets, pair.files, 2);
		assert_true(effect->is_folded);
		assert_int_equal(incident->findings_total, 2 + 2 * INCIDENT_FINDINGS);
		assert_int_equal(incident->finding_count, INCIDENT_FINDINGS);
		assert_int_equal(incident->packets, PACKETS * (2 + 2 * INCIDENT_FINDINGS));
		assert_float_equal(
			timeline_sum(&incident->timeline), (double)incident->packets, 0.001);
		assert_int_equal(incident->first_ns, (later ? &dns : &frag)->window.start_ns);
		assert_int_equal(incident->last_ns, (later ? &frag : &dns)->window.end_ns);
		assert_int_equal(incident->timeline.start_ns, incident->first_ns);
		assert_float_equal(incident->peak_pps, dns.peak_pps, 0);
	}
}

static int open_sets(void **state)
{
	static const struct sets_tier tiers[SETS_TIERS] = { { 64, 4 }, { 256, 2 } };

	(void)state;
	return sets_open(&pair.sets, tiers);
}

static int close_sets(void **state)
{
	(void)state;
	sets_close(&pair.sets);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_two_kinds_are_one_or_two_incidents),
		cmocka_unit_test(what_hits_another_target_is_another_attack),
		cmocka_unit_test(what_another_sender_does_is_another_scan),
		cmocka_unit_test(times_must_meet),
		cmocka_unit_test(a_carpet_swallows_what_happens_within),
		cmocka_unit_test(a_carpet_does_not_swallow_its_like),
		cmocka_unit_test(a_host_does_not_swallow_the_carpet_around),
		cmocka_unit_test(a_group_swallows_only_its_own),
		cmocka_unit_test(packets_counted_by_both_count_once),
		cmocka_unit_test(what_is_swallowed_is_kept_as_evidence),
	};

	return cmocka_run_group_tests(tests, open_sets, close_sets);
}
