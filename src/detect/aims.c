/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/aims.c - see aims.h. */
#include "detect/aims.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/hash.h"
#include "lib/prefix.h"

#define SOURCES_FOR_NS (60 * NS_PER_S)
#define BASELINE_S 300.0    /* time constant of the usual rate: five minutes */
#define CALM_TIMES 2.5	    /* times the usual */
#define CALM_MOST_PPS 100.0 /* more than this is never calm: it may be how an attack begins */
#define LEARN_FIRST_S 8.0   /* what a target gets in its first seconds is its usual rate */
#define EBB_SHARE 0.25
#define BASELINE_LEAST 10.0 /* pps: a quieter host is taken for one of that rate */
#define CUSUM_SLACK 1.5	    /* baselines: the usual, and half of it again */
#define SETTLED_SHARE 0.3   /* of openings that are older than a second; steady traffic has 0.9 */
#define SPREAD_SHARE 0.9

/* Packets of one opener that may be under way before its first answer: the initial window of ten
 * (RFC 6928, RFC 9002 7.2). */
#define PACKETS_PER_OPENER 10

static const double span_s[3] = { 1, 10, 60 };

int aims_open(struct aims *aims, uint32_t cap, uint64_t seed)
{
	static const struct sets_tier tiers[SETS_TIERS] = { { 512, 512 }, { 16384, 24 } };

	*aims = (struct aims){ .bucket_mask = cap / AIM_WAYS - 1, .seed = seed };
	aims->list = calloc(cap, sizeof(*aims->list));
	aims->own = calloc((size_t)cap * 2, distinct_bytes(AIM_OWN_SLOTS));
	if (aims->list && aims->own && sets_open(&aims->sets, tiers) == 0)
		return 0;
	aims_close(aims);
	return -ENOMEM;
}

void aims_close(struct aims *aims)
{
	free(aims->list);
	free(aims->own);
	sets_close(&aims->sets);
	aims->list = NULL;
	aims->own = NULL;
}

static struct distinct_entry *own_slots(
	const struct aims *aims, const struct aim *aim, unsigned which)
{
	return &aims->own[((size_t)(aim - aims->list) * 2 + which) * AIM_OWN_SLOTS];
}

static uint64_t hash_of(const struct aims *aims, enum scope scope, const struct addr *target,
	unsigned bits, enum kind kind)
{
	uint64_t hash = hash_addr(target, aims->seed + kind * 1024 + scope * 256 + bits);

	return hash ? hash : 1;
}

struct aim *aims_find(const struct aims *aims, enum scope scope, const struct addr *target,
	unsigned bits, enum kind kind)
{
	uint64_t hash = hash_of(aims, scope, target, bits, kind);
	struct aim *bucket = &aims->list[(hash >> 40 & aims->bucket_mask) * AIM_WAYS];

	for (unsigned way = 0; way < AIM_WAYS; way++)
		if (bucket[way].hash == hash && addr_equal(&bucket[way].target, target))
			return &bucket[way];
	return NULL;
}

static void forget_sets(struct aims *aims, struct aim *aim)
{
	sets_reset(&aims->sets, &aim->sources, own_slots(aims, aim, 0), AIM_OWN_SLOTS);
	sets_reset(&aims->sets, &aim->targets, own_slots(aims, aim, 1), AIM_OWN_SLOTS);
}

/* How much would be lost with it: its packets of the last minute, and its place in a report. */
static double worth(const struct aims *aims, const struct aim *aim)
{
	double silent_s = (double)(aims->now_ns - aim->last_ns) / (double)NS_PER_S;

	if (aim->hash == 0)
		return -1;
	if (aim->reported_ns != 0)
		return HUGE_VAL;
	return aim->sums[AIM_60S].packets * exp(-fmax(0, silent_s) / span_s[AIM_60S]);
}

static struct aim *choose_place(struct aims *aims, uint64_t hash)
{
	struct aim *bucket = &aims->list[(hash >> 40 & aims->bucket_mask) * AIM_WAYS];
	struct aim *place = bucket;

	for (unsigned way = 1; way < AIM_WAYS; way++)
		if (worth(aims, &bucket[way]) < worth(aims, place))
			place = &bucket[way];
	return place;
}

struct aim *aims_of(struct aims *aims, enum scope scope, const struct addr *target, unsigned bits,
	enum kind kind, uint32_t group)
{
	struct aim *aim = aims_find(aims, scope, target, bits, kind);
	uint64_t hash;

	if (aim)
		return aim;
	hash = hash_of(aims, scope, target, bits, kind);
	aim = choose_place(aims, hash);
	if (aim->hash) {
		aims->evicted++;
		forget_sets(aims, aim);
	}
	*aim = (struct aim){ .target = *target,
		.hash = hash,
		.bits = (uint8_t)bits,
		.scope = (uint8_t)scope,
		.kind = (uint16_t)kind,
		.group = group,
		.is_listed = aim->is_listed }; /* the list holds places */
	distinct_init(&aim->sources, own_slots(aims, aim, 0), AIM_OWN_SLOTS);
	distinct_init(&aim->targets, own_slots(aims, aim, 1), AIM_OWN_SLOTS);
	return aim;
}

/* While an attack lasts its senders are handed on with every report, so nothing is lost here; the
 * counts that were not reported are of a minute without an attack. */
static void begin_minute(struct aims *aims, struct aim *aim, int64_t now_ns)
{
	forget_sets(aims, aim);
	aim->sources_from_ns = now_ns;
	aim->source_port = aim->target_port = aim->length = (struct majority){ 0 };
	aim->fragments = aim->repeats = aim->voted = 0;
	if (aim->reported_ns == 0) {
		aim->packets = aim->bytes = 0;
		aim->peak_pps = aim->peak_bps = 0;
	}
}

void aims_pass(struct aims *aims, struct aim *aim, int64_t now_ns)
{
	double elapsed_s = (double)(now_ns - aim->last_ns) / (double)NS_PER_S;

	if (aim->last_ns == 0)
		aim->sources_from_ns = now_ns;
	if (aim->last_ns != 0 && elapsed_s > 0) {
		for (unsigned span = 0; span < 3; span++) {
			double keep = exp(-elapsed_s / span_s[span]);

			aim->sums[span].packets *= keep;
			aim->sums[span].bytes *= keep;
			aim->sums[span].openings *= keep;
			aim->sums[span].answered *= keep;
		}
		aim->seen_s += elapsed_s;
	}
	if (elapsed_s > 0)
		aim->last_ns = now_ns;
	if (now_ns > aims->now_ns)
		aims->now_ns = now_ns;
	if (now_ns - aim->sources_from_ns > SOURCES_FOR_NS)
		begin_minute(aims, aim, now_ns);
}

static void add_counts(struct aim *aim, const struct tally *tally, struct window window)
{
	double window_s = (double)(window.end_ns - window.start_ns) / (double)NS_PER_S;
	double pps = (double)tally->packets / window_s, bps = (double)tally->bytes * 8 / window_s;

	for (unsigned span = 0; span < 3; span++) {
		aim->sums[span].packets += (double)tally->packets;
		aim->sums[span].bytes += (double)tally->bytes;
		aim->sums[span].openings += (double)tally->openings;
		aim->sums[span].answered += (double)tally->answered;
	}
	if (tally->packets > 0 && (aim->packets == 0 || tally->first_ns < aim->first_ns))
		aim->first_ns = tally->first_ns;
	if (tally->packets > 0 && (aim->packets == 0 || tally->last_ns > aim->latest_ns))
		aim->latest_ns = tally->last_ns;
	aim->packets += tally->packets;
	aim->bytes += tally->bytes;
	aim->peak_pps = fmax(aim->peak_pps, pps);
	aim->peak_bps = fmax(aim->peak_bps, bps);
}

void aims_add(struct aims *aims, struct aim *aim, const struct tally *tally, struct window window)
{
	aims_pass(aims, aim, window.end_ns);
	add_counts(aim, tally, window);
	if (tally->asked > 0)
		aim->asked_ns = window.end_ns;
	if (tally->packets == 0)
		return;
	aim->proto = tally->proto;
	majority_vote(&aim->source_port, tally->source_port.value, tally->source_port.votes);
	majority_vote(&aim->target_port, tally->target_port.value, tally->target_port.votes);
	majority_vote(&aim->length, tally->length.value, tally->length.votes);
	aim->fragments += tally->fragments;
	aim->repeats += tally->repeats;
	aim->voted += tally->packets;
	sets_merge(&aims->sets, &aim->sources, &tally->sources);
	if (aim->scope != SCOPE_HOST)
		sets_add(&aims->sets, &aim->targets, &tally->target,
			hash_addr(&tally->target, aims->seed), tally->packets);
}

static double share_of(double part, double whole)
{
	return part >= whole ? 1 : part / whole;
}

/* By openings; but who repeats himself opens once, and must not hide behind the answers of
 * others. */
double aim_answered_share(const struct aim *aim)
{
	const struct aim_sums *sums = &aim->sums[AIM_10S];

	if (sums->answered <= 0)
		return 0;
	return fmin(share_of(sums->answered, sums->openings),
		share_of(sums->answered * PACKETS_PER_OPENER, sums->packets));
}

/* What is in the sum over 10 s but not in that over 1 s is older than about a second. */
bool aim_is_settled(const struct aim *aim)
{
	double all = aim->sums[AIM_10S].openings, recent = aim->sums[AIM_1S].openings;

	return all - recent >= all * SETTLED_SHARE;
}

double aim_senders_due(const struct aim *aim, double senders)
{
	double collected = (double)(aim->last_ns - aim->sources_from_ns) / (double)SOURCES_FOR_NS;

	return aim->reported_ns != 0 ? senders * fmin(1, collected) : senders;
}

/* Nothing came for so long: the usual rate sinks, and so does what was above it. */
static void learn_silence(struct aim *aim, double silent_s)
{
	if (silent_s <= 0)
		return;
	if (aim->seen_s < LEARN_FIRST_S)
		aim->usual_pps *= fmax(0, 1 - silent_s / aim->seen_s);
	else
		aim->usual_pps *= exp(-silent_s / BASELINE_S);
	aim->cusum = fmax(0, aim->cusum - CUSUM_SLACK * silent_s);
}

/* The mean of what a target gets from the start, be it a stream for hours, is usual for it. An
 * attack that is being reported is not. */
static void learn_first(struct aim *aim, double rate_pps, double elapsed_s)
{
	if (aim->reported_ns == 0)
		aim->usual_pps +=
			(rate_pps - aim->usual_pps) * elapsed_s / fmax(aim->seen_s, elapsed_s);
	aim->cusum = 0;
}

double aim_learn(struct aim *aim, double rate_pps, double elapsed_s)
{
	double above, usual;

	if (aim->learned_ns != 0)
		learn_silence(aim,
			(double)(aim->last_ns - aim->learned_ns) / (double)NS_PER_S - elapsed_s);
	aim->learned_ns = aim->last_ns;
	if (aim->seen_s < LEARN_FIRST_S) {
		learn_first(aim, rate_pps, elapsed_s);
		return 0;
	}
	usual = fmax(aim->usual_pps, BASELINE_LEAST);
	above = rate_pps / usual - CUSUM_SLACK;
	aim->cusum = fmax(0, aim->cusum + above * elapsed_s);
	/* What is far above the usual is not learned as usual. */
	if (above < 1 && aim->reported_ns == 0)
		aim->usual_pps += (rate_pps - aim->usual_pps) * (1 - exp(-elapsed_s / BASELINE_S));
	return aim->cusum;
}

bool aim_is_calm(const struct aim *aim)
{
	double unwanted_pps = aim->sums[AIM_1S].packets * (1 - aim_answered_share(aim));

	return aim->seen_s >= LEARN_FIRST_S && unwanted_pps < CALM_MOST_PPS &&
	       unwanted_pps < CALM_TIMES * fmax(aim->usual_pps, BASELINE_LEAST);
}

bool aim_has_ebbed(const struct aim *aim)
{
	return aim->sums[AIM_1S].packets < EBB_SHARE * aim->sums[AIM_10S].packets / 10;
}

static unsigned common_bits(const struct addr *a, const struct addr *b)
{
	for (unsigned i = 0; i < 16; i++) {
		uint8_t differ = a->byte[i] ^ b->byte[i];

		if (differ)
			return 8 * i + (unsigned)__builtin_clz(differ) - 24;
	}
	return 128;
}

static bool holds(const struct addr *prefix, unsigned bits, const struct addr *addr)
{
	return common_bits(prefix, addr) >= bits;
}

/* Packets to what the prefix holds of the set, and the smallest prefix around that. */
static double weigh(
	const struct distinct *set, const struct prefix *within, struct prefix *ret_around)
{
	struct prefix around = { .bits = 128 };
	double packets = 0;

	for (uint32_t i = 0; i < set->slot_count; i++) {
		const struct distinct_entry *entry = &set->slots[i];
		unsigned common;

		if (entry->hash == 0 || !holds(&within->addr, within->bits, &entry->addr))
			continue;
		if (packets == 0)
			around.addr = entry->addr;
		common = common_bits(&around.addr, &entry->addr);
		if (common < around.bits)
			around.bits = (uint8_t)common;
		packets += (double)entry->packets;
	}
	around.addr = addr_mask(&around.addr, around.bits);
	*ret_around = around;
	return packets;
}

/* The half of a prefix: its first bit beyond is 0 or 1. */
static struct prefix half_of(const struct prefix *prefix, unsigned bit)
{
	struct prefix half = *prefix;

	half.addr.byte[half.bits / 8] |= (uint8_t)(bit << (7 - half.bits % 8));
	half.bits++;
	return half;
}

/* Goes down into one half as long as the other has next to nothing. */
double aim_busiest_share(const struct aim *aim)
{
	struct distinct_entry busiest;

	if (distinct_top(&aim->targets, &busiest, 1) == 0 || aim->voted == 0)
		return 0;
	return fmin(1, (double)busiest.packets / (double)aim->voted);
}

void aim_spread(const struct aim *aim, struct addr *ret_prefix, unsigned *ret_bits)
{
	struct prefix spread = { .addr = aim->target, .bits = aim->bits }, around;
	double all = weigh(&aim->targets, &spread, &around);

	while (all > 0) {
		struct prefix half, other;

		spread = around;
		if (spread.bits == 128)
			break;
		half = half_of(&spread, 0);
		if (weigh(&aim->targets, &half, &around) >= all * SPREAD_SHARE)
			continue;
		half = half_of(&spread, 1);
		if (weigh(&aim->targets, &half, &other) < all * SPREAD_SHARE)
			break;
		around = other;
	}
	*ret_prefix = spread.addr;
	*ret_bits = spread.bits;
}
