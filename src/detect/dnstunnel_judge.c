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

/* weir: over a day. A question of 24 bytes each minute has carried bot.tunnel_bytes in 14 hours.
 * Mail servers that look up policies made of the sender's address (RFC 7208 7) may, too: no more
 * than a hint. */
#define SLOW_NAMES 200
#define SLOW_MEAN_BYTES 24
#define SLOW_CONFIDENCE 0.5F

#define DOWN_TIMES 5
#define DOWN_NAMES 100
#define ADDRESS_TIMES 2
#define CONTACTED_SHARE 0.05

/* A resolver passes on what others ask; of a common name no one host is to blame. */
#define RELAYED_CONFIDENCE 0.5F

#define EXAMPLE_MAX 64 /* bytes of a name that is shown */

struct measure {
	const struct tunnel_tally *tally; /* of which this is */
	uint32_t fresh;
	double mean_bytes, entropy;
	double raw_share, record_share;
};

static struct measure measure_of(const struct tunnel_tally *tally)
{
	struct measure measure = { .tally = tally };
	double fresh;

	for (unsigned class = 0; class < TUNNEL_CLASSES; class ++)
		measure.fresh += tally->fresh[class];
	fresh = measure.fresh ? measure.fresh : 1;
	measure.mean_bytes = (double)tally->bytes_up / fresh;
	measure.entropy = (double)tally->entropy_sum / 100 / fresh;
	measure.raw_share = tally->fresh[TUNNEL_RAW] / fresh;
	measure.record_share = tally->fresh[TUNNEL_RECORD] / fresh;
	return measure;
}

static double contacted_share(const struct tunnel_window *window)
{
	return window->addresses > 0 ? (double)window->contacts / window->addresses : 0;
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
	const struct tunnel_tally *tally; /* that says so */
};

static struct verdict_of judge_raw(double bytes_wanted, const struct measure *measure)
{
	const struct tunnel_tally *tally = measure->tally;
	double bytes = (double)(tally->bytes_up + tally->bytes_down);
	double times = bytes / (RAW_SHARE_OF_BYTES * bytes_wanted);

	if (tally->fresh[TUNNEL_RAW] < RAW_NAMES || measure->raw_share < 0.3 || times < 1)
		return (struct verdict_of){ 0 };
	return (struct verdict_of){ rise(0.75F, times > 1.75 ? 1.75 : times),
		"data in names and answers of a record type that only tunnels use", tally };
}

static struct verdict_of judge_records(double bytes_wanted, const struct measure *measure)
{
	const struct tunnel_tally *tally = measure->tally;
	double up = (double)tally->bytes_up / bytes_wanted;
	double down = (double)tally->bytes_down / (DOWN_TIMES * bytes_wanted);

	if (measure->record_share + measure->raw_share < 0.5)
		return (struct verdict_of){ 0 };
	if (up >= 1 && measure->fresh >= RECORD_NAMES && measure->entropy >= MIXED_BITS &&
		measure->mean_bytes >= RECORD_MEAN_BYTES)
		return (struct verdict_of){ rise(0.55F, up),
			"data in ever new names below one domain", tally };
	if (down >= 1 && measure->fresh >= DOWN_NAMES)
		return (struct verdict_of){ rise(0.6F, down),
			"data in answers to ever new names below one domain", tally };
	return (struct verdict_of){ 0 };
}

static struct verdict_of judge_addresses(
	double bytes_wanted, const struct measure *measure, double contacted)
{
	const struct tunnel_tally *tally = measure->tally;
	double up = (double)tally->bytes_up / (ADDRESS_TIMES * bytes_wanted);

	if (up < 1 || measure->fresh < ADDRESS_NAMES || measure->entropy < MIXED_BITS ||
		measure->mean_bytes < ADDRESS_MEAN_BYTES || contacted > CONTACTED_SHARE)
		return (struct verdict_of){ 0 };
	return (struct verdict_of){ rise(0.55F, up),
		"data in ever new names below one domain whose addresses are never contacted",
		tally };
}

static struct verdict_of judge_slow(double bytes_wanted, const struct measure *measure)
{
	const struct tunnel_tally *tally = measure->tally;

	if ((double)tally->bytes_up < bytes_wanted || measure->fresh < SLOW_NAMES ||
		measure->entropy < MIXED_BITS || measure->mean_bytes < SLOW_MEAN_BYTES ||
		measure->record_share + measure->raw_share < 0.5)
		return (struct verdict_of){ 0 };
	return (struct verdict_of){ SLOW_CONFIDENCE,
		"data in ever new names below one domain, slowly", tally };
}

static struct verdict_of surer(struct verdict_of a, struct verdict_of b)
{
	return b.confidence > a.confidence ? b : a;
}

/* What was carried in a day says nothing of who now asks for what he asked for before. */
static struct verdict_of judge(double bytes_wanted, const struct tunnel *tunnel)
{
	struct measure window = measure_of(&tunnel->window.tally), day;
	struct verdict_of verdict = judge_raw(bytes_wanted, &window);

	verdict = surer(verdict, judge_records(bytes_wanted, &window));
	verdict = surer(
		verdict, judge_addresses(bytes_wanted, &window, contacted_share(&tunnel->window)));
	if (!tunnel->day.grows)
		return verdict;
	day = measure_of(&tunnel->day.tally);
	verdict = surer(verdict, judge_raw(bytes_wanted, &day));
	return surer(verdict, judge_slow(bytes_wanted, &day));
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
	const struct tunnel_tally *tally, const struct app_event *event, struct finding *finding)
{
	char example[EXAMPLE_MAX];

	app_text_clean(event->dns.name, example, sizeof(example));
	bot_detail(finding, "%u questions below %s, such as %s%s", tally->questions, finding->name,
		example, event->dns.name.len >= sizeof(example) ? "…" : "");
}

static void add_evidence(
	const struct tunnel *tunnel, const struct tunnel_tally *tally, struct finding *finding)
{
	struct measure measure = measure_of(tally);

	bot_evidence(finding, "up", "bytes", (double)tally->bytes_up);
	bot_evidence(finding, "down", "bytes", (double)tally->bytes_down);
	bot_evidence(finding, "names", "names", measure.fresh);
	bot_evidence(finding, "length", "bytes", measure.mean_bytes);
	bot_evidence(finding, "entropy", "bits a byte", measure.entropy);
	bot_evidence(finding, "records", "share", measure.raw_share + measure.record_share);
	bot_evidence(finding, "contacted", "share", contacted_share(&tunnel->window));
}

void dnstunnel_judge(const struct tunnels *tunnels, struct tunnel *tunnel,
	const struct asked *asked, const struct app_event *event, struct findings *findings)
{
	struct verdict_of verdict = judge(tunnels->bytes_wanted, tunnel);
	struct finding finding;

	if (verdict.confidence <= 0 || asking_is_common(tunnels->asking, asked->registered) ||
		!bot_is_news(&tunnel->told_ns, &tunnel->told, event->time_ns, verdict.confidence))
		return;
	if (asked->is_relayed && verdict.confidence > RELAYED_CONFIDENCE)
		verdict.confidence = RELAYED_CONFIDENCE;
	finding = bot_finding(KIND_BOT_DNSTUNNEL, detector_dnstunnel.name, &asked->parties,
		event->time_ns, verdict.confidence, verdict.reason);
	finding.window.start_ns = verdict.tally->begin_ns;
	finding.observed = (double)verdict.tally->bytes_up;
	finding.expected = tunnels->bytes_wanted;
	finding.proto = event->key.proto;
	finding.port = event->key.port[1];
	add_evidence(tunnel, verdict.tally, &finding);
	name_other_end(tunnels, asked, event, &finding);
	describe(verdict.tally, event, &finding);
	finding_add(findings, &finding);
}
