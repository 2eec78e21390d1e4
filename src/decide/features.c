/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/features.c - what a packet looks like to a signature filter, and whether one matches.
 *
 * The words are laid out in bpf/wire.h; bpf/packet_features.h makes the same of the bytes in the
 * kernel, and a test compares the two. Later fragments have no ports here, whatever the fragment
 * table knows.
 */
#include "decide/features.h"

#include "lib/rd.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

/* Eight bytes, the first in the lowest; zero where there are no more. */
static uint64_t next_word(struct rd *payload)
{
	size_t left = rd_left(payload), take = left < 8 ? left : 8;
	const uint8_t *bytes = rd_bytes(payload, take);
	uint64_t word = 0;

	for (size_t i = 0; i < take; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

static bool is_icmp(const struct pkt *pkt)
{
	return pkt->key.proto == (pkt->ip_version == 6 ? PROTO_ICMPV6 : PROTO_ICMP);
}

/* What the IP length leaves behind the headers that the kernel part knows; the ports of SCTP and
 * the like count as payload. */
static struct rd payload_of(const struct pkt *pkt, uint32_t *ret_len)
{
	uint8_t proto = pkt->key.proto;
	bool is_known = proto == PROTO_TCP || proto == PROTO_UDP || is_icmp(pkt);
	uint32_t offset =
		is_known || pkt->frag == FRAG_LATER ? pkt->payload_offset : pkt->transport_offset;
	uint64_t end = (uint64_t)pkt->ip_offset + pkt->ip_len;

	*ret_len = end > offset ? (uint32_t)(end - offset) : 0;
	if (end > pkt->captured_len)
		end = pkt->captured_len;
	if (!pkt->bytes || end <= offset)
		return rd_over("", 0);
	return rd_over(pkt->bytes + offset, end - offset);
}

static uint16_t ip_id(const struct pkt *pkt)
{
	struct rd rd;

	if (pkt->ip_version != 4 || !pkt->bytes || pkt->ip_offset > pkt->captured_len)
		return 0;
	rd = rd_over(pkt->bytes + pkt->ip_offset, pkt->captured_len - pkt->ip_offset);
	rd_skip(&rd, 4);
	return rd_be16(&rd);
}

static uint64_t first_word(const struct pkt *pkt)
{
	uint8_t proto = pkt->key.proto;
	uint64_t word = proto | (uint64_t)pkt->ttl << 16 | (uint64_t)pkt->frag << 24;

	if (pkt->frag == FRAG_LATER)
		return word;
	if (proto == PROTO_TCP)
		word |= (uint64_t)pkt->tcp_flags << 8;
	if (proto == PROTO_TCP || proto == PROTO_UDP)
		word |= (uint64_t)pkt->key.port[0] << 32 | (uint64_t)pkt->key.port[1] << 48;
	else if (is_icmp(pkt))
		word |= (uint64_t)pkt->icmp_type << 32 | (uint64_t)pkt->icmp_code << 48;
	return word;
}

static uint64_t at_most_16_bits(uint32_t value)
{
	return value < UINT16_MAX ? value : UINT16_MAX;
}

void features_make(const struct pkt *pkt, struct wire_features *ret_features, uint64_t *ret_deep)
{
	uint32_t payload_len;
	struct rd payload = payload_of(pkt, &payload_len);
	bool is_tcp = pkt->key.proto == PROTO_TCP && pkt->frag != FRAG_LATER;

	ret_features->word[0] = first_word(pkt);
	ret_features->word[1] = at_most_16_bits(pkt->ip_len) | at_most_16_bits(payload_len) << 16 |
				(uint64_t)(is_tcp ? pkt->tcp_window : 0) << 32 |
				(uint64_t)ip_id(pkt) << 48;
	ret_features->word[2] = next_word(&payload);
	ret_features->word[3] = next_word(&payload);
	for (unsigned i = 0; ret_deep && i < FEATURES_DEEP_WORDS; i++)
		ret_deep[i] = next_word(&payload);
}

void memory_features(const struct pkt *pkt, struct wire_features *ret_features)
{
	features_make(pkt, ret_features, NULL);
}

/* Eight bytes at an offset that deep[] covers; false when it does not. */
static bool deep_at(const struct memory_sample *sample, unsigned offset, uint64_t *ret_word)
{
	unsigned at = offset - FEATURES_DEEP_FIRST;
	uint64_t word = 0;

	if (offset < FEATURES_DEEP_FIRST || at > 8 * (FEATURES_DEEP_WORDS - 1))
		return false;
	for (unsigned i = 0; i < 8; i++)
		word |= (sample->deep[(at + i) / 8] >> (at + i) % 8 * 8 & 0xff) << 8 * i;
	*ret_word = word;
	return true;
}

static bool is_in_range(unsigned value, unsigned least, unsigned most)
{
	return value >= least && value <= most;
}

bool filter_matches(const struct wire_filter *filter, const struct memory_sample *sample)
{
	const struct wire_features *features = &sample->features;
	uint64_t deep;

	for (unsigned i = 0; i < WIRE_FEATURE_WORDS; i++)
		if ((features->word[i] & filter->mask[i]) != filter->value[i])
			return false;
	if (!is_in_range(feature_ip_len(features), filter->ip_len_min, filter->ip_len_max) ||
		!is_in_range(feature_payload_len(features), filter->payload_len_min,
			filter->payload_len_max) ||
		!is_in_range(feature_ttl(features), filter->ttl_min, filter->ttl_max))
		return false;
	if (!filter->deep_mask)
		return true;
	/* What no sample shows is taken for a match: for good packets the worse case. */
	return !deep_at(sample, filter->deep_offset, &deep) ||
	       (deep & filter->deep_mask) == filter->deep_value;
}

static bool is_amplifier_port(uint16_t port)
{
#define PORT(number) port == (number) ||
	return WIRE_AMPLIFIER_PORTS(PORT) false;
#undef PORT
}

enum wire_class features_class(const struct wire_features *features)
{
	if (feature_fragment(features) != FRAG_NONE)
		return WIRE_CLASS_FRAGMENT;
	switch (feature_protocol(features)) {
	case PROTO_TCP:
		return (feature_tcp_flags(features) & (TCP_SYN | TCP_ACK)) == TCP_SYN
			       ? WIRE_CLASS_SYN
			       : WIRE_CLASS_TCP;
	case PROTO_UDP:
		return is_amplifier_port(feature_source_port(features)) ? WIRE_CLASS_ANSWER
									: WIRE_CLASS_UDP;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return WIRE_CLASS_ICMP;
	default:
		return WIRE_CLASS_OTHER;
	}
}
