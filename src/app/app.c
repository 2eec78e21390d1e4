/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/app.c - see app.h: slots of conversations, and what is told of flows themselves.
 *
 * A flow takes a slot with its first payload. Each packet with payload updates the rhythm; only
 * while there is a reading (reading.c) does TCP go through reassembly, so a flow whose parser is
 * done costs a few additions a packet.
 */
#include "app/app_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "lib/hash.h"
#include "lib/pages.h"
#include "track/quoted.h"

#define REFUSED_FOREVER UINT32_MAX /* flow.stream: it found no slot, and asks no more */
#define BUSY_NS NS_PER_S	   /* who spoke within that does not give way */
#define EVICT_LOOK_AT 16
#define TELL_AGAIN_NS (60 * NS_PER_S)
#define IDLE_NS (120 * NS_PER_S) /* as track: the shortest silence after which a flow goes */

/* What is looked at of senders that have not proved themselves, a lane and window. weir: 256 of 32
 * lanes in 100 ms are 82,000/s, more than the resolver of a large LAN is asked. */
#define OPENINGS_A_WINDOW 256
#define ANSWERS_A_WINDOW 1024

#define UNANSWERED_SYNS 3 /* 0, 1 and 3 s after the first (RFC 6298 2.1, 5.5) */

static size_t conversations_size(const struct app_limits *limits)
{
	return ((size_t)limits->streams + 1) * sizeof(struct conversation);
}

static size_t samples_size(const struct app_limits *limits)
{
	return ((size_t)limits->streams + 1) * 2 * SAMPLE_BYTES;
}

static size_t readings_size(const struct app_limits *limits)
{
	return ((size_t)limits->parsers + 1) * sizeof(struct reading);
}

size_t app_memory(const struct app_limits *limits)
{
	return sizeof(struct app) + conversations_size(limits) + samples_size(limits) +
	       readings_size(limits) + QUESTIONS * sizeof(struct question) +
	       sizeof(struct quic_table) + blocks_memory(limits->hold_bytes) + limits->log_bytes;
}

static void open_budget(struct app *app)
{
	app->openings_left[0] = app->openings_left[1] = OPENINGS_A_WINDOW;
	app->answers_left = ANSWERS_A_WINDOW;
}

int app_open(const struct app_limits *limits, struct app **ret_app)
{
	struct app *app = calloc(1, sizeof(*app));
	int r;

	if (!app)
		return -ENOMEM;
	app->limits = *limits;
	app->untouched_conversation = app->untouched_reading = 1;
	app->now_ns = INT64_MIN;
	app->pool.is_last_wins = limits->is_last_wins;
	open_budget(app);
	app->conversations = pages_take(conversations_size(limits), false);
	app->samples = pages_take(samples_size(limits), false);
	app->readings = pages_take(readings_size(limits), false);
	app->questions = calloc(QUESTIONS, sizeof(*app->questions));
	r = app->conversations && app->samples && app->readings && app->questions ? 0 : -ENOMEM;
	if (r == 0)
		r = blocks_open(limits->hold_bytes, &app->pool.blocks);
	if (r == 0)
		r = quic_table_open(app->pool.blocks, limits->networks, &app->quic);
	if (r == 0)
		r = app_log_open(limits->log_bytes, &app->log);
	if (r < 0) {
		app_close(app);
		return r;
	}
	*ret_app = app;
	return 0;
}

void app_close(struct app *app)
{
	if (!app)
		return;
	if (app->pool.blocks)
		early_clear(&app->early, &app->pool);
	app_log_close(app->log);
	quic_table_close(app->quic);
	blocks_close(app->pool.blocks);
	pages_give(app->conversations, conversations_size(&app->limits));
	pages_give(app->samples, samples_size(&app->limits));
	pages_give(app->readings, readings_size(&app->limits));
	free(app->questions);
	free(app);
}

struct app_log *app_log(const struct app *app)
{
	return app->log;
}

/* The highest bit of the hash is left out: track flips it when the key is used anew. */
uint64_t app_flow_id(const struct flow *flow)
{
	uint64_t begin = flow->key.proto == IPPROTO_TCP ? (uint64_t)flow->first_ns : 0;

	return ((flow->hash << 1) ^ begin * 0x9e3779b97f4a7c15ULL) >> 1;
}

/* --- what is told --- */

static void tell(
	struct app *app, const struct flow_key *key, uint64_t flow, struct app_event *event)
{
	event->time_ns = app->now_ns;
	event->key = *key;
	event->flow = flow;
	app_log_add(app->log, event);
}

static void tell_connect(struct app *app, const struct flow *flow, const struct pkt *pkt)
{
	struct app_event event = { .type = APP_CONNECT };

	event.connect.is_midstream = !(pkt->events & EVENT_HANDSHAKE);
	tell(app, &flow->key, app_flow_id(flow), &event);
}

/* An opening was refused, or repeated in vain. key: side 0 opened. */
static void tell_refused(
	struct app *app, const struct flow_key *key, const struct pkt *pkt, bool was_unanswered)
{
	struct app_event event = { .type = APP_REFUSED };

	if (!app_takes_opening(app, &key->addr[0]))
		return;
	event.connect.was_unanswered = was_unanswered;
	tell(app, key, (pkt->hash << 1) >> 1, &event);
}

static enum flow_end how_it_ended(const struct app *app, const struct flow *flow)
{
	if (flow->tcp_state == TCP_STATE_CLOSED)
		return flow->tcp_flags_seen & TCP_RST ? FLOW_END_RESET : FLOW_END_CLOSED;
	if (app->is_input_over)
		return FLOW_END_INPUT;
	return app->now_ns - flow->last_ns >= IDLE_NS ? FLOW_END_IDLE : FLOW_END_EVICTED;
}

static void add_conversation(
	const struct app *app, const struct conversation *conversation, struct app_flow *told)
{
	size_t index = (size_t)(conversation - app->conversations);

	told->proto = conversation->proto;
	told->rhythm = rhythm_told(&conversation->rhythm);
	for (unsigned side = 0; side < 2; side++) {
		const uint8_t *sample = app->samples[index][side];

		told->payload_bytes[side] = conversation->payload_bytes[side];
		told->rhythm.entropy[side] = parse_entropy(sample, conversation->sampled[side]);
	}
}

static void tell_flow(struct app *app, const struct flow *flow,
	const struct conversation *conversation, enum flow_end end)
{
	struct app_event event = { .type = APP_FLOW };

	event.flow_end = (struct app_flow){
		.first_ns = flow->first_ns,
		.last_ns = flow->last_ns,
		.bytes = { flow->bytes[0], flow->bytes[1] },
		.packets = { flow->packets[0], flow->packets[1] },
		.end = end,
		.is_midstream = (flow->marks & FLOW_MARK_MIDSTREAM) != 0,
	};
	if (conversation)
		add_conversation(app, conversation, &event.flow_end);
	tell(app, &flow->key, app_flow_id(flow), &event);
}

/* --- slots --- */

static void give_back(struct app *app, struct conversation *conversation)
{
	conversation->flow = NULL;
	conversation->next_free = app->free_conversation;
	app->free_conversation = (uint32_t)(conversation - app->conversations);
	app->stats.streams_now--;
}

/* The longest silent of a few by the hand loses its slot. */
static bool evict(struct app *app)
{
	struct conversation *victim = NULL;

	for (unsigned looked = 0; looked < EVICT_LOOK_AT; looked++) {
		struct conversation *conversation;

		app->conversation_hand = app->conversation_hand % app->limits.streams + 1;
		conversation = app_conversation(app, app->conversation_hand);
		if (app->now_ns - conversation->rhythm.last_ns < BUSY_NS)
			continue;
		if (!victim || conversation->rhythm.last_ns < victim->rhythm.last_ns)
			victim = conversation;
	}
	if (!victim)
		return false;
	reading_end(app, victim);
	victim->flow->stream = 0;
	give_back(app, victim);
	app->stats.streams_evicted++;
	return true;
}

static struct conversation *take_conversation(struct app *app, struct flow *flow)
{
	uint32_t index;
	struct conversation *conversation;

	if (!app->free_conversation && app->untouched_conversation > app->limits.streams &&
		!evict(app)) {
		app->stats.streams_refused++;
		flow->stream = REFUSED_FOREVER;
		return NULL;
	}
	if (app->free_conversation) {
		index = app->free_conversation;
		app->free_conversation = app_conversation(app, index)->next_free;
	} else {
		index = app->untouched_conversation++;
	}
	conversation = app_conversation(app, index);
	*conversation = (struct conversation){ .flow = flow, .told_ns = flow->first_ns };
	flow->stream = index;
	app->stats.streams++;
	app->stats.streams_now++;
	return conversation;
}

/* The numbers of the first bytes, as far as they are known: track has followed this very packet
 * already, so of its side only what the handshake said helps. */
static void begin_stream(struct conversation *conversation, const struct pkt *pkt)
{
	const struct flow *flow = conversation->flow;
	unsigned other = !pkt->side;
	bool is_new = flow->payload_packets[0] + flow->payload_packets[1] == 1;

	if (flow->marks & FLOW_MARK_MIDSTREAM || !is_new)
		return;
	if (pkt->side == 0)
		stream_begin(&conversation->stream, 0, flow->begin_seq);
	else
		stream_begin(&conversation->stream, 0, flow->next_seq[0]);
	if (other == 1)
		stream_begin(&conversation->stream, 1, flow->next_seq[1]);
}

static struct conversation *begin_conversation(
	struct app *app, struct flow *flow, const struct pkt *pkt)
{
	struct conversation *conversation = take_conversation(app, flow);

	if (conversation && flow->key.proto == IPPROTO_TCP) {
		begin_stream(conversation, pkt);
		reading_begin(app, conversation);
	}
	return conversation;
}

/* Counts what was said before, as if each side had said it at once. */
static void see_early_rhythm(
	struct app *app, struct conversation *conversation, const struct early *early)
{
	struct app_event event;

	for (unsigned side = 0; side < 2; side++) {
		uint32_t len = early->end[side] - early->begin[side];

		conversation->has_top[side] = true;
		conversation->top[side] = early->begin[side];
		if (len == 0 || (side == 0 && !early->is_accepted))
			continue;
		conversation->top[side] += len;
		conversation->payload_bytes[side] += len;
		rhythm_see(&conversation->rhythm, side, len, app->now_ns, &event.burst);
	}
}

/* The handshake is over, in which something was said already (RFC 7413). */
static void begin_early(struct app *app, struct flow *flow, const struct pkt *pkt)
{
	struct early *early = early_find(&app->early, pkt);
	struct conversation *conversation = NULL;

	if (early && early->has_server)
		conversation = take_conversation(app, flow);
	if (conversation) {
		conversation->stream = early->stream;
		early->stream = (struct stream){ 0 };
		see_early_rhythm(app, conversation, early);
		reading_begin_early(app, conversation, early->begin, early->is_accepted);
	}
	if (early)
		early_free(&app->early, &app->pool, early);
}

/* --- packets --- */

/* How many bytes the packet has that were not seen before. */
static uint32_t new_bytes(struct conversation *conversation, const struct pkt *pkt)
{
	uint32_t *top = &conversation->top[pkt->side];
	uint32_t end = pkt->tcp_seq + pkt->payload_wire_len;
	int32_t further = (int32_t)(end - *top);

	if (conversation->flow->key.proto != IPPROTO_TCP)
		return pkt->payload_wire_len;
	if (conversation->has_top[pkt->side] && further <= 0)
		return 0;
	if (conversation->has_top[pkt->side] && (uint32_t)further < pkt->payload_wire_len) {
		*top = end;
		return (uint32_t)further;
	}
	conversation->has_top[pkt->side] = true;
	*top = end;
	return pkt->payload_wire_len;
}

static void see_rhythm(struct app *app, struct conversation *conversation, const struct pkt *pkt)
{
	struct app_event event;
	uint32_t len = new_bytes(conversation, pkt);

	conversation->payload_bytes[pkt->side] += pkt->payload_wire_len;
	if (len == 0)
		return;
	if (!conversation->reading && len == pkt->payload_wire_len &&
		conversation->sampled[pkt->side] < SAMPLE_BYTES)
		app_sample(app, conversation, pkt->side, pkt->bytes + pkt->payload_offset,
			pkt->payload_len);
	if (rhythm_see(&conversation->rhythm, pkt->side, len, app->now_ns, &event.burst)) {
		event.type = APP_BURST;
		event.burst.proto = conversation->proto;
		tell(app, &conversation->flow->key, app_flow_id(conversation->flow), &event);
	}
	if (app->now_ns - conversation->told_ns >= TELL_AGAIN_NS) {
		conversation->told_ns = app->now_ns;
		tell_flow(app, conversation->flow, conversation, FLOW_END_ONGOING);
	}
}

static void see_flow(struct app *app, struct flow *flow, const struct pkt *pkt)
{
	bool is_tcp = flow->key.proto == IPPROTO_TCP;
	struct conversation *conversation = NULL;

	if (is_tcp && (pkt->events & EVENT_TURN)) {
		tell_connect(app, flow, pkt);
		if (app->early.used > 0 && (pkt->events & EVENT_HANDSHAKE))
			begin_early(app, flow, pkt);
	}
	if (flow->stream == REFUSED_FOREVER)
		return;
	if (flow->stream)
		conversation = app_conversation(app, flow->stream);
	else if (pkt->payload_wire_len > 0)
		conversation = begin_conversation(app, flow, pkt);
	if (!conversation)
		return;
	if (pkt->payload_wire_len > 0)
		see_rhythm(app, conversation, pkt);
	if (conversation->reading)
		reading_see(app, conversation, pkt);
	else if (!is_tcp && !conversation->is_datagram_done)
		datagram_see(app, conversation, pkt);
}

static struct flow_key turned(const struct flow_key *key)
{
	struct flow_key other = *key;

	other.addr[0] = key->addr[1];
	other.addr[1] = key->addr[0];
	other.port[0] = key->port[1];
	other.port[1] = key->port[0];
	return other;
}

/* What is said before the handshake is over. */
static void see_early(struct app *app, const struct pkt *pkt, bool is_syn)
{
	const struct addr *opener = &pkt->key.addr[0];

	if (is_syn && pkt->payload_len > 0 && pkt->payload_len == pkt->payload_wire_len &&
		pkt->side == 0 && pkt->standing >= STANDING_OPENING &&
		app_takes_opening(app, opener))
		early_syn(&app->early, &app->pool, pkt, app_is_ours(app, opener));
	else if (app->early.used > 0 && pkt->side == 1 && pkt->standing == STANDING_ANSWER)
		early_answer(&app->early, &app->pool, pkt);
}

/* TCP that is not yet a flow, and ICMP errors. */
static void see_opening(struct app *app, const struct pkt *pkt)
{
	bool is_syn = pkt->key.proto == IPPROTO_TCP &&
		      (pkt->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;

	if (pkt->key.proto == IPPROTO_TCP)
		see_early(app, pkt, is_syn);
	if (pkt->events & EVENT_REFUSED) {
		struct flow_key key = turned(&pkt->key);

		if (pkt->key.proto == IPPROTO_TCP ||
			(quoted_key(pkt, &key) && key.proto == IPPROTO_TCP))
			tell_refused(app, &key, pkt, false);
	} else if (is_syn && (pkt->events & EVENT_RETRANSMIT) && pkt->seen == UNANSWERED_SYNS &&
		   pkt->standing == STANDING_UNANSWERED) {
		tell_refused(app, &pkt->key, pkt, true);
	}
}

void app_see(struct app *app, const struct pkt *pkt, struct flow *flow)
{
	if (pkt->time_ns > app->now_ns)
		app->now_ns = pkt->time_ns;
	/* A piece of a packet is no segment, and has no header of its own. */
	if (pkt->frag == FRAG_LATER || (pkt->frag != FRAG_NONE && pkt->key.proto == IPPROTO_TCP))
		return;
	if (flow)
		see_flow(app, flow, pkt);
	else if (pkt->key.proto == IPPROTO_TCP || (pkt->events & EVENT_REFUSED))
		see_opening(app, pkt);
	else if (pkt->standing != STANDING_NONE)
		datagram_see(app, NULL, pkt);
}

void app_flow_end(struct app *app, const struct flow *flow)
{
	struct conversation *conversation = NULL;

	if (flow->stream && flow->stream != REFUSED_FOREVER)
		conversation = app_conversation(app, flow->stream);
	if (conversation)
		reading_end(app, conversation);
	tell_flow(app, flow, conversation, how_it_ended(app, flow));
	if (conversation)
		give_back(app, conversation);
}

void app_input_end(struct app *app)
{
	app->is_input_over = true;
	quic_table_turn(app->quic, app->log, app->now_ns, true);
}

void app_turn(struct app *app, int64_t now_ns)
{
	if (now_ns > app->now_ns)
		app->now_ns = now_ns;
	quic_table_turn(app->quic, app->log, app->now_ns, false);
	open_budget(app);
}

void app_stats_add(const struct app *app, struct app_stats *stats)
{
	const struct app_stats *own = &app->stats;
	const struct stream_stats *stream = &app->pool.stats;
	const struct quic_table_stats *quic = &app->quic->stats;

	stats->streams += own->streams;
	stats->streams_now += own->streams_now;
	stats->streams_evicted += own->streams_evicted;
	stats->streams_refused += own->streams_refused;
	stats->parsers_refused += own->parsers_refused;
	stats->parsers_given_up += own->parsers_given_up + quic->given_up;
	stats->stream_bytes += stream->bytes;
	stats->gap_bytes += stream->gap_bytes;
	stats->gaps += stream->gaps;
	stats->out_of_order += stream->out_of_order;
	stats->overlaps += stream->overlaps;
	stats->conflicts += stream->conflicts + quic->conflicts;
	stats->holds_refused +=
		own->holds_refused + stream->refused + quic->refused + app->early.refused;
	stats->datagrams_skipped += own->datagrams_skipped;
	for (unsigned proto = 0; proto < APP_PROTO_COUNT; proto++)
		stats->by_proto[proto] += own->by_proto[proto];
	app_log_stats_add(app->log, &stats->log);
}
