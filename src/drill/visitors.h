/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/visitors.h - good clients: each request is a connection of its own, as an attack on
 * handshakes hits it hardest.
 */
#ifndef WEIR_DRILL_VISITORS_H
#define WEIR_DRILL_VISITORS_H

#include <stdint.h>

#define VISITORS_SLOTS 6000 /* tenths of a second: ten minutes */
#define VISITORS_AT_ONCE 16
#define VISITORS_TIMEOUT_MS 3000 /* a request that takes longer has failed */

/* Written by the visitors, read by the drill (shared memory). A request counts in the tenth of a
 * second in which it ended. */
struct visitors {
	volatile uint64_t start_ns; /* CLOCK_MONOTONIC */
	volatile uint32_t good[VISITORS_SLOTS], failed[VISITORS_SLOTS];
	volatile uint32_t is_stopping;
	unsigned per_s;	     /* requests begun a second; 0: as many as go */
	const char *server;  /* IPv4 address, port 80 */
	const char *clients; /* first of their addresses, in order one after the other */
	unsigned client_count;
};

/* Requests until is_stopping or SIGTERM. context: struct visitors. Exit status. */
int visitors_run(void *context);

#endif
