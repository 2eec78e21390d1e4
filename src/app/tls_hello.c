/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_hello.c - see tls_hello.h.
 *
 * Every list has its length before it, and every length is checked by rd against what holds it:
 * the cursor of an extension ends where the extension ends.
 */
#include "app/tls_hello.h"

#include "lib/rd.h"

enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINTS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
};

bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* A cursor over the next len bytes; failed when they are not there. */
static struct rd part(struct rd *r, size_t len)
{
	const uint8_t *bytes = rd_bytes(r, len);

	return bytes ? rd_over(bytes, len) : (struct rd){ .failed = true };
}

static void list_add(struct tls_hello *hello, struct tls_list *list, uint16_t value)
{
	if (list->count == TLS_LIST_MAX)
		hello->is_overlong = true;
	else
		list->value[list->count++] = value;
}

static void read_list(struct tls_hello *hello, struct tls_list *list, struct rd r)
{
	while (rd_left(&r) >= 2)
		list_add(hello, list, rd_be16(&r));
}

static void read_server_name(struct tls_hello *hello, struct rd r)
{
	struct rd names = part(&r, rd_be16(&r));

	hello->has_sni = true;
	while (!names.failed && rd_left(&names) > 0) {
		uint8_t type = rd_u8(&names);
		uint16_t len = rd_be16(&names);
		const uint8_t *name = rd_bytes(&names, len);

		if (name && type == 0 && hello->sni.len == 0)
			hello->sni = (struct app_text){ (const char *)name, len };
	}
}

static void read_alpn(struct tls_hello *hello, struct rd r)
{
	struct rd names = part(&r, rd_be16(&r));
	uint8_t len = rd_u8(&names);
	const uint8_t *name = rd_bytes(&names, len);

	if (name && hello->alpn.len == 0)
		hello->alpn = (struct app_text){ (const char *)name, len };
}

static void read_points(struct tls_hello *hello, struct rd r)
{
	struct rd points = part(&r, rd_u8(&r));

	while (!points.failed && rd_left(&points) > 0)
		list_add(hello, &hello->points, rd_u8(&points));
}

/* A client offers a list, a server chooses one. */
static void read_versions(struct tls_hello *hello, struct rd r, bool is_client)
{
	struct rd versions = is_client ? part(&r, rd_u8(&r)) : r;
	uint16_t highest = 0;

	while (rd_left(&versions) >= 2) {
		uint16_t version = rd_be16(&versions);

		if (!tls_is_grease(version) && version > highest)
			highest = version;
	}
	if (highest)
		hello->version = highest;
}

static void read_extension(struct tls_hello *hello, uint16_t type, struct rd r, bool is_client)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		if (is_client)
			read_server_name(hello, r);
		break;
	case EXTENSION_GROUPS:
		if (hello->groups.count == 0)
			read_list(hello, &hello->groups, part(&r, rd_be16(&r)));
		break;
	case EXTENSION_POINTS:
		if (hello->points.count == 0)
			read_points(hello, r);
		break;
	case EXTENSION_SIGNATURES:
		if (hello->signatures.count == 0)
			read_list(hello, &hello->signatures, part(&r, rd_be16(&r)));
		break;
	case EXTENSION_ALPN:
		read_alpn(hello, r);
		break;
	case EXTENSION_VERSIONS:
		read_versions(hello, r, is_client);
		break;
	default:
		break;
	}
}

/* false: they are cut or malformed. No extensions at all are fine (SSL 3). */
static bool read_extensions(struct tls_hello *hello, struct rd *r, bool is_client)
{
	size_t left, len;

	if (rd_left(r) == 0)
		return !r->failed;
	len = rd_be16(r);
	left = rd_left(r);
	struct rd list = part(r, len < left ? len : left);
	while (!list.failed && rd_left(&list) > 0) {
		uint16_t type = rd_be16(&list);
		uint16_t body_len = rd_be16(&list);
		struct rd body = part(&list, body_len);

		if (body.failed)
			return false;
		list_add(hello, &hello->extensions, type);
		read_extension(hello, type, body, is_client);
	}
	return !list.failed && len <= left;
}

bool tls_client_hello_read(const uint8_t *bytes, size_t len, struct tls_hello *hello)
{
	struct rd r = rd_over(bytes, len), ciphers;

	*hello = (struct tls_hello){ 0 };
	hello->legacy_version = hello->version = rd_be16(&r);
	rd_skip(&r, 32); /* random */
	rd_skip(&r, rd_u8(&r));
	ciphers = part(&r, rd_be16(&r));
	if (ciphers.failed)
		return false;
	read_list(hello, &hello->ciphers, ciphers);
	rd_skip(&r, rd_u8(&r)); /* compression */
	if (r.failed)
		return false;
	return read_extensions(hello, &r, true);
}

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe,
	0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

bool tls_server_hello_read(const uint8_t *bytes, size_t len, struct tls_hello *hello)
{
	struct rd r = rd_over(bytes, len);
	const uint8_t *random;
	uint16_t cipher;

	*hello = (struct tls_hello){ 0 };
	hello->legacy_version = hello->version = rd_be16(&r);
	random = rd_bytes(&r, sizeof(retry_random));
	/* Drafts of TLS 1.3 before 22 have neither session nor compression here. */
	if (hello->legacy_version >> 8 != 0x7f)
		rd_skip(&r, rd_u8(&r));
	cipher = rd_be16(&r);
	if (hello->legacy_version >> 8 != 0x7f)
		rd_skip(&r, 1); /* compression */
	if (r.failed)
		return false;
	hello->is_retry = random && memcmp(random, retry_random, sizeof(retry_random)) == 0;
	list_add(hello, &hello->ciphers, cipher);
	return read_extensions(hello, &r, false);
}
