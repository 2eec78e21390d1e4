/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/memory.c - see memory.h.
 *
 * Targets stand in sets of four places by a seeded hash. Each has a ring of its latest samples and,
 * for each of the last twelve stretches of five minutes, two reservoirs (Vitter 1985, algorithm R):
 * of proved senders and of the others, so that a flood cannot wash out what good traffic looks
 * like. Sampling adapts: at first each packet is looked at, and from SLOT_SAMPLES in a slot of 17
 * ms on the interval doubles; so a flood costs a countdown a packet, and the beginning of one is
 * known packet by packet. Intervals are random around their mean, so nobody can hide between.
 */
#include "decide/memory.h"

#include <errno.h>
#include <stdlib.h>

#include "decide/features.h"
#include "lib/hash.h"
#include "lib/pages.h"

#define WAYS 4
#define RECENT 256
#define BUCKETS 12
#define BUCKET_NS (300 * NS_PER_S)
#define PROVED 12 /* samples of a bucket, times 32 lanes */
#define OTHERS 8
#define SLOT_SHIFT 24 /* 17 ms */
#define SLOT_SAMPLES 32
#define INTERVAL_MAX 4096
#define TARGETS_AT_ONCE 256 /* of a prefix, that are asked for their recent packets */
#define QUIET_NS NS_PER_S   /* a target silent for so long gives way to any newcomer */

struct reservoir {
	uint64_t seen; /* packets that it stands for */
	uint32_t offered, kept;
};

struct bucket {
	int64_t number; /* time / BUCKET_NS */
	struct reservoir proved, others;
	struct memory_sample proved_samples[PROVED], other_samples[OTHERS];
};

struct place {
	struct addr addr; /* all zero: free */
	int64_t last_ns;
	int64_t attacked_until_ns;
	uint64_t proved;      /* packets of proved senders, halved with each bucket */
	uint32_t next, count; /* of the ring */
	struct memory_sample recent[RECENT];
	struct bucket buckets[BUCKETS];
};

struct memory {
	struct place *places;
	uint32_t set_mask;
	uint32_t countdown, interval, slot_samples;
	int64_t slot;
	uint64_t seed, random;
	size_t bytes;
};

static uint32_t set_count(unsigned targets)
{
	uint32_t sets = 1;

	while (sets * WAYS < targets && sets < 1U << 20)
		sets *= 2;
	return sets;
}

size_t memory_bytes(unsigned targets)
{
	return (size_t)set_count(targets) * WAYS * sizeof(struct place) + sizeof(struct memory);
}

int memory_open(unsigned targets, uint64_t seed, struct memory **ret_memory)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	memory->set_mask = set_count(targets) - 1;
	memory->bytes = ((size_t)memory->set_mask + 1) * WAYS * sizeof(struct place);
	memory->places = pages_take(memory->bytes, false);
	if (!memory->places) {
		free(memory);
		return -ENOMEM;
	}
	memory->seed = seed;
	memory->random = seed | 1;
	memory->interval = memory->countdown = 1;
	*ret_memory = memory;
	return 0;
}

void memory_close(struct memory *memory)
{
	if (!memory)
		return;
	pages_give(memory->places, memory->bytes);
	free(memory);
}

/* xorshift64 (Marsaglia 2003) */
static uint64_t next_random(struct memory *memory)
{
	memory->random ^= memory->random << 13;
	memory->random ^= memory->random >> 7;
	memory->random ^= memory->random << 17;
	return memory->random;
}

static struct place *set_of(const struct memory *memory, const struct addr *addr)
{
	return &memory->places[(hash_addr(addr, memory->seed) >> 32 & memory->set_mask) * WAYS];
}

static struct place *find(const struct memory *memory, const struct addr *addr)
{
	struct place *set = set_of(memory, addr);

	for (unsigned way = 0; way < WAYS; way++)
		if (addr_equal(&set[way].addr, addr))
			return &set[way];
	return NULL;
}

/* The place that gives way: a free one, else the one with the least good traffic of late. */
static struct place *weakest(struct place *set)
{
	struct place *least = NULL;

	for (unsigned way = 0; way < WAYS; way++) {
		if (addr_is_zero(&set[way].addr))
			return &set[way];
		if (!least || set[way].proved < least->proved)
			least = &set[way];
	}
	return least;
}

static void place_clear(struct place *place, const struct addr *addr)
{
	place->addr = *addr;
	place->last_ns = 0;
	place->attacked_until_ns = 0;
	place->proved = 0;
	place->next = place->count = 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		place->buckets[i].number = 0;
		place->buckets[i].proved = place->buckets[i].others = (struct reservoir){ 0 };
	}
}

/* NULL: unproved senders do not push out a target that is in use. */
static struct place *enter(
	struct memory *memory, const struct addr *addr, bool is_proved, int64_t time_ns)
{
	struct place *place = find(memory, addr);

	if (place)
		return place;
	place = weakest(set_of(memory, addr));
	if (!addr_is_zero(&place->addr) && !is_proved && time_ns - place->last_ns < QUIET_NS &&
		place->proved > 0)
		return NULL;
	place_clear(place, addr);
	return place;
}

static struct bucket *bucket_at(struct place *place, int64_t time_ns)
{
	int64_t number = time_ns / BUCKET_NS;
	struct bucket *bucket = &place->buckets[number % BUCKETS];

	if (bucket->number != number) {
		bucket->number = number;
		bucket->proved = bucket->others = (struct reservoir){ 0 };
		place->proved /= 2;
	}
	return bucket;
}

static void reservoir_add(struct memory *memory, struct reservoir *reservoir,
	struct memory_sample *samples, uint32_t cap, const struct memory_sample *sample)
{
	uint64_t at = reservoir->kept;

	reservoir->seen += sample->weight;
	reservoir->offered++;
	if (reservoir->kept == cap)
		at = next_random(memory) % reservoir->offered;
	else
		reservoir->kept++;
	if (at < cap)
		samples[at] = *sample;
}

static void remember_good(
	struct memory *memory, struct place *place, const struct memory_sample *sample)
{
	struct bucket *bucket;

	if (sample->time_ns <= 0)
		return;
	if (sample->standing >= STANDING_STREAM) {
		bucket = bucket_at(place, sample->time_ns);
		place->proved += sample->weight;
		reservoir_add(memory, &bucket->proved, bucket->proved_samples, PROVED, sample);
	} else if (sample->time_ns > place->attacked_until_ns) {
		bucket = bucket_at(place, sample->time_ns);
		reservoir_add(memory, &bucket->others, bucket->other_samples, OTHERS, sample);
	}
}

static struct place *remember(struct memory *memory, const struct pkt *pkt, uint8_t standing,
	struct memory_sample *sample)
{
	struct place *place =
		enter(memory, &pkt->key.addr[1], standing >= STANDING_STREAM, pkt->time_ns);

	if (!place)
		return NULL;
	features_make(pkt, &sample->features, sample->deep);
	sample->source = pkt->key.addr[0];
	sample->time_ns = pkt->time_ns;
	sample->standing = standing;
	place->recent[place->next] = *sample;
	place->next = (place->next + 1) % RECENT;
	place->count += place->count < RECENT;
	if (pkt->time_ns > place->last_ns)
		place->last_ns = pkt->time_ns;
	return place;
}

/* The interval to the next packet that is looked at. */
static void pace(struct memory *memory, int64_t time_ns)
{
	int64_t slot = time_ns >> SLOT_SHIFT;

	if (slot != memory->slot) {
		if (memory->slot_samples < SLOT_SAMPLES / 2 && memory->interval > 1)
			memory->interval /= 2;
		memory->slot = slot;
		memory->slot_samples = 0;
	}
	if (++memory->slot_samples % SLOT_SAMPLES == 0 && memory->interval < INTERVAL_MAX)
		memory->interval *= 2;
	memory->countdown = 1;
	if (memory->interval > 1)
		memory->countdown += (uint32_t)(next_random(memory) % (2 * memory->interval - 1));
}

static void see_one(struct memory *memory, const struct networks *networks, const struct pkt *pkt)
{
	struct memory_sample sample = { .weight = memory->interval };
	struct place *place;

	pace(memory, pkt->time_ns);
	/* Of tunnels the kernel part judges the outer packet, which is not the one we have. */
	if (pkt->ip_version == 0 || pkt->tunnels > 0 || addr_is_zero(&pkt->key.addr[1]) ||
		!networks_is_inside(networks, &pkt->key.addr[1]))
		return;
	place = remember(memory, pkt, pkt->standing, &sample);
	if (!place)
		return;
	sample.class = (uint8_t)features_class(&sample.features);
	place->recent[(place->next + RECENT - 1) % RECENT].class = sample.class;
	remember_good(memory, place, &sample);
}

void memory_see(struct memory *memory, const struct networks *networks, struct pkt *const *pkts,
	unsigned count)
{
	unsigned i = 0;

	while (count - i >= memory->countdown) {
		i += memory->countdown;
		see_one(memory, networks, pkts[i - 1]);
	}
	memory->countdown -= count - i;
}

void memory_see_dropped(
	struct memory *memory, const struct pkt *pkt, const struct wire_sample *wire)
{
	struct memory_sample sample = {
		.weight = wire->weight ? wire->weight : 1,
		.was_dropped = 1,
		.reason = wire->reason,
		.class = wire->class,
	};

	if (pkt->ip_version != 0 && pkt->tunnels == 0 && !addr_is_zero(&pkt->key.addr[1]))
		remember(memory, pkt, STANDING_NONE, &sample);
}

static bool is_within(const struct addr *addr, const struct addr *prefix, unsigned bits)
{
	struct addr first, second;

	if (bits >= 128)
		return addr_equal(addr, prefix);
	first = addr_mask(addr, bits);
	second = addr_mask(prefix, bits);
	return addr_equal(&first, &second);
}

/* Walks the places of a prefix, or the one of a host. */
static struct place *next_place(const struct memory *memory, const struct addr *target,
	unsigned bits, const struct place *after)
{
	size_t count = ((size_t)memory->set_mask + 1) * WAYS;
	size_t i = after ? (size_t)(after - memory->places) + 1 : 0;

	if (bits >= 128)
		return after ? NULL : find(memory, target);
	for (; i < count; i++)
		if (!addr_is_zero(&memory->places[i].addr) &&
			is_within(&memory->places[i].addr, target, bits))
			return &memory->places[i];
	return NULL;
}

/* Newest first of one target, or in turns of all: the newest of each, then the second newest … */
unsigned memory_recent(const struct memory *memory, const struct addr *target, unsigned bits,
	int64_t since_ns, struct memory_sample *samples, unsigned cap)
{
	const struct place *places[TARGETS_AT_ONCE], *place = NULL;
	unsigned count = 0, place_count = 0;
	bool is_more = true;

	while (place_count < TARGETS_AT_ONCE && (place = next_place(memory, target, bits, place)))
		places[place_count++] = place;
	for (uint32_t age = 1; age <= RECENT && is_more && count < cap; age++) {
		is_more = false;
		for (unsigned i = 0; i < place_count && count < cap; i++) {
			const struct memory_sample *sample =
				&places[i]->recent[(places[i]->next + RECENT - age) % RECENT];

			if (age > places[i]->count || sample->time_ns < since_ns)
				continue;
			samples[count++] = *sample;
			is_more = true;
		}
	}
	return count;
}

struct copying {
	struct memory_sample *samples;
	unsigned count, cap;
};

static void copy_reservoir(struct copying *copying, const struct reservoir *reservoir,
	const struct memory_sample *samples, int64_t until_ns)
{
	uint64_t weight = reservoir->kept ? reservoir->seen / reservoir->kept : 0;

	for (uint32_t i = 0; i < reservoir->kept && copying->count < copying->cap; i++) {
		if (samples[i].time_ns >= until_ns)
			continue;
		copying->samples[copying->count] = samples[i];
		copying->samples[copying->count++].weight =
			weight < UINT32_MAX ? (weight ? (uint32_t)weight : 1) : UINT32_MAX;
	}
}

static void copy_good(struct copying *copying, const struct place *place, int64_t before_ns)
{
	int64_t newest = place->last_ns > before_ns ? place->last_ns : before_ns;

	for (unsigned i = 0; i < BUCKETS; i++) {
		const struct bucket *bucket = &place->buckets[i];

		if (bucket->number <= newest / BUCKET_NS - BUCKETS)
			continue;
		copy_reservoir(copying, &bucket->proved, bucket->proved_samples, INT64_MAX);
		copy_reservoir(copying, &bucket->others, bucket->other_samples,
			before_ns - MEMORY_NOTICE_NS);
	}
}

unsigned memory_good(const struct memory *memory, const struct addr *target, unsigned bits,
	int64_t before_ns, struct memory_sample *samples, unsigned cap)
{
	struct copying copying = { samples, 0, cap };
	struct place *place = NULL;

	while (copying.count < cap && (place = next_place(memory, target, bits, place)))
		copy_good(&copying, place, before_ns);
	return copying.count;
}

/* What is left was kept by chance: so it stands for its share of what was seen. */
static void forget_since(struct bucket *bucket, int64_t since_ns)
{
	struct reservoir *others = &bucket->others;
	uint32_t left = 0;

	for (uint32_t i = 0; i < others->kept; i++)
		if (bucket->other_samples[i].time_ns < since_ns)
			bucket->other_samples[left++] = bucket->other_samples[i];
	if (left == others->kept)
		return;
	others->seen = others->seen / others->kept * left;
	others->offered = left; /* those that come after the attack are as welcome as the first */
	others->kept = left;
}

void memory_attacked(struct memory *memory, const struct addr *target, unsigned bits,
	int64_t first_ns, int64_t until_ns)
{
	int64_t since_ns = first_ns - MEMORY_NOTICE_NS;
	struct place *place = NULL;

	while ((place = next_place(memory, target, bits, place))) {
		if (place->attacked_until_ns < first_ns)
			for (unsigned i = 0; i < BUCKETS; i++)
				forget_since(&place->buckets[i], since_ns);
		if (place->attacked_until_ns < until_ns)
			place->attacked_until_ns = until_ns;
	}
}
