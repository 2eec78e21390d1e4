/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_bots_names.c - infected hosts of a LAN that show in DNS, and tunnels.
 */
#include "gen/office.h"

#define SEARCH(symbol, dga)                                                                        \
	IN_OFFICE(symbol, PART(dga_search, .start_s = 60, .count = 220, .variant = (dga),          \
				  .from = PERSON, .to = OUTSIDE(90)))
SEARCH(letters, DGA_LETTERS);
SEARCH(hex, DGA_HEX);
SEARCH(words, DGA_WORDS);
IN_OFFICE(flux, PART(fast_flux, .start_s = 10, .seconds = 640, .name = "kq-casino-bonus-88412.info",
			.from = PERSON, .to = PUBLIC));

#define TUNNEL(symbol, type, ...)                                                                  \
	IN_OFFICE(symbol,                                                                          \
		PART(dns_tunnel, .start_s = 30, .variant = (type), .name = "t.carrier.example",    \
			.from = PERSON, .to = HOST4(10, 20, 0, 53), __VA_ARGS__))
TUNNEL(tunnel_txt, LOOKUP_TXT, .seconds = 300, .rate = 6);
TUNNEL(tunnel_null, LOOKUP_NULL, .seconds = 300, .rate = 6);
TUNNEL(tunnel_cname, LOOKUP_CNAME, .seconds = 300, .rate = 6);
TUNNEL(tunnel_slow, LOOKUP_TXT, .seconds = 5400, EVERY(20));
IN_OFFICE(tunnel_icmp, PART(icmp_tunnel, .start_s = 30, .seconds = 300, .rate = 8, .from = PERSON,
			       .to = OUTSIDE(91)));

#define NAMED(name_, symbol, about_, kinds_)                                                       \
	{                                                                                          \
		.name = (name_), .about = (about_), .parts = PARTS(symbol),                        \
		.expected = { { (kinds_), "zombie=10.20.1.7", false } },                           \
	}

static const struct capture list[] = {
	NAMED("bot-dga-letters", letters, "219 names of random letters, then one that is there",
		"bot.dga"),
	NAMED("bot-dga-hex", hex, "the same of hexadecimal digits", "bot.dga"),
	{ .name = "bot-dga-words",
		.about = "the same of two words each",
		.parts = PARTS(words),
		.expected = { { "bot.dga", "zombie=10.20.1.7", true } } },
	NAMED("bot-fastflux", flux, "a name that is at five other addresses each minute",
		"bot.fastflux"),
	NAMED("bot-dnstunnel-txt", tunnel_txt, "a tunnel of TXT records", "bot.dnstunnel"),
	NAMED("bot-dnstunnel-null", tunnel_null, "a tunnel of NULL records", "bot.dnstunnel"),
	NAMED("bot-dnstunnel-cname", tunnel_cname, "a tunnel of CNAME records", "bot.dnstunnel"),
	{ .name = "bot-dnstunnel-slow",
		.about = "a tunnel of TXT records that asks each 20 s, for 90 minutes",
		.parts = PARTS(tunnel_slow),
		.expected = { { "bot.dnstunnel", "zombie=10.20.1.7", true } } },
	NAMED("bot-icmptunnel", tunnel_icmp, "a tunnel of echo requests", "bot.icmptunnel"),
};

const struct captures captures_bots_names = { list, LENGTH_OF(list) };
