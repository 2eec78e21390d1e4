/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/ftp.c - the control connection of FTP (RFC 959) with AUTH TLS (RFC 4217).
 *
 * An FTP event for each command with its final reply; the argument of PASS is not told. USER and
 * PASS make a LOGIN event when the server has decided: 230 or 232 let in, 430, 530 and other 5yz
 * do not. After "234" the stream is recognised anew.
 */
#include "app/ftp.h"

#include "app/parser.h"

#define LINE_MAX_BYTES 512

struct ftp_at {
	struct ftp_state *state;
	struct parse *parse;
};

static bool is_client_line(struct app_text line)
{
	static const char *const words[] = { "USER ", "FEAT", "SYST", "AUTH TLS", "AUTH SSL",
		"OPTS ", "HOST ", "CLNT " };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words_begin(line, words[i]))
			return true;
	return false;
}

/* The server speaks first: 220, or 120, 421, 530 when it has no time. SMTP begins the same way. */
static enum verdict ftp_recognise(const struct opening *opening)
{
	struct app_text client, server;
	bool is_client_whole = words_line(opening->bytes[0], opening->len[0], &client);
	bool is_server_whole = words_line(opening->bytes[1], opening->len[1], &server);
	bool is_last;
	uint16_t code = words_reply(server, &is_last);

	if (server.len == 0)
		return opening->len[0] > 200 ? VERDICT_NO : VERDICT_MAYBE;
	if (server.len < 4 && !is_server_whole)
		return VERDICT_MAYBE;
	if (code != 220 && code != 120 && code != 421 && code != 530)
		return VERDICT_NO;
	if (words_have(server, "SMTP"))
		return VERDICT_NO;
	if (words_have(server, "FTP"))
		return VERDICT_YES;
	if (!is_server_whole || !is_client_whole)
		return VERDICT_MAYBE;
	return is_client_line(client) ? VERDICT_YES : VERDICT_NO;
}

static void command_tell(struct ftp_at *at, const struct ftp_command *command, uint16_t reply)
{
	struct app_event event = {
		.type = APP_FTP,
		.ftp = {
			.command = words_of(command->word, strlen(command->word)),
			.argument = note_text(&command->argument),
			.reply = reply,
		},
	};

	parse_tell(at->parse, &event);
}

static void login_tell(struct ftp_at *at, enum login_result result)
{
	struct app_event event = {
		.type = APP_LOGIN,
		.login = {
			.proto = PROTO_FTP,
			.result = result,
			.user = note_text(&at->state->user),
			.tries = ++at->state->tries,
		},
	};

	parse_tell(at->parse, &event);
}

static void command_read(struct ftp_command *command, struct app_text line)
{
	struct app_text word = words_next(&line);

	for (uint32_t i = 0; i < word.len && i < sizeof(command->word) - 1; i++)
		command->word[i] = word.at[i] >= 'a' && word.at[i] <= 'z'
					   ? (char)(word.at[i] - 'a' + 'A')
					   : word.at[i];
	if (strcmp(command->word, "PASS") != 0)
		note_set(&command->argument, words_trim(line));
}

static void take_command(struct ftp_at *at, struct app_text line)
{
	struct ftp_state *state = at->state;
	struct ftp_command command = { 0 };

	command_read(&command, line);
	if (command.word[0] == '\0')
		return;
	if (strcmp(command.word, "USER") == 0)
		state->user = command.argument;
	if (state->overflow > 0 || state->waiting_count == FTP_WAITING) {
		state->overflow++;
		command_tell(at, &command, 0);
		return;
	}
	state->waiting[(state->waiting_first + state->waiting_count++) % FTP_WAITING] = command;
}

/* What a reply to USER or PASS decides. 331, 332: the server asks for more. */
static void login_judge(struct ftp_at *at, const struct ftp_command *command, uint16_t reply)
{
	bool is_pass = strcmp(command->word, "PASS") == 0;

	if (!is_pass && strcmp(command->word, "USER") != 0)
		return;
	if (reply == 230 || reply == 232)
		login_tell(at, LOGIN_SUCCEEDED);
	else if (reply == 430 || (reply >= 500 && (is_pass || reply >= 530)))
		login_tell(at, LOGIN_FAILED);
	else if (is_pass && reply == 0)
		login_tell(at, LOGIN_UNKNOWN);
}

static void waiting_pop(struct ftp_at *at, uint16_t reply)
{
	struct ftp_state *state = at->state;
	const struct ftp_command *command = &state->waiting[state->waiting_first];

	state->waiting_first = (state->waiting_first + 1) % FTP_WAITING;
	state->waiting_count--;
	command_tell(at, command, reply);
	login_judge(at, command, reply);
}

/* false: TLS begins. */
static bool take_reply(struct ftp_at *at, uint16_t code)
{
	struct ftp_state *state = at->state;
	bool is_auth;

	if (code < 200)
		return true;
	if (state->waiting_count == 0) {
		state->overflow -= state->overflow > 0;
		return true;
	}
	is_auth = strcmp(state->waiting[state->waiting_first].word, "AUTH") == 0;
	waiting_pop(at, code);
	if (is_auth && code == 234) {
		parse_restart(at->parse);
		return false;
	}
	return true;
}

static bool ftp_take(void *context, unsigned side, struct app_text line)
{
	struct ftp_at *at = context;
	bool is_last = false;
	uint16_t code;

	if (side == 0) {
		take_command(at, line);
		return true;
	}
	code = words_reply(line, &is_last);
	return code == 0 || !is_last || take_reply(at, code);
}

static void ftp_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct ftp_state *s = state;
	struct ftp_at at = { s, parse };

	parse_lines(parse, side, bytes, len, LINE_MAX_BYTES, &s->skipping[side], ftp_take, &at);
}

static void ftp_end(void *state, struct parse *parse)
{
	struct ftp_at at = { state, parse };

	while (at.state->waiting_count)
		waiting_pop(&at, 0);
}

const struct stream_parser parser_ftp = {
	.proto = PROTO_FTP,
	.state_size = sizeof(struct ftp_state),
	.recognise = ftp_recognise,
	.data = ftp_data,
	.end = ftp_end,
};

_Static_assert(sizeof(struct ftp_state) <= PARSER_STATE_MAX, "the state fits");
