/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/words.c - see words.h. */
#include "app/words.h"

#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct app_text words_after(struct app_text text, uint32_t len)
{
	if (len >= text.len)
		return (struct app_text){ 0 };
	return (struct app_text){ text.at + len, text.len - len };
}

struct app_text words_next(struct app_text *rest)
{
	struct app_text word;
	uint32_t begin = 0, end;

	while (begin < rest->len && is_space(rest->at[begin]))
		begin++;
	for (end = begin; end < rest->len && !is_space(rest->at[end]);)
		end++;
	word = words_after(*rest, begin);
	word.len = end - begin;
	while (end < rest->len && is_space(rest->at[end]))
		end++;
	*rest = words_after(*rest, end);
	return word;
}

struct app_text words_trim(struct app_text text)
{
	while (text.len && is_space(text.at[0]))
		text = words_after(text, 1);
	while (text.len && is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

bool words_begin(struct app_text text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && strncasecmp(text.at, prefix, len) == 0;
}

uint32_t words_find(struct app_text text, const char *word)
{
	size_t len = strlen(word);

	for (uint32_t i = 0; i + len <= text.len; i++)
		if (strncasecmp(text.at + i, word, len) == 0)
			return i;
	return text.len;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

uint16_t words_reply(struct app_text line, bool *ret_is_last)
{
	if (line.len < 3 || !is_digit(line.at[0]) || !is_digit(line.at[1]) || !is_digit(line.at[2]))
		return 0;
	if (line.len > 3 && line.at[3] != ' ' && line.at[3] != '-')
		return 0;
	*ret_is_last = line.len == 3 || line.at[3] == ' ';
	return (uint16_t)((line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + line.at[2] - '0');
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t words_base64(struct app_text text, char *out, size_t size)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t used = 0;

	for (uint32_t i = 0; i < text.len && used < size; i++) {
		int value = base64_value(text.at[i]);

		if (value < 0)
			break;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[used++] = (char)(bits >> have & 0xff);
		}
	}
	return used;
}

bool words_line(const uint8_t *bytes, size_t len, struct app_text *ret_line)
{
	const uint8_t *end = len ? memchr(bytes, '\n', len) : NULL;
	struct app_text line = words_of(bytes, end ? (size_t)(end - bytes) : len);

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	*ret_line = line;
	return end != NULL;
}
