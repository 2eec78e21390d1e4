/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/ask.c - asking a running weir; see ask.h. */
#include "cli/ask.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conf/conf.h"
#include "lib/duration.h"
#include "lib/text.h"
#include "record/json_value.h"
#include "watch/control.h"

int ask_usage(const struct ask *ask, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", ask->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; try %s --help\n", ask->name);
	return EXIT_USAGE;
}

static int take_color(struct ask *ask, const char *text)
{
	if (strcmp(text, "always") == 0)
		ask->color = 1;
	else if (strcmp(text, "never") == 0)
		ask->color = 0;
	else if (strcmp(text, "auto") == 0)
		ask->color = -1;
	else {
		ask_usage(ask, "--color takes always, never or auto, not %s", text);
		return -1;
	}
	return 0;
}

int ask_option(struct ask *ask, int option)
{
	switch (option) {
	case 'j':
		ask->is_json = true;
		return 0;
	case 'c':
		ask->conf_path = optarg;
		return 0;
	case ASK_OPTION_RUNTIME_DIR:
		ask->runtime_dir = optarg;
		return 0;
	case ASK_OPTION_COLOR:
		return take_color(ask, optarg);
	case 'h':
		fputs(ask->help, stdout);
		return 1;
	default:
		ask_usage(ask, "unknown or incomplete option");
		return -1;
	}
}

int ask_options(struct ask *ask, int argc, char **argv, int *ret_first)
{
	static const struct option known[] = { ASK_OPTIONS };
	int option;

	while ((option = getopt_long(argc, argv, ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		int taken = ask_option(ask, option);

		if (taken != 0)
			return taken > 0 ? -2 : -1;
	}
	*ret_first = optind;
	return argc - optind;
}

bool ask_duration(const struct ask *ask, const char *text, json_int_t *ret_seconds)
{
	uint64_t seconds = 0;
	int result = duration_parse(text, &seconds);

	if (result == -ERANGE)
		ask_usage(ask, "%s is no time from 1 s to a year", text);
	else if (result < 0)
		ask_usage(ask, "%s is no length of time; write 90s, 10m, 1h, 2d or 1h30m", text);
	*ret_seconds = (json_int_t)seconds;
	return result == 0;
}

bool ask_prefix(const struct ask *ask, const char *text, char ret_text[])
{
	struct addr addr;
	unsigned bits;

	if (addr_prefix_parse(text, &addr, &bits) < 0) {
		ask_usage(ask,
			"%s is neither an address nor a prefix (192.0.2.7, 192.0.2.0/24, "
			"2001:db8::/32)",
			text);
		return false;
	}
	addr_prefix_format(&addr, bits, ret_text);
	return true;
}

bool ask_number(const struct ask *ask, const char *what, const char *text, json_int_t *ret_number)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number > INT64_MAX) {
		ask_usage(ask, "%s is a number, not %s", what, text);
		return false;
	}
	*ret_number = (json_int_t)number;
	return true;
}

int ask_quietly(const struct ask *ask, json_t *request, struct err *err, json_t **ret_answer)
{
	struct conf *conf = NULL;
	int result = 0;

	if (!ask->runtime_dir && ask->conf_path)
		result = conf_load(ask->conf_path, err, &conf);
	else if (!ask->runtime_dir)
		result = conf_load_bytes("", 0, "defaults", err, &conf);
	if (result < 0)
		json_decref(request);
	else
		result = control_ask(ask->runtime_dir ? ask->runtime_dir : conf->run.runtime_dir,
			request, err, ret_answer);
	conf_close(conf);
	return result;
}

int ask_weir(const struct ask *ask, json_t *request, json_t **ret_answer)
{
	char clean[1024];
	struct err err = { "" };
	int result = ask_quietly(ask, request, &err, ret_answer);

	if (result == 0)
		return EXIT_FINE;
	fprintf(stderr, "%s: %s\n", ask->name, text_clean(err.text, false, clean, sizeof(clean)));
	return result == -EREMOTEIO ? EXIT_FOUND : EXIT_UNREACHABLE;
}

static int end_output(const struct ask *ask, int result)
{
	if (result == 0)
		return EXIT_FINE;
	fprintf(stderr, "%s: cannot write the answer: %s\n", ask->name, strerror(-result));
	return EXIT_INPUT;
}

int ask_print_json(const struct ask *ask, json_t *answer)
{
	int result;

	json_object_del(answer, "ok");
	result = value_write(json_incref(answer), "\n", stdout);
	errno = 0;
	if (result == 0 && fflush(stdout) != 0)
		result = errno ? -errno : -EIO;
	return end_output(ask, result);
}

struct text_style ask_style(const struct ask *ask)
{
	struct text_style style = { .columns = PAGE_COLUMNS_MAX };
	struct winsize size;
	bool is_terminal = isatty(STDOUT_FILENO);

	style.is_ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	style.color = ask->color == 1 || (ask->color == -1 && is_terminal && !getenv("NO_COLOR"));
	if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.columns = size.ws_col;
	return style;
}

void ask_page(const struct ask *ask, struct page *page)
{
	struct text_style style = ask_style(ask);

	page_open(page, &style, stdout);
}

int ask_page_end(const struct ask *ask, struct page *page)
{
	return end_output(ask, page_close(page));
}
