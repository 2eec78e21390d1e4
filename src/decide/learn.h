/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/learn.h - what marks an attack and not the good traffic: signature filters from samples.
 *
 * Pure and bounded: some milliseconds at most, memory taken once. Source addresses are never looked
 * at, as they may be invented. A third of the samples is held back, and what is said of coverage
 * and collateral was measured on it.
 */
#ifndef WEIR_DECIDE_LEARN_H
#define WEIR_DECIDE_LEARN_H

#include "decide/memory.h"

#define LEARN_ATTACK_MAX 768 /* samples that are looked at */
#define LEARN_GOOD_MAX 2048
#define LEARN_ATTACK_MIN 200 /* fewer are no attack to learn from */
#define LEARN_FILTERS_MAX 4  /* of one round */
#define LEARN_FIELDS_MIN 2   /* a filter that good traffic cannot be held against needs so many */

struct learn_input {
	const struct memory_sample *attack, *good;
	unsigned attack_count, good_count; /* from LEARN_…_MAX on they are cut */
	double collateral_max;
};

struct learned {
	struct wire_filter filter;
	double coverage;	 /* share of the attack's packets, of those held back */
	double collateral;	 /* share of the good packets */
	double collateral_bound; /* at most that, with 97.5 % confidence (Wilson 1927) */
	unsigned good_samples;	 /* that this was measured with */
	unsigned fields;	 /* that mark it, beyond protocol, flags and destination port */
};

struct learner;

/* -ENOMEM. */
int learner_open(struct learner **ret_learner);

/* Writes at most cap (LEARN_FILTERS_MAX) filters that together cover as much as can be had below
 * the limit, the widest first. Returns how many; 0: *ret_why_not says why (static storage). */
unsigned learner_learn(struct learner *learner, const struct learn_input *input,
	struct learned *filters, unsigned cap, const char **ret_why_not);

/* How many fields of a filter mark what it matches; see LEARN_FIELDS_MIN. */
unsigned filter_fields(const struct wire_filter *filter);

/* A filter that matches all. */
void filter_any(struct wire_filter *ret_filter);

/* Upper end of Wilson's score interval (1927) for a share of that many observations, z = 1.96. */
double wilson_upper(double share, double observations);

/* NULL is fine. */
void learner_close(struct learner *learner);

#endif
