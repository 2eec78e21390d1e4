/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/gate_family.c - requests that only one family makes.
 *
 *   CryptoWall  POST /NAME.php?L=RANDOM with the body L=HEX (both one letter): 3.0 and 4.0
 *   TrickBot    /GROUP/HOST_Wnnnnn.32 HEX/COMMAND/…: group tag, client id, number of a command
 *   Emotet      POST to an address, Referer its own URL, DNT, the fields in its own order, one
 *               field of base64 that bears the path's name or a made-up one (autumn 2020)
 * CryptoWall and Emotet as captures of them show it, one of each; TrickBot from what is commonly
 * known of it, not tried on a capture.
 */
#include <ctype.h>

#include "app/words.h"
#include "detect/gate_weigh.h"

#define HEX_LEAST 40	   /* of CryptoWall's body: an RC4 key's worth of name and data */
#define CRYPTOWALL_VALUE 8 /* letters and digits of the key, at least */
#define TRICKBOT_ID 32

static struct app_text cut_at(struct app_text text, char c)
{
	const char *at = text.len ? memchr(text.at, c, text.len) : NULL;

	if (at)
		text.len = (uint32_t)(at - text.at);
	return text;
}

static bool all_of(struct app_text text, int (*is)(int))
{
	for (uint32_t i = 0; i < text.len; i++)
		if (!is((unsigned char)text.at[i]))
			return false;
	return text.len > 0;
}

static bool is_cryptowall(const struct app_http *http)
{
	struct app_text path = cut_at(http->uri, '?');
	struct app_text query = words_after(http->uri, path.len + 1), name = path;

	if (path.len < 7 || !app_text_is(words_after(path, path.len - 4), ".php") ||
		query.len < 2 + CRYPTOWALL_VALUE || http->body.len < 2 + HEX_LEAST)
		return false;
	for (uint32_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/') {
			name = words_after(path, i);
			break;
		}
	name.len -= name.len < 4 ? name.len : 4;
	return all_of(name, isalnum) && query.at[1] == '=' && isalpha((unsigned char)query.at[0]) &&
	       all_of(words_after(query, 2), isalnum) && http->body.at[1] == '=' &&
	       isalpha((unsigned char)http->body.at[0]) &&
	       all_of(words_after(http->body, 2), isxdigit);
}

static struct app_text next_part(struct app_text *rest)
{
	struct app_text part = cut_at(*rest, '/');

	*rest = words_after(*rest, part.len + 1);
	return part;
}

/* "ADMIN-PC_W617601.8D2F5A…" */
static bool is_trickbot_client(struct app_text part)
{
	struct app_text name = cut_at(part, '.');
	struct app_text id = words_after(part, name.len + 1);
	uint32_t at;

	if (id.len != TRICKBOT_ID || !all_of(id, isxdigit))
		return false;
	for (at = name.len; at > 0 && isdigit((unsigned char)name.at[at - 1]);)
		at--;
	return at >= 2 && at < name.len && name.at[at - 1] == 'W' && name.at[at - 2] == '_';
}

static bool is_trickbot(const struct app_http *http)
{
	struct app_text rest = words_after(http->uri, 1), group = next_part(&rest);
	struct app_text client = next_part(&rest), command = next_part(&rest);

	return group.len > 0 && group.len < 24 && is_trickbot_client(client) && command.len <= 3 &&
	       all_of(command, isdigit);
}

/* Is the Referer this very address and path? The port may be missing in it. */
static bool is_self_referring(const struct app_http *http)
{
	struct app_text referer = http->referer, host = cut_at(http->host, ':');

	if (!words_begin(referer, "http://") || http->uri.len < 2)
		return false;
	referer = words_after(referer, 7);
	if (referer.len < host.len + http->uri.len || memcmp(referer.at, host.at, host.len) != 0)
		return false;
	referer = words_after(referer, referer.len - http->uri.len);
	return memcmp(referer.at, http->uri.at, http->uri.len) == 0;
}

static bool is_emotet(const struct app_http *http)
{
	return http->is_bare_address && http->host.len > 0 && app_text_is(http->method, "POST") &&
	       is_self_referring(http) &&
	       words_begin(http->header_order, "referer,content-type,dnt,user-agent,host") &&
	       gate_is_opaque(http);
}

const char *gate_family(const struct app_http *http)
{
	if (app_text_is(http->method, "POST") && is_cryptowall(http))
		return "cryptowall";
	if (is_trickbot(http))
		return "trickbot";
	return is_emotet(http) ? "emotet" : NULL;
}
