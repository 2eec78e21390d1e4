/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/keeper_test.c - the whole keeper, in a network namespace of its own, with a stand-in for
 * watch.
 *
 * The keeper starts watch by running itself with the word "watch"; here that is this test, which
 * then reads its welcome, says that it is ready, and plays the part that WEIR_TEST_PART names. What
 * the keeper and the stand-in have to say goes into files that the test reads. gate.attach is none,
 * so that no kernel part is needed; the gate has tests of its own. Needs root and ip(8).
 */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "keeper/lock.h"
#include "watch/link.h"
#include "watch/watch.h"

#define PATIENCE_MS 20000

static char base[] = "/tmp/weir_keeper_test.XXXXXX";
static char conf_path[128], log_path[128], said_path[128], runtime_dir[128];
static bool can_run;

/* The stand-in. */

static void told(void *context, const struct msg_request *request, const struct msg_reply *reply)
{
	FILE *out = context;

	if (request->kind == MSG_BEAT)
		return;
	fprintf(out, "%llu: %d %s\n", (unsigned long long)request->mitigation, reply->result,
		reply->why);
	fflush(out);
}

static struct msg_request block_of(uint64_t mitigation, uint8_t last)
{
	struct msg_request request = { .kind = MSG_APPLY,
		.mitigation = mitigation,
		.verb = VERB_BLOCK,
		.lease_ms = 60000,
		.prefix = { .bits = 128,
			.addr.byte = { [10] = 0xff, [11] = 0xff, 203, 0, 113, last } } };

	return request;
}

/* Requests of which only one may pass the check; by number. */
static void be_hostile(struct link *link)
{
	struct msg_request request = block_of(1, 80); /* on the allowlist */

	link_send(link, &request);
	request = block_of(2, 1);
	request.prefix = (struct wire_prefix){ .bits = 0 };
	link_send(link, &request);
	request = block_of(3, 1);
	request.lease_ms = UINT32_MAX;
	link_send(link, &request);
	request = block_of(4, 1);
	request.reserved[9] = 1;
	link_send(link, &request);
	request = (struct msg_request){ .kind = 99, .mitigation = 5 };
	link_send(link, &request);
	request = (struct msg_request){ .kind = MSG_REVOKE, .mitigation = 6 };
	link_send(link, &request);
	request = block_of(7, 1);
	/* 198.51.100.1: our own, see setup() */
	memcpy(&request.prefix.addr.byte[12], (const uint8_t[]){ 198, 51, 100, 1 }, 4);
	link_send(link, &request);
}

/* Puts three measures in force and allows two prefixes; the second time, after both were killed, it
 * knows of less. Mode enforce, as nftables takes the measures. */
static void put_in_force(struct link *link, bool is_second)
{
	struct msg_request mode = { .kind = MSG_MODE, .mode = WIRE_MODE_ENFORCE };
	struct msg_request allow = { .kind = MSG_ALLOW,
		.prefix = {
			.bits = 128, .addr.byte = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } } };

	link_send(link, &mode);
	for (unsigned i = 1; i <= (is_second ? 1U : 3U); i++) {
		struct msg_request request = block_of(i, (uint8_t)i);

		request.verb = VERB_NFT_BLOCK;
		link_send(link, &request);
	}
	link_send(link, &allow);
	allow.prefix.addr.byte[15] = 2;
	if (!is_second)
		link_send(link, &allow);
}

static int stand_in(void)
{
	const char *part = getenv("WEIR_TEST_PART"), *path = getenv("WEIR_TEST_SAID");
	const struct timespec pause = { .tv_nsec = 50000000 };
	FILE *out = fopen(path, "a");
	struct link_hook hook = { told, out };
	struct msg_request ready = { .kind = MSG_READY }, beat = { .kind = MSG_BEAT };
	struct msg_welcome welcome;
	struct link *link = NULL;
	struct err err = { "" };
	int fds[MSG_SOCKETS_MAX + MSG_MAP_COUNT + 1];
	unsigned count = 0;

	if (link_open(WATCH_FD_CHANNEL, &hook, &err, &welcome, fds, &count, &link) < 0) {
		fprintf(out, "%s\n", err.text);
		fclose(out);
		return 1;
	}
	fprintf(out, "watch %d: %u interfaces, first %s, %u descriptors, maps %u, networks %s;\n",
		(int)getpid(), welcome.interface_count, welcome.interface[0].name, count,
		welcome.has_maps, welcome.own_networks);
	/* Nothing of the keeper's may be open here but what was sent. */
	for (int fd = WATCH_FD_CONTROL + 1; fd < 256; fd++) {
		bool is_ours = fd == fileno(out);

		for (unsigned i = 0; i < count; i++)
			is_ours |= fd == fds[i];
		if (!is_ours && fcntl(fd, F_GETFD) >= 0)
			fprintf(out, "descriptor %d has come along\n", fd);
	}
	fflush(out);
	if (strcmp(part, "first") == 0 || strcmp(part, "second") == 0)
		put_in_force(link, part[0] == 's');
	link_send(link, &ready);
	if (strcmp(part, "hostile") == 0)
		be_hostile(link);
	if (strcmp(part, "dead") == 0)
		_exit(7);
	if (strcmp(part, "deaf") == 0) {
		close(WATCH_FD_CHANNEL);
		for (;;)
			nanosleep(&pause, NULL);
	}
	while (link_tend(link) == 0) {
		link_send(link, &beat);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* The test. */

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void write_conf(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"run: {runtime_dir: %s/run, state_dir: %s/state, user: nobody, group: nogroup, "
		"ring: 1M}\n"
		"gate: {attach: none}\nworkers: 2\nallow: [203.0.113.80]\n%s",
		base, base, more);
	put(conf_path, text);
}

static void wait_a_bit(void)
{
	const struct timespec step = { .tv_nsec = 20000000 };

	nanosleep(&step, NULL);
}

/* How often the words are in the file. */
static unsigned times_in(const char *path, const char *words)
{
	static char text[65536];
	FILE *in = fopen(path, "r");
	size_t len = in ? fread(text, 1, sizeof(text) - 1, in) : 0;
	unsigned times = 0;

	if (in)
		fclose(in);
	text[len] = '\0';
	for (const char *at = text; (at = strstr(at, words)); at++)
		times++;
	return times;
}

static void wait_for(const char *path, const char *words, unsigned times)
{
	for (unsigned i = 0; i < PATIENCE_MS / 20; i++) {
		if (times_in(path, words) >= times)
			return;
		wait_a_bit();
	}
	fail_msg("not said: %s", words);
}

static pid_t running; /* the keeper of the test that is on; a failed one leaves it */

static pid_t start(const char *part)
{
	static const char *const names[] = { "weir0" };
	struct keeper_options options = {
		.conf_path = conf_path, .interfaces = names, .interface_count = 1
	};
	pid_t pid;

	unlink(log_path);
	unlink(said_path);
	setenv("WEIR_TEST_PART", part, 1);
	setenv("WEIR_TEST_SAID", said_path, 1);
	pid = fork();
	if (pid == 0) {
		int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(log, STDERR_FILENO);
		close(log);
		_exit(keeper_main(&options));
	}
	running = pid;
	return pid;
}

static int ended(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	running = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(ended(pid), 0);
}

/* Or skips the test. */
static void need_root(void)
{
	if (!can_run) {
		printf("needs root, network namespaces and ip(8)\n");
		skip();
	}
}

/* One that plays that part, with nothing more in its configuration. */
static pid_t start_plain(const char *part)
{
	need_root();
	write_conf("");
	return start(part);
}

static pid_t start_good(void)
{
	pid_t pid = start_plain("good");

	wait_for(log_path, "ready: process", 1);
	return pid;
}

static void test_life(void **state)
{
	struct lock_note note;
	struct err err = { "" };
	struct stat there;
	char path[160];
	int lock;
	pid_t pid, watch;

	(void)state;
	pid = start_good();
	wait_for(said_path, "1 interfaces, first weir0, 2 descriptors, maps 0", 1);
	wait_for(said_path, "198.51.100.1", 1);
	assert_int_equal(times_in(said_path, "has come along"), 0);
	snprintf(path, sizeof(path), "%s/control.sock", runtime_dir);
	assert_int_equal(stat(path, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0660);
	assert_int_equal(lock_find(runtime_dir, &err, &note, &lock), 0);
	assert_int_equal(note.pid, pid);
	/* A second one is refused, and does not disturb the first. */
	assert_int_equal(lock_take(runtime_dir, &err, &note, &watch), -EBUSY);
	/* Watch dies, and is there again. */
	assert_int_equal(sscanf(strstr(err.text, "process"), "process %d", &watch), 1);
	assert_int_equal(watch, pid);
	FILE *in = fopen(said_path, "r");

	assert_int_equal(fscanf(in, "watch %d", &watch), 1);
	fclose(in);
	assert_int_equal(kill(watch, SIGKILL), 0);
	wait_for(log_path, "was ended by signal 9", 1);
	wait_for(log_path, "ready: process", 2);
	stop(pid);
	assert_int_equal(lock_has_gone(lock, &note), 1);
	assert_non_null(strstr(note.stopped, "removed: 0 measures"));
	close(lock);
	assert_int_equal(stat(path, &there), -1);
}

static void test_hostile(void **state)
{
	pid_t pid = start_plain("hostile");

	(void)state;
	wait_for(said_path, "7: -1 is this machine", 1);
	assert_int_equal(times_in(said_path, "1: -1 touches the allowlist"), 1);
	assert_int_equal(times_in(said_path, "2: -1 too wide"), 1);
	assert_int_equal(times_in(said_path, "3: -34 no lease"), 1);
	assert_int_equal(times_in(said_path, "4: -22 fields that are not used"), 1);
	assert_int_equal(times_in(said_path, "5: -22 no such kind"), 1);
	assert_int_equal(times_in(said_path, "6: -2 nothing of that number"), 1);
	assert_int_equal(times_in(said_path, "7: -1 is this machine"), 1);
	wait_for(log_path, "refused so far: kind 1, unused 1", 1);
	assert_int_equal(kill(pid, SIGUSR1), 0);
	assert_int_equal(ended(pid), 0);
	assert_int_equal(times_in(log_path, "left in force"), 1);
}

static void test_reload(void **state)
{
	pid_t pid = start_good();

	(void)state;
	put(conf_path, "flood: {host_pps: none}\n");
	assert_int_equal(kill(pid, SIGHUP), 0);
	wait_for(log_path, "the old configuration stays", 1);
	write_conf("flood: {host_pps: 5}\n");
	assert_int_equal(kill(pid, SIGHUP), 0);
	wait_for(log_path, "is in force", 1);
	stop(pid);
}

static bool is_in_nft(const char *words)
{
	char command[256];

	snprintf(command, sizeof(command),
		"nft list table inet weir 2>/dev/null | tr -d '\\n' | grep -q '%s'", words);
	return system(command) == 0;
}

/* Killed, and started again: what no journal knows is taken back, the rest stays. */
static void test_claims(void **state)
{
	pid_t pid;

	(void)state;
	need_root();
	if (system("nft list ruleset > /dev/null 2>&1") != 0) {
		printf("needs nft(8)\n");
		skip();
	}
	write_conf("policy: {portal: 203.0.113.99}\n");
	pid = start("first");
	wait_for(said_path, "3: 0", 1);
	wait_for(said_path, "0: 0", 4); /* mode, allowed twice, ready */
	assert_true(is_in_nft("203.0.113.1 ") && is_in_nft("203.0.113.3 "));
	assert_true(is_in_nft("203.0.113.80 ") && is_in_nft("203.0.113.99 "));
	assert_true(is_in_nft("192.0.2.1 ") && is_in_nft("192.0.2.2 "));
	kill(pid, SIGKILL);
	assert_int_equal(ended(pid), -SIGKILL);
	write_conf("");
	pid = start("second");
	wait_for(log_path, "does not know them: 2 measures, 2 prefixes", 1);
	assert_true(is_in_nft("203.0.113.1 "));
	assert_false(is_in_nft("203.0.113.2 ") || is_in_nft("203.0.113.3 "));
	assert_true(is_in_nft("192.0.2.1 ") && is_in_nft("203.0.113.80 "));
	assert_false(is_in_nft("192.0.2.2 ") || is_in_nft("203.0.113.99 "));
	stop(pid);
	assert_false(is_in_nft("203.0.113.1 "));
}

static void test_bad_watch(void **state)
{
	pid_t pid;

	(void)state;
	/* One that closes the channel and lives on is ended. */
	pid = start_plain("deaf");
	wait_for(log_path, "was ended by signal 15", 1);
	stop(pid);
	/* One that dies whenever it is started is started again. */
	pid = start_plain("dead");
	wait_for(log_path, "ended with status 7", 2);
	stop(pid);
}

static void test_interface(void **state)
{
	pid_t pid = start_good();

	(void)state;
	assert_int_equal(system("ip link del weir0"), 0);
	wait_for(log_path, "weir0 is gone", 1);
	assert_int_equal(system("ip link add weir0 type veth peer name weir1 && ip addr add "
				"198.51.100.1/24 dev weir0 && ip link set weir0 up"),
		0);
	wait_for(log_path, "weir0 is there again", 1);
	wait_for(log_path, "ready: process", 2);
	stop(pid);
}

static void test_failures(void **state)
{
	pid_t pid;

	(void)state;
	need_root();
	put(conf_path, "run: {mode: never}\n");
	assert_int_equal(ended(start("good")), 1);
	wait_for(log_path, "run.mode", 1);
	write_conf("");
	assert_int_equal(
		system("ip link set weir0 name weir9 2>/dev/null || { ip link set weir0 down; "
		       "ip link set weir0 name weir9; }"),
		0);
	assert_int_equal(ended(start("good")), 1);
	wait_for(log_path, "there is no interface weir0", 1);
	assert_int_equal(system("ip link set weir9 name weir0; ip link set weir0 up"), 0);
	pid = fork();
	if (pid == 0) {
		struct keeper_options options = { .conf_path = conf_path };

		_exit(seteuid(65534) == 0 ? keeper_main(&options) : 9);
	}
	assert_int_equal(ended(pid), 1);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(base))
		return -1;
	chmod(base, 0755);
	snprintf(conf_path, sizeof(conf_path), "%s/weir.yaml", base);
	snprintf(log_path, sizeof(log_path), "%s/log", base);
	snprintf(said_path, sizeof(said_path), "%s/said", base);
	snprintf(runtime_dir, sizeof(runtime_dir), "%s/run", base);
	unsetenv("JOURNAL_STREAM");
	unsetenv("NOTIFY_SOCKET");
	can_run =
		geteuid() == 0 && unshare(CLONE_NEWNET) == 0 &&
		system("ip link add weir0 type veth peer name weir1 && ip addr add 198.51.100.1/24 "
		       "dev weir0 && ip link set weir0 up") == 0;
	return 0;
}

static int teardown(void **state)
{
	char command[160];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* What a test has left behind would make all that follow fail, too. */
static int end_left_over(void **state)
{
	(void)state;
	if (running > 0 && kill(running, SIGKILL) == 0)
		waitpid(running, NULL, 0);
	running = 0;
	return 0;
}

#define KEEPS(test) cmocka_unit_test_teardown(test, end_left_over)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		KEEPS(test_life),
		KEEPS(test_hostile),
		KEEPS(test_reload),
		KEEPS(test_claims),
		KEEPS(test_bad_watch),
		KEEPS(test_interface),
		KEEPS(test_failures),
	};

	if (argc > 1 && strcmp(argv[1], "watch") == 0)
		return stand_in();
	return cmocka_run_group_tests(tests, setup, teardown);
}
