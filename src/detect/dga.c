/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dga.c - finds hosts that look for their controller under generated names.
 *
 * A bot with a domain generation algorithm asks for name after name of which its owner has
 * registered one: a burst of registered domains that do not exist (Antonakakis et al. 2012), and
 * then one that does, the rendezvous. Per host: a ring of the domains that answered NXDOMAIN within
 * the last ten minutes, each once, with the strangeness of its label; and the last strange name
 * that resolved for the first time.
 *
 * Many dead names alone are no bot: dead trackers, ad lists that a filter answers NXDOMAIN, link
 * checkers and mail servers have them; so most of them must be strange, too. Not counted at all:
 * single labels (Chromium's three probes), names below one domain (search suffixes: the domain is
 * the same each time), suffixes that nobody sells (a.corp, b.lan), reverse and block-list names,
 * types other than A and AAAA.
 */
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "detect/asking.h"
#include "detect/bot.h"
#include "detect/detectors.h"
#include "detect/dga.h"

#define DGA_PLACES 1024
#define DGA_RING 256
#define DGA_KEPT_NS (600 * NS_PER_S) /* as bot.nxdomains is defined */
#define DGA_NAME_MAX FINDING_NAME_MAX

/* weir: of a bot's names nearly all are strange; of a crawler's or filter's about one in ten. */
#define DGA_STRANGE_SHARE 0.6
/* weir: generators that join words give likely names: only their number tells, and is not enough
 * for more than a hint. */
#define DGA_LIKELY_TIMES 5
/* weir: a resolver speaks for many. */
#define DGA_RELAYED_TIMES 5
#define DGA_RELAYED_CONFIDENCE 0.55F
/* A name found before this many were missed was not searched for. */
#define DGA_MISSED_BEFORE 4

struct missing {
	uint64_t domain;
	int64_t time_ns;
	float strangeness;
};

struct found {
	char name[DGA_NAME_MAX];
	struct addr addr;
	int64_t time_ns;
};

struct host {
	struct keyed_head head;
	struct addr addr;
	struct missing ring[DGA_RING];
	uint32_t next;
	uint32_t resolved; /* answers with addresses, halved as time passes */
	int64_t resolved_ns;
	struct found found;
	char example[DGA_NAME_MAX]; /* the strangest name missed */
	float example_strangeness;
	int64_t told_ns, found_told_ns;
	float told; /* confidence when it was told last */
};

struct dga {
	const struct asking *asking;
	struct keyed hosts;
	uint32_t names;
};

/* What is in a host's ring. */
struct sum {
	unsigned missed, strange;
	double strangeness; /* mean */
	int64_t first_ns;
};

static int dga_init(void *state, const struct detector_env *env)
{
	struct dga *dga = state;

	dga->asking = env->asking;
	dga->names =
		env->conf->bot.nxdomains < DGA_RING ? (uint32_t)env->conf->bot.nxdomains : DGA_RING;
	return keyed_open(
		&dga->hosts, DGA_PLACES, sizeof(struct host), sizeof(struct addr), env->seed);
}

static void dga_close(void *state)
{
	struct dga *dga = state;

	keyed_close(&dga->hosts);
}

static struct sum sum_of(const struct host *host, int64_t now_ns)
{
	struct sum sum = { .first_ns = now_ns };

	for (unsigned i = 0; i < DGA_RING; i++) {
		const struct missing *missing = &host->ring[i];

		if (missing->domain == 0 || now_ns - missing->time_ns > DGA_KEPT_NS)
			continue;
		sum.missed++;
		sum.strange += missing->strangeness >= DGA_STRANGE;
		sum.strangeness += missing->strangeness;
		if (missing->time_ns < sum.first_ns)
			sum.first_ns = missing->time_ns;
	}
	sum.strangeness /= sum.missed ? sum.missed : 1;
	return sum;
}

/* false: the domain stands there already. */
static bool note_missing(
	struct host *host, const struct asked *asked, float strangeness, int64_t now_ns)
{
	for (unsigned i = 0; i < DGA_RING; i++)
		if (host->ring[i].domain == asked->domain) {
			host->ring[i].time_ns = now_ns;
			return false;
		}
	host->ring[host->next++ % DGA_RING] =
		(struct missing){ asked->domain, now_ns, strangeness };
	if (strangeness >= host->example_strangeness) {
		host->example_strangeness = strangeness;
		app_text_clean(
			(struct app_text){ asked->registered, (uint32_t)strlen(asked->registered) },
			host->example, sizeof(host->example));
	}
	return true;
}

/* How sure; 0: not at all. */
static float confidence_of(
	const struct dga *dga, const struct host *host, const struct sum *sum, bool is_relayed)
{
	unsigned wanted = dga->names * (is_relayed ? DGA_RELAYED_TIMES : 1);
	bool is_strange;
	float confidence;

	/* The ring holds no more than so many. */
	wanted = wanted < DGA_RING ? wanted : DGA_RING;
	is_strange = sum->strange >= wanted ||
		     (sum->missed >= wanted && sum->strange >= DGA_STRANGE_SHARE * sum->missed);
	if (!is_strange) {
		unsigned many = dga->names * DGA_LIKELY_TIMES;

		return !is_relayed && sum->missed >= (many < DGA_RING ? many : DGA_RING) &&
				       sum->missed > host->resolved
			       ? 0.45F
			       : 0;
	}
	/* Half of the names likely: something else asks here as well. */
	confidence = sum->strange >= DGA_STRANGE_SHARE * sum->missed ? 0.7F : 0.6F;
	if (sum->strange >= 2 * wanted)
		confidence += 0.1F;
	if (host->found.time_ns > 0)
		confidence += 0.1F;
	return is_relayed && confidence > DGA_RELAYED_CONFIDENCE ? DGA_RELAYED_CONFIDENCE
								 : confidence;
}

/* The name that resolved is where the controller is. */
static void name_controller(const struct host *host, const struct sum *sum, struct finding *finding)
{
	bool is_of_burst = host->found.time_ns >= sum->first_ns;

	finding->to_role = ROLE_COUNT;
	if (host->found.time_ns == 0 || !is_of_burst) {
		bot_detail(finding, "%u names that do not exist, such as %s", sum->missed,
			host->example);
		return;
	}
	finding->to = host->found.addr;
	finding->to_role = ROLE_CONTROLLER;
	finding->to_confidence = 0.6F;
	memcpy(finding->name, host->found.name, sizeof(host->found.name));
	bot_detail(finding, "%u names that do not exist, such as %s; then one that does",
		sum->missed, host->example);
}

static void judge(struct dga *dga, struct host *host, const struct asked *asked, int64_t now_ns,
	struct findings *findings)
{
	struct sum sum = sum_of(host, now_ns);
	float confidence = confidence_of(dga, host, &sum, asked->is_relayed);
	bool is_found = host->found.time_ns > 0 && host->found_told_ns != host->found.time_ns;
	struct finding finding;

	if (confidence <= 0)
		return;
	if (is_found)
		host->told_ns = 0;
	if (!bot_is_news(&host->told_ns, &host->told, now_ns, confidence))
		return;
	host->found_told_ns = host->found.time_ns;
	finding = bot_finding(KIND_BOT_DGA, detector_dga.name, &asked->parties, now_ns, confidence,
		confidence < 0.5F ? "asks for very many domains that do not exist"
		: asked->is_relayed
			? "passes on questions for many generated names that do not exist"
			: "asks for many generated names that do not exist");
	finding.window.start_ns = sum.first_ns;
	finding.observed = sum.missed;
	finding.expected = dga->names;
	bot_evidence(&finding, "missing", "domains", sum.missed);
	bot_evidence(&finding, "strange", "domains", sum.strange);
	bot_evidence(&finding, "strangeness", "share", sum.strangeness);
	bot_evidence(&finding, "resolved", "answers", host->resolved);
	name_controller(host, &sum, &finding);
	finding_add(findings, &finding);
}

/* The first address of an answer; NULL: none that leads anywhere. */
static const struct addr *first_addr(const struct app_dns *dns)
{
	for (unsigned i = 0; i < dns->listed; i++) {
		const struct addr *addr = &dns->answers[i].addr;
		bool is_loopback = addr_is_v4(addr) && (addr->byte[12] == 127 || !addr->byte[12]);

		if (!addr_is_zero(addr) && !is_loopback)
			return addr;
	}
	return NULL;
}

/* A strange name that exists, after names that did not, may be the one. */
static void note_resolved(struct dga *dga, struct host *host, const struct asked *asked,
	const struct app_event *event, float strangeness)
{
	const struct addr *addr = first_addr(&event->dns);
	struct sum sum;

	while (event->time_ns - host->resolved_ns > DGA_KEPT_NS && host->resolved_ns > 0 &&
		host->resolved > 0) {
		host->resolved /= 2;
		host->resolved_ns += DGA_KEPT_NS;
	}
	if (host->resolved == 0)
		host->resolved_ns = event->time_ns;
	if (!addr)
		return;
	host->resolved++;
	if (strangeness < DGA_STRANGE || host->found.time_ns > 0)
		return;
	sum = sum_of(host, event->time_ns);
	if (sum.strange < DGA_MISSED_BEFORE || asking_is_common(dga->asking, asked->registered))
		return;
	host->found.addr = *addr;
	host->found.time_ns = event->time_ns;
	app_text_clean((struct app_text){ asked->registered, (uint32_t)strlen(asked->registered) },
		host->found.name, sizeof(host->found.name));
}

/* What was found belongs to one search. */
static void forget_old(struct host *host, int64_t now_ns)
{
	if (host->found.time_ns > 0 && now_ns - host->found.time_ns > DGA_KEPT_NS)
		host->found = (struct found){ 0 };
}

static bool is_of_addresses(const struct app_dns *dns)
{
	return dns->type == 1 || dns->type == 28;
}

static void dga_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct dga *dga = state;
	uint64_t weight = keyed_weight(event->time_ns, 1);
	const struct asked *asked;
	bool is_missing;
	struct host *host;
	char label[64];
	float strangeness;

	if (event->type != APP_DNS || !is_of_addresses(&event->dns))
		return;
	is_missing = event->dns.rcode == 3;
	asked = asking_asked(dga->asking);
	if (!asked || !asked->is_sold || (event->dns.rcode != 0 && !is_missing))
		return;
	host = is_missing ? keyed_take(&dga->hosts, &asked->parties.inside, weight)
			  : keyed_find(&dga->hosts, &asked->parties.inside);
	if (!host)
		return;
	if (is_missing)
		host->head.weight = weight;
	forget_old(host, event->time_ns);
	strangeness = (float)dga_strangeness(domain_label(asked->name, label, sizeof(label)));
	if (is_missing) {
		if (!note_missing(host, asked, strangeness, event->time_ns))
			return;
	} else {
		note_resolved(dga, host, asked, event, strangeness);
	}
	judge(dga, host, asked, event->time_ns, findings);
}

static void dga_losses(const void *state, struct losses *losses)
{
	const struct dga *dga = state;

	losses->forgotten += dga->hosts.evicted;
	losses->uncounted += dga->hosts.refused;
}

const struct detector detector_dga = {
	.name = "dga",
	.state_size = sizeof(struct dga),
	.init = dga_init,
	.event = dga_event,
	.losses = dga_losses,
	.close = dga_close,
};
