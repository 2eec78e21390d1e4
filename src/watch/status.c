/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/status.c - how watch is: mode, interfaces, rates, what the kernel part counts, what was
 * lost and what cannot be seen (the answer to "status" in docs/control.md).
 *
 * Rates are those of the last whole second, by the difference of two looks at the counters.
 */
#include <string.h>

#include "record/json_value.h"
#include "respond/gate.h"
#include "watch/watch_internal.h"

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *value_monotonic(const struct watch *watch, uint64_t monotonic_ns)
{
	return monotonic_ns ? value_time(live_time_of_monotonic(watch->live, monotonic_ns))
			    : json_null();
}

void status_put_mode(struct watch *watch, json_t *answer)
{
	uint64_t until_ns;
	enum wire_mode mode = view_mode(watch, &until_ns);

	put(answer, "mode", json_string(gate_mode_names[mode]));
	put(answer, "enforce_until", value_monotonic(watch, until_ns));
}

static json_t *value_interfaces(const struct watch *watch, const struct live_stats *stats)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < watch->welcome.interface_count; i++) {
		unsigned place = watch->welcome.interface[i].xdp;

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:b}", "name", watch->welcome.interface[i].name,
				"xdp", gate_attach_names[place <= GATE_TC ? place : GATE_NONE],
				"up", stats->interfaces_down < watch->welcome.interface_count));
	}
	return list;
}

/* Is the reason one of packets that go out? */
static bool is_outgoing(unsigned reason)
{
	return reason == WIRE_REASON_EGRESS_CLEAN || reason == WIRE_REASON_SPOOFED ||
	       reason == WIRE_REASON_QUARANTINED;
}

static json_t *value_rate(const struct watch *watch, bool is_out)
{
	double packets = 0, bytes = 0, seconds = watch->rates_s > 0 ? watch->rates_s : 1;

	for (unsigned i = 0; i < WIRE_REASON_COUNT && watch->maps; i++) {
		if (is_outgoing(i) != is_out)
			continue;
		packets += (double)(watch->counters[i].packets - watch->counters_before[i].packets);
		bytes += (double)(watch->counters[i].bytes - watch->counters_before[i].bytes);
	}
	if (!watch->maps && !is_out) {
		packets = (double)(watch->stats.packets - watch->stats_before.packets);
		bytes = (double)(watch->stats.bytes - watch->stats_before.bytes);
	}
	return json_pack("{s:o, s:o}", "pps", value_number(packets / seconds, 1), "bps",
		value_number(bytes * 8 / seconds, 1));
}

static json_t *value_reasons(const struct watch *watch)
{
#define REASON(symbol, name, ...) name,
	static const char *const names[] = { WIRE_REASONS(REASON) };
#undef REASON
	struct wire_counter now[WIRE_REASON_COUNT] = { 0 };
	json_t *object = json_object();

	if (!watch->maps || maps_counters(watch->maps, now) < 0)
		return object;
	for (unsigned i = 0; i < WIRE_REASON_COUNT; i++)
		put(object, names[i],
			json_pack("{s:o, s:o, s:o, s:o}", "packets", value_count(now[i].packets),
				"bytes", value_count(now[i].bytes), "shadow_packets",
				value_count(now[i].shadow_packets), "shadow_bytes",
				value_count(now[i].shadow_bytes)));
	return object;
}

static json_t *value_commands(const struct msg_commands *commands)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:i}", "started", (json_int_t)commands->started,
		"succeeded", (json_int_t)commands->succeeded, "failed",
		(json_int_t)commands->failed, "timed_out", (json_int_t)commands->timed_out,
		"refused", (json_int_t)commands->refused, "running", (int)commands->running);
}

static void put_records(const struct watch *watch, json_t *answer)
{
	struct journal_stats journal;
	struct eve_log_stats events;
	struct control_stats control;

	journal_stats(watch->journal, &journal);
	eve_log_state(watch->events, &events);
	control_stats(watch->control, &control);
	put(answer, "journal",
		json_pack("{s:I, s:I, s:I, s:I, s:s}", "written", (json_int_t)journal.written,
			"failed", (json_int_t)journal.failed, "waiting",
			(json_int_t)journal.waiting, "lost", (json_int_t)journal.lost, "trouble",
			journal.trouble));
	put(answer, "events",
		json_pack("{s:I, s:I, s:I, s:s}", "written", (json_int_t)events.written, "lost",
			(json_int_t)events.lost, "held_back", (json_int_t)events.held_back,
			"trouble", events.trouble));
	put(answer, "requests", json_pack("{s:I}", "refused", (json_int_t)watch->refused));
	put(answer, "commands", value_commands(&watch->commands));
	put(answer, "control",
		json_pack("{s:I, s:I, s:I}", "served", (json_int_t)control.served, "refused",
			(json_int_t)control.refused, "dropped", (json_int_t)control.dropped));
}

static json_t *value_losses(const struct watch *watch)
{
	uint64_t losses[WIRE_LOSS_COUNT] = { 0 };

	if (watch->maps)
		maps_losses(watch->maps, losses);
	return json_pack("{s:I, s:I, s:I, s:I}", "samples", (json_int_t)losses[WIRE_LOSS_SAMPLES],
		"hosts", (json_int_t)losses[WIRE_LOSS_HOSTS] + (json_int_t)watch->hosts_lost,
		"flows", (json_int_t)losses[WIRE_LOSS_FLOWS], "replies",
		(json_int_t)losses[WIRE_LOSS_REPLIES]);
}

/* What cannot be seen here, in sentences. */
static json_t *value_blind(const struct watch *watch, const struct live_stats *stats)
{
	json_t *list = json_array();
	const char *warning;

	if (!watch->maps)
		json_array_append_new(list,
			json_string("no kernel part: floods are seen, but only the firewall can "
				    "stop them (gate.attach)"));
	if (stats->kernel_drops > 0)
		json_array_append_new(list,
			json_string("packets were lost before they were read: counts of floods "
				    "are too low"));
	if (stats->interfaces_down > 0)
		json_array_append_new(list, json_string("an interface is down or gone"));
	for (unsigned i = 0; (warning = live_warning(watch->live, i)) != NULL; i++)
		json_array_append_new(list, json_string(warning));
	return list;
}

static unsigned in_force(const struct watch *watch)
{
	unsigned count, sum = 0;
	const struct mitigation *const *list = decider_mitigations(watch->decider, &count);

	for (unsigned i = 0; i < count; i++)
		sum += list[i]->state == MITIGATION_IN_FORCE;
	return sum;
}

void status_put(struct watch *watch, json_t *answer)
{
	struct live_stats stats;
	unsigned open_count;

	live_stats(watch->live, &stats);
	correlator_incidents(live_correlator(watch->live), &open_count);
	put(answer, "version", json_string(WEIR_VERSION));
	status_put_mode(watch, answer);
	put(answer, "uptime_s",
		json_integer(((int64_t)now_monotonic_ns() - watch->started_ns) / NS_PER_S));
	put(answer, "interfaces", value_interfaces(watch, &stats));
	put(answer, "rates",
		json_pack("{s:o, s:o}", "in", value_rate(watch, false), "out",
			value_rate(watch, true)));
	put(answer, "kernel_drops", value_count(stats.kernel_drops));
	put(answer, "reasons", value_reasons(watch));
	put(answer, "incidents_open", json_integer(open_count));
	put(answer, "mitigations_in_force", json_integer(in_force(watch)));
	put(answer, "memory_bytes", value_count(stats.memory_bytes));
	put_records(watch, answer);
	put(answer, "losses", value_losses(watch));
	put(answer, "blind", value_blind(watch, &stats));
}

void status_second(struct watch *watch)
{
	int64_t now_ns = (int64_t)now_monotonic_ns();

	watch->stats_before = watch->stats;
	memcpy(watch->counters_before, watch->counters, sizeof(watch->counters));
	live_stats(watch->live, &watch->stats);
	if (watch->maps)
		maps_counters(watch->maps, watch->counters);
	watch->rates_s = (double)(now_ns - watch->rated_ns) / NS_PER_S;
	watch->rated_ns = now_ns;
}
