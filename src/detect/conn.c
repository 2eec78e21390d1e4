/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/conn.c - finds services whose connections are held by people who have nothing to say.
 *
 * A connection counts from its completed handshake to its end. It is silent until its opener has
 * sent something: CONN_WORD_BYTES at once, or any payload of either side once CONN_CHATTY_PACKETS
 * have passed (so those who only listen to a feed are customers). flow.marks remembers what was
 * counted, so each connection is counted once, whatever becomes of its slot.
 *
 * Summary: per (service, source) how many were opened, spoke and ended in the window. An opening
 * that finds no place is not counted at all, and not marked, so its end is not either; a word or
 * an end that finds none is counted as lost, and then every service is taken to have so many
 * silent ones less: rather too few than a false alarm. State and limits: conn_judge.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "detect/conn_internal.h"
#include "detect/detectors.h"

/* A TLS record header (RFC 8446 5.1) and "QUIT\n" have 5 bytes; no common protocol asks in fewer.
 */
#define CONN_WORD_BYTES 5
/* Handshake, banner and greetings of the talkative protocols (SMTP, SSH) are over by then. */
#define CONN_CHATTY_PACKETS 16

static void conn_close(void *state)
{
	struct conn_state *s = state;

	keyed_close(&s->services);
	keyed_close(&s->sources);
	free(s->gathering_slots);
	s->gathering_slots = NULL;
}

static int conn_init(void *state, const struct detector_env *env)
{
	struct conn_state *s = state;

	*s = (struct conn_state){ .conf = env->conf, .seed = env->seed };
	s->gathering_slots = calloc(CONN_GATHERINGS, distinct_bytes(CONN_GATHERING_SLOTS));
	if (!s->gathering_slots ||
		keyed_open(&s->services, CONN_SERVICE_PLACES, sizeof(struct conn_service),
			sizeof(struct conn_service_key), s->seed) < 0 ||
		keyed_open(&s->sources, CONN_SOURCE_PLACES, sizeof(struct conn_source),
			sizeof(struct conn_source_key), s->seed) < 0) {
		conn_close(s);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < CONN_GATHERINGS; i++)
		distinct_init(&s->gatherings[i].sources,
			&s->gathering_slots[i * CONN_GATHERING_SLOTS], CONN_GATHERING_SLOTS);
	return 0;
}

static int conn_summary_init(void *summary, const void *state, bool is_merged)
{
	const struct conn_state *s = state;
	struct conn_summary *sum = summary;

	sum->lost_silent = 0;
	return keyed_open(&sum->deltas, is_merged ? CONN_MERGED_PLACES : CONN_LANE_PLACES,
		sizeof(struct conn_delta), sizeof(struct conn_source_key), s->seed);
}

static void conn_summary_close(void *summary)
{
	struct conn_summary *sum = summary;

	keyed_close(&sum->deltas);
}

static struct conn_delta *delta_of(struct conn_summary *sum, const struct flow *flow)
{
	struct conn_source_key key = {
		.service = { .server = flow->key.addr[1], .port = flow->key.port[1] },
		.source = flow->key.addr[0],
	};

	return keyed_take(&sum->deltas, &key, 0);
}

static void count_opening(struct conn_summary *sum, struct flow *flow, const struct pkt *pkt)
{
	struct conn_delta *delta = delta_of(sum, flow);

	if (!delta)
		return;
	flow->marks |= FLOW_MARK_OPEN;
	delta->opened++;
	delta->packets += pkt->seen;
	delta->bytes += (uint64_t)pkt->seen * pkt->ip_len;
}

static void count_word(struct conn_summary *sum, struct flow *flow)
{
	struct conn_delta *delta = delta_of(sum, flow);

	flow->marks |= FLOW_MARK_SPOKEN;
	if (delta)
		delta->spoke++;
	else
		sum->lost_silent++;
}

static void count_end(struct conn_summary *sum, const struct flow *flow)
{
	struct conn_delta *delta = delta_of(sum, flow);
	bool has_spoken = flow->marks & FLOW_MARK_SPOKEN;

	if (delta && has_spoken)
		delta->ended_spoken++;
	else if (delta)
		delta->ended_silent++;
	else
		sum->lost_silent += !has_spoken;
}

/* By what this packet says only: the flow may already know of later ones of the same batch. */
static bool says_something(const struct pkt *pkt)
{
	if (pkt->payload_wire_len == 0)
		return false;
	return (pkt->side == 0 && pkt->payload_wire_len >= CONN_WORD_BYTES) ||
	       pkt->seen >= CONN_CHATTY_PACKETS;
}

static void count_packet(struct conn_summary *sum, struct flow *flow, const struct pkt *pkt)
{
	if ((pkt->events & EVENT_HANDSHAKE) && !(flow->marks & FLOW_MARK_OPEN))
		count_opening(sum, flow, pkt);
	if (!(flow->marks & FLOW_MARK_OPEN))
		return;
	if (!(flow->marks & FLOW_MARK_SPOKEN) && says_something(pkt))
		count_word(sum, flow);
	if (pkt->events & EVENT_CLOSED) {
		count_end(sum, flow);
		flow->marks &= (uint8_t) ~(FLOW_MARK_OPEN | FLOW_MARK_SPOKEN);
	}
}

static void conn_packets(const void *state, void *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned n)
{
	(void)state;
	for (unsigned i = 0; i < n; i++)
		if (flows[i] && pkts[i]->key.proto == IPPROTO_TCP)
			count_packet(summary, flows[i], pkts[i]);
}

static void conn_flow_end(const void *state, void *summary, const struct flow *flow)
{
	(void)state;
	if (flow->marks & FLOW_MARK_OPEN)
		count_end(summary, flow);
}

static void conn_merge(void *summary, void *other)
{
	struct conn_summary *into = summary, *from = other;

	for (uint32_t i = 0; i < from->deltas.count; i++) {
		const struct conn_delta *delta = keyed_at(&from->deltas, i);
		struct conn_delta *sum = keyed_take_hashed(
			&into->deltas, &delta->key, keyed_hash_of(&from->deltas, delta), 0);

		if (!sum) {
			into->lost_silent += delta->spoke + delta->ended_silent;
			continue;
		}
		sum->opened += delta->opened;
		sum->spoke += delta->spoke;
		sum->ended_spoken += delta->ended_spoken;
		sum->ended_silent += delta->ended_silent;
		sum->packets += delta->packets;
		sum->bytes += delta->bytes;
	}
	into->lost_silent += from->lost_silent;
	from->lost_silent = 0;
	keyed_clear(&from->deltas);
}

static void conn_losses(const void *state, struct losses *losses)
{
	const struct conn_state *s = state;

	losses->forgotten += s->services.evicted + s->sources.evicted;
}

const struct detector detector_conn = {
	.name = "conn",
	.state_size = sizeof(struct conn_state),
	.summary_size = sizeof(struct conn_summary),
	.init = conn_init,
	.summary_init = conn_summary_init,
	.packets = conn_packets,
	.flow_end = conn_flow_end,
	.merge = conn_merge,
	.judge = conn_judge,
	.losses = conn_losses,
	.summary_close = conn_summary_close,
	.close = conn_close,
};
