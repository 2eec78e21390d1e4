/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/scan_summary.h - what one lane tells the scan detector of one window.
 *
 * Two bounded logs: attempts (somebody tries to reach something) and outcomes (it was answered,
 * refused, broken off). A flood must not fill them: a host that is being flooded is not being
 * scanned. So each host, and each /24 or /64, has a leaky bucket for attempts by ever changing
 * sources; what overflows is dropped and counted. The attempts of one source at one host pass the
 * bucket (all of them are in one lane), up to a cap, so a fast port scan is seen whole. Mirai's
 * SYNs pass too, with a cap of their own. Buckets leak by packet time and live on from window to
 * window; the logs are emptied by merge.
 */
#ifndef WEIR_DETECT_SCAN_SUMMARY_H
#define WEIR_DETECT_SCAN_SUMMARY_H

#include "types.h"

#define SCAN_LANE_ATTEMPTS 512 /* a lane and window: 160,000 attempts/s in 32 lanes of 100 ms */
#define SCAN_LANE_OUTCOMES                                                                         \
	2048		      /* losing one may make a success look like a failure: more of them */
#define SCAN_MERGED_LANES 32  /* the merged summary holds so many lanes */
#define SCAN_MIRAI_MAX 128    /* of the attempts of a lane and window */
#define SCAN_REACTED_MAX 1536 /* outcomes in the log beyond which mere reactions are not noted */

#define SCAN_BUCKETS 2048  /* of a kind and lane; colliding hosts share one */
#define SCAN_HOST_BURST 64 /* attempts by changing sources at one host, a lane */
#define SCAN_HOST_LEAK 2   /* of these forgotten each 100 ms: 640/s in all lanes */
#define SCAN_PREFIX_BURST 512
#define SCAN_PREFIX_LEAK 32
#define SCAN_ANSWERER_BURST 512
#define SCAN_ANSWERER_LEAK 512
#define SCAN_SAME_SOURCE_MAX 256 /* attempts of one source at one host in 100 ms */

enum scan_what {
	SCAN_WHAT_ATTEMPT,
	SCAN_WHAT_MIRAI,   /* an attempt whose sequence number is the destination address */
	SCAN_WHAT_STEALTH, /* flags that open nothing but provoke an answer */
	SCAN_WHAT_ANSWERED,
	SCAN_WHAT_REFUSED,
	SCAN_WHAT_REACTED,   /* the source reacts to an answer: handshake, or it goes on */
	SCAN_WHAT_HALF_OPEN, /* the source breaks off before the handshake is complete */
};

struct scan_record {
	struct addr source, to; /* source: who tries, also in the record of an answer */
	uint16_t port;		/* of to; 0 for ICMP */
	uint16_t bytes;		/* of the packet, at most 65535 */
	uint8_t proto;
	uint8_t what; /* enum scan_what */
	uint8_t pad[2];
};

struct scan_log {
	struct scan_record *records;
	uint32_t count, cap;
	uint64_t lost; /* no room; reset with the log */
};

struct scan_bucket {
	uint32_t tick; /* when it was last looked at */
	uint16_t used;
	uint16_t source; /* part of the hash of the last that was let in */
	uint16_t run;	 /* let in from that one in this tick */
	uint16_t pad;
};

struct scan_summary {
	struct scan_log attempts, outcomes;
	uint32_t mirai_count;
	uint64_t dropped; /* by the buckets, ever */
	uint64_t seed;
	struct scan_bucket *hosts, *prefixes, *answerers; /* NULL in a merged one */
};

/* -ENOMEM. */
int scan_summary_init(struct scan_summary *summary, uint64_t seed, bool is_merged);
void scan_summary_close(struct scan_summary *summary);

/* Notes what these packets of one lane mean for scans; flows as track gave them. */
void scan_summary_packets(struct scan_summary *summary, struct pkt *const *pkts,
	struct flow *const *flows, unsigned count);

/* Adds other's logs to those of summary and empties them. */
void scan_summary_merge(struct scan_summary *summary, struct scan_summary *other);

/* Empties the logs. */
void scan_summary_clear(struct scan_summary *summary);

#endif
