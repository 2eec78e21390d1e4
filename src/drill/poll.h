/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/poll.h - makes a virtual link take what XDP sends back.
 *
 * One end of a veth pair receives what the program at the other sends with XDP_TX only while it
 * polls, and it polls while it has an XDP program itself. A real card needs none of this.
 */
#ifndef WEIR_DRILL_POLL_H
#define WEIR_DRILL_POLL_H

#include <stdbool.h>

#include "lib/err.h"

/* Attaches a program in the present namespace; it stays until the link goes. is_sink: what comes
 * for invented senders it drops at once, as they are elsewhere and cost this machine nothing there;
 * all else passes. The interface must be one that send_check_interface() accepts. 0 or −errno with
 * a message. */
int poll_link(const char *interface, bool is_sink, struct err *err);

#endif
