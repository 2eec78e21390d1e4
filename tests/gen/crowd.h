/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/crowd.h - who sends and who receives.
 *
 * A crowd is a set of addresses to draw from: one host, a prefix, or the public Internet. With
 * `size` it has just so many members, which are the same at every draw (the reflectors of an
 * attack, the clients of a site); without it each draw is any address of the set (spoofed sources).
 * Servers, attackers and networks with a name are from the documentation prefixes (RFC 5737, RFC
 * 3849) and 10/8; only crowds too large for these are drawn from the public space. Nothing here is
 * ever sent.
 */
#ifndef WEIR_GEN_CROWD_H
#define WEIR_GEN_CROWD_H

#include <stdint.h>

#include "gen/prng.h"
#include "lib/addr.h"

enum crowd_kind {
	CROWD_PUBLIC,  /* any public IPv4 address */
	CROWD_PREFIX,  /* hosts of base/bits */
	CROWD_PUBLIC6, /* any address in 2001:db8::/32 */
	CROWD_BOGON,   /* IPv4 addresses that can be a source on no network (RFC 6890) */
};

struct crowd {
	enum crowd_kind kind;
	unsigned bits; /* 0..128, IPv4 as in lib/addr.h */
	struct addr base;
	uint32_t size; /* members; 0: all */
	uint64_t salt; /* tells crowds of the same kind and size apart */
};

/* clang-format off */
#define NET4(a, b, c, d, prefix_bits) \
	{ .kind = CROWD_PREFIX, .bits = ADDR_V4_BITS + (prefix_bits), \
	  .base = { .byte = { [10] = 0xff, [11] = 0xff, [12] = (a), (b), (c), (d) } } }
#define HOST4(a, b, c, d) NET4(a, b, c, d, 32)
/* 2001:db8:GROUP::HOST; with 48 bits the whole group. */
#define NET6(group, host, prefix_bits) \
	{ .kind = CROWD_PREFIX, .bits = (prefix_bits), \
	  .base = { .byte = { 0x20, 0x01, 0x0d, 0xb8, (group) >> 8, (group) & 0xff, \
			     [15] = (host) } } }
#define HOST6(group, host) NET6(group, host, 128)
/* clang-format on */
#define PUBLIC                                                                                     \
	{                                                                                          \
		.kind = CROWD_PUBLIC                                                               \
	}
#define PUBLIC_OF(members)                                                                         \
	{                                                                                          \
		.kind = CROWD_PUBLIC, .size = (members)                                            \
	}
#define PUBLIC6                                                                                    \
	{                                                                                          \
		.kind = CROWD_PUBLIC6                                                              \
	}
#define BOGONS                                                                                     \
	{                                                                                          \
		.kind = CROWD_BOGON                                                                \
	}

/* IPv4 address of a number in host order. */
struct addr addr_v4(uint32_t number);

/* The low 32 bits of the address in host order (for IPv4: all of it). */
uint32_t addr_number(const struct addr *a);

/* Member i (modulo the number of members). In prefixes of IPv4 network and broadcast address are
 * left out. */
struct addr crowd_member(const struct crowd *crowd, uint64_t i);

/* Any member. */
struct addr crowd_pick(const struct crowd *crowd, struct prng *prng);

/* How many members there are: its size, or the hosts of its prefix; UINT32_MAX when beyond
 * counting. */
uint32_t crowd_count(const struct crowd *crowd);

#endif
