/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/irc.c - finds hosts of ours that are steered over IRC (bot.irc), on any port.
 *
 * Followed is each IRC conversation that a host of ours has opened: how it calls itself, what it
 * joins, what it is told (messages to its channels or itself, topics) and says, and whether it
 * fails again and again to reach what an order names within a minute of it. Beside them the
 * channels, with those of our hosts in them that have nicks of one made pattern. Judged in
 * irc_judge.c.
 *
 * State: capped tables of conversations, channels and hosts with an order; those silent for
 * longest give way.
 */
#include "detect/irc.h"

#include <errno.h>
#include <string.h>

#include "app/words.h"
#include "conf/networks.h"
#include "detect/detectors.h"
#include "lib/hash.h"

#define ANSWER_NS (5 * NS_PER_S)
#define OBEYED_NS (60 * NS_PER_S) /* bots begin at once; weir */

struct channel_key {
	struct addr server;
	uint64_t name; /* hash */
};

struct member {
	struct addr addr;
	uint32_t shape;
};

struct channel {
	struct keyed_head head;
	struct channel_key key;
	uint32_t count;
	struct member members[CHAT_MEMBERS];
};

/* A host that was given an order lately, in which conversation. */
struct ordered {
	struct keyed_head head;
	struct addr addr;
	uint64_t flow;
	int64_t time_ns;
};

struct irc_detector {
	const struct networks *networks;
	uint64_t seed;
	struct keyed chats, channels, ordered;
};

static void irc_close(void *state)
{
	struct irc_detector *s = state;

	keyed_close(&s->chats);
	keyed_close(&s->channels);
	keyed_close(&s->ordered);
}

static int irc_init(void *state, const struct detector_env *env)
{
	struct irc_detector *s = state;

	*s = (struct irc_detector){ .networks = env->networks, .seed = env->seed };
	if (keyed_open(&s->chats, CHAT_PLACES, sizeof(struct chat), sizeof(uint64_t), env->seed) <
			0 ||
		keyed_open(&s->channels, CHAT_CHANNELS, sizeof(struct channel),
			sizeof(struct channel_key), env->seed) < 0 ||
		keyed_open(&s->ordered, CHAT_HOSTS, sizeof(struct ordered), sizeof(struct addr),
			env->seed) < 0) {
		irc_close(s);
		return -ENOMEM;
	}
	return 0;
}

/* NULL: not opened by a host of ours, or no room. */
static struct chat *chat_take(struct irc_detector *s, const struct app_event *event)
{
	struct parties parties = parties_of(s->networks, &event->key);
	uint64_t weight = keyed_weight(event->time_ns, 1);
	struct chat *chat;

	if (parties.inside_side != 0)
		return NULL;
	chat = keyed_take(&s->chats, &event->flow, weight);
	if (!chat)
		return NULL;
	chat->head.weight = weight;
	if (chat->first_ns == 0) {
		chat->first_ns = event->time_ns;
		chat->parties = parties;
		chat->port = event->key.port[1];
	}
	chat->last_ns = event->time_ns;
	return chat;
}

static void see_nick(struct chat *chat, struct app_text nick)
{
	if (nick.len == 0)
		return;
	app_text_clean(nick, chat->nick, sizeof(chat->nick));
	chat->is_made = chat_nick_is_made(nick);
}

static uint64_t channel_hash(const struct irc_detector *s, struct app_text name)
{
	return hash_bytes(name.at, name.len, s->seed);
}

static struct member *member_of(struct channel *channel, const struct addr *addr)
{
	for (uint32_t i = 0; i < channel->count; i++)
		if (addr_equal(&channel->members[i].addr, addr))
			return &channel->members[i];
	return channel->count < CHAT_MEMBERS ? &channel->members[channel->count++] : NULL;
}

/* How many of ours are there under nicks like this one. */
static uint32_t alike(const struct channel *channel, uint32_t shape)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < channel->count; i++)
		count += channel->members[i].shape == shape;
	return count;
}

static struct channel *channel_take(
	struct irc_detector *s, const struct chat *chat, struct app_text name)
{
	struct channel_key key = { chat->parties.outside, channel_hash(s, name) };
	uint64_t weight = keyed_weight(chat->last_ns, 1);
	struct channel *channel = keyed_take(&s->channels, &key, weight);

	if (channel)
		channel->head.weight = weight;
	return channel;
}

static struct app_text text_of(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

static bool is_channel(struct app_text name)
{
	return name.len > 0 && words_is_any(name.at[0], "#&+!");
}

/* Takes note of us in the channel when we have such a nick. */
static void see_channel(struct irc_detector *s, struct chat *chat, struct app_text name)
{
	struct channel *channel;
	struct member *member;
	uint32_t shape;

	if (!chat->is_made || !is_channel(name))
		return;
	channel = channel_take(s, chat, name);
	if (!channel)
		return;
	shape = chat_nick_shape(text_of(chat->nick));
	member = member_of(channel, &chat->parties.inside);
	if (member)
		*member = (struct member){ chat->parties.inside, shape };
	chat->members = alike(channel, shape);
}

static void see_join(struct chat *chat, const struct app_irc *said)
{
	chat->joins++;
	if (chat->joined_ns == 0)
		chat->joined_ns = chat->last_ns;
	chat->has_key |= said->password.len > 0;
	app_text_clean(said->channel, chat->channel, sizeof(chat->channel));
}

static void note_ordered(struct irc_detector *s, const struct chat *chat)
{
	uint64_t weight = keyed_weight(chat->last_ns, 1);
	struct ordered *ordered = keyed_take(&s->ordered, &chat->parties.inside, weight);

	if (!ordered)
		return;
	ordered->head.weight = weight;
	ordered->flow = chat->flow;
	ordered->time_ns = chat->last_ns;
}

/* What somebody else says to the channel or to us. */
static void see_heard(struct irc_detector *s, struct chat *chat, const struct app_irc *said)
{
	enum chat_order order = chat_order_of(said->text, &chat->family);

	if (order != CHAT_ORDER_STRONG) {
		chat->chatter += order == CHAT_ORDER_NONE;
		return;
	}
	chat->orders++;
	chat->is_public |= said->what == IRC_TOPIC || is_channel(said->channel);
	chat->ordered_ns = chat->last_ns;
	app_text_clean(said->text, chat->order, sizeof(chat->order));
	if (chat->channel[0] == '\0' && is_channel(said->channel))
		app_text_clean(said->channel, chat->channel, sizeof(chat->channel));
	note_ordered(s, chat);
}

/* CTCP answers (VERSION, PING) are the client's, not the person's. */
static void see_said(struct chat *chat, const struct app_irc *said)
{
	bool is_answer = chat->ordered_ns && chat->last_ns - chat->ordered_ns <= ANSWER_NS;

	if (said->text.len == 0 || said->text.at[0] == '\1')
		return;
	if (chat_is_report(said->text)) {
		chat->status++;
		app_text_clean(said->text, chat->report, sizeof(chat->report));
	} else if (is_answer && chat->said == 0) {
		chat->answers++;
	} else {
		chat->said++;
	}
}

static void chat_see(struct irc_detector *s, struct chat *chat, const struct app_irc *said)
{
	switch (said->what) {
	case IRC_REGISTER:
	case IRC_WELCOME:
		see_nick(chat, said->nick);
		break;
	case IRC_JOIN:
		see_nick(chat, said->nick);
		see_join(chat, said);
		break;
	case IRC_TOPIC:
	case IRC_MESSAGE:
		if (said->is_from_server)
			see_heard(s, chat, said);
		else if (said->what == IRC_MESSAGE)
			see_said(chat, said);
		break;
	case IRC_PING:
		chat->pings++;
		break;
	case IRC_QUIT:
		break;
	}
	see_channel(s, chat, said->channel);
}

static void judge(struct chat *chat, int64_t now_ns, struct findings *findings)
{
	float confidence = chat_confidence(chat);

	if (confidence > 0 && bot_is_news(&chat->told_ns, &chat->told, now_ns, confidence))
		chat_tell(chat, confidence, now_ns, findings);
}

static void see_irc(
	struct irc_detector *s, const struct app_event *event, struct findings *findings)
{
	struct chat *chat = chat_take(s, event);

	if (!chat)
		return;
	chat_see(s, chat, &event->irc);
	judge(chat, event->time_ns, findings);
}

/* A connection that failed: what a host was told to do? Others fail all day (peers, dead links). */
static void see_refused(
	struct irc_detector *s, const struct app_event *event, struct findings *findings)
{
	struct ordered *ordered = keyed_find(&s->ordered, &event->key.addr[0]);
	struct chat *chat;

	if (!ordered || event->time_ns - ordered->time_ns > OBEYED_NS)
		return;
	chat = keyed_find(&s->chats, &ordered->flow);
	if (!chat || !chat_order_names(chat->order, &event->key.addr[1], event->key.port[1]))
		return;
	chat->attempts++;
	judge(chat, event->time_ns, findings);
}

static void irc_event(void *state, const struct app_event *event, struct findings *findings)
{
	if (event->type == APP_IRC)
		see_irc(state, event, findings);
	else if (event->type == APP_REFUSED)
		see_refused(state, event, findings);
}

static void irc_losses(const void *state, struct losses *losses)
{
	const struct irc_detector *s = state;

	losses->forgotten += s->chats.evicted + s->channels.evicted + s->ordered.evicted;
	losses->uncounted += s->chats.refused + s->channels.refused + s->ordered.refused;
}

const struct detector detector_irc = {
	.name = "irc",
	.state_size = sizeof(struct irc_detector),
	.init = irc_init,
	.event = irc_event,
	.losses = irc_losses,
	.close = irc_close,
};
