/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/plan.h - the pieces of traffic that captures are made of, and what they are told.
 *
 * Every piece is a function that takes a struct plan: when, for how long, how often, who, whom. A
 * capture is a list of (function, plan), see catalogue.h. Most pieces are paced: `rate` times a
 * second they do one thing, which is to emit a packet or to start a conversation.
 */
#ifndef WEIR_GEN_PLAN_H
#define WEIR_GEN_PLAN_H

#include "gen/crowd.h"
#include "gen/schedule.h"

enum plan_option {
	PLAN_ANSWERED = 1 << 0,	    /* the target answers (SYN-ACK, RST) */
	PLAN_RETRANSMIT = 1 << 1,   /* sent again after 1 and 3 s */
	PLAN_RANDOM_PORTS = 1 << 2, /* destination ports at random */
	PLAN_FRAGMENTS = 1 << 3,    /* long datagrams in fragments */
	PLAN_RAMP = 1 << 4,	    /* rate grows from 0 to twice the rate */
	PLAN_UPLOAD = 1 << 5,	    /* the client sends the bulk */
	PLAN_ENCAPSULATED = 1 << 6, /* GRE with an IP packet in it instead of noise */
	PLAN_TLS = 1 << 7,	    /* HTTPS instead of HTTP */
};

struct plan {
	double start_s, seconds; /* from the beginning of the capture */
	double rate;		 /* per second: packets, or new conversations */
	struct crowd from, to;
	uint16_t port;	  /* of the service; 0: the piece's own choice */
	uint32_t bytes;	  /* payload of a packet, or mean size of a response */
	unsigned count;	  /* of parallel conversations, hosts, ports: see the piece */
	unsigned variant; /* see the piece */
	unsigned options; /* enum plan_option bits */
	double share;	  /* 0..1, of attempts that fail */
	const char *name; /* of the server; NULL: it is met by its bare address */
};

typedef void piece_add(struct schedule *schedule, const struct plan *plan);

/* Does something every now and then; the piece behind most of the others. */
struct paced {
	struct piece piece;
	struct plan plan;
	struct prng prng;
	uint64_t number; /* of things done so far */
	uint64_t total;	 /* of things to do */
	uint64_t salt;	 /* constant, of this piece alone */
	void (*emit)(struct paced *paced, struct schedule *schedule);
};

/* Starts a paced piece as planned; emit is called with paced->piece.at_ns as the time. */
void paced_start(struct schedule *schedule, const struct plan *plan,
	void (*emit)(struct paced *, struct schedule *));

/* A port that a client may have. */
uint16_t ephemeral_port(struct prng *prng);

/* Round trip to an address: 4 to 120 ms, always the same. */
int64_t round_trip_ns(const struct addr *a);

/* --- benign.c: people and machines at work --- */

/* rate: new TCP connections of clients (from) to servers (to). bytes: mean response. port 0:
 * HTTP and HTTPS mixed. share: of connections refused or unanswered, half each. */
piece_add web_site;
/* rate: queries. share: of queries without answer. */
piece_add dns_lookups;
/* rate: new QUIC conversations. bytes: mean download. share: unanswered. */
piece_add quic_flows;
/* count parallel TCP transfers of rate data segments a second each; from is the client.
 * PLAN_UPLOAD. */
piece_add bulk_transfer;
/* count UDP streams, of rate datagrams a second each, from the servers (from) to clients (to). */
piece_add udp_streams;
/* rate: conversations of peer (from) with peers (to) at random ports, UDP and TCP. share: peers
 * that are gone. */
piece_add peer_to_peer;
/* rate: checks. count: hosts of `to`, in turn, by ping and TCP. share: of hosts that are down. */
piece_add monitoring;
/* rate: packets. What an attacked host (from) sends to addresses that were forged in its name
 * (to). */
piece_add backscatter;

/* --- flood.c: rate is packets a second --- */

/* variant: TCP flags. PLAN_ANSWERED, PLAN_RETRANSMIT, PLAN_RANDOM_PORTS. */
piece_add flood_tcp;
/* bytes of payload, always the same. PLAN_RANDOM_PORTS. */
piece_add flood_udp;
piece_add flood_icmp;
/* Later fragments of datagrams whose beginning never comes. */
piece_add flood_fragments;
/* PLAN_ENCAPSULATED. */
piece_add flood_gre;
/* SYN-ACKs (and some RSTs) of servers (from) that the target (to) never asked. */
piece_add tcp_reflection;
/* One packet a flow, of all sorts of sizes and ports. */
piece_add udp_one_packet_flows;
/* IPv6 packets with long chains of extension headers. */
piece_add flood_ip6_headers;

/* --- amplification.c --- */

/* variant: enum kind, an amplification. rate: responses a second. PLAN_FRAGMENTS: long
 * responses. */
piece_add amplification;
/* rate: queries that somebody sends in the name of `from` to the resolver `to`, which answers
 * them. */
piece_add open_resolver;

/* --- scan.c: rate is probes a second --- */

/* One port on every host of `to`, few of which answer. */
piece_add scan_horizontal;
/* Ports 1 … count of one host, half open. */
piece_add scan_vertical;
/* The same with the flags of variant. */
piece_add scan_stealth;
/* Ports 23 and 2323, sequence number = destination address, as the Mirai source does it. */
piece_add scan_mirai;
piece_add ping_sweep;

/* --- abuse.c: rate is packets, or series of fragments, a second --- */

piece_add land;
/* variant: TCP flags that make no sense together. */
piece_add bad_flags;
piece_add bogon_sources;
piece_add teardrop;
piece_add ping_of_death;
piece_add tiny_fragments;
/* Source routes and options of impossible length. */
piece_add bad_options;
/* rate: handshakes after which nothing more is said. */
piece_add silent_connections;

#endif
