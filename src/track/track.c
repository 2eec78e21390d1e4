/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/track.c - gives each packet its standing; see track.h for what earns a full slot.
 *
 * A packet is first looked for among the flows, then among the pending. The TCP of flows is in
 * tcp_flow.c, that of pending entries in tcp_pending.c; here are the ways between them, and UDP,
 * ICMP and the rest, which have no numbers to check.
 */
#include "track/track_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "track/quoted.h"

int tracker_open(const struct tracker_limits *limits, struct flow_end_hook hook,
	struct tracker **ret_tracker)
{
	struct tracker *tracker = calloc(1, sizeof(*tracker));

	if (!tracker)
		return -ENOMEM;
	tracker->seed = limits->seed;
	if (flows_open(&tracker->flows, limits->flows, limits->is_huge, hook) < 0)
		goto fail;
	if (pending_open(&tracker->pending, limits->pending, limits->is_huge) < 0)
		goto fail_flows;
	*ret_tracker = tracker;
	return 0;

fail_flows:
	flows_close(&tracker->flows);
fail:
	free(tracker);
	return -ENOMEM;
}

void tracker_close(struct tracker *tracker)
{
	if (!tracker)
		return;
	flows_close(&tracker->flows);
	pending_close(&tracker->pending);
	free(tracker);
}

size_t tracker_memory(const struct tracker_limits *limits)
{
	size_t heads = 16, buckets = 1;

	while (heads < limits->flows)
		heads *= 2;
	while (buckets * PENDING_WAYS < limits->pending)
		buckets *= 2;
	return sizeof(struct tracker) + ((size_t)limits->flows + 1) * sizeof(struct flow) +
	       heads * sizeof(uint32_t) + buckets * PENDING_WAYS * sizeof(struct pending);
}

void tracker_prefetch(const struct tracker *tracker, const struct pkt *pkt)
{
	__builtin_prefetch(flows_head(&tracker->flows, pkt->hash));
	pending_prefetch(&tracker->pending, pkt->hash);
}

/* Which side of an entry sent this packet? The lower end is the one whose address, then port, is
 * less. */
static bool sender_is_low(const struct flow_key *key)
{
	int order = addr_compare(&key->addr[0], &key->addr[1]);

	return order != 0 ? order < 0 : key->port[0] <= key->port[1];
}

void track_take_side(const struct pending *entry, struct pkt *pkt)
{
	pkt->side = sender_is_low(&pkt->key) == entry->opener_is_low ? 0 : 1;
}

struct pending *track_new_entry(
	struct tracker *tracker, struct pkt *pkt, enum pending_state state, uint8_t side)
{
	struct pending *entry = pending_make(&tracker->pending, pkt->hash, track_tick(pkt));

	entry->state = (uint8_t)state;
	entry->opener_is_low = sender_is_low(&pkt->key) == (side == 0);
	pkt->side = side;
	pkt->events |= EVENT_NEW;
	return entry;
}

void track_count_entry(struct pending *entry, struct pkt *pkt)
{
	uint16_t *packets = &entry->packets[pkt->side];

	*packets += *packets < UINT16_MAX;
	entry->last_tick = track_tick(pkt);
	pkt->seen = (uint32_t)entry->packets[0] + entry->packets[1];
}

void track_count_flow(struct tracker *tracker, struct flow *flow, struct pkt *pkt)
{
	flow->turn = tracker->flows.turn;
	flow->packets[pkt->side]++;
	flow->bytes[pkt->side] += pkt->ip_len;
	flow->payload_packets[pkt->side] += pkt->payload_wire_len > 0;
	if (pkt->time_ns > flow->last_ns)
		flow->last_ns = pkt->time_ns;
	pkt->seen = flow->packets[0] + flow->packets[1];
	pkt->standing = STANDING_VERIFIED;
}

static struct flow_key key_from_opener(const struct pkt *pkt)
{
	struct flow_key key = pkt->key;

	for (unsigned side = 0; side < 2; side++) {
		key.addr[side] = pkt->key.addr[pkt->side ^ side];
		key.port[side] = pkt->key.port[pkt->side ^ side];
	}
	return key;
}

struct flow *track_promote(struct tracker *tracker, struct pending *entry, struct pkt *pkt)
{
	struct flow_key key = key_from_opener(pkt);
	struct flow *flow = flows_make(&tracker->flows, &key, pkt->hash);
	int32_t since = (int32_t)(track_tick(pkt) - entry->first_tick);

	pkt->standing = STANDING_VERIFIED;
	if (!flow)
		return NULL;
	flow->first_ns = pkt->time_ns - ((int64_t)(since > 0 ? since : 0) << PENDING_TICK_SHIFT);
	flow->last_ns = pkt->time_ns;
	for (unsigned side = 0; side < 2; side++) {
		flow->packets[side] = entry->packets[side];
		flow->next_seq[side] = entry->next_seq[side];
	}
	flow->begin_seq = entry->next_seq[0];
	pending_free(entry);
	pkt->events |= EVENT_TURN;
	return flow;
}

static struct flow *see_datagram(struct tracker *tracker, struct pending *entry, struct pkt *pkt)
{
	bool is_icmp = pkt->key.proto == IPPROTO_ICMP || pkt->key.proto == IPPROTO_ICMPV6;

	if (!entry) {
		entry = track_new_entry(tracker, pkt, PENDING_DATAGRAM, 0);
		track_count_entry(entry, pkt);
		pkt->standing = STANDING_OPENING;
		return NULL;
	}
	track_take_side(entry, pkt);
	pkt->standing = STANDING_UNANSWERED;
	if (pkt->side == 0 && entry->state == PENDING_ANSWERED && !is_icmp) {
		struct flow *flow = track_promote(tracker, entry, pkt);

		if (flow) {
			track_count_flow(tracker, flow, pkt);
			return flow;
		}
	}
	track_count_entry(entry, pkt);
	if (pkt->side == 1) {
		pkt->standing = STANDING_ANSWER;
		if (entry->state == PENDING_DATAGRAM)
			pkt->events |= EVENT_ANSWERED;
		entry->state = PENDING_ANSWERED;
	}
	return NULL;
}

/* An ICMP error proves nothing about its sender, but it ends what it quotes. */
static void see_error(struct tracker *tracker, struct pkt *pkt)
{
	struct flow_key quoted;
	struct pending *entry;
	uint64_t hash;

	pkt->standing = STANDING_STRAY;
	if (!quoted_key(pkt, &quoted))
		return;
	hash = decode_key_hash(&quoted, tracker->seed);
	if (flows_find(&tracker->flows, &quoted, hash)) {
		pkt->standing = STANDING_ANSWER;
		return;
	}
	entry = pending_find(&tracker->pending, hash, track_tick(pkt));
	if (!entry)
		return;
	pkt->standing = STANDING_ANSWER;
	if (entry->state == PENDING_DATAGRAM || entry->state == PENDING_SYN) {
		entry->state = PENDING_OVER;
		pkt->events |= EVENT_REFUSED;
	}
}

/* A later fragment has no transport header of its own: it shares the standing of what it belongs to
 * and changes nothing. */
static struct flow *see_later_fragment(
	struct tracker *tracker, struct flow *flow, const struct pending *entry, struct pkt *pkt)
{
	pkt->standing = STANDING_STRAY;
	if (flow) {
		pkt->side = addr_equal(&pkt->key.addr[0], &flow->key.addr[0]) ? 0 : 1;
		track_count_flow(tracker, flow, pkt);
	} else if (entry) {
		track_take_side(entry, pkt);
		pkt->standing = pkt->side == 0 ? STANDING_UNANSWERED : STANDING_ANSWER;
		pkt->seen = (uint32_t)entry->packets[0] + entry->packets[1];
	}
	return flow;
}

/* A TCP header that is not there (cut by the capture) says nothing; an impossible one belongs to
 * nobody. */
static bool is_unreadable(const struct pkt *pkt)
{
	return pkt->tcp_flags == 0 && (pkt->anomalies & ANOMALY_BIT(TRUNCATED));
}

static struct flow *see_tcp(
	struct tracker *tracker, struct flow *flow, struct pending *entry, struct pkt *pkt)
{
	if (is_unreadable(pkt))
		return NULL;
	pkt->standing = STANDING_STRAY;
	if (pkt->anomalies & ANOMALY_BIT(TCP_DATA_OFFSET))
		return NULL;
	return flow ? track_tcp_flow(tracker, flow, pkt) : track_tcp_pending(tracker, entry, pkt);
}

static struct flow *see_one(struct tracker *tracker, struct pkt *pkt)
{
	struct flow *flow;
	struct pending *entry = NULL;

	pkt->standing = STANDING_NONE;
	pkt->side = 0;
	pkt->events = 0;
	pkt->seen = 0;
	if (pkt->ip_version == 0)
		return NULL;
	if (quoted_is_error(pkt) && pkt->frag != FRAG_LATER) {
		see_error(tracker, pkt);
		return NULL;
	}
	flow = flows_find(&tracker->flows, &pkt->key, pkt->hash);
	if (!flow)
		entry = pending_find(&tracker->pending, pkt->hash, track_tick(pkt));
	if (pkt->frag == FRAG_LATER)
		return see_later_fragment(tracker, flow, entry, pkt);
	if (pkt->key.proto == IPPROTO_TCP)
		return see_tcp(tracker, flow, entry, pkt);
	if (!flow)
		return see_datagram(tracker, entry, pkt);
	pkt->side = addr_equal(&pkt->key.addr[0], &flow->key.addr[0]) &&
				    pkt->key.port[0] == flow->key.port[0]
			    ? 0
			    : 1;
	if (pkt->side == 0 && pkt->payload_wire_len > 0 && flow->payload_packets[0] == 0)
		pkt->events |= EVENT_FIRST_PAYLOAD;
	track_count_flow(tracker, flow, pkt);
	return flow;
}

void tracker_see(
	struct tracker *tracker, struct pkt *const *pkts, struct flow **ret_flows, unsigned count)
{
	struct track_stats *stats = &tracker->stats;

	for (unsigned i = 0; i < count; i++) {
		struct pkt *pkt = pkts[i];

		tracker->flows.turn++;
		ret_flows[i] = see_one(tracker, pkt);
		stats->handshakes += (pkt->events & EVENT_HANDSHAKE) != 0;
		stats->refused += (pkt->events & EVENT_REFUSED) != 0;
		stats->retransmits += (pkt->events & EVENT_RETRANSMIT) != 0;
		stats->verified_packets += pkt->standing == STANDING_VERIFIED;
		stats->unverified_packets +=
			pkt->standing != STANDING_VERIFIED && pkt->standing != STANDING_NONE;
	}
}

void tracker_sweep(struct tracker *tracker, int64_t now_ns)
{
	flows_sweep(&tracker->flows, now_ns);
}

void tracker_walk(const struct tracker *tracker, struct flow_end_hook hook)
{
	flows_walk(&tracker->flows, hook);
}

void tracker_stats_add(const struct tracker *tracker, struct track_stats *stats)
{
	const struct track_stats *own = &tracker->stats;
	const struct flow_table *flows = &tracker->flows;

	stats->flows += flows->made;
	stats->flows_now += flows->used;
	stats->flows_peak += flows->peak;
	stats->flows_evicted += flows->evicted;
	stats->flows_refused += flows->refused;
	stats->pending += tracker->pending.made;
	stats->pending_evicted += tracker->pending.evicted;
	stats->handshakes += own->handshakes;
	stats->refused += own->refused;
	stats->retransmits += own->retransmits;
	stats->verified_packets += own->verified_packets;
	stats->unverified_packets += own->unverified_packets;
}
