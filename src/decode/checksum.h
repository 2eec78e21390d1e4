/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/checksum.h - the Internet checksum (RFC 1071), in the byte order of the machine.
 *
 * One's complement sums do not care about byte order: words are added as they lie in memory, and
 * only compared with words as they lie in memory. A sum of correct data, its checksum included,
 * folds to 0xffff.
 */
#ifndef WEIR_DECODE_CHECKSUM_H
#define WEIR_DECODE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds len (< 2^31) bytes to a sum. A part that is not the last must have an even length. */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t len);

/* One's complement addition: what is carried out comes back in below. */
static inline uint64_t checksum_plus(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static inline uint16_t checksum_fold(uint64_t sum)
{
	/* A number added to itself with halves swapped has, on top, the sum of both and their
	 * carry. */
	uint64_t twice = sum + (sum << 32 | sum >> 32);
	uint32_t half = (uint32_t)(twice >> 32);
	uint32_t folded = half + (half << 16 | half >> 16);

	return (uint16_t)(folded >> 16);
}

static inline uint16_t checksum_load16(const uint8_t *bytes)
{
	uint16_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint32_t checksum_load32(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

#endif
