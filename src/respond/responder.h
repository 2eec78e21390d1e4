/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/responder.h - what every responder is: a const vtable that puts measures in force.
 *
 * Which responder a measure goes to is decided by its verb: the first one in the list of
 * responders.c that opened and has the verb's bit set. In any mode but enforce, verbs of a
 * responder that cannot count without dropping (nft, command) go to the dry run instead. A
 * responder keeps what it has in force by the mitigation's id; leases run out in it without us
 * where the thing behind it can do so (kernel maps, nftables sets).
 */
#ifndef WEIR_RESPOND_RESPONDER_H
#define WEIR_RESPOND_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "conf/conf.h"
#include "lib/err.h"
#include "msg.h"

struct gate;

/* What every responder is given when it opens. */
struct responder_env {
	const struct conf *conf;
	struct gate *gate; /* NULL: no kernel part */
};

/* Told of one mitigation in force. */
typedef void responder_call(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns);

typedef void responder_allowed(void *context, const struct wire_prefix *prefix);

struct responder {
	const char *name;
	uint32_t verbs;	     /* bits by enum verb */
	bool counts_without; /* in shadow it counts what it would have dropped, by itself */
	/* 0 with *ret_state; -ENOTSUP: not on this machine, or not configured (no failure). */
	int (*open)(const struct responder_env *env, struct err *err, void **ret_state);
	/* In force until expires_ns; the same id again extends it. */
	int (*apply)(void *state, const struct msg_request *request, uint64_t expires_ns,
		struct err *err);
	int (*revoke)(void *state, uint64_t mitigation); /* -ENOENT: nothing of that id here */
	/* Calls for each in force at now_ns, and forgets what has run out. */
	void (*list)(void *state, uint64_t now_ns, responder_call *call, void *context);
	/* The allowlist goes before all measures; expires_ns 0: for good. May be NULL. */
	int (*allow)(void *state, const struct wire_prefix *prefix, uint64_t expires_ns);
	int (*disallow)(void *state, const struct wire_prefix *prefix);
	/* Calls for all that is on it, also from before this start. May be NULL, with allow. */
	void (*allowed)(const void *state, responder_allowed *call, void *context);
	/* Regularly: reaps, times out. May be NULL. */
	void (*tick)(void *state, uint64_t now_ns);
	/* is_removing: takes back all it has in force; else leaves it. */
	void (*close)(void *state, bool is_removing);
};

extern const struct responder responder_xdp, responder_nft, responder_command, responder_dry_run;

#endif
