/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/app_fixture.c - see app_fixture.h. */
#include "app/app_fixture.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POOL_BYTES (256U << 10)
#define LOG_BYTES (4U << 20)
#define EVENTS_MAX 65536

void fixture_open_small(
	struct fixture *fixture, const struct stream_parser *parser, uint16_t port, size_t bytes)
{
	struct flow_key key = { .port = { 50000, port }, .proto = IPPROTO_TCP };

	assert_true(!parser || parser->state_size <= PARSER_STATE_MAX);
	key.addr[0] = addr_from_v4((const uint8_t[]){ 10, 0, 0, 1 });
	key.addr[1] = addr_from_v4((const uint8_t[]){ 203, 0, 113, 5 });
	*fixture = (struct fixture){ .parser = parser };
	assert_int_equal(blocks_open(bytes, &fixture->memory.blocks), 0);
	assert_int_equal(app_log_open(LOG_BYTES, &fixture->log), 0);
	fixture->memory.refused = &fixture->refused;
	/* Of exactly the size it asks for, so that a sanitizer sees who reaches beyond. */
	fixture->state = calloc(1, parser && parser->state_size ? parser->state_size : 1);
	assert_non_null(fixture->state);
	fixture->parse = (struct parse){
		.log = fixture->log,
		.key = key,
		.flow = 77,
		.now_ns = FIXTURE_START_NS,
		.first_ns = FIXTURE_START_NS,
		.proto = parser ? parser->proto : PROTO_UNKNOWN,
		.owner = &fixture->memory,
	};
}

void fixture_open(struct fixture *fixture, const struct stream_parser *parser, uint16_t port)
{
	fixture_open_small(fixture, parser, port, POOL_BYTES);
}

static void free_event(struct app_event *event)
{
	struct app_text *texts[APP_TEXTS_MAX];
	unsigned count = app_event_texts(event, texts);

	for (unsigned i = 0; i < count; i++)
		free((void *)(uintptr_t)texts[i]->at);
}

void fixture_close(struct fixture *fixture)
{
	for (unsigned i = 0; i < fixture->count; i++)
		free_event(&fixture->events[i]);
	free(fixture->events);
	parse_memory_clear(&fixture->memory);
	/* Nobody else has blocks: what is left was lost by somebody. */
	assert_int_equal(blocks_used(fixture->memory.blocks), 0);
	blocks_close(fixture->memory.blocks);
	app_log_close(fixture->log);
	free(fixture->state);
}

/* Copies a text into memory of exactly its size. */
static void keep_text(struct app_text *text)
{
	char *copy = malloc(text->len ? text->len : 1);

	assert_non_null(copy);
	if (text->len)
		memcpy(copy, text->at, text->len);
	text->at = copy;
}

static void keep_event(void *context, const struct app_event *event)
{
	struct fixture *fixture = context;
	struct app_text *texts[APP_TEXTS_MAX];
	struct app_event *kept;
	unsigned count;

	assert_true(fixture->count < EVENTS_MAX);
	if (fixture->count == fixture->cap) {
		fixture->cap = fixture->cap ? fixture->cap * 2 : 16;
		fixture->events = realloc(fixture->events, fixture->cap * sizeof(*fixture->events));
		assert_non_null(fixture->events);
	}
	kept = &fixture->events[fixture->count++];
	*kept = (struct app_event){ 0 };
	memcpy(kept, event, app_event_size(event));
	count = app_event_texts(kept, texts);
	for (unsigned i = 0; i < count; i++)
		keep_text(texts[i]);
}

void fixture_collect(struct fixture *fixture, struct app_log *log)
{
	app_logs_drain(&log, 1, keep_event, fixture);
}

static void collect(struct fixture *fixture)
{
	fixture_collect(fixture, fixture->log);
}

static void add_rest(struct fixture *fixture, unsigned side, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && fixture->rest_len[side] < FIXTURE_REST_MAX; i++)
		fixture->rest[side][fixture->rest_len[side]++] = bytes[i];
}

static void after_call(struct fixture *fixture)
{
	collect(fixture);
	if (!fixture->memory.wants_restart || fixture->is_restarted)
		return;
	fixture->is_restarted = true;
	for (unsigned side = 0; side < 2; side++) {
		size_t len;
		const uint8_t *held = parse_held(&fixture->parse, side, &len);

		add_rest(fixture, side, held, len);
		parse_drop(&fixture->parse, side, len);
	}
}

static bool wants(const struct fixture *fixture, unsigned side)
{
	return !fixture->is_ended && !fixture->parse.is_done && !fixture->parse.is_side_done[side];
}

/* The bytes are given in memory of exactly their size, which is then freed. */
static void feed_piece(struct fixture *fixture, unsigned side, const uint8_t *bytes, size_t len)
{
	uint8_t *copy;

	if (fixture->is_restarted) {
		add_rest(fixture, side, bytes, len);
		return;
	}
	if (!wants(fixture, side) || len == 0)
		return;
	copy = malloc(len);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	fixture->parser->data(fixture->state, &fixture->parse, side, copy, len);
	free(copy);
	after_call(fixture);
}

void fixture_feed(struct fixture *fixture, unsigned side, const void *bytes, size_t len, size_t cut)
{
	const uint8_t *at = bytes;

	while (len > 0) {
		size_t part = cut > 0 && cut < len ? cut : len;

		feed_piece(fixture, side, at, part);
		at += part;
		len -= part;
	}
}

void fixture_say(struct fixture *fixture, unsigned side, const char *text)
{
	fixture_feed(fixture, side, text, strlen(text), 0);
}

void fixture_gap(struct fixture *fixture, unsigned side, uint64_t missing)
{
	if (fixture->is_restarted || !wants(fixture, side))
		return;
	if (!fixture->parser->gap) {
		fixture_end(fixture);
		return;
	}
	fixture->parser->gap(fixture->state, &fixture->parse, side, missing);
	after_call(fixture);
}

void fixture_end(struct fixture *fixture)
{
	if (fixture->is_ended || fixture->is_restarted)
		return;
	fixture->is_ended = true;
	if (fixture->parser->end)
		fixture->parser->end(fixture->state, &fixture->parse);
	after_call(fixture);
}

void fixture_play(struct fixture *fixture, const struct say *says, unsigned count, size_t cut)
{
	for (unsigned i = 0; i < count; i++) {
		if (says[i].bytes)
			fixture_feed(fixture, says[i].side, says[i].bytes, says[i].len, cut);
		else
			fixture_gap(fixture, says[i].side, says[i].len);
	}
}

void fixture_wait(struct fixture *fixture, int64_t ns)
{
	fixture->parse.now_ns += ns;
}

bool fixture_datagram(struct fixture *fixture, const struct datagram_parser *parser, unsigned side,
	const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct pkt pkt = { .time_ns = fixture->parse.now_ns,
		.key = fixture->parse.key,
		.payload_len = (uint32_t)len,
		.payload_wire_len = (uint32_t)len,
		.standing = side == 0 ? STANDING_OPENING : STANDING_ANSWER,
		.side = (uint8_t)side,
		.seen = 1,
		.ip_version = 4 };
	bool is_it;

	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	fixture->parse.key.proto = pkt.key.proto = IPPROTO_UDP;
	if (side == 1) {
		pkt.key.addr[0] = fixture->parse.key.addr[1];
		pkt.key.addr[1] = fixture->parse.key.addr[0];
		pkt.key.port[0] = fixture->parse.key.port[1];
		pkt.key.port[1] = fixture->parse.key.port[0];
	}
	pkt.bytes = copy;
	fixture->parse.proto = parser->proto;
	is_it = parser->see(&fixture->parse, &pkt, copy, len);
	free(copy);
	collect(fixture);
	return is_it;
}

enum verdict fixture_recognise(const struct stream_parser *parser, const void *client,
	size_t client_len, const void *server, size_t server_len, uint16_t port)
{
	struct opening opening = { .bytes = { client, server }, .port = port };

	opening.len[0] = (uint32_t)(client_len < OPENING_MAX ? client_len : OPENING_MAX);
	opening.len[1] = (uint32_t)(server_len < OPENING_MAX ? server_len : OPENING_MAX);
	return parser->recognise(&opening);
}

unsigned fixture_count(struct fixture *fixture, enum app_event_type type)
{
	unsigned count = 0;

	for (unsigned i = 0; i < fixture->count; i++)
		count += fixture->events[i].type == type;
	return count;
}

const struct app_event *fixture_event(
	struct fixture *fixture, enum app_event_type type, unsigned index)
{
	for (unsigned i = 0; i < fixture->count; i++)
		if (fixture->events[i].type == type && index-- == 0)
			return &fixture->events[i];
	return NULL;
}

bool fixture_is(struct app_text text, const char *string)
{
	return text.len == strlen(string) && memcmp(text.at, string, text.len) == 0;
}

/* Are the numbers alike? What lies between the members has no meaning, and only gcc can wipe it:
 * built by another compiler only times, keys and texts are compared. */
static bool are_numbers_equal(struct app_event *left, struct app_event *right)
{
#if __has_builtin(__builtin_clear_padding)
	switch (left->type) {
#define APP_EVENT(symbol, member, name)                                                            \
	case APP_##symbol:                                                                         \
		__builtin_clear_padding(&left->member);                                            \
		__builtin_clear_padding(&right->member);                                           \
		break;
		APP_EVENTS(APP_EVENT)
#undef APP_EVENT
	case APP_EVENT_TYPES:
		break;
	}
	return memcmp(&left->connect, &right->connect,
		       app_event_size(left) - offsetof(struct app_event, connect)) == 0;
#else
	(void)left;
	(void)right;
	return true;
#endif
}

bool fixture_events_are_equal(const struct app_event *a, const struct app_event *b)
{
	struct app_event left = *a, right = *b;
	struct app_text *left_texts[APP_TEXTS_MAX], *right_texts[APP_TEXTS_MAX];
	unsigned count;

	if (a->type != b->type || app_event_size(a) != app_event_size(b))
		return false;
	count = app_event_texts(&left, left_texts);
	app_event_texts(&right, right_texts);
	for (unsigned i = 0; i < count; i++) {
		if (left_texts[i]->len != right_texts[i]->len ||
			memcmp(left_texts[i]->at, right_texts[i]->at, left_texts[i]->len) != 0)
			return false;
		left_texts[i]->at = right_texts[i]->at = NULL;
	}
	return left.time_ns == right.time_ns && left.flow == right.flow &&
	       memcmp(&left.key, &right.key, sizeof(left.key)) == 0 &&
	       are_numbers_equal(&left, &right);
}

static void assert_same_events(
	const struct fixture *whole, const struct fixture *cut, const char *how, size_t where)
{
	unsigned count = whole->count < cut->count ? whole->count : cut->count;

	for (unsigned i = 0; i < count; i++)
		if (!fixture_events_are_equal(&whole->events[i], &cut->events[i]))
			fail_msg("%s %zu: event %u differs (%s, %s)", how, where, i,
				app_event_names[whole->events[i].type],
				app_event_names[cut->events[i].type]);
	if (whole->count != cut->count)
		fail_msg("%s %zu: %u events, not %u", how, where, cut->count, whole->count);
	if (whole->is_restarted != cut->is_restarted)
		fail_msg("%s %zu: restarts in one, not in the other", how, where);
	for (unsigned side = 0; side < 2; side++)
		if (whole->rest_len[side] != cut->rest_len[side] ||
			memcmp(whole->rest[side], cut->rest[side], whole->rest_len[side]) != 0)
			fail_msg("%s %zu: another rest of side %u", how, where, side);
}

static void play_cut(
	const struct fixture *whole, const struct say *says, unsigned count, size_t cut)
{
	struct fixture fixture;

	fixture_open(&fixture, whole->parser, whole->parse.key.port[1]);
	fixture_play(&fixture, says, count, cut);
	fixture_end(&fixture);
	assert_same_events(whole, &fixture, "in pieces of", cut);
	fixture_close(&fixture);
}

/* All whole, but for the one say that is cut before its byte at. */
static void play_cut_once(const struct fixture *whole, const struct say *says, unsigned count,
	unsigned which, size_t at)
{
	struct fixture fixture;

	fixture_open(&fixture, whole->parser, whole->parse.key.port[1]);
	fixture_play(&fixture, says, which, 0);
	fixture_feed(&fixture, says[which].side, says[which].bytes, at, 0);
	fixture_feed(&fixture, says[which].side, (const uint8_t *)says[which].bytes + at,
		says[which].len - at, 0);
	fixture_play(&fixture, says + which + 1, count - which - 1, 0);
	fixture_end(&fixture);
	assert_same_events(whole, &fixture, "cut at", at);
	fixture_close(&fixture);
}

void fixture_same_however_cut(
	const struct stream_parser *parser, uint16_t port, const struct say *says, unsigned count)
{
	struct fixture whole;

	fixture_open(&whole, parser, port);
	fixture_play(&whole, says, count, 0);
	fixture_end(&whole);
	play_cut(&whole, says, count, 1);
	play_cut(&whole, says, count, 3);
	for (unsigned i = 0; i < count; i++)
		for (size_t at = 1; says[i].bytes && at < says[i].len; at++)
			play_cut_once(&whole, says, count, i, at);
	fixture_close(&whole);
}

void fixture_run(struct fixture *fixture, const struct stream_parser *parser, uint16_t port,
	const struct say *says, unsigned count)
{
	fixture_same_however_cut(parser, port, says, count);
	fixture_open(fixture, parser, port);
	fixture_play(fixture, says, count, 0);
	fixture_end(fixture);
}
