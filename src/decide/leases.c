/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/leases.c - tends the mitigations there are: hits, renewal, release, and sending the
 * orders.
 *
 * Measures that do not lie in the kernel's maps (nft_block, command) are in no picture's hits: they
 * are in force until they are told to be not, or their lease ends.
 *
 * A lease is renewed when half of it is over and the measure is still needed: hit within
 * policy.release_s, or its incident goes on. It is released when it was not hit for so long; what
 * is about one machine (block, quarantine) only when its incident is over too. What the operator
 * has added runs to its end. An order that got no answer is sent again, three times, ever later.
 */
#include "decide/decide_internal.h"

#define ANSWER_NS (5 * NS_PER_S) /* for the keeper's answer; it takes milliseconds */
#define SETTLE_NS NS_PER_S	 /* until what was confirmed must be seen in the maps */
#define TIMES_GONE_MAX 6	 /* each time it is waited twice as long, to a minute */
#define TRIES_MAX 3

uint32_t lease_ms(const struct decider *decider)
{
	uint64_t lease_s = decider->conf->policy.lease_s;

	if (lease_s > decider->conf->gate.lease_max_s)
		lease_s = decider->conf->gate.lease_max_s;
	return lease_s < UINT32_MAX / 1000 ? (uint32_t)(lease_s * 1000) : UINT32_MAX;
}

/* In the keeper's hands, or on the way there? */
static bool is_out(const struct entry *entry)
{
	return entry->is_confirmed || entry->is_asked;
}

void leases_end(struct entry *entry, int64_t now_ns, bool is_to_revoke)
{
	entry->mitigation.state = MITIGATION_RELEASED;
	entry->mitigation.ended_ns = now_ns;
	entry->pending = 0;
	entry->tries = 0;
	entry->retry_ns = 0;
	if (is_to_revoke && is_out(entry))
		entry->pending = ORDER_REVOKE + 1;
}

static void again(struct entry *entry)
{
	entry->is_confirmed = entry->is_asked = false;
	entry->pending = ORDER_APPLY + 1;
	entry->times_gone += entry->times_gone < TIMES_GONE_MAX;
}

static void take_hit(struct decider *decider, const struct gate_hit *hit)
{
	struct entry *entry = store_find(&decider->store, hit->mitigation);
	struct mitigation *m;

	if (!entry || !mitigation_is_live(&entry->mitigation))
		return;
	m = &entry->mitigation;
	if (!hit->is_there) {
		/* Gone before its time: somebody has emptied the maps. */
		if (entry->is_confirmed && !entry->pending &&
			decider->now_ns - entry->confirmed_ns > SETTLE_NS << entry->times_gone &&
			m->expires_ns - decider->now_ns > SETTLE_NS)
			again(entry);
		return;
	}
	/* Fewer: the kernel part has begun to count anew. */
	if (hit->hits > m->hits)
		m->last_hit_ns = decider->now_ns;
	m->hits = hit->hits;
	m->bytes = hit->bytes;
	/* Adopted while its answer was still on the way: the kernel has it. */
	if (m->state == MITIGATION_ASKED && !entry->is_asked) {
		entry->is_confirmed = true;
		entry->pending = 0;
		m->state = decider->mode == WIRE_MODE_ENFORCE ? MITIGATION_IN_FORCE
							      : MITIGATION_SHADOW;
	}
}

/* Does an incident go on that asks for it? After a restart it has another id. */
static bool is_wanted(const struct mitigation *m, const struct picture *picture)
{
	for (unsigned i = 0; i < picture->incident_count; i++) {
		const struct incident *incident = picture->incidents[i];

		if (!incident_goes_on(incident, picture->now_ns))
			continue;
		if (strncmp(incident->id, m->incident, sizeof(m->incident)) == 0)
			return true;
		if (incident->kind == m->kind && incident->subject_bits == m->bits &&
			addr_equal(&incident->subject, &m->whom))
			return true;
	}
	return false;
}

static bool is_about_machine(enum verb verb)
{
	return verb == VERB_BLOCK || verb == VERB_NFT_BLOCK || verb == VERB_QUARANTINE ||
	       verb == VERB_COMMAND;
}

static int64_t last_use(const struct mitigation *m)
{
	return m->last_hit_ns > m->begins_ns ? m->last_hit_ns : m->begins_ns;
}

static void tend_policy(struct decider *decider, const struct picture *picture, struct entry *entry)
{
	struct mitigation *m = &entry->mitigation;
	int64_t quiet_ns = (int64_t)decider->conf->policy.release_s * NS_PER_S;
	int64_t half_ns = (int64_t)lease_ms(decider) * NS_PER_MS / 2;
	bool is_used = picture->now_ns - last_use(m) < quiet_ns;

	if (!is_used && (!is_about_machine(m->verb) || !is_wanted(m, picture))) {
		leases_end(entry, picture->now_ns, true);
		return;
	}
	if (entry->pending || m->expires_ns - picture->now_ns > half_ns)
		return;
	if (entry->is_confirmed)
		entry->pending = ORDER_EXTEND + 1;
	else if (m->state == MITIGATION_SHADOW) /* only noted */
		m->expires_ns = picture->now_ns + 2 * half_ns;
}

/* The kernel part changes its mode for all; the firewall has none: there it is put in or taken. The
 * operator's program is told that its measure is over. */
static void follow_mode(const struct picture *picture, struct entry *entry)
{
	struct mitigation *m = &entry->mitigation;
	bool is_enforced = picture->mode == WIRE_MODE_ENFORCE;

	if (m->origin == ORIGIN_KERNEL)
		return;
	if (is_enforced && m->state == MITIGATION_SHADOW) {
		m->state = entry->is_confirmed ? MITIGATION_IN_FORCE : MITIGATION_ASKED;
		if (!is_out(entry) && m->verb != VERB_COMMAND)
			entry->pending = ORDER_APPLY + 1;
		else if (m->verb == VERB_COMMAND && !is_out(entry))
			m->state = MITIGATION_SHADOW; /* too late to be told */
	} else if (!is_enforced && m->state < MITIGATION_FAILED && m->state != MITIGATION_SHADOW) {
		m->state = MITIGATION_SHADOW;
		if (m->verb == VERB_NFT_BLOCK || m->verb == VERB_COMMAND)
			entry->pending = is_out(entry) ? ORDER_REVOKE + 1 : 0;
	}
}

static void tend_asked(struct entry *entry, int64_t now_ns)
{
	if (!entry->is_asked || entry->pending || now_ns - entry->asked_ns < ANSWER_NS)
		return;
	entry->is_asked = false;
	if (++entry->tries < TRIES_MAX)
		entry->pending = ORDER_APPLY + 1;
	else
		entry->mitigation.state = MITIGATION_FAILED, entry->mitigation.ended_ns = now_ns;
}

static void tend(struct decider *decider, const struct picture *picture, struct entry *entry)
{
	struct mitigation *m = &entry->mitigation;
	int64_t longest_ns;

	follow_mode(picture, entry);
	tend_asked(entry, picture->now_ns);
	if (!mitigation_is_live(m) || m->origin == ORIGIN_KERNEL)
		return;
	/* A clock that was set back does not make a lease longer. */
	longest_ns = (int64_t)decider->conf->gate.lease_max_s * NS_PER_S;
	if (m->expires_ns - picture->now_ns > longest_ns)
		m->expires_ns = picture->now_ns + longest_ns;
	if (m->begins_ns > picture->now_ns)
		m->begins_ns = picture->now_ns;
	if (m->last_hit_ns > picture->now_ns)
		m->last_hit_ns = picture->now_ns;
	if (m->expires_ns <= picture->now_ns)
		leases_end(entry, picture->now_ns, false);
	else if (m->origin == ORIGIN_POLICY)
		tend_policy(decider, picture, entry);
}

void leases_tend(struct decider *decider, const struct picture *picture)
{
	for (unsigned i = 0; i < picture->hit_count; i++)
		take_hit(decider, &picture->hits[i]);
	for (unsigned i = 0; i < decider->store.count; i++)
		tend(decider, picture, store_at(&decider->store, i));
}

static uint32_t order_lease_ms(
	const struct decider *decider, const struct mitigation *m, enum order_kind kind)
{
	int64_t left_ms = (m->expires_ns - decider->now_ns) / NS_PER_MS;

	if (kind == ORDER_REVOKE)
		return 0;
	if (kind == ORDER_EXTEND)
		return lease_ms(decider);
	if (left_ms < 1)
		left_ms = 1;
	return left_ms < UINT32_MAX ? (uint32_t)left_ms : UINT32_MAX;
}

static void note_sent(struct entry *entry, enum order_kind kind, int64_t now_ns)
{
	entry->pending = 0;
	if (kind == ORDER_REVOKE) {
		entry->is_confirmed = entry->is_asked = false;
		return;
	}
	entry->is_asked = true;
	entry->asked_ns = now_ns;
}

void leases_send(struct decider *decider, struct orders *orders)
{
	for (unsigned i = 0; i < decider->store.count; i++) {
		struct entry *entry = store_at(&decider->store, i);
		enum order_kind kind = (enum order_kind)(entry->pending - 1);

		if (!entry->pending || entry->retry_ns > decider->now_ns)
			continue;
		if (orders->count == ORDERS_MAX) {
			orders->lost++;
			continue;
		}
		orders->list[orders->count++] = (struct order){ kind, &entry->mitigation,
			order_lease_ms(decider, &entry->mitigation, kind) };
		note_sent(entry, kind, decider->now_ns);
	}
}
