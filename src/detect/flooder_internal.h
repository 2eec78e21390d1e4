/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flooder_internal.h - what flooder.c (counting) and flooder_judge.c (judging) share.
 */
#ifndef WEIR_DETECT_FLOODER_INTERNAL_H
#define WEIR_DETECT_FLOODER_INTERNAL_H

#include "detect/tally.h"
#include "lib/keyed.h"
#include "types.h"

#define FLOODER_LANE_PLACES 512
#define FLOODER_MERGED_PLACES 8192
#define FLOODER_PAIR_PLACES 8192
#define FLOODER_SOURCE_PLACES 1024
#define FLOODER_PARTNER_PLACES 16384
#define FLOODER_SKETCHES 8
#define FLOODER_SKETCH_SLOTS 1024

enum flooder_class {
	FLOODER_SYN,
	FLOODER_TCP,   /* segments of no connection */
	FLOODER_REPLY, /* what a kernel sends by itself: RST, SYN-ACK, echo reply, ICMP error */
	FLOODER_UDP,
	FLOODER_ICMP,
	FLOODER_OTHER,
	FLOODER_CLASSES
};

struct flooder_key {
	struct addr source, target; /* inside, outside */
};

struct flooder_sent {
	uint32_t packets;
	uint32_t settled; /* of these, what turned out to be wanted */
	uint64_t bytes;
};

/* One window's news of a pair. */
struct flooder_delta {
	struct keyed_head head;
	struct flooder_key key;
	struct flooder_sent sent[FLOODER_CLASSES]; /* unverified packets */
	struct majority target_port;
	uint32_t received;   /* packets the other way */
	uint32_t conversing; /* signs of a real conversation */
	uint8_t proto;	     /* of the last packet of class other */
};

struct flooder_summary {
	struct keyed pairs;
};

/* What a pair sent in a window for nothing, and how most of it looks. */
struct flooder_look {
	uint64_t packets, bytes; /* of all classes */
	uint64_t most;		 /* packets of: */
	enum flooder_class class;
	uint16_t port;
	uint8_t proto;
};

/* Unanswered traffic of a pair, or of one source to all its targets. */
struct flooder_stream {
	double packets, bytes;		 /* decaying over 1 s: packets/s, bytes/s */
	double minute;			 /* packets, decaying over 60 s */
	int64_t last_ns;		 /* end of the last window counted */
	int64_t above_ns;		 /* since when the rate is above the limit; 0: it is not */
	int64_t first_ns;		 /* of what was not told of yet */
	uint64_t packets_new, bytes_new; /* not told of yet */
	double peak_pps, peak_bps;
};

struct flooder_pair {
	struct keyed_head head;
	struct flooder_key key;
	struct flooder_stream stream;
};

struct flooder_source {
	struct keyed_head head;
	struct addr source;
	struct flooder_stream stream;
	int64_t window_ns,
		judged_ns; /* end of the window that the rest is of; of the last one judged */
	uint64_t window_packets, window_bytes;
	struct flooder_look loudest; /* how its traffic to one of them looks */
};

/* A pair that was seen to converse. */
struct flooder_partner {
	struct keyed_head head;
	struct flooder_key key;
	int64_t last_ns;
};

struct flooder_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct keyed pairs, sources, partners;
	struct distinct sketches[FLOODER_SKETCHES];
	struct distinct_entry *sketch_slots;
};

void flooder_judge(void *state, void *summary, struct window window, struct findings *findings);

#endif
