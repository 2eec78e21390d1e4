/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/control_fuzz.c - any bytes as a request at the control socket.
 *
 * Either they are refused with a message, or they are an object with a command that, written again,
 * is the same request.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "watch/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err err = { "" };
	json_t *first = NULL, *second = NULL;
	char *line;

	if (len > CONTROL_REQUEST_MAX)
		return 0;
	if (control_parse((const char *)bytes, len, &err, &first) < 0) {
		if (err.text[0] == '\0' || first)
			abort();
		return 0;
	}
	if (!json_is_object(first) || !json_string_value(json_object_get(first, "command")))
		abort();
	line = json_dumps(first, JSON_COMPACT);
	if (!line || control_parse(line, strlen(line), &err, &second) < 0)
		abort();
	if (!json_equal(first, second))
		abort();
	free(line);
	json_decref(first);
	json_decref(second);
	return 0;
}
