/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/check.c - looks at one request field by field; see check.h.
 *
 * "Unused fields are zero" is checked by building the request that would be left if all fields that
 * its kind and verb use were zero: anything else in it is refused. So a field that is added to the
 * protocol is refused until somebody says here who may use it.
 */
#include "keeper/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/in_force.h"
#include "keeper/ranges.h"
#include "types.h"

#define LEASE_SLACK_MS 1000 /* what is left of a lease is rounded up when it is asked for again */
#define V4_BITS_MIN (ADDR_V4_BITS + 8)
#define V6_BITS_MIN 16

struct allowed {
	struct wire_prefix prefix;
	uint64_t expires_ns; /* 0: for good */
	bool is_claimed;
};

struct check {
	struct in_force in_force;
	struct ranges protected_ranges, own;
	struct allowed allowed[CHECK_ALLOWED_MAX]; /* by requests */
	unsigned allowed_count;
	uint64_t lease_max_ms;
	uint64_t rate, tokens, filled_ns; /* requests a second; tokens in 1/NS_PER_S */
	uint64_t refused[CHECK_REFUSAL_COUNT];
};

#define REFUSAL(symbol, name, code, sentence) name,
const char *const check_refusal_names[CHECK_REFUSAL_COUNT] = { CHECK_REFUSALS(REFUSAL) };
#undef REFUSAL
#define REFUSAL(symbol, name, code, sentence) { code, sentence },
static const struct {
	int code;
	const char *sentence;
} refusals[CHECK_REFUSAL_COUNT] = { CHECK_REFUSALS(REFUSAL) };
#undef REFUSAL

#define FINE CHECK_REFUSAL_COUNT /* no reason to refuse */

void check_configure(struct check *check, const struct conf *conf)
{
	in_force_configure(&check->in_force, conf);
	check->lease_max_ms = conf->gate.lease_max_s * 1000;
	check->rate = conf->gate.requests_per_s;
	if (check->tokens > check->rate * NS_PER_S)
		check->tokens = check->rate * NS_PER_S;
}

int check_open(const struct conf *conf, uint64_t seed, struct check **ret_check)
{
	struct check *check = calloc(1, sizeof(*check));

	if (!check || in_force_open(&check->in_force, conf, seed) < 0) {
		free(check);
		return -ENOMEM;
	}
	check_configure(check, conf);
	check->tokens = check->rate * NS_PER_S;
	*ret_check = check;
	return 0;
}

int check_protect(struct check *check, const struct prefix *allowed, uint32_t allowed_count,
	const struct prefix *own, uint32_t own_count)
{
	struct ranges fresh = { 0 };

	if (ranges_set(&fresh, allowed, allowed_count) < 0)
		return -ENOMEM;
	if (ranges_set(&check->own, own, own_count) < 0) {
		ranges_close(&fresh);
		return -ENOMEM;
	}
	ranges_close(&check->protected_ranges);
	check->protected_ranges = fresh;
	return 0;
}

/* One bucket for all kinds, a second deep: what floods the channel is refused at the price of a
 * look. */
static bool take_token(struct check *check, uint64_t now_ns)
{
	uint64_t passed = now_ns > check->filled_ns ? now_ns - check->filled_ns : 0;
	uint64_t full = check->rate * NS_PER_S;

	check->filled_ns = now_ns;
	check->tokens = passed >= NS_PER_S ? full : check->tokens + passed * check->rate;
	if (check->tokens > full)
		check->tokens = full;
	if (check->tokens < NS_PER_S)
		return false;
	check->tokens -= NS_PER_S;
	return true;
}

static bool is_mapped(const struct wire_prefix *prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix->bits >= ADDR_V4_BITS &&
	       memcmp(prefix->addr.byte, mapped, sizeof(mapped)) == 0;
}

static enum check_refusal look_at_prefix(const struct wire_prefix *prefix)
{
	struct prefix given, whole;
	struct wire_prefix cut[ADDR_V4_BITS];
	struct addr masked;

	if (prefix->bits > 128)
		return CHECK_PREFIX;
	memcpy(given.addr.byte, prefix->addr.byte, sizeof(given.addr.byte));
	given.bits = (uint8_t)prefix->bits;
	masked = addr_mask(&given.addr, prefix->bits);
	if (!addr_equal(&masked, &given.addr))
		return CHECK_PREFIX;
	if (prefix->bits < (is_mapped(prefix) ? V4_BITS_MIN : V6_BITS_MIN))
		return CHECK_WIDE;
	whole = given;
	/* ::/80 and the like hold all of IPv4 in the kernel's tries. */
	if (ranges_cut(&whole, cut) != 1)
		return CHECK_WIDE;
	return FINE;
}

static bool is_zero(const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < len; i++)
		if (byte[i] != 0)
			return false;
	return true;
}

static bool is_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len < size && is_zero(text + len, size - len);
}

static enum check_refusal look_at_lease(
	const struct check *check, const struct msg_request *request)
{
	if (request->lease_ms == 0 || request->lease_ms > check->lease_max_ms + LEASE_SLACK_MS)
		return CHECK_LEASE;
	return FINE;
}

/* In order: nothing set outside the masks, ranges not upside down, no field of the kernel's own. */
static bool is_in_order(const struct wire_filter *filter)
{
	for (unsigned i = 0; i < WIRE_FEATURE_WORDS; i++)
		if (filter->value[i] & ~filter->mask[i])
			return false;
	return !(filter->deep_value & ~filter->deep_mask) && filter->deep_offset <= WIRE_DEEP_MAX &&
	       (filter->deep_mask != 0 || filter->deep_offset == 0) &&
	       filter->ip_len_min <= filter->ip_len_max &&
	       filter->payload_len_min <= filter->payload_len_max &&
	       filter->ttl_min <= filter->ttl_max && filter->expires_ns == 0 &&
	       filter->mitigation == 0 && filter->hits == 0 && filter->bytes == 0 &&
	       filter->last_hit_ns == 0 && is_zero(filter->pad, sizeof(filter->pad));
}

/* The protocol, and anything that not every packet of it has. */
static bool is_narrow(const struct wire_filter *filter)
{
	return (filter->mask[0] & 0xff) == 0xff &&
	       ((filter->mask[0] & ~0xffULL) != 0 || filter->mask[1] != 0 || filter->mask[2] != 0 ||
		       filter->mask[3] != 0 || filter->deep_mask != 0 || filter->ip_len_min > 0 ||
		       filter->ip_len_max < UINT16_MAX || filter->payload_len_min > 0 ||
		       filter->payload_len_max < UINT16_MAX || filter->ttl_min > 0 ||
		       filter->ttl_max < UINT8_MAX);
}

/* Whom a measure hits: neither the allowlist nor this machine. */
static enum check_refusal look_at_whom(const struct check *check, const struct wire_prefix *whom)
{
	if (ranges_touch(&check->protected_ranges, whom))
		return CHECK_PROTECTED;
	return ranges_touch(&check->own, whom) ? CHECK_OWN : FINE;
}

static enum check_refusal look_at_verb(const struct check *check, const struct msg_request *request)
{
	const struct wire_prefix *prefix = &request->prefix;

	switch (request->verb) {
	case VERB_FILTER:
		return is_in_order(&request->filter) && is_narrow(&request->filter) ? FINE
										    : CHECK_FILTER;
	case VERB_LIMIT_CLASS:
		if (request->class >= WIRE_CLASS_COUNT)
			return CHECK_CLASS;
		return request->rate_pps > 0 ? FINE : CHECK_RATE;
	case VERB_LIMIT_SOURCE:
		return request->rate_pps > 0 ? look_at_whom(check, prefix) : CHECK_RATE;
	case VERB_QUARANTINE:
		return prefix->bits == 128 ? look_at_whom(check, prefix) : CHECK_WIDE;
	case VERB_BLOCK:
	case VERB_NFT_BLOCK:
		return look_at_whom(check, prefix);
	case VERB_COMMAND:
		return FINE;
	default: /* cookies and stateful are the kernel part's own */
		return CHECK_VERB;
	}
}

/* Takes what the verb uses out of what has to be zero. */
static void strike_used(const struct msg_request *request, struct msg_request *rest)
{
	if (request->verb == VERB_FILTER)
		rest->filter = (struct wire_filter){ 0 };
	if (request->verb == VERB_LIMIT_CLASS)
		rest->class = 0;
	if (request->verb == VERB_LIMIT_CLASS || request->verb == VERB_LIMIT_SOURCE)
		rest->rate_pps = 0;
	if (request->verb == VERB_COMMAND && request->has_run == 1)
		rest->has_run = 0;
	rest->mitigation = 0;
	rest->verb = 0;
	rest->lease_ms = 0;
	rest->prefix = (struct wire_prefix){ 0 };
	memset(rest->incident, 0, sizeof(rest->incident));
	memset(rest->kind_name, 0, sizeof(rest->kind_name));
}

static enum check_refusal look_at_apply(
	struct check *check, const struct msg_request *request, struct msg_request *rest)
{
	const struct measure *measure;
	enum check_refusal refusal;

	if (request->verb >= VERB_COUNT)
		return CHECK_VERB;
	strike_used(request, rest);
	if (request->mitigation == 0)
		return CHECK_NUMBER;
	if (!is_text(request->incident, sizeof(request->incident)) ||
		!is_text(request->kind_name, sizeof(request->kind_name)))
		return CHECK_TEXT;
	refusal = look_at_prefix(&request->prefix);
	if (refusal == FINE)
		refusal = look_at_lease(check, request);
	if (refusal == FINE)
		refusal = look_at_verb(check, request);
	if (refusal != FINE)
		return refusal;
	measure = in_force_find(&check->in_force, request->mitigation);
	if (!measure)
		return check->in_force.counts[request->verb] < check->in_force.caps[request->verb]
			       ? FINE
			       : CHECK_FULL;
	/* What was adopted may be known by a part of its prefix only: the entry it was found in. */
	if (measure->verb != request->verb ||
		(measure->is_claimed &&
			memcmp(&measure->prefix, &request->prefix, sizeof(measure->prefix)) != 0))
		return CHECK_CHANGED;
	return FINE;
}

static enum check_refusal look_at_revoke(
	struct check *check, const struct msg_request *request, struct msg_request *rest)
{
	rest->mitigation = 0;
	if (request->mitigation == 0)
		return CHECK_NUMBER;
	return in_force_find(&check->in_force, request->mitigation) ? FINE : CHECK_UNKNOWN;
}

static struct allowed *find_allowed(const struct check *check, const struct wire_prefix *prefix)
{
	for (unsigned i = 0; i < check->allowed_count; i++)
		if (memcmp(&check->allowed[i].prefix, prefix, sizeof(*prefix)) == 0)
			return (struct allowed *)(uintptr_t)&check->allowed[i];
	return NULL;
}

static enum check_refusal look_at_allow(
	struct check *check, const struct msg_request *request, struct msg_request *rest)
{
	enum check_refusal refusal = look_at_prefix(&request->prefix);

	rest->prefix = (struct wire_prefix){ 0 };
	rest->lease_ms = 0;
	if (refusal == FINE && request->lease_ms > 0)
		refusal = look_at_lease(check, request);
	if (refusal == FINE && !find_allowed(check, &request->prefix) &&
		check->allowed_count == CHECK_ALLOWED_MAX)
		return CHECK_FULL;
	return refusal;
}

/* Only what a request has added: never what the configuration or this machine's state did. */
static enum check_refusal look_at_disallow(
	struct check *check, const struct msg_request *request, struct msg_request *rest)
{
	rest->prefix = (struct wire_prefix){ 0 };
	return find_allowed(check, &request->prefix) ? FINE : CHECK_UNKNOWN;
}

static enum check_refusal look_at_mode(
	struct check *check, const struct msg_request *request, struct msg_request *rest)
{
	rest->mode = rest->lease_ms = 0;
	if (request->mode > WIRE_MODE_ENFORCE)
		return CHECK_MODE;
	if (request->lease_ms == 0)
		return FINE;
	return request->mode == WIRE_MODE_ENFORCE ? look_at_lease(check, request) : CHECK_MODE;
}

static enum check_refusal look_at_nothing(
	struct check *check, const struct msg_request *request, struct msg_request *rest)
{
	(void)check;
	(void)request;
	(void)rest;
	return FINE;
}

/* By kind: says what is wrong with the fields that are used, and strikes them from rest. */
static enum check_refusal (*const looks[MSG_KIND_COUNT])(
	struct check *check, const struct msg_request *request, struct msg_request *rest) = {
	[MSG_APPLY] = look_at_apply,
	[MSG_REVOKE] = look_at_revoke,
	[MSG_ALLOW] = look_at_allow,
	[MSG_DISALLOW] = look_at_disallow,
	[MSG_MODE] = look_at_mode,
	[MSG_BEAT] = look_at_nothing,
	[MSG_READY] = look_at_nothing,
};

static enum check_refusal look(struct check *check, const struct msg_request *request)
{
	struct msg_request rest = *request;
	enum check_refusal refusal;

	if (request->version != MSG_VERSION)
		return CHECK_VERSION;
	if (request->kind >= MSG_KIND_COUNT || !looks[request->kind])
		return CHECK_KIND;
	refusal = looks[request->kind](check, request, &rest);
	if (refusal != FINE)
		return refusal;
	rest.version = rest.kind = 0;
	rest.serial = 0;
	return is_zero(&rest, sizeof(rest)) ? FINE : CHECK_UNUSED;
}

int check_request(struct check *check, const void *bytes, size_t len, uint64_t now_ns,
	struct msg_request *ret_request, struct msg_reply *ret_reply)
{
	struct msg_request request = { 0 };
	enum check_refusal refusal = CHECK_SIZE;

	/* All of it is copied first: what was looked at is what is carried out. */
	memcpy(&request, bytes, len < sizeof(request) ? len : sizeof(request));
	*ret_reply = (struct msg_reply){ .version = MSG_VERSION, .serial = request.serial };
	if (!take_token(check, now_ns))
		refusal = CHECK_BUSY;
	else if (len == sizeof(request))
		refusal = look(check, &request);
	if (refusal != FINE) {
		check->refused[refusal]++;
		ret_reply->result = -refusals[refusal].code;
		snprintf(ret_reply->why, sizeof(ret_reply->why), "%s", refusals[refusal].sentence);
		return ret_reply->result;
	}
	if (request.lease_ms > 0)
		ret_reply->expires_ns = now_ns + request.lease_ms * NS_PER_MS;
	*ret_request = request;
	return 0;
}

static void put_allowed(struct check *check, const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct allowed *allowed = find_allowed(check, prefix);

	if (!allowed && check->allowed_count < CHECK_ALLOWED_MAX) {
		allowed = &check->allowed[check->allowed_count++];
		allowed->prefix = *prefix;
	}
	if (allowed) {
		allowed->expires_ns = expires_ns;
		allowed->is_claimed = true;
	}
}

static void remove_allowed(struct check *check, struct allowed *allowed)
{
	if (allowed)
		*allowed = check->allowed[--check->allowed_count];
}

void check_forget(struct check *check, uint64_t mitigation)
{
	struct measure *measure = in_force_find(&check->in_force, mitigation);

	if (measure)
		in_force_remove(&check->in_force, measure);
}

bool check_is_claimed(const struct check *check, uint64_t mitigation)
{
	const struct measure *measure = in_force_find(&check->in_force, mitigation);

	return measure && measure->is_claimed;
}

static void claim(struct check *check, const struct msg_request *request, uint64_t expires_ns)
{
	struct measure *measure;

	if (!check_is_claimed(check, request->mitigation))
		check_forget(check, request->mitigation);
	in_force_put(
		&check->in_force, request->mitigation, request->verb, &request->prefix, expires_ns);
	measure = in_force_find(&check->in_force, request->mitigation);
	if (measure)
		measure->is_claimed = true;
}

void check_carried_out(struct check *check, const struct msg_request *request, uint64_t expires_ns)
{
	switch (request->kind) {
	case MSG_APPLY:
		claim(check, request, expires_ns);
		break;
	case MSG_REVOKE:
		check_forget(check, request->mitigation);
		break;
	case MSG_ALLOW:
		put_allowed(check, &request->prefix, expires_ns);
		break;
	case MSG_DISALLOW:
		remove_allowed(check, find_allowed(check, &request->prefix));
		break;
	default:
		break;
	}
}

void check_adopt(struct check *check, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	if (mitigation != 0 && verb < VERB_COUNT)
		in_force_put(&check->in_force, mitigation, verb, prefix, expires_ns);
}

void check_expire(struct check *check, uint64_t now_ns)
{
	in_force_expire(&check->in_force, now_ns);
	for (unsigned i = check->allowed_count; i-- > 0;)
		if (check->allowed[i].expires_ns > 0 && check->allowed[i].expires_ns <= now_ns)
			remove_allowed(check, &check->allowed[i]);
}

void check_unclaim(struct check *check)
{
	in_force_unclaim(&check->in_force);
	for (unsigned i = 0; i < check->allowed_count; i++)
		check->allowed[i].is_claimed = false;
}

void check_forget_allowed(struct check *check)
{
	for (unsigned i = check->allowed_count; i-- > 0;)
		if (!check->allowed[i].is_claimed)
			remove_allowed(check, &check->allowed[i]);
}

bool check_is_allowed(
	const struct check *check, const struct wire_prefix *prefix, uint64_t *ret_until_ns)
{
	const struct allowed *allowed = find_allowed(check, prefix);

	if (!allowed)
		return false;
	*ret_until_ns = allowed->expires_ns;
	return true;
}

unsigned check_in_force(const struct check *check, enum verb verb)
{
	return check->in_force.counts[verb];
}

uint64_t check_refused(const struct check *check, enum check_refusal refusal)
{
	return check->refused[refusal];
}

void check_close(struct check *check)
{
	if (!check)
		return;
	in_force_close(&check->in_force);
	ranges_close(&check->protected_ranges);
	ranges_close(&check->own);
	free(check);
}
