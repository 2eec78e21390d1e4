/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_capture.c - what was read and counted, as JSON: capture, stats, assumptions, talkers.
 */
#include "record/curve.h"
#include "record/json_value.h"

/* Appends one value an index to a new array. NULL when memory ran out. */
static json_t *array_of(const struct report *report, unsigned count,
	json_t *(*make)(const struct report *, unsigned))
{
	json_t *array = json_array();

	if (!array)
		return NULL;
	for (unsigned i = 0; i < count; i++) {
		if (!array_add(array, make(report, i))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *file_object(const struct report *report, unsigned index)
{
	const struct report_file *file = &report->files[index];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "name", value_text(file->name));
	fields_put(&fields, "format", value_text(file->format));
	fields_put(&fields, "packets", value_count(file->stats.packets));
	fields_put(&fields, "bytes", value_count(file->stats.bytes));
	fields_put(&fields, "snapped", value_count(file->stats.snapped));
	fields_put(&fields, "kernel_drops", value_count(file->stats.kernel_drops));
	fields_put(&fields, "error", value_text(file->error));
	return fields_end(&fields);
}

static json_t *link_object(const struct report *report, unsigned index)
{
	const struct report_link_type *link = &report->link_types[index];
	struct fields fields;
	char name[32];

	fields_begin(&fields);
	fields_put(&fields, "name", json_string(source_link_type_name(link->link_type, name)));
	fields_put(&fields, "number", json_integer(link->link_type));
	fields_put(&fields, "decoded", json_boolean(link->is_decoded));
	fields_put(&fields, "frames", value_count(link->frames));
	return fields_end(&fields);
}

static json_t *curve_packets(const struct report *report, unsigned index)
{
	return value_count(report->curve_packets[index]);
}

static json_t *curve_bytes(const struct report *report, unsigned index)
{
	return value_count(report->curve_bytes[index]);
}

static json_t *curve_object(const struct report *report)
{
	unsigned count = report->curve_count < REPORT_STEPS ? report->curve_count : REPORT_STEPS;
	struct fields fields;

	if (report->curve_step_ns <= 0)
		return json_null();
	fields_begin(&fields);
	fields_put(&fields, "start", value_time(report->curve_start_ns));
	fields_put(&fields, "step_s", value_seconds(report->curve_step_ns));
	fields_put(&fields, "packets", array_of(report, count, curve_packets));
	fields_put(&fields, "bytes", array_of(report, count, curve_bytes));
	return fields_end(&fields);
}

json_t *value_capture(const struct report *report)
{
	bool has_packets = report->decode.frames > 0;
	int64_t span_ns = has_packets ? time_span_ns(report->first_ns, report->last_ns) : 0;
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "files", array_of(report, report->file_count, file_object));
	fields_put(&fields, "packets", value_count(report->decode.frames));
	fields_put(&fields, "bytes", value_count(report->decode.bytes));
	fields_put(&fields, "first_seen", has_packets ? value_time(report->first_ns) : json_null());
	fields_put(&fields, "last_seen", has_packets ? value_time(report->last_ns) : json_null());
	fields_put(&fields, "duration_s", value_seconds(span_ns));
	fields_put(&fields, "link_types", array_of(report, report->link_type_count, link_object));
	fields_put(&fields, "curve", curve_object(report));
	return fields_end(&fields);
}

static json_t *layers_object(const struct decode_stats *decode)
{
	struct fields fields;

	fields_begin(&fields);
	for (unsigned i = 0; i < LAYER_COUNT; i++)
		fields_put(&fields, layer_names[i], value_count(decode->layers[i]));
	return fields_end(&fields);
}

static json_t *decode_object(const struct decode_stats *decode)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "frames", value_count(decode->frames));
	fields_put(&fields, "bytes", value_count(decode->bytes));
	fields_put(&fields, "ip_packets", value_count(decode->ip_packets));
	fields_put(&fields, "unknown_link", value_count(decode->unknown_link));
	fields_put(&fields, "layers", layers_object(decode));
	return fields_end(&fields);
}

static json_t *anomalies_object(const struct decode_stats *decode)
{
	struct fields fields;

	fields_begin(&fields);
	for (unsigned i = 0; i < ANOMALY_COUNT; i++)
		fields_put(&fields, anomaly_infos[i].name, value_count(decode->anomalies[i]));
	return fields_end(&fields);
}

static json_t *fragments_object(const struct fragments_stats *stats)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "datagrams", value_count(stats->datagrams));
	fields_put(&fields, "attributed", value_count(stats->attributed));
	fields_put(&fields, "unattributed", value_count(stats->unattributed));
	fields_put(&fields, "evicted", value_count(stats->evicted));
	fields_put(&fields, "expired", value_count(stats->expired));
	return fields_end(&fields);
}

static json_t *track_object(const struct report_track *track)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "flows", value_count(track->flows));
	fields_put(&fields, "flows_peak", value_count(track->flows_peak));
	fields_put(&fields, "flows_evicted", value_count(track->flows_evicted));
	fields_put(&fields, "flow_slots", value_count(track->flow_slots));
	fields_put(&fields, "pending", value_count(track->pending));
	fields_put(&fields, "pending_evicted", value_count(track->pending_evicted));
	fields_put(&fields, "pending_slots", value_count(track->pending_slots));
	fields_put(&fields, "handshakes", value_count(track->handshakes));
	fields_put(&fields, "refused", value_count(track->refused));
	fields_put(&fields, "retransmits", value_count(track->retransmits));
	fields_put(&fields, "verified_packets", value_count(track->verified_packets));
	fields_put(&fields, "unverified_packets", value_count(track->unverified_packets));
	fields_put(&fields, "flows_refused", value_count(track->flows_refused));
	fields_put(&fields, "hosts_evicted", value_count(track->hosts_evicted));
	fields_put(&fields, "uncounted", value_count(track->uncounted));
	fields_put(&fields, "forgotten", value_count(track->forgotten));
	fields_put(&fields, "findings", value_count(track->findings));
	fields_put(&fields, "findings_lost", value_count(track->findings_lost));
	fields_put(&fields, "incidents_lost", value_count(track->incidents_lost));
	return fields_end(&fields);
}

static json_t *protos_object(const struct app_stats *stats)
{
	struct fields fields;

	fields_begin(&fields);
	for (unsigned proto = 0; proto < APP_PROTO_COUNT; proto++)
		if (stats->by_proto[proto])
			fields_put(&fields, app_proto_names[proto],
				value_count(stats->by_proto[proto]));
	return fields_end(&fields);
}

static json_t *app_object(const struct app_stats *stats)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "streams", value_count(stats->streams));
	fields_put(&fields, "streams_now", value_count(stats->streams_now));
	fields_put(&fields, "streams_evicted", value_count(stats->streams_evicted));
	fields_put(&fields, "streams_refused", value_count(stats->streams_refused));
	fields_put(&fields, "parsers_refused", value_count(stats->parsers_refused));
	fields_put(&fields, "parsers_given_up", value_count(stats->parsers_given_up));
	fields_put(&fields, "stream_bytes", value_count(stats->stream_bytes));
	fields_put(&fields, "gap_bytes", value_count(stats->gap_bytes));
	fields_put(&fields, "gaps", value_count(stats->gaps));
	fields_put(&fields, "out_of_order", value_count(stats->out_of_order));
	fields_put(&fields, "overlaps", value_count(stats->overlaps));
	fields_put(&fields, "conflicts", value_count(stats->conflicts));
	fields_put(&fields, "holds_refused", value_count(stats->holds_refused));
	fields_put(&fields, "datagrams_skipped", value_count(stats->datagrams_skipped));
	fields_put(&fields, "events", value_count(stats->log.events));
	fields_put(&fields, "events_lost", value_count(stats->log.lost));
	fields_put(&fields, "by_proto", protos_object(stats));
	return fields_end(&fields);
}

json_t *value_stats(const struct report *report)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "decode", decode_object(&report->decode));
	fields_put(&fields, "anomalies", anomalies_object(&report->decode));
	fields_put(&fields, "fragments", fragments_object(&report->fragments));
	fields_put(&fields, "track", track_object(&report->track));
	fields_put(&fields, "app", app_object(&report->app));
	fields_put(&fields, "memory_bytes", value_count(report->memory_bytes));
	return fields_end(&fields);
}

static json_t *assumption_text(const struct report *report, unsigned index)
{
	return value_text(report->assumptions[index]);
}

json_t *value_assumptions(const struct report *report)
{
	return array_of(report, report->assumption_count, assumption_text);
}

static json_t *talker_object(const struct report *report, unsigned index)
{
	const struct report_talker *talker = &report->talkers[index];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "address", value_address(&talker->addr, 128));
	fields_put(&fields, "inside", json_boolean(talker->is_inside));
	fields_put(&fields, "sent_bytes", value_count(talker->sent_bytes));
	fields_put(&fields, "received_bytes", value_count(talker->received_bytes));
	fields_put(&fields, "sent_packets", value_count(talker->sent_packets));
	fields_put(&fields, "received_packets", value_count(talker->received_packets));
	return fields_end(&fields);
}

json_t *value_talkers(const struct report *report)
{
	return array_of(report, report->talker_count, talker_object);
}
