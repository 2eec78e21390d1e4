/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/lists_test.c - bot.list: formats, what may not be listed, matches, warnings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"
#include "detect/lists_internal.h"

#define DAY_S 86400

static const struct addr anybody;

static struct app_text text_of(const char *text)
{
	return (struct app_text){ text, (uint32_t)strlen(text) };
}

static void check_line(const char *text, enum list_entry_kind kind, const char *value,
	uint16_t port, const char *note)
{
	struct list_line line;
	unsigned bits;
	struct addr addr;

	if (!list_line_read(text_of(text), &line))
		fail_msg("refused: %s", text);
	assert_int_equal(line.kind, kind);
	assert_int_equal(line.port, port);
	if (kind == LIST_ADDRESS) {
		assert_int_equal(addr_prefix_parse(value, &addr, &bits), 0);
		assert_true(addr_equal(&addr, &line.addr));
		assert_int_equal(bits, line.bits);
	} else {
		assert_true(app_text_is(line.text, value));
	}
	assert_true(app_text_is(line.note, note));
}

#define SHA1 "0123456789abcdef0123456789abcdef01234567"
#define SHA256 SHA1 "89abcdef0123456789abcdef"
#define JA3 "b386946a5a44d1ddcc843bc75336dfce"
#define JA4 "t13d1516h2_8daaf6152771_e5627efa2ab1"

/* Rows as abuse.ch writes them, with values of our own. */
static void formats(void **state)
{
	(void)state;
	check_line("\"2024-01-17 07:30:05\",\"198.51.100.205\",\"443\",\"offline\",\"2024-02-01\","
		   "\"Dridex\"\r",
		LIST_ADDRESS, "198.51.100.205", 443, "Dridex");
	check_line("2024-01-17 07:30:05,198.51.100.205,447,online,2024-02-01,TrickBot",
		LIST_ADDRESS, "198.51.100.205", 447, "TrickBot");
	check_line("198.51.100.7", LIST_ADDRESS, "198.51.100.7", 0, "");
	check_line("198.51.100.0/24 ; SBL1", LIST_ADDRESS, "198.51.100.0/24", 0, "");
	check_line("2a00:db8::/32", LIST_ADDRESS, "2a00:db8::/32", 0, "");
	check_line("2024-01-01 10:00:00," SHA1 ",Vidar C&C", LIST_SHA1, SHA1, 0, "Vidar C&C");
	check_line(
		JA3 ",2017-07-14 18:08:15,2019-07-27 20:42:54,Dridex", LIST_JA3, JA3, 0, "Dridex");
	check_line("2024-01-01 10:00:00,198.51.100.9,4443", LIST_ADDRESS, "198.51.100.9", 4443, "");
	check_line(
		"\"3456\",\"2024-01-01 10:00:00\",\"http://198.51.100.8:40001/bin.sh\",\"online\","
		"\"2024-01-02\",\"malware_download\",\"elf,Mozi\",\"https://urlhaus.abuse.ch/url/1/"
		"\","
		"\"somebody\"",
		LIST_ADDRESS, "198.51.100.8", 40001, "elf,Mozi");
	check_line("\"3457\",\"2024-01-01 10:00:00\",\"https://code.example/a/b.exe\",\"online\"",
		LIST_URL, "code.example/a/b.exe", 0, "");
	check_line("127.0.0.1\tbad.example.org", LIST_NAME, "bad.example.org", 0, "");
	check_line("Bad.Example.org", LIST_NAME, "bad.example.org", 0, "");
	check_line(SHA256, LIST_SHA256, SHA256, 0, "");
	check_line(JA4, LIST_JA4, JA4, 0, "");
	assert_int_equal(list_comment_date(text_of("# Last updated: 2024-02-08 15:10:03 UTC  #")),
		1707350400);
	assert_int_equal(list_comment_date(text_of("# 1999-13-01 2024-2-08")), 0);
}

/* A list that would make everything bad, or is none. */
static void refused(void **state)
{
	static const char *const lines[] = { "", "   ", "# 198.51.100.1", "; a", "// b",
		"0.0.0.0/0", "10.0.0.1", "192.168.1.0/24", "127.0.0.1", "127.0.0.1 localhost",
		"198.0.0.0/7", "::/0", "fe80::1", "224.0.0.1", "com", "co.uk", "www",
		"This is a list.", ".example.org", "a b c bad.example.org", "1.2.3",
		"http://code.example/", "http://", "https:///x", "http://10.0.0.1/x", ",,,,,,",
		"\"", "\"\"\"", "http://a.b:99999999999/", "_._" };
	struct list_line line;

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (list_line_read(text_of(lines[i]), &line))
			fail_msg("taken: %s", lines[i]);
}

static void finds(void **state)
{
	static const char list[] = "# Last updated: 2024-02-08\n198.51.100.0/24\n"
				   "198.51.100.9,443,Emotet\nevil.example.org\n203.0.113.1";
	struct lists lists = { .seed = 1 };
	struct addr addr = play_addr("198.51.100.9"), other = play_addr("198.51.101.9");
	const struct list_entry *entry;

	(void)state;
	assert_int_equal(lists_read(&lists, "/a/b.csv", 0, list, sizeof(list) - 1), 0);
	assert_int_equal(lists_build(&lists), 0);
	assert_string_equal(lists.sources[0].name, "b.csv");
	assert_int_equal(lists.sources[0].date_s, 1707350400);
	assert_int_equal(lists.sources[0].entries, 4);
	entry = lists_find_address(&lists, &addr, 443);
	assert_non_null(entry);
	assert_string_equal(lists.notes[entry->note - 1], "Emotet");
	addr.byte[15] = 200;
	assert_int_equal(lists_find_address(&lists, &addr, 443)->bits, 120);
	assert_null(lists_find_address(&lists, &other, 443));
	assert_non_null(lists_find_name(&lists, text_of("www.EVIL.example.org")));
	assert_null(lists_find_name(&lists, text_of("notevil.example.org")));
	assert_null(lists_find_name(&lists, text_of("example.org")));
	lists_close(&lists);
	lists_close(&lists);
}

static char directory[] = "/tmp/weir-test-XXXXXX", file[64];
static const char *paths[2];

static void write_file(const char *content)
{
	FILE *out;

	snprintf(file, sizeof(file), "%s/feodo.csv", directory);
	out = fopen(file, "w");
	assert_non_null(out);
	fputs(content, out);
	fclose(out);
}

static void use_lists(struct conf *conf)
{
	conf->lists.list = paths;
	conf->lists.count = 2;
}

static void adjust_nothing_there(struct conf *conf)
{
	paths[0] = "/nowhere/at/all";
	paths[1] = directory;
	use_lists(conf);
}

/* The whole way: files, events, findings. PLAY_START_NS is 2023-11-14. */
static void matches(void **state)
{
	struct play *play;
	struct app_event event;
	struct addr host = play_addr("192.168.0.7"), bad = play_addr("198.51.100.9");
	float confidence;

	(void)state;
	write_file("# Last updated: 2023-11-10\n198.51.100.9,443,Emotet\nevil.example.org\n"
		   "http://code.example.net/a.bin\n" SHA1 "\n" JA3 "\n");
	play = play_open(&detector_lists, adjust_nothing_there);
	assert_non_null(strstr(lists_warning(play->state, 0), "/nowhere/at/all: cannot be opened"));
	assert_null(lists_warning(play->state, 1));

	play_connection(play, 1, host, bad, 443, PROTO_TLS, 100, 100);
	assert_int_equal(play_count(play, KIND_BOT_LIST, host, &confidence), 1);
	assert_true(confidence >= 0.85F);
	assert_string_equal(play->findings.list[0].detail,
		"198.51.100.9 is in feodo.csv as \"Emotet\" (4 days old)");
	play_connection(play, 2, host, bad, 443, PROTO_TLS, 100, 100);
	assert_int_equal(play->findings.count, 1);
	play_connection(play, 12, host, bad, 443, PROTO_TLS, 100, 100);
	assert_int_equal(play->findings.count, 2);

	play_dns(play, 20, host, "cdn.evil.example.org", play_addr("203.0.113.1"));
	assert_int_equal(play->findings.count, 3);
	assert_string_equal(play->findings.list[2].name, "cdn.evil.example.org");
	assert_int_equal(play->findings.list[2].to_role, ROLE_COUNT);
	assert_true(play->findings.list[2].confidence < 0.7F);

	event = play_event(play, APP_HTTP, 30, host, play_addr("203.0.113.2"), IPPROTO_TCP, 80);
	event.http.host = text_of("code.example.net");
	event.http.uri = text_of("/a.bin");
	play_see(play, &event);
	assert_int_equal(play->findings.count, 4);
	event.http.uri = text_of("/b.bin");
	play_see(play, &event);
	assert_int_equal(play->findings.count, 4);

	event = play_event(play, APP_TLS, 40, host, play_addr("203.0.113.3"), IPPROTO_TCP, 443);
	snprintf(event.tls.fingerprint, sizeof(event.tls.fingerprint), "%s", SHA1);
	snprintf(event.tls.ja3, sizeof(event.tls.ja3), "%s", JA3);
	play_see(play, &event);
	assert_int_equal(play->findings.count, 6);
	assert_true(play->findings.list[4].confidence < 0.6F); /* JA3 */
	assert_true(play->findings.list[5].confidence > 0.9F); /* certificate */
	play_close(play);
}

/* From outside, inside, a clean one: nothing. */
static void no_matches(void **state)
{
	struct play *play;
	struct addr host = play_addr("192.168.0.7"), bad = play_addr("198.51.100.9");
	float confidence;

	(void)state;
	write_file("198.51.100.9\nevil.example.org\n");
	play = play_open(&detector_lists, adjust_nothing_there);
	play_connection(play, 1, bad, host, 22, PROTO_SSH, 100, 100);
	play_connection(play, 2, host, play_addr("198.51.100.10"), 22, PROTO_SSH, 100, 100);
	play_dns(play, 3, bad, "evil.example.org", bad);
	play_dns(play, 3, host, "example.org", bad);
	assert_int_equal(play_count(play, KIND_BOT_LIST, anybody, &confidence), 0);
	play_close(play);
}

static void stale_and_empty(void **state)
{
	struct play *play;
	float confidence;

	(void)state;
	write_file("# Last updated: 2023-09-01\n198.51.100.9\n");
	play = play_open(&detector_lists, adjust_nothing_there);
	play_connection(play, 1, play_addr("192.168.0.7"), play_addr("198.51.100.9"), 443,
		PROTO_TLS, 100, 100);
	assert_non_null(strstr(lists_warning(play->state, 1), "feodo.csv: stale: of 74 days"));
	play_count(play, KIND_BOT_LIST, anybody, &confidence);
	assert_true(confidence > 0 && confidence < 0.7F);
	play_close(play);
	write_file("# Last updated: 2023-09-01\n# nothing\n");
	play = play_open(&detector_lists, adjust_nothing_there);
	assert_non_null(strstr(lists_warning(play->state, 1), "feodo.csv: an empty list"));
	play_close(play);
}

/* weir run goes on for months. */
static void becomes_stale(void **state)
{
	struct play *play;

	(void)state;
	write_file("# Last updated: 2023-11-10\n198.51.100.9\n");
	play = play_open(&detector_lists, adjust_nothing_there);
	for (unsigned day = 0; day < 60; day++)
		play_connection(play, day * 86400.0, play_addr("192.168.0.7"),
			play_addr("198.51.100.9"), 443, PROTO_TLS, 100, 100);
	assert_non_null(strstr(lists_warning(play->state, 1), "feodo.csv: stale: of 30 days"));
	assert_null(lists_warning(play->state, 2));
	assert_true(play->findings.list[0].confidence > 0.85F);
	assert_true(play->findings.list[play->findings.count - 1].confidence < 0.7F);
	play_close(play);
}

/* Its owner may let a bad name lead to an innocent. */
static void a_name_says_less_of_an_address(void **state)
{
	struct play *play;
	struct app_event event;

	(void)state;
	write_file("# Last updated: 2023-11-10\nevil.example.org\n");
	play = play_open(&detector_lists, adjust_nothing_there);
	event = play_event(play, APP_TLS, 1, play_addr("192.168.0.7"), play_addr("203.0.113.3"),
		IPPROTO_TCP, 443);
	event.tls.sni = text_of("evil.example.org");
	play_see(play, &event);
	assert_int_equal(play->findings.count, 1);
	assert_true(play->findings.list[0].confidence > 0.85F);
	assert_true(play->findings.list[0].to_confidence < 0.75F);
	play_close(play);
}

static void many_entries(void **state)
{
	struct lists lists = { .seed = 1 };
	char *bytes = malloc(20 * 70000), *at = bytes;
	struct addr addr = play_addr("198.18.17.4");

	(void)state;
	for (unsigned i = 0; i < 65536; i++)
		at += snprintf(at, 20, "198.18.%u.%u\n", i >> 8, i & 255);
	for (unsigned i = 0; i < 2000; i++)
		at += snprintf(at, 20, "198.18.17.4\n");
	assert_int_equal(lists_read(&lists, "x", 0, bytes, (size_t)(at - bytes)), 0);
	assert_int_equal(lists_build(&lists), 0);
	assert_non_null(lists_find_address(&lists, &addr, 1));
	addr.byte[13] = 19;
	assert_null(lists_find_address(&lists, &addr, 1));
	lists_close(&lists);
	free(bytes);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(refused),
		cmocka_unit_test(finds),
		cmocka_unit_test(matches),
		cmocka_unit_test(no_matches),
		cmocka_unit_test(stale_and_empty),
		cmocka_unit_test(becomes_stale),
		cmocka_unit_test(a_name_says_less_of_an_address),
		cmocka_unit_test(many_entries),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
