/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/doctor.c - `weir doctor`: what this machine can do, what it lacks, and what would help.
 *
 * The probes look at the machine (respond/probe.h) and need no running weir. Where one runs, it
 * adds what only it knows: which detectors are blind, what it loses.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "conf/conf.h"
#include "lib/err.h"
#include "lib/text.h"
#include "msg.h"
#include "record/json_value.h"
#include "respond/probe.h"

static const char help[] =
	"Usage: weir doctor [OPTION]... [-i IFACE]...\n"
	"What this machine can do for weir, what it lacks, and what would help; works without a\n"
	"running weir. One line a check.\n"
	"\n"
	"  -i, --interface=IFACE   look at this one; may be given again; default: those of the\n"
	"                          configuration, else all that are up\n" ASK_HELP "\n"
	"Exit status: 0 nothing is missing (warnings do not count), 1 something is, 2 wrong "
	"usage,\n"
	"3 the configuration cannot be read. See weir-doctor(1).\n";

#define CHECKS_MAX 256

struct check {
	char name[48]; /* "btf", "xdp eth0" */
	struct probe probe;
};

struct visit {
	struct ask ask;
	const char *interfaces[MSG_INTERFACES_MAX];
	unsigned interface_count;
	struct check *checks; /* CHECKS_MAX */
	unsigned check_count;
	json_t *status; /* of the running weir; NULL: none runs, or may be asked */
	struct err silence;
};

/* 0; 1 help; -1 wrong. */
static int parse(struct visit *visit, int argc, char **argv)
{
	static const struct option known[] = { { "interface", required_argument, NULL, 'i' },
		ASK_OPTIONS };
	int option, taken = 0;

	while ((option = getopt_long(argc, argv, "i:" ASK_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option != 'i')
			taken = ask_option(&visit->ask, option);
		else if (visit->interface_count < MSG_INTERFACES_MAX)
			visit->interfaces[visit->interface_count++] = optarg;
		if (taken != 0)
			return taken;
	}
	if (optind < argc) {
		ask_usage(&visit->ask, "it takes no argument, not %s", argv[optind]);
		return -1;
	}
	return 0;
}

static bool is_listed(const struct visit *visit, const char *name)
{
	for (unsigned i = 0; i < visit->interface_count; i++)
		if (strcmp(visit->interfaces[i], name) == 0)
			return true;
	return false;
}

/* Those of the configuration, else all that are up. The names live as long as conf and
 * addresses. */
static void choose_interfaces(
	struct visit *visit, const struct conf *conf, const struct ifaddrs *addresses)
{
	if (visit->interface_count)
		return;
	for (unsigned i = 0; i < conf->interfaces.count && i < MSG_INTERFACES_MAX; i++)
		visit->interfaces[visit->interface_count++] = conf->interfaces.list[i];
	if (visit->interface_count)
		return;
	for (; addresses && visit->interface_count < MSG_INTERFACES_MAX;
		addresses = addresses->ifa_next) {
		bool is_up = addresses->ifa_flags & IFF_UP;

		if (is_up && !(addresses->ifa_flags & IFF_LOOPBACK) &&
			!is_listed(visit, addresses->ifa_name))
			visit->interfaces[visit->interface_count++] = addresses->ifa_name;
	}
}

/* Where the next check goes; NULL: there are too many. */
static struct check *next_check(struct visit *visit, const char *name, const char *interface)
{
	struct check *check;

	if (visit->check_count == CHECKS_MAX)
		return NULL;
	check = &visit->checks[visit->check_count++];
	snprintf(check->name, sizeof(check->name), "%s%s%s", name, interface[0] ? " " : "",
		interface);
	return check;
}

/* Every detector lives on live packets. */
static void check_capture(struct probe *probe)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		probe_say(probe, PROBE_OK, "", "live packets can be read (AF_PACKET)");
	else if (errno == EPERM)
		probe_say(probe, PROBE_WARN, "run it as root",
			"this user may not read live packets; weir run starts as root");
	else
		probe_say(probe, PROBE_FAIL, "modprobe af_packet, or a kernel that has it",
			"live packets cannot be read (%s): every detector would be blind",
			strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void run_probes(struct visit *visit)
{
	struct check *check = next_check(visit, "capture", "");

	check_capture(&check->probe);
	for (const struct probe_machine *one = probes_machine; one->name; one++) {
		check = next_check(visit, one->name, "");
		if (check)
			one->run(&check->probe);
	}
	for (unsigned i = 0; i < visit->interface_count; i++)
		for (const struct probe_interface *one = probes_interface; one->name; one++) {
			check = next_check(visit, one->name, visit->interfaces[i]);
			if (check)
				one->run(visit->interfaces[i], &check->probe);
		}
}

static int look(struct visit *visit)
{
	struct ifaddrs *addresses = NULL;
	struct conf *conf = NULL;
	struct err err;
	int result = visit->ask.conf_path ? conf_load(visit->ask.conf_path, &err, &conf)
					  : conf_load_bytes("", 0, "defaults", &err, &conf);

	if (result < 0) {
		fprintf(stderr, "%s: %s\n", visit->ask.name, err.text);
		return result;
	}
	if (getifaddrs(&addresses) != 0)
		addresses = NULL;
	choose_interfaces(visit, conf, addresses);
	run_probes(visit);
	if (addresses)
		freeifaddrs(addresses);
	conf_close(conf);
	if (ask_quietly(&visit->ask, json_pack("{s:s}", "command", "status"), &visit->silence,
		    &visit->status) < 0)
		visit->status = NULL;
	return 0;
}

static const enum paint level_paints[] = { PAINT_GOOD, PAINT_MEDIUM, PAINT_HIGH };

static void print_line(struct page *page, enum probe_level level, const char *name,
	const char *text, const char *remedy)
{
	const unsigned at_name = 6, at_text = 24;

	page_put(page, level_paints[level], "%s", probe_level_names[level]);
	page_to(page, at_name);
	page_put(page, PAINT_STRONG, "%s", name);
	page_to(page, page->column < at_text ? at_text : page->column + 1);
	page_flow(page, at_text, PAINT_PLAIN, "%s", text);
	page_end(page);
	if (!remedy[0])
		return;
	page_to(page, at_text);
	page_put(page, PAINT_FAINT, "->");
	page_flow(page, at_text + 3, PAINT_FAINT, "%s", remedy);
	page_end(page);
}

static void print_running(struct page *page, const struct visit *visit)
{
	const json_t *blind = answer_at(visit->status, "blind"), *one;
	char text[256];
	size_t i;

	if (!visit->status) {
		print_line(page, PROBE_WARN, "running", visit->silence.text, "");
		return;
	}
	snprintf(text, sizeof(text), "weir %s, mode %s", answer_text(visit->status, "version"),
		answer_text(visit->status, "mode"));
	print_line(page, PROBE_OK, "running", text, "");
	json_array_foreach(blind, i, one) {
		if (json_string_value(one))
			print_line(page, PROBE_WARN, "blind", json_string_value(one), "");
	}
}

static unsigned count_level(const struct visit *visit, enum probe_level level)
{
	unsigned count = 0;

	for (unsigned i = 0; i < visit->check_count; i++)
		count += visit->checks[i].probe.level == level;
	return count;
}

static int print_text(const struct visit *visit)
{
	unsigned failed = count_level(visit, PROBE_FAIL), warned = count_level(visit, PROBE_WARN);
	struct page page;

	ask_page(&visit->ask, &page);
	for (unsigned i = 0; i < visit->check_count; i++)
		print_line(&page, visit->checks[i].probe.level, visit->checks[i].name,
			visit->checks[i].probe.what, visit->checks[i].probe.remedy);
	print_running(&page, visit);
	page_end(&page);
	if (failed)
		page_flow(&page, 0, PAINT_HIGH, "%u missing,", failed);
	else
		page_flow(&page, 0, PAINT_GOOD, "Nothing is missing,");
	page_flow(&page, 0, PAINT_PLAIN, "%u could be better.", warned);
	page_end(&page);
	return ask_page_end(&visit->ask, &page);
}

static json_t *value_check(const struct check *check)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "name", value_text(check->name));
	fields_put(&fields, "state", json_string(probe_level_names[check->probe.level]));
	fields_put(&fields, "text", value_text(check->probe.what));
	fields_put(&fields, "remedy", value_text(check->probe.remedy));
	return fields_end(&fields);
}

static int print_json(const struct visit *visit)
{
	json_t *checks = json_array(), *blind = answer_at(visit->status, "blind");
	struct fields fields;
	json_t *answer;
	int status;

	for (unsigned i = 0; i < visit->check_count; i++)
		array_add(checks, value_check(&visit->checks[i]));
	fields_begin(&fields);
	fields_put(&fields, "checks", checks);
	fields_put(&fields, "running", json_boolean(visit->status != NULL));
	fields_put(&fields, "blind", blind ? json_incref(blind) : json_array());
	fields_put(&fields, "failed", json_integer(count_level(visit, PROBE_FAIL)));
	fields_put(&fields, "warned", json_integer(count_level(visit, PROBE_WARN)));
	answer = fields_end(&fields);
	status = answer ? ask_print_json(&visit->ask, answer) : EXIT_INPUT;
	json_decref(answer);
	return status;
}

static int run(int argc, char **argv)
{
	struct visit visit = { .ask = ASK_INIT("weir doctor", help) };
	int status, parsed = parse(&visit, argc, argv);

	if (parsed != 0)
		return parsed > 0 ? EXIT_FINE : EXIT_USAGE;
	visit.checks = calloc(CHECKS_MAX, sizeof(*visit.checks));
	if (!visit.checks || look(&visit) < 0) {
		free(visit.checks);
		return EXIT_INPUT;
	}
	status = visit.ask.is_json ? print_json(&visit) : print_text(&visit);
	if (status == EXIT_FINE && count_level(&visit, PROBE_FAIL))
		status = EXIT_FOUND;
	json_decref(visit.status);
	free(visit.checks);
	return status;
}

const struct subcommand subcommand_doctor = {
	.name = "doctor",
	.summary = "what this machine can do, what it lacks",
	.run = run,
};
