/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/correlate_internal.h - the correlator from inside: what correlate.c, which takes
 * findings and tells once at the end, and ongoing.c, which tells again and again, share.
 *
 * A case has a slot, from which its own memory follows. Slots are taken in their order; only live
 * are they given back.
 */
#ifndef WEIR_CORRELATE_CORRELATE_INTERNAL_H
#define WEIR_CORRELATE_CORRELATE_INTERNAL_H

#include "correlate/case.h"
#include "correlate/correlate.h"

#define UNION_SLOTS 32768 /* of addresses in folded cases together: as the largest set has */

/* What was told of a case when it was last told by itself. */
struct told {
	struct incident incident;
	bool is_told;
};

struct correlator {
	const struct conf *conf;
	const struct networks *networks;
	const struct census *census;
	uint64_t seed;
	struct case_file *files;    /* by slot; a free one is all zero */
	struct distinct_entry *own; /* two times CASE_OWN_SLOTS a case */
	unsigned count;		    /* slots from there on were never taken, or are free */
	unsigned free_count;	    /* free ones below */
	struct sets sets;
	struct correlator_stats stats;
	struct incident **sorted;
	unsigned sorted_count;
	struct role_entry *entries; /* of all roles of all incidents */

	/* Live only (ongoing.c); memory that is not touched otherwise. */
	struct case_file *view; /* copies of the cases, side effects folded */
	struct told *told;	/* by slot */
	struct role_entry *told_entries;
	unsigned told_entries_each;	       /* of each of the two roles that have lists */
	struct distinct_entry *union_slots[2]; /* senders, targets */
	bool has_new;			       /* a case that was not told yet */
	bool has_changed;		       /* since they were told */
	int64_t told_ns;
	int64_t quiet_from_ns; /* then the next case falls silent */
};

/* Entries that the roles of one case need, with lists of at most max. */
static inline size_t case_entries(unsigned max)
{
	return 2 * (size_t)max + INCIDENT_CONTROLLERS;
}

/* Fills in what the case says of itself, its roles with lists of at most max. entries: room for
 * case_entries(max), NULL for none. */
void case_conclude(const struct correlator *correlator, struct case_file *file,
	struct role_entry *entries, unsigned max);

/* After so long without a finding an incident of that kind has ended. */
int64_t case_quiet_ns(const struct correlator *correlator, enum kind kind);

/* For qsort of incident pointers: by severity, then first seen, then id. */
int incident_compare(const void *a, const void *b);

/* Sets the set of a case on its own memory. which: 0 senders, 1 targets. */
struct distinct_entry *case_own_slots(
	const struct correlator *correlator, const struct case_file *file, unsigned which);

#endif
