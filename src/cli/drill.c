/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/drill.c - `weir drill`: rehearse attacks against your own configuration, in private
 * namespaces.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "drill/drill.h"

#define DEFAULT_PPS 50000
#define DEFAULT_SECONDS 6

static const char help[] =
	"Usage: weir drill [-c FILE] [OPTION]... [ATTACK]...\n"
	"Rehearses attacks against a configuration, in network namespaces of its own: an internet\n"
	"with attackers and good clients, a gate with weir and nginx, a LAN with a zombie. "
	"Nothing\n"
	"leaves them, and nothing stays when it ends. Needs root.\n"
	"\n"
	"  -c, --config=FILE    the configuration under test (default: the defaults). Its "
	"interfaces,\n"
	"                       networks and directories are replaced, the mode is enforce.\n"
	"  -p, --pps=NUMBER     packets a second of each attack (default 50000, at most 2000000)\n"
	"  -s, --seconds=NUMBER how long each lasts (default 6, at most 60)\n"
	"  -r, --requests=NUMBER  good requests a second (default 100)\n"
	"  -q, --quiet          no live view\n"
	"  -j, --json           the results as JSON\n"
	"  -l, --list           the attacks there are, and stop\n"
	"  -h, --help           this text\n"
	"\n"
	"ATTACK: one or more of the list, or all (default: syn dns zombie).\n"
	"\n"
	"Exit status: 0 each attack was found and stopped and no good request failed, 1 not so,\n"
	"2 wrong usage, 3 the drill could not be held.\n";

static void list_attacks(void)
{
	for (unsigned i = 0; i < ATTACK_COUNT; i++)
		printf("  %-10s%-20s%s\n", attack_infos[i].name, attack_infos[i].kind,
			attack_infos[i].meaning);
}

static bool choose(struct drill_options *options, const char *name)
{
	bool is_known = false;

	for (unsigned i = 0; i < ATTACK_COUNT; i++)
		if (strcmp(name, "all") == 0 || strcmp(name, attack_infos[i].name) == 0)
			options->is_chosen[i] = is_known = true;
	if (!is_known)
		fprintf(stderr, "weir drill: there is no attack %s; see weir drill --list\n", name);
	return is_known;
}

/* A whole number in [1, max]; 0 with a message when it is none. */
static unsigned number(const char *name, const char *text, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text >= '0' && *text <= '9' && *end == 0 && value >= 1 && value <= max)
		return (unsigned)value;
	fprintf(stderr, "weir drill: %s must be a number from 1 to %u, not %s\n", name, max, text);
	return 0;
}

static int hold(const struct drill_options *asked, const char *conf_path, bool is_json)
{
	struct drill_options options = *asked;
	struct drill_result results[ATTACK_COUNT];
	struct err err = { "" };
	unsigned count = 0;
	bool is_good = true;
	int r = 0;
	struct conf defaults, *loaded = NULL;

	conf_default(&defaults);
	if (conf_path)
		r = conf_load(conf_path, &err, &loaded);
	options.conf = loaded ? loaded : &defaults;
	if (r == 0)
		r = drill_run(&options, results, &count, &err);
	if (options.is_live && isatty(fileno(options.out)))
		fputs("\r\033[K", options.out);
	if (r < 0)
		fprintf(stderr, "weir drill: %s\n", err.text);
	else
		r = is_json ? drill_print_json(results, count, stdout)
			    : drill_print(results, count, stdout);
	for (unsigned i = 0; i < count; i++)
		is_good = is_good && drill_is_good(&results[i]);
	conf_close(loaded);
	if (r < 0)
		return EXIT_INPUT;
	return is_good ? EXIT_FINE : EXIT_FOUND;
}

static int run(int argc, char **argv)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "pps", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 's' },
		{ "requests", required_argument, NULL, 'r' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct drill_options options = { .pps = DEFAULT_PPS,
		.seconds = DEFAULT_SECONDS,
		.before_s = 2,
		.after_s = 3,
		.requests_per_s = 100,
		.is_live = true,
		.out = stderr };
	static const char *const usual[] = { "syn", "dns", "zombie" };
	const char *conf_path = NULL;
	bool is_json = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:p:s:r:qjlh", known, NULL)) != -1) {
		if (option == 'c')
			conf_path = optarg;
		else if (option == 'p')
			options.pps = number("--pps", optarg, SEND_PPS_MAX);
		else if (option == 's')
			options.seconds = number("--seconds", optarg, SEND_SECONDS_MAX);
		else if (option == 'r')
			options.requests_per_s = number("--requests", optarg, 10000);
		else if (option == 'q')
			options.is_live = false;
		else if (option == 'j')
			is_json = true;
		else if (option == 'l')
			return list_attacks(), EXIT_FINE;
		else if (option == 'h')
			return fputs(help, stdout), EXIT_FINE;
		else
			return fputs("weir drill: try weir drill --help\n", stderr), EXIT_USAGE;
		if (!options.pps || !options.seconds || !options.requests_per_s)
			return EXIT_USAGE;
	}
	for (int i = optind; i < argc; i++)
		if (!choose(&options, argv[i]))
			return EXIT_USAGE;
	for (unsigned i = 0; optind == argc && i < sizeof(usual) / sizeof(usual[0]); i++)
		choose(&options, usual[i]);
	return hold(&options, conf_path, is_json);
}

const struct subcommand subcommand_drill = {
	.name = "drill",
	.summary = "rehearse attacks against your own configuration, in private namespaces",
	.run = run,
};
