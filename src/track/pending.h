/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/pending.h - everything that has not proved itself yet, 32 bytes an entry.
 *
 * Set-associative: a key may stand in the four entries of one bucket only, so every operation looks
 * at 128 bytes and no chain can grow. The 64-bit seeded hash stands for the key (two different keys
 * of one hash among 2^21 entries: 1 in 10^7 tables). When a bucket is full the entry that was
 * silent longest goes, one-packet entries before others.
 */
#ifndef WEIR_TRACK_PENDING_H
#define WEIR_TRACK_PENDING_H

#include "types.h"

#define PENDING_WAYS 4
#define PENDING_TICK_SHIFT                                                                         \
	20 /* a tick is 2^20 ns, about 1 ms; 32 bits of them wrap after 52 days */
#define PENDING_IDLE_TICKS 28610 /* 30 s: RFC 9293 SYN retransmission is long over */

enum pending_state {
	PENDING_FREE,
	PENDING_SYN,	   /* SYN sent */
	PENDING_SYN_ACKED, /* and answered */
	PENDING_TCP,	   /* TCP seen in its middle, one side */
	PENDING_TCP_BOTH,  /* and from the other side */
	PENDING_DATAGRAM,  /* UDP, ICMP and the rest, one side */
	PENDING_ANSWERED,  /* and from the other side */
	PENDING_OVER,	   /* refused or reset */
};

struct pending {
	uint64_t hash;
	uint32_t last_tick;
	uint32_t next_seq[2]; /* TCP: expected next, by side */
	uint32_t first_tick;
	uint16_t packets[2];   /* by side, stop at 65535 */
	uint8_t state;	       /* enum pending_state */
	uint8_t opener_is_low; /* side 0 is the one whose address and port compare lower */
	uint8_t progress; /* TCP: segments of side 0 that followed on, stops at 255; while it opens:
			     1: side 1 has said something already */
	uint8_t pad;
};

_Static_assert(sizeof(struct pending) == 32, "two entries a cache line");

struct pending_table {
	struct pending *entries;
	uint32_t bucket_mask;
	uint64_t made, evicted;
};

/* entries: rounded up to a power of two of buckets. is_huge: see pages_take(). -ENOMEM. */
int pending_open(struct pending_table *table, uint32_t entries, bool is_huge);
void pending_close(struct pending_table *table);

static inline struct pending *pending_bucket(const struct pending_table *table, uint64_t hash)
{
	return &table->entries[(uint32_t)(hash >> 32 & table->bucket_mask) * PENDING_WAYS];
}

static inline void pending_prefetch(const struct pending_table *table, uint64_t hash)
{
	const struct pending *bucket = pending_bucket(table, hash);

	__builtin_prefetch(bucket, 1);
	__builtin_prefetch(bucket + PENDING_WAYS / 2, 1);
}

/* The entry of that hash, or NULL; one that was silent for too long is not found. */
struct pending *pending_find(const struct pending_table *table, uint64_t hash, uint32_t now_tick);

/* Makes an entry; another one may go for it. Never fails. */
struct pending *pending_make(struct pending_table *table, uint64_t hash, uint32_t now_tick);

static inline void pending_free(struct pending *entry)
{
	*entry = (struct pending){ .state = PENDING_FREE };
}

#endif
