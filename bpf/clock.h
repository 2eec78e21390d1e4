/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * clock.h - the time, cheaply.
 *
 * bpf_ktime_get_ns() asks the hardware: 35 ns on a virtual machine, more than all other work on
 * most packets. Leases, marks and slots need no better than some milliseconds, so each processor
 * reads the clock once a jiffy (1 to 10 ms) and remembers. The jiffies cost one load.
 */
#ifndef WEIR_BPF_CLOCK_H
#define WEIR_BPF_CLOCK_H

#include "maps.h"

/* CLOCK_MONOTONIC in nanoseconds, at most a jiffy ago. */
static __always_inline __u64 clock_now(void)
{
	__u64 jiffies = bpf_jiffies64();
	struct clock_reading *last;
	__u32 first = 0;

	last = bpf_map_lookup_elem(&clocks, &first);
	if (!last)
		return bpf_ktime_get_ns();
	if (last->jiffies != jiffies) {
		last->now_ns = bpf_ktime_get_ns();
		last->jiffies = jiffies;
	}
	return last->now_ns;
}

#endif
