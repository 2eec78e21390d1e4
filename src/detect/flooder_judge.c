/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flooder_judge.c - the rates at which hosts of ours send for nothing, and their limits.
 *
 * Told is a pair that kept flooder.pps for FLOODER_LASTING_NS (a pair that also converses is
 * allowed FLOODER_PARTNER_FACTOR times as much), and a source that kept FLOODER_MANY_FACTOR times
 * flooder.pps to all its targets together. For the latter only targets count that got
 * FLOODER_AIMED packets within a minute: a scan has a few for each, a flood does not let go.
 */
#include <math.h>
#include <netinet/in.h>

#include "conf/conf.h"
#include "detect/flooder_internal.h"
#include "lib/hash.h"

#define FLOODER_LASTING_NS NS_PER_S
/* Ours: media and measurements beside a control connection reach a few thousand packets/s, floods
 * of a single zombie tens of thousands (Antonakakis et al., USENIX Security 2017, on Mirai). */
#define FLOODER_PARTNER_FACTOR 10
#define FLOODER_PARTNER_NS (300 * NS_PER_S) /* of keep-alives every minute or two one is seen */
#define FLOODER_MANY_FACTOR 5
/* Scanners repeat a probe a few times (nmap: up to 10 retransmissions), and try a few ports. */
#define FLOODER_AIMED 20
/* A window below this share of the limit is a pause. */
#define FLOODER_PAUSE_SHARE 0.1

static const char *const reasons[FLOODER_CLASSES] = {
	[FLOODER_SYN] = "SYNs that it never follows up with a handshake",
	[FLOODER_TCP] = "TCP segments of no connection",
	[FLOODER_REPLY] = "replies (RST, SYN-ACK, ICMP) to nothing that was received",
	[FLOODER_UDP] = "datagrams that nobody answers",
	[FLOODER_ICMP] = "ICMP requests faster than anybody measures with",
	[FLOODER_OTHER] = "packets of another protocol that nobody answers",
};

/* Packets of a class that were sent for nothing. */
static uint32_t wasted(const struct flooder_delta *delta, enum flooder_class class)
{
	const struct flooder_sent *sent = &delta->sent[class];
	uint32_t excused = class == FLOODER_REPLY  ? delta->received
			   : class == FLOODER_ICMP ? 0
						   : sent->settled;

	return sent->packets > excused ? sent->packets - excused : 0;
}

static uint8_t proto_of(const struct flooder_delta *delta, enum flooder_class class)
{
	switch (class) {
	case FLOODER_SYN:
	case FLOODER_TCP:
	case FLOODER_REPLY:
		return IPPROTO_TCP;
	case FLOODER_UDP:
		return IPPROTO_UDP;
	case FLOODER_ICMP:
		return addr_is_v4(&delta->key.target) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	default:
		return delta->proto;
	}
}

static struct flooder_look look_at(const struct flooder_delta *delta)
{
	struct flooder_look look = { 0 };

	for (unsigned class = 0; class < FLOODER_CLASSES; class ++) {
		uint32_t packets = wasted(delta, class);

		if (packets == 0)
			continue;
		look.packets += packets;
		look.bytes += delta->sent[class].bytes * packets / delta->sent[class].packets;
		if (packets > look.most) {
			look.most = packets;
			look.class = class;
		}
	}
	look.proto = proto_of(delta, look.class);
	if (look.class != FLOODER_ICMP && look.class != FLOODER_OTHER &&
		delta->target_port.votes > look.packets / 2)
		look.port = (uint16_t)delta->target_port.value;
	return look;
}

/* Lets time pass, then adds what was sent in the window. */
static void add(
	struct flooder_stream *stream, uint64_t packets, uint64_t bytes, struct window window)
{
	double window_s = (double)(window.end_ns - window.start_ns) / NS_PER_S;
	double elapsed_s = fmax((double)(window.end_ns - stream->last_ns) / NS_PER_S, 0);
	double kept = exp(-elapsed_s);

	if (elapsed_s > 1)
		stream->above_ns = 0;
	stream->last_ns = window.end_ns;
	stream->packets = stream->packets * kept + (double)packets;
	stream->bytes = stream->bytes * kept + (double)bytes;
	stream->minute = stream->minute * exp(-elapsed_s / 60) + (double)packets;
	if (stream->packets_new == 0)
		stream->first_ns = window.start_ns;
	stream->packets_new += packets;
	stream->bytes_new += bytes;
	stream->peak_pps = fmax(stream->peak_pps, (double)packets / window_s);
	stream->peak_bps = fmax(stream->peak_bps, 8 * (double)bytes / window_s);
}

/* Has it been above the limit for long enough? packets: of this window. */
static bool is_lasting(
	struct flooder_stream *stream, double limit_pps, uint64_t packets, struct window window)
{
	double window_s = (double)(window.end_ns - window.start_ns) / NS_PER_S;

	if (stream->packets < limit_pps ||
		(double)packets < FLOODER_PAUSE_SHARE * limit_pps * window_s) {
		stream->above_ns = 0;
		return false;
	}
	if (stream->above_ns == 0)
		stream->above_ns = window.start_ns;
	return window.end_ns - stream->above_ns >= FLOODER_LASTING_NS;
}

static struct finding describe(const struct addr *source, struct flooder_stream *stream,
	const struct flooder_look *look, double limit_pps, struct window window)
{
	double lasting_s = (double)(window.end_ns - stream->above_ns) / NS_PER_S;
	struct finding finding = {
		.kind = KIND_BOT_FLOODER,
		.scope = SCOPE_HOST,
		.detector = "flooder",
		.reason = reasons[look->class],
		.window = { stream->first_ns, window.end_ns },
		.from = *source,
		.from_bits = 128,
		.port = look->port,
		.proto = look->proto,
		.confidence = 0.9F,
		.observed = stream->packets,
		.expected = limit_pps,
		.packets = stream->packets_new,
		.bytes = stream->bytes_new,
		.peak_pps = stream->peak_pps,
		.peak_bps = stream->peak_bps,
		.evidence = {
			{ "pps", "pps", stream->packets },
			{ "bps", "bps", 8 * stream->bytes },
			{ "unanswered", "packets", stream->minute },
			{ "lasting", "s", lasting_s },
		},
	};

	stream->packets_new = 0;
	stream->bytes_new = 0;
	stream->peak_pps = 0;
	stream->peak_bps = 0;
	return finding;
}

static bool is_partner(struct flooder_state *s, const struct flooder_delta *delta, int64_t now_ns)
{
	struct flooder_partner *partner;

	if (delta->conversing > 0)
		partner = keyed_take(&s->partners, &delta->key, keyed_weight(now_ns, 0));
	else
		partner = keyed_find(&s->partners, &delta->key);
	if (!partner)
		return delta->conversing > 0;
	if (delta->conversing > 0) {
		partner->last_ns = now_ns;
		partner->head.weight = keyed_weight(now_ns, 0);
	}
	return now_ns - partner->last_ns <= FLOODER_PARTNER_NS;
}

static void add_to_source(struct flooder_state *s, const struct addr *address,
	const struct flooder_look *look, struct window window)
{
	struct flooder_source *source =
		keyed_take(&s->sources, address, keyed_weight(window.end_ns, look->packets));

	if (!source)
		return;
	if (source->window_ns != window.end_ns) {
		source->window_ns = window.end_ns;
		source->window_packets = 0;
		source->window_bytes = 0;
		source->loudest = *look;
	}
	source->window_packets += look->packets;
	source->window_bytes += look->bytes;
	if (look->most > source->loudest.most)
		source->loudest = *look;
}

/* Counts and judges a pair; what is below the limit, but aimed, counts for the source as a whole.
 */
static void judge_pair(struct flooder_state *s, const struct flooder_delta *delta,
	struct window window, struct findings *findings)
{
	bool has_partner = is_partner(s, delta, window.end_ns);
	double limit_pps =
		(double)s->conf->flooder.pps * (has_partner ? FLOODER_PARTNER_FACTOR : 1);
	struct flooder_look look = look_at(delta);
	struct flooder_pair *pair;
	struct finding finding;

	if (look.packets == 0)
		return;
	pair = keyed_take(&s->pairs, &delta->key, keyed_weight(window.end_ns, look.packets));
	if (!pair)
		return;
	add(&pair->stream, look.packets, look.bytes, window);
	pair->head.weight = keyed_weight(window.end_ns, (uint64_t)pair->stream.minute);
	if (is_lasting(&pair->stream, limit_pps, look.packets, window)) {
		finding = describe(&delta->key.source, &pair->stream, &look, limit_pps, window);
		finding.to = delta->key.target;
		finding.to_bits = 128;
		finding_add(findings, &finding);
	} else if (!has_partner && pair->stream.minute >= FLOODER_AIMED) {
		add_to_source(s, &delta->key.source, &look, window);
	}
}

/* The targets of a source in this window; NULL when all sketches are in use. */
static const struct distinct *targets_of(struct flooder_state *s, unsigned *used,
	const struct flooder_summary *sum, const struct addr *source)
{
	struct distinct *sketch = &s->sketches[*used];

	if (*used == FLOODER_SKETCHES)
		return NULL;
	(*used)++;
	distinct_clear(sketch);
	for (uint32_t i = 0; i < sum->pairs.count; i++) {
		const struct flooder_delta *delta = keyed_at(&sum->pairs, i);
		struct flooder_look look = look_at(delta);

		if (look.packets > 0 && addr_equal(&delta->key.source, source))
			distinct_add(sketch, &delta->key.target,
				hash_addr(&delta->key.target, s->seed), look.packets);
	}
	return sketch;
}

/* Once a window, when all pairs have added to it. */
static void judge_source(struct flooder_state *s, const struct flooder_summary *sum,
	const struct addr *address, unsigned *used, struct window window, struct findings *findings)
{
	double limit_pps = (double)s->conf->flooder.pps * FLOODER_MANY_FACTOR;
	struct flooder_source *source = keyed_find(&s->sources, address);
	struct finding finding;

	if (!source || source->window_ns != window.end_ns || source->judged_ns == window.end_ns)
		return;
	source->judged_ns = window.end_ns;
	add(&source->stream, source->window_packets, source->window_bytes, window);
	source->head.weight = keyed_weight(window.end_ns, (uint64_t)source->stream.minute);
	if (!is_lasting(&source->stream, limit_pps, source->window_packets, window))
		return;
	finding = describe(&source->source, &source->stream, &source->loudest, limit_pps, window);
	finding.targets = targets_of(s, used, sum, &source->source);
	if (finding.targets)
		finding.evidence[4] = (struct evidence){ "targets", "addresses",
			(double)distinct_count(finding.targets) };
	finding_add(findings, &finding);
}

void flooder_judge(void *state, void *summary, struct window window, struct findings *findings)
{
	struct flooder_state *s = state;
	struct flooder_summary *sum = summary;
	unsigned used = 0;

	for (uint32_t i = 0; i < sum->pairs.count; i++)
		judge_pair(s, keyed_at(&sum->pairs, i), window, findings);
	for (uint32_t i = 0; i < sum->pairs.count && s->sources.count > 0; i++) {
		const struct flooder_delta *delta = keyed_at(&sum->pairs, i);

		judge_source(s, sum, &delta->key.source, &used, window, findings);
	}
	keyed_clear(&sum->pairs);
}
