/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/amplification.c - reflected responses arriving at a target, and a resolver that is used for
 * it.
 *
 * One function for all protocols; what they say is in response.c. A response longer than a packet
 * comes as fragments, so most of what arrives has no ports.
 */
#include "gen/plan.h"

#include "gen/dns_message.h"
#include "gen/prng.h"
#include "gen/response.h"
#include "types.h"

#define FRAGMENT_BYTES 1480	/* of IP payload, at an MTU of 1500 */
#define FRAGMENT_SPACE_NS 12000 /* 1514 bytes at 1 Gbit/s */
#define UDP_HEADER_BYTES 8
#define QUERIED_PORTS 4 /* ports of the target that the attacker forges queries from */

/* Sends a datagram from at_ns on, in fragments where it must be. */
static void datagram_emit(struct schedule *schedule, int64_t at_ns, struct head *head,
	const uint8_t *payload, size_t len)
{
	static uint8_t whole[UDP_HEADER_BYTES + RESPONSE_BYTES_MAX];
	size_t total = UDP_HEADER_BYTES + len;
	struct packet packet;

	udp_datagram(whole, head, payload, len);
	for (size_t offset = 0; offset < total;
		offset += FRAGMENT_BYTES, at_ns += FRAGMENT_SPACE_NS) {
		size_t take = total - offset < FRAGMENT_BYTES ? total - offset : FRAGMENT_BYTES;

		packet_fragment(&packet, head, PROTO_UDP, whole, total, offset, take);
		schedule_emit_later(schedule, at_ns, &packet);
	}
}

static void amplification_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;
	const struct response *response = response_of((enum kind)plan->variant);
	bool is_long = plan->options & PLAN_FRAGMENTS && response->bytes_long;
	struct head head = { .from = crowd_pick(&plan->from, prng),
		.to = crowd_pick(&plan->to, prng),
		.from_port = response->port,
		.id = (uint16_t)(prng_next(prng) | 1),
		.ttl = (uint8_t)prng_between(prng, 42, 58) };
	static uint8_t payload[RESPONSE_BYTES_MAX];
	size_t bytes = is_long ? response->bytes_long : response->bytes;
	struct prng port = { .state = paced->salt + prng_below(prng, QUERIED_PORTS) };

	head.to_port = plan->port ? plan->port : (uint16_t)(1024 + prng_below(&port, 60000));
	if (bytes > 300)
		bytes -= prng_below(prng, (uint32_t)bytes / 8);
	datagram_emit(schedule, paced->piece.at_ns, &head, payload,
		response->write(payload, bytes, prng));
}

void amplification(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, amplification_emit);
}

static void open_resolver_emit(struct paced *paced, struct schedule *schedule)
{
	struct prng *prng = &paced->prng;
	struct head head = { .from = crowd_pick(&paced->plan.from, prng),
		.to = crowd_pick(&paced->plan.to, prng),
		.from_port = (uint16_t)prng_between(prng, 1024, 65535),
		.to_port = 53,
		.id = (uint16_t)(prng_next(prng) | 1),
		.ttl = 244 };
	struct head back = { .from = head.to,
		.to = head.from,
		.from_port = 53,
		.to_port = head.from_port,
		.id = (uint16_t)(prng_next(prng) | 1) };
	uint16_t id = (uint16_t)prng_next(prng);
	static uint8_t message[RESPONSE_BYTES_MAX];
	struct packet packet;

	packet_udp(&packet, &head, message, dns_query(message, id, 7, DNS_TYPE_ANY));
	schedule_emit(schedule, &packet);
	datagram_emit(schedule, paced->piece.at_ns + 200000, &back, message,
		dns_answer(message, id, 7, DNS_TYPE_ANY, 3000));
}

void open_resolver(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, open_resolver_emit);
}
