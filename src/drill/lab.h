/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/lab.h - three networks that exist only here: an internet, a gate, a LAN.
 *
 *   internet 203.0.113.0/24 ──veth── gate 198.51.100.10 (weir, nginx) ──veth── LAN 192.0.2.0/24
 *
 * Each is a network namespace without a name, held by descriptors of this process, with the files
 * (bpffs, state, sockets) in a mount namespace of its own. So whatever ends the drill, kill -9
 * included, ends all of it: nothing is left on the machine. Every link is a veth pair made here.
 */
#ifndef WEIR_DRILL_LAB_H
#define WEIR_DRILL_LAB_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

enum lab_place { LAB_INTERNET, LAB_GATE, LAB_LAN, LAB_PLACES };

#define LAB_GATE_ADDRESS "198.51.100.10"
#define LAB_GATE_ADDRESS6 "2001:db8:1::10"
#define LAB_GATE_PREFIX "198.51.100.0/24"
#define LAB_LAN_PREFIX "192.0.2.0/24"
#define LAB_ZOMBIE_ADDRESS "192.0.2.66"
#define LAB_NEIGHBOUR_ADDRESS "192.0.2.20"
#define LAB_VICTIM_ADDRESS "203.0.113.200" /* whom the zombie floods; of the internet here */
#define LAB_CLIENTS 16			   /* good clients: 203.0.113.10 and on */

#define LAB_GATE_OUTSIDE "drill-out" /* the gate's interface to the internet */
#define LAB_GATE_INSIDE "drill-in"   /* and to the LAN */
#define LAB_INTERNET_LINK "drill-net"
#define LAB_LAN_LINK "drill-lan"

struct lab {
	int places[LAB_PLACES]; /* descriptors of the namespaces; -1: not made */
	char folder[64];	/* tmpfs of its own: state, runtime, bpffs, nginx */
};

/* Makes the namespaces and links. Moves this process into a mount namespace of its own. -EPERM
 * without root, −errno with a message. On failure nothing is left. */
int lab_open(struct lab *lab, struct err *err);

/* Runs a program there and waits. 0, or −errno with a message made of what it said. argv ends with
 * NULL. */
int lab_run(const struct lab *lab, enum lab_place place, struct err *err, const char *const *argv);

/* Starts a child there: returns its process id, or −errno. It calls part(context) and exits with
 * what that returns; it dies with this process. */
pid_t lab_start(
	const struct lab *lab, enum lab_place place, int (*part)(void *context), void *context);

/* Ends a child started so: SIGTERM, after wait_ms SIGKILL. Returns its wait status. */
int lab_stop(pid_t child, unsigned wait_ms);

void lab_close(struct lab *lab);

#endif
