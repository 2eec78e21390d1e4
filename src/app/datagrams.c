/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/datagrams.c - UDP and echo: which protocol, and what goes with what answer.
 *
 * A question waits in a small table, by the hash of its conversation, until it is answered; those
 * of invented senders outside can only push out one another there. Parsers are asked by port first,
 * then by content, the latter for the first datagrams of each side only.
 */
#include <netinet/in.h>

#include "app/app_internal.h"
#include "lib/hash.h"

#define TRIES 4 /* weir: datagrams of a side that are offered to all parsers */
#define ANSWER_WITHIN_NS (30 * NS_PER_S) /* as long as track waits for it */

enum { ICMP_ECHO_REPLY = 0, ICMP_ECHO_REQUEST = 8 };
enum { ICMP6_ECHO_REQUEST_TYPE = 128, ICMP6_ECHO_REPLY_TYPE = 129 };

static const uint8_t *payload_of(const struct pkt *pkt, size_t *ret_len)
{
	*ret_len = pkt->payload_len;
	return pkt->bytes + pkt->payload_offset;
}

/* --- parsers --- */

static bool has_port(const struct datagram_parser *parser, const struct flow_key *key)
{
	for (unsigned i = 0; i < sizeof(parser->ports) / sizeof(*parser->ports); i++) {
		if (parser->ports[i] == 0)
			return false;
		if (parser->ports[i] == key->port[0] || parser->ports[i] == key->port[1])
			return true;
	}
	return false;
}

struct look {
	struct app *app;
	struct parse parse;
	struct parse_memory memory;
	const struct pkt *pkt;
};

static void begin_look(
	struct look *look, struct app *app, const struct flow *flow, const struct pkt *pkt)
{
	const struct flow_key *key = &pkt->key;

	look->app = app;
	look->pkt = pkt;
	look->memory = (struct parse_memory){ .blocks = app->pool.blocks,
		.refused = &app->stats.holds_refused };
	look->parse = (struct parse){
		.log = app->log,
		.key = *key,
		.flow = flow ? app_flow_id(flow) : (pkt->hash << 1) >> 1,
		.now_ns = app->now_ns,
		.first_ns = flow ? flow->first_ns : app->now_ns,
		.quic = app->quic,
		.owner = &look->memory,
	};
	if (pkt->side == 1) {
		look->parse.key.addr[0] = key->addr[1];
		look->parse.key.addr[1] = key->addr[0];
		look->parse.key.port[0] = key->port[1];
		look->parse.key.port[1] = key->port[0];
	}
}

static bool offer(struct look *look, const struct datagram_parser *parser)
{
	size_t len;
	const uint8_t *bytes = payload_of(look->pkt, &len);
	bool is_it;

	look->parse.proto = parser->proto;
	is_it = parser->see(&look->parse, look->pkt, bytes, len);
	parse_memory_clear(&look->memory);
	if (!is_it)
		look->parse.is_done = false;
	return is_it;
}

/* 1 + index of the parser that knows it, 0: none does. */
static unsigned offer_to_all(struct look *look, bool by_content)
{
	for (unsigned i = 0; datagram_parsers[i]; i++)
		if (has_port(datagram_parsers[i], &look->pkt->key) &&
			offer(look, datagram_parsers[i]))
			return i + 1;
	for (unsigned i = 0; by_content && datagram_parsers[i]; i++)
		if (!has_port(datagram_parsers[i], &look->pkt->key) &&
			offer(look, datagram_parsers[i]))
			return i + 1;
	return 0;
}

static enum app_proto count_proto(struct app *app, enum app_proto proto)
{
	app->stats.by_proto[proto]++;
	return proto;
}

/* A datagram of a flow: once a parser knows it, it is asked alone. */
static void see_of_flow(struct app *app, struct conversation *conversation, const struct pkt *pkt)
{
	struct look look;

	begin_look(&look, app, conversation->flow, pkt);
	if (conversation->datagram) {
		offer(&look, datagram_parsers[conversation->datagram - 1]);
	} else {
		conversation->datagram = (uint8_t)offer_to_all(&look, true);
		if (conversation->datagram)
			conversation->proto = (uint8_t)count_proto(app, look.parse.proto);
		else if (++conversation->tries[pkt->side] >= TRIES)
			conversation->is_datagram_done = true;
	}
	conversation->is_datagram_done |= look.parse.is_done;
}

static enum app_proto see_of_nobody(struct app *app, const struct pkt *pkt)
{
	struct look look;

	begin_look(&look, app, NULL, pkt);
	if (!offer_to_all(&look, pkt->seen <= TRIES))
		return PROTO_UNKNOWN;
	return count_proto(app, look.parse.proto);
}

/* --- questions and answers --- */

static bool is_echo(const struct pkt *pkt)
{
	return pkt->key.proto != IPPROTO_UDP;
}

/* Of an echo every request counts, of UDP the last before the answer. */
static uint64_t question_hash(const struct pkt *pkt)
{
	uint64_t hash = pkt->hash;

	if (is_echo(pkt)) {
		const uint8_t *header = pkt->bytes + pkt->transport_offset;

		hash ^= (uint64_t)(header[6] << 8 | header[7]) * 0x9e3779b97f4a7c15ULL;
	}
	return hash | 1;
}

/* Of UDP nobody asks whether the answer repeats the question. */
static uint64_t digest_of(const struct pkt *pkt, uint64_t seed)
{
	size_t len;
	const uint8_t *bytes;

	if (!is_echo(pkt))
		return 0;
	bytes = payload_of(pkt, &len);
	return hash_bytes(bytes, len < SAMPLE_BYTES ? len : SAMPLE_BYTES, seed);
}

static const struct addr *opener_of(const struct pkt *pkt)
{
	return &pkt->key.addr[pkt->side == 0 ? 0 : 1];
}

/* Ours have one half of the table, strangers the other. */
static struct question *questions_of(struct app *app, const struct pkt *pkt, uint64_t hash)
{
	unsigned half = QUESTIONS / QUESTION_WAYS / 2;
	unsigned set = (unsigned)((hash >> 32) % half);

	return &app->questions[(app_is_ours(app, opener_of(pkt)) * half + set) * QUESTION_WAYS];
}

/* Keeps the question; the oldest of four goes for it. */
static void ask(struct app *app, const struct pkt *pkt, enum app_proto proto)
{
	uint64_t hash = question_hash(pkt);
	struct question *set = questions_of(app, pkt, hash), *place = set;

	for (unsigned i = 0; i < QUESTION_WAYS; i++) {
		if (set[i].hash == hash) {
			place = &set[i];
			break;
		}
		if (set[i].time_ns < place->time_ns)
			place = &set[i];
	}
	*place = (struct question){ .hash = hash,
		.time_ns = app->now_ns,
		.digest = digest_of(pkt, app->limits.seed),
		.bytes = pkt->payload_wire_len,
		.proto = (uint8_t)proto };
}

static struct question *find_question(struct app *app, const struct pkt *pkt)
{
	uint64_t hash = question_hash(pkt);
	struct question *set = questions_of(app, pkt, hash);

	for (unsigned i = 0; i < QUESTION_WAYS; i++)
		if (set[i].hash == hash && app->now_ns - set[i].time_ns <= ANSWER_WITHIN_NS)
			return &set[i];
	return NULL;
}

static void tell_exchange(struct app *app, const struct pkt *pkt, enum app_proto proto)
{
	struct question *question = find_question(app, pkt);
	struct app_event event; /* not cleared: all that an exchange has is filled */
	struct look look;

	if (!question)
		return;
	event.type = APP_EXCHANGE;
	begin_look(&look, app, NULL, pkt);
	event.exchange = (struct app_exchange){
		.bytes = { question->bytes, pkt->payload_wire_len },
		.is_echo = is_echo(pkt),
		.is_repeated = is_echo(pkt) && question->bytes == pkt->payload_wire_len &&
			       question->digest == digest_of(pkt, app->limits.seed),
		.proto = proto ? proto : question->proto,
	};
	*question = (struct question){ 0 };
	parse_tell(&look.parse, &event);
}

/* Those who have proved nothing are looked at up to a number a window. */
static bool may_look(struct app *app, const struct pkt *pkt)
{
	if (pkt->standing < STANDING_ANSWER)
		return app_takes_opening(app, opener_of(pkt));
	app->stats.datagrams_skipped += app->answers_left == 0;
	return app->answers_left > 0 && app->answers_left--;
}

static void see_echo(struct app *app, const struct pkt *pkt)
{
	bool is_v6 = pkt->key.proto == IPPROTO_ICMPV6;
	uint8_t request = is_v6 ? ICMP6_ECHO_REQUEST_TYPE : ICMP_ECHO_REQUEST;
	uint8_t reply = is_v6 ? ICMP6_ECHO_REPLY_TYPE : ICMP_ECHO_REPLY;

	if (pkt->captured_len < pkt->transport_offset + 8U ||
		(pkt->icmp_type != request && pkt->icmp_type != reply) || !may_look(app, pkt))
		return;
	if (pkt->icmp_type == request)
		ask(app, pkt, PROTO_UNKNOWN);
	else
		tell_exchange(app, pkt, PROTO_UNKNOWN);
}

static void see_udp(struct app *app, const struct pkt *pkt)
{
	enum app_proto proto;

	if (pkt->payload_len == 0 || !may_look(app, pkt))
		return;
	proto = see_of_nobody(app, pkt);
	if (pkt->side == 0)
		ask(app, pkt, proto);
	else if (pkt->events & EVENT_ANSWERED)
		tell_exchange(app, pkt, proto);
}

void datagram_see(struct app *app, struct conversation *conversation, const struct pkt *pkt)
{
	if (conversation && pkt->key.proto == IPPROTO_UDP && pkt->payload_len > 0)
		see_of_flow(app, conversation, pkt);
	else if (!conversation && pkt->key.proto == IPPROTO_UDP)
		see_udp(app, pkt);
	else if (pkt->key.proto == IPPROTO_ICMP || pkt->key.proto == IPPROTO_ICMPV6)
		see_echo(app, pkt);
}
