/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks.c - the parser for conversations in no known protocol; see looks.h.
 *
 * It gives the bytes of each side to the parts and keeps to a budget: the first 64 KiB of a side
 * are read in full, from then on the first 256 bytes of what it says whenever the other side has
 * spoken before. A conversation of which so much was seen without anything being found is let go.
 */
#include <string.h>

#include "app/looks.h"

#define READ_MAX 65536	      /* bytes of a side that are read in full */
#define MESSAGE_READ 256      /* then so many of a message: a command, a prompt, an order */
#define LET_GO (4 * READ_MAX) /* an attack order may come late, but not after that much */

void looks_tell(struct parse *parse, unsigned side, enum looks_kind kind, uint32_t traits,
	uint32_t count, const void *text, size_t len)
{
	struct app_event event = { .type = APP_LOOKS };

	event.looks = (struct app_looks){
		.kind = kind,
		.side = (uint8_t)side,
		.traits = traits,
		.count = count,
		.text = { text, (uint32_t)(len < 128 ? len : 128) },
	};
	parse_tell(parse, &event);
}

static enum verdict looks_recognise(const struct opening *opening)
{
	(void)opening;
	return VERDICT_YES;
}

/* What a message in the midst of things begins with. */
static bool see_start(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	uint32_t at = state->message[side];
	bool is_first = state->seen[side] == at;

	if (is_first || at >= sizeof(state->start[side]))
		return false;
	for (size_t i = 0; i < len && at < sizeof(state->start[side]); i++)
		state->start[side][at++] = bytes[i];
	return at == sizeof(state->start[side]) &&
	       looks_head_start(parse, side, state->start[side], at);
}

/* How many of these bytes the budget still has. */
static size_t budget(const struct looks_state *state, unsigned side, size_t len)
{
	size_t all = state->seen[side] < READ_MAX ? READ_MAX - (size_t)state->seen[side] : 0;
	size_t message =
		state->message[side] < MESSAGE_READ ? MESSAGE_READ - state->message[side] : 0;
	size_t most = all > message ? all : message;

	return len < most ? len : most;
}

static void see_turn(struct looks_state *state, unsigned side)
{
	if (state->last_side == side + 1)
		return;
	state->last_side = (uint8_t)(side + 1);
	state->message[side] = 0;
	if (state->seen[side] >= READ_MAX) /* what was skipped is not to be joined with this */
		looks_text_gap(&state->text, side);
}

/* Up to the next place at which something is decided: so that the order of what is told does not
 * depend on how the bytes were cut. */
static size_t slice(const struct looks_state *state, unsigned side, size_t len)
{
	static const uint32_t places[] = { LOOKS_DECIDE, LOOKS_KEY_LEAST, LOOKS_KEY_HEAD };

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (state->seen[side] < places[i] && len > places[i] - state->seen[side])
			len = places[i] - (size_t)state->seen[side];
	if (state->message[side] < LOOKS_START && len > LOOKS_START - state->message[side])
		len = LOOKS_START - state->message[side];
	return len;
}

/* Noise is no text, nor what follows Mirai's registration. */
static bool is_text(const struct looks_state *state, unsigned side)
{
	return state->heads[side].stage != HEAD_KEY && !state->byob.is_keyed[side] &&
	       !state->mirai.is_login;
}

static bool see_slice(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	size_t read = budget(state, side, len);
	bool is_told = false;

	if (is_text(state, side))
		is_told |= looks_text_data(&state->text, parse, side, bytes, read);
	is_told |= looks_mirai_data(&state->mirai, parse, side, bytes, len);
	is_told |= see_start(state, parse, side, bytes, read);
	state->seen[side] += len;
	state->message[side] = len < UINT32_MAX - state->message[side]
				       ? state->message[side] + (uint32_t)len
				       : UINT32_MAX;
	return is_told | looks_head_data(state, parse, side, bytes, len);
}

static void looks_data(
	void *opaque, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct looks_state *state = opaque;

	if (len > 0)
		see_turn(state, side);
	while (len > 0) {
		size_t now = slice(state, side, len);

		state->is_hit |= see_slice(state, parse, side, bytes, now);
		bytes += now;
		len -= now;
	}
	if (!state->is_hit && state->seen[0] + state->seen[1] >= LET_GO)
		parse->is_done = true;
}

static void looks_gap(void *opaque, struct parse *parse, unsigned side, uint64_t missing)
{
	struct looks_state *state = opaque;
	size_t held;

	(void)missing;
	state->is_gapped[side] = true;
	looks_text_gap(&state->text, side);
	state->mirai.is_dead[0] = true;
	state->byob.is_dead = true;
	parse_held(parse, side, &held);
	if (state->heads[side].stage == HEAD_FILE)
		looks_head_end(state, parse, side);
	else
		parse_drop(parse, side, held);
	state->heads[side].stage = HEAD_OVER;
}

static void looks_end(void *opaque, struct parse *parse)
{
	struct looks_state *state = opaque;

	for (unsigned side = 0; side < 2; side++) {
		looks_text_turn(&state->text, parse, side);
		looks_head_end(state, parse, side);
	}
}

const struct stream_parser parser_looks = {
	.proto = PROTO_UNKNOWN,
	.state_size = sizeof(struct looks_state),
	.recognise = looks_recognise,
	.data = looks_data,
	.gap = looks_gap,
	.end = looks_end,
};
