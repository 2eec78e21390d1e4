/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dnstunnel.h - the tables of the detector of tunnels through DNS (dnstunnel.c), and the
 * part that judges (dnstunnel_judge.c).
 */
#ifndef WEIR_DETECT_DNSTUNNEL_H
#define WEIR_DETECT_DNSTUNNEL_H

#include "detect/asking.h"

#define TUNNEL_PLACES 4096
#define TUNNEL_LEADS 16384
#define TUNNEL_NAME_BITS 4096
#define TUNNEL_DAY_NAME_BITS 2048
#define TUNNEL_WINDOW_NS (600 * NS_PER_S) /* as bot.tunnel_bytes is defined */
#define TUNNEL_DAY_NS (86400 * NS_PER_S)

enum tunnel_class { TUNNEL_ADDRESS, TUNNEL_RECORD, TUNNEL_RAW, TUNNEL_OTHER, TUNNEL_CLASSES };

struct tunnel_key {
	struct addr inside;
	uint64_t domain;
};

/* What was carried since a time. */
struct tunnel_tally {
	int64_t begin_ns;
	uint64_t bytes_up;		/* in front of the domain, in fresh names */
	uint64_t bytes_down;		/* data of the answers that is no address */
	uint64_t entropy_sum;		/* of fresh names, in 1/100 bit */
	uint32_t fresh[TUNNEL_CLASSES]; /* names not asked before, by type */
	uint32_t questions;
};

/* A day, for the slow ones. */
struct tunnel_day {
	struct tunnel_tally tally;
	bool grows; /* the name asked last was new */
	uint64_t names[TUNNEL_DAY_NAME_BITS / 64];
};

/* Ten minutes. */
struct tunnel_window {
	struct tunnel_tally tally;
	uint32_t addresses, contacts; /* answers; and of these, to what was contacted */
	uint64_t names[TUNNEL_NAME_BITS / 64];
};

struct tunnel {
	struct keyed_head head;
	struct tunnel_key key;
	int64_t told_ns;
	float told; /* confidence when it was told last */
	struct tunnel_day day;
	struct tunnel_window window;
};

/* An address that a name led to. */
struct tunnel_lead_key {
	struct addr inside, outside;
};

struct tunnel_lead {
	struct keyed_head head;
	struct tunnel_lead_key key;
	uint64_t domain;
	int64_t window_ns; /* of the tunnel: when it began */
	uint32_t answers;  /* in that window, that led there */
	bool is_followed;
};

struct tunnels {
	const struct asking *asking;
	struct keyed pairs, leads;
	double bytes_wanted;
};

enum tunnel_class tunnel_class_of(uint16_t type);

void dnstunnel_judge(const struct tunnels *tunnels, struct tunnel *tunnel,
	const struct asked *asked, const struct app_event *event, struct findings *findings);

#endif
