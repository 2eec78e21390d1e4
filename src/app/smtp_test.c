/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/smtp_test.c - mails, rejections, logins, STARTTLS. */
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

static const struct app_smtp *mail(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_SMTP, index);

	assert_non_null(event);
	return &event->smtp;
}

static void a_mail_is_told_with_its_reply(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 mx.example.org ESMTP ready\r\n"),
		SAY(0, "EHLO pc17\r\n"),
		SAY(1, "250-mx.example.org\r\n250 PIPELINING\r\n"),
		SAY(0, "MAIL FROM:<a@example.com> SIZE=100\r\nRCPT TO:<b@example.org>\r\n"
		       "RCPT TO:<c@example.org>\r\nDATA\r\n"),
		SAY(1, "250 ok\r\n250 ok\r\n550 no such user\r\n354 go on\r\n"),
		SAY(0, "Subject: Cheap pills\r\nX-Mailer: TheBat 1.0\r\n\r\nSubject: not this\r\n"
		       "QUIT\r\n..\r\n.\r\nQUIT\r\n"),
		SAY(1, "250 queued\r\n221 bye\r\n"),
	};

	(void)state;
	PLAY(&parser_smtp, 25, says);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 1);
	assert_true(fixture_is(mail(0)->helo, "pc17"));
	assert_true(fixture_is(mail(0)->from, "a@example.com"));
	assert_true(fixture_is(mail(0)->to, "b@example.org"));
	assert_true(fixture_is(mail(0)->subject, "Cheap pills"));
	assert_true(fixture_is(mail(0)->agent, "TheBat 1.0"));
	assert_int_equal(mail(0)->recipients, 2);
	assert_int_equal(mail(0)->rejects, 1);
	assert_int_equal(mail(0)->reply, 250);
	assert_int_equal(mail(0)->bytes, 22 + 22 + 2 + 19 + 6 + 4);
	assert_false(mail(0)->is_tls);
}

static void a_rejected_attempt_is_told(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 mx ESMTP\r\n"),
		SAY(0, "HELO a.example.com\r\n"),
		SAY(1, "250 mx\r\n"),
		SAY(0, "MAIL FROM:<x@example.com>\r\n"),
		SAY(1, "554-5.7.1 you are\r\n554 5.7.1 listed\r\n"),
		SAY(0, "RSET\r\n"),
		SAY(1, "250 ok\r\n"),
		SAY(0, "MAIL FROM:<y@example.com>\r\n"),
		SAY(1, "250 ok\r\n"),
	};

	(void)state;
	PLAY(&parser_smtp, 25, says);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 2);
	assert_true(fixture_is(mail(0)->from, "x@example.com"));
	assert_int_equal(mail(0)->reply, 554);
	assert_int_equal(mail(0)->rejects, 1);
	assert_true(fixture_is(mail(1)->from, "y@example.com"));
	assert_int_equal(mail(1)->rejects, 0);
}

static void who_is_turned_away_at_the_door_is_told(void **state)
{
	static const struct say says[] = { SAY(1, "554 mx.example.org no SMTP for you\r\n") };

	(void)state;
	PLAY(&parser_smtp, 25, says);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 1);
	assert_int_equal(mail(0)->reply, 554);
	assert_int_equal(mail(0)->rejects, 1);
}

static void mails_sent_ahead_are_kept_apart(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 mx ESMTP\r\n"),
		SAY(0, "EHLO h.example.com\r\nMAIL FROM:<1@x.org>\r\nRCPT "
		       "TO:<r@y.org>\r\nDATA\r\n"),
		SAY(1, "250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
		SAY(0, "\r\nhello\r\n.\r\nRSET\r\nMAIL FROM:<2@x.org>\r\nRCPT "
		       "TO:<s@y.org>\r\nQUIT\r\n"),
		SAY(1, "250 queued\r\n250 reset\r\n250 ok\r\n550 no\r\n221 bye\r\n"),
	};

	(void)state;
	PLAY(&parser_smtp, 25, says);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 2);
	assert_true(fixture_is(mail(0)->from, "1@x.org"));
	assert_int_equal(mail(0)->recipients, 1);
	assert_true(fixture_is(mail(1)->from, "2@x.org"));
	assert_int_equal(mail(1)->rejects, 1);
}

static void chunks_are_passed_over(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 mx ESMTP\r\n"),
		SAY(0, "EHLO h\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n"),
		SAY(1, "250 mx\r\n250 ok\r\n250 ok\r\n"),
		SAY(0, "BDAT 12\r\nRSET\r\nQUIT\r\nBDAT 3 LAST\r\nabcQUIT\r\n"),
		SAY(1, "250 12\r\n250 queued\r\n221 bye\r\n"),
	};

	(void)state;
	PLAY(&parser_smtp, 25, says);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 1);
	assert_int_equal(mail(0)->bytes, 15);
	assert_int_equal(mail(0)->reply, 250);
}

static const struct app_login *login(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_LOGIN, index);

	assert_non_null(event);
	return &event->login;
}

static void logins_are_told_with_user_and_result(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 mx ESMTP\r\n"),
		SAY(0, "EHLO h\r\n"),
		SAY(1, "250 AUTH PLAIN LOGIN\r\n"),
		SAY(0, "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"),
		SAY(1, "535 no\r\n"),
		SAY(0, "AUTH PLAIN\r\n"),
		SAY(1, "334 \r\n"),
		SAY(0, "AGV2ZQB4\r\n"),
		SAY(1, "535 no\r\n"),
		SAY(0, "AUTH LOGIN\r\n"),
		SAY(1, "334 VXNlcm5hbWU6\r\n"),
		SAY(0, "YWxpY2U=\r\n"),
		SAY(1, "334 UGFzc3dvcmQ6\r\n"),
		SAY(0, "cXVpdA==\r\n"),
		SAY(1, "235 welcome\r\n"),
		SAY(0, "AUTH CRAM-MD5\r\n"),
	};

	(void)state;
	PLAY(&parser_smtp, 587, says);
	assert_int_equal(fixture_count(&fixture, APP_LOGIN), 4);
	assert_true(fixture_is(login(0)->user, "bob"));
	assert_int_equal(login(0)->result, LOGIN_FAILED);
	assert_int_equal(login(0)->proto, PROTO_SMTP);
	assert_true(fixture_is(login(1)->user, "eve"));
	assert_int_equal(login(1)->tries, 2);
	assert_true(fixture_is(login(2)->user, "alice"));
	assert_int_equal(login(2)->result, LOGIN_SUCCEEDED);
	assert_int_equal(login(3)->result, LOGIN_UNKNOWN);
}

static void after_starttls_it_is_another_protocol(void **state)
{
	static const struct say says[] = {
		SAY(1, "220 mx ESMTP\r\n"),
		SAY(0, "EHLO pc.example.com\r\n"),
		SAY(1, "250 STARTTLS\r\n"),
		SAY(0, "STARTTLS\r\n"),
		SAY(1, "220 2.0.0 go\r\n"),
		SAY(0, "\x16\x03\x01"),
	};

	(void)state;
	PLAY(&parser_smtp, 25, says);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 1);
	assert_true(mail(0)->is_tls);
	assert_true(fixture_is(mail(0)->helo, "pc.example.com"));
	assert_true(fixture.is_restarted);
	assert_int_equal(fixture.rest_len[0], 3);
}

static void ten_thousand_commands_are_bounded(void **state)
{
	(void)state;
	fixture_open(&fixture, &parser_smtp, 25);
	fixture_say(&fixture, 1, "220 mx ESMTP\r\n");
	for (unsigned i = 0; i < 10000; i++)
		fixture_say(&fixture, 0, "NOOP\r\n");
	fixture_say(&fixture, 0, "MAIL FROM:<a@x.org>\r\nDATA\r\n\r\nx\r\n.\r\n");
	for (unsigned i = 0; i < 10000; i++)
		fixture_say(&fixture, 1, "250 ok\r\n");
	fixture_end(&fixture);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 1);
}

static void long_lines_are_cut(void **state)
{
	static char line[100000];
	unsigned before;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	fixture_open(&fixture, &parser_smtp, 25);
	fixture_say(&fixture, 1, "220 mx ESMTP\r\n");
	fixture_say(&fixture, 0, "HELO ");
	fixture_say(&fixture, 0, line);
	fixture_say(&fixture, 0, "\r\nMAIL FROM:<a@x.org>\r\n");
	before = fixture_count(&fixture, APP_SMTP);
	fixture_end(&fixture);
	assert_int_equal(before, 0);
	assert_int_equal(fixture_count(&fixture, APP_SMTP), 1);
	assert_int_equal(mail(0)->helo.len, 127);
	assert_int_equal(fixture.refused, 0);
}

static enum verdict recognise(const char *client, const char *server, uint16_t port)
{
	return fixture_recognise(
		&parser_smtp, client, strlen(client), server, strlen(server), port);
}

static void it_is_told_from_ftp_and_others(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "220 mx.example.org ESMTP\r\n", 25), VERDICT_YES);
	assert_int_equal(recognise("", "220 host\r\n", 2500), VERDICT_MAYBE);
	assert_int_equal(recognise("EHLO x\r\n", "220 host\r\n", 2500), VERDICT_YES);
	assert_int_equal(recognise("USER x\r\n", "220 host\r\n", 25), VERDICT_NO);
	assert_int_equal(recognise("", "220 ProFTPD ready\r\n", 21), VERDICT_NO);
	assert_int_equal(recognise("GET / HTTP/1.1\r\n", "", 25), VERDICT_NO);
	assert_int_equal(recognise("", "2", 25), VERDICT_MAYBE);
	assert_int_equal(recognise("", "HTTP/1.1 400\r\n", 25), VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_mail_is_told_with_its_reply, close_fixture),
		cmocka_unit_test_teardown(a_rejected_attempt_is_told, close_fixture),
		cmocka_unit_test_teardown(who_is_turned_away_at_the_door_is_told, close_fixture),
		cmocka_unit_test_teardown(mails_sent_ahead_are_kept_apart, close_fixture),
		cmocka_unit_test_teardown(chunks_are_passed_over, close_fixture),
		cmocka_unit_test_teardown(logins_are_told_with_user_and_result, close_fixture),
		cmocka_unit_test_teardown(after_starttls_it_is_another_protocol, close_fixture),
		cmocka_unit_test_teardown(ten_thousand_commands_are_bounded, close_fixture),
		cmocka_unit_test_teardown(long_lines_are_cut, close_fixture),
		cmocka_unit_test(it_is_told_from_ftp_and_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
