/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/conf_manual_test.c - weir.yaml(5) says what the option list says, and its examples load.
 *
 * Every option must have its line "*key* (default D, range R)" below the heading of its section,
 * with meaning and source on the next line; and no such line may be there that is not in the list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/table.h"

static char *page;

static int read_page(void **state)
{
	const char *root = getenv("WEIR_SOURCE");
	char path[4096];
	size_t len;
	FILE *in;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/weir.yaml.5.scd", root ? root : ".");
	in = fopen(path, "r");
	page = calloc(1, CONF_BYTES_MAX);
	if (!in || !page)
		return -1;
	len = fread(page, 1, CONF_BYTES_MAX - 1, in);
	fclose(in);
	return len > 0 ? 0 : -1;
}

static int free_page(void **state)
{
	(void)state;
	free(page);
	return 0;
}

/* A copy of what stands below the heading, up to the next one. */
static char *chapter_of(const char *heading)
{
	char wanted[128];
	const char *start, *end;

	snprintf(wanted, sizeof(wanted), "\n%s\n", heading);
	start = strstr(page, wanted);
	if (!start) {
		fail_msg("no heading %s", heading);
		abort();
	}
	start += strlen(wanted) - 1;
	end = strstr(start, "\n#");
	return strndup(start, end ? (size_t)(end - start) : strlen(start));
}

static void require(const char *chapter, const char *text)
{
	if (!strstr(chapter, text))
		fail_msg("weir.yaml.5.scd lacks:%s", text);
}

static void test_options(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];
		char otherwise[CONF_VALUE_TEXT_MAX], range[CONF_RANGE_TEXT_MAX];
		char heading[64], text[1024], *chapter;

		snprintf(heading, sizeof(heading), "## %s",
			*option->section ? option->section : "Outermost");
		conf_value_format(option, option->otherwise, otherwise);
		conf_range_format(option, range);
		snprintf(text, sizeof(text), "\n*%s* (default %s, range %s)\n\t%s. Source: %s.\n",
			option->key, otherwise, range, option->meaning, option->source);
		chapter = chapter_of(heading);
		require(chapter, text);
		free(chapter);
	}
}

static void test_sections(void **state)
{
#define SECTION(name, options, meaning) { "## " #name, "\n\n" meaning "\n" },
	static const char *const sections[][2] = { CONF_SECTIONS(SECTION) };
#undef SECTION

	(void)state;
	for (unsigned i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		char *chapter = chapter_of(sections[i][0]);

		assert_ptr_equal(strstr(chapter, sections[i][1]), chapter);
		free(chapter);
	}
}

static void test_lists(void **state)
{
	char *chapter = chapter_of("## Lists");

	(void)state;
	for (unsigned i = 0; i < CONF_LIST_COUNT; i++) {
		const struct conf_list *list = &conf_lists[i];
		char text[512];

		snprintf(text, sizeof(text),
			"\n*%s* (default none, at most %u)\n\t%s. Source: %s.\n", list->key,
			list->cap, list->meaning, list->source);
		require(chapter, text);
	}
	free(chapter);
}

static void test_nothing_more(void **state)
{
	unsigned count = 0;

	(void)state;
	for (const char *at = page; (at = strstr(at, "* (default ")); at++)
		count++;
	assert_int_equal(count, CONF_OPTION_COUNT + CONF_LIST_COUNT);
}

/* Examples stand between lines of three backquotes. */
static void test_examples(void **state)
{
	unsigned examples = 0;
	const char *at = page, *end;

	(void)state;
	while ((at = strstr(at, "\n```\n"))) {
		struct err err = { "" };
		struct conf *conf = NULL;

		at += 5;
		end = strstr(at, "\n```\n");
		assert_non_null(end);
		if (conf_load_bytes(at, (size_t)(end - at), "example", &err, &conf) < 0)
			fail_msg("%s", err.text);
		conf_close(conf);
		examples++;
		at = end + 5;
	}
	assert_in_range(examples, 3, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_nothing_more),
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, read_page, free_page);
}
