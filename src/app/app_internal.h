/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/app_internal.h - the application layer of a lane from inside: what app.c (slots, flows),
 * reading.c (recognising and parsing TCP) and datagrams.c share.
 *
 * A conversation is what is known of a flow that carries payload; it lives as long as the flow. A
 * reading is the memory of its parser, and is given back as soon as the parser needs no more.
 */
#ifndef WEIR_APP_APP_INTERNAL_H
#define WEIR_APP_APP_INTERNAL_H

#include "app/app.h"
#include "app/early.h"
#include "app/hold.h"
#include "app/quic_table.h"
#include "app/rhythm.h"
#include "conf/networks.h"
#include "track/stream.h"

#define SAMPLE_BYTES 256 /* of each side, for entropy */
#define RUNS_MAX 16

struct conversation {
	struct flow *flow; /* NULL: the slot is free */
	struct stream stream;
	struct rhythm rhythm;
	int64_t told_ns; /* when a FLOW event was last told */
	uint64_t payload_bytes[2];
	uint32_t top[2];  /* TCP: the furthest number, by side */
	uint32_t reading; /* 0: none */
	uint32_t next_free;
	uint16_t sampled[2]; /* bytes in its sample */
	uint8_t proto;	     /* enum app_proto */
	uint8_t restarts;
	bool has_top[2];
	/* Datagrams. */
	uint8_t datagram; /* 1 + index of the parser; 0: not known */
	uint8_t tries[2]; /* datagrams of a side that nobody knew */
	bool is_datagram_done;
};

/* So many bytes in a row of one side. */
struct run {
	uint32_t len;
	uint32_t side;
};

struct reading {
	struct parse parse;
	struct parse_memory memory;
	struct app *app;
	const struct stream_parser *parser; /* NULL: being recognised */
	uint32_t conversation;		    /* 0: the slot is free */
	uint32_t next_free;
	int64_t last_ns;
	bool is_over; /* gives back its slot as soon as nobody is in it */
	uint8_t run_count;
	struct run runs[RUNS_MAX]; /* of what waits while it is being recognised */
	_Alignas(16) uint8_t state[PARSER_STATE_MAX];
};

/* A datagram or echo request that waits for its answer. */
struct question {
	uint64_t hash; /* 0: free */
	int64_t time_ns;
	uint64_t digest; /* of an echo's first bytes */
	uint32_t bytes;
	uint8_t proto;
};

#define QUESTIONS 1024
#define QUESTION_WAYS 4

struct app {
	struct app_limits limits;
	struct app_log *log;
	struct stream_pool pool;
	struct conversation *conversations; /* [0] is never used; the same with readings */
	uint8_t (*samples)[2][SAMPLE_BYTES];
	struct reading *readings;
	struct question *questions;
	struct quic_table *quic;
	struct early_table early;
	uint32_t free_conversation, free_reading;
	uint32_t untouched_conversation, untouched_reading;
	uint32_t conversation_hand, reading_hand;
	int64_t now_ns;
	unsigned openings_left[2], answers_left; /* in this window, of those that proved nothing;
						    openings of strangers and of ours */
	bool is_input_over, is_making_room;
	struct app_stats stats;
};

/* Is the opener one of ours? */
static inline bool app_is_ours(const struct app *app, const struct addr *opener)
{
	return app->limits.networks && networks_is_inside(app->limits.networks, opener);
}

/* Takes one from what may be looked at; false: all of it was, and this is counted as skipped. */
static inline bool app_takes_opening(struct app *app, const struct addr *opener)
{
	unsigned *left = &app->openings_left[app_is_ours(app, opener)];

	app->stats.datagrams_skipped += *left == 0;
	return *left > 0 && (*left)--;
}

/* The same for all events of a conversation. */
uint64_t app_flow_id(const struct flow *flow);

static inline struct conversation *app_conversation(const struct app *app, uint32_t index)
{
	return &app->conversations[index];
}

/* reading.c: TCP. Begins to read the conversation, when there is a slot for it. */
void reading_begin(struct app *app, struct conversation *conversation);
/* What waited in its stream is what it begins with; accepted: what was in the SYN, too. */
void reading_begin_early(struct app *app, struct conversation *conversation,
	const uint32_t begin[2], bool is_accepted);
/* The next packet of a conversation that is being read. */
void reading_see(struct app *app, struct conversation *conversation, const struct pkt *pkt);
/* Nothing more comes: the parser tells what is left, and its slot is given back. */
void reading_end(struct app *app, struct conversation *conversation);
/* What is still missing of the samples of a side. */
void app_sample(struct app *app, struct conversation *conversation, unsigned side,
	const uint8_t *bytes, size_t len);

/* datagrams.c: UDP and echo. conversation: NULL before the opener has proved itself. */
void datagram_see(struct app *app, struct conversation *conversation, const struct pkt *pkt);

#endif
