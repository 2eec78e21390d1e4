/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/key.h - hash and lane of a flow key, the same for both directions.
 *
 * Each endpoint is hashed by itself and the two are added, so no order has to be found first. The
 * mixing step is the folded 64x64→128 bit multiplication of the wyhash/XXH3 family, both factors
 * masked with secrets derived from the seed: who does not know it cannot aim. Fewer steps than XXH3
 * over the 40 bytes, which would need the endpoints sorted. The lane comes of the two addresses
 * alone, so that later fragments (no ports) and ICMP errors of an endpoint meet their flow there.
 */
#ifndef WEIR_DECODE_KEY_H
#define WEIR_DECODE_KEY_H

#include "types.h"

/* Odd constants with about half the bits set: the primes of xxHash's 64-bit variant. */
#define KEY_PRIME_1 0x9E3779B185EBCA87ULL
#define KEY_PRIME_2 0xC2B2AE3D27D4EB4FULL
#define KEY_PRIME_3 0x165667B19E3779F9ULL
#define KEY_PRIME_4 0x85EBCA77C2B2AE63ULL

struct key_hash {
	uint64_t hash;
	uint8_t lane;
};

static inline uint64_t key_multiply(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Spreads every bit over all others (the finish of XXH64). */
static inline uint64_t key_avalanche(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= KEY_PRIME_2;
	hash ^= hash >> 29;
	hash *= KEY_PRIME_3;
	return hash ^ hash >> 32;
}

/* The two secrets differ by a multiplication, not by a constant: otherwise swapping the halves
 * of an address would give seed-independent collisions. */
static inline struct key_hash key_hash(const struct flow_key *key, uint64_t seed)
{
	uint64_t secret_0 = seed ^ KEY_PRIME_3;
	uint64_t secret_1 = (seed + KEY_PRIME_4) * KEY_PRIME_1;
	uint64_t addr_0 =
		key_multiply(key->addr[0].word[0] ^ secret_0, key->addr[0].word[1] ^ secret_1);
	uint64_t addr_1 =
		key_multiply(key->addr[1].word[0] ^ secret_0, key->addr[1].word[1] ^ secret_1);
	uint64_t end_0 = key_multiply(addr_0 ^ secret_1, secret_0 + key->port[0] * KEY_PRIME_2);
	uint64_t end_1 = key_multiply(addr_1 ^ secret_1, secret_0 + key->port[1] * KEY_PRIME_2);
	uint64_t rest = (uint64_t)key->vlan << 8 | key->proto;

	return (struct key_hash){
		.hash = key_avalanche((end_0 + end_1) ^ rest * KEY_PRIME_4),
		.lane = (uint8_t)(((addr_0 + addr_1) * KEY_PRIME_1) >> 59),
	};
}

#endif
