/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/learn_terms.c - which values, bits and ranges many samples of an attack share.
 *
 * A value counts when a tenth of the samples have it, and at least SUPPORT_MIN: a field that is
 * filled at random has none. Bits that 98 % agree on make a masked condition, when half of
 * the field does. Lengths and time to live
 * make ranges, open to one side or to none. Payload bytes are looked at only where nearly all
 * have that much payload.
 */
#include "decide/learn_terms.h"

#include <stdlib.h>

#define SUPPORT_MIN 10
#define SUPPORT_SHARE 0.1
#define AGREED_SHARE 0.98
#define VALUES_EACH 3
#define DEEP_BYTES_MIN 3 /* agreed bytes of eight that make a deep condition */
#define DEEP_STEP 4

static const struct field header_fields[FIELD_BYTES] = {
	[FIELD_PROTOCOL] = { 0, 0, 8 },
	[FIELD_TCP_FLAGS] = { 0, 8, 8 },
	[FIELD_TTL] = { 0, 16, 8 },
	[FIELD_FRAGMENT] = { 0, 24, 8 },
	[FIELD_SOURCE_PORT] = { 0, 32, 16 },
	[FIELD_DESTINATION_PORT] = { 0, 48, 16 },
	[FIELD_IP_LEN] = { 1, 0, 16 },
	[FIELD_PAYLOAD_LEN] = { 1, 16, 16 },
	[FIELD_TCP_WINDOW] = { 1, 32, 16 },
	[FIELD_IP_ID] = { 1, 48, 16 },
};

struct field field_at(unsigned index)
{
	unsigned byte = index - FIELD_BYTES;

	if (index < FIELD_BYTES)
		return header_fields[index];
	return (struct field){ (uint8_t)(2 + byte / 8), (uint8_t)(byte % 8 * 8), 8 };
}

void filter_any(struct wire_filter *ret_filter)
{
	*ret_filter = (struct wire_filter){
		.ip_len_max = UINT16_MAX,
		.payload_len_max = UINT16_MAX,
		.ttl_max = UINT8_MAX,
	};
}

static bool narrow_masked(__u64 *mask, __u64 *value, uint64_t by_mask, uint64_t by_value)
{
	if ((*value ^ by_value) & *mask & by_mask)
		return false;
	*mask |= by_mask;
	*value |= by_value;
	return true;
}

#define NARROW_RANGE(filter, by, name)                                                             \
	do {                                                                                       \
		if ((by)->name##_min > (filter)->name##_min)                                       \
			(filter)->name##_min = (by)->name##_min;                                   \
		if ((by)->name##_max < (filter)->name##_max)                                       \
			(filter)->name##_max = (by)->name##_max;                                   \
	} while (0)

bool filter_narrow(struct wire_filter *filter, const struct wire_filter *by)
{
	struct wire_filter both = *filter;

	for (unsigned i = 0; i < WIRE_FEATURE_WORDS; i++)
		if (!narrow_masked(&both.mask[i], &both.value[i], by->mask[i], by->value[i]))
			return false;
	if (by->deep_mask && both.deep_mask && by->deep_offset != both.deep_offset)
		return false;
	if (!narrow_masked(&both.deep_mask, &both.deep_value, by->deep_mask, by->deep_value))
		return false;
	both.deep_offset = by->deep_mask ? by->deep_offset : both.deep_offset;
	NARROW_RANGE(&both, by, ip_len);
	NARROW_RANGE(&both, by, payload_len);
	NARROW_RANGE(&both, by, ttl);
	if (both.ip_len_min > both.ip_len_max || both.payload_len_min > both.payload_len_max ||
		both.ttl_min > both.ttl_max)
		return false;
	*filter = both;
	return true;
}

static void find_hits(struct term *term, const struct learn_input *input, const struct picked *base)
{
	term->hit = (struct picked){ 0 };
	for (unsigned i = 0; i < input->attack_count; i++)
		if (bit_get(base->attack, i) && filter_matches(&term->filter, &input->attack[i]))
			bit_set(term->hit.attack, i);
	for (unsigned i = 0; i < input->good_count; i++)
		if (bit_get(base->good, i) && filter_matches(&term->filter, &input->good[i]))
			bit_set(term->hit.good, i);
}

/* What is being made, handed through. */
struct making {
	struct terms *terms;
	const struct learn_input *input;
	const uint64_t *of;
	const struct picked *base;
	unsigned support, count; /* samples that a value needs; that there are */
};

static void add_term(const struct making *m, const struct wire_filter *filter)
{
	struct terms *terms = m->terms;

	if (terms->count == TERMS_MAX)
		return;
	terms->list[terms->count].filter = *filter;
	find_hits(&terms->list[terms->count++], m->input, m->base);
}

static void add_masked(const struct making *m, struct field field, uint64_t mask, uint64_t value)
{
	struct wire_filter filter;

	filter_any(&filter);
	filter.mask[field.word] = mask << field.shift;
	filter.value[field.word] = (value & mask) << field.shift;
	add_term(m, &filter);
}

/* The values of a field; how many. */
static unsigned collect(const struct making *m, struct field field)
{
	unsigned count = 0;

	for (unsigned i = 0; i < m->input->attack_count; i++)
		if (bit_get(m->of, i))
			m->terms->values[count++] =
				field_value(&m->input->attack[i].features, field);
	return count;
}

/* The most frequent value that has support, and takes it out; false when there is none. */
static bool take_frequent(const struct making *m, unsigned count, uint16_t *ret_value)
{
	uint16_t *histogram = m->terms->histogram;
	unsigned best = 0;

	for (unsigned i = 0; i < count; i++) {
		uint16_t value = m->terms->values[i];

		if (histogram[value] > best ||
			(histogram[value] == best && best && value < *ret_value)) {
			best = histogram[value];
			*ret_value = value;
		}
	}
	if (best < m->support)
		return false;
	histogram[*ret_value] = 0;
	return true;
}

/* Bits that nearly all agree on. */
static uint64_t agreed_bits(
	const struct making *m, unsigned count, unsigned bits, uint64_t *ret_value)
{
	uint64_t mask = 0, value = 0;

	for (unsigned bit = 0; bit < bits; bit++) {
		unsigned ones = 0;

		for (unsigned i = 0; i < count; i++)
			ones += m->terms->values[i] >> bit & 1;
		if (ones >= count * AGREED_SHARE)
			value |= 1ULL << bit;
		if (ones >= count * AGREED_SHARE || ones <= count * (1 - AGREED_SHARE))
			mask |= 1ULL << bit;
	}
	*ret_value = value;
	return mask;
}

/* Of lengths ranges say more than bits. */
static bool is_length(struct field field)
{
	return field.word == 1 && field.shift < 32;
}

static void add_values(const struct making *m, struct field field)
{
	unsigned count = collect(m, field);
	uint64_t all = (1ULL << field.bits) - 1, mask, value;
	uint16_t frequent = 0;

	for (unsigned i = 0; i < count; i++)
		m->terms->histogram[m->terms->values[i]]++;
	for (unsigned i = 0; i < VALUES_EACH && take_frequent(m, count, &frequent); i++)
		add_masked(m, field, all, frequent);
	for (unsigned i = 0; i < count; i++)
		m->terms->histogram[m->terms->values[i]] = 0;
	mask = agreed_bits(m, count, field.bits, &value);
	if (mask != all && (unsigned)__builtin_popcountll(mask) * 2 >= field.bits &&
		!is_length(field))
		add_masked(m, field, mask, value);
}

static void add_range(const struct making *m, unsigned index, unsigned least, unsigned most)
{
	struct wire_filter filter;

	filter_any(&filter);
	if (index == FIELD_TTL) {
		filter.ttl_min = (uint8_t)least;
		filter.ttl_max = most < UINT8_MAX ? (uint8_t)most : UINT8_MAX;
	} else if (index == FIELD_IP_LEN) {
		filter.ip_len_min = (uint16_t)least;
		filter.ip_len_max = (uint16_t)most;
	} else {
		filter.payload_len_min = (uint16_t)least;
		filter.payload_len_max = (uint16_t)most;
	}
	add_term(m, &filter);
}

static int compare_values(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Between the outermost, without the outer twentieths, and from one of these on. */
static void add_ranges(const struct making *m, unsigned index)
{
	unsigned count = collect(m, field_at(index));
	uint16_t *values = m->terms->values;
	unsigned low = count / 20, high = count - 1 - count / 20;

	qsort(values, count, sizeof(*values), compare_values);
	if (values[0] == values[count - 1])
		return;
	add_range(m, index, values[0], values[count - 1]);
	add_range(m, index, values[low], values[high]);
	if (values[low] > 0)
		add_range(m, index, values[low], UINT16_MAX);
	add_range(m, index, 0, values[high]);
}

/* Do nearly all have so much payload? */
static bool has_payload(const struct making *m, unsigned bytes)
{
	unsigned count = 0;

	for (unsigned i = 0; i < m->input->attack_count; i++)
		count += bit_get(m->of, i) &&
			 feature_payload_len(&m->input->attack[i].features) >= bytes;
	return count >= m->count * AGREED_SHARE;
}

static uint8_t deep_byte(const struct memory_sample *sample, unsigned offset)
{
	unsigned at = offset - FEATURES_DEEP_FIRST;

	return (uint8_t)(sample->deep[at / 8] >> at % 8 * 8);
}

/* True when nearly all agree on the byte. */
static bool agreed_byte(const struct making *m, unsigned offset, uint8_t *ret_byte)
{
	unsigned counts[256] = { 0 }, best = 0;

	for (unsigned i = 0; i < m->input->attack_count; i++)
		if (bit_get(m->of, i))
			counts[deep_byte(&m->input->attack[i], offset)]++;
	for (unsigned value = 1; value < 256; value++)
		if (counts[value] > counts[best])
			best = value;
	*ret_byte = (uint8_t)best;
	return counts[best] >= m->count * AGREED_SHARE;
}

static void add_deep(const struct making *m, unsigned offset)
{
	struct wire_filter filter;
	unsigned agreed = 0;
	uint8_t byte;

	if (!has_payload(m, offset + 8))
		return;
	filter_any(&filter);
	filter.deep_offset = (uint16_t)offset;
	for (unsigned i = 0; i < 8; i++) {
		if (!agreed_byte(m, offset + i, &byte))
			continue;
		filter.deep_mask |= 0xffULL << 8 * i;
		filter.deep_value |= (uint64_t)byte << 8 * i;
		agreed++;
	}
	if (agreed >= DEEP_BYTES_MIN)
		add_term(m, &filter);
}

static bool is_tcp(const struct making *m)
{
	for (unsigned i = 0; i < m->input->attack_count; i++)
		if (bit_get(m->of, i))
			return feature_protocol(&m->input->attack[i].features) == 6;
	return false;
}

void terms_make(struct terms *terms, const struct learn_input *input, const uint64_t *of,
	const struct picked *base)
{
	struct making m = { terms, input, of, base, 0, bits_count(of, ATTACK_WORDS) };

	terms->count = 0;
	m.support = (unsigned)(m.count * SUPPORT_SHARE);
	if (m.support < SUPPORT_MIN)
		m.support = SUPPORT_MIN;
	if (m.count == 0)
		return;
	add_values(&m, field_at(FIELD_SOURCE_PORT));
	add_values(&m, field_at(FIELD_DESTINATION_PORT));
	add_values(&m, field_at(FIELD_PAYLOAD_LEN));
	add_values(&m, field_at(FIELD_IP_LEN));
	add_values(&m, field_at(FIELD_TTL));
	if (is_tcp(&m))
		add_values(&m, field_at(FIELD_TCP_WINDOW));
	add_values(&m, field_at(FIELD_IP_ID));
	add_ranges(&m, FIELD_PAYLOAD_LEN);
	add_ranges(&m, FIELD_IP_LEN);
	add_ranges(&m, FIELD_TTL);
	for (unsigned byte = 0; byte < 16 && has_payload(&m, byte + 1); byte++)
		add_values(&m, field_at(FIELD_BYTES + byte));
	for (unsigned offset = FEATURES_DEEP_FIRST;
		offset <= FEATURES_DEEP_FIRST + 8 * (FEATURES_DEEP_WORDS - 1); offset += DEEP_STEP)
		add_deep(&m, offset);
}
