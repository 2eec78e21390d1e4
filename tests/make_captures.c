/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_captures.c - writes the captures that weir is tested and measured with.
 *
 * It writes files, and nothing else: there is no socket in it. The same name, seed, scale and
 * number of packets always give the same bytes. What must be found in a capture is printed by
 * --truth. See gen/catalogue.h for the captures and gen/plan.h for what they are made of.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gen/catalogue.h"
#include "gen/truth.h"
#include "gen/writer.h"

#define EXIT_USAGE 2

struct request {
	const char *name;      /* of the capture, or "all" */
	const char *directory; /* with all */
	const char *output;    /* NULL: NAME.pcap */
	const char *truth;     /* print the truth of this one instead */
	struct schedule_settings schedule;
	uint32_t snap_bytes;
	bool has_snap, is_micro, is_list, with_large;
};

static void usage(FILE *out)
{
	fputs("usage: make_captures NAME [-o FILE|-] [--seed N] [--packets N] [--scale X] [--snap "
	      "BYTES]\n"
	      "       make_captures all DIR [--large] [the same options]\n"
	      "       make_captures --list\n"
	      "       make_captures --truth NAME|all\n"
	      "  -o FILE       where to write, - for standard output (default NAME.pcap)\n"
	      "  --seed N      another seed, other packets of the same kind (default 1)\n"
	      "  --packets N   end after N packets\n"
	      "  --scale X     multiply every rate by X\n"
	      "  --snap BYTES  cut frames to BYTES, 0 for whole frames (default: the capture's "
	      "own)\n"
	      "  --micro       time stamps in microseconds\n"
	      "  --large       with all: also those of more than 1 M packets\n",
		out);
}

static int capture_write(const struct capture *capture, const struct request *request,
	const char *path, struct err *err)
{
	struct schedule_settings settings = request->schedule;
	struct writer_settings format = { .is_micro = request->is_micro,
		.snap_bytes = request->has_snap ? request->snap_bytes : capture->snap_bytes };
	struct schedule *schedule;
	struct writer *writer;
	int64_t packets;
	int rc = writer_open(path, &format, &writer, err);

	if (rc < 0)
		return rc;
	settings.vlan = capture->vlan;
	if (!settings.packets)
		settings.packets = capture->packets;
	schedule = schedule_open(&settings, (struct sink){ writer_put, writer });
	capture_start(capture, schedule);
	packets = schedule_run(schedule);
	schedule_close(schedule);
	rc = writer_close(writer, err);
	if (packets < 0)
		return err_set(
			err, (int)packets, "cannot write %s: %s", path, strerror((int)-packets));
	if (rc == 0)
		fprintf(stderr, "%s: %lld packets\n", capture->name, (long long)packets);
	return rc;
}

static int all_write(const struct request *request, struct err *err)
{
	const struct capture *capture;
	char path[4096];

	if (mkdir(request->directory, 0777) < 0 && errno != EEXIST)
		return err_set(
			err, -errno, "cannot create %s: %s", request->directory, strerror(errno));
	for (unsigned i = 0; (capture = catalogue_at(i)); i++) {
		int rc;

		if (capture->is_large && !request->with_large)
			continue;
		snprintf(path, sizeof(path), "%s/%s.pcap", request->directory, capture->name);
		rc = capture_write(capture, request, path, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int one_write(const struct request *request, struct err *err)
{
	const struct capture *capture = catalogue_find(request->name);
	char path[256];

	if (!capture)
		return err_set(err, -ENOENT, "no capture is called %s: see make_captures --list",
			request->name);
	snprintf(path, sizeof(path), "%s.pcap", capture->name);
	return capture_write(capture, request, request->output ? request->output : path, err);
}

static int number_parse(const char *text, double least, double *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtod(text, &end);
	return end == text || *end || errno || !(*ret_number >= least) || *ret_number > 1e15
		       ? -EINVAL
		       : 0;
}

/* 0, or −EINVAL for a bad value. */
static int option_take(struct request *request, int option, const char *value)
{
	double number = 0;
	int rc = 0;

	switch (option) {
	case 'o':
		request->output = value;
		break;
	case 't':
		request->truth = value;
		break;
	case 'l':
		request->is_list = true;
		break;
	case 'L':
		request->with_large = true;
		break;
	case 'm':
		request->is_micro = true;
		break;
	case 's':
		rc = number_parse(value, 0, &number);
		request->schedule.seed = (uint64_t)number;
		break;
	case 'p':
		rc = number_parse(value, 1, &number);
		request->schedule.packets = (uint64_t)number;
		break;
	case 'x':
		rc = number_parse(value, 1e-6, &request->schedule.scale);
		break;
	case 'n':
		rc = number_parse(value, 0, &number);
		request->snap_bytes = number > 65535 ? 65535 : (uint32_t)number;
		request->has_snap = true;
		break;
	default:
		rc = -EINVAL;
	}
	return rc;
}

static int request_parse(int argc, char **argv, struct request *request)
{
	static const struct option options[] = { { "list", 0, NULL, 'l' },
		{ "truth", 1, NULL, 't' }, { "output", 1, NULL, 'o' }, { "seed", 1, NULL, 's' },
		{ "packets", 1, NULL, 'p' }, { "scale", 1, NULL, 'x' }, { "snap", 1, NULL, 'n' },
		{ "micro", 0, NULL, 'm' }, { "large", 0, NULL, 'L' }, { "help", 0, NULL, 'h' },
		{ 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			exit(0);
		}
		if (option_take(request, option, optarg) < 0)
			return -EINVAL;
	}
	request->name = argv[optind];
	if (request->is_list || request->truth)
		return request->name ? -EINVAL : 0;
	if (!request->name)
		return -EINVAL;
	request->directory = argv[optind + 1];
	if (strcmp(request->name, "all") != 0)
		return request->directory ? -EINVAL : 0;
	return request->directory && !argv[optind + 2] && !request->output ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct request request = { .schedule = { .seed = 1, .scale = 1.0 } };
	struct err err;
	int rc;

	if (request_parse(argc, argv, &request) < 0) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (request.is_list)
		rc = truth_list(stdout);
	else if (request.truth)
		rc = truth_print(stdout, request.truth, &err);
	else if (strcmp(request.name, "all") == 0)
		rc = all_write(&request, &err);
	else
		rc = one_write(&request, &err);
	if (rc < 0)
		fprintf(stderr, "make_captures: %s\n", err.text);
	return rc < 0;
}
