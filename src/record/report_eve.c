/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report_eve.c - events in the shape of Suricata's EVE output, a JSON object a line.
 *
 * An "incident" event each; from medium severity on an "alert" event too, so that tools which know
 * Suricata (EveBox, Wazuh, Filebeat) show it. src_ip is only there when one address did it and has
 * proved that it is its own: others block what stands there, and spoofed sources are innocent.
 */
#include <errno.h>

#include "record/json_value.h"
#include "record/names.h"

/* Ours, so that our signature_ids never meet those of rules (gid 1) or of Suricata's own events. */
#define EVE_GID 9347 /* "weir" on a telephone's keys */

/* A number for the kind that stays the same when kinds are added: FNV-1a of its name (RFC draft
 * draft-eastlake-fnv), folded to 24 bits. That no two meet is tested. */
static json_int_t signature_id(enum kind kind)
{
	uint32_t hash = 0x811c9dc5;

	for (const char *name = kind_info(kind)->name; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x01000193;
	return (hash >> 24) ^ (hash & 0xffffff);
}

static void put_event(struct fields *fields, int64_t time_ns, const char *type)
{
	fields_begin(fields);
	fields_put(fields, "timestamp", value_time(time_ns));
	fields_put(fields, "event_type", json_string(type));
}

static const struct addr *only_source(const struct incident *incident)
{
	static const enum role senders[] = { ROLE_ZOMBIE, ROLE_REFLECTOR, ROLE_CONTROLLER };

	if (incident->is_spoofable || incident->source_count > 1)
		return NULL;
	for (unsigned i = 0; i < sizeof(senders) / sizeof(*senders); i++)
		if (incident->roles[senders[i]].count)
			return incident_only(incident, senders[i]);
	return NULL;
}

static void put_endpoints(struct fields *fields, const struct incident *incident)
{
	const struct addr *source = only_source(incident),
			  *target = incident_only(incident, ROLE_TARGET);
	bool is_source_port = kind_port_is_source(incident->kind);

	if (source)
		fields_put(fields, "src_ip", value_address(source, 128));
	if (incident->port && is_source_port)
		fields_put(fields, "src_port", json_integer(incident->port));
	if (target)
		fields_put(fields, "dest_ip", value_address(target, 128));
	if (incident->port && !is_source_port)
		fields_put(fields, "dest_port", json_integer(incident->port));
	if (incident->proto)
		fields_put(fields, "proto", value_proto(incident->proto));
}

json_t *eve_incident(const struct incident *incident, int64_t time_ns, unsigned list_max)
{
	struct fields fields;

	put_event(&fields, time_ns, "incident");
	put_endpoints(&fields, incident);
	fields_put(&fields, "incident", value_incident(incident, list_max));
	return fields_end(&fields);
}

/* Metadata of a Suricata rule: each key has a list of strings. */
static void put_metadata(struct fields *fields, const char *key, const char *text)
{
	json_t *array = json_array();

	if (array && !array_add(array, value_text(text))) {
		json_decref(array);
		array = NULL;
	}
	fields_put(fields, key, array);
}

static json_t *metadata(const struct incident *incident)
{
	const struct kind_info *kind = kind_info(incident->kind);
	const struct technique *technique = technique_find(kind->attack);
	struct fields fields;

	fields_begin(&fields);
	put_metadata(&fields, "weir_kind", kind->name);
	put_metadata(&fields, "weir_incident", incident->id);
	put_metadata(&fields, "weir_severity", severity_names[incident->severity]);
	if (kind->attack[0])
		put_metadata(&fields, "mitre_technique_id", kind->attack);
	if (technique) {
		put_metadata(&fields, "mitre_technique_name", technique->name);
		put_metadata(&fields, "mitre_tactic_name", technique->tactic);
	}
	return fields_end(&fields);
}

static json_t *alert_object(const struct incident *incident)
{
	char subject[SUBJECT_MAX], signature[SUBJECT_MAX + 100];
	struct fields fields;

	snprintf(signature, sizeof(signature), "WEIR %s %s %s", kind_info(incident->kind)->title,
		incident_preposition(incident), incident_subject(incident, subject));
	fields_begin(&fields);
	fields_put(&fields, "action", json_string("allowed"));
	fields_put(&fields, "gid", json_integer(EVE_GID));
	fields_put(&fields, "signature_id", json_integer(signature_id(incident->kind)));
	fields_put(&fields, "rev", json_integer(1));
	fields_put(&fields, "signature", value_text(signature));
	fields_put(&fields, "category", json_string(kind_category(incident->kind)));
	fields_put(
		&fields, "severity", json_integer(1 + SEVERITY_CRITICAL - (int)incident->severity));
	fields_put(&fields, "metadata", metadata(incident));
	return fields_end(&fields);
}

json_t *eve_alert(const struct incident *incident, int64_t time_ns)
{
	struct fields fields;

	put_event(&fields, time_ns, "alert");
	put_endpoints(&fields, incident);
	fields_put(&fields, "alert", alert_object(incident));
	return fields_end(&fields);
}

static json_t *anomaly_event(const struct report *report, unsigned index)
{
	struct fields anomaly, fields;

	fields_begin(&anomaly);
	fields_put(&anomaly, "type", json_string("decode"));
	fields_put(&anomaly, "event", json_string(anomaly_infos[index].name));
	fields_put(&anomaly, "count", value_count(report->decode.anomalies[index]));
	put_event(&fields, report->last_ns, "anomaly");
	fields_put(&fields, "anomaly", fields_end(&anomaly));
	return fields_end(&fields);
}

static json_t *stats_event(const struct report *report)
{
	struct fields fields;

	put_event(&fields, report->last_ns, "stats");
	fields_put(&fields, "stats", value_stats(report));
	return fields_end(&fields);
}

static int write_incident(const struct report *report, const struct incident *incident, FILE *out)
{
	json_t *event = eve_incident(incident, incident->first_ns, report->list_max);
	int result = value_write(event, "\n", out);

	if (result == 0 && incident->severity >= SEVERITY_MEDIUM)
		result = value_write(eve_alert(incident, incident->first_ns), "\n", out);
	return result;
}

int report_eve(const struct report *report, FILE *out)
{
	int result = 0;

	for (unsigned i = 0; i < report->incident_count && result == 0; i++)
		result = write_incident(report, report->incidents[i], out);
	for (unsigned i = 0; i < ANOMALY_COUNT && result == 0; i++)
		if (report->decode.anomalies[i])
			result = value_write(anomaly_event(report, i), "\n", out);
	if (result == 0)
		result = value_write(stats_event(report), "\n", out);
	if (result == 0) {
		errno = 0;
		if (fflush(out) != 0)
			result = errno ? -errno : -EIO;
	}
	return result;
}
