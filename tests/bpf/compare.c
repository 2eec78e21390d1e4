/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/compare.c - both parsers on one frame, field by field. The kernel's is given memory of just
 * the captured size by its caller, so a sanitizer sees each step beyond.
 */
#include "bpf/compare.h"

#include <string.h>

#include "bpf/packet_features.h"
#include "bpf/parse.h"
#include "decide/memory.h"
#include "decode/decode.h"

#define LINK_ETHERNET 1
#define PACKET_IPIP 4
#define PACKET_IP6_IN_IP 41
#define PACKET_GRE 47
#define SEED 0x5eed5eed5eed5eedULL

/* Anomalies that say that lengths or fragments contradict each other. */
#define STRUCTURE                                                                                  \
	(ANOMALY_BIT(IP_HEADER_LENGTH) | ANOMALY_BIT(IP_TOTAL_LENGTH) |                            \
		ANOMALY_BIT(TCP_DATA_OFFSET) | ANOMALY_BIT(UDP_LENGTH))

static bool is_same_addr(const struct wire_addr *kernel, const struct addr *decoded)
{
	return memcmp(kernel->byte, decoded->byte, sizeof(kernel->byte)) == 0;
}

static bool has_ports(const struct packet *p)
{
	return p->fragment != PACKET_LATER &&
	       (p->protocol == PACKET_TCP || p->protocol == PACKET_UDP);
}

/* The decoder has gone into a tunnel: what it remembers of the outermost packet. */
static const char *compare_outer(const struct packet *p, const struct pkt *pkt)
{
	if (!is_same_addr(&p->source, &pkt->outer[0]) ||
		!is_same_addr(&p->destination, &pkt->outer[1]))
		return "outer addresses";
	if (!p->flaw && p->protocol != pkt->outer_proto)
		return "outer protocol";
	return NULL;
}

static const char *compare_tcp(const struct packet *p, const struct pkt *pkt)
{
	if (p->tcp_flags != pkt->tcp_flags)
		return "TCP flags";
	if (p->tcp_window != pkt->tcp_window)
		return "TCP window";
	if (p->tcp_sequence != pkt->tcp_seq || p->tcp_acknowledged != pkt->tcp_ack)
		return "TCP numbers";
	return NULL;
}

/* Of a transport that the kernel part does not read, all behind IP is payload. Its end is that
 * of the IP packet, whatever the UDP length says (wire.h). */
static const char *compare_payload(const struct packet *p, const struct pkt *pkt)
{
	uint32_t head = (uint32_t)(p->payload_offset - p->ip_offset);
	bool is_icmp = p->protocol == (p->ip_version == 4 ? PACKET_ICMP : PACKET_ICMP6);

	if (!is_icmp && p->protocol != PACKET_TCP && p->protocol != PACKET_UDP)
		return p->payload_offset == p->transport_offset ? NULL : "payload of another";
	if (p->payload_offset != pkt->payload_offset)
		return "payload offset";
	return p->ip_bytes < 65535 &&
			       p->payload_bytes != (pkt->ip_len > head ? pkt->ip_len - head : 0)
		       ? "payload length"
		       : NULL;
}

static const char *compare_features(
	const uint8_t *bytes, uint32_t captured, const struct packet *p, const struct pkt *pkt)
{
	struct packet_bytes readable = { .start = bytes, .end = bytes + captured };
	struct wire_features kernel, decoded;

	packet_features(readable, p, &kernel);
	memory_features(pkt, &decoded);
	if (kernel.word[0] != decoded.word[0])
		return "features, word 0";
	if (kernel.word[1] != decoded.word[1])
		return "features, word 1";
	return kernel.word[2] != decoded.word[2] || kernel.word[3] != decoded.word[3]
		       ? "features, payload"
		       : NULL;
}

/* What does not depend on how much the capture has of the packet. */
static const char *compare_heads(const struct packet *p, const struct pkt *pkt)
{
	if (p->ttl != pkt->ttl)
		return "TTL";
	if (p->ip_offset != pkt->ip_offset)
		return "IP offset";
	if (p->vlan != pkt->key.vlan)
		return "VLAN";
	if (p->ip_bytes != (pkt->ip_len > 65535 ? 65535 : pkt->ip_len))
		return "IP length";
	return NULL;
}

static const char *compare_transport(const struct packet *p, const struct pkt *pkt)
{
	const char *difference = NULL;
	bool is_judged = p->frame_bytes < 65535 && p->protocol != PACKET_IPIP &&
			 p->protocol != PACKET_GRE && p->protocol != PACKET_IP6_IN_IP;

	if (p->protocol != pkt->key.proto)
		return "protocol";
	if (p->fragment != (uint8_t)pkt->frag)
		return "fragment";
	if (p->fragment != PACKET_LATER && p->transport_offset != pkt->transport_offset)
		return "transport offset";
	if (has_ports(p) &&
		(p->source_port != pkt->key.port[0] || p->destination_port != pkt->key.port[1]))
		return "ports";
	if (p->protocol == PACKET_TCP && p->fragment != PACKET_LATER)
		difference = compare_tcp(p, pkt);
	if (!difference && is_judged && pkt->anomalies & STRUCTURE)
		difference = "a length that only the decoder finds wrong";
	return difference ? difference : compare_payload(p, pkt);
}

static bool is_refused(const struct packet *p)
{
	return p->flaw == PACKET_UNREADABLE || p->flaw == PACKET_IMPOSSIBLE;
}

static const char *compare_fine(
	const uint8_t *bytes, uint32_t captured, const struct packet *p, const struct pkt *pkt)
{
	const char *difference = compare_heads(p, pkt);

	if (difference || pkt->anomalies & ANOMALY_BIT(TRUNCATED))
		return difference;
	if (pkt->key.proto == PACKET_AH && p->protocol != PACKET_AH)
		return NULL; /* more of them in one another than the decoder follows */
	difference = compare_transport(p, pkt);
	return difference ? difference : compare_features(bytes, captured, p, pkt);
}

/* A host that captures before its card segments writes 0; on a wire that is never true. */
static bool has_no_length(const uint8_t *bytes, const struct packet *p)
{
	const uint8_t *ip = bytes + p->ip_offset;

	return p->ip_version == 4 ? ip[2] == 0 && ip[3] == 0 : ip[4] == 0 && ip[5] == 0;
}

static const char *compare_ip(const uint8_t *bytes, uint32_t captured, const struct packet *p,
	const struct pkt *pkt, struct compare_counts *counts)
{
	if (pkt->tunnels) {
		counts->tunnels++;
		return compare_outer(p, pkt);
	}
	if (!is_same_addr(&p->source, &pkt->key.addr[0]) ||
		!is_same_addr(&p->destination, &pkt->key.addr[1]))
		return "addresses";
	if (p->ip_version != pkt->ip_version)
		return "IP version";
	if (!p->flaw) {
		counts->same++;
		return compare_fine(bytes, captured, p, pkt);
	}
	if (is_refused(p)) {
		counts->refused++;
		counts->refused_plain += pkt->anomalies == 0;
		return NULL;
	}
	counts->flawed++;
	/* a fragment without data, or of a fragment: the decoder sees no more than a fragment */
	if (p->flaw == PACKET_BAD_FRAGMENT && pkt->frag != FRAG_NONE)
		return NULL;
	return pkt->anomalies || has_no_length(bytes, p) ? NULL
							 : "a flaw that only the kernel part finds";
}

const char *compare_frame(
	const uint8_t *bytes, uint32_t captured, uint32_t wire_len, struct compare_counts *counts)
{
	struct frame frame = { .bytes = bytes,
		.captured_len = captured,
		.wire_len = wire_len,
		.link_type = LINK_ETHERNET };
	struct decode_stats stats = { 0 };
	struct packet p = { 0 };
	struct pkt pkt;

	counts->frames++;
	decode_frame(&frame, SEED, &pkt, &stats);
	parse_frame(bytes, bytes + captured, pkt.wire_len, &p);
	if (pkt.ip_version && p.ip_version)
		return compare_ip(bytes, captured, &p, &pkt, counts);
	if (pkt.ip_version && p.flaw != PACKET_UNREADABLE)
		return "IP that only the decoder finds";
	if (p.ip_version)
		return "IP that only the kernel part finds";
	counts->refused += p.flaw == PACKET_UNREADABLE;
	counts->refused_plain += pkt.ip_version && pkt.anomalies == 0;
	counts->not_ip += p.flaw != PACKET_UNREADABLE;
	return NULL;
}
