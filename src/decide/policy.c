/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/policy.c - the list: what is done about an incident, narrowest first.
 *
 * For each incident it is walked from the top. A rung that does not apply is passed over. One that
 * is in force and enough ends the walk; one that is not is given policy.escalate_s before the next
 * has its turn. A rung that cannot be made says why, and that goes into the why of what is made
 * instead. A refused one is not asked for again at once: after REFUSED_NS, or, when the keeper will
 * never do it, never for this incident.
 */
#include <errno.h>
#include <math.h>

#include "decide/decide_internal.h"

#define AGAIN_NS (300 * NS_PER_MS)  /* between two rounds of the same rung */
#define FAILED_NS (500 * NS_PER_MS) /* doubled with each failure, to FAILED_MAX_NS */
#define FAILED_MAX_NS (10 * NS_PER_S)
#define REFUSED_NS (10 * NS_PER_S)
#define GOES_ON_NS (3 * NS_PER_S) /* a second more than correlate waits: kernel counters are late */
/* What works for somebody else is silent for minutes between two findings: as long as a lease. */
#define BOT_GOES_ON_NS (300 * NS_PER_S)
#define ENOUGH_SHARE 0.1   /* of the attack may still pass */
#define ENOUGH_PPS 50.0	   /* or so much, which no host feels */
#define LIMITED_SOURCES 32 /* more senders than these are not limited one by one */

struct rung {
	const char *name;
	/* Can it help here at all? */
	bool (*applies)(const struct matter *matter);
	/* Is no more needed? NULL: when it has been made. */
	bool (*is_enough)(struct matter *matter);
	/* NULL: there is nothing to make. */
	enum outcome (*make)(struct matter *matter);
};

bool kind_is_about_sender(enum kind kind)
{
	return (kind >= KIND_SCAN_HORIZONTAL && kind <= KIND_SCAN_MIRAI) || kind_is_bot(kind) ||
	       kind_is_bruteforce(kind) || kind == KIND_REFLECTOR_OPEN;
}

bool incident_goes_on(const struct incident *incident, int64_t now_ns)
{
	bool is_patient = kind_is_bot(incident->kind) || kind_is_bruteforce(incident->kind);

	return now_ns - incident->last_ns <= (is_patient ? BOT_GOES_ON_NS : GOES_ON_NS);
}

enum wire_class kind_class(enum kind kind)
{
	if (kind == KIND_AMPLIFICATION_OTHER)
		return WIRE_CLASS_UDP; /* from a port that the kernel part does not know */
	if (kind_is_amplification(kind))
		return WIRE_CLASS_ANSWER;
	switch (kind) {
	case KIND_FLOOD_SYN:
		return WIRE_CLASS_SYN;
	case KIND_FLOOD_ACK:
	case KIND_FLOOD_SYNACK:
	case KIND_FLOOD_RST:
	case KIND_FLOOD_FIN:
		return WIRE_CLASS_TCP;
	case KIND_FLOOD_UDP:
		return WIRE_CLASS_UDP;
	case KIND_FLOOD_ICMP:
		return WIRE_CLASS_ICMP;
	case KIND_FLOOD_FRAG:
		return WIRE_CLASS_FRAGMENT;
	default:
		return WIRE_CLASS_OTHER;
	}
}

static bool is_flood(const struct matter *matter)
{
	return kind_is_flood(matter->incident->kind) ||
	       kind_is_amplification(matter->incident->kind);
}

/* A flood to one of our hosts or prefixes; groups and totals have no address. */
bool incident_has_target(const struct matter *matter)
{
	const struct incident *incident = matter->incident;

	return is_flood(matter) &&
	       (incident->scope == SCOPE_HOST || incident->scope == SCOPE_PREFIX) &&
	       incident->subject_bits > 0 &&
	       networks_is_inside(matter->decider->networks, &incident->subject);
}

/* SYNs that only cookies can tell apart, and do. */
static bool is_for_cookies(const struct matter *matter)
{
	return kind_class(matter->incident->kind) == WIRE_CLASS_SYN && kernel_has_cookies(matter);
}

static bool has_gated_target(const struct matter *matter)
{
	return matter->picture->has_gate && incident_has_target(matter);
}

static bool passes_little(struct matter *matter, double floor_pps)
{
	double share = matter->dossier->base_pps * ENOUGH_SHARE;

	evidence_of(matter);
	return matter->evidence.passing_pps <= fmax(floor_pps, share);
}

static bool always(const struct matter *matter)
{
	(void)matter;
	return true;
}

/* 1. observe */
static bool is_mild(struct matter *matter)
{
	return matter->incident->severity < SEVERITY_MEDIUM ||
	       matter->incident->confidence < CONFIDENCE_MIN;
}

/* 2. notify: telling is all that is left to do in learn mode, and where no rung below applies. */
static bool is_learning(struct matter *matter)
{
	if (matter->picture->mode != WIRE_MODE_LEARN)
		return false;
	dossier_note(matter->dossier, "In mode learn nothing is ordered.");
	return true;
}

/* 3. standing: cookies and state, which cost good traffic nothing. */
static bool is_standing(const struct matter *matter)
{
	enum wire_class class = kind_class(matter->incident->kind);

	return has_gated_target(matter) && class <= WIRE_CLASS_ANSWER &&
	       kernel_is_active(matter, class);
}

/* In shadow mode all passes, so it cannot be judged by that. */
static bool standing_is_enough(struct matter *matter)
{
	const struct conf *conf = matter->decider->conf;
	const uint64_t low_pps[] = { conf->gate.syn_low_pps, conf->gate.tcp_low_pps,
		conf->gate.answer_low_pps };
	enum wire_class class = kind_class(matter->incident->kind);

	if (matter->picture->mode != WIRE_MODE_ENFORCE || class > WIRE_CLASS_ANSWER)
		return true;
	return passes_little(matter, (double)low_pps[class]);
}

/* 4. filter: not of SYNs. What an invented one looks like, a visitor's looks like too; cookies tell
 * them apart. Where there are none, behind this machine, collateral_max has to do. */
static bool can_filter(const struct matter *matter)
{
	return has_gated_target(matter) && !is_for_cookies(matter);
}

static bool filters_are_enough(struct matter *matter)
{
	return passes_little(matter, ENOUGH_PPS);
}

/* 5. limit_source: of floods from few senders whose addresses are their own. */
static bool has_few_true_senders(const struct matter *matter)
{
	const struct incident *incident = matter->incident;

	return has_gated_target(matter) && matter->decider->conf->policy.limit &&
	       !incident->is_spoofable && incident->source_count > 0 &&
	       incident->source_count <= LIMITED_SOURCES;
}

/* 6. limit_class: the kernel limits ICMP and fragments by itself above its own mark; of TCP and
 * answers it knows the good ones, but for SYNs without cookies. */
static bool can_limit_class(const struct matter *matter)
{
	enum wire_class class = kind_class(matter->incident->kind);

	return has_gated_target(matter) && matter->decider->conf->policy.limit &&
	       (class >= WIRE_CLASS_ICMP ||
		       (class == WIRE_CLASS_SYN && !kernel_has_cookies(matter))) &&
	       !((class == WIRE_CLASS_ICMP || class == WIRE_CLASS_FRAGMENT) &&
		       kernel_is_active(matter, class));
}

/* Who only scans may be an administrator. */
static bool is_of_bot(enum kind kind)
{
	return kind_is_bot(kind) || kind_is_bruteforce(kind) || kind == KIND_SCAN_MIRAI;
}

/* Strangers who guess a password of ours are told under our host. */
static bool has_zombie_of_ours(const struct matter *matter)
{
	const struct role_list *zombies = &matter->incident->roles[ROLE_ZOMBIE];

	for (unsigned i = 0; i < zombies->listed; i++)
		if (networks_is_inside(matter->decider->networks, &zombies->list[i].addr))
			return true;
	return false;
}

/* A host of ours that works for somebody else, or attacks others? */
static bool is_about_zombies(const struct matter *matter)
{
	const struct incident *incident = matter->incident;
	bool is_bot = is_of_bot(incident->kind);

	for (unsigned i = 0; i < incident->part_count; i++)
		is_bot |= is_of_bot(incident->parts[i].kind);
	return is_bot && kind_is_about_sender(incident->kind) && incident->subject_bits == 128 &&
	       incident->kind != KIND_REFLECTOR_OPEN &&
	       networks_is_inside(matter->decider->networks, &incident->subject) &&
	       has_zombie_of_ours(matter);
}

/* Mirai's scan of somebody outside: of one of hosts of ours anybody may be the sender, under an
 * address of ours. */
static bool is_mirai_outwards(const struct matter *matter)
{
	const struct role_list *targets = &matter->incident->roles[ROLE_TARGET];
	bool is_mirai = matter->incident->kind == KIND_SCAN_MIRAI;

	for (unsigned i = 0; i < matter->incident->part_count; i++)
		is_mirai |= matter->incident->parts[i].kind == KIND_SCAN_MIRAI;
	for (unsigned i = 0; i < targets->listed && is_mirai; i++)
		if (!networks_is_inside(matter->decider->networks, &targets->list[i].addr))
			return true;
	return false;
}

/* Is there evidence that no stranger can have had made: a deed of the host's own? */
static bool has_proof(const struct matter *matter)
{
	return matter->incident->proof >= INCIDENT_PROVED || is_mirai_outwards(matter);
}

/* What the operator has listed, and is told of in another way too. */
static bool has_listed_controller(const struct incident *incident)
{
	for (unsigned i = 0; i < incident->controller_count; i++)
		if (incident->controllers[i].is_listed &&
			__builtin_popcount(incident->controllers[i].kinds) > 1)
			return true;
	return false;
}

/* Nobody is blocked for what a page can make a browser do, not even a bot's browser: let its author
 * name whom he likes. */
bool controller_may_be_blocked(const struct incident_controller *controller)
{
	return controller->confidence >= CONTROLLER_CERTAIN &&
	       (controller->is_listed || controller->is_deed);
}

/* 7. block_controller: narrower than a quarantine, as the host may go on with all else; but not
 * enough by itself: who has taken over a machine has more ways to reach it. */
static bool has_controller(const struct matter *matter)
{
	const struct incident *incident = matter->incident;

	if (!matter->picture->has_gate || !matter->decider->conf->policy.block ||
		!is_about_zombies(matter))
		return false;
	for (unsigned i = 0; i < incident->controller_count; i++)
		if (controller_may_be_blocked(&incident->controllers[i]))
			return true;
	return false;
}

/* What is against shutting in a host of ours that is told of: a sentence, or NULL. */
static const char *obstacle(const struct matter *matter)
{
	if (!matter->picture->has_gate)
		return "No quarantine: the kernel part is not loaded.";
	if (!matter->decider->conf->policy.quarantine)
		return "No quarantine: policy.quarantine is off.";
	if (matter->incident->confidence < CONFIDENCE_HARD_MIN)
		return "No quarantine: the confidence is below 0.8.";
	if (!has_proof(matter) && !has_listed_controller(matter->incident))
		return "No quarantine: a web page or a forged address could have caused all that "
		       "was seen (the score's proof is below 0.8).";
	return NULL;
}

/* 8. quarantine: one kind of evidence is enough if it is a deed; a suspicion never is. */
static bool is_zombie(const struct matter *matter)
{
	return is_about_zombies(matter) && !obstacle(matter);
}

/* Why not all hosts of an incident are shut in, for who reads of it; NULL: they are, or the list
 * does not come that far. */
static const char *doubt_about(struct matter *matter)
{
	const char *doubt;

	if (is_mild(matter) || matter->picture->mode == WIRE_MODE_LEARN ||
		!is_about_zombies(matter))
		return NULL;
	doubt = obstacle(matter);
	if (!doubt && matter->incident->has_unproved)
		doubt = "No quarantine of those against whom there is no proof of their own.";
	return doubt;
}

/* 9. and 10. block: never by an address that may be forged, nor a server that is only abused. */
static bool has_guilty_senders(const struct matter *matter)
{
	const struct incident *incident = matter->incident;

	if (!matter->decider->conf->policy.block || incident->is_spoofable || is_flood(matter) ||
		incident->confidence < CONFIDENCE_HARD_MIN)
		return false;
	switch (incident->kind) {
	case KIND_REFLECTOR_OPEN:
	case KIND_ABUSE_LAND:
	case KIND_ABUSE_BOGON:
	case KIND_ABUSE_SPOOF:
		return false;
	default:
		return !kind_is_bot(incident->kind);
	}
}

static bool can_block(const struct matter *matter)
{
	return matter->picture->has_gate && has_guilty_senders(matter);
}

static bool can_only_nft_block(const struct matter *matter)
{
	return !matter->picture->has_gate && has_guilty_senders(matter);
}

/* New senders turn up: each round looks again. */
static bool never_enough(struct matter *matter)
{
	(void)matter;
	return false;
}

/* The list. */
static const struct rung rungs[] = {
	/* 1 */ { "observe", always, is_mild, NULL },
	/* 2 */ { "notify", always, is_learning, NULL },
	/* 3 */ { "standing", is_standing, standing_is_enough, NULL },
	/* 4 */ { "filter", can_filter, filters_are_enough, make_filters },
	/* 5 */ { "limit_source", has_few_true_senders, filters_are_enough, make_limit_source },
	/* 6 */ { "limit_class", can_limit_class, NULL, make_limit_class },
	/* 7 */ { "block_controller", has_controller, never_enough, make_block_controllers },
	/* 8 */ { "quarantine", is_zombie, all_are_quarantined, make_quarantines },
	/* 9 */ { "block", can_block, never_enough, make_blocks },
	/* 10 */ { "nft_block", can_only_nft_block, never_enough, make_blocks },
};
#define RUNG_COUNT (sizeof(rungs) / sizeof(rungs[0]))
_Static_assert(RUNG_COUNT <= RUNGS_MAX, "a dossier has room for all");

static const enum verb rung_verbs[RUNG_COUNT] = {
	[3] = VERB_FILTER,
	[4] = VERB_LIMIT_SOURCE,
	[5] = VERB_LIMIT_CLASS,
	[6] = VERB_BLOCK,
	[7] = VERB_QUARANTINE,
	[8] = VERB_BLOCK,
	[9] = VERB_NFT_BLOCK,
};

/* The rung's turn now? Then it is made, or not. */
static enum outcome try_rung(struct matter *matter, unsigned i)
{
	struct dossier *dossier = matter->dossier;
	int64_t now_ns = matter->picture->now_ns, pause_ns = AGAIN_NS;
	enum outcome outcome;

	if (dossier->rungs[i].is_vetoed || now_ns < dossier->rungs[i].next_ns)
		return OUTCOME_NOT;
	outcome = rungs[i].make(matter);
	if (outcome == OUTCOME_MADE) {
		if (!dossier->rungs[i].is_tried)
			dossier->rungs[i].tried_ns = now_ns;
		dossier->rungs[i].is_tried = true;
		dossier->rungs[i].failures = 0;
	} else if (outcome == OUTCOME_NOT) {
		pause_ns = FAILED_NS << dossier->rungs[i].failures;
		if (pause_ns < FAILED_MAX_NS)
			dossier->rungs[i].failures++;
	} else {
		pause_ns = 0;
	}
	dossier->rungs[i].next_ns = now_ns + pause_ns;
	return outcome;
}

/* True when the walk ends here. */
static bool stand_on(struct matter *matter, unsigned i)
{
	struct dossier *dossier = matter->dossier;
	int64_t now_ns = matter->picture->now_ns;
	int64_t patience_ns = (int64_t)(matter->decider->conf->policy.escalate_s * NS_PER_S);
	enum outcome outcome;

	if (!rungs[i].make)
		return rungs[i].is_enough(matter);
	if (rungs[i].is_enough ? rungs[i].is_enough(matter) : dossier->rungs[i].is_tried) {
		if (dossier->rungs[i].is_tried)
			dossier->next_look_ns = now_ns + AGAIN_NS;
		return true;
	}
	outcome = try_rung(matter, i);
	if (outcome == OUTCOME_MADE)
		return true;
	if (outcome == OUTCOME_WAIT && now_ns - dossier->since_ns < patience_ns)
		return true;
	return dossier->rungs[i].is_tried && now_ns - dossier->rungs[i].tried_ns < patience_ns;
}

void policy_walk(struct matter *matter)
{
	bool is_over = false;

	for (unsigned i = 0; i < RUNG_COUNT && !is_over; i++) {
		if (i == 2)
			make_command(matter);
		is_over = rungs[i].applies(matter) && stand_on(matter, i);
	}
	matter->dossier->doubt = doubt_about(matter);
}

static bool is_one_of_several(enum verb verb)
{
	return verb == VERB_BLOCK || verb == VERB_NFT_BLOCK || verb == VERB_LIMIT_SOURCE;
}

/* A measure was refused, or the operator has taken it back: the rung does not stand. */
void policy_failed(struct decider *decider, const struct mitigation *mitigation, bool is_for_good)
{
	struct dossier *dossier = (struct dossier *)dossier_find(decider, mitigation->incident);

	if (!dossier || mitigation->origin != ORIGIN_POLICY)
		return;
	/* One sender of several: the others still have their turn. */
	if (is_for_good && is_one_of_several(mitigation->verb))
		return;
	for (unsigned i = 3; i < RUNG_COUNT; i++) {
		if (rung_verbs[i] != mitigation->verb)
			continue;
		dossier->rungs[i].is_tried = false;
		dossier->rungs[i].is_vetoed |= is_for_good;
		dossier->rungs[i].next_ns = decider->now_ns + REFUSED_NS;
		dossier->next_look_ns = 0;
	}
}
