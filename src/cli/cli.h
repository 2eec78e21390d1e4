/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/cli.h - the subcommands. Each is one file and one row in main.c.
 */
#ifndef WEIR_CLI_CLI_H
#define WEIR_CLI_CLI_H

#define EXIT_FINE 0
#define EXIT_FOUND 1 /* something of medium severity or above */
#define EXIT_USAGE 2
#define EXIT_INPUT 3 /* an input could not be read, wholly or in part */

struct subcommand {
	const char *name;
	const char *summary; /* one line for `weir --help`; NULL: not shown there */
	/* argv[0] is the subcommand. Returns the exit status. */
	int (*run)(int argc, char **argv);
};

extern const struct subcommand subcommand_run, subcommand_stop, subcommand_watch;
extern const struct subcommand subcommand_inspect;
extern const struct subcommand subcommand_check;
extern const struct subcommand subcommand_status;
extern const struct subcommand subcommand_incidents;
extern const struct subcommand subcommand_hosts;
extern const struct subcommand subcommand_mitigations;
extern const struct subcommand subcommand_allow;
extern const struct subcommand subcommand_block;
extern const struct subcommand subcommand_arm;
extern const struct subcommand subcommand_top;
extern const struct subcommand subcommand_doctor;
extern const struct subcommand subcommand_drill;

#endif
