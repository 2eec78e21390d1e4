/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/assume.c - see assume.h.
 *
 * A network (/24, /64) scores a point for each pair of hosts in which one of it was spoken to
 * first, and for each in which one of it was answered. So the target of a flood outdoes its
 * sources, the scanned outdo a scanner, and a busy client or gateway outdoes the servers it asks.
 * Being private counts by pairs: a few invented sources from 10/8 in a flood do not make a public
 * server outside.
 */
#include "track/assume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/keyed.h"

#define ASSUME_PAIRS 8192
#define ASSUME_PAIR_PLACES (2 * ASSUME_PAIRS)
#define ASSUME_NETWORK_PLACES (4 * ASSUME_PAIRS)

/* Private addresses must take part in one pair of so many. A flood from random sources has 0.4 % of
 * them in 10/8, 172.16/12 and 192.168/16; a LAN has them in nearly all. */
#define ASSUME_PRIVATE_ONE_IN 10

enum family { FAMILY_V4, FAMILY_V6, FAMILIES };

struct pair_key {
	struct addr addr[2]; /* in the order of the first packet */
};

struct pair {
	struct keyed_head head;
	struct pair_key key;
	uint64_t is_answered;
};

struct contacted {
	struct keyed_head head;
	struct addr addr;   /* of the network */
	uint64_t points;    /* for being contacted and for being answered */
	uint64_t contacted; /* those for being contacted */
	uint64_t packets;
};

struct assume {
	struct keyed pairs, networks;
	uint64_t pair_count[FAMILIES], private_count[FAMILIES];
};

int assume_open(uint64_t seed, struct assume **ret_assume)
{
	struct assume *assume = calloc(1, sizeof(*assume));

	if (!assume)
		return -ENOMEM;
	if (keyed_open(&assume->pairs, ASSUME_PAIR_PLACES, sizeof(struct pair),
		    sizeof(struct pair_key), seed) < 0 ||
		keyed_open(&assume->networks, ASSUME_NETWORK_PLACES, sizeof(struct contacted),
			sizeof(struct addr), seed) < 0) {
		assume_close(assume);
		return -ENOMEM;
	}
	*ret_assume = assume;
	return 0;
}

void assume_close(struct assume *assume)
{
	if (!assume)
		return;
	keyed_close(&assume->pairs);
	keyed_close(&assume->networks);
	free(assume);
}

static enum family family_of(const struct addr *addr)
{
	return addr_is_v4(addr) ? FAMILY_V4 : FAMILY_V6;
}

/* RFC 1918, RFC 4193. */
static bool is_private(const struct addr *a)
{
	if (!addr_is_v4(a))
		return (a->byte[0] & 0xfe) == 0xfc;
	return a->byte[12] == 10 || (a->byte[12] == 172 && (a->byte[13] & 0xf0) == 16) ||
	       (a->byte[12] == 192 && a->byte[13] == 168);
}

/* Link-local (RFC 3927, 4291), unspecified, to many: says nothing of who is where. */
static bool is_placeless(const struct addr *a)
{
	if (addr_is_multicast(a) || addr_is_zero(a))
		return true;
	if (!addr_is_v4(a))
		return a->byte[0] == 0xfe && (a->byte[1] & 0xc0) == 0x80;
	return a->byte[12] == 0 || (a->byte[12] == 169 && a->byte[13] == 254);
}

/* Loopback is one network for IPv4 and one address for IPv6 (RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
static struct prefix network_of(const struct addr *addr)
{
	static const struct addr loopback6 = { .byte = { [15] = 1 } };
	unsigned bits;

	if (addr_is_v4(addr))
		bits = ADDR_V4_BITS + (addr->byte[12] == 127 ? 8 : 24);
	else
		bits = addr_equal(addr, &loopback6) ? 128 : 64;
	return (struct prefix){ .addr = addr_mask(addr, bits), .bits = (uint8_t)bits };
}

static struct contacted *count_packet(
	struct assume *assume, const struct addr *addr, unsigned points)
{
	struct prefix network = network_of(addr);
	struct contacted *contacted = keyed_take(&assume->networks, &network.addr, 0);

	if (contacted) {
		contacted->points += points;
		contacted->packets++;
	}
	return contacted;
}

static struct pair *find_pair(
	const struct assume *assume, const struct addr *from, const struct addr *to)
{
	struct pair_key key = { { *from, *to } };

	return keyed_find(&assume->pairs, &key);
}

static void begin_pair(struct assume *assume, const struct addr *from, const struct addr *to)
{
	struct pair_key key = { { *from, *to } };
	enum family family = family_of(to);
	struct contacted *contacted;

	if (assume->pairs.count == ASSUME_PAIRS || !keyed_take(&assume->pairs, &key, 0))
		return;
	assume->pair_count[family]++;
	assume->private_count[family] += is_private(from) || is_private(to);
	count_packet(assume, from, 0);
	contacted = count_packet(assume, to, 1);
	if (contacted)
		contacted->contacted++;
}

void assume_see(struct assume *assume, const struct pkt *pkt)
{
	const struct addr *from = &pkt->key.addr[0], *to = &pkt->key.addr[1];
	struct pair *pair;

	if (pkt->ip_version == 0 || is_placeless(from) || is_placeless(to))
		return;
	pair = find_pair(assume, to, from);
	if (pair && !addr_equal(from, to)) {
		count_packet(assume, from, 0);
		count_packet(assume, to, !pair->is_answered);
		pair->is_answered = 1;
	} else if (find_pair(assume, from, to)) {
		count_packet(assume, from, 0);
		count_packet(assume, to, 0);
	} else {
		begin_pair(assume, from, to);
	}
}

static bool ranks_before(const struct contacted *a, const struct contacted *b)
{
	if (a->points != b->points)
		return a->points > b->points;
	if (a->contacted != b->contacted)
		return a->contacted > b->contacted;
	if (a->packets != b->packets)
		return a->packets > b->packets;
	return addr_compare(&a->addr, &b->addr) < 0;
}

/* The most contacted network that is not private; NULL when there is none. */
static const struct contacted *most_contacted(const struct assume *assume, enum family family)
{
	const struct contacted *most = NULL;

	for (uint32_t i = 0; i < assume->networks.count; i++) {
		const struct contacted *network = keyed_at(&assume->networks, i);

		if (family_of(&network->addr) != family || is_private(&network->addr))
			continue;
		if (!most || ranks_before(network, most))
			most = network;
	}
	return most;
}

static bool needs_network(const struct assume *assume, enum family family)
{
	return assume->pair_count[family] > 0 &&
	       assume->private_count[family] * ASSUME_PRIVATE_ONE_IN < assume->pair_count[family];
}

static int take_network(const struct assume *assume, enum family family, struct networks *networks,
	struct assumption *assumption)
{
	const struct contacted *most = most_contacted(assume, family);
	struct prefix prefix;
	char text[ADDR_TEXT_MAX];
	int r;

	if (!most)
		return 0;
	prefix = network_of(&most->addr);
	r = networks_add(networks, &prefix);
	if (r < 0)
		return r;
	assumption->prefixes[assumption->prefix_count++] = prefix;
	snprintf(assumption->text[assumption->count++], ASSUMPTION_TEXT_MAX,
		"No IPv%c network of ours is known; %s, the most contacted, is taken as inside.",
		family == FAMILY_V4 ? '4' : '6',
		addr_prefix_format(&prefix.addr, prefix.bits, text));
	return 0;
}

static void say_private(const struct assume *assume, struct assumption *assumption)
{
	bool has_v4 = assume->private_count[FAMILY_V4] > 0,
	     has_v6 = assume->private_count[FAMILY_V6] > 0;

	snprintf(assumption->text[assumption->count++], ASSUMPTION_TEXT_MAX,
		"No networks: configured; private addresses (%s) are taken as inside.",
		has_v6 ? has_v4 ? "RFC 1918, RFC 4193" : "RFC 4193" : "RFC 1918");
}

int assume_decide(
	const struct assume *assume, struct networks *networks, struct assumption *ret_assumption)
{
	bool needs_v4 = needs_network(assume, FAMILY_V4),
	     needs_v6 = needs_network(assume, FAMILY_V6);
	bool has_private = assume->private_count[FAMILY_V4] + assume->private_count[FAMILY_V6] > 0;
	struct assumption assumption = { 0 };
	int r = networks_add_default(networks);

	if (has_private || !(needs_v4 || needs_v6))
		say_private(assume, &assumption);
	if (r == 0 && needs_v4)
		r = take_network(assume, FAMILY_V4, networks, &assumption);
	if (r == 0 && needs_v6)
		r = take_network(assume, FAMILY_V6, networks, &assumption);
	if (r < 0)
		return r;
	*ret_assumption = assumption;
	return 0;
}
