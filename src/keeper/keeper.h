/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/keeper.h - the process with privileges: it moves the gates and does nothing else.
 *
 * In order: lock (one instance), configuration, own networks and protected addresses (gateway,
 * resolvers, SSH peers), kernel part, capture sockets, control socket, watch; then a loop that
 * answers requests (each checked by check.c), restarts a watch that died, and sweeps expired
 * leases. No packet is parsed here.
 */
#ifndef WEIR_KEEPER_KEEPER_H
#define WEIR_KEEPER_KEEPER_H

#include "conf/conf.h"
#include "lib/err.h"

struct keeper_options {
	const char *conf_path; /* NULL: defaults */
	/* From the command line; else conf->interfaces, else those with a default route, else all
	 * that are up. */
	const char *const *interfaces;
	unsigned interface_count;
	bool is_foreground;
};

/* Runs until SIGTERM (takes everything out of the kernel), SIGUSR1 (leaves it in force) or a
 * failure to start. Exit status. */
int keeper_main(const struct keeper_options *options);

#endif
