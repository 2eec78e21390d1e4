/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lane.c - see lane.h. */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "detect/asking.h"
#include "detect/detectors.h"
#include "detect/lists.h"

/* A size of 0 is a detector without state; calloc may give NULL for it. */
static void *take(size_t size)
{
	return calloc(1, size ? size : 1);
}

static int open_detectors(struct panel *panel, const struct detector_env *env)
{
	for (unsigned i = 0; i < LANE_DETECTORS_MAX && detectors[i]; i++) {
		const struct detector *detector = detectors[i];
		int r;

		panel->states[i] = take(detector->state_size);
		panel->merged[i] = take(detector->summary_size);
		if (!panel->states[i] || !panel->merged[i])
			return -ENOMEM;
		r = detector->init(panel->states[i], env);
		if (r < 0)
			return r;
		panel->detectors[i] = detector;
		panel->count = i + 1;
		r = detector->summary_init
			    ? detector->summary_init(panel->merged[i], panel->states[i], true)
			    : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int panel_open(struct panel *panel, const struct detector_env *env)
{
	struct detector_env shared = *env;
	int r;

	*panel = (struct panel){ 0 };
	r = asking_open(env, &panel->asking);
	if (r < 0)
		return r;
	shared.asking = panel->asking;
	return open_detectors(panel, &shared);
}

void panel_close(struct panel *panel)
{
	for (unsigned i = 0; i < LANE_DETECTORS_MAX; i++) {
		const struct detector *detector = i < panel->count ? panel->detectors[i] : NULL;

		if (detector && detector->summary_close)
			detector->summary_close(panel->merged[i]);
		if (detector && detector->close)
			detector->close(panel->states[i]);
		free(panel->merged[i]);
		free(panel->states[i]);
	}
	asking_close(panel->asking);
	*panel = (struct panel){ 0 };
}

const char *panel_warning(const struct panel *panel, unsigned index)
{
	for (unsigned i = 0; i < panel->count; i++)
		if (panel->detectors[i] == &detector_lists)
			return lists_warning(panel->states[i], index);
	return NULL;
}

void panel_losses(const struct panel *panel, struct losses *losses)
{
	for (unsigned i = 0; i < panel->count; i++)
		if (panel->detectors[i]->losses)
			panel->detectors[i]->losses(panel->states[i], losses);
}

static void end_flow(void *context, const struct flow *flow)
{
	const struct lane *lane = context;

	for (unsigned i = 0; i < lane->panel->count; i++)
		if (lane->panel->detectors[i]->flow_end)
			lane->panel->detectors[i]->flow_end(
				lane->panel->states[i], lane->summaries[i], flow);
	if (lane->app)
		app_flow_end(lane->app, flow);
}

int lane_open(struct lane *lane, const struct panel *panel, const struct lane_limits *limits)
{
	struct flow_end_hook hook = { end_flow, lane };
	int r;

	*lane = (struct lane){ .panel = panel, .seed = limits->seed };
	r = fragments_open(limits->fragments, limits->seed, &lane->fragments);
	if (r == 0)
		r = tracker_open(&limits->tracker, hook, &lane->tracker);
	if (r == 0)
		r = hosts_open(limits->hosts, limits->seed, &lane->hosts);
	if (r == 0 && limits->has_app)
		r = app_open(&limits->app, &lane->app);
	for (unsigned i = 0; r == 0 && i < panel->count; i++) {
		const struct detector *detector = panel->detectors[i];

		lane->summaries[i] = take(detector->summary_size);
		if (!lane->summaries[i])
			r = -ENOMEM;
		else if (detector->summary_init)
			r = detector->summary_init(lane->summaries[i], panel->states[i], false);
	}
	return r;
}

void lane_close(struct lane *lane)
{
	fragments_close(lane->fragments);
	tracker_close(lane->tracker);
	hosts_close(lane->hosts);
	app_close(lane->app);
	for (unsigned i = 0; lane->panel && i < lane->panel->count; i++) {
		if (lane->summaries[i] && lane->panel->detectors[i]->summary_close)
			lane->panel->detectors[i]->summary_close(lane->summaries[i]);
		free(lane->summaries[i]);
	}
	*lane = (struct lane){ 0 };
}

/* Packet by packet, so that a flow that goes is told where it goes, wherever batches end. */
static void track(struct lane *lane, struct pkt *const *pkts, struct flow **flows, unsigned count)
{
	if (!lane->app) {
		tracker_see(lane->tracker, pkts, flows, count);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		tracker_see(lane->tracker, &pkts[i], &flows[i], 1);
		app_see(lane->app, pkts[i], flows[i]);
	}
}

void lane_see(struct lane *lane, struct pkt *const *pkts, struct flow **flows, unsigned count)
{
	const struct panel *panel = lane->panel;

	for (unsigned i = 0; i < count; i++) {
		if (pkts[i]->frag != FRAG_NONE) {
			fragments_see(lane->fragments, pkts[i], lane->seed);
			lane->overlaps += (pkts[i]->anomalies & ANOMALY_BIT(FRAG_OVERLAP)) != 0;
		}
	}
	track(lane, pkts, flows, count);
	hosts_see(lane->hosts, pkts, count);
	for (unsigned i = 0; i < panel->count; i++)
		if (panel->detectors[i]->packets)
			panel->detectors[i]->packets(
				panel->states[i], lane->summaries[i], pkts, flows, count);
	if (lane->memory)
		memory_see(lane->memory, lane->networks, pkts, count);
}

void lane_turn(struct lane *lane, int64_t end_ns)
{
	if (lane->app)
		app_turn(lane->app, end_ns);
	tracker_sweep(lane->tracker, end_ns);
}

/* Detectors are not told: for them these flows are still open. */
static void tell_open_flow(void *context, const struct flow *flow)
{
	app_flow_end(context, flow);
}

void lane_finish(struct lane *lane)
{
	if (!lane->app)
		return;
	app_input_end(lane->app);
	tracker_walk(lane->tracker, (struct flow_end_hook){ tell_open_flow, lane->app });
}

struct hearing {
	struct panel *panel;
	struct census *census;
	const struct event_sink *sink;
	struct findings *findings;
};

static void hear(void *context, const struct app_event *event)
{
	const struct hearing *hearing = context;
	const struct panel *panel = hearing->panel;

	if (hearing->census)
		census_see(hearing->census, event);
	if (hearing->sink && hearing->sink->event)
		hearing->sink->event(hearing->sink->context, event);
	asking_see(panel->asking, event);
	for (unsigned i = 0; i < panel->count; i++)
		if (panel->detectors[i]->event)
			panel->detectors[i]->event(panel->states[i], event, hearing->findings);
}

void panel_hear(struct panel *panel, struct lane *lanes, unsigned lane_count, struct census *census,
	const struct event_sink *sink, struct findings *findings)
{
	struct hearing hearing = { panel, census, sink, findings };
	struct app_log *logs[DECODE_LANES];
	unsigned count = 0;

	for (unsigned l = 0; l < lane_count && l < DECODE_LANES; l++)
		if (lanes[l].app)
			logs[count++] = app_log(lanes[l].app);
	app_logs_drain(logs, count, hear, &hearing);
}

void panel_judge(struct panel *panel, struct lane *lanes, unsigned lane_count, struct window window,
	struct findings *findings)
{
	for (unsigned i = 0; i < panel->count; i++) {
		const struct detector *detector = panel->detectors[i];

		if (detector->merge)
			for (unsigned l = 0; l < lane_count; l++)
				detector->merge(panel->merged[i], lanes[l].summaries[i]);
		if (detector->judge)
			detector->judge(panel->states[i], panel->merged[i], window, findings);
	}
}
