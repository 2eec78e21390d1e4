/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/reflector.c - finds services of ours that are used to flood others.
 *
 * An attacker asks in the name of his victim, and our open resolver, NTP or memcached server
 * sends the victim many times what it was asked. Counted per (server inside, client outside,
 * amplifier's UDP port): what the client asked and what it was sent, in sums that decay over
 * REFLECTOR_MEMORY_S, and how many different questions there were. Told when one client got
 * reflector.responses answers of at least REFLECTOR_RESPONSE_BYTES on average and reflector.ratio
 * times the bytes it sent; or the clients of one /24 (/64) together REFLECTOR_CARPET times as
 * many.
 *
 * Resolvers, monitoring and other honest clients ask many different questions; reflections repeat
 * one or a handful. So with REFLECTOR_QUESTIONS different ones the limit is REFLECTOR_VARIED
 * times higher. What nobody was seen to ask for is not judged: one-way captures of a busy server
 * look just like that.
 *
 * Summary: a capped table by (server, client, port); those with the fewest answered bytes give
 * way.
 */
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/detectors.h"
#include "detect/traffic.h"
#include "lib/hash.h"
#include "lib/keyed.h"
#include "lib/rd.h"

#define REFLECTOR_MEMORY_S 60.0 /* the longest window of weir */
/* Below that no answer is worth reflecting: NTP has 76 bytes, plain DNS and STUN answers 60..150.
 */
#define REFLECTOR_RESPONSE_BYTES 200
/* Ours: floods seen in the wild (CISA TA14-017A) repeat one question, some a list of a few. */
#define REFLECTOR_QUESTIONS 8
/* 10,000 answers in a minute by default: more than a resolver of millions asks one server. */
#define REFLECTOR_VARIED 100
/* A carpet has at least so many clients, and so many times reflector.responses: a farm of 250
 * resolvers asks the four usual types of one popular name twice a minute. */
#define REFLECTOR_CLIENTS 8
#define REFLECTOR_CARPET 20
/* Bytes of a question that are compared, after the 2 of the DNS identifier. */
#define REFLECTOR_QUESTION_BYTES 256

#define REFLECTOR_LANE_PLACES 256
#define REFLECTOR_MERGED_PLACES 4096
#define REFLECTOR_STATE_PLACES 8192
#define REFLECTOR_SKETCHES 8
#define REFLECTOR_SKETCH_SLOTS 1024

#define PORT_STUN 3478
#define PORT_IKE_NAT 4500

struct reflection_key {
	struct addr server, client; /* of a carpet: the prefix */
	uint16_t port, pad[3];
};

struct reflected {
	struct keyed_head head;
	struct reflection_key key;
	uint32_t requests, responses;
	uint64_t request_bytes, response_bytes;
	uint64_t questions; /* a bit for each, by hash */
};

struct reflector_summary {
	struct keyed table;
};

/* A client, or all clients of one prefix. */
struct reflection {
	struct keyed_head head;
	struct reflection_key key;
	double requests, responses, request_bytes, response_bytes; /* decaying */
	int64_t last_ns;	 /* end of the last window counted */
	int64_t judged_ns;	 /* prefix: end of the last window judged */
	int64_t told_ns;	 /* prefix: when a client of it was last told of by itself */
	int64_t first_ns;	 /* of what was not told of yet */
	uint64_t packets, bytes; /* not told of yet */
	double peak_pps, peak_bps;
	int64_t epoch_ns;	  /* since when the first of each of these is collected */
	uint64_t questions[2];	  /* this minute's and the last one's */
	uint64_t clients_seen[2]; /* prefix: a bit for each, by hash */
};

struct reflector_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct keyed clients, prefixes;
	struct distinct sketches[REFLECTOR_SKETCHES];
	struct distinct_entry *sketch_slots;
};

static void reflector_close(void *state)
{
	struct reflector_state *s = state;

	keyed_close(&s->clients);
	keyed_close(&s->prefixes);
	free(s->sketch_slots);
	s->sketch_slots = NULL;
}

static int reflector_init(void *state, const struct detector_env *env)
{
	struct reflector_state *s = state;

	*s = (struct reflector_state){
		.conf = env->conf, .networks = env->networks, .seed = env->seed
	};
	s->sketch_slots = calloc(REFLECTOR_SKETCHES, distinct_bytes(REFLECTOR_SKETCH_SLOTS));
	if (!s->sketch_slots ||
		keyed_open(&s->clients, REFLECTOR_STATE_PLACES, sizeof(struct reflection),
			sizeof(struct reflection_key), s->seed) < 0 ||
		keyed_open(&s->prefixes, REFLECTOR_STATE_PLACES, sizeof(struct reflection),
			sizeof(struct reflection_key), s->seed) < 0) {
		reflector_close(s);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < REFLECTOR_SKETCHES; i++)
		distinct_init(&s->sketches[i], &s->sketch_slots[i * REFLECTOR_SKETCH_SLOTS],
			REFLECTOR_SKETCH_SLOTS);
	return 0;
}

static int reflector_summary_init(void *summary, const void *state, bool is_merged)
{
	const struct reflector_state *s = state;
	struct reflector_summary *sum = summary;

	return keyed_open(&sum->table, is_merged ? REFLECTOR_MERGED_PLACES : REFLECTOR_LANE_PLACES,
		sizeof(struct reflected), sizeof(struct reflection_key), s->seed);
}

static void reflector_summary_close(void *summary)
{
	struct reflector_summary *sum = summary;

	keyed_close(&sum->table);
}

/* Through 4500 go whole VPNs (RFC 3948): much is answered there, and wanted. */
static bool is_amplifier(uint16_t port)
{
	return port != PORT_IKE_NAT && traffic_amplifier_port(port) != KIND_NONE;
}

/* A bit that stands for what is asked: the payload without its first two bytes (the identifier in
 * DNS, which is random) and its length. */
static uint64_t question_bit(const struct pkt *pkt, uint64_t seed)
{
	const uint8_t *payload =
		pkt->payload_len > 0 ? pkt->bytes + pkt->payload_offset : (const uint8_t *)"";
	struct rd r = rd_over(payload, pkt->payload_len);
	size_t len;
	uint64_t hash = pkt->payload_wire_len;

	rd_skip(&r, rd_left(&r) < 2 ? rd_left(&r) : 2);
	len = rd_left(&r) < REFLECTOR_QUESTION_BYTES ? rd_left(&r) : REFLECTOR_QUESTION_BYTES;
	hash ^= hash_bytes(rd_bytes(&r, len), len, seed);
	return 1ULL << (hash_bytes(&hash, sizeof(hash), seed) & 63);
}

static struct reflected *count(
	struct reflector_summary *sum, const struct pkt *pkt, unsigned server_side)
{
	struct reflection_key key = {
		.server = pkt->key.addr[server_side],
		.client = pkt->key.addr[!server_side],
		.port = pkt->key.port[server_side],
	};
	struct reflected *reflected = keyed_take(&sum->table, &key, pkt->ip_len);

	if (reflected)
		reflected->head.weight += pkt->ip_len;
	return reflected;
}

static void count_response(struct reflector_summary *sum, const struct pkt *pkt)
{
	struct reflected *reflected = count(sum, pkt, 0);

	if (!reflected)
		return;
	reflected->responses++;
	reflected->response_bytes += pkt->ip_len;
}

static void count_request(struct reflector_summary *sum, const struct pkt *pkt, uint64_t seed)
{
	struct reflected *reflected = count(sum, pkt, 1);

	if (!reflected)
		return;
	reflected->requests++;
	reflected->request_bytes += pkt->ip_len;
	if (pkt->frag != FRAG_LATER)
		reflected->questions |= question_bit(pkt, seed);
}

static bool crosses_border(const struct networks *networks, const struct pkt *pkt, unsigned inside)
{
	return networks_is_inside(networks, &pkt->key.addr[inside]) &&
	       !networks_is_inside(networks, &pkt->key.addr[!inside]) &&
	       !addr_is_multicast(&pkt->key.addr[!inside]);
}

static void reflector_packets(const void *state, void *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned n)
{
	const struct reflector_state *s = state;

	(void)flows;
	for (unsigned i = 0; i < n; i++) {
		const struct pkt *pkt = pkts[i];

		if (pkt->key.proto != IPPROTO_UDP || pkt->ip_version == 0)
			continue;
		if (is_amplifier(pkt->key.port[0]) && crosses_border(s->networks, pkt, 0))
			count_response(summary, pkt);
		else if (is_amplifier(pkt->key.port[1]) && crosses_border(s->networks, pkt, 1))
			count_request(summary, pkt, s->seed);
	}
}

static void reflector_merge(void *summary, void *other)
{
	struct reflector_summary *into = summary, *from = other;

	for (uint32_t i = 0; i < from->table.count; i++) {
		const struct reflected *part = keyed_at(&from->table, i);
		struct reflected *sum = keyed_take_hashed(&into->table, &part->key,
			keyed_hash_of(&from->table, part), part->head.weight);

		if (!sum)
			continue;
		sum->head.weight += part->head.weight;
		sum->requests += part->requests;
		sum->responses += part->responses;
		sum->request_bytes += part->request_bytes;
		sum->response_bytes += part->response_bytes;
		sum->questions |= part->questions;
	}
	keyed_clear(&from->table);
}

/* Lets the sums decay and the sets of bits grow old. */
static void pass_time(struct reflection *reflection, int64_t now_ns)
{
	double elapsed_s = (double)(now_ns - reflection->last_ns) / NS_PER_S;
	double kept = elapsed_s > 0 ? exp(-elapsed_s / REFLECTOR_MEMORY_S) : 1;
	int64_t epoch_ns = (int64_t)(REFLECTOR_MEMORY_S * NS_PER_S);

	reflection->last_ns = now_ns;
	reflection->requests *= kept;
	reflection->responses *= kept;
	reflection->request_bytes *= kept;
	reflection->response_bytes *= kept;
	if (now_ns - reflection->epoch_ns < epoch_ns)
		return;
	reflection->questions[1] = reflection->questions[0];
	reflection->questions[0] = 0;
	reflection->clients_seen[1] = reflection->clients_seen[0];
	reflection->clients_seen[0] = 0;
	reflection->epoch_ns = now_ns;
}

static void add(struct reflection *reflection, const struct reflected *news, struct window window)
{
	double window_s = (double)(window.end_ns - window.start_ns) / NS_PER_S;

	pass_time(reflection, window.end_ns);
	reflection->requests += news->requests;
	reflection->responses += news->responses;
	reflection->request_bytes += (double)news->request_bytes;
	reflection->response_bytes += (double)news->response_bytes;
	reflection->questions[0] |= news->questions;
	if (reflection->packets == 0)
		reflection->first_ns = window.start_ns;
	reflection->packets += news->responses;
	reflection->bytes += news->response_bytes;
	reflection->peak_pps = fmax(reflection->peak_pps, news->responses / window_s);
	reflection->peak_bps =
		fmax(reflection->peak_bps, 8 * (double)news->response_bytes / window_s);
	reflection->head.weight = keyed_weight(window.end_ns, (uint64_t)reflection->response_bytes);
}

static struct reflection_key prefix_key(const struct reflection_key *key)
{
	struct reflection_key prefix = *key;

	prefix.client = addr_mask(&key->client, addr_is_v4(&key->client) ? ADDR_V4_BITS + 24 : 64);
	return prefix;
}

static void add_to_state(
	struct reflector_state *s, const struct reflected *news, struct window window)
{
	uint64_t weight = keyed_weight(window.end_ns, news->response_bytes);
	struct reflection_key key = prefix_key(&news->key);
	struct reflection *client = keyed_take(&s->clients, &news->key, weight);
	struct reflection *prefix = keyed_take(&s->prefixes, &key, weight);

	if (client)
		add(client, news, window);
	if (!prefix)
		return;
	add(prefix, news, window);
	prefix->clients_seen[0] |= 1ULL << (hash_addr(&news->key.client, s->seed) & 63);
}

static int different(const uint64_t bits[2])
{
	return __builtin_popcountll(bits[0] | bits[1]);
}

/* A relay (TURN, RFC 8656) sends its client much that it was not asked for; a reflector of STUN
 * answers each request once. */
static bool is_relay(const struct reflection *reflection)
{
	return reflection->key.port == PORT_STUN &&
	       reflection->responses > 2 * reflection->requests;
}

/* How many answers are too many. factor: of the configured number, when the questions are the
 * same. */
static double limit_of(const struct conf *conf, const struct reflection *reflection, double factor)
{
	bool is_varied = different(reflection->questions) >= REFLECTOR_QUESTIONS;

	return (double)conf->reflector.responses * (is_varied ? REFLECTOR_VARIED : factor);
}

static bool is_abused(const struct conf *conf, const struct reflection *reflection, double factor)
{
	return reflection->responses >= limit_of(conf, reflection, factor) &&
	       reflection->requests >= 0.5 &&
	       reflection->response_bytes >= conf->reflector.ratio * reflection->request_bytes &&
	       reflection->response_bytes >= REFLECTOR_RESPONSE_BYTES * reflection->responses &&
	       !is_relay(reflection);
}

static struct finding describe(
	const struct conf *conf, struct reflection *reflection, struct window window)
{
	struct finding finding = {
		.kind = KIND_REFLECTOR_OPEN,
		.scope = SCOPE_HOST,
		.detector = "reflector",
		.reason = "a service of ours answers one outside address far more than it asks",
		.window = { reflection->packets ? reflection->first_ns : window.start_ns,
			window.end_ns },
		.from = reflection->key.server,
		.from_bits = 128,
		.to = reflection->key.client,
		.to_bits = 128,
		.port = reflection->key.port,
		.proto = IPPROTO_UDP,
		.observed = reflection->responses,
		.expected = limit_of(conf, reflection, 1),
		.packets = reflection->packets,
		.bytes = reflection->bytes,
		.peak_pps = reflection->peak_pps,
		.peak_bps = reflection->peak_bps,
	};
	double ratio = reflection->response_bytes / fmax(reflection->request_bytes, 1);

	finding.confidence = different(reflection->questions) < REFLECTOR_QUESTIONS ? 0.9F : 0.7F;
	finding.evidence[0] = (struct evidence){ "responses", "packets", reflection->responses };
	finding.evidence[1] = (struct evidence){ "amplification", "times", ratio };
	finding.evidence[2] = (struct evidence){ "response_size", "bytes",
		reflection->response_bytes / fmax(reflection->responses, 1) };
	finding.evidence[3] = (struct evidence){ "requests", "packets", reflection->requests };
	finding.evidence[4] = (struct evidence){ "different_questions", "questions",
		different(reflection->questions) };
	reflection->packets = 0;
	reflection->bytes = 0;
	reflection->peak_pps = 0;
	reflection->peak_bps = 0;
	return finding;
}

static void judge_client(struct reflector_state *s, const struct reflected *news,
	struct window window, struct findings *findings)
{
	struct reflection *client = keyed_find(&s->clients, &news->key), *prefix;
	struct reflection_key key = prefix_key(&news->key);
	struct finding finding;

	if (!client || news->responses == 0 || !is_abused(s->conf, client, 1))
		return;
	finding = describe(s->conf, client, window);
	finding_add(findings, &finding);
	prefix = keyed_find(&s->prefixes, &key);
	if (prefix)
		prefix->told_ns = window.end_ns;
}

/* The clients of a prefix in this window; NULL when all sketches are in use. */
static const struct distinct *clients_of(struct reflector_state *s, unsigned *used,
	const struct reflector_summary *sum, const struct reflection_key *prefix)
{
	struct distinct *sketch = &s->sketches[*used];

	if (*used == REFLECTOR_SKETCHES)
		return NULL;
	(*used)++;
	distinct_clear(sketch);
	for (uint32_t i = 0; i < sum->table.count; i++) {
		const struct reflected *news = keyed_at(&sum->table, i);
		struct reflection_key key = prefix_key(&news->key);

		if (news->responses > 0 && memcmp(&key, prefix, sizeof(key)) == 0)
			distinct_add(sketch, &news->key.client,
				hash_addr(&news->key.client, s->seed), news->responses);
	}
	return sketch;
}

/* Is the carpet to be told of? Once a window, and not while single clients of it are. */
static bool is_carpet(struct reflector_state *s, struct reflection *prefix, int64_t now_ns)
{
	int64_t memory_ns = (int64_t)(REFLECTOR_MEMORY_S * NS_PER_S);

	if (prefix->judged_ns == now_ns)
		return false;
	prefix->judged_ns = now_ns;
	if (prefix->told_ns != 0 && now_ns - prefix->told_ns < memory_ns)
		return false;
	return different(prefix->clients_seen) >= REFLECTOR_CLIENTS &&
	       is_abused(s->conf, prefix, REFLECTOR_CARPET);
}

static void judge_prefix(struct reflector_state *s, const struct reflector_summary *sum,
	const struct reflected *news, unsigned *used, struct window window,
	struct findings *findings)
{
	struct reflection_key key = prefix_key(&news->key);
	struct reflection *prefix = keyed_find(&s->prefixes, &key);
	struct finding finding;

	if (!prefix || news->responses == 0 || !is_carpet(s, prefix, window.end_ns))
		return;
	finding = describe(s->conf, prefix, window);
	finding.scope = SCOPE_PREFIX;
	finding.expected = limit_of(s->conf, prefix, REFLECTOR_CARPET);
	finding.to_bits = addr_is_v4(&key.client) ? ADDR_V4_BITS + 24 : 64;
	finding.reason =
		"a service of ours answers the addresses of one network far more than they ask";
	finding.targets = clients_of(s, used, sum, &key);
	finding.evidence[5] =
		(struct evidence){ "clients", "addresses", different(prefix->clients_seen) };
	finding_add(findings, &finding);
}

static void reflector_judge(
	void *state, void *summary, struct window window, struct findings *findings)
{
	struct reflector_state *s = state;
	struct reflector_summary *sum = summary;
	unsigned used = 0;

	for (uint32_t i = 0; i < sum->table.count; i++)
		add_to_state(s, keyed_at(&sum->table, i), window);
	for (uint32_t i = 0; i < sum->table.count; i++)
		judge_client(s, keyed_at(&sum->table, i), window, findings);
	for (uint32_t i = 0; i < sum->table.count; i++)
		judge_prefix(s, sum, keyed_at(&sum->table, i), &used, window, findings);
	keyed_clear(&sum->table);
}

static void reflector_losses(const void *state, struct losses *losses)
{
	const struct reflector_state *s = state;

	losses->forgotten += s->clients.evicted + s->prefixes.evicted;
}

const struct detector detector_reflector = {
	.name = "reflector",
	.state_size = sizeof(struct reflector_state),
	.summary_size = sizeof(struct reflector_summary),
	.init = reflector_init,
	.summary_init = reflector_summary_init,
	.packets = reflector_packets,
	.merge = reflector_merge,
	.judge = reflector_judge,
	.losses = reflector_losses,
	.summary_close = reflector_summary_close,
	.close = reflector_close,
};
