/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/watch.h - the process without privileges: everything that touches other people's bytes.
 */
#ifndef WEIR_WATCH_WATCH_H
#define WEIR_WATCH_WATCH_H

#include "conf/conf.h"

/* Descriptors that the keeper leaves open for a new watch, by number. */
#define WATCH_FD_CHANNEL 3 /* SOCK_SEQPACKET to the keeper */
#define WATCH_FD_CONTROL 4 /* listening Unix socket, or closed */

/* Runs until the keeper goes away or SIGTERM. Exit status. Privileges are dropped in it, before the
 * first byte from outside is read. conf_path: read again on SIGHUP (already in memory: the keeper's
 * check passed). */
int watch_main(const char *conf_path, const struct conf *conf);

#endif
