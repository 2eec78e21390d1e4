/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/fusion_test.c - one infected host is one incident, one controller one botnet; who is
 * named as the controller, and when nobody is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/census.h"
#include "correlate/case.h"
#include "correlate/case_fixture.h"
#include "correlate/correlate_internal.h"

#define CONTROLLER "203.0.113.66"

static struct finding seen(enum kind kind, const char *from, const char *to, unsigned second)
{
	int64_t time_ns = SCENE_START_NS + second * NS_PER_S;

	return (struct finding){ .kind = kind,
		.scope = SCOPE_HOST,
		.detector = "test",
		.reason = "the test says so",
		.window = { time_ns, time_ns + NS_PER_S },
		.from = address(from),
		.to = address(to),
		.from_bits = 128,
		.to_bits = 128,
		.port = 6667,
		.packets = 10,
		.to_role = ROLE_CONTROLLER,
		.confidence = 0.8F };
}

static void attack(struct scene *scene, const char *from, unsigned second)
{
	struct finding finding = plausible(KIND_BOT_FLOODER, second);

	finding.from = address(from);
	scene_take(scene, &finding);
}

static void test_one_host_is_one_incident(void **state)
{
	struct finding irc = seen(KIND_BOT_IRC, "10.0.0.5", CONTROLLER, 0);
	struct finding dropper = seen(KIND_BOT_DROPPER, "10.0.0.5", "203.0.113.67", 10);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	irc.confidence = 0.9F;
	irc.family = "kaiten";
	scene_open(&scene, NULL);
	scene_take(&scene, &dropper);
	scene_take(&scene, &irc);
	attack(&scene, "10.0.0.5", 20);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->part_count, 3);
	assert_string_equal(incident->family, "kaiten");
	assert_int_equal(incident->severity, SEVERITY_HIGH);
	assert_int_equal(incident->roles[ROLE_ZOMBIE].count, 1);
	assert_int_equal(incident->roles[ROLE_TARGET].count, 1);
	/* Heard from just before the attack: sure, and the surer one stands first. */
	assert_true(incident->controller_count >= 1);
	assert_true(incident->controllers[0].is_before_attack);
	assert_non_null(strstr(incident->story, CONTROLLER));
	scene_close(&scene);
}

static void test_suspicions_stay_suspicions(void **state)
{
	static const enum kind odd[] = { KIND_BOT_TLS, KIND_BOT_BEACON, KIND_BOT_P2P, KIND_BOT_HTTP,
		KIND_BOT_TOR };
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct finding finding = seen(odd[i], "10.0.0.5", CONTROLLER, i);

		finding.confidence = 0.55F;
		scene_take(&scene, &finding);
	}
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->severity, SEVERITY_LOW);
	scene_close(&scene);
}

static void test_unknown_is_an_answer(void **state)
{
	struct finding finding = seen(KIND_BOT_DGA, "10.0.0.5", "203.0.113.1", 0);
	struct scene scene;

	(void)state;
	finding.to_role = ROLE_COUNT; /* a resolver */
	scene_open(&scene, NULL);
	scene_take(&scene, &finding);
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->controller_count, 0);
	assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_CONTROLLER].count, 0);
	assert_non_null(strstr(scene_incident(&scene, 0)->story, "not known"));
	scene_close(&scene);
}

static void test_one_controller_is_one_botnet(void **state)
{
	static const char *const hosts[] = { "10.0.0.5", "10.0.0.6", "10.0.0.7" };
	struct finding other = seen(KIND_BOT_MINER, "10.0.0.9", "203.0.113.99", 5);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < 3; i++) {
		struct finding finding = seen(KIND_BOT_C2, hosts[i], CONTROLLER, i);

		scene_take(&scene, &finding);
	}
	scene_take(&scene, &other);
	assert_int_equal(scene_finish(&scene), 2);
	incident = scene_incident(&scene, 0)->kind == KIND_BOT_C2 ? scene_incident(&scene, 0)
								  : scene_incident(&scene, 1);
	assert_int_equal(incident->roles[ROLE_ZOMBIE].count, 3);
	assert_int_equal(incident->roles[ROLE_CONTROLLER].count, 1);
	assert_int_equal(incident->controllers[0].zombies, 3);
	assert_int_equal(incident->link_count, 3);
	scene_close(&scene);
}

/* Two addresses, one name: the same. */
static void test_names_before_addresses(void **state)
{
	struct finding first = seen(KIND_BOT_HTTP, "10.0.0.5", "203.0.113.66", 0);
	struct finding second = seen(KIND_BOT_HTTP, "10.0.0.6", "203.0.113.77", 5);
	struct scene scene;

	(void)state;
	strcpy(first.name, "gate.example");
	strcpy(second.name, "gate.example");
	scene_open(&scene, NULL);
	scene_take(&scene, &first);
	scene_take(&scene, &second);
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_ZOMBIE].count, 2);
	assert_string_equal(scene_incident(&scene, 0)->controllers[0].name, "gate.example");
	scene_close(&scene);
}

/* "#x" is a channel at every server: that makes no botnet. */
static void test_channels_are_no_names(void **state)
{
	struct finding first = seen(KIND_BOT_IRC, "10.0.0.5", "203.0.113.66", 0);
	struct finding second = seen(KIND_BOT_IRC, "10.0.0.6", "203.0.113.77", 5);
	struct scene scene;

	(void)state;
	strcpy(first.name, "#x");
	strcpy(second.name, "#x");
	scene_open(&scene, NULL);
	scene_take(&scene, &first);
	scene_take(&scene, &second);
	assert_int_equal(scene_finish(&scene), 2);
	scene_close(&scene);
}

static void see(struct census *census, const char *from, const char *to)
{
	struct app_event event = { .type = APP_CONNECT,
		.time_ns = SCENE_START_NS,
		.key = { .addr = { address(from), address(to) },
			.port = { 40000, 443 },
			.proto = 6 } };

	census_see(census, &event);
}

/* What all the others contact too gives no orders. */
static void test_common_places_are_no_controllers(void **state)
{
	struct finding finding = seen(KIND_BOT_DROPPER, "10.0.0.5", CONTROLLER, 0);
	struct census *census;
	struct scene scene;
	char from[ADDR_TEXT_MAX];

	(void)state;
	scene_open(&scene, NULL);
	assert_int_equal(census_open(&scene.conf, scene.networks, SCENE_SEED, &census), 0);
	for (unsigned i = 1; i <= 40; i++) {
		snprintf(from, sizeof(from), "10.0.0.%u", i);
		see(census, from, CONTROLLER);
	}
	scene.correlator->census = census;
	scene_take(&scene, &finding);
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->controller_count, 0);
	census_close(census);
	scene_close(&scene);
}

/* What makes a host suspect must not tie it to others: a service that all of them ask. */
static void test_suspicions_tie_nobody_together(void **state)
{
	struct finding sure = seen(KIND_BOT_C2, "10.0.0.5", CONTROLLER, 0);
	struct finding check = seen(KIND_BOT_BEACON, "10.0.0.5", "203.0.113.99", 1);
	struct finding other = seen(KIND_BOT_BEACON, "10.0.0.6", "203.0.113.99", 2);
	struct scene scene;

	(void)state;
	check.confidence = other.confidence = 0.45F;
	scene_open(&scene, NULL);
	scene_take(&scene, &sure);
	scene_take(&scene, &check);
	scene_take(&scene, &other);
	assert_int_equal(scene_finish(&scene), 2);
	assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_ZOMBIE].count, 1);
	assert_int_equal(scene_incident(&scene, 1)->severity, SEVERITY_LOW);
	scene_close(&scene);
}

/* Each of many guessers is told by itself at first: in the end they are one. */
static void test_guessers_of_one_host_are_one(void **state)
{
	struct finding all = seen(KIND_BRUTEFORCE_SSH, SCENE_STRANGER, SCENE_TARGET, 9);
	struct distinct crowd = crowd_open("203.0.113.1", 20, 5);
	struct scene scene;
	char from[ADDR_TEXT_MAX];

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 1; i <= 20; i++) {
		struct finding one;

		snprintf(from, sizeof(from), "203.0.113.%u", i);
		one = seen(KIND_BRUTEFORCE_SSH, from, SCENE_TARGET, i);
		one.to_role = ROLE_TARGET;
		scene_take(&scene, &one);
	}
	all.from = (struct addr){ 0 };
	all.from_bits = 0;
	all.to_role = ROLE_TARGET;
	all.sources = &crowd;
	all.confidence = 0.9F;
	scene_take(&scene, &all);
	assert_int_equal(scene_finish(&scene), 1);
	assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_ZOMBIE].count, 20);
	assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_TARGET].count, 1);
	crowd_close(&crowd);
	scene_close(&scene);
}

static void test_many_links_are_counted(void **state)
{
	const struct incident *incident;
	struct scene scene;
	char to[ADDR_TEXT_MAX];

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < INCIDENT_LINKS + 5; i++) {
		struct finding finding;

		snprintf(to, sizeof(to), "203.0.113.%u", i + 1);
		finding = seen(KIND_BOT_P2P, "10.0.0.5", to, i);
		scene_take(&scene, &finding);
	}
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->link_count, INCIDENT_LINKS);
	assert_int_equal(incident->links_lost, 5);
	scene_close(&scene);
}

/* A host that only scans stays what it was. */
static void test_scans_alone_are_left(void **state)
{
	struct finding scan = plausible(KIND_SCAN_HORIZONTAL, 0);
	struct finding later = plausible(KIND_SCAN_STEALTH, 1000);
	struct scene scene;

	(void)state;
	scan.from = later.from = address("10.0.0.5");
	scene_open(&scene, NULL);
	scene_take(&scene, &scan);
	scene_take(&scene, &later);
	assert_int_equal(scene_finish(&scene), 2);
	scene_close(&scene);
}

static void test_guessing_from_outside(void **state)
{
	struct finding finding = seen(KIND_BRUTEFORCE_SSH, SCENE_STRANGER, SCENE_TARGET, 0);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	finding.to_role = ROLE_TARGET;
	finding.port = 22;
	scene_open(&scene, NULL);
	scene_take(&scene, &finding);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->severity, SEVERITY_MEDIUM);
	assert_int_equal(incident->roles[ROLE_ZOMBIE].count, 1);
	assert_int_equal(incident->roles[ROLE_TARGET].count, 1);
	assert_int_equal(incident->controller_count, 0);
	assert_non_null(strstr(incident->story, "guesses passwords"));
	scene_close(&scene);
}

/* Live: the incident keeps its id while more comes to light, and ends after bot.quiet_s. */
static void test_live_keeps_its_id(void **state)
{
	struct finding beacon = seen(KIND_BOT_BEACON, "10.0.0.5", CONTROLLER, 0);
	struct finding irc = seen(KIND_BOT_IRC, "10.0.0.5", CONTROLLER, 30);
	char id[INCIDENT_ID_MAX];
	struct scene scene;
	unsigned count;

	(void)state;
	irc.confidence = 0.95F;
	scene_open(&scene, NULL);
	scene_take(&scene, &beacon);
	correlator_tell(scene.correlator, SCENE_START_NS + NS_PER_S, NULL);
	correlator_incidents(scene.correlator, &count);
	assert_int_equal(count, 1);
	memcpy(id, scene_incident(&scene, 0)->id, sizeof(id));
	scene_take(&scene, &irc);
	correlator_tell(scene.correlator, SCENE_START_NS + 31 * NS_PER_S, NULL);
	correlator_incidents(scene.correlator, &count);
	assert_int_equal(count, 1);
	assert_string_equal(scene_incident(&scene, 0)->id, id);
	assert_int_equal(scene_incident(&scene, 0)->kind, KIND_BOT_IRC);
	/* Longer than a flood's silence, but not yet a bot's. */
	correlator_tell(scene.correlator, SCENE_START_NS + 600 * NS_PER_S, NULL);
	correlator_incidents(scene.correlator, &count);
	assert_int_equal(count, 1);
	correlator_tell(scene.correlator, SCENE_START_NS + 4000 * NS_PER_S, NULL);
	correlator_incidents(scene.correlator, &count);
	assert_int_equal(count, 0);
	scene_close(&scene);
}

/* The same weak sign hour after hour stays one sign. */
static void test_repetition_makes_no_controller_certain(void **state)
{
	struct finding tls = seen(KIND_BOT_TLS, "10.0.0.5", CONTROLLER, 0);
	float once = 0;

	(void)state;
	tls.confidence = 0.6F;
	for (unsigned times = 1; times <= 20; times += 19) {
		const struct incident *incident;
		struct scene scene;

		scene_open(&scene, NULL);
		scene_take(&scene, &tls);
		for (unsigned i = 0; i < times; i++) {
			struct finding beacon =
				seen(KIND_BOT_BEACON, "10.0.0.5", CONTROLLER, i * 4000);

			beacon.confidence = 0.5F;
			scene_take(&scene, &beacon);
		}
		assert_int_equal(scene_finish(&scene), 1);
		incident = scene_incident(&scene, 0);
		assert_int_equal(incident->controller_count, 1);
		if (times == 1)
			once = incident->controllers[0].confidence;
		assert_float_equal(incident->controllers[0].confidence, once, 0.001);
		scene_close(&scene);
	}
}

/* Who gives programs away is not told as surely as who gives orders. */
static void test_a_loader_is_not_the_controller(void **state)
{
	struct finding loader = seen(KIND_BOT_DROPPER, "10.0.0.5", "203.0.113.44", 0);
	struct finding orders = seen(KIND_BOT_C2, "10.0.0.5", CONTROLLER, 10);
	struct addr controller = address(CONTROLLER);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	loader.confidence = orders.confidence = 0.9F;
	scene_open(&scene, NULL);
	scene_take(&scene, &loader);
	scene_take(&scene, &orders);
	attack(&scene, "10.0.0.5", 20);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->controller_count, 2);
	assert_true(addr_equal(&incident->controllers[0].addr, &controller));
	assert_true(incident->controllers[1].confidence < 0.75F);
	scene_close(&scene);
}

static float proof_of(enum kind first, enum kind second)
{
	struct finding one = seen(first, "10.0.0.5", CONTROLLER, 0);
	struct finding two = seen(second, "10.0.0.5", CONTROLLER, 1);
	struct scene scene;
	float proof;

	scene_open(&scene, NULL);
	scene_take(&scene, &one);
	scene_take(&scene, &two);
	assert_int_equal(scene_finish(&scene), 1);
	proof = scene_incident(&scene, 0)->proof;
	scene_close(&scene);
	return proof;
}

/* What a page can have a browser do, however much of it, proves nothing. */
static void test_only_deeds_are_proof(void **state)
{
	(void)state;
	assert_true(proof_of(KIND_BOT_HTTP, KIND_BOT_DGA) == 0);
	assert_true(proof_of(KIND_BOT_LIST, KIND_BRUTEFORCE_HTTP) == 0);
	assert_true(proof_of(KIND_BOT_IRC, KIND_BOT_DGA) >= 0.79F);
	assert_true(proof_of(KIND_BOT_SHELL, KIND_BRUTEFORCE_SSH) >= 0.9F);
}

/* However sure it is: a tool of people's, too. */
static void test_tor_alone_is_no_bot(void **state)
{
	struct finding tor = seen(KIND_BOT_TOR, "10.0.0.5", CONTROLLER, 0);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	tor.confidence = 0.95F;
	tor.to_role = ROLE_COUNT;
	scene_open(&scene, NULL);
	scene_take(&scene, &tor);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->severity, SEVERITY_MEDIUM);
	assert_true(incident->proof == 0);
	assert_non_null(strstr(incident->story, "is a client of Tor"));
	assert_null(strstr(incident->story, "works for somebody"));
	scene_close(&scene);
}

/* Each with the same controller, but only one with proof: said, for those who act on it. */
static void test_a_botnet_says_who_is_unproved(void **state)
{
	struct finding irc = seen(KIND_BOT_IRC, "10.0.0.5", CONTROLLER, 0);
	struct finding http = seen(KIND_BOT_HTTP, "10.0.0.6", CONTROLLER, 5);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	irc.confidence = 0.95F;
	scene_open(&scene, NULL);
	scene_take(&scene, &irc);
	scene_take(&scene, &http);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_true(incident->has_unproved);
	assert_int_equal(incident->link_count, 2);
	assert_true(incident->links[0].is_deed != incident->links[1].is_deed);
	assert_true(incident->controllers[0].is_deed);
	scene_close(&scene);
}

/* What a list says of an address; of a name that leads there its owner decides where to. */
static void test_a_listed_address(void **state)
{
	struct finding address_of = seen(KIND_BOT_LIST, "10.0.0.5", CONTROLLER, 0);
	struct finding name_of = seen(KIND_BOT_LIST, "10.0.0.5", "203.0.113.67", 1);
	const struct incident *incident;
	struct scene scene;

	(void)state;
	address_of.confidence = name_of.confidence = 0.9F;
	name_of.to_confidence = 0.75F;
	scene_open(&scene, NULL);
	scene_take(&scene, &address_of);
	scene_take(&scene, &name_of);
	assert_int_equal(scene_finish(&scene), 1);
	incident = scene_incident(&scene, 0);
	assert_int_equal(incident->controller_count, 2);
	assert_true(incident->controllers[0].is_listed);
	assert_false(incident->controllers[0].is_deed);
	assert_false(incident->controllers[1].is_listed);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_host_is_one_incident),
		cmocka_unit_test(test_suspicions_stay_suspicions),
		cmocka_unit_test(test_unknown_is_an_answer),
		cmocka_unit_test(test_one_controller_is_one_botnet),
		cmocka_unit_test(test_names_before_addresses),
		cmocka_unit_test(test_channels_are_no_names),
		cmocka_unit_test(test_common_places_are_no_controllers),
		cmocka_unit_test(test_suspicions_tie_nobody_together),
		cmocka_unit_test(test_guessers_of_one_host_are_one),
		cmocka_unit_test(test_many_links_are_counted),
		cmocka_unit_test(test_scans_alone_are_left),
		cmocka_unit_test(test_guessing_from_outside),
		cmocka_unit_test(test_live_keeps_its_id),
		cmocka_unit_test(test_repetition_makes_no_controller_certain),
		cmocka_unit_test(test_a_loader_is_not_the_controller),
		cmocka_unit_test(test_only_deeds_are_proof),
		cmocka_unit_test(test_a_botnet_says_who_is_unproved),
		cmocka_unit_test(test_a_listed_address),
		cmocka_unit_test(test_tor_alone_is_no_bot),
	};

	return cmocka_run_group_tests_name("fusion", tests, NULL, NULL);
}
