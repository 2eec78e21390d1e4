/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_keys.c - see quic_keys.h. AES and SHA-256 are libcrypto's.
 */
#include "app/quic_keys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define SECRET 32
#define SALT 20
#define HASH_BLOCK 64	/* of SHA-256 */
#define HEADER_MAX 1024 /* an Initial's with a token that is longer is left closed */

struct quic_opener {
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_CIPHER_CTX *masks, *packets; /* AES-128 in ECB, in GCM */
};

/* RFC 9001 5.2; RFC 9369 3.3.1; the last drafts. */
static const uint8_t salt_1[SALT] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a };
static const uint8_t salt_2[SALT] = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 };
static const uint8_t salt_draft_29[SALT] = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e,
	0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 };
static const uint8_t salt_draft_23[SALT] = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11,
	0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 };

static const uint8_t *salt_of(uint32_t version)
{
	if (version == QUIC_VERSION_1)
		return salt_1;
	if (version == QUIC_VERSION_2)
		return salt_2;
	if (version >= 0xff00001d && version <= 0xff000020)
		return salt_draft_29;
	if (version >= 0xff000021 && version <= 0xff000022)
		return salt_1;
	if (version >= 0xff000017 && version <= 0xff00001c)
		return salt_draft_23;
	return NULL;
}

bool quic_version_is_known(uint32_t version)
{
	return salt_of(version) != NULL;
}

/* An algorithm by name is looked up here only; a context that has one keeps it. */
static EVP_CIPHER_CTX *open_cipher(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool is_open = cipher && ctx && EVP_CipherInit_ex(ctx, cipher, NULL, NULL, NULL, 1);

	EVP_CIPHER_free(cipher);
	if (is_open)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int quic_opener_open(struct quic_opener **ret_opener)
{
	struct quic_opener *opener = calloc(1, sizeof(*opener));

	if (!opener)
		return -ENOMEM;
	opener->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	opener->digest = EVP_MD_CTX_new();
	opener->masks = open_cipher("AES-128-ECB");
	opener->packets = open_cipher("AES-128-GCM");
	if (!opener->sha256 || !opener->digest || !opener->masks || !opener->packets) {
		quic_opener_close(opener);
		return -ENOMEM;
	}
	*ret_opener = opener;
	return 0;
}

void quic_opener_close(struct quic_opener *opener)
{
	if (!opener)
		return;
	EVP_MD_free(opener->sha256);
	EVP_MD_CTX_free(opener->digest);
	EVP_CIPHER_CTX_free(opener->masks);
	EVP_CIPHER_CTX_free(opener->packets);
	free(opener);
}

/* SHA-256 of the block and the bytes behind it. */
static bool hash(struct quic_opener *opener, const uint8_t block[HASH_BLOCK], const uint8_t *bytes,
	size_t len, uint8_t out[SECRET])
{
	return EVP_DigestInit_ex(opener->digest, opener->sha256, NULL) &&
	       EVP_DigestUpdate(opener->digest, block, HASH_BLOCK) &&
	       EVP_DigestUpdate(opener->digest, bytes, len) &&
	       EVP_DigestFinal_ex(opener->digest, out, NULL);
}

/* RFC 2104, key_len <= HASH_BLOCK. libcrypto's own looks its algorithm up with every call. */
static bool hmac(struct quic_opener *opener, const uint8_t *key, size_t key_len,
	const uint8_t *bytes, size_t len, uint8_t out[SECRET])
{
	uint8_t block[HASH_BLOCK] = { 0 };

	memcpy(block, key, key_len);
	for (unsigned i = 0; i < HASH_BLOCK; i++)
		block[i] ^= 0x36;
	if (!hash(opener, block, bytes, len, out))
		return false;
	for (unsigned i = 0; i < HASH_BLOCK; i++)
		block[i] ^= 0x36 ^ 0x5c;
	return hash(opener, block, out, SECRET, out);
}

/* HKDF-Expand-Label of RFC 8446 7.1 with no context; out_len <= SECRET, so one block is enough. */
static bool expand(struct quic_opener *opener, const uint8_t secret[SECRET], const char *label,
	uint8_t *out, size_t out_len)
{
	uint8_t info[64], block[SECRET];
	size_t len = strlen(label), at = 0;

	info[at++] = 0;
	info[at++] = (uint8_t)out_len;
	info[at++] = (uint8_t)(6 + len);
	memcpy(info + at, "tls13 ", 6);
	memcpy(info + at + 6, label, len);
	at += 6 + len;
	info[at++] = 0;
	info[at++] = 1;
	if (!hmac(opener, secret, SECRET, info, at, block))
		return false;
	memcpy(out, block, out_len);
	return true;
}

bool quic_keys_derive(struct quic_opener *opener, uint32_t version, const uint8_t *id,
	size_t id_len, struct quic_keys *ret_keys)
{
	uint8_t initial[SECRET], client[SECRET];
	const uint8_t *salt = salt_of(version);
	bool is_2 = version == QUIC_VERSION_2;
	struct quic_keys keys = { 0 };

	if (!salt || id_len > QUIC_ID_MAX || !hmac(opener, salt, SALT, id, id_len, initial) ||
		!expand(opener, initial, "client in", client, sizeof(client)) ||
		!expand(opener, client, is_2 ? "quicv2 key" : "quic key", keys.key,
			sizeof(keys.key)) ||
		!expand(opener, client, is_2 ? "quicv2 iv" : "quic iv", keys.iv, sizeof(keys.iv)) ||
		!expand(opener, client, is_2 ? "quicv2 hp" : "quic hp", keys.header,
			sizeof(keys.header)))
		return false;
	*ret_keys = keys;
	return true;
}

static bool mask_of(struct quic_opener *opener, const struct quic_keys *keys, const uint8_t *sample,
	uint8_t mask[QUIC_SAMPLE])
{
	int len = 0;

	return EVP_EncryptInit_ex(opener->masks, NULL, NULL, keys->header, NULL) &&
	       EVP_CIPHER_CTX_set_padding(opener->masks, 0) &&
	       EVP_EncryptUpdate(opener->masks, mask, &len, sample, QUIC_SAMPLE) &&
	       len == QUIC_SAMPLE;
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const struct quic_keys *keys, const uint8_t nonce[12],
	const uint8_t *header, size_t header_len, const uint8_t *bytes, size_t len, uint8_t *plain)
{
	uint8_t tag[QUIC_TAG];
	int n = 0;

	memcpy(tag, bytes + len, QUIC_TAG);
	return EVP_DecryptInit_ex(ctx, NULL, NULL, keys->key, nonce) &&
	       EVP_DecryptUpdate(ctx, NULL, &n, header, (int)header_len) &&
	       EVP_DecryptUpdate(ctx, plain, &n, bytes, (int)len) && (size_t)n == len &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, QUIC_TAG, tag) &&
	       EVP_DecryptFinal_ex(ctx, plain + len, &n);
}

/* The nonce is the packet number, of which the packet has the last bytes: all, in an Initial. */
static void make_nonce(
	const struct quic_keys *keys, const uint8_t *number, size_t number_len, uint8_t *nonce)
{
	memcpy(nonce, keys->iv, 12);
	for (size_t i = 0; i < number_len; i++)
		nonce[12 - number_len + i] ^= number[i];
}

bool quic_open(struct quic_opener *opener, const struct quic_keys *keys,
	const struct quic_sealed *sealed, uint8_t plain[QUIC_PLAIN_MAX], size_t *ret_len)
{
	uint8_t mask[QUIC_SAMPLE], nonce[12], header[HEADER_MAX];
	const uint8_t *number = sealed->header + sealed->header_len;
	size_t number_len, header_len, len;

	/* The sample begins four bytes behind the start of the packet number (RFC 9001 5.4.2). */
	if (sealed->len < 4 + QUIC_SAMPLE || sealed->len > QUIC_PLAIN_MAX ||
		sealed->header_len > HEADER_MAX - 4 || !mask_of(opener, keys, number + 4, mask))
		return false;
	memcpy(header, sealed->header, sealed->header_len);
	header[0] ^= mask[0] & 0x0f;
	number_len = (header[0] & 3U) + 1;
	for (size_t i = 0; i < number_len; i++)
		header[sealed->header_len + i] = number[i] ^ mask[1 + i];
	header_len = sealed->header_len + number_len;
	len = sealed->len - number_len - QUIC_TAG;
	make_nonce(keys, header + sealed->header_len, number_len, nonce);
	if (!decrypt(opener->packets, keys, nonce, header, header_len, number + number_len, len,
		    plain))
		return false;
	*ret_len = len;
	return true;
}
