/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/interface_spread.c - see interface_spread.h.
 *
 * Classic BPF, which every kernel takes for PACKET_FANOUT_CBPF and which needs no privilege of its
 * own. It hashes the two addresses so that their order does not matter, through two VLAN tags; of
 * an ICMP error it takes the addresses of the packet that is quoted, so that it goes where the
 * conversation goes. Ports are left alone: later fragments have none. What is not IP goes to the
 * first worker. Offsets count from the network header, as a packet on its way in has its data
 * pointer there and one on its way out has it at the link header.
 */
#include "capture/interface_spread.h"

#include <linux/if_packet.h>
#include <stddef.h>

#define NET ((uint32_t)SKF_NET_OFF)
#define FACTOR 0x9e3779b1U	 /* odd; the golden ratio, Knuth's multiplicative hashing */
#define OTHER_FACTOR 0x85ebca6bU /* of MurmurHash3's finalizer */

enum { SLOT_WORD, SLOT_SUM, SLOT_BASE }; /* scratch memory */

struct writer {
	struct sock_filter *code;
	unsigned length;
};

static void put(struct writer *to, unsigned code, uint32_t k)
{
	to->code[to->length++] = (struct sock_filter){ .code = (uint16_t)code, .k = k };
}

/* Skips `taken` instructions when the test holds, else `other`. */
static void put_jump(struct writer *to, unsigned test, uint32_t k, unsigned taken, unsigned other)
{
	to->code[to->length++] = (struct sock_filter){ .code = (uint16_t)(BPF_JMP | test | BPF_K),
		.jt = (uint8_t)taken,
		.jf = (uint8_t)other,
		.k = k };
}

static void put_load(struct writer *to, unsigned size, uint32_t offset)
{
	put(to, BPF_LD | size | BPF_IND, NET + offset);
}

static void put_load_absolute(struct writer *to, unsigned size, uint32_t offset)
{
	put(to, BPF_LD | size | BPF_ABS, offset);
}

static void put_set_x(struct writer *to, uint32_t value)
{
	put(to, BPF_LDX | BPF_IMM, value);
}

/* A = A operation value */
static void put_compute(struct writer *to, unsigned operation, uint32_t value)
{
	put(to, BPF_ALU | operation | BPF_K, value);
}

/* X = where the IP header begins, behind the network header: 0, or 4 bytes for each tag that is
 * still there. On the way out the kernel has set the network header behind the tags. */
static void find_ip(struct writer *to)
{
	put_load_absolute(to, BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
	put_jump(to, BPF_JEQ, PACKET_OUTGOING, 5, 0);
	put_load_absolute(to, BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	put_jump(to, BPF_JEQ, 0x8100, 1, 0);
	put_jump(to, BPF_JEQ, 0x88a8, 0, 2);
	put_load_absolute(to, BPF_H, NET + 2);
	put_jump(to, BPF_JEQ, 0x8100, 4, 2);
	put_set_x(to, 0);
	put(to, BPF_JMP | BPF_JA, 3);
	put_set_x(to, 4);
	put(to, BPF_JMP | BPF_JA, 1);
	put_set_x(to, 8);
}

/* X += bytes */
static void put_move(struct writer *to, uint32_t bytes)
{
	put(to, BPF_MISC | BPF_TXA, 0);
	put_compute(to, BPF_ADD, bytes);
	put(to, BPF_MISC | BPF_TAX, 0);
}

/* Of an ICMP error, X = the header it quotes. Types: RFC 792. */
static void enter_quoted4(struct writer *to)
{
	put_load(to, BPF_B, 9);
	put_jump(to, BPF_JEQ, 1, 0, 19);
	put_load(to, BPF_H, 6);
	put_jump(to, BPF_JSET, 0x1fff, 17, 0);
	put(to, BPF_STX, SLOT_BASE);
	put_load(to, BPF_B, 0);
	put_compute(to, BPF_AND, 0x0f);
	put_compute(to, BPF_LSH, 2);
	put(to, BPF_ALU | BPF_ADD | BPF_X, 0);
	put(to, BPF_MISC | BPF_TAX, 0);
	put_load(to, BPF_B, 0);
	put_jump(to, BPF_JEQ, 3, 4, 0);
	put_jump(to, BPF_JEQ, 4, 3, 0);
	put_jump(to, BPF_JEQ, 5, 2, 0);
	put_jump(to, BPF_JEQ, 11, 1, 0);
	put_jump(to, BPF_JEQ, 12, 0, 4);
	put_move(to, 8);
	put(to, BPF_JMP | BPF_JA, 1);
	put(to, BPF_LDX | BPF_W | BPF_MEM, SLOT_BASE);
}

/* A = the word at one offset xor that at the other: their order does not matter. */
static void put_pair(struct writer *to, uint32_t first, uint32_t second)
{
	put_load(to, BPF_W, first);
	put(to, BPF_ST, SLOT_WORD);
	put_load(to, BPF_W, second);
	put(to, BPF_LDX | BPF_W | BPF_MEM, SLOT_WORD);
	put(to, BPF_ALU | BPF_XOR | BPF_X, 0);
}

/* Types below 128 are errors: RFC 4443. */
static void enter_quoted6(struct writer *to)
{
	put_load(to, BPF_B, 6);
	put_jump(to, BPF_JEQ, 58, 0, 5);
	put_load(to, BPF_B, 40);
	put_jump(to, BPF_JSET, 0x80, 3, 0);
	put_move(to, 48);
}

/* A = the four words of both addresses, mixed. */
static void sum_addresses6(struct writer *to)
{
	put(to, BPF_STX, SLOT_BASE);
	put(to, BPF_LD | BPF_IMM, 0);
	put(to, BPF_ST, SLOT_SUM);
	for (uint32_t word = 0; word < 16; word += 4) {
		put(to, BPF_LDX | BPF_W | BPF_MEM, SLOT_BASE);
		put_pair(to, 8 + word, 24 + word);
		put(to, BPF_ST, SLOT_WORD);
		put(to, BPF_LD | BPF_W | BPF_MEM, SLOT_SUM);
		put_compute(to, BPF_MUL, FACTOR);
		put(to, BPF_LDX | BPF_W | BPF_MEM, SLOT_WORD);
		put(to, BPF_ALU | BPF_ADD | BPF_X, 0);
		put(to, BPF_ST, SLOT_SUM);
	}
}

static void put_shift_xor(struct writer *to, uint32_t bits)
{
	put(to, BPF_MISC | BPF_TAX, 0);
	put_compute(to, BPF_RSH, bits);
	put(to, BPF_ALU | BPF_XOR | BPF_X, 0);
}

static void finish(struct writer *to, uint32_t seed)
{
	put_compute(to, BPF_ADD, seed);
	put_compute(to, BPF_MUL, FACTOR);
	put_shift_xor(to, 15);
	put_compute(to, BPF_MUL, OTHER_FACTOR);
	put_shift_xor(to, 13);
	put(to, BPF_RET | BPF_A, 0);
}

unsigned spread_program(struct sock_filter *code, uint32_t seed)
{
	struct writer to = { code, 0 };
	unsigned to_six, to_end;

	find_ip(&to);
	put_load(&to, BPF_B, 0);
	put(&to, BPF_ALU | BPF_RSH | BPF_K, 4);
	put_jump(&to, BPF_JEQ, 4, 3, 0);
	put_jump(&to, BPF_JEQ, 6, 1, 0);
	put(&to, BPF_RET | BPF_K, 0);
	to_six = to.length;
	put(&to, BPF_JMP | BPF_JA, 0);
	enter_quoted4(&to);
	put_pair(&to, 12, 16);
	to_end = to.length;
	put(&to, BPF_JMP | BPF_JA, 0);
	code[to_six].k = to.length - to_six - 1;
	enter_quoted6(&to);
	sum_addresses6(&to);
	code[to_end].k = to.length - to_end - 1;
	finish(&to, seed);
	return to.length;
}
