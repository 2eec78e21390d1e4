/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/child_test.c - other programs: input, output, environment, time limit, what does not
 * start. */
#include "respond/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "respond/respond_fixture.h"

static void returns_output_and_status(void **state)
{
	static const char *const cat[] = { "cat", NULL };
	static const char *const fails[] = { "/bin/sh", "-c", "echo no >&2; exit 3", NULL };
	size_t len = 300000; /* more than pipes hold */
	char *input = malloc(len + 1), *output;

	(void)state;
	memset(input, 'a', len);
	input[len] = 0;
	assert_int_equal(child_run(cat, input, len, 10000, 1 << 20, &output), 0);
	assert_string_equal(output, input);
	free(output);
	assert_int_equal(child_run(cat, NULL, 0, 10000, 1 << 20, &output), 0);
	assert_string_equal(output, "");
	free(output);
	assert_int_equal(child_run(cat, input, len, 10000, 1000, &output), -EFBIG);
	assert_null(output);
	/* One that does not read its input. */
	assert_int_equal(child_run(fails, input, len, 10000, 1000, &output), 3);
	assert_string_equal(output, "no\n");
	free(output);
	free(input);
}

static void has_a_clean_environment(void **state)
{
	static const char *const list[] = { "/bin/sh", "-c",
		"env | sort | cut -d= -f1; ls /proc/self/fd", NULL };
	char *output;

	(void)state;
	setenv("WEIR_SECRET", "1", 1);
	assert_int_equal(child_run(list, NULL, 0, 10000, 4096, &output), 0);
	assert_null(strstr(output, "WEIR_SECRET"));
	assert_non_null(strstr(output, "PATH"));
	/* 0, 1, 2 and the folder that ls reads */
	assert_non_null(strstr(output, "\n0\n1\n2\n3\n"));
	assert_null(strstr(output, "\n4\n"));
	free(output);
}

static void is_killed_in_time(void **state)
{
	static const char *const sleeps[] = { "sleep", "1000", NULL };
	/* Closes its output and stays. */
	static const char *const stays[] = { "/bin/sh", "-c", "exec >&- 2>&-; sleep 1000", NULL };
	static const char *const dies[] = { "/bin/sh", "-c", "kill -9 $$", NULL };
	char *output;

	(void)state;
	assert_int_equal(child_run(sleeps, NULL, 0, 50, 4096, &output), -ETIMEDOUT);
	assert_int_equal(child_run(stays, NULL, 0, 50, 4096, &output), -ETIMEDOUT);
	assert_int_equal(child_run(dies, NULL, 0, 10000, 4096, &output), -EINTR);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
}

static void says_why_it_does_not_start(void **state)
{
	static const char *const missing[] = { "/nowhere/program", NULL };
	static const char *const folder[] = { "/etc", NULL };
	static const char *const cat[] = { "cat", NULL };
	static char much[65537];
	const char *path = getenv("PATH");
	char *before = strdup(path ? path : "/bin"), *output;
	pid_t pid;

	(void)state;
	assert_int_equal(child_run(missing, NULL, 0, 1000, 4096, &output), -ENOENT);
	assert_int_equal(child_run(folder, NULL, 0, 1000, 4096, &output), -EACCES);
	assert_int_equal(child_start(missing, "x", 1, NULL, &pid), -ENOENT);
	assert_int_equal(child_start(cat, much, sizeof(much), NULL, &pid), -E2BIG);
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(child_run(cat, NULL, 0, 1000, 4096, &output), -ENOENT);
	setenv("PATH", before, 1);
	free(before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void starts_without_waiting(void **state)
{
	static const char *const cat[] = { "cat", NULL };
	static const char *const sleeps[] = { "sleep", "1000", NULL };
	char text[8] = "";
	int output, status;
	pid_t pid;

	(void)state;
	assert_int_equal(child_start(cat, "hello", 5, &output, &pid), 0);
	assert_int_equal(read(output, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	close(output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(child_start(sleeps, "", 0, NULL, &pid), 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	child_kill(pid);
	assert_int_equal(waitpid(pid, &status, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_output_and_status),
		cmocka_unit_test(has_a_clean_environment),
		cmocka_unit_test(is_killed_in_time),
		cmocka_unit_test(says_why_it_does_not_start),
		cmocka_unit_test(starts_without_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
