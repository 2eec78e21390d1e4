/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/kernel.c - loading and running the kernel part. Egress uses the maps of guard: those of the
 * same name are handed over before it is loaded.
 */
#include "bpf/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char *const kernel_verdict_names[] = { "pass", "drop", "reply", "unknown" };
const char *const kernel_program_names[] = { "xdp", "tc", "egress" };
const char *const kernel_reason_names[] = {
#define REASON(symbol, name, ...) name,
	WIRE_REASONS(REASON)
#undef REASON
};

static const char *const map_names[] = {
#define MAP(name) #name,
	KERNEL_MAPS(MAP)
#undef MAP
};

uint64_t kernel_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		perror("lo");
	if (fd >= 0)
		close(fd);
}

const char *kernel_obstacle(void)
{
	int fd;

	if (geteuid() != 0)
		return "not root";
	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
		return "this kernel has no BTF";
	if (unshare(CLONE_NEWNET) < 0)
		return "no network namespace can be made";
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "weir_test", 4, 8, 1, NULL);
	if (fd < 0)
		return "this kernel does not let us use BPF";
	close(fd);
	loopback_up();
	write_text("/proc/sys/net/ipv4/tcp_syncookies", "2");
	return NULL;
}

static void prepare_maps(struct bpf_object *object, unsigned entries, const struct kernel *shared)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		bpf_map__set_pin_path(map, NULL);
		if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF &&
			bpf_map__max_entries(map) > entries)
			bpf_map__set_max_entries(map, entries);
		for (unsigned i = 0; shared && i < KERNEL_MAP_COUNT; i++)
			if (strcmp(bpf_map__name(map), map_names[i]) == 0)
				bpf_map__reuse_fd(map, shared->map[i]);
	}
}

static int load(const char *folder, const char *name, unsigned entries, const struct kernel *shared,
	struct bpf_object **ret_object)
{
	struct bpf_object *object;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", folder, name);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return -errno;
	prepare_maps(object, entries, shared);
	r = bpf_object__load(object);
	if (r) {
		bpf_object__close(object);
		return r;
	}
	*ret_object = object;
	return 0;
}

static int program_of_type(const struct bpf_object *object, enum bpf_prog_type type)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program,
		object) if (bpf_program__type(program) == type) return bpf_program__fd(program);
	return -1;
}

int kernel_load(const char *folder, unsigned entries, struct kernel *ret_kernel)
{
	struct kernel kernel = { 0 };
	int r;

	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	r = load(folder, "guard", entries, NULL, &kernel.guard);
	if (r)
		return r;
	for (unsigned i = 0; i < KERNEL_MAP_COUNT; i++)
		kernel.map[i] = bpf_object__find_map_fd_by_name(kernel.guard, map_names[i]);
	r = load(folder, "egress", entries, &kernel, &kernel.egress);
	if (r) {
		bpf_object__close(kernel.guard);
		return r;
	}
	/* what only egress has */
	for (unsigned i = 0; i < KERNEL_MAP_COUNT; i++)
		if (kernel.map[i] < 0)
			kernel.map[i] =
				bpf_object__find_map_fd_by_name(kernel.egress, map_names[i]);
	kernel.program[PROGRAM_XDP] = program_of_type(kernel.guard, BPF_PROG_TYPE_XDP);
	kernel.program[PROGRAM_TC] = program_of_type(kernel.guard, BPF_PROG_TYPE_SCHED_CLS);
	kernel.program[PROGRAM_EGRESS] = program_of_type(kernel.egress, BPF_PROG_TYPE_SCHED_CLS);
	*ret_kernel = kernel;
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	bpf_object__close(kernel->egress);
	bpf_object__close(kernel->guard);
}

static enum verdict verdict_of(enum program program, uint32_t returned)
{
	if (program == PROGRAM_XDP)
		return returned == XDP_PASS   ? VERDICT_PASS
		       : returned == XDP_DROP ? VERDICT_DROP
		       : returned == XDP_TX   ? VERDICT_REPLY
					      : VERDICT_UNKNOWN;
	switch ((int)returned) {
	case TC_ACT_OK:
	case TC_ACT_UNSPEC:
		return VERDICT_PASS;
	case TC_ACT_SHOT:
		return VERDICT_DROP;
	case TC_ACT_REDIRECT:
		return VERDICT_REPLY;
	default:
		return VERDICT_UNKNOWN;
	}
}

enum verdict kernel_run(const struct kernel *kernel, enum program program, const void *frame,
	size_t len, void *out, size_t *ret_out_len)
{
	static uint8_t unused[FRAME_MAX + 256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
		.data_out = out ? out : unused, .data_size_out = FRAME_MAX, .repeat = 1);

	if (bpf_prog_test_run_opts(kernel->program[program], &opts) < 0) {
		fprintf(stderr, "BPF_PROG_TEST_RUN of %s with %zu bytes: %s\n",
			kernel_program_names[program], len, strerror(errno));
		return VERDICT_UNKNOWN;
	}
	if (ret_out_len)
		*ret_out_len = opts.data_size_out;
	return verdict_of(program, opts.retval);
}

static void add_counter(struct wire_counter *sum, const struct wire_counter *counter)
{
	sum->packets += counter->packets;
	sum->bytes += counter->bytes;
	sum->shadow_packets += counter->shadow_packets;
	sum->shadow_bytes += counter->shadow_bytes;
}

void kernel_counts(const struct kernel *kernel, struct kernel_counts *ret_counts)
{
	int cpus = libbpf_num_possible_cpus();
	struct wire_counter *counters = calloc((size_t)cpus, sizeof(*counters));
	unsigned long long *losses = calloc((size_t)cpus, sizeof(*losses));

	if (!counters || !losses)
		abort();
	memset(ret_counts, 0, sizeof(*ret_counts));
	for (uint32_t reason = 0; reason < WIRE_REASON_COUNT; reason++) {
		bpf_map_lookup_elem(kernel->map[KERNEL_MAP_counters], &reason, counters);
		for (int cpu = 0; cpu < cpus; cpu++)
			add_counter(&ret_counts->reason[reason], &counters[cpu]);
	}
	for (uint32_t loss = 0; loss < WIRE_LOSS_COUNT; loss++) {
		bpf_map_lookup_elem(kernel->map[KERNEL_MAP_losses], &loss, losses);
		for (int cpu = 0; cpu < cpus; cpu++)
			ret_counts->loss[loss] += losses[cpu];
	}
	free(counters);
	free(losses);
}
