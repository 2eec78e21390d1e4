/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/shape.c - walks the events of a YAML text along the schema.
 *
 * A level for each open mapping or list, at most as many as the schema is deep, since a container
 * where the schema has none is refused before it is entered. The path is made of the schema's own
 * keys and of indices, so it is bounded too. Nothing of the text is kept.
 */
#include "conf/shape.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "conf/message.h"
#include "conf/table.h"
#include "conf/text.h"

#define LEVELS_MAX 5 /* outermost mapping, groups, one group, its networks; one to spare */
#define PATH_BYTES 96
#define FIELDS_MAX 64 /* keys of one mapping: bits of level.seen */

struct level {
	const cyaml_schema_value_t *schema;
	const cyaml_schema_field_t *field; /* whose value comes next; NULL: a key comes next */
	uint64_t seen;			   /* keys of this mapping, a bit each */
	uint32_t entries;		   /* of this list */
	size_t path_len;		   /* of the path that names this level */
	unsigned long line;		   /* where it begins */
};

struct walk {
	yaml_parser_t parser;
	yaml_event_t event;
	const uint8_t *bytes;
	const char *name;
	struct err *err;
	const char *wanted; /* path whose line is looked for, or NULL */
	unsigned long wanted_line;
	unsigned documents, depth;
	char path[PATH_BYTES];
	struct level levels[LEVELS_MAX];
};

static unsigned long line_of(const struct walk *walk)
{
	return (unsigned long)walk->event.start_mark.line + 1;
}

#define refuse(walk, ...)                                                                          \
	conf_refuse((walk)->err, (walk)->name, line_of(walk), (walk)->path, __VA_ARGS__)

static unsigned long count_lines(const uint8_t *bytes, size_t len)
{
	unsigned long lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	return lines;
}

/* libyaml marks the place, except when it cannot even read the bytes: then it gives their
 * offset. */
static int refuse_syntax(const struct walk *walk)
{
	const yaml_parser_t *parser = &walk->parser;
	const char *problem = parser->problem ? parser->problem : "unreadable";

	if (parser->error == YAML_MEMORY_ERROR)
		return err_set(walk->err, -ENOMEM, "%s: not enough memory to read it", walk->name);
	if (parser->error == YAML_READER_ERROR)
		return conf_refuse(walk->err, walk->name,
			count_lines(walk->bytes, parser->problem_offset), "",
			"not text in UTF-8: %s (byte %zu)", problem, parser->problem_offset);
	return conf_refuse(walk->err, walk->name, (unsigned long)parser->problem_mark.line + 1, "",
		"not YAML: %s%s%s", problem, parser->context ? " " : "",
		parser->context ? parser->context : "");
}

static const char *words_of_type(enum cyaml_type type)
{
	if (type == CYAML_MAPPING)
		return "a mapping (\"key: value\" lines, indented)";
	return type == CYAML_SEQUENCE ? "a list (\"- value\" lines, or [value, value])"
				      : "a single value";
}

static enum cyaml_type type_of(const yaml_event_t *event)
{
	if (event->type == YAML_MAPPING_START_EVENT)
		return CYAML_MAPPING;
	return event->type == YAML_SEQUENCE_START_EVENT ? CYAML_SEQUENCE : CYAML_STRING;
}

/* Appends to the path of the level: a key, or the number of the entry. */
static void path_extend(struct walk *walk, const struct level *level, const char *key)
{
	char *end = &walk->path[level->path_len];
	size_t left = sizeof(walk->path) - level->path_len;

	if (key)
		snprintf(end, left, "%s%s", level->path_len > 0 ? "." : "", key);
	else
		snprintf(end, left, "[%u]", level->entries);
}

static bool may_be_null(const cyaml_schema_value_t *schema)
{
	unsigned all = CYAML_FLAG_POINTER_NULL_STR;

	return ((unsigned)schema->flags & all) == all;
}

/* As libcyaml has it. */
static bool is_null(const char *text)
{
	return strcmp(text, "") == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
	       strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

static int walk_scalar(struct walk *walk, const cyaml_schema_value_t *schema)
{
	const char *text = (const char *)walk->event.data.scalar.value;
	char quoted[CONF_QUOTE_MAX];

	if (strlen(text) != walk->event.data.scalar.length)
		return refuse(walk, "holds a zero byte");
	if (may_be_null(schema) && is_null(text))
		return 0;
	conf_quote(text, quoted);
	if (schema->type != CYAML_STRING)
		return refuse(walk, "%s: expected %s", quoted, words_of_type(schema->type));
	if (strlen(text) > schema->string.max)
		return refuse(walk, "%s is longer than %u bytes", quoted, schema->string.max);
	return 0;
}

static int walk_value(struct walk *walk, const cyaml_schema_value_t *schema)
{
	enum cyaml_type opened = type_of(&walk->event);

	if (walk->wanted && strcmp(walk->path, walk->wanted) == 0)
		walk->wanted_line = line_of(walk);
	if (opened == CYAML_STRING)
		return walk_scalar(walk, schema);
	if (opened != schema->type)
		return refuse(walk, "expected %s, got %s", words_of_type(schema->type),
			words_of_type(opened));
	walk->levels[walk->depth++] = (struct level){
		.schema = schema,
		.path_len = strlen(walk->path),
		.line = line_of(walk),
	};
	return 0;
}

/* A key at the wrong place: is there one of that name in a section? */
static const struct conf_option *option_elsewhere(const char *key)
{
	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++)
		if (strcmp(conf_options[i].key, key) == 0)
			return &conf_options[i];
	return NULL;
}

static int refuse_key(struct walk *walk, const struct level *level, const char *key)
{
	const char *words[FIELDS_MAX + 1] = { NULL }, *nearest;
	const struct conf_option *option = option_elsewhere(key);
	char quoted[CONF_QUOTE_MAX];

	for (unsigned i = 0; i < FIELDS_MAX && level->schema->mapping.fields[i].key; i++)
		words[i] = level->schema->mapping.fields[i].key;
	nearest = conf_nearest(key, words);
	conf_quote(key, quoted);
	if (nearest)
		return refuse(walk, "unknown key %s; did you mean %s?", quoted, nearest);
	if (option)
		return refuse(walk, "unknown key %s here; did you mean %s%s%s?", quoted,
			option->section, *option->section ? "." : "", option->key);
	return refuse(walk, "unknown key %s; weir.yaml(5) lists them", quoted);
}

static int walk_key(struct walk *walk, struct level *level)
{
	const cyaml_schema_field_t *fields = level->schema->mapping.fields;
	const char *key = (const char *)walk->event.data.scalar.value;
	unsigned i = 0;

	if (walk->event.type != YAML_SCALAR_EVENT)
		return refuse(walk, "expected a key, got %s", words_of_type(type_of(&walk->event)));
	while (fields[i].key && strcmp(fields[i].key, key) != 0)
		i++;
	if (!fields[i].key || strlen(key) != walk->event.data.scalar.length)
		return refuse_key(walk, level, key);
	path_extend(walk, level, key);
	if (level->seen & 1ULL << i)
		return refuse(walk, "is there twice");
	level->seen |= 1ULL << i;
	level->field = &fields[i];
	return 0;
}

static int leave_mapping(struct walk *walk, const struct level *level)
{
	const cyaml_schema_field_t *fields = level->schema->mapping.fields;

	for (unsigned i = 0; fields[i].key; i++)
		if (!(fields[i].value.flags & CYAML_FLAG_OPTIONAL) && !(level->seen & 1ULL << i))
			return conf_refuse(walk->err, walk->name, level->line, walk->path,
				"%s is missing", fields[i].key);
	walk->depth--;
	return 0;
}

static int leave_list(struct walk *walk, const struct level *level)
{
	if (level->entries < level->schema->sequence.min)
		return refuse(walk, "is empty; at least one entry is needed");
	walk->depth--;
	return 0;
}

static int walk_mapping(struct walk *walk, struct level *level)
{
	const cyaml_schema_field_t *field = level->field;

	if (field) {
		level->field = NULL;
		return walk_value(walk, &field->value);
	}
	walk->path[level->path_len] = '\0';
	if (walk->event.type == YAML_MAPPING_END_EVENT)
		return leave_mapping(walk, level);
	return walk_key(walk, level);
}

static int walk_list(struct walk *walk, struct level *level)
{
	walk->path[level->path_len] = '\0';
	if (walk->event.type == YAML_SEQUENCE_END_EVENT)
		return leave_list(walk, level);
	if (level->entries == level->schema->sequence.max)
		return refuse(walk, "more than %u entries", level->entries);
	path_extend(walk, level, NULL);
	level->entries++;
	return walk_value(walk, level->schema->sequence.entry);
}

static int walk_event(struct walk *walk)
{
	struct level *level = walk->depth > 0 ? &walk->levels[walk->depth - 1] : NULL;

	switch (walk->event.type) {
	case YAML_DOCUMENT_START_EVENT:
		if (walk->documents++ > 0)
			return refuse(walk, "a second document; only one is read");
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(walk, "aliases (*name) are not supported; write it out");
	case YAML_SCALAR_EVENT:
	case YAML_MAPPING_START_EVENT:
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		if (!level)
			return walk_value(walk, &conf_text_schema);
		return level->schema->type == CYAML_MAPPING ? walk_mapping(walk, level)
							    : walk_list(walk, level);
	default:
		return 0;
	}
}

static int walk_all(struct walk *walk, size_t len)
{
	bool is_done = false;
	int r = 0;

	if (!yaml_parser_initialize(&walk->parser))
		return err_set(walk->err, -ENOMEM, "%s: not enough memory to read it", walk->name);
	yaml_parser_set_input_string(&walk->parser, walk->bytes, len);
	while (r == 0 && !is_done) {
		if (!yaml_parser_parse(&walk->parser, &walk->event)) {
			r = refuse_syntax(walk);
			break;
		}
		is_done = walk->event.type == YAML_STREAM_END_EVENT;
		r = walk_event(walk);
		yaml_event_delete(&walk->event);
	}
	yaml_parser_delete(&walk->parser);
	return r;
}

int conf_shape_check(const uint8_t *bytes, size_t len, const char *name, struct err *err)
{
	struct walk walk = { .bytes = bytes, .name = name, .err = err };

	return walk_all(&walk, len);
}

unsigned long conf_shape_line(const uint8_t *bytes, size_t len, const char *path)
{
	struct walk walk = { .bytes = bytes, .name = "", .wanted = path };

	walk_all(&walk, len);
	return walk.wanted_line;
}
