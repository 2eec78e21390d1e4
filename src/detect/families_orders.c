/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families_orders.c - what bots are told to flood, and whether they do; see families.h.
 *
 * The last orders stand in a ring. While one runs, what its bot has to do with the target is
 * counted: openings, refusals, answers, and packets of conversations. Floods of datagrams without
 * answer make no events; bot.flooder finds these, and correlate joins them by the target.
 */
#include <stdio.h>

#include "detect/families.h"

#define START_NS (10 * NS_PER_S) /* after its time a flood may go on for so long: weir */
#define SEEN_MANY 20		 /* openings; weir: a browser makes 6 to a server at a time */
#define PACKETS_MANY 1000	 /* in one conversation: bot.flooder's threshold, for a second */
#define DURATION_MAX_S 86400

static void tell_target(
	const struct app_event *event, const struct family_order *order, struct findings *findings)
{
	struct parties parties = { .inside = order->bot, .outside = order->target };
	struct finding finding = bot_finding(KIND_BOT_C2, "families", &parties, event->time_ns,
		0.9F, "it was ordered to flood this address");

	finding.family = order->family;
	finding.to_role = ROLE_TARGET;
	finding.to_bits = order->bits;
	finding_add(findings, &finding);
}

void family_order_given(struct families_state *state, const struct app_event *event,
	const struct family_command *command, struct findings *findings)
{
	uint32_t duration_s =
		command->duration_s < DURATION_MAX_S ? command->duration_s : DURATION_MAX_S;

	for (unsigned i = 0; i < command->count; i++) {
		struct family_order *order = &state->orders[state->next_order];

		state->next_order = (state->next_order + 1) % FAMILY_ORDERS;
		*order = (struct family_order){ .bot = event->key.addr[0],
			.controller = event->key.addr[1],
			.target = addr_mask(&command->targets[i].addr, command->targets[i].bits),
			.bits = command->targets[i].bits,
			.given_ns = event->time_ns,
			.until_ns = event->time_ns + duration_s * NS_PER_S + START_NS,
			.port = event->key.port[1],
			.family = command->family };
		if (order->until_ns > state->orders_until_ns)
			state->orders_until_ns = order->until_ns;
		/* A wide prefix is no target that anybody can help. */
		if (order->bits >= ADDR_V4_BITS + 16)
			tell_target(event, order, findings);
	}
}

static bool is_about(const struct family_order *order, const struct app_event *event)
{
	struct addr masked;

	if (order->bits == 0 || order->is_told || event->time_ns > order->until_ns ||
		!addr_equal(&order->bot, &event->key.addr[0]))
		return false;
	masked = addr_mask(&event->key.addr[1], order->bits);
	return addr_equal(&masked, &order->target);
}

static void tell_obeyed(
	const struct family_order *order, const struct app_event *event, struct findings *findings)
{
	struct parties parties = { .inside = order->bot, .outside = order->controller };
	struct finding finding = bot_finding(KIND_BOT_C2, "families", &parties, event->time_ns,
		0.97F, "it was given an attack order, and obeyed within seconds");
	char target[ADDR_TEXT_MAX];

	finding.family = order->family;
	finding.port = order->port;
	bot_evidence(&finding, "delay", "s",
		(double)(event->time_ns - order->given_ns) / (double)NS_PER_S);
	bot_evidence(&finding, "contacts", "events", order->seen);
	bot_detail(&finding, "much traffic to %s, as ordered",
		addr_prefix_format(&order->target, order->bits, target));
	finding_add(findings, &finding);
}

void family_order_watch(
	struct families_state *state, const struct app_event *event, struct findings *findings)
{
	uint32_t weight = 1;

	if (event->type == APP_FLOW)
		weight = event->flow_end.packets[0] >= PACKETS_MANY ? SEEN_MANY : 0;
	else if (event->type != APP_CONNECT && event->type != APP_REFUSED &&
		 event->type != APP_EXCHANGE && event->type != APP_HTTP)
		return;
	for (unsigned i = 0; i < FAMILY_ORDERS && weight > 0; i++) {
		struct family_order *order = &state->orders[i];

		if (!is_about(order, event) ||
			(event->type == APP_FLOW && event->flow_end.first_ns < order->given_ns))
			continue;
		order->seen += weight;
		if (order->seen < SEEN_MANY)
			continue;
		order->is_told = true;
		tell_obeyed(order, event, findings);
	}
}
