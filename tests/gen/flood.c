/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/flood.c - floods, one packet at a time.
 *
 * Sources are drawn for every packet from `from`: a public crowd without size gives spoofed ones,
 * with size the bots of a botnet, a single host one machine.
 */
#include "gen/plan.h"

#include <string.h>

#include "gen/content.h"
#include "gen/prng.h"
#include "types.h"

#define GRE_TRANSPARENT 0x6558
#define GRE_IP4 0x0800

static uint8_t random_ttl(struct prng *prng)
{
	return (uint8_t)prng_between(prng, 38, 62);
}

static struct head flood_head(struct paced *paced)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;
	struct head head = { .from = crowd_pick(&plan->from, prng),
		.to = crowd_pick(&plan->to, prng),
		.from_port = (uint16_t)prng_between(prng, 1024, 65535),
		.to_port = plan->port,
		.id = (uint16_t)prng_next(prng),
		.ttl = random_ttl(prng) };

	if (plan->options & PLAN_RANDOM_PORTS)
		head.to_port = (uint16_t)prng_between(prng, 1, 65535);
	return head;
}

/* What the target says to a SYN or to a packet of no connection of its own. */
static void flood_answer(struct paced *paced, struct schedule *schedule, const struct head *head,
	const struct tcp *sent)
{
	bool is_syn = sent->flags == TCP_SYN;
	struct head back = { .from = head->to,
		.to = head->from,
		.from_port = head->to_port,
		.to_port = head->from_port };
	struct tcp tcp = { .seq = is_syn ? (uint32_t)prng_next(&paced->prng) : sent->ack,
		.ack = is_syn ? sent->seq + 1 : 0,
		.flags = is_syn ? TCP_SYN | TCP_ACK : TCP_RST,
		.window = is_syn ? 64240 : 0 };
	struct packet packet;

	packet_tcp(&packet, &back, &tcp, NULL, 0);
	schedule_emit_later(schedule, paced->piece.at_ns + 90000, &packet);
}

static void flood_tcp_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct head head = flood_head(paced);
	struct tcp tcp = { .seq = (uint32_t)prng_next(&paced->prng),
		.flags = (uint8_t)plan->variant,
		.window = (uint16_t)prng_next(&paced->prng) };
	struct packet packet;
	uint8_t payload[PACKET_MAX];

	if (tcp.flags & TCP_ACK)
		tcp.ack = (uint32_t)prng_next(&paced->prng);
	if (plan->bytes)
		content_noise(paced->salt, payload, plan->bytes);
	packet_tcp(&packet, &head, &tcp, payload, plan->bytes);
	if (plan->options & PLAN_RETRANSMIT) {
		schedule_emit_later(schedule, paced->piece.at_ns + NS_PER_S, &packet);
		schedule_emit_later(schedule, paced->piece.at_ns + 3 * NS_PER_S, &packet);
	}
	schedule_emit(schedule, &packet);
	if (plan->options & PLAN_ANSWERED)
		flood_answer(paced, schedule, &head, &tcp);
}

void flood_tcp(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, flood_tcp_emit);
}

static void flood_udp_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = flood_head(paced);
	uint8_t payload[PACKET_MAX];
	struct packet packet;

	content_noise(paced->salt, payload, paced->plan.bytes);
	packet_udp(&packet, &head, payload, paced->plan.bytes);
	schedule_emit(schedule, &packet);
}

void flood_udp(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, flood_udp_emit);
}

static void one_packet_flow_emit(struct paced *paced, struct schedule *schedule)
{
	static const uint16_t ports[] = { 53, 123, 443, 3478, 5060, 27015, 51413 };
	struct head head = flood_head(paced);
	uint8_t payload[256];
	struct packet packet;
	uint32_t len = prng_between(&paced->prng, 12, 200);

	if (prng_chance(&paced->prng, 0.5))
		head.to_port = ports[prng_below(&paced->prng, sizeof(ports) / sizeof(ports[0]))];
	content_noise(prng_next(&paced->prng), payload, len);
	packet_udp(&packet, &head, payload, len);
	schedule_emit(schedule, &packet);
}

void udp_one_packet_flows(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, one_packet_flow_emit);
}

static void flood_icmp_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = flood_head(paced);
	bool is_v4 = addr_is_v4(&head.to);
	uint8_t payload[PACKET_MAX];
	struct packet packet;

	content_noise(paced->salt, payload, paced->plan.bytes);
	packet_icmp(&packet, &head, is_v4 ? 8 : 128, 0, (uint32_t)prng_next(&paced->prng), payload,
		paced->plan.bytes);
	schedule_emit(schedule, &packet);
}

void flood_icmp(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, flood_icmp_emit);
}

static void flood_fragments_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = flood_head(paced);
	struct packet packet;

	head.frag_offset = (uint16_t)(prng_between(&paced->prng, 1, 40) * 1480);
	head.more_fragments = prng_chance(&paced->prng, 0.5);
	content_noise(paced->salt, packet_ip(&packet, &head, PROTO_UDP, 1480), 1480);
	schedule_emit(schedule, &packet);
}

void flood_fragments(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, flood_fragments_emit);
}

/* Mirai's greip: GRE, IPv4, UDP, noise; the inner destination is the outer one. Returns the
 * length. */
static size_t gre_ip(struct paced *paced, const struct head *head, uint8_t *out)
{
	struct head inner = *head;
	uint8_t payload[512];
	struct packet whole;

	inner.from = crowd_pick(&(struct crowd)PUBLIC, &paced->prng);
	inner.to_port = (uint16_t)prng_between(&paced->prng, 1, 65535);
	content_noise(prng_next(&paced->prng), payload, sizeof(payload));
	packet_udp(&whole, &inner, payload, sizeof(payload));
	put32(out, GRE_IP4);
	memcpy(out + 4, whole.bytes + ETHERNET_BYTES, whole.len - ETHERNET_BYTES);
	return 4 + whole.len - ETHERNET_BYTES;
}

static size_t gre_noise(struct paced *paced, uint8_t *out)
{
	put32(out, 0x20000000 | GRE_TRANSPARENT); /* key present (RFC 2890) */
	content_noise(prng_next(&paced->prng), out + 4, paced->plan.bytes);
	return 4 + paced->plan.bytes;
}

static void flood_gre_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = flood_head(paced);
	uint8_t payload[PACKET_MAX];
	struct packet packet;
	size_t len = paced->plan.options & PLAN_ENCAPSULATED ? gre_ip(paced, &head, payload)
							     : gre_noise(paced, payload);

	memcpy(packet_ip(&packet, &head, PROTO_GRE, len), payload, len);
	schedule_emit(schedule, &packet);
}

void flood_gre(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, flood_gre_emit);
}

static void reflection_emit(struct paced *paced, struct schedule *schedule)
{
	static const uint16_t services[] = { 80, 443, 443, 443, 22, 179, 8080, 8291 };
	struct prng *prng = &paced->prng;
	struct head head = flood_head(paced);
	bool is_refusal = prng_chance(prng, 0.1);
	struct tcp tcp = { .seq = is_refusal ? 0 : (uint32_t)prng_next(prng),
		.ack = (uint32_t)prng_next(prng),
		.window = is_refusal ? 0 : 65160,
		.flags = is_refusal ? TCP_RST | TCP_ACK : TCP_SYN | TCP_ACK,
		.options = is_refusal ? NULL : tcp_syn_options,
		.options_len = is_refusal ? 0 : sizeof(tcp_syn_options) };
	struct packet packet;

	head.from_port = services[prng_below(prng, sizeof(services) / sizeof(services[0]))];
	head.to_port = (uint16_t)prng_between(prng, 1024, 65535);
	packet_tcp(&packet, &head, &tcp, NULL, 0);
	if (!is_refusal) {
		schedule_emit_later(schedule, paced->piece.at_ns + NS_PER_S, &packet);
		schedule_emit_later(schedule, paced->piece.at_ns + 3 * NS_PER_S, &packet);
	}
	schedule_emit(schedule, &packet);
}

void tcp_reflection(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, reflection_emit);
}

/* A chain of destination options and hop-by-hop headers of 8 bytes each, out of order and far
 * too many. */
static void ip6_headers_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = flood_head(paced);
	unsigned count = prng_between(&paced->prng, 10, 40);
	struct packet packet;
	uint8_t *at = packet_ip(&packet, &head, 0, count * 8 + 8);

	for (unsigned i = 0; i < count; i++, at += 8) {
		at[0] = i + 1 == count ? PROTO_ICMP6 : i % 3 ? 60 : 0; /* next header */
		at[1] = 0;
		put32(at + 2, 0x01040000); /* PadN over the six bytes */
		put16(at + 6, 0);
	}
	memset(at, 0, 8);
	at[0] = 128; /* echo request; its checksum is left out, as the flood tools do */
	schedule_emit(schedule, &packet);
}

void flood_ip6_headers(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, ip6_headers_emit);
}
