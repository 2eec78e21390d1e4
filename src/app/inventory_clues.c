/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/inventory_clues.c - what events say of a host: names, systems, banners, and clues of its kind
 * (clues.h).
 *
 * The same text again is passed over: a browser says its name a thousand times. Of two sources of a
 * name the better one holds: a host that announces itself knows its name best.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "app/inventory_internal.h"
#include "app/oui.h"

#define DHCP_SERVER_PORT 67

/* How good a source of a text is. */
enum rank { RANK_NONE, RANK_BANNER, RANK_ANNOUNCED, RANK_DHCP, RANK_MDNS };

/* FNV-1a (RFC draft draft-eastlake-fnv); never 0. */
static uint32_t hash_text(struct app_text text)
{
	uint32_t hash = 0x811c9dc5;

	for (uint32_t i = 0; i < text.len && i < CLUE_TEXT_MAX; i++)
		hash = (hash ^ (uint8_t)text.at[i]) * 0x01000193;
	return hash ? hash : 1;
}

static void give(struct inventory_host *host, enum clue clue, struct app_text text)
{
	uint32_t hash = hash_text(text);

	if (text.len == 0 || host->told[clue] == hash)
		return;
	host->told[clue] = hash;
	clue_see(&host->clues, clue, text);
}

static void keep(struct app_text text, enum rank rank, uint8_t *has_rank, char *out, size_t size)
{
	if (text.len == 0 || rank < *has_rank)
		return;
	*has_rank = (uint8_t)rank;
	app_text_clean(text, out, size);
}

static void add_mac(struct inventory_host *host, const uint8_t mac[6])
{
	for (unsigned i = 0; i < host->mac_count; i++)
		if (memcmp(host->macs[i], mac, 6) == 0)
			return;
	if (host->mac_count < INVENTORY_MACS)
		memcpy(host->macs[host->mac_count++], mac, 6);
}

/* Option 55 as its numbers: "1,3,6,15". */
static void give_parameters(struct inventory_host *host, struct app_text raw)
{
	char text[CLUE_TEXT_MAX];
	size_t len = 0;

	for (uint32_t i = 0; i < raw.len && len + 5 < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u", i ? "," : "",
			(unsigned)(uint8_t)raw.at[i]);
	give(host, CLUE_DHCP_PARAMETERS, (struct app_text){ text, (uint32_t)len });
}

/* A lease is given: its sender is a DHCP server, if not one of the others. */
static void see_lease(struct inventory *inventory, const struct app_event *event)
{
	for (unsigned side = 0; side < 2; side++) {
		struct inventory_host *server = NULL;

		if (event->key.port[side] == DHCP_SERVER_PORT)
			server = inventory_take(inventory, &event->key.addr[side], event->time_ns);
		if (server)
			inventory_add_service(server, DHCP_SERVER_PORT, IPPROTO_UDP, PROTO_DHCP);
	}
}

void inventory_clue_host(struct inventory *inventory, const struct app_event *event)
{
	const struct app_host *said = &event->host;
	bool is_dhcp = said->proto == PROTO_DHCP;
	const struct addr *addr = addr_is_zero(&said->addr) ? &event->key.addr[0] : &said->addr;
	struct inventory_host *host;
	enum rank rank = is_dhcp		     ? RANK_DHCP
			 : said->proto == PROTO_MDNS ? RANK_MDNS
						     : RANK_ANNOUNCED;

	if (is_dhcp && said->parameters.len + said->name.len + said->vendor.len == 0)
		see_lease(inventory, event);
	host = inventory_take(inventory, addr, event->time_ns);
	if (!host)
		return;
	if (said->has_mac)
		add_mac(host, said->mac);
	keep(said->name, rank, &host->name_rank, host->name, sizeof(host->name));
	keep(said->system, rank, &host->system_rank, host->system, sizeof(host->system));
	keep(said->model, rank, &host->model_rank, host->model, sizeof(host->model));
	if (said->vendor.len > 0)
		app_text_clean(said->vendor, host->vendor, sizeof(host->vendor));
	give(host, CLUE_NAME, said->name);
	give(host, CLUE_SERVICE, said->service);
	give(host, CLUE_SYSTEM, said->system);
	give(host, CLUE_MODEL, said->model);
	if (is_dhcp)
		give(host, CLUE_DHCP_VENDOR, said->vendor);
	if (is_dhcp)
		give_parameters(host, said->parameters);
}

void inventory_clue_service(struct inventory_host *host, uint16_t port, uint8_t proto)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u/%s", port,
		proto == IPPROTO_TCP   ? "tcp"
		: proto == IPPROTO_UDP ? "udp"
				       : "other");

	clue_see(&host->clues, CLUE_SERVES, (struct app_text){ text, (uint32_t)len });
}

static void see_http(const struct app_http *http, struct inventory_host *const hosts[2])
{
	if (hosts[0])
		give(hosts[0], CLUE_USER_AGENT, http->user_agent);
	if (hosts[1]) {
		give(hosts[1], CLUE_HTTP_SERVER, http->server);
		keep(http->server, RANK_BANNER, &hosts[1]->system_rank, hosts[1]->system,
			sizeof(hosts[1]->system));
	}
}

void inventory_clue_event(const struct app_event *event, struct inventory_host *const hosts[2])
{
	switch (event->type) {
	case APP_HTTP:
		see_http(&event->http, hosts);
		break;
	case APP_TLS:
	case APP_QUIC:
		if (hosts[0] && event->tls.ja4[0])
			memcpy(hosts[0]->ja4, event->tls.ja4, sizeof(hosts[0]->ja4));
		break;
	case APP_SSH:
		if (hosts[1]) {
			give(hosts[1], CLUE_SSH_SERVER, event->ssh.server);
			keep(event->ssh.server, RANK_BANNER, &hosts[1]->system_rank,
				hosts[1]->system, sizeof(hosts[1]->system));
		}
		break;
	case APP_DNS:
		if (hosts[1])
			inventory_add_service(
				hosts[1], event->key.port[1], event->key.proto, PROTO_DNS);
		break;
	case APP_EXCHANGE:
		if (hosts[1] && !event->exchange.is_echo && event->exchange.proto != PROTO_UNKNOWN)
			inventory_add_service(hosts[1], event->key.port[1], event->key.proto,
				event->exchange.proto);
		break;
	default:
		break;
	}
}
