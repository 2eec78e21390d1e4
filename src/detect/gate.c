/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/gate.c - finds hosts of ours that report to a gate over HTTP (bot.http).
 *
 * A gate is a page that bots post to: what they stole, that they are alive, and get their orders
 * back. Every request of a host of ours to outside is asked for a family's own way (gate_family.c);
 * a POST with an opaque body is weighed by its traits (gate_weigh.c).
 *
 * Two capped tables: pairs of host and server (noise fetched before, opaque posts, when it was last
 * told), and hosts (whether their other programs give another name than an old browser's).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/words.h"
#include "conf/conf.h"
#include "detect/bot.h"
#include "detect/calling.h"
#include "detect/detectors.h"
#include "detect/gate_weigh.h"
#include "lib/keyed.h"

#define PAIR_PLACES 16384
#define HOST_PLACES 8192
#define CONFIG_NS (3600 * NS_PER_S) /* Zeus asks for its configuration every hour by default */

struct gate_key {
	struct addr inside, outside;
};

struct gate_pair {
	struct keyed_head head;
	struct gate_key key;
	int64_t told_ns, config_ns;
	float told; /* confidence when it was told last */
	uint32_t posts, requests;
};

struct gate_host {
	struct keyed_head head;
	struct addr inside;
	uint32_t requests;
	bool has_browser; /* one of today's */
};

struct gate_state {
	const struct networks *networks;
	const struct census *census;
	bool is_configured;
	struct keyed pairs, hosts;
};

static void gate_close(void *state)
{
	struct gate_state *s = state;

	keyed_close(&s->pairs);
	keyed_close(&s->hosts);
}

static int gate_init(void *state, const struct detector_env *env)
{
	struct gate_state *s = state;
	int r;

	s->networks = env->networks;
	s->census = env->census;
	s->is_configured = calling_is_configured(env->conf);
	r = keyed_open(&s->pairs, PAIR_PLACES, sizeof(struct gate_pair), sizeof(struct gate_key),
		env->seed);
	if (r == 0)
		r = keyed_open(&s->hosts, HOST_PLACES, sizeof(struct gate_host),
			sizeof(struct addr), env->seed + 1);
	if (r < 0)
		gate_close(s);
	return r;
}

static void gate_losses(const void *state, struct losses *losses)
{
	const struct gate_state *s = state;

	losses->uncounted += s->pairs.refused + s->hosts.refused;
	losses->forgotten += s->pairs.evicted + s->hosts.evicted;
}

static bool note_host(
	struct gate_state *s, const struct app_event *event, const struct addr *inside)
{
	struct gate_host *host = keyed_take(&s->hosts, inside, keyed_weight(event->time_ns, 1));

	if (!host)
		return false;
	host->head.weight = keyed_weight(event->time_ns, ++host->requests);
	if (agent_of(event->http.user_agent) == AGENT_BROWSER)
		host->has_browser = true;
	return host->has_browser;
}

/* Pairs are kept of what speaks for something only; most requests make none. */
static struct gate_pair *note_pair(
	struct gate_state *s, const struct parties *parties, int64_t now_ns)
{
	struct gate_key key = { parties->inside, parties->outside };
	struct gate_pair *pair = keyed_take(&s->pairs, &key, keyed_weight(now_ns, 1));

	if (pair)
		pair->head.weight = keyed_weight(now_ns, ++pair->requests);
	return pair;
}

static void name_it(struct finding *finding, const struct gate_state *s,
	const struct parties *parties, const struct app_http *http)
{
	struct app_text host = http->host;
	const char *colon = host.len ? memchr(host.at, ':', host.len) : NULL;

	if (colon)
		host.len = (uint32_t)(colon - host.at);
	if (!http->is_bare_address)
		app_text_clean(host, finding->name, sizeof(finding->name));
	else if (s->census)
		snprintf(finding->name, sizeof(finding->name), "%s",
			census_name(s->census, &parties->outside));
}

static void tell(const struct gate_state *s, const struct app_event *event,
	const struct parties *parties, const struct gate_pair *pair,
	const struct gate_weight *weight, struct findings *findings)
{
	const struct app_http *http = &event->http;
	char method[16], uri[64], agent[64];
	struct finding finding = bot_finding(
		KIND_BOT_HTTP, "gate", parties, event->time_ns, weight->confidence, weight->reason);

	finding.family = weight->family;
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	finding.observed = weight->parts;
	bot_evidence(&finding, "traits", "traits", weight->parts);
	bot_evidence(&finding, "pretences", "traits", weight->lies);
	bot_evidence(&finding, "reports", "requests", pair->posts);
	bot_evidence(&finding, "sent", "bytes", (double)http->request_body);
	bot_evidence(
		&finding, "entropy_sent", "bits a byte", app_entropy_bits(http->body_entropy[0]));
	bot_evidence(&finding, "got", "bytes", (double)http->response_body);
	bot_evidence(
		&finding, "entropy_got", "bits a byte", app_entropy_bits(http->body_entropy[1]));
	name_it(&finding, s, parties, http);
	bot_detail(&finding, "%s %s of %llu bytes, %u header fields, by \"%s\"",
		app_text_clean(http->method, method, sizeof(method)),
		app_text_clean(http->uri, uri, sizeof(uri)), (unsigned long long)http->request_body,
		http->header_count, app_text_clean(http->user_agent, agent, sizeof(agent)));
	finding_add(findings, &finding);
}

static void gate_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct gate_state *s = state;
	const struct app_http *http = &event->http;
	struct gate_past past = { 0 };
	struct gate_weight weight;
	struct gate_pair *pair;
	struct parties parties;
	bool is_post, is_config;

	if (event->type != APP_HTTP ||
		!calling_parties(s->networks, s->is_configured, &event->key, &parties))
		return;
	past.has_other_agents = note_host(s, event, &parties.inside);
	is_config = gate_is_config(http);
	is_post = app_text_is(http->method, "POST") && gate_is_opaque(http) &&
		  !(agent_is_known_host(http->host) && !http->is_bare_address);
	if (!is_post && !is_config && !gate_family(http))
		return;
	pair = note_pair(s, &parties, event->time_ns);
	if (!pair)
		return;
	if (is_config) {
		pair->config_ns = event->time_ns;
		return;
	}
	past.posts = ++pair->posts;
	past.has_config = pair->config_ns && event->time_ns - pair->config_ns < CONFIG_NS;
	weight = gate_weigh(http, &past);
	if (weight.confidence >= GATE_TOLD &&
		bot_is_news(&pair->told_ns, &pair->told, event->time_ns, weight.confidence))
		tell(s, event, &parties, pair, &weight, findings);
}

const struct detector detector_gate = {
	.name = "gate",
	.state_size = sizeof(struct gate_state),
	.init = gate_init,
	.event = gate_event,
	.losses = gate_losses,
	.close = gate_close,
};
