/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/office.h - the LAN in which the captures about bots take place, as parts of captures.
 *
 * 10.20.0.0/16 is inside: people at 10.20.1.1 to .30, devices at 10.20.2.x, the resolver at
 * 10.20.0.53. Servers with a role are in 203.0.113.0/24, all others are anywhere.
 */
#ifndef WEIR_GEN_OFFICE_H
#define WEIR_GEN_OFFICE_H

#include "gen/beats.h"
#include "gen/bots.h"
#include "gen/catalogue.h"

#define OFFICE_NETWORKS "10.20.0.0/16"

/* The first so many of the people. */
/* clang-format off */
#define PEOPLE(members) \
	{ .kind = CROWD_PREFIX, .bits = ADDR_V4_BITS + 24, .size = (members), \
	  .base = { .byte = { [10] = 0xff, [11] = 0xff, [12] = 10, 20, 1, 0 } } }
/* clang-format on */

#define PERSON HOST4(10, 20, 1, 7)
#define OUTSIDE(host) HOST4(203, 0, 113, host)
#define FLOOD_TARGET OUTSIDE(99)
#define EVERY(interval_s) .rate = 1.0 / (interval_s)

/* People at work for so long: the web, clocks, telemetry, and whether the network is there. */
#define OFFICE(length_s, members)                                                                  \
	{ office_web, { .seconds = (length_s),                                                     \
			      .rate = (members) / 500.0,                                           \
			      .bytes = 2500,                                                       \
			      .from = PEOPLE(members) } },                                         \
		{ beats, { .seconds = (length_s),                                                  \
				 EVERY(128),                                                       \
				 .share = 0.05,                                                    \
				 .variant = BEAT_NTP,                                              \
				 .name = "2.pool.ntp.example",                                     \
				 .from = PEOPLE(members),                                          \
				 .to = OUTSIDE(200) } },                                           \
		{ beats, { .seconds = (length_s),                                                  \
				 EVERY(300),                                                       \
				 .share = 0.02,                                                    \
				 .count = (members) / 2,                                           \
				 .variant = BEAT_TELEMETRY,                                        \
				 .name = "telemetry.vendor.example",                               \
				 .from = PEOPLE(members),                                          \
				 .to = OUTSIDE(201) } },                                           \
	{                                                                                          \
		beats,                                                                             \
		{                                                                                  \
			.seconds = (length_s), EVERY(300), .count = (members) / 3,                 \
			.variant = BEAT_CONNECTIVITY, .name = "connectivity-check.vendor.example", \
			.from = PEOPLE(members), .to = OUTSIDE(202)                                \
		}                                                                                  \
	}

/* Ten minutes of it, and more parts. */
#define IN_OFFICE(symbol, ...) static const struct part symbol[] = { OFFICE(660, 30), __VA_ARGS__ }
#define PART(piece, ...)                                                                           \
	{                                                                                          \
		piece,                                                                             \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

#endif
