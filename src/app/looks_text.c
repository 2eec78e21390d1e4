/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks_text.c - lines and prompts of both sides of a conversation; see looks.h.
 *
 * Each side has one line under way, without what only moves a cursor or negotiates (ANSI escape
 * sequences, Telnet options). An ended line may be a command, output, an order or a step of a
 * loader. A prompt has no end of line: it is looked for in what stands unended when the other side
 * begins to speak. What was found is told when its weight reaches 3, then ever more rarely.
 */
#include <string.h>

#include "app/looks.h"

#define WEIGHT_TOLD 3 /* of one kind from one side: see looks_shell.c */

/* Where we are within something that is no text. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_BEGUN,	    /* ESC */
	ESCAPE_SEQUENCE,    /* ESC [ … a letter (ECMA-48 5.4) */
	ESCAPE_STRING,	    /* ESC ] … BEL: a window's title */
	ESCAPE_TELNET,	    /* IAC (RFC 854) */
	ESCAPE_OPTION,	    /* IAC WILL: an option follows */
	ESCAPE_NEGOTIATION, /* IAC SB … IAC SE */
	ESCAPE_NEGOTIATION_END,
};

static uint8_t telnet_next(uint8_t byte)
{
	if (byte == 250)
		return ESCAPE_NEGOTIATION;
	return byte >= 251 && byte <= 254 ? ESCAPE_OPTION : ESCAPE_NONE;
}

/* The byte was taken as a part of an escape sequence, or begins one. */
static bool is_escaped(struct looks_line *line, uint8_t byte)
{
	switch ((enum escape)line->escape) {
	case ESCAPE_NONE:
		if (byte != 0x1b && byte != 0xff)
			return false;
		line->escape = byte == 0x1b ? ESCAPE_BEGUN : ESCAPE_TELNET;
		return true;
	case ESCAPE_BEGUN:
		line->escape = byte == '['   ? ESCAPE_SEQUENCE
			       : byte == ']' ? ESCAPE_STRING
					     : ESCAPE_NONE;
		return true;
	case ESCAPE_SEQUENCE:
		if (byte >= 0x40 && byte <= 0x7e)
			line->escape = ESCAPE_NONE;
		return true;
	case ESCAPE_STRING:
		if (byte == 7 || byte == '\\' || byte == '\n')
			line->escape = ESCAPE_NONE;
		return true;
	case ESCAPE_TELNET:
		line->escape = telnet_next(byte);
		return true;
	case ESCAPE_OPTION:
		line->escape = ESCAPE_NONE;
		return true;
	case ESCAPE_NEGOTIATION:
		if (byte == 255)
			line->escape = ESCAPE_NEGOTIATION_END;
		return true;
	case ESCAPE_NEGOTIATION_END:
		line->escape = byte == 240 ? ESCAPE_NONE : ESCAPE_NEGOTIATION;
		return true;
	}
	return false;
}

/* Counts a hit; tells it when it has become unmistakable, and then more rarely. */
static bool count_hit(struct looks_text *text, struct parse *parse, unsigned side,
	struct looks_hit hit, const char *line, size_t len)
{
	struct looks_count *count = &text->counts[side][hit.kind];
	bool was_told = count->weight >= WEIGHT_TOLD, is_strong;
	uint32_t steps = hit.kind == LOOKS_MIRAI_LOADER ? text->steps : 0;

	if (hit.weight == 0 || count->times == UINT16_MAX)
		return false;
	count->times++;
	if (count->weight < UINT16_MAX - hit.weight)
		count->weight = (uint16_t)(count->weight + hit.weight);
	/* What is unmistakable is worth telling each time, for a while: an order, a download. */
	is_strong = hit.weight >= WEIGHT_TOLD && count->times <= 64;
	if (count->weight < WEIGHT_TOLD || (was_told && !is_strong && !looks_is_due(count->times)))
		return false;
	looks_tell(parse, side, hit.kind, hit.traits, count->times + steps, line, len);
	return true;
}

static bool end_line(struct looks_text *text, struct parse *parse, unsigned side)
{
	struct looks_line *line = &text->lines[side];
	const char *at = line->at;
	size_t len = line->len;
	bool is_told = false;
	struct looks_hit hit;

	if (!line->is_odd && len > 0) {
		hit = looks_shell_prompt(at, len, true);
		is_told |= count_hit(text, parse, side, hit, at, len);
		if (hit.weight == 0) {
			hit = looks_shell_output(at, len);
			is_told |= count_hit(text, parse, side, hit, at, len);
			if (hit.weight == 0)
				is_told |= count_hit(
					text, parse, side, looks_shell_command(at, len), at, len);
		}
		is_told |= count_hit(text, parse, side, looks_gafgyt(at, len, side), at, len);
		is_told |=
			count_hit(text, parse, side, looks_loader(at, len, &text->steps), at, len);
	}
	line->len = 0;
	line->is_odd = false;
	return is_told;
}

static void add_byte(struct looks_line *line, uint8_t byte)
{
	if (byte == 0 || byte == 7) /* Telnet's CR NUL; the bell */
		return;
	if (byte < ' ' && byte != '\t')
		line->is_odd = true;
	if (line->len < LOOKS_LINE_MAX)
		line->at[line->len++] = (char)byte;
}

bool looks_text_data(struct looks_text *text, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct looks_line *line = &text->lines[side];
	bool is_told = false;

	if (len > 0 && text->last_side == 2 - side)
		is_told |= looks_text_turn(text, parse, !side);
	if (len > 0)
		text->last_side = (uint8_t)(side + 1);
	for (size_t i = 0; i < len; i++) {
		if (is_escaped(line, bytes[i]))
			continue;
		if (bytes[i] == '\n' || bytes[i] == '\r')
			is_told |= end_line(text, parse, side);
		else
			add_byte(line, bytes[i]);
	}
	return is_told;
}

bool looks_text_turn(struct looks_text *text, struct parse *parse, unsigned side)
{
	struct looks_line *line = &text->lines[side];
	struct looks_hit hit;
	bool is_told;

	if (line->is_odd || line->len == 0 || line->len == LOOKS_LINE_MAX)
		return false;
	hit = looks_shell_prompt(line->at, line->len, false);
	if (hit.weight == 0)
		return false;
	is_told = count_hit(text, parse, side, hit, line->at, line->len);
	line->len = 0;
	return is_told;
}

void looks_text_gap(struct looks_text *text, unsigned side)
{
	text->lines[side].len = 0;
	text->lines[side].is_odd = false;
	text->lines[side].escape = ESCAPE_NONE;
}
