/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/quoted.h - the packet that an ICMP error quotes (RFC 792, RFC 4443).
 */
#ifndef WEIR_TRACK_QUOTED_H
#define WEIR_TRACK_QUOTED_H

#include "types.h"

/* Is this an ICMP or ICMPv6 error message, which quotes a packet? */
bool quoted_is_error(const struct pkt *pkt);

/* The key of the quoted packet, its sender as side 0. false when it cannot be read, or when the
 * error does not come from the host the quoted packet was sent to (then it is of another lane). */
bool quoted_key(const struct pkt *pkt, struct flow_key *ret_key);

#endif
