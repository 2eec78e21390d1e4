/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/engine/engine_test.c - the same capture gives the same events and the same report, byte for
 * byte, with any number of workers and any size of chunk; also when the tables are so small that
 * much is evicted, and when time jumps back. Run under ThreadSanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/log.h"
#include "engine.h"
#include "engine/engine_fixture.h"

#define PCAP_HEADER_BYTES 24

static void write_numbers(const struct app_event *event, FILE *out)
{
	const struct app_flow *flow = &event->flow_end;

	if (event->type == APP_FLOW)
		fprintf(out, " %d %d %u %u %llu %u %u", (int)flow->end, (int)flow->proto,
			flow->packets[0], flow->packets[1],
			(unsigned long long)flow->payload_bytes[1], flow->rhythm.messages[0],
			flow->rhythm.entropy[0]);
	else if (event->type == APP_BURST)
		fprintf(out, " %llu %u", (unsigned long long)event->burst.bytes[0],
			event->burst.number);
	else if (event->type == APP_EXCHANGE)
		fprintf(out, " %u %u", event->exchange.bytes[0], event->exchange.bytes[1]);
}

/* A line an event. */
static void write_event(void *context, const struct app_event *event)
{
	FILE *out = context;
	struct app_event copy = *event;
	struct app_text *texts[APP_TEXTS_MAX];
	unsigned count = app_event_texts(&copy, texts);

	fprintf(out, "%s %lld %llx %u", app_event_names[event->type], (long long)event->time_ns,
		(unsigned long long)event->flow, event->key.port[0]);
	write_numbers(event, out);
	for (unsigned i = 0; i < count; i++) {
		char clean[512];

		fprintf(out, " %s", app_text_clean(*texts[i], clean, sizeof(clean)));
	}
	fputc('\n', out);
}

/* The events and the report of the files, as JSON; to be freed. */
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

	struct engine_options options = {
		.conf = conf, .workers = workers, .chunk = chunk, .events = { write_event, out }
	};

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
	} ways[] = {
#ifndef __SANITIZE_THREAD__ /* a lone worker races with nobody, and is slow there */
		{ 1, 1 }, { 1, 7 }, { 1, 4096 },
#endif
		{ 2, 0 }, { 3, 64 }, { 8, 1000 }
	};
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
	engine_write_capture("storm-calm", 40000, path, sizeof(path));
	assert_same_however("", paths, 1);
	unlink(path);
}

static void test_small_tables_evict_the_same(void **state)
{
	char path[256];
	const char *paths[] = { path };

	(void)state;
	engine_write_capture("bench-c", 30000, path, sizeof(path));
	assert_same_however(
		"memory:\n  flows: 1000\n  pending: 1000\n  fragments: 256\n", paths, 1);
	unlink(path);
}

static void test_conversations_are_told_the_same(void **state)
{
	char path[256], *text;
	const char *paths[] = { path };

	(void)state;
	engine_write_capture("bench-b", 20000, path, sizeof(path));
	text = inspect("", paths, 1, 1, 0);
	assert_non_null(strstr(text, "connect "));
	assert_non_null(strstr(text, "flow "));
	assert_non_null(strstr(text, "dns "));
	free(text);
	assert_same_however("", paths, 1);
	/* And when streams, parsers and buffers do not suffice. */
	assert_same_however("app:\n  streams: 1024\n  parsers: 256\n  buffers: 8M\n"
			    "memory:\n  flows: 1000\n",
		paths, 1);
	text = inspect("app:\n  inspect: off\n", paths, 1, 1, 0);
	assert_null(strstr(text, "connect "));
	free(text);
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
	engine_write_capture("scan-mirai", 5000, first, sizeof(first));
	engine_write_capture("amp-dns-frag", 20000, second, sizeof(second));
	assert_same_however("", paths, 2);
	/* One file after the other, without the second's header: time goes back in its middle. */
	engine_path("both", both, sizeof(both));
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
	engine_write_capture("scan-mirai", 100, path, sizeof(path));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks_are_told_the_same),
		cmocka_unit_test(test_small_tables_evict_the_same),
		cmocka_unit_test(test_conversations_are_told_the_same),
		cmocka_unit_test(test_several_files_and_time_that_jumps_back),
		cmocka_unit_test(test_more_memory_than_allowed_is_refused),
	};

	return cmocka_run_group_tests(tests, engine_folder_make, engine_folder_remove);
}
