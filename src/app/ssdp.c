/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/ssdp.c - what devices say of themselves over SSDP (UPnP Device Architecture 2.0, 1.2, 1.3).
 *
 * A datagram is one HTTP-like message: NOTIFY (I am here), an answer to M-SEARCH, or M-SEARCH
 * itself. SERVER, or USER-AGENT of who searches, is "OS/version UPnP/version product/version":
 * all of it is told as the system, the product as the model. USN (or NT, ST) names the service.
 * A searcher's USN is not its own, so only its USER-AGENT is told.
 */
#include <string.h>
#include <strings.h>

#include "app/parser.h"

#define PORT 1900
#define LINES_MAX 64

/* Takes the next line off text, without its end. */
static bool next_line(struct app_text *text, struct app_text *line)
{
	const char *end;

	if (text->len == 0)
		return false;
	end = memchr(text->at, '\n', text->len);
	line->at = text->at;
	line->len = end ? (uint32_t)(end - text->at) : text->len;
	text->at += line->len + (end != NULL);
	text->len -= line->len + (end != NULL);
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool begins_with(struct app_text text, const char *word)
{
	size_t len = strlen(word);

	return text.len >= len && strncasecmp(text.at, word, len) == 0;
}

/* The value when line is the header of that name ("SERVER:"). */
static bool value_of(struct app_text line, const char *name, struct app_text *ret_value)
{
	size_t skip = strlen(name);

	if (!begins_with(line, name))
		return false;
	while (skip < line.len && (line.at[skip] == ' ' || line.at[skip] == '\t'))
		skip++;
	*ret_value = (struct app_text){ line.at + skip, line.len - (uint32_t)skip };
	return true;
}

/* What stands behind the UPnP version. */
static struct app_text product_of(struct app_text system)
{
	uint32_t at = 0;

	while (at < system.len &&
		!begins_with((struct app_text){ system.at + at, system.len - at }, "UPnP/"))
		at++;
	while (at < system.len && system.at[at] != ' ' && system.at[at] != ',')
		at++;
	while (at < system.len && (system.at[at] == ' ' || system.at[at] == ','))
		at++;
	return (struct app_text){ system.at + at, system.len - at };
}

static void see_line(struct app_text line, bool is_search, struct app_host *host)
{
	struct app_text value;

	if (value_of(line, "SERVER:", &value) || value_of(line, "USER-AGENT:", &value))
		host->system = value;
	else if (!is_search && value_of(line, "USN:", &value))
		host->service = value;
	else if (!is_search && host->service.len == 0 &&
		 (value_of(line, "NT:", &value) || value_of(line, "ST:", &value)))
		host->service = value;
}

static bool ssdp_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct app_text text = { (const char *)bytes, (uint32_t)len }, line;
	struct app_event event = { .type = APP_HOST };
	bool is_search = begins_with(text, "M-SEARCH * HTTP/1.");

	if (parse->key.port[0] != PORT && parse->key.port[1] != PORT)
		return false;
	if (!is_search && !begins_with(text, "NOTIFY * HTTP/1.") && !begins_with(text, "HTTP/1."))
		return false;
	event.host.proto = PROTO_SSDP;
	event.host.addr = pkt->key.addr[0];
	for (unsigned i = 0; i < LINES_MAX && next_line(&text, &line); i++)
		see_line(line, is_search, &event.host);
	if (event.host.system.len > 0)
		event.host.model = product_of(event.host.system);
	if (event.host.system.len > 0 || event.host.service.len > 0)
		parse_tell(parse, &event);
	return true;
}

const struct datagram_parser datagram_ssdp = {
	.proto = PROTO_SSDP,
	.ports = { PORT },
	.see = ssdp_see,
};
