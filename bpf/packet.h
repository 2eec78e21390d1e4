/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * packet.h - what the kernel part knows of a packet, and the only way it reads bytes.
 *
 * Serves the kernel and user space: plain C over two pointers, so the tests run the very parser
 * that runs in the kernel. Offsets count from the first byte of the frame, numbers are in host
 * order. packet_at() is the one place where an offset becomes a pointer: it gives NULL where the
 * bytes are not there, and so shows the verifier that they are. Loads go through packet_load…(),
 * because headers lie at any alignment and clang would read them byte by byte for target bpf.
 */
#ifndef WEIR_BPF_PACKET_H
#define WEIR_BPF_PACKET_H

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#endif

#include "wire.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Numbers of the IANA and IEEE registries that the kernel part has to do with. */
enum packet_protocol {
	PACKET_HOP_BY_HOP = 0,
	PACKET_ICMP = 1,
	PACKET_TCP = 6,
	PACKET_UDP = 17,
	PACKET_ROUTING = 43,
	PACKET_FRAGMENT = 44,
	PACKET_AH = 51,
	PACKET_ICMP6 = 58,
	PACKET_NO_NEXT = 59,
	PACKET_DESTINATION = 60,
	PACKET_MOBILITY = 135,
	PACKET_HIP = 139,
	PACKET_SHIM6 = 140,
};

enum packet_tcp_flag {
	PACKET_FIN = 0x01,
	PACKET_SYN = 0x02,
	PACKET_RST = 0x04,
	PACKET_ACK = 0x10,
};

enum packet_fragment { PACKET_WHOLE, PACKET_FIRST, PACKET_LATER };

/* What the parser could not make sense of. With ip_version set, the addresses are known. */
enum packet_flaw {
	PACKET_FINE,
	PACKET_NOT_IP,	     /* nothing that carries IP, as far as can be told */
	PACKET_UNREADABLE,   /* IP, or what carries it, and it cannot be read to the ports */
	PACKET_IMPOSSIBLE,   /* IPv6 with an IPv4-mapped address: a forged key into our maps */
	PACKET_BAD_HEADER,   /* lengths that contradict each other */
	PACKET_BAD_FRAGMENT, /* tiny, overlong or impossible fragment */
};

/* An address that is at once the key of a trie, so that none has to be copied. It is written by two
 * words at multiples of 8, which is how the tries and hashes read it: a processor that has to put a
 * load together of several stores waits for them. */
#define PACKET_ADDR(name)                                                                          \
	union {                                                                                    \
		struct wire_prefix name##_key;                                                     \
		struct {                                                                           \
			__u32 name##_bits; /* always PACKET_ADDR_BITS */                           \
			struct wire_addr name;                                                     \
		};                                                                                 \
	}
#define PACKET_ADDR_BITS 128

struct packet {
	__u32 frame_bytes;
	PACKET_ADDR(source);
	__u32 ip_bytes; /* of the IP packet, without link header and padding */
	PACKET_ADDR(destination);
	__u32 payload_bytes;
	__u32 tcp_sequence, tcp_acknowledged;
	__u16 ip_offset, transport_offset, payload_offset;
	__u16 source_port, destination_port; /* ICMP: type and code; 0 without */
	__u16 tcp_window;
	__u16 ip_id;	 /* IPv4 only */
	__u16 vlan;	 /* innermost VLAN number, 0 without */
	__u8 ip_version; /* 4, 6; 0: no address was read */
	__u8 protocol;
	__u8 ttl;
	__u8 fragment; /* enum packet_fragment */
	__u8 flaw;     /* enum packet_flaw */
	__u8 tcp_flags;
	__u8 tcp_header_bytes;
	__u8 is_tunnelled; /* MPLS, PPPoE, LLC: not answered in place by turning MACs round */
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct packet, source) % 8 == 0, "written by words");
_Static_assert(__builtin_offsetof(struct packet, destination) % 8 == 0, "written by words");

/* A packet of which nothing has been read yet. */
static __always_inline void packet_start(struct packet *p, __u32 frame_bytes)
{
	*p = (struct packet){
		.frame_bytes = frame_bytes,
		.source_bits = PACKET_ADDR_BITS,
		.destination_bits = PACKET_ADDR_BITS,
	};
}

/* So far into a frame headers are looked for. Longer chains of options than this are unreadable. */
#define PACKET_OFFSET_MAX 4095

/* The bytes that can be read directly: of a packet in several buffers, the first. xdp: set at XDP,
 * where the length of the others has to be asked for, which most packets need not pay for. */
struct packet_bytes {
	const __u8 *start, *end;
	void *xdp;
};

/* Length of the frame with all its buffers. known: what is known without asking. */
static __always_inline __u32 packet_frame_bytes(struct packet_bytes bytes, __u32 known)
{
#ifdef __bpf__
	if (bytes.xdp)
		return (__u32)bpf_xdp_get_buff_len(bytes.xdp);
#endif
	(void)bytes;
	return known;
}

/* The len bytes at an offset, or NULL. len: a constant. */
static __always_inline const __u8 *packet_at(struct packet_bytes bytes, __u64 offset, __u64 len)
{
#ifdef __bpf__
	const __u8 *at;

	/* keeps clang from comparing some other register than the one that is added */
	asm volatile("" : "+r"(offset));
	if (offset > PACKET_OFFSET_MAX)
		return (void *)0;
	at = bytes.start + offset;
	if (at + len > bytes.end)
		return (void *)0;
	__builtin_assume(at != (void *)0); /* else clang asks, and the verifier sees NULL there */
	return at;
#else
	__u64 readable = (__u64)(bytes.end - bytes.start);

	if (offset > PACKET_OFFSET_MAX || offset + len > readable)
		return (void *)0;
	return bytes.start + offset;
#endif
}

/* The same offset, of which the verifier no longer knows on which way it came about, so that it
 * walks what follows once and not once a way. The difference of two addresses has no such high
 * bits. */
static __always_inline __u64 packet_forget(struct packet_bytes bytes, __u64 offset)
{
#ifdef __bpf__
	offset ^= (__u64)(bytes.end - bytes.start) >> 40;
	asm volatile("" : "+r"(offset));
#else
	(void)bytes;
#endif
	return offset;
}

#ifdef __bpf__
#define PACKET_LOAD(type, at) (*(const type *)(at))
#else
#define PACKET_LOAD(type, at)                                                                      \
	({                                                                                         \
		type load_value;                                                                   \
		__builtin_memcpy(&load_value, (at), sizeof(load_value));                           \
		load_value;                                                                        \
	})
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PACKET_BE(bits, value) __builtin_bswap##bits(value)
#define PACKET_LE(bits, value) (value)
#else
#define PACKET_BE(bits, value) (value)
#define PACKET_LE(bits, value) __builtin_bswap##bits(value)
#endif

static __always_inline __u16 packet_load16(const __u8 *at)
{
	return PACKET_BE(16, PACKET_LOAD(__u16, at));
}

static __always_inline __u32 packet_load32(const __u8 *at)
{
	return PACKET_BE(32, PACKET_LOAD(__u32, at));
}

/* Two halves of an address; word 0 is the first in memory. Every wire_addr of a struct packet lies
 * at a multiple of 8. */
static __always_inline void packet_addr_set(struct wire_addr *addr, __u64 word0, __u64 word1)
{
	__u64 *words = __builtin_assume_aligned(addr, 8);

	__builtin_memcpy(words, &word0, 8);
	__builtin_memcpy(words + 1, &word1, 8);
}

static __always_inline __u64 packet_addr_word(const struct wire_addr *addr, int which)
{
	__u64 word;

	__builtin_memcpy(&word, (const __u64 *)__builtin_assume_aligned(addr, 8) + which, 8);
	return word;
}

/* The IPv4 address in the last four bytes, in host order. */
static __always_inline __u32 packet_addr_ip4(const struct wire_addr *addr)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32((__u32)(packet_addr_word(addr, 1) >> 32));
#else
	return (__u32)packet_addr_word(addr, 1);
#endif
}

#endif
