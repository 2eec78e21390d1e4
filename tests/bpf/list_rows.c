/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/list_rows.c - the lists: allow before block, leases that run out in the kernel, prefixes,
 * IPv6 by address and by /64, protected or not, and limits of one sender.
 */
#include "bpf/row.h"

static const struct row list_rows[] = {
	{ "nothing against it", "", "ip4 udp data:20", R(CLEAN) },
	{ "nothing against it, ipv6", "", "ip6 udp data:20", R(CLEAN) },
	{ "nothing against it, tcp", "", "ip4 tcp:S", R(CLEAN) },
	{ "not protected", "", "ip4:192.0.2.1>203.0.113.5 udp data:20", R(UNPROTECTED) },
	{ "not protected, ipv6", "", "ip6:2001:db8:a::1>2001:db8:c::1 tcp:S", R(UNPROTECTED) },
	{ "first address of the network", "", "ip4:192.0.2.1>198.51.100.0 udp", R(CLEAN) },
	{ "last address of the network", "", "ip4:192.0.2.1>198.51.100.255 udp", R(CLEAN) },
	{ "one before the network", "", "ip4:192.0.2.1>198.51.99.255 udp", R(UNPROTECTED) },
	{ "one behind the network", "", "ip4:192.0.2.1>198.51.101.0 udp", R(UNPROTECTED) },
	{ "blocked", "block:192.0.2.1", "ip4 tcp:A", R(BLOCKED) },
	{ "a neighbour is blocked", "block:192.0.2.2", "ip4 tcp:A", R(CLEAN) },
	{ "blocked, lease over", "block!:192.0.2.1", "ip4 udp data:20", R(CLEAN) },
	{ "blocked as destination", "block:198.51.100.10", "ip4 udp data:20", R(CLEAN) },
	{ "blocked ipv6 address", "block:2001:db8:a::1", "ip6 udp data:20", R(BLOCKED) },
	{ "blocked ipv6 address, lease over", "block!:2001:db8:a::1", "ip6 udp", R(CLEAN) },
	{ "another of the ipv6 /64", "block:2001:db8:a::2", "ip6 udp data:20", R(CLEAN) },
	{ "blocked ipv6 /64", "block:2001:db8:a::", "ip6 udp data:20", R(BLOCKED) },
	{ "blocked ipv6 /64, far address", "block:2001:db8:a::",
		"ip6:2001:db8:a::dead:beef:1:2>2001:db8:b::1 udp", R(BLOCKED) },
	{ "blocked ipv6 /64, lease over", "block!:2001:db8:a::", "ip6 udp data:20", R(CLEAN) },
	{ "the next ipv6 /64", "block:2001:db8:a:1::", "ip6 udp data:20", R(CLEAN) },
	{ "address over, /64 holds", "block!:2001:db8:a::1 block:2001:db8:a::", "ip6 udp",
		R(BLOCKED) },
	{ "blocked prefix /24", "prefix:192.0.2.0/24", "ip4 udp data:20", R(BLOCKED_PREFIX) },
	{ "blocked prefix /32", "prefix:192.0.2.1/32", "ip4 udp data:20", R(BLOCKED_PREFIX) },
	{ "blocked prefix /0 of ipv4", "prefix:0.0.0.0/0", "ip4 udp data:20", R(BLOCKED_PREFIX) },
	{ "ipv4's /0 is not ipv6's", "prefix:0.0.0.0/0", "ip6 udp data:20", R(CLEAN) },
	{ "outside the prefix", "prefix:192.0.3.0/24", "ip4 udp data:20", R(CLEAN) },
	{ "blocked prefix, lease over", "prefix!:192.0.2.0/24", "ip4 udp data:20", R(CLEAN) },
	{ "blocked ipv6 prefix /48", "prefix:2001:db8:a::/48", "ip6 tcp:S", R(BLOCKED_PREFIX) },
	{ "blocked ipv6 prefix, lease over", "prefix!:2001:db8:a::/48", "ip6 tcp:S", R(CLEAN) },
	{ "allowed", "allow:192.0.2.1/32", "ip4 udp data:20", R(ALLOWED) },
	{ "allowed, for good", "allow:192.0.2.0/24,forever", "ip4 udp data:20", R(ALLOWED) },
	{ "allowed before blocked", "allow:192.0.2.1/32 block:192.0.2.1", "ip4 udp", R(ALLOWED) },
	{ "allowed before prefix", "allow:192.0.2.0/24 prefix:192.0.2.1/32", "ip4 udp",
		R(ALLOWED) },
	{ "allowed, lease over", "allow!:192.0.2.1/32", "ip4 udp data:20", R(CLEAN) },
	{ "allow over, block holds", "allow!:192.0.2.1/32 block:192.0.2.1", "ip4 udp", R(BLOCKED) },
	{ "allowed ipv6", "allow:2001:db8:a::/64 block:2001:db8:a::1", "ip6 udp", R(ALLOWED) },
	{ "allowed in vlan", "allow:192.0.2.1/32 block:192.0.2.1", "vlan:5 ip4 udp", R(ALLOWED) },
	{ "allowed under attack", "allow:192.0.2.1/32 hot:SYN", "ip4 tcp:S", R(ALLOWED) },
	{ "lists said to be empty cost nothing", "block:192.0.2.1 nolists", "ip4 udp", R(CLEAN) },
	{ "blocked in the longer protected prefix", "protect:198.51.100.10/32 block:192.0.2.1",
		"ip4 udp", R(BLOCKED) },
};

static const struct row meter_rows[] = {
	{ "below", "meter+:192.0.2.1,1000", "ip4 udp data:20", R(CLEAN) },
	{ "used up", "meter:192.0.2.1,1", "ip4 udp data:20", R(SOURCE_LIMIT) },
	{ "used up by this burst", "meter+:192.0.2.1,20", "ip4 udp data:20", R(SOURCE_LIMIT), 60 },
	{ "another sender's", "meter:192.0.2.2,1", "ip4 udp data:20", R(CLEAN) },
	{ "lease over", "meter!:192.0.2.1,1", "ip4 udp data:20", R(CLEAN) },
	{ "ipv6 /64", "meter:2001:db8:a::,1", "ip6 udp data:20", R(SOURCE_LIMIT) },
	{ "ipv6 address", "meter:2001:db8:a::1,1", "ip6 udp data:20", R(SOURCE_LIMIT) },
	{ "allowed", "meter:192.0.2.1,1 allow:192.0.2.1/32", "ip4 udp data:20", R(ALLOWED) },
	{ "no list", "meter:192.0.2.1,1 nolists", "ip4 udp data:20", R(CLEAN) },
};

const struct table list_tables[] = {
	TABLE("lists", ON_GUARD, list_rows),
	TABLE("meters", ON_GUARD, meter_rows),
	{ 0 },
};
