/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf/conf_fixture.c - see conf_fixture.h. */
#include "conf/conf_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct conf *load(const char *text)
{
	struct err err = { "" };
	struct conf *conf = NULL;

	if (conf_load_bytes(text, strlen(text), "weir.yaml", &err, &conf) < 0)
		fail_msg("%s", err.text);
	return conf;
}

char *printed(const struct conf *conf)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(conf_print(conf, out), 0);
	fclose(out);
	return text;
}

void check_refused(const void *bytes, size_t len, const char *message)
{
	struct conf *conf = (struct conf *)&conf;
	struct err err = { "" };

	assert_int_equal(conf_load_bytes(bytes, len, "weir.yaml", &err, &conf), -EINVAL);
	assert_string_equal(err.text, message);
	assert_ptr_equal(conf, &conf);
}
