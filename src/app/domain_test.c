/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of app/domain.c: registered parts, the model's verdict, technical names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/domain.h"

static void test_registered(void **state)
{
	static const struct {
		const char *name, *registered;
	} cases[] = {
		{ "example.com", "example.com" },
		{ "a.b.example.co.uk", "example.co.uk" },
		{ "co.uk", "co.uk" },
		{ "com", "com" },
		{ "www.someone.github.io", "someone.github.io" },
		{ "github.io", "github.io" },
		{ "d1.cloudfront.net", "d1.cloudfront.net" },
		{ "a.b.ck", "a.b.ck" },		       /* *.ck */
		{ "x.www.ck", "www.ck" },	       /* !www.ck */
		{ "host.office.corp", "office.corp" }, /* unknown suffix: one label */
		{ "printer", "printer" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "", "" },
		{ ".", "." },
		{ "..", ".." },
		{ "example.com.", "example.com." },
		{ ".example.com", ".example.com" },
		{ "a..example.com", "a..example.com" },
		{ "a.xn--p1ai", "a.xn--p1ai" },
		{ "b.a.xn--p1ai", "a.xn--p1ai" },
		{ "\\000\xff.\xfe\x80.com", "\xfe\x80.com" },
		{ "a.example.com \x01", "example.com \x01" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *registered = domain_registered(cases[i].name);

		assert_string_equal(registered, cases[i].registered);
		/* A part of the name, not a copy. */
		assert_true(registered >= cases[i].name &&
			    registered <= cases[i].name + strlen(cases[i].name));
	}
}

static void test_long_names(void **state)
{
	char name[1200];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (unsigned i = 1; i < 240; i += 2)
		name[i] = '.';
	snprintf(name + 240, sizeof(name) - 240, "example.co.uk");
	assert_string_equal(domain_registered(name), "example.co.uk");
	memset(name, 'x', sizeof(name));
	snprintf(name + 1100, sizeof(name) - 1100, ".co.uk");
	assert_ptr_equal(domain_registered(name), name);
}

static void test_label(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(domain_label("www.example.co.uk", out, sizeof(out)), "example");
	assert_string_equal(domain_label("www.verylonglabel.com", out, sizeof(out)), "verylon");
	assert_string_equal(domain_label("", out, sizeof(out)), "");
}

static void test_suffix(void **state)
{
	(void)state;
	assert_true(domain_has_known_suffix("example.com"));
	assert_true(domain_has_known_suffix("example.bit"));
	assert_false(domain_has_known_suffix("a.corp"));
	assert_false(domain_has_known_suffix("printer.lan"));
	assert_false(domain_has_known_suffix("example"));
	assert_false(domain_has_known_suffix("example."));
	assert_false(domain_has_known_suffix("192.0.2.7"));
}

static void test_likelihood(void **state)
{
	static const char *const chosen[] = { "example", "wikipedia", "facebook", "weather",
		"netflix", "stackoverflow", "microsoft", "amazonaws", "bestbuy", "homedepot" };
	static const char *const made[] = { "xkqzjvwo", "qhwvbzxk", "fpzrqwgtx", "vjdkgwqx",
		"wqjxhzpb", "zqxkvgfjw", "bvnqzkdxr", "gtqjpxvhm" };

	(void)state;
	for (unsigned i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
		assert_true(domain_likelihood(chosen[i]) > -5);
	for (unsigned i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		assert_true(domain_likelihood(made[i]) < -6);
	assert_true(domain_likelihood("") == 0);
	assert_true(domain_likelihood("--.\xff") == 0);
	assert_true(domain_likelihood("EXAMPLE") == domain_likelihood("example"));
}

static void test_technical(void **state)
{
	static const char *const technical[] = { "7.2.0.192.in-addr.arpa", "printer.local",
		"_ipp._tcp.local", "2.0.0.127.zen.spamhaus.org", "abcd.avts.mcafee.com",
		"a.b.sophosxl.net", "2.0.0.127.dnsbl.example", "key1._domainkey.example.com",
		"e1.dscb.akamaiedge.net", "192.0.2.7", "_dmarc.example.com" };
	static const char *const ordinary[] = { "example.com", "notspamhaus.org", "mylocal",
		"dnsblogs.example.com", "arpa.example.com" };

	(void)state;
	for (unsigned i = 0; i < sizeof(technical) / sizeof(technical[0]); i++)
		assert_true(domain_is_technical(technical[i]));
	for (unsigned i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		assert_false(domain_is_technical(ordinary[i]));
}

/* What stands behind the first dot is remembered: that must change nothing, in any order. */
static void test_names_of_one_domain(void **state)
{
	static const struct {
		const char *name, *registered;
		bool is_sold, is_technical;
	} cases[] = {
		{ "a.example.com", "example.com", true, false },
		{ "b.example.com", "example.com", true, false },
		{ "x.github.io", "x.github.io", true, false },
		{ "y.x.github.io", "x.github.io", true, false },
		{ "z.x.github.io", "x.github.io", true, false },
		{ "a.amazonaws.com", "amazonaws.com", true, false },
		{ "s3.amazonaws.com", "s3.amazonaws.com", true, false }, /* a suffix below it */
		{ "b.s3.amazonaws.com", "b.s3.amazonaws.com", true, false },
		{ "x.a.ck", "x.a.ck", true, false },
		{ "x.www.ck", "www.ck", true, false },
		{ "y.www.ck", "www.ck", true, false },
		{ "a.1.2", "1.2", false, false },
		{ "rbl.example.com", "example.com", true, true },
		{ "a.rbl.example.com", "example.com", true, true },
		{ "a.e1.akamaiedge.net", "e1.akamaiedge.net", true, true },
		{ "avqs.mcafee.com", "mcafee.com", true, true },
		{ "a.b.c.d.e.f.g.h.example.com", "example.com", true, false },
	};
	const unsigned count = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (unsigned i = 0; i < 2 * count; i++) {
		unsigned at = i < count ? i : 2 * count - 1 - i;

		assert_string_equal(domain_registered(cases[at].name), cases[at].registered);
		assert_int_equal(domain_has_known_suffix(cases[at].name), cases[at].is_sold);
		assert_int_equal(domain_is_technical(cases[at].name), cases[at].is_technical);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_suffix),
		cmocka_unit_test(test_likelihood),
		cmocka_unit_test(test_technical),
		cmocka_unit_test(test_names_of_one_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
