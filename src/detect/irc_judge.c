/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/irc_judge.c - whether an IRC client is a bot.
 *
 * Added up: orders that come in, a nick that nobody types, a report or an answer at once, several
 * hosts of ours in one channel with nicks of one pattern, a key, silence. Taken off: what people
 * do, which is talk. Orders alone, or a nick alone, stay low: they may be read in a channel about
 * malware, or be given by a game. An order that the host at once sets about is certain: it fails to
 * reach whom or what the order names, again and again. The figures are weir's: each sum was chosen
 * so that no two weak signs reach 0.6.
 */
#include <stdio.h>
#include <string.h>

#include "detect/irc.h"

#define TOLD_LEAST 0.45F
#define QUICK_NS (10 * NS_PER_S) /* from the first byte to the channel: no person looked round */
#define ATTEMPTS_CERTAIN 20	 /* as scan.hosts, a little less: there was an order */
#define TALK_LEAST 3

static float sum_with_orders(const struct chat *chat)
{
	/* Anybody may send anybody a private message. */
	float sum = chat->is_public ? 0.45F : 0.3F;

	sum += chat->is_made ? 0.2F : 0;
	/* "I am away" is an answer at once, too. */
	sum += chat->status > 0 ? 0.2F : chat->answers > 0 ? 0.1F : 0;
	sum += chat->members >= 2 ? 0.15F : 0;
	sum += chat->has_key ? 0.05F : 0;
	sum += chat->said == 0 ? 0.05F : 0;
	/* A channel where people talk is not there for bots. */
	sum -= chat->chatter > 10 * chat->orders ? 0.15F : 0;
	return sum;
}

static float sum_without_orders(const struct chat *chat)
{
	bool is_quick = chat->joined_ns && chat->joined_ns - chat->first_ns < QUICK_NS;
	float sum = 0;

	if (!chat->is_made)
		return 0;
	sum = 0.3F;
	sum += chat->has_key ? 0.1F : 0;
	sum += is_quick && chat->joins == 1 ? 0.05F : 0;
	sum += chat->status > 0 ? 0.25F : 0;
	sum += chat->members >= 3 ? 0.35F : chat->members == 2 ? 0.2F : 0;
	sum += chat->pings >= 2 && chat->said == 0 ? 0.05F : 0;
	return sum;
}

/* Orders that came in a channel, to one who does not talk there. */
static bool is_obedient(const struct chat *chat)
{
	return chat->orders > 0 && chat->attempts >= ATTEMPTS_CERTAIN && chat->said < TALK_LEAST;
}

float chat_confidence(const struct chat *chat)
{
	float sum = chat->orders > 0 ? sum_with_orders(chat) : sum_without_orders(chat);

	if (is_obedient(chat))
		return 0.97F;
	if (chat->said >= TALK_LEAST)
		sum -= 0.3F;
	if (chat->parties.is_foreign)
		sum -= 0.05F;
	if (sum > 0.95F)
		sum = 0.95F;
	return sum >= TOLD_LEAST ? sum : 0;
}

static const char *reason_of(const struct chat *chat)
{
	if (is_obedient(chat))
		return "it got an order over IRC and carried it out";
	if (chat->orders > 0)
		return "it gets orders over IRC that bots understand";
	if (chat->members >= 2)
		return "several hosts with machine-made nicks are in one channel";
	return "it sits in an IRC channel under a machine-made nick and says nothing";
}

void chat_tell(const struct chat *chat, float confidence, int64_t now_ns, struct findings *findings)
{
	struct finding finding = bot_finding(
		KIND_BOT_IRC, "irc", &chat->parties, now_ns, confidence, reason_of(chat));

	finding.port = chat->port;
	finding.proto = 6;
	finding.family = chat->family;
	finding.observed = chat->orders;
	memcpy(finding.name, chat->channel, sizeof(finding.name));
	bot_evidence(&finding, "orders", "orders", chat->orders);
	bot_evidence(&finding, "reports", "messages", chat->status + chat->answers);
	bot_evidence(&finding, "hosts", "addresses", chat->members > 0 ? chat->members : 1);
	bot_evidence(&finding, "said", "messages", chat->said);
	bot_evidence(&finding, "machine_nick", "", chat->is_made);
	if (chat->attempts > 0)
		bot_evidence(&finding, "failed_after_order", "connections", chat->attempts);
	bot_detail(&finding, "nick %s%s%s%s%s%s%s", chat->nick, chat->channel[0] ? " in " : "",
		chat->channel, chat->order[0] ? ", order: " : "", chat->order,
		chat->report[0] ? ", report: " : "", chat->report);
	finding_add(findings, &finding);
}
