/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_view.c - see gate_view.h.
 *
 * For each host and class of traffic that is active, or of which there are samples, there is a
 * watch: the counts when it was last reported, and what the samples show (which kinds, senders,
 * ports). It is reported at once, then once a second, and a last time when it is over, as detectors
 * do. Several hosts of one prefix are a carpet (gate_carpet.h), and then one finding.
 */
#include "gate_view.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "detect/tally.h"
#include "detect/traffic.h"
#include "gate_carpet.h"
#include "lib/hash.h"
#include "lib/keyed.h"
#include "lib/sets.h"

#define WATCHES 4096
#define OWN_SLOTS 16
#define REPORT_NS NS_PER_S
#define FORGET_NS (10 * NS_PER_S) /* not active, and no sample for so long */
/* The first report waits so long for samples that say which kind. */
#define PATIENCE_NS (300 * NS_PER_MS)
#define KIND_SHARE 0.25 /* of the samples: a kind of its own */
#define SLOT_NS (1ULL << WIRE_SLOT_SHIFT)

struct watch_key {
	struct addr host;
	uint64_t class;
};

struct gate_watch {
	struct keyed_head head;
	struct watch_key key;
	struct wire_class_state last; /* when it was last reported */
	int64_t begun_ns, reported_ns, sampled_ns;
	bool is_active, was_told;
	double pps, peak_pps, peak_bps; /* now; since the last report */
	uint64_t packets, bytes;	/* since the last report */
	int64_t since_ns;		/* from when these are */
	double votes[KIND_AMPLIFICATION_OTHER + 1];
	uint64_t sampled;
	struct majority source_port, target_port;
	uint8_t proto;
	bool has_sources;
	bool is_reported; /* what is known of its senders: the set begins anew */
	struct distinct sources;
	struct distinct_entry own[OWN_SLOTS];
};

struct gate_view {
	struct keyed watches;
	struct sets sets;
	uint64_t seed;
	struct carpets carpets;
};

int gate_view_open(uint64_t seed, struct gate_view **ret_view)
{
	static const struct sets_tier tiers[SETS_TIERS] = { { 256, 256 }, { 8192, 32 } };
	struct gate_view *view = calloc(1, sizeof(*view));

	if (!view)
		return -ENOMEM;
	view->seed = seed;
	if (carpets_open(seed, &view->carpets) < 0 || sets_open(&view->sets, tiers) < 0 ||
		keyed_open(&view->watches, WATCHES, sizeof(struct gate_watch),
			sizeof(struct watch_key), seed) < 0) {
		gate_view_close(view);
		return -ENOMEM;
	}
	*ret_view = view;
	return 0;
}

void gate_view_close(struct gate_view *view)
{
	if (!view)
		return;
	keyed_close(&view->watches);
	sets_close(&view->sets);
	carpets_close(&view->carpets);
	free(view);
}

static void clear_sources(struct gate_view *view, struct gate_watch *watch)
{
	if (watch->has_sources)
		sets_reset(&view->sets, &watch->sources, watch->own, OWN_SLOTS);
	else
		distinct_init(&watch->sources, watch->own, OWN_SLOTS);
	watch->has_sources = true;
	watch->is_reported = false;
}

/* The watch of that host and class; NULL when there is no place. Nothing ever gives way: a set of a
 * watch that is pushed out would be lost to the pool. */
static struct gate_watch *watch_of(
	struct gate_view *view, const struct addr *host, enum wire_class class)
{
	struct watch_key key = { *host, class };
	struct gate_watch *watch = keyed_take(&view->watches, &key, 0);

	if (watch && (!watch->has_sources || watch->is_reported))
		clear_sources(view, watch);
	return watch;
}

static enum kind tcp_kind(const struct pkt *pkt)
{
	if ((pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return KIND_FLOOD_SYNACK;
	if (pkt->tcp_flags & TCP_RST)
		return KIND_FLOOD_RST;
	if (pkt->tcp_flags & TCP_FIN)
		return KIND_FLOOD_FIN;
	return KIND_FLOOD_ACK;
}

static enum kind answer_kind(const struct pkt *pkt)
{
	enum kind kind = traffic_amplifier_port(pkt->key.port[0]);

	return kind == KIND_NONE ? KIND_AMPLIFICATION_OTHER : kind;
}

/* What a flood of that class is, by one of its packets; by the class alone without one. */
static enum kind kind_of(enum wire_class class, const struct pkt *pkt)
{
	switch (class) {
	case WIRE_CLASS_SYN:
		return KIND_FLOOD_SYN;
	case WIRE_CLASS_TCP:
		return pkt ? tcp_kind(pkt) : KIND_FLOOD_ACK;
	case WIRE_CLASS_ANSWER:
		return pkt ? answer_kind(pkt) : KIND_AMPLIFICATION_OTHER;
	case WIRE_CLASS_ICMP:
		return KIND_FLOOD_ICMP;
	case WIRE_CLASS_FRAGMENT:
		return KIND_FLOOD_FRAG;
	case WIRE_CLASS_UDP:
		return KIND_FLOOD_UDP;
	default:
		return KIND_FLOOD_OTHER;
	}
}

void gate_view_sample(
	struct gate_view *view, const struct wire_sample *sample, const struct pkt *pkt)
{
	/* The kernel part judges the outer packet. */
	const struct addr *ends = pkt->tunnels > 0 ? pkt->outer : pkt->key.addr;
	struct gate_watch *watch;
	uint32_t weight = sample->weight ? sample->weight : 1;

	if (pkt->ip_version == 0 || sample->class >= WIRE_CLASS_COUNT)
		return;
	watch = watch_of(view, &ends[1], (enum wire_class)sample->class);
	if (!watch)
		return;
	watch->sampled_ns = pkt->time_ns;
	watch->sampled += weight;
	watch->votes[kind_of((enum wire_class)sample->class, pkt)] += weight;
	majority_vote(&watch->source_port, pkt->key.port[0], weight);
	majority_vote(&watch->target_port, pkt->key.port[1], weight);
	watch->proto = pkt->tunnels > 0 ? pkt->outer_proto : pkt->key.proto;
	sets_add(&view->sets, &watch->sources, &ends[0], hash_addr(&ends[0], view->seed), weight);
}

static double mark_of(const struct conf *conf, enum wire_class class)
{
	switch (class) {
	case WIRE_CLASS_SYN:
		return (double)conf->gate.syn_high_pps;
	case WIRE_CLASS_TCP:
		return (double)conf->gate.tcp_high_pps;
	case WIRE_CLASS_ANSWER:
		return (double)conf->gate.answer_high_pps;
	case WIRE_CLASS_ICMP:
		return (double)conf->gate.icmp_high_pps;
	case WIRE_CLASS_FRAGMENT:
		return (double)conf->gate.fragment_high_pps;
	default:
		return 0; /* a limit that a mitigation has set */
	}
}

static const char *reason_of(enum wire_class class)
{
	switch (class) {
	case WIRE_CLASS_SYN:
		return "more SYNs to one host than its mark; the gate answers them with cookies";
	case WIRE_CLASS_TCP:
		return "more TCP of no connection to one host than its mark; the gate passes known "
		       "connections only";
	case WIRE_CLASS_ANSWER:
		return "more answers from amplifiers' ports to one host than its mark; the gate "
		       "passes those that were asked for";
	case WIRE_CLASS_ICMP:
		return "more ICMP to one host than its mark; the gate limits it";
	case WIRE_CLASS_FRAGMENT:
		return "more fragments to one host than its mark; the gate limits them";
	default:
		return "more to one host than its limit; the gate drops the rest";
	}
}

/* The rate as the kernel part reckons it: its count of two slots, if they are of now. */
static double rate_of(const struct wire_class_state *state, uint64_t monotonic_ns)
{
	uint32_t slot = (uint32_t)(monotonic_ns >> WIRE_SLOT_SHIFT);
	double rest = 1 - (double)(monotonic_ns & (SLOT_NS - 1)) / (double)SLOT_NS;
	double count = 0;

	if (state->slot == slot)
		count = state->count + state->prev * rest;
	else if (state->slot + 1 == slot)
		count = state->count * rest;
	return count * (double)NS_PER_S / (double)SLOT_NS;
}

static const struct wire_class_state *state_before(
	const struct gate_look *look, unsigned near, const struct addr *host, unsigned class)
{
	/* Both lists keep their order mostly. */
	for (unsigned i = 0; i < look->before_count; i++) {
		unsigned at = (near + look->before_count - i) % look->before_count;

		if (addr_equal(&look->before[at].addr, host))
			return &look->before[at].counts.classes[class];
	}
	return NULL;
}

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

/* A class has become active: counts since the window before, or, of a host not known then, what
 * the slots hold. */
static void begin_watch(struct gate_watch *watch, const struct gate_look *look, unsigned near,
	const struct wire_class_state *state)
{
	const struct wire_class_state *before =
		state_before(look, near, &watch->key.host, (unsigned)watch->key.class);
	uint64_t held = (uint64_t)state->count + state->prev;

	watch->is_active = true;
	watch->begun_ns = watch->since_ns = look->window.start_ns;
	watch->reported_ns = 0;
	watch->was_told = false;
	watch->packets = watch->bytes = 0;
	watch->peak_pps = watch->peak_bps = 0;
	if (before) {
		watch->last = *before;
		return;
	}
	held = held < state->packets ? held : state->packets;
	watch->last = *state;
	watch->last.packets -= held;
	if (state->packets > 0)
		watch->last.bytes -= state->bytes / state->packets * held;
	watch->last.dropped -= held < state->dropped ? held : state->dropped;
}

/* Adds what came since the last look. */
static void count_up(struct gate_watch *watch, const struct gate_look *look,
	const struct wire_class_state *state)
{
	double window_s = (double)(look->window.end_ns - look->window.start_ns) / (double)NS_PER_S;
	uint64_t packets = grown(state->packets, watch->last.packets);
	uint64_t bytes = grown(state->bytes, watch->last.bytes);
	uint64_t dropped = grown(state->dropped, watch->last.dropped);

	watch->pps = rate_of(state, look->monotonic_ns);
	watch->peak_pps = fmax(watch->peak_pps, watch->pps);
	if (window_s > 0)
		watch->peak_bps = fmax(watch->peak_bps, (double)bytes * 8 / window_s);
	/* The flood detector counts what was passed. */
	if (dropped > packets)
		dropped = packets;
	watch->packets += dropped;
	if (packets > 0)
		watch->bytes += (uint64_t)((double)bytes * ((double)dropped / (double)packets));
	watch->last = *state;
}

/* Which kinds the samples show: each with a good share, or the class's own without samples. */
static bool is_kind(const struct gate_watch *watch, enum kind kind, double *ret_share)
{
	enum kind usual = kind_of((enum wire_class)watch->key.class, NULL), top = usual;
	double sum = 0;

	for (unsigned k = 0; k <= KIND_AMPLIFICATION_OTHER; k++) {
		sum += watch->votes[k];
		if (watch->votes[k] > watch->votes[top])
			top = (enum kind)k;
	}
	*ret_share = sum > 0 ? watch->votes[kind] / sum : kind == usual;
	return kind == top || (sum > 0 && *ret_share >= KIND_SHARE);
}

/* Adds what is active to the region around it. */
static void add_to_carpets(
	struct gate_view *view, const struct gate_watch *watch, const struct conf *conf)
{
	for (unsigned kind = 1; kind <= KIND_AMPLIFICATION_OTHER; kind++) {
		double share;

		if (is_kind(watch, (enum kind)kind, &share))
			carpets_add(&view->carpets, &watch->key.host, (enum kind)kind,
				watch->pps * share,
				mark_of(conf, (enum wire_class)watch->key.class), watch);
	}
}

static bool is_spoofable(enum kind kind)
{
	return !kind_is_amplification(kind) && kind != KIND_FLOOD_SYNACK;
}

/* The one that answers, of reflections; else the one that is hit. */
static uint16_t port_of(const struct gate_watch *watch, enum kind kind)
{
	const struct majority *port =
		is_spoofable(kind) ? &watch->target_port : &watch->source_port;
	bool is_clear = (double)port->votes > 0.5 * (double)watch->sampled;

	if (watch->proto != IPPROTO_TCP && watch->proto != IPPROTO_UDP)
		return 0;
	return is_clear && watch->key.class != WIRE_CLASS_FRAGMENT ? (uint16_t)port->value : 0;
}

static void set_evidence(struct finding *finding, const struct distinct *sources)
{
	finding->evidence[0] = (struct evidence){ "rate", "pps", finding->observed };
	if (sources->count > 0)
		finding->evidence[1] = (struct evidence){ "sources", "addresses",
			(double)distinct_count(sources) };
}

static struct finding begin_finding(
	const struct gate_watch *watch, const struct gate_look *look, enum kind kind)
{
	return (struct finding){
		.kind = kind,
		.detector = "gate",
		.reason = reason_of((enum wire_class)watch->key.class),
		.window = { watch->since_ns, look->window.end_ns },
		.port = port_of(watch, kind),
		.proto = watch->proto,
		.is_spoofable = is_spoofable(kind),
		/* Below the flood detector's: where both see it, his evidence tells the story. */
		.confidence = 0.7F,
	};
}

static void report_host(const struct gate_watch *watch, const struct conf *conf,
	const struct gate_look *look, enum kind kind, double share, struct findings *findings)
{
	struct finding finding = begin_finding(watch, look, kind);

	finding.scope = SCOPE_HOST;
	finding.to = watch->key.host;
	finding.to_bits = 128;
	finding.observed = watch->is_active ? watch->pps : watch->peak_pps;
	finding.expected = mark_of(conf, (enum wire_class)watch->key.class);
	finding.packets = (uint64_t)((double)watch->packets * share);
	finding.bytes = (uint64_t)((double)watch->bytes * share);
	finding.peak_pps = watch->peak_pps * share;
	finding.peak_bps = watch->peak_bps * share;
	if (watch->sources.count > 0)
		finding.sources = &watch->sources;
	if (!watch->is_active)
		finding.reason = "until it ended";
	set_evidence(&finding, &watch->sources);
	finding_add(findings, &finding);
}

/* Its part of a carpet, which is reported when all parts are together. */
static void report_part(
	struct gate_view *view, struct carpet *carpet, const struct gate_watch *watch, double share)
{
	const struct carpet_part part = {
		.host = &watch->key.host,
		.share = share,
		.packets = watch->packets,
		.bytes = watch->bytes,
		.peak_pps = watch->peak_pps,
		.peak_bps = watch->peak_bps,
		.since_ns = watch->since_ns,
		.sources = &watch->sources,
	};

	carpet_take(&view->carpets, carpet, &part);
}

/* What the samples said counts half from report to report, so that a kind that has changed is seen,
 * and one without samples is still known. */
static void fade(struct gate_watch *watch)
{
	for (unsigned k = 0; k <= KIND_AMPLIFICATION_OTHER; k++)
		watch->votes[k] /= 2;
	watch->source_port.votes /= 2;
	watch->target_port.votes /= 2;
	watch->sampled -= watch->sampled / 2;
}

static void report(struct gate_view *view, struct gate_watch *watch, const struct conf *conf,
	const struct gate_look *look, struct findings *findings)
{
	if (look->are_captured && watch->was_told)
		watch->packets = watch->bytes = 0;
	for (unsigned kind = 1; kind <= KIND_AMPLIFICATION_OTHER; kind++) {
		struct carpet *carpet;
		double share;

		if (!is_kind(watch, (enum kind)kind, &share))
			continue;
		carpet = carpets_find(&view->carpets, &watch->key.host, (enum kind)kind);
		if (carpet)
			report_part(view, carpet, watch, share);
		else
			report_host(watch, conf, look, (enum kind)kind, share, findings);
	}
	fade(watch);
	watch->is_reported = watch->was_told = true;
	watch->reported_ns = watch->since_ns = look->window.end_ns;
	watch->packets = watch->bytes = 0;
	watch->peak_pps = watch->peak_bps = 0;
}

static void report_carpets(
	struct gate_view *view, const struct gate_look *look, struct findings *findings)
{
	for (unsigned i = 0; i < view->carpets.count; i++) {
		const struct carpet *carpet = &view->carpets.list[i];
		struct finding finding;

		if (!carpet->is_due)
			continue;
		finding = begin_finding(carpet->member, look, carpet->kind);
		finding.scope = SCOPE_PREFIX;
		finding.reason = "many hosts of one prefix at once, each above its mark (carpet "
				 "bombing)";
		finding.window.start_ns = carpet->since_ns;
		finding.to = addr_mask(&carpet->first, carpet->bits);
		finding.to_bits = (uint8_t)carpet->bits;
		finding.observed = carpet->pps;
		finding.expected = carpet->expected;
		finding.packets = carpet->packets;
		finding.bytes = carpet->bytes;
		finding.peak_pps = carpet->peak_pps;
		finding.peak_bps = carpet->peak_bps;
		finding.sources = carpet->sources.count > 0 ? &carpet->sources : NULL;
		finding.targets = &carpet->targets;
		set_evidence(&finding, &carpet->sources);
		finding_add(findings, &finding);
	}
}

/* All hosts: what is active is counted. */
static void look_at_hosts(
	struct gate_view *view, const struct conf *conf, const struct gate_look *look)
{
	for (unsigned i = 0; i < look->now_count; i++) {
		const struct gate_host *host = &look->now[i];

		for (unsigned class = 0; class < WIRE_CLASS_COUNT; class ++) {
			const struct wire_class_state *state = &host->counts.classes[class];
			struct gate_watch *watch;

			if (state->active_until_ns <= look->monotonic_ns)
				continue;
			watch = watch_of(view, &host->addr, (enum wire_class) class);
			if (!watch)
				continue;
			if (!watch->is_active)
				begin_watch(watch, look, i, state);
			count_up(watch, look, state);
			watch->head.weight = 1; /* seen in this window */
			add_to_carpets(view, watch, conf);
		}
	}
}

static bool is_due(const struct gate_watch *watch, const struct gate_look *look)
{
	if (watch->was_told)
		return look->window.end_ns - watch->reported_ns >= REPORT_NS;
	/* Which kind it is, only samples can tell of these two. */
	return watch->sampled > 0 ||
	       (watch->key.class != WIRE_CLASS_TCP && watch->key.class != WIRE_CLASS_ANSWER) ||
	       look->window.end_ns - watch->begun_ns >= PATIENCE_NS;
}

static void forget(struct gate_view *view, struct gate_watch *watch)
{
	sets_reset(&view->sets, &watch->sources, watch->own, OWN_SLOTS);
	keyed_remove(&view->watches, watch);
}

void gate_view_judge(struct gate_view *view, const struct conf *conf,
	const struct networks *networks, const struct gate_look *look, struct findings *findings)
{
	(void)networks;
	carpets_clear(&view->carpets);
	for (uint32_t i = 0; i < view->watches.count; i++)
		((struct gate_watch *)keyed_at(&view->watches, i))->head.weight = 0;
	look_at_hosts(view, conf, look);
	carpets_judge(&view->carpets);
	for (uint32_t i = view->watches.count; i-- > 0;) {
		struct gate_watch *watch = keyed_at(&view->watches, i);
		bool was_active = watch->is_active;

		watch->is_active = watch->head.weight > 0;
		if (watch->is_active ? is_due(watch, look)
				     : was_active && watch->was_told && watch->packets > 0)
			report(view, watch, conf, look, findings);
		if (!watch->is_active && was_active)
			watch->sampled_ns = look->window.end_ns;
		else if (!watch->is_active && look->window.end_ns - watch->sampled_ns >= FORGET_NS)
			forget(view, watch);
	}
	report_carpets(view, look, findings);
}
