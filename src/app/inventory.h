/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/inventory.h - the hosts of ours: what each is, says, talks and serves.
 *
 * Kept from events on one thread, like the census, in a capped table (bot.hosts, and at most a 32nd
 * of memory.total: 32,768 hosts of 768 MiB); hosts long silent give way. Read by the report and by
 * `weir hosts`. Texts in it are clean (lib/text.h).
 */
#ifndef WEIR_APP_INVENTORY_H
#define WEIR_APP_INVENTORY_H

#include "app/clues.h"
#include "lib/keyed.h"

struct conf;
struct networks;
struct oui;
struct inventory;

#define INVENTORY_MACS 3
#define INVENTORY_TALKS 8
#define INVENTORY_SERVICES 12

struct inventory_talk {
	enum app_proto proto;
	uint32_t flows;
	uint64_t bytes; /* IP bytes, both ways */
};

/* A port it has answered on. */
struct inventory_service {
	uint16_t port;
	uint8_t proto;	   /* IANA number */
	uint8_t app_proto; /* enum app_proto */
};

struct inventory_host {
	struct keyed_head head;
	struct addr addr; /* the key */
	int64_t first_ns, last_ns;
	uint64_t sent_bytes, received_bytes; /* of conversations that are over */
	uint32_t events;
	uint32_t told[CLUE_COUNT]; /* hash of the last text of each sort */
	struct clue_set clues;
	struct inventory_talk talks[INVENTORY_TALKS]; /* most bytes first */
	struct inventory_service services[INVENTORY_SERVICES];
	uint8_t talk_count, service_count, mac_count;
	bool has_more_services;
	uint8_t macs[INVENTORY_MACS][6];
	uint8_t name_rank, system_rank, model_rank;
	char name[64], vendor[40], model[48], system[48];
	char ja4[37]; /* of its last TLS handshake as a client */
};

int inventory_open(const struct conf *conf, const struct networks *networks, uint64_t seed,
	struct inventory **ret_inventory);
void inventory_see(struct inventory *inventory, const struct app_event *event);

/* Other networks are inside from now on (reload). */
void inventory_set_networks(struct inventory *inventory, const struct networks *networks);

/* Makers of network cards; the caller's. NULL: not known. */
void inventory_set_makers(struct inventory *inventory, const struct oui *oui);

unsigned inventory_count(const struct inventory *inventory);
/* The i-th, i < inventory_count(), in no order that means something. */
const struct inventory_host *inventory_at(const struct inventory *inventory, unsigned i);
/* NULL: not known. */
const struct inventory_host *inventory_find(
	const struct inventory *inventory, const struct addr *addr);

/* Has any host named its MAC address? */
bool inventory_has_macs(const struct inventory *inventory);

/* The maker of its network card, "" when it is not known. */
const char *inventory_maker(const struct inventory *inventory, const struct inventory_host *host);

/* What it is, the maker of its card included. */
struct clue_verdict inventory_judge(
	const struct inventory *inventory, const struct inventory_host *host);

/* Hosts that gave way, or found no room. */
uint64_t inventory_forgotten(const struct inventory *inventory);

/* Bytes of the table when it is full. */
size_t inventory_memory(const struct conf *conf);

/* NULL is fine. */
void inventory_close(struct inventory *inventory);

#endif
