/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/respond_fixture.c - see respond_fixture.h. */
#include "respond/respond_fixture.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *reason = "";

int shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	/* clang-tidy 14 errs in files that are compiled for several programs. */
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command); /* NOLINT(cert-env33-c): fixed commands of a test */
}

static const char *make_namespaces(void)
{
	if (geteuid() != 0)
		return "needs root";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return "namespaces are not allowed here";
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "mounts cannot be made private";
	if (mount("sys", "/sys", "sysfs", 0, NULL) || mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return "no BPF file system can be mounted";
	if (shell("ip link set lo up && ip link add wt0 type veth peer name wt1 && "
		  "ip link set wt0 up && ip link set wt1 up"))
		return "ip cannot make a pair of interfaces";
	return NULL;
}

int machine_open(void **state)
{
	struct machine *machine;

	*state = NULL;
	reason = make_namespaces();
	if (reason)
		return 0;
	machine = calloc(1, sizeof(*machine));
	conf_default(&machine->conf);
	snprintf(machine->bpffs, sizeof(machine->bpffs), "/sys/fs/bpf/weir-test-%d", getpid());
	snprintf(machine->runtime_dir, sizeof(machine->runtime_dir), "/tmp/weir-test-XXXXXX");
	if (!mkdtemp(machine->runtime_dir))
		return -1;
	machine->conf.gate.bpffs = machine->bpffs;
	machine->conf.run.runtime_dir = machine->runtime_dir;
	machine->conf.gate.blocked_max = 1024;
	machine->conf.gate.hosts_max = 1024;
	*state = machine;
	return 0;
}

int machine_close(void **state)
{
	struct machine *machine = *state;

	if (machine)
		shell("rm -rf %s", machine->runtime_dir);
	free(machine);
	return 0;
}

struct machine *machine_of(void **state)
{
	if (!*state) {
		print_message("skipped: %s\n", reason);
		skip();
	}
	return *state;
}

struct wire_prefix prefix_of(const char *text)
{
	struct wire_prefix prefix = { 0 };
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	prefix.bits = bits;
	memcpy(prefix.addr.byte, addr.byte, sizeof(addr.byte));
	return prefix;
}

struct msg_request request_of(enum verb verb, uint64_t mitigation, const char *prefix)
{
	struct msg_request request = { .version = MSG_VERSION,
		.kind = MSG_APPLY,
		.mitigation = mitigation,
		.verb = verb,
		.lease_ms = 60000,
		.prefix = prefix_of(prefix) };

	return request;
}

struct gate *gate_on_wt0(struct machine *machine)
{
	static const char *const interfaces[] = { "wt0" };
	struct gate_options options = {
		.conf = &machine->conf, .interfaces = interfaces, .interface_count = 1
	};
	struct gate_protect protect[] = { { prefix_of("198.51.100.0/24"), 0 },
		{ prefix_of("2001:db8::/32"), 0 },
		{ prefix_of("198.51.100.1"), WIRE_TARGET_LOCAL } };
	struct gate *gate;
	struct err err = { "" };
	int result = gate_open(&options, &err, &gate);

	if (result)
		print_message("%s\n", err.text);
	assert_int_equal(result, 0);
	assert_int_equal(gate_configure(gate, &machine->conf, protect, 3, &err), 0);
	return gate;
}
