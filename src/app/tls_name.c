/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_name.c - names of certificates as text: RFC 4514, see tls_der.h and tls_certificate.h.
 *
 * The parts stand in a certificate from the country down; RFC 4514 writes them from the end. What
 * has a special meaning is escaped by "\", so whatever a stranger puts into one part cannot look
 * like another one. BMPString becomes UTF-8. Types without a short name are written as numbers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/tls_certificate.h"
#include "app/tls_der.h"

struct text {
	char *at;
	size_t len, size;
};

static void put(struct text *t, char c)
{
	if (t->len + 1 < t->size)
		t->at[t->len++] = c;
}

static void put_string(struct text *t, const char *s)
{
	while (*s)
		put(t, *s++);
}

/* RFC 4514 3, and emailAddress, which everybody writes so. */
static const struct {
	uint8_t len;
	uint8_t oid[10];
	const char *name;
} types[] = {
	{ 3, { 0x55, 4, 3 }, "CN" },
	{ 3, { 0x55, 4, 6 }, "C" },
	{ 3, { 0x55, 4, 7 }, "L" },
	{ 3, { 0x55, 4, 8 }, "ST" },
	{ 3, { 0x55, 4, 9 }, "STREET" },
	{ 3, { 0x55, 4, 10 }, "O" },
	{ 3, { 0x55, 4, 11 }, "OU" },
	{ 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 }, "DC" },
	{ 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 }, "UID" },
	{ 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 }, "emailAddress" },
};

static void put_numbers(struct text *t, struct rd oid)
{
	char number[16];
	uint32_t value = 0;
	bool is_first = true;

	while (rd_left(&oid) > 0) {
		uint8_t byte = rd_u8(&oid);

		value = (value & 0x1ffffff) << 7 | (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (is_first) {
			uint32_t top = value < 80 ? value / 40 : 2;

			snprintf(number, sizeof(number), "%u.%u", top, value - top * 40);
		} else {
			snprintf(number, sizeof(number), ".%u", value);
		}
		put_string(t, number);
		is_first = false;
		value = 0;
	}
}

static void put_type(struct text *t, struct rd oid)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (rd_left(&oid) == types[i].len &&
			memcmp(oid.at, types[i].oid, types[i].len) == 0) {
			put_string(t, types[i].name);
			return;
		}
	put_numbers(t, oid);
}

static void put_escaped(struct text *t, uint8_t byte, bool is_first, bool is_last)
{
	if (byte == 0) {
		put_string(t, "\\00");
		return;
	}
	if (strchr("\"+,;<>\\", byte) || (is_first && (byte == '#' || byte == ' ')) ||
		(is_last && byte == ' '))
		put(t, '\\');
	put(t, (char)byte);
}

static void put_utf16(struct text *t, struct rd value)
{
	while (rd_left(&value) >= 2) {
		uint16_t code = rd_be16(&value);

		if (code < 0x80) {
			put_escaped(t, (uint8_t)code, false, false);
		} else if (code < 0x800) {
			put(t, (char)(0xc0 | code >> 6));
			put(t, (char)(0x80 | (code & 0x3f)));
		} else {
			put(t, (char)(0xe0 | code >> 12));
			put(t, (char)(0x80 | (code >> 6 & 0x3f)));
			put(t, (char)(0x80 | (code & 0x3f)));
		}
	}
}

static void put_value(struct text *t, uint8_t tag, struct rd value)
{
	bool is_first = true;

	if (tag == DER_BMP) {
		put_utf16(t, value);
		return;
	}
	while (rd_left(&value) > 0 && t->len + 1 < t->size) {
		uint8_t byte = rd_u8(&value);

		put_escaped(t, byte, is_first, rd_left(&value) == 0);
		is_first = false;
	}
}

/* The pairs of type and value of one part; most have one. */
static void put_part(struct text *t, struct rd set)
{
	bool is_first = true;

	while (rd_left(&set) > 0) {
		struct rd pair, oid, value;
		uint8_t tag;

		if (der_next(&set, &pair) != DER_SEQUENCE || der_next(&pair, &oid) != DER_OID)
			return;
		tag = der_next(&pair, &value);
		if (tag == 0)
			return;
		if (!is_first)
			put(t, '+');
		put_type(t, oid);
		put(t, '=');
		put_value(t, tag, value);
		is_first = false;
	}
}

uint32_t der_name_text(struct rd name, char *out, size_t size)
{
	struct text t = { out, 0, size };
	struct rd parts[TLS_RDNS_MAX];
	unsigned count = 0;

	while (count < TLS_RDNS_MAX && rd_left(&name) > 0 &&
		der_next(&name, &parts[count]) == DER_SET)
		count++;
	for (unsigned i = count; i-- > 0;) {
		put_part(&t, parts[i]);
		if (i > 0)
			put(&t, ',');
	}
	out[t.len] = '\0';
	return (uint32_t)t.len;
}

/* Copies a value up to its end, without the escapes. Returns how far it went in the name. */
static size_t copy_value(const char *name, size_t len, struct text *t)
{
	size_t i = 0;

	while (i < len && name[i] != ',' && name[i] != '+') {
		if (name[i] == '\\' && i + 1 < len)
			i++;
		put(t, name[i++]);
	}
	return i;
}

size_t tls_name_part(const char *name, size_t len, const char *type, char *out, size_t size)
{
	struct text none = { out, 0, 1 }, t = { out, 0, size };
	size_t type_len = strlen(type), at = 0;

	while (at < len) {
		bool is_it = len - at > type_len && memcmp(name + at, type, type_len) == 0 &&
			     name[at + type_len] == '=';

		if (is_it)
			copy_value(name + at + type_len + 1, len - at - type_len - 1, &t);
		if (is_it)
			break;
		at += copy_value(name + at, len - at, &none) + 1;
	}
	out[t.len] = '\0';
	return t.len;
}
