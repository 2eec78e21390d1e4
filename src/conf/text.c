/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/text.c - the libcyaml schema, made of the option list, and the call of libcyaml.
 *
 * A section or list without a value ("flood:" with every line below it commented out) counts as
 * empty. Aliases are refused. What libcyaml logs goes into struct err, never to stderr.
 */
#include "conf/text.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/message.h"

#define MAY_BE_MISSING (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)
#define MAY_BE_EMPTY (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL_STR)

static const cyaml_schema_value_t prefix_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CONF_TEXT_MAX),
};

static const cyaml_schema_field_t group_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"name", CYAML_FLAG_POINTER, struct conf_text_group, name, 0, CONF_NAME_MAX),
	CYAML_FIELD_SEQUENCE("networks", CYAML_FLAG_POINTER, struct conf_text_group, networks,
		&prefix_schema, 1, CONF_PREFIXES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t group_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct conf_text_group, group_fields),
};

/* Too long a name is refused with the reason (load.c), so here it may be as long as any value. */
static const cyaml_schema_value_t interface_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CONF_TEXT_MAX),
};

static const cyaml_schema_value_t path_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CONF_TEXT_OPTION_MAX),
};

#define LONGEST_UNSIGNED CONF_TEXT_MAX
#define LONGEST_SIZE CONF_TEXT_MAX
#define LONGEST_FLOAT CONF_TEXT_MAX
#define LONGEST_CHOICE CONF_TEXT_MAX
#define LONGEST_TEXT CONF_TEXT_OPTION_MAX

#define OPTION(section, key, type, ...)                                                            \
	CYAML_FIELD_STRING_PTR(                                                                    \
		#key, MAY_BE_MISSING, struct conf_text_##section, key, 0, LONGEST_##type),
#define SECTION(name, options, meaning)                                                            \
	static const cyaml_schema_field_t name##_fields[] = { options(OPTION) CYAML_FIELD_END };
CONF_SECTIONS(SECTION)
#undef SECTION
#undef OPTION

#define ENTRY_networks prefix_schema
#define ENTRY_groups group_schema
#define ENTRY_allow prefix_schema
#define ENTRY_interfaces interface_schema
#define ENTRY_lists path_schema
#define LIST(key, cap, source, meaning)                                                            \
	CYAML_FIELD_SEQUENCE(#key, MAY_BE_EMPTY, struct conf_text, key, &ENTRY_##key, 0, cap),
#define OPTION(section, key, type, ...)                                                            \
	CYAML_FIELD_STRING_PTR(#key, MAY_BE_MISSING, struct conf_text, key, 0, LONGEST_##type),
#define SECTION(name, options, meaning)                                                            \
	CYAML_FIELD_MAPPING_PTR(#name, MAY_BE_EMPTY, struct conf_text, name, name##_fields),
static const cyaml_schema_field_t top_fields[] = {
	CONF_LISTS(LIST) CONF_OPTIONS_TOP(OPTION) CONF_SECTIONS(SECTION) CYAML_FIELD_END,
};

const cyaml_schema_value_t conf_text_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER_NULL_STR, struct conf_text, top_fields),
};

/* libcyaml grows a list by one entry at a time; large blocks are doubled, or long lists would cost
 * the square of their length. */
static void *resize(void *context, void *old, size_t size)
{
	size_t doubled = 4096;

	(void)context;
	if (size == 0) {
		free(old);
		return NULL;
	}
	if (old && malloc_usable_size(old) >= size)
		return old;
	while (doubled < size)
		doubled *= 2;
	return realloc(old, size > 4096 ? doubled : size);
}

/* Keeps the first message, the one that says what is wrong; a trace of where follows it. */
__attribute__((format(printf, 3, 0))) static void keep_message(
	cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct err *message = context;

	(void)level;
	if (message->text[0] != '\0')
		return;
	vsnprintf(message->text, sizeof(message->text), format, args);
	message->text[strcspn(message->text, "\n")] = '\0';
}

static cyaml_config_t config_with(struct err *message)
{
	return (cyaml_config_t){
		.log_fn = keep_message,
		.log_ctx = message,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = resize,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

int conf_text_load(const uint8_t *bytes, size_t len, const char *name, struct err *err,
	struct conf_text **ret_text)
{
	struct err message = { "" };
	cyaml_config_t config = config_with(&message);
	cyaml_data_t *text = NULL;
	cyaml_err_t failure = cyaml_load_data(bytes, len, &config, &conf_text_schema, &text, NULL);

	/* The shape check has read the same bytes, so only memory can make the parser fail now. */
	if (failure == CYAML_ERR_OOM || failure == CYAML_ERR_LIBYAML_PARSER ||
		failure == CYAML_ERR_LIBYAML_PARSER_INIT)
		return err_set(err, -ENOMEM, "%s: not enough memory to read it", name);
	if (failure != CYAML_OK)
		return conf_refuse(
			err, name, 0, "", "%s (%.200s)", cyaml_strerror(failure), message.text);
	*ret_text = text;
	return 0;
}

void conf_text_close(struct conf_text *text)
{
	struct err message = { "" };
	cyaml_config_t config = config_with(&message);

	if (text)
		cyaml_free(&config, &conf_text_schema, text, 0);
}
