/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/asking.h - what the detectors that look at names share: who asked, in whose name, and
 * which names are everybody's.
 *
 * A resolver of ours passes on what others ask: names in its questions are not its own. A host is
 * taken for one when hosts of ours were answered by it, or when it asked more than
 * ASKING_SERVERS servers outside, as only a recursive resolver does (a host has two or three in
 * its settings). Two small tables by address; those silent for longest give way.
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

struct asking {
	struct keyed hosts;   /* who asked whom */
	struct keyed servers; /* who answered */
	uint64_t seed;
	const struct networks *networks;
	const struct census *census;
	double prevalence;
};

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

/* -ENOMEM. */
int asking_open(struct asking *asking, const struct detector_env *env);
void asking_close(struct asking *asking);

/* Notes who asked, and takes the event (APP_DNS) apart. false: a name of which nothing can be
 * said: none, one label, or technical (domain.h). */
bool asking_see(struct asking *asking, const struct app_event *event, struct asked *asked);

/* Is the name one that a large part of the LAN has to do with (bot.prevalence)? */
bool asking_is_common(const struct asking *asking, const char *name);

/* Does the server answer for this domain only, and is no resolver? Then it is the domain's own. */
bool asking_is_devoted(const struct asking *asking, const struct addr *server, uint64_t domain);

#endif
