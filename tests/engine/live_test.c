/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/engine/live_test.c - the live engine, with sources and a clock of the test's own.
 *
 * A source hands out the frames of a capture file when their time has come by the fake clock. What
 * it makes of it is compared with what inspect makes of the file. Run under ThreadSanitizer too.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine.h"
#include "engine/engine_fixture.h"
#include "live.h"

#define STEP_NS (20 * NS_PER_MS)
#define FOUND_MAX 64

/* The fake clocks. */
struct fake {
	int64_t realtime_ns;
	uint64_t monotonic_ns;
};

static void tell_time(void *context, int64_t *ret_realtime_ns, uint64_t *ret_monotonic_ns)
{
	const struct fake *fake = context;

	*ret_realtime_ns = fake->realtime_ns;
	*ret_monotonic_ns = fake->monotonic_ns;
}

static void pass(struct fake *fake, int64_t ns)
{
	fake->realtime_ns += ns;
	fake->monotonic_ns += (uint64_t)ns;
}

/* A file whose frames come when it is time; of `of` such, it takes the address pairs that are its
 * own, as the kernel would spread them. Frames outlive its reads: a copy of what it was given. */
struct timed {
	struct source source;
	struct source *file; /* NULL: nothing comes */
	const struct fake *fake;
	unsigned number, of;
	int trouble; /* what the next read gives */
	struct frame next;
	uint8_t next_bytes[2048], bytes[256][2048];
	bool has_next;
	uint64_t drops;
};

static bool fetch(struct timed *self)
{
	struct decode_stats ignored = { 0 };
	struct pkt pkt;

	while (!self->has_next && self->file) {
		if (self->file->ops->read(self->file, &self->next, 1, NULL) <= 0)
			return false;
		decode_frame(&self->next, 99, &pkt, &ignored);
		if (pkt.lane % self->of != self->number || self->next.captured_len > 2048)
			continue;
		memcpy(self->next_bytes, self->next.bytes, self->next.captured_len);
		self->next.bytes = self->next_bytes;
		self->has_next = true;
	}
	return self->has_next;
}

static int timed_read(struct source *source, struct frame *frames, unsigned cap, struct err *err)
{
	struct timed *self = (struct timed *)source;
	unsigned count = 0;

	(void)err;
	if (self->trouble) {
		int trouble = self->trouble;

		if (trouble == -ENETDOWN)
			self->trouble = 0;
		return trouble;
	}
	while (count < cap && count < 256 && fetch(self) &&
		self->next.time_ns <= self->fake->realtime_ns) {
		memcpy(self->bytes[count], self->next_bytes, self->next.captured_len);
		frames[count] = self->next;
		frames[count].bytes = self->bytes[count];
		count++;
		self->has_next = false;
	}
	return (int)count;
}

static void timed_stats(const struct source *source, struct source_stats *ret_stats)
{
	*ret_stats = (struct source_stats){ .kernel_drops = ((const struct timed *)source)->drops };
}

static void timed_close(struct source *source)
{
	struct timed *self = (struct timed *)source;

	source_close(self->file);
	free(self);
}

static const struct source_ops timed_ops = { "timed", timed_read, timed_stats, timed_close };

static struct timed *timed_open(
	const char *path, const struct fake *fake, unsigned number, unsigned of)
{
	struct timed *self = calloc(1, sizeof(*self));
	struct err err;

	assert_non_null(self);
	self->source = (struct source){ &timed_ops, "test", 0 };
	self->fake = fake;
	self->number = number;
	self->of = of;
	if (path)
		assert_int_equal(source_open_file(path, 0, &err, &self->file), 0);
	return self;
}

/* Everything of one run. */
struct scene {
	struct fake fake;
	struct conf *conf;
	struct networks *networks;
	struct timed *sources[16];
	struct live *live;
	unsigned windows;
	int64_t last_end_ns;
	struct finding extra; /* added in each window while kind is set */
};

static void count_window(void *context, struct window window, struct findings *findings)
{
	struct scene *scene = context;

	assert_true(window.start_ns >= scene->last_end_ns);
	assert_true(window.end_ns > window.start_ns);
	scene->last_end_ns = window.end_ns;
	scene->windows++;
	if (scene->extra.kind != KIND_NONE) {
		scene->extra.window = window;
		finding_add(findings, &scene->extra);
	}
}

static struct conf *load(const char *yaml)
{
	struct conf *conf;
	struct err err = { "" };

	if (conf_load_bytes(yaml, strlen(yaml), "test", &err, &conf) < 0)
		fail_msg("%s", err.text);
	return conf;
}

static const char yaml[] = "networks: [198.51.100.0/24, 192.0.2.0/24, 10.0.0.0/8, "
			   "2001:db8::/32]\nseed: 5\nmemory: {flows: 20000, pending: 20000}\n";

static struct scene *scene_open(
	const char *path, int64_t begin_ns, unsigned interfaces, unsigned workers)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct source *sources[16];
	struct err err = { "" };

	assert_non_null(scene);
	scene->fake = (struct fake){ begin_ns, 77 * NS_PER_S };
	scene->conf = load(yaml);
	assert_int_equal(networks_open(scene->conf, &err, &scene->networks), 0);
	for (unsigned i = 0; i < interfaces * workers; i++) {
		scene->sources[i] =
			timed_open(i < workers ? path : NULL, &scene->fake, i % workers, workers);
		sources[i] = &scene->sources[i]->source;
	}

	struct live_options options = { .conf = scene->conf,
		.networks = scene->networks,
		.workers = workers,
		.sources = sources,
		.interface_count = interfaces,
		.clock = tell_time,
		.clock_context = &scene->fake };

	if (live_open(&options, &err, &scene->live) < 0)
		fail_msg("%s", err.text);
	return scene;
}

static void scene_close(struct scene *scene)
{
	live_close(scene->live);
	networks_close(scene->networks);
	conf_close(scene->conf);
	free(scene);
}

/* Lets time pass in steps; returns the packets seen. */
static uint64_t run(struct scene *scene, int64_t ns)
{
	struct live_hooks hooks = { count_window, scene };
	uint64_t seen = 0;

	for (int64_t passed = 0; passed < ns; passed += STEP_NS) {
		int r;

		pass(&scene->fake, STEP_NS);
		while ((r = live_step(scene->live, 0, &hooks)) > 0)
			seen += (unsigned)r;
		assert_int_equal(r, 0);
		correlator_tell(live_correlator(scene->live), live_now_ns(scene->live, NULL), NULL);
	}
	return seen;
}

/* Kind and target of an incident. */
struct found {
	enum kind kind;
	struct addr subject;
	uint64_t packets;
};

static void note(struct found *found, unsigned *count, struct incident *const *incidents,
	unsigned incident_count)
{
	*count = 0;
	for (unsigned i = 0; i < incident_count && *count < FOUND_MAX; i++)
		found[(*count)++] = (struct found){ incidents[i]->kind, incidents[i]->subject,
			incidents[i]->packets };
}

/* What inspect finds; and when the file begins and how long it is. */
static unsigned inspect(
	const char *path, struct found *found, int64_t *ret_first_ns, int64_t *ret_last_ns)
{
	struct conf *conf = load(yaml);
	struct engine_options options = { .conf = conf, .workers = 1 };
	struct source *source;
	struct merge *merge;
	struct engine *engine;
	struct err err;
	unsigned count;

	assert_int_equal(source_open_file(path, 0, &err, &source), 0);
	assert_int_equal(merge_open(&source, 1, &err, &merge), 0);
	assert_int_equal(engine_inspect(&options, merge, &err, &engine), 0);
	note(found, &count, engine_report(engine)->incidents,
		engine_report(engine)->incident_count);
	*ret_first_ns = engine_report(engine)->first_ns;
	*ret_last_ns = engine_report(engine)->last_ns;
	engine_close(engine);
	merge_close(merge);
	conf_close(conf);
	return count;
}

static void assert_found(const struct found *wanted, const struct found *found, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (found[i].kind != wanted->kind ||
			!addr_equal(&found[i].subject, &wanted->subject))
			continue;
		/* Windows that end without packets move a report by some. */
		assert_in_range(
			found[i].packets, wanted->packets * 9 / 10, wanted->packets * 11 / 10 + 10);
		return;
	}
	fail_msg("%s is not found live", kind_info(wanted->kind)->name);
}

/* The same capture, live and from the file: the same incidents. */
static void live_finds_what_inspect_finds(void **state)
{
	static const struct {
		const char *name;
		uint64_t packets;
		unsigned workers;
	} rows[] = { { "storm-calm", 20000, 1 }, { "amp-dns-frag", 10000, 2 },
		{ "scan-mirai", 3000, 3 }, { "storm-calm", 20000, 4 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct found wanted[FOUND_MAX], found[FOUND_MAX];
		int64_t first_ns, last_ns;
		unsigned wanted_count, count;
		struct incident *const *incidents;
		struct live_stats stats;
		struct scene *scene;
		char path[256];
		uint64_t seen;

		engine_write_capture(rows[i].name, rows[i].packets, path, sizeof(path));
		wanted_count = inspect(path, wanted, &first_ns, &last_ns);
		assert_true(wanted_count > 0);
		scene = scene_open(path, first_ns - NS_PER_S, 2, rows[i].workers);
		seen = run(scene, last_ns - first_ns + 14 * NS_PER_S);
		live_stats(scene->live, &stats);
		assert_int_equal(stats.packets, seen);
		assert_int_equal(stats.late, 0);
		assert_true(stats.track.pending > 0 && stats.memory_bytes > 0);
		incidents = correlator_incidents(live_correlator(scene->live), &count);
		note(found, &count, incidents, count);
		for (unsigned w = 0; w < wanted_count; w++)
			assert_found(&wanted[w], found, count);
		assert_int_equal(count, wanted_count);
		scene_close(scene);
		unlink(path);
	}
}

static void windows_end_without_packets(void **state)
{
	struct scene *scene = scene_open(NULL, 1000 * NS_PER_S, 1, 1);
	uint64_t monotonic_ns;

	(void)state;
	run(scene, 2 * NS_PER_S);
	assert_in_range(scene->windows, 18, 20);
	run(scene, 20 * NS_PER_S);
	assert_in_range(scene->windows, 218, 220);
	assert_true(live_now_ns(scene->live, &monotonic_ns) == 1022 * NS_PER_S);
	assert_true(monotonic_ns == 99 * NS_PER_S);
	assert_true(live_time_of_monotonic(scene->live, 87 * NS_PER_S) == 1010 * NS_PER_S);
	scene_close(scene);
}

/* Stopped for an hour: one step, and windows go on from there. */
static void standing_still_ends_few_windows(void **state)
{
	struct scene *scene = scene_open(NULL, 1000 * NS_PER_S, 1, 1);

	(void)state;
	run(scene, NS_PER_S);
	pass(&scene->fake, 3600 * NS_PER_S);
	scene->windows = 0;
	run(scene, NS_PER_S);
	assert_in_range(scene->windows, 5, 15);
	scene_close(scene);
}

/* The wall clock is set, forward and back, while packets come: windows and times go on evenly. */
static void a_clock_that_is_set_harms_nothing(void **state)
{
	static const int64_t jumps_s[] = { 7200, -7200 };
	struct found wanted[FOUND_MAX];
	int64_t first_ns, last_ns;
	char path[256];

	(void)state;
	engine_write_capture("scan-mirai", 3000, path, sizeof(path));
	inspect(path, wanted, &first_ns, &last_ns);
	for (unsigned i = 0; i < 2; i++) {
		struct scene *scene = scene_open(path, first_ns, 1, 2);
		struct live_stats stats;
		int64_t before_ns;

		run(scene, NS_PER_S);
		before_ns = live_now_ns(scene->live, NULL);
		scene->windows = 0;
		scene->fake.realtime_ns += jumps_s[i] * NS_PER_S;
		run(scene, 3 * NS_PER_S);
		assert_true(live_now_ns(scene->live, NULL) == before_ns + 3 * NS_PER_S);
		assert_in_range(scene->windows, 29, 31);
		live_stats(scene->live, &stats);
		assert_int_equal(stats.late, 0);
		scene_close(scene);
	}
	unlink(path);
}

static void interfaces_go_down_and_away(void **state)
{
	struct scene *scene = scene_open(NULL, 1000 * NS_PER_S, 2, 2);
	struct live_stats stats;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		scene->sources[i]->trouble = -ENETDOWN;
		scene->sources[i]->drops = 7;
	}
	run(scene, NS_PER_S);
	live_stats(scene->live, &stats);
	assert_int_equal(stats.interfaces_down, 1);
	assert_int_equal(stats.kernel_drops, 14);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(live_step(scene->live, 0, NULL), 0);
		scene->sources[i]->trouble = -ENODEV;
	}
	assert_int_equal(live_step(scene->live, 0, NULL), -ENETDOWN);
	live_stats(scene->live, &stats);
	assert_int_equal(stats.interfaces_down, 2);
	scene_close(scene);
}

/* A hook's finding is an incident; it lives through a reload that opens all tables anew. */
static void a_reload_keeps_incidents_and_goes_on(void **state)
{
	struct scene *scene = scene_open(NULL, 1000 * NS_PER_S, 1, 2);
	struct incident *const *incidents;
	struct err err = { "" };
	char id[INCIDENT_ID_MAX];
	struct networks *networks;
	struct conf *conf;
	unsigned count;

	(void)state;
	scene->extra = (struct finding){ .kind = KIND_FLOOD_SYN,
		.detector = "gate",
		.to = addr_from_v4((const uint8_t[]){ 192, 0, 2, 1 }),
		.to_bits = 128,
		.packets = 10,
		.confidence = 0.7F };
	run(scene, NS_PER_S);
	incidents = correlator_incidents(live_correlator(scene->live), &count);
	assert_int_equal(count, 1);
	memcpy(id, incidents[0]->id, sizeof(id));

	/* Too little memory: nothing changes. */
	conf = load("memory: {total: 64M}\n");
	assert_int_equal(networks_open(conf, &err, &networks), 0);
	assert_int_equal(live_reload(scene->live, conf, networks, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "memory.total"));
	networks_close(networks);
	conf_close(conf);
	run(scene, NS_PER_S);

	conf = load("window: {base_ms: 200}\nmemory: {flows: 5000}\n");
	assert_int_equal(networks_open(conf, &err, &networks), 0);
	assert_int_equal(live_reload(scene->live, conf, networks, &err), 0);
	networks_close(scene->networks);
	conf_close(scene->conf);
	scene->networks = networks;
	scene->conf = conf;
	scene->windows = 0;
	run(scene, 4 * NS_PER_S);
	assert_in_range(scene->windows, 19, 21);
	incidents = correlator_incidents(live_correlator(scene->live), &count);
	assert_int_equal(count, 1);
	assert_string_equal(incidents[0]->id, id);
	assert_true(incidents[0]->is_open);
	scene_close(scene);
}

static void the_busiest_are_those_of_now(void **state)
{
	struct found wanted[FOUND_MAX];
	int64_t first_ns, last_ns;
	struct live_host top[8];
	struct scene *scene;
	char path[256];
	unsigned count;

	(void)state;
	engine_write_capture("storm-calm", 20000, path, sizeof(path));
	inspect(path, wanted, &first_ns, &last_ns);
	scene = scene_open(path, first_ns - NS_PER_S, 1, 2);
	assert_int_equal(live_top(scene->live, top, 8), 0);
	run(scene, 2 * NS_PER_S);
	count = live_top(scene->live, top, 8);
	assert_in_range(count, 1, 8);
	assert_true(top[0].received_pps + top[0].sent_pps > 0);
	run(scene, last_ns - first_ns + 30 * NS_PER_S);
	assert_int_equal(live_top(scene->live, top, 8), 0);
	scene_close(scene);
	unlink(path);
}

static void dropped_samples_reach_the_memory(void **state)
{
	struct scene *scene = scene_open(NULL, 1000 * NS_PER_S, 1, 1);
	struct wire_sample sample = { .time_ns = 77 * NS_PER_S,
		.captured = WIRE_SAMPLE_BYTES,
		.wire_len = 60,
		.weight = 16,
		.reason = WIRE_REASON_FILTER,
		.class = WIRE_CLASS_UDP };
	const uint8_t frame[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 8, 0, 0x45, 0, 0, 46, 0, 0, 0,
		0, 64, 17, 0, 0, 203, 0, 113, 5, 192, 0, 2, 1, 0, 53, 0, 80, 0, 26, 0, 0 };
	struct addr target = addr_from_v4((const uint8_t[]){ 192, 0, 2, 1 });
	struct memory *const *memories;
	struct memory_sample found[8];
	struct pkt pkt;
	unsigned count, sum = 0;

	(void)state;
	memcpy(sample.bytes, frame, sizeof(frame));
	assert_true(live_see_dropped(scene->live, &sample, &pkt));
	assert_true(addr_equal(&pkt.key.addr[1], &target));
	sample.captured = 65535; /* more than there is room for: not believed */
	assert_true(live_see_dropped(scene->live, &sample, &pkt));
	sample.captured = 3;
	assert_false(live_see_dropped(scene->live, &sample, &pkt));
	memories = live_memories(scene->live, &count);
	for (unsigned i = 0; i < count; i++)
		sum += memory_recent(memories[i], &target, 128, 0, found, 8);
	assert_in_range(sum, 1, 2);
	scene_close(scene);
}

static void what_cannot_be_opened_says_why(void **state)
{
	struct fake fake = { NS_PER_S, 0 };
	struct conf *conf = load("memory: {total: 64M}\n");
	struct networks *networks;
	struct live *live = NULL;
	struct err err = { "" };

	(void)state;
	assert_int_equal(networks_open(conf, &err, &networks), 0);
	for (unsigned workers = 0; workers < 2; workers++) {
		struct source *sources[] = { &timed_open(NULL, &fake, 0, 1)->source };
		struct live_options options = { .conf = conf,
			.networks = networks,
			.workers = workers,
			.sources = sources,
			.interface_count = 1 };

		assert_true(live_open(&options, &err, &live) < 0);
		assert_null(live);
		assert_true(err.text[0] != '\0');
		if (workers == 0)
			source_close(sources[0]); /* there is none by this count */
	}
	live_close(NULL);
	networks_close(networks);
	conf_close(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_finds_what_inspect_finds),
		cmocka_unit_test(windows_end_without_packets),
		cmocka_unit_test(standing_still_ends_few_windows),
		cmocka_unit_test(a_clock_that_is_set_harms_nothing),
		cmocka_unit_test(interfaces_go_down_and_away),
		cmocka_unit_test(a_reload_keeps_incidents_and_goes_on),
		cmocka_unit_test(the_busiest_are_those_of_now),
		cmocka_unit_test(dropped_samples_reach_the_memory),
		cmocka_unit_test(what_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, engine_folder_make, engine_folder_remove);
}
