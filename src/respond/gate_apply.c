/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_apply.c - a request to the file of its verb; taking back; what has run out.
 */
#include <errno.h>

#include "respond/gate_internal.h"

#define EXPIRED_AT_ONCE 256 /* collected before they are removed, as removing moves others */

int gate_apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns)
{
	if (!request->mitigation || !expires_ns || !gate_prefix_is_sound(&request->prefix))
		return -EINVAL;
	switch (request->verb) {
	case VERB_FILTER:
		return gate_filter_apply(gate, request, expires_ns);
	case VERB_LIMIT_CLASS:
		return gate_target_limit(gate, request, expires_ns);
	case VERB_LIMIT_SOURCE:
	case VERB_QUARANTINE:
	case VERB_BLOCK:
		return gate_lease_apply(gate, request, expires_ns);
	default:
		return -EINVAL; /* the kernel part does it by itself, or it is not the gate's */
	}
}

int gate_revoke(struct gate *gate, uint64_t mitigation)
{
	const struct gate_entry *entry = gate_index_find(&gate->index, mitigation);

	if (!entry)
		return -ENOENT;
	if (entry->verb == VERB_FILTER)
		return gate_filter_revoke(gate, mitigation);
	if (entry->verb == VERB_LIMIT_CLASS)
		return gate_target_revoke(gate, mitigation);
	return gate_lease_revoke(gate, entry);
}

/* Takes back what has run out; false when there may be more. */
static bool remove_expired(struct gate *gate, uint64_t now_ns)
{
	uint64_t expired[EXPIRED_AT_ONCE];
	unsigned count = gate_index_expired(&gate->index, now_ns, expired, EXPIRED_AT_ONCE);

	for (unsigned i = 0; i < count; i++)
		gate_revoke(gate, expired[i]);
	return count < EXPIRED_AT_ONCE;
}

void gate_sweep(struct gate *gate, uint64_t now_ns,
	void (*call)(void *context, uint64_t mitigation, enum verb verb,
		const struct wire_prefix *prefix, uint64_t expires_ns),
	void *context)
{
	for (uint32_t i = 0; call && i <= gate->index.mask; i++) {
		const struct gate_entry *entry = &gate->index.entries[i];

		if (entry->mitigation && entry->expires_ns > now_ns)
			call(context, entry->mitigation, entry->verb, &entry->prefix,
				entry->expires_ns);
	}
	while (!remove_expired(gate, now_ns))
		;
	gate_allowed_sweep(gate, now_ns);
	/* The kernel part has gone back by itself; the kernel's settings follow. */
	if (gate->settings.enforce_until_ns && gate->settings.enforce_until_ns <= now_ns)
		gate_set_mode(gate, WIRE_MODE_SHADOW, 0);
}
