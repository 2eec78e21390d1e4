/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/census_test.c - who has to do with whom, and under which name. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/census.h"
#include "conf/conf.h"
#include "conf/networks.h"

static struct conf conf;
static struct networks *networks;
static struct census *census;

static struct addr addr_of(const char *text, unsigned offset)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	addr.byte[14] = (uint8_t)(addr.byte[14] + (offset >> 8));
	addr.byte[15] = (uint8_t)(addr.byte[15] + offset);
	return addr;
}

static struct app_event event_of(enum app_event_type type, struct addr from, struct addr to)
{
	static int64_t now_ns = 1700000000 * NS_PER_S;

	now_ns += NS_PER_MS;
	return (struct app_event){ .type = type,
		.time_ns = now_ns,
		.key = { .addr = { from, to }, .port = { 40000, 443 }, .proto = IPPROTO_TCP } };
}

static void connect_to(struct addr from, struct addr to)
{
	struct app_event event = event_of(APP_CONNECT, from, to);

	census_see(census, &event);
}

static void look_up(struct addr from, const char *name, struct addr answer)
{
	struct app_event event = event_of(APP_DNS, from, addr_of("10.0.0.53", 0));

	event.dns.name = (struct app_text){ name, (uint32_t)strlen(name) };
	event.dns.listed = 1;
	event.dns.answers[0] = (struct app_dns_answer){ .type = 1, .addr = answer };
	census_see(census, &event);
}

static void say(struct addr from, struct addr to, const char *name)
{
	struct app_event event = event_of(APP_TLS, from, to);

	event.tls.sni = (struct app_text){ name, (uint32_t)strlen(name) };
	census_see(census, &event);
}

static int begin(void **state)
{
	(void)state;
	conf_default(&conf);
	return networks_open(&conf, NULL, &networks) < 0 ||
	       census_open(&conf, networks, 1, &census) < 0;
}

static int finish(void **state)
{
	(void)state;
	census_close(census);
	networks_close(networks);
	return 0;
}

static void counts(void **state)
{
	struct addr web = addr_of("198.51.100.1", 0), rare = addr_of("198.51.100.2", 0);

	(void)state;
	assert_int_equal(census_inside_hosts(census), 0);
	assert_int_equal(census_contacts(census, &web), 0);
	for (unsigned i = 0; i < 20; i++)
		for (unsigned again = 0; again < 3; again++)
			connect_to(addr_of("10.0.1.0", i), web);
	connect_to(addr_of("10.0.1.0", 3), rare);
	assert_int_equal(census_inside_hosts(census), 20);
	assert_in_range(census_contacts(census, &web), 19, 20);
	assert_int_equal(census_contacts(census, &rare), 1);
	assert_true(census_prevalence(census, &web) > 0.9);
	assert_true(census_prevalence(census, &rare) < 0.06);
}

static void few_hosts_say_nothing(void **state)
{
	struct addr web = addr_of("198.51.100.1", 0);

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		connect_to(addr_of("10.0.1.0", i), web);
	assert_true(census_prevalence(census, &web) <= 0);
}

/* 60,000 hosts are told from 6,000 and from 600. */
static void large_lans(void **state)
{
	static const unsigned counts[] = { 100, 600, 6000, 60000 };

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		struct addr to = addr_of("198.51.100.1", k);
		unsigned seen;

		for (unsigned i = 0; i < counts[k]; i++)
			connect_to(addr_of("10.1.0.0", i), to);
		seen = census_contacts(census, &to);
		assert_in_range(seen, counts[k] * 6 / 10, counts[k] * 15 / 10);
	}
}

static void names(void **state)
{
	struct addr one = addr_of("198.51.100.1", 0), two = addr_of("198.51.100.2", 0);
	struct addr host = addr_of("10.0.1.1", 0), other = addr_of("10.0.1.2", 0);

	(void)state;
	assert_string_equal(census_name(census, &one), "");
	look_up(host, "www.example.com", one);
	look_up(other, "WWW.Example.com.", two);
	assert_string_equal(census_name(census, &one), "www.example.com");
	assert_string_equal(census_name(census, &two), "www.example.com");
	assert_true(census_is_looked_up(census, &one));
	connect_to(host, one);
	connect_to(other, two);
	assert_int_equal(census_contacts(census, &one), 2); /* by the name they share */
	assert_int_equal(census_name_contacts(census, "www.example.com"), 2);
	assert_int_equal(census_name_contacts(census, "example.com"), 2);
	assert_int_equal(census_name_contacts(census, "example.org"), 0);
}

/* What a client claims does not make its server popular. */
static void claims(void **state)
{
	struct addr popular = addr_of("198.51.100.1", 0), bad = addr_of("203.0.113.1", 0);

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		look_up(addr_of("10.0.1.0", i), "www.example.com", popular);
		connect_to(addr_of("10.0.1.0", i), popular);
	}
	connect_to(addr_of("10.0.1.0", 1), bad);
	say(addr_of("10.0.1.0", 1), bad, "www.example.com");
	assert_string_equal(census_name(census, &bad), "www.example.com");
	assert_false(census_is_looked_up(census, &bad));
	assert_int_equal(census_contacts(census, &bad), 1);
}

/* Who scans us, or asks our name server under many addresses, changes nothing of what is usual. */
static void strangers_do_not_count(void **state)
{
	struct addr stranger = addr_of("203.0.113.1", 0);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		connect_to(stranger, addr_of("10.0.1.0", i));
		look_up(addr_of("198.18.0.0", i), "www.example.com", addr_of("198.51.100.1", 0));
	}
	assert_int_equal(census_inside_hosts(census), 20);
	assert_int_equal(census_contacts(census, &stranger), 0);
	assert_int_equal(census_name_contacts(census, "www.example.com"), 0);
	connect_to(addr_of("10.0.1.0", 3), stranger);
	assert_int_equal(census_contacts(census, &stranger), 1);
}

static void odd_names(void **state)
{
	struct addr to = addr_of("198.51.100.1", 0), from = addr_of("10.0.1.1", 0);
	char longest[400];

	(void)state;
	say(from, to, "198.51.100.1");
	say(from, to, "a b");
	say(from, to, "\xff\x01");
	say(from, to, "...");
	assert_string_equal(census_name(census, &to), "");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	say(from, to, longest);
	assert_string_equal(census_name(census, &to), "");
	memcpy(longest + 380, ".example.com", 13);
	say(from, to, longest);
	assert_string_equal(census_name(census, &to), "example.com");
	say(from, to, "host.example.org:8443");
	assert_string_equal(census_name(census, &to), "host.example.org");
}

static void many_names(void **state)
{
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "n%u.example%u.com", i, i);
		look_up(addr_of("10.0.0.0", i % 60000), name, addr_of("198.18.0.0", i % 65000));
		connect_to(addr_of("10.0.0.0", i % 60000), addr_of("198.18.0.0", i % 65000));
	}
	assert_true(census_forgotten(census) > 0);
}

static void parties(void **state)
{
	struct flow_key key = { .addr = { addr_of("198.51.100.1", 0), addr_of("10.0.0.1", 0) } };
	struct parties who = parties_of(networks, &key);

	(void)state;
	assert_int_equal(who.inside_side, 1);
	assert_true(addr_equal(&who.inside, &key.addr[1]));
	assert_false(who.is_local || who.is_foreign);
	key.addr[0] = addr_of("10.0.0.2", 0);
	who = parties_of(networks, &key);
	assert_true(who.is_local && addr_equal(&who.inside, &key.addr[0]));
	key.addr[0] = key.addr[1] = addr_of("198.51.100.1", 0);
	assert_true(parties_of(networks, &key).is_foreign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts, begin, finish),
		cmocka_unit_test_setup_teardown(few_hosts_say_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(large_lans, begin, finish),
		cmocka_unit_test_setup_teardown(names, begin, finish),
		cmocka_unit_test_setup_teardown(claims, begin, finish),
		cmocka_unit_test_setup_teardown(strangers_do_not_count, begin, finish),
		cmocka_unit_test_setup_teardown(odd_names, begin, finish),
		cmocka_unit_test_setup_teardown(many_names, begin, finish),
		cmocka_unit_test_setup_teardown(parties, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
