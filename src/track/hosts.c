/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/hosts.c - see hosts.h.
 *
 * Buckets of four hosts in three cache lines, so an address is looked for in one place only,
 * without chains. The address itself is compared; all zero is a free place (and never a host).
 */
#include "track/hosts.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash.h"

#define HOSTS_WAYS 4

struct hosts {
	struct host_talk *places;
	struct host_talk *last; /* the last receiver's: often the next one's too */
	uint32_t bucket_mask;
	uint64_t seed;
	uint64_t used, evicted, evicted_packets, evicted_bytes;
};

static uint32_t bucket_count(uint32_t cap)
{
	uint32_t buckets = 16 / HOSTS_WAYS;

	while ((uint64_t)buckets * HOSTS_WAYS < cap && buckets < 1U << 28)
		buckets *= 2;
	return buckets;
}

int hosts_open(uint32_t cap, uint64_t seed, struct hosts **ret_hosts)
{
	uint32_t buckets = bucket_count(cap);
	struct hosts *hosts = calloc(1, sizeof(*hosts));

	if (!hosts)
		return -ENOMEM;
	hosts->places = calloc((size_t)buckets * HOSTS_WAYS, sizeof(*hosts->places));
	if (!hosts->places) {
		hosts_close(hosts);
		return -ENOMEM;
	}
	hosts->last = hosts->places;
	hosts->bucket_mask = buckets - 1;
	hosts->seed = seed;
	*ret_hosts = hosts;
	return 0;
}

void hosts_close(struct hosts *hosts)
{
	if (!hosts)
		return;
	free(hosts->places);
	free(hosts);
}

static struct host_talk *bucket_of(const struct hosts *hosts, const struct addr *addr)
{
	return &hosts->places[(hash_addr(addr, hosts->seed) >> 32 & hosts->bucket_mask) *
			      HOSTS_WAYS];
}

static uint64_t total_bytes(const struct host_talk *host)
{
	return host->bytes[0] + host->bytes[1];
}

static struct host_talk *find(struct host_talk *bucket, const struct addr *addr)
{
	for (unsigned way = 0; way < HOSTS_WAYS; way++)
		if (addr_equal(&bucket[way].addr, addr))
			return &bucket[way];
	return NULL;
}

/* Makes room in a full bucket: the least goes. */
static struct host_talk *evict(struct hosts *hosts, struct host_talk *bucket)
{
	struct host_talk *least = bucket;

	for (unsigned way = 1; way < HOSTS_WAYS; way++)
		if (total_bytes(&bucket[way]) < total_bytes(least))
			least = &bucket[way];
	hosts->used--;
	hosts->evicted++;
	hosts->evicted_packets += least->packets[0] + least->packets[1];
	hosts->evicted_bytes += total_bytes(least);
	return least;
}

/* A place for an address that has none: a free one, or that of the least. */
static struct host_talk *make_room(
	struct hosts *hosts, struct host_talk *bucket, const struct addr *addr)
{
	struct host_talk *place = NULL;

	for (unsigned way = HOSTS_WAYS; way-- > 0;)
		if (addr_is_zero(&bucket[way].addr))
			place = &bucket[way];
	if (!place)
		place = evict(hosts, bucket);
	*place = (struct host_talk){ .addr = *addr };
	hosts->used++;
	return place;
}

static struct host_talk *enter(struct hosts *hosts, const struct addr *addr)
{
	struct host_talk *bucket = bucket_of(hosts, addr);
	struct host_talk *host = find(bucket, addr);

	return host ? host : make_room(hosts, bucket, addr);
}

static void count(struct host_talk *host, unsigned direction, const struct pkt *pkt)
{
	host->packets[direction]++;
	host->bytes[direction] += pkt->ip_len;
}

static void see_one(struct hosts *hosts, const struct pkt *pkt)
{
	const struct addr *from = &pkt->key.addr[0], *to = &pkt->key.addr[1];

	/* Looking up who never proved his address would cost a cache miss for each packet of a
	 * flood. */
	if (pkt->standing >= STANDING_STREAM && !addr_is_zero(from))
		count(enter(hosts, from), 0, pkt);
	if (addr_is_zero(to))
		return;
	if (!addr_equal(&hosts->last->addr, to))
		hosts->last = enter(hosts, to);
	count(hosts->last, 1, pkt);
}

void hosts_see(struct hosts *hosts, struct pkt *const *pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (pkts[i]->ip_version != 0)
			see_one(hosts, pkts[i]);
}

void hosts_merge(struct hosts *into, const struct hosts *from)
{
	size_t places = ((size_t)from->bucket_mask + 1) * HOSTS_WAYS;

	for (size_t i = 0; i < places && from->used > 0; i++) {
		const struct host_talk *part = &from->places[i];
		struct host_talk *host;

		if (addr_is_zero(&part->addr))
			continue;
		host = enter(into, &part->addr);
		for (unsigned direction = 0; direction < 2; direction++) {
			host->packets[direction] += part->packets[direction];
			host->bytes[direction] += part->bytes[direction];
		}
	}
	into->evicted += from->evicted;
	into->evicted_packets += from->evicted_packets;
	into->evicted_bytes += from->evicted_bytes;
}

void hosts_clear(struct hosts *hosts)
{
	if (hosts->used > 0)
		memset(hosts->places, 0,
			((size_t)hosts->bucket_mask + 1) * HOSTS_WAYS * sizeof(*hosts->places));
	hosts->last = hosts->places;
	hosts->used = 0;
}

static bool ranks_before(const struct host_talk *a, const struct host_talk *b)
{
	if (total_bytes(a) != total_bytes(b))
		return total_bytes(a) > total_bytes(b);
	return addr_compare(&a->addr, &b->addr) < 0;
}

/* Keeps out[0..count) sorted; the caller saw to it that there is room. */
static void insert_sorted(struct host_talk *out, unsigned count, const struct host_talk *host)
{
	while (count > 0 && ranks_before(host, &out[count - 1])) {
		out[count] = out[count - 1];
		count--;
	}
	out[count] = *host;
}

unsigned hosts_top(const struct hosts *hosts, struct host_talk *out, unsigned cap)
{
	size_t places = ((size_t)hosts->bucket_mask + 1) * HOSTS_WAYS;
	unsigned count = 0;

	for (size_t i = 0; i < places && cap > 0; i++) {
		const struct host_talk *host = &hosts->places[i];

		if (addr_is_zero(&host->addr))
			continue;
		if (count == cap && !ranks_before(host, &out[count - 1]))
			continue;
		count -= count == cap;
		insert_sorted(out, count++, host);
	}
	return count;
}

void hosts_stats_add(const struct hosts *hosts, struct hosts_stats *stats)
{
	stats->hosts += hosts->used;
	stats->evicted += hosts->evicted;
	stats->evicted_packets += hosts->evicted_packets;
	stats->evicted_bytes += hosts->evicted_bytes;
}
