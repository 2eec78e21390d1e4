/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/aims.h - what is remembered of each target (or prefix, group, all) from window to window.
 *
 * An aim keeps decayed sums over 1 s, 10 s and 60 s (a leaky sum with time constant T holds T times
 * the rate), the usual rate, and the senders of the last minute. The table is capped; the aim with
 * the least traffic of late in its bucket goes first, and one under attack last. Shared by flood
 * and amplification.
 */
#ifndef WEIR_DETECT_AIMS_H
#define WEIR_DETECT_AIMS_H

#include "detect/tally.h"

#define AIM_OWN_SLOTS 16

struct aim_sums {
	double packets, bytes, openings, answered;
};

struct aim {
	struct addr target;
	uint64_t hash; /* 0: free */
	uint8_t bits;  /* 128: a host */
	uint8_t scope; /* enum scope */
	uint16_t kind;
	uint32_t group;
	int64_t last_ns;	     /* end of the last window counted */
	int64_t sources_from_ns;     /* since when sources and targets are collected */
	int64_t asked_ns;	     /* when the target last queried a group itself */
	int64_t fired_ns;	     /* last window over a limit */
	int64_t reported_ns;	     /* last report; 0: not under attack */
	int64_t judged_ns;	     /* prefixes: end of the last window judged */
	int64_t learned_ns;	     /* end of the last window learned from */
	struct aim_sums sums[3];     /* over 1 s, 10 s, 60 s */
	double usual_pps, cusum;     /* baseline of the 1 s rate, and how far above it has been */
	double seen_s;		     /* how long it has been known */
	bool is_early;		     /* to be judged again soon, even without traffic */
	bool is_listed;		     /* among the active ones of its detector */
	double peak_pps, peak_bps;   /* since the last report */
	uint64_t packets, bytes;     /* since the last report */
	int64_t first_ns, latest_ns; /* first and last of these */
	uint64_t fired_packets, fired_bytes; /* the same up to the last window over a limit */
	int64_t fired_latest_ns;
	struct majority source_port, target_port, length; /* of the last minute */
	uint64_t fragments, repeats, voted;
	struct distinct sources, targets;
	uint8_t proto;
	const char *reason; /* which limit it is over */
};

enum aim_span {
	AIM_1S,
	AIM_10S,
	AIM_60S,
};

#define AIM_WAYS 8

struct aims {
	struct aim *list;
	struct distinct_entry *own; /* two times AIM_OWN_SLOTS each */
	uint32_t bucket_mask;
	struct sets sets;
	uint64_t seed;
	uint64_t evicted;
	int64_t now_ns; /* the latest that any of them was told */
};

/* cap: aims, a power of two >= 64. -ENOMEM. */
int aims_open(struct aims *aims, uint32_t cap, uint64_t seed);
void aims_close(struct aims *aims);

/* The aim of that prefix, kind and group, made if need be (never fails: a small one may go for
 * it). */
struct aim *aims_of(struct aims *aims, enum scope scope, const struct addr *target, unsigned bits,
	enum kind kind, uint32_t group);

/* Looks without making. NULL when it is not there. */
struct aim *aims_find(const struct aims *aims, enum scope scope, const struct addr *target,
	unsigned bits, enum kind kind);

/* Lets time pass up to now_ns, then adds what the tally counted in the window that ended then. */
void aims_add(struct aims *aims, struct aim *aim, const struct tally *tally, struct window window);

/* Lets time pass without traffic. */
void aims_pass(struct aims *aims, struct aim *aim, int64_t now_ns);

/* Share of what it received that turned out to be wanted, 0..1, over 10 s. */
double aim_answered_share(const struct aim *aim);

/* Have most of the openings of the last 10 s had the time to be answered, about a second? */
bool aim_is_settled(const struct aim *aim);

/* How many of so many senders may be expected by now: all, but while an attack is being reported
 * they are counted anew each minute. */
double aim_senders_due(const struct aim *aim, double senders);

/* How long a target must be known before a change of its rate means something. */
#define AIM_KNOWN_S 30.0

/* Learns the rate of the last second as usual, and how far above the usual it is: CUSUM after Page
 * 1954, with the slack of half a baseline. elapsed_s: of the window; what lies between it and the
 * one learned before was silence. Returns the sum in baselines·seconds. */
double aim_learn(struct aim *aim, double rate_pps, double elapsed_s);

/* Is the rate of what was unwanted in the last second low, and about what is usual for it? Not said
 * before that is known. */
bool aim_is_calm(const struct aim *aim);

/* Has it all but stopped: is the last second below a quarter of the last ten? */
bool aim_has_ebbed(const struct aim *aim);

/* Share of the busiest of its targets in what they got, 0..1; 0 without targets. */
double aim_busiest_share(const struct aim *aim);

/* Over which prefix its targets are spread: the smallest that holds all but stragglers, which get a
 * tenth of the packets together. */
void aim_spread(const struct aim *aim, struct addr *ret_prefix, unsigned *ret_bits);

#endif
