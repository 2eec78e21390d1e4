/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/tls_digest.c - see tls_digest.h. */
#include "app/tls_digest.h"

#include <openssl/evp.h>

static void digest_hex(const EVP_MD *kind, const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	out[0] = '\0';
	if (!EVP_Digest(bytes, len, value, &size, kind, NULL))
		return;
	for (unsigned i = 0; i < size; i++) {
		out[2 * i] = digits[value[i] >> 4];
		out[2 * i + 1] = digits[value[i] & 15];
	}
	out[2 * size] = '\0';
}

void tls_md5_hex(const void *bytes, size_t len, char *out)
{
	digest_hex(EVP_md5(), bytes, len, out);
}

void tls_sha1_hex(const void *bytes, size_t len, char *out)
{
	digest_hex(EVP_sha1(), bytes, len, out);
}

void tls_sha256_hex(const void *bytes, size_t len, char *out)
{
	digest_hex(EVP_sha256(), bytes, len, out);
}
