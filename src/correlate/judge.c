/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/judge.c - how bad an incident is.
 *
 * Severity is about what it does, confidence about how sure we are. A flood is medium, high from
 * the rate at which a small server suffers, critical from the fixed limits of the configuration
 * on. One of ours doing harm is high: somebody has to look after that machine. A stranger's scan
 * is medium, sources that cannot exist are low. Of a bot the evidence is indirect: a host that is
 * only suspected is low, and who reads on nothing but the others misses none.
 */
#include "correlate/case.h"

#include "conf/conf.h"

/* A server of one core completes about that many handshakes without SYN cookies. */
#define FLOOD_HIGH_PPS 1000.0
#define FLOOD_HIGH_BPS 50e6

/* Of packets under many false names; few may be a laptop with yesterday's address. */
#define SPOOF_MEDIUM 0.78F

/* The score of a bot from which it is medium and high. */
#define BOT_MEDIUM 0.7F
#define BOT_HIGH 0.85F

static enum severity flood_severity(const struct incident *incident, const struct conf *conf)
{
	if (incident->peak_pps >= (double)conf->flood.host_pps ||
		incident->peak_bps >= (double)conf->flood.host_mbps * 1e6)
		return SEVERITY_CRITICAL;
	if (incident->peak_pps >= FLOOD_HIGH_PPS || incident->peak_bps >= FLOOD_HIGH_BPS)
		return SEVERITY_HIGH;
	return SEVERITY_MEDIUM;
}

static enum severity abuse_severity(const struct incident *incident)
{
	switch (incident->kind) {
	case KIND_ABUSE_LAND:
	case KIND_ABUSE_FRAGMENT:
		return SEVERITY_MEDIUM;
	case KIND_ABUSE_BOGON:
		return SEVERITY_LOW;
	case KIND_ABUSE_SPOOF:
		return incident->confidence >= SPOOF_MEDIUM ? SEVERITY_MEDIUM : SEVERITY_LOW;
	default:
		return incident->packets >= 100 ? SEVERITY_MEDIUM : SEVERITY_LOW;
	}
}

static enum severity bot_severity(const struct incident *incident)
{
	/* However sure it is, it is a tool. */
	if (incident->confidence >= BOT_HIGH && !case_is_only_tor(incident))
		return SEVERITY_HIGH;
	return incident->confidence >= BOT_MEDIUM ? SEVERITY_MEDIUM : SEVERITY_LOW;
}

static enum severity severity_of(const struct case_file *file, const struct conf *conf)
{
	const struct incident *incident = &file->incident;

	if (kind_is_flood(incident->kind) || kind_is_amplification(incident->kind))
		return flood_severity(incident, conf);
	/* A flood is no suspicion. */
	if (incident->kind != KIND_BOT_FLOODER &&
		(kind_is_bot(incident->kind) || kind_is_bruteforce(incident->kind)))
		return bot_severity(incident);
	switch (incident->kind) {
	case KIND_SCAN_HORIZONTAL:
	case KIND_SCAN_VERTICAL:
	case KIND_SCAN_STEALTH:
	case KIND_SCAN_MIRAI:
		return file->from_inside ? SEVERITY_HIGH : SEVERITY_MEDIUM;
	case KIND_CONN_EXHAUSTION:
	case KIND_REFLECTOR_OPEN:
	case KIND_BOT_FLOODER:
		return SEVERITY_HIGH;
	default:
		return abuse_severity(incident);
	}
}

void case_judge(struct case_file *file, const struct conf *conf)
{
	struct incident *incident = &file->incident;

	if (incident->part_count > 1 || kind_is_bruteforce(incident->kind) ||
		(kind_is_bot(incident->kind) && incident->kind != KIND_BOT_FLOODER))
		incident->confidence = case_score(incident);
	/* What lasted and was found again and again is surer than its single findings. Detectors
	 * of bots weigh that themselves. */
	else if (incident->findings_total >= 3)
		incident->confidence += (1 - incident->confidence) * 0.5F;
	incident->proof = case_proof(incident);
	incident->severity = severity_of(file, conf);
	if (incident->confidence > 0.99F)
		incident->confidence = 0.99F;
}
