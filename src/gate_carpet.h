/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_carpet.h - hosts under attack that lie side by side are one carpet, for gate_view.c.
 *
 * In each window: carpets_clear(), carpets_add() for each host and kind that is active,
 * carpets_judge(). Then carpets_find() says whether a host is one of a carpet; what it has counted
 * is put to that by carpet_take(). Carpets beyond the cap are not made; their hosts stay single.
 */
#ifndef WEIR_GATE_CARPET_H
#define WEIR_GATE_CARPET_H

#include "kinds.h"
#include "lib/distinct.h"

#define CARPETS 64

struct carpet {
	struct addr region, first, last;
	unsigned bits; /* of the prefix that holds all its hosts */
	enum kind kind;
	unsigned hosts;
	double pps, busiest, expected;
	bool is_due, is_one;
	const void *member; /* as it was given; the last one */
	uint64_t packets, bytes;
	double peak_pps, peak_bps;
	int64_t since_ns;
	struct distinct sources, targets;
};

struct carpets {
	struct carpet list[CARPETS];
	unsigned count;
	struct distinct_entry *slots; /* of the sets of all */
	uint64_t seed;
};

/* What one host has counted since since_ns. share: of it, that is of the kind of the carpet. */
struct carpet_part {
	const struct addr *host;
	double share;
	uint64_t packets, bytes;
	double peak_pps, peak_bps;
	int64_t since_ns;
	const struct distinct *sources;
};

/* -ENOMEM. */
int carpets_open(uint64_t seed, struct carpets *carpets);
void carpets_close(struct carpets *carpets);

void carpets_clear(struct carpets *carpets);

/* A host is active with so much of that kind; expected: its mark. */
void carpets_add(struct carpets *carpets, const struct addr *host, enum kind kind, double pps,
	double expected, const void *member);

/* All hosts have been added: which regions are one attack? */
void carpets_judge(struct carpets *carpets);

/* The carpet that the host is of; NULL when it stands alone. */
struct carpet *carpets_find(struct carpets *carpets, const struct addr *host, enum kind kind);

/* Puts what the host has counted to it, and makes it due for a report. */
void carpet_take(struct carpets *carpets, struct carpet *carpet, const struct carpet_part *part);

#endif
