/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/bencode.c - see bencode.h. */
#include "app/bencode.h"

#include <string.h>

#include "lib/rd.h"

#define LEVELS_MAX 16
#define DIGITS_MAX 6 /* of a string's length: a datagram holds no longer one */

/* "4:spam"; moves past it. Empty with failed set when it is no string. */
static struct app_text read_string(struct rd *r)
{
	size_t len = 0;
	unsigned digits = 0;
	uint8_t c = rd_u8(r);

	for (; c >= '0' && c <= '9' && digits < DIGITS_MAX; c = rd_u8(r), digits++)
		len = len * 10 + (c - '0');
	r->failed = r->failed || c != ':' || digits == 0;
	return (struct app_text){ (const char *)rd_bytes(r, len), r->failed ? 0 : (uint32_t)len };
}

/* What stands between "i" and "e". */
static void skip_number(struct rd *r)
{
	uint8_t c = rd_u8(r);

	for (unsigned i = 0; i < 20 && (c == '-' || (c >= '0' && c <= '9')); i++)
		c = rd_u8(r);
	r->failed = r->failed || c != 'e';
}

static void skip_value(struct rd *r)
{
	unsigned level = 0;

	do {
		uint8_t c = rd_left(r) > 0 ? *r->at : 0;

		if (c == 'd' || c == 'l') {
			rd_skip(r, 1);
			level++;
		} else if (c == 'e' && level > 0) {
			rd_skip(r, 1);
			level--;
		} else if (c == 'i') {
			rd_skip(r, 1);
			skip_number(r);
		} else {
			read_string(r);
		}
		r->failed = r->failed || level > LEVELS_MAX;
	} while (level > 0 && !r->failed);
}

size_t bencode_len(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);

	skip_value(&r);
	return r.failed ? 0 : len - rd_left(&r);
}

struct app_text bencode_value(const uint8_t *bytes, size_t len, const char *key)
{
	struct rd r;

	if (len == 0 || bytes[0] != 'd')
		return (struct app_text){ 0 };
	r = rd_over(bytes + 1, len - 1);
	while (rd_left(&r) > 0 && *r.at != 'e' && !r.failed) {
		struct app_text name = read_string(&r);
		const uint8_t *value = r.at;
		bool is_it =
			!r.failed && name.len == strlen(key) && memcmp(name.at, key, name.len) == 0;

		if (is_it && rd_left(&r) > 0 && *value >= '0' && *value <= '9')
			return read_string(&r);
		skip_value(&r);
		if (is_it && !r.failed)
			return (struct app_text){ (const char *)value, (uint32_t)(r.at - value) };
	}
	return (struct app_text){ 0 };
}
