/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/class_rows.c - traffic to one protected host by class: marks (high: active at once; low: no
 * longer), what stays open while a class is active (connections that were there, answers that were
 * asked for) and limits set by mitigations. Cookies themselves are in talk_test.c.
 *
 * Rates are counted in slots of 67 ms by kernel time, so rows that pass a mark send many times more
 * than the mark in a moment, and rows that stay below send one packet: no row depends on how fast
 * it runs.
 */
#include "bpf/row.h"

#define MARKS "high:SYN=100 high:TCP=100 high:ANSWER=100 high:ICMP=100 high:FRAGMENT=100 "

static const struct row mark_rows[] = {
	{ "syn below", MARKS, "ip4 tcp:S,mss=1460", R(CLEAN) },
	{ "syn above", MARKS, "ip4 tcp:S,mss=1460", R(COOKIE_SENT), 200 },
	{ "syn above ipv6", MARKS, "ip6 tcp:S,mss=1440", R(COOKIE_SENT), 200 },
	{ "syn, no mark", "", "ip4 tcp:S,mss=1460", R(CLEAN), 200 },
	{ "syn, active", MARKS "hot:SYN", "ip4 tcp:S,mss=1460", R(COOKIE_SENT) },
	{ "syn, no longer active", MARKS "hot!:SYN", "ip4 tcp:S,mss=1460", R(CLEAN) },
	{ "ack below", MARKS, "ip4 tcp:A", R(CLEAN) },
	{ "ack above", MARKS, "ip4 tcp:A", R(COOKIE_INVALID), 200 },
	{ "rst above", MARKS, "ip4 tcp:R", R(COOKIE_INVALID), 200 },
	{ "syn ack above", MARKS, "ip4 tcp:SA", R(COOKIE_INVALID), 200 },
	{ "fin ack above", MARKS, "ip4 tcp:FA", R(COOKIE_INVALID), 200 },
	{ "ack above ipv6", MARKS, "ip6 tcp:A", R(COOKIE_INVALID), 200 },
	{ "ack, no mark", "", "ip4 tcp:A", R(CLEAN), 200 },
	{ "ack, active", MARKS "hot:TCP", "ip4 tcp:A", R(COOKIE_INVALID) },
	{ "ack, no longer active", MARKS "hot!:TCP", "ip4 tcp:A", R(CLEAN) },
	{ "ack in a syn flood", MARKS "hot:SYN", "ip4 tcp:A,ack=5", R(COOKIE_INVALID) },
	{ "answer below", MARKS, "ip4 udp:53>40000 data:60", R(CLEAN) },
	{ "answer above", MARKS, "ip4 udp:53>40000 data:60", R(UNSOLICITED), 200 },
	{ "answer above, ntp", MARKS, "ip4 udp:123>40000 data:60", R(UNSOLICITED), 200 },
	{ "answer above ipv6", MARKS, "ip6 udp:53>40000 data:60", R(UNSOLICITED), 200 },
	{ "answer above in vlan", MARKS, "vlan:5 ip4 udp:53>40000 data:60", R(UNSOLICITED), 200 },
	{ "answer, no mark", "", "ip4 udp:53>40000 data:60", R(CLEAN), 200 },
	{ "answer, active", MARKS "hot:ANSWER", "ip4 udp:11211>40000 data:60", R(UNSOLICITED) },
	{ "answer, no longer active", MARKS "hot!:ANSWER", "ip4 udp:53>40000 data:60", R(CLEAN) },
	{ "other udp in a reflection", MARKS "hot:ANSWER", "ip4 udp:40000>53 data:60", R(CLEAN) },
	{ "icmp below", MARKS, "ip4 icmp data:60", R(CLEAN) },
	{ "icmp above", MARKS, "ip4 icmp data:60", R(ICMP_LIMIT), 200 },
	{ "icmp above ipv6", MARKS, "ip6 icmp6 data:60", R(ICMP_LIMIT), 200 },
	{ "icmp, no mark", "", "ip4 icmp data:60", R(CLEAN), 200 },
	{ "fragment below", MARKS, "ip4:frag=1480 proto:17 data:100", R(CLEAN) },
	{ "fragment above", MARKS, "ip4:frag=1480 proto:17 data:100", R(FRAGMENT_LIMIT), 200 },
	{ "first fragment above", MARKS, "ip4:more udp:len=4000 data:64", R(FRAGMENT_LIMIT), 200 },
	{ "fragment above ipv6", MARKS, "ip6 frag:offset=1448 proto:17 data:100", R(FRAGMENT_LIMIT),
		200 },
	{ "fragment, no mark", "", "ip4:frag=1480 proto:17 data:100", R(CLEAN), 200 },
	{ "udp has no mark of its own", MARKS, "ip4 udp data:60", R(CLEAN), 200 },
	{ "not protected", MARKS, "ip4:192.0.2.1>203.0.113.5 tcp:S", R(UNPROTECTED), 200 },
	{ "a host that is a target of its own", MARKS "hot:SYN protect:198.51.100.77/32",
		"ip4:192.0.2.1>198.51.100.77 tcp:S", R(COOKIE_SENT) },
};

static const struct row state_rows[] = {
	{ "known connection", MARKS "hot:TCP flow:open", "ip4 tcp:PA data:9", R(KNOWN_FLOW) },
	{ "known connection ipv6", MARKS "hot:TCP flow:open", "ip6 tcp:PA data:9", R(KNOWN_FLOW) },
	{ "known connection in vlan", MARKS "hot:TCP flow:open", "vlan:5 ip4 tcp:A",
		R(KNOWN_FLOW) },
	{ "known connection in a syn flood", MARKS "hot:SYN flow:open", "ip4 tcp:A",
		R(KNOWN_FLOW) },
	{ "its end", MARKS "hot:TCP flow:open", "ip4 tcp:FA", R(KNOWN_FLOW) },
	{ "its reset", MARKS "hot:TCP flow:open", "ip4 tcp:R", R(KNOWN_FLOW) },
	{ "closing", MARKS "hot:TCP flow:closing", "ip4 tcp:FA", R(KNOWN_FLOW) },
	{ "silent for too long", MARKS "hot:TCP flow!:open", "ip4 tcp:A", R(COOKIE_INVALID) },
	{ "closed for too long", MARKS "hot:TCP flow!:closing", "ip4 tcp:A", R(COOKIE_INVALID) },
	{ "our syn-ack acknowledged", MARKS "hot:TCP flow:answered", "ip4 tcp:A,ack=1000",
		R(KNOWN_FLOW) },
	{ "our syn-ack not acknowledged", MARKS "hot:TCP flow:answered", "ip4 tcp:A,ack=1001",
		R(COOKIE_INVALID) },
	{ "answer asked for", MARKS "hot:ANSWER request", "ip4 udp:53>40000 data:60",
		R(SOLICITED) },
	{ "answer asked for ipv6", MARKS "hot:ANSWER request", "ip6 udp:53>40000 data:60",
		R(SOLICITED) },
	{ "answer asked for long ago", MARKS "hot:ANSWER request!", "ip4 udp:53>40000 data:60",
		R(UNSOLICITED) },
};

/* A host behind this machine, and nobody who completes handshakes for it. */
#define BEHIND MARKS "nosynproxy "

static const struct row behind_rows[] = {
	{ "syn above", BEHIND, "ip4 tcp:S,mss=1460", R(CLEAN), 200 },
	{ "syn above ipv6", BEHIND, "ip6 tcp:S,mss=1440", R(CLEAN), 200 },
	{ "syn above, shadow", BEHIND "mode:shadow", "ip4 tcp:S,mss=1460", R(CLEAN), 200 },
	{ "syn above its limit", BEHIND "limit:SYN=50", "ip4 tcp:S", R(CLASS_LIMIT), 200 },
	{ "ack in a syn flood", BEHIND "hot:SYN", "ip4 tcp:A,ack=5", R(CLEAN) },
	{ "connection in a syn flood", BEHIND "hot:SYN flow:open", "ip4 tcp:A", R(CLEAN) },
	{ "ack above", BEHIND, "ip4 tcp:A", R(COOKIE_INVALID), 200 },
	{ "ack, active", BEHIND "hot:TCP", "ip4 tcp:A", R(COOKIE_INVALID) },
	{ "connection in an ack flood", BEHIND "hot:TCP flow:open", "ip4 tcp:A", R(KNOWN_FLOW) },
	{ "handshake in an ack flood", BEHIND "hot:TCP flow:answered", "ip4 tcp:A,ack=1000",
		R(KNOWN_FLOW) },
	{ "syn in an ack flood", BEHIND "hot:TCP", "ip4 tcp:S,mss=1460", R(CLEAN) },
};

static const struct row limit_rows[] = {
	{ "udp below", "limit:UDP=1000", "ip4 udp data:60", R(CLEAN) },
	{ "udp above", "limit:UDP=50", "ip4 udp data:60", R(CLASS_LIMIT), 200 },
	{ "udp above ipv6", "limit:UDP=50", "ip6 udp data:60", R(CLASS_LIMIT), 200 },
	{ "udp, lease over", "limit!:UDP=50", "ip4 udp data:60", R(CLEAN), 200 },
	{ "udp's limit is not tcp's", "limit:UDP=50", "ip4 tcp:A", R(CLEAN), 200 },
	{ "other protocols above", "limit:OTHER=50", "ip4 proto:253 data:60", R(CLASS_LIMIT), 200 },
	{ "gre above", "limit:OTHER=50", "ip4 gre ip4 udp data:9", R(CLASS_LIMIT), 200 },
	{ "syn above", "limit:SYN=50", "ip4 tcp:S", R(CLASS_LIMIT), 200 },
	{ "ack above", "limit:TCP=50", "ip4 tcp:A", R(CLASS_LIMIT), 200 },
	{ "answers above", "limit:ANSWER=50", "ip4 udp:53>40000 data:60", R(CLASS_LIMIT), 200 },
	{ "icmp above", "limit:ICMP=50", "ip4 icmp data:60", R(CLASS_LIMIT), 200 },
	{ "fragments above", "limit:FRAGMENT=50", "ip4:frag=1480 proto:17 data:100", R(CLASS_LIMIT),
		200 },
	{ "allowed", "limit:UDP=50 allow:192.0.2.1/32", "ip4 udp data:60", R(ALLOWED), 200 },
};

const struct table class_tables[] = {
	TABLE("marks", ON_GUARD, mark_rows),
	TABLE("state", ON_GUARD, state_rows),
	TABLE("behind", ON_GUARD, behind_rows),
	TABLE("limits", ON_GUARD, limit_rows),
	{ 0 },
};
