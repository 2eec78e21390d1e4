// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * warm.bpf.c - lets a program that changes its packet be run many times in one BPF_PROG_TEST_RUN:
 * puts the next of a ring of frames in place of what the last run left, and goes on with the
 * program under test. What this costs is measured with warm_nothing as that program.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bench/warm_wire.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WARM_FRAMES);
	__type(key, __u32);
	__type(value, struct warm_frame);
} warm_frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} warm_subject SEC(".maps");

__u32 warm_next;

SEC("xdp.frags")
int warm_run(struct xdp_md *ctx)
{
	__u32 at = warm_next++ % WARM_FRAMES;
	struct warm_frame *frame = bpf_map_lookup_elem(&warm_frames, &at);
	__u32 bytes;

	if (!frame)
		return XDP_ABORTED;
	bytes = frame->len;
	if (bytes < 1 || bytes > WARM_BYTES)
		return XDP_ABORTED;
	if (bpf_xdp_adjust_tail(ctx, (int)bytes - (int)bpf_xdp_get_buff_len(ctx)) ||
		bpf_xdp_store_bytes(ctx, 0, frame->bytes, bytes))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &warm_subject, 0);
	return XDP_ABORTED;
}

SEC("xdp.frags")
int warm_nothing(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char warm_license[] SEC("license") = "Dual BSD/GPL";
