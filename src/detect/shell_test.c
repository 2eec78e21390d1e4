/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/shell_test.c - shells that obey the outside are found; a person's own session, chats and
 * services that push are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define OURS "192.168.1.20"
#define OTHER "192.168.1.30"
#define OUTSIDE "203.0.113.5"

static int set_up(void **state)
{
	*state = play_open(&detector_shell, NULL);
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

	play_count(play, KIND_BOT_SHELL, play_addr(from), &confidence);
	return confidence;
}

static struct app_event talk(
	struct play *play, const char *client, const char *server, uint16_t port)
{
	return play_event(
		play, APP_LOOKS, 1, play_addr(client), play_addr(server), IPPROTO_TCP, port);
}

static void say(struct play *play, struct app_event *event, unsigned side, enum looks_kind kind,
	uint32_t count, const char *text, uint32_t traits)
{
	event->looks = (struct app_looks){ .kind = kind,
		.side = (uint8_t)side,
		.count = count,
		.traits = traits,
		.text = { text, (uint32_t)strlen(text) } };
	play_see(play, event);
}

/* One side shows, the other types. */
static void converse(struct play *play, struct app_event *event, unsigned shell)
{
	say(play, event, shell, LOOKS_SHELL_PROMPT, 3, "$ ", 0);
	say(play, event, !shell, LOOKS_SHELL_COMMAND, 2, "whoami; \033id", 0);
	say(play, event, shell, LOOKS_SHELL_OUTPUT, 2, "uid=33(www-data) gid=33(www-data)", 0);
}

static void test_reverse(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 4444);
	struct addr outside = play_addr(OUTSIDE);
	const struct finding *finding;

	converse(play, &event, 0);
	assert_true(found(play, OURS) > 0.9F);
	finding = &play->findings.list[play->findings.count - 1];
	assert_true(addr_equal(&finding->to, &outside));
	assert_int_equal(finding->to_role, ROLE_CONTROLLER);
	assert_int_equal(finding->port, 4444);
	assert_non_null(strstr(finding->detail, "whoami; \\x1bid"));
	assert_true(finding_evidence(finding, "commands", 0) > 1.9);
}

/* A person logs in somewhere: the outside shows the prompt. */
static void test_own_session(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 4444);

	converse(play, &event, 1);
	assert_int_equal(play->findings.count, 0);
}

static void test_bind(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OUTSIDE, OURS, 31337);

	converse(play, &event, 1);
	assert_true(found(play, OURS) > 0.8F);
}

/* A console port, a login, or both of our own. */
static void test_not_bind(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OUTSIDE, OURS, 23), login;

	converse(play, &event, 1);
	assert_int_equal(play->findings.count, 0);
	event = talk(play, OUTSIDE, OURS, 7777);
	login = event;
	login.type = APP_LOGIN;
	login.login = (struct app_login){ .proto = PROTO_TELNET };
	play_see(play, &login);
	converse(play, &event, 1);
	assert_int_equal(play->findings.count, 0);
	event = talk(play, OTHER, OURS, 7777);
	converse(play, &event, 1);
	assert_true(found(play, OURS) < 0.6F);
}

/* A banner alone, prompts alone, output alone, commands alone. */
static void test_parts(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 443);

	say(play, &event, 0, LOOKS_SHELL_OUTPUT, 1, "uid=0(root) gid=0(root)", 0);
	assert_int_equal(play->findings.count, 0); /* a paste */
	event = talk(play, OURS, OUTSIDE, 443);
	say(play, &event, 0, LOOKS_SHELL_PROMPT, 3, "# ", 0);
	assert_true(found(play, OURS) < 0.6F);
	event = talk(play, OURS, OUTSIDE, 443);
	say(play, &event, 0, LOOKS_SHELL_OUTPUT, 1, "Microsoft Windows [Version 10.0]", 0);
	assert_true(found(play, OURS) > 0.7F);
	event = talk(play, OTHER, OUTSIDE, 443);
	say(play, &event, 1, LOOKS_SHELL_COMMAND, 1, "x", TRAIT_DOWNLOAD | TRAIT_RUN);
	assert_true(found(play, OTHER) > 0.6F);
}

/* Told at once, then again after 10 s. */
static void test_rests(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 4444);
	unsigned count;

	converse(play, &event, 0);
	count = play->findings.count;
	converse(play, &event, 0);
	assert_int_equal(play->findings.count, count);
	event.time_ns += 11 * NS_PER_S;
	say(play, &event, 0, LOOKS_SHELL_PROMPT, 9, "$ ", 0);
	assert_int_equal(play->findings.count, count + 1);
}

static void test_script(void **state)
{
	struct play *play = *state;
	struct app_event event = talk(play, OURS, OUTSIDE, 9);

	say(play, &event, 0, LOOKS_SCRIPT, 1, "#!/bin/sh", TRAIT_SOCKET); /* it sends one away */
	assert_int_equal(play->findings.count, 0);
	event = talk(play, OURS, OUTSIDE, 9);
	say(play, &event, 1, LOOKS_SCRIPT, 1, "#!/bin/sh", 0);
	assert_true(found(play, OURS) > 0.4F && found(play, OURS) < 0.6F);
	event = talk(play, OURS, OUTSIDE, 9);
	say(play, &event, 1, LOOKS_SCRIPT, 1, "#!/bin/sh", TRAIT_DOWNLOAD | TRAIT_RUN);
	assert_true(found(play, OURS) > 0.7F);
}

static struct app_event flow(struct play *play, enum app_proto proto)
{
	struct app_event event = play_event(
		play, APP_FLOW, 200, play_addr(OURS), play_addr(OUTSIDE), IPPROTO_TCP, 8443);

	event.flow_end = (struct app_flow){ .first_ns = event.time_ns - 120 * NS_PER_S,
		.last_ns = event.time_ns,
		.payload_bytes = { 20000, 900 },
		.packets = { 40, 40 },
		.proto = proto,
		.end = FLOW_END_CLOSED,
		.rhythm = { .messages = { 12, 12 },
			.small = { 3, 12 },
			.prompts = 11,
			.obeyed = 11,
			.idle_s = 80,
			.pause_mean = 2,
			.pause_squares = 9, /* standard deviation 0.95 */
			.entropy = { 230, 220 } } };
	return event;
}

static void tls(
	struct play *play, struct app_event flow_event, const char *sni, bool is_self_signed)
{
	flow_event.type = APP_TLS;
	flow_event.time_ns -= 120 * NS_PER_S;
	flow_event.tls = (struct app_tls){ .sni = { sni, (uint32_t)strlen(sni) },
		.is_self_signed = is_self_signed,
		.has_certificate = is_self_signed };
	play_see(play, &flow_event);
}

/* Rhythm is a hint only: by itself always below medium. */
static void test_rhythm(void **state)
{
	struct play *play = *state;
	struct app_event event = flow(play, PROTO_UNKNOWN);

	play_see(play, &event);
	assert_true(found(play, OURS) > 0.4F && found(play, OURS) < 0.6F);
	event = flow(play, PROTO_TLS);
	tls(play, event, "", true);
	play_see(play, &event);
	assert_true(found(play, OURS) > 0.6F && found(play, OURS) < 0.7F);
}

/* A certificate made the day before, as tools make one when they are started. */
static void test_rhythm_and_odd_tls(void **state)
{
	struct play *play = *state;
	struct app_event event = flow(play, PROTO_TLS), hello = event;

	event.flow_end.rhythm.prompts = event.flow_end.rhythm.obeyed = 27;
	event.flow_end.rhythm.messages[0] = event.flow_end.rhythm.messages[1] = 28;
	event.flow_end.rhythm.small[1] = 27;
	event.flow_end.rhythm.pause_squares = 20;
	event.flow_end.rhythm.first[1][0] = 700; /* else there would be too little output */
	event.flow_end.payload_bytes[0] = 2500;
	hello.type = APP_TLS;
	hello.tls = (struct app_tls){ .is_self_signed = true,
		.has_certificate = true,
		.not_before_s = event.time_ns / NS_PER_S - 86400,
		.not_after_s = event.time_ns / NS_PER_S + 300 * 86400LL };
	play_see(play, &hello);
	play_see(play, &event);
	assert_true(found(play, OURS) >= 0.7F && found(play, OURS) < 0.8F);
}

/* All that devices have: no name, a port of their own, a certificate of their own for 20 years. */
static void test_rhythm_of_a_device(void **state)
{
	struct play *play = *state;
	struct app_event event = flow(play, PROTO_TLS), hello;

	event.key.port[1] = 10443;
	event.flow_end.rhythm.prompts = event.flow_end.rhythm.obeyed = 27;
	event.flow_end.rhythm.messages[0] = event.flow_end.rhythm.messages[1] = 28;
	event.flow_end.rhythm.small[1] = 28;
	event.flow_end.rhythm.pause_squares = 20;
	hello = event;
	hello.type = APP_TLS;
	hello.tls = (struct app_tls){ .is_self_signed = true,
		.has_certificate = true,
		.not_before_s = event.time_ns / NS_PER_S - 1000 * 86400LL,
		.not_after_s = event.time_ns / NS_PER_S + 7000 * 86400LL };
	play_see(play, &hello);
	play_see(play, &event);
	assert_true(found(play, OURS) > 0.6F && found(play, OURS) < 0.7F);
}

static void none_of(struct play *play, struct app_event event)
{
	play_see(play, &event);
	assert_int_equal(play->findings.count, 0);
}

/* Named TLS, SSH, notifications that are only acknowledged, polling, uploads, screens. */
static void test_not_rhythm(void **state)
{
	struct play *play = *state;
	struct app_event event = flow(play, PROTO_TLS);

	tls(play, event, "push.example.com", false);
	none_of(play, event);
	none_of(play, flow(play, PROTO_SSH));
	event = flow(play, PROTO_UNKNOWN);
	event.flow_end.payload_bytes[0] = 800;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN);
	event.flow_end.rhythm.prompts = 0;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN); /* asked by a clock, with 50 % of jitter */
	event.flow_end.rhythm.pause_squares = 1.0F;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN); /* a screen that follows a mouse */
	event.flow_end.rhythm.messages[1] = event.flow_end.rhythm.small[1] = 60;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN);
	event.flow_end.rhythm.idle_s = 0;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN);
	event.flow_end.rhythm.obeyed = 4;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN);
	event.flow_end.payload_bytes[1] = 1 << 20;
	event.flow_end.payload_bytes[0] = 1 << 24;
	none_of(play, event);
	event = flow(play, PROTO_UNKNOWN);
	event.key.addr[0] = play_addr(OUTSIDE);
	event.key.addr[1] = play_addr(OURS);
	none_of(play, event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reverse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_bind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_script, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rhythm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rhythm_and_odd_tls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rhythm_of_a_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_rhythm, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
