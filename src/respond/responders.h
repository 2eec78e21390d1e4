/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/responders.h - all responders as the keeper uses them: one place to apply and take back.
 *
 * Requests must have been checked (keeper/check.c): size, version, allowlist, lease, caps. What is
 * checked here is what only the responder can know: whether it fits, and whether the prefix has a
 * form that the thing behind it can hold. The gate stays the keeper's: open it before, remove or
 * close it after.
 */
#ifndef WEIR_RESPOND_RESPONDERS_H
#define WEIR_RESPOND_RESPONDERS_H

#include "respond/responder.h"

struct responders;

/* gate may be NULL (gate.attach none, or no kernel part here). conf is kept by reference until the
 * next responders_configure(). A responder that cannot work here is left out and says why in
 * responders_note(). -ENOMEM only. */
int responders_open(struct gate *gate, const struct conf *conf, struct err *err,
	struct responders **ret_responders);

/* The names of those that opened, " "-separated, and why the others did not. */
const char *responders_note(const struct responders *responders);

/* A new configuration (reload): measures stay in force. */
void responders_configure(struct responders *responders, const struct conf *conf);

/* Sets the mode in the gate too (gate_set_mode). Leaving ENFORCE lifts what nft has in force
 * into the dry run; entering it puts that in force again. until_ns: CLOCK_MONOTONIC, 0 for good. */
int responders_set_mode(struct responders *responders, enum wire_mode mode, uint64_t until_ns);

/* The mode as it is now, and until when it is enforce (0: for good). */
enum wire_mode responders_mode(const struct responders *responders, uint64_t *ret_until_ns);

/* MSG_APPLY. 0 or −errno with a sentence: -ENOSPC full, -EINVAL, -ENOTSUP no responder for the
 * verb. */
int responders_apply(struct responders *responders, const struct msg_request *request,
	uint64_t expires_ns, struct err *err);

/* MSG_REVOKE. -ENOENT when no responder has it. */
int responders_revoke(struct responders *responders, uint64_t mitigation);

/* MSG_ALLOW, MSG_DISALLOW and the configuration's list: in every responder. expires_ns 0: for
 * good. */
int responders_allow(
	struct responders *responders, const struct wire_prefix *prefix, uint64_t expires_ns);
int responders_disallow(struct responders *responders, const struct wire_prefix *prefix);

/* Calls for all that is on the allowlist of a responder, also from before this start; call must
 * not change it. */
void responders_allowed(
	const struct responders *responders, responder_allowed *call, void *context);

/* Calls for each mitigation in force (call may be NULL), then forgets the expired ones. */
void responders_sweep(
	struct responders *responders, uint64_t now_ns, responder_call *call, void *context);

/* The same, only to know how many there are in force. */
unsigned responders_count(struct responders *responders, uint64_t now_ns);

/* Several times a second: reaps commands that ended, kills those that take too long. Never
 * waits. */
void responders_tick(struct responders *responders, uint64_t now_ns);

/* What the command responder has done since the start. */
void responders_command_counts(
	const struct responders *responders, struct msg_commands *ret_counts);

/* is_removing: everything is taken back (but for the gate: gate_remove); else it is left in
 * force. NULL is fine. */
void responders_close(struct responders *responders, bool is_removing);

#endif
