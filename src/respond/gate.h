/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate.h - the kernel part as the keeper holds it: loading, pinning, attaching, and the
 * entries of its maps.
 *
 * Everything is pinned below gate.bpffs, so that it outlives the keeper; a second gate_open()
 * adopts what it finds there when the version fits, and replaces the programs without a gap when it
 * does not (bpf_link__update_program), or builds anew. Used by the keeper only; watch gets
 * descriptors.
 */
#ifndef WEIR_RESPOND_GATE_H
#define WEIR_RESPOND_GATE_H

#include <stdbool.h>

#include "bpf/wire.h"
#include "conf/conf.h"
#include "lib/err.h"
#include "msg.h"

enum gate_attach { GATE_NONE, GATE_NATIVE, GATE_GENERIC, GATE_TC };

extern const char *const gate_attach_names[4]; /* "none", "native", "generic", "tc" */

extern const char *const gate_mode_names[WIRE_MODE_ENFORCE + 1]; /* "learn", "shadow", "enforce" */

struct gate;

struct gate_options {
	const struct conf *conf;
	const char *const *interfaces; /* names */
	unsigned interface_count;
	bool is_shadow; /* start in shadow; else as run.mode, or as the adopted settings have it */
};

/* Loads or adopts, and attaches. 0 or −errno with a message that says what to do: -EPERM (no
 * privilege), -EOPNOTSUPP (kernel or BTF), -ENODEV (interface), -EEXIST (pins of somebody else).
 * Nothing stays attached or pinned after a failure that was not there before. */
int gate_open(const struct gate_options *options, struct err *err, struct gate **ret_gate);

/* True when pinned state of an earlier run was taken over. */
bool gate_is_adopted(const struct gate *gate);
enum gate_attach gate_attached(const struct gate *gate, unsigned interface);

/* Why it is not the best way (other XDP program, driver without XDP …); "" when it is. */
const char *gate_note(const struct gate *gate, unsigned interface);

/* Attaches to an interface again that has gone and come back. */
int gate_reattach(struct gate *gate, unsigned interface, struct err *err);

/* Targets (the inside networks, own addresses as WIRE_TARGET_LOCAL) and settings from a
 * configuration; swaps them so that no packet sees half of it. Limits that mitigations set stay. */
struct gate_protect {
	struct wire_prefix prefix;
	uint32_t flags;
};
int gate_configure(struct gate *gate, const struct conf *conf, const struct gate_protect *protect,
	unsigned count, struct err *err);

/* until_ns: CLOCK_MONOTONIC, 0 for good; only with ENFORCE. */
int gate_set_mode(struct gate *gate, enum wire_mode mode, uint64_t until_ns);

/* What is in force: after an adoption the mode that the kernel part last had. */
enum wire_mode gate_mode(const struct gate *gate, uint64_t *ret_until_ns);

/* Who completes the handshakes that cookies begin for hosts behind this machine. */
enum gate_synproxy {
	GATE_SYNPROXY_OFF,	/* nobody: their SYNs get none */
	GATE_SYNPROXY_WATCHING, /* nobody yet: conntrack gets to know what connections there are */
	GATE_SYNPROXY_ON,	/* nftables' synproxy */
};
enum gate_synproxy gate_synproxy_state(const struct gate *gate);

/* Brings that in line with mode, configuration and whether the machine forwards; to be called each
 * second or so. 1: it has changed, 0: it has not, −errno: it could not (and is tried again after a
 * minute). */
int gate_synproxy_tend(struct gate *gate, uint64_t now_ns, struct err *err);

/* Puts a request (checked already) in force until expires_ns; the same id again extends it. A
 * request for an address that has that measure already takes it over: the older id is in force
 * no more. 0, -ENOSPC, -EINVAL. */
int gate_apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns);
/* -ENOENT when nothing of that id is in force. */
int gate_revoke(struct gate *gate, uint64_t mitigation);

/* expires_ns 0: for good. One that is there gets the new end, sooner or later. */
int gate_allow(struct gate *gate, const struct wire_prefix *prefix, uint64_t expires_ns);
int gate_disallow(struct gate *gate, const struct wire_prefix *prefix);

/* Calls for all that is on the allowlist; call must not change it. */
void gate_allowed_list(const struct gate *gate,
	void (*call)(void *context, const struct wire_prefix *prefix), void *context);

/* Calls for each mitigation that is in the maps and has not expired, then removes the expired
 * ones. */
void gate_sweep(struct gate *gate, uint64_t now_ns,
	void (*call)(void *context, uint64_t mitigation, enum verb verb,
		const struct wire_prefix *prefix, uint64_t expires_ns),
	void *context);

/* Descriptor for watch: read-only, but for the ring buffer. The caller closes it. −errno. */
int gate_map_fd(const struct gate *gate, enum msg_map map);

/* Takes everything out of the kernel: programs, links, pins, and sysctls back to what they were. */
int gate_remove(struct gate *gate, struct err *err);

/* Frees our side and leaves the kernel's as it is. NULL is fine. */
void gate_close(struct gate *gate);

#endif
