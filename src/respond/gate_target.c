/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_target.c - the trie of protected targets, with the limits that mitigations set.
 *
 * The kernel part looks up the longest prefix only. So an entry must hold all that applies to its
 * addresses: the flags of the longest configured prefix around it, and for each class the limit of
 * the longest limited prefix around it. We keep what is wanted (bases of the configuration, limits)
 * and compute the entries from it: a configured prefix has one, and a limited prefix inside a
 * configured one. A limit protects nothing that the configuration does not.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "respond/gate_internal.h"

#define LIMITS_MAX 1024 /* each is looked at for each entry that changes */

static struct gate_limit *limit_at(const struct gate *gate, uint32_t i)
{
	return (struct gate_limit *)gate->limits.list + i;
}

static struct wire_prefix *target_at(const struct gate *gate, uint32_t i)
{
	return (struct wire_prefix *)gate->targets.list + i;
}

/* The longest configured prefix that holds it, or NULL. */
static const struct gate_protect *base_of(const struct gate *gate, const struct wire_prefix *prefix)
{
	const struct gate_protect *bases = gate->bases.list, *best = NULL;

	for (uint32_t i = 0; i < gate->bases.count; i++)
		if (gate_prefix_holds(&bases[i].prefix, prefix) &&
			(!best || bases[i].prefix.bits > best->prefix.bits))
			best = &bases[i];
	return best;
}

static const struct gate_limit *limit_of(
	const struct gate *gate, const struct wire_prefix *prefix, unsigned class)
{
	const struct gate_limit *best = NULL;

	for (uint32_t i = 0; i < gate->limits.count; i++) {
		const struct gate_limit *limit = limit_at(gate, i);

		if (limit->class == class && gate_prefix_holds(&limit->prefix, prefix) &&
			(!best || limit->prefix.bits > best->prefix.bits))
			best = limit;
	}
	return best;
}

static void set_limit(struct wire_target *target, unsigned class, const struct gate_limit *limit,
	const struct wire_target *before)
{
	target->limit_pps[class] = limit->rate_pps;
	target->limit_until_ns[class] = limit->expires_ns;
	target->limit_mitigation[class] = limit->mitigation;
	if (before->limit_mitigation[class] == limit->mitigation)
		target->limit_hits[class] = before->limit_hits[class];
}

static bool is_target(const struct gate *gate, const struct wire_prefix *prefix)
{
	for (uint32_t i = 0; i < gate->targets.count; i++)
		if (gate_prefix_equal(target_at(gate, i), prefix))
			return true;
	return false;
}

/* Writes the entry of a prefix as it has to be now. is_new: it has none yet. */
static int write_target(struct gate *gate, const struct wire_prefix *prefix, bool is_new)
{
	const struct gate_protect *base = base_of(gate, prefix);
	struct wire_target target = gate->template, before = { 0 };
	struct wire_prefix *added = NULL;
	int fd = gate_map(gate, "targets");

	if (is_new && !(added = gate_array_add(&gate->targets, sizeof(*added))))
		return -ENOMEM;
	target.flags = base ? base->flags : 0;
	if (!is_new && bpf_map_lookup_elem(fd, prefix, &before))
		memset(&before, 0, sizeof(before));
	for (unsigned class = 0; class < WIRE_CLASS_COUNT; class ++) {
		const struct gate_limit *limit = limit_of(gate, prefix, class);

		if (limit)
			set_limit(&target, class, limit, &before);
	}
	if (bpf_map_update_elem(fd, prefix, &target, BPF_ANY)) {
		if (added)
			gate->targets.count--;
		return errno == ENOMEM || errno == E2BIG ? -ENOSPC : -errno;
	}
	if (added)
		*added = *prefix;
	return 0;
}

/* Writes all entries within a prefix anew. */
static int rewrite_within(struct gate *gate, const struct wire_prefix *prefix)
{
	int result = 0;

	for (uint32_t i = 0; i < gate->targets.count && result == 0; i++)
		if (gate_prefix_holds(prefix, target_at(gate, i)))
			result = write_target(gate, target_at(gate, i), false);
	return result;
}

static bool is_wanted(const struct gate *gate, const struct wire_prefix *prefix)
{
	const struct gate_protect *base = base_of(gate, prefix);

	if (!base)
		return false;
	if (gate_prefix_equal(&base->prefix, prefix))
		return true;
	for (uint32_t i = 0; i < gate->limits.count; i++)
		if (gate_prefix_equal(&limit_at(gate, i)->prefix, prefix))
			return true;
	return false;
}

static void drop_unwanted(struct gate *gate)
{
	for (uint32_t i = gate->targets.count; i-- > 0;) {
		if (is_wanted(gate, target_at(gate, i)))
			continue;
		bpf_map_delete_elem(gate_map(gate, "targets"), target_at(gate, i));
		gate_array_remove(&gate->targets, sizeof(struct wire_prefix), i);
	}
}

int gate_targets_configure(struct gate *gate, const struct gate_protect *protect, unsigned count)
{
	struct gate_array before = gate->bases;
	int result = 0;

	gate->bases = (struct gate_array){ 0 };
	for (unsigned i = 0; i < count && result == 0; i++) {
		struct gate_protect *base = gate_array_add(&gate->bases, sizeof(*base));

		if (base)
			*base = protect[i];
		result = base ? 0 : -ENOMEM;
	}
	for (unsigned i = 0; i < count && result == 0; i++)
		if (!is_target(gate, &protect[i].prefix))
			result = write_target(gate, &protect[i].prefix, true);
	for (uint32_t i = 0; i < gate->limits.count && result == 0; i++) {
		const struct gate_limit *limit = limit_at(gate, i);

		if (base_of(gate, &limit->prefix) && !is_target(gate, &limit->prefix))
			result = write_target(gate, &limit->prefix, true);
	}
	for (uint32_t i = 0; i < gate->targets.count && result == 0; i++)
		result = write_target(gate, target_at(gate, i), false);
	if (result) {
		gate_array_close(&gate->bases);
		gate->bases = before;
	} else {
		gate_array_close(&before);
	}
	drop_unwanted(gate);
	return result;
}

static void drop_limit(struct gate *gate, uint32_t position)
{
	struct gate_limit gone = *limit_at(gate, position);

	gate_array_remove(&gate->limits, sizeof(gone), position);
	rewrite_within(gate, &gone.prefix);
	drop_unwanted(gate);
}

int gate_target_revoke(struct gate *gate, uint64_t mitigation)
{
	bool found = false;

	for (uint32_t i = gate->limits.count; i-- > 0;) {
		if (limit_at(gate, i)->mitigation != mitigation)
			continue;
		drop_limit(gate, i);
		found = true;
	}
	gate_index_remove(&gate->index, mitigation);
	return found ? 0 : -ENOENT;
}

/* The limit of that class on exactly that prefix. */
static struct gate_limit *find_limit(
	const struct gate *gate, const struct wire_prefix *prefix, unsigned class)
{
	for (uint32_t i = 0; i < gate->limits.count; i++)
		if (limit_at(gate, i)->class == class &&
			gate_prefix_equal(&limit_at(gate, i)->prefix, prefix))
			return limit_at(gate, i);
	return NULL;
}

static bool touches_bases(const struct gate *gate, const struct wire_prefix *prefix)
{
	const struct gate_protect *bases = gate->bases.list;

	for (uint32_t i = 0; i < gate->bases.count; i++)
		if (gate_prefix_holds(&bases[i].prefix, prefix) ||
			gate_prefix_holds(prefix, &bases[i].prefix))
			return true;
	return false;
}

/* Puts a limit into the list, in place of one of the same prefix and class. */
static int place_limit(struct gate *gate, const struct msg_request *request, uint64_t expires_ns)
{
	struct gate_limit *limit = find_limit(gate, &request->prefix, request->class);

	if (limit && limit->mitigation != request->mitigation) {
		gate_index_remove(&gate->index, limit->mitigation);
		expires_ns = limit->expires_ns > expires_ns ? limit->expires_ns : expires_ns;
	}
	if (!limit && gate->limits.count == LIMITS_MAX)
		return -ENOSPC;
	if (!limit && !(limit = gate_array_add(&gate->limits, sizeof(*limit))))
		return -ENOMEM;
	*limit = (struct gate_limit){ .prefix = request->prefix,
		.class = request->class,
		.rate_pps = request->rate_pps,
		.mitigation = request->mitigation,
		.expires_ns = expires_ns };
	return 0;
}

static int index_limit(struct gate *gate, const struct wire_prefix *prefix, uint64_t mitigation,
	uint64_t expires_ns)
{
	struct gate_entry *entry = gate_index_find(&gate->index, mitigation);

	if (!entry && !(entry = gate_index_add(&gate->index, mitigation)))
		return -ENOMEM;
	entry->verb = VERB_LIMIT_CLASS;
	entry->prefix = *prefix;
	entry->expires_ns = expires_ns;
	return 0;
}

int gate_target_limit(struct gate *gate, const struct msg_request *request, uint64_t expires_ns)
{
	const struct gate_entry *entry = gate_index_find(&gate->index, request->mitigation);
	int result;

	if (request->class >= WIRE_CLASS_COUNT || !request->rate_pps ||
		!touches_bases(gate, &request->prefix))
		return -EINVAL;
	if (entry && (entry->verb != VERB_LIMIT_CLASS ||
			     !gate_prefix_holds(&request->prefix, &entry->prefix)))
		return -EINVAL;
	/* One that was adopted is known by the entries it was found in: now we hear the whole. */
	if (entry && !gate_prefix_equal(&entry->prefix, &request->prefix))
		gate_target_revoke(gate, request->mitigation);
	result = place_limit(gate, request, expires_ns);
	if (result)
		return result;
	result = index_limit(gate, &request->prefix, request->mitigation, expires_ns);
	if (result == 0 && base_of(gate, &request->prefix) && !is_target(gate, &request->prefix))
		result = write_target(gate, &request->prefix, true);
	if (result == 0)
		result = rewrite_within(gate, &request->prefix);
	if (result)
		gate_target_revoke(gate, request->mitigation);
	return result;
}

/* Takes over the limits of one entry, but those that a wider entry has brought already. */
static int adopt_limits(
	struct gate *gate, const struct wire_prefix *prefix, const struct wire_target *target)
{
	for (unsigned class = 0; class < WIRE_CLASS_COUNT; class ++) {
		const struct gate_limit *wider = limit_of(gate, prefix, class);
		struct msg_request request = { .mitigation = target->limit_mitigation[class],
			.prefix = *prefix,
			.class = class,
			.rate_pps = target->limit_pps[class] };
		uint64_t until_ns = target->limit_until_ns[class];
		int result;

		if (!request.mitigation || !request.rate_pps ||
			(wider && wider->mitigation == request.mitigation))
			continue;
		result = place_limit(gate, &request, until_ns);
		if (result == 0 && !gate_index_find(&gate->index, request.mitigation))
			result = index_limit(gate, prefix, request.mitigation, until_ns);
		if (result)
			return result;
	}
	return 0;
}

static int adopt_target(
	struct gate *gate, const struct wire_prefix *prefix, const struct wire_target *value)
{
	struct wire_prefix *target = gate_array_add(&gate->targets, sizeof(*target));
	struct gate_protect *base = gate_array_add(&gate->bases, sizeof(*base));

	if (!target || !base)
		return -ENOMEM;
	*target = *prefix;
	*base = (struct gate_protect){ .prefix = *prefix, .flags = value->flags };
	return 0;
}

static int shorter_first(const void *a, const void *b)
{
	const struct wire_prefix *one = a, *other = b;

	return (one->bits > other->bits) - (one->bits < other->bits);
}

/* Until the configuration comes, all that is there counts as configured. */
int gate_targets_adopt(struct gate *gate)
{
	int fd = gate_map(gate, "targets"), result = 0;
	struct wire_prefix key, next;
	struct wire_target value;
	bool is_first = true;

	while (result == 0 && bpf_map_get_next_key(fd, is_first ? NULL : &key, &next) == 0) {
		if (bpf_map_lookup_elem(fd, &next, &value) == 0)
			result = adopt_target(gate, &next, &value);
		key = next;
		is_first = false;
	}
	if (gate->targets.count)
		qsort(gate->targets.list, gate->targets.count, sizeof(key), shorter_first);
	for (uint32_t i = 0; i < gate->targets.count && result == 0; i++)
		if (bpf_map_lookup_elem(fd, target_at(gate, i), &value) == 0)
			result = adopt_limits(gate, target_at(gate, i), &value);
	return result;
}
