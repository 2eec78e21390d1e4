/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/keeper_internal.h - the state of the keeper, shared by the files of src/keeper: keeper.c
 * (start, stop), loop.c (waiting), requests.c (the channel), claims.c (what nobody asks for any
 * more), protect.c (what is protected, and from what), process.c (watch).
 */
#ifndef WEIR_KEEPER_KEEPER_INTERNAL_H
#define WEIR_KEEPER_KEEPER_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "keeper/check.h"
#include "keeper/keeper.h"
#include "keeper/local.h"
#include "keeper/lock.h"
#include "lib/now.h"
#include "respond/gate.h"
#include "respond/responders.h"
#include "types.h"

#define KEEPER_SILENT_NS (15 * NS_PER_S) /* so long without a beat: watch hangs */
#define KEEPER_BEAT_NS                                                                             \
	(10 * NS_PER_S) /* and so long the service manager is told that all is well */
#define KEEPER_START_NS (60 * NS_PER_S) /* so long watch may take to get ready */
#define KEEPER_TRIES 5			/* starts of watch that never got ready: it cannot */
/* So long after it is ready watch has asked for all that its journal knows. */
#define KEEPER_CLAIM_NS (5 * NS_PER_S)

struct keeper_interface {
	char name[16];
	unsigned index; /* 0: it is gone */
	bool is_shown;	/* watch has its sockets */
};

struct keeper {
	const struct keeper_options *options;
	struct conf *conf;
	struct local local;
	struct local_list allowed; /* what is on the allowlist of the responders now */
	struct keeper_interface interfaces[MSG_INTERFACES_MAX];
	unsigned interface_count;
	int lock, listener, channel, signals, timer;
	struct lock_note note;
	struct gate *gate; /* NULL: gate.attach is none */
	struct responders *responders;
	struct check *check;
	struct {
		pid_t pid; /* 0: none */
		uint64_t started_ns, beat_ns, next_start_ns;
		unsigned failures, tries;
		bool is_ready, was_ever_ready, is_asked_to_stop;
	} watch;
	struct {
		uint64_t end_ns; /* 0: watch is not ready yet, or all was looked at */
		unsigned measures, prefixes, rounds; /* taken back so far */
	} claims;
	uint64_t next_sweep_ns, next_look_ns;
	uint64_t refused_said; /* requests refused, as of the last line about it */
	bool is_stopping, is_keeping;
	int exit_status;
};

/* protect.c: looks at the machine again, and brings gate, responders and check in line with it
 * and the configuration. -errno with a message. */
int protect_all(struct keeper *keeper, struct err *err);
/* Only the allowlist, each minute. */
void protect_refresh(struct keeper *keeper);
/* What an earlier configuration has allowed and nobody does now is taken off. */
void protect_leave(struct keeper *keeper, const struct conf *before);
/* Takes off what nobody has put there since the start, at most 64 at a time; how many. */
unsigned protect_drop_strays(struct keeper *keeper);
/* Is the prefix, exactly so, on the list for good? */
bool protect_is_for_good(const struct keeper *keeper, const struct wire_prefix *prefix);

/* process.c */
void process_start(struct keeper *keeper);
void process_ended(struct keeper *keeper);
void process_stop(struct keeper *keeper); /* and waits for it, 3 s at most */
void process_tend(struct keeper *keeper, uint64_t now_ns);

/* claims.c: what is in force and no journal knows is taken back. */
void claims_begin(struct keeper *keeper); /* of a new watch */
void claims_ready(struct keeper *keeper, uint64_t now_ns);
void claims_tend(struct keeper *keeper, uint64_t now_ns);

/* requests.c: takes what is in the channel, a bounded number. */
void requests_take(struct keeper *keeper);
/* Says how many were refused since it was last said. */
void requests_account(struct keeper *keeper);

/* loop.c */
int loop_open(struct keeper *keeper, struct err *err);
void loop_run(struct keeper *keeper);

#endif
