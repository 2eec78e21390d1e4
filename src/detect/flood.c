/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flood.c - finds floods: more unverified packets than anything honest sends.
 *
 * Four tests, any of which is enough; all look only at what nobody answered for (traffic.h):
 *   limit     the decayed sum of a second is above a fixed limit (FastNetMon's threshold_pps and
 *             threshold_mbps);
 *   change    the rate is change_factor times the usual one, and CUSUM says it has been so for a
 *             while;
 *   sustained uniform packets of dozens of senders, or of one at one port, that go on unanswered;
 *   evidence  hundreds of senders never seen before, hardly one of them answered when there was
 *             time for it: needs no rate, so it holds for a thinned capture of 150 packets/s too.
 * The same for the prefix around several targets (carpet bombing), configured groups, everything.
 * Not a flood: whatever is answered, verified, or goes steadily on (downloads, backups, speed
 * tests); backscatter (answers from few senders to many of our addresses); a scan (one sender, many
 * targets).
 */
#include <math.h>
#include <netinet/in.h>

#include "conf/conf.h"
#include "detect/detectors.h"
#include "detect/traffic.h"
#include "detect/volume.h"

/* Evidence needs this rate over 10 s: the thinnest flood we were shown has 45 pps, and the noise
 * that every public address gets (Internet background radiation) is below 1 pps. */
#define EVIDENCE_PPS 40.0
#define EVIDENCE_ANSWERED 0.2 /* share of openings that may be answered */
#define EVIDENCE_SAME 0.5     /* UDP and ACK: share of packets of one length or source port */
#define SUSTAINED_SOURCES 50
#define SUSTAINED_TIMES 5 /* evidence_packets within a minute */
#define CHANGE_CUSUM 8.0  /* baselines times seconds above the usual */
#define CARPET_TARGETS 8
#define CARPET_BUSIEST 0.5 /* share of one host: then it is an attack on that one */
#define CARPET_SOURCES 10
#define CARPET_BACKSCATTER 100 /* fewer senders of answers than this are victims, not attackers */
#define CARPET_PPS 500.0
#define CARPET_PER_TARGET 5.0 /* packets in 10 s; background radiation has 0.2 */
#define OTHER_SAME_PORT 0.8   /* one source port: reflectors of a service */
#define OTHER_LENGTH 60

struct rates {
	double pps, bps; /* over 1 s, of what was not wanted */
	double pps_10s;	 /* over 10 s */
	double packets_60s;
	double wanted; /* share */
};

static struct rates rates_of(const struct aim *aim)
{
	double wanted = aim_answered_share(aim), excess = 1 - wanted;

	return (struct rates){
		.pps = aim->sums[AIM_1S].packets * excess,
		.bps = aim->sums[AIM_1S].bytes * 8 * excess,
		.pps_10s = aim->sums[AIM_10S].packets / 10 * excess,
		.packets_60s = aim->sums[AIM_60S].packets * excess,
		.wanted = wanted,
	};
}

static bool is_answer_kind(const struct aim *aim)
{
	return aim->kind == KIND_FLOOD_SYNACK || aim->kind == KIND_FLOOD_RST ||
	       aim->kind == KIND_FLOOD_ICMP;
}

static struct verdict over_limit(
	const struct rates *rates, uint64_t limit_pps, uint64_t limit_mbps, const char *reason)
{
	double limit_bps = (double)limit_mbps * 1e6;

	if (limit_pps > 0 && rates->pps >= (double)limit_pps)
		return (struct verdict){ .reason = reason,
			.measure = "rate",
			.unit = "pps",
			.observed = rates->pps,
			.expected = (double)limit_pps,
			.confidence =
				(float)fmin(0.98, 0.8 + 0.05 * rates->pps / (double)limit_pps) };
	if (limit_mbps > 0 && rates->bps >= limit_bps)
		return (struct verdict){ .reason = reason,
			.measure = "rate",
			.unit = "bps",
			.observed = rates->bps,
			.expected = limit_bps,
			.confidence = (float)fmin(0.98, 0.8 + 0.05 * rates->bps / limit_bps) };
	return (struct verdict){ 0 };
}

static struct verdict host_limit(
	const struct conf *conf, const struct aim *aim, const struct rates *rates)
{
	struct rates all = *rates;

	switch (aim->kind) {
	case KIND_FLOOD_ICMP:
		/* Answered or not: nobody needs so many echoes. */
		all.pps = aim->sums[AIM_1S].packets;
		return over_limit(&all, conf->flood.icmp_pps, conf->flood.host_mbps,
			"more ICMP to one host than anything needs");
	case KIND_FLOOD_FRAG:
		return over_limit(rates, conf->flood.frag_pps, conf->flood.host_mbps,
			"more fragments without a beginning than losses explain");
	default:
		return over_limit(rates, conf->flood.host_pps, conf->flood.host_mbps,
			"more unanswered packets to one host than the fixed limit");
	}
}

/* A few senders of datagrams that nobody answers: live streams, speed tests, tunnels, logs. */
static bool may_be_a_stream(const struct aim *aim)
{
	return (aim->kind == KIND_FLOOD_UDP || aim->kind == KIND_FLOOD_OTHER) &&
	       distinct_count(&aim->sources) < SUSTAINED_SOURCES;
}

static double few_senders_limit(const struct conf *conf)
{
	return (double)conf->flood.host_pps / 4;
}

static struct verdict has_changed(
	const struct conf *conf, struct aim *aim, const struct rates *rates, double window_s)
{
	double usual = aim->usual_pps;
	double cusum = aim_learn(aim, rates->pps, window_s);

	if (aim->seen_s < AIM_KNOWN_S || rates->pps < (double)conf->flood.change_pps ||
		rates->pps < conf->flood.change_factor * usual || cusum < CHANGE_CUSUM)
		return (struct verdict){ 0 };
	if (may_be_a_stream(aim) && rates->pps < few_senders_limit(conf))
		return (struct verdict){ 0 };
	return (struct verdict){ .reason = "far more unanswered packets than is usual for it",
		.measure = "rate",
		.unit = "pps",
		.observed = rates->pps,
		.expected = usual,
		.confidence = 0.8F };
}

/* A real crowd is not uniform; packets made by a program are. */
static bool is_uniform(const struct aim *aim)
{
	return volume_share(aim, &aim->length) >= EVIDENCE_SAME ||
	       volume_share(aim, &aim->source_port) >= EVIDENCE_SAME;
}

/* Answers of one service nobody knows: many senders, all from the same port, which is not ours. */
static bool is_unknown_reflection(const struct conf *conf, const struct aim *aim)
{
	return aim->kind == KIND_FLOOD_UDP &&
	       distinct_count(&aim->sources) >= conf->amplification.other_reflectors &&
	       volume_share(aim, &aim->source_port) >= OTHER_SAME_PORT &&
	       aim->source_port.value != 0 && aim->source_port.value != aim->target_port.value &&
	       aim->length.value >= OTHER_LENGTH;
}

/* By its port alone: where the payload was wiped or is not to be known, traffic.c has not said. */
static enum kind reflection_kind(const struct aim *aim)
{
	enum kind kind = traffic_amplifier_port((uint16_t)aim->source_port.value);

	return kind == KIND_NONE ? KIND_AMPLIFICATION_OTHER : kind;
}

static struct verdict has_evidence(
	const struct conf *conf, const struct aim *aim, const struct rates *rates)
{
	double sources = (double)distinct_count(&aim->sources);
	double enough =
		(double)(is_unknown_reflection(conf, aim) ? conf->amplification.other_reflectors
							  : conf->flood.sources);

	if (rates->packets_60s < (double)conf->flood.evidence_packets ||
		rates->pps_10s < EVIDENCE_PPS || sources < aim_senders_due(aim, enough) ||
		rates->wanted > EVIDENCE_ANSWERED)
		return (struct verdict){ 0 };
	if ((aim->kind == KIND_FLOOD_UDP || aim->kind == KIND_FLOOD_ACK) && !is_uniform(aim))
		return (struct verdict){ 0 };
	if (!aim_is_settled(aim))
		return (struct verdict){ .is_early = true };
	return (struct verdict){
		.reason = "hundreds of senders never seen before, hardly one answered",
		.measure = "sources",
		.unit = "addresses",
		.observed = sources,
		.expected = enough,
		.confidence = (float)(0.75 + 0.2 * fmax(0, 1 - enough / sources))
	};
}

/* A crowd of some size, or a single sender at one port, that goes on and on without an answer.
 * Inside hosts may do that to one another: log and flow collectors never answer. Else
 * `otherwise`. */
static struct verdict is_sustained(const struct volume *volume, const struct aim *aim,
	const struct rates *rates, struct verdict otherwise)
{
	const struct conf *conf = volume->conf;
	double limit = (double)conf->flood.change_pps;
	bool is_crowd = distinct_count(&aim->sources) >= SUSTAINED_SOURCES;

	if (!is_crowd)
		limit = fmax(limit, few_senders_limit(conf));
	if (rates->pps_10s < limit || rates->wanted > EVIDENCE_ANSWERED ||
		rates->packets_60s < SUSTAINED_TIMES * (double)conf->flood.evidence_packets)
		return otherwise;
	if (!is_uniform(aim) ||
		(!is_crowd && volume_share(aim, &aim->target_port) < EVIDENCE_SAME) ||
		volume_is_from_inside(volume, aim))
		return otherwise;
	return (struct verdict){
		.reason = "uniform packets that go on and on though hardly any is answered",
		.measure = "rate",
		.unit = "pps",
		.observed = rates->pps_10s,
		.expected = limit,
		.confidence = 0.75F
	};
}

static struct verdict judge_host(const struct volume *volume, struct aim *aim, double window_s)
{
	const struct conf *conf = volume->conf;
	struct rates rates = rates_of(aim);
	struct verdict change = has_changed(conf, aim, &rates, window_s);
	struct verdict verdict = host_limit(conf, aim, &rates);

	if (!verdict.reason)
		verdict = change;
	if (!verdict.reason && aim_has_ebbed(aim) && !aim->is_early)
		return verdict;
	if (!verdict.reason)
		verdict = has_evidence(conf, aim, &rates);
	if (!verdict.reason)
		verdict = is_sustained(volume, aim, &rates, verdict);
	if (verdict.reason && is_unknown_reflection(conf, aim))
		verdict.kind = reflection_kind(aim);
	return verdict;
}

/* Does each target get more than noise? Of late, and since targets are counted: at the beginning of
 * a minute there are few. */
static bool is_dense(const struct aim *aim, const struct rates *rates, double targets)
{
	return fmin(rates->pps_10s * 10, (double)aim->voted) >= CARPET_PER_TARGET * targets;
}

static struct verdict judge_prefix(const struct volume *volume, struct aim *aim, double window_s)
{
	const struct conf *conf = volume->conf;
	struct rates rates = rates_of(aim);
	double targets = (double)distinct_count(&aim->targets);
	double sources = (double)distinct_count(&aim->sources);
	struct verdict verdict;

	(void)window_s;
	if (targets < CARPET_TARGETS || sources < CARPET_SOURCES ||
		aim_busiest_share(aim) > CARPET_BUSIEST ||
		(is_answer_kind(aim) && sources < CARPET_BACKSCATTER))
		return (struct verdict){ 0 };
	verdict = over_limit(&rates, conf->flood.prefix_pps, conf->flood.prefix_mbps,
		"many hosts of one prefix at once, together above the fixed limit (carpet "
		"bombing)");
	if (verdict.reason)
		return verdict;
	if (rates.pps_10s < CARPET_PPS ||
		sources < aim_senders_due(aim, (double)conf->flood.sources) ||
		rates.wanted > EVIDENCE_ANSWERED || !is_dense(aim, &rates, targets))
		return (struct verdict){ 0 };
	if (!aim_is_settled(aim))
		return (struct verdict){ .is_early = true };
	return (struct verdict){
		.reason =
			"hundreds of unknown senders to many hosts of one prefix (carpet bombing)",
		.measure = "sources",
		.unit = "addresses",
		.observed = sources,
		.expected = (double)conf->flood.sources,
		.confidence = 0.85F
	};
}

static struct verdict judge_group(const struct volume *volume, struct aim *aim, double window_s)
{
	const struct conf *conf = volume->conf;
	struct rates rates = rates_of(aim);
	bool is_total = aim->scope == SCOPE_TOTAL;

	(void)window_s;
	return over_limit(&rates, is_total ? conf->flood.total_pps : conf->flood.group_pps,
		is_total ? conf->flood.total_mbps : conf->flood.group_mbps,
		is_total ? "more unanswered packets than the limit of all that is inside"
			 : "more unanswered packets than the limit of the group");
}

static const struct volume_rules rules = { .detector = "flood",
	.is_spoofable = true,
	.host = judge_host,
	.prefix = judge_prefix,
	.group = judge_group };

static int flood_init(void *state, const struct detector_env *env)
{
	return volume_init(state, env, &rules);
}

static int flood_summary_init(void *summary, const void *state, bool is_merged)
{
	return volume_summary_open(summary, state, is_merged);
}

static void credit_kind(struct tally_table *table, const struct addr *target, enum kind kind)
{
	struct tally *tally = tally_of(table, target, kind);

	if (tally)
		tally->answered++;
}

/* TCP shows at its receiver that it was wanted. A stream has begun with a SYN, or with a SYN-ACK
 * when only the answering side is captured, and has gone on with segments of which nobody knew; or
 * the capture began in its middle. */
static void credit_tcp(struct tally_table *table, const struct pkt *pkt)
{
	const struct addr *target = &pkt->key.addr[1];

	if (pkt->events & EVENT_STREAM)
		credit_kind(table, target, pkt->side == 0 ? KIND_FLOOD_SYN : KIND_FLOOD_SYNACK);
	else if (pkt->events & EVENT_HANDSHAKE)
		credit_kind(table, target, KIND_FLOOD_SYN);
	if ((pkt->events & EVENT_STREAM) ||
		(pkt->events & (EVENT_TURN | EVENT_HANDSHAKE)) == EVENT_TURN)
		credit_kind(table, target, KIND_FLOOD_ACK);
}

/* What is answered was wanted by who answers. */
static void credit(struct tally_table *table, const struct pkt *pkt)
{
	const struct addr *answerer = &pkt->key.addr[0];

	if (pkt->key.proto == IPPROTO_TCP)
		credit_tcp(table, pkt);
	else if (!(pkt->events & EVENT_ANSWERED) || pkt->side == 0)
		return;
	else if (pkt->key.proto == IPPROTO_UDP)
		credit_kind(table, answerer, KIND_FLOOD_UDP);
	else if (pkt->key.proto == IPPROTO_ICMP || pkt->key.proto == IPPROTO_ICMPV6)
		credit_kind(table, answerer, KIND_FLOOD_ICMP);
	else
		credit_kind(table, answerer, KIND_FLOOD_OTHER);
}

static void flood_packets(const void *state, void *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count)
{
	(void)state;
	(void)flows;
	for (unsigned i = 0; i < count; i++) {
		const struct pkt *pkt = pkts[i];
		enum kind kind = traffic_flood_kind(pkt);

		if (kind != KIND_NONE) {
			tally_packet(summary, kind, pkt);
			if (pkt->tunnels > 0)
				tally_tunnel(summary, pkt);
		}
		if (pkt->events)
			credit(summary, pkt);
	}
}

static void flood_merge(void *summary, void *other)
{
	tally_merge(summary, other);
}

static void flood_judge(void *state, void *summary, struct window window, struct findings *findings)
{
	volume_judge(state, summary, window, findings);
}

static void flood_losses(const void *state, struct losses *losses)
{
	volume_losses(state, losses);
}

static void flood_summary_close(void *summary)
{
	tally_close(summary);
}

static void flood_close(void *state)
{
	volume_close(state);
}

const struct detector detector_flood = {
	.name = "flood",
	.state_size = sizeof(struct volume),
	.summary_size = sizeof(struct tally_table),
	.init = flood_init,
	.summary_init = flood_summary_init,
	.packets = flood_packets,
	.merge = flood_merge,
	.judge = flood_judge,
	.losses = flood_losses,
	.summary_close = flood_summary_close,
	.close = flood_close,
};
