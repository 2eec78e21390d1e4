/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/play_fuzz.h - plays any bytes as a conversation to a stream parser.
 *
 * Pieces: a byte (bit 7: the side, bits 0-6: the length; 127: so much is lost for ever) and that
 * many bytes, each given in memory of just its size. The same is played twice, with the pieces
 * whole and byte by byte: both must give the same events, and leave no block behind.
 */
#ifndef WEIR_FUZZ_PLAY_FUZZ_H
#define WEIR_FUZZ_PLAY_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "app/hold.h"
#include "app/log.h"
#include "lib/hash.h"
#include "lib/rd.h"

#define PLAY_POOL (256U << 10)
#define PLAY_LOG (256U << 10)
#define PLAY_LOST 127

struct play_fuzz {
	const struct stream_parser *parser;
	struct parse parse;
	struct parse_memory memory;
	uint64_t refused, events, sum;
	void *state;
	bool is_over;
};

static inline void play_require(bool condition)
{
	if (!condition)
		abort();
}

static inline void play_sum(void *context, const struct app_event *event)
{
	struct play_fuzz *play = context;
	struct app_event copy = { 0 };
	struct app_text *texts[APP_TEXTS_MAX];
	unsigned count;

	memcpy(&copy, event, app_event_size(event));
	count = app_event_texts(&copy, texts);
	play->events++;
	play->sum = hash_bytes(&event->type, sizeof(event->type), play->sum);
	for (unsigned i = 0; i < count; i++)
		if (texts[i]->len)
			play->sum = hash_bytes(texts[i]->at, texts[i]->len, play->sum);
}

static inline void play_piece(
	struct play_fuzz *play, unsigned side, const uint8_t *bytes, size_t len)
{
	uint8_t *copy;

	if (len == 0 || play->is_over || play->parse.is_done || play->parse.is_side_done[side])
		return;
	copy = malloc(len);
	play_require(copy != NULL);
	memcpy(copy, bytes, len);
	play->parser->data(play->state, &play->parse, side, copy, len);
	free(copy);
	app_logs_drain(&play->parse.log, 1, play_sum, play);
	play->is_over = play->memory.wants_restart;
}

static inline void play_gap(struct play_fuzz *play, unsigned side)
{
	if (play->is_over || play->parse.is_done || play->parse.is_side_done[side])
		return;
	if (play->parser->gap)
		play->parser->gap(play->state, &play->parse, side, PLAY_LOST);
	else
		play->is_over = true;
}

static inline void play_pieces(struct play_fuzz *play, struct rd rd, bool is_cut)
{
	while (rd_left(&rd) > 0) {
		uint8_t head = rd_u8(&rd);
		size_t len = head & 0x7f;
		unsigned side = head >> 7;
		const uint8_t *bytes;

		if (len == PLAY_LOST) {
			play_gap(play, side);
			continue;
		}
		if (len > rd_left(&rd))
			len = rd_left(&rd);
		bytes = rd_bytes(&rd, len);
		for (size_t i = 0; is_cut && i < len; i++)
			play_piece(play, side, bytes + i, 1);
		if (!is_cut)
			play_piece(play, side, bytes, len);
	}
}

static inline void play_once(struct play_fuzz *play, const uint8_t *data, size_t size, bool is_cut)
{
	play->parse = (struct parse){ .owner = &play->memory, .now_ns = 1, .flow = 1 };
	play->memory.refused = &play->refused;
	play->state = calloc(1, play->parser->state_size + 1);
	play_require(play->state && blocks_open(PLAY_POOL, &play->memory.blocks) == 0);
	play_require(app_log_open(PLAY_LOG, &play->parse.log) == 0);
	play_pieces(play, rd_over(data, size), is_cut);
	if (play->parser->end && !play->memory.wants_restart)
		play->parser->end(play->state, &play->parse);
	app_logs_drain(&play->parse.log, 1, play_sum, play);
	parse_memory_clear(&play->memory);
	play_require(blocks_used(play->memory.blocks) == 0);
	blocks_close(play->memory.blocks);
	app_log_close(play->parse.log);
	free(play->state);
}

static inline void play_fuzz(const struct stream_parser *parser, const uint8_t *data, size_t size)
{
	struct play_fuzz whole = { .parser = parser }, cut = { .parser = parser };

	play_once(&whole, data, size, false);
	play_once(&cut, data, size, true);
	play_require(whole.events == cut.events && whole.sum == cut.sum);
}

static inline enum verdict play_recognise(
	const struct stream_parser *parser, const uint8_t *data, size_t size)
{
	struct rd rd = rd_over(data, size);
	size_t client = rd_u8(&rd);
	struct opening opening = { .port = 25 };

	if (client > rd_left(&rd))
		client = rd_left(&rd);
	opening.len[0] = (uint32_t)client;
	opening.bytes[0] = rd_bytes(&rd, client);
	opening.len[1] = (uint32_t)(rd_left(&rd) < OPENING_MAX ? rd_left(&rd) : OPENING_MAX);
	opening.bytes[1] = rd_bytes(&rd, opening.len[1]);
	return parser->recognise(&opening);
}

#endif
