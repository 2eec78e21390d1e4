/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drill/observe.c - what the weir under test says of itself; see observe.h. */
#include "drill/observe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/wire.h"
#include "watch/control.h"

enum verdict { PASS, DROP, REPLY };

#define REASON(symbol, name, verdict, meaning) { name, verdict },
static const struct {
	const char *name;
	enum verdict verdict;
} reasons[] = { WIRE_REASONS(REASON) };
#undef REASON

static int ask(const char *runtime_dir, const char *command, struct err *err, json_t **ret_answer)
{
	return control_ask(runtime_dir, json_pack("{s:s}", "command", command), err, ret_answer);
}

static uint64_t count_stopped(const json_t *status)
{
	const json_t *counts = json_object_get(status, "reasons");
	uint64_t stopped = 0;

	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].verdict != PASS)
			stopped += (uint64_t)json_integer_value(json_object_get(
				json_object_get(counts, reasons[i].name), "packets"));
	return stopped;
}

/* "2026-11-22T19:00:00.123456+0000" → ns since 1970; 0 when it is no such time. */
static int64_t time_of(const char *text)
{
	struct tm day = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &day) : NULL;
	double fraction = rest && *rest == '.' ? atof(rest) : 0;

	return rest ? (int64_t)timegm(&day) * 1000000000 + (int64_t)(fraction * 1e9) : 0;
}

static void find_incident(const json_t *answer, const char *kind, int64_t since_ns, char *found)
{
	const json_t *incident;
	size_t i;

	json_array_foreach(json_object_get(answer, "incidents"), i, incident) {
		const char *own = json_string_value(json_object_get(incident, "kind"));
		const char *severity = json_string_value(json_object_get(incident, "severity"));

		if (!own || !severity ||
			time_of(json_string_value(json_object_get(incident, "last_seen"))) <
				since_ns)
			continue;
		if (strcmp(own, kind) == 0 ||
			(!*found && strcmp(severity, "low") != 0 && strcmp(severity, "info") != 0))
			snprintf(found, 40, "%s", own);
	}
}

int observe(const char *runtime_dir, const char *kind, int64_t since_ns,
	struct observation *ret_observation, struct err *err)
{
	struct observation observation = { 0 };
	json_t *status = NULL, *incidents = NULL;
	int r = ask(runtime_dir, "status", err, &status);

	if (r == 0)
		r = ask(runtime_dir, "incidents", err, &incidents);
	if (r == 0) {
		observation.stopped = count_stopped(status);
		find_incident(incidents, kind, since_ns, observation.kind);
		*ret_observation = observation;
	}
	json_decref(status);
	json_decref(incidents);
	return r;
}

/* utime and stime of /proc/PID/stat: fields 14 and 15, after the name in brackets. */
static double own_cpu_s(pid_t process)
{
	char path[64], line[512], *at;
	unsigned long user = 0, system = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	file = fopen(path, "re");
	if (!file)
		return 0;
	at = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &system) != 2)
		return 0;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double observe_cpu_s(pid_t process)
{
	char path[64], text[512];
	double sum = own_cpu_s(process);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)process, (int)process);
	file = fopen(path, "re");
	if (!file)
		return sum;
	if (fgets(text, sizeof(text), file))
		for (char *at = text, *word; (word = strsep(&at, " ")) != NULL;)
			if (*word)
				sum += own_cpu_s(atoi(word));
	fclose(file);
	return sum;
}
