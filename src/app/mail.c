/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/mail.c - POP3 and IMAP: recognised, logins told, STARTTLS followed.
 *
 * One command at a time is waited for: that of a login or of STARTTLS. IMAP's answers name theirs;
 * POP3's come in the order of the commands (RFC 2449 6.6), so those are counted that belong to
 * others, the greeting among them. When a login has succeeded nothing more is read, so what stands
 * in mails is never taken for commands or answers.
 */
#include "app/mail.h"

#include "app/parser.h"

#define LINE_MAX_BYTES 1024

struct mail_at {
	struct mail_state *state;
	struct parse *parse;
};

static bool is_pop_command(struct app_text line)
{
	static const char *const words[] = { "USER ", "CAPA", "AUTH", "APOP ", "STLS", "QUIT" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words_begin(line, words[i]))
			return true;
	return false;
}

/* Either server speaks first. "+OK" alone is said by others, too (Redis). */
static enum verdict mail_recognise(const struct opening *opening)
{
	struct app_text client, server;
	bool is_whole = words_line(opening->bytes[0], opening->len[0], &client);
	bool is_server_whole;

	is_server_whole = words_line(opening->bytes[1], opening->len[1], &server);
	if (server.len && server.at[0] != '*' && server.at[0] != '+')
		return VERDICT_NO;
	if (server.len < 5)
		return is_server_whole ? VERDICT_NO : VERDICT_MAYBE;
	if (words_begin(server, "* OK") || words_begin(server, "* PRE") ||
		words_begin(server, "* BYE"))
		return VERDICT_YES;
	if (!words_begin(server, "+OK "))
		return VERDICT_NO;
	if (opening->port == 110)
		return VERDICT_YES;
	if (is_pop_command(client))
		return VERDICT_YES;
	return is_whole ? VERDICT_NO : VERDICT_MAYBE;
}

static void login_tell(struct mail_at *at, enum login_result result)
{
	struct app_event event = {
		.type = APP_LOGIN,
		.login = {
			.proto = at->state->is_imap ? PROTO_IMAP : PROTO_POP3,
			.result = result,
			.user = note_text(&at->state->user),
			.tries = ++at->state->tries,
		},
	};

	at->state->ask = MAIL_ASK_NONE;
	at->state->is_encoded = at->state->is_challenged = false;
	parse_tell(at->parse, &event);
	if (result == LOGIN_SUCCEEDED)
		at->parse->is_done = true;
}

/* The user of a PLAIN message (RFC 4616). */
static void take_encoded(struct mail_state *state, struct app_text line)
{
	char plain[256];
	size_t len = words_base64(line, plain, sizeof(plain));
	const char *user = memchr(plain, '\0', len);
	const char *end;

	state->is_encoded = false;
	if (!user)
		return;
	user++;
	len -= (size_t)(user - plain);
	end = memchr(user, '\0', len);
	note_set(&state->user, words_of(user, end ? (size_t)(end - user) : len));
}

static void ask_login(struct mail_state *state, struct app_text mechanism, struct app_text initial)
{
	state->ask = MAIL_ASK_LOGIN;
	state->user.len = 0;
	state->is_challenged = true;
	state->is_encoded = app_text_is(mechanism, "PLAIN");
	if (state->is_encoded && initial.len)
		take_encoded(state, initial);
}

static void take_pop(struct mail_state *state, struct app_text line)
{
	struct app_text word = words_next(&line);

	if (app_text_is(word, "USER")) {
		note_set(&state->user, words_trim(line));
	} else if (app_text_is(word, "PASS")) {
		state->ask = MAIL_ASK_LOGIN;
	} else if (app_text_is(word, "APOP")) {
		state->ask = MAIL_ASK_LOGIN;
		note_set(&state->user, words_next(&line));
	} else if (app_text_is(word, "AUTH") && line.len) {
		struct app_text mechanism = words_next(&line);

		ask_login(state, mechanism, words_next(&line));
	} else if (app_text_is(word, "STLS")) {
		state->ask = MAIL_ASK_TLS;
	}
}

/* Counts the commands that are answered, too, but not waited for. */
static void take_pop_client(struct mail_state *state, struct app_text line)
{
	if (state->ask != MAIL_ASK_NONE) {
		state->behind += !state->is_challenged && state->behind < UINT16_MAX;
		return;
	}
	take_pop(state, line);
	if (state->ask == MAIL_ASK_NONE && line.len > 0)
		state->ahead += state->ahead < UINT16_MAX;
}

/* A word of IMAP, in quotes or not; a literal ("{12}") is not read. */
static struct app_text word_of_imap(struct app_text *rest)
{
	uint32_t end = 1;
	struct app_text word;

	if (rest->len == 0 || rest->at[0] != '"') {
		word = words_next(rest);
		if (word.len && word.at[0] == '{')
			word.len = 0;
		return word;
	}
	while (end < rest->len && rest->at[end] != '"')
		end++;
	word = (struct app_text){ rest->at + 1, end - 1 };
	*rest = words_after(*rest, end + 1);
	return word;
}

static void take_imap(struct mail_state *state, struct app_text line)
{
	struct app_text tag = words_next(&line);
	struct app_text word = words_next(&line);

	if (app_text_is(word, "LOGIN")) {
		state->ask = MAIL_ASK_LOGIN;
		note_set(&state->user, word_of_imap(&line));
	} else if (app_text_is(word, "AUTHENTICATE")) {
		struct app_text mechanism = words_next(&line);

		ask_login(state, mechanism, words_next(&line));
	} else if (app_text_is(word, "STARTTLS")) {
		state->ask = MAIL_ASK_TLS;
	} else {
		return;
	}
	note_set(&state->tag, tag);
}

/* false: TLS begins. */
static bool take_answer(struct mail_at *at, bool is_good)
{
	struct mail_state *state = at->state;
	bool is_tls = state->ask == MAIL_ASK_TLS && is_good;

	if (state->ask == MAIL_ASK_LOGIN)
		login_tell(at, is_good ? LOGIN_SUCCEEDED : LOGIN_FAILED);
	state->ask = MAIL_ASK_NONE;
	if (is_tls)
		parse_restart(at->parse);
	return !is_tls && !at->parse->is_done;
}

static bool take_pop_server(struct mail_at *at, struct app_text line)
{
	struct mail_state *state = at->state;
	struct app_text status = words_next(&line);
	bool is_good = app_text_is(status, "+OK");

	if (!is_good && !app_text_is(status, "-ERR"))
		return true;
	if (state->ahead > 0) {
		state->ahead--;
		return true;
	}
	if (state->ask == MAIL_ASK_NONE)
		return true;
	state->ahead = state->behind;
	state->behind = 0;
	return take_answer(at, is_good);
}

static bool take_server(struct mail_at *at, struct app_text line)
{
	const struct mail_state *state = at->state;
	struct app_text tag, result;

	if (!state->is_imap)
		return take_pop_server(at, line);
	if (state->ask == MAIL_ASK_NONE)
		return true;
	tag = words_next(&line);
	if (tag.len == 0 || tag.len != state->tag.len ||
		memcmp(tag.at, state->tag.at, tag.len) != 0)
		return true;
	result = words_next(&line);
	return take_answer(at, app_text_is(result, "OK"));
}

static bool mail_take(void *context, unsigned side, struct app_text line)
{
	struct mail_at *at = context;
	struct mail_state *state = at->state;

	if (side == 1)
		return take_server(at, line);
	if (state->ask == MAIL_ASK_LOGIN && state->is_encoded)
		take_encoded(state, line);
	else if (state->ask == MAIL_ASK_NONE && state->is_imap)
		take_imap(state, line);
	else if (!state->is_imap)
		take_pop_client(state, line);
	return true;
}

static void mail_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct mail_state *s = state;
	struct mail_at at = { s, parse };

	if (!s->has_begun) {
		s->has_begun = true;
		s->ahead = !parse->is_midstream; /* the greeting */
	}
	if (side == 1 && !s->is_known && len > 0) {
		s->is_known = true;
		s->is_imap = bytes[0] == '*';
		if (s->is_imap) /* what was said before was taken for POP3 */
			s->ask = MAIL_ASK_NONE;
		parse->proto = s->is_imap ? PROTO_IMAP : PROTO_POP3;
	}
	parse_lines(parse, side, bytes, len, LINE_MAX_BYTES, &s->skipping[side], mail_take, &at);
}

static void mail_end(void *state, struct parse *parse)
{
	struct mail_at at = { state, parse };

	if (at.state->ask == MAIL_ASK_LOGIN)
		login_tell(&at, LOGIN_UNKNOWN);
}

const struct stream_parser parser_mail = {
	.proto = PROTO_POP3,
	.state_size = sizeof(struct mail_state),
	.recognise = mail_recognise,
	.data = mail_data,
	.end = mail_end,
};

_Static_assert(sizeof(struct mail_state) <= PARSER_STATE_MAX, "the state fits");
