/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_digest.h - digests as hex text, for fingerprints. They name things; nothing is trusted
 * because of them.
 *
 * The work is libcrypto's. Its contexts are the one thing here that takes memory for a moment:
 * once a handshake, never once a packet. Where a digest is forbidden (MD5 in FIPS mode) the text
 * is "".
 */
#ifndef WEIR_APP_TLS_DIGEST_H
#define WEIR_APP_TLS_DIGEST_H

#include <stddef.h>

#define MD5_HEX_SIZE 33
#define SHA1_HEX_SIZE 41
#define SHA256_HEX_SIZE 65

/* Small letters, ended by 0; out has room for the sizes above. */
void tls_md5_hex(const void *bytes, size_t len, char *out);
void tls_sha1_hex(const void *bytes, size_t len, char *out);
void tls_sha256_hex(const void *bytes, size_t len, char *out);

#endif
