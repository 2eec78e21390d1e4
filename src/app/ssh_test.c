/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of app/ssh.c and ssh_login.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/app_fixture.h"
#include "app/tls_test_bytes.h"

#define MS NS_PER_MS
#define ACCEPT 52 /* of AES-GCM: 4, 32 and a tag of 16 bytes */
#define SUCCESS 36
#define FAILURE 68

static void put32(struct bytes *b, size_t value)
{
	put16(b, (unsigned)(value >> 16));
	put16(b, (unsigned)value);
}

static void put_packet(struct bytes *b, const struct bytes *payload)
{
	put32(b, payload->len + 5);
	put8(b, 4);
	put_bytes(b, payload->at, payload->len);
	put_fill(b, 0, 4);
}

/* KEXINIT and NEWKEYS, after a banner. */
static void put_opening(struct bytes *b, const char *banner, const char *const lists[10])
{
	struct bytes kex = { 0 }, reply = { 0 }, new_keys = { 0 };

	put_bytes(b, banner, strlen(banner));
	put8(&kex, 20);
	put_fill(&kex, 7, 16);
	for (unsigned i = 0; i < 10; i++) {
		put32(&kex, strlen(lists[i]));
		put_bytes(&kex, lists[i], strlen(lists[i]));
	}
	put_fill(&kex, 0, 5);
	put_packet(b, &kex);
	put8(&reply, 31);
	put_fill(&reply, 1, 40);
	put_packet(b, &reply);
	put8(&new_keys, 21);
	put_packet(b, &new_keys);
}

static const char *const lists[10] = { "curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519",
	"aes128-ctr,aes256-ctr", "aes256-gcm@openssh.com", "hmac-sha2-256", "hmac-sha2-512", "none",
	"none,zlib", "", "" };

static void open_ssh(struct fixture *f, struct bytes *client, struct bytes *server)
{
	client->len = server->len = 0;
	put_opening(client, "SSH-2.0-libssh2_1.11.0\r\n", lists);
	put_opening(server, "Authorized use only\r\nSSH-2.0-OpenSSH_9.6p1 Debian-1\r\n", lists);
	put_fill(server, 0xee, 100); /* EXT_INFO */
	fixture_open(f, &parser_ssh, 902);
	fixture_feed(f, 1, server->at, server->len, 0);
	fixture_feed(f, 0, client->at, client->len, 0);
}

/* The client asks, and is answered after that long. */
static void ask(struct fixture *f, size_t asked, size_t answered, int64_t delay_ns)
{
	struct bytes b = { 0 };

	put_fill(&b, 0x55, BYTES_MAX);
	fixture_wait(f, 5 * MS);
	fixture_feed(f, 0, b.at, asked, 0);
	fixture_wait(f, delay_ns);
	fixture_feed(f, 1, b.at, answered, 0);
}

static unsigned logins(struct fixture *f, enum login_result result)
{
	unsigned count = 0;
	const struct app_event *event;

	for (unsigned i = 0; (event = fixture_event(f, APP_LOGIN, i)); i++) {
		assert_int_equal(event->login.proto, PROTO_SSH);
		assert_true(event->login.is_guessed);
		count += event->login.result == result;
	}
	return count;
}

static void banners_and_fingerprints(void **state)
{
	struct bytes client, server;
	const struct app_ssh *ssh;
	struct fixture f;

	(void)state;
	open_ssh(&f, &client, &server);
	assert_int_equal(fixture_count(&f, APP_SSH), 1);
	ssh = &fixture_event(&f, APP_SSH, 0)->ssh;
	assert_true(fixture_is(ssh->client, "libssh2_1.11.0"));
	assert_string_equal(ssh->version[0], "2.0");
	assert_true(fixture_is(ssh->server, "OpenSSH_9.6p1 Debian-1"));
	/* MD5 of "curve25519-sha256,ecdh-sha2-nistp256;aes128-ctr,aes256-ctr;hmac-sha2-256;none" */
	assert_string_equal(ssh->hassh, "a7798297f5f9542056a6ca5d50554df7");
	/* and of "…;aes256-gcm@openssh.com;hmac-sha2-512;none,zlib" */
	assert_string_equal(ssh->hassh_server, "eb3d8edecce1c7f282b26ae0754d1b49");
	fixture_end(&f);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 0);
	fixture_close(&f);
}

static void three_wrong_passwords(void **state)
{
	struct bytes client, server;
	struct fixture f;

	(void)state;
	open_ssh(&f, &client, &server);
	ask(&f, 48, ACCEPT, MS);
	ask(&f, 68, FAILURE, MS); /* "none" */
	assert_int_equal(fixture_count(&f, APP_LOGIN), 0);
	for (unsigned i = 0; i < 3; i++)
		ask(&f, 148, FAILURE, 2000 * MS);
	assert_int_equal(logins(&f, LOGIN_FAILED), 2);
	fixture_end(&f); /* the last answer */
	assert_int_equal(logins(&f, LOGIN_FAILED), 3);
	assert_int_equal(fixture_event(&f, APP_LOGIN, 2)->login.tries, 3);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 3);
	fixture_close(&f);
}

/* Tools that never ask for "none": the first answer came late, so a password was wrong. */
static void one_wrong_password_without_none(void **state)
{
	struct bytes client, server;
	struct fixture f;

	(void)state;
	open_ssh(&f, &client, &server);
	ask(&f, 48, ACCEPT, MS);
	ask(&f, 84, ACCEPT, 3400 * MS);
	fixture_end(&f);
	assert_int_equal(logins(&f, LOGIN_FAILED), 1);
	fixture_close(&f);
}

/* The client's NEWKEYS asks for nothing: what the server says between it and the first question
 * (a long EXT_INFO, RFC 8308 2.4) is no answer. */
static void what_comes_before_the_question_is_no_answer(void **state)
{
	struct bytes client = { 0 }, server = { 0 };
	struct fixture f;

	(void)state;
	put_opening(&client, "SSH-2.0-libssh2_1.11.0\r\n", lists);
	put_opening(&server, "SSH-2.0-OpenSSH_9.6p1 Debian-1\r\n", lists);
	fixture_open(&f, &parser_ssh, 22);
	fixture_feed(&f, 1, server.at, server.len, 0);
	fixture_feed(&f, 0, client.at, client.len, 0);
	server.len = 0;
	put_fill(&server, 0xee, 400);
	fixture_feed(&f, 1, server.at, server.len, 0);
	ask(&f, 48, ACCEPT, MS);
	ask(&f, 84, FAILURE, 3400 * MS);
	fixture_end(&f);
	assert_int_equal(logins(&f, LOGIN_FAILED), 1);
	fixture_close(&f);
}

static void only_asked(void **state)
{
	struct bytes client, server;
	struct fixture f;

	(void)state;
	open_ssh(&f, &client, &server);
	ask(&f, 48, ACCEPT, MS);
	ask(&f, 68, FAILURE, MS);
	fixture_end(&f);
	assert_int_equal(logins(&f, LOGIN_UNKNOWN), 1);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 1);
	fixture_close(&f);
}

/* A key that would do (a long answer), then the signature, then success; host keys follow. */
static void success_by_a_key(void **state)
{
	struct bytes client, server, b = { 0 };
	struct fixture f;

	(void)state;
	open_ssh(&f, &client, &server);
	ask(&f, 48, ACCEPT, MS);
	ask(&f, 68, FAILURE, MS);
	ask(&f, 500, 350, MS);
	ask(&f, 800, SUCCESS, 10 * MS);
	put_fill(&b, 1, 600);
	fixture_wait(&f, 3 * MS);
	fixture_feed(&f, 1, b.at, b.len, 0);
	ask(&f, 100, 100, MS);
	assert_int_equal(logins(&f, LOGIN_SUCCEEDED), 1);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 1);
	assert_true(f.parse.is_done);
	fixture_close(&f);
}

/* Sizes nobody knows, but it goes on and on: that is a session. */
static void a_long_session(void **state)
{
	struct bytes client, server;
	struct fixture f;

	(void)state;
	open_ssh(&f, &client, &server);
	ask(&f, 48, ACCEPT, MS);
	for (unsigned i = 0; i < 40; i++)
		ask(&f, 100, 200 + i, MS);
	assert_int_equal(logins(&f, LOGIN_SUCCEEDED), 1);
	assert_int_equal(fixture_count(&f, APP_LOGIN), 1);
	fixture_close(&f);
}

static void however_cut(void **state)
{
	static const uint8_t fill[200];
	struct bytes client = { 0 }, server = { 0 };

	(void)state;
	put_opening(&client, "SSH-2.0-libssh2_1.11.0\r\n", lists);
	put_opening(&server, "Hello\r\nSSH-2.0-OpenSSH_9.6p1\r\n", lists);
	fixture_same_however_cut(&parser_ssh, 22,
		(struct say[]){ { 1, server.at, server.len }, { 0, client.at, client.len },
			{ 0, fill, 48 }, { 1, fill, ACCEPT }, { 0, fill, 68 }, { 1, fill, FAILURE },
			{ 0, fill, 148 }, { 1, fill, FAILURE }, { 0, fill, 148 },
			{ 1, fill, SUCCESS }, { 0, fill, 100 } },
		11);
}

/* However the banner is cut, packets begin behind the end of its line. */
static void a_banner_longer_than_a_line(void **state)
{
	struct bytes client = { 0 }, server = { 0 };
	char banner[400];
	struct say says[2];

	(void)state;
	memset(banner, 'x', sizeof(banner));
	memcpy(banner, "SSH-2.0-", 8);
	banner[sizeof(banner) - 2] = '\n';
	banner[sizeof(banner) - 1] = '\0';
	put_opening(&client, banner, lists);
	put_opening(&server, "SSH-2.0-OpenSSH_9.6p1 Debian-1\r\n", lists);
	says[0] = (struct say){ 0, client.at, client.len };
	says[1] = (struct say){ 1, server.at, server.len };
	fixture_same_however_cut(&parser_ssh, 22, says, 2);
}

static void hostile(void **state)
{
	struct bytes b = { 0 };
	struct fixture f;

	(void)state;
	fixture_open(&f, &parser_ssh, 22);
	fixture_say(&f, 0, "SSH-2.0-x\r\n");
	fixture_feed(&f, 0, "\xff\xff\xff\xff\x04\x14", 6, 1);
	assert_true(f.parse.is_done);
	fixture_close(&f);

	fixture_open(&f, &parser_ssh, 22); /* lines without end, before no banner */
	put_fill(&b, 'a', 4000);
	for (unsigned i = 0; i < 50; i++)
		fixture_feed(&f, 1, b.at, b.len, 0);
	for (unsigned i = 0; i < 100; i++)
		fixture_say(&f, 1, "again\r\n");
	assert_true(f.parse.is_done);
	assert_int_equal(f.count, 0);
	fixture_close(&f);

	fixture_open(&f, &parser_ssh, 22); /* lists that are longer than their packet */
	fixture_say(&f, 0, "SSH-2.0-\r\n");
	b.len = 0;
	put32(&b, 100);
	put16(&b, 0x0414);
	put_fill(&b, 0xff, 98);
	fixture_feed(&f, 0, b.at, b.len, 0);
	fixture_end(&f);
	assert_int_equal(f.count, 0);
	fixture_close(&f);

	fixture_open(&f, &parser_ssh, 22); /* SSH 1 */
	fixture_say(&f, 1, "SSH-1.5-old\n");
	fixture_say(&f, 0, "SSH-1.5-older\n");
	assert_int_equal(fixture_count(&f, APP_SSH), 1);
	assert_true(f.parse.is_done);
	fixture_close(&f);
}

static void recognised_by_content(void **state)
{
	(void)state;
	assert_int_equal(fixture_recognise(&parser_ssh, "", 0, "SSH-2.0", 7, 902), VERDICT_YES);
	assert_int_equal(fixture_recognise(&parser_ssh, "SS", 2, "", 0, 22), VERDICT_MAYBE);
	assert_int_equal(fixture_recognise(&parser_ssh, "SSH-9.9", 7, "", 0, 22), VERDICT_NO);
	assert_int_equal(fixture_recognise(&parser_ssh, "GET /", 5, "", 0, 22), VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners_and_fingerprints),
		cmocka_unit_test(three_wrong_passwords),
		cmocka_unit_test(one_wrong_password_without_none),
		cmocka_unit_test(what_comes_before_the_question_is_no_answer),
		cmocka_unit_test(only_asked),
		cmocka_unit_test(success_by_a_key),
		cmocka_unit_test(a_long_session),
		cmocka_unit_test(however_cut),
		cmocka_unit_test(a_banner_longer_than_a_line),
		cmocka_unit_test(hostile),
		cmocka_unit_test(recognised_by_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
