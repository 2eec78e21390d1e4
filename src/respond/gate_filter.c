/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_filter.c - signature filters by target.
 *
 * The kernel part finds the longest prefix around the destination and tries the filters of its
 * entry only. So an entry holds its own filters first and then those of wider prefixes around it,
 * up to WIRE_FILTERS; what does not fit of the wider ones is left out there, while an own one that
 * does not fit is refused. Entries are written whole, so a packet sees the old or the new one.
 * filter_targets gets a prefix after filters has its entry, and loses it before; has_filters of the
 * settings is set after the first and cleared after the last.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "respond/gate_internal.h"

static struct gate_filter *filter_at(const struct gate *gate, uint32_t i)
{
	return (struct gate_filter *)gate->filters.list + i;
}

static struct wire_prefix *entry_at(const struct gate *gate, uint32_t i)
{
	return (struct wire_prefix *)gate->filtered.list + i;
}

static bool has_entry(const struct gate *gate, const struct wire_prefix *prefix)
{
	for (uint32_t i = 0; i < gate->filtered.count; i++)
		if (gate_prefix_equal(entry_at(gate, i), prefix))
			return true;
	return false;
}

static unsigned own_filters(const struct gate *gate, const struct wire_prefix *prefix)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < gate->filters.count; i++)
		count += gate_prefix_equal(&filter_at(gate, i)->prefix, prefix);
	return count;
}

/* The counters go on in the entry's new form. */
static void keep_hits(struct wire_filter *filter, const struct wire_filters *before)
{
	for (unsigned i = 0; i < WIRE_FILTERS; i++) {
		if (before->filter[i].mitigation != filter->mitigation)
			continue;
		filter->hits = before->filter[i].hits;
		filter->bytes = before->filter[i].bytes;
		filter->last_hit_ns = before->filter[i].last_hit_ns;
	}
}

/* Longest prefix first. */
static void fill_entry(const struct gate *gate, const struct wire_prefix *prefix,
	const struct wire_filters *before, struct wire_filters *ret_entry)
{
	memset(ret_entry, 0, sizeof(*ret_entry));
	for (int bits = (int)prefix->bits; bits >= 0; bits--) {
		for (uint32_t i = 0; i < gate->filters.count; i++) {
			const struct gate_filter *filter = filter_at(gate, i);

			if (filter->prefix.bits != (uint32_t)bits ||
				!gate_prefix_holds(&filter->prefix, prefix) ||
				ret_entry->used == WIRE_FILTERS)
				continue;
			ret_entry->filter[ret_entry->used] = filter->filter;
			keep_hits(&ret_entry->filter[ret_entry->used++], before);
		}
	}
}

/* The settings say whether there are entries, so that none cost nothing: told after the first came
 * and after the last went. */
static int update_flag(struct gate *gate)
{
	struct wire_settings settings = gate->settings;

	settings.has_filters = gate->filtered.count > 0;
	if (settings.has_filters == gate->settings.has_filters)
		return 0;
	return gate_settings_write(gate, &settings);
}

static int write_entry(struct gate *gate, const struct wire_prefix *prefix)
{
	int filters = gate_map(gate, "filters"), targets = gate_map(gate, "filter_targets");
	bool is_new = !has_entry(gate, prefix);
	struct wire_filters before, entry;
	struct wire_prefix *added = NULL;
	int result = 0;

	if (is_new && !(added = gate_array_add(&gate->filtered, sizeof(*added))))
		return -ENOMEM;
	if (is_new || bpf_map_lookup_elem(filters, prefix, &before))
		memset(&before, 0, sizeof(before));
	fill_entry(gate, prefix, &before, &entry);
	if (bpf_map_update_elem(filters, prefix, &entry, BPF_ANY))
		result = -errno;
	if (result == 0 && is_new && bpf_map_update_elem(targets, prefix, &prefix->bits, BPF_ANY)) {
		result = -errno;
		bpf_map_delete_elem(filters, prefix);
	}
	if (result && is_new)
		gate->filtered.count--;
	else if (is_new)
		*added = *prefix;
	if (result == 0)
		result = update_flag(gate);
	return result == -E2BIG || (result == -ENOMEM && is_new) ? -ENOSPC : result;
}

/* Entries without filters of their own go; the wider ones' are then found by the wider prefix. */
static int drop_empty(struct gate *gate)
{
	for (uint32_t i = gate->filtered.count; i-- > 0;) {
		if (own_filters(gate, entry_at(gate, i)))
			continue;
		bpf_map_delete_elem(gate_map(gate, "filter_targets"), entry_at(gate, i));
		bpf_map_delete_elem(gate_map(gate, "filters"), entry_at(gate, i));
		gate_array_remove(&gate->filtered, sizeof(struct wire_prefix), i);
	}
	return update_flag(gate);
}

static int rewrite_within(struct gate *gate, const struct wire_prefix *prefix)
{
	int result = 0;

	for (uint32_t i = 0; i < gate->filtered.count && result == 0; i++)
		if (gate_prefix_holds(prefix, entry_at(gate, i)))
			result = write_entry(gate, entry_at(gate, i));
	return result;
}

int gate_filter_revoke(struct gate *gate, uint64_t mitigation)
{
	int result = -ENOENT;

	for (uint32_t i = gate->filters.count; i-- > 0;) {
		struct wire_prefix prefix = filter_at(gate, i)->prefix;

		if (filter_at(gate, i)->filter.mitigation != mitigation)
			continue;
		gate_array_remove(&gate->filters, sizeof(struct gate_filter), i);
		result = drop_empty(gate);
		if (result == 0)
			result = rewrite_within(gate, &prefix);
	}
	gate_index_remove(&gate->index, mitigation);
	return result;
}

/* What matches everything, or can never match, is a mistake. */
static bool is_sound(const struct wire_filter *filter)
{
	bool has_mask = filter->deep_mask;

	for (unsigned i = 0; i < WIRE_FEATURE_WORDS; i++) {
		has_mask |= filter->mask[i] != 0;
		if (filter->value[i] & ~filter->mask[i])
			return false;
	}
	has_mask |= filter->ip_len_min || filter->ip_len_max != UINT16_MAX ||
		    filter->payload_len_min || filter->payload_len_max != UINT16_MAX ||
		    filter->ttl_min || filter->ttl_max != UINT8_MAX;
	return has_mask && !(filter->deep_value & ~filter->deep_mask) &&
	       filter->deep_offset <= WIRE_DEEP_MAX && filter->ip_len_min <= filter->ip_len_max &&
	       filter->payload_len_min <= filter->payload_len_max &&
	       filter->ttl_min <= filter->ttl_max;
}

static int add_record(
	struct gate *gate, const struct wire_prefix *prefix, const struct wire_filter *filter)
{
	struct gate_entry *entry = gate_index_add(&gate->index, filter->mitigation);
	struct gate_filter *record = gate_array_add(&gate->filters, sizeof(*record));

	if (!entry || !record) {
		gate_index_remove(&gate->index, filter->mitigation);
		gate->filters.count -= record != NULL;
		return -ENOMEM;
	}
	entry->verb = VERB_FILTER;
	entry->prefix = *prefix;
	entry->expires_ns = filter->expires_ns;
	record->prefix = *prefix;
	record->filter = *filter;
	return 0;
}

static int extend(struct gate *gate, struct gate_entry *entry, const struct msg_request *request,
	uint64_t expires_ns)
{
	if (entry->verb != VERB_FILTER || !gate_prefix_equal(&entry->prefix, &request->prefix))
		return -EINVAL;
	entry->expires_ns = expires_ns;
	for (uint32_t i = 0; i < gate->filters.count; i++)
		if (filter_at(gate, i)->filter.mitigation == request->mitigation)
			filter_at(gate, i)->filter.expires_ns = expires_ns;
	return rewrite_within(gate, &request->prefix);
}

int gate_filter_apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns)
{
	struct gate_entry *entry = gate_index_find(&gate->index, request->mitigation);
	struct wire_filter filter = request->filter;
	int result;

	if (!is_sound(&filter))
		return -EINVAL;
	if (entry)
		return extend(gate, entry, request, expires_ns);
	if (own_filters(gate, &request->prefix) >= WIRE_FILTERS)
		return -ENOSPC;
	filter.mitigation = request->mitigation;
	filter.expires_ns = expires_ns;
	filter.hits = filter.bytes = filter.last_hit_ns = 0;
	result = add_record(gate, &request->prefix, &filter);
	if (result)
		return result;
	result = write_entry(gate, &request->prefix);
	if (result == 0)
		result = rewrite_within(gate, &request->prefix);
	if (result)
		gate_filter_revoke(gate, request->mitigation);
	return result;
}

/* A filter in several entries is the widest one's. */
static int adopt_entry(
	struct gate *gate, const struct wire_prefix *prefix, const struct wire_filters *value)
{
	int result = 0;

	for (unsigned i = 0; i < WIRE_FILTERS && i < value->used && result == 0; i++) {
		const struct wire_filter *filter = &value->filter[i];
		struct gate_entry *entry = gate_index_find(&gate->index, filter->mitigation);

		if (!filter->expires_ns || !filter->mitigation)
			continue;
		if (!entry) {
			result = add_record(gate, prefix, filter);
		} else if (entry->verb == VERB_FILTER && prefix->bits < entry->prefix.bits) {
			entry->prefix = *prefix;
			for (uint32_t k = 0; k < gate->filters.count; k++)
				if (filter_at(gate, k)->filter.mitigation == filter->mitigation)
					filter_at(gate, k)->prefix = *prefix;
		}
	}
	return result;
}

int gate_filters_adopt(struct gate *gate)
{
	int fd = gate_map(gate, "filters"), result = 0;
	struct wire_prefix key, next, *entry;
	struct wire_filters value;
	bool is_first = true;

	while (result == 0 && bpf_map_get_next_key(fd, is_first ? NULL : &key, &next) == 0) {
		entry = gate_array_add(&gate->filtered, sizeof(*entry));
		result = entry ? 0 : -ENOMEM;
		if (entry)
			*entry = next;
		if (result == 0 && bpf_map_lookup_elem(fd, &next, &value) == 0)
			result = adopt_entry(gate, &next, &value);
		key = next;
		is_first = false;
	}
	if (result == 0)
		result = drop_empty(gate);
	return result;
}
