/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/talk.h - conversations: a client, a server, and what they say to each other.
 *
 * talk_tcp_start: handshake, rounds of request and response in segments with their
 * acknowledgements, and an end. talk_udp_start: a first datagram, an answer, then a stream one way
 * with feedback the other way. Sequence numbers, times and payload are consistent, so that a
 * tracker sees the real thing.
 */
#ifndef WEIR_GEN_TALK_H
#define WEIR_GEN_TALK_H

#include "gen/content.h"
#include "gen/schedule.h"

#define TALK_MSS_BYTES 1448

enum talk_end {
	TALK_CLOSED,  /* FIN from both sides */
	TALK_RESET,   /* RST from the client */
	TALK_SILENT,  /* nothing more is said */
	TALK_REFUSED, /* the SYN, or first datagram, is answered by RST or ICMP port unreachable */
	TALK_UNANSWERED, /* nobody answers; TCP tries again after 1, 3 and 7 s (RFC 6298) */
};

struct talk_plan {
	struct addr client, server;
	uint16_t client_port, server_port;
	enum content content;
	enum talk_end end;
	unsigned rounds; /* TCP: requests; UDP: datagrams of the server after its first answer */
	uint32_t request_bytes;	 /* TCP: of each request; UDP: of each datagram of the client */
	uint32_t response_bytes; /* the same for the server */
	unsigned feedback_every; /* UDP: the client says something after so many; 0: never */
	int64_t rtt_ns;		 /* round trip between the two */
	int64_t gap_ns;		 /* between segments or datagrams of a burst */
	int64_t think_ns;	 /* TCP: before the next request */
	uint64_t seed;
};

void talk_tcp_start(struct schedule *schedule, int64_t at_ns, const struct talk_plan *plan);
void talk_udp_start(struct schedule *schedule, int64_t at_ns, const struct talk_plan *plan);

#endif
