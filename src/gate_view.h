/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_view.h - what the kernel part counts, as findings.
 *
 * An attack that the kernel part answers by itself hardly shows in the capture sockets. That a
 * class of traffic to a host is active there is a finding of the same kind and subject as the flood
 * detector's, so both are one incident, which lasts as long as the attack does. Like a detector: no
 * I/O, no clock; what it remembers is bounded.
 */
#ifndef WEIR_GATE_VIEW_H
#define WEIR_GATE_VIEW_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "decide/decide.h"
#include "types.h"

struct gate_view;

/* What the kernel part says at the end of a window. */
struct gate_look {
	struct window window;
	uint64_t monotonic_ns;		/* its end, by CLOCK_MONOTONIC */
	const struct gate_host *before; /* as it was at the end of the window before; any order */
	unsigned before_count;
	const struct gate_host *now;
	unsigned now_count;
	/* The capture sockets see these packets too (shadow, or attached by tc): then the flood
	 * detector has counted them, and they are not counted again. */
	bool are_captured;
};

/* -ENOMEM. */
int gate_view_open(uint64_t seed, struct gate_view **ret_view);

/* A packet that was dropped, or would have been, of the window that is open; decoded. */
void gate_view_sample(
	struct gate_view *view, const struct wire_sample *sample, const struct pkt *pkt);

/* The window has ended. The sets of the findings are valid until the next call of either. */
void gate_view_judge(struct gate_view *view, const struct conf *conf,
	const struct networks *networks, const struct gate_look *look, struct findings *findings);

/* NULL is fine. */
void gate_view_close(struct gate_view *view);

#endif
