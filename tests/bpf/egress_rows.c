/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/egress_rows.c - what leaves: sources that are not ours (BCP 38), hosts in quarantine, and all
 * the rest untouched. What egress remembers for guard is in talk_test.c.
 */
#include "bpf/row.h"

#define OUT4 "ip4:198.51.100.10>192.0.2.1 "
#define OUT6 "ip6:2001:db8:b::10>2001:db8:a::1 "
#define FORGED4 "ip4:203.0.113.9>192.0.2.1 "
#define FORGED6 "ip6:2001:db8:c::9>2001:db8:a::1 "

static const struct row spoof_rows[] = {
	{ "own address", "spoofing", OUT4 "udp data:20", R(EGRESS_CLEAN) },
	{ "own address ipv6", "spoofing", OUT6 "udp data:20", R(EGRESS_CLEAN) },
	{ "forged", "spoofing", FORGED4 "udp data:20", R(SPOOFED) },
	{ "forged ipv6", "spoofing", FORGED6 "udp data:20", R(SPOOFED) },
	{ "forged tcp", "spoofing", FORGED4 "tcp:S", R(SPOOFED) },
	{ "forged in vlan", "spoofing", "vlan:5 " FORGED4 "udp data:20", R(SPOOFED) },
	{ "forged in qinq", "spoofing", "qinq:5 vlan:6 " FORGED4 "udp data:20", R(SPOOFED) },
	{ "forged fragment", "spoofing", "ip4:203.0.113.9>192.0.2.1,frag=64 proto:17 data:20",
		R(SPOOFED) },
	{ "forged behind extensions", "spoofing", FORGED6 "hop dest udp data:20", R(SPOOFED) },
	{ "forged with options", "spoofing", "ip4:203.0.113.9>192.0.2.1,options=40 udp data:20",
		R(SPOOFED) },
	{ "forged, not checked", "", FORGED4 "udp data:20", R(EGRESS_CLEAN) },
	{ "forged, shadow", "mode:shadow spoofing", FORGED4 "udp data:20", R(SPOOFED),
		.is_shadow = true },
	{ "dhcp has no address yet", "spoofing", "ip4:0.0.0.0>255.255.255.255 udp:68>67 data:240",
		R(EGRESS_CLEAN) },
	{ "ipv6 has no address yet", "spoofing", "ip6:::>ff02::1:ff00:10 icmp6:type=135 data:16",
		R(EGRESS_CLEAN) },
	{ "link-local", "spoofing", "ip6:fe80::1>ff02::1 icmp6:type=134 data:16", R(EGRESS_CLEAN) },
	{ "arp", "spoofing", "arp", R(EGRESS_CLEAN) },
};

static const struct row quarantine_rows[] = {
	{ "in quarantine", "quarantine:198.51.100.10", OUT4 "udp data:20", R(QUARANTINED) },
	{ "in quarantine tcp", "quarantine:198.51.100.10", OUT4 "tcp:S", R(QUARANTINED) },
	{ "in quarantine ipv6", "quarantine:2001:db8:b::10", OUT6 "udp data:20", R(QUARANTINED) },
	{ "in quarantine in vlan", "quarantine:198.51.100.10", "vlan:5 " OUT4 "udp",
		R(QUARANTINED) },
	{ "in quarantine, fragment", "quarantine:198.51.100.10",
		"ip4:198.51.100.10>192.0.2.1,frag=64 proto:17 data:20", R(QUARANTINED) },
	{ "a neighbour is", "quarantine:198.51.100.11", OUT4 "udp data:20", R(EGRESS_CLEAN) },
	{ "lease over", "quarantine!:198.51.100.10", OUT4 "udp data:20", R(EGRESS_CLEAN) },
	{ "list said to be empty", "quarantine:198.51.100.10 nolists", OUT4 "udp",
		R(EGRESS_CLEAN) },
	{ "portal", "quarantine:198.51.100.10 allow:192.0.2.1/32", OUT4 "tcp:S", R(EGRESS_CLEAN) },
	{ "shadow", "mode:shadow quarantine:198.51.100.10", OUT4 "udp", R(QUARANTINED),
		.is_shadow = true },
};

const struct table egress_tables[] = {
	TABLE("spoofing", ON_EGRESS, spoof_rows),
	TABLE("quarantine", ON_EGRESS, quarantine_rows),
	{ 0 },
};
