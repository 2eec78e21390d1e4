/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/catalogue.h - the named captures: what is in them and what must be found in them.
 *
 * A capture is a list of parts, a part a piece with its plan (plan.h). Beside it stands the truth:
 * the incidents that must come of it with the roles they must name, or that nothing of medium
 * severity or above may come. The truth holds for scale 1 and the whole capture.
 */
#ifndef WEIR_GEN_CATALOGUE_H
#define WEIR_GEN_CATALOGUE_H

#include "gen/plan.h"

#define EXPECTED_MAX 16

struct part {
	piece_add *add;
	struct plan plan;
};

struct parts {
	const struct part *list;
	unsigned count;
};

/* An incident that must be found. */
struct expectation {
	const char *kinds; /* any one of these, separated by '|' */
	const char *roles; /* all of these, "role=address" or "role=prefix", separated by spaces */
	bool is_hard;	   /* no failure when it is missed, but counted as such */
};

enum truth {
	TRUTH_ATTACK, /* all that is expected must be found, and nothing else of medium or above */
	TRUTH_QUIET,  /* nothing of medium severity or above may be found */
	TRUTH_UNJUDGED, /* made for its size, not for what it shows */
};

struct capture {
	const char *name, *about;
	struct parts parts;
	struct parts more; /* appended: they change no packet of the others */
	enum truth truth;
	struct expectation expected[EXPECTED_MAX]; /* ends at the first without kinds */
	const char *tolerated; /* kinds that may come besides, separated by '|'; NULL: none */
	uint64_t packets;      /* at most so many; 0: no limit */
	uint32_t snap_bytes;   /* frames are cut to this; 0: whole */
	uint16_t vlan;	       /* 0: untagged */
	bool is_large;	       /* not among `all` */
	const char *networks;  /* inside, separated by spaces; NULL: catalogue_networks */
};

/* The networks that are inside, where the capture does not say so. */
extern const char catalogue_networks[];

/* Capture number i of all, NULL at the end. */
const struct capture *catalogue_at(unsigned i);
const struct capture *catalogue_find(const char *name);

/* Starts all parts of the capture. */
void capture_start(const struct capture *capture, struct schedule *schedule);

/* The lists that catalogue.c puts together. */
struct captures {
	const struct capture *list;
	unsigned count;
};

extern const struct captures captures_benign, captures_attack, captures_sets, captures_bots,
	captures_bots_names, captures_bots_rhythm, captures_likes, captures_storm;

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PARTS(array)                                                                               \
	{                                                                                          \
		(array), LENGTH_OF(array)                                                          \
	}

/* The ordinary visitors behind every attack: 40 s, 8 connections a second. */
#define WEB_SERVER HOST4(198, 51, 100, 10)
#define WEB_BACKGROUND                                                                             \
	{                                                                                          \
		web_site,                                                                          \
		{                                                                                  \
			.seconds = 40, .rate = 8, .bytes = 12000, .from = PUBLIC_OF(200),          \
			.to = WEB_SERVER                                                           \
		}                                                                                  \
	}

#endif
