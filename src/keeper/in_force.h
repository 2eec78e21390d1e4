/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/in_force.h - the keeper's own record of what is in force, by number.
 *
 * Numbers come from watch, so the table is hashed with a secret seed, has a place for every measure
 * that the caps allow, twice, and pushes nothing out: when a place cannot be found, the measure is
 * refused.
 */
#ifndef WEIR_KEEPER_IN_FORCE_H
#define WEIR_KEEPER_IN_FORCE_H

#include "conf/conf.h"
#include "lib/keyed.h"
#include "msg.h"

struct measure {
	struct keyed_head head;
	uint64_t mitigation; /* the key */
	uint64_t expires_ns;
	struct wire_prefix prefix;
	uint32_t verb;
	bool is_claimed; /* asked for since watch was started last */
};

struct in_force {
	struct keyed table;
	unsigned counts[VERB_COUNT], caps[VERB_COUNT];
};

int in_force_open(struct in_force *in_force, const struct conf *conf, uint64_t seed);
void in_force_configure(struct in_force *in_force, const struct conf *conf);

/* NULL: nothing of that number. */
struct measure *in_force_find(const struct in_force *in_force, uint64_t mitigation);

/* Puts it in, not claimed, or extends it. -ENOSPC. */
int in_force_put(struct in_force *in_force, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns);
void in_force_remove(struct in_force *in_force, struct measure *measure);
void in_force_unclaim(struct in_force *in_force);
void in_force_expire(struct in_force *in_force, uint64_t now_ns);
void in_force_close(struct in_force *in_force);

#endif
