/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf/conf_bounds_test.c - as many and as long as may be, and one more. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf_fixture.h"

/* start, then entry count times, then end, in one text. */
static char *repeat(const char *start, const char *entry, unsigned count, const char *end)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs(start, out);
	for (unsigned i = 0; i < count; i++)
		fputs(entry, out);
	fputs(end, out);
	fclose(out);
	return text;
}

static void check_repeated_refused(
	const char *start, const char *entry, unsigned count, const char *end, const char *message)
{
	char *text = repeat(start, entry, count, end);

	check_refused(text, strlen(text), message);
	free(text);
}

/* The most prefixes there may be, in groups and as long as text can be: what is printed still
 * loads. */
static void check_longest_print(void)
{
	char *text = NULL, *once;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct conf *conf;

	fputs("groups:", out);
	for (unsigned i = 0; i < CONF_PREFIXES_MAX; i++) {
		if (i % 16 == 0)
			fprintf(out, "\n- name: %063u\n  networks: [", i / 16);
		fprintf(out, "%s\"8888:8888:8888:8888:8888:8888:%x:8888/127\"",
			i % 16 == 0 ? "" : ",", 0x8000 + i);
		fputs(i % 16 == 15 ? "]" : "", out);
	}
	fclose(out);
	conf = load(text);
	once = printed(conf);
	assert_in_range(strlen(once), CONF_BYTES_MAX * 9 / 10, CONF_BYTES_MAX);
	conf_close(conf);
	conf = load(once);
	assert_int_equal(conf->group_count, CONF_GROUPS_MAX);
	conf_close(conf);
	free(once);
	free(text);
}

static void test_bounds(void **state)
{
	struct conf *conf;
	char *text = repeat("networks:\n", "- ::1\n", CONF_PREFIXES_MAX, "");

	(void)state;
	conf = load(text);
	assert_int_equal(conf->networks.count, CONF_PREFIXES_MAX);
	conf_close(conf);
	free(text);
	check_longest_print();
	check_repeated_refused("allow:\n", "- ::1\n", CONF_PREFIXES_MAX + 1, "",
		"weir.yaml:16002: allow: more than 16000 entries");
	check_repeated_refused("groups:\n", "- {name: a, networks: [\"::\"]}\n", 1001, "",
		"weir.yaml:1002: groups: more than 1000 entries");
	check_repeated_refused(
		"groups:\n- name: a\n  networks: [\"::1\"]\n- name: b\n  networks:\n", "  - ::2\n",
		CONF_PREFIXES_MAX, "",
		"weir.yaml: 16001 prefixes in all lists together; at most 16000 are held");
	check_repeated_refused(
		"interfaces:\n", "- a\n", 33, "", "weir.yaml:34: interfaces: more than 32 entries");
	check_repeated_refused("run:\n  user: ", "u", 256, "",
		"weir.yaml:2: run.user: "
		"\"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu..."
		"\" is longer than 255 bytes");
	check_repeated_refused("networks: ", "[", 100000, "",
		"weir.yaml:1: networks[0]: expected a single value, got " A_LIST);
	check_repeated_refused("seed: ", "{a: ", 100000, "",
		"weir.yaml:1: seed: expected a single value, got " A_MAPPING);
}

static void test_large_is_refused(void **state)
{
	struct err err = { "" };
	struct conf *conf = NULL;
	char *text = repeat("", "#", CONF_BYTES_MAX, "");

	(void)state;
	conf = load(text);
	conf_close(conf);
	free(text);
	conf = NULL;
	assert_int_equal(conf_load("/dev/zero", &err, &conf), -EFBIG);
	assert_string_equal(
		err.text, "/dev/zero: larger than 1048576 bytes; this is no configuration");
	assert_null(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
