/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/clues.h - what a host is, by what it says and serves: rules, and the verdict on all that fit.
 *
 * A clue is a text of a sort (a DHCP vendor class, a User-Agent …). A rule says: where a clue has
 * this pattern in it, the host is of that kind, so sure. Of each host only the set of rules that
 * fit is kept; kind, confidence, system and reasons are made of it when somebody asks.
 *
 * Whatever a host says may be a lie: a verdict is for people to read and no reason for a measure.
 */
#ifndef WEIR_APP_CLUES_H
#define WEIR_APP_CLUES_H

#include "app/event.h"

/* HOST_KIND(symbol, name) */
#define HOST_KINDS(HOST_KIND)                                                                      \
	HOST_KIND(UNKNOWN, "unknown")                                                              \
	HOST_KIND(COMPUTER, "computer")                                                            \
	HOST_KIND(PHONE, "phone")                                                                  \
	HOST_KIND(TABLET, "tablet")                                                                \
	HOST_KIND(PRINTER, "printer")                                                              \
	HOST_KIND(CAMERA, "camera")                                                                \
	HOST_KIND(MEDIA, "media")   /* TV, stick, speaker, game console */                         \
	HOST_KIND(SERVER, "server") /* NAS too */                                                  \
	HOST_KIND(ROUTER, "router") /* access point too */                                         \
	HOST_KIND(IOT, "iot")                                                                      \
	HOST_KIND(VOIP, "voip-phone")

enum host_kind {
#define HOST_KIND(symbol, name) HOST_##symbol,
	HOST_KINDS(HOST_KIND)
#undef HOST_KIND
		HOST_KIND_COUNT
};

/* CLUE(symbol, name) */
#define CLUES(CLUE)                                                                                \
	CLUE(DHCP_VENDOR, "DHCP vendor class")                                                     \
	CLUE(DHCP_PARAMETERS, "DHCP parameter list") /* as "1,3,6" */                              \
	CLUE(NAME, "name")                                                                         \
	CLUE(SERVICE, "announced service") /* DNS-SD, UPnP */                                      \
	CLUE(SYSTEM, "announced system")   /* SSDP SERVER, SMB */                                  \
	CLUE(MODEL, "announced model")                                                             \
	CLUE(USER_AGENT, "User-Agent")                                                             \
	CLUE(HTTP_SERVER, "HTTP Server")                                                           \
	CLUE(SSH_SERVER, "SSH server")                                                             \
	CLUE(SERVES, "answers on") /* as "631/tcp" */                                              \
	CLUE(MAKER, "maker of the network card")

enum clue {
#define CLUE(symbol, name) CLUE_##symbol,
	CLUES(CLUE)
#undef CLUE
		CLUE_COUNT
};

enum clue_match { CLUE_HAS, CLUE_BEGINS, CLUE_IS }; /* letters in any case */

struct clue_rule {
	enum clue clue;
	enum clue_match match;
	const char *pattern;
	enum host_kind kind; /* UNKNOWN: says only which system it is */
	double weight;	     /* how sure, 0..1 */
	const char *system;  /* NULL: says nothing of it */
	const char *source;
};

#define CLUE_RULE_WORDS 5 /* of 64 rules each */

struct clue_set {
	uint64_t words[CLUE_RULE_WORDS];
};

#define CLUE_REASONS 8
#define CLUE_TEXT_MAX 192 /* bytes of a clue that are read */

struct clue_verdict {
	enum host_kind kind;
	double confidence;
	const char *system;			       /* "" when no rule says so */
	const struct clue_rule *reasons[CLUE_REASONS]; /* the surest first */
	unsigned reason_count;
};

extern const char *const host_kind_names[HOST_KIND_COUNT];
extern const char *const clue_names[CLUE_COUNT];
extern const struct clue_rule clue_rules[];
extern const unsigned clue_rule_count;

/* Adds the rules that fit. */
void clue_see(struct clue_set *set, enum clue clue, struct app_text text);

struct clue_verdict clue_judge(const struct clue_set *set);

#endif
