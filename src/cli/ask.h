/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/ask.h - what the commands have in common that ask a running weir: options, the question, the
 * page they answer on.
 *
 * A command adds ASK_OPTIONS to its own options and gives those it does not know to ask_option().
 * The JSON of requests and answers stands in docs/control.md.
 */
#ifndef WEIR_CLI_ASK_H
#define WEIR_CLI_ASK_H

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

#include "cli/cli.h"
#include "record/page.h"

#define EXIT_UNREACHABLE EXIT_INPUT /* weir does not run here, or this user may not ask it */

struct ask {
	const char *name; /* "weir status", for messages */
	const char *help;
	const char *runtime_dir; /* NULL: of the configuration */
	const char *conf_path;	 /* NULL: defaults */
	bool is_json;
	int color; /* 1 always, 0 never, -1 on a terminal */
};

#define ASK_INIT(called, text)                                                                     \
	{                                                                                          \
		.name = (called), .help = (text), .color = -1                                      \
	}

enum { ASK_OPTION_RUNTIME_DIR = 1000, ASK_OPTION_COLOR };

#define ASK_SHORT_OPTIONS "jc:h"
/* clang-format off */
#define ASK_OPTIONS \
	{ "json", no_argument, NULL, 'j' }, \
	{ "config", required_argument, NULL, 'c' }, \
	{ "runtime-dir", required_argument, NULL, ASK_OPTION_RUNTIME_DIR }, \
	{ "color", required_argument, NULL, ASK_OPTION_COLOR }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ 0 }
#define ASK_HELP \
	"  -j, --json              the answer as JSON\n" \
	"  -c, --config=FILE       configuration of the weir that is asked, for its runtime_dir\n" \
	"      --runtime-dir=DIR   where it listens; default: /run/weir\n" \
	"      --color=WHEN        always, never, or auto (default: on a terminal)\n" \
	"  -h, --help              this text\n"
#define ASK_HELP_STATUS \
	"Exit status: 0 done, 1 weir refuses, 2 wrong usage, 3 weir does not run here or\n" \
	"this user may not ask it.\n"
/* clang-format on */

/* Takes a common option. 0 taken; 1: help was asked for and given; -1: wrong, and said. */
int ask_option(struct ask *ask, int option);

/* The whole command line of a command that has only these options: the number of arguments left,
 * or -1 wrong, -2 help. *ret_first: their place. */
int ask_options(struct ask *ask, int argc, char **argv, int *ret_first);

/* Says what is wrong. EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int ask_usage(const struct ask *ask, const char *format, ...);

/* The values of --for, of an address, of a number; false: wrong, and said. */
bool ask_duration(const struct ask *ask, const char *text, json_int_t *ret_seconds);
bool ask_prefix(const struct ask *ask, const char *text, char ret_text[]); /* ADDR_TEXT_MAX */
bool ask_number(const struct ask *ask, const char *what, const char *text, json_int_t *ret_number);

/* Asks; takes the request. EXIT_FINE with the answer, or EXIT_FOUND (refused) or
 * EXIT_UNREACHABLE and it is said. */
int ask_weir(const struct ask *ask, json_t *request, json_t **ret_answer);

/* The same without a word: 0 or −errno. For doctor. */
struct err;
int ask_quietly(const struct ask *ask, json_t *request, struct err *err, json_t **ret_answer);

/* Prints the answer, less its "ok". EXIT_FINE, or EXIT_INPUT when that failed. */
int ask_print_json(const struct ask *ask, json_t *answer);

/* Standard output as a page, and its end: EXIT_FINE or EXIT_INPUT. */
void ask_page(const struct ask *ask, struct page *page);
struct text_style ask_style(const struct ask *ask);
int ask_page_end(const struct ask *ask, struct page *page);

#endif
