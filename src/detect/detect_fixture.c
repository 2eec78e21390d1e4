/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/detect_fixture.c - an engine of one detector, for tests; see detect_fixture.h. */
#include "detect/detect_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/hash.h"

#define BATCH 64	      /* packets of one lane given at a time */
#define FINDINGS_A_JUDGE 4096 /* what one judging may find */

struct lane {
	void *summary;
	struct pkt pkts[BATCH];
	struct flow *flows[BATCH];
	unsigned count;
};

struct fixture {
	const struct detector *detector;
	struct conf conf;
	struct networks *networks;
	void *state, *merged;
	struct lane lanes[FIXTURE_LANES];
	int64_t window_start_ns, base_ns;
	unsigned last_lane;
	bool has_window;
	struct finding judged[FINDINGS_A_JUDGE];
	struct fixture_finding *found;
	unsigned found_count, found_cap;
	uint64_t lost;
};

static void must(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "fixture: %s failed\n", what);
	abort();
}

static void *must_calloc(size_t count, size_t size)
{
	void *bytes = calloc(count, size ? size : 1);

	must(bytes != NULL, "calloc");
	return bytes;
}

static void open_networks(struct fixture *f)
{
	static const char *const inside[] = { "192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32" };

	must(networks_open_empty(&f->networks) == 0, "networks_open_empty");
	for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		struct prefix prefix;
		unsigned bits;

		must(addr_prefix_parse(inside[i], &prefix.addr, &bits) == 0, inside[i]);
		prefix.bits = (uint8_t)bits;
		must(networks_add(f->networks, &prefix) == 0, "networks_add");
	}
	must(networks_build(f->networks) == 0, "networks_build");
}

static void *open_summary(struct fixture *f, bool is_merged)
{
	void *summary = must_calloc(1, f->detector->summary_size);

	if (f->detector->summary_init)
		must(f->detector->summary_init(summary, f->state, is_merged) == 0, "summary_init");
	return summary;
}

struct fixture *fixture_open(const struct detector *detector, void (*adjust)(struct conf *conf))
{
	struct fixture *f = must_calloc(1, sizeof(*f));
	struct detector_env env;

	f->detector = detector;
	conf_default(&f->conf);
	if (adjust)
		adjust(&f->conf);
	f->base_ns = (int64_t)f->conf.window.base_ms * NS_PER_MS;
	open_networks(f);
	env = (struct detector_env){
		.conf = &f->conf, .networks = f->networks, .seed = FIXTURE_SEED
	};
	f->state = must_calloc(1, detector->state_size);
	must(detector->init(f->state, &env) == 0, "init");
	for (unsigned i = 0; i < FIXTURE_LANES; i++)
		f->lanes[i].summary = open_summary(f, false);
	f->merged = open_summary(f, true);
	return f;
}

struct addr fixture_addr(const char *text)
{
	struct addr addr;
	unsigned bits;

	must(addr_prefix_parse(text, &addr, &bits) == 0, text);
	return addr;
}

struct addr fixture_addr_at(const char *text, uint32_t offset)
{
	struct addr addr = fixture_addr(text);
	uint64_t sum = offset;

	for (unsigned i = 16; i-- > 12;) {
		sum += addr.byte[i];
		addr.byte[i] = (uint8_t)sum;
		sum >>= 8;
	}
	return addr;
}

/* Header lengths without options. */
static uint32_t transport_header_len(uint8_t proto)
{
	return proto == 6 ? 20 : 8;
}

struct pkt fixture_pkt(
	uint8_t proto, struct addr from, uint16_t from_port, struct addr to, uint16_t to_port)
{
	bool is_v4 = addr_is_v4(&from);
	struct pkt pkt = { .ip_version = is_v4 ? 4 : 6, .ttl = 64 };

	pkt.key = (struct flow_key){
		.addr = { from, to }, .port = { from_port, to_port }, .proto = proto
	};
	pkt.ip_offset = 14;
	pkt.transport_offset = is_v4 ? 34 : 54;
	pkt.payload_offset = (uint16_t)(pkt.transport_offset + transport_header_len(proto));
	pkt.ip_len = pkt.payload_offset - pkt.ip_offset;
	pkt.captured_len = pkt.payload_offset; /* bytes stays NULL: fixtures have none */
	pkt.wire_len = pkt.payload_offset;
	return pkt;
}

struct pkt fixture_tcp(
	const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint8_t flags)
{
	struct pkt pkt = fixture_pkt(6, fixture_addr(from), from_port, fixture_addr(to), to_port);

	pkt.tcp_flags = flags;
	pkt.tcp_seq = 1000;
	pkt.tcp_window = 64240;
	return pkt;
}

struct pkt fixture_udp(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
	uint32_t payload_len)
{
	struct pkt pkt = fixture_pkt(17, fixture_addr(from), from_port, fixture_addr(to), to_port);

	pkt.payload_wire_len = payload_len;
	pkt.ip_len += payload_len;
	pkt.wire_len += payload_len;
	return pkt;
}

struct pkt fixture_echo(const char *from, const char *to, uint16_t id, bool is_reply)
{
	struct pkt pkt = fixture_pkt(1, fixture_addr(from), id, fixture_addr(to), id);

	if (pkt.ip_version == 6) {
		pkt.key.proto = 58;
		pkt.icmp_type = is_reply ? 129 : 128;
	} else {
		pkt.icmp_type = is_reply ? 0 : 8;
	}
	return pkt;
}

struct pkt fixture_reverse(const struct pkt *pkt)
{
	struct pkt back = *pkt;

	for (unsigned i = 0; i < 2; i++) {
		back.key.addr[i] = pkt->key.addr[1 - i];
		back.key.port[i] = pkt->key.port[1 - i];
	}
	back.side = 1 - pkt->side;
	return back;
}

static void give_batch(struct fixture *f, struct lane *lane)
{
	struct pkt *pkts[BATCH];

	for (unsigned i = 0; i < lane->count; i++)
		pkts[i] = &lane->pkts[i];
	if (lane->count > 0 && f->detector->packets)
		f->detector->packets(f->state, lane->summary, pkts, lane->flows, lane->count);
	lane->count = 0;
}

static void copy_sketch(const struct distinct *sketch, uint64_t *ret_count, unsigned *ret_listed,
	struct distinct_entry *out)
{
	if (!sketch)
		return;
	*ret_count = distinct_count(sketch);
	*ret_listed = distinct_top(sketch, out, FIXTURE_LISTED);
}

static void keep_finding(struct fixture *f, const struct finding *finding)
{
	struct fixture_finding *kept;

	if (f->found_count == f->found_cap) {
		f->found_cap = f->found_cap ? 2 * f->found_cap : 16;
		f->found = realloc(f->found, f->found_cap * sizeof(*f->found));
		must(f->found != NULL, "realloc");
	}
	kept = &f->found[f->found_count++];
	memset(kept, 0, sizeof(*kept));
	kept->finding = *finding;
	copy_sketch(finding->sources, &kept->source_count, &kept->sources_listed, kept->sources);
	copy_sketch(finding->targets, &kept->target_count, &kept->targets_listed, kept->targets);
	kept->finding.sources = NULL;
	kept->finding.targets = NULL;
}

static void judge(struct fixture *f, struct window window)
{
	struct findings findings = { .list = f->judged, .cap = FINDINGS_A_JUDGE };

	for (unsigned i = 0; i < FIXTURE_LANES; i++) {
		give_batch(f, &f->lanes[i]);
		if (f->detector->merge)
			f->detector->merge(f->merged, f->lanes[i].summary);
	}
	if (f->detector->judge)
		f->detector->judge(f->state, f->merged, window, &findings);
	for (unsigned i = 0; i < findings.count; i++)
		keep_finding(f, &findings.list[i]);
	f->lost += findings.lost;
}

void fixture_until(struct fixture *f, int64_t time_ns)
{
	if (!f->has_window) {
		f->has_window = true;
		f->window_start_ns = time_ns - time_ns % f->base_ns;
	}
	while (time_ns >= f->window_start_ns + f->base_ns) {
		int64_t end_ns = f->window_start_ns + f->base_ns;

		judge(f, (struct window){ f->window_start_ns, end_ns });
		f->window_start_ns = end_ns;
	}
}

void fixture_end(struct fixture *f)
{
	if (!f->has_window)
		return;
	fixture_until(f, f->window_start_ns + f->base_ns);
	judge(f, (struct window){ f->window_start_ns, f->window_start_ns + 10 * NS_PER_S });
	f->window_start_ns += 10 * NS_PER_S;
}

static unsigned lane_of(const struct flow_key *key)
{
	uint64_t hash =
		hash_addr(&key->addr[0], FIXTURE_SEED) + hash_addr(&key->addr[1], FIXTURE_SEED);

	return (unsigned)(hash >> 32) % FIXTURE_LANES;
}

void fixture_send_flow(struct fixture *f, int64_t time_ns, const struct pkt *pkt, struct flow *flow,
	enum standing standing, uint16_t events)
{
	struct lane *lane;
	struct pkt *copy;

	fixture_until(f, time_ns);
	f->last_lane = lane_of(&pkt->key);
	lane = &f->lanes[f->last_lane];
	copy = &lane->pkts[lane->count];
	*copy = *pkt;
	copy->time_ns = time_ns;
	copy->standing = (uint8_t)standing;
	copy->events = events;
	copy->lane = (uint8_t)f->last_lane;
	copy->hash = hash_addr(&pkt->key.addr[0], FIXTURE_SEED) +
		     hash_addr(&pkt->key.addr[1], FIXTURE_SEED) +
		     (uint64_t)pkt->key.port[0] * pkt->key.port[1];
	lane->flows[lane->count++] = flow;
	if (lane->count == BATCH)
		give_batch(f, lane);
}

void fixture_send(struct fixture *f, int64_t time_ns, const struct pkt *pkt, enum standing standing,
	uint16_t events)
{
	fixture_send_flow(f, time_ns, pkt, NULL, standing, events);
}

void fixture_flow_end(struct fixture *f, const struct flow *flow)
{
	struct lane *lane = &f->lanes[lane_of(&flow->key)];

	give_batch(f, lane);
	if (f->detector->flow_end)
		f->detector->flow_end(f->state, lane->summary, flow);
}

void fixture_open_only(struct fixture *f, int64_t time_ns, const struct pkt *opening)
{
	fixture_send(f, time_ns, opening, STANDING_OPENING, EVENT_NEW);
}

/* The packet that answers an opening, with the flags given when it is TCP. */
static struct pkt answer_to(const struct pkt *opening, uint8_t tcp_flags)
{
	struct pkt answer = fixture_reverse(opening);

	if (answer.key.proto == 6) {
		answer.tcp_flags = tcp_flags;
		answer.tcp_ack = opening->tcp_seq + 1;
		answer.tcp_seq = 5000;
	}
	if (answer.key.proto == 1)
		answer.icmp_type = 0;
	if (answer.key.proto == 58)
		answer.icmp_type = 129;
	return answer;
}

void fixture_answer(struct fixture *f, int64_t time_ns, const struct pkt *opening)
{
	struct pkt answer = answer_to(opening, TCP_SYN | TCP_ACK);
	struct pkt third = *opening;

	fixture_open_only(f, time_ns, opening);
	fixture_send(f, time_ns + NS_PER_MS, &answer, STANDING_ANSWER, EVENT_ANSWERED);
	if (opening->key.proto != 6)
		return;
	third.tcp_flags = TCP_ACK;
	third.tcp_seq = opening->tcp_seq + 1;
	third.tcp_ack = answer.tcp_seq + 1;
	fixture_send(f, time_ns + 2 * NS_PER_MS, &third, STANDING_VERIFIED,
		EVENT_HANDSHAKE | EVENT_TURN);
}

void fixture_refuse(struct fixture *f, int64_t time_ns, const struct pkt *opening)
{
	struct pkt answer = answer_to(opening, TCP_RST | TCP_ACK);

	fixture_open_only(f, time_ns, opening);
	fixture_send(f, time_ns + NS_PER_MS, &answer, STANDING_ANSWER, EVENT_REFUSED);
}

void fixture_half_open(struct fixture *f, int64_t time_ns, const struct pkt *opening)
{
	struct pkt answer = answer_to(opening, TCP_SYN | TCP_ACK);
	struct pkt reset = *opening;

	fixture_open_only(f, time_ns, opening);
	fixture_send(f, time_ns + NS_PER_MS, &answer, STANDING_ANSWER, EVENT_ANSWERED);
	reset.tcp_flags = TCP_RST;
	reset.tcp_seq = opening->tcp_seq + 1;
	fixture_send(f, time_ns + 2 * NS_PER_MS, &reset, STANDING_UNANSWERED, EVENT_CLOSED);
}

unsigned fixture_count(const struct fixture *f, enum kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < f->found_count; i++)
		count += kind == KIND_NONE || f->found[i].finding.kind == kind;
	return count;
}

const struct fixture_finding *fixture_last(const struct fixture *f, enum kind kind)
{
	for (unsigned i = f->found_count; i-- > 0;)
		if (f->found[i].finding.kind == kind)
			return &f->found[i];
	return NULL;
}

const struct fixture_finding *fixture_list(const struct fixture *f, unsigned *ret_count)
{
	*ret_count = f->found_count;
	return f->found;
}

uint64_t fixture_lost(const struct fixture *f)
{
	return f->lost;
}

void *fixture_state(struct fixture *f)
{
	return f->state;
}

struct networks *fixture_networks(struct fixture *f)
{
	return f->networks;
}

static void close_summary(const struct fixture *f, void *summary)
{
	if (f->detector->summary_close)
		f->detector->summary_close(summary);
	free(summary);
}

void fixture_close(struct fixture *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < FIXTURE_LANES; i++)
		close_summary(f, f->lanes[i].summary);
	close_summary(f, f->merged);
	if (f->detector->close)
		f->detector->close(f->state);
	free(f->state);
	networks_close(f->networks);
	free(f->found);
	free(f);
}
