/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/protect.c - what is protected (targets), and what no measure may touch (allowlist).
 *
 * On it for good are the prefixes of the configuration, the portal of quarantined hosts, and what
 * was found on this machine. The allowlist of the responders follows by difference: first what is
 * new is put on it, then what is no longer there is taken off, so nothing that stays is off it for
 * a moment. What a request of watch has allowed stays until its lease ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/keeper_internal.h"
#include "keeper/ranges.h"
#include "keeper/say.h"

static bool list_has(const struct local_list *list, const struct prefix *prefix)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->list[i].bits == prefix->bits &&
			addr_equal(&list->list[i].addr, &prefix->addr))
			return true;
	return false;
}

/* What a configuration puts on the allowlist, one by one; false: that was all. */
static bool next_of_conf(const struct conf *conf, uint32_t i, struct prefix *ret_prefix)
{
	unsigned bits;

	if (i < conf->allow.count) {
		*ret_prefix = conf->allow.list[i];
		return true;
	}
	if (i > conf->allow.count ||
		addr_prefix_parse(conf->policy.portal, &ret_prefix->addr, &bits) < 0)
		return false;
	ret_prefix->bits = (uint8_t)bits;
	return true;
}

static bool next_for_good(const struct keeper *keeper, uint32_t i, struct prefix *ret_prefix)
{
	const struct local_list *always = &keeper->local.always;

	if (i < always->count) {
		*ret_prefix = always->list[i];
		return true;
	}
	return next_of_conf(keeper->conf, i - always->count, ret_prefix);
}

/* Is it the prefix, or one of those that it is cut into? */
static bool is_piece_of(const struct wire_prefix *piece, const struct prefix *prefix)
{
	struct wire_prefix cut[ADDR_V4_BITS];
	unsigned count;

	if (piece->bits < prefix->bits) /* no piece is wider */
		return false;
	count = ranges_cut(prefix, cut);
	for (unsigned i = 0; i < count; i++)
		if (cut[i].bits == piece->bits &&
			memcmp(&cut[i].addr, &piece->addr, sizeof(piece->addr)) == 0)
			return true;
	return false;
}

bool protect_is_for_good(const struct keeper *keeper, const struct wire_prefix *prefix)
{
	struct prefix one;

	for (uint32_t i = 0; next_for_good(keeper, i, &one); i++)
		if (is_piece_of(prefix, &one))
			return true;
	return false;
}

static void allow(struct keeper *keeper, const struct prefix *prefix)
{
	struct wire_prefix cut[ADDR_V4_BITS];
	unsigned count = ranges_cut(prefix, cut);

	for (unsigned i = 0; i < count; i++) {
		int r = responders_allow(keeper->responders, &cut[i], 0);
		char text[ADDR_TEXT_MAX];

		if (r < 0 && r != -ENOTSUP) {
			keeper_say(LOG_WARNING, "%s cannot be put on the allowlist: %s",
				addr_prefix_format(&prefix->addr, prefix->bits, text),
				strerror(-r));
			return;
		}
	}
}

static void disallow(struct keeper *keeper, const struct prefix *prefix)
{
	struct wire_prefix cut[ADDR_V4_BITS];
	unsigned count = ranges_cut(prefix, cut);

	for (unsigned i = 0; i < count; i++) {
		uint64_t until_ns;

		if (protect_is_for_good(keeper, &cut[i]))
			continue;
		if (check_is_allowed(keeper->check, &cut[i], &until_ns))
			responders_allow(keeper->responders, &cut[i], until_ns);
		else
			responders_disallow(keeper->responders, &cut[i]);
	}
}

void protect_leave(struct keeper *keeper, const struct conf *before)
{
	struct prefix one;

	for (uint32_t i = 0; next_of_conf(before, i, &one); i++)
		disallow(keeper, &one);
}

struct strays {
	const struct keeper *keeper;
	struct wire_prefix list[64]; /* more come the next time */
	unsigned count;
};

static void note_stray(void *context, const struct wire_prefix *prefix)
{
	struct strays *strays = context;
	uint64_t until_ns;

	if (strays->count < sizeof(strays->list) / sizeof(strays->list[0]) &&
		!check_is_allowed(strays->keeper->check, prefix, &until_ns) &&
		!protect_is_for_good(strays->keeper, prefix))
		strays->list[strays->count++] = *prefix;
}

unsigned protect_drop_strays(struct keeper *keeper)
{
	struct strays strays = { .keeper = keeper };

	responders_allowed(keeper->responders, note_stray, &strays);
	for (unsigned i = 0; i < strays.count; i++)
		responders_disallow(keeper->responders, &strays.list[i]);
	return strays.count;
}

/* The configuration's prefixes do not fit into a local_list; they are put there on every full
 * round. */
static void follow_always(struct keeper *keeper)
{
	const struct local_list *always = &keeper->local.always;

	for (unsigned i = 0; i < always->count; i++)
		if (!list_has(&keeper->allowed, &always->list[i]))
			allow(keeper, &always->list[i]);
	for (unsigned i = 0; i < keeper->allowed.count; i++)
		if (!list_has(always, &keeper->allowed.list[i]))
			disallow(keeper, &keeper->allowed.list[i]);
	keeper->allowed = *always;
}

static int tell_check(struct keeper *keeper)
{
	const struct local_list *own = &keeper->local.own;
	/* One more: the portal. */
	size_t cap = keeper->conf->allow.count + keeper->local.always.count + 1;
	struct prefix *all = calloc(cap, sizeof(*all));
	uint32_t count = 0;
	int r;

	if (!all)
		return -ENOMEM;
	while (count < cap && next_for_good(keeper, count, &all[count]))
		count++;
	r = check_protect(keeper->check, all, count, own->list, own->count);
	free(all);
	return r;
}

static unsigned add_targets(const struct prefix *prefix, uint32_t flags,
	struct gate_protect *targets, unsigned count, unsigned cap)
{
	struct wire_prefix cut[ADDR_V4_BITS];
	unsigned pieces = ranges_cut(prefix, cut);

	for (unsigned i = 0; i < pieces && count < cap; i++)
		targets[count++] = (struct gate_protect){ .prefix = cut[i], .flags = flags };
	return count;
}

/* Own addresses with their flag, then the inside: of the configuration, else as found. */
static unsigned list_targets(
	const struct keeper *keeper, struct gate_protect *targets, unsigned cap)
{
	const struct conf *conf = keeper->conf;
	const struct local *local = &keeper->local;
	unsigned count = 0;

	for (unsigned i = 0; i < local->own.count; i++)
		count = add_targets(&local->own.list[i], WIRE_TARGET_LOCAL, targets, count, cap);
	for (uint32_t i = 0; i < conf->networks.count; i++)
		count = add_targets(&conf->networks.list[i], 0, targets, count, cap);
	for (uint32_t g = 0; g < conf->group_count; g++)
		for (uint32_t i = 0; i < conf->groups[g].networks.count; i++)
			count = add_targets(
				&conf->groups[g].networks.list[i], 0, targets, count, cap);
	for (unsigned i = 0; conf->networks.count == 0 && i < local->networks.count; i++)
		if (!list_has(&local->own, &local->networks.list[i]))
			count = add_targets(&local->networks.list[i], 0, targets, count, cap);
	return count;
}

static int configure_gate(struct keeper *keeper, struct err *err)
{
	/* One more than fits, so that too many are seen. */
	unsigned cap = WIRE_TARGETS_MAX + 1, count;
	struct gate_protect *targets;
	int r;

	if (!keeper->gate)
		return 0;
	targets = calloc(cap, sizeof(*targets));
	if (!targets)
		return err_set(err, -ENOMEM, "no memory for the list of what is protected");
	count = list_targets(keeper, targets, cap);
	r = gate_configure(keeper->gate, keeper->conf, targets, count, err);
	free(targets);
	return r;
}

int protect_all(struct keeper *keeper, struct err *err)
{
	struct prefix one;
	int r;

	local_look(&keeper->local, NULL, now_monotonic_ns());
	r = tell_check(keeper);
	if (r < 0)
		return err_set(err, r, "no memory for the allowlist");
	for (uint32_t i = 0; next_of_conf(keeper->conf, i, &one); i++)
		allow(keeper, &one);
	follow_always(keeper);
	return configure_gate(keeper, err);
}

void protect_refresh(struct keeper *keeper)
{
	local_look(&keeper->local, NULL, now_monotonic_ns());
	if (tell_check(keeper) < 0)
		keeper_say(LOG_WARNING, "no memory to bring the allowlist up to date");
	follow_always(keeper);
}
