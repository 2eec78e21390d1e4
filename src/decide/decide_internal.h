/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/decide_internal.h - what the files of the policy share.
 *
 * An entry is a mitigation with what is on the way about it; a dossier what has been tried against
 * one incident; evidence what the traffic memory says about it right now. decide.c turns the crank:
 * leases.c tends what is there, kernel.c notes what the kernel part does by itself, policy.c walks
 * the list for each incident, measures.c makes the measures.
 */
#ifndef WEIR_DECIDE_INTERNAL_H
#define WEIR_DECIDE_INTERNAL_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "decide/decide.h"
#include "decide/features.h"
#include "decide/learn.h"

#define DOSSIERS_MAX 1024 /* as many as the correlator has incidents */
#define OPERATOR_ROOM 256 /* mitigations that the policy leaves to the operator */
#define ENDED_KEPT_NS (3600 * NS_PER_S)
#define EVIDENCE_SAMPLES 8192	 /* of all lanes together */
#define CONFIDENCE_MIN 0.6F	 /* weir: below it an incident is only told */
#define CONFIDENCE_HARD_MIN 0.8F /* weir: before a whole machine is shut out or in */

struct entry {
	struct mitigation mitigation; /* first: a pointer to it is one to the entry */
	bool is_confirmed;	      /* the keeper has it */
	bool is_asked;		      /* an order is on its way */
	bool is_vetoed;		      /* ended by the keeper or the operator: not made again */
	uint8_t pending;	      /* enum order_kind + 1 that is to be sent; 0: none */
	uint8_t tries, times_gone;
	int64_t asked_ns, confirmed_ns, retry_ns;
	uint64_t base_hits; /* kernel's own: the counter when it began */
};

struct store {
	struct entry *entries;
	struct entry **spare;		  /* stack of unused entries */
	const struct mitigation **sorted; /* by id */
	unsigned count, spare_count;
	uint64_t last_id;
};

enum { RUNGS_MAX = 12 };

struct dossier {
	char incident[INCIDENT_ID_MAX];
	bool is_current; /* in the picture */
	bool has_run_command;
	int64_t since_ns;
	int64_t next_look_ns; /* what is enough is not looked at in each window again */
	double base_pps;      /* of the attack, before anything was done */
	struct {
		bool is_tried, is_vetoed;
		uint8_t failures;
		int64_t tried_ns, next_ns;
	} rungs[RUNGS_MAX];
	char note[256];
	const char *doubt; /* why a host of ours is not shut in, though it is told of; or NULL */
};

struct sighting {
	bool is_made, is_good_made;
	unsigned attack_count, good_count;
	double passing_pps; /* of the attack, past all filters that are there */
	double good_weight;
};

struct decider {
	const struct conf *conf;
	const struct networks *networks;
	const struct prefix_set *allow;
	int64_t now_ns;
	enum wire_mode mode;
	struct store store;
	struct learner *learner;
	struct dossier *dossiers;
	unsigned dossier_count;
	unsigned turn;		       /* which incident is first, so that each has its turn */
	struct memory_sample *scratch; /* EVIDENCE_SAMPLES */
	struct memory_sample *attack;  /* LEARN_ATTACK_MAX */
	struct memory_sample *good;    /* LEARN_GOOD_MAX */
};

/* One incident in hand. */
struct matter {
	struct decider *decider;
	const struct picture *picture;
	const struct incident *incident;
	struct dossier *dossier;
	struct sighting evidence;
};

enum outcome { OUTCOME_MADE, OUTCOME_NOT, OUTCOME_WAIT };

/* store.c */
int store_open(struct store *store);
void store_close(struct store *store);
struct entry *store_find(const struct store *store, uint64_t id);
/* A new entry with the next id, or with id unless 0; NULL: no room beyond reserve. */
struct entry *store_add(struct store *store, uint64_t id, int64_t now_ns, unsigned reserve);
void store_forget(struct store *store, int64_t now_ns);
static inline struct entry *store_at(const struct store *store, unsigned i)
{
	return (struct entry *)store->sorted[i];
}
/* A live one that does this to exactly that prefix (class: for LIMIT_CLASS and the kernel's
 * own). */
struct entry *store_live(const struct store *store, enum verb verb, const struct addr *whom,
	unsigned bits, uint32_t class);
/* Has the keeper or the operator said no to this, within the last hour? */
bool store_is_vetoed(const struct store *store, enum verb verb, const struct addr *whom);
unsigned store_count_live(const struct store *store, enum verb verb);

/* leases.c */
void leases_tend(struct decider *decider, const struct picture *picture);
void leases_end(struct entry *entry, int64_t now_ns, bool is_to_revoke);
uint32_t lease_ms(const struct decider *decider);
void leases_send(struct decider *decider, struct orders *orders);

/* kernel.c */
void kernel_note(struct decider *decider, const struct picture *picture);
bool kernel_is_active(const struct matter *matter, enum wire_class class);
/* Are SYNs to all hosts of the incident answered with cookies, when there are too many? */
bool kernel_has_cookies(const struct matter *matter);

/* evidence.c: each gathers once a matter: decider->attack and passing_pps; decider->good. */
const struct sighting *evidence_of(struct matter *matter);
const struct sighting *evidence_good(struct matter *matter);
bool sample_is_of_kind(const struct memory_sample *sample, const struct incident *incident);

/* dossier.c */
struct dossier *dossier_of(struct decider *decider, const struct incident *incident);
const struct dossier *dossier_find(const struct decider *decider, const char *incident);
void dossiers_begin(struct decider *decider);
void dossiers_end(struct decider *decider);
__attribute__((format(printf, 2, 3))) void dossier_note(
	struct dossier *dossier, const char *format, ...);

/* measures.c: each makes what it can. */
enum outcome make_filters(struct matter *matter);
enum outcome make_limit_source(struct matter *matter);
enum outcome make_limit_class(struct matter *matter);
enum outcome make_block_controllers(struct matter *matter);
enum outcome make_quarantines(struct matter *matter);
bool all_are_quarantined(struct matter *matter);
enum outcome make_blocks(struct matter *matter);
void make_command(struct matter *matter);
#define CONTROLLER_CERTAIN 0.9F /* weir: before somebody is blocked for what others do */

/* policy.c */
void policy_walk(struct matter *matter);
void policy_failed(struct decider *decider, const struct mitigation *mitigation, bool is_for_good);
bool incident_goes_on(const struct incident *incident, int64_t now_ns);
bool kind_is_about_sender(enum kind kind);
bool incident_has_target(const struct matter *matter);
bool controller_may_be_blocked(const struct incident_controller *controller);

/* describe.c */
const char *class_word(uint32_t class);

#endif
