/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/xdp.c - the responder that stands on the gate: measures in the maps of the kernel
 * part. */
#include <errno.h>
#include <string.h>

#include "respond/gate.h"
#include "respond/responder.h"

static int xdp_open(const struct responder_env *env, struct err *err, void **ret_state)
{
	if (!env->gate)
		return err_set(err, -ENOTSUP, "there is no kernel part");
	*ret_state = env->gate;
	return 0;
}

static int xdp_apply(
	void *state, const struct msg_request *request, uint64_t expires_ns, struct err *err)
{
	int result = gate_apply(state, request, expires_ns);

	if (result == -ENOSPC)
		return err_set(err, result, "the map of the kernel part is full");
	if (result == -EINVAL)
		return err_set(err, result,
			"the kernel part cannot hold this: target not protected, prefix too wide, "
			"or filter that matches all or nothing");
	return result ? err_set(err, result, "the kernel part refuses: %s", strerror(-result)) : 0;
}

static int xdp_revoke(void *state, uint64_t mitigation)
{
	return gate_revoke(state, mitigation);
}

static void xdp_list(void *state, uint64_t now_ns, responder_call *call, void *context)
{
	gate_sweep(state, now_ns, call, context);
}

static int xdp_allow(void *state, const struct wire_prefix *prefix, uint64_t expires_ns)
{
	return gate_allow(state, prefix, expires_ns);
}

static int xdp_disallow(void *state, const struct wire_prefix *prefix)
{
	return gate_disallow(state, prefix);
}

static void xdp_allowed(const void *state, responder_allowed *call, void *context)
{
	gate_allowed_list(state, call, context);
}

/* The gate is the keeper's, who removes or closes it. */
static void xdp_close(void *state, bool is_removing)
{
	(void)state;
	(void)is_removing;
}

const struct responder responder_xdp = {
	.name = "xdp",
	.verbs = 1U << VERB_FILTER | 1U << VERB_LIMIT_SOURCE | 1U << VERB_LIMIT_CLASS |
		 1U << VERB_QUARANTINE | 1U << VERB_BLOCK,
	.counts_without = true,
	.open = xdp_open,
	.apply = xdp_apply,
	.revoke = xdp_revoke,
	.list = xdp_list,
	.allow = xdp_allow,
	.disallow = xdp_disallow,
	.allowed = xdp_allowed,
	.close = xdp_close,
};
