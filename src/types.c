/* SPDX-License-Identifier: GPL-2.0-or-later */
/* types.c - names of the enumerations of types.h, and the list of findings. */
#include "types.h"

const char *const scope_names[SCOPE_COUNT] = { "host", "prefix", "group", "total" };
const char *const role_names[ROLE_COUNT] = { "target", "zombie", "reflector", "controller" };
const char *const severity_names[SEVERITY_COUNT] = { "info", "low", "medium", "high", "critical" };

void finding_add(struct findings *findings, const struct finding *finding)
{
	if (findings->count == findings->cap) {
		findings->lost++;
		return;
	}
	findings->list[findings->count++] = *finding;
}

double finding_evidence(const struct finding *finding, const char *name, double otherwise)
{
	for (unsigned i = 0; i < EVIDENCE_MAX && finding->evidence[i].name; i++)
		if (strcmp(finding->evidence[i].name, name) == 0)
			return finding->evidence[i].value;
	return otherwise;
}
