/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/rd.h - checked reading of bytes from outside.
 *
 * A cursor over [at, end). Every read checks the bound; the first that does not fit sets
 * `failed` and from then on all reads give 0 and move nothing. So a parser reads a whole header
 * and asks once whether it was there.
 */
#ifndef WEIR_LIB_RD_H
#define WEIR_LIB_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *at, *end;
	bool failed;
};

static inline struct rd rd_over(const void *bytes, size_t len)
{
	return (struct rd){ .at = bytes, .end = (const uint8_t *)bytes + len };
}

static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->at);
}

/* The next len bytes, and moves past them; NULL (and failed) when they are not there. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	const uint8_t *bytes = r->at;

	if (r->failed || rd_left(r) < len) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	return bytes;
}

static inline bool rd_skip(struct rd *r, size_t len)
{
	return rd_bytes(r, len) != NULL;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 1);

	return b ? *b : 0;
}

/* Big-endian, as on the wire. */
static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 2);

	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t rd_be32(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 4);

	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t rd_be64(struct rd *r)
{
	uint64_t high;

	r->failed = r->failed || rd_left(r) < 8;
	high = rd_be32(r);
	return high << 32 | rd_be32(r);
}

#endif
