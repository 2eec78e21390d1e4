/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of app/tls.c, its hellos, fingerprints and certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/app_fixture.h"
#include "app/tls_certificate.h"
#include "app/tls_hello.h"
#include "app/tls_test_bytes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t retry[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e,
	0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

/* A handshake of up to four flights, each in records of `each` bytes. */
struct talk {
	struct bytes client, server, content;
};

static void add_client(struct talk *t, size_t each, const char *sni)
{
	t->content.len = 0;
	put_client_hello(&t->content, sni);
	put_records(&t->client, 22, &t->content, each);
}

static void add_server(
	struct talk *t, size_t each, unsigned version, const uint8_t *random, bool has_certificate)
{
	t->content.len = 0;
	put_server_hello(&t->content, version, random);
	if (has_certificate)
		put_certificate(&t->content);
	put_records(&t->server, 22, &t->content, each);
}

static void play_talk(struct fixture *f, const struct talk *t, size_t cut)
{
	fixture_open(f, &parser_tls, 443);
	fixture_feed(f, 0, t->client.at, t->client.len, cut);
	fixture_feed(f, 1, t->server.at, t->server.len, cut);
}

static void tls_12_with_a_certificate(void **state)
{
	struct talk t = { 0 };
	struct fixture f;
	const struct app_tls *tls;

	(void)state;
	add_client(&t, 16384, "weir.example");
	add_server(&t, 16384, 0x0303, NULL, true);
	play_talk(&f, &t, 0);
	assert_true(f.parse.is_done);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	tls = &fixture_event(&f, APP_TLS, 0)->tls;
	assert_true(fixture_is(tls->sni, "weir.example"));
	assert_true(fixture_is(tls->alpn, "http/1.1"));
	assert_int_equal(tls->version, 0x0303);
	assert_int_equal(tls->client_version, 0x0304);
	assert_string_equal(tls->ja4, "t13d" TEST_JA4_REST);
	assert_int_equal(strlen(tls->ja3), 32);
	assert_int_equal(strlen(tls->ja3s), 32);
	assert_true(tls->has_server && tls->has_certificate && tls->is_self_signed);
	assert_false(tls->is_resumed);
	assert_true(fixture_is(tls->subject, "CN=weir.example,O=Example\\, Ltd,C=DE"));
	assert_true(fixture_is(tls->issuer, "CN=weir.example,O=Example\\, Ltd,C=DE"));
	assert_true(fixture_is(tls->serial, "a1b2"));
	assert_int_equal(tls->not_before_s, 1795388857);
	assert_int_equal(tls->not_after_s, 1797980857);
	assert_string_equal(tls->fingerprint, "4fa98461d8654bb43fd67b7e7788be96187e3e6c");
	assert_string_equal(
		tls->sha256, "d089728c41d220d86dab9036beed20c9986564c757c6f50473d405b2c7a7ecd4");
	fixture_close(&f);
}

static void tls_13_ends_with_the_server_hello(void **state)
{
	struct talk t = { 0 };
	struct fixture f;
	const struct app_tls *tls;

	(void)state;
	add_client(&t, 16384, "");
	add_server(&t, 16384, 0x0304, NULL, false);
	play_talk(&f, &t, 0);
	assert_true(f.parse.is_done);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	tls = &fixture_event(&f, APP_TLS, 0)->tls;
	assert_int_equal(tls->sni.len, 0);
	assert_true(fixture_is(tls->alpn, "h2"));
	assert_int_equal(tls->version, 0x0304);
	assert_memory_equal(tls->ja4, "t13i1515h2_8daaf6152771_", 24);
	assert_false(tls->has_certificate);
	fixture_close(&f);
}

/* RFC 8446 4.1.4: the hello is asked for again; the ServerHello comes later. */
static void a_retry_is_one_handshake(void **state)
{
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	add_client(&t, 16384, "weir.example");
	add_server(&t, 16384, 0x0304, retry, false);
	play_talk(&f, &t, 0);
	assert_false(f.parse.is_done);
	assert_int_equal(fixture_count(&f, APP_TLS), 0);
	t.server.len = 0;
	add_server(&t, 16384, 0x0304, NULL, false);
	fixture_feed(&f, 0, t.client.at, t.client.len, 0);
	fixture_feed(&f, 1, t.server.at, t.server.len, 0);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	assert_true(fixture_is(fixture_event(&f, APP_TLS, 0)->tls.sni, "weir.example"));
	fixture_close(&f);
}

static void however_cut(void **state)
{
	static const size_t each[] = { 16384, 1, 7, 100 };

	(void)state;
	for (unsigned i = 0; i < COUNT(each); i++) {
		struct talk t = { 0 };

		add_client(&t, each[i], "weir.example");
		/* Records of one byte take six times the room: without the certificate then. */
		add_server(&t, each[i], 0x0303, NULL, each[i] > 1);
		put_bytes(&t.server, "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x02xx", 13);
		fixture_same_however_cut(&parser_tls, 443,
			(struct say[]){ { 0, t.client.at, t.client.len },
				{ 1, t.server.at, t.server.len } },
			2);
	}
}

static void a_resumption_has_no_certificate(void **state)
{
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	add_client(&t, 16384, "weir.example");
	add_server(&t, 16384, 0x0303, NULL, false);
	play_talk(&f, &t, 0);
	fixture_feed(&f, 1, "\x14\x03\x03\x00\x01\x01", 6, 0);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	assert_true(fixture_event(&f, APP_TLS, 0)->tls.is_resumed);
	assert_true(f.parse.is_done);
	fixture_close(&f);
}

static void an_alert_ends_it(void **state)
{
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	add_client(&t, 16384, "weir.example");
	play_talk(&f, &t, 0);
	fixture_feed(&f, 1, "\x15\x03\x03\x00\x02\x02\x28", 7, 1);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	assert_int_equal(fixture_event(&f, APP_TLS, 0)->tls.alert, 40);
	assert_false(fixture_event(&f, APP_TLS, 0)->tls.has_server);
	fixture_close(&f);
}

/* The fatal one counts, however many stand before it in the same record. */
static void several_alerts_in_a_record(void **state)
{
	static const char alerts[] = "\x15\x03\x03\x00\x06\x01\x5a\x02\x28\x02\x32";
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	add_client(&t, 16384, "weir.example");
	for (size_t cut = 0; cut < sizeof(alerts); cut++) {
		play_talk(&f, &t, 0);
		fixture_feed(&f, 1, alerts, sizeof(alerts) - 1, cut);
		assert_int_equal(fixture_count(&f, APP_TLS), 1);
		assert_int_equal(fixture_event(&f, APP_TLS, 0)->tls.alert, 40);
		assert_true(f.parse.is_done);
		fixture_close(&f);
	}
}

static void half_a_handshake_is_told_at_the_end(void **state)
{
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	add_client(&t, 16384, "weir.example");
	play_talk(&f, &t, 0);
	assert_int_equal(fixture_count(&f, APP_TLS), 0);
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	fixture_close(&f);

	t.client.len = 0;
	add_server(&t, 16384, 0x0303, NULL, true);
	play_talk(&f, &t, 0);
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	assert_true(fixture_event(&f, APP_TLS, 0)->tls.has_certificate);
	fixture_close(&f);
}

/* The server's answer is lost: what the client said is told; nothing waits any longer. */
static void a_gap_ends_it(void **state)
{
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	add_client(&t, 16384, "weir.example");
	play_talk(&f, &t, 0);
	fixture_gap(&f, 1, 1400);
	assert_true(f.parse.is_done);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	fixture_close(&f);
}

static void ssl_2_hello(void **state)
{
	static const uint8_t hello[] = { 0x80, 0x1f, 1, 3, 1, 0, 6, 0, 0, 0, 16, 1, 0, 0x80, 0, 0,
		5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct talk t = { 0 };
	struct fixture f;

	(void)state;
	assert_int_equal(
		fixture_recognise(&parser_tls, hello, sizeof(hello), "", 0, 443), VERDICT_YES);
	put_bytes(&t.client, hello, sizeof(hello));
	add_server(&t, 16384, 0x0303, NULL, true);
	play_talk(&f, &t, 1);
	assert_int_equal(fixture_count(&f, APP_TLS), 1);
	assert_int_equal(fixture_event(&f, APP_TLS, 0)->tls.client_version, 0x0301);
	assert_string_equal(fixture_event(&f, APP_TLS, 0)->tls.ja3, "");
	assert_true(fixture_event(&f, APP_TLS, 0)->tls.has_certificate);
	fixture_close(&f);
}

/* What is encrypted already has nothing to tell, and is not looked at any further. */
static void picked_up_in_the_middle(void **state)
{
	static const uint8_t data[] = { 0x17, 3, 3, 0, 17, 1, 2, 3 };
	struct fixture f;

	(void)state;
	assert_int_equal(
		fixture_recognise(&parser_tls, data, sizeof(data), "", 0, 443), VERDICT_YES);
	fixture_open(&f, &parser_tls, 443);
	fixture_feed(&f, 0, data, sizeof(data), 0);
	assert_true(f.parse.is_done);
	fixture_end(&f);
	assert_int_equal(f.count, 0);
	fixture_close(&f);
}

static void recognised_by_content(void **state)
{
	(void)state;
	assert_int_equal(fixture_recognise(&parser_tls, "\x16\x03", 2, "", 0, 1), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(&parser_tls, "\x16\x03\x01\x02\x00\x01", 6, "", 0, 1),
		VERDICT_YES);
	assert_int_equal(fixture_recognise(&parser_tls, "GET / HTTP", 10, "", 0, 443), VERDICT_NO);
	assert_int_equal(fixture_recognise(&parser_tls, "\x16\x03\x01\xff\xff\x01", 6, "", 0, 443),
		VERDICT_NO);
	assert_int_equal(
		fixture_recognise(&parser_tls, "", 0, "220 mail\r\n", 10, 465), VERDICT_NO);
}

/* Lengths that lie, endless hellos, nothing but headers: no event but at most one, no harm. */
static void hostile(void **state)
{
	struct fixture f;
	struct bytes b = { 0 };

	(void)state;
	fixture_open(&f, &parser_tls, 443);
	fixture_feed(&f, 0, "\x16\x03\x01\x40\x00\x01\xff\xff\xff", 9, 0);
	for (unsigned i = 0; i < 20; i++) {
		put_fill(&b, 0, BYTES_MAX);
		fixture_feed(&f, 0, b.at, b.len, 0);
		b.len = 0;
	}
	fixture_end(&f);
	assert_int_equal(f.count, 0);
	fixture_close(&f);

	fixture_open(&f, &parser_tls, 443);
	put_client_hello(&b, "weir.example");
	for (size_t len = 5; len < b.len; len++) { /* cut anywhere, with a length to fit */
		struct bytes cut = { 0 }, records = { 0 };
		struct fixture g;

		put_bytes(&cut, b.at, len);
		cut.at[2] = (uint8_t)((len - 4) >> 8);
		cut.at[3] = (uint8_t)(len - 4);
		put_records(&records, 22, &cut, 16384);
		fixture_open(&g, &parser_tls, 443);
		fixture_feed(&g, 0, records.at, records.len, 0);
		fixture_end(&g);
		assert_int_equal(g.count, 1);
		fixture_close(&g);
	}
	fixture_close(&f);
}

/* Cut and bent anywhere, a certificate is refused or read, within its bounds. */
static void hostile_certificates(void **state)
{
	struct tls_certificate c;
	uint8_t copy[sizeof(test_certificate)];

	(void)state;
	for (size_t len = 0; len < sizeof(copy); len++) {
		memcpy(copy, test_certificate, sizeof(copy));
		assert_false(tls_certificate_read(copy, len, &c));
		for (unsigned bend = 0; bend < 4; bend++) {
			copy[len] ^= (uint8_t)(0xff >> (2 * bend));
			tls_certificate_read(copy, sizeof(copy), &c);
			assert_true(c.subject_len < TLS_NAME_MAX);
		}
	}
}

static void overlong_lists_have_no_fingerprint(void **state)
{
	struct bytes b = { 0 };
	struct tls_hello hello;
	char ja[JA4_SIZE];
	size_t list;

	(void)state;
	put16(&b, 0x0303);
	put_fill(&b, 1, 32);
	put8(&b, 0);
	list = open16(&b);
	put_fill(&b, 5, (TLS_LIST_MAX + 1) * 2);
	close16(&b, list);
	put16(&b, 0x0100);
	assert_true(tls_client_hello_read(b.at, b.len, &hello));
	assert_true(hello.is_overlong);
	tls_ja3(&hello, ja);
	assert_string_equal(ja, "");
	tls_ja4(&hello, 't', ja);
	assert_string_equal(ja, "");
}

static void name_parts(void **state)
{
	static const char name[] = "CN=www.a\\,b.com,O=CN=no,C=DE";
	char out[32];

	(void)state;
	assert_int_equal(tls_name_part(name, strlen(name), "CN", out, sizeof(out)), 11);
	assert_string_equal(out, "www.a,b.com");
	tls_name_part(name, strlen(name), "C", out, sizeof(out));
	assert_string_equal(out, "DE");
	assert_int_equal(tls_name_part(name, strlen(name), "L", out, sizeof(out)), 0);
	tls_name_part(name, strlen(name), "CN", out, 4);
	assert_string_equal(out, "www");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_12_with_a_certificate),
		cmocka_unit_test(tls_13_ends_with_the_server_hello),
		cmocka_unit_test(a_retry_is_one_handshake),
		cmocka_unit_test(however_cut),
		cmocka_unit_test(a_resumption_has_no_certificate),
		cmocka_unit_test(an_alert_ends_it),
		cmocka_unit_test(several_alerts_in_a_record),
		cmocka_unit_test(half_a_handshake_is_told_at_the_end),
		cmocka_unit_test(a_gap_ends_it),
		cmocka_unit_test(ssl_2_hello),
		cmocka_unit_test(picked_up_in_the_middle),
		cmocka_unit_test(recognised_by_content),
		cmocka_unit_test(hostile),
		cmocka_unit_test(hostile_certificates),
		cmocka_unit_test(overlong_lists_have_no_fingerprint),
		cmocka_unit_test(name_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
