/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/local_test.c - what is read out of the kernel's tables, from tables of our own. */
#include "keeper/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES 7
static char paths[FILES][64];
static struct local_files files;
static struct local local;

static void put(unsigned index, const char *text)
{
	FILE *out = fopen(paths[index], "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static bool has(const struct local_list *list, const char *text)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	for (unsigned i = 0; i < list->count; i++)
		if (list->list[i].bits == bits && addr_equal(&list->list[i].addr, &addr))
			return true;
	return false;
}

static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		int fd;

		snprintf(paths[i], sizeof(paths[i]), "/tmp/weir_local_test.%u.XXXXXX", i);
		fd = mkstemp(paths[i]);
		if (fd < 0)
			return -1;
		close(fd);
	}
	files = (struct local_files){ paths[0], paths[1], paths[2], paths[3],
		{ paths[4], paths[5] }, paths[6] };
	unsetenv("SSH_CONNECTION");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FILES; i++)
		unlink(paths[i]);
	return 0;
}

/* Tables as the kernel prints them on a little-endian machine. */
static void test_routes(void **state)
{
	char text[200];

	(void)state;
	put(0, "Iface\tDestination\tGateway "
	       "\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	       "wan\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	       "wan\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	       "lan\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	       "lan\t0000010A\t016433C6\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	       "lan\t0000020A\t016433C6\t0200\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	       "lan\t0000FEA9\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	       "nonsense\nlan\tzz\n");
	put(1, "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	       "fe800000000000000000000000000001 00000400 00000001 00000000 00000003 wan\n"
	       "20010db8000100000000000000000000 30 00000000000000000000000000000000 00 "
	       "00000000000000000000000000000000 00000100 00000001 00000000 00000001 lan\n"
	       "20010db8000200000000000000000000 30 00000000000000000000000000000000 00 "
	       "00000000000000000000000000000000 00000100 00000001 00000000 00000201 lan\n"
	       "20010db8000000000000000000000007 80 00000000000000000000000000000000 00 "
	       "00000000000000000000000000000000 00000100 00000001 00000000 80200001 lan\n"
	       "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
	       "00000000000000000000000000000000 00000100 00000001 00000000 00000001 lan\n"
	       "ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
	       "00000000000000000000000000000000 00000100 00000001 00000000 00000001 lan\n");
	put(4, "# a comment\nnameserver 192.0.2.53\nnameserver 127.0.0.53\n nameserver "
	       "fe80::53%eth0\nnameserver\nsearch example.org\nnameserver ::1\n");
	local_look(&local, &files, 1);
	assert_true(has(&local.always, "192.0.2.1"));
	assert_true(has(&local.always, "fe80::1"));
	assert_true(has(&local.always, "192.0.2.53"));
	assert_true(has(&local.always, "fe80::53"));
	assert_int_equal(local.always.count, 4);
	assert_true(has(&local.networks, "198.51.100.0/24"));
	assert_true(has(&local.networks, "10.1.0.0/16"));
	assert_true(has(&local.networks, "2001:db8:1::/48"));
	assert_false(has(&local.networks, "192.0.2.0/24"));
	/* The rest are addresses of the machine that the test runs on. */
	assert_int_equal(local.networks.count, 3 + local.own.count);
	local_list_format(&local.always, text, sizeof(text));
	assert_string_equal(text, "192.0.2.1 fe80::1 192.0.2.53 fe80::53");
	local_list_format(&local.always, text, 18);
	assert_string_equal(text, "192.0.2.1 fe80::1");
	local_list_format(&local.always, text, 17);
	assert_string_equal(text, "192.0.2.1");
}

#define TCP_LINE(peer, port, state)                                                                \
	"   0: 076433C6:" port " " peer ":C350 " state                                             \
	" 00000000:00000000 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1\n"

static void test_peers(void **state)
{
	const uint64_t later_ns = 1000000000;

	(void)state;
	for (unsigned i = 0; i < FILES; i++)
		put(i, "");
	local = (struct local){ 0 };
	put(2, "  sl  local_address rem_address   st\n" TCP_LINE("097100CB", "0016", "01")
			TCP_LINE("0A7100CB", "0016", "06") TCP_LINE("0B7100CB", "0050", "01"));
	put(3, TCP_LINE("B80D0120000000000000000009000000", "0016", "01")
			TCP_LINE("0000000000000000FFFF00000C7100CB", "08AE", "01"));
	put(6, "#Port 2\nPort 2222\nPort 99999\nPermitRootLogin no\n");
	setenv("SSH_CONNECTION", "192.0.2.99 5000 198.51.100.7 22", 1);
	local_look(&local, &files, 0);
	assert_true(has(&local.always, "203.0.113.9"));
	assert_true(has(&local.always, "2001:db8::9"));
	assert_true(has(&local.always, "203.0.113.12"));
	assert_true(has(&local.always, "192.0.2.99"));
	assert_int_equal(local.always.count, 4);
	unsetenv("SSH_CONNECTION");
	/* One that comes while we run has to stay; one that has gone is forgotten. */
	put(3, "");
	put(2, TCP_LINE("097100CB", "0016", "01") TCP_LINE("0D7100CB", "0016", "01"));
	local_look(&local, &files, later_ns);
	assert_int_equal(local.always.count, 1);
	local_look(&local, &files, later_ns + LOCAL_SSH_GRACE_NS - 1);
	assert_false(has(&local.always, "203.0.113.13"));
	local_look(&local, &files, later_ns + LOCAL_SSH_GRACE_NS);
	assert_true(has(&local.always, "203.0.113.13"));
	put(2, "");
	local_look(&local, &files, later_ns + LOCAL_SSH_GRACE_NS);
	assert_int_equal(local.always.count + local.peer_count, 0);
}

static void test_bounds(void **state)
{
	static struct local_list list;
	struct addr addr = { 0 };

	(void)state;
	for (unsigned i = 0; i < 2 * LOCAL_PREFIXES_MAX; i++) {
		addr.byte[0] = 0x20;
		addr.byte[14] = (uint8_t)(i / 256 % 8);
		addr.byte[15] = (uint8_t)i;
		local_list_add(&list, &addr, 128);
		local_list_add(&list, &addr, 128);
	}
	assert_int_equal(list.count, LOCAL_PREFIXES_MAX);
	assert_int_equal(list.lost, 2 * LOCAL_PREFIXES_MAX);
	files.route = "/nonexistent";
	files.tcp = "/dev/zero"; /* a line that never ends */
	local_look(&local, &files, 1);
	assert_int_equal(local.always.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
