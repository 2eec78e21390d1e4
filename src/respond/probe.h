/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/probe.h - what this machine can do for weir, and what it lacks.
 *
 * Each probe looks at one thing and changes nothing. It answers with how good it is, a sentence for
 * a person, and, when it is not good, what to do. The list is the order of `weir doctor`.
 */
#ifndef WEIR_RESPOND_PROBE_H
#define WEIR_RESPOND_PROBE_H

enum probe_level { PROBE_OK, PROBE_WARN, PROBE_FAIL };

extern const char *const probe_level_names[3]; /* "ok", "warn", "fail" */

struct probe {
	enum probe_level level;
	char what[160];	  /* one sentence */
	char remedy[200]; /* "" when nothing is to be done */
};

/* PROBE(symbol, "name", "what it is about"): of the machine. Names never change. */
/* clang-format off */
#define PROBES_MACHINE(PROBE) \
	PROBE(kernel, "kernel", "version of the kernel") \
	PROBE(btf, "btf", "type information of the kernel") \
	PROBE(bpf, "bpf", "the bpf system call") \
	PROBE(jit, "jit", "the BPF compiler") \
	PROBE(capabilities, "capabilities", "privileges of this process") \
	PROBE(bpffs, "bpffs", "file system for what outlives the processes") \
	PROBE(unprivileged, "unprivileged_bpf", "BPF for everybody") \
	PROBE(cookies, "syncookies", "helpers that make SYN cookies in the kernel part") \
	PROBE(nft, "nft", "nftables") \
	PROBE(landlock, "landlock", "Landlock") \
	PROBE(seccomp, "seccomp", "system call filter")

/* Of one interface. */
#define PROBES_INTERFACE(PROBE) \
	PROBE(driver, "driver", "driver, and XDP in it") \
	PROBE(xdp, "xdp", "XDP programs that are attached") \
	PROBE(mtu, "mtu", "MTU against what XDP in the driver takes") \
	PROBE(offloads, "offloads", "offloads that get in the way of XDP") \
	PROBE(queues, "queues", "receive queues against processors")
/* clang-format on */

#define PROBE(symbol, ...) void probe_##symbol(struct probe *ret_probe);
PROBES_MACHINE(PROBE)
#undef PROBE
#define PROBE(symbol, ...) void probe_##symbol(const char *interface, struct probe *ret_probe);
PROBES_INTERFACE(PROBE)
#undef PROBE

/* All of them as tables, in that order; the lists end with a name NULL. */
struct probe_machine {
	const char *name, *about;
	void (*run)(struct probe *ret_probe);
};
struct probe_interface {
	const char *name, *about;
	void (*run)(const char *interface, struct probe *ret_probe);
};
extern const struct probe_machine probes_machine[];
extern const struct probe_interface probes_interface[];

/* Writes the answer; used by the probes. */
__attribute__((format(printf, 4, 5))) void probe_say(
	struct probe *probe, enum probe_level level, const char *remedy, const char *format, ...);

#endif
