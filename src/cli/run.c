/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/run.c - `weir run`: protect; and `weir watch`, the other process, which only `weir run`
 * starts.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "conf/conf.h"
#include "keeper/keeper.h"
#include "msg.h"
#include "watch/watch.h"

static const char help[] =
	"Usage: weir run [-c FILE] [-i INTERFACE]...\n"
	"Watches interfaces and protects what is behind them, until it is stopped (weir stop).\n"
	"Stays in the foreground and writes what it does to stderr. Needs root, but the part that\n"
	"reads packets gives it up.\n"
	"\n"
	"  -c, --config=FILE     the configuration (weir.yaml(5)); without: the defaults\n"
	"  -i, --interface=NAME  instead of those of the configuration; up to 32 times\n"
	"  -h, --help            this text\n"
	"\n"
	"Signals: HUP reads the configuration again; TERM and INT take everything out of the "
	"kernel\n"
	"and end; USR1 ends and leaves it in force.\n"
	"\n"
	"Exit status: 0 stopped, 1 could not start, 2 wrong usage.\n";

static int run(int argc, char **argv)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "interface", required_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *interfaces[MSG_INTERFACES_MAX];
	struct keeper_options options = { .interfaces = interfaces, .is_foreground = true };
	int option;

	while ((option = getopt_long(argc, argv, "c:i:h", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.conf_path = optarg;
			break;
		case 'i':
			if (options.interface_count == MSG_INTERFACES_MAX) {
				fprintf(stderr, "weir run: more than %d interfaces\n",
					MSG_INTERFACES_MAX);
				return EXIT_USAGE;
			}
			interfaces[options.interface_count++] = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_FINE;
		default:
			fputs("weir run: try weir run --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "weir run: %s is no option; try weir run --help\n", argv[optind]);
		return EXIT_USAGE;
	}
	return keeper_main(&options) == EXIT_SUCCESS ? EXIT_FINE : EXIT_FOUND;
}

const struct subcommand subcommand_run = {
	.name = "run",
	.summary = "protect: watch interfaces, stop floods in the kernel",
	.run = run,
};

/* argv: watch [-c FILE], as process.c has it; a person has no use for it. */
static int watch(int argc, char **argv)
{
	const char *path = argc == 3 ? argv[2] : NULL;
	struct conf *conf = NULL;
	struct err err = { "" };
	int status = EXIT_FOUND;

	if (path ? conf_load(path, &err, &conf) : conf_load_bytes("", 0, "defaults", &err, &conf))
		fprintf(stderr, "weir watch: %s\n", err.text);
	else
		status = watch_main(path, conf);
	conf_close(conf);
	return status;
}

const struct subcommand subcommand_watch = {
	.name = "watch",
	.summary = NULL,
	.run = watch,
};
