/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/spam.c - finds hosts of ours that send spam (bot.spam).
 *
 * Counted per host over ten minutes: outside mail servers it went to (also those that refused, and
 * those where all but the HELO is encrypted), names it called itself, domains it claimed to write
 * from, mails and how many were rejected, MX records it asked for; and whether it gets mail
 * itself. Submission (ports 465 and 587) is left out: it goes to one smart host, and is none of
 * the fan-out. Judged in spam_judge.c.
 *
 * State: a capped table by host, of about 1.7 KB each; those silent for longest give way.
 */
#include "detect/spam.h"

#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/detectors.h"
#include "lib/hash.h"

#define DNS_MX 15
#define PORT_SMTP 25

struct spam_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct keyed hosts;
};

static int spam_init(void *state, const struct detector_env *env)
{
	struct spam_state *s = state;

	*s = (struct spam_state){ .conf = env->conf, .networks = env->networks, .seed = env->seed };
	return keyed_open(
		&s->hosts, SPAM_PLACES, sizeof(struct spammer), sizeof(struct addr), env->seed);
}

static void spam_close(void *state)
{
	struct spam_state *s = state;

	keyed_close(&s->hosts);
}

/* Notes it; the oldest gives way. true: it was not there. */
static bool recent_add(struct recent *list, unsigned places, uint64_t hash, int64_t now_ns)
{
	struct recent *oldest = &list[0];
	uint32_t now_s = (uint32_t)(now_ns / NS_PER_S);

	for (unsigned i = 0; i < places; i++) {
		if (list[i].time_s != 0 && list[i].hash == (uint32_t)hash) {
			list[i].time_s = now_s;
			return false;
		}
		if (list[i].time_s < oldest->time_s)
			oldest = &list[i];
	}
	*oldest = (struct recent){ (uint32_t)hash, now_s };
	return true;
}

/* Names are the same in any case. */
static uint64_t name_hash(const struct spam_state *s, struct app_text name)
{
	char small[128];
	uint32_t len = name.len < sizeof(small) ? name.len : sizeof(small);

	for (uint32_t i = 0; i < len; i++)
		small[i] = name.at[i] >= 'A' && name.at[i] <= 'Z' ? (char)(name.at[i] + 32)
								  : name.at[i];
	return hash_bytes(small, len, s->seed);
}

/* Counts fade: what was more than a window ago is worth half, then a quarter. */
static void host_age(struct spammer *host, int64_t now_ns)
{
	if (host->halved_ns == 0)
		host->halved_ns = now_ns;
	for (unsigned i = 0; i < 8 && now_ns - host->halved_ns > SPAM_WINDOW_NS; i++) {
		host->mails /= 2;
		host->recipients /= 2;
		host->rejected /= 2;
		host->encrypted /= 2;
		host->halved_ns += SPAM_WINDOW_NS;
	}
	if (now_ns - host->halved_ns > SPAM_WINDOW_NS)
		host->halved_ns = now_ns;
}

static struct spammer *host_take(struct spam_state *s, const struct addr *addr, int64_t now_ns)
{
	struct spammer *host = keyed_take(&s->hosts, addr, keyed_weight(now_ns, 1));

	if (!host)
		return NULL;
	host_age(host, now_ns);
	if (host->first_ns == 0)
		host->first_ns = now_ns;
	host->last_ns = now_ns;
	host->head.weight = keyed_weight(now_ns, host->mails);
	return host;
}

static void judge(
	struct spam_state *s, struct spammer *host, int64_t now_ns, struct findings *findings)
{
	struct spam_view view = spam_view_of(host, now_ns);
	float confidence = spam_confidence(host, &view, (unsigned)s->conf->bot.spam_servers);

	if (confidence > 0 && bot_is_news(&host->told_ns, &host->told, now_ns, confidence))
		spam_tell(host, &view, confidence, now_ns, findings);
}

static bool is_mail(const struct app_event *event)
{
	return event->type == APP_SMTP && (event->smtp.is_tls || event->smtp.recipients > 0);
}

/* A conversation with port 25 of a server outside. NULL: it is none of ours that delivers. */
static struct spammer *see_delivery(struct spam_state *s, const struct app_event *event)
{
	struct parties parties = parties_of(s->networks, &event->key);
	struct spammer *host;

	if (parties.inside_side != 0) {
		/* A mail that came, not only somebody who looked whether one could. */
		host = is_mail(event) ? host_take(s, &parties.inside, event->time_ns) : NULL;
		if (host)
			host->received++;
		return NULL;
	}
	if (parties.is_local || event->key.port[1] != PORT_SMTP)
		return NULL;
	host = host_take(s, &parties.inside, event->time_ns);
	if (!host)
		return NULL;
	host->parties = parties;
	recent_add(
		host->servers, SPAM_SERVERS, hash_addr(&parties.outside, s->seed), event->time_ns);
	return host;
}

static void note_sender(struct spam_state *s, struct spammer *host, const struct app_event *event)
{
	struct app_text from = event->smtp.from;
	const char *at = from.len ? memrchr(from.at, '@', from.len) : NULL;

	if (!at)
		return;
	from.len -= (uint32_t)(at + 1 - from.at);
	from.at = at + 1;
	recent_add(host->senders, SPAM_NAMES, name_hash(s, from), event->time_ns);
	app_text_clean(event->smtp.from, host->from, sizeof(host->from));
}

static void see_mail(struct spam_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_smtp *mail = &event->smtp;
	struct spammer *host = see_delivery(s, event);

	if (!host)
		return;
	if (mail->helo.len) {
		recent_add(host->helos, SPAM_HELOS, name_hash(s, mail->helo), event->time_ns);
		app_text_clean(mail->helo, host->helo, sizeof(host->helo));
	}
	if (mail->subject.len)
		app_text_clean(mail->subject, host->subject, sizeof(host->subject));
	note_sender(s, host, event);
	host->encrypted += mail->is_tls;
	host->mails += !mail->is_tls;
	host->rejected += !mail->is_tls && mail->rejects > 0;
	host->recipients += mail->recipients;
	judge(s, host, event->time_ns, findings);
}

static void see_connection(
	struct spam_state *s, const struct app_event *event, struct findings *findings)
{
	struct spammer *host;

	if (event->key.port[1] != PORT_SMTP)
		return;
	host = see_delivery(s, event);
	if (!host)
		return;
	if (event->type == APP_REFUSED)
		recent_add(host->refused, SPAM_SERVERS, hash_addr(&host->parties.outside, s->seed),
			event->time_ns);
	judge(s, host, event->time_ns, findings);
}

static void see_lookup(struct spam_state *s, const struct app_event *event)
{
	struct parties parties = parties_of(s->networks, &event->key);
	struct spammer *host;

	if (event->dns.type != DNS_MX || parties.inside_side != 0)
		return;
	host = host_take(s, &parties.inside, event->time_ns);
	if (host)
		recent_add(
			host->looked_up, SPAM_NAMES, name_hash(s, event->dns.name), event->time_ns);
}

static void spam_event(void *state, const struct app_event *event, struct findings *findings)
{
	switch (event->type) {
	case APP_SMTP:
		see_mail(state, event, findings);
		break;
	case APP_CONNECT:
	case APP_REFUSED:
		see_connection(state, event, findings);
		break;
	case APP_DNS:
		see_lookup(state, event);
		break;
	default:
		break;
	}
}

static void spam_losses(const void *state, struct losses *losses)
{
	const struct spam_state *s = state;

	losses->forgotten += s->hosts.evicted;
	losses->uncounted += s->hosts.refused;
}

const struct detector detector_spam = {
	.name = "spam",
	.state_size = sizeof(struct spam_state),
	.init = spam_init,
	.event = spam_event,
	.losses = spam_losses,
	.close = spam_close,
};
