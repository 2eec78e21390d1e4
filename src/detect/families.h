/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families.h - the state of the detector "families", for families.c and its parts
 * (families_mirai.c, families_lines.c, families_byob.c, families_orders.c).
 */
#ifndef WEIR_DETECT_FAMILIES_H
#define WEIR_DETECT_FAMILIES_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/bot.h"
#include "lib/keyed.h"

#define FAMILY_TALKS 4096
#define FAMILY_PAIRS 4096
#define FAMILY_HOSTS 2048
#define FAMILY_ORDERS 64
#define FAMILY_PORTS 6	 /* of a pair that are remembered */
#define FAMILY_TARGETS 4 /* of an order that are named */

/* A conversation that shows signs of a family. */
struct family_talk {
	struct keyed_head head;
	uint64_t flow;
	int64_t told_ns, dropper_told_ns;
	float told_confidence;
	/* Mirai */
	bool is_registered;
	uint32_t orders;
	uint32_t keepalives[2];
	uint32_t minutes[2]; /* of these, so far apart as they should be */
	int64_t kept_ns[2];
	/* Mirai's loader */
	uint32_t applets, refusals, drops, lines;
	/* Gafgyt */
	uint32_t builds, commands, pings, pongs;
};

struct family_pair_key {
	struct addr inside, outside;
};

/* An inside host and an outside one, for BYOB. */
struct family_pair {
	struct keyed_head head;
	struct family_pair_key key;
	uint16_t ports[FAMILY_PORTS]; /* spoken to, the newest last */
	uint8_t port_count;
	uint16_t session_port, refused_port;
	uint32_t frames;
	uint32_t retries; /* refused ones, 30 s apart */
	int64_t session_ns, refused_ns, told_ns;
	float told_confidence;
};

/* An inside host that asked for its own address. */
struct family_host {
	struct keyed_head head;
	struct addr addr;
	int64_t asked_ns;
};

/* Where a bot was told to flood. */
struct family_order {
	struct addr bot, target, controller;
	uint8_t bits; /* of the target, 0..128; 0: free */
	int64_t given_ns, until_ns;
	uint32_t seen; /* openings and answers between the two since */
	bool is_told;
	uint16_t port; /* of the controller's */
	const char *family;
};

struct families_state {
	const struct networks *networks;
	struct keyed talks, pairs, hosts;
	struct family_order orders[FAMILY_ORDERS];
	unsigned next_order;
	int64_t orders_until_ns; /* none is running after that */
};

/* What an order says. */
struct family_target {
	struct addr addr;
	uint8_t bits;
};

struct family_command {
	const char *family, *what; /* static */
	uint32_t duration_s;
	unsigned count;
	struct family_target targets[FAMILY_TARGETS];
};

/* Tells it of the talk, unless that has been told just now and no less certain. */
void family_tell(struct family_talk *talk, const struct app_event *event,
	const struct finding *finding, struct findings *findings);
/* The client of a conversation as the bot, the server as what commands it. */
struct parties family_parties(const struct families_state *state, const struct app_event *event);

void family_mirai(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings);
void family_loader(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings);
void family_gafgyt(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings);

void family_byob_looks(
	struct families_state *state, const struct app_event *event, struct findings *findings);
void family_byob_contact(
	struct families_state *state, const struct app_event *event, struct findings *findings);
/* A name that says one's own address was asked for, or spoken to. */
void family_byob_name(
	struct families_state *state, const struct app_event *event, struct app_text name);

/* Names the targets of an order, and waits for what the bot does. */
void family_order_given(struct families_state *state, const struct app_event *event,
	const struct family_command *command, struct findings *findings);
void family_order_watch(
	struct families_state *state, const struct app_event *event, struct findings *findings);

#endif
