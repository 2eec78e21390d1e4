/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/local.h - what this machine is: interfaces, own addresses, networks behind it, and whom it
 * must always be able to talk to.
 *
 * Networks, when the configuration names none: the own addresses, and every prefix that is routed
 * (connected or by a gateway) through an interface that has no default route, which is the side
 * behind us. What is beside us, on the interface of the default route, is not ours to protect.
 * Loopback, link-local and multicast never count.
 *
 * Protected, whatever the configuration says: gateways of default routes, resolvers of resolv.conf,
 * and peers of SSH connections. Anybody can open a connection to port 22, so a peer that appears
 * while we run counts only when it has stayed for longer than sshd gives strangers (LoginGraceTime,
 * 120 s); those that are there at the start count at once.
 */
#ifndef WEIR_KEEPER_LOCAL_H
#define WEIR_KEEPER_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/prefix.h"
#include "msg.h"

#define LOCAL_PREFIXES_MAX 1024
#define LOCAL_PEERS_MAX 64
#define LOCAL_SSH_GRACE_NS 150000000000ULL /* LoginGraceTime (120 s), looked at once a minute */

struct local_list {
	struct prefix list[LOCAL_PREFIXES_MAX];
	unsigned count;
	unsigned lost; /* did not fit */
};

struct local_peer {
	struct addr addr;
	uint64_t seen_ns; /* for the first time */
	bool is_there;
};

struct local {
	struct local_list own, networks,
		always; /* always: gateways, resolvers, SSH peers in force */
	struct local_peer peers[LOCAL_PEERS_MAX];
	unsigned peer_count;
	char names[MSG_INTERFACES_MAX][16]; /* interfaces that are up; with a default route first */
	bool has_default[MSG_INTERFACES_MAX];
	unsigned name_count;
};

/* Where the facts are read; NULL fields stand for the usual places. For tests. */
struct local_files {
	const char *route, *ipv6_route, *tcp, *tcp6, *resolv[2], *sshd_config;
};

/* Looks again. now_ns: CLOCK_MONOTONIC. What cannot be read counts as empty. */
void local_look(struct local *local, const struct local_files *files, uint64_t now_ns);

/* Adds a prefix unless it is there. */
void local_list_add(struct local_list *list, const struct addr *addr, unsigned bits);

/* "198.51.100.7 10.0.0.0/8", cut at whole words. */
void local_list_format(const struct local_list *list, char *text, size_t size);

#endif
