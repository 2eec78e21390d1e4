/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/reading.c - recognises what a TCP conversation speaks, and gives its bytes to the parser.
 *
 * The first bytes of both sides are kept until a parser is sure; after OPENING_MAX bytes of one
 * side nobody is waited for any more, and what no parser wants parser_looks takes. How segments are
 * cut changes nothing: parsers are asked about beginnings of the same bytes, never change a yes or
 * a no, and say yes only to what no other one does. Then the parser is given all that was kept, in
 * the order it came.
 */
#include <string.h>

#include "app/app_internal.h"

#define RESTARTS_MAX 4	 /* weir: a proxy, in it STARTTLS, and two to spare */
#define BUSY_NS NS_PER_S /* who spoke within that does not give way */
#define EVICT_LOOK_AT 16
#define ROOM_LOOK_AT 32

/* --- slots --- */

static void give_back(struct app *app, struct reading *reading)
{
	struct conversation *conversation = app_conversation(app, reading->conversation);

	parse_memory_clear(&reading->memory);
	stream_clear(&app->pool, &conversation->stream);
	conversation->reading = 0;
	reading->conversation = 0;
	reading->parser = NULL;
	reading->next_free = app->free_reading;
	app->free_reading = (uint32_t)(reading - app->readings);
}

/* Is it allowed to give way to another one? */
static bool is_silent(const struct app *app, const struct reading *reading)
{
	return reading->conversation && !reading->is_over &&
	       app->now_ns - reading->last_ns >= BUSY_NS;
}

/* The longest silent of a few by the hand; NULL when all of these are busy. */
static struct reading *choose_victim(
	struct app *app, unsigned look_at, const struct reading *not_this)
{
	struct reading *victim = NULL;

	for (unsigned looked = 0; looked < look_at; looked++) {
		struct reading *reading;

		app->reading_hand = app->reading_hand % app->limits.parsers + 1;
		reading = &app->readings[app->reading_hand];
		if (reading == not_this || !is_silent(app, reading))
			continue;
		if (not_this && !reading->memory.holds[0].block && !reading->memory.holds[1].block)
			continue;
		if (!victim || reading->last_ns < victim->last_ns)
			victim = reading;
	}
	return victim;
}

/* For parse_hold(): somebody who has long been silent loses his parser. */
static bool make_room(struct parse_memory *memory)
{
	struct reading *reading =
		(struct reading *)(void *)((uint8_t *)memory - offsetof(struct reading, memory));
	struct app *app = reading->app;
	struct reading *victim;

	/* One that ends may want to hold, too: not at the cost of a third. */
	if (app->is_making_room)
		return false;
	victim = choose_victim(app, ROOM_LOOK_AT, reading);
	if (!victim)
		return false;
	app->is_making_room = true;
	app->stats.parsers_refused++;
	reading_end(app, app_conversation(app, victim->conversation));
	app->is_making_room = false;
	return true;
}

static struct reading *take_slot(struct app *app)
{
	struct reading *reading;

	if (!app->free_reading && app->untouched_reading > app->limits.parsers) {
		struct reading *victim = choose_victim(app, EVICT_LOOK_AT, NULL);

		app->stats.parsers_refused++;
		if (!victim)
			return NULL;
		reading_end(app, app_conversation(app, victim->conversation));
	}
	if (app->free_reading) {
		reading = &app->readings[app->free_reading];
		app->free_reading = reading->next_free;
	} else {
		reading = &app->readings[app->untouched_reading++];
	}
	return reading;
}

/* All but the state, which is wiped when a parser takes over. */
static void reset(struct reading *reading)
{
	memset(reading, 0, offsetof(struct reading, state));
}

void reading_begin(struct app *app, struct conversation *conversation)
{
	struct reading *reading = take_slot(app);
	const struct flow *flow = conversation->flow;

	if (!reading)
		return;
	reset(reading);
	reading->app = app;
	reading->conversation = (uint32_t)(conversation - app->conversations);
	reading->last_ns = app->now_ns;
	reading->memory = (struct parse_memory){
		.blocks = app->pool.blocks,
		.refused = &app->stats.holds_refused,
		.make_room = make_room,
	};
	reading->parse = (struct parse){
		.log = app->log,
		.key = flow->key,
		.flow = app_flow_id(flow),
		.now_ns = app->now_ns,
		.first_ns = flow->first_ns,
		.is_midstream = (flow->marks & FLOW_MARK_MIDSTREAM) != 0,
		.owner = &reading->memory,
	};
	conversation->reading = (uint32_t)(reading - app->readings);
}

/* --- recognising --- */

static void feed(struct reading *reading, unsigned side, const uint8_t *bytes, size_t len);

/* The parser, or NULL: wait for more. is_final: nobody is waited for. */
static const struct stream_parser *ask(const struct opening *opening, bool is_final)
{
	bool may_be = false;

	for (unsigned i = 0; stream_parsers[i]; i++) {
		enum verdict verdict = stream_parsers[i]->recognise(opening);

		if (verdict == VERDICT_YES)
			return stream_parsers[i];
		may_be |= verdict == VERDICT_MAYBE;
	}
	return may_be && !is_final ? NULL : &parser_looks;
}

/* What is kept of both sides, and these bytes behind it when nothing is kept of their side. */
static struct opening opening_of(
	const struct reading *reading, unsigned side, const uint8_t *bytes, size_t len)
{
	struct opening opening = { .port = reading->parse.key.port[1] };

	for (unsigned s = 0; s < 2; s++) {
		size_t held;

		opening.bytes[s] = parse_held(&reading->parse, s, &held);
		if (s == side && held == 0 && len > 0) {
			opening.bytes[s] = bytes;
			held = len;
		}
		opening.len[s] = (uint32_t)(held < OPENING_MAX ? held : OPENING_MAX);
	}
	return opening;
}

static void add_run(struct reading *reading, unsigned side, size_t len)
{
	struct run *last = &reading->runs[reading->run_count ? reading->run_count - 1 : 0];

	if (len == 0)
		return;
	if (reading->run_count > 0 && last->side == side) {
		last->len += (uint32_t)len;
	} else if (reading->run_count < RUNS_MAX) {
		reading->runs[reading->run_count++] =
			(struct run){ .len = (uint32_t)len, .side = side };
	} else {
		/* So many turns within the first bytes: they go to the last run of the side. */
		reading->runs[RUNS_MAX - 2].len += (uint32_t)len;
	}
}

/* Keeps up to OPENING_MAX bytes of the side. Returns how many; less than that and than len: there
 * is no memory. */
static size_t keep_opening(struct reading *reading, unsigned side, const uint8_t *bytes, size_t len)
{
	size_t held, part;

	parse_held(&reading->parse, side, &held);
	part = held < OPENING_MAX ? OPENING_MAX - held : 0;
	if (part > len)
		part = len;
	if (!parse_hold(&reading->parse, side, bytes, part, HOLD_MAX))
		return 0;
	add_run(reading, side, part);
	return part;
}

static void choose(struct reading *reading, const struct stream_parser *parser)
{
	reading->parser = parser;
	reading->parse.proto = parser->proto;
	memset(reading->state, 0, parser->state_size);
}

/* The parser is chosen: gives it what was kept. */
static void give_kept(struct reading *reading)
{
	struct parse_memory *memory = &reading->memory;
	struct hold kept[2] = { memory->holds[0], memory->holds[1] };
	size_t at[2] = { 0, 0 };
	struct run runs[RUNS_MAX];
	unsigned count = reading->run_count;

	memcpy(runs, reading->runs, sizeof(runs));
	memory->holds[0] = memory->holds[1] = (struct hold){ 0 };
	reading->run_count = 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned side = runs[i].side;
		const uint8_t *bytes = blocks_at(memory->blocks, kept[side].block);

		feed(reading, side, bytes + kept[side].start + at[side], runs[i].len);
		at[side] += runs[i].len;
	}
	blocks_give(memory->blocks, kept[0].block);
	blocks_give(memory->blocks, kept[1].block);
}

static bool has_kept(const struct reading *reading)
{
	return reading->memory.holds[0].len > 0 || reading->memory.holds[1].len > 0;
}

/* Nobody is waited for any more. */
static void decide_now(struct reading *reading)
{
	struct opening opening = opening_of(reading, 0, NULL, 0);

	choose(reading, ask(&opening, true));
	give_kept(reading);
}

static void recognise(struct reading *reading, unsigned side, const uint8_t *bytes, size_t len)
{
	struct opening opening;
	const struct stream_parser *parser;
	size_t held, kept = 0;
	bool is_full;

	parse_held(&reading->parse, side, &held);
	if (held > 0)
		kept = keep_opening(reading, side, bytes, len);
	opening = opening_of(reading, side, bytes, len);
	is_full = opening.len[side] == OPENING_MAX || (held > 0 && kept < len);
	parser = ask(&opening, is_full);
	if (!parser) {
		if (held > 0 || keep_opening(reading, side, bytes, len) == len)
			return;
		parser = ask(&opening, true);
	}
	choose(reading, parser);
	give_kept(reading);
	if (len > kept)
		feed(reading, side, bytes + kept, len - kept);
}

/* --- feeding --- */

/* The parser says that another protocol begins: what it left waiting is its beginning. */
static void restart(struct reading *reading)
{
	struct conversation *conversation = app_conversation(reading->app, reading->conversation);

	reading->memory.wants_restart = false;
	if (++conversation->restarts > RESTARTS_MAX) {
		reading->app->stats.parsers_given_up++;
		reading->is_over = true;
		return;
	}
	reading->parser = NULL;
	reading->run_count = 0;
	reading->parse.is_done = false;
	for (unsigned side = 0; side < 2; side++) {
		reading->parse.is_side_done[side] = false;
		add_run(reading, side, reading->memory.holds[side].len);
	}
	if (has_kept(reading)) {
		struct opening opening = opening_of(reading, 0, NULL, 0);
		bool is_full = opening.len[0] == OPENING_MAX || opening.len[1] == OPENING_MAX;
		const struct stream_parser *parser = ask(&opening, is_full);

		if (parser) {
			choose(reading, parser);
			give_kept(reading);
		}
	}
}

static void end_parser(struct reading *reading)
{
	reading->is_over = true;
	reading->parse.now_ns = reading->app->now_ns;
	if (reading->parser && reading->parser->end)
		reading->parser->end(reading->state, &reading->parse);
}

/* After each call of the parser. */
static void look_after(struct reading *reading)
{
	struct conversation *conversation = app_conversation(reading->app, reading->conversation);

	/* Counted here: a parser of several knows which by now. */
	if (reading->parse.proto != PROTO_UNKNOWN && reading->parse.proto != conversation->proto)
		reading->app->stats.by_proto[reading->parse.proto]++;
	conversation->proto = (uint8_t)reading->parse.proto;
	if (reading->memory.wants_restart)
		restart(reading);
	else if (reading->parse.is_done ||
		 (reading->parse.is_side_done[0] && reading->parse.is_side_done[1]))
		end_parser(reading);
}

static void feed(struct reading *reading, unsigned side, const uint8_t *bytes, size_t len)
{
	if (reading->is_over || len == 0 || reading->parse.is_side_done[side])
		return;
	if (!reading->parser) {
		recognise(reading, side, bytes, len);
		return;
	}
	reading->parser->data(reading->state, &reading->parse, side, bytes, len);
	look_after(reading);
}

static void lose(struct reading *reading, unsigned side, uint64_t missing)
{
	if (reading->is_over || reading->parse.is_side_done[side])
		return;
	if (!reading->parser && !has_kept(reading)) {
		reading->parse.is_midstream = true;
		return;
	}
	if (!reading->parser)
		decide_now(reading);
	if (reading->is_over || reading->parse.is_side_done[side] || !reading->parser)
		return;
	if (!reading->parser->gap) {
		reading->app->stats.parsers_given_up++;
		end_parser(reading);
		return;
	}
	reading->parser->gap(reading->state, &reading->parse, side, missing);
	look_after(reading);
}

/* --- from the stream --- */

void app_sample(struct app *app, struct conversation *conversation, unsigned side,
	const uint8_t *bytes, size_t len)
{
	uint16_t *sampled = &conversation->sampled[side];
	size_t room = SAMPLE_BYTES - *sampled;

	if (len > room)
		len = room;
	memcpy(app->samples[conversation - app->conversations][side] + *sampled, bytes, len);
	*sampled = (uint16_t)(*sampled + len);
}

static void take_data(void *context, unsigned side, const uint8_t *bytes, size_t len)
{
	struct reading *reading = context;
	struct conversation *conversation = app_conversation(reading->app, reading->conversation);

	if (conversation->sampled[side] < SAMPLE_BYTES)
		app_sample(reading->app, conversation, side, bytes, len);
	feed(reading, side, bytes, len);
}

static void take_gap(void *context, unsigned side, uint64_t missing)
{
	lose(context, side, missing);
}

void reading_begin_early(struct app *app, struct conversation *conversation,
	const uint32_t begin[2], bool is_accepted)
{
	struct reading *reading;

	reading_begin(app, conversation);
	if (!conversation->reading) {
		stream_clear(&app->pool, &conversation->stream);
		return;
	}
	reading = &app->readings[conversation->reading];
	app->pool.data = take_data;
	app->pool.gap = take_gap;
	for (unsigned side = 0; side < 2; side++)
		stream_begin_kept(&app->pool, &conversation->stream, side, begin[side],
			side == 1 || is_accepted, reading);
	if (reading->is_over)
		give_back(app, reading);
}

void reading_see(struct app *app, struct conversation *conversation, const struct pkt *pkt)
{
	struct reading *reading = &app->readings[conversation->reading];

	app->pool.data = take_data;
	app->pool.gap = take_gap;
	reading->last_ns = reading->parse.now_ns = app->now_ns;
	stream_see(&app->pool, &conversation->stream, pkt, reading);
	if (reading->is_over)
		give_back(app, reading);
	else if (stream_is_over(&conversation->stream) ||
		 stream_is_reset(&conversation->stream, pkt))
		reading_end(app, conversation);
}

void reading_end(struct app *app, struct conversation *conversation)
{
	struct reading *reading = &app->readings[conversation->reading];

	if (!conversation->reading)
		return;
	app->pool.data = take_data;
	app->pool.gap = take_gap;
	reading->parse.now_ns = app->now_ns;
	stream_flush(&app->pool, &conversation->stream, reading);
	if (!reading->is_over && !reading->parser && has_kept(reading))
		decide_now(reading);
	if (!reading->is_over)
		end_parser(reading);
	give_back(app, reading);
}
