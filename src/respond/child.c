/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/child.c - see child.h. */
#include "respond/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/now.h"

#define INPUT_AT_ONCE 65536 /* a pipe takes so much without a reader (pipe(7)) */
#define PATH_USUAL "/usr/sbin:/usr/bin:/sbin:/bin"

static int open_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) ? -errno : 0;
}

static void close_both(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* In the child: tells the parent through the pipe `failed` when exec does not work. */
static _Noreturn void become(
	const char *const argv[], int input, int output, int failed, const char *search)
{
	char path[1024];
	char *environment[] = { path, (char[]){ "LANG=C" }, NULL };
	sigset_t none;
	int error;

	snprintf(path, sizeof(path), "PATH=%s", search);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	if (output < 0)
		output = open("/dev/null", O_WRONLY);
	/* The pipe of failure moves to 3, where close_range leaves it. */
	if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
		(failed != 3 && dup3(failed, 3, O_CLOEXEC) < 0))
		_exit(127);
	close_range(4, ~0U, 0);
	setenv("PATH", search, 1);
	execvpe(argv[0], (char *const *)(uintptr_t)argv, environment);
	error = errno;
	if (write(3, &error, sizeof(error)) < 0)
		_exit(127);
	_exit(127);
}

/* Forks with these pipes; waits until exec has worked or not. */
static int launch(
	const char *const argv[], int input[2], int output[2], int failed[2], pid_t *ret_pid)
{
	const char *search = getenv("PATH");
	int error = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(argv, input[0], output[1], failed[1], search ? search : PATH_USUAL);
	setpgid(pid, pid); /* both do it, so that it is done whoever comes first */
	close(failed[1]);
	failed[1] = -1;
	if (read(failed[0], &error, sizeof(error)) == sizeof(error)) {
		waitpid(pid, NULL, 0);
		return -error;
	}
	*ret_pid = pid;
	return 0;
}

/* ret_input: its standard input, for the caller to write and close. */
static int start(const char *const argv[], int *ret_input, int *ret_output, pid_t *ret_pid)
{
	int input[2] = { -1, -1 }, output[2] = { -1, -1 }, failed[2] = { -1, -1 };
	int result = open_pipe(input);

	if (result == 0 && ret_output)
		result = open_pipe(output);
	if (result == 0)
		result = open_pipe(failed);
	if (result == 0)
		result = launch(argv, input, output, failed, ret_pid);
	if (result == 0) {
		*ret_input = input[1];
		input[1] = -1;
	}
	if (result == 0 && ret_output) {
		*ret_output = output[0];
		output[0] = -1;
	}
	close_both(input);
	close_both(output);
	close_both(failed);
	return result;
}

int child_start(const char *const argv[], const void *input, size_t input_len, int *ret_output,
	pid_t *ret_pid)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int fd, result;

	if (input_len > INPUT_AT_ONCE)
		return -E2BIG;
	result = start(argv, &fd, ret_output, ret_pid);
	if (result)
		return result;
	/* A program that does not read its input is no failure of ours. */
	sigaction(SIGPIPE, &ignore, &before);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (write(fd, input, input_len) < 0 && errno != EPIPE)
		result = -errno;
	sigaction(SIGPIPE, &before, NULL);
	close(fd);
	if (result == 0)
		return 0;
	child_kill(*ret_pid);
	if (ret_output)
		close(*ret_output);
	return result;
}

void child_kill(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int64_t now_ms(void)
{
	return now_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

struct exchange {
	int input, output; /* −1: done */
	const char *left;  /* of the input */
	size_t left_len;
	char *text;
	size_t len, room, max;
};

static void feed(struct exchange *exchange)
{
	ssize_t written = write(exchange->input, exchange->left, exchange->left_len);

	if (written > 0) {
		exchange->left += written;
		exchange->left_len -= (size_t)written;
	}
	if ((written < 0 && errno != EAGAIN && errno != EINTR) || !exchange->left_len) {
		close(exchange->input);
		exchange->input = -1;
	}
}

static int take(struct exchange *exchange)
{
	ssize_t len;

	if (exchange->len + 4096 >= exchange->room) {
		size_t room = exchange->room ? exchange->room * 2 : 8192;
		char *text = room > exchange->max + 8192 ? NULL : realloc(exchange->text, room);

		if (!text)
			return room > exchange->max + 8192 ? -EFBIG : -ENOMEM;
		exchange->text = text;
		exchange->room = room;
	}
	len = read(exchange->output, exchange->text + exchange->len, 4096);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	exchange->len += (size_t)len;
	exchange->text[exchange->len] = 0;
	if (len == 0) {
		close(exchange->output);
		exchange->output = -1;
	}
	return 0;
}

/* Until the child has closed its output. */
static int talk(struct exchange *exchange, int64_t deadline_ms)
{
	while (exchange->output >= 0) {
		struct pollfd fds[2] = { { .fd = exchange->output, .events = POLLIN },
			{ .fd = exchange->input, .events = POLLOUT } };
		int64_t left_ms = deadline_ms - now_ms();
		int result = 0;

		if (left_ms <= 0)
			return -ETIMEDOUT;
		if (poll(fds, 2, (int)left_ms) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			feed(exchange);
		if (fds[0].revents)
			result = take(exchange);
		if (result)
			return result;
	}
	return 0;
}

/* The output is closed, so the end is near; one that lives on all the same is killed. */
static int reap(pid_t pid, int64_t deadline_ms)
{
	int status;

	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);
		struct timespec pause = { .tv_nsec = 1000000 };

		if (ended == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
		if (ended < 0 && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline_ms) {
			child_kill(pid);
			return -ETIMEDOUT;
		}
		nanosleep(&pause, NULL);
	}
}

int child_run(const char *const argv[], const void *input, size_t input_len, int timeout_ms,
	size_t output_max, char **ret_output)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	struct exchange exchange = {
		.input = -1, .output = -1, .left = input, .left_len = input_len, .max = output_max
	};
	int64_t deadline_ms = now_ms() + timeout_ms;
	pid_t pid = 0;
	int result = start(argv, &exchange.input, &exchange.output, &pid);

	*ret_output = NULL;
	if (result)
		return result;
	sigaction(SIGPIPE, &ignore, &before);
	fcntl(exchange.input, F_SETFL, O_NONBLOCK);
	if (!input_len)
		feed(&exchange);
	result = talk(&exchange, deadline_ms);
	if (result)
		child_kill(pid);
	else
		result = reap(pid, deadline_ms);
	sigaction(SIGPIPE, &before, NULL);
	if (exchange.input >= 0)
		close(exchange.input);
	if (exchange.output >= 0)
		close(exchange.output);
	if (result < 0)
		free(exchange.text);
	else
		*ret_output = exchange.text;
	return result;
}
