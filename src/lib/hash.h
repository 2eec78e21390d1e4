/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/hash.h - seeded hashing (XXH3, https://xxhash.com). Every table that strangers fill uses a
 * secret seed, so that they cannot aim at one bucket.
 */
#ifndef WEIR_LIB_HASH_H
#define WEIR_LIB_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/addr.h"

static inline uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}

static inline uint64_t hash_addr(const struct addr *a, uint64_t seed)
{
	return XXH3_64bits_withSeed(a->byte, sizeof(a->byte), seed);
}

#endif
