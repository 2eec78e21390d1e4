/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flood_benign_test.c - what looks like a flood and is none: fast, many, unanswered for a
 * moment, seen from one side, or somebody else's attack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/detectors.h"
#include "detect/play.h"

#define WEB "192.0.2.80"

static struct pkt segment(uint32_t number)
{
	struct pkt pkt = fixture_tcp("203.0.113.9", 4711, WEB, 443, TCP_ACK);

	(void)number;
	pkt.ip_len = 1500;
	return pkt;
}

static void nothing_from(struct play what)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);

	play(f, what);
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* Faster than every limit, in packets and in bits. */
static void downloads_and_backups(void **state)
{
	static const enum standing standings[] = { STANDING_VERIFIED, STANDING_STREAM };
	struct play what = { T0, 100000, 150000, segment, STANDING_VERIFIED, 0 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		what.standing = standings[i];
		nothing_from(what);
	}
}

static struct pkt visitor(uint32_t number)
{
	struct pkt pkt = fixture_pkt(6, stranger(number), (uint16_t)(1024 + mix(number) % 60000),
		fixture_addr(WEB), 443);

	pkt.tcp_flags = TCP_SYN;
	return pkt;
}

/* Visitors that come out of nothing, far away: lag of them have sent SYN before the first
 * completes. */
static void crowd(double per_s, uint32_t count, uint32_t lag)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);
	struct play what = { T0, per_s, count, visitor, STANDING_OPENING, EVENT_NEW };

	for (uint32_t i = 0; i < count + lag; i++) {
		struct pkt pkt = visitor(i);

		if (i < count)
			fixture_send(f, play_time(&what, i), &pkt, STANDING_OPENING, EVENT_NEW);
		if (i < lag)
			continue;
		pkt = visitor(i - lag);
		pkt.tcp_flags = TCP_ACK;
		fixture_send(f, play_time(&what, i), &pkt, STANDING_VERIFIED,
			EVENT_HANDSHAKE | EVENT_TURN);
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

static void a_crowd_at_a_web_server(void **state)
{
	(void)state;
	crowd(5000, 30000, 500);   /* a tenth of a second away */
	crowd(5000, 30000, 1750);  /* the other side of the world: 350 ms */
	crowd(15000, 60000, 4500); /* 300 ms */
	crowd(200, 3000, 40);
}

/* The same when it was known before, and quiet. */
static void a_crowd_at_a_quiet_server(void **state)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		struct pkt pkt = visitor(i);

		fixture_answer(f, T0 + MS(100) * i, &pkt);
	}
	for (uint32_t i = 0; i < 12000 + 900; i++) {
		struct pkt pkt = visitor(1000 + i);
		int64_t now_ns = T0 + S(40) + i * (NS_PER_S / 3000);

		if (i < 12000)
			fixture_open_only(f, now_ns, &pkt);
		if (i < 900)
			continue;
		pkt = visitor(1000 + i - 900);
		pkt.tcp_flags = TCP_ACK;
		fixture_send(f, now_ns, &pkt, STANDING_VERIFIED, EVENT_HANDSHAKE | EVENT_TURN);
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* Name servers, games: one question, one answer, thousands of askers. */
static void an_answered_service_of_datagrams(void **state)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	for (uint32_t i = 0; i < 40000; i++) {
		struct pkt pkt = fixture_pkt(17, stranger(i % 9000),
			(uint16_t)(1024 + mix(i) % 60000), fixture_addr(WEB), 53);

		pkt.ip_len = 70;
		fixture_answer(f, T0 + i * (NS_PER_S / 8000), &pkt);
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* Somebody else is under attack from addresses of ours that were invented. */
static struct pkt backscatter_to_many(uint32_t number)
{
	struct pkt pkt = fixture_pkt(6, stranger(number % 50), 443,
		fixture_addr_at("10.20.0.0", mix(number) % 5000),
		(uint16_t)(1024 + mix(number) % 60000));

	pkt.tcp_flags = number % 2 ? TCP_SYN | TCP_ACK : TCP_RST;
	return pkt;
}

static struct pkt unreachables(uint32_t number)
{
	struct pkt pkt = fixture_pkt(1, stranger(number % 50), 0x0301,
		fixture_addr_at("10.20.0.0", mix(number) % 5000), 0x0301);

	pkt.icmp_type = 3;
	return pkt;
}

static void backscatter(void **state)
{
	struct play what = { T0, 6000, 60000, backscatter_to_many, STANDING_STRAY, EVENT_NEW };

	(void)state;
	nothing_from(what);
	what.make = unreachables;
	nothing_from(what);
}

static struct pkt scan_of_one(uint32_t number)
{
	struct pkt pkt = fixture_pkt(
		6, fixture_addr("203.0.113.66"), 54321, fixture_addr_at("10.20.0.0", number), 23);

	pkt.tcp_flags = TCP_SYN;
	return pkt;
}

static struct pkt scan_of_a_few(uint32_t number)
{
	struct pkt pkt = scan_of_one(number);

	pkt.key.addr[0] = stranger(number % 30);
	return pkt;
}

static void scans(void **state)
{
	struct play what = { T0, 5000, 60000, scan_of_one, STANDING_OPENING, EVENT_NEW };

	(void)state;
	nothing_from(what);
	what.make = scan_of_a_few;
	nothing_from(what);
}

/* What was given by the Internet's noise: each address a packet now and then, from anybody. */
static struct pkt noise(uint32_t number)
{
	struct pkt pkt = fixture_pkt(6, stranger(number), (uint16_t)(1024 + mix(number) % 60000),
		fixture_addr_at("10.20.0.0", mix(number) % 65536), (uint16_t)(mix(number) % 10000));

	pkt.tcp_flags = TCP_SYN;
	return pkt;
}

static void background_radiation(void **state)
{
	struct play what = { T0, 600, 600 * 70, noise, STANDING_OPENING, EVENT_NEW };

	(void)state;
	nothing_from(what);
}

/* Only what visitors say is captured: SYN, acknowledgement, request, then a stream. */
static void one_way_in(void **state)
{
	static const struct {
		uint8_t flags;
		enum standing standing;
		uint16_t events;
	} steps[] = {
		{ TCP_SYN, STANDING_OPENING, EVENT_NEW },
		{ TCP_ACK, STANDING_UNANSWERED, EVENT_ANSWERED },
		{ TCP_ACK | TCP_PSH, STANDING_UNANSWERED, 0 },
		{ TCP_ACK, STANDING_STREAM, EVENT_STREAM },
		{ TCP_ACK, STANDING_STREAM, 0 },
	};
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	for (uint32_t i = 0; i < 5 * 200 + 20000; i++)
		for (uint32_t step = 0; step < 5; step++) {
			struct pkt pkt = visitor(i - step * 100);

			if (i < step * 100)
				break;
			pkt.tcp_flags = steps[step].flags;
			fixture_send(f, T0 + i * (NS_PER_S / 2000), &pkt, steps[step].standing,
				steps[step].events);
		}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* And only what servers say to one of ours who visits many: a crawler. */
static void one_way_out(void **state)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	for (uint32_t i = 0; i < 10000; i++)
		for (uint32_t step = 0; step < 4; step++) {
			struct pkt pkt;

			if (i < step * 50)
				break;
			pkt = visitor(i - step * 50);
			pkt.key.port[0] = 443;
			pkt.key.port[1] = (uint16_t)(1024 + (i - step * 50) % 60000);
			pkt.side = 1;
			pkt.tcp_flags = step ? TCP_ACK : TCP_SYN | TCP_ACK;
			fixture_send(f, T0 + i * (NS_PER_S / 500), &pkt,
				step == 0  ? STANDING_STRAY
				: step < 3 ? STANDING_UNANSWERED
					   : STANDING_STREAM,
				step == 0  ? EVENT_NEW
				: step < 3 ? 0
					   : EVENT_STREAM);
		}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

/* A capture that begins among thousands of connections: strays at first, then they turn. */
static void begun_in_the_middle(void **state)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	for (uint32_t i = 0; i < 4000; i++) {
		struct pkt pkt = visitor(i);

		pkt.tcp_flags = TCP_ACK;
		fixture_send(f, T0 + i * 250000LL, &pkt, STANDING_STRAY, EVENT_NEW);
		if (i >= 100) {
			pkt = visitor(i - 100);
			pkt.tcp_flags = TCP_ACK;
			fixture_send(f, T0 + i * 250000LL, &pkt, STANDING_VERIFIED, EVENT_TURN);
		}
	}
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

static struct pkt live_stream(uint32_t number)
{
	struct pkt pkt = fixture_udp("203.0.113.70", 5004, WEB, 5004, 1316);

	(void)number;
	return pkt;
}

/* Television: one sender, steady, never answered; from the start, and after a quiet time. */
static void streams_of_datagrams(void **state)
{
	struct play what = { T0, 2500, 2500 * 40, live_stream, STANDING_UNANSWERED, 0 };
	struct fixture *f = fixture_open(&detector_flood, NULL);

	(void)state;
	nothing_from(what);
	what.pps = 2;
	what.count = 100;
	what.at_ns = play(f, what);
	what.pps = 2500;
	what.count = 2500 * 10;
	play(f, what);
	fixture_end(f);
	assert_int_equal(fixture_count(f, KIND_NONE), 0);
	fixture_close(f);
}

static struct pkt flow_export(uint32_t number)
{
	struct pkt pkt = fixture_pkt(
		17, fixture_addr_at("10.9.0.0", number % 80), 2055, fixture_addr("10.0.0.5"), 2055);

	pkt.ip_len = 1400;
	return pkt;
}

/* Routers and hosts of ours that tell a collector of ours, which never answers. */
static void logs_and_flow_records(void **state)
{
	struct play what = { T0, 3000, 3000 * 40, flow_export, STANDING_UNANSWERED, 0 };

	(void)state;
	nothing_from(what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(downloads_and_backups),
		cmocka_unit_test(a_crowd_at_a_web_server),
		cmocka_unit_test(a_crowd_at_a_quiet_server),
		cmocka_unit_test(an_answered_service_of_datagrams),
		cmocka_unit_test(backscatter),
		cmocka_unit_test(scans),
		cmocka_unit_test(background_radiation),
		cmocka_unit_test(one_way_in),
		cmocka_unit_test(one_way_out),
		cmocka_unit_test(begun_in_the_middle),
		cmocka_unit_test(streams_of_datagrams),
		cmocka_unit_test(logs_and_flow_records),
	};

	return cmocka_run_group_tests_name("flood_benign", tests, NULL, NULL);
}
