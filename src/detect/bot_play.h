/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/bot_play.h - lets a unit test play events to one detector of bots, with a census, as the
 * engine would: each event is seen by the census, by asking.h, then by the detector. Tests only.
 */
#ifndef WEIR_DETECT_BOT_PLAY_H
#define WEIR_DETECT_BOT_PLAY_H

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/census.h"
#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/asking.h"
#include "types.h"

#define PLAY_START_NS (1700000000LL * NS_PER_S)
#define PLAY_FINDINGS 4096

struct play {
	const struct detector *detector;
	struct conf conf;
	struct networks *networks;
	struct census *census;
	struct asking *asking;
	void *state;
	struct findings findings;
	uint64_t flows;
};

static inline struct play *play_open(
	const struct detector *detector, void (*adjust)(struct conf *conf))
{
	struct play *play = calloc(1, sizeof(*play));
	struct detector_env env;

	play->detector = detector;
	conf_default(&play->conf);
	if (adjust)
		adjust(&play->conf);
	play->state = calloc(1, detector->state_size);
	play->findings.cap = PLAY_FINDINGS;
	play->findings.list = calloc(PLAY_FINDINGS, sizeof(struct finding));
	if (networks_open(&play->conf, NULL, &play->networks) < 0 ||
		census_open(&play->conf, play->networks, 1, &play->census) < 0)
		abort();
	env = (struct detector_env){
		.conf = &play->conf, .networks = play->networks, .seed = 1, .census = play->census
	};
	if (asking_open(&env, &play->asking) < 0)
		abort();
	env.asking = play->asking;
	if (detector->init(play->state, &env) < 0)
		abort();
	return play;
}

static inline void play_close(struct play *play)
{
	if (play->detector->close)
		play->detector->close(play->state);
	asking_close(play->asking);
	census_close(play->census);
	networks_close(play->networks);
	free(play->findings.list);
	free(play->state);
	free(play);
}

static inline struct addr play_addr(const char *text)
{
	struct addr addr;
	unsigned bits;

	if (addr_prefix_parse(text, &addr, &bits) < 0)
		abort();
	return addr;
}

/* An event of a new conversation; time in seconds since PLAY_START_NS. */
static inline struct app_event play_event(struct play *play, enum app_event_type type,
	double time_s, struct addr client, struct addr server, uint8_t proto, uint16_t port)
{
	return (struct app_event){
		.type = type,
		.time_ns = PLAY_START_NS + (int64_t)(time_s * (double)NS_PER_S),
		.key = { .addr = { client, server },
			.port = { (uint16_t)(32768 + play->flows % 28000), port },
			.proto = proto },
		.flow = ++play->flows,
	};
}

static inline void play_see(struct play *play, const struct app_event *event)
{
	census_see(play->census, event);
	asking_see(play->asking, event);
	play->detector->event(play->state, event, &play->findings);
}

/* A look-up of the name by the client that gave this address. */
static inline void play_dns(
	struct play *play, double time_s, struct addr client, const char *name, struct addr answer)
{
	struct app_event event = play_event(
		play, APP_DNS, time_s, client, play_addr("192.168.0.1"), IPPROTO_UDP, 53);

	event.dns = (struct app_dns){ .name = { name, (uint32_t)strlen(name) },
		.type = 1,
		.answer_count = 1,
		.listed = 1,
		.answers = { { .type = 1, .ttl_s = 300, .addr = answer } } };
	play_see(play, &event);
}

/* A whole connection of half a second. */
static inline void play_connection(struct play *play, double time_s, struct addr client,
	struct addr server, uint16_t port, enum app_proto proto, uint64_t sent, uint64_t received)
{
	struct app_event event =
		play_event(play, APP_CONNECT, time_s, client, server, IPPROTO_TCP, port);

	play_see(play, &event);
	event.type = APP_FLOW;
	event.time_ns += NS_PER_S / 2;
	event.flow_end = (struct app_flow){
		.first_ns = event.time_ns - NS_PER_S / 2,
		.last_ns = event.time_ns,
		.payload_bytes = { sent, received },
		.packets = { 8, 8 },
		.end = FLOW_END_CLOSED,
		.proto = proto,
	};
	play_see(play, &event);
}

/* Findings of that kind about that host (all zero: any), and the highest confidence of them. */
static inline unsigned play_count(
	const struct play *play, enum kind kind, struct addr from, float *ret_confidence)
{
	unsigned count = 0;

	*ret_confidence = 0;
	for (unsigned i = 0; i < play->findings.count; i++) {
		const struct finding *finding = &play->findings.list[i];

		if (finding->kind != kind ||
			!(addr_is_zero(&from) || addr_equal(&finding->from, &from)))
			continue;
		count++;
		if (finding->confidence > *ret_confidence)
			*ret_confidence = finding->confidence;
	}
	return count;
}

#endif
