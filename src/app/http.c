/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http.c - HTTP/0.9, 1.0 and 1.1: where messages begin and end (RFC 9112).
 *
 * A head is kept until its exchange is told, so that all it says can be told then; of a body the
 * first bytes. What both framings say (RFC 9112 6.3: chunked holds) or neither, is taken as the
 * common servers and browsers do; what cannot be followed any more ends that side. After CONNECT
 * and Upgrade the client's bytes wait for the answer: another protocol begins, or more requests.
 */
#include "app/http.h"

#include "app/words.h"

#define CHUNK_DIGITS_MAX 64 /* leading zeros, too */
#define CHUNK_LINE_MAX 4096 /* with its extensions */
#define CHUNK_SIZE_MAX (UINT64_C(1) << 60)

static size_t step(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);

/* The request whose body comes now; NULL when it has been told. */
static struct http_message *current(struct http_state *state, unsigned side)
{
	if (side == 1)
		return &state->response;
	return state->sides[0].is_ignored || state->count == 0 ? NULL
							       : &state->requests[state->count - 1];
}

/* What waits behind the requests of the queue stays: it goes when all is over. */
static void die(struct http_state *state, struct parse *parse, unsigned side)
{
	state->sides[side].stage = HTTP_DEAD;
	parse->is_side_done[side] = true;
	if (side == 1 || state->count == 0) {
		http_queue_tell(state, parse);
		parse->is_done = true;
	}
}

static void begin_head(struct http_side *at)
{
	*at = (struct http_side){ .stage = HTTP_HEAD };
}

/* Keeps what there is room for; bytes of one message stand together, so after the first that
 * finds no room none is kept. */
static size_t keep(struct parse *parse, struct http_side *at, unsigned side, const uint8_t *bytes,
	size_t len, size_t room)
{
	size_t part = len < room ? len : room;

	if (at->is_cut || part == 0)
		return 0;
	if (!parse_hold(parse, side, bytes, part, HOLD_MAX)) {
		at->is_cut = true;
		return 0;
	}
	at->is_cut = part < len;
	return part;
}

/* ---- bodies ---- */

static void body_bytes(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct http_side *at = &state->sides[side];
	struct http_message *message = current(state, side);

	at->left -= at->stage == HTTP_CLOSE ? 0 : len;
	if (!message)
		return;
	message->body_seen += len;
	if (at->is_ignored)
		return;
	message->body_len =
		(uint16_t)(message->body_len + keep(parse, at, side, bytes, len,
						       (size_t)HTTP_BODY_KEEP - message->body_len));
}

static void replay(struct http_state *state, struct parse *parse)
{
	uint8_t waiting[HTTP_WAIT_MAX];
	size_t len, used = 0;
	const uint8_t *held = parse_held(parse, 0, &len);

	if (len > sizeof(waiting))
		len = sizeof(waiting);
	memcpy(waiting, held, len);
	parse_drop(parse, 0, len);
	begin_head(&state->sides[0]);
	while (used < len && state->sides[0].stage != HTTP_DEAD)
		used += step(state, parse, 0, waiting + used, len - used);
}

static void response_over(struct http_state *state, struct parse *parse)
{
	struct http_message none = { 0 };
	bool is_ignored = state->sides[1].is_ignored, has_request = state->has_request;
	bool was_waiting = state->sides[0].stage == HTTP_WAIT && state->count == 1;
	size_t held;

	state->response.is_over = true;
	if (!is_ignored)
		http_tell(state, parse, has_request ? &state->requests[0] : &none, true);
	parse_held(parse, 1, &held);
	parse_drop(parse, 1, held);
	state->response = none;
	state->is_answering = state->has_request = false;
	begin_head(&state->sides[1]);
	if (is_ignored || !has_request)
		return;
	http_queue_drop(state, parse);
	if (was_waiting)
		replay(state, parse);
	else if (state->sides[0].stage == HTTP_DEAD && state->count == 0)
		parse->is_done = true;
}

static void message_over(struct http_state *state, struct parse *parse, unsigned side)
{
	struct http_message *message = current(state, side);
	bool waits = message && (message->is_connect || message->is_upgrade);

	if (side == 1) {
		response_over(state, parse);
		return;
	}
	if (message)
		message->is_over = true;
	begin_head(&state->sides[0]);
	if (waits)
		state->sides[0].stage = HTTP_WAIT;
}

static size_t counted_data(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct http_side *at = &state->sides[side];
	size_t part = len < at->left ? len : (size_t)at->left;

	body_bytes(state, parse, side, bytes, part);
	if (at->left > 0)
		return part;
	if (at->stage == HTTP_LENGTH)
		message_over(state, parse, side);
	else
		at->stage = HTTP_CHUNK_END;
	return part;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* line_len counts the digits, then (from CHUNK_DIGITS_MAX on) what stands behind them. */
static size_t chunk_size(struct http_state *state, struct parse *parse, unsigned side, uint8_t c)
{
	struct http_side *at = &state->sides[side];
	int digit = at->line_len < CHUNK_DIGITS_MAX ? hex_digit(c) : -1;

	if (digit >= 0 && at->left < CHUNK_SIZE_MAX / 16) {
		at->left = at->left << 4 | (unsigned)digit;
		at->line_len++;
	} else if (digit >= 0 || at->line_len == 0 || at->line_len > CHUNK_LINE_MAX) {
		die(state, parse, side);
	} else if (c == '\n') {
		at->stage = at->left ? HTTP_CHUNK_DATA : HTTP_TRAILER;
		at->line_len = 0;
		at->head_seen = 0;
	} else {
		at->line_len =
			at->line_len < CHUNK_DIGITS_MAX ? CHUNK_DIGITS_MAX : at->line_len + 1;
	}
	return 1;
}

static size_t chunk_end(struct http_state *state, struct parse *parse, unsigned side, uint8_t c)
{
	struct http_side *at = &state->sides[side];

	if (c == '\n') {
		at->stage = HTTP_CHUNK_SIZE;
		at->left = 0;
		at->line_len = 0;
	} else if (c != '\r') {
		die(state, parse, side);
	}
	return 1;
}

/* ---- heads ---- */

static void begin_body(struct http_side *at, const struct http_head *head, bool is_response)
{
	at->line_len = 0;
	at->left = 0;
	at->is_cut = false;
	if (http_is_chunked(head))
		at->stage = HTTP_CHUNK_SIZE;
	else if (http_length(head, &at->left))
		at->stage = HTTP_LENGTH;
	else
		at->stage = is_response ? HTTP_CLOSE : HTTP_LENGTH;
}

static void request_head(
	struct http_state *state, struct parse *parse, const uint8_t *bytes, size_t len)
{
	struct http_message *message = &state->requests[state->count];
	struct http_side *at = &state->sides[0];
	struct http_head head;

	if (!http_head_read(bytes, len, false, &head)) {
		die(state, parse, 0);
		return;
	}
	*message = (struct http_message){
		.head_len = (uint32_t)len,
		.coding = (uint8_t)http_coding_of(&head),
		.version = head.version,
		.is_head = app_text_is(head.method, "HEAD"),
		.is_connect = app_text_is(head.method, "CONNECT"),
		.is_upgrade = head.upgrade.len > 0,
		.is_pipelined = state->count > 0,
	};
	state->count++;
	begin_body(at, &head, false);
	if (at->stage == HTTP_LENGTH && (at->left == 0 || message->is_connect))
		message_over(state, parse, 0);
}

static bool changes_protocol(const struct http_message *request, uint16_t status)
{
	return (status == 101 && request->is_upgrade) ||
	       (status >= 200 && status < 300 && request->is_connect);
}

/* The other protocol begins behind the response's head. What waits of the response is dropped;
 * what waits of the client is what the other protocol begins with. */
static void restart(struct http_state *state, struct parse *parse, const struct http_message *to)
{
	size_t held;

	http_tell(state, parse, to, true);
	parse_held(parse, 1, &held);
	parse_drop(parse, 1, held);
	http_queue_drop(state, parse);
	state->sides[0].stage = state->sides[1].stage = HTTP_DEAD;
	state->is_restarting = true;
}

static void response_head(
	struct http_state *state, struct parse *parse, const uint8_t *bytes, size_t len)
{
	struct http_side *at = &state->sides[1];
	struct http_head head;
	bool is_head;
	const struct http_message *request = http_queue_answered(state, &is_head);

	if (!http_head_read(bytes, len, true, &head)) {
		die(state, parse, 1);
		return;
	}
	if (head.status < 200 && head.status != 101 && head.status >= 100) {
		parse_drop(parse, 1, len);
		begin_head(at);
		return;
	}
	state->response = (struct http_message){
		.head_len = (uint32_t)len,
		.status = head.status,
		.coding = (uint8_t)http_coding_of(&head),
		.version = head.version,
	};
	state->is_answering = true;
	state->has_request = request != NULL;
	if (request && changes_protocol(request, head.status)) {
		restart(state, parse, request);
		return;
	}
	http_queue_pass(state);
	begin_body(at, &head, true);
	if (is_head || head.status == 101 || head.status == 204 || head.status == 304 ||
		(at->stage == HTTP_LENGTH && at->left == 0))
		message_over(state, parse, 1);
}

/* HTTP/0.9: the answer is a body and nothing else. */
static bool answers_bare(const struct http_state *state)
{
	return state->skipped == 0 && state->count > 0 && state->requests[0].version == 9;
}

/* Looks at the first line as soon as there is enough of it. false: it is no HTTP. */
static bool is_first_line_good(struct http_side *at, unsigned side, const uint8_t *bytes,
	size_t len, bool is_ended, bool *ret_is_whole)
{
	struct http_head head;

	*ret_is_whole = false;
	if (side == 1)
		return http_is_response(bytes, len) != VERDICT_NO;
	if (!is_ended)
		return true;
	at->has_line = true;
	if (!http_head_read(bytes, len, false, &head))
		return false;
	*ret_is_whole = head.version == 9;
	return true;
}

/* Counts a line that goes on or ends. true: it ended and was empty. */
static bool is_empty_line(struct http_side *at, const uint8_t *bytes, size_t len, bool is_ended)
{
	bool is_empty;

	if (at->line_len == 0 && len > 0)
		at->has_return = bytes[0] == '\r';
	at->line_len += (uint32_t)len;
	is_empty = is_ended && (at->line_len == 0 || (at->line_len == 1 && at->has_return));
	if (is_ended) {
		at->line_len = 0;
		at->has_return = false;
	}
	return is_empty;
}

/* A line of a head, or what there is of it. */
static size_t head_line(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct http_side *at = &state->sides[side];
	const uint8_t *end = memchr(bytes, '\n', len), *held;
	size_t part = end ? (size_t)(end - bytes) : len, used = part + (end != NULL), base, have;
	bool is_whole = false;

	base = side == 0 ? http_queue_bytes(state) : 0;
	parse_held(parse, side, &have);
	at->head_seen += (uint32_t)used;
	keep(parse, at, side, bytes, used, HTTP_HEAD_KEEP - (have - base));
	held = parse_held(parse, side, &have) + base;
	have -= base;
	if (have == 0 || at->head_seen > HTTP_HEAD_MAX ||
		(!at->has_line &&
			!is_first_line_good(at, side, held, have, end != NULL, &is_whole))) {
		die(state, parse, side);
		return used;
	}
	at->has_line = at->has_line || end;
	if (!is_empty_line(at, bytes, part, end != NULL) && !is_whole)
		return used;
	if (side == 0)
		request_head(state, parse, held, have);
	else
		response_head(state, parse, held, have);
	return used;
}

static size_t head_data(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct http_side *at = &state->sides[side];

	if (at->head_seen == 0) {
		if (side == 1 && answers_bare(state)) {
			state->response = (struct http_message){ .version = 9 };
			state->is_answering = state->has_request = true;
			at->stage = HTTP_CLOSE;
			return 0;
		}
		if (*bytes == '\r' || *bytes == '\n')
			return 1;
		if (side == 0)
			http_queue_make_room(state, parse);
	}
	return head_line(state, parse, side, bytes, len);
}

static size_t trailer_data(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct http_side *at = &state->sides[side];
	const uint8_t *end = memchr(bytes, '\n', len);
	size_t part = end ? (size_t)(end - bytes) : len;

	at->head_seen += (uint32_t)part;
	if (is_empty_line(at, bytes, part, end != NULL))
		message_over(state, parse, side);
	else if (at->head_seen > HTTP_HEAD_MAX)
		die(state, parse, side);
	return part + (end != NULL);
}

static size_t wait_data(
	struct http_state *state, struct parse *parse, const uint8_t *bytes, size_t len)
{
	if (!parse_hold(parse, 0, bytes, len, http_queue_bytes(state) + HTTP_WAIT_MAX)) {
		size_t held;

		http_queue_tell(state, parse);
		parse_held(parse, 0, &held);
		parse_drop(parse, 0, held);
		die(state, parse, 0);
	}
	return len;
}

/* Uses at least one byte, or changes the stage. */
static size_t step(struct http_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	switch ((enum http_stage)state->sides[side].stage) {
	case HTTP_HEAD:
		return head_data(state, parse, side, bytes, len);
	case HTTP_LENGTH:
	case HTTP_CHUNK_DATA:
		return counted_data(state, parse, side, bytes, len);
	case HTTP_CHUNK_SIZE:
		return chunk_size(state, parse, side, *bytes);
	case HTTP_CHUNK_END:
		return chunk_end(state, parse, side, *bytes);
	case HTTP_TRAILER:
		return trailer_data(state, parse, side, bytes, len);
	case HTTP_CLOSE:
		body_bytes(state, parse, side, bytes, len);
		return len;
	case HTTP_WAIT:
		return wait_data(state, parse, bytes, len);
	case HTTP_DEAD:
		break;
	}
	return len;
}

static enum verdict http_recognise(const struct opening *opening)
{
	if (opening->len[0] > 0)
		return http_is_request(
			opening->bytes[0], opening->len[0], opening->len[0] >= OPENING_MAX);
	return opening->len[1] > 0 ? http_is_response(opening->bytes[1], opening->len[1])
				   : VERDICT_MAYBE;
}

static void http_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct http_state *http = state;
	size_t used = 0;

	while (used < len && http->sides[side].stage != HTTP_DEAD && !parse->is_done)
		used += step(http, parse, side, bytes + used, len - used);
	if (!http->is_restarting)
		return;
	parse_hold(parse, side, bytes + used, len - used, HOLD_MAX);
	parse_restart(parse);
}

/* Bytes are missing. Within a body they are counted; what is behind them is not kept, as the first
 * bytes of a body are to stand together. */
static void http_gap(void *state, struct parse *parse, unsigned side, uint64_t missing)
{
	struct http_state *http = state;
	struct http_side *at = &http->sides[side];
	struct http_message *message = current(http, side);
	bool is_counted = at->stage == HTTP_LENGTH || at->stage == HTTP_CHUNK_DATA;

	if (at->stage == HTTP_DEAD)
		return;
	if ((!is_counted && at->stage != HTTP_CLOSE) || (is_counted && missing > at->left)) {
		die(http, parse, side);
		return;
	}
	at->is_cut = true;
	if (message)
		message->body_seen += missing;
	if (!is_counted)
		return;
	at->left -= missing;
	if (at->left == 0 && at->stage == HTTP_LENGTH)
		message_over(http, parse, side);
	else if (at->left == 0)
		at->stage = HTTP_CHUNK_END;
}

/* A request that never ended, of which the first line is there. */
static void half_request(struct http_state *state, struct parse *parse)
{
	struct http_side *at = &state->sides[0];
	size_t base = http_queue_bytes(state), have;
	const uint8_t *held = parse_held(parse, 0, &have) + base;

	if (at->stage != HTTP_HEAD || !at->has_line || have <= base || state->count == HTTP_QUEUE)
		return;
	request_head(state, parse, held, have - base);
}

static void http_end(void *state, struct parse *parse)
{
	struct http_state *http = state;
	const struct http_message none = { 0 };

	if (http->is_answering && http->sides[1].stage == HTTP_CLOSE)
		response_over(http, parse);
	else if (http->is_answering && !http->has_request && !http->sides[1].is_ignored)
		http_tell(http, parse, &none, true);
	half_request(http, parse);
	http_queue_tell(http, parse);
}

const struct stream_parser parser_http = {
	.proto = PROTO_HTTP,
	.state_size = sizeof(struct http_state),
	.recognise = http_recognise,
	.data = http_data,
	.gap = http_gap,
	.end = http_end,
};
