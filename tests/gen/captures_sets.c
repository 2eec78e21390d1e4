/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_sets.c - captures with several attacks at once, and those for measuring.
 *
 * `storm` is `storm-calm` plus one flood that tries to blind whoever watches: every incident of the
 * calm one must still be found in it. The bench captures are steady from beginning to end, so that
 * --packets makes shorter ones of the same kind.
 */
#include "gen/catalogue.h"

#include "kinds.h"
#include "types.h"

static const struct part demo[] = {
	{ web_site, { .seconds = 60,
			    .rate = 10,
			    .bytes = 12000,
			    .from = PUBLIC_OF(300),
			    .to = WEB_SERVER } },
	{ dns_lookups,
		{ .seconds = 60, .rate = 5, .from = WEB_SERVER, .to = HOST4(198, 51, 100, 53) } },
	{ flood_tcp, { .start_s = 15,
			     .seconds = 15,
			     .rate = 8000,
			     .variant = TCP_SYN,
			     .port = 443,
			     .from = PUBLIC,
			     .to = WEB_SERVER } },
	{ amplification, { .start_s = 35,
				 .seconds = 10,
				 .rate = 1500,
				 .from = PUBLIC_OF(800),
				 .variant = KIND_AMPLIFICATION_DNS,
				 .to = HOST4(198, 51, 100, 30) } },
	{ scan_horizontal, { .start_s = 5,
				   .seconds = 50,
				   .rate = 6,
				   .port = 22,
				   .from = HOST4(203, 0, 113, 66),
				   .to = NET4(198, 51, 100, 0, 24) } },
};

static const struct part calm[] = {
	{ web_site, { .seconds = 60,
			    .rate = 5,
			    .bytes = 9000,
			    .from = PUBLIC_OF(150),
			    .to = WEB_SERVER } },
	{ scan_horizontal, { .start_s = 1,
				   .seconds = 58,
				   .rate = 5,
				   .port = 3389,
				   .from = HOST4(203, 0, 113, 66),
				   .to = NET4(198, 51, 100, 0, 24) } },
	{ scan_vertical, { .start_s = 5,
				 .seconds = 50,
				 .rate = 12,
				 .count = 1000,
				 .from = HOST4(203, 0, 113, 67),
				 .to = HOST4(198, 51, 100, 20) } },
	{ scan_mirai, { .start_s = 1,
			      .seconds = 58,
			      .rate = 8,
			      .from = HOST4(203, 0, 113, 68),
			      .to = NET4(10, 20, 0, 0, 16) } },
	{ ping_sweep, { .start_s = 3,
			      .seconds = 54,
			      .rate = 4,
			      .from = HOST4(203, 0, 113, 69),
			      .to = NET4(198, 51, 100, 0, 24) } },
	{ amplification, { .start_s = 10,
				 .seconds = 45,
				 .rate = 150,
				 .from = PUBLIC_OF(200),
				 .variant = KIND_AMPLIFICATION_DNS,
				 .to = HOST4(198, 51, 100, 30) } },
	{ flood_tcp, { .start_s = 15,
			     .seconds = 35,
			     .rate = 1500,
			     .variant = TCP_SYN,
			     .port = 443,
			     .from = PUBLIC,
			     .to = HOST4(198, 51, 100, 40) } },
};

static const struct part storm[] = {
	{ flood_tcp, { .start_s = 28,
			     .seconds = 4,
			     .rate = 1000000,
			     .variant = TCP_SYN,
			     .port = 80,
			     .from = PUBLIC,
			     .to = HOST4(198, 51, 100, 50) } },
};

/* Parts of the bench captures last longer than their number of packets. */
static const struct part bench_a[] = {
	{ flood_tcp, { .seconds = 60,
			     .rate = 1000000,
			     .variant = TCP_SYN,
			     .port = 80,
			     .from = PUBLIC,
			     .to = WEB_SERVER } },
};

static const struct part bench_b[] = {
	{ web_site, { .seconds = 600,
			    .rate = 320,
			    .bytes = 40000,
			    .from = PUBLIC_OF(20000),
			    .to = NET4(198, 51, 100, 0, 28) } },
	{ dns_lookups, { .seconds = 600,
			       .rate = 9000,
			       .from = NET4(10, 1, 0, 0, 20),
			       .to = HOST4(10, 1, 0, 53) } },
	{ udp_streams, { .seconds = 600,
			       .rate = 400,
			       .count = 40,
			       .from = HOST4(203, 0, 113, 70),
			       .to = NET4(10, 1, 0, 0, 20) } },
	{ quic_flows, { .seconds = 600,
			      .rate = 40,
			      .bytes = 200000,
			      .from = NET4(10, 1, 0, 0, 20),
			      .to = PUBLIC_OF(300) } },
};

static const struct part bench_c[] = {
	{ silent_connections, { .seconds = 60,
				      .rate = 100000,
				      .port = 443,
				      .from = PUBLIC,
				      .to = NET4(198, 51, 100, 0, 24) } },
};

static const struct part million[] = {
	{ udp_one_packet_flows, { .seconds = 60,
					.rate = 1000000,
					.options = PLAN_RANDOM_PORTS,
					.from = PUBLIC,
					.to = NET4(10, 20, 0, 0, 16) } },
};

#define CALM_TRUTH                                                                                 \
	{ "scan.horizontal", "zombie=203.0.113.66", false },                                       \
		{ "scan.vertical|scan.stealth", "zombie=203.0.113.67 target=198.51.100.20",        \
			false },                                                                   \
		{ "scan.mirai", "zombie=203.0.113.68", false },                                    \
		{ "scan.horizontal", "zombie=203.0.113.69", false },                               \
		{ "amplification.dns", "target=198.51.100.30", false },                            \
	{                                                                                          \
		"flood.syn", "target=198.51.100.40", false                                         \
	}

static const struct capture list[] = {
	{ .name = "demo",
		.about = "a web site, with a SYN flood, a DNS reflection and a scan",
		.parts = PARTS(demo),
		.expected = { { "flood.syn", "target=198.51.100.10", false },
			{ "amplification.dns", "target=198.51.100.30", false },
			{ "scan.horizontal", "zombie=203.0.113.66", false } } },
	{ .name = "storm-calm",
		.about = "four scans, a thin reflection, a moderate SYN flood",
		.parts = PARTS(calm),
		.expected = { CALM_TRUTH },
		.tolerated = "scan.horizontal" },
	{ .name = "storm",
		.about = "the same packets, and 4 M more of a SYN flood at 1 M pps",
		.parts = PARTS(calm),
		.more = PARTS(storm),
		.expected = { CALM_TRUTH, { "flood.syn", "target=198.51.100.50", false } },
		.tolerated = "scan.horizontal",
		.is_large = true },
	{ .name = "bench-a",
		.about = "10 M packets of a SYN flood, each from another source",
		.parts = PARTS(bench_a),
		.expected = { { "flood.syn", "target=198.51.100.10", false } },
		.packets = 10000000,
		.is_large = true },
	{ .name = "bench-b",
		.about = "5 M packets of web, DNS, video and QUIC with payload",
		.parts = PARTS(bench_b),
		.truth = TRUTH_QUIET,
		.packets = 5000000,
		.is_large = true },
	{ .name = "bench-c",
		.about = "2 M flows of three packets",
		.parts = PARTS(bench_c),
		.truth = TRUTH_UNJUDGED,
		.packets = 6000000,
		.is_large = true },
	{ .name = "million",
		.about = "10 M flows of one UDP packet",
		.parts = PARTS(million),
		.truth = TRUTH_UNJUDGED,
		.packets = 10000000,
		.is_large = true },
};

const struct captures captures_sets = { list, LENGTH_OF(list) };
