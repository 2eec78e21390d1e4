/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/checksum.c - sums bytes for the Internet checksum.
 *
 * Short runs go 8 bytes at a time with the carry taken back in. Long ones add 32-bit words to four
 * independent 64-bit accumulators, which need no care for carries before 2^32 words and which the
 * compiler keeps in vector registers.
 */
#include "decode/checksum.h"

#define BLOCK_BYTES 32
#define BLOCKS_PAY_OFF 128 /* bytes from which setting up the accumulators is worth it (measured) */

static inline uint64_t load64(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint64_t halves(uint64_t word)
{
	return (word >> 32) + (uint32_t)word;
}

/* The up to 7 bytes behind the last whole word; an odd one counts as if a zero followed. */
static inline uint64_t add_tail(uint64_t sum, const uint8_t *bytes, size_t len)
{
	uint64_t tail = 0;

	if (len & 4) {
		tail = checksum_load32(bytes);
		bytes += 4;
	}
	if (len & 2) {
		tail += checksum_load16(bytes);
		bytes += 2;
	}
	if (len & 1) {
		const uint8_t last[2] = { *bytes, 0 };

		tail += checksum_load16(last);
	}
	return checksum_plus(sum, tail);
}

static uint64_t add_blocks(uint64_t sum, const uint8_t *bytes, size_t blocks)
{
	uint64_t part[4] = { 0 };

	for (size_t i = 0; i < blocks; i++, bytes += BLOCK_BYTES)
		for (unsigned lane = 0; lane < 4; lane++)
			part[lane] += halves(load64(bytes + 8 * lane));
	return checksum_plus(sum, part[0] + part[1] + part[2] + part[3]);
}

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t len)
{
	if (len >= BLOCKS_PAY_OFF) {
		sum = add_blocks(sum, bytes, len / BLOCK_BYTES);
		bytes += len & ~(size_t)(BLOCK_BYTES - 1);
		len &= BLOCK_BYTES - 1;
	}
	for (; len >= 8; bytes += 8, len -= 8)
		sum = checksum_plus(sum, load64(bytes));
	return add_tail(sum, bytes, len);
}
