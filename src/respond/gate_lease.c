/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_lease.c - the maps that hold leases by address: blocked, quarantined, limited,
 * allowed.
 *
 * One entry is one mitigation. A second order for an address that has one takes the entry over,
 * with the later of the two ends; the first is then no longer in force. The settings say which maps
 * have entries at all, so that empty ones cost no lookup: the flag is set after the first entry and
 * cleared before the last one would be missed.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "respond/gate_internal.h"

/* All values begin like this; struct wire_meter goes on. */
struct lease_start {
	uint64_t expires_ns, mitigation, hits, bytes, last_hit_ns;
};
_Static_assert(sizeof(struct lease_start) == sizeof(struct wire_lease), "the same fields");
_Static_assert(offsetof(struct wire_meter, filled_ns) == sizeof(struct lease_start),
	"a meter begins like a lease");

union lease_value {
	struct lease_start start;
	struct wire_lease lease;
	struct wire_meter meter;
};

union lease_key {
	struct wire_prefix prefix;
	struct wire_addr addr;
};

static const struct {
	const char *map;
	bool is_trie; /* keyed by prefix, else by address */
	size_t flag;  /* in struct wire_settings */
	enum verb verb;
} lists[GATE_LIST_COUNT] = {
	[GATE_BLOCKED] = { "blocked", false, offsetof(struct wire_settings, has_blocked),
		VERB_BLOCK },
	[GATE_BLOCKED_PREFIXES] = { "blocked_prefixes", true,
		offsetof(struct wire_settings, has_blocked_prefixes), VERB_BLOCK },
	[GATE_QUARANTINED] = { "quarantined", false,
		offsetof(struct wire_settings, has_quarantined), VERB_QUARANTINE },
	[GATE_LIMITED] = { "limited_sources", false,
		offsetof(struct wire_settings, has_limited_sources), VERB_LIMIT_SOURCE },
	[GATE_ALLOWED] = { "allowed", true, offsetof(struct wire_settings, has_allowed),
		VERB_COUNT },
};

static bool is_v4(const struct wire_prefix *prefix)
{
	struct addr addr = addr_from_v6(prefix->addr.byte);

	return addr_is_v4(&addr);
}

/* A form that the maps by address can hold: see blocked in wire.h. */
static bool fits_address(const struct wire_prefix *prefix)
{
	return prefix->bits == 128 || (prefix->bits == 64 && !is_v4(prefix));
}

enum gate_list gate_list_of(enum verb verb, const struct wire_prefix *prefix)
{
	switch (verb) {
	case VERB_BLOCK:
		return fits_address(prefix) ? GATE_BLOCKED : GATE_BLOCKED_PREFIXES;
	case VERB_QUARANTINE:
		return prefix->bits == 128 ? GATE_QUARANTINED : GATE_LIST_COUNT;
	case VERB_LIMIT_SOURCE:
		return fits_address(prefix) ? GATE_LIMITED : GATE_LIST_COUNT;
	default:
		return GATE_LIST_COUNT;
	}
}

static void key_of(enum gate_list list, const struct wire_prefix *prefix, union lease_key *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key));
	if (lists[list].is_trie)
		ret_key->prefix = *prefix;
	else
		ret_key->addr = prefix->addr;
}

/* Sets the flag of a list as its count has it. */
static int update_flag(struct gate *gate, enum gate_list list)
{
	struct wire_settings settings = gate->settings;
	uint32_t *flag = (uint32_t *)((char *)&settings + lists[list].flag);
	uint32_t wanted = gate->list_counts[list] > 0;

	if (*flag == wanted)
		return 0;
	*flag = wanted;
	return gate_settings_write(gate, &settings);
}

static int remove_entry(struct gate *gate, enum gate_list list, const struct wire_prefix *prefix)
{
	union lease_key key;

	key_of(list, prefix, &key);
	if (bpf_map_delete_elem(gate_map(gate, lists[list].map), &key))
		return -errno;
	gate->list_counts[list]--;
	return update_flag(gate, list);
}

/* Writes an entry that is new or not. A trie or hash that is full says so in several ways. */
static int put_entry(struct gate *gate, enum gate_list list, const struct wire_prefix *prefix,
	const union lease_value *value, bool is_new)
{
	union lease_key key;
	int result;

	key_of(list, prefix, &key);
	if (bpf_map_update_elem(gate_map(gate, lists[list].map), &key, value, BPF_ANY))
		return errno == E2BIG || errno == ENOMEM ? -ENOSPC : -errno;
	if (!is_new)
		return 0;
	gate->list_counts[list]++;
	result = update_flag(gate, list);
	if (result)
		remove_entry(gate, list, prefix);
	return result;
}

/* The entry of exactly that prefix: the tries find shorter ones too, so our own index decides. */
static bool read_entry(const struct gate *gate, enum gate_list list,
	const struct wire_prefix *prefix, union lease_value *ret_value)
{
	const struct gate_entry *entry;
	union lease_key key;

	key_of(list, prefix, &key);
	memset(ret_value, 0, sizeof(*ret_value));
	if (bpf_map_lookup_elem(gate_map(gate, lists[list].map), &key, ret_value))
		return false;
	if (!lists[list].is_trie)
		return true;
	entry = gate_index_find(&gate->index, ret_value->start.mitigation);
	if (entry && gate_prefix_equal(&entry->prefix, prefix))
		return true;
	memset(ret_value, 0, sizeof(*ret_value));
	return false;
}

/* A bucket begins full and holds what may come at once: a tenth of a second, at least one. */
static void set_meter(struct wire_meter *meter, uint32_t rate_pps)
{
	if (meter->rate_pps == rate_pps)
		return;
	meter->rate_pps = rate_pps;
	meter->burst = rate_pps / 10 ? rate_pps / 10 : 1;
	meter->tokens = meter->burst;
}

int gate_lease_apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns)
{
	enum gate_list list = gate_list_of(request->verb, &request->prefix);
	struct gate_entry *entry = gate_index_find(&gate->index, request->mitigation);
	union lease_value value;
	bool is_new;
	int result;

	if (list == GATE_LIST_COUNT || (list == GATE_LIMITED && !request->rate_pps))
		return -EINVAL;
	if (entry && (entry->verb != request->verb ||
			     !gate_prefix_equal(&entry->prefix, &request->prefix)))
		return -EINVAL; /* that id is another measure */
	is_new = !read_entry(gate, list, &request->prefix, &value);
	if (!is_new && value.start.mitigation != request->mitigation) {
		uint64_t ends_ns = value.start.expires_ns;

		gate_index_remove(&gate->index, value.start.mitigation);
		memset(&value.start, 0, sizeof(value.start));
		expires_ns = ends_ns > expires_ns ? ends_ns : expires_ns;
	}
	entry = gate_index_find(&gate->index, request->mitigation);
	if (!entry)
		entry = gate_index_add(&gate->index, request->mitigation);
	if (!entry)
		return -ENOMEM;
	entry->verb = request->verb;
	entry->prefix = request->prefix;
	entry->expires_ns = expires_ns;
	value.start.mitigation = request->mitigation;
	value.start.expires_ns = expires_ns;
	if (list == GATE_LIMITED)
		set_meter(&value.meter, request->rate_pps);
	result = put_entry(gate, list, &request->prefix, &value, is_new);
	if (result && is_new)
		gate_index_remove(&gate->index, request->mitigation);
	return result;
}

int gate_lease_revoke(struct gate *gate, const struct gate_entry *entry)
{
	enum gate_list list = gate_list_of(entry->verb, &entry->prefix);
	int result = remove_entry(gate, list, &entry->prefix);

	gate_index_remove(&gate->index, entry->mitigation);
	return result;
}

/* Takes one entry of a map into our books; what cannot be is to be deleted. */
static bool adopt_entry(struct gate *gate, enum gate_list list, const struct wire_prefix *prefix,
	const union lease_value *value)
{
	struct gate_entry *entry;

	if (list == GATE_ALLOWED) {
		struct gate_allowed *allowed = gate_array_add(&gate->allowed, sizeof(*allowed));

		if (allowed)
			*allowed = (struct gate_allowed){ *prefix, value->start.expires_ns };
		return allowed;
	}
	if (gate_index_find(&gate->index, value->start.mitigation))
		return false;
	entry = gate_index_add(&gate->index, value->start.mitigation);
	if (!entry)
		return false;
	entry->verb = lists[list].verb;
	entry->prefix = *prefix;
	entry->expires_ns = value->start.expires_ns;
	return true;
}

/* Whether an address in a map stands for itself or its /64: the lower half of a /64 is zero, which
 * no host's address is (RFC 4291 2.6.1: that one is the routers'). */
static uint32_t bits_of(const struct wire_addr *addr)
{
	static const uint8_t zero[8];
	struct wire_prefix prefix = { .bits = 128, .addr = *addr };

	return !is_v4(&prefix) && memcmp(&addr->byte[8], zero, sizeof(zero)) == 0 ? 64 : 128;
}

static int adopt_list(struct gate *gate, enum gate_list list)
{
	int fd = gate_map(gate, lists[list].map);
	union lease_key key, next;
	bool is_first = true;

	while (bpf_map_get_next_key(fd, is_first ? NULL : &key, &next) == 0) {
		union lease_value value;
		struct wire_prefix prefix =
			lists[list].is_trie
				? next.prefix
				: (struct wire_prefix){ bits_of(&next.addr), next.addr };
		bool stays;

		if (bpf_map_lookup_elem(fd, &next, &value))
			break;
		stays = adopt_entry(gate, list, &prefix, &value);
		if (stays)
			gate->list_counts[list]++;
		else if (bpf_map_delete_elem(fd, &next))
			return -errno;
		if (!stays)
			continue; /* from the same key on */
		key = next;
		is_first = false;
	}
	return update_flag(gate, list);
}

int gate_leases_adopt(struct gate *gate)
{
	for (enum gate_list list = 0; list < GATE_LIST_COUNT; list++) {
		int result = adopt_list(gate, list);

		if (result)
			return result;
	}
	return 0;
}

static struct gate_allowed *find_allowed(const struct gate *gate, const struct wire_prefix *prefix)
{
	struct gate_allowed *list = gate->allowed.list;

	for (uint32_t i = 0; i < gate->allowed.count; i++)
		if (gate_prefix_equal(&list[i].prefix, prefix))
			return &list[i];
	return NULL;
}

int gate_allow(struct gate *gate, const struct wire_prefix *prefix, uint64_t expires_ns)
{
	union lease_value value = { .lease = { .expires_ns = expires_ns } };
	struct gate_allowed *allowed = find_allowed(gate, prefix);
	bool is_new = !allowed;
	int result;

	if (!gate_prefix_is_sound(prefix))
		return -EINVAL;
	if (is_new) {
		allowed = gate_array_add(&gate->allowed, sizeof(*allowed));
		if (!allowed)
			return -ENOMEM;
		allowed->prefix = *prefix;
	} else if (allowed->expires_ns == expires_ns) {
		return 0;
	}
	result = put_entry(gate, GATE_ALLOWED, prefix, &value, is_new);
	if (result && is_new)
		gate->allowed.count--;
	else if (result == 0)
		allowed->expires_ns = expires_ns;
	return result;
}

int gate_disallow(struct gate *gate, const struct wire_prefix *prefix)
{
	struct gate_allowed *allowed = find_allowed(gate, prefix);
	struct wire_prefix gone = *prefix; /* which may lie in the record that goes */

	if (!allowed)
		return -ENOENT;
	gate_array_remove(&gate->allowed, sizeof(*allowed),
		(uint32_t)(allowed - (struct gate_allowed *)gate->allowed.list));
	return remove_entry(gate, GATE_ALLOWED, &gone);
}

void gate_allowed_list(const struct gate *gate,
	void (*call)(void *context, const struct wire_prefix *prefix), void *context)
{
	const struct gate_allowed *list = gate->allowed.list;

	for (uint32_t i = 0; i < gate->allowed.count; i++)
		call(context, &list[i].prefix);
}

void gate_allowed_sweep(struct gate *gate, uint64_t now_ns)
{
	for (uint32_t i = gate->allowed.count; i-- > 0;) {
		const struct gate_allowed *allowed =
			(const struct gate_allowed *)gate->allowed.list + i;

		if (allowed->expires_ns && allowed->expires_ns <= now_ns)
			gate_disallow(gate, &allowed->prefix);
	}
}
