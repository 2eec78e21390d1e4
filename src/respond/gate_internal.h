/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_internal.h - what the files of the gate share.
 *
 *   gate.c         open, close, remove: the order of things
 *   gate_maps.c    objects, maps and their pins: build or adopt
 *   gate_attach.c  programs on interfaces; gate_tc.c the part of it that goes through tc
 *   gate_conf.c    settings and targets from the configuration; mode
 *   gate_sysctl.c  the kernel's own settings that the cookies need, saved and put back
 *   gate_apply.c   requests: to the file of their verb; revoke, sweep
 *   gate_lease.c   blocked, quarantined, limited senders, allowed
 *   gate_target.c  targets with the limits of classes; gate_filter.c filters
 *   gate_index.c   which mitigation lies where
 *
 * Only the keeper writes the maps, so what was read at adoption and written since is the truth;
 * only the counters of hits move under us.
 */
#ifndef WEIR_RESPOND_GATE_INTERNAL_H
#define WEIR_RESPOND_GATE_INTERNAL_H

#include <net/if.h>
#include <stddef.h>

#include "respond/gate.h"
#include "respond/gate_index.h"

struct bpf_object;
struct bpf_program;

#define GATE_MAPS_MAX 32
#define GATE_PATH_MAX 256
#define GATE_NOTE_MAX 256

/* One of the maps that hold leases by address or prefix. */
enum gate_list {
	GATE_BLOCKED,
	GATE_BLOCKED_PREFIXES,
	GATE_QUARANTINED,
	GATE_LIMITED,
	GATE_ALLOWED,
	GATE_LIST_COUNT
};

struct gate_allowed {
	struct wire_prefix prefix;
	uint64_t expires_ns; /* 0: for good */
};

struct gate_limit {
	struct wire_prefix prefix;
	uint32_t class, rate_pps;
	uint32_t pad;
	uint64_t mitigation, expires_ns;
};

struct gate_filter {
	struct wire_prefix prefix;
	uint32_t pad;
	struct wire_filter filter; /* with mitigation and expires_ns */
};

struct gate_interface {
	char name[IF_NAMESIZE];
	unsigned index;
	enum gate_attach attached;
	bool was_there;	  /* attached before this open: stays when the open fails */
	bool made_egress; /* by this open */
	char note[GATE_NOTE_MAX];
};

struct gate {
	const struct conf *conf;
	char bpffs[GATE_PATH_MAX], runtime_dir[GATE_PATH_MAX];
	struct bpf_object *guard, *egress;
	struct {
		const char *name; /* of the object */
		int fd;		  /* of the object */
	} maps[GATE_MAPS_MAX];
	unsigned map_count;
	struct gate_interface interfaces[MSG_INTERFACES_MAX];
	unsigned interface_count;
	bool is_adopted;
	struct wire_settings settings; /* as in the map */
	struct gate_index index;
	uint32_t list_counts[GATE_LIST_COUNT];
	struct gate_array allowed;   /* struct gate_allowed */
	struct gate_array bases;     /* struct gate_protect: the targets of the configuration */
	struct gate_array limits;    /* struct gate_limit */
	struct gate_array targets;   /* struct wire_prefix: what stands in the map targets */
	struct gate_array filters;   /* struct gate_filter */
	struct gate_array filtered;  /* struct wire_prefix: what stands in the map filters */
	struct wire_target template; /* marks of the configuration */
	struct {
		enum gate_synproxy state;
		bool is_stale;	   /* the rules are of another configuration */
		uint64_t since_ns; /* not OFF since then; 0: since before we started */
		uint64_t again_ns; /* after a failure: not before */
	} synproxy;
};

/* gate_maps.c */
int gate_maps_open(struct gate *gate, struct err *err); /* loads; sets is_adopted */
int gate_maps_pin(struct gate *gate, struct err *err);
void gate_maps_unpin(struct gate *gate);
int gate_map(const struct gate *gate, const char *name); /* descriptor, or −1 */
int gate_bpffs_prepare(const char *bpffs, struct err *err);
struct bpf_program *gate_program(const struct gate *gate, const char *name);
const char *gate_libbpf_said(void); /* the last warning, for messages */
void gate_libbpf_listen(void);

/* gate_attach.c */
int gate_attach_all(struct gate *gate, struct err *err);
void gate_attach_undo(struct gate *gate); /* what this open has attached */
void gate_detach_all(struct gate *gate);
int gate_attach_one(struct gate *gate, struct gate_interface *interface, struct err *err);

/* gate_tc.c: direction is BPF_TC_INGRESS or BPF_TC_EGRESS; program by descriptor. */
int gate_tc_attach(struct gate *gate, const struct gate_interface *interface, int direction,
	int program_fd, bool *ret_is_new);
void gate_tc_detach(const char *bpffs, const char *name, unsigned index, int direction);
/* Takes the clsact qdisc away when the gate made it and nobody else uses it. */
void gate_tc_clean(const char *bpffs, const char *name, unsigned index);
bool gate_tc_is_there(const char *bpffs, const char *name, unsigned index, int direction);

/* gate_conf.c: the settings are adopted before all else, as lists keep flags in them */
int gate_settings_adopt(struct gate *gate);
int gate_settings_start(struct gate *gate, bool is_shadow, struct err *err);
int gate_settings_write(struct gate *gate, const struct wire_settings *settings);

/* gate_sysctl.c */
enum gate_sysctl_group {
	GATE_SYSCTL_COOKIES,  /* while weir drops */
	GATE_SYSCTL_SYNPROXY, /* while nftables completes handshakes for others */
	GATE_SYSCTL_GROUPS
};
int gate_sysctl_set(const char *runtime_dir, enum gate_sysctl_group group, struct err *err);
int gate_sysctl_restore(const char *runtime_dir, enum gate_sysctl_group group);

/* gate_synproxy.c */
void gate_synproxy_adopt(struct gate *gate);
int gate_synproxy_remove(struct gate *gate);

/* gate_lease.c */
enum gate_list gate_list_of(enum verb verb, const struct wire_prefix *prefix);
int gate_lease_apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns);
int gate_lease_revoke(struct gate *gate, const struct gate_entry *entry);
int gate_leases_adopt(struct gate *gate);
void gate_allowed_sweep(struct gate *gate, uint64_t now_ns);

/* gate_target.c */
int gate_target_limit(struct gate *gate, const struct msg_request *request, uint64_t expires_ns);
int gate_target_revoke(struct gate *gate, uint64_t mitigation);
int gate_targets_adopt(struct gate *gate);
int gate_targets_configure(struct gate *gate, const struct gate_protect *protect, unsigned count);

/* gate_filter.c */
int gate_filter_apply(struct gate *gate, const struct msg_request *request, uint64_t expires_ns);
int gate_filter_revoke(struct gate *gate, uint64_t mitigation);
int gate_filters_adopt(struct gate *gate);

#endif
