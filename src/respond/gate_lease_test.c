/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_lease_test.c - measures in the maps: each verb put in force, extended, taken over,
 * taken back and run out; full maps; what an adoption finds again.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "respond/gate_internal.h"
#include "respond/respond_fixture.h"

#define LATER (now_monotonic_ns() + 60000000000)

static struct wire_settings settings_of(const struct gate *gate)
{
	struct wire_settings settings;
	uint32_t first = 0;

	assert_int_equal(bpf_map_lookup_elem(gate_map(gate, "settings"), &first, &settings), 0);
	return settings;
}

static bool lookup(const struct gate *gate, const char *map, const void *key, void *value)
{
	return bpf_map_lookup_elem(gate_map(gate, map), key, value) == 0;
}

static unsigned entries_of(const struct gate *gate, const char *map)
{
	uint8_t key[64] = { 0 }, next[64];
	unsigned count = 0;

	while (bpf_map_get_next_key(gate_map(gate, map), count ? key : NULL, next) == 0) {
		memcpy(key, next, sizeof(key));
		count++;
	}
	return count;
}

static void finish(struct gate *gate)
{
	assert_int_equal(gate_remove(gate, NULL), 0);
	gate_close(gate);
}

static void apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns)
{
	assert_int_equal(gate_apply(gate, request, expires_ns), 0);
}

static void blocks(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request one = request_of(VERB_BLOCK, 1, "203.0.113.7");
	struct msg_request wide = request_of(VERB_BLOCK, 2, "203.0.113.0/24");
	struct msg_request six = request_of(VERB_BLOCK, 3, "2001:db8:1:2::/64");
	struct wire_lease lease;
	uint64_t later = LATER;

	apply(gate, &one, later);
	assert_true(lookup(gate, "blocked", &one.prefix.addr, &lease));
	assert_int_equal(lease.mitigation, 1);
	assert_int_equal(lease.expires_ns, later);
	assert_true(settings_of(gate).has_blocked);
	assert_false(settings_of(gate).has_blocked_prefixes);
	apply(gate, &wide, later);
	assert_true(lookup(gate, "blocked_prefixes", &wide.prefix, &lease));
	assert_true(settings_of(gate).has_blocked_prefixes);
	apply(gate, &six, later);
	assert_true(lookup(gate, "blocked", &six.prefix.addr, &lease));
	assert_int_equal(gate_revoke(gate, 1), 0);
	assert_false(lookup(gate, "blocked", &one.prefix.addr, &lease));
	assert_true(settings_of(gate).has_blocked);
	assert_int_equal(gate_revoke(gate, 3), 0);
	assert_false(settings_of(gate).has_blocked);
	assert_int_equal(gate_revoke(gate, 2), 0);
	assert_false(settings_of(gate).has_blocked_prefixes);
	finish(gate);
}

/* Hits go on when the same measure is extended, and begin anew with another one. */
static void extends_and_takes_over(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request request = request_of(VERB_BLOCK, 1, "203.0.113.7");
	struct wire_lease lease;
	uint64_t later = LATER;

	apply(gate, &request, later);
	assert_true(lookup(gate, "blocked", &request.prefix.addr, &lease));
	lease.hits = 5;
	bpf_map_update_elem(gate_map(gate, "blocked"), &request.prefix.addr, &lease, BPF_ANY);
	apply(gate, &request, later + 5);
	assert_true(lookup(gate, "blocked", &request.prefix.addr, &lease));
	assert_int_equal(lease.hits, 5);
	assert_int_equal(lease.expires_ns, later + 5);
	request.mitigation = 2;
	apply(gate, &request, later);
	assert_true(lookup(gate, "blocked", &request.prefix.addr, &lease));
	assert_int_equal(lease.mitigation, 2);
	assert_int_equal(lease.hits, 0);
	assert_int_equal(lease.expires_ns, later + 5);
	assert_int_equal(gate_revoke(gate, 1), -ENOENT);
	/* An id stands for one thing. */
	request.prefix = prefix_of("203.0.113.8");
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request.verb = VERB_LIMIT_CLASS;
	request.rate_pps = 1;
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	finish(gate);
}

static void refuses_what_makes_no_sense(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request request = request_of(VERB_BLOCK, 1, "203.0.113.7");
	uint64_t later = LATER;

	assert_int_equal(gate_apply(gate, &request, 0), -EINVAL);
	request.prefix.bits = 129;
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request.prefix.bits = 120; /* bits beyond the length */
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request.prefix = (struct wire_prefix){ 0 }; /* ::/0, which in the tries is IPv4 too */
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	assert_int_equal(gate_allow(gate, &request.prefix, 0), -EINVAL);
	request = request_of(VERB_BLOCK, 0, "203.0.113.7");
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request = request_of(VERB_QUARANTINE, 1, "198.51.100.0/24");
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request = request_of(VERB_LIMIT_SOURCE, 1, "203.0.113.7"); /* no rate */
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request = request_of(VERB_FILTER, 1, "198.51.100.7"); /* matches everything */
	request.filter.ip_len_max = request.filter.payload_len_max = UINT16_MAX;
	request.filter.ttl_max = UINT8_MAX;
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request = request_of(VERB_LIMIT_CLASS, 1, "192.0.2.1"); /* not protected */
	request.rate_pps = 100;
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request.prefix = prefix_of("198.51.100.7");
	request.class = WIRE_CLASS_COUNT;
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	request.verb = VERB_COOKIES;
	assert_int_equal(gate_apply(gate, &request, later), -EINVAL);
	assert_int_equal(gate_revoke(gate, 1), -ENOENT);
	finish(gate);
}

static void limits_senders_and_quarantines(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request limit = request_of(VERB_LIMIT_SOURCE, 1, "203.0.113.7");
	struct msg_request quarantine = request_of(VERB_QUARANTINE, 2, "198.51.100.9");
	struct wire_meter meter;
	struct wire_lease lease;

	limit.rate_pps = 500;
	apply(gate, &limit, LATER);
	apply(gate, &quarantine, LATER);
	assert_true(lookup(gate, "limited_sources", &limit.prefix.addr, &meter));
	assert_int_equal(meter.rate_pps, 500);
	assert_int_equal(meter.burst, 50);
	assert_int_equal(meter.tokens, 50);
	assert_true(lookup(gate, "quarantined", &quarantine.prefix.addr, &lease));
	assert_true(settings_of(gate).has_limited_sources);
	assert_true(settings_of(gate).has_quarantined);
	/* All of them run out at once. */
	gate_sweep(gate, UINT64_MAX, NULL, NULL);
	assert_int_equal(entries_of(gate, "limited_sources"), 0);
	assert_int_equal(entries_of(gate, "quarantined"), 0);
	assert_false(settings_of(gate).has_limited_sources);
	assert_false(settings_of(gate).has_quarantined);
	finish(gate);
}

/* A full map refuses the next one, and nothing of it is half there. */
static void a_full_map_says_so(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state)); /* blocked_max 1024 */
	struct msg_request request = request_of(VERB_BLOCK, 1, "10.0.0.0");
	uint64_t later = LATER;
	unsigned count = 0;

	while (count < 2000) {
		request.mitigation = count + 1;
		request.prefix.addr.byte[14] = (uint8_t)(count >> 8);
		request.prefix.addr.byte[15] = (uint8_t)count;
		if (gate_apply(gate, &request, later))
			break;
		count++;
	}
	assert_int_equal(count, 1024);
	assert_int_equal(gate_apply(gate, &request, later), -ENOSPC);
	assert_int_equal(gate_revoke(gate, request.mitigation), -ENOENT);
	assert_int_equal(gate_revoke(gate, 1), 0);
	apply(gate, &request, later);
	assert_int_equal(entries_of(gate, "blocked"), 1024);
	gate_sweep(gate, UINT64_MAX, NULL, NULL); /* more than are collected at once */
	assert_int_equal(entries_of(gate, "blocked"), 0);
	finish(gate);
}

static struct msg_request limit_of(uint64_t id, const char *prefix, uint32_t rate_pps)
{
	struct msg_request request = request_of(VERB_LIMIT_CLASS, id, prefix);

	request.class = WIRE_CLASS_UDP;
	request.rate_pps = rate_pps;
	return request;
}

static uint32_t limit_at(const struct gate *gate, const char *address)
{
	struct wire_prefix prefix = prefix_of(address);
	struct wire_target target;

	return lookup(gate, "targets", &prefix, &target) ? target.limit_pps[WIRE_CLASS_UDP] : 0;
}

/* The longest entry decides, so it has to hold what the wider limits say. */
static void limits_classes(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request host = limit_of(1, "198.51.100.7", 100);
	struct msg_request net = limit_of(2, "198.51.100.0/25", 200);
	struct msg_request wider = limit_of(3, "198.51.0.0/16", 300);
	struct wire_prefix own = prefix_of("198.51.100.1"), at = prefix_of("198.51.100.7");
	struct wire_target target;

	assert_int_equal(entries_of(gate, "targets"), 3);
	apply(gate, &host, LATER);
	assert_int_equal(entries_of(gate, "targets"), 4);
	assert_true(lookup(gate, "targets", &at, &target));
	assert_int_equal(target.high_pps[WIRE_CLASS_SYN], 2000); /* copied from around it */
	apply(gate, &net, LATER);
	assert_int_equal(limit_at(gate, "198.51.100.7"), 100);
	assert_int_equal(limit_at(gate, "198.51.100.8"), 200);
	assert_int_equal(limit_at(gate, "198.51.100.1"), 200);
	assert_true(lookup(gate, "targets", &own, &target));
	assert_int_equal(target.flags, WIRE_TARGET_LOCAL);
	assert_int_equal(limit_at(gate, "198.51.100.200"), 0);
	/* Wider than what is protected: the limit holds inside, and protects nothing more. */
	apply(gate, &wider, LATER);
	assert_int_equal(limit_at(gate, "198.51.100.200"), 300);
	assert_int_equal(limit_at(gate, "198.51.99.1"), 0);
	assert_int_equal(entries_of(gate, "targets"), 5);
	assert_int_equal(gate_revoke(gate, 1), 0);
	assert_int_equal(limit_at(gate, "198.51.100.7"), 200);
	assert_int_equal(gate_revoke(gate, 2), 0);
	assert_int_equal(limit_at(gate, "198.51.100.7"), 300);
	assert_int_equal(gate_revoke(gate, 3), 0);
	assert_int_equal(limit_at(gate, "198.51.100.1"), 0);
	assert_int_equal(entries_of(gate, "targets"), 3);
	finish(gate);
}

/* Targets that are gone go, limits that mitigations set stay. */
static void reconfigures(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	struct msg_request host = limit_of(1, "198.51.100.7", 100);
	struct gate_protect fewer[] = { { prefix_of("198.51.100.0/24"), 0 } };
	struct gate_protect unsound[] = { { { 0 }, 0 } };
	struct wire_prefix six = prefix_of("2001:db8::1");
	struct wire_target target;
	struct err err;

	apply(gate, &host, LATER);
	machine->conf.gate.syn_high_pps = 5000;
	assert_int_equal(gate_configure(gate, &machine->conf, fewer, 1, &err), 0);
	machine->conf.gate.syn_high_pps = 2000;
	assert_false(lookup(gate, "targets", &six, &target));
	assert_int_equal(limit_at(gate, "198.51.100.7"), 100);
	assert_int_equal(entries_of(gate, "targets"), 2);
	assert_true(lookup(gate, "targets", &host.prefix, &target));
	assert_int_equal(target.high_pps[WIRE_CLASS_SYN], 5000);
	assert_int_equal(gate_configure(gate, &machine->conf, unsound, 1, &err), -EINVAL);
	assert_non_null(strstr(err.text, "::/0"));
	assert_int_equal(
		gate_configure(gate, &machine->conf, fewer, WIRE_TARGETS_MAX, &err), -ENOSPC);
	assert_int_equal(entries_of(gate, "targets"), 2);
	finish(gate);
}

static struct msg_request filter_of(uint64_t id, const char *prefix)
{
	struct msg_request request = request_of(VERB_FILTER, id, prefix);

	request.filter = (struct wire_filter){ .mask = { 0xff },
		.value = { 17 },
		.ip_len_max = UINT16_MAX,
		.payload_len_max = UINT16_MAX,
		.ttl_max = UINT8_MAX };
	return request;
}

/* Ids of the filters that a packet to that address meets, in their order, as "1 2 3". */
static const char *filters_at(const struct gate *gate, const char *address)
{
	static char text[128];
	struct wire_prefix prefix = prefix_of(address), key;
	struct addr addr = addr_from_v6(prefix.addr.byte);
	struct wire_filters filters;
	uint32_t bits;

	text[0] = 0;
	if (!lookup(gate, "filter_targets", &prefix, &bits))
		return text;
	addr = addr_mask(&addr, bits);
	key.bits = bits;
	memcpy(key.addr.byte, addr.byte, sizeof(addr.byte));
	assert_true(lookup(gate, "filters", &key, &filters));
	for (unsigned i = 0; i < filters.used; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d", i ? " " : "",
			(int)filters.filter[i].mitigation);
	return text;
}

static void filters(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request host = filter_of(1, "198.51.100.7"),
			   net = filter_of(2, "198.51.100.0/24"),
			   second = filter_of(3, "198.51.100.7");

	apply(gate, &host, LATER);
	assert_string_equal(filters_at(gate, "198.51.100.7"), "1");
	assert_string_equal(filters_at(gate, "198.51.100.8"), "");
	apply(gate, &net, LATER);
	assert_string_equal(filters_at(gate, "198.51.100.7"), "1 2");
	assert_string_equal(filters_at(gate, "198.51.100.8"), "2");
	apply(gate, &second, LATER);
	assert_string_equal(filters_at(gate, "198.51.100.7"), "1 3 2");
	apply(gate, &host, LATER); /* extends */
	assert_string_equal(filters_at(gate, "198.51.100.7"), "1 3 2");
	assert_int_equal(gate_revoke(gate, 1), 0);
	assert_int_equal(gate_revoke(gate, 3), 0);
	assert_string_equal(filters_at(gate, "198.51.100.7"), "2");
	assert_int_equal(entries_of(gate, "filters"), 1);
	assert_true(settings_of(gate).has_filters);
	assert_int_equal(gate_revoke(gate, 2), 0);
	assert_int_equal(entries_of(gate, "filters"), 0);
	assert_false(settings_of(gate).has_filters);
	assert_int_equal(entries_of(gate, "filter_targets"), 0);
	finish(gate);
}

static void a_target_has_so_many_filters(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct msg_request request = filter_of(99, "198.51.100.0/24");
	const char *met;

	apply(gate, &request, LATER);
	for (uint64_t id = 1; id <= WIRE_FILTERS; id++) {
		request = filter_of(id, "198.51.100.7");
		apply(gate, &request, LATER);
	}
	met = filters_at(gate, "198.51.100.7");
	assert_non_null(strstr(met, "15 16"));
	assert_null(strstr(met, "99")); /* the wider one gives way */
	request = filter_of(50, "198.51.100.7");
	assert_int_equal(gate_apply(gate, &request, LATER), -ENOSPC);
	assert_int_equal(gate_revoke(gate, 50), -ENOENT);
	assert_int_equal(gate_revoke(gate, 1), 0);
	assert_non_null(strstr(filters_at(gate, "198.51.100.7"), "99"));
	finish(gate);
}

static void count_allowed(void *context, const struct wire_prefix *prefix)
{
	assert_true(prefix->bits <= 128);
	++*(unsigned *)context;
}

static void allows(void **state)
{
	struct gate *gate = gate_on_wt0(machine_of(state));
	struct wire_prefix prefix = prefix_of("192.0.2.0/24"), other = prefix_of("192.0.2.1");
	struct wire_lease lease;
	unsigned count = 0;

	assert_int_equal(gate_allow(gate, &prefix, 0), 0);
	assert_int_equal(gate_allow(gate, &other, 1000), 0);
	assert_int_equal(gate_allow(gate, &other, 0), 0); /* for good, and no longer so */
	assert_int_equal(gate_allow(gate, &other, 2000), 0);
	assert_int_equal(gate_allow(gate, &other, 1500), 0);
	assert_true(lookup(gate, "allowed", &other, &lease));
	assert_int_equal(lease.expires_ns, 1500);
	gate_allowed_list(gate, count_allowed, &count);
	assert_int_equal(count, 2);
	assert_true(settings_of(gate).has_allowed);
	gate_sweep(gate, 3000, NULL, NULL);
	assert_true(lookup(gate, "allowed", &other, &lease));
	assert_int_equal(lease.expires_ns, 0); /* the wider one's */
	assert_int_equal(gate_disallow(gate, &other), -ENOENT);
	assert_int_equal(gate_disallow(gate, &prefix), 0);
	assert_false(settings_of(gate).has_allowed);
	finish(gate);
}

struct seen {
	unsigned count;
	uint64_t ids;
};

static void see(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct seen *seen = context;

	(void)verb;
	assert_true(prefix->bits <= 128 && expires_ns > 0);
	seen->count++;
	seen->ids |= 1ULL << mitigation;
}

/* Everything that was in force is known again after a restart, and can be taken back. */
static void adopts_everything(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	struct msg_request requests[] = { request_of(VERB_BLOCK, 1, "203.0.113.7"),
		request_of(VERB_BLOCK, 2, "203.0.113.0/24"),
		request_of(VERB_BLOCK, 3, "2001:db8:1:2::/64"),
		request_of(VERB_QUARANTINE, 4, "198.51.100.9"),
		request_of(VERB_LIMIT_SOURCE, 5, "203.0.113.8"), limit_of(6, "198.51.100.7", 100),
		limit_of(7, "198.51.0.0/16", 200), filter_of(8, "198.51.100.7"),
		filter_of(9, "198.51.100.0/24") };
	enum { COUNT = sizeof(requests) / sizeof(requests[0]) };
	struct wire_prefix allowed = prefix_of("192.0.2.0/24");
	struct seen seen = { 0 };

	requests[4].rate_pps = 10;
	for (unsigned i = 0; i < COUNT; i++)
		apply(gate, &requests[i], LATER);
	assert_int_equal(gate_allow(gate, &allowed, 0), 0);
	gate_close(gate);
	gate = gate_on_wt0(machine);
	assert_true(gate_is_adopted(gate));
	gate_sweep(gate, now_monotonic_ns(), see, &seen);
	assert_int_equal(seen.count, COUNT);
	assert_int_equal(seen.ids, 0x3fe);
	assert_true(settings_of(gate).has_blocked && settings_of(gate).has_allowed);
	assert_string_equal(filters_at(gate, "198.51.100.7"), "8 9");
	assert_int_equal(limit_at(gate, "198.51.100.7"), 100);
	assert_int_equal(limit_at(gate, "198.51.100.8"), 200);
	for (unsigned i = 0; i < COUNT; i++)
		apply(gate, &requests[i], LATER); /* extends */
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(gate_revoke(gate, requests[i].mitigation), 0);
	assert_int_equal(entries_of(gate, "blocked"), 0);
	assert_int_equal(entries_of(gate, "blocked_prefixes"), 0);
	assert_int_equal(entries_of(gate, "filters"), 0);
	assert_int_equal(entries_of(gate, "targets"), 3);
	assert_int_equal(gate_disallow(gate, &allowed), 0);
	finish(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks),
		cmocka_unit_test(extends_and_takes_over),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(limits_senders_and_quarantines),
		cmocka_unit_test(a_full_map_says_so),
		cmocka_unit_test(limits_classes),
		cmocka_unit_test(reconfigures),
		cmocka_unit_test(filters),
		cmocka_unit_test(a_target_has_so_many_filters),
		cmocka_unit_test(allows),
		cmocka_unit_test(adopts_everything),
	};

	return cmocka_run_group_tests(tests, machine_open, machine_close);
}
