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
	CONF_TYPE_CHOICE,
	CONF_TYPE_TEXT,
};

/* A value of any type: FLOAT is real, TEXT is text, the others are whole. */
struct conf_value {
	uint64_t whole;
	double real;
	const char *text;
};

struct conf_option {
	const char *section; /* "" for the outermost mapping */
	const char *key;
	enum conf_type type;
	size_t offset;			       /* of the field in struct conf */
	struct conf_value otherwise, min, max; /* limits of a TEXT: whole, its bytes */
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

/* What an entry of the list of lists must be, as an option of its own. */
extern const struct conf_option conf_lists_entry;

/* Bytes of a value as text, the final 0 included: a TEXT in quotes, each byte escaped. */
#define CONF_VALUE_TEXT_MAX (2 * CONF_TEXT_OPTION_MAX + 3)
#define CONF_RANGE_TEXT_MAX 128 /* the same of a range with its unit */

/* What the configuration holds for an option. */
struct conf_value conf_option_get(const struct conf_option *option, const struct conf *conf);

/* Sets it; value must be in range, and a text outlive conf. */
void conf_option_set(const struct conf_option *option, struct conf *conf, struct conf_value value);

/* Reads "20000", "512M", "0.8", "enforce", "/run/weir". -EINVAL when it is no such value, -ERANGE
 * when it is one out of range. A TEXT is not copied. */
int conf_value_parse(
	const struct conf_option *option, const char *text, struct conf_value *ret_value);

/* The shortest text that reads back as exactly this value, as YAML has it (a TEXT in quotes); text
 * has CONF_VALUE_TEXT_MAX bytes. Returns text. */
const char *conf_value_format(
	const struct conf_option *option, struct conf_value value, char *text);

/* "1..64", "64M..1T", "1..10000000000 packets/s", "off|on", "1..255 bytes"; text has
 * CONF_RANGE_TEXT_MAX bytes. Returns text. */
const char *conf_range_format(const struct conf_option *option, char *text);

#endif
