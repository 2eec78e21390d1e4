/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/paced.c - the piece that does one thing at a rate.
 *
 * The i-th time lies at random within the i-th of `total` equal intervals, so the rate is kept
 * exactly and the spacing looks natural; with PLAN_RAMP the intervals shrink as the rate grows.
 */
#include "gen/plan.h"

#include <math.h>

#include "types.h"

static int64_t time_of(const struct paced *paced, double position)
{
	const struct plan *plan = &paced->plan;
	double part = position / (double)paced->total;

	if (plan->options & PLAN_RAMP)
		part = sqrt(part); /* exactly rounded, so the same everywhere */
	return GEN_EPOCH_NS + (int64_t)((plan->start_s + plan->seconds * part) * (double)NS_PER_S);
}

static bool paced_step(struct piece *piece, struct schedule *schedule)
{
	struct paced *paced = (struct paced *)piece;

	paced->emit(paced, schedule);
	if (++paced->number >= paced->total)
		return false;
	piece->at_ns = time_of(paced, (double)paced->number + prng_unit(&paced->prng));
	return true;
}

void paced_start(struct schedule *schedule, const struct plan *plan,
	void (*emit)(struct paced *, struct schedule *))
{
	double total = plan->rate * schedule_scale(schedule) * plan->seconds;
	int64_t at_ns = GEN_EPOCH_NS + (int64_t)(plan->start_s * (double)NS_PER_S);
	struct paced *paced = schedule_start(schedule, sizeof(*paced), at_ns, paced_step);

	paced->plan = *plan;
	paced->prng.state = schedule_seed(schedule);
	paced->emit = emit;
	paced->total = total < 1.0 ? 1 : (uint64_t)total;
	paced->salt = prng_next(&paced->prng);
	paced->plan.from.salt = prng_next(&paced->prng);
	paced->plan.to.salt = prng_next(&paced->prng);
}

uint16_t ephemeral_port(struct prng *prng)
{
	return (uint16_t)prng_between(prng, 32768, 60999); /* ip_local_port_range of Linux */
}

int64_t round_trip_ns(const struct addr *a)
{
	struct prng prng = { .state = a->word[0] ^ a->word[1] };

	return prng_between(&prng, 4, 120) * NS_PER_MS;
}
