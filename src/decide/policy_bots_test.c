/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide/policy_bots_test.c - tests for policy.c: hosts of ours that work for somebody else, their
 * controllers, and who guesses passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "decide/decide_fixture.h"

static struct stage stage;

static int end(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

/* A host of ours that works for somebody else: as correlate tells of it. */
static void open_bot(enum kind kind, const char *zombie, unsigned count)
{
	stage_open(&stage, kind);
	stage.incident.subject = stage_addr(zombie);
	stage_set_senders(&stage, ROLE_ZOMBIE, zombie, count);
	stage.incident.is_spoofable = false;
}

/* Is that the reason, as commands show it? */
static bool is_reason(const char *words)
{
	return strstr(decider_reason(stage.decider, stage.incident.id), words) != NULL;
}

static void give_orders(float confidence)
{
	stage.incident.controllers[0] = (struct incident_controller){
		.addr = stage_addr("203.0.113.66"),
		.port = 6667,
		.confidence = confidence,
		.is_deed = true,
	};
	stage.incident.controller_count = 1;
}

static void our_zombies_go_into_quarantine(void **state)
{
	(void)state;
	open_bot(KIND_BOT_FLOODER, "198.51.100.20", 1);
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
	assert_int_equal(stage.applied, 1);
	stage_close(&stage);
	open_bot(KIND_BOT_FLOODER, "198.51.100.20", 1);
	stage.conf.policy.quarantine = 0;
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 0);
	assert_true(is_reason("policy.quarantine is off"));
	stage_close(&stage);
	open_bot(KIND_BOT_FLOODER, "198.51.100.20", 1);
	stage.incident.confidence = 0.7F;
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 0);
	assert_true(is_reason("confidence is below 0.8"));
	stage_close(&stage);
	open_bot(KIND_BOT_FLOODER, "198.51.100.20", 1);
	stage.picture.has_gate = false;
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 0);
	assert_true(is_reason("kernel part is not loaded"));
}

static void a_controller_is_blocked_before_its_bots_are_shut_in(void **state)
{
	const struct mitigation *block;

	(void)state;
	open_bot(KIND_BOT_IRC, "198.51.100.20", 3);
	give_orders(0.95F);
	stage_windows(&stage, 1);
	block = stage_find(&stage, VERB_BLOCK, 0);
	assert_non_null(block);
	assert_true(addr_equal(&block->whom, &stage.incident.controllers[0].addr));
	assert_non_null(strstr(block->why, "gives orders"));
	assert_null(stage_find(&stage, VERB_QUARANTINE, 0));
	/* It has more ways to reach them. */
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 2));
	assert_null(stage_find(&stage, VERB_BLOCK, 1));
	assert_int_equal(stage.applied, 4);
}

static void a_doubtful_controller_is_left(void **state)
{
	(void)state;
	open_bot(KIND_BOT_IRC, "198.51.100.20", 1);
	give_orders(0.85F);
	stage_windows(&stage, 20);
	assert_null(stage_find(&stage, VERB_BLOCK, 0));
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
}

/* Its controller may be one of ours, or allowed: never blocked. */
static void a_controller_of_ours_is_not_blocked(void **state)
{
	(void)state;
	open_bot(KIND_BOT_C2, "198.51.100.20", 1);
	give_orders(0.99F);
	stage.incident.controllers[0].addr = stage_addr("198.51.100.30");
	stage_windows(&stage, 20);
	assert_null(stage_find(&stage, VERB_BLOCK, 0));
	stage_close(&stage);
	open_bot(KIND_BOT_C2, "198.51.100.20", 1);
	give_orders(0.99F);
	stage.incident.controllers[0].addr = stage_addr("192.0.2.1");
	stage_windows(&stage, 20);
	assert_null(stage_find(&stage, VERB_BLOCK, 0));
}

static void suspicions_are_only_told(void **state)
{
	(void)state;
	open_bot(KIND_BOT_TLS, "198.51.100.20", 1);
	stage.incident.severity = SEVERITY_LOW;
	stage.incident.confidence = 0.55F;
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 0);
	assert_string_equal(decider_reason(stage.decider, stage.incident.id), "");
}

static void who_guesses_passwords_is_blocked_or_shut_in(void **state)
{
	(void)state;
	open_bot(KIND_BRUTEFORCE_SSH, "203.0.113.9", 1);
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_BLOCK, 0));
	assert_null(stage_find(&stage, VERB_QUARANTINE, 0));
	stage_close(&stage);
	open_bot(KIND_BRUTEFORCE_SSH, "198.51.100.20", 1);
	stage_windows(&stage, 20);
	assert_null(stage_find(&stage, VERB_BLOCK, 0));
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
}

/* Told under our host. Who failed once or twice may have mistyped. */
static void many_strangers_who_guess_are_blocked(void **state)
{
	(void)state;
	open_bot(KIND_BRUTEFORCE_SSH, "203.0.113.9", 3);
	stage.incident.subject = stage_addr("198.51.100.20");
	stage.senders[1].packets = 2;
	stage_windows(&stage, 20);
	assert_null(stage_find(&stage, VERB_QUARANTINE, 0));
	assert_non_null(stage_find(&stage, VERB_BLOCK, 1));
	assert_null(stage_find(&stage, VERB_BLOCK, 2));
	assert_int_equal(stage.applied, 2);
}

/* A beacon is silent for minutes: its host stays shut in meanwhile. */
static void a_silent_bot_stays_in_quarantine(void **state)
{
	(void)state;
	open_bot(KIND_BOT_BEACON, "198.51.100.20", 1);
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
	for (unsigned i = 0; i < 1200; i++)
		stage_window(&stage, false);
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
	for (unsigned i = 0; i < 3600; i++)
		stage_window(&stage, false);
	assert_null(stage_find(&stage, VERB_QUARANTINE, 0));
}

/* A page can have a browser look up, fetch and post whatever its author likes, to whom he likes. */
static void what_a_page_can_cause_harms_nobody(void **state)
{
	(void)state;
	open_bot(KIND_BOT_HTTP, "198.51.100.20", 1);
	give_orders(0.99F);
	stage.incident.controllers[0].is_deed = false;
	stage.incident.confidence = 0.99F;
	stage.incident.proof = 0.5F;
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 0);
	assert_true(is_reason("a web page or a forged address"));
	/* What the operator has listed may be shut out at once. */
	stage.incident.controllers[0].is_listed = true;
	stage.incident.controllers[0].kinds = 1;
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_BLOCK, 0));
	assert_null(stage_find(&stage, VERB_QUARANTINE, 0));
	/* Who is told of in another way too, is shut in. */
	stage.incident.controllers[0].kinds = 3;
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
	assert_false(is_reason("No quarantine"));
}

/* It is a bot; but what names that address is what its browser did. */
static void a_bot_that_browses_names_nobody(void **state)
{
	(void)state;
	open_bot(KIND_BOT_IRC, "198.51.100.20", 1);
	give_orders(0.95F);
	stage.incident.controllers[1] = stage.incident.controllers[0];
	stage.incident.controllers[1].addr = stage_addr("203.0.113.80");
	stage.incident.controllers[1].is_deed = false;
	stage.incident.controller_count = 2;
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_BLOCK, 0));
	assert_null(stage_find(&stage, VERB_BLOCK, 1));
}

/* One of them is proved to be a bot; the others may only have seen a page that names the same
 * controller. */
static void each_of_a_botnet_needs_proof(void **state)
{
	(void)state;
	open_bot(KIND_BOT_IRC, "198.51.100.20", 3);
	stage.incident.has_unproved = true;
	stage.incident.links[0] = (struct incident_link){ .from = stage_addr("198.51.100.21"),
		.to = stage_addr("203.0.113.66"),
		.is_deed = true };
	stage.incident.links[1] = (struct incident_link){ .from = stage_addr("198.51.100.22"),
		.to = stage_addr("203.0.113.66") };
	stage.incident.link_count = 2;
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 1);
	assert_true(is_reason("no proof of their own"));
	assert_true(addr_equal(
		&stage_find(&stage, VERB_QUARANTINE, 0)->whom, &stage.incident.links[0].from));
}

/* Its SYNs may have come from anywhere if only hosts of ours got them. */
static void a_scan_of_ours_in_our_name_shuts_nobody_in(void **state)
{
	struct role_entry target = { .addr = stage_addr("198.51.100.30"), .bits = 128 };

	(void)state;
	open_bot(KIND_SCAN_MIRAI, "198.51.100.20", 1);
	stage.incident.proof = 0;
	stage.incident.roles[ROLE_TARGET] = (struct role_list){ &target, 1, 1, false };
	stage_windows(&stage, 20);
	assert_int_equal(stage.applied, 0);
	target.addr = stage_addr("203.0.113.30");
	stage_windows(&stage, 20);
	assert_non_null(stage_find(&stage, VERB_QUARANTINE, 0));
}

/* nmap of hosts and ports: an administrator's, or anybody's. */
static void scans_of_two_kinds_are_no_bot(void **state)
{
	(void)state;
	open_bot(KIND_SCAN_HORIZONTAL, "198.51.100.20", 1);
	stage.incident.parts[0] = (struct incident_part){ KIND_SCAN_HORIZONTAL, 0.98F, 1 };
	stage.incident.parts[1] = (struct incident_part){ KIND_SCAN_VERTICAL, 0.98F, 1 };
	stage.incident.part_count = 2;
	stage_windows(&stage, 20);
	assert_null(stage_find(&stage, VERB_QUARANTINE, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(our_zombies_go_into_quarantine),
		TEST(a_controller_is_blocked_before_its_bots_are_shut_in),
		TEST(a_doubtful_controller_is_left),
		TEST(a_controller_of_ours_is_not_blocked),
		TEST(suspicions_are_only_told),
		TEST(who_guesses_passwords_is_blocked_or_shut_in),
		TEST(a_silent_bot_stays_in_quarantine),
		TEST(many_strangers_who_guess_are_blocked),
		TEST(what_a_page_can_cause_harms_nobody),
		TEST(a_bot_that_browses_names_nobody),
		TEST(each_of_a_botnet_needs_proof),
		TEST(a_scan_of_ours_in_our_name_shuts_nobody_in),
		TEST(scans_of_two_kinds_are_no_bot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
