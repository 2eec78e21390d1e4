/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report_incident.h - one incident as a person reads it, shared by the report and --explain.
 */
#ifndef WEIR_RECORD_REPORT_INCIDENT_H
#define WEIR_RECORD_REPORT_INCIDENT_H

#include "record/page.h"

#define INCIDENT_INDENT 5u /* of all that stands under the headline */

/* Headline (mark, number unless 0, severity, title; id at the right), and the subject below it. */
void incident_print_head(struct page *page, const struct incident *incident, unsigned number);

/* Story, roles (at most list_max addresses each), strength, time, remedy. */
void incident_print_body(struct page *page, const struct incident *incident, unsigned list_max);

/* "2018-09-28 10:14:49 to 10:15:13 UTC, 23.7 s" as words of a field. */
void print_period(struct page *page, unsigned indent, int64_t first_ns, int64_t last_ns);

#endif
