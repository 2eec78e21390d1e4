/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/irc_test.c - registration, channels, messages; on any port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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

static const struct app_irc *said(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_IRC, index);

	assert_non_null(event);
	return &event->irc;
}

static void a_session_is_told(void **state)
{
	static const struct say says[] = {
		SAY(0, "PASS hush\nNICK [DEU|XP]-8231\nUSER xp * 0 :xp\n"),
		SAY(1, ":irc.example.org NOTICE * :*** Looking up\r\n"
		       ":irc.example.org 001 [DEU|XP]-8231 :Welcome\r\n"),
		SAY(0, "JOIN #a,#b k1\r\n"),
		SAY(1, ":[DEU|XP]-8231!xp@h JOIN :#a\r\n"
		       ":irc.example.org 332 [DEU|XP]-8231 #a :.advscan asn1 100 5 0\r\n"
		       "@time=1 :boss!b@h PRIVMSG #a :.udpflood 192.0.2.1 80 60\r\n"
		       "PING :tok\r\n"),
		SAY(0, "PONG :tok\r\nPRIVMSG #a :[DDoS]: done\r\n"),
		SAY(1, ":[DEU|XP]-8231!xp@h JOIN #forced\r\n:boss!b@h TOPIC #a :new\r\n"),
		SAY(0, "QUIT :bye\r\n"),
		SAY(1, "ERROR :Closing\r\n"),
	};

	(void)state;
	PLAY(&parser_irc, 4711, says);
	assert_int_equal(fixture_count(&fixture, APP_IRC), 12);
	assert_int_equal(said(0)->what, IRC_REGISTER);
	assert_true(fixture_is(said(0)->nick, "[DEU|XP]-8231"));
	assert_true(fixture_is(said(0)->user, "xp"));
	assert_true(fixture_is(said(0)->password, "hush"));
	assert_int_equal(said(1)->what, IRC_WELCOME);
	assert_int_equal(said(2)->what, IRC_JOIN);
	assert_true(fixture_is(said(2)->channel, "#a"));
	assert_true(fixture_is(said(2)->password, "k1"));
	assert_true(fixture_is(said(3)->channel, "#b"));
	assert_int_equal(said(3)->password.len, 0);
	assert_int_equal(said(4)->what, IRC_TOPIC);
	assert_true(fixture_is(said(4)->text, ".advscan asn1 100 5 0"));
	assert_true(said(4)->is_from_server);
	assert_int_equal(said(5)->what, IRC_MESSAGE);
	assert_true(fixture_is(said(5)->nick, "boss"));
	assert_true(fixture_is(said(5)->text, ".udpflood 192.0.2.1 80 60"));
	assert_true(said(5)->is_from_server);
	assert_int_equal(said(6)->what, IRC_PING);
	assert_int_equal(said(7)->what, IRC_MESSAGE);
	assert_false(said(7)->is_from_server);
	assert_true(fixture_is(said(7)->nick, "[DEU|XP]-8231"));
	assert_true(fixture_is(said(8)->channel, "#forced"));
	assert_int_equal(said(9)->what, IRC_TOPIC);
	assert_int_equal(said(10)->what, IRC_QUIT);
	assert_true(fixture_is(said(11)->text, "Closing"));
}

static void tls_refused_goes_on_and_taken_ends(void **state)
{
	static const struct say refused[] = {
		SAY(0, "STARTTLS\r\n"),
		SAY(1, ":s 691 * :STARTTLS failed\r\n"),
		SAY(0, "NICK a\r\nUSER a b c :d\r\n"),
	};
	static const struct say taken[] = {
		SAY(0, "STARTTLS\r\n"),
		SAY(1, ":s 670 * :go\r\n"),
		SAY(0, "\x16\x03\x01"),
	};

	(void)state;
	PLAY(&parser_irc, 6667, refused);
	assert_int_equal(fixture_count(&fixture, APP_IRC), 1);
	assert_false(fixture.is_restarted);
	fixture_close(&fixture);
	PLAY(&parser_irc, 6667, taken);
	assert_true(fixture.is_restarted);
	assert_int_equal(fixture.rest_len[0], 3);
}

static void after_a_gap_the_next_line_is_read(void **state)
{
	static const struct say says[] = {
		SAY(1, ":x!y@z PRIVMSG #a :one\r\n:x!y@z PRIV"),
		SAY_GAP(1, 1000),
		SAY(1, "rest of something\r\n:x!y@z PRIVMSG #a :two\r\n"),
	};

	(void)state;
	PLAY(&parser_irc, 6667, says);
	assert_int_equal(fixture_count(&fixture, APP_IRC), 2);
	assert_true(fixture_is(said(1)->text, "two"));
}

static void lines_without_end_are_bounded(void **state)
{
	static char line[200001];
	int len;

	(void)state;
	memset(line, ' ', sizeof(line) - 1);
	len = snprintf(line, sizeof(line), "PRIVMSG #a :x");
	line[len] = ' ';
	fixture_open(&fixture, &parser_irc, 6667);
	fixture_say(&fixture, 0, line);
	fixture_say(&fixture, 1, line);
	fixture_say(&fixture, 0, "\r\nJOIN #a,#a,#a,,,,,\r\n");
	fixture_end(&fixture);
	assert_int_equal(fixture_count(&fixture, APP_IRC), 3);
	assert_int_equal(said(2)->what, IRC_JOIN);
	assert_int_equal(fixture.refused, 0);
}

static enum verdict recognise(const char *client, const char *server)
{
	return fixture_recognise(&parser_irc, client, strlen(client), server, strlen(server), 8080);
}

static void what_is_irc(void **state)
{
	(void)state;
	assert_int_equal(recognise("NICK bob\r\n", ""), VERDICT_YES);
	assert_int_equal(recognise("USER a b c :d\r\n", ""), VERDICT_YES);
	assert_int_equal(recognise("USER a\r\n", ""), VERDICT_NO);
	assert_int_equal(recognise("CAP LS 302\r\n", ""), VERDICT_YES);
	assert_int_equal(recognise("PASS x\r\nNICK y\r\n", ""), VERDICT_YES);
	assert_int_equal(recognise("PASS x\r\n", ""), VERDICT_MAYBE);
	assert_int_equal(recognise("PASS x\r\n", "-ERR\r\n"), VERDICT_NO);
	assert_int_equal(recognise("", ":s 372 bob :motd\r\n"), VERDICT_YES);
	assert_int_equal(recognise("", ":a!b@c PRIVMSG #x :hi\r\n"), VERDICT_YES);
	/* Gafgyt. */
	assert_int_equal(recognise("BUILD MIPS\n", "PING\n"), VERDICT_NO);
	assert_int_equal(recognise("PONG\n", "PING\n"), VERDICT_NO);
	assert_int_equal(recognise("GET / HTTP/1.1\r\n", ""), VERDICT_NO);
	assert_int_equal(recognise("\x16\x03\x01", ""), VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_session_is_told, close_fixture),
		cmocka_unit_test_teardown(tls_refused_goes_on_and_taken_ends, close_fixture),
		cmocka_unit_test_teardown(after_a_gap_the_next_line_is_read, close_fixture),
		cmocka_unit_test_teardown(lines_without_end_are_bounded, close_fixture),
		cmocka_unit_test(what_is_irc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
