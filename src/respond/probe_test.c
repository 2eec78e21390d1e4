/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/probe_test.c - every probe answers with a sentence, and a remedy when it is not good. */
#include "respond/probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "respond/respond_fixture.h"

static void check(const char *name, const struct probe *probe)
{
	if (probe->level != PROBE_OK)
		print_message("%s: %s: %s\n", name, probe_level_names[probe->level], probe->what);
	assert_true(probe->level <= PROBE_FAIL);
	assert_true(strlen(probe->what) > 5);
	assert_int_not_equal(probe->what[strlen(probe->what) - 1], '\n');
	assert_true(probe->level != PROBE_FAIL || probe->remedy[0]);
	assert_true(probe->level != PROBE_OK || !probe->remedy[0]);
}

static void all_probes_answer(void **state)
{
	struct probe probe;

	(void)state;
	for (const struct probe_machine *one = probes_machine; one->name; one++) {
		memset(&probe, 0xff, sizeof(probe));
		one->run(&probe);
		check(one->name, &probe);
	}
	for (const struct probe_interface *one = probes_interface; one->name; one++) {
		memset(&probe, 0xff, sizeof(probe));
		one->run("lo", &probe);
		check(one->name, &probe);
		one->run("nowhere0", &probe);
		assert_int_equal(probe.level, PROBE_FAIL);
		assert_non_null(strstr(probe.what, "nowhere0"));
	}
}

static void sees_what_is_set(void **state)
{
	struct machine *machine = machine_of(state);
	struct probe probe;
	struct gate *gate;

	probe_driver("wt0", &probe);
	assert_non_null(strstr(probe.what, "veth has XDP"));
	probe_xdp("wt0", &probe);
	assert_non_null(strstr(probe.what, "no XDP program"));
	gate = gate_on_wt0(machine);
	probe_xdp("wt0", &probe);
	assert_non_null(strstr(probe.what, "in the driver"));
	assert_int_equal(gate_remove(gate, NULL), 0);
	gate_close(gate);
	probe_mtu("wt0", &probe);
	assert_int_equal(probe.level, PROBE_OK);
	assert_int_equal(shell("ip link set wt0 mtu 9000"), 0);
	probe_mtu("wt0", &probe);
	assert_int_equal(probe.level, PROBE_WARN);
	probe_bpffs(&probe);
	assert_int_equal(probe.level, PROBE_OK);
	probe_capabilities(&probe);
	assert_int_equal(probe.level, PROBE_OK);
}

/* Without privilege they say so, and do not fail otherwise. */
static void answers_without_privilege(void **state)
{
	int status;
	pid_t pid;

	machine_of(state);
	pid = fork();
	if (pid == 0) {
		struct probe probe;

		if (setgid(65534) || setuid(65534))
			_exit(2);
		for (const struct probe_machine *one = probes_machine; one->name; one++)
			one->run(&probe);
		probe_capabilities(&probe);
		_exit(probe.level == PROBE_FAIL && strstr(probe.what, "CAP_NET_ADMIN") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_probes_answer),
		cmocka_unit_test(sees_what_is_set),
		cmocka_unit_test(answers_without_privilege),
	};

	return cmocka_run_group_tests(tests, machine_open, machine_close);
}
