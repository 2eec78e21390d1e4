/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* warm_wire.h - what warm.bpf.c and gate_warm.c share: a ring of frames. */
#ifndef WEIR_BENCH_WARM_WIRE_H
#define WEIR_BENCH_WARM_WIRE_H

#include <linux/types.h>

#define WARM_FRAMES 1024 /* each of another client port; they fit into the cache of any server */
#define WARM_BYTES 128

struct warm_frame {
	__u32 len;
	__u8 bytes[WARM_BYTES];
};

#endif
