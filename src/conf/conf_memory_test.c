/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/conf_memory_test.c - every allocation of a load fails once.
 *
 * The stage's own files are compiled into this test with an allocator that fails at a given call,
 * and libyaml's allocator is replaced by the same: the n-th fails, for n from 1 until a load
 * succeeds. Each time the load must say -ENOMEM and leave nothing behind (AddressSanitizer looks
 * for leaks).
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/failing.h"

/* libyaml calls these through its symbol table, so ours are taken instead of its own. */
void *yaml_malloc(size_t size);
void *yaml_realloc(void *old, size_t size);

void *yaml_malloc(size_t size)
{
	return malloc_or_fail(size > 0 ? size : 1);
}

void *yaml_realloc(void *old, size_t size)
{
	return realloc_or_fail(old, size > 0 ? size : 1);
}

#define malloc malloc_or_fail
#define calloc calloc_or_fail
#define realloc realloc_or_fail
#include "conf/load.c"	   /* NOLINT(bugprone-suspicious-include) */
#include "conf/networks.c" /* NOLINT(bugprone-suspicious-include) */
#include "conf/text.c"	   /* NOLINT(bugprone-suspicious-include) */
#include "lib/prefix.c"	   /* NOLINT(bugprone-suspicious-include) */
#undef malloc
#undef calloc
#undef realloc

#define TRIES_MAX 10000

static const char text[] = "workers: 2\nnetworks: [10.0.0.0/8, 192.0.2.1]\nallow:\n- ::1\n"
			   "flood: {host_pps: 1}\nrun: {user: a, group: b}\ninterfaces: [eth0]\n"
			   "lists: [/a, /b]\n"
			   "groups: [{name: a, networks: [10.1.0.0/16, 2001:db8::/32]}]\n";

static int load_failing(unsigned at)
{
	struct err err = { "" };
	struct conf *conf = NULL;
	int r;

	calls_left = at;
	r = conf_load_bytes(text, sizeof(text) - 1, "weir.yaml", &err, &conf);
	calls_left = 0;
	if (r == 0)
		conf_close(conf);
	else
		assert_int_not_equal(err.text[0], '\0');
	return r;
}

static void test_load(void **state)
{
	unsigned at = 1;

	(void)state;
	while (at < TRIES_MAX && load_failing(at) == -ENOMEM)
		at++;
	assert_in_range(at, 20, TRIES_MAX - 1);
	assert_int_equal(load_failing(at), 0);
}

static void test_file(void **state)
{
	struct err err = { "" };
	struct conf *conf = NULL;

	(void)state;
	calls_left = 1;
	assert_int_equal(conf_load("/dev/null", &err, &conf), -ENOMEM);
	calls_left = 0;
	assert_string_equal(
		err.text, "/dev/null: cannot read the configuration: Cannot allocate memory");
}

static int networks_failing(const struct conf *conf, unsigned at)
{
	struct networks *networks = NULL;
	int r;

	calls_left = at;
	r = networks_open(conf, NULL, &networks);
	calls_left = 0;
	networks_close(networks);
	return r;
}

static void test_networks(void **state)
{
	struct err err = { "" };
	struct conf *conf = NULL;
	unsigned at = 1;

	(void)state;
	if (conf_load_bytes(text, sizeof(text) - 1, "", &err, &conf) < 0 || !conf)
		abort();
	while (networks_failing(conf, at) == -ENOMEM)
		at++;
	assert_in_range(at, 9, 20);
	assert_int_equal(networks_failing(conf, at), 0);
	conf_close(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
