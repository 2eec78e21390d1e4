/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/fastflux.c - finds names that lead to ever other hacked hosts, and who of ours follows.
 *
 * A fast-flux name is answered with addresses of zombies that serve as proxies for the real
 * server: many, in many networks, with short TTLs, others in each answer. The score is that of
 * Holz et al. 2008, "Measuring and detecting fast-flux service networks" (1.32 * addresses +
 * 18.54 * networks > 142.38), but for the networks: theirs are autonomous systems, ours are /16
 * (IPv6: /32), of which one system may have many, so we ask for twice as many. All else is ours.
 * Told only of a host of ours that contacts such an address.
 *
 * What looks alike, and how it is told apart:
 * - A content network or round robin gives one place in the net the same few addresses of few
 *   networks; a cloud's balancers have many addresses, but most share a /16 with others: of flux
 *   nodes nearly each has its own, and they lie in many /8 (IPv6: /16), as the customers of all
 *   registries do.
 * - Customers of content networks are aliases (CNAME) into the network's domain: names with an
 *   alias into another registered domain are not counted.
 * - Pools of volunteers (pool.ntp.org, seeds of peer-to-peer networks) have exactly a flux
 *   network's shape. What they are asked for tells: NTP, or the one port of that peer network
 *   (Bitcoin's is well known); contacts there do not count.
 * - What much of the LAN contacts is common (bot.prevalence).
 */
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "detect/asking.h"
#include "detect/bot.h"
#include "detect/detectors.h"
#include "lib/hash.h"

#define FLUX_PLACES 2048
#define FLUX_LEADS 16384
#define FLUX_ADDRESSES 64
#define FLUX_NAME_MAX FINDING_NAME_MAX
#define FLUX_TOLD 16
#define FLUX_KEPT_NS (3600 * NS_PER_S)

/* Holz et al. 2008; that networks count half is ours. */
#define FLUX_PER_ADDRESS 1.32
#define FLUX_PER_NETWORK (18.54 / 2)
#define FLUX_SCORE 142.38
/* weir: flux needs short ones (minutes); half an hour leaves room. */
#define FLUX_TTL_S 1800
/* weir: four to ten addresses of a cloud's balancers share a /16; random hosts hardly ever do. */
#define FLUX_OWN_NETWORK 0.8
/* weir: no provider has addresses in so many. */
#define FLUX_REGIONS 6
/* Answers that brought something new: a large round robin is one answer, turned. */
#define FLUX_CHANGES 3

/* Whom of ours it was told of; two that share a place are told more often. */
struct told {
	uint64_t host;
	int64_t told_ns;
};

struct flux {
	struct keyed_head head;
	uint64_t name;
	int64_t last_ns;
	struct told told[FLUX_TOLD];
	uint32_t networks[FLUX_ADDRESSES]; /* hashes, of each address that is known */
	uint32_t regions[FLUX_ADDRESSES];
	uint32_t addresses[FLUX_ADDRESSES]; /* hashes */
	uint32_t count, answers, changes, ttl_longest_s;
	bool is_alias;
	char text[FLUX_NAME_MAX];
	char registered[FLUX_NAME_MAX];
};

struct lead {
	struct keyed_head head;
	struct addr addr;
	uint64_t name;
};

struct fastflux {
	const struct asking *asking;
	struct keyed names, leads;
};

static int fastflux_init(void *state, const struct detector_env *env)
{
	struct fastflux *flux = state;

	flux->asking = env->asking;
	if (keyed_open(&flux->names, FLUX_PLACES, sizeof(struct flux), sizeof(uint64_t),
		    env->seed) == 0 &&
		keyed_open(&flux->leads, FLUX_LEADS, sizeof(struct lead), sizeof(struct addr),
			env->seed) == 0)
		return 0;
	keyed_close(&flux->leads);
	keyed_close(&flux->names);
	return -ENOMEM;
}

static void fastflux_close(void *state)
{
	struct fastflux *flux = state;

	keyed_close(&flux->leads);
	keyed_close(&flux->names);
}

/* Hash of the first bits of an address: v4_bits of IPv4, v6_bits of IPv6. */
static uint32_t hash_of_prefix(const struct addr *addr, unsigned v4_bits, unsigned v6_bits)
{
	struct addr prefix = addr_mask(addr, addr_is_v4(addr) ? ADDR_V4_BITS + v4_bits : v6_bits);

	return (uint32_t)hash_addr(&prefix, 0);
}

static bool note_address(struct flux *entry, const struct addr *addr)
{
	uint32_t hash = hash_of_prefix(addr, 32, 128);

	for (uint32_t i = 0; i < entry->count; i++)
		if (entry->addresses[i] == hash)
			return false;
	if (entry->count == FLUX_ADDRESSES)
		return true;
	entry->addresses[entry->count] = hash;
	entry->networks[entry->count] = hash_of_prefix(addr, 16, 32);
	entry->regions[entry->count] = hash_of_prefix(addr, 8, 16);
	entry->count++;
	return true;
}

static unsigned distinct_of(const uint32_t *list, uint32_t count)
{
	unsigned distinct = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = 0;

		while (j < i && list[j] != list[i])
			j++;
		distinct += j == i;
	}
	return distinct;
}

/* Private and loopback answers are filters' and split horizons'. */
static bool is_public(const struct fastflux *flux, const struct addr *addr)
{
	struct flow_key key = { .addr = { *addr, *addr } };

	if (addr_is_zero(addr) || addr_is_multicast(addr))
		return false;
	if (addr_is_v4(addr) && (addr->byte[12] == 127 || addr->byte[12] == 0))
		return false;
	return parties_of(flux->asking->networks, &key).is_foreign;
}

static void note_lead(struct fastflux *flux, const struct addr *addr, uint64_t name, int64_t now_ns)
{
	uint64_t weight = keyed_weight(now_ns, 1);
	struct lead *lead = keyed_take(&flux->leads, addr, weight);

	if (!lead)
		return;
	lead->head.weight = weight;
	lead->name = name;
}

/* Does the alias lead out of the domain? */
static bool leads_away(
	const struct fastflux *flux, const struct asked *asked, const struct app_dns_answer *answer)
{
	char target[ASKING_NAME_MAX];
	const char *registered;

	if (answer->type != 5 || answer->data.len == 0 || answer->data.len >= sizeof(target))
		return false;
	memcpy(target, answer->data.at, answer->data.len);
	target[answer->data.len] = '\0';
	registered = domain_registered(target);
	return (hash_bytes(registered, strlen(registered), flux->asking->seed) | 1) !=
	       asked->domain;
}

static void note_answers(struct fastflux *flux, struct flux *entry, const struct asked *asked,
	const struct app_event *event)
{
	bool is_changed = false;

	for (unsigned i = 0; i < event->dns.listed; i++) {
		const struct app_dns_answer *answer = &event->dns.answers[i];

		entry->is_alias |= leads_away(flux, asked, answer);
		if ((answer->type != 1 && answer->type != 28) || !is_public(flux, &answer->addr))
			continue;
		if (answer->ttl_s > entry->ttl_longest_s)
			entry->ttl_longest_s = answer->ttl_s;
		is_changed |= note_address(entry, &answer->addr);
		note_lead(flux, &answer->addr, entry->name, event->time_ns);
	}
	entry->answers++;
	entry->changes += is_changed;
}

static struct flux *entry_of(
	struct fastflux *flux, const struct asked *asked, const struct app_event *event)
{
	uint64_t name = hash_bytes(asked->name, strlen(asked->name), flux->asking->seed) | 1;
	struct flux *entry = keyed_take(&flux->names, &name, keyed_weight(event->time_ns, 0));
	struct app_text registered = { asked->registered, (uint32_t)strlen(asked->registered) };

	if (!entry)
		return NULL;
	if (entry->last_ns > 0 && event->time_ns - entry->last_ns > FLUX_KEPT_NS) {
		struct flux fresh = { .head = entry->head, .name = name };

		*entry = fresh;
	}
	if (entry->last_ns == 0) {
		app_text_clean(event->dns.name, entry->text, sizeof(entry->text));
		app_text_clean(registered, entry->registered, sizeof(entry->registered));
	}
	entry->last_ns = event->time_ns;
	return entry;
}

static void see_answer(struct fastflux *flux, const struct app_event *event)
{
	const struct asked *asked = asking_asked(flux->asking);
	struct flux *entry;

	if (!asked || event->dns.rcode != 0 || event->dns.listed == 0 || !asked->is_sold ||
		(event->dns.type != 1 && event->dns.type != 28))
		return;
	entry = entry_of(flux, asked, event);
	if (!entry)
		return;
	note_answers(flux, entry, asked, event);
	entry->head.weight = keyed_weight(event->time_ns, entry->count);
}

/* Ports at which volunteers' pools are asked: NTP (RFC 5905), peers of Bitcoin (chainparams: 8333,
 * test networks 18333, 38333, 48333). */
static bool is_pool_port(uint16_t port)
{
	return port == 123 || port == 8333 || port == 18333 || port == 38333 || port == 48333;
}

static float confidence_of(const struct flux *entry, unsigned networks, unsigned regions)
{
	double score = FLUX_PER_ADDRESS * entry->count + FLUX_PER_NETWORK * networks;

	if (score <= FLUX_SCORE || entry->is_alias || entry->ttl_longest_s > FLUX_TTL_S ||
		entry->changes < FLUX_CHANGES || regions < FLUX_REGIONS ||
		networks < FLUX_OWN_NETWORK * entry->count)
		return 0;
	return score > 1.5 * FLUX_SCORE && regions >= 2 * FLUX_REGIONS ? 0.75F : 0.65F;
}

static bool is_due(
	const struct fastflux *flux, struct flux *entry, const struct addr *host, int64_t now_ns)
{
	uint64_t hash = hash_addr(host, flux->asking->seed);
	struct told *told = &entry->told[hash % FLUX_TOLD];

	if (told->host != hash)
		*told = (struct told){ .host = hash };
	return bot_is_due(&told->told_ns, now_ns);
}

static void see_contact(
	struct fastflux *flux, const struct app_event *event, struct findings *findings)
{
	struct parties parties = parties_of(flux->asking->networks, &event->key);
	const struct lead *lead = keyed_find(&flux->leads, &parties.outside);
	struct flux *entry = lead ? keyed_find(&flux->names, &lead->name) : NULL;
	unsigned networks, regions;
	struct finding finding;
	float confidence;

	if (!entry || parties.inside_side != 0 || is_pool_port(event->key.port[1]))
		return;
	networks = distinct_of(entry->networks, entry->count);
	regions = distinct_of(entry->regions, entry->count);
	confidence = confidence_of(entry, networks, regions);
	if (confidence <= 0 || asking_is_common(flux->asking, entry->registered) ||
		!is_due(flux, entry, &parties.inside, event->time_ns))
		return;
	finding = bot_finding(KIND_BOT_FASTFLUX, detector_fastflux.name, &parties, event->time_ns,
		confidence, "contacts a name that leads to ever other addresses all over the net");
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	finding.to_confidence = 0.6F;
	finding.observed = entry->count;
	memcpy(finding.name, entry->text, sizeof(entry->text));
	bot_evidence(&finding, "addresses", "addresses", entry->count);
	bot_evidence(&finding, "networks", "networks", networks);
	bot_evidence(&finding, "regions", "networks", regions);
	bot_evidence(&finding, "changes", "answers", entry->changes);
	bot_evidence(&finding, "ttl", "s", entry->ttl_longest_s);
	bot_detail(&finding, "%u addresses in %u networks within %u answers", entry->count,
		networks, entry->answers);
	finding_add(findings, &finding);
}

static void fastflux_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct fastflux *flux = state;

	if (event->type == APP_DNS)
		see_answer(flux, event);
	else if (event->type == APP_CONNECT ||
		 (event->type == APP_EXCHANGE && !event->exchange.is_echo))
		see_contact(flux, event, findings);
}

static void fastflux_losses(const void *state, struct losses *losses)
{
	const struct fastflux *flux = state;

	losses->forgotten += flux->names.evicted;
	losses->uncounted += flux->names.refused;
}

const struct detector detector_fastflux = {
	.name = "fastflux",
	.state_size = sizeof(struct fastflux),
	.init = fastflux_init,
	.event = fastflux_event,
	.losses = fastflux_losses,
	.close = fastflux_close,
};
