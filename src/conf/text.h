/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/text.h - the configuration as text: what libcyaml makes of a file, before any value is
 * understood.
 *
 * libcyaml knows neither defaults nor ranges nor sizes such as 512M, so its schema takes every
 * option as a string: NULL when the file does not say, else to be read by table.h. The structs have
 * the shape of struct conf and come from the same list.
 */
#ifndef WEIR_CONF_TEXT_H
#define WEIR_CONF_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "conf/options.h"
#include "lib/err.h"

#define CONF_TEXT_MAX                                                                              \
	63 /* bytes of one value: the longest prefix has 49, a group's name 63; a TEXT option
			  * may be longer */

struct conf_text_group {
	char *name;
	char **networks;
	uint32_t networks_count;
};

#define OPTION(section, key, ...) char *key;
#define SECTION(name, options, meaning)                                                            \
	struct conf_text_##name {                                                                  \
		options(OPTION)                                                                    \
	};
CONF_SECTIONS(SECTION)
#undef SECTION
#define SECTION(name, options, meaning) struct conf_text_##name *name;
struct conf_text {
	char **networks;
	struct conf_text_group *groups;
	char **allow;
	char **interfaces;
	char **lists;
	uint32_t networks_count, groups_count, allow_count, interfaces_count, lists_count;
	CONF_OPTIONS_TOP(OPTION)
	CONF_SECTIONS(SECTION)
};
#undef SECTION
#undef OPTION

extern const cyaml_schema_value_t conf_text_schema;

/* Reads YAML into text, NULL when it holds nothing. The bytes have passed conf_shape_check().
 * -EINVAL, -ENOMEM. */
int conf_text_load(const uint8_t *bytes, size_t len, const char *name, struct err *err,
	struct conf_text **ret_text);

/* Frees it. NULL is fine. */
void conf_text_close(struct conf_text *text);

#endif
