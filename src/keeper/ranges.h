/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/ranges.h - a set of addresses that is asked: does this prefix touch you?
 *
 * Prefixes are nested or disjoint, so sorted and merged they are ranges that do not overlap, and
 * the question is one binary search. Unlike lib/prefix.h it also finds what lies within the prefix
 * that is asked about: a block of 0.0.0.0/1 touches every gateway below it.
 */
#ifndef WEIR_KEEPER_RANGES_H
#define WEIR_KEEPER_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "lib/prefix.h"

struct ranges {
	struct range {
		uint8_t first[16], last[16];
	} * list;
	uint32_t count;
};

/* Replaces what it holds. An IPv6 prefix never holds IPv4 addresses (lib/prefix.h). -ENOMEM, and
 * then it holds what it held. */
int ranges_set(struct ranges *ranges, const struct prefix *prefixes, uint32_t count);

/* Have the two an address in common? */
bool ranges_touch(const struct ranges *ranges, const struct wire_prefix *prefix);

/* Fine on one that is all zero. */
void ranges_close(struct ranges *ranges);

/* The prefix as tries of the kernel part take it, in which IPv4 is a part of IPv6: one that
 * would hold all of IPv4 by accident (::/0) is cut into those beside it. Writes at most
 * ADDR_V4_BITS of them. */
unsigned ranges_cut(const struct prefix *prefix, struct wire_prefix cut[ADDR_V4_BITS]);

#endif
