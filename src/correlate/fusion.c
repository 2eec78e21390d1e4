/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/fusion.c - one infected host is one incident, and so is one botnet.
 *
 * First all that one host of ours does is put together, under the name of what tells most about
 * it; then it is asked who gives the orders (controller.c); then hosts with the same controller are
 * put together. The earliest case is the one the others go into, so an incident keeps its id
 * while it grows. Hosts that only scan, of whom nothing else is known, are left to absorb.c.
 */
#include "correlate/case.h"

#include <string.h>

#define RANK_STEP 0.005F  /* kinds of nearly equal confidence: the more telling one goes first */
#define BOTNET_LEAST 0.7F /* a host of which that is not sure drags no others along: see judge.c */

/* The more telling, the earlier. */
static const enum kind by_rank[] = { KIND_BOT_C2, KIND_BOT_IRC, KIND_BOT_SHELL, KIND_BOT_MINER,
	KIND_BOT_DNSTUNNEL, KIND_BOT_ICMPTUNNEL, KIND_BOT_DROPPER, KIND_BOT_LIST, KIND_BOT_HTTP,
	KIND_BOT_DGA, KIND_BOT_SPAM, KIND_BOT_FLOODER, KIND_SCAN_MIRAI, KIND_BRUTEFORCE_SSH,
	KIND_BRUTEFORCE_TELNET, KIND_BRUTEFORCE_FTP, KIND_BRUTEFORCE_RDP, KIND_BRUTEFORCE_SMTP,
	KIND_BRUTEFORCE_HTTP, KIND_BOT_TOR, KIND_BOT_BEACON, KIND_BOT_P2P, KIND_BOT_FASTFLUX };

static float weight_of(const struct incident_part *part)
{
	unsigned rank = 0;

	while (rank < sizeof(by_rank) / sizeof(by_rank[0]) && by_rank[rank] != part->kind)
		rank++;
	return part->confidence - (float)rank * RANK_STEP;
}

/* Sorts the parts, the most telling first, and names the incident after it. */
static void name_after_strongest(struct incident *incident)
{
	for (unsigned i = 1; i < incident->part_count; i++) {
		struct incident_part part = incident->parts[i];
		unsigned k = i;

		for (; k > 0 && weight_of(&incident->parts[k - 1]) < weight_of(&part); k--)
			incident->parts[k] = incident->parts[k - 1];
		incident->parts[k] = part;
	}
	if (incident->part_count > 0)
		incident->kind = incident->parts[0].kind;
}

static void fold(struct sets *sets, struct case_file *into, struct case_file *from)
{
	if (sets)
		sets_merge(sets, &into->sources, &from->sources);
	from->folds_sources = true;
	if (from->attack_ns && (!into->attack_ns || from->attack_ns < into->attack_ns))
		into->attack_ns = from->attack_ns;
	case_fold(sets, into, from, false);
}

static bool is_root(const struct case_file *file)
{
	return !file->is_folded && case_is_bot(file);
}

static bool is_attack(enum kind kind)
{
	return kind == KIND_BOT_FLOODER || kind == KIND_BOT_SPAM || kind_is_bruteforce(kind) ||
	       (kind >= KIND_SCAN_HORIZONTAL && kind <= KIND_SCAN_MIRAI);
}

/* The earliest goes on; of several from the same time the one in the lower slot. */
static bool goes_into(const struct case_file *from, const struct case_file *into)
{
	if (from->incident.first_ns != into->incident.first_ns)
		return from->incident.first_ns > into->incident.first_ns;
	return from > into;
}

static bool is_same_host(const struct case_file *a, const struct case_file *b)
{
	return addr_equal(&a->incident.subject, &b->incident.subject) &&
	       !addr_is_zero(&a->incident.subject) && a->incident.scope == SCOPE_HOST &&
	       b->incident.scope == SCOPE_HOST;
}

static bool has_more_than_scans(
	const struct case_file *file, const struct case_file *files, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (is_root(&files[i]) && is_same_host(file, &files[i]) &&
			(kind_is_bot(files[i].incident.kind) ||
				kind_is_bruteforce(files[i].incident.kind)))
			return true;
	return false;
}

static void fuse_host(struct sets *sets, struct case_file *files, unsigned count, unsigned at)
{
	struct case_file *file = &files[at], *root = file;

	for (unsigned i = 0; i < count; i++)
		if (is_root(&files[i]) && is_same_host(file, &files[i]) &&
			goes_into(root, &files[i]))
			root = &files[i];
	for (unsigned i = 0; i < count; i++)
		if (&files[i] != root && is_root(&files[i]) && is_same_host(root, &files[i]))
			fold(sets, root, &files[i]);
}

/* The same address or the same name among those who give the orders. */
static bool share_controller(const struct incident *a, const struct incident *b)
{
	for (unsigned i = 0; i < a->controller_count; i++)
		for (unsigned k = 0; k < b->controller_count; k++) {
			const struct incident_controller *first = &a->controllers[i];
			const struct incident_controller *second = &b->controllers[k];

			if (first->evidence < INCIDENT_SURE || second->evidence < INCIDENT_SURE)
				continue;
			if (addr_equal(&first->addr, &second->addr) ||
				case_same_name(first->name, second->name))
				return true;
		}
	return false;
}

/* Sure enough to stand together: a service that many use must not make one botnet of all who were
 * ever suspected of anything. */
static bool is_sure(const struct case_file *file)
{
	return is_root(file) && case_score(&file->incident) >= BOTNET_LEAST;
}

/* Proof against one host is none against another that shares its controller. */
static void note_unproved(struct incident *into, const struct incident *from)
{
	into->has_unproved |= from->has_unproved || case_proof(into) < INCIDENT_PROVED ||
			      case_proof(from) < INCIDENT_PROVED;
}

static void fuse_botnets(struct sets *sets, struct case_file *files, unsigned count)
{
	for (unsigned at = 0; at < count; at++)
		for (unsigned i = 0; i < count && is_sure(&files[at]); i++) {
			struct case_file *into = &files[at], *from = &files[i];

			if (i == at || !is_sure(from) || !goes_into(from, into) ||
				!share_controller(&into->incident, &from->incident))
				continue;
			note_unproved(&into->incident, &from->incident);
			fold(sets, into, from);
		}
}

/* Many who guess the passwords of one host: what was told of each goes into what is told of all. */
static void fuse_guessers(struct sets *sets, struct case_file *files, unsigned count)
{
	for (unsigned at = 0; at < count; at++) {
		struct case_file *all = &files[at];

		if (all->is_folded || !kind_is_bruteforce(all->incident.kind) ||
			!addr_is_zero(&all->strongest.from))
			continue;
		for (unsigned i = 0; i < count; i++) {
			struct case_file *one = &files[i];

			if (i == at || one->is_folded || one->from_inside ||
				one->incident.kind != all->incident.kind ||
				one->incident.link_count != 1 ||
				!addr_equal(&one->incident.links[0].to, &all->incident.subject))
				continue;
			fold(sets, all, one);
		}
	}
}

void cases_fuse(struct sets *sets, struct case_file *files, unsigned count, const struct conf *conf,
	const struct census *census)
{
	bool are_any = false;

	fuse_guessers(sets, files, count);
	for (unsigned i = 0; i < count; i++) {
		bool is_bot = is_root(&files[i]);

		files[i].attack_ns = is_bot && is_attack(files[i].incident.kind)
					     ? files[i].incident.first_ns
					     : 0;
		are_any |= is_bot;
	}
	if (!are_any)
		return;
	for (unsigned i = 0; i < count; i++)
		if (is_root(&files[i]) && has_more_than_scans(&files[i], files, count))
			fuse_host(sets, files, count, i);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < count; i++)
			if (is_root(&files[i]))
				case_find_controllers(&files[i], files, count, conf, census);
		if (pass == 0)
			fuse_botnets(sets, files, count);
	}
	for (unsigned i = 0; i < count; i++)
		if (is_root(&files[i]))
			name_after_strongest(&files[i].incident);
}
