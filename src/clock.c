/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.c - see clock.h. */
#include "clock.h"

#define LATE_NS NS_PER_S /* captures of several queues are out of order by less */
#define GAP_NS (10 * NS_PER_S)
#define YEAR_1990 (631152000LL * NS_PER_S)
#define YEAR_2100 (4102444800LL * NS_PER_S)

enum clock_step clock_see(struct stream_clock *clock, int64_t *time_ns, bool may_go_back)
{
	clock->absurd += *time_ns < YEAR_1990 || *time_ns >= YEAR_2100;
	if (!clock->is_started)
		return CLOCK_FIRST;
	if (*time_ns < clock->now_ns) {
		clock->late++;
		if (may_go_back && clock->now_ns - *time_ns > LATE_NS)
			return CLOCK_BACK;
		*time_ns = clock->now_ns;
		return CLOCK_SAME_WINDOW;
	}
	if (*time_ns < clock->window.end_ns) {
		clock->now_ns = *time_ns;
		return CLOCK_SAME_WINDOW;
	}
	return *time_ns - clock->window.end_ns >= GAP_NS ? CLOCK_GAP : CLOCK_NEXT;
}

void clock_enter(struct stream_clock *clock, int64_t time_ns)
{
	int64_t into = time_ns % clock->base_ns;

	if (into < 0)
		into += clock->base_ns;
	clock->is_started = true;
	clock->now_ns = time_ns;
	clock->window.start_ns = time_ns - into;
	clock->window.end_ns = clock->window.start_ns + clock->base_ns;
}
