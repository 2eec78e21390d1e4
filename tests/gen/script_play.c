/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/script_play.c - a script as a piece of the schedule.
 *
 * Each step sends one packet and says when the next is due. Over TCP every second segment is
 * acknowledged, and the last of a line unless the other side answers within the 40 ms that common
 * stacks delay an acknowledgement (RFC 9293 3.8.6.3 allows 500). The piece is one block of memory
 * that holds lines and bytes behind it, since the schedule frees pieces as such.
 */
#include <string.h>

#include "gen/script_internal.h"
#include "types.h"

#define DELAYED_ACK_NS (40 * NS_PER_MS)
#define SEGMENT_GAP_NS 60000
#define LOCAL_NS 150000 /* from the edge to the client and back */
#define SYN_TRIES 4
#define DATAGRAM_BYTES_MAX 1452

struct play {
	struct piece piece;
	struct parties part;
	struct prng prng;
	void (*phase)(struct play *play, struct schedule *schedule);
	uint32_t seq[2];
	uint16_t id[2];
	unsigned line, count; /* now, of all */
	unsigned unacknowledged, tries;
	uint32_t said; /* of the line */
	size_t at;     /* of the line's bytes in all */
	size_t lines_bytes;
	uint8_t rest[]; /* lines, then bytes */
};

static void phase_say(struct play *play, struct schedule *schedule);

static const struct line *line_of(const struct play *play, unsigned number)
{
	return (const struct line *)(const void *)play->rest + number;
}

static void then(
	struct play *play, void (*phase)(struct play *, struct schedule *), int64_t delay_ns)
{
	play->phase = phase;
	play->piece.at_ns += delay_ns + prng_below(&play->prng, 50000);
}

/* What comes from the client is seen at once, what comes from the server a round trip later. */
static int64_t turn_ns(const struct play *play, unsigned side)
{
	return side ? play->part.rtt_ns : LOCAL_NS;
}

static struct head play_head(struct play *play, unsigned side)
{
	const struct parties *part = &play->part;
	struct head head = { .from = side ? part->server : part->client,
		.to = side ? part->client : part->server,
		.from_port = side ? part->server_port : part->client_port,
		.to_port = side ? part->client_port : part->server_port,
		.ttl = side ? 52 : 63,
		.id = play->id[side]++ };

	return head;
}

static void segment(struct play *play, struct schedule *schedule, unsigned side, uint8_t flags,
	const void *bytes, size_t len)
{
	bool is_syn = flags & TCP_SYN;
	struct head head = play_head(play, side);
	struct tcp tcp = { .seq = play->seq[side],
		.ack = flags & TCP_ACK ? play->seq[!side] : 0,
		.window = is_syn ? 64240 : 501,
		.flags = flags,
		.options = is_syn ? tcp_syn_options : NULL,
		.options_len = is_syn ? sizeof(tcp_syn_options) : 0 };
	struct packet packet;

	packet_tcp(&packet, &head, &tcp, bytes, len);
	schedule_emit(schedule, &packet);
	play->seq[side] += (uint32_t)len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void phase_last(struct play *play, struct schedule *schedule)
{
	segment(play, schedule, 0, TCP_ACK, NULL, 0);
	play->phase = NULL;
}

static void phase_server_fin(struct play *play, struct schedule *schedule)
{
	segment(play, schedule, 1, TCP_FIN | TCP_ACK, NULL, 0);
	then(play, phase_last, LOCAL_NS);
}

static void phase_finish(struct play *play, struct schedule *schedule)
{
	if (play->part.end == TALK_RESET) {
		segment(play, schedule, 0, TCP_RST | TCP_ACK, NULL, 0);
		play->phase = NULL;
		return;
	}
	segment(play, schedule, 0, TCP_FIN | TCP_ACK, NULL, 0);
	then(play, phase_server_fin, play->part.rtt_ns);
}

/* Line number play->line is next, or the end. */
static void line_begin(struct play *play)
{
	const struct line *line = line_of(play, play->line);

	play->said = 0;
	if (play->line < play->count) {
		bool has_turned = !play->line || line->side != line[-1].side;

		then(play, phase_say, line->wait_ns + (has_turned ? turn_ns(play, line->side) : 0));
	} else if (play->part.is_udp || play->part.end == TALK_SILENT) {
		play->phase = NULL;
	} else {
		then(play, phase_finish, play->part.rtt_ns);
	}
}

static bool is_answered_soon(const struct play *play)
{
	const struct line *line = line_of(play, play->line);

	return play->unacknowledged < 2 && play->line + 1 < play->count &&
	       line[1].side != line->side && line[1].wait_ns < DELAYED_ACK_NS;
}

static void line_end(struct play *play)
{
	play->at += line_of(play, play->line++)->len;
	play->unacknowledged = 0;
	line_begin(play);
}

static void phase_acknowledge(struct play *play, struct schedule *schedule)
{
	const struct line *line = line_of(play, play->line);

	segment(play, schedule, !line->side, TCP_ACK, NULL, 0);
	play->unacknowledged = 0;
	if (play->said == line->len)
		line_end(play);
	else
		then(play, phase_say, SEGMENT_GAP_NS);
}

static void phase_datagram(struct play *play, struct schedule *schedule)
{
	const struct line *line = line_of(play, play->line);
	size_t len = line->len < DATAGRAM_BYTES_MAX ? line->len : DATAGRAM_BYTES_MAX;
	struct head head = play_head(play, line->side);
	struct packet packet;

	packet_udp(&packet, &head, play->rest + play->lines_bytes + play->at, len);
	schedule_emit(schedule, &packet);
	line_end(play);
}

static void phase_say(struct play *play, struct schedule *schedule)
{
	const struct line *line = line_of(play, play->line);
	uint32_t left = line->len - play->said;
	uint32_t len = left < TALK_MSS_BYTES ? left : TALK_MSS_BYTES;
	bool is_last = len == left;

	if (play->part.is_udp) {
		phase_datagram(play, schedule);
		return;
	}
	segment(play, schedule, line->side, TCP_ACK | (is_last ? TCP_PSH : 0),
		play->rest + play->lines_bytes + play->at + play->said, len);
	play->said += len;
	play->unacknowledged++;
	if (is_last && is_answered_soon(play))
		line_end(play);
	else if (is_last || play->unacknowledged == 2)
		then(play, phase_acknowledge, turn_ns(play, !line->side));
	else
		then(play, phase_say, SEGMENT_GAP_NS);
}

static void phase_ack(struct play *play, struct schedule *schedule)
{
	segment(play, schedule, 0, TCP_ACK, NULL, 0);
	line_begin(play);
}

static void phase_syn_ack(struct play *play, struct schedule *schedule)
{
	segment(play, schedule, 1, TCP_SYN | TCP_ACK, NULL, 0);
	then(play, phase_ack, LOCAL_NS);
}

static void phase_refuse(struct play *play, struct schedule *schedule)
{
	play->seq[1] = 0;
	segment(play, schedule, 1, TCP_RST | TCP_ACK, NULL, 0);
	play->phase = NULL;
}

static void phase_syn(struct play *play, struct schedule *schedule)
{
	segment(play, schedule, 0, TCP_SYN, NULL, 0);
	if (play->part.end == TALK_REFUSED) {
		then(play, phase_refuse, play->part.rtt_ns);
	} else if (play->part.end == TALK_UNANSWERED) {
		play->seq[0]--;
		then(play, phase_syn, NS_PER_S << play->tries);
		if (++play->tries == SYN_TRIES)
			play->phase = NULL;
	} else {
		then(play, phase_syn_ack, play->part.rtt_ns);
	}
}

static bool play_step(struct piece *piece, struct schedule *schedule)
{
	struct play *play = (struct play *)piece;

	play->phase(play, schedule);
	return play->phase != NULL;
}

void script_start(const struct script *script, struct schedule *schedule, int64_t at_ns)
{
	size_t lines_bytes = script->count * sizeof(struct line);
	struct play *play = schedule_start(
		schedule, sizeof(*play) + lines_bytes + script->len, at_ns, play_step);

	play->part = script->part;
	play->prng = script->prng;
	play->count = script->count;
	play->lines_bytes = lines_bytes;
	if (script->count) {
		memcpy(play->rest, script->lines, lines_bytes);
		memcpy(play->rest + lines_bytes, script->bytes, script->len);
	}
	play->phase = script->part.is_udp ? phase_say : phase_syn;
	for (unsigned side = 0; side < 2; side++) {
		play->seq[side] = (uint32_t)prng_next(&play->prng);
		play->id[side] = (uint16_t)prng_next(&play->prng);
	}
}
