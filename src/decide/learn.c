/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/learn.c - see learn.h.
 *
 * Sequential covering: of what no filter covers yet, the largest group of one protocol, fragment
 * kind and set of TCP flags is taken; a beam search puts conditions (learn_terms.c) together that
 * keep the group's samples and lose the good ones; then the filter is narrowed by all that its
 * samples have in common anyway. What it reaches on the third that was held back decides whether it
 * is any good, and is what is said of it.
 */
#include "decide/learn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "decide/learn_terms.h"

#define PROTOCOL_TCP 6
#define BEAM_WIDTH 5
#define BEAM_DEPTH 4
#define GROUP_MIN 24	   /* samples of a group, of those learned from */
#define GROUP_SHARE 0.05   /* and share of the attack, as a filter must reach */
#define HOLDS_SHARE 0.7	   /* of the coverage must be there again on the samples held back */
#define COMMON_SHARE 0.995 /* of a filter's samples that agree, so that it may ask for it */
#define RANGE_PAD 32	   /* a range is widened by one in so many on each side */
#define MARKED_BITS 12	   /* of a field that must agree, so that it marks the attack */
#define USUAL_LENGTH 1500  /* bytes; Ethernet's MTU */
#define WILSON_Z 1.96	   /* two-sided 95 % */

struct state {
	struct wire_filter filter;
	struct picked hit; /* also of those held back */
	double score;
	unsigned attack, good; /* hits of those learned from */
};

struct learner {
	struct terms terms;
	struct learn_input input;
	struct picked train;	     /* those learned from */
	uint64_t left[ATTACK_WORDS]; /* of the attack: not covered yet */
	struct state beam[BEAM_WIDTH], next[BEAM_WIDTH], best;
	unsigned width, next_width;
	unsigned train_good;
};

int learner_open(struct learner **ret_learner)
{
	struct learner *learner = calloc(1, sizeof(*learner));

	if (!learner)
		return -ENOMEM;
	*ret_learner = learner;
	return 0;
}

void learner_close(struct learner *learner)
{
	free(learner);
}

/* A third, by Knuth's multiplicative hash: no rhythm of the samples falls in with it. */
static bool is_held(unsigned i)
{
	return (i * 2654435761U >> 16) % 3 == 2;
}

double wilson_upper(double share, double observations)
{
	double z2 = WILSON_Z * WILSON_Z, n = observations;
	double upper;

	if (n <= 0)
		return 1;
	upper = (share + z2 / (2 * n) +
			WILSON_Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n))) /
		(1 + z2 / n);
	return upper < 1 ? upper : 1;
}

/* Share of the samples by weight that it hits; *ret_bound: its upper bound. 0 and 1 without any.
 * Weighted samples are worth (sum w)^2 / sum w^2 plain ones (Kish 1965). */
static double share_of(const struct wire_filter *filter, const struct memory_sample *samples,
	unsigned count, bool is_held_back, double *ret_bound)
{
	double all = 0, squares = 0, hit = 0, share;

	for (unsigned i = 0; i < count; i++) {
		double weight = samples[i].weight;

		if (is_held_back && !is_held(i))
			continue;
		all += weight;
		squares += weight * weight;
		if (filter_matches(filter, &samples[i]))
			hit += weight;
	}
	share = all > 0 ? hit / all : 0;
	*ret_bound = all > 0 ? wilson_upper(share, all * all / squares) : 1;
	return share;
}

static unsigned masked_bits(const struct wire_filter *filter, unsigned index)
{
	struct field field = field_at(index);

	return (unsigned)__builtin_popcountll(
		filter->mask[field.word] >> field.shift & ((1ULL << field.bits) - 1));
}

/* A range marks when it leaves a sixteenth of what is usual, or less. */
static bool is_narrow(unsigned least, unsigned most, unsigned usual)
{
	return least <= most && (most - least + 1) * 16 <= usual;
}

static bool is_length_marked(const struct wire_filter *filter)
{
	return masked_bits(filter, FIELD_IP_LEN) == 16 ||
	       masked_bits(filter, FIELD_PAYLOAD_LEN) == 16 ||
	       is_narrow(filter->ip_len_min, filter->ip_len_max, USUAL_LENGTH) ||
	       is_narrow(filter->payload_len_min, filter->payload_len_max, USUAL_LENGTH);
}

/* An IPv4 identification of 0 is what many honest senders write. */
static bool is_id_marked(const struct wire_filter *filter)
{
	return masked_bits(filter, FIELD_IP_ID) >= MARKED_BITS && filter->value[1] >> 48 != 0;
}

unsigned filter_fields(const struct wire_filter *filter)
{
	unsigned fields = 0;

	fields += masked_bits(filter, FIELD_SOURCE_PORT) >= MARKED_BITS;
	fields += masked_bits(filter, FIELD_TTL) == 8 ||
		  is_narrow(filter->ttl_min, filter->ttl_max, 256);
	fields += is_length_marked(filter);
	fields += masked_bits(filter, FIELD_TCP_WINDOW) >= MARKED_BITS;
	fields += is_id_marked(filter);
	fields += __builtin_popcountll(filter->mask[2]) >= MARKED_BITS;
	fields += __builtin_popcountll(filter->mask[3]) >= MARKED_BITS;
	fields += __builtin_popcountll(filter->deep_mask) >= MARKED_BITS;
	return fields;
}

/* Of these, what marks an attack without a look at good traffic. Length, TTL and window of TCP do
 * not: every client of one operating system has the same. */
static unsigned telling_fields(const struct wire_filter *filter)
{
	struct wire_filter bare = *filter;

	if ((filter->mask[0] & 0xff) != 0xff || (filter->value[0] & 0xff) != PROTOCOL_TCP)
		return filter_fields(filter);
	bare.mask[0] &= ~0xff0000ULL;
	bare.mask[1] &= ~0xffffffffffffULL;
	bare.ttl_min = 0;
	bare.ttl_max = UINT8_MAX;
	bare.ip_len_min = bare.payload_len_min = 0;
	bare.ip_len_max = bare.payload_len_max = UINT16_MAX;
	return filter_fields(&bare);
}

static unsigned count_both(const uint64_t *a, const uint64_t *b, unsigned words)
{
	unsigned count = 0;

	for (unsigned i = 0; i < words; i++)
		count += (unsigned)__builtin_popcountll(a[i] & b[i]);
	return count;
}

/* Coverage first, good traffic spared, and what is marked well preferred to what is not. */
static void rate(const struct learner *learner, struct state *state, unsigned group)
{
	static const double worth[] = { 0.4, 0.8, 0.95, 1 };
	unsigned fields = filter_fields(&state->filter);
	double max = learner->input.collateral_max, share = 0;

	state->attack = count_both(state->hit.attack, learner->train.attack, ATTACK_WORDS);
	state->good = count_both(state->hit.good, learner->train.good, GOOD_WORDS);
	if (learner->train_good > 0)
		share = (double)state->good / learner->train_good;
	state->score = (double)state->attack / group * worth[fields < 3 ? fields : 3];
	if (share > max / 2)
		state->score -= 5 * (share - max / 2);
	if (share > max)
		state->score -= 0.5;
}

/* Keeps the best few; of two that hit the same, the first. */
static void offer(struct learner *learner, const struct state *state)
{
	unsigned at = learner->next_width;

	for (unsigned i = 0; i < learner->next_width; i++)
		if (learner->next[i].attack == state->attack &&
			learner->next[i].good == state->good &&
			learner->next[i].score >= state->score)
			return;
	if (at == BEAM_WIDTH) {
		if (learner->next[--at].score >= state->score)
			return;
	} else {
		learner->next_width++;
	}
	for (; at > 0 && learner->next[at - 1].score < state->score; at--)
		learner->next[at] = learner->next[at - 1];
	learner->next[at] = *state;
}

static void extend(
	struct learner *learner, const struct state *from, const struct term *term, unsigned group)
{
	struct state state;

	/* Cheap first: most conditions leave too little. */
	if (count_both(from->hit.attack, term->hit.attack, ATTACK_WORDS) * 10 < group)
		return;
	state = *from;
	if (!filter_narrow(&state.filter, &term->filter))
		return;
	for (unsigned i = 0; i < ATTACK_WORDS; i++)
		state.hit.attack[i] &= term->hit.attack[i];
	for (unsigned i = 0; i < GOOD_WORDS; i++)
		state.hit.good[i] &= term->hit.good[i];
	rate(learner, &state, group);
	if (state.score > from->score)
		offer(learner, &state);
}

static void search(struct learner *learner, const struct state *base, unsigned group)
{
	learner->best = learner->beam[0] = *base;
	learner->width = 1;
	for (unsigned depth = 0; depth < BEAM_DEPTH && learner->width > 0; depth++) {
		learner->next_width = 0;
		for (unsigned b = 0; b < learner->width; b++)
			for (unsigned t = 0; t < learner->terms.count; t++)
				extend(learner, &learner->beam[b], &learner->terms.list[t], group);
		for (unsigned i = 0; i < learner->next_width; i++)
			learner->beam[i] = learner->next[i];
		learner->width = learner->next_width;
		if (learner->width > 0 && learner->beam[0].score > learner->best.score)
			learner->best = learner->beam[0];
	}
}

static void widen(unsigned *least, unsigned *most, unsigned max)
{
	unsigned pad = (*most - *least + RANGE_PAD - 1) / RANGE_PAD;

	*least = *least > pad ? *least - pad : 0;
	*most = *most + pad < max ? *most + pad : max;
}

/* The range of a field over the samples that the filter hits, when that says anything. */
static bool common_range(
	const struct learner *learner, unsigned index, unsigned *ret_least, unsigned *ret_most)
{
	struct field field = field_at(index);
	unsigned least = UINT16_MAX, most = 0, max = (1U << field.bits) - 1;

	for (unsigned i = 0; i < learner->input.attack_count; i++) {
		unsigned value = field_value(&learner->input.attack[i].features, field);

		if (!bit_get(learner->best.hit.attack, i) || !bit_get(learner->train.attack, i))
			continue;
		least = value < least ? value : least;
		most = value > most ? value : most;
	}
	if (least > most || most - least > max / 4 ||
		masked_bits(&learner->best.filter, index) == field.bits)
		return false;
	widen(&least, &most, max);
	*ret_least = least;
	*ret_most = most;
	return true;
}

static void tighten_ranges(struct learner *learner)
{
	struct wire_filter by;
	unsigned least, most;

	filter_any(&by);
	if (common_range(learner, FIELD_IP_LEN, &least, &most)) {
		by.ip_len_min = (uint16_t)least;
		by.ip_len_max = (uint16_t)most;
	}
	if (common_range(learner, FIELD_PAYLOAD_LEN, &least, &most)) {
		by.payload_len_min = (uint16_t)least;
		by.payload_len_max = (uint16_t)most;
	}
	if (common_range(learner, FIELD_TTL, &least, &most)) {
		by.ttl_min = (uint8_t)least;
		by.ttl_max = (uint8_t)most;
	}
	filter_narrow(&learner->best.filter, &by);
}

static bool is_range(const struct wire_filter *filter)
{
	return filter->ip_len_min > 0 || filter->ip_len_max < UINT16_MAX ||
	       filter->payload_len_min > 0 || filter->payload_len_max < UINT16_MAX ||
	       filter->ttl_min > 0 || filter->ttl_max < UINT8_MAX;
}

/* Adds what all its samples have in common, so that as little else as can be is hit. */
static void tighten(struct learner *learner)
{
	struct state *best = &learner->best;

	for (unsigned t = 0; t < learner->terms.count; t++) {
		const struct term *term = &learner->terms.list[t];
		unsigned common = 0;

		for (unsigned i = 0; i < ATTACK_WORDS; i++)
			common += (unsigned)__builtin_popcountll(best->hit.attack[i] &
								 term->hit.attack[i] &
								 learner->train.attack[i]);
		if (is_range(&term->filter) || common < best->attack * COMMON_SHARE ||
			!filter_narrow(&best->filter, &term->filter))
			continue;
		for (unsigned i = 0; i < ATTACK_WORDS; i++)
			best->hit.attack[i] &= term->hit.attack[i];
		best->attack = common;
	}
	tighten_ranges(learner);
}

/* Protocol, kind of fragment and TCP flags: what tells one attack from another at a glance. */
static uint64_t group_of(const struct memory_sample *sample)
{
	return sample->features.word[0] & 0xff00ffffULL;
}

/* The largest group among what is left; its samples learned from. */
static unsigned largest_group(const struct learner *learner, uint64_t *ret_group, uint64_t *ret_of)
{
	unsigned best = 0;

	for (unsigned i = 0; i < learner->input.attack_count; i++) {
		uint64_t of[ATTACK_WORDS] = { 0 };
		uint64_t group = group_of(&learner->input.attack[i]);
		unsigned count = 0;

		if (!bit_get(learner->left, i) || (best > 0 && group == *ret_group))
			continue;
		for (unsigned k = i; k < learner->input.attack_count; k++)
			if (bit_get(learner->left, k) && bit_get(learner->train.attack, k) &&
				group_of(&learner->input.attack[k]) == group) {
				bit_set(of, k);
				count++;
			}
		if (count <= best)
			continue;
		best = count;
		*ret_group = group;
		memcpy(ret_of, of, sizeof(of));
		if (count * 2 > bits_count(learner->left, ATTACK_WORDS))
			break;
	}
	return best;
}

static void begin(struct learner *learner, uint64_t group, struct state *ret_base)
{
	*ret_base = (struct state){ 0 };
	filter_any(&ret_base->filter);
	ret_base->filter.mask[0] = 0xff0000ffULL | ((group & 0xff) == 6 ? 0xff00 : 0);
	ret_base->filter.value[0] = group & ret_base->filter.mask[0];
	for (unsigned i = 0; i < learner->input.attack_count; i++)
		if (bit_get(learner->left, i) &&
			filter_matches(&ret_base->filter, &learner->input.attack[i]))
			bit_set(ret_base->hit.attack, i);
	for (unsigned i = 0; i < learner->input.good_count; i++)
		if (filter_matches(&ret_base->filter, &learner->input.good[i]))
			bit_set(ret_base->hit.good, i);
}

/* Is it there on the samples held back as it was on those learned from? */
static bool holds(const struct learner *learner)
{
	unsigned learned[2] = { 0 }, held[2] = { 0 };

	for (unsigned i = 0; i < learner->input.attack_count; i++) {
		bool hit = filter_matches(&learner->best.filter, &learner->input.attack[i]);

		if (bit_get(learner->train.attack, i)) {
			learned[0]++;
			learned[1] += hit;
		} else {
			held[0]++;
			held[1] += hit;
		}
	}
	if (learned[0] == 0 || held[0] == 0)
		return false;
	return held[1] >= held[0] * GROUP_SHARE &&
	       (double)held[1] / held[0] >= HOLDS_SHARE * learned[1] / learned[0];
}

/* NULL, or why the filter found is not to be used. */
static const char *measure(const struct learner *learner, struct learned *ret_learned)
{
	const struct learn_input *input = &learner->input;
	const struct wire_filter *filter = &learner->best.filter;
	double bound, all_bound, all;

	ret_learned->filter = *filter;
	ret_learned->fields = filter_fields(filter);
	ret_learned->good_samples = input->good_count;
	ret_learned->coverage = share_of(filter, input->attack, input->attack_count, true, &bound);
	ret_learned->collateral = share_of(filter, input->good, input->good_count, true, &bound);
	all = share_of(filter, input->good, input->good_count, false, &all_bound);
	if (all > ret_learned->collateral)
		ret_learned->collateral = all;
	ret_learned->collateral_bound = bound > all_bound ? bound : all_bound;
	if (!holds(learner))
		return "what was learned from some of the samples did not hold for the others";
	if (ret_learned->collateral > input->collateral_max)
		return "good traffic looks the same as the attack, so that too much of it would "
		       "be hit";
	if (ret_learned->collateral_bound > input->collateral_max &&
		telling_fields(filter) < LEARN_FIELDS_MIN)
		return "too little good traffic is known to hold against a signature that fits so "
		       "much";
	return NULL;
}

static const char *learn_group(struct learner *learner, uint64_t group, const uint64_t *of,
	unsigned count, struct learned *ret_learned)
{
	struct state base;

	begin(learner, group, &base);
	rate(learner, &base, count);
	terms_make(&learner->terms, &learner->input, of, &base.hit);
	search(learner, &base, count);
	tighten(learner);
	return measure(learner, ret_learned);
}

static void drop_group(struct learner *learner, uint64_t group)
{
	for (unsigned i = 0; i < learner->input.attack_count; i++)
		if (group_of(&learner->input.attack[i]) == group)
			learner->left[i / 64] &= ~(1ULL << i % 64);
}

static void drop_covered(struct learner *learner, const struct wire_filter *filter)
{
	for (unsigned i = 0; i < learner->input.attack_count; i++)
		if (filter_matches(filter, &learner->input.attack[i]))
			learner->left[i / 64] &= ~(1ULL << i % 64);
}

static unsigned prepare(struct learner *learner, const struct learn_input *input)
{
	learner->input = *input;
	if (learner->input.attack_count > LEARN_ATTACK_MAX)
		learner->input.attack_count = LEARN_ATTACK_MAX;
	if (learner->input.good_count > LEARN_GOOD_MAX)
		learner->input.good_count = LEARN_GOOD_MAX;
	learner->train = (struct picked){ 0 };
	memset(learner->left, 0, sizeof(learner->left));
	for (unsigned i = 0; i < learner->input.attack_count; i++) {
		bit_set(learner->left, i);
		if (!is_held(i))
			bit_set(learner->train.attack, i);
	}
	for (unsigned i = 0; i < learner->input.good_count; i++)
		if (!is_held(i))
			bit_set(learner->train.good, i);
	learner->train_good = bits_count(learner->train.good, GOOD_WORDS);
	return bits_count(learner->train.attack, ATTACK_WORDS);
}

unsigned learner_learn(struct learner *learner, const struct learn_input *input,
	struct learned *filters, unsigned cap, const char **ret_why_not)
{
	unsigned samples = prepare(learner, input), found = 0;
	uint64_t of[ATTACK_WORDS], group = 0;

	*ret_why_not = "the attack's packets have nothing in common";
	if (learner->input.attack_count < LEARN_ATTACK_MIN) {
		*ret_why_not = "too few of its packets have been seen";
		return 0;
	}
	/* Each round takes at least one group or one filter's samples out of what is left. */
	for (unsigned round = 0; round < 2 * LEARN_FILTERS_MAX && found < cap; round++) {
		unsigned count = largest_group(learner, &group, of);
		const char *why_not;

		if (count < GROUP_MIN || count < samples * GROUP_SHARE)
			break;
		why_not = learn_group(learner, group, of, count, &filters[found]);
		if (why_not) {
			*ret_why_not = why_not;
			drop_group(learner, group);
			continue;
		}
		drop_covered(learner, &filters[found++].filter);
	}
	return found;
}
