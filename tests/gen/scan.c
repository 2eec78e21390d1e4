/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/scan.c - somebody looks for hosts and ports.
 *
 * What comes back is part of the picture: few addresses answer a horizontal scan, every port of a
 * live host answers a vertical one, and nobody completes anything. Whether a host or port is there
 * is a function of its number, so that a scan which comes by twice sees the same network.
 */
#include "gen/plan.h"

#include "gen/prng.h"
#include "types.h"

#define PROBE_WINDOW 1024 /* as half-open scanners send it */
#define ANSWER_NS (9 * NS_PER_MS)
#define SHARE_OPEN 0.01
#define SHARE_CLOSED 0.04 /* hosts that are there and refuse */
#define SHARE_PING 0.1

/* 0..1, always the same for that address (and piece). */
static double trait(const struct paced *paced, const struct addr *a)
{
	struct prng prng = { .state = paced->salt ^ a->word[1] };

	return prng_unit(&prng);
}

static void send_tcp(struct schedule *schedule, int64_t at_ns, const struct head *head,
	uint32_t seq, uint32_t ack, uint8_t flags)
{
	struct tcp tcp = {
		.seq = seq, .ack = ack, .flags = flags, .window = flags & TCP_RST ? 0 : PROBE_WINDOW
	};
	struct packet packet;

	packet_tcp(&packet, head, &tcp, NULL, 0);
	schedule_emit_later(schedule, at_ns, &packet);
}

static struct head reverse(const struct head *head)
{
	return (struct head){ .from = head->to,
		.to = head->from,
		.from_port = head->to_port,
		.to_port = head->from_port };
}

/* SYN; if open SYN-ACK and RST, if closed RST, else nothing. */
static void probe_half_open(struct paced *paced, struct schedule *schedule, const struct head *head,
	uint32_t seq, bool is_open, bool is_closed)
{
	struct head back = reverse(head);
	uint32_t isn = (uint32_t)prng_next(&paced->prng);
	int64_t at_ns = paced->piece.at_ns;

	send_tcp(schedule, at_ns, head, seq, 0, TCP_SYN);
	if (is_open) {
		send_tcp(schedule, at_ns + ANSWER_NS, &back, isn, seq + 1, TCP_SYN | TCP_ACK);
		send_tcp(schedule, at_ns + ANSWER_NS + 20000, head, seq + 1, 0, TCP_RST);
	} else if (is_closed) {
		send_tcp(schedule, at_ns + ANSWER_NS, &back, 0, seq + 1, TCP_RST | TCP_ACK);
	}
}

static struct head probe_head(struct paced *paced)
{
	struct prng *prng = &paced->prng;

	return (struct head){ .from = crowd_pick(&paced->plan.from, prng),
		.to = crowd_pick(&paced->plan.to, prng),
		.from_port = ephemeral_port(prng),
		.to_port = paced->plan.port,
		.id = (uint16_t)prng_next(prng),
		.ttl = 49 };
}

/* The members in an order that is not that of their addresses: a step that shares no factor with
 * any usual number of hosts walks through all of them. */
static struct addr next_host(const struct paced *paced)
{
	return crowd_member(&paced->plan.to, (paced->salt >> 32) + paced->number * 7919);
}

static void horizontal_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = probe_head(paced);
	double what;

	head.to = next_host(paced);
	what = trait(paced, &head.to);
	probe_half_open(paced, schedule, &head, (uint32_t)prng_next(&paced->prng),
		what < SHARE_OPEN, what < SHARE_OPEN + SHARE_CLOSED);
}

void scan_horizontal(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, horizontal_emit);
}

static bool is_port_open(uint16_t port)
{
	return port == 22 || port == 80 || port == 443;
}

static void vertical_emit(struct paced *paced, struct schedule *schedule)
{
	unsigned count = paced->plan.count;
	struct head head = probe_head(paced);

	head.to_port = (uint16_t)(1 + (paced->number * 7919) % count);
	probe_half_open(paced, schedule, &head, (uint32_t)prng_next(&paced->prng),
		is_port_open(head.to_port), true);
}

void scan_vertical(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, vertical_emit);
}

/* RFC 9293 3.10.7.1: a closed port resets what is no RST; an open one drops what has neither ACK
 * nor SYN. */
static void stealth_emit(struct paced *paced, struct schedule *schedule)
{
	unsigned count = paced->plan.count;
	struct head head = probe_head(paced), back;
	uint32_t seq = (uint32_t)prng_next(&paced->prng);

	head.to_port = (uint16_t)(1 + (paced->number * 7919) % count);
	back = reverse(&head);
	send_tcp(schedule, paced->piece.at_ns, &head, seq, 0, (uint8_t)paced->plan.variant);
	if (paced->plan.variant & TCP_FIN)
		seq++; /* FIN counts */
	if (!is_port_open(head.to_port))
		send_tcp(
			schedule, paced->piece.at_ns + ANSWER_NS, &back, 0, seq, TCP_RST | TCP_ACK);
}

void scan_stealth(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, stealth_emit);
}

static void mirai_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = probe_head(paced);
	double what = trait(paced, &head.to);

	head.to_port = paced->number % 10 ? 23 : 2323; /* the Mirai source: every tenth */
	probe_half_open(paced, schedule, &head, addr_number(&head.to), what < SHARE_OPEN,
		what < SHARE_OPEN + SHARE_CLOSED);
}

void scan_mirai(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, mirai_emit);
}

static void sweep_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = probe_head(paced), back;
	uint32_t rest = (uint32_t)paced->salt << 16 | (uint32_t)(paced->number & 0xffff);
	struct packet packet;

	head.to = next_host(paced);
	back = reverse(&head);
	packet_icmp(&packet, &head, 8, 0, rest, NULL, 0);
	schedule_emit(schedule, &packet);
	packet_icmp(&packet, &back, 0, 0, rest, NULL, 0);
	if (trait(paced, &head.to) < SHARE_PING)
		schedule_emit_later(schedule, paced->piece.at_ns + ANSWER_NS, &packet);
}

void ping_sweep(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, sweep_emit);
}
