/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/filter_words.c - a learned filter in words; see filter_words.h.
 *
 * fields[] says where each header field lies in the words of struct wire_features (bpf/wire.h).
 * Fields that are not compared are not named; those compared in part are written with their mask.
 */
#include "record/filter_words.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "record/names.h"

static const struct {
	const char *name;
	unsigned word, shift, bits;
} fields[] = {
	{ "protocol", 0, 0, 8 },
	{ "TCP flags", 0, 8, 8 },
	{ "TTL", 0, 16, 8 },
	{ "fragment", 0, 24, 8 },
	{ "source port", 0, 32, 16 },
	{ "destination port", 0, 48, 16 },
	{ "IP length", 1, 0, 16 },
	{ "payload length", 1, 16, 16 },
	{ "TCP window", 1, 32, 16 },
	{ "IP id", 1, 48, 16 },
};

struct words {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *words, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(words->text + words->len, words->size - words->len, format, args);
	va_end(args);
	if (more > 0)
		words->len += (size_t)more;
	if (words->len >= words->size)
		words->len = words->size - 1;
}

static void part(struct words *words)
{
	if (words->len)
		add(words, ", ");
}

static void add_field(struct words *words, unsigned index, uint64_t mask, uint64_t value)
{
	uint64_t all = (1ULL << fields[index].bits) - 1;
	char proto[8];

	if (mask == 0)
		return;
	part(words);
	if (index == 0 && mask == all)
		add(words, "protocol %s", proto_name((uint8_t)value, proto));
	else if (mask != all)
		add(words, "%s & 0x%llx = 0x%llx", fields[index].name, (unsigned long long)mask,
			(unsigned long long)value);
	else if (index == 1 || fields[index].shift == 48)
		add(words, index == 5 ? "%s %llu" : "%s 0x%llx", fields[index].name,
			(unsigned long long)value);
	else
		add(words, "%s %llu", fields[index].name, (unsigned long long)value);
}

static void add_range(
	struct words *words, const char *name, unsigned least, unsigned most, unsigned end)
{
	if (least == 0 && most >= end)
		return;
	part(words);
	if (least == most)
		add(words, "%s %u", name, least);
	else
		add(words, "%s %u..%u", name, least, most);
}

/* Bytes from the first to the last that is compared; those between that are not are "??". */
static void add_bytes(struct words *words, unsigned offset, const uint64_t *masks,
	const uint64_t *values, unsigned count)
{
	unsigned first = count * 8, end = 0;

	for (unsigned i = 0; i < count * 8; i++)
		if (masks[i / 8] >> i % 8 * 8 & 0xff) {
			first = i < first ? i : first;
			end = i + 1;
		}
	if (end == 0)
		return;
	part(words);
	add(words, "payload from byte %u:", offset + first);
	for (unsigned i = first; i < end; i++) {
		unsigned mask = masks[i / 8] >> i % 8 * 8 & 0xff;
		unsigned value = values[i / 8] >> i % 8 * 8 & 0xff;

		if (mask == 0)
			add(words, " ??");
		else if (mask == 0xff)
			add(words, " %02x", value);
		else
			add(words, " %02x/%02x", value, mask);
	}
}

const char *filter_words(const struct wire_filter *filter, char *text, size_t size)
{
	struct words words = { text, size, 0 };
	uint64_t deep_mask = filter->deep_mask, deep_value = filter->deep_value;
	uint64_t masks[2] = { filter->mask[2], filter->mask[3] };
	uint64_t values[2] = { filter->value[2], filter->value[3] };

	text[0] = '\0';
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		uint64_t all = (1ULL << fields[i].bits) - 1;

		add_field(&words, i, filter->mask[fields[i].word] >> fields[i].shift & all,
			filter->value[fields[i].word] >> fields[i].shift & all);
	}
	add_range(&words, "IP length", filter->ip_len_min, filter->ip_len_max, UINT16_MAX);
	add_range(&words, "payload length", filter->payload_len_min, filter->payload_len_max,
		UINT16_MAX);
	add_range(&words, "TTL", filter->ttl_min, filter->ttl_max, UINT8_MAX);
	add_bytes(&words, 0, masks, values, 2);
	add_bytes(&words, filter->deep_offset, &deep_mask, &deep_value, 1);
	if (words.len == 0)
		add(&words, "every packet");
	return text;
}
