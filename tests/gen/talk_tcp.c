/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/talk_tcp.c - one TCP connection as a piece of the schedule.
 *
 * The phases are functions, each of which sends one segment and names the next: SYN, SYN-ACK, ACK,
 * then data with an acknowledgement after every second segment (RFC 9293 3.8.6.3), then the end.
 * The capture is thought to be taken beside the server: what the client answers is one round trip
 * away.
 */
#include "gen/talk.h"

#include <string.h>

#include "gen/prng.h"
#include "types.h"

#define SERVER_DELAY_NS 200000 /* a server answers a SYN within 0.2 ms */
#define SYN_TRIES 4

struct talk {
	struct piece piece;
	struct talk_plan plan;
	struct prng prng;
	void (*phase)(struct talk *talk, struct schedule *schedule);
	struct message message; /* being sent */
	uint32_t sent_bytes;	/* of it */
	uint32_t seq[2];
	uint16_t id[2];
	unsigned unacknowledged;
	unsigned tries;
};

static void phase_syn(struct talk *talk, struct schedule *schedule);
static void phase_data(struct talk *talk, struct schedule *schedule);
static void phase_finish(struct talk *talk, struct schedule *schedule);

/* The next phase follows after about delay_ns. */
static void then(
	struct talk *talk, void (*phase)(struct talk *, struct schedule *), int64_t delay_ns)
{
	uint32_t spread = prng_between(&talk->prng, 192, 320); /* 3/4 … 5/4 */

	talk->phase = phase;
	talk->piece.at_ns += delay_ns / 256 * spread + spread;
}

static void over(struct talk *talk)
{
	talk->phase = NULL;
}

static struct head talk_head(struct talk *talk, unsigned side)
{
	const struct talk_plan *plan = &talk->plan;
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
	head.id = talk->id[side]++;
	return head;
}

static void say(
	struct talk *talk, struct schedule *schedule, unsigned side, uint8_t flags, size_t len)
{
	bool is_syn = flags & TCP_SYN;
	struct tcp tcp = { .seq = talk->seq[side],
		.ack = flags & TCP_ACK ? talk->seq[!side] : 0,
		.window = is_syn ? 64240 : 501,
		.flags = flags,
		.options = is_syn ? tcp_syn_options : NULL,
		.options_len = is_syn ? sizeof(tcp_syn_options) : 0 };
	struct head head = talk_head(talk, side);
	uint8_t payload[TALK_MSS_BYTES];
	struct packet packet;

	if (len)
		content_fill(&talk->message, talk->sent_bytes, payload, len);
	packet_tcp(&packet, &head, &tcp, payload, len);
	schedule_emit(schedule, &packet);
	talk->seq[side] += (uint32_t)len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void message_begin(struct talk *talk, unsigned side)
{
	const struct talk_plan *plan = &talk->plan;

	talk->message.side = side;
	talk->message.len = side ? plan->response_bytes : plan->request_bytes;
	talk->message.len = content_len(&talk->message);
	talk->sent_bytes = 0;
}

/* After a message: the other side's, the next round, or the end. */
static void message_end(struct talk *talk)
{
	struct message *message = &talk->message;

	talk->unacknowledged = 0;
	if (message->side == 0) {
		message_begin(talk, 1);
		then(talk, phase_data, SERVER_DELAY_NS * 5);
		return;
	}
	if (++message->round < talk->plan.rounds) {
		message_begin(talk, 0);
		then(talk, phase_data, talk->plan.think_ns);
		return;
	}
	then(talk, phase_finish, talk->plan.rtt_ns);
}

static void phase_acknowledge(struct talk *talk, struct schedule *schedule)
{
	say(talk, schedule, !talk->message.side, TCP_ACK, 0);
	talk->unacknowledged = 0;
	if (talk->sent_bytes == talk->message.len)
		message_end(talk);
	else
		then(talk, phase_data, talk->plan.gap_ns / 2);
}

static void phase_data(struct talk *talk, struct schedule *schedule)
{
	uint32_t left = talk->message.len - talk->sent_bytes;
	uint32_t len = left < TALK_MSS_BYTES ? left : TALK_MSS_BYTES;
	bool is_last = len == left;

	say(talk, schedule, talk->message.side, TCP_ACK | (is_last ? TCP_PSH : 0), len);
	talk->sent_bytes += len;
	talk->unacknowledged++;
	/* a short request is acknowledged by its response */
	if (is_last && talk->message.side == 0 && talk->unacknowledged < 2)
		message_end(talk);
	else if (is_last)
		then(talk, phase_acknowledge,
			talk->message.side ? talk->plan.rtt_ns : talk->plan.gap_ns);
	else if (talk->unacknowledged == 2)
		then(talk, phase_acknowledge, talk->plan.gap_ns / 2);
	else
		then(talk, phase_data, talk->plan.gap_ns);
}

static void phase_last_acknowledge(struct talk *talk, struct schedule *schedule)
{
	say(talk, schedule, 0, TCP_ACK, 0);
	over(talk);
}

static void phase_server_fin(struct talk *talk, struct schedule *schedule)
{
	say(talk, schedule, 1, TCP_FIN | TCP_ACK, 0);
	then(talk, phase_last_acknowledge, talk->plan.rtt_ns);
}

static void phase_finish(struct talk *talk, struct schedule *schedule)
{
	if (talk->plan.end == TALK_RESET) {
		say(talk, schedule, 0, TCP_RST | TCP_ACK, 0);
		over(talk);
		return;
	}
	say(talk, schedule, 0, TCP_FIN | TCP_ACK, 0);
	then(talk, phase_server_fin, SERVER_DELAY_NS);
}

static void phase_ack(struct talk *talk, struct schedule *schedule)
{
	say(talk, schedule, 0, TCP_ACK, 0);
	if (talk->plan.rounds) {
		message_begin(talk, 0);
		then(talk, phase_data, SERVER_DELAY_NS);
	} else if (talk->plan.end == TALK_SILENT) {
		over(talk);
	} else {
		then(talk, phase_finish, talk->plan.rtt_ns);
	}
}

static void phase_syn_ack(struct talk *talk, struct schedule *schedule)
{
	say(talk, schedule, 1, TCP_SYN | TCP_ACK, 0);
	then(talk, phase_ack, talk->plan.rtt_ns);
}

static void phase_refuse(struct talk *talk, struct schedule *schedule)
{
	talk->seq[1] = 0;
	say(talk, schedule, 1, TCP_RST | TCP_ACK, 0);
	over(talk);
}

static void phase_syn(struct talk *talk, struct schedule *schedule)
{
	say(talk, schedule, 0, TCP_SYN, 0);
	if (talk->plan.end == TALK_REFUSED) {
		then(talk, phase_refuse, talk->plan.rtt_ns);
	} else if (talk->plan.end == TALK_UNANSWERED) {
		talk->seq[0]--;
		then(talk, phase_syn, NS_PER_S << talk->tries);
		if (++talk->tries == SYN_TRIES)
			over(talk);
	} else {
		then(talk, phase_syn_ack, SERVER_DELAY_NS);
	}
}

static bool talk_step(struct piece *piece, struct schedule *schedule)
{
	struct talk *talk = (struct talk *)piece;

	talk->phase(talk, schedule);
	return talk->phase != NULL;
}

void talk_tcp_start(struct schedule *schedule, int64_t at_ns, const struct talk_plan *plan)
{
	struct talk *talk = schedule_start(schedule, sizeof(*talk), at_ns, talk_step);

	talk->plan = *plan;
	talk->prng.state = plan->seed;
	talk->phase = phase_syn;
	talk->message = (struct message){ .content = plan->content, .seed = plan->seed >> 8 };
	for (unsigned side = 0; side < 2; side++) {
		talk->seq[side] = (uint32_t)prng_next(&talk->prng);
		talk->id[side] = (uint16_t)prng_next(&talk->prng);
	}
}
