/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/case.h - an incident in the making: the incident with the sets behind its counts.
 * Shared by the files of correlate only.
 */
#ifndef WEIR_CORRELATE_CASE_H
#define WEIR_CORRELATE_CASE_H

#include "correlate/incident.h"
#include "lib/sets.h"

#define CASES_MAX 1024
#define CASE_OWN_SLOTS 16

struct case_file {
	struct incident incident;
	struct distinct sources, targets;
	struct finding strongest; /* the most confident finding, its evidence tells the story */
	double lengths;		  /* packets times mean length, for the mean */
	bool is_folded;		  /* into another */
	/* Into which, and how: for those who fold copies and take stock later (ongoing.c). */
	struct case_file *parent;
	bool folds_sources, folds_same;
	bool has_parts;
	bool from_inside, to_inside;
	int64_t attack_ns; /* of a bot: when it first attacked somebody; 0: not (fusion.c) */
};

struct census;

/* Adds a finding to the case: sums, peaks, timeline, evidence. Sets are the caller's business. */
void case_add(struct case_file *file, const struct finding *finding);

/* Adds all of a folded case, but for its peaks: they are of other packets. are_same_packets: both
 * have counted the same ones, so the larger sums hold. sets NULL: its sets stay as they are. */
void case_fold(
	struct sets *sets, struct case_file *into, struct case_file *from, bool are_same_packets);

void timeline_add(struct timeline *timeline, int64_t first_ns, int64_t last_ns, double packets);

/* Marks the cases that are side effects of others as folded, and folds them (absorb.c). sets NULL:
 * all but their sets. */
void cases_absorb(struct sets *sets, struct case_file *files, unsigned count);

/* b - a of times, at the limits of int64_t where it would not fit: captures may say anything. */
int64_t case_span_ns(int64_t a_ns, int64_t b_ns);

/* What a finding and a folded case say of kinds and of who has to do with whom (links.c). */
void case_link(struct incident *incident, const struct finding *finding);
void case_link_fold(struct incident *incident, const struct incident *other);

/* Is the case about a host of ours that works, or may work, for somebody else? */
bool case_is_bot(const struct case_file *file);

/* One host, one incident; one controller, one botnet (fusion.c). Goes after cases_absorb(). */
void cases_fuse(struct sets *sets, struct case_file *files, unsigned count, const struct conf *conf,
	const struct census *census);

/* Nothing but a client of Tor: people are that, too. */
static inline bool case_is_only_tor(const struct incident *incident)
{
	return incident->part_count == 1 && incident->parts[0].kind == KIND_BOT_TOR;
}

/* Are both the same name of a host? Channels have the same name at every server. */
bool case_same_name(const char *a, const char *b);

/* How sure its parts make it that the host is a bot, 0..1 (links.c). */
float case_score(const struct incident *incident);

/* The same of its deeds alone: of what neither a web page or a mail can have a browser or a mail
 * server do, nor a stranger under a false address (links.c). */
float case_proof(const struct incident *incident);

/* A bit for each kind of evidence about hosts of ours. */
uint32_t case_kind_bit(enum kind kind);

/* Who gives the orders (controller.c). files: to compare with; the case itself is among them.
 * census may be NULL. */
void case_find_controllers(struct case_file *file, const struct case_file *files, unsigned count,
	const struct conf *conf, const struct census *census);

/* Severity, confidence and story (judge.c, story.c). */
void case_judge(struct case_file *file, const struct conf *conf);
void case_tell(struct case_file *file);

/* What would stop it (remedy.c). */
const char *case_remedy(const struct case_file *file);

/* Is the subject of this kind the one who does it (scan, flooder), rather than the target? */
bool case_is_about_sender(enum kind kind);

#endif
