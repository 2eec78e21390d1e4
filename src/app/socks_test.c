/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/socks_test.c - SOCKS4, 4a, 5 with and without a password, early data, bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs these before it
#include <cmocka.h>
// clang-format on

#include "app/app_fixture.h"

static void expect_addr(const struct addr *addr, const char *text)
{
	char buffer[ADDR_TEXT_MAX];

	assert_string_equal(addr_format(addr, buffer), text);
}

static void four(void **unused)
{
	const struct say says[] = {
		SAY(0, "\x04\x01\x1f\x90\xc6\x33\x64\x07"
		       "joe\0"),
		SAY(1, "\0\x5a\0\0\0\0\0\0"),
		SAY(0, "GET"),
	};
	const struct app_event *event;
	struct fixture f;

	(void)unused;
	fixture_open(&f, &parser_socks, 1080);
	fixture_play(&f, says, 3, 0);
	fixture_end(&f);
	assert_int_equal(f.count, 1);
	event = fixture_event(&f, APP_SOCKS, 0);
	assert_int_equal(event->socks.version, 4);
	assert_int_equal(event->socks.port, 8080);
	assert_true(event->socks.is_granted);
	assert_true(fixture_is(event->socks.user, "joe"));
	assert_int_equal(event->socks.host.len, 0);
	expect_addr(&event->socks.addr, "198.51.100.7");
	assert_true(f.is_restarted);
	assert_int_equal(f.rest_len[0], 3);
	fixture_close(&f);
	fixture_same_however_cut(&parser_socks, 1080, says, 3);
}

static void four_a_refused(void **unused)
{
	const struct say says[] = {
		SAY(0, "\x04\x01\0\x50\0\0\0\x01\0example.org\0"),
		SAY(1, "\0\x5b\0\0\0\0\0\0"),
	};
	struct fixture f;

	(void)unused;
	fixture_open(&f, &parser_socks, 1080);
	fixture_play(&f, says, 2, 1);
	assert_true(fixture_is(fixture_event(&f, APP_SOCKS, 0)->socks.host, "example.org"));
	assert_int_equal(fixture_event(&f, APP_SOCKS, 0)->socks.port, 80);
	assert_false(fixture_event(&f, APP_SOCKS, 0)->socks.is_granted);
	assert_false(f.is_restarted);
	assert_true(f.parse.is_done);
	fixture_close(&f);
}

static void five_with_password(void **unused)
{
	const struct say says[] = {
		SAY(0, "\x05\x02\x00\x02"),
		SAY(1, "\x05\x02"),
		SAY(0, "\x01\x03"
		       "bob\x05"
		       "12345"),
		SAY(1, "\x01\x00"),
		SAY(0, "\x05\x01\x00\x03\x0b"
		       "example.org\x01\xbb"
		       "early"),
		SAY(1, "\x05\x00\x00\x01\x0a\x00\x00\x01\x10\x00"
		       "late"),
	};
	const struct app_event *event;
	struct fixture f;

	(void)unused;
	fixture_open(&f, &parser_socks, 1080);
	fixture_play(&f, says, 6, 0);
	event = fixture_event(&f, APP_LOGIN, 0);
	assert_int_equal(event->login.proto, PROTO_SOCKS);
	assert_int_equal(event->login.result, LOGIN_SUCCEEDED);
	assert_int_equal(event->login.tries, 1);
	assert_true(fixture_is(event->login.user, "bob"));
	event = fixture_event(&f, APP_SOCKS, 0);
	assert_int_equal(event->socks.version, 5);
	assert_int_equal(event->socks.port, 443);
	assert_true(event->socks.is_granted);
	assert_true(fixture_is(event->socks.host, "example.org"));
	assert_true(fixture_is(event->socks.user, "bob"));
	assert_true(f.is_restarted);
	assert_memory_equal(f.rest[0], "early", 5);
	assert_memory_equal(f.rest[1], "late", 4);
	fixture_close(&f);
	fixture_same_however_cut(&parser_socks, 1080, says, 6);
}

static void five_by_ipv6(void **unused)
{
	const struct say says[] = {
		SAY(0, "\x05\x01\x00"),
		SAY(1, "\x05\x00"),
		SAY(0, "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x00\x16"),
	};
	struct fixture f;

	(void)unused;
	fixture_open(&f, &parser_socks, 1080);
	fixture_play(&f, says, 3, 0);
	assert_int_equal(fixture_count(&f, APP_SOCKS), 0);
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_SOCKS), 1);
	expect_addr(&fixture_event(&f, APP_SOCKS, 0)->socks.addr, "2001:db8::7");
	assert_false(fixture_event(&f, APP_SOCKS, 0)->socks.is_granted);
	fixture_close(&f);
}

static void wrong_password(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_open(&f, &parser_socks, 1080);
	fixture_feed(&f, 0, "\x05\x01\x02", 3, 0);
	fixture_feed(&f, 1, "\x05\x02", 2, 0);
	fixture_feed(&f, 0, "\x01\x01x\x01y", 5, 0);
	fixture_feed(&f, 1, "\x01\x01", 2, 0);
	assert_int_equal(fixture_event(&f, APP_LOGIN, 0)->login.result, LOGIN_FAILED);
	assert_true(f.parse.is_done);
	fixture_end(&f);
	assert_int_equal(f.count, 1);
	fixture_close(&f);
}

static void known_by_both_sides(void **unused)
{
	const struct stream_parser *p = &parser_socks;

	(void)unused;
	assert_int_equal(fixture_recognise(p, "\x05\x01\x00", 3, "\x05\x00", 2, 99), VERDICT_YES);
	assert_int_equal(fixture_recognise(p, "\x05\x01\x00", 3, NULL, 0, 1080), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(p, "\x05\x01\x00", 3, "\x05\x02", 2, 99), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, "\x05\x01\x00", 3, "\x06\x02", 2, 99), VERDICT_NO);
	assert_int_equal(
		fixture_recognise(p, "\x04\x01\0\x50\1\2\3\4\0", 9, "\0\x5a", 2, 9), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(p, "\x04\x01\0\x50\1\2\3\4\0", 9, "\0\x20", 2, 9), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, "\x04\x09\0\x50", 4, NULL, 0, 9), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, "GET /", 5, NULL, 0, 1080), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, NULL, 0, "220", 3, 1080), VERDICT_NO);
}

static void nonsense_ends_it(void **unused)
{
	static const uint8_t request[8] = { 4, 1, 0, 80, 1, 2, 3, 4 };
	char bytes[1200];
	struct fixture f;

	(void)unused;
	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, request, sizeof(request));
	fixture_open(&f, &parser_socks, 1080);
	fixture_feed(&f, 0, bytes, sizeof(bytes), 7);
	assert_true(f.parse.is_done);
	assert_int_equal(f.count, 0);
	fixture_close(&f);
	fixture_open(&f, &parser_socks, 1080);
	fixture_feed(&f, 0, "\x05\x01\x00", 3, 0);
	fixture_gap(&f, 1, 2);
	assert_true(f.parse.is_done);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four),
		cmocka_unit_test(four_a_refused),
		cmocka_unit_test(five_with_password),
		cmocka_unit_test(five_by_ipv6),
		cmocka_unit_test(wrong_password),
		cmocka_unit_test(known_by_both_sides),
		cmocka_unit_test(nonsense_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
