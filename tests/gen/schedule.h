/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/schedule.h - interleaves pieces of traffic in the order of time.
 *
 * A piece is anything that sends now and then: a flood, a site's stream of new visitors, one TCP
 * conversation. It has the time of its next step; a step emits packets for that very time, may
 * start other pieces, and sets the time of the next one. The schedule is a binary heap of pieces,
 * so memory grows with what goes on at one time, never with the length of the capture. Pieces due
 * at the same time go in the order in which they were started: the result is a function of seed,
 * scale and the list of pieces alone.
 */
#ifndef WEIR_GEN_SCHEDULE_H
#define WEIR_GEN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/packet.h"

#define GEN_EPOCH_NS 1767571200000000000LL /* captures begin on 2026-01-05 00:00:00 UTC */

struct schedule;

/* Embed as the first member. step: false when it was the last one; the piece is freed then. */
struct piece {
	int64_t at_ns;
	uint64_t order;
	bool (*step)(struct piece *piece, struct schedule *schedule);
};

/* Where packets go. put: 0 or −errno, which ends the run. */
struct sink {
	int (*put)(void *state, const struct packet *packet);
	void *state;
};

struct schedule_settings {
	uint64_t seed;
	double scale;	  /* multiplies every rate */
	uint64_t packets; /* ends after so many; 0: when the pieces are over */
	uint16_t vlan;	  /* tags every frame; 0: none */
};

struct schedule *schedule_open(const struct schedule_settings *settings, struct sink sink);
void schedule_close(struct schedule *schedule);

/* Starts a piece: size zeroed bytes that begin with a struct piece. Never NULL: a generator
 * without memory ends with a message. */
void *schedule_start(struct schedule *schedule, size_t size, int64_t at_ns,
	bool (*step)(struct piece *, struct schedule *));

/* Emits a packet at the time of the running step. */
void schedule_emit(struct schedule *schedule, struct packet *packet);

/* Emits a copy of the packet later, at_ns at the earliest now. */
void schedule_emit_later(struct schedule *schedule, int64_t at_ns, const struct packet *packet);

/* A seed for the next piece of the list; conversations take theirs from the piece that starts
 * them. */
uint64_t schedule_seed(struct schedule *schedule);

double schedule_scale(const struct schedule *schedule);

/* Runs to the end. Packets emitted, or −errno of the sink. */
int64_t schedule_run(struct schedule *schedule);

#endif
