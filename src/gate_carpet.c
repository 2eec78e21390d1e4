/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_carpet.c - see gate_carpet.h.
 *
 * The thresholds are those of detect/flood.c, so that both see the same carpets.
 */
#include "gate_carpet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"

#define CARPET_TARGETS 8 /* these as detect/flood.c has them */
#define CARPET_BUSIEST 0.5
#define REGION_V4 (ADDR_V4_BITS + 16)
#define REGION_V6 48
#define CARPET_SLOTS 1024 /* of each set */

int carpets_open(uint64_t seed, struct carpets *carpets)
{
	carpets->seed = seed;
	carpets->count = 0;
	carpets->slots = calloc((size_t)CARPETS * 2, distinct_bytes(CARPET_SLOTS));
	return carpets->slots ? 0 : -ENOMEM;
}

void carpets_close(struct carpets *carpets)
{
	free(carpets->slots);
}

void carpets_clear(struct carpets *carpets)
{
	carpets->count = 0;
}

static struct addr region_of(const struct addr *host)
{
	return addr_mask(host, addr_is_v4(host) ? REGION_V4 : REGION_V6);
}

static struct carpet *find(struct carpets *carpets, const struct addr *region, enum kind kind)
{
	for (unsigned i = 0; i < carpets->count; i++) {
		struct carpet *carpet = &carpets->list[i];

		if (carpet->kind == kind && addr_equal(&carpet->region, region))
			return carpet;
	}
	return NULL;
}

static void clear_set(struct carpets *carpets, unsigned place, struct distinct *set)
{
	struct distinct_entry *slots = &carpets->slots[(size_t)place * CARPET_SLOTS];

	memset(slots, 0, distinct_bytes(CARPET_SLOTS));
	distinct_init(set, slots, CARPET_SLOTS);
}

static struct carpet *find_or_make(struct carpets *carpets, const struct addr *host, enum kind kind)
{
	struct addr region = region_of(host);
	struct carpet *carpet = find(carpets, &region, kind);

	if (carpet || carpets->count == CARPETS)
		return carpet;
	carpet = &carpets->list[carpets->count];
	*carpet = (struct carpet){ .region = region, .kind = kind, .first = *host, .last = *host };
	clear_set(carpets, carpets->count * 2, &carpet->sources);
	clear_set(carpets, carpets->count * 2 + 1, &carpet->targets);
	carpets->count++;
	return carpet;
}

void carpets_add(struct carpets *carpets, const struct addr *host, enum kind kind, double pps,
	double expected, const void *member)
{
	struct carpet *carpet = find_or_make(carpets, host, kind);

	if (!carpet)
		return;
	carpet->hosts++;
	carpet->pps += pps;
	carpet->busiest = fmax(carpet->busiest, pps);
	carpet->expected += expected;
	carpet->member = member;
	if (addr_compare(host, &carpet->first) < 0)
		carpet->first = *host;
	if (addr_compare(host, &carpet->last) > 0)
		carpet->last = *host;
}

/* The longest prefix that holds both. */
static unsigned common_bits(const struct addr *a, const struct addr *b)
{
	unsigned bits = 0;

	while (bits < 128 && ((a->byte[bits / 8] ^ b->byte[bits / 8]) >> (7 - bits % 8) & 1) == 0)
		bits++;
	return bits;
}

void carpets_judge(struct carpets *carpets)
{
	for (unsigned i = 0; i < carpets->count; i++) {
		struct carpet *carpet = &carpets->list[i];

		carpet->is_one = carpet->hosts >= CARPET_TARGETS &&
				 carpet->busiest <= CARPET_BUSIEST * carpet->pps;
		carpet->bits = common_bits(&carpet->first, &carpet->last);
		carpet->since_ns = INT64_MAX;
	}
}

struct carpet *carpets_find(struct carpets *carpets, const struct addr *host, enum kind kind)
{
	struct addr region = region_of(host);
	struct carpet *carpet = find(carpets, &region, kind);

	return carpet && carpet->is_one ? carpet : NULL;
}

void carpet_take(struct carpets *carpets, struct carpet *carpet, const struct carpet_part *part)
{
	carpet->is_due = true;
	carpet->packets += (uint64_t)((double)part->packets * part->share);
	carpet->bytes += (uint64_t)((double)part->bytes * part->share);
	carpet->peak_pps += part->peak_pps * part->share;
	carpet->peak_bps += part->peak_bps * part->share;
	if (part->since_ns < carpet->since_ns)
		carpet->since_ns = part->since_ns;
	distinct_merge(&carpet->sources, part->sources);
	distinct_add(
		&carpet->targets, part->host, hash_addr(part->host, carpets->seed), part->packets);
}
