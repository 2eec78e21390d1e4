/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * guard.bpf.c - what happens to a packet that arrives: weir_guard at XDP, weir_guard_tc at tc.
 *
 * Stages in order, each its own header: parse → lists → sanity → target → filters → what belongs to
 * a connection or was asked for (cookie.h) → classes and their limits → senders' limits → verdict.
 * The first that has a reason ends it. Lists and sanity come before the question whether the
 * destination is protected, so a blocked sender reaches nobody, and all other traffic to
 * unprotected addresses is done with after a few look-ups.
 *
 * At tc, where the card's driver has no place for XDP, a SYN cannot be answered: it passes and is
 * counted as one that would have been. All else is the same.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "class.h"
#include "clock.h"
#include "cookie.h"
#include "filter.h"
#include "lists.h"
#include "maps.h"
#include "meter.h"
#include "parse.h"
#include "sanity.h"
#include "verdict.h"

char guard_license[] SEC("license") = "Dual BSD/GPL";

/* Of one packet: what the stages hand to one another. */
struct guarded {
	void *ctx; /* struct xdp_md or __sk_buff */
	const struct packet *packet;
	const struct wire_settings *set;
	struct wire_target *target;
	struct wire_host *host; /* NULL: there was no place for it, so it has no rates */
	__u64 now;
	enum wire_class class;
	bool is_tc;
	bool has_sample;
};

static const struct wire_host guard_new_host;

static __noinline struct wire_host *guard_host_make(const struct wire_addr *addr, __u64 now)
{
	struct wire_host *host;

	bpf_map_update_elem(&hosts, addr, &guard_new_host, BPF_NOEXIST);
	host = bpf_map_lookup_elem(&hosts, addr);
	if (host)
		host->first_seen_ns = now;
	else
		count_loss(WIRE_LOSS_HOSTS);
	return host;
}

static __always_inline struct wire_host *guard_host(const struct packet *p, __u64 now)
{
	struct wire_host *host = bpf_map_lookup_elem(&hosts, &p->destination);

	return host ? host : guard_host_make(&p->destination, now);
}

static __always_inline bool guard_has_cookies(const struct guarded *g)
{
	return cookie_is_completed(g->target, g->set);
}

/* Whether TCP to a host is under attack, by SYNs that are answered with cookies, or by segments of
 * no connection. */
static __always_inline bool guard_tcp_is_attacked(const struct guarded *g)
{
	const struct wire_class_state *classes = g->host->classes;

	if (classes[WIRE_CLASS_TCP].active_until_ns > g->now)
		return true;
	return classes[WIRE_CLASS_SYN].active_until_ns > g->now && guard_has_cookies(g);
}

/* Answers a SYN. The sample is taken first: afterwards the packet is the answer. */
static __always_inline enum wire_reason guard_cookie(struct guarded *g)
{
	struct wire_sample *sample = NULL;
	enum wire_reason reason;

	if (g->packet->is_tunnelled || !guard_has_cookies(g)) {
		count_loss(WIRE_LOSS_REPLIES);
		return WIRE_REASON_CLEAN;
	}
	if (g->is_tc || !verdict_is_enforced(g->set))
		return WIRE_REASON_COOKIE_SENT;
	if (verdict_is_sampled(g->set, g->host->classes[WIRE_CLASS_SYN].packets))
		sample = verdict_sample(g->ctx, g->packet, g->set, false);
	g->has_sample = true;
	reason = cookie_syn(g->ctx, g->packet, g->target, g->host, g->now);
	if (sample && verdict_is_pass(reason))
		bpf_ringbuf_discard(sample, 0);
	else if (sample)
		verdict_submit(sample, g->packet, reason);
	return reason;
}

/* What an active class does to a packet. */
static __always_inline enum wire_reason guard_active(struct guarded *g)
{
	switch (g->class) {
	case WIRE_CLASS_SYN:
		return guard_cookie(g);
	case WIRE_CLASS_TCP:
		return cookie_tcp(g->ctx, g->packet, g->target, g->now, guard_has_cookies(g));
	case WIRE_CLASS_ANSWER:
		return request_answered(g->packet, g->now);
	default:
		return WIRE_REASON_CLEAN;
	}
}

/* True when the TCP segment is of a connection that the inside has part in. Such ones do not count
 * to their class: a download is no flood. */
static __always_inline bool guard_is_known(const struct guarded *g)
{
	const struct packet *p = g->packet;
	struct wire_flow_key key;

	if (g->class != WIRE_CLASS_TCP)
		return false;
	cookie_flow_key(p, &key);
	return flow_is_known(&key, p->tcp_flags & PACKET_ACK ? p->tcp_acknowledged : 0, g->now);
}

/* Rates and what follows from them. */
static __always_inline enum wire_reason guard_class(struct guarded *g)
{
	struct wire_class_state *state;
	enum wire_reason reason;
	bool is_active;
	__u64 pps;

	if (guard_is_known(g))
		return guard_tcp_is_attacked(g) ? WIRE_REASON_KNOWN_FLOW : WIRE_REASON_CLEAN;
	if ((__u32)g->class >= WIRE_CLASS_COUNT)
		return WIRE_REASON_CLEAN;
	state = &g->host->classes[g->class];
	pps = class_count(state, g->packet, g->now);
	is_active = class_is_active(state, g->target, g->class, g->set, pps, g->now);
	reason = class_limit(state, g->target, g->class, is_active, g->now);
	if (reason == WIRE_REASON_COUNT) {
		if (g->class == WIRE_CLASS_TCP)
			is_active = guard_tcp_is_attacked(g);
		reason = is_active ? guard_active(g) : WIRE_REASON_CLEAN;
	}
	if (!verdict_is_pass(reason))
		__sync_fetch_and_add(&state->dropped, 1);
	return reason;
}

/* The bytes once more: read anew, for the verifier has found out other things about the old
 * pointers on each way here, and would walk what follows for each. */
static __always_inline struct packet_bytes guard_bytes(const struct guarded *g)
{
	const volatile struct __sk_buff *skb = g->ctx;
	const volatile struct xdp_md *xdp = g->ctx;

	if (g->is_tc)
		return (struct packet_bytes){ (void *)(long)skb->data, (void *)(long)skb->data_end,
			NULL };
	return (struct packet_bytes){ (void *)(long)xdp->data, (void *)(long)xdp->data_end, NULL };
}

static __always_inline bool guard_is_filtered(const struct guarded *g)
{
	struct wire_filters *list;
	struct packet_bytes bytes;

	if (!g->set->has_filters)
		return false;
	list = filters_of(g->packet);
	if (!list)
		return false;
	bytes = guard_bytes(g);
	return filter_walk(list, g->packet, bytes.start, bytes.end, g->now);
}

/* The stages of a packet to a protected host. */
static __always_inline enum wire_reason guard_protect(struct guarded *g)
{
	enum wire_reason reason = WIRE_REASON_CLEAN;

	g->now = clock_now();
	if (guard_is_filtered(g))
		return WIRE_REASON_FILTER;
	g->host = guard_host(g->packet, g->now);
	g->class = class_of(g->packet);
	if (g->host && !class_is_discovery(g->packet))
		reason = guard_class(g);
	if (g->set->has_limited_sources && verdict_is_pass(reason) &&
		meter_judge(g->packet) == WIRE_REASON_SOURCE_LIMIT)
		return WIRE_REASON_SOURCE_LIMIT;
	return reason;
}

/* What is not known to be IP, or cannot be told apart from what it is not. */
static __always_inline enum wire_reason guard_flaw(
	const struct packet *p, const struct wire_settings *set)
{
	if (p->flaw == PACKET_NOT_IP)
		return WIRE_REASON_OTHER_PROTOCOL;
	if (p->flaw == PACKET_IMPOSSIBLE)
		return WIRE_REASON_BOGON;
	return sanity_flaw(p, set);
}

/* The stages that all packets go through. */
static __always_inline enum wire_reason guard_judge(struct guarded *g)
{
	const struct packet *p = g->packet;
	enum wire_reason reason;

	if (p->ip_version == 0 || p->flaw == PACKET_IMPOSSIBLE)
		return guard_flaw(p, g->set);
	reason = lists_judge(p, g->set);
	if (reason != WIRE_REASON_COUNT)
		return reason;
	reason = sanity_judge(p, g->set);
	if (reason != WIRE_REASON_COUNT)
		return reason;
	g->target = bpf_map_lookup_elem(&targets, &p->destination_key);
	return g->target ? guard_protect(g) : WIRE_REASON_UNPROTECTED;
}

/* The parser of all but plain packets, twice, as it takes the context: global functions, which the
 * verifier walks once and by themselves, not once for each way that leads to them. */
__noinline int guard_parse(struct xdp_md *ctx, struct packet *p)
{
	struct packet_bytes bytes = { (void *)(long)ctx->data, (void *)(long)ctx->data_end, ctx };

	if (p)
		parse_any(bytes, (__u32)(bytes.end - bytes.start), p);
	return 0;
}

__noinline int guard_parse_tc(struct __sk_buff *ctx, struct packet *p)
{
	struct packet_bytes bytes = { (void *)(long)ctx->data, (void *)(long)ctx->data_end, NULL };

	if (p)
		parse_any(bytes, ctx->len, p);
	return 0;
}

enum guard_action { GUARD_PASS, GUARD_DROP, GUARD_REPLY };

static __always_inline enum guard_action guard_packet(
	void *ctx, struct packet_bytes bytes, __u32 frame_bytes, bool is_tc)
{
	__u32 first = 0;
	struct packet *p = bpf_map_lookup_elem(&packets, &first);
	struct guarded g = { .ctx = ctx, .is_tc = is_tc };
	enum wire_reason reason;
	bool may_act, happens;

	g.set = bpf_map_lookup_elem(&settings, &first);
	if (!g.set || !p)
		return GUARD_PASS;
	g.packet = p;
	if (!parse_plain(bytes, frame_bytes, p)) {
		if (is_tc)
			guard_parse_tc(ctx, p);
		else
			guard_parse(ctx, p);
	}
	reason = guard_judge(&g);
	may_act = !is_tc || reason != WIRE_REASON_COOKIE_SENT;
	happens = verdict_make(ctx, p, g.set, reason, is_tc, may_act, g.has_sample);
	if (!happens || verdict_is_pass(reason))
		return GUARD_PASS;
	return reason == WIRE_REASON_COOKIE_SENT ? GUARD_REPLY : GUARD_DROP;
}

SEC("xdp.frags")
int weir_guard(struct xdp_md *ctx)
{
	struct packet_bytes bytes = { (void *)(long)ctx->data, (void *)(long)ctx->data_end, ctx };

	switch (guard_packet(ctx, bytes, (__u32)(bytes.end - bytes.start), false)) {
	case GUARD_DROP:
		return XDP_DROP;
	case GUARD_REPLY:
		return XDP_TX;
	default:
		return XDP_PASS;
	}
}

#define GUARD_PULL_BYTES 256 /* headers with room for options, and the payload that filters see */

SEC("tc")
int weir_guard_tc(struct __sk_buff *ctx)
{
	struct packet_bytes bytes = { NULL, NULL, NULL };

	if (ctx->data_end - ctx->data < GUARD_PULL_BYTES)
		bpf_skb_pull_data(ctx, ctx->len < GUARD_PULL_BYTES ? ctx->len : GUARD_PULL_BYTES);
	bytes.start = (void *)(long)ctx->data;
	bytes.end = (void *)(long)ctx->data_end;
	return guard_packet(ctx, bytes, ctx->len, true) == GUARD_PASS ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}
