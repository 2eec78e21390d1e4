/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/ongoing.c - tells incidents while they are going on.
 *
 * Folding side effects into their causes changes cases for good, and what is a side effect now may
 * be an attack of its own in a minute. So copies are folded, each time anew; their sets, which are
 * large, are put together only for those that are told. A story that would be the same as before
 * is not written again, and nothing is done at all when nothing came: telling takes long only
 * when much has changed. Cases that have fallen silent give back their slots and sets, so this
 * can go on for months.
 */
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "correlate/correlate_internal.h"

#define TELL_NS (200 * NS_PER_MS) /* changes are told at most so often; what is new at once */
#define OPEN_NS (3 * NS_PER_S)	  /* detectors report what lasts once a second */
#define DEPTH_MAX 8		  /* of foldings: the table of absorb.c allows fewer */

static bool is_quiet(
	const struct correlator *correlator, const struct incident *incident, int64_t now_ns)
{
	return case_span_ns(incident->last_ns, now_ns) > case_quiet_ns(correlator, incident->kind);
}

static bool is_free(const struct case_file *file)
{
	return file->incident.kind == KIND_NONE;
}

/* Gives back the slot and the sets of a case. */
static void release(struct correlator *correlator, struct case_file *file)
{
	sets_reset(&correlator->sets, &file->sources, case_own_slots(correlator, file, 0),
		CASE_OWN_SLOTS);
	sets_reset(&correlator->sets, &file->targets, case_own_slots(correlator, file, 1),
		CASE_OWN_SLOTS);
	*file = (struct case_file){ 0 };
	correlator->free_count++;
	while (correlator->count > 0 && is_free(&correlator->files[correlator->count - 1])) {
		correlator->count--;
		correlator->free_count--;
	}
}

/* Copies all cases and folds the copies. */
static void make_view(struct correlator *correlator)
{
	for (unsigned i = 0; i < correlator->count; i++) {
		if (is_free(&correlator->files[i])) {
			correlator->view[i].incident.kind = KIND_NONE;
			correlator->view[i].parent = NULL;
			correlator->view[i].is_folded = true;
		} else {
			correlator->view[i] = correlator->files[i];
		}
	}
	cases_absorb(NULL, correlator->view, correlator->count);
	cases_fuse(NULL, correlator->view, correlator->count, correlator->conf, correlator->census);
}

static unsigned depth_of(const struct case_file *copy)
{
	unsigned depth = 0;

	while (copy->parent && depth < DEPTH_MAX) {
		copy = copy->parent;
		depth++;
	}
	return depth;
}

static bool is_part_of(const struct case_file *copy, const struct case_file *root)
{
	for (; copy; copy = copy->parent)
		if (copy == root)
			return true;
	return false;
}

/* Do its senders count as those of the root? */
static bool brings_sources(const struct case_file *copy)
{
	for (; copy->parent; copy = copy->parent)
		if (!copy->folds_sources)
			return false;
	return true;
}

/* A set that holds all of the root's parts, on scratch memory. */
static void unite(const struct correlator *correlator, const struct case_file *root, unsigned which,
	struct distinct *ret_all)
{
	uint64_t needed = 0;
	uint32_t slots = CASE_OWN_SLOTS;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < correlator->count; i++) {
			const struct case_file *copy = &correlator->view[i];
			const struct distinct *set = which ? &copy->targets : &copy->sources;

			if (is_free(copy) || !is_part_of(copy, root) ||
				(!which && !brings_sources(copy)))
				continue;
			if (pass == 0)
				needed += set->count;
			else
				distinct_merge(ret_all, set);
		}
		while (pass == 0 && slots < UNION_SLOTS && slots / 4 * 3 < needed)
			slots *= 2;
		if (pass == 0)
			distinct_init(ret_all, correlator->union_slots[which], slots);
	}
}

/* Would the story be the same? */
static bool is_known(const struct told *told, const struct incident *incident)
{
	const struct incident *before = &told->incident;

	return told->is_told && before->findings_total == incident->findings_total &&
	       before->packets == incident->packets && before->bytes == incident->bytes &&
	       before->first_ns == incident->first_ns && before->last_ns == incident->last_ns &&
	       before->subject_bits == incident->subject_bits;
}

static void tell_root(struct correlator *correlator, unsigned slot)
{
	struct case_file *root = &correlator->view[slot];
	struct told *told = &correlator->told[slot];
	unsigned max = correlator->told_entries_each;
	bool is_whole = root->has_parts;

	if (is_known(told, &root->incident))
		return;
	if (correlator->conf->report.list_max < max)
		max = (unsigned)correlator->conf->report.list_max;
	if (is_whole) {
		struct distinct sources, targets;

		unite(correlator, root, 0, &sources);
		unite(correlator, root, 1, &targets);
		root->sources = sources;
		root->targets = targets;
	}
	case_conclude(correlator, root,
		&correlator->told_entries[slot * case_entries(correlator->told_entries_each)], max);
	told->incident = root->incident;
	told->is_told = true;
	if (is_whole) {
		distinct_clear(&root->sources);
		distinct_clear(&root->targets);
	}
}

static void take_leave(struct told *told, const struct correlator_hook *hook)
{
	told->incident.is_open = false;
	if (told->is_told && hook && hook->ended)
		hook->ended(hook->context, &told->incident);
	told->is_told = false;
}

/* Silent incidents end, with all that was folded into them: their last sign of life is the
 * root's. */
static void end_silent(
	struct correlator *correlator, int64_t now_ns, const struct correlator_hook *hook)
{
	unsigned count = correlator->count;

	for (unsigned i = 0; i < count; i++) {
		struct case_file *root = &correlator->view[i];

		if (root->is_folded || !is_quiet(correlator, &root->incident, now_ns))
			continue;
		tell_root(correlator, i);
		take_leave(&correlator->told[i], hook);
		for (unsigned k = 0; k < count; k++)
			if (!is_free(&correlator->view[k]) &&
				is_part_of(&correlator->view[k], root))
				release(correlator, &correlator->files[k]);
		root->is_folded = true;
	}
}

/* A part that is silent, of an incident that is not, becomes part of it for good: an attack in
 * bursts would else take ever more slots. The innermost first. */
static void settle_parts(struct correlator *correlator, int64_t now_ns)
{
	for (unsigned depth = DEPTH_MAX; depth > 0; depth--)
		for (unsigned i = 0; i < correlator->count; i++) {
			const struct case_file *copy = &correlator->view[i];
			struct case_file *part = &correlator->files[i], *whole;

			if (is_free(part) || !copy->parent || depth_of(copy) != depth ||
				!is_quiet(correlator, &part->incident, now_ns))
				continue;
			whole = &correlator->files[copy->parent - correlator->view];
			if (copy->folds_sources)
				sets_merge(&correlator->sets, &whole->sources, &part->sources);
			case_fold(&correlator->sets, whole, part, copy->folds_same);
			whole->has_parts = false; /* of copies, it says */
			release(correlator, part);
		}
}

/* When will the next case have been silent for long enough? */
static int64_t next_silence(const struct correlator *correlator)
{
	int64_t next_ns = INT64_MAX, ends_ns;

	for (unsigned i = 0; i < correlator->count; i++) {
		const struct incident *incident = &correlator->files[i].incident;

		if (!is_free(&correlator->files[i]) &&
			!__builtin_add_overflow(incident->last_ns,
				case_quiet_ns(correlator, incident->kind), &ends_ns) &&
			ends_ns < next_ns)
			next_ns = ends_ns;
	}
	return next_ns;
}

static void list(struct correlator *correlator)
{
	correlator->sorted_count = 0;
	for (unsigned i = 0; i < correlator->count; i++)
		if (correlator->told[i].is_told)
			correlator->sorted[correlator->sorted_count++] =
				&correlator->told[i].incident;
	qsort(correlator->sorted, correlator->sorted_count, sizeof(correlator->sorted[0]),
		incident_compare);
}

static void tell_all(
	struct correlator *correlator, int64_t now_ns, const struct correlator_hook *hook)
{
	make_view(correlator);
	for (unsigned i = 0; i < correlator->count; i++)
		if (correlator->view[i].is_folded)
			take_leave(&correlator->told[i], hook);
	end_silent(correlator, now_ns, hook);
	/* Before parts are settled: the view points to their sets. */
	for (unsigned i = 0; i < correlator->count; i++)
		if (!correlator->view[i].is_folded)
			tell_root(correlator, i);
	settle_parts(correlator, now_ns);
	list(correlator);
	correlator->has_new = correlator->has_changed = false;
	correlator->told_ns = now_ns;
	correlator->quiet_from_ns = next_silence(correlator);
}

void correlator_tell(
	struct correlator *correlator, int64_t now_ns, const struct correlator_hook *hook)
{
	bool is_time = case_span_ns(correlator->told_ns, now_ns) >= TELL_NS;

	if (correlator->has_new || (correlator->has_changed && is_time) ||
		(correlator->count > 0 && now_ns > correlator->quiet_from_ns))
		tell_all(correlator, now_ns, hook);
	for (unsigned i = 0; i < correlator->sorted_count; i++)
		correlator->sorted[i]->is_open =
			case_span_ns(correlator->sorted[i]->last_ns, now_ns) <= OPEN_NS;
}

/* The name that the new networks have for the group. */
static const char *find_group(const struct networks *networks, const char *name)
{
	for (uint32_t group = 0; name && group < networks_group_count(networks); group++) {
		const char *candidate = networks_group_name(networks, group);

		if (strcmp(candidate, name) == 0)
			return candidate;
	}
	return name ? "of an earlier configuration" : NULL;
}

static void rename_groups(const struct networks *networks, struct incident *incident)
{
	incident->group = find_group(networks, incident->group);
	for (unsigned i = 0; i < incident->finding_count; i++)
		incident->findings[i].group = find_group(networks, incident->findings[i].group);
}

void correlator_reload(struct correlator *correlator, const struct detector_env *env)
{
	for (unsigned i = 0; i < correlator->count; i++) {
		struct case_file *file = &correlator->files[i];

		if (is_free(file))
			continue;
		rename_groups(env->networks, &file->incident);
		rename_groups(env->networks, &correlator->told[i].incident);
		file->strongest.group = find_group(env->networks, file->strongest.group);
	}
	correlator->conf = env->conf;
	correlator->networks = env->networks;
	correlator->census = env->census;
	correlator->quiet_from_ns = INT64_MIN;
}
