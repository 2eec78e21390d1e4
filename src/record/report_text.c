/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report_text.c - the report for people: what a tired one understands at 3 a.m.
 *
 * In the order of what they need: the verdict, files that could not be read, each incident that
 * calls for somebody, the small things in one line each, when it was, what was read and counted.
 */
#include "lib/text.h"
#include "record/curve.h"
#include "record/names.h"
#include "record/report_incident.h"
#include "record/report_sections.h"
#include "record/table.h"

#define ADDRESSES_SHOWN 3u /* of a role; --explain has more */
#define INCIDENTS_FULL 20u /* told at length */
#define MINOR_SHOWN 20u	   /* told in a line */

static bool is_grave(const struct incident *incident)
{
	return incident->severity >= SEVERITY_MEDIUM;
}

static unsigned count_grave(const struct report *report)
{
	unsigned grave = 0;

	for (unsigned i = 0; i < report->incident_count; i++)
		grave += is_grave(report->incidents[i]);
	return grave;
}

/* "1 critical, 2 high", gravest first. */
static void put_severities(struct page *page, const struct report *report)
{
	unsigned counts[SEVERITY_COUNT] = { 0 };
	const char *gap = " ";

	for (unsigned i = 0; i < report->incident_count; i++)
		counts[report->incidents[i]->severity]++;
	for (unsigned severity = SEVERITY_COUNT; severity-- > 0;) {
		if (counts[severity] == 0)
			continue;
		page_put(page, PAINT_STRONG, "%s", gap);
		page_put(page, page_severity_paint((enum severity)severity), "%u %s",
			counts[severity], severity_names[severity]);
		gap = ", ";
	}
}

static void print_verdict(struct page *page, const struct report *report)
{
	const char *limit = count_file_errors(report) ? " in what could be read" : "";

	if (report->decode.frames == 0) {
		page_put(page, PAINT_STRONG, "No packets%s.", limit);
	} else if (count_grave(report) == 0) {
		page_put(page, PAINT_GOOD, "Nothing alarming%s.", limit);
		if (report->incident_count)
			page_put(page, PAINT_PLAIN, " %u minor observation%s below.",
				report->incident_count, report->incident_count == 1 ? "" : "s");
	} else {
		page_put(page, PAINT_STRONG, "%u incident%s%s:", report->incident_count,
			report->incident_count == 1 ? "" : "s", limit);
		put_severities(page, report);
	}
	page_end(page);
}

static void print_grave(struct page *page, const struct report *report)
{
	unsigned number = 0, grave = count_grave(report);

	for (unsigned i = 0; i < report->incident_count && number < INCIDENTS_FULL; i++) {
		if (!is_grave(report->incidents[i]))
			continue;
		page_end(page);
		incident_print_head(page, report->incidents[i], ++number);
		incident_print_body(page, report->incidents[i], ADDRESSES_SHOWN);
	}
	if (grave > number) {
		page_end(page);
		page_flow(page, 2, PAINT_STRONG,
			"and %u more like these: weir inspect -j lists all", grave - number);
		page_end(page);
	}
}

static void print_curve(struct page *page, const struct report *report)
{
	struct curve curve;
	char label[16];
	unsigned number = 0;

	curve_from_report(&curve, report);
	if (!curve_is_worth_drawing(&curve))
		return;
	for (unsigned i = 0; i < report->incident_count; i++) {
		const struct incident *incident = report->incidents[i];

		if (!is_grave(incident))
			continue;
		snprintf(label, sizeof(label), "no. %u", ++number);
		curve_mark(&curve, incident->first_ns, incident->last_ns,
			page_severity_paint(incident->severity), label);
	}
	page_heading(page, "Traffic");
	page_end(page);
	curve_print(page, &curve);
}

static void add_minor(struct table *table, const struct incident *incident)
{
	char subject[SUBJECT_MAX], time[TEXT_NUMBER_MAX];

	table_cell(table, "%s", severity_names[incident->severity]);
	table_cell(table, "%.*s", INCIDENT_ID_MAX, incident->id);
	table_cell(table, "%s", text_time(incident->first_ns, time) + 11);
	table_cell(table, "%s %s %s", kind_info(incident->kind)->title,
		incident_preposition(incident), incident_subject(incident, subject));
}

static void print_minor(struct page *page, const struct report *report)
{
	static const char *const headings[] = { "severity", "id", "from", "what" };
	unsigned shown = 0, minor = report->incident_count - count_grave(report);
	struct table table;

	if (minor == 0)
		return;
	page_heading(page, "Minor");
	page_end(page);
	table_open(&table, "lllw", headings);
	for (unsigned i = 0; i < report->incident_count && shown < MINOR_SHOWN; i++) {
		if (is_grave(report->incidents[i]))
			continue;
		add_minor(&table, report->incidents[i]);
		shown++;
	}
	table_print(page, &table, 2);
	if (minor > shown) {
		page_flow(page, 2, PAINT_FAINT, "and %u more", minor - shown);
		page_end(page);
	}
}

static void print_hint(struct page *page, const struct report *report)
{
	if (report->incident_count == 0)
		return;
	page_end(page);
	page_flow(page, 0, PAINT_FAINT, "All evidence of one: weir inspect --explain %.*s FILE...",
		INCIDENT_ID_MAX, report->incidents[0]->id);
	page_end(page);
}

int report_text(const struct report *report, const struct text_style *style, FILE *out)
{
	struct page page;

	page_open(&page, style, out);
	print_verdict(&page, report);
	print_file_errors(&page, report);
	print_grave(&page, report);
	print_minor(&page, report);
	print_curve(&page, report);
	print_talkers(&page, report);
	print_capture(&page, report);
	print_decoded(&page, report);
	print_anomalies(&page, report);
	print_tracking(&page, report);
	print_assumptions(&page, report);
	print_hint(&page, report);
	return page_close(&page);
}
