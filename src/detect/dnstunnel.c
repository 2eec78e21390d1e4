/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dnstunnel.c - finds hosts that carry data in the names they ask for and in the answers.
 *
 * Counted per (inside host, registered domain), in windows of ten minutes: bytes in front of the
 * domain in names not asked before (a bitmap of their hashes), how long and how mixed these are,
 * which record types were asked for, bytes of the answers' data, addresses that were answered and
 * how many of them the host then had to do with. Four ways to be a tunnel, since tunnels use what
 * the resolver lets through:
 *
 * - NULL and private types, which no ordinary program asks for: iodine's first choice. Little of
 *   them is enough.
 * - TXT, CNAME, MX, SRV, KEY: dnscat2, dns2tcp, iodine's second choice. Names must be many, long,
 *   mixed, and carry bot.tunnel_bytes; or answers five times that.
 * - A and AAAA: the same with twice the bytes, and the addresses answered are never contacted: that
 *   is what tells them from content networks and telemetry with long names.
 * - The first two types once more, over a day: what waits for orders asks seldom.
 *
 * Ideas: Born and Gustafson 2010 (letters of tunnelled names are spread more evenly), Nadler et al.
 * 2019 (features per registered domain, over longer times). The numbers are weir's: our choice,
 * held against the captures at hand (one of iodine, many of ordinary networks).
 */
#include "detect/dnstunnel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/parser.h"
#include "conf/conf.h"
#include "detect/bot.h"
#include "detect/detectors.h"
#include "lib/hash.h"

static int tunnel_init(void *state, const struct detector_env *env)
{
	struct tunnels *tunnels = state;

	tunnels->asking = env->asking;
	tunnels->bytes_wanted = env->conf->bot.tunnel_bytes;
	if (keyed_open(&tunnels->pairs, TUNNEL_PLACES, sizeof(struct tunnel),
		    sizeof(struct tunnel_key), env->seed) == 0 &&
		keyed_open(&tunnels->leads, TUNNEL_LEADS, sizeof(struct tunnel_lead),
			sizeof(struct tunnel_lead_key), env->seed) == 0)
		return 0;
	keyed_close(&tunnels->leads);
	keyed_close(&tunnels->pairs);
	return -ENOMEM;
}

static void tunnel_close(void *state)
{
	struct tunnels *tunnels = state;

	keyed_close(&tunnels->leads);
	keyed_close(&tunnels->pairs);
}

enum tunnel_class tunnel_class_of(uint16_t type)
{
	switch (type) {
	case 1:	 /* A */
	case 28: /* AAAA */
		return TUNNEL_ADDRESS;
	case 5:	 /* CNAME */
	case 15: /* MX */
	case 16: /* TXT */
	case 25: /* KEY */
	case 33: /* SRV */
		return TUNNEL_RECORD;
	case 10: /* NULL */
		return TUNNEL_RAW;
	default:
		return type >= 65280 && type < 65535 ? TUNNEL_RAW : TUNNEL_OTHER;
	}
}

/* Sets the bit of a name in a bitmap of bits. false: it was set. */
static bool is_fresh(uint64_t *names, unsigned bits, uint64_t hash)
{
	uint64_t bit = hash % bits, mask = 1ULL << bit % 64;

	if (names[bit / 64] & mask)
		return false;
	names[bit / 64] |= mask;
	return true;
}

/* A tally that is older than it may be begins anew, with all that is counted beside it. */
static void renew(struct tunnel_tally *tally, size_t size, int64_t length_ns, int64_t now_ns)
{
	if (tally->begin_ns != 0 && now_ns - tally->begin_ns <= length_ns)
		return;
	memset(tally, 0, size);
	tally->begin_ns = now_ns;
}

static struct tunnel *tunnel_of(struct tunnels *tunnels, const struct asked *asked, int64_t now_ns)
{
	struct tunnel_key key = { asked->parties.inside, asked->domain };
	struct tunnel *tunnel = keyed_take(&tunnels->pairs, &key, keyed_weight(now_ns, 1));

	if (!tunnel)
		return NULL;
	renew(&tunnel->day.tally, sizeof(tunnel->day), TUNNEL_DAY_NS, now_ns);
	renew(&tunnel->window.tally, sizeof(tunnel->window), TUNNEL_WINDOW_NS, now_ns);
	return tunnel;
}

/* What the answer carries; in a cut capture, what of it was there. */
static uint64_t data_bytes(const struct app_dns *dns)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < dns->listed; i++)
		bytes += dns->answers[i].data.len;
	return bytes;
}

static void note_leads(struct tunnels *tunnels, struct tunnel_window *window,
	const struct asked *asked, const struct app_event *event)
{
	uint64_t weight = keyed_weight(event->time_ns, 1);

	for (unsigned i = 0; i < event->dns.listed; i++) {
		struct tunnel_lead_key key = { asked->parties.inside, event->dns.answers[i].addr };
		struct tunnel_lead *lead;

		if (addr_is_zero(&key.outside))
			continue;
		lead = keyed_take(&tunnels->leads, &key, weight);
		if (!lead)
			continue;
		lead->head.weight = weight;
		if (lead->domain != asked->domain || lead->window_ns != window->tally.begin_ns)
			lead->answers = 0;
		lead->domain = asked->domain;
		lead->window_ns = window->tally.begin_ns;
		lead->answers++;
		window->addresses++;
		window->contacts += lead->is_followed;
	}
}

/* An answer of a list (RFC 5782 2.1) means yes, not an address. */
static bool is_of_list(const struct app_dns *dns)
{
	const struct addr *addr = &dns->answers[0].addr;

	return dns->listed > 0 && addr_is_v4(addr) && addr->byte[12] == 127;
}

static void count_fresh(
	struct tunnel_tally *tally, enum tunnel_class class, size_t len, double entropy)
{
	tally->fresh[class]++;
	tally->bytes_up += len;
	tally->entropy_sum += (uint64_t)(entropy * 100);
}

static void count(struct tunnels *tunnels, struct tunnel *tunnel, const struct asked *asked,
	const struct app_event *event)
{
	struct tunnel_window *window = &tunnel->window;
	struct tunnel_day *day = &tunnel->day;
	size_t len = asked->below_len;
	enum tunnel_class class = tunnel_class_of(event->dns.type);
	uint64_t down = data_bytes(&event->dns), hash;
	double entropy;

	window->tally.questions++;
	day->tally.questions++;
	window->tally.bytes_down += down;
	day->tally.bytes_down += down;
	note_leads(tunnels, window, asked, event);
	day->grows = false;
	if (len == 0)
		return;
	hash = hash_bytes(asked->name, len, tunnels->asking->seed);
	if (!is_fresh(window->names, TUNNEL_NAME_BITS, hash))
		return;
	entropy = app_entropy_bits(parse_entropy((const uint8_t *)asked->name, len));
	count_fresh(&window->tally, class, len, entropy);
	day->grows = is_fresh(day->names, TUNNEL_DAY_NAME_BITS, hash);
	if (day->grows)
		count_fresh(&day->tally, class, len, entropy);
}

static void see_question(
	struct tunnels *tunnels, const struct app_event *event, struct findings *findings)
{
	const struct asked *asked = asking_asked(tunnels->asking);
	struct tunnel *tunnel;

	if (!asked || is_of_list(&event->dns))
		return;
	if (asked->below_len == 0 && tunnel_class_of(event->dns.type) != TUNNEL_RAW)
		return;
	tunnel = tunnel_of(tunnels, asked, event->time_ns);
	if (!tunnel)
		return;
	count(tunnels, tunnel, asked, event);
	tunnel->head.weight = keyed_weight(
		event->time_ns, tunnel->day.tally.bytes_up + tunnel->day.tally.bytes_down);
	dnstunnel_judge(tunnels, tunnel, asked, event, findings);
}

/* The host has to do with an address: was it told to by a name? Then all answers that led there
 * count as followed, as do those to come: one connection serves many names. */
static void see_contact(struct tunnels *tunnels, const struct app_event *event)
{
	struct parties parties = parties_of(tunnels->asking->networks, &event->key);
	struct tunnel_lead_key key = { parties.inside, parties.outside };
	struct tunnel_lead *lead = keyed_find(&tunnels->leads, &key);
	struct tunnel *tunnel;

	if (!lead || lead->is_followed)
		return;
	lead->is_followed = true;
	tunnel = keyed_find(&tunnels->pairs, &(struct tunnel_key){ parties.inside, lead->domain });
	if (tunnel && lead->window_ns == tunnel->window.tally.begin_ns)
		tunnel->window.contacts += lead->answers;
}

static void tunnel_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct tunnels *tunnels = state;

	switch (event->type) {
	case APP_DNS:
		see_question(tunnels, event, findings);
		break;
	case APP_CONNECT:
	case APP_REFUSED:
	case APP_EXCHANGE:
		see_contact(tunnels, event);
		break;
	default:
		break;
	}
}

static void tunnel_losses(const void *state, struct losses *losses)
{
	const struct tunnels *tunnels = state;

	losses->forgotten += tunnels->pairs.evicted;
	losses->uncounted += tunnels->pairs.refused;
}

const struct detector detector_dnstunnel = {
	.name = "dnstunnel",
	.state_size = sizeof(struct tunnels),
	.init = tunnel_init,
	.event = tunnel_event,
	.losses = tunnel_losses,
	.close = tunnel_close,
};
