/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/lists.c - tells of hosts of ours that have to do with what a list calls bad (bot.list).
 *
 * Of conversations that a host of ours opens: the address it connects to, the name it looks up or
 * says (DNS, SNI, Host, SOCKS), the URL it asks for, its own fingerprint (JA3, JA4) and the
 * server's certificate. What comes from outside is not looked at: a listed address that knocks is
 * no bot of ours.
 *
 * How much a match is worth: a certificate or an address with its port most; a name that was only
 * looked up (a mail filter looks up bad names all day), an address that did not answer, a JA3 or
 * JA4 (SSLBL warns that its JA3 were not tried against good programs) least; a list that is older
 * than 30 days less than a fresh one, since addresses are given away again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "detect/bot.h"
#include "detect/calling.h"
#include "detect/detectors.h"
#include "detect/lists.h"
#include "lib/keyed.h"

#define TOLD_PLACES 4096
#define STALE_FACTOR 0.75
/* Where a bad name leads decides its owner: to an innocent, if he likes. */
#define NAME_FACTOR 0.8

struct told_key {
	struct addr inside;
	uint64_t entry;
};

struct told {
	struct keyed_head head;
	struct told_key key;
	int64_t told_ns;
	uint64_t times;
};

struct lists_state {
	struct lists lists;
	const struct networks *networks;
	struct keyed told;
	bool is_configured;
};

/* What was matched, by which event. */
struct match {
	const struct list_entry *entry;
	const struct app_event *event;
	struct app_text what; /* the name, URL, fingerprint; none of an address */
	double confidence;
	const char *reason;
};

static void lists_detector_close(void *state)
{
	struct lists_state *s = state;

	lists_close(&s->lists);
	keyed_close(&s->told);
}

static int lists_init(void *state, const struct detector_env *env)
{
	struct lists_state *s = state;
	int r;

	*s = (struct lists_state){
		.networks = env->networks,
		.is_configured = calling_is_configured(env->conf),
	};
	r = lists_open(env->conf, env->seed, &s->lists);
	if (r == 0)
		r = keyed_open(&s->told, TOLD_PLACES, sizeof(struct told), sizeof(struct told_key),
			env->seed);
	if (r < 0)
		lists_detector_close(s);
	return r;
}

static struct told *told_of(
	struct lists_state *s, const struct parties *parties, const struct match *match)
{
	struct told_key key = { parties->inside, (uint64_t)(match->entry - s->lists.entries) };
	int64_t now_ns = match->event->time_ns;
	struct told *told = keyed_take(&s->told, &key, keyed_weight(now_ns, 1));

	if (told) {
		told->times++;
		told->head.weight = keyed_weight(now_ns, told->times);
	}
	return told;
}

static void describe(
	const struct lists_state *s, const struct match *match, struct finding *finding)
{
	const struct list_source *source = &s->lists.sources[match->entry->source];
	const char *note = match->entry->note ? s->lists.notes[match->entry->note - 1] : "";
	char what[128], age[48] = "of unknown age";
	int64_t age_s = match->event->time_ns / NS_PER_S - source->date_s;

	if (match->what.len > 0)
		app_text_clean(match->what, what, sizeof(what));
	else
		addr_prefix_format(&finding->to, 128, what);
	if (source->date_s != 0) {
		age_s = age_s > 0 ? age_s : 0;
		snprintf(age, sizeof(age), "%lld days old", (long long)(age_s / 86400));
		bot_evidence(finding, "list_age", "s", (double)age_s);
	}
	bot_detail(finding, "%s is in %s%s%s%s (%s)", what, source->name, *note ? " as \"" : "",
		note, *note ? "\"" : "", age);
}

static void tell(struct lists_state *s, const struct match *match, struct findings *findings)
{
	const struct app_event *event = match->event;
	struct parties parties;
	struct finding finding;
	struct told *told;
	double confidence = match->confidence;

	if (!match->entry || !calling_parties(s->networks, s->is_configured, &event->key, &parties))
		return;
	told = told_of(s, &parties, match);
	if (!told || !bot_is_due(&told->told_ns, event->time_ns))
		return;
	if (s->lists.sources[match->entry->source].is_stale)
		confidence *= STALE_FACTOR;
	finding = bot_finding(
		KIND_BOT_LIST, "lists", &parties, event->time_ns, (float)confidence, match->reason);
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	finding.observed = (double)told->times;
	finding.expected = 1;
	bot_evidence(&finding, "matches", "matches", (double)told->times);
	describe(s, match, &finding);
	if (match->entry->kind == LIST_NAME)
		app_text_clean(match->what, finding.name, sizeof(finding.name));
	if (event->type == APP_DNS) { /* the one it talked to is a resolver */
		finding.to = (struct addr){ 0 };
		finding.to_role = ROLE_COUNT;
	} else if (match->entry->kind == LIST_JA3 || match->entry->kind == LIST_JA4) {
		finding.to_confidence = (float)(0.6 * confidence); /* it is the client's */
	} else if (match->entry->kind == LIST_NAME || match->entry->kind == LIST_URL) {
		finding.to_confidence = (float)(NAME_FACTOR * confidence);
	}
	finding_add(findings, &finding);
}

static void see_address(
	struct lists_state *s, const struct app_event *event, struct findings *findings)
{
	uint16_t port = event->key.port[1];
	const struct list_entry *entry = lists_find_address(&s->lists, &event->key.addr[1], port);
	double confidence = entry && (entry->port == 0 || entry->port == port) ? 0.9 : 0.75;

	if (event->type == APP_REFUSED)
		confidence = 0.65;
	tell(s,
		&(struct match){ entry, event, { 0 }, confidence,
			event->type == APP_REFUSED ? "it tried to reach a listed address"
						   : "it has to do with a listed address" },
		findings);
}

static void see_name(struct lists_state *s, const struct app_event *event, struct app_text name,
	double confidence, const char *reason, struct findings *findings)
{
	for (uint32_t i = 0; i < name.len; i++)
		if (name.at[i] == ':')
			name.len = i;
	tell(s,
		&(struct match){
			lists_find_name(&s->lists, name), event, name, confidence, reason },
		findings);
}

/* A look-up goes to a resolver, which is inside as a rule: the parties are the client alone. */
static void see_dns(struct lists_state *s, const struct app_event *event, struct findings *findings)
{
	struct parties parties = parties_of(s->networks, &event->key);
	struct app_event asked = *event;

	if (parties.inside_side == 1)
		return; /* a stranger asks our name server */
	memset(&asked.key.addr[1], 0, sizeof(asked.key.addr[1]));
	see_name(s, &asked, event->dns.name, 0.65, "it looked up a listed name", findings);
}

static void see_fingerprint(struct lists_state *s, const struct app_event *event,
	enum list_entry_kind kind, const char *hex, struct findings *findings)
{
	bool is_client = kind == LIST_JA3 || kind == LIST_JA4;

	tell(s,
		&(struct match){ lists_find_fingerprint(&s->lists, kind, hex), event,
			{ hex, (uint32_t)strlen(hex) }, is_client ? 0.5 : 0.95,
			is_client ? "its TLS looks like that of a listed program"
				  : "the server shows a listed certificate" },
		findings);
}

static void see_tls(struct lists_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_tls *tls = &event->tls;

	see_name(s, event, tls->sni, 0.9, "it has to do with a listed name", findings);
	see_fingerprint(s, event, LIST_JA3, tls->ja3, findings);
	see_fingerprint(s, event, LIST_JA4, tls->ja4, findings);
	see_fingerprint(s, event, LIST_SHA1, tls->fingerprint, findings);
	see_fingerprint(s, event, LIST_SHA256, tls->sha256, findings);
}

static void see_http(
	struct lists_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_http *http = &event->http;

	if (!http->is_bare_address)
		see_name(s, event, http->host, 0.9, "it has to do with a listed name", findings);
	tell(s,
		&(struct match){ lists_find_url(&s->lists, http->host, http->uri), event, http->uri,
			0.9, "it asked for a listed URL" },
		findings);
}

static void lists_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct lists_state *s = state;

	if (s->lists.source_count == 0)
		return;
	lists_date(&s->lists, event->time_ns);
	switch (event->type) {
	case APP_CONNECT:
	case APP_REFUSED:
	case APP_EXCHANGE:
		see_address(s, event, findings);
		break;
	case APP_DNS:
		see_dns(s, event, findings);
		break;
	case APP_TLS:
	case APP_QUIC:
		see_tls(s, event, findings);
		break;
	case APP_HTTP:
		see_http(s, event, findings);
		break;
	case APP_SOCKS:
		see_name(s, event, event->socks.host, 0.8, "it asked a proxy for a listed name",
			findings);
		break;
	default:
		break;
	}
}

const char *lists_warning(const void *state, unsigned index)
{
	const struct lists *lists = &((const struct lists_state *)state)->lists;

	return index < lists->warning_count ? lists->warnings[index] : NULL;
}

static void lists_losses(const void *state, struct losses *losses)
{
	const struct lists_state *s = state;

	losses->uncounted += s->told.refused;
	losses->forgotten += s->told.evicted;
}

const struct detector detector_lists = {
	.name = "lists",
	.state_size = sizeof(struct lists_state),
	.init = lists_init,
	.event = lists_event,
	.losses = lists_losses,
	.close = lists_detector_close,
};
