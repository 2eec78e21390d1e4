/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/benign.c - people and machines at work: what must not raise an alarm.
 *
 * Each piece is one habit of a network. The proportions that make it look suspicious at a glance (a
 * crawler's failed connections, the one-sided volume of a download, the thousands of destinations
 * of a resolver) are parameters, and so are those that tell it from an attack (answers, completed
 * handshakes).
 */
#include "gen/plan.h"

#include "gen/content.h"
#include "gen/dns_message.h"
#include "gen/prng.h"
#include "gen/talk.h"
#include "types.h"

#define RESPONSE_BYTES_MAX 4000000 /* an exponential tail must not outlast the capture */

/* How an attempt goes, when a share of them fails. */
static enum talk_end fate(struct prng *prng, double share)
{
	if (!prng_chance(prng, share))
		return prng_chance(prng, 0.05) ? TALK_RESET : TALK_CLOSED;
	return prng_chance(prng, 0.5) ? TALK_REFUSED : TALK_UNANSWERED;
}

static uint32_t response_size(struct prng *prng, uint32_t mean)
{
	int64_t bytes = prng_exponential(prng, mean ? mean : 20000);

	return bytes > RESPONSE_BYTES_MAX ? RESPONSE_BYTES_MAX : (uint32_t)bytes + 200;
}

/* The round trip to the end that is out there. */
static int64_t far_trip_ns(const struct plan *plan, const struct talk_plan *talk)
{
	return round_trip_ns(plan->to.kind == CROWD_PREFIX ? &talk->client : &talk->server);
}

static void web_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;
	bool is_tls = plan->options & PLAN_TLS || (!plan->port && prng_chance(prng, 0.7));
	struct talk_plan talk = { .client = crowd_pick(&plan->from, prng),
		.server = crowd_pick(&plan->to, prng),
		.client_port = ephemeral_port(prng),
		.server_port = plan->port ? plan->port
			       : is_tls	  ? 443
					  : 80,
		.content = is_tls ? CONTENT_TLS : CONTENT_HTTP,
		.end = fate(prng, plan->share),
		.rounds = 1 + prng_below(prng, plan->count ? plan->count : 4),
		.request_bytes = prng_between(prng, 260, 900),
		.response_bytes = response_size(prng, plan->bytes),
		.gap_ns = prng_between(prng, 40, 400) * 1000LL,
		.think_ns = prng_between(prng, 50, 800) * NS_PER_MS,
		.seed = prng_next(prng) };

	if (is_tls)
		talk.rounds++;
	talk.rtt_ns = far_trip_ns(plan, &talk);
	talk_tcp_start(schedule, paced->piece.at_ns, &talk);
}

void web_site(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, web_emit);
}

static void dns_emit(struct paced *paced, struct schedule *schedule)
{
	struct prng *prng = &paced->prng;
	struct head head = { .from = crowd_pick(&paced->plan.from, prng),
		.to = crowd_pick(&paced->plan.to, prng),
		.from_port = ephemeral_port(prng),
		.to_port = 53,
		.id = (uint16_t)prng_next(prng) };
	struct head back = { .from = head.to,
		.to = head.from,
		.from_port = 53,
		.to_port = head.from_port,
		.id = (uint16_t)prng_next(prng),
		.ttl = 57 };
	uint16_t id = (uint16_t)prng_next(prng);
	uint32_t name = (uint32_t)prng_next(prng);
	uint8_t message[512];
	struct packet packet;
	int64_t rtt_ns = round_trip_ns(&head.to) / 2;

	packet_udp(&packet, &head, message, dns_query(message, id, name, DNS_TYPE_A));
	schedule_emit(schedule, &packet);
	if (prng_chance(prng, paced->plan.share)) {
		/* asked again, answered at last or not */
		schedule_emit_later(schedule, paced->piece.at_ns + NS_PER_S, &packet);
		rtt_ns += NS_PER_S;
		if (prng_chance(prng, 0.5))
			return;
	}
	packet_udp(&packet, &back, message, dns_answer(message, id, name, DNS_TYPE_A, 0));
	schedule_emit_later(schedule, paced->piece.at_ns + rtt_ns, &packet);
}

void dns_lookups(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, dns_emit);
}

static void quic_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;
	struct talk_plan talk = { .client = crowd_pick(&plan->from, prng),
		.server = crowd_pick(&plan->to, prng),
		.client_port = ephemeral_port(prng),
		.server_port = 443,
		.content = CONTENT_QUIC,
		.end = prng_chance(prng, plan->share) ? TALK_UNANSWERED : TALK_CLOSED,
		.rounds = response_size(prng, plan->bytes) / 1252 + 2,
		.request_bytes = 1200,
		.response_bytes = 1252,
		.feedback_every = 4,
		.gap_ns = prng_between(prng, 60, 500) * 1000LL,
		.seed = prng_next(prng) };

	talk.rtt_ns = far_trip_ns(plan, &talk);
	talk_udp_start(schedule, paced->piece.at_ns, &talk);
}

void quic_flows(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, quic_emit);
}

void bulk_transfer(struct schedule *schedule, const struct plan *plan)
{
	struct prng prng = { .state = schedule_seed(schedule) };
	double rate = plan->rate * schedule_scale(schedule);
	uint32_t bytes = (uint32_t)(rate * plan->seconds * TALK_MSS_BYTES);

	for (unsigned i = 0; i < plan->count; i++) {
		struct talk_plan talk = { .client = crowd_pick(&plan->from, &prng),
			.server = crowd_pick(&plan->to, &prng),
			.client_port = ephemeral_port(&prng),
			.server_port = plan->port ? plan->port : 80,
			.content = CONTENT_HTTP,
			.rounds = 1,
			.request_bytes = plan->options & PLAN_UPLOAD ? bytes : 400,
			.response_bytes = plan->options & PLAN_UPLOAD ? 300 : bytes,
			.gap_ns = (int64_t)((double)NS_PER_S / rate),
			.rtt_ns = 12 * NS_PER_MS,
			.seed = prng_next(&prng) };
		int64_t at_ns = GEN_EPOCH_NS + (int64_t)(plan->start_s * (double)NS_PER_S);

		talk_tcp_start(schedule, at_ns + i * 7 * NS_PER_MS, &talk);
	}
}

void udp_streams(struct schedule *schedule, const struct plan *plan)
{
	struct prng prng = { .state = schedule_seed(schedule) };
	double rate = plan->rate * schedule_scale(schedule);
	struct crowd to = plan->to;

	to.salt = prng_next(&prng);
	for (unsigned i = 0; i < plan->count; i++) {
		struct talk_plan talk = { .client = crowd_member(&to, i),
			.server = crowd_pick(&plan->from, &prng),
			.client_port = ephemeral_port(&prng),
			.server_port = plan->port ? plan->port : 5004,
			.content = CONTENT_RTP,
			.rounds = (unsigned)(rate * plan->seconds) + 1,
			.request_bytes = 60,
			.response_bytes = plan->bytes ? plan->bytes : 1328,
			.feedback_every = (unsigned)rate + 1,
			.gap_ns = (int64_t)((double)NS_PER_S / rate),
			.seed = prng_next(&prng) };
		int64_t start_ns = (int64_t)(plan->start_s * (double)NS_PER_S);

		talk.rtt_ns = round_trip_ns(&talk.client);
		talk_udp_start(schedule,
			GEN_EPOCH_NS + start_ns + prng_below(&prng, 1000) * NS_PER_MS, &talk);
	}
}

static void peer_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;
	bool is_outgoing = prng_chance(prng, 0.8), is_lookup = prng_chance(prng, 0.5);
	struct addr self = crowd_pick(&plan->from, prng), peer = crowd_pick(&plan->to, prng);
	uint16_t peer_port = (uint16_t)prng_between(prng, 1025, 65535);
	struct talk_plan talk = { .client = is_outgoing ? self : peer,
		.server = is_outgoing ? peer : self,
		.client_port = is_outgoing ? 51413 : peer_port,
		.server_port = is_outgoing ? peer_port : 51413,
		.content = is_lookup ? CONTENT_DHT : CONTENT_NOISE,
		.request_bytes = 68,
		.response_bytes = is_lookup ? 60 : 1300,
		.rounds = is_lookup ? 0 : prng_between(prng, 4, 60),
		.feedback_every = 3,
		.gap_ns = prng_between(prng, 2, 40) * NS_PER_MS,
		.think_ns = NS_PER_S,
		.seed = prng_next(prng) };

	talk.rtt_ns = round_trip_ns(&peer);
	if (is_outgoing && prng_chance(prng, plan->share))
		talk.end = prng_chance(prng, 0.3) ? TALK_REFUSED : TALK_UNANSWERED;
	if (is_lookup || prng_chance(prng, 0.5)) {
		talk_udp_start(schedule, paced->piece.at_ns, &talk);
		return;
	}
	talk.rounds = prng_between(prng, 1, 3);
	talk.response_bytes = 16384 + 13; /* one block and its header (BEP 3) */
	talk.client_port = ephemeral_port(prng);
	talk_tcp_start(schedule, paced->piece.at_ns, &talk);
}

void peer_to_peer(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, peer_emit);
}

static void ping(
	struct paced *paced, struct schedule *schedule, const struct addr *host, bool is_up)
{
	struct addr self = crowd_pick(&paced->plan.from, &paced->prng);
	struct head head = { .from = self, .to = *host, .id = (uint16_t)prng_next(&paced->prng) };
	struct head back = { .from = *host, .to = self, .id = (uint16_t)prng_next(&paced->prng) };
	uint32_t rest = 0x1234U << 16 | (uint32_t)(paced->number & 0xffff);
	uint8_t payload[56];
	struct packet packet;

	content_noise(1, payload, sizeof(payload));
	packet_icmp(&packet, &head, 8, 0, rest, payload, sizeof(payload));
	schedule_emit(schedule, &packet);
	packet_icmp(&packet, &back, 0, 0, rest, payload, sizeof(payload));
	if (is_up)
		schedule_emit_later(schedule, paced->piece.at_ns + NS_PER_MS, &packet);
}

static void monitoring_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	unsigned number = (unsigned)(paced->number % plan->count);
	struct addr host = crowd_member(&plan->to, number);
	bool is_up = number >= plan->share * plan->count;
	struct talk_plan check = { .client = crowd_pick(&plan->from, &paced->prng),
		.server = host,
		.client_port = ephemeral_port(&paced->prng),
		.server_port = number % 3 ? 443 : 22,
		.end = is_up ? TALK_CLOSED : TALK_UNANSWERED,
		.rtt_ns = NS_PER_MS,
		.seed = prng_next(&paced->prng) };

	ping(paced, schedule, &host, is_up);
	talk_tcp_start(schedule, paced->piece.at_ns + 5 * NS_PER_MS, &check);
}

void monitoring(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, monitoring_emit);
}

/* The attacked server answers SYNs, its closed ports reset, its router says unreachable. */
static void backscatter_emit(struct paced *paced, struct schedule *schedule)
{
	struct prng *prng = &paced->prng;
	struct head head = { .from = crowd_pick(&paced->plan.from, prng),
		.to = crowd_pick(&paced->plan.to, prng),
		.from_port = 80,
		.to_port = (uint16_t)prng_between(prng, 1024, 65535) };
	struct head forged = { .from = head.to,
		.to = head.from,
		.from_port = head.to_port,
		.to_port = (uint16_t)prng_below(prng, 65536) };
	struct tcp tcp = { .seq = (uint32_t)prng_next(prng), .ack = (uint32_t)prng_next(prng) };
	struct packet packet, quoted;

	switch (paced->number % 4) {
	case 0:
		packet_udp(&quoted, &forged, NULL, 0);
		packet_icmp(&packet, &head, 3, 3, 0, quoted.bytes + ETHERNET_BYTES, 28);
		break;
	case 1:
		tcp.flags = TCP_RST | TCP_ACK;
		packet_tcp(&packet, &head, &tcp, NULL, 0);
		break;
	default:
		tcp.flags = TCP_SYN | TCP_ACK;
		tcp.window = 64240;
		packet_tcp(&packet, &head, &tcp, NULL, 0);
	}
	schedule_emit(schedule, &packet);
}

void backscatter(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, backscatter_emit);
}
