/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/beacon_day_test.c - a simulated day of 200 ordinary hosts, with beacons among them.
 *
 * Each host browses (sessions of page loads with random gaps and sizes, at sites most of which
 * others visit too), asks NTP every 64 s, looks for updates every four hours, and has a messenger
 * that keeps its connection alive. Eight of them have a beacon besides: 30 s and 5 min, with 0, 10,
 * 30 and 50 % jitter, to an address nobody else knows. Asserted: all beacons are found, with
 * confidence enough for medium, and nothing else is told.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define HOSTS 200
#define SITES 400
#define DAY_S 86400.0
#define BEACONS 8
#define CONTACTS_MAX 400000

enum what { WEB, NTP, UPDATE, MESSENGER, BEACON };

struct planned {
	double time_s;
	uint32_t site, bytes;
	uint16_t host;
	uint8_t what;
};

static struct planned *plan;
static unsigned planned;
static uint64_t random_state;

static double random_share(void)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(random_state >> 11) / (double)(1ULL << 53);
}

static void add(double time_s, enum what what, unsigned host, unsigned site, double bytes)
{
	if (planned < CONTACTS_MAX && time_s < DAY_S)
		plan[planned++] = (struct planned){ time_s, site, (uint32_t)bytes, (uint16_t)host,
			(uint8_t)what };
}

static struct addr host_addr(unsigned host)
{
	struct addr addr = play_addr("10.0.0.0");

	addr.byte[14] = (uint8_t)(1 + host / 200);
	addr.byte[15] = (uint8_t)(1 + host % 200);
	return addr;
}

static struct addr site_addr(unsigned site)
{
	struct addr addr = play_addr("198.18.0.0");

	addr.byte[14] = (uint8_t)(site >> 8);
	addr.byte[15] = (uint8_t)site;
	return addr;
}

/* Sessions of about 20 min, pages every 40 s in the mean; popular sites more often. */
static void plan_browsing(unsigned host)
{
	double at = 3600 * (7 + 3 * random_share());

	while (at < 3600 * 18) {
		unsigned site = (unsigned)(SITES * pow(random_share(), 3));
		unsigned pages = 1 + (unsigned)(20 * random_share());

		for (unsigned page = 0; page < pages; page++) {
			add(at, WEB, host, site, 300 + 4000 * random_share());
			at += -40 * log(1 - random_share());
		}
		at += -600 * log(1 - random_share());
	}
}

static void plan_timer(struct planned timer, double interval_s)
{
	while (timer.time_s < DAY_S) {
		add(timer.time_s, timer.what, timer.host, timer.site, timer.bytes);
		timer.time_s += interval_s;
	}
}

static void plan_host(unsigned host)
{
	uint16_t number = (uint16_t)host;

	plan_browsing(host);
	plan_timer((struct planned){ 64 * random_share(), SITES, 48, number, NTP }, 512);
	plan_timer(
		(struct planned){ 14400 * random_share(), SITES + 1, 800, number, UPDATE }, 14400);
	if (host % 2)
		plan_timer(
			(struct planned){ 45 * random_share(), SITES + 2, 40, number, MESSENGER },
			300);
}

static const double beacon_jitter[] = { 0, 0.1, 0.3, 0.5 };

static void plan_beacon(unsigned number)
{
	double interval = number < 4 ? 30 : 300, jitter = beacon_jitter[number % 4];
	double at = 1000 * random_share();

	while (at < DAY_S / 2) {
		add(at, BEACON, 20 * number, SITES + 10 + number, 200 + 40 * random_share());
		at += interval * (1 + jitter * (2 * random_share() - 1));
	}
}

static int by_time(const void *a, const void *b)
{
	const struct planned *one = a, *other = b;

	return (one->time_s > other->time_s) - (one->time_s < other->time_s);
}

static void play_one(struct play *play, const struct planned *now)
{
	struct addr host = host_addr(now->host), site = site_addr(now->site);
	struct app_event event;
	char name[64];

	snprintf(name, sizeof(name), "www.site%u.example", now->site);
	switch (now->what) {
	case WEB:
		play_dns(play, now->time_s, host, name, site);
		play_connection(play, now->time_s, host, site, 443, PROTO_TLS, now->bytes,
			10ULL * now->bytes);
		break;
	case NTP:
		event = play_event(play, APP_EXCHANGE, now->time_s, host, site, IPPROTO_UDP, 123);
		event.exchange = (struct app_exchange){ .bytes = { 48, 48 }, .proto = PROTO_NTP };
		play_see(play, &event);
		break;
	case UPDATE:
		play_dns(play, now->time_s, host, "update.microsoft.com", site);
		play_connection(play, now->time_s, host, site, 443, PROTO_TLS, now->bytes, 3000);
		break;
	case MESSENGER:
		event = play_event(play, APP_BURST, now->time_s, host, site, IPPROTO_TCP, 443);
		event.burst = (struct app_burst){ .bytes = { 40, 40 }, .proto = PROTO_TLS };
		play_see(play, &event);
		break;
	default:
		play_connection(play, now->time_s, host, site, 4443, PROTO_UNKNOWN, now->bytes, 90);
	}
}

static struct play *play_day(bool has_beacons)
{
	struct play *play = play_open(&detector_beacon, NULL);

	random_state = 7;
	planned = 0;
	plan = calloc(CONTACTS_MAX, sizeof(*plan));
	assert_non_null(plan);
	for (unsigned host = 0; host < HOSTS; host++)
		plan_host(host);
	for (unsigned i = 0; has_beacons && i < BEACONS; i++)
		plan_beacon(i);
	assert_true(planned < CONTACTS_MAX);
	qsort(plan, planned, sizeof(*plan), by_time);
	for (unsigned i = 0; i < planned; i++)
		play_one(play, &plan[i]);
	free(plan);
	return play;
}

static void all_beacons_are_found(void **state)
{
	struct play *play = play_day(true);
	float confidence;
	unsigned all = 0;

	(void)state;
	for (unsigned i = 0; i < BEACONS; i++) {
		unsigned count = play_count(play, KIND_BOT_BEACON, host_addr(20 * i), &confidence);

		print_message("%3.0f s, %2.0f %% jitter: %u findings, confidence %.2f\n",
			i < 4 ? 30.0 : 300.0, 100 * beacon_jitter[i % 4], count,
			(double)confidence);
		assert_true(count > 0);
		assert_true(confidence >= 0.7F);
		all += count;
	}
	for (unsigned i = 0; i < play->findings.count; i++)
		assert_true(play->findings.list[i].port == 4443);
	assert_int_equal(all, play->findings.count);
	play_close(play);
}

static void an_ordinary_day_tells_nothing(void **state)
{
	struct play *play = play_day(false);

	(void)state;
	assert_int_equal(play->findings.count, 0);
	play_close(play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_beacons_are_found),
		cmocka_unit_test(an_ordinary_day_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
