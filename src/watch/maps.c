/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch/maps.c - what the kernel part counts, read through descriptors that can only read. */
#include "watch/maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMITS_NS NS_PER_S

struct maps {
	int fds[MSG_MAP_COUNT];
	struct ring_buffer *ring;
	unsigned cpus;
	struct wire_counter *counters; /* one a processor */
	uint64_t *losses;	       /* the same */
	maps_sampled *call;	       /* of the maps_samples() that is at work */
	void *context;
	unsigned taken, cap;
	uint64_t limits_ns; /* when limits of classes were looked at last */
};

static int take_sample(void *context, void *data, size_t size)
{
	struct maps *maps = context;

	if (size >= sizeof(struct wire_sample))
		maps->call(maps->context, data);
	/* Any value but 0 ends the round; what is left stays in the ring. */
	return ++maps->taken >= maps->cap ? -EAGAIN : 0;
}

int maps_open(const int fds[MSG_MAP_COUNT], struct err *err, struct maps **ret_maps)
{
	struct maps *maps = calloc(1, sizeof(*maps));
	int cpus = libbpf_num_possible_cpus(), r = -ENOMEM;

	if (!maps || cpus <= 0)
		goto fail;
	maps->cpus = (unsigned)cpus;
	maps->counters = calloc(maps->cpus, sizeof(*maps->counters));
	maps->losses = calloc(maps->cpus, sizeof(*maps->losses));
	if (!maps->counters || !maps->losses)
		goto fail;
	maps->ring = ring_buffer__new(fds[MSG_MAP_samples], take_sample, maps, NULL);
	if (!maps->ring) {
		r = -errno;
		goto fail;
	}
	for (unsigned i = 0; i < MSG_MAP_COUNT; i++)
		maps->fds[i] = fds[i];
	*ret_maps = maps;
	return 0;
fail:
	err_write(err, "cannot map the ring of samples: error %d", -r);
	for (unsigned i = 0; i < MSG_MAP_COUNT; i++)
		close(fds[i]);
	if (maps) {
		free(maps->counters);
		free(maps->losses);
		free(maps);
	}
	return r;
}

unsigned maps_samples(struct maps *maps, maps_sampled *call, void *context, unsigned cap)
{
	maps->call = call;
	maps->context = context;
	maps->taken = 0;
	maps->cap = cap;
	ring_buffer__consume(maps->ring);
	return maps->taken;
}

bool maps_host(const struct maps *maps, const struct addr *addr, struct wire_host *ret_counts)
{
	return bpf_map_lookup_elem(maps->fds[MSG_MAP_hosts], addr, ret_counts) == 0;
}

bool maps_is_without_cookies(const struct maps *maps, const struct addr *addr)
{
	struct wire_prefix prefix = { .bits = 128 };
	struct wire_settings settings;
	struct wire_target target;

	memcpy(prefix.addr.byte, addr->byte, sizeof(prefix.addr.byte));
	return bpf_map_lookup_elem(maps->fds[MSG_MAP_targets], &prefix, &target) == 0 &&
	       !(target.flags & WIRE_TARGET_LOCAL) && maps_settings(maps, &settings) == 0 &&
	       !settings.has_synproxy;
}

static struct wire_prefix prefix_of(const struct mitigation *mitigation)
{
	struct wire_prefix prefix = { .bits = mitigation->bits };

	memcpy(prefix.addr.byte, mitigation->whom.byte, sizeof(prefix.addr.byte));
	return prefix;
}

static struct gate_hit hit_of_lease(const struct maps *maps, enum msg_map map, const void *key)
{
	struct wire_lease lease;

	if (bpf_map_lookup_elem(maps->fds[map], key, &lease) < 0)
		return (struct gate_hit){ 0 };
	return (struct gate_hit){ lease.mitigation, lease.hits, lease.bytes, true };
}

static struct gate_hit hit_of_meter(const struct maps *maps, const struct mitigation *mitigation)
{
	struct wire_meter meter;

	if (bpf_map_lookup_elem(maps->fds[MSG_MAP_limited_sources], &mitigation->whom, &meter) < 0)
		return (struct gate_hit){ 0 };
	return (struct gate_hit){ meter.mitigation, meter.hits, meter.bytes, true };
}

/* What one address or prefix has: one entry, of one measure. */
static struct gate_hit hit_of_address(const struct maps *maps, const struct mitigation *mitigation)
{
	struct wire_prefix prefix = prefix_of(mitigation);
	struct gate_hit hit = { 0 };

	switch (mitigation->verb) {
	case VERB_BLOCK:
		hit = hit_of_lease(maps, MSG_MAP_blocked, &mitigation->whom);
		if (!hit.is_there || hit.mitigation != mitigation->id)
			hit = hit_of_lease(maps, MSG_MAP_blocked_prefixes, &prefix);
		break;
	case VERB_QUARANTINE:
		hit = hit_of_lease(maps, MSG_MAP_quarantined, &mitigation->whom);
		break;
	default:
		hit = hit_of_meter(maps, mitigation);
		break;
	}
	/* The place may be another's by now. */
	if (hit.mitigation != mitigation->id)
		hit = (struct gate_hit){ .is_there = false };
	hit.mitigation = mitigation->id;
	return hit;
}

struct sums {
	struct gate_hit *hits; /* in the order of ids */
	unsigned count;
};

static void add_up(struct sums *sums, uint64_t id, uint64_t hits, uint64_t bytes)
{
	unsigned low = 0, high = sums->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (sums->hits[middle].mitigation < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (id == 0 || low == sums->count || sums->hits[low].mitigation != id)
		return;
	sums->hits[low].hits += hits;
	sums->hits[low].bytes += bytes;
	sums->hits[low].is_there = true;
}

static void add_filters(const struct maps *maps, const struct wire_prefix *key, struct sums *sums)
{
	struct wire_filters filters;

	if (bpf_map_lookup_elem(maps->fds[MSG_MAP_filters], key, &filters) < 0)
		return;
	for (unsigned i = 0; i < WIRE_FILTERS; i++)
		if (filters.filter[i].expires_ns != 0)
			add_up(sums, filters.filter[i].mitigation, filters.filter[i].hits,
				filters.filter[i].bytes);
}

static void add_limits(const struct maps *maps, const struct wire_prefix *key, struct sums *sums)
{
	struct wire_target target;

	if (bpf_map_lookup_elem(maps->fds[MSG_MAP_targets], key, &target) < 0)
		return;
	for (unsigned class = 0; class < WIRE_CLASS_COUNT; class ++)
		add_up(sums, target.limit_mitigation[class], target.limit_hits[class], 0);
}

/* Bounded: a map that changes under the walk may send it back to its beginning. */
static void walk(const struct maps *maps, enum msg_map map, unsigned cap,
	void (*add)(const struct maps *maps, const struct wire_prefix *key, struct sums *sums),
	struct sums *sums)
{
	struct wire_prefix key, next;
	const void *from = NULL;

	for (unsigned i = 0; i < cap && bpf_map_get_next_key(maps->fds[map], from, &next) == 0;
		i++) {
		key = next;
		from = &key;
		add(maps, &key, sums);
	}
}

static bool is_looked_for(const struct mitigation *mitigation)
{
	const unsigned in_maps = 1U << VERB_FILTER | 1U << VERB_LIMIT_SOURCE |
				 1U << VERB_LIMIT_CLASS | 1U << VERB_QUARANTINE | 1U << VERB_BLOCK;

	return (mitigation->state == MITIGATION_IN_FORCE ||
		       mitigation->state == MITIGATION_SHADOW) &&
	       mitigation->origin != ORIGIN_KERNEL && (in_maps & 1U << mitigation->verb);
}

unsigned maps_hits(struct maps *maps, const struct mitigation *const *list, unsigned count,
	uint64_t now_ns, struct gate_hit *hits)
{
	bool is_time = now_ns >= maps->limits_ns + LIMITS_NS;
	bool has_filters = false, has_limits = false;
	struct sums sums = { hits, 0 };

	for (unsigned i = 0; i < count; i++) {
		enum verb verb = list[i]->verb;

		if (!is_looked_for(list[i]) || (verb == VERB_LIMIT_CLASS && !is_time))
			continue;
		has_filters |= verb == VERB_FILTER;
		has_limits |= verb == VERB_LIMIT_CLASS;
		hits[sums.count] = (struct gate_hit){ .mitigation = list[i]->id };
		if (verb != VERB_FILTER && verb != VERB_LIMIT_CLASS)
			hits[sums.count] = hit_of_address(maps, list[i]);
		sums.count++;
	}
	if (has_filters)
		walk(maps, MSG_MAP_filters, WIRE_FILTER_TARGETS_MAX, add_filters, &sums);
	if (has_limits)
		walk(maps, MSG_MAP_targets, WIRE_TARGETS_MAX, add_limits, &sums);
	if (has_limits)
		maps->limits_ns = now_ns;
	return sums.count;
}

void maps_allowed(const struct maps *maps,
	void (*call)(void *context, const struct addr *addr, unsigned bits), void *context)
{
	struct wire_prefix key, next;
	const void *from = NULL;

	while (bpf_map_get_next_key(maps->fds[MSG_MAP_allowed], from, &next) == 0) {
		struct addr addr;

		key = next;
		from = &key;
		memcpy(addr.byte, key.addr.byte, sizeof(addr.byte));
		call(context, &addr, key.bits);
	}
}

int maps_counters(const struct maps *maps, struct wire_counter ret_counters[WIRE_REASON_COUNT])
{
	for (uint32_t reason = 0; reason < WIRE_REASON_COUNT; reason++) {
		struct wire_counter *sum = &ret_counters[reason];
		int r = bpf_map_lookup_elem(maps->fds[MSG_MAP_counters], &reason, maps->counters);

		if (r < 0)
			return -errno;
		*sum = (struct wire_counter){ 0 };
		for (unsigned cpu = 0; cpu < maps->cpus; cpu++) {
			sum->packets += maps->counters[cpu].packets;
			sum->bytes += maps->counters[cpu].bytes;
			sum->shadow_packets += maps->counters[cpu].shadow_packets;
			sum->shadow_bytes += maps->counters[cpu].shadow_bytes;
		}
	}
	return 0;
}

int maps_losses(const struct maps *maps, uint64_t ret_losses[WIRE_LOSS_COUNT])
{
	for (uint32_t loss = 0; loss < WIRE_LOSS_COUNT; loss++) {
		if (bpf_map_lookup_elem(maps->fds[MSG_MAP_losses], &loss, maps->losses) < 0)
			return -errno;
		ret_losses[loss] = 0;
		for (unsigned cpu = 0; cpu < maps->cpus; cpu++)
			ret_losses[loss] += maps->losses[cpu];
	}
	return 0;
}

int maps_settings(const struct maps *maps, struct wire_settings *ret_settings)
{
	uint32_t first = 0;

	return bpf_map_lookup_elem(maps->fds[MSG_MAP_settings], &first, ret_settings) < 0 ? -errno
											  : 0;
}

int maps_fd(const struct maps *maps)
{
	return ring_buffer__epoll_fd(maps->ring);
}

void maps_close(struct maps *maps)
{
	if (!maps)
		return;
	ring_buffer__free(maps->ring);
	for (unsigned i = 0; i < MSG_MAP_COUNT; i++)
		close(maps->fds[i]);
	free(maps->counters);
	free(maps->losses);
	free(maps);
}
