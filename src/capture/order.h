/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/order.h - checked reads in the byte order of whoever wrote the capture file.
 *
 * Both formats write numbers as the capturing machine holds them and say which order that is by a
 * magic number. lib/rd.h reads network order; here the order is a value.
 */
#ifndef WEIR_CAPTURE_ORDER_H
#define WEIR_CAPTURE_ORDER_H

#include "lib/rd.h"

enum order {
	ORDER_BIG,
	ORDER_LITTLE,
};

static inline uint16_t order_u16(struct rd *r, enum order order)
{
	uint16_t value = rd_be16(r);

	return order == ORDER_LITTLE ? __builtin_bswap16(value) : value;
}

static inline uint32_t order_u32(struct rd *r, enum order order)
{
	uint32_t value = rd_be32(r);

	return order == ORDER_LITTLE ? __builtin_bswap32(value) : value;
}

static inline uint64_t order_u64(struct rd *r, enum order order)
{
	uint64_t value = rd_be64(r);

	return order == ORDER_LITTLE ? __builtin_bswap64(value) : value;
}

#endif
