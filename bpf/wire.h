/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * wire.h - every constant and struct that the kernel part and user space share.
 *
 * The only description of what lies in the maps: fixed widths, explicit padding, sizes asserted,
 * nothing included but <linux/types.h>. Addresses are 16 bytes in network order, IPv4 as
 * ::ffff:a.b.c.d, so that one map serves both. Ports and lengths are in host order. Times are
 * CLOCK_MONOTONIC nanoseconds, which go on while nobody of weir runs.
 */
#ifndef WEIR_BPF_WIRE_H
#define WEIR_BPF_WIRE_H

#include <linux/types.h>

#define WIRE_VERSION 1 /* in the settings; pinned maps of another version are not adopted */

/* word, in network order too, is there so that compilers copy addresses by words. */
struct wire_addr {
	union {
		__u8 byte[16];
		__u32 word[4];
	};
};

/*
 * Why a packet went the way it went: REASON(symbol, "name", verdict, "what it means").
 * The counters by reason are the metrics. verdict: PASS, DROP, REPLY (sent back out), EGRESS_DROP.
 * Names never change.
 */
/* clang-format off */
#define WIRE_REASONS(REASON) \
	REASON(OTHER_PROTOCOL, "other_protocol", PASS, "not IP: ARP, LLDP and the like") \
	REASON(UNPROTECTED, "unprotected", PASS, "to an address that is not protected") \
	REASON(ALLOWED, "allowed", PASS, "from the allowlist") \
	REASON(CLEAN, "clean", PASS, "to a protected address, nothing against it") \
	REASON(KNOWN_FLOW, "known_flow", PASS, "of a connection that was there before the attack") \
	REASON(SOLICITED, "solicited", PASS, "an answer that was asked for") \
	REASON(COOKIE_VALID, "cookie_valid", PASS, "completes a handshake with our cookie") \
	REASON(UNREADABLE_PASSED, "unreadable_passed", PASS, \
		"cannot be parsed; gate.unreadable is pass") \
	REASON(COOKIE_SENT, "cookie_sent", REPLY, "a SYN, answered with a cookie by the gate") \
	REASON(UNREADABLE, "unreadable", DROP, "cannot be parsed") \
	REASON(BLOCKED, "blocked", DROP, "from a blocked address") \
	REASON(BLOCKED_PREFIX, "blocked_prefix", DROP, "from a blocked prefix") \
	REASON(LAND, "land", DROP, "source and destination are the same (LAND)") \
	REASON(BAD_FLAGS, "bad_flags", DROP, "TCP flags that no RFC allows: none, SYN+FIN, Xmas") \
	REASON(BAD_HEADER, "bad_header", DROP, \
		"header lengths or offsets that contradict each other") \
	REASON(BOGON, "bogon", DROP, "from an address that cannot send") \
	REASON(BAD_FRAGMENT, "bad_fragment", DROP, "tiny, overlong or impossible fragment") \
	REASON(FILTER, "filter", DROP, "matches a signature filter") \
	REASON(COOKIE_INVALID, "cookie_invalid", DROP, \
		"TCP to a target under attack, of no connection") \
	REASON(NO_LISTENER, "no_listener", DROP, "SYN to a closed port of a target under attack") \
	REASON(UNSOLICITED, "unsolicited", DROP, "an answer nobody asked for, of a reflection") \
	REASON(ICMP_LIMIT, "icmp_limit", DROP, "ICMP above the target's limit") \
	REASON(FRAGMENT_LIMIT, "fragment_limit", DROP, "fragments above the target's limit") \
	REASON(CLASS_LIMIT, "class_limit", DROP, "above a rate limit of the target") \
	REASON(SOURCE_LIMIT, "source_limit", DROP, "above the sender's rate limit") \
	REASON(EGRESS_CLEAN, "egress_clean", PASS, "going out, nothing against it") \
	REASON(SPOOFED, "spoofed", DROP, "going out with an address that is not ours (BCP 38)") \
	REASON(QUARANTINED, "quarantined", DROP, "going out from a host in quarantine")
/* clang-format on */

#define REASON(symbol, ...) WIRE_REASON_##symbol,
enum wire_reason { WIRE_REASONS(REASON) WIRE_REASON_COUNT };
#undef REASON

enum wire_mode {
	WIRE_MODE_LEARN = 0,   /* looks, decides nothing */
	WIRE_MODE_SHADOW = 1,  /* counts what it would have dropped, and passes it */
	WIRE_MODE_ENFORCE = 2, /* drops */
};

/* Kinds of traffic to a host, each with a rate of its own. The first five are answered in the
 * kernel at once when they overflow; UDP only where user space has set a limit. */
enum wire_class {
	WIRE_CLASS_SYN,	   /* over: SYN cookies, and only known TCP passes */
	WIRE_CLASS_TCP,	   /* other TCP out of state; over: only known TCP passes */
	WIRE_CLASS_ANSWER, /* UDP from an amplifier's port; over: only what was asked for passes */
	WIRE_CLASS_ICMP,   /* over: what is above the limit is dropped */
	WIRE_CLASS_FRAGMENT, /* over: what is above the limit is dropped */
	WIRE_CLASS_UDP,	     /* other UDP; over: what is above the limit is dropped */
	WIRE_CLASS_OTHER,    /* other protocols; over: what is above the limit is dropped */
	WIRE_CLASS_COUNT
};

/* Map settings: ARRAY[1]. Written by the keeper. */
struct wire_settings {
	__u32 version;
	__u32 mode;		/* enum wire_mode */
	__u64 enforce_until_ns; /* with ENFORCE: back to SHADOW from then on; 0: for good */
	__u32 has_blocked;	/* which lists have entries, so that empty ones cost nothing */
	__u32 has_blocked_prefixes;
	__u32 has_allowed;
	__u32 has_limited_sources;
	__u32 has_quarantined;
	__u32 drops_unreadable; /* 1: what cannot be parsed is dropped, 0: passed, and counted */
	__u32 drops_bogons;
	__u32 checks_spoofing; /* BCP 38 at egress */
	__u32 sample_one_in;   /* of dropped packets; 0: none */
	__u32 hold_ms; /* a class stays active so long after its last packet above the low mark */
	__u16 cookie_mss4, cookie_mss6; /* offered when nothing is known of the server */
	__u8 cookie_window_scale;
	__u8 has_synproxy; /* cookies of hosts behind this machine are completed for them */
	__u8 has_filters;
	__u8 pad[1];
};
_Static_assert(sizeof(struct wire_settings) == 64, "shared with the kernel part");

/* Key of all prefix tries (LPM): bits 0..128 of the 16 byte form, so IPv4 /24 is 120. */
struct wire_prefix {
	__u32 bits;
	struct wire_addr addr;
};
_Static_assert(sizeof(struct wire_prefix) == 20, "shared with the kernel part");

/* Map targets: LPM trie → what is protected, and how. Own addresses stand in it as /128. */
struct wire_target {
	__u32 flags; /* WIRE_TARGET_… */
	__u32 pad;
	__u32 high_pps[WIRE_CLASS_COUNT]; /* a class above it becomes active; 0: never */
	__u32 low_pps[WIRE_CLASS_COUNT];  /* and below it, after hold_ms, is no more */
	/* Limits set by mitigations, each a lease: what is above limit_pps to a host is dropped. */
	__u32 limit_pps[WIRE_CLASS_COUNT]; /* 0: none */
	__u32 pad2;
	__u64 limit_until_ns[WIRE_CLASS_COUNT];
	__u64 limit_mitigation[WIRE_CLASS_COUNT];
	__u64 limit_hits[WIRE_CLASS_COUNT];
};
_Static_assert(sizeof(struct wire_target) == 264, "shared with the kernel part");

#define WIRE_TARGET_LOCAL (1U << 0) /* an address of this machine: its sockets tell what listens */

/* What one class of traffic to one host does. Rates are counted in slots of 2^WIRE_SLOT_SHIFT ns,
 * about 67 ms; the estimate is count + prev * (rest of the slot). */
#define WIRE_SLOT_SHIFT 26
struct wire_class_state {
	__u32 slot;  /* number of the slot that count belongs to (time >> shift, low 32 bits) */
	__u32 count; /* packets in it */
	__u32 prev;  /* packets in the one before */
	__u32 passed_in_slot;  /* for the classes that are limited */
	__u64 active_until_ns; /* in the future: active */
	__u64 packets;	       /* ever */
	__u64 bytes;
	__u64 dropped; /* ever, or would have been */
};
_Static_assert(sizeof(struct wire_class_state) == 48, "shared with the kernel part");

/* Map hosts: LRU_HASH wire_addr → protected hosts that got packets. */
struct wire_host {
	__u64 first_seen_ns;
	__u64 listener_seen_ns; /* when a listening socket was last told of the cookies */
	struct wire_class_state classes[WIRE_CLASS_COUNT];
};
_Static_assert(sizeof(struct wire_host) == 352, "shared with the kernel part");

/* Map blocked: HASH wire_addr (IPv4, or IPv6 /64 with zeros below, or a single IPv6) → lease.
 * Map blocked_prefixes: LPM → lease. Map quarantined: HASH wire_addr (an inside host) → lease.
 * Map allowed: LPM → lease (expires_ns 0: for good). */
struct wire_lease {
	__u64 expires_ns; /* from then on it does not hold; 0: for good (allowed only) */
	__u64 mitigation; /* id, 0: from the configuration */
	__u64 hits;	  /* packets it decided on */
	__u64 bytes;
	__u64 last_hit_ns;
};
_Static_assert(sizeof(struct wire_lease) == 40, "shared with the kernel part");

/* Map limited_sources: HASH wire_addr (as blocked) → token bucket. */
struct wire_meter {
	__u64 expires_ns;
	__u64 mitigation;
	__u64 hits; /* packets dropped */
	__u64 bytes;
	__u64 last_hit_ns;
	__u64 filled_ns; /* when tokens was last brought up to date */
	__u32 rate_pps;
	__u32 burst;
	__u32 tokens;
	__u32 pad;
};
_Static_assert(sizeof(struct wire_meter) == 64, "shared with the kernel part");

/*
 * What a signature filter looks at, of one packet: four words that are compared under masks. The
 * same function makes it in the kernel (parse.h) and in user space, and a test compares them.
 *   word 0   protocol:8 tcp_flags:8 ttl:8 fragment:8 source_port:16 destination_port:16
 *            (fragment: 0 none, 1 first, 2 later; protocol in the lowest byte; ports of TCP and
 *            UDP, of ICMP and ICMPv6 type and code, else 0; TTL or hop limit)
 *   word 1   ip_len:16 payload_len:16 tcp_window:16 ip_id:16
 *            (ip_len without link header and padding, at most 65535; payload_len: what ip_len
 *            leaves behind the headers, whatever the UDP length says; ip_id: IPv4 only, else 0)
 *   word 2   payload bytes 0..7, the first in the lowest byte; 0 where there are none
 *   word 3   payload bytes 8..15
 * Payload is what follows the UDP, TCP (by its data offset) or ICMP header (8 bytes); of other
 * protocols and of later fragments, what follows the IP header.
 */
#define WIRE_FEATURE_WORDS 4
struct wire_features {
	__u64 word[WIRE_FEATURE_WORDS];
};

/* A filter matches when all masked words are equal, ip_len, payload_len and ttl are in range and,
 * with deep_mask, the 8 payload bytes at deep_offset are equal under it. */
struct wire_filter {
	__u64 mask[WIRE_FEATURE_WORDS];
	__u64 value[WIRE_FEATURE_WORDS];
	__u64 deep_mask, deep_value;
	__u64 expires_ns; /* 0: no filter here */
	__u64 mitigation;
	__u64 hits; /* packets dropped, or would have been */
	__u64 bytes;
	__u64 last_hit_ns;
	__u16 ip_len_min, ip_len_max; /* inclusive; 0..65535 when all match */
	__u16 payload_len_min, payload_len_max;
	__u16 deep_offset; /* into the payload, at most WIRE_DEEP_MAX */
	__u8 ttl_min, ttl_max;
	__u8 pad[4];
};
_Static_assert(sizeof(struct wire_filter) == 136, "shared with the kernel part");
#define WIRE_DEEP_MAX 256

/* Map filters: HASH wire_prefix as exact key (host, /128, or the prefix of a carpet as it stands in
 * filter_targets) → the filters of that target. Map filter_targets: LPM → u32, the bits of that
 * very prefix: the address cut to them is the key in filters. An entry holds the filters of wider
 * prefixes around it too, so the longest match is enough. */
#define WIRE_FILTERS 16 /* of one target */
struct wire_filters {
	__u32 used; /* filters from there on are empty */
	__u32 pad;
	struct wire_filter filter[WIRE_FILTERS];
};
_Static_assert(sizeof(struct wire_filters) == 2184, "shared with the kernel part");

/* Map flows: LRU_HASH → TCP connections seen from inside (SYN-ACK and later segments going out),
 * and those that completed a handshake with our cookie. Map requests: LRU_HASH → UDP requests that
 * went out to the ports of amplifiers. From the inside's point of view. */
struct wire_flow_key {
	struct wire_addr inside, outside;
	__u16 inside_port, outside_port;
	__u8 protocol;
	__u8 pad[3];
} __attribute__((aligned(8)));
_Static_assert(sizeof(struct wire_flow_key) == 40, "shared with the kernel part");

struct wire_flow {
	__u64 seen_ns;
	__u32 state;  /* WIRE_FLOW_… */
	__u32 answer; /* ANSWERED: the number that the outside has to acknowledge */
};
_Static_assert(sizeof(struct wire_flow) == 16, "shared with the kernel part");
#define WIRE_FLOW_ANSWERED 1	       /* our side has sent a SYN or SYN-ACK */
#define WIRE_FLOW_OPEN 2	       /* and more, or the client showed a good cookie */
#define WIRE_FLOW_CLOSING 3	       /* our side has sent its FIN */
#define WIRE_REQUEST_NS 10000000000ULL /* so long an answer may come after its request */
#define WIRE_FLOW_NS 600000000000ULL   /* so long a silent connection is remembered (10 min) */

/* Map offers: LRU_HASH → what the server really puts into its SYN-ACKs, learned at egress. */
struct wire_offer_key {
	struct wire_addr addr;
	__u16 port;
	__u8 pad[2];
};
_Static_assert(sizeof(struct wire_offer_key) == 20, "shared with the kernel part");

struct wire_offer {
	__u16 mss;
	__u8 window_scale; /* 255: not offered */
	__u8 has_sack, has_timestamps, ttl;
	__u16 window;
};
_Static_assert(sizeof(struct wire_offer) == 8, "shared with the kernel part");

/* Map counters: PERCPU_ARRAY[WIRE_REASON_COUNT] by reason. */
struct wire_counter {
	__u64 packets, bytes;		    /* that went this way */
	__u64 shadow_packets, shadow_bytes; /* that would have, in enforce mode; they were passed */
};

/* Map samples: RINGBUF, of packets that were dropped, answered, or would have been. */
#define WIRE_SAMPLE_BYTES 128
struct wire_sample {
	__u64 time_ns;
	__u32 interface;	       /* index */
	__u32 wire_len;		       /* of the frame */
	__u32 weight;		       /* stands for so many */
	__u16 captured;		       /* bytes that are here */
	__u8 reason;		       /* enum wire_reason */
	__u8 class;		       /* enum wire_class */
	__u8 bytes[WIRE_SAMPLE_BYTES]; /* the frame from its first byte */
};
_Static_assert(sizeof(struct wire_sample) == 152, "shared with the kernel part");

/* Map losses: PERCPU_ARRAY[WIRE_LOSS_COUNT] of __u64: what did not fit. */
enum wire_loss {
	WIRE_LOSS_SAMPLES, /* the ring was full */
	WIRE_LOSS_HOSTS,   /* no place for a host: it is unprotected by rate */
	WIRE_LOSS_FLOWS,
	WIRE_LOSS_REPLIES, /* a cookie could not be made */
	WIRE_LOSS_COUNT
};

/* Caps of the maps; the keeper may set smaller or larger ones before loading. */
#define WIRE_TARGETS_MAX 16384
#define WIRE_HOSTS_MAX 65536
#define WIRE_BLOCKED_MAX 1048576
#define WIRE_BLOCKED_PREFIXES_MAX 65536
#define WIRE_ALLOWED_MAX 16384
#define WIRE_QUARANTINED_MAX 16384
#define WIRE_LIMITED_MAX 65536
#define WIRE_FILTER_TARGETS_MAX 1024
#define WIRE_FLOWS_MAX 262144
#define WIRE_REQUESTS_MAX 131072
#define WIRE_OFFERS_MAX 4096
#define WIRE_SAMPLES_BYTES (1U << 20)

/* UDP ports whose answers are abused for reflection: those of AMPLIFIERS in src/kinds.h, which a
 * test compares. */
/* clang-format off */
#define WIRE_AMPLIFIER_PORTS(PORT) \
	PORT(17) PORT(19) PORT(53) PORT(69) PORT(111) PORT(123) PORT(137) PORT(161) PORT(389) \
	PORT(500) PORT(520) PORT(1900) PORT(3283) PORT(3478) PORT(3702) PORT(5353) PORT(5683) \
	PORT(11211) PORT(37810) PORT(47808)
/* clang-format on */

#endif
