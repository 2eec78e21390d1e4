/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/script_internal.h - what script.c writes and script_play.c plays.
 */
#ifndef WEIR_GEN_SCRIPT_INTERNAL_H
#define WEIR_GEN_SCRIPT_INTERNAL_H

#include "gen/script.h"

/* One side says len bytes, so long after what was said before. */
struct line {
	int64_t wait_ns;
	uint32_t len;
	unsigned side;
};

struct parties {
	struct addr client, server;
	uint16_t client_port, server_port;
	int64_t rtt_ns;
	enum talk_end end;
	bool is_udp;
};

struct script {
	struct parties part;
	struct prng prng;
	struct line *lines;
	unsigned count, room;
	uint8_t *bytes; /* of all lines, one after the other */
	size_t len, cap;
	int64_t wait_ns; /* before the next line */
	bool is_joined;
};

/* Starts a piece with a copy of the script. */
void script_start(const struct script *script, struct schedule *schedule, int64_t at_ns);

#endif
