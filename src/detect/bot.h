/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/bot.h - what the detectors of bots inside share: how a finding about a host of ours is
 * made, and how often the same one is told.
 */
#ifndef WEIR_DETECT_BOT_H
#define WEIR_DETECT_BOT_H

#include "app/census.h"
#include "types.h"

/* A finding about the inside host of these parties, at one time. to is the outside one, with the
 * role ROLE_CONTROLLER; reason must be static. The rest is the caller's to add. */
struct finding bot_finding(enum kind kind, const char *detector, const struct parties *parties,
	int64_t time_ns, float confidence, const char *reason);

/* Adds a named value; silently drops it when there are EVIDENCE_MAX. */
void bot_evidence(struct finding *finding, const char *name, const char *unit, double value);

/* printf into finding->detail. Whatever comes from outside must have passed app_text_clean(). */
void bot_detail(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Is it time to tell again of something last told at *told_ns (0: never)? Then notes it. Told at
 * once, then again at most every 10 s. */
bool bot_is_due(int64_t *told_ns, int64_t now_ns);

/* The same, but also at once when it has become surer than it was told (*told: 0 before). */
bool bot_is_news(int64_t *told_ns, float *told, int64_t now_ns, float confidence);

#endif
