/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report_explain.c - one incident with all that speaks for it (weir inspect --explain ID).
 *
 * The same block as in the report with longer lists, then what kind of attack it is, its course,
 * and every finding kept: when, what was observed, what would have been expected, and why.
 */
#include "lib/text.h"
#include "record/curve.h"
#include "record/names.h"
#include "record/report_incident.h"
#include "record/table.h"

#define INDENT 2u
#define NOTE 6u /* where the lines under a finding begin */

static void print_judgement(struct page *page, const struct incident *incident)
{
	const struct kind_info *kind = kind_info(incident->kind);
	const struct technique *technique = technique_find(kind->attack);
	unsigned field = PAGE_FIELD(INCIDENT_INDENT);
	char share[TEXT_NUMBER_MAX];

	page_label(page, INCIDENT_INDENT, "certainty");
	page_flow(page, field, PAINT_PLAIN, "%s", text_share((double)incident->confidence, share));
	page_end(page);
	page_label(page, INCIDENT_INDENT, "scope");
	page_flow(page, field, PAINT_PLAIN, "%s", scope_names[incident->scope]);
	page_end(page);
	if (!kind->attack[0])
		return;
	page_label(page, INCIDENT_INDENT, "technique");
	page_flow(page, field, PAINT_PLAIN, "%s", kind->attack);
	if (technique)
		page_flow(page, field, PAINT_PLAIN, "%s (%s)", technique->name, technique->tactic);
	page_flow(page, field, PAINT_FAINT, "MITRE ATT&CK");
	page_end(page);
}

static double timeline_sum(const struct curve *curve, unsigned *ret_peak)
{
	double sum = 0, most = 0;

	*ret_peak = 0;
	for (unsigned i = 0; i < curve->count; i++) {
		sum += curve->packets[i];
		if (curve->packets[i] > most) {
			most = curve->packets[i];
			*ret_peak = i;
		}
	}
	return sum;
}

static void print_timeline(struct page *page, const struct incident *incident)
{
	struct curve curve;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];
	double step_s, sum;
	unsigned peak;

	curve_from_timeline(&curve, &incident->timeline);
	if (!curve_is_worth_drawing(&curve))
		return;
	page_heading(page, "Course");
	page_end(page);
	curve_mark(&curve, incident->first_ns, incident->last_ns,
		page_severity_paint(incident->severity), "");
	curve_print(page, &curve);
	step_s = (double)curve.step_ns / NS_PER_S;
	sum = timeline_sum(&curve, &peak);
	page_flow(page, INDENT, PAINT_PLAIN, "%s in %u steps of %s;",
		text_quantity(sum, "packets", a), curve.count, text_duration(curve.step_ns, b));
	page_flow(page, INDENT, PAINT_PLAIN, "mean %s,",
		text_packet_rate(sum / (step_s * curve.count), a));
	page_flow(page, INDENT, PAINT_PLAIN, "most %s in the step of %s UTC.",
		text_packet_rate(curve.packets[peak] / step_s, a),
		text_time(time_after_steps_ns(curve.start_ns, curve.step_ns, peak), b));
	page_end(page);
}

static const char *finding_unit(const struct finding *finding)
{
	return finding->evidence[0].name && finding->evidence[0].unit ? finding->evidence[0].unit
								      : "";
}

static void add_finding(struct table *table, const struct finding *finding, unsigned number)
{
	const char *unit = finding_unit(finding);
	char text[TEXT_NUMBER_MAX];

	table_cell(table, "%u", number);
	table_cell(table, "%s", text_time(finding->window.start_ns, text) + 11);
	table_cell(table, "%s",
		text_duration(
			time_span_ns(finding->window.start_ns, finding->window.end_ns), text));
	table_cell(table, "%s", finding->detector ? finding->detector : "");
	table_cell(table, "%s", text_quantity(finding->observed, unit, text));
	table_cell(table, "%s", text_quantity(finding->expected, unit, text));
	table_cell(table, "%s", text_share((double)finding->confidence, text));
	table_cell(table, "%s", kind_info(finding->kind)->name);
}

static void flow_end_point(
	struct page *page, const char *word, const struct addr *addr, unsigned bits)
{
	char text[ADDR_TEXT_MAX];

	if (!addr_is_zero(addr))
		page_flow(page, NOTE, PAINT_PLAIN, "%s %s", word,
			addr_prefix_format(addr, bits, text));
}

/* Whom it is about: "from 203.0.113.9 to 198.51.100.7 TCP port 443 (1,024 packets, 61 kB)". */
static void print_finding_whom(struct page *page, const struct finding *finding)
{
	char name[8], a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	flow_end_point(page, "from", &finding->from, finding->from_bits);
	flow_end_point(page, "to", &finding->to, finding->to_bits);
	if (finding->scope == SCOPE_GROUP && finding->group)
		page_flow(page, NOTE, PAINT_PLAIN, "to group %s", finding->group);
	if (finding->proto)
		page_flow(page, NOTE, PAINT_PLAIN, "%s", proto_name(finding->proto, name));
	if (finding->port)
		page_flow(page, NOTE, PAINT_PLAIN, "port %u", finding->port);
	if (finding->packets)
		page_flow(page, NOTE, PAINT_FAINT, "(%s packets, %s)",
			text_count(finding->packets, a), text_bytes(finding->bytes, b));
	if (page->column)
		page_end(page);
}

static void print_finding_notes(struct page *page, const struct finding *finding)
{
	char value[TEXT_NUMBER_MAX];

	if (finding->reason && finding->reason[0]) {
		page_flow(page, NOTE, PAINT_PLAIN, "%s", finding->reason);
		page_end(page);
	}
	print_finding_whom(page, finding);
	for (unsigned i = 0; i < EVIDENCE_MAX && finding->evidence[i].name; i++) {
		const struct evidence *evidence = &finding->evidence[i];

		if (i > 0)
			page_put(page, PAINT_FAINT, ";");
		page_flow(page, NOTE, PAINT_FAINT, "%s", evidence->name);
		page_flow(page, NOTE, PAINT_PLAIN, "%s",
			text_quantity(evidence->value, evidence->unit, value));
	}
	if (page->column)
		page_end(page);
}

static void print_findings(struct page *page, const struct incident *incident)
{
	static const char *const headings[] = { "", "time UTC", "window", "detector", "observed",
		"expected", "certainty", "kind" };
	unsigned kept = incident->finding_count < INCIDENT_FINDINGS ? incident->finding_count
								    : INCIDENT_FINDINGS;
	struct table table;
	char total[TEXT_NUMBER_MAX];

	if (kept == 0)
		return;
	page_heading(page, "Findings");
	if (incident->findings_total > kept)
		page_put(page, PAINT_FAINT, "  the first and the strongest %u of %s", kept,
			text_count(incident->findings_total, total));
	page_end(page);
	table_open(&table, "rlrlrrrl", headings);
	for (unsigned i = 0; i < kept; i++)
		add_finding(&table, &incident->findings[i], i + 1);
	table_measure(&table, page, INDENT);
	table_row_print(page, &table, 0, INDENT);
	for (unsigned i = 0; i < kept; i++) {
		table_row_print(page, &table, i + 1, INDENT);
		print_finding_notes(page, &incident->findings[i]);
	}
}

int report_explain(const struct report *report, const struct incident *incident,
	const struct text_style *style, FILE *out)
{
	struct page page;

	page_open(&page, style, out);
	incident_print_head(&page, incident, 0);
	incident_print_body(&page, incident, report->list_max);
	print_judgement(&page, incident);
	print_timeline(&page, incident);
	print_findings(&page, incident);
	return page_close(&page);
}
