/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables.c - see tables.h.
 *
 * Everything is taken before the first packet. The detectors and the rest have a fixed share,
 * reckoned and not measured, so that the same configuration always gives tables of the same size
 * and so the same results; flows and pending entries get what is left.
 */
#include "tables.h"

#include <errno.h>
#include <malloc.h>

#include "app/inventory.h"
#include "conf/conf.h"
#include "lib/keyed.h"

#define DETECTORS_BYTES (264U << 20) /* tables of fixed size, when they are full */
#define DETECTORS_SHARE                                                                            \
	20 /* and a 20th of memory.total, by which the scan detector sizes its own */
#define BOTS_BYTES (54U << 20) /* tables of fixed size of the bot detectors and the census */
#define PAIR_BYTES 272	       /* of the beacon detector, for each of bot.pairs */
#define HOST_BYTES 48	       /* of the census, for each of bot.hosts */
#define APP_SHARE 8	       /* streams and what waits in them: at most so much of memory.total */
#define LOG_BYTES (256U << 10) /* of a lane: 600 events that carry texts in a window */
#define FRAGMENT_BYTES 192     /* of one datagram in pieces, at most */
#define FLOWS_LEAST 1000

static uint64_t at_least(uint64_t value, uint64_t least)
{
	return value > least ? value : least;
}

/* Such a table has a power of two of places. */
static uint64_t places_of(uint64_t wanted)
{
	uint64_t places = KEYED_WAYS;

	while (places < wanted && places < 1U << 24)
		places *= 2;
	return places;
}

/* What looks for bots, the census and the inventory take when they are full. */
static uint64_t bots_memory(const struct conf *conf)
{
	return BOTS_BYTES + places_of(conf->bot.pairs) * PAIR_BYTES +
	       places_of(conf->bot.hosts) * HOST_BYTES + inventory_memory(conf);
}

/* The streams as configured, or fewer when they would take too much of memory.total. */
static uint64_t size_app(struct lane_limits *limits, const struct detector_env *env)
{
	const struct conf *conf = env->conf;
	uint64_t streams = conf->app.streams, parsers = conf->app.parsers;
	uint64_t buffers = conf->app.buffers_bytes, bytes;
	struct app_limits *app = &limits->app;

	limits->has_app = conf->app.inspect == CONF_ON;
	if (!limits->has_app)
		return 0;
	*app = (struct app_limits){ .log_bytes = LOG_BYTES,
		.is_last_wins = conf->app.overlap != 0,
		.seed = env->seed,
		.networks = env->networks };
	for (;; streams = streams * 3 / 4, parsers = parsers * 3 / 4, buffers = buffers * 3 / 4) {
		bool is_least = streams / DECODE_LANES < 16 || parsers / DECODE_LANES < 8 ||
				buffers / DECODE_LANES < 256U << 10;

		app->streams = (uint32_t)at_least(streams / DECODE_LANES, 16);
		app->parsers = (uint32_t)at_least(parsers / DECODE_LANES, 8);
		app->hold_bytes = at_least(buffers / DECODE_LANES, 256U << 10);
		bytes = (uint64_t)app_memory(app) * DECODE_LANES;
		if (is_least || bytes <= conf->memory.total_bytes / APP_SHARE)
			return bytes + bots_memory(conf);
	}
}

/* Tables of flows and pending entries take what the others leave of memory.total. */
static int size_lanes(struct tables *tables, const struct detector_env *env, bool is_huge,
	uint64_t reserved_bytes, struct err *err)
{
	const struct conf *conf = env->conf;
	uint64_t total = conf->memory.total_bytes;
	uint64_t flows = conf->memory.flows, pending = conf->memory.pending;
	uint64_t fixed = DETECTORS_BYTES + total / DETECTORS_SHARE +
			 conf->memory.fragments * FRAGMENT_BYTES + reserved_bytes;
	struct tracker_limits *limits = &tables->limits.tracker;

	tables->limits = (struct lane_limits){
		.tracker = { .is_huge = is_huge, .seed = env->seed },
		.fragments = (unsigned)(conf->memory.fragments / DECODE_LANES),
		.hosts = HOSTS_PER_LANE,
		.seed = env->seed,
	};
	fixed += size_app(&tables->limits, env);
	for (;; flows = flows * 3 / 4, pending = pending * 3 / 4) {
		limits->flows = (uint32_t)(flows / DECODE_LANES);
		limits->pending = (uint32_t)(pending / DECODE_LANES);
		if (flows < FLOWS_LEAST || pending < FLOWS_LEAST)
			return err_set(err, -ENOMEM,
				"memory.total is %llu MB, but without flows the tables may take "
				"%llu MB; raise it",
				(unsigned long long)(total >> 20),
				(unsigned long long)(fixed >> 20));
		tables->memory_bytes = fixed + tracker_memory(limits) * DECODE_LANES;
		if (tables->memory_bytes <= total)
			return 0;
	}
}

static int open_lanes(struct tables *tables)
{
	int r = 0;

	for (unsigned l = 0; r == 0 && l < DECODE_LANES; l++)
		r = lane_open(&tables->lanes[l], &tables->panel, &tables->limits);
	return r;
}

int tables_open(struct tables *tables, const struct detector_env *env, bool is_huge,
	uint64_t reserved_bytes, struct err *err)
{
	int r;

	*tables = (struct tables){ 0 };
	/* Tables come as fresh pages, which cost nothing until they are used, also those that are
	 * opened anew: left alone, the allocator would keep and wipe the old ones. */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (panel_open(&tables->panel, env) < 0)
		return err_set(err, -ENOMEM, "no memory for the detectors");
	r = size_lanes(tables, env, is_huge, reserved_bytes, err);
	if (r < 0)
		return r;
	r = open_lanes(tables);
	return r < 0 ? err_set(err, r,
			       "no memory for the tables; lower memory.flows or memory.pending")
		     : 0;
}

int tables_reopen(struct tables *tables, const struct detector_env *env)
{
	int r;

	tables_close(tables);
	r = panel_open(&tables->panel, env);
	return r < 0 ? r : open_lanes(tables);
}

void tables_close_lanes(struct tables *tables)
{
	for (unsigned l = 0; l < DECODE_LANES; l++)
		lane_close(&tables->lanes[l]);
}

void tables_close(struct tables *tables)
{
	tables_close_lanes(tables);
	panel_close(&tables->panel);
}
