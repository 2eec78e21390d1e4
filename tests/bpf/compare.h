/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/compare.h - one Ethernet frame read by the kernel part's parser (bpf/parse.h, compiled for
 * this machine) and by the decoder of user space, and what must be the same.
 *
 * By design they differ in this: the decoder goes into tunnels, the kernel judges the outer packet,
 * so then only that is compared. The kernel gives up earlier (tags, labels, chains beyond its caps,
 * headers beyond 4 kB), but then it says UNREADABLE, which is dropped unless the operator chose
 * otherwise, and never that there is no IP. What contradicts itself the kernel does not read on;
 * the decoder does, as far as it can, and must have noted an anomaly.
 */
#ifndef WEIR_TESTS_BPF_COMPARE_H
#define WEIR_TESTS_BPF_COMPARE_H

#include "types.h"

/* How often each way of agreeing was seen; for the report of the tests. */
struct compare_counts {
	uint64_t frames, not_ip, same, tunnels, flawed, refused;
	uint64_t refused_plain; /* refused although the decoder found nothing odd in it */
};

/* NULL when they agree, else which field differs (static storage). */
const char *compare_frame(
	const uint8_t *bytes, uint32_t captured, uint32_t wire_len, struct compare_counts *counts);

#endif
