/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/row.c - runs one row: the maps are set up anew, the packet is sent, and then must hold: the
 * verdict of the reason; exactly one reason has moved for each packet, by one packet and the bytes
 * of the frame; a packet that is passed comes out as it went in.
 */
#include "bpf/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const enum verdict verdicts[WIRE_REASON_COUNT] = {
#define PASS VERDICT_PASS
#define DROP VERDICT_DROP
#define REPLY VERDICT_REPLY
#define REASON(symbol, name, verdict, ...) [WIRE_REASON_##symbol] = verdict,
	WIRE_REASONS(REASON)
#undef REASON
#undef PASS
#undef DROP
#undef REPLY
};

/* Which reason has moved by one packet; WIRE_REASON_COUNT when none or several did. */
static unsigned moved_reason(const struct kernel_counts *before, const struct kernel_counts *after,
	size_t frame_len, bool *ret_is_shadow)
{
	unsigned moved = WIRE_REASON_COUNT, count = 0;

	for (unsigned i = 0; i < WIRE_REASON_COUNT; i++) {
		const struct wire_counter *a = &before->reason[i], *b = &after->reason[i];
		bool is_shadow = b->shadow_packets != a->shadow_packets;

		if (b->packets == a->packets && !is_shadow)
			continue;
		count +=
			(unsigned)(b->packets - a->packets + b->shadow_packets - a->shadow_packets);
		moved = i;
		*ret_is_shadow = is_shadow;
		assert_int_equal(
			b->bytes - a->bytes + b->shadow_bytes - a->shadow_bytes, frame_len);
	}
	return count == 1 ? moved : WIRE_REASON_COUNT;
}

static void set_filters(
	const struct kernel *kernel, const struct row *row, const struct frame_text *frame)
{
	struct wire_prefix target = { .bits = 128 };

	if (!row->filters)
		return;
	if (row->filter_target)
		frame_addr(row->filter_target, target.addr.byte, &target.bits);
	else
		target.addr = kernel_flow_key(frame, false).inside;
	kernel_filter(kernel, &target, row->filters);
}

/* What one packet met. */
struct outcome {
	enum verdict verdict;
	unsigned reason;
	bool is_shadow;
};

/* At tc a SYN cannot be answered: counted as one that would have been, and passed. */
static bool is_shadow_row(const struct row *row, enum program program)
{
	return row->is_shadow || (program == PROGRAM_TC && row->reason == WIRE_REASON_COOKIE_SENT);
}

static bool is_expected(const struct row *row, enum program program, const struct outcome *outcome)
{
	bool is_shadow = is_shadow_row(row, program);

	return outcome->verdict == (is_shadow ? VERDICT_PASS : verdicts[row->reason]) &&
	       outcome->reason == row->reason && outcome->is_shadow == is_shadow;
}

static void explain(const struct row *row, const struct outcome *outcome)
{
	fail_msg("%s: %s, reason %s%s; expected reason %s%s", row->frame,
		kernel_verdict_names[outcome->verdict],
		outcome->reason < WIRE_REASON_COUNT ? kernel_reason_names[outcome->reason]
						    : "not one",
		outcome->is_shadow ? " (shadow)" : "", kernel_reason_names[row->reason],
		row->is_shadow ? " (shadow)" : "");
}

static void send_one(const struct kernel *kernel, enum program program,
	const struct frame_text *frame, struct outcome *ret_outcome)
{
	static uint8_t out[FRAME_MAX + 256];
	struct kernel_counts before, after;
	size_t out_len = 0;

	kernel_counts(kernel, &before);
	ret_outcome->verdict = kernel_run(kernel, program, frame->bytes, frame->len, out, &out_len);
	kernel_counts(kernel, &after);
	ret_outcome->is_shadow = false;
	ret_outcome->reason = moved_reason(&before, &after, frame->len, &ret_outcome->is_shadow);
	if (ret_outcome->verdict != VERDICT_PASS)
		return;
	assert_int_equal(out_len, frame->len);
	assert_memory_equal(out, frame->bytes, frame->len);
}

/* Of many packets one has to meet the reason: which one, depends on where a slot of the rates
 * ends. When they are to pass, all have to. */
void row_run(const struct kernel *kernel, enum program program, const struct row *row)
{
	unsigned sends = row->sends ? row->sends : 1, met = 0;
	unsigned needed = verdicts[row->reason] == VERDICT_PASS ? sends : 1;
	struct outcome outcome = { 0 };
	struct frame_text frame;

	frame_write(row->frame, &frame);
	kernel_reset(kernel);
	kernel_set(kernel, row->maps, &frame);
	set_filters(kernel, row, &frame);
	for (unsigned sent = 0; sent < sends; sent++) {
		send_one(kernel, program, &frame, &outcome);
		met += is_expected(row, program, &outcome);
	}
	if (met < needed)
		explain(row, &outcome);
}
