/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/lists_line.c - one line of a list.
 *
 * A line is cut into fields at commas (outside of double quotes), or, when it has none, at white
 * space. The first field that is an address, a prefix, a URL, a fingerprint or a name is the entry;
 * the number behind an address is its port; the last words that are no date, number, link or
 * status are the note. That reads all the lists of abuse.ch without being told which one it is.
 *
 * A list is bytes from outside too: it may not name private or special addresses, prefixes that
 * hold a good part of the Internet, or names under which others register theirs ("co.uk").
 */
#include <string.h>
#include <strings.h>

#include "app/domain.h"
#include "detect/lists_internal.h"

#define FIELDS_MAX 16
#define FIELD_MAX 1024
#define NAME_LONGEST 253
#define PREFIX_SHORTEST_V4 8 /* a bogus or broken list, not one of controllers */
#define PREFIX_SHORTEST_V6 24

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct app_text trim(struct app_text text)
{
	while (text.len > 0 && is_space(text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len > 0 && is_space(text.at[text.len - 1]))
		text.len--;
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"') {
		text.at++;
		text.len -= 2;
	}
	return text;
}

/* Without commas what matters is in the first two ("127.0.0.1 name"): prose is no list. */
static unsigned split(struct app_text line, struct app_text fields[FIELDS_MAX])
{
	bool has_comma = memchr(line.at, ',', line.len) != NULL, is_quoted = false;
	unsigned count = 0, most = has_comma ? FIELDS_MAX : 2;
	uint32_t from = 0;

	for (uint32_t i = 0; i <= line.len && count < most; i++) {
		bool is_end = i == line.len;

		if (!is_end && line.at[i] == '"')
			is_quoted = !is_quoted;
		if (!is_end &&
			(is_quoted || !(has_comma ? line.at[i] == ',' : is_space(line.at[i]))))
			continue;
		if (i > from || has_comma)
			fields[count++] = trim((struct app_text){ line.at + from, i - from });
		from = i + 1;
	}
	return count;
}

bool list_is_comment(struct app_text line)
{
	line = trim(line);
	return line.len == 0 || line.at[0] == '#' || line.at[0] == ';' ||
	       (line.len >= 2 && line.at[0] == '/' && line.at[1] == '/');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Days since 1970 of a date (Fliegel and van Flandern 1968, CACM 11:657). */
static int64_t days_of(int year, int month, int day)
{
	int shift = (month - 14) / 12;

	return day - 32075 + 1461 * (year + 4800 + shift) / 4 +
	       367 * (month - 2 - shift * 12) / 12 - 3 * ((year + 4900 + shift) / 100) / 4 -
	       2440588;
}

static int number(const char *digits, unsigned count)
{
	int value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

static bool is_number(struct app_text text)
{
	for (uint32_t i = 0; i < text.len; i++)
		if (!is_digit(text.at[i]))
			return false;
	return text.len > 0;
}

/* 0: it is none. */
static uint16_t port_of(struct app_text text)
{
	return text.len <= 5 && is_number(text) ? (uint16_t)number(text.at, text.len) : 0;
}

/* "2024-02-08" at the start of text: seconds since 1970, 0: no date. */
static int64_t date_at(const char *text, uint32_t len)
{
	int year, month, day;

	if (len < 10)
		return 0;
	for (unsigned i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i]))
			return 0;
	year = number(text, 4);
	month = number(text + 5, 2);
	day = number(text + 8, 2);
	if (year < 1990 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	return days_of(year, month, day) * 86400;
}

int64_t list_comment_date(struct app_text line)
{
	for (uint32_t i = 0; i + 10 <= line.len; i++) {
		int64_t date_s = date_at(line.at + i, line.len - i);

		if (date_s != 0)
			return date_s;
	}
	return 0;
}

static bool is_hex(struct app_text text)
{
	for (uint32_t i = 0; i < text.len; i++) {
		char c = (char)(text.at[i] | 0x20);

		if (!is_digit(c) && (c < 'a' || c > 'f'))
			return false;
	}
	return true;
}

/* t13d1516h2_8daaf6152771_e5627efa2ab1: 10, 12 and 12 letters (FoxIO, JA4). */
static bool is_ja4(struct app_text text)
{
	static const char transports[] = { 't', 'q', 'd' };

	return text.len == 36 && text.at[10] == '_' && text.at[23] == '_' &&
	       memchr(transports, text.at[0], sizeof(transports)) && is_digit(text.at[4]) &&
	       is_hex((struct app_text){ text.at + 11, 12 }) &&
	       is_hex((struct app_text){ text.at + 24, 12 });
}

static bool fingerprint_kind(struct app_text text, enum list_entry_kind *ret_kind)
{
	if (is_ja4(text))
		*ret_kind = LIST_JA4;
	else if (!is_hex(text))
		return false;
	else if (text.len == 32)
		*ret_kind = LIST_JA3;
	else if (text.len == 40)
		*ret_kind = LIST_SHA1;
	else if (text.len == 64)
		*ret_kind = LIST_SHA256;
	else
		return false;
	return true;
}

static bool may_list_address(const struct addr *addr, unsigned bits)
{
	const uint8_t *b = addr->byte;

	if (addr_is_multicast(addr))
		return false;
	if (!addr_is_v4(addr))
		return bits >= PREFIX_SHORTEST_V6 && (b[0] & 0xe0) == 0x20; /* RFC 4291 2.4 */
	return bits >= ADDR_V4_BITS + PREFIX_SHORTEST_V4 && b[12] != 0 && b[12] != 10 &&
	       b[12] != 127 && b[12] < 224 && !(b[12] == 172 && (b[13] & 0xf0) == 16) &&
	       !(b[12] == 192 && b[13] == 168) && !(b[12] == 169 && b[13] == 254);
}

static bool parse_address(struct app_text text, struct addr *ret_addr, unsigned *ret_bits)
{
	char word[ADDR_TEXT_MAX];

	if (text.len == 0 || text.len >= sizeof(word))
		return false;
	memcpy(word, text.at, text.len);
	word[text.len] = '\0';
	return addr_prefix_parse(word, ret_addr, ret_bits) == 0;
}

/* Is it a name under which others register theirs? */
static bool is_suffix(struct app_text name)
{
	char below[NAME_LONGEST + 3] = "x.";

	for (uint32_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		below[2 + i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	below[2 + name.len] = '\0';
	return strcmp(domain_registered(below), below) == 0;
}

static bool is_name(struct app_text text)
{
	bool has_dot = false, has_letter = false;

	if (text.len == 0 || text.len > NAME_LONGEST || text.at[0] == '.' ||
		text.at[text.len - 1] == '.')
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = (char)(text.at[i] | 0x20);

		if (text.at[i] == '.') {
			has_dot = true;
			has_letter = false; /* the last label needs one: 1.2.3 is no name */
		} else if (c >= 'a' && c <= 'z') {
			has_letter = true;
		} else if (!is_digit(text.at[i]) && text.at[i] != '-' && text.at[i] != '_') {
			return false;
		}
	}
	return has_dot && has_letter;
}

static struct app_text after(struct app_text text, uint32_t skip)
{
	return (struct app_text){ text.at + skip, text.len - skip };
}

/* "http://host:port/path" to host, port and, in text, what follows the scheme. */
static bool parse_url(struct app_text url, struct list_line *line)
{
	uint32_t skip = url.len > 7 && strncasecmp(url.at, "http://", 7) == 0	 ? 7
			: url.len > 8 && strncasecmp(url.at, "https://", 8) == 0 ? 8
										 : 0;
	struct app_text rest = after(url, skip), host = rest, host_port;
	unsigned bits;
	uint32_t end = 0;

	if (skip == 0)
		return false;
	while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' && rest.at[end] != '#')
		end++;
	host.len = end;
	host_port = host;
	for (uint32_t i = 0; i < host.len; i++)
		if (host.at[i] == ':') {
			host.len = i;
			line->port = port_of(after(host_port, i + 1));
		}
	if (parse_address(host, &line->addr, &bits)) {
		line->kind = LIST_ADDRESS;
		line->bits = (uint8_t)bits;
		return bits == 128 && may_list_address(&line->addr, bits);
	}
	/* A whole host is listed in host files only: a URL may be at GitHub. */
	line->kind = LIST_URL;
	line->text = rest;
	return is_name(host) && end + 1 < rest.len && rest.len <= FIELD_MAX;
}

static bool read_field(struct app_text field, struct list_line *line)
{
	unsigned bits;

	if (fingerprint_kind(field, &line->kind)) {
		line->text = field;
		return true;
	}
	if (parse_address(field, &line->addr, &bits)) {
		line->kind = LIST_ADDRESS;
		line->bits = (uint8_t)bits;
		return may_list_address(&line->addr, bits);
	}
	if (parse_url(field, line))
		return true;
	line->kind = LIST_NAME;
	line->text = field;
	return is_name(field) && !is_suffix(field);
}

/* What a malware family or reason looks like: words, not a date, number, link or state. */
static bool is_note(struct app_text text)
{
	static const char *const states[] = { "online", "offline", "malware_download", "unknown",
		"None" };

	if (text.len < 3 || text.len > 64 || is_number(text) || date_at(text.at, text.len) != 0 ||
		memchr(text.at, '/', text.len))
		return false;
	for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (app_text_is(text, states[i]))
			return false;
	return true;
}

static void read_rest(const struct app_text *fields, unsigned count, struct list_line *line)
{
	if (line->kind == LIST_ADDRESS && line->port == 0 && count > 0)
		line->port = port_of(fields[0]);
	for (unsigned i = 0; i < count; i++)
		if (is_note(fields[i])) {
			line->note = fields[i];
			return;
		}
}

/* The null addresses of a host file: what follows is the name. */
static bool is_sink(struct app_text field)
{
	return app_text_is(field, "127.0.0.1") || app_text_is(field, "0.0.0.0") ||
	       app_text_is(field, "::1") || app_text_is(field, "::");
}

bool list_line_read(struct app_text text, struct list_line *ret_line)
{
	struct app_text fields[FIELDS_MAX];
	unsigned count = list_is_comment(text) ? 0 : split(text, fields);

	for (unsigned i = 0; i < count; i++) {
		struct list_line line = { 0 };

		if (fields[i].len == 0 || fields[i].len > FIELD_MAX || is_sink(fields[i]) ||
			date_at(fields[i].at, fields[i].len) != 0)
			continue;
		if (!read_field(fields[i], &line))
			continue;
		read_rest(fields + i + 1, count - i - 1, &line);
		*ret_line = line;
		return true;
	}
	return false;
}
