/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/track_fixture.h - packets as decode would give them, and two ends that talk through a
 * tracker.
 *
 * For the unit tests of track only. A talk keeps the clock and the last packet, so that a test
 * reads like a conversation:
 *
 * 	struct talk talk = talk_between(tracker, 1, 2);
 * 	say(&talk, CLIENT, TCP_SYN, 100, 0, 0);
 * 	assert_int_equal(talk.pkt.standing, STANDING_OPENING);
 */
#ifndef WEIR_TRACK_FIXTURE_H
#define WEIR_TRACK_FIXTURE_H

#include <netinet/in.h>

#include "decode/decode.h"
#include "track/track.h"

#define TRACK_SEED 0x77656972ULL
#define T0 (1700000000LL * NS_PER_S)
#define MS(ms) ((ms)*NS_PER_MS)

enum { CLIENT, SERVER };

struct talk {
	struct tracker *tracker;
	struct addr addr[2]; /* client, server */
	uint16_t port[2];
	int64_t now_ns;
	struct pkt pkt; /* the last one said */
	struct flow *flow;
};

/* 10.0.0.0 + number */
static inline struct addr host(uint32_t number)
{
	uint8_t bytes[4] = { 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number };

	return addr_from_v4(bytes);
}

static inline struct pkt packet(
	uint8_t proto, struct addr from, uint16_t from_port, struct addr to, uint16_t to_port)
{
	static const uint8_t bytes[64];
	struct pkt pkt = { .ip_version = 4, .ip_len = 40, .bytes = bytes, .captured_len = 54 };

	pkt.key = (struct flow_key){
		.addr = { from, to }, .port = { from_port, to_port }, .proto = proto
	};
	pkt.payload_offset = 42;
	pkt.hash = decode_key_hash(&pkt.key, TRACK_SEED);
	return pkt;
}

static inline struct flow *see(struct tracker *tracker, struct pkt *pkt)
{
	struct flow *flow = NULL;

	tracker_see(tracker, &pkt, &flow, 1);
	return flow;
}

static inline struct talk talk_between(struct tracker *tracker, uint32_t client, uint32_t server)
{
	return (struct talk){ .tracker = tracker,
		.addr = { host(client), host(server) },
		.port = { 40000, 80 },
		.now_ns = T0 };
}

static inline struct pkt talk_packet(struct talk *talk, unsigned side, uint8_t proto)
{
	struct pkt pkt = packet(
		proto, talk->addr[side], talk->port[side], talk->addr[!side], talk->port[!side]);

	talk->now_ns += NS_PER_MS;
	pkt.time_ns = talk->now_ns;
	return pkt;
}

/* A TCP segment of len payload bytes; returns its standing. */
static inline unsigned say(
	struct talk *talk, unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	talk->pkt = talk_packet(talk, side, IPPROTO_TCP);
	talk->pkt.tcp_flags = flags;
	talk->pkt.tcp_seq = seq;
	talk->pkt.tcp_ack = ack;
	talk->pkt.payload_wire_len = len;
	talk->pkt.ip_len = 40 + len;
	talk->flow = see(talk->tracker, &talk->pkt);
	return talk->pkt.standing;
}

/* A datagram of UDP or anything else without numbers. */
static inline unsigned tell(struct talk *talk, unsigned side, uint8_t proto)
{
	talk->pkt = talk_packet(talk, side, proto);
	talk->pkt.payload_wire_len = 20;
	talk->flow = see(talk->tracker, &talk->pkt);
	return talk->pkt.standing;
}

/* SYN, SYN-ACK, ACK: the client goes on at 101, the server at 501. */
static inline void shake_hands(struct talk *talk)
{
	say(talk, CLIENT, TCP_SYN, 100, 0, 0);
	say(talk, SERVER, TCP_SYN | TCP_ACK, 500, 101, 0);
	say(talk, CLIENT, TCP_ACK, 101, 501, 0);
}

static inline struct tracker *tracker_of(
	uint32_t flows, uint32_t pending, struct flow_end_hook hook)
{
	struct tracker_limits limits = { .flows = flows, .pending = pending, .seed = TRACK_SEED };
	struct tracker *tracker = NULL;

	return tracker_open(&limits, hook, &tracker) == 0 ? tracker : NULL;
}

static inline struct track_stats stats_of(const struct tracker *tracker)
{
	struct track_stats stats = { 0 };

	tracker_stats_add(tracker, &stats);
	return stats;
}

/* xorshift64: the same numbers in every run. */
static inline uint64_t roll(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
