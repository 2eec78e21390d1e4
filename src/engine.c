/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.c - the loop, the only file that includes every stage.
 *
 *   read a chunk → cut it where a window ends → each worker: decode, then track and count its own
 *   lanes → at a window's end: merge the lanes in their order, judge, correlate
 *
 * Time is that of the packets and only goes forward: a packet that is a little late counts as
 * now; a jump back of more than a second (files put together, a clock that was set) ends an
 * epoch, and all but the incidents starts anew; over a gap nothing is counted, the sums just
 * decay.
 */
#include "engine.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "clock.h"
#include "conf/networks.h"
#include "correlate/correlate.h"
#include "crew.h"
#include "curve.h"
#include "lane.h"
#include "track/assume.h"

#define CHUNK_FRAMES 512
#define PEEK_FRAMES 4096
#define FINDINGS_MAX 4096
#define EPOCHS_MAX 64 /* a capture that jumps back more often than this is not worth its reset */
#define SETTLE_NS (10 * NS_PER_S)	 /* after silence: what is unanswered by now stays so */
#define FIXED_SEED 0x77656972207c7c7cULL /* inspect: the same input gives the same report */
#define DETECTORS_BYTES (264U << 20)	 /* tables of fixed size, when they are full */
#define DETECTORS_SHARE                                                                            \
	20 /* and this part of memory.total, by which the scan detector sizes its own */
#define FRAGMENT_BYTES 192 /* of one datagram in pieces, at most */
#define FLOWS_LEAST 1000
#define HOSTS_PER_LANE 4096
#define LONG_INPUT (64 << 20) /* bytes; below, touching whole huge pages costs more than it saves */

/* What one worker makes of the piece at work: every worker decodes all of it and keeps the
 * packets of its own lanes. Decoding is the smaller part of the work, and a packet that another
 * core has decoded would have to be fetched from there, which takes longer. */
struct slate {
	struct pkt *pkts;
	struct pkt **sorted; /* its own, by lane */
	struct flow **flows;
	struct decode_stats ours,
		others; /* of its share of the frames; of the rest, counted elsewhere */
};

struct chunk {
	struct frame *frames;
	unsigned first, count; /* the piece at work */
};

struct engine {
	const struct conf *conf;
	struct lane_limits limits;
	struct networks *networks;
	struct detector_env env;
	struct panel panel;
	struct lane lanes[DECODE_LANES];
	struct crew *crew;
	struct chunk chunk;
	unsigned chunk_cap;
	struct slate slates[CREW_MAX]; /* one a worker */
	struct findings findings;
	struct correlator *correlator;
	struct stream_clock clock;
	struct curve curve;
	struct assume *assume;
	struct assumption assumption;
	unsigned epochs;
	bool is_long; /* the input has many packets, or may have */
	int64_t first_ns, last_ns;
	struct track_stats track; /* of lanes that are closed */
	struct hosts *hosts;	  /* all lanes together */
	struct report report;
	struct report_file *files;
};

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
			tracker_prefetch(engine->lanes[lane].tracker, &slate->pkts[i]);
	}
}

/* One worker's part of a piece: decodes, sorts its own packets by lane (a counting sort, so
 * their order is kept), and runs its lanes. */
static void work_part(void *context, unsigned worker, unsigned workers)
{
	struct engine *engine = context;
	struct slate *slate = &engine->slates[worker];
	unsigned counts[DECODE_LANES] = { 0 }, ends[DECODE_LANES], begin = 0;

	decode_piece(engine, worker, workers, counts);
	for (unsigned l = worker; l < DECODE_LANES; l += workers) {
		ends[l] = begin;
		begin += counts[l];
	}
	for (unsigned i = 0; i < engine->chunk.count; i++) {
		struct pkt *pkt = &slate->pkts[i];

		if (pkt->lane % workers == worker)
			slate->sorted[ends[pkt->lane]++] = pkt;
	}
	for (unsigned l = worker; l < DECODE_LANES; l += workers)
		if (counts[l] > 0)
			lane_see(&engine->lanes[l], &slate->sorted[ends[l] - counts[l]],
				slate->flows, counts[l]);
}

static void sweep_part(void *context, unsigned worker, unsigned workers)
{
	struct engine *engine = context;

	for (unsigned l = worker; l < DECODE_LANES; l += workers)
		tracker_sweep(engine->lanes[l].tracker, engine->clock.window.end_ns);
}

static void judge(struct engine *engine, struct window window)
{
	panel_judge(&engine->panel, engine->lanes, DECODE_LANES, window, &engine->findings);
	correlator_take(engine->correlator, &engine->findings);
}

static void close_window(struct engine *engine)
{
	crew_run(engine->crew, sweep_part, engine);
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

static int open_lanes(struct engine *engine)
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

/* Takes over what the lanes have counted, and closes them. */
static void close_lanes(struct engine *engine)
{
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

/* Time went back: forget all but the counts and the incidents. */
static int begin_epoch(struct engine *engine, struct err *err)
{
	int r;

	close_window(engine);
	settle(engine);
	engine->epochs++;
	close_lanes(engine);
	panel_close(&engine->panel);
	r = panel_open(&engine->panel, &engine->env);
	if (r == 0)
		r = open_lanes(engine);
	return r < 0 ? err_set(err, r, "no memory to begin anew where time jumps back") : 0;
}

/* Runs frames [first, first + count), which all lie in the open window. */
static void run_piece(struct engine *engine, unsigned first, unsigned count)
{
	if (count == 0)
		return;
	engine->chunk.first = first;
	engine->chunk.count = count;
	crew_run(engine->crew, work_part, engine);
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

static void count_link_types(struct report *report, const struct frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct report_link_type *type = report->link_types;
		struct report_link_type *end = type + report->link_type_count;

		while (type < end && type->link_type != frames[i].link_type)
			type++;
		if (type == end) {
			if (report->link_type_count == REPORT_LINK_TYPES)
				continue;
			report->link_type_count++;
			type->link_type = frames[i].link_type;
			type->is_decoded = decode_knows_link_type(frames[i].link_type);
		}
		type->frames++;
	}
}

static int run(struct engine *engine, const struct engine_options *options, struct merge *merge,
	struct err *err)
{
	unsigned count, rounds = 0;

	while ((count = merge_read(merge, engine->chunk.frames, engine->chunk_cap)) > 0) {
		int r;

		count_link_types(&engine->report, engine->chunk.frames, count);
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
	if (engine->clock.is_started) {
		close_window(engine);
		settle(engine);
	}
	correlator_finish(engine->correlator, engine->clock.now_ns);
	return 0;
}

/* Which networks are ours: what the configuration says, else what the first packets suggest. */
static int learn_networks(struct engine *engine, struct merge *merge, struct err *err)
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

static int open_tables(struct engine *engine, unsigned workers, struct err *err)
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
	r = open_lanes(engine);
	if (r < 0)
		return err_set(
			err, r, "no memory for the tables; lower memory.flows or memory.pending");
	return crew_open(workers, err, &engine->crew);
}

static void assume_in_words(struct engine *engine)
{
	struct report *report = &engine->report;

	if (!engine->assume)
		return;
	for (unsigned i = 0; i < engine->assumption.count && i < ASSUMPTION_MAX; i++)
		report->assumptions[report->assumption_count++] = engine->assumption.text[i];
}

static void report_files(struct engine *engine, const struct merge *merge)
{
	unsigned count = merge_source_count(merge);

	engine->files = calloc(count ? count : 1, sizeof(*engine->files));
	for (unsigned i = 0; engine->files && i < count; i++) {
		const struct source *source = merge_source(merge, i);
		struct report_file *file = &engine->files[i];

		file->name = source->name;
		file->format = source->ops->name;
		file->error = merge_source_error(merge, i);
		source->ops->stats(source, &file->stats);
	}
	engine->report.files = engine->files;
	engine->report.file_count = engine->files ? count : 0;
}

static void report_tracking(struct engine *engine)
{
	struct report_track *to = &engine->report.track;
	const struct track_stats *from = &engine->track;
	struct correlator_stats correlated;

	correlator_stats(engine->correlator, &correlated);
	*to = (struct report_track){
		.flows = from->flows,
		.flows_peak = from->flows_peak,
		.flows_evicted = from->flows_evicted,
		.flow_slots = (uint64_t)engine->limits.tracker.flows * DECODE_LANES,
		.pending = from->pending,
		.pending_evicted = from->pending_evicted,
		.pending_slots = (uint64_t)engine->limits.tracker.pending * DECODE_LANES,
		.handshakes = from->handshakes,
		.refused = from->refused,
		.retransmits = from->retransmits,
		.verified_packets = from->verified_packets,
		.unverified_packets = from->unverified_packets,
		.findings = correlated.findings,
		.findings_lost = correlated.findings_lost,
		.incidents_lost = correlated.incidents_lost,
	};
}

static void report_talkers(struct engine *engine)
{
	struct report *report = &engine->report;
	struct host_talk top[REPORT_TALKERS];
	unsigned max = engine->conf->report.talkers < REPORT_TALKERS
			       ? (unsigned)engine->conf->report.talkers
			       : REPORT_TALKERS;

	report->talker_count = hosts_top(engine->hosts, top, max);
	for (unsigned i = 0; i < report->talker_count; i++)
		report->talkers[i] = (struct report_talker){
			.addr = top[i].addr,
			.is_inside = networks_is_inside(engine->networks, &top[i].addr),
			.sent_bytes = top[i].bytes[0],
			.received_bytes = top[i].bytes[1],
			.sent_packets = top[i].packets[0],
			.received_packets = top[i].packets[1],
		};
}

static void report_curve(struct engine *engine)
{
	struct report *report = &engine->report;

	curve_shrink(&engine->curve, REPORT_STEPS);
	report->curve_start_ns = engine->curve.start_ns;
	report->curve_step_ns = engine->curve.step_ns;
	report->curve_count = engine->curve.used;
	memcpy(report->curve_packets, engine->curve.packets, sizeof(report->curve_packets));
	memcpy(report->curve_bytes, engine->curve.bytes, sizeof(report->curve_bytes));
}

static void fill_report(struct engine *engine, const struct merge *merge)
{
	struct report *report = &engine->report;

	for (unsigned w = 0; w < crew_size(engine->crew); w++)
		decode_stats_add(&report->decode, &engine->slates[w].ours);
	report->decode.anomalies[ANOMALY_TIME_BACKWARDS] += engine->clock.late;
	report->decode.anomalies[ANOMALY_TIME_ABSURD] += engine->clock.absurd;
	report->first_ns = engine->first_ns;
	report->last_ns = engine->last_ns;
	report->list_max = (unsigned)engine->conf->report.list_max;
	report->incidents = correlator_incidents(engine->correlator, &report->incident_count);
	report_files(engine, merge);
	report_tracking(engine);
	report_talkers(engine);
	report_curve(engine);
	assume_in_words(engine);
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
	/* Tables come as fresh pages, which cost nothing until they are used, also those that are
	 * opened anew: left alone, the allocator would keep and wipe the old ones. */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	engine->conf = options->conf;
	engine->chunk_cap = options->chunk ? options->chunk : CHUNK_FRAMES;
	if (engine->chunk_cap > TRACK_BATCH_MAX)
		engine->chunk_cap = TRACK_BATCH_MAX;
	engine->clock.base_ns = (int64_t)options->conf->window.base_ms * NS_PER_MS;
	engine->env.conf = options->conf;
	engine->env.seed = options->conf->seed ? options->conf->seed : FIXED_SEED;
	engine->is_long = is_long(merge);
	r = learn_networks(engine, merge, err);
	engine->env.networks = engine->networks;
	if (r == 0)
		r = open_tables(engine, options->workers, err);
	if (r == 0)
		r = run(engine, options, merge, err);
	if (r < 0) {
		engine_close(engine);
		return r;
	}
	close_lanes(engine);
	fill_report(engine, merge);
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
	for (unsigned l = 0; l < DECODE_LANES; l++)
		lane_close(&engine->lanes[l]);
	panel_close(&engine->panel);
	correlator_close(engine->correlator);
	hosts_close(engine->hosts);
	assume_close(engine->assume);
	networks_close(engine->networks);
	for (unsigned w = 0; w < CREW_MAX; w++) {
		free(engine->slates[w].pkts);
		free(engine->slates[w].sorted);
		free(engine->slates[w].flows);
	}
	free(engine->chunk.frames);
	free(engine->findings.list);
	free(engine->files);
	free(engine);
}
