/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/mail_test.c - POP3 and IMAP: which it is, logins, STARTTLS. */
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

static void logins_of_pop3(void **state)
{
	static const struct say says[] = {
		SAY(1, "+OK ready\r\n"),
		SAY(0, "USER bob\r\n"),
		SAY(1, "+OK\r\n"),
		SAY(0, "PASS x\r\n"),
		SAY(1, "-ERR no\r\n"),
		SAY(0, "APOP eve 0123456789abcdef\r\n"),
		SAY(1, "-ERR no\r\n"),
		SAY(0, "AUTH PLAIN\r\n"),
		SAY(1, "+ \r\n"),
		SAY(0, "AGJvYgBzZWNyZXQ=\r\n"),
		SAY(1, "+OK in\r\n"),
	};

	(void)state;
	PLAY(&parser_mail, 110, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 3);
	assert_true(fixture_is(login(0)->user, "bob"));
	assert_int_equal(login(0)->result, LOGIN_FAILED);
	assert_int_equal(login(0)->proto, PROTO_POP3);
	assert_true(fixture_is(login(1)->user, "eve"));
	assert_true(fixture_is(login(2)->user, "bob"));
	assert_int_equal(login(2)->result, LOGIN_SUCCEEDED);
	assert_int_equal(login(2)->tries, 3);
	assert_int_equal(fixture.parse.proto, PROTO_POP3);
	assert_true(fixture.parse.is_done);
}

static void logins_of_imap(void **state)
{
	static const struct say says[] = {
		SAY(1, "* OK IMAP4rev1\r\n"),
		SAY(0, "a1 LOGIN \"bob smith\" \"x y\"\r\n"),
		SAY(1, "* CAPABILITY x\r\na1 NO wrong\r\n"),
		SAY(0, "a2 AUTHENTICATE PLAIN AGV2ZQB4\r\n"),
		SAY(1, "a2 NO wrong\r\n"),
		SAY(0, "a3 login alice z\r\n"),
		SAY(1, "a3 OK in\r\n"),
	};

	(void)state;
	PLAY(&parser_mail, 143, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 3);
	assert_true(fixture_is(login(0)->user, "bob smith"));
	assert_int_equal(login(0)->proto, PROTO_IMAP);
	assert_true(fixture_is(login(1)->user, "eve"));
	assert_int_equal(login(1)->result, LOGIN_FAILED);
	assert_true(fixture_is(login(2)->user, "alice"));
	assert_int_equal(login(2)->result, LOGIN_SUCCEEDED);
	assert_int_equal(fixture.parse.proto, PROTO_IMAP);
}

/* RFC 2449 6.6: each command is answered in its turn. What answers USER says nothing of PASS. */
static void pipelined_commands_get_their_own_answers(void **state)
{
	static const struct say says[] = {
		SAY(1, "+OK ready\r\n"),
		SAY(0, "CAPA\r\nUSER bob\r\nPASS x\r\n"),
		SAY(1, "+OK here\r\nPIPELINING\r\n.\r\n+OK\r\n-ERR no\r\n"),
		SAY(0, "USER eve\r\nPASS y\r\n"),
		SAY(1, "+OK\r\n+OK in\r\n"),
	};

	(void)state;
	PLAY(&parser_mail, 110, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 2);
	assert_int_equal(login(0)->result, LOGIN_FAILED);
	assert_true(fixture_is(login(0)->user, "bob"));
	assert_int_equal(login(1)->result, LOGIN_SUCCEEDED);
	assert_true(fixture_is(login(1)->user, "eve"));
}

static void the_greeting_answers_nothing(void **state)
{
	static const struct say says[] = {
		SAY(0, "USER bob\r\nPASS x\r\n"),
		SAY(1, "+OK ready\r\n+OK\r\n-ERR no\r\n"),
	};

	(void)state;
	PLAY(&parser_mail, 110, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 1);
	assert_int_equal(login(0)->result, LOGIN_FAILED);
}

/* Asked before the server said that it is IMAP, so without a tag: an empty line is no answer. */
static void an_empty_line_answers_nothing(void **state)
{
	static const struct say says[] = {
		SAY(0, "PASS x\r\n"),
		SAY(1, "* OK IMAP4rev1\r\n\r\n"),
	};

	(void)state;
	PLAY(&parser_mail, 143, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 0);
}

static void what_is_no_plain_message_has_no_user(void **state)
{
	static const struct say says[] = {
		SAY(1, "+OK ready\r\n"),
		SAY(0, "AUTH PLAIN\r\n"),
		SAY(1, "+ \r\n"),
		SAY(0, "eHh4\r\n"),
		SAY(1, "-ERR no\r\n"),
	};

	(void)state;
	PLAY(&parser_mail, 110, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 1);
	assert_int_equal(login(0)->user.len, 0);
}

static void tls_begins_in_both(void **state)
{
	static const struct say imap[] = {
		SAY(1, "* OK IMAP4rev1\r\n"),
		SAY(0, ". STARTTLS\r\n"),
		SAY(1, ". OK go\r\n"),
		SAY(0, "\x16\x03\x01"),
	};
	static const struct say pop[] = {
		SAY(1, "+OK ready\r\n"),
		SAY(0, "STLS\r\n"),
		SAY(1, "+OK go\r\n"),
		SAY(0, "\x16\x03\x01"),
	};

	(void)state;
	PLAY(&parser_mail, 143, imap);
	assert_true(fixture.is_restarted);
	fixture_close(&fixture);
	PLAY(&parser_mail, 110, pop);
	assert_true(fixture.is_restarted);
	assert_int_equal(fixture.rest_len[0], 3);
}

static void others_are_not_taken(void **state)
{
	(void)state;
	assert_int_equal(fixture_recognise(&parser_mail, "", 0, "+OK\r\n", 5, 6379), VERDICT_NO);
	assert_int_equal(
		fixture_recognise(&parser_mail, "", 0, "* OK hi\r\n", 9, 143), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(&parser_mail, "", 0, "+OK hi\r\n", 8, 4711), VERDICT_MAYBE);
	assert_int_equal(
		fixture_recognise(&parser_mail, "CAPA\r\n", 6, "+OK hi\r\n", 8, 4711), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(&parser_mail, "GET x\r\n", 7, "+OK hi\r\n", 8, 4711), VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(logins_of_pop3, close_fixture),
		cmocka_unit_test_teardown(logins_of_imap, close_fixture),
		cmocka_unit_test_teardown(pipelined_commands_get_their_own_answers, close_fixture),
		cmocka_unit_test_teardown(the_greeting_answers_nothing, close_fixture),
		cmocka_unit_test_teardown(an_empty_line_answers_nothing, close_fixture),
		cmocka_unit_test_teardown(what_is_no_plain_message_has_no_user, close_fixture),
		cmocka_unit_test_teardown(tls_begins_in_both, close_fixture),
		cmocka_unit_test(others_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
