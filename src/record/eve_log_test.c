/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/eve_log_test.c - whole lines, whatever the file does. */
#include "record/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide/decide.h"
#include "record/eve_log.h"
#include "record/json_value.h"

#define NOW_NS (1700000000 * NS_PER_S)

static char folder[64], path[96], old[96];

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/weir-eve-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/eve.json", folder);
	snprintf(old, sizeof(old), "%s/eve.json.1", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(old);
	rmdir(folder);
	return 0;
}

static struct eve_log *open_log(void)
{
	struct eve_log *log = NULL;
	struct err err = { "" };

	if (eve_log_open(path, &err, &log) < 0)
		fail_msg("%s", err.text);
	return log;
}

/* How many whole events of a type there are ("" for any); every line must be one. */
static unsigned count_events(const char *file, const char *type)
{
	char *line = NULL;
	size_t size = 0;
	FILE *in = fopen(file, "r");
	unsigned count = 0;

	assert_non_null(in);
	while (getline(&line, &size, in) > 0) {
		json_t *event = json_loads(line, 0, NULL);
		const char *is = json_string_value(json_object_get(event, "event_type"));

		if (!is)
			fail_msg("no event: %s", line);
		assert_string_equal(json_string_value(json_object_get(event, "timestamp")),
			"2023-11-14T22:13:20.000000+0000");
		assert_non_null(json_object_get(event, is));
		count += !*type || strcmp(is, type) == 0;
		json_decref(event);
	}
	free(line);
	fclose(in);
	return count;
}

static void test_events(void **state)
{
	struct made *made = made_bad_day();
	struct mitigation mitigation = { .id = 1, .verb = VERB_BLOCK, .bits = 128 };
	struct eve_log *log = open_log();
	struct eve_log_stats stats;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		eve_log_incident(log, &made->incidents[i], NOW_NS, 20);
	eve_log_mitigation(log, &mitigation, NOW_NS);
	eve_log_stats(log, json_pack("{s:i}", "packets", 7), NOW_NS);
	eve_log_state(log, &stats);
	assert_int_equal(stats.written, 7);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(count_events(path, "incident"), 3);
	assert_int_equal(count_events(path, "alert"), 2); /* the third is of low severity */
	assert_int_equal(count_events(path, "mitigation"), 1);
	assert_int_equal(count_events(path, "stats"), 1);
	eve_log_close(log);
	free(made);
}

static void test_none(void **state)
{
	struct eve_log *log = NULL;
	struct err err;

	(void)state;
	assert_int_equal(eve_log_open("", &err, &log), 0);
	eve_log_stats(log, json_object(), NOW_NS);
	assert_int_equal(eve_log_reopen(log), 0);
	eve_log_close(log);
	eve_log_close(NULL);
	assert_int_equal(eve_log_open("/nonexistent/eve.json", &err, &log), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/eve.json"));
	assert_int_equal(eve_log_open("/", &err, &log), -EISDIR);
}

static void test_rotated(void **state)
{
	struct eve_log *log = open_log();

	(void)state;
	eve_log_stats(log, json_object(), NOW_NS);
	assert_int_equal(rename(path, old), 0);
	eve_log_stats(log, json_object(), NOW_NS); /* still the old one */
	assert_int_equal(eve_log_reopen(log), 0);
	eve_log_stats(log, json_object(), NOW_NS);
	assert_int_equal(count_events(old, ""), 2);
	assert_int_equal(count_events(path, ""), 1);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(eve_log_reopen(log), -EISDIR); /* goes on with the one it has */
	eve_log_stats(log, json_object(), NOW_NS);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(eve_log_reopen(log), 0);
	eve_log_close(log);
}

/* The disk is full in the middle of a line, then has room again. */
static void test_full(void **state)
{
	struct eve_log *log = open_log();
	struct rlimit limit;
	struct eve_log_stats stats;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	eve_log_stats(log, json_object(), NOW_NS);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 150; /* room for half of the next */
	setrlimit(RLIMIT_FSIZE, &limit);
	for (unsigned i = 0; i < 5; i++)
		eve_log_stats(log, json_object(), NOW_NS);
	eve_log_state(log, &stats);
	assert_true(stats.lost > 0);
	assert_true(stats.trouble[0]);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	eve_log_stats(log, json_object(), NOW_NS);
	eve_log_state(log, &stats);
	assert_string_equal(stats.trouble, "");
	assert_int_equal(count_events(path, ""), stats.written);
	assert_int_equal(stats.written + stats.lost, 7);
	eve_log_close(log);
}

/* A pipe that nobody empties: events are lost, never waited for, and lines stay whole. */
static void test_pipe(void **state)
{
	struct eve_log *log = NULL;
	struct eve_log_stats stats;
	struct err err;
	char bytes[4096], last = 0;
	ssize_t got;
	int reader;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(eve_log_open(path, &err, &log), -ENXIO);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	log = open_log();
	for (unsigned i = 0; i < 3000; i++)
		eve_log_stats(log, json_object(), NOW_NS);
	eve_log_state(log, &stats);
	assert_true(stats.written > 0 && stats.lost > 0);
	while ((got = read(reader, bytes, sizeof(bytes))) > 0)
		last = bytes[got - 1];
	assert_int_equal(last, '\n');
	close(reader);
	signal(SIGPIPE, SIG_IGN);
	eve_log_stats(log, json_object(), NOW_NS); /* nobody listens any more */
	eve_log_close(log);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = { CASE(test_events), CASE(test_none), CASE(test_rotated),
		CASE(test_full), CASE(test_pipe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
