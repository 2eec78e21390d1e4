/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/irc.h - what bot.irc knows of one IRC client of ours, for irc.c, irc_words.c (what is
 * said and how they call themselves) and irc_judge.c.
 */
#ifndef WEIR_DETECT_IRC_H
#define WEIR_DETECT_IRC_H

#include "detect/bot.h"
#include "lib/keyed.h"

#define CHAT_PLACES 4096
#define CHAT_CHANNELS 1024
#define CHAT_HOSTS 2048
#define CHAT_MEMBERS 16
#define CHAT_TEXT_MAX 96

/* One conversation with an IRC server. */
struct chat {
	struct keyed_head head;
	uint64_t flow; /* the key */
	struct parties parties;
	int64_t first_ns, joined_ns, last_ns, told_ns, ordered_ns;
	float told; /* confidence when it was told last */
	uint32_t joins, pings, orders;
	uint32_t said, status; /* by us: as a person; as a program that reports */
	uint32_t answers;      /* by us, within seconds of an order */
	uint32_t chatter;      /* by others, no orders */
	uint32_t attempts;     /* connections that failed, soon after an order that names them */
	uint32_t members;      /* hosts of ours with nicks like ours in the channel */
	uint16_t port;
	bool is_made, has_key; /* the nick; of the channel */
	bool is_public;	       /* an order came in a channel, not to us alone */
	const char *family;    /* static */
	char nick[40], channel[FINDING_NAME_MAX], order[CHAT_TEXT_MAX], report[CHAT_TEXT_MAX];
};

enum chat_order { CHAT_ORDER_NONE, CHAT_ORDER_WEAK, CHAT_ORDER_STRONG };

/* Is it a nick that programs give themselves? Those that web chats give guests are not meant. */
bool chat_nick_is_made(struct app_text nick);

/* The same for nicks made after one pattern: letters, digits and signs without their number. */
uint32_t chat_nick_shape(struct app_text nick);

/* Is it an order to bots? *ret_family: whose language it is; untouched when that is not known. */
enum chat_order chat_order_of(struct app_text text, const char **ret_family);

/* Does an order (cleaned) name this address or this port? */
bool chat_order_names(const char *order, const struct addr *addr, uint16_t port);

/* Is it what bots report? */
bool chat_is_report(struct app_text text);

/* 0: not to be told. */
float chat_confidence(const struct chat *chat);

void chat_tell(
	const struct chat *chat, float confidence, int64_t now_ns, struct findings *findings);

#endif
