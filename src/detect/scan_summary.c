/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/scan_summary.c - picks the few packets that matter for scans; see scan_summary.h. */
#include "detect/scan_summary.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "lib/hash.h"
#include "track/quoted.h"

#define TICK_NS (NS_PER_S / 10)
#define DISORDER_TICKS 100
#define ECHO_REQUEST 8
#define ECHO6_REQUEST 128
#define V4_PREFIX_BITS (ADDR_V4_BITS + 24)
#define V6_PREFIX_BITS 64

/* traceroute's ports: 33434 and, as its default, three more for each of at most 30 hops. */
#define TRACEROUTE_FIRST 33434
#define TRACEROUTE_LAST (33434 + 100)
#define SERVICE_PORTS 1024 /* below it, services answer from */

#define STEALTH_ANOMALIES                                                                          \
	(ANOMALY_BIT(TCP_NULL) | ANOMALY_BIT(TCP_XMAS) | ANOMALY_BIT(TCP_SYN_FIN) |                \
		ANOMALY_BIT(TCP_SYN_RST) | ANOMALY_BIT(TCP_FIN_NO_ACK))
#define SCAN_EVENTS                                                                                \
	(EVENT_NEW | EVENT_ANSWERED | EVENT_REFUSED | EVENT_CLOSED | EVENT_HANDSHAKE | EVENT_TURN)

static int open_log(struct scan_log *log, uint32_t cap)
{
	log->records = calloc(cap, sizeof(*log->records));
	log->cap = cap;
	return log->records ? 0 : -ENOMEM;
}

int scan_summary_init(struct scan_summary *summary, uint64_t seed, bool is_merged)
{
	uint32_t lanes = is_merged ? SCAN_MERGED_LANES : 1;

	*summary = (struct scan_summary){ .seed = seed };
	if (open_log(&summary->attempts, lanes * SCAN_LANE_ATTEMPTS) < 0 ||
		open_log(&summary->outcomes, lanes * SCAN_LANE_OUTCOMES) < 0)
		goto fail;
	if (is_merged)
		return 0;
	summary->hosts = calloc(3 * SCAN_BUCKETS, sizeof(*summary->hosts));
	if (!summary->hosts)
		goto fail;
	summary->prefixes = summary->hosts + SCAN_BUCKETS;
	summary->answerers = summary->prefixes + SCAN_BUCKETS;
	return 0;

fail:
	scan_summary_close(summary);
	return -ENOMEM;
}

void scan_summary_close(struct scan_summary *summary)
{
	free(summary->attempts.records);
	free(summary->outcomes.records);
	free(summary->hosts);
	*summary = (struct scan_summary){ .seed = 0 };
}

static void log_add(struct scan_log *log, const struct scan_record *record)
{
	if (log->count < log->cap)
		log->records[log->count++] = *record;
	else
		log->lost++;
}

/* Lets the bucket leak up to now. Packets may be a little out of order; time that goes back
 * further begins anew, or a bucket would stay full for long. */
static void leak(struct scan_bucket *bucket, uint32_t now, uint32_t per_tick)
{
	uint32_t ticks = now - bucket->tick;

	if (ticks == 0 || bucket->tick - now <= DISORDER_TICKS)
		return;
	bucket->run = 0;
	bucket->tick = now;
	bucket->used =
		ticks > bucket->used / per_tick ? 0 : (uint16_t)(bucket->used - ticks * per_tick);
}

/* May this one be noted? source: part of the hash of who tries. */
static bool bucket_admits(struct scan_bucket *bucket, uint16_t source, uint32_t now, uint16_t burst,
	uint32_t per_tick)
{
	leak(bucket, now, per_tick);
	if (bucket->source == source && bucket->used > 0) {
		bucket->run += bucket->run < SCAN_SAME_SOURCE_MAX;
		return bucket->run < SCAN_SAME_SOURCE_MAX;
	}
	if (bucket->used >= burst)
		return false;
	bucket->used++;
	bucket->source = source;
	bucket->run = 1;
	return true;
}

static struct scan_bucket *bucket_of(struct scan_bucket *buckets, uint64_t hash)
{
	return &buckets[hash & (SCAN_BUCKETS - 1)];
}

static uint32_t tick_of(const struct pkt *pkt)
{
	return (uint32_t)(uint64_t)(pkt->time_ns / TICK_NS);
}

static uint16_t source_mark(const struct scan_summary *summary, const struct addr *source)
{
	return (uint16_t)hash_addr(source, summary->seed);
}

static struct addr prefix_of(const struct addr *addr)
{
	return addr_mask(addr, addr_is_v4(addr) ? V4_PREFIX_BITS : V6_PREFIX_BITS);
}

/* Is there room for this attempt in the buckets of its destination? */
static bool destination_admits(struct scan_summary *summary, const struct pkt *pkt)
{
	const struct addr *to = &pkt->key.addr[1];
	uint16_t mark = source_mark(summary, &pkt->key.addr[0]);
	struct scan_bucket *bucket = bucket_of(summary->hosts, hash_addr(to, summary->seed));
	struct addr prefix;

	if (!bucket_admits(bucket, mark, tick_of(pkt), SCAN_HOST_BURST, SCAN_HOST_LEAK))
		return false;
	prefix = prefix_of(to);
	bucket = bucket_of(summary->prefixes, hash_addr(&prefix, summary->seed));
	return bucket_admits(bucket, mark, tick_of(pkt), SCAN_PREFIX_BURST, SCAN_PREFIX_LEAK);
}

static struct scan_record record_of(const struct pkt *pkt, unsigned opener, enum scan_what what)
{
	return (struct scan_record){
		.source = pkt->key.addr[opener],
		.to = pkt->key.addr[!opener],
		.port = pkt->key.proto == IPPROTO_TCP || pkt->key.proto == IPPROTO_UDP
				? pkt->key.port[!opener]
				: 0,
		.bytes = pkt->ip_len > UINT16_MAX ? UINT16_MAX : (uint16_t)pkt->ip_len,
		.proto = pkt->key.proto,
		.what = (uint8_t)what,
	};
}

/* May this attempt be noted, or is it one of a flood? The last places of the log are for Mirai. */
static bool has_room(struct scan_summary *summary, const struct pkt *pkt, bool is_mirai)
{
	const struct scan_log *log = &summary->attempts;

	if (is_mirai)
		return summary->mirai_count < SCAN_MIRAI_MAX;
	return log->count - summary->mirai_count < log->cap - SCAN_MIRAI_MAX &&
	       destination_admits(summary, pkt);
}

static void note_attempt(struct scan_summary *summary, const struct pkt *pkt, enum scan_what what)
{
	bool is_mirai = what == SCAN_WHAT_MIRAI;
	struct scan_record record;

	if (!has_room(summary, pkt, is_mirai)) {
		summary->dropped++;
		return;
	}
	summary->mirai_count += is_mirai;
	record = record_of(pkt, 0, what);
	log_add(&summary->attempts, &record);
}

/* Datagrams that look like the first of a conversation, but are not a probe: those of symmetric
 * protocols (NTP, IKE, tunnels, peers), a service's answers in a capture that lacks the questions,
 * traceroute. */
static bool is_udp_probe(const struct flow_key *key)
{
	if (key->port[0] == key->port[1])
		return false;
	if (key->port[0] < SERVICE_PORTS && key->port[1] >= SERVICE_PORTS)
		return false;
	return key->port[1] < TRACEROUTE_FIRST || key->port[1] > TRACEROUTE_LAST;
}

static bool is_attempt(const struct pkt *pkt)
{
	if (!(pkt->events & EVENT_NEW) || pkt->standing != STANDING_OPENING ||
		addr_is_multicast(&pkt->key.addr[1]))
		return false;
	switch (pkt->key.proto) {
	case IPPROTO_TCP:
		return true;
	case IPPROTO_UDP:
		return is_udp_probe(&pkt->key);
	case IPPROTO_ICMP:
		return pkt->icmp_type == ECHO_REQUEST;
	case IPPROTO_ICMPV6:
		return pkt->icmp_type == ECHO6_REQUEST;
	default:
		return false;
	}
}

/* Mirai puts the destination into the sequence number of its SYNs, to know the answers without a
 * table (Antonakakis et al., USENIX Security 2017). */
static bool has_mirai_mark(const struct pkt *pkt)
{
	const uint8_t *v4 = &pkt->key.addr[1].byte[12];
	uint32_t number =
		(uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 | (uint32_t)v4[2] << 8 | v4[3];

	return pkt->key.proto == IPPROTO_TCP && pkt->ip_version == 4 && pkt->tcp_seq == number;
}

static void note_outcome(
	struct scan_summary *summary, const struct pkt *pkt, const struct scan_record *record)
{
	uint64_t hash = hash_addr(&record->to, summary->seed);

	if (!bucket_admits(bucket_of(summary->answerers, hash),
		    source_mark(summary, &record->source), tick_of(pkt), SCAN_ANSWERER_BURST,
		    SCAN_ANSWERER_LEAK)) {
		summary->dropped++;
		return;
	}
	log_add(&summary->outcomes, record);
}

/* The answer's sender was tried by its receiver; an opener that visibly goes on was answered out
 * of sight. */
static void note_answer(struct scan_summary *summary, const struct pkt *pkt, enum scan_what what)
{
	struct scan_record record = record_of(pkt, pkt->side == 0 ? 0 : 1, what);

	note_outcome(summary, pkt, &record);
}

static void note_refusal(struct scan_summary *summary, const struct pkt *pkt)
{
	struct scan_record record;
	struct pkt quoted = *pkt;

	if (!quoted_is_error(pkt)) {
		note_answer(summary, pkt, SCAN_WHAT_REFUSED);
		return;
	}
	if (!pkt->bytes || !quoted_key(pkt, &quoted.key))
		return;
	record = record_of(&quoted, 0, SCAN_WHAT_REFUSED);
	note_outcome(summary, pkt, &record);
}

static void note_reaction(struct scan_summary *summary, const struct pkt *pkt)
{
	struct scan_record record = record_of(pkt, pkt->side == 0 ? 0 : 1, SCAN_WHAT_REACTED);

	if (summary->outcomes.count < SCAN_REACTED_MAX)
		log_add(&summary->outcomes, &record);
}

static void note_events(
	struct scan_summary *summary, const struct pkt *pkt, const struct flow *flow)
{
	if (is_attempt(pkt))
		note_attempt(
			summary, pkt, has_mirai_mark(pkt) ? SCAN_WHAT_MIRAI : SCAN_WHAT_ATTEMPT);
	if (pkt->events & EVENT_ANSWERED)
		note_answer(summary, pkt, SCAN_WHAT_ANSWERED);
	if (pkt->events & EVENT_REFUSED)
		note_refusal(summary, pkt);
	if ((pkt->events & (EVENT_HANDSHAKE | EVENT_TURN)) && pkt->side == 0)
		note_reaction(summary, pkt);
	if ((pkt->events & EVENT_CLOSED) && !flow && pkt->side == 0 && (pkt->tcp_flags & TCP_RST)) {
		struct scan_record record = record_of(pkt, 0, SCAN_WHAT_HALF_OPEN);

		note_outcome(summary, pkt, &record);
	}
}

void scan_summary_packets(struct scan_summary *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct pkt *pkt = pkts[i];

		if (pkt->ip_version == 0)
			continue;
		if ((pkt->anomalies & STEALTH_ANOMALIES) && pkt->standing <= STANDING_UNANSWERED)
			note_attempt(summary, pkt, SCAN_WHAT_STEALTH);
		else if (pkt->events & SCAN_EVENTS)
			note_events(summary, pkt, flows[i]);
	}
}

static void merge_log(struct scan_log *log, struct scan_log *other)
{
	uint32_t room = log->cap - log->count;
	uint32_t count = other->count < room ? other->count : room;

	memcpy(log->records + log->count, other->records, count * sizeof(*log->records));
	log->count += count;
	log->lost += other->lost + (other->count - count);
	other->count = 0;
	other->lost = 0;
}

void scan_summary_merge(struct scan_summary *summary, struct scan_summary *other)
{
	merge_log(&summary->attempts, &other->attempts);
	merge_log(&summary->outcomes, &other->outcomes);
	summary->mirai_count += other->mirai_count;
	summary->dropped += other->dropped;
	other->mirai_count = 0;
	other->dropped = 0;
}

void scan_summary_clear(struct scan_summary *summary)
{
	summary->attempts.count = 0;
	summary->attempts.lost = 0;
	summary->outcomes.count = 0;
	summary->outcomes.lost = 0;
	summary->mirai_count = 0;
}
