/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http_head.c - the head of a request or response: first line and fields (RFC 9112, RFC 9110).
 *
 * As lenient as browsers and servers are: bare \n, white space around names, folded lines, several
 * spaces in the first line, methods nobody knows when the version stands behind them. Of fields
 * that come twice the first holds, but for Transfer-Encoding, of which any "chunked" does: both as
 * the common servers have it.
 */
#include <ctype.h>
#include <stddef.h>

#include "app/http.h"
#include "app/words.h"

#define METHOD_MAX 24
#define NAME_LONGEST 64
#define LENGTH_MAX (UINT64_C(1) << 60)

static const char *const methods[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE",
	"CONNECT", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
	"REPORT", "SEARCH", "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY", "M-SEARCH" };

static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
	{ "host", offsetof(struct http_head, host) },
	{ "user-agent", offsetof(struct http_head, user_agent) },
	{ "referer", offsetof(struct http_head, referer) },
	{ "content-type", offsetof(struct http_head, content_type) },
	{ "content-length", offsetof(struct http_head, length) },
	{ "content-encoding", offsetof(struct http_head, coding) },
	{ "content-disposition", offsetof(struct http_head, disposition) },
	{ "transfer-encoding", offsetof(struct http_head, transfer) },
	{ "cookie", offsetof(struct http_head, cookie) },
	{ "authorization", offsetof(struct http_head, authorization) },
	{ "proxy-authorization", offsetof(struct http_head, proxy_authorization) },
	{ "www-authenticate", offsetof(struct http_head, challenge) },
	{ "server", offsetof(struct http_head, server) },
	{ "location", offsetof(struct http_head, location) },
	{ "upgrade", offsetof(struct http_head, upgrade) },
};

/* The next line without its end; false: there is none. */
static bool next_line(struct app_text *rest, struct app_text *ret_line)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	*ret_line = *rest;
	ret_line->len = end ? (uint32_t)(end - rest->at) : rest->len;
	*rest = words_after(*rest, ret_line->len + 1);
	if (ret_line->len && ret_line->at[ret_line->len - 1] == '\r')
		ret_line->len--;
	return true;
}

/* As next_line, with the folded lines that follow (RFC 9112 5.2). */
static bool next_field(struct app_text *rest, struct app_text *ret_line)
{
	struct app_text more;

	if (!next_line(rest, ret_line))
		return false;
	while (rest->len && (rest->at[0] == ' ' || rest->at[0] == '\t') && next_line(rest, &more))
		ret_line->len = (uint32_t)(more.at + more.len - ret_line->at);
	return true;
}

/* "HTTP/1.1": 11; HTTP/1.0 and what is older: 10; 0: none. */
static uint8_t version_of(struct app_text word)
{
	if (!words_begin(word, "HTTP/") || word.len < 6 || !isdigit((unsigned char)word.at[5]))
		return 0;
	if (word.at[5] == '0')
		return 10;
	return word.len >= 8 && word.at[6] == '.' && word.at[7] == '0' ? 10 : 11;
}

/* Everything between method and version is the target, also when there are spaces in it. */
static bool read_request_line(struct app_text line, struct http_head *head)
{
	struct app_text rest = words_trim(line), target;
	uint32_t at;

	head->method = words_next(&rest);
	if (head->method.len == 0 || head->method.len > METHOD_MAX)
		return false;
	for (uint32_t i = 0; i < head->method.len; i++)
		if (!isalpha((unsigned char)head->method.at[i]) && head->method.at[i] != '-' &&
			head->method.at[i] != '_')
			return false;
	for (at = rest.len; at > 0 && rest.at[at - 1] != ' ' && rest.at[at - 1] != '\t';)
		at--;
	head->version = version_of(words_after(rest, at));
	target = rest;
	if (head->version)
		target.len = at;
	head->target = words_trim(target);
	if (head->version)
		return true;
	head->version = 9;
	return app_text_is(head->method, "GET") && head->target.len > 0 &&
	       head->target.at[0] == '/';
}

/* "ICY" is how SHOUTcast says it. */
static bool read_status_line(struct app_text line, struct http_head *head)
{
	struct app_text rest = line, word = words_next(&rest);

	head->version = app_text_is(word, "ICY") ? 10 : version_of(word);
	word = words_next(&rest);
	for (uint32_t i = 0; i < word.len && i < 3 && isdigit((unsigned char)word.at[i]); i++)
		head->status = (uint16_t)(head->status * 10 + word.at[i] - '0');
	return head->version != 0;
}

static void take_field(struct http_head *head, struct app_text name, struct app_text value)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct app_text *text = (struct app_text *)((char *)head + fields[i].offset);

		if (!app_text_is(name, fields[i].name))
			continue;
		if (!text->at || (text == &head->transfer && !words_have(*text, "chunked")))
			*text = value;
		return;
	}
}

/* "Name : value". false: no field. */
static bool split_field(struct app_text line, struct app_text *ret_name, struct app_text *ret_value)
{
	const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;

	if (!colon)
		return false;
	*ret_name = words_trim(words_of(line.at, (size_t)(colon - line.at)));
	*ret_value = words_trim(words_after(line, (uint32_t)(colon - line.at) + 1));
	/* A field that is there and empty is told from one that is not there. */
	if (!ret_value->at)
		ret_value->at = colon;
	return ret_name->len > 0;
}

bool http_head_read(const uint8_t *bytes, size_t len, bool is_response, struct http_head *ret_head)
{
	struct app_text rest = words_of(bytes, len), line, name, value;

	*ret_head = (struct http_head){ 0 };
	if (!next_line(&rest, &line))
		return false;
	if (is_response ? !read_status_line(line, ret_head) : !read_request_line(line, ret_head))
		return false;
	while (next_field(&rest, &line))
		if (split_field(line, &name, &value)) {
			ret_head->count += ret_head->count < UINT16_MAX;
			take_field(ret_head, name, value);
		}
	return true;
}

struct app_text http_head_order(const uint8_t *bytes, size_t len, char *out, size_t size)
{
	struct app_text rest = words_of(bytes, len), line, name, value;
	size_t used = 0;

	if (!next_line(&rest, &line))
		return (struct app_text){ 0 };
	while (next_field(&rest, &line)) {
		if (!split_field(line, &name, &value))
			continue;
		if (name.len > NAME_LONGEST || used + name.len + 1 > size)
			break;
		if (used)
			out[used++] = ',';
		for (uint32_t i = 0; i < name.len; i++)
			out[used++] = (char)tolower((unsigned char)name.at[i]);
	}
	return words_of(out, used);
}

static enum verdict is_known_method(struct app_text rest)
{
	bool is_possible = false;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		size_t len = strlen(methods[i]);
		size_t have = rest.len < len ? rest.len : len;

		if (memcmp(rest.at, methods[i], have) != 0)
			continue;
		if (rest.len <= len)
			is_possible = true;
		else if (rest.at[len] == ' ')
			return VERDICT_YES;
	}
	return is_possible ? VERDICT_MAYBE : VERDICT_NO;
}

enum verdict http_is_request(const uint8_t *bytes, size_t len, bool is_whole)
{
	struct app_text text = words_of(bytes, len), line;
	struct http_head head = { 0 };
	enum verdict known;

	while (text.len && (text.at[0] == '\r' || text.at[0] == '\n'))
		text = words_after(text, 1);
	if (text.len == 0)
		return is_whole ? VERDICT_NO : VERDICT_MAYBE;
	known = is_known_method(text);
	if (words_line((const uint8_t *)text.at, text.len, &line)) {
		bool is_request = read_request_line(line, &head);

		if (!is_request || (app_text_is(head.method, "PRI") && head.target.len == 1))
			return VERDICT_NO;
		return VERDICT_YES;
	}
	if (known == VERDICT_YES) {
		line = words_after(text, words_find(text, " ") + 1);
		if (words_begin(line, "/") || words_begin(line, "http://"))
			return VERDICT_YES;
		return is_whole ? VERDICT_NO : VERDICT_MAYBE;
	}
	if (is_whole)
		return VERDICT_NO;
	for (uint32_t i = 0; i < text.len && text.at[i] != ' '; i++)
		if (i >= METHOD_MAX || !(isupper((unsigned char)text.at[i]) || text.at[i] == '-'))
			return VERDICT_NO;
	return VERDICT_MAYBE;
}

enum verdict http_is_response(const uint8_t *bytes, size_t len)
{
	static const char *const starts[] = { "HTTP/1.", "HTTP/0.", "ICY " };
	bool is_possible = false;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t want = strlen(starts[i]);

		if (memcmp(bytes, starts[i], len < want ? len : want) != 0)
			continue;
		if (len >= want)
			return VERDICT_YES;
		is_possible = true;
	}
	return is_possible ? VERDICT_MAYBE : VERDICT_NO;
}

/* The last coding must be chunked (RFC 9112 6.3); servers take it anywhere in the list. */
bool http_is_chunked(const struct http_head *head)
{
	uint32_t at = words_find(head->transfer, "chunked");
	struct app_text rest = words_after(head->transfer, at + 7);

	if (at >= head->transfer.len)
		return false;
	if (at > 0 && !strchr(" ,\t\n", head->transfer.at[at - 1]))
		return false;
	return rest.len == 0 || strchr(" ,;\t\r", rest.at[0]) != NULL;
}

bool http_length(const struct http_head *head, uint64_t *ret_length)
{
	uint64_t length = 0;

	if (head->length.len == 0 || !isdigit((unsigned char)head->length.at[0]))
		return false;
	for (uint32_t i = 0; i < head->length.len; i++) {
		if (!isdigit((unsigned char)head->length.at[i]))
			break; /* "5, 5" */
		if (length >= LENGTH_MAX / 10)
			return false;
		length = length * 10 + (uint64_t)(head->length.at[i] - '0');
	}
	*ret_length = length;
	return true;
}

enum http_coding http_coding_of(const struct http_head *head)
{
	struct app_text coding = head->coding.len ? head->coding : head->transfer;

	if (words_have(coding, "gzip"))
		return HTTP_CODING_GZIP;
	if (words_have(coding, "deflate"))
		return HTTP_CODING_DEFLATE;
	coding = head->coding;
	if (coding.len == 0 || app_text_is(coding, "identity"))
		return HTTP_CODING_NONE;
	return app_text_is(coding, "br") ? HTTP_CODING_BROTLI : HTTP_CODING_OTHER;
}

bool http_is_bare_address(struct app_text host)
{
	bool has_dot = false;

	if (host.len == 0 || host.at[0] == '[')
		return true;
	for (uint32_t i = 0; i < host.len && host.at[i] != ':'; i++) {
		if (!isdigit((unsigned char)host.at[i]) && host.at[i] != '.')
			return false;
		has_dot = has_dot || host.at[i] == '.';
	}
	return has_dot || isdigit((unsigned char)host.at[0]);
}
