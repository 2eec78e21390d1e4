/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_internal.h - the live engine from inside: what live.c (opening, closing, asking),
 * live_round.c (packets and windows) and live_top.c (busiest hosts) share.
 */
#ifndef WEIR_LIVE_INTERNAL_H
#define WEIR_LIVE_INTERNAL_H

#include "app/inventory.h"
#include "crew.h"
#include "live.h"
#include "slate.h"
#include "tables.h"

#define LIVE_BATCH 1024 /* frames of one source read at a time */

/* A source, and frames of it that are not yet seen. */
struct live_input {
	struct source *source;
	struct frame *frames; /* LIVE_BATCH */
	unsigned count, next;
	int64_t last_ns; /* packet time of the last frame */
	bool is_drained; /* had nothing more when it was last asked */
	bool is_down;	 /* no frame since it said so */
	bool is_gone;
};

struct live_worker {
	_Alignas(64) struct live_input *inputs;
	unsigned input_count;
	struct slate slate;
	unsigned seen; /* frames in this round */
	uint64_t packets, bytes, late;
};

struct live {
	struct detector_env env;
	struct tables *tables;
	struct memory *memories[DECODE_LANES];
	struct crew *crew;
	struct live_worker workers[CREW_MAX];
	struct live_input *inputs; /* in the order of the workers; a worker's are a part of them */
	struct pollfd *polls;	   /* one an input */
	unsigned input_count, worker_count, interface_count;
	unsigned *interface_of; /* input → interface */
	struct findings findings;
	struct correlator *correlator;
	struct census *census;	     /* NULL: what conversations say is not read */
	struct inventory *inventory; /* the same; goes on over a reload */
	const struct oui *makers;    /* the caller's */
	struct event_sink events;

	/* Time. Packet time is begin + the monotonic clock's progress since. */
	live_clock *clock;
	void *clock_context;
	int64_t begin_ns;
	uint64_t begin_monotonic_ns;
	int64_t now_ns;
	uint64_t monotonic_ns;
	int64_t offset_ns; /* packet time - wall clock, in this round */
	int64_t base_ns;   /* length of a window */
	struct window window;
	int64_t last_packet_ns; /* end of the last window that had one */
	uint64_t seen_in_window;

	struct track_stats track; /* of lanes that are closed */
	struct losses losses;	  /* of panels that are closed */
	struct app_stats app;	  /* of lanes that are closed */

	/* live_top.c */
	struct hosts *period, *all; /* of the last whole period; scratch */
	int64_t period_ns;	    /* how long it was; 0: none yet */
	int64_t period_from_ns;	    /* when the one that goes on began */
};

/* Reads the clocks: now_ns, monotonic_ns, offset_ns. */
void live_tick(struct live *live);

/* Opens the window that holds this time. */
void live_enter(struct live *live, int64_t time_ns);

/* A window has ended: starts a new period of the host tables when it is time. */
void live_top_turn(struct live *live);

#endif
