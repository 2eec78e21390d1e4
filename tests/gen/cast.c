/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gen/cast.c - who plays in a piece of bots.h. */
#include <stdio.h>

#include "gen/bots.h"
#include "types.h"

#define LOOKUP_AHEAD_NS (200 * NS_PER_MS)

const struct addr office_resolver = {
	.byte = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 20, [14] = 0, [15] = 53 }
};

struct cast cast_of(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = { .schedule = schedule, .plan = plan };
	struct crowd from = plan->from, to = plan->to;

	cast.prng.state = schedule_seed(schedule);
	from.salt = prng_next(&cast.prng);
	to.salt = prng_next(&cast.prng);
	cast.client = crowd_member(&from, 0);
	cast.server = crowd_member(&to, 0);
	cast.at_ns = plan_start_ns(plan);
	return cast;
}

struct script *cast_script(struct cast *cast, uint16_t port)
{
	return script_open(&cast->client, &cast->server, cast->plan->port ? cast->plan->port : port,
		&cast->prng);
}

void cast_play(struct cast *cast, struct script *script)
{
	int64_t at_ns = cast->at_ns;

	cast->at_ns += seconds_ns(script_seconds(script)) + 20 * NS_PER_MS;
	script_play(script, cast->schedule, at_ns);
}

void cast_lookup(struct cast *cast)
{
	if (!cast->plan->name)
		return;
	lookup_address(cast->schedule, cast->at_ns, &cast->client, &office_resolver,
		cast->plan->name, &cast->server, &cast->prng);
	cast->at_ns += LOOKUP_AHEAD_NS;
}

const char *cast_host(const struct cast *cast, char out[static HOST_TEXT_MAX])
{
	const uint8_t *byte = cast->server.byte;

	if (cast->plan->name)
		return cast->plan->name;
	snprintf(out, HOST_TEXT_MAX, "%u.%u.%u.%u", byte[12], byte[13], byte[14], byte[15]);
	return out;
}
