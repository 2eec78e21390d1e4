/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/abuse.c - finds packets that nothing honest sends:
 * abuse.{flags,land,fragment,header,bogon}.
 *
 * Decode names what is wrong with a packet; a lane counts it by target and kind (abuse_tally.c).
 * Here the counts of all lanes are added to a memory of the last ten seconds, and reported, at
 * most once a second, when a class of anomalies (few, plain, odd) reaches its number. Segments
 * with impossible flags from one sender to many ports are not told here: they look for answers,
 * which is scan.stealth.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/abuse_tally.h"
#include "detect/detectors.h"

#define LANE_PLACES 64 /* targets times kinds, in one window */
#define LANE_SLOTS 32  /* 24 senders each exactly, then a sample; 32 lanes have other senders */
#define MERGED_PLACES 256
#define STATE_PLACES 512
#define STATE_SLOTS 256

#define SPAN_NS (10 * NS_PER_S)
#define REPORT_NS NS_PER_S
#define FINDINGS_MAX 64 /* a judging */

/* Teardrop, ping of death and LAND each take one packet (CERT CA-1997-28, CA-1996-26); three rule
 * out a single broken one. */
#define FEW_PACKETS 3
/* Ours: of odd packets, ten times abuse.packets; no benign capture we have comes near. */
#define ODD_FACTOR 10

/* Ours: fewer senders than this whose packets have no favourite port are scanners. */
#define PROBERS_MAX 3

struct abuse_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct abuse_table table;
	struct abuse_entry *told[FINDINGS_MAX]; /* reported in the last judging */
	unsigned told_count;
};

static int abuse_init(void *opaque, const struct detector_env *env)
{
	struct abuse_state *state = opaque;

	*state = (struct abuse_state){
		.conf = env->conf, .networks = env->networks, .seed = env->seed
	};
	return abuse_table_open(&state->table, STATE_PLACES, STATE_SLOTS, env->seed);
}

static void abuse_close(void *opaque)
{
	abuse_table_close(&((struct abuse_state *)opaque)->table);
}

static int summary_init(void *opaque, const void *state, bool is_merged)
{
	uint64_t seed = ((const struct abuse_state *)state)->seed;

	if (is_merged)
		return abuse_table_open(opaque, MERGED_PLACES, STATE_SLOTS, seed);
	return abuse_table_open(opaque, LANE_PLACES, LANE_SLOTS, seed);
}

static void summary_close(void *opaque)
{
	abuse_table_close(opaque);
}

/* What the configuration says is inside may be used as a source there, wherever it stands in RFC
 * 6890. */
static uint64_t not_wrong_here(const struct abuse_state *state, const struct pkt *pkt)
{
	if (!(pkt->anomalies & ANOMALY_BIT(IP_BOGON_SOURCE)))
		return 0;
	return networks_is_inside(state->networks, &pkt->key.addr[0]) ? ANOMALY_BIT(IP_BOGON_SOURCE)
								      : 0;
}

static void abuse_packets(const void *state, void *opaque, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count)
{
	(void)flows;
	for (unsigned i = 0; i < count; i++)
		if ((pkts[i]->anomalies & abuse_anomalies) && pkts[i]->ip_version != 0)
			abuse_table_packet(opaque, pkts[i], not_wrong_here(state, pkts[i]));
}

static void abuse_merge(void *opaque, void *other)
{
	abuse_table_merge(opaque, other);
}

/* Is it later than that by as much, or does time go back? */
static bool is_past(int64_t then_ns, int64_t now_ns, int64_t length_ns)
{
	return now_ns < then_ns || (uint64_t)now_ns - (uint64_t)then_ns >= (uint64_t)length_ns;
}

/* Forgets what was not reported yet. */
static void begin_report(struct abuse_entry *entry)
{
	entry->packets = 0;
	entry->bytes = 0;
	entry->verified = 0;
	entry->peak_packets = 0;
	entry->peak_bytes = 0;
	entry->port = (struct majority){ 0 };
	distinct_clear(&entry->sources);
}

static void begin_span(struct abuse_entry *entry, int64_t now_ns)
{
	entry->span_ns = now_ns;
	memset(entry->counts, 0, sizeof(entry->counts));
	begin_report(entry);
}

static uint64_t needed(const struct abuse_state *state, enum abuse_class class)
{
	uint64_t packets = state->conf->abuse.packets;

	switch (class) {
	case ABUSE_FEW:
		return packets < FEW_PACKETS ? packets : FEW_PACKETS;
	case ABUSE_ODD:
		return packets * ODD_FACTOR;
	default:
		return packets;
	}
}

/* A class that has reached its number: its sum, and that number. */
struct reached {
	enum abuse_class class;
	uint64_t observed, expected;
};

/* The first class that has reached its number; false: none has. */
static bool has_reached(const struct abuse_state *state, const struct abuse_entry *entry,
	struct reached *ret_reached)
{
	uint64_t sums[ABUSE_CLASS_COUNT] = { 0 };

	for (unsigned i = 0; i < ABUSE_RULE_COUNT; i++)
		sums[abuse_rules[i].class] += entry->counts[i];
	for (unsigned class = 0; class < ABUSE_CLASS_COUNT; class ++) {
		uint64_t expected = needed(state, (enum abuse_class) class);

		if (sums[class] < expected)
			continue;
		*ret_reached = (struct reached){ (enum abuse_class) class, sums[class], expected };
		return true;
	}
	return false;
}

/* The rule most packets fell under. */
static enum abuse_rule most_of(const struct abuse_entry *entry)
{
	unsigned most = 0;

	for (unsigned i = 1; i < ABUSE_RULE_COUNT; i++)
		if (entry->counts[i] > entry->counts[most])
			most = i;
	return (enum abuse_rule)most;
}

static double confidence_of(const struct reached *reached, enum kind kind)
{
	static const double least[ABUSE_CLASS_COUNT] = {
		[ABUSE_FEW] = 0.8, [ABUSE_PLAIN] = 0.7, [ABUSE_ODD] = 0.5
	};
	double beyond = 1 - (double)reached->expected / (double)reached->observed;

	return kind == KIND_ABUSE_BOGON ? 0.4 : least[reached->class] + 0.2 * beyond;
}

/* Packets by anomaly, most important rules first, as far as there is room. */
static void add_evidence(
	const struct abuse_entry *entry, const struct reached *reached, struct finding *finding)
{
	struct evidence *evidence = finding->evidence, *end = evidence + EVIDENCE_MAX;

	*evidence++ = (struct evidence){ "packets", "packets", (double)reached->observed };
	*evidence++ = (struct evidence){ "sources", "addresses",
		(double)distinct_count(&entry->sources) };
	for (unsigned i = 0; i < ABUSE_RULE_COUNT && evidence < end; i++)
		if (entry->counts[i] > 0)
			*evidence++ = (struct evidence){ anomaly_infos[abuse_rules[i].anomaly].name,
				"packets", entry->counts[i] };
}

/* One sender behind most of it is named, unless it is one of many. */
static void add_sources(
	const struct abuse_state *state, const struct abuse_entry *entry, struct finding *finding)
{
	struct distinct_entry top;

	finding->sources = &entry->sources;
	if (distinct_count(&entry->sources) >= state->conf->abuse.sources ||
		distinct_top(&entry->sources, &top, 1) == 0 || top.packets * 2 < entry->packets)
		return;
	finding->from = top.addr;
	finding->from_bits = 128;
}

static double per_s(const struct abuse_state *state, uint64_t in_window)
{
	return (double)in_window * 1000 / (double)state->conf->window.base_ms;
}

static void report(const struct abuse_state *state, const struct abuse_entry *entry,
	const struct reached *reached, struct findings *findings)
{
	struct finding finding = {
		.kind = (enum kind)entry->key.kind,
		.scope = SCOPE_HOST,
		.detector = "abuse",
		.reason = anomaly_infos[abuse_rules[most_of(entry)].anomaly].meaning,
		.window = { entry->first_ns, entry->last_ns + 1 },
		.to = entry->key.target,
		.to_bits = 128,
		.port = (uint16_t)(entry->port.votes * 2 >= entry->packets ? entry->port.value : 0),
		.proto = entry->proto,
		/* One honest packet among forged ones vouches for nobody else. */
		.is_spoofable = entry->verified < entry->packets,
		.confidence = (float)confidence_of(reached, (enum kind)entry->key.kind),
		.observed = (double)reached->observed,
		.expected = (double)reached->expected,
		.packets = entry->packets,
		.bytes = entry->bytes,
		.peak_pps = per_s(state, entry->peak_packets),
		.peak_bps = per_s(state, entry->peak_bytes) * 8,
	};

	add_evidence(entry, reached, &finding);
	add_sources(state, entry, &finding);
	finding_add(findings, &finding);
}

/* Impossible flags from hardly anybody to port after port: told as scan.stealth. */
static bool is_probing(const struct abuse_entry *entry)
{
	return entry->key.kind == KIND_ABUSE_FLAGS &&
	       distinct_count(&entry->sources) < PROBERS_MAX &&
	       (uint64_t)entry->port.votes * 4 < entry->packets;
}

/* Adds a window's counts to the memory. A span that is over begins anew, once what it found is
 * told. */
static void remember(
	struct abuse_state *state, const struct abuse_entry *seen, struct window window)
{
	uint64_t weight = keyed_weight(window.end_ns, seen->packets);
	struct abuse_entry *entry = abuse_table_take(&state->table, &seen->key, weight);
	struct reached reached;

	if (!entry) {
		state->table.lost += seen->packets;
		return;
	}
	if (!entry->is_known ||
		(is_past(entry->span_ns, window.start_ns, SPAN_NS) &&
			(entry->packets == 0 || !has_reached(state, entry, &reached))))
		begin_span(entry, window.start_ns);
	entry->is_known = true;
	abuse_entry_add(entry, seen);
	if (seen->packets > entry->peak_packets)
		entry->peak_packets = seen->packets;
	if (seen->bytes > entry->peak_bytes)
		entry->peak_bytes = seen->bytes;
	entry->head.weight = keyed_weight(window.end_ns, entry->packets);
}

/* Reports the entry if it is time to. */
static void judge_entry(struct abuse_state *state, struct abuse_entry *entry, struct window window,
	struct findings *findings)
{
	struct reached reached;

	if (entry->packets == 0 || state->told_count == FINDINGS_MAX ||
		(entry->is_reported && !is_past(entry->reported_ns, window.end_ns, REPORT_NS)) ||
		!has_reached(state, entry, &reached) || is_probing(entry))
		return;
	report(state, entry, &reached, findings);
	entry->is_reported = true;
	entry->reported_ns = window.end_ns;
	state->told[state->told_count++] = entry;
}

/* The senders of a reported entry were read by others until now. */
static void drop_told(struct abuse_state *state)
{
	for (unsigned i = 0; i < state->told_count; i++)
		begin_report(state->told[i]);
	state->told_count = 0;
}

static bool is_told(const struct abuse_state *state, const struct abuse_entry *entry)
{
	for (unsigned i = 0; i < state->told_count; i++)
		if (state->told[i] == entry)
			return true;
	return false;
}

static void abuse_judge(void *opaque, void *merged, struct window window, struct findings *findings)
{
	struct abuse_state *state = opaque;
	struct abuse_table *seen = merged;

	drop_told(state);
	for (uint32_t i = 0; i < seen->keyed.count; i++)
		remember(state, keyed_at(&seen->keyed, i), window);
	state->table.lost += seen->lost;
	abuse_table_clear(seen);
	for (uint32_t i = state->table.keyed.count; i-- > 0;) {
		struct abuse_entry *entry = keyed_at(&state->table.keyed, i);

		judge_entry(state, entry, window, findings);
		if (is_past(entry->span_ns, window.end_ns, 2 * SPAN_NS) && !is_told(state, entry))
			keyed_remove(&state->table.keyed, entry);
	}
}

static void abuse_losses(const void *opaque, struct losses *losses)
{
	const struct abuse_state *state = opaque;

	losses->uncounted += state->table.lost;
	losses->forgotten += state->table.keyed.evicted;
}

const struct detector detector_abuse = {
	.name = "abuse",
	.state_size = sizeof(struct abuse_state),
	.summary_size = sizeof(struct abuse_table),
	.init = abuse_init,
	.summary_init = summary_init,
	.packets = abuse_packets,
	.merge = abuse_merge,
	.judge = abuse_judge,
	.losses = abuse_losses,
	.summary_close = summary_close,
	.close = abuse_close,
};
