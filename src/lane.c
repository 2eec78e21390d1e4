/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lane.c - see lane.h. */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>

#include "detect/detectors.h"

/* A size of 0 is a detector without state; calloc may give NULL for it. */
static void *take(size_t size)
{
	return calloc(1, size ? size : 1);
}

int panel_open(struct panel *panel, const struct detector_env *env)
{
	*panel = (struct panel){ 0 };
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
	*panel = (struct panel){ 0 };
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
	for (unsigned i = 0; lane->panel && i < lane->panel->count; i++) {
		if (lane->summaries[i] && lane->panel->detectors[i]->summary_close)
			lane->panel->detectors[i]->summary_close(lane->summaries[i]);
		free(lane->summaries[i]);
	}
	*lane = (struct lane){ 0 };
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
	tracker_see(lane->tracker, pkts, flows, count);
	hosts_see(lane->hosts, pkts, count);
	for (unsigned i = 0; i < panel->count; i++)
		if (panel->detectors[i]->packets)
			panel->detectors[i]->packets(
				panel->states[i], lane->summaries[i], pkts, flows, count);
	if (lane->memory)
		memory_see(lane->memory, lane->networks, pkts, count);
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
