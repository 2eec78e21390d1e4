/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/inventory.c - the table of hosts; see inventory.h. What an event says of a host's kind is in
 * inventory_clues.c.
 *
 * A host is entered when it has taken part in a conversation that was answered, or says of itself
 * what it is: forged SYNs enter nobody. Bytes and protocols are taken of conversations that are
 * over; one that goes on counts once it ends.
 */
#include "app/inventory.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/inventory_internal.h"
#include "app/oui.h"
#include "conf/conf.h"
#include "conf/networks.h"

#define MEMORY_SHARE 32 /* of memory.total, at most: the rest is for what stops floods */
#define PLACE_BYTES (sizeof(struct inventory_host) + sizeof(uint64_t) + sizeof(uint32_t))

static uint32_t places_of(const struct conf *conf)
{
	uint32_t places = KEYED_WAYS;

	while (places < conf->bot.hosts &&
		2ULL * places * PLACE_BYTES <= conf->memory.total_bytes / MEMORY_SHARE)
		places *= 2;
	return places;
}

int inventory_open(const struct conf *conf, const struct networks *networks, uint64_t seed,
	struct inventory **ret_inventory)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	int r = inventory ? 0 : -ENOMEM;

	if (r == 0)
		r = keyed_open(&inventory->hosts, places_of(conf), sizeof(struct inventory_host),
			sizeof(struct addr), seed);
	if (r < 0) {
		free(inventory);
		return r;
	}
	inventory->networks = networks;
	*ret_inventory = inventory;
	return 0;
}

size_t inventory_memory(const struct conf *conf)
{
	return places_of(conf) * PLACE_BYTES;
}

void inventory_set_networks(struct inventory *inventory, const struct networks *networks)
{
	inventory->networks = networks;
}

void inventory_set_makers(struct inventory *inventory, const struct oui *oui)
{
	inventory->oui = oui;
}

static struct inventory_host *touch(struct inventory_host *host, int64_t now_ns)
{
	if (!host)
		return NULL;
	if (host->events == 0 || now_ns < host->first_ns)
		host->first_ns = now_ns;
	if (now_ns > host->last_ns)
		host->last_ns = now_ns;
	if (host->events < UINT32_MAX)
		host->events++;
	host->head.weight = keyed_weight(now_ns, host->events);
	return host;
}

static bool is_host(const struct inventory *inventory, const struct addr *addr)
{
	return !addr_is_zero(addr) && !addr_is_multicast(addr) &&
	       networks_is_inside(inventory->networks, addr);
}

struct inventory_host *inventory_take(
	struct inventory *inventory, const struct addr *addr, int64_t now_ns)
{
	if (!is_host(inventory, addr))
		return NULL;
	return touch(keyed_take(&inventory->hosts, addr, keyed_weight(now_ns, 1)), now_ns);
}

static struct inventory_host *find(
	struct inventory *inventory, const struct addr *addr, int64_t now_ns)
{
	return touch(keyed_find(&inventory->hosts, addr), now_ns);
}

/* The least of the list makes room for what is new; then the list is put in order again. */
static void add_talk(struct inventory_host *host, enum app_proto proto, uint64_t bytes)
{
	unsigned at = 0;

	while (at < host->talk_count && host->talks[at].proto != proto)
		at++;
	if (at == host->talk_count) {
		if (at == INVENTORY_TALKS)
			at--;
		else
			host->talk_count++;
		host->talks[at] = (struct inventory_talk){ .proto = proto };
	}
	host->talks[at].flows++;
	host->talks[at].bytes += bytes;
	for (; at > 0 && host->talks[at].bytes > host->talks[at - 1].bytes; at--) {
		struct inventory_talk less = host->talks[at - 1];

		host->talks[at - 1] = host->talks[at];
		host->talks[at] = less;
	}
}

/* Ports from here on are mostly those of clients (RFC 6335 6: dynamic ports), so a datagram that
 * was answered from there makes no service. */
#define DYNAMIC_PORT 32768 /* as Linux gives them out; RFC 6335: 49152 */

void inventory_add_service(
	struct inventory_host *host, uint16_t port, uint8_t proto, enum app_proto app_proto)
{
	unsigned at = 0;

	if (proto == IPPROTO_UDP && (port == 0 || port >= DYNAMIC_PORT))
		return;
	while (at < host->service_count &&
		(host->services[at].port != port || host->services[at].proto != proto))
		at++;
	if (at == INVENTORY_SERVICES) {
		host->has_more_services = true;
		return;
	}
	if (at == host->service_count) {
		host->services[host->service_count++] =
			(struct inventory_service){ .port = port, .proto = proto };
		inventory_clue_service(host, port, proto);
	}
	if (app_proto != PROTO_UNKNOWN)
		host->services[at].app_proto = (uint8_t)app_proto;
}

static void see_flow(const struct app_event *event, struct inventory_host *hosts[2])
{
	const struct app_flow *flow = &event->flow_end;

	if (flow->end == FLOW_END_ONGOING)
		return;
	for (unsigned side = 0; side < 2; side++) {
		if (!hosts[side])
			continue;
		hosts[side]->sent_bytes += flow->bytes[side];
		hosts[side]->received_bytes += flow->bytes[!side];
		add_talk(hosts[side], flow->proto, flow->bytes[0] + flow->bytes[1]);
	}
	if (hosts[1] && flow->packets[1] > 0 && event->key.port[1] != 0 && !flow->is_midstream)
		inventory_add_service(hosts[1], event->key.port[1], event->key.proto, flow->proto);
}

/* Events that one side alone can bring about, with forged addresses: nobody is entered. */
static bool is_unproved(const struct app_event *event)
{
	return event->type == APP_REFUSED ||
	       (event->type == APP_FLOW && event->flow_end.packets[1] == 0);
}

void inventory_see(struct inventory *inventory, const struct app_event *event)
{
	struct inventory_host *hosts[2] = { NULL, NULL };
	int64_t now_ns = event->time_ns;

	if (event->type == APP_HOST) {
		inventory_clue_host(inventory, event);
		return;
	}
	if (is_unproved(event)) {
		hosts[0] = find(inventory, &event->key.addr[0], now_ns);
	} else {
		uint64_t evicted;

		hosts[0] = inventory_take(inventory, &event->key.addr[0], now_ns);
		evicted = inventory->hosts.evicted;
		hosts[1] = inventory_take(inventory, &event->key.addr[1], now_ns);
		/* Again, when the second may have taken the place of the first. */
		if (!hosts[0] || inventory->hosts.evicted != evicted)
			hosts[0] = keyed_find(&inventory->hosts, &event->key.addr[0]);
	}
	if (event->type == APP_FLOW)
		see_flow(event, hosts);
	else if (event->type == APP_CONNECT && hosts[1] && !event->connect.is_midstream)
		inventory_add_service(
			hosts[1], event->key.port[1], event->key.proto, PROTO_UNKNOWN);
	else
		inventory_clue_event(event, hosts);
}

unsigned inventory_count(const struct inventory *inventory)
{
	return inventory->hosts.count;
}

const struct inventory_host *inventory_at(const struct inventory *inventory, unsigned i)
{
	return keyed_at(&inventory->hosts, i);
}

const struct inventory_host *inventory_find(
	const struct inventory *inventory, const struct addr *addr)
{
	return keyed_find(&inventory->hosts, addr);
}

bool inventory_has_macs(const struct inventory *inventory)
{
	for (unsigned i = 0; i < inventory_count(inventory); i++)
		if (inventory_at(inventory, i)->mac_count > 0)
			return true;
	return false;
}

const char *inventory_maker(const struct inventory *inventory, const struct inventory_host *host)
{
	return host->mac_count > 0 ? oui_maker(inventory->oui, host->macs[0]) : "";
}

struct clue_verdict inventory_judge(
	const struct inventory *inventory, const struct inventory_host *host)
{
	const char *maker = inventory_maker(inventory, host);
	struct clue_set clues = host->clues;

	if (maker[0])
		clue_see(&clues, CLUE_MAKER, (struct app_text){ maker, (uint32_t)strlen(maker) });
	return clue_judge(&clues);
}

uint64_t inventory_forgotten(const struct inventory *inventory)
{
	return inventory->hosts.evicted + inventory->hosts.refused;
}

void inventory_close(struct inventory *inventory)
{
	if (!inventory)
		return;
	keyed_close(&inventory->hosts);
	free(inventory);
}
