/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_internal.h - the engine from inside: what engine.c, engine_tables.c and engine_report.c
 * share and nobody else. With them, the only place that includes every stage.
 */
#ifndef WEIR_ENGINE_INTERNAL_H
#define WEIR_ENGINE_INTERNAL_H

#include "app/inventory.h"
#include "app/oui.h"
#include "clock.h"
#include "correlate/correlate.h"
#include "crew.h"
#include "curve.h"
#include "engine.h"
#include "slate.h"
#include "tables.h"
#include "track/assume.h"

struct chunk {
	struct frame *frames;
	unsigned first, count; /* the piece at work */
};

struct engine {
	const struct conf *conf;
	struct networks *networks;
	struct detector_env env;
	struct tables tables;
	struct crew *crew;
	struct chunk chunk;
	unsigned chunk_cap;
	/* One a worker: each decodes all of the piece and keeps the packets of its own lanes.
	 * Decoding is the smaller part of the work, and a packet that another core has decoded
	 * would have to be fetched from there, which takes longer. */
	struct slate slates[CREW_MAX];
	struct findings findings;
	struct correlator *correlator;
	struct census *census;	     /* NULL: what conversations say is not read */
	struct inventory *inventory; /* the same */
	struct oui *oui;	     /* makers of network cards; NULL: not known or not needed */
	struct event_sink events;
	struct stream_clock clock;
	struct curve curve;
	struct assume *assume;
	struct assumption assumption;
	unsigned epochs;
	unsigned in_window; /* packets of the open window so far */
	bool is_long;	    /* the input has many packets, or may have */
	int64_t first_ns, last_ns;
	struct track_stats track; /* of lanes that are closed */
	struct losses losses;	  /* of panels that are closed */
	struct app_stats app;	  /* of lanes that are closed */
	struct hosts *hosts;	  /* all lanes together */
	struct report report;
	struct report_file *files;
};

/* Opens the correlator, the panel, the slates, the lanes and the crew. −errno with a message. */
int engine_open_tables(struct engine *engine, unsigned workers, struct err *err);

/* Takes over what lanes and detectors have counted, and closes the lanes. */
void engine_close_lanes(struct engine *engine);

/* Which networks are ours: what the configuration says, else what the first packets suggest. */
int engine_learn_networks(struct engine *engine, struct merge *merge, struct err *err);

/* Writes down what was found out, once all is closed. */
void engine_fill_report(struct engine *engine, const struct merge *merge);

/* Counts the frames by link type. */
void report_link_types(struct report *report, const struct frame *frames, unsigned count);

#endif
