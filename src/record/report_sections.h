/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report_sections.h - what follows the incidents in the report: what was read and counted.
 *
 * Each prints its own heading, and nothing at all when there is nothing to say.
 */
#ifndef WEIR_RECORD_REPORT_SECTIONS_H
#define WEIR_RECORD_REPORT_SECTIONS_H

#include "record/page.h"

void print_file_errors(struct page *page, const struct report *report);
void print_talkers(struct page *page, const struct report *report);
void print_capture(struct page *page, const struct report *report);
void print_decoded(struct page *page, const struct report *report);
void print_anomalies(struct page *page, const struct report *report);
void print_tracking(struct page *page, const struct report *report);
void print_assumptions(struct page *page, const struct report *report);

/* Files whose reading ended early. */
unsigned count_file_errors(const struct report *report);

#endif
