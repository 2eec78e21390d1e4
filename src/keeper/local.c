/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/local.c - reads /proc/net, resolv.conf and the interfaces; see local.h.
 *
 * All of it is text that the kernel or root has written, read line by line with bounds; a line that
 * does not look as expected is passed over.
 */
#include "keeper/local.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 100000 /* of one file: a full table of routes has more, but not of ours */
#define ROUTE_UP 0x1
#define ROUTE_GATEWAY 0x2
#define ROUTE_REJECT 0x200
#define ROUTE_NOT_OURS 0x80300000U /* of IPv6: local, anycast, multicast (linux/ipv6_route.h) */
#define TCP_IS_ESTABLISHED 1
#define SSH_PORTS_MAX 16

struct route {
	struct addr to, gateway;
	unsigned bits;
	char interface[16];
	bool has_gateway;
};

struct look {
	struct local *local;
	uint64_t now_ns;
	bool is_first;
	unsigned ports[SSH_PORTS_MAX], port_count;
	char with_default[MSG_INTERFACES_MAX][16];
	unsigned with_default_count;
};

void local_list_add(struct local_list *list, const struct addr *addr, unsigned bits)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->list[i].bits == bits && addr_equal(&list->list[i].addr, addr))
			return;
	if (list->count == LOCAL_PREFIXES_MAX) {
		list->lost++;
		return;
	}
	list->list[list->count++] = (struct prefix){ .addr = *addr, .bits = (uint8_t)bits };
}

void local_list_format(const struct local_list *list, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < list->count; i++) {
		char word[ADDR_TEXT_MAX];

		addr_prefix_format(&list->list[i].addr, list->list[i].bits, word);
		if (len + strlen(word) + 2 > size)
			return;
		len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "", word);
	}
}

static struct addr from_socket(const struct sockaddr *socket)
{
	struct addr addr = { 0 };

	if (socket->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, socket, sizeof(in));
		addr = addr_from_v4((const uint8_t *)&in.sin_addr);
	} else if (socket->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, socket, sizeof(in6));
		addr = addr_from_v6((const uint8_t *)&in6.sin6_addr);
	}
	return addr;
}

/* Of no network: loopback, link-local, multicast, unspecified. */
static bool is_special(const struct addr *addr)
{
	if (addr_is_v4(addr))
		return addr->byte[12] == 127 || addr->byte[12] == 0 || addr->byte[12] >= 224 ||
		       (addr->byte[12] == 169 && addr->byte[13] == 254);
	return addr->byte[0] == 0xff || (addr->byte[0] == 0xfe && (addr->byte[1] & 0xc0) == 0x80) ||
	       (addr->word[0] == 0 && addr->byte[8] == 0 && addr->byte[15] <= 1);
}

static bool has_name(char names[][16], unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void add_name(char names[][16], unsigned *count, const char *name)
{
	if (*count < MSG_INTERFACES_MAX && !has_name(names, *count, name))
		snprintf(names[(*count)++], 16, "%.15s", name);
}

/* Calls for each line, without its end; too long a line comes in pieces, which do not parse. */
static void each_line(
	const char *path, void (*call)(struct look *look, const char *line), struct look *look)
{
	char line[512];
	FILE *in = fopen(path, "re");

	for (unsigned i = 0; in && i < LINES_MAX && fgets(line, sizeof(line), in); i++) {
		line[strcspn(line, "\n")] = '\0';
		call(look, line);
	}
	if (in)
		fclose(in);
}

static bool is_default(const struct route *route)
{
	return addr_is_v4(&route->to) ? route->bits == ADDR_V4_BITS : route->bits == 0;
}

/* The kernel prints IPv4 addresses as numbers of this machine's byte order. */
static bool parse_route4(const char *line, struct route *route)
{
	unsigned to, gateway, flags, mask;
	uint32_t word;

	if (sscanf(line, "%15s %8x %8x %x %*d %*d %*d %8x", route->interface, &to, &gateway, &flags,
		    &mask) != 5 ||
		!(flags & ROUTE_UP) || flags & ROUTE_REJECT)
		return false;
	word = to;
	route->to = addr_from_v4((const uint8_t *)&word);
	word = gateway;
	route->gateway = addr_from_v4((const uint8_t *)&word);
	route->has_gateway = flags & ROUTE_GATEWAY;
	route->bits = ADDR_V4_BITS + (unsigned)__builtin_popcount(mask);
	return true;
}

static bool parse_hex16(const char *hex, struct addr *ret_addr)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * (size_t)i, "%2x", &byte) != 1)
			return false;
		ret_addr->byte[i] = (uint8_t)byte;
	}
	return true;
}

static bool parse_route6(const char *line, struct route *route)
{
	char to[33], gateway[33];
	unsigned flags;

	if (sscanf(line, "%32s %x %*s %*x %32s %*x %*x %*x %x %15s", to, &route->bits, gateway,
		    &flags, route->interface) != 5 ||
		strlen(to) != 32 || strlen(gateway) != 32 || !parse_hex16(to, &route->to) ||
		!parse_hex16(gateway, &route->gateway))
		return false;
	route->has_gateway = flags & ROUTE_GATEWAY;
	return flags & ROUTE_UP && !(flags & (ROUTE_REJECT | ROUTE_NOT_OURS)) && route->bits <= 128;
}

static bool parse_route(const char *line, struct route *route)
{
	/* 32 digits in front: IPv6 */
	return strspn(line, "0123456789abcdef") == 32 ? parse_route6(line, route)
						      : parse_route4(line, route);
}

/* First pass: which interfaces lead to everywhere, and through whom. */
static void take_default(struct look *look, const char *line)
{
	struct route route;

	if (!parse_route(line, &route) || !is_default(&route) || strcmp(route.interface, "lo") == 0)
		return;
	add_name(look->with_default, &look->with_default_count, route.interface);
	if (route.has_gateway)
		local_list_add(&look->local->always, &route.gateway, 128);
}

/* Second pass: what is behind the other interfaces. */
static void take_network(struct look *look, const char *line)
{
	struct route route;

	if (!parse_route(line, &route) || is_default(&route) || is_special(&route.to) ||
		strcmp(route.interface, "lo") == 0 ||
		has_name(look->with_default, look->with_default_count, route.interface))
		return;
	local_list_add(&look->local->networks, &route.to, route.bits);
}

static void take_resolver(struct look *look, const char *line)
{
	char text[64];
	struct addr addr;
	unsigned bits;

	if (sscanf(line, " nameserver %63s", text) != 1)
		return;
	text[strcspn(text, "%")] = '\0'; /* fe80::1%eth0 */
	if (addr_prefix_parse(text, &addr, &bits) < 0 || bits != 128)
		return;
	if (!is_special(&addr) || (!addr_is_v4(&addr) && addr.byte[0] == 0xfe))
		local_list_add(&look->local->always, &addr, 128);
}

static void take_port(struct look *look, const char *line)
{
	unsigned port;

	if (sscanf(line, " Port %u", &port) == 1 && port <= 65535 &&
		look->port_count < SSH_PORTS_MAX)
		look->ports[look->port_count++] = port;
}

static void take_peer(struct look *look, const struct addr *addr)
{
	struct local *local = look->local;

	for (unsigned i = 0; i < local->peer_count; i++)
		if (addr_equal(&local->peers[i].addr, addr)) {
			local->peers[i].is_there = true;
			return;
		}
	if (local->peer_count < LOCAL_PEERS_MAX)
		local->peers[local->peer_count++] = (struct local_peer){
			.addr = *addr,
			.seen_ns = look->is_first ? 0 : look->now_ns,
			.is_there = true,
		};
}

/* "  0: 0100007F:0016 0200007F:C350 01 …"; an address is words of this machine's byte order. */
static void take_connection(struct look *look, const char *line)
{
	char local_text[33], peer_text[33];
	unsigned local_port, peer_port, state, words;
	struct addr peer;

	if (sscanf(line, " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x", local_text, &local_port,
		    peer_text, &peer_port, &state) != 5 ||
		state != TCP_IS_ESTABLISHED)
		return;
	words = (unsigned)strlen(peer_text) / 8;
	if (words != 1 && words != 4)
		return;
	peer = addr_from_v4((const uint8_t[4]){ 0 });
	for (unsigned i = 0; i < words; i++) {
		uint32_t word;

		if (sscanf(peer_text + 8 * (size_t)i, "%8x", &word) != 1)
			return;
		memcpy(&peer.byte[(words == 1 ? 12 : 0) + 4 * (size_t)i], &word, 4);
	}
	for (unsigned i = 0; i < look->port_count; i++)
		if (look->ports[i] == local_port) {
			take_peer(look, &peer);
			return;
		}
}

/* The session that we are started from, also when sshd is behind something that hides its port. */
static void take_session(struct look *look)
{
	const char *session = getenv("SSH_CONNECTION");
	char text[64];
	struct addr addr;
	unsigned bits;

	if (session && sscanf(session, "%63s", text) == 1 &&
		addr_prefix_parse(text, &addr, &bits) == 0 && bits == 128)
		local_list_add(&look->local->always, &addr, 128);
}

static void settle_peers(struct look *look)
{
	struct local *local = look->local;
	unsigned kept = 0;

	for (unsigned i = 0; i < local->peer_count; i++) {
		struct local_peer *peer = &local->peers[i];

		if (!peer->is_there)
			continue;
		if (peer->seen_ns == 0 || look->now_ns - peer->seen_ns >= LOCAL_SSH_GRACE_NS)
			local_list_add(&local->always, &peer->addr, 128);
		peer->is_there = false;
		local->peers[kept++] = *peer;
	}
	local->peer_count = kept;
}

static void take_interfaces(struct look *look)
{
	struct local *local = look->local;
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) < 0)
		return;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
			bool is_default_one = has_name(
				look->with_default, look->with_default_count, one->ifa_name);

			if (!(one->ifa_flags & IFF_UP) || one->ifa_flags & IFF_LOOPBACK ||
				is_default_one != (pass == 0))
				continue;
			add_name(local->names, &local->name_count, one->ifa_name);
			if (local->name_count > 0)
				local->has_default[local->name_count - 1] = is_default_one;
		}
	}
	for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
		struct addr addr = { 0 };

		if (one->ifa_addr)
			addr = from_socket(one->ifa_addr);
		if (addr_is_zero(&addr) || is_special(&addr))
			continue;
		local_list_add(&local->own, &addr, 128);
		local_list_add(&local->networks, &addr, 128);
	}
	freeifaddrs(list);
}

static const char *place(const char *given, const char *usual)
{
	return given ? given : usual;
}

void local_look(struct local *local, const struct local_files *files, uint64_t now_ns)
{
	static const struct local_files usual;
	const struct local_files *f = files ? files : &usual;
	struct look look = { .local = local, .now_ns = now_ns, .ports = { 22 }, .port_count = 1 };
	const char *route = place(f->route, "/proc/net/route");
	const char *route6 = place(f->ipv6_route, "/proc/net/ipv6_route");

	look.is_first = local->own.count + local->networks.count + local->always.count == 0;
	local->own.count = local->networks.count = local->always.count = local->name_count = 0;
	each_line(route, take_default, &look);
	each_line(route6, take_default, &look);
	each_line(route, take_network, &look);
	each_line(route6, take_network, &look);
	take_interfaces(&look);
	each_line(place(f->resolv[0], "/etc/resolv.conf"), take_resolver, &look);
	each_line(place(f->resolv[1], "/run/systemd/resolve/resolv.conf"), take_resolver, &look);
	each_line(place(f->sshd_config, "/etc/ssh/sshd_config"), take_port, &look);
	each_line(place(f->tcp, "/proc/net/tcp"), take_connection, &look);
	each_line(place(f->tcp6, "/proc/net/tcp6"), take_connection, &look);
	take_session(&look);
	settle_peers(&look);
}
