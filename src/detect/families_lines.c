/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families_lines.c - Gafgyt (BASHLITE, Qbot); see families.h.
 *
 * As its published client has it: the bot says "BUILD …" once, answers PING with PONG, and obeys
 * lines "!* UDP 203.0.113.7 80 60 …". PING and PONG alone are what any chat says.
 */
#include <stdio.h>
#include <string.h>

#include "detect/families.h"

/* "!* UDP 203.0.113.7 80 60": the words behind the second one. */
static bool read_order(struct app_text text, struct family_command *command)
{
	char line[129], address[64];
	unsigned duration_s = 0, bits;
	size_t len = text.len < sizeof(line) - 1 ? text.len : sizeof(line) - 1;

	memcpy(line, text.at, len);
	line[len] = '\0';
	*command = (struct family_command){ .family = "gafgyt", .what = "" };
	if (sscanf(line, "!* %*15s %63[0-9.] %*15s %9u", address, &duration_s) < 1 ||
		addr_prefix_parse(address, &command->targets[0].addr, &bits) < 0)
		return false;
	command->targets[0].bits = (uint8_t)bits;
	command->duration_s = duration_s;
	command->count = 1;
	return true;
}

static bool begins(struct app_text text, const char *word)
{
	return text.len >= strlen(word) && memcmp(text.at, word, strlen(word)) == 0;
}

static void count_line(struct family_talk *talk, const struct app_looks *looks)
{
	talk->commands += begins(looks->text, "!* ");
	talk->builds += begins(looks->text, "BUILD ");
	talk->pings += begins(looks->text, "PING");
	talk->pongs += begins(looks->text, "PONG");
}

static float gafgyt_confidence(const struct family_talk *talk, bool is_order)
{
	bool is_client = talk->builds || talk->pongs;

	if (talk->commands > 0 && (is_client || is_order))
		return is_client ? 0.92F : 0.85F;
	if (talk->commands > 1)
		return 0.75F;
	return talk->commands || (talk->builds && talk->pings) ? 0.55F : 0;
}

void family_gafgyt(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings)
{
	struct parties parties = family_parties(state, event);
	struct family_command command;
	struct finding finding;
	bool is_order;
	char line[96];
	float confidence;

	count_line(talk, &event->looks);
	is_order = read_order(event->looks.text, &command);
	confidence = gafgyt_confidence(talk, is_order);
	if (confidence <= 0)
		return;
	finding = bot_finding(KIND_BOT_C2, "families", &parties, event->time_ns, confidence,
		"it takes orders in Gafgyt's words");
	finding.family = "gafgyt";
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	bot_evidence(&finding, "orders", "lines", talk->commands);
	bot_evidence(&finding, "pings", "lines", talk->pings);
	bot_detail(&finding, "\"%s\"", app_text_clean(event->looks.text, line, sizeof(line)));
	family_tell(talk, event, &finding, findings);
	if (is_order)
		family_order_given(state, event, &command, findings);
}
