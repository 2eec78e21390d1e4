/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/telnet.c - Telnet (RFC 854): the login dialogue.
 *
 * Negotiation is taken out, the rest is followed character by character, because both prompts and
 * what a person types come in pieces without line ends. "login:" and its sisters ask for the
 * user, "password:" for the password; then words of refusal or the next prompt say that it failed,
 * a shell's prompt when the client goes on, or a greeting, that it did not. Commands that are
 * given to busybox by its path, as loaders of IoT bots do, and its refusals are told as LOOKS
 * events.
 */
#include "app/telnet.h"

#include "app/looks.h"
#include "app/parser.h"

#define IAC 0xff
#define SB 0xfa
#define SE 0xf0
#define OPTION_MAX 0x32	   /* registered ones that are in use; IANA telnet-options */
#define COLONS_MAX 4	   /* weir: "Last failed login: Mon Jan 1 10:20:30" has three */
#define LOADER_TOLD_MAX 32 /* a loader of Mirai's types about twelve such lines */

struct telnet_at {
	struct telnet_state *state;
	struct parse *parse;
	unsigned side;
};

static bool is_any(struct app_text text, const char *const *words)
{
	for (; *words; words++)
		if (words_have(text, *words))
			return true;
	return false;
}

static bool ends_with(struct app_text text, const char *word)
{
	size_t len = strlen(word);

	return text.len >= len && words_begin(words_after(text, (uint32_t)(text.len - len)), word);
}

static bool is_user_prompt(struct app_text line)
{
	return (ends_with(line, "login:") && !ends_with(line, "last login:")) ||
	       ends_with(line, "username:") || ends_with(line, "user name:") ||
	       ends_with(line, "user:") || ends_with(line, "account:");
}

static bool is_password_prompt(struct app_text line)
{
	return ends_with(line, "password:") || ends_with(line, "passwort:") ||
	       ends_with(line, "passwd:");
}

/* DO, DONT, WILL, WONT of an option there is, or a subnegotiation. */
static enum verdict negotiation_of(const uint8_t *bytes, uint32_t len)
{
	if (bytes[0] != IAC)
		return VERDICT_NO;
	if (len < 3)
		return VERDICT_MAYBE;
	return bytes[1] >= SB && bytes[1] <= 0xfe && bytes[1] != 0xf9 &&
			       (bytes[2] <= OPTION_MAX || bytes[2] == 0xff)
		       ? VERDICT_YES
		       : VERDICT_NO;
}

/* A server that asks for a login without any negotiation: the prompt ends a line in its text. */
static enum verdict prompt_of(const uint8_t *bytes, uint32_t len)
{
	uint32_t begin = 0;

	for (uint32_t i = 0; i < len; i++) {
		struct app_text line = words_of(bytes + begin, i + 1 - begin);

		if (bytes[i] >= 0x7f ||
			(bytes[i] < ' ' && !words_is_any((char)bytes[i], "\r\n\t\b\a\x1b")))
			return VERDICT_NO;
		if (bytes[i] == '\n')
			begin = i + 1;
		if (bytes[i] == ':' && (is_user_prompt(line) || is_password_prompt(line)))
			return VERDICT_YES;
	}
	return len < OPENING_MAX ? VERDICT_MAYBE : VERDICT_NO;
}

static enum verdict telnet_recognise(const struct opening *opening)
{
	enum verdict verdict = VERDICT_MAYBE;

	for (unsigned side = 0; side < 2; side++)
		if (opening->len[side]) {
			verdict = negotiation_of(opening->bytes[side], opening->len[side]);
			if (verdict == VERDICT_YES)
				return verdict;
		}
	if (verdict == VERDICT_MAYBE || opening->len[1] == 0)
		return opening->len[0] > 64 && opening->len[1] == 0 ? VERDICT_NO : VERDICT_MAYBE;
	return prompt_of(opening->bytes[1], opening->len[1]);
}

static void login_tell(struct telnet_at *at, enum login_result result)
{
	struct app_event event = {
		.type = APP_LOGIN,
		.login = {
			.proto = PROTO_TELNET,
			.result = result,
			.user = note_text(&at->state->user),
			.tries = ++at->state->tries,
		},
	};

	parse_tell(at->parse, &event);
	at->state->user.len = 0;
	at->state->stage = result == LOGIN_SUCCEEDED ? TELNET_INSIDE : TELNET_START;
}

/* What a loader of IoT bots types at us, and that we have no such applet: looks_loader() knows. Of
 * the server's lines only the refusal counts, the others repeat what was typed. */
static void see_loader(struct telnet_at *at, struct app_text line)
{
	struct telnet_state *state = at->state;
	struct looks_hit hit = looks_loader(line.at, line.len, &state->loader_steps);
	struct app_event event = {
		.type = APP_LOOKS,
		.looks = {
			.kind = LOOKS_MIRAI_LOADER,
			.side = (uint8_t)at->side,
			.traits = hit.traits,
			.text = line,
		},
	};

	if (hit.weight == 0 || (at->side == 1 && hit.traits != 0) ||
		state->loader_lines == LOADER_TOLD_MAX)
		return;
	event.looks.count = ++state->loader_lines + state->loader_steps;
	parse_tell(at->parse, &event);
}

/* Does the server wait at a shell's prompt? */
static bool is_at_prompt(const struct telnet_state *state)
{
	struct app_text line = words_trim(note_text(&state->line[1]));

	return line.len && words_is_any(line.at[line.len - 1], "$#>%");
}

/* The client has ended a line. */
static void take_input(struct telnet_at *at, struct app_text line)
{
	struct telnet_state *state = at->state;

	switch ((enum telnet_stage)state->stage) {
	case TELNET_ASKED_USER:
		note_set(&state->user, words_trim(line));
		state->stage = TELNET_START;
		break;
	case TELNET_ASKED_PASSWORD:
		state->stage = TELNET_JUDGING;
		state->line[1].len = 0;
		state->colons = 0;
		break;
	case TELNET_JUDGING:
		if (is_at_prompt(state))
			login_tell(at, LOGIN_SUCCEEDED);
		break;
	case TELNET_START:
	case TELNET_INSIDE:
		break;
	}
}

/* The server has ended a line, or stands at a colon. */
static void take_output(struct telnet_at *at, struct app_text line)
{
	static const char *const refusals[] = { "incorrect", "failed", "failure", "invalid",
		"denied", "bad password", "wrong", "not authorized", "unknown user", NULL };
	static const char *const greetings[] = { "last login", "welcome", "busybox v", "logged in",
		NULL };

	if (at->state->stage != TELNET_JUDGING)
		return;
	if (is_any(line, refusals))
		login_tell(at, LOGIN_FAILED);
	else if (is_any(line, greetings))
		login_tell(at, LOGIN_SUCCEEDED);
}

/* A prompt may be asked for twice; after a password it means that it was refused. */
static void take_colon(struct telnet_at *at, struct app_text line)
{
	struct telnet_state *state = at->state;
	bool is_user = is_user_prompt(line), is_password = is_password_prompt(line);

	if (state->colons < COLONS_MAX) {
		state->colons++;
		take_output(at, line);
	}
	if (!is_user && !is_password)
		return;
	if (state->stage == TELNET_JUDGING)
		login_tell(at, LOGIN_FAILED);
	if (state->stage != TELNET_INSIDE)
		state->stage = is_user ? TELNET_ASKED_USER : TELNET_ASKED_PASSWORD;
}

static void end_line(struct telnet_at *at)
{
	struct note *line = &at->state->line[at->side];

	if (at->side == 0)
		take_input(at, note_text(line));
	else
		take_output(at, note_text(line));
	see_loader(at, note_text(line));
	line->len = 0;
	if (at->side == 1)
		at->state->colons = 0;
}

/* A line ends with \r\n, \r\0, \r or \n (RFC 854; many clients). */
static void take_char(struct telnet_at *at, char c)
{
	struct telnet_state *state = at->state;
	struct note *line = &state->line[at->side];
	bool was_return = state->has_return[at->side];

	state->has_return[at->side] = c == '\r';
	if (was_return && (c == '\n' || c == '\0'))
		return;
	if (c == '\r' || c == '\n') {
		end_line(at);
	} else if (at->side == 0 && (c == 0x7f || c == '\b')) {
		line->len -= line->len > 0;
	} else if (c != '\0') {
		if (line->len < NOTE_MAX)
			line->at[line->len++] = c;
		if (at->side == 1 && c == ':')
			take_colon(at, note_text(line));
	}
}

/* The next state of the negotiation; false: the byte belongs to it and not to the text. */
static bool is_text(uint8_t *iac, uint8_t byte)
{
	switch ((enum telnet_iac) * iac) {
	case TELNET_TEXT:
		if (byte == IAC)
			*iac = TELNET_IAC;
		return byte != IAC;
	case TELNET_IAC:
		*iac = byte == SB		 ? TELNET_SUB
		       : byte > SB && byte < IAC ? TELNET_OPTION
						 : TELNET_TEXT;
		break;
	case TELNET_OPTION:
		*iac = TELNET_TEXT;
		break;
	case TELNET_SUB:
		if (byte == IAC)
			*iac = TELNET_SUB_IAC;
		break;
	case TELNET_SUB_IAC:
		*iac = byte == SE ? TELNET_TEXT : TELNET_SUB;
		break;
	}
	return false;
}

static void telnet_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct telnet_at at = { state, parse, side };

	for (size_t i = 0; i < len; i++)
		if (is_text(&at.state->iac[side], bytes[i]))
			take_char(&at, (char)bytes[i]);
}

static void telnet_end(void *state, struct parse *parse)
{
	struct telnet_at at = { state, parse, 1 };

	if (at.state->stage == TELNET_JUDGING)
		login_tell(&at, is_at_prompt(at.state) ? LOGIN_SUCCEEDED : LOGIN_UNKNOWN);
}

const struct stream_parser parser_telnet = {
	.proto = PROTO_TELNET,
	.state_size = sizeof(struct telnet_state),
	.recognise = telnet_recognise,
	.data = telnet_data,
	.end = telnet_end,
};

_Static_assert(sizeof(struct telnet_state) <= PARSER_STATE_MAX, "the state fits");
