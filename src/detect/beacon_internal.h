/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/beacon_internal.h - what bot.beacon keeps of a pair, for beacon.c and its tests. */
#ifndef WEIR_DETECT_BEACON_INTERNAL_H
#define WEIR_DETECT_BEACON_INTERNAL_H

#include "app/event.h"
#include "detect/beacon_score.h"
#include "lib/keyed.h"

/* One inside host, and one port of an outside name or, when that is not known, address. */
struct beacon_key {
	struct addr inside;
	struct addr outside; /* of a name: its hash, with the rest zero */
	uint16_t port;
	uint8_t proto; /* IANA */
	uint8_t is_name;
	uint32_t zero;
};

struct beacon_pair {
	struct keyed_head head;
	struct beacon_key key;
	struct addr outside; /* the last address */
	struct beacon_rhythm rhythm;
	float answer_bytes;	  /* the running mean of what the server says in a contact */
	uint16_t bursts, refused; /* of the contacts; they stop at their end */
	uint32_t told_s;	  /* 0: never; seconds since 1970 */
	uint8_t app;		  /* enum app_proto */
	uint8_t is_foreign;
};

_Static_assert(sizeof(struct beacon_pair) <= 256, "a pair takes at most 256 bytes");

#endif
