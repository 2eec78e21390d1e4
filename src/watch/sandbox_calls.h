/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/sandbox_calls.h - the system calls that watch has left.
 */
#ifndef WEIR_WATCH_SANDBOX_CALLS_H
#define WEIR_WATCH_SANDBOX_CALLS_H

/* For this thread and those it starts. 0 or −errno. */
int sandbox_filter_calls(void);

#endif
