/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/words.h - what the parsers of line protocols share: words of a line, texts that are
 * remembered between lines, base64.
 *
 * A text points into bytes that belong to somebody else; a note is a copy of its first bytes that
 * a parser keeps in its state. No function here looks beyond the length it is given.
 */
#ifndef WEIR_APP_WORDS_H
#define WEIR_APP_WORDS_H

#include <string.h>

#include "app/event.h"

#define NOTE_MAX 127

struct note {
	uint8_t len;
	char at[NOTE_MAX];
};

static inline struct app_text note_text(const struct note *note)
{
	return (struct app_text){ note->at, note->len };
}

/* Keeps the first bytes of text. */
static inline void note_set(struct note *note, struct app_text text)
{
	note->len = (uint8_t)(text.len < NOTE_MAX ? text.len : NOTE_MAX);
	if (note->len)
		memcpy(note->at, text.at, note->len);
}

/* Is it one of these characters? */
static inline bool words_is_any(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Bytes as a text. */
static inline struct app_text words_of(const void *bytes, size_t len)
{
	return (struct app_text){ bytes, (uint32_t)len };
}

/* The next word of rest, up to white space, which is dropped; len 0 at the end. */
struct app_text words_next(struct app_text *rest);

/* Without white space at both ends. */
struct app_text words_trim(struct app_text text);

/* Does it begin so, in any case? */
bool words_begin(struct app_text text, const char *prefix);

/* Where it contains that, in any case: its offset; text.len when it does not. */
uint32_t words_find(struct app_text text, const char *word);

static inline bool words_have(struct app_text text, const char *word)
{
	return words_find(text, word) < text.len;
}

/* What stands behind the first len bytes; nothing when it is shorter. */
struct app_text words_after(struct app_text text, uint32_t len);

/* The code at the start of a reply ("250-first"): three digits, then the end, a space or "-".
 * 0 when it is no such line. */
uint16_t words_reply(struct app_text line, bool *ret_is_last);

/* Decodes base64 up to the first byte that is none, at most size bytes. Returns how many. */
size_t words_base64(struct app_text text, char *out, size_t size);

/* The first line of bytes that may not be all there. false: it is not ended yet; then *ret_line
 * is what there is. */
bool words_line(const uint8_t *bytes, size_t len, struct app_text *ret_line);

#endif
