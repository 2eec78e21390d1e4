/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lane.h - everything that is known of one 32nd of the address pairs.
 *
 * A lane has its own fragment table, tracker, streams, host table and one summary a detector. Which
 * worker runs it changes nothing: lanes share nothing, and are merged in their order.
 */
#ifndef WEIR_LANE_H
#define WEIR_LANE_H

#include "app/app.h"
#include "app/census.h"
#include "decide/memory.h"
#include "decode/fragments.h"
#include "track/hosts.h"
#include "track/track.h"
#include "types.h"

#define LANE_DETECTORS_MAX 32

/* The detectors' states, which all lanes read and only judging changes. */
struct panel {
	unsigned count;
	struct asking *asking; /* hears each event before the detectors, who read it */
	const struct detector *detectors[LANE_DETECTORS_MAX];
	void *states[LANE_DETECTORS_MAX];
	void *merged[LANE_DETECTORS_MAX];
};

struct lane_limits {
	struct tracker_limits tracker;
	unsigned fragments, hosts;
	bool has_app;
	struct app_limits app;
	uint64_t seed;
};

/* Who else is told all events, before the detectors. event: may be NULL. */
struct event_sink {
	void (*event)(void *context, const struct app_event *event);
	void *context;
};

struct lane {
	struct fragments *fragments;
	struct tracker *tracker;
	struct hosts *hosts;
	struct app *app; /* NULL: what conversations say is not read */
	const struct panel *panel;
	void *summaries[LANE_DETECTORS_MAX];
	uint64_t seed;
	uint64_t overlaps; /* fragments that overlap: the fragment table knows, decode cannot */
	/* Live only, else NULL: traffic memory, not the lane's own, and what is inside. */
	struct memory *memory;
	const struct networks *networks;
};

/* -ENOMEM. panel_close() may be called after any failure. */
int panel_open(struct panel *panel, const struct detector_env *env);
void panel_close(struct panel *panel);

int lane_open(struct lane *lane, const struct panel *panel, const struct lane_limits *limits);
void lane_close(struct lane *lane);

/* Tracks the packets, which are of this lane, and lets all detectors count them. flows: scratch of
 * count. */
void lane_see(struct lane *lane, struct pkt *const *pkts, struct flow **flows, unsigned count);

/* A window ends: idle flows go. */
void lane_turn(struct lane *lane, int64_t end_ns);

/* The input ends: all conversations that are still open are told. Nothing may be seen after. */
void lane_finish(struct lane *lane);

/* What the operator should know of the lists (lists:): one that is empty, unreadable or stale. The
 * index-th sentence, or NULL after the last one; valid as long as the panel. */
const char *panel_warning(const struct panel *panel, unsigned index);

/* Adds what the detectors' tables could not hold. */
void panel_losses(const struct panel *panel, struct losses *losses);

/* Takes all events of all lanes, in the order of time and lane: the census sees each first (NULL:
 * there is none), then the sink, then the detectors. */
void panel_hear(struct panel *panel, struct lane *lanes, unsigned lane_count, struct census *census,
	const struct event_sink *sink, struct findings *findings);

/* A window ends: merges all lanes, in their order, and judges. */
void panel_judge(struct panel *panel, struct lane *lanes, unsigned lane_count, struct window window,
	struct findings *findings);

#endif
