/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_ja.c - the fingerprints of tls_hello.h.
 *
 * JA3: MD5 of "version,ciphers,extensions,groups,point formats", in decimal, joined by "-", without
 * GREASE. JA4, the part for TLS clients: transport, version, whether there is a name, how many
 * ciphers and extensions, first and last letter of the first ALPN; then SHA-256 of the sorted
 * ciphers, and of the sorted extensions without SNI and ALPN with the signature algorithms in
 * their order, of each the first 12 hex digits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tls_digest.h"
#include "app/tls_hello.h"

#define JA_HASH_DIGITS 12

/* A text being built; each number takes at most 6 bytes, so it holds all the lists of a hello. */
struct builder {
	size_t len;
	char text[6 * (4 * TLS_LIST_MAX + 8)];
};

static void add(struct builder *b, char mark)
{
	if (b->len < sizeof(b->text))
		b->text[b->len++] = mark;
}

static void add_number(struct builder *b, const char *format, unsigned value)
{
	int len = snprintf(b->text + b->len, sizeof(b->text) - b->len, format, value);

	if (len > 0 && (size_t)len < sizeof(b->text) - b->len)
		b->len += (size_t)len;
}

static void add_list(struct builder *b, const struct tls_list *list, char join)
{
	bool is_first = true;

	for (unsigned i = 0; i < list->count; i++) {
		if (tls_is_grease(list->value[i]))
			continue;
		if (!is_first)
			add(b, join);
		add_number(b, join == '-' ? "%u" : "%04x", list->value[i]);
		is_first = false;
	}
}

void tls_ja3(const struct tls_hello *hello, char ja3[JA3_SIZE])
{
	struct builder b;

	b.len = 0;
	ja3[0] = '\0';
	if (hello->is_overlong)
		return;
	add_number(&b, "%u,", hello->legacy_version);
	add_list(&b, &hello->ciphers, '-');
	add(&b, ',');
	add_list(&b, &hello->extensions, '-');
	add(&b, ',');
	add_list(&b, &hello->groups, '-');
	add(&b, ',');
	add_list(&b, &hello->points, '-');
	tls_md5_hex(b.text, b.len, ja3);
}

void tls_ja3s(const struct tls_hello *hello, char ja3s[JA3_SIZE])
{
	struct builder b;

	b.len = 0;
	ja3s[0] = '\0';
	if (hello->is_overlong)
		return;
	add_number(&b, "%u,", hello->legacy_version);
	add_list(&b, &hello->ciphers, '-');
	add(&b, ',');
	add_list(&b, &hello->extensions, '-');
	tls_md5_hex(b.text, b.len, ja3s);
}

static const char *version_name(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	default:
		return "00";
	}
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last letter; of other bytes the first and last digit of all in hex. */
static void alpn_letters(struct app_text alpn, char out[3])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t first, last;

	memcpy(out, "00", 3);
	if (alpn.len == 0)
		return;
	first = (uint8_t)alpn.at[0];
	last = (uint8_t)alpn.at[alpn.len - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = digits[first >> 4];
		out[1] = digits[last & 15];
	}
}

static int compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Without GREASE and the values that are left out. */
static void pick(const struct tls_list *from, bool is_extensions, struct tls_list *to)
{
	to->count = 0;
	for (unsigned i = 0; i < from->count; i++) {
		uint16_t value = from->value[i];

		if (tls_is_grease(value) || (is_extensions && (value == 0 || value == 16)))
			continue;
		to->value[to->count++] = value;
	}
	qsort(to->value, to->count, sizeof(to->value[0]), compare);
}

static unsigned count_plain(const struct tls_list *list)
{
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++)
		count += !tls_is_grease(list->value[i]);
	return count < 99 ? count : 99;
}

static void hash_digits(const struct builder *b, bool is_empty, char out[JA_HASH_DIGITS + 1])
{
	char hex[SHA256_HEX_SIZE];

	memset(out, '0', JA_HASH_DIGITS);
	out[JA_HASH_DIGITS] = '\0';
	if (is_empty)
		return;
	tls_sha256_hex(b->text, b->len, hex);
	if (hex[0])
		memcpy(out, hex, JA_HASH_DIGITS);
}

void tls_ja4(const struct tls_hello *hello, char transport, char ja4[JA4_SIZE])
{
	char ciphers[JA_HASH_DIGITS + 1], extensions[JA_HASH_DIGITS + 1], alpn[3];
	struct tls_list sorted;
	struct builder b;

	ja4[0] = '\0';
	if (hello->is_overlong)
		return;
	b.len = 0;
	pick(&hello->ciphers, false, &sorted);
	add_list(&b, &sorted, ',');
	hash_digits(&b, sorted.count == 0, ciphers);
	b.len = 0;
	pick(&hello->extensions, true, &sorted);
	add_list(&b, &sorted, ',');
	if (hello->signatures.count > 0) {
		add(&b, '_');
		add_list(&b, &hello->signatures, ',');
	}
	hash_digits(&b, hello->extensions.count == 0, extensions);
	alpn_letters(hello->alpn, alpn);
	snprintf(ja4, JA4_SIZE, "%c%s%c%02u%02u%s_%s_%s", transport, version_name(hello->version),
		hello->has_sni ? 'd' : 'i', count_plain(&hello->ciphers),
		count_plain(&hello->extensions), alpn, ciphers, extensions);
}
