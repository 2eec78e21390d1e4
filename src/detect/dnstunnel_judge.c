/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/dnstunnel_judge.c - when names and answers are a tunnel; see dnstunnel.c. */
#include <string.h>

#include "detect/bot.h"
#include "detect/detectors.h"
#include "detect/dnstunnel.h"

/* Nobody but tunnels asks for NULL (RFC 1035 3.3.10: experimental) or private types (RFC 6895):
 * a session of iodine begins with some thirty such questions. */
#define RAW_NAMES 20
#define RAW_SHARE_OF_BYTES 0.25

/* weir: beyond the number of hosts a site has, and far below the 600 names in ten minutes of a
 * tunnel that asks once a second. RITA v5 (c2_subdomain_threshold), too, begins at 100. */
#define RECORD_NAMES 50
#define ADDRESS_NAMES 100

/* weir: host names that people made have a mean of 10 to 20 bytes in front of the domain; a tunnel
 * fills what fits (hash labels of content networks: 32 and up, told apart by being contacted). */
#define RECORD_MEAN_BYTES 16
#define ADDRESS_MEAN_BYTES 40

/* weir: of the letters of a name; hex digits have 4 bits at most, base32 has 5, words repeat
 * theirs. That tunnelled names are more even is Born and Gustafson's finding (2010). */
#define MIXED_BITS 3.1

#define DOWN_TIMES 5
#define DOWN_NAMES 100
#define ADDRESS_TIMES 2
#define CONTACTED_SHARE 0.05

/* A resolver passes on what others ask; of a common name no one host is to blame. */
#define RELAYED_CONFIDENCE 0.5F

#define EXAMPLE_MAX 64 /* bytes of a name that is shown */

struct measure {
	uint32_t fresh;
	double mean_bytes, entropy;
	double raw_share, record_share, address_share, contacted_share;
};

static struct measure measure_of(const struct tunnel *tunnel)
{
	struct measure measure = { 0 };
	double fresh;

	for (unsigned class = 0; class < TUNNEL_CLASSES; class ++)
		measure.fresh += tunnel->fresh[class];
	fresh = measure.fresh ? measure.fresh : 1;
	measure.mean_bytes = (double)tunnel->bytes_up / fresh;
	measure.entropy = (double)tunnel->entropy_sum / 100 / fresh;
	measure.raw_share = tunnel->fresh[TUNNEL_RAW] / fresh;
	measure.record_share = tunnel->fresh[TUNNEL_RECORD] / fresh;
	measure.address_share = tunnel->fresh[TUNNEL_ADDRESS] / fresh;
	if (tunnel->addresses > 0)
		measure.contacted_share = (double)tunnel->contacts / tunnel->addresses;
	return measure;
}

/* low at the threshold, 0.2 more at twice, never above 0.9. */
static float rise(float low, double times)
{
	double confidence = low + 0.2 * (times - 1);

	return confidence < 0.9 ? (float)confidence : 0.9F;
}

struct verdict_of {
	float confidence; /* 0: no tunnel */
	const char *reason;
};

static struct verdict_of judge_raw(
	const struct tunnels *tunnels, const struct tunnel *tunnel, const struct measure *measure)
{
	double bytes = (double)(tunnel->bytes_up + tunnel->bytes_down);
	double wanted = RAW_SHARE_OF_BYTES * tunnels->bytes_wanted;

	if (tunnel->fresh[TUNNEL_RAW] < RAW_NAMES || measure->raw_share < 0.3 || bytes < wanted)
		return (struct verdict_of){ 0 };
	return (struct verdict_of){ rise(0.75F, bytes / wanted > 1.75 ? 1.75 : bytes / wanted),
		"data in names and answers of a record type that only tunnels use" };
}

static struct verdict_of judge_records(
	const struct tunnels *tunnels, const struct tunnel *tunnel, const struct measure *measure)
{
	double up = (double)tunnel->bytes_up / tunnels->bytes_wanted;
	double down = (double)tunnel->bytes_down / (DOWN_TIMES * tunnels->bytes_wanted);

	if (measure->record_share + measure->raw_share < 0.5)
		return (struct verdict_of){ 0 };
	if (up >= 1 && measure->fresh >= RECORD_NAMES && measure->entropy >= MIXED_BITS &&
		measure->mean_bytes >= RECORD_MEAN_BYTES)
		return (struct verdict_of){ rise(0.55F, up),
			"data in ever new names below one domain" };
	if (down >= 1 && measure->fresh >= DOWN_NAMES)
		return (struct verdict_of){ rise(0.6F, down),
			"data in answers to ever new names below one domain" };
	return (struct verdict_of){ 0 };
}

static struct verdict_of judge_addresses(
	const struct tunnels *tunnels, const struct tunnel *tunnel, const struct measure *measure)
{
	double up = (double)tunnel->bytes_up / (ADDRESS_TIMES * tunnels->bytes_wanted);

	if (up < 1 || measure->fresh < ADDRESS_NAMES || measure->entropy < MIXED_BITS ||
		measure->mean_bytes < ADDRESS_MEAN_BYTES ||
		measure->contacted_share > CONTACTED_SHARE)
		return (struct verdict_of){ 0 };
	return (struct verdict_of){ rise(0.55F, up),
		"data in ever new names below one domain whose addresses are never contacted" };
}

/* The surest of the three. */
static struct verdict_of judge(
	const struct tunnels *tunnels, const struct tunnel *tunnel, const struct measure *measure)
{
	struct verdict_of verdicts[] = {
		judge_raw(tunnels, tunnel, measure),
		judge_records(tunnels, tunnel, measure),
		judge_addresses(tunnels, tunnel, measure),
	};
	struct verdict_of best = { 0 };

	for (unsigned i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (verdicts[i].confidence > best.confidence)
			best = verdicts[i];
	return best;
}

/* Through a resolver the other end is known by its domain only. */
static void name_other_end(const struct tunnels *tunnels, const struct asked *asked,
	const struct app_event *event, struct finding *finding)
{
	finding->to_role = ROLE_COUNT;
	if (!asked->parties.is_local &&
		asking_is_devoted(tunnels->asking, &event->key.addr[1], asked->domain)) {
		finding->to_role = ROLE_CONTROLLER;
		finding->to_confidence = 0.6F;
	}
	app_text_clean((struct app_text){ asked->registered, (uint32_t)strlen(asked->registered) },
		finding->name, sizeof(finding->name));
}

static void describe(
	const struct tunnel *tunnel, const struct app_event *event, struct finding *finding)
{
	char example[EXAMPLE_MAX];

	app_text_clean(event->dns.name, example, sizeof(example));
	bot_detail(finding, "%u questions below %s, such as %s%s", tunnel->questions, finding->name,
		example, event->dns.name.len >= sizeof(example) ? "…" : "");
}

void dnstunnel_judge(const struct tunnels *tunnels, struct tunnel *tunnel,
	const struct asked *asked, const struct app_event *event, struct findings *findings)
{
	struct measure measure = measure_of(tunnel);
	struct verdict_of verdict = judge(tunnels, tunnel, &measure);
	struct finding finding;

	if (verdict.confidence <= 0 || asking_is_common(tunnels->asking, asked->registered) ||
		!bot_is_news(&tunnel->told_ns, &tunnel->told, event->time_ns, verdict.confidence))
		return;
	if (asked->is_relayed && verdict.confidence > RELAYED_CONFIDENCE)
		verdict.confidence = RELAYED_CONFIDENCE;
	finding = bot_finding(KIND_BOT_DNSTUNNEL, detector_dnstunnel.name, &asked->parties,
		event->time_ns, verdict.confidence, verdict.reason);
	finding.window.start_ns = tunnel->begin_ns;
	finding.observed = (double)tunnel->bytes_up;
	finding.expected = tunnels->bytes_wanted;
	finding.proto = event->key.proto;
	finding.port = event->key.port[1];
	bot_evidence(&finding, "up", "bytes", (double)tunnel->bytes_up);
	bot_evidence(&finding, "down", "bytes", (double)tunnel->bytes_down);
	bot_evidence(&finding, "names", "names", measure.fresh);
	bot_evidence(&finding, "length", "bytes", measure.mean_bytes);
	bot_evidence(&finding, "entropy", "bits a byte", measure.entropy);
	bot_evidence(&finding, "records", "share", measure.raw_share + measure.record_share);
	bot_evidence(&finding, "contacted", "share", measure.contacted_share);
	name_other_end(tunnels, asked, event, &finding);
	describe(tunnel, event, &finding);
	finding_add(findings, &finding);
}
