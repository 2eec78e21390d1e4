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

#define NUMBER_UNSIGNED(value)                                                                     \
	{                                                                                          \
		.whole = (value)                                                                   \
	}
#define NUMBER_SIZE(value)                                                                         \
	{                                                                                          \
		.whole = (value)                                                                   \
	}
#define NUMBER_FLOAT(value)                                                                        \
	{                                                                                          \
		.real = (value)                                                                    \
	}

/* clang-format off */
#define ROW(name, path, key_, type_, default_, min_, max_, unit_, source_, meaning_) \
	{ \
		.section = name, .key = #key_, .type = CONF_TYPE_##type_, \
		.offset = offsetof(struct conf, path CONF_FIELD(type_, key_)), \
		.otherwise = NUMBER_##type_(default_), .min = NUMBER_##type_(min_), \
		.max = NUMBER_##type_(max_), \
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

struct conf_number conf_option_get(const struct conf_option *option, const struct conf *conf)
{
	const char *field = (const char *)conf + option->offset;
	struct conf_number number = { 0 };

	if (option->type == CONF_TYPE_FLOAT)
		memcpy(&number.real, field, sizeof(number.real));
	else
		memcpy(&number.whole, field, sizeof(number.whole));
	return number;
}

void conf_option_set(const struct conf_option *option, struct conf *conf, struct conf_number number)
{
	char *field = (char *)conf + option->offset;

	if (option->type == CONF_TYPE_FLOAT)
		memcpy(field, &number.real, sizeof(number.real));
	else
		memcpy(field, &number.whole, sizeof(number.whole));
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

static int parse_unsigned(const char *text, struct conf_number *number)
{
	const char *end = text;
	int r = parse_digits(text, &number->whole, &end);

	return *end != '\0' ? -EINVAL : r;
}

static const char suffixes[] = "KMGT";

static int parse_size(const char *text, struct conf_number *number)
{
	const char *end = text, *suffix;
	int r = parse_digits(text, &number->whole, &end);
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
	if (r < 0 || number->whole > UINT64_MAX >> shift)
		return -ERANGE;
	number->whole <<= shift;
	return 0;
}

static int parse_float(const char *text, struct conf_number *number)
{
	char *end;

	if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.e+-")] != '\0')
		return -EINVAL;
	number->real = strtod(text, &end);
	if (*end != '\0')
		return -EINVAL;
	return isfinite(number->real) ? 0 : -ERANGE;
}

static bool is_in_range(const struct conf_option *option, struct conf_number number)
{
	if (option->type == CONF_TYPE_FLOAT)
		return number.real >= option->min.real && number.real <= option->max.real;
	return number.whole >= option->min.whole && number.whole <= option->max.whole;
}

int conf_number_parse(
	const struct conf_option *option, const char *text, struct conf_number *ret_number)
{
	struct conf_number number = { 0 };
	int r = option->type == CONF_TYPE_FLOAT	 ? parse_float(text, &number)
		: option->type == CONF_TYPE_SIZE ? parse_size(text, &number)
						 : parse_unsigned(text, &number);

	if (r < 0)
		return r;
	if (!is_in_range(option, number))
		return -ERANGE;
	*ret_number = number;
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
		snprintf(text, CONF_NUMBER_TEXT_MAX, "%llu", (unsigned long long)bytes);
	else
		snprintf(text, CONF_NUMBER_TEXT_MAX, "%llu%c", (unsigned long long)bytes,
			suffixes[shifts - 1]);
}

/* 15 digits are what a person wrote; 17 always suffice (IEEE 754 binary64). */
static void format_float(double value, char *text)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, CONF_NUMBER_TEXT_MAX, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			return;
	}
}

const char *conf_number_format(
	const struct conf_option *option, struct conf_number number, char *text)
{
	if (option->type == CONF_TYPE_FLOAT)
		format_float(number.real, text);
	else if (option->type == CONF_TYPE_SIZE)
		format_size(number.whole, text);
	else
		snprintf(text, CONF_NUMBER_TEXT_MAX, "%llu", (unsigned long long)number.whole);
	return text;
}

const char *conf_range_format(const struct conf_option *option, char *text)
{
	char min[CONF_NUMBER_TEXT_MAX], max[CONF_NUMBER_TEXT_MAX];
	const char *unit = option->type == CONF_TYPE_SIZE ? "" : option->unit;

	conf_number_format(option, option->min, min);
	conf_number_format(option, option->max, max);
	snprintf(text, CONF_RANGE_TEXT_MAX, "%s..%s%s%s", min, max, *unit ? " " : "", unit);
	return text;
}
