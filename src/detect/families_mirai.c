/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families_mirai.c - Mirai's command channel and its loader; see families.h.
 *
 * Thresholds from the published source: the bot sends 00 00 after six rounds of 10 s without
 * anything (mirai/bot/main.c), the server echoes it and gives up after 180 s (mirai/cnc/bot.go);
 * orders as in mirai/cnc/attack.go; the loader's dialogue as in loader/src/server.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "detect/families.h"
#include "lib/rd.h"

#define KEEPALIVE_LEAST_NS (10 * NS_PER_S)
#define KEEPALIVE_MOST_NS (180 * NS_PER_S)
#define MINUTE_LEAST_NS (50 * NS_PER_S)
#define MINUTE_MOST_NS (70 * NS_PER_S)

static struct finding c2_finding(const struct families_state *state, const struct app_event *event,
	float confidence, const char *reason)
{
	struct parties parties = family_parties(state, event);
	struct finding finding =
		bot_finding(KIND_BOT_C2, "families", &parties, event->time_ns, confidence, reason);

	finding.family = "mirai";
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	return finding;
}

static void count_keepalive(struct family_talk *talk, const struct app_event *event)
{
	unsigned side = event->looks.side & 1;
	int64_t gap_ns = event->time_ns - talk->kept_ns[side];

	if (talk->kept_ns[side] && gap_ns >= MINUTE_LEAST_NS && gap_ns <= MINUTE_MOST_NS)
		talk->minutes[side]++;
	else if (talk->kept_ns[side] &&
		 (gap_ns < KEEPALIVE_LEAST_NS || gap_ns > KEEPALIVE_MOST_NS) &&
		 event->looks.count <= 8)
		talk->minutes[side] = 0;
	talk->kept_ns[side] = event->time_ns;
	talk->keepalives[side] = event->looks.count;
}

/* Both sides say nothing, in step, about once a minute. */
static float keepalive_confidence(const struct family_talk *talk)
{
	if (talk->keepalives[0] < 2 || talk->keepalives[1] < 2)
		return 0;
	if (talk->minutes[0] >= 2 && talk->minutes[1] >= 2)
		return 0.9F;
	return talk->minutes[0] && talk->minutes[1] ? 0.75F : 0.5F;
}

static const char *vector_name(uint8_t vector)
{
	static const char *const names[] = { "UDP", "VSE", "DNS", "SYN", "ACK", "STOMP", "GRE IP",
		"GRE Ethernet", "proxy", "plain UDP", "HTTP" };

	return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "unknown";
}

static bool read_order(struct app_text text, struct family_command *command)
{
	struct rd rd = rd_over(text.at, text.len);
	unsigned targets;

	*command = (struct family_command){ .family = "mirai" };
	command->duration_s = rd_be32(&rd);
	command->what = vector_name(rd_u8(&rd));
	targets = rd_u8(&rd);
	for (unsigned i = 0; i < targets && i < FAMILY_TARGETS; i++) {
		const uint8_t *bytes = rd_bytes(&rd, 4);
		uint8_t bits = rd_u8(&rd);

		if (rd.failed || bits > 32)
			break;
		command->targets[command->count].addr = addr_from_v4(bytes);
		command->targets[command->count++].bits = (uint8_t)(ADDR_V4_BITS + bits);
	}
	return command->count > 0;
}

static void see_order(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings)
{
	struct family_command command;
	char target[ADDR_TEXT_MAX];
	struct finding finding;

	talk->orders = event->looks.count;
	if (!talk->is_registered || !read_order(event->looks.text, &command))
		return;
	finding = c2_finding(
		state, event, 0.95F, "it registered as Mirai does, and was given an attack order");
	bot_evidence(&finding, "orders", "orders", talk->orders);
	bot_evidence(&finding, "duration", "s", command.duration_s);
	bot_detail(&finding, "ordered a %s flood on %s for %u s", command.what,
		addr_prefix_format(&command.targets[0].addr, command.targets[0].bits, target),
		command.duration_s);
	family_tell(talk, event, &finding, findings);
	family_order_given(state, event, &command, findings);
}

void family_mirai(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings)
{
	struct finding finding;
	float confidence;

	if (event->looks.kind == LOOKS_MIRAI_LOGIN)
		talk->is_registered = true;
	if (event->looks.kind == LOOKS_MIRAI_ORDER)
		see_order(state, talk, event, findings);
	if (event->looks.kind != LOOKS_MIRAI_KEEPALIVE)
		return;
	count_keepalive(talk, event);
	confidence = keepalive_confidence(talk);
	if (!talk->is_registered || confidence <= 0)
		return;
	finding = c2_finding(state, event, confidence,
		"it registered as Mirai does, and both sides keep alive with two zero bytes");
	bot_evidence(&finding, "keepalives", "messages", talk->keepalives[0]);
	bot_evidence(&finding, "answers", "messages", talk->keepalives[1]);
	family_tell(talk, event, &finding, findings);
}

/* "/bin/busybox ECCHI": an applet in capitals is asked for because there is none. */
static bool asks_for_applet(struct app_text text)
{
	static const char path[] = "/bin/busybox ";
	const char *at = text.at, *end = text.at + text.len;

	while ((at = memmem(at, (size_t)(end - at), path, sizeof(path) - 1)) != NULL) {
		unsigned capitals = 0;

		at += sizeof(path) - 1;
		while (at + capitals < end && isupper((unsigned char)at[capitals]))
			capitals++;
		if (capitals >= 4 &&
			(at + capitals == end || !isalnum((unsigned char)at[capitals])))
			return true;
	}
	return false;
}

static void count_line(struct family_talk *talk, const struct app_looks *looks)
{
	static const char refusal[] = "applet not found";

	talk->lines = looks->count > talk->lines ? looks->count : talk->lines;
	talk->applets += asks_for_applet(looks->text);
	talk->drops += (looks->traits & TRAIT_DOWNLOAD) != 0;
	talk->refusals += looks->side == 1 && memmem(looks->text.at, looks->text.len, refusal,
						      sizeof(refusal) - 1) != NULL;
}

/* A loader is a host taken over before, or a server of its own: orders come from another. */
#define LOADER_FACTOR 0.7F

/* Anybody may type anything at an open port of ours: it must be seen to obey. */
static float loader_confidence(const struct family_talk *talk, bool is_ours)
{
	if (talk->applets == 0)
		return talk->refusals > 0 && talk->lines >= 3 ? 0.6F : 0;
	if (!is_ours && talk->refusals == 0)
		return 0.5F;
	if (talk->drops > 0 || talk->refusals > 0 || talk->lines >= 3)
		return 0.9F;
	return 0.7F;
}

/* The host that is taken over is the server; a loader among ours is itself the bot. */
void family_loader(struct families_state *state, struct family_talk *talk,
	const struct app_event *event, struct findings *findings)
{
	struct parties parties = parties_of(state->networks, &event->key);
	bool is_ours = !parties.is_local && !parties.is_foreign && parties.inside_side == 0;
	struct finding finding;
	char line[96];
	float confidence;

	count_line(talk, &event->looks);
	confidence = loader_confidence(talk, is_ours);
	if (confidence <= 0)
		return;
	parties.inside = event->key.addr[is_ours ? 0 : 1];
	parties.outside = event->key.addr[is_ours ? 1 : 0];
	finding = bot_finding(KIND_BOT_C2, "families", &parties, event->time_ns, confidence,
		is_ours ? "it loads Mirai onto another device"
			: "a loader of Mirai's kind gives it commands");
	finding.family = "mirai";
	finding.to_role = is_ours ? ROLE_TARGET : ROLE_CONTROLLER;
	finding.to_confidence = LOADER_FACTOR * confidence;
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	bot_evidence(&finding, "lines", "lines", talk->lines);
	bot_evidence(&finding, "applets", "lines", talk->applets);
	bot_evidence(&finding, "refusals", "lines", talk->refusals);
	bot_detail(&finding, "\"%s\"", app_text_clean(event->looks.text, line, sizeof(line)));
	family_tell(talk, event, &finding, findings);
	if (talk->drops == 0 || is_ours || !bot_is_due(&talk->dropper_told_ns, event->time_ns))
		return;
	finding.kind = KIND_BOT_DROPPER;
	finding.reason = "a loader of Mirai's kind has it fetch a program";
	finding_add(findings, &finding);
}
