/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_bots.c - infected hosts of a LAN, by family: what they say to their controllers.
 *
 * Each is one infected host (three in an IRC botnet) among thirty others at work.
 */
#include "gen/office.h"
#include "types.h"

#define DEVICE(host) HOST4(10, 20, 2, host)
#define SCAN_AND_LISTEN .seconds = 600, .start_s = 20

/* The loader comes, the device scans, hears an order and floods. */
IN_OFFICE(mirai, PART(mirai_loader, .start_s = 3, .from = OUTSIDE(44), .to = DEVICE(9)),
	PART(mirai_c2, SCAN_AND_LISTEN, .name = "cnc.camera-update.example", .from = DEVICE(9),
		.to = OUTSIDE(66)),
	PART(scan_mirai, .start_s = 25, .seconds = 450, .rate = 20, .from = DEVICE(9),
		.to = PUBLIC),
	PART(flood_udp, .start_s = 506, .seconds = 20, .rate = 800, .port = 80, .bytes = 512,
		.from = DEVICE(9), .to = FLOOD_TARGET));
IN_OFFICE(mirai_quiet, PART(mirai_c2, SCAN_AND_LISTEN, .from = DEVICE(9), .to = OUTSIDE(66)));
IN_OFFICE(gafgyt, PART(gafgyt_c2, SCAN_AND_LISTEN, .from = DEVICE(10), .to = OUTSIDE(67)),
	PART(scan_horizontal, .start_s = 145, .seconds = 300, .rate = 10, .port = 23,
		.from = DEVICE(10), .to = PUBLIC),
	PART(flood_udp, .start_s = 470, .seconds = 30, .rate = 800, .port = 80, .bytes = 1024,
		.from = DEVICE(10), .to = FLOOD_TARGET));
IN_OFFICE(
	byob, PART(byob_session, .start_s = 15, .seconds = 600, .from = PERSON, .to = OUTSIDE(68)));
IN_OFFICE(byob_retry, PART(byob_session, .start_s = 15, .seconds = 630, .variant = 1,
			      .from = PERSON, .to = OUTSIDE(68)));

#define IRC_ZOMBIE(number, start, last)                                                            \
	PART(irc_zombie, .start_s = (start), .seconds = 600, .count = (number),                    \
		.name = "irc.hub.example", .from = HOST4(10, 20, 1, last), .to = OUTSIDE(69))
#define IRC_FLOOD(start, last)                                                                     \
	PART(flood_udp, .start_s = (start), .seconds = 25, .rate = 500, .port = 1024,              \
		.bytes = 1024, .from = HOST4(10, 20, 1, last), .to = FLOOD_TARGET)
IN_OFFICE(irc, IRC_ZOMBIE(1, 10, 7), IRC_ZOMBIE(2, 13, 12), IRC_ZOMBIE(3, 17, 21),
	IRC_FLOOD(461.2, 7), IRC_FLOOD(461.6, 12), IRC_FLOOD(462.1, 21));

IN_OFFICE(zeus, PART(zeus_gate, .start_s = 10, .seconds = 620, .name = "update-center.example",
			.from = PERSON, .to = OUTSIDE(70)));
IN_OFFICE(
	shell, PART(reverse_shell, .start_s = 60, .from = HOST4(10, 20, 0, 80), .to = OUTSIDE(71)));
IN_OFFICE(shell_tls, PART(reverse_shell, .start_s = 60, .variant = 1, .bytes = 3500,
			     .from = HOST4(10, 20, 0, 80), .to = OUTSIDE(71)));
IN_OFFICE(shell_short, PART(reverse_shell, .start_s = 60, .variant = 1,
			       .from = HOST4(10, 20, 0, 80), .to = OUTSIDE(71)));
IN_OFFICE(dropper_iot, PART(iot_dropper, .start_s = 60, .from = DEVICE(11), .to = OUTSIDE(72)));
IN_OFFICE(dropper_exe, PART(staged_download, .start_s = 60, .from = PERSON, .to = OUTSIDE(73)));
IN_OFFICE(dropper_python,
	PART(staged_download, .start_s = 60, .variant = 1, .from = PERSON, .to = OUTSIDE(73)));
IN_OFFICE(spam, PART(spam_run, .start_s = 30, .seconds = 500, .rate = 0.6, .count = 40,
			.share = 0.45, .from = PERSON, .to = PUBLIC_OF(40)));
IN_OFFICE(miner_monero, PART(miner, .start_s = 20, .seconds = 600, .variant = COIN_MONERO,
				.name = "pool.coins.example", .from = PERSON, .to = OUTSIDE(74)));
IN_OFFICE(miner_bitcoin, PART(miner, .start_s = 20, .seconds = 600, .variant = COIN_BITCOIN,
				 .from = PERSON, .to = OUTSIDE(75)));
IN_OFFICE(miner_ethereum, PART(miner, .start_s = 20, .seconds = 600, .variant = COIN_ETHEREUM,
				  .from = PERSON, .to = OUTSIDE(76)));
/* Longer than the others: anybody may look around in Kad for some minutes. */
static const struct part kad[] = { OFFICE(2460, 20),
	PART(kad_bot, .start_s = 10, .seconds = 2400, .rate = 2, .share = 0.45, .from = PERSON,
		.to = PUBLIC_OF(300)),
	PART(beats, .start_s = 30, .seconds = 2400, EVERY(60), .share = 0.1,
		.variant = BEAT_BOT_TLS, .from = PERSON, .to = OUTSIDE(77)) };
IN_OFFICE(resolver, PART(open_resolver, .start_s = 60, .seconds = 100, .rate = 60,
			    .from = FLOOD_TARGET, .to = HOST4(10, 20, 0, 54)));
IN_OFFICE(spoof, PART(flood_tcp, .start_s = 100, .seconds = 60, .rate = 300, .port = 80,
			 .variant = TCP_SYN, .from = PUBLIC, .to = FLOOD_TARGET));

/* Passwords: tried at us, and by one of us. */
IN_OFFICE(ssh_one, PART(guess_ssh, .start_s = 20, .seconds = 400, .rate = 0.3, .count = 3,
			   .from = OUTSIDE(80), .to = HOST4(10, 20, 8, 1)));
IN_OFFICE(ssh_many, PART(guess_ssh, .start_s = 20, .seconds = 500, .rate = 0.5, .count = 2,
			    .from = PERSON, .to = PUBLIC_OF(30)));
IN_OFFICE(ssh_distributed, PART(guess_ssh, .start_s = 20, .seconds = 600, .rate = 0.4, .count = 2,
				   .from = PUBLIC_OF(40), .to = HOST4(10, 20, 8, 1)));
IN_OFFICE(telnet_many, PART(guess_telnet, .start_s = 20, .seconds = 500, .rate = 0.5, .count = 3,
			       .from = DEVICE(12), .to = PUBLIC_OF(40)));
IN_OFFICE(ftp_one, PART(guess_ftp, .start_s = 20, .seconds = 400, .rate = 0.3, .count = 4,
			   .from = OUTSIDE(81), .to = HOST4(10, 20, 8, 2)));

#define BOT(name_, symbol, about_, kinds_, roles_, tolerated_)                                     \
	{                                                                                          \
		.name = (name_), .about = (about_), .parts = PARTS(symbol),                        \
		.expected = { { (kinds_), (roles_), false } }, .tolerated = (tolerated_)           \
	}
#define HARD(name_, symbol, about_, kinds_, roles_)                                                \
	{                                                                                          \
		.name = (name_), .about = (about_), .parts = PARTS(symbol),                        \
		.expected = { { (kinds_), (roles_), true } },                                      \
	}
#define ATTACKING "bot.flooder|scan.mirai|scan.horizontal|flood.udp"

static const struct capture list[] = {
	BOT("bot-mirai", mirai, "Mirai: the loader, the scan, the order, the flood",
		"bot.c2|bot.flooder|scan.mirai", "zombie=10.20.2.9 controller=203.0.113.66",
		ATTACKING "|bot.shell|bot.dropper|bruteforce.telnet"),
	BOT("bot-mirai-quiet", mirai_quiet, "Mirai: only the channel, with one order", "bot.c2",
		"zombie=10.20.2.9 controller=203.0.113.66", NULL),
	BOT("bot-gafgyt", gafgyt, "Gafgyt: orders as text, a scan, a flood", "bot.c2|bot.flooder",
		"zombie=10.20.2.10 controller=203.0.113.67", ATTACKING),
	BOT("bot-byob", byob, "BYOB: stager, modules, an encrypted session, an upload",
		"bot.c2|bot.dropper", "zombie=10.20.1.7 controller=203.0.113.68", "bot.dropper"),
	HARD("bot-byob-retry", byob_retry, "BYOB without its server: a SYN each 30 s",
		"bot.c2|bot.beacon", "zombie=10.20.1.7 controller=203.0.113.68"),
	BOT("bot-irc", irc, "three zombies in an IRC channel get an order and flood",
		"bot.irc|bot.c2|bot.flooder",
		"zombie=10.20.1.7 zombie=10.20.1.12 zombie=10.20.1.21 controller=203.0.113.69",
		ATTACKING),
	BOT("bot-zeus", zeus, "Zeus: configuration and gate", "bot.http|bot.c2|bot.beacon",
		"zombie=10.20.1.7 controller=203.0.113.70", "bot.dropper"),
	BOT("bot-shell", shell, "a shell handed out, in clear", "bot.shell",
		"zombie=10.20.0.80 controller=203.0.113.71", NULL),
	BOT("bot-shell-tls", shell_tls, "a shell handed out over TLS", "bot.shell|bot.tls",
		"zombie=10.20.0.80", NULL),
	HARD("bot-shell-tls-short", shell_short, "the same, with hardly any output",
		"bot.shell|bot.tls", "zombie=10.20.0.80"),
	BOT("bot-dropper-iot", dropper_iot, "a script, then a binary for seven architectures",
		"bot.dropper", "zombie=10.20.2.11", NULL),
	BOT("bot-dropper-exe", dropper_exe, "a Windows binary that calls itself a picture",
		"bot.dropper", "zombie=10.20.1.7", NULL),
	BOT("bot-dropper-python", dropper_python, "Python that unpacks and runs itself",
		"bot.dropper", "zombie=10.20.1.7", NULL),
	BOT("bot-spam", spam, "300 mails to 40 servers, nearly half of them rejected", "bot.spam",
		"zombie=10.20.1.7", NULL),
	BOT("bot-miner-xmr", miner_monero, "a Monero miner", "bot.miner", "zombie=10.20.1.7", NULL),
	BOT("bot-miner-btc", miner_bitcoin, "a Bitcoin miner", "bot.miner", "zombie=10.20.1.7",
		NULL),
	BOT("bot-miner-eth", miner_ethereum, "an Ethereum miner", "bot.miner", "zombie=10.20.1.7",
		NULL),
	BOT("bot-kad", kad, "Kad without any file, and an encrypted controller",
		"bot.p2p|bot.beacon|bot.tls", "zombie=10.20.1.7", NULL),
	BOT("bot-resolver", resolver, "an inside resolver answers in a victim's name",
		"reflector.open", "reflector=10.20.0.54 target=203.0.113.99",
		"amplification.dns|bot.flooder"),
	{ .name = "bot-spoof",
		.about = "SYNs leave with sources that are not ours",
		.parts = PARTS(spoof),
		.expected = { { "abuse.spoof", "target=203.0.113.99", false } },
		.tolerated = "flood.syn",
		.networks = OFFICE_NETWORKS },
	BOT("guess-ssh-one", ssh_one, "one outside guesses at one SSH server", "bruteforce.ssh",
		"zombie=203.0.113.80 target=10.20.8.1", NULL),
	BOT("guess-ssh-many", ssh_many, "one of ours guesses at 30 SSH servers", "bruteforce.ssh",
		"zombie=10.20.1.7", "scan.horizontal"),
	BOT("guess-ssh-distributed", ssh_distributed, "40 outside guess at one SSH server",
		"bruteforce.ssh", "target=10.20.8.1", NULL),
	BOT("guess-telnet-many", telnet_many, "a device guesses at 40 Telnet servers",
		"bruteforce.telnet", "zombie=10.20.2.12", "scan.horizontal"),
	BOT("guess-ftp-one", ftp_one, "one outside guesses at one FTP server", "bruteforce.ftp",
		"zombie=203.0.113.81 target=10.20.8.2", NULL),
};

const struct captures captures_bots = { list, LENGTH_OF(list) };
