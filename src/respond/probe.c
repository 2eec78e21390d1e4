/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/probe.c - the probes of the machine; see probe.h. */
#include "respond/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define KERNEL_MAJOR 6 /* 6.1, the oldest long-term kernel with all that the kernel part uses */
#define KERNEL_MINOR 1

const char *const probe_level_names[3] = { "ok", "warn", "fail" };

#define PROBE(symbol, name, about) { name, about, probe_##symbol },
const struct probe_machine probes_machine[] = { PROBES_MACHINE(PROBE){ NULL, NULL, NULL } };
const struct probe_interface probes_interface[] = { PROBES_INTERFACE(PROBE){ NULL, NULL, NULL } };
#undef PROBE

void probe_say(
	struct probe *probe, enum probe_level level, const char *remedy, const char *format, ...)
{
	va_list args;

	probe->level = level;
	snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy);
	va_start(args, format);
	vsnprintf(probe->what, sizeof(probe->what), format, args);
	va_end(args);
}

/* −1 when it cannot be read. */
static int number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	int number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

void probe_kernel(struct probe *ret_probe)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		probe_say(ret_probe, PROBE_WARN, "", "the version of the kernel is not known");
	else if (major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR))
		probe_say(ret_probe, PROBE_FAIL,
			"install Linux 6.1 or newer, or set gate.attach: none",
			"Linux %.64s is too old for the kernel part", name.release);
	else
		probe_say(ret_probe, PROBE_OK, "", "Linux %.64s", name.release);
}

void probe_btf(struct probe *ret_probe)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		probe_say(ret_probe, PROBE_OK, "", "the kernel describes its types (BTF)");
	else
		probe_say(ret_probe, PROBE_FAIL,
			"use a kernel that is built with CONFIG_DEBUG_INFO_BTF, as distributions' "
			"are",
			"the kernel does not describe its types (no /sys/kernel/btf/vmlinux)");
}

void probe_bpf(struct probe *ret_probe)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	int fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "weir_probe", 8, 4, 1,
		&(struct bpf_map_create_opts){
			.sz = sizeof(options), .map_flags = BPF_F_NO_PREALLOC });

	if (fd >= 0)
		probe_say(ret_probe, PROBE_OK, "", "the bpf system call is allowed");
	else if (fd == -EPERM)
		probe_say(ret_probe, PROBE_FAIL,
			"run as root; in a container allow bpf and CAP_BPF, CAP_NET_ADMIN",
			"the bpf system call is not allowed");
	else
		probe_say(ret_probe, PROBE_FAIL, "use a kernel with CONFIG_BPF_SYSCALL",
			"the bpf system call does not work: %s", strerror(-fd));
	if (fd >= 0)
		close(fd);
}

void probe_jit(struct probe *ret_probe)
{
	int jit = number_in("/proc/sys/net/core/bpf_jit_enable");

	if (jit > 0)
		probe_say(ret_probe, PROBE_OK, "", "BPF programs are compiled");
	else if (jit == 0)
		probe_say(ret_probe, PROBE_WARN, "sysctl -w net.core.bpf_jit_enable=1",
			"BPF programs are interpreted, which is several times slower");
	else
		probe_say(ret_probe, PROBE_WARN, "",
			"whether BPF programs are compiled cannot be seen from here");
}

void probe_capabilities(struct probe *ret_probe)
{
	static const struct {
		int bit;
		const char *name;
	} needed[] = {
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_NET_RAW, "CAP_NET_RAW" },
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_SETUID, "CAP_SETUID" },
	};
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	char missing[128] = "";
	uint64_t effective;

	if (syscall(SYS_capget, &head, data) == 0) {
		effective = data[0].effective | (uint64_t)data[1].effective << 32;
		for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
			if (!(effective & 1ULL << needed[i].bit))
				snprintf(missing + strlen(missing),
					sizeof(missing) - strlen(missing), " %s", needed[i].name);
	}
	if (missing[0])
		probe_say(ret_probe, PROBE_FAIL, "start weir run as root, or by its systemd unit",
			"this process lacks%s", missing);
	else
		probe_say(ret_probe, PROBE_OK, "", "all privileges that the keeper needs are here");
}

void probe_bpffs(struct probe *ret_probe)
{
	struct statfs fs;

	if (statfs("/sys/fs/bpf", &fs) == 0 && (uint32_t)fs.f_type == BPF_FS_MAGIC)
		probe_say(ret_probe, PROBE_OK, "", "/sys/fs/bpf is mounted");
	else
		probe_say(ret_probe, PROBE_WARN,
			"mount -t bpf bpf /sys/fs/bpf (weir run does it when it is root)",
			"there is no BPF file system on /sys/fs/bpf");
}

void probe_unprivileged(struct probe *ret_probe)
{
	int disabled = number_in("/proc/sys/kernel/unprivileged_bpf_disabled");

	if (disabled == 0)
		probe_say(ret_probe, PROBE_WARN, "sysctl -w kernel.unprivileged_bpf_disabled=1",
			"every user may load BPF programs, which has been a way to root before");
	else
		probe_say(ret_probe, PROBE_OK, "", "only privileged processes load BPF programs");
}

void probe_cookies(struct probe *ret_probe)
{
	static const enum bpf_func_id xdp[] = { BPF_FUNC_tcp_raw_gen_syncookie_ipv4,
		BPF_FUNC_tcp_raw_gen_syncookie_ipv6, BPF_FUNC_tcp_raw_check_syncookie_ipv4,
		BPF_FUNC_tcp_raw_check_syncookie_ipv6 };
	int result = 1;

	for (unsigned i = 0; i < sizeof(xdp) / sizeof(xdp[0]) && result == 1; i++)
		result = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, xdp[i], NULL);
	if (result == 1)
		probe_say(ret_probe, PROBE_OK, "", "the kernel part can make SYN cookies");
	else if (result == 0)
		probe_say(ret_probe, PROBE_FAIL,
			"install Linux 6.1 or newer, built with CONFIG_SYN_COOKIES",
			"the kernel has no SYN cookies for the kernel part");
	else
		probe_say(ret_probe, PROBE_WARN, "run weir doctor as root",
			"whether the kernel part can make SYN cookies cannot be seen: %s",
			strerror(-result));
}

static bool is_in_path(const char *name)
{
	const char *search = getenv("PATH");
	char all[4096], path[4352], *rest = all, *folder;

	snprintf(all, sizeof(all), "%s", search ? search : "/usr/sbin:/usr/bin:/sbin:/bin");
	while ((folder = strsep(&rest, ":"))) {
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (folder[0] && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

void probe_nft(struct probe *ret_probe)
{
	if (is_in_path("nft"))
		probe_say(ret_probe, PROBE_OK, "", "nft is there");
	else
		probe_say(ret_probe, PROBE_WARN, "apt install nftables",
			"there is no nft in PATH: nothing can be blocked where XDP does not fit");
}

void probe_landlock(struct probe *ret_probe)
{
	/* LANDLOCK_CREATE_RULESET_VERSION is 1 since the first version. */
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	if (version > 0)
		probe_say(ret_probe, PROBE_OK, "", "Landlock, version %ld", version);
	else
		probe_say(ret_probe, PROBE_WARN, "boot with lsm=landlock,… on the kernel's line",
			"Landlock is not there: watch is confined by seccomp and its user only");
}

void probe_seccomp(struct probe *ret_probe)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		probe_say(ret_probe, PROBE_OK, "", "system calls can be filtered");
	else
		probe_say(ret_probe, PROBE_WARN, "use a kernel with CONFIG_SECCOMP_FILTER",
			"system calls cannot be filtered: watch is less confined");
}
