/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/fragments.c - a set-associative table of datagrams in pieces.
 *
 * Buckets of 8 slots, found by a seeded hash of the datagram's key. What was seen of a datagram is
 * held as at most 8 runs: a run is a row of fragments of one size (the last may be shorter), so one
 * run tells both which bytes were seen and where the cuts were. A fragment that lies on the cuts of
 * a run is a duplicate (switches, wireless and doubled captures make them), any other that touches
 * a run is an overlap. A complete datagram is held on for its duplicates; whatever does not fit it
 * begins a new one, since IPv4 identifications come round quickly (RFC 4963). For the same reason a
 * misfit after OVERLAP_NS of silence begins a new one rather than being called an overlap.
 */
#include "decode/fragments.h"

#include <errno.h>
#include <stdlib.h>

#include "decode/decode_internal.h"
#include "lib/hash.h"

#define WAYS 8
#define RUNS 8
#define TIMEOUT_NS (30 * NS_PER_S) /* Linux: net.ipv4.ipfrag_time */
#define OVERLAP_NS (2 * NS_PER_S)  /* the pieces of one datagram are sent back to back */

/* What names a datagram. Compared and hashed as bytes: no padding. */
struct datagram_key {
	struct addr addr[2]; /* source, destination */
	uint32_t id;
	uint8_t proto; /* 0 for IPv6, where only the first fragment's counts (RFC 8200 4.5) */
	uint8_t ip_version;
	uint16_t zero;
};

_Static_assert(sizeof(struct datagram_key) == 40, "no padding within a key that is hashed");

/* Fragments of unit bytes each from start to end, the last perhaps shorter. */
struct run {
	uint32_t start, end, unit;
};

struct datagram {
	struct datagram_key key;
	int64_t first_ns, last_ns;
	uint32_t total_len; /* where the last fragment ends; 0: not seen */
	uint16_t port[2];
	uint8_t proto;
	bool is_used, has_first, is_complete;
	uint8_t run_count;
	struct run runs[RUNS];
};

struct fragments {
	struct datagram *slots;
	uint64_t seed;
	uint64_t bucket_mask;
	struct fragments_stats stats;
};

int fragments_open(unsigned cap, uint64_t seed, struct fragments **ret_fragments)
{
	struct fragments *fragments;
	uint64_t buckets = 1;

	if (cap < WAYS)
		return -EINVAL;
	while (buckets * 2 * WAYS <= cap)
		buckets *= 2;
	fragments = calloc(1, sizeof(*fragments));
	if (!fragments)
		return -ENOMEM;
	fragments->slots = calloc(buckets * WAYS, sizeof(*fragments->slots));
	if (!fragments->slots) {
		free(fragments);
		return -ENOMEM;
	}
	fragments->seed = seed;
	fragments->bucket_mask = buckets - 1;
	*ret_fragments = fragments;
	return 0;
}

void fragments_close(struct fragments *fragments)
{
	if (!fragments)
		return;
	free(fragments->slots);
	free(fragments);
}

void fragments_stats(const struct fragments *fragments, struct fragments_stats *ret_stats)
{
	*ret_stats = fragments->stats;
}

static struct datagram_key key_of(const struct pkt *pkt)
{
	return (struct datagram_key){
		.addr = { pkt->key.addr[0], pkt->key.addr[1] },
		.id = pkt->frag_id,
		.proto = pkt->ip_version == 4 ? pkt->key.proto : 0,
		.ip_version = pkt->ip_version,
	};
}

/* Time may run backwards, and absurdly far ahead, in a capture: both directions count. */
static bool is_apart(int64_t a_ns, int64_t b_ns, int64_t limit_ns)
{
	uint64_t apart =
		a_ns > b_ns ? (uint64_t)a_ns - (uint64_t)b_ns : (uint64_t)b_ns - (uint64_t)a_ns;

	return apart > (uint64_t)limit_ns;
}

static void begin(struct fragments *fragments, struct datagram *datagram,
	const struct datagram_key *key, int64_t now_ns)
{
	*datagram = (struct datagram){
		.key = *key, .first_ns = now_ns, .last_ns = now_ns, .is_used = true
	};
	fragments->stats.datagrams++;
}

/* How gladly a slot is given up: the least first. */
static int worth(const struct datagram *datagram, int64_t now_ns)
{
	if (!datagram->is_used)
		return 0;
	if (is_apart(now_ns, datagram->first_ns, TIMEOUT_NS))
		return 1;
	return datagram->is_complete ? 2 : 3;
}

static struct datagram *choose_victim(struct datagram *bucket, int64_t now_ns)
{
	struct datagram *victim = bucket;

	for (unsigned way = 1; way < WAYS; way++) {
		struct datagram *other = &bucket[way];
		int difference = worth(other, now_ns) - worth(victim, now_ns);

		if (difference < 0 || (difference == 0 && other->first_ns < victim->first_ns))
			victim = other;
	}
	return victim;
}

static void count_forgotten(
	struct fragments *fragments, const struct datagram *datagram, int64_t now_ns)
{
	if (!datagram->is_used || datagram->is_complete)
		return;
	if (is_apart(now_ns, datagram->first_ns, TIMEOUT_NS))
		fragments->stats.expired++;
	else
		fragments->stats.evicted++;
}

/* The datagram of that key: held already, or begun in place of another. */
static struct datagram *find_or_begin(
	struct fragments *fragments, const struct datagram_key *key, int64_t now_ns)
{
	uint64_t hash = hash_bytes(key, sizeof(*key), fragments->seed);
	struct datagram *bucket = &fragments->slots[(hash & fragments->bucket_mask) * WAYS];
	struct datagram *found = NULL;

	for (unsigned way = 0; way < WAYS && !found; way++)
		if (bucket[way].is_used && memcmp(&bucket[way].key, key, sizeof(*key)) == 0)
			found = &bucket[way];
	if (found && !is_apart(now_ns, found->first_ns, TIMEOUT_NS))
		return found;
	if (!found)
		found = choose_victim(bucket, now_ns);
	count_forgotten(fragments, found, now_ns);
	begin(fragments, found, key, now_ns);
	return found;
}

static bool run_touches(const struct run *run, uint32_t start, uint32_t end)
{
	return start < run->end && end > run->start;
}

/* Is [start, end) just one of the run's fragments? */
static bool run_has(const struct run *run, uint32_t start, uint32_t end)
{
	if (start < run->start || end > run->end || (start - run->start) % run->unit != 0)
		return false;
	return end - start == run->unit || (end == run->end && end - start < run->unit);
}

static bool run_is_whole(const struct run *run)
{
	return (run->end - run->start) % run->unit == 0;
}

/* Grows a run by a fragment beside it. */
static bool run_take(struct run *run, uint32_t start, uint32_t end)
{
	if (start == run->end && run_is_whole(run) && end - start <= run->unit) {
		run->end = end;
		return true;
	}
	if (end == run->start && end - start == run->unit) {
		run->start = start;
		return true;
	}
	return false;
}

/* Two runs that have become one row. */
static void runs_join(struct datagram *datagram, unsigned grown)
{
	struct run *run = &datagram->runs[grown];

	for (unsigned i = 0; i < datagram->run_count; i++) {
		struct run *other = &datagram->runs[i];
		struct run *low = run->end == other->start ? run : other;
		struct run *high = low == run ? other : run;

		if (i == grown || low->end != high->start || !run_is_whole(low) ||
			(low->unit != high->unit &&
				!(high->end - high->start == high->unit && high->unit < low->unit)))
			continue;
		*run = (struct run){ low->start, high->end, low->unit };
		*other = datagram->runs[--datagram->run_count];
		return;
	}
}

/* Notes a fragment that touches no run. With more runs than fit, what comes is not noted. */
static void runs_add(struct datagram *datagram, uint32_t start, uint32_t end)
{
	for (unsigned i = 0; i < datagram->run_count; i++) {
		if (run_take(&datagram->runs[i], start, end)) {
			runs_join(datagram, i);
			return;
		}
	}
	if (datagram->run_count < RUNS)
		datagram->runs[datagram->run_count++] = (struct run){ start, end, end - start };
}

/* Are all bytes there? Runs of different sizes may lie side by side, in any order. */
static bool runs_are_complete(const struct datagram *datagram)
{
	uint32_t reached = 0, before;

	if (datagram->total_len == 0)
		return false;
	do {
		before = reached;
		for (unsigned i = 0; i < datagram->run_count; i++)
			if (datagram->runs[i].start == reached)
				reached = datagram->runs[i].end;
	} while (reached != before);
	return reached >= datagram->total_len;
}

enum fit {
	FIT_NEW,       /* bytes not seen before */
	FIT_DUPLICATE, /* a fragment seen before */
	FIT_OVERLAP,
};

static bool is_other_first(const struct datagram *datagram, const struct pkt *pkt)
{
	return pkt->frag == FRAG_FIRST && datagram->has_first &&
	       (datagram->port[0] != pkt->key.port[0] || datagram->port[1] != pkt->key.port[1] ||
		       datagram->proto != pkt->key.proto);
}

static enum fit fit_of(
	const struct datagram *datagram, const struct pkt *pkt, uint32_t start, uint32_t end)
{
	if (is_other_first(datagram, pkt))
		return FIT_OVERLAP;
	for (unsigned i = 0; i < datagram->run_count; i++) {
		const struct run *run = &datagram->runs[i];

		if (run_touches(run, start, end))
			return run_has(run, start, end) ? FIT_DUPLICATE : FIT_OVERLAP;
	}
	return FIT_NEW;
}

/* The flag as it stands in the header that decode_frame has read. */
static bool has_more(const struct pkt *pkt)
{
	if (pkt->frag == FRAG_FIRST)
		return true;
	if (pkt->ip_version == 4)
		return pkt->bytes[pkt->ip_offset + 6] & 0x20;
	return pkt->bytes[ip6_fragment_data(pkt) - 5] & 1;
}

static void note_range(
	struct datagram *datagram, const struct pkt *pkt, uint32_t start, uint32_t end)
{
	runs_add(datagram, start, end);
	if (!has_more(pkt))
		datagram->total_len = end;
	datagram->is_complete = runs_are_complete(datagram);
}

/* Bytes of the datagram that the fragment claims to hold. */
static uint32_t range_len(const struct pkt *pkt)
{
	uint32_t headers;

	if (pkt->ip_version == 4)
		headers = ip4_header_bytes(pkt);
	else
		headers = ip6_fragment_data(pkt) - pkt->ip_offset;
	return pkt->ip_len > headers ? pkt->ip_len - headers : 0;
}

static void see_range(struct fragments *fragments, struct datagram *datagram, struct pkt *pkt)
{
	uint32_t start = pkt->frag_offset, end = start + range_len(pkt);
	enum fit fit = start == end ? FIT_DUPLICATE : fit_of(datagram, pkt, start, end);

	if (fit != FIT_DUPLICATE &&
		(datagram->is_complete ||
			(fit == FIT_OVERLAP &&
				is_apart(pkt->time_ns, datagram->last_ns, OVERLAP_NS)))) {
		struct datagram_key key = datagram->key;

		begin(fragments, datagram, &key, pkt->time_ns);
		fit = FIT_NEW;
	}
	datagram->last_ns = pkt->time_ns;
	if (fit == FIT_OVERLAP)
		pkt->anomalies |= ANOMALY_BIT(FRAG_OVERLAP);
	else if (fit == FIT_NEW)
		note_range(datagram, pkt, start, end);
}

static void remember_ports(struct datagram *datagram, const struct pkt *pkt)
{
	if (datagram->has_first)
		return;
	datagram->has_first = true;
	datagram->port[0] = pkt->key.port[0];
	datagram->port[1] = pkt->key.port[1];
	datagram->proto = pkt->key.proto;
}

static void fill_in_ports(struct fragments *fragments, const struct datagram *datagram,
	struct pkt *pkt, uint64_t seed)
{
	if (!datagram->has_first) {
		fragments->stats.unattributed++;
		return;
	}
	fragments->stats.attributed++;
	pkt->key.port[0] = datagram->port[0];
	pkt->key.port[1] = datagram->port[1];
	pkt->key.proto = datagram->proto;
	decode_rehash(pkt, seed);
}

void fragments_see(struct fragments *fragments, struct pkt *pkt, uint64_t seed)
{
	struct datagram_key key;
	struct datagram *datagram;

	if (pkt->frag == FRAG_NONE)
		return;
	key = key_of(pkt);
	datagram = find_or_begin(fragments, &key, pkt->time_ns);
	see_range(fragments, datagram, pkt);
	if (pkt->frag == FRAG_FIRST)
		remember_ports(datagram, pkt);
	else
		fill_in_ports(fragments, datagram, pkt, seed);
}
