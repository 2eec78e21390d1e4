/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/decode.h - bytes to struct pkt, and what is wrong with them.
 *
 * Pure and stateless: the same frame gives the same pkt, so workers decode any slice of a batch.
 * What needs memory of earlier fragments is in decode/fragments.h.
 */
#ifndef WEIR_DECODE_DECODE_H
#define WEIR_DECODE_DECODE_H

#include "types.h"

#define DECODE_LANES 32 /* fixed, so that results do not depend on the number of workers */

/* Layers counted by decode_frame; the names are for the report. LAYER(symbol, name) */
#define LAYERS(LAYER)                                                                              \
	LAYER(ETHERNET, "ethernet")                                                                \
	LAYER(VLAN, "vlan")                                                                        \
	LAYER(MPLS, "mpls")                                                                        \
	LAYER(PPPOE, "pppoe")                                                                      \
	LAYER(PPP, "ppp")                                                                          \
	LAYER(ARP, "arp")                                                                          \
	LAYER(IPV4, "ipv4")                                                                        \
	LAYER(IPV6, "ipv6")                                                                        \
	LAYER(FRAGMENT, "fragment")                                                                \
	LAYER(GRE, "gre")                                                                          \
	LAYER(ERSPAN, "erspan")                                                                    \
	LAYER(IPIP, "ip-in-ip")                                                                    \
	LAYER(VXLAN, "vxlan")                                                                      \
	LAYER(GENEVE, "geneve")                                                                    \
	LAYER(GTP, "gtp-u")                                                                        \
	LAYER(TCP, "tcp")                                                                          \
	LAYER(UDP, "udp")                                                                          \
	LAYER(ICMP, "icmp")                                                                        \
	LAYER(ICMPV6, "icmpv6")                                                                    \
	LAYER(SCTP, "sctp")                                                                        \
	LAYER(IGMP, "igmp")                                                                        \
	LAYER(ESP, "esp")                                                                          \
	LAYER(AH, "ah")                                                                            \
	LAYER(OTHER_IP, "other-ip")                                                                \
	LAYER(OTHER, "not-ip")

enum layer {
#define LAYER(symbol, name) LAYER_##symbol,
	LAYERS(LAYER)
#undef LAYER
		LAYER_COUNT
};

extern const char *const layer_names[LAYER_COUNT];

struct decode_stats {
	uint64_t frames, bytes; /* bytes: on the wire */
	uint64_t ip_packets;
	uint64_t layers[LAYER_COUNT];
	uint64_t anomalies[ANOMALY_COUNT];
	uint64_t unknown_link; /* frames of a link type that is not decoded */
};

/* Decodes one frame into *pkt (every field but those of track is written; outer only with
 * tunnels) and counts in *stats. Never fails: what cannot be read is an anomaly, pkt->ip_version
 * stays 0 when there is no IP. seed: secret of the flow hash. Sets hash and lane. */
void decode_frame(
	const struct frame *frame, uint64_t seed, struct pkt *pkt, struct decode_stats *stats);

/* Hash and lane again, after the fragment table has filled in ports. */
void decode_rehash(struct pkt *pkt, uint64_t seed);

/* Hash of a key, the same for both directions. */
uint64_t decode_key_hash(const struct flow_key *key, uint64_t seed);

void decode_stats_add(struct decode_stats *stats, const struct decode_stats *other);

/* Does decode_frame know this LINKTYPE? */
bool decode_knows_link_type(uint16_t link_type);

#endif
