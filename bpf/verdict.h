/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * verdict.h - from a reason to what happens: modes, counters, samples.
 *
 * Every packet ends here, once. Outside of enforce nothing is dropped or answered: it is counted
 * as what would have happened, and passes. Samples show watch what it does not see any more.
 */
#ifndef WEIR_BPF_VERDICT_H
#define WEIR_BPF_VERDICT_H

#include "class.h"
#include "clock.h"
#include "maps.h"
#include "packet.h"

#define VERDICT_PASS 1
#define VERDICT_DROP 0
#define VERDICT_REPLY 0
#define REASON(symbol, name, verdict, meaning) | VERDICT_##verdict << WIRE_REASON_##symbol
/* A bit for each reason to pass. */
static const __u32 verdict_passes = 0 WIRE_REASONS(REASON);
#undef REASON
_Static_assert(WIRE_REASON_COUNT < 32, "a bit each");

static __always_inline int verdict_is_pass(enum wire_reason reason)
{
	return verdict_passes >> reason & 1;
}

static __always_inline int verdict_is_enforced(const struct wire_settings *set)
{
	if (set->mode != WIRE_MODE_ENFORCE)
		return 0;
	return set->enforce_until_ns == 0 || clock_now() < set->enforce_until_ns;
}

/* Every n-th packet of a reason, on this processor, but not in step with a sender who alternates: a
 * multiple of 2^32 divided by the golden ratio is below 2^32 / n as often, and never regularly. */
static __always_inline int verdict_is_sampled(const struct wire_settings *set, __u64 count)
{
	__u64 spread = (__u32)count * 2654435769U;

	return spread * set->sample_one_in >> 32 == 0 && set->sample_one_in;
}

/* Room for a sample of the packet as it stands now, or NULL. To be submitted or discarded. */
static __always_inline struct wire_sample *verdict_sample(
	void *ctx, const struct packet *p, const struct wire_settings *set, int is_tc)
{
	struct wire_sample *sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);
	__u32 bytes = p->frame_bytes;
	long result;

	if (!sample) {
		count_loss(WIRE_LOSS_SAMPLES);
		return (void *)0;
	}
	if (bytes > WIRE_SAMPLE_BYTES)
		bytes = WIRE_SAMPLE_BYTES;
	asm volatile("" : "+r"(bytes));
	if (bytes < 1 || bytes > WIRE_SAMPLE_BYTES)
		bytes = 1;
	__builtin_memset(sample, 0, sizeof(*sample));
	result = is_tc ? bpf_skb_load_bytes(ctx, 0, sample->bytes, bytes)
		       : bpf_xdp_load_bytes(ctx, 0, sample->bytes, bytes);
	sample->time_ns = clock_now();
	sample->interface = is_tc ? ((struct __sk_buff *)ctx)->ifindex
				  : ((struct xdp_md *)ctx)->ingress_ifindex;
	sample->wire_len = p->frame_bytes;
	sample->weight = set->sample_one_in;
	sample->captured = result ? 0 : (__u16)bytes;
	return sample;
}

static __always_inline void verdict_submit(
	struct wire_sample *sample, const struct packet *p, enum wire_reason reason)
{
	sample->reason = (__u8)reason;
	sample->class = (__u8)class_of(p);
	bpf_ringbuf_submit(sample, 0);
}

static __always_inline void verdict_count(
	const struct packet *p, struct wire_counter *counter, int happens)
{
	if (happens) {
		counter->packets += 1;
		counter->bytes += p->frame_bytes;
	} else {
		counter->shadow_packets += 1;
		counter->shadow_bytes += p->frame_bytes;
	}
}

/* Counts the packet under its reason, samples it, and returns whether what the reason says happens:
 * 1, or only would: 0, and the packet passes. may_act: 0 where the program could not, whatever the
 * mode. has_sample: it was taken earlier, before the packet was changed. */
static __always_inline int verdict_make(void *ctx, const struct packet *p,
	const struct wire_settings *set, enum wire_reason reason, int is_tc, int may_act,
	int has_sample)
{
	__u32 key = reason;
	struct wire_counter *counter = bpf_map_lookup_elem(&counters, &key);
	struct wire_sample *sample;
	int happens = 1;

	if (!counter)
		return 0;
	if (!verdict_is_pass(reason))
		happens = may_act && verdict_is_enforced(set);
	verdict_count(p, counter, happens);
	if (has_sample || verdict_is_pass(reason) ||
		!verdict_is_sampled(set, counter->packets + counter->shadow_packets))
		return happens;
	sample = verdict_sample(ctx, p, set, is_tc);
	if (sample)
		verdict_submit(sample, p, reason);
	return happens;
}

#endif
