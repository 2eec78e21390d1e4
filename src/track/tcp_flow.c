/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/tcp_flow.c - TCP segments of conversations that hold a full slot.
 *
 * A segment belongs to the flow when its number, or what it acknowledges, is near what the flow
 * expects (RFC 5961 in spirit): so a flood that guesses addresses and ports of a real connection
 * stays a stray and can neither reset nor feed it.
 */
#include "track/track_internal.h"

/* After that long without a word a new SYN is believed: the old flow's end was missed. */
#define REOPEN_IDLE_NS (60 * NS_PER_S)

static bool is_plausible(const struct flow *flow, const struct pkt *pkt)
{
	if (seq_is_near(pkt->tcp_seq, flow->next_seq[pkt->side]))
		return true;
	return !(pkt->tcp_flags & TCP_RST) && (pkt->tcp_flags & TCP_ACK) &&
	       seq_is_near(pkt->tcp_ack, flow->next_seq[!pkt->side]);
}

static void follow_numbers(struct flow *flow, struct pkt *pkt)
{
	uint32_t *next = &flow->next_seq[pkt->side], end = seq_end(pkt);

	if (end != pkt->tcp_seq && seq_after(end, *next) <= 0 && !seq_is_keepalive(pkt, *next)) {
		pkt->events |= EVENT_RETRANSMIT;
		flow->retransmits++;
	}
	*next = seq_latest(*next, end);
}

static void follow_end(struct flow *flow, struct pkt *pkt)
{
	if (flow->tcp_state == TCP_STATE_CLOSED)
		return;
	if (pkt->tcp_flags & TCP_FIN) {
		flow->fin_seen |= (uint8_t)(1U << pkt->side);
		flow->tcp_state = TCP_STATE_CLOSING;
	}
	if (flow->fin_seen == 3 || (pkt->tcp_flags & TCP_RST)) {
		flow->tcp_state = TCP_STATE_CLOSED;
		pkt->events |= EVENT_CLOSED;
	}
}

struct flow *track_tcp_flow(struct tracker *tracker, struct flow *flow, struct pkt *pkt)
{
	pkt->side = addr_equal(&pkt->key.addr[0], &flow->key.addr[0]) &&
				    pkt->key.port[0] == flow->key.port[0]
			    ? 0
			    : 1;
	pkt->standing = STANDING_STRAY;
	if ((pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		if (flow->tcp_state != TCP_STATE_CLOSED &&
			pkt->time_ns - flow->last_ns < REOPEN_IDLE_NS)
			return NULL;
		flows_retire(flow);
		return track_tcp_pending(tracker, NULL, pkt);
	}
	if (!is_plausible(flow, pkt))
		return NULL;
	if (pkt->side == 0 && pkt->payload_wire_len > 0 && flow->payload_packets[0] == 0)
		pkt->events |= EVENT_FIRST_PAYLOAD;
	track_count_flow(tracker, flow, pkt);
	flow->tcp_flags_seen |= pkt->tcp_flags;
	follow_numbers(flow, pkt);
	follow_end(flow, pkt);
	return flow;
}
