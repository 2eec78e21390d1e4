/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/features.h - the fields of struct wire_features by name, and matching as the kernel part
 * does it. Shared by the files of decide only.
 */
#ifndef WEIR_DECIDE_FEATURES_H
#define WEIR_DECIDE_FEATURES_H

#include "decide/memory.h"

#define FEATURES_DEEP_FIRST 16 /* payload offset of memory_sample.deep */
#define FEATURES_DEEP_WORDS 4

/* Fills the features and, unless NULL, FEATURES_DEEP_WORDS words of deeper payload. */
void features_make(const struct pkt *pkt, struct wire_features *ret_features, uint64_t *ret_deep);

/* Would the kernel part's filter hit such a packet? */
bool filter_matches(const struct wire_filter *filter, const struct memory_sample *sample);

/* The kind of traffic that the kernel part would count it as, when nothing was asked for. */
enum wire_class features_class(const struct wire_features *features);

static inline uint8_t feature_protocol(const struct wire_features *f)
{
	return (uint8_t)f->word[0];
}

static inline uint8_t feature_tcp_flags(const struct wire_features *f)
{
	return (uint8_t)(f->word[0] >> 8);
}

static inline uint8_t feature_ttl(const struct wire_features *f)
{
	return (uint8_t)(f->word[0] >> 16);
}

static inline uint8_t feature_fragment(const struct wire_features *f)
{
	return (uint8_t)(f->word[0] >> 24);
}

static inline uint16_t feature_source_port(const struct wire_features *f)
{
	return (uint16_t)(f->word[0] >> 32);
}

static inline uint16_t feature_ip_len(const struct wire_features *f)
{
	return (uint16_t)f->word[1];
}

static inline uint16_t feature_payload_len(const struct wire_features *f)
{
	return (uint16_t)(f->word[1] >> 16);
}

#endif
