/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/text_clean.c - UTF-8: reading, measuring, and making strings from outside safe; see text.h.
 *
 * Width follows our own small table, not wcwidth(), which depends on the locale. What the table
 * does not know counts as one column: at worst a line is a little shorter than it might be, never
 * longer. Ranges: Unicode 15 (EastAsianWidth W and F; general categories Cc, Cf, Zl, Zp).
 */
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

struct range {
	uint32_t first, last;
};

static const struct range wide[] = {
	{ 0x1100, 0x115f },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf },
	{ 0x4e00, 0xa4cf },
	{ 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x16fe0, 0x1b2ff },
	{ 0x1f000, 0x1faff },
	{ 0x20000, 0x3fffd },
};

/* Marks that sit on the letter before; only those common in file names. */
static const struct range combining[] = { { 0x0300, 0x036f }, { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f } };

/* Controls, invisible ones, and those that turn around what stands beside them (U+202E). */
static const struct range unsafe[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },
	{ 0x061c, 0x061c },
	{ 0x115f, 0x1160 },
	{ 0x180e, 0x180e },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0x3164, 0x3164 },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xffff },
	{ 0xe0000, 0x10ffff },
};

static bool range_has(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

#define RANGE_HAS(ranges, code) range_has(ranges, sizeof(ranges) / sizeof(*(ranges)), code)

unsigned text_character(const char *text, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800,
		0x10000 }; /* shorter forms are forbidden */
	const unsigned char *byte = (const unsigned char *)text;
	unsigned length = byte[0] < 0x80   ? 1
			  : byte[0] < 0xc0 ? 0
			  : byte[0] < 0xe0 ? 2
			  : byte[0] < 0xf0 ? 3
					   : 4;
	uint32_t code = length == 1 ? byte[0] : byte[0] & (0x7fU >> length);

	for (unsigned i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			goto bad;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (length == 0 || byte[0] >= 0xf8 || code < least[length] || code > 0x10ffff ||
		(code >= 0xd800 && code <= 0xdfff))
		goto bad;
	*ret_code = code;
	return length;
bad:
	*ret_code = TEXT_BAD;
	return 1;
}

static unsigned code_columns(uint32_t code)
{
	if (code < 0x300 || code == TEXT_BAD)
		return 1;
	return RANGE_HAS(combining, code) ? 0 : RANGE_HAS(wide, code) ? 2 : 1;
}

unsigned text_columns(const char *text)
{
	unsigned columns = 0;
	uint32_t code;

	while (*text) {
		text += text_character(text, &code);
		columns += code_columns(code);
	}
	return columns;
}

size_t text_prefix_bytes(const char *text, unsigned columns)
{
	const char *end = text;
	unsigned used = 0;
	uint32_t code;

	while (*end) {
		unsigned length = text_character(end, &code);

		used += code_columns(code);
		if (used > columns)
			break;
		end += length;
	}
	return (size_t)(end - text);
}

static const char *ascii_likeness(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *text;
	} likenesses[] = {
		{ 0xb5, "u" },
		{ 0xb7, "-" },
		{ 0xd7, "x" },
		{ 0x3bc, "u" },
		{ 0x2013, "-" },
		{ 0x2014, "-" },
		{ 0x2018, "'" },
		{ 0x2019, "'" },
		{ 0x201c, "\"" },
		{ 0x201d, "\"" },
		{ 0x2026, "..." },
		{ 0x2192, "->" },
		{ 0x2212, "-" },
	};

	for (size_t i = 0; i < sizeof(likenesses) / sizeof(*likenesses); i++)
		if (likenesses[i].code == code)
			return likenesses[i].text;
	return NULL;
}

/* What one character becomes. Returns its length in bytes. */
static size_t clean_one(
	const char *raw, unsigned length, uint32_t code, bool is_ascii, char piece[20])
{
	const char *likeness = is_ascii ? ascii_likeness(code) : NULL;
	size_t used = 0;

	if (likeness)
		return (size_t)snprintf(piece, 20, "%s", likeness);
	if (code != TEXT_BAD && !RANGE_HAS(unsafe, code) && !(is_ascii && code > 0x7e)) {
		memcpy(piece, raw, length);
		return length;
	}
	for (unsigned i = 0; i < length; i++)
		used += (size_t)snprintf(piece + used, 20 - used, "\\x%02x", (unsigned char)raw[i]);
	return used;
}

const char *text_clean(const char *raw, bool is_ascii, char *out, size_t size)
{
	size_t used = 0;

	while (*raw) {
		char piece[20];
		uint32_t code;
		unsigned length = text_character(raw, &code);
		size_t piece_len = clean_one(raw, length, code, is_ascii, piece);

		if (used + piece_len >= size)
			break;
		memcpy(out + used, piece, piece_len);
		used += piece_len;
		raw += length;
	}
	out[used] = '\0';
	return out;
}
