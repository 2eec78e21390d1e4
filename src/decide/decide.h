/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/decide.h - the policy: from incidents to measures, one numbered list, narrowest first.
 *
 * Pure: no I/O and no clock. Once a window it is given a picture (the incidents that are going on,
 * what the kernel part counts, the samples) and answers with orders. What becomes of an order it is
 * told, and its mitigations are the only record of what is asked and in force; journal, keeper and
 * commands work from them.
 */
#ifndef WEIR_DECIDE_DECIDE_H
#define WEIR_DECIDE_DECIDE_H

#include "correlate/incident.h"
#include "decide/memory.h"
#include "lib/err.h"
#include "msg.h"
#include "types.h"

#define MITIGATIONS_MAX 4096
#define MITIGATION_WHY_MAX 512
#define MITIGATION_TEXT_MAX 512 /* of mitigation_describe() */

enum mitigation_state {
	MITIGATION_SHADOW,   /* the mode is not enforce: in the kernel it only counts */
	MITIGATION_ASKED,    /* ordered, no answer yet */
	MITIGATION_IN_FORCE, /* the keeper has confirmed it */
	MITIGATION_FAILED,   /* the keeper has refused; why says what it said */
	MITIGATION_RELEASED, /* taken back, or the lease has run out */
	MITIGATION_STATE_COUNT
};

enum mitigation_origin {
	ORIGIN_POLICY,	 /* the list decided */
	ORIGIN_KERNEL,	 /* the kernel part did it by itself (cookies, stateful, class limits) */
	ORIGIN_OPERATOR, /* weir block, weir mitigations add */
	ORIGIN_COUNT
};

extern const char *const mitigation_state_names[MITIGATION_STATE_COUNT];
extern const char *const mitigation_origin_names[ORIGIN_COUNT];
extern const char *const verb_names[VERB_COUNT];

/* A measure with a reason, a lease and a way back. Times are packet time (ns since 1970). */
struct mitigation {
	uint64_t id; /* unique for ever: time of birth in µs, then counted up */
	enum verb verb;
	enum mitigation_state state;
	enum mitigation_origin origin;
	struct addr whom; /* the sender, or the target (FILTER, LIMIT_CLASS, COOKIES, STATEFUL) */
	uint8_t bits;	  /* 0..128 */
	uint32_t class, rate_pps;
	struct wire_filter filter; /* FILTER */
	char incident[INCIDENT_ID_MAX];
	enum kind kind; /* of the incident */
	int64_t begins_ns, expires_ns, ended_ns;
	int64_t last_hit_ns;
	uint64_t hits, bytes;
	double coverage;   /* share of the attack's samples that it hits, 0..1; <0: not known */
	double collateral; /* share of the last hour's good packets to this target that it hits;
			    * <0: not known */
	char why[MITIGATION_WHY_MAX]; /* for a person: why this rung, why not the ones before */
};

/* What the kernel part counts about one host; user space's form of struct wire_host. */
struct gate_host {
	struct addr addr;
	struct wire_host counts;
	/* Behind this machine, and nobody completes handshakes for it: its SYNs get no cookies. */
	bool is_without_cookies;
};

/* How often a mitigation has been hit so far, read from the maps. */
struct gate_hit {
	uint64_t mitigation, hits, bytes;
	bool is_there; /* false: not in the kernel (any more) */
};

/* All that one decision is made of. */
struct picture {
	int64_t now_ns;	       /* packet time */
	uint64_t monotonic_ns; /* the same moment as the kernel part tells it */
	enum wire_mode mode;
	bool has_gate; /* the kernel part is loaded: else nft_block is what there is */
	struct incident *const *incidents; /* going on or just ended, story told */
	unsigned incident_count;
	const struct gate_host *hosts; /* those with traffic */
	unsigned host_count;
	const struct gate_hit *hits; /* of those that lie in the maps; of the others, nothing */
	unsigned hit_count;
	struct memory *const *memories; /* of the lanes */
	unsigned memory_count;
};

enum order_kind { ORDER_APPLY, ORDER_REVOKE, ORDER_EXTEND };

struct order {
	enum order_kind kind;
	const struct mitigation *mitigation; /* valid until the next call */
	uint32_t lease_ms;
};

#define ORDERS_MAX 256

struct orders {
	struct order list[ORDERS_MAX];
	unsigned count;
	uint64_t lost; /* had no room and come with the next decision */
};

struct decider;
struct prefix_set;

/* allow: what no mitigation may touch (configuration, gateway, resolvers, SSH peers), kept by
 * reference and changed only between calls. -ENOMEM. */
int decider_open(const struct conf *conf, const struct networks *networks,
	const struct prefix_set *allow, uint64_t seed, struct decider **ret_decider);

/* Looks at the picture and writes its orders (the list is emptied first). */
void decider_decide(struct decider *decider, const struct picture *picture, struct orders *orders);

/* What became of an order: result 0 or −errno, why a sentence (may be NULL). */
void decider_told(struct decider *decider, uint64_t mitigation, enum order_kind kind, int result,
	const char *why, int64_t expires_ns);

/* Operator's wishes, which need no incident. decider_add: verb, whom, bits, class, rate_pps,
 * filter and why of the wish count, and expires_ns (0: policy.lease_s from now); 0, -EPERM
 * (allowlist), -ENOSPC, -EINVAL with a message; the order comes with the next decide.
 * decider_release: -ENOENT, -EPERM (the kernel part's own); what the policy has ordered is not
 * ordered again for that incident. */
int decider_add(struct decider *decider, const struct mitigation *wish, int64_t now_ns,
	struct err *err, uint64_t *ret_id);
int decider_release(struct decider *decider, uint64_t id, int64_t now_ns);

/* After a restart: takes over a mitigation of the journal, as it stood. -ENOSPC. */
int decider_adopt(struct decider *decider, const struct mitigation *mitigation);

/* All there are, in the order of their ids; ended ones are kept for an hour or until there is no
 * room. */
const struct mitigation *const *decider_mitigations(
	const struct decider *decider, unsigned *ret_count);
/* The one of that id, or NULL. */
const struct mitigation *decider_mitigation(const struct decider *decider, uint64_t id);

/* Why nothing (more) is done about an incident, a sentence; "" when there is nothing to say.
 * Valid until the next call. */
const char *decider_reason(const struct decider *decider, const char *incident);

/* What it does and to whom, in a line: "drop udp to 198.51.100.7, source port 53, length
 * 1428-1500". Returns text. */
const char *mitigation_describe(const struct mitigation *mitigation, char *text, size_t size);

/* The same of what a filter asks for: "udp, source port 53, length 1428-1500". */
const char *filter_describe(const struct wire_filter *filter, char *text, size_t size);

/* Has it not ended yet? */
static inline bool mitigation_is_live(const struct mitigation *mitigation)
{
	return mitigation->state < MITIGATION_FAILED;
}

/* The kind of traffic a kind of incident is made of, as the kernel part counts it. */
enum wire_class kind_class(enum kind kind);

/* A new configuration (reload): what stands in force stays. */
void decider_reload(struct decider *decider, const struct conf *conf,
	const struct networks *networks, const struct prefix_set *allow);

/* NULL is fine. */
void decider_close(struct decider *decider);

#endif
