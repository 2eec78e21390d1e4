/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * class.h - kinds of traffic to a host: which one a packet is, how much of it there is, and whether
 * that is too much.
 *
 * Rates are counted in slots (WIRE_SLOT_SHIFT). Number of the slot and packets in it are one 64 bit
 * word that is only changed by atomic operations: so no processor counts into a slot that another
 * one has ended, and a count is never seen with the wrong slot. The estimate of the rate is the
 * count, and the last slot's as far as the current one still has to go.
 */
#ifndef WEIR_BPF_CLASS_H
#define WEIR_BPF_CLASS_H

#include "maps.h"
#include "packet.h"

#define CLASS_SLOT_NS (1ULL << WIRE_SLOT_SHIFT)
#define CLASS_NS_PER_MS 1000000ULL
#define CLASS_TURNS_MAX 4 /* attempts to begin a slot, while others do too */

/* Packets a slot to packets a second: 10^9 / 2^26, as a fraction of 2^20. */
#define CLASS_PPS(packets) ((__u64)(packets)*15625000 >> 20)
/* And back, the part below one packet too. */
#define CLASS_PER_SLOT(pps) ((__u64)(pps)*70369)
#define CLASS_PER_SLOT_SHIFT 20

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CLASS_COUNT_SHIFT 32
#define CLASS_SLOT_AT 0
#else
#define CLASS_COUNT_SHIFT 0
#define CLASS_SLOT_AT 32
#endif
_Static_assert(__builtin_offsetof(struct wire_class_state, count) == 4, "one word with slot");

static __always_inline int class_is_amplifier(__u16 port)
{
#define PORT(number) case number:
	switch (port) {
		WIRE_AMPLIFIER_PORTS(PORT)
		return 1;
	default:
		return 0;
	}
#undef PORT
}

/* Router and neighbour discovery, which a router does not forward (RFC 4861 7.1: hop limit 255). It
 * is of this link, and without it IPv6 ends. */
static __always_inline int class_is_discovery(const struct packet *p)
{
	return p->protocol == PACKET_ICMP6 && p->ip_version == 6 && p->ttl == 255 &&
	       p->source_port >= 133 && p->source_port <= 137;
}

static __always_inline enum wire_class class_of(const struct packet *p)
{
	if (p->fragment)
		return WIRE_CLASS_FRAGMENT;
	if (p->protocol == PACKET_TCP)
		return (p->tcp_flags & (PACKET_SYN | PACKET_RST | PACKET_ACK)) == PACKET_SYN
			       ? WIRE_CLASS_SYN
			       : WIRE_CLASS_TCP;
	if (p->protocol == PACKET_UDP)
		return class_is_amplifier(p->source_port) ? WIRE_CLASS_ANSWER : WIRE_CLASS_UDP;
	if (p->protocol == PACKET_ICMP || p->protocol == PACKET_ICMP6)
		return WIRE_CLASS_ICMP;
	return WIRE_CLASS_OTHER;
}

/* Begins a slot in place of an older one that ended as word. */
static __noinline void class_turn(struct wire_class_state *state, __u32 slot, __u64 word)
{
	__u64 fresh = (__u64)slot << CLASS_SLOT_AT | 1ULL << CLASS_COUNT_SHIFT;
	__u64 *words = (__u64 *)state;

	for (int i = 0; i < CLASS_TURNS_MAX; i++) {
		__u32 old = (__u32)(word >> CLASS_SLOT_AT);
		__u64 found;

		if ((__s32)(slot - old) <= 0)
			return;
		found = __sync_val_compare_and_swap(words, word, fresh);
		if (found == word) {
			state->prev = slot - old == 1 ? (__u32)(word >> CLASS_COUNT_SHIFT) : 0;
			state->passed_in_slot = 0;
			return;
		}
		word = found;
	}
}

/* Counts a packet and returns the rate, in packets a second. */
static __always_inline __u64 class_count(
	struct wire_class_state *state, const struct packet *p, __u64 now)
{
	__u64 rest = CLASS_SLOT_NS - (now & (CLASS_SLOT_NS - 1));
	__u32 slot = (__u32)(now >> WIRE_SLOT_SHIFT);
	__u64 word;

	word = __sync_fetch_and_add((__u64 *)state, 1ULL << CLASS_COUNT_SHIFT);
	__sync_fetch_and_add(&state->packets, 1);
	__sync_fetch_and_add(&state->bytes, p->frame_bytes);
	word += 1ULL << CLASS_COUNT_SHIFT;
	if ((__u32)(word >> CLASS_SLOT_AT) != slot)
		class_turn(state, slot, word);
	return CLASS_PPS(state->count + (state->prev * (rest >> 10) >> (WIRE_SLOT_SHIFT - 10)));
}

/* Whether a class is above its high mark, or has been and is still held. */
static __always_inline int class_is_active(struct wire_class_state *state,
	const struct wire_target *target, enum wire_class class, const struct wire_settings *set,
	__u64 pps, __u64 now)
{
	int is_active = state->active_until_ns > now;
	__u64 until;

	if (!target->high_pps[class])
		return 0;
	if (pps <= (is_active ? target->low_pps[class] : target->high_pps[class]))
		return is_active;
	until = now + set->hold_ms * CLASS_NS_PER_MS;
	if (until > state->active_until_ns + CLASS_NS_PER_MS)
		state->active_until_ns = until;
	return 1;
}

/* Packets that a rate leaves to this slot: whole ones, with the rest carried on from slot to slot,
 * so that a rate below one a slot is kept too. */
static __always_inline __u64 class_share(__u32 pps, __u64 now)
{
	__u64 slot = now >> WIRE_SLOT_SHIFT & 0xfff;

	return ((slot + 1) * CLASS_PER_SLOT(pps) >> CLASS_PER_SLOT_SHIFT) -
	       (slot * CLASS_PER_SLOT(pps) >> CLASS_PER_SLOT_SHIFT);
}

/* Classes that are limited to their high mark while active, and why a packet above it is
 * dropped. */
static __always_inline enum wire_reason class_limit_reason(enum wire_class class)
{
	switch (class) {
	case WIRE_CLASS_ICMP:
		return WIRE_REASON_ICMP_LIMIT;
	case WIRE_CLASS_FRAGMENT:
		return WIRE_REASON_FRAGMENT_LIMIT;
	case WIRE_CLASS_UDP:
	case WIRE_CLASS_OTHER:
		return WIRE_REASON_CLASS_LIMIT;
	default:
		return WIRE_REASON_COUNT;
	}
}

/* Limits on a class: a mitigation's, and the high mark. WIRE_REASON_COUNT: below them. */
static __always_inline enum wire_reason class_limit(struct wire_class_state *state,
	struct wire_target *target, enum wire_class class, int is_active, __u64 now)
{
	int is_limited = target->limit_pps[class] && now < target->limit_until_ns[class];
	enum wire_reason reason = class_limit_reason(class);
	__u32 passed;

	if (!is_limited && (!is_active || reason == WIRE_REASON_COUNT))
		return WIRE_REASON_COUNT;
	passed = __sync_fetch_and_add(&state->passed_in_slot, 1);
	if (is_limited && passed >= class_share(target->limit_pps[class], now)) {
		__sync_fetch_and_add(&target->limit_hits[class], 1);
		return WIRE_REASON_CLASS_LIMIT;
	}
	if (is_active && passed >= class_share(target->high_pps[class], now))
		return reason;
	return WIRE_REASON_COUNT;
}

#endif
