/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.h - packet time: it only goes forward, and is cut into windows.
 */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

#include "types.h"

enum clock_step {
	CLOCK_SAME_WINDOW,
	CLOCK_FIRST, /* the very first packet */
	CLOCK_NEXT,  /* the open window has ended */
	CLOCK_GAP,   /* and so have ten seconds since */
	CLOCK_BACK,  /* time jumped back: a new epoch */
};

struct stream_clock {
	int64_t base_ns; /* length of a window */
	int64_t now_ns;
	struct window window; /* the open one */
	bool is_started;
	uint64_t late, absurd; /* packets before an earlier one; before 1990 or after 2100 */
};

/* Looks at the time of the next packet and says what it means for the open window; a packet that
 * is late gets the time that it is now. Unless may_go_back a jump back is taken for lateness.
 * After anything but CLOCK_SAME_WINDOW clock_enter() must follow. */
enum clock_step clock_see(struct stream_clock *clock, int64_t *time_ns, bool may_go_back);

/* Opens the window that holds time_ns. */
void clock_enter(struct stream_clock *clock, int64_t time_ns);

#endif
