/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app/quic.c. The packets are sealed here; that this is done right is shown by RFC 9001's
 * own sample, whose first bytes are compared.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/app_fixture.h"
#include "app/quic_keys.h"
#include "app/tls_test_bytes.h"

#define DATAGRAM 1200
#define ID "\x83\x94\xc8\xf0\x3e\x51\x57\x08" /* RFC 9001 A.1 */

struct version {
	uint32_t number;
	const char *salt;
	const char *key, *iv, *hp;
	uint8_t first;
};

static const struct version v1 = { QUIC_VERSION_1,
	"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
	"quic key", "quic iv", "quic hp", 0xc3 };
static const struct version v2 = { QUIC_VERSION_2,
	"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
	"quicv2 key", "quicv2 iv", "quicv2 hp", 0xd3 };
static const struct version draft_29 = { 0xff00001d,
	"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99",
	"quic key", "quic iv", "quic hp", 0xc3 };

static void expand(const uint8_t *secret, const char *label, uint8_t *out, unsigned len)
{
	struct bytes info = { 0 };
	uint8_t block[32];

	put16(&info, len);
	put8(&info, (unsigned)strlen(label) + 6);
	put_bytes(&info, "tls13 ", 6);
	put_bytes(&info, label, strlen(label));
	put16(&info, 1);
	HMAC(EVP_sha256(), secret, 32, info.at, info.len, block, NULL);
	memcpy(out, block, len);
}

/* An Initial of the client with these frames, padded so that the datagram has DATAGRAM bytes. */
static void seal(const struct version *v, const struct bytes *frames, struct bytes *out)
{
	uint8_t initial[32], client[32], key[16], iv[12], hp[16], mask[32], tag[16],
		plain[DATAGRAM];
	size_t payload = DATAGRAM - 18 - 4 - 16;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	HMAC(EVP_sha256(), v->salt, 20, (const uint8_t *)ID, 8, initial, NULL);
	expand(initial, "client in", client, 32);
	expand(client, v->key, key, 16);
	expand(client, v->iv, iv, 12);
	expand(client, v->hp, hp, 16);
	out->len = 0;
	put8(out, v->first);
	put16(out, v->number >> 16);
	put16(out, v->number);
	put8(out, 8);
	put_bytes(out, ID, 8);
	put16(out, 0); /* source id, token */
	put16(out, 0x4000 | (DATAGRAM - 18));
	put16(out, 0);
	put16(out, 2); /* packet number, as in the RFC */
	iv[11] ^= 2;
	memset(plain, 0, sizeof(plain));
	memcpy(plain, frames->at, frames->len);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, iv);
	EVP_EncryptUpdate(ctx, NULL, &n, out->at, (int)out->len);
	EVP_EncryptUpdate(ctx, out->at + out->len, &n, plain, (int)payload);
	EVP_EncryptFinal_ex(ctx, tag, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag);
	out->len += payload;
	put_bytes(out, tag, 16);
	EVP_CIPHER_CTX_reset(ctx);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, hp, NULL);
	EVP_EncryptUpdate(ctx, mask, &n, out->at + 22, 16);
	EVP_CIPHER_CTX_free(ctx);
	out->at[0] ^= mask[0] & 0x0f;
	for (unsigned i = 0; i < 4; i++)
		out->at[18 + i] ^= mask[1 + i];
	assert_int_equal(out->len, DATAGRAM);
}

static void put_crypto(struct bytes *frames, const struct bytes *hello, size_t from, size_t len)
{
	put8(frames, 6);
	put16(frames, 0x4000 | (unsigned)from);
	put16(frames, 0x4000 | (unsigned)len);
	put_bytes(frames, hello->at + from, len);
}

static const struct app_tls *see(struct fixture *f, const struct bytes *datagram)
{
	fixture_open(f, NULL, 443);
	assert_true(fixture_datagram(f, &datagram_quic, 0, datagram->at, datagram->len));
	return f->count == 1 && f->events[0].type == APP_QUIC ? &f->events[0].tls : NULL;
}

/* RFC 9001 A.2, RFC 9369 A.2: what the sample's packet begins with. */
static void the_sample_of_the_rfc(void **state)
{
	static const uint8_t sample[] = { 0xc0, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51,
		0x57, 0x08, 0, 0, 0x44, 0x9e, 0x7b, 0x9a, 0xec, 0x34, 0xd1, 0xb1, 0xc9, 0x8d, 0xd7,
		0x68, 0x9f, 0xb8, 0xec, 0x11 };
	static const uint8_t hello[] = { 0x06, 0x00, 0x40, 0xf1, 0x01, 0x00, 0x00, 0xed, 0x03, 0x03,
		0xeb, 0xf8, 0xfa, 0x56, 0xf1, 0x29, 0x39, 0xb9, 0x58, 0x4a, 0x38, 0x96, 0x47, 0x2e,
		0xc4, 0x0b, 0xb8, 0x63, 0xcf, 0xd3, 0xe8, 0x68, 0x04, 0xfe, 0x3a, 0x47, 0xf0, 0x6a,
		0x2b, 0x69, 0x48, 0x4c, 0x00, 0x00, 0x04, 0x13, 0x01, 0x13, 0x02, 0x01, 0x00, 0x00,
		0xc0, 0x00, 0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d,
		0x70, 0x6c, 0x65, 0x2e, 0x63, 0x6f, 0x6d };
	struct bytes frames = { 0 }, datagram;
	const struct app_tls *tls;
	struct fixture f;

	(void)state;
	put_bytes(&frames, hello, sizeof(hello));
	seal(&v1, &frames, &datagram);
	/* Those after the first 32 bytes depend on more of the hello than is given here. */
	assert_memory_equal(datagram.at + 1, sample + 1, 17);
	assert_memory_equal(datagram.at + 22, sample + 22, sizeof(sample) - 22);
	frames.len = 0;
	put_bytes(&frames, hello, sizeof(hello));
	frames.at[2] = 0x40; /* as long as it is here */
	frames.at[3] = sizeof(hello) - 4;
	seal(&v1, &frames, &datagram);
	tls = see(&f, &datagram);
	assert_non_null(tls);
	assert_true(fixture_is(tls->sni, "example.com"));
	assert_string_equal(tls->ja4, ""); /* it is cut */
	fixture_close(&f);
}

static void all_versions(void **state)
{
	static const struct version *const versions[] = { &v1, &v2, &draft_29 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct bytes hello = { 0 }, frames = { 0 }, datagram;
		const struct app_tls *tls;
		struct fixture f;

		put_client_hello(&hello, "weir.example");
		put_crypto(&frames, &hello, 0, hello.len);
		seal(versions[i], &frames, &datagram);
		tls = see(&f, &datagram);
		assert_non_null(tls);
		assert_true(fixture_is(tls->sni, "weir.example"));
		assert_true(fixture_is(tls->alpn, "h2"));
		assert_string_equal(tls->ja4, "q13d" TEST_JA4_REST);
		assert_int_equal(strlen(tls->ja3), 32);
		assert_int_equal(tls->client_version, 0x0304);
		fixture_close(&f);
	}
}

/* As Chrome sends it: pieces shuffled, with PING, PADDING and ACK between them. */
static void frames_out_of_order(void **state)
{
	struct bytes hello = { 0 }, frames = { 0 }, datagram;
	const struct app_tls *tls;
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	put_crypto(&frames, &hello, 100, hello.len - 100);
	put_bytes(&frames, "\x01\x00\x00\x02\x05\x01\x00\x00", 8);
	put_crypto(&frames, &hello, 0, 60);
	put_crypto(&frames, &hello, 40, 60);
	seal(&v1, &frames, &datagram);
	tls = see(&f, &datagram);
	assert_non_null(tls);
	assert_string_equal(tls->ja4, "q13d" TEST_JA4_REST);
	fixture_close(&f);
}

/* A hello that goes on in the next datagram, and one whose beginning is not here. */
static void a_hello_of_two_datagrams(void **state)
{
	struct bytes hello = { 0 }, frames = { 0 }, datagram;
	const struct app_tls *tls;
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	put_crypto(&frames, &hello, 0, hello.len - 8);
	seal(&v1, &frames, &datagram);
	tls = see(&f, &datagram);
	assert_non_null(tls);
	assert_true(fixture_is(tls->sni, "weir.example"));
	assert_string_equal(tls->ja4, "");
	fixture_close(&f);
	frames.len = 0;
	put_crypto(&frames, &hello, 50, hello.len - 50);
	seal(&v1, &frames, &datagram);
	assert_null(see(&f, &datagram));
	fixture_close(&f);
}

static void hostile(void **state)
{
	struct bytes hello = { 0 }, frames = { 0 }, datagram, bent;
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	put_crypto(&frames, &hello, 0, hello.len);
	seal(&v1, &frames, &datagram);
	fixture_open(&f, NULL, 443);
	for (size_t len = 0; len < DATAGRAM; len += len < 60 ? 1 : 57)
		fixture_datagram(&f, &datagram_quic, 0, datagram.at, len);
	for (size_t i = 0; i < DATAGRAM; i += i < 60 ? 1 : 57) {
		bent = datagram;
		bent.at[i] ^= 0x40;
		fixture_datagram(&f, &datagram_quic, 0, bent.at, bent.len);
	}
	assert_int_equal(f.count, 0);
	/* A frame that says it is longer than all. */
	frames.len = 0;
	put_bytes(&frames, "\x06\x00\xff\xff\xff\xff\xff\xff\xff\xff", 10);
	seal(&v1, &frames, &datagram);
	fixture_datagram(&f, &datagram_quic, 0, datagram.at, datagram.len);
	frames.len = 0;
	put_bytes(&frames, "\x02\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00", 12);
	seal(&v1, &frames, &datagram);
	fixture_datagram(&f, &datagram_quic, 0, datagram.at, datagram.len);
	assert_int_equal(f.count, 0);
	/* From the server, or not QUIC at all. */
	assert_true(fixture_datagram(&f, &datagram_quic, 1, datagram.at, datagram.len));
	assert_false(fixture_datagram(&f, &datagram_quic, 0, "\x40short header", 13));
	assert_false(fixture_datagram(&f, &datagram_quic, 0, "", 0));
	assert_int_equal(f.count, 0);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_of_the_rfc),
		cmocka_unit_test(all_versions),
		cmocka_unit_test(frames_out_of_order),
		cmocka_unit_test(a_hello_of_two_datagrams),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
