/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dnstunnel.c - finds hosts that carry data in the names they ask for and in the answers.
 *
 * Counted per (inside host, registered domain), in windows of ten minutes: bytes in front of the
 * domain in names not asked before (a bitmap of their hashes), how long and how mixed these are,
 * which record types were asked for, bytes of the answers' data, addresses that were answered and
 * how many of them the host then had to do with. Three ways to be a tunnel, since tunnels use what
 * the resolver lets through:
 *
 * - NULL and private types, which no ordinary program asks for: iodine's first choice. Little of
 *   them is enough.
 * - TXT, CNAME, MX, SRV, KEY: dnscat2, dns2tcp, iodine's second choice. Names must be many, long,
 *   mixed, and carry bot.tunnel_bytes; or answers five times that.
 * - A and AAAA: the same with twice the bytes, and the addresses answered are never contacted: that
 *   is what tells them from content networks and telemetry with long names.
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

/* Sets the bit of a name. false: it was set. */
static bool is_fresh(struct tunnel *tunnel, uint64_t hash)
{
	uint64_t bit = hash % TUNNEL_NAME_BITS, mask = 1ULL << bit % 64;

	if (tunnel->names[bit / 64] & mask)
		return false;
	tunnel->names[bit / 64] |= mask;
	return true;
}

static struct tunnel *tunnel_of(struct tunnels *tunnels, const struct asked *asked, int64_t now_ns)
{
	struct tunnel_key key = { asked->parties.inside, asked->domain };
	struct tunnel *tunnel = keyed_take(&tunnels->pairs, &key, keyed_weight(now_ns, 1));

	if (!tunnel)
		return NULL;
	if (tunnel->begin_ns == 0 || now_ns - tunnel->begin_ns > TUNNEL_WINDOW_NS) {
		int64_t told_ns = tunnel->told_ns;

		memset(&tunnel->begin_ns, 0, sizeof(*tunnel) - offsetof(struct tunnel, begin_ns));
		tunnel->begin_ns = now_ns;
		tunnel->told_ns = told_ns;
	}
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

static void note_leads(struct tunnels *tunnels, struct tunnel *tunnel, const struct asked *asked,
	const struct app_event *event)
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
		if (lead->domain != asked->domain || lead->window_ns != tunnel->begin_ns)
			lead->answers = 0;
		lead->domain = asked->domain;
		lead->window_ns = tunnel->begin_ns;
		lead->answers++;
		tunnel->addresses++;
		tunnel->contacts += lead->is_followed;
	}
}

/* An answer of a list (RFC 5782 2.1) means yes, not an address. */
static bool is_of_list(const struct app_dns *dns)
{
	const struct addr *addr = &dns->answers[0].addr;

	return dns->listed > 0 && addr_is_v4(addr) && addr->byte[12] == 127;
}

static void count(struct tunnels *tunnels, struct tunnel *tunnel, const struct asked *asked,
	const struct app_event *event)
{
	const struct app_dns *dns = &event->dns;
	size_t len = asked->below_len;
	enum tunnel_class class = tunnel_class_of(dns->type);

	tunnel->last_ns = event->time_ns;
	tunnel->questions++;
	tunnel->missing += dns->rcode == 3;
	tunnel->bytes_down += data_bytes(dns);
	note_leads(tunnels, tunnel, asked, event);
	if (len == 0 || !is_fresh(tunnel, hash_bytes(asked->name, len, tunnels->asking->seed)))
		return;
	tunnel->fresh[class]++;
	tunnel->bytes_up += len;
	tunnel->entropy_sum +=
		(uint64_t)(app_entropy_bits(parse_entropy((const uint8_t *)asked->name, len)) *
			   100);
	if (len > tunnel->longest)
		tunnel->longest = (uint32_t)len;
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
	tunnel->head.weight = keyed_weight(event->time_ns, tunnel->bytes_up + tunnel->bytes_down);
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
	if (tunnel && lead->window_ns == tunnel->begin_ns)
		tunnel->contacts += lead->answers;
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
