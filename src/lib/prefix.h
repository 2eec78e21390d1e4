/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/prefix.h - a set of prefixes, each with a value; the longest that holds an address wins.
 *
 * Prefixes are added, then the set is built: flattened to sorted, disjoint ranges of addresses, so
 * that a lookup is one binary search (4 steps for a handful of prefixes) and allocates nothing.
 * Neither the order nor the number of the additions changes what is found. IPv4 is IPv4-mapped
 * (addr.h), so one set serves both; an IPv6 prefix, even ::/0, never holds an IPv4 address.
 */
#ifndef WEIR_LIB_PREFIX_H
#define WEIR_LIB_PREFIX_H

#include "lib/addr.h"

#define PREFIX_SET_MAX 100000 /* additions to one set */
#define PREFIX_VALUE_NONE UINT32_MAX

struct prefix {
	struct addr addr; /* zero beyond bits */
	uint8_t bits;	  /* 0..128, IPv4 from ADDR_V4_BITS on */
};

struct prefix_set;

/* An empty set, which finds nothing. -ENOMEM. */
int prefix_set_open(struct prefix_set **ret_set);

/* Adds a prefix with its value. Not found before the next build. -EINVAL (bits set beyond the
 * length, length above 128, PREFIX_VALUE_NONE), -ENOSPC (PREFIX_SET_MAX reached), -ENOMEM. */
int prefix_set_add(struct prefix_set *set, const struct prefix *prefix, uint32_t value);

/* Makes all that was added findable; may be repeated after more additions. -EEXIST when one
 * prefix was added with two values (given in ret_clash unless that is NULL; with the same value
 * twice is fine). -ENOMEM. On failure the set finds what it found before. */
int prefix_set_build(struct prefix_set *set, struct prefix *ret_clash);

/* Value of the longest prefix that holds the address, or PREFIX_VALUE_NONE. */
uint32_t prefix_set_find(const struct prefix_set *set, const struct addr *addr);

/* Is any address of the prefix (zero beyond its bits) in a prefix of the set? */
bool prefix_set_touches(const struct prefix_set *set, const struct prefix *prefix);

/* Frees it. NULL is fine. */
void prefix_set_close(struct prefix_set *set);

#endif
