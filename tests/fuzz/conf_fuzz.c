/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/conf_fuzz.c - any bytes as a configuration.
 *
 * Either they are refused with a message, or what is printed of them loads again and prints the
 * same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static char *print(const struct conf *conf, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	if (!out || conf_print(conf, out) < 0)
		abort();
	fclose(out);
	return text;
}

static void check_round_trip(const struct conf *first)
{
	size_t once_len, twice_len;
	char *once = print(first, &once_len), *twice;
	struct err err = { "" };
	struct conf *second = NULL;

	if (conf_load_bytes(once, once_len, "printed", &err, &second) < 0)
		abort();
	twice = print(second, &twice_len);
	if (strcmp(once, twice) != 0)
		abort();
	conf_close(second);
	free(twice);
	free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err err = { "" };
	struct conf *conf = NULL;

	if (conf_load_bytes(bytes, len, "fuzz", &err, &conf) < 0) {
		if (err.text[0] == '\0' || conf)
			abort();
		return 0;
	}
	check_round_trip(conf);
	conf_close(conf);
	return 0;
}
