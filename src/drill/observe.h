/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/observe.h - what the weir under test says of itself, asked over its control socket.
 */
#ifndef WEIR_DRILL_OBSERVE_H
#define WEIR_DRILL_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

struct observation {
	uint64_t stopped; /* packets that the kernel part dropped or answered, so far */
	char kind[40];	  /* of the incident looked for, "" when there is none */
};

/* Asks. kind: the incident looked for ("flood.syn"; any other of medium severity or above counts
 * too when none of that kind is there); since_ns: CLOCK_REALTIME, earlier ones do not count. 0 or
 * −errno. */
int observe(const char *runtime_dir, const char *kind, int64_t since_ns,
	struct observation *ret_observation, struct err *err);

/* Processor seconds that a process and its children have used so far. */
double observe_cpu_s(pid_t process);

#endif
