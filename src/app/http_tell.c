/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http_tell.c - the events of one exchange: HTTP, then FILE of the body of the request and of
 * that of the response, then LOGIN.
 *
 * Everything is read again from the heads that were kept: it is done once an exchange, and nothing
 * but the heads has to be remembered. A file has the name of its Content-Disposition (RFC 6266),
 * else the last part of the path.
 */
#include "app/http.h"

#include "app/words.h"

#define URL_MAX 1024
#define ORDER_MAX 512
#define FIRST_MAX 256 /* as app_http.body */
#define FILE_FIRST 64 /* as app_file.first */

struct part {
	const struct http_message *message;
	struct http_head head;
	const uint8_t *bytes; /* the head, then the body */
	struct http_look look;
	uint8_t first[FIRST_MAX]; /* of look, which is good for one body at a time */
	uint32_t first_len;
};

static void part_read(struct part *part, const struct http_message *message, const uint8_t *bytes,
	bool is_response)
{
	part->message = message;
	part->bytes = bytes;
	part->head = (struct http_head){ 0 };
	if (message->head_len > 0)
		http_head_read(bytes, message->head_len, is_response, &part->head);
	part->look = http_body_look(message, bytes + message->head_len, part->head.content_type);
	part->first_len = part->look.first.len < FIRST_MAX ? part->look.first.len : FIRST_MAX;
	if (part->first_len > 0)
		memcpy(part->first, part->look.first.at, part->first_len);
}

/* "http://host:80/path" and "/path" to host and path (RFC 9112 3.2). */
static void split_target(struct app_text target, struct app_text *host, struct app_text *path)
{
	const char *slash;

	*path = target;
	if (!words_begin(target, "http://") && !words_begin(target, "https://"))
		return;
	target = words_after(target, words_find(target, "//") + 2);
	slash = target.len ? memchr(target.at, '/', target.len) : NULL;
	*path = slash ? words_after(target, (uint32_t)(slash - target.at)) : (struct app_text){ 0 };
	target.len -= path->len;
	if (host->len == 0)
		*host = target;
}

static struct app_text join(struct app_text a, struct app_text b, char *out, size_t size)
{
	size_t len = a.len < size ? a.len : size;
	size_t more = b.len < size - len ? b.len : size - len;

	if (len)
		memcpy(out, a.at, len);
	if (more)
		memcpy(out + len, b.at, more);
	return words_of(out, len + more);
}

/* Up to any of these bytes. */
static struct app_text until(struct app_text text, const char *stops)
{
	uint32_t len = 0;

	while (len < text.len && (text.at[len] == 0 || !strchr(stops, text.at[len])))
		len++;
	text.len = len;
	return text;
}

static struct app_text name_of(struct app_text disposition, struct app_text path)
{
	uint32_t at = words_find(disposition, "filename=");
	struct app_text name;

	if (at < disposition.len) {
		name = words_after(disposition, at + 9);
		if (name.len && name.at[0] == '"')
			return until(words_after(name, 1), "\"");
		return words_trim(until(name, ";"));
	}
	name = until(path, "?#");
	for (uint32_t i = name.len; i > 0; i--)
		if (name.at[i - 1] == '/')
			return words_after(name, i);
	return name;
}

static void tell_file(struct parse *parse, const struct part *part, unsigned side,
	struct app_text host, struct app_text path)
{
	struct app_event event = { .type = APP_FILE };
	char url[URL_MAX];

	if (part->message->body_seen == 0)
		return;
	event.file = (struct app_file){
		.url = join(host, until(path, "#"), url, sizeof(url)),
		.name = name_of(part->head.disposition, side == 1 ? path : (struct app_text){ 0 }),
		.declared_type = part->head.content_type,
		.first = words_of(
			part->first, part->first_len < FILE_FIRST ? part->first_len : FILE_FIRST),
		.magic = part->look.magic,
		.proto = PROTO_HTTP,
		.traits = part->look.traits | (part->look.is_bomb ? TRAIT_BOMB : 0U),
		.size = part->look.size,
		.entropy = part->look.entropy,
		.side = (uint8_t)side,
		.is_bare_address = http_is_bare_address(host),
		.is_complete = part->message->is_over,
		.machine = part->look.machine,
	};
	parse_tell(parse, &event);
}

static void tell_exchange(struct parse *parse, const struct part *request,
	const struct part *response, struct app_text host, struct app_text path)
{
	struct app_event event = { .type = APP_HTTP };
	const struct http_head *head = &request->head;
	char order[ORDER_MAX];

	event.http = (struct app_http){
		.method = head->method,
		.host = host,
		.uri = path,
		.user_agent = head->user_agent,
		.referer = head->referer,
		.content_type = head->content_type,
		.cookie = head->cookie,
		.response_type = response->head.content_type,
		.server = response->head.server,
		.location = response->head.location,
		.request_body = request->look.size,
		.response_body = response->look.size,
		.status = response->head.status,
		.header_count = head->count,
		.version = request->message->version,
		.has_response = response->message->version > 0,
		.is_pipelined = request->message->is_pipelined,
		.is_bare_address = http_is_bare_address(host),
		.body_entropy = { request->look.entropy, response->look.entropy },
		.body_printable = { request->look.printable, response->look.printable },
		.body = words_of(request->first, request->first_len),
		.header_order = http_head_order(
			request->bytes, request->message->head_len, order, sizeof(order)),
	};
	parse_tell(parse, &event);
}

void http_tell(struct http_state *state, struct parse *parse, const struct http_message *request,
	bool is_answered)
{
	static const struct http_message none;
	struct part parts[2];
	struct app_text host, path;
	size_t len;

	part_read(&parts[0], request, parse_held(parse, 0, &len), false);
	part_read(&parts[1], is_answered ? &state->response : &none, parse_held(parse, 1, &len),
		true);
	host = parts[0].head.host;
	split_target(parts[0].head.target, &host, &path);
	tell_exchange(parse, &parts[0], &parts[1], host, path);
	tell_file(parse, &parts[0], 0, host, path);
	tell_file(parse, &parts[1], 1, host, path);
	if (is_answered && request->head_len > 0)
		http_login_see(&state->logins, parse, &parts[0].head,
			words_of(parts[0].first, parts[0].first_len), &parts[1].head,
			parts[1].look.size);
}
