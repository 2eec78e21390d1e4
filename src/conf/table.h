/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/table.h - the options of options.h as a table that can be walked at run time.
 *
 * What is the same for all options (default, check, print, the tables of the manual) walks this
 * table instead of repeating itself; what needs the name of a field uses the list itself.
 */
#ifndef WEIR_CONF_TABLE_H
#define WEIR_CONF_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

struct conf;

enum conf_type {
	CONF_TYPE_UNSIGNED,
	CONF_TYPE_SIZE,
	CONF_TYPE_FLOAT,
};

/* A value of any type: FLOAT is real, the others are whole. */
struct conf_number {
	uint64_t whole;
	double real;
};

struct conf_option {
	const char *section; /* "" for the outermost mapping */
	const char *key;
	enum conf_type type;
	size_t offset; /* of the field in struct conf */
	struct conf_number otherwise, min, max;
	const char *unit, *source, *meaning;
};

struct conf_list {
	const char *key;
	uint32_t cap;
	const char *source, *meaning;
};

#define OPTION(section, key, ...) CONF_OPTION_##section##_##key,
#define SECTION(name, options, meaning) options(OPTION)
enum conf_option_id { CONF_OPTIONS_TOP(OPTION) CONF_SECTIONS(SECTION) CONF_OPTION_COUNT };
#undef SECTION
#undef OPTION

#define LIST(key, ...) CONF_LIST_##key,
enum conf_list_id { CONF_LISTS(LIST) CONF_LIST_COUNT };
#undef LIST

extern const struct conf_option conf_options[CONF_OPTION_COUNT];
extern const struct conf_list conf_lists[CONF_LIST_COUNT];

#define CONF_NUMBER_TEXT_MAX 40 /* bytes of a number as text, the final 0 included */
#define CONF_RANGE_TEXT_MAX 128 /* the same of a range with its unit */

/* What the configuration holds for an option. */
struct conf_number conf_option_get(const struct conf_option *option, const struct conf *conf);

/* Sets it; number must be in range. */
void conf_option_set(
	const struct conf_option *option, struct conf *conf, struct conf_number number);

/* Reads "20000", "512M", "0.8". -EINVAL when it is no such number, -ERANGE when it is one out of
 * range. */
int conf_number_parse(
	const struct conf_option *option, const char *text, struct conf_number *ret_number);

/* The shortest text that reads back as exactly this number; text has CONF_NUMBER_TEXT_MAX bytes.
 * Returns text. */
const char *conf_number_format(
	const struct conf_option *option, struct conf_number number, char *text);

/* "1..64", "64M..1T", "1..10000000000 packets/s"; text has CONF_RANGE_TEXT_MAX bytes. Returns
 * text. */
const char *conf_range_format(const struct conf_option *option, char *text);

#endif
