/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/tcp_pending.c - TCP segments of what has not proved itself yet.
 *
 *            SYN                SYN-ACK                  ACK, right number
 *   (none) ------> PENDING_SYN ---------> PENDING_SYN_ACKED -----------------> flow, established
 *            other             other side, near           first side, near
 *   (none) ------> PENDING_TCP ---------> PENDING_TCP_BOTH -----------------> flow, mid-stream
 *   RST in any of them: PENDING_OVER
 *
 * When only one side is in the capture nothing is ever answered; then segments that follow on from
 * one another, with new bytes or a new acknowledgement each, are the sign of a real conversation
 * (STANDING_STREAM): a flood repeats itself or jumps. Where both sides are seen that is no sign:
 * who does not know the other side's number did not get its answer.
 */
#include "track/track_internal.h"

/* So many segments that follow on make a stream: SYN, ACK, request, and one more. */
#define STREAM_PROGRESS 3

/* Ports below the first are services' (RFC 6335 6); from the second on systems take those of
 * openers: Linux from 32768, others from 49152. */
#define SYSTEM_PORTS_END 1024
#define OPENER_PORTS 32768

/* What a SYN-ACK may leave unacknowledged: the payload of a SYN (RFC 7413). */
#define SYN_PAYLOAD_MAX 65535

static void step_onward(struct pending *entry, struct pkt *pkt)
{
	entry->progress += entry->progress < UINT8_MAX;
	if (entry->progress == STREAM_PROGRESS)
		pkt->events |= EVENT_STREAM;
}

/* Does the segment follow on from what its sender said before, and further? What jumps begins
 * anew. */
static void follow_progress(struct pending *entry, struct pkt *pkt)
{
	uint32_t *next = &entry->next_seq[pkt->side], *acked = &entry->next_seq[!pkt->side];
	uint32_t end = seq_end(pkt);

	if (!(pkt->tcp_flags & TCP_ACK) || !seq_is_near(pkt->tcp_seq, *next) ||
		!seq_is_near(pkt->tcp_ack, *acked))
		entry->progress = 0;
	else if (pkt->tcp_seq == *next && (end != *next || seq_after(pkt->tcp_ack, *acked) > 0))
		step_onward(entry, pkt);
	else if (pkt->payload_wire_len > 0 && seq_after(end, *next) <= 0 &&
		 !seq_is_keepalive(pkt, *next))
		pkt->events |= EVENT_RETRANSMIT;
	*next = seq_latest(*next, end);
	if (entry->packets[!pkt->side] == 0)
		*acked = seq_latest(*acked, pkt->tcp_ack);
	if (entry->progress >= STREAM_PROGRESS)
		pkt->standing = STANDING_STREAM;
}

static void begin(struct tracker *tracker, struct pkt *pkt)
{
	struct pending *entry;
	unsigned flags = pkt->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

	pkt->standing = STANDING_STRAY;
	if (flags & TCP_RST)
		return;
	if (flags == TCP_SYN) {
		entry = track_new_entry(tracker, pkt, PENDING_SYN, 0);
		pkt->standing = STANDING_OPENING;
	} else if (flags == (TCP_SYN | TCP_ACK)) {
		/* The capture may begin between SYN and SYN-ACK: the receiver has still to show
		 * that it asked. */
		entry = track_new_entry(tracker, pkt, PENDING_SYN_ACKED, 1);
		entry->next_seq[0] = pkt->tcp_ack;
	} else {
		entry = track_new_entry(tracker, pkt, PENDING_TCP, 0);
		entry->next_seq[1] = pkt->tcp_ack;
	}
	entry->next_seq[pkt->side] = seq_end(pkt);
	track_count_entry(entry, pkt);
}

/* SYN again: a retransmission, or the ports are used anew. */
static void see_syn(struct pending *entry, struct pkt *pkt)
{
	pkt->standing = STANDING_UNANSWERED;
	if (pkt->side == 1) {
		pkt->standing =
			STANDING_STRAY; /* simultaneous open (RFC 9293 3.5): nobody does it */
		return;
	}
	if (entry->next_seq[0] == seq_end(pkt)) {
		if (entry->packets[0] > 0) /* else its SYN-ACK came before it */
			pkt->events |= EVENT_RETRANSMIT;
		return;
	}
	entry->state = PENDING_SYN;
	entry->next_seq[0] = seq_end(pkt);
	entry->progress = 0;
}

static void see_syn_ack(struct pending *entry, struct pkt *pkt)
{
	pkt->standing = STANDING_STRAY;
	if (pkt->side == 0 || entry->next_seq[0] - pkt->tcp_ack > SYN_PAYLOAD_MAX)
		return;
	if (entry->state == PENDING_SYN) {
		entry->state = PENDING_SYN_ACKED;
		/* What the SYN had and this does not acknowledge is sent again. */
		entry->next_seq[0] = pkt->tcp_ack;
		entry->next_seq[1] = seq_end(pkt);
		pkt->events |= EVENT_ANSWERED;
		pkt->standing = STANDING_ANSWER;
	} else if (entry->state == PENDING_SYN_ACKED && entry->packets[0] > 0) {
		pkt->events |= EVENT_RETRANSMIT;
		pkt->standing = STANDING_ANSWER;
	}
}

static void see_rst(struct pending *entry, struct pkt *pkt)
{
	pkt->standing = STANDING_STRAY;
	if (entry->state == PENDING_OVER)
		return;
	if (pkt->side == 1) {
		if (entry->state == PENDING_SYN)
			pkt->events |= EVENT_REFUSED;
		if (entry->packets[0] > 0)
			pkt->standing = STANDING_ANSWER;
	} else if (entry->packets[0] == 0) {
		/* It says that it never asked for the SYN-ACK it got. */
		pkt->standing = STANDING_ANSWER;
	} else if (entry->packets[1] > 0) {
		/* The opener breaks off: the half-open scan's signature. */
		pkt->standing = STANDING_UNANSWERED;
		pkt->events |= EVENT_CLOSED;
	}
	entry->state = PENDING_OVER;
}

static unsigned port_rank(uint16_t port)
{
	return port >= OPENER_PORTS ? 2 : port >= SYSTEM_PORTS_END;
}

/* Nobody saw who opened what is picked up in its middle: he whose port is less a service's; of
 * equals, who spoke first, as is the sender of this packet. */
static void name_opener(struct pending *entry, struct pkt *pkt)
{
	struct pending was = *entry;

	if (port_rank(pkt->key.port[0]) >= port_rank(pkt->key.port[1]))
		return;
	for (unsigned side = 0; side < 2; side++) {
		entry->packets[side] = was.packets[!side];
		entry->next_seq[side] = was.next_seq[!side];
	}
	entry->opener_is_low = !was.opener_is_low;
	pkt->side = !pkt->side;
}

static struct flow *establish(
	struct tracker *tracker, struct pending *entry, struct pkt *pkt, enum tcp_state state)
{
	struct flow *flow;

	if (state == TCP_STATE_MIDSTREAM)
		name_opener(entry, pkt);
	flow = track_promote(tracker, entry, pkt);
	if (state == TCP_STATE_ESTABLISHED)
		pkt->events |= EVENT_HANDSHAKE;
	if (!flow) {
		entry->state = PENDING_TCP_BOTH; /* tries again with every segment */
		entry->next_seq[pkt->side] = seq_latest(entry->next_seq[pkt->side], seq_end(pkt));
		return NULL;
	}
	flow->tcp_state = (uint8_t)state;
	flow->marks |= state == TCP_STATE_MIDSTREAM ? FLOW_MARK_MIDSTREAM : 0;
	return track_tcp_flow(tracker, flow, pkt);
}

/* So much may the answerer have said before the third packet of the handshake. It does so only to
 * whom it knows by a cookie (RFC 7413); to all others nothing. */
static uint32_t early_bytes_max(const struct pending *entry)
{
	return entry->packets[0] > 0 && entry->progress > 0 ? SYN_PAYLOAD_MAX : 0;
}

/* The third packet of a handshake acknowledges a number that only its receiver could know. */
static bool completes_handshake(const struct pending *entry, const struct pkt *pkt)
{
	uint32_t behind = entry->next_seq[1] - pkt->tcp_ack;

	return entry->state == PENDING_SYN_ACKED && pkt->side == 0 && entry->packets[1] > 0 &&
	       (pkt->tcp_flags & TCP_ACK) && behind <= early_bytes_max(entry) &&
	       seq_is_near(pkt->tcp_seq, entry->next_seq[0]);
}

/* Of a flow picked up in its middle: this segment and the other side's know of each other. */
static bool knows_other_side(const struct pending *entry, const struct pkt *pkt)
{
	return (pkt->tcp_flags & TCP_ACK) && seq_is_near(pkt->tcp_ack, entry->next_seq[!pkt->side]);
}

/* The answerer speaks to somebody whose numbers it knows, who has still to react. */
static void see_answer(struct pending *entry, struct pkt *pkt)
{
	entry->next_seq[1] = entry->state == PENDING_TCP
				     ? seq_end(pkt)
				     : seq_latest(entry->next_seq[1], seq_end(pkt));
	if (entry->state == PENDING_TCP)
		entry->state = PENDING_TCP_BOTH;
	else if (entry->state == PENDING_SYN_ACKED && pkt->payload_wire_len > 0)
		entry->progress = 1;
	pkt->standing = STANDING_ANSWER;
}

/* Of the opener, or of one side that is seen alone. */
static void see_unanswered(struct pending *entry, struct pkt *pkt)
{
	if (entry->state == PENDING_SYN && pkt->side == 0 && pkt->tcp_seq == entry->next_seq[0] &&
		(pkt->tcp_flags & TCP_ACK)) {
		/* It goes on as if it had been answered: the other direction is not in the
		 * capture. */
		entry->state = PENDING_TCP;
		entry->next_seq[0] = seq_end(pkt);
		entry->next_seq[1] = pkt->tcp_ack;
		entry->progress = 1;
		pkt->events |= EVENT_ANSWERED;
	} else if (entry->state != PENDING_SYN && entry->packets[!pkt->side] == 0) {
		follow_progress(entry, pkt);
	}
}

static struct flow *see_segment(struct tracker *tracker, struct pending *entry, struct pkt *pkt)
{
	pkt->standing = entry->packets[pkt->side] > 0 ? STANDING_UNANSWERED : STANDING_STRAY;
	if (entry->state == PENDING_OVER)
		return NULL;
	if (completes_handshake(entry, pkt))
		return establish(tracker, entry, pkt, TCP_STATE_ESTABLISHED);
	if (entry->state == PENDING_TCP_BOTH && pkt->side == 0 && knows_other_side(entry, pkt))
		return establish(tracker, entry, pkt, TCP_STATE_MIDSTREAM);
	if (entry->state != PENDING_SYN && pkt->side == 1 && entry->packets[0] > 0 &&
		knows_other_side(entry, pkt))
		see_answer(entry, pkt);
	else
		see_unanswered(entry, pkt);
	return NULL;
}

/* May the SYN begin something new where an entry is? Of two whose conversation was picked up in its
 * middle nobody knows which opened it. */
static bool begins_anew(const struct pending *entry, const struct pkt *pkt)
{
	return entry->state == PENDING_OVER ||
	       (pkt->side == 1 &&
		       (entry->state == PENDING_TCP || entry->state == PENDING_TCP_BOTH));
}

struct flow *track_tcp_pending(struct tracker *tracker, struct pending *entry, struct pkt *pkt)
{
	unsigned flags = pkt->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST);
	struct flow *flow = NULL;

	if (!entry) {
		begin(tracker, pkt);
		return NULL;
	}
	track_take_side(entry, pkt);
	if (flags == TCP_SYN && begins_anew(entry, pkt)) {
		pending_free(entry);
		begin(tracker, pkt);
		return NULL;
	}
	if (flags & TCP_RST)
		see_rst(entry, pkt);
	else if (flags == TCP_SYN)
		see_syn(entry, pkt);
	else if (flags == (TCP_SYN | TCP_ACK))
		see_syn_ack(entry, pkt);
	else
		flow = see_segment(tracker, entry, pkt);
	if (!flow && entry->state != PENDING_FREE)
		track_count_entry(entry, pkt);
	return flow;
}
