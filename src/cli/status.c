/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/status.c - `weir status`: is it well, what passes, what is in force.
 */
#include <string.h>

#include "bpf/wire.h"
#include "cli/answer.h"
#include "cli/ask.h"
#include "cli/print_status.h"
#include "lib/text.h"
#include "record/table.h"

#define INDENT 2u
#define FIELD PAGE_FIELD(INDENT)

static const char help[] = "Usage: weir status [OPTION]...\n"
			   "Health of the running weir: mode, interfaces, rates, what was dropped "
			   "and why, what is in\n"
			   "force, and what it lacks.\n"
			   "\n" ASK_HELP "\n" ASK_HELP_STATUS "See weir-status(1).\n";

void print_mode(struct page *page, const json_t *status)
{
	const char *mode = answer_text(status, "mode");
	char until[TEXT_NUMBER_MAX];

	page_label(page, INDENT, "mode");
	page_put(page, mode_paint(mode), "%s", mode);
	if (answer_until(status, "enforce_until", until)[0])
		page_flow(page, FIELD, PAINT_MEDIUM,
			"for %s more, then shadow; weir arm --confirm keeps it", until);
	else if (strcmp(mode, "shadow") == 0)
		page_flow(page, FIELD, PAINT_FAINT,
			"nothing is dropped, only counted; weir arm changes that");
	else if (strcmp(mode, "learn") == 0)
		page_flow(page, FIELD, PAINT_FAINT, "it looks on and decides nothing");
	page_end(page);
}

void print_interfaces(struct page *page, const json_t *status)
{
	const json_t *interfaces = answer_at(status, "interfaces"), *one;
	size_t i;

	if (json_array_size(interfaces) == 0)
		return;
	page_label(page, INDENT, "interfaces");
	json_array_foreach(interfaces, i, one) {
		bool is_up = answer_is(one, "up");
		const char *place = answer_text(one, "xdp");

		page_flow(page, FIELD, is_up ? PAINT_PLAIN : PAINT_HIGH, "%s (%s%s%s)%s",
			answer_text(one, "name"),
			strcmp(place, "none") == 0 || !place[0] ? "" : "gate: ",
			place[0] ? place : "?", is_up ? "" : ", down",
			i + 1 < json_array_size(interfaces) ? "," : "");
	}
	page_end(page);
}

static void print_rate(struct page *page, const json_t *rates, const char *way)
{
	char packets[TEXT_NUMBER_MAX], bits[TEXT_NUMBER_MAX];
	const json_t *rate = answer_at(rates, way);

	page_flow(page, FIELD, PAINT_PLAIN, "%s %s, %s%s", way,
		text_packet_rate(answer_number(rate, "pps"), packets),
		text_bit_rate(answer_number(rate, "bps"), bits), strcmp(way, "in") == 0 ? ";" : "");
}

void print_rates(struct page *page, const json_t *status)
{
	const json_t *rates = answer_at(status, "rates");
	uint64_t drops = answer_count(status, "kernel_drops");
	char number[TEXT_NUMBER_MAX];

	if (!rates)
		return;
	page_label(page, INDENT, "traffic");
	print_rate(page, rates, "in");
	print_rate(page, rates, "out");
	page_end(page);
	if (drops == 0)
		return;
	page_label(page, INDENT, "not seen");
	page_flow(page, FIELD, PAINT_MEDIUM,
		"%s packets came faster than they could be read; a larger run.ring or more "
		"workers help",
		text_count(drops, number));
	page_end(page);
}

static void print_counts(struct page *page, const json_t *status)
{
	uint64_t open = answer_count(status, "incidents_open");
	uint64_t force = answer_count(status, "mitigations_in_force");
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	page_label(page, INDENT, "now");
	page_flow(page, FIELD, open ? PAINT_HIGH : PAINT_GOOD, "%s %s open,",
		open ? text_count(open, a) : "no", open == 1 ? "incident" : "incidents");
	page_flow(page, FIELD, PAINT_PLAIN, "%s %s in force", force ? text_count(force, b) : "no",
		force == 1 ? "measure" : "measures");
	page_end(page);
}

/* In the order of the list both sides share, so that drops stand together. */
static void print_reasons(struct page *page, const json_t *status)
{
#define REASON(symbol, name, verdict, meaning) { name, #verdict, meaning },
	static const struct {
		const char *name, *verdict, *meaning;
	} reasons[] = { WIRE_REASONS(REASON) };
#undef REASON
	static const char *const headings[] = { "reason", "verdict", "packets", "bytes",
		"in shadow", "what it means" };
	struct table table;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	table_open(&table, "llrrrw", headings);
	for (unsigned i = 0; i < WIRE_REASON_COUNT; i++) {
		const json_t *counter =
			json_object_get(answer_at(status, "reasons"), reasons[i].name);
		uint64_t shadow = answer_count(counter, "shadow_packets");

		if (answer_count(counter, "packets") == 0 && shadow == 0)
			continue;
		table_cell(&table, "%s", reasons[i].name);
		table_cell(&table, "%s",
			reasons[i].verdict[0] == 'P'   ? "pass"
			: reasons[i].verdict[0] == 'D' ? "drop"
						       : "reply");
		table_cell(&table, "%s", text_count(answer_count(counter, "packets"), a));
		table_cell(&table, "%s", text_bytes(answer_count(counter, "bytes"), b));
		table_cell(&table, "%s", shadow ? text_count(shadow, a) : "");
		table_cell(&table, "%s", reasons[i].meaning);
	}
	if (table.rows == 1)
		return;
	page_heading(page, "At the gate");
	page_end(page);
	table_print(page, &table, INDENT);
}

/* One line for what is not as it should be. */
static void print_trouble(struct page *page, const char *label, const char *what, uint64_t count)
{
	char number[TEXT_NUMBER_MAX];

	if (count == 0)
		return;
	page_label(page, INDENT, label);
	page_flow(page, FIELD, PAINT_MEDIUM, "%s %s", text_count(count, number), what);
	page_end(page);
}

static void print_words(struct page *page, const char *label, const char *words)
{
	if (!words[0])
		return;
	page_label(page, INDENT, label);
	page_flow(page, FIELD, PAINT_MEDIUM, "%s", words);
	page_end(page);
}

static void print_troubles(struct page *page, const json_t *status)
{
	const json_t *blind;
	size_t i;

	print_words(page, "journal", answer_text(status, "journal.trouble"));
	print_trouble(page, "journal", "entries wait to be written",
		answer_count(status, "journal.waiting"));
	print_trouble(page, "journal", "entries lost", answer_count(status, "journal.lost"));
	print_words(page, "event file", answer_text(status, "events.trouble"));
	print_trouble(page, "event file", "events lost", answer_count(status, "events.lost"));
	print_trouble(page, "keeper", "requests refused", answer_count(status, "requests.refused"));
	print_trouble(page, "gate", "samples lost", answer_count(status, "losses.samples"));
	print_trouble(page, "gate", "hosts had no place and are unprotected by rate",
		answer_count(status, "losses.hosts"));
	print_trouble(
		page, "gate", "connections had no place", answer_count(status, "losses.flows"));
	json_array_foreach(answer_at(status, "blind"), i, blind) {
		if (json_string_value(blind))
			print_words(page, "blind", json_string_value(blind));
	}
}

static void print_self(struct page *page, const json_t *status)
{
	char number[TEXT_NUMBER_MAX];
	double uptime_s = answer_number(status, "uptime_s");

	page_put(page, PAINT_STRONG, "weir %s", answer_text(status, "version"));
	if (uptime_s > 0 && uptime_s < 1e9)
		page_flow(page, 0, PAINT_FAINT, "up %s,",
			text_duration((int64_t)uptime_s * NS_PER_S, number));
	page_flow(page, 0, PAINT_FAINT, "%s for its tables",
		text_bytes(answer_count(status, "memory_bytes"), number));
	page_end(page);
}

static int run(int argc, char **argv)
{
	struct ask ask = ASK_INIT("weir status", help);
	json_t *answer = NULL;
	struct page page;
	int first, status, count = ask_options(&ask, argc, argv, &first);

	if (count < 0)
		return count == -2 ? EXIT_FINE : EXIT_USAGE;
	if (count > 0)
		return ask_usage(&ask, "it takes no argument, not %s", argv[first]);
	status = ask_weir(&ask, json_pack("{s:s}", "command", "status"), &answer);
	if (status != EXIT_FINE)
		return status;
	if (ask.is_json) {
		status = ask_print_json(&ask, answer);
	} else {
		ask_page(&ask, &page);
		print_self(&page, answer);
		print_mode(&page, answer);
		print_interfaces(&page, answer);
		print_rates(&page, answer);
		print_counts(&page, answer);
		print_troubles(&page, answer);
		print_reasons(&page, answer);
		status = ask_page_end(&ask, &page);
	}
	json_decref(answer);
	return status;
}

const struct subcommand subcommand_status = {
	.name = "status",
	.summary = "health, rates, what is in force",
	.run = run,
};
