/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/interface.h - live packets: AF_PACKET, TPACKET_V3 rings, spread over workers.
 *
 * Opening the sockets needs CAP_NET_RAW and is the keeper's; mapping and reading them is watch's.
 * The sockets of one interface form a fanout group: the kernel spreads by a symmetric hash of the
 * address pair, so both directions, fragments and ICMP errors of a conversation reach the same
 * worker.
 */
#ifndef WEIR_CAPTURE_INTERFACE_H
#define WEIR_CAPTURE_INTERFACE_H

#include "capture/source.h"

/* Opens count (1..64) sockets on the interface with rings of ring_bytes each, in one fanout group.
 * fanout_id: unique in this network namespace. The frames that this machine itself sends are
 * captured too. 0 or −errno with a message (-EPERM, -ENODEV, -ENETDOWN is no error: it waits for
 * the link). */
int interface_open_sockets(const char *name, unsigned count, uint32_t ring_bytes,
	uint16_t fanout_id, struct err *err, int *ret_fds);

/* Maps the ring of such a socket (taken over, also on failure) and makes it a source whose read
 * never waits: it returns 0 when there is nothing now, -ENETDOWN once when the link has gone down
 * (it may be read on: frames come again when the link does), -ENODEV when the interface is gone.
 * Frames have the time the kernel saw them (CLOCK_REALTIME ns), VLAN tags that the card took off
 * put back, link type Ethernet or raw IP. file: what its frames carry. */
int interface_source_open(int fd, uint32_t ring_bytes, const char *name, uint16_t file,
	struct err *err, struct source **ret_source);

/* To wait for it with poll(POLLIN); -1 for a source of another kind. */
int interface_source_fd(const struct source *source);

#endif
