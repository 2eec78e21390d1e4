/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_round.c - rounds of the live engine: packets in, windows out.
 *
 * In a round each worker takes what its sources have, in the order of time, up to the end of the
 * open window; what is later waits for the next. The window ends when every source has shown a
 * later frame, or has nothing and the time is past: by GRACE_NS, in which the kernel hands over the
 * blocks it still fills. A worker that cannot keep up delays the end, by LATE_NS at most; what
 * comes after that counts as the window's that is open then.
 */
#include <errno.h>
#include <poll.h>

#include "capture/interface.h"
#include "live_internal.h"

#define GRACE_NS (16 * NS_PER_MS) /* twice the time after which a block is handed over */
#define LATE_NS NS_PER_S
#define AGE_MAX_NS (2 * NS_PER_S) /* no frame lies so long in a ring: the clock was set */
#define SETTLE_NS (10 * NS_PER_S) /* after silence: what is unanswered by now stays so */
#define WINDOWS_A_STEP 32

static int64_t no_later(int64_t time_ns, int64_t limit_ns)
{
	return time_ns < limit_ns ? time_ns : limit_ns;
}

/* From wall clock to packet time: by its age, unless that cannot be. */
static void set_time(const struct live *live, struct live_input *input, struct frame *frame)
{
	int64_t time_ns;

	if (__builtin_add_overflow(frame->time_ns, live->offset_ns, &time_ns) ||
		time_ns > live->now_ns || time_ns < live->now_ns - AGE_MAX_NS)
		time_ns = live->now_ns;
	if (time_ns < input->last_ns)
		time_ns = input->last_ns;
	input->last_ns = time_ns;
	frame->time_ns = time_ns;
}

static void fill(const struct live *live, struct live_input *input)
{
	int count = input->source->ops->read(input->source, input->frames, LIVE_BATCH, NULL);

	input->next = input->count = 0;
	input->is_drained = count <= 0;
	if (count == -ENETDOWN)
		input->is_down = true;
	else if (count < 0)
		input->is_down = input->is_gone = true;
	if (count <= 0)
		return;
	input->is_down = false;
	input->count = (unsigned)count;
	for (unsigned i = 0; i < input->count; i++)
		set_time(live, input, &input->frames[i]);
}

/* The earliest frame of the worker's that belongs to the open window; NULL when there is none. */
static struct frame *next_frame(const struct live *live, struct live_worker *worker)
{
	struct live_input *earliest = NULL;

	for (unsigned i = 0; i < worker->input_count; i++) {
		struct live_input *input = &worker->inputs[i];
		int64_t time_ns;

		if (input->next == input->count)
			continue;
		time_ns = input->frames[input->next].time_ns;
		if (time_ns >= live->window.end_ns)
			continue;
		if (!earliest || time_ns < earliest->frames[earliest->next].time_ns)
			earliest = input;
	}
	return earliest ? &earliest->frames[earliest->next++] : NULL;
}

/* The kernel spreads packets over the workers, and each has lanes of its own. */
static uint8_t own_lane(uint8_t lane, unsigned worker, unsigned workers)
{
	unsigned own = (DECODE_LANES - worker + workers - 1) / workers;

	return (uint8_t)(worker + lane % own * workers);
}

static void take_part(void *context, unsigned number, unsigned workers)
{
	struct live *live = context;
	struct live_worker *worker = &live->workers[number];
	unsigned counts[DECODE_LANES] = { 0 };
	struct frame *frame;

	for (unsigned i = 0; i < worker->input_count; i++)
		if (worker->inputs[i].next == worker->inputs[i].count && !worker->inputs[i].is_gone)
			fill(live, &worker->inputs[i]);
	worker->seen = 0;
	while (worker->seen < LIVE_BATCH && (frame = next_frame(live, worker)) != NULL) {
		struct pkt *pkt = &worker->slate.pkts[worker->seen++];

		if (frame->time_ns < live->window.start_ns) {
			worker->late++;
			frame->time_ns = live->window.start_ns;
		}
		decode_frame(frame, live->env.seed, pkt, &worker->slate.ours);
		pkt->lane = own_lane(pkt->lane, number, workers);
		counts[pkt->lane]++;
		tracker_prefetch(live->tables->lanes[pkt->lane].tracker, pkt);
		worker->bytes += frame->wire_len;
	}
	worker->packets += worker->seen;
	if (worker->seen > 0)
		slate_run(
			&worker->slate, live->tables->lanes, worker->seen, counts, number, workers);
}

static void sweep_part(void *context, unsigned worker, unsigned workers)
{
	struct live *live = context;

	for (unsigned l = worker; l < DECODE_LANES; l += workers)
		lane_turn(&live->tables->lanes[l], live->window.end_ns);
}

static unsigned run_round(struct live *live)
{
	unsigned seen = 0;

	live_tick(live);
	crew_run(live->crew, take_part, live);
	for (unsigned w = 0; w < live->worker_count; w++)
		seen += live->workers[w].seen;
	live->seen_in_window += seen;
	return seen;
}

/* Has every source shown that it has no more of the open window, as far as one can know now? */
static bool is_complete(const struct live *live)
{
	bool are_past = true;

	for (unsigned i = 0; i < live->input_count; i++) {
		const struct live_input *input = &live->inputs[i];

		if (input->next < input->count) {
			if (input->frames[input->next].time_ns < live->window.end_ns)
				return false;
		} else if (!input->is_drained && !input->is_gone) {
			return false;
		} else {
			are_past = false;
		}
	}
	return are_past || live->now_ns >= live->window.end_ns + GRACE_NS;
}

static bool is_window_over(const struct live *live)
{
	if (live->now_ns < live->window.end_ns)
		return false;
	return is_complete(live) || live->now_ns >= live->window.end_ns + LATE_NS;
}

static void see_event(void *context, const struct app_event *event)
{
	const struct live *live = context;

	if (live->inventory)
		inventory_see(live->inventory, event);
	if (live->events.event)
		live->events.event(live->events.context, event);
}

static void judge(struct live *live, struct window window)
{
	struct tables *tables = live->tables;
	struct event_sink sink = { see_event, live };

	panel_hear(
		&tables->panel, tables->lanes, DECODE_LANES, live->census, &sink, &live->findings);
	panel_judge(&tables->panel, tables->lanes, DECODE_LANES, window, &live->findings);
}

static bool has_frames(const struct live *live)
{
	for (unsigned i = 0; i < live->input_count; i++)
		if (live->inputs[i].next < live->inputs[i].count)
			return true;
	return false;
}

/* Ends the open window. In silence nothing is judged any more once all that was open is settled. */
static void end_window(struct live *live, const struct live_hooks *hooks)
{
	struct window window = live->window;
	struct window silence = { window.end_ns, window.end_ns + SETTLE_NS };
	bool is_gap = live->now_ns - window.end_ns >= SETTLE_NS && !has_frames(live);

	if (live->seen_in_window > 0)
		live->last_packet_ns = window.end_ns;
	if (window.end_ns - live->last_packet_ns <= SETTLE_NS) {
		crew_run(live->crew, sweep_part, live);
		judge(live, window);
		/* This process stood still for long: all of it was silence. */
		if (is_gap)
			judge(live, silence);
	}
	if (hooks && hooks->window)
		hooks->window(hooks->context, window, &live->findings);
	correlator_take(live->correlator, &live->findings);
	live_top_turn(live);
	live->seen_in_window = 0;
	live_enter(live, is_gap ? live->now_ns : window.end_ns);
}

/* Waits for packets; not beyond the end of the window. */
static void wait_for_packets(struct live *live, int timeout_ms)
{
	int64_t left_ns = live->window.end_ns + GRACE_NS - live->now_ns;
	int64_t left_ms = left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 1;

	/* One with frames of the next window would seem ready, and give nothing. */
	for (unsigned i = 0; i < live->input_count; i++) {
		const struct live_input *input = &live->inputs[i];
		bool is_waiting = input->next == input->count && !input->is_gone;

		live->polls[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (is_waiting)
			live->polls[i].fd = interface_source_fd(input->source);
	}
	poll(live->polls, live->input_count, (int)no_later(timeout_ms, left_ms));
}

static bool is_all_gone(const struct live *live)
{
	for (unsigned i = 0; i < live->input_count; i++)
		if (!live->inputs[i].is_gone)
			return false;
	return true;
}

int live_step(struct live *live, int timeout_ms, const struct live_hooks *hooks)
{
	unsigned seen = run_round(live);

	if (seen == 0 && timeout_ms > 0 && !is_window_over(live)) {
		wait_for_packets(live, timeout_ms);
		seen = run_round(live);
	}
	for (unsigned i = 0; i < WINDOWS_A_STEP && is_window_over(live); i++) {
		end_window(live, hooks);
		/* What waited for this window. */
		if (has_frames(live))
			seen += run_round(live);
	}
	return is_all_gone(live) ? -ENETDOWN : (int)seen;
}
