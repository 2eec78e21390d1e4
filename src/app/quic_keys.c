/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_keys.c - see quic_keys.h. AES and HMAC are libcrypto's.
 */
#include "app/quic_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define SECRET 32

/* RFC 9001 5.2; RFC 9369 3.3.1; the last drafts. */
static const uint8_t salt_1[20] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a };
static const uint8_t salt_2[20] = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 };
static const uint8_t salt_draft_29[20] = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e,
	0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 };
static const uint8_t salt_draft_23[20] = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11,
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

static bool hmac(
	const uint8_t *key, size_t key_len, const uint8_t *bytes, size_t len, uint8_t out[SECRET])
{
	return HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, NULL) != NULL;
}

/* HKDF-Expand-Label of RFC 8446 7.1 with no context; out_len <= SECRET, so one block is enough. */
static bool expand(const uint8_t secret[SECRET], const char *label, uint8_t *out, size_t out_len)
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
	if (!hmac(secret, SECRET, info, at, block))
		return false;
	memcpy(out, block, out_len);
	return true;
}

struct keys {
	uint8_t key[16], iv[12], header[16];
};

static bool client_keys(const struct quic_sealed *sealed, struct keys *keys)
{
	uint8_t initial[SECRET], client[SECRET];
	bool is_2 = sealed->version == QUIC_VERSION_2;

	return hmac(salt_of(sealed->version), 20, sealed->id, sealed->id_len, initial) &&
	       expand(initial, "client in", client, sizeof(client)) &&
	       expand(client, is_2 ? "quicv2 key" : "quic key", keys->key, sizeof(keys->key)) &&
	       expand(client, is_2 ? "quicv2 iv" : "quic iv", keys->iv, sizeof(keys->iv)) &&
	       expand(client, is_2 ? "quicv2 hp" : "quic hp", keys->header, sizeof(keys->header));
}

static bool mask_of(
	EVP_CIPHER_CTX *ctx, const struct keys *keys, const uint8_t *sample, uint8_t *mask)
{
	int len = 0;

	return EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, keys->header, NULL) &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	       EVP_EncryptUpdate(ctx, mask, &len, sample, QUIC_SAMPLE) && len == QUIC_SAMPLE;
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const struct keys *keys, const uint8_t nonce[12],
	const uint8_t *header, size_t header_len, const uint8_t *bytes, size_t len, uint8_t *plain)
{
	uint8_t tag[QUIC_TAG];
	int n = 0;

	memcpy(tag, bytes + len, QUIC_TAG);
	return EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, keys->key, nonce) &&
	       EVP_DecryptUpdate(ctx, NULL, &n, header, (int)header_len) &&
	       EVP_DecryptUpdate(ctx, plain, &n, bytes, (int)len) && (size_t)n == len &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, QUIC_TAG, tag) &&
	       EVP_DecryptFinal_ex(ctx, plain + len, &n);
}

/* The nonce is the packet number, of which the packet has the last bytes: all, in an Initial. */
static void make_nonce(
	const struct keys *keys, const uint8_t *number, size_t number_len, uint8_t *nonce)
{
	memcpy(nonce, keys->iv, 12);
	for (size_t i = 0; i < number_len; i++)
		nonce[12 - number_len + i] ^= number[i];
}

static bool open_with(
	EVP_CIPHER_CTX *ctx, const struct quic_sealed *sealed, uint8_t *plain, size_t *ret_len)
{
	uint8_t mask[QUIC_SAMPLE], nonce[12], header[1024];
	const uint8_t *number = sealed->header + sealed->header_len;
	size_t number_len, header_len, len;
	struct keys keys;

	if (!client_keys(sealed, &keys) || !mask_of(ctx, &keys, number + 4, mask))
		return false;
	memcpy(header, sealed->header, sealed->header_len);
	header[0] ^= mask[0] & 0x0f;
	number_len = (header[0] & 3U) + 1;
	for (size_t i = 0; i < number_len; i++)
		header[sealed->header_len + i] = number[i] ^ mask[1 + i];
	header_len = sealed->header_len + number_len;
	len = sealed->len - number_len - QUIC_TAG;
	make_nonce(&keys, header + sealed->header_len, number_len, nonce);
	EVP_CIPHER_CTX_reset(ctx);
	if (!decrypt(ctx, &keys, nonce, header, header_len, number + number_len, len, plain))
		return false;
	*ret_len = len;
	return true;
}

bool quic_open(const struct quic_sealed *sealed, uint8_t plain[QUIC_PLAIN_MAX], size_t *ret_len)
{
	EVP_CIPHER_CTX *ctx;
	bool is_open;

	/* The sample begins four bytes behind the start of the packet number (RFC 9001 5.4.2). */
	if (!quic_version_is_known(sealed->version) || sealed->len < 4 + QUIC_SAMPLE ||
		sealed->len > QUIC_PLAIN_MAX || sealed->header_len > 1024 - 4 ||
		sealed->id_len > QUIC_ID_MAX)
		return false;
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return false;
	is_open = open_with(ctx, sealed, plain, ret_len);
	EVP_CIPHER_CTX_free(ctx);
	return is_open;
}
