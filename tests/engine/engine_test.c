/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/engine/engine_test.c - the same capture gives the same report, byte for byte, with any
 * number of workers and any size of chunk; also when the tables are so small that much is
 * evicted, and when time jumps back. Run under ThreadSanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine.h"
#include "gen/catalogue.h"
#include "gen/writer.h"

#define PCAP_HEADER_BYTES 24

static char folder[] = "/tmp/weir-engine-XXXXXX";

static void write_capture(const char *name, uint64_t packets, char *path, size_t size)
{
	const struct capture *capture = catalogue_find(name);
	struct schedule_settings settings = { .seed = 1, .scale = 1, .packets = packets };
	struct writer_settings format = { .snap_bytes = capture->snap_bytes };
	struct schedule *schedule;
	struct writer *writer;
	struct err err;

	snprintf(path, size, "%s/%s.pcap", folder, name);
	assert_int_equal(writer_open(path, &format, &writer, &err), 0);
	schedule = schedule_open(&settings, (struct sink){ writer_put, writer });
	capture_start(capture, schedule);
	assert_true(schedule_run(schedule) > 0);
	schedule_close(schedule);
	assert_int_equal(writer_close(writer, &err), 0);
}

/* The report of the files as JSON; to be freed. */
static char *inspect(const char *yaml, const char *const *paths, unsigned count, unsigned workers,
	unsigned chunk)
{
	struct source *sources[4];
	struct merge *merge;
	struct conf *conf;
	struct engine *engine;
	struct err err = { "" };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(conf_load_bytes(yaml, strlen(yaml), "test", &err, &conf), 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(source_open_file(paths[i], (uint16_t)i, &err, &sources[i]), 0);
	assert_int_equal(merge_open(sources, count, &err, &merge), 0);

	struct engine_options options = { .conf = conf, .workers = workers, .chunk = chunk };

	if (engine_inspect(&options, merge, &err, &engine) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(report_json(engine_report(engine), out), 0);
	engine_close(engine);
	merge_close(merge);
	conf_close(conf);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void fail_unlike(const char *first, const char *other, unsigned workers, unsigned chunk)
{
	size_t at = 0;

	while (first[at] == other[at])
		at++;
	at = at > 60 ? at - 60 : 0;
	fail_msg("differs with %u workers and chunks of %u: %.120s | %.120s", workers, chunk,
		first + at, other + at);
}

static void assert_same_however(const char *yaml, const char *const *paths, unsigned count)
{
	static const struct {
		unsigned workers, chunk;
	} ways[] = { { 1, 1 }, { 1, 7 }, { 1, 4096 }, { 2, 0 }, { 3, 64 }, { 8, 1000 } };
	char *first = inspect(yaml, paths, count, 1, 0);

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char *other = inspect(yaml, paths, count, ways[i].workers, ways[i].chunk);

		if (strcmp(first, other) != 0)
			fail_unlike(first, other, ways[i].workers, ways[i].chunk);
		free(other);
	}
	free(first);
}

static void test_attacks_are_told_the_same(void **state)
{
	char path[256];
	const char *paths[] = { path };

	(void)state;
	write_capture("storm-calm", 40000, path, sizeof(path));
	assert_same_however("", paths, 1);
	unlink(path);
}

static void test_small_tables_evict_the_same(void **state)
{
	char path[256];
	const char *paths[] = { path };

	(void)state;
	write_capture("bench-c", 30000, path, sizeof(path));
	assert_same_however(
		"memory:\n  flows: 1000\n  pending: 1000\n  fragments: 256\n", paths, 1);
	unlink(path);
}

static void append(const char *from, long skip, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "ab");
	char bytes[4096];
	size_t len;

	assert_non_null(in);
	assert_non_null(out);
	assert_int_equal(fseek(in, skip, SEEK_SET), 0);
	while ((len = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, len, out), len);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static void test_several_files_and_time_that_jumps_back(void **state)
{
	char first[256], second[256], both[256];
	const char *paths[] = { first, second }, *joined[] = { both };

	(void)state;
	write_capture("scan-mirai", 5000, first, sizeof(first));
	write_capture("amp-dns-frag", 20000, second, sizeof(second));
	assert_same_however("", paths, 2);
	/* One file after the other, without the second's header: time goes back in its middle. */
	snprintf(both, sizeof(both), "%s/both.pcap", folder);
	append(second, 0, both);
	append(first, PCAP_HEADER_BYTES, both);
	assert_same_however("", joined, 1);
	unlink(first);
	unlink(second);
	unlink(both);
}

static void test_more_memory_than_allowed_is_refused(void **state)
{
	struct source *source;
	struct merge *merge;
	struct conf *conf;
	struct engine *engine = NULL;
	struct err err = { "" };
	char path[256];
	const char *yaml = "memory:\n  total: 64M\n";

	(void)state;
	write_capture("scan-mirai", 100, path, sizeof(path));
	assert_int_equal(conf_load_bytes(yaml, strlen(yaml), "test", &err, &conf), 0);
	assert_int_equal(source_open_file(path, 0, &err, &source), 0);
	assert_int_equal(merge_open(&source, 1, &err, &merge), 0);

	struct engine_options options = { .conf = conf, .workers = 1 };
	int r = engine_inspect(&options, merge, &err, &engine);

	/* Sanitizers bring their own allocator, which does not say what is in use. */
	if (r == 0)
		engine_close(engine);
	else
		assert_non_null(strstr(err.text, "memory.total"));
	merge_close(merge);
	conf_close(conf);
	unlink(path);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks_are_told_the_same),
		cmocka_unit_test(test_small_tables_evict_the_same),
		cmocka_unit_test(test_several_files_and_time_that_jumps_back),
		cmocka_unit_test(test_more_memory_than_allowed_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
