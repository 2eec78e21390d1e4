/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/bruteforce.h - what is kept of logins, for bruteforce.c and bruteforce_judge.c.
 */
#ifndef WEIR_DETECT_BRUTEFORCE_H
#define WEIR_DETECT_BRUTEFORCE_H

#include "detect/bot.h"
#include "lib/keyed.h"

#define GUESS_MINUTES 10 /* of conf bot.logins */
#define GUESS_HOURS 24	 /* of conf bot.logins_slow */
#define GUESS_LISTED 16	 /* targets and users of a client told apart */
#define GUESS_CLIENTS 48 /* clients of a server told apart */
#define GUESS_FLOWS 8	 /* RDP conversations of a pair that go on */

/* How many in each of the last minutes and hours. */
struct guess_clock {
	uint16_t minutes[GUESS_MINUTES];
	uint16_t hours[GUESS_HOURS];
	int64_t minute, hour; /* of the last one counted, since 1970 */
};

uint32_t guess_fast(const struct guess_clock *clock, int64_t now_ns);
uint32_t guess_slow(const struct guess_clock *clock, int64_t now_ns);

/* Distinct things by their hash; the count stops at the number of places. */
struct guess_list {
	uint32_t count;
	uint32_t hash[GUESS_LISTED];
};

struct guess_key {
	struct addr client, server; /* one of them all zero but in a pair */
	uint64_t kind;		    /* enum kind */
};

/* A client, all its servers. */
struct guess_client {
	struct keyed_head head;
	struct guess_key key;
	struct guess_clock failed, unsure, succeeded;
	struct guess_list servers, users;
	int64_t told_ns, last_ns, first_ns;
	uint32_t told_count;
	/* Of the seconds between tries: how regular they are (Welford). */
	uint32_t pauses;
	double pause_mean, pause_squares;
	char user[48]; /* the last one */
};

/* A client and one server. */
struct guess_pair {
	struct keyed_head head;
	struct guess_key key;
	uint32_t failed;   /* since the last success */
	int64_t failed_ns; /* the last one */
	int64_t told_ns;
	uint64_t flows[GUESS_FLOWS]; /* RDP */
	uint32_t flow_at;
};

/* A server, all its clients. */
struct guess_server {
	struct keyed_head head;
	struct guess_key key;
	struct guess_clock failed, succeeded;
	struct addr clients[GUESS_CLIENTS];
	uint32_t tries[GUESS_CLIENTS];
	uint32_t client_count;
	int64_t told_ns, begin_ns;
};

/* What speaks for guessing; 0: not to be told. */
struct guess_verdict {
	float confidence;
	const char *reason;
	uint32_t count, limit;
	bool is_slow;
};

struct guess_verdict guess_judge_client(
	const struct guess_client *client, const struct conf *conf, int64_t now_ns);
struct guess_verdict guess_judge_server(
	const struct guess_server *server, const struct conf *conf, int64_t now_ns);

#endif
