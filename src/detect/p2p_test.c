/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/p2p_test.c - bot.p2p: botnets of peers, and peers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

static float confidence;

static struct addr peer_addr(unsigned number)
{
	struct addr addr = play_addr("20.0.0.1");

	addr.byte[12] = (uint8_t)(20 + number % 90);
	addr.byte[13] = (uint8_t)(number * 7);
	addr.byte[14] = (uint8_t)number;
	return addr;
}

static void exchange(struct play *play, double time_s, unsigned peer, uint16_t port, uint32_t bytes)
{
	struct app_event event = play_event(play, APP_EXCHANGE, time_s, play_addr("192.168.0.7"),
		peer_addr(peer), IPPROTO_UDP, port);

	event.exchange.bytes[0] = bytes;
	event.exchange.bytes[1] = 100;
	play_see(play, &event);
}

static void mesh(struct play *play, double time_s, unsigned peer, enum app_proto proto,
	const char *what, const char *id, unsigned side)
{
	struct app_event event = play_event(play, APP_P2P, time_s, play_addr("192.168.0.7"),
		peer_addr(peer), IPPROTO_UDP, 6881);

	event.p2p = (struct app_p2p){ .proto = proto,
		.what = { what, (uint32_t)strlen(what) },
		.id = { id, (uint32_t)strlen(id) },
		.side = (uint8_t)side };
	play_see(play, &event);
}

static unsigned told(const struct play *play)
{
	return play_count(play, KIND_BOT_P2P, play_addr("192.168.0.7"), &confidence);
}

static void zeroaccess(void **state)
{
	struct play *play = play_open(&detector_p2p, NULL);

	(void)state;
	for (unsigned i = 0; i < 120; i++)
		exchange(play, i, i, 16464, 16);
	assert_true(told(play) > 0);
	assert_true(confidence >= 0.7F);
	assert_string_equal(play->findings.list[0].family, "zeroaccess");
	assert_int_equal(play->findings.list[0].to_role, ROLE_COUNT);
	play_close(play);
}

static void of_no_known_family(void **state)
{
	struct play *play = play_open(&detector_p2p, NULL);

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		exchange(play, 6.0 * i, i % 80, (uint16_t)(20000 + i % 80), 34);
	assert_true(told(play) > 0);
	assert_true(confidence < 0.6F);
	assert_null(play->findings.list[0].family);
	play_close(play);
}

/* A list of game servers, asked in a minute; a call; questions of all sizes; a few peers. */
static void no_botnets(void **state)
{
	struct play *play = play_open(&detector_p2p, NULL);

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		exchange(play, 0.06 * i, i, 28960, 25);
	play_close(play);
	play = play_open(&detector_p2p, NULL);
	for (unsigned i = 0; i < 2000; i++)
		exchange(play, 2.0 * i, i % 8, 40000, 60);
	for (unsigned i = 0; i < 2000; i++)
		exchange(play, 4000 + 2.0 * i, i, 40000, 20 + i % 200);
	assert_int_equal(told(play), 0);
	play_close(play);
}

static void mozi(void **state)
{
	struct play *play = play_open(&detector_p2p, NULL);

	(void)state;
	mesh(play, 1, 1, PROTO_BITTORRENT, "response", "888888abcdefghijklmn", 1); /* a peer's */
	assert_int_equal(told(play), 0);
	mesh(play, 2, 2, PROTO_BITTORRENT, "find_node", "888888abcdefghijklmn", 0);
	assert_int_equal(told(play), 1);
	assert_true(confidence >= 0.7F);
	assert_string_equal(play->findings.list[0].family, "mozi");
	play_close(play);
}

static void nothing_but_look_ups(void **state)
{
	static const enum app_proto protos[] = { PROTO_BITTORRENT, PROTO_KAD };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct play *play = play_open(&detector_p2p, NULL);

		for (unsigned i = 0; i < 500; i++)
			mesh(play, 5.0 * i, i, protos[k], "find_node", "mnopqrstuvwxyz987654", 0);
		assert_true(told(play) > 0);
		assert_true(confidence < 0.6F);
		play_close(play);
	}
}

static void a_person_with_bittorrent(void **state)
{
	struct play *play = play_open(&detector_p2p, NULL);

	(void)state;
	mesh(play, 0, 1, PROTO_BITTORRENT, "handshake", "abcdefghij0123456789", 0);
	for (unsigned i = 0; i < 2000; i++)
		mesh(play, 3.0 * i, i, PROTO_BITTORRENT, i % 3 ? "get_peers" : "announce_peer",
			"mnopqrstuvwxyz987654", i % 2);
	for (unsigned i = 0; i < 2000; i++)
		exchange(play, 6000 + 2.0 * i, i, 51413, 20);
	assert_int_equal(told(play), 0);
	play_close(play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroaccess),
		cmocka_unit_test(of_no_known_family),
		cmocka_unit_test(no_botnets),
		cmocka_unit_test(mozi),
		cmocka_unit_test(nothing_but_look_ups),
		cmocka_unit_test(a_person_with_bittorrent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
