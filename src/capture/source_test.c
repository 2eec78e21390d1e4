/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/source_test.c - opening by name: what is refused and in which words, pipes with a name,
 * standard input, the names of link types.
 */
#include "capture/testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char directory[64];

static const char *path_in(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static const char *write_file(const char *name, const void *bytes, size_t len)
{
	const char *path = path_in(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	return path;
}

/* Opening must fail like this, and the message begin with the name and have these words. */
static void expect_refusal(const char *path, int expected, const char *words)
{
	struct source *source = (struct source *)directory;
	struct err err = { "" };

	assert_int_equal(source_open_file(path, 0, &err, &source), expected);
	assert_ptr_equal(source, directory); /* untouched */
	if (!strstr(err.text, words) || (*path != '-' && !strstr(err.text, path)))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
	assert_int_equal(source_open_file(path, 0, NULL, &source), expected);
}

static void not_there_or_not_readable(void **state)
{
	(void)state;
	expect_refusal(path_in("none.pcap"), -ENOENT, "No such file or directory; check the name");
	expect_refusal(
		directory, -EISDIR, "is a directory, not a capture file; name the files in it");
	write_file("secret.pcap", "x", 1);
	assert_int_equal(chmod(path_in("secret.pcap"), 0), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534) | chdir("/"), 0);
	expect_refusal(path_in("secret.pcap"), -EACCES, "Permission denied; become a user who");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	expect_refusal("/dev/null", -ENODATA, "is empty; nothing was captured");
}

static void no_descriptor_left(void **state)
{
	struct rlimit before, none;
	struct source *source;
	struct err err;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(source_open_file("/dev/null", 0, &err, &source), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_non_null(strstr(err.text, "name fewer files at once, or raise ulimit -n"));
	expect_refusal("/dev/null/x", -ENOTDIR, "cannot open capture file /dev/null/x: Not a dir");
}

static void no_captures(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *words;
	} cases[] = {
		{ "\xa1", 1, "starts with the bytes a1" },
		{ "PK\x03\x04...", 7, "starts with \"PK\", a zip archive (unzip it first)" },
		{ "\177ELF\x02\x01", 6, "a program" },
		{ "#!/bin/sh\n", 10, "a script" },
		{ "{\"timestamp\":", 13, "JSON text" },
		{ "<!DOCTYPE html>", 15, "(a download that failed?)" },
		{ "BZh91AY", 7, "bzip2 -dc FILE | weir inspect -" },
		{ "\xfd"
		  "7zXZ\0",
			6, "xz -dc" },
		{ "\x28\xb5\x2f\xfd\x04", 5, "zstd -dc" },
		{ "snoop\0\0\0\0\0\0\x02", 12, "editcap -F pcap" },
		{ "time,source\n1,2\n", 16, "is text that starts with \"time,source\"" },
		{ "tim\x1b[31m red", 12, "starts with the bytes 74 69 6d 1b 5b 33 31 6d" },
		{ "\xd4\xc3\xb2\xa2\0\0\0\0", 8, "starts with the bytes d4 c3 b2 a2 00 00 00 00" },
	};

	(void)state;
	expect_refusal(write_file("empty", "", 0), -ENODATA, "is empty; nothing was captured");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = write_file("strange", cases[i].bytes, cases[i].len);

		expect_refusal(path, -EINVAL, cases[i].words);
		expect_refusal(path, -EINVAL, "weir reads pcap and pcapng, plain or gzip'd");
	}
}

static void no_captures_inside_gzip(void **state)
{
	struct made once = made_gzip((const uint8_t *)"words", 5, 5);
	struct made twice = made_gzip(once.bytes, once.len, once.len);
	struct made empty = made_gzip((const uint8_t *)"", 0, 1);

	(void)state;
	expect_refusal(write_file("a.gz", once.bytes, once.len), -EINVAL,
		"it is text that starts with \"words\" once decompressed");
	expect_refusal(
		write_file("b.gz", twice.bytes, twice.len), -EINVAL, "is gzip'd more than once");
	expect_refusal(
		write_file("c.gz", empty.bytes, empty.len), -ENODATA, "is empty once decompressed");
	once.bytes[11] ^= 0xff;
	expect_refusal(
		write_file("d.gz", once.bytes, once.len), -EBADMSG, "it cannot be decompressed (");
	made_close(&once);
	made_close(&twice);
	made_close(&empty);
}

static void terminals(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	if (master < 0)
		skip();
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	expect_refusal(ptsname(master), -ENOTTY, "is a terminal; give a file, or a pipe");
	close(master);
}

static void damaged_headers(void **state)
{
	(void)state;
	expect_refusal(write_file("h", "\xd4\xc3\xb2\xa1\2\0\4", 7), -EBADMSG,
		"the capture ends within the file header (7 of 24 bytes are there)");
	expect_refusal(write_file("h", "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d", 12), -EBADMSG,
		"the capture ends within a block (12 of 28 bytes are there)");
	expect_refusal(write_file("h", "\x0a\x0d\x0d\x0a", 4), -EBADMSG,
		"the capture ends within a block header");
}

static struct made small_capture(void)
{
	struct made m;

	made_open(&m, ORDER_BIG);
	put_pcap_header(&m, 0xa1b2c3d4, 4, 1);
	put_pcap_packet(&m, 1, 0, 60, 60);
	put_pcap_packet(&m, 2, 0, 60, 60);
	return m;
}

static void expect_two_packets(struct source *source, const char *name)
{
	struct seen seen = { 0 };
	unsigned file = source->file;

	assert_string_equal(source->name, name);
	assert_string_equal(source->ops->name, "pcap");
	seen_read(&seen, source, 10);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.list[1].frame.file, file);
	seen_close(&seen);
}

struct fifo_argument {
	const char *path;
	const struct made *made;
};

static void *fifo_write(void *argument)
{
	const struct fifo_argument *fifo = argument;
	int fd = open(fifo->path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(write(fd, fifo->made->bytes, fifo->made->len), fifo->made->len);
	close(fd);
	return NULL;
}

static void files_and_pipes_by_name(void **state)
{
	struct made m = small_capture();
	const char *path = write_file("two.pcap", m.bytes, m.len);
	struct fifo_argument fifo = { .made = &m };
	struct source *source;
	pthread_t thread;

	(void)state;
	/* The first are read through a buffer, later ones mapped. */
	for (unsigned file = 0; file <= 300; file += 150) {
		assert_int_equal(source_open_file(path, (uint16_t)file, NULL, &source), 0);
		assert_int_equal(source->file, file);
		expect_two_packets(source, path);
	}
	path = fifo.path = path_in("fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pthread_create(&thread, NULL, fifo_write, &fifo), 0);
	assert_int_equal(source_open_file(path, 3, NULL, &source), 0);
	expect_two_packets(source, path);
	pthread_join(thread, NULL);
	made_close(&m);
	source_close(NULL);
}

/* "-": a pipe, then a file that was redirected; the descriptor itself stays open. */
static void standard_input(void **state)
{
	struct made m = small_capture();
	int kept = dup(STDIN_FILENO);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct source *source;
		int fd = i ? memory_file(m.bytes, m.len) : pipe_file(m.bytes, m.len);

		assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
		close(fd);
		assert_int_equal(source_open_file("-", 3, NULL, &source), 0);
		expect_two_packets(source, "standard input");
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	}
	expect_refusal(write_file("t", "{", 1), -EINVAL, "JSON");
	dup2(kept, STDIN_FILENO);
	close(kept);
	made_close(&m);
}

static void link_type_names(void **state)
{
	static const struct {
		uint16_t link_type;
		const char *name;
	} cases[] = {
		{ 0, "NULL" },
		{ 1, "ETHERNET" },
		{ 9, "PPP" },
		{ 101, "RAW" },
		{ 100, "ATM_RFC1483" },
		{ 105, "IEEE802_11" },
		{ 108, "LOOP" },
		{ 113, "LINUX_SLL" },
		{ 228, "IPV4" },
		{ 229, "IPV6" },
		{ 276, "LINUX_SLL2" },
		{ 31999, "LINKTYPE 31999" },
		{ 65535, "LINKTYPE 65535" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(source_link_type_name(cases[i].link_type, text), cases[i].name);
	for (unsigned i = 0; i <= UINT16_MAX; i++)
		assert_true(*source_link_type_name((uint16_t)i, text) != 0);
}

static int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/weir-capture-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	return chmod(directory, 0755);
}

static int remove_directory(void **state)
{
	static const char *const names[] = { "secret.pcap", "empty", "strange", "a.gz", "b.gz",
		"c.gz", "d.gz", "h", "two.pcap", "fifo", "t" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_in(names[i]));
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_there_or_not_readable),
		cmocka_unit_test(no_descriptor_left),
		cmocka_unit_test(no_captures),
		cmocka_unit_test(no_captures_inside_gzip),
		cmocka_unit_test(terminals),
		cmocka_unit_test(damaged_headers),
		cmocka_unit_test(files_and_pipes_by_name),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(link_type_names),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
