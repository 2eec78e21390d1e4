/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/http_test.c - HTTP as it is: every field of its events, framings, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs these before it
#include <cmocka.h>
// clang-format on

#include "app/app_fixture.h"

static const struct app_http *http(struct fixture *f, unsigned index)
{
	const struct app_event *event = fixture_event(f, APP_HTTP, index);

	assert_non_null(event);
	return &event->http;
}

static const struct app_file *file(struct fixture *f, unsigned index)
{
	const struct app_event *event = fixture_event(f, APP_FILE, index);

	assert_non_null(event);
	return &event->file;
}

static void play(struct fixture *f, const struct say *says, unsigned count)
{
	fixture_run(f, &parser_http, 80, says, count);
}

static const struct say post[] = {
	SAY(0, "POST /a/gate.php?x=1 HTTP/1.1\r\nHost: www.example.org\r\n"
	       "User-Agent: Bot/1.0\r\nReferer: http://e.org/\r\nCookie: a=b\r\n"
	       "Authorization: Basic am9lOnNlY3JldA==\r\n"
	       "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"),
	SAY(1, "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
	       "Location: /next\r\nContent-Disposition: attachment; filename=\"a b.sh\"\r\n"
	       "Content-Length: 32\r\n\r\n#!/bin/sh\nwget http://192.0.2.1/x"),
};

static void all_fields(void **unused)
{
	const struct app_http *h;
	const struct app_file *sent, *got;
	struct fixture f;

	(void)unused;
	play(&f, post, 2);
	assert_int_equal(fixture_count(&f, APP_HTTP), 1);
	h = http(&f, 0);
	assert_true(fixture_is(h->method, "POST"));
	assert_true(fixture_is(h->host, "www.example.org"));
	assert_true(fixture_is(h->uri, "/a/gate.php?x=1"));
	assert_true(fixture_is(h->user_agent, "Bot/1.0"));
	assert_true(fixture_is(h->referer, "http://e.org/"));
	assert_true(fixture_is(h->content_type, "text/plain"));
	assert_true(fixture_is(h->cookie, "a=b"));
	assert_true(fixture_is(h->response_type, "text/html"));
	assert_true(fixture_is(h->server, "nginx"));
	assert_true(fixture_is(h->location, "/next"));
	assert_true(fixture_is(h->body, "hello"));
	assert_true(fixture_is(h->header_order, "host,user-agent,referer,cookie,authorization,"
						"content-type,content-length"));
	assert_int_equal(h->request_body, 5);
	assert_int_equal(h->response_body, 32);
	assert_int_equal(h->status, 200);
	assert_int_equal(h->header_count, 7);
	assert_int_equal(h->version, 11);
	assert_true(h->has_response);
	assert_false(h->is_pipelined);
	assert_false(h->is_bare_address);
	assert_int_equal(h->body_entropy[0], parse_entropy((const uint8_t *)"hello", 5));
	assert_int_equal(h->body_printable[1], 255);

	assert_int_equal(fixture_count(&f, APP_FILE), 2);
	sent = file(&f, 0);
	got = file(&f, 1);
	assert_int_equal(sent->side, 0);
	assert_int_equal(sent->magic, MAGIC_TEXT);
	assert_true(fixture_is(sent->declared_type, "text/plain"));
	assert_int_equal(got->side, 1);
	assert_true(fixture_is(got->url, "www.example.org/a/gate.php?x=1"));
	assert_true(fixture_is(got->name, "a b.sh"));
	assert_true(fixture_is(got->declared_type, "text/html"));
	assert_int_equal(got->first.len, 32);
	assert_int_equal(got->magic, MAGIC_SHELL_SCRIPT);
	assert_int_equal(got->traits, TRAIT_DOWNLOAD);
	assert_int_equal(got->proto, PROTO_HTTP);
	assert_int_equal(got->size, 32);
	assert_true(got->is_complete);
	assert_false(got->is_bare_address);
	fixture_close(&f);
}

static void chunked(void **unused)
{
	const struct say says[] = {
		SAY(0, "GET /x/a.bin?q HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n"),
		SAY(1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		       "4;a=b\r\n\x7f"
		       "ELF\r\n00A\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
		       "HTTP/1.1 404 Not\r\nContent-Length: 1\r\n\r\nz"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 2);
	assert_true(http(&f, 0)->is_bare_address);
	assert_int_equal(http(&f, 0)->response_body, 14);
	assert_int_equal(file(&f, 0)->magic, MAGIC_ELF);
	assert_true(file(&f, 0)->is_bare_address);
	assert_true(file(&f, 0)->is_complete);
	assert_true(fixture_is(file(&f, 0)->name, "a.bin"));
	/* The second response was asked for by nobody. */
	assert_int_equal(http(&f, 1)->method.len, 0);
	assert_int_equal(http(&f, 1)->status, 404);
	fixture_close(&f);
}

static void until_the_end(void **unused)
{
	const struct say says[] = {
		SAY(0, "GET / HTTP/1.0\n\n"),
		SAY(1, "HTTP/1.0 200\nContent-Type:\n text/plain\n\nabc"),
		SAY(1, "def"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 3);
	assert_int_equal(http(&f, 0)->version, 10);
	assert_int_equal(http(&f, 0)->response_body, 6);
	assert_true(http(&f, 0)->is_bare_address);
	assert_true(fixture_is(http(&f, 0)->response_type, "text/plain"));
	assert_true(file(&f, 0)->is_complete);
	fixture_close(&f);
}

static void version_09(void **unused)
{
	const struct say says[] = { SAY(0, "GET /page\r\n"), SAY(1, "<p>hello") };
	struct fixture f;

	(void)unused;
	play(&f, says, 2);
	assert_int_equal(http(&f, 0)->version, 9);
	assert_int_equal(http(&f, 0)->response_body, 8);
	assert_true(http(&f, 0)->has_response);
	fixture_close(&f);
}

static void no_body(void **unused)
{
	const struct say says[] = {
		SAY(0, "HEAD /a HTTP/1.1\r\nHost: a.b\r\n\r\n"
		       "GET /b HTTP/1.1\r\nHost: a.b\r\n\r\n"
		       "GET /c HTTP/1.1\r\nHost: a.b\r\n\r\n"
		       "POST /d HTTP/1.1\r\nHost: a.b\r\nContent-Length: 3\r\n"
		       "Expect: 100-continue\r\n\r\n"),
		SAY(1, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
		       "HTTP/1.1 304 Not\r\nContent-Length: 999\r\n\r\n"
		       "HTTP/1.1 204 No\r\n\r\n"
		       "HTTP/1.1 100 Continue\r\n\r\n"),
		SAY(0, "abc"),
		SAY(1, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 4);
	assert_int_equal(fixture_count(&f, APP_HTTP), 4);
	assert_int_equal(http(&f, 0)->status, 200);
	assert_int_equal(http(&f, 1)->status, 304);
	assert_int_equal(http(&f, 2)->status, 204);
	assert_int_equal(http(&f, 3)->status, 201);
	assert_int_equal(http(&f, 3)->request_body, 3);
	assert_false(http(&f, 0)->is_pipelined);
	assert_true(http(&f, 1)->is_pipelined);
	assert_true(fixture_is(http(&f, 2)->uri, "/c"));
	fixture_close(&f);
}

static void connect_goes_on_as_something_else(void **unused)
{
	const struct say says[] = {
		SAY(0, "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\n\x16\x03"),
		SAY(1, "HTTP/1.1 200 Established\r\n\r\n\x16"),
		SAY(0, "\x01"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 3);
	assert_true(fixture_is(http(&f, 0)->method, "CONNECT"));
	assert_int_equal(http(&f, 0)->status, 200);
	assert_true(f.is_restarted);
	assert_int_equal(f.rest_len[0], 3);
	assert_int_equal(f.rest_len[1], 1);
	fixture_close(&f);
}

static void refused_connect_and_upgrade(void **unused)
{
	const struct say says[] = {
		SAY(0, "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"
		       "GET /u HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n\r\n"
		       "GET /v HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\nraw"),
		SAY(1, "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"
		       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
		       "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\nback"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 2);
	assert_int_equal(fixture_count(&f, APP_HTTP), 3);
	assert_int_equal(http(&f, 0)->status, 407);
	assert_int_equal(http(&f, 1)->status, 200);
	assert_int_equal(http(&f, 2)->status, 101);
	assert_true(f.is_restarted);
	assert_memory_equal(f.rest[0], "raw", 3);
	assert_memory_equal(f.rest[1], "back", 4);
	fixture_close(&f);
}

static void response_before_the_body_ends(void **unused)
{
	const struct say says[] = {
		SAY(0, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc"),
		SAY(1, "HTTP/1.1 413 Much\r\nContent-Length: 0\r\n\r\n"),
		SAY(0, "defGET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
		SAY(1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 4);
	assert_int_equal(fixture_count(&f, APP_HTTP), 2);
	assert_int_equal(http(&f, 0)->request_body, 3);
	assert_int_equal(http(&f, 0)->status, 413);
	assert_true(fixture_is(http(&f, 1)->uri, "/b"));
	assert_int_equal(http(&f, 1)->status, 200);
	fixture_close(&f);
}

static void gaps_in_bodies(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_open(&f, &parser_http, 80);
	fixture_say(&f, 0, "GET /a.exe HTTP/1.1\r\nHost: h.example\r\n\r\n");
	fixture_say(&f, 1,
		"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\x7f"
		"ELF");
	fixture_gap(&f, 1, 996);
	fixture_say(&f, 0, "GET /b HTTP/1.1\r\nHost: h.example\r\n\r\n");
	fixture_say(&f, 1, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
	fixture_gap(&f, 1, 3);
	fixture_say(&f, 1, "ghij");
	fixture_say(&f, 0, "GET /c HTTP/1.1\r\nHost: h.example\r\n\r\n");
	fixture_gap(&f, 1, 3);
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_HTTP), 3);
	assert_int_equal(http(&f, 0)->response_body, 1000);
	assert_int_equal(file(&f, 0)->magic, MAGIC_ELF);
	assert_int_equal(http(&f, 1)->response_body, 10);
	assert_int_equal(file(&f, 1)->first.len, 3);
	assert_false(http(&f, 2)->has_response);
	fixture_close(&f);
}

static void recognised(void **unused)
{
	const struct stream_parser *p = &parser_http;

	(void)unused;
	assert_int_equal(fixture_recognise(p, "GET /", 5, NULL, 0, 9999), VERDICT_YES);
	assert_int_equal(fixture_recognise(p, "GE", 2, NULL, 0, 80), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(p, "\r\nGET /", 7, NULL, 0, 80), VERDICT_YES);
	assert_int_equal(fixture_recognise(p, "FOO * HTTP/1.1\r\n", 16, NULL, 0, 80), VERDICT_YES);
	assert_int_equal(fixture_recognise(p, "get key\r\n", 9, NULL, 0, 80), VERDICT_NO);
	assert_int_equal(
		fixture_recognise(p, "OPTIONS rtsp://h RTSP/1.0\r\n", 27, NULL, 0, 80), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, "PRI * HTTP/2.0\r\n", 16, NULL, 0, 80), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, NULL, 0, "HTTP/1.1 200", 12, 80), VERDICT_YES);
	assert_int_equal(fixture_recognise(p, NULL, 0, "220 mail", 8, 80), VERDICT_NO);
	assert_int_equal(fixture_recognise(p, NULL, 0, NULL, 0, 80), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(p, "\x16\x03\x01", 3, NULL, 0, 443), VERDICT_NO);
}

static void absolute_target(void **unused)
{
	const struct say says[] = {
		SAY(0, "GET http://www.example.org:8080/a/b HTTP/1.1\r\n\r\n"),
	};
	struct fixture f;

	(void)unused;
	play(&f, says, 1);
	assert_true(fixture_is(http(&f, 0)->host, "www.example.org:8080"));
	assert_true(fixture_is(http(&f, 0)->uri, "/a/b"));
	assert_false(http(&f, 0)->has_response);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields),
		cmocka_unit_test(chunked),
		cmocka_unit_test(until_the_end),
		cmocka_unit_test(version_09),
		cmocka_unit_test(no_body),
		cmocka_unit_test(connect_goes_on_as_something_else),
		cmocka_unit_test(refused_connect_and_upgrade),
		cmocka_unit_test(response_before_the_body_ends),
		cmocka_unit_test(gaps_in_bodies),
		cmocka_unit_test(recognised),
		cmocka_unit_test(absolute_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
