/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/irc.c - IRC (RFC 1459, 2812; IRCv3 message tags and STARTTLS) on any port.
 *
 * Recognised by what a client says to register, or by how servers write: ":server 001 nick …".
 * Bare PING and PONG are no sign (Gafgyt's own protocol has them without parameters). Told are
 * registration, channels joined (those a server puts us in, too), topics, messages both ways,
 * PINGs answered and the end. Lines are cut at LINE_MAX_BYTES. After "670" TLS begins; "691"
 * refuses it, and the conversation goes on in the clear.
 */
#include "app/irc.h"

#include "app/parser.h"

#define LINE_MAX_BYTES 1024 /* RFC 2812: 512, and as much of the tags before them */

struct irc_at {
	struct irc_state *state;
	struct parse *parse;
};

static bool is_digits(struct app_text text, uint32_t len)
{
	for (uint32_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len == len;
}

static struct app_text nick_of(struct app_text prefix)
{
	for (uint32_t i = 0; i < prefix.len; i++)
		if (prefix.at[i] == '!')
			prefix.len = i;
	return prefix;
}

/* [@tags] [:prefix] command parameters [:last one]. */
static void line_read(struct app_text text, struct irc_line *line)
{
	*line = (struct irc_line){ 0 };
	if (text.len && text.at[0] == '@')
		words_next(&text);
	if (text.len && text.at[0] == ':')
		line->prefix = words_after(words_next(&text), 1);
	line->nick = nick_of(line->prefix);
	line->command = words_next(&text);
	while (text.len && line->count < IRC_PARAMETERS) {
		if (text.at[0] == ':') {
			line->parameters[line->count++] = words_after(text, 1);
			return;
		}
		line->parameters[line->count++] = words_next(&text);
	}
}

static bool is_command(const struct irc_line *line, const char *command, unsigned parameters)
{
	return line->count >= parameters && app_text_is(line->command, command);
}

static bool is_channel(struct app_text name)
{
	return name.len > 1 && (name.at[0] == '#' || name.at[0] == '&');
}

/* What no other protocol's client begins a line with. PASS alone is POP3's and FTP's, too. */
static enum verdict recognise_client(struct app_text text)
{
	struct irc_line line;

	line_read(text, &line);
	if (is_command(&line, "NICK", 1) && line.count <= 2)
		return VERDICT_YES;
	if (is_command(&line, "USER", 4))
		return VERDICT_YES;
	if (is_command(&line, "CAP", 1))
		return app_text_is(line.parameters[0], "LS") ||
				       app_text_is(line.parameters[0], "REQ")
			       ? VERDICT_YES
			       : VERDICT_NO;
	if ((is_command(&line, "PRIVMSG", 2) || is_command(&line, "JOIN", 1)) &&
		is_channel(line.parameters[0]))
		return VERDICT_YES;
	return is_command(&line, "PASS", 1) || is_command(&line, "PONG", 1) ||
			       is_command(&line, "STARTTLS", 0)
		       ? VERDICT_MAYBE
		       : VERDICT_NO;
}

/* ":server 001 nick", ":nick!user@host PRIVMSG #channel :text", "NOTICE AUTH :***". */
static enum verdict recognise_server(struct app_text text)
{
	struct irc_line line;

	line_read(text, &line);
	if (line.prefix.len && is_digits(line.command, 3) && line.count >= 1)
		return VERDICT_YES;
	if (line.prefix.len && (is_command(&line, "NOTICE", 2) || is_command(&line, "PRIVMSG", 2) ||
				       is_command(&line, "JOIN", 1) || is_command(&line, "CAP", 2)))
		return VERDICT_YES;
	if (is_command(&line, "NOTICE", 2) && app_text_is(line.parameters[0], "AUTH"))
		return VERDICT_YES;
	return is_command(&line, "PING", 1) || is_command(&line, "ERROR", 1) ? VERDICT_MAYBE
									     : VERDICT_NO;
}

/* Whole lines only; the first that says yes or no decides. */
static enum verdict recognise_side(
	const uint8_t *bytes, size_t len, enum verdict (*recognise)(struct app_text line))
{
	struct app_text line;
	enum verdict verdict = VERDICT_MAYBE;

	for (unsigned i = 0; i < 4 && verdict == VERDICT_MAYBE; i++) {
		const uint8_t *end = len ? memchr(bytes, '\n', len) : NULL;

		if (!end || !words_line(bytes, len, &line))
			break;
		if (line.len)
			verdict = recognise(line);
		len -= (size_t)(end + 1 - bytes);
		bytes = end + 1;
	}
	return verdict;
}

/* Can these bytes begin a line of text? */
static bool is_plain(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && i < 16; i++)
		if (bytes[i] < ' ' && !words_is_any((char)bytes[i], "\r\n\t\2\3\x0f\x1d\x1f\1"))
			return false;
	return true;
}

static enum verdict irc_recognise(const struct opening *opening)
{
	enum verdict client, server;

	if (!is_plain(opening->bytes[0], opening->len[0]) ||
		!is_plain(opening->bytes[1], opening->len[1]))
		return VERDICT_NO;
	client = recognise_side(opening->bytes[0], opening->len[0], recognise_client);
	server = recognise_side(opening->bytes[1], opening->len[1], recognise_server);
	if (server == VERDICT_YES || (client == VERDICT_YES && server == VERDICT_MAYBE))
		return VERDICT_YES;
	return client == VERDICT_NO || server == VERDICT_NO ? VERDICT_NO : VERDICT_MAYBE;
}

static void irc_tell(struct irc_at *at, struct app_irc irc)
{
	struct app_event event = { .type = APP_IRC, .irc = irc };

	parse_tell(at->parse, &event);
}

static void register_tell(struct irc_at *at)
{
	struct irc_state *state = at->state;

	if (state->is_registered || !state->has_nick || !state->has_user)
		return;
	state->is_registered = true;
	irc_tell(at, (struct app_irc){
			     .what = IRC_REGISTER,
			     .nick = note_text(&state->nick),
			     .user = note_text(&state->user),
			     .password = note_text(&state->password),
		     });
}

static uint32_t hash_of(struct app_text name)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (uint32_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint8_t)name.at[i]) * 16777619U;
	return hash;
}

/* Is it new to us? Then remembers it. */
static bool channel_add(struct irc_state *state, struct app_text name)
{
	uint32_t hash = hash_of(name);

	for (unsigned i = 0; i < state->channel_count; i++)
		if (state->channels[i] == hash)
			return false;
	if (state->channel_count < IRC_CHANNELS)
		state->channels[state->channel_count++] = hash;
	return true;
}

static void join_tell(struct irc_at *at, struct app_text channel, struct app_text key)
{
	if (channel.len && channel_add(at->state, channel))
		irc_tell(at, (struct app_irc){
				     .what = IRC_JOIN,
				     .nick = note_text(&at->state->nick),
				     .password = key,
				     .channel = channel,
			     });
}

/* The next of a list with commas. */
static struct app_text next_of(struct app_text *list)
{
	uint32_t end = words_find(*list, ",");
	struct app_text item = *list;

	item.len = end;
	*list = words_after(*list, end + 1);
	return item;
}

static void take_join(struct irc_at *at, const struct irc_line *line)
{
	struct app_text channels = line->parameters[0], keys = line->parameters[1];

	for (unsigned i = 0; i < IRC_CHANNELS && channels.len; i++) {
		struct app_text channel = next_of(&channels);

		join_tell(at, channel, next_of(&keys));
	}
}

static void message_tell(
	struct irc_at *at, const struct irc_line *line, enum irc_what what, bool is_from_server)
{
	struct app_text nick = is_from_server ? line->nick : note_text(&at->state->nick);

	irc_tell(at, (struct app_irc){
			     .what = what,
			     .nick = nick,
			     .channel = line->parameters[0],
			     .text = line->parameters[1],
			     .is_from_server = is_from_server,
		     });
}

static void take_client(struct irc_at *at, const struct irc_line *line)
{
	struct irc_state *state = at->state;

	if (is_command(line, "NICK", 1)) {
		note_set(&state->nick, line->parameters[0]);
		state->has_nick = true;
		register_tell(at);
	} else if (is_command(line, "USER", 1)) {
		note_set(&state->user, line->parameters[0]);
		state->has_user = true;
		register_tell(at);
	} else if (is_command(line, "PASS", 1)) {
		note_set(&state->password, line->parameters[0]);
	} else if (is_command(line, "JOIN", 1)) {
		take_join(at, line);
	} else if (is_command(line, "PRIVMSG", 2) || is_command(line, "NOTICE", 2)) {
		message_tell(at, line, IRC_MESSAGE, false);
	} else if (is_command(line, "TOPIC", 2)) {
		message_tell(at, line, IRC_TOPIC, false);
	} else if (is_command(line, "PONG", 0)) {
		irc_tell(at, (struct app_irc){ .what = IRC_PING, .text = line->parameters[0] });
	} else if (is_command(line, "QUIT", 0)) {
		irc_tell(at, (struct app_irc){ .what = IRC_QUIT, .text = line->parameters[0] });
	}
}

static bool is_ours(const struct irc_state *state, struct app_text nick)
{
	return nick.len && nick.len == state->nick.len &&
	       memcmp(nick.at, state->nick.at, nick.len) == 0;
}

/* The greeting names us as the server does. */
static void take_welcome(struct irc_at *at, const struct irc_line *line)
{
	note_set(&at->state->nick, line->parameters[0]);
	irc_tell(at, (struct app_irc){ .what = IRC_WELCOME,
			     .nick = line->parameters[0],
			     .text = line->parameters[1] });
}

/* "332 nick #channel :topic". */
static void take_topic(struct irc_at *at, const struct irc_line *line)
{
	irc_tell(at, (struct app_irc){
			     .what = IRC_TOPIC,
			     .channel = line->parameters[1],
			     .text = line->parameters[2],
			     .is_from_server = true,
		     });
}

/* What servers themselves say in NOTICEs ("*** Looking up your hostname") is left out. */
static bool is_message(const struct irc_line *line)
{
	return is_command(line, "PRIVMSG", 2) ||
	       (is_command(line, "NOTICE", 2) &&
		       (line->nick.len < line->prefix.len || is_channel(line->parameters[0])));
}

static void take_server(struct irc_at *at, const struct irc_line *line)
{
	if (is_command(line, "001", 1))
		take_welcome(at, line);
	else if (is_command(line, "332", 3))
		take_topic(at, line);
	else if (is_command(line, "TOPIC", 2))
		message_tell(at, line, IRC_TOPIC, true);
	else if (is_message(line))
		message_tell(at, line, IRC_MESSAGE, true);
	else if (is_command(line, "JOIN", 1) && is_ours(at->state, line->nick))
		join_tell(at, line->parameters[0], (struct app_text){ 0 });
	else if (is_command(line, "NICK", 1) && is_ours(at->state, line->nick))
		note_set(&at->state->nick, line->parameters[0]);
	else if (is_command(line, "ERROR", 1))
		irc_tell(at, (struct app_irc){ .what = IRC_QUIT,
				     .text = line->parameters[0],
				     .is_from_server = true });
}

static bool irc_take(void *context, unsigned side, struct app_text text)
{
	struct irc_at *at = context;
	struct irc_line line;

	line_read(text, &line);
	if (side == 0) {
		take_client(at, &line);
		return true;
	}
	if (is_command(&line, "670", 1)) {
		parse_restart(at->parse);
		return false;
	}
	take_server(at, &line);
	return true;
}

static void irc_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct irc_state *s = state;
	struct irc_at at = { s, parse };

	parse_lines(parse, side, bytes, len, LINE_MAX_BYTES, &s->skipping[side], irc_take, &at);
}

/* What was lost ends somewhere in a line: the next whole one is read again. */
static void irc_gap(void *state, struct parse *parse, unsigned side, uint64_t missing)
{
	struct irc_state *s = state;
	size_t len;

	(void)missing;
	parse_held(parse, side, &len);
	parse_drop(parse, side, len);
	s->skipping[side] = true;
}

const struct stream_parser parser_irc = {
	.proto = PROTO_IRC,
	.state_size = sizeof(struct irc_state),
	.recognise = irc_recognise,
	.data = irc_data,
	.gap = irc_gap,
};

_Static_assert(sizeof(struct irc_state) <= PARSER_STATE_MAX, "the state fits");
