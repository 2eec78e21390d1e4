/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_incident.c - the incident object, the same in -j, in -o and in the API.
 *
 * First what every reader needs, in a fixed order; then what a program may want beside it.
 */
#include <string.h>

#include "lib/text.h"
#include "record/curve.h"
#include "record/json_value.h"

/* What fill returns false for, and memory running out, gives NULL. */
static json_t *array_end(json_t *array, bool is_whole)
{
	if (is_whole)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *role_addresses(const struct role_list *role, unsigned list_max)
{
	json_t *array = json_array();
	bool is_whole = array != NULL;

	for (unsigned i = 0; i < role->listed && i < list_max && is_whole; i++)
		is_whole = array_add(array, value_address(&role->list[i].addr, role->list[i].bits));
	return array_end(array, is_whole);
}

static json_t *roles(const struct incident *incident, unsigned list_max)
{
	struct fields fields;

	fields_begin(&fields);
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		fields_put(&fields, role_names[i], role_addresses(&incident->roles[i], list_max));
	return fields_end(&fields);
}

static json_t *role_counts(const struct incident *incident)
{
	struct fields fields;

	fields_begin(&fields);
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		fields_put(&fields, role_names[i], value_count(incident->roles[i].count));
	return fields_end(&fields);
}

static json_t *roles_estimated(const struct incident *incident)
{
	json_t *array = json_array();
	bool is_whole = array != NULL;

	for (unsigned i = 0; i < ROLE_COUNT && is_whole; i++)
		if (incident->roles[i].is_estimate)
			is_whole = array_add(array, json_string(role_names[i]));
	return array_end(array, is_whole);
}

static json_t *attack(const struct incident *incident)
{
	const char *technique = kind_info(incident->kind)->attack;
	json_t *array = json_array();

	return array_end(
		array, array && (!technique[0] || array_add(array, json_string(technique))));
}

/* Rates and counts need one decimal, shares and the like four. */
static json_t *value_measure(double value, const char *unit)
{
	bool is_rate = unit && (strcmp(unit, "pps") == 0 || strcmp(unit, "bps") == 0);

	return value_number(value, is_rate ? 1 : 4);
}

static json_t *evidence_object(const struct evidence *evidence)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "name", value_text(evidence->name));
	fields_put(&fields, "unit", value_text(evidence->unit));
	fields_put(&fields, "value", value_measure(evidence->value, evidence->unit));
	return fields_end(&fields);
}

static json_t *evidence_list(const struct finding *finding)
{
	json_t *array = json_array();
	bool is_whole = array != NULL;

	for (unsigned i = 0; i < EVIDENCE_MAX && finding->evidence[i].name && is_whole; i++)
		is_whole = array_add(array, evidence_object(&finding->evidence[i]));
	return array_end(array, is_whole);
}

static json_t *finding_object(const struct finding *finding)
{
	const char *unit = finding->evidence[0].name ? finding->evidence[0].unit : NULL;
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "detector", value_text(finding->detector));
	fields_put(&fields, "kind", json_string(kind_info(finding->kind)->name));
	fields_put(&fields, "scope", json_string(scope_names[finding->scope]));
	fields_put(&fields, "reason", value_text(finding->reason));
	fields_put(&fields, "start", value_time(finding->window.start_ns));
	fields_put(&fields, "end", value_time(finding->window.end_ns));
	fields_put(&fields, "from", value_address(&finding->from, finding->from_bits));
	fields_put(&fields, "to", value_address(&finding->to, finding->to_bits));
	fields_put(&fields, "group", value_text(finding->group));
	fields_put(&fields, "port", value_port(finding->port));
	fields_put(&fields, "proto", value_proto(finding->proto));
	fields_put(&fields, "spoofable", json_boolean(finding->is_spoofable));
	fields_put(&fields, "confidence", value_number((double)finding->confidence, 2));
	fields_put(&fields, "unit", value_text(unit));
	fields_put(&fields, "observed", value_measure(finding->observed, unit));
	fields_put(&fields, "expected", value_measure(finding->expected, unit));
	fields_put(&fields, "packets", value_count(finding->packets));
	fields_put(&fields, "bytes", value_count(finding->bytes));
	fields_put(&fields, "peak_pps", value_number(finding->peak_pps, 1));
	fields_put(&fields, "peak_bps", value_number(finding->peak_bps, 1));
	fields_put(&fields, "evidence", evidence_list(finding));
	if (finding->family)
		fields_put(&fields, "family", value_text(finding->family));
	if (finding->name[0])
		fields_put(&fields, "name", value_text(finding->name));
	if (finding->detail[0])
		fields_put(&fields, "detail", value_text(finding->detail));
	return fields_end(&fields);
}

static json_t *finding_list(const struct incident *incident)
{
	json_t *array = json_array();
	bool is_whole = array != NULL;

	for (unsigned i = 0; i < incident->finding_count && i < INCIDENT_FINDINGS && is_whole; i++)
		is_whole = array_add(array, finding_object(&incident->findings[i]));
	return array_end(array, is_whole);
}

static json_t *sources(const struct incident *incident)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "count", value_count(incident->source_count));
	fields_put(&fields, "estimated", json_boolean(incident->source_count_is_estimate));
	fields_put(&fields, "spoofable", json_boolean(incident->is_spoofable));
	return fields_end(&fields);
}

static json_t *timeline_packets(const struct timeline *timeline)
{
	json_t *array = json_array();
	bool is_whole = array != NULL;

	for (unsigned i = 0; i < timeline->used && i < INCIDENT_TIMELINE && is_whole; i++)
		is_whole = array_add(array, value_number(timeline->packets[i], 1));
	return array_end(array, is_whole);
}

static json_t *timeline_object(const struct timeline *timeline)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "start", value_time(timeline->start_ns));
	fields_put(&fields, "step_s", value_seconds(timeline->step_ns));
	fields_put(&fields, "packets", timeline_packets(timeline));
	return fields_end(&fields);
}

/* What every reader needs. */
static void put_core(struct fields *fields, const struct incident *incident, unsigned list_max)
{
	fields_put(fields, "id", value_text(incident->id));
	fields_put(fields, "kind", json_string(kind_info(incident->kind)->name));
	fields_put(fields, "severity", json_string(severity_names[incident->severity]));
	fields_put(fields, "confidence", value_number((double)incident->confidence, 2));
	fields_put(fields, "first_seen", value_time(incident->first_ns));
	fields_put(fields, "last_seen", value_time(incident->last_ns));
	fields_put(fields, "state", json_string(incident->is_open ? "open" : "closed"));
	fields_put(fields, "roles", roles(incident, list_max));
	fields_put(fields, "role_counts", role_counts(incident));
	fields_put(fields, "role_counts_estimated", roles_estimated(incident));
	fields_put(fields, "story", value_text(incident->story));
	fields_put(fields, "attack", attack(incident));
	fields_put(fields, "findings", finding_list(incident));
	fields_put(fields, "mitigations", json_array());
}

json_t *value_incident(const struct incident *incident, unsigned list_max)
{
	struct fields fields;

	fields_begin(&fields);
	put_core(&fields, incident, list_max);
	fields_put(&fields, "title", json_string(kind_info(incident->kind)->title));
	fields_put(&fields, "scope", json_string(scope_names[incident->scope]));
	fields_put(&fields, "subject", value_address(&incident->subject, incident->subject_bits));
	fields_put(&fields, "group", value_text(incident->group));
	fields_put(&fields, "port", value_port(incident->port));
	fields_put(&fields, "proto", value_proto(incident->proto));
	fields_put(&fields, "peak_pps", value_number(incident->peak_pps, 1));
	fields_put(&fields, "peak_bps", value_number(incident->peak_bps, 1));
	fields_put(&fields, "packets", value_count(incident->packets));
	fields_put(&fields, "bytes", value_count(incident->bytes));
	fields_put(&fields, "duration_s",
		value_seconds(time_span_ns(incident->first_ns, incident->last_ns)));
	fields_put(&fields, "spoofable", json_boolean(incident->is_spoofable));
	fields_put(&fields, "sources", sources(incident));
	fields_put(&fields, "findings_total", value_count(incident->findings_total));
	fields_put(&fields, "timeline", timeline_object(&incident->timeline));
	put_bot(&fields, incident);
	fields_put(&fields, "remedy", value_text(incident->remedy));
	return fields_end(&fields);
}
