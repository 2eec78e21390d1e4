/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/now.h - what time it is, for those who may ask: sources, processes, commands. Detectors and
 * policy may not; their time is that of the packets.
 */
#ifndef WEIR_LIB_NOW_H
#define WEIR_LIB_NOW_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds by CLOCK_REALTIME or CLOCK_MONOTONIC. */
static inline int64_t now_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* As the kernel part tells time (bpf/wire.h): unsigned, CLOCK_MONOTONIC. */
static inline uint64_t now_monotonic_ns(void)
{
	return (uint64_t)now_clock_ns(CLOCK_MONOTONIC);
}

#endif
