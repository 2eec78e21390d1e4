/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/controller.c - who gives the orders, as far as can be told.
 *
 * A candidate is an outside address that a detector takes for the controller. What speaks for it:
 * that other bots of ours have to do with it (a shared profile), and that it was heard from
 * shortly before an attack began. What speaks against it: that hosts of ours which are no bots
 * have to do with it too; so CDNs, resolvers and time servers fall out by themselves (lift: the
 * share among bots against the share among the others, after the "interest" of Brin et al. 1997).
 * Addresses with the same name are one candidate. Who does not reach CERTAIN_ENOUGH is
 * not named: "unknown" is an answer.
 */
#include "correlate/case.h"

#include <stdlib.h>
#include <string.h>

#include "app/census.h"
#include "conf/conf.h"

#define CERTAIN_ENOUGH 0.5F
#define ORDER_NS (30 * NS_PER_S) /* from an order to the attack: bots sleep, then obey */
#define ORDER_DOUBT 0.7F	 /* what is left of the doubt after such an order */
#define SHARED_DOUBT 0.6F	 /* after another bot has been seen with it */
#define UNSURE_WEIGHT 0.5F	 /* of a link of which its detector does not say what it is */
#define GIVER_MOST 0.7F /* who hands out programs may be a hacked server: no more than that */
#define CANDIDATES 16
#define BOTS_COMPARED 256

static bool is_candidate(const struct incident_link *link)
{
	return link->to_role == ROLE_CONTROLLER || link->to_role == ROLE_COUNT;
}

static bool is_same(const struct incident_controller *controller, const struct incident_link *link)
{
	return addr_equal(&controller->addr, &link->to) ||
	       case_same_name(controller->name, link->name);
}

static bool has_to_do(const struct incident *incident, const struct incident_controller *with)
{
	for (unsigned i = 0; i < incident->link_count; i++)
		if (is_candidate(&incident->links[i]) && is_same(with, &incident->links[i]))
			return true;
	return false;
}

/* The hosts of ours in this incident's links that have to do with it: before botnets are put
 * together an incident has one. */
static uint32_t zombies_within(
	const struct incident *incident, const struct incident_controller *with)
{
	struct addr seen[INCIDENT_LINKS];
	uint32_t count = 0;

	for (unsigned i = 0; i < incident->link_count; i++) {
		const struct incident_link *link = &incident->links[i];
		bool is_new = is_candidate(link) && is_same(with, link);

		for (uint32_t k = 0; k < count && is_new; k++)
			is_new = !addr_equal(&seen[k], &link->from);
		if (is_new)
			seen[count++] = link->from;
	}
	return count;
}

/* Does all that is known of it come from files that it gave? */
static bool is_giver(const struct incident_link *link)
{
	return link->kinds == case_kind_bit(KIND_BOT_DROPPER);
}

static bool is_heard_before(const struct case_file *file, const struct incident_link *link)
{
	return !is_giver(link) && file->attack_ns != 0 && link->first_ns <= file->attack_ns &&
	       case_span_ns(link->last_ns, file->attack_ns) <= ORDER_NS;
}

/* Share of the hosts that are no bots and have to do with it. */
static double innocent_share(
	const struct incident_controller *controller, unsigned bots, const struct census *census)
{
	unsigned hosts = census ? census_inside_hosts(census) : 0;
	unsigned contacts = census ? census_contacts(census, &controller->addr) : 0;

	/* Of a handful of hosts no share means anything. */
	if (hosts < bots + 5 || contacts <= controller->zombies)
		return 0;
	return (double)(contacts - controller->zombies) / (hosts - bots);
}

static struct incident_controller *candidate_of(
	struct incident_controller *list, unsigned *count, const struct incident_link *link)
{
	for (unsigned i = 0; i < *count; i++)
		if (is_same(&list[i], link))
			return &list[i];
	if (*count == CANDIDATES)
		return NULL;
	list[*count] = (struct incident_controller){ .addr = link->to, .port = link->port };
	return &list[(*count)++];
}

static void add_candidate(const struct case_file *file, struct incident_controller *list,
	unsigned *count, const struct incident_link *link)
{
	struct incident_controller *controller = candidate_of(list, count, link);
	float confidence =
		link->confidence * (link->to_role == ROLE_CONTROLLER ? 1 : UNSURE_WEIGHT);

	if (!controller)
		return;
	if (is_giver(link) && confidence > GIVER_MOST)
		confidence = GIVER_MOST;
	controller->is_listed |= link->is_listed;
	controller->is_deed |= link->is_deed;
	controller->kinds |= link->kinds;
	if (confidence > controller->confidence) {
		controller->addr = link->to;
		controller->port = link->port;
		controller->confidence = confidence;
	}
	if (link->name[0] && !controller->name[0])
		memcpy(controller->name, link->name, sizeof(controller->name));
	controller->is_before_attack |= is_heard_before(file, link);
}

/* Counts the bots that have to do with it, this one included. */
static void compare_bots(struct incident_controller *controller, const struct case_file *file,
	const struct case_file *files, unsigned count, unsigned *ret_bots)
{
	controller->zombies = zombies_within(&file->incident, controller);
	*ret_bots = 1;
	for (unsigned i = 0; i < count && *ret_bots < BOTS_COMPARED; i++) {
		if (&files[i] == file || files[i].is_folded || !case_is_bot(&files[i]))
			continue;
		(*ret_bots)++;
		controller->zombies += has_to_do(&files[i].incident, controller);
	}
}

static void weigh(struct incident_controller *controller, unsigned bots, const struct conf *conf,
	const struct census *census)
{
	double share = innocent_share(controller, bots, census);
	float doubt = 1 - controller->confidence;

	controller->evidence = controller->confidence;
	if (controller->is_before_attack)
		doubt *= ORDER_DOUBT;
	/* Many weak links are what a popular service looks like. */
	if (controller->zombies > 1 && controller->confidence >= INCIDENT_SURE)
		doubt *= SHARED_DOUBT;
	controller->prevalence = share;
	controller->confidence = 1 - doubt;
	if (share > 0 && conf->bot.prevalence > 0)
		controller->confidence *=
			(float)(share < conf->bot.prevalence ? 1 - share / conf->bot.prevalence
							     : 0);
	if (controller->confidence > 0.99F)
		controller->confidence = 0.99F;
}

static int by_confidence(const void *a, const void *b)
{
	const struct incident_controller *first = a, *second = b;

	if (first->confidence != second->confidence)
		return first->confidence > second->confidence ? -1 : 1;
	return addr_compare(&first->addr, &second->addr);
}

void case_find_controllers(struct case_file *file, const struct case_file *files, unsigned count,
	const struct conf *conf, const struct census *census)
{
	struct incident_controller list[CANDIDATES] = { 0 };
	struct incident *incident = &file->incident;
	unsigned candidates = 0, bots;

	for (unsigned i = 0; i < incident->link_count; i++)
		if (is_candidate(&incident->links[i]))
			add_candidate(file, list, &candidates, &incident->links[i]);
	for (unsigned i = 0; i < candidates; i++) {
		compare_bots(&list[i], file, files, count, &bots);
		weigh(&list[i], bots, conf, census);
	}
	qsort(list, candidates, sizeof(list[0]), by_confidence);
	incident->controller_count = 0;
	for (unsigned i = 0; i < candidates && i < INCIDENT_CONTROLLERS; i++)
		if (list[i].confidence >= CERTAIN_ENOUGH)
			incident->controllers[incident->controller_count++] = list[i];
}
