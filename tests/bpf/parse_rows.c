/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/parse_rows.c - no way around the lists: whatever stands between the frame's start and the
 * ports, the sender is found, and blocked. The second table: what cannot be read follows
 * gate.unreadable and is never passed in silence; the third: only the outermost IP is judged.
 */
#include "bpf/row.h"

#define BLOCK "block:192.0.2.1 block:2001:db8:a::"
#define HIT(name, frame)                                                                           \
	{                                                                                          \
		name, BLOCK, frame, R(BLOCKED)                                                     \
	}

static const struct row bypass_rows[] = {
	HIT("ipv4 udp", "ip4 udp data:20"),
	HIT("ipv4 tcp", "ip4 tcp:S"),
	HIT("ipv4 icmp", "ip4 icmp data:20"),
	HIT("ipv4 sctp", "ip4 sctp data:20"),
	HIT("ipv4 esp", "ip4 esp data:20"),
	HIT("ipv4 unknown protocol", "ip4 proto:253 data:20"),
	HIT("ipv4 no payload", "ip4 proto:253"),
	HIT("ipv6 udp", "ip6 udp data:20"),
	HIT("ipv6 tcp", "ip6 tcp:S"),
	HIT("ipv6 icmp", "ip6 icmp6 data:20"),
	HIT("ipv6 no next header", "ip6 none"),
	HIT("ipv6 esp", "ip6 esp data:20"),
	HIT("ethernet padding", "ip4:len=28 udp:len=8 data:18"),
	HIT("vlan", "vlan:5 ip4 udp data:20"),
	HIT("vlan ipv6", "vlan:5 ip6 udp data:20"),
	HIT("vlan 0, priority only", "vlan:0 ip4 udp data:20"),
	HIT("vlan with priority", "vlan:0xefff ip4 udp data:20"),
	HIT("qinq outer alone", "qinq:5 ip4 udp data:20"),
	HIT("qinq 88a8", "qinq:5 vlan:6 ip4 udp data:20"),
	HIT("qinq 9100", "qinq9100:5 vlan:6 ip4 udp data:20"),
	HIT("qinq 8100 twice", "vlan:5 vlan:6 ip4 udp data:20"),
	HIT("qinq ipv6", "qinq:5 vlan:6 ip6 tcp:S"),
	HIT("three tags", "qinq:5 vlan:6 vlan:7 ip4 udp data:20"),
	HIT("four tags", "qinq:5 qinq:6 vlan:7 vlan:8 ip4 udp data:20"),
	HIT("mpls", "mpls. ip4 udp data:20"),
	HIT("mpls ipv6", "mpls. ip6 udp data:20"),
	HIT("mpls two labels", "mpls mpls. ip4 udp data:20"),
	HIT("mpls three labels", "mpls mpls mpls. ip4 udp data:20"),
	HIT("mpls in vlan", "vlan:5 mpls. ip4 udp data:20"),
	HIT("mpls in qinq", "qinq:5 vlan:6 mpls mpls. ip4 udp data:20"),
	HIT("options 4", "ip4:options=4 udp data:20"),
	HIT("options 8", "ip4:options=8 udp data:20"),
	HIT("options 12", "ip4:options=12 udp data:20"),
	HIT("options 16", "ip4:options=16 udp data:20"),
	HIT("options 20", "ip4:options=20 udp data:20"),
	HIT("options 24", "ip4:options=24 udp data:20"),
	HIT("options 28", "ip4:options=28 udp data:20"),
	HIT("options 32", "ip4:options=32 udp data:20"),
	HIT("options 36", "ip4:options=36 udp data:20"),
	HIT("options 40", "ip4:options=40 tcp:S"),
	HIT("ipv4 ah", "ip4 ah udp data:20"),
	HIT("fragment first", "ip4:more udp data:64"),
	HIT("fragment later", "ip4:frag=64,more proto:17 data:64"),
	HIT("fragment last", "ip4:frag=64 proto:17 data:9"),
	HIT("fragment tiny", "ip4:frag=8,more proto:6 data:8"),
	HIT("fragment in vlan", "vlan:5 ip4:frag=64 proto:17 data:64"),
	HIT("hop-by-hop", "ip6 hop udp data:20"),
	HIT("hop-by-hop long", "ip6 hop:len=7 udp data:20"),
	HIT("destination", "ip6 dest udp data:20"),
	HIT("routing", "ip6 route udp data:20"),
	HIT("mobility", "ip6 mobility udp data:20"),
	HIT("hip", "ip6 hip udp data:20"),
	HIT("shim6", "ip6 shim udp data:20"),
	HIT("ipv6 ah", "ip6 ah udp data:20"),
	HIT("ipv6 fragment first", "ip6 frag:more udp data:56"),
	HIT("ipv6 fragment later", "ip6 frag:offset=64,more proto:17 data:64"),
	HIT("ipv6 atomic fragment", "ip6 frag udp data:20"),
	HIT("chain of two", "ip6 hop dest udp data:20"),
	HIT("chain of three", "ip6 hop route dest tcp:S"),
	HIT("chain of four", "ip6 hop dest route frag:more udp data:48"),
	HIT("chain of five", "ip6 hop dest route frag dest udp data:20"),
	HIT("chain of six", "ip6 hop dest route frag ah dest tcp:S"),
	HIT("chain in qinq", "qinq:5 vlan:6 ip6 hop dest tcp:S"),
	HIT("chain in mpls", "mpls mpls. ip6 hop dest tcp:S"),
	HIT("gre outer", "ip4 gre ip4:203.0.113.9>203.0.113.10 udp data:20"),
	HIT("ipip outer", "ip4 ip4:203.0.113.9>203.0.113.10 udp data:20"),
	HIT("6in4 outer", "ip4 ip6 udp data:20"),
	HIT("4in6 outer", "ip6 ip4:203.0.113.9>203.0.113.10 udp data:20"),
	HIT("vxlan outer", "ip4 udp:40000>4789 vxlan ip4:203.0.113.9>203.0.113.10 udp data:20"),
	HIT("cut behind the address", "ip4:len=48 udp data:20 cut:38"),
	HIT("not protected, yet blocked", "ip4:192.0.2.1>203.0.113.5 udp data:20"),
	HIT("jumbo frame", "ip4 udp data:3000"),
};

#define UNREAD(name, frame)                                                                        \
	{                                                                                          \
		name, "", frame, R(UNREADABLE)                                                     \
	}

/* Not at tc: BPF_PROG_TEST_RUN takes no packet there whose IP header is cut. */
#define CUT(name, frame)                                                                           \
	{                                                                                          \
		name, "", frame, R(UNREADABLE), .programs = ON_XDP                                 \
	}

static const struct row unreadable_rows[] = {
	CUT("no ipv4 header", "ip4 udp cut:14"),
	CUT("one byte of ipv4", "ip4 udp cut:15"),
	CUT("half an ipv4 header", "ip4 udp cut:24"),
	CUT("ipv4 but for a byte", "ip4 udp cut:33"),
	CUT("no ipv6 header", "ip6 udp cut:14"),
	CUT("half an ipv6 header", "ip6 udp cut:40"),
	CUT("ipv6 but for a byte", "ip6 udp cut:53"),
	UNREAD("cut in a tag", "vlan:5 ip4 udp cut:16"),
	UNREAD("cut in the second tag", "qinq:5 vlan:6 ip4 udp cut:20"),
	UNREAD("cut in a label", "mpls. ip4 udp cut:16"),
	UNREAD("cut behind labels", "mpls. ip4 udp cut:18"),
	UNREAD("labels without end",
		"mpls mpls mpls mpls mpls mpls mpls mpls mpls mpls mpls mpls mpls "
		"mpls mpls mpls mpls mpls mpls mpls mpls ip4 udp data:20"),
	UNREAD("tags without end",
		"vlan:1 vlan:2 vlan:3 vlan:4 vlan:5 vlan:6 vlan:7 vlan:8 vlan:9 vlan:10 "
		"vlan:11 vlan:12 vlan:13 vlan:14 vlan:15 vlan:16 vlan:17 vlan:18 ip4 "
		"udp data:20"),
	UNREAD("version 5", "ip4:version=5 udp data:20"),
	UNREAD("version 4 with type of ipv6", "ip6:version=4 udp data:20"),
	UNREAD("chain without end",
		"ip6 dest dest dest dest dest dest dest dest dest dest dest dest dest "
		"dest dest dest dest dest dest dest udp data:20"),
	{ "as the switch says", "unreadable", "ip4 udp cut:24", R(UNREADABLE_PASSED),
		.programs = ON_XDP },
	{ "chain, as the switch says", "unreadable",
		"ip6 dest dest dest dest dest dest dest dest dest udp", R(UNREADABLE_PASSED) },
	{ "shadow", "mode:shadow", "vlan:5 ip4 udp cut:16", R(UNREADABLE), .is_shadow = true },
};

static const struct row outer_rows[] = {
	{ "inner blocked is not judged: gre", "block:203.0.113.9",
		"ip4 gre ip4:203.0.113.9>203.0.113.10 udp data:20", R(CLEAN) },
	{ "inner blocked is not judged: ipip", "block:203.0.113.9",
		"ip4 ip4:203.0.113.9>203.0.113.10 udp data:20", R(CLEAN) },
	{ "inner blocked is not judged: vxlan", "block:203.0.113.9",
		"ip4 udp:40000>4789 vxlan ip4:203.0.113.9>203.0.113.10 udp data:20", R(CLEAN) },
	{ "inner protected is not judged", "",
		"ip4:192.0.2.1>203.0.113.5 gre ip4:203.0.113.9>198.51.100.10 udp data:20",
		R(UNPROTECTED) },
	{ "arp", BLOCK, "arp", R(OTHER_PROTOCOL) },
	{ "arp in vlan", BLOCK, "vlan:5 arp", R(OTHER_PROTOCOL) },
	{ "lldp", BLOCK, "type:0x88cc data:50", R(OTHER_PROTOCOL) },
	{ "spanning tree", BLOCK, "type:0x0026 data:50", R(OTHER_PROTOCOL) },
	{ "homeplug, an unknown type", BLOCK, "type:0x88e1 data:50", R(OTHER_PROTOCOL) },
};

const struct table parse_tables[] = {
	TABLE("bypass", ON_GUARD, bypass_rows),
	TABLE("unreadable", ON_GUARD, unreadable_rows),
	TABLE("outer", ON_GUARD, outer_rows),
	{ 0 },
};
