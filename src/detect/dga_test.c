/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dga_test.c - a bot that searches is found, with the name it finds; what only looks so is
 * not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"
#include "detect/dga.h"

#define BOT "192.168.0.7"
#define RESOLVER "192.168.0.1"

static int set_up(void **state)
{
	*state = play_open(&detector_dga, NULL);
	return 0;
}

static int tear_down(void **state)
{
	play_close(*state);
	return 0;
}

static void ask(struct play *play, double time_s, const char *client, const char *server,
	uint16_t type, uint8_t rcode, const char *name)
{
	struct app_event event = play_event(
		play, APP_DNS, time_s, play_addr(client), play_addr(server), IPPROTO_UDP, 53);

	event.dns = (struct app_dns){
		.name = { name, (uint32_t)strlen(name) }, .type = type, .rcode = rcode
	};
	play_see(play, &event);
}

static void miss(struct play *play, double time_s, const char *name)
{
	ask(play, time_s, BOT, RESOLVER, 1, 3, name);
}

/* The number-th label of a generator that draws letters. */
static const char *generated(unsigned number, const char *end)
{
	static char name[64];
	uint64_t noise = number * 6364136223846793005ULL + 1442695040888963407ULL;
	unsigned len = 10 + number % 5;

	for (unsigned i = 0; i < len; i++) {
		noise = noise * 6364136223846793005ULL + 1442695040888963407ULL;
		name[i] = (char)('a' + (noise >> 33) % 26);
	}
	snprintf(name + len, sizeof(name) - len, "%s", end);
	return name;
}

/* The number-th of names that people might have chosen. */
static const char *natural(unsigned number)
{
	static const char *const first[] = { "open", "super", "green", "media", "best", "happy",
		"smart", "world", "north", "photo", "track", "torrent" };
	static const char *const last[] = { "shop", "planet", "market", "server", "house", "games",
		"stream", "letter", "finder", "center", "express", "garden" };
	static char name[64];

	snprintf(name, sizeof(name), "www.%s%s.%s", first[number % 12], last[number / 12 % 12],
		number % 2 ? "com" : "org");
	return name;
}

static float sureness(struct play *play)
{
	float confidence;

	play_count(play, KIND_BOT_DGA, (struct addr){ 0 }, &confidence);
	return confidence;
}

static void test_burst(void **state)
{
	struct play *play = *state;
	const struct finding *finding;

	for (unsigned i = 0; i < 18; i++)
		miss(play, i, generated(i, ".com"));
	assert_int_equal(play->findings.count, 0);
	for (unsigned i = 18; i < 30; i++)
		miss(play, i, generated(i, ".net"));
	assert_true(play->findings.count >= 1);
	assert_true(sureness(play) >= 0.7F);
	finding = &play->findings.list[0];
	assert_int_equal(finding->to_role, ROLE_COUNT);
	assert_string_equal(finding->name, "");
	assert_true(strstr(finding->detail, "names that do not exist") != NULL);
}

/* The name that exists at the end is where the controller is. */
static void test_rendezvous(void **state)
{
	struct play *play = *state;
	struct addr controller = play_addr("203.0.113.66");
	const struct finding *finding;

	for (unsigned i = 0; i < 30; i++)
		miss(play, i, generated(i, ".com"));
	play_dns(play, 31, play_addr(BOT), "www.wikipedia.org", play_addr("203.0.113.9"));
	play_dns(play, 32, play_addr(BOT), generated(99, ".com"), controller);
	finding = &play->findings.list[play->findings.count - 1];
	assert_int_equal(finding->to_role, ROLE_CONTROLLER);
	assert_true(addr_equal(&finding->to, &controller));
	assert_string_equal(finding->name, generated(99, ".com"));
}

/* Found before the number is reached: named all the same once it is. */
static void test_early_rendezvous(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 10; i++)
		miss(play, i, generated(i, ".com"));
	play_dns(play, 11, play_addr(BOT), generated(99, ".com"), play_addr("203.0.113.66"));
	assert_int_equal(play->findings.count, 0);
	for (unsigned i = 10; i < 22; i++)
		miss(play, i + 2, generated(i, ".com"));
	assert_true(play->findings.count >= 1);
	assert_int_equal(play->findings.list[0].to_role, ROLE_CONTROLLER);
}

/* Dead trackers, a filter that answers NXDOMAIN, a crawler: likely names. */
static void test_dead_names_of_people(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 90; i++)
		miss(play, i, natural(i));
	assert_int_equal(play->findings.count, 0);
	/* Very many of them are a hint, no more. */
	for (unsigned i = 90; i < 144; i++)
		miss(play, i, natural(i));
	assert_true(play->findings.count >= 1 && sureness(play) < 0.5F);
}

static void test_typos_over_time(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 200; i++)
		miss(play, 60.0 * i, generated(i, ".com"));
	assert_int_equal(play->findings.count, 0);
}

/* Chromium's probes: single labels, and what search suffixes make of them. */
static void test_browser_probes(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 60; i++) {
		miss(play, i, generated(i, ""));
		miss(play, i, generated(i, ".office.example.com"));
		miss(play, i, generated(i, ".corp"));
		miss(play, i, generated(i, ".lan"));
	}
	assert_int_equal(play->findings.count, 0);
}

static void test_technical_names(void **state)
{
	struct play *play = *state;
	char name[128];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%u.2.0.192.zen.spamhaus.org", i);
		miss(play, i, name);
		snprintf(name, sizeof(name), "%u.2.0.192.in-addr.arpa", i);
		miss(play, i, name);
		miss(play, i, generated(i, ".avts.mcafee.com"));
		miss(play, i, generated(i, ".d111111abcdef8.cloudfront.net"));
		ask(play, i, BOT, RESOLVER, 16, 3, generated(i, ".com"));
		ask(play, i, BOT, RESOLVER, 1, 2, generated(i, ".com"));
	}
	assert_int_equal(play->findings.count, 0);
}

/* The same name again and again is one name. */
static void test_one_dead_name(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 500; i++)
		miss(play, i, generated(i % 10, ".com"));
	assert_int_equal(play->findings.count, 0);
}

/* A resolver speaks for many: five times as many, and never more than low. */
static void test_resolver(void **state)
{
	struct play *play = *state;
	char server[32];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(server, sizeof(server), "203.0.113.%u", i + 1);
		ask(play, 0, RESOLVER, server, 1, 0, "www.example.com");
	}
	for (unsigned i = 0; i < 60; i++)
		ask(play, 1 + i, RESOLVER, "203.0.113.1", 1, 3, generated(i, ".com"));
	assert_int_equal(play->findings.count, 0);
	for (unsigned i = 60; i < 200; i++)
		ask(play, 1 + i, RESOLVER, "203.0.113.1", 1, 3, generated(i, ".com"));
	assert_true(play->findings.count >= 1 && sureness(play) < 0.6F);
}

static void test_strangeness(void **state)
{
	static const char *const chosen[] = { "google", "akamaihd", "facebook", "ytimg", "gstatic",
		"doubleclick", "iqiyi", "xbox", "windowsupdate", "msftconnecttest", "24ur", "hp",
		"xn--80ak6aa92e", "stackoverflow", "office365", "web2market" };

	(void)state;
	for (unsigned i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
		assert_true(dga_strangeness(chosen[i]) < DGA_STRANGE);
	assert_true(dga_strangeness("xjqkzvwpbf") >= DGA_STRANGE);
	assert_true(dga_strangeness("3f9a77c01bde4428") >= DGA_STRANGE);
	assert_true(dga_strangeness("k7x2m9q4z1") >= DGA_STRANGE);
	assert_true(dga_strangeness("") == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_burst),
		TEST(test_rendezvous),
		TEST(test_early_rendezvous),
		TEST(test_dead_names_of_people),
		TEST(test_typos_over_time),
		TEST(test_browser_probes),
		TEST(test_technical_names),
		TEST(test_one_dead_name),
		TEST(test_resolver),
		cmocka_unit_test(test_strangeness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
