/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/answer.c - reading weir's answers, and printing what several commands print; see answer.h. */
#include "cli/answer.h"

#include <string.h>
#include <time.h>

#include "lib/text.h"
#include "record/table.h"
#include "types.h"

#define ROWS_AT_ONCE (TABLE_ROWS - 1) /* under one heading */

json_t *answer_at(const json_t *answer, const char *path)
{
	json_t *value = (json_t *)answer;

	while (value && *path) {
		char key[64];
		size_t len = strcspn(path, ".");

		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		value = json_object_get(value, key);
		path += len + (path[len] == '.');
	}
	return value;
}

const char *answer_text(const json_t *answer, const char *path)
{
	const char *text = json_string_value(answer_at(answer, path));

	return text ? text : "";
}

double answer_number(const json_t *answer, const char *path)
{
	return json_number_value(answer_at(answer, path));
}

uint64_t answer_count(const json_t *answer, const char *path)
{
	double number = answer_number(answer, path);
	const json_t *value = answer_at(answer, path);

	if (json_is_integer(value))
		return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
	return number >= 1 && number < 1e18 ? (uint64_t)number : 0;
}

bool answer_is(const json_t *answer, const char *path)
{
	return json_is_true(answer_at(answer, path));
}

int64_t answer_time_ns(const json_t *answer, const char *path)
{
	struct tm parts = { 0 };

	if (!strptime(answer_text(answer, path), "%Y-%m-%dT%H:%M:%S", &parts))
		return 0;
	return timegm(&parts) * NS_PER_S;
}

const char *answer_moment(const json_t *answer, const char *path, char *text)
{
	int64_t time_ns = answer_time_ns(answer, path);
	size_t len;

	text[0] = '\0';
	if (!time_ns)
		return text;
	text_time(time_ns, text);
	len = strlen(text);
	snprintf(text + len, TEXT_NUMBER_MAX - len, " UTC");
	return text;
}

/* Whole seconds: an answer's timestamps are read that far. */
static const char *distance(const json_t *answer, const char *path, int sign, char *text)
{
	int64_t time_ns = answer_time_ns(answer, path);
	int64_t left_ns = sign * (time_ns - time(NULL) * NS_PER_S);

	text[0] = '\0';
	return time_ns ? text_duration(left_ns > 0 ? left_ns : 0, text) : text;
}

const char *answer_until(const json_t *answer, const char *path, char *text)
{
	return distance(answer, path, 1, text);
}

const char *answer_since(const json_t *answer, const char *path, char *text)
{
	return distance(answer, path, -1, text);
}

enum paint mode_paint(const char *mode)
{
	return strcmp(mode, "enforce") == 0 ? PAINT_GOOD : PAINT_MEDIUM;
}

void print_field(struct page *page, unsigned indent, const char *label, const char *words)
{
	if (!words[0])
		return;
	page_label(page, indent, label);
	page_flow(page, PAGE_FIELD(indent), PAINT_PLAIN, "%s", words);
	page_end(page);
}

/* A list under its headings, which come again where the list is long. */
static void print_rows(struct page *page, const json_t *list, unsigned cap, const char *align,
	const char *const *headings, void (*add)(struct table *table, const json_t *row))
{
	size_t all = json_array_size(list), shown = cap && all > cap ? cap : all;
	struct table table;
	char number[TEXT_NUMBER_MAX];

	for (size_t i = 0; i < shown;) {
		table_open(&table, align, headings);
		for (size_t end = i + ROWS_AT_ONCE; i < shown && i < end; i++)
			add(&table, json_array_get(list, i));
		table_print(page, &table, 2);
	}
	if (all > shown) {
		page_flow(page, 2, PAINT_FAINT, "and %s more", text_count(all - shown, number));
		page_end(page);
	}
}

static const char *subject_of(const json_t *incident)
{
	const char *subject = answer_text(incident, "subject");

	return subject[0] ? subject : answer_text(incident, "group");
}

static void add_incident(struct table *table, const json_t *incident)
{
	char number[TEXT_NUMBER_MAX];

	table_cell(table, "%s", answer_text(incident, "id"));
	table_cell(table, "%s", answer_text(incident, "severity"));
	table_cell(table, "%s", answer_text(incident, "kind"));
	table_cell(table, "%s", subject_of(incident));
	table_cell(table, "%s", text_packet_rate(answer_number(incident, "peak_pps"), number));
	table_cell(table, "%s", answer_since(incident, "first_seen", number));
	if (strcmp(answer_text(incident, "state"), "open") == 0)
		table_cell(table, "open");
	else
		table_cell(table, "%s ago", answer_since(incident, "last_seen", number));
}

void print_incident_rows(struct page *page, const json_t *incidents, unsigned cap)
{
	static const char *const headings[] = { "id", "severity", "kind", "against or by", "peak",
		"began ago", "ended" };

	print_rows(page, incidents, cap, "lllwrrr", headings, add_incident);
}

static void add_mitigation(struct table *table, const json_t *mitigation)
{
	char number[TEXT_NUMBER_MAX];
	const char *class = answer_text(mitigation, "class");
	bool has_ended = answer_time_ns(mitigation, "ended") != 0;

	table_cell(table, "%llu", (unsigned long long)answer_count(mitigation, "id"));
	table_cell(table, "%s", answer_text(mitigation, "state"));
	table_cell(table, "%s%s%s", answer_text(mitigation, "verb"), class[0] ? " " : "", class);
	table_cell(table, "%s", answer_text(mitigation, "whom"));
	table_cell(table, "%s", text_count(answer_count(mitigation, "hits"), number));
	table_cell(table, "%s", has_ended ? "" : answer_until(mitigation, "expires", number));
	table_cell(table, "%s", answer_text(mitigation, "origin"));
	table_cell(table, "%s", answer_text(mitigation, "incident"));
}

void print_mitigation_rows(struct page *page, const json_t *mitigations, unsigned cap)
{
	static const char *const headings[] = { "id", "state", "measure", "whom", "hits", "ends in",
		"origin", "incident" };

	print_rows(page, mitigations, cap, "lllwrrll", headings, add_mitigation);
}
