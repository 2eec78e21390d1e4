/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of app/log.c: what goes in comes out, in order, within its share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/app_fixture.h"

#define SEEN_MAX 4096

struct seen {
	unsigned count;
	int64_t times[SEEN_MAX];
	uint64_t flows[SEEN_MAX];
	enum app_event_type types[SEEN_MAX];
};

static void see(void *context, const struct app_event *event)
{
	struct seen *seen = context;

	assert_true(seen->count < SEEN_MAX);
	seen->times[seen->count] = event->time_ns;
	seen->types[seen->count] = event->type;
	seen->flows[seen->count++] = event->flow;
}

static void check_http(void *context, const struct app_event *event)
{
	*(unsigned *)context += 1;
	assert_int_equal(event->type, APP_HTTP);
	assert_true(fixture_is(event->http.method, "GET"));
	assert_true(fixture_is(event->http.header_order, "host,accept"));
	assert_int_equal(event->http.host.len, 0);
	assert_int_equal(event->http.uri.len, 4096);
	assert_int_equal(event->http.uri.at[4095], 'u');
	assert_int_equal(event->http.status, 404);
}

static void texts_are_copied_and_cut(void **state)
{
	struct app_log *log;
	char uri[5000], method[] = "GET";
	unsigned count = 0;
	struct app_event event = { .type = APP_HTTP, .time_ns = 5 };

	(void)state;
	memset(uri, 'u', sizeof(uri));
	event.http = (struct app_http){ .method = { method, 3 },
		.uri = { uri, sizeof(uri) },
		.header_order = { "host,accept", 11 },
		.status = 404 };
	assert_int_equal(app_log_open(65536, &log), 0);
	assert_true(app_log_add(log, &event));
	memset(method, 'x', 3);
	memset(uri, 'x', sizeof(uri));
	app_logs_drain(&log, 1, check_http, &count);
	assert_int_equal(count, 1);
	app_logs_drain(&log, 1, check_http, &count);
	assert_int_equal(count, 1);
	app_log_close(log);
}

static void check_dns(void *context, const struct app_event *event)
{
	*(unsigned *)context += 1;
	assert_true(fixture_is(event->dns.name, "example.org"));
	assert_int_equal(event->dns.listed, 2);
	assert_int_equal(event->dns.answers[1].type, 16);
	assert_true(fixture_is(event->dns.answers[1].data, "text"));
	assert_int_equal(event->dns.answers[2].type, 0);
	assert_int_equal(event->dns.answers[DNS_ANSWERS - 1].data.len, 0);
}

static void only_listed_answers_are_kept(void **state)
{
	struct app_log *log;
	unsigned count = 0;
	struct app_event event = { .type = APP_DNS };

	(void)state;
	memset(event.dns.answers, 0xff, sizeof(event.dns.answers));
	event.dns = (struct app_dns){ .name = { "example.org", 11 },
		.listed = 2,
		.answers = {
			{ .type = 1 }, { .type = 16, .data = { "text", 4 } }, { .type = 9 } } };
	assert_int_equal(app_log_open(65536, &log), 0);
	assert_true(app_log_add(log, &event));
	app_logs_drain(&log, 1, check_dns, &count);
	assert_int_equal(count, 1);
	app_log_close(log);
}

static void add(struct app_log *log, enum app_event_type type, int64_t time_ns, uint64_t flow)
{
	struct app_event event = { .type = type, .time_ns = time_ns, .flow = flow };

	app_log_add(log, &event);
}

static void order_is_time_then_log_then_number(void **state)
{
	static struct seen seen;
	static const uint64_t expected[] = { 20, 10, 11, 21, 12, 22, 30, 13 };
	struct app_log *logs[3];

	(void)state;
	seen.count = 0;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(app_log_open(65536, &logs[i]), 0);
	add(logs[0], APP_CONNECT, 2, 10);
	add(logs[0], APP_SSH, 2, 11);
	add(logs[0], APP_DNS, 3, 12);
	add(logs[0], APP_CONNECT, 9, 13);
	add(logs[1], APP_SSH, 1, 20);
	add(logs[1], APP_CONNECT, 2, 21);
	add(logs[1], APP_CONNECT, 3, 22);
	add(logs[2], APP_LOOKS, 3, 30);
	app_logs_drain(logs, 3, see, &seen);
	assert_int_equal(seen.count, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(seen.flows[i], expected[i]);
	for (unsigned i = 0; i < 3; i++)
		app_log_close(logs[i]);
}

static void time_only_goes_forward(void **state)
{
	static struct seen seen;
	struct app_log *log;

	(void)state;
	seen.count = 0;
	assert_int_equal(app_log_open(65536, &log), 0);
	add(log, APP_CONNECT, 10, 1);
	add(log, APP_CONNECT, 7, 2);
	app_logs_drain(&log, 1, see, &seen);
	assert_int_equal(seen.times[1], 10);
	app_log_close(log);
}

static void a_flood_of_one_class_leaves_room_for_others(void **state)
{
	static struct seen seen;
	struct app_log *log;
	struct app_log_stats stats = { 0 };

	(void)state;
	seen.count = 0;
	assert_int_equal(app_log_open(65536, &log), 0);
	for (unsigned i = 0; i < 3000; i++)
		add(log, APP_REFUSED, 1, i);
	add(log, APP_SSH, 2, 1);
	add(log, APP_DNS, 2, 1);
	app_log_stats_add(log, &stats);
	assert_int_equal(stats.events, 3002);
	assert_true(stats.lost > 2000);
	app_logs_drain(&log, 1, see, &seen);
	assert_int_equal(seen.count, stats.events - stats.lost);
	assert_int_equal(seen.types[seen.count - 2], APP_SSH);
	assert_int_equal(seen.types[seen.count - 1], APP_DNS);
	/* And there is room again. */
	add(log, APP_REFUSED, 3, 5);
	app_logs_drain(&log, 1, see, &seen);
	assert_int_equal(seen.flows[seen.count - 1], 5);
	app_log_close(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_copied_and_cut),
		cmocka_unit_test(only_listed_answers_are_kept),
		cmocka_unit_test(order_is_time_then_log_then_number),
		cmocka_unit_test(time_only_goes_forward),
		cmocka_unit_test(a_flood_of_one_class_leaves_room_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
