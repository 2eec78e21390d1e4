/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/stratum_json.c - see stratum_json.h. */
#include "app/stratum_json.h"

#include "app/words.h"
#include "lib/rd.h"

struct level {
	uint32_t index;	  /* within an array */
	uint8_t path_len; /* of what holds this level */
	bool is_array;
	bool is_unread; /* it stands in a list too far behind */
};

struct walk {
	struct rd rd;
	json_take *take;
	void *context;
	struct level levels[JSON_DEPTH];
	unsigned depth;
	uint8_t path_len;
	bool is_too_long; /* the path, or the list */
	char path[JSON_PATH_MAX + 1];
};

/* The next byte that is no white space, not moved past; 0 at the end. */
static uint8_t peek(struct walk *walk)
{
	while (rd_left(&walk->rd) && words_is_any((char)*walk->rd.at, " \t\r\n"))
		rd_skip(&walk->rd, 1);
	return rd_left(&walk->rd) ? *walk->rd.at : 0;
}

/* The bytes up to the closing quote; false: there is none. */
static bool read_string(struct walk *walk, struct app_text *ret_text)
{
	const uint8_t *begin;

	rd_skip(&walk->rd, 1);
	begin = walk->rd.at;
	while (rd_left(&walk->rd) && *walk->rd.at != '"')
		if (!rd_skip(&walk->rd, *walk->rd.at == '\\' ? 2 : 1))
			return false;
	*ret_text = (struct app_text){ (const char *)begin, (uint32_t)(walk->rd.at - begin) };
	return rd_skip(&walk->rd, 1);
}

/* The path becomes that of an element of the innermost level. */
static void path_set(struct walk *walk, struct app_text element)
{
	size_t at = walk->levels[walk->depth - 1].path_len;
	size_t slash = at > 0;

	walk->is_too_long =
		walk->levels[walk->depth - 1].is_unread || at + slash + element.len > JSON_PATH_MAX;
	if (walk->is_too_long)
		element.len = 0;
	if (slash && at < JSON_PATH_MAX)
		walk->path[at++] = '/';
	if (element.len)
		memcpy(walk->path + at, element.at, element.len);
	walk->path_len = (uint8_t)(at + element.len);
	walk->path[walk->path_len] = '\0';
}

static void path_set_index(struct walk *walk)
{
	const struct level *level = &walk->levels[walk->depth - 1];
	char digit = (char)('0' + level->index);

	if (level->index <= JSON_INDEX_MAX)
		path_set(walk, (struct app_text){ &digit, 1 });
	else
		walk->is_too_long = true;
}

/* A key and its colon. */
static bool read_key(struct walk *walk)
{
	struct app_text key;

	if (peek(walk) != '"' || !read_string(walk, &key))
		return false;
	path_set(walk, key);
	return peek(walk) == ':' && rd_skip(&walk->rd, 1);
}

static bool read_scalar(struct walk *walk, uint8_t first)
{
	const uint8_t *begin = walk->rd.at;
	struct app_text text;

	if (first == '"') {
		if (!read_string(walk, &text))
			return false;
	} else {
		while (rd_left(&walk->rd) && !words_is_any((char)*walk->rd.at, ",]}: \t\r\n\"[{"))
			rd_skip(&walk->rd, 1);
		text = (struct app_text){ (const char *)begin, (uint32_t)(walk->rd.at - begin) };
		if (text.len == 0)
			return false;
		if (text.len == 4 && memcmp(text.at, "null", 4) == 0)
			return true;
	}
	if (!walk->is_too_long)
		walk->take(walk->context, walk->path, text);
	return true;
}

/* Goes in. *ret_is_empty: and out again. */
static bool enter(struct walk *walk, uint8_t first, bool *ret_is_empty)
{
	struct level *level = &walk->levels[walk->depth];

	if (walk->depth == JSON_DEPTH)
		return false;
	*level = (struct level){
		.path_len = walk->path_len, .is_array = first == '[', .is_unread = walk->is_too_long
	};
	walk->depth++;
	rd_skip(&walk->rd, 1);
	*ret_is_empty = peek(walk) == (level->is_array ? ']' : '}');
	if (*ret_is_empty)
		return true;
	if (!level->is_array)
		return read_key(walk);
	path_set_index(walk);
	return true;
}

/* Behind a value: closes what ends here and goes to the next value. false: an error. When all is
 * closed depth is 0. */
static bool go_on(struct walk *walk)
{
	while (walk->depth > 0) {
		struct level *level = &walk->levels[walk->depth - 1];
		uint8_t next = peek(walk);

		rd_skip(&walk->rd, 1);
		if (next == ',' && !level->is_array)
			return read_key(walk);
		if (next == ',') {
			level->index += level->index <= JSON_INDEX_MAX;
			path_set_index(walk);
			return true;
		}
		if (next != (level->is_array ? ']' : '}'))
			return false;
		walk->depth--;
	}
	return true;
}

bool json_walk(struct app_text json, json_take *take, void *context)
{
	struct walk walk = { .rd = rd_over(json.at, json.len), .take = take, .context = context };

	do {
		uint8_t first = peek(&walk);
		bool is_empty = true;

		if (first == '{' || first == '[') {
			if (!enter(&walk, first, &is_empty))
				return false;
			if (!is_empty)
				continue;
		} else if (!read_scalar(&walk, first)) {
			return false;
		}
		if (!go_on(&walk))
			return false;
	} while (walk.depth > 0);
	return peek(&walk) == 0 && rd_left(&walk.rd) == 0;
}
