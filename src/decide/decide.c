/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/decide.c - see decide.h: opening, one decision, what became of orders, the operator's
 * wishes.
 */
#include "decide/decide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "decide/decide_internal.h"

#define LOOKS_MAX 8 /* incidents whose samples are looked at in one window */
#define RETRY_NS NS_PER_S
#define TRIES_MAX 3
#define ATTACK_MARK_NS NS_PER_S /* for so long after this window a target counts as attacked */

int decider_open(const struct conf *conf, const struct networks *networks,
	const struct prefix_set *allow, uint64_t seed, struct decider **ret_decider)
{
	struct decider *decider = calloc(1, sizeof(*decider));

	(void)seed;
	if (!decider)
		return -ENOMEM;
	decider_reload(decider, conf, networks, allow);
	decider->scratch = calloc(EVIDENCE_SAMPLES, sizeof(*decider->scratch));
	decider->attack = calloc(LEARN_ATTACK_MAX, sizeof(*decider->attack));
	decider->good = calloc(LEARN_GOOD_MAX, sizeof(*decider->good));
	decider->dossiers = calloc(DOSSIERS_MAX, sizeof(*decider->dossiers));
	if (!decider->scratch || !decider->attack || !decider->good || !decider->dossiers ||
		store_open(&decider->store) < 0 || learner_open(&decider->learner) < 0) {
		decider_close(decider);
		return -ENOMEM;
	}
	*ret_decider = decider;
	return 0;
}

void decider_close(struct decider *decider)
{
	if (!decider)
		return;
	free(decider->scratch);
	free(decider->attack);
	free(decider->good);
	free(decider->dossiers);
	store_close(&decider->store);
	learner_close(decider->learner);
	free(decider);
}

void decider_reload(struct decider *decider, const struct conf *conf,
	const struct networks *networks, const struct prefix_set *allow)
{
	decider->conf = conf;
	decider->networks = networks;
	decider->allow = allow;
}

/* So that what the attack sends is not taken for good later on. */
static void mark_attacked(const struct matter *matter)
{
	const struct picture *picture = matter->picture;
	const struct incident *incident = matter->incident;

	if (!incident_has_target(matter))
		return;
	for (unsigned lane = 0; lane < picture->memory_count; lane++)
		memory_attacked(picture->memories[lane], &incident->subject, incident->subject_bits,
			incident->first_ns, picture->now_ns + ATTACK_MARK_NS);
}

/* True when samples had to be looked at. */
static bool consider(
	struct decider *decider, const struct picture *picture, const struct incident *incident)
{
	struct matter matter = { .decider = decider, .picture = picture, .incident = incident };

	if (!incident_goes_on(incident, picture->now_ns))
		return false;
	mark_attacked(&matter);
	matter.dossier = dossier_of(decider, incident);
	if (!matter.dossier || picture->now_ns < matter.dossier->next_look_ns)
		return false;
	policy_walk(&matter);
	return matter.evidence.is_made || matter.evidence.is_good_made;
}

static void consider_all(struct decider *decider, const struct picture *picture)
{
	unsigned count = picture->incident_count, looks = 0;

	for (unsigned i = 0; i < count && looks < LOOKS_MAX; i++)
		looks +=
			consider(decider, picture, picture->incidents[(decider->turn + i) % count]);
	decider->turn = looks == LOOKS_MAX ? decider->turn + LOOKS_MAX : 0;
	/* Those that had no turn keep what was tried. */
	for (unsigned i = 0; i < count; i++)
		if (dossier_find(decider, picture->incidents[i]->id))
			dossier_of(decider, picture->incidents[i]);
}

void decider_decide(struct decider *decider, const struct picture *picture, struct orders *orders)
{
	/* After a step back of the clock the waiting times begin anew. */
	if (picture->now_ns < decider->now_ns)
		for (unsigned i = 0; i < decider->dossier_count; i++)
			for (unsigned rung = 0; rung < RUNGS_MAX; rung++)
				decider->dossiers[i].rungs[rung].next_ns =
					decider->dossiers[i].next_look_ns = 0;
	decider->now_ns = picture->now_ns;
	decider->mode = picture->mode;
	orders->count = 0;
	orders->lost = 0;
	dossiers_begin(decider);
	store_forget(&decider->store, picture->now_ns);
	kernel_note(decider, picture);
	leases_tend(decider, picture);
	consider_all(decider, picture);
	dossiers_end(decider);
	leases_send(decider, orders);
}

static void told_fine(
	struct decider *decider, struct entry *entry, enum order_kind kind, int64_t expires_ns)
{
	struct mitigation *m = &entry->mitigation;

	entry->is_asked = false;
	entry->tries = 0;
	entry->retry_ns = 0;
	if (kind == ORDER_REVOKE)
		return;
	entry->is_confirmed = true;
	entry->confirmed_ns = decider->now_ns;
	if (expires_ns > 0)
		m->expires_ns = expires_ns;
	if (m->state == MITIGATION_ASKED)
		m->state = MITIGATION_IN_FORCE;
	/* Released while the order was on its way. */
	if (!mitigation_is_live(m) && !entry->pending)
		entry->pending = ORDER_REVOKE + 1;
}

static bool may_pass(int result)
{
	return result == -EBUSY || result == -EAGAIN || result == -ENOBUFS || result == -EINTR;
}

static void told_bad(struct decider *decider, struct entry *entry, enum order_kind kind, int result,
	const char *why)
{
	struct mitigation *m = &entry->mitigation;

	entry->is_asked = false;
	/* Renewing what is not there (any more): from the beginning. */
	if (kind == ORDER_EXTEND && result == -ENOENT) {
		entry->is_confirmed = false;
		kind = ORDER_APPLY;
		result = -EAGAIN;
	}
	if (may_pass(result) && ++entry->tries < TRIES_MAX) {
		entry->pending = (uint8_t)(kind + 1);
		entry->retry_ns = decider->now_ns + RETRY_NS * entry->tries;
		return;
	}
	entry->tries = 0;
	if (kind != ORDER_APPLY || !mitigation_is_live(m))
		return; /* its lease ends it */
	m->state = MITIGATION_FAILED;
	m->ended_ns = decider->now_ns;
	snprintf(
		m->why, sizeof(m->why), "Refused: %.400s", why && why[0] ? why : strerror(-result));
	entry->is_vetoed = !may_pass(result) && result != -ENOSPC;
	policy_failed(decider, m, entry->is_vetoed);
}

void decider_told(struct decider *decider, uint64_t mitigation, enum order_kind kind, int result,
	const char *why, int64_t expires_ns)
{
	struct entry *entry = store_find(&decider->store, mitigation);

	if (!entry || (kind == ORDER_REVOKE && result == -ENOENT))
		return;
	if (result >= 0)
		told_fine(decider, entry, kind, expires_ns);
	else
		told_bad(decider, entry, kind, result, why);
}

static bool is_about_sender(enum verb verb)
{
	return verb == VERB_BLOCK || verb == VERB_NFT_BLOCK || verb == VERB_LIMIT_SOURCE ||
	       verb == VERB_QUARANTINE;
}

/* A typing mistake must not shut out a continent: at most an IPv4 /8 or an IPv6 /16. */
static bool is_too_wide(const struct mitigation *wish)
{
	unsigned least = addr_is_v4(&wish->whom) ? ADDR_V4_BITS + 8 : 16;

	return is_about_sender(wish->verb) && wish->bits < least;
}

static int check_wish(const struct decider *decider, const struct mitigation *wish, struct err *err)
{
	struct addr masked = addr_mask(&wish->whom, wish->bits < 128 ? wish->bits : 128);
	struct prefix prefix = { wish->whom, wish->bits };
	char text[ADDR_TEXT_MAX];

	if (wish->verb >= VERB_COUNT || wish->verb == VERB_COOKIES || wish->verb == VERB_STATEFUL)
		return err_set(err, -EINVAL, "This is not a measure that can be asked for.");
	if (wish->bits > 128 || !addr_equal(&masked, &wish->whom) || addr_is_zero(&wish->whom))
		return err_set(
			err, -EINVAL, "The address has bits set beyond its length, or is none.");
	addr_prefix_format(&wish->whom, wish->bits, text);
	if (is_too_wide(wish))
		return err_set(err, -EINVAL, "%s is too wide; at most /8, IPv6 /16.", text);
	if ((wish->verb == VERB_QUARANTINE || wish->verb == VERB_LIMIT_SOURCE) && wish->bits < 128)
		return err_set(err, -EINVAL, "%s is not one address.", text);
	if ((wish->verb == VERB_LIMIT_SOURCE || wish->verb == VERB_LIMIT_CLASS) &&
		(wish->rate_pps == 0 || wish->class >= WIRE_CLASS_COUNT))
		return err_set(err, -EINVAL, "A limit needs a rate, and a class that there is.");
	if (is_about_sender(wish->verb) && prefix_set_touches(decider->allow, &prefix))
		return err_set(err, -EPERM,
			"%s is on the allowlist, or has an address in it that is; see weir allow.",
			text);
	return 0;
}

int decider_add(struct decider *decider, const struct mitigation *wish, int64_t now_ns,
	struct err *err, uint64_t *ret_id)
{
	int64_t longest_ns = (int64_t)decider->conf->gate.lease_max_s * NS_PER_S;
	int r = check_wish(decider, wish, err);
	struct entry *entry;
	struct mitigation *m;

	if (r < 0)
		return r;
	entry = store_add(&decider->store, 0, now_ns, 0);
	if (!entry)
		return err_set(err, -ENOSPC, "There are %u measures already; release some.",
			MITIGATIONS_MAX);
	m = &entry->mitigation;
	m->verb = wish->verb;
	m->origin = ORIGIN_OPERATOR;
	m->state = decider->mode == WIRE_MODE_ENFORCE ? MITIGATION_ASKED : MITIGATION_SHADOW;
	m->whom = wish->whom;
	m->bits = wish->bits;
	m->class = wish->class;
	m->rate_pps = wish->rate_pps;
	m->filter = wish->filter;
	m->kind = wish->kind;
	m->begins_ns = now_ns;
	m->expires_ns = wish->expires_ns > now_ns ? wish->expires_ns
						  : now_ns + (int64_t)lease_ms(decider) * NS_PER_MS;
	if (m->expires_ns - now_ns > longest_ns)
		m->expires_ns = now_ns + longest_ns;
	m->coverage = m->collateral = -1;
	snprintf(m->incident, sizeof(m->incident), "%.*s", INCIDENT_ID_MAX - 1, wish->incident);
	snprintf(m->why, sizeof(m->why), "%s",
		wish->why[0] ? wish->why : "The operator asked for it.");
	if (m->state == MITIGATION_ASKED || m->verb != VERB_NFT_BLOCK)
		entry->pending = ORDER_APPLY + 1;
	*ret_id = m->id;
	return 0;
}

int decider_release(struct decider *decider, uint64_t id, int64_t now_ns)
{
	struct entry *entry = store_find(&decider->store, id);

	if (!entry || !mitigation_is_live(&entry->mitigation))
		return -ENOENT;
	if (entry->mitigation.origin == ORIGIN_KERNEL)
		return -EPERM;
	leases_end(entry, now_ns, true);
	entry->is_vetoed = true;
	policy_failed(decider, &entry->mitigation, true);
	return 0;
}

/* Of the kernel's own nothing is adopted: if it still is, it is seen again. */
int decider_adopt(struct decider *decider, const struct mitigation *mitigation)
{
	struct entry *entry;

	if (mitigation->origin == ORIGIN_KERNEL)
		return 0;
	if (store_find(&decider->store, mitigation->id))
		return -EEXIST;
	entry = store_add(&decider->store, mitigation->id, 0, 0);
	if (!entry)
		return -ENOSPC;
	entry->mitigation = *mitigation;
	entry->is_confirmed =
		mitigation->state == MITIGATION_IN_FORCE ||
		(mitigation->state == MITIGATION_SHADOW && mitigation->verb != VERB_NFT_BLOCK &&
			mitigation->verb != VERB_COMMAND);
	if (mitigation->state == MITIGATION_ASKED)
		entry->pending = ORDER_APPLY + 1;
	return 0;
}

const struct mitigation *const *decider_mitigations(
	const struct decider *decider, unsigned *ret_count)
{
	*ret_count = decider->store.count;
	return decider->store.sorted;
}

const struct mitigation *decider_mitigation(const struct decider *decider, uint64_t id)
{
	const struct entry *entry = store_find(&decider->store, id);

	return entry ? &entry->mitigation : NULL;
}

const char *decider_reason(const struct decider *decider, const char *incident)
{
	const struct dossier *dossier = dossier_find(decider, incident);

	if (!dossier)
		return "";
	return dossier->doubt ? dossier->doubt : dossier->note;
}
