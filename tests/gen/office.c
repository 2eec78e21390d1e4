/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/office.c - people of a LAN at work.
 *
 * A sitting is one to four pages, half a minute apart or so; a page is a look-up and one to three
 * TLS connections to sites, few of which get most of the visits. Names are put together of words,
 * so that no real site is meant; the address of a site is always the same.
 */
#include <stdio.h>

#include "gen/bots.h"
#include "gen/catalogue.h"
#include "types.h"

#define PAGE_GAP_S 30
#define SITES 150

static void site_name(char *out, size_t size, unsigned number)
{
	static const char *const first[] = { "north", "green", "blue", "city", "river", "open",
		"daily", "cloud", "home", "smart", "fresh", "market", "garden", "travel" };
	static const char *const second[] = { "news", "shop", "bank", "mail", "video", "books",
		"weather", "music", "sports", "forum", "travel", "photos" };
	static const char *const host[] = { "www", "static", "api", "img", "login" };
	static const char *const top[] = { "com", "org", "net", "de", "co.uk" };

	snprintf(out, size, "%s.%s%s%u.%s", host[number % LENGTH_OF(host)],
		first[number * 7 % LENGTH_OF(first)], second[number * 5 % LENGTH_OF(second)],
		number % 10, top[number * 3 % LENGTH_OF(top)]);
}

static void visit_site(struct cast *cast, unsigned number, uint32_t bytes)
{
	struct crowd sites = PUBLIC;
	char name[64];
	struct secure secure = { .client = SECURE_BROWSER, .server_name = name };
	unsigned exchanges = prng_between(&cast->prng, 1, 3);
	struct script *script;

	site_name(name, sizeof(name), number);
	sites.salt = 0x736974; /* the same address whoever asks */
	cast->server = crowd_member(&sites, number);
	if (prng_chance(&cast->prng, 0.6))
		lookup_address(cast->schedule, cast->at_ns, &cast->client, &office_resolver, name,
			&cast->server, &cast->prng);
	script = script_open(&cast->client, &cast->server, 443, &cast->prng);
	secure_open(script, &secure);
	while (exchanges--) {
		secure_say(script, 0, prng_between(&cast->prng, 120, 700));
		secure_say(script, 1, 80 + (size_t)prng_exponential(&cast->prng, bytes));
		script_wait(script, prng_unit(&cast->prng) * 3);
	}
	script_play(script, cast->schedule, cast->at_ns + 150 * NS_PER_MS);
}

static void sitting_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct cast cast = { .schedule = schedule, .plan = plan, .at_ns = paced->piece.at_ns };
	unsigned pages = prng_between(&paced->prng, 1, 4), sites = plan->count;

	cast.prng.state = prng_next(&paced->prng);
	cast.client = crowd_pick(&plan->from, &cast.prng);
	while (pages--) {
		unsigned connections = prng_between(&cast.prng, 1, 3);
		double popularity = prng_unit(&cast.prng);

		while (connections--)
			visit_site(&cast,
				((unsigned)(popularity * popularity * sites) + connections) % sites,
				plan->bytes);
		cast.at_ns += prng_exponential(&cast.prng, PAGE_GAP_S * NS_PER_S);
	}
}

void office_web(struct schedule *schedule, const struct plan *plan)
{
	struct plan ours = *plan;

	if (!ours.count)
		ours.count = SITES;
	paced_start(schedule, &ours, sitting_emit);
}
