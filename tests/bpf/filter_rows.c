/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/filter_rows.c - signature filters: each field alone (a packet that has it, a packet that has
 * not), ranges with their ends, payload words, deep bytes, expiry, the last of sixteen, and
 * targets.
 *
 * The packet of most rows: UDP 53000 > 7777, TTL 64, payload "attackpacket-of-a-bot…".
 */
#include "bpf/row.h"

#define ALIVE ~0ULL /* expires_ns: far ahead */
#define ANY .ip_len_max = 65535, .payload_len_max = 65535, .ttl_max = 255
#define ONE(...)                                                                                   \
	(&(const struct wire_filters){ .used = 1,                                                  \
		.filter = { { .expires_ns = ALIVE, .mitigation = 3, ANY, __VA_ARGS__ } } })
#define RANGES(ip_min, ip_max, payload_min, payload_max, hops_min, hops_max)                       \
	(&(const struct wire_filters){ .used = 1,                                                  \
		.filter = { { .expires_ns = ALIVE,                                                 \
			.mitigation = 3,                                                           \
			.ip_len_min = ip_min,                                                      \
			.ip_len_max = ip_max,                                                      \
			.payload_len_min = payload_min,                                            \
			.payload_len_max = payload_max,                                            \
			.ttl_min = hops_min,                                                       \
			.ttl_max = hops_max } } })
#define WORD0(mask_, value_) ONE(.mask = { mask_ }, .value = { value_ })
#define WORD1(mask_, value_) ONE(.mask = { 0, mask_ }, .value = { 0, value_ })
#define WORD2(mask_, value_) ONE(.mask = { 0, 0, mask_ }, .value = { 0, 0, value_ })
#define WORD3(mask_, value_) ONE(.mask = { 0, 0, 0, mask_ }, .value = { 0, 0, 0, value_ })

/* The fields of words 0 and 1, as wire.h places them. */
#define PROTOCOL(n) ((__u64)(n))
#define FLAGS(n) ((__u64)(n) << 8)
#define TTL(n) ((__u64)(n) << 16)
#define FRAGMENT(n) ((__u64)(n) << 24)
#define FROM(n) ((__u64)(n) << 32)
#define TO(n) ((__u64)(n) << 48)
#define IP_LEN(n) ((__u64)(n))
#define PAYLOAD_LEN(n) ((__u64)(n) << 16)
#define WINDOW(n) ((__u64)(n) << 32)
#define IP_ID(n) ((__u64)(n) << 48)
#define TEXT(a, b, c, d, e, f, g, h)                                                               \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
		(__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

#define UDP "ip4 udp:53000>7777 text:attackpacket-of-a-bot-net-0123456789"
#define TCP "ip4:ttl=99,id=0xbeef tcp:PA,1024>80,window=5555 text:attackpacket"
#define ON(filter_, name_, frame_)                                                                 \
	{                                                                                          \
		name_, "", frame_, R(FILTER), .filters = filter_                                   \
	}
#define OFF(filter_, name_, frame_)                                                                \
	{                                                                                          \
		name_, "", frame_, R(CLEAN), .filters = filter_                                    \
	}

static const struct row field_rows[] = {
	ON(WORD0(PROTOCOL(0xff), PROTOCOL(17)), "protocol", UDP),
	OFF(WORD0(PROTOCOL(0xff), PROTOCOL(6)), "other protocol", UDP),
	ON(WORD0(PROTOCOL(0xff), PROTOCOL(1)), "icmp", "ip4 icmp text:attackpacket"),
	ON(WORD0(PROTOCOL(0xff), PROTOCOL(47)), "gre", "ip4 gre ip4 udp"),
	ON(WORD0(FLAGS(0xff), FLAGS(0x18)), "tcp flags", TCP),
	OFF(WORD0(FLAGS(0xff), FLAGS(0x10)), "other tcp flags", TCP),
	ON(WORD0(TTL(0xff), TTL(99)), "ttl", TCP),
	OFF(WORD0(TTL(0xff), TTL(98)), "other ttl", TCP),
	ON(WORD0(FRAGMENT(0xff), FRAGMENT(1)), "first fragment", "ip4:more udp:len=4000 data:64"),
	ON(WORD0(FRAGMENT(0xff), FRAGMENT(2)), "later fragment", "ip4:frag=1480 proto:17 data:64"),
	OFF(WORD0(FRAGMENT(0xff), FRAGMENT(2)), "no fragment", UDP),
	ON(WORD0(FROM(0xffff), FROM(53000)), "source port", UDP),
	OFF(WORD0(FROM(0xffff), FROM(53001)), "other source port", UDP),
	ON(WORD0(TO(0xffff), TO(7777)), "destination port", UDP),
	OFF(WORD0(TO(0xffff), TO(7778)), "other destination port", UDP),
	ON(WORD0(TO(0xff00), TO(0x1e00)), "half a port", UDP),
	ON(WORD0(PROTOCOL(0xff) | TO(0xffff), PROTOCOL(17) | TO(7777)), "two fields", UDP),
	OFF(WORD0(PROTOCOL(0xff) | TO(0xffff), PROTOCOL(17) | TO(7)), "one of two fields", UDP),
	ON(WORD1(IP_LEN(0xffff), IP_LEN(64)), "ip length", UDP),
	OFF(WORD1(IP_LEN(0xffff), IP_LEN(65)), "other ip length", UDP),
	ON(WORD1(IP_LEN(0xffff), IP_LEN(33)), "ip length without padding",
		"ip4:len=33 udp:len=13 data:26"),
	ON(WORD1(PAYLOAD_LEN(0xffff), PAYLOAD_LEN(36)), "payload length", UDP),
	OFF(WORD1(PAYLOAD_LEN(0xffff), PAYLOAD_LEN(37)), "other payload length", UDP),
	ON(WORD1(PAYLOAD_LEN(0xffff), PAYLOAD_LEN(12)), "payload length of tcp", TCP),
	ON(WORD1(PAYLOAD_LEN(0xffff), PAYLOAD_LEN(12)), "payload behind tcp options",
		"ip4 tcp:A,ts=7 text:attackpacket"),
	ON(WORD1(WINDOW(0xffff), WINDOW(5555)), "window", TCP),
	OFF(WORD1(WINDOW(0xffff), WINDOW(5556)), "other window", TCP),
	ON(WORD1(IP_ID(0xffff), IP_ID(0xbeef)), "ip id", TCP),
	OFF(WORD1(IP_ID(0xffff), IP_ID(0xbeee)), "other ip id", TCP),
	ON(WORD1(IP_ID(0xffff), 0), "ip id of ipv6 is 0", "ip6 udp:1>2 data:9"),
	ON(WORD2(~0ULL, TEXT('a', 't', 't', 'a', 'c', 'k', 'p', 'a')), "first payload bytes", UDP),
	OFF(WORD2(~0ULL, TEXT('A', 't', 't', 'a', 'c', 'k', 'p', 'a')), "other first bytes", UDP),
	ON(WORD2(0xff0000, TEXT(0, 0, 't', 0, 0, 0, 0, 0)), "third byte", UDP),
	ON(WORD2(~0ULL, TEXT('a', 't', 't', 'a', 'c', 'k', 'p', 'a')), "first bytes of tcp", TCP),
	ON(WORD2(~0ULL, TEXT('a', 't', 't', 'a', 'c', 'k', 'p', 'a')), "first bytes of icmp",
		"ip4 icmp text:attackpacket"),
	ON(WORD2(~0ULL, TEXT('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')),
		"first bytes of a later fragment", "ip4:frag=1480 proto:17 data:64"),
	ON(WORD2(~0ULL, TEXT('a', 't', 't', 'a', 'c', 'k', 'p', 'a')),
		"first bytes in vlan and ipv6", "vlan:5 ip6 dest udp text:attackpacket"),
	ON(WORD2(~0ULL, TEXT('a', 't', 0, 0, 0, 0, 0, 0)), "zeros behind a short payload",
		"ip4 udp text:at"),
	ON(WORD2(~0ULL, TEXT('a', 't', 0, 0, 0, 0, 0, 0)), "padding is not payload",
		"ip4:len=30 udp:len=10 text:attackpacket"),
	ON(WORD3(~0ULL, TEXT('c', 'k', 'e', 't', '-', 'o', 'f', '-')), "second payload word", UDP),
	OFF(WORD3(~0ULL, TEXT('x', 'k', 'e', 't', '-', 'o', 'f', '-')), "other second word", UDP),
	ON(WORD3(0xffffffff, TEXT('c', 'k', 'e', 't', 0, 0, 0, 0)), "half a second word", TCP),
};

static const struct row range_rows[] = {
	ON(RANGES(64, 64, 0, 65535, 0, 255), "ip length in range", UDP),
	OFF(RANGES(65, 65535, 0, 65535, 0, 255), "ip length below", UDP),
	OFF(RANGES(0, 63, 0, 65535, 0, 255), "ip length above", UDP),
	ON(RANGES(0, 65535, 36, 36, 0, 255), "payload length in range", UDP),
	OFF(RANGES(0, 65535, 37, 65535, 0, 255), "payload length below", UDP),
	OFF(RANGES(0, 65535, 0, 35, 0, 255), "payload length above", UDP),
	ON(RANGES(0, 65535, 0, 65535, 64, 64), "ttl in range", UDP),
	OFF(RANGES(0, 65535, 0, 65535, 65, 255), "ttl below", UDP),
	OFF(RANGES(0, 65535, 0, 65535, 0, 63), "ttl above", UDP),
	ON(ONE(.deep_offset = 16, .deep_mask = ~0ULL,
		   .deep_value = TEXT('a', '-', 'b', 'o', 't', '-', 'n', 'e')),
		"deep bytes", UDP),
	OFF(ONE(.deep_offset = 16, .deep_mask = ~0ULL,
		    .deep_value = TEXT('b', '-', 'b', 'o', 't', '-', 'n', 'e')),
		"other deep bytes", UDP),
	ON(ONE(.deep_offset = 0, .deep_mask = ~0ULL,
		   .deep_value = TEXT('a', 't', 't', 'a', 'c', 'k', 'p', 'a')),
		"deep bytes at the start", UDP),
	ON(ONE(.deep_offset = 256, .deep_mask = 0xff, .deep_value = 'w'), "deepest bytes",
		"ip4 udp data:300"),
	OFF(ONE(.deep_offset = 200, .deep_mask = 0xff, .deep_value = 'x'), "deep beyond the end",
		UDP),
	ON(ONE(.deep_offset = 3, .deep_mask = 0xff, .deep_value = 'd'), "deep in odd place",
		"ip6 udp data:30"),
};

#define OVER                                                                                       \
	{                                                                                          \
		.expires_ns = 1, ANY                                                               \
	}
#define MISS                                                                                       \
	{                                                                                          \
		.expires_ns = ALIVE, .mask = { 0xff }, .value = { 250 }, ANY                       \
	}
#define TAKES                                                                                      \
	{                                                                                          \
		.expires_ns = ALIVE, .mitigation = 16, ANY                                         \
	}
#define LIST(count, ...) (&(const struct wire_filters){ .used = count, .filter = { __VA_ARGS__ } })
#define FIFTEEN                                                                                    \
	MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS, MISS

static const struct row target_rows[] = {
	OFF(LIST(1, OVER), "lease over", UDP),
	OFF(LIST(1, { ANY }), "empty place", UDP),
	ON(LIST(2, OVER, TAKES), "over, then one that holds", UDP),
	ON(LIST(2, MISS, TAKES), "the second", UDP),
	ON(LIST(16, FIFTEEN, TAKES), "the sixteenth", UDP),
	OFF(LIST(16, FIFTEEN, MISS), "none of sixteen", UDP),
	OFF(LIST(15, FIFTEEN, TAKES), "behind those in use", UDP),
	OFF(LIST(0, TAKES), "none in use", UDP),
	{ "of another host", "", UDP, R(CLEAN), .filters = LIST(1, TAKES),
		.filter_target = "198.51.100.11" },
	{ "of the prefix", "", UDP, R(FILTER), .filters = LIST(1, TAKES),
		.filter_target = "198.51.100.0/24" },
	{ "of the ipv6 prefix", "", "ip6 udp", R(FILTER), .filters = LIST(1, TAKES),
		.filter_target = "2001:db8:b::/64" },
	{ "not of allowed ones", "allow:192.0.2.1/32", UDP, R(ALLOWED), .filters = LIST(1, TAKES) },
	{ "behind the blocklist", "block:192.0.2.1", UDP, R(BLOCKED), .filters = LIST(1, TAKES) },
	{ "before cookies", "hot:SYN", "ip4 tcp:S", R(FILTER), .filters = LIST(1, TAKES) },
	{ "shadow", "mode:shadow", UDP, R(FILTER), .filters = LIST(1, TAKES), .is_shadow = true },
};

const struct table filter_tables[] = {
	TABLE("fields", ON_GUARD, field_rows),
	TABLE("ranges", ON_GUARD, range_rows),
	TABLE("targets", ON_GUARD, target_rows),
	{ 0 },
};
