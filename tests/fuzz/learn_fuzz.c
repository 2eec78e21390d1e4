/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/learn_fuzz.c - signature learning on any samples.
 *
 * Input: how many samples are of the attack (1 byte, times 4), how many good (1 byte, times 8),
 * then the features, read round and round, so that short inputs make many samples. What must hold
 * of each filter: values within their masks, ranges in order, at most the allowed collateral, of
 * one protocol, and the same filters when it is done again.
 */
#include <stdlib.h>

#include "decide/learn.h"
#include "lib/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COLLATERAL_MAX 0.01

static struct memory_sample attack[255 * 4], good[255 * 8];

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void read_samples(struct memory_sample *samples, unsigned count, struct rd *rd,
	const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < count; i++) {
		struct memory_sample *sample = &samples[i];

		if (rd_left(rd) < 9)
			*rd = rd_over(data, size);
		*sample = (struct memory_sample){ .weight = 1U + rd_u8(rd) };
		sample->features.word[0] = rd_be16(rd) | (uint64_t)rd_u8(rd) << 32;
		sample->features.word[1] = (uint64_t)rd_be16(rd) << 16 | rd_u8(rd);
		sample->features.word[2] = rd_u8(rd);
		sample->deep[1] = rd_u8(rd);
	}
}

static void check(const struct learned *learned)
{
	const struct wire_filter *filter = &learned->filter;

	for (unsigned i = 0; i < WIRE_FEATURE_WORDS; i++)
		require((filter->value[i] & ~filter->mask[i]) == 0);
	require((filter->deep_value & ~filter->deep_mask) == 0);
	require(filter->deep_offset <= WIRE_DEEP_MAX);
	require((filter->mask[0] & 0xff) == 0xff);
	require(filter->ip_len_min <= filter->ip_len_max);
	require(filter->payload_len_min <= filter->payload_len_max);
	require(filter->ttl_min <= filter->ttl_max);
	require(filter->mitigation == 0 && filter->expires_ns == 0 && filter->hits == 0);
	require(learned->coverage > 0 && learned->coverage <= 1);
	require(learned->collateral >= 0 && learned->collateral <= COLLATERAL_MAX);
	require(learned->collateral_bound <= COLLATERAL_MAX || learned->fields >= LEARN_FIELDS_MIN);
	require(learned->fields == filter_fields(filter));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct learned first[LEARN_FILTERS_MAX], again[LEARN_FILTERS_MAX];
	struct learn_input input = { attack, good, 0, 0, COLLATERAL_MAX };
	struct learner *learner;
	const char *why_not;
	struct rd rd;
	unsigned count;

	if (size < 2 + 9)
		return 0;
	input.attack_count = data[0] * 4U;
	input.good_count = data[1] * 8U;
	rd = rd_over(data + 2, size - 2);
	read_samples(attack, input.attack_count, &rd, data + 2, size - 2);
	read_samples(good, input.good_count, &rd, data + 2, size - 2);
	if (learner_open(&learner) < 0)
		return 0;
	count = learner_learn(learner, &input, first, LEARN_FILTERS_MAX, &why_not);
	require(count <= LEARN_FILTERS_MAX && why_not);
	for (unsigned i = 0; i < count; i++)
		check(&first[i]);
	require(learner_learn(learner, &input, again, LEARN_FILTERS_MAX, &why_not) == count);
	for (unsigned i = 0; i < count; i++)
		require(memcmp(&first[i].filter, &again[i].filter, sizeof(first[i].filter)) == 0);
	learner_close(learner);
	return 0;
}
