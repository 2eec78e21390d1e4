/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/arm.c - `weir arm`: from looking on to dropping, with a way back that needs nobody.
 *
 * Without --confirm the mode goes back by itself, in the kernel too, so that an operator who has
 * cut himself off only has to wait.
 */
#include <string.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "lib/text.h"
#include "types.h"

static const char help[] =
	"Usage: weir arm --for=TIME | --confirm | --shadow | --learn\n"
	"Changes the mode. --for enforces for that long and then goes back to shadow by itself;\n"
	"--confirm, given within that time, makes it stay.\n"
	"\n"
	"      --for=TIME          enforce so long (90s, 10m, 1h)\n"
	"      --confirm           enforce from now on\n"
	"      --shadow            drop nothing, count what would have been dropped\n"
	"      --learn             look on, decide nothing\n" ASK_HELP "\n" ASK_HELP_STATUS
	"See weir-arm(1).\n";

enum { OPTION_FOR = 256, OPTION_CONFIRM, OPTION_SHADOW, OPTION_LEARN };

struct wish {
	const char *mode;
	json_int_t for_s;
	bool is_confirmed;
	unsigned count; /* of wishes */
};

static int take(struct ask *ask, struct wish *wish, int option)
{
	if (option < OPTION_FOR || option > OPTION_LEARN)
		return ask_option(ask, option);
	wish->count++;
	wish->mode = option == OPTION_SHADOW  ? "shadow"
		     : option == OPTION_LEARN ? "learn"
					      : "enforce";
	wish->is_confirmed = option == OPTION_CONFIRM;
	return option != OPTION_FOR || ask_duration(ask, optarg, &wish->for_s) ? 0 : -1;
}

/* 0; 1 help; -1 wrong. */
static int parse(struct ask *ask, struct wish *wish, int argc, char **argv)
{
	static const struct option known[] = { { "for", required_argument, NULL, OPTION_FOR },
		{ "confirm", no_argument, NULL, OPTION_CONFIRM },
		{ "shadow", no_argument, NULL, OPTION_SHADOW },
		{ "learn", no_argument, NULL, OPTION_LEARN }, ASK_OPTIONS };
	int option, taken;

	while ((option = getopt_long(argc, argv, ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		taken = take(ask, wish, option);
		if (taken != 0)
			return taken;
	}
	if (optind < argc) {
		ask_usage(ask, "it takes no argument, not %s", argv[optind]);
		return -1;
	}
	if (wish->count != 1) {
		ask_usage(ask, "give one of --for=TIME, --confirm, --shadow and --learn");
		return -1;
	}
	return 0;
}

static void print_mode_now(const struct ask *ask, const json_t *answer)
{
	const char *mode = answer_text(answer, "mode");
	char left[TEXT_NUMBER_MAX];
	struct page page;

	ask_page(ask, &page);
	page_flow(&page, 0, PAINT_PLAIN, "The mode is");
	page_flow(&page, 0, mode_paint(mode), "%s", mode);
	if (answer_until(answer, "enforce_until", left)[0])
		page_flow(&page, 0, PAINT_PLAIN,
			"for %s. If all is well then, weir arm --confirm; else it goes back to "
			"shadow by itself.",
			left);
	page_end(&page);
	ask_page_end(ask, &page);
}

static int run(int argc, char **argv)
{
	struct ask ask = ASK_INIT("weir arm", help);
	struct wish wish = { 0 };
	json_t *request, *answer = NULL;
	int status, parsed = parse(&ask, &wish, argc, argv);

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	request = json_pack("{s:s,s:s,s:b}", "command", "mode", "mode", wish.mode, "confirm",
		wish.is_confirmed);
	if (wish.for_s)
		json_object_set_new(request, "for_s", json_integer(wish.for_s));
	status = ask_weir(&ask, request, &answer);
	if (status == EXIT_FINE && ask.is_json)
		status = ask_print_json(&ask, answer);
	else if (status == EXIT_FINE)
		print_mode_now(&ask, answer);
	json_decref(answer);
	return status;
}

const struct subcommand subcommand_arm = {
	.name = "arm",
	.summary = "enforce for a while, for good, or no longer",
	.run = run,
};
