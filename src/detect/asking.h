/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/asking.h - what the detectors that look at names share: who asked, in whose name, and
 * which names are everybody's.
 *
 * A resolver of ours passes on what others ask: names in its questions are not its own. A host is
 * taken for one when hosts of ours were answered by it, or when it asked more than
 * ASKING_SERVERS servers outside, as only a recursive resolver does (a host has two or three in
 * its settings). Two small tables by address; those silent for longest give way.
 *
 * Kept once, by whoever hands events round (lane.h, panel), and only read by the detectors: an
 * event is heard here first, and taken apart once for all of them.
 */
#ifndef WEIR_DETECT_ASKING_H
#define WEIR_DETECT_ASKING_H

#include "app/census.h"
#include "app/domain.h"
#include "lib/keyed.h"
#include "types.h"

/* weir: settings hold two or three servers, a mobile host with a VPN sees twice that. */
#define ASKING_SERVERS 8
#define ASKING_NAME_MAX 1024

/* A question with its answer, taken apart. */
struct asked {
	struct parties parties;
	char name[ASKING_NAME_MAX];
	const char *registered; /* within name */
	uint64_t domain;	/* hash of registered, never 0 */
	size_t below_len;	/* bytes of name in front of registered, its dot not counted */
	bool is_relayed;	/* the host is a resolver: others asked */
	bool is_sold;		/* the suffix is one that names are sold under */
};

struct asking {
	struct keyed hosts;   /* who asked whom */
	struct keyed servers; /* who answered */
	uint64_t seed;
	const struct networks *networks;
	const struct census *census;
	double prevalence;
	struct asked asked; /* of the event at hand */
	bool is_telling;    /* something can be said of it */
};

/* -ENOMEM. */
int asking_open(const struct detector_env *env, struct asking **ret_asking);

/* NULL is fine. */
void asking_close(struct asking *asking);

/* Notes who asked, and takes the event apart; those that are no APP_DNS are passed over. */
void asking_see(struct asking *asking, const struct app_event *event);

/* The APP_DNS that was seen last. NULL: a name of which nothing can be said: none, one label, or
 * technical (domain.h). */
static inline const struct asked *asking_asked(const struct asking *asking)
{
	return asking->is_telling ? &asking->asked : NULL;
}

/* Is the name one that a large part of the LAN has to do with (bot.prevalence)? */
bool asking_is_common(const struct asking *asking, const char *name);

/* Does the server answer for this domain only, and is no resolver? Then it is the domain's own. */
bool asking_is_devoted(const struct asking *asking, const struct addr *server, uint64_t domain);

#endif
