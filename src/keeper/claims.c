/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/claims.c - what is in force is what the journal says.
 *
 * A keeper that starts adopts what it finds in the kernel, and a watch that starts reads its
 * journal. Between them anything may have died at any moment, so both sides may know of a measure
 * that the other does not. Watch asks again for all of its journal before it is ready: that
 * claims what is there, and brings back what is not. What is then still unclaimed, KEEPER_CLAIM_NS
 * later, is nobody's: no list shows it and no command takes it back. So the keeper does, and says
 * so; of the allowlist likewise. Bounded: so many a tick, as nftables needs a process for each.
 */
#include "keeper/keeper_internal.h"
#include "keeper/say.h"

#define REVOKED_AT_ONCE 64
#define ROUNDS_MAX 300 /* then what is left cannot be taken back, or a fault brings it again */

struct unclaimed {
	struct check *check;
	uint64_t list[REVOKED_AT_ONCE];
	struct wire_prefix first;
	unsigned count;
};

void claims_begin(struct keeper *keeper)
{
	check_unclaim(keeper->check);
	keeper->claims.end_ns = 0;
	keeper->claims.measures = keeper->claims.prefixes = keeper->claims.rounds = 0;
}

void claims_ready(struct keeper *keeper, uint64_t now_ns)
{
	keeper->claims.end_ns = now_ns + KEEPER_CLAIM_NS;
}

static void note(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct unclaimed *unclaimed = context;

	check_adopt(unclaimed->check, mitigation, verb, prefix, expires_ns);
	if (unclaimed->count == REVOKED_AT_ONCE || check_is_claimed(unclaimed->check, mitigation))
		return;
	if (unclaimed->count == 0)
		unclaimed->first = *prefix;
	unclaimed->list[unclaimed->count++] = mitigation;
}

static void say_first(const struct wire_prefix *prefix)
{
	struct addr addr = addr_from_v6(prefix->addr.byte);
	char text[ADDR_TEXT_MAX];

	keeper_say(LOG_NOTICE,
		"in force, but not in the journal of watch: a measure for %s, which is taken back",
		addr_prefix_format(&addr, prefix->bits, text));
}

static unsigned revoke_some(struct keeper *keeper, uint64_t now_ns)
{
	struct unclaimed unclaimed = { .check = keeper->check };

	responders_sweep(keeper->responders, now_ns, note, &unclaimed);
	if (unclaimed.count > 0 && keeper->claims.measures == 0)
		say_first(&unclaimed.first);
	for (unsigned i = 0; i < unclaimed.count; i++) {
		if (responders_revoke(keeper->responders, unclaimed.list[i]) == 0)
			check_forget(keeper->check, unclaimed.list[i]);
	}
	return unclaimed.count;
}

static void say_all(const struct keeper *keeper)
{
	unsigned measures = keeper->claims.measures, prefixes = keeper->claims.prefixes;

	if (measures + prefixes > 0)
		keeper_say(LOG_NOTICE,
			"taken back, as the journal does not know them: %u measure%s, %u "
			"prefix%s of the allowlist",
			measures, measures == 1 ? "" : "s", prefixes, prefixes == 1 ? "" : "es");
}

void claims_tend(struct keeper *keeper, uint64_t now_ns)
{
	unsigned measures, prefixes;

	if (keeper->claims.end_ns == 0 || now_ns < keeper->claims.end_ns)
		return;
	check_forget_allowed(keeper->check);
	measures = revoke_some(keeper, now_ns);
	prefixes = protect_drop_strays(keeper);
	keeper->claims.measures += measures;
	keeper->claims.prefixes += prefixes;
	if (measures + prefixes > 0 && ++keeper->claims.rounds < ROUNDS_MAX)
		return; /* maybe there are more */
	keeper->claims.end_ns = 0;
	say_all(keeper);
}
