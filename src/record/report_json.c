/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report_json.c - the whole report as one JSON document (weir inspect -j).
 *
 * Written piece by piece, an incident a line, so memory does not grow with their number.
 */
#include <errno.h>

#include "record/json_hosts.h"
#include "record/json_value.h"

static int write_incidents(const struct report *report, FILE *out)
{
	int result = json_write("{\"incidents\":[", out);

	for (unsigned i = 0; i < report->incident_count && result == 0; i++) {
		result = json_write(i > 0 ? ",\n" : "\n", out);
		if (result == 0)
			result = value_write(
				value_incident(report->incidents[i], report->list_max), NULL, out);
	}
	return result < 0 ? result : json_write("]", out);
}

/* "hosts" with at most list_max of them, and how many there are. */
static int write_hosts(const struct report *report, FILE *out)
{
	struct hosts_question question = {
		.inventory = report->inventory,
		.incidents = report->incidents,
		.incident_count = report->incident_count,
		.list_max = report->list_max,
	};
	unsigned total;
	json_t *hosts = value_hosts(&question, &total);
	char count[48];
	int result = json_write(",\n\"hosts\":", out);

	snprintf(count, sizeof(count), ",\n\"hosts_total\":%u", total);
	if (result < 0) {
		json_decref(hosts);
		return result;
	}
	return value_write(hosts, count, out);
}

static int write_rest(const struct report *report, FILE *out)
{
	static const struct {
		const char *key;
		json_t *(*make)(const struct report *report);
	} parts[] = {
		{ "capture", value_capture },
		{ "stats", value_stats },
		{ "assumptions", value_assumptions },
		{ "talkers", value_talkers },
	};
	int result = 0;

	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts) && result == 0; i++) {
		char key[32];

		snprintf(key, sizeof(key), ",\n\"%s\":", parts[i].key);
		result = json_write(key, out);
		if (result == 0)
			result = value_write(parts[i].make(report), NULL, out);
	}
	return result;
}

int report_json(const struct report *report, FILE *out)
{
	int result = write_incidents(report, out);

	if (result == 0)
		result = write_rest(report, out);
	if (result == 0)
		result = write_hosts(report, out);
	if (result == 0)
		result = json_write(",\n\"version\":\"" WEIR_VERSION "\"}\n", out);
	if (result == 0) {
		errno = 0;
		if (fflush(out) != 0)
			result = errno ? -errno : -EIO;
	}
	return result;
}
