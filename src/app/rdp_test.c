/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of app/rdp.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/app_fixture.h"

#define REQUEST                                                                                    \
	"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00"                                             \
	"Cookie: mstshash=admin\r\n"                                                               \
	"\x01\x00\x08\x00\x03\x00\x00\x00"
#define CONFIRM_TLS "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00"
#define CONFIRM_PLAIN "\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"

static void tls_follows(void **state)
{
	struct fixture f;
	const struct app_rdp *rdp;

	(void)state;
	fixture_open(&f, &parser_rdp, 3390);
	fixture_feed(&f, 0, REQUEST, sizeof(REQUEST) - 1, 0);
	fixture_feed(&f, 1, CONFIRM_TLS, sizeof(CONFIRM_TLS) - 1, 0);
	assert_int_equal(fixture_count(&f, APP_RDP), 1);
	rdp = &fixture_event(&f, APP_RDP, 0)->rdp;
	assert_true(fixture_is(rdp->cookie, "admin"));
	assert_int_equal(rdp->protocols, 3);
	assert_true(rdp->is_tls);
	assert_true(f.is_restarted);
	assert_int_equal(f.rest_len[1], 0);
	fixture_close(&f);
}

static void without_tls(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &parser_rdp, 3389);
	fixture_feed(&f, 0, REQUEST, sizeof(REQUEST) - 1, 1);
	fixture_feed(&f, 1, CONFIRM_PLAIN, sizeof(CONFIRM_PLAIN) - 1, 1);
	assert_int_equal(fixture_count(&f, APP_RDP), 1);
	assert_false(fixture_event(&f, APP_RDP, 0)->rdp.is_tls);
	assert_true(f.parse.is_done);
	assert_false(f.is_restarted);
	fixture_close(&f);
}

static void however_cut(void **state)
{
	(void)state;
	fixture_same_however_cut(&parser_rdp, 3389,
		(struct say[]){ SAY(0, REQUEST), SAY(1, CONFIRM_TLS), SAY(0, "\x16\x03\x01") }, 3);
	fixture_same_however_cut(
		&parser_rdp, 3389, (struct say[]){ SAY(0, REQUEST), SAY(1, CONFIRM_PLAIN) }, 2);
	fixture_same_however_cut(&parser_rdp, 3389, (struct say[]){ SAY(0, REQUEST) }, 1);
}

static void recognised_by_content(void **state)
{
	(void)state;
	assert_int_equal(fixture_recognise(&parser_rdp, REQUEST, sizeof(REQUEST) - 1, "", 0, 1),
		VERDICT_YES);
	assert_int_equal(fixture_recognise(&parser_rdp, REQUEST, 9, "", 0, 1), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(&parser_rdp, "\x03", 1, "", 0, 3389), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(&parser_rdp, "\x16\x03", 2, "", 0, 3389), VERDICT_NO);
	/* S7comm: the same transport with parameters */
	assert_int_equal(
		fixture_recognise(&parser_rdp,
			"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01"
			"\x00\xc2\x02\x01\x02",
			22, "", 0, 102),
		VERDICT_NO);
}

static void hostile(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &parser_rdp, 3389);
	fixture_feed(&f, 0, "\x03\x00\x00\x01\xff\xe0", 6, 0);
	assert_true(f.parse.is_done);
	fixture_end(&f);
	assert_int_equal(f.count, 0);
	fixture_close(&f);
	fixture_open(&f, &parser_rdp, 3389);
	fixture_feed(&f, 1, CONFIRM_TLS, sizeof(CONFIRM_TLS) - 1, 0); /* unasked */
	fixture_end(&f);
	assert_int_equal(f.count, 0);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_follows),
		cmocka_unit_test(without_tls),
		cmocka_unit_test(however_cut),
		cmocka_unit_test(recognised_by_content),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
