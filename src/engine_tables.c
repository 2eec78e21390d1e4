/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_tables.c - what the engine that inspects has besides tables.c, and how it learns which
 * networks are inside.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf/networks.h"
#include "engine_internal.h"

#define PEEK_FRAMES 4096
#define FINDINGS_MAX 4096

static void add_fragments(struct fragments_stats *sum, const struct fragments *fragments)
{
	struct fragments_stats stats;

	fragments_stats(fragments, &stats);
	sum->datagrams += stats.datagrams;
	sum->attributed += stats.attributed;
	sum->unattributed += stats.unattributed;
	sum->evicted += stats.evicted;
	sum->expired += stats.expired;
}

void engine_close_lanes(struct engine *engine)
{
	panel_losses(&engine->tables.panel, &engine->losses);
	engine->losses.forgotten += census_forgotten(engine->census);
	for (unsigned l = 0; l < DECODE_LANES; l++) {
		struct lane *lane = &engine->tables.lanes[l];

		if (lane->tracker)
			tracker_stats_add(lane->tracker, &engine->track);
		if (lane->app)
			app_stats_add(lane->app, &engine->app);
		if (lane->hosts && engine->hosts)
			hosts_merge(engine->hosts, lane->hosts);
		engine->report.decode.anomalies[ANOMALY_FRAG_OVERLAP] += lane->overlaps;
		if (lane->fragments)
			add_fragments(&engine->report.fragments, lane->fragments);
	}
	tables_close_lanes(&engine->tables);
}

static int open_slates(struct engine *engine, unsigned workers)
{
	int r = 0;

	engine->chunk.frames = calloc(engine->chunk_cap, sizeof(*engine->chunk.frames));
	for (unsigned w = 0; w < workers && r == 0; w++)
		r = slate_open(&engine->slates[w], engine->chunk_cap);
	return engine->chunk.frames ? r : -ENOMEM;
}

int engine_open_tables(struct engine *engine, unsigned workers, struct err *err)
{
	int r = open_slates(engine, workers);

	if (r == 0 && engine->conf->app.inspect == CONF_ON)
		r = census_open(engine->conf, engine->networks, engine->env.seed, &engine->census);
	if (r == 0 && engine->conf->app.inspect == CONF_ON)
		r = inventory_open(
			engine->conf, engine->networks, engine->env.seed, &engine->inventory);
	engine->env.census = engine->census;
	if (r == 0)
		r = correlator_open(&engine->env, &engine->correlator);
	if (r == 0)
		r = hosts_open(HOSTS_PER_LANE * 4, engine->env.seed, &engine->hosts);
	engine->findings.cap = FINDINGS_MAX;
	engine->findings.list = calloc(FINDINGS_MAX, sizeof(*engine->findings.list));
	if (r < 0 || !engine->findings.list)
		return err_set(err, -ENOMEM, "no memory for the detectors");
	r = tables_open(&engine->tables, &engine->env, engine->is_long, 0, err);
	return r < 0 ? r : crew_open(workers, err, &engine->crew);
}

int engine_learn_networks(struct engine *engine, struct merge *merge, struct err *err)
{
	struct frame *frames;
	struct decode_stats stats = { 0 };
	unsigned count;
	int r;

	if (engine->conf->networks.count > 0 || engine->conf->group_count > 0)
		return networks_open(engine->conf, err, &engine->networks);
	frames = calloc(PEEK_FRAMES, sizeof(*frames));
	r = networks_open_empty(&engine->networks);
	if (r == 0)
		r = assume_open(engine->env.seed, &engine->assume);
	if (!frames || r < 0) {
		free(frames);
		return err_set(err, -ENOMEM, "no memory to look at the first packets");
	}
	count = merge_peek(merge, frames, PEEK_FRAMES);
	for (unsigned i = 0; i < count; i++) {
		struct pkt pkt;

		decode_frame(&frames[i], engine->env.seed, &pkt, &stats);
		assume_see(engine->assume, &pkt);
	}
	free(frames);
	r = assume_decide(engine->assume, engine->networks, &engine->assumption);
	if (r == 0)
		r = networks_build(engine->networks);
	return r < 0 ? err_set(err, r, "cannot work out which networks are inside; set networks:")
		     : 0;
}
