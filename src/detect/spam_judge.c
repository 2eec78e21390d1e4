/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/spam_judge.c - whether a host that delivers to many mail servers is a spam bot.
 *
 * That it goes to many says little: so do mail servers and senders of newsletters. What tells is
 * what only bots do, added up (weir: why stands at each); one sign is not enough. The ideas: Duan
 * et al., "Detecting Spam Zombies by Monitoring Outgoing Messages" (2012), judge a host by what of
 * its mail is spam, Ehrlich et al. (2010) by its SMTP flows. The numbers are weir's.
 */
#include <stdio.h>
#include <string.h>

#include "detect/spam.h"

#define TOLD_LEAST 0.5F
#define FEW_REJECTS 0.2 /* weir: room for a mail server's bounces */
#define MANY_REJECTS 0.3
#define MAILS_LEAST 5

static unsigned count_recent(const struct recent *list, unsigned places, int64_t now_ns)
{
	uint32_t since = (uint32_t)((now_ns - SPAM_WINDOW_NS) / NS_PER_S);
	unsigned count = 0;

	for (unsigned i = 0; i < places; i++)
		count += list[i].time_s != 0 && list[i].time_s >= since;
	return count;
}

struct spam_view spam_view_of(const struct spammer *host, int64_t now_ns)
{
	return (struct spam_view){
		.servers = count_recent(host->servers, SPAM_SERVERS, now_ns),
		.refused = count_recent(host->refused, SPAM_SERVERS, now_ns),
		.looked_up = count_recent(host->looked_up, SPAM_NAMES, now_ns),
		.senders = count_recent(host->senders, SPAM_NAMES, now_ns),
		.helos = count_recent(host->helos, SPAM_HELOS, now_ns),
		.rejected = host->mails >= MAILS_LEAST ? (double)host->rejected / host->mails : 0,
	};
}

/* A name that a mail server may give itself has a dot, and is no address (RFC 5321 4.1.1.1). */
static bool is_odd_helo(const char *helo)
{
	return helo[0] != '\0' &&
	       (!strchr(helo, '.') || strspn(helo, "0123456789.[]") == strlen(helo));
}

/* It gets mail from others, calls itself one name, and is rarely turned away. */
static bool is_mail_server(const struct spammer *host, const struct spam_view *view)
{
	return host->received > 0 && view->helos <= 2 && view->rejected < FEW_REJECTS;
}

static float sum_of_signs(const struct spammer *host, const struct spam_view *view)
{
	float sum = 0;

	/* One program has one name; bots draw a new one for each mail (Cutwail, Rustock). */
	sum += view->helos >= 5 ? 0.35F : view->helos >= 3 ? 0.25F : 0;
	sum += is_odd_helo(host->helo) ? 0.1F : 0;
	/* Bought lists are full of dead addresses; block lists turn dynamic addresses away. */
	sum += view->rejected >= MANY_REJECTS ? 0.25F : 0;
	/* Forged senders of many domains; a provider's server has them, too, but also gets mail. */
	sum += view->senders >= 5 && host->received == 0 ? 0.15F : 0;
	/* Who asks for the MX itself is its own mail server. */
	sum += view->looked_up >= 10 && host->received == 0 ? 0.1F : 0;
	/* Port 25 is closed to it: a server would have been allowed. Without an MX asked for or a
	 * mail it is a scan, which is another detector's. */
	if (view->refused * 2 >= view->servers && view->looked_up + host->mails > 0)
		sum += 0.15F;
	return sum;
}

float spam_confidence(
	const struct spammer *host, const struct spam_view *view, unsigned servers_min)
{
	float confidence;

	if (view->servers < servers_min || is_mail_server(host, view))
		return 0;
	confidence =
		0.3F + sum_of_signs(host, view) + (view->servers >= 3 * servers_min ? 0.05F : 0);
	if (host->received > 0)
		confidence -= 0.2F;
	if (host->parties.is_foreign || host->parties.is_local)
		confidence -= 0.1F;
	if (confidence > 0.95F)
		confidence = 0.95F;
	return confidence >= TOLD_LEAST ? confidence : 0;
}

static const char *reason_of(const struct spam_view *view)
{
	if (view->helos >= 3)
		return "it delivers mail to many servers under changing names";
	if (view->rejected >= MANY_REJECTS)
		return "it delivers mail to many servers, which reject it";
	return "it delivers mail to many servers and is no mail server";
}

static void describe(
	const struct spammer *host, const struct spam_view *view, struct finding *finding)
{
	char count[64] = "";

	if (host->mails > 0)
		snprintf(count, sizeof(count), ", %u mails, %.0f %% rejected", host->mails,
			view->rejected * 100);
	bot_detail(finding, "%u servers in 10 min%s%s%s%s%s%s%s", view->servers, count,
		host->helo[0] ? ", HELO " : "", host->helo, host->from[0] ? ", from " : "",
		host->from, host->subject[0] ? ", subject " : "", host->subject);
}

void spam_tell(const struct spammer *host, const struct spam_view *view, float confidence,
	int64_t now_ns, struct findings *findings)
{
	struct finding finding = bot_finding(
		KIND_BOT_SPAM, "spam", &host->parties, now_ns, confidence, reason_of(view));

	/* Many are mailed: no single one of them is the target. */
	finding.to = (struct addr){ 0 };
	finding.to_role = ROLE_COUNT;
	finding.port = 25;
	finding.proto = 6;
	finding.observed = view->servers;
	bot_evidence(&finding, "servers", "addresses", view->servers);
	bot_evidence(&finding, "mails", "mails", host->mails);
	bot_evidence(&finding, "recipients", "addresses", host->recipients);
	bot_evidence(&finding, "rejected", "share", view->rejected);
	bot_evidence(&finding, "helo_names", "names", view->helos);
	bot_evidence(&finding, "senders", "domains", view->senders);
	bot_evidence(&finding, "mx_lookups", "names", view->looked_up);
	bot_evidence(&finding, "refused", "addresses", view->refused);
	describe(host, view, &finding);
	finding_add(findings, &finding);
}
