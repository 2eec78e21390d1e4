/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - finds the subcommand and runs it. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* In the order of the help. */
static const struct subcommand *const subcommands[] = {
	&subcommand_inspect, &subcommand_run, &subcommand_stop, &subcommand_status, &subcommand_top,
	&subcommand_incidents, &subcommand_hosts, &subcommand_mitigations, &subcommand_allow,
	&subcommand_block, &subcommand_arm, &subcommand_check, &subcommand_doctor,
	&subcommand_drill, &subcommand_watch, /* not in the help: weir run starts it */
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(FILE *out)
{
	fprintf(out, "Usage: weir SUBCOMMAND [OPTION]...\n"
		     "Defence against floods and bots.\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (subcommands[i]->summary)
			fprintf(out, "  %-12s%s\n", subcommands[i]->name, subcommands[i]->summary);
	fprintf(out, "\n  --help, --version\n\n"
		     "weir SUBCOMMAND --help says more. See weir(8).\n");
}

int main(int argc, char **argv)
{
	/* Which characters the terminal can show; numbers stay as in C. */
	setlocale(LC_CTYPE, "");
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_FINE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("weir %s\n", WEIR_VERSION);
		return EXIT_FINE;
	}
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (strcmp(argv[1], subcommands[i]->name) == 0)
			return subcommands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "weir: there is no subcommand %s; try weir --help\n", argv[1]);
	return EXIT_USAGE;
}
