/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/event.c - the names behind event.h. */
#include "app/event.h"

#include <string.h>
#include <strings.h>

#include "lib/text.h"

#define TEXT_LONGEST 4096 /* as the log cuts texts */

const char *const app_event_names[APP_EVENT_TYPES] = {
#define APP_EVENT(symbol, member, name) [APP_##symbol] = name,
	APP_EVENTS(APP_EVENT)
#undef APP_EVENT
};

const char *const app_proto_names[APP_PROTO_COUNT] = {
#define APP_PROTO(symbol, name) [PROTO_##symbol] = name,
	APP_PROTOS(APP_PROTO)
#undef APP_PROTO
};

bool app_text_is(struct app_text text, const char *word)
{
	return strlen(word) == text.len &&
	       (text.len == 0 || strncasecmp(text.at, word, text.len) == 0);
}

const char *app_text_clean(struct app_text text, char *out, size_t size)
{
	char raw[TEXT_LONGEST + 1];
	size_t len = text.len < TEXT_LONGEST ? text.len : TEXT_LONGEST;

	/* A NUL would end the string for text_clean: it is shown as a space. */
	for (size_t i = 0; i < len; i++)
		raw[i] = text.at[i] ? text.at[i] : ' ';
	raw[len] = '\0';
	return text_clean(raw, false, out, size);
}
