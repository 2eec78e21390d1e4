/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/correlate.h - findings become incidents.
 *
 * A finding joins the open incident of its kind and subject, or begins one. When the input ends,
 * side effects are folded into what caused them (absorb.c), then roles, severity and story are
 * written. Pure: time comes from the findings.
 */
#ifndef WEIR_CORRELATE_CORRELATE_H
#define WEIR_CORRELATE_CORRELATE_H

#include "correlate/incident.h"

struct correlator;

struct correlator_stats {
	uint64_t findings;	 /* taken */
	uint64_t findings_lost;	 /* lists that were full */
	uint64_t incidents_lost; /* findings for which no further incident could be opened */
};

/* -ENOMEM. */
int correlator_open(const struct detector_env *env, struct correlator **ret_correlator);

/* Takes all findings of a window and empties the list. */
void correlator_take(struct correlator *correlator, struct findings *findings);

/* Folds, judges, tells. end_ns: time of the last packet. To be called once. */
void correlator_finish(struct correlator *correlator, int64_t end_ns);

/* After finish: by severity, then first seen, then id. Valid until close. */
struct incident *const *correlator_incidents(
	const struct correlator *correlator, unsigned *ret_count);

/*
 * Live, instead of finish, again and again: takes leave of incidents without a finding for
 * window.quiet_s (calls ended, told to the end, valid during the call), and tells the others as of
 * now_ns, without changing what later findings will find. Ids stay the same for as long as an
 * incident lasts. correlator_incidents() then gives those that are going on; valid until the next
 * call.
 */
/* is_open: a finding in the last 3 s (what lasts is found again each second). Of an incident that
 * turns out to be part of another one, whose name it had by itself until then, leave is taken at
 * once. */
struct correlator_hook {
	void (*ended)(void *context, const struct incident *incident);
	void *context;
};
void correlator_tell(
	struct correlator *correlator, int64_t now_ns, const struct correlator_hook *hook);

/* Live, a new configuration: conf and networks of env, and nothing of the old ones any more; the
 * seed stays. Incidents stay too. */
void correlator_reload(struct correlator *correlator, const struct detector_env *env);

void correlator_stats(const struct correlator *correlator, struct correlator_stats *ret_stats);

/* NULL is fine. */
void correlator_close(struct correlator *correlator);

#endif
