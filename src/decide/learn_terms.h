/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/learn_terms.h - the single conditions that a learned filter is put together from.
 * Shared by the files of learn only.
 */
#ifndef WEIR_DECIDE_LEARN_TERMS_H
#define WEIR_DECIDE_LEARN_TERMS_H

#include "decide/features.h"
#include "decide/learn.h"

#define TERMS_MAX 128
#define ATTACK_WORDS (LEARN_ATTACK_MAX / 64)
#define GOOD_WORDS (LEARN_GOOD_MAX / 64)

/* A bit a sample, by its position. */
struct picked {
	uint64_t attack[ATTACK_WORDS], good[GOOD_WORDS];
};

struct term {
	struct wire_filter filter; /* of this condition alone */
	struct picked hit;	   /* of the base's */
};

struct terms {
	struct term list[TERMS_MAX];
	unsigned count;
	uint16_t histogram[65536]; /* all zero between uses */
	uint16_t values[LEARN_ATTACK_MAX];
};

/* The parts of the feature words: where each lies. */
struct field {
	uint8_t word, shift, bits;
};
enum {
	FIELD_PROTOCOL,
	FIELD_TCP_FLAGS,
	FIELD_TTL,
	FIELD_FRAGMENT,
	FIELD_SOURCE_PORT,
	FIELD_DESTINATION_PORT,
	FIELD_IP_LEN,
	FIELD_PAYLOAD_LEN,
	FIELD_TCP_WINDOW,
	FIELD_IP_ID,
	FIELD_BYTES,
	FIELD_COUNT = FIELD_BYTES + 16
};
struct field field_at(unsigned index);

static inline uint16_t field_value(const struct wire_features *features, struct field field)
{
	return (uint16_t)(features->word[field.word] >> field.shift & ((1U << field.bits) - 1));
}

static inline bool bit_get(const uint64_t *bits, unsigned at)
{
	return bits[at / 64] >> at % 64 & 1;
}

static inline void bit_set(uint64_t *bits, unsigned at)
{
	bits[at / 64] |= 1ULL << at % 64;
}

static inline unsigned bits_count(const uint64_t *bits, unsigned words)
{
	unsigned count = 0;

	for (unsigned i = 0; i < words; i++)
		count += (unsigned)__builtin_popcountll(bits[i]);
	return count;
}

/* The conditions that many of the attack's samples in `of` share, and which samples of base each
 * hits. */
void terms_make(struct terms *terms, const struct learn_input *input, const uint64_t *of,
	const struct picked *base);

/* Adds a condition to a filter; false when the two exclude one another. */
bool filter_narrow(struct wire_filter *filter, const struct wire_filter *by);

#endif
