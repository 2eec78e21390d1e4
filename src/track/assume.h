/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/assume.h - what is inside, when nobody said so.
 *
 * Given the first few thousand packets of a capture it looks at who contacts whom. Private
 * addresses are inside, always. Where they take no part, for IPv4 and IPv6 each, the most
 * contacted network (/24, /64) is taken as inside too, and a sentence says so.
 */
#ifndef WEIR_TRACK_ASSUME_H
#define WEIR_TRACK_ASSUME_H

#include "conf/networks.h"
#include "types.h"

#define ASSUMPTION_MAX 3 /* one for private addresses, one a family */
#define ASSUMPTION_TEXT_MAX 200

struct assume;

struct assumption {
	unsigned count; /* sentences, at least 1 */
	char text[ASSUMPTION_MAX][ASSUMPTION_TEXT_MAX];
	unsigned prefix_count; /* networks that were taken as inside, beside the private ones */
	struct prefix prefixes[2];
};

/* -ENOMEM. */
int assume_open(uint64_t seed, struct assume **ret_assume);

/* Looks at a decoded packet; what track fills in is not needed. Of the pairs of addresses, the
 * first 8,192 are remembered. */
void assume_see(struct assume *assume, const struct pkt *pkt);

/* Adds the private networks and those that were worked out; the caller builds. 0, or as
 * networks_add(). */
int assume_decide(
	const struct assume *assume, struct networks *networks, struct assumption *ret_assumption);

/* NULL is fine. */
void assume_close(struct assume *assume);

#endif
