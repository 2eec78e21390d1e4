/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/miner.h - what bot.miner knows of one conversation with a pool, for miner.c and its judge
 * miner_judge.c.
 */
#ifndef WEIR_DETECT_MINER_H
#define WEIR_DETECT_MINER_H

#include "detect/bot.h"
#include "lib/keyed.h"

#define MINER_TEXT_MAX 64
#define MINER_PLACES 4096

enum miner_way { MINER_STRATUM, MINER_TLS, MINER_HTTP };

struct miner {
	struct keyed_head head;
	uint64_t flow; /* the key; of HTTP: of the pair */
	struct parties parties;
	int64_t first_ns, last_ns, told_ns;
	double difficulty; /* expected hashes a share */
	double hashes;	   /* the sum of that over the shares */
	double rate_hps;   /* as the miner says */
	uint32_t logins, jobs, shares, accepted, rejected, polls;
	uint16_t port;
	uint8_t way; /* enum miner_way */
	bool is_known_pool, has_miner_agent;
	char worker[MINER_TEXT_MAX], agent[MINER_TEXT_MAX], algorithm[24], dialect[8];
	char pool[FINDING_NAME_MAX];
};

/* Of a name in TLS or DNS: a pool that is known, or one that is called like one. */
bool miner_pool_is_known(const char *name);
bool miner_pool_is_likely(const char *name);

/* A program that mines, by what it calls itself. */
bool miner_agent_is_known(const char *agent);

/* Does the conversation go to and fro as a pool's does? */
bool miner_has_rhythm(const struct app_flow *flow);

/* How sure it is; 0: not to be told. */
float miner_confidence(const struct miner *miner);

/* Tells. */
void miner_tell(const struct miner *miner, int64_t now_ns, struct findings *findings);

#endif
