/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/story_test.c - what is told of each kind: true, readable, and no bad advice.
 *
 * Every story is checked for the marks of a template gone wrong. With WEIR_PRINT_STORIES set all
 * are printed: read them as somebody who was woken by them.
 */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "correlate/case_fixture.h"

static void check_text(const char *text)
{
	static const char *const faults[] = { "  ", " .", " ,", "..", ". .", ",,", ",.", ", .",
		"()", "( ", " )", "(null)", "::/0", "addresss", "; .", " 1 addresses", " 1 packets",
		" 1 hosts", " 1 ports", " 1 servers", " 1 bytes", " 0 addresses", " 0 hosts",
		" 0 servers" };
	size_t len = strlen(text);

	assert_true(len > 0);
	assert_true(isupper((unsigned char)text[0]) || isxdigit((unsigned char)text[0]) ||
		    text[0] == ':');
	assert_int_equal(text[len - 1], '.');
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strstr(text, faults[i]))
			fail_msg("\"%s\" in: %s", faults[i], text);
}

/* "nan" and "inf" as words of their own. */
static void check_numbers(const char *text)
{
	for (const char *at = text; (at = strpbrk(at, "ni")) != NULL; at++) {
		bool is_word = at == text || !isalpha((unsigned char)at[-1]);
		bool is_number = strncmp(at, "nan", 3) == 0 || strncmp(at, "inf", 3) == 0;

		if (is_word && is_number && !isalpha((unsigned char)at[3]))
			fail_msg("no number in: %s", text);
	}
}

static void check_incident(const struct incident *incident)
{
	if (getenv("WEIR_PRINT_STORIES"))
		printf("%s: %s\n    > %s\n", kind_info(incident->kind)->name, incident->story,
			incident->remedy);
	assert_true(strlen(incident->story) < INCIDENT_STORY_MAX - 1);
	assert_true(strlen(incident->remedy) < sizeof(incident->remedy) - 1);
	check_text(incident->story);
	check_numbers(incident->story);
	check_text(incident->remedy);
	if (incident->is_spoofable) {
		assert_null(strstr(incident->remedy, "can be blocked"));
		assert_null(strstr(incident->story, "can be blocked"));
	}
}

/* The one incident of the finding, checked. The scene is to be closed by the caller. */
static const struct incident *tell(struct scene *scene, const struct finding *finding)
{
	scene_open(scene, NULL);
	scene_take(scene, finding);
	assert_int_equal(scene_finish(scene), 1);
	check_incident(scene_incident(scene, 0));
	return scene_incident(scene, 0);
}

static void assert_has(const struct incident *incident, const char *part)
{
	if (!strstr(incident->story, part))
		fail_msg("no \"%s\" in: %s", part, incident->story);
}

static void assert_lacks(const struct incident *incident, const char *part)
{
	if (strstr(incident->story, part))
		fail_msg("\"%s\" in: %s", part, incident->story);
}

static void assert_told(const struct finding *finding, const char *part)
{
	struct scene scene;

	assert_has(tell(&scene, finding), part);
	scene_close(&scene);
}

static void assert_not_told(const struct finding *finding, const char *part)
{
	struct scene scene;

	assert_lacks(tell(&scene, finding), part);
	scene_close(&scene);
}

static void every_kind_is_told(void **state)
{
	struct distinct crowd = crowd_open("198.51.100.0", 500, 2);

	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++) {
		struct finding finding = plausible((enum kind)kind, 0);
		struct scene scene;
		const struct incident *incident;
		char subject[ADDR_TEXT_MAX];

		if (addr_is_zero(&finding.from))
			finding.sources = &crowd;
		incident = tell(&scene, &finding);
		assert_has(incident, addr_format(&incident->subject, subject));
		assert_has(incident, finding.reason);
		scene_close(&scene);
	}
	crowd_close(&crowd);
}

/* Nothing known but the kind: no story may break. */
static void every_kind_is_told_of_next_to_nothing(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++) {
		struct finding full = plausible((enum kind)kind, 0);
		struct finding bare = { .kind = full.kind,
			.from = full.from,
			.to = full.to,
			.from_bits = full.from_bits,
			.to_bits = full.to_bits,
			.window = { SCENE_START_NS, SCENE_START_NS } };
		struct scene scene;

		assert_lacks(tell(&scene, &bare), "gave it away");
		scene_close(&scene);
		bare.reason = "it looks bad";
		bare.to = bare.from = (struct addr){ 0 };
		bare.to_bits = bare.from_bits = 128;
		scene_open(&scene, NULL);
		scene_take(&scene, &bare);
		assert_int_equal(scene_finish(&scene), 1);
		check_text(scene_incident(&scene, 0)->story);
		scene_close(&scene);
	}
}

static const double odd_numbers[] = { NAN, INFINITY, -INFINITY, -1, 0, 1e30, 1, 0.4 };

static void every_kind_survives_odd_numbers(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++)
		for (unsigned i = 0; i < sizeof(odd_numbers) / sizeof(odd_numbers[0]); i++) {
			struct finding finding = plausible((enum kind)kind, 0);
			struct scene scene;

			finding.packets = finding.bytes = UINT64_MAX;
			finding.window = (struct window){ INT64_MIN, INT64_MAX };
			finding.peak_pps = finding.peak_bps = finding.observed = odd_numbers[i];
			for (unsigned k = 0; k < EVIDENCE_MAX && finding.evidence[k].name; k++)
				finding.evidence[k].value = odd_numbers[i];
			tell(&scene, &finding);
			scene_close(&scene);
		}
}

static void every_kind_is_told_of_ipv6(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++) {
		struct finding finding = plausible((enum kind)kind, 0);
		bool has_from = !addr_is_zero(&finding.from), has_to = !addr_is_zero(&finding.to);

		if (kind_is_bot(finding.kind) && finding.kind != KIND_BOT_FLOODER) {
			finding.from = address("2001:db8::1");
			finding.to = address("2001:db9::1");
			assert_told(&finding, finding.kind == KIND_BOT_TOR
						      ? "2001:db8::1 (ours) is a client of Tor"
						      : "2001:db8::1 (ours) most likely works");
			continue;
		}
		finding.from = has_from ? address("2001:db9::1") : finding.from;
		finding.to = has_to ? address("2001:db8::1") : finding.to;
		assert_told(&finding, has_from && !has_to ? "2001:db9::1" : "2001:db8::1 (ours)");
		assert_not_told(&finding, "2001:db9::1 (ours)");
	}
}

static void only_inside_is_ours(void **state)
{
	struct finding flood = plausible(KIND_FLOOD_UDP, 0),
		       scan = plausible(KIND_SCAN_VERTICAL, 0);

	(void)state;
	assert_told(&flood, "192.0.2.7 (ours) was flooded (UDP flood): 1,000 packets in 1 s, peak "
			    "2.0 kpps and 1.6 Mbit/s.");
	flood.to = address(SCENE_STRANGER);
	assert_not_told(&flood, "ours");
	assert_told(&scan, "203.0.113.9 looked for open ports of 192.0.2.7 (ours) for 1 s");
	scan.from = address("10.0.0.1");
	scan.to = address("198.51.100.1");
	assert_told(&scan, "10.0.0.1 (ours) looked for open ports of 198.51.100.1 for 1 s");
}

/* The named one of several targets may be inside when the first was not. */
static void ours_is_said_of_who_is_named(void **state)
{
	struct finding first = plausible(KIND_SCAN_VERTICAL, 0), second = first;
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	second.to = address("198.51.100.1");
	second.confidence = 0.9F;
	scene_take(&scene, &first);
	scene_take(&scene, &second);
	assert_int_equal(scene_finish(&scene), 1);
	assert_has(scene_incident(&scene, 0), "open ports of 198.51.100.1 and 1 other host for");
	scene_close(&scene);
}

static void invented_senders_are_never_to_be_blocked(void **state)
{
	struct distinct many = crowd_open("198.51.100.0", INCIDENT_CREDIBLE_SOURCES + 1, 2);
	struct distinct few = crowd_open("198.51.100.0", 2, 2);
	struct distinct one = crowd_open("198.51.100.0", 1, 2);
	struct finding finding = plausible(KIND_FLOOD_UDP, 0);
	struct scene scene;

	(void)state;
	finding.sources = &many;
	assert_told(&finding, "from 33 addresses");
	assert_told(&finding, "Most are probably invented, and blocking them would hit innocents.");
	finding.sources = &few;
	assert_told(&finding, "None of the senders has proved that its address is its own.");
	assert_not_told(&finding, "invented");
	finding.sources = &one;
	assert_told(&finding, "from 1 address. ");
	assert_told(&finding, "The sender has not proved that this address is its own.");
	finding.is_spoofable = false;
	assert_not_told(&finding, "proved");
	assert_non_null(strstr(tell(&scene, &finding)->remedy, "can be blocked"));
	scene_close(&scene);
	crowd_close(&many);
	crowd_close(&few);
	crowd_close(&one);
}

static void a_spoofable_sender_is_not_to_be_blocked_whatever_it_does(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++) {
		struct finding finding = plausible((enum kind)kind, 0);
		struct scene scene;

		finding.is_spoofable = true;
		tell(&scene, &finding); /* checks it */
		scene_close(&scene);
	}
}

static void senders_who_are_known_may_be_blocked(void **state)
{
	static const enum kind kinds[] = { KIND_SCAN_HORIZONTAL, KIND_CONN_EXHAUSTION };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct finding finding = plausible(kinds[i], 0);
		struct scene scene;

		assert_non_null(strstr(tell(&scene, &finding)->remedy, "can be blocked"));
		scene_close(&scene);
	}
}

static void a_scan_from_inside_asks_to_look_at_the_machine(void **state)
{
	struct finding finding = plausible(KIND_SCAN_HORIZONTAL, 0);
	struct scene scene;

	(void)state;
	finding.from = address("10.1.1.1");
	assert_non_null(strstr(tell(&scene, &finding)->remedy, "runs on this machine"));
	scene_close(&scene);
}

static void scans_say_hosts_or_ports(void **state)
{
	struct finding hosts = plausible(KIND_SCAN_HORIZONTAL, 0);
	struct finding ports = plausible(KIND_SCAN_VERTICAL, 0);
	struct finding stealth = plausible(KIND_SCAN_STEALTH, 0);
	struct finding mirai = plausible(KIND_SCAN_MIRAI, 0);

	(void)state;
	assert_told(&hosts,
		"203.0.113.9 looked for hosts on port 23 for 1 s: of 57 hosts tried, 54 "
		"were silent or refused and 3 answered.");
	assert_not_told(&hosts, "ports");
	assert_told(&ports, "of 57 ports tried, 54 were silent or refused and 3 answered.");
	assert_told(&stealth, "for 1 s: 57 ports were tried.");
	assert_told(&mirai, "for 1 s: 57 hosts were tried.");
	hosts.proto = 1;
	hosts.port = 0;
	assert_told(&hosts,
		"203.0.113.9 pinged hosts for 1 s: of 57 hosts tried, 54 were silent or "
		"unreachable and 3 answered.");
	prove(&hosts, "answered", "addresses", 0);
	assert_told(&hosts, "and none answered.");
	prove(&ports, "tried", "ports", 1);
	prove(&ports, "ports_failed", "ports", 1);
	assert_told(&ports, "of 1 port tried, 1 was silent or refused");
}

static void a_scan_tells_its_ports(void **state)
{
	static const uint16_t ports[] = { 2323, 23, 80, 23, 0, 8080, 9527, 81, 82 };
	struct distinct failed = crowd_open("192.0.2.0", 121, 1);
	struct scene scene;

	(void)state;
	for (unsigned count = 4; count <= 9; count += 5) {
		scene_open(&scene, NULL);
		for (unsigned i = 0; i < count; i++) {
			struct finding finding = plausible(KIND_SCAN_HORIZONTAL, i);

			finding.port = ports[i];
			finding.targets = &failed;
			scene_take(&scene, &finding);
		}
		assert_int_equal(scene_finish(&scene), 1);
		check_incident(scene_incident(&scene, 0));
		assert_has(scene_incident(&scene, 0),
			count == 4 ? "looked for hosts on ports 23, 80 and 2323 for 4 s, 121 hosts "
				     "in all: of 57 hosts tried on port 23, 54 were"
				   : "looked for hosts on many ports for 9 s");
		scene_close(&scene);
	}
	crowd_close(&failed);
}

static void reflections_count_servers(void **state)
{
	struct distinct one = crowd_open("198.51.100.0", 1, 2);
	struct distinct many = crowd_open("198.51.100.0", 50, 2);
	struct finding finding = plausible(KIND_AMPLIFICATION_DNS, 0);

	(void)state;
	finding.sources = &one;
	assert_told(&finding, "from 1 server (port 53).");
	finding.sources = &many;
	assert_told(&finding, "from 50 servers (port 53).");
	assert_told(&finding,
		"An average packet has 100 bytes, and 94 % of the packets are fragments.");
	finding.packets = 0;
	assert_not_told(&finding, "average");
	crowd_close(&one);
	crowd_close(&many);
}

static void carpets_groups_and_all_are_told(void **state)
{
	struct distinct hosts = crowd_open("192.0.2.0", 40, 20);
	struct finding finding = plausible(KIND_FLOOD_SYN, 0);

	(void)state;
	finding.targets = &hosts;
	finding.scope = SCOPE_PREFIX;
	finding.to = address("192.0.2.0");
	finding.to_bits = 120;
	assert_told(&finding, "192.0.2.0/24 (ours), port 80, was flooded (TCP SYN flood): ");
	assert_told(&finding, ", spread over 40 hosts.");
	finding.scope = SCOPE_GROUP;
	finding.to = (struct addr){ 0 };
	finding.to_bits = 0;
	assert_told(&finding, "The group without a name, port 80, was flooded");
	finding.group = "shop";
	assert_told(&finding, "The group shop, port 80, was flooded");
	finding.scope = SCOPE_TOTAL;
	finding.port = 0;
	assert_told(&finding, "Everything inside was flooded");
	crowd_close(&hosts);
}

static void what_was_answered_is_told_where_it_says_something(void **state)
{
	struct finding finding = plausible(KIND_FLOOD_UDP, 0);

	(void)state;
	assert_told(&finding, "; none of this was answered.");
	prove(&finding, "answered", "share", 0.03);
	assert_told(&finding, "; 3 % of this was answered.");
	prove(&finding, "answered", "share", 0.9);
	assert_not_told(&finding, "of this was answered");
	finding.kind = KIND_FLOOD_SYN;
	assert_not_told(&finding, "here");
	prove(&finding, "answered", "share", 0.03);
	assert_told(&finding, "visitors complete their handshakes; here 3 % did.");
	finding.kind = KIND_FLOOD_ICMP;
	prove(&finding, "answered", "share", 0);
	assert_not_told(&finding, "of this was answered");
}

static void uniformity_is_told(void **state)
{
	struct finding finding = plausible(KIND_FLOOD_UDP, 0);

	(void)state;
	assert_told(&finding,
		"At least 80 % of the packets are 60 bytes long. At least 60 % of them "
		"come from port 53.");
	prove(&finding, "same_length", "share", 1);
	prove(&finding, "length", "bytes", 1);
	prove(&finding, "same_source_port", "share", 0.4);
	assert_told(&finding, "All of the packets are 1 byte long.");
	assert_not_told(&finding, "come from port");
}

static void connections_are_told_with_their_number(void **state)
{
	struct finding finding = plausible(KIND_CONN_EXHAUSTION, 0);

	(void)state;
	assert_told(&finding, "192.0.2.7 (ours), port 443, was held by silent connections for 1 s: "
			      "of 1,024 open ones, 990 sent next to nothing, from 1 address.");
	assert_told(&finding, "so the address is real.");
}

static void an_abused_reflector_names_the_victim(void **state)
{
	struct distinct victims = crowd_open("203.0.113.0", 12, 9);
	struct finding finding = plausible(KIND_REFLECTOR_OPEN, 0);

	(void)state;
	assert_told(&finding, "192.0.2.7 (ours) is used as a reflector on port 53: it sent 1,000 "
			      "answers (100 kB, peak 1.6 Mbit/s) to 203.0.113.9 in 1 s.");
	assert_told(&finding, "29 times as big");
	finding.scope = SCOPE_PREFIX;
	finding.to = address("203.0.113.0");
	finding.to_bits = 120;
	finding.targets = &victims;
	assert_told(&finding, "192.0.2.7 (ours) is used as a reflector");
	assert_told(&finding, " to hosts of 203.0.113.0/24 in 1 s.");
	crowd_close(&victims);
}

static void a_flooder_names_its_targets(void **state)
{
	struct distinct targets = crowd_open("203.0.113.0", 12, 9);
	struct finding finding = plausible(KIND_BOT_FLOODER, 0);

	(void)state;
	assert_told(&finding, "192.0.2.7 (ours) takes part in an attack on 203.0.113.9: 1,000");
	finding.port = 80;
	assert_told(&finding, "an attack on 203.0.113.9, port 80: ");
	finding.to = (struct addr){ 0 };
	finding.to_bits = 0;
	assert_told(&finding, "an attack on other hosts: ");
	finding.targets = &targets;
	assert_told(&finding, "an attack on 12 hosts: ");
	crowd_close(&targets);
}

/* A name as long as the configuration allows, and numbers as long as they get: still whole. */
static void the_longest_story_fits(void **state)
{
	struct distinct many = crowd_open("198.51.100.0", 30000, 2);
	struct finding finding = plausible(KIND_FLOOD_OTHER, 0);

	(void)state;
	finding.scope = SCOPE_GROUP;
	finding.group = "123456789 123456789 123456789 123456789 123456789 123456789 123";
	finding.sources = finding.targets = &many;
	finding.packets = UINT64_MAX;
	finding.peak_pps = finding.peak_bps = 1e300;
	finding.window = (struct window){ INT64_MIN, INT64_MAX };
	assert_told(&finding, "would hit innocents.");
	crowd_close(&many);
}

static void a_story_that_does_not_fit_is_cut(void **state)
{
	char reason[2 * INCIDENT_STORY_MAX];
	struct finding finding = plausible(KIND_FLOOD_UDP, 0);
	struct scene scene;

	(void)state;
	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	finding.reason = reason;
	scene_open(&scene, NULL);
	scene_take(&scene, &finding);
	scene_finish(&scene);
	assert_int_equal(strlen(scene_incident(&scene, 0)->story), INCIDENT_STORY_MAX - 1);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_told),
		cmocka_unit_test(every_kind_is_told_of_next_to_nothing),
		cmocka_unit_test(every_kind_survives_odd_numbers),
		cmocka_unit_test(every_kind_is_told_of_ipv6),
		cmocka_unit_test(only_inside_is_ours),
		cmocka_unit_test(ours_is_said_of_who_is_named),
		cmocka_unit_test(invented_senders_are_never_to_be_blocked),
		cmocka_unit_test(a_spoofable_sender_is_not_to_be_blocked_whatever_it_does),
		cmocka_unit_test(senders_who_are_known_may_be_blocked),
		cmocka_unit_test(a_scan_from_inside_asks_to_look_at_the_machine),
		cmocka_unit_test(scans_say_hosts_or_ports),
		cmocka_unit_test(a_scan_tells_its_ports),
		cmocka_unit_test(reflections_count_servers),
		cmocka_unit_test(carpets_groups_and_all_are_told),
		cmocka_unit_test(what_was_answered_is_told_where_it_says_something),
		cmocka_unit_test(uniformity_is_told),
		cmocka_unit_test(connections_are_told_with_their_number),
		cmocka_unit_test(an_abused_reflector_names_the_victim),
		cmocka_unit_test(a_flooder_names_its_targets),
		cmocka_unit_test(the_longest_story_fits),
		cmocka_unit_test(a_story_that_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
