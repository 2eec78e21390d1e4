/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/sandbox_test.c - what is left to a process in the sandbox, and what is not.
 *
 * Each attempt is made by a child that enters the sandbox first; its exit status is the errno that
 * it got, or 128 + the signal that ended it. As root the whole is tested, else what works without.
 */
#include "watch/sandbox.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char state_dir[] = "/tmp/weir_sandbox_test.XXXXXX";
static int map = -1;
static struct conf conf;

static int error_of(long r)
{
	return r < 0 ? errno : 0;
}

static int open_shadow(void)
{
	return error_of(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
}

static int open_passwd(void)
{
	return error_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int write_tmp(void)
{
	return error_of(open("/tmp/weir_sandbox_escape", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static int write_state(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/file", state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) < 0)
		return errno;
	close(fd);
	return error_of(unlink(path));
}

static int run_program(void)
{
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };

	return error_of(execv("/bin/true", argv));
}

static int open_socket(void)
{
	return error_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int open_packet_socket(void)
{
	return error_of(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int trace(void)
{
	return error_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int become_root(void)
{
	return error_of(setuid(0));
}

static int kill_parent(void)
{
	return error_of(kill(getppid(), 0));
}

static int map_code(void)
{
	void *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return code == MAP_FAILED ? errno : 0;
}

static int fork_off(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return error_of(pid);
}

static int read_map(void)
{
	uint32_t key = 0;
	uint64_t value = 0;

	if (bpf_map_lookup_elem(map, &key, &value) < 0)
		return errno;
	return value == 42 ? 0 : EBADMSG;
}

static int write_map(void)
{
	uint32_t key = 0;
	uint64_t value = 7;

	return error_of(bpf_map_update_elem(map, &key, &value, BPF_ANY));
}

static int make_map(void)
{
	return error_of(bpf_map_create(BPF_MAP_TYPE_ARRAY, "x", 4, 8, 1, NULL));
}

static void *nothing(void *context)
{
	return context;
}

static int start_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	return r != 0 ? r : pthread_join(thread, NULL);
}

/* What became of the attempt: 0 or errno; 128 + signal; 255 when the sandbox was not entered. */
static int in_sandbox(int (*attempt)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct err err = { "" };

		if (sandbox_enter(&conf, NULL, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			_exit(255);
		}
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_left(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(write_state), 0);
	assert_int_equal(in_sandbox(start_thread), 0);
}

static void test_taken(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(open_shadow), EACCES);
	assert_int_equal(in_sandbox(write_tmp), EACCES);
	assert_int_equal(in_sandbox(open_socket), EPERM);
	assert_int_equal(in_sandbox(open_packet_socket), EPERM);
	assert_int_equal(in_sandbox(become_root), EPERM);
	assert_int_equal(in_sandbox(kill_parent), EPERM);
	assert_int_equal(in_sandbox(map_code), EPERM);
	assert_int_equal(in_sandbox(fork_off), EPERM);
	assert_int_equal(in_sandbox(make_map), EPERM);
}

static void test_landlock(void **state)
{
	(void)state;
	/* Everybody may read it, but for Landlock. */
	if (in_sandbox(open_passwd) == 0) {
		printf("no Landlock in this kernel\n");
		skip();
	}
	assert_int_equal(in_sandbox(open_passwd), EACCES);
}

static void test_deadly(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(run_program), 128 + SIGSYS);
	assert_int_equal(in_sandbox(trace), 128 + SIGSYS);
}

static void test_map(void **state)
{
	(void)state;
	if (map < 0) {
		printf("no BPF map can be made here\n");
		skip();
	}
	assert_int_equal(in_sandbox(read_map), 0);
	assert_int_equal(in_sandbox(write_map), EPERM);
}

static void test_user(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		printf("needs root\n");
		skip();
	}
	conf.run.user = "root";
	assert_int_equal(in_sandbox(write_state), 255);
	conf.run.user = "no-such-user-here";
	assert_int_equal(in_sandbox(write_state), 0);
	conf.run.user = "nobody";
}

static int setup(void **state)
{
	uint32_t key = 0;
	uint64_t value = 42;
	LIBBPF_OPTS(bpf_map_create_opts, options);

	(void)state;
	conf_default(&conf);
	conf.run.user = "nobody";
	conf.run.state_dir = mkdtemp(state_dir);
	if (!conf.run.state_dir || chmod(state_dir, 0777) < 0)
		return -1;
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "weir_test", 4, 8, 1, &options);
	if (map >= 0)
		bpf_map_update_elem(map, &key, &value, BPF_ANY);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (map >= 0)
		close(map);
	return rmdir(state_dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_landlock),
		cmocka_unit_test(test_deadly),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_user),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
