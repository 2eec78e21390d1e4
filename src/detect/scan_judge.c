/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_judge.c - which probes are a scan; see scan_judge.h.
 *
 * Trying many hosts is no scan: resolvers, crawlers, monitoring and NAT gateways do it. Failing
 * with many is, when most fail, and at the same port: peers in a file sharing network try many
 * dead peers too, but at as many ports. The figures come from the configuration (Zeek's scan
 * policy: 25 hosts or 15 ports in 5 minutes); those that are not in it stand below, with where
 * they come from.
 */
#include "detect/scan_judge.h"

#include <netinet/in.h>

#include "lib/hash.h"

/* Ours: a ping sweep shows in few hosts; of a monitoring system's hosts, few do not answer. */
#define PING_FAILED_MIN 5
#define PING_FAILED_SHARE 0.25

/* Ours: a browser whose way out is broken (dead IPv6, captive portal) fails at the hosts of a few
 * pages, at these ports only; so inside hosts may fail at four times as many there. */
#define BROWSER_FACTOR 4

/* Ours: of a source's attempts by one protocol (a worm may have peers over UDP), the busiest four
 * ports make so much, or this port alone so much. Peers are far below both; worms try one to four
 * ports (Mirai: 23 nine times of ten, else 2323). */
#define TOP_FOUR_SHARE 0.7
#define TOP_ONE_SHARE 0.25

/* Ours: a service's answers seen alone go to many ports of a client, and one that comes late is
 * refused; a port scan gets a refusal from most ports, or, where these are limited to 1/s (Linux),
 * is as slow. */
#define UDP_REACTION_SHARE 0.05

/* Ours: from so many sources at once on, within that time, it is a flood of random ports. */
#define CROWD_SOURCES 8
#define CROWD_NS (10 * NS_PER_S)

#define CONFIDENCE_LEAST 0.6

/* A probe judged: what was seen, from when on it is a scan. */
struct verdict {
	struct scan_tally tally;
	double observed, expected;
	double share, expected_share; /* that failed */
};

static bool is_ping(const struct scan_key *key)
{
	return key->proto == IPPROTO_ICMP || key->proto == IPPROTO_ICMPV6;
}

static bool is_browsing(const struct scan_state *state, const struct scan_key *key)
{
	bool is_port = key->port == 80 || key->port == 443 || key->port == 53;

	return is_port && networks_is_inside(state->networks, &key->source);
}

static uint64_t hosts_expected(const struct scan_state *state, const struct scan_key *key)
{
	return state->conf->scan.hosts * (is_browsing(state, key) ? BROWSER_FACTOR : 1);
}

uint32_t scan_watch_from(const struct scan_state *state, const struct scan_key *key)
{
	switch (key->aim) {
	case AIM_HOSTS:
		return (uint32_t)(is_ping(key) ? state->conf->scan.ping_hosts
					       : hosts_expected(state, key));
	case AIM_STEALTH_HOSTS:
		return (uint32_t)state->conf->scan.hosts;
	case AIM_MIRAI:
		return (uint32_t)state->conf->scan.mirai_hosts;
	default:
		return (uint32_t)state->conf->scan.ports;
	}
}

/* Has anything come back to the source? Without, an UDP sender may be one half of good
 * conversations. */
static bool is_heard(const struct scan_probe *probe, const struct scan_tally *tally)
{
	double back = (double)tally->answered + tally->refused;

	if (probe->key.proto != IPPROTO_UDP)
		return true;
	if (probe->key.aim == AIM_PORTS)
		return back >= UDP_REACTION_SHARE * scan_items_count(&probe->items);
	return probe->answers + probe->refusals > 0;
}

/* Does the source prefer this port, or few ports at all? */
static bool is_focused(struct scan_state *state, const struct scan_key *key)
{
	struct scan_key source_key = {
		.source = key->source, .proto = key->proto, .aim = AIM_SOURCE
	};
	const struct scan_probe *source = scan_table_find(&state->table, &source_key);

	if (!source)
		return true;
	return scan_top_four(&source->top) >= TOP_FOUR_SHARE * source->attempts ||
	       scan_top_of(&source->top, key->port) >= TOP_ONE_SHARE * source->attempts;
}

/* A probe whose every attempt counts, whatever became of it. */
static bool judge_all(
	const struct scan_state *state, const struct scan_probe *probe, struct verdict *verdict)
{
	verdict->tally = (struct scan_tally){ .tried = scan_items_count(&probe->items) };
	verdict->observed = verdict->tally.tried;
	verdict->expected = scan_watch_from(state, &probe->key);
	verdict->share = 1;
	return verdict->observed >= verdict->expected;
}

static bool judge_ping(const struct scan_state *state, struct verdict *verdict)
{
	verdict->expected = PING_FAILED_MIN;
	verdict->expected_share = PING_FAILED_SHARE;
	return verdict->tally.tried >= state->conf->scan.ping_hosts &&
	       verdict->observed >= verdict->expected && verdict->share >= verdict->expected_share;
}

static bool judge_failed(
	struct scan_state *state, const struct scan_probe *probe, struct verdict *verdict)
{
	const struct scan_key *key = &probe->key;

	verdict->observed = verdict->tally.failed;
	verdict->share = verdict->tally.tried > 0 ? verdict->observed / verdict->tally.tried : 0;
	if (is_ping(key))
		return judge_ping(state, verdict);
	verdict->expected = (double)(key->aim == AIM_HOSTS ? hosts_expected(state, key)
							   : state->conf->scan.ports);
	verdict->expected_share = state->conf->scan.failed_share;
	return verdict->observed >= verdict->expected &&
	       verdict->share >= verdict->expected_share && is_heard(probe, &verdict->tally) &&
	       (key->aim != AIM_HOSTS || is_focused(state, key));
}

/* Is it a scan, as of now? */
static bool judge_probe(struct scan_state *state, const struct scan_probe *probe, int64_t now_ns,
	struct verdict *ret_verdict)
{
	struct verdict verdict = { .tally = scan_items_tally(&probe->items, scan_tick(now_ns)) };
	bool is_scan;

	if (probe->key.aim == AIM_HOSTS || probe->key.aim == AIM_PORTS)
		is_scan = judge_failed(state, probe, &verdict);
	else
		is_scan = judge_all(state, probe, &verdict);
	*ret_verdict = verdict;
	return is_scan;
}

static struct scan_crowd *crowd_of(struct scan_state *state, const struct addr *to, int64_t now_ns)
{
	struct scan_crowd *crowd = &state->crowds[hash_addr(to, state->seed) % SCAN_CROWD_HOSTS];

	if (!addr_equal(&crowd->to, to) || now_ns - crowd->since_ns > CROWD_NS)
		*crowd = (struct scan_crowd){ .to = *to, .since_ns = now_ns };
	return crowd;
}

static void count_crowd(struct scan_state *state, struct scan_probe *probe, int64_t now_ns)
{
	if (probe->key.aim != AIM_PORTS || probe->is_crowd_counted)
		return;
	probe->is_crowd_counted = true;
	crowd_of(state, &probe->key.to, now_ns)->count++;
}

/* The hosts that the finding is about, or NULL when all sketches are given out. */
static const struct distinct *sketch_of(
	struct scan_state *state, const struct scan_probe *probe, int64_t now_ns)
{
	uint32_t tick = scan_tick(now_ns);
	struct distinct *sketch;

	if (state->sketch_count == SCAN_SKETCHES)
		return NULL;
	sketch = &state->sketches[state->sketch_count++];
	distinct_clear(sketch);
	sketch->depth = probe->items.depth;
	for (unsigned i = 0; i < probe->items.slot_count; i++) {
		const struct scan_item *item = &probe->items.slots[i];

		if (item->hash != 0 &&
			(probe->key.aim != AIM_HOSTS || scan_item_failed(item, tick)))
			distinct_add(sketch, &item->addr, hash_addr(&item->addr, state->seed), 1);
	}
	return sketch;
}

static bool is_about_hosts(const struct scan_key *key)
{
	return key->aim == AIM_HOSTS || key->aim == AIM_STEALTH_HOSTS || key->aim == AIM_MIRAI;
}

static void describe(const struct scan_key *key, struct finding *finding)
{
	switch (key->aim) {
	case AIM_HOSTS:
		finding->kind = KIND_SCAN_HORIZONTAL;
		finding->reason = is_ping(key)
					  ? "many hosts were pinged and many did not answer"
					  : "most of many hosts tried on one port did not answer";
		break;
	case AIM_PORTS:
		finding->kind = KIND_SCAN_VERTICAL;
		finding->reason = "most of many ports tried on one host did not answer";
		break;
	case AIM_MIRAI:
		finding->kind = KIND_SCAN_MIRAI;
		finding->reason = "SYNs carry the destination as sequence number, which Mirai does";
		break;
	default:
		finding->kind = KIND_SCAN_STEALTH;
		finding->reason = "segments with impossible flags probe for answers";
	}
}

static double confidence_of(const struct verdict *verdict)
{
	double beyond = 1 - verdict->expected / verdict->observed;
	double clearness =
		(verdict->share - verdict->expected_share) / (1.001 - verdict->expected_share);

	return CONFIDENCE_LEAST + 0.2 * beyond + 0.19 * clearness;
}

static double rate_of(uint64_t count, struct window window)
{
	int64_t length_ns = window.end_ns - window.start_ns;

	return (double)count * NS_PER_S / (double)(length_ns > NS_PER_S ? length_ns : NS_PER_S);
}

static void add_evidence(
	const struct scan_probe *probe, const struct verdict *verdict, struct finding *finding)
{
	bool is_failure = probe->key.aim == AIM_HOSTS || probe->key.aim == AIM_PORTS;
	bool is_hosts = is_about_hosts(&probe->key);
	const char *unit = is_hosts ? "addresses" : "ports";
	struct evidence *evidence = finding->evidence;

	if (is_failure)
		*evidence++ = (struct evidence){ is_hosts ? "hosts_failed" : "ports_failed", unit,
			verdict->observed };
	*evidence++ = (struct evidence){ "tried", unit, verdict->tally.tried };
	if (is_failure) {
		*evidence++ = (struct evidence){ "answered", unit, verdict->tally.answered };
		*evidence++ = (struct evidence){ "refused", unit, verdict->tally.refused };
		*evidence++ = (struct evidence){ "half_open", "connections", probe->half_open };
	}
	*evidence = (struct evidence){ "attempts_per_s", "pps",
		rate_of(finding->packets, finding->window) };
}

/* What was seen since the last report; one window at least, also when an answer stayed away. */
static void add_traffic(
	const struct scan_state *state, const struct scan_probe *probe, struct finding *finding)
{
	int64_t base_ns = (int64_t)state->conf->window.base_ms * NS_PER_MS;
	int64_t start_ns = probe->is_reported ? probe->reported_ns : probe->first_ns;

	finding->window.start_ns = start_ns < probe->last_ns ? start_ns : probe->last_ns - base_ns;
	finding->window.end_ns = probe->last_ns;
	finding->packets = probe->attempts - probe->reported_attempts;
	finding->bytes = probe->bytes - probe->reported_bytes;
	finding->peak_pps = (double)probe->peak_attempts * NS_PER_S / (double)base_ns;
	if (finding->packets > 0)
		finding->peak_bps =
			finding->peak_pps * 8 * (double)finding->bytes / (double)finding->packets;
}

static void report(struct scan_state *state, struct scan_probe *probe,
	const struct verdict *verdict, int64_t now_ns, struct findings *findings)
{
	const struct scan_key *key = &probe->key;
	struct finding finding = {
		.detector = "scan",
		.scope = SCOPE_HOST,
		.from = key->source,
		.from_bits = 128,
		.to = key->to,
		.to_bits = is_about_hosts(key) ? 0 : 128,
		.port = key->port,
		.proto = key->proto,
		.observed = verdict->observed,
		.expected = verdict->expected,
		.is_spoofable =
			!probe->has_reacted && !networks_is_inside(state->networks, &key->source),
		.confidence = (float)confidence_of(verdict),
	};

	describe(key, &finding);
	add_traffic(state, probe, &finding);
	add_evidence(probe, verdict, &finding);
	if (is_about_hosts(key))
		finding.targets = sketch_of(state, probe, now_ns);
	finding_add(findings, &finding);
	state->finding_count++;
	probe->is_reported = true;
	probe->reported_ns = probe->last_ns;
	probe->reported_attempts = probe->attempts;
	probe->reported_bytes = probe->bytes;
	probe->reported_failed = verdict->tally.failed;
	probe->peak_attempts = 0;
}

static bool has_news(const struct scan_probe *probe, const struct verdict *verdict)
{
	return !probe->is_reported || probe->attempts > probe->reported_attempts ||
	       verdict->tally.failed > probe->reported_failed;
}

/* The SYNs of a Mirai scan are attempts too: told once, as what they are. */
static bool is_told_as_mirai(struct scan_state *state, const struct scan_key *key)
{
	struct scan_key mirai_key = { .source = key->source, .aim = AIM_MIRAI };
	const struct scan_probe *mirai;

	if (key->aim != AIM_HOSTS || key->proto != IPPROTO_TCP)
		return false;
	mirai = scan_table_find(&state->table, &mirai_key);
	return mirai && scan_items_count(&mirai->items) >= state->conf->scan.mirai_hosts;
}

/* Once one of a crowd, always one, or it would be reported when the others have gone. */
static bool is_one_of_a_crowd(struct scan_state *state, struct scan_probe *probe, int64_t now_ns)
{
	if (probe->key.aim == AIM_PORTS &&
		crowd_of(state, &probe->key.to, now_ns)->count >= CROWD_SOURCES)
		probe->is_of_crowd = true;
	return probe->is_of_crowd;
}

static void tally_watched(struct scan_state *state, int64_t now_ns)
{
	uint32_t index = 0;
	struct scan_probe *probe;

	while ((probe = scan_table_next_watched(&state->table, &index)) != NULL) {
		struct verdict verdict;

		if (scan_items_count(&probe->items) < scan_watch_from(state, &probe->key) ||
			now_ns - probe->last_ns > state->table.keep_ns)
			scan_table_unwatch(&state->table, probe);
		else if (!probe->is_settled && judge_probe(state, probe, now_ns, &verdict))
			count_crowd(state, probe, now_ns);
	}
}

/* Is this probe's turn now, and is there something to tell of it? */
static bool is_to_be_told(struct scan_state *state, struct scan_probe *probe, int64_t now_ns,
	struct verdict *ret_verdict)
{
	return judge_probe(state, probe, now_ns, ret_verdict) && has_news(probe, ret_verdict) &&
	       !is_told_as_mirai(state, &probe->key) && !is_one_of_a_crowd(state, probe, now_ns);
}

/* Reports from that index up to end. Returns where to go on. */
static uint32_t report_watched(struct scan_state *state, uint32_t index, uint32_t end,
	int64_t now_ns, struct findings *findings)
{
	struct scan_probe *probe;
	struct verdict verdict;

	while (state->finding_count < SCAN_FINDINGS_MAX) {
		uint32_t at = index;

		probe = scan_table_next_watched(&state->table, &index);
		if (!probe || index > end)
			return end;
		if (probe->is_settled)
			continue;
		if (is_to_be_told(state, probe, now_ns, &verdict)) {
			if (is_about_hosts(&probe->key) && state->sketch_count == SCAN_SKETCHES)
				return at;
			report(state, probe, &verdict, now_ns, findings);
		}
		probe->is_settled = now_ns - probe->last_ns > SCAN_SETTLE_NS;
	}
	return index;
}

void scan_judge_watched(struct scan_state *state, int64_t now_ns, struct findings *findings)
{
	uint32_t start = state->turn, end = state->table.count;

	tally_watched(state, now_ns);
	state->turn = report_watched(state, start, end, now_ns, findings);
	if (state->turn == end)
		state->turn = report_watched(state, 0, start, now_ns, findings);
	if (state->turn == start)
		state->turn = 0;
}
