/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/addr.h - an IP address, IPv4 and IPv6 alike.
 *
 * IPv4 is held as an IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 2.5.5.2), so that
 * tables, prefixes and sketches have one key type. Prefix lengths are therefore 0..128;
 * addr_prefix_format() prints IPv4 ones as 0..32.
 */
#ifndef WEIR_LIB_ADDR_H
#define WEIR_LIB_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	union {
		uint8_t byte[16]; /* network order */
		uint64_t word[2]; /* the same bytes, for comparing and hashing only */
	};
};

#define ADDR_TEXT_MAX 50 /* longest textual form with a prefix length, and the final 0 */
#define ADDR_V4_BITS 96	 /* leading bits of every IPv4 address in this form */

static inline struct addr addr_from_v4(const uint8_t bytes[4])
{
	struct addr a = { .byte = { [10] = 0xff, [11] = 0xff } };

	memcpy(&a.byte[12], bytes, 4);
	return a;
}

static inline struct addr addr_from_v6(const uint8_t bytes[16])
{
	struct addr a;

	memcpy(a.byte, bytes, 16);
	return a;
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

static inline bool addr_is_v4(const struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->byte, mapped, sizeof(mapped)) == 0;
}

static inline bool addr_is_zero(const struct addr *a)
{
	return a->word[0] == 0 && a->word[1] == 0;
}

/* Order by value, network order: <0, 0, >0. */
static inline int addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->byte, b->byte, sizeof(a->byte));
}

/* The first bits (0..128) of a, the rest zero. */
struct addr addr_mask(const struct addr *a, unsigned bits);

/* Multicast (224/4, ff00::/8) or limited broadcast. */
bool addr_is_multicast(const struct addr *a);

/* Textual form as RFC 5952; text has ADDR_TEXT_MAX bytes. Returns text. */
const char *addr_format(const struct addr *a, char *text);

/* As addr_format, with "/len" unless bits covers the whole address. bits counts from 0..128 also
 * for IPv4. */
const char *addr_prefix_format(const struct addr *a, unsigned bits, char *text);

/* Parses "192.0.2.7", "2001:db8::1", "192.0.2.0/24", "2001:db8::/32". bits in 0..128. -EINVAL
 * when it is none of these or has bits set beyond the length. */
int addr_prefix_parse(const char *text, struct addr *ret_addr, unsigned *ret_bits);

#endif
