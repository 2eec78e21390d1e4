/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/like_names.c - look-ups that look generated and are not: lists of bad mail servers, clouds of
 * anti-virus programs, content networks.
 *
 * Most of what a mail server asks a list is not on it, so most answers are NXDOMAIN; what an
 * anti-virus asks carries a hash; content networks name their customers by number.
 */
#include <stdio.h>

#include "gen/bots.h"

static void hex(struct prng *prng, char *out, unsigned digits)
{
	for (unsigned i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[prng_below(prng, 16)];
	out[digits] = 0;
}

static void blocklist_emit(struct paced *paced, struct schedule *schedule)
{
	struct prng *prng = &paced->prng;
	struct addr client = crowd_member(&paced->plan.from, 0);
	char name[128], digits[41];
	struct lookup lookup = { .name = name,
		.type = LOOKUP_A,
		.code = LOOKUP_NXDOMAIN,
		.count = 1,
		.address = { 0x7f000002 } };
	uint32_t address = (uint32_t)prng_next(prng);

	if (paced->number % 4 == 3) {
		hex(prng, digits, 40);
		snprintf(name, sizeof(name), "%s.avqs.vendor.example", digits);
		lookup.code = LOOKUP_FOUND;
	} else {
		snprintf(name, sizeof(name), "%u.%u.%u.%u.%s", address & 255, address >> 8 & 255,
			address >> 16 & 255, address >> 24,
			paced->number % 2 ? "zen.spamhaus.org" : "bl.spamcop.net");
		if (prng_chance(prng, 0.1))
			lookup.code = LOOKUP_FOUND;
	}
	lookup_play(schedule, paced->piece.at_ns, &client, &office_resolver, &lookup, prng);
}

void blocklist_lookups(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, blocklist_emit);
}

static void cdn_emit(struct paced *paced, struct schedule *schedule)
{
	static const char *const networks[] = { "d%s.cloudfront.net", "e%s.dscb.akamaiedge.net",
		"r%s.sn-4g5e.googlevideo.com", "%s.azureedge.net", "%s.fastly.net" };
	struct prng *prng = &paced->prng;
	struct addr client = crowd_pick(&paced->plan.from, prng);
	char name[128], digits[14];
	struct lookup lookup = { .name = name, .type = LOOKUP_A, .ttl_s = 60, .count = 4 };

	hex(prng, digits, 13);
	switch (paced->number % 5) {
	case 0:
		snprintf(name, sizeof(name), networks[0], digits);
		break;
	case 1:
		snprintf(name, sizeof(name), networks[1], digits + 8);
		break;
	case 2:
		snprintf(name, sizeof(name), networks[2], digits + 11);
		break;
	case 3:
		snprintf(name, sizeof(name), networks[3], digits + 4);
		break;
	default:
		snprintf(name, sizeof(name), networks[4], digits + 5);
	}
	for (unsigned i = 0; i < lookup.count; i++)
		lookup.address[i] = 0xcb007100 | prng_below(prng, 250); /* 203.0.113/24 */
	lookup_play(schedule, paced->piece.at_ns, &client, &office_resolver, &lookup, prng);
}

void cdn_lookups(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, cdn_emit);
}
