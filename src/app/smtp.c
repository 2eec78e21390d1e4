/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/smtp.c - SMTP (RFC 5321) with pipelining (RFC 2920), CHUNKING (RFC 3030), AUTH (RFC 4954)
 * and STARTTLS (RFC 3207).
 *
 * One SMTP event for each mail when its reply comes, and one for each attempt that ended without a
 * mail: given up after a rejection, turned away at the door, or gone on under TLS (is_tls, with
 * the HELO that was said before). Of a mail the first line of Subject and X-Mailer or User-Agent
 * is read; its size is that of its lines, of each at most LINE_MAX_BYTES. LOGIN events tell user
 * and result of AUTH; passwords are read past.
 */
#include "app/smtp.h"

#include "app/parser.h"

#define LINE_MAX_BYTES 2048 /* RFC 5321 4.5.3.1.6: 1000 */

struct smtp_at {
	struct smtp_state *state;
	struct parse *parse;
};

static bool is_helo(struct app_text line)
{
	return words_begin(line, "EHLO ") || words_begin(line, "HELO ") ||
	       words_begin(line, "LHLO ");
}

static bool is_mail_port(uint16_t port)
{
	return port == 25 || port == 587 || port == 2525;
}

/* A greeting: 220; or one that turns away: 421, 554 (RFC 5321 3.1). FTP begins the same way. */
static enum verdict recognise_banner(struct app_text line, bool is_whole, uint16_t port)
{
	bool is_last;
	uint16_t code = words_reply(line, &is_last);

	if (line.len < 4 && !is_whole)
		return VERDICT_MAYBE;
	if (code != 220 && code != 421 && code != 554)
		return VERDICT_NO;
	if (words_have(line, "SMTP"))
		return VERDICT_YES;
	if (!is_whole)
		return VERDICT_MAYBE;
	if (words_have(line, "FTP"))
		return VERDICT_NO;
	return code != 220 && is_mail_port(port) ? VERDICT_YES : VERDICT_MAYBE;
}

static enum verdict smtp_recognise(const struct opening *opening)
{
	struct app_text client, server;
	bool is_client_whole = words_line(opening->bytes[0], opening->len[0], &client);
	bool is_server_whole = words_line(opening->bytes[1], opening->len[1], &server);
	enum verdict verdict = VERDICT_MAYBE;

	if (server.len)
		verdict = recognise_banner(server, is_server_whole, opening->port);
	if (verdict != VERDICT_MAYBE || client.len == 0)
		return verdict;
	if (is_helo(client) && is_client_whole)
		return VERDICT_YES;
	if (client.len >= 5 || is_client_whole)
		return is_helo(client) ? VERDICT_MAYBE : VERDICT_NO;
	return VERDICT_MAYBE;
}

static void mail_forget(struct smtp_state *state)
{
	state->from.len = state->to.len = state->subject.len = state->agent.len = 0;
	state->bytes = 0;
	state->recipients = state->rejects = 0;
	state->reply = 0;
	state->has_mail = state->is_sent = false;
}

static void mail_tell(struct smtp_at *at, bool is_tls)
{
	struct smtp_state *state = at->state;
	struct app_event event = {
		.type = APP_SMTP,
		.smtp = {
			.helo = note_text(&state->helo),
			.from = note_text(&state->from),
			.to = note_text(&state->to),
			.subject = note_text(&state->subject),
			.agent = note_text(&state->agent),
			.recipients = state->recipients,
			.reply = state->reply,
			.rejects = state->rejects,
			.bytes = state->bytes,
			.is_tls = is_tls,
		},
	};

	parse_tell(at->parse, &event);
	mail_forget(state);
}

/* What was begun and led to nothing. */
static void mail_give_up(struct smtp_at *at)
{
	if (at->state->has_mail || at->state->rejects > 0)
		mail_tell(at, false);
}

static void login_tell(struct smtp_at *at, enum login_result result)
{
	struct app_event event = {
		.type = APP_LOGIN,
		.login = {
			.proto = PROTO_SMTP,
			.result = result,
			.user = note_text(&at->state->user),
			.tries = ++at->state->tries,
		},
	};

	parse_tell(at->parse, &event);
	at->state->user.len = 0;
}

static void wait_for(struct smtp_state *state, enum smtp_command command)
{
	if (state->is_lost)
		return;
	if (state->waiting_count == SMTP_WAITING) {
		state->is_lost = true;
		state->waiting_count = 0;
		return;
	}
	state->waiting[(state->waiting_first + state->waiting_count++) % SMTP_WAITING] = command;
}

static enum smtp_command waiting_next(const struct smtp_state *state)
{
	if (state->waiting_count)
		return state->waiting[state->waiting_first];
	return state->is_lost ? SMTP_OTHER : SMTP_BANNER;
}

static void waiting_drop(struct smtp_state *state)
{
	if (state->waiting_count == 0)
		return;
	state->waiting_first = (state->waiting_first + 1) % SMTP_WAITING;
	state->waiting_count--;
}

/* "FROM:<a@example.org> SIZE=1" gives "a@example.org". */
static struct app_text path_of(struct app_text argument)
{
	uint32_t colon = words_find(argument, ":");
	struct app_text path = words_trim(words_after(argument, colon + 1));
	uint32_t end;

	if (path.len && path.at[0] == '<')
		path = words_after(path, 1);
	for (end = 0; end < path.len && path.at[end] != '>' && path.at[end] != ' ';)
		end++;
	path.len = end;
	return path;
}

/* The user in a PLAIN message: authorisation identity, 0, user, 0, password (RFC 4616). */
static void user_of_plain(struct smtp_state *state, struct app_text encoded)
{
	char plain[256];
	size_t len = words_base64(encoded, plain, sizeof(plain));
	const char *user = memchr(plain, '\0', len);
	const char *end;

	if (!user)
		return;
	user++;
	end = memchr(user, '\0', len - (size_t)(user - plain));
	note_set(&state->user,
		words_of(user, end ? (size_t)(end - user) : len - (size_t)(user - plain)));
}

static void auth_take(struct smtp_state *state, struct app_text encoded)
{
	char user[NOTE_MAX];

	if (encoded.len == 0 || state->has_user)
		return;
	state->has_user = true;
	if (state->mechanism == SMTP_AUTH_PLAIN)
		user_of_plain(state, encoded);
	else if (state->mechanism == SMTP_AUTH_LOGIN)
		note_set(&state->user, words_of(user, words_base64(encoded, user, sizeof(user))));
}

static void take_auth(struct smtp_state *state, struct app_text argument)
{
	struct app_text mechanism = words_next(&argument);

	state->has_user = false;
	state->user.len = 0;
	state->mechanism = app_text_is(mechanism, "PLAIN")   ? SMTP_AUTH_PLAIN
			   : app_text_is(mechanism, "LOGIN") ? SMTP_AUTH_LOGIN
							     : SMTP_AUTH_OTHER;
	auth_take(state, words_next(&argument));
}

/* A mail follows before the last one was answered: that was told, its reply means nothing now. */
static void waiting_forget(struct smtp_state *state)
{
	for (unsigned i = 0; i < state->waiting_count; i++) {
		uint8_t *command = &state->waiting[(state->waiting_first + i) % SMTP_WAITING];

		if (*command == SMTP_END || *command == SMTP_RSET)
			*command = SMTP_OTHER;
	}
}

static void take_mail(struct smtp_at *at, struct app_text argument)
{
	mail_give_up(at);
	waiting_forget(at->state);
	at->state->has_mail = true;
	note_set(&at->state->from, path_of(argument));
}

static void take_recipient(struct smtp_state *state, struct app_text argument)
{
	if (state->recipients++ == 0)
		note_set(&state->to, path_of(argument));
}

static void mail_sent(struct smtp_at *at)
{
	at->state->mode = SMTP_MODE_COMMANDS;
	at->state->is_sent = true;
	if (at->state->is_lost)
		mail_tell(at, false);
	else
		wait_for(at->state, SMTP_END);
}

/* "BDAT 1000 LAST": so many bytes follow at once. */
static void take_chunk(struct smtp_state *state, struct app_text argument)
{
	struct app_text size = words_next(&argument);

	state->chunk_left = 0;
	for (uint32_t i = 0; i < size.len && i < 12; i++)
		if (size.at[i] >= '0' && size.at[i] <= '9')
			state->chunk_left = state->chunk_left * 10 + (uint64_t)(size.at[i] - '0');
	state->bytes += state->chunk_left;
	state->is_last_chunk = words_begin(argument, "LAST");
}

static enum smtp_command command_of(struct app_text word)
{
	static const struct {
		const char *word;
		enum smtp_command command;
	} commands[] = {
		{ "EHLO", SMTP_HELO },
		{ "HELO", SMTP_HELO },
		{ "LHLO", SMTP_HELO },
		{ "MAIL", SMTP_MAIL },
		{ "RCPT", SMTP_RCPT },
		{ "DATA", SMTP_DATA },
		{ "BDAT", SMTP_CHUNK },
		{ "AUTH", SMTP_AUTH },
		{ "STARTTLS", SMTP_STARTTLS },
		{ "RSET", SMTP_RSET },
		{ "QUIT", SMTP_QUIT },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (app_text_is(word, commands[i].word))
			return commands[i].command;
	return SMTP_OTHER;
}

/* false: bare bytes follow. */
static bool take_chunk_command(struct smtp_at *at, struct app_text argument)
{
	take_chunk(at->state, argument);
	if (at->state->is_last_chunk)
		mail_sent(at);
	else
		wait_for(at->state, SMTP_CHUNK);
	return at->state->chunk_left == 0;
}

static bool take_command(struct smtp_at *at, struct app_text line)
{
	struct smtp_state *state = at->state;
	struct app_text rest = line;
	enum smtp_command command = command_of(words_next(&rest));

	if (command == SMTP_CHUNK)
		return take_chunk_command(at, rest);
	if (command == SMTP_HELO)
		note_set(&state->helo, words_next(&rest));
	else if (command == SMTP_MAIL)
		take_mail(at, rest);
	else if (command == SMTP_RCPT)
		take_recipient(state, rest);
	else if (command == SMTP_AUTH)
		take_auth(state, rest);
	else if ((command == SMTP_RSET || command == SMTP_QUIT) && state->waiting_count == 0)
		mail_give_up(at);
	wait_for(state, command);
	/* Where the server is not seen, its 354 does not come either. */
	if (command == SMTP_DATA && (!state->has_server_said || state->is_lost)) {
		waiting_drop(state);
		state->mode = SMTP_MODE_HEADERS;
	}
	return true;
}

static void take_header(struct smtp_state *state, struct app_text line)
{
	if (line.len == 0)
		state->mode = SMTP_MODE_BODY;
	else if (words_begin(line, "Subject:"))
		note_set(&state->subject, words_trim(words_after(line, 8)));
	else if (words_begin(line, "X-Mailer:"))
		note_set(&state->agent, words_trim(words_after(line, 9)));
	else if (words_begin(line, "User-Agent:"))
		note_set(&state->agent, words_trim(words_after(line, 11)));
}

static bool take_client(struct smtp_at *at, struct app_text line)
{
	struct smtp_state *state = at->state;

	switch ((enum smtp_mode)state->mode) {
	case SMTP_MODE_COMMANDS:
		return take_command(at, line);
	case SMTP_MODE_AUTH:
		auth_take(state, words_trim(line));
		state->mode = SMTP_MODE_COMMANDS;
		return true;
	case SMTP_MODE_HEADERS:
	case SMTP_MODE_BODY:
		break;
	}
	if (line.len == 1 && line.at[0] == '.') {
		mail_sent(at);
		return true;
	}
	state->bytes += line.len + 2;
	if (state->mode == SMTP_MODE_HEADERS)
		take_header(state, line);
	return true;
}

/* 334 asks for more of an AUTH: it stays the next to be answered. */
static void reply_to_auth(struct smtp_at *at, uint16_t code)
{
	if (code == 334) {
		at->state->mode = SMTP_MODE_AUTH;
		return;
	}
	waiting_drop(at->state);
	if (at->state->mode == SMTP_MODE_AUTH)
		at->state->mode = SMTP_MODE_COMMANDS;
	login_tell(at, code == 235		    ? LOGIN_SUCCEEDED
		       : code >= 500 || code == 454 ? LOGIN_FAILED
						    : LOGIN_UNKNOWN);
}

/* Is it about the mail that is being sent? */
static bool is_of_mail(enum smtp_command command)
{
	return command <= SMTP_CHUNK;
}

/* false: TLS begins. */
static bool take_reply(struct smtp_at *at, uint16_t code)
{
	struct smtp_state *state = at->state;
	enum smtp_command command = waiting_next(state);

	if (command == SMTP_AUTH) {
		reply_to_auth(at, code);
		return true;
	}
	waiting_drop(state);
	if (is_of_mail(command)) {
		state->reply = code;
		state->rejects += code >= 500;
	}
	if (command == SMTP_DATA && code == 354)
		state->mode = SMTP_MODE_HEADERS;
	else if (command == SMTP_END)
		mail_tell(at, false);
	else if (command == SMTP_RSET || command == SMTP_QUIT)
		mail_give_up(at);
	else if (command == SMTP_STARTTLS && code == 220) {
		state->reply = code;
		mail_tell(at, true);
		parse_restart(at->parse);
		return false;
	}
	return true;
}

static bool smtp_take(void *context, unsigned side, struct app_text line)
{
	struct smtp_at *at = context;
	bool is_last = false;
	uint16_t code;

	if (side == 0)
		return take_client(at, line);
	at->state->has_server_said = true;
	code = words_reply(line, &is_last);
	return code == 0 || !is_last || take_reply(at, code);
}

static void smtp_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct smtp_state *s = state;
	struct smtp_at at = { s, parse };

	while (len > 0) {
		size_t used;

		if (side == 0 && s->chunk_left > 0) {
			used = s->chunk_left < len ? (size_t)s->chunk_left : len;
			s->chunk_left -= used;
		} else {
			used = parse_lines(parse, side, bytes, len, LINE_MAX_BYTES,
				&s->skipping[side], smtp_take, &at);
			if (side == 1)
				return;
		}
		bytes += used;
		len -= used;
	}
}

static void smtp_end(void *state, struct parse *parse)
{
	struct smtp_at at = { state, parse };

	for (; at.state->waiting_count; waiting_drop(at.state))
		if (waiting_next(at.state) == SMTP_AUTH)
			login_tell(&at, LOGIN_UNKNOWN);
	mail_give_up(&at);
}

const struct stream_parser parser_smtp = {
	.proto = PROTO_SMTP,
	.state_size = sizeof(struct smtp_state),
	.recognise = smtp_recognise,
	.data = smtp_data,
	.end = smtp_end,
};

_Static_assert(sizeof(struct smtp_state) <= PARSER_STATE_MAX, "the state fits");
