/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/census.c - see census.h.
 *
 * Three capped tables: our hosts, the addresses they have to do with, the names of these. Who has
 * to do with an address or name is a sketch of hosts: a multiresolution bitmap (Estan, Varghese,
 * Fisk 2003, "Bitmap algorithms for counting active flows on high-speed links") of 64 bytes. 448
 * bits stand for all hosts; 64 more stand for one host in 256 and are asked when the first part is
 * nearly full, so 60,000 hosts are told from 6,000. Up to a few dozen it is as good as exact.
 *
 * An address has the name it was last looked up or spoken to by. Only a look-up makes it share in
 * how many hosts know that name: what a client says in SNI or Host is the client's invention, and
 * a bot that says "www.google.com" to its controller would be ordinary.
 */
#include "app/census.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/domain.h"
#include "conf/conf.h"
#include "conf/networks.h"
#include "lib/hash.h"
#include "lib/keyed.h"

#define ADDRESS_PLACES 65536 /* 112 bytes each */
#define NAME_PLACES 32768    /* 176 bytes each */
#define FEW_HOSTS 5	     /* below, prevalence says nothing */

#define FINE_BITS 448
#define COARSE_BITS 64
#define COARSE_SHIFT 8	   /* one host in 256 */
#define FINE_LEAST_FREE 20 /* fewer bits of the fine part unset: the coarse one is better */

struct hosts_sketch {
	uint64_t words[(FINE_BITS + COARSE_BITS) / 64];
};

struct census_host {
	struct keyed_head head;
	struct addr addr;
};

struct census_name {
	struct keyed_head head;
	char name[CENSUS_NAME_MAX]; /* padded with 0 */
	struct hosts_sketch hosts;
};

struct census_address {
	struct keyed_head head;
	struct addr addr;
	struct hosts_sketch hosts;
	uint64_t name_hash; /* 0: no name; else that of the entry at name_place, if still there */
	uint32_t name_place;
	bool is_looked_up;
};

struct census {
	const struct networks *networks;
	uint64_t seed;
	struct keyed hosts, addresses, names;
};

static uint32_t places_of(uint64_t wanted)
{
	uint32_t places = KEYED_WAYS;

	while (places < wanted && places < 1U << 24)
		places *= 2;
	return places;
}

int census_open(const struct conf *conf, const struct networks *networks, uint64_t seed,
	struct census **ret_census)
{
	struct census *census = calloc(1, sizeof(*census));

	if (!census)
		return -ENOMEM;
	census->networks = networks;
	census->seed = seed;
	if (keyed_open(&census->hosts, places_of(conf->bot.hosts), sizeof(struct census_host),
		    sizeof(struct addr), seed) < 0 ||
		keyed_open(&census->addresses, ADDRESS_PLACES, sizeof(struct census_address),
			sizeof(struct addr), seed) < 0 ||
		keyed_open(&census->names, NAME_PLACES, sizeof(struct census_name), CENSUS_NAME_MAX,
			seed) < 0) {
		census_close(census);
		return -ENOMEM;
	}
	*ret_census = census;
	return 0;
}

void census_close(struct census *census)
{
	if (!census)
		return;
	keyed_close(&census->hosts);
	keyed_close(&census->addresses);
	keyed_close(&census->names);
	free(census);
}

static void sketch_add(struct hosts_sketch *sketch, uint64_t hash)
{
	unsigned bit = (unsigned)((hash >> 32) % FINE_BITS);

	sketch->words[bit / 64] |= 1ULL << bit % 64;
	if ((hash & ((1U << COARSE_SHIFT) - 1)) == 0)
		sketch->words[FINE_BITS / 64] |= 1ULL << (hash >> COARSE_SHIFT) % COARSE_BITS;
}

/* Linear counting (Whang et al. 1990): -m ln(share of unset bits). */
static double linear_count(unsigned bits, unsigned set)
{
	unsigned unset = set < bits ? bits - set : 1;

	return -(double)bits * log((double)unset / bits);
}

static unsigned sketch_count(const struct hosts_sketch *sketch)
{
	unsigned set = 0;
	unsigned coarse = (unsigned)__builtin_popcountll(sketch->words[FINE_BITS / 64]);

	for (unsigned i = 0; i < FINE_BITS / 64; i++)
		set += (unsigned)__builtin_popcountll(sketch->words[i]);
	if (set + FINE_LEAST_FREE > FINE_BITS)
		return (unsigned)(linear_count(COARSE_BITS, coarse) * (1U << COARSE_SHIFT) + 0.5);
	return (unsigned)(linear_count(FINE_BITS, set) + 0.5);
}

static struct hosts_sketch sketch_union(const struct hosts_sketch *a, const struct hosts_sketch *b)
{
	struct hosts_sketch both = *a;

	for (unsigned i = 0; i < sizeof(both.words) / sizeof(both.words[0]); i++)
		both.words[i] |= b->words[i];
	return both;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* A host name as a key: small letters, no port, no final dot, and of one too long whole labels of
 * its end. False when it is none, or a bare IPv4 address. */
static bool name_key(struct app_text text, char key[CENSUS_NAME_MAX])
{
	size_t from = 0, len = text.len;
	bool has_letter = false;

	for (size_t i = 0; i < len; i++)
		if (text.at[i] == ':')
			len = i;
	while (len > 0 && text.at[len - 1] == '.')
		len--;
	while (len - from >= CENSUS_NAME_MAX) {
		const char *dot = memchr(text.at + from, '.', len - from);

		if (!dot)
			return false;
		from = (size_t)(dot - text.at) + 1;
	}
	memset(key, 0, CENSUS_NAME_MAX);
	for (size_t i = from; i < len; i++) {
		char c = text.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!is_name_byte(c))
			return false;
		has_letter = has_letter || (c >= 'a' && c <= 'z');
		key[i - from] = c;
	}
	return has_letter;
}

static uint64_t weight_of(const struct keyed_head *head, int64_t now_ns)
{
	uint64_t amount = head->weight & ((1U << 28) - 1);

	return keyed_weight(now_ns, amount + 1);
}

static struct census_name *name_take(
	struct census *census, const char *key, uint64_t hash, int64_t now_ns)
{
	struct census_name *name =
		keyed_take_hashed(&census->names, key, hash, keyed_weight(now_ns, 1));

	if (name)
		name->head.weight = weight_of(&name->head, now_ns);
	return name;
}

/* The host has to do with this name, and with the domain it is registered under. key may be that
 * of an entry, which could give way: so it is copied. */
static struct census_name *name_meet(
	struct census *census, const char *key, uint64_t host_hash, int64_t now_ns)
{
	char whole[CENSUS_NAME_MAX], registered[CENSUS_NAME_MAX] = { 0 };
	uint64_t hash = keyed_hash(&census->names, key);
	struct census_name *name;
	const char *domain;

	keyed_prefetch(&census->names, hash);
	memcpy(whole, key, sizeof(whole));
	domain = domain_registered(whole);
	if (domain != whole) {
		memcpy(registered, domain, sizeof(whole) - (size_t)(domain - whole));
		name = name_take(
			census, registered, keyed_hash(&census->names, registered), now_ns);
		if (name)
			sketch_add(&name->hosts, host_hash);
	}
	name = name_take(census, whole, hash, now_ns);
	if (name)
		sketch_add(&name->hosts, host_hash);
	return name;
}

static struct census_address *address_take(
	struct census *census, const struct addr *addr, int64_t now_ns)
{
	struct census_address *address =
		keyed_take(&census->addresses, addr, keyed_weight(now_ns, 1));

	if (address)
		address->head.weight = weight_of(&address->head, now_ns);
	return address;
}

static struct census_name *name_of(
	const struct census *census, const struct census_address *address)
{
	const struct keyed *names = &census->names;

	if (address->name_hash == 0 || names->hashes[address->name_place] != address->name_hash)
		return NULL;
	return (struct census_name *)(names->entries +
				      (size_t)address->name_place * names->entry_size);
}

static void address_name(struct census *census, struct census_address *address,
	const struct census_name *name, bool is_looked_up)
{
	if (!address || !name)
		return;
	address->name_hash = keyed_hash_of(&census->names, name);
	address->name_place = name->head.place;
	address->is_looked_up = is_looked_up;
}

static uint64_t host_hash(const struct census *census, const struct addr *host)
{
	return hash_addr(host, census->seed);
}

static void host_meet(struct census *census, const struct addr *host, int64_t now_ns)
{
	struct census_host *entry = keyed_take(&census->hosts, host, keyed_weight(now_ns, 1));

	if (entry)
		entry->head.weight = weight_of(&entry->head, now_ns);
}

static void see_contact(struct census *census, const struct app_event *event)
{
	struct parties parties = parties_of(census->networks, &event->key);
	uint64_t hash = host_hash(census, &parties.inside);
	struct census_address *address = address_take(census, &parties.outside, event->time_ns);
	struct census_name *name;

	if (event->type != APP_REFUSED) {
		host_meet(census, &parties.inside, event->time_ns);
		if (parties.is_local)
			host_meet(census, &parties.outside, event->time_ns);
	}
	/* Who comes to us makes himself known to as many as he likes: that is no popularity. */
	if (!address || parties.inside_side != 0)
		return;
	sketch_add(&address->hosts, hash);
	name = name_of(census, address);
	if (name && address->is_looked_up)
		name_meet(census, name->name, hash, event->time_ns);
}

static void see_dns(struct census *census, const struct app_event *event)
{
	const struct app_dns *dns = &event->dns;
	char key[CENSUS_NAME_MAX];
	struct census_name *name;

	/* A stranger asks our name server: he is no host of ours. */
	if (parties_of(census->networks, &event->key).inside_side != 0)
		return;
	host_meet(census, &event->key.addr[0], event->time_ns);
	if (dns->rcode != 0 || !name_key(dns->name, key))
		return;
	name = name_meet(census, key, host_hash(census, &event->key.addr[0]), event->time_ns);
	for (unsigned i = 0; i < dns->listed && i < DNS_ANSWERS; i++)
		if (!addr_is_zero(&dns->answers[i].addr))
			address_name(census,
				address_take(census, &dns->answers[i].addr, event->time_ns), name,
				true);
}

/* What a client calls the server. A name that was looked up stays, when it is the same. */
static void see_spoken(struct census *census, const struct app_event *event, struct app_text text)
{
	struct census_address *address;
	const struct census_name *known;
	struct census_name *name;
	char key[CENSUS_NAME_MAX];

	if (text.len == 0 || !name_key(text, key))
		return;
	address = address_take(census, &event->key.addr[1], event->time_ns);
	known = address ? name_of(census, address) : NULL;
	if (known && strcmp(known->name, key) == 0)
		return;
	name = name_meet(census, key, host_hash(census, &event->key.addr[0]), event->time_ns);
	address_name(census, address, name, false);
}

void census_see(struct census *census, const struct app_event *event)
{
	switch (event->type) {
	case APP_CONNECT:
	case APP_REFUSED:
	case APP_BURST:
	case APP_EXCHANGE:
		see_contact(census, event);
		break;
	case APP_DNS:
		see_dns(census, event);
		break;
	case APP_TLS:
	case APP_QUIC:
		see_spoken(census, event, event->tls.sni);
		break;
	case APP_HTTP:
		if (!event->http.is_bare_address)
			see_spoken(census, event, event->http.host);
		break;
	default:
		break;
	}
}

unsigned census_inside_hosts(const struct census *census)
{
	return census->hosts.count;
}

unsigned census_contacts(const struct census *census, const struct addr *outside)
{
	const struct census_address *address = keyed_find(&census->addresses, outside);
	const struct census_name *name = address ? name_of(census, address) : NULL;
	struct hosts_sketch both;

	if (!address)
		return 0;
	if (!name || !address->is_looked_up)
		return sketch_count(&address->hosts);
	both = sketch_union(&address->hosts, &name->hosts);
	return sketch_count(&both);
}

unsigned census_name_contacts(const struct census *census, const char *text)
{
	char key[CENSUS_NAME_MAX];
	const struct census_name *name;

	if (!name_key((struct app_text){ text, (uint32_t)strlen(text) }, key))
		return 0;
	name = keyed_find(&census->names, key);
	return name ? sketch_count(&name->hosts) : 0;
}

double census_prevalence(const struct census *census, const struct addr *outside)
{
	unsigned hosts = census_inside_hosts(census);
	double share;

	if (hosts < FEW_HOSTS)
		return 0;
	share = (double)census_contacts(census, outside) / hosts;
	return share < 1 ? share : 1;
}

const char *census_name(const struct census *census, const struct addr *outside)
{
	const struct census_address *address = keyed_find(&census->addresses, outside);
	const struct census_name *name = address ? name_of(census, address) : NULL;

	return name ? name->name : "";
}

bool census_is_looked_up(const struct census *census, const struct addr *outside)
{
	const struct census_address *address = keyed_find(&census->addresses, outside);

	return address && address->is_looked_up && name_of(census, address);
}

uint64_t census_forgotten(const struct census *census)
{
	if (!census)
		return 0;
	return census->hosts.evicted + census->addresses.evicted + census->names.evicted;
}

struct parties parties_of(const struct networks *networks, const struct flow_key *key)
{
	bool is_inside[2] = { networks_is_inside(networks, &key->addr[0]),
		networks_is_inside(networks, &key->addr[1]) };
	unsigned side = !is_inside[0] && is_inside[1];

	return (struct parties){
		.inside = key->addr[side],
		.outside = key->addr[!side],
		.inside_side = side,
		.is_local = is_inside[0] && is_inside[1],
		.is_foreign = !is_inside[0] && !is_inside[1],
	};
}
