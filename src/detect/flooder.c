/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flooder.c - finds hosts of ours that take part in a flood against somebody outside.
 *
 * Counted per (source inside, target outside) and class: packets that have no right to be heard
 * (standing below STREAM), and of these what turned out to be wanted after all: SYNs by completed
 * handshakes, datagrams by answers, a kernel's own replies by what they reply to. Echo requests
 * are never settled: nobody honest pings that fast, answered or not. Verified traffic is not
 * counted at all (downloads, backups, speed tests over TCP), but remembered as a sign that the
 * pair converses, so that the one-way datagrams beside it (speed tests over UDP, media with its
 * control channel) are allowed more. Invented source addresses that are not ours cannot be seen
 * here: the target's floods have them.
 *
 * Summary: a capped table by pair; those with the fewest packets give way. Judging:
 * flooder_judge.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "conf/networks.h"
#include "detect/detectors.h"
#include "detect/flooder_internal.h"

/* Of a long conversation one packet in so many is looked at for a sign of life. */
#define FLOODER_SIGN_EVERY 64

static void flooder_close(void *state)
{
	struct flooder_state *s = state;

	keyed_close(&s->pairs);
	keyed_close(&s->sources);
	keyed_close(&s->partners);
	free(s->sketch_slots);
	s->sketch_slots = NULL;
}

static int flooder_init(void *state, const struct detector_env *env)
{
	struct flooder_state *s = state;

	*s = (struct flooder_state){
		.conf = env->conf, .networks = env->networks, .seed = env->seed
	};
	s->sketch_slots = calloc(FLOODER_SKETCHES, distinct_bytes(FLOODER_SKETCH_SLOTS));
	if (!s->sketch_slots ||
		keyed_open(&s->pairs, FLOODER_PAIR_PLACES, sizeof(struct flooder_pair),
			sizeof(struct flooder_key), s->seed) < 0 ||
		keyed_open(&s->sources, FLOODER_SOURCE_PLACES, sizeof(struct flooder_source),
			sizeof(struct addr), s->seed) < 0 ||
		keyed_open(&s->partners, FLOODER_PARTNER_PLACES, sizeof(struct flooder_partner),
			sizeof(struct flooder_key), s->seed) < 0) {
		flooder_close(s);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < FLOODER_SKETCHES; i++)
		distinct_init(&s->sketches[i], &s->sketch_slots[i * FLOODER_SKETCH_SLOTS],
			FLOODER_SKETCH_SLOTS);
	return 0;
}

static int flooder_summary_init(void *summary, const void *state, bool is_merged)
{
	const struct flooder_state *s = state;
	struct flooder_summary *sum = summary;

	return keyed_open(&sum->pairs, is_merged ? FLOODER_MERGED_PLACES : FLOODER_LANE_PLACES,
		sizeof(struct flooder_delta), sizeof(struct flooder_key), s->seed);
}

static void flooder_summary_close(void *summary)
{
	struct flooder_summary *sum = summary;

	keyed_close(&sum->pairs);
}

static enum flooder_class tcp_class(uint8_t flags)
{
	if (flags & TCP_RST)
		return FLOODER_REPLY;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? FLOODER_REPLY : FLOODER_SYN;
	return FLOODER_TCP;
}

/* Echo requests and other questions (RFC 792, 4443) against what answers or reports something. */
static enum flooder_class icmp_class(const struct pkt *pkt)
{
	if (pkt->key.proto == IPPROTO_ICMPV6)
		return pkt->icmp_type < 128 || pkt->icmp_type == 129 ? FLOODER_REPLY : FLOODER_ICMP;
	switch (pkt->icmp_type) {
	case 0:
	case 3:
	case 4:
	case 11:
	case 12:
	case 14:
		return FLOODER_REPLY;
	default:
		return FLOODER_ICMP;
	}
}

static enum flooder_class class_of(const struct pkt *pkt)
{
	bool has_header = pkt->frag != FRAG_LATER;

	switch (pkt->key.proto) {
	case IPPROTO_TCP:
		return has_header ? tcp_class(pkt->tcp_flags) : FLOODER_TCP;
	case IPPROTO_UDP:
		return FLOODER_UDP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return has_header ? icmp_class(pkt) : FLOODER_ICMP;
	default:
		return FLOODER_OTHER;
	}
}

/* The pair of a packet, by which of its ends is ours (0: the sender). */
static struct flooder_key pair_of(const struct pkt *pkt, unsigned inside)
{
	return (struct flooder_key){ pkt->key.addr[inside], pkt->key.addr[!inside] };
}

static struct flooder_delta *delta_of(
	struct flooder_summary *sum, const struct pkt *pkt, unsigned inside)
{
	struct flooder_key key = pair_of(pkt, inside);
	struct flooder_delta *delta = keyed_take(&sum->pairs, &key, 1);

	if (delta)
		delta->head.weight++;
	return delta;
}

/* Does the packet belong to something that both sides, or at least its numbers, show to be real? */
static bool is_sign_of_life(const struct pkt *pkt)
{
	if (pkt->standing != STANDING_STREAM && pkt->standing != STANDING_VERIFIED)
		return false;
	return (pkt->events & (EVENT_HANDSHAKE | EVENT_TURN | EVENT_STREAM)) ||
	       pkt->seen % FLOODER_SIGN_EVERY == 1;
}

/* What of the sent is settled by this packet: FLOODER_CLASSES when nothing. A TCP opener that
 * goes on though no answer is in the capture (one-way captures) has been answered too. */
static enum flooder_class settles(const struct pkt *pkt, unsigned inside)
{
	if (pkt->key.proto == IPPROTO_TCP) {
		bool is_going_on = (pkt->events & EVENT_ANSWERED) && pkt->side == 0;

		return inside == 0 && ((pkt->events & EVENT_HANDSHAKE) || is_going_on)
			       ? FLOODER_SYN
			       : FLOODER_CLASSES;
	}
	if (inside == 0 || !(pkt->events & EVENT_ANSWERED))
		return FLOODER_CLASSES;
	return class_of(pkt) == FLOODER_UDP || class_of(pkt) == FLOODER_OTHER ? class_of(pkt)
									      : FLOODER_CLASSES;
}

static void count_unverified(struct flooder_delta *delta, const struct pkt *pkt)
{
	struct flooder_sent *sent = &delta->sent[class_of(pkt)];

	sent->packets++;
	sent->bytes += pkt->ip_len;
	majority_vote(&delta->target_port, pkt->key.port[1], 1);
	if (class_of(pkt) == FLOODER_OTHER)
		delta->proto = pkt->key.proto;
}

/* A packet across the border; inside says which end is ours. */
static void count_crossing(struct flooder_summary *sum, const struct pkt *pkt, unsigned inside)
{
	enum flooder_class settled = settles(pkt, inside);
	bool is_alive = is_sign_of_life(pkt);
	bool is_sent = inside == 0 && pkt->standing < STANDING_STREAM;
	struct flooder_delta *delta;

	if (!is_sent && !is_alive && settled == FLOODER_CLASSES)
		return;
	delta = delta_of(sum, pkt, inside);
	if (!delta)
		return;
	delta->conversing += is_alive;
	if (settled != FLOODER_CLASSES)
		delta->sent[settled].settled++;
	if (is_sent)
		count_unverified(delta, pkt);
}

/* What came in may be what our end replies to; so it is counted where our end has sent something.
 */
static void count_received(struct flooder_summary *sum, const struct pkt *pkt)
{
	struct flooder_key key = pair_of(pkt, 1);
	struct flooder_delta *delta = keyed_find(&sum->pairs, &key);

	if (delta)
		delta->received++;
}

static void count_packet(
	struct flooder_summary *sum, const struct networks *networks, const struct pkt *pkt)
{
	const struct addr *from = &pkt->key.addr[0], *to = &pkt->key.addr[1];

	if (networks_is_inside(networks, from)) {
		if (!networks_is_inside(networks, to) && !addr_is_multicast(to))
			count_crossing(sum, pkt, 0);
		return;
	}
	if (sum->pairs.count > 0)
		count_received(sum, pkt);
	if (is_sign_of_life(pkt) || (pkt->events & EVENT_ANSWERED))
		if (networks_is_inside(networks, to))
			count_crossing(sum, pkt, 1);
}

/* Most packets of a capture are verified and tell nothing new: they are let go before any
 * look-up. */
static bool is_of_interest(const struct pkt *pkt)
{
	if (pkt->standing == STANDING_NONE || pkt->ip_version == 0)
		return false;
	return pkt->standing < STANDING_STREAM || is_sign_of_life(pkt) ||
	       (pkt->events & (EVENT_HANDSHAKE | EVENT_ANSWERED));
}

static void flooder_packets(const void *state, void *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned n)
{
	const struct flooder_state *s = state;

	(void)flows;
	for (unsigned i = 0; i < n; i++)
		if (is_of_interest(pkts[i]))
			count_packet(summary, s->networks, pkts[i]);
}

static void merge_one(struct flooder_delta *to, const struct flooder_delta *from)
{
	to->head.weight += from->head.weight;
	for (unsigned class = 0; class < FLOODER_CLASSES; class ++) {
		to->sent[class].packets += from->sent[class].packets;
		to->sent[class].settled += from->sent[class].settled;
		to->sent[class].bytes += from->sent[class].bytes;
	}
	majority_vote(&to->target_port, from->target_port.value, from->target_port.votes);
	to->received += from->received;
	to->conversing += from->conversing;
	if (from->proto)
		to->proto = from->proto;
}

static void flooder_merge(void *summary, void *other)
{
	struct flooder_summary *into = summary, *from = other;

	for (uint32_t i = 0; i < from->pairs.count; i++) {
		const struct flooder_delta *part = keyed_at(&from->pairs, i);
		struct flooder_delta *sum = keyed_take_hashed(&into->pairs, &part->key,
			keyed_hash_of(&from->pairs, part), part->head.weight);

		if (sum)
			merge_one(sum, part);
	}
	keyed_clear(&from->pairs);
}

static void flooder_losses(const void *state, struct losses *losses)
{
	const struct flooder_state *s = state;

	losses->forgotten += s->pairs.evicted + s->sources.evicted + s->partners.evicted;
}

const struct detector detector_flooder = {
	.name = "flooder",
	.state_size = sizeof(struct flooder_state),
	.summary_size = sizeof(struct flooder_summary),
	.init = flooder_init,
	.summary_init = flooder_summary_init,
	.packets = flooder_packets,
	.merge = flooder_merge,
	.judge = flooder_judge,
	.losses = flooder_losses,
	.summary_close = flooder_summary_close,
	.close = flooder_close,
};
