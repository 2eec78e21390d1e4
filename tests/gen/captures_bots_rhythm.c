/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_bots_rhythm.c - hosts that call home at an interval, among people.
 *
 * Sixteen of them: each 30 s and each 5 min, over TLS and HTTP, with 0, 10, 30 and 50 % of jitter.
 * In an hour a beacon of 5 min is seen twelve times, which is hardly enough to tell.
 */
#include "gen/office.h"

#define HOUR_S 3600
#define DAY_S 86400

/* Number of the zombie and its controller, what, how often, how regular. */
#define BEACON(length_s, host, what, interval_s, jitter)                                           \
	PART(beats, .seconds = (length_s), EVERY(interval_s), .share = (jitter),                   \
		.variant = (what), .from = HOST4(10, 20, 1, host), .to = OUTSIDE(100 + (host)))
#define FOUR(length_s, first, what, interval_s)                                                    \
	BEACON(length_s, first, what, interval_s, 0.0),                                            \
		BEACON(length_s, (first) + 1, what, interval_s, 0.1),                              \
		BEACON(length_s, (first) + 2, what, interval_s, 0.3),                              \
		BEACON(length_s, (first) + 3, what, interval_s, 0.5)
#define SIXTEEN(length_s)                                                                          \
	FOUR(length_s, 1, BEAT_BOT_TLS, 30), FOUR(length_s, 5, BEAT_BOT_HTTP, 30),                 \
		FOUR(length_s, 9, BEAT_BOT_TLS, 300), FOUR(length_s, 13, BEAT_BOT_HTTP, 300)

static const struct part hour[] = { OFFICE(HOUR_S, 40), SIXTEEN(HOUR_S) };

/* Fewer sittings of each than in the hour, for the size of the file. */
static const struct part day[] = {
	{ office_web, { .seconds = DAY_S, .rate = 0.02, .bytes = 1500, .from = PEOPLE(200) } },
	{ beats, { .seconds = DAY_S,
			 EVERY(1024),
			 .share = 0.05,
			 .variant = BEAT_NTP,
			 .name = "2.pool.ntp.example",
			 .from = PEOPLE(200),
			 .to = OUTSIDE(200) } },
	{ beats, { .seconds = DAY_S,
			 EVERY(HOUR_S),
			 .share = 0.02,
			 .count = 60,
			 .variant = BEAT_TELEMETRY,
			 .name = "telemetry.vendor.example",
			 .from = PEOPLE(200),
			 .to = OUTSIDE(201) } },
	{ beats, { .seconds = DAY_S,
			 EVERY(900),
			 .count = 50,
			 .variant = BEAT_CONNECTIVITY,
			 .name = "connectivity-check.vendor.example",
			 .from = PEOPLE(200),
			 .to = OUTSIDE(202) } },
	{ beats, { .seconds = DAY_S,
			 EVERY(1800),
			 .count = 20,
			 .share = 0.01,
			 .variant = BEAT_UPDATE,
			 .name = "deb.distribution.example",
			 .from = PEOPLE(200),
			 .to = OUTSIDE(203) } },
	SIXTEEN(DAY_S),
};

#define KINDS "bot.beacon|bot.http|bot.c2|bot.tls"
#define CALLS(host, controller, hard)                                                              \
	{                                                                                          \
		KINDS, "zombie=10.20.1." #host " controller=203.0.113." #controller, hard          \
	}
#define CALLS_EACH_30_S                                                                            \
	CALLS(1, 101, false), CALLS(2, 102, false), CALLS(3, 103, false), CALLS(4, 104, false),    \
		CALLS(5, 105, false), CALLS(6, 106, false), CALLS(7, 107, false),                  \
		CALLS(8, 108, false)
#define CALLS_EACH_5_MIN(hard)                                                                     \
	CALLS(9, 109, hard), CALLS(10, 110, hard), CALLS(11, 111, hard), CALLS(12, 112, hard),     \
		CALLS(13, 113, hard), CALLS(14, 114, hard), CALLS(15, 115, hard),                  \
		CALLS(16, 116, hard)

static const struct capture list[] = {
	{ .name = "bot-beacon",
		.about = "sixteen beacons with 0 to 50 % of jitter among 40 hosts, an hour",
		.parts = PARTS(hour),
		.expected = { CALLS_EACH_30_S, CALLS_EACH_5_MIN(true) } },
	{ .name = "bot-beacon-day",
		.about = "the same among 200 hosts, a day",
		.parts = PARTS(day),
		.expected = { CALLS_EACH_30_S, CALLS_EACH_5_MIN(false) },
		.is_large = true },
};

const struct captures captures_bots_rhythm = { list, LENGTH_OF(list) };
