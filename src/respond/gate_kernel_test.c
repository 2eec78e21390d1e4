/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_kernel_test.c - what the gate leaves in the kernel: after opening, a crash, a
 * restart, another version, another program on the interface, a missing one, no privilege, and
 * removal.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "respond/respond_fixture.h"

static uint32_t xdp_program(const char *interface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	assert_int_equal(bpf_xdp_query((int)if_nametoindex(interface), 0, &query), 0);
	return query.prog_id;
}

static bool has_tc(const char *interface, const char *side)
{
	return shell("tc filter show dev %s %s | grep -q weir", interface, side) == 0;
}

static bool has_pins(const struct machine *machine)
{
	return access(machine->bpffs, F_OK) == 0;
}

/* Nothing of the gate is left. */
static void assert_clean(const struct machine *machine)
{
	char path[128];

	assert_int_equal(xdp_program("wt0"), 0);
	assert_false(has_tc("wt0", "ingress"));
	assert_false(has_tc("wt0", "egress"));
	assert_int_not_equal(shell("tc qdisc show dev wt0 | grep -q clsact"), 0);
	assert_false(has_pins(machine));
	snprintf(path, sizeof(path), "%s/sysctl.saved", machine->runtime_dir);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void remove_gate(struct gate *gate)
{
	struct err err = { "" };

	assert_int_equal(gate_remove(gate, &err), 0);
	gate_close(gate);
}

static void opens_and_leaves_nothing(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);

	assert_false(gate_is_adopted(gate));
	assert_int_equal(gate_attached(gate, 0), GATE_NATIVE);
	assert_string_equal(gate_note(gate, 0), "");
	assert_int_equal(gate_attached(gate, 1), GATE_NONE);
	assert_int_not_equal(xdp_program("wt0"), 0);
	assert_true(has_tc("wt0", "egress"));
	assert_false(has_tc("wt0", "ingress"));
	remove_gate(gate);
	assert_clean(machine);
	gate_close(NULL);
}

/* The keeper dies: all goes on. The next one takes over programs and contents. */
static void adopts_after_a_crash(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	struct msg_request request = request_of(VERB_BLOCK, 7, "203.0.113.7");
	uint32_t before = xdp_program("wt0");

	assert_int_equal(gate_apply(gate, &request, now_monotonic_ns() + 60000000000), 0);
	assert_int_equal(gate_set_mode(gate, WIRE_MODE_ENFORCE, 0), 0);
	gate_close(gate);
	assert_int_equal(xdp_program("wt0"), before);
	assert_true(has_tc("wt0", "egress"));
	assert_true(has_pins(machine));

	gate = gate_on_wt0(machine);
	assert_true(gate_is_adopted(gate));
	assert_int_equal(gate_mode(gate, NULL), WIRE_MODE_ENFORCE);
	assert_int_not_equal(xdp_program("wt0"), before); /* the new keeper's own */
	assert_int_equal(gate_attached(gate, 0), GATE_NATIVE);
	assert_int_equal(gate_revoke(gate, 7), 0);
	assert_int_equal(gate_revoke(gate, 7), -ENOENT);
	remove_gate(gate);
	assert_clean(machine);
}

/* kill -9 of a process that has it open. */
static void survives_kill(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate;
	int ready[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		gate_on_wt0(machine);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_not_equal(xdp_program("wt0"), 0);
	gate = gate_on_wt0(machine);
	assert_true(gate_is_adopted(gate));
	remove_gate(gate);
	assert_clean(machine);
}

static void set_version(const struct machine *machine, uint32_t version)
{
	struct wire_settings settings;
	uint32_t first = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/maps/settings", machine->bpffs);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &first, &settings), 0);
	settings.version = version;
	assert_int_equal(bpf_map_update_elem(fd, &first, &settings, BPF_ANY), 0);
	close(fd);
}

/* Maps of another version, or of another size, are replaced, and the link stays. */
static void replaces_what_does_not_fit(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	struct msg_request request = request_of(VERB_BLOCK, 7, "203.0.113.7");

	assert_int_equal(gate_apply(gate, &request, now_monotonic_ns() + 60000000000), 0);
	gate_close(gate);
	set_version(machine, WIRE_VERSION + 1);
	gate = gate_on_wt0(machine);
	assert_false(gate_is_adopted(gate));
	assert_int_equal(gate_revoke(gate, 7), -ENOENT);
	gate_close(gate);
	machine->conf.gate.blocked_max = 2048;
	gate = gate_on_wt0(machine);
	assert_false(gate_is_adopted(gate));
	machine->conf.gate.blocked_max = 1024;
	remove_gate(gate);
	assert_clean(machine);
}

static void keeps_off_other_programs_pins(void **state)
{
	static const char *const interfaces[] = { "wt0" };
	struct machine *machine = machine_of(state);
	struct gate_options options = { &machine->conf, interfaces, 1, true };
	struct gate *gate;
	struct err err;
	char path[128];
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "theirs", 4, 4, 1, NULL);

	assert_true(fd >= 0);
	assert_int_equal(shell("mkdir -p %s/maps", machine->bpffs), 0);
	snprintf(path, sizeof(path), "%s/maps/settings", machine->bpffs);
	assert_int_equal(bpf_obj_pin(fd, path), 0);
	assert_int_equal(gate_open(&options, &err, &gate), -EEXIST);
	assert_non_null(strstr(err.text, "gate.bpffs"));
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(shell("rm %s && rm -rf %s", path, machine->bpffs), 0);
	close(fd);
}

static int load_foreign(enum bpf_prog_type type)
{
	/* r0 = XDP_PASS; exit */
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "theirs", "GPL", code, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

/* Another XDP program stays, and tc takes its place; where only XDP is wanted, that is an error. */
static void leaves_foreign_xdp(void **state)
{
	static const char *const interfaces[] = { "wt0" };
	struct machine *machine = machine_of(state);
	struct gate_options options = { &machine->conf, interfaces, 1, true };
	int index = (int)if_nametoindex("wt0"), fd = load_foreign(BPF_PROG_TYPE_XDP);
	struct gate *gate;
	struct err err;
	uint32_t theirs;

	assert_int_equal(bpf_xdp_attach(index, fd, 0, NULL), 0);
	theirs = xdp_program("wt0");
	gate = gate_on_wt0(machine);
	assert_int_equal(gate_attached(gate, 0), GATE_TC);
	assert_non_null(strstr(gate_note(gate, 0), "another XDP program"));
	assert_true(has_tc("wt0", "ingress"));
	assert_int_equal(xdp_program("wt0"), theirs);
	gate_close(gate);
	gate = gate_on_wt0(machine);
	assert_int_equal(gate_attached(gate, 0), GATE_TC);
	remove_gate(gate);
	assert_int_equal(xdp_program("wt0"), theirs);
	machine->conf.gate.attach = CONF_ATTACH_NATIVE;
	assert_int_equal(gate_open(&options, &err, &gate), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "wt0"));
	machine->conf.gate.attach = CONF_ATTACH_AUTO;
	assert_int_equal(bpf_xdp_detach(index, 0, NULL), 0);
	close(fd);
	assert_clean(machine);
}

static void attaches_as_configured(void **state)
{
	static const struct {
		enum conf_attach wanted;
		enum gate_attach got;
	} cases[] = {
		{ CONF_ATTACH_NATIVE, GATE_NATIVE },
		{ CONF_ATTACH_GENERIC, GATE_GENERIC },
		{ CONF_ATTACH_TC, GATE_TC },
		{ CONF_ATTACH_AUTO, GATE_NATIVE },
	};
	struct machine *machine = machine_of(state);
	struct gate *gate = NULL;

	/* One after the other on what the one before has left. */
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine->conf.gate.attach = cases[i].wanted;
		gate_close(gate);
		gate = gate_on_wt0(machine);
		assert_int_equal(gate_attached(gate, 0), cases[i].got);
		assert_int_equal(has_tc("wt0", "ingress"), cases[i].got == GATE_TC);
		assert_int_equal(xdp_program("wt0") != 0, cases[i].got != GATE_TC);
	}
	remove_gate(gate);
	assert_clean(machine);
}

static void says_which_interface_is_missing(void **state)
{
	static const char *const interfaces[] = { "wt0", "nowhere0" };
	struct machine *machine = machine_of(state);
	struct gate_options options = { &machine->conf, interfaces, 2, true };
	struct gate *gate;
	struct err err;

	assert_int_equal(gate_open(&options, &err, &gate), -ENODEV);
	assert_non_null(strstr(err.text, "nowhere0"));
	assert_clean(machine);
}

static void comes_back_to_an_interface(void **state)
{
	static const char *const interfaces[] = { "wt2" };
	struct machine *machine = machine_of(state);
	struct gate_options options = { &machine->conf, interfaces, 1, true };
	struct gate *gate;
	struct err err;

	assert_int_equal(shell("ip link add wt2 type veth peer name wt3"), 0);
	assert_int_equal(gate_open(&options, &err, &gate), 0);
	assert_int_equal(shell("ip link del wt2"), 0);
	assert_int_equal(gate_reattach(gate, 0, &err), -ENODEV);
	assert_int_equal(shell("ip link add wt2 type veth peer name wt3"), 0);
	assert_int_equal(gate_reattach(gate, 0, &err), 0);
	assert_int_equal(gate_reattach(gate, 1, &err), -EINVAL);
	assert_int_not_equal(xdp_program("wt2"), 0);
	gate_close(gate);
	/* An interface that is not in the list any more loses its programs. */
	gate = gate_on_wt0(machine);
	assert_int_equal(xdp_program("wt2"), 0);
	assert_int_not_equal(xdp_program("wt0"), 0);
	remove_gate(gate);
	assert_int_equal(shell("ip link del wt2"), 0);
	assert_clean(machine);
}

static void needs_privilege(void **state)
{
	static const char *const interfaces[] = { "wt0" };
	struct machine *machine = machine_of(state);
	struct gate_options options = { &machine->conf, interfaces, 1, true };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct gate *gate;
		struct err err = { "" };

		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(gate_open(&options, &err, &gate) == -EPERM && strstr(err.text, "root") ? 0
											     : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_clean(machine);
}

static int sysctl_of(const char *name)
{
	char path[128];
	FILE *file;
	int value;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &value), 1);
	fclose(file);
	return value;
}

/* Set while it drops; put back from the file, also by a later process. */
static void sets_and_restores_sysctls(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	int before = sysctl_of("tcp_syncookies");

	assert_int_equal(gate_set_mode(gate, WIRE_MODE_SHADOW, 5), -EINVAL);
	assert_int_equal(gate_set_mode(gate, WIRE_MODE_ENFORCE, 0), 0);
	assert_int_equal(sysctl_of("tcp_syncookies"), 2);
	assert_int_equal(sysctl_of("tcp_timestamps"), 2);
	assert_int_equal(gate_set_mode(gate, WIRE_MODE_SHADOW, 0), 0);
	assert_int_equal(sysctl_of("tcp_syncookies"), before);
	/* A trial ends by itself. */
	assert_int_equal(gate_set_mode(gate, WIRE_MODE_ENFORCE, now_monotonic_ns() + 1), 0);
	gate_sweep(gate, now_monotonic_ns() + 2, NULL, NULL);
	assert_int_equal(gate_mode(gate, NULL), WIRE_MODE_SHADOW);
	assert_int_equal(sysctl_of("tcp_syncookies"), before);
	assert_int_equal(gate_set_mode(gate, WIRE_MODE_ENFORCE, 0), 0);
	gate_close(gate);
	assert_int_equal(sysctl_of("tcp_timestamps"), 2);
	gate = gate_on_wt0(machine);
	/* What somebody has changed since is not ours to put back. */
	assert_int_equal(shell("echo 0 > /proc/sys/net/ipv4/tcp_timestamps"), 0);
	remove_gate(gate);
	assert_int_equal(sysctl_of("tcp_syncookies"), before);
	assert_int_equal(sysctl_of("tcp_timestamps"), 0);
	assert_int_equal(shell("echo 1 > /proc/sys/net/ipv4/tcp_timestamps"), 0);
	assert_clean(machine);
}

/* Watch gets descriptors that read and do not write. */
static void gives_read_only_maps(void **state)
{
	struct machine *machine = machine_of(state);
	struct gate *gate = gate_on_wt0(machine);
	struct wire_settings settings;
	uint32_t first = 0;

	for (enum msg_map map = 0; map < MSG_MAP_COUNT; map++) {
		int fd = gate_map_fd(gate, map);

		assert_true(fd >= 0);
		if (map == MSG_MAP_settings) {
			assert_int_equal(bpf_map_lookup_elem(fd, &first, &settings), 0);
			assert_int_equal(settings.version, WIRE_VERSION);
			assert_int_equal(settings.mode, WIRE_MODE_SHADOW);
			assert_int_equal(settings.cookie_mss4, 1460);
			assert_int_equal(settings.cookie_mss6, 1440);
			assert_int_equal(
				bpf_map_update_elem(fd, &first, &settings, BPF_ANY), -EPERM);
		}
		close(fd);
	}
	assert_int_equal(gate_map_fd(gate, MSG_MAP_COUNT), -EINVAL);
	remove_gate(gate);
	assert_clean(machine);
}

/* A clsact of somebody else stays; a filter of theirs keeps ours there too. */
static void leaves_others_qdiscs(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("wt0"),
		.attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .priority = 99, .handle = 1);
	struct machine *machine = machine_of(state);
	struct gate *gate;

	assert_int_equal(shell("tc qdisc add dev wt0 clsact"), 0);
	gate = gate_on_wt0(machine);
	remove_gate(gate);
	assert_int_equal(shell("tc qdisc show dev wt0 | grep -q clsact"), 0);
	assert_int_equal(shell("tc qdisc del dev wt0 clsact"), 0);
	gate = gate_on_wt0(machine);
	options.prog_fd = load_foreign(BPF_PROG_TYPE_SCHED_CLS);
	assert_int_equal(bpf_tc_attach(&hook, &options), 0);
	close(options.prog_fd);
	remove_gate(gate);
	assert_int_equal(shell("tc filter show dev wt0 egress | grep -q theirs"), 0);
	assert_int_equal(shell("tc qdisc del dev wt0 clsact"), 0);
	assert_clean(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_leaves_nothing),
		cmocka_unit_test(adopts_after_a_crash),
		cmocka_unit_test(survives_kill),
		cmocka_unit_test(replaces_what_does_not_fit),
		cmocka_unit_test(keeps_off_other_programs_pins),
		cmocka_unit_test(leaves_foreign_xdp),
		cmocka_unit_test(attaches_as_configured),
		cmocka_unit_test(says_which_interface_is_missing),
		cmocka_unit_test(comes_back_to_an_interface),
		cmocka_unit_test(needs_privilege),
		cmocka_unit_test(sets_and_restores_sysctls),
		cmocka_unit_test(gives_read_only_maps),
		cmocka_unit_test(leaves_others_qdiscs),
	};

	return cmocka_run_group_tests(tests, machine_open, machine_close);
}
