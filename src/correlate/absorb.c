/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/absorb.c - one attack is one incident: side effects go into what caused them.
 *
 * The table says which kind swallows which, when both are about the same subject and their times
 * meet. The order of the rows is the order of work.
 */
#include "correlate/case.h"

#define TIMES_MEET_NS (60 * NS_PER_S)

enum same {
	SAME_TARGET, /* the one is hit by both */
	SAME_SENDER, /* the one does both */
};

struct absorption {
	enum kind first, last;		     /* kinds that swallow */
	enum kind effect_first, effect_last; /* kinds that are swallowed */
	enum same same;
	bool only_smaller;     /* the effect: at most a quarter of the packets */
	bool are_same_packets; /* that both have counted */
};

#define FLOODS KIND_FLOOD_SYN, KIND_FLOOD_OTHER
#define AMPLIFICATIONS KIND_AMPLIFICATION_DNS, KIND_AMPLIFICATION_OTHER
#define ONE(kind) kind, kind

static const struct absorption absorptions[] = {
	/* Most of a reflected flood are fragments; routers on its way report trouble. */
	{ AMPLIFICATIONS, ONE(KIND_FLOOD_FRAG), SAME_TARGET, false, false },
	{ AMPLIFICATIONS, ONE(KIND_FLOOD_ICMP), SAME_TARGET, true, false },
	{ AMPLIFICATIONS, ONE(KIND_FLOOD_UDP), SAME_TARGET, true, false },
	{ ONE(KIND_FLOOD_UDP), ONE(KIND_FLOOD_FRAG), SAME_TARGET, true, false },
	{ ONE(KIND_FLOOD_UDP), ONE(KIND_FLOOD_ICMP), SAME_TARGET, true, false },
	{ ONE(KIND_FLOOD_ICMP), ONE(KIND_FLOOD_FRAG), SAME_TARGET, false, false },
	/* Reflectors of TCP reset and repeat; a victim's peers too. */
	{ ONE(KIND_FLOOD_SYNACK), KIND_FLOOD_RST, KIND_FLOOD_FIN, SAME_TARGET, true, false },
	{ ONE(KIND_FLOOD_SYNACK), ONE(KIND_FLOOD_ACK), SAME_TARGET, true, false },
	{ ONE(KIND_FLOOD_SYN), ONE(KIND_FLOOD_ACK), SAME_TARGET, true, false },
	{ ONE(KIND_FLOOD_SYN), KIND_FLOOD_RST, KIND_FLOOD_FIN, SAME_TARGET, true, false },
	/* Malformed packets that are the flood itself. */
	{ FLOODS, ONE(KIND_ABUSE_FLAGS), SAME_TARGET, false, true },
	{ FLOODS, ONE(KIND_ABUSE_FRAGMENT), SAME_TARGET, false, true },
	{ FLOODS, ONE(KIND_ABUSE_HEADER), SAME_TARGET, false, true },
	{ AMPLIFICATIONS, ONE(KIND_ABUSE_FRAGMENT), SAME_TARGET, false, true },
	{ AMPLIFICATIONS, ONE(KIND_ABUSE_HEADER), SAME_TARGET, false, true },
	/* One scanner, one incident, named after what is most telling. A probe is an attempt at a
	 * host, at a port, and of a kind. */
	{ ONE(KIND_SCAN_MIRAI), KIND_SCAN_HORIZONTAL, KIND_SCAN_STEALTH, SAME_SENDER, false, true },
	{ ONE(KIND_SCAN_HORIZONTAL), KIND_SCAN_VERTICAL, KIND_SCAN_STEALTH, SAME_SENDER, false,
		true },
	{ ONE(KIND_SCAN_VERTICAL), ONE(KIND_SCAN_STEALTH), SAME_SENDER, false, true },
	{ ONE(KIND_SCAN_STEALTH), ONE(KIND_ABUSE_FLAGS), SAME_SENDER, false, true },
	{ ONE(KIND_SCAN_VERTICAL), ONE(KIND_ABUSE_FLAGS), SAME_SENDER, false, true },
};

static bool times_meet(const struct incident *a, const struct incident *b)
{
	return case_span_ns(b->last_ns, a->first_ns) <= TIMES_MEET_NS &&
	       case_span_ns(a->last_ns, b->first_ns) <= TIMES_MEET_NS;
}

/* Does the prefix of outer hold the subject of inner? Groups and the total hold only themselves:
 * their subjects are no addresses. */
static bool holds(const struct incident *outer, const struct incident *inner)
{
	struct addr masked = addr_mask(&inner->subject, outer->subject_bits);

	if (outer->scope >= SCOPE_GROUP || inner->scope >= SCOPE_GROUP)
		return outer->scope == inner->scope && outer->group == inner->group;
	return inner->subject_bits >= outer->subject_bits && addr_equal(&masked, &outer->subject);
}

static const struct addr *sender_of(const struct case_file *file)
{
	return case_is_about_sender(file->incident.kind) ? &file->incident.subject
							 : &file->strongest.from;
}

static bool is_same(const struct case_file *cause, const struct case_file *effect, enum same same)
{
	if (same == SAME_TARGET)
		return holds(&cause->incident, &effect->incident);
	return addr_equal(sender_of(cause), sender_of(effect)) && !addr_is_zero(sender_of(cause));
}

static void absorb_by(struct sets *sets, struct case_file *files, unsigned count,
	const struct absorption *row, unsigned at)
{
	struct case_file *cause = &files[at];

	for (unsigned i = 0; i < count; i++) {
		struct case_file *effect = &files[i];
		enum kind kind = effect->incident.kind;

		if (i == at || effect->is_folded || kind < row->effect_first ||
			kind > row->effect_last)
			continue;
		if (!times_meet(&cause->incident, &effect->incident) ||
			!is_same(cause, effect, row->same))
			continue;
		if (row->only_smaller && effect->incident.packets * 4 > cause->incident.packets)
			continue;
		case_fold(sets, cause, effect, row->are_same_packets);
	}
}

/* Is the case part of the carpet? A host that gets more than all of it is an attack of its own; so
 * is, after quiet, another carpet as wide. */
static bool is_within(const struct case_file *carpet, const struct case_file *part)
{
	const struct incident *outer = &carpet->incident, *inner = &part->incident;

	if (inner->kind != outer->kind || inner->scope > SCOPE_PREFIX || !holds(outer, inner) ||
		!times_meet(outer, inner))
		return false;
	if (inner->scope == SCOPE_HOST)
		return inner->packets <= outer->packets;
	return inner->subject_bits > outer->subject_bits;
}

/* A host that is hit within a carpet is part of the carpet. */
static void absorb_hosts(struct sets *sets, struct case_file *files, unsigned count)
{
	for (unsigned at = 0; at < count; at++) {
		struct case_file *carpet = &files[at];

		if (carpet->is_folded || carpet->incident.scope != SCOPE_PREFIX)
			continue;
		for (unsigned i = 0; i < count; i++) {
			struct case_file *host = &files[i];

			if (i == at || host->is_folded || !is_within(carpet, host))
				continue;
			if (sets)
				sets_merge(sets, &carpet->sources, &host->sources);
			host->folds_sources = true;
			case_fold(sets, carpet, host, false);
		}
	}
}

/* Is there anything that the row could swallow? */
static bool has_effects(const struct absorption *row, const unsigned *by_kind)
{
	for (unsigned kind = row->effect_first; kind <= row->effect_last; kind++)
		if (by_kind[kind] > 0)
			return true;
	return false;
}

void cases_absorb(struct sets *sets, struct case_file *files, unsigned count)
{
	unsigned by_kind[KIND_COUNT] = { 0 };

	for (unsigned i = 0; i < count; i++)
		by_kind[files[i].incident.kind]++;
	absorb_hosts(sets, files, count);
	for (unsigned r = 0; r < sizeof(absorptions) / sizeof(absorptions[0]); r++) {
		const struct absorption *row = &absorptions[r];

		for (unsigned at = 0; at < count && has_effects(row, by_kind); at++)
			if (!files[at].is_folded && files[at].incident.kind >= row->first &&
				files[at].incident.kind <= row->last)
				absorb_by(sets, files, count, row, at);
	}
}
