/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/allow.c - `weir allow`: what no measure may touch; `weir block`: what nothing may come from.
 */
#include <string.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "lib/addr.h"
#include "lib/text.h"
#include "record/table.h"
#include "types.h"

static const char allow_help[] =
	"Usage: weir allow [OPTION]... [PREFIX]\n"
	"Lets nothing that weir does touch PREFIX: measures against it end at once. Without "
	"PREFIX:\n"
	"lists what is allowed, and by whom.\n"
	"\n"
	"      --for=TIME          only so long (90s, 10m, 1h, 2d); default: until it is removed\n"
	"      --remove            takes back what weir allow has added\n" ASK_HELP
	"\n" ASK_HELP_STATUS "See weir-allow(1).\n";

static const char block_help[] =
	"Usage: weir block [OPTION]... PREFIX\n"
	"Drops everything from PREFIX, for a while. weir mitigations release PREFIX ends it "
	"early.\n"
	"\n"
	"      --for=TIME          how long (90s, 10m, 1h, 2d); default: 1h\n"
	"      --why=TEXT          kept beside it\n" ASK_HELP "\n" ASK_HELP_STATUS
	"See weir-block(1).\n";

struct options {
	struct ask ask;
	json_int_t for_s; /* 0: not given */
	bool is_removed;
	const char *why;
	const char *prefix; /* NULL: none */
};

enum { OPTION_FOR = 256, OPTION_REMOVE, OPTION_WHY };

static const struct option allow_options[] = { { "for", required_argument, NULL, OPTION_FOR },
	{ "remove", no_argument, NULL, OPTION_REMOVE }, ASK_OPTIONS };
static const struct option block_options[] = { { "for", required_argument, NULL, OPTION_FOR },
	{ "why", required_argument, NULL, OPTION_WHY }, ASK_OPTIONS };

/* 0; 1 help; -1 wrong. */
static int parse(struct options *options, int argc, char **argv, const struct option *known)
{
	int option, taken = 0;

	while ((option = getopt_long(argc, argv, ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == OPTION_FOR)
			taken = ask_duration(&options->ask, optarg, &options->for_s) ? 0 : -1;
		else if (option == OPTION_REMOVE)
			options->is_removed = true;
		else if (option == OPTION_WHY)
			options->why = optarg;
		else
			taken = ask_option(&options->ask, option);
		if (taken != 0)
			return taken;
	}
	if (argc - optind > 1) {
		ask_usage(&options->ask, "one PREFIX, not %d", argc - optind);
		return -1;
	}
	options->prefix = argc > optind ? argv[optind] : NULL;
	return 0;
}

static void print_allowed(struct page *page, const json_t *allowed)
{
	static const char *const headings[] = { "prefix", "by", "ends in" };
	const json_t *one;
	struct table table;
	char left[TEXT_NUMBER_MAX];
	size_t i;

	for (size_t begin = 0; begin < json_array_size(allowed); begin += TABLE_ROWS - 1) {
		table_open(&table, "llr", headings);
		for (i = begin; i < begin + TABLE_ROWS - 1; i++) {
			one = json_array_get(allowed, i);
			if (!one)
				break;
			table_cell(&table, "%s", answer_text(one, "prefix"));
			table_cell(&table, "%s", answer_text(one, "origin"));
			table_cell(&table, "%s", answer_until(one, "expires", left));
		}
		table_print(page, &table, 0);
	}
}

static int list_allowed(const struct options *options)
{
	json_t *answer = NULL;
	struct page page;
	int status = ask_weir(&options->ask, json_pack("{s:s}", "command", "allowed"), &answer);

	if (status == EXIT_FINE && options->ask.is_json) {
		status = ask_print_json(&options->ask, answer);
	} else if (status == EXIT_FINE) {
		ask_page(&options->ask, &page);
		print_allowed(&page, answer_at(answer, "allowed"));
		status = ask_page_end(&options->ask, &page);
	}
	json_decref(answer);
	return status;
}

/* Asks, and says what has been done. */
static int tell(
	const struct options *options, json_t *request, const char *prefix, const char *done)
{
	char length[TEXT_NUMBER_MAX];
	json_t *answer = NULL;
	int status;

	if (options->for_s && !options->is_removed)
		json_object_set_new(request, "for_s", json_integer(options->for_s));
	if (options->why)
		json_object_set_new(request, "why", json_string(options->why));
	status = ask_weir(&options->ask, request, &answer);
	if (status == EXIT_FINE && options->ask.is_json)
		status = ask_print_json(&options->ask, answer);
	else if (status == EXIT_FINE && options->for_s && !options->is_removed)
		printf("%s is %s for %s.\n", prefix, done,
			text_duration(options->for_s * NS_PER_S, length));
	else if (status == EXIT_FINE)
		printf("%s is %s.\n", prefix, done);
	if (status == EXIT_FINE && !options->ask.is_json &&
		(strcmp(answer_text(answer, "mode"), "shadow") == 0 ||
			strcmp(answer_text(answer, "mitigation.state"), "shadow") == 0))
		printf("The mode is shadow: nothing is dropped, only counted.\n");
	json_decref(answer);
	return status;
}

static int run_allow(int argc, char **argv)
{
	struct options options = { .ask = ASK_INIT("weir allow", allow_help) };
	int parsed = parse(&options, argc, argv, allow_options);
	char prefix[ADDR_TEXT_MAX];

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	if (!options.prefix && (options.is_removed || options.for_s))
		return ask_usage(&options.ask, "no PREFIX given");
	if (!options.prefix)
		return list_allowed(&options);
	if (!ask_prefix(&options.ask, options.prefix, prefix))
		return EXIT_USAGE;
	return tell(&options,
		json_pack("{s:s,s:s}", "command", options.is_removed ? "disallow" : "allow",
			"prefix", prefix),
		prefix, options.is_removed ? "no longer allowed" : "allowed");
}

static int run_block(int argc, char **argv)
{
	struct options options = { .ask = ASK_INIT("weir block", block_help), .for_s = 3600 };
	int parsed = parse(&options, argc, argv, block_options);
	char prefix[ADDR_TEXT_MAX];

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	if (!options.prefix)
		return ask_usage(&options.ask, "no PREFIX given");
	if (!ask_prefix(&options.ask, options.prefix, prefix))
		return EXIT_USAGE;
	return tell(&options, json_pack("{s:s,s:s}", "command", "block", "prefix", prefix), prefix,
		"blocked");
}

const struct subcommand subcommand_allow = {
	.name = "allow",
	.summary = "what no measure may touch",
	.run = run_allow,
};

const struct subcommand subcommand_block = {
	.name = "block",
	.summary = "drop everything from an address or prefix, for a while",
	.run = run_block,
};
