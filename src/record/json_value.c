/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/json_value.c - the small JSON values, and writing them; see json_value.h. */
#include "record/json_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "record/curve.h"
#include "record/names.h"

void fields_begin(struct fields *fields)
{
	fields->object = json_object();
	fields->is_failed = !fields->object;
}

void fields_put(struct fields *fields, const char *key, json_t *value)
{
	if (json_object_set_new(fields->object, key, value) < 0)
		fields->is_failed = true;
}

json_t *fields_end(struct fields *fields)
{
	if (fields->is_failed) {
		json_decref(fields->object);
		return NULL;
	}
	return fields->object;
}

bool array_add(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) == 0;
}

json_t *value_count(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *value_number(double number, unsigned decimals)
{
	double scale = pow(10, decimals);

	if (!isfinite(number))
		return json_null();
	if (fabs(number) < 1e15 / scale) /* beyond, a double has no such decimals */
		number = round(number * scale) / scale;
	return json_real(number + 0.0); /* -0 becomes 0 */
}

static bool is_utf8(const char *text)
{
	uint32_t code = 0;

	while (*text && code != TEXT_BAD)
		text += text_character(text, &code);
	return code != TEXT_BAD;
}

json_t *value_text(const char *text)
{
	json_t *value = NULL;
	size_t size;
	char *clean;

	if (!text)
		return json_null();
	if (is_utf8(text))
		return json_string(text);
	size = strlen(text) * 4 + 1; /* a byte becomes \xNN at most */
	clean = malloc(size);
	if (clean)
		value = json_string(text_clean(text, false, clean, size));
	free(clean);
	return value;
}

json_t *value_time(int64_t time_ns)
{
	char text[TEXT_NUMBER_MAX];

	return json_string(text_timestamp(time_ns, text));
}

json_t *value_seconds(int64_t duration_ns)
{
	return value_number((double)duration_ns / NS_PER_S, 6);
}

json_t *value_address(const struct addr *addr, unsigned bits)
{
	char text[ADDR_TEXT_MAX];

	return addr_is_zero(addr) ? json_null() : json_string(addr_prefix_format(addr, bits, text));
}

json_t *value_proto(uint8_t proto)
{
	char text[8];

	return proto ? json_string(proto_name(proto, text)) : json_null();
}

json_t *value_port(uint16_t port)
{
	return port ? json_integer(port) : json_null();
}

static int write_chunk(const char *buffer, size_t size, void *out)
{
	return fwrite(buffer, 1, size, out) == size ? 0 : -1;
}

int json_write(const char *text, FILE *out)
{
	errno = 0;
	if (write_chunk(text, strlen(text), out) == 0)
		return 0;
	return errno ? -errno : -EIO;
}

int value_write(json_t *value, const char *after, FILE *out)
{
	int result;

	if (!value)
		return -ENOMEM;
	errno = 0;
	result = json_dump_callback(value, write_chunk, out, JSON_STYLE);
	if (result < 0)
		result = ferror(out) ? (errno ? -errno : -EIO) : -ENOMEM;
	json_decref(value);
	return result < 0 || !after ? result : json_write(after, out);
}
