/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_test_bytes.h - Initial packets as a client seals them, for tests, fuzzing and made
 * captures.
 *
 * Written apart from quic_keys.c, with libcrypto's own HMAC, so that one checks the other; that
 * both are right is shown by the samples of RFC 9001 in quic_test.c.
 */
#ifndef WEIR_APP_QUIC_TEST_BYTES_H
#define WEIR_APP_QUIC_TEST_BYTES_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define QUIC_SEAL_MAX 1500 /* bytes of a packet */
#define QUIC_SEAL_VERSION_2 0x6b3343cfU
#define QUIC_SEAL_DRAFT_29 0xff00001dU

struct quic_seal {
	uint32_t version;
	const void *id, *from_id; /* of the receiver, of the sender */
	const void *key_id;	  /* that the keys follow from; NULL: id */
	uint8_t id_len, from_id_len, key_id_len;
	uint8_t token_len; /* of zeros */
	uint32_t number;
	size_t size; /* of the packet: padded up to it */
};

static inline void quic_seal_expand(
	const uint8_t *secret, const char *label, uint8_t *out, uint8_t len)
{
	uint8_t info[64] = { 0, len, (uint8_t)(strlen(label) + 6) }, block[32];
	size_t at = 3 + 6 + strlen(label);

	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, strlen(label));
	info[at++] = 0;
	info[at++] = 1;
	HMAC(EVP_sha256(), secret, 32, info, at, block, NULL);
	memcpy(out, block, len);
}

static inline void quic_seal_keys(
	const struct quic_seal *seal, uint8_t *key, uint8_t *iv, uint8_t *hp)
{
	static const char salt_1[] = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c"
				     "\xad\xcc\xbb\x7f\x0a",
			  salt_2[] = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d"
				     "\xcb\xf9\xbd\x2e\xd9",
			  salt_29[] = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11"
				      "\xe0\x43\x90\xa8\x99";
	bool is_2 = seal->version == QUIC_SEAL_VERSION_2;
	const char *salt = is_2 ? salt_2 : seal->version == QUIC_SEAL_DRAFT_29 ? salt_29 : salt_1;
	uint8_t initial[32], client[32];

	HMAC(EVP_sha256(), salt, 20, seal->key_id ? seal->key_id : seal->id,
		seal->key_id ? seal->key_id_len : seal->id_len, initial, NULL);
	quic_seal_expand(initial, "client in", client, 32);
	quic_seal_expand(client, is_2 ? "quicv2 key" : "quic key", key, 16);
	quic_seal_expand(client, is_2 ? "quicv2 iv" : "quic iv", iv, 12);
	quic_seal_expand(client, is_2 ? "quicv2 hp" : "quic hp", hp, 16);
}

static inline size_t quic_seal_id(uint8_t *out, const void *id, uint8_t len)
{
	out[0] = len;
	if (len)
		memcpy(out + 1, id, len);
	return 1 + (size_t)len;
}

/* Up to the packet number of four bytes, and with it. Returns where it begins. */
static inline size_t quic_seal_head(const struct quic_seal *seal, uint8_t *out)
{
	size_t at = 5, len;

	out[0] = seal->version == QUIC_SEAL_VERSION_2 ? 0xd3 : 0xc3;
	for (unsigned i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(seal->version >> (24 - 8 * i));
	at += quic_seal_id(out + at, seal->id, seal->id_len);
	at += quic_seal_id(out + at, seal->from_id, seal->from_id_len);
	out[at++] = seal->token_len; /* < 64 */
	memset(out + at, 0, seal->token_len);
	at += seal->token_len;
	len = seal->size - at - 2;
	out[at++] = (uint8_t)(0x40 | len >> 8);
	out[at++] = (uint8_t)len;
	for (unsigned i = 0; i < 4; i++)
		out[at + i] = (uint8_t)(seal->number >> (24 - 8 * i));
	return at;
}

/* Seals the frames, padded, or as many of their bytes as there is room for. Writes seal->size <=
 * QUIC_SEAL_MAX bytes. */
static inline void quic_seal(
	const struct quic_seal *seal, const void *frames, size_t len, uint8_t *out)
{
	uint8_t key[16], iv[12], hp[16], mask[32], plain[QUIC_SEAL_MAX] = { 0 };
	size_t number = quic_seal_head(seal, out), head = number + 4;
	size_t payload = seal->size - head - 16;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	quic_seal_keys(seal, key, iv, hp);
	for (unsigned i = 0; i < 4; i++)
		iv[8 + i] ^= out[number + i];
	memcpy(plain, frames, len < payload ? len : payload);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, iv);
	EVP_EncryptUpdate(ctx, NULL, &n, out, (int)head);
	EVP_EncryptUpdate(ctx, out + head, &n, plain, (int)payload);
	EVP_EncryptFinal_ex(ctx, mask, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, out + head + payload);
	EVP_CIPHER_CTX_reset(ctx);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, hp, NULL);
	EVP_EncryptUpdate(ctx, mask, &n, out + head, 16);
	EVP_CIPHER_CTX_free(ctx);
	out[0] ^= mask[0] & 0x0f;
	for (unsigned i = 0; i < 4; i++)
		out[number + i] ^= mask[1 + i];
}

/* A CRYPTO frame of bytes from..from + len of a hello. Returns its length. */
static inline size_t quic_seal_crypto(uint8_t *out, const uint8_t *hello, size_t from, size_t len)
{
	out[0] = 6;
	out[1] = (uint8_t)(0x40 | from >> 8);
	out[2] = (uint8_t)from;
	out[3] = (uint8_t)(0x40 | len >> 8);
	out[4] = (uint8_t)len;
	memcpy(out + 5, hello + from, len);
	return 5 + len;
}

#endif
