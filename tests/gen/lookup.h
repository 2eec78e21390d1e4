/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/lookup.h - DNS look-ups of names (RFC 1035), answered or not.
 */
#ifndef WEIR_GEN_LOOKUP_H
#define WEIR_GEN_LOOKUP_H

#include "gen/plan.h"

enum lookup_type {
	LOOKUP_A = 1,
	LOOKUP_CNAME = 5,
	LOOKUP_NULL = 10,
	LOOKUP_PTR = 12,
	LOOKUP_MX = 15,
	LOOKUP_TXT = 16,
	LOOKUP_AAAA = 28,
};

enum lookup_code {
	LOOKUP_FOUND = 0,
	LOOKUP_NXDOMAIN = 3,
};

#define LOOKUP_ADDRESSES_MAX 12

struct lookup {
	const char *name; /* labels of at most 63 bytes, with dots between */
	enum lookup_type type;
	enum lookup_code code;
	uint32_t ttl_s;				/* 0: 300 */
	unsigned count;				/* of the addresses that an A record gives */
	uint32_t address[LOOKUP_ADDRESSES_MAX]; /* in host order */
	const char *target;			/* of an MX, a CNAME or a PTR record */
	const void *data;			/* of a TXT (at most 255 bytes) or NULL record */
	size_t data_len;
};

/* Client asks resolver; the answer is there after the round trip. Over UDP. */
void lookup_play(struct schedule *schedule, int64_t at_ns, const struct addr *client,
	const struct addr *resolver, const struct lookup *lookup, struct prng *prng);

/* The short form: an A record with that address. */
void lookup_address(struct schedule *schedule, int64_t at_ns, const struct addr *client,
	const struct addr *resolver, const char *name, const struct addr *address,
	struct prng *prng);

#endif
