/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/stop.c - `weir stop`: ends a running weir, and says what became of what it had in force.
 *
 * The keeper is found by its lock (keeper/lock.h), and has gone when it no longer holds it; what it
 * did at the end stands in the same file. Where none runs, but one that was killed or stopped with
 * --keep has left the kernel part in force, that is taken out here.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "conf/conf.h"
#include "keeper/lock.h"
#include "lib/now.h"
#include "respond/gate.h"
#include "respond/responders.h"

#define WAIT_S 20
#define STEP_NS 20000000L

static const char help[] =
	"Usage: weir stop [--keep] [-c FILE | --runtime-dir=DIR]\n"
	"Stops weir run and takes all it has in force out of the kernel.\n"
	"\n"
	"  -k, --keep             leave in the kernel what is in force; leases still run out\n"
	"  -c, --config=FILE      the configuration that weir runs with\n"
	"      --runtime-dir=DIR  its run.runtime_dir, instead of /run/weir\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit status: 0 stopped, 1 not stopped or none there, 2 wrong usage.\n";

/* Counts the measures that are left (all of them, also in the firewall) and takes them back. */
static int take_back(const struct conf *conf, struct gate *gate, unsigned *count, struct err *err)
{
	struct responders *responders = NULL;
	int r = responders_open(gate, conf, err, &responders);

	if (r < 0)
		return r;
	*count = responders_count(responders, now_monotonic_ns());
	responders_close(responders, true);
	return gate ? gate_remove(gate, err) : 0;
}

/* Of one that has gone without taking it out. */
static int take_out_rest(const struct conf *conf)
{
	struct gate_options options = { .conf = conf };
	struct gate *gate = NULL;
	struct err err = { "" };
	struct stat there;
	unsigned count = 0;
	int r = 0;

	if (geteuid() != 0) {
		fprintf(stderr, "weir stop: weir does not run here\n");
		return EXIT_FOUND;
	}
	if (stat(conf->gate.bpffs, &there) == 0)
		r = gate_open(&options, &err, &gate);
	if (r == 0)
		r = take_back(conf, gate, &count, &err);
	if (r < 0)
		fprintf(stderr,
			"weir stop: weir does not run, and what it left in the kernel cannot be "
			"removed: %s\n",
			err.text);
	else if (gate || count > 0)
		printf("weir did not run; what it had left in the kernel is removed (%u "
		       "measure%s).\n",
			count, count == 1 ? "" : "s");
	else
		fprintf(stderr, "weir stop: weir does not run here\n");
	r = r == 0 && (gate || count > 0) ? EXIT_FINE : EXIT_FOUND;
	gate_close(gate);
	return r;
}

static int wait_for(int fd, pid_t pid)
{
	const struct timespec step = { .tv_nsec = STEP_NS };
	struct lock_note note;

	for (unsigned long i = 0; i < WAIT_S * 1000000000UL / STEP_NS; i++) {
		if (lock_has_gone(fd, &note)) {
			printf("weir (process %d) has stopped; %s.\n", (int)pid,
				note.stopped[0] ? note.stopped : "it did not say what it did");
			return EXIT_FINE;
		}
		nanosleep(&step, NULL);
	}
	fprintf(stderr, "weir stop: process %d still runs after %d s; see its log\n", (int)pid,
		WAIT_S);
	return EXIT_FOUND;
}

static int stop(const struct conf *conf, bool is_keeping)
{
	struct lock_note note = { 0 };
	struct err err = { "" };
	int fd = -1, r = lock_find(conf->run.runtime_dir, &err, &note, &fd), status;

	if (r == -ESRCH && !is_keeping)
		return take_out_rest(conf);
	if (r < 0 || note.pid <= 0) {
		fprintf(stderr, "weir stop: %s\n",
			r == -ESRCH   ? "weir does not run here"
			: err.text[0] ? err.text
				      : "keeper.pid names no process");
		if (fd >= 0)
			close(fd);
		return EXIT_FOUND;
	}
	if (kill(note.pid, is_keeping ? SIGUSR1 : SIGTERM) < 0) {
		fprintf(stderr, "weir stop: process %d: %s\n", (int)note.pid, strerror(errno));
		status = EXIT_FOUND;
	} else {
		status = wait_for(fd, note.pid);
	}
	close(fd);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option known[] = {
		{ "keep", no_argument, NULL, 'k' },
		{ "config", required_argument, NULL, 'c' },
		{ "runtime-dir", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = NULL, *runtime_dir = NULL;
	bool is_keeping = false;
	struct conf *conf = NULL;
	struct err err = { "" };
	int option, status = EXIT_FOUND;

	while ((option = getopt_long(argc, argv, "kc:h", known, NULL)) != -1) {
		switch (option) {
		case 'k':
			is_keeping = true;
			break;
		case 'c':
			path = optarg;
			break;
		case 'r':
			runtime_dir = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_FINE;
		default:
			fputs("weir stop: try weir stop --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "weir stop: %s is no option; try weir stop --help\n", argv[optind]);
		return EXIT_USAGE;
	}
	if (path ? conf_load(path, &err, &conf) : conf_load_bytes("", 0, "defaults", &err, &conf)) {
		fprintf(stderr, "weir stop: %s\n", err.text);
		return EXIT_FOUND;
	}
	if (runtime_dir)
		conf->run.runtime_dir = runtime_dir;
	status = stop(conf, is_keeping);
	conf_close(conf);
	return status;
}

const struct subcommand subcommand_stop = {
	.name = "stop",
	.summary = "stop a running weir, and take its measures back",
	.run = run,
};
