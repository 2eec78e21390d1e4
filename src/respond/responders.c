/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/responders.c - the list of responders, and what the keeper does with all of them.
 *
 * The order of the list is the order of preference; the dry run is last, as it takes what the
 * others must not do now.
 */
#include "respond/responders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respond/command.h"
#include "respond/gate.h"
#include "respond/gate_index.h"

static const struct responder *const list[] = {
	&responder_xdp,
	&responder_nft,
	&responder_command,
	&responder_dry_run,
};
#define RESPONDERS (sizeof(list) / sizeof(list[0]))

enum { NFT_PLACE = 1, COMMAND_PLACE = 2, DRY_RUN_PLACE = 3 };

struct responders {
	struct responder_env env;
	void *states[RESPONDERS]; /* NULL: not open */
	enum wire_mode mode;
	uint64_t enforce_until_ns; /* 0: for good */
	char note[1024];
};

static void note(struct responders *responders, const char *name, const char *why)
{
	size_t used = strlen(responders->note);

	snprintf(responders->note + used, sizeof(responders->note) - used, "%s%s%s%s",
		used ? "; " : "", name, why[0] ? ": " : "", why);
}

struct moving {
	struct gate_array entries; /* struct gate_entry */
};

static void collect(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct moving *moving = context;
	struct gate_entry *entry = gate_array_add(&moving->entries, sizeof(*entry));

	if (entry)
		*entry = (struct gate_entry){ mitigation, expires_ns, *prefix, verb };
}

/* Moves the blocks in force between nft and the dry run. A command has been run, or has not: it
 * does not move. */
static void move(struct responders *responders, unsigned from, unsigned to)
{
	struct moving moving = { { 0 } };
	const struct gate_entry *entries;

	if (!responders->states[from] || !responders->states[to])
		return;
	list[from]->list(responders->states[from], 0, collect, &moving);
	entries = moving.entries.list;
	for (uint32_t i = 0; i < moving.entries.count; i++) {
		struct msg_request request = { .version = MSG_VERSION,
			.kind = MSG_APPLY,
			.mitigation = entries[i].mitigation,
			.verb = entries[i].verb,
			.prefix = entries[i].prefix };

		if (entries[i].verb != VERB_NFT_BLOCK)
			continue;
		list[to]->apply(responders->states[to], &request, entries[i].expires_ns, NULL);
		list[from]->revoke(responders->states[from], entries[i].mitigation);
	}
	gate_array_close(&moving.entries);
}

int responders_open(struct gate *gate, const struct conf *conf, struct err *err,
	struct responders **ret_responders)
{
	struct responders *responders = calloc(1, sizeof(*responders));

	if (!responders)
		return err_set(err, -ENOMEM, "no memory for the responders");
	responders->env = (struct responder_env){ .conf = conf, .gate = gate };
	responders->mode = gate ? gate_mode(gate, &responders->enforce_until_ns)
				: (enum wire_mode)conf->run.mode;
	for (unsigned i = 0; i < RESPONDERS; i++) {
		struct err why = { "" };
		int result = list[i]->open(&responders->env, &why, &responders->states[i]);

		if (result == -ENOMEM) {
			responders_close(responders, false);
			return err_set(err, -ENOMEM, "no memory for the responders");
		}
		note(responders, list[i]->name, result ? why.text : "");
	}
	/* Adopted from a time of another mode. */
	if (responders->mode != WIRE_MODE_ENFORCE)
		move(responders, NFT_PLACE, DRY_RUN_PLACE);
	*ret_responders = responders;
	return 0;
}

const char *responders_note(const struct responders *responders)
{
	return responders->note;
}

void responders_configure(struct responders *responders, const struct conf *conf)
{
	struct err why;

	responders->env.conf = conf;
	/* A command that is new in the configuration. */
	if (!responders->states[COMMAND_PLACE])
		responder_command.open(&responders->env, &why, &responders->states[COMMAND_PLACE]);
}

/* The place of the responder for a verb now, or RESPONDERS. */
static unsigned place_of(const struct responders *responders, uint32_t verb)
{
	for (unsigned i = 0; verb < VERB_COUNT && i < RESPONDERS; i++)
		if (responders->states[i] && (list[i]->verbs & 1U << verb) &&
			(list[i]->counts_without || responders->mode == WIRE_MODE_ENFORCE))
			return i;
	return RESPONDERS;
}

/* Outside of enforce the dry run says yes only to what enforce could do. */
static bool could_do(const struct responders *responders, uint32_t verb)
{
	for (unsigned i = 0; i < DRY_RUN_PLACE; i++)
		if (responders->states[i] && (list[i]->verbs & 1U << verb))
			return true;
	return false;
}

int responders_apply(struct responders *responders, const struct msg_request *request,
	uint64_t expires_ns, struct err *err)
{
	unsigned place = place_of(responders, request->verb);
	uint64_t until_ns = responders->enforce_until_ns;

	if (place == RESPONDERS || !could_do(responders, request->verb) ||
		(place == DRY_RUN_PLACE && responders->mode == WIRE_MODE_ENFORCE))
		return err_set(err, -ENOTSUP, "nothing here can do that: %s", responders->note);
	/* What drops without looking at the mode must end with it, also when nobody of us lives. */
	if (!list[place]->counts_without && until_ns && until_ns < expires_ns)
		expires_ns = until_ns;
	return list[place]->apply(responders->states[place], request, expires_ns, err);
}

int responders_revoke(struct responders *responders, uint64_t mitigation)
{
	int result = -ENOENT;

	for (unsigned i = 0; i < RESPONDERS && result == -ENOENT; i++)
		if (responders->states[i])
			result = list[i]->revoke(responders->states[i], mitigation);
	return result;
}

/* Goes on after a failure, so that one responder cannot keep the others from the allowlist. */
int responders_allow(
	struct responders *responders, const struct wire_prefix *prefix, uint64_t expires_ns)
{
	int result = 0;

	for (unsigned i = 0; i < RESPONDERS; i++) {
		int one = responders->states[i] && list[i]->allow
				  ? list[i]->allow(responders->states[i], prefix, expires_ns)
				  : 0;

		result = result ? result : one;
	}
	return result;
}

int responders_disallow(struct responders *responders, const struct wire_prefix *prefix)
{
	int result = 0;

	for (unsigned i = 0; i < RESPONDERS; i++) {
		int one = responders->states[i] && list[i]->disallow
				  ? list[i]->disallow(responders->states[i], prefix)
				  : 0;

		result = result ? result : one;
	}
	return result;
}

void responders_allowed(const struct responders *responders, responder_allowed *call, void *context)
{
	for (unsigned i = 0; i < RESPONDERS; i++)
		if (responders->states[i] && list[i]->allowed)
			list[i]->allowed(responders->states[i], call, context);
}

int responders_set_mode(struct responders *responders, enum wire_mode mode, uint64_t until_ns)
{
	bool was_enforce = responders->mode == WIRE_MODE_ENFORCE;
	int result = 0;

	if (responders->env.gate)
		result = gate_set_mode(responders->env.gate, mode, until_ns);
	else if (mode > WIRE_MODE_ENFORCE || (until_ns && mode != WIRE_MODE_ENFORCE))
		result = -EINVAL;
	if (result)
		return result;
	responders->mode = mode;
	responders->enforce_until_ns = until_ns;
	if (was_enforce && mode != WIRE_MODE_ENFORCE)
		move(responders, NFT_PLACE, DRY_RUN_PLACE);
	else if (!was_enforce && mode == WIRE_MODE_ENFORCE)
		move(responders, DRY_RUN_PLACE, NFT_PLACE);
	return 0;
}

enum wire_mode responders_mode(const struct responders *responders, uint64_t *ret_until_ns)
{
	*ret_until_ns = responders->enforce_until_ns;
	return responders->mode;
}

void responders_sweep(
	struct responders *responders, uint64_t now_ns, responder_call *call, void *context)
{
	if (responders->enforce_until_ns && responders->enforce_until_ns <= now_ns)
		responders_set_mode(responders, WIRE_MODE_SHADOW, 0);
	for (unsigned i = 0; i < RESPONDERS; i++)
		if (responders->states[i])
			list[i]->list(responders->states[i], now_ns, call, context);
}

static void count_one(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	(void)mitigation;
	(void)verb;
	(void)prefix;
	(void)expires_ns;
	++*(unsigned *)context;
}

unsigned responders_count(struct responders *responders, uint64_t now_ns)
{
	unsigned count = 0;

	responders_sweep(responders, now_ns, count_one, &count);
	return count;
}

void responders_tick(struct responders *responders, uint64_t now_ns)
{
	for (unsigned i = 0; i < RESPONDERS; i++)
		if (responders->states[i] && list[i]->tick)
			list[i]->tick(responders->states[i], now_ns);
}

void responders_command_counts(const struct responders *responders, struct msg_commands *ret_counts)
{
	*ret_counts = (struct msg_commands){ 0 };
	if (responders->states[COMMAND_PLACE])
		command_counts(responders->states[COMMAND_PLACE], ret_counts);
}

void responders_close(struct responders *responders, bool is_removing)
{
	if (!responders)
		return;
	for (unsigned i = RESPONDERS; i-- > 0;)
		if (responders->states[i])
			list[i]->close(responders->states[i], is_removing);
	free(responders);
}
