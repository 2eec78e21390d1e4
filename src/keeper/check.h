/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/check.h - what of watch's requests is carried out: the wall between the two processes.
 *
 * Pure: bytes, a time and its own record of what is in force go in, a verdict comes out. Nothing in
 * a request is believed; watch may have been taken over by whom it watches. What a hostile watch
 * can still do, up to the caps: take its own measures back, block strangers, allow anybody, change
 * the mode either way (docs/threat-model.md). What it cannot: touch what is on the allowlist of the
 * configuration, the gateways, the resolvers, the SSH peers and this machine itself; put a measure
 * in force for longer than gate.lease_max_s.
 *
 * What is in force is claimed or not. A new watch claims what its journal knows by asking for it
 * again; what it does not claim in time, nobody answers for, and the keeper takes it back.
 */
#ifndef WEIR_KEEPER_CHECK_H
#define WEIR_KEEPER_CHECK_H

#include "conf/conf.h"
#include "msg.h"

/* REFUSAL(symbol, "name", errno, "a sentence for a person"). */
/* clang-format off */
#define CHECK_REFUSALS(REFUSAL) \
	REFUSAL(SIZE, "size", EINVAL, "a request has 512 bytes") \
	REFUSAL(VERSION, "version", EINVAL, "not of this version of the protocol") \
	REFUSAL(KIND, "kind", EINVAL, "no such kind of request") \
	REFUSAL(VERB, "verb", EINVAL, "no measure that can be asked for") \
	REFUSAL(UNUSED, "unused", EINVAL, "fields that are not used must be zero") \
	REFUSAL(TEXT, "text", EINVAL, "incident and kind must be plain text") \
	REFUSAL(NUMBER, "number", EINVAL, "a mitigation needs a number") \
	REFUSAL(PREFIX, "prefix", EINVAL, "not a prefix, or bits are set beyond its length") \
	REFUSAL(WIDE, "wide", EPERM, "too wide: at least /8 of IPv4 or /16 of IPv6 is needed") \
	REFUSAL(PROTECTED, "protected", EPERM, "touches the allowlist, which no measure may") \
	REFUSAL(OWN, "own", EPERM, "is this machine itself") \
	REFUSAL(LEASE, "lease", ERANGE, "no lease, or one above gate.lease_max_s") \
	REFUSAL(RATE, "rate", EINVAL, "a limit needs a rate") \
	REFUSAL(CLASS, "class", EINVAL, "no such class of traffic") \
	REFUSAL(FILTER, "filter", EINVAL, "a filter needs a protocol and one more field") \
	REFUSAL(MODE, "mode", EINVAL, "no such mode, or a time limit without enforce") \
	REFUSAL(FULL, "full", ENOSPC, "as many measures of this kind as may be are in force") \
	REFUSAL(CHANGED, "changed", EEXIST, "that number is another measure's") \
	REFUSAL(UNKNOWN, "unknown", ENOENT, "nothing of that number is in force") \
	REFUSAL(BUSY, "busy", EBUSY, "more requests a second than gate.requests_per_s")
/* clang-format on */

#define REFUSAL(symbol, ...) CHECK_##symbol,
enum check_refusal { CHECK_REFUSALS(REFUSAL) CHECK_REFUSAL_COUNT };
#undef REFUSAL

extern const char *const check_refusal_names[CHECK_REFUSAL_COUNT];

#define CHECK_ALLOWED_MAX 1024 /* prefixes that requests have added to the allowlist */

struct check;

/* seed: of the table of what is in force. -ENOMEM. */
int check_open(const struct conf *conf, uint64_t seed, struct check **ret_check);

/* A new configuration: caps, lease, rate. What is in force stays. */
void check_configure(struct check *check, const struct conf *conf);

/* What no measure may touch, and the addresses of this machine. Replaces both. -ENOMEM: as
 * before. */
int check_protect(struct check *check, const struct prefix *allowed, uint32_t allowed_count,
	const struct prefix *own, uint32_t own_count);

/* Looks at the bytes of one datagram. 0: carry out *ret_request until reply->expires_ns. Else
 * −errno: refused, and counted. ret_reply is complete in both cases (result 0 in the first). */
int check_request(struct check *check, const void *bytes, size_t len, uint64_t now_ns,
	struct msg_request *ret_request, struct msg_reply *ret_reply);

/* It was carried out: it counts as in force, or no longer does. */
void check_carried_out(struct check *check, const struct msg_request *request, uint64_t expires_ns);

/* Found in force at the start, or by a sweep; not claimed. Over the caps it is not remembered. */
void check_adopt(struct check *check, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns);

/* Forgets what has expired. */
void check_expire(struct check *check, uint64_t now_ns);

/* Has a request put exactly that prefix on the allowlist, and until when (0: for good)? */
bool check_is_allowed(
	const struct check *check, const struct wire_prefix *prefix, uint64_t *ret_until_ns);

/* A new watch: nothing is claimed, neither measures nor what requests have allowed. */
void check_unclaim(struct check *check);
/* Has it been asked for since then? Also false for what is not remembered. */
bool check_is_claimed(const struct check *check, uint64_t mitigation);
/* It was taken back. */
void check_forget(struct check *check, uint64_t mitigation);
/* Forgets what was allowed and is not claimed. */
void check_forget_allowed(struct check *check);

/* How many of a verb are in force; how many requests were refused for a reason. */
unsigned check_in_force(const struct check *check, enum verb verb);
uint64_t check_refused(const struct check *check, enum check_refusal refusal);

/* NULL is fine. */
void check_close(struct check *check);

#endif
