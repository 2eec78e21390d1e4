/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/dossier.c - what has been tried against each incident that is going on.
 */
#include <stdarg.h>
#include <stdio.h>

#include "decide/decide_internal.h"

const struct dossier *dossier_find(const struct decider *decider, const char *incident)
{
	for (unsigned i = 0; i < decider->dossier_count; i++)
		if (strncmp(decider->dossiers[i].incident, incident, INCIDENT_ID_MAX) == 0)
			return &decider->dossiers[i];
	return NULL;
}

/* NULL when there are too many. */
struct dossier *dossier_of(struct decider *decider, const struct incident *incident)
{
	struct dossier *dossier = (struct dossier *)dossier_find(decider, incident->id);

	if (!dossier) {
		if (decider->dossier_count == DOSSIERS_MAX)
			return NULL;
		dossier = &decider->dossiers[decider->dossier_count++];
		*dossier = (struct dossier){ .since_ns = decider->now_ns };
		snprintf(dossier->incident, sizeof(dossier->incident), "%s", incident->id);
	}
	dossier->is_current = true;
	return dossier;
}

void dossiers_begin(struct decider *decider)
{
	for (unsigned i = 0; i < decider->dossier_count; i++)
		decider->dossiers[i].is_current = false;
}

/* Forgets those whose incident is over. */
void dossiers_end(struct decider *decider)
{
	unsigned left = 0;

	for (unsigned i = 0; i < decider->dossier_count; i++)
		if (decider->dossiers[i].is_current) {
			if (left != i)
				decider->dossiers[left] = decider->dossiers[i];
			left++;
		}
	decider->dossier_count = left;
}

void dossier_note(struct dossier *dossier, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(dossier->note, sizeof(dossier->note), format, arguments);
	va_end(arguments);
}
