/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_report.c - fills the report of what lanes, correlator and sources have counted.
 */
#include <stdlib.h>

#include "conf/networks.h"
#include "engine_internal.h"

void report_link_types(struct report *report, const struct frame *frames, unsigned count)
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

static void assume_in_words(struct engine *engine)
{
	struct report *report = &engine->report;

	if (!engine->assume)
		return;
	for (unsigned i = 0; i < engine->assumption.count && i < ASSUMPTION_MAX; i++)
		report->assumptions[report->assumption_count++] = engine->assumption.text[i];
}

static void warn_of_lists(struct engine *engine)
{
	struct report *report = &engine->report;
	const char *warning;

	for (unsigned i = 0; report->assumption_count < REPORT_ASSUMPTIONS &&
			     (warning = panel_warning(&engine->tables.panel, i)) != NULL;
		i++)
		report->assumptions[report->assumption_count++] = warning;
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
	struct hosts_stats hosts = { 0 };

	correlator_stats(engine->correlator, &correlated);
	hosts_stats_add(engine->hosts, &hosts);
	*to = (struct report_track){
		.flows = from->flows,
		.flows_peak = from->flows_peak,
		.flows_evicted = from->flows_evicted,
		.flow_slots = (uint64_t)engine->tables.limits.tracker.flows * DECODE_LANES,
		.pending = from->pending,
		.pending_evicted = from->pending_evicted,
		.pending_slots = (uint64_t)engine->tables.limits.tracker.pending * DECODE_LANES,
		.handshakes = from->handshakes,
		.refused = from->refused,
		.retransmits = from->retransmits,
		.verified_packets = from->verified_packets,
		.unverified_packets = from->unverified_packets,
		.flows_refused = from->flows_refused,
		.hosts_evicted = hosts.evicted,
		.uncounted = engine->losses.uncounted,
		.forgotten = engine->losses.forgotten,
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

/* The list of makers is only read when somebody's MAC address is known. */
static void report_hosts(struct engine *engine)
{
	engine->report.inventory = engine->inventory;
	if (engine->inventory && inventory_has_macs(engine->inventory) &&
		oui_open(OUI_PATH, &engine->oui) == 0)
		inventory_set_makers(engine->inventory, engine->oui);
}

void engine_fill_report(struct engine *engine, const struct merge *merge)
{
	struct report *report = &engine->report;

	for (unsigned w = 0; w < crew_size(engine->crew); w++)
		decode_stats_add(&report->decode, &engine->slates[w].ours);
	report->decode.anomalies[ANOMALY_TIME_BACKWARDS] += engine->clock.late;
	report->decode.anomalies[ANOMALY_TIME_ABSURD] += engine->clock.absurd;
	report->app = engine->app;
	report->memory_bytes = engine->tables.memory_bytes;
	report->first_ns = engine->first_ns;
	report->last_ns = engine->last_ns;
	report->list_max = (unsigned)engine->conf->report.list_max;
	report->incidents = correlator_incidents(engine->correlator, &report->incident_count);
	report_files(engine, merge);
	report_tracking(engine);
	report_talkers(engine);
	report_hosts(engine);
	report_curve(engine);
	assume_in_words(engine);
	warn_of_lists(engine);
}
