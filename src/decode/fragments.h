/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/fragments.h - which datagram a fragment belongs to.
 *
 * A bounded table of datagrams in pieces, keyed by (source, destination, identification, for IPv4
 * also protocol). It keeps no payload: only the ports of the first fragment and which ranges were
 * seen, enough to attribute the later ones and to find overlaps (RFC 791, 5722, 8200 4.5). What one
 * fragment shows by itself (tiny, oversize, unaligned) decode_frame has found already. One table a
 * lane; time is packet time. A full bucket forgets what is expired, then what is complete, then the
 * oldest.
 */
#ifndef WEIR_DECODE_FRAGMENTS_H
#define WEIR_DECODE_FRAGMENTS_H

#include "types.h"

struct fragments;

struct fragments_stats {
	uint64_t datagrams;    /* seen in pieces */
	uint64_t attributed;   /* later fragments whose ports were found */
	uint64_t unattributed; /* later fragments without a first one */
	uint64_t evicted;      /* incomplete datagrams forgotten for lack of room */
	uint64_t expired;      /* the same after 30 s (RFC 8200: 60 s; Linux: 30 s) */
};

/* cap: datagrams held at the same time, >= 8 (rounded down to 8 times a power of two). seed:
 * secret of the table. -EINVAL for a smaller cap, -ENOMEM. */
int fragments_open(unsigned cap, uint64_t seed, struct fragments **ret_fragments);

/* For a pkt with frag != FRAG_NONE (others are ignored): remembers or fills in key.port (and
 * key.proto of IPv6), adds ANOMALY_FRAG_OVERLAP, and rehashes with seed, the one given to
 * decode_frame, when the ports became known (lane never changes: it does not depend on ports). */
void fragments_see(struct fragments *fragments, struct pkt *pkt, uint64_t seed);

void fragments_stats(const struct fragments *fragments, struct fragments_stats *ret_stats);
void fragments_close(struct fragments *fragments);

#endif
