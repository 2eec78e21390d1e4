/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_certificate.h - what an X.509 certificate (RFC 5280) says of itself.
 *
 * Nothing is verified: no chain, no signature, no key is even looked at. So it needs no libcrypto
 * but for the digests, takes no memory, and hostile DER meets only the checked cursor of rd.h:
 * fixed depth, no recursion, names of at most TLS_RDNS_MAX parts.
 */
#ifndef WEIR_APP_TLS_CERTIFICATE_H
#define WEIR_APP_TLS_CERTIFICATE_H

#include "app/tls_digest.h"
#include "lib/rd.h"

#define TLS_NAME_MAX 512
#define TLS_SERIAL_MAX 20 /* bytes, RFC 5280 4.1.2.2 */
#define TLS_RDNS_MAX 24

struct tls_certificate {
	char subject[TLS_NAME_MAX], issuer[TLS_NAME_MAX]; /* RFC 4514, most specific part first */
	uint32_t subject_len, issuer_len;
	char serial[2 * TLS_SERIAL_MAX + 1]; /* hex */
	int64_t not_before_s, not_after_s;   /* since 1970; 0: unreadable */
	char sha1[SHA1_HEX_SIZE], sha256[SHA256_HEX_SIZE];
	bool is_self_signed; /* subject and issuer are the same */
};

/* false: not a certificate. */
bool tls_certificate_read(
	const uint8_t *bytes, size_t len, struct tls_certificate *ret_certificate);

/* The value of the first part of that type ("CN") in a name as above, unescaped as far as it goes.
 * Returns its length, cut at size - 1; 0: none. Ended by 0. */
size_t tls_name_part(const char *name, size_t len, const char *type, char *out, size_t size);

#endif
