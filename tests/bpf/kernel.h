/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/kernel.h - the kernel part under test: loaded without pins and without being attached, in a
 * network namespace of its own, driven packet by packet through BPF_PROG_TEST_RUN.
 *
 * Maps are set up by text (see kernel_set) and emptied by kernel_reset(), so that each row of a
 * table starts with: mode enforce, 198.51.100.0/24 and 2001:db8:b::/64 protected without marks,
 * 203.0.113.0/24 and all else not.
 */
#ifndef WEIR_TESTS_BPF_KERNEL_H
#define WEIR_TESTS_BPF_KERNEL_H

#include <stdbool.h>

#include "bpf/frame.h"
#include "bpf/wire.h"

struct bpf_object;

enum program { PROGRAM_XDP, PROGRAM_TC, PROGRAM_EGRESS, PROGRAM_COUNT };

/* What became of a packet, whatever the program calls it. */
enum verdict { VERDICT_PASS, VERDICT_DROP, VERDICT_REPLY, VERDICT_UNKNOWN };

/* The maps of wire.h, by name. */
/* clang-format off */
#define KERNEL_MAPS(MAP) \
	MAP(settings) MAP(targets) MAP(hosts) MAP(blocked) MAP(blocked_prefixes) MAP(allowed) \
	MAP(limited_sources) MAP(quarantined) MAP(filters) MAP(filter_targets) MAP(counters) \
	MAP(losses) MAP(samples) MAP(flows) MAP(requests) MAP(offers) \
	MAP(listeners)
/* clang-format on */

#define MAP(name) KERNEL_MAP_##name,
enum kernel_map { KERNEL_MAPS(MAP) KERNEL_MAP_COUNT };
#undef MAP

struct kernel {
	struct bpf_object *guard, *egress;
	int program[PROGRAM_COUNT]; /* descriptors, -1: there is none */
	int map[KERNEL_MAP_COUNT];
};

struct kernel_counts {
	struct wire_counter reason[WIRE_REASON_COUNT];
	unsigned long long loss[WIRE_LOSS_COUNT];
};

extern const char *const kernel_verdict_names[VERDICT_UNKNOWN + 1];
extern const char *const kernel_reason_names[WIRE_REASON_COUNT];
extern const char *const kernel_program_names[PROGRAM_COUNT];

/* NULL, or why these tests cannot run here (no root, no BPF); moves into a namespace of its own. */
const char *kernel_obstacle(void);

/* folder: where guard.bpf.o and egress.bpf.o are; entries: cap of each map, as memory is short on
 * test machines. 0 or −errno, with libbpf's log on stderr. */
int kernel_load(const char *folder, unsigned entries, struct kernel *ret_kernel);
#define KERNEL_ENTRIES 4096
void kernel_close(struct kernel *kernel);

/* All maps empty but the base set. */
void kernel_reset(const struct kernel *kernel);

/*
 * Sets up maps by words with a blank between; aborts on a word it does not know. A '!' after the
 * name: its lease is over (or its mark in the past). frame: whose addresses and ports `hot`, `flow`
 * … mean.
 *   mode:learn|shadow|enforce until until!   settings; until: enforce_until_ns is to come, or was
 *   unreadable bogons spoofing               switched: unreadable passes, bogons drop, BCP 38
 *   nolists                                  has_… all 0 whatever the maps hold
 *   block:ADDR prefix:ADDR/N allow:ADDR/N allow:…,forever quarantine:ADDR
 *   protect:ADDR/N[,local]                   another target
 *   meter:ADDR,PPS                           a source's limit with no tokens left; meter+: full
 *   high:CLASS=PPS low:CLASS=PPS             marks of the base targets
 *   limit:CLASS=PPS                          a limit of the base targets
 *   hot:CLASS                                this class of the frame's destination is active
 *   flow[:answered|open|closing] request     the frame's connection, or its request, is known;
 *                                            answered: KERNEL_ANSWER has to be acknowledged
 */
#define KERNEL_ANSWER 1000

void kernel_set(const struct kernel *kernel, const char *words, const struct frame_text *frame);

/* The same key as the kernel part makes of a frame that comes in (or goes out). */
struct wire_flow_key kernel_flow_key(const struct frame_text *frame, bool is_outgoing);

void kernel_counts(const struct kernel *kernel, struct kernel_counts *ret_counts);

/* A filter of the frame's destination as exact target. */
void kernel_filter(const struct kernel *kernel, const struct wire_prefix *target,
	const struct wire_filters *filters);

struct wire_settings kernel_settings(void);
uint64_t kernel_now_ns(void);

/* One packet through a program; out has room for FRAME_MAX bytes and may be the frame itself. */
enum verdict kernel_run(const struct kernel *kernel, enum program program, const void *frame,
	size_t len, void *out, size_t *ret_out_len);

#endif
