/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/amplification.c - finds reflected floods: answers that nobody asked for.
 *
 * An answer is unasked when it comes from an amplifier's UDP port and neither the flow table nor
 * the pending table knows a question (track.h), so no rate is needed: ten servers that answer what
 * was never asked, a hundred times within a minute, are a reflection; so are fewer that are loud
 * (memcached). Ports after Rossow, "Amplification Hell" (NDSS 2014), and US-CERT TA14-017A. A
 * service nobody knows is found by flood.c ("other"). Not a reflection: a resolver whose answers
 * come late (most of its answers were asked for), discovery (one query to a group, answers from
 * all: SSDP, mDNS …), a capture that begins in the middle.
 */
#include <math.h>
#include <netinet/in.h>

#include "conf/conf.h"
#include "detect/detectors.h"
#include "detect/traffic.h"
#include "detect/volume.h"

#define ASKED_FOR_NS (60 * NS_PER_S) /* answers to a group query are welcome that long */
#define ASKED_SHARE 0.5 /* unasked answers per asked one that delays and losses explain */
#define LEAST_PPS 10.0	/* over 10 s */
#define DNS_LENGTH 300 /* mean bytes: ordinary answers have 80..250, abused ones are chosen large */
#define CERTAIN_PPS                                                                                \
	1000.0 /* to one host: at this rate neither length nor a group query explains it */
#define CARPET_TARGETS 8
#define CARPET_BUSIEST 0.5 /* share of one host: then it is an attack on that one */

/* More than anything harmless brings to the host, or to all of the prefix. */
static bool is_certain(const struct conf *conf, const struct aim *aim)
{
	double limit = aim->scope == SCOPE_HOST ? CERTAIN_PPS : (double)conf->flood.prefix_pps;

	return aim->sums[AIM_1S].packets >= limit;
}

static bool was_asked(const struct conf *conf, const struct aim *aim)
{
	const struct aim_sums *minute = &aim->sums[AIM_60S];

	if (aim->asked_ns != 0 && aim->last_ns - aim->asked_ns < ASKED_FOR_NS &&
		!is_certain(conf, aim))
		return true;
	return minute->packets < minute->answered * ASKED_SHARE;
}

/* Ordinary DNS answers seen without their questions (one direction captured) are small. */
static bool is_too_small(const struct conf *conf, const struct aim *aim)
{
	const struct aim_sums *minute = &aim->sums[AIM_60S];

	return aim->kind == KIND_AMPLIFICATION_DNS &&
	       minute->bytes < minute->packets * DNS_LENGTH && !is_certain(conf, aim);
}

static struct verdict judge_host(const struct volume *volume, struct aim *aim, double window_s)
{
	const struct conf *conf = volume->conf;
	double packets = aim->sums[AIM_60S].packets,
	       sources = (double)distinct_count(&aim->sources);
	double enough = (double)conf->amplification.packets,
	       limit = (double)conf->amplification.reflectors;

	bool are_few = sources < aim_senders_due(aim, limit);

	(void)window_s;
	if (packets < enough || (are_few && !is_certain(conf, aim)) ||
		aim->sums[AIM_10S].packets / 10 < LEAST_PPS || was_asked(conf, aim) ||
		is_too_small(conf, aim))
		return (struct verdict){ 0 };
	if (are_few)
		return (struct verdict){ .reason = "a torrent of answers to questions nobody asked",
			.measure = "rate",
			.unit = "pps",
			.observed = aim->sums[AIM_1S].packets,
			.expected = CERTAIN_PPS,
			.confidence = 0.85F };
	return (struct verdict){ .reason = "answers from many servers to questions nobody asked",
		.measure = "reflectors",
		.unit = "addresses",
		.observed = sources,
		.expected = limit,
		.confidence = (float)(0.8 + 0.18 * (1 - fmin(1, fmax(enough / packets,
									limit / sources)))) };
}

static struct verdict judge_prefix(const struct volume *volume, struct aim *aim, double window_s)
{
	struct verdict verdict = judge_host(volume, aim, window_s);

	if (distinct_count(&aim->targets) < CARPET_TARGETS ||
		aim_busiest_share(aim) > CARPET_BUSIEST ||
		aim->sums[AIM_60S].packets < 10 * (double)volume->conf->amplification.packets)
		return (struct verdict){ 0 };
	if (verdict.reason)
		verdict.reason =
			"answers nobody asked for to many hosts of one prefix (carpet bombing)";
	return verdict;
}

/* Groups and the total have only limits of rate, which flood.c judges for what it counts; here they
 * hold for answers. */
static struct verdict judge_group(const struct volume *volume, struct aim *aim, double window_s)
{
	const struct conf *conf = volume->conf;
	bool is_total = aim->scope == SCOPE_TOTAL;
	double limit = (double)(is_total ? conf->flood.total_pps : conf->flood.group_pps);

	(void)window_s;
	if (limit <= 0 || aim->sums[AIM_1S].packets < limit)
		return (struct verdict){ 0 };
	return (struct verdict){ .reason = "more unasked answers than the limit of the group",
		.measure = "rate",
		.unit = "pps",
		.observed = aim->sums[AIM_1S].packets,
		.expected = limit,
		.confidence = 0.9F };
}

static const struct volume_rules rules = { .detector = "amplification",
	.host = judge_host,
	.prefix = judge_prefix,
	.group = judge_group };

static int amplification_init(void *state, const struct detector_env *env)
{
	return volume_init(state, env, &rules);
}

static int amplification_summary_init(void *summary, const void *state, bool is_merged)
{
	return volume_summary_open(summary, state, is_merged);
}

/* Multicast, or what is probably the broadcast address of a subnet. */
static bool is_group(const struct addr *addr)
{
	return addr_is_multicast(addr) || (addr_is_v4(addr) && addr->byte[15] == 255);
}

/* Counts what was asked: queries to a group, and answers that belong to a question. */
static void credit(struct tally_table *table, const struct pkt *pkt)
{
	struct tally *tally;
	enum kind kind;

	if (is_group(&pkt->key.addr[1])) {
		kind = traffic_amplifier_port(pkt->key.port[1]);
		tally = kind == KIND_NONE ? NULL : tally_of(table, &pkt->key.addr[0], kind);
		if (tally)
			tally->asked++;
	} else if (pkt->standing >= STANDING_ANSWER) {
		kind = traffic_amplifier_port(pkt->key.port[0]);
		tally = kind == KIND_NONE ? NULL : tally_of(table, &pkt->key.addr[1], kind);
		if (tally)
			tally->answered++;
	}
}

static void amplification_packets(const void *state, void *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count)
{
	(void)state;
	(void)flows;
	for (unsigned i = 0; i < count; i++) {
		const struct pkt *pkt = pkts[i];
		enum kind kind;

		if (pkt->key.proto != IPPROTO_UDP)
			continue;
		kind = addr_is_multicast(&pkt->key.addr[1]) ? KIND_NONE
							    : traffic_amplification_kind(pkt);
		if (kind != KIND_NONE)
			tally_packet(summary, kind, pkt);
		else
			credit(summary, pkt);
	}
}

static void amplification_merge(void *summary, void *other)
{
	tally_merge(summary, other);
}

static void amplification_judge(
	void *state, void *summary, struct window window, struct findings *findings)
{
	volume_judge(state, summary, window, findings);
}

static void amplification_losses(const void *state, struct losses *losses)
{
	volume_losses(state, losses);
}

static void amplification_summary_close(void *summary)
{
	tally_close(summary);
}

static void amplification_close(void *state)
{
	volume_close(state);
}

const struct detector detector_amplification = {
	.name = "amplification",
	.state_size = sizeof(struct volume),
	.summary_size = sizeof(struct tally_table),
	.init = amplification_init,
	.summary_init = amplification_summary_init,
	.packets = amplification_packets,
	.merge = amplification_merge,
	.judge = amplification_judge,
	.losses = amplification_losses,
	.summary_close = amplification_summary_close,
	.close = amplification_close,
};
