/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/script.c - puts scripts together. See script.h; script_play.c plays them.
 */
#include "gen/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/script_internal.h"
#include "types.h"

#define TURN_NS (2 * NS_PER_MS) /* a program answers within 2 ms */

static void *checked(void *memory)
{
	if (memory)
		return memory;
	fputs("make_captures: out of memory\n", stderr);
	exit(1);
}

int64_t seconds_ns(double seconds)
{
	return (int64_t)(seconds * (double)NS_PER_S);
}

int64_t plan_start_ns(const struct plan *plan)
{
	return GEN_EPOCH_NS + seconds_ns(plan->start_s);
}

struct script *script_open(
	const struct addr *client, const struct addr *server, uint16_t port, struct prng *prng)
{
	struct script *script = checked(calloc(1, sizeof(*script)));

	script->part = (struct parties){ .client = *client,
		.server = *server,
		.client_port = ephemeral_port(prng),
		.server_port = port };
	script->prng.state = prng_next(prng);
	script->part.rtt_ns = round_trip_ns(server);
	if (server->byte[12] == 10)
		script->part.rtt_ns = NS_PER_MS / 2;
	return script;
}

void script_over_udp(struct script *script)
{
	script->part.is_udp = true;
}

void script_client_port(struct script *script, uint16_t port)
{
	script->part.client_port = port;
}

void script_end(struct script *script, enum talk_end end)
{
	script->part.end = end;
}

void script_wait(struct script *script, double seconds)
{
	script->wait_ns += seconds_ns(seconds);
}

void script_join(struct script *script)
{
	script->is_joined = script->count > 0;
}

static void bytes_add(struct script *script, const void *bytes, size_t len)
{
	if (script->len + len > script->cap) {
		script->cap = (script->len + len) * 2;
		script->bytes = checked(realloc(script->bytes, script->cap));
	}
	if (len)
		memcpy(script->bytes + script->len, bytes, len);
	script->len += len;
}

static struct line *line_add(struct script *script, unsigned side)
{
	struct line *line;

	if (script->count == script->room) {
		script->room = script->room ? script->room * 2 : 16;
		script->lines = checked(realloc(script->lines, script->room * sizeof(struct line)));
	}
	line = &script->lines[script->count++];
	*line = (struct line){ .side = side, .wait_ns = TURN_NS + script->wait_ns };
	script->wait_ns = 0;
	return line;
}

void script_say(struct script *script, unsigned side, const void *bytes, size_t len)
{
	struct line *line =
		script->is_joined ? &script->lines[script->count - 1] : line_add(script, side);

	bytes_add(script, bytes, len);
	line->len += (uint32_t)len;
	script->is_joined = false;
}

void script_text(struct script *script, unsigned side, const char *format, ...)
{
	char text[4096];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (len >= (int)sizeof(text))
		abort(); /* a line of the catalogue that nobody meant */
	script_say(script, side, text, (size_t)len);
}

void script_noise(struct script *script, unsigned side, size_t len)
{
	uint8_t noise[256];

	while (len) {
		size_t take = len < sizeof(noise) ? len : sizeof(noise);

		for (size_t i = 0; i < take; i++)
			noise[i] = prng_next(&script->prng) >> 56;
		script_say(script, side, noise, take);
		len -= take;
		if (len)
			script_join(script);
	}
}

uint64_t script_draw(struct script *script)
{
	return prng_next(&script->prng);
}

static void body_say(struct script *script, unsigned side, const void *body, size_t len)
{
	if (!len)
		return;
	script_join(script);
	if (body)
		script_say(script, side, body, len);
	else
		script_noise(script, side, len);
}

void script_request(struct script *script, const struct web_request *request)
{
	bool has_body = request->body_len > 0;

	script_text(script, 0, "%s %s HTTP/1.1\r\nHost: %s\r\n", request->method, request->path,
		request->host);
	if (request->agent) {
		script_join(script);
		script_text(script, 0, "User-Agent: %s\r\n", request->agent);
	}
	script_join(script);
	script_text(script, 0, "Accept: */*\r\n%s", request->head ? request->head : "");
	if (has_body) {
		script_join(script);
		script_text(script, 0, "Content-Length: %zu\r\n", request->body_len);
	}
	script_join(script);
	script_text(script, 0, "\r\n");
	body_say(script, 0, request->body, request->body_len);
}

static const char *reason_of(unsigned status)
{
	switch (status) {
	case 101:
		return "Switching Protocols";
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 301:
		return "Moved Permanently";
	case 304:
		return "Not Modified";
	case 401:
		return "Unauthorized";
	}
	return "Not Found";
}

void script_answer(struct script *script, const struct web_answer *answer)
{
	script_text(script, 1, "HTTP/1.1 %u %s\r\nServer: nginx\r\n", answer->status,
		reason_of(answer->status));
	if (answer->type) {
		script_join(script);
		script_text(script, 1, "Content-Type: %s\r\n", answer->type);
	}
	if (answer->status >= 200 && answer->status != 204 && answer->status != 304) {
		script_join(script);
		script_text(script, 1, "Content-Length: %zu\r\n", answer->body_len);
	}
	script_join(script);
	script_text(script, 1, "%s\r\n", answer->head ? answer->head : "");
	body_say(script, 1, answer->body, answer->body_len);
}

double script_seconds(const struct script *script)
{
	int64_t ns = 2 * script->part.rtt_ns;

	for (unsigned i = 0; i < script->count; i++)
		ns += script->lines[i].wait_ns +
		      (i && script->lines[i].side != script->lines[i - 1].side
				      ? script->part.rtt_ns / 2
				      : 0);
	return (double)ns / (double)NS_PER_S;
}

void script_play(struct script *script, struct schedule *schedule, int64_t at_ns)
{
	script_start(script, schedule, at_ns);
	free(script->lines);
	free(script->bytes);
	free(script);
}
