/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/addr.c - textual forms and masks of addresses; see addr.h for the representation. */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The first bits of a 64-bit word in network order. */
static uint64_t leading_bits(unsigned bits)
{
	return bits == 0 ? 0 : htobe64(UINT64_MAX << (64 - bits));
}

struct addr addr_mask(const struct addr *a, unsigned bits)
{
	struct addr masked = *a;

	if (bits >= 128)
		return masked;
	masked.word[0] &= leading_bits(bits < 64 ? bits : 64);
	masked.word[1] &= leading_bits(bits < 64 ? 0 : bits - 64);
	return masked;
}

bool addr_is_multicast(const struct addr *a)
{
	static const uint8_t broadcast[4] = { 0xff, 0xff, 0xff, 0xff };

	if (!addr_is_v4(a))
		return a->byte[0] == 0xff;
	return (a->byte[12] & 0xf0) == 0xe0 || memcmp(&a->byte[12], broadcast, 4) == 0;
}

const char *addr_format(const struct addr *a, char *text)
{
	bool is_v4 = addr_is_v4(a);

	if (!inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? &a->byte[12] : a->byte, text,
		    ADDR_TEXT_MAX))
		snprintf(text, ADDR_TEXT_MAX, "?");
	return text;
}

const char *addr_prefix_format(const struct addr *a, unsigned bits, char *text)
{
	size_t used;
	bool is_v4 = addr_is_v4(a) && bits >= ADDR_V4_BITS;

	addr_format(a, text);
	used = strlen(text);
	if (bits < 128)
		snprintf(text + used, ADDR_TEXT_MAX - used, "/%u",
			is_v4 ? bits - ADDR_V4_BITS : bits);
	return text;
}

static int parse_length(const char *text, unsigned most, unsigned *ret_length)
{
	char *end;
	unsigned long value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	value = strtoul(text, &end, 10);
	if (*end != '\0' || value > most)
		return -EINVAL;
	*ret_length = (unsigned)value;
	return 0;
}

int addr_prefix_parse(const char *text, struct addr *ret_addr, unsigned *ret_bits)
{
	char host[INET6_ADDRSTRLEN];
	uint8_t v4[4], v6[16];
	const char *slash = strchr(text, '/');
	size_t host_len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned bits;
	struct addr addr, masked;

	if (host_len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (inet_pton(AF_INET, host, v4) == 1) {
		addr = addr_from_v4(v4);
		bits = 32;
	} else if (inet_pton(AF_INET6, host, v6) == 1) {
		addr = addr_from_v6(v6);
		bits = 128;
	} else {
		return -EINVAL;
	}
	if (slash && parse_length(slash + 1, bits, &bits) < 0)
		return -EINVAL;
	bits += strchr(host, ':') ? 0 : ADDR_V4_BITS;
	masked = addr_mask(&addr, bits);
	if (!addr_equal(&masked, &addr))
		return -EINVAL;
	*ret_addr = addr;
	*ret_bits = bits;
	return 0;
}
