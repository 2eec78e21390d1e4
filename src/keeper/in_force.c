/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/in_force.c - measures in force, counted by verb. */
#include "keeper/in_force.h"

#include <errno.h>

/* Caps of what the configuration has no key for: the decider holds 4096 mitigations in all
 * (MITIGATIONS_MAX), so more of one kind are not its doing. */
#define FEW_MAX 4096

void in_force_configure(struct in_force *in_force, const struct conf *conf)
{
	for (unsigned verb = 0; verb < VERB_COUNT; verb++)
		in_force->caps[verb] = FEW_MAX;
	in_force->caps[VERB_BLOCK] = (unsigned)conf->policy.blocks_max;
	in_force->caps[VERB_NFT_BLOCK] = (unsigned)conf->policy.blocks_max;
}

int in_force_open(struct in_force *in_force, const struct conf *conf, uint64_t seed)
{
	unsigned all = 0;
	uint32_t places = KEYED_WAYS;

	in_force_configure(in_force, conf);
	for (unsigned verb = 0; verb < VERB_COUNT; verb++)
		all += in_force->caps[verb];
	while (places < 2 * all)
		places *= 2;
	return keyed_open(&in_force->table, places, sizeof(struct measure), sizeof(uint64_t), seed);
}

struct measure *in_force_find(const struct in_force *in_force, uint64_t mitigation)
{
	return keyed_find(&in_force->table, &mitigation);
}

int in_force_put(struct in_force *in_force, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct measure *measure = in_force_find(in_force, mitigation);

	if (!measure) {
		if (in_force->counts[verb] >= in_force->caps[verb])
			return -ENOSPC;
		measure = keyed_take(&in_force->table, &mitigation, 0); /* 0: pushes nothing out */
		if (!measure)
			return -ENOSPC;
		measure->verb = verb;
		measure->prefix = *prefix;
		measure->is_claimed = false;
		in_force->counts[verb]++;
	}
	measure->head.weight = 1;
	measure->expires_ns = expires_ns;
	return 0;
}

void in_force_remove(struct in_force *in_force, struct measure *measure)
{
	in_force->counts[measure->verb]--;
	keyed_remove(&in_force->table, measure);
}

void in_force_unclaim(struct in_force *in_force)
{
	for (uint32_t i = 0; i < in_force->table.count; i++) {
		struct measure *measure = keyed_at(&in_force->table, i);

		measure->is_claimed = false;
	}
}

void in_force_expire(struct in_force *in_force, uint64_t now_ns)
{
	/* Backwards: what is removed gives its position to the last one, which was looked at. */
	for (uint32_t i = in_force->table.count; i-- > 0;) {
		struct measure *measure = keyed_at(&in_force->table, i);

		if (measure->expires_ns <= now_ns)
			in_force_remove(in_force, measure);
	}
}

void in_force_close(struct in_force *in_force)
{
	keyed_close(&in_force->table);
}
