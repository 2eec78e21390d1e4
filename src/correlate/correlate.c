/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/correlate.c - see correlate.h. */
#include "correlate/correlate_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "lib/hash.h"

/* Each stranger that scans or guesses is a case, and a botnet has thousands: they must not take the
 * places of floods and of our own bots. */
#define STRANGERS_MAX (CASES_MAX / 2)

#define STILL_OPEN_NS (2 * NS_PER_S) /* before the end: it was going on when the input ended */

static unsigned listed_max(const struct correlator *correlator)
{
	uint64_t max = correlator->conf->report.list_max;

	return max < INCIDENT_ROLE_LIST ? (unsigned)max : INCIDENT_ROLE_LIST;
}

/* What only the live engine needs: fresh pages, which cost nothing until they are used. */
static int open_live(struct correlator *correlator)
{
	size_t each = case_entries(listed_max(correlator));

	correlator->told_entries_each = listed_max(correlator);
	correlator->view = calloc(CASES_MAX, sizeof(*correlator->view));
	correlator->told = calloc(CASES_MAX, sizeof(*correlator->told));
	correlator->told_entries = calloc(CASES_MAX * each + 1, sizeof(*correlator->told_entries));
	for (unsigned i = 0; i < 2; i++)
		correlator->union_slots[i] = calloc(1, distinct_bytes(UNION_SLOTS));
	return correlator->view && correlator->told && correlator->told_entries &&
			       correlator->union_slots[0] && correlator->union_slots[1]
		       ? 0
		       : -ENOMEM;
}

int correlator_open(const struct detector_env *env, struct correlator **ret_correlator)
{
	static const struct sets_tier tiers[SETS_TIERS] = { { 1024, 128 }, { 32768, 24 } };
	struct correlator *correlator = calloc(1, sizeof(*correlator));

	if (!correlator)
		return -ENOMEM;
	correlator->conf = env->conf;
	correlator->networks = env->networks;
	correlator->census = env->census;
	correlator->seed = env->seed;
	correlator->files = calloc(CASES_MAX, sizeof(*correlator->files));
	correlator->own = calloc((size_t)CASES_MAX * 2, distinct_bytes(CASE_OWN_SLOTS));
	correlator->sorted = calloc(CASES_MAX, sizeof(struct incident *));
	if (!correlator->files || !correlator->own || !correlator->sorted ||
		open_live(correlator) < 0 || sets_open(&correlator->sets, tiers) < 0) {
		correlator_close(correlator);
		return -ENOMEM;
	}
	*ret_correlator = correlator;
	return 0;
}

void correlator_close(struct correlator *correlator)
{
	if (!correlator)
		return;
	free(correlator->files);
	free(correlator->own);
	free(correlator->sorted);
	free(correlator->entries);
	free(correlator->view);
	free(correlator->told);
	free(correlator->told_entries);
	free(correlator->union_slots[0]);
	free(correlator->union_slots[1]);
	sets_close(&correlator->sets);
	free(correlator);
}

int64_t case_quiet_ns(const struct correlator *correlator, enum kind kind)
{
	uint64_t quiet_s = kind_is_bot(kind) || kind_is_bruteforce(kind)
				   ? correlator->conf->bot.quiet_s
				   : correlator->conf->window.quiet_s;

	return (int64_t)quiet_s * NS_PER_S;
}

/* Is b within a, or a within b? */
static bool prefixes_overlap(
	const struct addr *a, unsigned a_bits, const struct addr *b, unsigned b_bits)
{
	unsigned bits = a_bits < b_bits ? a_bits : b_bits;
	struct addr first = addr_mask(a, bits), second = addr_mask(b, bits);

	return addr_equal(&first, &second);
}

static const struct addr *subject_of(const struct finding *finding, unsigned *ret_bits)
{
	/* Of many senders with one target it is about that. */
	bool is_sender = case_is_about_sender(finding->kind) && !addr_is_zero(&finding->from);

	*ret_bits = is_sender ? finding->from_bits : finding->to_bits;
	return is_sender ? &finding->from : &finding->to;
}

static bool belongs(const struct correlator *correlator, const struct case_file *file,
	const struct finding *finding)
{
	const struct incident *incident = &file->incident;
	int64_t quiet_ns = case_quiet_ns(correlator, finding->kind);
	unsigned bits;
	const struct addr *subject = subject_of(finding, &bits);

	if (incident->kind != finding->kind || incident->scope != finding->scope)
		return false;
	if (case_span_ns(incident->last_ns, finding->window.start_ns) > quiet_ns ||
		case_span_ns(finding->window.end_ns, incident->first_ns) > quiet_ns)
		return false;
	if (finding->scope == SCOPE_HOST)
		return bits == incident->subject_bits && addr_equal(subject, &incident->subject);
	return finding->group == incident->group &&
	       prefixes_overlap(subject, bits, &incident->subject, incident->subject_bits);
}

static struct case_file *find_case(struct correlator *correlator, const struct finding *finding)
{
	/* The latest first: an attack that lasts is found at once. */
	for (unsigned i = correlator->count; i-- > 0;)
		if (belongs(correlator, &correlator->files[i], finding))
			return &correlator->files[i];
	return NULL;
}

static void name_incident(struct incident *incident, uint64_t seed)
{
	struct {
		struct addr subject;
		int64_t first_ns;
		uint32_t kind, scope;
	} identity = { incident->subject, incident->first_ns, incident->kind, incident->scope };

	/* Groups have no address to tell them apart. */
	if (incident->group)
		seed = hash_bytes(incident->group, strlen(incident->group), seed);
	snprintf(incident->id, sizeof(incident->id), "%08x",
		(unsigned)(hash_bytes(&identity, sizeof(identity), seed) & 0xffffffffU));
}

struct distinct_entry *case_own_slots(
	const struct correlator *correlator, const struct case_file *file, unsigned which)
{
	size_t slot = (size_t)(file - correlator->files);

	return &correlator->own[(slot * 2 + which) * CASE_OWN_SLOTS];
}

static bool is_stranger(enum kind kind, const struct addr *from, bool is_inside)
{
	return !is_inside && !addr_is_zero(from) &&
	       (kind_is_bruteforce(kind) ||
		       (kind >= KIND_SCAN_HORIZONTAL && kind <= KIND_SCAN_MIRAI));
}

static bool has_room_for(const struct correlator *correlator, const struct finding *finding)
{
	unsigned strangers = 0;

	if (!is_stranger(finding->kind, &finding->from,
		    networks_is_inside(correlator->networks, &finding->from)))
		return true;
	for (unsigned i = 0; i < correlator->count; i++) {
		const struct case_file *file = &correlator->files[i];

		strangers +=
			is_stranger(file->incident.kind, &file->strongest.from, file->from_inside);
	}
	return strangers < STRANGERS_MAX;
}

static struct case_file *take_slot(struct correlator *correlator)
{
	if (correlator->free_count > 0)
		for (unsigned i = 0; i < correlator->count; i++)
			if (correlator->files[i].incident.kind == KIND_NONE) {
				correlator->free_count--;
				return &correlator->files[i];
			}
	return correlator->count < CASES_MAX ? &correlator->files[correlator->count++] : NULL;
}

static struct case_file *open_case(struct correlator *correlator, const struct finding *finding)
{
	struct case_file *file = has_room_for(correlator, finding) ? take_slot(correlator) : NULL;
	struct incident *incident;
	unsigned bits;
	const struct addr *subject = subject_of(finding, &bits);

	if (!file)
		return NULL;
	*file = (struct case_file){ 0 };
	incident = &file->incident;
	incident->kind = finding->kind;
	incident->scope = finding->scope;
	incident->group = finding->group;
	incident->subject = *subject;
	incident->subject_bits = (uint8_t)bits;
	incident->first_ns = finding->window.start_ns;
	incident->proto = finding->proto;
	file->to_inside = networks_is_inside(correlator->networks, &finding->to);
	file->from_inside = networks_is_inside(correlator->networks, &finding->from);
	name_incident(incident, correlator->seed);
	distinct_init(&file->sources, case_own_slots(correlator, file, 0), CASE_OWN_SLOTS);
	distinct_init(&file->targets, case_own_slots(correlator, file, 1), CASE_OWN_SLOTS);
	correlator->has_new = true;
	return file;
}

static void collect(struct correlator *correlator, struct distinct *into,
	const struct distinct *set, const struct addr *one, unsigned bits, uint64_t packets)
{
	if (set)
		sets_merge(&correlator->sets, into, set);
	else if (bits == 128 && !addr_is_zero(one))
		sets_add(&correlator->sets, into, one, hash_addr(one, correlator->seed), packets);
}

static void take_one(struct correlator *correlator, const struct finding *finding)
{
	struct case_file *file = find_case(correlator, finding);

	if (!file)
		file = open_case(correlator, finding);
	if (!file) {
		correlator->stats.incidents_lost++;
		return;
	}
	case_add(file, finding);
	/* A carpet is as wide as the widest report of it. */
	if (finding->scope == SCOPE_PREFIX && !case_is_about_sender(finding->kind) &&
		finding->to_bits < file->incident.subject_bits) {
		file->incident.subject = finding->to;
		file->incident.subject_bits = finding->to_bits;
	}
	collect(correlator, &file->sources, finding->sources, &finding->from, finding->from_bits,
		finding->packets);
	/* A controller is no target. */
	if (finding->to_role == ROLE_TARGET)
		collect(correlator, &file->targets, finding->targets, &finding->to,
			finding->to_bits, finding->packets);
}

void correlator_take(struct correlator *correlator, struct findings *findings)
{
	for (unsigned i = 0; i < findings->count; i++)
		take_one(correlator, &findings->list[i]);
	correlator->has_changed |= findings->count > 0;
	correlator->stats.findings += findings->count;
	correlator->stats.findings_lost += findings->lost;
	findings->count = 0;
	findings->lost = 0;
}

/* What the senders are; ROLE_COUNT when nobody knows, as their addresses are most likely
 * invented. */
static enum role sender_role(const struct case_file *file)
{
	const struct incident *incident = &file->incident;

	if (kind_is_amplification(incident->kind) || incident->kind == KIND_FLOOD_SYNACK ||
		incident->kind == KIND_REFLECTOR_OPEN)
		return ROLE_REFLECTOR;
	if (incident->kind == KIND_ABUSE_LAND || incident->kind == KIND_ABUSE_BOGON)
		return ROLE_COUNT;
	if (incident->is_spoofable && incident->source_count > INCIDENT_CREDIBLE_SOURCES)
		return ROLE_COUNT;
	return ROLE_ZOMBIE;
}

static void fill_role(struct role_list *role, const struct distinct *set,
	struct role_entry *entries, unsigned max)
{
	struct distinct_entry top[INCIDENT_ROLE_LIST];
	unsigned count = distinct_top(set, top, max);

	for (unsigned i = 0; i < count; i++)
		entries[i] = (struct role_entry){ top[i].addr, 128, top[i].packets };
	role->list = entries;
	role->listed = count;
	role->count = distinct_count(set);
	role->is_estimate = !distinct_is_exact(set);
}

/* A carpet's target is the prefix. Of senders to a prefix, whose hosts nobody could count, too. */
static void assign_targets(struct case_file *file, struct role_entry *entries, unsigned max)
{
	const struct incident *incident = &file->incident;
	const struct finding *strongest = &file->strongest;
	struct role_list *role = &file->incident.roles[ROLE_TARGET];
	bool is_sender = case_is_about_sender(incident->kind);

	fill_role(role, &file->targets, entries, max);
	if (incident->scope != SCOPE_PREFIX || (is_sender && role->count > 0))
		return;
	*role = (struct role_list){ entries, max > 0 ? 1 : 0, 1, false };
	if (max > 0)
		entries[0] = (struct role_entry){ is_sender ? strongest->to : incident->subject,
			is_sender ? strongest->to_bits : incident->subject_bits,
			incident->packets };
}

static void assign_controllers(struct incident *incident, struct role_entry *entries)
{
	struct role_list *role = &incident->roles[ROLE_CONTROLLER];

	if (incident->controller_count == 0)
		return;
	*role = (struct role_list){ entries, entries ? incident->controller_count : 0,
		incident->controller_count, false };
	for (unsigned i = 0; i < role->listed; i++)
		entries[i] = (struct role_entry){ incident->controllers[i].addr, 128, 0 };
}

/* entries: room for case_entries(max), NULL for none. */
static void assign_roles(struct case_file *file, struct role_entry *entries, unsigned max)
{
	struct incident *incident = &file->incident;
	enum role sender;

	incident->source_count = distinct_count(&file->sources);
	incident->source_count_is_estimate = !distinct_is_exact(&file->sources);
	sender = sender_role(file);
	if (sender < ROLE_COUNT && incident->source_count > 0)
		fill_role(&incident->roles[sender], &file->sources, entries, max);
	assign_targets(file, entries ? entries + max : NULL, max);
	assign_controllers(incident, entries ? entries + 2 * max : NULL);
}

int incident_compare(const void *a, const void *b)
{
	const struct incident *first = *(struct incident *const *)a,
			      *second = *(struct incident *const *)b;

	if (first->severity != second->severity)
		return first->severity > second->severity ? -1 : 1;
	if (first->first_ns != second->first_ns)
		return first->first_ns < second->first_ns ? -1 : 1;
	return strcmp(first->id, second->id);
}

void case_conclude(const struct correlator *correlator, struct case_file *file,
	struct role_entry *entries, unsigned max)
{
	assign_roles(file, max > 0 ? entries : NULL, max);
	/* Of a sender's many targets the story names one. */
	if (case_is_about_sender(file->incident.kind))
		file->to_inside = networks_is_inside(correlator->networks, &file->strongest.to);
	case_judge(file, correlator->conf);
	case_tell(file);
}

void correlator_finish(struct correlator *correlator, int64_t end_ns)
{
	unsigned max = listed_max(correlator);
	size_t per_case = case_entries(max);

	cases_absorb(&correlator->sets, correlator->files, correlator->count);
	cases_fuse(&correlator->sets, correlator->files, correlator->count, correlator->conf,
		correlator->census);
	correlator->entries =
		calloc(correlator->count * per_case + 1, sizeof(*correlator->entries));
	/* Without memory for lists the counts are still true. */
	if (!correlator->entries)
		max = 0;
	for (unsigned i = 0; i < correlator->count; i++) {
		struct case_file *file = &correlator->files[i];

		if (file->is_folded)
			continue;
		file->incident.is_open =
			case_span_ns(file->incident.last_ns, end_ns) <= STILL_OPEN_NS;
		case_conclude(
			correlator, file, max > 0 ? &correlator->entries[i * per_case] : NULL, max);
		correlator->sorted[correlator->sorted_count++] = &file->incident;
	}
	qsort(correlator->sorted, correlator->sorted_count, sizeof(correlator->sorted[0]),
		incident_compare);
}

struct incident *const *correlator_incidents(
	const struct correlator *correlator, unsigned *ret_count)
{
	*ret_count = correlator->sorted_count;
	return correlator->sorted;
}

void correlator_stats(const struct correlator *correlator, struct correlator_stats *ret_stats)
{
	*ret_stats = correlator->stats;
}
