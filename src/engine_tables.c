/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_tables.c - what the engine stands on: its tables, and how they share memory.total.
 *
 * Everything is taken before the first packet. The detectors and the rest have a fixed share,
 * reckoned and not measured, so that the same configuration always gives tables of the same size
 * and so the same results; flows and pending entries get what is left.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf/networks.h"
#include "engine_internal.h"

#define PEEK_FRAMES 4096
#define FINDINGS_MAX 4096
#define DETECTORS_BYTES (264U << 20) /* tables of fixed size, when they are full */
#define DETECTORS_SHARE                                                                            \
	20 /* and a 20th of memory.total, by which the scan detector sizes its own */
#define FRAGMENT_BYTES 192 /* of one datagram in pieces, at most */
#define FLOWS_LEAST 1000
#define HOSTS_PER_LANE 4096

int engine_open_lanes(struct engine *engine)
{
	int r = 0;

	for (unsigned l = 0; r == 0 && l < DECODE_LANES; l++)
		r = lane_open(&engine->lanes[l], &engine->panel, &engine->limits);
	return r;
}

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
	panel_losses(&engine->panel, &engine->losses);
	for (unsigned l = 0; l < DECODE_LANES; l++) {
		struct lane *lane = &engine->lanes[l];

		if (lane->tracker)
			tracker_stats_add(lane->tracker, &engine->track);
		if (lane->hosts && engine->hosts)
			hosts_merge(engine->hosts, lane->hosts);
		engine->report.decode.anomalies[ANOMALY_FRAG_OVERLAP] += lane->overlaps;
		if (lane->fragments)
			add_fragments(&engine->report.fragments, lane->fragments);
		lane_close(lane);
	}
}

static int open_slates(struct engine *engine, unsigned workers)
{
	unsigned cap = engine->chunk_cap;

	engine->chunk.frames = calloc(cap, sizeof(*engine->chunk.frames));
	for (unsigned w = 0; w < workers; w++) {
		struct slate *slate = &engine->slates[w];

		slate->pkts = calloc(cap, sizeof(*slate->pkts));
		slate->sorted = calloc(cap, sizeof(struct pkt *));
		slate->flows = calloc(cap, sizeof(struct flow *));
		if (!slate->pkts || !slate->sorted || !slate->flows)
			return -ENOMEM;
	}
	return engine->chunk.frames ? 0 : -ENOMEM;
}

/* Tables of flows and pending entries take what the others leave of memory.total. */
static int size_lanes(struct engine *engine, struct err *err)
{
	uint64_t total = engine->conf->memory.total_bytes;
	uint64_t flows = engine->conf->memory.flows, pending = engine->conf->memory.pending;
	uint64_t fixed = DETECTORS_BYTES + total / DETECTORS_SHARE +
			 engine->conf->memory.fragments * FRAGMENT_BYTES;
	struct tracker_limits *limits = &engine->limits.tracker;

	engine->limits = (struct lane_limits){
		.tracker = { .is_huge = engine->is_long, .seed = engine->env.seed },
		.fragments = (unsigned)(engine->conf->memory.fragments / DECODE_LANES),
		.hosts = HOSTS_PER_LANE,
		.seed = engine->env.seed,
	};
	for (;; flows = flows * 3 / 4, pending = pending * 3 / 4) {
		limits->flows = (uint32_t)(flows / DECODE_LANES);
		limits->pending = (uint32_t)(pending / DECODE_LANES);
		if (flows < FLOWS_LEAST || pending < FLOWS_LEAST)
			return err_set(err, -ENOMEM,
				"memory.total is %llu MB, but without flows the tables may take "
				"%llu MB; raise it",
				(unsigned long long)(total >> 20),
				(unsigned long long)(fixed >> 20));
		engine->report.memory_bytes = fixed + tracker_memory(limits) * DECODE_LANES;
		if (engine->report.memory_bytes <= total)
			return 0;
	}
}

int engine_open_tables(struct engine *engine, unsigned workers, struct err *err)
{
	int r = open_slates(engine, workers);

	if (r == 0)
		r = panel_open(&engine->panel, &engine->env);
	if (r == 0)
		r = correlator_open(&engine->env, &engine->correlator);
	if (r == 0)
		r = hosts_open(HOSTS_PER_LANE * 4, engine->env.seed, &engine->hosts);
	engine->findings.cap = FINDINGS_MAX;
	engine->findings.list = calloc(FINDINGS_MAX, sizeof(*engine->findings.list));
	if (r < 0 || !engine->findings.list)
		return err_set(err, -ENOMEM, "no memory for the detectors");
	r = size_lanes(engine, err);
	if (r < 0)
		return r;
	r = engine_open_lanes(engine);
	if (r < 0)
		return err_set(
			err, r, "no memory for the tables; lower memory.flows or memory.pending");
	return crew_open(workers, err, &engine->crew);
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
