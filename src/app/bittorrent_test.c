/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/bittorrent_test.c - BitTorrent's handshake, DHT and uTP; Kad's messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/app_fixture.h"
#include "app/bencode.h"
#include "app/parser.h"

#define HASH "abcdefghij0123456789"
#define ID "mnopqrstuvwxyz987654"
#define SHAKE                                                                                      \
	"\x13"                                                                                     \
	"BitTorrent protocol"                                                                      \
	"\0\0\0\0\0\0\0\0" HASH ID

static struct fixture fixture;

static void handshake(void **state)
{
	static const struct say says[] = { SAY(0, SHAKE "\0\0\0\1\2"), SAY(1, SHAKE "more") };
	const struct app_event *event;

	(void)state;
	fixture_same_however_cut(&parser_bittorrent, 51413, says, 2);
	fixture_open(&fixture, &parser_bittorrent, 51413);
	fixture_play(&fixture, says, 2, 0);
	fixture_end(&fixture);
	assert_int_equal(fixture_count(&fixture, APP_P2P), 2);
	event = fixture_event(&fixture, APP_P2P, 1);
	assert_true(fixture_is(event->p2p.what, "handshake"));
	assert_true(fixture_is(event->p2p.id, HASH));
	assert_int_equal(event->p2p.proto, PROTO_BITTORRENT);
	assert_int_equal(event->p2p.side, 1);
	fixture_close(&fixture);
}

static void recognised(void **state)
{
	(void)state;
	assert_int_equal(fixture_recognise(&parser_bittorrent, SHAKE, 68, "", 0, 1), VERDICT_YES);
	assert_int_equal(fixture_recognise(&parser_bittorrent, SHAKE, 5, "", 0, 1), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(&parser_bittorrent, "GET /", 5, "", 0, 1), VERDICT_NO);
	assert_int_equal(fixture_recognise(&parser_bittorrent, "", 0, SHAKE, 30, 1), VERDICT_YES);
}

static bool tell(const struct datagram_parser *parser, const void *bytes, size_t len)
{
	return fixture_datagram(&fixture, parser, 0, bytes, len);
}

static void check(const char *bytes, size_t len, const char *what, const char *id, bool is_odd)
{
	const struct app_event *event;

	fixture_open(&fixture, NULL, 6881);
	assert_true(tell(&datagram_bittorrent, bytes, len));
	event = fixture_event(&fixture, APP_P2P, 0);
	assert_non_null(event);
	assert_true(fixture_is(event->p2p.what, what));
	assert_true(fixture_is(event->p2p.id, id));
	assert_int_equal(event->p2p.is_odd, is_odd);
	fixture_close(&fixture);
}

#define CHECK(bytes, ...) check(bytes, sizeof(bytes) - 1, __VA_ARGS__)
#define GET_PEERS "d1:ad2:id20:" ID "9:info_hash20:" HASH "e1:q9:get_peers1:t2:aa1:y1:qe"

static void dht(void **state)
{
	(void)state;
	CHECK(GET_PEERS, "get_peers", ID, false);
	CHECK("d1:ad2:id20:" ID "e1:q4:ping1:t2:aa1:y1:qe", "ping", ID, false);
	CHECK("d1:ad2:id20:" ID "e1:q4:vote1:t2:aa1:y1:qe", "other query", ID, false);
	CHECK("d1:rd2:id20:" ID "5:nodes0:e1:t2:aa1:v4:UT121:y1:re", "response", ID, false);
	CHECK("d1:eli201e3:whye1:t2:aa1:y1:ee", "error", "", false);
	CHECK("d1:rd2:id3:abce1:t2:aa1:y1:re", "response", "", true);
	CHECK("d1:ad2:id20:\xff\xfe garbage of its own", "dht", "", true);
}

static void not_dht(void **state)
{
	static const char *const texts[] = { "", "d", "de", "d1:", "d1:y1:qe", "d999999999999:ae",
		"di1ee", "debug: hello world", "dddddddddddddddddddddddddddddddddddd",
		"d1:alllllllllllllllllllllllllllllllllllll", "d1:yi-1e1:t1:ae--", "hello" };

	(void)state;
	fixture_open(&fixture, NULL, 6881);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (i != 4)
			assert_false(tell(&datagram_bittorrent, texts[i], strlen(texts[i])));
	for (size_t cut = 0; cut < sizeof(GET_PEERS) - 1; cut++)
		tell(&datagram_bittorrent, GET_PEERS, cut);
	assert_int_equal(bencode_len((const uint8_t *)"d1:ai5ee", 8), 8);
	assert_int_equal(bencode_len((const uint8_t *)"d1:ai5e", 7), 0);
	fixture_close(&fixture);
}

static void utp(void **state)
{
	uint8_t syn[20] = { 0x41, 0, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0 };

	(void)state;
	fixture_open(&fixture, NULL, 40000);
	assert_true(tell(&datagram_bittorrent, syn, sizeof(syn)));
	assert_false(tell(&datagram_bittorrent, syn, 19));
	syn[17] = 2;
	assert_false(tell(&datagram_bittorrent, syn, sizeof(syn)));
	assert_int_equal(fixture_count(&fixture, APP_P2P), 1);
	fixture_close(&fixture);
}

static void kad(void **state)
{
	uint8_t request[35] = { 0xe4, 0x21, 4, 1, 2, 3 }, hello[23] = { 0xe4, 0x11, 9 };
	uint8_t answer[2 + 17 + 50] = { 0xe4, 0x29 }, boot[23 + 25] = { 0xe4, 0x09 };

	(void)state;
	hello[18] = 1;
	hello[20] = 8;
	answer[18] = 2;
	boot[21] = 1;
	fixture_open(&fixture, NULL, 4672);
	assert_true(tell(&datagram_kad, request, sizeof(request)));
	assert_true(tell(&datagram_kad, hello, sizeof(hello)));
	assert_true(tell(&datagram_kad, answer, sizeof(answer)));
	assert_true(tell(&datagram_kad, boot, sizeof(boot)));
	assert_true(tell(&datagram_kad, "\xe4\x60", 2));
	assert_true(tell(&datagram_kad, "\xe4\x61\1\2", 4));
	assert_int_equal(fixture_count(&fixture, APP_P2P), 6);
	assert_true(fixture_is(fixture_event(&fixture, APP_P2P, 0)->p2p.what, "kad2 request"));
	assert_int_equal(fixture_event(&fixture, APP_P2P, 0)->p2p.id.len, 16);
	assert_int_equal(fixture_event(&fixture, APP_P2P, 0)->p2p.proto, PROTO_KAD);
	for (size_t cut = 0; cut < sizeof(answer); cut++)
		assert_false(cut != 2 && tell(&datagram_kad, answer, cut));
	request[2] = 5;
	assert_false(tell(&datagram_kad, request, sizeof(request)));
	assert_false(tell(&datagram_kad, "\xe4\x60\0", 3));
	assert_false(tell(&datagram_kad, "\xe3\x60", 2));
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake),
		cmocka_unit_test(recognised),
		cmocka_unit_test(dht),
		cmocka_unit_test(not_dht),
		cmocka_unit_test(utp),
		cmocka_unit_test(kad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
