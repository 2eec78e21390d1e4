/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * msg.h - what watch may ask of the keeper, and what the keeper says.
 *
 * Fixed-size messages over a SOCK_SEQPACKET socketpair, one request a datagram, each answered by
 * one struct msg_reply with its serial. The keeper trusts nothing in them: it checks size, version,
 * verb, that reserved bytes are zero, the prefix against its own allowlist, the lease against
 * gate.lease_max_s and the number in force against its caps (keeper/check.c). Descriptors travel
 * only from keeper to watch, once, with MSG_WELCOME.
 */
#ifndef WEIR_MSG_H
#define WEIR_MSG_H

#include <stdint.h>

#include "bpf/wire.h"

#define MSG_VERSION 1
#define MSG_INTERFACES_MAX 32
#define MSG_SOCKETS_MAX 64 /* interfaces times workers */

/* VERB(symbol, "name", "what it means"): the measures, narrowest first. Names never change. */
/* clang-format off */
#define MSG_VERBS(VERB) \
	VERB(FILTER, "filter", "drop what matches a learned signature, to one target") \
	VERB(LIMIT_SOURCE, "limit_source", "limit the rate of one sender") \
	VERB(LIMIT_CLASS, "limit_class", "limit one class of traffic to one target") \
	VERB(COOKIES, "cookies", "answer SYNs with cookies; the kernel part does it by itself") \
	VERB(STATEFUL, "stateful", \
		"pass only what was asked for; the kernel part does it by itself") \
	VERB(QUARANTINE, "quarantine", "nothing from one inside host leaves, but to the portal") \
	VERB(BLOCK, "block", "drop all from one address or prefix") \
	VERB(NFT_BLOCK, "nft_block", "the same in the firewall, where XDP does not fit") \
	VERB(COMMAND, "command", "run the operator's own program with the incident on its input")
/* clang-format on */

#define VERB(symbol, ...) VERB_##symbol,
enum verb { MSG_VERBS(VERB) VERB_COUNT };
#undef VERB

enum msg_kind {
	MSG_APPLY = 1, /* put a measure in force, or extend the lease of the one with that id */
	MSG_REVOKE,    /* take back the one with that id */
	MSG_ALLOW,     /* add a prefix to the allowlist, with a lease or until MSG_DISALLOW */
	MSG_DISALLOW,  /* take back one that MSG_ALLOW added */
	MSG_MODE,      /* change the mode, to any: watch passes on what the operator asked of it
			* (weir arm). The keeper cannot see whether one did, so a watch that was
			* taken over can raise and lower it too (docs/threat-model.md); what it
			* enforces then is still checked */
	MSG_BEAT,      /* watch is alive; the answer carries the watchdog deadline, and commands */
	MSG_READY,     /* watch has started, and has asked again (MSG_APPLY, MSG_ALLOW) for all
			* that its journal has in force: the keeper tells the service manager, and a
			* little later takes back what was not asked for again */
	MSG_KIND_COUNT
};

/* One request, 512 bytes. Fields that a kind or verb does not use must be zero. */
struct msg_request {
	uint32_t version;
	uint32_t kind;	 /* enum msg_kind */
	uint64_t serial; /* comes back in the reply */
	uint64_t mitigation;
	uint32_t verb;	   /* enum verb */
	uint32_t lease_ms; /* > 0; MSG_ALLOW, MSG_MODE: 0 for good */
	/* BLOCK, NFT_BLOCK, LIMIT_SOURCE, QUARANTINE: whom; FILTER, LIMIT_CLASS: the target; ALLOW:
	 * what */
	struct wire_prefix prefix;
	uint32_t class;		   /* LIMIT_CLASS: enum wire_class */
	uint32_t rate_pps;	   /* LIMIT_SOURCE, LIMIT_CLASS */
	uint32_t mode;		   /* MSG_MODE: enum wire_mode */
	struct wire_filter filter; /* FILTER: mask, value, ranges; the other fields zero */
	char incident[16];	   /* id, for the command responder; ends with 0 */
	char kind_name[40];	   /* of the incident, for the command responder; ends with 0 */
	/* COMMAND: 1 when it was run for this id before, maybe by a keeper that is gone: it is not
	 * run again before the measure ends. */
	uint32_t has_run;
	uint8_t reserved[252];
};
_Static_assert(sizeof(struct msg_request) == 512, "the size is part of the protocol");

/* What became of the operator's program (policy.command) since the keeper started. */
struct msg_commands {
	uint64_t started, succeeded, failed, timed_out, refused;
	uint32_t running, pad;
};

struct msg_reply {
	uint32_t version;
	/* 0 or −errno: -EPERM allowlist, -ENOSPC cap or map full, -EINVAL malformed, -ERANGE lease,
	 * -EBUSY too many requests a second, -ENOENT no such id */
	int32_t result;
	uint64_t serial;
	uint64_t expires_ns; /* CLOCK_MONOTONIC, when it was applied */
	union {
		char why[104]; /* a sentence for a person when result < 0; ends with 0 */
		struct msg_commands commands; /* MSG_BEAT that went well */
	};
};
_Static_assert(sizeof(struct msg_reply) == 128, "the size is part of the protocol");

/* The first message of the keeper, with descriptors in SCM_RIGHTS in the order of the fields. */
struct msg_welcome {
	uint32_t version;
	uint32_t interface_count;
	uint32_t sockets_each;	   /* capture sockets of one interface: one a worker */
	uint32_t has_maps;	   /* 0: no kernel part here (gate.attach: none) */
	uint64_t enforce_until_ns; /* CLOCK_MONOTONIC, 0 for good; with mode enforce */
	uint32_t mode;		   /* enum wire_mode, as it is now */
	uint32_t pad;
	struct {
		char name[16];
		uint32_t index;
		uint32_t xdp; /* 0 none, 1 native, 2 generic, 3 tc */
	} interface[MSG_INTERFACES_MAX];
	char own_networks[2048]; /* prefixes found from addresses and routes, space between */
	/* descriptors: sockets (interface_count * sockets_each), then, with has_maps, MSG_MAPS:
	 * read-only, but the ring buffer, which has to be read by writing */
};

/* The maps that watch reads, in the order of their descriptors. */
/* clang-format off */
#define MSG_MAPS(MAP) \
	MAP(settings) MAP(targets) MAP(hosts) MAP(blocked) MAP(blocked_prefixes) MAP(allowed) \
	MAP(limited_sources) MAP(quarantined) MAP(filters) MAP(counters) MAP(losses) MAP(samples)
/* clang-format on */

#define MAP(name) MSG_MAP_##name,
enum msg_map { MSG_MAPS(MAP) MSG_MAP_COUNT };
#undef MAP

#endif
