/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/talk_udp.c - one UDP conversation as a piece of the schedule.
 *
 * The client speaks first and the server answers; then the server sends `rounds` datagrams and the
 * client says something after every few. This is the shape of a video call, a QUIC download, a
 * game, a DHT lookup.
 */
#include "gen/talk.h"

#include "gen/prng.h"
#include "types.h"

#define ANSWER_DELAY_NS 300000
#define DATAGRAM_BYTES_MAX 1452
#define ICMP_UNREACHABLE 3
#define ICMP_PORT 3
#define ICMP6_UNREACHABLE 1
#define ICMP6_PORT 4
#define QUOTED_BYTES 28 /* IPv4 header and 8 bytes (RFC 792) */

struct chat {
	struct piece piece;
	struct talk_plan plan;
	struct prng prng;
	unsigned said;	   /* datagrams of the server so far */
	unsigned feedback; /* datagrams of the client so far */
	bool is_feedback_due;
	uint16_t id;
};

static void chat_wait(struct chat *chat, int64_t delay_ns)
{
	chat->piece.at_ns += delay_ns / 256 * prng_between(&chat->prng, 192, 320);
}

static struct head chat_head(struct chat *chat, unsigned side)
{
	const struct talk_plan *plan = &chat->plan;
	struct head head = { .from = plan->client,
		.to = plan->server,
		.from_port = plan->client_port,
		.to_port = plan->server_port,
		.ttl = 52 };

	if (side)
		head = (struct head){ .from = plan->server,
			.to = plan->client,
			.from_port = plan->server_port,
			.to_port = plan->client_port };
	head.id = ++chat->id;
	return head;
}

static void chat_say(struct chat *chat, struct schedule *schedule, unsigned side, unsigned round)
{
	const struct talk_plan *plan = &chat->plan;
	struct message message = { .content = plan->content,
		.side = side,
		.round = round,
		.len = side ? plan->response_bytes : plan->request_bytes,
		.seed = plan->seed >> 8 };
	struct head head = chat_head(chat, side);
	uint8_t payload[DATAGRAM_BYTES_MAX];
	struct packet packet;

	if (message.len > DATAGRAM_BYTES_MAX)
		message.len = DATAGRAM_BYTES_MAX;
	message.len = content_len(&message);
	content_fill(&message, 0, payload, message.len);
	packet_udp(&packet, &head, payload, message.len);
	schedule_emit(schedule, &packet);
}

/* ICMP port unreachable that quotes the client's datagram. */
static void chat_refuse(struct chat *chat, struct schedule *schedule)
{
	struct head head = chat_head(chat, 0), back = { .from = head.to, .to = head.from };
	bool is_v4 = addr_is_v4(&head.to);
	struct packet quoted, packet;

	packet_udp(&quoted, &head, NULL, 0);
	packet_icmp(&packet, &back, is_v4 ? ICMP_UNREACHABLE : ICMP6_UNREACHABLE,
		is_v4 ? ICMP_PORT : ICMP6_PORT, 0, quoted.bytes + ETHERNET_BYTES,
		is_v4 ? QUOTED_BYTES : QUOTED_BYTES + 20);
	schedule_emit(schedule, &packet);
}

static bool stream_step(struct piece *piece, struct schedule *schedule)
{
	struct chat *chat = (struct chat *)piece;
	const struct talk_plan *plan = &chat->plan;

	if (chat->is_feedback_due) {
		chat->is_feedback_due = false;
		chat_say(chat, schedule, 0, ++chat->feedback);
		return true;
	}
	chat_say(chat, schedule, 1, ++chat->said);
	chat->is_feedback_due = plan->feedback_every && chat->said % plan->feedback_every == 0;
	chat_wait(chat, chat->is_feedback_due ? plan->gap_ns / 2 : plan->gap_ns);
	return chat->said < plan->rounds;
}

static bool answer_step(struct piece *piece, struct schedule *schedule)
{
	struct chat *chat = (struct chat *)piece;

	if (chat->plan.end == TALK_REFUSED) {
		chat_refuse(chat, schedule);
		return false;
	}
	chat_say(chat, schedule, 1, 0);
	chat_wait(chat, chat->plan.rtt_ns);
	piece->step = stream_step;
	return chat->plan.rounds > 0;
}

static bool open_step(struct piece *piece, struct schedule *schedule)
{
	struct chat *chat = (struct chat *)piece;

	chat_say(chat, schedule, 0, 0);
	chat_wait(chat, ANSWER_DELAY_NS + chat->plan.rtt_ns);
	piece->step = answer_step;
	return chat->plan.end != TALK_UNANSWERED;
}

void talk_udp_start(struct schedule *schedule, int64_t at_ns, const struct talk_plan *plan)
{
	struct chat *chat = schedule_start(schedule, sizeof(*chat), at_ns, open_step);

	chat->plan = *plan;
	chat->prng.state = plan->seed;
	chat->id = (uint16_t)prng_next(&chat->prng);
}
