/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/secure_certificate.c - see secure_certificate.h.
 *
 * DER is nested lengths, so a buffer is filled and then wrapped: der_wrap moves what is there to
 * make room for its tag and length.
 */
#include "gen/secure_certificate.h"

#include <string.h>

#include "gen/packet.h"

enum tag {
	TAG_INTEGER = 0x02,
	TAG_BIT_STRING = 0x03,
	TAG_UTF8 = 0x0c,
	TAG_UTC_TIME = 0x17,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_VERSION = 0xa0,
};

#define SERIAL_BYTES 16
#define KEY_BYTES 64 /* a point of P-256 */
#define SIGNATURE_BYTES 256

/* sha256WithRSAEncryption (RFC 8017), commonName (RFC 5280), a P-256 key (RFC 5480) */
static const uint8_t algorithm[] = { 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b,
	5, 0 };
static const uint8_t common_name[] = { 6, 3, 0x55, 4, 3 };
static const uint8_t key_kind[] = { 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8,
	0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static const uint8_t version[] = { TAG_VERSION, 3, 2, 1, 2 };

static size_t der_wrap(uint8_t *at, enum tag tag, size_t len)
{
	size_t head = len < 128 ? 2 : len < 256 ? 3 : 4;

	/* Not memmove: with the sanitizers gcc 12 warns of a null pointer that cannot be. */
	for (size_t i = len; i > 0; i--)
		at[head + i - 1] = at[i - 1];
	at[0] = (uint8_t)tag;
	if (head == 2) {
		at[1] = (uint8_t)len;
	} else if (head == 3) {
		at[1] = 0x81;
		at[2] = (uint8_t)len;
	} else {
		at[1] = 0x82;
		put16(at + 2, (uint16_t)len);
	}
	return head + len;
}

static size_t noise_put(uint8_t *at, size_t len, struct prng *prng)
{
	for (size_t i = 0; i < len; i++)
		at[i] = prng_next(prng) >> 56;
	return len;
}

/* A name with nothing but a common name. */
static size_t name_put(uint8_t *at, const char *name)
{
	size_t len = sizeof(common_name);

	memcpy(at, common_name, len);
	len += der_wrap(at + len, TAG_UTF8, put_text(at + len, name));
	len = der_wrap(at, TAG_SEQUENCE, len);
	len = der_wrap(at, TAG_SET, len);
	return der_wrap(at, TAG_SEQUENCE, len);
}

static size_t validity_put(uint8_t *at, const struct secure *secure)
{
	size_t len = der_wrap(
		at, TAG_UTC_TIME, put_text(at, secure->from ? secure->from : "260101000000Z"));

	len += der_wrap(at + len, TAG_UTC_TIME,
		put_text(at + len, secure->until ? secure->until : "270101000000Z"));
	return der_wrap(at, TAG_SEQUENCE, len);
}

static size_t key_put(uint8_t *at, struct prng *prng)
{
	size_t len = sizeof(key_kind);

	memcpy(at, key_kind, len);
	at[len] = 0;	 /* unused bits */
	at[len + 1] = 4; /* uncompressed */
	noise_put(at + len + 2, KEY_BYTES, prng);
	len += der_wrap(at + len, TAG_BIT_STRING, KEY_BYTES + 2);
	return der_wrap(at, TAG_SEQUENCE, len);
}

static size_t body_put(uint8_t *at, const struct secure *secure, struct prng *prng)
{
	size_t len = sizeof(version), serial;

	memcpy(at, version, len);
	serial = noise_put(at + len, SERIAL_BYTES, prng);
	at[len] = 0x11; /* positive, no leading zero */
	len += der_wrap(at + len, TAG_INTEGER, serial);
	memcpy(at + len, algorithm, sizeof(algorithm));
	len += sizeof(algorithm);
	len += name_put(at + len, secure->issuer ? secure->issuer : secure->subject);
	len += validity_put(at + len, secure);
	len += name_put(at + len, secure->subject);
	len += key_put(at + len, prng);
	return der_wrap(at, TAG_SEQUENCE, len);
}

size_t certificate_put(uint8_t *out, const struct secure *secure, struct prng *prng)
{
	size_t len = body_put(out, secure, prng);

	memcpy(out + len, algorithm, sizeof(algorithm));
	len += sizeof(algorithm);
	out[len] = 0; /* unused bits */
	noise_put(out + len + 1, SIGNATURE_BYTES, prng);
	len += der_wrap(out + len, TAG_BIT_STRING, SIGNATURE_BYTES + 1);
	return der_wrap(out, TAG_SEQUENCE, len);
}
