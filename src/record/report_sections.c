/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/report_sections.c - what was read and counted; zeros are passed over in silence. */
#include "record/report_sections.h"

#include <string.h>

#include "lib/text.h"
#include "record/report_incident.h"
#include "record/table.h"

#define INDENT 2u
#define FIELD PAGE_FIELD(INDENT)
#define FILES_MAX 10u  /* files shown one by one */
#define TALKERS_MAX 8u /* more would push what matters off the screen; JSON has all */
#define NAME_COLUMNS 50u

unsigned count_file_errors(const struct report *report)
{
	unsigned errors = 0;

	for (unsigned i = 0; i < report->file_count; i++)
		errors += report->files[i].error != NULL;
	return errors;
}

void print_file_errors(struct page *page, const struct report *report)
{
	unsigned errors = count_file_errors(report), shown = 0;

	if (errors == 0)
		return;
	page_end(page);
	for (unsigned i = 0; i < report->file_count && shown < FILES_MAX; i++) {
		if (!report->files[i].error)
			continue;
		shown++;
		page_put(page, PAINT_HIGH, "!");
		page_flow(page, INDENT, PAINT_HIGH, "%s", report->files[i].error);
		page_end(page);
	}
	if (errors > shown) {
		page_flow(page, INDENT, PAINT_HIGH,
			"and %u more files that could not be read to their end", errors - shown);
		page_end(page);
	}
}

void print_talkers(struct page *page, const struct report *report)
{
	static const char *const headings[] = { "address", "side", "sent", "received",
		"packets sent", "received" };
	unsigned shown = report->talker_count < TALKERS_MAX ? report->talker_count : TALKERS_MAX;
	struct table table;
	char a[ADDR_TEXT_MAX], b[TEXT_NUMBER_MAX];

	if (shown == 0)
		return;
	page_heading(page, "Top talkers");
	page_end(page);
	table_open(&table, "llrrrr", headings);
	for (unsigned i = 0; i < shown; i++) {
		const struct report_talker *talker = &report->talkers[i];

		table_cell(&table, "%s", addr_format(&talker->addr, a));
		table_cell(&table, "%s", talker->is_inside ? "inside" : "outside");
		table_cell(&table, "%s", text_bytes(talker->sent_bytes, b));
		table_cell(&table, "%s", text_bytes(talker->received_bytes, b));
		table_cell(&table, "%s", text_count(talker->sent_packets, b));
		table_cell(&table, "%s", text_count(talker->received_packets, b));
	}
	table_print(page, &table, INDENT);
}

/* The end of a long path tells more than its beginning. */
static void add_name(struct table *table, const char *name)
{
	char clean[PAGE_TEXT_MAX];
	const char *tail = text_clean(name, false, clean, sizeof(clean));
	bool is_cut = text_columns(tail) > NAME_COLUMNS;
	uint32_t code;

	while (text_columns(tail) > NAME_COLUMNS - (is_cut ? 1 : 0))
		tail += text_character(tail, &code);
	table_cell(table, "%s%s", is_cut ? "…" : "", tail);
}

static void print_files(struct page *page, const struct report *report)
{
	static const char *const headings[] = { "file", "format", "packets", "bytes", "" };
	unsigned shown = report->file_count < FILES_MAX ? report->file_count : FILES_MAX;
	struct table table;
	char number[TEXT_NUMBER_MAX];

	table_open(&table, "wlrrl", headings);
	for (unsigned i = 0; i < shown; i++) {
		const struct report_file *file = &report->files[i];

		add_name(&table, file->name);
		table_cell(&table, "%s", file->format ? file->format : "");
		table_cell(&table, "%s", text_count(file->stats.packets, number));
		table_cell(&table, "%s", text_bytes(file->stats.bytes, number));
		table_cell(&table, "%s",
			file->error	      ? "damaged"
			: file->stats.snapped ? "snapped"
					      : "");
	}
	table_print(page, &table, INDENT);
	if (report->file_count > shown) {
		page_flow(page, INDENT, PAINT_FAINT, "and %s more files",
			text_count(report->file_count - shown, number));
		page_end(page);
	}
}

/* "ETHERNET 1,204,118" for all link types that are decoded, or that are not. */
static void print_links(
	struct page *page, const struct report *report, bool is_decoded, const char *label)
{
	char name[32], count[TEXT_NUMBER_MAX];
	bool is_first = true;

	for (unsigned i = 0; i < report->link_type_count; i++) {
		const struct report_link_type *link = &report->link_types[i];

		if (link->is_decoded != is_decoded)
			continue;
		if (is_first)
			page_label(page, INDENT, label);
		is_first = false;
		page_flow(page, FIELD, is_decoded ? PAINT_PLAIN : PAINT_MEDIUM, "%s %s",
			source_link_type_name(link->link_type, name),
			text_count(link->frames, count));
	}
	if (!is_first)
		page_end(page);
}

static void print_capture_sum(struct page *page, const struct report *report)
{
	uint64_t snapped = 0, drops = 0;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	for (unsigned i = 0; i < report->file_count; i++) {
		snapped += report->files[i].stats.snapped;
		drops += report->files[i].stats.kernel_drops;
	}
	page_label(page, INDENT, "total");
	page_flow(page, FIELD, PAINT_PLAIN, "%s packets, %s on the wire",
		text_count(report->decode.frames, a), text_bytes(report->decode.bytes, b));
	page_end(page);
	if (snapped || drops) {
		page_label(page, INDENT, "incomplete");
		if (snapped)
			page_flow(page, FIELD, PAINT_PLAIN, "%s packets snapped%s",
				text_count(snapped, a), drops ? "," : "");
		if (drops)
			page_flow(page, FIELD, PAINT_MEDIUM, "%s dropped by the kernel",
				text_count(drops, a));
		page_end(page);
	}
}

void print_capture(struct page *page, const struct report *report)
{
	page_heading(page, "Capture");
	page_end(page);
	if (report->decode.frames) {
		print_capture_sum(page, report);
		page_label(page, INDENT, "time");
		print_period(page, FIELD, report->first_ns, report->last_ns);
		page_end(page);
		print_links(page, report, true, "link types");
		print_links(page, report, false, "not decoded");
	}
	if (report->file_count)
		print_files(page, report);
}

/* Names with numbers, as many beside one another as fit. */
static void grid_cell(struct page *page, const char *name, uint64_t value)
{
	const unsigned name_width = 10, value_width = 15, gap = 5;
	unsigned width = name_width + value_width;
	char number[TEXT_NUMBER_MAX];

	if (page->column > 0) {
		if (page->column + gap + width > page->columns)
			page_end(page);
		else
			page_to(page, page->column + gap);
	}
	page_to(page, INDENT);
	width += page->column;
	page_put(page, PAINT_PLAIN, "%s", name);
	text_count(value, number);
	page_to(page, width - (unsigned)strlen(number));
	page_put(page, PAINT_PLAIN, "%s", number);
}

void print_decoded(struct page *page, const struct report *report)
{
	const struct decode_stats *decode = &report->decode;

	if (decode->frames == 0)
		return;
	page_heading(page, "Decoded");
	page_end(page);
	for (unsigned i = 0; i < LAYER_COUNT; i++)
		if (decode->layers[i])
			grid_cell(page, layer_names[i], decode->layers[i]);
	if (page->column)
		page_end(page);
}

void print_anomalies(struct page *page, const struct report *report)
{
	static const char *const headings[] = { "anomaly", "packets", "what it means" };
	struct table table;
	char number[TEXT_NUMBER_MAX];

	table_open(&table, "lrw", headings);
	for (unsigned i = 0; i < ANOMALY_COUNT; i++) {
		if (!report->decode.anomalies[i])
			continue;
		table_cell(&table, "%s", anomaly_infos[i].name);
		table_cell(&table, "%s", text_count(report->decode.anomalies[i], number));
		table_cell(&table, "%s", anomaly_infos[i].meaning);
	}
	if (table.rows == 1)
		return;
	page_heading(page, "Anomalies");
	page_end(page);
	table_print(page, &table, INDENT);
}

/* Counters of a field: nothing for zero, else ", 12 evicted"; the first one begins the field. */
struct counters {
	struct page *page;
	const char *label;
	bool is_begun;
};

static void count_add(
	struct counters *counters, enum paint paint, uint64_t value, const char *words)
{
	char number[TEXT_NUMBER_MAX];

	if (value == 0)
		return;
	if (!counters->is_begun)
		page_label(counters->page, INDENT, counters->label);
	else
		page_put(counters->page, PAINT_PLAIN, ",");
	counters->is_begun = true;
	page_flow(counters->page, FIELD, paint, "%s %s", text_count(value, number), words);
}

static void count_end(struct counters *counters)
{
	if (counters->is_begun)
		page_end(counters->page);
}

static void print_flows(struct page *page, const struct report_track *track)
{
	struct counters flows = { page, "flows", false }, pending = { page, "unanswered", false };

	count_add(&flows, PAINT_PLAIN, track->flows, "in all");
	count_add(&flows, PAINT_PLAIN, track->flows_peak, "at a time");
	count_add(&flows, PAINT_MEDIUM, track->flows_evicted, "forgotten for lack of room");
	if (flows.is_begun)
		count_add(&flows, PAINT_FAINT, track->flow_slots, "slots");
	count_end(&flows);
	count_add(&pending, PAINT_PLAIN, track->pending, "openings without an answer");
	count_add(&pending, PAINT_PLAIN, track->pending_evicted, "forgotten for lack of room");
	if (pending.is_begun)
		count_add(&pending, PAINT_FAINT, track->pending_slots, "slots");
	count_end(&pending);
}

static void print_fragments(struct page *page, const struct fragments_stats *stats)
{
	struct counters fragments = { page, "fragments", false };

	count_add(&fragments, PAINT_PLAIN, stats->datagrams, "datagrams in pieces");
	count_add(&fragments, PAINT_PLAIN, stats->attributed, "later pieces attributed");
	count_add(&fragments, PAINT_PLAIN, stats->unattributed, "without a first piece");
	count_add(&fragments, PAINT_PLAIN, stats->expired, "never completed");
	count_add(&fragments, PAINT_PLAIN, stats->evicted, "forgotten for lack of room");
	count_end(&fragments);
}

void print_tracking(struct page *page, const struct report *report)
{
	const struct report_track *track = &report->track;
	struct counters shakes = { page, "handshakes", false },
			packets = { page, "senders", false };
	struct counters findings = { page, "findings", false };
	struct counters losses = { page, "losses", false };
	char memory[TEXT_NUMBER_MAX];

	if (report->decode.frames == 0)
		return;
	page_heading(page, "Tracked");
	page_end(page);
	print_flows(page, track);
	count_add(&shakes, PAINT_PLAIN, track->handshakes, "completed");
	count_add(&shakes, PAINT_PLAIN, track->refused, "refused");
	count_add(&shakes, PAINT_PLAIN, track->retransmits, "packets sent again");
	count_end(&shakes);
	count_add(&packets, PAINT_PLAIN, track->verified_packets, "packets of proven addresses");
	count_add(&packets, PAINT_PLAIN, track->unverified_packets, "of unproven ones");
	count_end(&packets);
	print_fragments(page, &report->fragments);
	count_add(&findings, PAINT_PLAIN, track->findings, "in all");
	count_add(&findings, PAINT_HIGH, track->findings_lost,
		"lost (more at once than there was room for)");
	count_add(&findings, PAINT_HIGH, track->incidents_lost, "incidents lost for lack of room");
	count_end(&findings);
	count_add(&losses, PAINT_MEDIUM, track->flows_refused, "flows without a slot");
	count_add(&losses, PAINT_MEDIUM, track->uncounted,
		"packets and attempts that the detectors had no room for");
	count_add(
		&losses, PAINT_PLAIN, track->forgotten, "targets and senders forgotten for others");
	count_end(&losses);
	if (report->memory_bytes) {
		page_label(page, INDENT, "memory");
		page_flow(page, FIELD, PAINT_PLAIN, "%s for the tables",
			text_bytes(report->memory_bytes, memory));
		page_end(page);
	}
}

void print_assumptions(struct page *page, const struct report *report)
{
	if (report->assumption_count == 0)
		return;
	page_heading(page, "Assumed");
	page_end(page);
	for (unsigned i = 0; i < report->assumption_count; i++) {
		page_to(page, INDENT);
		page_put(page, PAINT_FAINT, "-");
		page_flow(page, INDENT + 2, PAINT_PLAIN, "%s", report->assumptions[i]);
		page_end(page);
	}
}
