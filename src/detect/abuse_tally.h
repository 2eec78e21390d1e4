/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/abuse_tally.h - packets that nothing honest sends, counted by target and kind of abuse.
 *
 * RULES says which anomaly is which abuse and how many of them it takes. A table of entries
 * (target, kind), each with a count for every rule, the most frequent port and the senders, is the
 * summary of a lane, the merged one and, with times, the detector's memory. Capped: when a set of
 * places is full the entry with the fewest packets gives way.
 */
#ifndef WEIR_DETECT_ABUSE_TALLY_H
#define WEIR_DETECT_ABUSE_TALLY_H

#include "detect/tally.h"
#include "lib/keyed.h"

/* How many packets to one target, within 10 s, it takes. */
enum abuse_class {
	ABUSE_FEW,   /* three: only attack tools make them */
	ABUSE_PLAIN, /* abuse.packets */
	ABUSE_ODD,   /* ten times that: broken senders exist */
	ABUSE_CLASS_COUNT
};

/* RULE(anomaly, kind, class), most telling first: a packet counts once for a kind. */
#define ABUSE_RULES(RULE)                                                                          \
	RULE(LAND, ABUSE_LAND, FEW)                                                                \
	RULE(FRAG_OVERLAP, ABUSE_FRAGMENT, FEW)                                                    \
	RULE(FRAG_OVERSIZE, ABUSE_FRAGMENT, FEW)                                                   \
	RULE(FRAG_TINY, ABUSE_FRAGMENT, PLAIN)                                                     \
	RULE(IP6_CHAIN_SPLIT, ABUSE_FRAGMENT, PLAIN)                                               \
	RULE(TCP_NULL, ABUSE_FLAGS, PLAIN)                                                         \
	RULE(TCP_XMAS, ABUSE_FLAGS, PLAIN)                                                         \
	RULE(TCP_SYN_FIN, ABUSE_FLAGS, PLAIN)                                                      \
	RULE(TCP_SYN_RST, ABUSE_FLAGS, PLAIN)                                                      \
	RULE(IP_SOURCE_ROUTE, ABUSE_HEADER, PLAIN)                                                 \
	RULE(IP6_CHAIN_LONG, ABUSE_HEADER, PLAIN)                                                  \
	RULE(IP_HEADER_LENGTH, ABUSE_HEADER, ODD)                                                  \
	RULE(IP_OPTION_BAD, ABUSE_HEADER, ODD)                                                     \
	RULE(IP_RESERVED_FLAG, ABUSE_HEADER, ODD)                                                  \
	RULE(IP6_CHAIN_ORDER, ABUSE_HEADER, ODD)                                                   \
	RULE(IP6_OPTION_BAD, ABUSE_HEADER, ODD)                                                    \
	RULE(TCP_DATA_OFFSET, ABUSE_HEADER, ODD)                                                   \
	RULE(TCP_OPTION_BAD, ABUSE_HEADER, ODD)                                                    \
	RULE(UDP_LENGTH, ABUSE_HEADER, ODD)                                                        \
	RULE(IP_BOGON_SOURCE, ABUSE_BOGON, ODD)                                                    \
	RULE(IP_MARTIAN, ABUSE_BOGON, ODD)

enum abuse_rule {
#define RULE(symbol, abuse, class) ABUSE_RULE_##symbol,
	ABUSE_RULES(RULE)
#undef RULE
		ABUSE_RULE_COUNT
};

struct abuse_rule_info {
	enum anomaly anomaly;
	enum kind kind;
	enum abuse_class class;
};

extern const struct abuse_rule_info abuse_rules[ABUSE_RULE_COUNT];

/* All anomalies that any rule is about: ANOMALY_BIT()s. */
extern const uint64_t abuse_anomalies;

struct abuse_key {
	struct addr target;
	uint32_t kind;
	uint32_t pad; /* zero */
};

/* In a summary: of one window. In the detector's state: since the last report, but counts of a
 * span. */
struct abuse_entry {
	struct keyed_head head;
	struct abuse_key key;
	uint64_t packets, bytes;
	uint64_t verified; /* of these, from senders that proved their address */
	int64_t first_ns, last_ns;
	struct majority port;
	struct distinct sources;
	uint32_t counts[ABUSE_RULE_COUNT];
	uint8_t proto;
	/* state only */
	bool is_known, is_reported;
	int64_t span_ns;		   /* when counting began */
	int64_t reported_ns;		   /* when last reported */
	uint64_t peak_packets, peak_bytes; /* most in one window, since the last report */
};

struct abuse_table {
	struct keyed keyed;
	struct distinct_entry *slots; /* slot_count for each place */
	uint32_t slot_count;
	uint64_t seed;
	uint64_t lost; /* packets to targets that found no place */
};

/* places: a power of two >= 8; slot_count: for the sources of an entry, one >= 16. -ENOMEM. */
int abuse_table_open(
	struct abuse_table *table, uint32_t places, uint32_t slot_count, uint64_t seed);
void abuse_table_close(struct abuse_table *table);

/* Counts a packet under each kind its anomalies speak of; those of `without` are not looked at. */
void abuse_table_packet(struct abuse_table *table, const struct pkt *pkt, uint64_t without);

/* The entry of that key, made empty when there is none; NULL when there is no room for so few
 * packets. */
struct abuse_entry *abuse_table_take(
	struct abuse_table *table, const struct abuse_key *key, uint64_t packets);

/* Adds what from counted to entry. */
void abuse_entry_add(struct abuse_entry *entry, const struct abuse_entry *from);

/* Adds all of other to table and empties other. */
void abuse_table_merge(struct abuse_table *table, struct abuse_table *other);

void abuse_table_clear(struct abuse_table *table);

#endif
