/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/smb_test.c - SMB is known, and both sides by the names they give.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "app/app_fixture.h"
#include "app/parser.h"

#define NEGOTIATE "\0\0\0\x10\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0"
/* Message, signature, type 2, target (none), flags, challenge, reserved, info at 56, version 10.0
 * build 19041, then the names: NetBIOS "PC", DNS domain "LAN". */
#define PAIRS "\1\0\4\0P\0C\0\4\0\6\0L\0A\0N\0\0\0\0\0"
#define CHALLENGE                                                                                  \
	"\0\0\0\x56\xfeSMB\0\0\0\0NTLMSSP\0\2\0\0\0\0\0\0\0\0\0\0\0\1\0\0\2"                       \
	"challeng\0\0\0\0\0\0\0\0\x16\0\x16\0\x38\0\0\0\x0a\0\x61\x4a\0\0\0\x0f" PAIRS
#define NONE "\0\0\0\0\0\0\0\0"
#define LOGIN                                                                                      \
	"\0\0\0\x50\xfeSMB\0\0\0\0NTLMSSP\0\3\0\0\0" NONE NONE NONE NONE                           \
	"\x08\0\x08\0\x40\0\0\0" NONE "\1\0\0\2"                                                   \
	"B\0O\0X\0.\0"

static void test_names(void **state)
{
	static const struct say says[] = { SAY(0, NEGOTIATE), SAY(1, NEGOTIATE), SAY(0, NEGOTIATE),
		SAY(1, CHALLENGE), SAY(0, LOGIN) };
	struct fixture f;
	const struct app_event *server, *client;

	(void)state;
	fixture_open(&f, &parser_smb, 445);
	fixture_play(&f, says, 5, 0);
	fixture_end(&f);
	server = fixture_event(&f, APP_HOST, 0);
	client = fixture_event(&f, APP_HOST, 1);
	assert_non_null(server);
	assert_non_null(client);
	assert_true(fixture_is(server->host.name, "PC"));
	assert_true(fixture_is(server->host.model, "LAN"));
	assert_true(fixture_is(server->host.system, "Windows 10.0 build 19041"));
	assert_true(addr_equal(&server->host.addr, &f.parse.key.addr[1]));
	assert_true(fixture_is(client->host.name, "BOX."));
	assert_true(addr_equal(&client->host.addr, &f.parse.key.addr[0]));
	assert_int_equal(client->host.proto, PROTO_SMB);
	fixture_close(&f);
	fixture_same_however_cut(&parser_smb, 445, says, 5);
}

static void test_recognised(void **state)
{
	(void)state;
	assert_int_equal(fixture_recognise(&parser_smb, NEGOTIATE, 20, "", 0, 1445), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(&parser_smb, "\0\0\0\x20\xffSMBr", 9, "", 0, 139), VERDICT_YES);
	assert_int_equal(fixture_recognise(&parser_smb, "\0\0\0\1", 4, "", 0, 445), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(&parser_smb, "\0\0\0\1\0", 5, "", 0, 445), VERDICT_NO);
	assert_int_equal(fixture_recognise(&parser_smb, "GET / HTTP", 10, "", 0, 445), VERDICT_NO);
	assert_int_equal(
		fixture_recognise(&parser_smb, "\x81\0\0\x44 CK", 7, "", 0, 139), VERDICT_YES);
	assert_int_equal(
		fixture_recognise(&parser_smb, "\x81\0\0\x44 CK", 7, "", 0, 80), VERDICT_NO);
}

/* Lengths and places that lie. */
static void test_hostile(void **state)
{
	uint8_t bytes[sizeof(CHALLENGE) - 1];

	(void)state;
	for (size_t i = 4; i < sizeof(bytes); i++) {
		struct fixture f;

		memcpy(bytes, CHALLENGE, sizeof(bytes));
		bytes[i] = 0xff;
		fixture_open(&f, &parser_smb, 445);
		fixture_feed(&f, 1, bytes, sizeof(bytes), 0);
		fixture_feed(&f, 1, "\0\xff\xff\xff", 4, 0);
		for (unsigned j = 0; j < 64; j++)
			fixture_feed(&f, 1, bytes, sizeof(bytes), 7);
		fixture_end(&f);
		assert_true(fixture_count(&f, APP_HOST) <= 1);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_recognised),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
