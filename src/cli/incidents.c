/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/incidents.c - `weir incidents [ID]`: what goes on and went on, or all about one.
 */
#include <string.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "lib/text.h"
#include "types.h"

#define INDENT 5u /* as in the report of weir inspect */
#define FIELD PAGE_FIELD(INDENT)
#define ADDRESSES_MAX 8 /* of a role */

static const char help[] =
	"Usage: weir incidents [OPTION]... [ID]\n"
	"The incidents that are open, or all about the one whose id begins with ID.\n"
	"\n"
	"  -a, --all               also those that are over, of the last day\n"
	"      --since=TIME        also those that were over at most so long ago (90s, 1h, "
	"30d)\n" ASK_HELP "\n" ASK_HELP_STATUS "See weir-incidents(1).\n";

static enum paint severity_paint(const char *severity)
{
	for (unsigned i = 0; i < SEVERITY_COUNT; i++)
		if (strcmp(severity, severity_names[i]) == 0)
			return page_severity_paint((enum severity)i);
	return PAINT_PLAIN;
}

static void print_role(struct page *page, const json_t *incident, const char *role)
{
	const json_t *list = json_object_get(answer_at(incident, "roles"), role);
	uint64_t count =
		answer_count(json_object_get(answer_at(incident, "role_counts"), role), "");
	size_t shown = json_array_size(list);
	char number[TEXT_NUMBER_MAX];

	if (count == 0)
		return;
	shown = shown < ADDRESSES_MAX ? shown : ADDRESSES_MAX;
	page_label(page, INDENT, role);
	if (count > 1 || shown == 0)
		page_flow(page, FIELD, PAINT_PLAIN, "%s%s", text_count(count, number),
			shown ? ":" : "");
	for (size_t i = 0; i < shown; i++)
		page_flow(page, FIELD, PAINT_PLAIN, "%s%s",
			answer_text(json_array_get(list, i), ""), i + 1 < shown ? "," : "");
	if (shown && count > shown)
		page_flow(
			page, FIELD, PAINT_FAINT, "and %s more", text_count(count - shown, number));
	page_end(page);
}

static void print_strength(struct page *page, const json_t *incident)
{
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	page_label(page, INDENT, "strength");
	page_flow(page, FIELD, PAINT_PLAIN, "peak %s, %s;",
		text_packet_rate(answer_number(incident, "peak_pps"), a),
		text_bit_rate(answer_number(incident, "peak_bps"), b));
	page_flow(page, FIELD, PAINT_PLAIN, "%s packets, %s in all",
		text_count(answer_count(incident, "packets"), a),
		text_bytes(answer_count(incident, "bytes"), b));
	page_end(page);
}

static void print_when(struct page *page, const json_t *incident)
{
	char first[TEXT_NUMBER_MAX], last[TEXT_NUMBER_MAX];
	bool is_open = strcmp(answer_text(incident, "state"), "open") == 0;

	page_label(page, INDENT, "when");
	page_flow(page, FIELD, PAINT_PLAIN, "%s to %s",
		answer_moment(incident, "first_seen", first),
		is_open ? "now" : answer_moment(incident, "last_seen", last));
	page_end(page);
}

static void print_head(struct page *page, const json_t *incident)
{
	const char *severity = answer_text(incident, "severity");
	const char *subject = answer_text(incident, "subject");
	char right[96];

	page_put(page, severity_paint(severity), "%s", severity);
	page_to(page, PAGE_FIELD(0));
	page_put(page, PAINT_STRONG, "%s", answer_text(incident, "title"));
	snprintf(right, sizeof(right), "  %.40s  %.12s", answer_text(incident, "kind"),
		answer_text(incident, "id"));
	page_put_right(page, PAINT_FAINT, right);
	page_end(page);
	print_field(page, INDENT, "subject", subject[0] ? subject : answer_text(incident, "group"));
}

/* What was done about it: objects, or their ids alone. */
static void print_measures(struct page *page, const json_t *incident)
{
	const json_t *list = answer_at(incident, "mitigations");

	if (!json_is_object(json_array_get(list, 0)))
		return;
	page_heading(page, "Measures");
	page_end(page);
	print_mitigation_rows(page, list, 0);
}

static void print_findings(struct page *page, const json_t *incident)
{
	const json_t *finding;
	char observed[TEXT_NUMBER_MAX], expected[TEXT_NUMBER_MAX], moment[TEXT_NUMBER_MAX];
	size_t i;

	if (json_array_size(answer_at(incident, "findings")) == 0)
		return;
	page_heading(page, "Evidence");
	page_end(page);
	json_array_foreach(answer_at(incident, "findings"), i, finding) {
		const char *unit = answer_text(finding, "unit");

		page_to(page, INDENT);
		page_put(page, PAINT_FAINT, "%s", answer_moment(finding, "start", moment));
		page_flow(page, INDENT + 2, PAINT_PLAIN, " %s: %s; observed %s, expected %s",
			answer_text(finding, "detector"), answer_text(finding, "reason"),
			text_quantity(answer_number(finding, "observed"), unit, observed),
			text_quantity(answer_number(finding, "expected"), unit, expected));
		page_end(page);
	}
}

static void print_incident(struct page *page, const json_t *incident)
{
	print_head(page, incident);
	page_end(page);
	page_flow(page, INDENT, PAINT_PLAIN, "%s", answer_text(incident, "story"));
	page_end(page);
	page_end(page);
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		print_role(page, incident, role_names[i]);
	print_strength(page, incident);
	print_when(page, incident);
	print_field(page, INDENT, "what helps", answer_text(incident, "remedy"));
	print_field(page, INDENT, "policy", answer_text(incident, "policy"));
	print_measures(page, incident);
	print_findings(page, incident);
}

static int print_one(const struct ask *ask, const json_t *answer, const char *id)
{
	const json_t *incidents = answer_at(answer, "incidents");
	struct page page;

	if (json_array_size(incidents) == 0) {
		fprintf(stderr, "%s: no incident has an id that begins with %s\n", ask->name, id);
		return EXIT_FOUND;
	}
	ask_page(ask, &page);
	if (json_array_size(incidents) == 1)
		print_incident(&page, json_array_get(incidents, 0));
	else
		print_incident_rows(&page, incidents, 0);
	return ask_page_end(ask, &page);
}

static int print_all(const struct ask *ask, const json_t *answer, bool is_past)
{
	const json_t *incidents = answer_at(answer, "incidents");
	struct page page;

	ask_page(ask, &page);
	if (json_array_size(incidents) == 0) {
		page_put(&page, PAINT_GOOD, "%s",
			is_past ? "No incident in that time." : "No incident is open.");
		page_end(&page);
	}
	print_incident_rows(&page, incidents, 0);
	return ask_page_end(ask, &page);
}

/* 0; 1 help; -1 wrong. */
static int parse(struct ask *ask, int argc, char **argv, json_t *request, bool *ret_past)
{
	enum { OPTION_SINCE = 256 };
	static const struct option known[] = { { "all", no_argument, NULL, 'a' },
		{ "since", required_argument, NULL, OPTION_SINCE }, ASK_OPTIONS };
	json_int_t since_s = 86400;
	int option, taken = 0;

	while ((option = getopt_long(argc, argv, "a" ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 'a')
			*ret_past = true;
		else if (option != OPTION_SINCE)
			taken = ask_option(ask, option);
		else if (ask_duration(ask, optarg, &since_s))
			*ret_past = true;
		else
			taken = -1;
		if (taken != 0)
			return taken;
	}
	if (argc - optind > 1) {
		ask_usage(ask, "one ID, not %d", argc - optind);
		return -1;
	}
	if (optind < argc)
		json_object_set_new(request, "id", json_string(argv[optind]));
	if (*ret_past)
		json_object_set_new(request, "since_s", json_integer(since_s));
	json_object_set_new(request, "past", json_boolean(*ret_past || optind < argc));
	return 0;
}

static int run(int argc, char **argv)
{
	struct ask ask = ASK_INIT("weir incidents", help);
	json_t *request = json_pack("{s:s}", "command", "incidents"), *answer = NULL;
	bool is_past = false;
	int status, parsed = parse(&ask, argc, argv, request, &is_past);

	if (parsed != 0) {
		json_decref(request);
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	}
	status = ask_weir(&ask, request, &answer);
	if (status == EXIT_FINE && ask.is_json)
		status = ask_print_json(&ask, answer);
	else if (status == EXIT_FINE)
		status = optind < argc ? print_one(&ask, answer, argv[optind])
				       : print_all(&ask, answer, is_past);
	json_decref(answer);
	return status;
}

const struct subcommand subcommand_incidents = {
	.name = "incidents",
	.summary = "what is going on, and all about one",
	.run = run,
};
