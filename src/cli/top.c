/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/top.c - `weir top`: what goes on now, in the terminal, each second.
 *
 * A frame is first written to memory by the same pages as everything else, then put on the
 * alternate screen line by line, cut at its height, so that nothing flickers and nothing scrolls.
 * Whatever ends it, the terminal is put back as it was. Not on a terminal it prints one frame.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "cli/print_status.h"
#include "lib/err.h"
#include "lib/text.h"
#include "record/table.h"

#define REFRESH_MS 1000
#define INCIDENTS_SHOWN 8
#define MITIGATIONS_SHOWN 10
#define HOSTS_SHOWN 20

static const char help[] =
	"Usage: weir top [OPTION]...\n"
	"Rates, open incidents, measures in force and the busiest hosts, each second. q quits.\n"
	"\n"
	"  -1, --once              one view, then the end; so too when not on a terminal\n" ASK_HELP
	"\n" ASK_HELP_STATUS "See weir-top(1).\n";

static volatile sig_atomic_t is_over;
static volatile sig_atomic_t is_resized;

static void on_signal(int number)
{
	if (number == SIGWINCH)
		is_resized = 1;
	else
		is_over = 1;
}

static void print_hosts(struct page *page, const json_t *hosts)
{
	static const char *const headings[] = { "host", "", "received", "", "sent", "" };
	struct table table;
	char text[TEXT_NUMBER_MAX];
	const json_t *host;
	size_t i;

	if (json_array_size(hosts) == 0)
		return;
	table_open(&table, "wlrrrr", headings);
	json_array_foreach(hosts, i, host) {
		if (i == HOSTS_SHOWN)
			break;
		table_cell(&table, "%s", answer_text(host, "address"));
		table_cell(&table, "%s", answer_is(host, "inside") ? "inside" : "");
		table_cell(&table, "%s", text_bit_rate(answer_number(host, "received_bps"), text));
		table_cell(
			&table, "%s", text_packet_rate(answer_number(host, "received_pps"), text));
		table_cell(&table, "%s", text_bit_rate(answer_number(host, "sent_bps"), text));
		table_cell(&table, "%s", text_packet_rate(answer_number(host, "sent_pps"), text));
	}
	page_heading(page, "Busiest hosts");
	page_end(page);
	table_print(page, &table, 2);
}

static void print_count(struct page *page, const char *what, size_t count)
{
	char number[TEXT_NUMBER_MAX];

	page_heading(page, what);
	page_put(page, PAINT_FAINT, "  %s", text_count(count, number));
	page_end(page);
}

static void print_frame(struct page *page, const json_t *answer, bool is_live)
{
	const json_t *incidents = answer_at(answer, "incidents");
	const json_t *mitigations = answer_at(answer, "mitigations");
	char moment[TEXT_NUMBER_MAX];

	page_put(page, PAINT_STRONG, "weir");
	page_flow(page, 0, PAINT_FAINT, "%s", answer_moment(answer, "time", moment));
	if (is_live)
		page_put_right(page, PAINT_FAINT, "q quits");
	page_end(page);
	print_mode(page, answer);
	print_interfaces(page, answer);
	print_rates(page, answer);
	print_count(page, "Open incidents", json_array_size(incidents));
	print_incident_rows(page, incidents, INCIDENTS_SHOWN);
	print_count(page, "Measures in force", json_array_size(mitigations));
	print_mitigation_rows(page, mitigations, MITIGATIONS_SHOWN);
	print_hosts(page, answer_at(answer, "hosts"));
}

/* Asks and prints once. */
static int once(const struct ask *ask)
{
	json_t *answer = NULL;
	struct page page;
	int status = ask_weir(ask, json_pack("{s:s}", "command", "top"), &answer);

	if (status == EXIT_FINE && ask->is_json) {
		status = ask_print_json(ask, answer);
	} else if (status == EXIT_FINE) {
		ask_page(ask, &page);
		print_frame(&page, answer, false);
		status = ask_page_end(ask, &page);
	}
	json_decref(answer);
	return status;
}

static unsigned screen_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : 24;
}

/* Puts at most as many lines as the screen has; the rest of each line and of the screen is
 * cleared. */
static int put_on_screen(const char *frame)
{
	unsigned rows = screen_rows();

	fputs("\x1b[H", stdout);
	for (unsigned row = 0; row < rows && *frame; row++) {
		size_t len = strcspn(frame, "\n");

		if (row > 0)
			fputs("\r\n", stdout);
		fwrite(frame, 1, len, stdout);
		fputs("\x1b[0m\x1b[K", stdout);
		frame += len + (frame[len] == '\n');
	}
	fputs("\x1b[J", stdout);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

/* One frame of an answer, or of the reason why there is none. */
static int refresh(const struct ask *ask)
{
	struct text_style style = ask_style(ask);
	struct err err = { "" };
	json_t *answer = NULL;
	char *frame = NULL;
	size_t size = 0;
	struct page page;
	FILE *out = open_memstream(&frame, &size);
	int result;

	if (!out)
		return -ENOMEM;
	result = ask_quietly(ask, json_pack("{s:s}", "command", "top"), &err, &answer);
	page_open(&page, &style, out);
	if (result == 0) {
		print_frame(&page, answer, true);
	} else {
		page_flow(&page, 0, PAINT_HIGH, "%s", err.text);
		page_end(&page);
	}
	page_close(&page);
	fclose(out);
	result = frame ? put_on_screen(frame) : -ENOMEM;
	free(frame);
	json_decref(answer);
	return result;
}

/* Waits for a second, a key, a signal. True when that was the end. */
static bool wait_for_key(void)
{
	struct pollfd poller = { .fd = STDIN_FILENO, .events = POLLIN };
	int count = poll(&poller, 1, REFRESH_MS);
	char key = 0;

	if (is_over)
		return true;
	if (count <= 0) /* time, or a signal that did not end it */
		return false;
	return read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == 3;
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
	struct sigaction action = { .sa_handler = on_signal };

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Alternate screen without cursor, keys as they are typed; and all back. */
static int live(const struct ask *ask)
{
	struct termios before, raw;
	int result = 0;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return once(ask);
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	catch_signals();
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	fputs("\x1b[?1049h\x1b[?25l", stdout);
	do {
		if (is_resized) {
			is_resized = 0;
			fputs("\x1b[2J", stdout);
		}
		result = refresh(ask);
	} while (result == 0 && !wait_for_key());
	fputs("\x1b[?25h\x1b[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return result == 0 ? EXIT_FINE : EXIT_INPUT;
}

/* 0; 1 help; -1 wrong. */
static int parse(struct ask *ask, int argc, char **argv, bool *ret_once)
{
	static const struct option known[] = { { "once", no_argument, NULL, '1' }, ASK_OPTIONS };
	int option, taken = 0;

	while ((option = getopt_long(argc, argv, "1" ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == '1')
			*ret_once = true;
		else
			taken = ask_option(ask, option);
		if (taken != 0)
			return taken;
	}
	if (optind < argc) {
		ask_usage(ask, "it takes no argument, not %s", argv[optind]);
		return -1;
	}
	return 0;
}

static int run(int argc, char **argv)
{
	struct ask ask = ASK_INIT("weir top", help);
	bool is_once = false;
	json_t *answer = NULL;
	int status, parsed = parse(&ask, argc, argv, &is_once);

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	if (is_once || ask.is_json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return once(&ask);
	/* nobody there: say so on a normal screen */
	status = ask_weir(&ask, json_pack("{s:s}", "command", "top"), &answer);
	json_decref(answer);
	return status == EXIT_FINE ? live(&ask) : status;
}

const struct subcommand subcommand_top = {
	.name = "top",
	.summary = "live view in the terminal",
	.run = run,
};
