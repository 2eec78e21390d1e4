/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan.c - finds those who look for hosts and open ports:
 * scan.{horizontal,vertical,stealth,mirai}.
 *
 * A lane notes attempts and what became of them (scan_summary.c). Once a window the notes are
 * folded into a table of probes (scan_table.c): for each source and port the hosts it tried, for
 * each source and host the ports (scan_items.c), each with its outcome and time. Once a second
 * those that have got far enough are judged (scan_judge.c). Not fan-out alone makes a scan
 * (resolvers, crawlers, peers, monitoring have it) but fan-out of failures at the same port. A
 * probe is forgotten window_s after its last attempt, a host in it window_s after it was tried.
 * When packet time jumps further than that, or back, all is judged as it stands and forgotten.
 */
#include "detect/detectors.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "detect/scan_judge.h"
#include "detect/scan_summary.h"
#include "lib/hash.h"

#define PROBE_SHARE_BYTES 16384 /* one probe for so much of memory.total: 32,768 of 512 MiB, 4 % */
#define PROBES_MIN 4096
#define PROBES_MAX 262144
#define SWEEP_NS NS_PER_S
#define FORGET_SHARE 4 /* old hosts are forgotten four times in window_s */

static int64_t keep_ns(const struct scan_state *state)
{
	return (int64_t)state->conf->scan.window_s * NS_PER_S;
}

static uint32_t probe_count(const struct conf *conf)
{
	uint32_t count = PROBES_MIN;

	while (count < PROBES_MAX &&
		(uint64_t)count * 2 * PROBE_SHARE_BYTES <= conf->memory.total_bytes)
		count *= 2;
	return count;
}

static void scan_close(void *opaque)
{
	struct scan_state *state = opaque;

	scan_table_close(&state->table);
	free(state->sketch_slots);
	state->sketch_slots = NULL;
}

static int scan_init(void *opaque, const struct detector_env *env)
{
	struct scan_state *state = opaque;
	int code;

	*state = (struct scan_state){
		.conf = env->conf, .networks = env->networks, .seed = env->seed
	};
	code = scan_table_open(&state->table, probe_count(env->conf), keep_ns(state), env->seed);
	if (code < 0)
		return code;
	state->sketch_slots = calloc(SCAN_SKETCHES, distinct_bytes(SCAN_SKETCH_SLOTS));
	if (!state->sketch_slots) {
		scan_close(state);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < SCAN_SKETCHES; i++)
		distinct_init(&state->sketches[i],
			state->sketch_slots + (size_t)i * SCAN_SKETCH_SLOTS, SCAN_SKETCH_SLOTS);
	return 0;
}

static int summary_init(void *opaque, const void *state, bool is_merged)
{
	return scan_summary_init(opaque, ((const struct scan_state *)state)->seed, is_merged);
}

static void summary_close(void *opaque)
{
	scan_summary_close(opaque);
}

static void scan_packets(const void *state, void *opaque, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count)
{
	(void)state;
	scan_summary_packets(opaque, pkts, flows, count);
}

static void scan_merge(void *opaque, void *other)
{
	scan_summary_merge(opaque, other);
}

/* Something that was tried: a host, or a port in an address' clothes. */
struct tried {
	struct addr addr;
	uint64_t hash;
};

static struct tried tried_host(const struct scan_state *state, const struct addr *host)
{
	return (struct tried){ *host, hash_addr(host, state->seed) };
}

static struct tried tried_port(const struct scan_state *state, uint16_t port)
{
	struct addr addr = { .byte = { [14] = (uint8_t)(port >> 8), [15] = (uint8_t)port } };

	return (struct tried){ addr, hash_addr(&addr, state->seed) };
}

/* Counts an attempt of the probe. */
static void count_attempt(
	struct scan_probe *probe, const struct scan_record *record, struct window window)
{
	if (probe->last_ns != window.end_ns)
		probe->window_attempts = 0;
	probe->window_attempts++;
	if (probe->window_attempts > probe->peak_attempts)
		probe->peak_attempts = probe->window_attempts;
	probe->last_ns = window.end_ns;
	probe->is_settled = false;
	probe->attempts++;
	probe->bytes += record->bytes;
}

static struct scan_probe *take_probe(struct scan_state *state, const struct scan_key *key,
	const struct scan_record *record, struct window window)
{
	struct scan_probe *probe = scan_table_take(&state->table, key, window.start_ns);

	count_attempt(probe, record, window);
	return probe;
}

static void fold_probe(struct scan_state *state, const struct scan_key *key,
	const struct scan_record *record, struct tried tried, struct window window)
{
	struct scan_probe *probe = take_probe(state, key, record, window);
	uint32_t tick = scan_tick(window.start_ns);

	if (window.end_ns - probe->forgot_ns > keep_ns(state) / FORGET_SHARE) {
		scan_items_forget(&probe->items, &state->table.pool, probe->slots, tick,
			(uint32_t)(keep_ns(state) / SCAN_TICK_NS));
		probe->forgot_ns = window.end_ns;
	}
	scan_items_note(
		&probe->items, &state->table.pool, &tried.addr, tried.hash, SCAN_TRIED, tick);
	scan_table_weigh(&state->table, probe);
	if (scan_items_count(&probe->items) >= scan_watch_from(state, key))
		scan_table_watch(&state->table, probe);
}

static void fold_source(
	struct scan_state *state, const struct scan_record *record, struct window window)
{
	struct scan_key key = {
		.source = record->source, .proto = record->proto, .aim = AIM_SOURCE
	};
	struct scan_probe *probe = take_probe(state, &key, record, window);

	scan_top_note(&probe->top, record->port);
	if (window.end_ns - probe->forgot_ns > keep_ns(state)) {
		scan_top_halve(&probe->top);
		probe->attempts /= 2;
		probe->forgot_ns = window.end_ns;
	}
	scan_table_weigh(&state->table, probe);
}

static bool has_ports(const struct scan_record *record)
{
	return record->proto == IPPROTO_TCP || record->proto == IPPROTO_UDP;
}

static struct scan_key hosts_key(const struct scan_record *record)
{
	return (struct scan_key){ .source = record->source,
		.port = record->port,
		.proto = record->proto,
		.aim = AIM_HOSTS };
}

static struct scan_key ports_key(const struct scan_record *record)
{
	return (struct scan_key){
		.source = record->source, .to = record->to, .proto = record->proto, .aim = AIM_PORTS
	};
}

static void fold_stealth(
	struct scan_state *state, const struct scan_record *record, struct window window)
{
	struct scan_key hosts = hosts_key(record), ports = ports_key(record);

	hosts.aim = AIM_STEALTH_HOSTS;
	hosts.port = 0;
	ports.aim = AIM_STEALTH_PORTS;
	fold_probe(state, &hosts, record, tried_host(state, &record->to), window);
	fold_probe(state, &ports, record, tried_port(state, record->port), window);
}

static void fold_attempt(
	struct scan_state *state, const struct scan_record *record, struct window window)
{
	struct scan_key hosts = hosts_key(record), ports = ports_key(record);

	if (record->what == SCAN_WHAT_STEALTH) {
		fold_stealth(state, record, window);
		return;
	}
	fold_source(state, record, window);
	fold_probe(state, &hosts, record, tried_host(state, &record->to), window);
	if (has_ports(record))
		fold_probe(state, &ports, record, tried_port(state, record->port), window);
	if (record->what == SCAN_WHAT_MIRAI) {
		struct scan_key mirai = { .source = record->source, .aim = AIM_MIRAI };

		fold_probe(state, &mirai, record, tried_host(state, &record->to), window);
	}
}

static void fold_outcome_of(struct scan_state *state, const struct scan_key *key,
	const struct scan_record *record, struct tried tried, struct window window)
{
	struct scan_probe *probe = scan_table_find(&state->table, key);
	bool is_answer = record->what == SCAN_WHAT_ANSWERED,
	     is_refusal = record->what == SCAN_WHAT_REFUSED;

	if (!probe)
		return;
	probe->is_settled = false;
	probe->answers += is_answer;
	probe->refusals += is_refusal;
	probe->half_open += record->what == SCAN_WHAT_HALF_OPEN;
	probe->has_reacted |=
		record->what == SCAN_WHAT_HALF_OPEN || record->what == SCAN_WHAT_REACTED;
	if (is_answer || is_refusal) {
		scan_items_note(&probe->items, &state->table.pool, &tried.addr, tried.hash,
			is_answer ? SCAN_ANSWERED : SCAN_REFUSED, scan_tick(window.start_ns));
		scan_table_weigh(&state->table, probe);
	}
}

/* Most outcomes are of no probe, and each looks in two places that no other has touched. */
#define OUTCOMES_AHEAD 4

static void prefetch_outcome(const struct scan_state *state, const struct scan_record *record)
{
	struct scan_key hosts = hosts_key(record), ports = ports_key(record);

	scan_table_prefetch(&state->table, &hosts);
	if (has_ports(record))
		scan_table_prefetch(&state->table, &ports);
}

static void fold_outcome(
	struct scan_state *state, const struct scan_record *record, struct window window)
{
	struct scan_key hosts = hosts_key(record), ports = ports_key(record);

	fold_outcome_of(state, &hosts, record, tried_host(state, &record->to), window);
	if (has_ports(record))
		fold_outcome_of(state, &ports, record, tried_port(state, record->port), window);
}

/* Does time go back, or on by more than a probe is kept? */
static bool is_jump(const struct scan_state *state, struct window window)
{
	if (state->last.end_ns == 0 && state->last.start_ns == 0)
		return false;
	return window.start_ns < state->last.start_ns ||
	       (uint64_t)window.start_ns - (uint64_t)state->last.start_ns >
		       (uint64_t)keep_ns(state);
}

static int64_t settled_by(int64_t time_ns)
{
	return time_ns > INT64_MAX - SCAN_SETTLE_NS ? INT64_MAX : time_ns + SCAN_SETTLE_NS;
}

/* What is open is settled, then all is forgotten. */
static void begin_anew(struct scan_state *state, struct window window, struct findings *findings)
{
	scan_judge_watched(state, settled_by(state->last.end_ns), findings);
	scan_table_reset(&state->table);
	memset(state->crowds, 0, sizeof(state->crowds));
	state->turn = 0;
	state->swept_ns = window.start_ns;
}

static bool is_sweep_due(const struct scan_state *state, struct window window)
{
	return window.end_ns < state->swept_ns || window.end_ns - state->swept_ns >= SWEEP_NS;
}

static void scan_judge(void *opaque, void *merged, struct window window, struct findings *findings)
{
	struct scan_state *state = opaque;
	struct scan_summary *summary = merged;

	state->sketch_count = 0;
	state->finding_count = 0;
	if (is_jump(state, window))
		begin_anew(state, window, findings);
	state->last = window;
	for (uint32_t i = 0; i < summary->attempts.count; i++)
		fold_attempt(state, &summary->attempts.records[i], window);
	for (uint32_t i = 0; i < summary->outcomes.count; i++) {
		if (i + OUTCOMES_AHEAD < summary->outcomes.count)
			prefetch_outcome(state, &summary->outcomes.records[i + OUTCOMES_AHEAD]);
		fold_outcome(state, &summary->outcomes.records[i], window);
	}
	if (is_sweep_due(state, window)) {
		scan_judge_watched(state, window.end_ns, findings);
		state->swept_ns = window.end_ns;
	}
	state->uncounted += summary->attempts.lost + summary->outcomes.lost;
	scan_summary_clear(summary);
}

static void scan_losses(const void *opaque, struct losses *losses)
{
	const struct scan_state *state = opaque;

	losses->uncounted += state->uncounted;
	losses->forgotten += state->table.evicted;
}

const struct detector detector_scan = {
	.name = "scan",
	.state_size = sizeof(struct scan_state),
	.summary_size = sizeof(struct scan_summary),
	.init = scan_init,
	.summary_init = summary_init,
	.packets = scan_packets,
	.merge = scan_merge,
	.judge = scan_judge,
	.losses = scan_losses,
	.summary_close = summary_close,
	.close = scan_close,
};
