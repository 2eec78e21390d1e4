/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/responders_test.c - which responder gets what, in which mode; the command responder. */
#include "respond/responders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "respond/respond_fixture.h"

#define LATER (now_monotonic_ns() + 60000000000)

static struct responders *open_all(struct machine *machine, struct gate *gate)
{
	struct responders *responders = NULL;
	struct err err = { "" };

	assert_int_equal(responders_open(gate, &machine->conf, &err, &responders), 0);
	return responders;
}

static bool nft_has(const char *what)
{
	return shell("nft list table inet weir 2>/dev/null | grep -q '%s'", what) == 0;
}

static void needs_nft(const struct responders *responders)
{
	if (strstr(responders_note(responders), "install nftables")) {
		print_message("skipped: no nft\n");
		skip();
	}
}

/* Blocks move between nftables and the dry run with the mode. */
static void follows_the_mode(void **state)
{
	struct machine *machine = machine_of(state);
	struct responders *responders = open_all(machine, NULL);
	struct msg_request request = request_of(VERB_NFT_BLOCK, 1, "203.0.113.7");

	needs_nft(responders);
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	assert_false(nft_has("203.0.113.7"));
	assert_int_equal(responders_set_mode(responders, WIRE_MODE_ENFORCE, 0), 0);
	assert_true(nft_has("203.0.113.7"));
	request = request_of(VERB_NFT_BLOCK, 2, "203.0.113.8");
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	assert_true(nft_has("203.0.113.8"));
	assert_int_equal(responders_set_mode(responders, WIRE_MODE_SHADOW, 0), 0);
	assert_false(nft_has("203.0.113"));
	assert_int_equal(responders_revoke(responders, 2), 0);
	/* A trial: the element ends with it. */
	assert_int_equal(responders_set_mode(
				 responders, WIRE_MODE_ENFORCE, now_monotonic_ns() + 10000000000),
		0);
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	assert_true(nft_has("203.0.113.8 timeout 10s"));
	responders_sweep(responders, now_monotonic_ns() + 11000000000, NULL, NULL);
	assert_false(nft_has("203.0.113"));
	assert_int_equal(responders_set_mode(responders, WIRE_MODE_SHADOW, 1), -EINVAL);
	responders_close(responders, true);
	assert_false(nft_has("table"));
}

static void works_with_the_gate(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	struct responders *responders = open_all(machine, gate);
	struct msg_request request = request_of(VERB_BLOCK, 1, "203.0.113.7");
	struct wire_prefix allowed = prefix_of("192.0.2.0/24");
	struct err err = { "" };

	assert_int_equal(responders_apply(responders, &request, LATER, &err), 0);
	assert_int_equal(responders_allow(responders, &allowed, 0), 0);
	assert_int_equal(responders_count(responders, now_monotonic_ns()), 1);
	request.mitigation = 0;
	assert_int_equal(responders_apply(responders, &request, LATER, &err), -EINVAL);
	assert_true(err.text[0]);
	assert_int_equal(responders_revoke(responders, 1), 0);
	assert_int_equal(responders_revoke(responders, 1), -ENOENT);
	assert_int_equal(responders_disallow(responders, &allowed), 0);
	responders_close(responders, true);
	assert_int_equal(gate_remove(gate, NULL), 0);
	gate_close(gate);
}

static void says_what_nobody_can_do(void **state)
{
	struct machine *machine = machine_of(state);
	struct responders *responders = open_all(machine, NULL);
	struct msg_request request = request_of(VERB_BLOCK, 1, "203.0.113.7");
	struct err err = { "" };

	assert_int_equal(responders_apply(responders, &request, LATER, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "no kernel part"));
	request.verb = VERB_COMMAND;
	assert_int_equal(responders_apply(responders, &request, LATER, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "policy.command"));
	request.verb = VERB_COOKIES;
	assert_int_equal(responders_apply(responders, &request, LATER, &err), -ENOTSUP);
	request.verb = 1000;
	assert_int_equal(responders_apply(responders, &request, LATER, &err), -ENOTSUP);
	responders_close(responders, true);
	responders_close(NULL, true);
}

static void write_program(const struct machine *machine, char *path, size_t size, const char *body)
{
	FILE *file;

	snprintf(path, size, "%s/program", machine->runtime_dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", body);
	fclose(file);
	assert_int_equal(shell("chmod +x %s", path), 0);
}

/* Ticks until nothing runs. */
static struct msg_commands wait_for(struct responders *responders)
{
	struct msg_commands counts;

	do {
		struct timespec pause = { .tv_nsec = 1000000 };

		responders_tick(responders, now_monotonic_ns());
		responders_command_counts(responders, &counts);
		nanosleep(&pause, NULL);
	} while (counts.running);
	return counts;
}

static void runs_the_command(void **state)
{
	struct machine *machine = machine_of(state);
	struct responders *responders;
	struct msg_commands counts;
	struct msg_request request = request_of(VERB_COMMAND, 42, "203.0.113.0/24");
	char path[96], body[256];

	snprintf(body, sizeof(body), "cat >> %s/input; echo >> %s/input", machine->runtime_dir,
		machine->runtime_dir);
	write_program(machine, path, sizeof(path), body);
	machine->conf.policy.command = path;
	responders = open_all(machine, NULL);
	strcpy(request.incident, "abc");
	strcpy(request.kind_name, "flood.syn");
	/* In shadow it is only remembered. */
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	assert_int_equal(responders_revoke(responders, 42), 0);
	assert_int_equal(wait_for(responders).started, 0);
	assert_int_equal(responders_set_mode(responders, WIRE_MODE_ENFORCE, 0), 0);
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	assert_int_equal(wait_for(responders).succeeded, 1);
	/* A renewal, and what another keeper has run: not again. */
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	request.mitigation = 43;
	request.has_run = 1;
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), 0);
	assert_int_equal(wait_for(responders).started, 1);
	assert_int_equal(responders_revoke(responders, 43), 0);
	wait_for(responders);
	request.mitigation = 44;
	request.has_run = 0;
	responders_sweep(responders, UINT64_MAX, NULL, NULL); /* runs out */
	counts = wait_for(responders);
	assert_int_equal(counts.started, 3);
	assert_int_equal(counts.succeeded, 3);
	assert_int_equal(responders_revoke(responders, 42), -ENOENT);
	assert_int_equal(shell("sed -n 1p %s/input | grep -q '\"action\":\"apply\",\"id\":42,"
			       "\"verb\":\"command\",\"prefix\":\"203.0.113.0/24\",\"incident\":"
			       "\"abc\",\"kind\":\"flood.syn\",\"lease_s\":60'",
				 machine->runtime_dir),
		0);
	assert_int_equal(
		shell("sed -n 2p %s/input | grep -q 'revoke\",\"id\":43,'", machine->runtime_dir),
		0);
	assert_int_equal(
		shell("sed -n 3p %s/input | grep -q 'revoke\",\"id\":42,'", machine->runtime_dir),
		0);
	memset(request.incident, 'x', sizeof(request.incident)); /* has no end */
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), -EINVAL);
	memset(request.incident, 0, sizeof(request.incident));
	request.incident[0] = (char)0xff; /* is not UTF-8 */
	assert_int_equal(responders_apply(responders, &request, LATER, NULL), -EINVAL);
	responders_close(responders, true);
	machine->conf.policy.command = "";
}

static void bounds_the_command(void **state)
{
	struct machine *machine = machine_of(state);
	struct responders *responders;
	struct msg_commands counts;
	struct msg_request request = request_of(VERB_COMMAND, 1, "203.0.113.7");
	struct err err = { "" };
	char path[96];
	int result = 0;

	write_program(machine, path, sizeof(path), "sleep 1000");
	machine->conf.policy.command = path;
	responders = open_all(machine, NULL);
	assert_int_equal(responders_set_mode(responders, WIRE_MODE_ENFORCE, 0), 0);
	while (request.mitigation < 100 && result == 0) {
		result = responders_apply(responders, &request, LATER, &err);
		request.mitigation++;
	}
	assert_int_equal(result, -EBUSY);
	responders_command_counts(responders, &counts);
	assert_int_equal(counts.started, 16);
	assert_int_equal(counts.refused, 1);
	assert_int_equal(counts.running, 16);
	responders_tick(responders, now_monotonic_ns() + 11000000000);
	responders_command_counts(responders, &counts);
	assert_int_equal(counts.timed_out, 16);
	assert_int_equal(counts.running, 0);
	machine->conf.policy.command = "/nowhere/program";
	assert_int_equal(responders_apply(responders, &request, LATER, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/program"));
	machine->conf.policy.command = "/bin/false";
	assert_int_equal(responders_apply(responders, &request, LATER, &err), 0);
	assert_int_equal(wait_for(responders).failed, 2);
	responders_close(responders, false);
	machine->conf.policy.command = "";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_mode),
		cmocka_unit_test(works_with_the_gate),
		cmocka_unit_test(says_what_nobody_can_do),
		cmocka_unit_test(runs_the_command),
		cmocka_unit_test(bounds_the_command),
	};

	return cmocka_run_group_tests(tests, machine_open, machine_close);
}
