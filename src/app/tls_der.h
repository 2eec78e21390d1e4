/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_der.h - elements of DER (X.690), and the names in certificates as text (RFC 4514).
 */
#ifndef WEIR_APP_TLS_DER_H
#define WEIR_APP_TLS_DER_H

#include "lib/rd.h"

enum {
	DER_INTEGER = 0x02,
	DER_OID = 0x06,
	DER_UTF8 = 0x0c,
	DER_PRINTABLE = 0x13,
	DER_TELETEX = 0x14,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_BMP = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
};

/* The tag of the next element, and a cursor over what it holds; 0: there is none. */
static inline uint8_t der_next(struct rd *r, struct rd *ret_content)
{
	uint8_t tag = rd_u8(r);
	size_t len = rd_u8(r);
	const uint8_t *bytes;

	if (len >= 0x80) {
		unsigned digits = len & 0x7f;

		r->failed = r->failed || digits == 0 || digits > 3;
		len = 0;
		while (!r->failed && digits-- > 0)
			len = len << 8 | rd_u8(r);
	}
	bytes = rd_bytes(r, len);
	*ret_content = bytes ? rd_over(bytes, len) : (struct rd){ .failed = true };
	return bytes ? tag : 0;
}

/* Writes the name, most specific part first, and returns its length (cut at size - 1). */
uint32_t der_name_text(struct rd name, char *out, size_t size);

#endif
