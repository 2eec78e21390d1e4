/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/volume.h - what the flood and the amplification detector have in common.
 *
 * Both count unverified traffic by (target, kind) in tallies, remember it in aims, and judge each
 * aim once a window: every target by itself, the prefix around those that are not attacked by
 * themselves (carpet bombing), the configured groups, and everything inside. They differ in what
 * they count and in their rules.
 */
#ifndef WEIR_DETECT_VOLUME_H
#define WEIR_DETECT_VOLUME_H

#include "detect/aims.h"

#define VOLUME_ACTIVE_MAX 512
#define VOLUME_ACTIVE_WIDE 64 /* of these are kept for prefixes, groups and the total */

/* What a rule says of an aim that is over a limit. */
struct verdict {
	const char *reason;  /* static, a clause; NULL: nothing */
	const char *measure; /* name of what was measured */
	const char *unit;
	double observed, expected;
	float confidence;
	enum kind kind; /* KIND_NONE: the aim's */
	bool is_early;	/* without a reason: there may be one when what is under way is over */
};

struct volume;

struct volume_rules {
	const char *detector;
	bool is_spoofable; /* senders of unproved addresses; reflectors are who they say */
	struct verdict (*host)(const struct volume *volume, struct aim *aim, double window_s);
	struct verdict (*prefix)(const struct volume *volume, struct aim *aim, double window_s);
	struct verdict (*group)(const struct volume *volume, struct aim *aim, double window_s);
};

struct volume {
	const struct conf *conf;
	const struct networks *networks;
	const struct volume_rules *rules;
	struct aims aims;
	struct aim *active[VOLUME_ACTIVE_MAX];
	unsigned active_count;
	uint64_t seed;
	uint64_t uncounted; /* packets to targets that found no place in a window */
};

int volume_init(
	struct volume *volume, const struct detector_env *env, const struct volume_rules *rules);
void volume_close(struct volume *volume);

/* The limits of a lane's table and of the merged one. */
int volume_summary_open(struct tally_table *table, const struct volume *volume, bool is_merged);

void volume_judge(struct volume *volume, struct tally_table *tallies, struct window window,
	struct findings *findings);

void volume_losses(const struct volume *volume, struct losses *losses);

/* Share of the aim's packets that have this most frequent value, 0..1 (a lower bound). */
double volume_share(const struct aim *aim, const struct majority *majority);

/* Are most of the busiest senders inside? */
bool volume_is_from_inside(const struct volume *volume, const struct aim *aim);

#endif
