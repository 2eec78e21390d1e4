/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/memory.h - traffic memory: what good traffic to each target looked like in the last hour,
 * and what arrives right now.
 *
 * One a lane, filled by its worker with what the packets of a window look like to a signature
 * filter (struct wire_features); read by the control thread between windows. Two parts, both
 * bounded samples: the recent packets to each busy target (what an attack is learned from), and a
 * reservoir a target and five minutes, of traffic that is good: from senders that proved
 * themselves, or of a time without an incident (what collateral is measured with).
 */
#ifndef WEIR_DECIDE_MEMORY_H
#define WEIR_DECIDE_MEMORY_H

#include "bpf/wire.h"
#include "conf/networks.h"
#include "types.h"

struct memory;

struct memory_sample {
	struct wire_features features;
	uint64_t deep[4]; /* payload bytes 16..47, the first in the lowest byte; 0 beyond the end */
	struct addr source;
	int64_t time_ns;
	uint32_t weight;     /* stands for so many packets */
	uint8_t standing;    /* enum standing */
	uint8_t was_dropped; /* a sample from the kernel part: filtered, blocked … */
	uint8_t reason;	     /* enum wire_reason, when it was dropped */
	uint8_t class;	     /* enum wire_class */
};

/* -ENOMEM. targets: how many at a time. */
int memory_open(unsigned targets, uint64_t seed, struct memory **ret_memory);

/* Features of a packet as the kernel part sees them (bpf/wire.h); 0 beyond the captured bytes. */
void memory_features(const struct pkt *pkt, struct wire_features *ret_features);

/* Takes note of packets to inside, tracked already. */
void memory_see(struct memory *memory, const struct networks *networks, struct pkt *const *pkts,
	unsigned count);

/* A packet that the kernel part dropped and sampled. */
void memory_see_dropped(
	struct memory *memory, const struct pkt *pkt, const struct wire_sample *sample);

/* Copies at most cap samples to a target (bits 0..128) since a time, newest first. Returns how
 * many. */
unsigned memory_recent(const struct memory *memory, const struct addr *target, unsigned bits,
	int64_t since_ns, struct memory_sample *samples, unsigned cap);

/*
 * The same of the good traffic of the hour before a time (an attack's beginning): from senders that
 * proved themselves, and of any sender until MEMORY_NOTICE_NS before that time, outside of attacks.
 * weight: how many packets of its five minutes it stands for. Later ones of proved senders count
 * too.
 */
#define MEMORY_NOTICE_NS (2 * NS_PER_S)
unsigned memory_good(const struct memory *memory, const struct addr *target, unsigned bits,
	int64_t before_ns, struct memory_sample *samples, unsigned cap);

/* For the control thread: target is under attack since first_ns, and still is until until_ns. What
 * unproved senders sent it then is not kept as good, nor what they sent MEMORY_NOTICE_NS before. */
void memory_attacked(struct memory *memory, const struct addr *target, unsigned bits,
	int64_t first_ns, int64_t until_ns);

/* Bytes taken. */
size_t memory_bytes(unsigned targets);

/* NULL is fine. */
void memory_close(struct memory *memory);

#endif
