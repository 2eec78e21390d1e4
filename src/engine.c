/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.c - the loop. Its tables are opened in engine_tables.c, its report filled in
 * engine_report.c.
 *
 *   read a chunk → cut it where a window ends → each worker: decode, then track and count its own
 *   lanes → at a window's end: merge the lanes in their order, judge, correlate
 *
 * Time is that of the packets and only goes forward: a packet that is a little late counts as
 * now; a jump back of more than a second (files put together, a clock that was set) ends an
 * epoch, and all but the incidents starts anew; over a gap nothing is counted, the sums just
 * decay.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine_internal.h"

#define CHUNK_FRAMES 512
#define FEW_PACKETS 32
#define EPOCHS_MAX 64 /* a capture that jumps back more often than this is not worth its reset */
#define SETTLE_NS (10 * NS_PER_S)	 /* after silence: what is unanswered by now stays so */
#define FIXED_SEED 0x77656972207c7c7cULL /* inspect: the same input gives the same report */
#define LONG_INPUT (64 << 20) /* bytes; below, touching whole huge pages costs more than it saves */

/* Decodes the piece and counts how many packets each own lane has. */
static void decode_piece(struct engine *engine, unsigned worker, unsigned workers, unsigned *counts)
{
	const struct chunk *chunk = &engine->chunk;
	struct slate *slate = &engine->slates[worker];
	unsigned from = chunk->count * worker / workers, to = chunk->count * (worker + 1) / workers;

	for (unsigned i = 0; i < chunk->count; i++) {
		bool is_ours = i >= from && i < to;
		unsigned lane;

		decode_frame(&chunk->frames[chunk->first + i], engine->env.seed, &slate->pkts[i],
			is_ours ? &slate->ours : &slate->others);
		lane = slate->pkts[i].lane;
		counts[lane]++;
		/* Early, so that it has arrived when the lane runs. */
		if (lane % workers == worker)
			tracker_prefetch(engine->tables.lanes[lane].tracker, &slate->pkts[i]);
	}
}

/* One worker's part of a piece: decodes, and runs its own lanes. */
static void work_part(void *context, unsigned worker, unsigned workers)
{
	struct engine *engine = context;
	unsigned counts[DECODE_LANES] = { 0 };

	decode_piece(engine, worker, workers, counts);
	slate_run(&engine->slates[worker], engine->tables.lanes, engine->chunk.count, counts,
		worker, workers);
}

static void sweep_part(void *context, unsigned worker, unsigned workers)
{
	struct engine *engine = context;

	for (unsigned l = worker; l < DECODE_LANES; l += workers)
		lane_turn(&engine->tables.lanes[l], engine->clock.window.end_ns);
}

static void finish_part(void *context, unsigned worker, unsigned workers)
{
	struct engine *engine = context;

	for (unsigned l = worker; l < DECODE_LANES; l += workers)
		lane_finish(&engine->tables.lanes[l]);
}

static void see_event(void *context, const struct app_event *event)
{
	const struct engine *engine = context;

	if (engine->inventory)
		inventory_see(engine->inventory, event);
	if (engine->events.event)
		engine->events.event(engine->events.context, event);
}

static void judge(struct engine *engine, struct window window)
{
	struct tables *tables = &engine->tables;
	struct event_sink sink = { see_event, engine };

	panel_hear(&tables->panel, tables->lanes, DECODE_LANES, engine->census, &sink,
		&engine->findings);
	panel_judge(&tables->panel, tables->lanes, DECODE_LANES, window, &engine->findings);
	correlator_take(engine->correlator, &engine->findings);
}

/* A capture of hours with a packet now and then has nothing to share out. */
static void run_step(struct engine *engine, crew_part *part, unsigned packets)
{
	if (packets < FEW_PACKETS)
		crew_run_alone(engine->crew, part, engine);
	else
		crew_run(engine->crew, part, engine);
}

static void close_window(struct engine *engine)
{
	run_step(engine, sweep_part, engine->in_window);
	engine->in_window = 0;
	judge(engine, engine->clock.window);
}

/* Nothing came for a while, or nothing comes any more: what has not been answered is judged so. */
static void settle(struct engine *engine)
{
	struct window silence = engine->clock.window;

	silence.start_ns = silence.end_ns;
	silence.end_ns += SETTLE_NS;
	judge(engine, silence);
}

/* Nothing comes any more, in this epoch or at all. */
static void end_input(struct engine *engine)
{
	close_window(engine);
	crew_run(engine->crew, finish_part, engine);
	settle(engine);
}

/* Time went back: forget all but the counts and the incidents. */
static int begin_epoch(struct engine *engine, struct err *err)
{
	int r;

	end_input(engine);
	engine->epochs++;
	engine_close_lanes(engine);
	r = tables_reopen(&engine->tables, &engine->env);
	return r < 0 ? err_set(err, r, "no memory to begin anew where time jumps back") : 0;
}

/* Runs frames [first, first + count), which all lie in the open window. */
static void run_piece(struct engine *engine, unsigned first, unsigned count)
{
	if (count == 0)
		return;
	engine->chunk.first = first;
	engine->chunk.count = count;
	engine->in_window += count;
	run_step(engine, work_part, count);
}

static int run_chunk(struct engine *engine, unsigned count, struct err *err)
{
	unsigned first = 0;

	for (unsigned i = 0; i < count; i++) {
		struct frame *frame = &engine->chunk.frames[i];
		enum clock_step step =
			clock_see(&engine->clock, &frame->time_ns, engine->epochs < EPOCHS_MAX);
		int r;

		curve_add(&engine->curve, frame->time_ns, frame->wire_len);
		if (!engine->clock.is_started || frame->time_ns < engine->first_ns)
			engine->first_ns = frame->time_ns;
		if (!engine->clock.is_started || frame->time_ns > engine->last_ns)
			engine->last_ns = frame->time_ns;
		if (step == CLOCK_SAME_WINDOW)
			continue;
		run_piece(engine, first, i - first);
		first = i;
		if (step == CLOCK_BACK) {
			r = begin_epoch(engine, err);
			if (r < 0)
				return r;
		} else if (step != CLOCK_FIRST) {
			close_window(engine);
			if (step == CLOCK_GAP)
				settle(engine);
		}
		clock_enter(&engine->clock, frame->time_ns);
	}
	run_piece(engine, first, count - first);
	return 0;
}

static int run(struct engine *engine, const struct engine_options *options, struct merge *merge,
	struct err *err)
{
	unsigned count, rounds = 0;

	while ((count = merge_read(merge, engine->chunk.frames, engine->chunk_cap)) > 0) {
		int r;

		report_link_types(&engine->report, engine->chunk.frames, count);
		r = run_chunk(engine, count, err);
		if (r < 0)
			return r;
		if (options->progress && ++rounds % 256 == 0) {
			struct source_stats stats;

			merge_stats(merge, &stats);
			options->progress(
				options->progress_context, stats.bytes_done, stats.bytes_total);
		}
	}
	if (engine->clock.is_started)
		end_input(engine);
	correlator_finish(engine->correlator, engine->clock.now_ns);
	return 0;
}

static bool is_long(const struct merge *merge)
{
	struct source_stats stats;

	merge_stats(merge, &stats);
	return stats.bytes_total == 0 || stats.bytes_total >= LONG_INPUT;
}

int engine_inspect(const struct engine_options *options, struct merge *merge, struct err *err,
	struct engine **ret_engine)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return err_set(err, -ENOMEM, "no memory");
	engine->conf = options->conf;
	engine->chunk_cap = options->chunk ? options->chunk : CHUNK_FRAMES;
	if (engine->chunk_cap > TRACK_BATCH_MAX)
		engine->chunk_cap = TRACK_BATCH_MAX;
	engine->clock.base_ns = (int64_t)options->conf->window.base_ms * NS_PER_MS;
	engine->env.conf = options->conf;
	engine->events = options->events;
	engine->env.seed = options->conf->seed ? options->conf->seed : FIXED_SEED;
	engine->is_long = is_long(merge);
	r = engine_learn_networks(engine, merge, err);
	engine->env.networks = engine->networks;
	if (r == 0)
		r = engine_open_tables(engine, options->workers, err);
	if (r == 0)
		r = run(engine, options, merge, err);
	if (r < 0) {
		engine_close(engine);
		return r;
	}
	engine_close_lanes(engine);
	engine_fill_report(engine, merge);
	*ret_engine = engine;
	return 0;
}

const struct report *engine_report(const struct engine *engine)
{
	return &engine->report;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	crew_close(engine->crew);
	tables_close(&engine->tables);
	correlator_close(engine->correlator);
	census_close(engine->census);
	inventory_close(engine->inventory);
	oui_close(engine->oui);
	hosts_close(engine->hosts);
	assume_close(engine->assume);
	networks_close(engine->networks);
	for (unsigned w = 0; w < CREW_MAX; w++)
		slate_close(&engine->slates[w]);
	free(engine->chunk.frames);
	free(engine->findings.list);
	free(engine->files);
	free(engine);
}
