/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/hosts.c - `weir hosts [ADDR] [-r FILE…]`: the hosts of ours, what each is and does.
 *
 * With -r the captures are inspected here; without it the running weir is asked. Both ways give the
 * same object (record/json_hosts.h), which is then printed.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "cli/captures.h"
#include "cli/progress.h"
#include "engine.h"
#include "lib/text.h"
#include "record/json_hosts.h"
#include "record/json_value.h"
#include "record/table.h"

#define INDENT 5u
#define FIELD PAGE_FIELD(INDENT)
#define FILES_MAX 1024
#define ROWS_AT_ONCE (TABLE_ROWS - 1) /* under one heading */

static const char help[] = "Usage: weir hosts [OPTION]... [ADDR] [-r FILE...]\n"
			   "The hosts of ours that were heard: what each is, says, talks and "
			   "serves, and the incidents\n"
			   "it has a part in. ADDR is one address, or a prefix.\n"
			   "\n"
			   "  -r, --read=FILE         of these captures; without it the running "
			   "weir is asked\n" ASK_HELP "\n" ASK_HELP_STATUS "See weir-hosts(1).\n";

struct question {
	const char *prefix; /* NULL: all; canonical */
	char prefix_text[ADDR_TEXT_MAX];
	char *files[FILES_MAX];
	unsigned file_count;
};

/* --- printing --- */

static const char *worst_incident(const json_t *host, char *text, size_t size)
{
	const json_t *incident = json_array_get(answer_at(host, "incidents"), 0);

	text[0] = '\0';
	if (incident)
		snprintf(text, size, "%s %s", answer_text(incident, "severity"),
			answer_text(incident, "kind"));
	return text;
}

/* "phone 80 %"; "" when it is not known. */
static const char *kind_of(const json_t *host, char *text, size_t size)
{
	const char *kind = answer_text(host, "kind");
	char share[TEXT_NUMBER_MAX];

	text[0] = '\0';
	if (kind[0] && strcmp(kind, "unknown") != 0)
		snprintf(text, size, "%s %s", kind,
			text_share(answer_number(host, "confidence"), share));
	return text;
}

static void add_row(struct table *table, const json_t *host)
{
	char text[TABLE_CELL], number[TEXT_NUMBER_MAX];
	uint64_t bytes = answer_count(host, "sent_bytes") + answer_count(host, "received_bytes");

	table_cell(table, "%s", answer_text(host, "address"));
	table_cell(table, "%s", kind_of(host, text, sizeof(text)));
	if (json_is_number(answer_at(host, "score")))
		table_cell(table, "%.2f", answer_number(host, "score"));
	else
		table_cell(table, "%s", "");
	table_cell(table, "%s", worst_incident(host, text, sizeof(text)));
	table_cell(table, "%s", answer_text(host, "name"));
	table_cell(table, "%s", answer_text(host, "system"));
	table_cell(table, "%s", text_bytes(bytes, number));
}

static void print_table(struct page *page, const json_t *hosts)
{
	static const char *const headings[] = { "host", "is", "score", "incident", "name", "system",
		"traffic" };
	size_t count = json_array_size(hosts);
	struct table table;

	for (size_t i = 0; i < count;) {
		table_open(&table, "llrlwlr", headings);
		for (size_t end = i + ROWS_AT_ONCE; i < count && i < end; i++)
			add_row(&table, json_array_get(hosts, i));
		table_print(page, &table, 0);
	}
}

static void print_incidents(struct page *page, const json_t *host)
{
	const json_t *incident;
	size_t i;

	json_array_foreach(answer_at(host, "incidents"), i, incident) {
		page_label(page, INDENT, i == 0 ? "incidents" : "");
		page_flow(page, FIELD, PAINT_MEDIUM, "%s %s", answer_text(incident, "severity"),
			answer_text(incident, "title"));
		page_flow(page, FIELD, PAINT_PLAIN,
			"(%s %s, as %s, %.2f):", answer_text(incident, "kind"),
			answer_text(incident, "id"), answer_text(incident, "role"),
			answer_number(incident, "confidence"));
		page_flow(page, FIELD, PAINT_PLAIN, "%s", answer_text(incident, "why"));
		page_end(page);
	}
}

static void print_reasons(struct page *page, const json_t *host)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(answer_at(host, "reasons"), i, reason) {
		const char *kind = answer_text(reason, "kind");

		page_label(page, INDENT, i == 0 ? "because" : "");
		page_flow(page, FIELD, PAINT_PLAIN, "%s \"%s\"", answer_text(reason, "clue"),
			answer_text(reason, "pattern"));
		page_flow(page, FIELD, PAINT_FAINT, "%s (%.2f; %s)", kind,
			answer_number(reason, "weight"), answer_text(reason, "source"));
		page_end(page);
	}
}

static void print_talks(struct page *page, const json_t *host)
{
	const json_t *one;
	char flows[TEXT_NUMBER_MAX], bytes[TEXT_NUMBER_MAX];
	size_t i;

	json_array_foreach(answer_at(host, "protocols"), i, one) {
		if (i == 0)
			page_label(page, INDENT, "talks");
		page_flow(page, FIELD, PAINT_PLAIN, "%s (%s flows, %s)%s", answer_text(one, "name"),
			text_count(answer_count(one, "flows"), flows),
			text_bytes(answer_count(one, "bytes"), bytes),
			i + 1 < json_array_size(answer_at(host, "protocols")) ? "," : "");
	}
	if (i > 0)
		page_end(page);
}

static void print_services(struct page *page, const json_t *host)
{
	const json_t *one;
	size_t i, count = json_array_size(answer_at(host, "services"));

	json_array_foreach(answer_at(host, "services"), i, one) {
		const char *name = answer_text(one, "app_proto");

		if (i == 0)
			page_label(page, INDENT, "serves");
		page_flow(page, FIELD, PAINT_PLAIN, "%s %llu%s%s%s", answer_text(one, "proto"),
			(unsigned long long)answer_count(one, "port"), name[0] ? " " : "", name,
			i + 1 < count ? "," : "");
	}
	if (i > 0 && !answer_is(host, "services_complete"))
		page_flow(page, FIELD, PAINT_FAINT, "and more");
	if (i > 0)
		page_end(page);
}

static void print_macs(struct page *page, const json_t *host)
{
	const json_t *mac;
	size_t i;

	json_array_foreach(answer_at(host, "macs"), i, mac) {
		if (i == 0)
			page_label(page, INDENT, "card");
		page_flow(page, FIELD, PAINT_PLAIN, "%s", answer_text(mac, ""));
	}
	if (i > 0) {
		page_flow(page, FIELD, PAINT_FAINT, "%s", answer_text(host, "maker"));
		page_end(page);
	}
}

static void print_traffic(struct page *page, const json_t *host)
{
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	page_label(page, INDENT, "traffic");
	page_flow(page, FIELD, PAINT_PLAIN, "%s sent, %s received",
		text_bytes(answer_count(host, "sent_bytes"), a),
		text_bytes(answer_count(host, "received_bytes"), b));
	page_end(page);
	page_label(page, INDENT, "seen");
	page_flow(page, FIELD, PAINT_PLAIN, "%s to %s", answer_moment(host, "first_seen", a),
		answer_moment(host, "last_seen", b));
	page_end(page);
}

static void print_host(struct page *page, const json_t *host)
{
	char kind[64];

	page_put(page, PAINT_STRONG, "%s", answer_text(host, "address"));
	page_flow(page, INDENT, PAINT_STRONG, "%s", answer_text(host, "name"));
	page_end(page);
	kind_of(host, kind, sizeof(kind));
	print_field(page, INDENT, "is", kind[0] ? kind : "not known");
	print_field(page, INDENT, "system", answer_text(host, "system"));
	print_reasons(page, host);
	print_incidents(page, host);
	print_field(page, INDENT, "says", answer_text(host, "says_vendor"));
	print_field(page, INDENT, "model", answer_text(host, "says_model"));
	print_field(page, INDENT, "banner", answer_text(host, "says_system"));
	print_macs(page, host);
	print_field(page, INDENT, "JA4", answer_text(host, "ja4"));
	print_talks(page, host);
	print_services(page, host);
	print_traffic(page, host);
}

static int print(const struct ask *ask, const struct question *question, json_t *answer)
{
	const json_t *hosts = answer_at(answer, "hosts");
	uint64_t total = answer_count(answer, "hosts_total"), shown = json_array_size(hosts);
	char number[TEXT_NUMBER_MAX];
	struct page page;

	if (ask->is_json)
		return ask_print_json(ask, answer);
	ask_page(ask, &page);
	if (shown == 0) {
		page_put(&page, PAINT_FAINT, "No host of ours was heard%s%s.",
			question->prefix ? " of " : "", question->prefix ? question->prefix : "");
		page_end(&page);
	} else if (shown == 1 && question->prefix) {
		print_host(&page, json_array_get(hosts, 0));
	} else {
		print_table(&page, hosts);
	}
	if (total > shown && shown > 0) {
		page_flow(&page, 0, PAINT_FAINT, "and %s more (report.list_max)",
			text_count(total - shown, number));
		page_end(&page);
	}
	return ask_page_end(ask, &page);
}

/* --- of captures --- */

static json_t *answer_of(const struct report *report, const struct question *question)
{
	struct hosts_question wanted = {
		.inventory = report->inventory,
		.incidents = report->incidents,
		.incident_count = report->incident_count,
		.list_max = report->list_max,
	};
	unsigned total = 0;
	json_t *hosts;

	if (question->prefix)
		addr_prefix_parse(question->prefix, &wanted.within, &wanted.bits);
	hosts = value_hosts(&wanted, &total);
	return json_pack("{s:o, s:i, s:o}", "hosts", hosts, "hosts_total", (int)total,
		"hosts_forgotten",
		value_count(report->inventory ? inventory_forgotten(report->inventory) : 0));
}

/* What could not be read, of files that could be opened. */
static bool say_errors(const struct ask *ask, const struct report *report)
{
	bool is_any = false;

	for (unsigned i = 0; i < report->file_count; i++)
		if (report->files[i].error) {
			fprintf(stderr, "%s: %s\n", ask->name, report->files[i].error);
			is_any = true;
		}
	return is_any;
}

static int inspect(const struct ask *ask, const struct question *question, const struct conf *conf,
	struct merge *merge)
{
	struct progress progress;
	struct engine_options options = { .conf = conf,
		.workers = captures_workers(0, conf),
		.progress = progress_show,
		.progress_context = &progress };
	struct engine *engine;
	struct err err;
	json_t *answer;
	int r, status;

	progress_begin(&progress);
	r = engine_inspect(&options, merge, &err, &engine);
	progress_end(&progress);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", ask->name, err.text);
		return EXIT_INPUT;
	}
	answer = answer_of(engine_report(engine), question);
	status = answer ? print(ask, question, answer) : EXIT_INPUT;
	if (say_errors(ask, engine_report(engine)))
		status = EXIT_INPUT;
	json_decref(answer);
	engine_close(engine);
	return status;
}

static int of_captures(const struct ask *ask, const struct question *question)
{
	struct conf *conf = NULL;
	struct merge *merge = NULL;
	int failed, status;

	if (captures_conf(ask->name, ask->conf_path, &conf) < 0)
		return EXIT_INPUT;
	failed = captures_open(ask->name, question->files, question->file_count, &merge);
	status = failed < 0 || !merge ? EXIT_INPUT : inspect(ask, question, conf, merge);
	if (failed > 0)
		status = EXIT_INPUT;
	merge_close(merge);
	conf_close(conf);
	return status;
}

/* --- of the running weir --- */

static int of_running(const struct ask *ask, const struct question *question)
{
	json_t *request = json_pack("{s:s}", "command", "hosts"), *answer = NULL;
	int status;

	if (question->prefix)
		json_object_set_new(request, "prefix", json_string(question->prefix));
	status = ask_weir(ask, request, &answer);
	if (status == EXIT_FINE)
		status = print(ask, question, answer);
	json_decref(answer);
	return status;
}

/* --- command line --- */

static bool add_file(const struct ask *ask, struct question *question, char *file)
{
	if (question->file_count == FILES_MAX) {
		ask_usage(ask, "at most %d files", FILES_MAX);
		return false;
	}
	question->files[question->file_count++] = file;
	return true;
}

/* With -r all that is no address is a file. */
static bool take_argument(const struct ask *ask, struct question *question, char *text)
{
	struct addr addr;
	unsigned bits;
	bool is_address = addr_prefix_parse(text, &addr, &bits) == 0;

	if (question->file_count > 0 && !is_address)
		return add_file(ask, question, text);
	if (question->prefix) {
		ask_usage(ask, "one ADDR, not also %s", text);
		return false;
	}
	question->prefix = question->prefix_text;
	return ask_prefix(ask, text, question->prefix_text);
}

/* 0; 1 help; -1 wrong. */
static int parse(struct ask *ask, int argc, char **argv, struct question *question)
{
	static const struct option known[] = { { "read", required_argument, NULL, 'r' },
		ASK_OPTIONS };
	int option, taken = 0;

	while ((option = getopt_long(argc, argv, "r:" ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 'r')
			taken = add_file(ask, question, optarg) ? 0 : -1;
		else
			taken = ask_option(ask, option);
		if (taken != 0)
			return taken;
	}
	for (int i = optind; i < argc; i++)
		if (!take_argument(ask, question, argv[i]))
			return -1;
	return 0;
}

static int run(int argc, char **argv)
{
	static struct question question;
	struct ask ask = ASK_INIT("weir hosts", help);
	int parsed = parse(&ask, argc, argv, &question);

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	return question.file_count > 0 ? of_captures(&ask, &question) : of_running(&ask, &question);
}

const struct subcommand subcommand_hosts = {
	.name = "hosts",
	.summary = "the hosts inside: what each is, says and does",
	.run = run,
};
