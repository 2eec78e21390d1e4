/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/beacon_score.h - how regular are the contacts of one pair, in 168 bytes of memory.
 *
 * Of the last 32 contacts the intervals are kept, and 16 sizes, quantised in steps of 1/1024 octave
 * (0.07 %), and of the whole life a histogram of 16 slots, whose width doubles when it is full.
 * Scored as RITA v5 scores a day of a pair (activecm/rita, analysis/beacons.go, in our words):
 *   spread    of intervals, and of sizes: the mean of 1 - |Bowley skew| and of 1 - MAD / median,
 *             where MAD is the median absolute deviation about the median
 *   histogram 1 - standard deviation / mean of the slots (RITA: hours of a day; it has a second
 *             way, for calls at two or three paces, which we leave out)
 *   duration  how much of the time is covered (RITA: of the day, or of 12 hours on end)
 * a quarter each. RITA wants hours, since its slots are hours; our slots and our coverage (what the
 * median interval leads one to expect) are of the pair's own life, so a fast beacon is known in
 * minutes.
 *
 * That score falls with jitter, although a timer with 50 % of jitter is as much a timer. So beside
 * it stands how much likelier the intervals are as those of a timer, which waits evenly between a
 * shortest and a longest time and now and then misses, than as pauses of people and of programs
 * that wait for them, which are log-normal and vary by a factor of e and more: the logarithm of the
 * likelihood ratio, less what fitting costs (Schwarz' criterion, 1978). Chance reaches x nats in
 * e^-x of all pairs at most (Markov's inequality).
 */
#ifndef WEIR_DETECT_BEACON_SCORE_H
#define WEIR_DETECT_BEACON_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#define BEACON_RECENT 32
#define BEACON_RECENT_SIZES 16
#define BEACON_SLOTS 16
#define BEACON_LEAST 8 /* intervals; fewer have no score */

struct beacon_rhythm {
	int64_t first_ns, last_ns;	   /* of the first contact, of the last sign of life */
	uint16_t intervals[BEACON_RECENT]; /* rings, in steps of 1/1024 octave */
	uint16_t sizes[BEACON_RECENT_SIZES];
	uint16_t slots[BEACON_SLOTS];
	uint32_t contacts, sized;
	int64_t contact_ns; /* of the last contact */
	uint8_t slot_shift; /* a slot is 2^slot_shift steps of 16.8 ms */
	float smooth;	    /* the running mean of the score; 0: none yet */
};

struct beacon_score {
	double total, time, size, histogram, duration; /* 0..1 */
	double interval_s, jitter;		       /* median; MAD / median */
	double size_bytes;			       /* median */
	double timer_nats;			       /* log of the likelihood ratio */
	bool has_size;
};

/* A sign of life of the client. True when it is a contact of its own: not within a second of the
 * one before (browsers open several connections at once). */
bool beacon_rhythm_add(struct beacon_rhythm *rhythm, int64_t time_ns);

/* What the client said in one contact. */
void beacon_rhythm_size(struct beacon_rhythm *rhythm, uint64_t bytes);

/* False: too few contacts. Also takes the score into the running mean. */
bool beacon_rhythm_score(struct beacon_rhythm *rhythm, struct beacon_score *ret_score);

#endif
