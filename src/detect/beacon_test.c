/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/beacon_test.c - bot.beacon: what it finds, and what is regular and means no harm. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "detect/beacon_internal.h"
#include "detect/beacon_known.h"
#include "detect/bot_play.h"
#include "detect/detectors.h"

#define MEDIUM 0.7F

static const struct addr anybody;
static float confidence;

static void call(struct play *play, const char *from, const char *to, uint16_t port,
	enum app_proto proto, double every_s, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		play_connection(
			play, every_s * i, play_addr(from), play_addr(to), port, proto, 300, 200);
}

static void burst(struct play *play, const char *from, const char *to, uint16_t port,
	enum app_proto proto, double every_s, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		struct app_event event = play_event(play, APP_BURST, every_s * i, play_addr(from),
			play_addr(to), IPPROTO_TCP, port);

		event.burst = (struct app_burst){ .bytes = { 20, 20 }, .proto = proto };
		play_see(play, &event);
	}
}

static unsigned told(struct play *play)
{
	return play_count(play, KIND_BOT_BEACON, anybody, &confidence);
}

static void a_steady_call_home(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);
	const struct finding *finding;
	struct addr from = play_addr("192.168.0.7"), to = play_addr("198.51.100.9");

	(void)state;
	call(play, "192.168.0.7", "198.51.100.9", 8443, PROTO_TLS, 30, 40);
	assert_true(told(play) > 0);
	assert_true(confidence >= MEDIUM);
	finding = &play->findings.list[play->findings.count - 1];
	assert_true(addr_equal(&finding->from, &from));
	assert_true(addr_equal(&finding->to, &to));
	assert_int_equal(finding->to_role, ROLE_CONTROLLER);
	assert_int_equal(finding->port, 8443);
	assert_float_equal(finding_evidence(finding, "interval", 0), 30, 0.1);
	assert_float_equal(finding_evidence(finding, "contacts", 0), 40, 0.1);
	assert_true(finding_evidence(finding, "size_regularity", 0) > 0.99);
	play_close(play);
}

/* Every 2 s for ten minutes, in a capture where no address is private: which side is ours is then
 * a guess. */
static void public_addresses(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	call(play, "147.32.80.1", "203.0.113.9", 443, PROTO_TLS, 2.2, 300);
	assert_true(told(play) > 0);
	assert_true(confidence > 0.5F);
	play_close(play);
}

static void short_or_few(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	call(play, "192.168.0.7", "198.51.100.9", 8443, PROTO_TLS, 2, 100); /* 200 s */
	call(play, "192.168.0.8", "198.51.100.9", 8443, PROTO_TLS, 300, 19);
	assert_int_equal(told(play), 0);
	play_close(play);
}

static void nobody_answers(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		struct app_event event = play_event(play, APP_REFUSED, 30.0 * i,
			play_addr("192.168.0.7"), play_addr("198.51.100.9"), IPPROTO_TCP, 1337);

		play_see(play, &event);
	}
	assert_true(told(play) > 0);
	assert_true(confidence < MEDIUM); /* most of these were switched off */
	assert_non_null(strstr(play->findings.list[0].reason, "does not answer"));
	play_close(play);
}

/* What is regular and harmless: nothing is told. */
static void known_services(void **state)
{
	static const struct {
		const char *name;
		uint16_t port;
		enum app_proto proto;
	} services[] = {
		{ "", 5228, PROTO_TLS },
		{ "", 5223, PROTO_TLS },
		{ "", 1883, PROTO_UNKNOWN },
		{ "", 8883, PROTO_TLS },
		{ "", 10051, PROTO_UNKNOWN },
		{ "", 2222, PROTO_SSH },
		{ "", 1143, PROTO_IMAP },
		{ "ocsp.digicert.com", 80, PROTO_HTTP },
		{ "ctldl.windowsupdate.com", 80, PROTO_HTTP },
		{ "captive.apple.com", 80, PROTO_HTTP },
		{ "a1b2.iot.eu-west-1.amazonaws.com", 443, PROTO_TLS },
	};
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		char address[32];

		snprintf(address, sizeof(address), "198.51.100.%u", i + 1);
		if (*services[i].name)
			play_dns(play, 0, play_addr("192.168.0.7"), services[i].name,
				play_addr(address));
		call(play, "192.168.0.7", address, services[i].port, services[i].proto, 30, 100);
	}
	assert_int_equal(told(play), 0);
	play_close(play);
}

/* The same at each run. */
static double random_share(void)
{
	static uint64_t random_state = 7;

	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((double)(random_state >> 11) + 0.5) / (double)(1ULL << 53);
}

static void lan_of(struct play *play, unsigned hosts)
{
	char host[32];

	for (unsigned k = 0; k < hosts; k++) {
		snprintf(host, sizeof(host), "192.168.0.%u", k + 10);
		play_connection(play, 0.1 * k, play_addr(host), play_addr("203.0.113.1"), 443,
			PROTO_TLS, 300, 200);
	}
}

/* Pings of a WebSocket to a service of one's own, and a service that one host polls. */
static void own_services_stay_low(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	play_dns(play, 0, play_addr("192.168.0.7"), "chat.firm.example", play_addr("198.51.100.1"));
	burst(play, "192.168.0.7", "198.51.100.1", 443, PROTO_TLS, 25, 400);
	told(play);
	assert_true(confidence < 0.6F);
	play_dns(play, 1, play_addr("192.168.0.7"), "api.firm.example", play_addr("198.51.100.2"));
	call(play, "192.168.0.7", "198.51.100.2", 443, PROTO_TLS, 30, 400);
	told(play);
	assert_true(confidence < MEDIUM);
	play_close(play);
	play = play_open(&detector_beacon, NULL);
	lan_of(play, 40);
	play_dns(play, 5, play_addr("192.168.0.7"), "api.firm.example", play_addr("198.51.100.2"));
	call(play, "192.168.0.7", "198.51.100.2", 443, PROTO_TLS, 30, 400);
	assert_true(told(play) > 0);
	assert_true(confidence < MEDIUM);
	play_close(play);
}

static float call_by_name(double every_s, unsigned times, enum app_proto proto, double shift_s)
{
	struct play *play = play_open(&detector_beacon, NULL);

	play_dns(play, 0, play_addr("192.168.0.7"), "api.firm.example", play_addr("198.51.100.2"));
	for (unsigned i = 0; i < times; i++)
		play_connection(play, every_s * i + (i * 7 % 5) * shift_s, play_addr("192.168.0.7"),
			play_addr("198.51.100.2"), 443, proto, 300, 200);
	told(play);
	play_close(play);
	return confidence;
}

/* As implants do that are told not to wait; a name does not make it better. */
static void a_handshake_every_two_seconds_without_end(void **state)
{
	(void)state;
	assert_true(call_by_name(2.2, 320, PROTO_TLS, 0) >= MEDIUM);
	assert_true(call_by_name(2.2, 320, PROTO_HTTP, 0) < MEDIUM);
	assert_true(call_by_name(2.2, 320, PROTO_TLS, 0.1) < MEDIUM);
	assert_true(call_by_name(2.2, 200, PROTO_TLS, 0) < MEDIUM);
	assert_true(call_by_name(60, 320, PROTO_TLS, 0) < MEDIUM);
}

static void keepalives_of_datagrams_stay_low(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		struct app_event event = play_event(play, APP_EXCHANGE, 20.0 * i,
			play_addr("192.168.0.7"), play_addr("198.51.100.9"), IPPROTO_UDP, 40123);

		event.exchange.bytes[0] = event.exchange.bytes[1] = 28;
		play_see(play, &event);
	}
	told(play);
	assert_true(confidence < 0.6F);
	play_close(play);
}

static void media_in_segments(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		play_connection(play, 4.0 * i, play_addr("192.168.0.7"), play_addr("198.51.100.9"),
			443, PROTO_TLS, 400, 900000);
	assert_int_equal(told(play), 0);
	play_close(play);
}

static void what_many_contact(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);
	char host[32];

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		for (unsigned k = 0; k < 10; k++) {
			snprintf(host, sizeof(host), "192.168.0.%u", k + 10);
			play_connection(play, 30.0 * i + k, play_addr(host),
				play_addr("198.51.100.9"), 443, PROTO_TLS, 300, 200);
		}
	assert_int_equal(told(play), 0);
	play_close(play);
}

/* Inside, from outside, and to a group of hosts. */
static void other_directions(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	call(play, "192.168.0.7", "192.168.0.9", 8443, PROTO_TLS, 30, 100);
	call(play, "198.51.100.9", "192.168.0.9", 8443, PROTO_TLS, 30, 100);
	call(play, "192.168.0.7", "239.1.2.3", 8443, PROTO_UNKNOWN, 30, 100);
	assert_int_equal(told(play), 0);
	play_close(play);
}

/* A bot that calls its controller "www.google.com" in SNI, in a LAN of ten hosts. */
static void a_claimed_name(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);
	struct app_event event;
	char host[32];

	(void)state;
	for (unsigned k = 0; k < 10; k++) {
		snprintf(host, sizeof(host), "192.168.0.%u", k + 10);
		play_connection(play, k, play_addr(host), play_addr("203.0.113.1"), 443, PROTO_TLS,
			300, 200);
	}
	event = play_event(play, APP_TLS, 20, play_addr("192.168.0.10"), play_addr("198.51.100.9"),
		IPPROTO_TCP, 443);
	event.tls.sni = (struct app_text){ "www.google.com", 14 };
	play_see(play, &event);
	for (unsigned i = 0; i < 100; i++)
		play_connection(play, 30 + 30.0 * i, play_addr("192.168.0.10"),
			play_addr("198.51.100.9"), 443, PROTO_TLS, 300, 200);
	assert_true(told(play) > 0);
	assert_string_equal(play->findings.list[0].name, "www.google.com");
	play_close(play);
}

static void thin(struct play *play, double hours, uint64_t bytes)
{
	struct app_event event = play_event(play, APP_CONNECT, 0, play_addr("192.168.0.7"),
		play_addr("198.51.100.9"), IPPROTO_TCP, 4444);

	play_see(play, &event);
	event.type = APP_FLOW;
	event.time_ns += (int64_t)(hours * 3600 * (double)NS_PER_S);
	event.flow_end = (struct app_flow){ .first_ns = PLAY_START_NS,
		.last_ns = event.time_ns,
		.payload_bytes = { bytes, bytes },
		.rhythm = { .messages = { 300, 300 } } };
	play_see(play, &event);
}

static void a_connection_that_stands(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	thin(play, 3, 600);
	thin(play, 5, 6000000);
	assert_int_equal(told(play), 0);
	thin(play, 9, 600);
	assert_int_equal(told(play), 1);
	assert_true(confidence < 0.6F);
	play_close(play);
}

static void few_pairs(struct conf *conf)
{
	conf->bot.pairs = 4096;
}

/* A scan of 100,000 addresses passes while the beacon calls: it stays known. */
static void a_scan_pushes_nothing_out(void **state)
{
	struct play *play = play_open(&detector_beacon, few_pairs);
	struct losses losses = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		play_connection(play, 60.0 * i, play_addr("192.168.0.7"), play_addr("198.51.100.9"),
			8443, PROTO_UNKNOWN, 300, 200);
		for (unsigned k = 0; i >= 30 && k < 1000; k++) {
			struct addr to = play_addr("198.18.0.0");
			struct app_event event;

			to.byte[14] = (uint8_t)((i * 1000 + k) >> 8);
			to.byte[15] = (uint8_t)(i * 1000 + k);
			event = play_event(play, APP_REFUSED, 60.0 * i + 0.05 * k,
				play_addr("192.168.0.8"), to, IPPROTO_TCP, (uint16_t)(2323 + i));
			play_see(play, &event);
		}
	}
	detector_beacon.losses(play->state, &losses);
	assert_true(losses.forgotten > 0);
	assert_true(play->findings.count > 0);
	assert_int_equal((int)finding_evidence(
				 &play->findings.list[play->findings.count - 1], "contacts", 0),
		100);
	play_close(play);
}

static void call_jittered(
	struct play *play, double from_s, double every_s, double jitter, unsigned times)
{
	double at_s = from_s;

	for (unsigned i = 0; i < times; i++) {
		play_connection(play, at_s, play_addr("192.168.0.7"), play_addr("198.51.100.9"),
			8443, PROTO_UNKNOWN, 300, 200);
		at_s += every_s * (1 + jitter * (2 * random_share() - 1));
	}
}

static void half_of_the_interval_is_jitter(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	lan_of(play, 10);
	call_jittered(play, 2, 30, 0.5, 100);
	assert_true(told(play) > 0);
	assert_true(confidence >= MEDIUM);
	play_close(play);
}

/* Twelve calls in an hour: enough in a LAN where nobody else goes there, and low. */
static void a_dozen_calls(void **state)
{
	struct play *play = play_open(&detector_beacon, NULL);

	(void)state;
	lan_of(play, 10);
	call_jittered(play, 2, 300, 0.1, 12);
	assert_true(told(play) > 0);
	assert_true(confidence > 0.5F && confidence < MEDIUM);
	play_close(play);
	play = play_open(&detector_beacon, NULL); /* a host alone */
	call_jittered(play, 2, 300, 0.1, 12);
	assert_int_equal(told(play), 0);
	play_close(play);
	play = play_open(&detector_beacon, NULL); /* with a name */
	lan_of(play, 10);
	play_dns(play, 1, play_addr("192.168.0.7"), "api.firm.example", play_addr("198.51.100.9"));
	call_jittered(play, 2, 300, 0.1, 12);
	assert_int_equal(told(play), 0);
	play_close(play);
	play = play_open(&detector_beacon, NULL); /* another goes there, too */
	lan_of(play, 10);
	play_connection(play, 1, play_addr("192.168.0.12"), play_addr("198.51.100.9"), 8443,
		PROTO_UNKNOWN, 300, 200);
	call_jittered(play, 2, 300, 0.1, 12);
	assert_int_equal(told(play), 0);
	play_close(play);
}

/* In 2,000 pairs each: chance and people never look like a timer, half of jitter mostly does. */
static double nats_of(double (*wait_s)(void), double least, double most)
{
	unsigned held = 0;

	for (unsigned pair = 0; pair < 2000; pair++) {
		struct beacon_rhythm rhythm = { 0 };
		struct beacon_score score;
		double at_s = 1000;

		for (unsigned i = 0; i < 32; i++) {
			beacon_rhythm_add(&rhythm, (int64_t)(at_s * (double)NS_PER_S));
			at_s += wait_s();
		}
		assert_true(beacon_rhythm_score(&rhythm, &score));
		held += score.timer_nats >= least && score.timer_nats <= most;
	}
	return held / 2000.0;
}

static double wait_by_chance_s(void)
{
	return 2 - 30 * log(random_share());
}

static double wait_of_people_s(void)
{
	double sum = 0;

	for (unsigned i = 0; i < 12; i++)
		sum += random_share();
	return 2 + 30 * exp(sum - 6);
}

static double wait_with_jitter_s(void)
{
	return 30 * (0.5 + random_share());
}

static void timers_and_chance(void **state)
{
	(void)state;
	assert_true(nats_of(wait_by_chance_s, -1000, 9.2) > 0.999);
	assert_true(nats_of(wait_of_people_s, -1000, 9.2) > 0.999);
	assert_true(nats_of(wait_with_jitter_s, 9.2, 1000) > 0.95);
}

/* Times that go back, stand still, or are centuries apart. */
static void odd_times(void **state)
{
	struct beacon_rhythm rhythm = { 0 };
	struct beacon_score score;
	int64_t times[] = { 5, 3, 3, INT64_MAX / 2, 7, INT64_MAX / 2 + 1, 0, INT64_MAX - 1 };

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		beacon_rhythm_add(&rhythm, times[i % 8]);
		beacon_rhythm_size(&rhythm, i % 2 ? UINT64_MAX : 0);
		beacon_rhythm_score(&rhythm, &score);
	}
	rhythm = (struct beacon_rhythm){ 0 };
	for (unsigned i = 0; i < 5000; i++)
		beacon_rhythm_add(&rhythm, (int64_t)i * 2 * NS_PER_S);
	assert_true(beacon_rhythm_score(&rhythm, &score));
	assert_true(score.total > 0.95);
}

static void names(void **state)
{
	(void)state;
	assert_true(beacon_name_is_known("time.apple.com"));
	assert_true(beacon_name_is_known("apple.com"));
	assert_false(beacon_name_is_known("pineapple.com"));
	assert_false(beacon_name_is_known("apple.com.evil.example"));
	assert_false(beacon_name_is_known("ec2-1-2-3-4.amazonaws.com"));
	assert_false(beacon_name_is_known(""));
	assert_true(sizeof(struct beacon_pair) <= 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_call_home),
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(short_or_few),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(known_services),
		cmocka_unit_test(own_services_stay_low),
		cmocka_unit_test(a_handshake_every_two_seconds_without_end),
		cmocka_unit_test(keepalives_of_datagrams_stay_low),
		cmocka_unit_test(media_in_segments),
		cmocka_unit_test(what_many_contact),
		cmocka_unit_test(other_directions),
		cmocka_unit_test(a_claimed_name),
		cmocka_unit_test(a_connection_that_stands),
		cmocka_unit_test(a_scan_pushes_nothing_out),
		cmocka_unit_test(half_of_the_interval_is_jitter),
		cmocka_unit_test(a_dozen_calls),
		cmocka_unit_test(timers_and_chance),
		cmocka_unit_test(odd_times),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
