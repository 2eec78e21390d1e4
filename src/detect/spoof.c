/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/spoof.c - finds packets that leave with a sender that is not ours: abuse.spoof (BCP 38).
 *
 * Where weir stands at the edge of a network, each packet has one end in it. One that has none, and
 * that nobody answers, was sent by one of ours under a false name: the answer goes to the one whom
 * it names. This holds only if somebody has said what is inside (`networks:`), and only at an edge:
 * so the proved traffic of strangers with one another is compared with ours. At a router in transit
 * there is much of it, as there is of a prefix that is ours but is missing in the configuration.
 *
 * A lane sums up what such packets there were, who they name and whom they go to; here the sums of
 * ten seconds are compared with abuse.packets, and told at most once a second. Constant memory: two
 * samples of addresses.
 */
#include <netinet/in.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/calling.h"
#include "detect/detectors.h"
#include "detect/tally.h"
#include "lib/hash.h"

#define SLOTS 64 /* of a sample: exact up to 48 addresses */
#define SPAN_NS (10 * NS_PER_S)
#define REPORT_NS NS_PER_S

/* weir: with less proved traffic of ours than this it is not known where we stand. */
#define OURS_LEAST 100
/* weir: of proved packets one in so many may be of strangers: a mirror port that sees the link
 * between two routers, a neighbour's broadcast domain. */
#define STRANGERS_ONE_IN 100
#define PROVED_HALF_NS (600 * NS_PER_S) /* weir: what was proved counts half as much later on */

/* One sender that is not ours is more likely a laptop that still has yesterday's address. */
#define FEW_SENDERS 3

enum { SENDERS, RECEIVERS, SIDES };

/* Packets of strangers to strangers that nobody answered. */
struct spoof_sum {
	uint64_t packets, bytes;
	int64_t first_ns, last_ns;
	struct majority port;
	struct distinct addresses[SIDES];
	struct distinct_entry slots[SIDES][SLOTS];
	uint8_t proto;
};

struct spoof_summary {
	struct spoof_sum sum;
	uint64_t proved_ours, proved_strangers; /* packets */
};

struct spoof_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct spoof_sum sum; /* since the last finding */
	uint64_t span_packets, proved_ours, proved_strangers;
	uint64_t window_packets, window_bytes; /* the most in one */
	int64_t span_ns, halved_ns, told_ns;
	bool is_begun, is_told, is_just_told;
};

static void sum_open(struct spoof_sum *sum)
{
	for (unsigned side = 0; side < SIDES; side++)
		distinct_init(&sum->addresses[side], sum->slots[side], SLOTS);
}

static void sum_clear(struct spoof_sum *sum)
{
	sum->packets = sum->bytes = 0;
	sum->port = (struct majority){ 0 };
	for (unsigned side = 0; side < SIDES; side++)
		distinct_clear(&sum->addresses[side]);
}

static void sum_add(struct spoof_sum *sum, const struct spoof_sum *from)
{
	if (from->packets == 0)
		return;
	if (sum->packets == 0 || from->first_ns < sum->first_ns)
		sum->first_ns = from->first_ns;
	if (sum->packets == 0 || from->last_ns > sum->last_ns)
		sum->last_ns = from->last_ns;
	if (sum->packets == 0)
		sum->proto = from->proto;
	sum->packets += from->packets;
	sum->bytes += from->bytes;
	majority_vote(&sum->port, from->port.value, from->port.votes);
	for (unsigned side = 0; side < SIDES; side++)
		distinct_merge(&sum->addresses[side], &from->addresses[side]);
}

static int spoof_init(void *opaque, const struct detector_env *env)
{
	struct spoof_state *state = opaque;

	state->conf = env->conf;
	state->networks = env->networks;
	state->seed = env->seed;
	sum_open(&state->sum);
	return 0;
}

static int summary_init(void *opaque, const void *state, bool is_merged)
{
	(void)state;
	(void)is_merged;
	sum_open(&((struct spoof_summary *)opaque)->sum);
	return 0;
}

/* Private and shared addresses leak through every NAT that forgets a connection; groups and what
 * cannot exist are abuse.bogon's. Shared: RFC 6598. */
static bool is_public(const struct addr *addr)
{
	if (calling_is_private(addr) || addr_is_multicast(addr))
		return false;
	return !(addr_is_v4(addr) && addr->byte[12] == 100 && (addr->byte[13] & 0xc0) == 64);
}

/* Could it be the beginning of something? Errors come from routers, which may well speak with the
 * address of their link to the provider. */
static bool is_beginning(const struct pkt *pkt)
{
	if (pkt->standing != STANDING_OPENING && pkt->standing != STANDING_UNANSWERED)
		return false;
	if (pkt->key.proto == IPPROTO_ICMP)
		return pkt->icmp_type == 8; /* RFC 792: echo request */
	return pkt->key.proto != IPPROTO_ICMPV6 || pkt->icmp_type == 128; /* RFC 4443 */
}

static void count_packet(
	const struct spoof_state *state, struct spoof_sum *sum, const struct pkt *pkt)
{
	if (sum->packets++ == 0) {
		sum->first_ns = pkt->time_ns;
		sum->proto = pkt->key.proto;
	}
	sum->last_ns = pkt->time_ns;
	sum->bytes += pkt->ip_len;
	if (pkt->frag != FRAG_LATER)
		majority_vote(&sum->port, pkt->key.port[1], 1);
	for (unsigned side = 0; side < SIDES; side++)
		distinct_add(&sum->addresses[side], &pkt->key.addr[side],
			hash_addr(&pkt->key.addr[side], state->seed), 1);
}

static void see_packet(
	const struct spoof_state *state, struct spoof_summary *summary, const struct pkt *pkt)
{
	bool is_ours = networks_is_inside(state->networks, &pkt->key.addr[0]) ||
		       networks_is_inside(state->networks, &pkt->key.addr[1]);

	if (pkt->standing >= STANDING_STREAM && is_ours)
		summary->proved_ours++;
	else if (pkt->standing >= STANDING_STREAM)
		summary->proved_strangers += is_public(&pkt->key.addr[0]);
	else if (!is_ours && is_beginning(pkt) && is_public(&pkt->key.addr[0]) &&
		 is_public(&pkt->key.addr[1]))
		count_packet(state, &summary->sum, pkt);
}

static void spoof_packets(const void *opaque, void *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count)
{
	const struct spoof_state *state = opaque;
	uint64_t wrong = ANOMALY_BIT(IP_BOGON_SOURCE) | ANOMALY_BIT(IP_MARTIAN);

	(void)flows;
	if (state->conf->networks.count == 0)
		return;
	/* Who sends into a tunnel may send for others. */
	for (unsigned i = 0; i < count; i++)
		if (pkts[i]->ip_version != 0 && pkts[i]->tunnels == 0 &&
			!(pkts[i]->anomalies & wrong))
			see_packet(state, summary, pkts[i]);
}

static void spoof_merge(void *opaque, void *other)
{
	struct spoof_summary *summary = opaque, *from = other;

	sum_add(&summary->sum, &from->sum);
	summary->proved_ours += from->proved_ours;
	summary->proved_strangers += from->proved_strangers;
	from->proved_ours = from->proved_strangers = 0;
	sum_clear(&from->sum);
}

static bool is_past(int64_t then_ns, int64_t now_ns, int64_t length_ns)
{
	return now_ns < then_ns || (uint64_t)now_ns - (uint64_t)then_ns >= (uint64_t)length_ns;
}

static void remember(struct spoof_state *state, struct spoof_summary *seen, struct window window)
{
	if (!state->is_begun || is_past(state->halved_ns, window.end_ns, PROVED_HALF_NS)) {
		state->halved_ns = window.end_ns;
		state->proved_ours /= 2;
		state->proved_strangers /= 2;
	}
	state->proved_ours += seen->proved_ours;
	state->proved_strangers += seen->proved_strangers;
	if (!state->is_begun || is_past(state->span_ns, window.start_ns, SPAN_NS)) {
		state->span_ns = window.start_ns;
		if (state->span_packets < state->conf->abuse.packets)
			sum_clear(&state->sum);
		state->span_packets = 0;
	}
	state->is_begun = true;
	state->span_packets += seen->sum.packets;
	if (seen->sum.packets > state->window_packets)
		state->window_packets = seen->sum.packets;
	if (seen->sum.bytes > state->window_bytes)
		state->window_bytes = seen->sum.bytes;
	sum_add(&state->sum, &seen->sum);
}

/* Do we stand at the edge of what is inside? */
static bool is_at_edge(const struct spoof_state *state)
{
	return state->proved_ours >= OURS_LEAST &&
	       state->proved_strangers <= state->proved_ours / STRANGERS_ONE_IN;
}

/* From many to many is also what scans of a dark prefix of ours, forgotten, look like. */
static float confidence_of(const struct spoof_state *state, uint64_t senders, bool has_target)
{
	if (senders >= state->conf->abuse.sources && has_target)
		return 0.8F;
	return senders >= FEW_SENDERS ? 0.5F : 0.35F;
}

static double per_s(const struct spoof_state *state, uint64_t in_window)
{
	return (double)in_window * 1000 / (double)state->conf->window.base_ms;
}

static void tell(const struct spoof_state *state, struct findings *findings)
{
	const struct spoof_sum *sum = &state->sum;
	uint64_t senders = distinct_count(&sum->addresses[SENDERS]);
	struct distinct_entry top = { .packets = 0 };
	bool has_target = distinct_top(&sum->addresses[RECEIVERS], &top, 1) > 0 &&
			  top.packets * 2 >= sum->packets;
	struct finding finding = {
		.kind = KIND_ABUSE_SPOOF,
		.scope = SCOPE_TOTAL,
		.detector = "spoof",
		.reason = "neither end is in our network, and nobody answers",
		.window = { sum->first_ns, sum->last_ns + 1 },
		.port = (uint16_t)(sum->port.votes * 2ULL >= sum->packets ? sum->port.value : 0),
		.proto = sum->proto,
		.is_spoofable = true,
		.confidence = confidence_of(state, senders, has_target),
		.observed = (double)state->span_packets,
		.expected = (double)state->conf->abuse.packets,
		.packets = sum->packets,
		.bytes = sum->bytes,
		.peak_pps = per_s(state, state->window_packets),
		.peak_bps = per_s(state, state->window_bytes) * 8,
		.sources = &sum->addresses[SENDERS],
		.targets = &sum->addresses[RECEIVERS],
		.evidence = {
			{ "packets", "packets", (double)state->span_packets },
			{ "sources", "addresses", (double)senders },
			{ "proved_ours", "packets", (double)state->proved_ours },
			{ "proved_strangers", "packets", (double)state->proved_strangers },
		},
	};

	if (has_target) {
		finding.scope = SCOPE_HOST;
		finding.to = top.addr;
		finding.to_bits = 128;
		finding.targets = NULL;
	}
	finding_add(findings, &finding);
}

static void spoof_judge(void *opaque, void *merged, struct window window, struct findings *findings)
{
	struct spoof_state *state = opaque;
	struct spoof_summary *seen = merged;

	if (state->is_just_told) { /* the samples of the last finding were read until now */
		sum_clear(&state->sum);
		state->window_packets = state->window_bytes = 0;
	}
	state->is_just_told = false;
	remember(state, seen, window);
	seen->proved_ours = seen->proved_strangers = 0;
	sum_clear(&seen->sum);
	if (state->sum.packets == 0 || state->span_packets < state->conf->abuse.packets ||
		(state->is_told && !is_past(state->told_ns, window.end_ns, REPORT_NS)) ||
		!is_at_edge(state))
		return;
	tell(state, findings);
	state->told_ns = window.end_ns;
	state->is_told = state->is_just_told = true;
}

const struct detector detector_spoof = {
	.name = "spoof",
	.state_size = sizeof(struct spoof_state),
	.summary_size = sizeof(struct spoof_summary),
	.init = spoof_init,
	.summary_init = summary_init,
	.packets = spoof_packets,
	.merge = spoof_merge,
	.judge = spoof_judge,
};
