/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/spam.h - what bot.spam knows of one host of ours, for spam.c and spam_judge.c.
 */
#ifndef WEIR_DETECT_SPAM_H
#define WEIR_DETECT_SPAM_H

#include "detect/bot.h"
#include "lib/keyed.h"

#define SPAM_PLACES 2048
#define SPAM_WINDOW_NS (600 * NS_PER_S) /* of conf bot.spam_servers */
#define SPAM_SERVERS 64
#define SPAM_NAMES 24
#define SPAM_HELOS 8

/* Things seen lately, by their hash; the oldest gives way. */
struct recent {
	uint32_t hash;
	uint32_t time_s; /* 0: free */
};

struct spammer {
	struct keyed_head head;
	struct addr addr;
	int64_t first_ns, last_ns, told_ns;
	float told;		/* confidence when it was told last */
	struct parties parties; /* the last one it delivered to */
	struct recent servers[SPAM_SERVERS], refused[SPAM_SERVERS];
	struct recent looked_up[SPAM_NAMES]; /* names whose MX was asked for */
	struct recent senders[SPAM_NAMES];   /* domains of MAIL FROM */
	struct recent helos[SPAM_HELOS];
	/* Halved every window. */
	uint32_t mails, recipients, rejected, encrypted, received;
	int64_t halved_ns;
	char helo[64], from[64], subject[64];
};

/* What is counted of the last ten minutes. */
struct spam_view {
	unsigned servers, refused, looked_up, senders, helos;
	double rejected; /* share of the mails */
};

struct spam_view spam_view_of(const struct spammer *host, int64_t now_ns);

/* 0: not to be told. servers_min: of the configuration. */
float spam_confidence(
	const struct spammer *host, const struct spam_view *view, unsigned servers_min);

void spam_tell(const struct spammer *host, const struct spam_view *view, float confidence,
	int64_t now_ns, struct findings *findings);

#endif
