/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gen/lookup.c - see lookup.h. */
#include "gen/lookup.h"

#include <string.h>

#include "gen/script.h"

#define HEADER_BYTES 12
#define MESSAGE_MAX 1400
#define NAME_POINTER 0xc00c /* the name of the question */
#define FLAGS_QUERY 0x0100  /* RD */
#define FLAGS_ANSWER 0x8180 /* QR RD RA */
#define CLASS_IN 1
#define TTL_S 300
#define PREFERENCE 10 /* of an MX record */

static size_t name_put(uint8_t *out, const char *name)
{
	size_t len = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		out[len++] = (uint8_t)label;
		memcpy(out + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	out[len] = 0;
	return len + 1;
}

static size_t question_put(
	uint8_t *out, const struct lookup *lookup, uint16_t id, uint16_t flags, uint16_t answers)
{
	size_t len = HEADER_BYTES;

	memset(out, 0, HEADER_BYTES);
	put16(out, id);
	put16(out + 2, flags);
	put16(out + 4, 1);
	put16(out + 6, answers);
	len += name_put(out + len, lookup->name);
	put16(out + len, lookup->type);
	put16(out + len + 2, CLASS_IN);
	return len + 4;
}

/* The data of record number i; returns its length. */
static size_t data_put(uint8_t *out, const struct lookup *lookup, unsigned i)
{
	static const uint8_t prefix6[8] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x77 };

	switch (lookup->type) {
	case LOOKUP_A:
		put32(out, lookup->address[i]);
		return 4;
	case LOOKUP_AAAA:
		memcpy(out, prefix6, sizeof(prefix6));
		memset(out + 8, 0, 4);
		put32(out + 12, lookup->address[i]);
		return 16;
	case LOOKUP_MX:
		put16(out, PREFERENCE);
		return 2 + name_put(out + 2, lookup->target);
	case LOOKUP_CNAME:
	case LOOKUP_PTR:
		return name_put(out, lookup->target);
	case LOOKUP_TXT:
		out[0] = (uint8_t)lookup->data_len;
		memcpy(out + 1, lookup->data, lookup->data_len);
		return lookup->data_len + 1;
	case LOOKUP_NULL:
		break;
	}
	memcpy(out, lookup->data, lookup->data_len);
	return lookup->data_len;
}

static size_t record_put(uint8_t *out, const struct lookup *lookup, unsigned i)
{
	size_t len = data_put(out + 12, lookup, i);

	put16(out, NAME_POINTER);
	put16(out + 2, lookup->type);
	put16(out + 4, CLASS_IN);
	put32(out + 6, lookup->ttl_s ? lookup->ttl_s : TTL_S);
	put16(out + 10, (uint16_t)len);
	return len + 12;
}

static unsigned records_of(const struct lookup *lookup)
{
	if (lookup->code != LOOKUP_FOUND)
		return 0;
	if (lookup->type == LOOKUP_A || lookup->type == LOOKUP_AAAA)
		return lookup->count;
	return lookup->target || lookup->data ? 1 : 0;
}

void lookup_play(struct schedule *schedule, int64_t at_ns, const struct addr *client,
	const struct addr *resolver, const struct lookup *lookup, struct prng *prng)
{
	struct script *script = script_open(client, resolver, 53, prng);
	uint16_t id = (uint16_t)prng_next(prng);
	unsigned records = records_of(lookup);
	uint8_t message[MESSAGE_MAX];
	size_t len;

	script_over_udp(script);
	script_say(script, 0, message, question_put(message, lookup, id, FLAGS_QUERY, 0));
	len = question_put(
		message, lookup, id, (uint16_t)(FLAGS_ANSWER | lookup->code), (uint16_t)records);
	for (unsigned i = 0; i < records; i++)
		len += record_put(message + len, lookup, i);
	script_say(script, 1, message, len);
	script_play(script, schedule, at_ns);
}

void lookup_address(struct schedule *schedule, int64_t at_ns, const struct addr *client,
	const struct addr *resolver, const char *name, const struct addr *address,
	struct prng *prng)
{
	struct lookup lookup = {
		.name = name, .type = LOOKUP_A, .count = 1, .address = { addr_number(address) }
	};

	lookup_play(schedule, at_ns, client, resolver, &lookup, prng);
}
