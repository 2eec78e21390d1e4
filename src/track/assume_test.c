/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/assume_test.c - who is inside, told from the first packets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "track/assume.h"

static struct assume *assume;
static struct networks *networks;
static struct assumption assumption;

static int set_up(void **state)
{
	(void)state;
	memset(&assumption, 0, sizeof(assumption));
	if (networks_open_empty(&networks) < 0)
		return -1;
	return assume_open(7, &assume);
}

static int tear_down(void **state)
{
	(void)state;
	assume_close(assume);
	networks_close(networks);
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	return addr;
}

static void see(const char *from, const char *to)
{
	struct pkt pkt = { .key.addr = { addr_of(from), addr_of(to) } };

	pkt.ip_version = addr_is_v4(&pkt.key.addr[0]) ? 4 : 6;
	assume_see(assume, &pkt);
}

/* From or to the i-th address of 16 bits below a prefix such as "203.0.%u.%u". */
static const char *nth(const char *format, unsigned i)
{
	static char text[4][ADDR_TEXT_MAX];
	static unsigned next;
	char *out = text[next++ % 4];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(out, ADDR_TEXT_MAX, format, i / 256, i % 256);
#pragma GCC diagnostic pop
	return out;
}

static void decide(void)
{
	assert_int_equal(assume_decide(assume, networks, &assumption), 0);
	assert_int_equal(networks_build(networks), 0);
}

static bool is_inside(const char *text)
{
	struct addr addr = addr_of(text);

	return networks_is_inside(networks, &addr);
}

#define SAYS_PRIVATE "No networks: configured; private addresses (RFC 1918) are taken as inside."

static void test_nothing_seen(void **state)
{
	struct pkt arp = { 0 };

	(void)state;
	assume_see(assume, &arp);
	decide();
	assert_int_equal(assumption.count, 1);
	assert_string_equal(assumption.text[0], SAYS_PRIVATE);
	assert_true(is_inside("192.168.3.4"));
	assert_true(is_inside("fe80::1"));
	assert_false(is_inside("203.0.113.1"));
}

static void test_lan(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		see(nth("192.168.%u.%u", i), "8.8.8.8"); /* everybody asks the one resolver */
		see("8.8.8.8", nth("192.168.%u.%u", i));
	}
	see("172.16.0.1", "192.0.2.1");
	decide();
	assert_int_equal(assumption.count, 1);
	assert_string_equal(assumption.text[0], SAYS_PRIVATE);
	assert_int_equal(assumption.prefix_count, 0);
	assert_false(is_inside("8.8.8.8"));
}

static void test_lan_with_unique_local_addresses(void **state)
{
	(void)state;
	see("10.0.0.1", "8.8.8.8");
	see("fd00::1", "2001:db8::1");
	decide();
	assert_int_equal(assumption.count, 1);
	assert_string_equal(assumption.text[0], "No networks: configured; private addresses (RFC "
						"1918, RFC 4193) are taken as inside.");
}

static void test_unique_local_only(void **state)
{
	(void)state;
	see("fd00::1", "2001:db8::1");
	decide();
	assert_int_equal(assumption.count, 1);
	assert_string_equal(assumption.text[0],
		"No networks: configured; private addresses (RFC 4193) are taken as inside.");
}

static void test_lan_with_public_ipv6(void **state)
{
	(void)state;
	see("192.168.1.2", "8.8.8.8");
	see("fe80::1", "ff02::1");
	see("fe80::1", "fe80::2");
	for (unsigned i = 0; i < 20; i++) {
		see("2001:db8:1:2::3", nth("2a00:%x:%x::1", i));
		see(nth("2a00:%x:%x::1", i), "2001:db8:1:2::3");
	}
	decide();
	assert_int_equal(assumption.count, 2);
	assert_string_equal(assumption.text[0], SAYS_PRIVATE);
	assert_string_equal(assumption.text[1],
		"No IPv6 network of ours is known; 2001:db8:1:2::/64, the most "
		"contacted, is taken as inside.");
	assert_true(is_inside("2001:db8:1:2::99"));
	assert_true(is_inside("192.168.1.1"));
	assert_false(is_inside("2a00::1"));
}

/* One packet from each of many; a few of the invented sources are private, and get an answer. */
static void test_flood_of_a_public_server(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		const char *source = nth(i % 200 ? "198.18.%u.%u" : "10.0.%u.%u", i);

		see(source, "203.0.113.10");
		see("203.0.113.10", source);
	}
	decide();
	assert_int_equal(assumption.count, 2);
	assert_string_equal(assumption.text[1], "No IPv4 network of ours is known; 203.0.113.0/24, "
						"the most contacted, is taken as inside.");
	assert_int_equal(assumption.prefix_count, 1);
	assert_int_equal(assumption.prefixes[0].bits, ADDR_V4_BITS + 24);
	assert_true(is_inside("203.0.113.77"));
	assert_false(is_inside("198.18.0.1"));
}

static void test_scan_of_a_public_network(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		see("198.51.100.66", nth("203.0.%u.%u", i));
		if (i % 10 == 7)
			see(nth("203.0.%u.%u", i), "198.51.100.66");
	}
	decide();
	assert_true(is_inside("203.0.0.1"));
	assert_false(is_inside("198.51.100.66"));
}

/* A gateway or client with a public address: those it asks answer. */
static void test_public_client(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		see("203.0.113.5", nth("198.%u.%u.9", 11 * i));
		see(nth("198.%u.%u.9", 11 * i), "203.0.113.5");
		see("203.0.113.5", nth("198.%u.%u.9", 11 * i));
	}
	decide();
	assert_true(is_inside("203.0.113.5"));
	assert_false(is_inside("198.0.11.9"));
}

static void test_both_families_public(void **state)
{
	(void)state;
	see("198.51.100.1", "203.0.113.5");
	see("198.51.100.1", "203.0.113.5");
	see("198.51.100.2", "203.0.113.5");
	see("2001:db8:9::1", "2001:db8:1::5");
	see("2001:db8:a::1", "2001:db8:1::5");
	decide();
	assert_int_equal(assumption.count, 2);
	assert_int_equal(assumption.prefix_count, 2);
	assert_non_null(strstr(assumption.text[0], "203.0.113.0/24"));
	assert_non_null(strstr(assumption.text[1], "2001:db8:1::/64"));
}

/* One asks one other, who answers: the one who was asked. */
static void test_a_single_conversation(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		see("198.51.100.1", "203.0.113.5");
		see("203.0.113.5", "198.51.100.1");
	}
	decide();
	assert_true(is_inside("203.0.113.5"));
	assert_false(is_inside("198.51.100.1"));
}

static void test_loopback(void **state)
{
	(void)state;
	see("127.0.0.1", "127.0.0.1");
	see("::1", "::1");
	decide();
	assert_non_null(strstr(assumption.text[0], " 127.0.0.0/8,"));
	assert_non_null(strstr(assumption.text[1], " ::1,"));
	assert_true(is_inside("127.9.9.9"));
	assert_false(is_inside("::2"));
}

/* Equal in everything: the lower address, whatever came first. LAND packets count once. */
static void test_ties(void **state)
{
	(void)state;
	see("203.0.113.9", "203.0.113.9");
	see("198.51.100.9", "198.51.100.9");
	see("198.51.100.9", "198.51.100.9");
	see("203.0.113.9", "203.0.113.9");
	decide();
	assert_true(is_inside("198.51.100.1"));
	assert_false(is_inside("203.0.113.1"));
}

static void test_placeless_addresses_say_nothing(void **state)
{
	(void)state;
	see("169.254.1.1", "203.0.113.1");
	see("0.0.0.0", "255.255.255.255");
	see("203.0.113.1", "224.0.0.1");
	see("::", "ff02::1");
	decide();
	assert_int_equal(assumption.prefix_count, 0);
	assert_int_equal(assumption.count, 1);
}

static void test_more_pairs_than_are_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30000; i++)
		see(nth("198.18.%u.%u", i), "203.0.113.10");
	decide();
	assert_true(is_inside("203.0.113.10"));
}

/* What networks refuses is handed on, and the result stays untouched. */
static void test_full_networks(void **state)
{
	struct prefix prefix = { .addr = addr_of("2001:db8::"), .bits = 128 };

	(void)state;
	see("198.51.100.1", "203.0.113.5");
	for (unsigned i = 0; i < PREFIX_SET_MAX - 6; i++) {
		prefix.addr.byte[13] = (uint8_t)(i >> 16);
		prefix.addr.byte[14] = (uint8_t)(i >> 8);
		prefix.addr.byte[15] = (uint8_t)i;
		assert_int_equal(networks_add(networks, &prefix), 0);
	}
	assert_int_equal(assume_decide(assume, networks, &assumption), -ENOSPC);
	assert_int_equal(assumption.count, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nothing_seen),
		CASE(test_lan),
		CASE(test_lan_with_unique_local_addresses),
		CASE(test_unique_local_only),
		CASE(test_lan_with_public_ipv6),
		CASE(test_flood_of_a_public_server),
		CASE(test_scan_of_a_public_network),
		CASE(test_public_client),
		CASE(test_both_families_public),
		CASE(test_a_single_conversation),
		CASE(test_loopback),
		CASE(test_ties),
		CASE(test_placeless_addresses_say_nothing),
		CASE(test_more_pairs_than_are_kept),
		CASE(test_full_networks),
	};

	return cmocka_run_group_tests_name("assume", tests, NULL, NULL);
}
