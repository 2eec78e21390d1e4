/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_table.h - what is remembered of everybody who tries to reach something.
 *
 * One table of probes, eight to a set, under a seeded hash. A probe is about one source and one
 * question (its aim): which hosts did it try on this port, which ports of this host, and so on.
 * When a set is full the probe with the fewest hosts or ports goes, among equals the oldest:
 * whoever invents sources can push out others that did as little, never somebody who has got
 * further. What is needed to find and to choose stands apart, in two cache lines a set, because
 * floods do little else.
 */
#ifndef WEIR_DETECT_SCAN_TABLE_H
#define WEIR_DETECT_SCAN_TABLE_H

#include "detect/scan_items.h"

#define SCAN_WAYS 8
#define SCAN_TOP_PORTS 8

enum scan_aim {
	AIM_SOURCE,	   /* (source, proto): which ports does it like? */
	AIM_HOSTS,	   /* (source, proto, port): which hosts did it try there? */
	AIM_PORTS,	   /* (source, to, proto): which ports did it try there? */
	AIM_STEALTH_HOSTS, /* (source): which hosts got impossible flags? */
	AIM_STEALTH_PORTS, /* (source, to): which ports got them? */
	AIM_MIRAI,	   /* (source): which hosts got Mirai's SYN? */
};

struct scan_key {
	struct addr source, to;
	uint16_t port;
	uint8_t proto, aim;
	uint8_t pad[4]; /* zero: keys are compared as bytes */
};

/* Misra-Gries: what is in more than a ninth of all attempts is surely in it. */
struct scan_top {
	uint32_t count[SCAN_TOP_PORTS];
	uint16_t port[SCAN_TOP_PORTS];
};

struct scan_probe {
	struct scan_key key;
	int64_t first_ns;    /* first attempt */
	int64_t last_ns;     /* end of the window of the last attempt */
	int64_t forgot_ns;   /* when old items were last forgotten */
	int64_t reported_ns; /* last_ns when last reported */
	uint64_t bytes, reported_bytes;
	uint32_t attempts, reported_attempts;
	uint32_t window_attempts; /* in the window of the last attempt */
	uint32_t peak_attempts;	  /* most in one window since last reported */
	uint32_t answers, refusals, half_open;
	uint32_t reported_failed;
	bool has_reacted; /* to an answer: the address is its own */
	bool is_reported;
	bool is_crowd_counted, is_of_crowd;
	bool is_settled; /* judged when nothing was open any more, and nothing has come since */
	struct scan_items items;
	union {
		struct scan_item slots[SCAN_ITEMS_INLINE]; /* of items */
		struct scan_top top;			   /* AIM_SOURCE */
	};
};

struct scan_place {
	uint32_t mark;	 /* of the key's hash; 0: free */
	uint32_t weight; /* how far its probe has got */
	int64_t last_ns; /* its probe's */
};

struct scan_table {
	struct scan_place *places; /* sets * SCAN_WAYS, aligned to a cache line */
	struct scan_probe *probes; /* by place */
	uint64_t *watched;	   /* a bit a place: far enough to be judged */
	uint32_t count;
	uint64_t seed, evicted;
	int64_t keep_ns; /* after that long without an attempt a probe is forgotten */
	struct scan_pool pool;
};

/* count: a power of two >= 4096, of probes; keep_ns: how long they matter. -ENOMEM. */
int scan_table_open(struct scan_table *table, uint32_t count, int64_t keep_ns, uint64_t seed);
void scan_table_close(struct scan_table *table);

/* Asks for the places where the key may stand, which is looked for soon. */
void scan_table_prefetch(const struct scan_table *table, const struct scan_key *key);

/* The probe, or NULL. */
struct scan_probe *scan_table_find(struct scan_table *table, const struct scan_key *key);

/* The probe, made new when there is none, which may push out another. */
struct scan_probe *scan_table_take(
	struct scan_table *table, const struct scan_key *key, int64_t now_ns);

/* Tells the table how far the probe has got; due after each change of its items or times. */
void scan_table_weigh(struct scan_table *table, const struct scan_probe *probe);

/* From now on it is found by scan_table_next_watched(), until it is forgotten or unwatched. */
void scan_table_watch(struct scan_table *table, const struct scan_probe *probe);
void scan_table_unwatch(struct scan_table *table, const struct scan_probe *probe);

/* The first watched one from that index on, which is then moved behind it; NULL: no more. */
struct scan_probe *scan_table_next_watched(struct scan_table *table, uint32_t *index);

/* Forgets all. */
void scan_table_reset(struct scan_table *table);

/* Counts one more attempt at a port. */
void scan_top_note(struct scan_top *top, uint16_t port);

/* Attempts counted for that port; and for the busiest four together. */
uint32_t scan_top_of(const struct scan_top *top, uint16_t port);
uint32_t scan_top_four(const struct scan_top *top);

/* Halves all counts. */
void scan_top_halve(struct scan_top *top);

#endif
