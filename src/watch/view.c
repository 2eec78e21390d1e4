/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/view.c - what the kernel part does, as the rest of watch sees it.
 *
 * The map of hosts is never walked. The samples of what it drops name the hosts under attack;
 * of these, and of no others, the counts are looked up once a window. So an attack that never
 * reaches a capture socket is still counted, told and followed to its end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate_view.h"
#include "respond/gate.h"
#include "watch/watch_internal.h"

#define SAMPLES_A_STEP 4096
#define FORGET_NS (20 * (uint64_t)NS_PER_S) /* without a sample: no longer looked at */
/* Four for each host: that a set of eight fills up before the table does is rare (Poisson, mean 2:
 * one set in 4000). */
#define HOST_PLACES (4 * WATCH_HOSTS_MAX)

int view_open(struct watch *watch)
{
	uint64_t seed = live_seed(watch->live);
	int r;

	if (!watch->maps)
		return 0;
	r = keyed_open(
		&watch->hosts, HOST_PLACES, sizeof(struct watched_host), sizeof(struct addr), seed);
	return r < 0 ? r : gate_view_open(seed, &watch->view);
}

void view_close(struct watch *watch)
{
	gate_view_close(watch->view);
	keyed_close(&watch->hosts);
}

static void note_host(struct watch *watch, const struct addr *addr, uint64_t time_ns)
{
	struct watched_host *host = keyed_find(&watch->hosts, addr);

	if (!host && watch->hosts.count < WATCH_HOSTS_MAX)
		host = keyed_take(&watch->hosts, addr, 0); /* 0: pushes nothing out */
	if (!host) {
		watch->hosts_lost++;
		return;
	}
	host->head.weight = 1;
	host->sampled_ns = time_ns;
}

static void sampled(void *context, const struct wire_sample *sample)
{
	struct watch *watch = context;
	struct pkt pkt;

	if (!live_see_dropped(watch->live, sample, &pkt))
		return;
	/* The kernel part judges the outer packet. */
	note_host(watch, pkt.tunnels > 0 ? &pkt.outer[1] : &pkt.key.addr[1], sample->time_ns);
	gate_view_sample(watch->view, sample, &pkt);
}

void view_take_samples(struct watch *watch)
{
	if (watch->maps)
		maps_samples(watch->maps, sampled, watch, SAMPLES_A_STEP);
}

static void look_at(struct watch *watch, const struct addr *addr)
{
	struct gate_host *host = &watch->now[watch->now_count];

	host->addr = *addr;
	host->is_without_cookies = maps_is_without_cookies(watch->maps, addr);
	if (!maps_host(watch->maps, addr, &host->counts))
		return;
	watch->now_count++;
	/* Above its mark, but nothing is done about it. */
	if (host->is_without_cookies)
		host->counts.classes[WIRE_CLASS_SYN].active_until_ns = 0;
}

/* Hosts without a sample for long go; the counts of the others are read. */
static void look(struct watch *watch)
{
	uint64_t now_ns = now_monotonic_ns();

	memcpy(watch->before, watch->now, watch->now_count * sizeof(watch->now[0]));
	watch->before_count = watch->now_count;
	watch->now_count = 0;
	/* Backwards: the place of one that goes is taken by the last, which was looked at. */
	for (uint32_t i = watch->hosts.count; i-- > 0;) {
		struct watched_host *watched = keyed_at(&watch->hosts, i);

		if (now_ns > watched->sampled_ns + FORGET_NS)
			keyed_remove(&watch->hosts, watched);
		else
			look_at(watch, &watched->addr);
	}
}

/* Does a capture socket see what the kernel part drops? In tc the sockets come first, in XDP
 * last. */
static bool are_captured(const struct watch *watch)
{
	uint64_t until_ns;

	for (unsigned i = 0; i < watch->welcome.interface_count; i++)
		if (watch->welcome.interface[i].xdp == GATE_TC)
			return true;
	return view_mode(watch, &until_ns) != WIRE_MODE_ENFORCE;
}

void view_window(void *context, struct window window, struct findings *findings)
{
	struct watch *watch = context;

	watch->window = window;
	watch->windows++;
	if (!watch->maps)
		return;
	look(watch);
	gate_view_judge(watch->view, watch->conf, watch->networks,
		&(struct gate_look){
			.window = window,
			.monotonic_ns = now_monotonic_ns(),
			.before = watch->before,
			.before_count = watch->before_count,
			.now = watch->now,
			.now_count = watch->now_count,
			.are_captured = are_captured(watch),
		},
		findings);
}

enum wire_mode view_mode(const struct watch *watch, uint64_t *ret_until_ns)
{
	struct wire_settings settings;

	*ret_until_ns = 0;
	/* Without a kernel part nobody else knows it but the keeper. */
	if (!watch->maps || maps_settings(watch->maps, &settings) < 0)
		settings = (struct wire_settings){ .mode = watch->welcome.mode,
			.enforce_until_ns = watch->welcome.enforce_until_ns };
	if (settings.mode == WIRE_MODE_ENFORCE && settings.enforce_until_ns != 0) {
		if (settings.enforce_until_ns <= now_monotonic_ns())
			return WIRE_MODE_SHADOW;
		*ret_until_ns = settings.enforce_until_ns;
	}
	return (enum wire_mode)settings.mode;
}

/* SYNs that get no cookies are passed, so no sample names their target. */
static void note_flooded(struct watch *watch, const struct picture *picture)
{
	for (unsigned i = 0; watch->maps && i < picture->incident_count; i++) {
		const struct incident *incident = picture->incidents[i];

		if (incident->kind == KIND_FLOOD_SYN && incident->scope == SCOPE_HOST &&
			picture->now_ns - incident->last_ns < (int64_t)FORGET_NS &&
			maps_is_without_cookies(watch->maps, &incident->subject))
			note_host(watch, &incident->subject, picture->monotonic_ns);
	}
}

void view_picture(struct watch *watch, struct picture *ret_picture)
{
	unsigned count, memory_count;
	const struct mitigation *const *list = decider_mitigations(watch->decider, &count);
	uint64_t until_ns;

	*ret_picture = (struct picture){
		.mode = view_mode(watch, &until_ns),
		.has_gate = watch->maps != NULL,
		.hosts = watch->now,
		.host_count = watch->maps ? watch->now_count : 0,
		.hits = watch->hits,
	};
	ret_picture->now_ns = live_now_ns(watch->live, &ret_picture->monotonic_ns);
	ret_picture->incidents =
		correlator_incidents(live_correlator(watch->live), &ret_picture->incident_count);
	note_flooded(watch, ret_picture);
	ret_picture->memories = live_memories(watch->live, &memory_count);
	ret_picture->memory_count = memory_count;
	if (watch->maps)
		ret_picture->hit_count =
			maps_hits(watch->maps, list, count, ret_picture->monotonic_ns, watch->hits);
}
