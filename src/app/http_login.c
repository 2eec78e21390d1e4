/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http_login.c - who logs in by HTTP, and how it ended.
 *
 * Basic and Digest (RFC 7617, 7616) and NTLM say so themselves: credentials that are answered by
 * 401 or 407 failed, by anything that is no server's error succeeded. Browsers send them with every
 * request, so what succeeds is told once. Of NTLM only the third message counts, and a Digest whose
 * nonce was stale has not failed. A form is a guess (is_guessed): a POST with a password among its
 * fields; failed when it is refused, sent back to where the form is, or answered by a page as large
 * as the one before.
 */
#include "app/http.h"
#include "app/words.h"

#define USER_MAX 64

static uint32_t hash_of(struct app_text text)
{
	uint32_t hash = 2166136261U; /* FNV-1a: only to know the same credentials again */

	for (uint32_t i = 0; i < text.len; i++)
		hash = (hash ^ (uint8_t)text.at[i]) * 16777619U;
	return hash | 1;
}

static void tell(struct http_logins *logins, struct parse *parse, struct app_text user,
	enum login_result result, bool is_guessed)
{
	struct app_event event = { .type = APP_LOGIN };

	if (user.len > USER_MAX)
		user.len = USER_MAX;
	event.login = (struct app_login){
		.proto = PROTO_HTTP,
		.result = result,
		.user = user,
		.tries = ++logins->tries,
		.is_guessed = is_guessed,
	};
	parse_tell(parse, &event);
}

static struct app_text basic_user(struct app_text credentials, char *out, size_t size)
{
	size_t len = words_base64(credentials, out, size);
	const char *colon = memchr(out, ':', len);

	return words_of(out, colon ? (size_t)(colon - out) : len);
}

/* username="…" */
static struct app_text digest_user(struct app_text credentials)
{
	struct app_text user =
		words_after(credentials, words_find(credentials, "username=\"") + 10);
	const char *end = user.len ? memchr(user.at, '"', user.len) : NULL;

	user.len = end ? (uint32_t)(end - user.at) : 0;
	return user;
}

/* false: these are no credentials that were tried. */
static bool is_try(struct app_text scheme, struct app_text credentials,
	const struct http_head *response, char *buffer, size_t size, struct app_text *ret_user)
{
	*ret_user = (struct app_text){ 0 };
	if (app_text_is(scheme, "Basic")) {
		*ret_user = basic_user(credentials, buffer, size);
		return true;
	}
	if (app_text_is(scheme, "Digest")) {
		*ret_user = digest_user(credentials);
		return !words_have(response->challenge, "stale=true");
	}
	/* "NTLMSSP\0" and the type 3, in base64. */
	return (app_text_is(scheme, "NTLM") || app_text_is(scheme, "Negotiate")) &&
	       credentials.len >= 12 && memcmp(credentials.at, "TlRMTVNTUAAD", 12) == 0;
}

static void see_credentials(struct http_logins *logins, struct parse *parse,
	struct app_text credentials, uint16_t refusal, const struct http_head *response)
{
	uint32_t hash = hash_of(credentials);
	struct app_text rest = credentials, scheme = words_next(&rest), user;
	char buffer[USER_MAX];

	if (!is_try(scheme, rest, response, buffer, sizeof(buffer), &user))
		return;
	if (response->status == refusal) {
		tell(logins, parse, user, LOGIN_FAILED, false);
		return;
	}
	if (app_text_is(scheme, "Digest"))
		hash = hash_of(user); /* the rest is another one each time */
	if (response->status < 200 || response->status >= 500 || logins->succeeded == hash)
		return;
	logins->succeeded = hash;
	tell(logins, parse, user, LOGIN_SUCCEEDED, false);
}

/* The value of the first field of such a name: "user=value&", or "user":"value". */
static struct app_text form_value(
	struct app_text body, const char *const *names, bool *ret_is_there)
{
	*ret_is_there = false;
	for (; *names; names++) {
		uint32_t at = words_find(body, *names), end = at;
		struct app_text value;

		if (at >= body.len)
			continue;
		while (end < body.len && !strchr("=:&\r\n", body.at[end]))
			end++;
		if (end >= body.len || (body.at[end] != '=' && body.at[end] != ':'))
			continue;
		*ret_is_there = true;
		value = words_trim(words_after(body, end + 1));
		if (value.len && value.at[0] == '"')
			value = words_after(value, 1);
		for (end = 0; end < value.len && !strchr("&\",}\r\n", value.at[end]);)
			end++;
		value.len = end;
		return value;
	}
	return (struct app_text){ 0 };
}

static bool is_form(const struct http_head *request)
{
	return app_text_is(request->method, "POST") &&
	       (words_have(request->content_type, "urlencoded") ||
		       words_have(request->content_type, "json"));
}

static bool is_sent_back(struct app_text target, struct app_text location)
{
	struct app_text path = target;

	for (uint32_t i = 0; i < path.len; i++)
		if (path.at[i] == '?')
			path.len = i;
	for (uint32_t i = 0; i + path.len <= location.len && path.len > 1; i++)
		if (memcmp(location.at + i, path.at, path.len) == 0)
			return true;
	return words_have(location, "login") || words_have(location, "error") ||
	       words_have(location, "fail");
}

static enum login_result form_result(struct http_logins *logins, const struct http_head *request,
	const struct http_head *response, uint64_t page_bytes)
{
	bool is_same_page = logins->page_bytes == page_bytes + 1;

	logins->page_bytes = response->status == 200 ? page_bytes + 1 : 0;
	if (response->status == 401 || response->status == 403)
		return LOGIN_FAILED;
	if (response->status >= 300 && response->status < 400)
		return is_sent_back(request->target, response->location) ? LOGIN_FAILED
									 : LOGIN_SUCCEEDED;
	return response->status == 200 && is_same_page ? LOGIN_FAILED : LOGIN_UNKNOWN;
}

static void see_form(struct http_logins *logins, struct parse *parse,
	const struct http_head *request, struct app_text body, const struct http_head *response,
	uint64_t response_bytes)
{
	static const char *const secrets[] = { "passw", "pwd", "passwd", "pass=", "\"pass\"",
		NULL };
	static const char *const users[] = { "user", "login", "email", "log=", "account", NULL };
	bool has_secret, has_user;
	struct app_text user;

	form_value(body, secrets, &has_secret);
	if (!has_secret)
		return;
	user = form_value(body, users, &has_user);
	tell(logins, parse, user, form_result(logins, request, response, response_bytes), true);
}

void http_login_see(struct http_logins *logins, struct parse *parse,
	const struct http_head *request, struct app_text body, const struct http_head *response,
	uint64_t response_bytes)
{
	if (request->authorization.len)
		see_credentials(logins, parse, request->authorization, 401, response);
	else if (request->proxy_authorization.len)
		see_credentials(logins, parse, request->proxy_authorization, 407, response);
	else if (is_form(request))
		see_form(logins, parse, request, body, response, response_bytes);
}
