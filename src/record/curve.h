/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/curve.h - traffic over time as a small drawing of block characters.
 *
 * CURVE_ROWS lines high, the peak rate beside the top, times below, and between them one line a
 * mark (an incident) that underlines the columns in which it went on; columns under a mark are
 * drawn in its paint. Steps are averaged or stretched to fit the page.
 */
#ifndef WEIR_RECORD_CURVE_H
#define WEIR_RECORD_CURVE_H

#include "record/page.h"

#define CURVE_ROWS 3
#define CURVE_STEPS (REPORT_STEPS > INCIDENT_TIMELINE ? REPORT_STEPS : INCIDENT_TIMELINE)
#define CURVE_MARKS 6

struct curve_mark {
	int64_t first_ns, last_ns;
	enum paint paint;
	char label[12];
};

struct curve {
	int64_t start_ns, step_ns;
	unsigned count;
	double packets[CURVE_STEPS];
	struct curve_mark marks[CURVE_MARKS];
	unsigned mark_count;
};

/* A curve without marks. */
void curve_from_report(struct curve *curve, const struct report *report);
void curve_from_timeline(struct curve *curve, const struct timeline *timeline);

/* Adds a mark; more than CURVE_MARKS are left out. */
void curve_mark(struct curve *curve, int64_t first_ns, int64_t last_ns, enum paint paint,
	const char *label);

/* Is there anything to draw? Two steps at least, and one packet. */
bool curve_is_worth_drawing(const struct curve *curve);

/* Draws it; each line starts at column 2 or later. */
void curve_print(struct page *page, const struct curve *curve);

/* b - a and a + count * step, at the limits of int64_t where they would not fit. */
int64_t time_span_ns(int64_t a, int64_t b);
int64_t time_after_steps_ns(int64_t a, int64_t step_ns, unsigned count);

#endif
