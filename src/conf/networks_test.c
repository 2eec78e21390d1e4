/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf/networks_test.c - inside, outside and groups, as configured and by default. */
#include "conf/networks.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

static struct networks *open_text(const char *text)
{
	struct err err = { "" };
	struct conf *conf = NULL;
	struct networks *networks = NULL;

	if (conf_load_bytes(text, strlen(text), "test", &err, &conf) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(networks_open(conf, &err, &networks), 0);
	conf_close(conf); /* names and prefixes are copied */
	return networks;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &prefix.addr, &bits), 0);
	prefix.bits = (uint8_t)bits;
	return prefix;
}

static bool is_inside(const struct networks *networks, const char *text)
{
	struct prefix prefix = prefix_of(text);

	return networks_is_inside(networks, &prefix.addr);
}

static const char *group_of(const struct networks *networks, const char *text)
{
	struct prefix prefix = prefix_of(text);
	uint32_t group = networks_group_of(networks, &prefix.addr);
	const char *name = networks_group_name(networks, group);

	return name ? name : "none";
}

static void test_default(void **state)
{
	static const char *const inside[] = { "10.0.0.0", "10.255.255.255", "172.16.0.0",
		"172.31.255.255", "192.168.0.0", "192.168.255.255", "169.254.0.0",
		"169.254.255.255", "fc00::", "fdff:ffff::", "fe80::", "febf:ffff::1" };
	static const char *const outside[] = { "9.255.255.255", "11.0.0.0", "172.15.255.255",
		"172.32.0.0", "192.167.255.255", "192.169.0.0", "169.253.255.255", "169.255.0.0",
		"0.0.0.0", "255.255.255.255", "::", "fbff:ffff::", "fe00::", "fec0::", "ff02::1" };
	struct networks *networks = open_text("");

	(void)state;
	for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		assert_true(is_inside(networks, inside[i]));
	for (unsigned i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		assert_false(is_inside(networks, outside[i]));
	assert_int_equal(networks_group_count(networks), 0);
	assert_string_equal(group_of(networks, "10.0.0.1"), "none");
	networks_close(networks);
}

static void test_configured(void **state)
{
	struct networks *networks =
		open_text("networks: [198.51.100.0/24, 198.51.100.128/25, \"2001:db8::/32\"]\n"
			  "groups:\n"
			  "- {name: web, networks: [198.51.100.0/24, 203.0.113.0/28]}\n"
			  "- {name: mail, networks: [198.51.100.25, \"2001:db8:25::/48\"]}\n");

	(void)state;
	assert_true(is_inside(networks, "198.51.100.200"));
	assert_true(is_inside(networks, "2001:db8:1::1"));
	assert_true(is_inside(networks, "203.0.113.15"));
	assert_false(is_inside(networks, "203.0.113.16"));
	assert_false(is_inside(networks, "10.0.0.1"));
	assert_string_equal(group_of(networks, "198.51.100.200"), "web");
	assert_string_equal(group_of(networks, "198.51.100.25"), "mail");
	assert_string_equal(group_of(networks, "198.51.100.26"), "web");
	assert_string_equal(group_of(networks, "2001:db8:25::1"), "mail");
	assert_string_equal(group_of(networks, "2001:db8:26::1"), "none");
	assert_int_equal(networks_group_count(networks), 2);
	assert_null(networks_group_name(networks, 2));
	assert_null(networks_group_name(networks, NETWORKS_GROUP_NONE));
	networks_close(networks);
}

static void test_added(void **state)
{
	struct networks *networks = NULL;
	struct prefix prefix = prefix_of("192.0.2.0/24");

	(void)state;
	assert_int_equal(networks_open_empty(&networks), 0);
	assert_false(is_inside(networks, "192.0.2.1"));
	assert_int_equal(networks_add(networks, &prefix), 0);
	assert_false(is_inside(networks, "192.0.2.1"));
	assert_int_equal(networks_build(networks), 0);
	assert_true(is_inside(networks, "192.0.2.1"));
	assert_false(is_inside(networks, "10.0.0.1"));
	assert_int_equal(networks_add_default(networks), 0);
	assert_int_equal(networks_build(networks), 0);
	assert_true(is_inside(networks, "192.0.2.1"));
	assert_true(is_inside(networks, "10.0.0.1"));
	assert_string_equal(group_of(networks, "10.0.0.1"), "none");
	prefix.addr.byte[15] = 1;
	assert_int_equal(networks_add(networks, &prefix), -EINVAL);
	networks_close(networks);
	networks_close(NULL);
}

/* Refused at load already; networks_open() must hold by itself too. */
static void test_clash(void **state)
{
	struct prefix shared = prefix_of("192.0.2.0/24"), broken = shared;
	struct prefix other = prefix_of("198.51.100.0/24");
	struct conf_group groups[] = {
		{ "other", { &other, 1 } },
		{ "a", { &shared, 1 } },
		{ "b", { &shared, 1 } },
	};
	struct conf conf;
	struct err err = { "" };
	struct networks *networks = NULL;

	(void)state;
	conf_default(&conf);
	conf.groups = groups;
	conf.group_count = 3;
	assert_int_equal(networks_open(&conf, &err, &networks), -EINVAL);
	assert_string_equal(
		err.text, "192.0.2.0/24 is in two groups, a and b; a host has one group");
	broken.addr.byte[15] = 1;
	groups[2].networks.list = &broken;
	assert_int_equal(networks_open(&conf, &err, &networks), -EINVAL);
	assert_string_equal(err.text, "networks: Invalid argument");
	assert_null(networks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_clash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
