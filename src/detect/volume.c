/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/volume.c - from tallies to findings; see volume.h.
 *
 * An aim that is over a limit is reported at once, then once a second while it lasts, and a last
 * time when it has been quiet: each report carries what came since the one before, so sums are
 * true.
 */
#include "detect/volume.h"

#include <math.h>
#include <netinet/in.h>

#include "conf/conf.h"
#include "conf/networks.h"

#define AIMS_MAX 8192
#define REPORT_NS NS_PER_S
#define QUIET_NS (2 * NS_PER_S)
#define REGION_V4 (ADDR_V4_BITS + 16) /* carpets are looked for within a /16 */
#define REGION_V6 48		      /* a site, RFC 6177 */

int volume_init(
	struct volume *volume, const struct detector_env *env, const struct volume_rules *rules)
{
	*volume = (struct volume){
		.conf = env->conf, .networks = env->networks, .rules = rules, .seed = env->seed
	};
	return aims_open(&volume->aims, AIMS_MAX, env->seed);
}

void volume_close(struct volume *volume)
{
	aims_close(&volume->aims);
}

int volume_summary_open(struct tally_table *table, const struct volume *volume, bool is_merged)
{
	static const struct tally_limits lane = { .targets = 512,
		.sets = { { 256, 48 }, { 1024, 12 } } };
	static const struct tally_limits merged = { .targets = 8192,
		.sets = { { 1024, 128 }, { 16384, 16 } } };
	struct tally_limits limits = is_merged ? merged : lane;

	limits.seed = volume->seed;
	return tally_open(table, &limits);
}

double volume_share(const struct aim *aim, const struct majority *majority)
{
	return aim->voted > 0 ? (double)majority->votes / (double)aim->voted : 0;
}

bool volume_is_from_inside(const struct volume *volume, const struct aim *aim)
{
	struct distinct_entry busiest[16];
	unsigned count = distinct_top(&aim->sources, busiest, 16), inside = 0;

	for (unsigned i = 0; i < count; i++)
		inside += networks_is_inside(volume->networks, &busiest[i].addr);
	return inside * 2 > count;
}

/* False when the list is full: then hosts are left to their prefix, for which there is a place. */
static bool activate(struct volume *volume, struct aim *aim)
{
	unsigned room = VOLUME_ACTIVE_MAX - (aim->scope == SCOPE_HOST ? VOLUME_ACTIVE_WIDE : 0);

	if (!aim->is_listed && volume->active_count >= room)
		return false;
	if (!aim->is_listed)
		volume->active[volume->active_count++] = aim;
	aim->is_listed = true;
	return true;
}

static void describe(const struct volume *volume, const struct aim *aim, struct finding *finding)
{
	unsigned bits = aim->bits;

	finding->to = aim->target;
	if (aim->scope == SCOPE_PREFIX)
		aim_spread(aim, &finding->to, &bits);
	if (aim->scope == SCOPE_GROUP) {
		finding->group = networks_group_name(volume->networks, aim->group);
		finding->to = (struct addr){ 0 };
	}
	finding->to_bits = (uint8_t)bits;
	finding->sources = &aim->sources;
	finding->targets = aim->scope == SCOPE_HOST ? NULL : &aim->targets;
	if (aim->sources.count == 1 && aim->sources.depth == 0) {
		struct distinct_entry only;

		distinct_top(&aim->sources, &only, 1);
		finding->from = only.addr;
		finding->from_bits = 128;
	}
}

static double fragments_share(const struct aim *aim)
{
	return aim->voted ? (double)aim->fragments / (double)aim->voted : 0;
}

/* Of reflections the port that answers, else the one that is hit. */
static uint16_t port_that_matters(const struct aim *aim, enum kind kind)
{
	bool is_reflection = kind_is_amplification(kind) || kind == KIND_FLOOD_SYNACK;
	const struct majority *port = is_reflection ? &aim->source_port : &aim->target_port;

	if (aim->proto != IPPROTO_TCP && aim->proto != IPPROTO_UDP && aim->proto != IPPROTO_SCTP)
		return 0;
	return (uint16_t)(volume_share(aim, port) > 0.5 ? port->value : 0);
}

static void add_evidence(struct finding *finding, const char *name, const char *unit, double value)
{
	unsigned i = 0;

	while (i < EVIDENCE_MAX && finding->evidence[i].name &&
		strcmp(finding->evidence[i].name, name) != 0)
		i++;
	if (i < EVIDENCE_MAX && !finding->evidence[i].name)
		finding->evidence[i] = (struct evidence){ name, unit, value };
}

/* What else is known; what less than half of the packets have in common says nothing. */
static void testify(const struct aim *aim, struct finding *finding)
{
	double same_length = volume_share(aim, &aim->length);
	double same_port = volume_share(aim, &aim->source_port);

	add_evidence(finding, "sources", "addresses", (double)distinct_count(&aim->sources));
	add_evidence(finding, "answered", "share", aim_answered_share(aim));
	if (same_length >= 0.5) {
		add_evidence(finding, "same_length", "share", same_length);
		add_evidence(finding, "length", "bytes", aim->length.value);
	}
	if (same_port >= 0.5) {
		add_evidence(finding, "same_source_port", "share", same_port);
		add_evidence(finding, "source_port", "port", aim->source_port.value);
	}
	if (aim->fragments > 0)
		add_evidence(finding, "fragments", "share", fragments_share(aim));
}

static void report(struct volume *volume, struct aim *aim, const struct verdict *verdict,
	struct findings *findings)
{
	enum kind kind = verdict->kind ? verdict->kind : (enum kind)aim->kind;
	struct finding finding = {
		.kind = kind,
		.scope = (enum scope)aim->scope,
		.detector = volume->rules->detector,
		.reason = verdict->reason,
		.window = { aim->first_ns, aim->latest_ns },
		.port = port_that_matters(aim, kind),
		.proto = aim->proto,
		.is_spoofable = volume->rules->is_spoofable && verdict->kind == KIND_NONE &&
				aim->kind != KIND_FLOOD_SYNACK,
		.confidence = verdict->confidence,
		.observed = verdict->observed,
		.expected = verdict->expected,
		.packets = aim->packets,
		.bytes = aim->bytes,
		.peak_pps = aim->peak_pps,
		.peak_bps = aim->peak_bps,
		.evidence = { { verdict->measure, verdict->unit, verdict->observed } },
	};

	testify(aim, &finding);
	describe(volume, aim, &finding);
	finding_add(findings, &finding);
	aim->packets = aim->bytes = 0;
	aim->fired_packets = aim->fired_bytes = 0;
	aim->peak_pps = aim->peak_bps = 0;
}

static struct verdict judge_by_scope(struct volume *volume, struct aim *aim, double window_s)
{
	switch (aim->scope) {
	case SCOPE_HOST:
		return volume->rules->host(volume, aim, window_s);
	case SCOPE_PREFIX:
		return volume->rules->prefix(volume, aim, window_s);
	default:
		return volume->rules->group(volume, aim, window_s);
	}
}

/* An attack begins with what rises above the usual, not with what was there before. */
static void forget_counts(struct aim *aim)
{
	aim->packets = aim->bytes = 0;
	aim->peak_pps = aim->peak_bps = 0;
}

static void judge_aim(
	struct volume *volume, struct aim *aim, struct window window, struct findings *findings)
{
	double window_s = (double)(window.end_ns - window.start_ns) / (double)NS_PER_S;
	struct verdict verdict = judge_by_scope(volume, aim, window_s);
	bool was_active = aim->reported_ns != 0;

	aim->is_early = verdict.is_early && activate(volume, aim);
	if (!verdict.reason) {
		if (!was_active && aim_is_calm(aim))
			forget_counts(aim);
		return;
	}
	aim->fired_ns = window.end_ns;
	aim->fired_packets = aim->packets;
	aim->fired_bytes = aim->bytes;
	aim->fired_latest_ns = aim->latest_ns;
	if (was_active && window.end_ns - aim->reported_ns < REPORT_NS)
		return;
	if (aim->packets == 0 || !activate(volume, aim))
		return;
	aim->reported_ns = window.end_ns;
	report(volume, aim, &verdict, findings);
}

/* A last report, of what came since the one before; what came after the attack is none of its. */
static void take_leave(struct volume *volume, struct aim *aim, struct findings *findings)
{
	aim->packets = aim->fired_packets;
	aim->bytes = aim->fired_bytes;
	aim->latest_ns = aim->fired_latest_ns;

	struct verdict last = { .reason = "until it ended",
		.measure = "packets",
		.unit = "packets",
		.observed = (double)aim->packets,
		.confidence = 0.5F };

	if (aim->packets > 0)
		report(volume, aim, &last, findings);
	aim->reported_ns = 0;
}

/* Those that are attacked, or may be: judges again those that were early, if they had no traffic to
 * be judged by, and takes leave of the quiet. */
static void judge_active(struct volume *volume, struct window window, struct findings *findings)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < volume->active_count; i++) {
		struct aim *aim = volume->active[i];

		if (aim->is_early && aim->last_ns != window.end_ns) {
			aims_pass(&volume->aims, aim, window.end_ns);
			judge_aim(volume, aim, window, findings);
		}
		if (aim->reported_ns != 0 && (window.end_ns - aim->fired_ns >= QUIET_NS ||
						     window.end_ns - aim->latest_ns >= QUIET_NS))
			take_leave(volume, aim, findings);
		aim->is_listed = aim->reported_ns != 0 || aim->is_early;
		if (aim->is_listed)
			volume->active[kept++] = aim;
	}
	volume->active_count = kept;
}

static void add_to_prefix(struct volume *volume, const struct tally *tally, struct window window)
{
	unsigned bits = addr_is_v4(&tally->target) ? REGION_V4 : REGION_V6;
	struct addr region = addr_mask(&tally->target, bits);
	enum kind kind = (enum kind)tally->kind;

	aims_add(&volume->aims, aims_of(&volume->aims, SCOPE_PREFIX, &region, bits, kind, 0), tally,
		window);
}

static void add_to_groups(struct volume *volume, const struct tally *tally, struct window window)
{
	const struct addr everywhere = { 0 };
	uint32_t group = networks_group_of(volume->networks, &tally->target);
	enum kind kind = (enum kind)tally->kind;

	if (group != NETWORKS_GROUP_NONE) {
		struct addr key = { .word = { group + 1, 0 } };

		aims_add(&volume->aims, aims_of(&volume->aims, SCOPE_GROUP, &key, 0, kind, group),
			tally, window);
	}
	if (volume->conf->flood.total_pps || volume->conf->flood.total_mbps)
		if (networks_is_inside(volume->networks, &tally->target))
			aims_add(&volume->aims,
				aims_of(&volume->aims, SCOPE_TOTAL, &everywhere, 0, kind, 0), tally,
				window);
}

/* Is the tally worth an aim of its own? One stray packet is not, but what is known goes on. */
static bool is_notable(const struct volume *volume, const struct tally *tally)
{
	return tally->packets >= 2 || tally->asked > 0 ||
	       aims_find(&volume->aims, SCOPE_HOST, &tally->target, 128, (enum kind)tally->kind);
}

static void judge_hosts(struct volume *volume, const struct tally_table *tallies,
	struct window window, struct findings *findings)
{
	for (uint32_t i = 0; i < tallies->used; i++) {
		const struct tally *tally = &tallies->list[i];
		struct aim *aim = NULL;

		if (is_notable(volume, tally)) {
			aim = aims_of(&volume->aims, SCOPE_HOST, &tally->target, 128,
				(enum kind)tally->kind, 0);
			aims_add(&volume->aims, aim, tally, window);
			judge_aim(volume, aim, window, findings);
		}
		if (!aim || aim->reported_ns == 0)
			add_to_prefix(volume, tally, window);
		add_to_groups(volume, tally, window);
	}
}

/* Prefixes, groups and the total are judged after everything of the window has been added. */
static void judge_wider(struct volume *volume, const struct tally_table *tallies,
	struct window window, struct findings *findings)
{
	for (uint32_t i = 0; i < tallies->used; i++) {
		const struct tally *tally = &tallies->list[i];
		unsigned bits = addr_is_v4(&tally->target) ? REGION_V4 : REGION_V6;
		struct addr region = addr_mask(&tally->target, bits);
		struct aim *aim = aims_find(
			&volume->aims, SCOPE_PREFIX, &region, bits, (enum kind)tally->kind);

		if (aim && aim->judged_ns != window.end_ns) {
			aim->judged_ns = window.end_ns;
			judge_aim(volume, aim, window, findings);
		}
	}
	for (unsigned kind = KIND_FLOOD_SYN; kind <= KIND_AMPLIFICATION_OTHER; kind++) {
		const struct addr everywhere = { 0 };
		struct aim *aim;

		for (uint32_t group = 0; group < networks_group_count(volume->networks); group++) {
			struct addr key = { .word = { group + 1, 0 } };

			aim = aims_find(&volume->aims, SCOPE_GROUP, &key, 0, (enum kind)kind);
			if (aim && aim->last_ns == window.end_ns)
				judge_aim(volume, aim, window, findings);
		}
		aim = aims_find(&volume->aims, SCOPE_TOTAL, &everywhere, 0, (enum kind)kind);
		if (aim && aim->last_ns == window.end_ns)
			judge_aim(volume, aim, window, findings);
	}
}

void volume_judge(struct volume *volume, struct tally_table *tallies, struct window window,
	struct findings *findings)
{
	if (tallies->used > 0) {
		judge_hosts(volume, tallies, window, findings);
		judge_wider(volume, tallies, window, findings);
	}
	judge_active(volume, window, findings);
	volume->uncounted += tallies->lost;
	tallies->lost = 0;
	tally_clear(tallies);
}

void volume_losses(const struct volume *volume, struct losses *losses)
{
	losses->uncounted += volume->uncounted;
	losses->forgotten += volume->aims.evicted;
}
