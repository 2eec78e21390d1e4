/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/sandbox.h - watch gives up what it does not need, before it reads the first byte from
 * outside.
 *
 * Afterwards it runs as run.user without capabilities, sees no file but those below run.state_dir,
 * the directory of run.events and (to read) that of the configuration, opens no socket, starts no
 * program, and of bpf() has left what reads maps. Descriptors that are open already stay usable.
 */
#ifndef WEIR_WATCH_SANDBOX_H
#define WEIR_WATCH_SANDBOX_H

#include "conf/conf.h"
#include "lib/err.h"

/* Once, before any thread is started. conf_path may be NULL. What an old kernel lacks is a
 * warning on stderr, what fails although it is there an error: 0 or −errno with a message. */
int sandbox_enter(const struct conf *conf, const char *conf_path, struct err *err);

#endif
