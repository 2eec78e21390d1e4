/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/check.c - `weir check -c FILE`: is this configuration good, and what does it amount to.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "conf/conf.h"
#include "conf/networks.h"

static const char help[] = "Usage: weir check [-p] -c FILE\n"
			   "Tests a configuration; says what is wrong with it, and where.\n"
			   "\n"
			   "  -c, --config=FILE   the configuration (weir.yaml(5))\n"
			   "  -p, --print         print it whole, defaults included\n"
			   "  -h, --help          this text\n"
			   "\n"
			   "Exit status: 0 good, 1 not good, 2 wrong usage.\n";

static int check(const char *path, bool is_printed)
{
	struct conf *conf = NULL;
	struct networks *networks = NULL;
	struct err err;
	int r = conf_load(path, &err, &conf);

	if (r == 0)
		r = networks_open(conf, &err, &networks);
	if (r < 0)
		fprintf(stderr, "weir check: %s\n", err.text);
	else if (is_printed)
		r = conf_print(conf, stdout);
	else
		printf("%s is good.\n", path);
	networks_close(networks);
	conf_close(conf);
	return r < 0 ? EXIT_FOUND : EXIT_FINE;
}

static int run(int argc, char **argv)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "print", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = NULL;
	bool is_printed = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:ph", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'p':
			is_printed = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_FINE;
		default:
			fputs("weir check: try weir check --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (!path || optind < argc) {
		fputs("weir check: give one configuration with -c FILE; try weir check --help\n",
			stderr);
		return EXIT_USAGE;
	}
	return check(path, is_printed);
}

const struct subcommand subcommand_check = {
	.name = "check",
	.summary = "test a configuration",
	.run = run,
};
