/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types.h - the nouns of weir. Start reading here.
 *
 * In the order of their life: a source gives frames; decode turns a frame into a pkt; track
 * gives the pkt its standing and, once both sides have proved themselves, a flow; detectors make
 * findings of pkts and flows; correlate makes incidents of findings. Times are nanoseconds since
 * 1970 as the capture says (packet time); lengths are bytes; ports and numbers are in host
 * order, addresses in network order.
 */
#ifndef WEIR_TYPES_H
#define WEIR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "anomalies.h"
#include "kinds.h"
#include "lib/addr.h"
#include "lib/distinct.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/* One captured frame. The bytes belong to the source until the batch is released. */
struct frame {
	int64_t time_ns;
	const uint8_t *bytes;
	uint64_t number;       /* position in its file, counted from 1 */
	uint32_t captured_len; /* bytes that are here */
	uint32_t wire_len;     /* bytes that were on the wire */
	uint16_t link_type;    /* LINKTYPE_… (https://www.tcpdump.org/linktypes.html) */
	uint16_t file;	       /* index of the file or interface it came from */
};

/* A bidirectional 5-tuple with its VLAN. In a pkt side 0 is the sender; in a flow side 0 opened it.
 * ICMP echo and its reply carry the identifier as both ports; other ICMP the type and code. */
struct flow_key {
	struct addr addr[2];
	uint16_t port[2];
	uint16_t vlan; /* innermost VLAN id, 0 without */
	uint8_t proto; /* IANA protocol number */
	uint8_t pad;
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

enum frag {
	FRAG_NONE,
	FRAG_FIRST, /* offset 0, more to come: has the transport header */
	FRAG_LATER, /* offset above 0: ports come from the fragment table, when known */
};

/* What track knows about the sender's right to be heard, from least to most. */
enum standing {
	STANDING_NONE,	  /* not tracked: not IP, or unreadable */
	STANDING_STRAY,	  /* TCP that nothing led up to: SYN-ACK, ACK, RST, FIN out of the blue */
	STANDING_OPENING, /* the first packet of something: SYN, first datagram, echo request */
	STANDING_UNANSWERED, /* more of the same, still no answer */
	STANDING_STREAM,     /* one side seen only, but going on steadily as a real conversation */
	STANDING_ANSWER,     /* answers an opening */
	STANDING_VERIFIED,   /* the sender has reacted to an answer: its address is not spoofed */
};

/* What happened with this very packet; bits of pkt.events. */
enum track_event {
	EVENT_NEW = 1 << 0,	      /* first packet of a pending entry or flow */
	EVENT_HANDSHAKE = 1 << 1,     /* TCP handshake completed by this packet */
	EVENT_REFUSED = 1 << 2,	      /* RST (or ICMP unreachable) that answers an opening */
	EVENT_RETRANSMIT = 1 << 3,    /* the same SYN, or bytes already seen, again */
	EVENT_FIRST_PAYLOAD = 1 << 4, /* first payload from the side that opened the flow */
	EVENT_CLOSED = 1 << 5,	      /* FIN from both sides, or RST: the flow is over */
	EVENT_ANSWERED = 1 << 6,      /* first answer to an opening */
	EVENT_TURN = 1 << 7,	      /* sender reacts to an answer: flow promoted to a full slot */
	EVENT_STREAM = 1 << 8,	      /* TCP of which one side is seen has made steady progress */
};

#define PKT_TUNNELS_MAX 4 /* tunnels in one another that are followed */

/* A decoded packet: the innermost IP packet of a frame. Filled by decode, except where said. */
struct pkt {
	int64_t time_ns;
	const uint8_t *bytes; /* the frame */
	uint64_t hash;	      /* of key, the same for both directions */
	uint64_t anomalies;   /* ANOMALY_BIT()s, of inner and outer headers */
	struct flow_key key;  /* side 0 sent it */
	uint32_t captured_len, wire_len;
	uint32_t ip_len;	   /* IP packet length as its header says, header included */
	uint32_t payload_len;	   /* transport payload captured, from bytes + payload_offset */
	uint32_t payload_wire_len; /* transport payload as the headers say */
	uint32_t tcp_seq, tcp_ack;
	uint32_t frag_id;
	uint16_t ip_offset, transport_offset, payload_offset; /* into bytes */
	uint16_t frag_offset;				      /* bytes */
	uint16_t tcp_window;
	uint16_t file;
	uint8_t outer_proto; /* protocol of the outermost IP packet when tunnels > 0 */
	uint8_t pad;
	uint8_t ip_version; /* 4, 6, or 0: no IP here */
	uint8_t ttl;
	uint8_t tcp_flags;
	uint8_t icmp_type, icmp_code;
	uint8_t frag;	 /* enum frag */
	uint8_t tunnels; /* how many were taken off */
	uint8_t lane;	 /* by address pair, so fragments and errors share their flow's lane */
	/* filled by track */
	uint8_t standing; /* enum standing */
	uint8_t side;	  /* 0: sent by the side that opened the flow */
	uint16_t events;  /* enum track_event bits */
	uint32_t seen;	  /* packets so far in this pending entry or flow, this one included */
	/* written by decode only when tunnels > 0 */
	struct addr outer[2]; /* source and destination of the outermost IP packet */
};

enum tcp_state {
	TCP_STATE_NONE,	       /* not TCP */
	TCP_STATE_MIDSTREAM,   /* picked up after its handshake */
	TCP_STATE_ESTABLISHED, /* handshake seen */
	TCP_STATE_CLOSING,     /* FIN from one side */
	TCP_STATE_CLOSED,      /* FIN from both, or RST */
};

/* What a detector has counted of a flow, so that it counts each thing once, and how it began; bits
 * of flow.marks. */
enum flow_mark {
	FLOW_MARK_OPEN = 1 << 0,      /* conn: counted as open */
	FLOW_MARK_SPOKEN = 1 << 1,    /* conn: and no longer as silent */
	FLOW_MARK_MIDSTREAM = 1 << 2, /* track: TCP that was picked up after its handshake */
};

/* A conversation in which both sides proved themselves. A fixed slot. */
struct flow {
	struct flow_key key;
	uint64_t hash;
	int64_t first_ns, last_ns;
	uint64_t bytes[2]; /* IP bytes by side */
	uint32_t packets[2];
	uint32_t payload_packets[2];
	uint32_t next_seq[2]; /* TCP: the sequence number expected next, by side */
	uint32_t retransmits;
	uint32_t chain; /* of the flow table */
	uint8_t tcp_state;
	uint8_t fin_seen; /* bit by side */
	uint8_t tcp_flags_seen;
	uint8_t marks;	    /* enum flow_mark bits; track clears them in a new slot, no more */
	uint32_t turn;	    /* of track: which packet of its lane was its last one */
	uint32_t stream;    /* of app: its slot there, 0 without */
	uint32_t begin_seq; /* TCP with its handshake: number of the first byte of side 0 */
};

_Static_assert(sizeof(struct flow) <= 192, "a flow slot is at most 192 bytes");

/* A stretch of packet time, [start_ns, end_ns). */
struct window {
	int64_t start_ns, end_ns;
};

#define EVIDENCE_MAX 8
#define FINDING_NAME_MAX 96
#define FINDING_DETAIL_MAX 224

/* A named number behind a finding. unit: "pps", "bps", "addresses", "share", "packets", "ports",
 * … */
struct evidence {
	const char *name; /* static storage */
	const char *unit;
	double value;
};

enum scope {
	SCOPE_HOST,
	SCOPE_PREFIX, /* carpet bombing: the smallest prefix that holds it */
	SCOPE_GROUP,  /* a group of the configuration */
	SCOPE_TOTAL,
	SCOPE_COUNT
};

/* ROLE_TARGET is 0: a finding whose to_role is not set is about a target. */
enum role { ROLE_TARGET, ROLE_ZOMBIE, ROLE_REFLECTOR, ROLE_CONTROLLER, ROLE_COUNT };

extern const char *const scope_names[SCOPE_COUNT];
extern const char *const role_names[ROLE_COUNT];

/* One detector's evidence: what was observed, what was expected, from whom, to whom. */
struct finding {
	enum kind kind;
	enum scope scope;
	const char *detector; /* static storage */
	const char *reason;   /* one static English clause: which test fired */
	const char *group;    /* name of the group for SCOPE_GROUP, else NULL */
	struct window window;
	struct addr from, to; /* whom it is about; all zero when many (see sources, targets) */
	uint8_t from_bits, to_bits; /* prefix length 0..128 */
	uint16_t port;		    /* the port that matters, 0 when none does */
	uint8_t proto;
	bool is_spoofable;	   /* no source proved that its address is its own */
	float confidence;	   /* 0..1 */
	double observed, expected; /* in the unit of evidence[0] */
	uint64_t packets, bytes;   /* seen in the window */
	double peak_pps, peak_bps; /* over at least one base window */
	const struct distinct
		*sources; /* who sent; valid until the judging ends; NULL: only from */
	const struct distinct *targets;		/* who received; the same; NULL: only to */
	struct evidence evidence[EVIDENCE_MAX]; /* ends at the first without a name */
	/* Of bots inside: from is the host of ours. */
	const char *family;  /* "mirai", "byob", "zeus" …; static storage; NULL: not known */
	enum role to_role;   /* what to is; ROLE_COUNT: nothing bad (a resolver), or not known */
	float to_confidence; /* of that role, 0..1; 0: as confidence */
	char name[FINDING_NAME_MAX];	 /* the other side's name: domain, SNI, channel; "" none */
	char detail[FINDING_DETAIL_MAX]; /* what was seen, cleaned text; "" none */
};

enum severity {
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
	SEVERITY_COUNT
};

extern const char *const severity_names[SEVERITY_COUNT];

/* Receives findings; the list has a cap and counts what it loses. */
struct findings {
	struct finding *list;
	unsigned count, cap;
	uint64_t lost;
};

/* Adds a copy of the finding, or counts it as lost when the list is full. */
void finding_add(struct findings *findings, const struct finding *finding);

/* Value of a named evidence, or otherwise when the finding has none of that name. */
double finding_evidence(const struct finding *finding, const char *name, double otherwise);

struct conf;
struct networks;
struct census;
struct asking;
struct app_event;

/* What every detector is given when it starts. */
struct detector_env {
	const struct conf *conf;
	const struct networks *networks; /* inside, outside, groups */
	uint64_t seed;
	const struct census *census; /* who is known to whom, up to now; NULL: not kept (tests) */
	const struct asking *asking; /* who asks for which names; of the panel, which sets it */
};

/* What a detector's tables could not hold. */
struct losses {
	uint64_t uncounted; /* packets and attempts that found no place in a full summary */
	uint64_t forgotten; /* targets, senders and names that gave way to others */
};

/*
 * A detector is pure: no I/O, no clock, no logging, no allocation after init. state_size and
 * summary_size are bytes to be provided, zeroed; there is one state, and one summary a lane plus a
 * merged one. All functions but init are optional.
 */
struct detector {
	const char *name;
	size_t state_size, summary_size;
	int (*init)(void *state, const struct detector_env *env);
	/* Prepares one summary. is_merged: the one the lanes are merged into. */
	int (*summary_init)(void *summary, const void *state, bool is_merged);
	void (*packets)(const void *state, void *summary, struct pkt *const *pkts,
		struct flow *const *flows, unsigned n);
	void (*flow_end)(const void *state, void *summary, const struct flow *flow);
	/* What happened in conversations (app/event.h): all of a window, in the order of time, on
	 * one thread, before judge. */
	void (*event)(void *state, const struct app_event *event, struct findings *findings);
	/* Adds other to summary and empties other. Worker to node to fleet: the same function. */
	void (*merge)(void *summary, void *other);
	/* Once a window, on the merged summary, which it leaves empty for the next one. */
	void (*judge)(void *state, void *summary, struct window window, struct findings *findings);
	/* Adds what did not fit since init. */
	void (*losses)(const void *state, struct losses *losses);
	void (*summary_close)(void *summary);
	void (*close)(void *state);
};

#endif
