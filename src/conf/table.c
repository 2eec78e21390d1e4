/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/table.c - the options as a table, and their values as text.
 *
 * Numbers are read strictly: digits only, no sign, no octal, no "0x", nothing behind them, so that
 * a typing error is an error and not another value. Text and number convert both ways without loss.
 */
#include "conf/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "lib/text.h"

#define VALUE_UNSIGNED(value)                                                                      \
	{                                                                                          \
		.whole = (value)                                                                   \
	}
#define VALUE_SIZE(value)                                                                          \
	{                                                                                          \
		.whole = (value)                                                                   \
	}
#define VALUE_FLOAT(value)                                                                         \
	{                                                                                          \
		.real = (value)                                                                    \
	}

#define VALUE_CHOICE(value) VALUE_UNSIGNED(value)
#define VALUE_TEXT(value)                                                                          \
	{                                                                                          \
		.text = (value)                                                                    \
	}

#define LIMIT_UNSIGNED VALUE_UNSIGNED
#define LIMIT_SIZE VALUE_SIZE
#define LIMIT_FLOAT VALUE_FLOAT
#define LIMIT_CHOICE VALUE_UNSIGNED
#define LIMIT_TEXT VALUE_UNSIGNED

/* clang-format off */
#define ROW(name, path, key_, type_, default_, min_, max_, unit_, source_, meaning_) \
	{ \
		.section = name, .key = #key_, .type = CONF_TYPE_##type_, \
		.offset = offsetof(struct conf, path CONF_FIELD(type_, key_)), \
		.otherwise = VALUE_##type_(default_), .min = LIMIT_##type_(min_), \
		.max = LIMIT_##type_(max_), \
		.unit = unit_, .source = source_, .meaning = meaning_, \
	},
#define OPTION_TOP(section, ...) ROW("", , __VA_ARGS__)
#define OPTION(section, ...) ROW(#section, section., __VA_ARGS__)
#define SECTION(name, options, meaning) options(OPTION)
const struct conf_option conf_options[CONF_OPTION_COUNT] = {
	CONF_OPTIONS_TOP(OPTION_TOP)
	CONF_SECTIONS(SECTION)
};

#define LIST(key, cap, source, meaning) { #key, cap, source, meaning },
const struct conf_list conf_lists[CONF_LIST_COUNT] = { CONF_LISTS(LIST) };
/* clang-format on */

const struct conf_option conf_lists_entry = {
	.section = "",
	.key = "lists",
	.type = CONF_TYPE_TEXT,
	.min = { .whole = 1 },
	.max = { .whole = CONF_TEXT_OPTION_MAX },
	.unit = CONF_IS_PATH,
	.source = "",
	.meaning = "",
};

struct conf_value conf_option_get(const struct conf_option *option, const struct conf *conf)
{
	const char *field = (const char *)conf + option->offset;
	struct conf_value value = { 0 };

	if (option->type == CONF_TYPE_FLOAT)
		memcpy(&value.real, field, sizeof(value.real));
	else if (option->type == CONF_TYPE_TEXT)
		memcpy(&value.text, field, sizeof(value.text));
	else
		memcpy(&value.whole, field, sizeof(value.whole));
	return value;
}

void conf_option_set(const struct conf_option *option, struct conf *conf, struct conf_value value)
{
	char *field = (char *)conf + option->offset;

	if (option->type == CONF_TYPE_FLOAT)
		memcpy(field, &value.real, sizeof(value.real));
	else if (option->type == CONF_TYPE_TEXT)
		memcpy(field, &value.text, sizeof(value.text));
	else
		memcpy(field, &value.whole, sizeof(value.whole));
}

/* Reads the digits that text starts with, and says where they end. */
static int parse_digits(const char *text, uint64_t *ret_value, const char **ret_end)
{
	char *end;
	unsigned long long value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	*ret_end = end;
	*ret_value = value;
	return errno == ERANGE ? -ERANGE : 0;
}

static int parse_unsigned(const char *text, struct conf_value *value)
{
	const char *end = text;
	int r = parse_digits(text, &value->whole, &end);

	return *end != '\0' ? -EINVAL : r;
}

static const char suffixes[] = "KMGT";

static int parse_size(const char *text, struct conf_value *value)
{
	const char *end = text, *suffix;
	int r = parse_digits(text, &value->whole, &end);
	unsigned shift = 0;

	if (r != -EINVAL && *end != '\0') {
		suffix = strchr(suffixes, *end);
		if (!suffix)
			return -EINVAL;
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		end++;
	}
	if (*end != '\0' || r == -EINVAL)
		return -EINVAL;
	if (r < 0 || value->whole > UINT64_MAX >> shift)
		return -ERANGE;
	value->whole <<= shift;
	return 0;
}

static int parse_float(const char *text, struct conf_value *value)
{
	char *end;

	if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.e+-")] != '\0')
		return -EINVAL;
	value->real = strtod(text, &end);
	if (*end != '\0')
		return -EINVAL;
	return isfinite(value->real) ? 0 : -ERANGE;
}

/* The words of a CHOICE stand in its unit with "|" between them. */
static int parse_choice(
	const struct conf_option *option, const char *text, struct conf_value *value)
{
	const char *word = option->unit;

	for (value->whole = 0; *word != '\0'; value->whole++) {
		size_t len = strcspn(word, "|");

		if (strlen(text) == len && memcmp(word, text, len) == 0)
			return 0;
		word += len + (word[len] == '|');
	}
	return -EINVAL;
}

/* Only what a terminal shows and YAML takes as it stands. "" is left to the range. */
static int parse_text(const struct conf_option *option, const char *text, struct conf_value *value)
{
	char clean[CONF_TEXT_OPTION_MAX * 4 + 1];
	struct addr addr;
	unsigned bits;

	text_clean(text, false, clean, sizeof(clean));
	if (strcmp(clean, text) != 0)
		return -EINVAL;
	if (*text != '\0' && strcmp(option->unit, CONF_IS_PATH) == 0 && *text != '/')
		return -EINVAL;
	if (*text != '\0' && strcmp(option->unit, CONF_IS_ADDRESS) == 0 &&
		(addr_prefix_parse(text, &addr, &bits) < 0 || bits != 128))
		return -EINVAL;
	value->text = text;
	return 0;
}

static int parse_value(const struct conf_option *option, const char *text, struct conf_value *value)
{
	switch (option->type) {
	case CONF_TYPE_FLOAT:
		return parse_float(text, value);
	case CONF_TYPE_SIZE:
		return parse_size(text, value);
	case CONF_TYPE_CHOICE:
		return parse_choice(option, text, value);
	case CONF_TYPE_TEXT:
		return parse_text(option, text, value);
	default:
		return parse_unsigned(text, value);
	}
}

static bool is_in_range(const struct conf_option *option, struct conf_value value)
{
	if (option->type == CONF_TYPE_FLOAT)
		return value.real >= option->min.real && value.real <= option->max.real;
	if (option->type == CONF_TYPE_TEXT)
		value.whole = strlen(value.text);
	return value.whole >= option->min.whole && value.whole <= option->max.whole;
}

int conf_value_parse(
	const struct conf_option *option, const char *text, struct conf_value *ret_value)
{
	struct conf_value value = { 0 };
	int r = parse_value(option, text, &value);

	if (r < 0)
		return r;
	if (!is_in_range(option, value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

static void format_size(uint64_t bytes, char *text)
{
	unsigned shifts = 0;

	while (shifts < strlen(suffixes) && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		shifts++;
	}
	if (shifts == 0)
		snprintf(text, CONF_VALUE_TEXT_MAX, "%llu", (unsigned long long)bytes);
	else
		snprintf(text, CONF_VALUE_TEXT_MAX, "%llu%c", (unsigned long long)bytes,
			suffixes[shifts - 1]);
}

/* 15 digits are what a person wrote; 17 always suffice (IEEE 754 binary64). */
static void format_float(double value, char *text)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, CONF_VALUE_TEXT_MAX, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			return;
	}
}

static void format_choice(const struct conf_option *option, uint64_t index, char *text)
{
	const char *word = option->unit;
	size_t len = strcspn(word, "|");

	for (; index > 0 && word[len] == '|'; index--) {
		word += len + 1;
		len = strcspn(word, "|");
	}
	snprintf(text, CONF_VALUE_TEXT_MAX, "%.*s", (int)len, word);
}

/* In double quotes, within which YAML gives a meaning to two characters only. */
static void format_text(const char *raw, char *text)
{
	*text++ = '"';
	for (; *raw; raw++) {
		if (*raw == '"' || *raw == '\\')
			*text++ = '\\';
		*text++ = *raw;
	}
	*text++ = '"';
	*text = '\0';
}

const char *conf_value_format(const struct conf_option *option, struct conf_value value, char *text)
{
	if (option->type == CONF_TYPE_FLOAT)
		format_float(value.real, text);
	else if (option->type == CONF_TYPE_SIZE)
		format_size(value.whole, text);
	else if (option->type == CONF_TYPE_CHOICE)
		format_choice(option, value.whole, text);
	else if (option->type == CONF_TYPE_TEXT)
		format_text(value.text, text);
	else
		snprintf(text, CONF_VALUE_TEXT_MAX, "%llu", (unsigned long long)value.whole);
	return text;
}

const char *conf_range_format(const struct conf_option *option, char *text)
{
	char min[CONF_VALUE_TEXT_MAX], max[CONF_VALUE_TEXT_MAX];
	const char *unit = option->type == CONF_TYPE_SIZE ? "" : option->unit;

	if (option->type == CONF_TYPE_CHOICE) {
		snprintf(text, CONF_RANGE_TEXT_MAX, "%s", option->unit);
		return text;
	}
	if (option->type == CONF_TYPE_TEXT) {
		snprintf(text, CONF_RANGE_TEXT_MAX, "%llu..%llu bytes",
			(unsigned long long)option->min.whole,
			(unsigned long long)option->max.whole);
		return text;
	}
	conf_value_format(option, option->min, min);
	conf_value_format(option, option->max, max);
	snprintf(text, CONF_RANGE_TEXT_MAX, "%.40s..%.40s%s%s", min, max, *unit ? " " : "", unit);
	return text;
}

const char *conf_choice_name(
	const struct conf *conf, const char *section, const char *key, char word[CONF_CHOICE_MAX])
{
	char text[CONF_VALUE_TEXT_MAX] = "?";

	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++)
		if (conf_options[i].type == CONF_TYPE_CHOICE &&
			strcmp(conf_options[i].section, section) == 0 &&
			strcmp(conf_options[i].key, key) == 0)
			conf_value_format(
				&conf_options[i], conf_option_get(&conf_options[i], conf), text);
	snprintf(word, CONF_CHOICE_MAX, "%.*s", CONF_CHOICE_MAX - 1, text);
	return word;
}
