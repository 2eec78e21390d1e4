/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_storm.c - infected hosts of every kind in one LAN, and the same in a storm.
 *
 * `storm-bots` is `storm-bots-calm` plus 4 M packets with invented senders in 4 s, half of them
 * SYNs and half datagrams to the port of DNS. It breaks out when most is going on: a shell has just
 * been handed out, programs are being fetched, names searched, mails sent; so what was begun before
 * must be remembered and what goes on meanwhile must be heard.
 */
#include "gen/office.h"
#include "types.h"

#define DEVICE(host) HOST4(10, 20, 2, host)
#define WORKER(host) HOST4(10, 20, 1, host)
#define STORM_S 298

#define IRC_ZOMBIE(number, start, last)                                                            \
	PART(irc_zombie, .start_s = (start), .seconds = 600, .count = (number),                    \
		.name = "irc.hub.example", .from = WORKER(last), .to = OUTSIDE(69)),               \
		PART(flood_udp, .start_s = 461 + (start) / 100.0, .seconds = 25, .rate = 500,      \
			.port = 1024, .bytes = 1024, .from = WORKER(last), .to = FLOOD_TARGET)

IN_OFFICE(calm, PART(mirai_loader, .start_s = 3, .from = OUTSIDE(44), .to = DEVICE(9)),
	PART(mirai_c2, .start_s = 20, .seconds = 600, .from = DEVICE(9), .to = OUTSIDE(66)),
	PART(scan_mirai, .start_s = 25, .seconds = 450, .rate = 20, .from = DEVICE(9),
		.to = PUBLIC),
	IRC_ZOMBIE(1, 10, 12), IRC_ZOMBIE(2, 13, 14), IRC_ZOMBIE(3, 17, 21),
	PART(zeus_gate, .start_s = 10, .seconds = 620, .name = "update-center.example",
		.from = WORKER(3), .to = OUTSIDE(70)),
	PART(byob_session, .start_s = 15, .seconds = 600, .from = WORKER(4), .to = OUTSIDE(68)),
	PART(reverse_shell, .start_s = STORM_S - 15, .from = HOST4(10, 20, 0, 80),
		.to = OUTSIDE(71)),
	PART(iot_dropper, .start_s = STORM_S - 2, .from = DEVICE(11), .to = OUTSIDE(72)),
	PART(staged_download, .start_s = STORM_S + 1, .variant = 1, .from = WORKER(5),
		.to = OUTSIDE(73)),
	PART(spam_run, .start_s = 30, .seconds = 500, .rate = 0.6, .count = 40, .share = 0.45,
		.from = WORKER(6), .to = PUBLIC_OF(40)),
	PART(dga_search, .start_s = STORM_S - 20, .count = 220, .variant = DGA_LETTERS,
		.from = WORKER(7), .to = OUTSIDE(90)),
	PART(miner, .start_s = 20, .seconds = 600, .variant = COIN_MONERO,
		.name = "pool.coins.example", .from = WORKER(8), .to = OUTSIDE(74)),
	PART(guess_ssh, .start_s = 20, .seconds = 500, .rate = 0.5, .count = 2, .from = WORKER(9),
		.to = PUBLIC_OF(30)),
	PART(beats, .start_s = 5, .seconds = 650, EVERY(15), .share = 0.1, .variant = BEAT_BOT_TLS,
		.from = WORKER(10), .to = OUTSIDE(77)));

#define BREAKS_OUT .start_s = STORM_S, .seconds = 4, .rate = 500000, .from = PUBLIC
static const struct part storm[] = {
	PART(flood_tcp, BREAKS_OUT, .variant = TCP_SYN, .port = 80, .to = HOST4(10, 20, 8, 9)),
	PART(flood_udp, BREAKS_OUT, .port = 53, .bytes = 40, .to = HOST4(10, 20, 8, 9)),
};

/* clang-format off */
#define CALM_TRUTH                                                                                 \
	{ "bot.c2", "zombie=10.20.2.9 controller=203.0.113.66", false },                           \
	{ "bot.irc|bot.c2|bot.flooder", "zombie=10.20.1.12 zombie=10.20.1.14 zombie=10.20.1.21 "   \
		"controller=203.0.113.69", false },                                                \
	{ "bot.http|bot.c2|bot.beacon", "zombie=10.20.1.3 controller=203.0.113.70", false },       \
	{ "bot.c2|bot.dropper", "zombie=10.20.1.4 controller=203.0.113.68", false },               \
	{ "bot.shell", "zombie=10.20.0.80 controller=203.0.113.71", false },                       \
	{ "bot.dropper", "zombie=10.20.2.11", false },                                             \
	{ "bot.dropper", "zombie=10.20.1.5", false },                                              \
	{ "bot.spam", "zombie=10.20.1.6", false },                                                 \
	{ "bot.dga", "zombie=10.20.1.7", false },                                                  \
	{ "bot.miner", "zombie=10.20.1.8", false },                                                \
	{ "bruteforce.ssh", "zombie=10.20.1.9", false },                                           \
	{ "bot.beacon|bot.tls|bot.c2", "zombie=10.20.1.10 controller=203.0.113.77", false }
/* clang-format on */
#define TOLERATED                                                                                  \
	"bot.flooder|scan.mirai|scan.horizontal|flood.udp|bot.dropper|bot.shell|"                  \
	"bruteforce.telnet|bot.beacon"

static const struct capture list[] = {
	{ .name = "storm-bots-calm",
		.about = "fourteen infected hosts of twelve kinds among thirty people",
		.parts = PARTS(calm),
		.expected = { CALM_TRUTH },
		.tolerated = TOLERATED },
	{ .name = "storm-bots",
		.about = "the same packets, and 4 M more with invented senders at 1 M pps",
		.parts = PARTS(calm),
		.more = PARTS(storm),
		.expected = { CALM_TRUTH, { "flood.syn", "target=10.20.8.9", false } },
		.tolerated = TOLERATED,
		.is_large = true },
};

const struct captures captures_storm = { list, LENGTH_OF(list) };
