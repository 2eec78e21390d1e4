/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/check_test.c - a hostile watch: every field wrong once, floods, noise, and what must pass.
 *
 * Rows change one good request in one way and name the refusal that this must give.
 */
#include "keeper/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "types.h"

static uint64_t now_ns = 1000 * NS_PER_S;

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;
	unsigned bits;

	if (addr_prefix_parse(text, &prefix.addr, &bits) < 0)
		fail_msg("%s", text);
	prefix.bits = (uint8_t)bits;
	return prefix;
}

static struct wire_prefix wire_of(const char *text)
{
	struct prefix prefix = prefix_of(text);
	struct wire_prefix wire = { .bits = prefix.bits };

	memcpy(wire.addr.byte, prefix.addr.byte, sizeof(wire.addr.byte));
	return wire;
}

static struct check *open_check(uint64_t rate, uint64_t blocks_max)
{
	struct conf conf;
	struct check *check = NULL;
	struct prefix allowed[] = { prefix_of("192.0.2.1"), prefix_of("203.0.113.0/24"),
		prefix_of("2001:db8:1::/48"), prefix_of("fe80::1") };
	struct prefix own[] = { prefix_of("198.51.100.7"), prefix_of("2001:db8::7") };

	conf_default(&conf);
	conf.gate.requests_per_s = rate;
	conf.policy.blocks_max = blocks_max;
	assert_int_equal(check_open(&conf, 1, &check), 0);
	assert_int_equal(check_protect(check, allowed, 4, own, 2), 0);
	return check;
}

static struct msg_request block_of(const char *whom)
{
	return (struct msg_request){ .version = MSG_VERSION,
		.kind = MSG_APPLY,
		.serial = 9,
		.mitigation = 1,
		.verb = VERB_BLOCK,
		.lease_ms = 300000,
		.prefix = wire_of(whom),
		.incident = "abc",
		.kind_name = "flood.syn" };
}

static struct msg_request filter_of(void)
{
	struct msg_request request = block_of("198.51.100.7");

	request.verb = VERB_FILTER;
	request.filter.mask[0] = 0xffff0000000000ffULL;
	request.filter.value[0] = 0x0035000000000011ULL;
	request.filter.ip_len_max = request.filter.payload_len_max = UINT16_MAX;
	request.filter.ttl_max = UINT8_MAX;
	return request;
}

static int ask(struct check *check, const struct msg_request *request, struct msg_reply *reply)
{
	struct msg_request out = { 0 };
	int r = check_request(check, request, sizeof(*request), now_ns, &out, reply);

	assert_int_equal(reply->version, MSG_VERSION);
	assert_int_equal(reply->serial, request->serial);
	assert_int_equal(reply->result, r);
	assert_int_equal(r < 0, reply->why[0] != '\0');
	if (r == 0)
		assert_memory_equal(&out, request, sizeof(out));
	return r;
}

static void check_refuses(struct check *check, const struct msg_request *request,
	enum check_refusal refusal, const char *what)
{
	uint64_t before = check_refused(check, refusal);
	struct msg_reply reply;

	if (ask(check, request, &reply) == 0)
		fail_msg("passed: %s", what);
	if (check_refused(check, refusal) != before + 1)
		fail_msg("%s: refused, but not as %s: %s", what, check_refusal_names[refusal],
			reply.why);
}

static void check_passes(struct check *check, const struct msg_request *request)
{
	struct msg_reply reply;

	if (ask(check, request, &reply) < 0)
		fail_msg("refused: %s", reply.why);
}

#define REFUSED(good, change, refusal)                                                             \
	do {                                                                                       \
		struct msg_request bad = good;                                                     \
		bad.change;                                                                        \
		check_refuses(check, &bad, CHECK_##refusal, #change);                              \
	} while (0)

static void test_fields(void **state)
{
	struct check *check = open_check(1000, 100);
	struct msg_request good = block_of("192.0.2.7");

	(void)state;
	check_passes(check, &good);
	REFUSED(good, version = 0, VERSION);
	REFUSED(good, version = 2, VERSION);
	REFUSED(good, kind = 0, KIND);
	REFUSED(good, kind = MSG_KIND_COUNT, KIND);
	REFUSED(good, kind = UINT32_MAX, KIND);
	REFUSED(good, mitigation = 0, NUMBER);
	REFUSED(good, verb = VERB_COUNT, VERB);
	REFUSED(good, verb = UINT32_MAX, VERB);
	REFUSED(good, verb = VERB_COOKIES, VERB);
	REFUSED(good, verb = VERB_STATEFUL, VERB);
	REFUSED(good, lease_ms = 0, LEASE);
	REFUSED(good, lease_ms = 86402000, LEASE);
	REFUSED(good, lease_ms = UINT32_MAX, LEASE);
	REFUSED(good, prefix.bits = 129, PREFIX);
	REFUSED(good, prefix.bits = UINT32_MAX, PREFIX);
	REFUSED(good, prefix.bits = 120, PREFIX); /* bits set beyond it */
	REFUSED(good, class = 1, UNUSED);
	REFUSED(good, rate_pps = 1, UNUSED);
	REFUSED(good, mode = 1, UNUSED);
	REFUSED(good, filter.ttl_max = 1, UNUSED);
	REFUSED(good, filter.pad[3] = 1, UNUSED);
	REFUSED(good, reserved[0] = 1, UNUSED);
	REFUSED(good, reserved[sizeof(good.reserved) - 1] = 1, UNUSED);
	REFUSED(good, incident[15] = 'x', TEXT);
	REFUSED(good, incident[0] = '\n', TEXT);
	REFUSED(good, kind_name[39] = 'x', TEXT);
	REFUSED(good, kind_name[2] = '\x1b', TEXT);
	memset(good.incident, 'x', sizeof(good.incident));
	check_refuses(check, &good, CHECK_TEXT, "incident without an end");
	check_close(check);
}

static void test_whom(void **state)
{
	static const struct {
		const char *whom;
		enum check_refusal refusal;
	} rows[] = {
		{ "0.0.0.0/0", CHECK_WIDE },
		{ "0.0.0.0/1", CHECK_WIDE },
		{ "128.0.0.0/7", CHECK_WIDE },
		{ "::/0", CHECK_WIDE },
		{ "2000::/15", CHECK_WIDE },
		{ "::/16", CHECK_WIDE },
		{ "::/80", CHECK_WIDE }, /* holds ::ffff:0:0/96, and so all of IPv4 */
		{ "192.0.2.1", CHECK_PROTECTED },
		{ "192.0.2.0/24", CHECK_PROTECTED },
		{ "192.0.0.0/8", CHECK_PROTECTED },
		{ "203.0.113.9", CHECK_PROTECTED },
		{ "203.0.113.0/25", CHECK_PROTECTED },
		{ "2001:db8::/32", CHECK_PROTECTED },
		{ "2001:db8:1:2::/64", CHECK_PROTECTED },
		{ "fe80::/64", CHECK_PROTECTED },
		{ "198.51.100.7", CHECK_OWN },
		{ "198.51.100.0/24", CHECK_OWN },
		{ "2001:db8::7", CHECK_OWN },
		{ "192.0.2.0/32", CHECK_REFUSAL_COUNT },
		{ "192.0.2.2/31", CHECK_REFUSAL_COUNT },
		{ "10.0.0.0/8", CHECK_REFUSAL_COUNT },
		{ "203.0.112.0/24", CHECK_REFUSAL_COUNT },
		{ "203.0.114.0/24", CHECK_REFUSAL_COUNT },
		{ "2001:db8:2::/48", CHECK_REFUSAL_COUNT },
		{ "3000::/16", CHECK_REFUSAL_COUNT },
	};
	static const enum verb verbs[] = { VERB_BLOCK, VERB_NFT_BLOCK, VERB_LIMIT_SOURCE };
	struct check *check = open_check(1000, 100);

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct msg_request request = block_of(rows[i].whom);

			request.verb = verbs[k];
			request.rate_pps = verbs[k] == VERB_LIMIT_SOURCE;
			if (rows[i].refusal == CHECK_REFUSAL_COUNT)
				check_passes(check, &request);
			else
				check_refuses(check, &request, rows[i].refusal, rows[i].whom);
		}
	}
	/* A machine of ours may be put into quarantine, we ourselves and whole networks not. */
	struct msg_request request = block_of("198.51.100.8");

	request.verb = VERB_QUARANTINE;
	check_passes(check, &request);
	request.prefix = wire_of("198.51.100.8/31");
	check_refuses(check, &request, CHECK_WIDE, "quarantine of a network");
	request.prefix = wire_of("198.51.100.7");
	check_refuses(check, &request, CHECK_OWN, "quarantine of ourselves");
	request.prefix = wire_of("192.0.2.1");
	check_refuses(check, &request, CHECK_PROTECTED, "quarantine of the gateway");
	check_close(check);
}

static void test_verbs(void **state)
{
	struct check *check = open_check(1000, 100);
	struct msg_request limit = block_of("198.51.100.7"), filter = filter_of();
	struct msg_request block = block_of("192.0.2.9");

	(void)state;
	REFUSED(block, has_run = 1, UNUSED);
	limit.verb = VERB_COMMAND;
	check_passes(check, &limit);
	limit.has_run = 1;
	check_passes(check, &limit);
	REFUSED(limit, has_run = 2, UNUSED);
	limit.has_run = 0;
	limit.verb = VERB_LIMIT_CLASS;
	limit.class = WIRE_CLASS_OTHER;
	limit.rate_pps = 5;
	check_passes(check, &limit);
	REFUSED(limit, class = WIRE_CLASS_COUNT, CLASS);
	REFUSED(limit, rate_pps = 0, RATE);
	REFUSED(limit, filter.mask[0] = 1, UNUSED);
	limit.verb = VERB_LIMIT_SOURCE;
	limit.prefix = wire_of("192.0.2.9");
	check_refuses(check, &limit, CHECK_UNUSED, "class with limit_source");
	limit.class = 0;
	check_passes(check, &limit);
	REFUSED(limit, rate_pps = 0, RATE);
	check_passes(check, &filter);
	REFUSED(filter, filter.mask[0] = 0xff, FILTER); /* values outside the mask */
	REFUSED(filter, filter.value[3] = 1, FILTER);
	REFUSED(filter, filter.mask[0] = 0xffff00000000007fULL, FILTER); /* half a protocol */
	REFUSED(filter, filter.deep_offset = 1, FILTER);		 /* without a mask */
	REFUSED(filter, filter.deep_value = 1, FILTER);
	filter.filter.ip_len_max = filter.filter.payload_len_max = filter.filter.ttl_max = 8;
	check_passes(check, &filter);
	REFUSED(filter, filter.ip_len_min = 9, FILTER);
	REFUSED(filter, filter.payload_len_min = 9, FILTER);
	REFUSED(filter, filter.ttl_min = 9, FILTER);
	filter = filter_of();
	REFUSED(filter, filter.expires_ns = 1, FILTER);
	REFUSED(filter, filter.mitigation = 1, FILTER);
	REFUSED(filter, filter.hits = 1, FILTER);
	REFUSED(filter, filter.bytes = 1, FILTER);
	REFUSED(filter, filter.last_hit_ns = 1, FILTER);
	REFUSED(filter, filter.pad[0] = 1, FILTER);
	REFUSED(filter, rate_pps = 1, UNUSED);
	filter.filter.mask[0] = 0xff;
	filter.filter.value[0] = 17;
	check_refuses(check, &filter, CHECK_FILTER, "all of UDP");
	filter.filter.deep_mask = 0xff;
	filter.filter.deep_offset = WIRE_DEEP_MAX;
	check_passes(check, &filter);
	REFUSED(filter, filter.deep_offset = WIRE_DEEP_MAX + 1, FILTER);
	filter.filter.mask[0] = filter.filter.value[0] = 0;
	check_refuses(check, &filter, CHECK_FILTER, "no protocol");
	check_close(check);
}

static void test_kinds(void **state)
{
	struct check *check = open_check(1000, 100);
	struct msg_request beat = { .version = MSG_VERSION, .kind = MSG_BEAT, .serial = 3 };
	struct msg_request mode = { .version = MSG_VERSION, .kind = MSG_MODE, .mode = 2 };
	struct msg_request revoke = { .version = MSG_VERSION, .kind = MSG_REVOKE, .mitigation = 1 };

	(void)state;
	check_passes(check, &beat);
	REFUSED(beat, mitigation = 1, UNUSED);
	REFUSED(beat, incident[0] = 'x', UNUSED);
	REFUSED(beat, prefix.bits = 1, UNUSED);
	beat.kind = MSG_READY;
	check_passes(check, &beat);
	check_passes(check, &mode);
	mode.lease_ms = 600000;
	check_passes(check, &mode);
	REFUSED(mode, lease_ms = 86402000, LEASE);
	REFUSED(mode, mode = WIRE_MODE_SHADOW, MODE);
	REFUSED(mode, mode = 3, MODE);
	REFUSED(mode, verb = 1, UNUSED);
	check_refuses(check, &revoke, CHECK_UNKNOWN, "nothing there to revoke");
	REFUSED(revoke, mitigation = 0, NUMBER);
	check_adopt(check, 1, VERB_BLOCK, &(struct wire_prefix){ .bits = 128 }, now_ns + NS_PER_S);
	check_passes(check, &revoke);
	REFUSED(revoke, lease_ms = 1, UNUSED);
	check_carried_out(check, &revoke, 0);
	check_refuses(check, &revoke, CHECK_UNKNOWN, "revoked twice");
	check_close(check);
}

static void test_sizes(void **state)
{
	struct check *check = open_check(1000000, 100);
	struct msg_request good = block_of("192.0.2.7"), out;
	struct msg_reply reply;
	uint8_t bytes[2048] = { 0 };

	(void)state;
	memcpy(bytes, &good, sizeof(good));
	for (size_t len = 0; len <= sizeof(bytes); len++)
		assert_int_equal(check_request(check, bytes, len, now_ns, &out, &reply),
			len == sizeof(good) ? 0 : -EINVAL);
	assert_int_equal(check_refused(check, CHECK_SIZE), sizeof(bytes));
	check_close(check);
}

static void test_caps(void **state)
{
	struct check *check = open_check(1000000, 10);
	struct msg_request request = block_of("192.0.2.7");
	struct msg_reply reply;

	(void)state;
	for (unsigned i = 1; i <= 10; i++) {
		request.mitigation = i;
		assert_int_equal(ask(check, &request, &reply), 0);
		assert_int_equal(reply.expires_ns, now_ns + 300 * NS_PER_S);
		check_carried_out(check, &request, reply.expires_ns);
	}
	assert_int_equal(check_in_force(check, VERB_BLOCK), 10);
	request.mitigation = 11;
	check_refuses(check, &request, CHECK_FULL, "the eleventh of ten");
	/* Another verb has its own cap; the same number extends, but nothing else than it was. */
	request.verb = VERB_COMMAND;
	check_passes(check, &request);
	request.verb = VERB_BLOCK;
	request.mitigation = 10;
	check_passes(check, &request);
	REFUSED(request, verb = VERB_NFT_BLOCK, CHANGED);
	REFUSED(request, prefix = wire_of("192.0.2.8"), CHANGED);
	check_expire(check, now_ns + 299 * NS_PER_S);
	assert_int_equal(check_in_force(check, VERB_BLOCK), 10);
	check_expire(check, now_ns + 300 * NS_PER_S);
	assert_int_equal(check_in_force(check, VERB_BLOCK), 0);
	check_adopt(check, 0, VERB_BLOCK, &request.prefix, 1);
	check_adopt(check, 1, VERB_COUNT, &request.prefix, 1);
	assert_int_equal(check_in_force(check, VERB_BLOCK), 0);
	check_close(check);
}

static void test_allow(void **state)
{
	struct check *check = open_check(1000000, 10);
	struct msg_request allow = { .version = MSG_VERSION, .kind = MSG_ALLOW, .lease_ms = 1000 };
	struct msg_request disallow = { .version = MSG_VERSION, .kind = MSG_DISALLOW };
	struct msg_reply reply;
	uint64_t until_ns;

	(void)state;
	allow.prefix = wire_of("192.0.2.0/24");
	disallow.prefix = allow.prefix;
	check_refuses(check, &disallow, CHECK_UNKNOWN, "nothing there to disallow");
	check_passes(check, &allow);
	check_carried_out(check, &allow, now_ns + NS_PER_S);
	assert_true(check_is_allowed(check, &allow.prefix, &until_ns));
	assert_true(until_ns == now_ns + NS_PER_S);
	check_passes(check, &disallow);
	REFUSED(disallow, lease_ms = 1, UNUSED);
	REFUSED(allow, lease_ms = UINT32_MAX, LEASE);
	REFUSED(allow, prefix = wire_of("0.0.0.0/0"), WIDE);
	REFUSED(allow, mode = 1, UNUSED);
	/* What the configuration allows was added by no request. */
	disallow.prefix = wire_of("192.0.2.1");
	check_refuses(check, &disallow, CHECK_UNKNOWN, "the gateway");
	for (unsigned i = 0; i < CHECK_ALLOWED_MAX - 1; i++) {
		allow.prefix = wire_of("10.0.0.0");
		allow.prefix.addr.byte[14] = (uint8_t)(i >> 8);
		allow.prefix.addr.byte[15] = (uint8_t)i;
		check_passes(check, &allow);
		check_carried_out(check, &allow, now_ns + NS_PER_S);
	}
	allow.prefix = wire_of("10.9.0.0");
	check_refuses(check, &allow, CHECK_FULL, "one more than may be");
	disallow.prefix = wire_of("192.0.2.0/24");
	check_carried_out(check, &disallow, 0);
	assert_false(check_is_allowed(check, &disallow.prefix, &until_ns));
	check_passes(check, &allow);
	check_expire(check, now_ns + NS_PER_S);
	assert_false(check_is_allowed(check, &allow.prefix, &until_ns));
	/* Without a lease: until it is taken back. */
	allow.lease_ms = 0;
	assert_int_equal(ask(check, &allow, &reply), 0);
	assert_true(reply.expires_ns == 0);
	check_carried_out(check, &allow, 0);
	check_expire(check, UINT64_MAX);
	assert_true(check_is_allowed(check, &allow.prefix, &until_ns) && until_ns == 0);
	/* What a new watch does not ask for again is forgotten. */
	check_unclaim(check);
	check_carried_out(check, &allow, 0);
	check_forget_allowed(check);
	assert_true(check_is_allowed(check, &allow.prefix, &until_ns));
	check_unclaim(check);
	check_forget_allowed(check);
	assert_false(check_is_allowed(check, &allow.prefix, &until_ns));
	check_close(check);
}

/* Adopted is not claimed; asked for is, until watch is started again. */
static void test_claims(void **state)
{
	struct check *check = open_check(1000, 2);
	struct msg_request block = block_of("192.0.2.9"), limit = block_of("198.51.100.0/24");

	(void)state;
	limit.mitigation = 2;
	limit.verb = VERB_LIMIT_CLASS;
	limit.rate_pps = 5;
	check_adopt(check, 1, VERB_BLOCK, &block.prefix, now_ns + NS_PER_S);
	check_adopt(check, 3, VERB_BLOCK, &block.prefix, now_ns + NS_PER_S);
	assert_false(check_is_claimed(check, 1));
	check_passes(check, &block); /* the cap is reached, but it is one of those */
	check_carried_out(check, &block, now_ns + NS_PER_S);
	assert_true(check_is_claimed(check, 1));
	check_adopt(check, 1, VERB_BLOCK, &block.prefix, now_ns + NS_PER_S); /* of a sweep */
	assert_true(check_is_claimed(check, 1));
	assert_false(check_is_claimed(check, 3));
	check_forget(check, 3);
	assert_int_equal(check_in_force(check, VERB_BLOCK), 1);
	/* Of a limit the kernel part may know a piece only. */
	check_adopt(check, 2, VERB_LIMIT_CLASS, &(struct wire_prefix){ .bits = 128 }, UINT64_MAX);
	check_passes(check, &limit);
	check_carried_out(check, &limit, now_ns + NS_PER_S);
	assert_true(check_is_claimed(check, 2));
	assert_int_equal(check_in_force(check, VERB_LIMIT_CLASS), 1);
	REFUSED(limit, prefix = wire_of("198.51.100.7"), CHANGED);
	REFUSED(limit, mitigation = 1, CHANGED);
	check_unclaim(check);
	assert_false(check_is_claimed(check, 1) || check_is_claimed(check, 2));
	assert_int_equal(check_in_force(check, VERB_BLOCK), 1);
	check_close(check);
}

static void test_flood(void **state)
{
	struct check *check = open_check(100, 10);
	struct msg_request beat = { .version = MSG_VERSION, .kind = MSG_BEAT };
	struct msg_reply reply;
	unsigned passed = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		passed += ask(check, &beat, &reply) == 0;
	assert_int_equal(passed, 100);
	assert_int_equal(check_refused(check, CHECK_BUSY), 9900);
	now_ns += NS_PER_S / 10;
	for (passed = 0; ask(check, &beat, &reply) == 0;)
		passed++;
	assert_int_equal(passed, 10);
	/* A clock that stands or goes back fills nothing. */
	now_ns -= NS_PER_S;
	assert_int_equal(ask(check, &beat, &reply), -EBUSY);
	now_ns += 1000 * NS_PER_S;
	for (passed = 0; ask(check, &beat, &reply) == 0;)
		passed++;
	assert_int_equal(passed, 100);
	check_close(check);
}

/* Noise, and good requests with one byte changed: never a crash, never a touch of what is
 * protected. */
static void test_noise(void **state)
{
	struct check *check = open_check(1000000, 1000);
	struct msg_request bad, out;
	struct msg_reply reply;
	uint8_t bytes[600];

	(void)state;
	srandom(7);
	for (unsigned i = 0; i < 100000; i++) {
		size_t len = i % 4 == 0 ? (size_t)random() % sizeof(bytes) : sizeof(bad);

		bad = i % 2 ? block_of("192.0.2.9") : filter_of();
		memcpy(bytes, &bad, sizeof(bad));
		if (i % 8 == 0)
			for (size_t k = 0; k < len; k++)
				bytes[k] = (uint8_t)random();
		else
			bytes[(size_t)random() % sizeof(bad)] = (uint8_t)random();
		if (check_request(check, bytes, len, now_ns += 1000, &out, &reply) < 0)
			continue;
		assert_int_equal(len, sizeof(out));
		if (out.kind == MSG_APPLY && out.verb == VERB_BLOCK) {
			assert_in_range(out.prefix.bits, 16, 128);
			assert_true(out.prefix.addr.byte[15] != 1 || out.prefix.addr.byte[14] != 2);
		}
		check_carried_out(check, &out, reply.expires_ns);
	}
	check_close(check);
	check_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_whom),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
