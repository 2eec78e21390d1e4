/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/scene_fixture.c - see scene_fixture.h. */
#include "app/scene_fixture.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS 42 /* Ethernet, IPv4, and 8 bytes: what is behind them is the payload */

static void on_flow_end(void *context, const struct flow *flow)
{
	app_flow_end(((struct scene *)context)->app, flow);
}

void scene_open_in(
	struct scene *scene, uint32_t streams, uint32_t parsers, const struct networks *networks)
{
	struct app_limits limits = { .streams = streams,
		.parsers = parsers,
		.hold_bytes = 256U << 10,
		.log_bytes = 1U << 20,
		.seed = 5,
		.networks = networks };

	memset(scene, 0, sizeof(*scene));
	fixture_open(&scene->told, NULL, 80);
	assert_int_equal(app_open(&limits, &scene->app), 0);
	scene->tracker = tracker_of(256, 8192, (struct flow_end_hook){ on_flow_end, scene });
	assert_non_null(scene->tracker);
	scene->talk = talk_between(scene->tracker, 1, 2);
}

void scene_open(struct scene *scene, uint32_t streams, uint32_t parsers)
{
	scene_open_in(scene, streams, parsers, NULL);
}

void scene_walk(struct scene *scene)
{
	tracker_walk(scene->tracker, (struct flow_end_hook){ on_flow_end, scene });
}

void scene_close(struct scene *scene)
{
	tracker_close(scene->tracker);
	app_close(scene->app);
	fixture_close(&scene->told);
}

void scene_collect(struct scene *scene)
{
	fixture_collect(&scene->told, app_log(scene->app));
}

unsigned scene_count(struct scene *scene, enum app_event_type type)
{
	scene_collect(scene);
	return fixture_count(&scene->told, type);
}

const struct app_event *scene_event(struct scene *scene, enum app_event_type type, unsigned index)
{
	const struct app_event *found;

	scene_collect(scene);
	found = fixture_event(&scene->told, type, index);
	assert_non_null(found);
	return found;
}

void scene_packet(struct scene *scene, struct pkt *pkt, const void *payload, size_t len)
{
	uint8_t *bytes = calloc(1, HEADERS + len);

	assert_non_null(bytes);
	if (len)
		memcpy(bytes + HEADERS, payload, len);
	pkt->bytes = bytes;
	pkt->transport_offset = 34;
	pkt->captured_len = pkt->wire_len = (uint32_t)(HEADERS + len);
	pkt->payload_len = pkt->payload_wire_len = (uint32_t)len;
	pkt->ip_len = (uint32_t)(40 + len);
	scene->talk.flow = see(scene->tracker, pkt);
	app_see(scene->app, pkt, scene->talk.flow);
	free(bytes);
}

void scene_segment(struct scene *scene, unsigned side, uint8_t flags, uint32_t seq, uint32_t ack,
	const void *payload, size_t len)
{
	struct pkt pkt = talk_packet(&scene->talk, side, IPPROTO_TCP);

	pkt.tcp_flags = flags;
	pkt.tcp_seq = seq;
	pkt.tcp_ack = ack;
	scene_packet(scene, &pkt, payload, len);
}

void scene_handshake(struct scene *scene)
{
	scene_segment(scene, CLIENT, TCP_SYN, 100, 0, NULL, 0);
	scene_segment(scene, SERVER, TCP_SYN | TCP_ACK, 500, 101, NULL, 0);
	scene_segment(scene, CLIENT, TCP_ACK, 101, 501, NULL, 0);
	scene->seq[0] = 101;
	scene->seq[1] = 501;
}

void scene_says_bytes(struct scene *scene, unsigned side, const void *bytes, size_t len)
{
	scene_segment(
		scene, side, TCP_ACK | TCP_PSH, scene->seq[side], scene->seq[!side], bytes, len);
	scene->seq[side] += (uint32_t)len;
}

void scene_says(struct scene *scene, unsigned side, const char *text)
{
	scene_says_bytes(scene, side, text, strlen(text));
}

void scene_close_talk(struct scene *scene)
{
	scene_segment(scene, CLIENT, TCP_FIN | TCP_ACK, scene->seq[0], scene->seq[1], NULL, 0);
	scene->seq[0]++;
	scene_segment(scene, SERVER, TCP_FIN | TCP_ACK, scene->seq[1], scene->seq[0], NULL, 0);
	scene->seq[1]++;
}

void scene_wait(struct scene *scene, int64_t ns)
{
	scene->talk.now_ns += ns;
	app_turn(scene->app, scene->talk.now_ns);
}

void scene_sweep(struct scene *scene, int64_t ns)
{
	scene_wait(scene, ns);
	for (unsigned i = 0; i < 64; i++)
		tracker_sweep(scene->tracker, scene->talk.now_ns);
}

void scene_datagram(struct scene *scene, unsigned side, const void *bytes, size_t len)
{
	struct pkt pkt = talk_packet(&scene->talk, side, IPPROTO_UDP);

	scene_packet(scene, &pkt, bytes, len);
}

struct app_stats scene_stats(const struct scene *scene)
{
	struct app_stats sum = { 0 };

	app_stats_add(scene->app, &sum);
	return sum;
}
