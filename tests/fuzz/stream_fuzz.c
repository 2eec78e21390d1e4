/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/stream_fuzz.c - any segments of one TCP conversation and any datagrams, through tracker,
 * reassembly, recognition and all parsers.
 *
 * Input: the server's port (2 bytes, big-endian), then pieces: a byte (bit 7: the side, bit 6: a
 * datagram, bit 5: FIN, bit 4: the last wins over what waits, bit 3: acknowledges all so far, bits
 * 0-2: time that passes), how far from what is next the segment lies (signed, 1 byte), its length
 * (1 byte), its bytes. When the port is 32768 or above, the SYN has the bytes of the first piece,
 * which are acknowledged if its bit 3 is set, and the second comes before the third packet of the
 * handshake (RFC 7413). What must hold: nothing that waits is left behind when all is over, no more
 * is handed on than was sent, each conversation told once.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_internal.h"
#include "decode/decode.h"
#include "lib/rd.h"
#include "track/track.h"

#define SEED 0x0123456789abcdefULL
#define HEADERS 42 /* bytes before the payload */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scene {
	struct tracker *tracker;
	struct app *app;
	struct flow_key key;
	uint32_t seq[2];
	int64_t now_ns;
	uint64_t sent;
	unsigned begun, ended;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void on_flow_end(void *context, const struct flow *flow)
{
	app_flow_end(((struct scene *)context)->app, flow);
}

static void count_flows(void *context, const struct app_event *event)
{
	struct scene *scene = context;

	require(event->type < APP_EVENT_TYPES);
	scene->ended += event->type == APP_FLOW && event->flow_end.end != FLOW_END_ONGOING;
}

static void see(struct scene *scene, struct pkt *pkt, const uint8_t *payload, size_t len)
{
	uint8_t *bytes = calloc(1, HEADERS + len);
	struct flow *flow;

	if (!bytes)
		abort();
	if (len)
		memcpy(bytes + HEADERS, payload, len);
	pkt->bytes = bytes;
	pkt->time_ns = scene->now_ns;
	pkt->transport_offset = 34;
	pkt->payload_offset = HEADERS;
	pkt->captured_len = pkt->wire_len = pkt->ip_len = (uint32_t)(HEADERS + len);
	pkt->payload_len = pkt->payload_wire_len = (uint32_t)len;
	pkt->hash = decode_key_hash(&pkt->key, SEED);
	tracker_see(scene->tracker, &pkt, &flow, 1);
	app_see(scene->app, pkt, flow);
	scene->begun += (pkt->events & EVENT_TURN) != 0;
	scene->sent += len;
	free(bytes);
}

static struct pkt packet(const struct scene *scene, unsigned side, uint8_t proto)
{
	struct pkt pkt = { .ip_version = 4, .key = scene->key };

	pkt.key.proto = proto;
	if (side == 1) {
		pkt.key.addr[0] = scene->key.addr[1];
		pkt.key.addr[1] = scene->key.addr[0];
		pkt.key.port[0] = scene->key.port[1];
		pkt.key.port[1] = scene->key.port[0];
	}
	return pkt;
}

static void segment(struct scene *scene, unsigned side, uint8_t flags, int32_t offset,
	const uint8_t *payload, size_t len)
{
	struct pkt pkt = packet(scene, side, IPPROTO_TCP);
	uint32_t end;

	pkt.tcp_flags = flags;
	pkt.tcp_seq = scene->seq[side] + (uint32_t)offset;
	pkt.tcp_ack = scene->seq[!side];
	end = pkt.tcp_seq + (uint32_t)len + ((flags & (TCP_SYN | TCP_FIN)) != 0);
	if ((int32_t)(end - scene->seq[side]) > 0)
		scene->seq[side] = end;
	see(scene, &pkt, payload, len);
}

static void play_piece(struct scene *scene, struct rd *rd)
{
	uint8_t head = rd_u8(rd);
	int8_t offset = (int8_t)rd_u8(rd);
	size_t len = rd_u8(rd);
	unsigned side = head >> 7;
	const uint8_t *bytes;

	if (len > rd_left(rd))
		len = rd_left(rd);
	bytes = rd_bytes(rd, len);
	scene->now_ns += (int64_t)(head & 7) * 300 * NS_PER_MS;
	scene->app->pool.is_last_wins = head >> 4 & 1;
	if (head & 0x40) {
		struct pkt pkt = packet(scene, side, IPPROTO_UDP);

		see(scene, &pkt, bytes, len);
	} else {
		segment(scene, side,
			(uint8_t)((head & 0x20 ? TCP_FIN : 0) | (head & 8 ? TCP_ACK : 0)), offset,
			bytes, len);
	}
}

static void shake_hands(struct scene *scene, bool is_fast, struct rd *rd)
{
	bool is_accepted = false;
	size_t len = 0;

	if (is_fast) {
		is_accepted = rd_u8(rd) & 8;
		rd_u8(rd);
		len = rd_u8(rd);
		if (len > rd_left(rd))
			len = rd_left(rd);
	}
	segment(scene, 0, TCP_SYN, 0, len ? rd_bytes(rd, len) : NULL, len);
	if (!is_accepted)
		scene->seq[0] -= (uint32_t)len;
	segment(scene, 1, TCP_SYN | TCP_ACK, 0, NULL, 0);
	if (is_fast && rd_left(rd) >= 3)
		play_piece(scene, rd);
	segment(scene, 0, TCP_ACK, 0, NULL, 0);
}

static void finish(struct scene *scene)
{
	struct app_log *log = app_log(scene->app);

	app_input_end(scene->app);
	tracker_walk(scene->tracker, (struct flow_end_hook){ on_flow_end, scene });
	app_logs_drain(&log, 1, count_flows, scene);
	require(scene->ended <= scene->begun);
	require(scene->app->stats.streams_now == 0);
	early_clear(&scene->app->early, &scene->app->pool);
	require(blocks_used(scene->app->pool.blocks) == 0);
	require(scene->app->pool.stats.bytes <= scene->sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_limits limits = { .streams = 16,
		.parsers = 8,
		.hold_bytes = 256U << 10,
		.log_bytes = 1U << 20,
		.seed = SEED };
	struct rd rd = rd_over(data, size);
	struct scene scene = { .seq = { 100, 500 }, .now_ns = NS_PER_S };
	struct tracker_limits track = { .flows = 16, .pending = 16, .seed = SEED };

	scene.key.port[0] = 50000;
	scene.key.port[1] = rd_be16(&rd);
	scene.key.addr[0] = addr_from_v4((const uint8_t[]){ 10, 0, 0, 1 });
	scene.key.addr[1] = addr_from_v4((const uint8_t[]){ 203, 0, 113, 5 });
	require(app_open(&limits, &scene.app) == 0);
	require(tracker_open(&track, (struct flow_end_hook){ on_flow_end, &scene },
			&scene.tracker) == 0);
	shake_hands(&scene, scene.key.port[1] & 0x8000, &rd);
	while (rd_left(&rd) >= 3)
		play_piece(&scene, &rd);
	finish(&scene);
	tracker_close(scene.tracker);
	app_close(scene.app);
	return 0;
}
