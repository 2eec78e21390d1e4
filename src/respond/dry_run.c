/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/dry_run.c - the responder that does nothing, and remembers what it would have done.
 *
 * Outside of enforce mode it stands in for responders that cannot count without dropping.
 */
#include <errno.h>
#include <stdlib.h>

#include "respond/gate_index.h"
#include "respond/responder.h"

#define DRY_RUN_MAX 65536

static int dry_run_open(const struct responder_env *env, struct err *err, void **ret_state)
{
	struct gate_index *index = calloc(1, sizeof(*index));

	(void)env;
	(void)err;
	if (!index)
		return -ENOMEM;
	if (gate_index_open(index)) {
		free(index);
		return -ENOMEM;
	}
	*ret_state = index;
	return 0;
}

static int dry_run_apply(
	void *state, const struct msg_request *request, uint64_t expires_ns, struct err *err)
{
	struct gate_index *index = state;
	struct gate_entry *entry = gate_index_find(index, request->mitigation);

	if (!request->mitigation)
		return -EINVAL;
	if (!entry && index->count >= DRY_RUN_MAX)
		return err_set(err, -ENOSPC, "%d measures are remembered already", DRY_RUN_MAX);
	if (!entry && !(entry = gate_index_add(index, request->mitigation)))
		return -ENOMEM;
	entry->verb = request->verb;
	entry->prefix = request->prefix;
	entry->expires_ns = expires_ns;
	return 0;
}

static int dry_run_revoke(void *state, uint64_t mitigation)
{
	if (!gate_index_find(state, mitigation))
		return -ENOENT;
	gate_index_remove(state, mitigation);
	return 0;
}

static void dry_run_list(void *state, uint64_t now_ns, responder_call *call, void *context)
{
	gate_index_list(state, now_ns, call, context);
}

static void dry_run_close(void *state, bool is_removing)
{
	(void)is_removing;
	gate_index_close(state);
	free(state);
}

const struct responder responder_dry_run = {
	.name = "dry-run",
	.verbs = 1U << VERB_NFT_BLOCK | 1U << VERB_COMMAND,
	.counts_without = true,
	.open = dry_run_open,
	.apply = dry_run_apply,
	.revoke = dry_run_revoke,
	.list = dry_run_list,
	.close = dry_run_close,
};
