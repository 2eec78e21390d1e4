/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/scene_fixture.h - for tests of the application layer: packets go through a tracker and the
 * application layer of one lane, as lane.c does it; what comes out of the log can be asked for.
 *
 * A scene is one conversation between host(1) and host(2), whose ends and ports a test may change
 * on its way. All assert on failure.
 */
#ifndef WEIR_APP_SCENE_FIXTURE_H
#define WEIR_APP_SCENE_FIXTURE_H

#include "app/app.h"
#include "app/app_fixture.h"
#include "track/track_fixture.h"

struct networks;

struct scene {
	struct tracker *tracker;
	struct app *app;
	struct fixture told; /* only its list of events is used */
	struct talk talk;
	uint32_t seq[2]; /* what each side sends next */
};

void scene_open(struct scene *scene, uint32_t streams, uint32_t parsers);
/* The same with inside networks. */
void scene_open_in(
	struct scene *scene, uint32_t streams, uint32_t parsers, const struct networks *networks);
void scene_close(struct scene *scene);

/* The packet goes through both, from memory of just its size. */
void scene_packet(struct scene *scene, struct pkt *pkt, const void *payload, size_t len);
void scene_segment(struct scene *scene, unsigned side, uint8_t flags, uint32_t seq, uint32_t ack,
	const void *payload, size_t len);
void scene_datagram(struct scene *scene, unsigned side, const void *bytes, size_t len);

/* Conversation in order: opening, what a side says, both FINs. */
void scene_handshake(struct scene *scene);
void scene_says_bytes(struct scene *scene, unsigned side, const void *bytes, size_t len);
void scene_says(struct scene *scene, unsigned side, const char *text);
void scene_close_talk(struct scene *scene);

void scene_wait(struct scene *scene, int64_t ns);
/* Long enough for every flow that is over to be swept. */
void scene_sweep(struct scene *scene, int64_t ns);
/* Tells of the flows that go on, as at the end of the input. */
void scene_walk(struct scene *scene);

/* What was told so far: how many events of a type, and the index-th of them (there must be one). */
void scene_collect(struct scene *scene);
unsigned scene_count(struct scene *scene, enum app_event_type type);
const struct app_event *scene_event(struct scene *scene, enum app_event_type type, unsigned index);
struct app_stats scene_stats(const struct scene *scene);

#endif
