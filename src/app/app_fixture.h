/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/app_fixture.h - for tests of parsers: a conversation of bytes in, events out.
 *
 * A fixture is one conversation from 10.0.0.1:50000 to 203.0.113.5:(port) with a small pool of
 * holds and a log; events are copied with their texts and can be asked for at the end. Feeding
 * follows app.c: nothing is given to a parser that is done, and after parse_restart() all goes to
 * rest[]. fixture_same_however_cut() is the test every stream parser must pass.
 */
#ifndef WEIR_APP_APP_FIXTURE_H
#define WEIR_APP_APP_FIXTURE_H

#include "app/hold.h"
#include "app/log.h"

#define FIXTURE_START_NS (1700000000 * NS_PER_S)
#define FIXTURE_REST_MAX 4096

/* What one side says. bytes NULL: len bytes of it are lost (a gap). */
struct say {
	unsigned side;
	const void *bytes;
	size_t len;
};

/* A say of a string constant, without its final 0. */
#define SAY(from, text) ((struct say){ (from), (text), sizeof(text) - 1 })
#define SAY_GAP(from, missing) ((struct say){ (from), NULL, (missing) })

struct fixture {
	const struct stream_parser *parser;
	struct parse parse;
	struct parse_memory memory;
	struct app_log *log;
	void *state;
	bool is_ended;
	bool is_restarted;		   /* parse_restart() was called */
	uint8_t rest[2][FIXTURE_REST_MAX]; /* and these are the first bytes of what is next */
	size_t rest_len[2];
	uint64_t refused; /* holds */
	struct app_event *events;
	unsigned count, cap;
};

/* parser: NULL for datagrams only. port: the server's. Pool: 256 KiB; asserts on failure. */
void fixture_open(struct fixture *fixture, const struct stream_parser *parser, uint16_t port);
/* The same with a pool of that size (at least 64 KiB are taken). */
void fixture_open_small(
	struct fixture *fixture, const struct stream_parser *parser, uint16_t port, size_t bytes);
void fixture_close(struct fixture *fixture);

/* Feeds in one piece; in pieces of at most cut bytes when cut > 0. */
void fixture_feed(
	struct fixture *fixture, unsigned side, const void *bytes, size_t len, size_t cut);
void fixture_play(struct fixture *fixture, const struct say *says, unsigned count, size_t cut);
/* A string. */
void fixture_say(struct fixture *fixture, unsigned side, const char *text);
void fixture_gap(struct fixture *fixture, unsigned side, uint64_t missing);
/* The conversation ends (once). */
void fixture_end(struct fixture *fixture);
/* Lets time pass. */
void fixture_wait(struct fixture *fixture, int64_t ns);

/* Gives the datagram, sent by side, to the parser; its answer. standing: ANSWER for side 1, else
 * OPENING. */
bool fixture_datagram(struct fixture *fixture, const struct datagram_parser *parser, unsigned side,
	const void *bytes, size_t len);

/* What the parser says to these first bytes. */
enum verdict fixture_recognise(const struct stream_parser *parser, const void *client,
	size_t client_len, const void *server, size_t server_len, uint16_t port);

/* Copies the events of another log into the fixture. */
void fixture_collect(struct fixture *fixture, struct app_log *log);

/* How many events of a type so far; the index-th of a type, NULL when there are fewer. */
unsigned fixture_count(struct fixture *fixture, enum app_event_type type);
const struct app_event *fixture_event(
	struct fixture *fixture, enum app_event_type type, unsigned index);

/* Is the text that string? For assert_true(). */
bool fixture_is(struct app_text text, const char *string);

/* Fails the test unless playing the says and ending gives the same events when each is whole, byte
 * by byte, in threes, and cut once at any one place. */
void fixture_same_however_cut(
	const struct stream_parser *parser, uint16_t port, const struct say *says, unsigned count);

/* Plays all of it to the end; fails the test when it is not the same however it is cut. Leaves the
 * fixture open, to be asked and closed. */
void fixture_run(struct fixture *fixture, const struct stream_parser *parser, uint16_t port,
	const struct say *says, unsigned count);

/* Are the two alike, texts by content? */
bool fixture_events_are_equal(const struct app_event *a, const struct app_event *b);

#endif
