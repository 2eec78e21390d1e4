/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/tally.h - what each target received of each kind of unverified traffic, in one window.
 *
 * The summary of the flood and amplification detectors: a capped table of (target, kind), each with
 * counts, the most frequent ports and length, and the set of its senders. Tables merge: lane + lane
 * = node. When a table is full, packets to further targets are only counted as lost; it is emptied
 * every window, so what has the most packets is the surest to find a place.
 */
#ifndef WEIR_DETECT_TALLY_H
#define WEIR_DETECT_TALLY_H

#include "lib/sets.h"
#include "types.h"

#define TALLY_OWN_SLOTS 16

/* The most frequent of a series of values, when one makes more than half (Boyer and Moore 1981);
 * votes / packets is a lower bound of its share, and at least 2 × share - 1. Merging keeps both. */
struct majority {
	uint32_t value;
	uint32_t votes;
};

struct tally {
	struct addr target;
	uint64_t hash;		 /* of target and kind */
	uint64_t packets, bytes; /* unverified ones */
	uint64_t openings;	 /* of these, first packets of something */
	uint64_t answered; /* things that turned out to be wanted: answered, handshake completed */
	uint64_t asked; /* queries the target sent to a group (SSDP, mDNS …): answers are welcome */
	uint64_t repeats; /* retransmitted openings */
	uint64_t fragments;
	int64_t first_ns, last_ns;
	struct majority source_port, target_port, length;
	struct distinct sources;
	uint16_t kind; /* enum kind */
	uint8_t proto;
};

struct tally_limits {
	uint32_t targets; /* entries, a power of two */
	struct sets_tier sets[SETS_TIERS];
	uint64_t seed; /* of addresses: one for all tables that merge */
};

struct tally_table {
	struct tally *list;
	uint32_t *index;	    /* 1 + position in list, by hash */
	struct distinct_entry *own; /* TALLY_OWN_SLOTS for each entry */
	uint32_t used, cap, index_mask;
	struct sets sets;
	uint64_t seed;
	uint64_t lost; /* packets to targets that found no place */
};

/* -ENOMEM. */
int tally_open(struct tally_table *table, const struct tally_limits *limits);
void tally_close(struct tally_table *table);

/* The entry of (target, kind), made when it is not there; NULL when the table is full. */
struct tally *tally_of(struct tally_table *table, const struct addr *target, enum kind kind);

/* Counts one unverified packet at its destination. */
void tally_packet(struct tally_table *table, enum kind kind, const struct pkt *pkt);

/* The same for the outermost packet of a tunnel, as FLOOD_OTHER: a flood of GRE or IP-in-IP. */
void tally_tunnel(struct tally_table *table, const struct pkt *pkt);

/* Adds other to table and empties other. */
void tally_merge(struct tally_table *table, struct tally_table *other);

void tally_clear(struct tally_table *table);

void majority_vote(struct majority *majority, uint32_t value, uint32_t votes);

#endif
