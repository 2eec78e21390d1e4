/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/stratum.h - the state of a miner's conversation with its pool, and one message of it, for
 * stratum.c and stratum_line.c.
 */
#ifndef WEIR_APP_STRATUM_H
#define WEIR_APP_STRATUM_H

#include "app/words.h"

#define STRATUM_WAITING 8

enum stratum_method {
	STRATUM_METHOD_NONE, /* an answer, or no known method */
	STRATUM_METHOD_SUBSCRIBE,
	STRATUM_METHOD_AUTHORIZE,
	STRATUM_METHOD_SUBMIT,
	STRATUM_METHOD_NOTIFY,
	STRATUM_METHOD_SET_DIFFICULTY,
	STRATUM_METHOD_SET_TARGET,
	STRATUM_METHOD_OTHER, /* of BTC's family */
	STRATUM_METHOD_XMR_LOGIN,
	STRATUM_METHOD_XMR_JOB,
	STRATUM_METHOD_XMR_SUBMIT,
	STRATUM_METHOD_XMR_OTHER,
	STRATUM_METHOD_ETH_LOGIN,
	STRATUM_METHOD_ETH_GET_WORK,
	STRATUM_METHOD_ETH_SUBMIT_WORK,
	STRATUM_METHOD_ETH_HASH_RATE,
};

/* The scalars of a message that mean something, those that were not there with len 0. */
struct stratum_line {
	struct app_text id, method, worker, error;
	struct app_text params[3];
	struct app_text login, pass, agent, algorithm, target, job_id;
	struct app_text result, status, results[3], job_target, job_algorithm;
	bool has_error;	 /* that is not null */
	bool has_result; /* the same */
	enum stratum_method kind;
};

enum stratum_dialect { DIALECT_NONE, DIALECT_BTC, DIALECT_ETH, DIALECT_XMR, DIALECT_ZEC };

struct stratum_asked {
	uint64_t id;
	uint8_t kind;
};

struct stratum_state {
	struct note worker, password, agent, algorithm, pool;
	double difficulty;
	struct stratum_asked asked[STRATUM_WAITING];
	uint8_t asked_count;
	uint8_t dialect;
	bool skipping[2];
};

/* Takes a line apart, as far as it goes. false: it is no whole JSON text. */
bool stratum_line_read(struct app_text text, struct stratum_line *ret_line);

/* Is it what a miner or a pool says, and nobody else? */
bool stratum_line_is_mining(const struct stratum_line *line);

/* Expected hashes for a share below a target of 256 bits in hex, most significant digit first
 * ("0x" or not); of one in Monero's form: 4 or 8 bytes, the least significant first. 0: unreadable.
 */
double stratum_target_hashes(struct app_text hex);
double stratum_compact_hashes(struct app_text hex);

/* A number: decimal, or hex after "0x". 0 when it is none. */
double stratum_number(struct app_text text);

#endif
