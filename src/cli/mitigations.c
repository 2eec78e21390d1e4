/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/mitigations.c - `weir mitigations [list|add|release|explain]`: the measures in force, and by
 * hand.
 *
 * Release and explain take ids, or the address or prefix that a measure is about, which is what an
 * operator knows; then all that are in force for exactly that one are meant.
 */
#include <string.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "lib/addr.h"
#include "lib/text.h"

#define INDENT 2u

static const char help[] =
	"Usage: weir mitigations [list] [-a]\n"
	"       weir mitigations add VERB WHOM [--for=TIME] [--rate=PPS] [--class=CLASS] "
	"[--why=TEXT]\n"
	"       weir mitigations release ID|WHOM...\n"
	"       weir mitigations explain ID|WHOM\n"
	"The measures: what is dropped or limited, why, how often it was hit, and when it ends.\n"
	"\n"
	"  VERB                    limit_source, limit_class, quarantine, block, nft_block\n"
	"  WHOM                    an address or prefix: the sender, or the target of limit_class\n"
	"  -a, --all               list those of the last hour too that are over\n"
	"      --for=TIME          how long (90s, 10m, 1h, 2d); default: 1h\n"
	"      --rate=PPS          packets/s that still pass, of limit_source and limit_class\n"
	"      --class=CLASS       syn, tcp, answer, icmp, fragment, udp, other; of limit_class\n"
	"      --why=TEXT          kept beside it\n" ASK_HELP "\n" ASK_HELP_STATUS
	"See weir-mitigations(1).\n";

struct options {
	struct ask ask;
	bool is_all;
	const char *why, *class;
	json_int_t for_s, rate_pps;
	char **words;
	int count;
};

enum { OPTION_FOR = 256, OPTION_RATE, OPTION_CLASS, OPTION_WHY };

static int take(struct options *options, int option)
{
	switch (option) {
	case 'a':
		options->is_all = true;
		return 0;
	case OPTION_FOR:
		return ask_duration(&options->ask, optarg, &options->for_s) ? 0 : -1;
	case OPTION_RATE:
		return ask_number(&options->ask, "--rate", optarg, &options->rate_pps) ? 0 : -1;
	case OPTION_CLASS:
		options->class = optarg;
		return 0;
	case OPTION_WHY:
		options->why = optarg;
		return 0;
	default:
		return ask_option(&options->ask, option);
	}
}

static int parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = { { "all", no_argument, NULL, 'a' },
		{ "for", required_argument, NULL, OPTION_FOR },
		{ "rate", required_argument, NULL, OPTION_RATE },
		{ "class", required_argument, NULL, OPTION_CLASS },
		{ "why", required_argument, NULL, OPTION_WHY }, ASK_OPTIONS };
	int option, taken;

	while ((option = getopt_long(argc, argv, "a" ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		taken = take(options, option);
		if (taken != 0)
			return taken;
	}
	options->words = argv + optind;
	options->count = argc - optind;
	return 0;
}

static int list(const struct options *options)
{
	json_t *answer = NULL;
	struct page page;
	int status = ask_weir(&options->ask,
		json_pack("{s:s,s:b}", "command", "mitigations", "all", options->is_all), &answer);

	if (status == EXIT_FINE && options->ask.is_json) {
		status = ask_print_json(&options->ask, answer);
	} else if (status == EXIT_FINE) {
		ask_page(&options->ask, &page);
		if (json_array_size(answer_at(answer, "mitigations")) == 0) {
			page_put(&page, PAINT_PLAIN, "No measure is in force.");
			page_end(&page);
		}
		print_mitigation_rows(&page, answer_at(answer, "mitigations"), 0);
		status = ask_page_end(&options->ask, &page);
	}
	json_decref(answer);
	return status;
}

/* Is the verb one an operator may give, with all that it needs? Weir checks the rest. */
static int check_add(const struct options *options)
{
	static const char *const verbs[] = { "limit_source", "limit_class", "quarantine", "block",
		"nft_block" };
	const char *verb = options->words[1];
	bool is_known = false;

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		is_known |= strcmp(verb, verbs[i]) == 0;
	if (!is_known)
		return ask_usage(&options->ask,
			"%s is no measure that can be added by hand (limit_source, limit_class, "
			"quarantine, block, nft_block)",
			verb);
	if (strncmp(verb, "limit_", 6) == 0 && options->rate_pps < 0)
		return ask_usage(&options->ask, "%s needs --rate=PPS", verb);
	if (strcmp(verb, "limit_class") == 0 && !options->class)
		return ask_usage(&options->ask, "limit_class needs --class=CLASS");
	return EXIT_FINE;
}

static json_t *request_add(const struct options *options, const char *whom)
{
	json_t *request = json_pack("{s:s,s:s,s:s,s:I}", "command", "mitigation.add", "verb",
		options->words[1], "whom", whom, "for_s", options->for_s);

	if (options->rate_pps >= 0)
		json_object_set_new(request, "rate_pps", json_integer(options->rate_pps));
	if (options->class)
		json_object_set_new(request, "class", json_string(options->class));
	if (options->why)
		json_object_set_new(request, "why", json_string(options->why));
	return request;
}

static int add(const struct options *options)
{
	char whom[ADDR_TEXT_MAX], clean[128];
	json_t *answer = NULL;
	int status;

	if (options->count != 3)
		return ask_usage(&options->ask, "add takes a VERB and WHOM");
	status = check_add(options);
	if (status != EXIT_FINE)
		return status;
	if (!ask_prefix(&options->ask, options->words[2], whom))
		return EXIT_USAGE;
	status = ask_weir(&options->ask, request_add(options, whom), &answer);
	if (status == EXIT_FINE && options->ask.is_json)
		status = ask_print_json(&options->ask, answer);
	else if (status == EXIT_FINE)
		printf("%s %s: measure %llu, %s.\n", options->words[1], whom,
			(unsigned long long)answer_count(answer, "mitigation.id"),
			text_clean(answer_text(answer, "mitigation.state"), false, clean,
				sizeof(clean)));
	json_decref(answer);
	return status;
}

/* The ids that a word means: itself, or those of the measures for that address. */
static int find_ids(const struct options *options, const char *word, json_t *ids)
{
	char whom[ADDR_TEXT_MAX];
	json_t *answer = NULL, *one;
	json_int_t id;
	size_t i;
	int status;

	if (word[strspn(word, "0123456789")] == '\0')
		return ask_number(&options->ask, "ID", word, &id) &&
				       json_array_append_new(ids, json_integer(id)) == 0
			       ? EXIT_FINE
			       : EXIT_USAGE;
	if (!ask_prefix(&options->ask, word, whom))
		return EXIT_USAGE;
	status = ask_weir(&options->ask, json_pack("{s:s}", "command", "mitigations"), &answer);
	json_array_foreach(answer_at(answer, "mitigations"), i, one) {
		if (strcmp(answer_text(one, "whom"), whom) == 0)
			json_array_append(ids, json_object_get(one, "id"));
	}
	json_decref(answer);
	if (status == EXIT_FINE && json_array_size(ids) == 0) {
		fprintf(stderr, "%s: no measure is in force for %s\n", options->ask.name, whom);
		status = EXIT_FOUND;
	}
	return status;
}

static int release_word(const struct options *options, const char *word, json_t *released)
{
	json_t *ids = json_array(), *answer, *id;
	int status = find_ids(options, word, ids);
	size_t i;

	json_array_foreach(ids, i, id) {
		json_t *request = json_pack("{s:s,s:O}", "command", "mitigation.release", "id", id);
		int one;

		answer = NULL;
		one = ask_weir(&options->ask, request, &answer);
		if (one == EXIT_FINE)
			json_array_append(released, id);
		json_decref(answer);
		status = one > status ? one : status;
	}
	json_decref(ids);
	return status;
}

static int release(const struct options *options)
{
	json_t *released, *id;
	int status = EXIT_FINE;
	size_t i;

	if (options->count < 2)
		return ask_usage(
			&options->ask, "release takes the ID of a measure or WHOM it is for");
	released = json_array();
	for (int word = 1; word < options->count; word++) {
		int one = release_word(options, options->words[word], released);

		status = one > status ? one : status;
	}
	if (options->ask.is_json) {
		json_t *answer = json_pack("{s:O}", "released", released);

		ask_print_json(&options->ask, answer);
		json_decref(answer);
	} else {
		json_array_foreach(released, i, id) {
			printf("released %lld\n", (long long)json_integer_value(id));
		}
	}
	json_decref(released);
	return status;
}

static void print_share(struct page *page, const json_t *mitigation, const char *key,
	const char *label, const char *of)
{
	const json_t *value = json_object_get(mitigation, key);
	char share[TEXT_NUMBER_MAX];

	if (!json_is_number(value))
		return;
	page_label(page, INDENT, label);
	page_flow(page, PAGE_FIELD(INDENT), PAINT_PLAIN, "%s %s",
		text_share(json_number_value(value), share), of);
	page_end(page);
}

static void print_hits(struct page *page, const json_t *mitigation)
{
	char hits[TEXT_NUMBER_MAX], bytes[TEXT_NUMBER_MAX], last[TEXT_NUMBER_MAX];

	page_label(page, INDENT, "hits");
	page_flow(page, PAGE_FIELD(INDENT), PAINT_PLAIN, "%s packets, %s",
		text_count(answer_count(mitigation, "hits"), hits),
		text_bytes(answer_count(mitigation, "bytes"), bytes));
	if (answer_since(mitigation, "last_hit", last)[0])
		page_flow(page, PAGE_FIELD(INDENT), PAINT_FAINT, "(the last %s ago)", last);
	page_end(page);
}

static void print_times(struct page *page, const json_t *mitigation)
{
	bool is_renewed = strcmp(answer_text(mitigation, "origin"), "policy") == 0;
	char text[TEXT_NUMBER_MAX], left[TEXT_NUMBER_MAX];

	print_field(page, INDENT, "since", answer_moment(mitigation, "begins", text));
	print_field(page, INDENT, "ended", answer_moment(mitigation, "ended", text));
	if (answer_time_ns(mitigation, "ended") || !answer_time_ns(mitigation, "expires"))
		return;
	page_label(page, INDENT, "until");
	page_flow(page, PAGE_FIELD(INDENT), PAINT_PLAIN, "%s",
		answer_moment(mitigation, "expires", text));
	page_flow(page, PAGE_FIELD(INDENT), PAINT_FAINT, "(in %s%s)",
		answer_until(mitigation, "expires", left),
		is_renewed ? "; renewed while needed" : "");
	page_end(page);
}

static void print_mitigation(struct page *page, const json_t *mitigation)
{
	char number[TEXT_NUMBER_MAX];

	page_put(page, PAINT_STRONG, "%s %s", answer_text(mitigation, "verb"),
		answer_text(mitigation, "whom"));
	page_flow(page, 0, PAINT_PLAIN, "%s", answer_text(mitigation, "state"));
	snprintf(
		number, sizeof(number), "%llu", (unsigned long long)answer_count(mitigation, "id"));
	page_put_right(page, PAINT_FAINT, number);
	page_end(page);
	print_field(page, INDENT, "why", answer_text(mitigation, "why"));
	print_field(page, INDENT, "class", answer_text(mitigation, "class"));
	if (answer_count(mitigation, "rate_pps"))
		print_field(page, INDENT, "rate",
			text_packet_rate(answer_number(mitigation, "rate_pps"), number));
	print_field(page, INDENT, "matches", answer_text(mitigation, "filter.text"));
	print_share(page, mitigation, "coverage", "coverage", "of the attack's packets");
	print_share(page, mitigation, "collateral", "collateral",
		"of the good packets of the last hour");
	print_hits(page, mitigation);
	print_times(page, mitigation);
	print_field(page, INDENT, "origin", answer_text(mitigation, "origin"));
	print_field(page, INDENT, "incident", answer_text(mitigation, "incident"));
	print_field(page, INDENT, "kind", answer_text(mitigation, "kind"));
}

static int explain_ids(const struct options *options, const json_t *ids)
{
	json_t *all = json_array(), *answer, *id, *whole;
	struct page page;
	size_t i;
	int status = EXIT_FINE;

	json_array_foreach(ids, i, id) {
		answer = NULL;
		status = ask_weir(&options->ask,
			json_pack("{s:s,s:O}", "command", "mitigation.explain", "id", id), &answer);
		if (status != EXIT_FINE)
			break;
		json_array_append(all, json_object_get(answer, "mitigation"));
		json_decref(answer);
	}
	if (status == EXIT_FINE && options->ask.is_json) {
		whole = json_pack("{s:O}", "mitigations", all);
		status = ask_print_json(&options->ask, whole);
		json_decref(whole);
	} else if (status == EXIT_FINE) {
		ask_page(&options->ask, &page);
		json_array_foreach(all, i, answer) {
			if (i > 0)
				page_end(&page);
			print_mitigation(&page, answer);
		}
		status = ask_page_end(&options->ask, &page);
	}
	json_decref(all);
	return status;
}

static int explain(const struct options *options)
{
	json_t *ids;
	int status;

	if (options->count != 2)
		return ask_usage(
			&options->ask, "explain takes the ID of a measure or WHOM it is for");
	ids = json_array();
	status = find_ids(options, options->words[1], ids);
	if (status == EXIT_FINE)
		status = explain_ids(options, ids);
	json_decref(ids);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *options);
	} verbs[] = { { "list", list }, { "add", add }, { "release", release },
		{ "explain", explain } };
	struct options options = {
		.ask = ASK_INIT("weir mitigations", help), .for_s = 3600, .rate_pps = -1
	};
	int parsed = parse(&options, argc, argv);

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	if (options.count == 0)
		return list(&options);
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(options.words[0], verbs[i].name) == 0)
			return verbs[i].run(&options);
	return ask_usage(&options.ask, "list, add, release or explain, not %s", options.words[0]);
}

const struct subcommand subcommand_mitigations = {
	.name = "mitigations",
	.summary = "list, add, release, explain measures",
	.run = run,
};
