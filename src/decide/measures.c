/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/measures.c - makes the measures of the list: whom, how much, what it would cost the good,
 * and why, in a sentence.
 *
 * A maker says MADE when it has added at least one mitigation, WAIT when it needs more samples, NOT
 * when it cannot help; then the note of the dossier says why. All look at the same two limits:
 * policy.collateral_max, measured on the traffic memory, and the caps.
 */
#include <stdarg.h>
#include <stdio.h>

#include "decide/decide_internal.h"
#include "lib/text.h"

#define LIMIT_LEAST_PPS 100 /* weir: what a resolver or a game needs when nothing is known */
#define LIMIT_FACTOR 4	    /* times the usual rate */
#define HOUR_S 3600
#define BUCKET_S 300	   /* as the memory's */
#define BLOCKS_AT_ONCE 128 /* of one incident in one window */
/* Of many who fail to log in at one host, some only mistyped. As fail2ban's maxretry. */
#define GUESSES_LEAST 5

static bool is_enforcing(const struct matter *matter)
{
	return matter->picture->mode == WIRE_MODE_ENFORCE;
}

/* The firewall and programs have no shadow mode: there they are noted, not ordered. */
static bool is_ordered(const struct matter *matter, enum verb verb)
{
	return is_enforcing(matter) || (verb != VERB_NFT_BLOCK && verb != VERB_COMMAND);
}

/* NULL when there is no room. */
static struct mitigation *add_measure(
	struct matter *matter, enum verb verb, const struct addr *whom, unsigned bits)
{
	struct decider *decider = matter->decider;
	int64_t now_ns = matter->picture->now_ns;
	struct entry *entry = store_add(&decider->store, 0, now_ns, OPERATOR_ROOM);
	struct mitigation *m;

	if (!entry) {
		dossier_note(matter->dossier, "There is no room for a further measure (of %u).",
			MITIGATIONS_MAX - OPERATOR_ROOM);
		return NULL;
	}
	m = &entry->mitigation;
	m->verb = verb;
	m->origin = ORIGIN_POLICY;
	m->state = is_enforcing(matter) ? MITIGATION_ASKED : MITIGATION_SHADOW;
	m->whom = *whom;
	m->bits = (uint8_t)bits;
	m->kind = matter->incident->kind;
	snprintf(m->incident, sizeof(m->incident), "%s", matter->incident->id);
	m->begins_ns = now_ns;
	m->expires_ns = now_ns + (int64_t)lease_ms(decider) * NS_PER_MS;
	m->coverage = m->collateral = -1;
	if (is_ordered(matter, verb))
		entry->pending = ORDER_APPLY + 1;
	return m;
}

__attribute__((format(printf, 2, 3))) static void say_why(
	struct mitigation *m, const char *format, ...)
{
	size_t used = strlen(m->why);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(m->why + used, sizeof(m->why) - used, format, arguments);
	va_end(arguments);
}

/* What was not possible before, so that this is the narrowest measure that is. */
static void say_before(struct mitigation *m, const struct dossier *dossier)
{
	if (dossier->note[0])
		say_why(m, " Nothing narrower would do: %s", dossier->note);
}

static void say_filter(struct matter *matter, struct mitigation *m, const struct learned *learned)
{
	char what[MITIGATION_TEXT_MAX], whom[ADDR_TEXT_MAX];
	char coverage[TEXT_NUMBER_MAX], share[TEXT_NUMBER_MAX], bound[TEXT_NUMBER_MAX];
	char count[TEXT_NUMBER_MAX];

	say_why(m, "Drops to %s what is %s: %s of the attack's packets",
		addr_prefix_format(&m->whom, m->bits, whom),
		filter_describe(&learned->filter, what, 256),
		text_share(learned->coverage, coverage));
	if (learned->good_samples == 0) {
		say_why(m, "; no good traffic is known to hold it against, but %u fields mark it.",
			learned->fields);
		return;
	}
	say_why(m, ", %s of the last hour's good ones (of %s samples; at most %s).",
		text_share(learned->collateral, share),
		text_count(matter->evidence.good_count, count),
		text_share(learned->collateral_bound, bound));
}

static unsigned filters_of(const struct matter *matter)
{
	const struct store *store = &matter->decider->store;
	unsigned count = 0;

	for (unsigned i = 0; i < store->count; i++) {
		const struct mitigation *m = store->sorted[i];

		count += m->verb == VERB_FILTER && mitigation_is_live(m) &&
			 m->bits == matter->incident->subject_bits &&
			 addr_equal(&m->whom, &matter->incident->subject);
	}
	return count;
}

enum outcome make_filters(struct matter *matter)
{
	struct decider *decider = matter->decider;
	const struct sighting *evidence = evidence_of(matter);
	struct learned learned[LEARN_FILTERS_MAX];
	unsigned room = WIRE_FILTERS - filters_of(matter), count, made = 0;
	const char *why_not = "the target has as many filters as there may be";
	struct learn_input input;

	if (room == 0) {
		dossier_note(matter->dossier, "No filter: %s.", why_not);
		return OUTCOME_NOT;
	}
	if (evidence->attack_count < LEARN_ATTACK_MIN) {
		dossier_note(matter->dossier,
			"Too few of its packets (%u of %u) have been seen for a filter.",
			evidence->attack_count, LEARN_ATTACK_MIN);
		return OUTCOME_WAIT;
	}
	evidence_good(matter);
	input = (struct learn_input){ decider->attack, decider->good, evidence->attack_count,
		evidence->good_count, decider->conf->policy.collateral_max };
	count = learner_learn(decider->learner, &input, learned,
		room < LEARN_FILTERS_MAX ? room : LEARN_FILTERS_MAX, &why_not);
	for (unsigned i = 0; i < count; i++) {
		struct mitigation *m = add_measure(matter, VERB_FILTER, &matter->incident->subject,
			matter->incident->subject_bits);

		if (!m)
			break;
		m->filter = learned[i].filter;
		m->coverage = learned[i].coverage;
		m->collateral = evidence->good_count ? learned[i].collateral : -1;
		say_filter(matter, m, &learned[i]);
		made++;
	}
	if (count == 0)
		dossier_note(matter->dossier, "No filter: %s.", why_not);
	return made ? OUTCOME_MADE : OUTCOME_NOT;
}

/* The busiest five minutes of a class (or, with a source, of that sender) in the good traffic. */
static double usual_pps(
	struct matter *matter, uint32_t class, const struct addr *source, double *ret_share)
{
	const struct sighting *evidence = evidence_good(matter);
	double buckets[HOUR_S / BUCKET_S] = { 0 }, all = 0, most = 0;

	for (unsigned i = 0; i < evidence->good_count; i++) {
		const struct memory_sample *sample = &matter->decider->good[i];

		if (source ? !addr_equal(&sample->source, source)
			   : features_class(&sample->features) != class)
			continue;
		all += sample->weight;
		buckets[sample->time_ns / (BUCKET_S * NS_PER_S) % (HOUR_S / BUCKET_S)] +=
			sample->weight;
	}
	for (unsigned i = 0; i < HOUR_S / BUCKET_S; i++)
		most = buckets[i] > most ? buckets[i] : most;
	*ret_share = evidence->good_weight > 0 ? all / evidence->good_weight : 0;
	return most / BUCKET_S;
}

static uint32_t limit_for(double usual)
{
	double rate = usual * LIMIT_FACTOR;

	if (rate < LIMIT_LEAST_PPS)
		return LIMIT_LEAST_PPS;
	return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

static bool is_allowed(const struct matter *matter, const struct addr *whom, unsigned bits)
{
	struct prefix prefix = { *whom, (uint8_t)bits };

	return prefix_set_touches(matter->decider->allow, &prefix);
}

static bool limit_one_source(struct matter *matter, const struct addr *source)
{
	char whom[ADDR_TEXT_MAX], rate[TEXT_NUMBER_MAX];
	struct mitigation *m;
	double share, usual;

	if (is_allowed(matter, source, 128) ||
		networks_is_inside(matter->decider->networks, source) ||
		store_is_vetoed(&matter->decider->store, VERB_LIMIT_SOURCE, source) ||
		store_live(&matter->decider->store, VERB_LIMIT_SOURCE, source, 128, 0))
		return false;
	usual = usual_pps(matter, 0, source, &share);
	m = add_measure(matter, VERB_LIMIT_SOURCE, source, 128);
	if (!m)
		return false;
	m->rate_pps = limit_for(usual);
	m->collateral = 0;
	say_why(m,
		"Limits what %s sends to %u packets/s: in the last hour's good traffic it sent "
		"%s at most.",
		addr_format(source, whom), m->rate_pps, text_packet_rate(usual, rate));
	say_before(m, matter->dossier);
	return true;
}

enum outcome make_limit_source(struct matter *matter)
{
	const struct incident *incident = matter->incident;
	unsigned made = 0;

	for (unsigned role = ROLE_ZOMBIE; role <= ROLE_REFLECTOR; role++)
		for (unsigned i = 0; i < incident->roles[role].listed; i++)
			made += limit_one_source(matter, &incident->roles[role].list[i].addr);
	return made ? OUTCOME_MADE : OUTCOME_NOT;
}

enum outcome make_limit_class(struct matter *matter)
{
	const struct incident *incident = matter->incident;
	double attack_pps = evidence_of(matter)->passing_pps, share, usual, collateral = 0;
	uint32_t class = kind_class(incident->kind), rate;
	char whom[ADDR_TEXT_MAX], text[TEXT_NUMBER_MAX], usual_text[TEXT_NUMBER_MAX];
	struct mitigation *m;

	if (store_live(&matter->decider->store, VERB_LIMIT_CLASS, &incident->subject,
		    incident->subject_bits, class))
		return OUTCOME_NOT;
	usual = usual_pps(matter, class, NULL, &share);
	rate = limit_for(usual);
	/* Good and bad are dropped alike once more comes than may pass. */
	if (attack_pps + usual > rate)
		collateral = share * (1 - rate / (attack_pps + usual));
	if (collateral > matter->decider->conf->policy.collateral_max) {
		dossier_note(matter->dossier,
			"A limit on %s would drop %s of the last hour's good traffic.",
			class_word(class), text_share(collateral, text));
		return OUTCOME_NOT;
	}
	m = add_measure(matter, VERB_LIMIT_CLASS, &incident->subject, incident->subject_bits);
	if (!m)
		return OUTCOME_NOT;
	m->class = class;
	m->rate_pps = rate;
	m->collateral = matter->evidence.good_count ? collateral : -1;
	say_why(m, "Limits %s to %s to %u packets/s; usual are %s, %s of the good traffic.",
		class_word(class), addr_prefix_format(&m->whom, m->bits, whom), rate,
		text_packet_rate(usual, usual_text), text_share(share, text));
	say_before(m, matter->dossier);
	return OUTCOME_MADE;
}

/* Of several hosts with one controller each needs proof of its own: who names that controller in a
 * page would shut in whoever reads it. */
static bool is_proved(const struct matter *matter, const struct role_entry *zombie)
{
	const struct incident *incident = matter->incident;

	for (unsigned i = 0; i < incident->link_count && incident->has_unproved; i++) {
		const struct incident_link *link = &incident->links[i];
		bool is_listed = link->is_listed && __builtin_popcount(link->kinds) > 1;

		if ((link->is_deed || is_listed) && addr_equal(&link->from, &zombie->addr))
			return true;
	}
	return !incident->has_unproved;
}

/* Of ours only: a bot may be told of with others' hosts beside it. */
static bool may_quarantine(const struct matter *matter, const struct role_entry *zombie)
{
	const struct store *store = &matter->decider->store;
	char whom[ADDR_TEXT_MAX];

	if (zombie->bits != 128 || !networks_is_inside(matter->decider->networks, &zombie->addr) ||
		!is_proved(matter, zombie) ||
		store_is_vetoed(store, VERB_QUARANTINE, &zombie->addr))
		return false;
	if (!is_allowed(matter, &zombie->addr, 128))
		return true;
	dossier_note(matter->dossier, "%s is on the allowlist.", addr_format(&zombie->addr, whom));
	return false;
}

static bool is_quarantined(const struct matter *matter, const struct role_entry *zombie)
{
	return store_live(&matter->decider->store, VERB_QUARANTINE, &zombie->addr, 128, 0) != NULL;
}

bool all_are_quarantined(struct matter *matter)
{
	const struct role_list *zombies = &matter->incident->roles[ROLE_ZOMBIE];

	for (unsigned i = 0; i < zombies->listed; i++)
		if (may_quarantine(matter, &zombies->list[i]) &&
			!is_quarantined(matter, &zombies->list[i]))
			return false;
	return zombies->listed > 0;
}

static bool quarantine_one(struct matter *matter, const struct role_entry *zombie)
{
	char whom[ADDR_TEXT_MAX];
	struct mitigation *m = add_measure(matter, VERB_QUARANTINE, &zombie->addr, 128);

	if (!m)
		return false;
	say_why(m,
		"Lets nothing leave from %s, one of ours, that works for somebody else (%s): its "
		"own traffic stops too%s.",
		addr_format(&zombie->addr, whom), kind_info(matter->incident->kind)->title,
		matter->decider->conf->policy.portal[0] ? ", but to the portal" : "");
	say_before(m, matter->dossier);
	return true;
}

enum outcome make_quarantines(struct matter *matter)
{
	const struct role_list *zombies = &matter->incident->roles[ROLE_ZOMBIE];
	unsigned made = 0;

	for (unsigned i = 0; i < zombies->listed; i++) {
		const struct role_entry *zombie = &zombies->list[i];

		if (may_quarantine(matter, zombie) && !is_quarantined(matter, zombie))
			made += quarantine_one(matter, zombie);
	}
	return made ? OUTCOME_MADE : OUTCOME_NOT;
}

static double share_from(struct matter *matter, const struct addr *source)
{
	double share;

	usual_pps(matter, 0, source, &share);
	return share;
}

static bool has_room_for_block(const struct matter *matter)
{
	const struct store *store = &matter->decider->store;
	unsigned blocks =
		store_count_live(store, VERB_BLOCK) + store_count_live(store, VERB_NFT_BLOCK);

	if (blocks < matter->decider->conf->policy.blocks_max)
		return true;
	dossier_note(
		matter->dossier, "policy.blocks_max addresses (%u) are blocked already.", blocks);
	return false;
}

static enum verb block_verb(const struct matter *matter)
{
	return matter->picture->has_gate ? VERB_BLOCK : VERB_NFT_BLOCK;
}

/* True when the sender may be blocked, with its share of the good traffic. */
static bool may_block(struct matter *matter, const struct addr *source, double *ret_share)
{
	char whom[ADDR_TEXT_MAX], text[TEXT_NUMBER_MAX];

	addr_format(source, whom);
	if (networks_is_inside(matter->decider->networks, source)) {
		dossier_note(matter->dossier, "%s is one of ours.", whom);
		return false;
	}
	if (is_allowed(matter, source, 128)) {
		dossier_note(matter->dossier, "%s is on the allowlist.", whom);
		return false;
	}
	*ret_share = share_from(matter, source);
	if (*ret_share <= matter->decider->conf->policy.collateral_max)
		return true;
	dossier_note(matter->dossier, "From %s came %s of the last hour's good traffic too.", whom,
		text_share(*ret_share, text));
	return false;
}

/* The measure, not yet saying why; NULL when there is none to make. */
static struct mitigation *block_one(
	struct matter *matter, const struct addr *source, double *ret_share)
{
	struct mitigation *m;

	if (store_live(&matter->decider->store, block_verb(matter), source, 128, 0) ||
		store_is_vetoed(&matter->decider->store, block_verb(matter), source) ||
		!may_block(matter, source, ret_share) || !has_room_for_block(matter))
		return NULL;
	m = add_measure(matter, block_verb(matter), source, 128);
	if (m)
		m->collateral = matter->evidence.good_count ? *ret_share : -1;
	return m;
}

static bool block_sender(struct matter *matter, const struct addr *source)
{
	char whom[ADDR_TEXT_MAX], text[TEXT_NUMBER_MAX];
	double share;
	struct mitigation *m = block_one(matter, source, &share);

	if (!m)
		return false;
	say_why(m,
		"Drops all from %s (%s): it has proved that its address is its own, and it sent "
		"%s of the last hour's good traffic.",
		addr_format(source, whom), kind_info(matter->incident->kind)->title,
		text_share(share, text));
	return true;
}

/* What stops is what it answers; the host of ours may go on with all else. */
static bool block_controller(struct matter *matter, const struct incident_controller *controller)
{
	char whom[ADDR_TEXT_MAX], sure[TEXT_NUMBER_MAX], text[TEXT_NUMBER_MAX];
	double share;
	struct mitigation *m = block_one(matter, &controller->addr, &share);

	if (!m)
		return false;
	say_why(m,
		"Drops all from %s%s%s, which gives orders to hosts of ours (%s, %s sure); it sent "
		"%s of the last hour's good traffic.",
		addr_format(&controller->addr, whom), controller->name[0] ? " " : "",
		controller->name, kind_info(matter->incident->kind)->title,
		text_share((double)controller->confidence, sure), text_share(share, text));
	return true;
}

enum outcome make_block_controllers(struct matter *matter)
{
	const struct incident *incident = matter->incident;
	unsigned made = 0;

	for (unsigned i = 0; i < incident->controller_count; i++)
		if (controller_may_be_blocked(&incident->controllers[i]))
			made += block_controller(matter, &incident->controllers[i]);
	return made ? OUTCOME_MADE : OUTCOME_NOT;
}

enum outcome make_blocks(struct matter *matter)
{
	const struct role_list *senders = &matter->incident->roles[ROLE_ZOMBIE];
	const struct incident *incident = matter->incident;
	uint64_t least = kind_is_bruteforce(incident->kind) ? GUESSES_LEAST : 0;
	unsigned made = 0;

	/* Many who guess one host's passwords are told under that host. */
	if (kind_is_about_sender(incident->kind) &&
		!networks_is_inside(matter->decider->networks, &incident->subject))
		return incident->subject_bits == 128 && block_sender(matter, &incident->subject)
			       ? OUTCOME_MADE
			       : OUTCOME_NOT;
	for (unsigned i = 0; i < senders->listed && made < BLOCKS_AT_ONCE; i++)
		if (senders->list[i].bits == 128 && senders->list[i].packets >= least)
			made += block_sender(matter, &senders->list[i].addr);
	return made ? OUTCOME_MADE : OUTCOME_NOT;
}

void make_command(struct matter *matter)
{
	const struct incident *incident = matter->incident;
	struct mitigation *m;

	if (!matter->decider->conf->policy.command[0] || matter->dossier->has_run_command)
		return;
	m = add_measure(matter, VERB_COMMAND, &incident->subject, incident->subject_bits);
	if (!m)
		return;
	matter->dossier->has_run_command = true;
	say_why(m, "Runs the operator's program, once for this incident (%s).",
		kind_info(incident->kind)->title);
}
