/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/evidence.c - what the traffic memory says about one incident right now.
 *
 * The attack: what unproved senders sent to the target of the incident's kind in the last seconds
 * and that no filter in force matches. The good: the hour before, as memory.h defines it. All lanes
 * are asked; of what they have, an even choice is kept, so no lane counts more than its share.
 */
#include "decide/decide_internal.h"

#define LOOK_BACK_NS (5 * NS_PER_S) /* for an attack's samples */
#define RATE_NS (NS_PER_S / 2)	    /* its rate is taken over */
#define RING 256		    /* what a lane has of a target: more were overwritten */

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

static bool has_flags(const struct memory_sample *sample, uint8_t of, uint8_t flags)
{
	return feature_protocol(&sample->features) == PROTO_TCP &&
	       (feature_tcp_flags(&sample->features) & of) == flags;
}

static uint16_t answering_port(const struct incident *incident)
{
	static const uint16_t ports[KIND_COUNT] = {
#define AMPLIFIER(symbol, name, port, title) [KIND_AMPLIFICATION_##symbol] = port,
		AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
	};

	return ports[incident->kind] ? ports[incident->kind] : incident->port;
}

/* Large answers come in fragments, of which the later ones have no port. */
static bool is_answer(const struct memory_sample *sample, const struct incident *incident)
{
	uint16_t port = answering_port(incident);

	if (feature_protocol(&sample->features) != PROTO_UDP)
		return false;
	return feature_fragment(&sample->features) == FRAG_LATER || port == 0 ||
	       feature_source_port(&sample->features) == port;
}

bool sample_is_of_kind(const struct memory_sample *sample, const struct incident *incident)
{
	uint8_t protocol = feature_protocol(&sample->features);

	if (kind_is_amplification(incident->kind))
		return is_answer(sample, incident);
	switch (incident->kind) {
	case KIND_FLOOD_SYN:
		return has_flags(sample, TCP_SYN | TCP_ACK, TCP_SYN);
	case KIND_FLOOD_SYNACK:
		return has_flags(sample, TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK);
	case KIND_FLOOD_ACK:
		return has_flags(sample, TCP_SYN | TCP_RST | TCP_FIN | TCP_ACK, TCP_ACK);
	case KIND_FLOOD_RST:
		return has_flags(sample, TCP_RST, TCP_RST);
	case KIND_FLOOD_FIN:
		return has_flags(sample, TCP_FIN, TCP_FIN);
	case KIND_FLOOD_UDP:
		return protocol == PROTO_UDP;
	case KIND_FLOOD_ICMP:
		return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
	case KIND_FLOOD_FRAG:
		return feature_fragment(&sample->features) != FRAG_NONE;
	case KIND_FLOOD_OTHER:
		return protocol != PROTO_TCP && protocol != PROTO_UDP && protocol != PROTO_ICMP &&
		       protocol != PROTO_ICMPV6;
	default:
		return false;
	}
}

static bool is_filtered(const struct matter *matter, const struct memory_sample *sample)
{
	const struct store *store = &matter->decider->store;
	const struct incident *incident = matter->incident;

	for (unsigned i = 0; i < store->count; i++) {
		const struct mitigation *m = store->sorted[i];

		if (m->verb == VERB_FILTER && mitigation_is_live(m) &&
			m->bits == incident->subject_bits &&
			addr_equal(&m->whom, &incident->subject) &&
			filter_matches(&m->filter, sample))
			return true;
	}
	return false;
}

/* Evenly, from count to at most cap. */
static unsigned thin(
	const struct memory_sample *from, unsigned count, struct memory_sample *to, unsigned cap)
{
	unsigned kept = count < cap ? count : cap;

	for (unsigned i = 0; i < kept; i++)
		to[i] = from[(size_t)i * count / kept];
	return kept;
}

/* Keeps the attack's of a lane's samples, and adds what passes of them to the rate. */
static unsigned sift(struct matter *matter, struct memory_sample *samples, unsigned count)
{
	int64_t now_ns = matter->picture->now_ns, since_ns = now_ns - RATE_NS;
	int64_t span_ns = RATE_NS;
	double weight = 0;
	unsigned kept = 0;

	if (count >= RING && matter->incident->subject_bits == 128 &&
		samples[count - 1].time_ns > since_ns)
		span_ns = now_ns - samples[count - 1].time_ns;
	for (unsigned i = 0; i < count; i++) {
		const struct memory_sample *sample = &samples[i];

		if (sample->standing >= STANDING_STREAM ||
			!sample_is_of_kind(sample, matter->incident) || is_filtered(matter, sample))
			continue;
		if (!sample->was_dropped && sample->time_ns >= since_ns)
			weight += sample->weight;
		samples[kept++] = *sample;
	}
	if (span_ns < NS_PER_MS)
		span_ns = NS_PER_MS;
	matter->evidence.passing_pps += weight * (double)NS_PER_S / (double)span_ns;
	return kept;
}

static void gather_attack(struct matter *matter)
{
	const struct picture *picture = matter->picture;
	const struct incident *incident = matter->incident;
	struct decider *decider = matter->decider;
	int64_t since_ns = incident->first_ns - NS_PER_S;
	unsigned count = 0;

	if (since_ns < picture->now_ns - LOOK_BACK_NS)
		since_ns = picture->now_ns - LOOK_BACK_NS;
	for (unsigned lane = 0; lane < picture->memory_count; lane++) {
		unsigned room = (EVIDENCE_SAMPLES - count) / (picture->memory_count - lane), got;

		got = memory_recent(picture->memories[lane], &incident->subject,
			incident->subject_bits, since_ns, decider->scratch + count, room);
		count += sift(matter, decider->scratch + count, got);
	}
	matter->evidence.attack_count =
		thin(decider->scratch, count, decider->attack, LEARN_ATTACK_MAX);
}

const struct sighting *evidence_of(struct matter *matter)
{
	if (matter->evidence.is_made)
		return &matter->evidence;
	matter->evidence.is_made = true;
	gather_attack(matter);
	if (matter->evidence.passing_pps > matter->dossier->base_pps)
		matter->dossier->base_pps = matter->evidence.passing_pps;
	return &matter->evidence;
}

/* Of senders the whole inside is asked about: bits 0. */
const struct sighting *evidence_good(struct matter *matter)
{
	const struct picture *picture = matter->picture;
	const struct incident *incident = matter->incident;
	struct decider *decider = matter->decider;
	unsigned bits = kind_is_about_sender(incident->kind) ? 0 : incident->subject_bits;
	unsigned count = 0;

	if (matter->evidence.is_good_made)
		return &matter->evidence;
	matter->evidence.is_good_made = true;
	for (unsigned lane = 0; lane < picture->memory_count; lane++)
		count += memory_good(picture->memories[lane], &incident->subject, bits,
			incident->first_ns, decider->scratch + count,
			(EVIDENCE_SAMPLES - count) / (picture->memory_count - lane));
	matter->evidence.good_count = thin(decider->scratch, count, decider->good, LEARN_GOOD_MAX);
	for (unsigned i = 0; i < matter->evidence.good_count; i++)
		matter->evidence.good_weight += decider->good[i].weight;
	return &matter->evidence;
}
