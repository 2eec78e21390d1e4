/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.c - opens and closes the live engine, and answers questions about it; see live.h. Its rounds
 * are in live_round.c.
 */
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>

#include "conf/conf.h"
#include "lib/now.h"
#include "live_internal.h"

#define FINDINGS_MAX 4096
#define MEMORY_TARGETS 32 /* in each lane, as a busy target shows in all of them */
#define LINKTYPE_ETHERNET 1

static void read_clocks(void *context, int64_t *ret_realtime_ns, uint64_t *ret_monotonic_ns)
{
	(void)context;
	*ret_realtime_ns = now_clock_ns(CLOCK_REALTIME);
	*ret_monotonic_ns = now_monotonic_ns();
}

void live_tick(struct live *live)
{
	int64_t realtime_ns, now_ns;
	uint64_t monotonic_ns;

	live->clock(live->clock_context, &realtime_ns, &monotonic_ns);
	now_ns = live_time_of_monotonic(live, monotonic_ns);
	if (now_ns >= live->now_ns) {
		live->now_ns = now_ns;
		live->monotonic_ns = monotonic_ns;
	}
	live->offset_ns = live->now_ns - realtime_ns;
}

void live_enter(struct live *live, int64_t time_ns)
{
	live->window.start_ns = time_ns - time_ns % live->base_ns;
	live->window.end_ns = live->window.start_ns + live->base_ns;
}

static void set_conf(struct live *live, const struct conf *conf, struct networks *networks)
{
	live->env.conf = conf;
	live->env.networks = networks;
	live->base_ns = (int64_t)conf->window.base_ms * NS_PER_MS;
}

/* The tables of a configuration, in which the lanes know the traffic memory. */
static int open_tables(const struct live *live, const struct detector_env *env, struct err *err,
	struct tables **ret_tables)
{
	struct tables *tables = calloc(1, sizeof(*tables));
	int r;

	if (!tables)
		return err_set(err, -ENOMEM, "no memory for the tables");
	r = tables_open(
		tables, env, true, (uint64_t)memory_bytes(MEMORY_TARGETS) * DECODE_LANES, err);
	if (r < 0) {
		tables_close(tables);
		free(tables);
		return r;
	}
	for (unsigned l = 0; l < DECODE_LANES; l++) {
		tables->lanes[l].memory = live->memories[l];
		tables->lanes[l].networks = env->networks;
	}
	*ret_tables = tables;
	return 0;
}

/* Inputs in the order of the workers. There are no more workers than lanes: where there are more
 * sockets of an interface, a worker has several. */
static int open_inputs(struct live *live, const struct live_options *options)
{
	unsigned each = options->workers, at = 0;

	live->interface_count = options->interface_count;
	live->worker_count = each < DECODE_LANES ? each : DECODE_LANES;
	live->inputs = calloc((size_t)each * options->interface_count, sizeof(*live->inputs));
	live->polls = calloc((size_t)each * options->interface_count, sizeof(*live->polls));
	live->interface_of = calloc((size_t)each * options->interface_count, sizeof(unsigned));
	if (!live->inputs || !live->polls || !live->interface_of)
		return -ENOMEM;
	for (unsigned w = 0; w < live->worker_count; w++) {
		struct live_worker *worker = &live->workers[w];

		worker->inputs = &live->inputs[at];
		for (unsigned i = 0; i < options->interface_count * each; i++) {
			if (i % each % live->worker_count != w)
				continue;
			live->interface_of[at] = i / each;
			live->inputs[at++].source = options->sources[i];
			options->sources[i] = NULL;
			worker->input_count++;
			live->input_count = at;
		}
		if (slate_open(&worker->slate, LIVE_BATCH) < 0)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < at; i++) {
		live->inputs[i].last_ns = INT64_MIN;
		live->inputs[i].frames = calloc(LIVE_BATCH, sizeof(struct frame));
		if (!live->inputs[i].frames)
			return -ENOMEM;
	}
	return 0;
}

static int open_census(const struct live *live, struct detector_env *env, struct err *err)
{
	struct census *census = NULL;
	int r = 0;

	if (env->conf->app.inspect == CONF_ON)
		r = census_open(env->conf, env->networks, live->env.seed, &census);
	env->census = census;
	return r < 0 ? err_set(err, r, "no memory for the census") : 0;
}

/* Opened once; over a reload what is known of the hosts stays. */
static int open_inventory(struct live *live, const struct detector_env *env, struct err *err)
{
	int r = 0;

	if (env->conf->app.inspect == CONF_ON && !live->inventory) {
		r = inventory_open(env->conf, env->networks, live->env.seed, &live->inventory);
		if (r == 0)
			inventory_set_makers(live->inventory, live->makers);
	}
	return r < 0 ? err_set(err, r, "no memory for the inventory of hosts") : 0;
}

static int open_rest(struct live *live, struct err *err)
{
	int r = open_census(live, &live->env, err);

	live->census = (struct census *)(uintptr_t)live->env.census;
	if (r == 0)
		r = open_inventory(live, &live->env, err);
	if (r < 0)
		return r;
	r = correlator_open(&live->env, &live->correlator);

	for (unsigned l = 0; l < DECODE_LANES && r == 0; l++)
		r = memory_open(MEMORY_TARGETS, live->env.seed, &live->memories[l]);
	if (r == 0)
		r = hosts_open(HOSTS_PER_LANE * 4, live->env.seed, &live->period);
	if (r == 0)
		r = hosts_open(HOSTS_PER_LANE * 4, live->env.seed, &live->all);
	live->findings.cap = FINDINGS_MAX;
	live->findings.list = calloc(FINDINGS_MAX, sizeof(*live->findings.list));
	if (r < 0 || !live->findings.list)
		return err_set(err, -ENOMEM, "no memory for the detectors");
	r = open_tables(live, &live->env, err, &live->tables);
	return r < 0 ? r : crew_open(live->worker_count, err, &live->crew);
}

/* What strangers send fills our tables: unlike that of inspect, the seed is a secret. */
static int choose_seed(const struct conf *conf, uint64_t *ret_seed)
{
	uint64_t seed = conf->seed;

	if (seed == 0 && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -EIO;
	*ret_seed = seed;
	return 0;
}

static void close_sources(const struct live_options *options)
{
	for (unsigned i = 0; i < options->workers * options->interface_count; i++)
		source_close(options->sources[i]);
}

static void begin(struct live *live, const struct live_options *options)
{
	live->clock = options->clock ? options->clock : read_clocks;
	live->clock_context = options->clock_context;
	live->events = options->events;
	live->clock(live->clock_context, &live->begin_ns, &live->begin_monotonic_ns);
	live->now_ns = live->last_packet_ns = live->period_from_ns = live->begin_ns;
	live_tick(live);
	live_enter(live, live->now_ns);
}

int live_open(const struct live_options *options, struct err *err, struct live **ret_live)
{
	struct live *live = NULL;
	int r = -EINVAL;

	if (options->workers == 0 || options->workers > CREW_MAX || options->interface_count == 0) {
		close_sources(options);
		return err_set(err, r, "no interface to watch, or not 1 to %u workers", CREW_MAX);
	}
	live = aligned_alloc(64, (sizeof(*live) + 63) / 64 * 64);
	if (!live) {
		close_sources(options);
		return err_set(err, -ENOMEM, "no memory");
	}
	memset(live, 0, sizeof(*live));
	set_conf(live, options->conf, options->networks);
	live->makers = options->makers;
	r = choose_seed(options->conf, &live->env.seed);
	if (r < 0)
		r = err_set(err, r, "the kernel gives no random numbers");
	if (r == 0 && open_inputs(live, options) < 0)
		r = err_set(err, -ENOMEM, "no memory for %u workers", options->workers);
	if (r == 0)
		r = open_rest(live, err);
	if (r < 0) {
		close_sources(options);
		live_close(live);
		return r;
	}
	begin(live, options);
	*ret_live = live;
	return 0;
}

static void count_tables(const struct live *live, struct track_stats *track, struct losses *losses,
	struct app_stats *app)
{
	const struct tables *tables = live->tables;

	panel_losses(&tables->panel, losses);
	losses->forgotten += census_forgotten(live->census);
	for (unsigned l = 0; l < DECODE_LANES; l++) {
		tracker_stats_add(tables->lanes[l].tracker, track);
		if (tables->lanes[l].app)
			app_stats_add(tables->lanes[l].app, app);
	}
}

int live_reload(
	struct live *live, const struct conf *conf, struct networks *networks, struct err *err)
{
	struct detector_env env = { .conf = conf, .networks = networks, .seed = live->env.seed };
	struct tables *tables;
	int r = open_census(live, &env, err);

	if (r == 0)
		r = open_inventory(live, &env, err);
	if (r == 0)
		r = open_tables(live, &env, err, &tables);
	if (r < 0) {
		census_close((struct census *)(uintptr_t)env.census);
		if (live->inventory)
			inventory_set_networks(live->inventory, live->env.networks);
		return r;
	}
	count_tables(live, &live->track, &live->losses, &live->app);
	live->app.streams_now = 0;
	live->track.flows_now = 0;
	tables_close(live->tables);
	free(live->tables);
	live->tables = tables;
	set_conf(live, conf, networks);
	if (live->inventory)
		inventory_set_networks(live->inventory, networks);
	correlator_reload(live->correlator, &env);
	census_close(live->census);
	live->census = (struct census *)(uintptr_t)env.census;
	live->env.census = env.census;
	return 0;
}

int64_t live_time_of_monotonic(const struct live *live, uint64_t monotonic_ns)
{
	return live->begin_ns + (int64_t)(monotonic_ns - live->begin_monotonic_ns);
}

const char *live_warning(const struct live *live, unsigned index)
{
	return panel_warning(&live->tables->panel, index);
}

int64_t live_now_ns(const struct live *live, uint64_t *ret_monotonic_ns)
{
	if (ret_monotonic_ns)
		*ret_monotonic_ns = live->monotonic_ns;
	return live->now_ns;
}

bool live_see_dropped(struct live *live, const struct wire_sample *sample, struct pkt *ret_pkt)
{
	struct decode_stats ignored = { 0 };
	struct frame frame = {
		.time_ns = live_time_of_monotonic(live, sample->time_ns),
		.bytes = sample->bytes,
		.captured_len =
			sample->captured < WIRE_SAMPLE_BYTES ? sample->captured : WIRE_SAMPLE_BYTES,
		.wire_len = sample->wire_len,
		.link_type = LINKTYPE_ETHERNET,
	};

	decode_frame(&frame, live->env.seed, ret_pkt, &ignored);
	if (ret_pkt->ip_version == 0)
		return false;
	ret_pkt->standing = STANDING_NONE;
	ret_pkt->events = 0;
	memory_see_dropped(live->memories[ret_pkt->lane], ret_pkt, sample);
	return true;
}

uint64_t live_seed(const struct live *live)
{
	return live->env.seed;
}

struct correlator *live_correlator(struct live *live)
{
	return live->correlator;
}

const struct inventory *live_inventory(const struct live *live)
{
	return live->inventory;
}

struct memory *const *live_memories(const struct live *live, unsigned *ret_count)
{
	*ret_count = DECODE_LANES;
	return live->memories;
}

/* An interface is down when none of its sockets knows better. */
static unsigned count_down(const struct live *live)
{
	unsigned down = 0;

	for (unsigned interface = 0; interface < live->interface_count; interface++) {
		bool is_down = true;

		for (unsigned i = 0; i < live->input_count; i++)
			if (live->interface_of[i] == interface && !live->inputs[i].is_down)
				is_down = false;
		down += is_down;
	}
	return down;
}

void live_stats(const struct live *live, struct live_stats *ret_stats)
{
	struct live_stats stats = { .track = live->track,
		.losses = live->losses,
		.app = live->app,
		.memory_bytes = live->tables->memory_bytes,
		.interfaces_down = count_down(live) };

	for (unsigned w = 0; w < live->worker_count; w++) {
		stats.packets += live->workers[w].packets;
		stats.bytes += live->workers[w].bytes;
		stats.late += live->workers[w].late;
	}
	for (unsigned i = 0; i < live->input_count; i++) {
		struct source_stats source = { 0 };

		live->inputs[i].source->ops->stats(live->inputs[i].source, &source);
		stats.kernel_drops += source.kernel_drops;
	}
	count_tables(live, &stats.track, &stats.losses, &stats.app);
	correlator_stats(live->correlator, &stats.correlator);
	*ret_stats = stats;
}

void live_close(struct live *live)
{
	if (!live)
		return;
	crew_close(live->crew);
	if (live->tables)
		tables_close(live->tables);
	free(live->tables);
	correlator_close(live->correlator);
	census_close(live->census);
	inventory_close(live->inventory);
	for (unsigned l = 0; l < DECODE_LANES; l++)
		memory_close(live->memories[l]);
	for (unsigned w = 0; w < CREW_MAX; w++)
		slate_close(&live->workers[w].slate);
	for (unsigned i = 0; i < live->input_count; i++) {
		source_close(live->inputs[i].source);
		free(live->inputs[i].frames);
	}
	free(live->inputs);
	free(live->polls);
	free(live->interface_of);
	hosts_close(live->period);
	hosts_close(live->all);
	free(live->findings.list);
	free(live);
}
