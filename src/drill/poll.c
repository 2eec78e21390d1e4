/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drill/poll.c - makes a virtual link take what XDP sends back; see poll.h. */
#include "drill/poll.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "drill/send.h"

#define LOAD(size, to, from, offset)                                                               \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | (size), .dst_reg = (to), .src_reg = (from),            \
		.off = (offset)                                                                    \
	}

int poll_link(const char *interface, bool is_sink, struct err *err)
{
	/* if (data + 34 <= data_end && is IPv4 && destination in 198.18.0.0/15) drop; pass */
	static const struct bpf_insn sink[] = {
		LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, data)),
		LOAD(BPF_W, BPF_REG_3, BPF_REG_1, offsetof(struct xdp_md, data_end)),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_2 },
		/* NOLINTNEXTLINE(misc-redundant-expression): two names that are 0 */
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_4, .imm = 34 },
		{ .code = BPF_JMP | BPF_JGT | BPF_X,
			.dst_reg = BPF_REG_4,
			.src_reg = BPF_REG_3,
			.off = 7 },
		LOAD(BPF_H, BPF_REG_5, BPF_REG_2, 12),
		{ .code = BPF_JMP | BPF_JNE | BPF_K,
			.dst_reg = BPF_REG_5,
			.off = 5,
			.imm = __builtin_bswap16(0x0800) },
		LOAD(BPF_W, BPF_REG_5, BPF_REG_2, 30),
		{ .code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = BPF_REG_5, .imm = 0x0000feff },
		{ .code = BPF_JMP32 | BPF_JNE | BPF_K,
			.dst_reg = BPF_REG_5,
			.off = 2,
			.imm = 0x000012c6 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int r = send_check_interface(interface, err), program;

	if (r < 0)
		return r;
	program = bpf_prog_load(BPF_PROG_TYPE_XDP, "drill_link", "GPL", is_sink ? sink : pass,
		is_sink ? sizeof(sink) / sizeof(sink[0]) : sizeof(pass) / sizeof(pass[0]), NULL);
	if (program < 0)
		return err_set(err, program, "cannot load a program for %s: %s", interface,
			strerror(-program));
	r = bpf_xdp_attach((int)if_nametoindex(interface), program, 0, NULL);
	close(program);
	return r < 0 ? err_set(err, r, "cannot attach a program to %s: %s", interface, strerror(-r))
		     : 0;
}
