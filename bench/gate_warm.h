/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gate_warm.h - ns of paths that answer or remember packets, measured like those that do not. */
#ifndef WEIR_BENCH_GATE_WARM_H
#define WEIR_BENCH_GATE_WARM_H

#include "bpf/kernel.h"

/* Called for each row as it is measured. */
typedef void gate_warm_row(const char *name, double ns, __u32 verdict);

/* As kernel_reset(), with as many samples taken as by default and not of all packets. */
void gate_warm_reset(const struct kernel *kernel);

/* 0 or −errno. rounds: of WARM_FRAMES packets each; the median is taken. */
int gate_warm_measure(const struct kernel *kernel, unsigned rounds, gate_warm_row *row);

#endif
