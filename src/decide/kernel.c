/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/kernel.c - what the kernel part does by itself, told as mitigations like the others.
 *
 * A class of traffic to a host that is active (bpf/wire.h) is one mitigation of origin kernel, from
 * when it is first seen active until it no longer is. Nothing is ordered for it.
 */
#include <stdio.h>

#include "decide/decide_internal.h"

static bool is_active(const struct picture *picture, const struct gate_host *host, uint32_t class)
{
	return host->counts.classes[class].active_until_ns > picture->monotonic_ns;
}

static bool contains(const struct incident *incident, const struct addr *addr)
{
	struct addr a = addr_mask(addr, incident->subject_bits);
	struct addr b = addr_mask(&incident->subject, incident->subject_bits);

	return addr_equal(&a, &b);
}

bool kernel_is_active(const struct matter *matter, enum wire_class class)
{
	for (unsigned i = 0; i < matter->picture->host_count; i++)
		if (is_active(matter->picture, &matter->picture->hosts[i], class) &&
			contains(matter->incident, &matter->picture->hosts[i].addr))
			return true;
	return false;
}

bool kernel_has_cookies(const struct matter *matter)
{
	for (unsigned i = 0; i < matter->picture->host_count; i++)
		if (matter->picture->hosts[i].is_without_cookies &&
			contains(matter->incident, &matter->picture->hosts[i].addr))
			return false;
	return true;
}

static enum verb verb_of(uint32_t class)
{
	if (class == WIRE_CLASS_SYN)
		return VERB_COOKIES;
	return class <= WIRE_CLASS_ANSWER ? VERB_STATEFUL : VERB_LIMIT_CLASS;
}

static const char *reason_of(uint32_t class)
{
	switch (class) {
	case WIRE_CLASS_SYN:
		return "More SYNs came than gate.syn_high_pps: they are answered with cookies, so "
		       "that only clients that are there get a connection.";
	case WIRE_CLASS_TCP:
		return "More TCP of no known connection came than gate.tcp_high_pps: only known "
		       "connections pass.";
	case WIRE_CLASS_ANSWER:
		return "More amplifier answers came than gate.answer_high_pps: only those pass "
		       "that were asked for.";
	case WIRE_CLASS_ICMP:
		return "More ICMP came than gate.icmp_high_pps: what is above it is dropped.";
	default:
		return "More fragments came than gate.fragment_high_pps: what is above it is "
		       "dropped.";
	}
}

static void link_incident(struct mitigation *m, const struct picture *picture)
{
	for (unsigned i = 0; i < picture->incident_count; i++) {
		const struct incident *incident = picture->incidents[i];

		if ((kind_is_flood(incident->kind) || kind_is_amplification(incident->kind)) &&
			kind_class(incident->kind) == m->class && contains(incident, &m->whom) &&
			incident->subject_bits > 0) {
			snprintf(m->incident, sizeof(m->incident), "%s", incident->id);
			m->kind = incident->kind;
			return;
		}
	}
}

static struct entry *begin(struct decider *decider, const struct picture *picture,
	const struct gate_host *host, uint32_t class)
{
	struct entry *entry = store_add(&decider->store, 0, picture->now_ns, OPERATOR_ROOM);
	struct mitigation *m;

	if (!entry)
		return NULL;
	m = &entry->mitigation;
	m->verb = verb_of(class);
	m->origin = ORIGIN_KERNEL;
	m->whom = host->addr;
	m->bits = 128;
	m->class = class;
	m->begins_ns = picture->now_ns;
	m->coverage = -1;
	m->collateral = m->verb == VERB_LIMIT_CLASS ? -1 : 0;
	entry->base_hits = host->counts.classes[class].dropped;
	snprintf(m->why, sizeof(m->why), "%s", reason_of(class));
	return entry;
}

static void note(struct decider *decider, const struct picture *picture,
	const struct gate_host *host, uint32_t class)
{
	const struct wire_class_state *state = &host->counts.classes[class];
	struct entry *entry = store_live(&decider->store, verb_of(class), &host->addr, 128, class);
	struct mitigation *m;
	uint64_t hits;

	/* What a measure of ours limits is told by that measure. */
	if (entry && entry->mitigation.origin != ORIGIN_KERNEL)
		return;
	if (!entry)
		entry = begin(decider, picture, host, class);
	if (!entry)
		return;
	m = &entry->mitigation;
	hits = state->dropped >= entry->base_hits ? state->dropped - entry->base_hits : 0;
	if (hits != m->hits)
		m->last_hit_ns = picture->now_ns;
	m->hits = hits;
	m->state = picture->mode == WIRE_MODE_ENFORCE ? MITIGATION_IN_FORCE : MITIGATION_SHADOW;
	m->expires_ns = picture->now_ns + (int64_t)(state->active_until_ns - picture->monotonic_ns);
	if (!m->incident[0])
		link_incident(m, picture);
}

void kernel_note(struct decider *decider, const struct picture *picture)
{
	for (unsigned i = 0; i < picture->host_count; i++)
		for (uint32_t class = 0; class <= WIRE_CLASS_FRAGMENT; class ++)
			if (is_active(picture, &picture->hosts[i], class))
				note(decider, picture, &picture->hosts[i], class);
	for (unsigned i = 0; i < decider->store.count; i++) {
		struct entry *entry = store_at(&decider->store, i);
		struct mitigation *m = &entry->mitigation;

		if (m->origin == ORIGIN_KERNEL && mitigation_is_live(m) &&
			m->expires_ns <= picture->now_ns)
			leases_end(entry, picture->now_ns, false);
	}
}
