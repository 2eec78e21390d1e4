/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_benign.c - the false alarms that operators hate most, each alone.
 *
 * Nothing of medium severity or above may come of these. The bulky ones are cut at 128 bytes a
 * frame, as one would record them.
 */
#include "gen/catalogue.h"

#define SNAP_BULK 128

static const struct part web[] = {
	{ web_site, { .seconds = 60,
			    .rate = 20,
			    .bytes = 15000,
			    .share = 0.01,
			    .from = PUBLIC_OF(600),
			    .to = WEB_SERVER } },
	{ web_site, { .seconds = 60,
			    .rate = 5,
			    .bytes = 15000,
			    .from = PUBLIC6,
			    .to = HOST6(0x100, 10) } },
	{ dns_lookups,
		{ .seconds = 60, .rate = 10, .from = WEB_SERVER, .to = HOST4(198, 51, 100, 53) } },
	{ quic_flows, { .seconds = 60,
			      .rate = 2,
			      .bytes = 30000,
			      .from = PUBLIC_OF(100),
			      .to = WEB_SERVER } },
};

/* 360 Mbit/s, as fast as a good line is. */
static const struct part download[] = {
	{ bulk_transfer, { .seconds = 8,
				 .rate = 30000,
				 .count = 1,
				 .from = HOST4(10, 1, 0, 20),
				 .to = HOST4(203, 0, 113, 80) } },
	{ web_site, { .seconds = 10,
			    .rate = 3,
			    .bytes = 8000,
			    .from = NET4(10, 1, 0, 0, 24),
			    .to = PUBLIC_OF(40) } },
};

static const struct part speed_test[] = {
	{ bulk_transfer, { .start_s = 1,
				 .seconds = 6,
				 .rate = 5000,
				 .count = 8,
				 .port = 8080,
				 .from = HOST4(10, 1, 0, 20),
				 .to = HOST4(203, 0, 113, 81) } },
	{ bulk_transfer, { .start_s = 8,
				 .seconds = 6,
				 .rate = 2500,
				 .count = 8,
				 .port = 8080,
				 .options = PLAN_UPLOAD,
				 .from = HOST4(10, 1, 0, 20),
				 .to = HOST4(203, 0, 113, 81) } },
	{ udp_streams, { .start_s = 15,
			       .seconds = 4,
			       .rate = 20000,
			       .count = 1,
			       .port = 5201,
			       .bytes = 1400,
			       .from = HOST4(203, 0, 113, 81),
			       .to = HOST4(10, 1, 0, 20) } },
};

static const struct part backup[] = {
	{ bulk_transfer, { .seconds = 60,
				 .rate = 4000,
				 .count = 1,
				 .port = 80,
				 .options = PLAN_UPLOAD,
				 .from = HOST4(10, 1, 0, 30),
				 .to = HOST4(203, 0, 113, 90) } },
	{ dns_lookups, { .seconds = 60,
			       .rate = 3,
			       .from = NET4(10, 1, 0, 0, 24),
			       .to = HOST4(10, 1, 0, 53) } },
};

static const struct part nat[] = {
	{ web_site, { .seconds = 60,
			    .rate = 120,
			    .bytes = 6000,
			    .count = 2,
			    .share = 0.05,
			    .from = HOST4(198, 51, 100, 1),
			    .to = PUBLIC_OF(3000) } },
	{ dns_lookups, { .seconds = 60,
			       .rate = 80,
			       .share = 0.02,
			       .from = HOST4(198, 51, 100, 1),
			       .to = HOST4(203, 0, 113, 53) } },
	{ quic_flows, { .seconds = 60,
			      .rate = 25,
			      .bytes = 12000,
			      .share = 0.03,
			      .from = HOST4(198, 51, 100, 1),
			      .to = PUBLIC_OF(500) } },
};

static const struct part resolver[] = {
	{ dns_lookups, { .seconds = 60,
			       .rate = 600,
			       .share = 0.08,
			       .from = HOST4(10, 1, 0, 53),
			       .to = PUBLIC_OF(6000) } },
	{ dns_lookups, { .seconds = 60,
			       .rate = 900,
			       .from = NET4(10, 1, 0, 0, 22),
			       .to = HOST4(10, 1, 0, 53) } },
};

static const struct part crawler[] = {
	{ web_site, { .seconds = 60,
			    .rate = 60,
			    .bytes = 9000,
			    .count = 2,
			    .share = 0.1,
			    .from = HOST4(198, 51, 100, 80),
			    .to = PUBLIC_OF(4000) } },
	{ dns_lookups, { .seconds = 60,
			       .rate = 60,
			       .from = HOST4(198, 51, 100, 80),
			       .to = HOST4(198, 51, 100, 53) } },
};

static const struct part checks[] = {
	{ monitoring, { .seconds = 120,
			      .rate = 200 / 30.0,
			      .count = 200,
			      .share = 0.03,
			      .from = HOST4(10, 1, 0, 9),
			      .to = NET4(10, 20, 0, 0, 24) } },
};

static const struct part live_stream[] = {
	{ udp_streams, { .seconds = 12,
			       .rate = 80,
			       .count = 250,
			       .from = HOST4(198, 51, 100, 60),
			       .to = PUBLIC_OF(250) } },
	{ bulk_transfer, { .seconds = 12,
				 .rate = 60,
				 .count = 60,
				 .from = PUBLIC_OF(60),
				 .to = HOST4(198, 51, 100, 60) } },
};

/* Tickets go on sale: 0 to 1,600 new visitors a second within 20 s, all of whom complete their
 * handshakes. */
static const struct part flash_crowd[] = {
	{ web_site, { .seconds = 10,
			    .rate = 20,
			    .bytes = 3000,
			    .count = 1,
			    .from = PUBLIC_OF(800),
			    .to = WEB_SERVER } },
	{ web_site, { .start_s = 10,
			    .seconds = 20,
			    .rate = 800,
			    .bytes = 3000,
			    .count = 1,
			    .options = PLAN_RAMP,
			    .from = PUBLIC_OF(12000),
			    .to = WEB_SERVER } },
};

static const struct part attacked_elsewhere[] = {
	{ backscatter, { .seconds = 60,
			       .rate = 12,
			       .from = HOST4(203, 0, 113, 5),
			       .to = NET4(10, 20, 0, 0, 16) } },
	{ web_site, { .seconds = 60,
			    .rate = 3,
			    .bytes = 9000,
			    .from = NET4(10, 1, 0, 0, 24),
			    .to = PUBLIC_OF(60) } },
};

static const struct part file_sharing[] = {
	{ peer_to_peer, { .seconds = 60,
				.rate = 30,
				.share = 0.3,
				.from = HOST4(10, 1, 0, 77),
				.to = PUBLIC_OF(900) } },
	{ web_site, { .seconds = 60,
			    .rate = 2,
			    .bytes = 9000,
			    .from = NET4(10, 1, 0, 0, 24),
			    .to = PUBLIC_OF(60) } },
};

static const struct part video[] = {
	{ udp_streams, { .seconds = 40,
			       .rate = 400,
			       .count = 4,
			       .from = HOST4(203, 0, 113, 70),
			       .to = NET4(10, 1, 0, 0, 24) } },
	{ quic_flows, { .seconds = 40,
			      .rate = 4,
			      .bytes = 400000,
			      .from = NET4(10, 1, 0, 0, 24),
			      .to = PUBLIC_OF(30) } },
};

static const struct capture list[] = {
	{ .name = "benign-web",
		.about = "visitors of a web site, IPv4 and IPv6, with lookups and some QUIC",
		.parts = PARTS(web),
		.truth = TRUTH_QUIET },
	{ .name = "benign-web-vlan",
		.about = "the same in VLAN 100",
		.parts = PARTS(web),
		.truth = TRUTH_QUIET,
		.vlan = 100,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-download",
		.about = "one fast TCP download",
		.parts = PARTS(download),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-speedtest",
		.about = "8 parallel TCP down, 8 up, then one UDP stream",
		.parts = PARTS(speed_test),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-backup",
		.about = "one long upload",
		.parts = PARTS(backup),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-nat",
		.about = "thousands of flows out of one address, 5 % of which fail",
		.parts = PARTS(nat),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-resolver",
		.about = "a resolver asks thousands of name servers",
		.parts = PARTS(resolver),
		.truth = TRUTH_QUIET },
	{ .name = "benign-crawler",
		.about = "a crawler contacts 4,000 hosts, 10 % of which fail",
		.parts = PARTS(crawler),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-monitoring",
		.about = "200 hosts checked every 30 s, 6 of them down",
		.parts = PARTS(checks),
		.truth = TRUTH_QUIET },
	{ .name = "benign-livestream",
		.about = "one source streams to 310 clients, UDP and TCP",
		.parts = PARTS(live_stream),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-flashcrowd",
		.about = "12,000 visitors arrive within 20 s",
		.parts = PARTS(flash_crowd),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
	{ .name = "benign-backscatter",
		.about = "answers of a host attacked elsewhere to forged addresses of ours",
		.parts = PARTS(attacked_elsewhere),
		.truth = TRUTH_QUIET },
	{ .name = "benign-p2p",
		.about = "file sharing with 900 peers, 30 % of which are gone",
		.parts = PARTS(file_sharing),
		.truth = TRUTH_QUIET },
	{ .name = "benign-video",
		.about = "video streams and QUIC downloads",
		.parts = PARTS(video),
		.truth = TRUTH_QUIET,
		.snap_bytes = SNAP_BULK },
};

const struct captures captures_benign = { list, LENGTH_OF(list) };
