/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/measure.c - runs a command and says what it cost, as one line of JSON:
 *   {"wall_s":1.203,"user_s":1.101,"system_s":0.090,"peak_bytes":183500800,"exit":0}
 *
 * Time is that between fork and the end, by the monotonic clock; the rest is the kernel's account
 * of the child and its children (wait4). exit is −signal when a signal ended it. The command's
 * standard output goes to a file or to nowhere, so that no terminal takes part in the measurement.
 * -m bounds its address space: a peer that needs a slot for each of ten million flows shall fail
 * rather than take the machine with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define EXIT_NOT_FOUND 127 /* as a shell says it */

struct order {
	const char *output; /* of the command */
	rlim_t memory_bytes;
	char **command;
};

static void usage(void)
{
	fputs("usage: measure [-o FILE] [-m MEGABYTES] -- COMMAND…\n"
	      "  -o FILE  where the command's output goes (default /dev/null)\n"
	      "  -m N     it may have at most so much address space\n",
		stderr);
}

static int order_parse(int argc, char **argv, struct order *order)
{
	unsigned long long megabytes;
	int option;
	char *end;

	while ((option = getopt(argc, argv, "+o:m:")) != -1) {
		if (option == 'o') {
			order->output = optarg;
		} else if (option == 'm') {
			megabytes = strtoull(optarg, &end, 10);
			if (*end || !megabytes)
				return -EINVAL;
			order->memory_bytes = (rlim_t)megabytes << 20;
		} else {
			return -EINVAL;
		}
	}
	order->command = argv + optind;
	return argv[optind] ? 0 : -EINVAL;
}

/* In the child: never returns. */
static void command_run(const struct order *order)
{
	struct rlimit limit = { order->memory_bytes, order->memory_bytes };
	int out = open(order->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (out < 0 || dup2(out, STDOUT_FILENO) < 0) {
		fprintf(stderr, "measure: cannot write %s: %s\n", order->output, strerror(errno));
		_exit(EXIT_USAGE);
	}
	if (order->memory_bytes)
		setrlimit(RLIMIT_AS, &limit);
	execvp(order->command[0], order->command);
	fprintf(stderr, "measure: cannot run %s: %s\n", order->command[0], strerror(errno));
	_exit(EXIT_NOT_FOUND);
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int command_measure(const struct order *order)
{
	struct timespec begin, end;
	struct rusage usage;
	int status;
	pid_t child;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	child = fork();
	if (child == 0)
		command_run(order);
	if (child < 0)
		return -errno;
	while (wait4(child, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return -errno;
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("{\"wall_s\":%.6f,\"user_s\":%.6f,\"system_s\":%.6f,\"peak_bytes\":%lld,\"exit\":%d}"
	       "\n",
		(double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
		seconds(usage.ru_utime), seconds(usage.ru_stime), (long long)usage.ru_maxrss * 1024,
		WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	return 0;
}

int main(int argc, char **argv)
{
	struct order order = { .output = "/dev/null" };
	int rc;

	if (order_parse(argc, argv, &order) < 0) {
		usage();
		return EXIT_USAGE;
	}
	rc = command_measure(&order);
	if (rc < 0)
		fprintf(stderr, "measure: cannot start %s: %s\n", order.command[0], strerror(-rc));
	return rc < 0;
}
