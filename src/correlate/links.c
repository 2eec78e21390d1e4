/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/links.c - what the findings about a host of ours add up to: the kinds of evidence there
 * are, and whom it has to do with.
 *
 * The score is that of independent witnesses, 1 - (1-a)(1-b)…, as in Pearl's noisy-or (1988). But
 * witnesses of one thing are not independent of each other, and odd habits come together in odd,
 * innocent devices: so each kind speaks once, with its strongest finding; what is only odd
 * speaks with half its voice; and without one witness who is sure by himself it stays a suspicion.
 */
#include "correlate/case.h"

#include <string.h>

#define SUSPICION 0.65F /* the score stays below 0.7, "medium" (judge.c) */
#define ODD_WEIGHT 0.5F
#define LISTED_LEAST 0.9F /* what lists.c gives an address, and none of its names */

bool case_is_bot(const struct case_file *file)
{
	enum kind kind = file->incident.kind;
	bool is_deed = kind_is_bruteforce(kind) ||
		       (kind >= KIND_SCAN_HORIZONTAL && kind <= KIND_SCAN_MIRAI);

	return kind_is_bot(kind) || (is_deed && file->from_inside);
}

bool case_same_name(const char *a, const char *b)
{
	return a[0] && !strchr("#&+!", a[0]) && strcmp(a, b) == 0;
}

static bool is_odd(enum kind kind)
{
	return kind == KIND_BOT_TLS || kind == KIND_BOT_BEACON || kind == KIND_BOT_P2P ||
	       kind == KIND_BOT_TOR;
}

float case_score(const struct incident *incident)
{
	float doubt = 1, strongest = 0, score;

	for (unsigned i = 0; i < incident->part_count; i++) {
		const struct incident_part *part = &incident->parts[i];

		if (part->confidence > strongest)
			strongest = part->confidence;
		doubt *= 1 - part->confidence * (is_odd(part->kind) ? ODD_WEIGHT : 1);
	}
	score = 1 - doubt;
	if (strongest < INCIDENT_SURE && score > SUSPICION)
		score = SUSPICION;
	return score > strongest ? score : strongest;
}

/* Not of strangers' making: it takes a program of the host's own to speak like that. All else can
 * be had from a browser or a mail server by who can have it open a page or take a mail: names that
 * are looked up, files that are fetched, requests, contacts, and their rhythm. A flooder's target
 * is outside, so nobody outside can send its packets past us. */
static bool is_deed(enum kind kind)
{
	switch (kind) {
	case KIND_BOT_FLOODER:
	case KIND_BOT_C2:
	case KIND_BOT_IRC:
	case KIND_BOT_SHELL:
	case KIND_BOT_MINER:
	case KIND_BOT_ICMPTUNNEL:
	case KIND_BOT_SPAM:
		return true;
	default:
		return kind_is_bruteforce(kind) && kind != KIND_BRUTEFORCE_HTTP;
	}
}

float case_proof(const struct incident *incident)
{
	float doubt = 1;

	for (unsigned i = 0; i < incident->part_count; i++)
		if (is_deed(incident->parts[i].kind))
			doubt *= 1 - incident->parts[i].confidence;
	return 1 - doubt;
}

uint32_t case_kind_bit(enum kind kind)
{
	_Static_assert(KIND_BRUTEFORCE_HTTP - KIND_BOT_FLOODER < 32, "a bit each");
	return kind_is_bot(kind) || kind_is_bruteforce(kind) ? 1U << (kind - KIND_BOT_FLOODER) : 0;
}

static struct incident_part *part_of(struct incident *incident, enum kind kind)
{
	struct incident_part *weakest = &incident->parts[0];

	for (unsigned i = 0; i < incident->part_count; i++) {
		struct incident_part *part = &incident->parts[i];

		if (part->kind == kind)
			return part;
		if (part->confidence < weakest->confidence)
			weakest = part;
	}
	if (incident->part_count < INCIDENT_PARTS)
		weakest = &incident->parts[incident->part_count++];
	*weakest = (struct incident_part){ .kind = kind };
	return weakest;
}

static void add_part(struct incident *incident, const struct incident_part *more)
{
	struct incident_part *part = part_of(incident, more->kind);

	if (more->confidence > part->confidence)
		part->confidence = more->confidence;
	part->findings += more->findings;
}

/* The link between these two, whatever the port; a new one, or NULL when there are too many. */
static struct incident_link *link_of(struct incident *incident, const struct incident_link *wanted)
{
	for (unsigned i = 0; i < incident->link_count; i++) {
		struct incident_link *link = &incident->links[i];

		if (addr_equal(&link->from, &wanted->from) && addr_equal(&link->to, &wanted->to))
			return link;
	}
	if (incident->link_count == INCIDENT_LINKS)
		return NULL;
	incident->links[incident->link_count] = (struct incident_link){ .from = wanted->from,
		.to = wanted->to,
		.to_role = ROLE_COUNT,
		.first_ns = wanted->first_ns,
		.last_ns = wanted->last_ns };
	return &incident->links[incident->link_count++];
}

static void take_names(struct incident_link *link, const struct incident_link *more)
{
	if (more->name[0] && (!link->name[0] || more->confidence > link->confidence))
		memcpy(link->name, more->name, sizeof(link->name));
	if (more->family && (!link->family || more->confidence > link->confidence))
		link->family = more->family;
}

/* Another kind that says the same makes it surer, once; more of one kind does not. */
static float together(const struct incident_link *link, const struct incident_link *more)
{
	float most = more->confidence, least = link->confidence;

	if (link->findings == 0)
		return most;
	if (most < least) {
		most = link->confidence;
		least = more->confidence;
	}
	if ((more->kinds & ~link->kinds) == 0 || link->to_role != more->to_role)
		return most;
	return 1 - (1 - most) * (1 - least * ODD_WEIGHT);
}

static void add_link(struct incident *incident, const struct incident_link *more)
{
	struct incident_link *link = link_of(incident, more);
	float confidence;

	if (!link) {
		incident->links_lost++;
		return;
	}
	take_names(link, more);
	confidence = together(link, more);
	/* The strongest says what it is. */
	if (more->confidence > link->confidence || link->findings == 0) {
		link->to_role = more->to_role;
		link->kind = more->kind;
		link->port = more->port;
		link->reason = more->reason;
	}
	link->confidence = confidence;
	link->kinds |= more->kinds;
	link->is_listed |= more->is_listed;
	link->is_deed |= more->is_deed;
	if (more->first_ns < link->first_ns)
		link->first_ns = more->first_ns;
	if (more->last_ns > link->last_ns)
		link->last_ns = more->last_ns;
	link->findings += more->findings;
}

void case_link(struct incident *incident, const struct finding *finding)
{
	struct incident_part part = { finding->kind, finding->confidence, 1 };
	struct incident_link link = { .from = finding->from,
		.to = finding->to,
		.to_role = finding->to_role,
		.port = finding->port,
		.kind = finding->kind,
		.kinds = case_kind_bit(finding->kind),
		.confidence =
			finding->to_confidence > 0 ? finding->to_confidence : finding->confidence,
		.family = finding->family,
		.reason = finding->reason,
		.first_ns = finding->window.start_ns,
		.last_ns = finding->window.end_ns,
		.findings = 1 };

	link.is_deed = is_deed(finding->kind) && finding->confidence >= INCIDENT_PROVED;
	link.is_listed = finding->kind == KIND_BOT_LIST && link.confidence >= LISTED_LEAST;
	add_part(incident, &part);
	if (finding->family && (!incident->family || finding->confidence >= incident->confidence))
		incident->family = finding->family;
	if (!kind_is_bot(finding->kind) && !kind_is_bruteforce(finding->kind))
		return;
	if (addr_is_zero(&finding->from) || addr_is_zero(&finding->to))
		return;
	memcpy(link.name, finding->name, sizeof(link.name));
	add_link(incident, &link);
}

void case_link_fold(struct incident *incident, const struct incident *other)
{
	for (unsigned i = 0; i < other->part_count; i++)
		add_part(incident, &other->parts[i]);
	for (unsigned i = 0; i < other->link_count; i++)
		add_link(incident, &other->links[i]);
	incident->links_lost += other->links_lost;
	if (!incident->family)
		incident->family = other->family;
}
