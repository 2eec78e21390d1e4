/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/inspect.c - `weir inspect FILE…`: what happened in these captures.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/captures.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "crew.h"
#include "engine.h"
#include "record/eve_app.h"
#include "record/json_value.h"

#define COLUMNS_PLAIN 100

struct options {
	const char *conf_path, *eve_path, *explain;
	bool is_json;
	int color; /* 1 always, 0 never, -1 on a terminal */
	unsigned workers;
	char **files;
	unsigned file_count;
};

static const char help[] =
	"Usage: weir inspect [OPTION]... FILE...\n"
	"What happened in these captures: floods, reflections, scans, malformed packets; who is\n"
	"target, zombie, reflector, and why weir thinks so. Several files are merged by time.\n"
	"FILE is pcap or pcapng, gzip'd or not; - is standard input.\n"
	"\n"
	"  -j, --json          one JSON document instead of the report\n"
	"  -o, --eve=FILE      also write EVE JSON lines to FILE (- is standard output)\n"
	"      --explain=ID    all evidence for one incident\n"
	"  -c, --config=FILE   configuration (weir.yaml(5)); without it the defaults hold\n"
	"      --workers=N     worker threads, 1..64; default: one a core\n"
	"      --color=WHEN    always, never, or auto (default: on a terminal)\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0 nothing of medium severity or above, 1 something, 2 wrong usage,\n"
	"3 an input could not be read. See weir-inspect(1).\n";

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "weir inspect: %s%s%s; try weir inspect --help\n", what, which ? ": " : "",
		which ? which : "");
	return -1;
}

static int parse_color(const char *text, struct options *options)
{
	if (strcmp(text, "always") == 0)
		options->color = 1;
	else if (strcmp(text, "never") == 0)
		options->color = 0;
	else if (strcmp(text, "auto") == 0)
		options->color = -1;
	else
		return usage("--color takes always, never or auto, not", text);
	return 0;
}

static int parse_workers(const char *text, struct options *options)
{
	char *end;
	unsigned long workers = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || workers < 1 || workers > CREW_MAX)
		return usage("--workers takes a number from 1 to 64, not", text);
	options->workers = (unsigned)workers;
	return 0;
}

/* 0; 1: help was asked for and given; -1: wrong. */
static int parse(int argc, char **argv, struct options *options)
{
	enum { OPTION_EXPLAIN = 256, OPTION_WORKERS, OPTION_COLOR };
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "eve", required_argument, NULL, 'o' },
		{ "explain", required_argument, NULL, OPTION_EXPLAIN },
		{ "config", required_argument, NULL, 'c' },
		{ "workers", required_argument, NULL, OPTION_WORKERS },
		{ "color", required_argument, NULL, OPTION_COLOR },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, r = 0;

	while (r == 0 && (option = getopt_long(argc, argv, "jo:c:h", known, NULL)) != -1) {
		switch (option) {
		case 'j':
			options->is_json = true;
			break;
		case 'o':
			options->eve_path = optarg;
			break;
		case 'c':
			options->conf_path = optarg;
			break;
		case OPTION_EXPLAIN:
			options->explain = optarg;
			break;
		case OPTION_WORKERS:
			r = parse_workers(optarg, options);
			break;
		case OPTION_COLOR:
			r = parse_color(optarg, options);
			break;
		case 'h':
			fputs(help, stdout);
			return 1;
		default:
			return usage("unknown or incomplete option", NULL);
		}
	}
	if (r < 0)
		return r;
	options->files = argv + optind;
	options->file_count = (unsigned)(argc - optind);
	if (options->file_count == 0)
		return usage("no capture file given", NULL);
	if (options->is_json && options->eve_path && strcmp(options->eve_path, "-") == 0)
		return usage("-j and -o - both want standard output", NULL);
	return 0;
}

static struct text_style style_of(const struct options *options)
{
	struct text_style style = { .columns = COLUMNS_PLAIN };
	struct winsize size;
	bool is_terminal = isatty(STDOUT_FILENO);

	style.is_ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	style.color =
		options->color == 1 || (options->color == -1 && is_terminal && !getenv("NO_COLOR"));
	if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60)
		style.columns = size.ws_col < COLUMNS_PLAIN ? size.ws_col : COLUMNS_PLAIN;
	return style;
}

/* The EVE file: events of protocols as they come, incidents and the rest at the end. It is written
 * beside its path and then renamed, so that a full disk leaves no half file. */
struct eve {
	const struct conf *conf;
	const char *path;
	char partial[4096];
	FILE *file; /* NULL: none is wanted */
	int error;  /* the first, −errno */
};

static int eve_open(struct eve *eve)
{
	int len;

	if (!eve->path)
		return 0;
	eve->file = stdout;
	if (strcmp(eve->path, "-") == 0)
		return 0;
	len = snprintf(eve->partial, sizeof(eve->partial), "%s.partial", eve->path);
	if (len >= (int)sizeof(eve->partial))
		return -ENAMETOOLONG;
	eve->file = fopen(eve->partial, "we");
	return eve->file ? 0 : -errno;
}

static void eve_see(void *context, const struct app_event *event)
{
	struct eve *eve = context;

	if (eve->file && eve->error == 0 && eve_app_is_wanted(eve->conf, event))
		eve->error = value_write(eve_app(event), "\n", eve->file);
}

/* report NULL: there is none, and no file is left. */
static int eve_close(struct eve *eve, const struct report *report)
{
	int r = eve->error;

	if (!eve->file)
		return 0;
	if (r == 0 && report)
		r = report_eve(report, eve->file);
	if (eve->file == stdout)
		return r;
	if (fclose(eve->file) != 0 && r == 0)
		r = -errno;
	if (r == 0 && report && rename(eve->partial, eve->path) != 0)
		r = -errno;
	if (r < 0 || !report)
		unlink(eve->partial);
	return r;
}

static const struct incident *find_incident(const struct report *report, const char *id)
{
	size_t len = strlen(id);
	const struct incident *found = NULL;

	for (unsigned i = 0; i < report->incident_count; i++)
		if (len > 0 && strncmp(report->incidents[i]->id, id, len) == 0) {
			if (found)
				return NULL;
			found = report->incidents[i];
		}
	return found;
}

static int explain(
	const struct report *report, const struct options *options, const struct text_style *style)
{
	const struct incident *incident = find_incident(report, options->explain);

	if (incident)
		return report_explain(report, incident, style, stdout);
	fprintf(stderr,
		"weir inspect: no incident (or more than one) has an id that begins with %s; there "
		"%s",
		options->explain, report->incident_count ? "are:\n" : "is none\n");
	for (unsigned i = 0; i < report->incident_count; i++)
		fprintf(stderr, "  %s %s\n", report->incidents[i]->id,
			kind_info(report->incidents[i]->kind)->name);
	return -ENOENT;
}

static int say_eve(const struct options *options, int error)
{
	fprintf(stderr, "weir inspect: cannot write %s: %s\n", options->eve_path, strerror(-error));
	return EXIT_INPUT;
}

static int write_out(const struct report *report, const struct options *options, struct eve *eve)
{
	struct text_style style = style_of(options);
	int r = eve_close(eve, report);

	if (r < 0)
		return say_eve(options, r);
	if (options->explain) {
		r = explain(report, options, &style);
		if (r == -ENOENT)
			return EXIT_USAGE;
	} else if (options->is_json) {
		r = report_json(report, stdout);
	} else if (!options->eve_path || strcmp(options->eve_path, "-") != 0) {
		r = report_text(report, &style, stdout);
	}
	if (r == 0 && fflush(stdout) != 0)
		r = -errno;
	if (r < 0) {
		fprintf(stderr, "weir inspect: cannot write the report: %s\n", strerror(-r));
		return EXIT_INPUT;
	}
	for (unsigned i = 0; i < report->file_count; i++)
		if (report->files[i].error) {
			fprintf(stderr, "weir inspect: %s\n", report->files[i].error);
			return EXIT_INPUT;
		}
	return report_exit_status(report);
}

static int inspect(const struct options *options, const struct conf *conf, struct merge *merge)
{
	struct progress progress;
	struct eve eve = { .conf = conf, .path = options->eve_path };
	struct engine_options engine_options = {
		.conf = conf,
		.workers = captures_workers(options->workers, conf),
		.progress = progress_show,
		.progress_context = &progress,
		.events = { eve_see, &eve },
	};
	struct engine *engine;
	struct err err;
	int r = eve_open(&eve), status;

	if (r < 0)
		return say_eve(options, r);
	progress_begin(&progress);
	r = engine_inspect(&engine_options, merge, &err, &engine);
	progress_end(&progress);
	if (r < 0) {
		eve_close(&eve, NULL);
		fprintf(stderr, "weir inspect: %s\n", err.text);
		return EXIT_INPUT;
	}
	status = write_out(engine_report(engine), options, &eve);
	engine_close(engine);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .color = -1 };
	struct conf *conf = NULL;
	struct merge *merge = NULL;
	int failed, status, r = parse(argc, argv, &options);

	if (r != 0)
		return r > 0 ? EXIT_FINE : EXIT_USAGE;
	if (captures_conf("weir inspect", options.conf_path, &conf) < 0)
		return EXIT_INPUT;
	failed = captures_open("weir inspect", options.files, options.file_count, &merge);
	status = failed < 0 || !merge ? EXIT_INPUT : inspect(&options, conf, merge);
	if (failed > 0 && status < EXIT_USAGE)
		status = EXIT_INPUT;
	merge_close(merge);
	conf_close(conf);
	return status;
}

const struct subcommand subcommand_inspect = {
	.name = "inspect",
	.summary = "what happened in these captures",
	.run = run,
};
