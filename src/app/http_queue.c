/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http_queue.c - the requests that wait for their responses (RFC 9112 9.3.2, pipelining).
 *
 * Up to HTTP_QUEUE wait; when one more comes the oldest is told without, and its response is passed
 * over when it comes.
 */
#include "app/http.h"

size_t http_queue_bytes(const struct http_state *state)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < state->count; i++)
		bytes += state->requests[i].head_len + state->requests[i].body_len;
	return bytes;
}

void http_queue_drop(struct http_state *state, struct parse *parse)
{
	const struct http_message *oldest = &state->requests[0];

	parse_drop(parse, 0, oldest->head_len + oldest->body_len);
	if (!oldest->is_over)
		state->sides[0].is_ignored = true;
	state->count--;
	memmove(&state->requests[0], &state->requests[1],
		state->count * sizeof(state->requests[0]));
}

/* Tells of the oldest one before its response is over. */
static void skip(struct http_state *state, struct parse *parse)
{
	bool is_answered = state->has_request && !state->sides[1].is_ignored;

	http_tell(state, parse, &state->requests[0], is_answered);
	if (is_answered) {
		state->sides[1].is_ignored = true;
	} else {
		if (state->skipped < 64 && state->requests[0].is_head)
			state->skipped_heads |= UINT64_C(1) << state->skipped;
		state->skipped++;
	}
	http_queue_drop(state, parse);
}

void http_queue_tell(struct http_state *state, struct parse *parse)
{
	while (state->count > 0)
		skip(state, parse);
}

void http_queue_make_room(struct http_state *state, struct parse *parse)
{
	while (state->count > 0 &&
		(state->count == HTTP_QUEUE ||
			http_queue_bytes(state) > HOLD_MAX - HTTP_HEAD_KEEP - HTTP_BODY_KEEP))
		skip(state, parse);
}

const struct http_message *http_queue_answered(const struct http_state *state, bool *ret_is_head)
{
	if (state->skipped > 0) {
		*ret_is_head = state->skipped_heads & 1;
		return NULL;
	}
	*ret_is_head = state->count > 0 && state->requests[0].is_head;
	return state->count > 0 ? &state->requests[0] : NULL;
}

void http_queue_pass(struct http_state *state)
{
	if (state->skipped == 0)
		return;
	state->skipped--;
	state->skipped_heads >>= 1;
	state->sides[1].is_ignored = true;
}
