/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/case_fixture.h - findings to try correlation with, and a correlator that takes them.
 *
 * A scene is a correlator with a default configuration; inside is 192.0.2.0/24, 10.0.0.0/8 and
 * 2001:db8::/32. plausible() makes the finding a detector would make of a kind: the test changes
 * what it is about and hands it over. It needs no cmocka: what cannot go on aborts. For tests only.
 */
#ifndef WEIR_CORRELATE_CASE_FIXTURE_H
#define WEIR_CORRELATE_CASE_FIXTURE_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "correlate/correlate.h"

#define SCENE_SEED 0x77656972ULL
#define SCENE_START_NS (1700000000LL * NS_PER_S)
#define SCENE_TARGET "192.0.2.7"     /* inside */
#define SCENE_STRANGER "203.0.113.9" /* outside */

struct scene {
	struct conf conf;
	struct networks *networks;
	struct correlator *correlator;
};

/* adjust may change the configuration; NULL: nothing to change. */
void scene_open(struct scene *scene, void (*adjust)(struct conf *conf));
void scene_take(struct scene *scene, const struct finding *finding);

/* Ends the input an hour after its start. Returns how many incidents there are. */
unsigned scene_finish(struct scene *scene);

/* After finish; aborts when there are not so many. */
const struct incident *scene_incident(const struct scene *scene, unsigned at);
void scene_close(struct scene *scene);

/* An address of text, "192.0.2.7" or "2001:db8::1". */
struct addr address(const char *text);

/* Count addresses from the first on, packets each. The set stays until crowd_close(). */
struct distinct crowd_open(const char *first, uint32_t count, uint64_t packets);
void crowd_close(struct distinct *crowd);

/* Of a kind: 1,000 packets of 100 bytes in one second from second on. Floods: from nobody yet (give
 * it sources or from) to SCENE_TARGET; scans: SCENE_STRANGER to SCENE_TARGET or to nobody yet;
 * reflector.open, bot.…: SCENE_TARGET to SCENE_STRANGER. */
struct finding plausible(enum kind kind, unsigned second);

/* Changes or adds a named evidence. */
void prove(struct finding *finding, const char *name, const char *unit, double value);

#endif
