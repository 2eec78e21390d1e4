/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/case.c - sums of an incident in the making; see case.h. */
#include "correlate/case.h"

#include <math.h>

#define TIMELINE_STEP_NS (100 * NS_PER_MS) /* the base window: finer means nothing */

bool case_is_about_sender(enum kind kind)
{
	switch (kind) {
	case KIND_SCAN_HORIZONTAL:
	case KIND_SCAN_VERTICAL:
	case KIND_SCAN_STEALTH:
	case KIND_SCAN_MIRAI:
	case KIND_REFLECTOR_OPEN:
		return true;
	default:
		return kind_is_bot(kind) || kind_is_bruteforce(kind);
	}
}

int64_t case_span_ns(int64_t a_ns, int64_t b_ns)
{
	int64_t span_ns;

	if (__builtin_sub_overflow(b_ns, a_ns, &span_ns))
		return b_ns > a_ns ? INT64_MAX : INT64_MIN;
	return span_ns;
}

static void timeline_halve(struct timeline *timeline)
{
	for (unsigned i = 0; i < INCIDENT_TIMELINE / 2; i++)
		timeline->packets[i] = timeline->packets[2 * i] + timeline->packets[2 * i + 1];
	for (unsigned i = INCIDENT_TIMELINE / 2; i < INCIDENT_TIMELINE; i++)
		timeline->packets[i] = 0;
	timeline->step_ns *= 2;
	timeline->used = (timeline->used + 1) / 2;
}

static unsigned timeline_place(struct timeline *timeline, int64_t time_ns)
{
	int64_t offset_ns = case_span_ns(timeline->start_ns, time_ns);

	if (offset_ns < 0)
		return 0;
	while (offset_ns / timeline->step_ns >= INCIDENT_TIMELINE)
		timeline_halve(timeline);
	return (unsigned)(offset_ns / timeline->step_ns);
}

void timeline_add(struct timeline *timeline, int64_t first_ns, int64_t last_ns, double packets)
{
	unsigned first, last;

	if (timeline->step_ns == 0) {
		timeline->step_ns = TIMELINE_STEP_NS;
		timeline->start_ns = first_ns;
	}
	last = timeline_place(timeline, last_ns);
	first = timeline_place(timeline, first_ns);
	if (first > last)
		first = last;
	for (unsigned i = first; i <= last; i++)
		timeline->packets[i] += packets / (last - first + 1);
	if (last + 1 > timeline->used)
		timeline->used = last + 1;
}

/* Adds the steps of other, which may be of another length. */
static void timeline_merge(struct timeline *timeline, const struct timeline *other)
{
	struct timeline later = *other;

	if (later.step_ns == 0)
		return;
	if (timeline->step_ns != 0 && later.start_ns < timeline->start_ns) {
		later = *timeline;
		*timeline = *other;
	}
	for (unsigned i = 0; i < later.used; i++) {
		int64_t start_ns = later.start_ns + (int64_t)i * later.step_ns;

		if (later.packets[i] > 0)
			timeline_add(
				timeline, start_ns, start_ns + later.step_ns - 1, later.packets[i]);
	}
}

/* The same thing found again? Detectors of bots tell it again and again while it lasts. */
static bool is_again(const struct finding *kept, const struct finding *finding)
{
	return kind_is_bot(finding->kind) && kept->kind == finding->kind &&
	       kept->reason == finding->reason && addr_equal(&kept->from, &finding->from) &&
	       addr_equal(&kept->to, &finding->to);
}

static bool keep_again(struct incident *incident, const struct finding *finding)
{
	for (unsigned i = 0; i < incident->finding_count; i++) {
		struct finding *kept = &incident->findings[i];
		int64_t first_ns = kept->window.start_ns, last_ns = kept->window.end_ns;

		if (!is_again(kept, finding))
			continue;
		if (finding->confidence >= kept->confidence)
			*kept = *finding;
		if (first_ns < kept->window.start_ns)
			kept->window.start_ns = first_ns;
		if (last_ns > kept->window.end_ns)
			kept->window.end_ns = last_ns;
		return true;
	}
	return false;
}

/* A kind that is not yet among the kept ones takes the place of the weakest that is not the only
 * one of its kind; NULL when there is none. */
static struct finding *place_for_kind(struct incident *incident, enum kind kind)
{
	unsigned by_kind[KIND_COUNT] = { 0 };
	struct finding *weakest = NULL;

	for (unsigned i = 0; i < incident->finding_count; i++)
		by_kind[incident->findings[i].kind]++;
	for (unsigned i = 0; i < incident->finding_count && by_kind[kind] == 0; i++) {
		struct finding *kept = &incident->findings[i];

		if (by_kind[kept->kind] > 1 && (!weakest || kept->confidence < weakest->confidence))
			weakest = kept;
	}
	return weakest;
}

/* Keeps the first few, one of each kind, and, in the last place, the strongest of the others. */
static void keep_finding(struct incident *incident, const struct finding *finding)
{
	struct finding *last = &incident->findings[INCIDENT_FINDINGS - 1], *place;
	struct finding kept = *finding;

	kept.sources = NULL;
	kept.targets = NULL;
	incident->findings_total++;
	if (keep_again(incident, &kept))
		return;
	place = incident->finding_count == INCIDENT_FINDINGS ? place_for_kind(incident, kept.kind)
							     : NULL;
	if (place)
		*place = kept;
	else if (incident->finding_count < INCIDENT_FINDINGS)
		incident->findings[incident->finding_count++] = kept;
	else if (kept.confidence > last->confidence || kept.packets > last->packets)
		*last = kept;
}

/* Without the sets, which do not outlive the judging. */
static void keep_strongest(struct case_file *file, const struct finding *finding)
{
	file->strongest = *finding;
	file->strongest.sources = NULL;
	file->strongest.targets = NULL;
}

void case_add(struct case_file *file, const struct finding *finding)
{
	struct incident *incident = &file->incident;

	if (incident->findings_total == 0 || finding->window.start_ns < incident->first_ns)
		incident->first_ns = finding->window.start_ns;
	if (incident->findings_total == 0 || finding->window.end_ns > incident->last_ns)
		incident->last_ns = finding->window.end_ns;
	if (finding->port && (incident->findings_total == 0 || incident->port == 0))
		incident->port = finding->port;
	incident->packets += finding->packets;
	incident->bytes += finding->bytes;
	incident->peak_pps = fmax(incident->peak_pps, finding->peak_pps);
	incident->peak_bps = fmax(incident->peak_bps, finding->peak_bps);
	incident->is_spoofable |= finding->is_spoofable;
	timeline_add(&incident->timeline, finding->window.start_ns, finding->window.end_ns,
		(double)finding->packets);
	if (file->incident.findings_total == 0 || finding->confidence >= file->strongest.confidence)
		keep_strongest(file, finding);
	if (finding->confidence > incident->confidence)
		incident->confidence = finding->confidence;
	keep_finding(incident, finding);
	case_link(incident, finding);
}

void case_fold(
	struct sets *sets, struct case_file *into, struct case_file *from, bool are_same_packets)
{
	struct incident *incident = &into->incident;
	const struct incident *other = &from->incident;

	for (unsigned i = 0; i < other->finding_count; i++)
		keep_finding(incident, &other->findings[i]);
	incident->findings_total += other->findings_total - other->finding_count;
	case_link_fold(incident, other);
	if (other->first_ns < incident->first_ns)
		incident->first_ns = other->first_ns;
	if (other->last_ns > incident->last_ns)
		incident->last_ns = other->last_ns;
	if (!are_same_packets) {
		incident->packets += other->packets;
		incident->bytes += other->bytes;
		timeline_merge(&incident->timeline, &other->timeline);
	} else if (other->packets > incident->packets) {
		incident->packets = other->packets;
		incident->bytes = other->bytes;
		incident->timeline = other->timeline;
	}
	if (sets)
		sets_merge(sets, &into->targets, &from->targets);
	from->is_folded = true;
	from->parent = into;
	into->has_parts = true;
	from->folds_same = are_same_packets;
}
