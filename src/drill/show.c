/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/show.c - the live line of a drill, its table, its JSON.
 *
 * The live line is told from counts alone: what was sent and stopped since the last look, and how
 * many good requests were served in the last half second.
 */
#include "drill/show.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/now.h"
#include "lib/text.h"

#define NS 1000000000LL
#define SHOW_MS 200
#define HALF_SECOND 5 /* slots */

static unsigned good_per_s(const struct visitors *visitors, int64_t now_ns)
{
	int64_t last = (now_ns - (int64_t)visitors->start_ns) / (NS / 10);
	unsigned good = 0;

	for (int64_t i = last - HALF_SECOND; i < last; i++)
		if (i >= 0 && i < VISITORS_SLOTS)
			good += visitors->good[i];
	return good * 10 / HALF_SECOND;
}

void show_live(const struct drill_options *options, const struct drill_result *result,
	const struct visitors *visitors, uint64_t sent, const char *phase)
{
	/* Of the last look; one drill at a time. */
	static int64_t shown_ns;
	static uint64_t sent_before, stopped_before;
	bool is_terminal = isatty(fileno(options->out));
	int64_t now_ns = now_clock_ns(CLOCK_MONOTONIC);
	double past_s = (double)(now_ns - shown_ns) / NS;
	char rates[2][TEXT_NUMBER_MAX];

	if (past_s < (is_terminal ? SHOW_MS / 1000.0 : 1.0))
		return;
	if (sent < sent_before || result->stopped < stopped_before)
		sent_before = stopped_before = 0;
	fprintf(options->out, "%s  %-9s %-7s attack %10s  stopped %10s  good requests %5u/s  %s%s",
		is_terminal ? "\r\033[K" : "", attack_infos[result->attack].name, phase,
		text_packet_rate((double)(sent - sent_before) / past_s, rates[0]),
		text_packet_rate((double)(result->stopped - stopped_before) / past_s, rates[1]),
		good_per_s(visitors, now_ns), result->kind[0] ? "found: " : "", result->kind);
	if (!is_terminal)
		fputc('\n', options->out);
	fflush(options->out);
	shown_ns = now_ns;
	sent_before = sent;
	stopped_before = result->stopped;
}

bool drill_is_good(const struct drill_result *result)
{
	return result->is_done && result->detect_s >= 0 && result->drop_s >= 0 &&
	       result->failed_during == 0;
}

static const char *seconds_text(double seconds, char *text)
{
	if (seconds < 0)
		return "never";
	snprintf(text, TEXT_NUMBER_MAX, "%.2f s", seconds);
	return text;
}

int drill_print(const struct drill_result *results, unsigned count, FILE *out)
{
	fprintf(out, "%-9s %8s  %8s  %-18s %8s %8s  %7s %22s %6s %5s\n", "attack", "sent/s",
		"stopped", "found as", "found", "drop", "", "good requests/s", "", "weir");
	fprintf(out, "%-9s %8s  %8s  %-18s %8s %8s  %7s %7s %7s %6s %5s\n", "", "", "", "", "after",
		"after", "before", "during", "after", "failed", "CPU");
	for (unsigned i = 0; i < count; i++) {
		const struct drill_result *one = &results[i];
		char text[4][TEXT_NUMBER_MAX];
		double share = one->sent ? (double)one->stopped / (double)one->sent : 0;

		fprintf(out, "%-9s %8s  %7.1f%%  %-18s %8s %8s  %7.0f %7.0f %7.0f %6u %4.0f%%\n",
			attack_infos[one->attack].name, text_scaled(one->offered_pps, "", text[0]),
			100 * (share > 1 ? 1 : share), one->kind[0] ? one->kind : "-",
			seconds_text(one->detect_s, text[1]), seconds_text(one->drop_s, text[2]),
			one->before, one->during, one->after,
			one->failed_during + one->failed_after, 100 * one->cpu);
	}
	return ferror(out) ? -EIO : 0;
}

static json_t *seconds_value(double seconds)
{
	return seconds < 0 ? json_null() : json_real(seconds);
}

int drill_print_json(const struct drill_result *results, unsigned count, FILE *out)
{
	json_t *list = json_array(), *document;
	int r;

	for (unsigned i = 0; i < count; i++) {
		const struct drill_result *one = &results[i];

		json_array_append_new(list,
			json_pack("{s:s, s:b, s:s, s:I, s:f, s:I, s:o, s:o, s:f, s:f, s:f, s:i, "
				  "s:i, s:i, s:f}",
				"attack", attack_infos[one->attack].name, "good",
				(int)drill_is_good(one), "kind", one->kind, "sent",
				(json_int_t)one->sent, "offered_pps", one->offered_pps, "stopped",
				(json_int_t)one->stopped, "detect_s", seconds_value(one->detect_s),
				"drop_s", seconds_value(one->drop_s), "good_per_s_before",
				one->before, "good_per_s_during", one->during, "good_per_s_after",
				one->after, "failed_before", (int)one->failed_before,
				"failed_during", (int)one->failed_during, "failed_after",
				(int)one->failed_after, "cpu", one->cpu));
	}
	document = json_pack("{s:o}", "attacks", list);
	r = document && json_dumpf(document, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0
		    ? 0
		    : -EIO;
	fputc('\n', out);
	json_decref(document);
	return r;
}
