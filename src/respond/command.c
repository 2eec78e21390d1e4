/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/command.c - the responder that runs the operator's own program, policy.command.
 *
 * No shell and no arguments: the program reads one JSON object from its standard input,
 *   {"action": "apply" | "revoke", "id": 1732300000000001, "verb": "command",
 *    "prefix": "192.0.2.7", "incident": "…", "kind": "flood.syn", "lease_s": 300}
 * "apply" comes once for each measure, however often its lease is renewed and whoever of weir is
 * started again; "revoke" once when it is taken back or its lease has run out, without lease_s and
 * all after it.
 * Nothing waits for it: tick() reaps, and kills what takes longer than policy.command_timeout_s.
 * At most COMMANDS_MAX run at a time; a request beyond is refused with -EBUSY, a revocation is
 * tried again at the next sweep.
 */
#include "respond/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/addr.h"
#include "lib/now.h"
#include "respond/child.h"
#include "respond/gate_index.h"
#include "types.h"

#define COMMANDS_MAX 16
#define COMMAND_MEASURES_MAX 16384

struct command {
	const struct responder_env *env;
	struct gate_index index;
	struct {
		pid_t pid; /* 0: free */
		uint64_t deadline_ns;
	} running[COMMANDS_MAX];
	struct msg_commands counts;
};

static int command_open(const struct responder_env *env, struct err *err, void **ret_state)
{
	struct command *command;
	int result;

	if (!env->conf->policy.command[0])
		return err_set(err, -ENOTSUP, "policy.command is not set");
	command = calloc(1, sizeof(*command));
	if (!command)
		return -ENOMEM;
	result = gate_index_open(&command->index);
	if (result) {
		free(command);
		return -ENOMEM;
	}
	command->env = env;
	*ret_state = command;
	return 0;
}

static json_t *document_of(
	const char *action, uint64_t mitigation, const struct wire_prefix *prefix)
{
#define VERB(symbol, name, ...) name,
	static const char *const names[] = { MSG_VERBS(VERB) };
#undef VERB
	struct addr addr = addr_from_v6(prefix->addr.byte);
	char text[ADDR_TEXT_MAX];

	return json_pack("{s:s,s:I,s:s,s:s}", "action", action, "id", (json_int_t)mitigation,
		"verb", names[VERB_COMMAND], "prefix",
		addr_prefix_format(&addr, prefix->bits <= 128 ? prefix->bits : 128, text));
}

/* Starts the program with that on its input, which is taken over. */
static int run(struct command *command, json_t *document, struct err *err)
{
	const char *const argv[] = { command->env->conf->policy.command, NULL };
	char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
	unsigned place = 0;
	int result;

	json_decref(document);
	while (place < COMMANDS_MAX && command->running[place].pid)
		place++;
	if (!text || place == COMMANDS_MAX || !argv[0][0]) {
		command->counts.refused++;
		free(text);
		return err_set(err, text ? -EBUSY : -ENOMEM, "%d commands are running already: %s",
			COMMANDS_MAX, argv[0]);
	}
	result = child_start(argv, text, strlen(text), NULL, &command->running[place].pid);
	free(text);
	if (result) {
		command->running[place].pid = 0;
		command->counts.failed++;
		return err_set(err, result, "cannot run policy.command %s: %s", argv[0],
			strerror(-result));
	}
	command->running[place].deadline_ns =
		now_monotonic_ns() + command->env->conf->policy.command_timeout_s * NS_PER_S;
	command->counts.started++;
	return 0;
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, 0, size);
}

static int run_apply(struct command *command, const struct msg_request *request, struct err *err)
{
	json_t *document = document_of("apply", request->mitigation, &request->prefix);

	if (document &&
		json_object_update_new(document,
			json_pack("{s:s,s:s,s:f}", "incident", request->incident, "kind",
				request->kind_name, "lease_s", request->lease_ms / 1000.0))) {
		json_decref(document); /* a text that is not UTF-8 */
		return err_set(err, -EINVAL, "the incident's name is not text");
	}
	return run(command, document, err);
}

static int command_apply(
	void *state, const struct msg_request *request, uint64_t expires_ns, struct err *err)
{
	struct command *command = state;
	struct gate_entry *entry = gate_index_find(&command->index, request->mitigation);
	int result = 0;

	if (!request->mitigation || !ends(request->incident, sizeof(request->incident)) ||
		!ends(request->kind_name, sizeof(request->kind_name)))
		return -EINVAL;
	if (!entry && command->index.count >= COMMAND_MEASURES_MAX)
		return err_set(err, -ENOSPC, "%d measures of policy.command are in force already",
			COMMAND_MEASURES_MAX);
	if (!entry && !request->has_run)
		result = run_apply(command, request, err);
	if (result)
		return result;
	if (!entry && !(entry = gate_index_add(&command->index, request->mitigation)))
		return -ENOMEM;
	entry->verb = request->verb;
	entry->prefix = request->prefix;
	entry->expires_ns = expires_ns;
	return 0;
}

static int command_revoke(void *state, uint64_t mitigation)
{
	struct command *command = state;
	const struct gate_entry *entry = gate_index_find(&command->index, mitigation);
	int result;

	if (!entry)
		return -ENOENT;
	result = run(command, document_of("revoke", mitigation, &entry->prefix), NULL);
	if (result != -EBUSY) /* one that cannot be run at all will not be by trying again */
		gate_index_remove(&command->index, mitigation);
	return result;
}

static void command_list(void *state, uint64_t now, responder_call *call, void *context)
{
	struct command *command = state;
	uint64_t expired[COMMANDS_MAX];
	unsigned count = gate_index_expired(&command->index, now, expired, COMMANDS_MAX);

	for (unsigned i = 0; i < count; i++)
		command_revoke(command, expired[i]);
	/* Those that could not be started yet stay for the next sweep. */
	for (uint32_t i = 0; call && i <= command->index.mask; i++) {
		const struct gate_entry *entry = &command->index.entries[i];

		if (entry->mitigation && entry->expires_ns > now)
			call(context, entry->mitigation, entry->verb, &entry->prefix,
				entry->expires_ns);
	}
}

static void count_end(struct command *command, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		command->counts.succeeded++;
	else
		command->counts.failed++;
}

static void command_tick(void *state, uint64_t now)
{
	struct command *command = state;

	for (unsigned i = 0; i < COMMANDS_MAX; i++) {
		pid_t pid = command->running[i].pid, ended;
		int status;

		if (!pid)
			continue;
		ended = waitpid(pid, &status, WNOHANG);
		if (ended == pid) {
			count_end(command, status);
		} else if (ended < 0 && errno == ECHILD) {
			command->counts.failed++; /* somebody else has reaped it */
		} else if (now >= command->running[i].deadline_ns) {
			child_kill(pid);
			command->counts.timed_out++;
		} else {
			continue;
		}
		command->running[i].pid = 0;
	}
}

void command_counts(const void *state, struct msg_commands *ret_counts)
{
	const struct command *command = state;

	*ret_counts = command->counts;
	for (unsigned i = 0; i < COMMANDS_MAX; i++)
		ret_counts->running += command->running[i].pid != 0;
}

/* Removing: each measure gets its revocation, as many as may run; those that run are left to end by
 * themselves, as the operator's program knows best what half of its work would mean. */
static void command_close(void *state, bool is_removing)
{
	struct command *command = state;
	uint64_t ids[COMMANDS_MAX];
	unsigned count = gate_index_expired(&command->index, UINT64_MAX, ids, COMMANDS_MAX);

	for (unsigned i = 0; is_removing && i < count; i++)
		command_revoke(command, ids[i]);
	gate_index_close(&command->index);
	free(command);
}

const struct responder responder_command = {
	.name = "command",
	.verbs = 1U << VERB_COMMAND,
	.open = command_open,
	.apply = command_apply,
	.revoke = command_revoke,
	.list = command_list,
	.tick = command_tick,
	.close = command_close,
};
