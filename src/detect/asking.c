/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/asking.c - see asking.h. */
#include "detect/asking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "lib/hash.h"

#define HOST_PLACES 4096
#define SERVER_PLACES 4096

/* weir: fewer hosts known than that, and "everybody" means nothing (as census_prevalence()). */
#define COMMON_HOSTS 5

#define RECURSION_AVAILABLE 0x0080 /* RFC 1035 4.1.1 */

/* weir: what a server says to a handful of questions does not tell what else it knows. */
#define DEVOTED_ANSWERS 50

struct host {
	struct keyed_head head;
	struct addr addr;
	uint64_t servers[ASKING_SERVERS]; /* hashes */
	uint32_t count;
	bool is_resolver;
};

struct server {
	struct keyed_head head;
	struct addr addr;
	uint64_t domain; /* the first one it was asked about */
	uint64_t answers;
	bool has_others;
	bool recurses;	/* it offers to ask others (RA): a resolver */
	bool serves_us; /* and it is one of us */
};

int asking_open(const struct detector_env *env, struct asking **ret_asking)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	if (!asking)
		return -ENOMEM;
	asking->seed = env->seed;
	asking->networks = env->networks;
	asking->census = env->census;
	asking->prevalence = env->conf->bot.prevalence;
	if (keyed_open(&asking->hosts, HOST_PLACES, sizeof(struct host), sizeof(struct addr),
		    env->seed) < 0 ||
		keyed_open(&asking->servers, SERVER_PLACES, sizeof(struct server),
			sizeof(struct addr), env->seed) < 0) {
		asking_close(asking);
		return -ENOMEM;
	}
	*ret_asking = asking;
	return 0;
}

void asking_close(struct asking *asking)
{
	if (!asking)
		return;
	keyed_close(&asking->hosts);
	keyed_close(&asking->servers);
	free(asking);
}

/* The client's entry; NULL: there is no place for it. */
static const struct host *note_host(
	struct asking *asking, const struct asked *asked, uint64_t inside_hash, int64_t now_ns)
{
	uint64_t weight = keyed_weight(now_ns, 1), hash;
	struct host *host =
		keyed_take_hashed(&asking->hosts, &asked->parties.inside, inside_hash, weight);

	if (!host)
		return NULL;
	host->head.weight = weight;
	hash = hash_addr(&asked->parties.outside, asking->seed);
	for (uint32_t i = 0; i < host->count; i++)
		if (host->servers[i] == hash)
			return host;
	if (host->count < ASKING_SERVERS)
		host->servers[host->count++] = hash;
	else
		host->is_resolver = true;
	return host;
}

static void note_server(
	struct asking *asking, const struct app_event *event, const struct asked *asked)
{
	uint64_t weight = keyed_weight(event->time_ns, 1);
	const struct addr *addr = &event->key.addr[1];
	struct server *server = keyed_take(&asking->servers, addr, weight);

	if (!server)
		return;
	server->head.weight = weight;
	server->answers++;
	server->recurses |= (event->dns.flags & RECURSION_AVAILABLE) != 0;
	server->serves_us |= asked->parties.is_local;
	if (server->domain == 0)
		server->domain = asked->domain;
	server->has_others |= server->domain != asked->domain;
}

static bool copy_name(struct app_text text, char *name)
{
	if (text.len == 0 || text.len >= ASKING_NAME_MAX)
		return false;
	memcpy(name, text.at, text.len);
	name[text.len] = '\0';
	return strchr(name, '.') != NULL && strlen(name) == text.len;
}

/* Is the client a resolver, by what it asked or as a server of ours? */
static bool note(struct asking *asking, const struct app_event *event, const struct asked *asked)
{
	const struct addr *inside = &asked->parties.inside;
	uint64_t hash = keyed_hash(&asking->hosts, inside); /* of both tables */
	const struct host *host = note_host(asking, asked, hash, event->time_ns);
	const struct server *server;

	note_server(asking, event, asked);
	server = keyed_find_hashed(&asking->servers, inside, hash);
	return (host && host->is_resolver) || (server && server->serves_us);
}

static bool take_apart(struct asking *asking, const struct app_event *event, struct asked *asked)
{
	if (!copy_name(event->dns.name, asked->name))
		return false;
	asked->parties = parties_of(asking->networks, &event->key);
	/* A server of ours that strangers ask says nothing of who is inside. */
	if (asked->parties.inside_side != 0)
		return false;
	asked->registered = domain_registered(asked->name);
	asked->domain = hash_bytes(asked->registered, strlen(asked->registered), asking->seed) | 1;
	asked->below_len = (size_t)(asked->registered - asked->name);
	asked->below_len -= asked->below_len > 0;
	asked->is_sold = domain_has_known_suffix(asked->name);
	asked->is_relayed = note(asking, event, asked);
	return !domain_is_technical(asked->name);
}

void asking_see(struct asking *asking, const struct app_event *event)
{
	if (event->type == APP_DNS)
		asking->is_telling = take_apart(asking, event, &asking->asked);
}

bool asking_is_common(const struct asking *asking, const char *name)
{
	unsigned hosts;

	if (!asking->census)
		return false;
	hosts = census_inside_hosts(asking->census);
	return hosts >= COMMON_HOSTS &&
	       census_name_contacts(asking->census, name) >= asking->prevalence * hosts;
}

bool asking_is_devoted(const struct asking *asking, const struct addr *addr, uint64_t domain)
{
	const struct server *server = keyed_find(&asking->servers, addr);

	return server && !server->has_others && !server->recurses && server->domain == domain &&
	       server->answers >= DEVOTED_ANSWERS;
}
