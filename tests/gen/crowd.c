/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/crowd.c - drawing addresses.
 *
 * A member is a pure function of the crowd's salt and the member's number, so no list is kept,
 * however large the crowd is.
 */
#include "gen/crowd.h"

struct block {
	uint32_t base;
	unsigned bits;
};

/* Sources that are wrong on any network (RFC 6890 2.2.2, RFC 1122 3.2.1.3). */
static const struct block bogons[] = {
	{ 0x00000000, 8 }, /* 0/8, this network */
	{ 0x7f000000, 8 }, /* 127/8, loopback */
	{ 0xf0000000, 4 }, /* 240/4, reserved */
};

/* Others that no random public address may fall into. */
static const struct block special[] = {
	{ 0x0a000000, 8 },  /* 10/8, the LANs of the captures */
	{ 0x64400000, 10 }, /* 100.64/10, shared */
	{ 0xa9fe0000, 16 }, /* 169.254/16, link-local */
	{ 0xac100000, 12 }, /* 172.16/12, private */
	{ 0xc0000000, 24 }, /* 192.0.0/24, IETF */
	{ 0xc0000200, 24 }, /* 192.0.2/24, documentation */
	{ 0xc0586300, 24 }, /* 192.88.99/24, 6to4 relays */
	{ 0xc0a80000, 16 }, /* 192.168/16, private */
	{ 0xc6120000, 15 }, /* 198.18/15, benchmarks */
	{ 0xc6336400, 24 }, /* 198.51.100/24, documentation */
	{ 0xcb007100, 24 }, /* 203.0.113/24, documentation */
	{ 0xe0000000, 4 },  /* 224/4, multicast */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_in(uint32_t number, const struct block *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((number ^ blocks[i].base) >> (32 - blocks[i].bits) == 0)
			return true;
	return false;
}

struct addr addr_v4(uint32_t number)
{
	uint8_t bytes[4] = { number >> 24, number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff };

	return addr_from_v4(bytes);
}

uint32_t addr_number(const struct addr *a)
{
	return (uint32_t)a->byte[12] << 24 | (uint32_t)a->byte[13] << 16 |
	       (uint32_t)a->byte[14] << 8 | a->byte[15];
}

static struct addr public_draw(struct prng *prng)
{
	for (;;) {
		uint32_t number = (uint32_t)(prng_next(prng) >> 32);

		if (!is_in(number, bogons, COUNT(bogons)) &&
			!is_in(number, special, COUNT(special)))
			return addr_v4(number);
	}
}

static struct addr bogon_draw(struct prng *prng)
{
	const struct block *block = &bogons[prng_below(prng, COUNT(bogons))];
	uint32_t host = (uint32_t)prng_next(prng) >> block->bits;

	/* 255.255.255.255 would be one more oddity; this draw is only about bogons */
	return addr_v4(block->base | (host ? host - 1 : 0));
}

static struct addr public6_draw(struct prng *prng)
{
	struct addr a = { .byte = { 0x20, 0x01, 0x0d, 0xb8 } };

	for (unsigned i = 4; i < 16; i++)
		a.byte[i] = prng_next(prng) >> 56;
	a.byte[4] |= 0x80; /* 2001:db8::/33 is where the named hosts are */
	return a;
}

/* Hosts of an IPv4 prefix, or of the low 32 bits of an IPv6 one. */
static uint32_t prefix_hosts(const struct crowd *crowd)
{
	unsigned host_bits = 128 - crowd->bits;

	if (host_bits >= 32)
		return UINT32_MAX;
	return host_bits < 2 ? 1U << host_bits : (1U << host_bits) - 2;
}

static struct addr prefix_member(const struct crowd *crowd, uint64_t i)
{
	uint32_t hosts = prefix_hosts(crowd);
	uint32_t number = addr_number(&crowd->base) + (uint32_t)(i % hosts) + (hosts > 2);
	struct addr a = crowd->base;

	a.byte[12] = number >> 24;
	a.byte[13] = number >> 16 & 0xff;
	a.byte[14] = number >> 8 & 0xff;
	a.byte[15] = number & 0xff;
	return a;
}

static struct addr draw(const struct crowd *crowd, struct prng *prng)
{
	switch (crowd->kind) {
	case CROWD_PUBLIC6:
		return public6_draw(prng);
	case CROWD_BOGON:
		return bogon_draw(prng);
	case CROWD_PREFIX:
		return prefix_member(crowd, prng_next(prng) >> 32);
	case CROWD_PUBLIC:
		break;
	}
	return public_draw(prng);
}

uint32_t crowd_count(const struct crowd *crowd)
{
	if (crowd->size)
		return crowd->size;
	return crowd->kind == CROWD_PREFIX ? prefix_hosts(crowd) : UINT32_MAX;
}

struct addr crowd_member(const struct crowd *crowd, uint64_t i)
{
	struct prng prng;

	if (crowd->kind == CROWD_PREFIX)
		return prefix_member(crowd, i % crowd_count(crowd));
	prng.state = crowd->salt ^ (i % crowd_count(crowd) + 1) * 0xd1342543de82ef95ULL;
	return draw(crowd, &prng);
}

struct addr crowd_pick(const struct crowd *crowd, struct prng *prng)
{
	if (crowd->size)
		return crowd_member(crowd, prng_below(prng, crowd->size));
	return draw(crowd, prng);
}
