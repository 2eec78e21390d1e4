/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/abuse.c - packets that nothing honest sends, and connections that are only held.
 *
 * The historical ones crash no current system, but they are still sent, and a decoder must name
 * them (RFC 791, 793, 1858, 3128, 6890; anomalies.h).
 */
#include "gen/plan.h"

#include <string.h>

#include "gen/content.h"
#include "gen/prng.h"
#include "gen/talk.h"
#include "types.h"

static struct head abuse_head(struct paced *paced)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;

	return (struct head){ .from = crowd_pick(&plan->from, prng),
		.to = crowd_pick(&plan->to, prng),
		.from_port = (uint16_t)prng_between(prng, 1024, 65535),
		.to_port = plan->port ? plan->port : 80,
		.id = (uint16_t)(prng_next(prng) | 1),
		.ttl = 54 };
}

static void tcp_emit(
	struct paced *paced, struct schedule *schedule, const struct head *head, uint8_t flags)
{
	struct tcp tcp = {
		.seq = (uint32_t)prng_next(&paced->prng), .flags = flags, .window = 512
	};
	struct packet packet;

	packet_tcp(&packet, head, &tcp, NULL, 0);
	schedule_emit(schedule, &packet);
}

static void land_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = abuse_head(paced);

	head.from = head.to;
	head.from_port = head.to_port;
	tcp_emit(paced, schedule, &head, TCP_SYN);
}

void land(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, land_emit);
}

static void bad_flags_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = abuse_head(paced);

	tcp_emit(paced, schedule, &head, (uint8_t)paced->plan.variant);
}

void bad_flags(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, bad_flags_emit);
}

static void bogon_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = abuse_head(paced);
	uint8_t payload[32];
	struct packet packet;

	head.from = crowd_pick(&(struct crowd)BOGONS, &paced->prng);
	if (paced->number % 2) {
		tcp_emit(paced, schedule, &head, TCP_SYN);
		return;
	}
	content_noise(paced->salt, payload, sizeof(payload));
	packet_udp(&packet, &head, payload, sizeof(payload));
	schedule_emit(schedule, &packet);
}

void bogon_sources(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, bogon_emit);
}

/* A fragment of UDP with bytes of noise, at an offset of its own choice. */
static void fragment_emit(struct paced *paced, struct schedule *schedule, const struct head *head,
	size_t offset, size_t len, bool is_more)
{
	struct head part = *head;
	struct packet packet;
	uint8_t *at;

	part.frag_offset = (uint16_t)offset;
	part.more_fragments = is_more;
	at = packet_ip(&packet, &part, PROTO_UDP, len);
	content_noise(paced->salt + offset, at, len);
	if (offset == 0 && len >= 8) {
		put16(at, head->from_port);
		put16(at + 2, head->to_port);
		put16(at + 4, 48);
		put16(at + 6, 0); /* no checksum */
	}
	schedule_emit(schedule, &packet);
}

/* The second fragment lies within the first: its length came out negative in old stacks. */
static void teardrop_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = abuse_head(paced);

	fragment_emit(paced, schedule, &head, 0, 48, true);
	fragment_emit(paced, schedule, &head, 24, 8, false);
}

void teardrop(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, teardrop_emit);
}

/* An echo request whose last fragment ends beyond 65,535 bytes. */
static void ping_of_death_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = abuse_head(paced), part;
	struct packet packet;
	uint8_t *at;

	for (size_t offset = 0; offset <= 65120; offset += 1480) {
		part = head;
		part.frag_offset = (uint16_t)offset;
		part.more_fragments = offset < 65120;
		at = packet_ip(&packet, &part, PROTO_ICMP, 1480);
		memset(at, 'W', 1480);
		if (offset == 0)
			put32(at, 0x08000000);
		schedule_emit_later(
			schedule, paced->piece.at_ns + (int64_t)offset / 1480 * 12000, &packet);
	}
}

void ping_of_death(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, ping_of_death_emit);
}

/* The TCP header over two fragments, so that a filter does not see the flags (RFC 1858 3). */
static void tiny_fragments_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = abuse_head(paced), plain = head;
	struct tcp tcp = {
		.seq = (uint32_t)prng_next(&paced->prng), .flags = TCP_SYN, .window = 512
	};
	struct packet whole, packet;

	packet_tcp(&whole, &plain, &tcp, NULL, 0);
	packet_fragment(&packet, &head, PROTO_TCP, whole.bytes + ETHERNET_BYTES + 20, 20, 0, 8);
	schedule_emit(schedule, &packet);
	packet_fragment(&packet, &head, PROTO_TCP, whole.bytes + ETHERNET_BYTES + 20, 20, 8, 12);
	schedule_emit(schedule, &packet);
}

void tiny_fragments(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, tiny_fragments_emit);
}

static void bad_options_emit(struct paced *paced, struct schedule *schedule)
{
	static const uint8_t options[3][8] = {
		{ 0x83, 7, 8, 198, 51, 100, 1, 0 }, /* loose source route, at its end */
		{ 0x89, 7, 8, 198, 51, 100, 1, 0 }, /* strict source route, at its end */
		{ 0x07, 77, 4, 0, 0, 0, 0, 0 },	    /* record route, longer than the header */
	};
	struct head head = abuse_head(paced);

	head.options = options[paced->number % 3];
	head.options_len = sizeof(options[0]);
	tcp_emit(paced, schedule, &head, TCP_SYN);
}

void bad_options(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, bad_options_emit);
}

static void silent_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct prng *prng = &paced->prng;
	struct talk_plan talk = { .client = crowd_pick(&plan->from, prng),
		.server = crowd_pick(&plan->to, prng),
		.client_port = (uint16_t)prng_between(prng, 1024, 65535),
		.server_port = plan->port ? plan->port : 443,
		.end = TALK_SILENT,
		.seed = prng_next(prng) };

	talk.rtt_ns = round_trip_ns(&talk.client);
	talk_tcp_start(schedule, paced->piece.at_ns, &talk);
}

void silent_connections(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, silent_emit);
}
