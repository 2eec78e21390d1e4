/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/mode_rows.c - the modes: shadow counts what enforce would do and passes it as it came, learn
 * decides nothing, enforce that was armed for a while falls back by itself.
 */
#include "bpf/row.h"

#define SHADOW(name_, maps_, frame_, reason_, ...)                                                 \
	{                                                                                          \
		name_, "mode:shadow " maps_, frame_, R(reason_), .is_shadow = true, __VA_ARGS__    \
	}

static const struct row shadow_rows[] = {
	SHADOW("blocked", "block:192.0.2.1", "ip4 udp", BLOCKED),
	SHADOW("blocked prefix", "prefix:192.0.2.0/24", "ip4 udp", BLOCKED_PREFIX),
	SHADOW("bad flags", "", "ip4 tcp:SF", BAD_FLAGS),
	SHADOW("land", "", "ip4:198.51.100.10>198.51.100.10 tcp:S,80>80", LAND),
	SHADOW("bad header", "", "ip4 udp:len=7 data:20", BAD_HEADER),
	SHADOW("bogon", "bogons", "ip4:127.0.0.1>198.51.100.10 udp", BOGON),
	SHADOW("cookie", "high:SYN=100 hot:SYN", "ip4 tcp:S,mss=1460", COOKIE_SENT),
	SHADOW("out of state", "high:TCP=100 hot:TCP", "ip4 tcp:A", COOKIE_INVALID),
	SHADOW("unsolicited", "high:ANSWER=100 hot:ANSWER", "ip4 udp:53>40000", UNSOLICITED),
	SHADOW("icmp above", "high:ICMP=100", "ip4 icmp", ICMP_LIMIT, .sends = 200),
	SHADOW("limit", "limit:UDP=50", "ip4 udp", CLASS_LIMIT, .sends = 200),
	SHADOW("meter", "meter:192.0.2.1,1", "ip4 udp", SOURCE_LIMIT),
	{ "clean", "mode:shadow", "ip4 udp", R(CLEAN) },
	{ "allowed", "mode:shadow allow:192.0.2.1/32", "ip4 udp", R(ALLOWED) },
	{ "not protected", "mode:shadow", "ip4:192.0.2.1>203.0.113.5 udp", R(UNPROTECTED) },
	{ "known", "mode:shadow high:TCP=100 hot:TCP flow:open", "ip4 tcp:A", R(KNOWN_FLOW) },
};

static const struct row learn_rows[] = {
	{ "blocked", "mode:learn block:192.0.2.1", "ip4 udp", R(BLOCKED), .is_shadow = true },
	{ "bad flags", "mode:learn", "ip4 tcp:SF", R(BAD_FLAGS), .is_shadow = true },
	{ "cookie", "mode:learn high:SYN=100 hot:SYN", "ip4 tcp:S", R(COOKIE_SENT),
		.is_shadow = true },
	{ "clean", "mode:learn", "ip4 udp", R(CLEAN) },
};

static const struct row until_rows[] = {
	{ "armed", "until block:192.0.2.1", "ip4 udp", R(BLOCKED) },
	{ "armed, over", "until! block:192.0.2.1", "ip4 udp", R(BLOCKED), .is_shadow = true },
	{ "armed, over: cookie", "until! high:SYN=100 hot:SYN", "ip4 tcp:S", R(COOKIE_SENT),
		.is_shadow = true },
	{ "shadow is not armed", "mode:shadow until block:192.0.2.1", "ip4 udp", R(BLOCKED),
		.is_shadow = true },
};

const struct table mode_tables[] = {
	TABLE("shadow", ON_GUARD, shadow_rows),
	TABLE("learn", ON_GUARD, learn_rows),
	TABLE("until", ON_GUARD, until_rows),
	{ 0 },
};
