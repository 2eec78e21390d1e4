// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * ideal.bpf.c - the ceiling for any defence in XDP: a program that knows the attacker's prefix
 * (198.18.0.0/15, the drill's invented senders) beforehand and does nothing but drop it. And an
 * empty program, which is what calling any costs.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int drop_prefix(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	return (ip->saddr & bpf_htonl(0xfffe0000)) == bpf_htonl(0xc6120000) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int pass_all(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char ideal_license[] SEC("license") = "Dual BSD/GPL";
