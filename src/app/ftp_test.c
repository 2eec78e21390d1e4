/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/ftp_test.c - commands with their replies, logins, AUTH TLS. */
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

static const struct app_ftp *command(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_FTP, index);

	assert_non_null(event);
	return &event->ftp;
}

static const struct app_login *login(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_LOGIN, index);

	assert_non_null(event);
	return &event->login;
}

static void commands_have_their_replies(void **state)
{
	static const struct say says[] = {
		SAY(1, "220-Welcome\r\n 331 not a reply\r\n220 FTP ready\r\n"),
		SAY(0, "USER bob\r\n"),
		SAY(1, "331 password please\r\n"),
		SAY(0, "PASS secret\r\n"),
		SAY(1, "530 no\r\n"),
		SAY(0, "user alice\r\n"),
		SAY(1, "331 password please\r\n"),
		SAY(0, "PASS right\r\n"),
		SAY(1, "230-motd\r\n230 in\r\n"),
		SAY(0, "RETR payload.bin\r\n"),
		SAY(1, "150 opening\r\n226 done\r\n"),
		SAY(0, "QUIT\r\n"),
	};

	(void)state;
	PLAY(&parser_ftp, 21, says);
	assert_int_equal(fixture_count(&fixture, APP_FTP), 6);
	assert_true(fixture_is(command(0)->command, "USER"));
	assert_true(fixture_is(command(0)->argument, "bob"));
	assert_int_equal(command(0)->reply, 331);
	assert_true(fixture_is(command(1)->command, "PASS"));
	assert_int_equal(command(1)->argument.len, 0);
	assert_true(fixture_is(command(4)->command, "RETR"));
	assert_true(fixture_is(command(4)->argument, "payload.bin"));
	assert_int_equal(command(4)->reply, 226);
	assert_int_equal(command(5)->reply, 0);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 2);
	assert_true(fixture_is(login(0)->user, "bob"));
	assert_int_equal(login(0)->result, LOGIN_FAILED);
	assert_true(fixture_is(login(1)->user, "alice"));
	assert_int_equal(login(1)->result, LOGIN_SUCCEEDED);
	assert_int_equal(login(1)->tries, 2);
	assert_int_equal(login(1)->proto, PROTO_FTP);
}

static void a_user_may_be_refused_without_a_password(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 (vsFTPd 3.0.3)\r\n"),
		SAY(0, "USER hello\r\n"),
		SAY(1, "530 anonymous only\r\n"),
	};

	(void)state;
	PLAY(&parser_ftp, 21, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 1);
	assert_int_equal(login(0)->result, LOGIN_FAILED);
}

static void after_auth_tls_it_is_another_protocol(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 FTP\r\n"),
		SAY(0, "AUTH TLS\r\n"),
		SAY(1, "234 go\r\n"),
		SAY(0, "\x16\x03\x01"),
	};

	(void)state;
	PLAY(&parser_ftp, 21, says);
	assert_true(fixture.is_restarted);
	assert_int_equal(fixture.rest_len[0], 3);
}

static void commands_without_replies_are_bounded(void **state)
{
	(void)state;
	fixture_open(&fixture, &parser_ftp, 21);
	for (unsigned i = 0; i < 100; i++)
		fixture_say(&fixture, 0, "NOOP\r\n");
	for (unsigned i = 0; i < 100; i++)
		fixture_say(&fixture, 1, "200 ok\r\n");
	fixture_say(&fixture, 0, "SYST\r\n");
	fixture_say(&fixture, 1, "215 UNIX\r\n");
	fixture_end(&fixture);
	assert_int_equal(fixture_count(&fixture, APP_FTP), 101);
	assert_true(fixture_is(command(100)->command, "SYST"));
	assert_int_equal(command(100)->reply, 215);
}

static enum verdict recognise(const char *client, const char *server)
{
	return fixture_recognise(&parser_ftp, client, strlen(client), server, strlen(server), 21);
}

static void it_is_told_from_smtp(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "220 (vsFTPd 3.0.3)\r\n"), VERDICT_YES);
	assert_int_equal(recognise("", "220 mx ESMTP\r\n"), VERDICT_NO);
	assert_int_equal(recognise("", "220 hello\r\n"), VERDICT_MAYBE);
	assert_int_equal(recognise("USER x\r\n", "220 hello\r\n"), VERDICT_YES);
	assert_int_equal(recognise("EHLO x\r\n", "220 hello\r\n"), VERDICT_NO);
	assert_int_equal(recognise("", "SSH-2.0-x\r\n"), VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(commands_have_their_replies, close_fixture),
		cmocka_unit_test_teardown(a_user_may_be_refused_without_a_password, close_fixture),
		cmocka_unit_test_teardown(after_auth_tls_it_is_another_protocol, close_fixture),
		cmocka_unit_test_teardown(commands_without_replies_are_bounded, close_fixture),
		cmocka_unit_test(it_is_told_from_smtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
